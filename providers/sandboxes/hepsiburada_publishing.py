"""Hepsiburada's product catalogue: a file of products comes in, is read later, and what is complete becomes a listing when it is decided.

Source: reference/marketplaces-tr.md, "## Hepsiburada", "Catalogue", and the vendor's OpenAPI document "Katalog Ürün Entegrasyonu"
(uploadProductViaFile with its sample file, ImportStatusDTO, ImportProductInformationDTO, IntegratorProductInformation). Not in either:
which faults fail an item and which only leave it MISSING_INFO, and the words. Prices are text with a decimal comma, as in the sample.
"""

from __future__ import annotations

import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from providers.sandboxes.exact import decimal_text, number
from providers.sandboxes.hepsiburada_categories import BASE, CATEGORIES, IMAGES, MUG, Attribute, page
from providers.sandboxes.hepsiburada_state import Import, Listing, Product, Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, bad, missing

STATUSES = (
    "WAITING", "IN_EXTERNAL_PROGRESS", "PRE_MATCHED", "MATCHED", "REJECTED", "MATCHED_WITH_STAGED", "MISSING_INFO", "CREATED", "BLOCKED",
)  # fmt: skip
VAT_RATES = ("0", "1", "10", "20")
_Fault = dict[str, str]


def filed(call: Call) -> Any:
    """The JSON of the multipart part `file`. Refuses everything else."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {call.content_type}\r\n\r\n".encode() + call.body)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    named = [p for p in parts if p.get_filename() and p.get_param("name", header="content-disposition") == "file"]
    payload = named[0].get_payload(decode=True) if len(named) == 1 else None
    try:
        return json.loads(payload) if isinstance(payload, bytes) else None
    except ValueError:
        return None


def import_products(shop: Shop, call: Call) -> Answer:
    """Items are looked at one by one; only a file that is none is refused as a whole."""
    items = filed(call)
    if not isinstance(items, list) or not items or not all(isinstance(one, dict) for one in items):
        raise bad("InvalidFile", "Dosya bir JSON dizisi olmalıdır")
    taken = Import(shop.guid(0x1439), call.now, [])
    seen: set[str] = set()
    for place, one in enumerate(items):
        taken.rows.append({"itemOrderID": place, "merchant": shop.merchant} | _take(shop, one, seen))
    shop.imports[taken.id] = taken
    shop.counts["imports_taken"] += 1
    data = {"trackingId": taken.id}
    return Answer(200, {"success": True, "code": 0, "version": 1, "message": None, "data": data})


def _take(shop: Shop, one: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    given = one.get("attributes")
    words = {name: value for name, value in given.items() if value not in (None, "")} if isinstance(given, dict) else {}
    sku = _text(words, "merchantSku")
    shown = "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in sku)  # the vendor keeps it in capitals
    row: dict[str, Any] = {"merchantSku": shown, "barcode": _text(words, "Barcode"), "productName": _text(words, "UrunAdi"),
           "variantGroupId": _text(words, "VaryantGroupID"), "importStatus": "SUCCESS", "importMessages": []}  # fmt: skip
    fatal = _fatal(shop, one, shown, words, seen)
    seen.add(shown)
    if fatal:
        return row | {
            "importStatus": "FAILED",
            "importMessages": [{"severity": "ERROR", "message": text} for text in fatal],
        }
    category = CATEGORIES[one["categoryId"]]
    known = {a.id: a for a in (*BASE, *category.attributes, *category.variants)}
    row["importMessages"] = [
        {"severity": "WARNING", "message": f"{name} bu kategoride tanımlı değil, dikkate alınmadı"} for name in words if name not in known
    ]  # fmt: skip
    faults = [fault for a in known.values() for fault in _wrong(a, words.get(a.id))]
    kept = {name: _joined(value) for name, value in words.items() if name in known}
    price, stock = _kurus(kept.get("price", "")), kept.get("stock", "0")
    product = Product(
        shown, kept.get("Barcode", ""), kept.get("UrunAdi", ""), kept.get("UrunAciklamasi", ""), kept.get("Marka", ""), category.id,
        kept.get("VaryantGroupID", ""), {name: word for name, word in kept.items() if name not in {a.id for a in BASE}},
        [kept[name] for name in IMAGES if name in kept], price or 0, int(stock) if re.fullmatch(r"\d{1,6}", stock, re.ASCII) else 0,
        int(kept["tax_vat_rate"]) if kept.get("tax_vat_rate") in VAT_RATES else 0, kept.get("kg", "1"), "WAITING", shop.now(), faults,
    )  # fmt: skip
    if faults:
        product.status = "MISSING_INFO"
    elif shop.on("catalogue_match"):
        product.status = "PRE_MATCHED"
    if shop.may_publish():
        _keep(shop, product)
    return row


def _keep(shop: Shop, product: Product) -> None:
    before = shop.products.get(product.sku)
    shop.products[product.sku] = product
    if product.status == "MISSING_INFO":
        return
    shop.wrote(product.sku)
    if before is not None and before.status != "MISSING_INFO":
        shop.counts["products_updated"] += 1
    else:
        shop.counts["products_created"] += 1
        shop.counts[f"product:{product.sku}"] += 1


def _fatal(shop: Shop, one: dict[str, Any], sku: str, words: dict[str, Any], seen: set[str]) -> list[str]:
    """What makes the whole item fail."""
    found = []
    if one.get("merchant") != shop.merchant:
        found.append("merchant bilgisi hatalı")
    category = one.get("categoryId")
    if isinstance(category, bool) or not isinstance(category, int) or category not in CATEGORIES:
        found.append("Category not found")
    elif not CATEGORIES[category].leaf:
        found.append("Category is not a leaf")
    if not sku:
        found.append("Merchant sku can't be empty")
    elif not re.fullmatch(r"[!-~]{1,100}", sku, re.ASCII):
        found.append("merchantSku Türkçe karakter ve boşluk içeremez")
    if sku in seen:
        found.append("Aynı merchantSku dosyada birden fazla gönderildi")
    if sku and sku in shop.by_sku:
        found.append("Bu merchantSku ile satışta olan bir ürününüz var, ürün güncelleme servisini kullanın")
    barcode = _text(words, "Barcode")
    held: list[Product | Listing] = [*shop.products.values(), *shop.listings.values()]
    if barcode and any(other.barcode == barcode and other.sku != sku for other in held):
        found.append("Barkod başka bir ürününüzde kullanılıyor")
    if shop.on(f"refuse_product:{sku}"):
        found.append("Ürün yüklenemedi")
    return found


def _wrong(attribute: Attribute, value: Any) -> list[_Fault]:
    def fault(message: str) -> list[_Fault]:
        return [{"attributeName": attribute.id, "message": message}]

    if value is None:
        return fault(f"{attribute.name} alanı zorunludur") if attribute.mandatory else []
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, str | int) and not isinstance(word, bool) for word in words):
        return fault(f"{attribute.name} metin olmalıdır")
    if len(words) > 1 and not attribute.many:
        return fault(f"{attribute.name} tek değer alır")
    if attribute.kind == "enum" and any(word not in attribute.values for word in words):
        return fault(f"{attribute.name} için geçersiz değer")
    text = str(words[0]) if words else ""
    if attribute.id == "Barcode" and not re.fullmatch(r"\d{8,14}", text, re.ASCII):
        return fault("Invalid barcode format")
    if attribute.id == "tax_vat_rate" and text not in VAT_RATES:
        return fault("KDV 0, 1, 10 veya 20 olmalıdır")
    if attribute.id == "price" and not _kurus(text):
        return fault("Fiyat 130,50 biçiminde olmalıdır")
    if attribute.id == "stock" and not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        return fault("Stok tam sayı olmalıdır")
    if attribute.id == "kg" and not re.fullmatch(r"\d{1,4}(,\d{1,2}|\.\d{1,2})?", text, re.ASCII):
        return fault("Desi sayı olmalıdır")
    if attribute.id in IMAGES and not re.fullmatch(r"https://\S+", text):
        return fault("Görsel adresi https ile başlamalıdır")
    return []


def _text(words: dict[str, Any], name: str) -> str:
    value = words.get(name, "")
    return value if isinstance(value, str) else ""


def _joined(value: Any) -> str:
    return ", ".join(str(word) for word in value) if isinstance(value, list) else str(value)


def _kurus(text: str) -> int | None:
    """ "130,50" -> 13050; None for anything else, a decimal point among it."""
    found = re.fullmatch(r"(\d{1,9})(?:,(\d{1,2}))?", text, re.ASCII)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


# -- what became of them -------------------------------------------------------------------------------------------
def import_status(shop: Shop, call: Call) -> Answer:
    one = shop.imports.get(call.path["T"])
    if one is None:
        raise missing("trackingId")
    one.polls += 1
    shop.settle()
    return page(call, [_status_row(shop, row, one.done) for row in one.rows], 1000)


def _status_row(shop: Shop, row: dict[str, Any], done: bool) -> dict[str, Any]:
    """While the file is not read an item is PROCESSING and WAITING."""
    product = shop.products.get(row["merchantSku"]) if row["importStatus"] == "SUCCESS" else None
    if not done:
        return row | _told(None) | {"importStatus": "PROCESSING", "importMessages": [], "productStatus": "WAITING"}
    return row | _told(product) | ({"productStatus": None} if row["importStatus"] == "FAILED" else {})


def _told(product: Product | None) -> dict[str, Any]:
    """What an item and a product of the status lists have in common."""
    return {
        "hbSku": (product.hb_sku or None) if product else None, "productStatus": product.status if product else "WAITING",
        "taskDetails": [], "validationResults": product.faults if product else [], "videoStatus": None,
        "rejectReasonsMessages": product.rejected if product else [], "matchedHbProductInfo": _matches(product),
    }  # fmt: skip


def _matches(product: Product | None) -> list[dict[str, Any]]:
    if product is None or product.status != "PRE_MATCHED":
        return []
    return [
        {
            "hbSku": "HBCV99999999",
            "productName": product.title,
            "brand": product.brand,
            "images": [],
            "variantTypeAttributes": [],
        }
    ]


def check_status(shop: Shop, call: Call) -> Answer:
    data = [
        {
            "merchant": shop.merchant,
            "skuStatusList": [{"merchantSku": one.sku, "status": one.status} for one in _named(shop, row) if one],
        }
        for row in call.rows()
    ]
    return Answer(200, {"success": True, "code": 0, "version": 1, "message": None, "data": data})


def _named(shop: Shop, row: dict[str, Any]) -> list[Product | None]:
    skus = row.get("merchantSkuList")
    if row.get("merchant") != shop.merchant or not isinstance(skus, list):
        raise bad("InvalidBody", "merchant ve merchantSkuList zorunludur")
    return [shop.products.get(sku) if isinstance(sku, str) else None for sku in skus]


def approve_match(shop: Shop, call: Call) -> Answer:
    return _answer_match(shop, call, approved=True)


def reject_match(shop: Shop, call: Call) -> Answer:
    return _answer_match(shop, call, approved=False)


def _answer_match(shop: Shop, call: Call, *, approved: bool) -> Answer:
    """A yes makes the catalogue's product the seller's; a no sends his own to the decision."""
    for row in call.rows():
        for product in _named(shop, row):
            if product is not None and product.status == "PRE_MATCHED" and shop.may_publish():
                product.status, product.sent = "WAITING", shop.now()
                if approved:
                    shop.decide(product)
    return Answer(200)


# -- lists ---------------------------------------------------------------------------------------------------------
def products(shop: Shop, call: Call) -> Answer:
    """Titles, barcodes and pictures, which the listing host does not give."""
    wanted = {name: call.query[name] for name in ("barcode", "merchantSku", "hbSku") if call.query.get(name)}
    rows = [_listed(shop, one) for one in shop.listings.values()]
    rows += [_pending(one) for one in shop.products.values() if one.sku not in shop.by_sku]
    return page(call, [row for row in rows if all(row[name] == value for name, value in wanted.items())], 1000)


def _listed(shop: Shop, one: Listing) -> dict[str, Any]:
    product = shop.products.get(one.sku)
    if product is not None:
        return _pending(product) | {"price": number(one.price)}
    return {
        "merchantSku": one.sku, "hbSku": one.hb_sku, "barcode": one.barcode, "productName": one.title, "brand": "Örnek",
        "categoryId": MUG, "categoryName": CATEGORIES[MUG].name, "tax": one.vat, "price": number(one.price),
        "images": [f"https://cdn.example.invalid/{one.hb_sku}.jpg"], "status": "MATCHED", "variantGroupId": None, "description": "",
        "baseAttributes": [], "variantTypeAttributes": [], "productAttributes": [], "validationResults": [], "rejectReasons": [],
    }  # fmt: skip


def _pending(one: Product) -> dict[str, Any]:
    category = CATEGORIES[one.category]

    def told(kept: tuple[Attribute, ...]) -> list[dict[str, Any]]:
        return [
            {"name": a.id, "value": one.attributes[a.id], "mandatory": a.mandatory}
            for a in kept
            if a.id in one.attributes
        ]

    return {
        "merchantSku": one.sku, "hbSku": one.hb_sku or None, "barcode": one.barcode, "productName": one.title, "brand": one.brand,
        "categoryId": one.category, "categoryName": category.name, "tax": one.vat, "price": number(one.price), "images": one.images,
        "status": one.status, "variantGroupId": one.group or None, "description": one.description, "baseAttributes": [],
        "variantTypeAttributes": told(category.variants), "productAttributes": told(category.attributes),
        "validationResults": one.faults, "rejectReasons": one.rejected,
    }  # fmt: skip


def products_by_status(shop: Shop, call: Call) -> Answer:
    if call.query.get("merchantId") != shop.merchant or call.query.get("productStatus") not in STATUSES:
        raise bad("InvalidParameter", "merchantId ve geçerli bir productStatus zorunludur")
    rows = [
        {"merchantSku": one.sku, "barcode": one.barcode, "productName": one.title, "variantGroupId": one.group or None} | _told(one)
        for one in shop.products.values()
        if one.status == call.query["productStatus"]
    ]  # fmt: skip
    return page(call, rows, 1000)


def products_truth(shop: Shop) -> list[dict[str, Any]]:
    """What was taken; an item that lacks something is not. `state` is the catalogue's word for it. Price and stock are the listing's."""
    rows = []
    for one in shop.products.values():
        listing = shop.by_sku.get(one.sku)
        price, stock = (listing.price, listing.stock) if listing else (one.price, one.stock)
        if one.status != "MISSING_INFO":
            rows.append({
                "sku": one.sku, "barcode": one.barcode, "title": one.title, "category_id": str(one.category), "brand": one.brand,
                "attributes": one.attributes, "images": one.images, "price": decimal_text(price), "list_price": None, "quantity": stock,
                "vat_rate": str(one.vat), "remote_id": one.hb_sku, "description": one.description, "group": one.group, "state": one.status,
            })  # fmt: skip
    return rows
