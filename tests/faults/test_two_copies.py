"""Two copies started: the second brings the first to the front, and there are never two writers.

Also when the first was killed, when both start at one moment, and when the lock's folder cannot be written. The whole
windows do it in tests/ui/test_entry.py.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.api.handover import hand_over
from app.console import OnlyLooking, open_console, utc_now
from app.contracts import Secret
from app.store import Store, StoreReadOnly
from app.store.workspace import Workspace, WorkspaceOwned
from tests.faults.running import PASSWORD, ROOT, Terminal, shop
from tests.faults.stopping_disk import ROUNDS, remounted, small_disk
from ui.opening import Opener

pytestmark = pytest.mark.faults


def start(*words: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "tests.faults.owner_child", *words]
    return subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> None:
    """Killed as by kill -9, if it still runs."""
    process.kill()
    process.communicate(timeout=10)


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[str]]:
    first = start("own", str(folder))
    try:
        assert line_of(first) == "open"
        yield first
    finally:
        ended(first)


def owner_of(folder: Path) -> WorkspaceOwned:
    with pytest.raises(WorkspaceOwned) as caught:
        Workspace(folder).acquire()
    return caught.value


def test_two_processes_that_race_are_never_owners_together(tmp_path: Path) -> None:
    rounds = max(20, ROUNDS)
    racers = [start("race", str(tmp_path), str(rounds), str(seed)) for seed in (1, 2)]
    try:
        assert [line_of(racer) for racer in racers] == ["ready", "ready"]
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        told = [json.loads(racer.communicate(timeout=60)[0]) for racer in racers]
        assert [racer.returncode for racer in racers] == [0, 0]
    finally:
        for racer in racers:
            if racer.poll() is None:
                ended(racer)
    diary = (tmp_path / "diary").read_text().split("\n")[:-1]
    assert len(diary) == 4 * rounds
    for enter, leave in zip(diary[::2], diary[1::2], strict=True):
        assert enter.split()[0] == "enter"
        assert leave == enter.replace("enter", "leave"), "two owners at one time"
    assert sum(one["refused"] for one in told) > 0, "they never met"
    assert len({line.split()[1] for line in diary}) == 2


async def test_the_second_brings_the_first_to_the_front_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    with running(folder) as first:
        for _ in range(3):
            with pytest.raises(WorkspaceOwned) as caught:
                await open_console(folder, unlock=Secret(PASSWORD))
            assert caught.value.pid == first.pid
            assert await Opener._hand_over(caught.value)
            assert await asyncio.to_thread(line_of, first) == "raised"
        code, told = await asyncio.to_thread(Terminal(folder, tmp_path), "connections")  # through the owner
        assert code == 0, told
        if sys.platform == "win32":
            return
        first.send_signal(signal.SIGSTOP)  # it hangs: that is told, and no second writer starts
        where = owner_of(folder).handover
        assert where is not None
        with pytest.raises(TimeoutError):
            await hand_over(where["port"], where["token"], "raise", {}, 0.3)
        assert owner_of(folder).pid == first.pid


async def test_a_first_that_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    for _ in range(max(1, ROUNDS // 10)):
        with running(folder) as first:
            stale = owner_of(folder)
            first.kill()
            first.wait(10)
            began = time.monotonic()
            console = await open_console(folder, unlock=Secret(PASSWORD))
            assert time.monotonic() - began < 30
            assert owner_of(folder).pid != first.pid
            assert not await Opener._hand_over(stale), "a dead process was taken for the owner"
            assert await console.store.integrity() == []
            assert isinstance(await console.store.settings.get("count", 0), int)
            await console.close()


async def test_the_port_of_the_dead_belongs_to_another_program_now(tmp_path: Path) -> None:
    """It answers like a web server: nobody is raised, and nothing but the token of a dead process was told to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            guest, _ = listener.accept()
            with guest:
                guest.recv(4096)

        thread = threading.Thread(target=answer)
        thread.start()
        stale = WorkspaceOwned(1, utc_now(), {"port": listener.getsockname()[1], "token": "old"})
        assert not await Opener._hand_over(stale)
        thread.join(10)


async def test_a_lock_in_a_folder_that_cannot_be_written_makes_readers_only(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, shop() as server:
        terminal = Terminal(disk / "ws", tmp_path)
        await asyncio.to_thread(terminal.connect, server)
        assert (await asyncio.to_thread(terminal, "sync"))[0] == 0
        await asyncio.to_thread(remounted, disk, "ro")
        readers = [await open_console(disk / "ws", unlock=Secret(PASSWORD), reading=True) for _ in range(2)]
        for console in readers:
            assert isinstance(console.owned, OnlyLooking)
            assert (await console.store.connections.list())[0].name == "Mağaza"
            with pytest.raises(StoreReadOnly, match=r"store\.read_only"):
                await console.store.settings.set("a", 1)
            await console.close()
        with pytest.raises(StoreReadOnly):
            await open_console(disk / "ws", unlock=Secret(PASSWORD))
        await asyncio.to_thread(remounted, disk, "rw")
        store = await Store.open(disk / "ws" / "store.sqlite", now=utc_now)
        assert await store.settings.get("a") is None
        await store.close()
