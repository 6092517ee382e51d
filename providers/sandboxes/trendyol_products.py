"""Trendyol's product services V2: create, update, archive and delete. The answer is a batch; what is wrong shows per item there.

Source: reference/marketplaces-tr.md, "## Trendyol", "List products" (Create, updates, DELETE); bodies from the vendor's V2 pages. A new
product waits for the vendor's approval and only then is a listing. Switches: `products_rejected` (the vendor refuses it then),
`refuse_product:<sku>` (refused in the batch), `ignore_products` (says yes, applies nothing); `slow_products` is batch_result's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from providers.sandboxes.trendyol_catalogue import take_batch
from providers.sandboxes.trendyol_categories import CATEGORIES
from providers.sandboxes.trendyol_records import Item
from providers.sandboxes.trendyol_rules import (
    TEXTS,
    VAT_RATES,
    imported,
    slices,
    told_attributes,
    wrong,
    wrong_attributes,
    wrong_images,
    wrong_option,
    wrong_places,
)
from providers.sandboxes.trendyol_state import APPROVAL_MS, Shop
from providers.sandboxes.trendyol_wire import DAY_MS, Answer, Call, is_int, is_number

_CONTENT = {"contentId", "title", "description", "images", "attributes"}
_VARIANT = {
    "barcode", "stockCode", "vatRate", "shipmentAddressId", "returningAddressId", "dimensionalWeight", "lotNumber",
    "locationBasedDelivery",
}  # fmt: skip
_Row = dict[str, Any]


def create_products(shop: Shop, call: Call) -> Answer:
    return _batch(shop, call, "ProductV2OnBoarding", _create, wrap=True)


def update_unapproved(shop: Shop, call: Call) -> Answer:
    return _batch(shop, call, "ProductV2Update", _update_unapproved, wrap=True)


def update_content(shop: Shop, call: Call) -> Answer:
    return _batch(shop, call, "ProductContentUpdate", _update_content)


def update_variants(shop: Shop, call: Call) -> Answer:
    return _batch(shop, call, "ProductVariantUpdate", _update_variant)


def update_delivery(shop: Shop, call: Call) -> Answer:
    return _batch(shop, call, "ProductDeliveryUpdate", _update_delivery)


def delete_products(shop: Shop, call: Call) -> Answer:
    return _batch(shop, call, "ProductDeletion", _delete)


def archive_products(shop: Shop, call: Call) -> Answer:
    return _batch(shop, call, "ProductArchiveUpdate", _archive)


def _batch(shop: Shop, call: Call, kind: str, act: Callable[[Shop, _Row], list[str]], wrap: bool = False) -> Answer:
    """`act` gives the reasons against an item, or changes it and gives none."""
    shop.settle_products()
    results = []
    for one in call.items():
        reasons = act(shop, one)
        echo = {"product": one, "barcode": one.get("barcode")} if wrap else one
        results.append({"requestItem": echo, "status": "FAILED" if reasons else "SUCCESS", "failureReasons": reasons})
    return take_batch(shop, kind, results)


def _refused(shop: Shop, sku: str) -> bool:
    return shop.on(f"refuse_sku:{sku}") or shop.on(f"refuse_product:{sku}")


def _applies(shop: Shop) -> bool:
    return not shop.on("ignore_products") and shop.may_apply()


def _updated(shop: Shop, item: Item) -> None:
    shop.wrote(item.sku)
    shop.counts["products_updated"] += 1


# -- a whole product -----------------------------------------------------------------------------------------------
def _create(shop: Shop, one: _Row) -> list[str]:
    barcode = imported(one.get("barcode"))
    reasons = wrong(shop, one, priced=True)
    if barcode in shop.items or barcode in shop.pending:
        reasons.append(f"{barcode} barkodlu ürün zaten mevcut")
    if reasons or _refused(shop, one["stockCode"]):
        return reasons or ["Ürün oluşturulamadı"]
    attributes = told_attributes(one["categoryId"], one["attributes"])
    if any(
        item.main_id == one["productMainId"] and item.attributes == attributes
        for item in (*shop.items.values(), *shop.pending.values())
    ):
        return ["Aynı productMainId ve aynı özelliklerle başka bir ürün mevcut"]
    if _applies(shop):
        now = shop.now()
        item = Item(
            0, 0, one["productMainId"], one["stockCode"], barcode, one["title"], int(one["salePrice"] * 100),
            int(one["listPrice"] * 100), one["quantity"], one["vatRate"], "", now, now, now, approved=False,
        )  # fmt: skip
        _fill(item, one, now)
        shop.pending[barcode] = item
        shop.wrote(item.sku)
        shop.counts["products_created"] += 1
        shop.counts[f"product:{item.sku}"] += 1
    return []


def _update_unapproved(shop: Shop, one: _Row) -> list[str]:
    """Everything but stock and prices, and everything must be there. The vendor looks at the product anew."""
    item = shop.pending.get(imported(one.get("barcode")))
    reasons = wrong(shop, one, priced=False)
    if item is None:
        return ["Onaylanmamış ürün bulunamadı"]
    if not reasons and _refused(shop, item.sku):
        return ["Ürün güncellenemedi"]
    if not reasons and _applies(shop):
        item.main_id, item.sku, item.title, item.vat = (
            one["productMainId"], one["stockCode"], one["title"], one["vatRate"],
        )  # fmt: skip
        _fill(item, one, shop.now())
        _updated(shop, item)
    return reasons


def _fill(item: Item, one: _Row, now: int) -> None:
    item.brand, item.category, item.description = one["brandId"], one["categoryId"], one["description"]
    item.images = tuple(image["url"] for image in one["images"])
    item.attributes = told_attributes(one["categoryId"], one["attributes"])
    item.colour = slices(item.category, item.attributes)
    item.weight = str(one.get("dimensionalWeight", 1))
    item.more = {name: one[name] for name in ("deliveryOption", "origin", "lotNumber") if name in one}
    item.modified, item.rejected, item.due = now, "", now + APPROVAL_MS


# -- parts of an approved product ----------------------------------------------------------------------------------
def _update_content(shop: Shop, one: _Row) -> list[str]:
    """Partial, but of the attributes all or none; what slices or varies stays."""
    items = [item for item in shop.items.values() if item.content_id == one.get("contentId")]
    if not items:
        return ["contentId bulunamadı"]
    head = items[0]
    reasons = [f"{name} onaylı üründe güncellenemez" for name in sorted(set(one) - _CONTENT)]
    reasons += [
        f"{name} en fazla {TEXTS[name]} karakter olabilir"
        for name in ("title", "description")
        if name in one and (not isinstance(one[name], str) or not 0 < len(one[name]) <= TEXTS[name])
    ]
    reasons += wrong_images(one["images"]) if "images" in one else []
    told: list[_Row] = []
    if "attributes" in one:
        reasons += wrong_attributes(head.category, one["attributes"])
        told = told_attributes(head.category, one["attributes"]) if not reasons else []
        fixed = {a.id for a in CATEGORIES[head.category].attributes if a.slicer or a.varianter}
        if not reasons and any(row["attributeId"] in fixed and row not in head.attributes for row in told):
            reasons.append("slicer ve varianter özellikleri güncellenemez")
    if not reasons and any(_refused(shop, item.sku) for item in items):
        return ["Ürün güncellenemedi"]
    if not reasons and len(one) > 1 and _applies(shop):
        for item in items:
            item.title, item.description = one.get("title", item.title), one.get("description", item.description)
            item.images = tuple(image["url"] for image in one["images"]) if "images" in one else item.images
            item.attributes = told or item.attributes
            item.modified = shop.now()
        _updated(shop, head)
    return reasons or ([] if len(one) > 1 else ["Güncellenecek bir alan gönderilmedi"])


def _own(shop: Shop, one: _Row) -> Item | None:
    return shop.items.get(one["barcode"]) if isinstance(one.get("barcode"), str) else None


def _update_variant(shop: Shop, one: _Row) -> list[str]:
    item = _own(shop, one)
    if item is None:
        return ["Onaylı ürün bulunamadı"]
    reasons = [f"{name} bu servisle güncellenemez" for name in sorted(set(one) - _VARIANT)] + wrong_places(one)
    sku, vat, weight = one.get("stockCode", item.sku), one.get("vatRate", item.vat), one.get("dimensionalWeight", 1)
    if not isinstance(sku, str) or not 0 < len(sku) <= 100:
        reasons.append("stockCode en fazla 100 karakter olabilir")
    if not is_int(vat) or vat not in VAT_RATES:
        reasons.append("vatRate 0, 1, 10 veya 20 olmalıdır")
    if not is_number(weight) or weight < 0:
        reasons.append("dimensionalWeight geçersiz")
    if len(one) < 2:
        reasons.append("Güncellenecek bir alan gönderilmedi")
    if not reasons and _refused(shop, item.sku):
        return ["Ürün güncellenemedi"]
    if not reasons and _applies(shop):
        item.sku, item.vat, item.weight = sku, vat, str(one.get("dimensionalWeight", item.weight))
        item.modified = shop.now()
        _updated(shop, item)
    return reasons


def _update_delivery(shop: Shop, one: _Row) -> list[str]:
    """`deliveryOptions` here, `deliveryOption` elsewhere: the vendor's own inconsistency."""
    item = _own(shop, one)
    if item is None:
        return ["Onaylı ürün bulunamadı"]
    if not isinstance(one.get("deliveryOptions"), dict):
        return ["deliveryOptions zorunludur"]
    reasons = wrong_option(one["deliveryOptions"])
    if not reasons and shop.may_apply():
        item.more = item.more | {"deliveryOption": one["deliveryOptions"]}
        item.modified = shop.now()
        shop.wrote(item.sku)
    return reasons


def _archive(shop: Shop, one: _Row) -> list[str]:
    item, wanted = _own(shop, one), one.get("archived")
    if item is None:
        return ["Ürün sistemde bulunamadı"]
    if not isinstance(wanted, bool):
        return ["archived true veya false olmalıdır"]
    if shop.may_apply():
        if wanted and not item.archived:
            item.archived_at = shop.now()
        item.archived, item.modified = wanted, shop.now()
        shop.wrote(item.sku)
    return []


def _delete(shop: Shop, one: _Row) -> list[str]:
    """Of the unapproved any; of the approved what has been in the archive for over a day and the vendor has not stopped."""
    barcode = one.get("barcode")
    if isinstance(barcode, str) and barcode in shop.pending:
        if shop.may_apply():
            shop.wrote(shop.pending.pop(barcode).sku)
        return []
    item = _own(shop, one)
    if item is None:
        return ["Ürün sistemde bulunamadı"]
    if not item.archived or shop.now() - item.archived_at <= DAY_MS:
        return ["Ürün en az bir gündür arşivde olmalıdır"]
    if item.locked or item.blacklisted:
        return ["Satışı Trendyol tarafından durdurulan ürün silinemez"]
    if shop.may_apply():
        shop.wrote(shop.items.pop(item.barcode).sku)
    return []
