"""`paxzar orders combine`, `split` and `separate` from the outside: one parcel at the carrier for two orders, two for one, and the
channel's own split where it has one."""

from __future__ import annotations

import asyncio

import httpx
import msgspec

from tests.app.api.conftest import Cli
from tests.app.api.test_cli_service import SHOP, World, trendyol, world  # noqa: F401 - fixtures
from tests.app.api.test_cli_shipping import carrier, dock, fill, truth  # noqa: F401 - fixtures
from tests.app.printing.making import line
from tests.app.shipping.making import order


def test_two_orders_in_one_parcel_and_one_in_two(dock: Cli, carrier: httpx.Client) -> None:  # noqa: F811
    said = dock("orders", "combine", "1").output
    assert "S-1: 2 more orders of this buyer to this address. S-2, S-3" in said
    made = dock.json("orders", "combine", "1", "2")
    assert (made["kind"], made["orders"]) == ("combined", ["S-1", "S-2"])
    assert dock("orders", "combine", "1", "3").exit_code == 0, "the same buyer and address, another phone"
    assert dock.json("orders", "separate", "3")["orders"] == ["S-1", "S-2", "S-3"]
    dock.json("orders", "combine", "2", "1")
    shipped = dock.json("ship", "1", "2", "--carrier", "YK")
    assert (len(shipped["parcels"]), len(truth(carrier))) == (1, 1)
    assert dock("orders", "separate", "1").exit_code == 1
    assert dock("ship", "2", "--carrier", "YK").exit_code == 1
    assert len(truth(carrier)) == 1
    asyncio.run(fill(dock.folder, msgspec.structs.replace(order("6"), lines=(line("A", 3), line("B")))))
    assert dock("orders", "split", "6").exit_code == 2
    assert dock("orders", "split", "6", "--lines", "A:9").exit_code == 1
    parts = dock.json("orders", "split", "6", "--lines", "A:1", "--lines", "A:1,B:1")["parcels"]
    assert [[(one["line"], one["quantity"]) for one in part["lines"]] for part in parts] == [
        [("A", 1)], [("A", 1), ("B", 1)], [("A", 1)],
    ]  # fmt: skip
    dock.json("orders", "separate", "6")
    assert len(dock.json("orders", "split", "6", "--into", "2")["parcels"]) == 2
    shipped = dock.json("ship", "6", "--carrier", "YK")
    assert (len(shipped["parcels"]), len(truth(carrier))) == (2, 3)


def test_a_channel_that_makes_packages_splits_them_itself(world: World) -> None:  # noqa: F811
    world.pull()
    order_ = next(
        one for one in world.orders("Created") if sum(line["quantity"] for line in one["lines"]) > 1
    )  # fmt: skip
    piece = order_["lines"][0]
    told = world.cli.json("orders", "split", order_["remote_id"], "--lines", f"{piece['sku']}:1")
    assert (told["connection"], told["state"], len(told["groups"])) == (SHOP, "done", 1)
    assert world.cli.json("orders", "separate", order_["remote_id"])["orders"] == [], (
        "no parcels of our own were planned"
    )
