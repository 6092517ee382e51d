"""The N11 client against its fake server, over a loopback socket: what the contract suite does not ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.contracts import OutcomeState
from app.model import ShipmentNotice
from providers.marketplaces.n11 import N11
from providers.sandboxes.n11 import create
from tests.providers.marketplaces.live_support import (
    FAULTS,
    World,
    a_failed_page_fails_the_list,
    a_wrong_key_is_refused,
    equals_the_truth,
    nothing_is_lost,
    prices_and_stock_are_set,
    probe,
    read_claims,
    read_orders,
    rig,
)

base, world = rig(create, N11, ("app_key", "app_secret"), orders=260, listings=270, limits=True)


async def test_a_wrong_key(world: World) -> None:
    await world.client.probe()
    await a_wrong_key_is_refused(world, probe, read_orders, read_claims)


@pytest.mark.parametrize("switch", ["", "plain_status", "shifted_epochs", "location_based"])
async def test_orders_equal_the_truth(world: World, switch: str) -> None:
    world.switch(switch)
    found, truth = await world.orders(), world.truth(days=28)
    assert world.rejects == []
    shift = timedelta(hours=3 if switch == "shifted_epochs" else 0)  # not known to the client: nothing is lost by it
    by_number = {one.number: one for one in found.values()}
    for key, row in truth.items():
        equals_the_truth(found.get(key) or by_number[row["number"]], row, shift)


async def test_nothing_is_lost_while_packages_move(world: World) -> None:
    await nothing_is_lost(world, pages=4, days=28)


async def test_prices_and_stock(world: World) -> None:
    listings = await world.listings()
    assert len(listings) == 270
    first, second = list(listings.values())[:2]
    price, _ = await prices_and_stock_are_set(world, first, second)
    after = (await world.listings())[first.remote_id]
    assert (after.price, after.list_price, after.stock) == (price, price, 7)


async def test_picking_twice_is_once(world: World) -> None:
    order = await world.placed()
    for _ in range(2):
        notice = ShipmentNotice("n", order.remote_id, order.number, extra=order.extra)
        assert (await world.confirm(notice)).state is OutcomeState.DONE
    world.post("cancel", {"remote_id": (other := world.post("orders", {"count": 1})["remote_ids"][0])})
    gone = ShipmentNotice("n", other, extra={"lines": order.extra["lines"], "packageId": other})
    assert (await world.confirm(gone)).state is OutcomeState.REFUSED


@FAULTS
async def test_a_failed_page_is_never_the_last(world: World, fault: Mapping[str, Any]) -> None:
    await a_failed_page_fails_the_list(world, fault, skip=1)
