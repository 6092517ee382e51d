"""The Hepsiburada client against its fake server, over a loopback socket: what the contract suite does not ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.contracts import OutcomeState, ProviderError
from app.model import Money, OrderStatus, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces.hepsiburada import Hepsiburada
from providers.sandboxes.hepsiburada import create
from tests.providers.marketplaces.live_support import World, ref
from tests.support.serving import serve

PURPOSES = ("listings", "catalogue")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(create(seed=3).app) as url:
        yield url


@pytest.fixture
async def world(base: str) -> AsyncIterator[World]:
    made = World(base, Hepsiburada, PURPOSES, ("service_key",))
    made.post("reset", {"orders": 150, "listings": 130, "seed": 3})
    yield made
    await made.close()


async def test_a_wrong_key(world: World, base: str) -> None:
    assert (await world.client.probe()).facts
    wrong = World(base, Hepsiburada, PURPOSES, ("service_key",), wrong="yanlisanahtar")
    with pytest.raises(ProviderError, match=r"auth\.refused"):
        await wrong.client.probe()
    await wrong.close()


@pytest.mark.parametrize("switch", ["", "empty_404", "plain_money", "plain_errors"])
async def test_orders_equal_the_truth(world: World, switch: str) -> None:
    if switch:
        world.post("switch", {"feature": switch, "on": True})
    found, since = await world.orders(), (world.now() - timedelta(days=28)).isoformat()
    truth = {row["remote_id"]: row for row in world.get("orders") if row["updated_at"] > since}
    assert world.rejects == []
    assert truth.keys() <= found.keys()
    for key, row in truth.items():
        assert (found[key].number, found[key].buyer.name) == (row["number"], row["buyer"])
        assert found[key].total == Money.of(row["total"], row["currency"])
        assert found[key].updated_at.isoformat()[:19] == row["updated_at"][:19]
    assert {one.status for one in found.values()} >= {OrderStatus.OPEN, OrderStatus.SHIPPED, OrderStatus.DELIVERED}


async def test_an_order_that_is_not_paid_is_pending(world: World) -> None:
    world.post("switch", {"feature": "await_payment", "on": True})
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
    world.post("switch", {"feature": f"refuse_sku:{second.sku}", "on": True})
    assert first.price is not None
    assert second.price is not None
    prices = [
        PriceChange("p1", ref(first), first.price + Money.of("1.05", "TRY")),
        PriceChange("p2", ref(second), second.price),
    ]
    ends = await world.settled(await world.client.set_prices(prices), prices)
    assert [ends["p1"][0], ends["p2"][0]] == [OutcomeState.DONE, OutcomeState.REFUSED]
    stocks = [StockChange("s1", ref(first), 7), StockChange("s3", ref(third), 0)]
    ends = await world.settled(await world.client.set_stocks(stocks), stocks)
    assert {state for state, _ in ends.values()} == {OutcomeState.DONE}
    after = await world.listings()
    assert (after[first.remote_id].price, after[first.remote_id].stock) == (prices[0].price, 7)
    assert after[third.remote_id].stock == 0


async def test_an_upload_that_hangs_stays_pending(world: World) -> None:
    world.post("switch", {"feature": "uploads_hang", "on": True})
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
        (outcome,) = (await world.client.confirm_shipments([notice])).outcomes
        assert outcome.state is OutcomeState.DONE
    assert world.get("state")["counters"][f"status:{number}"] == 1
    (label,) = await world.client.label(order)
    assert label.data.startswith(b"^XA")


async def test_a_cancelled_order_is_refused(world: World) -> None:
    (number,) = world.post("orders", {"count": 1})["remote_ids"]
    (order,) = await world.client.order(number)
    world.post("cancel", {"remote_id": number})
    (outcome,) = (await world.client.confirm_shipments([ShipmentNotice("n", number, extra=order.extra)])).outcomes
    assert outcome.state is OutcomeState.REFUSED


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "garbage"}])
@pytest.mark.parametrize("skip", [1, 5, 60])
async def test_a_failed_list_is_never_an_empty_one(world: World, fault: dict[str, Any], skip: int) -> None:
    world.post("faults", {**fault, "skip": skip})
    with pytest.raises(ProviderError) as caught:
        await world.orders()
    assert caught.value.message.params["operation"] == "orders"


async def test_claims_name_their_lines(world: World) -> None:
    now = world.now()
    claims = [c async for page in world.client.claims(Window(now - timedelta(days=1), now)) for c in page.items]
    lines = {line["remote_id"] for row in world.get("orders") for line in row["lines"]}
    assert claims
    assert {line for claim in claims for line, _ in claim.lines} <= lines
