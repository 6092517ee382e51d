"""The Amazon family's pure ends: tokens, errors, orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import ProviderError, YoursError, capabilities_of
from app.model import Money, OrderStatus, Vat, Window
from providers.families.amazon_sp import AmazonSP
from providers.families.amazon_sp_base import (
    amazon_errors,
    credential,
    parse_token,
    site_of,
    store_errors,
    token_errors,
)
from providers.families.amazon_sp_orders import next_orders, orders_request, parse_order, parse_orders
from tests.providers.families.amazon_sp_support import (
    DE,
    GB,
    KEYS,
    NOW,
    SITE,
    TR,
    US,
    account,
    errors,
    order,
    reply,
)


def parsed(site: Any = SITE, **changes: Any) -> Any:
    return parse_order(reply({"order": order(**changes)}), site)


def tl(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "TRY"}


# -- token and errors ------------------------------------------------------------------------------------------------------
def test_the_capabilities() -> None:
    """The manifests name the settlements once the fake server has them."""
    wanted = {
        "probe",
        "order_source",
        "listing_source",
        "price_sink",
        "stock_sink",
        "batch_results",
        "shipment_sink",
        "settlements",
    }
    assert capabilities_of(AmazonSP) == wanted


def test_a_token_lives_as_long_as_told() -> None:
    token = parse_token(reply({"access_token": "Atza|x", "token_type": "bearer", "expires_in": 3600}), NOW)
    assert (token.access.reveal(), token.expires_at) == ("Atza|x", NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "The request has an invalid grant parameter"}, "auth.expired"),
        (401, {"error": "invalid_client", "error_description": "Client authentication failed"}, "auth.refused"),
        (400, {"error": "unauthorized_client"}, "auth.refused"),
        (400, {"error": "invalid_scope"}, "request.refused"),
        (429, {"error": "invalid_grant"}, "rate.limited"),
        (503, {"error": "invalid_client"}, "server.unavailable"),
        (500, b"<html>", "server.error"),
        (400, {"error": 5}, "request.refused"),
    ],
)  # fmt: skip
def test_login_with_amazon_says_whose_fault_it_is(status: int, body: Any, code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        parse_token(reply(body, status), NOW)
    assert caught.value.message.code == code
    assert caught.value.message.params["operation"] == "token"
    assert token_errors(reply({"access_token": "x"})) is None


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, errors("InvalidInput"), "request.refused"),
        (403, errors("Unauthorized", "Access to requested resource is denied."), "auth.forbidden"),
        (403, errors("Unauthorized", "The access token you provided has expired."), "auth.expired"),
        (403, errors("Unauthorized", "The access token you provided is revoked, malformed or invalid."), "auth.expired"),
        (401, errors("MissingAuthenticationToken"), "auth.refused"),
        (404, errors("NotFound"), "item.not_found"),
        (404, errors("NOT_FOUND"), "item.not_found"),
        (404, errors("Neues"), "item.not_found"),
        (413, errors("TooLarge"), "request.refused"),
        (429, errors("QuotaExceeded", "You exceeded your quota"), "rate.limited"),
        (500, errors("InternalFailure"), "server.error"),
        (503, errors("ServiceUnavailable"), "server.unavailable"),
        (503, {"errors": []}, "server.unavailable"),
        (400, {"errors": "kaputt"}, "request.refused"),
        (502, b"<!DOCTYPE html><html>", "server.unavailable"),
        (200, b"<!DOCTYPE html><html>", "server.html"),
    ],
)  # fmt: skip
def test_errors_of_the_api(status: int, body: Any, code: str) -> None:
    message = amazon_errors(reply(body, status))
    assert message is not None
    assert (message.code, message.status) == (code, status)
    assert amazon_errors(reply({"orders": []})) is None


def test_an_error_carries_the_words_of_amazon() -> None:
    message = amazon_errors(reply(errors("InvalidInput", "Şu alan\u202e yanlış", "orderItems[0]"), 400))
    assert message is not None
    assert (message.vendor_code, message.vendor_text) == ("InvalidInput", "Şu alan yanlış – orderItems[0]")
    message = store_errors(reply(b"<Error><Code>AccessDenied</Code></Error>", 403))
    assert message is not None
    assert (message.code, message.vendor_code) == ("server.error", "403")
    assert store_errors(reply(b"", 204)) is None


def test_a_blank_credential_is_named() -> None:
    with pytest.raises(YoursError) as caught:
        site_of(account(keys={}))
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", "seller_id")
    assert credential(account(), "refresh_token") == KEYS["refresh_token"]


@pytest.mark.parametrize(("marketplace", "vat"), [(TR, Vat.INCLUDED), (DE, Vat.INCLUDED), (GB, Vat.INCLUDED), (US, Vat.EXCLUDED)])  # fmt: skip
def test_vat_by_marketplace(marketplace: str, vat: Vat) -> None:
    site = site_of(account(marketplace))
    assert site.vat is vat
    assert site.listing_id("A:1") == f"{marketplace}:A:1"
    assert msgspec.structs.replace(site, country="JP").product_url("B0") == ""


# -- orders ----------------------------------------------------------------------------------------------------------------
def window(since: timedelta, until: timedelta) -> dict[str, str]:
    """The query of a window that lies so long before now."""
    return dict(orders_request(account(), Window(NOW - since, NOW - until), NOW).params)


def test_a_window_that_reaches_now_has_no_end() -> None:
    told = window(timedelta(days=2), timedelta(0))
    assert told == {
        "lastUpdatedAfter": "2026-11-22T09:00:00Z",
        "marketplaceIds": TR,
        "maxResultsPerPage": "100",
        "includedData": "BUYER,RECIPIENT,TAX,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES,PAYMENT",
    }
    assert "lastUpdatedBefore" not in window(timedelta(days=2), timedelta(minutes=2))
    # Younger than Amazon's two minutes: asked from where an answer is allowed.
    assert window(timedelta(seconds=30), timedelta(0))["lastUpdatedAfter"] == "2026-11-24T08:58:00Z"


@given(st.integers(121_000_001, 10**13), st.integers(1, 10**12))
def test_windows_of_the_past_overlap(age: int, length: int) -> None:
    """Microseconds: the end is rounded up, the beginning down, so that neighbours leave nothing between them."""
    until = NOW - timedelta(microseconds=age)
    told = dict(orders_request(account(), Window(until - timedelta(microseconds=length), until), NOW).params)
    following = dict(orders_request(account(), Window(until, until + timedelta(seconds=1)), NOW).params)
    if "lastUpdatedBefore" in told:
        assert told["lastUpdatedBefore"] > following["lastUpdatedAfter"]
        assert datetime.fromisoformat(told["lastUpdatedBefore"]) <= NOW - timedelta(minutes=2)
    assert datetime.fromisoformat(told["lastUpdatedAfter"]) <= until - timedelta(microseconds=length)


def test_the_next_page_repeats_the_search_and_may_queue() -> None:
    first = orders_request(account(), Window(NOW - timedelta(days=1), NOW), NOW)
    following = next_orders(first, reply({"orders": [], "pagination": {"nextToken": "ab+/="}}))
    assert following is not None
    assert following.params == (*first.params, ("paginationToken", "ab+/="))
    assert (following.deadline_s, first.deadline_s, following.group) == (600.0, None, "orders_search")
    for last in ({"orders": []}, {"orders": [], "pagination": {}}, {"orders": [], "pagination": {"nextToken": None}}):
        assert next_orders(following, reply(last)) is None
    with pytest.raises(ProviderError):
        next_orders(first, reply(b'{"orders": ['))


def test_the_reference_order() -> None:
    found = parsed()
    assert (found.remote_id, found.number, found.status, found.vendor_status) == ("402-1234567-7654321", "402-1234567-7654321", OrderStatus.OPEN, "UNSHIPPED")  # fmt: skip
    assert found.placed_at == datetime(2026, 11, 20, 9, 10, 11, tzinfo=UTC)
    assert (found.total, found.shipping, found.discount) == (Money.of("399.80", "TRY"), None, None)
    assert (found.ship_to.name, found.ship_to.street, found.ship_to.city, found.ship_to.country) == ("Ayşe D.", "Örnek Sk. 5", "Ankara", "TR")  # fmt: skip
    (line,) = found.lines
    assert (line.remote_id, line.sku, line.title, line.quantity) == ("60123456789012", "SKU-1", "Kupa", 2)
    assert (line.unit_price.money, line.unit_price.vat) == (Money.of("199.90", "TRY"), Vat.INCLUDED)
    assert line.listing_id == f"{TR}:SKU-1"
    assert found.extra == {"marketplace_id": TR}
    assert (found.fulfilled_by_channel, found.cancel_asked, found.cash_on_delivery) == (False, False, False)


def test_a_pending_order_has_no_money_and_no_address() -> None:
    bare = {k: v for k, v in order().items() if k not in ("proceeds", "recipient")}
    bare["fulfillment"] = {"fulfillmentStatus": "PENDING", "fulfilledBy": "AMAZON"}
    bare["orderItems"][0]["product"] = {"sellerSku": "SKU-1"}
    found = parse_order(reply({"order": bare}), SITE)
    assert (found.status, found.total, found.fulfilled_by_channel) == (OrderStatus.PENDING, Money.of("0", "TRY"), True)
    assert found.unpriced
    assert not parsed().unpriced
    assert found.lines[0].unit_price.money == Money.of("0", "TRY")
    assert (found.ship_to.name, found.buyer.name, found.bill_to, found.ship_by) == ("", "", None, None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING_AVAILABILITY", OrderStatus.PENDING),
        ("UNSHIPPED", OrderStatus.OPEN),
        ("PARTIALLY_SHIPPED", OrderStatus.PARTIALLY_SHIPPED),
        ("SHIPPED", OrderStatus.SHIPPED),
        ("CANCELLED", OrderStatus.CANCELLED),
        ("UNFULFILLABLE", OrderStatus.CANCELLED),
        ("NEW_WORD", OrderStatus.UNKNOWN),
    ],
)
def test_statuses(word: str, status: OrderStatus) -> None:
    found = parsed(fulfillment={"fulfillmentStatus": word})
    assert (found.status, found.vendor_status) == (status, word)
    assert parsed(fulfillment=None).status is OrderStatus.UNKNOWN


def box(status: str, detailed: str | None = None, **more: Any) -> dict[str, Any]:
    return {"packageReferenceId": "1", "packageStatus": {"status": status, "detailedStatus": detailed}, **more}


@pytest.mark.parametrize(
    ("boxes", "status"),
    [
        ([box("DELIVERED"), box("DELIVERED")], OrderStatus.DELIVERED),
        ([box("DELIVERED"), box("IN_TRANSIT")], OrderStatus.SHIPPED),
        ([box("DELIVERED"), {"packageReferenceId": "2"}], OrderStatus.SHIPPED),
        ([box("UNDELIVERABLE", "RETURNED_TO_SELLER")], OrderStatus.RETURNED),
        ([], OrderStatus.SHIPPED),
    ],
)
def test_parcels_tell_whether_it_arrived(boxes: list[Any], status: OrderStatus) -> None:
    assert parsed(fulfillment={"fulfillmentStatus": "SHIPPED"}, packages=boxes).status is status
    open_ = parsed(fulfillment={"fulfillmentStatus": "PARTIALLY_SHIPPED"}, packages=boxes)
    assert open_.status is OrderStatus.PARTIALLY_SHIPPED


def test_the_last_parcel_with_a_number_is_shown() -> None:
    boxes = [box("SHIPPED", carrier="Aras Kargo", trackingNumber="1"), box("SHIPPED", carrier="PTT", trackingNumber="2"), box("PENDING")]  # fmt: skip
    found = parsed(packages=boxes)
    assert (found.carrier, found.tracking_number) == ("PTT", "2")
    assert parsed(packages=[box("PENDING", carrier="Sürat")]).carrier == "Sürat"


def test_cancellations_asked_and_done() -> None:
    asked = {"cancellation": {"cancellationRequest": {"requester": "BUYER", "cancelReason": "istemiyorum"}}}
    done = {"cancellation": {"cancellationRequest": {}, "cancellationExecution": {"cancelledBy": "MERCHANT"}}}
    assert parsed(line=asked).cancel_asked
    assert not parsed(line=asked).lines[0].cancelled
    assert not parsed(line=done).cancel_asked
    assert parsed(line=done).lines[0].cancelled
    assert not parsed(line=asked, fulfillment={"fulfillmentStatus": "CANCELLED"}).cancel_asked


def test_the_unit_price_is_after_the_discount_whatever_its_sign() -> None:
    for sign in ("", "-"):
        parts = [
            {"type": "ITEM", "subtotal": tl("399.80")},
            {"type": "DISCOUNT", "subtotal": tl(f"{sign}50"), "detailedBreakdowns": [{"subtype": "ITEM", "value": tl(f"{sign}40")}, {"subtype": "SHIPPING", "value": tl(f"{sign}10")}]},
            {"type": "SHIPPING", "subtotal": tl("29.99")},
        ]  # fmt: skip
        found = parsed(line={"proceeds": {"breakdowns": parts}})
        assert found.lines[0].unit_price.money == Money.of("179.9000", "TRY")
        assert (found.discount, found.shipping) == (Money.of("50", "TRY"), Money.of("29.99", "TRY"))
        bare = [{"type": "DISCOUNT", "subtotal": tl(f"{sign}10")}]
        assert parsed(line={"quantityOrdered": 3, "proceeds": {"breakdowns": bare}}).lines[0].unit_price.money == Money.of("196.5667", "TRY")  # fmt: skip


def test_a_price_that_is_told_only_as_a_line_total() -> None:
    product = {"sellerSku": "SKU-1", "title": "Kupa"}
    parts = {"breakdowns": [{"type": "ITEM", "subtotal": tl("399.80")}]}
    assert parsed(line={"product": product, "proceeds": parts}).lines[0].unit_price.money == Money.of("199.9000", "TRY")
    none = parsed(line={"product": {}, "proceeds": parts, "quantityOrdered": 0}).lines[0]
    assert (none.unit_price.money, none.listing_id) == (SITE.zero(), "")


def test_the_orders_own_breakdown_goes_before_its_lines() -> None:
    whole = {"grandTotal": tl("100"), "breakdowns": [{"type": "SHIPPING", "subtotal": tl("5")}, {"type": "DISCOUNT", "subtotal": tl("-3")}]}  # fmt: skip
    part = {"proceeds": {"breakdowns": [{"type": "SHIPPING", "subtotal": tl("4")}]}}
    found = parsed(proceeds=whole, line=part)
    assert (found.shipping, found.discount) == (Money.of("5", "TRY"), Money.of("3", "TRY"))


def test_turkish_addresses() -> None:
    def place(**fields: Any) -> Any:
        return parsed(recipient={"deliveryAddress": {"countryCode": "TR", **fields}}).ship_to

    moved = place(city="Kadıköy", stateOrRegion="İstanbul", phone="0532 123 45 67", addressLine2=" Kat 3 ", addressLine1="Çiçek Sk.")  # fmt: skip
    assert (moved.city, moved.district, moved.phone, moved.street) == ("İstanbul", "Kadıköy", "+905321234567", "Çiçek Sk., Kat 3")  # fmt: skip
    same = place(city="ISTANBUL", stateOrRegion="İstanbul", districtOrCounty="Beyoğlu")
    assert (same.city, same.district) == ("ISTANBUL", "Beyoğlu")
    assert place(city="Merkez", stateOrRegion="Muğla", municipality="Menteşe").district == "Menteşe"
    assert place(phone="dahili 4").phone == "dahili 4"
    abroad = place(countryCode="GB", city="London", stateOrRegion="England", phone="+44 20 7946 0958")
    assert (abroad.city, abroad.district, abroad.phone) == ("London", "", "+44 20 7946 0958")
    assert parsed(recipient={}).ship_to.city == ""


def test_buyer_notes_payment_and_taxes() -> None:
    gift = {"packing": {"giftOption": {"giftMessage": "İyi ki doğdun!"}}, "shipping": {"shippingConstraints": {"cashOnDelivery": "MANDATORY"}}}  # fmt: skip
    tax = {
        "taxRegistrations": [
            {"entityType": "MERCHANT", "legalName": "Biz"},
            {"entityType": "BUYER", "taxRegistrationNumber": "1234567890", "taxRegistrationAddress": {"companyName": "Işık AŞ", "city": "Ankara"}, "taxRegistrationAttributes": [{"key": "OTHER", "value": "x"}, {"key": "TAX_OFFICE", "value": "Çankaya"}]},
        ],
        "taxInvoicing": {"buyerInvoicePreference": "BUSINESS"},
    }  # fmt: skip
    found = parsed(
        buyer={"buyerName": "Ayşe\u202e Yılmaz", "buyerEmail": "x@marketplace.amazon.com.tr"},
        recipient={"deliveryPreference": {"addressInstruction": "Zil çalma", "dropOffLocation": None}},
        line={"fulfillment": gift},
        tax=tax,
        programs=["PRIME", "AMAZON_BUSINESS"],
        orderAliases=[{"aliasId": "BEN-1", "aliasType": "SELLER_ORDER_ID"}],
    )
    assert (found.buyer.name, found.buyer.email, found.cash_on_delivery) == ("Ayşe Yılmaz", "x@marketplace.amazon.com.tr", True)  # fmt: skip
    assert found.note == "Zil çalma · İyi ki doğdun!"
    assert (found.bill_to.company, found.bill_to.tax_office, found.bill_to.tax_number) == ("Işık AŞ", "Çankaya", "1234567890")  # fmt: skip
    assert found.extra == {"marketplace_id": TR, "seller_order_id": "BEN-1", "invoice_preference": "BUSINESS", "programs": "PRIME,AMAZON_BUSINESS"}  # fmt: skip
    assert parsed(buyer={"buyerCompanyName": "Işık AŞ"}).buyer.name == "Işık AŞ"
    assert parsed(payment={"paymentExecutions": [{"paymentMethod": "CashOnDelivery"}]}).cash_on_delivery
    assert parsed(tax={"taxRegistrations": []}).bill_to is None


def test_an_order_elsewhere_keeps_its_marketplace() -> None:
    found = parsed(salesChannel={"channelName": "AMAZON", "marketplaceId": DE})
    assert (found.extra["marketplace_id"], found.lines[0].listing_id) == (DE, f"{DE}:SKU-1")
    assert parsed(salesChannel={"channelName": "NON_AMAZON"}).extra["marketplace_id"] == TR


def test_one_bad_order_costs_only_itself() -> None:
    bad = [
        order(orderId="402-0000000-0000001", lastUpdatedTime=5),
        {k: v for k, v in order(orderId="402-0000000-0000002").items() if k != "orderItems"},
        order(orderId="402-0000000-0000003", createdTime="dün"),
        order(orderId="402-0000000-0000004", proceeds={"grandTotal": tl("çok")}),
    ]
    page = parse_orders(reply({"orders": [*bad, order()], "lastUpdatedBefore": "2026-11-24T08:58:00Z"}), SITE)
    assert [one.remote_id for one in page.items] == ["402-1234567-7654321"]
    assert [(r.remote_id[-1], r.message.code) for r in page.rejects] == [("1", "answer.unreadable"), ("2", "answer.field_missing"), ("3", "answer.unreadable"), ("4", "answer.unreadable")]  # fmt: skip
    assert page.rejects[1].message.field == "orderItems"
    assert page.covered_until == datetime(2026, 11, 24, 8, 58, tzinfo=UTC)


def test_only_the_last_page_tells_how_far_it_reaches() -> None:
    first = parse_orders(reply({"orders": [], "lastUpdatedBefore": "2026-11-24T08:58:00Z", "pagination": {"nextToken": "x"}}), SITE)  # fmt: skip
    assert first.covered_until is None
    assert parse_orders(reply({"orders": []}), SITE).covered_until is None


def test_an_odd_deadline_or_a_zero_tracking_number_costs_nothing() -> None:
    odd = order(fulfillment={"fulfillmentStatus": "UNSHIPPED", "shipByWindow": {"latestDateTime": "soon"}})
    page = parse_orders(reply({"orders": [odd]}), SITE)
    assert [o.ship_by for o in page.items] == [None]
    assert page.rejects[0].message.params["field"] == "fulfillment.shipByWindow.latestDateTime"
    box = {"packageReferenceId": "1", "trackingNumber": "0", "carrier": "PTT"}
    assert parsed(packages=[box]).tracking_number == ""
    firm = parse_orders(reply({"orders": [order(proceeds={"grandTotal": 5})]}), SITE)
    assert (firm.items, len(firm.rejects)) == ((), 1)
