"""N11's product services: the product query, the price and stock task, the later result of any task.

Source: reference/marketplaces-tr.md, "## N11", "List products", "Update stock and price", "Poll". The key is the stockCode. A task is
rejected as a whole for its form; what is wrong with one SKU shows in its details. Products are made in n11_publishing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zlib import crc32

from providers.sandboxes.exact import decimal_text, is_int, kurus_of, number
from providers.sandboxes.n11_state import Item, Shop, Task
from providers.sandboxes.n11_wire import Call, bad, missing, spring_page

MOST_SKUS = 1000
PRODUCT_STATUSES = (
    "Active",
    "InCatalogApproval",
    "Suspended",
    "CatalogRejected",
    "Prohibited",
    "Unlisted",
    "InApproval",
)
CURRENCIES = ("TL", "USD", "EUR")


def product_query(shop: Shop, call: Call) -> Any:
    page, size = call.number("page", 0), call.number("size", 20, 1, 250)
    sale = call.one_of("saleStatus", ("On_Sale", "Out_Of_Stock"))
    status = call.one_of("productStatus", PRODUCT_STATUSES)
    sender = call.one_of("sender", ("SELLER", "N11", "ALL"), "SELLER")
    categories = {word for word in call.query.get("categoryIds", "").split(",") if word}
    equal = {name: call.query.get(name, "") for name in ("id", "productMainId", "stockCode", "brandName")}
    rows = [
        one
        for one in shop.items.values()
        if (not sale or one.sale_status == sale)
        and (not status or one.status == status)
        and sender != "N11"
        and (not categories or str(one.category) in categories)
        and equal["id"] in ("", str(one.id))
        and equal["productMainId"] in ("", one.main_id)
        and equal["stockCode"] in ("", one.sku)
        and equal["brandName"] in ("", one.brand)
    ]
    data = spring_page(rows, page, size)
    data["content"] = [_row(one) for one in data["content"]]
    return data


def _row(one: Item) -> dict[str, Any]:
    return {
        "n11ProductId": one.id, "sellerId": 1, "stockCode": one.sku, "title": one.title, "barcode": one.barcode,
        "productMainId": one.main_id, "groupId": crc32(one.main_id.encode()), "categoryId": one.category, "status": one.status,
        "saleStatus": one.sale_status, "currencyType": one.currency, "salePrice": number(one.sale),
        "listPrice": number(one.list_price), "quantity": one.quantity, "vatRate": one.vat, "commissionRate": number(1200),
        "description": one.description, "brandName": one.brand,
        "imageUrls": list(one.images) or [f"https://cdn.example.invalid/{one.id}.jpg"],
        "attributes": one.attributes or [{"attributeId": 2, "attributeName": "Renk", "attributeValue": one.colour}],
    }  # fmt: skip


# -- price and stock -----------------------------------------------------------------------------------------------
def price_stock_task(shop: Shop, call: Call) -> Any:
    return take_task(shop, call, "SKU_UPDATE", _take)


def take_task(shop: Shop, call: Call, kind: str, take: Callable[[Shop, dict[str, Any], Task], None]) -> Any:
    """`take` looks at one SKU and puts its row into the task."""
    payload = call.json().get("payload")
    skus = payload.get("skus") if isinstance(payload, dict) else None
    reasons = []
    if (
        not isinstance(payload, dict)
        or not isinstance(payload.get("integrator"), str)
        or not payload["integrator"].strip()
    ):
        reasons.append("integrator zorunludur")
    if not isinstance(skus, list) or not skus or not all(isinstance(one, dict) for one in skus):
        reasons.append("skus zorunludur")
    elif len(skus) > MOST_SKUS:
        reasons.append(f"Tek istekte en fazla {MOST_SKUS} sku gönderilebilir")
    task = Task(4_000_000 + shop.next_number(), call.now, [], [], kind=kind)
    if reasons or not isinstance(skus, list):
        return {"id": task.id, "type": kind, "status": "REJECT", "reasons": reasons}
    for one in skus:
        take(shop, one, task)
    shop.tasks[task.id] = task
    shop.counts["batches_taken"] += 1
    if not shop.on("late_writes"):
        shop.carry_out(task.pending)
    return {"id": task.id, "type": kind, "status": "IN_QUEUE", "reasons": []}


def _take(shop: Shop, one: dict[str, Any], task: Task) -> None:
    code = one.get("stockCode")
    item = shop.items.get(code) if isinstance(code, str) else None
    reasons, changes = _judge(shop, item, one)
    if item is not None and not reasons and shop.may_apply():
        task.pending.append((item, changes))
    task.results.append({"itemCode": code, "status": "FAIL" if reasons else "SUCCESS", "reasons": reasons, "sku": one})


def _judge(shop: Shop, item: Item | None, one: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    if item is None:
        return ["stockCode ile eşleşen ürün bulunamadı"], {}
    if shop.on(f"refuse_sku:{item.sku}"):
        return ["Ürün güncellenemedi"], {}
    changes: dict[str, Any] = {}
    reasons = []
    if one.get("quantity") is not None:
        if is_int(one["quantity"]) and one["quantity"] >= 0:
            changes["quantity"] = one["quantity"]
        else:
            reasons.append("quantity sıfır veya daha büyük bir tam sayı olmalıdır")
    given = [name for name in ("listPrice", "salePrice") if one.get(name) is not None]
    if len(given) == 1:
        reasons.append("listPrice ve salePrice birlikte gönderilmelidir")
    elif given:
        list_price, sale = kurus_of(one["listPrice"]), kurus_of(one["salePrice"])
        if list_price is None or sale is None:
            reasons.append("Fiyat sıfırdan büyük ve en çok iki ondalıklı olmalıdır")
        elif list_price < sale:
            reasons.append(f"listPrice {decimal_text(sale)} değerinden küçük olamaz")
        elif one.get("currencyType") not in CURRENCIES:
            reasons.append("currencyType TL, USD veya EUR olmalıdır")
        else:
            changes |= {"list_price": list_price, "sale": sale, "currency": one["currencyType"]}
    if not reasons and not changes:
        reasons.append("Güncellenecek bir alan gönderilmedi")
    return reasons, changes


def task_details(shop: Shop, call: Call) -> Any:
    """While in the queue a task has no rows."""
    body = call.json()
    number_, pageable = body.get("taskId"), body.get("pageable", {})
    if not is_int(number_) or not isinstance(pageable, dict):
        raise bad("taskId zorunludur")
    page, size = pageable.get("page", 0), pageable.get("size", 20)
    if not is_int(page) or page < 0 or not is_int(size) or not 1 <= size <= MOST_SKUS:
        raise bad("pageable geçersiz")
    task = shop.tasks.get(number_)
    if task is None:
        raise missing("Task")
    task.polls += 1
    shop.settle()
    skus = spring_page(task.results if task.done else [], page, size)
    return {
        "taskId": task.id, "type": task.kind, "status": "PROCESSED" if task.done else "IN_QUEUE", "reasons": [],
        "createdDate": task.created + shop.shift, "skus": skus,
    }  # fmt: skip
