"""The Amazon family's pure ends: listings, patches, feed reports, parcels."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import OutcomeState, ProviderError
from app.model import ListingStatus, Money, ShippedLine, Vat
from providers.families import amazon_sp_feeds as feeds
from providers.families import amazon_sp_shipments as parcels
from providers.families.amazon_sp_base import (
    site_of,
)
from providers.families.amazon_sp_listings import Run, WireItem, parse_item, parse_listings
from providers.families.amazon_sp_orders import wire_order
from providers.families.amazon_sp_writes import (  # fmt: skip
    PATIENCE,
    judge_patch,
    parse_submission,
    patch_ticket,
    patches_of,
    refusal,
)
from tests.providers.families.amazon_sp_support import (
    DE,
    NOW,
    SITE,
    TR,
    US,
    account,
    item,
    notice,
    offer,
    order,
    price,
    reply,
    stock,
)


# -- listings ----------------------------------------------------------------------------------------------------------------
def view(**changes: Any) -> Any:
    return parse_item(reply(item(**changes)), SITE)


def test_a_listing() -> None:
    attributes = {
        "purchasable_offer": [offer(audience="B2B", our_price=[{"schedule": [{"value_with_tax": 1}]}]), offer()],
        "externally_assigned_product_identifier": [{"type": "asin"}, {"type": "ean", "value": "8690000000180", "marketplace_id": TR}],
        "list_price": [{"currency": "EUR", "value_with_tax": 999, "marketplace_id": DE}, {"currency": "TRY", "value_with_tax": 249.9, "marketplace_id": TR}],
    }  # fmt: skip
    relations = [{"marketplaceId": TR, "relationships": [{"type": "VARIATION", "parentSkus": ["ANA"]}]}, {"marketplaceId": DE, "relationships": [{"parentSkus": ["NEIN"]}]}]  # fmt: skip
    found = view(attributes=attributes, relationships=relations).listing()
    assert (found.remote_id, found.sku, found.title) == (f"{TR}:SKU-1", "SKU-1", "Işıklı Kupa")
    assert (found.price, found.list_price, found.stock) == (Money.of("199.90", "TRY"), Money.of("249.9", "TRY"), 5)
    assert (found.barcode, found.parent_id, found.status, found.vat) == ("8690000000180", f"{TR}:ANA", ListingStatus.ACTIVE, Vat.INCLUDED)  # fmt: skip
    assert found.updated_at == datetime(2026, 11, 22, 7, 10, 57, tzinfo=UTC)
    assert found.extra == {"product_type": "HOME", "asin": "B0TEST0001", "channel": "DEFAULT"}
    assert found.product_url == "https://www.amazon.com.tr/dp/B0TEST0001"


def test_an_offer_that_is_not_shown_keeps_its_price() -> None:
    assert view(offers=[], attributes={"purchasable_offer": [offer()]}).price == Money.of("249.9", "TRY")
    assert view(offers=[], attributes={"purchasable_offer": [offer(our_price=[{"schedule": [{"value_with_tax": 250}]}])]}).price == Money.of("250", "TRY")  # fmt: skip
    for broken in ([], [{}], [{"schedule": []}], [{"schedule": [{"value_with_tax": "249"}]}], [{"schedule": [{"value_with_tax": True}]}]):  # fmt: skip
        assert view(offers=[], attributes={"purchasable_offer": [offer(our_price=broken)]}).price is None
    assert view(offers=[]).price is None
    assert view(offers=[], attributes=None).price is None
    assert view(offers=[], attributes={"purchasable_offer": "?"}).price is None


def test_a_list_price_below_the_price_is_none() -> None:
    def listed(amount: Any, currency: str = "TRY", **more: Any) -> Money | None:
        found: Money | None = view(attributes={"list_price": [{"currency": currency, "value_with_tax": amount}]}, **more).list_price  # fmt: skip
        return found

    assert listed(199.9) == Money.of("199.9", "TRY")
    assert (listed(199.89), listed(300, "EUR"), listed(300, offers=[])) == (None, None, None)


def test_amazons_own_stock_is_not_counted() -> None:
    fba = view(fulfillmentAvailability=[{"fulfillmentChannelCode": "AMAZON_EU"}]).listing()
    assert (fba.stock, fba.extra["channel"]) == (None, "AMAZON_EU")
    both = view(fulfillmentAvailability=[{"fulfillmentChannelCode": "DEFAULT", "quantity": 3}, {"fulfillmentChannelCode": "AMAZON_EU", "quantity": 9}])  # fmt: skip
    assert (both.stock, both.channel) == (None, "AMAZON_EU")
    assert view(fulfillmentAvailability=[]).stock is None
    assert view(fulfillmentAvailability=[{"fulfillmentChannelCode": "DEFAULT"}]).stock is None


def test_statuses_of_listings() -> None:
    def status(words: list[str], quantity: int = 5, issues: Any = ()) -> ListingStatus:
        summary = {**item()["summaries"][0], "status": words}
        availability = [{"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}]
        found: ListingStatus = view(summaries=[summary], fulfillmentAvailability=availability, issues=list(issues)).status  # fmt: skip
        return found

    stop = {"code": "1", "message": "x", "severity": "ERROR", "categories": []}
    assert status(["BUYABLE"], issues=[stop]) is ListingStatus.ACTIVE
    assert status(["DISCOVERABLE"], 0) is ListingStatus.ACTIVE
    assert status(["DISCOVERABLE"], 3) is ListingStatus.PASSIVE
    assert status([], 0) is ListingStatus.PASSIVE
    assert status([], issues=[stop]) is ListingStatus.REFUSED
    assert status([], issues=[{**stop, "marketplaceIds": [DE]}]) is ListingStatus.PASSIVE
    assert status([], issues=[{**stop, "severity": "WARNING"}]) is ListingStatus.PASSIVE
    draft = view(summaries=[]).listing()
    assert (draft.status, draft.title, draft.updated_at) == (ListingStatus.DRAFT, "", None)


def test_one_bad_listing_costs_only_itself() -> None:
    rows = [item("A"), {**item("B"), "offers": [{"marketplaceId": TR}]}, item("C", summaries=[{**item()["summaries"][0], "createdDate": "2026-01-01T00:00:00Z"}])]  # fmt: skip
    leaf = parse_listings(reply({"numberOfResults": 3, "items": rows}), SITE)
    assert [one.sku for one in leaf.page.items] == ["A", "C"]
    assert [(one.remote_id, one.message.code) for one in leaf.page.rejects] == [(f"{TR}:B", "answer.field_missing")]
    assert (leaf.newest, leaf.records, leaf.page.total) == (datetime(2026, 1, 1, tzinfo=UTC), 3, 3)
    changed = parse_listings(reply({"numberOfResults": 3, "items": rows}), SITE, by_change=True)
    assert changed.newest == datetime(2026, 11, 22, 7, 10, 57, tzinfo=UTC)


def run(records: int, found: int, newest: datetime | None = NOW, bound: datetime | None = None) -> Run:
    return Run(bound, records, found, newest)


def test_a_run_goes_on_where_the_search_stops() -> None:
    assert run(999, 999).next_bound() is None
    assert run(1000, 5000).next_bound() == NOW
    assert run(1000, 1000).next_bound() == NOW  # the number itself may stop at a thousand
    assert run(980, 5000, NOW + timedelta(milliseconds=900)).next_bound() == NOW
    assert run(980, 5000, None).next_bound() is None
    later = NOW + timedelta(seconds=1)
    assert run(1000, 1500, later, NOW).next_bound() == later
    assert run(1000, 1500, later, NOW).lost(SITE) is None
    assert run(40, 41, NOW, NOW).next_bound() is None  # one went away while it was paged


def test_a_thousand_of_one_second_are_told_as_lost() -> None:
    stuck = run(1000, 1500, NOW + timedelta(milliseconds=5), NOW)
    assert stuck.next_bound() == NOW + timedelta(seconds=1)
    lost = stuck.lost(SITE)
    assert lost is not None
    assert (lost.message.code, lost.remote_id) == ("answer.unexpected", f"{TR}@2026-11-24T09:00:00Z")


# -- patches -----------------------------------------------------------------------------------------------------------------
def test_the_patch_of_a_price() -> None:
    (patch,) = patches_of(SITE, price("199.9"))
    assert (patch["op"], patch["path"]) == ("replace", "/attributes/purchasable_offer")
    assert patch["value"] == [{"marketplace_id": TR, "currency": "TRY", "audience": "ALL", "our_price": [{"schedule": [{"value_with_tax": Decimal("199.90")}]}]}]  # fmt: skip
    (rounded,) = patches_of(SITE, price("199.995"))
    assert rounded["value"][0]["our_price"][0]["schedule"][0]["value_with_tax"] == Decimal("200.00")


def test_the_rest_of_the_offer_is_sent_along() -> None:
    kept = offer(discounted_price=[{"schedule": [{"value_with_tax": 149.9, "start_at": "2026-11-20"}]}], minimum_seller_allowed_price=[{"schedule": [{"value_with_tax": 99}]}])  # fmt: skip
    listing = view(attributes={"purchasable_offer": [kept]}).listing()
    change = price(**listing.extra)
    (patch,) = patches_of(SITE, change)
    sent = patch["value"][0]
    assert sent["discounted_price"] == [{"schedule": [{"value_with_tax": Decimal("149.9"), "start_at": "2026-11-20"}]}]
    assert sent["minimum_seller_allowed_price"] == [{"schedule": [{"value_with_tax": 99}]}]
    assert sent["our_price"] == [{"schedule": [{"value_with_tax": Decimal("199.90")}]}]
    assert "offer" not in view(attributes={"purchasable_offer": [offer()]}).listing().extra
    assert set(patches_of(SITE, price(offer="kaputt"))[0]["value"][0]) == {"marketplace_id", "currency", "audience", "our_price"}  # fmt: skip


@pytest.mark.parametrize(("marketplace", "field"), [(TR, "value_with_tax"), (US, "value")])
def test_the_list_price_has_a_patch_of_its_own(marketplace: str, field: str) -> None:
    site = site_of(account(marketplace))
    change = msgspec.structs.replace(price(currency=site.currency), list_price=Money.of("250", site.currency))
    _, second = patches_of(site, change)
    assert second == {"op": "replace", "path": "/attributes/list_price", "value": [{"marketplace_id": marketplace, "currency": site.currency, field: Decimal("250.00")}]}  # fmt: skip
    assert refusal(site, change) is None


def test_the_patch_of_a_stock_keeps_handling_time() -> None:
    assert patches_of(SITE, stock(0)) == [{"op": "merge", "path": "/attributes/fulfillment_availability", "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 0}]}]  # fmt: skip


def test_what_is_refused_before_it_is_sent() -> None:
    wrong = refusal(SITE, price(currency="EUR"))
    assert wrong is not None
    assert (wrong.code, wrong.field) == ("item.refused", "price")
    listed = msgspec.structs.replace(price(), list_price=Money.of("1", "USD"))
    wrong = refusal(SITE, listed)
    assert wrong is not None
    assert wrong.field == "list_price"
    wrong = refusal(SITE, stock(channel="AMAZON_EU"))
    assert wrong is not None
    assert wrong.field == "quantity"
    assert (refusal(SITE, stock()), refusal(SITE, stock(channel="DEFAULT")), refusal(SITE, price())) == (None, None, None)  # fmt: skip


def test_submissions() -> None:
    taken = parse_submission(reply({"sku": "S", "status": "ACCEPTED", "submissionId": "f1", "issues": []}), price())
    assert (taken.key, taken.state, taken.remote_ref) == ("p1", OutcomeState.PENDING, "f1")
    issues = [{"code": "9", "message": "uyarı", "severity": "WARNING"}, {"code": "18155", "message": "Fiyat çok düşük", "severity": "ERROR", "attributeNames": ["purchasable_offer"]}]  # fmt: skip
    refused = parse_submission(reply({"sku": "S", "status": "INVALID", "submissionId": "f2", "issues": issues}), price())  # fmt: skip
    assert refused.state is OutcomeState.REFUSED
    assert refused.message is not None
    assert (refused.message.vendor_code, refused.message.vendor_text, refused.message.field) == ("18155", "Fiyat çok düşük", "purchasable_offer")  # fmt: skip
    silent = parse_submission(reply({"sku": "S", "status": "INVALID", "submissionId": "f3"}), price())
    assert silent.state is OutcomeState.REFUSED
    assert parse_submission(reply({"sku": "S", "status": "QUEUED"}), price()).state is OutcomeState.UNKNOWN
    assert patch_ticket(NOW, "abcdef0123456789") == f"patch:{int(NOW.timestamp())}:abcdef012345"


def judged(change: Any, age: timedelta = timedelta(0), **changes: Any) -> Any:
    return judge_patch(change, view(**changes), NOW - age, NOW)


def test_an_accepted_patch_is_done_when_it_is_seen() -> None:
    assert judged(price("199.90")).state is OutcomeState.DONE
    assert judged(price("199.9")).state is OutcomeState.DONE
    assert judged(price("200")).state is OutcomeState.PENDING
    assert judged(stock(5)).state is OutcomeState.DONE
    assert judged(stock(6)).state is OutcomeState.PENDING
    assert judged(price("249.90"), attributes={"purchasable_offer": [offer(discounted_price=[])]}).state is OutcomeState.DONE  # fmt: skip
    assert judged(price("199.90"), attributes={"purchasable_offer": [offer(discounted_price=[])]}).state is OutcomeState.PENDING  # fmt: skip
    assert judged(price("249.90"), attributes={"purchasable_offer": [offer()]}).state is OutcomeState.PENDING


def test_after_the_patience_a_patch_is_judged() -> None:
    stop = {"code": "18155", "message": "Fiyat çok düşük", "severity": "ERROR", "attributeNames": ["purchasable_offer"]}
    assert judged(price("200"), issues=[stop]).state is OutcomeState.PENDING
    late = judged(price("200"), PATIENCE, issues=[stop])
    assert (late.state, late.message.vendor_code) == (OutcomeState.REFUSED, "18155")
    swallowed = judged(price("200"), PATIENCE)
    assert (swallowed.state, swallowed.message.code) == (OutcomeState.REFUSED, "item.conflict")
    assert "199.90 TRY" in swallowed.message.params["reason"]
    assert judged(stock(7, was=9), PATIENCE).state is OutcomeState.DONE  # two were sold since: 5 are left
    assert judged(stock(7, was=5), PATIENCE).state is OutcomeState.REFUSED
    assert judged(stock(4, was=9), PATIENCE).state is OutcomeState.REFUSED
    assert judged(stock(7), PATIENCE).state is OutcomeState.REFUSED
    assert judged(stock(7, was=9), PATIENCE, fulfillmentAvailability=[]).state is OutcomeState.REFUSED


# -- feeds -------------------------------------------------------------------------------------------------------------------
CHANGES = [price(sku=f"S{n}", key=f"k{n}") for n in range(1, 5)]


def report(processed: int = 4, accepted: int = 4, invalid: int = 0, *issues: Any) -> feeds.Report:
    summary = {"errors": len(issues), "warnings": 0, "messagesProcessed": processed, "messagesAccepted": accepted, "messagesInvalid": invalid}  # fmt: skip
    whole = {"header": {"sellerId": "A1", "version": "2.0", "feedId": "1"}, "summary": summary, "issues": list(issues)}
    return feeds.parse_report(reply(whole))


def stop(**more: Any) -> dict[str, Any]:
    return {"severity": "ERROR", "code": "90220", "message": "Olmaz", "attributeName": "purchasable_offer"} | more


def states(found: feeds.Report, changes: Any = CHANGES, **more: bool) -> str:
    outcomes = feeds.feed_outcomes(found, changes, **more)
    assert [one.key for one in outcomes] == [one.key for one in changes]
    return "".join(one.state.value[0] for one in outcomes)


def test_a_report_names_the_refused() -> None:
    found = report(4, 2, 2, stop(sku="S2", messageId=2), stop(messageId=4), stop(sku="S1", severity="WARNING"))
    assert states(found) == "drdr"
    refused = feeds.feed_outcomes(found, CHANGES)[1].message
    assert refused is not None
    assert (refused.code, refused.vendor_code, refused.vendor_text, refused.field) == ("item.refused", "90220", "Olmaz", "purchasable_offer")  # fmt: skip
    assert states(report()) == "dddd"
    listed = feeds.feed_outcomes(report(4, 3, 1, stop(sku="S1", attributeName="", attributeNames=["a", "b"])), CHANGES)
    assert listed[0].message is not None
    assert listed[0].message.field == "a"


def test_a_report_that_does_not_name_all_refused_leaves_the_rest_unknown() -> None:
    assert states(report(4, 2, 2, stop(sku="S2"))) == "uruu"
    assert states(report(4, 3, 1, stop(sku="BAŞKA"))) == "uuuu"


def test_a_number_says_nothing_about_a_part_of_the_feed() -> None:
    assert states(report(4, 3, 1, stop(messageId=2)), CHANGES[2:]) == "uu"
    assert states(report(4, 3, 1, stop(sku="S3")), CHANGES[2:]) == "rd"


def test_a_feed_of_which_nothing_was_accepted() -> None:
    assert states(report(4, 0, 4)) == "rrrr"
    assert states(report(0, 0, 0, stop(message="Bozuk dosya"))) == "rrrr"
    assert states(report(0, 0, 0)) == "uuuu"
    assert states(report(3, 3, 0)) == "uuuu"


def test_a_broken_off_feed_says_nothing_by_silence() -> None:
    assert states(report(4, 3, 1, stop(sku="S1")), whole=False) == "ruuu"
    assert states(report(4, 0, 4, stop(message="Bozuk dosya")), whole=False) == "rrrr"
    fatal = feeds.stopped(feeds.Feed("1", "FATAL"), CHANGES[:1])
    assert [one.state for one in fatal] == [OutcomeState.UNKNOWN]
    assert feeds.stopped(feeds.Feed("1", "CANCELLED"), CHANGES[:1])[0].state is OutcomeState.REFUSED


def test_reports_come_zipped_or_not() -> None:
    body = b'{"summary": {"messagesProcessed": 1, "messagesAccepted": 1, "messagesInvalid": 0}}'
    assert feeds.unpacked(body) == feeds.unpacked(gzip.compress(body)) == body
    for broken, code in (
        (gzip.compress(body)[:-9], "net.cut"),
        (b"\x1f\x8b" + b"x" * 20, "answer.unreadable"),
        (gzip.compress(b" " * (feeds.MOST_UNPACKED + 1)), "server.too_large"),
    ):
        with pytest.raises(ProviderError) as caught:
            feeds.unpacked(broken)
        assert caught.value.message.code == code


# -- parcels -----------------------------------------------------------------------------------------------------------------
@given(st.text())
def test_a_parcels_number_is_positive_and_stable(key: str) -> None:
    number = parcels.package_reference(key)
    assert number == parcels.package_reference(key)
    assert 0 < int(number) < 10**9
    assert number == str(int(number))


@pytest.mark.parametrize(
    ("name", "code"),
    [("Yurtiçi Kargo", "Other"), ("Aras Kargo", "Other"), ("DHL eCommerce", "Other"), ("UPS", "UPS"), ("fedex", "FedEx"), (" dhl ", "DHL"), ("royal mail", "Royal Mail")],
)  # fmt: skip
def test_carriers(name: str, code: str) -> None:
    assert parcels.carrier_code(name) == code


def test_the_confirmation() -> None:
    told = notice(shipped_at=NOW - timedelta(hours=3), extra={"marketplace_id": DE})
    call = parcels.confirm_request(account(), told, (ShippedLine("60", 2),), NOW)
    assert (call.method, call.path) == ("POST", "/orders/v0/orders/402-1234567-7654321/shipmentConfirmation")
    assert (call.group, call.repeatable) == ("confirm", None)
    assert json.loads(call.body or b"") == {
        "marketplaceId": DE,
        "packageDetail": {
            "packageReferenceId": parcels.package_reference("n1"),
            "carrierCode": "Other",
            "carrierName": "Yurtiçi Kargo",
            "trackingNumber": "YK123",
            "shipDate": "2026-11-24T06:00:00Z",
            "orderItems": [{"orderItemId": "60", "quantity": 2}],
        },
    }
    ahead = parcels.confirm_request(account(), notice(shipped_at=NOW + timedelta(hours=1)), (), NOW)
    assert json.loads(ahead.body or b"")["packageDetail"]["shipDate"] == "2026-11-24T09:00:00Z"


def test_what_a_confirmation_needs() -> None:
    for field in ("carrier", "tracking_number"):
        message = parcels.notice_refusal(notice(**{field: " "}))
        assert message is not None
        assert (message.code, message.field) == ("item.refused", field)
    assert parcels.notice_refusal(notice()) is None


def test_what_is_left_to_ship() -> None:
    def left(**line: Any) -> Any:
        return parcels.open_lines(wire_order(reply({"order": order(line=line)})))

    assert left() == (ShippedLine("60123456789012", 2),)
    assert left(fulfillment={"quantityFulfilled": 1, "quantityUnfulfilled": 1}) == (ShippedLine("60123456789012", 1),)
    assert left(fulfillment={"quantityUnfulfilled": 0}) == ()
    assert left(fulfillment=None) == (ShippedLine("60123456789012", 2),)
    assert left(cancellation={"cancellationExecution": {}}) == ()


def test_a_parcel_is_known_by_its_number_or_its_tracking() -> None:
    def known(**parcel: Any) -> bool:
        return parcels.has_parcel(wire_order(reply({"order": order(packages=[{"packageReferenceId": "1", **parcel}])})), notice())  # fmt: skip

    assert known(packageReferenceId=parcels.package_reference("n1"))
    assert known(trackingNumber=" YK123 ")
    assert not known(trackingNumber="YK124")
    assert not known()


def test_wire_shapes_ignore_what_is_new() -> None:
    assert msgspec.json.decode(b'{"sku": "S", "neu": [1]}', type=WireItem).sku == "S"
