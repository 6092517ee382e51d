"""ÇiçekSepeti's products: the list, the batch of prices and stock with its later result per item, the categories.

Source: reference/marketplaces-tr.md, "## ÇiçekSepeti", "List products", "Update stock / price", "Poll". The key is the stockCode. The call
is refused for its form; what is wrong with one item shows in the batch's status. The error code 4000 is documented, the others are ours.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from providers.sandboxes.ciceksepeti_state import PENDING_S, Item, Shop
from providers.sandboxes.ciceksepeti_wire import bad, missing, rows_of, whole
from providers.sandboxes.exact import Call, kurus_of, local, number
from providers.sandboxes.shop import Batch

STATUSES = (2, 3, 4, 5, 7, 8)
STATUS_TEXT = {3: "YAYINDA", 5: "SATIŞA KAPALI", 7: "STOĞU TÜKENEN"}
MOST_ITEMS, MOST_PAGE = 200, 60
#: The gap between list and sale price, in per cent of the list price.
LEAST_GAP, MOST_GAP = 1, 80
CATEGORY = 12_880
_SORTS: tuple[tuple[str, bool], ...] = (
    ("title", False), ("title", True), ("stock", False), ("stock", True), ("sale", False), ("sale", True), ("created", False),
    ("created", True),
)  # fmt: skip


def product_list(shop: Shop, call: Call) -> Any:
    params = call.params("PageSize", "Page", "ProductStatus", "StockCode", "variantName", "SortMethod")
    size, page = whole(params, "PageSize", 60, 1, MOST_PAGE), whole(params, "Page", 1, 1, 999_999)
    status, sort = whole(params, "ProductStatus", 0, 1, 99), whole(params, "SortMethod", 7, 1, 8)
    if status and status not in STATUSES:
        raise bad("ProductStatus geçersiz")
    code, variant = params.get("StockCode", ""), params.get("variantName", "")
    rows = [
        one
        for one in shop.records.items.values()
        if (not status or one.shown_status == status)
        and (not code or one.sku == code)
        and (not variant or one.colour == variant)
    ]
    attribute, down = _SORTS[sort - 1]
    rows.sort(key=lambda one: (getattr(one, attribute), one.sku), reverse=down)
    chosen = rows[(page - 1) * size : page * size]
    return {"totalCount": len(rows), "products": [_row(shop, one) for one in chosen]}


def _row(shop: Shop, one: Item) -> dict[str, Any]:
    """ "Letter case and the names vary between documents": every seventh row is spelt as the table, every eleventh as an example."""
    n = 0 if shop.on("plain_names") else int(one.code[3:])
    stock, sale, crossed = "stockQuantity", "salesPrice", "listPrice"
    if n and n % 7 == 0:
        stock, sale, crossed = "StockQuantity", "TotalPrice", "ListPrice"
    elif n and n % 11 == 0:
        stock = "stock"
    status: int | str = one.shown_status
    if shop.on("status_words"):
        status = STATUS_TEXT[one.shown_status]
    return {
        "productName": one.title, "productCode": one.code, "stockCode": one.sku, "mainProductCode": one.main_code,
        "variantName": one.colour, "categoryId": CATEGORY, "categoryName": "Kupa", "productStatusType": status,
        "isActive": one.status == 3, "isUseStockQuantity": True, stock: one.stock, sale: number(one.sale),
        crossed: number(one.list_price) if one.list_price is not None else None, "barcode": one.barcode, "deliveryType": 2,
        "deliveryMessageType": 5, "images": [f"https://cdn.example.invalid/{one.code}.jpg"], "link": "https://example.invalid/p",
        "attributes": [{"parentName": "Renk", "name": one.colour}], "passiveDescription": None,
    }  # fmt: skip


# -- price and stock -----------------------------------------------------------------------------------------------
def price_and_stock(shop: Shop, call: Call) -> Any:
    form = {"stockCode": "text!", "stockQuantity": "int", "salesPrice": "number", "listPrice": "number"}
    rows = rows_of(call.json({"items": "list!"}), "items", form, MOST_ITEMS)
    batch = Batch(shop.guid(0xBA7C), call.now, [], [])
    for row in rows:
        item = shop.records.items.get(row["stockCode"])
        reasons, changes = _judge(shop, item, row)
        if item is not None and not reasons and shop.may_apply():
            batch.pending.append((item, changes))
        told = {name: row.get(name) for name in form}
        batch.rows.append(
            {
                "itemId": shop.guid(0x17E), "data": told, "status": "Failed" if reasons else "Success",
                "failureReasons": [{"message": text, "code": code} for code, text in reasons],
            }
        )  # fmt: skip
    shop.records.batches[batch.id] = batch
    shop.counts["batches_taken"] += 1
    return {"batchId": batch.id}


def _judge(shop: Shop, item: Item | None, row: dict[str, Any]) -> tuple[list[tuple[int, str]], dict[str, Any]]:
    if item is None:
        return [(4000, "Girmiş olduğunuz kod bulunmamaktadır")], {}
    if shop.on(f"refuse_sku:{item.sku}"):
        return [(4010, "Ürün kilitli olduğu için güncellenemez")], {}
    reasons: list[tuple[int, str]] = []
    changes: dict[str, Any] = {}
    stock, sale, crossed = row.get("stockQuantity"), row.get("salesPrice"), row.get("listPrice")
    if stock is None and sale is None:
        return [(4001, "stockQuantity veya salesPrice alanlarından en az biri gönderilmelidir")], {}
    if stock is not None:
        changes["stock"] = stock
        if stock < 0:
            reasons.append((4002, "stockQuantity sıfırdan küçük olamaz"))
    if crossed is not None and sale is None:
        reasons.append((4003, "listPrice yalnızca salesPrice ile birlikte gönderilebilir"))
    if sale is not None:
        reasons += _judge_price(item, sale, crossed, changes)
    return reasons, changes


def _judge_price(item: Item, sale: Any, crossed: Any, changes: dict[str, Any]) -> list[tuple[int, str]]:
    price = changes["sale"] = kurus_of(sale)
    if price is None:
        return [(4004, "salesPrice sıfırdan büyük ve en çok iki ondalıklı olmalıdır")]
    if price * 2 < item.sale:
        return [(4005, "Satış fiyatı tek seferde %50'den fazla düşürülemez")]
    if crossed is None:
        return []
    old = changes["list_price"] = kurus_of(crossed)
    if old is None:
        return [(4004, "listPrice sıfırdan büyük ve en çok iki ondalıklı olmalıdır")]
    gap = Decimal(old - price) * 100 / old
    if not LEAST_GAP <= gap <= MOST_GAP:
        return [(4006, "Liste fiyatı ile satış fiyatı arasındaki fark %1 ile %80 arasında olmalıdır")]
    return []


def batch_status(shop: Shop, call: Call) -> Any:
    batch = shop.records.batches.get(call.path["id"])
    if batch is None:
        raise missing("Batch")
    open_word = "Pending" if call.now - batch.created < PENDING_S else "Processing"
    items = []
    for row in batch.rows:
        word = row["status"] if batch.finished else open_word
        if word == "Success" and shop.on("warnings"):
            word = "Warning"
        items.append(
            {
                **row, "status": word, "failureReasons": row["failureReasons"] if batch.finished else [],
                "lastModificationDate": local(batch.finished or batch.created, "%Y-%m-%dT%H:%M:%S"),
            }
        )  # fmt: skip
    return {"batchId": batch.id, "itemCount": len(items), "items": items}


# -- categories ----------------------------------------------------------------------------------------------------
def categories(shop: Shop, call: Call) -> Any:
    call.params()
    leaf = {"id": CATEGORY, "name": "Kupa", "parentCategoryId": 12_001, "subCategories": []}
    return {"categories": [{"id": 12_001, "name": "Ev & Yaşam", "parentCategoryId": None, "subCategories": [leaf]}]}


def category_attributes(shop: Shop, call: Call) -> Any:
    call.params()
    if call.path["C"] != str(CATEGORY):
        raise missing("Kategori")
    values = [{"id": n, "name": word} for n, word in enumerate(("Kırmızı", "Yeşil", "Gri"), 1)]
    renk = {
        "attributeId": 2_000_361, "attributeName": "Renk", "required": True, "varianter": True, "type": "Variant Özelliği",
        "attributeValues": values,
    }  # fmt: skip
    return {"categoryId": CATEGORY, "categoryName": "Kupa", "categoryAttributes": [renk]}
