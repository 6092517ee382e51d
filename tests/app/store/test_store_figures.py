"""The program's own figures, the business's days, and what is remembered of a connection's trouble."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from store_making import T0, Clock, listing, minutes, order, page, shop

from app.model import ListingStatus, Money, OrderStatus
from app.store import Store

ISTANBUL = ZoneInfo("Europe/Istanbul")
DAY = date(2025, 11, 24)


async def test_the_programs_own_figures(store: Store, clock: Clock) -> None:
    for n in range(6):
        await store.process.add(minutes(n / 2), {"cpu": 10 * n, "memory": 1000 + n})
    first, second, third = await store.process.series("cpu", T0, minutes(3))
    assert [(p.at, p.count, p.total, p.most) for p in (first, second, third)] == [
        (T0, 2, 10, 10), (minutes(1), 2, 50, 30), (minutes(2), 2, 90, 50),
    ]  # fmt: skip
    (whole,) = await store.process.series("memory", T0, minutes(3), 1)
    assert (whole.count, whole.mean, whole.most) == (6, 1002.5, 1005)
    assert await store.process.series("cpu", T0, T0) == []
    with pytest.raises(KeyError):
        await store.process.add(T0, {"fans": 3})
    clock.now = T0 + timedelta(days=100)
    await store.process.add(clock.now, {"cpu": 1})
    (day,) = await store.process.series("cpu", T0, T0 + timedelta(days=1))
    assert (day.count, day.most) == (6, 50)
    kept = "SELECT span, count(*) FROM process_spans GROUP BY span"
    assert dict(await store.db.read(lambda conn: conn.execute(kept).fetchall())) == {0: 1, 1: 1, 2: 3}


async def test_a_days_business_in_the_merchants_own_day(store: Store) -> None:
    one = await shop(store)
    two = await shop(store, "Other", "acc2")
    late = order("3", placed_at=T0.replace(hour=21, minute=30))  # half past midnight in Istanbul
    await store.orders.apply_page(
        one.id,
        "acc",
        page(
            order("1"),
            order("2", status=OrderStatus.CANCELLED),
            late,
            order("4", total=Money(Decimal("10.50"), "EUR")),
        ),
        now=T0,
    )
    await store.orders.apply_page(two.id, "acc2", page(order("9")), now=T0)
    goods = (
        listing("1"), listing("2", stock=0), listing("3", stock=0, status=ListingStatus.PASSIVE), listing("4", stock=None),
    )  # fmt: skip
    await store.listings.apply_page(one.id, "acc", page(*goods), now=T0)
    assert await store.business.note(DAY) == 1
    first, second = await store.business.days(one.id, DAY, DAY + timedelta(days=1), ISTANBUL)
    assert (first.orders, first.cancelled, first.active, first.out_of_stock) == (3, 1, 3, 1)
    assert first.revenue == {"EUR": Money(Decimal("10.50"), "EUR"), "TRY": Money(Decimal("259.80"), "TRY")}
    assert (second.orders, second.active, second.revenue) == (1, None, {"TRY": Money(Decimal("259.80"), "TRY")})
    await store.listings.apply_page(one.id, "acc", page(listing("1", stock=0, at=5)), now=minutes(5))
    await store.business.note(DAY)
    (again,) = await store.business.days(one.id, DAY, DAY, ISTANBUL)
    assert again.out_of_stock == 2
    assert await store.business.days(one.id, DAY, DAY - timedelta(days=1), ISTANBUL) == []
    (empty,) = await store.business.days(one.id, DAY - timedelta(days=9), DAY - timedelta(days=9), ISTANBUL)
    assert (empty.orders, empty.revenue, empty.active) == (0, {}, None)


async def test_orders_around_a_moment(store: Store) -> None:
    one = await shop(store)
    await store.orders.apply_page(
        one.id,
        "acc",
        page(order("1", placed_at=T0), order("2", placed_at=minutes(60), status=OrderStatus.SHIPPED)),
        now=T0,
    )
    found = await store.business.around(one.id, [minutes(-1), T0, minutes(30), minutes(61)])
    assert found == [(None, T0), (T0, minutes(60)), (T0, minutes(60)), (minutes(60), None)]
    assert await store.business.open_orders(one.id) == 1


async def test_trouble_begins_is_confirmed_and_ends(store: Store, clock: Clock) -> None:
    assert (await store.troubles.failed(4)).confirmed_at is None
    clock.now = T0 + timedelta(seconds=2)
    assert (await store.troubles.failed(4)).confirmed_at is None  # the same call's
    clock.now = minutes(1)
    assert await store.troubles.failed(4) == (await store.troubles.all())[4]
    clock.now = minutes(2)
    found = await store.troubles.failed(4)
    assert (found.since, found.confirmed_at) == (T0, minutes(1))
    assert await store.troubles.ended(4)
    assert not await store.troubles.ended(4)
    assert await store.troubles.all() == {}
    clock.now = minutes(-600)  # the clock was put right meanwhile
    await store.troubles.failed(4)
    assert (await store.troubles.all())[4].since == minutes(-600)


async def test_the_servers_count_beside_ours(store: Store, clock: Clock) -> None:
    await store.troubles.note_server_orders(1, 0, 0)
    assert (await store.troubles.server_orders())[1].missing_since is None
    for n, stored in ((1, 0), (2, 0), (3, 5), (4, 0)):
        clock.now = minutes(n)
        await store.troubles.note_server_orders(1, 7, stored)
        expected = {1: minutes(1), 2: minutes(1), 3: None, 4: minutes(4)}[n]
        seen = (await store.troubles.server_orders())[1]
        assert (seen.count, seen.at, seen.missing_since) == (7, minutes(n), expected)
