"""Opening a workspace for the window: the folder, its owner, its vault, and every way in which that can be refused.

What must never happen: a password in a log or an error, or an import of the core on the window's loop.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ui.words import t

if TYPE_CHECKING:
    from app.console import Console
    from app.contracts import Secret
    from app.platform.keyrings import KeyringPort
    from app.store.workspace import WorkspaceOwned
    from app.vault import KdfChoice
    from ui.window import MainWindow

_log = logging.getLogger(__name__)

#: What is imported off the loop while the skeleton stands; pages follow on their first visit.
CORE = (
    "app.console",
    "app.api.handover",
    "app.api.answers",
    "app.platform.keyrings",
    "ui.services",
    "ui.house",
    "ui.standing",
    "ui.syncing",
    "ui.commands",
    "ui.unlock",
    "ui.locking",
)
OWNER_PATIENCE_S = 5.0
RAISE_PATIENCE_S = 5.0


@dataclass(frozen=True)
class Place:
    """Which workspace, and how it is unlocked. `password` None: by the system's keyring, else a person is asked."""

    folder: Path
    rehearsal: bool
    password: Secret | None = None


class Refused(Exception):
    """The workspace was not opened; `code` is the program's exit code. The person has been told."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def load_core(modules: tuple[str, ...] = CORE) -> None:
    """Imports what the program needs beyond its skeleton. Run it in a thread: it takes up to a second."""
    for name in modules:
        importlib.import_module(name)


class Opener:
    """`Opener(window, silent)`: `await open(place)` gives the console and the keyring, or raises Refused.

    `silent`: nobody sits there (a picture for a test): trouble goes to standard error instead of a dialog.
    """

    def __init__(self, window: MainWindow, *, silent: bool = False) -> None:
        self._window = window
        self._silent = silent
        self._kdf: KdfChoice | None = None  # chosen with the password of a new vault

    async def open(self, place: Place) -> tuple[Console, KeyringPort | None]:
        """Asks for a password, tells trouble, hands over to an owner: whatever it takes."""
        await asyncio.to_thread(load_core)
        from app.console import open_console
        from app.contracts import ProviderError
        from app.platform.keyrings import system_keyring
        from app.store.errors import StoreError
        from app.store.workspace import Workspace, WorkspaceOwned
        from app.vault import KdfChoice, VaultError

        keyring = None if place.rehearsal else await system_keyring()
        vault = Workspace(place.folder).vault
        password, until = place.password, time.monotonic() + OWNER_PATIENCE_S
        while True:
            there = await asyncio.to_thread(vault.exists)
            try:
                port = None if password is not None and there else keyring
                console = await open_console(
                    place.folder,
                    rehearsal=place.rehearsal,
                    unlock=password,
                    keyring=port,
                    kdf=self._kdf or KdfChoice.ARGON2ID,
                )
            except WorkspaceOwned as owned:
                if await self._hand_over(owned):
                    raise Refused(0) from None
                if time.monotonic() > until:
                    raise await self._told(t("store.workspace_owned", pid=str(owned.pid or "?"))) from None
                await asyncio.sleep(0.2)
            except (StoreError, OSError) as error:
                raise await self._told(error) from error
            except RuntimeError as error:
                _log.error("the rehearsal servers", exc_info=error)
                raise await self._told(t("entry.no_servers")) from error
            except ProviderError as error:
                if error.message.field != "unlock":
                    raise await self._told(error) from error
                password = await self._password(place, there, "")
            except VaultError as error:
                if not there or not askable(error.key):
                    raise await self._told(error) from error
                password = await self._password(place, there, self._sentence(error))
            else:
                return console, keyring

    # -- the owner -------------------------------------------------------------------------------------------------
    @staticmethod
    async def _hand_over(owned: WorkspaceOwned) -> bool:
        """The owner's window comes to the front; False when nobody answers there."""
        from msgspec import MsgspecError

        from app.api.handover import hand_over

        if not owned.handover:
            return False
        try:
            await hand_over(owned.handover["port"], owned.handover["token"], "raise", {}, RAISE_PATIENCE_S)
        except (OSError, TimeoutError, MsgspecError):  # the last: another program listens there now
            return False
        return True

    # -- the vault -------------------------------------------------------------------------------------------------
    async def _password(self, place: Place, there: bool, trouble: str) -> Secret:
        """Asks for the password of the vault, for a new one where there is no vault yet, or for the recovery code."""
        from ui.unlock import ask_new_password, ask_unlock

        if self._silent:
            raise await self._told(trouble or t("cli.unlock"))
        if not there:
            made = await ask_new_password(self._window, "create")
            if made is None:
                raise Refused(0)
            self._kdf = made.kdf
            return made.new
        answer = await ask_unlock(self._window, trouble, recovery=True)
        if answer == "code":
            return await self._recover(place.folder)
        if isinstance(answer, str):
            raise Refused(0)
        return answer

    async def _recover(self, folder: Path) -> Secret:
        """By the recovery code to a new password. The vault is closed again before the program opens it."""
        from app.store.workspace import Workspace
        from app.vault import Vault, VaultError
        from ui.unlock import ask_new_password

        workspace, trouble = Workspace(folder), ""
        while True:
            typed = await ask_new_password(self._window, "recover", trouble)
            if typed is None:
                raise Refused(0)
            code, new, kdf = typed
            owned = await asyncio.to_thread(workspace.acquire, 1)
            try:
                vault = await Vault.open(workspace.vault)
                await vault.unlock_with_recovery(code)
                await vault.add_password(new, kdf)
                await vault.lock()
            except VaultError as error:
                trouble = self._sentence(error)
            else:
                return new
            finally:
                owned.release()

    # -- trouble ---------------------------------------------------------------------------------------------------
    @staticmethod
    def _sentence(error: BaseException) -> str:
        from ui.telling import reason_of

        return reason_of(error)

    async def _told(self, trouble: str | BaseException) -> Refused:
        """Tells what is in the way; the exception to raise."""
        from ui.unlock import tell_trouble

        if isinstance(trouble, BaseException):
            _log.error("the workspace cannot be opened", exc_info=trouble)
            text = self._sentence(trouble)
        else:
            text = trouble
        if self._silent:
            print(text, file=sys.stderr)  # noqa: T201 - nobody sits there
        else:
            await tell_trouble(self._window, t("entry.trouble"), text)
        return Refused(1)


def askable(key: str) -> bool:
    """Whether another way in, typed by the person, may help where this one failed."""
    return key in ("vault.refused", "vault.wait", "vault.no_slot") or key.startswith("vault.keyring_")
