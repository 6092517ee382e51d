"""The Mirakl client at its fake operator over a loopback socket, with the fake's control room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from app.contracts import OutcomeState, YoursError
from app.model import Money, OrderStatus, PriceChange, ShipmentNotice, StockChange
from providers.families.mirakl import Mirakl
from providers.sandboxes.mirakl import create
from tests.providers.marketplaces.live_support import World, ref
from tests.support.serving import serve


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(create(seed=1).app) as url:
        yield url


@pytest.fixture
async def world(base: str) -> AsyncIterator[World]:
    there = World(base, Mirakl, (), ("api_key",))
    there.post("limits", {"on": False})
    there.post("reset", {"orders": 0, "listings": 0, "seed": 1})
    yield there
    await there.close()


async def test_probe_and_a_wrong_key(world: World, base: str) -> None:
    world.post("reset", {"orders": 30, "listings": 0, "seed": 1})
    found = await world.client.probe()
    assert found.facts == {"shop_name": "Deneme Mağazası", "currency": "TRY"}
    open_now = [one for one in (await world.orders(400)).values() if one.vendor_status == "SHIPPING"]
    assert found.server_orders == len(open_now)
    wrong = World(base, Mirakl, (), ("api_key",), wrong="3f6c0000-0000-4000-8000-0000000000ff")
    try:
        with pytest.raises(YoursError, match="auth"):
            await wrong.client.probe()
    finally:
        await wrong.close()


async def test_orders_are_complete_while_they_move(world: World) -> None:
    """730 orders: read in pieces, while between two pages some change and some come."""
    world.post("reset", {"orders": 730, "listings": 0, "seed": 4})
    before = {row["remote_id"] for row in world.get("orders")}
    world.post("between", [{"new": 1, "touch": 9, "seed": n} for n in range(12)])
    first = await world.orders(400)
    world.advance(5)
    again = await world.orders(400)
    assert before <= set(first) | set(again)
    truth = {row["remote_id"]: row for row in world.get("orders")}
    assert set(again) == set(truth)
    assert world.rejects == []


async def test_what_waits_for_acceptance_is_not_to_be_shipped(world: World) -> None:
    world.post("reset", {"orders": 60, "listings": 0, "seed": 2})
    found = await world.orders(400)
    words = {one.vendor_status: one.status for one in found.values()}
    assert words["WAITING_ACCEPTANCE"] is OrderStatus.PENDING
    assert words["SHIPPING"] is OrderStatus.OPEN
    one = next(iter(found.values()))
    assert await world.client.order(one.extra["commercial_id"]) == (one,)


async def test_a_damaged_order_costs_only_itself(world: World) -> None:
    world.post("reset", {"orders": 130, "listings": 0, "seed": 1})
    bad = world.get("orders")[70]["remote_id"]
    world.post("damage", {"remote_id": bad})
    found = await world.orders(400)
    assert [one.remote_id for one in world.rejects] == [bad]
    assert len(found) == 129


async def test_listings_equal_the_truth_and_prices_leave_the_others_alone(world: World) -> None:
    world.post("reset", {"orders": 0, "listings": 230, "seed": 1})
    found, truth = await world.listings(), {row["remote_id"]: row for row in world.get("listings")}
    assert {k: (str(v.price.amount.normalize()), v.stock) for k, v in found.items() if v.price} == {
        k: (str(Money.of(v["price"], "TRY").amount.normalize()), v["stock"]) for k, v in truth.items()
    }
    prices = {sku: await _all_prices(world, sku) for sku in found}
    several = [sku for sku, told in prices.items() if len(told) > 1]
    assert several
    chosen = [found[sku] for sku in several[:3]] + [one for one in found.values() if one.list_price is not None][:3]
    changes = [
        PriceChange(f"p{n}", ref(one), Money(one.price.amount - 1, "TRY")) for n, one in enumerate(chosen) if one.price
    ]
    settled = await world.settled(await world.client.set_prices(changes), changes)
    assert {state for state, _ in settled.values()} == {OutcomeState.DONE}
    after = await world.listings()
    for one in changes:
        assert after[one.listing.remote_id].price == one.price
        assert after[one.listing.remote_id].list_price == found[one.listing.remote_id].list_price
    for sku in several:
        assert (await _all_prices(world, sku))[1:] == prices[sku][1:], "a channel's price was wiped"


async def _all_prices(world: World, sku: str) -> list[object]:
    reply = await world.http.get(
        "/api/offers", params={"sku": sku}, headers={"authorization": world.get("credentials")["api_key"]}
    )
    told: list[object] = reply.json()["offers"][0]["all_prices"]
    return told


async def test_one_refused_stock_among_good_ones(world: World) -> None:
    world.post("reset", {"orders": 0, "listings": 20, "seed": 1})
    chosen = list((await world.listings()).values())[:4]
    world.post("switch", {"feature": f"refuse_sku:{chosen[1].sku}", "on": True})
    changes = [StockChange(f"s{n}", ref(one), 50 + n) for n, one in enumerate(chosen)]
    settled = await world.settled(await world.client.set_stocks(changes), changes)
    assert [settled[f"s{n}"][0] for n in range(4)] == [OutcomeState.DONE, OutcomeState.REFUSED, OutcomeState.DONE, OutcomeState.DONE]  # fmt: skip
    message = settled["s1"][1]
    assert message is not None
    assert message.vendor_text
    truth = {row["remote_id"]: row["stock"] for row in world.get("listings")}
    assert [truth[one.remote_id] for one in chosen] == [50, chosen[1].stock, 52, 53]


async def test_a_registered_carrier_is_told_by_its_code_and_shipping_twice_is_once(world: World) -> None:
    world.post("reset", {"orders": 40, "listings": 0, "seed": 1})
    one = next(x for x in (await world.orders(400)).values() if x.vendor_status == "SHIPPING")
    notice = ShipmentNotice("n", one.remote_id, one.number, "YURTİÇİ KARGO", "734512", extra=dict(one.extra))
    for _ in range(2):
        (outcome,) = (await world.client.confirm_shipments([notice])).outcomes
        assert outcome.state is OutcomeState.DONE
    (shipped,) = await world.client.order(one.number)
    assert (shipped.status, shipped.carrier, shipped.tracking_number) == (
        OrderStatus.SHIPPED,
        "Yurtiçi Kargo",
        "734512",
    )
    waiting = next(x for x in (await world.orders(400)).values() if x.vendor_status == "WAITING_ACCEPTANCE")
    refused = ShipmentNotice("w", waiting.remote_id, waiting.number, "Aras Kargo", "1", extra=dict(waiting.extra))
    (outcome,) = (await world.client.confirm_shipments([refused])).outcomes
    assert outcome.state is OutcomeState.REFUSED
