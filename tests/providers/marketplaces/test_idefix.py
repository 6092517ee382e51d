"""idefix's pure ends: the key's ways, shipments, products, uploads, returns, errors, requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import Message, OursError, Page, capabilities_of
from app.kit import decode_json
from app.model import ListingRef, ListingStatus, Money, Order, OrderStatus, PriceChange, StockChange, Window
from providers.marketplaces import idefix_calls as calls
from providers.marketplaces import idefix_goods as goods
from providers.marketplaces import idefix_wire as wire
from providers.marketplaces.idefix import Idefix
from tests.providers.marketplaces.idefix_support import BASE, LINE, NOW, account, claim, page, shipment
from tests.providers.marketplaces.trendyol_support import reply

TRY = "TRY"
VENDOR = "123%2F4"


def parsed(*rows: Any) -> Page[Order]:
    return wire.parse_orders(decode_json(reply(page(*rows)), wire.ListWire))


def one(row: Any) -> Order:
    (found,) = parsed(row).items
    return found


def test_capabilities() -> None:
    assert capabilities_of(Idefix) == {
        "probe", "order_source", "listing_source", "price_sink", "stock_sink", "batch_results", "shipment_sink", "claims",
    }  # fmt: skip


def test_the_ways_to_send_a_key() -> None:
    assert calls.key_forms(account()) == {"pair": "YW5haHRhci0xOnNpci0x"}
    bare = calls.key_forms(account(""))
    assert list(bare) == ["bare", "colon", "vendor"]
    assert bare == {"bare": "anahtar-1", "colon": "YW5haHRhci0xOg==", "vendor": "MTIzLzQ6YW5haHRhci0x"}


class TestOrders:
    def test_a_shipment(self) -> None:
        found = one(shipment())
        assert (found.remote_id, found.number, found.status) == ("3000019", "IDE8000019", OrderStatus.OPEN)
        assert found.placed_at == datetime(2026, 11, 9, 10, 16, 42, tzinfo=UTC)
        assert found.updated_at == datetime(2026, 11, 20, 23, 12, 9, tzinfo=UTC)
        assert (found.total, found.discount) == (Money.of("500.0", TRY), Money.of("28.0", TRY))
        assert found.ship_by == datetime(2026, 11, 11, 10, 16, 42, tzinfo=UTC)
        assert (found.buyer.name, found.buyer.email, found.buyer.phone, found.buyer.remote_id) == (
            "Doğan Kılıç", "d@example.com", "+905316153078", "19",
        )  # fmt: skip
        assert (found.ship_to.street, found.ship_to.district, found.ship_to.city) == (
            "Merkez Mah. Fatih Sk. 1", "Haliliye", "Şanlıurfa",
        )  # fmt: skip
        assert found.bill_to is not None
        assert (found.bill_to.company, found.bill_to.tax_number) == ("", "")
        assert (found.carrier, found.tracking_number) == ("Aras Kargo", "883000019")
        assert found.extra == {
            "status": "ready", "cargoKey": "CLM3000019", "cargoProfile": "Aras Kargo Anlaşmalı", "cargoTrackingUrl": "https://k",
        }  # fmt: skip
        (line,) = found.lines
        assert (line.remote_id, line.sku, line.barcode, line.quantity) == ("60000190", "PX-00026", "8690000000265", 2)
        assert line.unit_price.money == Money(Decimal("250.0000"), TRY)

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("created", OrderStatus.PENDING), ("shipment_created", OrderStatus.PENDING), ("shipment_ready", OrderStatus.OPEN),
            ("shipment-picking", OrderStatus.OPEN), ("SHİPMENT_INVOICED", OrderStatus.OPEN),
            ("shipment_in_cargo", OrderStatus.SHIPPED), ("shipment_in-cargo", OrderStatus.SHIPPED),
            ("shipment_undeliver", OrderStatus.SHIPPED), ("shipment_undelivered", OrderStatus.SHIPPED),
            ("shipment_delivered", OrderStatus.DELIVERED), ("shipment_approved", OrderStatus.DELIVERED),
            ("shipment_cancelled", OrderStatus.CANCELLED), ("shipment_unsupplied", OrderStatus.CANCELLED),
            ("shipment_split", OrderStatus.CANCELLED), ("shipment_returned", OrderStatus.RETURNED),
            ("shipment_lost", OrderStatus.UNKNOWN),
        ],
    )  # fmt: skip
    def test_status_words_in_any_spelling(self, word: str, status: OrderStatus) -> None:
        assert one(shipment(status=word)).status is status

    def test_what_older_clients_know(self) -> None:
        """The reference's fields alone, with the vendor's own form of dates."""
        found = one({
            "id": "77", "orderNumber": "IDE1", "orderDate": "2026/11/09 13:16:42", "status": "shipment_created",
            "shippingAddress": {"firstName": "Ayşe", "lastName": "Örnek", "phone": "12"}, "cargoTrackingNumber": "0",
            "items": [
                {"id": 1, "merchantSku": None, "barcode": "869", "productName": "A", "quantity": 3, "price": 10.0,
                 "discountedTotalPrice": 27.00},
                {"id": 2, "quantity": 1, "price": 5, "itemStatus": "shipment_cancelled"},
            ],
        })  # fmt: skip
        assert found.placed_at == found.updated_at == datetime(2026, 11, 9, 10, 16, 42, tzinfo=UTC)
        assert (found.total.amount, found.buyer.name, found.ship_to.phone) == (32, "Ayşe Örnek", "12")
        assert [line.unit_price.money.amount for line in found.lines] == [9, 5]
        assert (found.lines[0].sku, found.lines[1].cancelled) == ("869", True)
        assert (found.tracking_number, found.bill_to, found.ship_by) == ("", None, None)

    def test_a_company(self) -> None:
        firm = {"fullName": "İnce", "company": "İnce Ltd", "taxNumber": 1, "taxOffice": "Çankaya"}
        for flag in ({"isCommercial": "1"}, {"isLikeCommercial": 1}, {"isCommercial": True}):
            found = one(shipment(invoiceAddress={**firm, **flag, "taxNumber": "123"})).bill_to
            assert found is not None
            assert (found.company, found.tax_number, found.tax_office) == ("İnce Ltd", "123", "Çankaya")
        person = one(shipment(invoiceAddress={**firm, "taxNumber": "123", "identityNumber": "111"})).bill_to
        assert person is not None
        assert (person.company, person.tax_number) == ("", "111")

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"items": []}, "items"), ({"orderDate": "dün"}, "orderDate"), ({"status": None}, "status"),
            ({"discountedTotalPrice": "çok"}, "discountedTotalPrice"),
            ({"items": [{**LINE, "price": None}]}, "items[0].price"),
        ],
    )  # fmt: skip
    def test_one_bad_record(self, change: dict[str, Any], field: str) -> None:
        found = parsed(shipment(**change), shipment(id=2))
        assert [good.remote_id for good in found.items] == ["2"]
        assert [(bad.remote_id, bad.message.field) for bad in found.rejects] == [("3000019", field)]

    def test_odd_parts(self) -> None:
        found = parsed(shipment(items=[{**LINE, "quantity": 1.5}], lastShipmentDate=5))
        (line,) = found.items[0].lines
        assert (line.quantity, line.title) == (0, "Işıklı Ayna × 1.5")
        assert found.items[0].ship_by is None
        assert [bad.message.code for bad in found.rejects] == ["answer.odd_field"]

    def test_ids(self) -> None:
        raws = [msgspec.Raw(json.dumps(x).encode()) for x in ({"id": 1}, {"id": "2"}, {"id": None}, {"id": []}, 7)]
        assert wire.shipment_ids(raws) == {"1", "2"}
        assert wire.record_id({}) == ""


@pytest.mark.parametrize(
    ("carrier", "page_"),
    [
        ("Yurtiçi Kargo", "https://www.yurticikargo.com/tr/online-servisler/gonderi-sorgula?code=7%2F1"),
        ("SÜRAT KARGO", "https://www.suratkargo.com.tr"), ("Kervan", ""), ("", ""),
    ],
)  # fmt: skip
def test_tracking_pages(carrier: str, page_: str) -> None:
    assert wire.tracking_page(carrier, "7/1") == page_


@given(st.integers(0, 900), st.integers(20, 120), st.booleans())
def test_a_walk_ends_with_the_list(total: int, cap: int, counted: bool) -> None:
    """Whatever the vendor's cap on a page is, and whether it tells the number of pages or not."""
    size = min(cap, 100)
    walk, got = calls.Walk(calls.listings_request(account(), 100)), 0
    for _ in range(60):
        if walk.call is None:
            break
        number = int(dict(walk.call.params)["page"])
        rows = max(0, min(size, total - (number - 1) * size))
        got += rows
        walk.take(rows, -(-total // size) if counted else None)
    assert walk.call is None
    assert got == total
    with pytest.raises(ValueError, match="ended"):
        walk.take(0)


def test_a_list_that_grows_without_end_is_an_error() -> None:
    walk = calls.Walk(calls.listings_request(account(), 100))
    with pytest.raises(OursError, match="faster"):
        for number in range(2, 300):
            walk.take(1, number + 1 if number < 60 else 62)
            if number > 60:
                walk.call = calls.listings_request(account(), 100)


def change(price: str, lists: str | None = None, was: str | None = None, currency: str = TRY) -> PriceChange:
    crossed, known = (Money.of(x, currency) if x is not None else None for x in (lists, was))
    return PriceChange("k1", ListingRef("869", "PX-1"), Money.of(price, currency), crossed, known)


ROW: dict[str, Any] = {
    "barcode": "869", "title": "Işıklı Çanta", "productMainId": "ANA", "inventoryQuantity": 5, "vendorStockCode": "PX-1",
    "price": 199.90, "comparePrice": 249.9, "vatRate": 20, "status": "ready_for_sale",
}  # fmt: skip


class TestGoods:
    @pytest.mark.parametrize("name", ["products", "items", "data", "content"])
    def test_products_under_any_name(self, name: str) -> None:
        found = goods.parse_listings(goods.product_rows(reply({name: [ROW], "page": 1})))
        (first,) = found.items
        assert (first.price, first.list_price) == (Money(Decimal("199.90"), TRY), Money(Decimal("249.9"), TRY))
        assert (first.remote_id, first.sku, first.stock, first.barcode, first.parent_id) == (
            "869", "PX-1", 5, "869", "ANA",
        )  # fmt: skip

    def test_no_list_is_an_error(self) -> None:
        with pytest.raises(OursError, match="products"):
            goods.product_rows(reply({"message": "?"}))

    def test_odd_products(self) -> None:
        rows = [
            {**ROW, "comparePrice": 0.0, "vendorStockCode": None}, {**ROW, "price": None},
            {**ROW, "comparePrice": 100}, {**ROW, "price": "x"}, {"title": "B"},
        ]  # fmt: skip
        found = goods.parse_listings(goods.product_rows(reply({"products": rows})))
        assert [x.list_price for x in found.items] == [None] * 3
        assert [x.price is None for x in found.items] == [False, True, False]
        assert found.items[0].sku == "869"
        assert [(bad.remote_id, bad.message.field) for bad in found.rejects] == [("869", "price"), ("", "barcode")]

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("ready_for_sale", ListingStatus.ACTIVE), ("ACTIVE", ListingStatus.ACTIVE), (None, ListingStatus.ACTIVE),
            ("inactive", ListingStatus.PASSIVE), ("not_for_sale", ListingStatus.PASSIVE),
            ("waiting_vendor_approve", ListingStatus.DRAFT), ("declined", ListingStatus.REFUSED), ("x", ListingStatus.UNKNOWN),
        ],
    )  # fmt: skip
    def test_what_a_product_s_status_says(self, word: str | None, status: ListingStatus) -> None:
        (found,) = goods.parse_listings(goods.product_rows(reply({"items": [{**ROW, "status": word}]}))).items
        assert found.status is status

    def test_the_two_prices_go_together(self) -> None:
        rows = [calls.price_row(x) for x in (
            change("199.905", "249.90"), change("10", was="8"), change("10", was="12"), change("10"),
        )]  # fmt: skip
        assert [(str(r["price"]), str(r["comparePrice"])) for r in rows] == [
            ("199.91", "249.90"), ("10.00", "10.00"), ("10.00", "12.00"), ("10.00", "10.00"),
        ]  # fmt: skip
        odd = PriceChange("k", ListingRef("1", ""), Money.of("5", TRY), was_list_price=Money.of("9", "USD"))
        assert calls.price_row(odd)["comparePrice"] == Decimal("5.00")

    @pytest.mark.parametrize(
        ("price", "field"),
        [(change("5", currency="USD"), "price"), (change("0.001"), "price"), (change("5", "4"), "comparePrice")],
    )
    def test_what_is_not_sent(self, price: PriceChange, field: str) -> None:
        message = calls.refused_price(price)
        assert message is not None
        assert message.field == field
        assert calls.refused_price(change("5", "5")) is None
        assert calls.refused_stock(StockChange("k", ListingRef("P", ""), -1)) is not None
        assert calls.refused_stock(StockChange("k", ListingRef("P", ""), 0)) is None

    def test_results_by_row(self) -> None:
        stocks = [StockChange(code, ListingRef(code, ""), 1) for code in ("done", "busy", "gone", "bad", "none")]
        rows = [
            {"barcode": "done", "status": "completed"}, {"barcode": "busy", "status": "created"},
            {"barcode": "gone", "status": "decline", "failureReasons": "PRODUCT_NOT_FOUND"},
            {"barcode": "bad", "status": "declined", "failureReasons": ["a", "b"]}, {"barcode": None, "status": "completed"},
        ]  # fmt: skip

        def result(status: str | None) -> dict[str, tuple[str, Message | None]]:
            receipt = goods.parse_batch(reply({"status": status, "items": rows}), "t", stocks)
            return {o.key: (o.state.value, o.message) for o in receipt.outcomes}

        found = result("created")
        assert {key: state for key, (state, _) in found.items()} == {
            "done": "done", "busy": "pending", "gone": "refused", "bad": "refused", "none": "pending",
        }  # fmt: skip
        assert [found[key][1].code for key in ("gone", "bad") if found[key][1]] == ["item.not_found", "item.refused"]  # type: ignore[union-attr]
        assert found["bad"][1] is not None
        assert found["bad"][1].vendor_text == "a; b"
        over = result("completed")
        assert [over[key][0] for key in ("done", "busy", "none")] == ["done", "unknown", "unknown"]
        assert goods.parse_batch(reply({"status": None}), "t", stocks).outcomes[0].state.value == "pending"

    def test_tickets(self) -> None:
        assert goods.parse_ticket(reply({"batchRequestId": "b-1", "items": []})) == "b-1"
        assert goods.parse_ticket(reply({})) == ""


class TestClaims:
    def test_a_return(self) -> None:
        found = wire.parse_claims(
            decode_json(reply(page(claim("ready", "ready", "in_cargo"), {"id": 5})), wire.ListWire)
        )
        (back,) = found.items
        assert (back.remote_id, back.order_number, back.status) == ("247", "IDE8", "ready, in_cargo")
        assert (back.lines, back.reason, back.tracking_number) == ((("60", 3),), "Modelini beğenmedim", "91247")
        assert back.opened_at == datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
        assert [bad.remote_id for bad in found.rejects] == ["5"]

    def test_states(self) -> None:
        answer = reply(page(claim("waiting_vendor_approve", "approved"), claim("ready", id=9)))
        assert wire.claim_states(answer, "247") == {"70": "waitingvendorapprove", "71": "approved"}
        assert wire.claim_states(answer, "1") == {}


@pytest.mark.parametrize(
    ("status", "data", "code", "vendor_code", "text"),
    [
        (
            401,
            {"message": "VENDOR_TOKEN_NOT_EXIST"},
            "auth.refused",
            "VENDOR_TOKEN_NOT_EXIST",
            "VENDOR_TOKEN_NOT_EXIST",
        ),
        (404, {"error": "BATCH_NOT_EXIST: yok"}, "item.not_found", "BATCH_NOT_EXIST", "BATCH_NOT_EXIST: yok"),
        (400, {"errors": ["Kalem uygun değil"]}, "request.refused", "400", "Kalem uygun değil"),
        (422, {"detail": "limit"}, "request.refused", "422", "limit"),
        (429, b"", "rate.limited", "429", ""),
        (503, b"<html>", "server.unavailable", "503", ""),
        (200, b"<html>", "server.html", "", ""),
    ],
)
def test_errors(status: int, data: Any, code: str, vendor_code: str, text: str) -> None:
    message = calls.idefix_errors(reply(data, status))
    assert message is not None
    assert (message.code, message.vendor_code, message.vendor_text) == (code, vendor_code, text)
    assert calls.idefix_errors(reply({})) is None


class TestRequests:
    def test_reading(self) -> None:
        window = Window(NOW - timedelta(days=2, milliseconds=500), NOW + timedelta(milliseconds=1))
        made = calls.created_request(account(), window)
        assert made.path == f"{BASE}/oms/{VENDOR}/list"
        assert dict(made.params) == {
            "page": "1", "limit": "50", "startDate": "2026/11/21 11:59:59", "endDate": "2026/11/23 12:00:01",
            "sortByField": "createAt", "sortDirection": "desc",
        }  # fmt: skip
        moved = dict(calls.changed_request(account(), NOW).params)
        assert moved["lastUpdatedAt"] == "2026/11/23 12:00:00"
        assert "startDate" not in moved
        assert dict(calls.order_request(account(), "IDE1").params)["orderNumber"] == "IDE1"
        assert dict(calls.shipment_request(account(), "7").params)["ids"] == "7"
        assert calls.claims_request(account(), window).path == f"{BASE}/oms/{VENDOR}/claim-list"
        assert dict(calls.claim_request(account(), "7").params)["ids"] == "7"
        assert calls.probe_request(account()).url == f"{BASE}/pim/pool/{VENDOR}/list?page=1&limit=1"
        assert calls.listings_request(account(), 20).url == f"{BASE}/pim/pool/{VENDOR}/list?page=1&limit=20"
        assert calls.batch_request(account(), "a/b").path == f"{BASE}/pim/catalog/{VENDOR}/inventory-result/a%2Fb"

    def test_writing(self) -> None:
        prices = calls.set_prices_request(account(), [change("199.90", "249.90")])
        assert prices.body == b'{"items":[{"barcode":"869","price":199.90,"comparePrice":249.90}]}'
        assert (prices.path, prices.repeatable) == (f"{BASE}/pim/catalog/{VENDOR}/inventory-upload", True)
        stocks = calls.set_stocks_request(account(), [StockChange("k", ListingRef("869", ""), 5)])
        assert stocks.body == b'{"items":[{"barcode":"869","inventoryQuantity":5}]}'
        for call, name, body in (
            (calls.picking_request(account(), "7"), "update-shipment-status", {"status": "picking"}),
            (calls.tracking_request(account(), "7", "73", "https://t"), "update-tracking-number",
             {"trackingNumber": "73", "trackingUrl": "https://t"}),
            (calls.arrived_request(account(), "7", ["1"]), "claim-delivered-to-vendor", {"claimLineIds": ["1"]}),
            (calls.approve_request(account(), "7", ["1", "2"]), "claim-approve", {"claimLineIds": ["1", "2"]}),
        ):  # fmt: skip
            assert (call.method, call.path, call.repeatable) == ("POST", f"{BASE}/oms/{VENDOR}/7/{name}", False)
            assert json.loads(call.body or b"") == body
