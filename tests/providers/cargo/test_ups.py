"""The pure ends of the UPS client: references, field rules, bodies, answers and errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import OursError, ProviderError, YoursError
from app.kit import Reply
from app.model import LabelFormat, Money, Parcel, Payer, ShipmentStatus
from providers.cargo import ups_calls as calls
from providers.cargo.ups_errors import is_unknown, ups_errors, was_voided
from providers.cargo.ups_tracking import (
    STATES,
    check_tracking,
    numbers_of,
    parse_packages,
    status_of_all,
    to_report,
)
from providers.cargo.ups_wire import (
    parse_created,
    parse_rates,
    parse_recovered,
    read_token,
    was_cancelled,
)
from tests.providers.cargo.ups_support import (
    ABROAD,
    FIRST,
    GOODS,
    NOW,
    REQUEST,
    SECOND,
    ZPL,
    account,
    activity,
    created,
    exported,
    image,
    package,
    recovered,
    refusal,
    reply,
    request,
    tracked,
)

TRACE = "0" * 32


def body(**changes: Any) -> Any:
    made = calls.create_request(account(), changes.pop("one", None) or request(**changes), NOW, TRACE)
    return json.loads(made.body or b"")["ShipmentRequest"]


# -- what is asked -------------------------------------------------------------------------------------------------------
def test_references() -> None:
    for plain in ("PX-2026-0001", "abc", "A" * 35):
        assert calls.reference_value(plain) == plain
    for odd in ("ab", "A" * 36, "PX 1", "İŞ1", "", "a/b"):
        key = calls.reference_value(odd)
        assert (len(key), key.isdigit(), key) == (18, True, calls.reference_value(odd))


def test_the_body_at_home() -> None:
    made = body()
    shipment = made["Shipment"]
    assert shipment["ShipTo"] == {
        "Name": "Elif Örnek", "AttentionName": "Elif Örnek", "Phone": {"Number": "905551112233"},
        "Address": {"AddressLine": ["Gül Mah. Lale Sok. 4/2 Bornova"], "City": "İzmir", "CountryCode": "TR", "PostalCode": "35040"},
    }  # fmt: skip
    assert shipment["Shipper"]["Name"] == "Örnek Ticaret Ltd. Şti."
    assert shipment["Shipper"]["AttentionName"] == "Ayşe Yılmaz"
    assert shipment["Shipper"]["ShipperNumber"] == "A1B2C3"
    assert shipment["ReferenceNumber"] == [{"Value": "PX20260001"}]
    assert shipment["PaymentInformation"]["ShipmentCharge"] == [{"Type": "01", "BillShipper": {"AccountNumber": "A1B2C3"}}]  # fmt: skip
    assert [one["PackageWeight"]["Weight"] for one in shipment["Package"]] == ["1.2", "0.5"]
    sides = shipment["Package"][0]["Dimensions"]
    assert (sides["Length"], sides["Width"], sides["Height"]) == ("30", "20", "10")
    assert "Dimensions" not in shipment["Package"][1]
    assert "ShipmentServiceOptions" not in shipment
    assert made["LabelSpecification"]["CharacterSet"] == "tur"
    assert made["LabelSpecification"]["LabelImageFormat"]["Code"] == "ZPL"


def test_the_body_abroad() -> None:
    shipment = body(one=exported())["Shipment"]
    assert (shipment["ShipTo"]["Name"], shipment["ShipTo"]["AttentionName"]) == ("Weiß GmbH", "Jürgen Weiß")
    forms = shipment["ShipmentServiceOptions"]["InternationalForms"]
    (product,) = forms["Product"]
    assert (forms["FormType"], forms["CurrencyCode"], forms["TermsOfShipment"]) == (["01"], "EUR", "DAP")
    assert (forms["InvoiceNumber"], forms["InvoiceDate"]) == ("#1042", "20261124")
    assert product["Unit"] == {"Number": "2", "UnitOfMeasurement": {"Code": "PCS"}, "Value": "74.95"}
    assert (product["CommodityCode"], product["OriginCountryCode"]) == ("691200", "TR")
    assert forms["Contacts"]["SoldTo"]["Name"] == "Weiß GmbH"
    papers = body(one=exported(options={"goods": "documents"}))["Shipment"]
    assert "DocumentsOnlyIndicator" in papers
    assert "ShipmentServiceOptions" not in papers


def test_who_pays_and_how() -> None:
    duties = body(one=exported(options={**GOODS, "incoterm": "DDP"}))["Shipment"]["PaymentInformation"]
    assert [one["Type"] for one in duties["ShipmentCharge"]] == ["01", "02"]
    theirs = body(payer=Payer.RECEIVER, options={"payer_account": "b2c3d4"})["Shipment"]["PaymentInformation"]
    assert theirs["ShipmentCharge"] == [{"Type": "01", "BillReceiver": {"AccountNumber": "B2C3D4"}}]
    assert body(options={"service": "07"})["Shipment"]["Service"] == {"Code": "07"}
    epl = calls.create_request(account(label_format="epl", service="11"), REQUEST, NOW, TRACE)
    made = json.loads(epl.body or b"")["ShipmentRequest"]
    assert made["LabelSpecification"]["LabelImageFormat"]["Code"] == "EPL"
    assert made["Shipment"]["Service"]["Code"] == "11"


@pytest.mark.parametrize(
    ("changes", "found"),
    [({}, "tur"), ({"receiver": ABROAD}, "tur"), ({"to_city": "Łódź", "to_country": "PL"}, "pol"), ({"to_city": "東京", "to_country": "JP"}, "tur")],
)  # fmt: skip
def test_the_character_set_of_the_label(changes: dict[str, Any], found: str) -> None:
    assert calls.character_set(request(**changes)) == found


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_name": ""}, "name"),
        ({"to_name": "x" * 36}, "name"),
        ({"to_company": "x" * 36}, "company"),
        ({"to_city": ""}, "city"),
        ({"to_city": "x" * 31}, "city"),
        ({"to_street": ""}, "street"),
        ({"to_street": "x" * 36}, "street"),
        ({"to_street": "Gül Sokak " * 12}, "street"),
        ({"to_phone": ""}, "phone"),
        ({"to_phone": "555 11"}, "phone"),
        ({"receiver": ABROAD, "to_country": "Almanya", "to_phone": "+49 170 1234567"}, "country"),
        ({"receiver": ABROAD, "to_country": "US", "to_state": "New York"}, "state"),
        ({"receiver": ABROAD, "to_country": "VN", "to_state": "44"}, "state"),
        ({"receiver": ABROAD, "to_country": "US", "to_state": "NY", "to_postcode": "1000"}, "postcode"),
        ({"receiver": ABROAD, "to_country": "CA", "to_state": "ON", "to_postcode": "12345"}, "postcode"),
        ({"to_postcode": "1234567890"}, "postcode"),
        ({"parcels": ()}, "parcels"),
        ({"parcels": (Parcel(1200), Parcel(0, 100, 100, 100))}, "parcels"),
        ({"parcels": (Parcel(70_001),)}, "parcels"),
        ({"parcels": (Parcel(1200, 2_701, 100, 100),)}, "parcels"),
        ({"cash_on_delivery": Money.of("10", "TRY")}, "cash_on_delivery"),
        ({"payer": Payer.RECEIVER}, "payer_account"),
        ({"options": {"service": "03"}}, "service"),
        ({"receiver": ABROAD, "content": "x"}, "content"),
        ({"options": {"declared_value": "çok"}}, "declared_value"),
        ({"options": {"declared_value": "-1"}}, "declared_value"),
        ({"options": {"declared_value": "1", "currency": "LİRA"}}, "currency"),
        ({"options": {"declared_value": "1", "quantity": "0"}}, "quantity"),
        ({"options": {"declared_value": "1", "hs_code": "12"}}, "hs_code"),
        ({"options": {"declared_value": "1", "made_in": "Türkiye"}}, "made_in"),
        ({"options": {"declared_value": "1", "incoterm": "DDU"}}, "incoterm"),
    ],
)
def test_what_ups_would_refuse_names_its_field(changes: dict[str, Any], field: str) -> None:
    wrong = calls.check_request(account(), request(**changes))
    assert wrong is not None
    assert (wrong.field, wrong.params["field"]) == (field, field)
    assert wrong.code in ("address.refused", "config.field")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"receiver": ABROAD, "to_country": "US", "to_state": "NY", "to_postcode": "10001-1234"},
        {"receiver": ABROAD, "to_country": "CA", "to_state": "ON", "to_postcode": "m5c 2m6"},
        {"to_country": "", "to_district": "İzmir"},
    ],
)
def test_what_ups_takes(changes: dict[str, Any]) -> None:
    assert calls.check_request(account(), request(**changes)) is None
    assert calls.check_way(request(**changes)) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [("sender_name", ""), ("sender_phone", "123"), ("sender_company", "x" * 36), ("sender_city", "x" * 31), ("sender_street", "x" * 40)],
)  # fmt: skip
def test_a_sender_that_does_not_fit(key: str, value: str) -> None:
    with pytest.raises(YoursError) as caught:
        calls.create_request(account(**{key: value}), REQUEST, NOW, TRACE)
    assert caught.value.message.field == key


# -- errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "text", "status", "operation", "standard", "field"),
    [
        ("250002", "Invalid Authentication Information.", 401, "token", "auth.refused", "client_secret"),
        ("250003", "Invalid Access License number", 401, "find", "auth.refused", "client_id"),
        ("10401", "ClientId is Invalid", 401, "token", "auth.refused", "client_secret"),
        ("1", "Token expired", 401, "find", "auth.refused", ""),
        ("10429", "Too Many Requests", 429, "find", "rate.limited", ""),
        ("250007", "Blocked Merchant: 203.0.113.7", 403, "token", "auth.ip_not_allowed", ""),
        ("250007", "Blocked Merchant", 403, "track", "auth.suspended", ""),
        ("9", "Your IP is not authorized", 403, "create", "auth.ip_not_allowed", ""),
        ("9", "The account is closed", 403, "create", "auth.suspended", ""),
        ("9", "Not permitted", 403, "create", "auth.forbidden", ""),
        ("120100", "Missing or invalid shipper number", 400, "create", "auth.refused", "account_number"),
        ("120101", "Missing or invalid ShipFrom phone", 400, "create", "config.field", "sender_phone"),
        ("120102", "Bad shipper thing", 400, "create", "config.field", "sender_street"),
        ("120202", "Missing or invalid ship to address line 1", 400, "create", "address.refused", "street"),
        ("120208", "The postal code 1 is invalid for DE", 400, "create", "address.refused", "postcode"),
        ("120206", "Missing/Invalid ship to state", 400, "rates", "address.refused", "state"),
        ("120209", "İlçe district unknown", 400, "create", "address.refused", "district"),
        ("120500", "Package weight 0 is invalid", 400, "create", "item.refused", "parcels"),
        ("121210", "The requested service is unavailable between the locations", 400, "create", "item.refused", "service"),
        ("1", "?", 400, "create", "item.refused", ""),
        ("1", "?", 400, "track", "request.refused", ""),
        ("TW0001", "Tracking Information Not Found", 404, "track", "item.not_found", ""),
        ("300500", "The requested label could not be found", 400, "label", "item.not_found", ""),
        ("300501", "Bad label format", 400, "label", "request.refused", ""),
        ("190102", "No shipment found within the allowed void period", 400, "cancel", "item.not_found", ""),
        ("190101", "Time for voiding has expired", 400, "cancel", "item.conflict", ""),
        ("10500", "IP something", 500, "create", "server.error", ""),
        (10500, "x", 503, "create", "server.unavailable", ""),
    ],
)  # fmt: skip
def test_errors(code: Any, text: str, status: int, operation: str, standard: str, field: str) -> None:
    wrong = ups_errors(refusal(code, text, status, operation))
    assert wrong is not None
    assert (wrong.code, wrong.field) == (standard, field)
    assert (wrong.vendor_code, wrong.vendor_text) == (str(code), text)
    assert is_unknown(wrong) == (standard == "item.not_found")


def test_what_is_none_of_its_errors_is_left_to_the_status() -> None:
    for data, status, code in (
        (b"Internal", 500, "server.error"),
        ({}, 404, "config.wrong_url"),
        ({"response": {"errors": []}}, 404, "config.wrong_url"),
        (b"", 404, "config.wrong_url"),
        (b'{"response":{"err', 404, "answer.unreadable"),
        (b" " * 70_000 + b"{}", 500, "server.error"),
        ([], 400, "request.refused"),
    ):
        wrong = ups_errors(reply(data, status))
        assert wrong is not None
        assert wrong.code == code
    assert ups_errors(reply({}, 200)) is None
    bare = ups_errors(reply({"response": {"errors": {"code": "TW0001", "message": "Not Found"}}}, 404, "track"))
    assert bare is not None
    assert bare.vendor_code == "TW0001", "a single one without brackets"
    page = ups_errors(Reply(404, {"content-type": "text/html"}, b"<html>", "find"))
    assert page is not None
    assert page.code == "config.wrong_url"


def test_what_is_void_already() -> None:
    for text, found in (("The shipment has already been voided", True), ("Too late", False)):
        wrong = ups_errors(refusal("190117", text, 400, "cancel"))
        assert wrong is not None
        assert was_voided(wrong) is found


# -- the token -----------------------------------------------------------------------------------------------------------
def test_token() -> None:
    token = read_token(NOW, reply({"access_token": "abc", "expires_in": "14399", "status": "approved"}, 200, "token"))
    assert (token.access.reveal(), token.expires_at) == ("abc", NOW + timedelta(seconds=14399))
    for answer, code in (
        (reply({"access_token": ""}, 200, "token"), "answer.field_missing"),
        (refusal("10401", "ClientId is Invalid", 401, "token"), "auth.refused"),
    ):
        with pytest.raises(ProviderError) as caught:
            read_token(NOW, answer)
        assert caught.value.message.code == code


# -- labels --------------------------------------------------------------------------------------------------------------
def test_one_label_a_piece_as_it_came() -> None:
    text = f" {ZPL}\r\n"
    made = parse_created(reply(created(text, ZPL)), "ref")
    assert [(one.format, one.data) for one in made.labels] == [(LabelFormat.ZPL, text.encode()), (LabelFormat.ZPL, ZPL.encode())]  # fmt: skip
    assert (made.reference, made.tracking_number, made.barcode) == ("ref", FIRST, f"{FIRST} {SECOND}")
    assert made.tracking_url.endswith(FIRST)
    assert made.price == Money.of("1122.40", "TRY"), "the account's own price"


def test_a_single_piece_without_brackets() -> None:
    data = created(ZPL, NegotiatedRateCharges=None)
    results = data["ShipmentResponse"]["ShipmentResults"]
    results["PackageResults"] = results["PackageResults"][0]
    made = parse_created(reply(data), "ref")
    assert (len(made.labels), made.barcode, made.price) == (1, "", Money.of("1500", "TRY"))


@pytest.mark.parametrize(
    ("first", "form"), [(None, "ZPL"), ("", "ZPL"), (ZPL, "GIF"), (ZPL, "SPL")], ids=["none", "empty", "gif", "spl"]
)
def test_labels_that_cannot_be_printed_are_none(first: str | None, form: str) -> None:
    assert parse_created(reply(created(first, ZPL, form=form)), "ref").labels == ()


def test_a_piece_that_is_told_twice_is_one() -> None:
    data = created(ZPL, ZPL)
    rows = data["ShipmentResponse"]["ShipmentResults"]["PackageResults"]
    rows.insert(1, rows[0])
    made = parse_created(reply(data), "ref")
    assert (made.barcode, len(made.labels)) == (f"{FIRST} {SECOND}", 2)


def test_a_label_that_is_no_base64() -> None:
    data = created(ZPL)
    data["ShipmentResponse"]["ShipmentResults"]["PackageResults"][0]["ShippingLabel"]["GraphicImage"] = "ş!"
    assert parse_created(reply(data), "ref").labels == ()
    data["ShipmentResponse"]["ShipmentResults"]["PackageResults"][0].pop("ShippingLabel")
    assert parse_created(reply(data), "ref").labels == ()


def test_a_shipment_without_a_number_is_none() -> None:
    for changes in ({"ShipmentIdentificationNumber": "", "PackageResults": []}, {"ShipmentIdentificationNumber": "-", "PackageResults": None}):  # fmt: skip
        with pytest.raises(OursError) as caught:
            parse_created(reply(created(**changes)), "ref")
        assert caught.value.message.field == "ShipmentIdentificationNumber"
    with pytest.raises(OursError):
        parse_created(reply(created(PackageResults=7)), "ref")
    with pytest.raises(OursError):
        parse_recovered(reply(recovered(ShipmentIdentificationNumber="")))


def test_recovered_labels() -> None:
    found = parse_recovered(reply(recovered("%PDF-1", form="PDF")))
    assert (found.shipment_id, found.numbers, found.labels[0].format) == (FIRST, (FIRST,), LabelFormat.PDF)
    half = recovered(ZPL, ZPL)
    half["LabelRecoveryResponse"]["LabelResults"][1].pop("LabelImage")
    assert parse_recovered(reply(half)).labels == ()
    assert image()["GraphicImage"]


@pytest.mark.parametrize(("code", "found"), [("1", True), ("0", False)])
def test_voided_or_not(code: str, found: bool) -> None:
    answer = {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": code}}}}
    assert was_cancelled(reply(answer)) is found


def test_a_void_that_does_not_say() -> None:
    with pytest.raises(OursError):
        was_cancelled(reply({"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": ""}}}}))


@pytest.mark.parametrize(
    "charges", [None, {}, {"TotalCharges": {"CurrencyCode": "TRY", "MonetaryValue": "yok"}}, {"TotalCharges": {"CurrencyCode": "?", "MonetaryValue": "1"}}]
)  # fmt: skip
def test_prices_that_are_none(charges: Any) -> None:
    made = parse_created(reply(created(ZPL, ShipmentCharges=charges, NegotiatedRateCharges=None)), "ref")
    assert made.price is None


# -- tracking ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "status"), sorted(STATES.items()))
def test_states(kind: str, status: ShipmentStatus) -> None:
    assert status_of_all(parse_packages(reply(tracked(package(kind=kind))))) is status


def test_states_that_are_not_told() -> None:
    (odd,) = parse_packages(reply(tracked(package(kind="ZZ"))))
    assert status_of_all([odd]) is ShipmentStatus.UNKNOWN
    (none,) = parse_packages(reply(tracked(package(FIRST, None, activity("I"), activity("P")))))
    assert status_of_all([none]) is ShipmentStatus.IN_TRANSIT, "the newest move stands first"
    (bare,) = parse_packages(reply(tracked(package(FIRST, None))))
    assert status_of_all([bare]) is ShipmentStatus.UNKNOWN


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ("DD", ShipmentStatus.IN_TRANSIT), ("MM", ShipmentStatus.CREATED), ("ID", ShipmentStatus.IN_TRANSIT),
    ],
)  # fmt: skip
def test_pieces_together(kinds: str, status: ShipmentStatus) -> None:
    told = [package(FIRST, kinds[0]), package(SECOND, kinds[1])]
    found = status_of_all(parse_packages(reply(tracked(*told))))
    assert found is (ShipmentStatus.DELIVERED if kinds == "DD" else status)


def test_report() -> None:
    moves = [
        activity("D", gmt="20261126103000"),
        activity("I", gmt="", at="20261125080000"),
        activity("I", gmt="", at="20261125080000", location={"address": {"city": "Köln", "countryCode": "DE"}}),
        activity("P", gmtDate=None, gmtTime="07:00:00", location=None, status=None),
        activity("X", gmt="", at="")]  # fmt: skip
    data = tracked(package(FIRST, "D", *moves, deliveryInformation={"receivedBy": "KOMŞU"}), package(SECOND, "D"))
    data["trackResponse"]["shipment"][0]["package"][0]["activity"].append(7)
    packages = parse_packages(reply(data))
    report = to_report(packages, "ref")
    assert (report.status, report.tracking_number, report.signed_by) == (ShipmentStatus.DELIVERED, FIRST, "KOMŞU")
    assert report.delivered_at == datetime(2026, 11, 26, 10, 30, tzinfo=UTC)
    assert [one.at.hour for one in report.events] == [10, 5, 8, 10]
    assert report.events[1].place == "İSTANBUL, TR"
    assert report.events[2].place == "Köln, DE"
    assert numbers_of(packages) == [FIRST, SECOND]


def test_called_off_pieces_do_not_count() -> None:
    packages = parse_packages(reply(tracked(package(FIRST, "MV"), package(SECOND, "I", activity("I")))))
    report = to_report(packages, "ref")
    assert (report.status, report.tracking_number) == (ShipmentStatus.IN_TRANSIT, SECOND)
    assert status_of_all(packages[:1]) is ShipmentStatus.CANCELLED


def test_answers_without_a_number() -> None:
    with pytest.raises(OursError):
        parse_packages(reply(tracked(package(""))))
    with pytest.raises(OursError):
        check_tracking(reply({}))
    assert parse_packages(reply({"trackResponse": {"shipment": [{"warnings": []}]}})) == []
    single = {"trackResponse": {"shipment": {"package": package()}}}
    assert len(parse_packages(reply(single))) == 1


# -- prices --------------------------------------------------------------------------------------------------------------
def rated(code: str, total: str, own: str = "", **more: Any) -> dict[str, Any]:
    row = {"Service": {"Code": code}, "TotalCharges": {"CurrencyCode": "TRY", "MonetaryValue": total}, **more}
    if own:
        row["NegotiatedRateCharges"] = {"TotalCharge": {"CurrencyCode": "TRY", "MonetaryValue": own}}
    return row


def test_prices() -> None:
    rows = [
        rated("07", "3000.00", "2500.00", GuaranteedDelivery={"BusinessDaysInTransit": "1"}),
        rated("65", "2000.00", TimeInTransit={"ServiceSummary": {"EstimatedArrival": {"BusinessDaysInTransit": "2"}}}),
        rated("65", "1.00"),
        rated("11", "2100.00", GuaranteedDelivery={"BusinessDaysInTransit": "soon"}),
    ]
    found = parse_rates(reply({"RateResponse": {"RatedShipment": rows}}))
    assert [(one.service, one.price.amount, one.days) for one in found] == [
        ("65", Decimal("2000.00"), 2), ("11", Decimal("2100.00"), None), ("07", Decimal("2500.00"), 1),
    ]  # fmt: skip
    assert len(parse_rates(reply({"RateResponse": {"RatedShipment": rows[0]}}))) == 1
    assert parse_rates(reply({"RateResponse": {"RatedShipment": None}})) == ()
    for bad in (rated("08", "0.00"), rated("", "5.00"), rated("08", "?")):
        with pytest.raises(OursError):
            parse_rates(reply({"RateResponse": {"RatedShipment": [*rows, bad]}}))


def test_the_price_question() -> None:
    call = calls.rates_request(account(), exported(reference=""), TRACE)
    shipment = json.loads(call.body or b"")["RateRequest"]["Shipment"]
    assert shipment["InvoiceLineTotal"] == {"CurrencyCode": "EUR", "MonetaryValue": "149.90"}
    assert shipment["ShipmentTotalWeight"]["Weight"] == "1.7"
    assert call.repeatable
