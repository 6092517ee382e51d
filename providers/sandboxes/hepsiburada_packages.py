"""What a Hepsiburada merchant does to lines and packages: pack, unpack, ship by itself, invoice, cancel, change the carrier, print.

Source: reference/marketplaces-tr.md, "## Hepsiburada", "Confirm = create a package" to "Cancel by merchant". A wrong state is always 409.
`…/split` is not served: its body is in no document.
"""

from __future__ import annotations

import base64
import struct
import zlib
from decimal import Decimal
from typing import Any

from providers.sandboxes.exact import is_int
from providers.sandboxes.hepsiburada_orders import carrier_model, find_package, label, line_row
from providers.sandboxes.hepsiburada_state import CARRIERS, OPEN, Line, Order, Package, Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, bad, conflict, missing

FORMATS = ("zpl", "base64zpl", "png")


def packageable_with(shop: Shop, call: Call) -> Answer:
    """The open lines that may travel with this one (itself among them): same buyer, same carrier."""
    order, line = _open_line(shop, call.path["L"])
    rows = [(o, one) for o in shop.orders.values() for one in o.lines if _together((order, line), (o, one))]
    return Answer(200, [line_row(shop, *pair) for pair in rows])


def _together(one: tuple[Order, Line], other: tuple[Order, Line]) -> bool:
    return (
        other[0].paid
        and other[1].status in OPEN
        and one[0].customer == other[0].customer
        and one[1].carrier == other[1].carrier
    )


def _open_line(shop: Shop, line_id: Any) -> tuple[Order, Line]:
    found = shop.parts_of(line_id) if isinstance(line_id, str) else None
    if found is None:
        raise missing("Kalem")
    if not found[0].paid or found[1].status not in OPEN:
        raise conflict(f"{found[1].status} durumundaki kalem üzerinde bu işlem yapılamaz")
    return found


def create_package(shop: Shop, call: Call) -> Answer:
    """All or nothing. Pieces that are left out stay open as a line of their own."""
    body = call.json()
    requests = body.get("lineItemRequests")
    if not isinstance(requests, list) or not requests or not all(isinstance(one, dict) for one in requests):
        raise bad("InvalidBody", "lineItemRequests zorunludur")
    parcels, deci = body.get("parcelQuantity", 1), body.get("deci", 1)
    if not is_int(parcels) or parcels < 1:
        raise bad("InvalidBody", "parcelQuantity en az 1 olmalıdır")
    if isinstance(deci, bool) or not isinstance(deci, int | Decimal) or deci <= 0:
        raise bad("InvalidBody", "deci sıfırdan büyük olmalıdır")
    parts: list[tuple[Order, Line]] = []
    for one in requests:
        order, line = _open_line(shop, one.get("id"))
        if not is_int(one.get("quantity")) or not 0 < one["quantity"] <= line.quantity:
            raise bad("InvalidQuantity", "quantity kalemin adedini aşamaz")
        if any(line is other for _, other in parts):
            raise bad("InvalidBody", "Bir kalem iki kez verilemez")
        parts.append((order, line))
    if not all(_together(parts[0], one) for one in parts):
        raise bad("NotPackageable", "Bu kalemler aynı pakete konamaz")
    code = ""
    if body.get("cargoCompany"):
        code = _carrier_code(body["cargoCompany"])
    if not shop.may_apply():
        n = shop.next_number()
        return Answer(200, {"packageNumber": str(5_000_000_000 + n), "barcode": f"HB{n:012d}"})
    for one, (order, line) in zip(requests, parts, strict=True):
        shop.split_line(order, line, one["quantity"])
    package = shop.pack(parts, call.now, carrier=code, parcels=parcels, deci=str(deci))
    shop.wrote()
    for order in {id(o): o for o, _ in parts}.values():
        shop.counts[f"status:{order.number}"] += 1
    return Answer(200, {"packageNumber": package.number, "barcode": package.barcode})


def unpack(shop: Shop, call: Call) -> Answer:
    package = _in(shop, call, "Open")
    if shop.may_apply():
        shop.move(package, "Unpacked", call.now)
        shop.wrote()
    return Answer()


def in_transit(shop: Shop, call: Call) -> Answer:
    package, body = _own(_in(shop, call, "Open")), call.json()
    number, _ = call.text(body, "trackingNumber"), call.text(body, "shippedDate")
    url = body.get("trackingUrl") or ""
    if not isinstance(url, str):
        raise bad("InvalidBody", "trackingUrl metin olmalıdır")
    if shop.may_apply():
        package.tracking, package.tracking_url = number, url
        shop.move(package, "InTransit", call.now)
        shop.wrote()
    return Answer()


def deliver(shop: Shop, call: Call) -> Answer:
    return _end(shop, call, "Delivered", ("receivedBy", "receivedDate"))


def undeliver(shop: Shop, call: Call) -> Answer:
    return _end(shop, call, "UnDelivered", ("undeliveredDate", "undeliveredReason"))


def _end(shop: Shop, call: Call, status: str, needed: tuple[str, str]) -> Answer:
    package, body = _own(_in(shop, call, "InTransit")), call.json()
    for name in needed:
        call.text(body, name)
    if shop.may_apply():
        shop.move(package, status, call.now)
        shop.wrote()
    return Answer()


def _in(shop: Shop, call: Call, *states: str) -> Package:
    package = find_package(shop, call)
    if package.status not in states:
        raise conflict(f"{package.status} durumundaki paket üzerinde bu işlem yapılamaz")
    return package


def _own(package: Package) -> Package:
    """With cargo that Hepsiburada contracted nothing is pushed: its carrier reports."""
    if CARRIERS[package.carrier][2]:
        raise conflict("Hepsiburada anlaşmalı kargoda bu bildirim yapılamaz")
    return package


# -- papers --------------------------------------------------------------------------------------------------------
def labels(shop: Shop, call: Call) -> Answer:
    """One label a parcel. The query name `format` is unconfirmed; without it the answer is `zpl`."""
    package = _in(shop, call, "Open")
    form = call.query.get("format", "") or "zpl"
    if form not in FORMATS:
        raise bad("InvalidFormat", f"format şunlardan biri olmalıdır: {', '.join(FORMATS)}")
    text = label(package)
    if form == "base64zpl":
        text = base64.b64encode(text.encode()).decode()
    elif form == "png":
        text = base64.b64encode(_png()).decode()
    return Answer(200, {"data": [text] * package.parcels, "format": form, "hasMerchantMutualBarcode": False})


def _png() -> bytes:
    """A white picture of one pixel: what a picture holds is of no interest here."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")


def invoice(shop: Shop, call: Call) -> Answer:
    """The link is kept, never opened."""
    package, body = _in(shop, call, "Open", "InTransit", "Delivered"), call.json()
    link = call.text(body, "invoiceLink")
    if not link.startswith(("https://", "http://")):
        raise bad("InvalidInvoiceLink", "invoiceLink bir adres olmalıdır")
    if shop.may_apply():
        package.invoice = {
            name: body.get(name) for name in ("invoiceLink", "serialNumber", "rowNumber", "arrangementDate")
        }
        shop.counts[f"invoice:{package.number}"] += 1
        shop.wrote()
    return Answer(204)


# -- carriers and cancelling ---------------------------------------------------------------------------------------
def _carrier_code(name: Any) -> str:
    if not isinstance(name, str) or name not in CARRIERS:
        raise bad("InvalidCargoCompany", "Kargo firması geçersiz")
    return name


def package_carriers(shop: Shop, call: Call) -> Answer:
    package = _in(shop, call, "Open")
    return Answer(200, [carrier_model(code) for code in CARRIERS if code != package.carrier])


def change_package_carrier(shop: Shop, call: Call) -> Answer:
    package, code = _in(shop, call, "Open"), _carrier_code(call.json().get("CargoCompanyShortName"))
    if shop.may_apply():
        package.carrier = code
        for _, line in package.parts:
            line.carrier, line.updated = code, call.now
        shop.wrote()
    return Answer()


def line_carriers(shop: Shop, call: Call) -> Answer:
    _, line = _open_line(shop, call.path["L"])
    return Answer(200, [carrier_model(code) for code in CARRIERS if code != line.carrier])


def change_line_carrier(shop: Shop, call: Call) -> Answer:
    (_, line), code = _open_line(shop, call.path["L"]), _carrier_code(call.json().get("CargoCompanyShortName"))
    if shop.may_apply():
        line.carrier, line.updated = code, call.now
        shop.wrote()
    return Answer()


def cancel_line(shop: Shop, call: Call) -> Answer:
    (order, line), reason = _open_line(shop, call.path["L"]), call.json().get("reasonId")
    if not is_int(reason) or reason < 1:
        raise bad("InvalidReason", "reasonId tam sayı olmalıdır")
    if shop.may_apply():
        shop.cancel_line(line, "Merchant", reason, call.now)
        shop.counts[f"cancel:{order.number}"] += 1
        shop.wrote()
    return Answer()
