"""The order side of the fake Shopify as GraphQL sees it: orders, lines, fulfilment orders, fulfilments, refunds."""

from __future__ import annotations

from typing import Any

from providers.sandboxes.people import Person
from providers.sandboxes.shopify_goods import location, metafield_readers, variant_row
from providers.sandboxes.shopify_goods import product_row as product_view
from providers.sandboxes.shopify_store import FulfillmentOrder, Line, Order, Refund, Shipment, Store
from providers.sandboxes.shopify_wire import Context, Info, bag, connect, gid, guard, instant, tax_line, tax_share

Row = dict[str, Any]
FO_READ = (
    "read_merchant_managed_fulfillment_orders", "read_assigned_fulfillment_orders", "read_third_party_fulfillment_orders",
)  # fmt: skip
FO_WRITE = tuple(scope.replace("read_", "write_") for scope in FO_READ)


def address(person: Person | None, number: int) -> Row | None:
    if person is None:
        return None
    name = f"{person.first} {person.last}"
    return {
        "__typename": "MailingAddress", "id": gid("MailingAddress", f"{number}?model_name=Address"),
        "firstName": person.first, "lastName": person.last, "name": name, "company": None,
        "address1": person.street, "address2": None, "city": person.district, "province": person.city,
        "provinceCode": f"{person.state[:2]}-{person.state[2:]}", "zip": person.postcode, "country": "Turkey",
        "countryCodeV2": "TR", "phone": f"+90{person.phone}",
        "formatted": lambda info, **_: [person.street, f"{person.postcode} {person.district}", person.city, "Türkiye"],
    }  # fmt: skip


def order_row(store: Store, order: Order, context: Context) -> Row:
    buyer = order.buyer if not context.box.hide_buyers else None
    shipping = {
        "id": gid("ShippingLine", order.id), "title": "Standart Kargo", "code": "STANDART", "source": "shopify",
        "carrierIdentifier": None, "custom": False, "isRemoved": False, "taxLines": [tax_line(order.shipping, 20)],
        "originalPriceSet": bag(order.shipping), "discountedPriceSet": bag(order.shipping), "currentDiscountedPriceSet": bag(order.shipping),
    }  # fmt: skip
    ships = order.source != "pos"
    current_shipping = 0 if order.financial in ("REFUNDED", "VOIDED") else order.shipping
    tax = sum(tax_share(line.price * line.quantity, line.vat) for line in order.lines) + tax_share(order.shipping, 20)
    current_tax = sum(tax_share(line.price * (line.quantity - line.removed), line.vat) for line in order.lines)
    current_tax += tax_share(current_shipping, 20)
    paid = order.total if order.financial in ("PAID", "PARTIALLY_REFUNDED", "REFUNDED") else 0

    def lines(info: Info, **args: Any) -> Any:
        return connect(info, order.lines, lambda line: line_row(store, order, line), args, number=lambda line: line.id)

    def fulfilment_orders(info: Info, **args: Any) -> Any:
        guard(info, *FO_READ)
        rows = store.fulfilment_orders_of(order.id)
        return connect(
            info, rows, lambda row: fulfilment_order_row(store, row, context), args, number=lambda row: row.id
        )

    def fulfilments(info: Info, first: int | None = None, **_: Any) -> Any:
        return [shipment_row(store, one, context) for one in store.shipments_of(order.id)][:first]

    def transactions(info: Info, first: int | None = None, **_: Any) -> Any:
        return transaction_rows(store, order)[:first]

    def localized(info: Info, **args: Any) -> Any:
        rows = [order.tax_number] if order.tax_number else []
        return connect(info, rows, lambda value: {
            "countryCode": "TR", "key": "TAX_CREDENTIAL_TR", "title": "TCKN / VKN", "value": value,
        }, args, number=lambda _: 1)  # fmt: skip

    row: Row = {
        "__typename": "Order", "id": gid("Order", order.id), "legacyResourceId": str(order.id), "name": order.name, "number": order.number,
        "confirmationNumber": f"PX{order.number}", "confirmed": True, "createdAt": instant(order.created), "processedAt": instant(order.created),
        "updatedAt": instant(order.updated), "cancelledAt": instant(order.cancelled), "cancelReason": order.cancel_reason,
        "cancellation": {"staffNote": order.staff_note} if order.cancelled else None,
        "closed": order.cancelled is not None, "closedAt": instant(order.cancelled), "edited": False, "test": False,
        "currencyCode": "TRY", "presentmentCurrencyCode": "TRY", "taxesIncluded": True, "taxExempt": False, "estimatedTaxes": False,
        "displayFinancialStatus": order.financial, "displayFulfillmentStatus": order.fulfilment, "returnStatus": "NO_RETURN",
        "fullyPaid": paid > 0, "unpaid": paid == 0, "capturable": order.financial == "AUTHORIZED", "refundable": paid > order.refunded,
        "restockable": True, "fulfillable": order.fulfilment != "FULFILLED" and not order.cancelled, "requiresShipping": ships,
        "sourceName": order.source, "sourceIdentifier": f"{order.place_id}-1-{order.number}" if not ships else None,
        "app": {"id": gid("OrderApp", 1), "name": "Point of Sale" if not ships else "Online Store"},
        "retailLocation": location(store, store.places[order.place_id]) if order.place_id else None,
        "note": order.note, "tags": order.tags, "customAttributes": order.attributes, "poNumber": None, "discountCodes": [],
        "paymentGatewayNames": [order.gateway], "customerLocale": "tr-TR",
        "email": buyer.email if buyer else None, "phone": f"+90{buyer.phone}" if buyer else None,
        "customer": customer_row(buyer, order) if buyer else None,
        "shippingAddress": address(buyer, order.id), "billingAddress": address(buyer, order.id), "displayAddress": address(buyer, order.id),
        "shippingLine": shipping if ships else None,
        "shippingLines": lambda info, **args: connect(info, [shipping] if ships else [], dict, args, number=lambda _: 1),
        "subtotalLineItemsQuantity": sum(line.quantity for line in order.lines),
        "currentSubtotalLineItemsQuantity": sum(line.quantity - line.removed for line in order.lines),
        "subtotalPriceSet": bag(order.goods), "currentSubtotalPriceSet": bag(order.current_goods),
        "totalPriceSet": bag(order.total), "originalTotalPriceSet": bag(order.total),
        "currentTotalPriceSet": bag(order.current_goods + current_shipping),
        "totalTaxSet": bag(tax), "currentTotalTaxSet": bag(current_tax), "totalShippingPriceSet": bag(order.shipping),
        "currentShippingPriceSet": bag(current_shipping), "totalDiscountsSet": bag(0), "currentTotalDiscountsSet": bag(0),
        "totalRefundedSet": bag(order.refunded), "totalRefundedShippingSet": bag(0), "totalReceivedSet": bag(paid),
        "netPaymentSet": bag(paid - order.refunded), "totalOutstandingSet": bag(order.total - paid if order.financial == "PENDING" else 0),
        "totalCashRoundingAdjustment": {"paymentSet": bag(0), "refundSet": bag(0)},
        "taxLines": _taxes(order, current=False), "currentTaxLines": _taxes(order, current=True),
        "lineItems": lines, "fulfillmentOrders": fulfilment_orders, "fulfillments": fulfilments, "transactions": transactions,
        "refunds": lambda info, first=None: [refund_row(store, order, one, context) for one in order.refunds][:first],
        "returns": lambda info, **args: connect(info, [], dict, args, number=lambda _: 1), "localizedFields": localized,
        **metafield_readers(store, gid("Order", order.id)),
    }  # fmt: skip
    if order.damaged:
        broken = {"amount": {"value": "bozuk"}, "currencyCode": "TRY"}
        row |= {"createdAt": "dün", "processedAt": "dün"}
        row["currentTotalPriceSet"] = row["totalPriceSet"] = {"shopMoney": broken, "presentmentMoney": broken}
    return row


def _taxes(order: Order, *, current: bool) -> list[Row]:
    gross: dict[int, int] = {}
    for line in order.lines:
        pieces = line.quantity - (line.removed if current else 0)
        gross[line.vat] = gross.get(line.vat, 0) + line.price * pieces
    return [tax_line(value, percent) for percent, value in sorted(gross.items()) if value]


def customer_row(buyer: Person, order: Order) -> Row:
    return {
        "__typename": "Customer", "id": gid("Customer", order.id + 900_000), "legacyResourceId": str(order.id + 900_000),
        "firstName": buyer.first, "lastName": buyer.last, "displayName": f"{buyer.first} {buyer.last}", "email": buyer.email,
        "phone": f"+90{buyer.phone}", "defaultEmailAddress": {"emailAddress": buyer.email},
        "defaultPhoneNumber": {"phoneNumber": f"+90{buyer.phone}"}, "defaultAddress": address(buyer, order.id),
        "note": None, "numberOfOrders": "1", "tags": [], "createdAt": instant(order.created), "updatedAt": instant(order.updated),
    }  # fmt: skip


def line_row(store: Store, order: Order, line: Line) -> Row:
    left = line.quantity - line.removed
    variant = store.variants.get(line.variant_id)
    unit = bag(line.price)
    total = bag(line.price * line.quantity)
    name = line.title if line.variant_title == "Default Title" else f"{line.title} - {line.variant_title}"
    return {
        "__typename": "LineItem", "id": gid("LineItem", line.id), "sku": line.sku, "title": line.title, "name": name,
        "variantTitle": None if line.variant_title == "Default Title" else line.variant_title, "vendor": "Paxzar Deneme",
        "quantity": line.quantity, "currentQuantity": left, "unfulfilledQuantity": max(0, left - line.shipped),
        "nonFulfillableQuantity": 0, "refundableQuantity": left, "requiresShipping": order.source != "pos", "restockable": True,
        "isGiftCard": False, "taxable": True, "customAttributes": [], "originalUnitPriceSet": unit, "discountedUnitPriceSet": unit,
        "discountedUnitPriceAfterAllDiscountsSet": unit, "originalTotalSet": total,
        "discountedTotalSet": lambda info, **_: total, "totalDiscountSet": bag(0),
        "taxLines": lambda info, **_: [tax_line(line.price * line.quantity, line.vat)],
        "variant": lambda info: variant_row(store, variant) if variant else None,
        "product": lambda info: product_view(store, store.products[variant.product_id]) if variant else None,
    }  # fmt: skip


def transaction_rows(store: Store, order: Order) -> list[Row]:
    kind = "AUTHORIZATION" if order.financial == "AUTHORIZED" else "SALE"
    first = {
        "__typename": "OrderTransaction", "id": gid("OrderTransaction", order.id), "kind": kind, "gateway": order.gateway,
        "formattedGateway": order.gateway, "status": "PENDING" if order.financial == "PENDING" else "SUCCESS", "test": False,
        "manualPaymentGateway": order.gateway == "Kapıda Ödeme", "amountSet": bag(order.total), "parentTransaction": None,
        "createdAt": instant(order.created), "processedAt": instant(order.created),
        "location": location(store, store.places[order.place_id]) if order.place_id else None,
    }  # fmt: skip
    return [first, *(_refund_transaction(first, refund) for refund in order.refunds if refund.amount)]


def _refund_transaction(sale: Row, refund: Refund) -> Row:
    return {
        **sale, "id": gid("OrderTransaction", refund.id), "kind": "REFUND", "status": "SUCCESS", "amountSet": bag(refund.amount),
        "createdAt": instant(refund.created), "processedAt": instant(refund.created), "parentTransaction": sale,
    }  # fmt: skip


def refund_row(store: Store, order: Order, refund: Refund, context: Context) -> Row:
    def part_row(part: tuple[int, int, str, int | None]) -> Row:
        line_id, pieces, restock, place_id = part
        line = store.line(order, line_id)
        return {
            "id": gid("RefundLineItem", line_id), "lineItem": line_row(store, order, line), "quantity": pieces,
            "restockType": restock, "restocked": restock != "NO_RESTOCK", "priceSet": bag(line.price),
            "subtotalSet": bag(line.price * pieces), "totalTaxSet": bag(tax_share(line.price * pieces, line.vat)),
            "location": location(store, store.places[place_id]) if place_id else None,
        }  # fmt: skip

    def money(info: Info, **args: Any) -> Any:
        rows = [_refund_transaction(transaction_rows(store, order)[0], refund)] if refund.amount else []
        return connect(info, rows, dict, args, number=lambda _: 1)

    return {
        "__typename": "Refund", "id": gid("Refund", refund.id), "legacyResourceId": str(refund.id), "note": refund.note or None,
        "createdAt": instant(refund.created), "processedAt": instant(refund.created), "updatedAt": instant(refund.created),
        "totalRefundedSet": bag(refund.amount), "transactions": money, "order": lambda info: order_row(store, order, context),
        "refundLineItems": lambda info, **args: connect(info, refund.parts, part_row, args, number=lambda part: part[0]),
    }  # fmt: skip


def fulfilment_order_row(store: Store, row: FulfillmentOrder, context: Context) -> Row:
    order = store.orders[row.order_id]
    place = store.places[row.place_id]
    buyer = order.buyer if not context.box.hide_buyers else None
    actions = ["CREATE_FULFILLMENT", "HOLD", "MOVE"] if row.status == "OPEN" else []
    actions = ["CREATE_FULFILLMENT"] if row.status == "IN_PROGRESS" else actions
    shipments = [one for one in store.shipments_of(order.id) if any(part[0] == row.id for part in one.parts)]
    destination: Row | None = None
    if buyer is not None:
        destination = {
            "__typename": "FulfillmentOrderDestination", "id": gid("FulfillmentOrderDestination", row.id), "firstName": buyer.first,
            "lastName": buyer.last, "address1": buyer.street, "address2": None, "city": buyer.district, "company": None,
            "province": buyer.city, "zip": buyer.postcode, "countryCode": "TR", "email": buyer.email, "phone": f"+90{buyer.phone}",
        }  # fmt: skip

    def part_row(part: Any) -> Row:
        line = store.line(order, part.line_id)
        variant = store.variants.get(line.variant_id)
        return {
            "__typename": "FulfillmentOrderLineItem", "id": gid("FulfillmentOrderLineItem", part.id), "totalQuantity": part.total,
            "remainingQuantity": part.remaining, "requiresShipping": True, "sku": line.sku, "productTitle": line.title,
            "variantTitle": line.variant_title, "vendor": "Paxzar Deneme", "lineItem": line_row(store, order, line),
            "inventoryItemId": gid("InventoryItem", variant.item_id) if variant else None,
            "variant": lambda info: variant_row(store, variant) if variant else None,
        }  # fmt: skip

    return {
        "__typename": "FulfillmentOrder", "id": gid("FulfillmentOrder", row.id), "status": row.status,
        "requestStatus": "CLOSED" if row.status == "CLOSED" else "UNSUBMITTED", "createdAt": instant(row.created),
        "updatedAt": instant(row.updated), "fulfillAt": instant(row.created), "fulfillBy": None, "destination": destination,
        "orderId": gid("Order", order.id), "orderName": order.name, "orderProcessedAt": instant(order.created),
        "order": lambda info: order_row(store, order, context),
        "supportedActions": [{"action": action, "externalUrl": None} for action in actions],
        "assignedLocation": {"name": place.name, "city": place.city, "countryCode": "TR", "address1": "Depo Cd. No:1", "zip": "34000",
                             "phone": None, "location": lambda info: location(store, place)},
        "lineItems": lambda info, **args: connect(info, row.lines, part_row, args, number=lambda part: part.id),
        "fulfillments": lambda info, **args: connect(
            info, shipments, lambda one: shipment_row(store, one, context), args, number=lambda one: one.id),
    }  # fmt: skip


def shipment_row(store: Store, shipment: Shipment, context: Context) -> Row:
    order = store.orders[shipment.order_id]
    last = shipment.events[-1]["status"] if shipment.events else "FULFILLED"
    display = "CANCELED" if shipment.status == "CANCELLED" else last

    def when(status: str) -> str | None:
        return next((instant(event["happened"]) for event in shipment.events if event["status"] == status), None)

    def part_row(part: tuple[int, int, int]) -> Row:
        piece = next(one for one in store.fulfilment_orders[part[0]].lines if one.id == part[1])
        line = line_row(store, order, store.line(order, piece.line_id))
        return {
            "__typename": "FulfillmentLineItem",
            "id": gid("FulfillmentLineItem", part[1]),
            "lineItem": line,
            "quantity": part[2],
        }

    owners = sorted({part[0] for part in shipment.parts})
    return {
        "__typename": "Fulfillment", "id": gid("Fulfillment", shipment.id), "legacyResourceId": str(shipment.id),
        "name": f"{order.name}-F{shipment.number}", "status": shipment.status, "displayStatus": display, "requiresShipping": True,
        "createdAt": instant(shipment.created), "updatedAt": instant(shipment.updated), "deliveredAt": when("DELIVERED"),
        "inTransitAt": when("IN_TRANSIT"), "estimatedDeliveryAt": None, "totalQuantity": sum(part[2] for part in shipment.parts),
        "trackingInfo": lambda info, first=None: shipment.tracking[:first], "order": lambda info: order_row(store, order, context),
        "location": lambda info: location(store, store.places[shipment.place_id]),
        "fulfillmentLineItems": lambda info, **args: connect(info, shipment.parts, part_row, args, number=lambda part: part[1]),
        "fulfillmentOrders": lambda info, **args: connect(
            info, owners, lambda one: fulfilment_order_row(store, store.fulfilment_orders[one], context), args, number=int),
        "events": lambda info, **args: connect(info, shipment.events, event_row, args, number=lambda event: event["number"]),
    }  # fmt: skip


def event_row(event: dict[str, Any]) -> Row:
    return {
        "__typename": "FulfillmentEvent", "id": gid("FulfillmentEvent", event["number"]), "status": event["status"],
        "message": event["message"], "city": event["city"], "createdAt": instant(event["happened"]), "happenedAt": instant(event["happened"]),
    }  # fmt: skip
