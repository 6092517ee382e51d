"""Hepsiburada's pure ends: orders out of details, lists that move, listings, uploads, claims, labels, errors, requests."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contracts import OursError, OutcomeState, capabilities_of
from app.kit import Call, Reply
from app.model import (
    LabelFormat,
    ListingRef,
    ListingStatus,
    Money,
    OrderStatus,
    PriceChange,
    ShipmentNotice,
    ShippedLine,
    StockChange,
    Window,
)
from providers.marketplaces import hepsiburada_calls as calls
from providers.marketplaces.hepsiburada import Hepsiburada
from providers.marketplaces.hepsiburada_claims import parse_claims, parse_labels, with_lines
from providers.marketplaces.hepsiburada_goods import Names, parse_batch, parse_listings, parse_ticket, titles_following
from providers.marketplaces.hepsiburada_lists import Walk, row_id, rows_of, sightings
from providers.marketplaces.hepsiburada_shipping import (
    PackageWire,
    is_open,
    is_told,
    packages_of,
    parse_package,
    to_pack,
)
from providers.marketplaces.hepsiburada_wire import joined, parse_order, status_of
from tests.providers.marketplaces.hepsiburada_support import MERCHANT, NOW, account, detail, line
from tests.providers.marketplaces.trendyol_support import reply

NUMBER = "9700000000000000091"


def raw(data: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(data, ensure_ascii=False).encode())


def test_capabilities() -> None:
    assert capabilities_of(Hepsiburada) == {
        "probe", "order_source", "listing_source", "price_sink", "stock_sink", "batch_results", "shipment_sink",
        "label_source", "claims", "settlements", "product_publishing",
    }  # fmt: skip


class TestOrder:
    def test_the_reference_s_line(self) -> None:
        (order,) = parse_order(reply(detail()), NUMBER).items
        assert (order.remote_id, order.number, order.status, order.vendor_status) == (
            NUMBER,
            NUMBER,
            OrderStatus.OPEN,
            "Open",
        )
        assert order.placed_at == datetime(2026, 11, 20, 7, 15, tzinfo=UTC)  # 10:15 in Türkiye
        assert order.updated_at == datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC)
        assert order.ship_by == datetime(2026, 11, 21, 20, 59, 59, tzinfo=UTC)
        assert order.total == Money(Decimal("220.0"), "TRY")
        assert order.discount == Money(Decimal(5), "TRY")
        assert order.carrier == "hepsiJET"
        (one,) = order.lines
        assert (one.sku, one.listing_id, one.quantity, one.barcode) == (
            "PX-KUPA-01",
            "HBV00000ABCDE",
            2,
            "8690000000011",
        )
        assert one.unit_price.money == Money(Decimal("110.0"), "TRY")
        assert order.ship_to.district == "Çankaya"
        assert order.ship_to.street == "Deneme Mah. Deneme Sk. 1"
        assert order.ship_to.phone == "+905550000000"
        assert (order.buyer.name, order.buyer.email, order.buyer.remote_id) == ("Ayşe Örnek", "a@example.com", "c-1")
        assert order.bill_to is not None
        assert (order.bill_to.tax_number, order.bill_to.company) == ("11111111110", "")
        assert order.extra == {"lines": f"{one.remote_id}:2", "cargoCompany": "hepsiJET"}

    def test_lines_in_and_out_of_packages(self) -> None:
        lines = [
            line(id="a", status="Packaged", packageNumber="5001"),
            line(id="b", status="CancelledByMerchant"),
            line(id="c", lastStatusUpdateDate="2026-11-21T00:00:00", dueDate="2026-11-21T12:00:00"),
        ]
        (order,) = parse_order(reply(detail(*lines)), NUMBER).items
        assert order.status is OrderStatus.OPEN
        assert order.vendor_status == "Packaged, CancelledByMerchant, Open"
        assert [one.cancelled for one in order.lines] == [False, True, False]
        assert order.total == Money(Decimal("440.0"), "TRY")
        assert order.updated_at == datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
        assert order.extra["lines"] == "c:2"
        assert order.extra["packed"] == "a:5001"

    def test_all_cancelled_keeps_its_sum(self) -> None:
        (order,) = parse_order(reply(detail(line(status="CancelledByCustomer"))), NUMBER).items
        assert order.status is OrderStatus.CANCELLED
        assert order.total == Money(Decimal("220.0"), "TRY")

    def test_a_company_and_other_spellings(self) -> None:
        one = line(merchantSku="PX-2", lineItemId="z", productName="Tabak", invoice=None, shippingAddress=None)
        for key in ("id", "merchantSKU", "name", "merchantDiscount", "dueDate", "lastStatusUpdateDate"):
            del one[key]
        invoice = {"taxNumber": "4810000000", "taxOffice": "Sarıyer", "address": {"name": "İnce Ltd"}}
        data = detail(one, invoice=invoice, customer=None, deliveryAddress=None)
        (order,) = parse_order(reply(data), NUMBER).items
        assert (order.lines[0].remote_id, order.lines[0].sku, order.lines[0].title) == ("z", "PX-2", "Tabak")
        assert order.bill_to is not None
        assert (order.bill_to.company, order.bill_to.tax_number) == ("İnce Ltd", "4810000000")
        assert order.updated_at == order.placed_at
        assert (order.ship_by, order.discount, order.ship_to.name) == (None, None, "")
        assert order.buyer.name == "Ayşe Örnek"

    def test_no_invoice(self) -> None:
        (order,) = parse_order(reply(detail(line(invoice=None))), NUMBER).items
        assert order.bill_to is None

    def test_payment_is_awaited(self) -> None:
        (order,) = parse_order(reply(detail(paymentStatus="AwaitingPayment")), NUMBER).items
        assert order.status is OrderStatus.PENDING

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"id": None}, "items.id"),
            ({"totalPrice": None}, "items.totalPrice"),
            ({"unitPrice": None}, "items.unitPrice"),
        ],
    )
    def test_what_is_missing_is_named(self, changes: dict[str, Any], field: str) -> None:
        page = parse_order(reply(detail(line(**changes))), NUMBER)
        (bad,) = page.rejects
        assert (bad.remote_id, bad.message.code, bad.message.field) == (NUMBER, "answer.field_missing", field)
        assert "Seramik Kupa" in bad.raw

    def test_wrong_types_and_no_lines_are_rejects(self) -> None:
        for data in (detail(line(quantity="iki")), detail(items=[]), detail(orderDate="dün")):
            page = parse_order(reply(data), NUMBER)
            assert (page.items, page.rejects[0].remote_id) == ((), NUMBER)

    @pytest.mark.parametrize(
        ("words", "status"),
        [
            (["Open", "Unpacked"], OrderStatus.OPEN),
            (["Ready To Ship"], OrderStatus.OPEN),
            (["Open", "InTransit"], OrderStatus.PARTIALLY_SHIPPED),
            (["Delivered", "InTransit", "Cancelled"], OrderStatus.SHIPPED),
            (["DELİVERED", "Returned"], OrderStatus.DELIVERED),
            (["Refunded"], OrderStatus.RETURNED),
            (["CancelledBySap", "CancelledByCustomer"], OrderStatus.CANCELLED),
            (["Open", "Yeni"], OrderStatus.UNKNOWN),
            (["PaymentAwaiting", "Open"], OrderStatus.PENDING),
            ([""], OrderStatus.UNKNOWN),
        ],
    )
    def test_status(self, words: list[str], status: OrderStatus) -> None:
        assert joined(status_of(word) for word in words) is status


def serve_rows(ids: list[int], call: Call, *, told: bool) -> Reply:
    asked = dict(call.params)
    offset, limit = int(asked["offset"]), int(asked["limit"])
    rows = [{"id": str(one), "orderNumber": f"n{one}"} for one in ids[offset : offset + limit]]
    return reply({"TotalCount": len(ids), "Items": rows} if told else rows)


class TestLists:
    @pytest.mark.parametrize("told", [True, False])
    @settings(max_examples=80, deadline=None)
    @given(
        count=st.integers(0, 60),
        moves=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), max_size=12),
        data=st.randoms(use_true_random=False),
    )
    def test_what_stays_is_never_skipped(self, told: bool, count: int, moves: list[tuple[int, int]], data: Any) -> None:
        ids, made = list(range(count)), count
        first = Call("GET", "/x", "orders", (("offset", "0"), ("limit", "10")))
        walk, seen, steps = Walk(first), list[str](), list(moves)
        while walk.call is not None:
            seen += [row_id(one) for one in walk.take(serve_rows(ids, walk.call, told=told))]
            if steps:
                gone, come = steps.pop()
                for _ in range(min(gone, len(ids))):
                    ids.pop(data.randrange(len(ids)))
                ids += range(made, made + come)
                made += come
        assert len(seen) == len(set(seen)), "each row once"
        assert {f"id:{one}" for one in ids if one < count} <= set(seen)

    def test_a_list_that_never_stands_still_is_an_error(self) -> None:
        walk, n = Walk(Call("GET", "/x", "orders", (("offset", "0"), ("limit", "10")))), 0
        with pytest.raises(OursError, match="faster"):
            while walk.call is not None:
                rows = [{"id": str(n + k)} for k in range(10)]
                walk.take(reply({"items": rows, "totalCount": 10_000}))
                n += 10
        with pytest.raises(ValueError, match="ended"):
            walk = Walk(Call("GET", "/x", "orders", (("offset", "0"), ("limit", "10"))))
            walk.take(reply([]))
            walk.take(reply([]))

    def test_the_vendor_s_own_limit_counts(self) -> None:
        walk = Walk(Call("GET", "/x", "orders", (("offset", "0"), ("limit", "100"))))
        walk.take(reply({"items": [{"id": str(n)} for n in range(50)], "limit": 50}))
        assert walk.call is not None
        assert dict(walk.call.params)["offset"] == "40"

    def test_envelopes(self) -> None:
        assert rows_of(reply({"Items": [{}], "TotalCount": 7, "Limit": 5})).total == 7
        assert rows_of(reply({"data": [1, 2]})).total is None
        assert rows_of(reply([{}], headers={"totalcount": "31"})).total == 31
        for bad in ({"items": None}, {"x": []}):
            with pytest.raises(OursError, match="field=items"):
                rows_of(reply(bad))
        with pytest.raises(OursError, match="unreadable"):
            rows_of(reply(b"[1, 2,,"))

    def test_sightings_in_any_letter_case(self) -> None:
        rows = [
            raw({"orderNumber": "1", "lastStatusUpdateDate": "2026-11-20T10:00:00"}),
            raw({"PackageNumber": "5", "Items": [{"OrderNumber": "2"}, {"OrderNumber": "3"}, {"OrderNumber": "2"}]}),
            raw({"OrderNumbers": ["4", 5], "LastStatusUpdateDate": "dün"}),
            raw({"packageNumber": "77", "items": []}),
            raw([1]),
        ]
        good, bad = sightings(rows, "laststatusupdatedate")
        assert [one.number for one in good] == ["1", "2", "3", "4", "5"]
        assert good[0].at == datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
        assert {one.at for one in good[1:]} == {None}
        assert [one.remote_id for one in bad] == ["77", ""]

    def test_a_row_without_an_id_is_itself(self) -> None:
        assert row_id(raw({"price": 1.5})) == '{"price": 1.5}'
        assert row_id(raw({"LineItemId": "x"})) == "lineitemid:x"


def change(price: str = "199.90", sku: str = "HBV1", own: str = "PX-1", currency: str = "TRY") -> PriceChange:
    return PriceChange(f"k-{sku}{own}", ListingRef(sku, own), Money.of(price, currency))


class TestGoods:
    def test_listings_take_their_names_from_the_catalogue(self) -> None:
        names = Names()
        names.add(
            reply({"data": [{"merchantSku": "PX-1", "hbSku": "HBV1", "productName": "Işıklı Çanta", "barcode": "869"}]})
        )
        names.add(reply({"data": [{"merchantSku": "PX-2", "name": "Kupa"}, {"hbSku": "HBV3", "productName": ""}, "x"]}))
        rows = [
            {"hepsiburadaSku": "HBV1", "merchantSku": "PX-1", "price": 199.9, "availableStock": 5, "isSalable": True, "listingId": "g"},
            {"hepsiburadaSku": "HBV2", "merchantSku": "PX-2", "price": 0.1, "availableStock": 0, "isSalable": False},
            {"hepsiburadaSku": "HBV3", "merchantSku": "PX-3", "isSalable": True, "isLocked": True, "isFulfilledByHB": True},
            {"hepsiburadaSku": "HBV4"},
            {"hepsiburadaSku": "HBV5", "price": "ucuz"},
        ]  # fmt: skip
        page = parse_listings([raw(row) for row in rows], names)
        assert [(x.remote_id, x.title, x.barcode) for x in page.items] == [
            ("HBV1", "Işıklı Çanta", "869"), ("HBV2", "Kupa", ""), ("HBV3", "PX-3", ""), ("HBV4", "HBV4", ""),
        ]  # fmt: skip
        assert [x.status for x in page.items] == [
            ListingStatus.ACTIVE, ListingStatus.PASSIVE, ListingStatus.PASSIVE, ListingStatus.UNKNOWN,
        ]  # fmt: skip
        assert page.items[0].price == Money(Decimal("199.9"), "TRY")
        assert page.items[2].extra == {"fulfilledByHB": "yes"}
        assert page.items[3].price is None
        assert [x.remote_id for x in page.rejects] == ["HBV5"]

    @pytest.mark.parametrize(
        ("body", "after"),
        [
            ({"data": [{}], "totalPages": 2}, "1"),
            ({"data": [{}] * 100, "totalPages": 1}, None),
            ({"data": [{}], "last": False}, "1"),
            ({"data": [{}] * 100, "last": True}, None),
            ([{}] * 100, "1"),
            ([{}] * 99, None),
        ],
    )
    def test_pages_of_names(self, body: Any, after: str | None) -> None:
        found = titles_following(calls.titles_request(account()), reply(body))
        assert (dict(found.params)["page"] if found else None) == after

    def test_upload_results(self) -> None:
        changes = [change(), change(sku="HBV2", own="PX-2"), change(sku="HBV3", own="PX-3"), change(sku="", own="PX-4")]
        data = {
            "id": "1", "status": "COMPLETED_WITH_ERRORS", "total": 4,
            "errors": [
                {"elementNo": 2, "hepsiburadaSku": "HBV2", "merchantSku": "PX-2", "errors": ["Listing bulunamadı"]},
                {"merchantSku": "PX-4", "errors": [{"code": "E7", "message": "Kilitli"}]},
            ],
            "priceValidations": [
                {"hepsiburadaSku": "HBV3", "type": "BAND", "minPrice": 10.5, "maxPrice": 20},
                {"type": "BAND", "minPrice": 1, "maxPrice": 2},
            ],
        }  # fmt: skip
        result = parse_batch(reply(data), "price:1", changes)
        assert [o.state for o in result.outcomes] == [OutcomeState.DONE, *[OutcomeState.REFUSED] * 3]
        messages = [o.message for o in result.outcomes[1:]]
        assert [m.code for m in messages if m] == ["item.not_found", "item.refused", "item.refused"]
        assert messages[1].params == {"reason": "price_band", "min": "10.5", "max": "20"}  # type: ignore[union-attr]
        assert (messages[2].vendor_code, messages[2].vendor_text) == ("E7", "Kilitli")  # type: ignore[union-attr]
        assert result.ticket == "price:1"

    @pytest.mark.parametrize(
        ("status", "errors", "state"),
        [
            ("PROCESSING", [], OutcomeState.PENDING),
            ("IN_QUEUE", [], OutcomeState.PENDING),  # a word that we do not know is not yet an end
            ("COMPLETED", [], OutcomeState.DONE),
            ("COMPLETED", None, OutcomeState.DONE),
            ("FAILED", [], OutcomeState.REFUSED),
            ("COMPLETED_WITH_ERRORS", [{"elementNo": 1, "errors": ["?"]}], OutcomeState.UNKNOWN),  # whose row?
        ],
    )
    def test_upload_states(self, status: str, errors: Any, state: OutcomeState) -> None:
        result = parse_batch(
            reply({"status": status, "errors": errors}), "stock:1", [StockChange("k", ListingRef("H", "P"), 1)]
        )
        assert [o.state for o in result.outcomes] == [state]

    def test_ticket(self) -> None:
        assert parse_ticket(reply({"id": "abc"}), "stock") == "stock:abc"
        with pytest.raises(OursError, match="field=id"):
            parse_ticket(reply({}), "stock")

    @pytest.mark.parametrize(("price", "currency", "field"), [("0", "TRY", "price"), ("5", "EUR", "currency")])
    def test_what_is_not_sent(self, price: str, currency: str, field: str) -> None:
        message = calls.refused_price(change(price, currency=currency))
        assert message is not None
        assert message.field == field
        assert calls.refused_price(change()) is None
        assert calls.refused_stock(StockChange("k", ListingRef("H", ""), -1)) is not None
        assert calls.refused_stock(StockChange("k", ListingRef("H", ""), 0)) is None


class TestClaimsAndLabels:
    def test_a_claim(self) -> None:
        data = {
            "id": "g", "number": "800205", "orderNumber": NUMBER, "claimDate": "2026-11-06T13:22:27", "claimType": "Return",
            "status": "AwaitingAction", "sku": "HBV00000ABCDE", "quantity": 1, "explanation": "Beklediğim gibi değil",
        }  # fmt: skip
        page = parse_claims([raw(data), raw({**data, "claimDate": 5}), raw({**data, "number": 9, "sku": None})])
        (claim, bare), (bad,) = page.items, page.rejects
        assert (claim.remote_id, claim.status, claim.reason) == (
            "800205",
            "AwaitingAction",
            "Return: Beklediğim gibi değil",
        )
        assert claim.opened_at == datetime(2026, 11, 6, 10, 22, 27, tzinfo=UTC)
        assert (bare.remote_id, bare.lines, bad.remote_id) == ("9", (), "800205")
        (order,) = parse_order(reply(detail()), NUMBER).items
        assert with_lines(claim, order).lines == ((order.lines[0].remote_id, 1),)
        assert with_lines(claim, None).lines == (("HBV00000ABCDE", 1),)

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("^XA^FDŞule^XZ", LabelFormat.ZPL),
            (base64.b64encode(b"^XA^XZ").decode(), LabelFormat.ZPL),
            (base64.b64encode(b"%PDF-1.4").decode(), LabelFormat.PDF),
            ("data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n").decode(), LabelFormat.PNG),
        ],
    )
    def test_labels(self, text: str, kind: LabelFormat) -> None:
        (label,) = parse_labels(reply({"data": [text], "format": "?"}))
        assert label.format is kind

    def test_no_labels(self) -> None:
        for body in ({"data": []}, {"data": None}, {"data": ["https://x/y.pdf"]}, {"data": ["abc"], "format": "url"}):
            assert parse_labels(reply(body)) == ()
        for text in ("abc!", base64.b64encode(b"GIF8").decode()):
            with pytest.raises(OursError, match="neither"):
                parse_labels(reply({"data": [text]}))

    def test_packages_of_a_notice(self) -> None:
        extra = {"lines": "a:2,b:1", "packed": "c:5001,d:5002,e:5001"}
        whole = ShipmentNotice("n", NUMBER, extra=extra)
        part = ShipmentNotice("n", NUMBER, lines=(ShippedLine("a", 1), ShippedLine("d", 1)), extra=extra)
        assert (to_pack(whole, extra), packages_of(whole, extra)) == ([("a", 2), ("b", 1)], ["5001", "5002"])
        assert (to_pack(part, extra), packages_of(part, extra)) == ([("a", 1)], ["5002"])

    def test_a_package(self) -> None:
        assert parse_package(reply([{"status": "Open", "trackingInfoCode": "7"}])).tracking_info_code == "7"
        with pytest.raises(OursError, match="no package"):
            parse_package(reply([]))
        assert is_told(PackageWire("Open", "7"), "7")
        assert is_told(PackageWire("InTransit"), "7")
        assert not is_told(PackageWire("Tuhaf"), "7")
        assert [is_open(PackageWire(word)) for word in ("Open", "Unpacked", "InTransit", None)] == [
            True,
            False,
            False,
            False,
        ]


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "body", "code", "vendor_code", "text"),
        [
            (400, {"statusCode": 400, "code": "X1", "message": "Olmaz", "correlationId": "c-9"}, "request.refused", "X1", "Olmaz; [c-9]"),
            (400, {"errors": [{"code": "LimitCannotBeEmpty", "message": "limit"}]}, "request.refused", "LimitCannotBeEmpty", "limit"),
            (400, {"errors": ["bir", "iki"]}, "request.refused", "400", "bir; iki"),
            (400, {"title": "Bad", "errors": {"limit": ["The value"]}}, "request.refused", "400", "Bad; The value"),
            (401, {"message": "no"}, "auth.refused", "401", "no"),
            (403, {"message": "no"}, "auth.forbidden", "403", "no"),
            (404, [1], "item.not_found", "404", ""),
            (409, {"message": "durum"}, "item.conflict", "409", "durum"),
            (429, {}, "rate.limited", "429", ""),
            (500, b"patladi", "server.error", "500", "patladi"),
        ],
    )  # fmt: skip
    def test_table(self, status: int, body: Any, code: str, vendor_code: str, text: str) -> None:
        message = calls.hepsiburada_errors(reply(body, status))
        assert message is not None
        assert (message.code, message.vendor_code, message.vendor_text) == (code, vendor_code, text)

    def test_the_developer_user(self) -> None:
        message = calls.hepsiburada_errors(reply({"message": "User-Agent geçersiz"}, 403))
        assert message is not None
        assert message.field == "developer_username"
        assert calls.catalogue_errors(reply({"message": "User-Agent geçersiz"}, 403)) == message

    def test_the_catalogue_s_403_is_its_rate(self) -> None:
        message = calls.catalogue_errors(reply({"message": "Forbidden"}, 403))
        assert message is not None
        assert (message.code, message.retry_after) == ("rate.limited", 60)
        assert calls.catalogue_errors(reply({})) is None

    def test_which_404_is_an_empty_list(self) -> None:
        assert calls.found_or_absent(reply({"message": "yok"}, 404)) is None
        for body in (b"", b"<html>", b"yok"):
            assert calls.found_or_absent(reply(body, 404)) is not None
        assert calls.found_or_absent(reply({}, 500)) is not None


class TestRequests:
    WINDOW = Window(datetime(2026, 11, 20, 7, 0, 30, tzinfo=UTC), datetime(2026, 11, 20, 9, 0, 1, tzinfo=UTC))

    def test_addresses(self) -> None:
        a, m = account(), MERCHANT
        oms, lists = "https://oms.example", "https://listing.example"
        urls = {
            calls.probe_request(a).url: f"{lists}/listings/merchantid/{m}?offset=0&limit=1",
            calls.open_lines_request(a).url: f"{oms}/orders/merchantid/{m}?offset=0&limit=100",
            calls.cancelled_request(a).url: f"{oms}/orders/merchantid/{m}/cancelled?offset=0&limit=100",
            calls.unpaid_request(a).url: f"{oms}/orders/merchantid/{m}/paymentawaiting?offset=0&limit=100",
            calls.packages_request(a, self.WINDOW).url: f"{oms}/packages/merchantid/{m}?begindate=2026-11-20%2010%3A00"
            "&enddate=2026-11-20%2012%3A01&offset=0&limit=10",
            calls.packages_in_state_request(a, "shipped", self.WINDOW).path: f"{oms}/packages/merchantid/{m}/shipped",
            calls.order_request(a, "4/5").url: f"{oms}/orders/merchantid/{m}/ordernumber/4%2F5",
            calls.package_request(a, "5001", "x").url: f"{oms}/packages/merchantid/{m}/packagenumber/5001",
            calls.label_request(a, "5001").url: f"{oms}/packages/merchantid/{m}/packagenumber/5001/labels",
            calls.listings_request(a).url: f"{lists}/listings/merchantid/{m}?offset=0&limit=100",
            calls.titles_request(a).path: f"https://mpop.example/product/api/products/all-products-of-merchant/{m}",
            calls.batch_request(a, "price", "u1").url: f"{lists}/listings/merchantid/{m}/price-uploads/id/u1",
            calls.claims_request(a, self.WINDOW).path: f"{oms}/claims/merchantId/{m}",
            calls.claims_in_state_request(a, "Accepted").path: f"{oms}/claims/merchantId/{m}/status/Accepted",
        }
        assert list(urls) == list(urls.values())

    def test_every_request_carries_the_developer_user(self) -> None:
        for call in (
            calls.probe_request(account()),
            calls.pack_request(account(), []),
            calls.set_stocks_request(account(), []),
        ):
            assert dict(call.headers)["user-agent"] == "firma_dev"

    def test_bodies(self) -> None:
        prices = calls.set_prices_request(account(), [change("199.905"), change(sku="", own="PX-9")])
        assert prices.body == (
            b'[{"hepsiburadaSku":"HBV1","merchantSku":"PX-1","price":199.91},{"merchantSku":"PX-9","price":199.90}]'
        )
        assert (prices.repeatable, prices.group) == (True, "uploads")
        stocks = calls.set_stocks_request(account(), [StockChange("k", ListingRef("HBV1", "PX-1"), 5)])
        assert stocks.body == b'[{"hepsiburadaSku":"HBV1","merchantSku":"PX-1","availableStock":5}]'
        pack = calls.pack_request(account(), [("a", 2)])
        assert pack.body == (
            b'{"lineItemRequests":[{"id":"a","quantity":2,"serialNumbers":[]}],"parcelQuantity":1,"deci":1}'
        )
        assert pack.repeatable is False
        notice = ShipmentNotice("n", NUMBER, carrier="Sürat Kargo", tracking_number="734")
        told = calls.in_transit_request(account(), "5001", notice, NOW)
        assert json.loads(told.body or b"") == {
            "shippedDate": "2026-11-23T12:00:00", "trackingNumber": "734", "cargoCompany": "Sürat Kargo",
        }  # fmt: skip

    @given(st.integers(0, 200_000_000), st.integers(1, 23 * 3600))
    def test_a_piece_stays_within_a_day(self, since: int, seconds: int) -> None:
        begin = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=since)
        window = Window(begin, begin + timedelta(seconds=seconds))
        asked = dict(calls.packages_request(account(), window).params)
        first, last = (datetime.fromisoformat(asked[k]).replace(tzinfo=calls.ZONE) for k in ("begindate", "enddate"))
        assert first <= window.since
        assert last >= window.until
        assert last - first <= timedelta(hours=24)
