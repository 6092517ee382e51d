"""DHL Express' rules and answers: what is refused before it is asked, what a way, a price and an error mean. Pure."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import Kind, OursError, YoursError
from app.model import LabelFormat, Money, Parcel, Payer, ShipmentStatus
from providers.cargo import dhl_express_calls as calls
from providers.cargo import dhl_express_wire as wire
from providers.cargo.dhl_express_errors import dhl_errors, is_unknown
from tests.providers.cargo.dhl_express_support import (
    ABROAD,
    EXPORT,
    NOW,
    PDF,
    ZPL,
    account,
    event,
    made,
    problem,
    reply,
    request,
    tracked,
)

S = ShipmentStatus
LONG = "Çok uzun bir sokak adı "


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_name": "", "to_company": ""}, "name"),
        ({"to_name": "x" * 101}, "name"),
        ({"to_company": "x" * 101}, "company"),
        ({"to_city": ""}, "city"),
        ({"to_district": "x" * 46}, "district"),
        ({"to_postcode": "1" * 13}, "postcode"),
        ({"to_street": ""}, "street"),
        ({"to_street": LONG * 7}, "street"),
        ({"to_street": "x" * 46}, "street"),
        ({"to_phone": "12"}, "phone"),
        ({"to_phone": ""}, "phone"),
        ({"to_country": "de", "to_phone": "+49 30 1234567"}, "country"),
        ({"parcels": ()}, "parcels"),
        ({"parcels": (Parcel(1),) * 100}, "parcels"),
        ({"parcels": (Parcel(0, 100, 100, 100),)}, "parcels"),
        ({"parcels": (Parcel(1, 10_000, 10, 10),)}, "parcels"),
        ({"cash_on_delivery": Money.of("10", "TRY")}, "cash_on_delivery"),
        ({"payer": Payer.RECEIVER}, "payer_account"),
        ({"options": {"service": "express!"}}, "service"),
        ({"options": {"email": "nobody"}}, "email"),
        ({"options": {"declared_value": "x"}}, "declared_value"),
        ({"receiver": ABROAD}, "declared_value"),
        ({"receiver": ABROAD, "options": EXPORT, "content": ""}, "content"),
    ],
)
def test_what_dhl_would_refuse(changes: dict[str, Any], field: str) -> None:
    wrong = calls.check_request(account(), request(**changes))
    assert wrong is not None
    assert (wrong.field, wrong.kind) == (field, Kind.YOURS)


def test_what_it_takes() -> None:
    for changes in (
        {},
        {"to_street": LONG * 5, "to_district": ""},
        {"receiver": ABROAD, "options": EXPORT},
        {"receiver": ABROAD, "options": {"goods": "documents"}},
        {"payer": Payer.RECEIVER, "options": {"payer_account": "987"}},
        {"to_postcode": ""},
    ):
        assert calls.check_request(account(), request(**changes)) is None  # type: ignore[arg-type]


def test_only_a_price_needs_less() -> None:
    bare = request(to_name="", to_street="", to_phone="")
    assert calls.check_rates(bare) is None
    for changes, field in (
        ({"to_city": ""}, "city"),
        ({"to_country": "Almanya"}, "country"),
        ({"parcels": (Parcel(),)}, "parcels"),
        ({"parcels": ()}, "parcels"),
    ):
        wrong = calls.check_rates(request(**changes))  # type: ignore[arg-type]
        assert wrong is not None
        assert wrong.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sender_name": ""}, "sender_name"),
        ({"sender_phone": "yok"}, "sender_phone"),
        ({"sender_city": "x" * 46}, "sender_city"),
        ({"sender_street": "x" * 50}, "sender_street"),
    ],
)
def test_a_sender_that_does_not_fit(change: dict[str, str], field: str) -> None:
    with pytest.raises(YoursError) as caught:
        calls.create_request(account(**change), request())
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", field)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), "2026-11-24T12:15:00"),
        (datetime(2026, 11, 24, 13, 0, tzinfo=UTC), "2026-11-25T10:00:00"),
        (datetime(2026, 11, 27, 20, 0, tzinfo=UTC), "2026-11-30T10:00:00"),
        (datetime(2026, 11, 28, 6, 0, tzinfo=UTC), "2026-11-30T10:00:00"),
        (datetime(2026, 11, 29, 22, 30, tzinfo=UTC), "2026-11-30T10:00:00"),
    ],
)
def test_when_a_parcel_is_tendered(now: datetime, day: str) -> None:
    at = calls.planned(now)
    assert at.strftime("%Y-%m-%dT%H:%M:%S") == day
    assert now < at < now + timedelta(days=10)


def test_references() -> None:
    assert calls.reference_key("PX-2026-0001") == "PX-2026-0001"
    odd = calls.reference_key("ş / 1")
    assert len(odd) == 18
    assert odd.isdigit()
    assert odd == calls.reference_key("ş / 1") != calls.reference_key("ş / 2")
    assert len(calls.reference_key("x" * 36)) == 18


def test_turkish_letters_go_as_they_are() -> None:
    body = json.loads(calls.create_request(account(), request()).body or b"")
    receiver = body["customerDetails"]["receiverDetails"]
    assert receiver["contactInformation"] == {
        "phone": "+905551112233",
        "companyName": "Elif Örnek",
        "fullName": "Elif Örnek",
    }
    assert receiver["postalAddress"] == {
        "postalCode": "35040", "cityName": "İzmir", "countryCode": "TR", "countyName": "Bornova",
        "addressLine1": "Çiçek Mah. Şehit Ömer Sok. No:4 D:2",
    }  # fmt: skip
    assert (body["productCode"], body["localProductCode"]) == ("N", "N")
    assert body["content"]["packages"] == [
        {"weight": 1.2, "dimensions": {"length": 20, "width": 15, "height": 10}},
        {"weight": 0.5},
    ]
    assert body["pickup"] == {"isRequested": False}


def test_customs_hear_what_the_merchant_said() -> None:
    one = request(receiver=ABROAD, options={**EXPORT, "incoterm": "DDP", "pickup": "yes"}, invoice_number="FTR1")
    body = json.loads(calls.create_request(account(label_format="zpl", label_dpi="300"), one).body or b"")
    content = body["content"]
    assert (content["declaredValue"], content["declaredValueCurrency"], content["incoterm"]) == (149.9, "EUR", "DDP")
    [line] = content["exportDeclaration"]["lineItems"]
    assert (line["price"], line["quantity"]["value"], line["manufacturerCountry"]) == (74.95, 2, "TR")
    assert line["commodityCodes"] == [{"typeCode": "outbound", "value": "442019"}]
    assert content["exportDeclaration"]["invoice"] == {"number": "FTR1", "date": "2026-11-24"}
    assert [row["typeCode"] for row in body["accounts"]] == ["shipper", "duties-taxes"]
    assert body["pickup"]["isRequested"] is True
    assert body["outputImageProperties"]["encodingFormat"] == "zpl"
    assert body["outputImageProperties"]["printerDPI"] == 300
    assert body["productCode"] == "P"
    papers = json.loads(
        calls.create_request(account(), request(receiver=ABROAD, options={"goods": "documents"})).body or b""
    )
    assert (papers["productCode"], papers["content"]["isCustomsDeclarable"]) == ("D", False)


# -- answers -------------------------------------------------------------------------------------------------------------
def test_labels_come_as_they_are() -> None:
    zpl = {"imageFormat": "ZPL", "content": base64.b64encode(ZPL).decode(), "typeCode": "label"}
    odd = [
        {"imageFormat": "ZPL", "content": "%%%", "typeCode": "label"},
        {"imageFormat": "TIFF", "content": "AAAA", "typeCode": "label"},
        {"imageFormat": "PDF", "content": "", "typeCode": "label"},
        {"imageFormat": "PDF", "content": "AAAA", "typeCode": "invoice"},
    ]
    shipment, pickup = wire.parse_created(
        reply(made(documents=[*odd, zpl, zpl], dispatchConfirmationNumber="PRG1")), "PX-1", 203
    )
    assert [(one.format, one.data, one.dpi) for one in shipment.labels] == [(LabelFormat.ZPL, ZPL, 203)] * 2
    assert (pickup, shipment.barcode) == ("PRG1", "JD014600004617230771 JD014600004617230772")
    assert shipment.tracking_url.endswith("5374534546")
    bare, none = wire.parse_created(
        reply(made(documents=[{**zpl, "imageFormat": "PDF", "typeCode": "waybillDoc"}], packages=[{}])), "PX-1"
    )
    assert ([one.format for one in bare.labels], bare.barcode, none) == ([LabelFormat.PDF], "", "")
    images = {
        "documents": [
            {
                "shipmentTrackingNumber": "5",
                "typeCode": "waybill",
                "encodingFormat": "PDF",
                "content": base64.b64encode(PDF).decode(),
            }
        ]
    }
    assert [one.data for one in wire.parse_images(reply(images))] == [PDF]


@pytest.mark.parametrize(
    "data",
    [
        {},
        made(shipmentTrackingNumber=""),
        made(shipmentTrackingNumber=5),
        [],
        made(shipmentTrackingNumber="0"),
        made(shipmentTrackingNumber="�1"),
    ],
)
def test_a_shipment_without_a_number_is_none(data: Any) -> None:
    with pytest.raises(OursError):
        wire.parse_created(reply(data), "PX-1")


@pytest.mark.parametrize(
    ("codes", "status", "code"),
    [
        ((), S.CREATED, ""),
        (("SA",), S.ACCEPTED, "SA"),
        (("PU", "AF", "DF"), S.IN_TRANSIT, "DF"),
        (("PU", "WC"), S.OUT_FOR_DELIVERY, "WC"),
        (("PU", "WC", "NH"), S.PROBLEM, "NH"),
        (("PU", "OK", "CS"), S.DELIVERED, "OK"),
        (("PU", "OK", "RR"), S.DELIVERED, "OK"),
        (("PU", "ND", "RT"), S.RETURNED, "RT"),
        (("PU", "XY"), S.ACCEPTED, "PU"),
        (("XY",), S.UNKNOWN, ""),
    ],
)
def test_where_a_parcel_is(codes: tuple[str, ...], status: ShipmentStatus, code: str) -> None:
    rows = [event(one, f"2026-11-{25 + n}") for n, one in enumerate(codes)]
    found = wire.parse_found(reply(tracked(*reversed(rows))), "PX-2026-0001")
    assert (found.status, found.code) == (status, code)
    report = wire.to_report("PX-2026-0001", found)
    assert (report.delivered_at is not None) is (status is S.DELIVERED)
    assert [one.at for one in report.events] == sorted(one.at for one in report.events)


def test_times_and_odd_events() -> None:
    rows = [
        event("PU", "2026-11-25", "10:00:00", GMTOffset="+03:00"),
        event("AF", "2026-11-25", "10:00:00", GMTOffset="-05:00"),
        event("OK", "2026-11-26", "09:30:00", signedBy="ELİF Ö", GMTOffset=None),
        event("DF", "yok"),
        event("DF", "2026-13-45"),
        {"typeCode": "DF"},
    ]
    data = tracked(*rows)
    data["shipments"][0]["events"] += ["?", None, 7]
    found = wire.parse_found(reply(data), "PX-2026-0001")
    assert [(code, one.at.isoformat(), one.place) for code, one in found.moves] == [
        ("PU", "2026-11-25T07:00:00+00:00", "ISTANBUL-TR"),
        ("AF", "2026-11-25T15:00:00+00:00", "ISTANBUL-TR"),
        ("OK", "2026-11-26T06:30:00+00:00", "ISTANBUL-TR"),
    ]
    assert (found.signed_by, found.pieces) == ("ELİF Ö", "JD014600004617230771 JD014600004617230772")
    assert found.made_at == datetime(2026, 11, 24, 9, 15, tzinfo=UTC)


def test_the_latest_of_ours_counts() -> None:
    data = tracked(event("PU", "2026-11-25"))
    data["shipments"] += tracked(shipmentTrackingNumber="6", shipmentTimestamp="2026-11-25T10:00:00")["shipments"]
    data["shipments"] += tracked(
        reference="another", shipmentTrackingNumber="7", shipmentTimestamp="2026-11-26T10:00:00"
    )["shipments"]
    assert wire.parse_found(reply(data), "PX-2026-0001").number == "6"
    silent = tracked(shipperReferences=None, pieces="?", shipmentTimestamp=None)
    assert wire.parse_found(reply(silent), "PX-2026-0001").number == "5374534546"
    for bad in (
        {"shipments": []},
        tracked(reference="another"),
        tracked(shipmentTrackingNumber="-"),
        {},
        {"shipments": [{}]},
    ):
        with pytest.raises(OursError):
            wire.parse_found(reply(bad), "PX-2026-0001")


def test_prices() -> None:
    def product(code: str, *prices: tuple[str, str, Any], days: Any = None) -> dict[str, Any]:
        told = [{"currencyType": kind, "priceCurrency": currency, "price": price} for kind, currency, price in prices]
        return {
            "productCode": code,
            "totalPrice": told,
            "weight": {},
            "deliveryCapabilities": {"totalTransitDays": days},
        }

    rows = [
        product("P", ("BASEC", "EUR", 1), ("BILLC", "TRY", 1500.55), days="3"),
        product("8", ("PULCL", "TRY", 900), days=2),
        product("8", ("BILLC", "TRY", 950)),
        product("N", ("BILLC", "TRY", 0)),
        product("X", ("BILLC", "lira", 5)),
        product("", ("BILLC", "TRY", 5)),
        {"productCode": "Y", "totalPrice": []},
        product("D", ("BILLC", "TRY", 700), days="soon"),
    ]
    found = wire.parse_rates(reply({"products": rows}))
    assert [(one.service, one.price, one.days) for one in found] == [
        ("D", Money.of(700, "TRY"), None), ("8", Money.of(900, "TRY"), 2), ("P", Money.of(Decimal("1500.55"), "TRY"), 3),
    ]  # fmt: skip
    assert wire.parse_rates(reply({"products": []})) == ()
    for bad in (
        {},
        {"products": [*rows, None]},
        {"products": [product("P", ("BILLC", "TRY", "x"))]},
        {"products": [product("[]")]},
        {"products": [{"productCode": "Y"}]},
    ):
        with pytest.raises(OursError):
            wire.parse_rates(reply(bad))


# -- errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "data", "code", "field"),
    [
        (400, problem(400, "998: ShipTimeStamp is not well formatted."), "item.refused", "ship_date"),
        (400, problem(400, "7008: The requested Special Service Code is not available"), "item.refused", "service"),
        (400, problem(400, "8003: Account not allowed for this service."), "auth.forbidden", "account_number"),
        (400, problem(400, "The account number is not found or invalid."), "config.field", "account_number"),
        (400, problem(400, "Account 123 is closed."), "auth.suspended", ""),
        (403, problem(403, "IP address 203.0.113.7 is not allowed"), "auth.ip_not_allowed", ""),
        (403, problem(403, "Access from 203.0.113.7 is not allowed"), "auth.ip_not_allowed", ""),
        (403, problem(403, "Forbidden"), "auth.forbidden", ""),
        (404, b"not here", "config.wrong_url", ""),
        (400, problem(400, "420504: The postal code is not valid"), "address.refused", "postcode"),
        (400, problem(400, "cityName IZMR not found"), "address.refused", "city"),
        (
            422,
            problem(
                422, "Multiple problems found", additionalDetails=["#/content/packages/0/weight: 0 is below 0.001"]
            ),
            "item.refused",
            "weight",
        ),
        (
            422,
            problem(422, "#/customerDetails/receiverDetails/contactInformation/phone: required"),
            "address.refused",
            "phone",
        ),
        (
            422,
            problem(422, "#/customerDetails/receiverDetails/postalAddress/addressLine1: too long"),
            "address.refused",
            "street",
        ),
        (
            400,
            problem(400, "996: The requested product(s) not available based on your search criteria."),
            "item.refused",
            "service",
        ),
        (400, problem(400, "?"), "item.refused", ""),
        (401, {"reasons": [{"msg": "Invalid Credentials"}], "details": {"msgId": "1"}}, "auth.refused", "password"),
        (401, {}, "auth.refused", "password"),
        (429, problem(429, "Too many requests"), "rate.limited", ""),
        (500, problem(500, "999: Process failure occurred."), "server.error", ""),
        (500, problem(500, "?"), "server.error", ""),
        (503, {}, "server.unavailable", ""),
        (404, problem(404, "No Shipments Found for ReferenceID | PX"), "item.not_found", ""),
        (404, problem(404, "1504: No document images found for the provided search criteria."), "item.not_found", ""),
        (404, {"message": "no Route matched with those values"}, "config.wrong_url", ""),
        (404, {}, "config.wrong_url", ""),
        (404, b'{"detail": "No sh', "answer.unreadable", ""),
    ],
)
def test_errors(status: int, data: Any, code: str, field: str) -> None:
    wrong = dhl_errors(reply(data, status))
    assert wrong is not None
    assert (wrong.code, wrong.field) == (code, field)
    assert is_unknown(wrong) is (code == "item.not_found")
    assert wrong.status == status


def test_errors_tell_the_address_and_the_number() -> None:
    wrong = dhl_errors(reply(problem(403, "IP address 203.0.113.7 is not allowed"), 403))
    assert wrong is not None
    assert wrong.params == {"address": "203.0.113.7"}
    wrong = dhl_errors(reply(problem(400, "8003: Account not allowed for this service."), 400))
    assert wrong is not None
    assert (wrong.vendor_code, wrong.vendor_text) == ("8003", "Account not allowed for this service.")
    assert dhl_errors(reply({"products": []})) is None
    html = reply(b"<html>", 403)
    barred = dhl_errors(html)
    assert barred is not None
    assert barred.code == "auth.ip_not_allowed"


def test_now_is_a_tuesday() -> None:
    assert NOW.weekday() == 1
