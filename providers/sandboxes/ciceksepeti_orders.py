"""ÇiçekSepeti's orders: the list of items, cargo by ÇiçekSepeti's contract or the seller's own, carrier and measures, invoices.

Source: reference/marketplaces-tr.md, "## ÇiçekSepeti", "List orders", "Confirm / ship", "Invoice". Bodies of the answers to the cargo calls
and the rule for Yurtiçi come from the digest of ciceksepeti.dev that the reference names.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from providers.sandboxes.ciceksepeti_state import (
    CARRIERS,
    DELIVERED,
    IN_VEHICLE,
    NEW,
    PREPARING,
    READY,
    SENT_BACK,
    SHIPPED,
    STATUS_WORDS,
    Order,
    Row,
    Shop,
)
from providers.sandboxes.ciceksepeti_wire import bad, clock, day, page_of, rows_of, span
from providers.sandboxes.exact import DAY, Call, is_int, number

WIDEST = 14 * DAY
WRONG_MODEL = "This branch's integration type is not supported this method"
NOT_FOUND, WRONG_STATUS, IS_DELIVERED = "Order not found!", "Order not available for this status!", "Order delivered!"
YURTICI = 2
#: Whither a seller with a cargo contract of his own may move an item.
FOLLOWING = {
    NEW: (PREPARING, READY, SHIPPED, IN_VEHICLE), PREPARING: (READY, SHIPPED, IN_VEHICLE), READY: (SHIPPED,), IN_VEHICLE: (DELIVERED,),
    SHIPPED: (DELIVERED, SENT_BACK),
}  # fmt: skip


def get_orders(shop: Shop, call: Call) -> Any:
    """Items of orders that were placed within the window, newest first; cancelled ones only when asked for, and then nothing else."""
    body = call.json(
        {
            "startDate": "text", "endDate": "text", "pageSize": "int!", "page": "int!", "statusId": "int", "orderNo": "id",
            "orderItemNo": "id", "isOrderStatusActive": "bool",
        }
    )  # fmt: skip
    page, size = page_of(body)
    window = span(body, "startDate", "endDate", WIDEST, "2 hafta")
    order_no, item_no = body.get("orderNo"), body.get("orderItemNo")
    if window is None and order_no is None and item_no is None:
        raise bad("startDate ve endDate zorunludur")
    status, active = body.get("statusId"), body.get("isOrderStatusActive") is not False
    if status is not None and status not in STATUS_WORDS:
        raise bad("statusId geçersiz")
    found: list[tuple[Order, Row]] = []
    for order in sorted(shop.records.orders.values(), key=lambda one: (one.placed, one.id), reverse=True):
        if order_no is not None and order.id != int(order_no):
            continue
        for row in order.rows:
            at = row.modified if shop.on("filter_by_modified") else order.placed
            if (
                row.active == active
                and (window is None or window[0] <= at <= window[1])
                and (status is None or row.status == status)
                and (order_no is not None or item_no is None or row.id == int(item_no))
            ):
                found.append((order, row))
    if shop.on("empty_orders"):
        found = []
    rows = [order_row(shop, *one) for one in found[page * size : (page + 1) * size]]
    return {"orderListCount": len(found), "supplierOrderListWithBranch": rows}


def order_row(shop: Shop, order: Order, row: Row) -> dict[str, Any]:
    to, who, item = order.receiver, order.sender, row.item
    own = shop.is_own(row)
    return {
        "branchId": 12345, "customerId": order.id % 100_000, "orderId": order.id, "orderItemId": row.id,
        "orderCreateDate": day(order.placed), "orderCreateTime": clock(order.placed), "orderModifyDate": day(row.modified),
        "orderModifyTime": clock(row.modified), "productId": int(item.code[3:]), "productCode": item.code, "code": item.sku,
        "barcode": item.barcode, "name": item.title,
        "quantity": "bozuk" if order.damaged and row is order.rows[0] else row.quantity,
        "itemPrice": number(row.unit), "totalPrice": number(row.total), "discount": number(row.branch_discount + row.cs_discount),
        "branchDiscountPart": number(row.branch_discount), "csDiscountPart": number(row.cs_discount),
        "invoicePrice": number(row.invoiced), "tax": item.vat, "cargoPrice": number(0), "deliveryCharge": number(0),
        "orderPaymentType": "Kredi Kartı", "orderItemStatusId": row.status,
        "orderProductStatus": STATUS_WORDS[row.status] if row.active else "İptal Edildi", "isOrderStatusActive": row.active,
        "cancellationResult": 1 if not row.active else None, "deliveryType": "Kargo", "deliveryDate": day(order.placed + 3 * DAY),
        "deliveryTime": "", "cargoCompany": CARRIERS[row.carrier], "cargoNumber": row.number or None,
        "shipmentTrackingUrl": row.url or None, "partialNumber": row.partial or None, "cargoModelType": 2 if own else 1,
        "isInvoiceSent": bool(row.invoice), "receiverName": f"{to.first} {to.last}", "receiverPhone": to.phone if own else None,
        "receiverAddress": to.street, "receiverCity": to.city, "receiverDistrict": to.district, "receiverRegion": "Merkez Mah.",
        "senderName": f"{who.first} {who.last}" if who else "", "senderAddress": who.street if who else "",
        "senderCity": who.city if who else "", "senderRegion": who.district if who else "",
        "senderCompanyName": "Örnek Gıda Ltd. Şti." if order.company else "", "senderTaxNumber": "1234567890" if order.company else "",
        "senderTaxOfficeName": "Çankaya" if order.company else "", "invoiceEmail": f"fatura+{order.id}@example.com",
        "cardMessage": order.card, "orderItemTextListModel": [],
    }  # fmt: skip


# -- cargo by ÇiçekSepeti's contract -------------------------------------------------------------------------------------
def ready_for_cargo(shop: Shop, call: Call) -> Any:
    """One parcel a group: items of one order, all of them new. The fate of each group is in the answer, which is 200."""
    body = call.json({"orderItemsGroup": "list!"})
    groups = rows_of(body, "orderItemsGroup", {"orderItemIds": "list!"})
    if any(not one["orderItemIds"] or not all(is_int(each) for each in one["orderItemIds"]) for one in groups):
        raise bad("orderItemIds zorunludur")
    if shop.on("own_cargo"):
        raise bad(WRONG_MODEL)
    return {"statusUpdateResponse": [_pack(shop, one["orderItemIds"]) for one in groups]}


def _pack(shop: Shop, ids: list[int]) -> dict[str, Any]:
    found = [shop.found(one) for one in ids]
    parts = [one for one in found if one is not None and one[1].active]
    if len(parts) != len(ids):
        return _told([], NOT_FOUND, ids)
    order, rows = parts[0][0], [row for _, row in parts]
    if any(one is not order for one, _ in parts) or len(set(ids)) != len(ids):
        return _told([], "Orders belong to different order!", ids)
    if any(row.status != NEW for row in rows):
        return _told([], IS_DELIVERED if all(row.status == DELIVERED for row in rows) else WRONG_STATUS, ids)
    if shop.may_apply():
        shop.move(order, rows, READY, shop.now())
        confirmed(shop, order)
    return _told(rows, "", ids)


def _told(rows: list[Row], wrong: str, ids: list[int]) -> dict[str, Any]:
    items = [
        {"orderItemId": row.id, "partialNumber": row.partial or None, "cargoCompany": CARRIERS[row.carrier]}
        for row in rows
    ] or [{"orderItemId": one, "partialNumber": None, "cargoCompany": None} for one in ids]
    return {"orderItems": items, "isSuccess": not wrong, "message": wrong or None}


def confirmed(shop: Shop, order: Order) -> None:
    """Counted when nothing of the order is left to be told, and once an order."""
    shop.wrote()
    left = [row for row in order.rows if row.active and row.status in (NEW, PREPARING)]
    if not left:
        shop.counts["shipments"] += 1
        shop.counts[f"status:{order.id}"] += 1


# -- cargo by the seller's own contract ------------------------------------------------------------------------------------
def supplier_status(shop: Shop, call: Call) -> Any:
    """The fate of each item is in the answer, which is 200."""
    rows = rows_of(
        call.json({"orderItems": "list!"}),
        "orderItems",
        {
            "orderItemId": "int!", "orderItemStatusId": "int!", "cargoBusinessId": "int", "shipmentNumber": "text",
            "shipmentTrackingUrl": "text", "receiverName": "text", "deliveryTime": "text",
        },
    )  # fmt: skip
    if not shop.on("own_cargo"):
        raise bad(WRONG_MODEL)
    return {"statusUpdateResponse": [_move(shop, one) for one in rows]}


def _move(shop: Shop, asked: dict[str, Any]) -> dict[str, Any]:
    found, ids = shop.found(asked["orderItemId"]), [asked["orderItemId"]]
    if found is None or not found[1].active:
        return _told([], NOT_FOUND, ids)
    order, row = found
    wrong = _wrong(row, asked)
    if wrong:
        return _told([], wrong, ids)
    if shop.may_apply():
        status = asked["orderItemStatusId"]
        row.own, row.number, row.url = (
            True,
            asked.get("shipmentNumber") or row.number,
            asked.get("shipmentTrackingUrl") or row.url,
        )
        row.carrier = asked.get("cargoBusinessId") or row.carrier
        row.receiver_name = asked.get("receiverName") or ""
        before = row.status
        shop.move(order, [row], status, shop.now())
        if status == READY and row.carrier != YURTICI:
            row.partial = ""
        if before in (NEW, PREPARING) and status != PREPARING:
            confirmed(shop, order)
        else:
            shop.wrote()
    return _told([row], "", ids)


def _wrong(row: Row, asked: dict[str, Any]) -> str:
    status, carrier = asked["orderItemStatusId"], asked.get("cargoBusinessId")
    if row.status == DELIVERED:
        return IS_DELIVERED
    if status not in FOLLOWING.get(row.status, ()):
        return WRONG_STATUS
    if carrier is not None and carrier not in CARRIERS:
        return "cargoBusinessId geçersiz"
    if status == SHIPPED:
        if carrier is None or not asked.get("shipmentNumber") or not asked.get("shipmentTrackingUrl"):
            return "cargoBusinessId, shipmentNumber ve shipmentTrackingUrl zorunludur"
        if carrier == YURTICI:
            return WRONG_STATUS  # with Yurtiçi the seller tells 11 and ÇiçekSepeti makes the barcode
    return ""


# -- further calls on an item ------------------------------------------------------------------------------------------------
def _new_rows(shop: Shop, body: dict[str, Any], spec: dict[str, str]) -> list[tuple[dict[str, Any], Row]]:
    made = []
    for one in rows_of(body, "items", spec):
        found = shop.found(one["orderProductId"])
        if found is None or not found[1].active:
            raise bad(NOT_FOUND)
        if found[1].status != NEW:
            raise bad(WRONG_STATUS)
        made.append((one, found[1]))
    return made


def cargo_company(shop: Shop, call: Call) -> Any:
    rows = _new_rows(shop, call.json({"items": "list!"}), {"orderProductId": "int!", "cargoId": "int!"})
    if any(one["cargoId"] not in CARRIERS for one, _ in rows):
        raise bad("cargoId geçersiz")
    if shop.may_apply():
        for one, row in rows:
            row.carrier, row.modified = one["cargoId"], shop.minute()
            shop.wrote()
    return {"isSuccess": True}


def cargo_measurement(shop: Shop, call: Call) -> Any:
    spec = {"orderProductId": "int!", "desi": "int!", "quantity": "int!"}
    rows = _new_rows(shop, call.json({"items": "list!"}), spec)
    if any(one["desi"] < 1 or one["quantity"] < 1 for one, _ in rows):
        raise bad("desi ve quantity sıfırdan büyük olmalıdır")
    if shop.may_apply():
        for one, row in rows:
            row.measures = (one["desi"], one["quantity"])
            shop.wrote()
    return {"isSuccess": True}


def send_invoice(shop: Shop, call: Call) -> Any:
    spec = {"orderItemId": "int!", "document": "text", "documentUrl": "text"}
    rows = rows_of(call.json({"items": "list!"}), "items", spec)
    for one in rows:
        if bool(one.get("document")) == bool(one.get("documentUrl")):
            raise bad("document veya documentUrl alanlarından biri gönderilmelidir")
        if one.get("documentUrl") and not re.fullmatch(r"https?://\S{4,2000}", one["documentUrl"]):
            raise bad("documentUrl geçersiz")
        if one.get("document") and not _is_pdf(one["document"]):
            raise bad("document base64 bir PDF olmalıdır")
        if shop.found(one["orderItemId"]) is None:
            raise bad(NOT_FOUND)
    if shop.may_apply():
        for one in rows:
            found = shop.found(one["orderItemId"])
            if found is not None:
                found[1].invoice = one.get("documentUrl") or "pdf"
                shop.counts[f"invoice:{found[0].id}"] += 1
                shop.wrote()
    return {"isSuccess": True}


def _is_pdf(text: str) -> bool:
    try:
        return base64.b64decode(text, validate=True).startswith(b"%PDF")
    except (binascii.Error, ValueError):
        return False


def age(shop: Shop, order: Order) -> None:
    """One step along, or only the instant of the last change."""
    rows = [row for row in order.rows if row.active and row.status in (NEW, PREPARING, READY, SHIPPED)]
    following = {NEW: READY, PREPARING: READY, READY: SHIPPED, SHIPPED: DELIVERED}
    if rows and shop.rng.random() < 0.5:
        least = min(rows, key=lambda one: (list(following).index(one.status), one.id)).status
        shop.move(order, [one for one in rows if one.status == least], following[least], shop.now())
    for row in order.rows:
        row.modified = shop.minute()
