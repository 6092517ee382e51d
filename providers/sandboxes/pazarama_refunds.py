"""Pazarama's returns and wishes to cancel: the lists, and what the seller decides.

Source: reference/marketplaces-tr.md, "## Pazarama", "Cancels", "Returns"; the shape of the lists (responsePage, pageReport, refundList) from
a public client's types, no document of the vendor's.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.exact import DAY, Call, local
from providers.sandboxes.pazarama_state import BACK_OK, BACK_REFUSED, CANCELLED, CARRIERS, PREPARING, Refund, Shop
from providers.sandboxes.pazarama_wire import envelope, money, page_of, refused, span

WIDEST = 31 * DAY
WAITING, APPROVED, REJECTED = 1, 2, 3
WORDS = {
    1: "Onay Bekliyor", 2: "Tedarikçi Tarafından Onaylandı", 3: "Tedarikçi Tarafından Reddedildi", 4: "Backoffice Tarafından Onaylandı",
    5: "Backoffice Tarafından Reddedildi", 6: "Otomatik Onaylandı", 7: "Talep İptal Edildi", 8: "Direkt Onay",
}  # fmt: skip


def refunds(shop: Shop, call: Call) -> Any:
    spec = {
        "pageSize": "int!", "pageNumber": "int!", "refundStatus": "int", "requestStartDate": "text", "requestEndDate": "text",
        "SplitItems": "bool",
    }  # fmt: skip
    return _listed(shop, call, spec, cancel=False)


def cancels(shop: Shop, call: Call) -> Any:
    spec = {
        "pageSize": "int!", "pageNumber": "int!", "refundStatus": "int", "requestStartDate": "text", "requestEndDate": "text",
        "orderNumber": "int",
    }  # fmt: skip
    return _listed(shop, call, spec, cancel=True)


def _listed(shop: Shop, call: Call, spec: dict[str, str], *, cancel: bool) -> Any:
    """The request's own date, newest first; the end is exclusive as everywhere at Pazarama."""
    body = call.json(spec)
    status, order = body.get("refundStatus"), body.get("orderNumber")
    if status is not None and status not in WORDS:
        raise refused("refund_status", "refundStatus geçersiz")
    window = span(body, "requestStartDate", "requestEndDate", WIDEST)
    rows = [
        one
        for one in sorted(shop.records.refunds.values(), key=lambda one: (one.opened, one.number), reverse=True)
        if one.cancel == cancel
        and (status is None or one.status == status)
        and (order is None or one.order.number == order)
        and (window is None or window[0] <= one.opened < window[1])
    ]
    page = page_of(body, rows)
    size = body["pageSize"]
    report = {
        "totalRefundCount": len(rows), "totalWaitingRefundCount": sum(one.status == WAITING for one in rows),
        "totalApprovedRefundCount": sum(one.status in (2, 4, 6, 8) for one in rows),
        "totalRejectedRefundCount": sum(one.status in (3, 5) for one in rows),
    }  # fmt: skip
    shown = {
        "pageSize": size,
        "pageIndex": body["pageNumber"],
        "totalCount": len(rows),
        "totalPages": -(-len(rows) // size),
    }
    return envelope({"responsePage": shown, "pageReport": report, "refundList": [_row(one) for one in page]})


def _row(one: Refund) -> dict[str, Any]:
    line, who = one.line, one.order.buyer
    amount = money(line.unit * line.quantity)
    return {
        "id": one.number, "refundId": one.id, "refundNumber": one.number, "orderNumber": one.order.number,
        "orderDate": local(one.order.placed, "%Y-%m-%d %H:%M"), "refundType": "Vazgeçtim" if one.cancel else "Beklediğim gibi değil",
        "refundStatus": one.status, "refundStatusName": WORDS[one.status], "paymentType": "Banka/Kredi Kartı",
        "refundDate": local(one.opened, "%Y-%m-%d %H:%M"), "totalAmount": amount, "refundAmount": amount,
        "customerId": f"c057{one.order.id[4:]}", "customerName": f"{who.first} {who.last}", "customerEmail": who.email,
        "customerPhoneNumber": who.phone, "customerAddress": who.street, "productName": line.item.title,
        "productCode": line.item.code, "productStockCode": line.item.sku, "shipmentCompanyName": CARRIERS.get(line.carrier),
        "shipmentCode": None if one.cancel else 9_000_000_000 + one.number, "description": None, "boDescription": None,
        "quantity": line.quantity,
    }  # fmt: skip


def _waiting(shop: Shop, refund_id: str, *, cancel: bool) -> Refund:
    one = shop.records.refunds.get(refund_id)
    if one is None or one.cancel != cancel:
        raise refused("refund_not_found", "Talep bulunamadı")
    if one.status != WAITING:
        raise refused("refund_status", "Talep daha önce sonuçlandırılmış")
    return one


def decide_refund(shop: Shop, call: Call) -> Any:
    body = call.json({"refundId": "text!", "status": "int!", "RefundRejectType": "int"})
    if body["status"] not in (APPROVED, REJECTED):
        raise refused("refund_status", "status 2 (onay) veya 3 (red) olmalıdır")
    reject = body.get("RefundRejectType")
    if body["status"] == REJECTED and (reject is None or not 1 <= reject <= 12):
        raise refused("refund_reject_type", "RefundRejectType 1 ile 12 arasında olmalıdır")
    one = _waiting(shop, body["refundId"], cancel=False)
    return _decide(shop, one, body["status"], BACK_OK if body["status"] == APPROVED else BACK_REFUSED, reject or 0)


def decide_cancel(shop: Shop, call: Call) -> Any:
    body = call.json({"refundId": "text!", "status": "int!"})
    if body["status"] not in (APPROVED, REJECTED):
        raise refused("refund_status", "status 2 (onay) veya 3 (red) olmalıdır")
    one = _waiting(shop, body["refundId"], cancel=True)
    return _decide(shop, one, body["status"], CANCELLED if body["status"] == APPROVED else PREPARING)


def _decide(shop: Shop, one: Refund, status: int, line_status: int, reject: int = 0) -> Any:
    if shop.may_apply():
        one.status, one.reject = status, reject
        shop.move([one.line], line_status, shop.now())
        shop.counts[f"claim:{one.id}"] += 1
        shop.wrote()
    return envelope(None)
