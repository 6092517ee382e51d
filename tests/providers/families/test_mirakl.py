"""Mirakl's pure ends: pages that move, orders, offers, whole price sets, import reports, carriers, returns and money, errors."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import Message, OursError, OutcomeState
from app.kit import Call
from app.model import ListingStatus, Money, OrderStatus, SettlementKind, ShippedLine, Vat, Window
from providers.families import mirakl_calls as calls
from providers.families.mirakl_base import parse_count, parse_shop
from providers.families.mirakl_imports import (
    ImportWire,
    outcomes_of,
    parse_import,
    parse_report,
    read_ticket,
    refusal,
    ticket_of,
)
from providers.families.mirakl_money import (
    kind_of,
    parse_accepted,
    parse_claims,
    parse_settlements,
    seek_following,
)
from providers.families.mirakl_offers import parse_listings, parse_offers
from providers.families.mirakl_orders import STATUSES, parse_found, parse_orders
from providers.families.mirakl_places import ILLER, country, place
from providers.families.mirakl_prices import columns_of, price_rows
from providers.families.mirakl_shipping import CarrierWire, chosen, parse_carriers, wrong_notice
from providers.families.mirakl_walk import MOST_STEPS_BACK, Walk
from tests.providers.families.mirakl_support import (
    NOW,
    account,
    line,
    notice,
    offer,
    order,
    price,
    price_change,
    raws,
    reply,
    stock_change,
)

WINDOW = Window(NOW - timedelta(days=1), NOW)


# -- pages that move -----------------------------------------------------------------------------------------------------
def serve(rows: list[dict[str, Any]], call: Call) -> Any:
    given = dict(call.params)
    begin, size = int(given["offset"]), int(given["max"])
    return reply({"orders": rows[begin : begin + size], "total_count": len(rows)})


def some(numbers: range) -> list[dict[str, Any]]:
    return [{"order_id": f"K{n:05}-A", "n": n} for n in numbers]


def test_pages_overlap_by_one_record_and_end_with_the_count() -> None:
    walk, rows, found = Walk(calls.orders_request(account(), WINDOW)), some(range(250)), []
    offsets = []
    while walk.call is not None:
        offsets.append(dict(walk.call.params)["offset"])
        found += walk.take(serve(rows, walk.call))
    assert offsets == ["0", "99", "198"]
    assert len(found) == 250 == len(walk.seen) == walk.total


@pytest.mark.parametrize("seed", range(25))
def test_nothing_that_stays_is_lost_while_records_leave_and_come(seed: int) -> None:
    """Between two pages up to 40 records leave the list anywhere, and some come anywhere."""
    rng = random.Random(seed)
    rows, here = some(range(rng.randint(150, 700))), Walk(calls.orders_request(account(), WINDOW))
    stays = {row["order_id"] for row in rows}
    fresh = 10_000
    while here.call is not None:
        here.take(serve(rows, here.call))
        for _ in range(rng.randint(0, 40)):
            if rows:
                stays.discard(rows.pop(rng.randrange(len(rows)))["order_id"])
        for _ in range(rng.randint(0, 3)):
            fresh += 1
            rows.insert(rng.randint(0, len(rows)), {"order_id": f"N{fresh}-A"})
    assert not stays - set(here.seen)


def test_a_plain_walk_would_have_lost_some() -> None:
    """What the overlap is for: three leave from the first page, and three are never shown without it."""
    rows = some(range(150))
    walk = Walk(calls.orders_request(account(), WINDOW))
    walk.take(serve(rows, walk.first))
    del rows[10:13]
    assert walk.call is not None
    assert walk.take(serve(rows, walk.call)) == []  # begins after a gap: back
    assert dict(walk.call.params)["offset"] == "49"
    assert len(walk.take(serve(rows, walk.call))) == 50


def test_a_record_that_changed_is_told_again_and_the_same_one_is_not() -> None:
    rows = some(range(120))
    walk = Walk(calls.orders_request(account(), WINDOW))
    walk.take(serve(rows, walk.first))
    rows[99] = {**rows[99], "changed": True}
    assert walk.call is not None
    assert len(walk.take(serve(rows, walk.call))) == 21
    assert walk.call is None


def test_a_record_without_a_readable_id_is_known_by_its_text() -> None:
    rows = [{"order_id": [n]} for n in range(110)]
    walk, found = Walk(calls.orders_request(account(), WINDOW)), []
    while walk.call is not None:
        found += walk.take(serve(rows, walk.call))
    assert len(found) == 110
    nameless = Walk(calls.orders_request(account(), WINDOW))
    assert len(nameless.take(reply({"orders": [{"x": 1}, {"x": 2}], "total_count": 2}))) == 2


def test_pages_of_one_record_go_on() -> None:
    walk, rows, found = Walk(calls.orders_request(account(), WINDOW)), some(range(4)), []
    while walk.call is not None:
        begin = int(dict(walk.call.params)["offset"])
        found += walk.take(reply({"orders": rows[begin : begin + 1], "total_count": 4}))
    assert len(found) == 4


def test_a_list_that_empties_itself_ends() -> None:
    walk = Walk(calls.orders_request(account(), WINDOW))
    walk.take(serve(some(range(250)), walk.first))
    for _ in range(5):
        if walk.call is not None:
            assert walk.take(reply({"orders": [], "total_count": 0})) == []
    assert walk.call is None


def test_a_list_that_never_stands_still_is_an_error() -> None:
    walk = Walk(calls.orders_request(account(), WINDOW))
    walk.take(serve(some(range(2000)), walk.first))
    fresh = 0
    with pytest.raises(OursError, match="keeps moving"):
        for _ in range(2 * MOST_STEPS_BACK + 2):
            assert walk.call is not None
            fresh += 1000
            rows = some(range(fresh, fresh + 100))
            at = int(dict(walk.call.params)["offset"])
            walk.take(reply({"orders": rows if at else rows + some(range(100)), "total_count": 9999}))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"total_count": 3}, "field_missing"),
        ({"orders": [], "total_count": 3}, "unexpected"),
        ({"orders": []}, "field_missing"),
    ],
)
def test_a_failed_page_is_not_the_last(body: Any, why: str) -> None:
    with pytest.raises(OursError, match=why):
        Walk(calls.orders_request(account(), WINDOW)).take(reply(body))
    with pytest.raises(OursError):
        Walk(calls.offers_request(account())).take(reply({"total_count": 1}))


# -- orders --------------------------------------------------------------------------------------------------------------
def test_the_references_example() -> None:
    page = parse_found(reply({"total_count": 1, "orders": [order()]}))
    assert page.total == 1
    (one,) = page.items
    assert (one.remote_id, one.number, one.vendor_status) == ("K0000001-A", "K0000001-A", "WAITING_ACCEPTANCE")
    assert one.status is OrderStatus.PENDING
    assert (one.placed_at, one.updated_at) == (datetime(2026, 11, 20, 7, 15, tzinfo=UTC), datetime(2026, 11, 20, 7, 16, tzinfo=UTC))  # fmt: skip
    assert one.ship_by == datetime(2026, 11, 22, 20, 59, 59, tzinfo=UTC)
    assert (one.total, one.shipping) == (Money.of("220.0", "TRY"), Money.of("0.0", "TRY"))
    (first,) = one.lines
    assert (first.remote_id, first.sku, first.quantity, first.title) == (
        "K0000001-A-1",
        "PX-KUPA-01",
        1,
        "Seramik Kupa",
    )
    assert first.unit_price.money == Money.of("220.0", "TRY")
    assert first.unit_price.vat is Vat.INCLUDED
    assert (one.buyer.name, one.ship_to.name, one.ship_to.city, one.ship_to.country) == ("Ayşe Örnek", "Ayşe Örnek", "Ankara", "TR")  # fmt: skip
    assert one.ship_to.phone == "+905550000000"
    assert one.extra == {"waits_for": "acceptance", "commercial_id": "K0000001", "lines": "K0000001-A-1:1"}
    assert one.bill_to is None


def status_of(state: str, *lines: str, **more: Any) -> OrderStatus:
    rows = [line(order_line_id=f"L{n}", order_line_state=s) for n, s in enumerate(lines or (state,))]
    (one,) = parse_orders(raws(order(order_state=state, order_lines=rows, **more))).items
    return one.status


def test_states() -> None:
    waiting = ("STAGING", "WAITING_ACCEPTANCE", "WAITING_DEBIT", "WAITING_DEBIT_PAYMENT")
    assert {status_of(one) for one in waiting} == {OrderStatus.PENDING}
    assert {one: status_of(one) for one in ("SHIPPING", "SHIPPED", "TO_COLLECT", "RECEIVED", "CLOSED", "REFUSED", "CANCELED")} == {
        "SHIPPING": OrderStatus.OPEN, "SHIPPED": OrderStatus.SHIPPED, "TO_COLLECT": OrderStatus.SHIPPED,
        "RECEIVED": OrderStatus.DELIVERED, "CLOSED": OrderStatus.DELIVERED, "REFUSED": OrderStatus.CANCELLED,
        "CANCELED": OrderStatus.CANCELLED,
    }  # fmt: skip
    assert status_of("WAITING_REFUND") is OrderStatus.UNKNOWN
    assert status_of("SHIPPING", "SHIPPED", "SHIPPING") is OrderStatus.PARTIALLY_SHIPPED
    assert status_of("CLOSED", fully_refunded=True) is OrderStatus.RETURNED
    assert status_of("SHIPPING", fully_refunded=True) is OrderStatus.OPEN
    assert len(STATUSES) == 11


def test_a_cancelled_line_is_said_and_is_nothing_to_ship() -> None:
    rows = [line(), line(order_line_id="L2", order_line_state="CANCELED")]
    (one,) = parse_orders(raws(order(order_state="SHIPPING", order_lines=rows, can_shop_ship=True))).items
    assert [x.cancelled for x in one.lines] == [False, True]
    assert one.extra["lines"] == "K0000001-A-1:1"
    assert not one.fulfilled_by_channel


def test_prices_without_taxes_are_said_and_the_total_has_them() -> None:
    rows = [line(price_unit=100, taxes=[{"amount": 20.1, "rate": 20, "code": "KDV"}], shipping_taxes=[{"amount": 1.9, "code": "KDV"}, {"code": "x"}])]  # fmt: skip
    (one,) = parse_orders(raws(order(order_tax_mode="TAX_EXCLUDED", total_price=109.5, order_lines=rows))).items
    assert one.total == Money.of("131.5", "TRY")
    assert one.lines[0].unit_price.vat is Vat.EXCLUDED
    assert one.lines[0].vat_rate == 20
    two = line(taxes=[{"rate": 10}, {"rate": 20}])
    assert parse_orders(raws(order(order_lines=[two]))).items[0].lines[0].vat_rate is None


def test_everything_else_that_an_order_may_tell() -> None:
    customer = {
        "customer_id": "C9", "firstname": " Işıl ", "lastname": None,
        "billing_address": {"firstname": "Işıl", "lastname": "Şen", "company": "Şen Ltd.", "company_2": "Merkez", "street_1": "a", "street_2": "b", "city": "Kadıköy", "state": "İSTANBUL", "country_iso_code": "TUR", "zip_code": "34710"},
        "shipping_address": {"lastname": "Şen", "street_1": "Çınar Sk.", "additional_info": "zil: 3", "city": "Berlin", "state": "BE", "country_iso_code": "DEU", "phone": None, "phone_secondary": "+49 30 1234"},
        "organization": {"name": "Şen A.Ş.", "tax_identification_number": "1234567890"},
    }  # fmt: skip
    (one,) = parse_orders(
        raws(
            order(
                order_state="SHIPPING", customer=customer, can_shop_ship=False, shipping_company="Aras Kargo",
                shipping_tracking="-", customer_notification_email="x@example.com", promotions={"total_deduced_amount": 12.5},
                channel={"code": "WEB", "label": "Web"}, shipping_deadline="bald", shipping_price=None,
            )
        )
    ).items  # fmt: skip
    assert one.fulfilled_by_channel
    assert (one.carrier, one.tracking_number, one.ship_by, one.shipping) == ("Aras Kargo", "", None, None)
    assert one.discount == Money.of("12.5", "TRY")
    assert (one.buyer.name, one.buyer.email, one.buyer.remote_id) == ("Işıl", "x@example.com", "C9")
    assert (one.ship_to.street, one.ship_to.city, one.ship_to.state, one.ship_to.country) == ("Çınar Sk. zil: 3", "Berlin", "BE", "DE")  # fmt: skip
    assert one.ship_to.phone == "+49301234"
    assert one.bill_to is not None
    assert (one.bill_to.company, one.bill_to.tax_number) == ("Şen Ltd. Merkez", "1234567890")
    assert (one.bill_to.city, one.bill_to.district) == ("İSTANBUL", "Kadıköy")
    assert one.extra["channel"] == "WEB"
    bare = {k: v for k, v in order().items() if k not in ("customer", "commercial_id")}
    (small,) = parse_orders(raws(bare)).items
    assert (small.buyer.name, small.ship_to.city) == ("", "")


def test_one_bad_record_is_a_reject_and_an_odd_part_costs_only_itself() -> None:
    half = order(order_id="K3-A", order_lines=[line(quantity=1.5)])
    page = parse_orders(raws(order(), order(order_id="K2-A", total_price="çok"), half, order(order_id="K4-A", shipping_deadline=5)))  # fmt: skip
    assert [one.remote_id for one in page.items] == ["K0000001-A", "K3-A", "K4-A"]
    assert [(one.remote_id, one.message.code) for one in page.rejects] == [
        ("K2-A", "answer.unreadable"), ("K3-A", "answer.odd_field"), ("K4-A", "answer.odd_field"),
    ]  # fmt: skip
    assert (page.items[1].lines[0].quantity, page.items[1].lines[0].title) == (0, "Seramik Kupa × 1.5")
    missing = {k: v for k, v in order().items() if k != "last_updated_date"}
    assert parse_orders(raws(missing)).rejects[0].message.params["field"] == "last_updated_date"
    with pytest.raises(OursError):
        parse_found(reply({"orders": []}))


def test_places() -> None:
    assert len(ILLER) == 81
    assert place("Ankara", "Çankaya", "TR") == ("Ankara", "Çankaya", "")
    assert place("Çankaya", "ANKARA", "TR") == ("ANKARA", "Çankaya", "")
    assert place("IĞDIR", "ığdır", "TR") == ("IĞDIR", "", "")
    assert place("Şehir", "Bölge", "TR") == ("Şehir", "", "Bölge")
    assert place("Ankara", "", "TR") == ("Ankara", "", "")
    assert place("Ankara", "TX", "US") == ("Ankara", "", "TX")
    assert (country("TUR"), country("DEU"), country("ZZZ"), country("")) == ("TR", "DE", "", "")


# -- offers --------------------------------------------------------------------------------------------------------------
def test_a_listing_with_a_discount_in_force_and_one_that_is_not() -> None:
    now_off = price("80", "100", "80")
    later = price("100", "100", "70", discount_start_date="2027-01-01T00:00:00Z")
    page = parse_listings(raws(offer("A", now_off), offer("B", later), offer("C", active=False)), 3)
    first, second, third = page.items
    assert (first.price, first.list_price) == (Money.of("80.0", "TRY"), Money.of("100.0", "TRY"))
    assert (second.price, second.list_price) == (Money.of("100.0", "TRY"), None)
    assert (first.stock, first.barcode, first.title, first.sku) == (7, "8690000000011", "Çaydanlık Işık", "A")
    assert (third.status, page.total) == (ListingStatus.PASSIVE, 3)
    assert first.extra == {"offer_id": "3000001", "product_sku": "MKP1"}


def test_odd_offers() -> None:
    old = offer("A", price("80", "100", "80"), applicable_pricing=None, discount={"origin_price": 100.0}, price=None)
    bare = offer("B", applicable_pricing=None, product_references=[], product_title=None, warehouses=[{"code": "W1"}, {"code": "W2"}])  # fmt: skip
    none = offer("C", all_prices=[], price=None, applicable_pricing=None)
    broken = offer("D", warehouses="her yerde")
    page = parse_listings(raws(old, bare, none, broken))
    assert page.items[0].list_price == Money.of("100.0", "TRY")
    assert (page.items[1].title, page.items[1].barcode, page.items[1].extra["warehouses"]) == ("B", "", "W1,W2")
    assert page.items[2].price is None
    assert [one.remote_id for one in page.rejects] == ["D"]
    odd = offer("E", price("5", channel_code=7))
    assert set(parse_offers(raws(old, bare, odd), frozenset({"A", "E"}))) == {"A"}


# -- whole price sets ----------------------------------------------------------------------------------------------------
def rows_for(change: Any, *prices: dict[str, Any], channel: str = "", **more: Any) -> Any:
    (wire,) = parse_offers(raws(offer("PX-1", *prices, **more)), frozenset({"PX-1"})).values()
    made = price_rows(wire, change, channel, NOW)
    return made if isinstance(made, Message) else [{k: v for k, v in row.items() if v} for row in made]


SKU = {"offer-sku": "PX-1"}


def test_a_plain_price() -> None:
    rows = rows_for(price_change("95.5"))
    assert rows == [{**SKU, "price": "95.5"}]
    assert columns_of(rows) == ("offer-sku", "price", "discount-price", "discount-start-date", "discount-end-date")


@pytest.mark.parametrize(
    ("change", "now", "wanted"),
    [
        # A discount in force is the sale price; the price before it stays.
        (price_change("75"), price("80", "100", "80", discount_end_date="2026-12-31T00:00:00Z"), {"price": "100.0", "discount-price": "75", "discount-end-date": "2026-12-31T00:00:00Z"}),
        # Not below the new price any more: no discount.
        (price_change("120"), price("80", "100", "80"), {"price": "120"}),
        # A crossed-out price of one's own.
        (price_change("75", listed="90"), price("100"), {"price": "90", "discount-price": "75"}),
        (price_change("75", listed="90"), price("80", "100", "80", discount_start_date="2026-11-01T00:00:00Z"), {"price": "90", "discount-price": "75", "discount-start-date": "2026-11-01T00:00:00Z"}),
        (price_change("75", listed="75"), price("80", "100", "80"), {"price": "75"}),
        # A discount that is over means nothing; one to come stays.
        (price_change("95"), price("100", "100", "70", discount_end_date="2026-01-01T00:00:00Z", discount_start_date="2025-12-01T00:00:00Z"), {"price": "95"}),
        (price_change("95"), price("100", "100", "70", discount_start_date="2027-01-01T00:00:00Z"), {"price": "95", "discount-price": "70.0", "discount-start-date": "2027-01-01T00:00:00Z"}),
    ],
)  # fmt: skip
def test_discounts(change: Any, now: dict[str, Any], wanted: dict[str, str]) -> None:
    assert rows_for(change, now) == [{**SKU, **wanted}]


def test_other_prices_of_the_offer_go_along_as_they_are() -> None:
    channel = price("54", channel_code="APP", context={"channel_codes": ["APP"]})
    firm = price(
        "40",
        "45",
        "40",
        context={"customer_organization_ids": ["O1", "O2"], "customer_group_ids": ["G"], "channel_codes": []},
    )
    dated = price("30", context={"start_date": "2027-01-01T00:00:00Z", "end_date": "2027-02-01T00:00:00Z"})
    rows = rows_for(price_change("47.25"), price("50"), channel, firm, dated)
    assert rows == [
        {**SKU, "price": "47.25"},
        {**SKU, "price": "54.0", "channels": "APP"},
        {
            **SKU,
            "price": "45.0",
            "discount-price": "40.0",
            "customer-organization-ids": "O1|O2",
            "customer-group-ids": "G",
        },
        {**SKU, "price": "30.0", "start-date": "2027-01-01T00:00:00Z", "end-date": "2027-02-01T00:00:00Z"},
    ]
    assert len(columns_of(rows)) == 10


def test_volume_prices_keep_their_steps() -> None:
    """The documents' example: 50, from 50 pieces 45, with a discount of 1."""
    steps = [
        {"quantity_threshold": 1, "unit_origin_price": 50, "unit_discount_price": 49},
        {"quantity_threshold": 50, "unit_origin_price": 45, "unit_discount_price": 44},
    ]
    rows = rows_for(price_change("48"), price("49", "50", "49", volume_prices=steps))
    assert rows == [
        {
            **SKU,
            "price": "50.0",
            "price-ranges": "1|50.0,50|45",
            "discount-price": "48",
            "discount-ranges": "1|48,50|44",
        }
    ]
    bare = rows_for(price_change("48"), price("50", volume_prices=[{**s, "unit_discount_price": None} for s in steps]))
    assert bare == [{**SKU, "price": "48", "price-ranges": "1|48,50|45"}]


def test_the_connections_own_channel_is_the_one_that_changes() -> None:
    turkey = price("54", channel_code="TR", context={"channel_codes": ["TR"]})
    rows = rows_for(price_change("60"), price("50"), turkey, channel="TR")
    assert [row["price"] for row in rows] == ["50.0", "60"]
    assert [row["price"] for row in rows_for(price_change("60"), price("50"), channel="TR")] == ["60"]


@pytest.mark.parametrize(
    ("change", "prices", "more", "reason"),
    [
        (price_change("1", currency="EUR"), (), {}, "currency"),
        (price_change("0"), (), {}, "price"),
        (price_change("9"), (), {"retail_prices": [{"price": 5}]}, "dropship"),
        (price_change("9"), (price("5"), price("6")), {}, "several_prices"),
        (price_change("9"), (price("5", channel_code="APP"),), {}, "several_prices"),
        (price_change("9"), (price("5"), *(price("6", channel_code=f"C{n}") for n in range(50))), {}, "several_prices"),
        (price_change("60"), (price("100", "100", "70", discount_start_date="2027-01-01T00:00:00Z"),), {}, "planned_discount"),
        (price_change("90", listed="95"), (price("100", "100", "70", discount_start_date="2027-01-01T00:00:00Z"),), {}, "planned_discount"),
    ],
)  # fmt: skip
def test_what_is_not_sent(change: Any, prices: Any, more: Any, reason: str) -> None:
    found = rows_for(change, *prices, **more)
    assert isinstance(found, Message)
    assert (found.code, found.params["reason"]) == ("item.refused", reason)


def test_an_offer_that_is_not_there_or_has_no_price_yet() -> None:
    missing = price_rows(None, price_change("5"), "", NOW)
    assert isinstance(missing, Message)
    assert missing.code == "item.not_found"
    assert rows_for(price_change("5"), all_prices=[]) == [{**SKU, "price": "5"}]


# -- files and their reports ---------------------------------------------------------------------------------------------
def file_of(call: Call) -> list[dict[str, str]]:
    assert call.body is not None
    text = call.body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0].decode()
    assert text.startswith('"offer-sku";"')
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_the_stock_file() -> None:
    changes = [stock_change(0, "a"), stock_change(5, "b", 'İ"ş;1'), stock_change(2, "c", "W", warehouses="DEPO")]
    call = calls.set_stocks_request(account(shop_id="2001"), changes)
    assert call.repeatable is True
    assert call.params == (("shop_id", "2001"),)
    assert [(r["offer-sku"], r["quantity"], r["warehouse-code"], r["update-delete"]) for r in file_of(call)] == [
        ("PX-1", "0", "", ""), ('İ"ş;1', "5", "", ""), ("W", "2", "DEPO", ""),
    ]  # fmt: skip
    assert call == calls.set_stocks_request(account(shop_id="2001"), changes)


def imported(
    status: str = "COMPLETE", *, report: bool = False, ok: int | None = 2, bad: int | None = 0, why: str = ""
) -> ImportWire:
    return ImportWire("i", status, report, bad, ok, why)


def states(found: ImportWire | None, report: dict[str, str] | None = None, lines: int = 2) -> list[OutcomeState]:
    changes = [stock_change(1, "a", "A"), stock_change(2, "b", "B")]
    return [one.state for one in outcomes_of(found, report, lines, changes)]


DONE, BAD, LATER, LOST = OutcomeState.DONE, OutcomeState.REFUSED, OutcomeState.PENDING, OutcomeState.UNKNOWN


def test_outcomes() -> None:
    assert states(imported("WAITING")) == states(imported("RUNNING")) == states(imported("NEUES")) == [LATER, LATER]
    assert states(imported()) == [DONE, DONE]
    assert states(imported(ok=None, bad=None)) == [DONE, DONE]
    assert states(imported(report=True, ok=1, bad=1), {"B": "kapalı"}) == [DONE, BAD]
    assert states(None) == [LOST, LOST]
    assert states(imported("FAILED", why="file")) == [BAD, BAD]
    assert states(imported("FAILED", report=True), {"A": "x"}) == [BAD, BAD]


def test_lines_that_nobody_accounts_for_are_not_done() -> None:
    assert states(imported(report=True, ok=1, bad=1), None) == [LOST, LOST]  # a report that names no SKU
    assert states(imported(ok=1, bad=1)) == [LOST, LOST]  # errors without a report
    assert states(imported(report=True, ok=1, bad=1), {"Z": "?"}) == [LOST, LOST]  # of somebody else
    assert states(imported(ok=0)) == [LOST, LOST]  # says yes, and counts nothing
    assert states(imported(ok=0), lines=0) == [DONE, DONE]


def test_reports() -> None:
    text = (
        '"line";"error-reason";"offer-sku";"quantity"\n"2";"Bilinmeyen ürün; yok";"PX;1";"5"\n"3"\n"4";"";"PX-2";"1"\n'
    )
    assert parse_report(reply(text.encode(), content_type="text/csv")) == {"PX;1": "Bilinmeyen ürün; yok", "PX-2": ""}
    assert parse_report(reply(b"\xef\xbb\xbfline-number,reason,sku,price\n1,no,A,5\n1,,A,6\n")) == {"A": "no"}
    assert parse_report(reply(b"1;no;A;5\n")) is None
    assert parse_report(reply(b"x;offer-sku\n")) is None
    assert parse_report(reply(b"")) is None
    assert (refusal("Offer not found").code, refusal("Price too low").code) == ("item.not_found", "item.refused")


def test_tickets() -> None:
    ticket = ticket_of(reply({"import_id": "7d98:c3"}), "price", 12)
    assert read_ticket(ticket) == ("price", 12, "7d98:c3")
    assert read_ticket("stock") == ("stock", 0, "")
    one = {"import_id": "i", "status": "COMPLETE", "has_error_report": False}
    assert parse_import(reply({"data": [{**one, "import_id": "z"}, one]}), "price", "i") is not None
    assert parse_import(reply({"data": []}), "price", "i") is None
    assert parse_import(reply(one), "stock", "i") is not None
    assert parse_import(reply(one), "stock", "anders") is None


# -- shipping ------------------------------------------------------------------------------------------------------------
CARRIERS = [CarrierWire("YURTICI", "Yurtiçi Kargo", "YURTICI"), CarrierWire("SURAT", "Sürat Kargo"), CarrierWire("A1", "Aras"), CarrierWire("A2", "Aras Lojistik")]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Yurtiçi Kargo", "YURTICI"), ("YURTİÇİ KARGO", "YURTICI"), ("yurtici", "YURTICI"), ("Yurtiçi", "YURTICI"),
        ("Surat Cargo", "SURAT"), ("Aras", "A1"), ("aras lojistik", "A2"), ("Sürat Kargo Işık", None), ("Aras Kargo", None),
        ("Kargo", None), ("", None),
    ],
)  # fmt: skip
def test_carriers(name: str, code: str | None) -> None:
    assert (chosen(CARRIERS, name) or (None,))[0] == code


def test_the_tracking_call_names_a_registered_carrier_or_the_merchants_own() -> None:
    known = calls.tracking_request(account(), notice(), ("YURTICI", "Yurtiçi Kargo"))
    assert known.body == '{"carrier_code":"YURTICI","carrier_name":"Yurtiçi Kargo","tracking_number":"7345"}'.encode()
    own = calls.tracking_request(account(), notice(carrier="Işık", tracking_url="https://x.tr/7345"), None)
    assert own.body == '{"carrier_name":"Işık","carrier_url":"https://x.tr/7345","tracking_number":"7345"}'.encode()
    assert (known.repeatable, calls.ship_request(account(), "K/1").repeatable) == (True, False)
    assert calls.ship_request(account(), "K/1 A").path == "/api/orders/K%2F1%20A/ship"
    assert parse_carriers(reply({"carriers": [{"code": "X", "label": "x"}]})) == [CarrierWire("X", "x")]


def test_notices_that_are_not_sent() -> None:
    extra = {"lines": "L1:2,L2:1"}
    assert wrong_notice(notice(extra=extra)) is None
    assert wrong_notice(notice(extra=extra, lines=(ShippedLine("L1", 2), ShippedLine("L2", 1)))) is None
    part = wrong_notice(notice(extra=extra, lines=(ShippedLine("L1", 1), ShippedLine("L2", 1))))
    assert part is not None
    assert part.params["reason"] == "partial_shipment"
    nobody = wrong_notice(notice(carrier=""))
    assert nobody is not None
    assert nobody.field == "carrier"
    assert wrong_notice(notice(carrier="", number="")) is None


# -- returns and money ---------------------------------------------------------------------------------------------------
RETURN = {
    "id": "r1", "state": "IN_PROGRESS", "order_id": "K1-A", "order_commercial_id": "K1", "date_created": "2026-11-20T07:15:00Z",
    "last_updated": "2026-11-21T07:15:00Z", "return_lines": [{"order_line_id": "K1-A-1", "quantity": 2}],
    "reason_code": "RETURN_CHANGED_MIND", "description": "küçük geldi", "tracking": {"tracking_number": "99"},
}  # fmt: skip


def test_returns() -> None:
    waiting = {
        **RETURN,
        "id": "r2",
        "state": "WAITING_ACCEPTANCE",
        "reason_code": None,
        "description": None,
        "tracking": None,
    }
    page = parse_claims(reply({"data": [RETURN, waiting, {"id": "r3"}]}))
    assert [one.remote_id for one in page.items] == ["r2", "r1"]
    assert page.rejects[0].remote_id == "r3"
    one = page.items[1]
    assert (one.order_number, one.status, one.reason, one.lines) == ("K1-A", "IN_PROGRESS", "CHANGED MIND – küçük geldi", (("K1-A-1", 2),))  # fmt: skip
    assert (one.tracking_number, page.items[0].tracking_number, page.items[0].reason) == ("99", "", "")


def test_what_accepting_a_return_answers() -> None:
    assert parse_accepted(reply({"return_success": [{"id": "r1"}], "return_errors": []}), "r1").state is DONE
    bad = parse_accepted(reply({"return_success": [], "return_errors": [{"id": "r1", "message": "nicht jetzt"}]}), "r1")
    assert (bad.state, bad.message and bad.message.vendor_text) == (BAD, "nicht jetzt")
    assert parse_accepted(reply({}), "r1").state is LOST


def test_pages_by_token() -> None:
    call = calls.claims_request(account(), WINDOW)
    following = seek_following(call, reply({"data": [], "next_page_token": "a+/="}))
    assert following is not None
    assert "page_token=a%2B%2F%3D" in following.url
    assert following.deadline_s == 330
    assert seek_following(call, reply({"data": [], "next_page_token": None})) is None


LOG = {"id": "t1", "type": "COMMISSION_FEE", "currency_iso_code": "TRY", "date_created": "2026-11-24T03:05:26Z", "amount": -58.49,
       "amount_credited": 0, "amount_debited": 58.49, "seller_billing_cycle_id": "c1", "entities": {"order": {"id": "K1-A"}}}  # fmt: skip


def test_account_lines_are_signed_from_the_merchants_side() -> None:
    rows = [
        LOG, {**LOG, "id": "t2", "amount_credited": 100, "amount_debited": 0, "amount": 100, "entities": None},
        {**LOG, "id": "t3", "amount_credited": None}, {**LOG, "id": "t4", "amount": None, "amount_credited": None},
        {**LOG, "id": "t5", "date_created": "2026-11-24T09:00:00Z"},
    ]  # fmt: skip
    page = parse_settlements(reply({"data": rows}), WINDOW)
    assert [(one.remote_id, one.amount.amount) for one in page.items] == [("t1", Decimal("-58.49")), ("t2", Decimal(100)), ("t3", Decimal("-58.49"))]  # fmt: skip
    assert [one.remote_id for one in page.rejects] == ["t4"]
    assert (page.items[0].order_number, page.items[0].payout_id, page.items[1].order_number) == ("K1-A", "c1", "")
    assert (page.items[0].order_id, page.items[0].vendor_kind, page.items[0].paid) == ("K1-A", "COMMISSION_FEE", False)
    paid = parse_settlements(reply({"data": [{**LOG, "payment_state": "PAID"}]}), WINDOW).items[0]
    assert (paid.kind, paid.paid) == (SettlementKind.COMMISSION, True)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("ORDER_AMOUNT", "sale"), ("ORDER_AMOUNT_TAX", "sale"), ("ORDER_SHIPPING_AMOUNT", "sale"),
        ("REFUND_ORDER_AMOUNT", "return"), ("REFUND_ORDER_SHIPPING_AMOUNT_TAX", "return"), ("COMMISSION_VAT", "commission"),
        ("REFUND_COMMISSION_FEE", "commission"), ("PAYMENT", "payment"), ("SUBSCRIPTION_VAT", "service_fee"),
        ("SELLER_PENALTY_FEE_TAX", "service_fee"), ("ORDER_FEE_AMOUNT", "service_fee"), ("OPERATOR_REMITTED_ORDER_AMOUNT_TAX", "withholding"),
        ("OPERATOR_PAID_ORDER_SHIPPING_AMOUNT", "cargo"), ("MANUAL_CREDIT", "other"), ("INVOICEABLE_ONE_OFF_DEBIT_TAX", "other"),
        ("RESERVE_FUNDING", "other"), ("PURCHASE_COMMISSION_FEE", "commission"), ("REFUND_PURCHASE_ORDER_AMOUNT_TAX", "other"),
    ],
)  # fmt: skip
def test_what_an_account_line_is_for(told: str, kind: str) -> None:
    assert kind_of(told) == kind


# -- calls and errors ----------------------------------------------------------------------------------------------------
def test_the_orders_call() -> None:
    call = calls.orders_request(account(shop_id="2001", channel_code="TR"), Window(NOW - timedelta(hours=1), NOW))
    assert dict(call.params) == {
        "start_update_date": "2026-11-24T08:00:00Z", "end_update_date": "2026-11-24T09:00:01Z", "channel_codes": "TR",
        "sort": "dateCreated", "order": "asc", "max": "100", "offset": "0", "shop_id": "2001",
    }  # fmt: skip
    assert call.deadline_s is None
    assert calls.orders_request(account(), WINDOW, patient=True).deadline_s == 90
    assert calls.following(calls.offers_request(account()), offset="99").deadline_s is None
    assert "channel_codes" not in dict(calls.orders_request(account(), WINDOW).params)


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("K0000001-A", "K0000001-A"), (" K0000001 ", "K0000001,K0000001-A,K0000001-B,K0000001-C,K0000001-D,K0000001-E"),
        ("12-34", "12-34,12-34-A,12-34-B,12-34-C,12-34-D,12-34-E"), ("A,B-C", "AB-C"),
    ],
)  # fmt: skip
def test_the_number_that_a_merchant_types(typed: str, ids: str) -> None:
    assert dict(calls.order_request(account(), typed).params)["order_ids"] == ids


def test_prices_are_read_without_a_channel_before_they_are_written() -> None:
    here = account(channel_code="TR")
    assert dict(calls.offers_request(here).params)["pricing_channel_code"] == "TR"
    assert "pricing_channel_code" not in dict(calls.offers_request(here, for_write=True).params)
    assert dict(calls.offer_request(here, "A&B").params) == {"sku": "A&B", "max": "100"}


@pytest.mark.parametrize(
    ("status", "body", "operation", "code", "vendor"),
    [
        (400, {"status": 400, "message": "geçersiz"}, "orders", "request.refused", ("400", "geçersiz", "")),
        (400, {"errors": [{"code": "ORDER_INVALID_STATE", "field": "state", "message": "a"}, {"message": "b"}]}, "x", "item.conflict", ("ORDER_INVALID_STATE", "a; b", "state")),
        (404, {"code": "ORDER_NOT_FOUND", "message": "yok"}, "x", "item.not_found", ("ORDER_NOT_FOUND", "yok", "")),
        (404, {"message": "?"}, "probe", "config.wrong_url", ("404", "?", "")),
        (401, {"status": 401, "message": "Unauthorized"}, "probe", "auth.refused", ("401", "Unauthorized", "")),
        (403, b"nein", "orders", "auth.forbidden", ("403", "nein", "")),
        (403, b"<html>firewall</html>", "orders", "auth.ip_not_allowed", ("403", "", "")),
        (429, [], "orders", "rate.limited", ("429", "", "")),
        (500, {"code": "ORDER_NOT_FOUND"}, "orders", "server.error", ("ORDER_NOT_FOUND", "", "")),
    ],
)  # fmt: skip
def test_errors(status: int, body: Any, operation: str, code: str, vendor: tuple[str, str, str]) -> None:
    found = calls.mirakl_errors(reply(body, status, operation))
    assert found is not None
    assert (found.code, (found.vendor_code, found.vendor_text, found.field)) == (code, vendor)
    assert calls.mirakl_errors(reply({})) is None


def test_the_shop() -> None:
    assert parse_count(reply({"orders": [], "total_count": 7})) == 7
    assert parse_shop(reply({"shop_name": "Işık"})).shop_name == "Işık"
