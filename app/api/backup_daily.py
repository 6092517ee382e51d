"""Automatic backups while the program runs: where they go, when one is due, how the last try ended.

They are sealed by the key in the vault (`app.api.backup`), so nobody has to type a passphrase; while the vault is locked
none is made. A folder that is gone (a drive that is not plugged in) is told and never made anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.api.backup import BackupFacts, daily, made_at
from app.api.sealed import BackupError
from app.contracts import Message
from app.jobs.housekeeping import BackupFile, BackupState
from app.model import from_epoch_ms, to_epoch_ms
from app.store import Store, StoreError
from app.store.workspace import Workspace
from app.vault import Vault, VaultError

_FOLDER, _TRIED, _SINCE = "backup.folder", "backup.tried", "backup.since"
_DUE = timedelta(hours=24)
_AGAIN = timedelta(hours=4)  # after a failed try


class AutomaticBackups:
    """A `Sources` of `daily`, and the `Backups` of the housekeeping."""

    def __init__(self, workspace: Workspace, store: Store, vault: Vault, now: Callable[[], datetime]) -> None:
        self.workspace, self.store = workspace, store
        self.vault: Vault | None = vault
        self._now = now
        self._gate = asyncio.Lock()

    async def make(self, *, force: bool = False) -> BackupFacts | None:
        """One now, when the last is old enough (or `force`). Raises BackupError with the key of whatever was in the way;
        that is remembered until one succeeds."""
        async with self._gate:
            folder, chosen = await self._folder()
            try:
                if chosen and not await asyncio.to_thread(folder.is_dir):
                    raise BackupError("backup.no_folder", path=str(folder))
                facts = await daily(self, folder, now=self._now, force=force)
            except (StoreError, VaultError) as error:
                params = {key: str(value) for key, value in error.params.items()}
                await self._remember(error.key, params)
                raise BackupError(error.key, **params) from error
            if facts is not None:
                await self._remember("", {})
            return facts

    async def due(self) -> bool:
        """Whether the clock should make one: none within 24 hours, and no try that failed within four."""
        if self.vault is None or self.vault.locked:
            return False
        state, now = await self.state(), self._now()
        failed = state.trouble is not None and state.tried_at is not None
        if failed and state.tried_at is not None and timedelta(0) <= now - state.tried_at < _AGAIN:
            return False
        return state.last_at is None or not timedelta(0) <= now - state.last_at < _DUE

    async def state(self) -> BackupState:
        """How things stand, from the folder itself."""
        folder, chosen = await self._folder()
        files = await asyncio.to_thread(_held, folder)
        settings, now = self.store.settings, self._now()
        since = await settings.get(_SINCE)
        if not isinstance(since, int):
            since = to_epoch_ms(now)
            if not self.store.db.read_only:
                await settings.set(_SINCE, since)
        tried = await settings.get(_TRIED)
        trouble, tried_at = _read(tried)
        return BackupState(folder, chosen, files, trouble, tried_at, from_epoch_ms(since))

    async def choose(self, folder: Path | None) -> None:
        """Another folder from now on; None: the workspace's own. What is in the old one stays. Raises BackupError
        `backup.no_folder`."""
        text = None
        if folder is not None:
            if not await asyncio.to_thread(folder.is_dir):
                raise BackupError("backup.no_folder", path=str(folder))
            text = str(await asyncio.to_thread(folder.absolute))
        await self.store.audit.choose(_FOLDER, text)

    async def _folder(self) -> tuple[Path, bool]:
        chosen = await self.store.settings.get(_FOLDER)
        if isinstance(chosen, str) and chosen:
            return Path(chosen), True
        return self.workspace.folder / "backups", False

    async def _remember(self, key: str, params: dict[str, str]) -> None:
        value: dict[str, Any] = {"at": to_epoch_ms(self._now()), "key": key, "params": params}
        try:
            await self.store.settings.set(_TRIED, value)
        except StoreError:
            return  # a full disk is what is being told of


def _read(tried: Any) -> tuple[Message | None, datetime | None]:
    if not isinstance(tried, dict) or not isinstance(tried.get("at"), int):
        return None, None
    key, params = tried.get("key"), tried.get("params")
    told = params if isinstance(params, dict) else {}
    trouble = Message(key, {str(k): str(v) for k, v in told.items()}) if isinstance(key, str) and key else None
    return trouble, from_epoch_ms(tried["at"])


def _held(folder: Path) -> tuple[BackupFile, ...]:
    """The automatic backups in a folder, newest first; none for a folder that cannot be read."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                at = made_at(entry.name)
                if at is not None:
                    found.append(BackupFile(Path(entry.path), at, entry.stat().st_size))
    except OSError:
        return ()
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))
