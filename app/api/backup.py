"""Backups: one sealed file with the store (one snapshot, taken while writes go on), the vault and the settings.

Made by hand with a passphrase of its own, or daily with a random key that lies in the vault (`backup/key`). A daily one
carries the vault's file, itself sealed, in its header: it opens with the vault's password or recovery code, or by the key
store of this computer; nothing else has to be written down. Documents (PDFs) are not inside: they can be drawn again.
A backup counts only after it has been opened again; an older one is never dropped before that.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.metadata
import logging
import os
import re
import secrets
import shutil
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from app.api.backup_ways import KEY_ENTRY, BackupFacts, in_thread, inspect, key_of, look
from app.api.restoring import RestoreFacts, restore
from app.api.sealed import (
    NONCE_BYTES,
    PASSPHRASE,
    SETTINGS_NAME,
    STORE_NAME,
    VAULT,
    VAULT_NAME,
    BackupError,
    Manifest,
    SealedHeader,
    member_of,
    pack,
    trouble_of,
)
from app.contracts import Secret
from app.platform.files import FileOps, ensure_private, previous_of
from app.store import Action, Outcome, Store, StoreError
from app.store.copies import copy_to, look_into
from app.store.workspace import Workspace, WorkspaceKind
from app.vault import KdfChoice, Profile, Vault, VaultDamaged, VaultError, VaultLocked
from app.vault.container import parse
from app.vault.kdf import KEY_BYTES, PLAIN, SALT_BYTES, cost_for, derive, test_profile_allowed
from app.vault.wrapping import check_password

__all__ = [
    "BackupError", "BackupFacts", "RestoreFacts", "Sources", "back_up", "daily", "daily_name", "inspect", "made_at",
    "restore", "what_to_drop",
]  # fmt: skip

ENDING = ".paxzb"
DAILY, WEEKLY = 7, 4
_DUE = timedelta(hours=20)
_DAY = timedelta(days=1)
_NAME = re.compile(r"paxzar-(\d{8}-\d{6})\.paxzb", re.ASCII)
_WORK = ".backup-"
_log = logging.getLogger(__name__)
OnPart = Callable[[int, int], None]
_Way = Callable[[], Awaitable[tuple[SealedHeader, bytes]]]


class Sources(Protocol):
    """What is backed up; a `Console` is one. `vault` None: a rehearsal workspace."""

    @property
    def workspace(self) -> Workspace: ...
    @property
    def store(self) -> Store: ...
    @property
    def vault(self) -> Vault | None: ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def back_up(
    sources: Sources,
    file: Path,
    passphrase: Secret,
    *,
    replace: bool = False,
    on_part: OnPart | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> BackupFacts:
    """Write a backup and open it again with the passphrase; only then it gets its name. `on_part(done, all)` in pages of
    the store, called in a thread. Writes go on meanwhile; the result is one moment of them.

    Raises BackupError (`backup.exists`, `backup.no_folder`, `backup.disk_full`, …), StoreError, VaultError
    (`vault.password_short`, `vault.damaged`).
    """
    profile = _profile()
    check_password(passphrase, profile)

    async def way() -> tuple[SealedHeader, bytes]:
        cost = await asyncio.to_thread(cost_for, KdfChoice.ARGON2ID, profile)
        header = SealedHeader(profile, now(), PASSPHRASE, cost, os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES))
        return header, await key_of(header, passphrase)

    async def again(header: SealedHeader, _key: bytes) -> bytes:
        return await key_of(header, passphrase)  # from the start: proof that the passphrase opens what was written

    return await _noted(sources, _make(sources, file, way, again, replace, on_part))


async def daily(
    sources: Sources, folder: Path | None = None, *, now: Callable[[], datetime] = _utc_now, force: bool = False
) -> BackupFacts | None:
    """An automatic backup when the last is 20 hours old (`force`: in any case, as before an import), then the rotation.

    `folder`: the workspace's own `backups` when None. None for a rehearsal workspace and when none is due. Raises what
    `back_up` raises, VaultLocked while the vault is locked, VaultUnsaved.
    """
    vault = sources.vault
    if vault is None:
        return None
    if vault.locked:
        raise VaultLocked
    place = folder or sources.workspace.folder / "backups"
    try:
        await asyncio.to_thread(ensure_private, place)
        names = await asyncio.to_thread(os.listdir, place)
    except OSError as error:
        raise trouble_of(error, place) from error
    at = now()
    made = [moment for name in names if (moment := made_at(name)) is not None and moment <= at + _DAY]
    if not force and made and at - max(made) < _DUE:
        return None
    raw = await _automatic_key(vault)
    while daily_name(at) in names:  # two within one second: by hand, and before a restore
        at += timedelta(seconds=1)
    path = place / daily_name(at)

    async def way() -> tuple[SealedHeader, bytes]:
        # After the store's snapshot: the keys of every account in it are in the vault by then.
        sealed = await asyncio.to_thread(_vault_bytes, sources.workspace.vault)
        header = SealedHeader(
            _profile(), at, VAULT, PLAIN, os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES), vault=sealed
        )
        return header, derive(PLAIN, header.salt, raw)

    async def again(_header: SealedHeader, key: bytes) -> bytes:
        return key

    facts = await _noted(sources, _make(sources, path, way, again, False, None))
    for name in what_to_drop([*names, path.name], at):
        try:
            await asyncio.to_thread((place / name).unlink, missing_ok=True)
        except OSError as error:
            _log.warning("an old backup stays: %s", type(error).__name__)
    return facts


def daily_name(at: datetime) -> str:
    """The name of an automatic backup; its moment in UTC, to the second."""
    return f"paxzar-{at.astimezone(UTC):%Y%m%d-%H%M%S}{ENDING}"


def what_to_drop(names: Iterable[str], now: datetime) -> list[str]:
    """Which automatic backups the rotation lets go, oldest first; names that are not theirs are never among them.

    Kept: all of the last 24 hours, the newest of each of the 7 last days that have one, and of what is older the newest
    of each of the 4 last weeks. Days and weeks without the program do not count, so a shop that was closed for a month
    loses nothing. A name from the future (a clock that was wrong) is kept and displaces nothing.
    """
    moments = {name: at for name in names if (at := made_at(name)) is not None and at <= now + _DAY}
    newest = sorted(moments, key=lambda name: (moments[name], name), reverse=True)
    kept = {name for name in newest if moments[name] > now - _DAY}
    days: dict[object, str] = {}
    for name in newest:
        days.setdefault(moments[name].date(), name)
    daily_ones = list(days.values())[:DAILY]
    kept.update(daily_ones)
    oldest = min((moments[name] for name in daily_ones), default=now)
    weeks: dict[object, str] = {}
    for name in newest:
        if moments[name].date() < oldest.date():
            weeks.setdefault(moments[name].isocalendar()[:2], name)
    kept.update(list(weeks.values())[:WEEKLY])
    return [name for name in reversed(newest) if name not in kept]


def made_at(name: str) -> datetime | None:
    """When an automatic backup of that name was made, aware UTC; None for a name that is not theirs."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


# -- making one


async def _make(
    sources: Sources,
    file: Path,
    way: _Way,
    again: Callable[[SealedHeader, bytes], Awaitable[bytes]],
    replace: bool,
    on_part: OnPart | None,
) -> BackupFacts:
    file = await asyncio.to_thread(_target, file, replace)
    folder = sources.workspace.folder
    work = folder / f"{_WORK}{os.getpid()}-{secrets.token_hex(4)}"
    draft = file.with_name(f".{file.name}.{secrets.token_hex(6)}.part")
    try:
        await asyncio.to_thread(_sweep, folder)
        await asyncio.to_thread(work.mkdir, mode=0o700)
        await copy_to(sources.store.db, work / STORE_NAME, on_part)
        look_at = await asyncio.to_thread(look_into, work / STORE_NAME)
        if look_at.wrong:
            raise BackupError("backup.store_damaged", reason=look_at.wrong[0])
        header, key = await way()
        slots = await asyncio.to_thread(_gather, sources, header, work)
        kind = WorkspaceKind.REHEARSAL if sources.vault is None else WorkspaceKind.LIVE
        names = [name for name in (STORE_NAME, VAULT_NAME, SETTINGS_NAME) if (work / name).exists()]
        members = tuple([await asyncio.to_thread(member_of, name, work / name) for name in names])
        manifest = Manifest(
            header.created, _program(), look_at.schema, kind.value, look_at.counts, slots,
            (look_at.audit.id, look_at.audit.hash), members,
        )  # fmt: skip
        await in_thread(pack, draft, header, key, manifest, {name: work / name for name in names})
        facts = await look(draft, header, await again(header, key))
        await asyncio.to_thread(_name, draft, file, replace)
    except OSError as error:
        raise trouble_of(error, file.parent) from error
    finally:
        await asyncio.to_thread(_clear, work, draft)
    return facts


async def _noted(sources: Sources, work: Awaitable[BackupFacts]) -> BackupFacts:
    """An entry in the audit log, whichever way it ends."""
    try:
        facts = await work
    except (StoreError, VaultError):
        with contextlib.suppress(StoreError):  # the first trouble is the one to tell
            await sources.store.audit.note(Action.BACKUP_MADE, outcome=Outcome.FAILED)
        raise
    await sources.store.audit.note(
        Action.BACKUP_MADE,
        subject=("backup", facts.way),
        details={"size": facts.size, "schema": facts.schema, "head": facts.audit.hash, **facts.counts},
    )
    return facts


def _target(file: Path, replace: bool) -> Path:
    file = file.expanduser().absolute()
    if not file.parent.is_dir():
        raise BackupError("backup.no_folder", path=str(file.parent))
    if file.is_dir() or (file.exists() and not replace):
        raise BackupError("backup.exists", path=str(file))
    return file


def _gather(sources: Sources, header: SealedHeader, work: Path) -> tuple[str, ...]:
    """Vault and settings into the folder of the draft; gives the kinds of the vault's slots."""
    settings = sources.workspace.settings
    if settings.exists():
        shutil.copyfile(settings, work / SETTINGS_NAME)
    if sources.vault is None:
        return ()
    raw = header.vault or _vault_bytes(sources.workspace.vault)
    (work / VAULT_NAME).write_bytes(raw)
    return tuple(slot.kind for slot in parse(raw).header.slots)


def _vault_bytes(path: Path) -> bytes:
    """The vault's file, or the copy before it when the file is damaged. Raises VaultDamaged, OSError."""
    raw = path.read_bytes()
    try:
        parse(raw)
    except VaultDamaged:
        spare = previous_of(path)
        if not spare.exists():
            raise
        raw = spare.read_bytes()
        parse(raw)
    return raw


async def _automatic_key(vault: Vault) -> bytes:
    """The random key of automatic backups, made on first use."""
    try:
        entry = await vault.get(KEY_ENTRY)
        return base64.b64decode(entry["key"].reveal())
    except KeyError:
        raw = os.urandom(KEY_BYTES)
        await vault.put(KEY_ENTRY, {"key": base64.b64encode(raw).decode("ascii")})
        return raw


def _name(draft: Path, file: Path, replace: bool) -> None:
    if file.exists() and not replace:  # somebody was quicker
        raise BackupError("backup.exists", path=str(file))
    ops = FileOps()
    ops.replace(draft, file)
    ops.fsync_folder(file.parent)


def _clear(work: Path, draft: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    with contextlib.suppress(OSError):
        draft.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Plain drafts of a process that was killed in the middle; the workspace is ours, so they are nobody's."""
    for left in folder.glob(f"{_WORK}*"):
        if not left.name.startswith(f"{_WORK}{os.getpid()}-"):
            shutil.rmtree(left, ignore_errors=True)


def _profile() -> Profile:
    return Profile.TEST if test_profile_allowed() else Profile.NORMAL


def _program() -> str:
    try:
        return importlib.metadata.version("paxzar")
    except importlib.metadata.PackageNotFoundError:
        return ""


def facts_data(facts: BackupFacts) -> dict[str, object]:
    """As JSON data."""
    data: dict[str, object] = msgspec.to_builtins(facts)
    return data
