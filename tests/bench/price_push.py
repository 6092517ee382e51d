"""Price lines per second from the outbox to the fake Trendyol – 1,000 a batch, results later, 5 % refused – until every line is
settled, against bare aiohttp posting the same bodies and polling the same batches. The fake is a process of its own that
answers from bytes rendered on a first pass. The vendor's limits are off on both sides: they would be all that is measured.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

LINES, BATCH, ROUNDS = 100_000, 1_000, 3
GOAL_RATIO, GOAL_RATE = 0.08, 10_000
FORMULA = "round_to(price * 1.05; 0.90)"

# A batch is worked on at its first poll of each round and ready at the second, as in the fake itself.
SERVER = r"""
import asyncio, hashlib, json, socket, sys
import uvicorn
from providers.sandboxes.trendyol import create

box = create(seed=3, orders=1, listings=int(sys.argv[1]))
box.limits_on = False
items = list(box.shop.items.values())
for item in items[::20]:
    box.shop.switches[f"refuse_sku:{item.sku}"] = True
kept, polls = {}, {}

async def body_of(receive):
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)

async def real(scope, body):
    found = []
    async def receive():
        return {"type": "http.request", "body": body}
    async def send(message):
        found.append(message)
    await box.app(scope, receive, send)
    return found[0], {"type": "http.response.body", "body": b"".join(m.get("body", b"") for m in found[1:])}

async def app(scope, receive, send):
    path = scope.get("path", "")
    if path == "/_bench/round":
        polls.clear()
        answer = ({"type": "http.response.start", "status": 200, "headers": []}, {"type": "http.response.body", "body": b"{}"})
    elif scope["type"] != "http" or path.startswith("/_control"):
        return await box.app(scope, receive, send)
    else:
        body = await body_of(receive)
        if scope["method"] == "POST":
            key = (path, hashlib.sha256(body).digest())
        else:
            polls[path] = polls.get(path, 0) + 1
            key = (path, min(polls[path], 2))
        if key not in kept:
            kept[key] = await real(scope, body)
        answer = kept[key]
    for message in answer:
        await send(message)

with open(sys.argv[2], "w", encoding="utf-8") as out:
    json.dump([[i.barcode, i.sku, i.sale, i.list_price] for i in items], out)
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


async def _console(folder: Path) -> Any:
    from app.console import RehearsalKeys, assemble, utc_now
    from app.store import Store
    from app.store.workspace import Workspace, WorkspaceKind

    workspace = Workspace(folder)
    workspace.prepare(WorkspaceKind.REHEARSAL)
    store = await Store.open(workspace.store, now=utc_now)
    console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
    plain = console.catalogue.manifest
    free = {"trendyol": msgspec.structs.replace(plain("trendyol"), limits=())}
    console.catalogue.manifest = lambda integration: free.get(integration) or plain(integration)  # type: ignore[method-assign]
    return console


async def _prepare(folder: Path, base: str, held: dict[str, str], goods: list[list[Any]]) -> float:
    """A workspace with all listings and an applied plan; seconds that storing and applying the plan took."""
    from decimal import Decimal

    from app.console import utc_now
    from app.contracts import Page
    from app.jobs.connect import Wish
    from app.model import Listing, Money
    from app.pricing.formula import compile_formula
    from app.pricing.guards import Guards
    from app.pricing.plan import Choice, Plans

    console = await _console(folder)
    try:
        row = await console.connecting.save(Wish("trendyol", "bench", "live", held, base), utc_now())

        def listing(barcode: str, sku: str, sale: int, crossed: int) -> Listing:
            price, above = Money(Decimal(sale).scaleb(-2), "TRY"), Money(Decimal(crossed).scaleb(-2), "TRY")
            return Listing(barcode, sku, sku, price, list_price=above, stock=5, barcode=barcode)

        for at in range(0, len(goods), BATCH):
            page = Page(tuple(listing(*one) for one in goods[at : at + BATCH]))
            await console.store.listings.apply_page(row.id, row.account_id, page, now=utc_now())
        plans = Plans(console.store, utc_now)
        started = time.perf_counter()
        plan_id = await plans.make(compile_formula(FORMULA), Choice(), Guards(None, list_price=False))
        done = await plans.apply(plan_id, day_began=utc_now())
        took = time.perf_counter() - started
        if sum(done.queued.values()) != LINES:
            raise AssertionError(f"not every line is queued: {done}")
        return took
    finally:
        await console.close()


async def _push(folder: Path, held: dict[str, str], bodies: list[tuple[str, bytes, dict[str, str]]] | None) -> float:
    """Seconds until every line is settled; keeps the requests when `bodies` is a list."""
    console = await _console(folder)
    try:
        (row,) = await console.store.connections.list()
        manifest = console.catalogue.manifest("trendyol")
        secret = {field.key for field in manifest.credentials if field.kind == "secret"}
        await console.keys.put(row.account_id, {k: v for k, v in held.items() if k in secret})
        if bodies is not None:
            link = await console.links.get(row.id)
            inner = link.http.send

            async def send(request: Any, **options: Any) -> Any:
                response = await inner(request, **options)
                sent = response.request
                if sent.method == "POST":
                    kept = ("authorization", "user-agent", "content-type")
                    bodies.append((str(sent.url), sent.content, {k: v for k, v in sent.headers.items() if k in kept}))
                return response

            link.http.send = send  # type: ignore[method-assign]
        started = time.perf_counter()
        await console.engine.settle_all(row, patience_s=300)
        took = time.perf_counter() - started
        counts = await console.store.outbox.counts()
        if counts != {"done": LINES - LINES // 20, "refused": LINES // 20}:
            raise AssertionError(f"not every line is settled: {counts}")
        return took
    finally:
        await console.close()


async def _bare(base: str, bodies: list[tuple[str, bytes, dict[str, str]]]) -> float:
    """Seconds for posting the same bodies and polling until each batch is ready, one call after the other."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        await (await session.get(f"{base}/_bench/round")).read()
        started = time.perf_counter()
        tickets = []
        for url, body, headers in bodies:
            async with session.post(url, data=body, headers=headers) as answer:
                tickets.append((url, json.loads(await answer.read())["batchRequestId"], headers))
        for url, ticket, headers in tickets:
            address = url.replace("/inventory/", "/product/").replace(
                "/products/price-and-inventory", f"/products/batch-requests/{ticket}"
            )
            ready = False
            while not ready:
                async with session.get(address, headers=headers) as answer:
                    if answer.status != 200:
                        raise AssertionError(f"{address}: {answer.status}")
                    items = json.loads(await answer.read())["items"]
                ready = not any(one["status"] == "PROCESSING" for one in items)
        return time.perf_counter() - started


async def _measure(port: int, goods: list[list[Any]], progress: Callable[[str], None]) -> list[dict[str, float]]:
    base, raw = f"http://127.0.0.1:{port}", []
    async with aiohttp.ClientSession() as session, session.get(f"{base}/_control/credentials") as answer:
        held = {k: v for k, v in (await answer.json()).items() if v}
    with tempfile.TemporaryDirectory() as folder:
        took = await _prepare(Path(folder) / "full", base, held, goods)
        progress(f"price-push: plan of {LINES} lines stored and queued in {took:.1f} s")
        bodies: list[tuple[str, bytes, dict[str, str]]] = []
        for i in range(ROUNDS + 1):
            place = Path(folder) / f"round{i}"
            shutil.copytree(Path(folder) / "full", place)
            bare = await _bare(base, bodies) if i else 0.0
            async with aiohttp.ClientSession() as session:
                await (await session.get(f"{base}/_bench/round")).read()
            ours = await _push(place, held, None if i else bodies)
            shutil.rmtree(place)
            if i:
                raw.append({"ours_s": round(ours, 3), "bare_s": round(bare, 3), "ratio": round(bare / ours, 3)})
                progress(f"price-push: round {i}: {LINES / ours:.0f} lines/s, ratio {bare / ours:.3f}")
            else:
                progress(f"price-push: first pass with rendering {ours:.1f} s, {len(bodies)} batches")
        raw.append({"plan_s": round(took, 3)})
    return raw


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "listings.json"
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(LINES), str(told)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        try:
            port = int(server.stdout.readline()) if server.stdout else 0
            raw = asyncio.run(_measure(port, json.loads(told.read_text(encoding="utf-8")), progress))
        finally:
            if server.stdin:
                server.stdin.close()
            server.wait(20)
            if server.stdout:
                server.stdout.close()
    rounds = [one for one in raw if "ratio" in one]
    ratio, rate = max(one["ratio"] for one in rounds), round(LINES / min(one["ours_s"] for one in rounds))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        {"bench": "price-push", "figure": "outbox to settled ÷ bare posts and polls", "value": ratio, "unit": "",
         "goal": GOAL_RATIO, "holds": ratio >= GOAL_RATIO, "raw": raw},
        {"bench": "price-push", "figure": "price lines settled", "value": rate, "unit": "/s", "goal": GOAL_RATE,
         "holds": rate >= GOAL_RATE, "raw": {"at": when}},
    ]  # fmt: skip
