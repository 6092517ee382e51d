"""300 parcels through the outbox to the fake Yurtiçi – address check, own reference, one transaction a step – against bare aiohttp
posting the very same envelopes, as many at once. The fake is a process of its own and works alike for both. That nothing is
doubled when answers are lost is `tests/app/jobs/test_carrying.py`'s affair; here the fake's counter must say 300 each time.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

PARCELS, ROUNDS, AT_ONCE = 300, 3, 4
GOAL_RATIO = 0.15

SERVER = r"""
import asyncio, socket, sys
import uvicorn
from providers.sandboxes.yurtici import create

box = create(seed=3)
box.limits_on = False
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
sock.bind(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(box.app, log_level="critical", access_log=False, lifespan="off"))

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
_Sent = tuple[str, bytes, dict[str, str]]


async def _asked(base: str, path: str, **data: Any) -> Any:
    async with aiohttp.ClientSession() as session:
        if data:
            async with session.post(f"{base}/_control/{path}", json=data) as answer:
                return await answer.json()
        async with session.get(f"{base}/_control/{path}") as answer:
            return await answer.json()


async def _ship(base: str, folder: Path) -> tuple[float, list[_Sent]]:
    """Seconds from the parcels in the outbox until all are made; and what was sent."""
    from app.console import RehearsalKeys, assemble, utc_now
    from app.contracts import Page
    from app.jobs.connect import Wish
    from app.shipping.desk import ShippingDesk, Wanted
    from app.store import Store
    from app.store.workspace import Workspace, WorkspaceKind
    from tests.app.shipping.making import order

    workspace = Workspace(folder)
    workspace.prepare(WorkspaceKind.REHEARSAL)
    store = await Store.open(workspace.store, now=utc_now)
    console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
    plain = console.catalogue.manifest
    free = {
        "yurtici_kargo": msgspec.structs.replace(plain("yurtici_kargo"), limits=())
    }  # else the pace is what is measured
    console.catalogue.manifest = lambda integration: free.get(integration) or plain(integration)  # type: ignore[method-assign]
    sent: list[_Sent] = []
    try:
        held = {k: v for k, v in (await _asked(base, "credentials")).items() if v}
        carrier = await console.connecting.save(Wish("yurtici_kargo", "bench", "live", held, base), utc_now())
        await store.accounts.add("shop", "woocommerce", "live")
        channel = await store.connections.add("shop", "woocommerce", "shop", "live")
        orders = tuple(order(str(n)) for n in range(1, PARCELS + 1))
        await store.orders.apply_page(channel.id, channel.account_id, Page(orders), now=utc_now())
        desk = ShippingDesk(store, console.catalogue, console.changes)
        wanted = [Wanted(((await store.orders.find(one.number))[0],), carrier.id) for one in orders]
        link = await console.links.get(carrier.id)
        inner = link.http.send

        async def send(request: Any, **options: Any) -> Any:
            response = await inner(request, **options)
            told = response.request
            if b"createShipment" in told.content:
                headers = {k: v for k, v in told.headers.items() if k in ("content-type", "soapaction", "user-agent")}
                sent.append((str(told.url), told.content, headers))
            return response

        link.http.send = send  # type: ignore[method-assign]
        started = time.perf_counter()
        for one in await desk.drafts(wanted):
            await desk.send(one)
        await console.engine.send(carrier)
        took = time.perf_counter() - started
        counts = await store.outbox.counts(carrier.id)
        if counts != {"done": PARCELS}:
            raise AssertionError(f"not every parcel is made: {counts}")
        return took, sent
    finally:
        await console.close()


async def _bare(sent: list[_Sent]) -> float:
    turn = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:

        async def post(url: str, body: bytes, headers: dict[str, str]) -> None:
            async with turn, session.post(url, data=body, headers=headers) as answer:
                await answer.read()

        started = time.perf_counter()
        await asyncio.gather(*(post(*one) for one in sent))
        return time.perf_counter() - started


async def _counted(base: str) -> None:
    made = (await _asked(base, "state"))["counters"]["shipments"]
    if made != PARCELS:
        raise AssertionError(f"the carrier made {made} parcels of {PARCELS}")


async def _measure(base: str, progress: Callable[[str], None]) -> list[dict[str, float]]:
    raw = []
    with tempfile.TemporaryDirectory() as folder:
        for n in range(1, ROUNDS + 1):
            await _asked(base, "reset", orders=0, listings=0, seed=3)
            ours, sent = await _ship(base, Path(folder) / str(n))
            await _counted(base)
            await _asked(base, "reset", orders=0, listings=0, seed=3)
            bare = await _bare(sent)
            await _counted(base)
            raw.append({"ours_s": round(ours, 3), "bare_s": round(bare, 3), "ratio": round(bare / ours, 3)})
            progress(f"carriers: round {n}: {PARCELS / ours:.0f} parcels/s, ratio {bare / ours:.2f}")
    return raw


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        raw = asyncio.run(_measure(f"http://127.0.0.1:{int(server.stdout.readline())}", progress))
    finally:
        server.stdin.close()
        server.wait(10)
        server.stdout.close()
    best = max(raw, key=lambda one: one["ratio"])
    return [
        {
            "bench": "carriers", "figure": "300 parcels ÷ bare posts of the same bodies", "value": best["ratio"], "unit": "",
            "goal": GOAL_RATIO, "holds": best["ratio"] >= GOAL_RATIO, "raw": raw,
        },
    ]  # fmt: skip
