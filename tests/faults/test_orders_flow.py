"""The daily hour with the cable pulled: orders of three rehearsal channels are picked, packed, labelled and printed while every socket but
the printer's is refused; then the network is back and each channel is told once. The fakes' own records are the judge."""

from __future__ import annotations

import asyncio
import errno
import importlib
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest

import app.console
from app.api.packing_desk import PackingDesk
from app.changes import Changes
from app.console import Console, RehearsalKeys, assemble
from app.formats.words import Words
from app.jobs.connect import Wish
from app.model import Address
from app.orders import bundling
from app.orders.bench import Bench
from app.orders.packing import Verdict
from app.printing.desk import PrintDesk
from app.printing.documents import make_document
from app.printing.gathering import PrintWish
from app.shipping.desk import ShippingDesk, Wanted
from app.store import LocalState, OrderQuery, OutboxFilter, ParcelQuery, Printer, Store
from app.store.connections import ConnectionRow
from app.store.workspace import Workspace, WorkspaceKind
from tests.app.printing.zebra import Zebra, plugged_in
from tests.support.serving import serve

CHANNELS = ("shopify", "pazarama", "koctas")
FAKES = {"koctas": "mirakl", "yurtici_kargo": "yurtici"}
HOME = Address(
    name="Ayşe Yılmaz", street="Gül Sokağı No: 4 Daire 2", district="Çankaya", city="Ankara", phone="+905321234567", country="TR"
)  # fmt: skip


class Clock:
    """This computer's, and as much further as the test says."""

    def __init__(self) -> None:
        self.ahead, self.real = timedelta(), app.console.utc_now

    def __call__(self) -> datetime:
        return self.real() + self.ahead


async def at_once(*_lanes: Any) -> None:
    return None


@contextmanager
def cable_pulled(allowed: int) -> Iterator[list[Any]]:
    """No socket of this process connects to anything but that port; yields what was refused. Servers go on accepting."""
    refused: list[Any] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[1] != allowed:
            refused.append(address)
            raise OSError(errno.ENETUNREACH, "the cable is pulled")
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield refused


@dataclass
class Day:
    """A console with three channels, a carrier, and a printer."""

    console: Console
    clock: Clock
    channels: list[ConnectionRow]
    carrier: ConnectionRow
    rooms: dict[int, httpx.Client]  # by connection
    zebra: Zebra
    printer: Printer
    ids: list[int] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.console.store

    def calls(self) -> int:
        return sum(len(room.get("/_control/calls").json()) for room in self.rooms.values())

    def later(self, hours: float) -> None:
        self.clock.ahead += timedelta(hours=hours)
        for room in self.rooms.values():
            assert room.post("/_control/clock", json={"advance": hours * 3600}).status_code == 200

    async def pull(self, each: int) -> None:
        """`each` orders to ship of every channel."""
        for row in self.channels:
            query = OrderQuery(connection_id=row.id, to_ship_only=True, limit=1000)
            for _ in range(8):  # not every one that comes is to be shipped
                self.rooms[row.id].post("/_control/orders", json={"count": each}).raise_for_status()
                result = await self.console.engine.sync_orders(row, since=self.clock() - timedelta(days=30))
                assert result.outcome == "done", result.message
                if len(found := await self.store.orders.query(query)) >= each:
                    break
            assert len(found) >= each
            self.ids += [one.id for one in found[:each]]

    async def drop_connections(self) -> None:
        """A pulled cable cuts those that are open, too."""
        session, self.console.network._session = self.console.network._session, None
        if session is not None:
            await session.close()


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Day]:
    clock = Clock()
    monkeypatch.setattr("app.console.utc_now", clock)
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare(WorkspaceKind.REHEARSAL)
    with ExitStack() as stack:
        store = await Store.open(workspace.store, now=clock)
        console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
        # The vendors' published limits are another test's: here they would be minutes of waiting.
        monkeypatch.setattr(console.network._limiter.turns, "wait", at_once)
        rooms: dict[int, httpx.Client] = {}
        rows = []
        for name in (*CHANNELS, "yurtici_kargo"):
            module = importlib.import_module(f"providers.sandboxes.{FAKES.get(name, name)}")
            address = stack.enter_context(serve(module.create(seed=3).app))
            room = stack.enter_context(httpx.Client(base_url=address))
            room.post("/_control/limits", json={"on": False}).raise_for_status()
            fields = {one.key for one in console.catalogue.manifest(name).credentials}
            held = {k: v for k, v in room.get("/_control/credentials").json().items() if v and k in fields}
            row = await console.connecting.save(Wish(name, name, "live", held, address), clock())
            rooms[row.id] = room
            rows.append(row)
        async with plugged_in() as zebra:
            printer = await store.printers.save(Printer("Zebra", "network", zebra.address, "zpl"))
            try:
                yield Day(console, clock, rows[:3], rows[3], rooms, zebra, printer)
            finally:
                await console.close()


async def together(day: Day) -> tuple[int, int]:
    """The first orders of two channels are one buyer's, and one parcel."""
    pair = (day.ids[0], day.ids[len(day.ids) // 3])
    for order_id in pair:
        await day.store.addresses.set(order_id, HOME)
    made = await bundling.combine(day.store, day.console.changes, pair)
    assert set(made.orders) == set(pair)
    return pair


async def picked_and_packed(day: Day, out: Path, pool: ThreadPoolExecutor) -> None:
    """A pick list, then each order piece by piece on the bench; its label prints by itself."""
    path, _ = await make_document(day.store, day.ids, "pick", out / "toplama.pdf", Words.load("tr"), now=day.clock())
    assert path.read_bytes().startswith(b"%PDF")
    await day.store.orders.set_local(day.ids, state=LocalState.PICKED)
    bench = Bench(day.store, day.console.changes)

    async def words() -> Words:
        return Words.load("tr")

    desk = PackingDesk(day.store, day.clock, lambda: pool, Changes(), words)
    for order_id in day.ids:
        told = await bench.open(order_id)
        assert told.verdict is Verdict.OPENED
        assert told.packing is not None
        for line in told.packing.lines:
            for _ in range(line.needed):
                told = await bench.scan(line.barcode or line.sku)
        assert (told.verdict, told.finished) == (Verdict.COMPLETE, True)
        outcomes = await desk.drain()
        assert [(due.order_id, outcome.state) for due, outcome in outcomes] == [(order_id, "done")], outcomes


async def shipped(day: Day) -> int:
    """Handed to the carrier's outbox, with every address that the carrier would not take mended; how many parcels."""
    desk = ShippingDesk(day.store, day.console.catalogue, day.console.changes)
    drafts = await desk.drafts([Wanted((i,), day.carrier.id) for i in day.ids])
    for draft in drafts:
        if not draft.ready:
            assert not draft.refusal, draft.refusal
            for order_id in draft.wanted.orders:
                await desk.correct(order_id, {name: getattr(HOME, name) for name in ("street", "district", "city", "phone")})  # fmt: skip
    sent = [await desk.send(one) for one in await desk.drafts([Wanted((i,), day.carrier.id) for i in day.ids])]
    assert all(one.parcel for one in sent), [one.refusal for one in sent]
    return len(sent)


async def all_told(day: Day) -> dict[str, str]:
    """The network is back: until every parcel is made and tracked and every channel told. By remote id the tracking number."""
    engine, store = day.console.engine, day.store
    day.console.network.reset_breaker(day.carrier.id)  # it waits half a minute by the monotonic clock: not here
    for _ in range(60):
        await engine.send(day.carrier)
        waiting = await store.parcels.query(ParcelQuery("waiting", limit=1000))
        if all(row.state != "waiting" for row in waiting):
            break
        day.later(0.1)
        await asyncio.sleep(0.02)
    for _ in range(60):
        day.later(5)
        await engine.track(day.carrier)
        parcels = await store.parcels.query(ParcelQuery(limit=1000))
        if all(row.tracking_number for row in parcels):
            break
    for _ in range(60):
        for row in day.channels:
            await engine.send(row)
        counts = await store.outbox.counts()
        if not {"queued", "sending", "pending", "unknown"} & counts.keys():
            break
        day.later(0.2)
    stored = await store.orders.get_many(day.ids)
    taken = await store.parcels.of_orders(day.ids)
    return {one.order.remote_id: taken[one.id][0].tracking_number for one in stored}


@pytest.mark.parametrize("count", [30, pytest.param(300, marks=[pytest.mark.faults, pytest.mark.deep])])
async def test_a_day_with_the_cable_pulled(day: Day, tmp_path: Path, count: int) -> None:
    await day.pull(count // 3)
    pair = await together(day)
    before = day.calls()
    await day.drop_connections()
    with cable_pulled(int(day.zebra.address.rsplit(":", 1)[1])) as refused, ThreadPoolExecutor(1) as pool:
        await picked_and_packed(day, tmp_path, pool)
        assert await shipped(day) == count - 1
        result = await day.console.engine.send(day.carrier)
        assert (result.outcome, bool(refused)) == ("partly", True), "it was tried, and nothing got out"
        slips = Printer("PDF", "file", str(tmp_path / "fisler.pdf"), "driver")
        desk = PrintDesk(day.store, Words.load("tr"), day.clock, pool)
        printed = await desk.print(PrintWish("slip", tuple(day.ids), slips))
        assert printed.whole
    assert len(day.zebra.labels) == count - 1, "one label each, and one for the two that leave together"
    assert len(pypdfium2.PdfDocument((tmp_path / "fisler.pdf").read_bytes())) >= count
    assert day.calls() == before, "not one call left while the cable was pulled"
    stored = await day.store.orders.get_many(day.ids)
    assert {one.local_state for one in stored} == {"packed"}
    states = Counter(row.state for row in await day.store.outbox.query(OutboxFilter(kinds=("parcel",)), limit=1000))
    assert states == {"queued": count - 1}
    numbers = await all_told(day)
    carried = day.rooms[day.carrier.id].get("/_control/shipments").json()
    assert len(carried) == len({one["reference"] for one in carried}) == count - 1
    notices = await day.store.outbox.query(OutboxFilter(kinds=("shipment",)), limit=1000)
    assert Counter(one.state for one in notices) == {"done": count}
    assert len({one.subject for one in notices}) == count
    first, second = (one.order.remote_id for one in stored if one.id in pair)
    assert numbers[first] == numbers[second]
    assert len(set(numbers.values())) == count - 1
    pieces = {one.order.remote_id: sum(x.quantity for x in one.order.lines if not x.cancelled) for one in stored}
    told = told_of(day, pieces)
    assert told == Counter(dict.fromkeys(numbers.items(), 1))


def told_of(day: Day, pieces: dict[str, int]) -> Counter[tuple[str, str]]:
    """(remote id, tracking number) as often as the channels were told it."""
    found: Counter[tuple[str, str]] = Counter()
    for row in day.channels:
        room = day.rooms[row.id]
        told = [one for one in room.get("/_control/shipments").json() if one["tracking_number"]]
        if row.integration == "shopify":
            shipped: Counter[tuple[str, str]] = Counter()
            for one in told:  # an order of two stock rooms is two fulfilments: its pieces say whether it was told twice
                shipped[one["order_id"], one["tracking_number"]] += one["count"]
            found.update({key: 1 if count == pieces[key[0]] else count for key, count in shipped.items()})
        elif row.integration == "pazarama":
            found.update((one["reference"], one["tracking_number"]) for one in told)
        else:  # Mirakl keeps one number an order: its calls say how often it was told
            calls = [json.dumps(one) for one in room.get("/_control/calls").json()]
            for one in told:
                times = sum(f"/orders/{one['reference']}/ship" in call for call in calls)
                found[one["reference"], one["tracking_number"]] += times
    return found
