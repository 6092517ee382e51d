"""What Trendyol wants of a product, as reasons against one item of a batch.

Source: the vendor's product pages (the reference has the paths and the thousand items). The pages disagree on attribute fields:
`attributeValueId` and `attributeValueIds`, `customAttributeValue` and `attributeValue` are all taken. Switch `origin_required`: the
vendor announced that `origin` must be sent from 23 October 2026; its list of values is not known here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from providers.sandboxes.trendyol_categories import BRANDS, CATEGORIES, Attribute, is_leaf
from providers.sandboxes.trendyol_places import RETURN_PLACES, SHIPMENT_PLACES
from providers.sandboxes.trendyol_records import CARRIERS
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import is_int, is_number

VAT_RATES = (0, 1, 10, 20)
_CARRIER_IDS = {number for number, _ in CARRIERS.values()}
TEXTS = {"title": 100, "productMainId": 40, "stockCode": 100, "description": 30_000}
_Row = dict[str, Any]


def imported(raw: Any) -> str:
    """A space within a barcode is taken out on import."""
    return re.sub(r"\s", "", raw) if isinstance(raw, str) else ""


def wrong(shop: Shop, one: _Row, *, priced: bool) -> list[str]:
    reasons = _wrong_texts(one) + _wrong_numbers(one, priced) + wrong_images(one.get("images")) + _wrong_delivery(one)
    if not is_int(one.get("brandId")) or one["brandId"] not in BRANDS:
        reasons.append("brandId geçersiz")
    category = one.get("categoryId")
    if not is_int(category) or category not in CATEGORIES:
        reasons.append("categoryId geçersiz")
    elif not is_leaf(category):
        reasons.append("categoryId en alt seviyedeki kategori olmalıdır")
    else:
        reasons += wrong_attributes(category, one.get("attributes"))
    if shop.on("origin_required") and not (isinstance(one.get("origin"), str) and one["origin"]):
        reasons.append("origin zorunludur")
    return reasons


def _wrong_texts(one: _Row) -> list[str]:
    reasons = []
    if not re.fullmatch(r"[\w.\-]{1,40}", imported(one.get("barcode"))):
        reasons.append("barcode en fazla 40 karakter olmalı, özel karakter olarak yalnız . - _ içermelidir")
    for name, most in TEXTS.items():
        value = one.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            reasons.append(f"{name} zorunludur ve en fazla {most} karakter olabilir")
    if one.get("currencyType", "TRY") != "TRY":
        reasons.append("currencyType TRY olmalıdır")
    return reasons


def _wrong_numbers(one: _Row, priced: bool) -> list[str]:
    reasons = []
    weight = one.get("dimensionalWeight")
    if not is_number(weight) or weight < 0:
        reasons.append("dimensionalWeight zorunludur")
    if not is_int(one.get("vatRate")) or one["vatRate"] not in VAT_RATES:
        reasons.append("vatRate 0, 1, 10 veya 20 olmalıdır")
    if not priced:
        return reasons
    quantity, sale, full = one.get("quantity"), one.get("salePrice"), one.get("listPrice")
    if not is_int(quantity) or not 0 <= quantity <= 20_000:
        reasons.append("quantity 0 ile 20000 arasında olmalıdır")
    for name in ("salePrice", "listPrice"):
        price = one.get(name)
        if not is_number(price) or price <= 0 or Decimal(price) * 100 % 1:
            reasons.append(f"{name} sıfırdan büyük ve en çok iki ondalıklı olmalıdır")
    if is_number(sale) and is_number(full) and full < sale:
        reasons.append("listPrice, salePrice değerinden küçük olamaz")
    return reasons


def wrong_images(images: Any) -> list[str]:
    urls = (
        [image.get("url") if isinstance(image, dict) else None for image in images] if isinstance(images, list) else []
    )
    if not 1 <= len(urls) <= 8:
        return ["1 ile 8 arasında görsel gönderilmelidir"]
    if not all(isinstance(url, str) and re.fullmatch(r"https://\S+", url) for url in urls):
        return ["Görsel adresleri https ile başlamalıdır"]
    return []


def _wrong_delivery(one: _Row) -> list[str]:
    reasons = wrong_places(one)
    if "cargoCompanyId" in one and one["cargoCompanyId"] not in _CARRIER_IDS:
        reasons.append("cargoCompanyId geçersiz")
    return reasons + wrong_option(one.get("deliveryOption"))


def wrong_places(one: _Row) -> list[str]:
    """0 and null stand for the default address, as in the vendor's samples."""
    known = {"shipmentAddressId": SHIPMENT_PLACES, "returningAddressId": RETURN_PLACES}
    reasons = [f"{name} geçersiz" for name, places in known.items() if one.get(name) not in (None, 0, *places)]
    if one.get("locationBasedDelivery") not in (None, "ENABLED", "DISABLED"):
        reasons.append("locationBasedDelivery geçersiz")
    return reasons


def wrong_option(option: Any) -> list[str]:
    if option is None:
        return []
    days = option.get("deliveryDuration") if isinstance(option, dict) else None
    fast = option.get("fastDeliveryType") if isinstance(option, dict) else None
    if not is_int(days) or days < 0:
        return ["deliveryDuration geçersiz"]
    if fast is not None and (fast not in ("SAME_DAY_SHIPPING", "FAST_DELIVERY") or days != 1):
        return ["fastDeliveryType için deliveryDuration 1 olmalıdır"]
    return []


# -- attributes ----------------------------------------------------------------------------------------------------
def wrong_attributes(category: int, rows: Any) -> list[str]:
    known = {a.id: a for a in CATEGORIES[category].attributes}
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return ["attributes zorunludur"]
    reasons, seen = [], set()
    for row in rows:
        attribute = known.get(row["attributeId"]) if is_int(row.get("attributeId")) else None
        if attribute is None:
            reasons.append(f"{row.get('attributeId')} bu kategorinin özelliği değil")
        elif attribute.id in seen:
            reasons.append(f"{attribute.name} birden fazla gönderildi")
        else:
            seen.add(attribute.id)
            reasons += _wrong_value(attribute, row)
    return reasons + [f"{a.name} zorunludur" for a in known.values() if a.required and a.id not in seen]


def _given(row: _Row) -> tuple[list[Any], Any]:
    """Value ids and free text of one row, whichever of the two spellings it has."""
    ids = row.get("attributeValueIds")
    if ids is None:
        ids = [] if row.get("attributeValueId") is None else [row["attributeValueId"]]
    text = row.get("customAttributeValue")
    return (ids if isinstance(ids, list) else [None]), (row.get("attributeValue") if text is None else text)


def _wrong_value(attribute: Attribute, row: _Row) -> list[str]:
    ids, text = _given(row)
    if attribute.custom:
        if ids or not isinstance(text, str) or not text.strip():
            return [f"{attribute.name} serbest metin olmalıdır"]
        return [f"{attribute.name} en fazla 50 karakter olabilir"] if attribute.slicer and len(text) > 50 else []
    if text is not None or not ids or any(i not in dict(attribute.values) for i in ids):
        return [f"{attribute.name} için geçerli bir değer seçilmelidir"]
    return [f"{attribute.name} tek değer alır"] if len(ids) > 1 and not attribute.many else []


def told_attributes(category: int, rows: list[_Row]) -> list[_Row]:
    """Checked rows of a request as the lists tell them, by attribute id."""
    known = {a.id: a for a in CATEGORIES[category].attributes}
    told = []
    for row in sorted(rows, key=lambda row: row["attributeId"]):
        attribute = known[row["attributeId"]]
        ids, text = _given(row)
        values = dict(attribute.values)
        pairs = [(i, values[i]) for i in ids] or [(None, text)]
        told += [
            {
                "attributeId": attribute.id,
                "attributeName": attribute.name,
                "attributeValueId": i,
                "attributeValue": word,
            }
            for i, word in pairs
        ]
    return told


def slices(category: int, attributes: list[_Row]) -> str:
    """The slicing values of a product: what makes a content of its own."""
    cut = {a.id for a in CATEGORIES[category].attributes if a.slicer}
    return " / ".join(str(row["attributeValue"]) for row in attributes if row["attributeId"] in cut)
