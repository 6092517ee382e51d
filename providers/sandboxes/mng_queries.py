"""What a fake MNG account may ask: states, movements, orders, prices, places, what changed between two instants.

Source: reference/cargo.md, "## MNG Kargo (DHL eCommerce Türkiye)", Operations and Status codes. [U] marks what it leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from providers.sandboxes import mng_wire as wire
from providers.sandboxes.courier import Parcel
from providers.sandboxes.exact import DAY, ISTANBUL, Call, local, number, parsed
from providers.sandboxes.mng_orders import MngDepot
from providers.sandboxes.mng_wire import missing
from providers.sandboxes.places import CITIES, fold

Row = dict[str, Any]
#: A parcel's step -> shipmentStatusCode.
STEPS = {
    "ordered": 0, "registered": 1, "accepted": 1, "left": 2, "arrived": 3, "out": 4, "delivered": 5, "failed": 6, "returning": 6,
    "returned": 7, "lost": 8, "cancelled": 0,
}  # fmt: skip
TEXTS = {
    0: "Henüz işlem yapılmadı", 1: "Gönderi hazırlandı / teslim alındı", 2: "Transfer aşamasında", 3: "Teslim birimine ulaştı",
    4: "Dağıtıma çıktı", 5: "Teslim edildi", 6: "Teslim edilemedi", 7: "Göndericiye iade edildi", 8: "Destek gerekiyor",
}  # fmt: skip
TRACK = "https://kargotakip.mngkargo.example/?takipNo="
MOMENT = "%d-%m-%Y %H:%M"  # as in a client's fixture of deliveryDateTime; [U] for the other instants


def _by_id(shop: MngDepot, number_: str) -> Parcel:
    parcel = next(shop.found(number=number_), None)
    if parcel is None:
        raise missing("Gönderi")
    return parcel


def _asked(shop: MngDepot, call: Call) -> Parcel:
    return shop.order(call.path["reference"]) if "reference" in call.path else _by_id(shop, call.path["id"])


def _when(at: int) -> str:
    return local(at, MOMENT) if at else ""


def _status(shop: MngDepot, one: Parcel) -> Row:
    code = STEPS[shop.step(one)]
    return {
        "referenceId": one.reference, "shipmentId": one.number, "shipmentStatusCode": "bozuk" if one.damaged else code,
        "shipmentStatus": TEXTS[code], "isDelivered": int(code == 5), "deliveryDateTime": _when(shop.reached(one, "delivered")),
        "deliveryTo": one.told["receiver"] if code == 5 else "", "trackingUrl": TRACK + one.number if one.number else "",
    }  # fmt: skip


def status(shop: MngDepot, call: Call) -> Row:
    return _status(shop, _asked(shop, call))


def movements(shop: MngDepot, call: Call) -> list[Row]:
    """The oldest first; empty before there is a shipment."""
    one = _asked(shop, call)
    rows = []
    for sequence, (step, at) in enumerate(shop.steps(one), 1):
        far = step in ("arrived", "out", "delivered", "failed", "returning")
        place = one.told["district"] if far else "ŞİŞLİ"
        rows.append({
            "referenceId": one.reference, "shipmentId": one.number, "eventSequence": sequence, "eventStatus": TEXTS[STEPS[step]],
            "eventDateTime": _when(at), "location": place, "locationAddress": f"{place} Şubesi", "locationPhone": "8502220606",
            "deliveryDateTime": _when(at) if step == "delivered" else "", "deliveryTo": one.told["receiver"] if step == "delivered" else "",
            "description": TEXTS[STEPS[step]], "pieceTotal": len(one.pieces),
        })  # fmt: skip
    return rows


def order(shop: MngDepot, call: Call) -> Row:
    one = shop.order(call.path["reference"])
    return {name: one.sent.get(name) for name in ("order", "orderPieceList", "shipper", "recipient")}


def _shipment(shop: MngDepot, one: Parcel) -> Row:
    state = _status(shop, one)
    units = max(int(one.told["kg"]), int(one.told["desi"]))
    costs = price(units)
    pieces = one.sent["orderPieceList"]
    return {
        "shipment": {
            "referenceId": one.reference, "shipmentId": one.number, "shipmentSerialNumber": "A", "shipmentNumber": one.number[-7:],
            "shipmentDateTime": _when(one.born), "pieceCount": len(one.pieces), "totalKg": int(one.told["kg"]),
            "totalDesi": int(one.told["desi"]), "total": costs["subTotal"], "kdv": costs["kdv"], "finalTotal": costs["finalTotal"],
            "shipmentStatusCode": state["shipmentStatusCode"], "estimatedDeliveryDate": local(one.born + 2 * DAY, "%d-%m-%Y"),
            "isDelivered": state["isDelivered"], "deliveryTo": state["deliveryTo"],
        },
        "shipmentPieceList": [
            {"numberOfPackages": 1, "barcode": code, "desi": piece["desi"], "kg": piece["kg"]}
            for code, piece in zip(one.pieces, pieces, strict=False)
        ],
        "shipper": one.sent.get("shipper"), "recipient": one.sent.get("recipient"),
    }  # fmt: skip


def shipment(shop: MngDepot, call: Call) -> Row:
    one = _asked(shop, call)
    if not one.number:
        raise missing("Gönderi")
    return _shipment(shop, one)


def shipment_info(shop: MngDepot, call: Call) -> Row:
    one = _by_id(shop, call.path["id"])
    return {**_status(shop, one), "shipmentFollowUrl": TRACK + one.number, "cargoBarcode": one.pieces[0]}


def by_barcode(shop: MngDepot, call: Call) -> Row:
    one = next(shop.found(piece=call.path["barcode"]), None)
    if one is None or not one.number:
        raise missing("Gönderi")
    return _shipment(shop, one)


def calculate(shop: MngDepot, call: Call) -> Row:
    """[U] the whole request: the pieces are looked at, fields beside them are let through."""
    try:
        body = parsed(call.body)
    except ValueError:
        raise wire.problem("İstek gövdesi geçerli bir JSON değil") from None
    pieces = body.get("orderPieceList") if isinstance(body, dict) else None
    wire.check_pieces(pieces)
    return price(sum(max(one["desi"], one["kg"]) for one in pieces or []))


def price(units: int) -> Row:
    """TRY as numbers with two decimals; finalTotal holds VAT of 20 %."""
    net = 8000 + 550 * units
    vat = net // 5
    return {"subTotal": number(net), "kdv": number(vat), "finalTotal": number(net + vat)}


# -- in bulk ---------------------------------------------------------------------------------------------------------
def _instant(raw: str, form: str, pattern: str) -> int:
    try:
        if re.fullmatch(pattern, raw, re.ASCII):
            return int(datetime.strptime(raw, form).replace(tzinfo=ISTANBUL).timestamp())
    except ValueError:
        pass
    raise wire.problem(f"{raw}: tarih biçimi hatalı")


def _day(raw: str) -> int:
    """dd.MM.yyyy"""
    return _instant(raw, "%d.%m.%Y", r"\d\d\.\d\d\.\d{4}")


def changed(shop: MngDepot, call: Call) -> list[Row]:
    """[U] the answer is made of the rows of getshipmentstatus."""
    first = _day(call.path["start"])
    last = _instant(call.path["end"], "%d.%m.%Y %H:%M:%S", r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d")
    return [
        _status(shop, one)
        for one in shop.parcels.values()
        if one.number and not one.cancelled and first <= shop.steps(one)[-1][1] <= last
    ]


def _of_day(step: str) -> Callable[[MngDepot, Call], list[Row]]:
    def act(shop: MngDepot, call: Call) -> list[Row]:
        start = _day(call.path["date"])
        return [
            _status(shop, one)
            for one in shop.parcels.values()
            if one.number and start <= shop.reached(one, step) < start + DAY
        ]

    return act


by_date, delivered = _of_day("registered"), _of_day("delivered")


# -- places ----------------------------------------------------------------------------------------------------------
def cities(shop: MngDepot, call: Call) -> list[Row]:
    """Names carry the plate number behind two spaces."""
    return [{"code": str(code), "name": f"{fold(name)}  {code}"} for code, name in CITIES.items()]


def _city(call: Call) -> int:
    raw = call.path["city"]
    if not raw.isdecimal() or int(raw) not in CITIES:
        raise missing("İl")
    return int(raw)


def districts(shop: MngDepot, call: Call) -> list[Row]:
    city = _city(call)
    name = f"{fold(CITIES[city])}  {city}"
    return [
        {"cityCode": str(city), "cityName": name, "code": str(code), "name": district}
        for code, district in wire.districts(city)
    ]


def neighbourhoods(shop: MngDepot, call: Call) -> list[Row]:
    """[U] the fields; three of them everywhere."""
    city, names = _city(call), dict(wire.districts(_city(call)))
    code = call.path["district"]
    if not code.isdecimal() or int(code) not in names:
        raise missing("İlçe")
    return [
        {"cityCode": str(city), "districtCode": code, "code": str(i), "name": name}
        for i, name in enumerate(("CUMHURİYET MAH.", "GÜL MAH.", "YENİ MAH."), 1)
    ]


def no_areas(shop: MngDepot, call: Call) -> list[Row]:
    _city(call)
    return []
