"""The Shopify client against the fake shop over HTTP: what it reads is the truth, what it writes arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.contracts import OutcomeState, ProviderError, Reject, Secret, Token, capabilities_of
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from app.model import Listing, ListingRef, Money, Order, OrderStatus, PriceChange, ShipmentNotice, StockChange, Window
from providers.sandboxes.shopify import create
from providers.shops.shopify import Shopify
from tests.providers.shops.shopify_support import account
from tests.support.serving import serve


class Rig:
    def __init__(self, box: Any, http: httpx.AsyncClient, base: str) -> None:
        self.box, self.http, self.base = box, http, base
        self.shop = self.client()

    def client(self, **held: str) -> Shopify:
        """With the fake's static token unless other secrets are given."""
        keys = self.box.credentials
        secrets = held or {"access_token": keys["access_token"]}
        acct = account(self.base, secrets, {"client_id": keys["client_id"]})
        object.__setattr__(acct, "now", lambda: self.box.clock.now())
        return Shopify(self.http, acct)

    async def control(self, path: str, body: Any) -> None:
        assert (await self.http.post(f"/_control/{path}", json=body)).status_code == 200

    async def switch(self, feature: str, on: bool = True) -> None:
        await self.control("switch", {"feature": feature, "on": on})

    def window(self) -> Window:
        """Up to now, to the second; everything so far is in it."""
        return Window(datetime(2020, 1, 1, tzinfo=UTC), self.box.clock.now() + timedelta(seconds=1))

    async def orders(self, window: Window | None = None) -> tuple[list[Order], list[Reject]]:
        items: list[Order] = []
        rejects: list[Reject] = []
        async for page in self.shop.orders(window or self.window()):
            items += page.items
            rejects += page.rejects
        return items, rejects

    async def listings(self, since: datetime | None = None) -> list[Listing]:
        return [one async for page in self.shop.listings(since) for one in page.items]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    box = create(orders=130, listings=120)
    with serve(box.app) as base:
        async with httpx.AsyncClient(base_url=base) as http:
            yield Rig(box, http, base)


def ref(listing: Listing) -> ListingRef:
    return ListingRef(listing.remote_id, listing.sku, listing.barcode, listing.extra)


def test_capabilities() -> None:
    expected = {
        "probe", "order_source", "listing_source", "price_sink", "stock_sink", "shipment_sink", "product_publishing",
    }  # fmt: skip
    assert capabilities_of(Shopify) == expected


async def test_probe_with_either_key(rig: Rig) -> None:
    for shop in (rig.shop, rig.client(client_secret=rig.box.credentials["client_secret"])):
        found = await shop.probe()
        assert found.facts["currency"] == "TRY"
        assert found.server_orders is not None
        assert found.warnings == ()


async def test_wrong_keys(rig: Rig) -> None:
    for held in ({"access_token": "shpat_x"}, {"client_secret": "x"}):
        with pytest.raises(ProviderError) as caught:
            await rig.client(**held).probe()
        assert caught.value.message.code == "auth.refused"
    await rig.switch("shop_not_permitted")
    with pytest.raises(ProviderError) as caught:
        await rig.client(client_secret=rig.box.credentials["client_secret"]).probe()
    assert caught.value.message.code == "auth.forbidden"


async def test_an_ended_token_is_fetched_again(rig: Rig) -> None:
    shop = rig.client(client_secret=rig.box.credentials["client_secret"])
    await shop.account.tokens.put("shopify", Token(Secret("gone"), rig.box.clock.now() + timedelta(hours=5)))
    assert (await shop.probe()).facts["currency"] == "TRY"
    await rig.control("clock", {"advance": 2 * 86_400})
    assert (await shop.probe()).facts["currency"] == "TRY"
    assert rig.box.counters()["tokens"] == 2


def same(order: Order, row: dict[str, Any]) -> None:
    assert (order.number, order.vendor_status) == (row["number"], row["status"])
    assert (str(order.total.amount.quantize(Decimal("0.01"))), order.total.currency) == (row["total"], row["currency"])
    told = [(x.remote_id, x.sku, x.quantity, x.unit_price.money.amount) for x in order.lines]
    assert told == [(x["remote_id"], x["sku"], x["quantity"], Decimal(x["unit_price"])) for x in row["lines"]]
    assert order.buyer.name == row["buyer"]


async def test_all_orders_equal_the_truth(rig: Rig) -> None:
    cancelled = rig.box.truth_orders()[5]["remote_id"]
    await rig.control("cancel", {"remote_id": cancelled})
    items, rejects = await rig.orders()
    truth = {row["remote_id"]: row for row in rig.box.truth_orders()}
    assert not rejects
    assert [o.remote_id for o in items] == [o.remote_id for o in sorted(items, key=lambda o: o.updated_at)]
    assert {o.remote_id for o in items} == truth.keys()
    assert len(items) == len(truth)
    for order in items:
        same(order, truth[order.remote_id])
    assert next(o for o in items if o.remote_id == cancelled).status is OrderStatus.CANCELLED
    till = [o for o in items if o.extra["source"] == "pos"]
    assert till
    assert all(o.fulfilled_by_channel for o in till)


async def test_no_order_is_lost_while_they_move(rig: Rig) -> None:
    await rig.control("between", [{"new": 2, "touch": 9, "seed": n} for n in range(4)])
    seen: dict[str, Order] = {}
    window = rig.window()
    for _ in range(8):  # as the job does it: the next window ends now and overlaps the one before
        items, rejects = await rig.orders(window)
        assert not rejects
        seen.update((o.remote_id, o) for o in items)
        await rig.control("clock", {"advance": 10})
        window = Window(window.until - timedelta(seconds=5), rig.box.clock.now())
    assert len(seen) == 138
    truth = {row["remote_id"]: row for row in rig.box.truth_orders()}
    assert seen.keys() == truth.keys()
    for key, order in seen.items():
        same(order, truth[key])


async def test_covered_until_never_promises_too_much(rig: Rig) -> None:
    """After each page, all that changed before its promise has been told."""
    truth = {row["remote_id"]: datetime.fromisoformat(row["updated_at"]) for row in rig.box.truth_orders()}
    told: set[str] = set()
    promises = []
    async for page in rig.shop.orders(rig.window()):
        told |= {o.remote_id for o in page.items}
        assert page.covered_until is not None
        promises.append(page.covered_until)
        assert {key for key, at in truth.items() if at < page.covered_until} <= told
    assert promises == sorted(promises)
    assert len(promises) > 2


async def test_a_damaged_order_costs_only_itself(rig: Rig) -> None:
    broken = rig.box.truth_orders()[60]["remote_id"]
    await rig.control("damage", {"remote_id": broken})
    items, rejects = await rig.orders()
    assert [r.remote_id for r in rejects] == [broken]
    assert len(items) == 129


async def test_hidden_buyers(rig: Rig) -> None:
    await rig.switch("hide_buyers")
    items, rejects = await rig.orders()
    assert len(items) == 130
    assert not rejects
    assert {o.buyer.email for o in items} == {""}


async def test_a_missing_scope_is_named(rig: Rig) -> None:
    await rig.switch("no_scope:read_orders")
    with pytest.raises(ProviderError) as caught:
        await rig.orders()
    assert caught.value.message.code == "auth.forbidden"
    assert "read_orders" in caught.value.message.params["scope"]
    found = await rig.shop.probe()
    assert [w.params["scope"] for w in found.warnings] == ["read_orders"]
    assert found.server_orders is None


@pytest.mark.parametrize("as_429", [False, True])
async def test_throttled(rig: Rig, as_429: bool) -> None:
    if as_429:
        await rig.switch("throttle_429")
    await rig.switch("drained")
    with pytest.raises(ProviderError) as caught:
        await rig.orders()
    assert caught.value.message.code == "rate.limited"
    assert 1 <= (caught.value.message.retry_after or 0) < 60


async def test_one_order_by_number(rig: Rig) -> None:
    number = rig.box.truth_orders()[7]["number"]
    for typed in (number, number.removeprefix("#")):
        assert [o.number for o in await rig.shop.order(typed)] == [number]
    assert await rig.shop.order("#999999") == ()


async def test_all_listings_equal_the_truth(rig: Rig) -> None:
    found = await rig.listings()
    truth = {row["remote_id"]: row for row in rig.box.truth_listings()}
    assert len(found) == len(truth)
    for one in found:
        row = truth[one.remote_id]
        assert (one.sku, one.barcode, one.title, one.stock) == (row["sku"], row["barcode"], row["title"], row["stock"])
        assert one.price == Money.of(row["price"], "TRY")
        assert one.list_price == (Money.of(row["list_price"], "TRY") if row["list_price"] else None)
    await rig.control("clock", {"advance": 3600})
    since = rig.box.clock.now()
    await rig.shop.set_prices([PriceChange("k", ref(found[0]), Money.of("99.9", "TRY"))])
    assert [x.remote_id for x in await rig.listings(since - timedelta(seconds=5))] == [found[0].remote_id]


async def test_prices_arrive_and_one_refusal_stays_alone(rig: Rig) -> None:
    found = (await rig.listings())[:12]
    await rig.switch(f"refuse_sku:{found[4].sku}")
    changes = [
        PriceChange(f"k{i}", ref(x), Money.of(f"{100 + i}.5", "TRY"), Money.of("500", "TRY"))
        for i, x in enumerate(found)
    ]
    bare = PriceChange(
        "bare", ListingRef(found[0].remote_id, found[0].sku), Money.of("77", "TRY"), Money.of("77", "TRY")
    )
    receipt = await rig.shop.set_prices(changes[1:])
    assert [o.key for o in receipt.outcomes if o.state is OutcomeState.REFUSED] == ["k4"]
    assert (await rig.shop.set_prices([bare])).outcomes[0].state is OutcomeState.DONE
    truth = {row["remote_id"]: row for row in rig.box.truth_listings()}
    assert (truth[found[0].remote_id]["price"], truth[found[0].remote_id]["list_price"]) == ("77.00", None)
    for i, one in enumerate(found[1:], 1):
        wanted = (
            (f"{100 + i}.50", "500.00")
            if i != 4
            else (str(found[4].price.amount), truth[found[4].remote_id]["list_price"])
        )  # type: ignore[union-attr]
        assert (truth[one.remote_id]["price"], truth[one.remote_id]["list_price"]) == wanted


async def test_stock_arrives_and_one_refusal_stays_alone(rig: Rig) -> None:
    found = [x for x in await rig.listings() if x.stock is not None][:12]
    await rig.switch(f"refuse_sku:{found[4].sku}")
    changes = [StockChange(f"k{i}", ref(x), 200 + i) for i, x in enumerate(found)]
    receipt = await rig.shop.set_stocks(changes)
    assert [o.key for o in receipt.outcomes if o.state is OutcomeState.REFUSED] == ["k4"]
    truth = {row["remote_id"]: row["stock"] for row in rig.box.truth_listings()}
    assert [truth[x.remote_id] for x in found] == [200 + i if i != 4 else found[4].stock for i in range(12)]
    again = await rig.shop.set_stocks(changes[:4])  # rows in another company make another key; the same rows replay
    assert {o.state for o in again.outcomes} == {OutcomeState.DONE}
    told = rig.box.counters()
    assert {o.state for o in (await rig.shop.set_stocks(changes[:4])).outcomes} == {OutcomeState.DONE}
    assert rig.box.counters() == {**told, "idempotent_replays": told.get("idempotent_replays", 0) + 1}
    assert truth == {row["remote_id"]: row["stock"] for row in rig.box.truth_listings()}


async def test_writes_that_are_ignored_are_seen_on_reading_back(rig: Rig) -> None:
    one = (await rig.listings())[0]
    await rig.switch("ignore_writes")
    await rig.shop.set_prices([PriceChange("k", ref(one), Money.of("1.5", "TRY"))])
    assert (await rig.listings())[0].price == one.price


async def test_shipments(rig: Rig) -> None:
    items, _ = await rig.orders()
    waiting = [o for o in items if o.status is OrderStatus.OPEN][:3]
    notices = [
        ShipmentNotice(o.number, o.remote_id, o.number, "Yurtiçi Kargo", f"72{i}", f"https://k.example/{i}")
        for i, o in enumerate(waiting)
    ]
    lost = ShipmentNotice("x", "gid://shopify/Order/1", "#0", "Aras", "1")
    receipt = await rig.shop.confirm_shipments([*notices, lost])
    assert [o.state for o in receipt.outcomes] == [OutcomeState.DONE] * 3 + [OutcomeState.REFUSED]
    told = rig.box.counters()["fulfillments"]
    again = await rig.shop.confirm_shipments(notices)
    assert [o.remote_ref for o in again.outcomes] == [o.remote_ref for o in receipt.outcomes[:3]]
    assert rig.box.counters()["fulfillments"] == told >= 3  # an order that lies in two places makes two
    found = {row["order_id"]: row for row in rig.box.truth_shipments()}
    assert [found[o.remote_id]["tracking_number"] for o in waiting] == ["720", "721", "722"]
    [read] = await rig.shop.order(waiting[0].number)
    assert (read.status, read.tracking_number, read.carrier) == (OrderStatus.SHIPPED, "720", "Yurtiçi Kargo")


async def test_pages_and_garbage(rig: Rig) -> None:
    await rig.control("faults", [{"kind": "html"}])
    with pytest.raises(ProviderError) as caught:
        await rig.orders()
    assert caught.value.message.code == "server.html"
    await rig.control("faults", [{"kind": "garbage"}])
    with pytest.raises(ProviderError) as caught:
        await rig.orders()
    assert caught.value.message.code == "answer.unreadable"
    await rig.control("faults", [{"kind": "status", "status": 503, "skip": 1}])
    with pytest.raises(ProviderError) as caught:
        await rig.orders()
    assert caught.value.message.code == "server.unavailable"


async def test_a_shipment_whose_answer_is_lost_is_told_once(rig: Rig) -> None:
    """Through the real pipeline: the fake acts and hangs up."""
    items, _ = await rig.orders()
    one = next(o for o in items if o.status is OrderStatus.OPEN)
    notice = ShipmentNotice("k", one.remote_id, one.number, "Aras Kargo", "991")
    network = Network(on_sample=SampleRing())
    try:
        policy = Policy(1, "shop-1", "Mağaza", 8.0, frozenset({"127.0.0.1"}))
        shop = Shopify(network.client(policy, rig.base), rig.shop.account)
        await rig.control("faults", [{"kind": "drop_after", "contains": "fulfillmentCreate"}])
        [lost] = (await shop.confirm_shipments([notice])).outcomes
        assert (lost.state, lost.message.code if lost.message else "") == (OutcomeState.UNKNOWN, "net.cut")
        told = rig.box.counters()["fulfillments"]
        [found] = (await shop.confirm_shipments([notice])).outcomes
        assert found.state is OutcomeState.DONE
        assert rig.box.counters()["fulfillments"] >= told
        assert [r["tracking_number"] for r in rig.box.truth_shipments() if r["order_id"] == one.remote_id].count(
            "991"
        ) == told
    finally:
        await network.close()
