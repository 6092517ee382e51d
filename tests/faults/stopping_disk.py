"""A disk that stops at the n-th write or fsync: under SQLite (a VFS between it and the system's) and under Python's files.

`PowerCut` for ever after, or one error and then all is well again. A write that is stopped has written half of its bytes.
"""

from __future__ import annotations

import ctypes
import io
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

ROUNDS = int(os.environ.get("PAXZAR_ROUNDS", "10"))
IOERR, FULL = 10, 13


class PowerCut(BaseException):
    """The machine is gone: nothing of the program runs after it."""


class Counter:
    """Counts changes of the disk from `begin` on. At number `stop` `goes_on` decides: an error once, or the end."""

    def __init__(self, *, goes_on: bool = False) -> None:
        self.stop, self.done, self.goes_on = 0, 0, goes_on
        self.counting = self.dead = False

    def begin(self, stop: int = 0) -> None:
        self.stop, self.done, self.counting, self.dead = stop, 0, True, False

    def end(self) -> int:
        self.counting = False
        return self.done

    def step(self) -> str:
        """ "" go on; "stop": this one fails half done; "dead": fails untouched."""
        if self.dead:
            return "dead"
        if not self.counting:
            return ""
        self.done += 1
        if self.done != self.stop:
            return ""
        self.dead = not self.goes_on
        return "stop"


def some_of(steps: int, most: int, *, last: int = 0) -> list[int]:
    """Every step in a long run; in the everyday suite `most` of them by a fixed seed, always the first and the `last`."""
    every = list(range(1, steps + 1))
    if ROUNDS > 10 or steps <= most:
        return every
    sure = {1, *every[steps - last :]} if last else {1, steps}
    rest = [n for n in every if n not in sure]
    return sorted(sure | set(random.Random(2026).sample(rest, max(0, most - len(sure)))))


# -- SQLite

_METHODS = (
    "xClose", "xRead", "xWrite", "xTruncate", "xSync", "xFileSize", "xLock", "xUnlock", "xCheckReservedLock",
    "xFileControl", "xSectorSize", "xDeviceCharacteristics", "xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap", "xFetch",
    "xUnfetch",
)  # fmt: skip
_CALLS = (
    "xOpen", "xDelete", "xAccess", "xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose", "xRandomness", "xSleep",
    "xCurrentTime", "xGetLastError", "xCurrentTimeInt64", "xSetSystemCall", "xGetSystemCall", "xNextSystemCall",
)  # fmt: skip


class _Methods(ctypes.Structure):
    _fields_ = [("iVersion", ctypes.c_int), *((name, ctypes.c_void_p) for name in _METHODS)]


class _File(ctypes.Structure):
    _fields_ = [("pMethods", ctypes.POINTER(_Methods))]


class _Vfs(ctypes.Structure):
    _fields_ = [
        ("iVersion", ctypes.c_int), ("szOsFile", ctypes.c_int), ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p), ("zName", ctypes.c_char_p), ("pAppData", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in _CALLS),
    ]  # fmt: skip


_P, _I = ctypes.c_void_p, ctypes.c_int
_OPEN = ctypes.CFUNCTYPE(_I, _P, _P, _P, _I, _P)
_DELETE = ctypes.CFUNCTYPE(_I, _P, _P, _I)
_WRITE = ctypes.CFUNCTYPE(_I, _P, _P, _I, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(_I, _P, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(_I, _P, _I)


def _library() -> Any:
    """The SQLite that Python's module is linked with; skips the test where it cannot be reached (a static build)."""
    import _sqlite3

    try:
        library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
    except (OSError, AttributeError, TypeError):
        pytest.skip("this Python hides its SQLite: its writes cannot be stopped from a test")
    library.sqlite3_vfs_register.argtypes = [ctypes.POINTER(_Vfs), _I]
    library.sqlite3_vfs_unregister.argtypes = [ctypes.POINTER(_Vfs)]
    return library


@contextmanager
def sqlite_on(counter: Counter, code: int = IOERR) -> Iterator[None]:
    """Every database opened within the block is written through `counter`; a stopped call gives `code`."""
    library = _library()
    system = library.sqlite3_vfs_find(None).contents
    patched: dict[int, tuple[_Methods, list[Any]]] = {}

    def wrapped(methods: _Methods) -> tuple[_Methods, list[Any]]:
        write, truncate, sync = _WRITE(methods.xWrite), _TRUNCATE(methods.xTruncate), _SYNC(methods.xSync)

        def stopped(half: Callable[[], int] | None = None) -> int | None:
            how = counter.step()
            if how == "stop" and half is not None:
                half()
            return code if how else None

        def x_write(file: int, data: int, size: int, at: int) -> int:
            trouble = stopped(lambda: write(file, data, size // 2, at))
            return write(file, data, size, at) if trouble is None else trouble

        def x_truncate(file: int, size: int) -> int:
            trouble = stopped()
            return truncate(file, size) if trouble is None else trouble

        def x_sync(file: int, flags: int) -> int:
            trouble = stopped()
            return sync(file, flags) if trouble is None else trouble

        made = _Methods.from_buffer_copy(methods)
        calls = [_WRITE(x_write), _TRUNCATE(x_truncate), _SYNC(x_sync)]
        for name, call in zip(("xWrite", "xTruncate", "xSync"), calls, strict=True):
            setattr(made, name, ctypes.cast(call, _P).value)
        return made, [*calls, write, truncate, sync]

    open_, delete = _OPEN(system.xOpen), _DELETE(system.xDelete)

    def x_open(vfs: int, name: int, file: int, flags: int, out: int) -> int:
        result = open_(vfs, name, file, flags, out)
        handle = _File.from_address(file)
        if result == 0 and handle.pMethods:
            address = ctypes.addressof(handle.pMethods.contents)
            if address not in patched:
                patched[address] = wrapped(handle.pMethods.contents)
            handle.pMethods = ctypes.pointer(patched[address][0])
        return int(result)

    def x_delete(vfs: int, name: int, sync: int) -> int:
        return code if counter.step() else int(delete(vfs, name, sync))

    ours = _Vfs.from_buffer_copy(system)
    ours.zName, ours.pNext = b"stopping", None
    held = (_OPEN(x_open), _DELETE(x_delete))
    ours.xOpen, ours.xDelete = (ctypes.cast(call, _P).value for call in held)
    library.sqlite3_vfs_register(ctypes.byref(ours), 1)
    try:
        yield
    finally:
        library.sqlite3_vfs_unregister(ctypes.byref(ours))


# -- Python's files


@contextmanager
def files_on(counter: Counter) -> Iterator[None]:
    """`os` calls that change the disk, and files made with `os.fdopen`, go through `counter`. Raises PowerCut."""

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if counter.step():
                raise PowerCut
            return call(*args, **kwargs)

        return run

    class Counted(io.FileIO):
        def write(self, data: Any) -> int:
            how = counter.step()
            if how == "stop":
                super().write(memoryview(data).cast("B")[: len(data) // 2])
            if how:
                raise PowerCut
            return super().write(data)

        def close(self) -> None:
            super().close()

    real_open = os.open

    def opened(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & (os.O_CREAT | os.O_TRUNC) and counter.step():
            raise PowerCut
        return real_open(path, flags, *args, **kwargs)

    names = ("replace", "rename", "unlink", "remove", "mkdir", "rmdir", "fsync")
    patches = [mock.patch.object(os, name, guarded(getattr(os, name))) for name in names]
    patches.append(mock.patch.object(os, "open", opened))
    patches.append(mock.patch.object(os, "fdopen", lambda fd, mode, *_: Counted(fd, mode.replace("b", ""))))
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


# -- a disk of a few megabytes


@contextmanager
def small_disk(folder: Path, megabytes: int = 6) -> Iterator[Path]:
    """A real file system of its own at `folder`; skips where this user may not mount one."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk; the injected ones stand for it")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine mounts nothing (a container)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remounted(disk: Path, how: str) -> None:
    """`ro` or `rw`, while it is in use."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take all its room. Unlink the file to give it back."""
    rest = disk / "fill"
    fd = os.open(rest, os.O_CREAT | os.O_WRONLY)
    for size in (65536, 4096, 1):
        try:
            while True:
                os.write(fd, b"x" * size)
        except OSError:
            continue
    os.close(fd)
    return rest
