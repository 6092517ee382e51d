"""The N11 client against its fake server, over a loopback socket: what the contract suite does not ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.contracts import OutcomeState, ProviderError
from app.model import ListingRef, Money, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces.n11 import N11
from providers.sandboxes.n11 import create
from tests.providers.marketplaces.live_support import World, ref
from tests.support.serving import serve

SECRETS = ("app_key", "app_secret")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(create(seed=3).app) as url:
        yield url


@pytest.fixture
async def world(base: str) -> AsyncIterator[World]:
    made = World(base, N11, (), SECRETS)
    made.post("reset", {"orders": 260, "listings": 270, "seed": 3})
    yield made
    await made.close()


async def test_a_wrong_key(world: World, base: str) -> None:
    await world.client.probe()
    wrong = World(base, N11, (), SECRETS, wrong="yanlisanahtar")
    now = wrong.now()
    for doing in (
        wrong.client.probe(),
        wrong.orders(),
        anext(wrong.client.claims(Window(now - timedelta(days=1), now))),
    ):
        with pytest.raises(ProviderError, match=r"auth\.refused"):
            await doing
    await wrong.close()


@pytest.mark.parametrize("switch", ["", "plain_status", "shifted_epochs", "location_based"])
async def test_orders_equal_the_truth(world: World, switch: str) -> None:
    if switch:
        world.post("switch", {"feature": switch, "on": True})
    found, since = await world.orders(), (world.now() - timedelta(days=28)).isoformat()
    truth = {row["remote_id"]: row for row in world.get("orders") if row["updated_at"] > since}
    assert world.rejects == []
    shift = timedelta(hours=3 if switch == "shifted_epochs" else 0)  # not known to the client: nothing is lost by it
    by_number = {one.number: one for one in found.values()}
    for key, row in truth.items():
        one = found.get(key) or by_number[row["number"]]
        assert (one.number, one.buyer.name) == (row["number"], row["buyer"])
        assert one.total == Money.of(row["total"], row["currency"])
        assert (one.updated_at - shift).isoformat()[:19] == row["updated_at"][:19]


async def test_nothing_is_lost_while_packages_move(world: World) -> None:
    world.post("between", [{"new": 1, "touch": 25, "seed": n} for n in range(4)])
    found = await world.orders() | await world.orders(days=1)
    since = (world.now() - timedelta(days=28)).isoformat()
    truth = {row["remote_id"]: row for row in world.get("orders") if row["updated_at"] > since}
    assert truth.keys() <= found.keys()
    assert all(found[key].updated_at.isoformat()[:19] == row["updated_at"][:19] for key, row in truth.items())


async def test_prices_and_stock(world: World) -> None:
    listings = await world.listings()
    assert len(listings) == 270
    first, second = list(listings.values())[:2]
    prices = [
        PriceChange("p1", ref(first), Money.of("9999.90", "TRY"), was_list_price=first.list_price),
        PriceChange("p2", ListingRef("yok", "yok"), Money.of("5.00", "TRY")),
    ]
    ends = await world.settled(await world.client.set_prices(prices), prices)
    assert ends["p1"][0] is OutcomeState.DONE
    assert ends["p2"][1] is not None
    assert ends["p2"][1].code == "item.not_found"
    stocks = [StockChange("s1", ref(first), 7), StockChange("s2", ref(second), 0)]
    ends = await world.settled(await world.client.set_stocks(stocks), stocks)
    assert {state for state, _ in ends.values()} == {OutcomeState.DONE}
    after = (await world.listings())[first.remote_id]
    assert (after.price, after.list_price, after.stock) == (prices[0].price, prices[0].price, 7)


async def test_picking_twice_is_once(world: World) -> None:
    (number,) = world.post("orders", {"count": 1})["remote_ids"]
    order = (await world.orders(days=1))[number]
    for _ in range(2):
        notice = ShipmentNotice("n", number, order.number, extra=order.extra)
        assert (await world.client.confirm_shipments([notice])).outcomes[0].state is OutcomeState.DONE
    world.post("cancel", {"remote_id": (other := world.post("orders", {"count": 1})["remote_ids"][0])})
    gone = ShipmentNotice("n", other, extra={"lines": order.extra["lines"], "packageId": other})
    assert (await world.client.confirm_shipments([gone])).outcomes[0].state is OutcomeState.REFUSED


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "garbage"}])
async def test_a_failed_page_is_never_the_last(world: World, fault: dict[str, Any]) -> None:
    world.post("faults", {**fault, "skip": 1})
    with pytest.raises(ProviderError) as caught:
        await world.orders()
    assert caught.value.message.params["operation"] == "orders"
