"""The Trendyol client against its fake server, over a loopback socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from app.contracts import Account, OutcomeState, ProviderError, Receipt, Secret
from app.kit import MemoryTokens
from app.model import (
    Listing,
    ListingRef,
    Money,
    Order,
    PriceChange,
    Question,
    QuestionStatus,
    SettlementKind,
    ShipmentNotice,
    StockChange,
    Window,
)
from providers.marketplaces.trendyol import Trendyol
from providers.marketplaces.trendyol_views import TrendyolExpress, TrendyolFulfillment
from providers.sandboxes.trendyol import create
from tests.support.serving import serve


class World:
    """The client, and the fake's control room."""

    def __init__(self, base: str, http: httpx.AsyncClient, secret: str = "") -> None:
        self.room = httpx.Client(base_url=f"{base}/_control")
        held = self.get("credentials")
        account = Account(
            id="a", integration="trendyol", environment="live", urls={"api": base}, tokens=MemoryTokens(),
            now=lambda: datetime.now(UTC), nonce=lambda: "n", settings=held,
            secrets={"api_key": Secret(held["api_key"]), "api_secret": Secret(secret or held["api_secret"])},
        )  # fmt: skip
        self.client = Trendyol(http, account)

    def get(self, what: str) -> Any:
        return self.room.get(f"/{what}").raise_for_status().json()

    def post(self, what: str, data: Any) -> Any:
        return self.room.post(f"/{what}", json=data).raise_for_status().json()

    async def orders(self, days: int = 60) -> dict[str, Order]:
        now = datetime.now(UTC)
        found: dict[str, Order] = {}
        self.rejects: list[Any] = []
        for window in Window(now - timedelta(days=days), now).split(timedelta(days=14)):
            async for page in self.client.orders(window):
                found |= {o.remote_id: o for o in page.items}
                self.rejects += page.rejects
        return found

    async def listings(self) -> dict[str, Listing]:
        return {x.remote_id: x async for page in self.client.listings(None) for x in page.items}

    async def settled(self, receipt: Receipt, changes: Any) -> Receipt:
        """The batch's result; the fake's clock is moved on instead of waiting."""
        for _ in range(5):
            result = await self.client.batch_result(receipt.ticket, changes)
            if all(o.state is not OutcomeState.PENDING for o in result.outcomes):
                return result
            self.post("clock", {"advance": 120})
        raise AssertionError(f"the batch never ends: {result}")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(create(seed=3).app) as url:
        yield url


@pytest.fixture
async def world(base: str) -> AsyncIterator[World]:
    async with httpx.AsyncClient(base_url=base) as http:
        made = World(base, http)
        made.post("reset", {"orders": 260, "listings": 230, "seed": 3})
        made.post("limits", {"on": True})
        yield made
        made.room.close()


def due(rows: list[dict[str, Any]], days: int = 59) -> dict[str, dict[str, Any]]:
    oldest = datetime.now(UTC) - timedelta(days=days)
    return {r["remote_id"]: r for r in rows if datetime.fromisoformat(r["updated_at"]) > oldest}


async def test_probe_and_wrong_key(world: World, base: str) -> None:
    found = await world.client.probe()
    assert found.server_orders is not None
    assert found.server_orders > 0
    async with httpx.AsyncClient(base_url=base) as http:
        wrong = World(base, http, secret="nope")
        with pytest.raises(ProviderError, match=r"auth\.refused"):
            await wrong.client.probe()
        wrong.room.close()


@pytest.mark.parametrize("mixed", [False, True])
async def test_orders_equal_the_truth(world: World, mixed: bool) -> None:
    world.post("switch", {"feature": "mixed_shapes", "on": mixed})
    found, truth = await world.orders(), due(world.get("orders"))
    assert world.rejects == []
    assert truth.keys() <= found.keys()
    for key, row in truth.items():
        order = found[key]
        assert (order.number, order.vendor_status, order.buyer.name) == (row["number"], row["status"], row["buyer"])
        assert order.total == Money.of(row["total"], row["currency"])
        assert order.placed_at.isoformat()[:19] == row["placed_at"][:19]
        assert order.updated_at.isoformat()[:19] == row["updated_at"][:19]
        assert [(x.remote_id, x.sku, x.quantity) for x in order.lines] == [
            (x["remote_id"], x["sku"], x["quantity"]) for x in row["lines"]
        ]
        assert [x.unit_price.money for x in order.lines] == [
            Money.of(x["unit_price"], row["currency"]) for x in row["lines"]
        ]


async def test_nothing_is_lost_while_orders_move(world: World) -> None:
    world.post("between", [{"new": 1, "touch": 20, "seed": i} for i in range(4)])
    first = await world.orders()
    later = await world.orders(days=1)
    found, truth = first | later, due(world.get("orders"))
    assert truth.keys() <= found.keys()
    assert {k: found[k].updated_at for k in truth} == {
        k: datetime.fromisoformat(r["updated_at"]).replace(microsecond=found[k].updated_at.microsecond)
        for k, r in truth.items()
    }


async def test_one_damaged_record_costs_only_itself(world: World) -> None:
    before = await world.orders()
    victim = next(iter(before))
    world.post("damage", {"remote_id": victim})
    after = await world.orders()
    assert before.keys() - after.keys() == {victim}
    assert {r.remote_id for r in world.rejects} == {victim}


async def test_one_order_by_its_number(world: World) -> None:
    truth = world.get("orders")
    oldest = min(truth, key=lambda r: r["placed_at"])
    found = await world.client.order(oldest["number"])
    assert oldest["remote_id"] in {o.remote_id for o in found}
    assert await world.client.order("yok-böyle-sipariş") == ()


async def test_listings_equal_the_truth(world: World) -> None:
    found, truth = await world.listings(), {r["remote_id"]: r for r in world.get("listings")}
    assert found.keys() == truth.keys()
    assert len(found) >= 230
    for key, row in truth.items():
        one = found[key]
        assert (one.sku, one.barcode, one.title, one.stock) == (row["sku"], row["barcode"], row["title"], row["stock"])
        assert one.price == Money.of(row["price"], row["currency"])
        assert one.list_price == Money.of(row["list_price"], row["currency"])


async def test_prices_and_stock_are_set_and_read_back(world: World) -> None:
    first, second = list((await world.listings()).values())[:2]
    ref = ListingRef(first.remote_id, first.sku, first.barcode)
    prices = [
        PriceChange("p1", ref, Money.of("1.95", "TRY"), was_list_price=first.list_price),
        PriceChange("p2", ListingRef("yok", "yok"), Money.of("5.00", "TRY")),
    ]
    result = await world.settled(await world.client.set_prices(prices), prices)
    assert [(o.key, o.state) for o in result.outcomes] == [("p1", OutcomeState.DONE), ("p2", OutcomeState.REFUSED)]
    assert result.outcomes[1].message is not None
    assert result.outcomes[1].message.code == "item.not_found"
    stocks = [StockChange("s1", ref, 7), StockChange("s2", ListingRef(second.remote_id, second.sku), 0)]
    result = await world.settled(await world.client.set_stocks(stocks), stocks)
    assert {o.state for o in result.outcomes} == {OutcomeState.DONE}
    after = await world.listings()
    assert (after[first.remote_id].price, after[first.remote_id].stock) == (Money.of("1.95", "TRY"), 7)
    assert after[first.remote_id].list_price == first.list_price
    assert after[second.remote_id].stock == 0
    raised = [PriceChange("p3", ref, Money.of("9999.90", "TRY"), was_list_price=first.list_price)]
    assert (await world.settled(await world.client.set_prices(raised), raised)).outcomes[0].state is OutcomeState.DONE
    assert (await world.listings())[first.remote_id].list_price == Money.of("9999.90", "TRY")


async def test_the_same_body_twice_waits_a_quarter_of_an_hour(world: World) -> None:
    one = next(iter((await world.listings()).values()))
    changes = [StockChange("s", ListingRef(one.remote_id, one.sku), 3)]
    await world.client.set_stocks(changes)
    with pytest.raises(ProviderError) as caught:
        await world.client.set_stocks(changes)
    assert (caught.value.message.code, caught.value.message.retry_after) == ("rate.repeated", 900)
    world.post("clock", {"advance": 901})
    assert (await world.client.set_stocks(changes)).ticket


def notice(order: Order, **changes: Any) -> ShipmentNotice:
    return ShipmentNotice(**{"key": "n", "order_id": order.remote_id, "extra": order.extra, **changes})


async def test_shipments_are_confirmed_once_and_again(world: World) -> None:
    order = next(o for o in (await world.orders()).values() if o.vendor_status == "Created")
    for _ in range(2):  # the notice still says Created the second time
        (outcome,) = (await world.client.confirm_shipments([notice(order)])).outcomes
        assert outcome.state is OutcomeState.DONE, outcome
    assert {r["remote_id"]: r["status"] for r in world.get("orders")}[order.remote_id] == "Picking"


async def test_an_own_tracking_number(world: World) -> None:
    order = next(o for o in (await world.orders()).values() if o.vendor_status == "Created")
    for _ in range(2):
        (outcome,) = (await world.client.confirm_shipments([notice(order, tracking_number="7259999999")])).outcomes
        assert outcome.state is OutcomeState.DONE, outcome
    (again,) = await world.client.order(order.number)
    assert again.tracking_number == "7259999999"


async def test_a_cancelled_package_is_refused(world: World) -> None:
    order = next(o for o in (await world.orders()).values() if o.vendor_status == "Created")
    world.post("cancel", {"remote_id": order.remote_id})
    (outcome,) = (await world.client.confirm_shipments([notice(order)])).outcomes
    assert outcome.state is OutcomeState.REFUSED


async def test_labels(world: World) -> None:
    orders = (await world.orders()).values()
    picked = [o for o in orders if o.vendor_status in ("Picking", "Invoiced")]
    texas = next(o for o in picked if o.carrier.startswith("Trendyol Express"))
    (label,) = await world.client.label(texas)
    assert label.data.startswith(b"^XA")
    other = next(o for o in picked if o.carrier.startswith("Yurtiçi"))
    assert await world.client.label(other) == ()


async def test_claims_and_settlements(world: World) -> None:
    now = datetime.now(UTC)
    claims = [c async for page in world.client.claims(Window(now - timedelta(days=1), now)) for c in page.items]
    waiting = next(c for c in claims if c.status == "WaitingInAction")
    for _ in range(2):
        outcome = await world.client.accept_claim(waiting)
        assert outcome.state is OutcomeState.DONE, outcome


async def test_settlements_over_more_than_a_fortnight(world: World) -> None:
    now = datetime.now(UTC)
    world.post(
        "limits", {"on": False}
    )  # a call a kind and fortnight: the pipeline would wait for the limit, this client has none
    lines = [x async for p in world.client.settlements(Window(now - timedelta(days=20), now)) for x in p.items]
    assert {x.kind for x in lines} >= {SettlementKind.SALE, SettlementKind.COMMISSION}
    assert all(x.amount.amount > 0 for x in lines if x.vendor_kind == "Sale" and x.kind is SettlementKind.SALE)
    assert len({x.remote_id for x in lines}) == len(lines)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 500}, "server.error"),
        ({"kind": "status", "status": 429}, "rate.limited"),
        ({"kind": "html"}, "server.html"),
        ({"kind": "garbage"}, "answer.unreadable"),
    ],
)
async def test_a_failed_page_is_never_the_last(world: World, fault: dict[str, Any], code: str) -> None:
    world.post("faults", {**fault, "skip": 1})
    with pytest.raises(ProviderError) as caught:
        await world.orders()
    assert caught.value.message.code == code
    assert caught.value.message.params["operation"] == "orders"


# -- services beside orders and listings ---------------------------------------------------------------------------------
async def test_the_old_order_list_may_be_closed(world: World) -> None:
    world.post("switch", {"feature": "v1_orders_closed", "on": True})
    assert (await world.client.probe()).server_orders
    order = next(iter((await world.orders(days=5)).values()))
    assert order.remote_id in {o.remote_id for o in await world.client.order(order.number)}
    await test_shipments_are_confirmed_once_and_again(world)


async def test_a_label_that_is_refused_is_none(world: World) -> None:
    order = next(
        o for o in (await world.orders()).values() if o.vendor_status == "Picking" and o.carrier.startswith("Aras")
    )
    assert len(await world.client.label(order)) == 1
    world.post("switch", {"feature": "refuse_label", "on": True})
    assert await world.client.label(order) == ()


async def questions(world: World, days: int = 20) -> dict[str, Question]:
    now = datetime.now(UTC)
    window = Window(now - timedelta(days=days), now + timedelta(minutes=1))
    return {q.remote_id: q async for page in world.client.questions(window) for q in page.items}


async def test_questions_are_read_and_answered_once(world: World) -> None:
    found = await questions(world)
    chosen = next(q for q in found.values() if q.status is QuestionStatus.OPEN)
    assert chosen.text
    assert chosen.product
    for _ in range(2):
        outcome = await world.client.answer(chosen.remote_id, "Evet, yüzde yüz pamukludur.")
        assert outcome.state is OutcomeState.DONE, outcome
    assert (await world.client.answer(chosen.remote_id, "Hayır, yündür efendim.")).state is OutcomeState.REFUSED
    after = (await questions(world))[chosen.remote_id]
    assert (after.status, after.answer) == (QuestionStatus.IN_REVIEW, "Evet, yüzde yüz pamukludur.")
    never = await world.client.answer("1", "Evet, yüzde yüz pamukludur.")
    assert (never.state, never.message and never.message.code) == (OutcomeState.REFUSED, "item.not_found")


async def test_an_invoice_link_is_stored_once(world: World) -> None:
    first, second = [o for o in (await world.orders()).values() if o.vendor_status == "Picking"][:2]
    url, issued = "https://fatura.example/1.pdf", datetime.now(UTC)
    for _ in range(2):
        outcome = await world.client.send_invoice_link(first, url, "PXZ2026000000001", issued)
        assert outcome.state is OutcomeState.DONE, outcome
    (again,) = [o for o in await world.client.order(first.number) if o.remote_id == first.remote_id]
    assert again.extra["invoiceLink"] == url
    for order, link, reason in ((second, url, "link_elsewhere"), (first, f"{url}?2", "other_link")):
        outcome = await world.client.send_invoice_link(order, link, "PXZ2026000000002", issued)
        assert outcome.message is not None
        assert (outcome.state, outcome.message.params["reason"]) == (OutcomeState.REFUSED, reason)


async def test_a_package_is_split(world: World) -> None:
    order = next(
        o
        for o in (await world.orders()).values()
        if o.vendor_status == "Created" and any(x.quantity > 1 for x in o.lines)
    )
    line = next(x for x in order.lines if x.quantity > 1)
    assert (await world.client.split(order, [[(line.remote_id, 1)]])).state is OutcomeState.DONE
    parts = [o for o in await world.client.order(order.number) if o.remote_id != order.remote_id]
    assert [o.replaces for o in parts] == [(order.remote_id,)] * 2
    assert sorted(sum(x.quantity for x in o.lines) for o in parts)[0] == 1
    assert sum(x.quantity for o in parts for x in o.lines) == sum(x.quantity for x in order.lines)
    assert (await world.client.split(order, [[(line.remote_id, 1)]])).state is OutcomeState.REFUSED


async def test_boxes_are_told(world: World) -> None:
    order = next(o for o in (await world.orders()).values() if o.vendor_status == "Picking")
    for _ in range(2):
        assert (await world.client.set_box_info(order, 2, Decimal("3.5"))).state is OutcomeState.DONE
    missing = await world.client.set_box_info(msgspec.structs.replace(order, remote_id="5"), 2, Decimal("3.5"))
    assert (missing.state, missing.message and missing.message.code) == (OutcomeState.REFUSED, "item.not_found")


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 502}, {"kind": "status", "status": 401}])
async def test_a_write_that_fails_is_no_success(world: World, fault: dict[str, Any]) -> None:
    order = next(o for o in (await world.orders()).values() if o.vendor_status == "Picking")
    world.post("faults", {**fault, "path": "/box-info"})
    if fault["status"] == 401:  # the package is there, so it is the key
        with pytest.raises(ProviderError, match=r"auth\.refused"):
            await world.client.set_box_info(order, 2, Decimal("3.5"))
    else:
        assert (await world.client.set_box_info(order, 2, Decimal("3.5"))).state is OutcomeState.UNKNOWN


async def test_the_two_views_see_the_same_packages(world: World) -> None:
    express = TrendyolExpress(world.client.http, world.client.account)
    depot = TrendyolFulfillment(world.client.http, world.client.account)
    now = datetime.now(UTC)
    seen = {o.remote_id: o async for p in depot.orders(Window(now - timedelta(days=10), now)) for o in p.items}
    mine = await world.orders(days=10)
    assert seen == {key: mine[key] for key in seen}
    packages = {o.remote_id: o for o in seen.values() if o.carrier.startswith("Trendyol Express")}
    other = next(o for o in seen.values() if o.remote_id not in packages)
    chosen = [*list(packages)[:3], other.remote_id, "5"]
    reports = {r.reference: r for r in await express.track(chosen)}
    assert set(reports) == set(chosen[:3])
    assert all(r.tracking_number == packages[k].tracking_number and r.events for k, r in reports.items())
    ready = next(o for o in packages.values() if o.vendor_status in ("Picking", "Invoiced"))
    assert len(await express.label(ready)) == 1
    assert await express.label(other) == ()
    assert (await depot.probe()).facts == (await express.probe()).facts
