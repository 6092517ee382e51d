"""Trendyol's addresses of the seller and its list of Turkish places.

Source: reference/marketplaces-tr.md, "## Trendyol", "Addresses", "Locations"; the address fields from the vendor's page that it
names, the place rows `{id, code, name}` are a guess. Addresses may be asked for once an hour.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import Answer, Call, missing

#: id -> (kind, city, city code, district, is the default of its kind)
_PLACES = {
    1: ("Shipment", "İstanbul", 34, "Kadıköy", True),
    2: ("Invoice", "Ankara", 6, "Çankaya", True),
    3: ("Returning", "Bursa", 16, "Osmangazi", True),
    4: ("Shipment", "İzmir", 35, "Bornova", False),
}
SHIPMENT_PLACES = tuple(number for number, place in _PLACES.items() if place[0] == "Shipment")
RETURN_PLACES = tuple(number for number, place in _PLACES.items() if place[0] == "Returning")
#: city id -> (name, districts: id -> (name, neighbourhoods))
_CITIES: dict[int, tuple[str, dict[int, tuple[str, tuple[str, ...]]]]] = {
    6: ("Ankara", {601: ("Çankaya", ("Kızılay", "Bahçelievler")), 602: ("Keçiören", ("Etlik",))}),
    16: ("Bursa", {1601: ("Osmangazi", ("Teleferik", "Çekirge"))}),
    34: ("İstanbul", {3401: ("Kadıköy", ("Moda", "Göztepe")), 3402: ("Şişli", ("Mecidiyeköy",))}),
    35: ("İzmir", {3501: ("Bornova", ("Işıklar",)), 3502: ("Karşıyaka", ("Bostanlı",))}),
    76: ("Iğdır", {7601: ("Tuzluca", ("İstiklal",))}),
}


def addresses(shop: Shop, call: Call) -> Answer:
    rows = {number: _address(number) for number in _PLACES}
    return Answer(
        200,
        {
            "supplierAddresses": list(rows.values()), "defaultShipmentAddress": rows[1], "defaultInvoiceAddress": rows[2],
            "defaultReturningAddress": {"present": True},
        },
    )  # fmt: skip


def _address(number: int) -> dict[str, Any]:
    kind, city, code, district, default = _PLACES[number]
    street = f"Örnek Sk. No:{number}"
    return {
        "id": number, "addressType": kind, "country": "Türkiye", "city": city, "cityCode": code, "district": district,
        "districtId": code * 100 + 1, "postCode": f"{code:02d}710", "address": street,
        "fullAddress": f"{street} {district} {city} Türkiye", "shipmentAddress": kind == "Shipment",
        "invoiceAddress": kind == "Invoice", "returningAddress": kind == "Returning", "default": default,
    }  # fmt: skip


def cities(shop: Shop, call: Call) -> Answer:
    return Answer(200, [{"id": number, "code": str(number), "name": name} for number, (name, _) in _CITIES.items()])


def districts(shop: Shop, call: Call) -> Answer:
    found = _CITIES.get(call.identity("city"))
    if found is None:
        raise missing("Şehir")
    return Answer(200, [{"id": number, "name": name} for number, (name, _) in found[1].items()])


def neighborhoods(shop: Shop, call: Call) -> Answer:
    city = _CITIES.get(call.identity("city"))
    found = city[1].get(call.identity("district")) if city else None
    if found is None:
        raise missing("İlçe")
    start = call.identity("district") * 100
    return Answer(200, [{"id": start + k, "name": name} for k, name in enumerate(found[1], 1)])
