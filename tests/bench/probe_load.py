"""129 connections of which some answer, some are slow and some are dead, probed at their interval of 60 s by the real engine in
the Qt loop: what that costs the processor, how long it holds the loop, how many sockets are open. The vendors are one raw
server in a process of its own, with a port for each.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOOD, SLOW, HANGING, GONE = 100, 15, 7, 7
SECONDS, WINDOWS = 39.0, 3  # the loop's stall is the best window's: other programs of the machine are not measured
WARM_S, IDLE_S, EVERY_MS = 2.0, 5.0, 4
GOAL_CPU, GOAL_STALL_MS, GOAL_SOCKETS = 0.05, 16.0, 40

# Ports: argv[1] that answer, argv[2] after 2.5 s, argv[3] never; argv[4] are opened and shut again.
SERVER = r"""
import asyncio, json, random, sys

def answer(head):
    body = b'{"code":"TRY","name":"Turkish lira","symbol":"x"}' if b"/current" in head.split(b"\r\n")[0] else b"[]"
    after = b"close" if b"connection: close" in head.lower() else b"keep-alive"
    return (b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=UTF-8\r\ncontent-length: %d\r\n"
            b"connection: %s\r\nx-wp-total: 0\r\nx-wp-totalpages: 0\r\n\r\n" % (len(body), after)) + body

class Shop(asyncio.Protocol):
    def __init__(self, wait):
        self.wait, self.seen = wait, b""
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.seen += data
        while b"\r\n\r\n" in self.seen:
            head, _, self.seen = self.seen.partition(b"\r\n\r\n")
            if self.wait is not None:
                asyncio.get_running_loop().call_later(self.wait(), self.say, answer(head))
    def say(self, text):
        self.transport.write(text)
        if b"connection: close" in text:
            self.transport.close()

async def main():
    loop, ports = asyncio.get_running_loop(), []
    waits = (lambda: random.uniform(0.03, 0.3), lambda: random.uniform(1.5, 3), None)
    for count, wait in zip(map(int, sys.argv[1:4]), waits):
        for _ in range(count):
            server = await loop.create_server(lambda wait=wait: Shop(wait), "127.0.0.1", 0)
            ports.append(server.sockets[0].getsockname()[1])
    for _ in range(int(sys.argv[4])):
        server = await loop.create_server(lambda: Shop(None), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        server.close()
    print(ports, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


async def _measure(ports: list[int], base: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    import psutil

    from app.console import RehearsalKeys, assemble, utc_now
    from app.jobs.connect import Wish
    from app.store import Store
    from app.store.workspace import Workspace, WorkspaceKind
    from ui.kit import LoopWatchdog

    workspace = Workspace(base / "ws")
    workspace.prepare(WorkspaceKind.REHEARSAL)
    store = await Store.open(workspace.store, now=utc_now)
    console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
    able = console.catalogue.manifest("woocommerce").capabilities
    secrets = {"consumer_key": "ck_" + "0" * 40, "consumer_secret": "cs_" + "0" * 40}
    rows = []
    for n, port in enumerate(ports):
        wish = Wish(
            "woocommerce", f"shop {n}", "live", secrets, f"http://127.0.0.1:{port}", switches=dict.fromkeys(able, False)
        )
        rows.append(await console.connecting.save(wish, utc_now()))
        await console.links.get(rows[-1].id)
    console.engine.housekeeping = console.engine.alerting = None
    progress(f"probe-load: {len(rows)} connections")

    me, sockets = psutil.Process(), []

    async def window(seconds: float) -> tuple[float, float, list[float], list[float]]:
        """Seconds, processor seconds but for the counting of sockets, how late the loop was each time, and how much of the
        processor its own thread had meanwhile (over EVERY_MS)."""
        watch = LoopWatchdog(every_ms=EVERY_MS, keep=500_000)
        own = LoopWatchdog(every_ms=EVERY_MS, keep=500_000, clock=time.thread_time)
        watch.start()
        own.start()
        began, used, looking = time.perf_counter(), time.process_time(), 0.0
        while time.perf_counter() - began < seconds:
            await asyncio.sleep(0.5)
            spent = time.process_time()
            sockets.append(await asyncio.to_thread(lambda: len(me.net_connections(kind="tcp"))))
            looking += time.process_time() - spent
        watch.stop()
        own.stop()
        late, mine = sorted(watch._late), sorted(own._late)
        return time.perf_counter() - began, time.process_time() - used - looking, late, mine

    idle = await window(IDLE_S)  # what watching costs, and what this machine does to a loop that has nothing to do
    sockets.clear()
    await console.engine.start()
    await asyncio.sleep(WARM_S)
    windows = [await window(SECONDS / WINDOWS) for _ in range(WINDOWS)]
    took, used = sum(one[0] for one in windows), sum(one[1] for one in windows)
    best = min((one[2] for one in windows), key=lambda late: late[int(len(late) * 0.999)])
    await console.engine.flush_samples()
    asked = [await store.samples.requests(row.id) for row in rows]
    trouble = await store.troubles.all()
    first = GOOD + SLOW
    result = {
        "cpu": used / took - idle[1] / idle[0], "cpu_watching": idle[1] / idle[0],
        "p999": best[int(len(best) * 0.999)], "p999_idle": idle[2][int(len(idle[2]) * 0.999)],
        "max": max(one[2][-1] for one in windows), "max_idle": idle[2][-1],
        "own_max": max(one[3][-1] for one in windows) + EVERY_MS,
        "sockets": max(sockets), "sockets_usual": sorted(sockets)[len(sockets) // 2], "calls": sum(map(len, asked)),
        "asked": sum(bool(one) for one in asked), "in_trouble": len(trouble),
        "well_in_trouble": sum(row.id in trouble for row in rows[:first]),
        "confirmed": sum(one.confirmed_at is not None for one in trouble.values()), "seconds": took,
    }  # fmt: skip
    await console.close()
    return result


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Four figures, over most of a minute. About 55 s."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync
    from PySide6.QtWidgets import QApplication

    counts = [str(n) for n in (GOOD, SLOW, HANGING, GONE)]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, *counts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        ports: list[int] = json.loads(server.stdout.readline())
        app = QApplication.instance() or QApplication([])
        loop = qasync.QEventLoop(app)
        with tempfile.TemporaryDirectory() as base, loop:
            raw = loop.run_until_complete(_measure(ports, Path(base), progress))
    finally:
        assert server.stdin is not None
        server.stdin.close()
        server.wait(10)
        if server.stdout is not None:
            server.stdout.close()
    if raw["asked"] < 0.6 * len(ports) or not raw["in_trouble"] or raw["well_in_trouble"]:
        raise AssertionError(f"the work was not done: {raw}")
    stall = max(0.0, raw["p999"] - raw["p999_idle"])
    return [
        {"bench": "probe-load", "figure": "129 connections at 60 s: processor ÷ one core", "value": round(raw["cpu"], 4),
         "unit": "ratio", "goal": f"≤ {GOAL_CPU}", "holds": raw["cpu"] <= GOAL_CPU, "raw": raw},
        {"bench": "probe-load", "figure": "stall of the Qt loop over an idle one's, p99.9", "value": round(stall, 1),
         "unit": "ms", "goal": f"≤ {GOAL_STALL_MS}", "holds": stall <= GOAL_STALL_MS, "raw": raw},
        {"bench": "probe-load", "figure": "the loop's own longest piece of work", "value": round(raw["own_max"], 1),
         "unit": "ms", "goal": f"≤ {GOAL_STALL_MS}", "holds": raw["own_max"] <= GOAL_STALL_MS, "raw": raw},
        {"bench": "probe-load", "figure": "sockets open at most", "value": raw["sockets"], "unit": "",
         "goal": f"≤ {GOAL_SOCKETS}", "holds": raw["sockets"] <= GOAL_SOCKETS, "raw": raw},
    ]  # fmt: skip
