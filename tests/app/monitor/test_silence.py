"""Silence: the usual gap at this hour, three times of it, the server's word against the store's."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from app.contracts import Manifest, Message, Page
from app.contracts.catalogue import Catalogue, providers_root
from app.model import Money, Order, OrderStatus
from app.monitor.silence import Silence, missing, too_quiet, usual_gap
from app.store import ConnectionRow, ServerOrders, Store

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_usual_gap_is_the_median_of_those_round_the_same_hour() -> None:
    around = [(NOW - DAY * n - HOUR * n / 10, NOW - DAY * n + HOUR) for n in range(1, 8)]
    assert usual_gap(around) == HOUR * 1.4
    assert usual_gap(around[:6]) is None, "six days are no habit"
    assert usual_gap([*around[:6], (None, NOW), (NOW, None)]) is None


@pytest.mark.parametrize(
    ("silent", "gap", "said"),
    [
        (HOUR * 3, HOUR, {"seconds": "3.0", "goal": "1.0"}), (HOUR * 2.9, HOUR, None),
        (timedelta(minutes=29), timedelta(minutes=5), None), (timedelta(minutes=31), timedelta(minutes=5), {"seconds": "0.5", "goal": "0.1"}),
        (HOUR * 99, None, None),
    ],
)  # fmt: skip
def test_three_times_the_usual_gap_is_too_quiet(
    silent: timedelta, gap: timedelta | None, said: dict[str, str] | None
) -> None:
    found = too_quiet(NOW - silent, gap, NOW)
    assert (found.params if found else None) == said
    assert too_quiet(None, gap, NOW) is None


def test_the_servers_word_counts_only_after_pulls_that_should_have_brought_them() -> None:
    interval = timedelta(minutes=5)
    said = ServerOrders(4, NOW, NOW - timedelta(minutes=20))
    assert missing(said, interval, NOW, NOW) == Message("orders.missing", {"value": "4"})
    assert missing(said, interval, NOW - timedelta(minutes=18), NOW) is None, "no pull reached so far"
    assert missing(said, interval, None, NOW) is None
    assert missing(msgspec.structs.replace(said, missing_since=NOW - timedelta(minutes=9)), interval, NOW, NOW) is None
    assert missing(msgspec.structs.replace(said, missing_since=None), interval, NOW, NOW) is None
    assert missing(None, interval, NOW, NOW) is None


async def rhythm(tmp_path: Path, hours: list[int], until: datetime) -> tuple[Store, ConnectionRow, Manifest]:
    """A shop with an order at each of these hours of the last 30 days, some minutes early or late."""
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW)
    await store.accounts.add("acc", "trendyol", "live")
    row = await store.connections.add("Mağaza", "trendyol", "acc", "live")
    draw = random.Random(5)
    made = []
    for day in range(31):
        for hour in hours:
            at = NOW.replace(hour=hour) - DAY * day + timedelta(minutes=draw.uniform(-9, 9))
            if at <= until:
                made.append(at)
    money = Money(Decimal("10"), "TRY")
    orders = tuple(
        Order(
            remote_id=f"r{n}", number=f"{n}", status=OrderStatus.DELIVERED, vendor_status="x", placed_at=at, updated_at=at,
            total=money, lines=(),
        )
        for n, at in enumerate(made)
    )  # fmt: skip
    await store.orders.apply_page(row.id, "acc", Page(orders), cursor=("orders", NOW), now=NOW)
    return store, row, Catalogue(providers_root(), with_plugins=False).manifest("trendyol")


async def test_a_shop_that_sells_every_hour_is_missed_at_noon_and_not_at_night(tmp_path: Path) -> None:
    busy = list(range(6, 23))
    store, row, manifest = await rhythm(tmp_path, busy, NOW - HOUR * 3.5)
    try:
        found = await Silence(store, lambda: NOW).look([(row, manifest)])
        assert found[row.id].code == "orders.silent"
        assert float(found[row.id].params["seconds"]) == pytest.approx(4, abs=0.3)
        assert float(found[row.id].params["goal"]) == pytest.approx(1, abs=0.4)
    finally:
        await store.close()


async def test_the_night_is_quiet_every_night(tmp_path: Path) -> None:
    night = NOW.replace(hour=3)
    store, row, manifest = await rhythm(tmp_path, list(range(6, 23)), night)
    try:
        await store.cursors.set(row.id, "orders", night)
        ((last, _),) = await store.business.around(row.id, [night])
        assert last is not None
        assert night - last > HOUR * 4
        assert await Silence(store, lambda: night).look([(row, manifest)]) == {}
    finally:
        await store.close()


async def test_no_word_while_orders_come_pulls_fail_or_nobody_asked_for_orders(tmp_path: Path) -> None:
    store, row, manifest = await rhythm(tmp_path, list(range(24)), NOW - HOUR * 5)
    try:
        assert await Silence(store, lambda: NOW).look([(row, manifest)])
        for changed in ({"paused": True}, {"switches": {"order_source": False}}):
            assert await Silence(store, lambda: NOW).look([(msgspec.structs.replace(row, **changed), manifest)]) == {}
        later = Silence(store, lambda: NOW + HOUR)
        assert await later.look([(row, manifest)]) == {}, "the pulls are an hour old: their failing is the news"
    finally:
        await store.close()
