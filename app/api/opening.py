"""Opening a workspace headless: own it, or let its owner run the command, or say in a sentence why neither is possible."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from msgspec import MsgspecError

from app.api.answers import Answer, sentence
from app.api.handover import hand_over
from app.console import Console, open_console
from app.contracts import ProviderError, Secret
from app.formats.words import Words
from app.platform.keyrings import system_keyring
from app.platform.paths import live_folder
from app.store.errors import StoreError
from app.store.workspace import WorkspaceOwned
from app.vault import VaultError, VaultRefused

#: So long is waited for an owner that is just leaving.
WAIT_S = 30.0


async def opened(
    words: Words,
    folder: Path | None,
    password: Secret | None,
    *,
    command: str = "",
    args: dict[str, Any] | None = None,
    reading: bool = False,
    wait_s: float = WAIT_S,
) -> Console | Answer:
    """The workspace in `folder` (None: the live one), to be closed by the caller; or the answer of its owner to `command`; or
    an answer with exit 1 that says what is in the way. Without `command` an owner is in the way."""
    folder = folder or live_folder()
    until = time.monotonic() + wait_s
    while True:
        try:
            keyring = None if password is not None else await system_keyring()
            return await open_console(folder, unlock=password, keyring=keyring, reading=reading)
        except WorkspaceOwned as owned:
            if owned.handover and command:
                try:
                    return await hand_over(owned.handover["port"], owned.handover["token"], command, args or {})
                except (OSError, MsgspecError):
                    pass  # the owner is just leaving, or gone and its port another program's: try to own it
            if time.monotonic() > until or (owned.handover and not command):
                return Answer(1, {"error": owned.key}, [words(owned.key, **owned.params)])
            await asyncio.sleep(0.2)
        except StoreError as error:
            return Answer(1, {"error": error.key}, [words(error.key, **error.params)])
        except VaultRefused as error:
            return Answer(1, {"error": error.key}, [words(error.key, seconds=str(round(error.retry_after)))])
        except VaultError as error:
            return Answer(1, {"error": error.key}, [words(error.key)])
        except ProviderError as error:
            if error.message.field == "unlock":
                return Answer(1, {"error": "vault.locked"}, [words("cli.unlock")])
            return Answer(1, {"error": error.message.code}, [sentence(words, error.message)])
