"""Aras Kargo's answers: errors, orders, labels and rows. No network."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from app.contracts import Message, OursError, ProviderError, TheirsError, YoursError
from app.kit import Reply
from app.model import LabelFormat, ShipmentStatus
from providers.cargo.aras_wire import (
    Result,
    aras_errors,
    by_code,
    parse_cancelled,
    parse_created,
    parse_labels,
    parse_order,
    parse_rows,
    result_error,
    to_report,
    to_shipment,
)
from tests.providers.cargo.aras_support import (
    CODE,
    answer,
    asked,
    cancelled,
    created,
    fault,
    fields,
    known,
    label,
    reply,
    row,
    rows,
)

PAGE = "<html><body><h1>403</h1><p>IP adresi yetkili değil: 203.0.113.7</p></body></html>".encode()


# -- errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "code", "field"),
    [
        (Reply(403, {"content-type": "text/html"}, PAGE), "auth.ip_not_allowed", ""),
        (reply(b"IP 203.0.113.7 not allowed", 403), "auth.ip_not_allowed", ""),
        (reply(b"", 403), "auth.forbidden", ""),
        (reply(fault("203.0.113.7 IP adresi yetkili değil."), 500), "auth.ip_not_allowed", ""),
        (reply(fault("Kullanıcı adı veya şifre hatalı."), 500), "auth.refused", "query_password"),
        (reply(fault("Müşteri kodu hatalı."), 500), "auth.refused", "customer_code"),
        (reply(fault("Müşteri hesabı kapalıdır."), 500), "auth.suspended", ""),
        (reply(fault("null pointer"), 500), "server.error", ""),
        (reply(b"", 503), "server.unavailable", ""),
        (reply(b""), "answer.unreadable", ""),
        (Reply(200, {}, b"<html>"), "server.html", ""),
        (reply(created()), "", ""),
        (reply(created("1000", "Kullanıcı adı veya şifre hatalı.")), "", ""),
    ],
)
def test_errors_of_a_whole_answer(found: Reply, code: str, field: str) -> None:
    wrong = aras_errors(found) or Message("")
    assert (wrong.code, wrong.field) == (code, field)
    if code == "auth.ip_not_allowed":
        assert wrong.params["address"] == "203.0.113.7"
        assert "203.0.113.7" in wrong.vendor_text


@pytest.mark.parametrize(
    ("code", "text", "standard", "field"),
    [
        ("0", "", "", ""),
        ("935", "", "address.refused", "phone"),
        ("936", "", "server.error", ""),
        ("937", "", "item.refused", "reference"),
        ("938", "", "address.refused", "street"),
        ("939", "", "address.refused", "name"),
        ("940", "", "address.refused", "city"),
        ("941", "", "address.refused", "district"),
        ("942", "", "item.refused", "payer"),
        ("1000", "", "auth.refused", "order_password"),
        ("-2", "", "auth.refused", "order_password"),
        ("1001", "Müşteri hesabı entegrasyona kapalıdır.", "auth.suspended", ""),
        ("1002", "Tanım eksik", "auth.forbidden", ""),
        ("1002", "IP adresi 203.0.113.7 tanımlı değil", "auth.ip_not_allowed", ""),
        ("60020", "", "item.conflict", ""),
        ("60021", "", "request.refused", ""),
        ("70019", "", "item.refused", ""),
        ("70022", "", "item.refused", "parcels"),
        ("70027", "", "item.duplicate", "reference"),
        ("999", "", "item.conflict", ""),
        ("-1", "", "item.not_found", "reference"),
        ("-3", "Barkod servisi için yetkiniz bulunmamaktadır.", "auth.forbidden", ""),
        ("4711", "Yeni bir hata", "item.refused", ""),
    ],
)
def test_errors_of_an_order(code: str, text: str, standard: str, field: str) -> None:
    wrong = result_error(Result(code, text)) or Message("")
    assert (wrong.code, wrong.field) == (standard, field)


# -- orders --------------------------------------------------------------------------------------------------------------
def test_what_became_of_an_order() -> None:
    assert parse_created(reply(created()), CODE) == Result("0")
    assert parse_created(reply(created("70027", "Barkod kullanılmış")), CODE) == Result("70027", "Barkod kullanılmış")
    assert parse_created(reply(created(code="")), CODE) == Result("0")  # the document names no code in the answer
    for silent in (created(code="99"), answer("SetOrder", ""), answer("GetOrder", ""), created(result="")):
        with pytest.raises(OursError):
            parse_created(reply(silent), CODE)


def test_whether_an_order_is_known() -> None:
    assert parse_order(reply(known(CODE, f"{CODE}01", f"{CODE}02")), CODE) == (f"{CODE}01", f"{CODE}02")
    assert parse_order(reply(known(CODE)), CODE) == ()
    assert parse_order(reply(known("999999", "99999901")), CODE) is None
    assert parse_order(reply(asked()), CODE) is None
    assert parse_order(reply(asked("-1")), CODE) is None
    for code, kind in (("1000", YoursError), ("936", TheirsError), ("4711", YoursError)):
        with pytest.raises(kind):  # what we do not understand is not "no such order"
            parse_order(reply(asked(code, "?")), CODE)
    with pytest.raises(OursError):
        parse_order(reply(answer("GetOrderWithIntegrationCode", "")), CODE)


@pytest.mark.parametrize(("said", "code"), [("0", "0"), ("1", "0"), ("-1", "-1"), ("999", "999")])
def test_cancellations_come_as_a_number_or_with_a_sentence(said: str, code: str) -> None:
    assert parse_cancelled(reply(cancelled(said))).code == code
    assert parse_cancelled(reply(cancelled(said, "Tamam"))) == Result(code, "Tamam")
    with pytest.raises(OursError):
        parse_cancelled(reply(cancelled("")))


# -- labels --------------------------------------------------------------------------------------------------------------
ZPL = "^XA^FDÖrnek^FS^XZ\n"


def test_labels_keep_their_bytes() -> None:
    both = label(ZebraZpl=ZPL, ZebraPdf=base64.b64encode(b"%PDF-1.4 x").decode())
    (zpl,) = parse_labels(reply(both), LabelFormat.ZPL)
    assert (zpl.format, zpl.data, zpl.dpi) == (LabelFormat.ZPL, ZPL.encode(), 203)
    (pdf,) = parse_labels(reply(both), LabelFormat.PDF)
    assert (pdf.format, pdf.data) == (LabelFormat.PDF, b"%PDF-1.4 x")
    (coded,) = parse_labels(reply(label(ZebraZpl=base64.b64encode(ZPL.encode()).decode())), LabelFormat.ZPL)
    assert coded.data == ZPL.encode()
    assert parse_labels(reply(label()), LabelFormat.PDF) == ()
    assert parse_labels(reply(label(ZebraZpl=" ", ZebraPdf="")), LabelFormat.ZPL) == ()
    with pytest.raises(ProviderError) as caught:
        parse_labels(reply(label(ZebraPdf="%PDF?")), LabelFormat.PDF)
    assert caught.value.message.code == "label.broken"
    with pytest.raises(ProviderError) as caught:
        parse_labels(reply(label("-3", ResultMessage="Yetkiniz yok")), LabelFormat.PDF)
    assert caught.value.message.code == "auth.forbidden"


# -- the way -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"DURUM_KODU": "1"}, ShipmentStatus.ACCEPTED),
        ({"DURUM_KODU": "2"}, ShipmentStatus.IN_TRANSIT),
        ({"DURUM_KODU": "3"}, ShipmentStatus.IN_TRANSIT),
        ({"DURUM_KODU": "3", "DEVIR_KODU": "AY"}, ShipmentStatus.PROBLEM),
        ({"DURUM_KODU": "3", "DEVIR_KODU": "ŞA"}, ShipmentStatus.IN_TRANSIT),
        ({"DURUM_KODU": "4"}, ShipmentStatus.OUT_FOR_DELIVERY),
        ({"DURUM_KODU": "5"}, ShipmentStatus.PROBLEM),
        ({"DURUM_KODU": "6"}, ShipmentStatus.DELIVERED),
        ({"DURUM_KODU": "6", "DEVIR_KODU": "NT"}, ShipmentStatus.DELIVERED),
        ({"DURUM_KODU": "7", "TIP_KODU": "2"}, ShipmentStatus.IN_TRANSIT),
        ({"DURUM_KODU": "2", "TIP_KODU": "3"}, ShipmentStatus.PROBLEM),
        ({"DURUM_KODU": "6", "TIP_KODU": "3"}, ShipmentStatus.RETURNED),
        ({"DURUM_KODU": "8"}, ShipmentStatus.UNKNOWN),
    ],
)
def test_states(values: dict[str, str], status: ShipmentStatus) -> None:
    found = by_code(parse_rows(reply(rows(row(**values)))))[CODE]
    assert to_report("r", found).status is status
    assert to_shipment("r", CODE, (), found).status is status


DELIVERED = {
    "KARGO_TAKIP_NO": "2111381949380", "CIKIS_SUBE": "ŞİŞLİ", "VARIS_SUBE": "BORNOVA", "CIKIS_TARIH": "24.11.2026",
    "CIKIS_SAATI": "21:58:56", "DURUM_KODU": "6", "DURUMU": "TESLİM EDİLDİ", "ISLEM_TARIHI": "25.11.2026 23:58",
    "TESLIM_ALAN": "Elif Örnek", "TESLIM_TARIHI": "25.11.2026", "TESLIM_SAATI": "23:58:56",
}  # fmt: skip


def test_a_report_is_in_turkish_time() -> None:
    [found] = by_code(parse_rows(reply(rows(row(**DELIVERED))))).values()
    report = to_report("r", found)
    assert [(e.at, e.status, e.text, e.place) for e in report.events] == [
        (datetime(2026, 11, 24, 18, 58, 56, tzinfo=UTC), ShipmentStatus.ACCEPTED, "", "ŞİŞLİ"),
        (datetime(2026, 11, 25, 20, 58, tzinfo=UTC), ShipmentStatus.DELIVERED, "TESLİM EDİLDİ", "BORNOVA"),
    ]
    assert report.delivered_at == datetime(2026, 11, 25, 20, 58, 56, tzinfo=UTC)
    assert (report.tracking_number, report.signed_by, report.vendor_status) == ("2111381949380", "Elif Örnek", "1/6")
    assert report.tracking_url.endswith("mainpage.aspx?code=2111381949380")
    assert "accountid" not in report.tracking_url


def test_a_return_outranks_the_row_before_it() -> None:
    back = row(**DELIVERED | {"TIP_KODU": "3", "ISLEM_TARIHI": "24.11.2026", "IADE_NEDENI": "Kabul edilmedi"})
    found = by_code(parse_rows(reply(rows(back, row(**DELIVERED), row("777777"), "<Collection/>"))))[CODE]
    report = to_report("r", found)
    assert report.status is ShipmentStatus.RETURNED
    assert "TESLİM EDİLDİ: Kabul edilmedi" in [one.text for one in report.events]
    assert report.delivered_at is None


def test_odd_rows() -> None:
    odd = row(DURUM_KODU="2", ISLEM_TARIHI="31.02.2026", CIKIS_TARIH="dün", KARGO_TAKIP_NO="0")
    [found] = by_code(parse_rows(reply(rows(odd)))).values()
    report = to_report("r", found)
    assert (report.status, report.events, report.tracking_number, report.tracking_url) == (ShipmentStatus.IN_TRANSIT, (), "", "")  # fmt: skip
    as_text = answer("GetQueryXML", fields(x="").replace("<x></x>", "&lt;QueryResult&gt;&lt;Collection&gt;&lt;MUSTERI_OZEL_KODU&gt;1&lt;/MUSTERI_OZEL_KODU&gt;&lt;/Collection&gt;&lt;/QueryResult&gt;"))  # fmt: skip
    assert parse_rows(reply(as_text)) == [{"MUSTERI_OZEL_KODU": "1"}]
    assert parse_rows(reply(rows())) == []
    assert parse_rows(reply(answer("GetQueryXML", ""))) == []
    for nonsense in (answer("GetQueryXML", "hata"), answer("GetQueryXML", "&lt;kırık"), answer("GetQueryJSON", "{}")):
        with pytest.raises(OursError):
            parse_rows(reply(nonsense))
    assert by_code([{"DURUM_KODU": "1"}]) == {}
