"""Trendyol's pure ends: packages in both shapes, listings, batches, claims, money, errors."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import OursError, OutcomeState, capabilities_of
from app.model import ListingRef, ListingStatus, Money, OrderStatus, PriceChange, SettlementKind, StockChange, Vat
from providers.marketplaces import trendyol_calls as calls
from providers.marketplaces.trendyol import Trendyol
from providers.marketplaces.trendyol_goods import Join, parse_batch, parse_prices, parse_ticket, parse_titles
from providers.marketplaces.trendyol_money import parse_claim_items, parse_claims, parse_settlements
from providers.marketplaces.trendyol_parcels import lines_of, parse_labels
from providers.marketplaces.trendyol_wire import STATUSES, parse_orders, parse_stream
from tests.providers.marketplaces.trendyol_support import V1, V2, account, reply


def stream(*packages: Any, more: bool = False, cursor: str | None = None) -> Any:
    return reply({"content": list(packages), "size": 200, "hasMore": more, "nextCursor": cursor})


def change(price: str, lists: str | None = None, was: str | None = None, currency: str = "TRY") -> PriceChange:
    money = [Money.of(x, currency) if x is not None else None for x in (lists, was)]
    return PriceChange("k1", ListingRef("8690000000011", "PX", "8690000000011"), Money.of(price, currency), *money)


def test_capabilities() -> None:
    assert capabilities_of(Trendyol) == {
        "probe", "order_source", "listing_source", "price_sink", "stock_sink", "batch_results", "shipment_sink",
        "label_source", "claims", "settlements", "questions", "invoice_links", "package_splits", "box_info",
        "product_publishing",
    }  # fmt: skip


class TestOrders:
    def test_first_shape(self) -> None:
        (order,) = parse_stream(stream(V1)).items
        assert (order.remote_id, order.number, order.status) == ("700000001", "9000000001", OrderStatus.OPEN)
        assert order.placed_at == datetime(2026, 11, 23, 8, 10, tzinfo=UTC)  # 11:10 in Türkiye
        assert order.updated_at == datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
        assert order.total == Money(Decimal("220.00"), "TRY")
        assert order.discount == Money(Decimal("30.00"), "TRY")
        assert order.tracking_number == "7330000000000001"
        assert order.carrier == "Trendyol Express Marketplace"
        assert order.buyer.name == "Ayşe Örnek"
        assert order.ship_to.phone == "+905550000000"
        (line,) = order.lines
        assert (line.remote_id, line.sku, line.barcode, line.quantity) == (
            "800000001",
            "PX-KUPA-01",
            "8690000000011",
            1,
        )
        assert line.unit_price.money == Money(Decimal("220.00"), "TRY")
        assert line.unit_price.vat is Vat.INCLUDED
        assert line.vat_rate == 20
        assert order.extra["lines"] == "800000001:1"
        assert order.ship_by is None
        assert order.replaces == ()

    def test_second_shape(self) -> None:
        body = reply({"content": [V2], "size": 200, "hasMore": False})
        (order,) = parse_stream(body).items
        assert order.remote_id == "3330111111"
        assert order.replaces == ("3330111110",)
        assert order.ship_by == datetime(2025, 11, 5, 20, 59, tzinfo=UTC)
        assert order.tracking_number == "72602420957047272632"  # longer than 64 bit, every digit kept
        assert order.ship_to.street == "Maslak Mahallesi Büyükdere Cd. 5 D:3"
        assert order.ship_to.name == "Işıl İnce"
        assert order.ship_to.phone == "+905321234567"
        assert order.bill_to is not None
        assert order.bill_to.tax_number == "4810000000"
        assert order.bill_to.company == "İnce Ticaret Ltd. Şti."
        assert order.cash_on_delivery
        assert [line.cancelled for line in order.lines] == [False, True]
        assert order.lines[0].unit_price.money.amount == Decimal("498.90")
        assert order.lines[0].sku == "TEPSİ-1"
        assert order.total.amount == Decimal("1496.70")
        assert order.discount == Money(Decimal("0.30"), "TRY")
        assert order.extra["lines"] == "4765111111:3"
        assert order.extra["cargoSenderNumber"] == "210090111111"
        assert order.extra["micro"] == "yes"

    @pytest.mark.parametrize("word", sorted(STATUSES))
    def test_every_status_is_read(self, word: str) -> None:
        (order,) = parse_stream(stream({**V1, "status": word, "shipmentPackageStatus": word})).items
        assert order.status is STATUSES[word]
        assert order.vendor_status == word

    def test_an_unknown_word_is_shown_not_guessed(self) -> None:
        (order,) = parse_stream(stream({**V1, "status": "Işınlandı", "shipmentPackageStatus": None})).items
        assert (order.status, order.vendor_status) == (OrderStatus.UNKNOWN, "Işınlandı")

    def test_the_second_word_counts_when_the_first_is_unknown(self) -> None:
        (order,) = parse_stream(stream({**V1, "status": "ReadyToShip", "shipmentPackageStatus": "Created"})).items
        assert (order.status, order.vendor_status) == (OrderStatus.OPEN, "Created")

    def test_awaiting_comes_with_empty_fields(self) -> None:
        bare = {k: v for k, v in V1.items() if "Address" not in k and not k.startswith("cargo")}
        bare |= {"status": "Awaiting", "shipmentPackageStatus": "Awaiting", "shipmentAddress": None}
        bare |= {"customerFirstName": None, "customerLastName": None, "cargoTrackingNumber": None}
        (order,) = parse_stream(stream(bare)).items
        assert order.status is OrderStatus.PENDING
        assert order.tracking_number == ""
        assert order.bill_to is None
        assert order.buyer.name == ""

    def test_person_number_stands_in_for_the_tax_number(self) -> None:
        (order,) = parse_stream(stream({**V1, "identityNumber": "11111111111"})).items
        assert order.bill_to is not None
        assert order.bill_to.tax_number == "11111111111"

    @pytest.mark.parametrize("field", ["orderNumber", "orderDate", "lastModifiedDate", "lines", "totalPrice", "id"])
    def test_a_missing_field_is_named_and_the_rest_survives(self, field: str) -> None:
        broken = {k: v for k, v in V1.items() if k != field}
        page = parse_stream(stream(V2, broken, {**V1, "id": 5}))
        assert [o.remote_id for o in page.items] == ["3330111111", "5"]
        (bad,) = page.rejects
        assert bad.message.code == "answer.field_missing"
        assert bad.message.field == field
        assert bad.remote_id == ("" if field == "id" else "700000001")

    @pytest.mark.parametrize(("package", "field"), [(V1, "price"), (V2, "lineUnitPrice")])
    def test_a_line_without_a_price_is_no_zero(self, package: dict[str, Any], field: str) -> None:
        broken = copy.deepcopy(package)
        del broken["lines"][0][field]
        (bad,) = parse_stream(stream(broken)).rejects
        assert bad.message.field == f"lines.{field}"

    def test_a_wrong_type_is_one_reject(self) -> None:
        page = parse_stream(stream({**V2, "lines": "?"}, V1))
        assert len(page.items) == 1
        assert page.rejects[0].remote_id == "3330111111"
        assert page.rejects[0].message.code == "answer.unreadable"

    def test_pages_tell_the_total(self) -> None:
        page = parse_orders(reply({"totalElements": 7, "totalPages": 7, "page": 0, "size": 1, "content": [V1]}))
        assert page.total == 7
        assert page.covered_until is None

    def test_a_stream_that_does_not_say_whether_it_ends_is_unreadable(self) -> None:
        with pytest.raises(OursError, match=r"answer\.field_missing"):
            parse_stream(reply({"content": []}))


class TestListings:
    PRICES = reply(
        {"totalElements": 2, "totalPages": 1, "page": 0, "size": 100, "nextPageToken": None, "content": [
            {"contentId": 1, "productMainId": "A", "variants": [
                {"variantId": 11, "barcode": "b1", "stockCode": "S1", "salePrice": 157.90, "listPrice": 167.90,
                 "quantity": 30, "stockLastModifiedDate": 1788595248600},
                {"variantId": 12, "barcode": "b2", "stockCode": "S2", "salePrice": 10, "listPrice": 10, "quantity": 0,
                 "stockLastModifiedDate": None}]},
            {"contentId": 2, "variants": [{"barcode": "b3", "stockCode": None, "salePrice": None, "listPrice": None}]},
            {"contentId": 3, "variants": [{"barcode": "b4", "salePrice": "çok"}]}]}
    )  # fmt: skip
    TITLES = reply(
        {"totalElements": 2, "totalPages": 1, "page": 0, "size": 100, "content": [
            {"contentId": 1, "title": "Işıldayan  Kupa", "variants": [
                {"barcode": "b1", "onSale": True, "productUrl": "https://www.trendyol.com/p-1"},
                {"barcode": "b2", "onSale": False}]},
            {"contentId": 9, "title": "Fiyatsız", "variants": [{"barcode": "b9"}]},
            {"contentId": 8, "variants": [{"barcode": "b8"}]}]}
    )  # fmt: skip

    def test_join(self) -> None:
        priced, titled = parse_prices(self.PRICES, "TRY"), parse_titles(self.TITLES)
        assert [r.remote_id for r in priced.rejects] == ["b4"]
        assert [(r.remote_id, r.message.field) for r in titled.rejects] == [("b8", "title")]
        join = Join()
        assert join.add((), priced.items) == ()
        first, second = join.add(titled.items, ())
        assert (first.remote_id, first.sku, first.title) == ("b1", "S1", "Işıldayan Kupa")
        assert first.price == Money(Decimal("157.90"), "TRY")
        assert first.list_price == Money(Decimal("167.90"), "TRY")
        assert (first.stock, first.status, first.parent_id) == (30, ListingStatus.ACTIVE, "1")
        assert first.updated_at == datetime(2026, 9, 5, 8, 0, 48, 600000, tzinfo=UTC)
        assert (second.stock, second.status, second.updated_at) == (0, ListingStatus.PASSIVE, None)
        (left,) = join.rest()
        assert (left.remote_id, left.title, left.price, left.stock) == ("b3", "b3", None, None)
        assert join.rest() == ()

    def test_batch_judged_by_its_items(self) -> None:
        changes = [
            StockChange(k, ListingRef(b, ""), 1)
            for k, b in [("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"), ("5", "e")]
        ]
        body = {"batchRequestId": "t", "itemCount": 4, "items": [
            {"requestItem": {"barcode": "a"}, "status": "SUCCESS", "failureReasons": []},
            {"requestItem": {"barcode": "b"}, "status": "FAILED", "failureReasons": ["b barkodlu ürün bulunamadı"]},
            {"requestItem": {"barcode": "c"}, "status": "FAILED", "failureReasons": [{"message": "Fiyat düşük"}, 7]},
            {"requestItem": {"barcode": "d"}, "status": "PROCESSING", "failureReasons": None}]}  # fmt: skip
        receipt = parse_batch(reply(body), "t", changes)
        states = [o.state for o in receipt.outcomes]
        done, refused, unknown, pending = (
            OutcomeState.DONE, OutcomeState.REFUSED, OutcomeState.UNKNOWN, OutcomeState.PENDING,
        )  # fmt: skip
        assert states == [done, refused, refused, pending, unknown]
        assert receipt.ticket == "t"
        codes = [o.message.code if o.message else "" for o in receipt.outcomes]
        assert codes == ["", "item.not_found", "item.refused", "", "answer.unexpected"]
        assert receipt.outcomes[2].message is not None
        assert receipt.outcomes[2].message.vendor_text == "Fiyat düşük; 7"
        early = parse_batch(reply({"batchRequestId": "t", "itemCount": 5, "items": []}), "t", changes)
        assert {o.state for o in early.outcomes} == {pending}

    def test_ticket(self) -> None:
        assert parse_ticket(reply({"batchRequestId": "abc-1"})) == "abc-1"


class TestWrites:
    @pytest.mark.parametrize(
        ("given", "item"),
        [
            (change("199.90", "249.90"), {"salePrice": Decimal("199.90"), "listPrice": Decimal("249.90")}),
            (change("199.9"), {"salePrice": Decimal("199.90")}),
            (change("199.90", was="249.90"), {"salePrice": Decimal("199.90"), "listPrice": Decimal("249.90")}),
            (change("300", was="249.90"), {"salePrice": Decimal("300.00"), "listPrice": Decimal("300.00")}),
        ],
    )
    def test_list_price_never_below(self, given: PriceChange, item: dict[str, Decimal]) -> None:
        assert calls.price_item(given) == {"barcode": "8690000000011", **item}
        assert calls.refused_price(given) is None

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            (change("5", currency="USD"), "currency"),
            (change("0"), "salePrice"),
            (change("5", "4"), "listPrice"),
        ],
    )
    def test_hopeless_items_stay_at_home(self, given: PriceChange, field: str) -> None:
        message = calls.refused_price(given)
        assert message is not None
        assert (message.code, message.field) == ("item.refused", field)

    def test_stock_range(self) -> None:
        ref = ListingRef("b", "s")
        assert calls.refused_stock(StockChange("k", ref, 20_000)) is None
        assert calls.refused_stock(StockChange("k", ref, 20_001)) is not None


class TestMoney:
    CLAIM: dict[str, Any] = {  # noqa: RUF012 - read only
        "id": "f9da", "orderNumber": "65745805", "orderDate": 1524826343886, "claimDate": 1525844162827,
        "cargoTrackingNumber": 72602420957047272632, "items": [
            {"orderLine": {"id": 800000020, "price": 41.9}, "claimItems": [
                {"id": "i1", "customerClaimItemReason": {"id": 403, "name": "Vazgeçtim"},
                 "claimItemStatus": {"name": "Accepted"}},
                {"id": "i2", "customerClaimItemReason": {"name": "Vazgeçtim"},
                 "claimItemStatus": {"name": "WaitingInAction"}}]},
            {"claimItems": [{"id": "i3"}]}]}  # fmt: skip

    def page(self, *content: Any) -> Any:
        return reply({"totalElements": 1, "totalPages": 1, "page": 0, "size": 1, "content": list(content)})

    def test_claims(self) -> None:
        page = parse_claims(self.page(self.CLAIM, {"id": "broken"}))
        (claim,) = page.items
        assert (claim.remote_id, claim.order_number, claim.status) == ("f9da", "65745805", "WaitingInAction")
        assert claim.opened_at == datetime(2018, 5, 9, 5, 36, 2, 827000, tzinfo=UTC)
        assert claim.lines == (("800000020", 2),)
        assert claim.reason == "Vazgeçtim"
        assert claim.tracking_number == "72602420957047272632"
        assert [r.remote_id for r in page.rejects] == ["broken"]
        assert parse_claim_items(self.page(self.CLAIM)) == (("i1", "Accepted"), ("i2", "WaitingInAction"), ("i3", ""))
        assert parse_claim_items(self.page()) == ()
        with pytest.raises(OursError):
            parse_claim_items(self.page({"id": "broken"}))

    @pytest.mark.parametrize(
        ("row", "amounts"),
        [
            ({"debt": 0.0, "credit": 449.99, "sellerRevenue": 382.4915}, ["449.99", "-67.4985"]),
            ({"debt": 449.99, "credit": 0.0, "sellerRevenue": 382.4915}, ["-449.99", "67.4985"]),
            ({"debt": 8754732.06, "credit": 0.0, "sellerRevenue": None}, ["-8754732.06"]),
            ({"debt": 0, "credit": 12}, ["12"]),
            ({"debt": 0, "credit": 12, "sellerRevenue": 12}, ["12"]),
        ],
    )
    def test_the_sign_is_the_merchants(self, row: dict[str, Any], amounts: list[str]) -> None:
        """A row is its own line, and a second one for the commission that the seller's revenue is short of it."""
        wire = {
            "id": "725041340",
            "transactionDate": 1613397671561,
            "orderNumber": None,
            "paymentOrderId": 112360,
            **row,
        }
        lines = parse_settlements(self.page({**wire, "paymentDate": 1615989671561}), "Sale").items
        assert [one.amount for one in lines] == [Money(Decimal(amount), "TRY") for amount in amounts]
        assert [one.kind for one in lines] == [SettlementKind.SALE, SettlementKind.COMMISSION][: len(amounts)]
        assert [one.remote_id for one in lines] == ["725041340", "725041340:commission"][: len(amounts)]
        line = lines[0]
        assert (line.vendor_kind, line.payout_id, line.order_number, line.paid) == ("Sale", "112360", "", True)
        assert line.due_at == datetime(2021, 3, 17, 14, 1, 11, 561000, tzinfo=UTC)


class TestErrors:
    CASES = (
        (401, {"exception": "ClientApiAuthenticationException", "errors": []}, "auth.refused", None),
        (403, {"errors": [{"key": "user.agent", "message": "User-Agent bilgisi eksik"}]}, "config.field", None),
        (403, {"errors": [{"key": "x", "message": "IP adresiniz izinli değil"}]}, "auth.ip_not_allowed", None),
        (403, {"errors": ["Yetkiniz yok"]}, "auth.forbidden", None),
        (404, {"errors": [{"key": "not.found", "message": "yok"}]}, "item.not_found", None),
        (400, {"errors": [{"key": "date.range", "message": "Tarih aralığı"}]}, "request.refused", None),
        (
            400,
            {"errors": [{"message": "15 dakika boyunca aynı isteği tekrarlı olarak atamazsınız!"}]},
            "rate.repeated",
            900,
        ),
        (409, {"errors": ["already"]}, "item.conflict", None),
        (429, {"errors": [{"key": "too.many.requests", "message": "x"}]}, "rate.limited", 10),
        (500, b"oops", "server.error", None),
        (503, b"", "server.unavailable", None),
    )

    @pytest.mark.parametrize(("status", "body", "code", "wait"), CASES)
    def test_table(self, status: int, body: Any, code: str, wait: float | None) -> None:
        message = calls.trendyol_errors(account())(reply(body, status))
        assert message is not None
        assert (message.code, message.status, message.retry_after) == (code, status, wait)

    def test_the_vendors_own_words(self) -> None:
        body = {"exception": "E", "errors": [{"key": "user.agent", "message": "User-Agent eksik"}, "ikinci"]}
        message = calls.trendyol_errors(account())(reply(body, 403))
        assert message is not None
        assert (message.vendor_code, message.vendor_text) == ("user.agent", "User-Agent eksik; ikinci")
        assert message.field == "integrator_name"

    def test_a_good_answer(self) -> None:
        assert calls.trendyol_errors(account())(reply({"content": []})) is None

    def test_stage_says_503_to_a_foreign_ip(self) -> None:
        classify = calls.trendyol_errors(account("https://stageapigw.trendyol.com"))
        message = classify(reply(b"", 503))
        assert message is not None
        assert message.code == "auth.ip_not_allowed"

    def test_retry_after_of_the_header_wins(self) -> None:
        message = calls.trendyol_errors(account())(reply({"errors": []}, 429, {"retry-after": "3"}))
        assert message is not None
        assert message.retry_after == 3

    def test_a_firewalls_page(self) -> None:
        page = reply(b"<!DOCTYPE html><html>", 403, {"content-type": "text/html"})
        message = calls.trendyol_errors(account())(page)
        assert message is not None
        assert message.code == "auth.ip_not_allowed"


def test_labels() -> None:
    body = {
        "data": [{"label": "^XAç^XZ", "format": "ZPL"}, {"label": "N", "format": "EPL"}, {"label": "", "format": "?"}]
    }
    first, second = parse_labels(reply(body))
    assert (first.format, first.data.decode()) == ("zpl", "^XAç^XZ")
    assert second.format == "epl"
    assert parse_labels(reply({"data": None})) == ()


def test_lines_handle() -> None:
    assert lines_of("800:2,801:1") == [(800, 2), (801, 1)]
    assert lines_of("") == []


class TestOddRecords:
    """An odd optional part costs the order nothing but itself; the reject beside it says what was left out."""

    def test_an_odd_part_is_left_out_and_told(self) -> None:
        for change, place in (
            ({"agreedDeliveryDate": "yarın"}, "agreedDeliveryDate"),
            ({"agreedDeliveryDate": 10**17}, "agreedDeliveryDate"),
            ({"customerId": "x"}, "customerId"),
            ({"invoiceAddress": {"city": 5}}, "invoiceAddress.city"),
        ):
            page = parse_stream(reply({"content": [{**V1, **change}, V2], "hasMore": False}))
            assert [o.remote_id for o in page.items] == ["700000001", "3330111111"]
            (beside,) = page.rejects
            assert (beside.remote_id, beside.message.code) == ("700000001", "answer.odd_field")
            assert beside.message.params["field"] == place
            if place == "agreedDeliveryDate":
                assert page.items[0].ship_by is None

    def test_one_and_a_half_pieces_are_not_one_nor_two(self) -> None:
        line = {**V1["lines"][0], "quantity": 1.5, "productName": "Zeytin"}
        page = parse_stream(reply({"content": [{**V1, "lines": [line]}], "hasMore": False}))
        (order,) = page.items
        assert (order.lines[0].quantity, order.lines[0].title) == (0, "Zeytin × 1.5")
        assert page.rejects[0].message.params == {"field": "lines[0].quantity", "value": "1.5"}

    def test_what_decides_still_costs_the_order(self) -> None:
        for change in ({"originPackageIds": "x"}, {"isCod": "?"}, {"totalPrice": "çok"}, {"orderDate": None}):
            page = parse_stream(reply({"content": [{**V1, **change}], "hasMore": False}))
            assert (page.items, len(page.rejects)) == ((), 1), change
            assert page.rejects[0].message.code != "answer.odd_field"

    def test_no_tracking_number_is_not_number_zero(self) -> None:
        for nothing in (0, "0", None, "null"):
            page = parse_stream(reply({"content": [{**V1, "cargoTrackingNumber": nothing}], "hasMore": False}))
            assert page.items[0].tracking_number == ""
            assert "cargoTrackingNumber" not in page.items[0].extra
