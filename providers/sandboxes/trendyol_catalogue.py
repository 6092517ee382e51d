"""Trendyol's product and inventory services: the V1 list, the V2 approved lists, stock/price batches.

Source: reference/marketplaces-tr.md, "## Trendyol", "List products", "Update stock and price", "Poll". The key is the barcode.
V1 lists end on 15 September 2026 by the sandbox clock; the switch `v1_products` keeps them alive. What a product may be made of is
in trendyol_products.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.sandboxes.trendyol_categories import BRANDS, CATEGORIES
from providers.sandboxes.trendyol_records import Batch, Item
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import (
    HOUR_MS,
    MINUTE_MS,
    Answer,
    Call,
    bad,
    is_int,
    is_number,
    missing,
    money,
    page_of,
)

V1_ENDS_MS = int(datetime(2026, 9, 15, tzinfo=UTC).timestamp() * 1000)
SAME_BODY_MS = 15 * MINUTE_MS
KEPT_MS = 4 * HOUR_MS
STATUS_FILTER: dict[str, Callable[[Item], bool]] = {
    "archived": lambda item: item.archived,
    "blacklisted": lambda item: item.blacklisted,
    "locked": lambda item: item.locked,
    "onSale": lambda item: item.on_sale,
    "notOnSale": lambda item: not item.on_sale,
}


def v1_list(shop: Shop, call: Call) -> Answer:
    if call.now_ms >= V1_ENDS_MS and not shop.on("v1_products"):
        raise missing("Servis (V1 ürün servisleri 15.09.2026 tarihinde kapatılmıştır)")
    page, size = call.number("page", 0), call.number("size", 50, 1, 200)
    by = call.one_of("dateQueryType", ("CREATED_DATE", "LAST_MODIFIED_DATE"), "CREATED_DATE")
    start, end = call.number("startDate", 0), call.number("endDate", call.now_ms)
    brands = set(call.words("brandIds"))
    flags: list[tuple[str, Callable[[Item], bool]]] = [
        ("approved", lambda i: i.approved), ("onSale", lambda i: i.on_sale), ("archived", lambda i: i.archived),
        ("rejected", lambda i: False), ("blacklisted", lambda i: i.blacklisted),
    ]  # fmt: skip
    rows = [
        item
        for item in shop.items.values()
        if all(call.flag(name) in (None, test(item)) for name, test in flags)
        and _equals(call, "barcode", item.barcode)
        and _equals(call, "stockCode", item.sku)
        and _equals(call, "productMainId", item.main_id)
        and (not brands or str(item.brand) in brands)
        and start <= (item.created if by == "CREATED_DATE" else item.modified) <= end
    ]
    data = page_of(rows, page, size)
    data["content"] = [_v1_row(item) for item in data["content"]]
    return Answer(200, data)


def approved_list(shop: Shop, call: Call) -> Answer:
    return _contents(shop, call, _approved_row)


def inventory_list(shop: Shop, call: Call) -> Answer:
    return _contents(shop, call, _inventory_row)


def unapproved_list(shop: Shop, call: Call) -> Answer:
    """The row's fields are a guess after the V1 row; reasons stand in `rejectReasonDetails` once the vendor said no."""
    shop.settle_products()
    page, size = call.number("page", 0), call.number("size", 50, 1, 100)
    rows = [
        item
        for item in shop.pending.values()
        if _equals(call, "barcode", item.barcode)
        and _equals(call, "stockCode", item.sku)
        and _equals(call, "productMainId", item.main_id)
    ]
    data = page_of(rows, page, size)
    data["content"] = [_unapproved_row(item) for item in data["content"]]
    return Answer(200, data)


def one_product(shop: Shop, call: Call) -> Answer:
    shop.settle_products()
    item = shop.items.get(call.path["barcode"])
    if item is None:
        waiting = shop.pending.get(call.path["barcode"])
        if waiting is None:
            raise missing("Ürün")
        return Answer(200, {"barcode": waiting.barcode, "approved": False, "archived": False, "contentId": None})
    flags = {"approved": item.approved, "onSale": item.on_sale, "archived": item.archived}
    return Answer(200, _approved_row([item]) | _inventory_variant(item) | flags)


def buybox(shop: Shop, call: Call) -> Answer:
    barcodes = call.json().get("barcodes")
    if not isinstance(barcodes, list) or not 1 <= len(barcodes) <= 10:
        raise bad("barcodes.invalid", "1 ile 10 arasında barkod gönderilmelidir")
    known = [shop.items[b] for b in barcodes if isinstance(b, str) and b in shop.items]
    rows = [
        {"barcode": i.barcode, "buyboxOrder": 1, "buyboxPrice": money(i.sale), "hasMultipleSeller": False}
        for i in known
    ]
    return Answer(200, {"buyboxInfo": rows})


def _contents(shop: Shop, call: Call, shape: Callable[[list[Item]], dict[str, Any]]) -> Answer:
    """Grouped by content. Past the first 10,000 contents only the cursor `nextPageToken` goes on."""
    shop.settle_products()
    page, size = call.number("page", 0), call.number("size", 20, 1, 100)
    state = call.query.get("status")
    if state is not None and state not in STATUS_FILTER:
        raise bad("param.invalid", f"status şunlardan biri olmalıdır: {', '.join(STATUS_FILTER)}")
    groups: dict[int, list[Item]] = {}
    for item in shop.items.values():
        if (
            item.approved
            and (state is None or STATUS_FILTER[state](item))
            and _equals(call, "barcode", item.barcode)
            and _equals(call, "stockCode", item.sku)
            and _equals(call, "productMainId", item.main_id)
        ):
            groups.setdefault(item.content_id, []).append(item)
    rows = sorted(groups.items())
    token = call.query.get("nextPageToken")
    if token:
        after = _read_token(token)
        first = next((k for k, (content, _) in enumerate(rows) if content > after), len(rows))
        page = first // size
    else:
        if page * size > 10_000:
            raise bad("page.limit", "page*size en fazla 10000 olabilir, nextPageToken kullanın")
        first = page * size
    taken = rows[first : first + size]
    more = first + size < len(rows)
    data = page_of(rows, page, size)
    data["nextPageToken"] = _token(taken[-1][0]) if more else None
    data["content"] = [shape(items) for _, items in taken]
    return Answer(200, data)


def _equals(call: Call, name: str, value: str) -> bool:
    wanted = call.query.get(name)
    return not wanted or wanted == value


def _token(content: int) -> str:
    return base64.urlsafe_b64encode(f"content:{content}".encode()).decode()


def _read_token(text: str) -> int:
    try:
        word, _, number = base64.urlsafe_b64decode(text.encode()).decode().partition(":")
        if word == "content":
            return int(number)
    except (ValueError, binascii.Error):
        pass
    raise bad("nextPageToken.invalid", "nextPageToken geçersiz")


def _v1_row(item: Item) -> dict[str, Any]:
    return {
        "id": f"{item.variant_id:032x}", "approved": item.approved, "archived": item.archived, "onSale": item.on_sale,
        "rejected": False, "blacklisted": item.blacklisted, "locked": item.locked, "barcode": item.barcode,
        "title": item.title, "productMainId": item.main_id, "stockCode": item.sku, "brand": BRANDS[item.brand], "brandId": item.brand,
        "categoryName": CATEGORIES[item.category].name, "quantity": item.quantity, "listPrice": money(item.list_price),
        "salePrice": money(item.sale), "vatRate": item.vat, "dimensionalWeight": Decimal(item.weight),
        "images": _images(item), "attributes": item.attributes, "productUrl": _url(item),
        "createDateTime": item.created, "lastUpdateDate": item.modified, "platformListingId": f"{item.variant_id}",
    }  # fmt: skip


def _approved_row(items: list[Item]) -> dict[str, Any]:
    head = items[0]
    variants = [
        {
            "variantId": item.variant_id, "barcode": item.barcode, "onSale": item.on_sale,
            "stock": {"quantity": item.quantity}, "productUrl": _url(item), "commission": money(1500),
            "stockCode": item.sku, "vatRate": item.vat, "archived": item.archived, "locked": item.locked,
            "blacklisted": item.blacklisted,
        }
        for item in items
    ]  # fmt: skip
    return {
        "contentId": head.content_id, "productMainId": head.main_id, "title": head.title,
        "description": head.description, "brand": {"id": head.brand, "name": BRANDS[head.brand]},
        "category": {"id": head.category, "name": CATEGORIES[head.category].name}, "images": _images(head),
        "attributes": head.attributes, "variants": variants,
    }  # fmt: skip


def _inventory_row(items: list[Item]) -> dict[str, Any]:
    return {
        "contentId": items[0].content_id,
        "productMainId": items[0].main_id,
        "variants": [_inventory_variant(item) for item in items],
    }


def _inventory_variant(item: Item) -> dict[str, Any]:
    return {
        "variantId": item.variant_id, "barcode": item.barcode, "stockCode": item.sku, "salePrice": money(item.sale),
        "listPrice": money(item.list_price), "quantity": item.quantity, "stockLastModifiedDate": item.stock_modified,
    }  # fmt: skip


def _images(item: Item) -> list[dict[str, str]]:
    return [{"url": url} for url in item.images]


def _unapproved_row(item: Item) -> dict[str, Any]:
    reasons = [{"reason": item.rejected, "detailedReason": item.rejected}] if item.rejected else []
    return {
        "barcode": item.barcode, "title": item.title, "productMainId": item.main_id, "stockCode": item.sku,
        "description": item.description, "brand": {"id": item.brand, "name": BRANDS[item.brand]},
        "category": {"id": item.category, "name": CATEGORIES[item.category].name}, "quantity": item.quantity,
        "listPrice": money(item.list_price), "salePrice": money(item.sale), "vatRate": item.vat,
        "dimensionalWeight": Decimal(item.weight), "images": _images(item), "attributes": item.attributes,
        "status": "rejected" if item.rejected else "pendingApproval", "rejectReasonDetails": reasons,
    }  # fmt: skip


def _url(item: Item) -> str:
    return f"https://www.example.invalid/p-{item.content_id}"


# -- stock and price -----------------------------------------------------------------------------------------------
def price_and_inventory(shop: Shop, call: Call) -> Answer:
    """Taken as a whole or refused as a whole; what is wrong with one item shows in the batch result."""
    items = call.items()
    shop.settle_products()
    for one in items:
        _check_types(one)
    digest = hashlib.sha256(call.body).digest()
    taken = shop.bodies.get(digest)
    if taken is not None and call.now_ms - taken < SAME_BODY_MS:
        raise bad("recurring.request", "15 dakika boyunca aynı isteği tekrarlı olarak atamazsınız!")
    shop.bodies[digest] = call.now_ms
    results = [_take_item(shop, one) for one in items]
    return take_batch(shop, "ProductInventoryUpdate", results)


def take_batch(shop: Shop, kind: str, results: list[dict[str, Any]]) -> Answer:
    """Results are known at once; `batch_result` plays at working. A stock/price batch has no status of its own."""
    now = shop.now()
    batch = Batch(
        f"{shop.next_number():08x}-ba7c-4000-8000-{now:012x}-{now // 1000}", kind, now, results,
        sum(row["status"] == "FAILED" for row in results), status_told=kind != "ProductInventoryUpdate",
    )  # fmt: skip
    shop.batches[batch.id] = batch
    shop.counts["batches_taken"] += 1
    return Answer(200, {"batchRequestId": batch.id})


def _check_types(one: dict[str, Any]) -> None:
    numbers = all(is_number(one[name]) for name in ("salePrice", "listPrice") if name in one)
    if not isinstance(one.get("barcode"), str) or not is_int(one.get("quantity", 0)) or not numbers:
        raise bad("body.invalid", "İstek gövdesindeki alan türleri geçersiz")


def _take_item(shop: Shop, one: dict[str, Any]) -> dict[str, Any]:
    reasons = _failures(shop, one)
    item = shop.items.get(one["barcode"])
    if not reasons and item is not None and shop.may_apply():
        now = shop.now()
        if "quantity" in one:
            item.quantity, item.stock_modified = one["quantity"], now
        item.sale = _kurus(one.get("salePrice"), item.sale)
        item.list_price = _kurus(one.get("listPrice"), item.list_price)
        item.modified = now
        shop.wrote(item.sku)
    return {"requestItem": one, "status": "FAILED" if reasons else "SUCCESS", "failureReasons": reasons}


def _kurus(value: Any, otherwise: int) -> int:
    return otherwise if value is None else int(Decimal(value) * 100)


def _failures(shop: Shop, one: dict[str, Any]) -> list[str]:
    item = shop.items.get(one["barcode"])
    if item is None:
        return [f"{one['barcode']} barkodlu ürün bulunamadı"]
    if shop.on(f"refuse_sku:{item.sku}"):
        return ["Ürün güncellenemedi"]
    if not {"quantity", "salePrice", "listPrice"} & one.keys():
        return ["Güncellenecek bir alan gönderilmedi"]
    reasons = []
    if not 0 <= one.get("quantity", 0) <= 20_000:
        reasons.append("quantity 0 ile 20000 arasında olmalıdır")
    for name in ("salePrice", "listPrice"):
        price = one.get(name)
        if price is not None and (price <= 0 or Decimal(price) * 100 % 1):
            reasons.append(f"{name} sıfırdan büyük ve en çok iki ondalıklı olmalıdır")
    if not reasons and _kurus(one.get("listPrice"), item.list_price) < _kurus(one.get("salePrice"), item.sale):
        reasons.append("listPrice, salePrice değerinden küçük olamaz")
    return reasons


def batch_result(shop: Shop, call: Call) -> Answer:
    """A stock/price batch never has a `status`; while one is worked on, its items say PROCESSING and nothing failed."""
    batch = shop.batches.get(call.path["B"])
    if batch is None or call.now_ms - batch.created > KEPT_MS:
        raise missing("batchRequestId")
    batch.polls += 1
    slow = shop.on("slow_products") and batch.kind.startswith("Product") and batch.status_told
    working = slow or batch.polls <= shop.polls_before_result or shop.on("batches_hang")
    rows: list[dict[str, Any]] = batch.results
    if working:
        rows = [row | {"status": "PROCESSING", "failureReasons": []} for row in rows]
    told = {"status": "PROCESSING" if working else "COMPLETED"} if batch.status_told else {}
    return Answer(
        200,
        told
        | {
            "batchRequestId": batch.id,
            "itemCount": len(rows),
            "failedItemCount": 0 if working else batch.failed,
            "creationDate": batch.created,
            "lastModification": batch.created if working else max(batch.created, call.now_ms),
            "sourceType": "API",
            "batchRequestType": batch.kind,
            "items": rows,
        },
    )
