"""Atomic saves: order of the steps, every stop, partial writes, busy files, left-overs."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from app.platform.files import FileOps, ensure_private, previous_of, save_atomically

OLDEST, OLD, NEW = b"oldest state", b"old state " * 20, b"new state, longer than the old one " * 20


class PowerCut(BaseException):
    pass


class Disk(FileOps):
    """Writes at most 7 bytes at once, notes every step, stops at the n-th with `trouble` (for ever with PowerCut)."""

    def __init__(self, stop_at: int = 0, trouble: BaseException | None = None) -> None:
        self.stop_at, self.trouble = stop_at, trouble or PowerCut()
        self.steps: list[str] = []
        self.open: dict[int, str] = {}
        self.dead = False

    def step(self, name: str) -> None:
        if self.dead:
            raise PowerCut
        self.steps.append(name)
        if len(self.steps) == self.stop_at:
            self.dead = isinstance(self.trouble, PowerCut)
            raise self.trouble

    def create(self, path: Path, mode: int) -> int:
        self.step("create")
        fd = super().create(path, mode)
        self.open[fd] = "prev" if ".prev." in path.name else "main"
        return fd

    def write(self, fd: int, data: memoryview) -> int:
        self.step(f"write {self.open[fd]}")
        return super().write(fd, data[:300])

    def fsync(self, fd: int) -> None:
        self.step(f"fsync {self.open.get(fd, 'folder')}")
        super().fsync(fd)

    def close(self, fd: int) -> None:
        self.open.pop(fd)
        super().close(fd)

    def replace(self, source: Path, target: Path) -> None:
        self.step(f"replace {'prev' if target.name.endswith('.prev') else 'main'}")
        super().replace(source, target)

    def read(self, path: Path) -> bytes:
        if self.dead:
            raise PowerCut
        return super().read(path)

    def unlink(self, path: Path) -> None:
        if self.dead:
            raise PowerCut
        super().unlink(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.bin"
    save_atomically(path, OLDEST)
    save_atomically(path, OLD)
    return path


def test_saves_and_keeps_the_state_before(path: Path) -> None:
    save_atomically(path, NEW)
    assert (path.read_bytes(), previous_of(path).read_bytes()) == (NEW, OLD)
    save_atomically(path, b"", keep_previous=False)
    assert (path.read_bytes(), previous_of(path).read_bytes()) == (b"", OLD)
    assert sorted(file.name for file in path.parent.iterdir()) == ["file.bin", "file.bin.prev"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_permissions_are_there_before_the_first_byte(tmp_path: Path) -> None:
    seen: list[int] = []

    class Watching(FileOps):
        def write(self, fd: int, data: memoryview) -> int:
            seen.append(stat.S_IMODE(os.fstat(fd).st_mode))
            return super().write(fd, data)

    save_atomically(tmp_path / "f", b"x", ops=Watching())
    save_atomically(tmp_path / "f", b"y", ops=Watching())
    assert set(seen) == {0o600}
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
    assert stat.S_IMODE(ensure_private(tmp_path / "a" / "b").stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced on Windows")
def test_nothing_is_renamed_before_it_is_on_the_disk(path: Path) -> None:
    disk = Disk()
    save_atomically(path, NEW, ops=disk)
    steps = [step for step in disk.steps if step != "create"]
    last_write = max(i for i, step in enumerate(steps) if step == "write main")
    assert last_write < steps.index("fsync main") < steps.index("replace main")
    assert steps.index("fsync prev") < steps.index("replace prev") < steps.index("replace main")
    assert steps[-1] == "fsync folder"
    assert steps.count("write main") > 1  # written in parts


def test_stop_at_every_step_leaves_old_or_new(tmp_path: Path) -> None:
    count = Disk()
    target = tmp_path / "count.bin"
    save_atomically(target, OLD)
    save_atomically(target, NEW, ops=count)
    seen = []
    for stop in range(1, len(count.steps) + 1):
        path = tmp_path / f"{stop}.bin"
        save_atomically(path, OLDEST)
        save_atomically(path, OLD)
        with pytest.raises(PowerCut):
            save_atomically(path, NEW, ops=Disk(stop))
        assert path.read_bytes() in (OLD, NEW)
        assert previous_of(path).read_bytes() in (OLDEST, OLD)
        seen.append(path.read_bytes() == NEW)
        save_atomically(path, NEW)  # goes on, and sweeps what the cut left
        assert path.read_bytes() == NEW
        assert not list(tmp_path.glob(f".{stop}.bin*.tmp"))
    assert seen == sorted(seen)
    assert seen[0] is False
    assert seen[-1] is True


def test_an_error_at_every_step_is_raised_and_leaves_no_litter(tmp_path: Path) -> None:
    count = Disk()
    target = tmp_path / "count.bin"
    save_atomically(target, OLD)
    save_atomically(target, NEW, ops=count)
    for stop in range(1, len(count.steps) + 1):
        path = tmp_path / f"{stop}.bin"
        save_atomically(path, OLD)
        with pytest.raises(OSError, match="full"):
            save_atomically(path, NEW, ops=Disk(stop, OSError(errno.ENOSPC, "full")))
        assert path.read_bytes() in (OLD, NEW)
        assert not list(tmp_path.glob(".*.tmp"))


def test_a_disk_that_lies_is_found_before_the_old_state_is_gone(path: Path) -> None:
    class Lying(FileOps):
        def write(self, fd: int, data: memoryview) -> int:
            super().write(fd, memoryview(b"\0" * len(data)))
            return len(data)

    with pytest.raises(OSError, match="read back"):
        save_atomically(path, NEW, ops=Lying())
    assert (path.read_bytes(), previous_of(path).read_bytes()) == (OLD, OLDEST)


def busy(winerror: int | None) -> PermissionError:
    trouble = PermissionError(errno.EACCES, "in use")
    trouble.winerror = winerror  # type: ignore[attr-defined]
    return trouble


class Held(FileOps):
    def __init__(self, times: int, winerror: int | None) -> None:
        self.left, self.winerror = times, winerror

    def replace(self, source: Path, target: Path) -> None:
        if self.left > 0 and target.name == "file.bin":
            self.left -= 1
            raise busy(self.winerror)
        super().replace(source, target)


def test_a_file_that_another_program_holds_for_three_seconds(path: Path) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)

    save_atomically(path, NEW, ops=Held(8, 32), sleep=sleep)
    assert path.read_bytes() == NEW
    assert len(waits) == 8
    assert 2 < sum(waits) < 4


def test_a_file_that_stays_held_is_given_up(path: Path) -> None:
    waits: list[float] = []
    with pytest.raises(PermissionError):
        save_atomically(path, NEW, ops=Held(10**6, 5), sleep=waits.append)
    assert 5 <= sum(waits) <= 6
    assert path.read_bytes() == OLD
    assert not list(path.parent.glob(".*.tmp"))


def test_a_folder_without_permission_is_not_waited_for(path: Path) -> None:
    waits: list[float] = []
    with pytest.raises(PermissionError):
        save_atomically(path, NEW, ops=Held(10**6, None), sleep=waits.append)
    assert waits == []


def test_a_temp_file_that_cannot_be_removed_does_not_hide_the_first_error(path: Path) -> None:
    class Stubborn(Disk):
        def unlink(self, path: Path) -> None:
            raise OSError(errno.EIO, "cannot unlink")

    with pytest.raises(OSError, match="full"):
        save_atomically(path, NEW, ops=Stubborn(2, OSError(errno.ENOSPC, "full")))
    assert path.read_bytes() == OLD


def test_sweeping_takes_only_its_own(tmp_path: Path) -> None:
    mine, other, plain = tmp_path / ".a[1].b.0123456789ab.tmp", tmp_path / ".a1.b.0123456789ab.tmp", tmp_path / "x.tmp"
    for file in (mine, other, plain):
        file.write_bytes(b"")
    save_atomically(tmp_path / "a[1].b", b"x")
    assert not mine.exists()
    assert other.exists()
    assert plain.exists()


def test_a_name_that_is_taken_by_a_link_is_not_followed(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        FileOps().create(taken, 0o600)
    assert taken.read_bytes() == b"mine"
