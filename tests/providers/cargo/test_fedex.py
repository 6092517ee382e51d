"""The pure ends of the FedEx client: references, field rules, bodies, answers and errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import OursError, ProviderError, YoursError
from app.kit import Reply
from app.model import LabelFormat, Money, Parcel, Payer, ShipmentStatus
from providers.cargo import fedex_calls as calls
from providers.cargo.fedex_errors import fedex_errors, is_unknown
from providers.cargo.fedex_wire import (
    STATES,
    instant,
    numbers_of,
    parse_created,
    parse_pieces,
    parse_rates,
    read_token,
    status_of_all,
    to_report,
    was_cancelled,
)
from tests.providers.cargo.fedex_support import (
    ABROAD,
    FIRST,
    GOODS,
    NOW,
    REQUEST,
    SECOND,
    ZPL,
    account,
    created,
    document,
    exported,
    not_found,
    piece,
    problems,
    reply,
    request,
    scan,
    tracked,
)

TRACE = "0" * 32


def body(one: Any = None, **changes: Any) -> Any:
    made = calls.create_request(account(), one or request(**changes), NOW, TRACE)
    return json.loads(made.body or b"", parse_float=Decimal)["requestedShipment"]


# -- what is asked -------------------------------------------------------------------------------------------------------
def test_references() -> None:
    for plain in ("PX-2026-0001", "abc", "A" * 30):
        assert calls.reference_value(plain) == plain
    for odd in ("ab", "A" * 31, "PX 1", "İŞ1", "", "a/b"):
        key = calls.reference_value(odd)
        assert (len(key), key.isdigit(), key) == (18, True, calls.reference_value(odd))


def test_the_body_at_home() -> None:
    made = body()
    assert made["recipients"] == [{
        "contact": {"personName": "Elif Örnek", "phoneNumber": "905551112233"},
        "address": {"streetLines": ["Gül Mah. Lale Sok. 4/2 Bornova"], "city": "İzmir", "countryCode": "TR", "postalCode": "35040"},
    }]  # fmt: skip
    assert made["shipper"]["contact"]["companyName"] == "Örnek Ticaret Ltd. Şti."
    assert (made["shipDatestamp"], made["totalPackageCount"], made["totalWeight"]) == ("2026-11-24", 2, Decimal("3.8"))
    first, second = made["requestedPackageLineItems"]
    assert (first["weight"], second["weight"]) == ({"units": "KG", "value": Decimal("1.2")}, {"units": "KG", "value": Decimal("0.5")})  # fmt: skip
    assert first["dimensions"] == {"length": 30, "width": 20, "height": 10, "units": "CM"}
    assert "dimensions" not in second
    assert first["customerReferences"] == [{"customerReferenceType": "CUSTOMER_REFERENCE", "value": "PX20260001"}]
    assert "customsClearanceDetail" not in made
    assert made["labelSpecification"]["imageType"] == "ZPLII"
    assert made["shippingChargesPayment"] == {"paymentType": "SENDER"}


def test_what_customs_hear() -> None:
    customs = body(exported())["customsClearanceDetail"]
    (goods,) = customs["commodities"]
    assert customs["totalCustomsValue"] == {"amount": Decimal("149.90"), "currency": "EUR"}
    assert (goods["quantity"], goods["unitPrice"]["amount"], goods["harmonizedCode"]) == (2, Decimal("74.95"), "691200")
    assert (goods["countryOfManufacture"], customs["dutiesPayment"]["paymentType"]) == ("TR", "RECIPIENT")
    assert customs["commercialInvoice"]["termsOfSale"] == "DAP"
    ddp = body(exported(options={**GOODS, "incoterm": "DDP", "hs_code": ""}, invoice_number="FTR1"))["customsClearanceDetail"]  # fmt: skip
    assert ddp["dutiesPayment"]["payor"]["responsibleParty"]["accountNumber"] == {"value": "740561073"}
    assert ddp["commercialInvoice"]["customerReferences"][0]["value"] == "FTR1"
    papers = body(exported(options={"goods": "documents"}))["customsClearanceDetail"]
    assert papers["isDocumentOnly"] is True
    assert "totalCustomsValue" not in papers, "no value is made up"


def test_who_pays_and_how() -> None:
    theirs = body(payer=Payer.RECEIVER, options={"payer_account": "987654321"})["shippingChargesPayment"]
    assert theirs["payor"]["responsibleParty"]["accountNumber"] == {"value": "987654321"}
    made = calls.create_request(account(label_format="pdf", pickup="DROPOFF_AT_FEDEX_LOCATION", service="INTERNATIONAL_FIRST"), REQUEST, NOW, TRACE)  # fmt: skip
    shipment = json.loads(made.body or b"")["requestedShipment"]
    assert shipment["labelSpecification"]["labelStockType"] == "PAPER_4X6"
    assert (shipment["pickupType"], shipment["serviceType"]) == ("DROPOFF_AT_FEDEX_LOCATION", "INTERNATIONAL_FIRST")
    assert not made.repeatable


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_name": ""}, "name"),
        ({"to_name": "x" * 71}, "name"),
        ({"to_company": "x" * 36}, "company"),
        ({"to_city": ""}, "city"),
        ({"to_street": ""}, "street"),
        ({"to_street": "x" * 36}, "street"),
        ({"to_phone": ""}, "phone"),
        ({"receiver": ABROAD, "to_phone": "+49 17012"}, "phone"),
        ({"receiver": ABROAD, "to_country": "Almanya"}, "country"),
        ({"receiver": ABROAD, "to_country": "US", "to_state": "New York"}, "state"),
        ({"to_postcode": "12345678901"}, "postcode"),
        ({"parcels": ()}, "parcels"),
        ({"parcels": (Parcel(500),) * 41}, "parcels"),
        ({"parcels": (Parcel(1200), Parcel(0, 100, 100, 100))}, "parcels"),
        ({"parcels": (Parcel(68_001),)}, "parcels"),
        ({"parcels": (Parcel(1200, 10_000, 100, 100),)}, "parcels"),
        ({"cash_on_delivery": Money.of("10", "TRY")}, "cash_on_delivery"),
        ({"payer": Payer.RECEIVER}, "payer_account"),
        ({"options": {"service": "GROUND"}}, "service"),
        ({"receiver": ABROAD, "content": "x", "options": GOODS}, "content"),
        ({"receiver": ABROAD}, "declared_value"),
        ({"options": {"declared_value": "100000"}}, "declared_value"),
        ({"options": {"declared_value": "NaN"}}, "declared_value"),
    ],
)
def test_what_fedex_would_refuse_names_its_field(changes: dict[str, Any], field: str) -> None:
    wrong = calls.check_request(account(), request(**changes))
    assert wrong is not None
    assert (wrong.field, wrong.params["field"]) == (field, field)
    assert wrong.code in ("address.refused", "config.field")


def test_what_prices_need() -> None:
    wrong = calls.check_rates(request(to_postcode=""))
    assert wrong is not None
    assert wrong.field == "postcode"
    made = json.loads(calls.rates_request(account(), exported(reference=""), TRACE).body or b"")["requestedShipment"]
    assert "streetLines" not in made["recipient"]["address"]
    assert made["customsClearanceDetail"]["commodities"][0]["customsValue"]["currency"] == "EUR"
    papers = calls.rates_request(account(), exported(options={"goods": "documents"}), TRACE)
    assert json.loads(papers.body or b"")["requestedShipment"]["documentShipment"] is True


@pytest.mark.parametrize(
    ("key", "value"),
    [("sender_name", ""), ("sender_company", "x" * 36), ("sender_city", "x" * 36), ("sender_street", "x" * 40), ("sender_postcode", "1" * 11), ("sender_phone", "+4917012")],
)  # fmt: skip
def test_a_sender_that_does_not_fit(key: str, value: str) -> None:
    with pytest.raises(YoursError) as caught:
        calls.create_request(account(**{key: value}), REQUEST, NOW, TRACE)
    assert caught.value.message.field == key


# -- errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "text", "status", "operation", "standard", "field"),
    [
        ("NOT.AUTHORIZED.ERROR", "Access token expired.", 401, "find", "auth.refused", ""),
        ("FORBIDDEN.ERROR", "We could not authorize your credentials.", 403, "track", "auth.forbidden", ""),
        ("SHIPMENT.USER.UNAUTHORIZED", "?", 400, "create", "auth.forbidden", ""),
        ("ACCOUNTNUMBER.REGISTRATION.REQUIRED", "Please enter a valid account", 400, "create", "auth.refused", "account_number"),
        ("ACCOUNT.NUMBER.MISMATCH", "x", 400, "cancel", "auth.refused", "account_number"),
        ("ACCOUNTNUMBER.OTHER", "x", 400, "create", "auth.refused", "account_number"),
        ("FORBIDDEN.ERROR", "Requests from 203.0.113.7 are blocked", 403, "token", "auth.ip_not_allowed", ""),
        ("FORBIDDEN.ERROR", "This account is inactive", 403, "create", "auth.suspended", ""),
        ("NOT.FOUND.ERROR", "The resource is no longer available", 404, "track", "config.wrong_url", ""),
        ("TRACKING.TRACKINGNUMBER.NOTFOUND", "x", 404, "track", "item.not_found", ""),
        ("TRACKING.DATA.NOTFOUND", "x", 400, "find", "item.not_found", ""),
        ("RECIPIENTCONTACT.PHONENUMBER.INVALID", "x", 400, "create", "address.refused", "phone"),
        ("RECIPIENT.POSTALCODE.INVALID", "x", 400, "create", "address.refused", "postcode"),
        ("STATEORPROVINCECODE.INVALID", "x", 400, "rates", "address.refused", "state"),
        ("SHIPPER.POSTALCODE.INVALID", "x", 400, "create", "config.field", "sender_postcode"),
        ("INVALID.INPUT.EXCEPTION", "requestedShipment.recipients[0].address.city is missing", 400, "create", "address.refused", "city"),
        ("PACKAGE.WEIGHT.INVALID", "x", 400, "create", "item.refused", "parcels"),
        ("SERVICE.TYPE.INTERNATIONAL.MESSAGE", "x", 400, "create", "item.refused", "service"),
        ("CUSTOMSVALUE.REQUIRED", "x", 400, "create", "item.refused", "declared_value"),
        ("SOMETHING.ELSE", "x", 400, "create", "item.refused", ""),
        ("SOMETHING.ELSE", "x", 400, "track", "request.refused", ""),
        ("SHIPMENT.ALREADY.TENDERED", "x", 400, "cancel", "item.conflict", ""),
        ("INTERNAL.SERVER.ERROR", "x", 500, "create", "server.error", ""),
        ("SERVICE.UNAVAILABLE.ERROR", "x", 503, "create", "server.unavailable", ""),
        ("ODD", "x", 500, "create", "server.error", ""),
        ("TOO.MANY", "Quota exceeded", 429, "find", "rate.limited", ""),
    ],
)  # fmt: skip
def test_errors(code: str, text: str, status: int, operation: str, standard: str, field: str) -> None:
    wrong = fedex_errors(reply(problems(code, text), status, operation))
    assert wrong is not None
    assert (wrong.code, wrong.field) == (standard, field)
    assert (wrong.vendor_code, wrong.vendor_text) == (code, text)
    assert is_unknown(wrong) == (standard == "item.not_found")
    assert ("product" in wrong.params) == (standard == "auth.forbidden")


def test_what_is_none_of_its_errors_is_left_to_the_status() -> None:
    for data, status, code in (
        (b"Internal", 500, "server.error"),
        ({}, 404, "config.wrong_url"),
        ({"errors": []}, 404, "config.wrong_url"),
        (b"", 404, "config.wrong_url"),
        (b'{"errors":[{', 404, "answer.unreadable"),
        (b" " * 70_000 + b"{}", 500, "server.error"),
        ([], 400, "request.refused"),
    ):
        wrong = fedex_errors(reply(data, status))
        assert wrong is not None
        assert wrong.code == code
    assert fedex_errors(reply({}, 200)) is None
    page = fedex_errors(Reply(403, {"content-type": "text/html"}, b"<html>", "find"))
    assert page is not None
    assert page.code == "auth.ip_not_allowed"


def test_token() -> None:
    token = read_token(
        NOW, reply({"access_token": "abc", "expires_in": 3599, "scope": "CXS"}, 200, "token"), "ship_secret"
    )
    assert (token.access.reveal(), token.expires_at) == ("abc", NOW + timedelta(seconds=3599))
    for answer, code, field in (
        (reply({"access_token": ""}, 200, "token"), "answer.field_missing", "access_token"),
        (reply(problems("NOT.AUTHORIZED.ERROR"), 401, "token"), "auth.refused", "track_secret"),
        (reply(problems("FORBIDDEN.ERROR"), 403, "token"), "auth.refused", "track_secret"),
        (reply(b"x", 500, "token"), "server.error", ""),
    ):
        with pytest.raises(ProviderError) as caught:
            read_token(NOW, answer, "track_secret")
        assert (caught.value.message.code, caught.value.message.field) == (code, field)


# -- labels --------------------------------------------------------------------------------------------------------------
def test_one_label_a_piece_as_it_came() -> None:
    text = f" {ZPL}\r\n"
    made = parse_created(reply(created(text, ZPL)), "ref")
    assert [(one.format, one.data) for one in made.labels] == [(LabelFormat.ZPL, text.encode()), (LabelFormat.ZPL, ZPL.encode())]  # fmt: skip
    assert (made.reference, made.tracking_number, made.barcode) == ("ref", FIRST, f"{FIRST} {SECOND}")
    assert made.price == Money.of("1122.4", "TRY"), "the account's own price"
    assert made.tracking_url.endswith(FIRST)


@pytest.mark.parametrize(
    ("form", "text", "found"),
    [("PDF", "%PDF", LabelFormat.PDF), ("PNG", "x", LabelFormat.PNG), ("EPL2", "N", LabelFormat.EPL), ("", "%PDF-1", LabelFormat.PDF), ("ODD", "^XA^XZ", LabelFormat.ZPL), ("ODD", "x", None)],
)  # fmt: skip
def test_the_language_of_a_label(form: str, text: str, found: LabelFormat | None) -> None:
    made = parse_created(reply(created(text, form=form)), "ref")
    assert [one.format for one in made.labels] == ([found] if found is not None else [])


def test_a_piece_that_is_told_twice_is_one() -> None:
    data = created(ZPL, ZPL)
    rows = data["output"]["transactionShipments"][0]["pieceResponses"]
    rows.insert(1, rows[0])
    made = parse_created(reply(data), "ref")
    assert (made.barcode, len(made.labels)) == (f"{FIRST} {SECOND}", 2)


def test_a_png_by_its_look_and_other_papers() -> None:
    data = created(ZPL)
    row = data["output"]["transactionShipments"][0]["pieceResponses"][0]
    row["packageDocuments"] = [document("x", kind="AUXILIARY"), {**document(form=""), "encodedLabel": "iVBORw0KGgo="}]
    made = parse_created(reply(data), "ref")
    assert [one.format for one in made.labels] == [LabelFormat.PNG]


def test_labels_that_are_missing_are_none() -> None:
    assert parse_created(reply(created(ZPL, None)), "ref").labels == ()
    data = created(ZPL, ZPL)
    data["output"]["transactionShipments"][0]["pieceResponses"][1]["packageDocuments"][0]["encodedLabel"] = "ş!"
    assert parse_created(reply(data), "ref").labels == ()


def test_a_shipment_without_a_number_is_none() -> None:
    for answer in (created(masterTrackingNumber="", pieceResponses=[]), {"output": {"transactionShipments": []}}):
        with pytest.raises(OursError) as caught:
            parse_created(reply(answer), "ref")
        assert caught.value.message.field == "masterTrackingNumber"
    made = parse_created(reply(created(masterTrackingNumber="799999999999", pieceResponses=None)), "ref")
    assert (made.tracking_number, made.barcode, made.labels) == ("799999999999", "", ())
    other = parse_created(reply(created(ZPL, masterTrackingNumber="799999999999")), "ref")
    assert other.tracking_number == "799999999999"
    for odd in (
        None,
        {},
        {"shipmentRating": {}},
        {"shipmentRating": {"shipmentRateDetails": [{"currency": "?", "totalNetCharge": 1}]}},
        7,
    ):
        assert parse_created(reply(created(ZPL, completedShipmentDetail=odd)), "ref").price is None


def test_cancelled_or_not() -> None:
    assert was_cancelled(reply({"output": {"cancelledShipment": True}}))
    assert not was_cancelled(reply({"output": {"cancelledShipment": False}}))
    with pytest.raises(OursError):
        was_cancelled(reply({"output": {}}))


# -- tracking ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("code", "status"), sorted(STATES.items()))
def test_states(code: str, status: ShipmentStatus) -> None:
    assert status_of_all(parse_pieces(reply(tracked(piece(code=code))))) is status


def test_states_that_nobody_knows() -> None:
    (odd,) = parse_pieces(reply(tracked(piece(code="ZZ"))))
    (none,) = parse_pieces(reply(tracked(piece(code=None))))
    assert status_of_all([odd, none]) is ShipmentStatus.UNKNOWN
    derived = piece(latestStatusDetail={"code": "OC", "derivedCode": "??"})
    assert status_of_all(parse_pieces(reply(tracked(derived)))) is ShipmentStatus.CREATED


def test_pieces_in_their_order() -> None:
    rows = [piece(SECOND, packageDetails={"sequenceNumber": "2"}), piece(FIRST, packageDetails={"sequenceNumber": "1"})]
    assert numbers_of(parse_pieces(reply(tracked(*rows)))) == [FIRST, SECOND]
    assert numbers_of(parse_pieces(reply(tracked(piece(SECOND, packageDetails="x"), piece(FIRST))))) == [SECOND, FIRST]


def test_refusals_inside_an_answer() -> None:
    for code in ("TRACKING.TRACKINGNUMBER.NOTFOUND", "TRACKING.REFERENCEVALUE.NOTFOUND"):
        assert parse_pieces(reply(not_found(code))) == []
    for code, standard in (("TRACKING.REFERENCETYPE.INVALID", "request.refused"), ("INTERNAL.SERVER.ERROR", "server.error")):  # fmt: skip
        with pytest.raises(ProviderError) as caught:
            parse_pieces(reply(not_found(code)))
        assert caught.value.message.code == standard
    with pytest.raises(OursError):
        parse_pieces(reply(tracked(piece(""))))
    with pytest.raises(OursError):
        parse_pieces(reply(tracked({"latestStatusDetail": {"code": "OC"}})))
    assert parse_pieces(reply({"output": {"completeTrackResults": [{"trackingNumber": "1"}]}})) == []


def test_report() -> None:
    scans = [
        scan("DL", "2026-11-26T10:30:00+01:00", scanLocation=None),
        scan("OD", "2026-11-26T08:00:00+01:00", exceptionDescription="Kapıda"),
        scan("ZZ", "2026-11-25T08:00:00"),
        scan("PU"),
        scan("PU", "yarın"),
        scan("PU", "2026-11-25"),
    ]
    row = piece(FIRST, "DL", *scans, deliveryDetails={"receivedByName": "KOMŞU"}, dateAndTimes=[{"type": "SHIP", "dateTime": "x"}, {"type": "ACTUAL_DELIVERY", "dateTime": "2026-11-26T10:31:00+01:00"}])  # fmt: skip
    row["scanEvents"].append(7)
    report = to_report(parse_pieces(reply(tracked(row, piece(SECOND, "DL")))), "ref")
    assert (report.status, report.tracking_number, report.signed_by) == (ShipmentStatus.DELIVERED, FIRST, "KOMŞU")
    assert report.delivered_at == datetime(2026, 11, 26, 9, 31, tzinfo=UTC)
    assert [one.status.value for one in report.events] == ["accepted", "in_transit", "out_for_delivery", "delivered"]
    assert report.events[0].place == "İSTANBUL, TR"
    assert report.events[2].text == "Teslim alındı: Kapıda"
    bare = to_report(parse_pieces(reply(tracked(piece(FIRST, "DL", scans[0], dateAndTimes=None)))), "ref")
    assert bare.delivered_at == datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "x", "2026-11-24", "2026-13-01T10:00:00"])
def test_instants_that_are_none(text: str) -> None:
    assert instant(text) is None


# -- prices --------------------------------------------------------------------------------------------------------------
def offer(service: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"serviceType": service, "ratedShipmentDetails": list(rows), **more}


def test_prices() -> None:
    def price(kind: str, total: float, **more: Any) -> dict[str, Any]:
        return {"rateType": kind, "totalNetCharge": total, "currency": "TRY", **more}

    rows = [
        offer("FAST", price("LIST", 900), price("ACCOUNT", 500.25), operationalDetail={"transitTime": "ONE_DAY"}),
        offer("SLOW", {"rateType": "ACCOUNT", "totalNetCharge": 100, "shipmentRateDetail": {"currency": "EUR"}}, commit={"transitTime": "THREE_DAYS"}),
        offer("ODD", price("ACCOUNT", 50), operationalDetail={"transitTime": "UNKNOWN"}),
    ]  # fmt: skip
    found = parse_rates(reply({"output": {"rateReplyDetails": rows}}))
    assert [(one.service, one.price.text(), one.days) for one in found] == [
        ("SLOW", "100.00", 3), ("ODD", "50.00", None), ("FAST", "500.25", 1),
    ]  # fmt: skip
    for bad in (
        offer("NONE"),
        offer("ZERO", price("ACCOUNT", 0)),
        offer("BAD", price("ACCOUNT", 7, currency="?")),
        offer("", price("A", 1)),
    ):
        with pytest.raises(OursError):
            parse_rates(reply({"output": {"rateReplyDetails": [*rows, bad]}}))
