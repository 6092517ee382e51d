"""Processes that own a workspace. Run by test_two_copies.py: `race FOLDER ROUNDS SEED` or `own FOLDER`."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path

from app.store.workspace import Workspace, WorkspaceOwned


def race(folder: Path, rounds: int, seed: int) -> None:
    """Become the owner so many times, each time writing down when that began and ended."""
    rng, space, refused = random.Random(seed), Workspace(folder), 0
    diary = os.open(folder / "diary", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    print("ready", flush=True)
    sys.stdin.readline()  # both start at one word
    for _ in range(rounds):
        while True:
            try:
                owned = space.acquire()
                break
            except WorkspaceOwned:
                refused += 1
                time.sleep(rng.uniform(0, 0.002))
        os.write(diary, b"enter %d\n" % os.getpid())
        told = space.owner()
        assert told is not None
        assert told.pid == os.getpid(), "the owner's file names another"
        time.sleep(rng.uniform(0, 0.004))
        os.write(diary, b"leave %d\n" % os.getpid())
        owned.release()
        time.sleep(rng.uniform(0, 0.003))
    print(json.dumps({"refused": refused}), flush=True)


async def own(folder: Path) -> None:
    """A running program: owns, writes now and then, and says when it is asked to come to the front."""
    from app.api.handover import HandoverServer
    from app.console import open_console
    from app.contracts import Secret
    from tests.faults.running import PASSWORD

    console = await open_console(folder, unlock=Secret(PASSWORD))
    server = HandoverServer(console)
    await server.start()
    print("open", flush=True)
    count = 0
    while True:
        try:
            await asyncio.wait_for(server.raised.wait(), 0.02)
            server.raised.clear()
            print("raised", flush=True)
        except TimeoutError:
            count += 1
            await console.store.settings.set("count", count)


if __name__ == "__main__":
    if sys.argv[1] == "race":
        race(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        asyncio.run(own(Path(sys.argv[2])))
