"""The pure ends of the DHL eCommerce Türkiye client: references, field rules, bodies, answers and errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from app.contracts import OursError, ProviderError, YoursError
from app.http.lib import httpx
from app.kit import Reply
from app.model import Address, LabelFormat, Money, Parcel, Payer, ShipmentStatus
from providers.cargo import mng_calls as calls
from providers.cargo.mng_errors import PRODUCTS, exact, is_answer, is_refusal, is_unknown, mng_errors, said
from providers.cargo.mng_wire import (
    MoveWire,
    OrderWire,
    ShipmentWire,
    StatusWire,
    check_created,
    goes_to,
    goods_in,
    instant,
    parse_labels,
    parse_order,
    parse_places,
    read_token,
    single,
    to_report,
    to_shipment,
)
from tests.providers.cargo.mng_support import (
    BORNOVA,
    NOW,
    REQUEST,
    ZPL,
    account,
    barcodes,
    error,
    order,
    reply,
    request,
    shipment,
)


# -- what is asked -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("reference", ["PX20260001", "2611241234567890", "ABC"])
def test_a_good_reference_is_the_key(reference: str) -> None:
    assert calls.order_key(reference) == reference


@pytest.mark.parametrize("reference", ["px1", "ab", "A" * 21, "PX-1", "İŞ1", "", "A B"])
def test_any_other_is_told_by_a_number(reference: str) -> None:
    key = calls.order_key(reference)
    assert key == calls.order_key(reference)
    assert len(key) == 18
    assert key.isdigit()
    assert key != calls.order_key(reference + "x")


def test_the_body_of_the_reference_s_example() -> None:
    """The example of the reference, field by field."""
    one = request(
        parcels=(Parcel(900, 200, 100, 250),), note="", order_number="", content="Kupa", to_name="ELİF ÖRNEK",
        options={"email": "e@example.invalid"},
    )  # fmt: skip
    body = json.loads(calls.create_request(account(), one, BORNOVA).body or b"")
    assert body == json.loads(
        '{"order":{"referenceId":"PX20260001","barcode":"PX20260001","billOfLandingId":"","isCOD":0,"codAmount":0,'
        '"shipmentServiceType":1,"packagingType":3,"content":"Kupa","smsPreference1":0,"smsPreference2":0,"smsPreference3":0,'
        '"paymentType":1,"deliveryType":1,"description":"Kupa","marketPlaceShortCode":"","marketPlaceSaleCode":""},'
        '"orderPieceList":[{"barcode":"PX20260001_1","desi":2,"kg":1,"content":"Kupa"}],"recipient":{"refCustomerId":"",'
        '"cityCode":35,"districtCode":100,"cityName":"İZMİR","districtName":"BORNOVA","address":"Gül Mah. 4",'
        '"fullName":"ELİF ÖRNEK","mobilePhoneNumber":"5551112233","email":"e@example.invalid","taxOffice":"","taxNumber":""}}'
    )


def test_pieces_are_rounded_up_and_the_least_is_one() -> None:
    goods = calls.goods_of(request(parcels=(Parcel(1001, 200, 100, 151), Parcel(500), Parcel(0, 300, 400, 50))))
    assert [(one.barcode, one.desi, one.kg) for one in goods.pieces] == [
        ("PX20260001_1", 2, 2), ("PX20260001_2", 1, 1), ("PX20260001_3", 2, 1),
    ]  # fmt: skip


def test_cash_payer_branch_waybill() -> None:
    one = request(
        cash_on_delivery=Money.of("749.9", "TRY"),
        payer=Payer.RECEIVER,
        options={"delivery": "branch", "waybill_no": "IRS1"},
    )
    raw = calls.create_request(account(), one, BORNOVA).body or b""
    assert b'"codAmount":749.90' in raw
    found = json.loads(raw)["order"]
    assert (found["isCOD"], found["paymentType"], found["deliveryType"], found["billOfLandingId"]) == (1, 2, 2, "IRS1")
    assert json.loads(calls.barcode_request(calls.goods_of(one)).body or b"")["codAmount"] == 749.9


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_name": "A"}, "name"),
        ({"to_name": "A" * 101}, "name"),
        ({"to_street": "Gül"}, "street"),
        ({"to_street": "x" * 201}, "street"),
        ({"to_phone": "+49 170 1234567"}, "phone"),
        ({"to_phone": ""}, "phone"),
        ({"to_country": "DE"}, "country"),
        ({"to_tax_number": "123"}, "tax_number"),
        ({"to_tax_number": "１２３４５６７８９０"}, "tax_number"),
        ({"options": {"email": "elif"}}, "email"),
        ({"parcels": ()}, "parcels"),
        ({"parcels": (Parcel(),)}, "parcels"),
        ({"parcels": (Parcel(1200), Parcel())}, "parcels"),
        ({"parcels": (Parcel(10_000_000),)}, "parcels"),
        ({"parcels": (Parcel(1),) * 100}, "parcels"),
        ({"cash_on_delivery": Money.of("0", "TRY")}, "cash_on_delivery"),
        ({"cash_on_delivery": Money.of("10", "EUR")}, "cash_on_delivery"),
        ({"options": {"delivery": "moon"}}, "delivery"),
    ],
)
def test_what_the_carrier_would_refuse_names_its_field(changes: dict[str, Any], field: str) -> None:
    wrong = calls.check_request(account(), request(**changes))
    assert wrong is not None
    assert (wrong.field, wrong.params["field"]) == (field, field)
    assert wrong.code in ("address.refused", "config.field")


def test_a_good_request_passes_and_the_email_is_the_connection_s() -> None:
    assert calls.check_request(account(), REQUEST) is None
    wrong = calls.check_request(account(email=""), REQUEST)
    assert wrong is not None
    assert wrong.field == "email"
    company = request(to_name="", to_company="Örnek Ltd.")
    assert calls.receiver_name(company) == "Örnek Ltd."


def test_the_token_request() -> None:
    asked = calls.token_request(account("http://127.0.0.1:1/"))
    assert isinstance(asked, httpx.Request)
    assert str(asked.url) == "http://127.0.0.1:1/mngapi/api/token"
    assert json.loads(asked.content) == {"customerNumber": 123456789, "password": "kalici-sifre", "identityType": 1}
    with pytest.raises(YoursError) as caught:
        calls.token_request(account(customer_number="12a"))
    assert caught.value.message.field == "customer_number"


# -- errors --------------------------------------------------------------------------------------------------------------
GATEWAY = {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": "Cannot find valid subscription for the incoming API request."}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "data", "operation", "code", "field"),
    [
        (400, error("20001", "Varış şubesi bulunamadı"), "label", "item.refused", "district"),
        (500, error("20013"), "create", "auth.refused", "client_id"),
        (400, error("26056"), "create", "address.refused", "tax_number"),
        (500, error("1", "1.2.3.4 IP adresinin tekil barkod yetkisi yok"), "label", "auth.ip_not_allowed", ""),
        (401, error("9", "Müşteri hesabı kapalıdır"), "create", "auth.suspended", ""),
        (401, GATEWAY, "label", "auth.forbidden", "client_id"),
        (401, error("8", "Müşteri numarası veya şifre hatalı"), "token", "auth.refused", "password"),
        (401, {"httpMessage": "Invalid client id or secret."}, "token", "auth.refused", "client_secret"),
        (404, error("2", "Sipariş bulunamadı"), "find", "item.not_found", ""),
        (404, {"error": {"Code": 2, "Message": "Sipariş bulunamadı"}}, "find", "item.not_found", ""),
        (404, {"httpCode": "404", "httpMessage": "Not Found"}, "find", "config.wrong_url", ""),
        (404, b"{", "find", "answer.unreadable", ""),
        (400, error("7", "telefon"), "create", "item.refused", ""),
        (400, {"title": "Bad Request", "detail": "shipmentId", "status": 400}, "cancel", "request.refused", ""),
        (500, error("99", "Beklenmeyen hata"), "create", "server.error", ""),
        (503, error("99"), "create", "server.unavailable", ""),
        (429, {"httpMessage": "Too many IP requests"}, "find", "rate.limited", ""),
        (500, b"", "find", "server.error", ""),
    ],
)
def test_errors(status: int, data: Any, operation: str, code: str, field: str) -> None:
    wrong = mng_errors(reply(data, status, operation))
    assert wrong is not None
    assert (wrong.code, wrong.field) == (code, field)


def test_the_missing_subscription_is_named() -> None:
    for operation, product in PRODUCTS.items():
        wrong = mng_errors(reply(GATEWAY, 401, operation))
        assert wrong is not None
        assert wrong.params["product"] == product


def test_a_good_answer_has_no_error_and_a_page_is_none() -> None:
    assert mng_errors(reply([])) is None
    page = Reply(200, {"content-type": "text/html"}, b"<html>", "find")
    wrong = mng_errors(page)
    assert wrong is not None
    assert wrong.code == "server.html"


def test_plain_text_under_500_is_left_to_the_status() -> None:
    with pytest.raises(msgspec.DecodeError):  # `send` then takes the status alone
        mng_errors(reply(b"Internal", 500))
    assert not is_answer(500, b"Internal")
    assert not is_answer(500, json.dumps(error("99", "Beklenmeyen hata")).encode())
    assert not is_answer(502, json.dumps(error("20013")).encode())
    assert not is_answer(500, b"[" * 60_000)
    assert not is_answer(500, b" " * 70_000)
    assert is_answer(500, json.dumps(error("20013")).encode())
    assert is_answer(500, json.dumps(error("1", "IP yetkisi yok")).encode())


def test_only_the_carrier_s_own_word_says_that_there_is_none() -> None:
    bare, own = mng_errors(reply(b"", 404)), mng_errors(reply(error("2"), 404))
    assert bare is not None
    assert own is not None
    assert (is_unknown(bare), is_unknown(own)) == (False, True)
    assert not is_refusal(own)


def test_plain_values() -> None:
    assert [said(msgspec.Raw(raw)) for raw in (b'" a "', b"12.50", b"null", b"{}", b"[1]", b"true")] == ["a", "12.50", "", "", "", "true"]  # fmt: skip
    assert exact(msgspec.Raw(b'" ^XA\\n"')) == " ^XA\n"


# -- answers -------------------------------------------------------------------------------------------------------------
def test_single_results_with_and_without_an_array() -> None:
    for data in (order(), [order()]):
        assert single(reply(data), OrderWire).order.reference_id == "PX20260001"
    with pytest.raises(OursError) as caught:
        single(reply([]), OrderWire)
    assert caught.value.message.code == "answer.field_missing"
    with pytest.raises(OursError):
        single(reply([None]), OrderWire)


def test_places() -> None:
    cities = [{"code": "35", "name": "İZMİR  35"}, {"code": 34, "name": "İSTANBUL 34"}, {"code": "x", "name": "?"}]
    assert parse_places(reply(cities)) == [(35, "İZMİR 35"), (34, "İSTANBUL 34")]
    with pytest.raises(OursError):
        parse_places(reply([]))


@pytest.mark.parametrize(
    ("ends", "life"),
    [
        ("24.11.2026 20:00:00", timedelta(hours=8)),
        ("24.11.2026 13:00:00", timedelta(hours=1)),
        ("24.11.2026 11:00:00", timedelta(hours=8)),
        ("later", timedelta(hours=8)),
        (None, timedelta(hours=8)),
        ("30.11.2026 13:00:00", timedelta(hours=8)),
    ],
)
def test_tokens(ends: str | None, life: timedelta) -> None:
    token = read_token(account(), reply({"jwt": "ey.x", "jwtExpireDate": ends}))
    assert (token.access.reveal(), token.expires_at) == ("ey.x", NOW + life)


def test_no_token() -> None:
    for data, status, code in (({"jwt": ""}, 200, "answer.field_missing"), (error("8"), 401, "auth.refused")):
        with pytest.raises(ProviderError) as caught:
            read_token(account(), reply(data, status, "token"))
        assert caught.value.message.code == code


def test_an_order_is_ours_and_tells_its_goods() -> None:
    found = parse_order(reply(order(isCOD="1", codAmount="749.90", billOfLandingId="IRS1")), "PX20260001")
    goods = goods_in(found)
    assert goods is not None
    assert (goods.cash, goods.waybill, goods.pieces[0].desi) == (Decimal("749.90"), "IRS1", 2)
    with pytest.raises(OursError):
        parse_order(reply(order("PX2")), "PX20260001")


@pytest.mark.parametrize("pieces", [None, [], [{"barcode": "x", "desi": 0, "kg": 1}], [{"barcode": "x", "desi": 1.5, "kg": 1}], [{"barcode": "x", "desi": "?", "kg": 1}], [{"barcode": "", "desi": 1, "kg": 1}]])  # fmt: skip
def test_goods_that_cannot_be_read_make_no_barcode(pieces: Any) -> None:
    assert goods_in(parse_order(reply({**order(), "orderPieceList": pieces}), "PX20260001")) is None


def test_cash_without_an_amount_makes_no_barcode() -> None:
    assert goods_in(parse_order(reply(order(isCOD=1, codAmount=None)), "PX20260001")) is None
    assert goods_in(parse_order(reply(order(isCOD=True, codAmount="Infinity")), "PX20260001")) is None


def test_where_an_order_goes() -> None:
    found = parse_order(reply(order()), "PX20260001")
    assert goes_to(found, "Elif Örnek", "GÜL MAH. 4")
    assert not goes_to(found, "Elif Örnek", "Lale Sok. 9")
    assert not goes_to(found, "Ayşe Yılmaz", "Gül Mah. 4")
    silent = parse_order(reply({**order(), "recipient": None}), "PX20260001")
    assert goes_to(silent, "Ayşe", "Lale")


def test_created_or_not() -> None:
    check_created(reply([{"orderInvoiceId": "1"}]))
    for data in ([{"orderInvoiceId": ""}], [{}], []):
        with pytest.raises(OursError):
            check_created(reply(data))


def test_labels_keep_their_bytes() -> None:
    text = f" {ZPL}\r\n"
    made = parse_labels(reply(barcodes(text, ZPL)), "ref")
    assert [(one.format, one.data) for one in made.labels] == [
        (LabelFormat.ZPL, text.encode()),
        (LabelFormat.ZPL, ZPL.encode()),
    ]
    assert (made.reference, made.tracking_number, made.barcode) == ("ref", "935351532923", "PX20260001_1")


@pytest.mark.parametrize("texts", [(), (None,), ("",), (ZPL, None)])
def test_a_stack_with_a_hole_is_no_stack(texts: tuple[str | None, ...]) -> None:
    made = parse_labels(reply(barcodes(*texts)), "ref")
    assert (made.labels, made.tracking_number) == ((), "935351532923")


def test_a_barcode_without_a_shipment_is_none() -> None:
    with pytest.raises(OursError) as caught:
        parse_labels(reply([{"shipmentId": "0", "barcodes": []}]), "ref")
    assert caught.value.message.field == "shipmentId"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"shipmentStatusCode": 0}, ShipmentStatus.CREATED),
        ({"shipmentStatusCode": "1"}, ShipmentStatus.CREATED),
        ({"shipmentStatusCode": 2}, ShipmentStatus.IN_TRANSIT),
        ({"shipmentStatusCode": 3}, ShipmentStatus.IN_TRANSIT),
        ({"shipmentStatusCode": 4}, ShipmentStatus.OUT_FOR_DELIVERY),
        ({"shipmentStatusCode": 5}, ShipmentStatus.DELIVERED),
        ({"shipmentStatusCode": 4, "isDelivered": True}, ShipmentStatus.DELIVERED),
        ({"shipmentStatusCode": 6}, ShipmentStatus.PROBLEM),
        ({"shipmentStatusCode": 7}, ShipmentStatus.RETURNED),
        ({"shipmentStatusCode": 8}, ShipmentStatus.PROBLEM),
        ({"shipmentStatusCode": 44}, ShipmentStatus.UNKNOWN),
        ({"shipmentStatusCode": None}, ShipmentStatus.CREATED),
    ],
)
def test_states(changes: dict[str, Any], status: ShipmentStatus) -> None:
    assert to_shipment("ref", single(reply(shipment(**changes)), ShipmentWire), "B").status is status


@pytest.mark.parametrize(("total", "price"), [(122.40, Money.of("122.40", "TRY")), ("122.40", Money.of("122.40", "TRY")), (0, None), ("122,40", None), (None, None), ("1e40", None)])  # fmt: skip
def test_prices(total: Any, price: Money | None) -> None:
    found = to_shipment("ref", single(reply(shipment(finalTotal=total)), ShipmentWire), "B")
    assert (found.price, found.barcode) == (price, "PX20260001_1")


def test_without_pieces_the_order_s_barcode_stands() -> None:
    wire = single(reply({"shipment": {"shipmentId": "1"}}), ShipmentWire)
    assert to_shipment("ref", wire, "PX20260001").barcode == "PX20260001"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("24-11-2026 18:01", datetime(2026, 11, 24, 15, 1, tzinfo=UTC)),
        ("24.11.2026 18:01:30", datetime(2026, 11, 24, 15, 1, 30, tzinfo=UTC)),
        ("24/11/2026", datetime(2026, 11, 23, 21, 0, tzinfo=UTC)),
        ("31-02-2026 10:00", None),
        ("2026-11-24", None),
        ("", None),
        ("01-01-0001 00:00", None),
    ],
)
def test_instants(text: str, found: datetime | None) -> None:
    assert instant(text) == found


def moves(*rows: dict[str, Any]) -> list[MoveWire]:
    return msgspec.json.decode(json.dumps(rows, ensure_ascii=False).encode(), type=list[MoveWire])


def test_a_report() -> None:
    status = {"shipmentStatusCode": 5, "shipmentId": "935351532923", "isDelivered": 1, "deliveryDateTime": "26-11-2026 00:01", "deliveryTo": "ELİF ÖRNEK", "trackingUrl": "https://kargotakip.example/?t=1"}  # fmt: skip
    rows = moves(
        {"eventDateTime": "26-11-2026 00:01", "eventStatus": "Teslim edildi", "location": "BORNOVA"},
        {"eventDateTime": "24-11-2026 18:01", "eventStatus": "Gönderi hazırlandı", "description": "Şubede"},
        {"eventDateTime": "24-11-2026 20:01", "eventStatus": "Şubede teslim alındı"},
        {"eventDateTime": "25-11-2026 09:00", "eventStatus": "2", "description": "Transfer"},
        {"eventDateTime": "25-11-2026 10:00", "eventStatus": "Dağıtıma çıktı"},
        {"eventDateTime": "25-11-2026 11:00", "eventStatus": "Teslim edilemedi"},
        {"eventDateTime": "25-11-2026 12:00", "eventStatus": "İade ediliyor"},
        {"eventDateTime": "?", "eventStatus": "Kayıp"},
    )
    report = to_report("ref", single(reply(status), StatusWire), rows)
    assert [one.status for one in report.events] == [
        ShipmentStatus.CREATED, ShipmentStatus.ACCEPTED, ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY,
        ShipmentStatus.PROBLEM, ShipmentStatus.PROBLEM, ShipmentStatus.DELIVERED,
    ]  # fmt: skip
    assert report.events[0].text == "Gönderi hazırlandı: Şubede"
    assert (report.status, report.signed_by, report.tracking_url) == (ShipmentStatus.DELIVERED, "ELİF ÖRNEK", "https://kargotakip.example/?t=1")  # fmt: skip
    assert report.delivered_at == datetime(2026, 11, 25, 21, 1, tzinfo=UTC)


def test_a_report_of_little() -> None:
    report = to_report("ref", single(reply([{"shipmentStatusCode": 0, "trackingUrl": "http://x"}]), StatusWire), [])
    assert (report.status, report.tracking_number, report.delivered_at, report.tracking_url) == (ShipmentStatus.CREATED, "", None, "")  # fmt: skip
    told = to_report("ref", single(reply({"shipmentStatusCode": 4}), StatusWire), moves({"deliveryTo": "Komşu"}))
    assert told.signed_by == "Komşu"


def test_an_address_is_never_cut() -> None:
    long = "Çok Uzun Mahallesi " * 10
    one = request(to_street=long)
    assert calls.check_request(account(), one) is None
    sent = json.loads(calls.create_request(account(), one, BORNOVA).body or b"")["recipient"]["address"]
    assert sent == long.strip()
    assert isinstance(one.receiver, Address)
