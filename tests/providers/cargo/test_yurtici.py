"""Yurtiçi Kargo's requests, field rules, errors and states, against the reference's element lists. No network."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from app.contracts import (
    Message,
    OursError,
    YoursError,
)
from app.kit import Call, Reply
from app.model import Address, Money, Parcel, Payer, ShipmentRequest, ShipmentStatus
from providers.cargo import yurtici_calls as calls
from providers.cargo.yurtici_calls import Payment, cargo_key, check_request, key_set, key_sets, payment_of
from providers.cargo.yurtici_wire import detail_error, parse_details, to_report, to_shipment, yurtici_errors
from tests.providers.cargo.yurtici_support import (
    KEYS,
    REQUEST,
    account,
    answer,
    created,
    queried,
    reply,
    request,
    state,
)

SENDER = key_set(account(), Payment.SENDER)
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
NS = "{http://yurticikargo.com.tr/ShippingOrderDispatcherServices}"
#: Children of ShippingOrderVO as the reference's createShipment paragraph lists them: required, optional, cash on delivery.
LISTED = [
    "cargoKey",
    "invoiceKey",
    "receiverCustName",
    "receiverAddress",
    "receiverPhone1",
    "receiverPhone2",
    "receiverPhone3",
    "cityName",
    "townName",
    "custProdId",
    "desi",
    "kg",
    "cargoCount",
    "waybillNo",
    "specialField1",
    "specialField2",
    "specialField3",
    "description",
    "emailAddress",
    "taxNumber",
    "taxOfficeId",
    "taxOfficeName",
    "orgReceiverCustId",
    "orgGeoCode",
    "privilegeOrder",
    "ttCollectionType",
    "ttInvoiceAmount",
    "ttDocumentId",
    "ttDocumentSaveType",
    "dcSelectedCredit",
    "dcCreditRule",
]
REQUIRED = {"cargoKey", "invoiceKey", "receiverCustName", "receiverAddress", "receiverPhone1"}
LENGTHS = {
    "cargoKey": 20, "invoiceKey": 20, "receiverCustName": 100, "receiverAddress": 200, "cityName": 40, "townName": 40,
    "waybillNo": 20, "specialField1": 200, "description": 255, "emailAddress": 200, "taxOfficeName": 60,
}  # fmt: skip


def operation(call: Call, name: str) -> list[etree._Element]:
    """The children of the operation element, after checking the envelope around it."""
    assert (call.method, call.path) == ("POST", "/KOPSWebServices/ShippingOrderDispatcherServices")
    assert dict(call.headers) == {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}
    root = etree.fromstring(call.body or b"")
    assert root.tag == f"{SOAP}Envelope"
    body = root.find(f"{SOAP}Body")
    assert body is not None
    [found] = list(body)
    assert found.tag == f"{NS}{name}"
    assert all("{" not in str(e.tag) for e in found.iterdescendants())  # children are unqualified
    return list(found)


def judge_create(call: Call) -> None:
    user, password, language, order = operation(call, "createShipment")
    assert [e.tag for e in (user, password, language, order)] == [
        "wsUserName",
        "wsPassword",
        "userLanguage",
        "ShippingOrderVO",
    ]
    names = [str(e.tag) for e in order]
    assert names == [n for n in LISTED if n in names]
    assert set(names) >= REQUIRED
    for e in order:
        assert e.text
        assert len(e.text) <= LENGTHS.get(str(e.tag), 255)
    cod = [n for n in names if n.startswith("tt")]
    assert cod in ([], ["ttCollectionType", "ttInvoiceAmount", "ttDocumentId", "ttDocumentSaveType"])
    assert ("dcSelectedCredit" in names) == (order.findtext("ttCollectionType") == "1")
    if cod:
        assert len(order.findtext("ttDocumentId", "")) == 12


def judge_query(call: Call) -> None:
    names = [str(e.tag) for e in operation(call, "queryShipment")]
    keys = names.count("keys")
    assert keys >= 1
    assert names == [
        "wsUserName",
        "wsPassword",
        "wsLanguage",
        *["keys"] * keys,
        "keyType",
        "addHistoricalData",
        "onlyTracking",
    ]
    assert call.repeatable is False  # the same key twice within a minute is refused


def judge_cancel(call: Call) -> None:
    assert [e.tag for e in operation(call, "cancelShipment")] == [
        "wsUserName",
        "wsPassword",
        "userLanguage",
        "cargoKeys",
    ]


letters = st.text(st.sampled_from("abcçğıiöşüÇĞİIÖŞÜ"), min_size=5, max_size=30)
free = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=300)
parcels = st.lists(
    st.builds(Parcel, st.integers(0, 90_000), st.integers(0, 900), st.integers(0, 900), st.integers(0, 900)),
    min_size=1,
    max_size=4,
)


@st.composite
def requests(draw: st.DrawFn) -> ShipmentRequest:
    to = Address(
        draw(letters), "", draw(letters) + " Mah. No: 4", draw(letters), draw(letters), "", "35000", "TR", "5551112233",
        draw(letters), draw(st.sampled_from(["", "1234567890", "12345678901"])),
    )  # fmt: skip
    cash = draw(st.none() | st.decimals("0.01", "9999.99", places=2).map(lambda d: Money.of(d, "TRY")))
    options = {"cod_method": draw(st.sampled_from(["cash", "card"]))} | draw(
        st.sampled_from([{}, {"waybill_no": "IRS2026001", "email": "e@example.com"}])
    )
    return ShipmentRequest(
        draw(st.uuids()).hex, to, tuple(draw(parcels)), draw(free), draw(st.sampled_from(["", "F2026000123"])), draw(free),
        Payer.SENDER if cash else draw(st.sampled_from(Payer)), cash, draw(free), options,
    )  # fmt: skip


keys = st.text(st.sampled_from("0123456789"), min_size=6, max_size=20)
REQUESTS: dict[str, tuple[st.SearchStrategy[Call], Callable[[Call], None]]] = {
    "create_request": (st.builds(calls.create_request, st.just(SENDER), requests()), judge_create),
    "query_request": (st.builds(calls.query_request, st.just(SENDER), st.lists(keys, min_size=1, max_size=50), history=st.booleans()), judge_query),
    "cancel_request": (st.builds(calls.cancel_request, st.just(SENDER), keys), judge_cancel),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_every_request_has_the_elements_of_the_reference(name: str) -> None:
    made, judge = REQUESTS[name]

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(made)
    def run(call: Call) -> None:
        judge(call)

    run()


def test_no_request_goes_unjudged() -> None:
    made = {
        n for n, f in vars(calls).items() if n.endswith("_request") and inspect.isfunction(f) and n != "check_request"
    }
    assert made == REQUESTS.keys()


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(requests())
def test_what_is_generated_passes_the_rules(made: ShipmentRequest) -> None:
    assert check_request(made) is None


def test_the_example_of_the_reference() -> None:
    made = request(options={"waybill_no": "IRS2026001"}, parcels=(Parcel(0, 300, 100, 300),))
    assert calls.order_fields(made) == {
        "cargoKey": "2026112400017", "invoiceKey": "F2026000123", "receiverCustName": "Elif Örnek",
        "receiverAddress": "Gül Mah. Lale Sok. No:4 D:2", "receiverPhone1": "05551112233", "cityName": "İzmir",
        "townName": "Bornova", "desi": "3", "cargoCount": "1", "waybillNo": "IRS2026001", "specialField1": "3$1042#",
        "description": "Kazak Zili çalın",
    }  # fmt: skip


def test_weights_and_cash_on_delivery() -> None:
    cash = request(cash_on_delivery=Money.of("749.9", "TRY"))
    fields = calls.order_fields(cash)
    assert (fields["desi"], fields["kg"], fields["cargoCount"]) == ("2", "1.7", "2")
    assert (fields["ttCollectionType"], fields["ttInvoiceAmount"], fields["ttDocumentSaveType"]) == ("0", "749.90", "0")
    card = calls.order_fields(
        request(cash_on_delivery=Money.of("10", "TRY"), options={"cod_method": "card", "instalments": "3"})
    )
    assert (card["ttCollectionType"], card["dcSelectedCredit"], card["dcCreditRule"]) == ("1", "3", "1")
    assert card["ttDocumentId"] == fields["ttDocumentId"]


# -- keys and users ------------------------------------------------------------------------------------------------------
def test_the_key_comes_from_our_reference() -> None:
    assert cargo_key("2026112400017") == "2026112400017"
    long = cargo_key("b3b7c0de" * 4)
    assert len(long) == 18
    assert long.isdigit()
    assert cargo_key("b3b7c0de" * 4) == long != cargo_key("b3b7c0df" * 4)
    assert cargo_key("İADE-17").isdigit()
    assert len({cargo_key(f"{n:032x}") for n in range(2000)}) == 2000


@pytest.mark.parametrize(
    ("made", "payment"),
    [
        (REQUEST, Payment.SENDER),
        (request(payer=Payer.RECEIVER), Payment.RECEIVER),
        (request(cash_on_delivery=Money.of("1", "TRY")), Payment.COD_CASH),
        (request(cash_on_delivery=Money.of("1", "TRY"), options={"cod_method": "card"}), Payment.COD_CARD),
    ],
)
def test_each_way_of_paying_has_its_user(made: ShipmentRequest, payment: Payment) -> None:
    assert payment_of(made) is payment
    assert key_set(account(), payment).user == KEYS[payment.field("username")]


@pytest.mark.parametrize(
    ("changes", "field"), [({"payer": Payer.RECEIVER}, "payer"), ({"options": {"cod_method": "cheque"}}, "cod_method")]
)
def test_ways_of_paying_that_yurtici_does_not_have(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(YoursError) as caught:
        payment_of(request(cash_on_delivery=Money.of("1", "TRY"), **changes))
    assert caught.value.message.field == field


def test_a_missing_user_is_named() -> None:
    bare = {k: v for k, v in KEYS.items() if not k.startswith(("receiver", "cod"))}
    assert [one.payment for one in key_sets(account(keys=bare))] == [Payment.SENDER]
    with pytest.raises(YoursError) as caught:
        key_set(account(keys=bare), Payment.COD_CASH)
    assert caught.value.message.field == "cod_cash_username"
    with pytest.raises(YoursError) as caught:
        key_sets(account(keys={"username": "x"}))
    assert caught.value.message.field == "password"
    assert "N1" not in repr(key_set(account(), Payment.COD_CASH))


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"to_name": "Ali"}, "address.refused", "name"),
        ({"to_name": "12345 abc"}, "address.refused", "name"),
        ({"to_name": "Ş" * 101}, "address.refused", "name"),
        ({"to_name": "", "to_company": "Örnek A.Ş."}, "", ""),
        ({"to_street": "Gül Sk. 4"}, "address.refused", "street"),
        ({"to_street": "x" * 201}, "address.refused", "street"),
        ({"to_phone": "12345"}, "address.refused", "phone"),
        ({"to_phone": "+15125550100"}, "address.refused", "phone"),
        ({"to_phone": "+90 (555) 111 22 33"}, "", ""),
        ({"to_city": "x" * 41}, "address.refused", "city"),
        ({"to_district": "x" * 41}, "address.refused", "district"),
        ({"to_country": "DE"}, "address.refused", "country"),
        ({"invoice_number": "x" * 21}, "config.field", "invoice_number"),
        ({"options": {"waybill_no": "x" * 21}}, "config.field", "waybill_no"),
        ({"options": {"email": "x" * 201}}, "config.field", "email"),
        ({"parcels": ()}, "config.field", "parcels"),
        ({"parcels": (Parcel(10**10),)}, "config.field", "parcels"),
        ({"cash_on_delivery": Money.of("0", "TRY")}, "config.field", "cash_on_delivery"),
        ({"cash_on_delivery": Money.of("5", "EUR")}, "config.field", "cash_on_delivery"),
    ],
)
def test_field_rules(changes: dict[str, Any], code: str, field: str) -> None:
    found = check_request(request(**changes)) or Message("")
    assert (found.code, found.field) == (code, field)


# -- errors --------------------------------------------------------------------------------------------------------------
FAULT = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
    b"<faultstring>%s</faultstring></s:Fault></s:Body></s:Envelope>"
)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (reply(answer("queryShipment", "", "1", "Kullanıcı adı veya şifre hatalı.")), "auth.refused"),
        (reply(answer("queryShipment", "", "1", "")), "auth.refused"),
        (reply(answer("queryShipment", "", "1", "IP adresiniz (203.0.113.7) yetkili değildir.")), "auth.ip_not_allowed"),
        (reply(answer("queryShipment", "", "1", "Dil bilgisi boş olamaz.")), "answer.unexpected"),
        (reply(answer("queryShipment", "", "1", "936 Beklenmeyen hata")), "server.error"),
        (reply(answer("queryShipment", "", "2", "Beklenmeyen hata")), "server.error"),
        (reply(FAULT % b"IP not allowed: 1.2.3.4", 500), "auth.ip_not_allowed"),
        (reply(FAULT % b"null pointer", 500), "server.error"),
        (Reply(403, {}, b"<!DOCTYPE html><html>Forbidden"), "auth.ip_not_allowed"),
        (Reply(200, {}, b"<html>"), "server.html"),
        (Reply(200, {}, b""), "answer.unreadable"),
        (Reply(503, {}, b""), "server.unavailable"),
        (reply(created()), ""),
        (reply(created(errCode="60020")), ""),
        (reply(queried(state(errCode="82519"))), ""),
    ],
)  # fmt: skip
def test_errors_of_a_whole_answer(found: Reply, code: str) -> None:
    assert (yurtici_errors(found) or Message("")).code == code


@pytest.mark.parametrize(
    ("code", "text", "standard", "field"),
    [
        ("60020", "", "item.duplicate", "reference"),
        ("82500", "", "item.refused", "reference"),
        ("82501", "", "item.refused", "invoice_number"),
        ("60018", "", "address.refused", "name"),
        ("82502", "", "address.refused", "street"),
        ("82507", "", "item.refused", "cash_on_delivery"),
        ("82512", "", "config.field", "cod_cash_username"),
        ("82516", "", "address.refused", "phone"),
        ("82519", "", "item.not_found", "reference"),
        ("82526", "", "request.refused", ""),
        ("82526", "Aynı anahtar bir dakika içinde yeniden sorgulanamaz.", "rate.limited", ""),
        ("936", "", "server.error", ""),
        ("99999", "Yeni bir hata", "item.refused", ""),
    ],
)
def test_errors_of_a_key(code: str, text: str, standard: str, field: str) -> None:
    found = parse_details(reply(queried(state(errCode=code, errMessage=text))))["2026112400017"]
    wrong = detail_error(found, "cod_cash_username")
    assert wrong is not None
    assert (wrong.code, wrong.field, wrong.vendor_code) == (standard, field, code)


def test_no_code_and_code_zero_are_both_well() -> None:
    for fields in ({}, {"errCode": "0"}, {"errCode": ""}):
        assert detail_error(parse_details(reply(queried(state(**fields))))["2026112400017"]) is None
    with pytest.raises(OursError):
        parse_details(reply(answer("queryShipment", "", "")))


# -- states --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "item", "status"),
    [
        ({"operationStatus": "NOP"}, "", ShipmentStatus.CREATED),
        ({"operationCode": "0"}, "", ShipmentStatus.CREATED),
        ({"operationStatus": "ISR"}, "", ShipmentStatus.ACCEPTED),
        ({"operationStatus": "IND"}, "", ShipmentStatus.IN_TRANSIT),
        ({"operationStatus": "DLV"}, "<returnStatus>1</returnStatus>", ShipmentStatus.DELIVERED),
        ({"operationStatus": "DLV"}, "<returnStatus>3</returnStatus>", ShipmentStatus.RETURNED),
        ({"operationStatus": "IND"}, "<rejectStatus>9</rejectStatus>", ShipmentStatus.RETURNED),
        ({"operationStatus": "IND"}, "<rejectStatus>1</rejectStatus>", ShipmentStatus.PROBLEM),
        ({"operationStatus": "IND"}, "<rejectStatus>7</rejectStatus>", ShipmentStatus.IN_TRANSIT),
        ({"operationStatus": "CNL"}, "", ShipmentStatus.CANCELLED),
        ({"operationStatus": "ISC"}, "", ShipmentStatus.CANCELLED),
        ({"operationStatus": "BI"}, "", ShipmentStatus.PROBLEM),
        ({"operationStatus": "XYZ"}, "", ShipmentStatus.UNKNOWN),
    ],
)
def test_states(fields: dict[str, str], item: str, status: ShipmentStatus) -> None:
    [found] = parse_details(reply(queried(state(item=item, **fields)))).values()
    assert to_report("r", found).status is status
    assert to_shipment("r", found, "sender").status is status


def test_events_are_in_turkish_time_and_in_order() -> None:
    def event(day: str, time: str, name: str, reason: str = "") -> str:
        return (
            f"<invDocCargoVOArray><unitName>ÇAĞLAYAN</unitName><eventName>{name}</eventName><reasonName>{reason}</reasonName>"
            f"<eventDate>{day}</eventDate><eventTime>{time}</eventTime><cityName>İstanbul</cityName></invDocCargoVOArray>"
        )

    item = (
        "<docId>723347347957</docId><deliveryDate>20261125</deliveryDate><deliveryTime>171216</deliveryTime>"
        "<receiverInfo>Elif Örnek</receiverInfo><totalAmount>114,50</totalAmount>"
        + event("20261125", "171216", "Teslim Edildi")
        + event("20261125", "", "Dağıtıma Çıktı")
        + event("20261124", "151216", "Kargo Teslim Alındı")
        + event("kırık", "151216", "?")
        + event("20261124", "200000", "Yükleme Yapıldı", "Hava")
    )
    [found] = parse_details(reply(queried(state(item=item, operationStatus="DLV")))).values()
    report = to_report("r", found)
    assert [(e.at, e.status) for e in report.events] == [
        (datetime(2026, 11, 24, 12, 12, 16, tzinfo=UTC), ShipmentStatus.ACCEPTED),
        (datetime(2026, 11, 24, 17, 0, tzinfo=UTC), ShipmentStatus.IN_TRANSIT),
        (datetime(2026, 11, 24, 21, 0, tzinfo=UTC), ShipmentStatus.OUT_FOR_DELIVERY),
        (datetime(2026, 11, 25, 14, 12, 16, tzinfo=UTC), ShipmentStatus.DELIVERED),
    ]
    assert (report.events[1].text, report.events[1].place) == ("Yükleme Yapıldı: Hava", "ÇAĞLAYAN, İstanbul")
    assert report.delivered_at == datetime(2026, 11, 25, 14, 12, 16, tzinfo=UTC)
    assert (report.tracking_number, report.signed_by) == ("723347347957", "Elif Örnek")
    assert report.tracking_url.endswith("?code=723347347957")
    shipment = to_shipment("r", found, "sender")
    assert shipment.price == Money(Decimal("114.50"), "TRY")
    [odd] = parse_details(reply(queried(state(item="<totalAmount>?</totalAmount>", operationStatus="IND")))).values()
    assert to_shipment("r", odd, "sender").price is None
