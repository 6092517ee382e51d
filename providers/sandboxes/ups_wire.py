"""How the fake UPS speaks: its error shape and codes, services, packagings, the words of its tracking, 1Z numbers, prices.

Source: specs/ups and reference/cargo.md, "## UPS (global REST)". The documents list no error codes: [U] marks what is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.sandboxes import exact
from providers.sandboxes.courier_global import without_blanks
from providers.sandboxes.exact import Call, decimal_text, parsed
from providers.sandboxes.forms import Forms, Wrong

Row = dict[str, Any]
#: Tokens.
NO_BASIC, CLIENT_BAD, GRANT_BAD, TOKEN_BAD, THROTTLED = (
    "10400",
    "10401",
    "10403",
    "250002",
    "10429",
)  # [U] the first and third
BLOCKED, CLOSED, UNEXPECTED = "250007", "120117", "10500"  # [U]
MALFORMED, FIELD_UNKNOWN, FIELD_MISSING, FIELD_BAD = "9370001", "9370002", "9370003", "9370004"  # [U]
SHIPPER_NUMBER, SERVICE, PACKAGING, PAYMENT, ATTENTION, PHONE, GOODS, WEIGHT, LABEL = (
    "120100",
    "121210",
    "120600",
    "120502",
    "120202",
    "120213",
    "120313",
    "120607",
    "128010",
)  # fmt: skip  [U] beside the first two
STATE, POSTCODE = "120206", "120207"  # [U]
RATE_SERVICE, RATE_OPTION = "111210", "111100"  # [U] the second
VOID_UNKNOWN, VOID_LATE, VOID_DONE = "190102", "190101", "190117"  # [U] the last two
RECOVER_UNKNOWN = "300500"  # [U]
TRACK_UNKNOWN, TRACK_BAD, TRACK_HEADER = "TW0001", "TV1002", "TV0001"  # [U] the last two

SERVICES = {
    "01": "Next Day Air", "02": "2nd Day Air", "03": "Ground", "07": "Express", "08": "Expedited", "11": "UPS Standard", "12": "3 Day Select",
    "13": "Next Day Air Saver", "14": "UPS Next Day Air Early", "17": "UPS Worldwide Economy DDU", "54": "Express Plus",
    "59": "2nd Day Air A.M.", "65": "UPS Saver", "70": "UPS Access Point Economy", "71": "UPS Worldwide Express Freight Midday",
    "72": "UPS Worldwide Economy DDP", "74": "UPS Express 12:00", "75": "UPS Heavy Goods", "82": "UPS Today Standard",
    "83": "UPS Today Dedicated Courier", "84": "UPS Today Intercity", "85": "UPS Today Express", "86": "UPS Today Express Saver",
    "96": "UPS Worldwide Express Freight",
    **{f"M{n}": "Mail Innovations" for n in range(2, 8)}, **dict.fromkeys(("C6", "C7", "C8"), "Roadie XD"), "T0": "Master", "T1": "LTL",
}  # fmt: skip
#: From Türkiye, with the price of the first kilogram and of each further one in kuruş, without VAT, and days on the way.
FROM_TURKEY = {
    "07": (245_000, 31_000, 2), "08": (178_000, 22_000, 5), "11": (121_000, 9_500, 6), "54": (302_000, 36_000, 1), "65": (221_000, 28_000, 3),
    "17": (98_000, 8_000, 9), "72": (109_000, 8_800, 9),
}  # fmt: skip
PACKAGINGS = frozenset(
    [
        "01",
        "02",
        "03",
        "04",
        "21",
        "24",
        "25",
        "30",
        "2a",
        "2b",
        "2c",
        "56",
        "57",
        "58",
        "59",
        "60",
        "61",
        "62",
        "63",
        "64",
        "65",
        "66",
        "67",
    ]
)
LABELS = {"GIF", "ZPL", "EPL", "PNG"}  # SPL is in the documents and not here; PNG [U]
CHARSETS = frozenset(
    [
        "dan",
        "nld",
        "fin",
        "fra",
        "deu",
        "ita",
        "nor",
        "pol",
        "por",
        "spa",
        "swe",
        "ces",
        "hun",
        "slk",
        "rus",
        "tur",
        "ron",
        "bul",
        "est",
        "ell",
        "lav",
        "lit",
        "eng",
    ]
)
#: A parcel's step -> (type, code, statusCode, English, Turkish). [U] all codes; types as in the reference.
STATES = {
    "registered": ("M", "MP", "003", "Shipper created a label, UPS has not received the package yet.", "Gönderici etiket oluşturdu, UPS paketi henüz almadı."),
    "accepted": ("P", "PU", "038", "Pickup Scan", "Teslim Alma Taraması"),
    "left": ("I", "DP", "005", "Departed from Facility", "Tesisten Ayrıldı"),
    "arrived": ("I", "AR", "005", "Arrived at Facility", "Tesise Ulaştı"),
    "out": ("I", "OT", "021", "Out For Delivery Today", "Bugün Teslimata Çıktı"),
    "delivered": ("D", "FS", "011", "DELIVERED", "TESLİM EDİLDİ"),
    "failed": ("X", "48", "013", "The receiver was not available for delivery.", "Alıcı teslimat için müsait değildi."),
    "returning": ("X", "RT", "013", "The package is being returned to the sender.", "Paket gönderene iade ediliyor."),
    "returned": ("RS", "RS", "019", "Returned to Shipper", "Gönderene İade Edildi"),
    "lost": ("X", "LC", "013", "The package cannot be located.", "Paketin yeri belirlenemiyor."),
    "cancelled": ("MV", "VP", "007", "Shipment information voided", "Gönderi bilgisi iptal edildi"),
}  # fmt: skip


class Refusal(exact.Refusal):
    """{response: {errors: [{code, message}]}}"""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, message, headers)
        self.code = code

    def body(self) -> Any:
        return {"response": {"errors": [{"code": self.code, "message": self.message}]}}


def bad(code: str, message: str) -> Refusal:
    return Refusal(400, code, message)


FORM = exact.Form(lambda message: bad(FIELD_BAD, message))
#: Why -> (code, text).
_WHYS = {
    "unknown": (FIELD_UNKNOWN, "Unrecognized field {0}"), "missing": (FIELD_MISSING, "Missing required field {0}"),
    "type": (FIELD_BAD, "Invalid type of {0}, {1} expected"), "short": (FIELD_BAD, "{0} is shorter than {1}"),
    "long": (FIELD_BAD, "{0} is longer than {1}"), "few": (FIELD_MISSING, "{0} needs at least {1}"), "many": (FIELD_BAD, "{0} has more than {1}"),
    "pattern": (FIELD_BAD, "Invalid {0}"), "value": (FIELD_BAD, "Invalid {0}"),
}  # fmt: skip


def body_of(call: Call, forms: Forms, root: str) -> tuple[Row, Row]:
    """The body without its blanks, checked, and as it came. Raises Refusal with the first mistake."""
    try:
        raw = parsed(call.body)
    except ValueError:
        raise bad(MALFORMED, "JSON object is malformed") from None
    data = without_blanks(raw)
    refuse(forms.wrong(root, data))
    return data, raw


def refuse(wrongs: Iterable[Wrong]) -> None:
    for one in wrongs:
        code, text = _WHYS[one.why]
        raise bad(code, text.format(one.dotted, one.limit))


def listed(value: Any) -> list[Any]:
    """An array, or its only member that came bare; nothing for None."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def tracking_number(account: str, service: str, serial: int) -> str:
    """1Z, account, service, serial and the check digit."""
    body = f"{account.upper()}{service:0>2}{serial % 10**7:07d}"
    digits = [int(one) if one.isdigit() else (ord(one) - 63) % 10 for one in body]
    total = sum(digits[0::2]) + 2 * sum(digits[1::2])
    return f"1Z{body}{(10 - total % 10) % 10}"


def price(service: str, grams: int) -> int:
    """Kuruş without VAT."""
    first, further, _ = FROM_TURKEY[service]
    return first + further * max(0, -(-grams // 1000) - 1)


def amount(kurus: int) -> Row:
    return {"CurrencyCode": "TRY", "MonetaryValue": decimal_text(kurus)}
