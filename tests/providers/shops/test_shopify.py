"""Shopify's parsers, states, errors and write plans on answers as the API words them. No network."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import OursError, ProviderError, TheirsError, YoursError
from app.kit import Reply
from app.model import (
    ListingStatus,
    Money,
    OrderStatus,
    Vat,
)
from providers.shops.shopify_errors import read_token, shopify_errors
from providers.shops.shopify_goods import parse_listings, parse_probe
from providers.shops.shopify_status import paid_on_delivery
from providers.shops.shopify_wire import last_change, order_nodes, parse_orders, unfinished_lines
from tests.providers.shops.shopify_support import (
    NOW,
    account,
    denied,
    line,
    listings,
    money,
    order,
    orders,
    reply,
    variant,
)


def read(*found: Any) -> Any:
    return parse_orders(order_nodes(reply(orders(*found))))


# -- orders --------------------------------------------------------------------------------------------------------------
def test_an_order_is_read_whole() -> None:
    page = read(order(note="Kapıya\u202e bırakın", currentTotalDiscountsSet=money("12.5")))
    [found] = page.items
    assert not page.rejects
    assert (found.remote_id, found.number) == ("gid://shopify/Order/5550001", "#1042")
    assert found.total == Money.of("749.90", "TRY")
    assert found.updated_at == datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
    assert (found.status, found.vendor_status) == (OrderStatus.OPEN, "UNFULFILLED")
    assert found.note == "Kapıya bırakın"
    assert found.discount == Money.of("12.5", "TRY")
    assert (found.buyer.name, found.buyer.phone, found.buyer.email) == ("Deniz Ak", "+905550000000", "d@example.com")
    assert (found.ship_to.street, found.ship_to.city, found.ship_to.district) == ("Gül Sk. 4/2", "İzmir", "")
    assert found.extra == {"legacy_id": "5550001", "financial_status": "PAID", "source": "web"}
    [only] = found.lines
    assert (only.unit_price.money, only.unit_price.vat) == (Money.of("699.90", "TRY"), Vat.INCLUDED)
    assert (only.vat_rate, str(only.vat_rate)) == (Decimal(10), "10")
    assert only.title == "Kazak - M / Lacivert"
    assert (only.listing_id, only.barcode) == ("gid://shopify/ProductVariant/9", "8690000000012")


def test_prices_without_tax_say_so() -> None:
    [found] = read(order(taxesIncluded=False)).items
    assert found.lines[0].unit_price.vat is Vat.EXCLUDED


def test_refunded_and_removed_pieces() -> None:
    rows = [
        line(1, quantity=3, currentQuantity=1),
        line(2, quantity=2, currentQuantity=0),
        line(3, taxLines=[], variant=None),
    ]
    [found] = read(order(lines=rows)).items
    assert [(x.quantity, x.cancelled) for x in found.lines] == [(1, False), (2, True), (1, False)]
    assert found.lines[2].vat_rate is None
    assert found.lines[2].listing_id == ""


def test_hidden_buyers_are_no_failure() -> None:
    [found] = read(order(email=None, shippingAddress=None, billingAddress=None)).items
    assert (found.buyer.name, found.ship_to.name, found.bill_to) == ("", "", None)


def test_a_turkish_province_is_the_il() -> None:
    address = {"name": "Işıl Şık", "city": "Bornova", "province": "İzmir", "countryCodeV2": "TR"}
    foreign = {"name": "J", "city": "Austin", "province": "Texas", "countryCodeV2": "US", "phone": "+15125550100"}
    [found] = read(order(shippingAddress=address, billingAddress=foreign)).items
    assert (found.ship_to.city, found.ship_to.district, found.ship_to.state) == ("İzmir", "Bornova", "")
    assert found.bill_to is not None
    assert (found.bill_to.city, found.bill_to.state, found.bill_to.phone) == ("Austin", "Texas", "+15125550100")


def test_till_sales_are_not_packed_unless_sent_home() -> None:
    till = order(1, sourceName="pos", displayFulfillmentStatus="FULFILLED", shippingAddress=None, billingAddress=None)
    home = order(2, sourceName="pos")
    web = order(3)
    assert [o.fulfilled_by_channel for o in read(till, home, web).items] == [True, False, False]


def test_tracking_comes_from_the_fulfilments() -> None:
    sent = [{"displayStatus": "IN_TRANSIT", "trackingInfo": [{"company": "Yurtiçi Kargo", "number": "0012"}]}]
    [found] = read(order(displayFulfillmentStatus="FULFILLED", fulfillments=sent)).items
    assert (found.carrier, found.tracking_number, found.status) == ("Yurtiçi Kargo", "0012", OrderStatus.SHIPPED)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"cancelledAt": "2026-11-21T00:00:00Z"}, OrderStatus.CANCELLED),
        ({"displayFinancialStatus": "PENDING"}, OrderStatus.PENDING),
        ({"displayFinancialStatus": "PENDING", "paymentGatewayNames": ["Kapıda Ödeme"]}, OrderStatus.OPEN),
        ({"displayFinancialStatus": "PENDING", "paymentGatewayNames": ["Cash on Delivery (COD)"]}, OrderStatus.OPEN),
        ({"displayFinancialStatus": "VOIDED"}, OrderStatus.PENDING),
        ({"displayFinancialStatus": "AUTHORIZED"}, OrderStatus.OPEN),
        ({"displayFinancialStatus": None}, OrderStatus.OPEN),
        ({"displayFinancialStatus": "REFUNDED"}, OrderStatus.CANCELLED),
        ({"displayFinancialStatus": "BARTERED"}, OrderStatus.UNKNOWN),
        ({"displayFulfillmentStatus": "ON_HOLD"}, OrderStatus.PENDING),
        ({"displayFulfillmentStatus": "SCHEDULED"}, OrderStatus.PENDING),
        ({"displayFulfillmentStatus": "PARTIALLY_FULFILLED"}, OrderStatus.PARTIALLY_SHIPPED),
        ({"displayFulfillmentStatus": "FULFILLED"}, OrderStatus.SHIPPED),
        ({"displayFulfillmentStatus": "FULFILLED", "fulfillments": [{"displayStatus": "DELIVERED"}]}, OrderStatus.DELIVERED),
        ({"displayFulfillmentStatus": "FULFILLED", "returnStatus": "RETURNED"}, OrderStatus.SHIPPED),
        (
            {"displayFulfillmentStatus": "FULFILLED", "returnStatus": "RETURNED", "displayFinancialStatus": "REFUNDED"},
            OrderStatus.RETURNED,
        ),
        ({"displayFulfillmentStatus": "TELEPORTED"}, OrderStatus.UNKNOWN),
    ],
)  # fmt: skip
def test_three_words_make_one_status(changes: dict[str, Any], status: OrderStatus) -> None:
    [found] = read(order(**changes)).items
    assert found.status is status


@pytest.mark.parametrize(
    ("name", "expected"), [("KAPIDA KREDİ KARTI", True), ("COD", True), ("Havale / EFT", False), ("codex pay", False)]
)
def test_paid_at_the_door_is_read_from_the_method(name: str, expected: bool) -> None:
    assert paid_on_delivery([name]) is expected


def test_one_bad_record_costs_only_itself() -> None:
    broken = order(2, currentTotalPriceSet={"shopMoney": {"amount": {"value": "bozuk"}, "currencyCode": "TRY"}})
    missing = order(3)
    del missing["name"]
    bad_line = order(4, lines=[line(title=None)])
    page = read(order(1), broken, missing, bad_line, {"id": 7})
    assert [o.remote_id[-1] for o in page.items] == ["1"]
    assert [r.remote_id[-1:] for r in page.rejects] == ["2", "3", "4", ""]
    assert page.rejects[0].message.code == "answer.unreadable"
    assert (page.rejects[1].message.code, page.rejects[1].message.field) == ("answer.field_missing", "name")


def test_further_lines_join_their_order() -> None:
    nodes = order_nodes(reply(orders(order(1, more="c1"), order(2))))
    assert unfinished_lines(nodes) == [("gid://shopify/Order/1", "c1")]
    import msgspec

    extra = {"gid://shopify/Order/1": [msgspec.Raw(msgspec.json.encode(line(5, sku="SON")))]}
    page = parse_orders(nodes, extra)
    assert [len(o.lines) for o in page.items] == [2, 1]
    assert page.items[0].lines[1].sku == "SON"


def test_the_last_change_survives_a_bad_record() -> None:
    nodes = order_nodes(reply(orders(order(1), order(2, updatedAt={"x": 1}))))
    assert last_change(nodes) == datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
    assert last_change(order_nodes(reply(orders()))) is None


# -- listings and the shop -----------------------------------------------------------------------------------------------
def test_listings() -> None:
    rows = [
        variant(1),
        variant(
            2, title="Default Title", compareAtPrice="100.00", inventoryItem={"id": "i", "tracked": False}, sku=None
        ),
        variant(3, product={"id": "p", "title": "T", "status": "ARCHIVED", "onlineStoreUrl": "https://x/y"}),
        variant(4, price=None),
    ]
    page, following = parse_listings(reply(listings(*rows, more="c9")))
    assert following == "c9"
    first, second, third = page.items
    assert (first.price, first.list_price, first.stock) == (Money.of("281.90", "TRY"), Money.of("331.90", "TRY"), 7)
    assert (first.title, first.vat) == ("Kazak - M", Vat.INCLUDED)
    assert first.extra == {
        "product_id": "gid://shopify/Product/3",
        "inventory_item_id": "gid://shopify/InventoryItem/1",
    }
    assert (second.title, second.list_price, second.stock, second.sku) == ("Kazak", None, None, "")
    assert (third.status, third.product_url) == (ListingStatus.PASSIVE, "https://x/y")
    assert [r.message.field for r in page.rejects] == ["price"]
    assert parse_listings(reply(listings(variant(), taxes=False)))[0].items[0].vat is Vat.EXCLUDED


def probe_answer(*scopes: str, count: int | None = 3) -> dict[str, Any]:
    shop = {
        "name": "Şık Butik",
        "myshopifyDomain": "sik.myshopify.com",
        "currencyCode": "TRY",
        "ianaTimezone": "Europe/Istanbul",
    }
    return {
        "shop": {**shop, "taxesIncluded": True, "plan": {"publicDisplayName": "Basic"}},
        "currentAppInstallation": {"accessScopes": [{"handle": s} for s in scopes]},
        "ordersCount": None if count is None else {"count": count, "precision": "EXACT"},
    }


def test_the_probe_names_missing_scopes() -> None:
    data = probe_answer("write_orders", "write_products", "read_inventory", "read_locations")
    found = parse_probe(reply({"data": data}))
    assert found.server_orders == 3
    assert found.facts["shop_name"] == "Şık Butik"
    missing = [w.params["scope"] for w in found.warnings]
    assert missing == ["write_inventory", "write_merchant_managed_fulfillment_orders"]


def test_a_denied_count_does_not_fail_the_probe() -> None:
    answer = reply(denied("read_orders", ["ordersCount"], probe_answer(count=None)), operation="probe")
    assert shopify_errors(answer) is None
    assert parse_probe(answer).server_orders is None


# -- errors --------------------------------------------------------------------------------------------------------------
def throttled(available: float, cost: float = 327) -> dict[str, Any]:
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0}
    return {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": {"requestedQueryCost": cost, "actualQueryCost": None, "throttleStatus": status}},
    }


@pytest.mark.parametrize(
    ("answer", "code", "wait"),
    [
        (reply(throttled(27.0)), "rate.limited", 3.0),
        (reply(throttled(326.0)), "rate.limited", 1.0),
        (reply({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}), "rate.limited", None),
        (reply(throttled(27.0), 429, retry_after="7"), "rate.limited", 7.0),
        (reply({"errors": "[API] Invalid API key or access token"}, 401), "auth.refused", None),
        (reply({"errors": "Payment Required"}, 402), "auth.suspended", None),
        (reply({"errors": "[API] This action requires merchant approval for read_orders scope."}, 403), "auth.forbidden", None),
        (reply({"errors": "Not Found"}, 404), "config.wrong_url", None),
        (reply({"errors": "Locked"}, 423), "auth.suspended", None),
        (reply({}, 503, retry_after="9"), "server.unavailable", 9.0),
        (reply({}, 502), "server.unavailable", None),
        (reply({}, 500), "server.error", None),
        (reply({"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}), "server.error", None),
        (reply({"errors": [{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}), "answer.unexpected", None),
        (reply({"errors": [{"message": "Field 'x' doesn't exist", "extensions": {"code": "undefinedField"}}]}), "answer.unexpected", None),
        (reply(denied("read_orders", ["orders"])), "auth.forbidden", None),
        (reply(denied("read_orders", ["orders"], {"orders": None})), "auth.forbidden", None),
        (Reply(200, {}, b"<!DOCTYPE html><html>"), "server.html", None),
    ],
)  # fmt: skip
def test_errors_of_an_answer(answer: Reply, code: str, wait: float | None) -> None:
    found = shopify_errors(answer)
    assert found is not None
    assert (found.code, found.retry_after) == (code, wait)


def test_a_denied_answer_names_the_scope() -> None:
    for answer in (
        reply(denied("read_orders", ["orders"])),
        reply({"errors": "[API] This action requires merchant approval for read_orders scope."}, 403),
    ):
        found = shopify_errors(answer)
        assert found is not None
        assert found.params["scope"] == "read_orders"
    shut = shopify_errors(reply({"errors": "x"}, 402))
    assert shut is not None
    assert shut.params == {"reason": "shop_frozen"}


def test_denied_buyer_fields_are_bearable() -> None:
    answer = orders(order(shippingAddress=None))
    assert (
        shopify_errors(reply({**answer, **denied("read_customers", ["orders", "nodes", 0, "x"], answer["data"])}))
        is None
    )
    assert shopify_errors(reply(answer)) is None


@pytest.mark.parametrize(
    ("answer", "kind", "code", "field"),
    [
        (reply({"error": "invalid_client"}, 401), YoursError, "auth.refused", "client_secret"),
        (
            Reply(400, {}, b"<html>Oauth error application_cannot_be_found</html>"),
            YoursError,
            "auth.refused",
            "client_id",
        ),
        (reply({"error": "shop_not_permitted"}, 400), YoursError, "auth.forbidden", "client_secret"),
        (reply({}, 404), YoursError, "config.wrong_url", "shop_domain"),
        (reply({}, 429), TheirsError, "rate.limited", ""),
        (reply({}, 503), TheirsError, "server.unavailable", ""),
        (reply({"expires_in": 1}), OursError, "answer.field_missing", "access_token"),
    ],
)
def test_a_refused_token(answer: Reply, kind: type[ProviderError], code: str, field: str) -> None:
    with pytest.raises(kind) as caught:
        read_token(account(), answer)
    assert (caught.value.message.code, caught.value.message.field) == (code, field)


def test_a_token_and_its_end() -> None:
    token = read_token(account(), reply({"access_token": "shpca_1", "scope": "read_orders", "expires_in": 86399}))
    assert token.access.reveal() == "shpca_1"
    assert token.expires_at is not None
    assert (token.expires_at - NOW).total_seconds() == 86399
    assert read_token(account(), reply({"access_token": "x"})).expires_at is None
