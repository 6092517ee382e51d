"""The workspace: one folder with store, vault, settings and documents; live or rehearsal, never both; one owner at a time.

It must never lie in a folder that a cloud service synchronises: such services copy a database while it is written.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import filelock
import msgspec

from app.platform.synced import synced_by
from app.store.errors import StoreError

_OWNER = "owner.json"
_KIND = "workspace.json"
_LOCK = "owner.lock"


class WorkspaceKind(StrEnum):
    LIVE = "live"
    REHEARSAL = "rehearsal"


class WorkspaceRefused(StoreError):
    """The folder cannot be a workspace, or is one of the other kind."""


class WorkspaceOwned(StoreError):
    """Another process owns it. `handover` says where to hand a command to: `{"port": …, "token": …}`, or None."""

    def __init__(self, pid: int | None, since: datetime | None, handover: dict[str, Any] | None) -> None:
        super().__init__("store.workspace_owned", pid=str(pid or ""))
        self.pid = pid
        self.since = since
        self.handover = handover


class _Owner(msgspec.Struct, frozen=True):
    pid: int
    since: datetime
    port: int | None = None
    token: str = ""


class _Marker(msgspec.Struct, frozen=True):
    kind: WorkspaceKind
    format: int = 1


class Workspace:
    """A folder's layout. Nothing is touched before `prepare` or `acquire`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().absolute()

    @property
    def store(self) -> Path:
        return self.folder / "store.sqlite"

    @property
    def vault(self) -> Path:
        return self.folder / "vault.paxv"

    @property
    def settings(self) -> Path:
        return self.folder / "settings.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def documents(self) -> Path:
        return self.folder / "documents"

    @property
    def kind(self) -> WorkspaceKind | None:
        """None: no workspace yet. Raises WorkspaceRefused for a marker that cannot be read."""
        try:
            data = (self.folder / _KIND).read_bytes()
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(data, type=_Marker).kind
        except msgspec.MsgspecError as error:
            raise WorkspaceRefused("store.workspace_unreadable", folder=str(self.folder)) from error

    def prepare(self, kind: WorkspaceKind) -> None:
        """Make the folder a workspace of this kind, or check that it is one. Raises WorkspaceRefused with a reason."""
        service = synced_by(self.folder)
        if service:
            raise WorkspaceRefused("store.workspace_synced", folder=str(self.folder), service=service)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.logs, self.documents):
                folder.mkdir(exist_ok=True, mode=0o700)
            have = self.kind
            if have is None:
                write_private(self.folder / _KIND, msgspec.json.encode(_Marker(kind)))
        except OSError as error:
            raise WorkspaceRefused(
                "store.workspace_unusable", folder=str(self.folder), reason=error.strerror or str(error)
            ) from error
        if have is not None and have is not kind:
            raise WorkspaceRefused("store.workspace_kind", folder=str(self.folder), kind=have.value)

    def acquire(self, wait: float = 0, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Owned:
        """Become the owner. Blocks up to `wait` seconds, so call it with a wait off the loop. Raises WorkspaceOwned."""
        lock = filelock.FileLock(self.folder / _LOCK, timeout=wait, thread_local=False)
        try:
            lock.acquire()
        except filelock.Timeout:
            owner = self.owner()
            if owner is None:
                raise WorkspaceOwned(None, None, None) from None
            handover = None if owner.port is None else {"port": owner.port, "token": owner.token}
            raise WorkspaceOwned(owner.pid, owner.since, handover) from None
        try:
            return Owned(self, lock, _Owner(os.getpid(), now()))
        except BaseException:
            lock.release()  # a full disk: nobody owns it then
            raise

    def owner(self) -> _Owner | None:
        """What the owner wrote of itself; a file left by a dead process says nothing about the lock."""
        try:
            return msgspec.json.decode((self.folder / _OWNER).read_bytes(), type=_Owner)
        except (OSError, msgspec.MsgspecError):
            return None


class Owned:
    """Ownership of a workspace. Ends with `release`, or with the process."""

    def __init__(self, workspace: Workspace, lock: filelock.BaseFileLock, owner: _Owner) -> None:
        self.workspace = workspace
        self._lock = lock
        self._owner = owner
        self._write()

    def publish(self, port: int, token: str | None = None) -> str:
        """Say where commands can be handed over (loopback port); returns the token that a command must show."""
        self._owner = msgspec.structs.replace(self._owner, port=port, token=token or secrets.token_urlsafe(24))
        self._write()
        return self._owner.token

    def release(self) -> None:
        """Twice is fine."""
        if self._lock.is_locked:
            with contextlib.suppress(
                OSError
            ):  # a disk that takes no writes any more: the file says nothing about the lock
                (self.workspace.folder / _OWNER).unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Owned:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _write(self) -> None:
        write_private(self.workspace.folder / _OWNER, msgspec.json.encode(self._owner))


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
