"""Pazarama's pure ends: the token, orders, products, batches, carriers, returns, errors, requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import Message, OursError, Page, ProviderError, capabilities_of
from app.kit import Reply
from app.model import (
    ListingRef,
    ListingStatus,
    Money,
    Order,
    OrderStatus,
    PriceChange,
    ShipmentNotice,
    ShippedLine,
    StockChange,
    Vat,
    Window,
)
from providers.marketplaces import pazarama_calls as calls
from providers.marketplaces import pazarama_goods as goods
from providers.marketplaces.pazarama import Pazarama
from providers.marketplaces.pazarama_wire import changed_at, parse_orders
from tests.providers.marketplaces.pazarama_support import (
    DELIVERIES,
    GUID,
    ITEM,
    NOW,
    TOKEN_URL,
    account,
    item,
    money,
    no,
    ok,
    order,
    refund,
    refunds,
)
from tests.providers.marketplaces.trendyol_support import reply

TRY = "TRY"


def raw(data: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(data, ensure_ascii=False).encode())


def parsed(*rows: Any) -> Page[Order]:
    return parse_orders([raw(row) for row in rows])


def one(row: Any) -> Order:
    (found,) = parsed(row).items
    return found


def test_capabilities() -> None:
    assert capabilities_of(Pazarama) == {
        "probe", "order_source", "listing_source", "price_sink", "stock_sink", "batch_results", "shipment_sink", "claims",
    }  # fmt: skip


class TestToken:
    def test_request(self) -> None:
        request = calls.token_request(account())
        assert str(request.url) == TOKEN_URL
        assert request.headers["authorization"] == "Basic aXN0ZW1jaS0xOmdpemxpOjE="
        assert request.content == b"grant_type=client_credentials&scope=merchantgatewayapi.fullaccess"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert request.extensions["operation"] == "token"

    @pytest.mark.parametrize(
        ("data", "seconds"),
        [
            (ok({"accessToken": "j", "expiresIn": 1800, "tokenType": "Bearer"}), 1800),
            ({"access_token": "j", "expires_in": 900}, 900),
            (ok({"access_token": "j"}), 3600),
            ({"accessToken": "j", "expiresIn": 0}, 3600),
        ],
    )
    def test_in_its_envelope_or_plain(self, data: Any, seconds: int) -> None:
        token = calls.read_token(account(), reply(data))
        assert token.access.reveal() == "j"
        assert token.expires_at == NOW + timedelta(seconds=seconds)

    @pytest.mark.parametrize(
        ("status", "data", "ends", "code"),
        [
            (400, no("invalid_token"), "", "auth.refused"),
            (400, {"error": "invalid_client"}, "2026-11-23", "auth.refused"),  # the last day on which it works
            (400, no("invalid_token"), "2026-11-22", "auth.expired"),
            (401, b"", "", "auth.refused"),
            (200, no("invalid_token"), "", "auth.refused"),
            (429, b"", "2026-01-01", "rate.limited"),
            (503, b"", "2026-01-01", "server.unavailable"),
            (200, b"<html>bakim", "", "server.html"),
            (200, ok(None), "", "answer.field_missing"),
        ],
    )
    def test_refusals(self, status: int, data: Any, ends: str, code: str) -> None:
        with pytest.raises(ProviderError) as caught:
            calls.read_token(account(secret_expires_on=ends), reply(data, status))
        assert caught.value.message.code == code
        assert caught.value.message.params["operation"] == "token"
        assert (caught.value.message.field == "client_secret") == code.startswith("auth.")


class TestOrders:
    def test_the_reference_s_order(self) -> None:
        found = one(order())
        assert (found.remote_id, found.number, found.status) == (GUID, "700000001", OrderStatus.OPEN)
        assert found.vendor_status == "Siparişiniz Alındı"
        assert found.placed_at == datetime(2026, 11, 20, 7, 15, tzinfo=UTC)
        assert found.updated_at == found.placed_at
        assert (found.total, found.discount, found.shipping) == (Money.of("220", TRY), Money.of("30", TRY), None)
        assert found.ship_by == datetime(2026, 11, 22, 20, 59, tzinfo=UTC)
        assert (found.buyer.name, found.buyer.email, found.buyer.phone) == (
            "Ayşe Örnek", "ayse@example.com", "+905550000000",
        )  # fmt: skip
        assert (found.ship_to.street, found.ship_to.district, found.ship_to.city, found.ship_to.postcode) == (
            "Deneme Işık Sk. 1", "Çankaya", "Ankara", "06000",
        )  # fmt: skip
        assert found.bill_to is not None
        assert (found.bill_to.tax_number, found.bill_to.company) == ("11111111110", "")
        assert found.extra == {"shipmentCode": "PZR0000001", "items": f"{ITEM}:3:1"}
        (line,) = found.lines
        assert (line.remote_id, line.sku, line.barcode, line.quantity) == (ITEM, "PX-KUPA-01", "8690000000011", 2)
        assert line.unit_price.money == Money(Decimal("110.0000"), TRY)
        assert (line.unit_price.vat, line.vat_rate) == (Vat.INCLUDED, 20)

    def test_money_is_the_whole_kurus(self) -> None:
        row = order()
        row["items"][0] |= {
            "salePrice": {"value": 0.1, "valueInt": 279979, "currency": "TL"}, "discountAmount": None, "taxIncluded": False,
        }  # fmt: skip
        (line,) = one(row).lines
        assert line.unit_price.money.amount == Decimal("2799.79")
        assert line.unit_price.vat is Vat.EXCLUDED
        row["items"][0]["salePrice"] = {"value": 12.5}
        assert one(row).lines[0].unit_price.money == Money(Decimal("12.5"), TRY)

    @pytest.mark.parametrize(
        ("states", "status"),
        [
            ((3,), OrderStatus.OPEN), ((12, 3), OrderStatus.OPEN), ((5, 12), OrderStatus.PARTIALLY_SHIPPED),
            ((5, 6), OrderStatus.SHIPPED), ((19,), OrderStatus.SHIPPED), ((14, 11), OrderStatus.SHIPPED),
            ((11, 10), OrderStatus.DELIVERED), ((7,), OrderStatus.DELIVERED), ((8, 10), OrderStatus.RETURNED),
            ((6, 13), OrderStatus.CANCELLED), ((77, 3), OrderStatus.UNKNOWN), ((18,), OrderStatus.OPEN),
        ],
    )  # fmt: skip
    def test_the_status_is_that_of_all_items(self, states: tuple[int, ...], status: OrderStatus) -> None:
        found = one(order(orderStatus=77, items=[item(n, state) for n, state in enumerate(states)]))
        assert found.status is status
        assert found.cancel_asked == (18 in states)
        assert [line.cancelled for line in found.lines] == [state in (6, 13) for state in states]

    def test_an_item_without_a_status_has_the_order_s(self) -> None:
        found = one(order(orderStatus=5, items=[item(1, 3, orderItemStatus=None, orderItemStatusName=None)]))
        assert (found.status, found.vendor_status) == (OrderStatus.SHIPPED, "5")

    def test_a_company_a_carrier_and_the_last_change(self) -> None:
        row = order(
            billingAddress={"nameSurname": "İnce", "invoiceType": 2, "companyName": "İnce Ltd", "taxNumber": "123",
                            "taxOffice": "Çankaya"},
            shipmentAddress=None, shipmentAmount=29.9, customerName=None,
        )  # fmt: skip
        row["items"][0]["cargo"] = {"companyName": "Sürat Kargo", "trackingNumber": 734512, "trackingUrl": "https://t"}
        row["items"][0]["orderItemStatusHistory"] += [
            {"historyCreatedDate": "2026-11-22T08:00:00+03:00"}, {"historyCreatedDate": "dün"}, {"historyCreatedDate": None},
        ]  # fmt: skip
        found = one(row)
        assert found.bill_to is not None
        assert (found.bill_to.company, found.bill_to.tax_number, found.bill_to.tax_office) == (
            "İnce Ltd",
            "123",
            "Çankaya",
        )
        assert (found.carrier, found.tracking_number, found.extra["trackingUrl"]) == (
            "Sürat Kargo",
            "734512",
            "https://t",
        )
        assert found.updated_at == datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
        assert (found.shipping, found.buyer.name) == (Money.of("29.9", TRY), "")
        assert changed_at(raw(row)) == found.updated_at
        assert one(order(billingAddress=None)).bill_to is None

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"orderAmount": None}, "orderAmount"), ({"items": []}, "items"), ({"orderDate": "dün"}, "orderDate"),
            ({"currency": "lira"}, "orderAmount"), ({"orderStatus": "3"}, "orderStatus"),
            ({"items": [item(1, 3, salePrice={"currency": "TL"})]}, "items.salePrice"),
            ({"items": [item(1, 3, discountAmount={"valueInt": "x"})]}, "items[0].discountAmount.valueInt"),
        ],
    )  # fmt: skip
    def test_one_bad_record(self, change: dict[str, Any], field: str) -> None:
        found = parsed(order(**change), order(orderId="iyi"))
        assert [good.remote_id for good in found.items] == ["iyi"]
        assert [(bad.remote_id, bad.message.field) for bad in found.rejects] == [(GUID, field)]

    def test_an_odd_part_that_only_informs_costs_nothing(self) -> None:
        row = order(customerEmail=7)
        row["items"][0]["estimatedShippingDate"] = "yakında"
        found = parsed(row)
        assert found.items[0].ship_by is None
        assert [bad.message.code for bad in found.rejects] == ["answer.odd_field"]

    @pytest.mark.parametrize("data", [{}, {"orderDate": "dün", "items": []}, {"orderDate": 1, "items": []}, []])
    def test_a_record_that_does_not_tell_when_it_changed(self, data: Any) -> None:
        assert changed_at(raw(data)) is None


@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(1, 200))
def test_a_walk_ends_with_the_list(extra: list[int], cap: int) -> None:
    """Whatever the vendor's cap on a page is, at 100 or above: the last page is reached and nothing is asked for after an end."""
    cap, total = max(cap, calls.LEAST_FULL), sum(extra)
    walk, got = calls.Walk(calls.orders_request(Window(NOW - timedelta(days=1), NOW))), 0
    for _ in range(20):
        if walk.call is None:
            break
        page = json.loads(walk.call.body or b"")["pageNumber"]
        rows = max(0, min(cap, total - (page - 1) * cap))
        got += rows
        walk.take(rows)
    assert walk.call is None
    assert got == total
    with pytest.raises(ValueError, match="ended"):
        walk.take(0)


def change(price: str, lists: str | None = None, was: str | None = None, currency: str = TRY) -> PriceChange:
    crossed, known = (Money.of(x, currency) if x is not None else None for x in (lists, was))
    return PriceChange("k1", ListingRef("869", "PX-1"), Money.of(price, currency), crossed, known)


class TestGoods:
    def test_products(self) -> None:
        rows = [
            {"name": "Işıklı Çanta", "code": "869", "groupCode": "G1", "stockCode": "PX-1", "stockCount": 5, "listPrice": 249.9,
             "salePrice": 199.90, "vatRate": 20, "state": 3, "productStatus": 1},
            {"name": "B", "code": "870", "salePrice": 10, "listPrice": 10, "productStatus": 10},
            {"name": "C", "code": "871", "salePrice": 10, "state": 1},
            {"name": "D", "code": "872", "salePrice": 10, "productStatus": 5},
            {"name": "E", "code": "873"},
        ]  # fmt: skip
        answer = reply(ok({"sellerProducts": rows, "nextCursor": "c/2=="}))
        found = goods.parse_listings(answer)
        first, second = found.items[:2]
        assert (first.price, first.list_price) == (Money(Decimal("199.90"), TRY), Money(Decimal("249.9"), TRY))
        assert (first.remote_id, first.sku, first.stock, first.barcode, first.parent_id) == (
            "869", "PX-1", 5, "869", "G1",
        )  # fmt: skip
        assert (second.sku, second.list_price, second.stock) == ("870", None, None)
        assert [x.status for x in found.items] == [
            ListingStatus.ACTIVE, ListingStatus.PASSIVE, ListingStatus.UNKNOWN, ListingStatus.UNKNOWN,
        ]  # fmt: skip
        assert [(bad.remote_id, bad.message.field) for bad in found.rejects] == [("873", "salePrice")]
        after = calls.listings_following(calls.listings_request(), answer)
        assert after is not None
        assert after.url == "/product/products/approved?Size=100&Cursor=c%2F2%3D%3D"
        assert calls.listings_following(after, reply(ok({"sellerProducts": [], "nextCursor": None}))) is None

    def test_the_two_prices_go_together(self) -> None:
        rows = [calls.price_row(x) for x in (
            change("199.905", "249.90"), change("10", was="8"), change("10", was="12"), change("10"),
        )]  # fmt: skip
        assert [(str(r["salePrice"]), str(r["listPrice"])) for r in rows] == [
            ("199.91", "249.90"), ("10.00", "10.00"), ("10.00", "12.00"), ("10.00", "10.00"),
        ]  # fmt: skip
        odd = PriceChange("k", ListingRef("1", ""), Money.of("5", TRY), was_list_price=Money.of("9", "USD"))
        assert calls.price_row(odd)["listPrice"] == Decimal("5.00")

    @pytest.mark.parametrize(
        ("price", "field"),
        [(change("5", currency="USD"), "salePrice"), (change("0.001"), "salePrice"), (change("5", "4"), "listPrice")],
    )
    def test_what_is_not_sent(self, price: PriceChange, field: str) -> None:
        message = calls.refused_price(price)
        assert message is not None
        assert message.field == field
        assert calls.refused_price(change("5", "5")) is None
        assert calls.refused_stock(StockChange("k", ListingRef("P", ""), -1)) is not None
        assert calls.refused_stock(StockChange("k", ListingRef("P", ""), 0)) is None

    def test_results_by_row(self) -> None:
        codes = ("done", "busy", "gone", "wait", "fail", "dumb", "none")
        stocks = [StockChange(code, ListingRef(code, ""), 1) for code in codes]

        def row(code: str, status: int | None, detail: str | None = None, kind: str = "stock") -> dict[str, Any]:
            return {"code": code, kind: {"status": status, "operationDetail": detail}, "operationStatusText": "Metin"}

        rows = [
            row("done", 0), row("gone", 2, "Ürün bulunamadı"), row("wait", 5, "Onaya gönderildi", "price"), row("fail", 1),
            row("dumb", None), {"code": None},
        ]  # fmt: skip

        def result(*more: Any) -> dict[str, tuple[str, Message | None]]:
            receipt = goods.parse_batch(reply(ok([*rows, *more])), "t", stocks)
            assert receipt.ticket == "t"
            return {o.key: (o.state.value, o.message) for o in receipt.outcomes}

        found = result(row("busy", 3))
        assert {key: state for key, (state, _) in found.items()} == {
            "done": "done", "busy": "pending", "gone": "refused", "wait": "refused", "fail": "refused", "dumb": "unknown",
            "none": "pending",
        }  # fmt: skip
        told = {key: message.code for key, (_, message) in found.items() if message is not None}
        assert told == {
            "gone": "item.not_found", "wait": "item.refused", "fail": "item.refused", "dumb": "answer.field_missing",
        }  # fmt: skip
        assert found["wait"][1] is not None
        assert (found["wait"][1].vendor_text, found["wait"][1].vendor_code) == ("Onaya gönderildi", "5")
        assert found["fail"][1] is not None
        assert found["fail"][1].vendor_text == "Metin"
        assert result(row("busy", 0))["none"][0] == "unknown"
        empty = goods.parse_batch(reply(ok([])), "t", [change("5")])
        assert [o.state.value for o in empty.outcomes] == ["pending"]

    def test_a_row_with_both_is_read_by_what_was_sent(self) -> None:
        rows = [{"code": "869", "price": {"status": 0}, "stock": {"status": 2}}]
        stock = StockChange("s", ListingRef("869", ""), 1)
        assert goods.parse_batch(reply(ok(rows)), "t", [change("5")]).outcomes[0].state.value == "done"
        assert goods.parse_batch(reply(ok(rows)), "t", [stock]).outcomes[0].state.value == "refused"

    def test_tickets(self) -> None:
        assert goods.parse_ticket(reply(ok("0000-guid"))) == "0000-guid"
        assert goods.parse_ticket(reply(ok(None))) == ""


class TestCarriers:
    @pytest.mark.parametrize(
        ("name", "guid"),
        [
            ("Sürat Kargo", "g-surat"), ("SÜRAT KARGO", "g-surat"), ("Sürat Kargo Işık", "g-surat"), ("Yurtiçi", "g-yurtici"),
            ("Aras", ""), ("", ""), (" ", ""),
        ],
    )  # fmt: skip
    def test_by_the_merchant_s_word(self, name: str, guid: str) -> None:
        ways = goods.parse_deliveries(reply(ok(DELIVERIES)))
        assert ways.company(name) == guid
        assert ways.contracted == {2}

    def test_an_answer_of_another_form_is_an_own_carrier_s(self) -> None:
        assert goods.parse_deliveries(reply(ok(None))) == goods.Deliveries(frozenset(), {})

    def test_parts(self) -> None:
        found = one(order(items=[item(1, 3), item(2, 6), item(3, 5)]))

        def parts(*lines: str) -> tuple[list[str], Message | None]:
            told = ShipmentNotice("n", GUID, lines=tuple(ShippedLine(x, 1) for x in lines))
            chosen, refusal = goods.parts_of(found, told)
            return [x.item for x in chosen], refusal

        assert parts() == (["i-1", "i-3"], None)
        assert parts("i-3") == (["i-3"], None)
        refusal = parts("i-2")[1]
        assert refusal is not None
        assert refusal.code == "item.conflict"
        asked, told = goods.parts_of(one(order(18)), ShipmentNotice("n", GUID))
        assert asked == []
        assert told is not None


class TestClaims:
    def test_a_return(self) -> None:
        rows = goods.claim_rows(reply(refunds(refund(), refund(refundId="r-2", refundStatus="?"))))
        found = goods.parse_claims(rows)
        (claim,) = found.items
        assert (claim.remote_id, claim.order_number, claim.status) == ("r-1", "700000001", "1 Onay Bekliyor")
        assert (claim.lines, claim.reason, claim.tracking_number) == (
            (("869", 1),), "Beklediğim gibi değil", "9000300191",
        )  # fmt: skip
        assert claim.opened_at == datetime(2026, 11, 21, 6, 27, tzinfo=UTC)
        assert [bad.remote_id for bad in found.rejects] == ["r-2"]
        assert not goods.is_accepted(claim)

    @pytest.mark.parametrize(
        ("status", "accepted"), [(2, True), (6, True), (8, True), (1, False), (3, False), (7, False)]
    )
    def test_which_are_accepted(self, status: int, accepted: bool) -> None:
        row = refund(refundStatus=status, refundStatusName=None, productCode=None, shipmentCode=None)
        (claim,) = goods.parse_claims([raw(row)]).items
        assert goods.is_accepted(claim) is accepted
        assert (claim.status, claim.lines, claim.tracking_number) == (str(status), (), "")

    def test_no_list_is_an_empty_one(self) -> None:
        assert goods.claim_rows(reply(ok(None))) == goods.claim_rows(reply(ok({"refundList": None}))) == []


@pytest.mark.parametrize(
    ("status", "data", "code", "vendor_code", "text"),
    [
        (401, b"", "auth.refused", "401", ""),
        (403, b"", "auth.forbidden", "403", ""),
        (400, no("validation_error", "Size 1 ile 100 arasında"), "request.refused", "validation_error", "Size 1 ile 100 arasında"),
        (200, no("invalid_token"), "auth.refused", "invalid_token", "Olmadı"),
        (200, no("batch_not_found"), "item.not_found", "batch_not_found", "Olmadı"),
        (200, no("", "Statü uygun değil"), "request.refused", "", "Statü uygun değil"),
        (200, {"success": False}, "request.refused", "", ""),
        (429, no("too_many_requests", "10 saniye"), "rate.limited", "too_many_requests", "10 saniye"),
        (500, b"{bozuk", "server.error", "500", ""),
        (200, b"<html>bakim", "server.html", "", ""),
    ],
)  # fmt: skip
def test_errors(status: int, data: Any, code: str, vendor_code: str, text: str) -> None:
    message = calls.pazarama_errors(reply(data, status))
    assert message is not None
    assert (message.code, message.vendor_code, message.vendor_text) == (code, vendor_code, text)


def test_no_errors_and_the_pause_between_batches() -> None:
    assert calls.pazarama_errors(reply(ok([]))) is None
    assert calls.pazarama_errors(reply(b"[1,")) is None  # the parser says what is wrong with it
    for operation, seconds in (("set_prices", 10.0), ("set_stocks", 10.0), ("orders", None)):
        message = calls.pazarama_errors(Reply(429, {}, b"", operation))
        assert message is not None
        assert message.retry_after == seconds
    message = calls.pazarama_errors(Reply(429, {"retry-after": "3"}, b"", "set_prices"))
    assert message is not None
    assert message.retry_after == 3.0


class TestRequests:
    def test_reading(self) -> None:
        window = Window(NOW - timedelta(days=2, seconds=30), NOW + timedelta(seconds=1))
        asked = calls.orders_request(window)
        assert (asked.method, asked.path, asked.group, asked.repeatable) == (
            "POST", "/order/getOrdersForApi", "orders", True,
        )  # fmt: skip
        assert asked.body == (
            b'{"pageSize":200,"pageNumber":1,"startDate":"2026-11-21T11:59","endDate":"2026-11-23T12:01"}'
        )
        exact = json.loads(calls.orders_request(Window(NOW - timedelta(days=1), NOW)).body or b"")
        assert exact["endDate"] == "2026-11-23T12:00"
        assert json.loads(calls.order_request(7).body or b"") == {"pageSize": 100, "pageNumber": 1, "orderNumber": 7}
        assert calls.probe_request().url == "/product/products/approved?Size=1"
        assert calls.listings_request().url == "/product/products/approved?Size=100"
        assert calls.batch_request("a/b").url == "/listing-state/batch-id/a%2Fb/lake-projections?page=1&pageSize=3000"
        assert calls.deliveries_request().url == "/sellerRegister/getSellerDelivery"
        claims = json.loads(calls.claims_request(Window(NOW - timedelta(days=2), NOW)).body or b"")
        assert claims == {
            "pageSize": 100, "pageNumber": 1, "requestStartDate": "2026-11-21", "requestEndDate": "2026-11-24",
        }  # fmt: skip

    @given(st.integers(0, 2 * 365 * 86_400), st.integers(1, int(calls.PIECE.total_seconds())))
    def test_no_window_is_wider_than_february(self, ago: int, seconds: int) -> None:
        start = NOW - timedelta(seconds=ago)
        window = Window(start, start + timedelta(seconds=seconds))
        for request, first, last in (
            (calls.orders_request(window), "startDate", "endDate"),
            (calls.claims_request(window), "requestStartDate", "requestEndDate"),
        ):
            body = json.loads(request.body or b"")
            begin, end = (datetime.fromisoformat(body[name]).replace(tzinfo=calls.ZONE) for name in (first, last))
            assert end - begin <= timedelta(days=28)
            assert begin <= window.since
            assert end >= window.until

    def test_writing(self) -> None:
        prices = calls.set_prices_request([change("199.90", "249.90")])
        assert prices.body == b'{"items":[{"code":"869","listPrice":249.90,"salePrice":199.90}]}'
        assert (prices.path, prices.group, prices.repeatable) == ("/product/updatePrice-v2", "inventory", True)
        stocks = calls.set_stocks_request([StockChange("k", ListingRef("869", ""), 5)])
        assert (stocks.path, stocks.body) == ("/product/updateStock-v2", b'{"items":[{"code":"869","stockCount":5}]}')
        assert stocks.deadline_s is not None
        assert stocks.deadline_s > calls.SPACING_S
        begin = calls.preparing_request(7, "i")
        assert (begin.method, begin.path, begin.repeatable) == ("PUT", "/order/updateOrderStatus", False)
        assert begin.body == b'{"orderNumber":7,"item":{"orderItemId":"i","status":12}}'
        gone = json.loads(calls.shipped_request(7, "i", 1, "g", "73", "https://t").body or b"")
        assert gone == {"orderNumber": 7, "item": {
            "orderItemId": "i", "status": 5, "deliveryType": 1, "shippingTrackingNumber": "73", "trackingUrl": "https://t",
            "cargoCompanyId": "g",
        }}  # fmt: skip
        accept = calls.accept_claim_request("r-1")
        assert (accept.path, accept.body) == ("/order/updateRefund", b'{"refundId":"r-1","status":2}')


def test_an_empty_list_and_no_discount() -> None:
    assert calls.rows_of(reply(ok(None))) == []
    for data in ({}, {"data": None}, {"data": None, "items": None}):
        for read in (calls.rows_of, goods.claim_rows, goods.parse_deliveries):
            with pytest.raises(OursError, match="data"):
                read(reply(data))
    assert one(order(items=[item(1, 3, discountAmount=money(0))])).lines[0].unit_price.money.amount == Decimal(125)
