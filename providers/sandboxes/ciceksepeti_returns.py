"""ÇiçekSepeti's cancelled, returned and exchanged items: the list, "it has arrived", accept and refuse.

Source: reference/marketplaces-tr.md, "## ÇiçekSepeti", "Returns"; which fields are the question's and which the answer's, and the words of
the statuses, from the digest of ciceksepeti.dev that it names. An answer has no numeric status, no quantity and no date.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.ciceksepeti_orders import NOT_FOUND, WRONG_STATUS
from providers.sandboxes.ciceksepeti_state import (
    CARRIERS,
    NEW,
    RETURN_BEGUN,
    RETURN_HERE,
    RETURN_WORDS,
    SENT_BACK,
    STATUS_WORDS,
    Order,
    Return,
    Row,
    Shop,
)
from providers.sandboxes.ciceksepeti_wire import bad, page_of, span
from providers.sandboxes.exact import DAY, Call, is_int, number

WIDEST = 31 * DAY
ACCEPT, REFUSE = 1, 3
CANCELLATION, RETURN, SENT_TO_BUYER = 1, 2, 3


def cancelled_orders(shop: Shop, call: Call) -> Any:
    """By the date of the order or by the date of the cancellation or return, never both; without dates the last month."""
    body = call.json(
        {
            "orderItemStatusId": "int", "pageSize": "int!", "page": "int!", "startDate": "text", "endDate": "text",
            "cancellationStartDate": "text", "cancellationEndDate": "text",
        }
    )  # fmt: skip
    page, size = page_of(body)
    by_order = span(body, "startDate", "endDate", WIDEST, "1 ay")
    by_event = span(body, "cancellationStartDate", "cancellationEndDate", WIDEST, "1 ay")
    if by_order and by_event:
        raise bad("Sipariş tarihi ile iptal/iade tarihi birlikte gönderilemez")
    status = body.get("orderItemStatusId")
    if status is not None and status not in RETURN_WORDS:
        raise bad("orderItemStatusId 20 ile 23 arasında olmalıdır")
    window = by_order or by_event or (call.now - WIDEST, call.now)
    found: list[tuple[int, int, dict[str, Any], int]] = []
    for order in shop.records.orders.values():
        gone = [row for row in order.rows if not row.active]
        found += [(row.cancelled, order.placed, _row(order, row, None), 0) for row in gone]
    for one in shop.records.returns.values():
        state = 0 if one.decision else one.status
        found.append((one.opened, one.order.placed, _row(one.order, one.row, one), state))
    chosen = [
        (at, data)
        for at, placed, data, state in found
        if window[0] <= (placed if by_order else at) <= window[1] and (status is None or state == status)
    ]
    chosen.sort(key=lambda pair: (pair[0], pair[1]["orderItemId"]), reverse=True)
    return {"orderItemList": [data for _, data in chosen[page * size : (page + 1) * size]]}


def _row(order: Order, row: Row, back: Return | None) -> dict[str, Any]:
    buyer = order.sender or order.receiver
    kind = CANCELLATION if back is None else SENT_TO_BUYER if back.decision == "Bayi Haklı" else RETURN
    word = "İptal Edildi" if back is None else RETURN_WORDS[back.status]
    if back is not None and back.decision:
        word = (
            STATUS_WORDS[NEW if back.exchange else SENT_BACK]
            if back.decision == "Bayi Onay"
            else RETURN_WORDS[RETURN_HERE]
        )
    return {
        "orderId": order.id, "orderItemId": row.id, "customerName": f"{buyer.first} {buyer.last}", "price": number(row.invoiced),
        "orderItemStatus": word, "cancelReason": "Değişim Sebepleri" if back and back.exchange else "İade Sebepleri",
        "subCancelReason": "Diğer", "cancelReasonId": 2 if back and back.exchange else 1, "subCancelReasonId": 6,
        "orderItemCancelStatus": (back.decision or None) if back else "Müşteri Haklı", "cargoCompany": CARRIERS[row.carrier],
        "shipmentTrackingUrl": None, "shipmentNumber": back.tracking if back else None, "partialNumber": row.partial or None,
        "variantName": row.item.colour, "supplierProductVariantCode": row.item.sku, "productName": row.item.title,
        "productCode": row.item.code, "supplierProductCode": row.item.main_code, "texts": [], "cancelType": kind,
    }  # fmt: skip


def received(shop: Shop, call: Call) -> Any:
    """For returns that do not travel by the integrated cargo: only from "begun", and then they are at the seller's."""
    ids = call.json({"orderItemIds": "list!"})["orderItemIds"]
    if not ids or not all(is_int(one) for one in ids):
        raise bad("orderItemIds zorunludur")
    found = [_undecided(shop, one) for one in ids]
    if any(one.status != RETURN_BEGUN for one in found):
        raise bad(WRONG_STATUS)
    if shop.may_apply():
        for one in found:
            one.status = RETURN_HERE
            shop.wrote()
    return {"isSuccess": True}


def evaluate(shop: Shop, call: Call) -> Any:
    """An accepted exchange makes the item new again; a refusal goes to ÇiçekSepeti's own people."""
    body = call.json({"orderItemId": "int!", "process": "int!"})
    if body["process"] not in (ACCEPT, REFUSE):
        raise bad("process 1 (onay) veya 3 (red) olmalıdır")
    one = _undecided(shop, body["orderItemId"])
    if one.status != RETURN_HERE:
        raise bad(WRONG_STATUS)
    if shop.may_apply():
        one.decision = "Bayi Onay" if body["process"] == ACCEPT else "Bayi Red"
        if body["process"] == ACCEPT:
            one.row.status, one.row.modified = NEW if one.exchange else SENT_BACK, shop.minute()
        shop.counts[f"claim:{one.row.id}"] += 1
        shop.wrote()
    return {"isSuccess": True}


def _undecided(shop: Shop, row_id: int) -> Return:
    one = shop.records.returns.get(row_id)
    if one is None:
        raise bad(NOT_FOUND)
    if one.decision:
        raise bad(WRONG_STATUS)
    return one
