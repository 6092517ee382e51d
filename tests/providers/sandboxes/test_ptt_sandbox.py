"""The fake PTT Kargo against the sentences of reference "## PTT Kargo" and the status codes of specs/ptt: bare envelopes, zeep through the WSDL."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from providers.sandboxes.exact import ISTANBUL
from providers.sandboxes.ptt import (
    CUSTOMER,
    MOVEMENT_PATH,
    PASSWORD,
    RANGE_FROM,
    RANGE_TO,
    TRACKING_PATHS,
    UPLOAD_PATHS,
    create,
)
from providers.sandboxes.ptt_rules import barcode_fault, check_digit
from providers.sandboxes.ptt_tables import NAMESPACES, STATUS_TEXTS, STEPS
from tests.providers.sandboxes.courier_rig import Rig, plain, reason, rig_of, xml

CODES = Path(__file__).resolve().parents[4] / "shared/specs/ptt/gonderi_durum_kodlari.csv"
BARCODE, REFERENCE = "2750365698456", "PX-2026-0001"
ROW: dict[str, Any] = {
    "aAdres": "Gül Mah. Lale Sok. 4/2", "agirlik": "1200", "aliciAdi": "Elif Örnek", "aliciIlAdi": "İZMİR", "aliciIlceAdi": "BORNOVA",
    "aliciSms": "5551112233", "barkodNo": BARCODE, "boy": "20", "desi": "2", "ekhizmet": "", "en": "20", "musteriReferansNo": REFERENCE,
    "odemesekli": "MH", "yukseklik": "15",
}  # fmt: skip
HEAD = {"gonderiTip": "NORMAL", "gonderiTur": "KARGO", "kullanici": "PttWs", "musteriId": CUSTOMER, "sifre": PASSWORD}
#: operation -> (path, namespace, name of the wrapping element)
CALLS = {
    "kabulEkle2": (UPLOAD_PATHS[0], "upload", "input"), "barkodVeriSil": (UPLOAD_PATHS[0], "upload", "inpDelete"),
    "referansVeriSil": (UPLOAD_PATHS[1], "upload", "inpDelete"), "gonderiSorgu2": (TRACKING_PATHS[0], "tracking", "input"),
    "gonderiSorgu_referansNo2": (TRACKING_PATHS[1], "tracking", "input"), "barkodSorgu": (MOVEMENT_PATH, "movement", ""),
    "gonderiHareketIslemTarihiSorgu": (MOVEMENT_PATH, "movement", ""),
}  # fmt: skip


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rig_of(create(seed=5)) as found:
        yield found


def post(
    rig: Rig, operation: str, fields: dict[str, Any], version: str = "1.1", space: str = "", action: str | None = None
) -> httpx.Response:
    path, service, wrapper = CALLS[operation]
    name = space or NAMESPACES[service]
    inside = f"<s:{wrapper}>{xml(fields, 'x:')}</s:{wrapper}>" if wrapper else xml(fields, "s:")
    body = f'<s:{operation} xmlns:s="{name}" xmlns:x="{name}/xsd">{inside}</s:{operation}>'
    return rig.soap(path, body, f"urn:{operation}" if action is None else action, version)


def call(rig: Rig, operation: str, fields: dict[str, Any], version: str = "1.1") -> Any:
    reply = post(rig, operation, fields, version)
    assert reply.status_code == 200, reply.text
    [answer] = (one for one in etree.fromstring(reply.content).iter() if etree.QName(one).localname == "return")
    return plain(answer)


def put(rig: Rig, *rows: dict[str, Any], file: str = "dosya-1", **head: str) -> tuple[str, list[str]]:
    """hataKodu, and the donguHataKodu of each row."""
    answer = call(rig, "kabulEkle2", {"dongu": list(rows), "dosyaAdi": file, **HEAD, **head})
    return answer["hataKodu"][0], [one["donguHataKodu"][0] for one in answer.get("dongu", [])]


def track(rig: Rig, code: str = BARCODE, **more: str) -> Any:
    return call(rig, "gonderiSorgu2", {"barkod": code, "kullanici": CUSTOMER, "sifre": PASSWORD, **more})


def delete(rig: Rig, file: str = "dosya-1", code: str = BARCODE) -> str:
    fields = {"barcode": code, "dosyaAdi": file, "musteriId": CUSTOMER, "sifre": PASSWORD}
    return str(call(rig, "barkodVeriSil", fields)["hataKodu"][0])


def row(number: int, **change: str) -> dict[str, Any]:
    twelve = f"{int(RANGE_FROM) + number}"
    return {**ROW, "barkodNo": twelve + check_digit(twelve), "musteriReferansNo": f"PX-{number}", **change}


def test_barcodes_have_the_check_digit_of_the_worked_example() -> None:
    assert check_digit("275036569845") == "6"
    assert barcode_fault(BARCODE, RANGE_FROM, RANGE_TO) == ("", "")


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_create_and_look_up_by_barcode_and_by_the_own_reference(rig: Rig, version: str) -> None:
    answer = call(rig, "kabulEkle2", {"dongu": [ROW], "dosyaAdi": "dosya-1", **HEAD}, version)
    assert answer["hataKodu"] == ["1"]
    [made] = answer["dongu"]
    assert (made["barkod"], made["donguHataKodu"]) == ([BARCODE], ["1"])
    assert made["donguAciklama"][0].endswith(BARCODE)
    assert track(rig)["BARNO"] == [BARCODE]
    asked = {"kullanici": CUSTOMER, "referansNo": REFERENCE, "sifre": PASSWORD}
    assert call(rig, "gonderiSorgu_referansNo2", asked)["BARNO"] == [BARCODE]
    told = rig.truth(REFERENCE)
    assert (told["receiver"], told["tracking_number"], told["grams"], told["status"]) == (
        "Elif Örnek",
        BARCODE,
        "1200",
        "701",
    )
    assert (rig.count("shipments"), rig.count(f"shipment:{REFERENCE}")) == (1, 1)


def test_files_barcodes_and_references_are_used_once(rig: Rig) -> None:
    assert put(rig, ROW) == ("1", ["1"])
    assert put(rig, row(1))[0] not in ("0", "1")
    assert put(rig, ROW, file="dosya-2") == ("10", ["13"])
    assert put(rig, row(1, musteriReferansNo=REFERENCE), file="dosya-3") == ("10", ["14"])
    assert delete(rig) == "1"
    assert put(rig, ROW, file="dosya-4") == ("10", ["13"])
    assert rig.count("shipments") == 1


def test_a_lot_answers_row_by_row_and_has_its_limit(rig: Rig) -> None:
    assert put(rig, ROW, row(1, aliciAdi="Eli"), row(2)) == ("1", ["1", "10", "1"])
    assert put(rig, *(row(3) for _ in range(1001)), file="f2") == ("8", [])
    assert put(rig, file="f3") == ("7", [])
    assert put(rig, ROW, file="x" * 51) == ("5", [])
    assert put(rig, ROW, file="f4", kullanici="ben") == ("9", [])
    assert rig.count("shipments") == 2


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"aAdres": "Gül"}, "10", "aAdres"), ({"aAdres": "x" * 256}, "10", "aAdres"), ({"aliciAdi": "x" * 101}, "10", "aliciAdi"),
        ({"aliciIlAdi": "Izmır"}, "10", "ili"), ({"aliciIlceAdi": "Bornava"}, "10", "ilçesi"), ({"aliciSms": "05551112233"}, "10", "Telefon"),
        ({"aliciSms": ""}, "10", "aliciSms"), ({"agirlik": "0"}, "10", "agirlik"), ({"agirlik": "1.2"}, "10", "agirlik"),
        ({"odemesekli": "K"}, "10", "odemesekli"), ({"ekhizmet": "AAXX"}, "10", "ekhizmet"), ({"ekhizmet": "DK"}, "10", "DK"),
        ({"ekhizmet": "OS", "odeme_sart_ucreti": "10.00"}, "10", "posta çeki"), ({"odeme_sart_ucreti": "10.00"}, "10", "OS"),
        ({"musteriReferansNo": "x" * 101}, "10", "100"), ({"barkodNo": "2750365698457"}, "11", "kontrol"), ({"barkodNo": "275036"}, "11", "13"),
        ({"barkodNo": "2750370000014"}, "11", "kontrol"), ({"barkodNo": "2750370000015"}, "12", "aralığın"),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused(rig: Rig, change: dict[str, str], code: str, word: str) -> None:
    fields = dict(sorted({**ROW, **change}.items()))
    [told] = call(rig, "kabulEkle2", {"dongu": [fields], "dosyaAdi": "d", **HEAD})["dongu"]
    assert (told["donguHataKodu"], word in told["donguAciklama"][0]) == ([code], True)
    assert rig.count("shipments") == 0


def test_collection_return_address_and_place_codes_are_taken(rig: Rig) -> None:
    more = {
        "ekhizmet": "OSSB", "odeme_sart_ucreti": "749.90", "rezerve1": "5123456", "iadeAAdres": "Depo Sok. 1", "aIlKodu": "35", "aIlceKodu": "7",
        "gondericibilgi": {"gonderici_adi": "Örnek Mağaza", "gonderici_ulke_id": "052"},
    }  # fmt: skip
    fields = {k: v for k, v in {**ROW, **more}.items() if k not in ("aliciIlAdi", "aliciIlceAdi")}
    assert put(rig, dict(sorted(fields.items()))) == ("1", ["1"])
    assert (rig.truth(REFERENCE)["cod"], rig.truth(REFERENCE)["city"]) == ("749.90", "35")


def test_the_customer_is_checked_everywhere(rig: Rig) -> None:
    assert put(rig, ROW, musteriId="111111111")[0] == put(rig, ROW, sifre="yanlis")[0] == "2"
    assert "BARNO" not in {k for k, v in track(rig, sifre="x").items() if v != [""]}
    asked = {"musteri_no": CUSTOMER, "sifre": "x", "barkod": BARCODE}
    assert call(rig, "barkodSorgu", asked)["sonucKodu"] == ["3"]
    for feature, word in (("account_closed", "sözleşme"), ("ip_refused", "203.0.113.7"), ("unexpected", "Beklenmeyen")):
        rig.switch(feature)
        assert word in track(rig)["sonucAciklama"][0]
        assert put(rig, ROW)[0] not in ("0", "1")
        rig.switch(feature, False)
    unknown = track(rig)
    assert (unknown["sonucKodu"], unknown["sonucAciklama"]) == (["5"], ["Gönderi kaydı bulunamadı."])
    assert rig.count("shipments") == 0


def test_tracking_moves_on_the_clock(rig: Rig) -> None:
    put(rig, ROW)
    seen = []
    for hours in (0, 5, 2, 12, 8, 4):
        rig.later(hours)
        seen.append(track(rig)["dongu"][-1]["IKODU"][0])
    assert seen == ["701", "1", "77", "11", "7", "100"]
    told = track(rig)
    assert (told["TESALAN"], told["GR"], told["sonucKodu"]) == (["Elif Örnek"], ["1200"], ["10"])
    assert [one["siraNo"][0] for one in told["dongu"]] == list("123456")
    assert [len(told["dongu"][0][name][0]) for name in ("ITARIH", "ISAAT")] == [10, 8]
    rig.switch("sonuc_0")
    assert track(rig)["sonucKodu"] == ["0"]
    rig.control("damage", {"remote_id": REFERENCE})
    assert not track(rig)["dongu"][0]["IKODU"][0].isdecimal()


@pytest.mark.parametrize(("fate", "code"), [("return", "120"), ("problem", "101"), ("lost", "717")])
def test_other_ends(rig: Rig, fate: str, code: str) -> None:
    put(rig, ROW)
    rig.switch(f"{fate}:{REFERENCE}")
    rig.later(60)
    assert track(rig)["dongu"][-1]["IKODU"] == [code]
    assert track(rig)["TESALAN"] == [""]


def test_movements_by_barcode_and_in_bulk(rig: Rig) -> None:
    put(rig, *(row(n) for n in range(150)))
    rig.switch("pickup:PX-7")
    picked = call(rig, "barkodSorgu", {"musteri_no": CUSTOMER, "sifre": PASSWORD, "barkod": row(7)["barkodNo"]})
    assert [one["gonderi_durum_id"][0] for one in picked["dongu"]] == ["701", "1"]
    created = rig.truth("PX-0")["events"][0]["at"]
    day = f"{datetime.fromisoformat(created).astimezone(ISTANBUL):%Y%m%d}"
    asked = {"musteri_id": CUSTOMER, "sifre": PASSWORD, "son_islem_tarihi": day}
    first = call(rig, "gonderiHareketIslemTarihiSorgu", asked)
    [going_on] = first["barkod_devam"]
    assert len({one["barkod"][0] for one in first["dongu"]}) == 100
    second = call(rig, "gonderiHareketIslemTarihiSorgu", {**asked, "barkod_devam": going_on})
    assert (len({one["barkod"][0] for one in second["dongu"]}), second["barkod_devam"]) == (50, [""])
    wrong = call(rig, "gonderiHareketIslemTarihiSorgu", {**asked, "son_islem_tarihi": "24.11.2026"})
    assert wrong["sonucKodu"] == ["4"]


def test_delete_with_the_same_file_before_the_post_office_has_it(rig: Rig) -> None:
    put(rig, ROW, row(1), row(2))
    assert (delete(rig, "dosya-2"), delete(rig), delete(rig)) == ("20", "1", "20")
    assert track(rig)["dongu"][-1]["IKODU"] == ["2"]
    by_reference = {"dosyaAdi": "dosya-1", "musteriId": CUSTOMER, "referansNo": "PX-1", "sifre": PASSWORD}
    assert call(rig, "referansVeriSil", by_reference)["hataKodu"] == ["1"]
    rig.switch("pickup:PX-2")
    assert delete(rig, code=row(2)["barkodNo"]) == "21"
    assert call(rig, "referansVeriSil", {**by_reference, "referansNo": "PX-2"})["hataKodu"] == ["21"]
    assert (rig.count("cancels"), rig.truth("PX-2")["cancelled"]) == (2, False)


def test_an_answer_that_was_lost_after_the_act(rig: Rig) -> None:
    rig.control("faults", {"kind": "drop_after", "contains": "kabulEkle2"})
    with pytest.raises(httpx.TransportError):
        put(rig, ROW)
    assert track(rig)["sonucKodu"] == ["10"]
    assert put(rig, ROW)[0] == "6"
    assert put(rig, ROW, file="dosya-2") == ("10", ["13"])
    assert (rig.count("shipments"), rig.count(f"shipment:{REFERENCE}")) == (1, 1)
    rig.switch("ignore_writes")
    assert put(rig, row(1), file="dosya-3") == ("1", ["1"])
    assert rig.count("shipments") == 1


def test_elements_are_a_sequence_of_known_names(rig: Rig) -> None:
    good = {"dongu": [ROW], "dosyaAdi": "d", **HEAD}
    late = {"dosyaAdi": "d", **HEAD, "dongu": [ROW]}
    assert "order" in reason(post(rig, "kabulEkle2", late))
    assert "order" in reason(post(rig, "kabulEkle2", {**good, "dongu": [dict(reversed(ROW.items()))]}))
    assert "Unexpected" in reason(post(rig, "kabulEkle2", {**good, "dongu": [{**ROW, "zip": "35000"}]}))
    assert "EPR" in reason(post(rig, "kabulEkle2", good, space="http://tempuri.org"))
    assert "SOAPAction" in reason(post(rig, "kabulEkle2", good, action="urn:kabulEkle"))
    assert "SOAPAction" in reason(post(rig, "kabulEkle2", good, version="1.2", action="urn:kabulEkle"))
    assert rig.count("shipments") == 0
    assert post(rig, "kabulEkle2", good, action="").status_code == 200


def test_the_wsdl_says_which_namespace_tracking_has(rig: Rig) -> None:
    asked = {"barkod": BARCODE, "kullanici": CUSTOMER, "sifre": PASSWORD}
    for on, name in ((False, "tracking"), (True, "tracking_pttak")):
        rig.switch("tracking_pttak", on)
        wsdl = etree.fromstring(rig.http.get(f"{TRACKING_PATHS[0]}?wsdl").content)
        assert wsdl.get("targetNamespace") == NAMESPACES[name]
        assert post(rig, "gonderiSorgu2", asked, space=NAMESPACES[name]).status_code == 200
    assert "EPR" in reason(post(rig, "gonderiSorgu2", asked))


def test_zeep_can_call_through_the_wsdls(rig: Rig) -> None:
    zeep = pytest.importorskip("zeep")
    base = str(rig.http.base_url).rstrip("/")
    upload = zeep.Client(f"{base}{UPLOAD_PATHS[0]}?wsdl")
    made = upload.service.kabulEkle2(input={"dongu": [ROW], "dosyaAdi": "d", **HEAD})
    assert (made.hataKodu, made.dongu[0].donguHataKodu) == ("1", "1")
    tracking = zeep.Client(f"{base}{TRACKING_PATHS[0]}?wsdl")
    told = tracking.service.gonderiSorgu2(input={"barkod": BARCODE, "kullanici": CUSTOMER, "sifre": PASSWORD})
    assert (told.BARNO, told.TESALAN, told.dongu[0].IKODU) == (BARCODE, None, "701")
    movement = zeep.Client(f"{base}{MOVEMENT_PATH}?wsdl")
    assert movement.service.barkodSorgu(musteri_no=CUSTOMER, sifre=PASSWORD, barkod=BARCODE).dongu[0].barkod == BARCODE


def test_every_code_is_one_of_the_published_list() -> None:
    if not CODES.exists():
        pytest.skip("../shared is absent")
    with CODES.open(encoding="utf-8-sig", newline="") as file:
        published = {int(one["gonderi_durum_id"]): one["gonderi_durum_aciklama"] for one in csv.DictReader(file)}
    assert {code: published[code] for code in STEPS.values()} == STATUS_TEXTS
