"""Parcels through the outbox to a real rehearsal carrier: once each whatever happens to the answers, and told to the channel
once. The carrier's counter is the judge."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from app.console import Console, RehearsalKeys, assemble
from app.contracts import Message, Outcome, OutcomeState, fail
from app.jobs.connect import Wish
from app.jobs.links import Link
from app.jobs.runner import Result
from app.model import Label, LabelFormat, Order, Shipment, ShipmentNotice, ShipmentRequest, ShipmentStatus
from app.shipping.desk import Sent, ShippingDesk, Wanted
from app.store import OutboxFilter, ParcelQuery, ParcelRow, Store
from app.store.connections import ConnectionRow
from app.store.workspace import Workspace, WorkspaceKind
from providers.sandboxes.yurtici import create
from tests.app.shipping.making import GOOD, T0, order
from tests.support.serving import serve


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Dock:
    """A console with one channel (no server: only its orders) and one carrier at a rehearsal server."""

    console: Console
    channel: ConnectionRow
    carrier: ConnectionRow
    control: httpx.Client
    clock: Clock
    desk: ShippingDesk

    @property
    def store(self) -> Store:
        return self.console.store

    async def orders(self, *orders: Order) -> list[int]:
        from app.contracts import Page

        await self.store.orders.apply_page(self.channel.id, self.channel.account_id, Page(orders), now=T0)
        return [(await self.store.orders.find(one.number))[0] for one in orders]

    async def ship(self, *ids: int, **changes: Any) -> list[Sent]:
        drafts = await self.desk.drafts([Wanted((i,), self.carrier.id, **changes) for i in ids])
        return [await self.desk.send(one) for one in drafts]

    async def drain(self) -> Result:
        return await self.console.engine.send(self.carrier)

    def later(self, seconds: float) -> None:
        """On both sides."""
        self.clock.now += timedelta(seconds=seconds)
        assert self.control.post("/_control/clock", json={"advance": seconds}).status_code == 200

    def fault(self, **fault: Any) -> None:
        assert self.control.post("/_control/faults", json=fault).status_code == 200

    def truth(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control.get("/_control/shipments").json()
        return found

    def creates(self) -> int:
        calls = self.control.get("/_control/calls").json()
        return sum("createShipment" in json.dumps(call) for call in calls)

    async def parcel(self, number: int = 1) -> ParcelRow:
        (row,) = await self.store.parcels.get_many([number])
        return row


@pytest.fixture
async def dock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Dock]:
    clock = Clock()
    monkeypatch.setattr("app.console.utc_now", clock)
    sandbox = create(seed=3)
    with serve(sandbox.app) as address, httpx.Client(base_url=address) as control:
        control.post("/_control/limits", json={"on": False})
        workspace = Workspace(tmp_path / "ws")
        workspace.prepare(WorkspaceKind.REHEARSAL)
        store = await Store.open(workspace.store, now=clock)
        console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
        held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
        carrier = await console.connecting.save(Wish("yurtici_kargo", "Yurtiçi", "live", held, address), T0)
        await store.accounts.add("shop", "woocommerce", "live")
        channel = await store.connections.add("Dükkân", "woocommerce", "shop", "live")
        desk = ShippingDesk(store, console.catalogue, console.changes)
        try:
            yield Dock(console, channel, carrier, control, clock, desk)
        finally:
            await console.close()


async def test_a_parcel_is_made_tracked_and_told_to_its_channel_once(dock: Dock) -> None:
    ids = await dock.orders(order("1"))
    await dock.ship(*ids)
    assert (await dock.drain()).counts == {"done": 1}
    parcel = await dock.parcel()
    assert (parcel.state, parcel.write_state, parcel.barcode) == ("created", "", parcel.reference)
    (row,) = dock.truth()
    assert (row["reference"], row["receiver"], row["phone"]) == (parcel.reference, "Ayşe Yılmaz", "05321234567")
    for _ in range(3):
        dock.later(5 * 3600)
        await dock.console.engine.track(dock.carrier)
    parcel = await dock.parcel()
    assert parcel.state == "on_the_way"
    assert parcel.tracking_number == dock.truth()[0]["tracking_number"]
    (notice,) = await dock.store.outbox.query(OutboxFilter(connection_id=dock.channel.id))
    told = msgspec.json.decode(notice.payload, type=ShipmentNotice)
    assert (notice.kind, notice.state, told.order_id) == ("shipment", "queued", "1")
    assert (told.carrier, told.tracking_number) == ("Yurtiçi Kargo", parcel.tracking_number)
    dock.later(30 * 3600)
    await dock.console.engine.track(dock.carrier)
    shown = await dock.store.parcels.detail(1)
    assert shown is not None
    assert shown.row.state == "delivered"
    assert len(shown.events) == len({(one.at, one.text) for one in shown.events}) > 2
    assert len(await dock.store.outbox.query(OutboxFilter(connection_id=dock.channel.id))) == 1
    assert not await dock.console.engine.tracker.any_due(dock.carrier.id)


@pytest.mark.parametrize("count", [60, pytest.param(300, marks=[pytest.mark.deep, pytest.mark.timeout(600)])])
async def test_parcels_with_five_in_a_hundred_answers_lost(dock: Dock, count: int) -> None:
    rng, lost = random.Random(2026), count // 20
    ids = await dock.orders(*(order(str(n)) for n in range(1, count + 1)))
    await dock.ship(*ids)
    sent = 0
    for _ in range(lost):
        sent += rng.randrange(5, 18)  # each fault counts the calls by itself
        dock.fault(kind="drop_after", contains="createShipment", skip=sent)
    for _ in range(80):
        await dock.drain()
        if not await dock.store.outbox.unknown(dock.carrier.id) and not (await dock.store.outbox.counts()).get(
            "queued"
        ):
            break
        dock.later(61)
    assert (await dock.store.outbox.counts(dock.carrier.id)) == {"done": count}
    truth = dock.truth()
    parcels = await dock.store.parcels.query(ParcelQuery(limit=1000))
    assert len(truth) == count
    assert {one.reference for one in parcels} == {row["reference"] for row in truth}
    calls = dock.control.get("/_control/calls").json()
    assert sum(one.get("fault") == "drop_after" for one in calls) == lost, "the faults struck"
    assert dock.control.get("/_control/state").json()["counters"]["shipments"] == count


async def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(dock: Dock) -> None:
    await dock.ship(*await dock.orders(order("1")))
    dock.fault(kind="drop_after", contains="createShipment")
    assert (await dock.drain()).counts == {"unknown": 1}
    assert (await dock.parcel()).write_state == "unknown"
    assert not await dock.console.engine.has_work(dock.carrier)  # the carrier may still be at it
    await dock.drain()
    assert (await dock.parcel()).write_state == "unknown"
    dock.later(21)
    assert await dock.console.engine.has_work(dock.carrier)
    await dock.drain()
    assert (await dock.parcel()).state == "created"
    assert len(dock.truth()) == 1


async def test_a_call_that_never_arrived_is_sent_once_more(dock: Dock) -> None:
    await dock.ship(*await dock.orders(order("1")))
    dock.fault(kind="drop", contains="createShipment")
    await dock.drain()
    assert dock.truth() == []
    dock.later(21)
    await dock.drain()
    assert (await dock.parcel()).state == "created"
    assert len(dock.truth()) == 1


async def test_offline_it_queues_and_says_so(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    await dock.ship(*await dock.orders(order("1"), order("2")))
    link = await dock.console.engine.links.get(dock.carrier.id)

    async def gone(_request: ShipmentRequest) -> Shipment:
        raise fail(Message("net.offline", {"sent": "no"}))

    monkeypatch.setattr(link.provider, "create", gone)
    result = await dock.drain()
    assert (result.outcome, result.counts) == ("partly", {"waiting": 2})
    parcel = await dock.parcel()
    assert (parcel.state, parcel.write_state) == ("waiting", "queued")
    assert parcel.message is not None
    assert parcel.message.code == "net.offline"
    assert parcel.message.params["until"]
    monkeypatch.undo()
    monkeypatch.setattr("app.console.utc_now", dock.clock)
    dock.later(3600)
    assert (await dock.drain()).counts == {"done": 2}


async def test_a_refused_address_names_its_field_is_corrected_and_sent(dock: Dock) -> None:
    """The check before the call passes it; the carrier does not."""
    (order_id,) = await dock.orders(order("1"))
    (draft,) = await dock.desk.drafts([Wanted((order_id,), dock.carrier.id)])
    assert draft.request is not None
    bad = msgspec.structs.replace(draft.request, receiver=msgspec.structs.replace(GOOD, phone="+905"))
    await dock.desk.send(msgspec.structs.replace(draft, request=bad))
    result = await dock.drain()
    assert result.counts == {"refused": 1}
    parcel = await dock.parcel()
    assert (parcel.state, parcel.write_state) == ("waiting", "refused")
    assert parcel.message is not None
    assert (parcel.message.code, parcel.message.field) == ("address.refused", "phone")
    assert (await dock.store.parcels.view_counts())["problem"] == 1
    await dock.desk.correct(order_id, {"phone": "0555 111 22 33"})
    sent = await dock.desk.again(parcel)
    assert sent.parcel == parcel.id
    assert (await dock.drain()).counts == {"done": 1}
    after = await dock.parcel()
    assert (after.state, after.reference) == ("created", parcel.reference)
    assert [row["phone"] for row in dock.truth()] == ["05551112233"]
    stored = await dock.store.orders.get(order_id)
    assert stored is not None
    assert stored.order.ship_to.phone == GOOD.phone  # the channel's own stays


async def test_a_cancelled_parcel_is_cancelled_there(dock: Dock) -> None:
    await dock.ship(*await dock.orders(order("1")))
    await dock.drain()
    assert await dock.desk.cancel(await dock.parcel()) == "queued"
    await dock.drain()
    assert (await dock.parcel()).state == "cancelled"
    assert [row["status"] for row in dock.truth()] == ["CNL"]


async def test_a_cancel_that_comes_too_late_is_refused_and_the_parcel_stays(dock: Dock) -> None:
    await dock.ship(*await dock.orders(order("1")))
    await dock.drain()
    dock.later(5 * 3600)
    await dock.console.engine.track(dock.carrier)
    await dock.desk.cancel(await dock.parcel())
    await dock.drain()
    parcel = await dock.parcel()
    assert (parcel.state, parcel.write_kind, parcel.write_state) == ("handed_over", "cancel", "refused")
    assert parcel.message is not None


async def test_a_lost_cancel_is_looked_up(dock: Dock) -> None:
    await dock.ship(*await dock.orders(order("1")))
    await dock.drain()
    await dock.desk.cancel(await dock.parcel())
    dock.fault(kind="drop_after", contains="cancelShipment", count=-1)
    await dock.drain()
    assert (await dock.parcel()).write_state in ("unknown", "queued")
    dock.control.delete("/_control/faults")
    dock.console.network.reset_breaker(dock.carrier.id)
    dock.later(400)
    await dock.drain()
    assert (await dock.parcel()).state == "cancelled"


async def test_a_cancel_before_it_left_asks_nobody(dock: Dock) -> None:
    await dock.ship(*await dock.orders(order("1")))
    assert await dock.desk.cancel(await dock.parcel()) == "cancelled"
    assert (await dock.drain()).counts == {}
    assert dock.truth() == []


async def test_a_wrong_key_holds_the_queue_and_refuses_nobody(dock: Dock) -> None:
    await dock.ship(*await dock.orders(*(order(str(n)) for n in range(1, 9))))
    dock.control.post("/_control/switch", json={"feature": "ip_refused", "on": True})
    result = await dock.drain()
    assert result.message is not None
    assert result.message.code == "auth.ip_not_allowed"
    assert (await dock.store.outbox.counts()) == {"queued": 8}
    assert result.counts["waiting"] < 8, "the others were not even tried"


async def test_a_tracking_number_never_seen_changes_nothing(dock: Dock) -> None:
    await dock.ship(*await dock.orders(order("1")))
    await dock.drain()
    dock.control.post("/_control/reset", json={"orders": 0, "listings": 0, "seed": 3})
    dock.control.post("/_control/limits", json={"on": False})
    result = await dock.console.engine.track(dock.carrier)
    assert (result.outcome, result.counts) == ("done", {"parcels": 0, "not_known": 1})
    parcel = await dock.parcel()
    assert (parcel.state, parcel.misses) == ("created", 1)


async def test_tracking_asks_only_for_what_is_due_and_waits_when_told_to(dock: Dock) -> None:
    await dock.ship(*await dock.orders(order("1")))
    await dock.drain()
    tracker = dock.console.engine.tracker
    assert not await tracker.any_due(dock.carrier.id)
    dock.later(16 * 60)
    assert await tracker.any_due(dock.carrier.id)
    await dock.console.engine.track(dock.carrier, everything=False)
    assert not await tracker.any_due(dock.carrier.id)
    dock.control.post("/_control/limits", json={"on": True})
    dock.later(61)
    first = await dock.console.engine.track(dock.carrier)
    second = await dock.console.engine.track(dock.carrier)
    assert [first.outcome, second.outcome] == ["done", "partly"]
    assert second.message is not None
    assert second.message.code == "rate.limited"


class Labelling:
    """A carrier that makes labels, now and then late or not at all."""

    def __init__(self, late: int) -> None:
        self.late, self.made, self.asked = late, dict[str, ShipmentRequest](), 0

    def _shipment(self, reference: str) -> Shipment:
        labels = () if self.late > 0 else (Label(LabelFormat.PDF, b"%PDF-1.4 x", 100, 150),)
        self.late -= 1
        return Shipment(reference, ShipmentStatus.CREATED, "TR9", labels=labels)

    async def create(self, request: ShipmentRequest) -> Shipment:
        assert request.reference not in self.made
        self.made[request.reference] = request
        return self._shipment(request.reference)

    async def find(self, reference: str) -> Shipment | None:
        self.asked += 1
        return self._shipment(reference) if reference in self.made else None

    async def cancel(self, reference: str) -> Outcome:
        return Outcome(reference, OutcomeState.DONE)


class Forgetful:
    """A carrier whose lookup learns of a parcel after ten minutes; it takes a reference as often as it comes. Its first answer is lost,
    `acted` or not."""

    found_after = timedelta(minutes=30)

    def __init__(self, clock: Clock, *, acted: bool) -> None:
        self._clock, self._acted, self.made = clock, acted, list[datetime]()
        self.asked = 0

    async def create(self, request: ShipmentRequest) -> Shipment:
        self.asked += 1
        if self.asked > 1 or self._acted:
            self.made.append(self._clock.now)
        if self.asked == 1:
            raise fail(Message("net.cut"))
        return Shipment(request.reference, ShipmentStatus.CREATED, "TR9")

    async def find(self, reference: str) -> Shipment | None:
        known = self.made and self._clock.now - self.made[0] >= timedelta(minutes=10)
        return Shipment(reference, ShipmentStatus.CREATED, "TR9") if known else None

    async def cancel(self, reference: str) -> Outcome:
        return Outcome(reference, OutcomeState.DONE)


async def with_labels(dock: Dock, monkeypatch: pytest.MonkeyPatch, late: int) -> Labelling:
    provider = Labelling(late)
    await with_carrier(dock, monkeypatch, provider)
    return provider


async def with_carrier(dock: Dock, monkeypatch: pytest.MonkeyPatch, provider: Any) -> None:
    """One parcel, asked for at this carrier."""
    link = await dock.console.engine.links.get(dock.carrier.id)
    manifest = msgspec.structs.replace(link.manifest, params={})
    other = Link(link.row, manifest, link.account, provider, link.http, link.skew)

    async def get(_connection: int) -> Link:
        return other

    monkeypatch.setattr(dock.console.engine.links, "get", get)
    monkeypatch.setattr(dock.desk, "manifest", lambda row: manifest if row.id == dock.carrier.id else dock.console.catalogue.manifest(row.integration))  # fmt: skip
    await dock.ship(*await dock.orders(order("1")))
    await dock.drain()


@pytest.mark.parametrize("acted", [True, False])
async def test_a_carrier_that_learns_late_is_not_believed_early(
    dock: Dock, monkeypatch: pytest.MonkeyPatch, acted: bool
) -> None:
    """Whatever the client remembers: a power cut leaves the outbox row alone."""
    provider = Forgetful(dock.clock, acted=acted)
    await with_carrier(dock, monkeypatch, provider)
    for _ in range(20 if acted else 28):
        dock.later(60)
        await dock.drain()
        assert provider.asked == 1
    if not acted:
        for _ in range(30):
            dock.later(60)
            await dock.drain()
        assert provider.asked == 2
    assert len(provider.made) == 1
    assert (await dock.parcel()).state == "created"


async def test_a_label_comes_with_the_answer(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_labels(dock, monkeypatch, late=0)
    assert (await dock.parcel()).state == "labelled"
    (kept,) = await dock.store.parcels.labels(1)
    assert (kept.label.data, kept.size) == (b"%PDF-1.4 x", 10)


async def test_a_label_missing_in_the_answer_is_asked_for_and_nothing_made_again(
    dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await with_labels(dock, monkeypatch, late=2)
    parcel = await dock.parcel()
    assert (parcel.state, parcel.has_label) == ("created", False)
    assert await dock.console.engine.has_work(dock.carrier)
    result = await dock.drain()
    assert result.message is not None
    assert (result.message.code, result.message.params["why"]) == ("label.broken", "missing")
    assert not await dock.console.engine.has_work(dock.carrier)
    dock.later(31)
    await dock.drain()
    assert ((await dock.parcel()).state, (await dock.parcel()).message) == ("labelled", None)
    assert (len(provider.made), provider.asked) == (1, 2)


async def test_a_label_that_never_comes_is_not_asked_for_ever(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = await with_labels(dock, monkeypatch, late=99)
    for _ in range(12):
        await dock.drain()
        dock.later(3601)
    parcel = await dock.parcel()
    assert provider.asked == 5
    assert parcel.message is not None
    assert parcel.message.code == "label.broken"
    await dock.store.parcels.ask_label_again(1)
    provider.late = 0
    await dock.drain()
    assert (await dock.parcel()).has_label


async def test_a_stopped_job_leaves_nothing_half(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    await dock.ship(*await dock.orders(order("1")))
    link = await dock.console.engine.links.get(dock.carrier.id)
    real, under_way = link.provider.create, asyncio.Event()

    async def slow(request: ShipmentRequest) -> Shipment:
        made: Shipment = await real(request)
        under_way.set()
        await asyncio.sleep(60)
        return made

    monkeypatch.setattr(link.provider, "create", slow)
    going = asyncio.ensure_future(dock.drain())
    await under_way.wait()
    (job,) = await dock.store.jobs.recent(1)
    assert dock.console.engine.runner.cancel(job.id)
    await going
    assert (await dock.parcel()).write_state == "unknown"
    monkeypatch.setattr(link.provider, "create", real)
    dock.later(21)
    await dock.drain()
    assert (await dock.parcel()).state == "created"
    assert len(dock.truth()) == 1


async def test_a_bug_in_a_client_loses_no_other_parcel(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    await dock.ship(*await dock.orders(order("1"), order("2")))
    link = await dock.console.engine.links.get(dock.carrier.id)
    real = link.provider.create

    async def clumsy(request: ShipmentRequest) -> Shipment:
        if request.order_number == "S-1":
            raise ZeroDivisionError
        made: Shipment = await real(request)
        return made

    monkeypatch.setattr(link.provider, "create", clumsy)
    assert (await dock.drain()).counts == {"unknown": 1, "done": 1}
