"""The idefix client against its fake server, over a loopback socket: what the contract suite does not ask. Limits are off but where
a test is about them; the contract suite connects without a secret, so here is the older account that has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.contracts import OutcomeState
from app.model import ShipmentNotice
from providers.marketplaces.idefix import Idefix
from providers.sandboxes.idefix import create
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
    rig,
)

base, world = rig(
    create, Idefix, ("api_key", "api_secret"), orders=160, listings=130, limits=False, paths={"orders": "/oms", "products": "/pim"}
)  # fmt: skip


async def test_a_wrong_key(world: World) -> None:
    await world.client.probe()
    await a_wrong_key_is_refused(world, probe, read_orders, read_claims)


@pytest.mark.parametrize("switch", ["", "not_ready"])
async def test_orders_equal_the_truth(world: World, switch: str) -> None:
    world.switch(switch)
    await all_orders_equal_the_truth(world)


async def test_nothing_is_lost_while_shipments_move(world: World) -> None:
    await nothing_is_lost(world, pages=3)


@pytest.mark.parametrize("switch", ["", "small_pages", "other_envelope"])
async def test_listings(world: World, switch: str) -> None:
    world.switch(switch)
    found, truth = await world.listings(), {row["remote_id"]: row for row in world.get("listings")}
    assert found.keys() == truth.keys()
    assert all(found[key].stock == row["stock"] for key, row in truth.items())


async def test_prices_and_stock(world: World) -> None:
    first, second = list((await world.listings()).values())[:2]
    price, _ = await prices_and_stock_are_set(world, first, second)
    after = (await world.listings())[first.remote_id]
    assert (after.price, after.list_price, after.stock) == (price, None, 7)


async def test_shipping(world: World) -> None:
    first, second, third = world.post("orders", {"count": 3})["remote_ids"]
    orders = await world.orders(days=1)

    async def confirm(key: str, **told: Any) -> Any:
        return await world.confirm(ShipmentNotice("n", key, orders[key].number, **told))

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


@FAULTS
async def test_a_failed_page_is_never_the_last(world: World, fault: Mapping[str, Any]) -> None:
    await a_failed_page_fails_the_list(world, fault, skip=2)
