"""What the fake Aras refuses in an Order, with its codes. Source: reference/cargo.md, "## Aras Kargo", Operations and Errors.

The reference gives ranges for some codes; which of a range means what is [U]. Texts are ours: a client must go by the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Fields = dict[str, Any]
OK, PHONE_BAD, UPDATE_FAILED, COD_RECEIVER_PAYS, BAD_LOGIN, SET_UP = "0", "935", "936", "942", "1000", "1001"
WAYBILL_CUT, EMPTY_REQUEST, PROCESSED, TOO_OFTEN = "60020", "60021", "70031", "70035"
MISSING = {  # [U] which of 937–941 is which, beside the reference's order: order, address, name, city, town
    "IntegrationCode": "937", "TradingWaybillNumber": "937", "ReceiverAddress": "938", "ReceiverName": "939",
    "ReceiverCityName": "940", "ReceiverTownName": "941",
}  # fmt: skip
TOO_LONG, FORMAT_BAD = "70018", "70019"  # [U] which of the two is which
# [U] 70020–70030 are "piece data"; 70027 (barcode used) and 70030 (twice in one order) are certain.
PIECE_BARCODE, PIECE_LONG, PIECE_WEIGHT, PIECE_COUNT, PIECE_USED, PIECE_TWICE = (
    "70020", "70021", "70022", "70024", "70027", "70030",
)  # fmt: skip
PAYOR_BAD, WORLD_BAD, COD_BAD = "70032", "70033", "70034"  # [U] which of the three is which
TEXTS = {
    OK: "İşlem başarılı.", PHONE_BAD: "Telefon numarası numerik olmalıdır.", UPDATE_FAILED: "Güncelleme sırasında hata oluştu.",
    "937": "Sipariş bilgisi boş olamaz.", "938": "Alıcı adresi boş olamaz.", "939": "Alıcı adı boş olamaz.",
    "940": "Alıcı ili boş olamaz.", "941": "Alıcı ilçesi boş olamaz.", COD_RECEIVER_PAYS: "Alıcı ödemeli gönderide tahsilat yapılamaz.",
    BAD_LOGIN: "Kullanıcı adı veya şifre hatalı.", SET_UP: "Müşteri hesabı entegrasyona kapalıdır.",
    WAYBILL_CUT: "Gönderinin irsaliyesi kesilmiştir.", EMPTY_REQUEST: "Gönderilen bilgi boş.", TOO_LONG: "Alan uzunluğu hatalı.",
    FORMAT_BAD: "Alan biçimi hatalı.", PIECE_BARCODE: "Parça barkodu boş olamaz.", PIECE_LONG: "Parça alanının uzunluğu hatalı.",
    PIECE_WEIGHT: "Parça ağırlığı hatalı.", PIECE_COUNT: "Parça adedi ile parça detayı uyuşmuyor.",
    PIECE_USED: "Parça barkodu daha önce kullanılmış.", PIECE_TWICE: "Parça barkodu tekrar ediyor.",
    PROCESSED: "Gönderi işlem görmüş.", PAYOR_BAD: "PayorTypeCode 1 veya 2 olmalıdır.", WORLD_BAD: "IsWorldWide 0 veya 1 olmalıdır.",
    COD_BAD: "Tahsilat bilgisi hatalı.", TOO_OFTEN: "Gönderi en fazla 20 kez güncellenebilir.",
}  # fmt: skip
LENGTHS = {
    "TradingWaybillNumber": 16, "IntegrationCode": 32, "ReceiverName": 100, "ReceiverAddress": 250, "ReceiverCityName": 40,
    "ReceiverTownName": 16, "InvoiceNumber": 20, "Description": 255,
}  # fmt: skip
MEASURE = re.compile(r"\d{1,6}(\.\d{1,3})?", re.ASCII)  # double(9,3)
MONEY = re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII)  # [U] a dot
PHONE = re.compile(r"[1-9]\d{9}", re.ASCII)  # [U] the document says 10 digits, its example has 11


def pieces_of(order: Fields) -> list[Fields]:
    found: list[Fields] = (order.get("PieceDetails") or {}).get("PieceDetail", [])
    return found


def check(order: Fields) -> str:
    """The first error code of an Order's form, OK when there is none. Used barcodes are not looked at here."""
    return next(_wrong(order), OK)


def _wrong(order: Fields) -> Iterator[str]:
    yield from (code for name, code in MISSING.items() if not order.get(name))
    if any(len(order.get(name, "")) > limit for name, limit in LENGTHS.items()):
        yield TOO_LONG
    phones = [order.get(f"ReceiverPhone{n}", "") for n in (1, 2, 3)]
    if not phones[0].isdecimal() or any(one and not one.isdecimal() for one in phones):
        yield PHONE_BAD
    if any(one and not PHONE.fullmatch(one) for one in phones):
        yield FORMAT_BAD
    if any(order.get(name) and not MEASURE.fullmatch(order[name]) for name in ("VolumetricWeight", "Weight")):
        yield FORMAT_BAD
    if order.get("PayorTypeCode") not in ("1", "2"):
        yield PAYOR_BAD
    if order.get("IsWorldWide") not in ("0", "1"):
        yield WORLD_BAD
    yield from _cod(order)
    yield from _pieces(order)


def _cod(order: Fields) -> Iterator[str]:
    cod, amount = order.get("IsCod", "") or "0", order.get("CodAmount", "")
    if cod not in ("0", "1"):
        yield COD_BAD
    if cod != "1":
        return
    if order.get("PayorTypeCode") == "2":
        yield COD_RECEIVER_PAYS
    good = MONEY.fullmatch(amount) and amount.strip("0.")
    if not good or order.get("CodCollectionType") not in ("0", "1") or order.get("CodBillingType") != "0":
        yield COD_BAD


def _pieces(order: Fields) -> Iterator[str]:
    count, pieces = order.get("PieceCount", ""), pieces_of(order)
    if count and (not count.isdecimal() or int(count) < 1):
        yield FORMAT_BAD
    codes = [one.get("BarcodeNumber", "") for one in pieces]
    if not all(codes):
        yield PIECE_BARCODE
    if any(len(one) > 64 for one in codes) or any(len(one.get("Description", "")) > 64 for one in pieces):
        yield PIECE_LONG
    weights = [one.get(name, "") for one in pieces for name in ("VolumetricWeight", "Weight")]
    if any(one and (len(one) > 6 or not MEASURE.fullmatch(one)) for one in weights):
        yield PIECE_WEIGHT
    if pieces and count and int(count) != len(pieces):
        yield PIECE_COUNT
    if len(set(codes)) < len(codes):
        yield PIECE_TWICE
