"""The Pazarama client against its fake server, over a loopback socket: what the contract suite does not ask. Limits are off but
where a test is about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.contracts import OutcomeState, ProviderError
from app.model import Money, PriceChange, ShipmentNotice, StockChange
from providers.marketplaces.pazarama import Pazarama
from providers.sandboxes.pazarama import create
from tests.providers.marketplaces.live_support import (
    FAULTS,
    World,
    a_failed_page_fails_the_list,
    a_wrong_key_is_refused,
    all_orders_equal_the_truth,
    nothing_is_lost,
    prices_and_stock_are_set,
    probe,
    read_claims,
    read_orders,
    ref,
    rig,
)

base, world = rig(
    create, Pazarama, ("client_secret",), orders=260, listings=130, limits=False, paths={"token": "/connect/token"}
)  # fmt: skip


async def test_a_wrong_key(world: World) -> None:
    await world.client.probe()
    await a_wrong_key_is_refused(world, probe, read_orders, read_claims)


async def test_a_plain_token(world: World) -> None:
    world.switch("plain_token")
    await world.client.probe()


async def test_orders_equal_the_truth(world: World) -> None:
    await all_orders_equal_the_truth(world)


async def test_nothing_is_lost_while_orders_move(world: World) -> None:
    await nothing_is_lost(world, pages=3)


async def test_prices_and_stock(world: World) -> None:
    listings = await world.listings()
    assert len(listings) == 130
    first, second, third = list(listings.values())[:3]
    waiting = PriceChange("p3", ref(third), Money.of("5.00", "TRY"), list_price=Money.of("500.00", "TRY"))
    price, ends = await prices_and_stock_are_set(world, first, second, waiting)
    assert ends["p3"][1] is not None
    assert (ends["p3"][1].code, ends["p3"][1].params) == ("item.refused", {"reason": "waits for approval"})
    after = await world.listings()
    assert (after[first.remote_id].price, after[first.remote_id].stock) == (price, 7)
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
    world.switch("contracted", contracted)
    order = await world.placed()
    told = ShipmentNotice("n", order.remote_id, order.number, "Yurtiçi Kargo", "734512098765", extra=order.extra)
    for _ in range(2):
        assert (await world.confirm(told)).state is OutcomeState.DONE
    after = (await world.orders(days=1))[order.remote_id]
    assert after.tracking_number == ("" if contracted else "734512098765")
    order = await world.placed()
    world.post("cancel", {"remote_id": order.remote_id})
    outcome = await world.confirm(
        ShipmentNotice("n", order.remote_id, order.number, "Yurtiçi Kargo", "1", extra=order.extra)
    )
    assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, "item.conflict")


@FAULTS
async def test_a_failed_page_is_never_the_last(world: World, fault: Mapping[str, Any]) -> None:
    await world.client.probe()
    await a_failed_page_fails_the_list(world, fault, skip=1)
