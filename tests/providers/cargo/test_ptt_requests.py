"""PTT Kargo's requests against the element lists of the reference, as schemas in their order; barcodes and field rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from app.contracts import Message, YoursError
from app.kit import Call
from app.model import Address, Money, Parcel, Payer, ShipmentRequest
from providers.cargo import ptt_calls as calls
from providers.cargo.ptt_calls import barcode, check_request, file_name, numbers_of, turn_of, with_check_digit
from tests.providers.cargo.ptt_support import KEYS, REFERENCE, REQUEST, account, request
from tests.providers.cargo.soap_schemas import body_of, group, schema, text

KABUL = "http://kabul.ptt.gov.tr"
#: Children of `dongu` as the reference lists them, in the order of the alphabet: greatest length, pattern.
DONGU = {
    "aAdres": (255, ".{5,255}"), "agirlik": (6, "[1-9][0-9]*"), "aliciAdi": (100, ".{5,100}"), "aliciEmail": (200, ""),
    "aliciIlAdi": (80, ""), "aliciIlceAdi": (80, ""), "aliciSms": (10, "[1-9][0-9]{9}"), "barkodNo": (13, "[0-9]{13}"),
    "boy": (5, "[0-9]+"), "deger_ucreti": (12, ""), "desi": (9, r"[0-9]+(\.[0-9]{1,2})?"), "ekhizmet": (40, "([A-Z]{2})*"),
    "en": (5, "[0-9]+"), "musteriReferansNo": (100, ""), "odeme_sart_ucreti": (12, r"[0-9]+\.[0-9]{2}"),
    "odemesekli": (2, "MH|N|UA"), "rezerve1": (12, "[0-9]+"), "yukseklik": (5, "[0-9]+"),
}  # fmt: skip
REQUIRED = {"aAdres", "agirlik", "aliciAdi", "aliciIlAdi", "aliciIlceAdi", "aliciSms", "barkodNo", "odemesekli"}
WHO = text("musteriId", 10, pattern="[0-9]{9,10}") + text("sifre")
ASK = (text("kullanici", 10, pattern="[0-9]{9,10}"), text("sifre"))
SCHEMAS = {
    "kabulEkle2": group(
        "input",
        group("dongu", "".join(text(n, most, n not in REQUIRED, p) for n, (most, p) in DONGU.items()), more=' maxOccurs="1000"')
        + text("dosyaAdi", 50) + text("gonderiTip", pattern="NORMAL") + text("gonderiTur", pattern="KARGO")
        + text("kullanici", pattern="PttWs") + WHO,
    ),
    "barkodVeriSil": group("input", text("barcode", 13, pattern="[0-9]{13}") + text("dosyaAdi", 50) + WHO),
    "gonderiSorgu_referansNo2": group("input", ASK[0] + text("referansNo", 100) + ASK[1]),
    "gonderiSorgu2": group("input", text("barkod", 13, pattern="[0-9]{13}") + "".join(ASK)),
}  # fmt: skip


def judge(call: Call, action: str) -> etree._Element:
    """What the service reads, valid by the reference's list: the operation and its argument in the service's own namespace,
    everything within in that of its `/xsd`."""
    uploads = action in ("kabulEkle2", "barkodVeriSil")
    assert (call.method, call.path) == ("POST", calls.UPLOAD_PATH if uploads else calls.TRACKING_PATH)
    assert dict(call.headers) == {"content-type": "text/xml; charset=utf-8", "soapaction": f'"urn:{action}"'}
    found = body_of(call.body or b"")
    namespace = etree.QName(found).namespace or ""
    assert namespace in ((KABUL,) if uploads else calls.TRACKING)
    assert found.tag == f"{{{namespace}}}{action}"
    [argument] = list(found)
    assert argument.tag == f"{{{namespace}}}{'inpDelete' if action == 'barkodVeriSil' else 'input'}"
    argument.tag = f"{{{namespace}/xsd}}input"
    schema(SCHEMAS[action], f"{namespace}/xsd").assertValid(argument)
    return argument


def judge_create(call: Call) -> None:
    said = {etree.QName(one).localname: one.text or "" for one in judge(call, "kabulEkle2").iter() if not len(one)}
    number = said["barkodNo"]
    first, last = int(KEYS["barcode_from"]), int(KEYS["barcode_to"])
    assert first <= int(number[:12]) <= last
    assert with_check_digit(number[:12]) == number
    assert (said.get("ekhizmet", "") == "OS") == ("odeme_sart_ucreti" in said)
    assert call.repeatable is False
    assert call.deadline_s == 60


def judge_one(action: str) -> Callable[[Call], None]:
    return lambda call: (judge(call, action), None)[1]


def judge_wsdl(call: Call) -> None:
    assert (call.method, call.url, call.body) == ("GET", f"{calls.TRACKING_PATH}?wsdl", None)


letters = st.text(st.sampled_from("abcçğıiöşüÇĞİIÖŞÜ"), min_size=5, max_size=30)
free = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=300)
references = st.text(st.sampled_from("0123456789PX-ş "), min_size=1, max_size=100).filter(lambda r: r.strip() != "")
barcodes = st.integers(0, 10**12 - 1).map(lambda n: with_check_digit(f"{n:012}"))


@st.composite
def accounts(draw: st.DrawFn) -> Any:
    odd = st.text(st.sampled_from("ab12<&>\"'şİ"), min_size=2, max_size=20)
    return account(keys=KEYS | {"password": draw(odd), "postal_cheque_account": draw(st.sampled_from(["", "5123456"]))})


@st.composite
def requests(draw: st.DrawFn) -> ShipmentRequest:
    to = Address(
        draw(letters), "", draw(letters) + " Mah. No: 4", draw(letters), draw(letters), "", "35000", "TR", "5551112233"
    )
    box = Parcel(
        *draw(st.tuples(st.integers(1, 90_000), st.integers(0, 900), st.integers(0, 900), st.integers(0, 900)))
    )
    cash = draw(st.none() | st.decimals("0.01", "9999.99", places=2).map(lambda d: Money.of(d, "TRY")))
    options = draw(st.sampled_from([{}, {"email": "e@example.com"}]))
    return ShipmentRequest(
        draw(references),
        to,
        (box,),
        draw(free),
        "",
        draw(free),
        draw(st.sampled_from(Payer)),
        cash,
        draw(free),
        options,
    )


files = st.builds(file_name, references, st.integers(0, 11), st.integers(0, 2))
REQUESTS: dict[str, tuple[st.SearchStrategy[Call], Callable[[Call], None]]] = {
    "create_request": (st.builds(calls.create_request, accounts(), requests(), st.integers(0, 11), st.integers(0, 2)), judge_create),
    "cancel_request": (st.builds(calls.cancel_request, accounts(), barcodes, files), judge_one("barkodVeriSil")),
    "find_request": (st.builds(calls.find_request, accounts(), references, namespace=st.sampled_from(calls.TRACKING)), judge_one("gonderiSorgu_referansNo2")),
    "probe_request": (st.builds(calls.probe_request, accounts(), barcodes, namespace=st.sampled_from(calls.TRACKING)), judge_one("gonderiSorgu2")),
    "namespace_request": (st.builds(calls.namespace_request, accounts(), st.just("find")), judge_wsdl),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_every_request_has_the_elements_of_the_reference(name: str) -> None:
    made, judge_it = REQUESTS[name]

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(made)
    def run(call: Call) -> None:
        judge_it(call)

    run()


def test_no_request_goes_unjudged() -> None:
    made = {n for n, f in vars(calls).items() if n.endswith("_request") and inspect.isfunction(f)}
    assert made - {"check_request"} == REQUESTS.keys()


def test_the_schemas_notice() -> None:
    """The judge itself: another order, a value of another form, a field that is not there."""
    good = calls.create_request(account(), REQUEST)
    body = (good.body or b"").decode()
    for old, new in ((">1200<", ">1,2<"), (">5551112233<", ">05551112233<"), ("aliciAdi", "zAdi"), ("dosyaAdi", "aDosya"), (">Elif Örnek<", ">Elif<")):  # fmt: skip
        assert old in body
        with pytest.raises(etree.DocumentInvalid):
            judge(Call("POST", good.path, "create", (), good.headers, body.replace(old, new).encode()), "kabulEkle2")


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(requests())
def test_what_is_generated_passes_the_rules(made: ShipmentRequest) -> None:
    assert check_request(made) is None


def test_the_example_of_the_reference() -> None:
    fields = calls.parcel_fields(account(), REQUEST)
    assert fields.pop("barkodNo")[:7] == "2750365"
    assert fields == {
        "aAdres": "Gül Mah. Lale Sok. 4/2", "agirlik": "1200", "aliciAdi": "Elif Örnek", "aliciIlAdi": "İZMİR",
        "aliciIlceAdi": "BORNOVA", "aliciSms": "5551112233", "boy": "20", "desi": "2", "en": "20",
        "musteriReferansNo": "PX-2026-0001", "odemesekli": "MH", "yukseklik": "15",
    }  # fmt: skip


def test_sizes_and_cash_on_delivery() -> None:
    odd = calls.parcel_fields(account(), request(parcels=(Parcel(700, 101, 0, 1),)))
    assert (odd["en"], odd["boy"], "yukseklik" in odd, "desi" in odd) == ("11", "1", False, False)
    cash = calls.parcel_fields(account(), request(cash_on_delivery=Money.of("749.9", "TRY")))
    assert (cash["ekhizmet"], cash["odeme_sart_ucreti"], cash["rezerve1"]) == ("OS", "749.90", "5123456")
    assert calls.parcel_fields(account(), request(payer=Payer.RECEIVER))["odemesekli"] == "UA"


# -- barcodes and files --------------------------------------------------------------------------------------------------
def test_the_check_digit_of_the_reference() -> None:
    assert with_check_digit("275036569845") == "2750365698456"
    assert with_check_digit("000000000000") == "0000000000000"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=40), st.integers(0, 11))
def test_a_number_is_in_the_range_and_the_parcel_s_own(reference: str, turn: int) -> None:
    found = barcode(account(), reference, turn)
    assert int(KEYS["barcode_from"]) <= int(found[:12]) <= int(KEYS["barcode_to"])
    assert with_check_digit(found[:12]) == found == barcode(account(), reference, turn)
    assert barcode(account(), reference, turn_of(account(), reference, found)) == found


def test_numbers_are_spread_over_the_range() -> None:
    narrow = account(keys=KEYS | {"barcode_to": "275036500010"})
    assert {barcode(narrow, str(n))[:12] for n in range(300)} == {f"2750365000{n:02}" for n in range(1, 11)}
    assert len({barcode(account(), REFERENCE, turn) for turn in range(calls.TURNS)}) == calls.TURNS
    assert turn_of(account(), REFERENCE, "9999999999994") == 0  # the range was another one then


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"barcode_from": ""}, "barcode_from", "missing"),
        ({"barcode_to": ""}, "barcode_to", "missing"),
        ({"barcode_from": "27503650000"}, "barcode_from", "pattern"),
        ({"barcode_to": "٢٧٥٠٣٦٥٠٠٠٠٢"}, "barcode_to", "pattern"),
        ({"barcode_from": "275036599999", "barcode_to": "275036500001"}, "barcode_to", "pattern"),
    ],
)
def test_without_a_range_no_number_is_made_up(changes: dict[str, str], field: str, why: str) -> None:
    with pytest.raises(YoursError) as caught:
        numbers_of(account(keys=KEYS | changes))
    found = caught.value.message
    assert (found.code, found.field, found.params["why"]) == ("config.field", field, why)


def test_file_names_are_one_a_call_and_short() -> None:
    names = {
        file_name(r, t, a) for r in ("2611240000000002", "İADE 17", "x" * 100) for t in range(12) for a in range(3)
    }
    assert len(names) == 108
    assert all(len(one) <= 50 and one.isascii() for one in names)


@pytest.mark.parametrize("key", ["customer_id", "password"])
def test_a_missing_credential_is_named(key: str) -> None:
    with pytest.raises(YoursError) as caught:
        calls.find_request(account(keys=KEYS | {key: ""}), REFERENCE)
    assert caught.value.message.field == key


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"to_name": "Ali"}, "address.refused", "name"),
        ({"to_name": "Ş" * 101}, "address.refused", "name"),
        ({"to_name": "", "to_company": "Örnek A.Ş."}, "", ""),
        ({"to_street": "Sk 4"}, "address.refused", "street"),
        ({"to_street": "x" * 256}, "address.refused", "street"),
        ({"to_phone": "12345"}, "address.refused", "phone"),
        ({"to_phone": "+15125550100"}, "address.refused", "phone"),
        ({"to_phone": "+90 (555) 111 22 33"}, "", ""),
        ({"to_city": ""}, "address.refused", "city"),
        ({"to_district": ""}, "address.refused", "district"),
        ({"to_country": "DE"}, "address.refused", "country"),
        ({"reference": "x" * 101}, "config.field", "reference"),
        ({"parcels": ()}, "config.field", "parcels"),
        ({"parcels": (Parcel(1), Parcel(1))}, "config.field", "parcels"),
        ({"parcels": (Parcel(0),)}, "config.field", "weight"),
        ({"parcels": (Parcel(10**6),)}, "config.field", "weight"),
        ({"cash_on_delivery": Money.of("0", "TRY")}, "config.field", "cash_on_delivery"),
        ({"cash_on_delivery": Money.of("5", "EUR")}, "config.field", "cash_on_delivery"),
        ({"cash_on_delivery": Money.of("5", "TRY"), "options": {"cod_method": "card"}}, "config.field", "cod_method"),
    ],
)
def test_field_rules(changes: dict[str, Any], code: str, field: str) -> None:
    found = check_request(request(**changes)) or Message("")
    assert (found.code, found.field) == (code, field)
