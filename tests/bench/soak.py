"""The pipeline at its peak for ten minutes (PAXZAR_SOAK_S): memory, open files and sockets must not grow. By hand only."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.bench.pipeline import IN_FLIGHT, SERVER

SECONDS = float(os.environ.get("PAXZAR_SOAK_S", "600"))
GROWTH_MB = 5


async def _soak(port: int, progress: Callable[[str], None]) -> dict[str, Any]:
    import psutil

    from app.http.pipeline import Network
    from app.http.policy import Policy
    from app.http.samples import SampleRing

    ring, me = SampleRing(), psutil.Process()
    network = Network(on_sample=ring)
    policy = Policy(
        connection_id=1, account_id="a", connection_name="soak", deadline_s=10, hosts=frozenset({"127.0.0.1"})
    )
    http = network.client(policy, f"http://127.0.0.1:{port}")
    until, calls = time.monotonic() + SECONDS, 0

    async def caller() -> None:
        nonlocal calls
        while time.monotonic() < until:
            answer = await http.get("/items", extensions={"operation": "items"})
            calls += answer.status_code == 200

    def facts() -> tuple[float, int, int]:
        return me.memory_info().rss / 1e6, me.num_fds() if hasattr(me, "num_fds") else 0, len(me.net_connections())

    async def look() -> list[tuple[float, int, int]]:
        seen = []
        while time.monotonic() < until - 1:
            await asyncio.sleep(max(1.0, SECONDS / 20))
            ring.drain()
            seen.append(facts())
            progress(f"soak: {calls} calls, RSS {seen[-1][0]:.0f} MB, {seen[-1][1]} files, {seen[-1][2]} sockets")
        return seen

    seen, *_ = await asyncio.gather(look(), *(caller() for _ in range(IN_FLIGHT)))
    await network.close()
    return {"seen": seen, "calls": calls}


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline()) if server.stdout else 0
        raw = asyncio.run(_soak(port, progress))
    finally:
        if server.stdin:
            server.stdin.close()
        server.wait(10)
        if server.stdout:
            server.stdout.close()
    seen = raw["seen"]
    warm = seen[len(seen) // 5 :]
    growth = round(warm[-1][0] - warm[0][0], 1)
    files, sockets = warm[-1][1] - warm[0][1], warm[-1][2] - warm[0][2]
    return [
        {"bench": "soak", "figure": f"memory growth after warm-up, {raw['calls']} calls", "value": growth, "unit": "MB",
         "goal": GROWTH_MB, "holds": growth <= GROWTH_MB, "raw": raw},
        {"bench": "soak", "figure": "growth of open files and sockets", "value": max(files, sockets), "unit": "",
         "goal": 0, "holds": max(files, sockets) <= 0, "raw": {}},
    ]  # fmt: skip
