"""idefix's products: the list, the upload of prices and stock with its later result per item, the categories.

Source: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix", "Products", "Stock/price"; the result call, its statuses and reasons
from a digest of developer.idefix.com (the reference calls it unconfirmed). At most 1,000 items is what clients send, not a documented cap.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.exact import Call, kurus_of, number
from providers.sandboxes.idefix_state import Item, Shop
from providers.sandboxes.idefix_wire import bad, formed, missing, stamp, whole
from providers.sandboxes.shop import Batch

MOST_ITEMS = 1000
FORM = {
    "barcode": "text!", "price": "number", "comparePrice": "number", "inventoryQuantity": "int", "maximumPurchasableQuantity": "int",
    "deliveryDuration": "int", "deliveryType": "text", "isZoneSale": "bool",
}  # fmt: skip
TREE = [
    {
        "id": 522,
        "parentId": 0,
        "name": "Ev",
        "topCategory": 522,
        "subs": [{"id": 545, "parentId": 522, "name": "Kupa", "topCategory": 522, "subs": []}],
    }
]


def product_list(shop: Shop, call: Call) -> Any:
    """ "Pages are obligatory", and nothing says how many there are in all."""
    params = call.params("page", "limit", "barcode", "state")
    number_, size = (
        whole(params, "page", None, 99_999),
        whole(params, "limit", None, 50 if shop.on("small_pages") else 100),
    )
    barcode, state = params.get("barcode", ""), params.get("state", "")
    rows = [one for one in shop.records.items.values() if barcode in ("", one.barcode) and state in ("", one.status)]
    name = "items" if shop.on("other_envelope") else "products"
    return {name: [_row(one) for one in rows[(number_ - 1) * size : number_ * size]]}


def _row(one: Item) -> dict[str, Any]:
    return {
        "barcode": one.barcode, "title": one.title, "productMainId": one.main_id, "brandId": 1000108, "brandName": "Örnek",
        "categoryId": 545, "inventoryQuantity": one.stock, "vendorStockCode": one.sku, "erpId": None, "price": number(one.price),
        "comparePrice": number(one.compare), "vatRate": one.vat, "deliveryDuration": 1, "deliveryType": "regular",
        "images": [f"https://cdn.example.invalid/{one.barcode}.jpg"], "attributes": [], "status": one.status, "failureReasons": None,
    }  # fmt: skip


def inventory_list(shop: Shop, call: Call) -> Any:
    call.params()
    rows = [
        {
            "barcode": one.barcode, "stockCode": one.sku, "price": number(one.price), "comparePrice": number(one.compare),
            "inventoryQuantity": one.stock,
        }
        for one in shop.records.items.values()
    ]  # fmt: skip
    return {"items": rows}


def inventory_upload(shop: Shop, call: Call) -> Any:
    rows = call.json({"items": "list!"})["items"]
    for one in rows:
        formed(one, FORM)
    if not rows or len(rows) > MOST_ITEMS:
        raise bad(f"items 1 ile {MOST_ITEMS} arasında kayıt içermelidir")
    batch = Batch(shop.guid(0xBA7C), call.now, [], [])
    for one in rows:
        item = shop.records.items.get(one["barcode"])
        reason, changes = _judge(shop, item, one)
        if item is not None and not reason and shop.may_apply():
            batch.pending.append((item, changes))
        told = {
            name: one.get(name)
            for name in ("barcode", "price", "comparePrice", "inventoryQuantity", "deliveryDuration", "deliveryType")
        }
        batch.rows.append({**told, "status": "decline" if reason else "completed", "failureReasons": reason or None})
    shop.records.batches[batch.id] = batch
    shop.counts["batches_taken"] += 1
    return _told(batch)


def _judge(shop: Shop, item: Item | None, one: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if item is None:
        return "PRODUCT_NOT_FOUND", {}
    if shop.on(f"refuse_sku:{item.sku}"):
        return "CATALOG_PRICE_LOCKED", {}
    changes: dict[str, Any] = {}
    if one.get("inventoryQuantity") is not None:
        changes["stock"] = one["inventoryQuantity"]
    if one.get("price") is not None:
        changes["price"] = kurus_of(one["price"])
    if one.get("comparePrice") is not None:
        changes["compare"] = 0 if one["comparePrice"] == 0 else kurus_of(one["comparePrice"])
    price, compare = changes.get("price", item.price), changes.get("compare", 0)
    if not changes or None in changes.values() or changes.get("stock", 0) < 0 or (compare and compare < price):
        return "DATA_PARSE_ERROR", {}
    return "", changes


def _told(batch: Batch) -> dict[str, Any]:
    """An item is `created`, without reasons, as long as the batch is worked on."""
    rows = [
        {
            **row, "status": row["status"] if batch.finished else "created", "statusDateCreatedAt": stamp(batch.finished or batch.created),
            "failureReasons": row["failureReasons"] if batch.finished else None,
        }
        for row in batch.rows
    ]  # fmt: skip
    return {
        "items": rows, "batchRequestId": batch.id, "status": "completed" if batch.finished else "created",
        "createdAt": stamp(batch.created), "lastUpdatedAt": stamp(batch.finished or batch.created),
        "completedAt": stamp(batch.finished) if batch.finished else None,
    }  # fmt: skip


def inventory_result(shop: Shop, call: Call) -> Any:
    call.params()
    batch = shop.records.batches.get(call.path["id"])
    if batch is None:
        raise missing("BATCH_NOT_EXIST: batch")
    return _told(batch)


def categories(shop: Shop, call: Call) -> Any:
    call.params()
    return TREE
