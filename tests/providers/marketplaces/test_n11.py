"""N11's pure ends: packages, pages that move, products, tasks, SOAP claims, errors, requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contracts import Message, OursError, OutcomeState, Page, capabilities_of
from app.kit import Call, Reply, decode_json
from app.model import (
    ListingRef,
    ListingStatus,
    Money,
    Order,
    OrderStatus,
    PriceChange,
    StockChange,
    Window,
    to_epoch_ms,
)
from providers.marketplaces import n11_calls as calls
from providers.marketplaces import n11_soap
from providers.marketplaces.n11 import N11
from providers.marketplaces.n11_goods import confirm_refusal, parse_batch, parse_listings, parse_ticket
from providers.marketplaces.n11_wire import parse_orders
from tests.providers.marketplaces.n11_support import (
    NOW,
    account,
    claim,
    failure,
    package,
    page,
    soap,
    soap_reply,
)
from tests.providers.marketplaces.trendyol_support import reply


def orders(*items: Any) -> Page[Order]:
    return parse_orders(decode_json(reply(page(*items)), calls.PageWire))


def test_capabilities() -> None:
    assert capabilities_of(N11) == {
        "probe", "order_source", "listing_source", "price_sink", "stock_sink", "batch_results", "shipment_sink", "claims",
        "product_publishing",
    }  # fmt: skip


class TestOrders:
    def test_the_reference_s_package(self) -> None:
        (order,) = orders(package()).items
        assert (order.remote_id, order.number, order.status) == ("510000001", "204000000001", OrderStatus.OPEN)
        assert order.updated_at == datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
        assert to_epoch_ms(order.placed_at) == 1795400000000  # the oldest entry of its history
        assert order.total == Money(Decimal("220.0"), "TRY")
        assert order.discount == Money(Decimal("30.0"), "TRY")
        (line,) = order.lines
        assert line.unit_price.money == Money(Decimal("220.0000"), "TRY")  # what may be invoiced, not the price of 250
        assert (line.remote_id, line.sku, line.listing_id) == ("610000001", "PX-KUPA-01", "PX-KUPA-01")
        assert order.buyer.name == "Ayşe Örnek"
        assert order.ship_to.street == "Deneme Mah. Deneme Sk. 1"
        assert (order.ship_to.district, order.ship_to.phone) == ("Çankaya", "+905550000000")
        assert order.bill_to is not None
        assert (order.bill_to.name, order.bill_to.company, order.bill_to.tax_number) == ("İnce Ltd", "", "11111111110")
        assert order.tracking_number == "9990000000001"
        assert order.extra["cargoTrackingNumber"] == "9990000000001"
        assert order.extra["lines"] == "610000001"

    def test_a_discount_that_does_not_divide(self) -> None:
        data = package()
        data["lines"][0] |= {"quantity": 3, "price": 100, "totalSellerDiscountPrice": 10}
        (order,) = orders(data).items
        assert order.lines[0].unit_price.money.amount == Decimal("96.6667")
        assert order.lines[0].unit_price.money.micros == 96_666_700

    def test_a_company_and_the_real_tracking_number(self) -> None:
        data = package(taxId="4810000000", taxOffice="Sarıyer", cargoSenderNumber=72602420957047, micro=True)
        (order,) = orders(data).items
        assert order.bill_to is not None
        assert (order.bill_to.company, order.bill_to.tax_number) == ("İnce Ltd", "4810000000")
        assert order.tracking_number == "72602420957047"
        assert order.extra["micro"] == "yes"

    def test_little_is_told(self) -> None:
        data = package(id=None, packageHistories=None, billingAddress=None, shippingAddress=None, customerfullName=None)
        (order,) = orders({**data, "agreedDeliveryDate": None, "totalDiscountAmount": 0}).items
        assert order.remote_id == "204000000001"
        assert order.placed_at == order.updated_at
        assert (order.bill_to, order.ship_by, order.discount, order.buyer.name) == (None, None, None, "")

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("created", OrderStatus.OPEN), ("PICKING", OrderStatus.OPEN), ("Un Supplied", OrderStatus.CANCELLED),
            ("UnPacked", OrderStatus.CANCELLED), ("Delıvered", OrderStatus.DELIVERED), ("SHİPPED", OrderStatus.SHIPPED),
            ("Cancelled ", OrderStatus.CANCELLED), ("Kayıp", OrderStatus.UNKNOWN),
        ],
    )  # fmt: skip
    def test_status_words_in_any_spelling(self, word: str, status: OrderStatus) -> None:
        assert orders(package(shipmentPackageStatus=word)).items[0].status is status

    def test_a_cancelled_line(self) -> None:
        data = package()
        data["lines"].append({**data["lines"][0], "orderLineId": 2, "orderItemLineItemStatusName": "cancelled"})
        (order,) = orders(data).items
        assert [line.cancelled for line in order.lines] == [False, True]
        assert order.extra["lines"] == "610000001"

    def test_one_bad_record(self) -> None:
        found = orders(
            package(totalAmount="çok"), package(id=2), {k: v for k, v in package(id=3).items() if k != "totalAmount"}
        )
        assert [one.remote_id for one in found.items] == ["2"]
        assert [(one.remote_id, one.message.code) for one in found.rejects] == [
            ("510000001", "answer.unreadable"),
            ("3", "answer.field_missing"),
        ]


def answer(ids: list[int], call: Call) -> Reply:
    asked = dict(call.params)
    number, size = int(asked["page"]), int(asked["size"])
    rows = ids[number * size : (number + 1) * size]
    return reply(page(*rows, total=len(ids), pages=-(-len(ids) // size)))


FIRST = Call("GET", "/x", "orders", (("page", "0"), ("size", "10")))


class TestWalk:
    @settings(max_examples=80, deadline=None)
    @given(
        st.integers(0, 70), st.lists(st.tuples(st.integers(0, 15), st.integers(0, 4)), max_size=10),
        st.randoms(use_true_random=False), st.booleans(),
    )  # fmt: skip
    def test_what_stays_is_never_skipped(
        self, count: int, moves: list[tuple[int, int]], rng: Any, recent: bool
    ) -> None:
        """In a window up to now, changed records jump to the front and new ones come; in an older one changed ones leave."""
        ids, made = list(range(count)), count
        walk, seen, steps, moved = calls.Walk(FIRST), set[int](), list(moves), set[int]()
        while walk.call is not None:
            seen |= {int(bytes(one)) for one in walk.take(answer(ids, walk.call)).content}
            if steps:
                change, come = steps.pop()
                for _ in range(min(change, len(ids))):
                    one = ids.pop(rng.randrange(len(ids)))
                    moved.add(one)
                    if recent:
                        ids.insert(0, one)
                if recent:
                    ids[:0] = range(made, made + come)
                    made += come
        assert {one for one in ids if one < count} - moved <= seen

    def test_a_list_that_never_stands_still_is_an_error(self) -> None:
        walk, total = calls.Walk(FIRST), 10_000
        with pytest.raises(OursError, match="faster"):
            while walk.call is not None:
                walk.take(reply(page(total=total, pages=2)))
                total -= 1
        walk = calls.Walk(FIRST)
        walk.take(reply(page()))
        with pytest.raises(ValueError, match="ended"):
            walk.take(reply(page()))


def change(price: str, lists: str | None = None, was: str | None = None, currency: str = "TRY") -> PriceChange:
    money = [Money.of(x, currency) if x is not None else None for x in (lists, was)]
    return PriceChange("k1", ListingRef("PX-1", "PX-1"), Money.of(price, currency), *money)


class TestGoods:
    def test_products(self) -> None:
        rows = [
            {"n11ProductId": 42, "stockCode": "PX-1", "title": "Işıklı Çanta", "barcode": "869", "productMainId": "ANA",
             "status": "Active", "saleStatus": "On_Sale", "currencyType": "TL", "salePrice": 199.90, "listPrice": 249.9,
             "quantity": 5, "vatRate": 20},
            {"stockCode": "PX-2", "title": "B", "status": "Suspended", "currencyType": "USD", "salePrice": 1},
            {"stockCode": "PX-3", "title": "C", "status": "Yeni"},
            {"stockCode": "PX-4"},
        ]  # fmt: skip
        found = parse_listings(decode_json(reply(page(*rows, total=9)), calls.PageWire))
        assert [one.remote_id for one in found.items] == ["PX-1", "PX-2", "PX-3"]
        first = found.items[0]
        assert (first.price, first.list_price) == (Money(Decimal("199.9"), "TRY"), Money(Decimal("249.9"), "TRY"))
        assert (first.stock, first.barcode, first.parent_id, first.extra["n11ProductId"]) == (5, "869", "ANA", "42")
        assert [one.status for one in found.items] == [
            ListingStatus.ACTIVE,
            ListingStatus.PASSIVE,
            ListingStatus.UNKNOWN,
        ]
        assert found.items[1].price == Money(Decimal(1), "USD")
        assert [(one.remote_id, one.message.field) for one in found.rejects] == [("PX-4", "title")]
        assert found.total == 9

    def test_the_two_prices_go_together(self) -> None:
        rows = [calls.price_row(one) for one in (
            change("199.905", "249.90"), change("10", was="8"), change("10", was="12"), change("10"), change("1", currency="USD"),
        )]  # fmt: skip
        assert [(str(r["salePrice"]), str(r["listPrice"]), r["currencyType"]) for r in rows] == [
            ("199.91", "249.90", "TL"), ("10.00", "10.00", "TL"), ("10.00", "12.00", "TL"), ("10.00", "10.00", "TL"),
            ("1.00", "1.00", "USD"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("one", "field"),
        [(change("5", currency="GBP"), "currencyType"), (change("0"), "salePrice"), (change("5", "4"), "listPrice")],
    )
    def test_what_is_not_sent(self, one: PriceChange, field: str) -> None:
        message = calls.refused_price(one)
        assert message is not None
        assert message.field == field
        assert calls.refused_price(change("5", "5")) is None
        assert calls.refused_stock(StockChange("k", ListingRef("P", ""), -1)) is not None
        assert calls.refused_stock(StockChange("k", ListingRef("P", ""), 0)) is None

    def test_tickets(self) -> None:
        taken = parse_ticket(reply({"id": 123, "type": "SKU_UPDATE", "status": "IN_QUEUE", "reasons": []}), ["a"])
        assert (taken.ticket, taken.outcomes[0].state) == ("123", OutcomeState.PENDING)
        refused = parse_ticket(reply({"id": 0, "status": "REJECT", "reasons": ["Boş liste"]}), ["a", "b"])
        assert [one.state for one in refused.outcomes] == [OutcomeState.REFUSED] * 2
        assert refused.outcomes[0].message is not None
        assert refused.outcomes[0].message.vendor_text == "Boş liste"
        assert parse_ticket(reply({"status": "IN_QUEUE"}), ["a"]).outcomes[0].state is OutcomeState.UNKNOWN

    def test_results_by_row(self) -> None:
        changes = [StockChange(k, ListingRef(f"PX-{k}", ""), 1) for k in "1234"]
        rows = [
            {"itemCode": "PX-1", "status": "SUCCESS"},
            {"itemCode": "PX-2", "status": "FAIL", "reasons": ["ürün bulunamadı"]},
            {"itemCode": "PX-3", "status": "FAIL", "reasons": [{"message": "Fiyat düşük"}]},
        ]

        def result(status: str, **more: Any) -> list[tuple[OutcomeState, Message | None]]:
            receipt = parse_batch(reply({"status": status, **more}), "1", changes)
            return [(one.state, one.message) for one in receipt.outcomes]

        done = result("PROCESSED", skus={"content": rows})
        assert [state for state, _ in done] == [
            OutcomeState.DONE, OutcomeState.REFUSED, OutcomeState.REFUSED, OutcomeState.UNKNOWN,
        ]  # fmt: skip
        assert [m.code for _, m in done if m] == ["item.not_found", "item.refused", "answer.unexpected"]
        assert done[2][1] is not None
        assert done[2][1].vendor_text == "Fiyat düşük"
        assert {state for state, _ in result("IN_QUEUE")} == {OutcomeState.PENDING}
        assert {state for state, _ in result("REJECT", reasons="hepsi")} == {OutcomeState.REFUSED}

    def test_confirmation_rows(self) -> None:
        assert confirm_refusal(reply(b" ")) is None
        assert confirm_refusal(reply({"content": [{"lineId": 1, "status": "SUCCESS"}]})) is None
        message = confirm_refusal(reply({"content": [{"status": "SUCCESS"}, {"status": "FAIL", "reasons": ["Olmaz"]}]}))
        assert message is not None
        assert message.vendor_text == "Olmaz"


class TestSoap:
    WINDOW = Window(datetime(2026, 10, 31, 22, 0, tzinfo=UTC), datetime(2026, 11, 24, 1, 0, tzinfo=UTC))

    def test_requests(self) -> None:
        call = n11_soap.claims_request(account(), self.WINDOW, 3)
        body = (call.body or b"").decode()
        assert call.path == "/ws/returnService.wsdl"
        assert "<auth><appKey>anahtar-1</appKey><appSecret>gizli&lt;&amp;&gt;1</appSecret></auth><searchData>" in body
        assert (
            "<status>ALL</status><period><startDate>01/11/2026</startDate><endDate>24/11/2026</endDate></period>"
            in body
        )
        assert "<pagingData><currentPage>3</currentPage><pageSize>20</pageSize></pagingData>" in body
        assert '"http://www.n11.com/ws/schemas"' in body
        assert call.repeatable
        accept = n11_soap.accept_claim_request(account(), "88")
        assert b"ClaimReturnApproveRequest" in (accept.body or b"")
        assert b"<claimReturnId>88</claimReturnId>" in (accept.body or b"")
        assert not accept.repeatable

    def test_claims(self) -> None:
        texts = [
            claim(1), claim(2, requestDate="02/11/2026 10:30", orderItemId=""), claim(3, requestDate="dün"),
            claim(4, orderNumber=""), claim(5, quantity="iki"),
        ]  # fmt: skip
        found = n11_soap.parse_claims(soap_reply(soap(f"<claimReturnList>{''.join(texts)}</claimReturnList>")))
        first, second = found.items
        assert (first.remote_id, first.order_number, first.status, first.reason) == (
            "1",
            "204",
            "REQUESTED",
            "Vazgeçtim",
        )
        assert first.opened_at == datetime(2026, 10, 31, 21, 0, tzinfo=UTC)
        assert first.lines == (("61", 2),)
        assert (second.opened_at.hour, second.lines) == (7, ())
        assert [one.remote_id for one in found.rejects] == ["3", "4", "5"]
        assert "dün" in found.rejects[0].raw
        assert n11_soap.parse_claims(soap_reply(soap(""))).items == ()

    @pytest.mark.parametrize(
        ("data", "status", "code"),
        [
            (failure("SELLER_API.authenticationFailed"), 200, "auth.refused"),
            (failure("SELLER_API.claimNotFound"), 200, "item.not_found"),
            (failure("SELLER_API.x"), 200, "request.refused"),
            (soap("", "failure"), 200, "request.refused"),
            (b"", 503, "server.unavailable"),
            (b"<html>bakim", 200, "server.html"),
            (soap("<Fault><faultcode>C</faultcode><faultstring>F</faultstring></Fault>"), 500, "server.error"),
        ],
    )
    def test_failures(self, data: bytes, status: int, code: str) -> None:
        message = n11_soap.n11_soap_errors(soap_reply(data, status))
        assert message is not None
        assert message.code == code

    def test_success(self) -> None:
        assert n11_soap.n11_soap_errors(soap_reply(soap(""))) is None
        bare = soap("").replace(b"<result><status>success</status></result>", b"")
        assert n11_soap.n11_soap_errors(soap_reply(bare)) is None


@pytest.mark.parametrize(
    ("status", "body", "code", "vendor_code", "text"),
    [
        (401, {"@type": "SellerApiUserUnauthorizedException", "message": "Kullanıcı yok"}, "auth.refused",
         "SellerApiUserUnauthorizedException", "Kullanıcı yok"),
        (403, b"Authentication failed", "auth.refused", "403", "Authentication failed"),
        (403, b"", "auth.forbidden", "403", ""),
        (400, {"reasons": ["a", "b"]}, "request.refused", "400", "a; b"),
        (404, [1], "item.not_found", "404", ""),
        (429, {"message": "yavaş"}, "rate.limited", "429", "yavaş"),
        (503, b"", "server.unavailable", "503", ""),
    ],
)  # fmt: skip
def test_errors(status: int, body: Any, code: str, vendor_code: str, text: str) -> None:
    message = calls.n11_errors(reply(body, status))
    assert message is not None
    assert (message.code, message.vendor_code, message.vendor_text) == (code, vendor_code, text)
    assert calls.n11_errors(reply({})) is None


class TestRequests:
    def test_reading(self) -> None:
        window = Window(NOW - timedelta(days=20), NOW - timedelta(days=10))
        asked = dict(calls.orders_request(window, NOW).params)
        assert asked["startDate"] == str(to_epoch_ms(window.since - timedelta(hours=3)))
        assert asked["endDate"] == str(to_epoch_ms(window.until + timedelta(hours=3)))
        assert {k: asked[k] for k in ("orderByField", "orderByDirection", "page", "size")} == {
            "orderByField": "true", "orderByDirection": "DESC", "page": "0", "size": "100",
        }  # fmt: skip
        assert calls.probe_request().url == "/ms/product-query?page=0&size=1"
        assert calls.listings_request().url == "/ms/product-query?page=0&size=250"
        assert dict(calls.order_request("204", {"startDate": "1"}).params)["orderNumber"] == "204"
        assert dict(calls.package_request("51").params)["packageIds"] == "51"

    @given(st.integers(1, 14 * 86_400), st.integers(0, 40 * 86_400))
    def test_no_window_is_clipped(self, seconds: int, ago: int) -> None:
        until = NOW - timedelta(seconds=ago)
        asked = calls.span(Window(until - timedelta(seconds=seconds), until), NOW)
        assert int(asked["endDate"]) - int(asked["startDate"]) <= 15 * 86_400_000
        assert int(asked["endDate"]) >= to_epoch_ms(until + timedelta(hours=3))
        if ago < 4 * 3600:  # what changes while it is read stays in it, whatever N11 means by its times
            assert int(asked["endDate"]) >= to_epoch_ms(NOW + timedelta(hours=4))

    def test_writing(self) -> None:
        prices = calls.set_prices_request([change("199.90", "249.90")])
        assert prices.body == (
            b'{"payload":{"integrator":"Paxzar","skus":[{"stockCode":"PX-1","listPrice":249.90,"salePrice":199.90,'
            b'"currencyType":"TL"}]}}'
        )
        stocks = calls.set_stocks_request([StockChange("k", ListingRef("PX-1", ""), 5)])
        assert json.loads(stocks.body or b"")["payload"]["skus"] == [{"stockCode": "PX-1", "quantity": 5}]
        assert (stocks.path, stocks.repeatable) == ("/ms/product/tasks/price-stock-update", True)
        poll = calls.batch_request("123")
        assert poll.body == b'{"taskId":123,"pageable":{"page":0,"size":1000}}'
        pick = calls.picking_request(["1", "2"])
        assert (pick.method, pick.path, pick.repeatable) == ("PUT", "/rest/order/v1/update", False)
        assert pick.body == b'{"lines":[{"lineId":1},{"lineId":2}],"status":"Picking"}'
