"""Orders per second from the fake WooCommerce into the store, against fetching the same pages with bare aiohttp and
dropping them after json.loads. The server is a process of its own that answers from bytes rendered on a first pass.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

ORDERS, ROUNDS = 20_000, 3
GOAL_RATIO, GOAL_RATE = 0.20, 5_000
ADDRESS = "http://127.0.0.1:{}"

# The fake server behind a cache of whole answers: after a first pass nothing is rendered any more. `oauth_*` parameters
# differ per call and are left out of the key; the fake has checked the signature on the first pass.
SERVER = r"""
import asyncio, socket, sys
from urllib.parse import parse_qsl
import uvicorn
from providers.sandboxes.woocommerce import create

box = create(seed=3, orders=int(sys.argv[1]), listings=200)
box.limits_on = False
kept = {}
asked = []

async def app(scope, receive, send):
    if scope["type"] != "http" or scope["path"].startswith("/_control"):
        return await box.app(scope, receive, send)
    query = [p for p in parse_qsl(scope["query_string"].decode()) if not p[0].startswith("oauth_")]
    key = (scope["path"], tuple(sorted(query)))
    if key not in kept:
        messages = []
        async def keep(message):
            messages.append(message)
        await box.app(scope, receive, keep)
        start, body = messages[0], b"".join(m.get("body", b"") for m in messages[1:])
        kept[key] = (start, {"type": "http.response.body", "body": body})
    start, body = kept[key]
    await send(start)
    await send(body)

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
sock.bind(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off"))

async def main():
    task = asyncio.ensure_future(server.serve(sockets=[sock]))
    while not server.started:
        await asyncio.sleep(0.01)
    print(sock.getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await task

asyncio.run(main())
"""


async def _pull(port: int, folder: Path, urls: list[str] | None) -> float:
    """Seconds for all orders into a new store; collects the addresses asked for when `urls` is a list."""
    from app.console import assemble, utc_now
    from app.jobs.connect import Wish
    from app.store import Store
    from app.store.workspace import Workspace, WorkspaceKind

    from app.console import RehearsalKeys  # isort: skip

    workspace = Workspace(folder)
    workspace.prepare(WorkspaceKind.REHEARSAL)
    store = await Store.open(workspace.store, now=utc_now)
    console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
    async with (
        aiohttp.ClientSession() as session,
        session.get(ADDRESS.format(port) + "/_control/credentials") as answer,
    ):
        held = {k: v for k, v in (await answer.json()).items() if v}
    try:
        wish = Wish("woocommerce", "bench", "live", held, ADDRESS.format(port))
        row = await console.connecting.save(wish, utc_now())
        if urls is not None:
            link = await console.links.get(row.id)
            _record(link.http, urls)
        started = time.perf_counter()
        result = await console.engine.sync_orders(row)
        took = time.perf_counter() - started
        if result.outcome != "done" or result.counts.get("new") != ORDERS:
            raise AssertionError(f"the pull is not whole: {result}")
        return took
    finally:
        await console.close()


def _record(http: Any, urls: list[str]) -> None:
    inner = http.send

    async def send(request: Any, **options: Any) -> Any:
        response = await inner(request, **options)
        urls.append(str(response.request.url))
        return response

    http.send = send


async def _drop(urls: list[str]) -> float:
    """Seconds for fetching the same addresses, one after the other, and dropping them."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        started = time.perf_counter()
        for url in urls:
            async with session.get(url) as answer:
                json.loads(await answer.read())
        return time.perf_counter() - started


async def _measure(port: int, progress: Callable[[str], None]) -> list[dict[str, float]]:
    raw = []
    with tempfile.TemporaryDirectory() as base:
        urls: list[str] = []
        first = await _pull(port, Path(base) / "warm", urls)
        progress(f"pull: first pass with rendering {first:.1f} s, {len(urls)} pages")
        for i in range(ROUNDS):
            bare = await _drop(urls)
            ours = await _pull(port, Path(base) / f"round{i}", None)
            raw.append({"ours_s": round(ours, 3), "bare_s": round(bare, 3), "ratio": round(bare / ours, 3)})
            progress(f"pull: round {i + 1}: {ORDERS / ours:.0f} orders/s, ratio {bare / ours:.2f}")
    return raw


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(ORDERS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        port = int(server.stdout.readline()) if server.stdout else 0
        raw = asyncio.run(_measure(port, progress))
    finally:
        if server.stdin:
            server.stdin.close()
        server.wait(10)
        if server.stdout:
            server.stdout.close()
    ratio = max(one["ratio"] for one in raw)
    rate = round(ORDERS / min(one["ours_s"] for one in raw))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        {"bench": "pull", "figure": "stack into the store ÷ fetch and drop", "value": ratio, "unit": "", "goal": GOAL_RATIO,
         "holds": ratio >= GOAL_RATIO, "raw": raw},
        {"bench": "pull", "figure": "orders into the store", "value": rate, "unit": "/s", "goal": GOAL_RATE,
         "holds": rate >= GOAL_RATE, "raw": {"at": when}},
    ]  # fmt: skip
