"""Orders that a sheet brought before their channel told of them: the channel's word takes their place, and what was done stays done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.contracts import Page
from app.model import Order
from app.store import LocalState, OrderQuery, Store
from tests.app.printing.making import NOW, order, shop


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW)
    await shop(made)
    yield made
    await made.close()


async def sheet(store: Store, *orders: Order) -> tuple[int, int, int, int]:
    """(new, changed, same, known)."""
    applied, known = await store.orders.take_sheet(1, "a", Page(orders), file="x.xlsx", now=NOW)
    return len(applied.new), len(applied.changed), applied.same, known


async def pull(store: Store, *orders: Order) -> None:
    await store.orders.apply_page(1, "a", Page(orders), now=NOW)


async def shown(store: Store) -> list[tuple[str, str, str]]:
    rows = await store.orders.query(OrderQuery(sort="id", descending=False))
    return [(one.remote_id, one.number, one.local_state) for one in rows]


async def test_the_channel_s_word_wins_even_when_it_is_older(store: Store) -> None:
    one = order("7001", remote_id="901", vendor_status="Yeni")
    assert await sheet(store, one) == (1, 0, 0, 0)
    assert await sheet(store, one) == (0, 0, 1, 0)
    assert await sheet(store, msgspec.structs.replace(one, note="Hediye")) == (0, 1, 0, 0)
    await store.orders.set_local((1,), state=LocalState.PICKED)
    told = msgspec.structs.replace(
        one, vendor_status="Picking", updated_at=NOW - timedelta(days=3), extra={"lines": "5:1"}
    )
    await pull(store, told)
    (stored,) = await store.orders.get_many((1,))
    assert (stored.order.vendor_status, stored.order.extra, stored.local_state) == (
        "Picking",
        {"lines": "5:1"},
        "picked",
    )
    assert await sheet(store, one) == (0, 0, 0, 1), "the sheet has nothing more to say"
    assert (await store.orders.get(1)).order.vendor_status == "Picking"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("by_sheet", "by_channel", "left"),
    [
        ("7001", "55", [("55", "7001", "packed")]),  # the sheet named no package
        ("901", "7001", [("7001", "7001", "packed")]),  # the channel keys by number
        ("901", "902", [("901", "7001", "packed"), ("902", "7001", "new")]),  # two packages of one order
    ],
    ids=["no-package", "by-number", "two-packages"],
)
async def test_one_order_under_two_ids_is_one(store: Store, by_sheet: str, by_channel: str, left: list[Any]) -> None:
    await sheet(store, order("7001", remote_id=by_sheet))
    await store.orders.set_local((1,), state=LocalState.PACKED)
    await pull(store, order("#7001" if by_channel == "55" else "7001", remote_id=by_channel))
    found = [(remote_id, number.removeprefix("#"), state) for remote_id, number, state in await shown(store)]
    assert found == left
    new, _, _, known = await sheet(store, order("7001", remote_id=by_sheet))
    assert (new, known) == (0, int(len(left) == 1)), "nor does the same file bring it again"


async def test_a_number_long_or_short_finds_its_order_and_counts(store: Store) -> None:
    await pull(store, *(order(f"73300{n:05}", remote_id=f"r{n}") for n in range(1, 40)))
    for text, hits in (("7330000017", ["7330000017"]), ("0017", ["7330000017"]), ("000017", ["7330000017"]), ("33000001", ["x"] * 10)):  # fmt: skip
        found = await store.orders.query(OrderQuery(search=text))
        assert len(found) == len(hits) == await store.orders.count(OrderQuery(search=text)), text
        assert hits[0] == "x" or found[0].number == hits[0]
