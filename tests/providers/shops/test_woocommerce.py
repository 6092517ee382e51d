"""WooCommerce's pure ends: orders, listings, writes, errors, addresses of requests."""

from __future__ import annotations

import inspect
import json
import random
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import Message, OutcomeState, capabilities_of
from app.kit import Call
from app.model import (
    ListingRef,
    ListingStatus,
    Money,
    OrderStatus,
    PriceChange,
    ShipmentNotice,
    StockChange,
    Vat,
    Window,
)
from providers.shops import woocommerce_calls as calls
from providers.shops.woocommerce import WooCommerce
from providers.shops.woocommerce_goods import (
    Parent,
    Shop,
    TypedWire,
    parse_batch,
    parse_products,
    parse_variations,
    price_item,
    stock_item,
    vat_of,
)
from providers.shops.woocommerce_notices import note_text, parse_notes
from providers.shops.woocommerce_wire import PROVINCES, STATUSES, json_bytes, parse_orders
from tests.providers.shops.woocommerce_support import ORDER, order, reply

SHOP = Shop("TRY", Vat.INCLUDED)


def read(*records: Any) -> Any:
    return parse_orders(reply(list(records))).page


def test_capabilities() -> None:
    wanted = {
        "probe", "order_source", "listing_source", "price_sink", "stock_sink", "shipment_sink", "product_publishing",
    }  # fmt: skip
    assert capabilities_of(WooCommerce) == wanted


class TestOrders:
    def test_the_references_example(self) -> None:
        (one,) = read(ORDER).items
        assert (one.remote_id, one.number, one.status, one.vendor_status) == (
            "1204",
            "1204",
            OrderStatus.OPEN,
            "processing",
        )
        assert one.placed_at == datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
        assert one.updated_at == datetime(2026, 11, 20, 6, 11, tzinfo=UTC)
        assert one.total == Money(Decimal("749.90"), "TRY")
        assert one.cash_on_delivery
        assert (one.buyer.name, one.buyer.email, one.buyer.phone) == ("Deniz Ak", "d@example.com", "+905550000000")
        assert (one.ship_to.city, one.ship_to.district, one.ship_to.state) == ("İzmir", "Konak", "")
        assert (one.ship_to.street, one.ship_to.phone) == ("Gül Sk. 4/2", "+905550000000")
        (line,) = one.lines
        assert (line.remote_id, line.sku, line.listing_id, line.quantity) == ("88", "KZK-M", "45", 1)
        assert line.unit_price.money.amount == Decimal("749.90")  # 687.40 + 62.50 VAT
        assert line.unit_price.vat is Vat.INCLUDED
        assert line.vat_rate is None  # 62.50 of 687.40 is no whole rate
        assert (one.discount, one.shipping) == (None, None)

    @pytest.mark.parametrize("word", sorted(STATUSES))
    def test_statuses(self, word: str) -> None:
        (one,) = read({**ORDER, "status": word}).items
        assert (one.status, one.vendor_status) == (STATUSES[word], word)

    def test_a_plugins_status_is_not_guessed_and_a_basket_is_no_order(self) -> None:
        page = read({**ORDER, "status": "kargoda"}, {**ORDER, "status": "checkout-draft"})
        assert [o.status for o in page.items] == [OrderStatus.UNKNOWN]
        assert page.rejects == ()

    @pytest.mark.parametrize(
        ("total", "tax", "quantity", "unit"),
        [("100.00", "20.00", 3, "40"), ("100.00", "18.00", 7, "16.857143"), ("0.10", "0.02", 1, "0.12"),
         ("10.005", "2.001", 2, "6.003"), ("5", "0", 0, "5")],
    )  # fmt: skip
    def test_unit_prices_are_exact(self, total: str, tax: str, quantity: int, unit: str) -> None:
        line = {**ORDER["line_items"][0], "total": total, "total_tax": tax, "quantity": quantity}
        (one,) = read({**ORDER, "line_items": [line]}).items
        money = one.lines[0].unit_price.money
        assert money.amount == Decimal(unit)
        assert money.micros >= 0  # fits the store

    @pytest.mark.parametrize(
        ("total", "tax", "rate"),
        [("680.45", "68.05", 10), ("100.00", "20.00", 20), ("100.00", "1.00", 1), ("0.33", "0.07", None),
         ("100.00", "8.25", None), ("100.00", "0.00", None)],
    )  # fmt: skip
    def test_vat_rate_only_where_it_is_proved(self, total: str, tax: str, rate: int | None) -> None:
        line = {**ORDER["line_items"][0], "total": total, "total_tax": tax}
        (one,) = read({**ORDER, "line_items": [line]}).items
        assert one.lines[0].vat_rate == rate

    def test_the_shops_own_rate_wins(self) -> None:
        (one,) = read({**ORDER, "tax_lines": [{"rate_id": 1, "rate_percent": 10}]}).items
        assert one.lines[0].vat_rate == 10

    def test_texts_in_turkish_and_worse(self) -> None:
        billing = {**ORDER["billing"], "first_name": "I\u0307şıl\u202e", "last_name": "  Öz  Çelik ", "city": "Çankaya",
                   "state": "TR06", "country": "TR", "address_1": "Ş\u0327\nSk.", "company": "Özçelik A.Ş."}  # fmt: skip
        (one,) = read({**ORDER, "billing": billing, "shipping": None, "customer_note": "Kapıya\tbırak"}).items
        assert one.buyer.name == "İşıl Öz Çelik"
        assert one.bill_to is not None
        assert (one.bill_to.city, one.bill_to.district, one.bill_to.company) == ("Ankara", "Çankaya", "Özçelik A.Ş.")
        assert one.ship_to == one.bill_to
        assert one.note == "Kapıya bırak"

    def test_abroad_the_state_stays(self) -> None:
        away = {"first_name": "Jo", "last_name": "B", "address_1": "1 Way", "address_2": "Apt 2", "city": "Austin",
                "state": "TX", "postcode": "73301", "country": "US", "phone": "+1 512 555 0000"}  # fmt: skip
        (one,) = read({**ORDER, "shipping": away}).items
        assert (one.ship_to.city, one.ship_to.state, one.ship_to.street) == ("Austin", "TX", "1 Way Apt 2")
        assert one.ship_to.phone == "+15125550000"

    def test_il_typed_as_the_city(self) -> None:
        (one,) = read({**ORDER, "shipping": {**ORDER["shipping"], "city": "IZMIR"}}).items
        assert (one.ship_to.city, one.ship_to.district) == ("İzmir", "")

    def test_provinces_by_plate(self) -> None:
        assert len(PROVINCES) == 81
        assert [PROVINCES[n - 1] for n in (1, 6, 34, 35, 63, 81)] == [
            "Adana",
            "Ankara",
            "İstanbul",
            "İzmir",
            "Şanlıurfa",
            "Düzce",
        ]

    def test_sums_with_their_tax(self) -> None:
        sums = {"discount_total": "10.00", "discount_tax": "2.00", "shipping_total": "41.58", "shipping_tax": "8.32"}
        (one,) = read({**ORDER, **sums}).items
        assert one.discount == Money(Decimal("12.00"), "TRY")
        assert one.shipping == Money(Decimal("49.90"), "TRY")

    @pytest.mark.parametrize("field", ["number", "status", "currency", "date_created_gmt", "date_modified_gmt", "total",
                                       "line_items", "billing"])  # fmt: skip
    def test_a_missing_field_is_named_and_the_rest_survives(self, field: str) -> None:
        page = read({k: v for k, v in ORDER.items() if k != field}, {**ORDER, "id": 5})
        assert [o.remote_id for o in page.items] == ["5"]
        assert [(r.remote_id, r.message.code, r.message.field) for r in page.rejects] == [
            ("1204", "answer.field_missing", field)
        ]

    @pytest.mark.parametrize(
        "changes",
        [
            {"total": "NaN"},
            {"total": "çok"},
            {"currency": "Lira"},
            {"date_modified_gmt": "dün"},
            {"id": "x"},
            {"billing": []},
        ],
    )
    def test_nonsense_is_one_reject(self, changes: dict[str, Any]) -> None:
        page = read({**ORDER, **changes}, {**ORDER, "id": 5})
        assert len(page.items) == len(page.rejects) == 1

    def test_marks(self) -> None:
        first = order(1, "06:00:00")
        found = parse_orders(
            reply([first, order(2, "06:00:05"), {"id": 3, "date_modified_gmt": "2026-11-20T06:00:09"}])
        )
        assert found.last_modified == datetime(2026, 11, 20, 6, 0, 9, tzinfo=UTC)
        assert found.ids == ("1", "2", "3")
        assert found.by_modified
        assert not parse_orders(reply([order(2, "06:00:05"), first])).by_modified
        assert parse_orders(reply([first, 7])).last_modified == datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
        assert parse_orders(reply([])).last_modified is None

    def test_a_page_of_100_is_read_lean(self) -> None:
        """The budget is 8 ms a page (it takes 3). Counted in calls, which a busy machine and a coverage run do not change."""
        lines = [{**ORDER["line_items"][0], "id": n, "name": f"Şık Kazak {n}"} for n in range(2)]
        body = reply([order(n, "06:00:00", line_items=lines, customer_note="Kapıya bırakın") for n in range(100)])
        counted = 0

        def count(frame: Any, event: str, arg: Any) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            found = parse_orders(body)
        finally:
            sys.setprofile(before)
        assert len(found.page.items) == 100
        assert counted < 12_000


class TestJson:
    JSON = b'[{"id":1}]'

    @pytest.mark.parametrize(
        "before",
        [
            b"",
            b"\xef\xbb\xbf",
            b"\n\n",
            b"<br />\n<b>Warning</b>: Undefined array key [0] in {x} on line 4\n",
            b"{oops}\n",
        ],
    )
    def test_what_stands_before_is_skipped(self, before: bytes) -> None:
        assert json_bytes(before + self.JSON).endswith(self.JSON)
        if not before.startswith(b"{"):
            assert json_bytes(before + self.JSON) == self.JSON

    def test_a_page_is_no_json(self) -> None:
        assert json_bytes(b"<html><style>a {b: c}</style><script>x[1]</script></html>") in (b"", b"[1]</script></html>")
        assert calls.woo_errors(reply(b"<html><style>a {b: c}</style></html>")) is not None

    def test_a_warning_before_the_answer_is_no_page(self) -> None:
        body = reply(b"<br />\n<b>Warning</b>: x\n" + self.JSON, headers={"content-type": "text/html"})
        assert calls.woo_errors(body) is None


def simple(**changes: Any) -> dict[str, Any]:
    base = {"id": 11, "name": "Çelik  Tava", "sku": "PX-1", "type": "simple", "status": "publish", "price": "408.95",
            "regular_price": "418.95", "sale_price": "408.95", "manage_stock": True, "stock_quantity": 27, "variations": [],
            "global_unique_id": "8690000000012", "permalink": "https://x.example/?p=11",
            "date_modified_gmt": "2026-09-25T08:00:17"}  # fmt: skip
    return {**base, **changes}


class TestListings:
    def one(self, **changes: Any) -> Any:
        page, parents = parse_products(reply([simple(**changes)]), SHOP)
        assert parents == ()
        assert page.rejects == ()
        return page.items[0]

    def test_on_sale(self) -> None:
        one = self.one()
        assert (one.remote_id, one.sku, one.title, one.barcode) == ("11", "PX-1", "Çelik Tava", "8690000000012")
        assert (one.price, one.list_price) == (Money.of("408.95", "TRY"), Money.of("418.95", "TRY"))
        assert (one.stock, one.status, one.extra) == (27, ListingStatus.ACTIVE, {"sale": "yes"})
        assert one.updated_at == datetime(2026, 9, 25, 8, 0, 17, tzinfo=UTC)

    def test_not_on_sale(self) -> None:
        one = self.one(sale_price="", price="418.95")
        assert (one.price, one.list_price, one.extra) == (Money.of("418.95", "TRY"), Money.of("418.95", "TRY"), {})

    def test_a_sale_of_next_week_is_no_price_yet(self) -> None:
        assert self.one(price="418.95").price == Money.of("418.95", "TRY")

    def test_stock_that_nobody_counts(self) -> None:
        assert self.one(manage_stock=False, stock_quantity=None).stock is None
        assert self.one(manage_stock=False, stock_quantity=4).stock is None

    def test_numbers_instead_of_text(self) -> None:
        one = self.one(price=19.90, regular_price=20, sale_price=19.90, sku=None)
        assert (one.price, one.list_price) == (Money.of("19.90", "TRY"), Money.of("20", "TRY"))

    def test_drafts_and_blank_prices(self) -> None:
        one = self.one(status="draft", price="", regular_price="", sale_price="", date_modified_gmt=None)
        assert (one.price, one.list_price, one.status) == (None, None, ListingStatus.DRAFT)
        assert self.one(status="uyduruk").status is ListingStatus.UNKNOWN

    def test_variable_grouped_and_broken(self) -> None:
        rows = [simple(id=1, type="variable", variations=[2, 3], price=""), simple(id=4, type="grouped"),
                simple(id=5, type="variable", regular_price="", sale_price="", price=""), simple(id=6, price="?")]  # fmt: skip
        page, parents = parse_products(reply(rows), SHOP)
        assert parents == (Parent("1", "Çelik Tava"),)
        assert [x.remote_id for x in page.items] == ["5"]
        assert [r.remote_id for r in page.rejects] == ["6"]

    def test_variations(self) -> None:
        row = simple(
            id=15, manage_stock="parent", attributes=[{"id": 0, "name": "Beden", "option": "L"}, {"option": "Mavi"}]
        )
        del row["type"]
        page = parse_variations(
            reply([row, {**row, "id": 16, "attributes": [], "manage_stock": True}]), SHOP, Parent("14", "Kazak")
        )
        first, second = page.items
        assert (first.title, first.parent_id, second.title) == ("Kazak – L, Mavi", "14", "Kazak")
        assert first.extra == {"sale": "yes", "product": "14", "stock_at": "parent"}
        assert first.stock == 27

    def test_vat_basis(self) -> None:
        assert vat_of(TypedWire("TRY", False)) is Vat.EXCLUDED
        assert vat_of(TypedWire("TRY", True)) is vat_of(TypedWire()) is Vat.INCLUDED


def change(price: str, lists: str | None = None, was: str | None = None, **extra: str) -> PriceChange:
    money = [Money.of(x, "TRY") if x is not None else None for x in (lists, was)]
    return PriceChange("k", ListingRef("11", "PX-1", extra=extra), Money.of(price, "TRY"), *money)


class TestWrites:
    @pytest.mark.parametrize(
        ("given", "item"),
        [
            (change("10"), {"regular_price": "10.00", "sale_price": ""}),
            (change("10", "15"), {"regular_price": "15.00", "sale_price": "10.00"}),
            (change("10", "10.00"), {"regular_price": "10.00", "sale_price": ""}),
            (change("10", was="15", sale="yes"), {"sale_price": "10.00"}),
            (change("15", was="15", sale="yes"), {"regular_price": "15.00", "sale_price": ""}),
            (change("20", was="15", sale="yes"), {"regular_price": "20.00", "sale_price": ""}),
            (change("10", was="15"), {"regular_price": "10.00", "sale_price": ""}),
            (change("10", sale="yes"), {"regular_price": "10.00", "sale_price": ""}),
        ],
    )
    def test_prices(self, given: PriceChange, item: dict[str, str]) -> None:
        assert price_item(given) == {"id": 11, **item}

    @pytest.mark.parametrize(("given", "field"), [(change("10", "9"), "list_price"), (change("-1"), "price")])
    def test_hopeless_prices(self, given: PriceChange, field: str) -> None:
        found = price_item(given)
        assert isinstance(found, Message)
        assert (found.code, found.field) == ("item.refused", field)

    def test_stock(self) -> None:
        ref = ListingRef("11", "PX-1")
        assert stock_item(StockChange("k", ref, 5)) == {"id": 11, "manage_stock": True, "stock_quantity": 5}
        assert isinstance(stock_item(StockChange("k", ref, -1)), Message)
        shared = ListingRef("11", "PX-1", extra={"stock_at": "parent"})
        assert isinstance(stock_item(StockChange("k", shared, 5)), Message)

    def test_batch_answers(self) -> None:
        sent = [("a", {"id": 1, "regular_price": "10.00", "sale_price": ""}), ("b", {"id": 2, "stock_quantity": 5}),
                ("c", {"id": 3, "regular_price": "10.00"}), ("d", {"id": 4, "stock_quantity": 5}),
                ("e", {"id": 5, "regular_price": "10.00"}), ("f", {"id": 6, "sale_price": "9.00"})]  # fmt: skip
        answer = {"update": [
            {"id": 1, "regular_price": "10", "sale_price": ""}, {"id": 2, "stock_quantity": 5},
            {"id": 3, "error": {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID.", "data": {"status": 400}}},
            {"id": 4, "stock_quantity": 4}, {"id": 6, "sale_price": "?"}]}  # fmt: skip
        outcomes = parse_batch(reply(answer), sent)
        assert [(o.key, str(o.state), o.message.code if o.message else "") for o in outcomes] == [
            ("a", "done", ""), ("b", "done", ""), ("c", "refused", "item.not_found"), ("d", "refused", "item.refused"),
            ("e", "unknown", "answer.unexpected"), ("f", "refused", "item.refused")]  # fmt: skip
        assert outcomes[3].message is not None
        assert outcomes[3].message.field == "stock_quantity"
        assert outcomes[0].state is OutcomeState.DONE

    def test_notes(self) -> None:
        notice = ShipmentNotice(
            "k", "1", carrier="Yurtiçi Kargo", tracking_number="123", tracking_url="https://t.example/?a=1&b=2"
        )
        assert note_text(notice) == "Yurtiçi Kargo: 123 https://t.example/?a=1&b=2"
        assert note_text(ShipmentNotice("k", "1", tracking_number="123")) == "123"
        assert note_text(ShipmentNotice("k", "1")) == ""
        shown = "<p>Yurtiçi Kargo: 123 https://t.example/?a=1&amp;b=2</p>\n"
        assert note_text(notice) in parse_notes(reply([{"id": 1, "note": shown}]))


class TestErrors:
    CASES = (
        (401, {"code": "woocommerce_rest_authentication_error", "message": "Consumer key is invalid."}, "auth.refused", ""),
        (401, {"code": "woocommerce_rest_cannot_view", "message": "x"}, "auth.refused", ""),
        (401, {"code": "woocommerce_rest_authentication_error", "message": "Consumer key is missing."}, "auth.refused", "keys_in_query"),
        (401, {"code": "woocommerce_rest_authentication_error", "message": "The API key provided does not have write permissions."}, "auth.read_only", ""),
        (403, {"code": "woocommerce_rest_cannot_view", "message": "x"}, "auth.forbidden", ""),
        (403, {"code": "woocommerce_rest_cannot_edit", "message": "x"}, "auth.read_only", ""),
        (404, {"code": "rest_no_route", "message": "x"}, "config.wrong_url", ""),
        (404, {"code": "woocommerce_rest_shop_order_invalid_id", "message": "x"}, "item.not_found", ""),
        (400, {"code": "woocommerce_product_invalid_sku", "message": "x"}, "item.refused", "sku"),
        (400, {"code": "rest_invalid_param", "message": "x", "data": {"status": 400, "params": {"orderby": "no"}}}, "request.refused", "orderby"),
        (400, {"code": "rest_invalid_param", "message": "x", "data": 3}, "request.refused", ""),
        (403, b"<!DOCTYPE html><html>Wordfence", "auth.ip_not_allowed", ""),
        (404, b"<!DOCTYPE html><html>", "config.wrong_url", ""),
        (429, b"slow down", "rate.limited", ""),
        (500, {"code": "internal_server_error", "message": "x"}, "server.error", ""),
        (503, b"<html>Briefly unavailable for scheduled maintenance.</html>", "server.maintenance", ""),
        (503, b"", "server.unavailable", ""),
        (200, b"<!DOCTYPE html><html>", "server.html", ""),
        (200, b"", "answer.unreadable", ""),
    )  # fmt: skip

    @pytest.mark.parametrize(("status", "body", "code", "field"), CASES)
    def test_table(self, status: int, body: Any, code: str, field: str) -> None:
        message = calls.woo_errors(reply(body, status))
        assert message is not None
        assert (message.code, message.field, message.status) == (code, field, status)
        if isinstance(body, dict):
            assert message.vendor_code == body["code"]

    def test_a_wrong_clock(self) -> None:
        body = {"code": "woocommerce_rest_authentication_error", "message": "Invalid timestamp."}
        message = calls.woo_errors(reply(body, 401))
        assert message is not None
        assert (message.code, message.params) == ("auth.clock", {})

    def test_where_a_redirect_leads(self) -> None:
        message = calls.woo_errors(reply(b"", 301, {"location": "https://www.dukkan.example/wp-json/"}))
        assert message is not None
        assert (message.code, message.params["to"]) == ("server.redirect", "www.dukkan.example")

    def test_a_warning_before_the_error(self) -> None:
        body = b"<b>Notice</b>\n" + json.dumps({"code": "rest_no_route", "message": "x"}).encode()
        message = calls.woo_errors(reply(body, 404))
        assert message is not None
        assert message.code == "config.wrong_url"

    def test_errors_that_are_no_objects(self) -> None:
        assert calls.read_error(b"[]").code == ""
        assert calls.read_error(b"{,").code == ""


# -- requests against the reference's table ------------------------------------------------------------------------------
WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 23, 8, 59, 59, 500_000, tzinfo=UTC))
COMMON = {"per_page", "page", "orderby", "order", "status", "include", "exclude", "search", "after", "modified_after",
          "modified_before", "dates_are_gmt", "_fields"}  # fmt: skip


def place(rng: random.Random) -> calls.Place:
    return calls.Place(WINDOW.since + timedelta(seconds=rng.randrange(10**6)), rng.random() < 0.5,
                       tuple(str(n) for n in range(rng.randrange(4))), rng.randrange(1, 5))  # fmt: skip


def update(rng: random.Random) -> list[dict[str, Any]]:
    item = price_item(change(f"{rng.randrange(10**6) / 100:.2f}")) if rng.random() < 0.5 else stock_item(StockChange("k", ListingRef("7", ""), rng.randrange(99)))  # fmt: skip
    assert isinstance(item, dict)
    return [item] * rng.randrange(1, 101)


ID = r"[^/?#]+"
Row = tuple[Callable[[random.Random], Call], str, str]
TABLE: dict[str, Row] = {
    "probe_request": (lambda r: calls.probe_request(), "GET", "/orders"),
    "orders_request": (lambda r: calls.orders_request(WINDOW, place(r)), "GET", "/orders"),
    "order_request": (lambda r: calls.order_request(str(r.randrange(10**6))), "GET", "/orders"),
    "search_request": (lambda r: calls.search_request(r.choice(["İ-12&x=1", "#7"])), "GET", "/orders"),
    "currency_request": (lambda r: calls.currency_request(), "GET", "/data/currencies/current"),
    "vat_request": (lambda r: calls.vat_request(), "GET", "/orders"),
    "products_request": (lambda r: calls.products_request(r.randrange(1, 9)), "GET", "/products"),
    "variations_request": (lambda r: calls.variations_request(str(r.randrange(99)), 1), "GET", f"/products/{ID}/variations"),
    "write_request": (
        lambda r: calls.write_request("set_prices", r.choice(["", "14"]), update(r)), "POST", f"/products(/{ID}/variations)?/batch"),
    "states_request": (lambda r: calls.states_request(["1", "2"]), "GET", "/orders"),
    "complete_request": (lambda r: calls.complete_request([r.randrange(99)]), "POST", "/orders/batch"),
    "notes_request": (lambda r: calls.notes_request("5"), "GET", f"/orders/{ID}/notes"),
    "note_request": (lambda r: calls.note_request("5", "Yurtiçi: 1"), "POST", f"/orders/{ID}/notes"),
}  # fmt: skip


def test_every_request_has_a_row() -> None:
    made = {n for n, f in inspect.getmembers(calls, inspect.isfunction) if n.endswith("_request")}
    assert made == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_requests_fit_the_reference(name: str) -> None:
    make, method, path = TABLE[name]
    for seed in range(20):
        call = make(random.Random(seed))
        assert call.method == method
        assert re.fullmatch(f"/wp-json/wc/v3{path}", call.path), call.path
        asked = dict(call.params)
        assert set(asked) <= COMMON
        assert 1 <= int(asked.get("per_page", "10")) <= 100
        assert asked.get("orderby", "date") in {"date", "id", "modified"}
        for key in ("after", "modified_after", "modified_before"):
            if key in asked:
                assert asked["dates_are_gmt"] == "true"
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", asked[key])
        if method == "GET":
            assert call.body is None
            continue
        body = json.loads(call.body or b"")
        if path.endswith("notes"):
            assert body == {"note": "Yurtiçi: 1", "customer_note": True}
            assert call.repeatable is False
            continue
        assert call.repeatable is True
        assert set(body) == {"update"}
        assert 1 <= len(body["update"]) <= 100
        for item in body["update"]:
            assert type(item["id"]) is int
            assert all(isinstance(item[k], str) for k in item if k.endswith("_price"))
            assert ("stock_quantity" in item) == ("manage_stock" in item)


def test_exact_orders_call() -> None:
    call = calls.orders_request(WINDOW, calls.first_place(WINDOW, by_date=False))
    asked = dict(call.params)
    assert asked["modified_after"] == "2026-10-31T23:59:59"
    assert "modified_before" not in asked
    assert (asked["orderby"], asked["order"], asked["status"], asked["per_page"]) == ("modified", "asc", "any", "100")
    assert "page" not in asked
    by_date = dict(calls.orders_request(WINDOW, calls.first_place(WINDOW, by_date=True)).params)
    assert (by_date["orderby"], by_date["after"]) == ("date", "2000-01-01T00:00:00")
    assert (by_date["modified_after"], by_date["modified_before"]) == ("2026-10-31T23:59:59", "2026-11-23T09:00:00")


class TestOddRecords:
    def test_one_and_a_half_kilos_keep_the_order_and_are_told(self) -> None:
        line = {**ORDER["line_items"][0], "quantity": 1.5, "name": "Zeytin"}
        found = read({**ORDER, "line_items": [line]})
        (one,) = found.items
        assert (one.lines[0].quantity, one.lines[0].title) == (0, "Zeytin × 1.5")
        assert one.total.text() == Money.of(ORDER["total"], "TRY").text()
        (beside,) = found.rejects
        assert (beside.remote_id, beside.message.code) == (one.remote_id, "answer.odd_field")
        odd = [{**order(n, f"06:00:0{n}"), "line_items": [line] if n == 2 else []} for n in (1, 2, 3)]
        assert parse_orders(reply(odd)).by_modified, "it stands in its place"

    def test_nulls_where_text_was_promised_cost_nothing(self) -> None:
        billing = {**ORDER["billing"], "state": None, "first_name": None}
        found = read({**ORDER, "billing": billing, "tax_lines": None})
        assert len(found.items) == 1
        assert found.rejects[0].message.params["field"].startswith(("tax_lines", "billing.first_name"))

    def test_what_decides_still_costs_the_order(self) -> None:
        for change in ({"total": None}, {"date_created_gmt": None}, {"payment_method": 5}, {"shipping": 5}):
            found = read({**ORDER, **change})
            assert (found.items, len(found.rejects)) == ((), 1), change

    def test_a_product_s_date_only_informs(self) -> None:
        page, _ = parse_products(reply([simple(date_modified_gmt="dün")]), SHOP)
        assert [one.updated_at for one in page.items] == [None]
