"""The ÇiçekSepeti client against its fake server, over a loopback socket: what the contract suite does not ask. Limits are off but
where a test is about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from app.contracts import OutcomeState, ProviderError
from app.model import ListingRef, Money, OrderStatus, PriceChange, ShipmentNotice, StockChange, Window
from providers.marketplaces.ciceksepeti import Ciceksepeti
from providers.sandboxes.ciceksepeti import create
from tests.providers.marketplaces.live_support import (
    FAULTS,
    World,
    a_failed_page_fails_the_list,
    a_wrong_key_is_refused,
    changed_as,
    let_orders_move,
    probe,
    read_orders,
    ref,
    rig,
    stocks_are_set,
)

base, world = rig(create, Ciceksepeti, ("api_key",), orders=260, listings=140, limits=False)


async def test_a_wrong_key_and_a_foreign_address(world: World) -> None:
    found = await world.client.probe()
    assert found.facts["listings"] == "140"
    await a_wrong_key_is_refused(world, probe, read_orders, lambda wrong: wrong.listings())
    world.switch("foreign_address")
    with pytest.raises(ProviderError, match=r"auth\.ip_not_allowed"):
        await world.client.probe()


@pytest.mark.parametrize("feature", ["", "filter_by_modified"])
async def test_orders_equal_the_truth(world: World, feature: str) -> None:
    """Whichever date the vendor's filter means."""
    world.switch(feature)
    found, truth = await world.orders(60), world.truth(days=60)
    assert world.rejects == []
    assert found.keys() == truth.keys()
    for key, row in truth.items():
        one = found[key]
        buyer = row["buyer"] or one.ship_to.name  # the sender may be untold
        assert (one.buyer.name, one.total) == (buyer, Money.of(row["total"], row["currency"]))
        assert changed_as(one, row)
        assert {line.remote_id: not line.cancelled for line in one.lines} == {
            x["remote_id"]: x["active"] for x in row["lines"]
        }


@pytest.mark.parametrize("feature", ["", "filter_by_modified"])
async def test_nothing_is_lost_while_orders_move(world: World, feature: str) -> None:
    world.switch(feature)
    let_orders_move(world, pages=6)
    found = await world.orders(60)
    world.advance(61)  # orders tell whole minutes
    found |= await world.orders(1)
    truth = world.truth()
    assert found.keys() == truth.keys()
    assert [key for key, row in truth.items() if not changed_as(found[key], row)] == []


async def test_a_cancelled_order_between_two_pages(world: World) -> None:
    """What is cancelled while the list is read moves others up over a page's end."""
    window = Window(world.now() - timedelta(days=60), world.now())
    real, gone = world.client._send, set[str]()

    async def send(call: Any) -> Any:
        reply = await real(call)
        if call.path.endswith("GetOrders") and len(gone) < 12 and reply.body.count(b'"orderItemId"') == 100:
            rows = msgspec.json.decode(reply.body)["supplierOrderListWithBranch"]
            for number in list(dict.fromkeys(str(row["orderId"]) for row in rows))[:4]:
                world.post("cancel", {"remote_id": number})
                gone.add(number)
        return reply

    world.client._send = send
    pages = [page async for page in world.client.orders(window)]
    assert gone, "no list was long enough"
    told = {one.remote_id: {line.remote_id for line in one.lines} for page in pages for one in page.items}
    assert told == {row["remote_id"]: {line["remote_id"] for line in row["lines"]} for row in world.get("orders")}
    assert all(one.status is OrderStatus.CANCELLED for page in pages for one in page.items if one.remote_id in gone)


async def test_a_damaged_order_among_good_ones(world: World) -> None:
    (bad,) = world.post("orders", {"count": 1})["remote_ids"]
    world.post("damage", {"remote_id": bad})
    found = await world.orders(60)
    assert [one.remote_id for one in world.rejects] == [bad]
    assert len(found) == 260
    with pytest.raises(ProviderError, match=r"answer\."):
        await world.client.order(bad)


@pytest.mark.parametrize("feature", ["", "plain_names"])
async def test_prices_and_stock(world: World, feature: str) -> None:
    world.switch(feature)
    listings = await world.listings()
    assert len(listings) == 140
    truth = {row["remote_id"]: row for row in world.get("listings")}
    assert {key: one.stock for key, one in listings.items()} == {key: row["stock"] for key, row in truth.items()}
    first, second = list(listings.values())[:2]
    assert first.price is not None
    assert second.price is not None
    good = PriceChange("p1", ref(first), Money.of("9999.90", "TRY"), list_price=Money.of("12000", "TRY"))
    half = PriceChange("p2", ref(second), Money((second.price.amount / 10).quantize(second.price.amount), "TRY"))
    gone = PriceChange("p3", ListingRef("yok", "yok"), Money.of("5.00", "TRY"))
    ends = await world.set_prices([good, half, gone])
    assert ends["p1"][0] is OutcomeState.DONE
    assert [m.code for _, m in (ends["p2"], ends["p3"]) if m is not None] == ["item.refused", "item.not_found"]
    await stocks_are_set(world, first, second)
    after = await world.listings()
    assert (after[first.remote_id].price, after[first.remote_id].list_price) == (good.price, good.list_price)
    assert (after[first.remote_id].stock, after[second.remote_id].stock) == (7, 0)


@pytest.mark.parametrize("feature", ["", "limits_as_400"])
async def test_the_same_prices_twice(world: World, feature: str) -> None:
    world.switch(feature)
    world.post("limits", {"on": True})
    stocks = [StockChange("s", ListingRef("PX-00001", "PX-00001"), 5)]
    await world.client.set_stocks(stocks)
    world.advance(6)
    with pytest.raises(ProviderError) as caught:
        await world.client.set_stocks(stocks)
    assert (caught.value.message.code, caught.value.message.retry_after) == ("rate.repeated", 1800.0)
    await world.client.set_stocks([StockChange("s", ListingRef("PX-00001", "PX-00001"), 6)])
    with pytest.raises(ProviderError, match=r"rate\.limited"):  # a second one within a second
        await world.client.set_stocks([StockChange("s", ListingRef("PX-00001", "PX-00001"), 7)])
    world.advance(1801)
    await world.client.set_stocks(stocks)


async def test_an_own_contract_with_a_carrier(world: World) -> None:
    world.switch("own_cargo")
    number, other = world.post("orders", {"count": 2})["remote_ids"]
    orders = await world.orders(1)
    assert orders[number].ship_to.phone.startswith("+90"), "only with a contract of one's own"
    for _ in range(2):
        told = ShipmentNotice("n", number, number, "Sürat Kargo", "734512098765", extra=orders[number].extra)
        assert (await world.confirm(told)).state is OutcomeState.DONE
    after = (await world.orders(1))[number]
    assert (after.status, after.tracking_number) == (OrderStatus.SHIPPED, "734512098765")
    assert world.get("state")["counters"][f"status:{number}"] == 1
    # The model is found by trying when the order does not tell it.
    items = {"items": orders[other].extra["items"]}
    announced = ShipmentNotice("n", other, other, "Yurtiçi Kargo", "735", extra=items)
    outcome = await world.confirm(announced)
    assert outcome.state is OutcomeState.DONE
    assert outcome.remote_ref != other, "the code that the vendor made"
    assert (await world.orders(1))[other].status is OrderStatus.OPEN


async def test_the_vendors_carriers(world: World) -> None:
    order = await world.placed()
    outcome = await world.confirm(ShipmentNotice("n", order.remote_id, order.remote_id, extra=order.extra))
    after = (await world.orders(1))[order.remote_id]
    assert (outcome.state, outcome.remote_ref) == (OutcomeState.DONE, after.extra["partialNumber"])
    assert after.vendor_status == "Kargoya Verilecek"
    order = await world.placed()
    world.post("cancel", {"remote_id": order.remote_id})
    outcome = await world.confirm(ShipmentNotice("n", order.remote_id, order.remote_id, extra=order.extra))
    assert outcome.state is OutcomeState.REFUSED
    assert outcome.message is not None
    assert outcome.message.code == "item.conflict"


async def test_returns(world: World) -> None:
    window = Window(world.now() - timedelta(days=29), world.now())
    claims = [one async for page in world.client.claims(window) for one in page.items]
    ready = next(one for one in claims if one.status == "İade Tedarikçide")
    assert all(count > 0 for one in claims for _, count in one.lines)
    assert (await world.client.accept_claim(ready)).state is OutcomeState.DONE
    assert (await world.client.accept_claim(ready)).state is OutcomeState.DONE, "refused, because it is accepted"
    early = next(one for one in claims if one.status == "İade Kargoda")
    assert (await world.client.accept_claim(early)).state is OutcomeState.REFUSED


@FAULTS
async def test_a_failed_page_is_never_the_last(world: World, fault: Mapping[str, Any]) -> None:
    await a_failed_page_fails_the_list(world, fault, skip=4, days=60)
