"""The pure ends of the Sendeo client: references, districts, field rules, bodies, answers and errors."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.contracts import Message, OursError, ProviderError, YoursError
from app.kit import Reply
from app.model import LabelFormat, Money, Parcel, Payer, ShipmentStatus
from providers.cargo import sendeo_calls as calls
from providers.cargo.sendeo_calls import Place
from providers.cargo.sendeo_wire import (
    STATES,
    check_districts,
    exact,
    fields_of,
    instant,
    is_answer,
    is_unknown,
    parse_labels,
    parse_list,
    read_token,
    record_of,
    result_of,
    said,
    sendeo_errors,
    status_of,
    to_report,
    to_shipment,
    was_cancelled,
)
from tests.providers.cargo.sendeo_support import (
    NOW,
    REQUEST,
    ZPL,
    account,
    envelope,
    labelled,
    record,
    refusal,
    reply,
    request,
)

BORNOVA = calls.check_place(REQUEST)


# -- what is asked -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("reference", ["PX-2026-0001", "2611241234567890", "abc"])
def test_a_good_reference_stays(reference: str) -> None:
    assert calls.reference_no(reference) == reference


@pytest.mark.parametrize("reference", ["ab", "A" * 31, "PX 1", "İŞ1", "", "a/b"])
def test_any_other_is_told_by_a_number(reference: str) -> None:
    key = calls.reference_no(reference)
    assert key == calls.reference_no(reference)
    assert len(key) == 18
    assert key.isdigit()


def test_the_body_of_the_reference_s_example() -> None:
    one = request(parcels=(Parcel(900, 200, 100, 250),), order_number="", note="")
    body = json.loads(calls.create_request(one, BORNOVA).body or b"")
    assert body == {
        "deliveryType": 1, "referenceNo": "PX-2026-0001", "description": "Kupa", "receiver": "Elif Örnek",
        "receiverAddress": "Gül Mah. Lale Sok. 4/2", "receiverCityId": 35, "receiverDistrictId": BORNOVA.district,
        "receiverGSM": "5551112233", "paymentType": 1, "payType": 1, "collectionType": 0, "collectionPrice": 0, "serviceType": 1,
        "barcodeLabelType": 3,
        "products": [{"count": 1, "productCode": "", "description": "Kupa", "deci": 2, "weigth": 1, "deciWeight": 2, "price": 0}],
    }  # fmt: skip


def test_equal_boxes_are_counted() -> None:
    one = request(
        parcels=(Parcel(1001, 200, 100, 151), Parcel(500), Parcel(1001, 200, 100, 151), Parcel(0, 300, 400, 50))
    )
    rows = json.loads(calls.create_request(one, BORNOVA).body or b"")["products"]
    assert [(r["count"], r["deci"], r["weigth"], r["deciWeight"]) for r in rows] == [
        (2, 2, 2, 2),
        (1, 1, 1, 1),
        (1, 2, 1, 2),
    ]


def test_cash_payer_point_mail_waybill_landline() -> None:
    options = {"branch_code": "1001", "email": "e@ornek.example", "waybill_no": "IRS1", "cod_method": "card"}
    one = request(
        cash_on_delivery=Money.of("749.9", "TRY"), payer=Payer.RECEIVER, options=options, to_phone="0212 345 67 89"
    )
    raw = calls.create_request(one, BORNOVA).body or b""
    assert b'"collectionPrice":749.90' in raw
    body = json.loads(raw)
    assert (body["collectionType"], body["payType"], body["deliveryType"], body["receiverBranchCode"]) == (
        2,
        2,
        5,
        "1001",
    )
    assert (body["receiverPhone"], body["receiverEmail"], body["dispatchNoteNumber"]) == (
        "2123456789",
        "e@ornek.example",
        "IRS1",
    )
    cash = request(cash_on_delivery=Money.of("1", "TRY"))
    assert json.loads(calls.create_request(cash, BORNOVA).body or b"")["collectionType"] == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_name": "A"}, "name"),
        ({"to_street": "Gül"}, "street"),
        ({"to_street": "x" * 201}, "street"),
        ({"to_phone": "+49 170 1234567"}, "phone"),
        ({"to_country": "DE"}, "country"),
        ({"to_city": "Atlantis"}, "city"),
        ({"to_district": "Bornowa"}, "district"),
        ({"to_district": ""}, "district"),
        ({"to_district": "Kadıköy"}, "district"),
        ({"parcels": ()}, "parcels"),
        ({"parcels": (Parcel(1200), Parcel())}, "parcels"),
        ({"parcels": (Parcel(501_000),)}, "parcels"),
        ({"cash_on_delivery": Money.of("5000.01", "TRY")}, "cash_on_delivery"),
        ({"cash_on_delivery": Money.of("0", "TRY")}, "cash_on_delivery"),
        ({"cash_on_delivery": Money.of("10", "EUR")}, "cash_on_delivery"),
        ({"options": {"cod_method": "moon"}}, "cod_method"),
        ({"options": {"branch_code": "Şişli"}}, "branch_code"),
    ],
)
def test_what_sendeo_would_refuse_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(YoursError) as caught:
        calls.check_place(request(**changes))
    wrong = caught.value.message
    assert (wrong.field, wrong.params["field"]) == (field, field)
    assert wrong.code in ("address.refused", "config.field")


def test_the_nearest_names_are_told() -> None:
    for changes, near in (
        ({"to_district": "Bornowa"}, "Bornova"),
        ({"to_city": "İstambol"}, "İstanbul"),
        ({"to_district": "karsiyaka mah"}, "Karşıyaka"),
    ):
        wrong = calls.place_of(request(**changes).receiver)
        assert isinstance(wrong, Message)
        assert near in wrong.vendor_text.split(", ")


@pytest.mark.parametrize(
    ("city", "district", "place"),
    [
        ("İZMİR", "bornova", BORNOVA),
        ("izmir", "BORNOVA", BORNOVA),
        ("Izmır", "Bornova (Merkez)", BORNOVA),
        ("Aksaray", "Merkez", Place(68, 1069098)),
        ("Kilis", "MERKEZ", Place(79, 1068747)),
        ("İstanbul", "Şişli", None),
    ],
)
def test_places_whatever_their_case(city: str, district: str, place: Place | None) -> None:
    found = calls.place_of(request(to_city=city, to_district=district).receiver)
    assert isinstance(found, Place)
    assert place is None or found == place


def test_the_list_is_asked_for_a_span() -> None:
    body = json.loads(calls.list_request(["a", "b"], NOW).body or b"")
    assert (body["ShipmentStartDate"], body["ShipmentEndDate"]) == ("2026-05-28T00:00:00", "2026-11-26T00:00:00")
    assert body["CustomerReferenceNumbers"] == ["a", "b"]


# -- errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "text", "status", "operation", "standard", "field"),
    [
        (102, "Referans boş", 500, "create", "item.refused", "reference"),
        (103, "Tip", 500, "create", "request.refused", ""),
        ("104", "Ürün", 500, "create", "item.refused", "parcels"),
        (105, "Ödeme", 500, "create", "item.refused", "cash_on_delivery"),
        (411, "Tahsilat", 500, "create", "item.refused", "cash_on_delivery"),
        (201, "Alıcı adı boş olamaz.", 500, "create", "address.refused", "name"),
        (202, "Alıcı adresi geçersiz.", 500, "create", "address.refused", "street"),
        (203, "Alıcı ili geçersiz.", 500, "create", "address.refused", "city"),
        (204, "Alıcı ilçesi geçersiz.", 500, "create", "address.refused", "district"),
        (205, "Alıcı telefonu geçersiz.", 500, "create", "address.refused", "phone"),
        (207, "?", 500, "create", "address.refused", ""),
        (301, "Gönderici", 500, "create", "request.refused", ""),
        (106, "Daha önce", 500, "create", "item.refused", ""),
        (701, "Anahtar", 500, "track", "request.refused", "reference"),
        (702, "Yok", 500, "find", "item.not_found", "reference"),
        (702, "Yok", 200, "find", "item.not_found", "reference"),
        (703, "Alınmış", 500, "cancel", "item.conflict", ""),
        (401, "Token", 401, "find", "auth.refused", "sifre"),
        (401, "Token", 500, "find", "auth.refused", "sifre"),
        (401, "Kullanıcı adı veya şifre hatalı.", 401, "token", "auth.refused", "sifre"),
        (403, "203.0.113.7 IP adresinin erişim yetkisi yoktur.", 403, "create", "auth.ip_not_allowed", ""),
        (403, "Yetki yok", 403, "create", "auth.forbidden", ""),
        (500, "Müşteri hesabınız kapalıdır.", 500, "create", "auth.suspended", ""),
        (500, "Object reference not set", 500, "create", "server.error", ""),
        (503, "Servis", 500, "create", "server.error", ""),
        (None, "?", 500, "create", "server.error", ""),
        (400, "Bad", 400, "create", "request.refused", ""),
        (429, "Yavaş", 429, "find", "rate.limited", ""),
    ],
)
def test_errors(code: Any, text: str, status: int, operation: str, standard: str, field: str) -> None:
    wrong = sendeo_errors(refusal(code, text, status, operation))
    assert wrong is not None
    assert (wrong.code, wrong.field) == (standard, field)
    assert wrong.vendor_text == text
    assert is_unknown(wrong) == (code == 702)


@pytest.mark.parametrize("code", [200, "200", 0, None, ""])
def test_a_good_answer(code: Any) -> None:
    assert sendeo_errors(reply(envelope([], code))) is None


def test_what_is_no_envelope_is_left_to_the_status() -> None:
    for body in (b"Internal", b"[]", b"null"):
        wrong = sendeo_errors(reply(body, 500))
        assert wrong is not None
        assert wrong.code == "server.error"
    bare = sendeo_errors(reply(b"", 503))
    assert bare is not None
    assert bare.code == "server.unavailable"
    assert sendeo_errors(reply(b" ")) is None
    page = sendeo_errors(Reply(500, {"content-type": "text/html"}, b"<html>", "find"))
    assert page is not None
    assert page.code == "server.error"
    long = sendeo_errors(reply(b" " * 70_000 + b"{}", 500))
    assert long is not None
    assert long.code == "server.error"


def test_which_500_is_an_answer() -> None:
    for code, found in ((702, True), (204, True), (106, True), (500, False), (None, False)):
        assert is_answer(500, refusal(code).body) is found
    assert is_answer(500, refusal(500, "Müşteri hesabınız kapalıdır.").body)
    assert not is_answer(502, refusal(702).body)
    for body in (b"Internal", b"", b"[" * 60_000, b" " * 70_000):
        assert not is_answer(500, body)


# -- reading -------------------------------------------------------------------------------------------------------------
def test_names_in_any_case_and_numbers_in_quotes() -> None:
    fields = fields_of(b'{"TrackingNO": 17, "STATE": "101", "empty": null, "list": [1], "blank": " x "}')
    assert (said(fields, "trackingno"), said(fields, "state"), said(fields, "empty", "list", "state")) == (
        "17",
        "101",
        "101",
    )
    assert (exact(fields, "blank"), said(fields, "blank"), said(fields, "nothing")) == (" x ", "x", "")


@pytest.mark.parametrize("data", [{}, envelope(None), {"RESULT": None}, [], None, b"{"])
def test_no_result(data: Any) -> None:
    with pytest.raises(OursError):
        result_of(reply(data))


def test_a_result_in_capitals() -> None:
    assert bytes(result_of(reply({"RESULT": [1]}))) == b"[1]"
    for bad in (envelope([1]), envelope("x"), envelope(3)):
        with pytest.raises(OursError):
            record_of(reply(bad))


def test_token() -> None:
    token = read_token(account(), reply(envelope({"Token": "abc", "CustomerId": 5})))
    assert (token.access.reveal(), token.expires_at) == ("abc", NOW + timedelta(hours=20))
    for data, status, code in (
        (envelope({"Token": ""}), 200, "answer.field_missing"),
        (envelope(None, 401, "hatalı"), 401, "auth.refused"),
        (envelope(None), 200, "answer.field_missing"),
    ):
        with pytest.raises(ProviderError) as caught:
            read_token(account(), reply(data, status, "token"))
        assert caught.value.message.code == code


def test_districts_prove_the_connection() -> None:
    check_districts(reply(envelope([{"DistrictId": 1}])))
    for result in ([], [{}], [{"DistrictId": None}]):
        with pytest.raises(OursError):
            check_districts(reply(envelope(result)))


@pytest.mark.parametrize(("result", "found"), [({"IsSuccess": True}, True), ({"isSuccess": "False"}, False)])
def test_cancelled_or_not(result: Any, found: bool) -> None:
    assert was_cancelled(reply(envelope(result))) is found


def test_a_cancellation_that_does_not_say() -> None:
    with pytest.raises(OursError):
        was_cancelled(reply(envelope({"IsSuccess": None})))


# -- labels --------------------------------------------------------------------------------------------------------------
def test_one_label_a_piece_as_it_came() -> None:
    text = f" {ZPL}\r\n"
    made = parse_labels(reply(envelope(labelled(BarcodeZpls=[text, ZPL]))), "ref")
    assert [(one.format, one.data) for one in made.labels] == [
        (LabelFormat.ZPL, text.encode()),
        (LabelFormat.ZPL, ZPL.encode()),
    ]
    assert (made.reference, made.tracking_number, made.barcode) == ("ref", "171999863748", "171999863748001")
    assert made.tracking_url.startswith("https://")


def test_one_label_for_all_and_base64() -> None:
    packed = base64.b64encode(ZPL.encode()).decode()
    for text, data in ((ZPL, ZPL.encode()), (packed, ZPL.encode()), ("AAAA", b"AAAA"), ("not base64!", b"not base64!")):
        made = parse_labels(reply(envelope(labelled(BarcodeZpls=None, BarcodeZpl=text))), "ref")
        assert [one.data for one in made.labels] == [data]


@pytest.mark.parametrize(
    "changes", [{"BarcodeZpls": None}, {"BarcodeZpls": []}, {"BarcodeZpls": [ZPL, ""]}, {"BarcodeZpls": [ZPL, 5]}]
)
def test_labels_that_are_missing(changes: dict[str, Any]) -> None:
    made = parse_labels(reply(envelope(labelled(**changes, BarcodeNumbers=None, TrackingUrl="http://x"))), "ref")
    assert (made.labels, made.barcode, made.tracking_url) == ((), "", "")


def test_a_delivery_without_a_number_is_none() -> None:
    for number in (None, "", "0", "-"):
        with pytest.raises(OursError) as caught:
            parse_labels(reply(envelope(labelled(TrackingNumber=number))), "ref")
        assert caught.value.message.field == "TrackingNumber"


# -- deliveries ----------------------------------------------------------------------------------------------------------
def test_the_list_by_reference() -> None:
    rows = [record(reference="a"), record(139, "b"), record(101, "b"), record(109, "c"), record(139, "c")]
    found = parse_list(reply(envelope(rows)))
    assert {key: said(row, "state") for key, row in found.items()} == {"a": "101", "b": "101", "c": "109"}
    assert parse_list(reply(envelope([]))) == {}
    for bad in (record(reference=""), record(None), "x"):  # type: ignore[arg-type]
        with pytest.raises(OursError):
            parse_list(reply(envelope([bad])))


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (101, ShipmentStatus.CREATED),
        ("102", ShipmentStatus.ACCEPTED),
        (138, ShipmentStatus.ACCEPTED),
        (103, ShipmentStatus.IN_TRANSIT),
        (108, ShipmentStatus.IN_TRANSIT),
        (119, ShipmentStatus.IN_TRANSIT),
        (126, ShipmentStatus.IN_TRANSIT),
        (109, ShipmentStatus.OUT_FOR_DELIVERY),
        (111, ShipmentStatus.DELIVERED),
        (112, ShipmentStatus.PROBLEM),
        (115, ShipmentStatus.PROBLEM),
        (117, ShipmentStatus.PROBLEM),
        (118, ShipmentStatus.PROBLEM),
        (120, ShipmentStatus.PROBLEM),
        (130, ShipmentStatus.PROBLEM),
        (131, ShipmentStatus.PROBLEM),
        (136, ShipmentStatus.PROBLEM),
        (143, ShipmentStatus.PROBLEM),
        (133, ShipmentStatus.CANCELLED),
        (139, ShipmentStatus.CANCELLED),
        (140, ShipmentStatus.CREATED),
        (151, ShipmentStatus.RETURNED),
        (110, ShipmentStatus.UNKNOWN),
    ],
)
def test_states(state: Any, status: ShipmentStatus) -> None:
    fields = fields_of(json.dumps(record(state)).encode())
    assert status_of(fields) is status
    assert to_shipment("ref", fields).vendor_status == str(state)


def test_every_state_of_the_reference_is_known() -> None:
    told = [
        *range(101, 110),
        *range(111, 116),
        117,
        118,
        119,
        120,
        126,
        130,
        131,
        133,
        134,
        135,
        136,
        138,
        139,
        140,
        143,
        151,
    ]
    assert set(STATES) == {str(one) for one in told}


@pytest.mark.parametrize(
    ("amount", "price"), [(89.90, "89.90"), ("89,90", "89.90"), (0, ""), ("?", ""), (None, ""), ("1e40", "")]
)
def test_prices(amount: Any, price: str) -> None:
    found = to_shipment("ref", fields_of(json.dumps(record(CargoAmount=amount)).encode())).price
    assert (found.text() if found is not None else "") == price


@pytest.mark.parametrize(
    ("text", "found"),
    [("24/11/2026 18:01:31", datetime(2026, 11, 24, 15, 1, 31, tzinfo=UTC)), ("31/02/2026 10:00:00", None), ("2026-11-24", None), ("", None)],
)  # fmt: skip
def test_instants(text: str, found: datetime | None) -> None:
    assert instant(text) == found


def test_a_report() -> None:
    rows = [
        {"StatusDate": "26/11/2026 00:01:31", "StatusId": 111, "Status": "Teslim Edildi", "Description": "Elif Örnek"},
        {
            "StatusDate": "24/11/2026 12:00:00",
            "StatusId": "101",
            "Status": "Sipariş Alındı",
            "Description": "Sipariş Alındı",
        },
        {"StatusDate": "25/11/2026 12:00:00", "StatusId": 777, "Status": "", "Description": "Özel"},
        {"StatusDate": "?", "StatusId": 103},
        "x",
    ]
    report = to_report(reply(envelope(record(111, statusHistories=rows))), "ref")
    assert [(one.status, one.text) for one in report.events] == [
        (ShipmentStatus.CREATED, "Sipariş Alındı"),
        (ShipmentStatus.UNKNOWN, "Özel"),
        (ShipmentStatus.DELIVERED, "Teslim Edildi: Elif Örnek"),
    ]
    assert report.delivered_at == datetime(2026, 11, 25, 21, 1, 31, tzinfo=UTC)
    assert (report.reference, report.tracking_number, report.vendor_status) == ("ref", "171999863748", "111")


def test_a_report_without_its_history() -> None:
    for rows in (None, [], "x"):
        report = to_report(reply(envelope(record(111, statusHistories=rows))), "ref")
        assert (report.events, report.delivered_at) == ((), datetime(2026, 11, 25, 21, 1, 31, tzinfo=UTC))
    assert to_report(reply(envelope(record(109))), "ref").delivered_at is None
    with pytest.raises(OursError):
        to_report(reply(envelope(record(None))), "ref")  # type: ignore[arg-type]
