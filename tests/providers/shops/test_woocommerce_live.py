"""The WooCommerce client against its fake server, over a loopback socket: OAuth 1.0a as on a plain http site, Basic as on https."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.contracts import Account, ProviderError, Secret
from app.kit import MemoryTokens
from app.model import Listing, ListingRef, Money, Order, PriceChange, ShipmentNotice, StockChange, Window
from providers.sandboxes.woocommerce import create
from providers.shops.woocommerce import WooCommerce
from tests.support.serving import serve

AGO = timedelta(days=120)


class World:
    """The client, and the fake's control room."""

    def __init__(
        self, base: str, http: httpx.AsyncClient, *, https: bool = False, secret: str = "", **settings: str
    ) -> None:
        self.room = httpx.Client(base_url=f"{base}/_control")
        held = self.get("credentials")
        account = Account(
            id="a", integration="woocommerce", environment="live", tokens=MemoryTokens(),
            urls={"api": base.replace("http:", "https:") if https else base}, now=lambda: datetime.now(UTC),
            nonce=lambda: secrets.token_hex(16), settings=settings,
            secrets={
                "consumer_key": Secret(held["consumer_key"]),
                "consumer_secret": Secret(secret or held["consumer_secret"]),
            },
        )  # fmt: skip
        if https:
            http.headers["x-forwarded-proto"] = "https"
        self.client = WooCommerce(http, account)
        self.rejects: list[Any] = []

    def get(self, what: str) -> Any:
        return self.room.get(f"/{what}").raise_for_status().json()

    def post(self, what: str, data: Any) -> Any:
        return self.room.post(f"/{what}", json=data).raise_for_status().json()

    def switch(self, feature: str, on: bool = True) -> None:
        self.post("switch", {"feature": feature, "on": on})

    async def orders(self, since: datetime | None = None, until: datetime | None = None) -> dict[str, Order]:
        now = datetime.now(UTC)
        found: dict[str, Order] = {}
        self.rejects = []
        self.covered: list[datetime | None] = []
        async for page in self.client.orders(Window(since or now - AGO, until or now + timedelta(seconds=2))):
            found |= {o.remote_id: o for o in page.items}
            self.rejects += page.rejects
            self.covered.append(page.covered_until)
        return found

    async def listings(self) -> dict[str, Listing]:
        return {x.remote_id: x async for page in self.client.listings(None) for x in page.items}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(create(seed=5).app) as url:
        yield url


@pytest.fixture
async def world(base: str) -> AsyncIterator[World]:
    async with httpx.AsyncClient(base_url=base) as http:
        made = World(base, http)
        made.post("reset", {"orders": 330, "listings": 250, "seed": 5})
        yield made
        made.room.close()


async def test_probe_and_wrong_keys(world: World, base: str) -> None:
    found = await world.client.probe()
    assert found.facts["currency"] == "TRY"
    processing = sum(r["status"] == "processing" for r in world.get("orders"))
    assert found.server_orders == processing > 0
    for https in (False, True):
        async with httpx.AsyncClient(base_url=base) as http:
            wrong = World(base, http, https=https, secret="cs_nope")
            with pytest.raises(ProviderError, match=r"auth\.refused"):
                await wrong.client.probe()
            wrong.room.close()


@pytest.mark.parametrize("keys_in_query", ["no", "yes"])
async def test_https(world: World, base: str, keys_in_query: str) -> None:
    world.switch("strip_authorization", keys_in_query == "yes")
    async with httpx.AsyncClient(base_url=base) as http:
        secure = World(base, http, https=True, keys_in_query=keys_in_query)
        assert (await secure.client.probe()).server_orders
        secure.room.close()


def equal(found: dict[str, Order], truth: list[dict[str, Any]]) -> None:
    assert found.keys() == {r["remote_id"] for r in truth}
    for row in truth:
        order = found[row["remote_id"]]
        assert (order.number, order.vendor_status, order.buyer.name) == (row["number"], row["status"], row["buyer"])
        assert order.total == Money.of(row["total"], row["currency"])
        assert order.placed_at == datetime.fromisoformat(row["placed_at"]).replace(microsecond=0)
        assert order.updated_at == datetime.fromisoformat(row["updated_at"]).replace(microsecond=0)
        lines = [(x.remote_id, x.sku, x.quantity) for x in order.lines]
        assert lines == [(x["remote_id"], x["sku"], x["quantity"]) for x in row["lines"]]
        for line, told in zip(order.lines, row["lines"], strict=True):
            assert line.unit_price.money.amount >= Money.of(told["unit_price"], "TRY").amount  # told without VAT


@pytest.mark.parametrize("feature", ["", "php_warning", "bom", "line_price_number", "skewed_clock"])
async def test_orders_equal_the_truth(world: World, feature: str) -> None:
    if feature:
        world.switch(feature)
    equal(await world.orders(), world.get("orders"))
    assert world.rejects == []
    marks = [c for c in world.covered if c is not None]
    assert len(marks) > 3
    assert marks == sorted(marks)


async def test_an_old_shop(world: World) -> None:
    world.switch("orderby_modified", False)
    equal(await world.orders(), world.get("orders"))
    assert set(world.covered) == {None}


@pytest.mark.parametrize("by_modified", [True, False])
async def test_nothing_is_lost_while_orders_move(world: World, by_modified: bool) -> None:
    world.switch("orderby_modified", by_modified)
    started = datetime.now(UTC)
    world.post("between", [{"new": 2, "touch": 25, "seed": n} for n in range(3)])
    first = await world.orders(until=started)
    later = await world.orders(since=started - timedelta(seconds=1))
    equal(first | later, world.get("orders"))


async def test_a_whole_page_in_one_second(world: World) -> None:
    """`touch` puts more than two pages into the same second or two; an import does the same."""
    world.post("touch", {"count": 320, "seed": 1})
    equal(await world.orders(), world.get("orders"))


async def test_one_damaged_record_costs_only_itself(world: World) -> None:
    before = await world.orders()
    victim = list(before)[100]
    world.post("damage", {"remote_id": victim})
    after = await world.orders()
    assert before.keys() - after.keys() == {victim}
    assert {r.remote_id for r in world.rejects} == {victim}


async def test_one_order_by_its_number(world: World) -> None:
    row = world.get("orders")[17]
    assert [o.remote_id for o in await world.client.order(f"#{row['number']}")] == [row["remote_id"]]
    assert await world.client.order("99999999") == ()


async def test_listings_equal_the_truth(world: World) -> None:
    found, truth = await world.listings(), {r["remote_id"]: r for r in world.get("listings")}
    assert found.keys() == truth.keys()
    assert len(found) >= 250
    for key, row in truth.items():
        one = found[key]
        assert (one.sku, one.barcode, one.stock) == (row["sku"], row["barcode"], row["stock"])
        assert one.title.startswith(row["title"])  # a variation's title tells its options too
        assert one.price == Money.of(row["price"], row["currency"])
        assert one.list_price == (Money.of(row["list_price"], row["currency"]) if row["list_price"] else one.price)
        assert one.parent_id == (row["parent_id"] or "")


def ref(one: Listing) -> ListingRef:
    return ListingRef(one.remote_id, one.sku, one.barcode, one.extra)


async def test_prices_and_stock_are_set_and_read_back(world: World) -> None:
    found = await world.listings()
    variation = next(x for x in found.values() if x.parent_id)
    single = next(x for x in found.values() if not x.parent_id)
    missing = ListingRef("987654", "yok")
    receipt = await world.client.set_prices(
        [
            PriceChange("a", ref(variation), Money.of("1.95", "TRY"), was_list_price=variation.list_price),
            PriceChange("b", ref(single), Money.of("10.00", "TRY"), Money.of("12.50", "TRY")),
            PriceChange("c", missing, Money.of("1.00", "TRY")),
        ]
    )
    assert [str(o.state) for o in receipt.outcomes] == ["done", "done", "refused"]
    assert receipt.outcomes[2].message is not None
    assert receipt.outcomes[2].message.code == "item.not_found"
    for _ in range(2):  # twice is harmless
        receipt = await world.client.set_stocks(
            [StockChange("a", ref(variation), 7), StockChange("b", ref(single), 0), StockChange("c", missing, 1)]
        )
        assert [str(o.state) for o in receipt.outcomes] == ["done", "done", "refused"]
    after = await world.listings()
    assert (after[variation.remote_id].price, after[variation.remote_id].stock) == (Money.of("1.95", "TRY"), 7)
    assert after[variation.remote_id].list_price == variation.list_price
    assert (after[single.remote_id].price, after[single.remote_id].list_price) == (
        Money.of("10.00", "TRY"),
        Money.of("12.50", "TRY"),
    )
    assert after[single.remote_id].stock == 0


async def test_a_read_only_key(world: World) -> None:
    one = next(iter((await world.listings()).values()))
    world.switch("read_only")
    with pytest.raises(ProviderError, match=r"auth\.read_only"):
        await world.client.set_stocks([StockChange("a", ref(one), 1)])


async def test_shipments_are_confirmed_once_and_again(world: World) -> None:
    world.switch("block_put")
    rows = [r for r in world.get("orders") if r["status"] == "processing"][:2]
    world.post("cancel", {"remote_id": rows[1]["remote_id"]})
    notices = [
        ShipmentNotice(f"k{n}", r["remote_id"], r["number"], "Yurtiçi Kargo", f"12{n}") for n, r in enumerate(rows)
    ]
    notices.append(ShipmentNotice("k2", "987654", carrier="Aras"))
    for _ in range(2):
        outcomes = (await world.client.confirm_shipments(notices)).outcomes
        assert [str(o.state) for o in outcomes] == ["done", "refused", "refused"], outcomes
    statuses = {r["remote_id"]: r["status"] for r in world.get("orders")}
    assert statuses[rows[0]["remote_id"]] == "completed"
    sent = [c for c in world.get("calls") if c["method"] == "POST" and c["path"].endswith("/notes")]
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 500}, "server.error"),
        ({"kind": "status", "status": 429}, "rate.limited"),
        ({"kind": "html"}, "server.html"),
        ({"kind": "html", "status": 403}, "auth.ip_not_allowed"),
        ({"kind": "garbage"}, "answer.unreadable"),
        ({"kind": "redirect", "location": "https://www.baska.example/"}, "server.redirect"),
    ],
)
async def test_a_failed_page_is_never_the_last(world: World, fault: dict[str, Any], code: str) -> None:
    world.post("faults", {**fault, "skip": 1})
    with pytest.raises(ProviderError) as caught:
        await world.orders()
    assert caught.value.message.code == code


async def test_plain_permalinks_are_a_wrong_address(world: World) -> None:
    world.switch("pretty_permalinks", False)
    with pytest.raises(ProviderError, match=r"config\.wrong_url"):
        await world.client.probe()
