"""`paxzar publish …` from the outside, from a WooCommerce shop to Trendyol, both rehearsal servers: what is asked, remembered, missing,
sent and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.sandboxes.trendyol import create
from tests.app.api.conftest import Cli, Shop
from tests.support.serving import serve

MARKET = "Pazar yeri"


class Market:
    def __init__(self, sandbox: Any, control: httpx.Client) -> None:
        self.sandbox, self.control = sandbox, control

    def products(self) -> dict[str, dict[str, Any]]:
        return {row["sku"]: row for row in self.control.get("/products").json()}

    def switch(self, feature: str) -> None:
        assert self.control.post("/switch", json={"feature": feature, "on": True}).status_code == 200


@pytest.fixture
def market(connected: Cli, tmp_path: Path) -> Iterator[Market]:
    sandbox = create(seed=3)
    with serve(sandbox.app) as address, httpx.Client(base_url=f"{address}/_control", timeout=60) as control:
        held = {k: v for k, v in control.get("/credentials").json().items() if v}
        secrets = tmp_path / "market.json"
        secrets.write_text(json.dumps(held), encoding="utf-8")
        done = connected("connect", "trendyol", "--name", MARKET, "--base-url", address, "--secrets-from", str(secrets))
        assert done.exit_code == 0, done.output
        assert connected("sync", "Dükkân", "--listings").exit_code == 0
        yield Market(sandbox, control)


def simple(cli: Cli, count: int) -> list[str]:
    """SKUs of the shop with a price, a stock and no variants beside them."""
    rows = [one for one in cli.json("listings", "Dükkân") if one["price"] and one["stock"] and one["sku"]]
    assert len(rows) >= count
    return [one["sku"] for one in rows[:count]]


def drain(cli: Cli, market: Market) -> list[dict[str, Any]]:
    """Until nothing is on its way, the market's own clock moved on between."""
    for _ in range(12):
        cli("outbox", MARKET, "--drain", "--patience", "0")
        items = [one for one in cli.json("outbox", MARKET)["items"] if one["kind"] == "product"]
        if all(one["state"] in ("done", "refused") for one in items):
            return items
        market.sandbox.clock.offset += 60
    raise AssertionError(items)


def test_from_a_shop_to_a_marketplace(connected: Cli, market: Market) -> None:
    cli = connected
    good, bad = simple(cli, 2)
    found = cli.json("publish", "categories", MARKET, "--limit", "500")["categories"]
    assert found
    # Each thing that is missing has a sentence with its field.
    plan = cli.json("publish", "plan", MARKET, good, exit_code=1)
    assert {"category", "images"} <= {one["field"] for one in plan[0]["problems"]}
    assert all(one["text"] for one in plan[0]["problems"])
    for number, sku in enumerate((good, bad)):
        fields = {"brand": "Örnek", "category": "Benim", "vat": "20", "desi": "1,5", "barcode": f"869000000777{number}"}
        pairs = [part for pair in fields.items() for part in ("--set", "=".join(pair))]
        kept = cli.json("publish", "content", sku, *pairs, "--image", f"https://cdn.example.com/{number}.jpg")
        assert (kept["vat"], kept["desi"], kept["images"]) == ("20", "1.5", [f"https://cdn.example.com/{number}.jpg"])
    category, attributes = _answerable(cli, [one["id"] for one in found])
    assert cli("publish", "map", "category", MARKET, "Benim", category).exit_code == 0
    for one in attributes:
        value = one["choices"][0]["name"] if one["choices"] else "Türkiye"
        done = cli("publish", "map", "value", MARKET, category, one["id"], value)
        assert done.exit_code == 0, done.output
    memory = cli.json("publish", "map", "list", MARKET)
    assert [one["id"] for one in memory["categories"]] == [category]
    plan = cli.json("publish", "plan", MARKET, good, bad, "--from", "Dükkân")
    assert [one["ready"] for one in plan] == [True, True]
    market.switch(f"refuse_product:{bad}")
    sent = cli.json("publish", "send", MARKET, good, bad)
    assert sent["queued"] == [good, bad]
    items = {one["sku"]: one for one in drain(cli, market)}
    assert (items[good]["state"], items[bad]["state"]) == ("done", "refused")
    assert items[bad]["message"]["vendor_text"] or items[bad]["message"]["code"]
    row = market.products()[good]
    listing = next(one for one in cli.json("listings", "Dükkân") if one["sku"] == good)
    assert (row["title"], float(row["price"])) == (listing["title"], float(listing["price"]))
    assert bad not in market.products()
    audit = cli.json("audit", "--action", "product.wished")
    assert [one["details"] for one in audit] == [{"count": 2}]


def _answerable(cli: Cli, ids: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """A category whose required attributes can all be answered, and these."""
    for category in ids[:20]:
        asked = [one for one in cli.json("publish", "attributes", MARKET, category)["attributes"] if one["required"]]
        if all(one["choices"] or one["free"] for one in asked):
            return category, asked
    raise AssertionError("no such category")


def test_what_cannot_be_meant_is_told(connected: Cli, market: Market, shop: Shop) -> None:
    cli = connected
    assert cli("publish", "plan", "Yok", "X").exit_code == 2
    nothing = cli("publish", "map", "category", MARKET, "Benim", "böyle bir kategori yok")
    assert (nothing.exit_code, "böyle bir kategori yok" in nothing.output) == (2, True)
    wrong = cli("publish", "content", "SKU", "--set", "colour=red")
    assert (wrong.exit_code, "colour" in wrong.output) == (2, True)
    assert cli("publish", "content", "SKU", "--set", "vat").exit_code == 2
    left = cli.json("publish", "send", MARKET, "YOK-BOYLE", exit_code=1)
    assert (left["queued"], left["plan"]) == ([], "")
    assert {"title", "price", "quantity"} <= {one["field"] for one in left["left"][0]["problems"]}
    assert cli.json("outbox", MARKET)["items"] == []


def test_the_commands_can_be_handed_over() -> None:
    from app.api.commands import COMMANDS
    from app.api.handover import read_rooms

    read_rooms()
    assert {f"publish_{name}" for name in ("categories", "attributes", "content", "plan", "send", "map_list")} <= set(
        COMMANDS
    )
