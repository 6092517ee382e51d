"""Hepsiburada's product update service: a file of changes to products that are for sale, taken as a ticket and answered later.

Source: the vendor's pages "Ürün Güncelleme Önemli Bilgiler" (merchantId, hbSku, productName, productDescription, image1–image10, video,
attributes, kdv, warrantyPeriod, desi, isCustomizable, barcode) and "Ürün Güncelleme Talep Durumu Sorgulama" (paths under /ticket-api); the
reference is silent on it. A field that is not sent stays, an empty attribute is removed. The row of a ticket's status is a guess.
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.hepsiburada_categories import CATEGORIES, MUG, page
from providers.sandboxes.hepsiburada_publishing import VAT_RATES, filed
from providers.sandboxes.hepsiburada_state import Import, Listing, Product, Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, bad, missing

IMAGES = tuple(f"image{n}" for n in range(1, 11))
FIELDS = {
    "hbSku", "merchantSku", "productName", "productDescription", *IMAGES, "video", "attributes", "kdv", "warrantyPeriod", "desi",
    "isCustomizable", "barcode",
}  # fmt: skip


def import_updates(shop: Shop, call: Call) -> Answer:
    data = filed(call)
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list) or not items or not all(isinstance(one, dict) for one in items):
        raise bad("InvalidFile", "Dosya {merchantId, items: [...]} biçiminde olmalıdır")
    if data.get("merchantId") != shop.merchant:
        raise bad("InvalidMerchant", "merchantId hatalı")
    taken = Import(shop.guid(0x71C4), call.now, [_take(shop, one) for one in items])
    shop.tickets[taken.id] = taken
    shop.counts["tickets_taken"] += 1
    answer = {"trackingId": taken.id}
    return Answer(200, {"success": True, "code": 0, "version": 1, "message": None, "data": answer})


def _take(shop: Shop, one: dict[str, Any]) -> dict[str, Any]:
    listing = shop.listings.get(one["hbSku"]) if isinstance(one.get("hbSku"), str) else None
    faults = ["hbSku bulunamadı"] if listing is None else _wrong(one)
    if listing is not None and not faults and shop.on(f"refuse_product:{listing.sku}"):
        faults = ["Ürün güncellenemedi"]
    if listing is not None and not faults and shop.may_publish():
        _apply(shop, listing, one)
    return {
        "merchantId": shop.merchant, "hbSku": one.get("hbSku"), "merchantSku": listing.sku if listing else one.get("merchantSku"),
        "status": "FAILED" if faults else "SUCCESS", "reasons": faults,
    }  # fmt: skip


def _wrong(one: dict[str, Any]) -> list[str]:
    found = [f"{name} güncellenemez" for name in one if name not in FIELDS]
    texts = [name for name in one if name in FIELDS and name != "attributes"]
    found += [f"{name} metin olmalıdır" for name in texts if not isinstance(one[name], str)]
    if found:
        return found
    found += [
        f"{name} https ile başlamalıdır"
        for name in IMAGES
        if name in one and not re.fullmatch(r"https://\S+", one[name])
    ]
    if one.get("kdv", "20") not in VAT_RATES:
        found.append("kdv 0, 1, 10 veya 20 olmalıdır")
    if not re.fullmatch(r"\d{8,14}", one.get("barcode", "00000000"), re.ASCII):
        found.append("Invalid barcode format")
    if not isinstance(one.get("attributes", {}), dict):
        found.append("attributes nesne olmalıdır")
    if len(one.keys() - {"hbSku", "merchantSku"}) == 0:
        found.append("Güncellenecek bir alan gönderilmedi")
    return found


def _apply(shop: Shop, listing: Listing, one: dict[str, Any]) -> None:
    product = shop.products.get(listing.sku) or _known(shop, listing)
    product.title = listing.title = one.get("productName", product.title)
    product.barcode = listing.barcode = one.get("barcode", product.barcode)
    product.description = one.get("productDescription", product.description)
    product.desi = one.get("desi", product.desi)
    product.vat = listing.vat = int(one.get("kdv", product.vat))
    if any(name in one for name in IMAGES):
        kept = dict(enumerate(product.images))
        kept |= {place: one[name] for place, name in enumerate(IMAGES) if name in one}
        product.images = [url for _, url in sorted(kept.items())]
    category = CATEGORIES[product.category]
    for a in (*category.attributes, *category.variants):
        word = one.get("attributes", {}).get(a.id)
        if word == "":
            product.attributes.pop(a.id, None)
        elif word is not None:
            product.attributes[a.id] = ", ".join(str(w) for w in word) if isinstance(word, list) else str(word)
    listing.updated = shop.now()
    shop.wrote(listing.sku)
    shop.counts["products_updated"] += 1


def _known(shop: Shop, listing: Listing) -> Product:
    """A listing that was there from the start becomes a product of its own the first time it is changed."""
    product = Product(
        listing.sku, listing.barcode, listing.title, "", "Örnek", MUG, "", {}, [f"https://cdn.example.invalid/{listing.hb_sku}.jpg"],
        listing.price, listing.stock, listing.vat, "1", "MATCHED", shop.now(), hb_sku=listing.hb_sku,
    )  # fmt: skip
    shop.products[listing.sku] = product
    return product


def update_status(shop: Shop, call: Call) -> Answer:
    one = shop.tickets.get(call.path["T"])
    if one is None:
        raise missing("trackingId")
    one.polls += 1
    shop.settle()
    rows = one.rows if one.done else [row | {"status": "PROCESSING", "reasons": []} for row in one.rows]
    return page(call, rows, 1000)
