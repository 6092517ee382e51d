"""How the fake MNG (DHL eCommerce Türkiye) speaks: three error shapes, forms of its bodies, the codes of places.

Source: reference/cargo.md, "## MNG Kargo (DHL eCommerce Türkiye)". No swagger is public: [U] marks what is chosen here, so that one line
corrects it. Beside 20001, 20013 and 26056 all error codes are [U].
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from providers.sandboxes import exact
from providers.sandboxes.exact import Form
from providers.sandboxes.places import CITIES, DISTRICTS, fold

BRANCH_UNKNOWN, OTHER_ENVIRONMENT, TAX_NUMBER_MISSING = "20001", "20013", "26056"
NOT_FOUND, REFERENCE_USED, FIELD_BAD, BARCODE_MADE, TOO_LATE, SCANNED, LOGIN, CLOSED, ADDRESS, UNEXPECTED = (
    "20002", "20003", "20004", "20005", "20006", "20007", "20008", "20009", "20010", "20099",
)  # fmt: skip
TITLES = {400: "Bad Request", 401: "Unauthorized", 429: "Too Many Requests", 404: "Not Found"}
PHONE = re.compile(r"[1-9]\d{9}", re.ASCII)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: So that Bornova has the code of the reference's example. [U] how districts are numbered.
FIRST_DISTRICT = 94


class Refusal(exact.Refusal):
    """`data` is the whole body."""

    def __init__(self, status: int, data: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(status, str(data), headers)
        self.data = data

    def body(self) -> Any:
        return self.data


def business(code: str, message: str, status: int = 400) -> Refusal:
    """[U] 400 for what the merchant must correct."""
    return Refusal(status, {"error": {"code": code, "message": message, "description": message}})


def gateway(status: int, more: str, headers: dict[str, str] | None = None) -> Refusal:
    body = {"httpCode": str(status), "httpMessage": TITLES[status], "moreInformation": more}
    return Refusal(status, body, headers)


def problem(detail: str) -> Refusal:
    """ProblemDetails, for a body of the wrong form."""
    return Refusal(400, {"title": TITLES[400], "detail": detail, "status": 400})


def missing(what: str) -> Refusal:
    return business(NOT_FOUND, f"{what} bulunamadı", 404)  # [U] the status


FORM = Form(problem)

ORDER = {
    "referenceId": "text!", "barcode": "text!", "billOfLandingId": "text", "isCOD": "int!", "codAmount": "number!", "shipmentServiceType": "int!",
    "packagingType": "int!", "content": "text!", "smsPreference1": "int", "smsPreference2": "int", "smsPreference3": "int",
    "paymentType": "int!", "deliveryType": "int!", "description": "text", "marketPlaceShortCode": "text", "marketPlaceSaleCode": "text",
    "pudoId": "text",
}  # fmt: skip
PIECE = {"barcode": "text!", "desi": "int!", "kg": "int!", "content": "text"}
PERSON = {
    "customerId": "id", "refCustomerId": "text", "cityCode": "id", "districtCode": "id", "cityName": "text", "districtName": "text",
    "address": "text!", "fullName": "text", "mobilePhoneNumber": "text!", "bussinessPhoneNumber": "text", "homePhoneNumber": "text",
    "email": "text", "taxOffice": "text", "taxNumber": "text",
}  # fmt: skip
BARCODE = {
    "referenceId": "text!", "billOfLandingId": "text", "isCOD": "int!", "codAmount": "number!", "packagingType": "int!",
    "printReferenceBarcodeOnError": "int", "message": "text", "additionalContent1": "text", "additionalContent2": "text",
    "additionalContent3": "text", "additionalContent4": "text", "orderPieceList": "list!",
}  # fmt: skip


def bad(message: str) -> Refusal:
    return business(FIELD_BAD, message)


def check_reference(reference: str) -> None:
    if not 1 <= len(reference) <= 20 or fold(reference) != reference:
        raise bad("referenceId en fazla 20 karakter ve büyük harf olmalıdır")


def check_order(order: Mapping[str, Any], payments: tuple[int, ...]) -> None:
    FORM.formed(order, ORDER)
    check_reference(order["referenceId"])
    if order["barcode"] != order["referenceId"]:
        raise bad("barcode alanı referenceId ile aynı olmalıdır")
    check_cod(order)
    allowed = {
        "shipmentServiceType": (1,), "packagingType": (1, 2, 3, 4, 5), "paymentType": payments, "deliveryType": (1, 2),  # [U] beside 3 parcel
        "smsPreference1": (0, 1), "smsPreference2": (0, 1), "smsPreference3": (0, 1),
    }  # fmt: skip
    for name, values in allowed.items():
        if order.get(name) is not None and order[name] not in values:
            raise bad(f"{name} geçersiz")


def check_cod(row: Mapping[str, Any]) -> None:
    amount = Decimal(row["codAmount"])
    if row["isCOD"] not in (0, 1) or (amount > 0) != (row["isCOD"] == 1) or amount < 0:
        raise bad("isCOD ve codAmount birbirini tutmuyor")
    if amount != amount.quantize(Decimal("0.01")):
        raise bad("codAmount en fazla iki ondalık basamak alabilir")


def check_pieces(rows: Any) -> list[str]:
    """The pieces' barcodes."""
    if not isinstance(rows, list) or not rows:
        raise bad("orderPieceList boş olamaz")
    for row in rows:
        FORM.formed(row, PIECE)
        if not 1 <= row["desi"] <= 9999 or not 1 <= row["kg"] <= 9999:
            raise bad("desi ve kg sıfırdan büyük tam sayı olmalıdır")
    codes = [row["barcode"] for row in rows]
    if not all(codes) or len(set(codes)) < len(codes):
        raise bad("Parça barkodları dolu ve birbirinden farklı olmalıdır")
    return codes


def check_person(row: Any, who: str) -> tuple[int, str]:
    """The place: (plate number, district)."""
    if isinstance(row, dict) and row.get("customerId") == "":
        row = {**row, "customerId": None}
    FORM.formed(row, PERSON)
    if bool(row.get("customerId")) == bool(row.get("fullName")):
        raise bad(f"{who}: customerId ile fullName alanlarından yalnız biri gönderilmelidir")
    if not 5 <= len(row["address"]) <= 200:  # [U] both limits
        raise bad(f"{who}: address 5-200 karakter olmalıdır")
    phones = [row.get(name) for name in ("mobilePhoneNumber", "bussinessPhoneNumber", "homePhoneNumber")]
    if not phones[0] or any(one and not PHONE.fullmatch(one) for one in phones):
        raise bad(f"{who}: telefon numarası başında 0 olmadan 10 hane olmalıdır")
    if not EMAIL.fullmatch(row.get("email") or ""):
        raise bad(f"{who}: email zorunludur")
    if row.get("taxNumber") and not re.fullmatch(r"\d{10,11}", row["taxNumber"], re.ASCII):
        raise bad(f"{who}: taxNumber 10 veya 11 hane olmalıdır")
    return _place(row, who)


def _place(row: Mapping[str, Any], who: str) -> tuple[int, str]:
    """By codes; by names where the codes are 0 or absent ([U] whether names are enough)."""
    city = int(row.get("cityCode") or 0) or next(
        (code for code, name in CITIES.items() if fold(name) == fold(row.get("cityName") or "")), 0
    )
    names = dict(districts(city))
    number = int(row.get("districtCode") or 0)
    if number:
        district = names.get(number, "")
    else:
        district = next((one for one in names.values() if one == fold(row.get("districtName") or "")), "")
    if not district:
        raise bad(f"{who}: il veya ilçe bulunamadı")
    return city, district


def districts(city: int) -> list[tuple[int, str]]:
    """(code, name) of each district of a province; empty for none."""
    return [(FIRST_DISTRICT + i, fold(name)) for i, name in enumerate(DISTRICTS.get(city, {}).values())]
