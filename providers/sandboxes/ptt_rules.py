"""What the fake PTT refuses in a row of kabulEkle2. Source: reference/cargo.md, "## PTT Kargo", Operations, Barcode, Extra services.

1 is success; every other number here is [U] ("hataKodu ≠ 1 with a Turkish aciklama"), so a client must go by "not 1" and the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from providers.sandboxes.places import CITIES, city_of, district_of

Fields = dict[str, Any]
OK = "1"
LOGIN, CLOSED, ADDRESS, FILE_BAD, FILE_TAKEN, EMPTY, TOO_MANY, CONSTANT, NOT_FOUND, ACCEPTED, UNEXPECTED = (
    "2", "3", "4", "5", "6", "7", "8", "9", "20", "21", "99",
)  # fmt: skip
FIELD, BARCODE_BAD, BARCODE_FOREIGN, BARCODE_TAKEN, REFERENCE_TAKEN = "10", "11", "12", "13", "14"
SERVICES = frozenset(
    ["AA", "ST", "DK", "OS", "AH", "AK", "TA", "KT", "OU", "UA", "GD", "SV", "VI", "PC", "DN", "PI", "PR", "SB"]
)
PAYMENTS = frozenset({"MH", "N", "UA"})
PHONE = re.compile(r"[1-9]\d{9}", re.ASCII)
WHOLE = re.compile(r"[1-9]\d{0,5}", re.ASCII)
MEASURE = re.compile(r"\d{1,5}([.,]\d{1,2})?", re.ASCII)
MONEY = re.compile(r"\d{1,7}([.,]\d{1,2})?", re.ASCII)  # [U] dot or comma
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check_digit(twelve: str) -> str:
    """Weights 1, 3, 1, 3 … from the left; it brings the sum to the next ten. 275036569845 -> 6."""
    total = sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(twelve))
    return str(-total % 10)


def barcode_fault(code: str, first: str, last: str) -> tuple[str, str]:
    """(error, text) of a barcode that PTT would not take; ("", "") for a good one. `first`, `last`: the customer's range."""
    if not re.fullmatch(r"\d{13}", code, re.ASCII):
        return BARCODE_BAD, "Barkod numarası 13 haneli olmalıdır."
    if check_digit(code[:12]) != code[12]:
        return BARCODE_BAD, "Barkod kontrol basamağı hatalı."
    if not first <= code[:12] <= last:
        return BARCODE_FOREIGN, "Barkod size tanımlı aralığın dışındadır."
    return "", ""


def check(row: Fields) -> str:
    """What is wrong with the form of one row, '' when nothing is. Barcode and reference are not looked at here."""
    return next(_wrong(row), "")


def _wrong(row: Fields) -> Iterator[str]:
    for name, low, high in (("aAdres", 5, 255), ("aliciAdi", 5, 100)):
        if not low <= len(row.get(name, "")) <= high:
            yield f"{name} {low} ile {high} karakter arasında olmalıdır."
    yield from _place(row)
    phones = [row.get(name, "") for name in ("aliciSms", "aliciTel")]
    if not any(phones):  # [U] one of the two
        yield "aliciSms veya aliciTel zorunludur."
    if any(one and not PHONE.fullmatch(one) for one in phones):
        yield "Telefon numarası başında 0 olmadan 10 hane olmalıdır."
    if row.get("aliciEmail") and not EMAIL.fullmatch(row["aliciEmail"]):
        yield "aliciEmail hatalı."
    if not WHOLE.fullmatch(row.get("agirlik", "")):
        yield "agirlik gram olarak sıfırdan büyük bir tam sayı olmalıdır."
    for name in ("boy", "en", "yukseklik", "desi"):
        if row.get(name) and not MEASURE.fullmatch(row[name]):
            yield f"{name} sayı olmalıdır."
    if len(row.get("musteriReferansNo", "")) > 100:
        yield "musteriReferansNo en fazla 100 karakter olabilir."
    if row.get("odemesekli") not in PAYMENTS:
        yield "odemesekli MH, N veya UA olmalıdır."
    yield from _services(row)


def _place(row: Fields) -> Iterator[str]:
    code = row.get("aIlKodu", "")
    city = int(code) if code.isdecimal() and int(code) in CITIES else city_of(row.get("aliciIlAdi", ""))
    if city is None:
        yield "Alıcı ili bulunamadı."
    elif not row.get("aIlceKodu") and district_of(city, row.get("aliciIlceAdi", "")) is None:
        yield "Alıcı ilçesi bulunamadı."


def _services(row: Fields) -> Iterator[str]:
    text = row.get("ekhizmet", "")
    codes = [text[i : i + 2] for i in range(0, len(text), 2)]
    if any(one not in SERVICES for one in codes) or len(set(codes)) < len(codes):
        yield "ekhizmet geçersiz."
    for name, code in (("odeme_sart_ucreti", "OS"), ("deger_ucreti", "DK")):
        amount = row.get(name, "")
        if amount and not MONEY.fullmatch(amount):
            yield f"{name} sayı olmalıdır."
        if bool(amount.strip("0.,")) != (code in codes):
            yield f"{name} ile {code} ek hizmeti birlikte gönderilmelidir."
    if "OS" in codes and not row.get("rezerve1"):  # [U] whether the postal cheque account must be told
        yield "OS ek hizmeti için posta çeki hesabı (rezerve1) zorunludur."
