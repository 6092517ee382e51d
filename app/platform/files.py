"""Saving a file so that a crash at any moment leaves the old state or the new one, never a third.

Synchronous on purpose: callers run it in a thread. Every touch of the disk goes through `FileOps`, so that tests
can stop at the n-th one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
PREVIOUS = ".prev"
# ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION: a virus scanner or a backup has the file open.
_BUSY_WINERRORS = (5, 32, 33)


class FileOps:
    """The few system calls of a save. Raises OSError like the calls themselves."""

    def create(self, path: Path, mode: int) -> int:
        """A new file, refused when the name is taken; its permissions are there before its first byte."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        return os.open(path, flags, mode)

    def write(self, fd: int, data: memoryview) -> int:
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        if sys.platform == "darwin":
            # A plain fsync on macOS only reaches the drive's cache; some file systems do not know the full one.
            import fcntl

            with contextlib.suppress(OSError):
                fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
                return
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def replace(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    def fsync_folder(self, folder: Path) -> None:
        if os.name == "nt":  # Windows cannot open a folder; NTFS journals the rename itself
            return
        fd = os.open(folder, os.O_RDONLY)
        try:
            self.fsync(fd)
        finally:
            os.close(fd)

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)


def previous_of(path: Path) -> Path:
    """Where the copy of the last state but one is kept."""
    return path.with_name(path.name + PREVIOUS)


def ensure_private(folder: Path) -> Path:
    """Make the folder (and those above it) if it is missing; a new one is open to its owner only."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return folder


def save_atomically(
    path: Path,
    data: bytes,
    *,
    ops: FileOps | None = None,
    keep_previous: bool = True,
    mode: int = PRIVATE_FILE,
    patience_s: float = 5.0,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Write `data` to `path`; when this returns, it is on the disk and has been read back.

    Order: sweep what a crash left, temp in the same folder with its permissions, write, fsync, read back, copy the
    present file to `.prev` (the same way), rename over the target, fsync of the folder, read back.
    `patience_s`: how long (seconds) a rename is tried again while another program holds the file (Windows).
    Raises OSError; the target is then the old file or the new one, whole.
    """
    ops = ops or FileOps()
    _sweep(path, ops)
    fresh = _write_beside(path, data, mode, ops)
    try:
        if keep_previous:
            _keep(path, mode, ops, patience_s, sleep)
        _replace(fresh, path, ops, patience_s, sleep)
    except OSError:
        _forget(fresh, ops)
        raise
    ops.fsync_folder(path.parent)
    _verify(path, data, ops)


def _keep(path: Path, mode: int, ops: FileOps, patience_s: float, sleep: Callable[[float], None]) -> None:
    # A copy and not a hard link: FAT has none, and a rename between two names of one file silently does nothing.
    try:
        present = ops.read(path)
    except FileNotFoundError:
        return
    kept = previous_of(path)
    copy = _write_beside(kept, present, mode, ops)
    try:
        _replace(copy, kept, ops, patience_s, sleep)
    except OSError:
        _forget(copy, ops)
        raise


def _write_beside(path: Path, data: bytes, mode: int, ops: FileOps) -> Path:
    """A whole, flushed, verified temp file next to `path`; nothing is left when it fails."""
    temp = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        fd = ops.create(temp, mode)
        try:
            rest = memoryview(data)
            while rest:  # a write may take less than it was given
                rest = rest[ops.write(fd, rest) :]
            ops.fsync(fd)
        finally:
            ops.close(fd)
        _verify(temp, data, ops)
    except OSError:
        _forget(temp, ops)
        raise
    return temp


def _verify(path: Path, data: bytes, ops: FileOps) -> None:
    if ops.read(path) != data:
        raise OSError(errno.EIO, "read back something else than was written", str(path))


def _replace(source: Path, target: Path, ops: FileOps, patience_s: float, sleep: Callable[[float], None]) -> None:
    waited, step = 0.0, 0.05
    while True:
        try:
            ops.replace(source, target)
            return
        except PermissionError as trouble:
            if getattr(trouble, "winerror", None) not in _BUSY_WINERRORS or waited >= patience_s:
                raise
        sleep(step)
        waited, step = waited + step, min(step * 2, 0.5)


def _forget(path: Path, ops: FileOps) -> None:
    # The first error is the one to tell; a temp that stays is swept by the next save.
    with contextlib.suppress(OSError):
        ops.unlink(path)


def _sweep(path: Path, ops: FileOps) -> None:
    for name in (path.name, path.name + PREVIOUS):
        for left in path.parent.glob(f".{_escaped(name)}.????????????.tmp"):
            _forget(left, ops)


def _escaped(name: str) -> str:
    """`name` with the wild cards of glob made plain."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
