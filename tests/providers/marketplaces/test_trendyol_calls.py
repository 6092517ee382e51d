"""Trendyol's requests against the reference's tables, and the client's flows against scripted answers.

There is no official specification in shared/specs, so the tables of reference/marketplaces-tr.md stand here as TABLE; a request
function without a row fails `test_every_request_has_a_row`.
"""

from __future__ import annotations

import inspect
import itertools
import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import OursError, OutcomeState, ProviderError
from app.kit import Call
from app.model import (
    Claim,
    ListingRef,
    Money,
    PriceChange,
    ShipmentNotice,
    ShippedLine,
    StockChange,
    Window,
)
from providers.marketplaces import trendyol_calls as calls
from providers.marketplaces.trendyol_wire import parse_stream
from tests.providers.marketplaces.trendyol_support import NOW, V1, V2, account, reply, scripted

DATES = {"startDate", "endDate"}
PAGED = {"page", "size"}
ORDERS, PRODUCTS = r"/integration/order/sellers/2738", r"/integration/product/sellers/2738/products"
LINE = {"lineId": int, "quantity": int}


def window(rng: random.Random) -> Window:
    since = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(milliseconds=rng.randrange(10**9))
    return Window(since, since + timedelta(milliseconds=rng.randrange(1, int(calls.WIDEST.total_seconds() * 1000))))


def word(rng: random.Random) -> str:
    return "".join(rng.choice("abcÇğİış09 /?&=%+-_.#é") for _ in range(rng.randrange(1, 24)))


def amount(rng: random.Random) -> Money:
    return Money(Decimal(rng.randrange(1, 10**7)).scaleb(-2), "TRY")


def price(rng: random.Random) -> PriceChange:
    money = sorted((amount(rng), amount(rng)))
    was = rng.choice([None, amount(rng)])
    return PriceChange(word(rng), ListingRef(word(rng), word(rng)), money[0], rng.choice([None, money[1]]), was)


def stock(rng: random.Random) -> StockChange:
    return StockChange(word(rng), ListingRef(word(rng), word(rng)), rng.randrange(20_001))


def some(rng: random.Random, one: Callable[[random.Random], Any]) -> list[Any]:
    return [one(rng) for _ in range(rng.randrange(1, 5))]


Row = tuple[Callable[[random.Random], Call], str, str, set[str], dict[str, Any] | None]
A = account()
#: request function → (call made of random input, method, path pattern, query parameters allowed, body shape)
TABLE: dict[str, Row] = {
    "probe_request": (
        lambda r: calls.probe_request(A, window(r), old=r.random() < 0.5), "GET", f"{ORDERS}/(v2/)?orders", DATES | PAGED | {"status"}, None),
    "orders_request": (
        lambda r: calls.orders_request(A, window(r)), "GET", f"{ORDERS}/orders/stream",
        {"lastModifiedStartDate", "lastModifiedEndDate", "size"}, None),
    "order_request": (
        lambda r: calls.order_request(A, word(r), r.choice([None, window(r)]), old=r.random() < 0.5), "GET", f"{ORDERS}/(v2/)?orders",
        DATES | PAGED | {"orderNumber"}, None),
    "package_request": (
        lambda r: calls.package_request(A, word(r), r.choice([None, window(r)]), old=r.random() < 0.5), "GET", f"{ORDERS}/(v2/)?orders",
        DATES | PAGED | {"shipmentPackageIds"}, None),
    "prices_request": (
        lambda r: calls.prices_request(A), "GET", f"{PRODUCTS}/approved/inventory-and-price", PAGED, None),
    "titles_request": (lambda r: calls.titles_request(A), "GET", f"{PRODUCTS}/approved", PAGED, None),
    "batch_request": (lambda r: calls.batch_request(A, word(r)), "GET", PRODUCTS + r"/batch-requests/[^/?#]+", set(), None),
    "claims_request": (lambda r: calls.claims_request(A, window(r)), "GET", f"{ORDERS}/claims", DATES | PAGED, None),
    "claim_request": (lambda r: calls.claim_request(A, word(r)), "GET", f"{ORDERS}/claims", PAGED | {"claimIds"}, None),
    "settlements_request": (
        lambda r: calls.settlements_request(A, window(r), "Sale", other=r.random() < 0.5), "GET",
        r"/integration/finance/che/sellers/2738/(settlements|otherfinancials)", DATES | PAGED | {"transactionType"}, None),
    "set_prices_request": (
        lambda r: calls.set_prices_request(A, some(r, price)), "POST",
        r"/integration/inventory/sellers/2738/products/price-and-inventory", set(),
        {"items": [{"barcode": str, "salePrice": Decimal, "listPrice?": Decimal}]}),
    "set_stocks_request": (
        lambda r: calls.set_stocks_request(A, some(r, stock)), "POST",
        r"/integration/inventory/sellers/2738/products/price-and-inventory", set(),
        {"items": [{"barcode": str, "quantity": int}]}),
    "picking_request": (
        lambda r: calls.picking_request(A, word(r), [(r.randrange(10**12), r.randrange(1, 9))]), "PUT",
        ORDERS + r"/shipment-packages/[^/?#]+", set(), {"lines": [LINE], "params": {}, "status": str}),
    "tracking_request": (
        lambda r: calls.tracking_request(A, word(r), word(r)), "PUT",
        ORDERS + r"/shipment-packages/[^/?#]+/update-tracking-number", set(), {"trackingNumber": str}),
    "create_label_request": (
        lambda r: calls.create_label_request(A, word(r)), "POST", r"/integration/sellers/2738/common-label/[^/?#]+",
        set(), {"format": str, "boxQuantity": int}),
    "label_request": (
        lambda r: calls.label_request(A, word(r)), "GET", r"/integration/sellers/2738/common-label/[^/?#]+", set(), None),
    "accept_claim_request": (
        lambda r: calls.accept_claim_request(A, word(r), some(r, word)), "PUT", ORDERS + r"/claims/[^/?#]+/items/approve",
        set(), {"claimLineItemIdList": [str], "params": {}}),
}  # fmt: skip


def fits(value: Any, shape: Any) -> None:
    if isinstance(shape, dict):
        wanted = {k for k in shape if not k.endswith("?")}
        assert wanted <= set(value) <= {k.rstrip("?") for k in shape}
        for key, inner in value.items():
            fits(inner, shape.get(key, shape.get(f"{key}?")))
    elif isinstance(shape, list):
        assert isinstance(value, list)
        for one in value:
            fits(one, shape[0])
    elif shape is Decimal:
        assert isinstance(value, Decimal | int)
        assert Decimal(value) == round(Decimal(value), 2)
    else:
        assert type(value) is shape


def test_every_request_has_a_row() -> None:
    made = {
        n for n, f in inspect.getmembers(calls, inspect.isfunction) if n.endswith("_request") and not n.startswith("_")
    }
    made -= {"same_request"}
    assert made == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_requests_fit_the_reference(name: str) -> None:
    make, method, path, params, body = TABLE[name]
    for seed in range(25):
        call = make(random.Random(seed))
        assert call.method == method
        assert re.fullmatch(path, call.path), call.path
        assert {k for k, _ in call.params} <= params
        assert dict(call.headers)["user-agent"] == "2738 - SelfIntegration"
        if body is None:
            assert call.body is None
        else:
            assert dict(call.headers)["content-type"] == "application/json"
            fits(json.loads(call.body or b"", parse_float=Decimal), body)
        sizes = {"orders/stream": 200, "orders": 200, "approved": 100, "inventory-and-price": 100}
        for end, most in sizes.items():
            if call.path.endswith(f"/{end}"):
                assert int(dict(call.params)["size"]) <= most
        asked = dict(call.params)
        first, last = asked.get("lastModifiedStartDate"), asked.get("lastModifiedEndDate")
        if first and last:
            assert 0 < int(last) - int(first) <= 14 * 86_400_000


def test_exact_orders_call() -> None:
    one = Window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC))
    assert calls.orders_request(A, one).url == (
        "/integration/order/sellers/2738/orders/stream"
        "?lastModifiedStartDate=1794268800000&lastModifiedEndDate=1794366000000&size=200"
    )


def test_exact_price_body() -> None:
    change = PriceChange("k", ListingRef("869", "s"), Money.of("199.9", "TRY"), Money.of("249.90", "TRY"))
    call = calls.set_prices_request(A, [change])
    assert call.body == b'{"items":[{"barcode":"869","salePrice":199.90,"listPrice":249.90}]}'
    assert call.repeatable is False  # the same body is refused for 15 minutes


def test_headers() -> None:
    assert calls.headers(account(integrator_name="Paxzar Yazılım A.Ş. 2026 çok uzun bir ad daha da uzun")) == (
        ("user-agent", "2738 - PaxzarYazlmA2026okuzunbiraddah"),
    )
    assert calls.headers(account(integrator_name=""))[0][1] == "2738 - SelfIntegration"
    assert dict(calls.headers(account(storefront_code="DE")))["storeFrontCode"] == "DE"


class TestFollowing:
    CALL = calls.prices_request(A)

    def page(self, total: int, token: str | None = None) -> Any:
        return reply({"totalElements": total * 100, "totalPages": total, "content": [], "nextPageToken": token})

    def test_by_number_then_by_token(self) -> None:
        second = calls.products_following(self.CALL, self.page(300, "t"))
        assert second is not None
        assert dict(second.params) == {"page": "1", "size": "100"}
        late = Call("GET", "/x", "listings", (("page", "99"), ("size", "100")))
        beyond = calls.products_following(late, self.page(300, "t0"))
        assert beyond is not None
        assert dict(beyond.params) == {"size": "100", "nextPageToken": "t0"}
        more = calls.products_following(beyond, self.page(300, "t1"))
        assert more is not None
        assert dict(more.params)["nextPageToken"] == "t1"
        assert calls.products_following(more, self.page(300)) is None

    def test_the_end(self) -> None:
        assert calls.products_following(self.CALL, self.page(1, "t")) is None
        late = Call("GET", "/x", "listings", (("page", "99"), ("size", "100")))
        assert calls.products_following(late, self.page(100)) is None

    def test_a_list_that_cannot_be_read_whole_is_an_error(self) -> None:
        late = Call("GET", "/x", "listings", (("page", "99"), ("size", "100")))
        with pytest.raises(OursError, match="10,000"):
            calls.products_following(late, self.page(101))

    def test_stream(self) -> None:
        call = calls.orders_request(A, Window(NOW - timedelta(days=1), NOW))
        after = calls.stream_following(call, reply({"content": [], "hasMore": True, "nextCursor": "c1"}))
        assert after is not None
        assert dict(after.params) == {**dict(call.params), "nextCursor": "c1"}  # filters unchanged
        assert calls.stream_following(after, reply({"content": [], "hasMore": False, "nextCursor": "c2"})) is None
        with pytest.raises(OursError, match="nextCursor"):
            calls.stream_following(call, reply({"content": [], "hasMore": True}))


def orders_page(*packages: Any) -> dict[str, Any]:
    return {"totalElements": len(packages), "totalPages": 1, "page": 0, "size": 200, "content": list(packages)}


class TestSearch:
    async def test_found_in_the_last_week(self) -> None:
        client, script = scripted(orders_page(V1, {**V1, "id": 2}))
        assert [o.remote_id for o in await client.order("9000000001")] == ["700000001", "2"]
        assert "startDate" not in script.requests[0].url.params

    async def test_walks_back_without_gaps(self) -> None:
        client, script = scripted(*[orders_page()] * 8)
        assert await client.order("1") == ()
        spans = [(int(r.url.params["startDate"]), int(r.url.params["endDate"])) for r in script.requests[1:]]
        assert len(spans) == 7
        assert all(0 < b - a <= 14 * 86_400_000 for a, b in spans)
        assert all(newer[0] <= older[1] for newer, older in itertools.pairwise(spans))
        assert spans[-1][0] == int((NOW - timedelta(days=89)).timestamp() * 1000)

    async def test_the_end_of_trendyols_memory(self) -> None:
        """A month back by V2's own pages: a refusal further back is no reason to fail, one of the last weeks is."""
        client, script = scripted(*[orders_page()] * 3, (400, {"errors": ["Tarih"]}))
        assert await client.order("1") == ()
        assert len(script.requests) == 4
        client, _ = scripted(*[orders_page()] * 2, (400, {"errors": ["Tarih"]}))
        with pytest.raises(ProviderError, match=r"request\.refused"):
            await client.order("1")

    async def test_a_server_without_v2_is_asked_at_the_old_address(self) -> None:
        client, script = scripted((404, {"errors": []}), orders_page(V1))
        assert [o.remote_id for o in await client.order("9000000001")] == ["700000001"]
        assert [r.url.path.removeprefix(ORDERS) for r in script.requests] == ["/v2/orders", "/orders"]
        client, script = scripted((426, {"errors": []}))
        with pytest.raises(ProviderError, match=r"request\.refused"):
            await client.order("1")

    async def test_an_unreadable_answer_is_not_nothing(self) -> None:
        client, _ = scripted(orders_page({"id": 1}))
        with pytest.raises(OursError):
            await client.order("1")

    async def test_wide_windows_are_cut(self) -> None:
        client, script = scripted(*[{"content": [], "hasMore": False}] * 3)
        assert [p.items async for p in client.orders(Window(NOW - timedelta(days=28), NOW))] == [(), (), ()]
        assert len(script.requests) == 3


def notice(**changes: Any) -> ShipmentNotice:
    (order,) = parse_stream(reply({"content": [V1], "hasMore": False})).items
    base = {"key": "k1", "order_id": order.remote_id, "order_number": order.number, "extra": order.extra}
    return ShipmentNotice(**{**base, **changes})


PACKAGE = "/integration/order/sellers/2738/shipment-packages/700000001"


class TestShipping:
    async def only(self, client: Any, one: ShipmentNotice) -> Any:
        (outcome,) = (await client.confirm_shipments([one])).outcomes
        return outcome

    async def test_picking_with_trendyols_own_number(self) -> None:
        client, script = scripted(None)
        outcome = await self.only(client, notice(tracking_number="7330000000000001"))
        assert (outcome.state, outcome.key) == (OutcomeState.DONE, "k1")
        assert script.paths == [f"PUT {PACKAGE}"]
        assert script.bodies == [{"lines": [{"lineId": 800000001, "quantity": 1}], "params": {}, "status": "Picking"}]

    async def test_an_own_number_is_told(self) -> None:
        client, script = scripted(None, None)
        assert (await self.only(client, notice(tracking_number="YK123"))).state is OutcomeState.DONE
        assert script.paths == [f"PUT {PACKAGE}", f"PUT {PACKAGE}/update-tracking-number"]
        assert script.bodies[1] == {"trackingNumber": "YK123"}

    async def test_told_before(self) -> None:
        client, script = scripted()
        extra = {**notice().extra, "status": "Invoiced"}
        assert (await self.only(client, notice(extra=extra))).state is OutcomeState.DONE
        assert script.requests == []

    async def test_the_notices_own_lines(self) -> None:
        client, script = scripted(None)
        await self.only(client, notice(lines=(ShippedLine("9", 2),)))
        assert script.bodies[0]["lines"] == [{"lineId": 9, "quantity": 2}]

    async def test_without_handles_the_package_is_asked(self) -> None:
        client, script = scripted(orders_page(V1), None)
        assert (await self.only(client, notice(extra={}))).state is OutcomeState.DONE
        assert script.requests[0].url.params["shipmentPackageIds"] == "700000001"
        assert script.bodies[1]["lines"] == [{"lineId": 800000001, "quantity": 1}]
        client, _ = scripted(orders_page({**V1, "status": "Shipped"}))
        assert (await self.only(client, notice(extra={}))).state is OutcomeState.DONE
        client, _ = scripted(*[orders_page()] * 8)
        outcome = await self.only(client, notice(extra={}))
        assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, "item.not_found")

    @pytest.mark.parametrize(
        ("status", "state", "code"),
        [("Picking", OutcomeState.DONE, ""), ("Cancelled", OutcomeState.REFUSED, "item.conflict"),
         ("Created", OutcomeState.REFUSED, "request.refused")],
    )  # fmt: skip
    async def test_a_refusal_is_looked_into(self, status: str, state: OutcomeState, code: str) -> None:
        client, _ = scripted((400, {"errors": ["olmaz"]}), orders_page({**V1, "status": status}))
        outcome = await self.only(client, notice())
        assert outcome.state is state
        assert (outcome.message.code if outcome.message else "") == code

    async def test_a_401_may_mean_an_unknown_package(self) -> None:
        client, _ = scripted((401, {"errors": ["x"]}), *[orders_page()] * 8)
        outcome = await self.only(client, notice())
        assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, "item.not_found")
        client, _ = scripted((401, {"errors": ["x"]}), orders_page(V1))
        with pytest.raises(ProviderError, match=r"auth\.refused"):
            await client.confirm_shipments([notice()])

    async def test_a_number_refused(self) -> None:
        refusal = (400, {"errors": ["Shipment Update Edilebilir Bir Durumda Değil."]})
        client, _ = scripted(None, refusal, orders_page({**V1, "cargoTrackingNumber": "YK123"}))
        assert (await self.only(client, notice(tracking_number="YK123"))).state is OutcomeState.DONE
        client, _ = scripted(None, refusal, orders_page(V1))
        outcome = await self.only(client, notice(tracking_number="YK123"))
        assert outcome.state is OutcomeState.REFUSED
        assert outcome.message.vendor_text == "Shipment Update Edilebilir Bir Durumda Değil."

    async def test_a_lost_second_call_is_unknown(self) -> None:
        client, _ = scripted(None, (502, {}))
        assert (await self.only(client, notice(tracking_number="YK1"))).state is OutcomeState.UNKNOWN

    async def test_nothing_sent_raises_and_part_sent_does_not(self) -> None:
        client, _ = scripted((401, {"errors": []}), (401, {"errors": []}))
        with pytest.raises(ProviderError, match=r"auth\.refused"):
            await client.confirm_shipments([notice()])
        client, _ = scripted(None, (429, {"errors": []}))
        receipt = await client.confirm_shipments([notice(), notice(key="k2"), notice(key="k3")])
        states = [(o.key, o.state) for o in receipt.outcomes]
        assert states == [("k1", OutcomeState.DONE), ("k2", OutcomeState.UNKNOWN), ("k3", OutcomeState.UNKNOWN)]


class TestLabels:
    async def test_asked_for_then_fetched(self) -> None:
        (order,) = parse_stream(reply({"content": [V1], "hasMore": False})).items
        client, script = scripted(None, {"data": [{"label": "^XA^XZ", "format": "ZPL"}]})
        (label,) = await client.label(order)
        assert label.data == b"^XA^XZ"
        path = "/integration/sellers/2738/common-label/7330000000000001"
        assert script.paths == [f"POST {path}", f"GET {path}"]
        assert script.bodies[0] == {"format": "ZPL", "boxQuantity": 1}
        client, _ = scripted((409, {"errors": []}), {"data": [{"label": "^XA^FDx^XZ"}]})
        assert len(await client.label(order)) == 1

    async def test_what_is_no_zpl_never_reaches_a_printer(self) -> None:
        (order,) = parse_stream(reply({"content": [V1], "hasMore": False})).items
        client, _ = scripted(None, {"data": [{"label": "x"}]})
        with pytest.raises(OursError, match=r"data\.label"):
            await client.label(order)

    async def test_a_label_that_is_not_ready_is_none(self) -> None:
        (order,) = parse_stream(reply({"content": [V1], "hasMore": False})).items
        client, _ = scripted(None, (404, {"errors": ["x"]}))
        assert await client.label(order) == ()

    @pytest.mark.parametrize("status", [400, 404])
    async def test_none_for_other_carriers(self, status: int) -> None:
        (order,) = parse_stream(reply({"content": [V1], "hasMore": False})).items
        client, _ = scripted((status, {"errors": ["x"]}))
        assert await client.label(order) == ()

    async def test_trouble_is_not_none(self) -> None:
        (order,) = parse_stream(reply({"content": [V1], "hasMore": False})).items
        client, _ = scripted((500, {"errors": ["x"]}))
        with pytest.raises(ProviderError, match=r"server\.error"):
            await client.label(order)

    async def test_no_number_no_call(self) -> None:
        bare = {k: v for k, v in V1.items() if k != "cargoTrackingNumber"}
        (order,) = parse_stream(reply({"content": [bare], "hasMore": False})).items
        client, script = scripted()
        assert await client.label(order) == ()
        assert script.requests == []


class TestBatches:
    async def test_refused_here_and_sent_there(self) -> None:
        client, script = scripted({"batchRequestId": "t1"})
        changes = [StockChange("1", ListingRef("a", ""), 5), StockChange("2", ListingRef("b", ""), 20_001)]
        receipt = await client.set_stocks(changes)
        assert [o.state for o in receipt.outcomes] == [OutcomeState.PENDING, OutcomeState.REFUSED]
        assert receipt.ticket == "t1"
        assert script.bodies == [{"items": [{"barcode": "a", "quantity": 5}]}]

    async def test_nothing_left_to_send(self) -> None:
        client, script = scripted()
        receipt = await client.set_stocks([StockChange("2", ListingRef("b", ""), -1)])
        assert (receipt.ticket, script.requests) == ("", [])

    async def test_the_same_body_again_waits(self) -> None:
        text = "15 dakika boyunca aynı isteği tekrarlı olarak atamazsınız!"
        client, _ = scripted((400, {"errors": [{"key": "recurring.request", "message": text}]}))
        with pytest.raises(ProviderError) as caught:
            await client.set_prices([PriceChange("1", ListingRef("a", ""), Money.of(5, "TRY"))])
        assert (caught.value.message.code, caught.value.message.retry_after) == ("rate.repeated", 900)

    async def test_a_forgotten_batch(self) -> None:
        client, _ = scripted((404, {"errors": []}))
        receipt = await client.batch_result("t", [StockChange("1", ListingRef("a", ""), 5)])
        assert [o.state for o in receipt.outcomes] == [OutcomeState.UNKNOWN]
        client, _ = scripted((500, {"errors": []}))
        with pytest.raises(ProviderError):
            await client.batch_result("t", [])


def claim_page(*items: tuple[str, str]) -> dict[str, Any]:
    rows = [{"id": i, "claimItemStatus": {"name": s}} for i, s in items]
    content = [{"id": "c", "orderNumber": "1", "claimDate": 1, "items": [{"claimItems": rows}]}]
    return {"totalElements": 1, "totalPages": 1, "content": content}


class TestClaims:
    CLAIM = Claim("c", "1", "WaitingInAction", NOW)

    async def test_accepts_what_waits(self) -> None:
        client, script = scripted(claim_page(("i1", "Accepted"), ("i2", "WaitingInAction")), None)
        assert (await client.accept_claim(self.CLAIM)).state is OutcomeState.DONE
        assert script.paths[1] == "PUT /integration/order/sellers/2738/claims/c/items/approve"
        assert script.bodies[1] == {"claimLineItemIdList": ["i2"], "params": {}}

    async def test_nothing_waits(self) -> None:
        client, _ = scripted(claim_page(("i1", "Rejected")))
        outcome = await client.accept_claim(self.CLAIM)
        assert outcome.message is not None
        assert outcome.message.code == "item.conflict"
        client, _ = scripted({"totalElements": 0, "totalPages": 0, "content": []})
        outcome = await client.accept_claim(self.CLAIM)
        assert outcome.message is not None
        assert outcome.message.code == "item.not_found"

    async def test_accepted_before(self) -> None:
        client, _ = scripted(claim_page(("i1", "Accepted"), ("i2", "WaitingFraudCheck")))
        assert (await client.accept_claim(self.CLAIM)).state is OutcomeState.DONE

    @pytest.mark.parametrize(("status", "state"), [(400, OutcomeState.REFUSED), (502, OutcomeState.UNKNOWN)])
    async def test_refused_or_lost(self, status: int, state: OutcomeState) -> None:
        client, _ = scripted(claim_page(("i2", "WaitingInAction")), (status, {"errors": []}))
        assert (await client.accept_claim(self.CLAIM)).state is state

    async def test_no_claims_may_be_a_404(self) -> None:
        client, _ = scripted((404, {"errors": []}))
        assert [page async for page in client.claims(Window(NOW - timedelta(days=1), NOW))] == []
        client, _ = scripted((404, {"errors": []}))
        assert (await client.accept_claim(self.CLAIM)).state is OutcomeState.REFUSED
        first = {**claim_page(("i1", "Created")), "totalPages": 2}
        client, _ = scripted(first, (404, {"errors": []}))
        with pytest.raises(ProviderError, match=r"item\.not_found"):
            [page async for page in client.claims(Window(NOW - timedelta(days=1), NOW))]
        client, _ = scripted((500, {"errors": []}))
        with pytest.raises(ProviderError, match=r"server\.error"):
            await client.accept_claim(self.CLAIM)

    async def test_throttled_was_not_sent(self) -> None:
        client, _ = scripted(claim_page(("i2", "WaitingInAction")), (429, {"errors": []}))
        with pytest.raises(ProviderError, match=r"rate\.limited"):
            await client.accept_claim(self.CLAIM)


async def test_listings_without_a_title_are_told() -> None:
    prices = {"totalElements": 1, "totalPages": 1, "content": [{"variants": [{"barcode": "b", "salePrice": 1.10}]}]}
    client, _ = scripted(prices, {"totalElements": 0, "totalPages": 0, "content": []})
    (page,) = [p async for p in client.listings(None)]
    assert [(x.remote_id, x.title, x.price) for x in page.items] == [("b", "b", Money.of("1.10", "TRY"))]


async def test_probe() -> None:
    client, script = scripted(orders_page(V2))
    found = await client.probe()
    assert (found.server_orders, found.facts) == (1, {"seller_id": "2738"})
    assert script.requests[0].headers["authorization"].startswith("Basic ")
    assert script.requests[0].headers["user-agent"] == "2738 - SelfIntegration"
    assert script.requests[0].url.params["status"] == "Created,Picking,Invoiced"


async def test_a_moved_base_address() -> None:
    client, script = scripted(orders_page(), base="http://127.0.0.1:9/deneme")
    await client.probe()
    assert script.requests[0].url.path == "/deneme/integration/order/sellers/2738/v2/orders"
