"""Requests per second through the whole stack, against a bare aiohttp client, both inside the Qt loop. The server is a raw
protocol in a process of its own, so that it is not what is measured. The peer runs without aiohttp's default timeout: that
leaves a dead QTimer per call in qasync for five minutes, costs it a fifth of its speed, and would flatter us.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

IN_FLIGHT = 32
SLICES = 5
SLICE_S = 0.6
ROUNDS = 3
GOAL_RATIO = 0.40
GOAL_RATE = 1_000

# Kept apart from the repository: the child imports nothing of ours.
SERVER = r"""
import asyncio, sys

BODY = b'{"items":[' + b",".join(b'{"id":%05d,"sku":"A-%05d","price":"199.90"}' % (i, i) for i in range(24)) + b"]}"
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\nserver: bench\r\n"
    b"date: Tue, 24 Nov 2026 07:20:57 GMT\r\nconnection: keep-alive\r\n\r\n" % len(BODY)
) + BODY

class Answering(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.seen = transport, b""

    def data_received(self, data):
        self.seen += data
        count = self.seen.count(b"\r\n\r\n")
        if count:
            self.seen = self.seen[self.seen.rfind(b"\r\n\r\n") + 4:]
            self.transport.write(ANSWER * count)

async def main():
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


Call = Callable[[], Awaitable[None]]


async def _count(call: Call, seconds: float) -> tuple[int, float]:
    """Calls made and seconds taken, with IN_FLIGHT calls at any time."""
    started = time.perf_counter()
    until = started + seconds
    done = 0

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await call()
            done += 1

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return done, time.perf_counter() - started


@asynccontextmanager
async def _bare(url: str) -> AsyncIterator[Call]:
    import aiohttp

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:

        async def call() -> None:
            async with session.get(f"{url}/orders") as reply:
                assert len(await reply.read()) > 1000

        yield call


@asynccontextmanager
async def _stack(url: str, drained: list[int]) -> AsyncIterator[Call]:
    """`drained` gets the number of samples of each emptying of the ring, four times a second."""
    from app.contracts import Limit
    from app.http import Network, Policy, SampleRing

    ring = SampleRing()
    network = Network(on_sample=ring)
    policy = Policy(
        connection_id=1, account_id="bench", connection_name="Bench", deadline_s=10.0, hosts=frozenset({"127.0.0.1"}),
        limits=(Limit(calls=100_000, seconds=1.0, group="orders", burst=100_000),), own_rate=100_000.0,
    )  # fmt: skip

    async def drain() -> None:
        while True:
            await asyncio.sleep(0.25)
            drained.append(len(ring.drain()))

    draining = asyncio.create_task(drain())
    try:
        async with network.client(policy, url) as client:

            async def call() -> None:
                reply = await client.get("/orders", extensions={"operation": "orders.read", "group": "orders"})
                assert len(reply.content) > 1000

            yield call
    finally:
        draining.cancel()
        await network.close()
        drained.append(len(ring.drain()))
        assert ring.dropped == 0


async def _measure(url: str, progress: Callable[[str], None]) -> list[dict[str, float]]:
    raw = []
    for round_ in range(ROUNDS):
        drained: list[int] = []
        totals = [[0, 0.0], [0, 0.0]]
        async with _bare(url) as bare, _stack(url, drained) as stack:
            for call in (bare, stack):
                await _count(call, 0.2)
            for _ in range(SLICES):  # by turns: on a busy machine both get the same share of bad moments
                for total, call in zip(totals, (bare, stack), strict=True):
                    done, took = await _count(call, SLICE_S)
                    total[0] += done
                    total[1] += took
        (bare_rate, stack_rate) = (done / took for done, took in totals)
        assert sum(drained) >= totals[1][0], "every attempt leaves a sample"
        ratio = stack_rate / bare_rate
        raw.append(
            {"bare": round(bare_rate), "stack": round(stack_rate), "ratio": round(ratio, 3), "samples": sum(drained)}
        )
        progress(f"pipeline {round_ + 1}/{ROUNDS}: bare {bare_rate:.0f}/s, stack {stack_rate:.0f}/s, ratio {ratio:.2f}")
    return raw


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Two figures, each the best of three rounds. About 20 s."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync
    from PySide6.QtWidgets import QApplication

    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        app = QApplication.instance() or QApplication([])
        loop = qasync.QEventLoop(app)
        with loop:
            raw = loop.run_until_complete(_measure(url, progress))
    finally:
        assert server.stdin is not None
        server.stdin.close()
        server.wait(10)
        if server.stdout is not None:
            server.stdout.close()
    rate = max(r["stack"] for r in raw)
    ratio = max(r["ratio"] for r in raw)
    return [
        {
            "bench": "pipeline", "figure": "whole stack ÷ bare aiohttp, 32 in flight, Qt loop", "value": ratio, "unit": "ratio",
            "goal": f"≥ {GOAL_RATIO}", "holds": ratio >= GOAL_RATIO, "raw": raw,
        },
        {
            "bench": "pipeline", "figure": "requests through the whole stack", "value": rate, "unit": "1/s",
            "goal": f"≥ {GOAL_RATE}", "holds": rate >= GOAL_RATE, "raw": raw,
        },
    ]  # fmt: skip
