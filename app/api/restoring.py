"""Putting a backup back. Everything is opened, migrated and checked in a folder of its own before anything is replaced;
what is replaced is kept under a dated folder. A restore that is cut off in the middle is finished at the next start
(`finish_interrupted`): the workspace must never be left half old and half new.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import secrets
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app.api.backup_ways import BackupFacts, facts_of, in_thread, key_of
from app.api.sealed import (
    SETTINGS_NAME,
    STORE_NAME,
    VAULT_NAME,
    BackupError,
    Manifest,
    SealedHeader,
    read_header,
    trouble_of,
    unpack,
)
from app.contracts import Secret
from app.platform.files import FileOps, ensure_private, previous_of
from app.platform.keyrings import KeyringPort
from app.platform.paths import state_folder
from app.store import Action, Head, Store, StoreDamaged
from app.store.audit import Detail
from app.store.copies import head_of, look_into, marks_of
from app.store.workspace import Workspace, WorkspaceKind, write_private
from app.vault import VaultError
from app.vault.container import parse

_JOURNAL = "restore.json"
_STAGING = ".restore-"
_log = logging.getLogger(__name__)


class RestoreFacts(msgspec.Struct, frozen=True):
    """`replaced`: the folder that holds what was there before, None when nothing was. `paused`: connections that were
    paused because intents of the backup's day still wait to be sent."""

    backup: BackupFacts
    replaced: Path | None
    paused: int


class _Journal(msgspec.Struct, frozen=True):
    staging: str
    replaced: str


async def restore(
    file: Path,
    passphrase: Secret | None,
    folder: Path,
    *,
    keyring: KeyringPort | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> RestoreFacts:
    """Make the workspace in `folder` what it was. Nothing is replaced unless all of it opens and is sound.

    Raises BackupError, WorkspaceOwned (close Paxzar first), WorkspaceRefused, StoreError `store.newer`, VaultError.
    """
    header = await asyncio.to_thread(read_header, file)
    key = await key_of(header, passphrase, keyring)
    manifest = await asyncio.to_thread(unpack, file, key)  # to the last byte, before the disk is touched
    workspace = Workspace(folder)
    try:
        kind = WorkspaceKind(manifest.kind)
    except ValueError:
        raise BackupError("backup.newer") from None
    await asyncio.to_thread(workspace.prepare, kind)
    try:
        owned = await asyncio.to_thread(workspace.acquire)
    except OSError as error:
        raise trouble_of(error, workspace.folder) from error
    with owned:
        try:
            await asyncio.to_thread(finish_interrupted, workspace)
            return await _replace(workspace, file, header, key, manifest, now)
        except OSError as error:
            raise trouble_of(error, workspace.folder) from error


async def _replace(
    workspace: Workspace, file: Path, header: SealedHeader, key: bytes, manifest: Manifest, now: Callable[[], datetime]
) -> RestoreFacts:
    staging = workspace.folder / f"{_STAGING}{secrets.token_hex(4)}"
    staging.mkdir(mode=0o700)
    try:
        await in_thread(unpack, file, key, staging)
        vault = await asyncio.to_thread(_checked_vault, staging / VAULT_NAME)
        before = await asyncio.to_thread(head_of, workspace.store)
        marks = await asyncio.to_thread(marks_of, workspace.store)
        paused = await _checked_store(staging / STORE_NAME, manifest, before, marks, now)
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)
        raise
    if vault is not None:
        await asyncio.to_thread(_allow_older, *vault)
    journal = _Journal(staging.name, _free_name(workspace.folder, now()))
    # From here on the restore is decided: cut off, it is finished by the next start.
    replaced = await in_thread(_begin, workspace, journal)
    facts = facts_of(header, manifest, (await asyncio.to_thread(file.stat)).st_size)
    return RestoreFacts(facts, replaced, paused)


def finish_interrupted(workspace: Workspace) -> Path | None:
    """Finish a restore that was cut off. For the owner of the workspace, before store and vault are opened.

    Gives the folder with what was replaced, None when there was nothing to do. Raises BackupError `backup.journal`.
    """
    _sweep(workspace.folder)
    try:
        raw = (workspace.folder / _JOURNAL).read_bytes()
    except FileNotFoundError:
        return None
    try:
        journal = msgspec.json.decode(raw, type=_Journal)
    except msgspec.MsgspecError as error:
        raise BackupError("backup.journal", path=str(workspace.folder / _JOURNAL)) from error
    return _finish(workspace, journal)


def accepts_older(vault: Path) -> bool:
    """Whether this very file is what the merchant restored: for `Vault.open(…, accept_older=…)`. The first save after
    that makes it another file, and the permission is over."""
    try:
        raw = vault.read_bytes()
        note = _note_of(parse(raw).header.vault)
        return note.read_text(encoding="ascii") == hashlib.sha256(raw).hexdigest()
    except (OSError, VaultError, UnicodeDecodeError):
        return False


# -- before anything is replaced


def _checked_vault(path: Path) -> tuple[str, bytes] | None:
    """Id and bytes of the vault inside; None for a rehearsal workspace, which has none."""
    if not path.exists():
        return None
    raw = path.read_bytes()
    return parse(raw).header.vault, raw


async def _checked_store(
    path: Path, manifest: Manifest, before: Head, marks: list[tuple[str, str]], now: Callable[[], datetime]
) -> int:
    """Open it as the program will, migrate it, look at every page; write down that it was put back. `marks`: orders whose
    people were erased since; they are erased in it again."""
    facts = await asyncio.to_thread(look_into, path, deep=True)
    if facts.wrong:
        raise BackupError("backup.store_damaged", reason=facts.wrong[0])
    try:
        store = await Store.open(path, now=now)
    except StoreDamaged as error:
        raise BackupError("backup.store_damaged", reason=str(error)) from error
    try:
        wrong = await store.integrity()
        if wrong:
            raise BackupError("backup.store_damaged", reason=wrong[0])
        paused = 0
        if facts.counts["unsent"]:
            # Prices of that day must not go out over today's before the merchant has looked at them.
            for row in await store.connections.list():
                if not row.paused:
                    await store.connections.set_paused(row.id, True)
                    paused += 1
        details: dict[str, Detail] = {
            "schema": manifest.schema,
            "paused": paused,
            "replaced_entries": before.id,
            "replaced": before.hash,
        }
        await store.audit.note(Action.BACKUP_RESTORED, details=details)
        if marks and await store.erasing.erase_again(marks):
            await store.erasing.scrub()
    finally:
        await store.close()
    return paused


def _note_of(vault: str) -> Path:
    return state_folder() / "vaults" / f"{vault}.restored"


def _allow_older(vault: str, raw: bytes) -> None:
    note = _note_of(vault)
    try:
        ensure_private(note.parent)
        write_private(note, hashlib.sha256(raw).hexdigest().encode("ascii"))
    except OSError as error:
        # The vault then asks about the older copy, as for any other roll-back.
        _log.warning("cannot note that an older vault is welcome: %s", type(error).__name__)


# -- replacing


def _begin(workspace: Workspace, journal: _Journal) -> Path | None:
    write_private(workspace.folder / _JOURNAL, msgspec.json.encode(journal))
    FileOps().fsync_folder(workspace.folder)
    return _finish(workspace, journal)


def _finish(workspace: Workspace, journal: _Journal) -> Path | None:
    """Member by member: what was there goes to the dated folder, the new one takes its place. Any number of times."""
    folder = workspace.folder
    staging, kept = folder / Path(journal.staging).name, folder / Path(journal.replaced).name
    kept.mkdir(mode=0o700, exist_ok=True)
    store, vault = workspace.store, workspace.vault
    log = [store.with_name(store.name + end) for end in ("-wal", "-shm", ".suspect")]
    for name, target, beside in (
        (VAULT_NAME, vault, [previous_of(vault)]),
        # The log first: SQLite would read an old log into a new file.
        (STORE_NAME, store, log),
        (SETTINGS_NAME, workspace.settings, []),
    ):
        fresh = staging / name
        if not fresh.exists():
            continue
        for old in (*beside, target):
            if old.exists():
                os.replace(old, kept / old.name)
        os.replace(fresh, target)
    FileOps().fsync_folder(folder)
    shutil.rmtree(staging, ignore_errors=True)
    (folder / _JOURNAL).unlink()
    if not any(kept.iterdir()):
        kept.rmdir()
        return None
    return kept


def _free_name(folder: Path, now: datetime) -> str:
    name = f"replaced-{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    count, free = 1, name
    while (folder / free).exists():
        count += 1
        free = f"{name}-{count}"
    return free


def _sweep(folder: Path) -> None:
    """What a restore left that was killed before it was decided."""
    if (folder / _JOURNAL).exists():
        return
    for left in folder.glob(f"{_STAGING}*"):
        with contextlib.suppress(OSError):
            shutil.rmtree(left)


__all__ = ["RestoreFacts", "accepts_older", "finish_interrupted", "restore"]
