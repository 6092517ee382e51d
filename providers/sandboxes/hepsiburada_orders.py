"""What Hepsiburada's OMS shows: open lines, one order, cancelled lines, packages and the lists of their states.

Source: reference/marketplaces-tr.md, "## Hepsiburada", "List orders (unpacked lines)", "Packages". No list shows a record of another:
a line leaves `/orders` when it is packed, a package leaves `/packages` when it is shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from providers.sandboxes.exact import DAY, HOUR, number
from providers.sandboxes.hepsiburada_state import CARRIERS, OPEN, Line, Order, Package, Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, Refusal, bad, envelope, local, missing, pascal

ORDERS_LIMIT = 100
PACKAGES_LIMIT = 10
LAST_MONTH = 30 * DAY
STATES = {"shipped": "InTransit", "delivered": "Delivered", "undelivered": "UnDelivered", "status/unpacked": "Unpacked"}


def open_lines(shop: Shop, call: Call) -> Answer:
    """Oldest first. A window wider than 24 hours ends 24 hours after its begin, without a word."""
    offset, limit = call.number("offset", 0), call.number("limit", 10, 1, ORDERS_LIMIT)
    begin, end = call.span("begindate", "enddate")
    if begin is not None and (end is None or end - begin > DAY):
        end = begin + DAY
    elif end is not None and begin is None:
        begin = end - DAY
    rows = [
        (order, line)
        for order in _orders(shop)
        if order.paid and (begin is None or end is None or begin <= order.placed <= end)
        for line in order.lines
        if line.status in OPEN
    ]
    rows.sort(key=lambda pair: (pair[0].placed, pair[1].id))
    _refuse_empty(shop, rows)
    data = envelope(rows, offset, limit)
    data["items"] = [line_row(shop, *pair) for pair in data["items"]]
    return Answer(200, data)


def one_order(shop: Shop, call: Call) -> Answer:
    order = shop.orders.get(call.path["no"])
    if order is None or shop.on("empty_orders"):
        raise missing("Sipariş")
    buyer = order.buyer
    return Answer(
        200,
        {
            "orderId": order.id, "orderNumber": order.number, "orderDate": local(order.placed), "createdDate": local(order.placed),
            "paymentStatus": "Paid" if order.paid else "PaymentAwaiting",
            "customer": {"customerId": order.customer, "name": f"{buyer.first} {buyer.last}"},
            "deliveryAddress": _address(order), "invoice": _invoice(order), "items": [line_row(shop, order, one) for one in order.lines],
        },
    )  # fmt: skip


def cancelled(shop: Shop, call: Call) -> Answer:
    offset, limit = call.number("offset", 0), call.number("limit", 10, 1, ORDERS_LIMIT)
    rows = [
        (order, line)
        for order in _orders(shop)
        for line in order.lines
        if line.status == "Cancelled" and call.now - line.updated <= LAST_MONTH
    ]
    rows.sort(key=lambda pair: (pair[1].updated, pair[1].id))
    _refuse_empty(shop, rows)
    data = envelope(rows, offset, limit)
    data["items"] = [
        {
            "orderNumber": order.number, "lineItemId": line.id, "merchantSku": line.sku, "sku": line.hb_sku,
            "quantity": _damaged(order, line.quantity), "cancelDate": local(line.updated), "cancelReasonCode": line.reason,
            "cancelledBy": line.cancelled_by,
        }
        for order, line in data["items"]
    ]  # fmt: skip
    return Answer(200, data)


def payment_awaiting(shop: Shop, call: Call) -> Answer:
    """PascalCase. Neither a buyer nor a price: only that somebody put it into an order."""
    offset, limit = call.number("offset", 0), call.number("limit", 10, 1, ORDERS_LIMIT)
    rows = [
        {
            "orderNumber": order.number, "orderDate": local(order.placed), "sku": line.hb_sku, "merchantSku": line.sku,
            "quantity": _damaged(order, line.quantity),
        }
        for order in _orders(shop)
        if not order.paid
        for line in order.lines
    ]  # fmt: skip
    return Answer(200, pascal(envelope(rows, offset, limit)))


# -- packages ------------------------------------------------------------------------------------------------------
def package_list(shop: Shop, call: Call) -> Answer:
    """A bare array of the packages that are packed and not yet shipped, by the instant of packing; totals in the headers."""
    offset, limit = call.number("offset", 0), call.number("limit", PACKAGES_LIMIT, 1, PACKAGES_LIMIT)
    begin, end = call.span("begindate", "enddate")
    if begin is None or end is None:
        hours = call.number("timespan", None, 1, 24)
        begin, end = call.now - hours * HOUR, call.now
    elif end - begin > DAY:
        raise bad("InvalidDate", "Tarih aralığı 24 saatten fazla olamaz")
    rows = [one for one in _packages(shop) if one.status == "Open" and begin <= one.created <= end]
    rows.sort(key=lambda one: (one.created, one.number))
    _refuse_empty(shop, rows)
    totals = envelope(rows, offset, limit)
    page = [package_row(shop, one) for one in totals.pop("items")]
    return Answer(200, page, {name.lower(): str(value) for name, value in totals.items()})


def state_list(shop: Shop, call: Call) -> Answer:
    """Envelope and rows in PascalCase; a window, when given, looks at the instant of that state."""
    status = STATES[call.path["state"]]
    dated = {
        "InTransit": "shippedDate",
        "Delivered": "deliveredDate",
        "UnDelivered": "undeliveredDate",
        "Unpacked": "unpackedDate",
    }
    rows = [one for one in _packages(shop) if one.status == status]
    return _pascal_page(shop, call, rows, dated[status])


def missing_invoice(shop: Shop, call: Call) -> Answer:
    living = ("Open", "InTransit", "Delivered")
    return _pascal_page(
        shop, call, [one for one in _packages(shop) if one.status in living and one.invoice is None], ""
    )


def _pascal_page(shop: Shop, call: Call, rows: list[Package], dated: str) -> Answer:
    offset, limit = call.number("offset", 0), call.number("limit", PACKAGES_LIMIT, 1, PACKAGES_LIMIT)
    begin, end = call.span("begindate", "enddate")
    if begin is not None and end is not None and end - begin > DAY:
        raise bad("InvalidDate", "Tarih aralığı 24 saatten fazla olamaz")
    low = call.now - LAST_MONTH if begin is None else begin
    rows = [one for one in rows if low <= one.changed and (end is None or one.changed <= end)]
    rows.sort(key=lambda one: (one.changed, one.number))
    _refuse_empty(shop, rows)
    data = envelope(rows, offset, limit)
    data["items"] = [package_row(shop, one) | ({dated: local(one.changed)} if dated else {}) for one in data["items"]]
    return Answer(200, pascal(data))


def one_package(shop: Shop, call: Call) -> Answer:
    package = find_package(shop, call)
    return Answer(
        200,
        {
            "packageNumber": package.number, "barcode": package.barcode, "status": package.status,
            "cargoCompany": CARRIERS[package.carrier][1], "trackingInfoCode": package.tracking or None,
            "trackingInfoUrl": package.tracking_url or None,
        },
    )  # fmt: skip


def find_package(shop: Shop, call: Call) -> Package:
    package = shop.packages.get(call.path["P"])
    if package is None:
        raise missing("Paket")
    return package


def _orders(shop: Shop) -> list[Order]:
    return [] if shop.on("empty_orders") else list(shop.orders.values())


def _packages(shop: Shop) -> list[Package]:
    return [] if shop.on("empty_orders") else list(shop.packages.values())


def _refuse_empty(shop: Shop, rows: Sequence[Any]) -> None:
    """404 on an empty list is possible; here only under the switch `empty_404`."""
    if not rows and shop.on("empty_404"):
        raise Refusal(404, "NotFound", "Kayıt bulunamadı")


# -- shapes --------------------------------------------------------------------------------------------------------
def _amount(shop: Shop, kurus: int) -> Any:
    return number(kurus) if shop.on("plain_money") else {"amount": number(kurus), "currency": "TRY"}


def _damaged(order: Order, quantity: int) -> Any:
    return "çok" if order.damaged else quantity


def _address(order: Order) -> dict[str, Any]:
    one = order.buyer
    return {
        "addressId": order.customer, "address": one.street, "name": f"{one.first} {one.last}", "email": one.email,
        "phoneNumber": one.phone, "alternatePhoneNumber": "", "town": one.district, "district": "Merkez Mah.", "city": one.city,
        "postalCode": one.postcode, "countryCode": "TR",
    }  # fmt: skip


def _invoice(order: Order) -> dict[str, Any]:
    firm = order.commercial
    return {
        "address": _address(order), "taxNumber": "1234567890" if firm else "", "taxOffice": "Çankaya" if firm else "",
        "turkishIdentityNumber": "" if firm else "11111111110",
    }  # fmt: skip


def carrier_model(code: str) -> dict[str, Any]:
    number_, name, _ = CARRIERS[code]
    base = "https://kargo.example.invalid/"
    return {"id": number_, "name": name, "shortName": code, "logoUrl": f"{base}{code}.png", "trackingUrl": base}


def _vat(kurus: int, percent: int) -> str:
    """The VAT within a gross amount, half up."""
    return number((kurus * percent * 2 + 100 + percent) // ((100 + percent) * 2))


def line_row(shop: Shop, order: Order, line: Line) -> dict[str, Any]:
    total, off = line.unit * line.quantity, line.hb_discount
    discounts = {
        "hbDiscount": {"totalPrice": _money(off * line.quantity), "unitPrice": _money(off)},
        "merchantDiscount": {"totalPrice": _money(0), "unitPrice": _money(0)},
    }
    return {
        "id": line.id, "orderId": order.id, "orderNumber": order.number, "sku": line.hb_sku, "merchantSKU": line.sku,
        "name": line.title, "quantity": _damaged(order, line.quantity), "unitPrice": _money(line.unit), "totalPrice": _money(total),
        "vat": _vat(total, line.vat), "vatRate": line.vat, "status": line.status, "orderDate": local(order.placed),
        "dueDate": local(order.due), "lastStatusUpdateDate": local(line.updated), "packageNumber": line.package or None,
        "cargoCompany": CARRIERS[line.carrier][1], "cargoCompanyModel": carrier_model(line.carrier), "customerId": order.customer,
        "customerName": f"{order.buyer.first} {order.buyer.last}", "shippingAddress": _address(order), "invoice": _invoice(order),
        **discounts, "discountToBeBilledToHB": _money(off * line.quantity), "commission": _amount(shop, total * 15 // 100),
        "commissionRate": number(1500), "productBarcode": line.barcode, "isCancellable": line.status in OPEN,
        "isCargoChangable": line.status in OPEN, "deliveryType": "Standard", "properties": [], "customizedText01": "",
        "customizedText02": "", "customizedText03": "", "customizedText04": "", "slot": None, "warehouse": None,
    }  # fmt: skip


def _money(kurus: int) -> dict[str, Any]:
    return {"amount": number(kurus), "currency": "TRY"}


def package_row(shop: Shop, package: Package) -> dict[str, Any]:
    order = package.parts[0][0]
    buyer, firm = order.buyer, order.commercial
    name = f"{buyer.first} {buyer.last}"
    living = [(o, one) for o, one in package.parts if one.status != "Cancelled"]
    items = [
        {
            "lineItemId": one.id, "orderNumber": o.number, "hbSku": one.hb_sku, "merchantSku": one.sku, "productName": one.title,
            "productBarcode": one.barcode, "quantity": _damaged(o, one.quantity), "price": _amount(shop, one.unit),
            "totalPrice": _amount(shop, one.unit * one.quantity), "merchantUnitPrice": _amount(shop, one.unit),
            "vat": _vat(one.unit * one.quantity, one.vat), "vatRate": one.vat,
            "commission": _amount(shop, one.unit * one.quantity * 15 // 100), "commissionRate": number(1500),
        }
        for o, one in living
    ]  # fmt: skip
    return {
        "id": package.id, "packageNumber": package.number, "barcode": package.barcode, "status": package.status,
        "cargoCompany": CARRIERS[package.carrier][1], "customerId": order.customer, "customerName": name, "recipientName": name,
        "companyName": f"{buyer.last} Ticaret Ltd. Şti." if firm else "", "taxNumber": "1234567890" if firm else "",
        "taxOffice": "Çankaya" if firm else "", "identityNo": "" if firm else "11111111110", "email": buyer.email,
        "phoneNumber": buyer.phone, "shippingAddressDetail": buyer.street, "shippingCity": buyer.city,
        "shippingTown": buyer.district, "shippingDistrict": "Merkez Mah.", "shippingCountryCode": "TR",
        "billingAddress": buyer.street, "billingCity": buyer.city, "billingTown": buyer.district,
        "billingDistrict": "Merkez Mah.", "billingCountryCode": "TR",
        "totalPrice": _amount(shop, sum(one.unit * one.quantity for _, one in living)), "orderDate": local(order.placed),
        "dueDate": local(order.due), "items": items,
    }  # fmt: skip


def label(package: Package) -> str:
    """ZPL of one label: carrier, buyer, Code 128 of the package's barcode."""
    buyer = package.parts[0][0].buyer
    return (
        f"^XA^CI28^FO30,30^FD{CARRIERS[package.carrier][1]}^FS^FO30,80^FD{buyer.first} {buyer.last}^FS^FO30,120^FD{buyer.city}^FS"
        f"^FO30,180^BCN,120,Y^FD{package.barcode}^FS^XZ"
    )
