"""Which orders go into one parcel, how one is cut, and what the desk, the labels and the channels make of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pypdfium2
import pytest

from app.changes import Changes
from app.formats.words import Words
from app.model import Order, OrderStatus, Shipment, ShipmentNotice, ShipmentStatus
from app.orders import bundling
from app.orders.bundling import BundleRefused, parts_of
from app.printing.documents import make_document
from app.store import OutboxFilter, ParcelWish, Store, StoreError
from tests.app.printing.making import NOW, TO, line, order, parcel, shop


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW)
    await shop(
        made, order("9001"), order("9002", ship_to=msgspec.structs.replace(TO, name="AYŞE  YILMAZ", street="LALE SK. 4.")),
        order("9003", ship_to=msgspec.structs.replace(TO, street="Gül Sk. 1")), order("9004", status=OrderStatus.CANCELLED),
        order("9005", tracking_number="7330001"), order("9006", lines=(line("A", 3), line("B"), line("C", cancelled=True))),
    )  # fmt: skip
    yield made
    await made.close()


async def refused(work: Any) -> tuple[str, str]:
    with pytest.raises(BundleRefused) as error:
        await work
    return error.value.why, error.value.number


async def settled(store: Store, parcel_id: int, tracking: str) -> None:
    """The carrier made it and has it in its hands."""
    (row,) = await store.outbox.take(1, "parcel", 1, NOW)
    assert row.subject == parcel_id
    from app.contracts import Outcome, OutcomeState

    made = Shipment("", ShipmentStatus.ACCEPTED, tracking)
    for _ in range(2):  # twice is once
        await store.outbox.settle([Outcome(row.key, OutcomeState.DONE)], now=NOW, shipments={row.key: made})


async def notices(store: Store) -> list[ShipmentNotice]:
    rows = await store.outbox.query(OutboxFilter(kinds=("shipment",)))
    return sorted((msgspec.json.decode(one.payload, type=ShipmentNotice) for one in rows), key=lambda one: one.key)


async def test_orders_of_one_buyer_are_found_and_others_are_not(store: Store) -> None:
    first = await store.orders.get(1)
    assert first is not None
    assert [one.order.number for one in await bundling.mates(store, first)] == ["9002", "9006"]
    assert await refused(bundling.combine(store, Changes(), [1])) == ("one", "9001")
    assert await refused(bundling.combine(store, Changes(), [1, 3])) == ("other_address", "9003")
    assert await refused(bundling.combine(store, Changes(), [1, 4])) == ("cancelled", "9004")
    assert await refused(bundling.combine(store, Changes(), [1, 5])) == ("channel_cargo", "9005")


async def test_one_label_one_number_and_each_channel_told_once(store: Store, tmp_path: Path) -> None:
    made = await bundling.combine(store, Changes(), [1, 2])
    assert made.orders == (1, 2)
    path, pages = await make_document(store, [2], "label", tmp_path / "a.pdf", Words.load("tr"))
    text = pypdfium2.PdfDocument(path.read_bytes())[0].get_textpage().get_text_range()
    assert (pages, "9001, 9002" in text) == (1, True)
    assert [(await store.orders.get(i)).print_count for i in (1, 2)] == [1, 1]  # type: ignore[union-attr]
    at = await parcel(store, (1, 2), bundle=made.id, notify=(1, 2))
    with pytest.raises(StoreError, match="in_parcel"):
        await parcel(store, (1, 2), bundle=made.id)
    with pytest.raises(StoreError, match="in_parcel"):
        await bundling.separate(store, Changes(), [1])
    await store.db.write(lambda conn: conn.execute("UPDATE parcels SET state = 'waiting'"))
    await settled(store, at, "TR-77")
    told = await notices(store)
    assert sorted((one.order_id, one.tracking_number, one.lines) for one in told) == [
        ("r9001", "TR-77", ()), ("r9002", "TR-77", ()),
    ]  # fmt: skip
    assert [(await store.orders.get(i)).local_state for i in (1, 2)] == ["shipped", "shipped"]  # type: ignore[union-attr]


async def test_undo_while_no_parcel_was_made(store: Store) -> None:
    made = await bundling.combine(store, Changes(), [1, 2])
    more = await bundling.combine(store, Changes(), [2, 6])
    assert (more.orders, [one.id for one in await store.bundles.of_orders([1])]) == ((2, 6, 1), [more.id])
    with pytest.raises(StoreError, match="bundled"):
        await parcel(store, (1, 2), bundle=made.id)
    with pytest.raises(StoreError, match="bundled"):
        await bundling.split(store, Changes(), 6, [[("A", 1)]])
    assert sorted(await bundling.separate(store, Changes(), [6])) == [1, 2, 6]
    assert (await bundling.separate(store, Changes(), [6]), await store.bundles.of_orders([1, 2, 6])) == ((), [])
    at = await parcel(store, (1,))
    with pytest.raises(StoreError, match="in_parcel"):
        await bundling.combine(store, Changes(), [1, 2])
    await store.parcels.cancel(at)
    await store.db.write(lambda conn: conn.execute("UPDATE parcels SET state = 'cancelled'"))
    assert (await bundling.combine(store, Changes(), [1, 2])).orders == (1, 2)


async def test_an_order_in_two_parcels_is_told_in_two_parts(store: Store, tmp_path: Path) -> None:
    first, second = await bundling.split(store, Changes(), 6, [[("A", 2)]])
    path, pages = await make_document(store, [6], "label", tmp_path / "b.pdf", Words.load("en"))
    texts = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path.read_bytes())]
    assert (pages, "2 × Ürün A" in texts[0], "1 × Ürün A, 1 × Ürün B" in texts[1]) == (2, True, True)
    for bundle, number in ((first, "TR-1"), (second, "TR-2")):
        at = await store.parcels.create(
            ParcelWish(1, "Yurtiçi", (6,), await _request(), "9006", notify=(6,), bundle=bundle.id)
        )
        await settled(store, at, number)
        stored = await store.orders.get(6)
        assert stored is not None
        assert stored.local_state == ("new" if bundle is first else "shipped"), "half of it is not handed over"
    parts = {one.tracking_number: [(x.remote_id, x.quantity) for x in one.lines] for one in await notices(store)}
    assert parts == {"TR-1": [("A", 2)], "TR-2": [("A", 1), ("B", 1)]}


async def _request() -> Any:
    from app.model import ShipmentRequest

    return ShipmentRequest("", TO)


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        ([[("X", 1)]], "unknown_line"), ([[("C", 1)]], "unknown_line"), ([[("A", 4)]], "too_many_pieces"),
        ([[("A", 2)], [("A", 2)]], "too_many_pieces"), ([[("A", 0)]], "too_many_pieces"), ([[]], "empty_part"),
        ([[("A", 3), ("B", 1)]], "one_part"),
    ],
    ids=["strange", "cancelled", "too-many", "twice", "none", "empty", "all"],
)  # fmt: skip
def test_a_split_that_makes_no_sense(groups: Any, why: str) -> None:
    made: Order = order("1", lines=(line("A", 3), line("B"), line("C", cancelled=True)))
    with pytest.raises(BundleRefused) as error:
        parts_of(made, groups)
    assert error.value.why == why


def test_every_piece_is_in_one_part() -> None:
    made = order("1", lines=(line("A", 3), line("B")))
    assert parts_of(made, [[("A", 1)], [("A", 1), ("B", 1)]]) == [[("A", 1)], [("A", 1), ("B", 1)], [("A", 1)]]
