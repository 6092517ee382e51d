"""Stock updates a second from the outbox to a vendor without batches – one call an update – until every one is settled, against bare
aiohttp making the same calls. The fake is a process of its own with one rendered answer; the vendor's limits are off on both sides.
Also told, without a goal: a client that makes one call after the other, and a manifest that takes one update at a time.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from app.contracts import Account, Outcome, OutcomeState, ProbeResult, Receipt
from app.kit import Call, HeaderAuth, httpx, send
from app.model import StockChange

UPDATES, FEW, AT_ONCE, LOT, ROUNDS = 10_000, 500, 32, 500, 3
GOAL_RATE = 1_000

SERVER = r"""
import asyncio, socket, sys
import uvicorn

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json"), (b"content-length", b"11")]}
BODY = {"type": "http.response.body", "body": b'{"ok":true}'}

async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send(START)
    await send(BODY)

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


def call_of(change: StockChange) -> Call:
    body = msgspec.json.encode({"sku": change.listing.sku, "quantity": change.quantity})
    return Call("PUT", f"/stock/{change.listing.remote_id}", "set_stocks", body=body, repeatable=True)


class SingleShop:
    """A vendor that takes one quantity a call; AT_ONCE of them are under way at a time."""

    at_once = AT_ONCE

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.auth = http, HeaderAuth({"x-api-key": "bench"})
        self._turns = asyncio.Semaphore(self.at_once)

    async def probe(self) -> ProbeResult:
        return ProbeResult({})

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        return Receipt(tuple(await asyncio.gather(*(self._one(change) for change in changes))))

    async def _one(self, change: StockChange) -> Outcome:
        async with self._turns:
            await send(self.http, call_of(change), auth=self.auth)
        return Outcome(change.key, OutcomeState.DONE)


class OneByOne(SingleShop):
    at_once = 1


async def _console(folder: Path, client: str, lot: int) -> Any:
    from app.console import RehearsalKeys, assemble, utc_now
    from app.store import Store
    from app.store.workspace import Workspace, WorkspaceKind

    workspace = Workspace(folder)
    workspace.prepare(WorkspaceKind.REHEARSAL)
    store = await Store.open(workspace.store, now=utc_now)
    console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
    plain = console.catalogue.manifest("trendyol")
    made = msgspec.structs.replace(
        plain, limits=(), capabilities=("probe", "stock_sink"), client=f"tests.bench.stock_push_single:{client}",
        sizes=msgspec.structs.replace(plain.sizes, stocks=lot),
    )  # fmt: skip
    console.catalogue.manifest = lambda integration: made  # type: ignore[method-assign]
    return console


async def _prepare(folder: Path, base: str) -> float:
    """A workspace whose sheet of counts has queued an update of every listing; seconds that counting and queueing took."""
    from decimal import Decimal

    from app.console import utc_now
    from app.contracts import Page
    from app.jobs.connect import Wish
    from app.model import Listing, Money
    from app.store import Count

    console = await _console(folder, "SingleShop", LOT)
    try:
        row = await console.connecting.save(Wish("trendyol", "bench", "live", _held(console), base), utc_now())
        for at in range(0, UPDATES, 1_000):
            goods = (
                Listing(f"L{n}", f"SKU-{n}", "Bardak", Money(Decimal(10), "TRY"), stock=5)
                for n in range(at, at + 1_000)
            )
            await console.store.listings.apply_page(row.id, row.account_id, Page(tuple(goods)), now=utc_now())
        started = time.perf_counter()
        queued = await console.store.stock.put([Count(f"SKU-{n}", 7) for n in range(UPDATES)], "sheet")
        took = time.perf_counter() - started
        if queued != {row.id: UPDATES}:
            raise AssertionError(f"not every update is queued: {queued}")
        return took
    finally:
        await console.close()


def _held(console: Any) -> dict[str, str]:
    fields = console.catalogue.manifest("trendyol").credentials
    return {field.key: "123456" if field.kind == "text" else "bench-bench-bench" for field in fields if field.required}


async def _push(folder: Path, client: str, lot: int, count: int) -> float:
    """Updates a second, the first `count` of them, until they are settled."""
    console = await _console(folder, client, lot)
    try:
        (row,) = await console.store.connections.list()
        manifest = console.catalogue.manifest("trendyol")
        secret = {field.key for field in manifest.credentials if field.kind == "secret"}
        await console.keys.put(row.account_id, {k: v for k, v in _held(console).items() if k in secret})
        if count < UPDATES:
            # The others stay for another round.
            await console.store.db.write(
                lambda conn: (
                    conn.execute(
                        "DELETE FROM outbox WHERE id > (SELECT min(id) FROM outbox) + ?", (count - 1,)
                    ).rowcount
                )
            )
        started = time.perf_counter()
        await console.engine.settle_all(row, patience_s=300)
        took = time.perf_counter() - started
        counts = await console.store.outbox.counts()
        if counts != {"done": count}:
            raise AssertionError(f"not every update is settled: {counts}")
        return count / took
    finally:
        await console.close()


async def _bare(base: str) -> float:
    """The same calls a second without anything around them."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(session: aiohttp.ClientSession, n: int) -> None:
        body = msgspec.json.encode({"sku": f"SKU-{n}", "quantity": 7})
        async with turns, session.put(f"{base}/stock/L{n}", data=body, headers={"x-api-key": "bench"}) as answer:
            await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        started = time.perf_counter()
        for at in range(0, UPDATES, LOT):
            await asyncio.gather(*(one(session, n) for n in range(at, at + LOT)))
        return UPDATES / (time.perf_counter() - started)


async def _measure(port: int, progress: Callable[[str], None]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    base, raw, beside = f"http://127.0.0.1:{port}", [], {}
    with tempfile.TemporaryDirectory() as folder:
        beside["counted_s"] = round(await _prepare(Path(folder) / "full", base), 3)
        progress(f"stock-push-single: {UPDATES} counts taken and queued in {beside['counted_s']} s")
        for i in range(ROUNDS):
            place = Path(folder) / f"round{i}"
            shutil.copytree(Path(folder) / "full", place)
            bare, ours = await _bare(base), await _push(place, "SingleShop", LOT, UPDATES)
            raw.append({"ours": round(ours), "bare": round(bare), "ratio": round(ours / bare, 3)})
            progress(
                f"stock-push-single: round {i + 1}: {ours:.0f} updates/s, bare {bare:.0f}, ratio {ours / bare:.3f}"
            )
        for name, client, lot in (("one_call_at_a_time", "OneByOne", LOT), ("one_intent_at_a_time", "OneByOne", 1)):
            place = Path(folder) / name
            shutil.copytree(Path(folder) / "full", place)
            beside[name] = round(await _push(place, client, lot, FEW))
            progress(f"stock-push-single: {name}: {beside[name]} updates/s")
    return raw, beside


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline()) if server.stdout else 0
        raw, beside = asyncio.run(_measure(port, progress))
    finally:
        if server.stdin:
            server.stdin.close()
        server.wait(20)
        if server.stdout:
            server.stdout.close()
    rate = max(one["ours"] for one in raw)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        {"bench": "stock-push", "figure": "updates settled, one call an update", "value": rate, "unit": "/s", "goal": GOAL_RATE,
         "holds": rate >= GOAL_RATE, "raw": {"rounds": raw, **beside, "at": when}},
    ]  # fmt: skip
