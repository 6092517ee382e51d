"""What can go wrong with the store itself, as classes with a message key. Words live in resources."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from app.contracts.messages import Message

_LEAST_FREE = 4 * 2**20  # bytes; below this a failed write is taken as a full disk
#: Windows' two words for a full disk come as ENOSPC already; a quota is a full disk to a merchant.
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class StoreError(Exception):
    """The store could not do it. `key` names the words, `params` fill them."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key)
        self.key = key
        self.params = params

    def __str__(self) -> str:
        return f"{self.key} {self.params}" if self.params else self.key

    @property
    def message(self) -> Message:
        return Message(self.key, self.params)


class StoreFull(StoreError):
    """No room on the disk. Nothing of the failed transaction is stored; the next one may succeed."""


class StoreReadOnly(StoreError):
    """The file or this connection may not be written."""


class StoreBusy(StoreError):
    """Another process holds the file."""


class StoreDamaged(StoreError):
    """The file is damaged. `paths` are what was kept of it; nothing was replaced."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        super().__init__("store.damaged", paths=", ".join(str(p) for p in paths))
        self.paths = paths


def is_damage(error: sqlite3.Error) -> bool:
    return _primary(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def translate(error: sqlite3.Error, path: Path) -> Exception:
    """The store's own error for SQLite's; programming and constraint errors come back as they are."""
    code = _primary(error)
    where = {"path": str(path)}
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreDamaged((path,))
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _disk_is_full(path)):
        return StoreFull("store.full", **where)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
        # SQLite cannot make its log on a full disk either, and then says only that it cannot open it.
        full = code == sqlite3.SQLITE_CANTOPEN and _disk_is_full(path)
        return StoreFull("store.full", **where) if full else StoreReadOnly("store.read_only", **where)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy("store.busy", **where)
    if code == sqlite3.SQLITE_IOERR:
        return StoreError("store.io", reason=str(error), **where)
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreError("store.closed", **where)
    return error


def translate_os(error: OSError, path: Path) -> StoreError:
    """The store's own error for the system's, about a file or folder at `path` that is not SQLite's."""
    where = {"path": str(path)}
    if error.errno in _NO_ROOM:
        return StoreFull("store.full", **where)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreReadOnly("store.read_only", **where)
    if error.errno in (errno.EBUSY, errno.EAGAIN):
        return StoreBusy("store.busy", **where)
    return StoreError("store.io", reason=error.strerror or type(error).__name__, **where)


def _primary(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 when the error is the Python module's own."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _disk_is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_FREE
    except OSError:
        return False
