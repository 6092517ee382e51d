"""The Pazarama client against its fake server, over a loopback socket: what the contract suite does not ask. Limits are off but
where a test is about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.contracts import Account, OutcomeState, ProviderError
from app.model import ListingRef, Money, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces.pazarama import Pazarama
from providers.sandboxes.pazarama import create
from tests.providers.marketplaces.live_support import World, ref
from tests.support.serving import serve

SECRETS = ("client_secret",)


def client(http: httpx.AsyncClient, account: Account) -> Pazarama:
    """The fake's token lies under a path of the same server."""
    urls = {**account.urls, "token": account.urls["api"] + "/connect/token"}
    return Pazarama(http, Account(**{**account.__dict__, "urls": urls}))


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(create(seed=3).app) as url:
        yield url


@pytest.fixture
async def world(base: str) -> AsyncIterator[World]:
    made = World(base, client, (), SECRETS)
    made.post("reset", {"orders": 260, "listings": 130, "seed": 3})
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


async def test_a_plain_token(world: World) -> None:
    world.post("switch", {"feature": "plain_token", "on": True})
    await world.client.probe()


async def test_orders_equal_the_truth(world: World) -> None:
    found = await world.orders(days=60)
    truth = {row["remote_id"]: row for row in world.get("orders")}
    assert world.rejects == []
    assert found.keys() == truth.keys()
    for key, row in truth.items():
        one = found[key]
        assert (one.number, one.buyer.name, one.total) == (row["number"], row["buyer"], Money.of(row["total"], "TRY"))
        assert one.updated_at.isoformat() == row["updated_at"]
        assert [(line.sku, line.quantity) for line in one.lines] == [(x["sku"], x["quantity"]) for x in row["lines"]]


async def test_nothing_is_lost_while_orders_move(world: World) -> None:
    world.post("between", [{"new": 1, "touch": 25, "seed": n} for n in range(3)])
    found = await world.orders() | await world.orders(days=1)
    truth = world.get("orders")
    assert {row["remote_id"] for row in truth} <= found.keys()
    assert all(found[row["remote_id"]].updated_at.isoformat() == row["updated_at"] for row in truth)


async def test_prices_and_stock(world: World) -> None:
    listings = await world.listings()
    assert len(listings) == 130
    first, second, third = list(listings.values())[:3]
    prices = [
        PriceChange("p1", ref(first), Money.of("9999.90", "TRY"), was_list_price=first.list_price),
        PriceChange("p2", ListingRef("yok", "yok"), Money.of("5.00", "TRY")),
        PriceChange("p3", ref(third), Money.of("5.00", "TRY"), list_price=Money.of("500.00", "TRY")),
    ]
    ends = await world.settled(await world.client.set_prices(prices), prices)
    assert ends["p1"][0] is OutcomeState.DONE
    assert [ends[key][1].code for key in ("p2", "p3") if ends[key][1]] == ["item.not_found", "item.refused"]
    assert ends["p3"][1].params == {"reason": "waits for approval"}
    stocks = [StockChange("s1", ref(first), 7), StockChange("s2", ref(second), 0)]
    ends = await world.settled(await world.client.set_stocks(stocks), stocks)
    assert {state for state, _ in ends.values()} == {OutcomeState.DONE}
    after = await world.listings()
    assert (after[first.remote_id].price, after[first.remote_id].stock) == (prices[0].price, 7)
    assert after[third.remote_id].price == third.price, "a price that waits for approval is not set"


async def test_the_pause_between_batches_is_the_vendor_s_to_end(world: World) -> None:
    world.post("limits", {"on": True})
    (first, *_) = (await world.listings()).values()
    await world.client.set_stocks([StockChange("s1", ref(first), 7)])
    with pytest.raises(ProviderError, match=r"rate\.limited") as caught:
        await world.client.set_prices([PriceChange("p1", ref(first), Money.of("9999.90", "TRY"))])
    assert caught.value.message.retry_after == 10.0


@pytest.mark.parametrize("contracted", [False, True])
async def test_shipping(world: World, contracted: bool) -> None:
    world.post("switch", {"feature": "contracted", "on": contracted})
    (number,) = world.post("orders", {"count": 1})["remote_ids"]
    order = (await world.orders(days=1))[number]
    told = ShipmentNotice("n", number, order.number, "Yurtiçi Kargo", "734512098765", extra=order.extra)
    for _ in range(2):
        assert (await world.client.confirm_shipments([told])).outcomes[0].state is OutcomeState.DONE
    after = (await world.orders(days=1))[number]
    assert after.tracking_number == ("" if contracted else "734512098765")
    (other,) = world.post("orders", {"count": 1})["remote_ids"]
    order = (await world.orders(days=1))[other]
    world.post("cancel", {"remote_id": other})
    gone = ShipmentNotice("n", other, order.number, "Yurtiçi Kargo", "1", extra=order.extra)
    (outcome,) = (await world.client.confirm_shipments([gone])).outcomes
    assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, "item.conflict")


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "garbage"}])
async def test_a_failed_page_is_never_the_last(world: World, fault: dict[str, Any]) -> None:
    await world.client.probe()
    world.post("faults", {**fault, "skip": 1})
    with pytest.raises(ProviderError) as caught:
        await world.orders()
    assert caught.value.message.params["operation"] == "orders"
