"""The stock ledger: what orders are promised and what leaves, twice is once, and what channels are told of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from store_making import Clock, listing, minutes, order, page, shop

from app.model import Order, OrderLine, OrderStatus, StockChange
from app.model.stock import ChannelRule
from app.store import ConnectionRow, Count, OutboxFilter, StockLevels, StockQuery, Store, StoreError
from app.store.order_local import LocalState

_change = msgspec.json.Decoder(StockChange)


def sale(remote_id: str, pieces: int = 1, *, sku: str = "SKU-1", at: float = 1, **changes: Any) -> Order:
    made = order(remote_id, at=at)
    lines = (msgspec.structs.replace(made.lines[0], sku=sku, quantity=pieces, barcode=""),)
    return msgspec.structs.replace(made, lines=lines, placed_at=minutes(1), **changes)


async def figures(store: Store, sku: str = "SKU-1") -> tuple[int, int, int, int]:
    """On hand, reserved, lacking, available."""
    row = await store.stock.get(sku)
    assert row is not None
    return row.on_hand, row.reserved, row.lacking, row.available


async def take(store: Store, row: ConnectionRow, *orders: Order, at: float = 2) -> None:
    await store.orders.apply_page(row.id, row.account_id, page(*orders), now=minutes(at))


async def told(store: Store, row: ConnectionRow | None = None) -> list[tuple[int, int]]:
    """(connection, quantity) that waits to be sent, by connection."""
    found = await store.outbox.query(OutboxFilter(None if row is None else row.id, ("stock",), ("queued",)))
    return sorted((one.connection_id, _change.decode(one.payload).quantity) for one in found)


async def test_what_is_not_managed_costs_and_promises_nothing(store: Store) -> None:
    row = await shop(store)
    await take(store, row, sale("1"))
    assert await store.stock.total(StockQuery()) == 0
    assert await told(store) == []


async def test_an_order_promises_its_pieces_once_however_often_it_is_pulled(store: Store, clock: Clock) -> None:
    row = await shop(store)
    await store.stock.put([Count("SKU-1", 10, buffer=2)])
    await take(store, row, sale("1", 3))
    assert await figures(store) == (10, 3, 0, 5)
    await take(store, row, sale("1", 3))
    await take(store, row, sale("1", 3, at=3, vendor_status="Picking"))
    assert await figures(store) == (10, 3, 0, 5)
    await take(store, row, sale("1", 5, at=4))
    assert await figures(store) == (10, 5, 0, 3)


@pytest.mark.parametrize(
    ("status", "left"),
    [
        (OrderStatus.SHIPPED, (7, 0, 0, 7)),
        (OrderStatus.DELIVERED, (7, 0, 0, 7)),
        (OrderStatus.CANCELLED, (10, 0, 0, 10)),
        (OrderStatus.RETURNED, (10, 0, 0, 10)),
        (OrderStatus.PENDING, (10, 3, 0, 7)),
        (OrderStatus.PARTIALLY_SHIPPED, (10, 3, 0, 7)),
        (OrderStatus.UNKNOWN, (10, 3, 0, 7)),
    ],
)
async def test_what_becomes_of_an_order_becomes_of_its_promise(
    store: Store, status: OrderStatus, left: tuple[int, int, int, int]
) -> None:
    row = await shop(store)
    await store.stock.put([Count("SKU-1", 10)])
    await take(store, row, sale("1", 3))
    await take(store, row, sale("1", 3, at=5, status=status))
    assert await figures(store) == left
    await take(store, row, sale("1", 3, at=6, status=status, vendor_status="again"))
    assert await figures(store) == left


async def test_what_came_back_after_shipping_is_counted_by_hand(store: Store) -> None:
    row = await shop(store)
    await store.stock.put([Count("SKU-1", 10)])
    await take(store, row, sale("1", 3))
    await take(store, row, sale("1", 3, at=5, status=OrderStatus.SHIPPED))
    await take(store, row, sale("1", 3, at=6, status=OrderStatus.RETURNED))
    assert await figures(store) == (7, 0, 0, 7)


async def test_shipped_here_takes_and_undone_gives_back(store: Store, clock: Clock) -> None:
    row = await shop(store)
    await store.stock.put([Count("SKU-1", 10)])
    await take(store, row, sale("1", 3))
    (one,) = await store.orders.find("101")
    clock.now = minutes(5)
    await store.orders.set_local([one], state=LocalState.SHIPPED)
    assert await figures(store) == (7, 0, 0, 7)
    await store.orders.set_local([one], state=LocalState.PACKED)
    assert await figures(store) == (10, 3, 0, 7)
    await store.orders.set_local([one], state=LocalState.SHIPPED)
    await take(store, row, sale("1", 3, at=9, status=OrderStatus.SHIPPED))
    assert await figures(store) == (7, 0, 0, 7)


async def test_what_left_before_the_count_is_not_taken_again(store: Store, clock: Clock) -> None:
    row = await shop(store)
    await store.stock.put([Count("SKU-1", 10)])
    await take(store, row, sale("1", 3))
    clock.now = minutes(60)
    await store.stock.put([Count("SKU-1", 7)])  # it was gone by then
    await take(store, row, sale("1", 3, at=30, status=OrderStatus.SHIPPED), at=61)
    await take(store, row, sale("2", 3, at=70, status=OrderStatus.DELIVERED), at=71)  # placed before: of a first import
    assert await figures(store) == (7, 0, 0, 7)


async def test_an_sku_that_is_counted_later_promises_what_waits_already(store: Store) -> None:
    row = await shop(store)
    done = sale("3", 9, status=OrderStatus.DELIVERED)
    await take(store, row, sale("1", 2), sale("2", 4, status=OrderStatus.PENDING), done)
    await store.stock.put([Count("SKU-1", 5)])
    assert await figures(store) == (5, 5, 1, 0)


async def test_never_more_is_promised_than_there_is_and_who_lacks_is_told(store: Store) -> None:
    row, other = await shop(store), await shop(store, "Other", "acc2")
    await store.stock.put([Count("SKU-1", 1)])
    await take(store, row, sale("1"))
    await take(store, other, sale("2", 2))
    assert await figures(store) == (1, 1, 2, 0)
    (short,) = await store.stock.shortages()
    assert (short.number, short.wanted, short.held) == ("102", 2, 0)
    (need,) = await store.attention.list()
    assert (need.stream, need.connection_id, need.message.code) == ("stock", other.id, "stock.short")
    assert need.message.params == {"order": "102", "sku": "SKU-1", "pieces": "2"}
    await take(store, row, sale("1", at=5, status=OrderStatus.CANCELLED))  # the piece goes to who waits
    assert await figures(store) == (1, 1, 1, 0)
    await store.stock.put([Count("SKU-1", 2)])
    assert await figures(store) == (2, 2, 0, 0)
    assert await store.attention.list() == []
    await store.stock.put([Count("SKU-1", 0)])
    assert await figures(store) == (0, 0, 2, 0)
    await take(store, other, sale("2", 2, at=5, status=OrderStatus.CANCELLED))
    assert (await figures(store), await store.attention.list()) == ((0, 0, 0, 0), [])


async def test_the_one_that_takes_an_orders_place_has_its_pieces(store: Store) -> None:
    row = await shop(store)
    await store.stock.put([Count("SKU-1", 5)])
    await take(store, row, sale("1", 4))
    await take(store, row, sale("2", 3, at=3, replaces=("1",)), sale("3", 1, at=3, replaces=("1",)))
    assert await figures(store) == (5, 4, 0, 1)
    await take(store, row, sale("4", 3, at=6, status=OrderStatus.SHIPPED, replaces=("2",)))
    assert await figures(store) == (2, 1, 0, 1)


async def test_lines_that_change_release_what_they_were(store: Store) -> None:
    row = await shop(store)
    await store.stock.put([Count("SKU-1", 5), Count("SKU-2", 5)])
    await take(store, row, sale("1", 4))
    await take(store, row, sale("1", 2, sku="SKU-2", at=3))
    assert (await figures(store), await figures(store, "SKU-2")) == ((5, 0, 0, 5), (5, 2, 0, 3))
    gone = sale("1", 2, sku="SKU-2", at=4)
    await take(
        store, row, msgspec.structs.replace(gone, lines=(msgspec.structs.replace(gone.lines[0], cancelled=True),))
    )
    assert await figures(store, "SKU-2") == (5, 0, 0, 5)
    await take(store, row, msgspec.structs.replace(sale("1", at=5), lines=()))
    assert await figures(store, "SKU-2") == (5, 0, 0, 5)


async def test_every_other_channel_is_told_at_once(store: Store) -> None:
    rows = [await shop(store, f"Shop {at}", f"acc{at}") for at in range(3)]
    for at, row in enumerate(rows):
        # The third sells it under a name of its own: the barcode tells.
        one = listing("1", sku="SKU-1" if at < 2 else "AB-1", barcode="8690000000012")
        await store.listings.apply_page(row.id, row.account_id, page(one), now=minutes(0))
    await store.stock.put([Count("SKU-1", 5)])
    assert await told(store) == []  # they show 5 already
    await take(store, rows[0], sale("1", 2))
    assert await told(store) == [(rows[1].id, 3), (rows[2].id, 3)]  # the seller has taken them off by itself
    await store.stock.set_rule(rows[1].id, ChannelRule(percent=50, most=4, least=1))
    assert await told(store, rows[1]) == [(rows[1].id, 1)]
    made = sale("2", 1, sku="AB-1")
    line: OrderLine = msgspec.structs.replace(made.lines[0], barcode="8690000000012")
    await take(store, rows[2], msgspec.structs.replace(made, lines=(line,)))
    assert await told(store) == [(rows[0].id, 2), (rows[1].id, 1), (rows[2].id, 2)]
    shown = {
        one.connection_id: (one.shows, one.should, one.told, one.state) for one in await store.stock.channels(["SKU-1"])
    }
    assert shown[rows[1].id] == (1, 1, True, "queued")


async def test_a_switch_that_is_off_an_integration_that_cannot_and_a_freeze_hold(store: Store, clock: Clock) -> None:
    off, cannot, frozen = [await shop(store, f"Shop {at}", f"acc{at}") for at in range(3)]
    for row in (off, cannot, frozen):
        await store.listings.apply_page(row.id, row.account_id, page(listing("1")), now=minutes(0))
    uncounted = listing("2", sku="SKU-1", stock=None)
    await store.listings.apply_page(frozen.id, frozen.account_id, page(uncounted), now=minutes(0))
    await store.connections.set_switch(off.id, "stock_sink", False)
    await store.outbox.freeze(frozen.id)
    await store.stock.put([Count("SKU-1", 3)])
    assert await told(store) == [(cannot.id, 3), (frozen.id, 3)]
    assert await store.outbox.take(frozen.id, "stock", 10, clock()) == []
    await store.stock.learn({"hepsiburada"})
    await store.stock.put([Count("SKU-1", 2)])
    assert await told(store) == [(cannot.id, 3), (frozen.id, 3)]
    assert not any(one.told for one in await store.stock.channels(["SKU-1"]))


async def test_a_barcode_of_two_managed_skus_is_neither(store: Store) -> None:
    row = await shop(store)
    await store.stock.put([Count("A", 3, barcode="8690000000012"), Count("B", 3, barcode="8690000000012")])
    made = sale("1", sku="unknown")
    line = msgspec.structs.replace(made.lines[0], barcode="8690000000012")
    await take(store, row, msgspec.structs.replace(made, lines=(line,)))
    assert (await figures(store, "A"), await figures(store, "B")) == ((3, 0, 0, 3), (3, 0, 0, 3))


@pytest.mark.parametrize(
    "count", [Count(" ", 1), Count("A", -1), Count("A", 2**31), Count("A", 1, -1), Count("A", 1, 1, "", -2)]
)
async def test_a_figure_that_cannot_be_is_refused(store: Store, count: Count) -> None:
    with pytest.raises(StoreError, match=r"store\.bad_stock"):
        await store.stock.put([count])


async def test_rows_are_found_sorted_and_forgotten(store: Store) -> None:
    row = await shop(store)
    await store.listings.apply_page(row.id, row.account_id, page(listing("1")), now=minutes(0))
    await store.stock.put([Count("SKU-1", 9), Count("B", 2, low_at=5), Count("C", 4, buffer=3)], "sheet")
    by_left = await store.stock.rows(StockQuery(sort="available", descending=True))
    assert next((one.sku, one.available, one.title) for one in by_left) == ("SKU-1", 9, "Kırmızı Tişört 1")
    assert [one.sku for one in await store.stock.rows(StockQuery(low=1))] == ["B", "C"]
    assert await store.stock.total(StockQuery(search="KU-")) == 1
    assert await store.stock.levels(5) == StockLevels({1: 1}, 1)
    await take(store, row, sale("1", 20, sku="B"))
    assert [one.sku for one in await store.stock.rows(StockQuery(lacking=True))] == ["B"]
    assert (await store.stock.levels(0), await store.attention.count()) == (StockLevels({}, 1, 1, 18), 1)
    assert await store.stock.forget(["B", "nothing"]) == 1
    assert (await store.attention.count(), await store.stock.get("B")) == (0, None)
    with pytest.raises(StoreError, match=r"store\.bad_rule"):
        await store.stock.set_rule(row.id, ChannelRule(percent=101))
