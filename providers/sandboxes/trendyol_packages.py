"""What a seller may tell Trendyol about a package. An answer 200 is always empty.

Source: reference/marketplaces-tr.md, "## Trendyol", "Confirm / ship"; bodies, limits and states of the deliveries, the extension,
the warehouse and the labour costs from the vendor's pages that the reference names (English site, late 2025).
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.trendyol_places import SHIPMENT_PLACES
from providers.sandboxes.trendyol_records import CARRIERS, OPEN, TEX, UPS, Package
from providers.sandboxes.trendyol_shapes import extendible
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import (
    MINUTE_MS,
    Answer,
    Call,
    Refusal,
    bad,
    is_int,
    is_number,
    missing,
    too_many,
)

#: The codes that a package may be handed to; UPSMP is in the vendor's list for this call, without an id.
PROVIDERS = {code: name for code, (_, name) in CARRIERS.items()} | {"UPSMP": UPS}


def package_of(shop: Shop, call: Call) -> Package:
    package = shop.packages.get(call.identity("P"))
    if package is None:
        raise missing("Paket")
    return package


def must_be_open(package: Package) -> None:
    if package.status not in OPEN:
        raise bad("status.transition", f"{package.status} statüsündeki paket üzerinde bu işlem yapılamaz")


def quantities(package: Package, body: dict[str, Any]) -> dict[int, int]:
    """`lines` of a body as line id -> quantity, each within what the package holds."""
    refusal: Refusal = bad("lines.invalid", "lines geçersiz")
    rows = body.get("lines")
    if not isinstance(rows, list) or not rows:
        raise refusal
    held = {line.id: line.quantity for line in package.lines}
    asked: dict[int, int] = {}
    for row in rows:
        number, quantity = (row.get("lineId"), row.get("quantity")) if isinstance(row, dict) else (None, None)
        if not is_int(number) or not is_int(quantity) or number in asked or not 0 < quantity <= held.get(number, 0):
            raise refusal
        asked[number] = quantity
    return asked


# -- status, number, carrier, boxes ---
def update_status(shop: Shop, call: Call) -> Answer:
    package, body = package_of(shop, call), call.json()
    status, params = body.get("status"), body.get("params")
    if status not in ("Picking", "Invoiced"):
        raise bad("status.invalid", "Yalnızca Picking ve Invoiced statüleri bildirilebilir")
    if not isinstance(params, dict):
        raise bad("params.required", "params zorunludur")
    asked = quantities(package, body)
    if asked != {line.id: line.quantity for line in package.lines}:
        raise bad("lines.incomplete", "Paketteki tüm satırlar tam adetleriyle gönderilmelidir")
    number = params.get("invoiceNumber")
    if status == "Invoiced" and not (isinstance(number, str) and number.strip()):
        raise bad("invoiceNumber.required", "Invoiced için invoiceNumber zorunludur")
    before = {"Picking": "Created", "Invoiced": "Picking"}[status]
    if package.status not in (before, status):
        raise bad("status.transition", f"{package.status} statüsündeki paket {status} yapılamaz")
    if package.status != status and shop.may_apply():
        shop.set_status(package, status)
        if status == "Invoiced":
            package.invoice_number = str(number)
        shop.wrote()
        shop.counts[f"status:{package.id}"] += 1
    return Answer()


def update_tracking(shop: Shop, call: Call) -> Answer:
    package, body = package_of(shop, call), call.json()
    number = body.get("trackingNumber")
    if not isinstance(number, str) or not number.strip().isdecimal() or len(number) > 18:
        raise bad("trackingNumber.invalid", "trackingNumber geçersiz")
    if shop.may_apply():
        package.tracking = int(number)
        shop.touch(package)
        shop.wrote()
    return Answer()


def change_carrier(shop: Shop, call: Call) -> Answer:
    """Once per five minutes and package. The number that the parcel travels with is the new carrier's."""
    package, body = package_of(shop, call), call.json()
    code = body.get("cargoProvider")
    if not isinstance(code, str) or code not in PROVIDERS:
        raise bad("cargoProvider.invalid", "cargoProvider geçersiz")
    if code == "TEXMP" and shop.on("tex_full"):
        raise bad("cargoProvider.limit", "Trendyol Express limiti dolu")
    must_be_open(package)
    if package.carrier_changed and call.now_ms - package.carrier_changed < 5 * MINUTE_MS:
        raise too_many("Kargo firması 5 dakikada en fazla bir kez değiştirilebilir")
    package.carrier_changed = call.now_ms
    if shop.may_apply():
        package.carrier = PROVIDERS[code]
        shop.new_tracking(package, code)
        shop.touch(package)
        shop.wrote()
    return Answer()


def box_info(shop: Shop, call: Call) -> Answer:
    """UPS needs the boxes only, everyone else the deci too."""
    package, body = package_of(shop, call), call.json()
    boxes, deci = body.get("boxQuantity"), body.get("deci")
    if not is_int(boxes) or boxes < 1:
        raise bad("boxQuantity.invalid", "boxQuantity en az 1 olmalıdır")
    if deci is None and package.carrier == UPS:
        deci = package.deci
    elif not is_number(deci) or deci <= 0:
        raise bad("deci.invalid", "deci sıfırdan büyük olmalıdır")
    must_be_open(package)
    if shop.may_apply():
        package.boxes, package.deci = boxes, str(deci)
        shop.touch(package)
        shop.wrote()
    return Answer()


# -- deliveries by other means -------------------------------------------------------------------------------------
def alternative_delivery(shop: Shop, call: Call) -> Answer:
    """By a link, by a telephone number, or a digital code that the vendor sends on. The package is Shipped at once."""
    package, body = package_of(shop, call), call.json()
    told, params = body.get("trackingInfo"), body.get("params")
    phone = body.get("isPhoneNumber")
    if not isinstance(phone, bool):
        raise bad("isPhoneNumber.required", "isPhoneNumber zorunludur")
    if not isinstance(told, str) or not re.fullmatch(r"\d{10}" if phone else r"https?://\S+", told, re.ASCII):
        raise bad("trackingInfo.invalid", "trackingInfo geçersiz")
    code = _digital_code(params)
    if code and not phone:
        raise bad("digitalCode.phone", "Dijital teslimatta telefon numarası gönderilmelidir")
    boxes, deci = body.get("boxQuantity", 1), body.get("deci", 1)
    if not is_int(boxes) or boxes < 1 or not is_number(deci) or deci <= 0:
        raise bad("boxQuantity.invalid", "boxQuantity veya deci geçersiz")
    if package.status not in ("Picking", "Invoiced"):
        raise bad("status.transition", f"{package.status} statüsündeki paket alternatif teslimatla gönderilemez")
    if shop.may_apply():
        package.alternative, package.digital_code = told, code
        package.boxes, package.deci = boxes, str(deci)
        shop.new_tracking(package)
        shop.set_status(package, "Shipped")
        shop.wrote()
    return Answer()


def _digital_code(params: Any) -> str:
    if not isinstance(params, dict) or set(params) - {"digitalCode"}:
        raise bad("params.invalid", "params boş ya da digitalCode içermelidir")
    code = params.get("digitalCode", "")
    if "digitalCode" in params and (not isinstance(code, str) or not 6 <= len(code) <= 120):
        raise bad("digitalCode.length", "digitalCode 6 ile 120 karakter arasında olmalıdır")
    return str(code)


def manual_delivery(shop: Shop, call: Call) -> Answer:
    return _end_alternative(shop, call, "Delivered")


def manual_return(shop: Shop, call: Call) -> Answer:
    return _end_alternative(shop, call, "Returned")


def _end_alternative(shop: Shop, call: Call, status: str) -> Answer:
    """Only the seller knows how a parcel of an alternative delivery ended; of every other one the carrier tells."""
    package = package_of(shop, call)
    if not package.alternative:
        raise bad("delivery.not.alternative", "Paket alternatif teslimatla gönderilmemiş")
    if package.status != "Shipped":
        raise bad("status.transition", f"{package.status} statüsündeki paket {status} yapılamaz")
    if shop.may_apply():
        shop.set_status(package, status)
        shop.wrote()
    return Answer()


def delivered_by_service(shop: Shop, call: Call) -> Answer:
    """The goods go to an authorised service; until the package is shipped. What it does to the status is not written."""
    package = package_of(shop, call)
    must_be_open(package)
    if shop.may_apply():
        package.by_service = True
        shop.touch(package)
        shop.wrote()
    return Answer()


# -- promises, places, costs ---------------------------------------------------------------------------------------
def extend_delivery(shop: Shop, call: Call) -> Answer:
    package, days = package_of(shop, call), call.json().get("extendedDayCount")
    if not is_int(days) or not 1 <= days <= 3:
        raise bad("extendedDayCount.invalid", "extendedDayCount 1, 2 veya 3 olmalıdır")
    if not extendible(shop, package):
        raise bad("agreedDeliveryDate.not.extendible", "Bu paket için ek süre tanımlanamaz")
    if shop.may_apply():
        package.extended_days = days
        shop.touch(package)
        shop.wrote()
    return Answer()


def change_warehouse(shop: Shop, call: Call) -> Answer:
    """For Trendyol Express only, to one of the seller's shipment addresses."""
    package, place = package_of(shop, call), call.json().get("warehouseId")
    if not is_int(place) or place not in SHIPMENT_PLACES:
        raise bad("warehouseId.invalid", "warehouseId geçersiz")
    if package.carrier != TEX:
        raise bad("warehouse.carrier", "Depo yalnız Trendyol Express paketlerinde değiştirilebilir")
    must_be_open(package)
    if shop.may_apply():
        package.warehouse = place
        shop.touch(package)
        shop.wrote()
    return Answer()


def labor_costs(shop: Shop, call: Call) -> Answer:
    """A bare list. Per piece, not below zero nor above what is invoiced for it, until the package is delivered."""
    package, rows = package_of(shop, call), call.json_rows()
    lines = {line.id: line for line in package.lines}
    wanted: dict[int, int] = {}
    for row in rows:
        number, cost = row.get("orderLineId"), row.get("laborCostPerItem")
        if not is_int(number) or number not in lines or number in wanted:
            raise bad("orderLineId.invalid", "orderLineId geçersiz")
        if not is_number(cost) or cost < 0 or cost * 100 % 1:
            raise bad("laborCost.invalid", "laborCostPerItem geçersiz")
        if cost * 100 > lines[number].unit - lines[number].seller_discount:
            raise bad("laborCost.range", "laborCostPerItem faturalanacak tutardan büyük olamaz")
        wanted[number] = int(cost * 100)
    if package.status not in (*OPEN, "Shipped", "AtCollectionPoint"):
        raise bad("status.transition", f"{package.status} statüsündeki pakette işçilik bedeli değiştirilemez")
    if shop.may_apply():
        for number, cost in wanted.items():
            lines[number].labor = cost
        shop.touch(package)
        shop.wrote()
    return Answer()
