"""Pazarama's products: the list by cursor, price and stock batches with their later result per row, open and close, categories.

Source: reference/marketplaces-tr.md, "## Pazarama", "List products", "Update stock / price", "Poll"; the shape of a result's rows and the
approval of deep discounts from the digest of its guide. The key is `code`, the barcode; `stockCode` names nothing in a write.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from providers.sandboxes.exact import Call, kurus_of, number
from providers.sandboxes.pazarama_state import Batch, Item, Shop
from providers.sandboxes.pazarama_wire import envelope, formed, moment, refused, whole

MOST_ROWS, MOST_PAGE = 3000, 100
#: Discounts from here on go to Pazarama's people first, in per cent of the list price.
APPROVAL_FROM = 70
OK, FAILED, WORKING, SENT_FOR_APPROVAL = 0, 2, 3, 5
WORDS = {OK: "Başarılı", FAILED: "Hata oluştu", WORKING: "İşleniyor", SENT_FOR_APPROVAL: "Onaya gönderildi"}
QUEUED = "Fiyat/Stok güncelleme işleminiz sıraya alındı."
CATEGORY, BRAND = "ca7e0000-0000-4000-8000-000000000001", "b4a20000-0000-4000-8000-000000000001"


def _cursor(item: Item) -> str:
    return base64.urlsafe_b64encode(f"after:{item.code}".encode()).decode()


def _after(cursor: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, UnicodeError, ValueError):
        text = ""
    if not text.startswith("after:"):
        raise refused("invalid_cursor", "Cursor geçersiz")
    return text[6:]


def approved(shop: Shop, call: Call) -> Any:
    """In the order of their codes, after the cursor's; the last page has no cursor."""
    params = call.params("Size", "Cursor", "Code", "StartDate", "EndDate")
    size, code = whole(params, "Size", 10, 1, MOST_PAGE), params.get("Code", "")
    start, end = moment(params, "StartDate"), moment(params, "EndDate")
    after = _after(params["Cursor"]) if params.get("Cursor") else ""
    rows = [
        one
        for one in sorted(shop.records.items.values(), key=lambda one: one.code)
        if one.approved
        and one.code > after
        and (not code or one.code == code)
        and (start is None or start <= one.created)
        and (end is None or one.created < end)
    ]
    page = rows[:size]
    data = {"sellerProducts": [row(one) for one in page], "nextCursor": _cursor(page[-1]) if len(rows) > size else None}
    return envelope(data)


def unapproved(shop: Shop, call: Call) -> Any:
    params = call.params("pageIndex", "pageSize")
    index, size = whole(params, "pageIndex", 1, 1, 99_999), whole(params, "pageSize", 10, 1, MOST_PAGE)
    rows = [one for one in shop.records.items.values() if not one.approved]
    page = rows[(index - 1) * size : index * size]
    return {**envelope([row(one) for one in page]), "totalCount": len(rows), "hasNextPage": index * size < len(rows)}


def row(one: Item) -> dict[str, Any]:
    return {
        "name": one.title, "displayName": one.title, "description": one.title, "brandName": "Örnek", "code": one.code,
        "groupCode": one.group, "stockCode": one.sku, "stockCount": one.stock, "listPrice": number(one.list_price),
        "salePrice": number(one.sale), "vatRate": one.vat, "categoryName": "Kupa", "categoryId": CATEGORY,
        "state": 3 if one.approved else 1, "productStatus": 1 if one.open else 10, "waitingApproveExp": None,
        "attributes": [{"attributeName": "Renk", "attributeValue": one.colour}],
        "images": [{"imageUrl": f"https://cdn.example.invalid/{one.code}.jpg", "sortOrder": 1}], "deliveryTypes": [],
    }  # fmt: skip


def detail(shop: Shop, call: Call) -> Any:
    item = shop.records.items.get(call.json({"Code": "text!"})["Code"])
    if item is None:
        raise refused("product_not_found", "Ürün bulunamadı")
    return envelope({**row(item), "productId": item.id, "brandId": BRAND, "isCatalogProduct": False})


# -- price and stock -----------------------------------------------------------------------------------------------
def update_stock(shop: Shop, call: Call) -> Any:
    return _take(shop, call, "stock", {"code": "text!", "stockCount": "int!"})


def update_price(shop: Shop, call: Call) -> Any:
    return _take(shop, call, "price", {"code": "text!", "listPrice": "number!", "salePrice": "number!"})


def _take(shop: Shop, call: Call, kind: str, form: dict[str, str]) -> Any:
    rows = call.json({"items": "list!"})["items"]
    for one in rows:
        formed(one, form)
    if not rows or len(rows) > MOST_ROWS:
        raise refused("item_count", f"Tek istekte 1 ile {MOST_ROWS} arasında ürün gönderilebilir")
    batch = Batch(shop.guid(0xBA7C), call.now, [], [], kind=kind)
    for one in rows:
        item = shop.records.items.get(one["code"])
        status, detail_, changes = _judge(shop, item, kind, one)
        if item is not None and status == OK and shop.may_apply():
            batch.pending.append((item, changes))
        told = {name: value for name, value in one.items() if name != "code"}
        batch.rows.append(
            {
                "code": one["code"],
                kind: {"status": status, "operationDetail": detail_ or None, **told},
                "operationStatusText": WORDS[status],
            }
        )
    shop.records.batches[batch.id] = batch
    shop.counts["batches_taken"] += 1
    return envelope(batch.id, QUEUED)


def _judge(shop: Shop, item: Item | None, kind: str, one: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
    if item is None or not item.approved:
        return FAILED, "Ürün bulunamadı", {}
    if shop.on(f"refuse_sku:{item.sku}"):
        return FAILED, "Ürün güncellenemedi", {}
    if kind == "stock":
        return (
            (FAILED, "Stok adedi sıfırdan küçük olamaz", {})
            if one["stockCount"] < 0
            else (OK, "", {"stock": one["stockCount"]})
        )
    crossed, sale = kurus_of(one["listPrice"]), kurus_of(one["salePrice"])
    if crossed is None or sale is None:
        return FAILED, "Fiyat sıfırdan büyük ve en çok iki ondalıklı olmalıdır", {}
    if sale > crossed:
        return FAILED, "Satış fiyatı liste fiyatından büyük olamaz", {}
    if (crossed - sale) * 100 >= crossed * APPROVAL_FROM:
        return SENT_FOR_APPROVAL, "Ürün fiyat onayına gönderildi", {}
    return OK, "", {"list_price": crossed, "sale": sale}


def projections(shop: Shop, call: Call) -> Any:
    """While a batch is worked on, every row of it says so."""
    params = call.params("page", "pageSize", "lakeType")
    page, size = whole(params, "page", 1, 1, 99_999), whole(params, "pageSize", 10, 1, MOST_ROWS)
    batch = shop.records.batches.get(call.path["id"])
    if batch is None:
        raise refused("batch_not_found", "İşlem bulunamadı")
    rows = batch.rows[(page - 1) * size : page * size]
    if not batch.finished:
        rows = [
            {
                **one,
                batch.kind: {**one[batch.kind], "status": WORKING, "operationDetail": None},
                "operationStatusText": WORDS[WORKING],
            }
            for one in rows
        ]
    return envelope(rows)


def open_and_close(shop: Shop, call: Call) -> Any:
    """1 puts on sale, 10 takes off."""
    rows = call.json({"productItems": "list!"})["productItems"]
    for one in rows:
        formed(one, {"code": "text!", "productStatus": "int!"})
    if not rows or any(one["productStatus"] not in (1, 10) for one in rows):
        raise refused("product_status", "productStatus 1 veya 10 olmalıdır")
    for one in rows:
        item = shop.records.items.get(one["code"])
        if item is not None and shop.may_apply():
            item.open = one["productStatus"] == 1
            shop.wrote(item.sku)
    return envelope(shop.guid(0xBA7D))


# -- catalogue -----------------------------------------------------------------------------------------------------
def category_tree(shop: Shop, call: Call) -> Any:
    call.params()
    top = {"id": "ca7e0000-0000-4000-8000-000000000000", "name": "Ev & Yaşam", "parentId": None, "leaf": False}
    return envelope([top, {"id": CATEGORY, "name": "Kupa", "parentId": top["id"], "leaf": True}])


def category(shop: Shop, call: Call) -> Any:
    if call.params("Id").get("Id") != CATEGORY:
        raise refused("category_not_found", "Kategori bulunamadı")
    values = [
        {"id": f"a77e0000-0000-4000-8000-{n:012d}", "value": word}
        for n, word in enumerate(("Kırmızı", "Yeşil", "Gri"), 1)
    ]
    renk = {
        "id": "a77e0000-0000-4000-8000-000000000000",
        "name": "Renk",
        "isVariantable": True,
        "isRequired": True,
        "attributeValues": values,
    }
    return envelope({"id": CATEGORY, "name": "Kupa", "attributes": [renk]})


def brands(shop: Shop, call: Call) -> Any:
    params = call.params("Page", "Size", "name")
    page, size = whole(params, "Page", 1, 1, 99_999), whole(params, "Size", 10, 1, MOST_PAGE)
    return envelope([{"id": BRAND, "name": "Örnek"}][(page - 1) * size : page * size])
