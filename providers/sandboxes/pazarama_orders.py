"""Pazarama's orders: the list by creation date, preparing and shipping of items, carriers, invoice links.

Source: reference/marketplaces-tr.md, "## Pazarama", "List orders", "Confirm / ship", "Invoice"; the histories of the items, the rules of
their statuses and the carriers' list from the digest of its guide. `getOrdersForApiV2` and the package calls are not served.
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.exact import DAY, Call, local, number
from providers.sandboxes.pazarama_state import (
    CARRIERS,
    DELIVERED,
    NOT_SUPPLIED,
    PREPARING,
    SHIPPED,
    STATUS_WORDS,
    TAKEN,
    UNDELIVERED,
    Line,
    Order,
    Shop,
)
from providers.sandboxes.pazarama_wire import envelope, formed, malformed, money, page_of, refused, span

WIDEST = 31 * DAY
OLDEST_BY_NUMBER = 183 * DAY
#: Whither a seller may move an item; before anything else it must be prepared.
FOLLOWING = {TAKEN: (PREPARING,), PREPARING: (SHIPPED, NOT_SUPPLIED), SHIPPED: (DELIVERED, UNDELIVERED)}
UPDATE = {
    "orderItemId": "text!", "status": "int!", "deliveryType": "int", "shippingTrackingNumber": "text", "trackingUrl": "text",
    "cargoCompanyId": "text",
}  # fmt: skip
BULK = {
    "cargoCompanyId": "text", "deliveryType": "int", "shipmentNumber": "text", "shippingTrackingNumber": "text", "status": "int!",
    "subStatus": "int", "trackingUrl": "text",
}  # fmt: skip


def order_list(shop: Shop, call: Call) -> Any:
    """Orders placed within [startDate, endDate), newest first; nothing says how many there are in all."""
    body = call.json(
        {
            "pageSize": "int", "pageNumber": "int", "startDate": "text", "endDate": "text", "orderNumber": "int",
            "orderItemStatus": "int",
        }
    )  # fmt: skip
    wanted, status = body.get("orderNumber"), body.get("orderItemStatus")
    window = span(body, "startDate", "endDate", OLDEST_BY_NUMBER if wanted is not None else WIDEST)
    if window is None and wanted is None:
        raise refused("date_range", "startDate ve endDate zorunludur")
    if wanted is None and (body.get("pageSize") is None or body.get("pageNumber") is None):
        raise refused("paging", "pageSize ve pageNumber zorunludur")
    if status is not None and status not in STATUS_WORDS:
        raise refused("order_item_status", "orderItemStatus geçersiz")
    since, until = window or (call.now - OLDEST_BY_NUMBER, call.now + 1)
    rows = [
        one
        for one in sorted(shop.records.orders.values(), key=lambda one: (one.placed, one.number), reverse=True)
        if not shop.on("empty_orders")
        and since <= one.placed < until
        and (wanted is None or one.number == wanted)
        and (status is None or any(line.status == status for line in one.lines))
    ]
    paging = {"pageSize": 100, "pageNumber": 1, **{k: v for k, v in body.items() if v is not None}}
    return envelope([order_row(shop, one) for one in page_of(paging, rows)])


def order_row(shop: Shop, one: Order) -> dict[str, Any]:
    who = one.buyer
    name = f"{who.first} {who.last}"
    text = f"{who.street} {who.district}/{who.city}"
    address = {
        "addressId": f"add0{one.id[4:]}", "title": "Ev", "nameSurname": name, "customerEmail": who.email, "cityName": who.city,
        "districtName": who.district, "neighborhoodName": "Merkez Mah.", "addressDetail": who.street, "displayAddressText": text,
        "phoneNumber": who.phone, "postalCode": None,
    }  # fmt: skip
    billing = {
        **address, "identityNumber": None if one.company else "11111111110", "invoiceType": 2 if one.company else 1,
        "companyName": "Örnek Gıda Ltd. Şti." if one.company else None, "taxNumber": "1234567890" if one.company else None,
        "taxOffice": "Çankaya" if one.company else None, "isEInvoiceObliged": one.company,
    }  # fmt: skip
    return {
        "orderId": one.id, "orderNumber": one.number, "orderDate": local(one.placed, "%Y-%m-%d %H:%M"),
        "orderAmount": number(one.total), "shipmentAmount": number(0), "discountAmount": number(one.discount),
        "discountDescription": None, "currency": "TL", "paymentType": 1, "orderStatus": one.status, "customerId": f"c057{one.id[4:]}",
        "customerName": name, "customerEmail": who.email, "shipmentAddress": address, "billingAddress": billing,
        "items": "bozuk" if one.damaged else [_line_row(shop, one, line) for line in one.lines], "plusOrder": False, "channelCode": 2,
    }  # fmt: skip


def _line_row(shop: Shop, order: Order, line: Line) -> dict[str, Any]:
    total, item = line.unit * line.quantity, line.item
    cargo = {
        "companyId": line.carrier or None, "companyName": CARRIERS.get(line.carrier), "trackingNumber": line.number or None,
        "trackingUrl": line.url or None,
    }  # fmt: skip
    history = [
        {"historyStatus": status, "historyStatusName": STATUS_WORDS[status], "historyCreatedDate": _stamp(at)}
        for status, at in line.history
    ]
    return {
        "orderItemId": line.id, "orderItemStatus": line.status, "orderItemStatusName": STATUS_WORDS[line.status],
        "orderItemStatusHistory": history, "deliveryType": 1, "deliveryDetail": None, "shipmentCode": line.code,
        "shipmentCost": money(0), "quantity": line.quantity, "listPrice": money(max(item.list_price, line.unit)),
        "salePrice": money(line.unit), "taxAmount": money(total * item.vat // (100 + item.vat)), "shipmentAmount": money(0),
        "totalPrice": money(total), "discountAmount": money(0), "discountDescription": None, "taxIncluded": True,
        "estimatedShippingDate": local(order.placed + 2 * DAY, "%Y-%m-%d %H:%M"), "cargo": cargo,
        "product": {
            "productId": item.id, "name": item.title, "title": None, "code": item.code, "stockCode": item.sku, "vatRate": item.vat,
            "url": None, "imageURL": f"https://cdn.example.invalid/{item.code}.jpg", "variantOptionDisplay": f"Renk: {item.colour}",
        },
        "sellerAddressId": None, "packageNumber": line.package,
    }  # fmt: skip


def _stamp(at: int) -> str:
    return local(at, "%Y-%m-%dT%H:%M:%S+03:00")


# -- writes --------------------------------------------------------------------------------------------------------
def _order(shop: Shop, number_: int) -> Order:
    found = shop.by_number(number_)
    if found is None:
        raise refused("order_not_found", "Sipariş bulunamadı")
    return found


def _lines(order: Order, ids: list[str]) -> list[Line]:
    found = [line for line in order.lines if line.id in ids]
    if len(found) != len(set(ids)) or len(ids) != len(set(ids)):
        raise refused("order_item_not_found", "Sipariş kalemi bulunamadı")
    return found


def update_status(shop: Shop, call: Call) -> Any:
    body = call.json({"orderNumber": "int!", "item": "object!"})
    formed(body["item"], UPDATE)
    order = _order(shop, body["orderNumber"])
    return _move(shop, order, _lines(order, [body["item"]["orderItemId"]]), body["item"])


def update_all(shop: Shop, call: Call) -> Any:
    """The whole order, for statuses that need no tracking."""
    body = call.json({"orderNumber": "int!", "status": "int!"})
    order = _order(shop, body["orderNumber"])
    return _move(shop, order, order.lines, body)


def bulk_update(shop: Shop, call: Call) -> Any:
    body = call.json({"orderNumber": "int!", "orderItemIds": "list!", "updateShipmentDto": "object!"})
    formed(body["updateShipmentDto"], BULK)
    if not body["orderItemIds"] or not all(isinstance(one, str) for one in body["orderItemIds"]):
        raise malformed("orderItemIds: tür hatalı")
    order = _order(shop, body["orderNumber"])
    return _move(shop, order, _lines(order, body["orderItemIds"]), body["updateShipmentDto"])


def _move(shop: Shop, order: Order, lines: list[Line], asked: dict[str, Any]) -> Any:
    status = asked["status"]
    if any(status not in FOLLOWING.get(line.status, ()) for line in lines):
        raise refused("invalid_status", "Sipariş kalemi bu statüye güncellenemez")
    carrier, tracking = asked.get("cargoCompanyId") or "", asked.get("shippingTrackingNumber") or ""
    if status == SHIPPED:
        if shop.on("contracted"):
            raise refused("contracted_cargo", "Anlaşmalı kargo kullanan satıcı bu statüyü güncelleyemez")
        if carrier not in CARRIERS:
            raise refused("cargo_company", "cargoCompanyId geçersiz")
        if not tracking or asked.get("deliveryType") is None:
            raise refused("tracking_number", "shippingTrackingNumber ve deliveryType zorunludur")
    if shop.may_apply():
        for line in lines:
            if status == SHIPPED:
                line.carrier, line.number, line.url = carrier, tracking, asked.get("trackingUrl") or ""
        shop.move(lines, status, shop.now())
        shop.wrote()
        _count(shop, order, status)
    return envelope(None)


def _count(shop: Shop, order: Order, status: int) -> None:
    """Once an order: when its last item is prepared, when its last item is shipped."""
    left = {TAKEN} if status == PREPARING else {TAKEN, PREPARING}
    if status in (PREPARING, SHIPPED) and not any(line.status in left for line in order.lines):
        shop.counts[f"{'status' if status == PREPARING else 'shipped'}:{order.id}"] += 1
        if status == SHIPPED:
            shop.counts["shipments"] += 1


def seller_delivery(shop: Shop, call: Call) -> Any:
    """The ways of delivery that the seller has set up in the panel, with the GUIDs of the carriers."""
    call.params()
    carriers = [{"id": guid, "name": name} for guid, name in CARRIERS.items()]
    return envelope(
        [{"deliveryType": 1, "name": "Kargo", "contracted": shop.on("contracted"), "cargoCompanies": carriers}]
    )


def invoice_link(shop: Shop, call: Call) -> Any:
    """For the whole order, or for one parcel when carrier and tracking number name it."""
    body = call.json(
        {"invoiceLink": "text!", "orderid": "text!", "deliveryCompanyId": "text", "trackingNumber": "text"}
    )
    order = shop.records.orders.get(body["orderid"])
    if order is None:
        raise refused("order_not_found", "Sipariş bulunamadı")
    if not re.fullmatch(r"https?://\S{4,2000}", body["invoiceLink"]):
        raise refused("invoice_link", "invoiceLink geçersiz")
    tracking = body.get("trackingNumber")
    lines = [line for line in order.lines if not tracking or line.number == tracking]
    if not lines or bool(tracking) != bool(body.get("deliveryCompanyId")):
        raise refused("package_not_found", "Paket bulunamadı")
    if shop.may_apply():
        for line in lines:
            line.invoice = body["invoiceLink"]
        shop.counts[f"invoice:{order.id}"] += 1
        shop.wrote()
    return envelope(None)
