"""PTT Kargo's answers: what its sentences mean, uploads, movements. No network."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest

from app.contracts import Message, OursError, ProviderError
from app.kit import Reply
from app.model import ShipmentStatus
from providers.cargo.ptt_states import STATES
from providers.cargo.ptt_wire import (
    Result,
    is_unknown,
    of_words,
    other_namespace,
    parse_cancelled,
    parse_created,
    parse_namespace,
    parse_way,
    ptt_errors,
    to_report,
    to_shipment,
    too_late,
)
from tests.providers.cargo.ptt_support import answer, deleted, fault, fields, move, none, refused, reply, uploaded, way
from tests.support.specs import shared_specs

BARCODE = "2750365698456"
PAGE = "<html><body><h1>403</h1><p>203.0.113.7 IP adresi yetkili değil.</p></body></html>".encode()


# -- errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Reply(403, {"content-type": "text/html"}, PAGE), "auth.ip_not_allowed"),
        (reply(b"", 403), "auth.forbidden"),
        (reply(fault("203.0.113.7 IP adresi yetkili değil."), 500), "auth.ip_not_allowed"),
        (reply(fault("null pointer"), 500), "server.error"),
        (reply(b"", 503), "server.unavailable"),
        (reply(b""), "answer.unreadable"),
        (Reply(200, {}, b"<html>"), "server.html"),
        (reply(uploaded(BARCODE)), ""),
        (reply(refused("2", "Müşteri numarası veya şifre hatalı.")), ""),
    ],
)
def test_errors_of_a_whole_answer(found: Reply, code: str) -> None:
    wrong = ptt_errors(found) or Message("")
    assert wrong.code == code
    if code == "auth.ip_not_allowed":
        assert wrong.params["address"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("203.0.113.7 IP adresi yetkili değil.", "auth.ip_not_allowed", ""),
        ("IP tanımlı değil", "auth.ip_not_allowed", ""),
        ("Müşteri numarası veya şifre hatalı.", "auth.refused", "password"),
        ("Müşteri sözleşmesi aktif değil.", "auth.suspended", ""),
        ("Beklenmeyen hata.", "server.error", ""),
        ("Sistem hatası oluştu", "server.error", ""),
        ("Barkod size tanımlı aralığın dışındadır.", "config.field", "barcode_from"),
        ("Barkod kontrol basamağı hatalı.", "item.refused", "barcode"),
        ("Alıcı ilçesi bulunamadı.", "address.refused", "district"),
        ("Alıcı ili bulunamadı.", "address.refused", "city"),
        ("Telefon numarası başında 0 olmadan 10 hane olmalıdır.", "address.refused", "phone"),
        ("aliciAdi 5 ile 100 karakter arasında olmalıdır.", "address.refused", "name"),
        ("aAdres 5 ile 255 karakter arasında olmalıdır.", "address.refused", "street"),
        ("agirlik gram olarak sıfırdan büyük bir tam sayı olmalıdır.", "item.refused", "weight"),
        ("OS ek hizmeti için posta çeki hesabı (rezerve1) zorunludur.", "item.refused", "postal_cheque_account"),
        ("Ödeme şartlı ücret hatalı", "item.refused", "cash_on_delivery"),
        ("Bilinmeyen bir söz", "item.refused", ""),
    ],
)
def test_what_a_sentence_means(text: str, code: str, field: str) -> None:
    found = of_words("7", text)
    assert (found.code, found.field, found.vendor_code, found.vendor_text) == (code, field, "7", text)


def test_the_namespace_of_tracking() -> None:
    epr = "The endpoint reference (EPR) for the operation is not found: {http://takip.ptt.gov.tr}gonderiSorgu2"
    wrong = ptt_errors(reply(fault(epr), 500))
    assert wrong is not None
    assert other_namespace(wrong)
    assert not other_namespace(Message("server.error", vendor_text="null pointer"))
    assert not other_namespace(Message("net.timeout"))
    wsdl = b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="%s"/>'
    assert parse_namespace(reply(wsdl % b"http://pttak.ptt.gov.tr")) == "http://pttak.ptt.gov.tr"
    for odd in (wsdl % b"http://else.example", b"<a/>", b"nonsense"):
        with pytest.raises(OursError):
            parse_namespace(reply(odd))


# -- uploads -------------------------------------------------------------------------------------------------------------
def test_what_became_of_an_upload() -> None:
    assert parse_created(reply(uploaded(BARCODE)), BARCODE).done
    for text, used in (
        ("Barkod daha önce kullanılmış.", "barcode"),
        ("Müşteri referans numarası daha önce kullanılmış.", "reference"),
        ("Alıcı ili bulunamadı.", ""),
    ):
        found = parse_created(reply(uploaded(BARCODE, "13", text)), BARCODE)
        assert (found.done, found.used, found.text) == (False, used, text)
    found = parse_created(reply(refused("6", "Bu dosya adı daha önce kullanılmış.")), BARCODE)
    assert (found.done, found.used) == (False, "file")
    assert not parse_created(reply(refused("0", "Tamam")), BARCODE).done, "1 is success, 0 is not"
    for silent in (uploaded("2750365000105"), refused("1", "İşlem başarılı."), refused("", ""), answer("x", "")):
        with pytest.raises(OursError):  # the file is good, or nothing is said: not a word of our parcel
            parse_created(reply(silent), BARCODE)


def test_what_became_of_a_deletion() -> None:
    assert parse_cancelled(reply(deleted())).done
    gone = parse_cancelled(reply(deleted("20", "Silinecek kayıt bulunamadı.")))
    assert is_unknown(gone)
    assert not too_late(gone)
    late = parse_cancelled(reply(deleted("21", "Kabulü yapılmış gönderi silinemez.")))
    assert too_late(late)
    assert not is_unknown(late)
    assert not too_late(Result("1", "Kabul edildi"))


# -- the way -------------------------------------------------------------------------------------------------------------
def test_a_parcel_is_known_by_its_barcode_whatever_the_code_of_success() -> None:
    for code in ("10", "0", "1"):
        found = parse_way(reply(way(move("701"), code=code)))
        assert found is not None
        assert (found.barcode, found.status) == (BARCODE, ShipmentStatus.CREATED)
    assert parse_way(reply(none())) is None
    assert parse_way(reply(none("Kayıt bulunmamaktadır"))) is None
    for text, standard in (("Müşteri numarası veya şifre hatalı.", "auth.refused"), ("?", "item.refused")):
        with pytest.raises(ProviderError) as caught:  # what we do not understand is not "no such parcel"
            parse_way(reply(none(text)))
        assert caught.value.message.code == standard
    with pytest.raises(OursError):
        parse_way(reply(answer("gonderiSorgu2", fields(sonucKodu=""))))


@pytest.mark.parametrize(
    ("codes", "status", "vendor"),
    [
        ((), ShipmentStatus.CREATED, ""),
        (("701",), ShipmentStatus.CREATED, "701"),
        (("701", "1"), ShipmentStatus.ACCEPTED, "1"),
        (("1", "77"), ShipmentStatus.IN_TRANSIT, "77"),
        (("77", "7"), ShipmentStatus.OUT_FOR_DELIVERY, "7"),
        (("7", "101"), ShipmentStatus.PROBLEM, "101"),
        (("101", "7", "100"), ShipmentStatus.DELIVERED, "100"),
        (("100", "399"), ShipmentStatus.DELIVERED, "100"),  # a fee was paid in: nothing new of the parcel
        (("100", "15"), ShipmentStatus.IN_TRANSIT, "15"),  # the delivery was taken back
        (("161",), ShipmentStatus.PROBLEM, "161"),
        (("161", "120"), ShipmentStatus.RETURNED, "120"),
        (("701", "2"), ShipmentStatus.CANCELLED, "2"),
        (("77", "180"), ShipmentStatus.PROBLEM, "180"),
        (("77", "12345"), ShipmentStatus.IN_TRANSIT, "77"),
        (("12345",), ShipmentStatus.UNKNOWN, ""),
    ],
)
def test_states(codes: tuple[str, ...], status: ShipmentStatus, vendor: str) -> None:
    found = parse_way(reply(way(*(move(code, n=str(n)) for n, code in enumerate(codes)))))
    assert found is not None
    for told in (to_report("r", found), to_shipment("r", found)):
        assert (told.status, told.vendor_status) == (status, vendor)


#: Parents of the carrier's list → what a parcel of that kind may be for us ('' : it says nothing of the way).
PARENTS: dict[str, set[str]] = {
    "999": {"problem"}, "1000": {"created", "accepted"}, "1106": {""}, "1500": {"in_transit"}, "2000": {"in_transit"},
    "3000": {"out_for_delivery", "in_transit"}, "3500": {""}, "4000": {"problem"}, "4500": {"in_transit"},
    "5000": {"delivered"}, "5500": {"returned"}, "5501": {"delivered"}, "5502": {""}, "5503": {""}, "5600": {"in_transit"},
    "5700": {"in_transit"}, "6000": {"problem"}, "7000": {"cancelled"}, "7500": {"in_transit"}, "8000": {"problem"},
    "8500": {"problem", "in_transit"}, "9000": {"problem"}, "9999": {"", "problem", "in_transit", "out_for_delivery"},
}  # fmt: skip


def test_every_movement_of_the_list_is_what_its_parent_says() -> None:
    specs = shared_specs()
    if specs is None:
        pytest.skip("../shared/specs is not on this machine")
    with (specs / "ptt" / "gonderi_durum_kodlari.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 250
    for row in rows:
        state = STATES.get(row["gonderi_durum_id"])
        assert (state.value if state else "") in PARENTS[row["ust_durum_id"]], row
    assert {row["gonderi_durum_id"] for row in rows} >= STATES.keys(), "a code that the list does not have"


def test_a_report_is_in_turkish_time_and_in_order() -> None:
    moves = (
        move("100", "25/11/2026", "23:59:47", "Teslim Edildi", "BORNOVA PTT MERKEZ", "3"),
        move("701", "24/11/2026", "", "Kayıt Edildi", "ŞİŞLİ PTT MERKEZ", "1"),
        move("7", "25/11/2026", "23:59:47", "Dağıtıcıya Verildi", n="2"),
        move("1", "31/02/2026"),
        move("1", "dün"),
    )
    found = parse_way(reply(way(*moves, receiver="Elif Örnek")))
    assert found is not None
    report = to_report("r", found)
    assert [(e.at, e.status, e.text) for e in report.events] == [
        (datetime(2026, 11, 23, 21, 0, tzinfo=UTC), ShipmentStatus.CREATED, "Kayıt Edildi"),
        (datetime(2026, 11, 25, 20, 59, 47, tzinfo=UTC), ShipmentStatus.OUT_FOR_DELIVERY, "Dağıtıcıya Verildi"),
        (datetime(2026, 11, 25, 20, 59, 47, tzinfo=UTC), ShipmentStatus.DELIVERED, "Teslim Edildi"),
    ]
    assert report.delivered_at == report.events[-1].at
    assert (report.signed_by, report.tracking_number, report.events[0].place) == ("Elif Örnek", BARCODE, "ŞİŞLİ PTT MERKEZ")  # fmt: skip
    assert report.tracking_url == f"https://gonderitakip.ptt.gov.tr/Track/Verify?q={BARCODE}"
    assert (to_shipment("r", found).barcode, to_shipment("r", found).price) == (BARCODE, None)
