"""How the fake Sendeo speaks and what it refuses: its envelope, names whose case does not matter, numbers in quotes, its codes.

Source: reference/cargo.md, "## Sendeo", and specs/sendeo (districts). Business errors are HTTP 500. [U] marks what the reference leaves
open: which code of 201–207 and 301–307 is which, and the codes of a used reference, a closed account and a refused address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from providers.sandboxes import exact
from providers.sandboxes.exact import Form, is_int
from providers.sandboxes.places import DISTRICTS

Row = dict[str, Any]
REFERENCE_MISSING, TYPE_BAD, PRODUCTS_BAD, PAYMENT_BAD, REFERENCE_USED = 102, 103, 104, 105, 106
COLLECTION_BAD, COLLECTION_PRICE_BAD, LABEL_BAD = 410, 411, 412
NO_KEY, UNKNOWN, COLLECTED = 701, 702, 703
TEXTS = {
    REFERENCE_MISSING: "Referans numarası boş olamaz.", TYPE_BAD: "Gönderi tipi geçersiz.", PRODUCTS_BAD: "Ürün bilgisi geçersiz.",
    PAYMENT_BAD: "Ödeme tipi geçersiz.", REFERENCE_USED: "Bu referans numarası ile daha önce gönderi oluşturulmuş.",
    COLLECTION_BAD: "Tahsilat tipi geçersiz.", COLLECTION_PRICE_BAD: "Tahsilat tutarı geçersiz.", LABEL_BAD: "Etiket tipi geçersiz.",
    NO_KEY: "Referans veya takip numarası gönderilmelidir.", UNKNOWN: "Gönderi bulunamadı.", COLLECTED: "Gönderi teslim alınmış, iptal edilemez.",
    201: "Alıcı adı boş olamaz.", 202: "Alıcı adresi geçersiz.", 203: "Alıcı ili geçersiz.", 204: "Alıcı ilçesi geçersiz.",
    205: "Alıcı telefonu geçersiz.", 206: "Alıcı şubesi geçersiz.", 207: "Bu gönderi tipinde alıcı bilgisi gönderilmemelidir.",
    301: "Gönderici adı boş olamaz.", 302: "Gönderici adresi geçersiz.", 303: "Gönderici ili geçersiz.", 304: "Gönderici ilçesi geçersiz.",
    305: "Gönderici telefonu geçersiz.", 306: "Gönderici şubesi geçersiz.", 307: "Bu gönderi tipinde gönderici bilgisi gönderilmemelidir.",
}  # fmt: skip
BRANCHES = ("1001", "1002", "3501")  # [U]
LABELS = {0, 1, 2, 3, 5, 6, 8, 9, 10}
MOST_COLLECTED, MOST_DECI = Decimal(5000), 500
PHONE = re.compile(r"[1-9]\d{9}", re.ASCII)
#: Who must be told, who must not, by deliveryType. [U] beside 1 and 2.
PEOPLE = {1: ("receiver", "sender"), 2: ("sender", "receiver"), 3: ("receiver sender", ""), 4: ("receiver", ""), 5: ("receiver", ""), 6: ("sender", "")}  # fmt: skip

PERSON_FIELDS = ("", "BranchCode", "Address", "CityId", "DistrictId", "Phone", "GSM", "Email")
DELIVERY = {
    **dict.fromkeys(("deliveryType", "paymentType", "payType", "collectionType", "serviceType", "barcodeLabelType", "customerReferenceType"), "whole"),
    **dict.fromkeys(("referenceNo", "description", "dispatchNoteNumber", "additionalValue", "senderTc", "receiverTC"), "text"),
    **{who + name: "whole" if name.endswith("Id") else "text" for who in ("sender", "receiver") for name in PERSON_FIELDS},
    "collectionPrice": "money", "products": "list",
}  # fmt: skip
PRODUCT = {
    "count": "whole", "productCode": "text", "description": "text", "deci": "whole", "weigth": "money", "deciWeight": "money", "price": "money",
}  # fmt: skip
MEASUREMENT = dict.fromkeys(("quantity", "width", "length", "height", "deci", "weight"), "money")


class Refusal(exact.Refusal):
    """`code`: StatusCode of the envelope. HTTP 500 for what is a business error."""

    def __init__(self, code: int, message: str = "", status: int = 500) -> None:
        super().__init__(status, message or TEXTS[code])
        self.code = code

    def body(self) -> Any:
        return envelope(None, self.code, self.message)


def envelope(result: Any, code: int = 200, message: str | None = None) -> Row:
    return {
        "RequestId": "0HSANDBOX:00000001", "result": result, "StatusCode": code, "exceptionMessage": message, "innerExceptionMessage": None,
        "exceptionDescription": message,
    }  # fmt: skip


def bad(message: str) -> Refusal:
    """[U] a body of the wrong form."""
    return Refusal(400, message, 400)


FORM = Form(bad)


def _whole(value: Any) -> int | None:
    if is_int(value):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII) else None


def _money(value: Any) -> Decimal | None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    good = isinstance(value, str) and re.fullmatch(r"-?\d{1,9}(\.\d{1,4})?", value, re.ASCII)
    return Decimal(value) if good else None


def read(row: Any, spec: Mapping[str, str]) -> Row:
    """The fields by their own names whatever the case they came in; numbers may come in quotes. A field not in `spec` is refused."""
    if not isinstance(row, dict):
        raise bad("nesne bekleniyordu")
    names = {name.casefold(): name for name in spec}
    found: Row = {}
    for given, value in row.items():
        name = names.get(given.casefold())
        if name is None or name in found:
            raise bad(f"{given}: bilinmeyen alan")
        if value is None or (value == "" and spec[name] != "text"):
            continue
        told: Any = value
        if spec[name] == "whole":
            told = _whole(value)
        elif spec[name] == "money":
            told = _money(value)
        elif not isinstance(value, list if spec[name] == "list" else str):
            told = None
        if told is None:
            raise bad(f"{given}: tür hatalı")
        found[name] = told
    return found


def check(row: Row) -> None:
    """Raises the first business error of a delivery. `row`: as `read` gives it; its products are read here."""
    code = next(_wrong(row), 0)
    if code:
        raise Refusal(code)


def _wrong(row: Row) -> Iterator[int]:
    if not row.get("referenceNo") or len(row["referenceNo"]) > 50:  # [U] the length
        yield REFERENCE_MISSING
    kind = row.get("deliveryType")
    if kind not in PEOPLE:
        yield TYPE_BAD
        return
    row["products"] = [read(one, PRODUCT) for one in row.get("products") or []]
    products = row["products"]
    if not products or any(one.get("count", 0) < 1 or one.get("weigth", 0) <= 0 for one in products):
        yield PRODUCTS_BAD
    if any(not 1 <= one.get("deci", 0) <= MOST_DECI for one in products):
        yield PRODUCTS_BAD
    if row.get("paymentType") != 1 or row.get("payType", 1) not in (1, 2, 3, 4) or row.get("serviceType") not in (1, 2):
        yield PAYMENT_BAD
    wanted, barred = PEOPLE[kind]
    for who, base in (("receiver", 200), ("sender", 300)):
        if who == barred and any(row.get(who + name) for name in PERSON_FIELDS):
            yield base + 7
        if who in wanted.split():
            yield from (base + one for one in _person(row, who, (kind == 5) if who == "receiver" else (kind == 6)))
    yield from _collection(row)
    if row.get("barcodeLabelType", 0) not in LABELS:
        yield LABEL_BAD


def _person(row: Row, who: str, at_branch: bool) -> Iterator[int]:
    if len(row.get(who, "")) < 2:
        yield 1
    if at_branch and row.get(f"{who}BranchCode") not in BRANCHES:
        yield 6
    if not at_branch:
        if not 5 <= len(row.get(f"{who}Address", "")) <= 255:  # [U] both limits
            yield 2
        rows = DISTRICTS.get(row.get(f"{who}CityId", 0), {})
        if not rows:
            yield 3
        if row.get(f"{who}DistrictId", 0) not in rows:
            yield 4
    phones = [row.get(f"{who}{name}", "") for name in ("Phone", "GSM")]
    if not any(phones) or any(one and not PHONE.fullmatch(one) for one in phones):
        yield 5


def _collection(row: Row) -> Iterator[int]:
    kind, price = row.get("collectionType", 0), row.get("collectionPrice", Decimal(0))
    if kind not in (0, 1, 2):
        yield COLLECTION_BAD
    if (price > 0) != (kind != 0) or not 0 <= price <= MOST_COLLECTED:
        yield COLLECTION_PRICE_BAD
