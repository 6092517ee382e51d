"""N11's product tasks: create and update, one row a SKU; what is wrong with one shows in the task's details.

Source: reference/marketplaces-tr.md, "## N11", "Other tasks", "Poll", and the vendor's support pages "RestAPI Ürün Yükleme" (fields, at most
1000 SKUs, https images, mandatory and custom values, leaves only) and "RestAPI Ürün Bilgileri Güncelleme" (its fields; `productMainId` and
`maxPurchaseQuantity` change only with their delete flag, silently). A field that no page names fails the SKU; that and the words are guesses.
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.exact import complaint, decimal_text, is_int, kurus_of
from providers.sandboxes.n11_categories import BRAND, CATEGORIES, Attribute, is_leaf
from providers.sandboxes.n11_products import CURRENCIES, take_task
from providers.sandboxes.n11_state import Item, Shop, Task
from providers.sandboxes.n11_wire import Call

VAT_RATES = (0, 1, 10, 20)
CREATE = {
    "title": "text!", "description": "text!", "categoryId": "int!", "currencyType": "text!", "productMainId": "text!", "preparingDay": "int!",
    "shipmentTemplate": "text!", "maxPurchaseQuantity": "int", "stockCode": "text!", "catalogId": "int", "barcode": "text",
    "quantity": "int!", "images": "list!", "attributes": "list!", "salePrice": "number!", "listPrice": "number!", "vatRate": "int!",
    "bundle": "bool",
}  # fmt: skip
UPDATE = {
    "stockCode": "text!", "status": "text", "preparingDay": "int", "shipmentTemplate": "text", "currencyType": "text",
    "deleteProductMainId": "bool", "productMainId": "text", "deleteMaxPurchaseQuantity": "bool", "maxPurchaseQuantity": "int",
    "description": "text", "vatRate": "int",
}  # fmt: skip
IMAGE = {"url": "text!", "order": "int!"}
ATTRIBUTE = {"id": "int!", "valueId": "int", "customValue": "text"}
MOST_IMAGES = 8
_Row = dict[str, Any]


def create_task(shop: Shop, call: Call) -> Any:
    return take_task(shop, call, "PRODUCT_CREATE", _take_new)


def update_task(shop: Shop, call: Call) -> Any:
    return take_task(shop, call, "PRODUCT_UPDATE", _take_changes)


def _told(task: Task, one: _Row, reasons: list[str]) -> None:
    task.results.append(
        {
            "itemCode": one.get("stockCode"),
            "status": "FAIL" if reasons else "SUCCESS",
            "reasons": reasons,
            "sku": one,
        }
    )


# -- a new product -------------------------------------------------------------------------------------------------
def _take_new(shop: Shop, one: _Row, task: Task) -> None:
    reasons = _wrong(shop, one)
    if not reasons and shop.on(f"refuse_product:{one['stockCode']}"):
        reasons = ["Ürün oluşturulamadı"]
    if not reasons and shop.may_publish():
        item = _made(shop, one)
        shop.items[item.sku] = item
        shop.wrote(item.sku)
        shop.counts["products_created"] += 1
        shop.counts[f"product:{item.sku}"] += 1
    _told(task, one, reasons)


def _made(shop: Shop, one: _Row) -> Item:
    rows = _known_rows(one)
    words = {row["attributeId"]: row["attributeValue"] for row in rows}
    return Item(
        420_500_000 + shop.next_number(), one["productMainId"], one["stockCode"], one.get("barcode") or "", one["title"],
        kurus_of(one["salePrice"]) or 0, kurus_of(one["listPrice"]) or 0, one["quantity"], one["vatRate"], words.get(2, ""),
        one["currencyType"], "InApproval" if shop.on("products_in_approval") else "Active", words.get(BRAND, ""), one["categoryId"],
        one["description"], tuple(image["url"] for image in sorted(one["images"], key=lambda image: image["order"])), rows,
        one["preparingDay"], one["shipmentTemplate"], one.get("maxPurchaseQuantity") or 0,
    )  # fmt: skip


def _known_rows(one: _Row) -> list[_Row]:
    """Checked attributes as the product query tells them."""
    known = {a.id: a for a in CATEGORIES[one["categoryId"]].attributes}
    return [
        {
            "attributeId": row["id"], "attributeName": known[row["id"]].name,
            "attributeValue": dict(known[row["id"]].values).get(row.get("valueId"), row.get("customValue")),
        }
        for row in one["attributes"]
    ]  # fmt: skip


def _wrong(shop: Shop, one: _Row) -> list[str]:
    form = complaint(one, CREATE)
    if form:
        return [form]
    reasons = [
        f"{name} zorunludur"
        for name in ("title", "description", "productMainId", "shipmentTemplate")
        if not one[name].strip()
    ]
    if not re.fullmatch(r"\S.{0,49}", one["stockCode"]):
        reasons.append("stockCode en fazla 50 karakter olabilir")
    elif one["stockCode"] in shop.items:
        reasons.append(f"{one['stockCode']} stok kodlu ürün mağazanızda mevcut")
    if one.get("barcode") and any(item.barcode == one["barcode"] for item in shop.items.values()):
        reasons.append(f"{one['barcode']} barkodlu ürün mağazanızda mevcut")
    reasons += _wrong_numbers(one) + _wrong_images(one["images"])
    if not is_leaf(one["categoryId"]):
        return [*reasons, "categoryId en alt kırılım kategori olmalıdır"]
    return reasons + _wrong_attributes(one) + ([] if reasons else _same_variant(shop, one))


def _wrong_numbers(one: _Row) -> list[str]:
    reasons = []
    full, sale = kurus_of(one["listPrice"]), kurus_of(one["salePrice"])
    if full is None or sale is None:
        reasons.append("Fiyat sıfırdan büyük ve en çok iki ondalıklı olmalıdır")
    elif full < sale:
        reasons.append(f"listPrice {decimal_text(sale)} değerinden küçük olamaz")
    if one["quantity"] < 0:
        reasons.append("quantity sıfır veya daha büyük bir tam sayı olmalıdır")
    if one["preparingDay"] < 1:
        reasons.append("preparingDay 0'dan büyük olmalıdır")
    if one["vatRate"] not in VAT_RATES:
        reasons.append("vatRate 0, 1, 10 veya 20 olmalıdır")
    if one["currencyType"] not in CURRENCIES:
        reasons.append("currencyType TL, USD veya EUR olmalıdır")
    return reasons


def _wrong_images(images: list[Any]) -> list[str]:
    if not 1 <= len(images) <= MOST_IMAGES:
        return [f"1 ile {MOST_IMAGES} arasında görsel gönderilmelidir"]
    for image in images:
        form = complaint(image, IMAGE)
        if form:
            return [f"images: {form}"]
        if not re.fullmatch(r"https://\S+", image["url"]):
            return ["Görsel adresi https ile başlamalıdır"]
    return []


def _wrong_attributes(one: _Row) -> list[str]:
    known = {a.id: a for a in CATEGORIES[one["categoryId"]].attributes}
    reasons, seen = [], set()
    for row in one["attributes"]:
        form = complaint(row, ATTRIBUTE)
        attribute = known.get(row["id"]) if not form else None
        if form or attribute is None:
            reasons.append(f"attributes: {form or 'bu kategoride olmayan özellik'}")
        elif attribute.id in seen:
            reasons.append(f"{attribute.name} birden fazla gönderildi")
        else:
            seen.add(attribute.id)
            reasons += _wrong_value(attribute, row)
    return reasons + [f"{a.name} zorunludur" for a in known.values() if a.mandatory and a.id not in seen]


def _wrong_value(attribute: Attribute, row: _Row) -> list[str]:
    value, text = row.get("valueId"), row.get("customValue")
    if value is not None:
        return [] if value in dict(attribute.values) else [f"{attribute.name} için geçersiz valueId"]
    if attribute.custom and text and text.strip():
        return []
    return [f"{attribute.name} için {'değer' if attribute.custom else 'valueId'} zorunludur"]


def _same_variant(shop: Shop, one: _Row) -> list[str]:
    """Two products of one group may not have the same variant values."""
    varying = {a.id for a in CATEGORIES[one["categoryId"]].attributes if a.variant}

    def chosen(rows: list[_Row]) -> set[tuple[Any, Any]]:
        return {(row["attributeId"], row["attributeValue"]) for row in rows if row["attributeId"] in varying}

    group = [
        i
        for i in shop.items.values()
        if i.main_id == one["productMainId"] and i.category == one["categoryId"] and i.attributes
    ]
    if _wrong_attributes(one):
        return []
    mine = chosen(_known_rows(one))
    return (
        ["Aynı productMainId ile aynı varyant değerleri mevcut"]
        if any(chosen(i.attributes) == mine for i in group)
        else []
    )


# -- a change ------------------------------------------------------------------------------------------------------
def _take_changes(shop: Shop, one: _Row, task: Task) -> None:
    code = one.get("stockCode")
    item = shop.items.get(code) if isinstance(code, str) else None
    reasons = ["stockCode ile eşleşen ürün bulunamadı"] if item is None else _wrong_changes(one)
    if item is not None and not reasons and shop.on(f"refuse_product:{item.sku}"):
        reasons = ["Ürün güncellenemedi"]
    if item is not None and not reasons and shop.may_publish():
        item.status, item.description = one.get("status") or item.status, one.get("description") or item.description
        item.preparing, item.template = (
            one.get("preparingDay") or item.preparing,
            one.get("shipmentTemplate") or item.template,
        )
        item.currency = one.get("currencyType") or item.currency
        item.vat = item.vat if one.get("vatRate") is None else one["vatRate"]
        if one.get("deleteProductMainId"):
            item.main_id = one.get("productMainId") or item.main_id
        if one.get("deleteMaxPurchaseQuantity"):
            item.most = one.get("maxPurchaseQuantity") or 0
        shop.wrote(item.sku)
        shop.counts["products_updated"] += 1
    _told(task, one, reasons)


def _wrong_changes(one: _Row) -> list[str]:
    form = complaint(one, UPDATE)
    if form:
        return [form]
    reasons = []
    if one.get("status") not in (None, "Active", "Suspended"):
        reasons.append("status Active veya Suspended olmalıdır")
    if is_int(one.get("preparingDay")) and one["preparingDay"] < 1:
        reasons.append("preparingDay 0'dan büyük olmalıdır")
    if one.get("vatRate") is not None and one["vatRate"] not in VAT_RATES:
        reasons.append("vatRate 0, 1, 10 veya 20 olmalıdır")
    if one.get("currencyType") not in (None, *CURRENCIES):
        reasons.append("currencyType TL, USD veya EUR olmalıdır")
    return reasons


# -- the control room ----------------------------------------------------------------------------------------------
def products_truth(shop: Shop) -> list[dict[str, Any]]:
    return [
        {
            "sku": one.sku, "barcode": one.barcode, "title": one.title, "category_id": str(one.category), "brand": one.brand,
            "attributes": {str(row["attributeId"]): row["attributeValue"] for row in one.attributes}, "images": list(one.images),
            "price": decimal_text(one.sale), "list_price": decimal_text(one.list_price), "quantity": one.quantity, "vat_rate": str(one.vat),
            "remote_id": one.sku, "description": one.description, "group": one.main_id, "state": one.status,
        }
        for one in shop.items.values()
    ]  # fmt: skip
