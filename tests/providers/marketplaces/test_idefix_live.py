"""The idefix client against its fake server, over a loopback socket: what the contract suite does not ask. Limits are off but where
a test is about them; the contract suite connects without a secret, so here is the older account that has one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.contracts import Account, OutcomeState, ProviderError
from app.model import ListingRef, Money, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces.idefix import Idefix
from providers.sandboxes.idefix import create
from tests.providers.marketplaces.live_support import World, ref
from tests.support.serving import serve

SECRETS = ("api_key", "api_secret")


def client(http: httpx.AsyncClient, account: Account) -> Idefix:
    """The fake's two services lie under paths of the same server."""
    base = account.urls["api"]
    urls = {**account.urls, "orders": f"{base}/oms", "products": f"{base}/pim"}
    return Idefix(http, Account(**{**account.__dict__, "urls": urls}))


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(create(seed=3).app) as url:
        yield url


@pytest.fixture
async def world(base: str) -> AsyncIterator[World]:
    made = World(base, client, (), SECRETS)
    made.post("reset", {"orders": 160, "listings": 130, "seed": 3})
    made.post("limits", {"on": False})
    yield made
    await made.close()


async def test_a_wrong_key(world: World, base: str) -> None:
    await world.client.probe()
    wrong = World(base, client, (), SECRETS, wrong="yanlisanahtar")
    now = wrong.now()
    for doing in (
        wrong.client.probe(),
        wrong.orders(),
        anext(wrong.client.claims(Window(now - timedelta(days=1), now))),
    ):
        with pytest.raises(ProviderError, match=r"auth\.refused"):
            await doing
    await wrong.close()


@pytest.mark.parametrize("switch", ["", "not_ready"])
async def test_orders_equal_the_truth(world: World, switch: str) -> None:
    if switch:
        world.post("switch", {"feature": switch, "on": True})
    found = await world.orders(days=60)
    truth = {row["remote_id"]: row for row in world.get("orders")}
    assert world.rejects == []
    assert found.keys() == truth.keys()
    for key, row in truth.items():
        one = found[key]
        assert (one.number, one.buyer.name, one.total) == (row["number"], row["buyer"], Money.of(row["total"], "TRY"))
        assert one.updated_at.isoformat()[:19] == row["updated_at"][:19]
        assert [(line.sku, line.quantity) for line in one.lines] == [(x["sku"], x["quantity"]) for x in row["lines"]]


async def test_nothing_is_lost_while_shipments_move(world: World) -> None:
    world.post("between", [{"new": 1, "touch": 25, "seed": n} for n in range(3)])
    found = await world.orders() | await world.orders(days=1)
    truth = world.get("orders")
    assert {row["remote_id"] for row in truth} <= found.keys()
    assert all(found[row["remote_id"]].updated_at.isoformat()[:19] == row["updated_at"][:19] for row in truth)


@pytest.mark.parametrize("switch", ["", "small_pages", "other_envelope"])
async def test_listings(world: World, switch: str) -> None:
    if switch:
        world.post("switch", {"feature": switch, "on": True})
    found, truth = await world.listings(), {row["remote_id"]: row for row in world.get("listings")}
    assert found.keys() == truth.keys()
    assert all(found[key].stock == row["stock"] for key, row in truth.items())


async def test_prices_and_stock(world: World) -> None:
    first, second = list((await world.listings()).values())[:2]
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
    assert (after.price, after.list_price, after.stock) == (prices[0].price, None, 7)


async def test_shipping(world: World) -> None:
    first, second, third = world.post("orders", {"count": 3})["remote_ids"]
    orders = await world.orders(days=1)

    async def confirm(key: str, **told: Any) -> Any:
        notice = ShipmentNotice("n", key, orders[key].number, **told)
        return (await world.client.confirm_shipments([notice])).outcomes[0]

    for _ in range(2):
        done = await confirm(first, carrier="Yurtiçi Kargo", tracking_number="734512098765")
        assert done.state is OutcomeState.DONE
        assert (await confirm(second)).state is OutcomeState.DONE
    after = await world.orders(days=1)
    assert (after[first].vendor_status, after[first].tracking_number) == ("shipment_in_cargo", "734512098765")
    assert after[second].vendor_status == "shipment_picking"
    world.post("cancel", {"remote_id": third})
    gone = await confirm(third)
    assert (gone.state, gone.message.code) == (OutcomeState.REFUSED, "item.conflict")


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "garbage"}])
async def test_a_failed_page_is_never_the_last(world: World, fault: dict[str, Any]) -> None:
    world.post("faults", {**fault, "skip": 2})
    with pytest.raises(ProviderError) as caught:
        await world.orders()
    assert caught.value.message.params["operation"] == "orders"
