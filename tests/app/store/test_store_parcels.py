"""Parcels in the store: one transaction with their intent, one living parcel an order, one notice a channel, labels as they
came, and an erasure that leaves no person behind."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from store_making import T0, Clock, minutes, order, page, shop

from app.contracts import Message, Outcome, OutcomeState
from app.model import (
    Address,
    Label,
    LabelFormat,
    Money,
    Parcel,
    Shipment,
    ShipmentNotice,
    ShipmentRequest,
    ShipmentStatus,
    TrackingEvent,
    TrackingReport,
)
from app.store import AuditFilter, OutboxFilter, ParcelQuery, ParcelState, ParcelWish, Store, StoreError
from app.store.parcel_fate import PARCEL, CancelParcel, CreateParcel, read_ask
from app.store.parcels import new_reference

TO = Address(name="Ayşe Yılmaz", street="Lale Sk. 4 D:2", district="Kadıköy", city="İstanbul", phone="+905321234567")
REQUEST = ShipmentRequest("", TO, (Parcel(1200, 150, 200, 200),), cash_on_delivery=Money(Decimal("259.80"), "TRY"))
DONE = OutcomeState.DONE


async def ready(store: Store) -> tuple[int, int]:
    """A channel with three orders, and a carrier; their connections' ids."""
    channel = await shop(store)
    await store.accounts.add("yk", "yurtici_kargo", "live")
    carrier = await store.connections.add("Yurtiçi", "yurtici_kargo", "yk", "live")
    await store.orders.apply_page(channel.id, "acc", page(order("1"), order("2"), order("3")), now=T0)
    return channel.id, carrier.id


def wish(carrier: int, *orders: int, **changes: Any) -> ParcelWish:
    values: dict[str, Any] = {
        "connection_id": carrier, "carrier": "Yurtiçi Kargo", "orders": orders or (1,), "request": REQUEST, "numbers": "101",
        "own_label": True, "trackable": True, "notify": orders or (1,),
    }  # fmt: skip
    return ParcelWish(**{**values, **changes})


async def sent(store: Store, carrier: int, shipment: Shipment | None = None) -> None:
    """Take the one intent that waits, and settle it well."""
    (row,) = await store.outbox.take(carrier, PARCEL, 5, store.parcels._now())
    await store.outbox.settle(
        [Outcome(row.key, DONE)], now=minutes(1), shipments={row.key: shipment} if shipment else {}
    )


def made(status: ShipmentStatus = ShipmentStatus.CREATED, number: str = "", labels: tuple[Label, ...] = ()) -> Shipment:
    return Shipment("x", status, number, f"https://t.example/{number}" if number else "", barcode="B1", labels=labels)


async def test_parcel_intent_and_audit_are_one(store: Store) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier))
    (row,) = await store.parcels.get_many([parcel_id])
    assert (row.state, row.write_state, row.pieces, row.weight_g, row.desi_milli) == (
        "waiting",
        "queued",
        1,
        1200,
        2000,
    )
    assert row.cod == Money(Decimal("259.80"), "TRY")
    (intent,) = await store.outbox.query(OutboxFilter(kinds=(PARCEL,)))
    ask = read_ask(intent.payload)
    assert isinstance(ask, CreateParcel)
    assert ask.request.reference == row.reference
    assert not ask.look_first
    (entry,) = await store.audit.query(AuditFilter(action="shipment.wished"))
    assert (entry.subject_kind, entry.subject_id, entry.connection_id) == ("parcel", str(parcel_id), carrier)


def test_references_fit_the_narrowest_carrier() -> None:
    drawn = {new_reference(T0) for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(len(one) == 16 and one.isdigit() and one.startswith("251124") for one in drawn)


async def test_an_order_is_in_one_living_parcel(store: Store) -> None:
    _, carrier = await ready(store)
    first = await store.parcels.create(wish(carrier, 1, 2))
    with pytest.raises(StoreError) as refused:
        await store.parcels.create(wish(carrier, 2, 3))
    assert refused.value.key == "store.in_parcel"
    assert await store.parcels.count(ParcelQuery()) == 1
    await store.parcels.create(wish(carrier, 2, second=True))
    assert await store.parcels.cancel(first) == "cancelled"
    await store.parcels.create(wish(carrier, 1))


async def test_a_parcel_for_a_removed_carrier_is_refused_whole(store: Store) -> None:
    _, carrier = await ready(store)
    await store.connections.remove(carrier)
    with pytest.raises(StoreError) as refused:
        await store.parcels.create(wish(carrier))
    assert refused.value.key == "store.no_connection"
    assert await store.parcels.count(ParcelQuery()) == 0


async def test_the_intents_way_shows_on_the_parcel(store: Store) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier))
    (row,) = await store.outbox.take(carrier, PARCEL, 5, T0)
    assert (await store.parcels.get_many([parcel_id]))[0].write_state == "sending"
    await store.outbox.recover(T0)
    assert (await store.parcels.get_many([parcel_id]))[0].write_state == "sending"  # nobody knows; the row does
    assert (await store.outbox.get(row.key)).state == "unknown"  # type: ignore[union-attr]
    await store.outbox.settle([Outcome(row.key, DONE)], now=minutes(1), shipments={row.key: made()})
    (parcel,) = await store.parcels.get_many([parcel_id])
    assert (parcel.state, parcel.write_state, parcel.barcode) == ("created", "", "B1")


async def test_a_refusal_keeps_the_field_and_is_sent_again_under_the_same_reference(store: Store) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier))
    assert not await store.parcels.again(parcel_id, REQUEST)  # it is on its way
    (row,) = await store.outbox.take(carrier, PARCEL, 5, T0)
    why = Message("address.refused", {"field": "phone"}, field="phone")
    await store.outbox.settle([Outcome(row.key, OutcomeState.REFUSED, why)], now=minutes(1))
    (parcel,) = await store.parcels.get_many([parcel_id])
    assert (parcel.state, parcel.write_state, parcel.message.field) == ("waiting", "refused", "phone")  # type: ignore[union-attr]
    better = msgspec.structs.replace(REQUEST, receiver=msgspec.structs.replace(TO, phone="+905551112233"))
    assert await store.parcels.again(parcel_id, better)
    (again,) = await store.outbox.take(carrier, PARCEL, 5, minutes(2))
    ask = read_ask(again.payload)
    assert isinstance(ask, CreateParcel)
    assert (ask.look_first, ask.request.reference) == (True, parcel.reference)
    assert ask.request.receiver.phone == "+905551112233"


async def test_a_reference_that_is_used_up_is_drawn_anew(store: Store) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier))
    (row,) = await store.outbox.take(carrier, PARCEL, 5, T0)
    await store.outbox.settle([Outcome(row.key, OutcomeState.REFUSED, Message("item.duplicate"))], now=minutes(1))
    (before,) = await store.parcels.get_many([parcel_id])
    assert await store.parcels.again(parcel_id, REQUEST)
    (after,) = await store.parcels.get_many([parcel_id])
    assert before.reference != after.reference


async def test_labels_are_kept_as_they_came(store: Store) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier, own_label=False))
    data = b"^XA\x00\xff^XZ"
    await sent(store, carrier, made(labels=(Label(LabelFormat.ZPL, data, 100, 150, 203),)))
    (parcel,) = await store.parcels.get_many([parcel_id])
    assert (parcel.state, parcel.has_label) == ("labelled", True)
    (kept,) = await store.parcels.labels(parcel_id)
    assert kept.label == Label(LabelFormat.ZPL, data, 100, 150, 203)
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    shown = await store.parcels.detail(parcel_id)
    assert shown is not None
    assert (shown.labels[0].label.data, shown.labels[0].size) == (b"", len(data))


async def test_a_missing_label_is_owed(store: Store, clock: Clock) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier, own_label=False))
    assert await store.parcels.labels_due(carrier, minutes(5)) == []
    await sent(store, carrier, made())
    assert [p.id for p in await store.parcels.labels_due(carrier, minutes(5))] == [parcel_id]
    await store.parcels.label_missed(parcel_id, minutes(10), None)
    assert await store.parcels.labels_due(carrier, minutes(5)) == []
    await store.parcels.keep_labels(parcel_id, (Label(LabelFormat.PDF, b"%PDF"),))
    assert await store.parcels.labels_due(carrier, minutes(60)) == []
    assert (await store.parcels.get_many([parcel_id]))[0].state == "labelled"


async def test_the_channel_is_told_once_and_in_the_same_transaction(store: Store, clock: Clock) -> None:
    channel, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier, 1, 2, notify=(1,)))
    (reference,) = [p.reference for p in await store.parcels.get_many([parcel_id])]
    await sent(store, carrier, made())
    report = TrackingReport(reference, ShipmentStatus.IN_TRANSIT, "TR1", tracking_url="https://t.example/TR1")
    for _ in range(3):
        await store.parcels.apply_reports([parcel_id], [report], lambda state, misses: timedelta(hours=1))
    (notice,) = await store.outbox.query(OutboxFilter(kinds=("shipment",)))
    told = msgspec.json.decode(notice.payload, type=ShipmentNotice)
    assert (notice.connection_id, notice.subject, told.order_id, told.tracking_number) == (channel, 1, "1", "TR1")
    assert (told.carrier, told.tracking_url) == ("Yurtiçi Kargo", "https://t.example/TR1")
    (parcel,) = await store.parcels.get_many([parcel_id])
    assert parcel.state == "on_the_way"
    for order_id in (1, 2):
        assert (await store.orders.get(order_id)).local_state == "shipped"  # type: ignore[union-attr]


async def test_a_removed_channel_is_not_told(store: Store) -> None:
    channel, carrier = await ready(store)
    await store.parcels.create(wish(carrier))
    await store.connections.remove(channel)
    await sent(store, carrier, made(number="TR1"))
    assert await store.outbox.query(OutboxFilter(kinds=("shipment",))) == []


async def test_history_grows_and_never_doubles(store: Store, clock: Clock) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier))
    await sent(store, carrier, made())
    (reference,) = [p.reference for p in await store.parcels.get_many([parcel_id])]
    events = [TrackingEvent(minutes(n), ShipmentStatus.IN_TRANSIT, f"Şube {n}", "İzmir") for n in (3, 1, 2)]
    every = lambda state, misses: timedelta(hours=1)  # noqa: E731
    for upto in (2, 3, 3):
        report = TrackingReport(reference, ShipmentStatus.IN_TRANSIT, "TR1", events=tuple(events[:upto]))
        await store.parcels.apply_reports([parcel_id], [report], every)
    end = TrackingReport(reference, ShipmentStatus.DELIVERED, "TR1", delivered_at=minutes(9), signed_by="AYŞE Y.")
    await store.parcels.apply_reports([parcel_id], [end], every)
    shown = await store.parcels.detail(parcel_id)
    assert shown is not None
    assert [one.text for one in shown.events] == ["Şube 1", "Şube 2", "Şube 3"]
    assert (shown.row.state, shown.row.delivered_at, shown.row.signed_by) == ("delivered", minutes(9), "AYŞE Y.")
    assert await store.parcels.to_track(carrier, None, 10) == []  # its way is over


async def test_a_parcel_that_the_carrier_does_not_know_is_asked_later_each_time(store: Store, clock: Clock) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier))
    await sent(store, carrier, made())
    clock.now = minutes(30)
    for misses in (1, 2):
        due = [p.id for p in await store.parcels.to_track(carrier, clock.now, 10)]
        assert due == [parcel_id]
        await store.parcels.apply_reports(due, [], lambda state, n: timedelta(minutes=10 * n))
        (parcel,) = await store.parcels.get_many([parcel_id])
        assert (parcel.misses, parcel.state) == (misses, "created")
        assert await store.parcels.to_track(carrier, clock.now + timedelta(minutes=10 * misses - 1), 10) == []
        clock.now += timedelta(minutes=10 * misses)


async def test_cancelling_goes_the_intents_way(store: Store) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier))
    await sent(store, carrier, made(number="TR1"))
    assert await store.parcels.cancel(parcel_id) == "queued"
    assert await store.parcels.cancel(parcel_id) == ""
    (row,) = await store.outbox.take(carrier, PARCEL, 5, minutes(2))
    assert isinstance(read_ask(row.payload), CancelParcel)
    await store.outbox.settle([Outcome(row.key, DONE)], now=minutes(3))
    (parcel,) = await store.parcels.get_many([parcel_id])
    assert parcel.state is not None
    assert ParcelState(parcel.state) is ParcelState.CANCELLED
    (notice,) = await store.outbox.query(OutboxFilter(kinds=("shipment",)))
    assert notice.state == "superseded"  # it had not left yet
    assert await store.parcels.cancel(parcel_id) == ""


async def test_a_cancel_behind_a_lost_create_takes_both_back(store: Store) -> None:
    _, carrier = await ready(store)
    parcel_id = await store.parcels.create(wish(carrier))
    (row,) = await store.outbox.take(carrier, PARCEL, 5, T0)
    await store.outbox.settle([Outcome(row.key, OutcomeState.UNKNOWN, Message("net.cut"))], now=minutes(1))
    assert not await store.parcels.call_off(row.key)
    assert await store.parcels.cancel(parcel_id) == "queued"
    assert await store.outbox.take(carrier, PARCEL, 5, minutes(2)) == []  # it waits behind the lost one
    assert await store.parcels.call_off(row.key)
    assert (await store.parcels.get_many([parcel_id]))[0].state == "cancelled"
    assert await store.outbox.counts() == {"superseded": 2}


async def test_views_and_search(store: Store) -> None:
    _, carrier = await ready(store)
    one = await store.parcels.create(wish(carrier, 1, numbers="101"))
    two = await store.parcels.create(wish(carrier, 2, numbers="102"))
    rows = {row.subject: row for row in await store.outbox.take(carrier, PARCEL, 5, T0)}
    await store.outbox.settle([Outcome(rows[one].key, OutcomeState.REFUSED, Message("item.refused"))], now=T0)
    await store.outbox.settle(
        [Outcome(rows[two].key, DONE)], now=T0, shipments={rows[two].key: made(ShipmentStatus.ACCEPTED, "TR2")}
    )
    counts = await store.parcels.view_counts()
    assert counts == {"waiting": 0, "on_the_way": 1, "delivered": 0, "problem": 1, "returned": 0, "all": 2}
    assert [p.id for p in await store.parcels.query(ParcelQuery("problem"))] == [one]
    assert [p.id for p in await store.parcels.query(ParcelQuery(search="TR2"))] == [two]
    assert await store.parcels.find("102") == [two]
    assert await store.parcels.find("TR2") == [two]
    assert [p.id for p in (await store.parcels.of_orders([1, 3]))[1]] == [one]


async def test_the_merchants_address_outlives_a_pull(store: Store) -> None:
    channel, _ = await ready(store)
    await store.addresses.set(1, TO)
    await store.orders.apply_page(
        channel, "acc", page(order("1", at=60, ship_to=Address(city="Ankara"))), now=minutes(60)
    )
    assert await store.addresses.get_many([1, 2]) == {1: TO}
    await store.addresses.set(1, None)
    assert await store.addresses.get_many([1]) == {}


async def test_erasing_a_buyer_clears_labels_way_and_correction(store: Store) -> None:
    _, carrier = await ready(store)
    await store.addresses.set(1, TO)
    parcel_id = await store.parcels.create(wish(carrier, own_label=False))
    busy = await store.erasing.erase([1], open_too=True)
    assert (busy.busy, busy.done) == ((1,), ())
    await sent(store, carrier, made(labels=(Label(LabelFormat.ZPL, "^FDAyşe Yılmaz".encode()),)))
    (reference,) = [p.reference for p in await store.parcels.get_many([parcel_id])]
    event = TrackingEvent(minutes(5), ShipmentStatus.DELIVERED, "Ayşe Yılmaz imzaladı", "Kadıköy")
    report = TrackingReport(reference, ShipmentStatus.IN_TRANSIT, events=(event,), signed_by="Ayşe Yılmaz")
    await store.parcels.apply_reports([parcel_id], [report], lambda state, misses: timedelta(hours=1))
    assert (await store.erasing.erase([1], open_too=True)).done == (1,)
    shown = await store.parcels.detail(parcel_id)
    assert shown is not None
    assert (shown.row.receiver, shown.row.city, shown.row.signed_by, shown.labels, shown.events) == ("", "", "", (), ())
    assert await store.parcels.asked(parcel_id) is None
    assert await store.parcels.to_track(carrier, None, 10) == []
    assert await store.addresses.get_many([1]) == {}

    def holds(conn: sqlite3.Connection) -> list[str]:
        tables = [
            row[0]
            for row in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'parcel%'")
        ]
        found = []
        for table in [*tables, "outbox", "order_addresses"]:
            for row in conn.execute(f"SELECT * FROM {table}"):  # noqa: S608
                found += [
                    table
                    for cell in row
                    if "Ayşe" in (cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell))
                ]
        return found

    assert await store.db.read(holds) == []
