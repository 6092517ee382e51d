"""The Hepsiburada client against its fake server, over a loopback socket: what the contract suite does not ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.contracts import OutcomeState
from app.model import Money, OrderStatus, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces.hepsiburada import Hepsiburada
from providers.sandboxes.hepsiburada import create
from tests.providers.marketplaces.live_support import (
    FAULTS,
    World,
    a_failed_page_fails_the_list,
    a_wrong_key_is_refused,
    equals_the_truth,
    probe,
    ref,
    rig,
    stocks_are_set,
)

base, world = rig(
    create, Hepsiburada, ("service_key",), orders=150, listings=130, limits=True, paths={"listings": "", "catalogue": ""}
)  # fmt: skip


async def test_a_wrong_key(world: World) -> None:
    assert (await world.client.probe()).facts
    await a_wrong_key_is_refused(world, probe)


@pytest.mark.parametrize("switch", ["", "empty_404", "plain_money", "plain_errors"])
async def test_orders_equal_the_truth(world: World, switch: str) -> None:
    world.switch(switch)
    found, truth = await world.orders(), world.truth(days=28)
    assert world.rejects == []
    assert truth.keys() <= found.keys()
    for key, row in truth.items():
        equals_the_truth(found[key], row)
    assert {one.status for one in found.values()} >= {OrderStatus.OPEN, OrderStatus.SHIPPED, OrderStatus.DELIVERED}


async def test_an_order_that_is_not_paid_is_pending(world: World) -> None:
    world.switch("await_payment")
    (number,) = world.post("orders", {"count": 1})["remote_ids"]
    assert (await world.orders(days=1))[number].status is OrderStatus.PENDING
    (one,) = await world.client.order(number)
    assert one.status is OrderStatus.PENDING


async def test_a_damaged_order(world: World) -> None:
    (number,) = world.post("orders", {"count": 1})["remote_ids"]
    world.post("damage", {"remote_id": number})
    found = await world.orders(days=2)
    assert [one.remote_id for one in world.rejects] == [number]
    assert number not in found
    assert found


async def test_prices_and_stock(world: World) -> None:
    first, second, third = list((await world.listings()).values())[:3]
    world.switch(f"refuse_sku:{second.sku}")
    assert first.price is not None
    assert second.price is not None
    prices = [
        PriceChange("p1", ref(first), first.price + Money.of("1.05", "TRY")),
        PriceChange("p2", ref(second), second.price),
    ]
    ends = await world.set_prices(prices)
    assert [ends["p1"][0], ends["p2"][0]] == [OutcomeState.DONE, OutcomeState.REFUSED]
    await stocks_are_set(world, first, third)
    after = await world.listings()
    assert (after[first.remote_id].price, after[first.remote_id].stock) == (prices[0].price, 7)
    assert after[third.remote_id].stock == 0


async def test_an_upload_that_hangs_stays_pending(world: World) -> None:
    world.switch("uploads_hang")
    changes = [StockChange("s1", ref(next(iter((await world.listings()).values()))), 7)]
    receipt = await world.client.set_stocks(changes)
    world.advance(3600)
    (outcome,) = (await world.client.batch_result(receipt.ticket, changes)).outcomes
    assert outcome.state is OutcomeState.PENDING


async def test_packing_twice_is_once_and_then_there_is_a_label(world: World) -> None:
    (number,) = world.post("orders", {"count": 1})["remote_ids"]
    (order,) = await world.client.order(number)
    assert await world.client.label(order) == ()
    for _ in range(2):
        notice = ShipmentNotice("n", number, number, order.carrier, "x", extra=order.extra)
        assert (await world.confirm(notice)).state is OutcomeState.DONE
    assert world.get("state")["counters"][f"status:{number}"] == 1
    (label,) = await world.client.label(order)
    assert label.data.startswith(b"^XA")


async def test_a_cancelled_order_is_refused(world: World) -> None:
    (number,) = world.post("orders", {"count": 1})["remote_ids"]
    (order,) = await world.client.order(number)
    world.post("cancel", {"remote_id": number})
    outcome = await world.confirm(ShipmentNotice("n", number, extra=order.extra))
    assert outcome.state is OutcomeState.REFUSED


@FAULTS
@pytest.mark.parametrize("skip", [1, 5, 60])
async def test_a_failed_list_is_never_an_empty_one(world: World, fault: Mapping[str, Any], skip: int) -> None:
    await a_failed_page_fails_the_list(world, fault, skip)


async def test_claims_name_their_lines(world: World) -> None:
    now = world.now()
    claims = [c async for page in world.client.claims(Window(now - timedelta(days=1), now)) for c in page.items]
    lines = {line["remote_id"] for row in world.get("orders") for line in row["lines"]}
    assert claims
    assert {line for claim in claims for line, _ in claim.lines} <= lines
