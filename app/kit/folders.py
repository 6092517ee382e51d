"""One folder of the merchant's choice, for vendors that exchange files: what lies there, read, written whole or not at all.
Must never leave its root, follow a link out of it, take a file that is still being copied, or remove what is not ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
import stat
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from app.contracts.messages import Message, fail
from app.formats.names import safe_file_name
from app.platform.files import save_atomically

T = TypeVar("T")
MOST_BYTES = 32 * 1024 * 1024  # of one file
MOST_FILES = 2_000  # that one look tells; the youngest
#: A file younger than this may still be on its way here; it is left for the next look unless it stayed as it was.
SETTLED = timedelta(seconds=10)
#: What browsers, copies and office programs leave while they are not ready.
_UNREADY = re.compile(r"(?:^[.~]|\.(?:part|partial|crdownload|download|tmp|temp|filepart|lock)$)", re.IGNORECASE)
_STEP = re.compile(r"[^/\\:*?\"<>|\x00-\x1f]{1,80}")


class FileInfo(NamedTuple):
    """A file as a look found it: bytes, and when it was last changed (aware UTC, as its file system tells)."""

    name: str
    size: int
    modified_at: datetime

    @property
    def mark(self) -> str:
        """Equal at two looks: nobody wrote in between."""
        return f"{self.size}:{self.modified_at.timestamp():.3f}"

    def is_settled(self, now: datetime) -> bool:
        """Whether it can be whole by its age alone. A time to come says nothing."""
        return self.modified_at <= now - SETTLED


class Folder(Protocol):
    """An open folder. Names are those of `look`: plain file names. All raise ProviderError, and none follows a link."""

    async def look(self) -> list[FileInfo]:
        """The files that are ready by their names, oldest first. No folders, no links, nothing hidden."""
        ...

    async def read(self, name: str, cap: int = MOST_BYTES) -> bytes: ...

    async def write(self, name: str, data: bytes, *, replace: bool) -> str:
        """Whole or not at all; the name under which it lies. `replace` False: a name that is taken gets a number."""
        ...

    async def prove_writable(self) -> None: ...


def is_ready_name(name: str) -> bool:
    """Whether a file of this name can be a finished one."""
    return bool(name) and _UNREADY.search(name) is None


def sub_path(text: str, field: str) -> tuple[str, ...]:
    """The steps of a folder below the root (`giden/fiyat`). Raises YoursError for a way out of it."""
    steps = tuple(one for one in text.strip().replace("\\", "/").split("/") if one not in ("", "."))
    if text.strip().startswith(("/", "\\", "~")) or any(one == ".." or not _STEP.fullmatch(one) for one in steps):
        raise fail(Message("config.field", {"field": field, "why": "pattern", "example": "giden"}, field=field))
    return steps


def checked_name(name: str) -> str:
    """`name` itself. Raises YoursError when it is more than the name of a file."""
    if name != os.path.basename(name) or "\\" in name or name in ("", ".", "..") or "\0" in name:
        raise fail(Message("sheet.folder", {"field": name[:80], "reason": "sheet_name"}))
    return name


def numbered(name: str, number: int) -> str:
    """`fiyat.xlsx` → `fiyat-2.xlsx`."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{number}{dot}{ending}" if dot else f"{name}-{number}"


class LocalFolder:
    """A folder of this computer or of a share. The root must be there: a share that is not mounted must not be made anew as
    an empty folder. Folders below it are made for writing."""

    def __init__(self, root: str, below: tuple[str, ...] = (), *, field: str = "folder") -> None:
        self._root, self._below, self.field = Path(root).expanduser(), below, field

    @property
    def place(self) -> str:
        return str(self._root.joinpath(*self._below))

    async def look(self) -> list[FileInfo]:
        return await self._do(self._look)

    async def read(self, name: str, cap: int = MOST_BYTES) -> bytes:
        return await self._do(lambda: self._read(checked_name(name), cap))

    async def write(self, name: str, data: bytes, *, replace: bool) -> str:
        return await self._do(lambda: self._write(checked_name(name), data, replace))

    async def prove_writable(self) -> None:
        await self._do(self._prove)

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise fail(self._told(error)) from error

    def _told(self, error: OSError) -> Message:
        reasons = {errno.ENOENT: "sheet_no_folder", errno.ENOTDIR: "sheet_no_folder", errno.ENOSPC: "sheet_full"}
        denied = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        reason = reasons.get(error.errno or 0) or ("sheet_denied" if denied else error.strerror or str(error))
        return Message("sheet.folder", {"field": self.place, "reason": reason[:120]}, field=self.field)

    def _folder(self, *, make: bool = False) -> Path:
        """The folder, proved to lie within the root. Raises OSError and YoursError."""
        if not self._root.is_absolute():
            raise fail(Message("config.field", {"field": self.field, "why": "pattern", "example": _example()}, field=self.field))  # fmt: skip
        root = self._root.resolve(strict=True)
        if not root.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(root))
        folder = root.joinpath(*self._below)
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        folder = folder.resolve(strict=True)
        if not folder.is_relative_to(root):
            raise fail(Message("sheet.folder", {"field": self.place, "reason": "sheet_outside"}, field=self.field))
        return folder

    def _look(self) -> list[FileInfo]:
        found = []
        try:
            folder = self._folder()
        except FileNotFoundError:
            if not self._below:
                raise
            self._root.resolve(strict=True)  # only the folder below it is missing: nothing came yet
            return []
        with os.scandir(folder) as entries:
            for entry in entries:
                if not is_ready_name(entry.name):
                    continue
                with contextlib.suppress(FileNotFoundError):  # taken away since
                    facts = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(facts.st_mode):
                        found.append(FileInfo(entry.name, facts.st_size, _instant(facts.st_mtime_ns)))
        return sorted(found, key=lambda one: (one.modified_at, one.name))[-MOST_FILES:]

    def _read(self, name: str, cap: int) -> bytes:
        path = self._folder() / name
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) or path.is_symlink():
                raise fail(Message("sheet.file", {"field": name, "reason": "sheet_none"}))
            data = file.read(cap + 1)
        if len(data) > cap:
            raise fail(Message("sheet.file", {"field": name, "reason": "sheet_large"}))
        return data

    def _write(self, name: str, data: bytes, replace: bool) -> str:
        folder, wanted, number = self._folder(make=True), safe_file_name(*_parted(name)), 1
        name = wanted
        while not replace and os.path.lexists(folder / name):
            number += 1
            name = numbered(wanted, number)
        # Readable by others, as every file that one program leaves for another.
        save_atomically(folder / name, data, keep_previous=False, mode=0o644)
        return name

    def _prove(self) -> None:
        folder = self._folder(make=True)
        save_atomically(folder / ".paxzar-test", b"paxzar", keep_previous=False)
        (folder / ".paxzar-test").unlink(missing_ok=True)


def _parted(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if dot and stem else (name, "")


def _instant(nanoseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, OSError, ValueError):  # a clock that was far off when it was written
        return datetime(1980, 1, 1, tzinfo=UTC)


def _example() -> str:
    return r"C:\Paxzar\Dosyalar" if os.name == "nt" else "/home/siz/Paxzar"


@asynccontextmanager
async def opened(folder: LocalFolder) -> AsyncGenerator[Folder, None]:
    """A local folder as the context manager that a remote one is."""
    yield folder
