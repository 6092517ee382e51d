"""The order mutations of the fake Shopify: fulfil, change tracking, undo, cancel, refund, tags, metafields, webhooks.

Source: reference "## Shopify", items Ship, Cancel, Refund, Label; rules from the official schema's descriptions. A refused
mutation changes nothing.
"""

# ruff: noqa: A002 – resolvers take the argument names of the schema (`id`, `input`, `type`).
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.sandboxes.shopify_goods import digest, metafield, product_row
from providers.sandboxes.shopify_orders import FO_WRITE, event_row, order_row, refund_row, shipment_row
from providers.sandboxes.shopify_stock import idempotent
from providers.sandboxes.shopify_store import FoLine, FulfillmentOrder, Order, Refund, Shipment, Store
from providers.sandboxes.shopify_wire import Context, Info, gid, guard, instant, kurus, number_of, user_error

Row = dict[str, Any]
CANCEL_SECONDS = 1.0
METAFIELD_LIMIT = 25
OWNERS = {
    "Order": "ORDER",
    "Product": "PRODUCT",
    "ProductVariant": "PRODUCTVARIANT",
    "Location": "LOCATION",
    "Shop": "SHOP",
}


def _failed(name: str, field_path: list[str] | None, message: str) -> Row:
    return {name: None, "userErrors": [user_error(field_path, message)]}


def fulfillment_create(info: Info, fulfillment: Row, message: str | None = None) -> Row:
    context = guard(info, *FO_WRITE)
    store = context.store
    chosen: list[tuple[FulfillmentOrder, FoLine, int]] = []
    path = ["fulfillment"]
    groups = fulfillment["lineItemsByFulfillmentOrder"]
    if not groups:
        return _failed("fulfillment", path, "Fulfillment order line items must be given.")
    for group in groups:
        owner = store.fulfilment_orders.get(number_of("FulfillmentOrder", group["fulfillmentOrderId"]))
        if owner is None:
            return _failed("fulfillment", path, "Fulfillment order does not exist.")
        if owner.status not in ("OPEN", "IN_PROGRESS"):
            return _failed(
                "fulfillment",
                path,
                f"Fulfillment order {owner.id} has an unfulfillable status= {owner.status.lower()}.",
            )
        wanted = group.get("fulfillmentOrderLineItems")
        rows = [(gid("FulfillmentOrderLineItem", one.id), one.remaining) for one in owner.lines if one.remaining]
        if wanted:
            rows = [(one["id"], one["quantity"]) for one in wanted]
        for line_gid, pieces in rows:
            line = next((one for one in owner.lines if one.id == number_of("FulfillmentOrderLineItem", line_gid)), None)
            if line is None:
                return _failed("fulfillment", path, "Fulfillment order line item does not exist.")
            if not 0 < pieces <= line.remaining:
                return _failed("fulfillment", path, "Invalid fulfillment order line item quantity requested.")
            chosen.append((owner, line, pieces))
    owners = {owner.id: owner for owner, _, _ in chosen}
    if len({owner.order_id for owner in owners.values()}) > 1 or len({owner.place_id for owner in owners.values()}) > 1:
        return _failed(
            "fulfillment", path, "All fulfillment orders must belong to the same order and the same location."
        )
    first = next(iter(owners.values()))
    order, now = store.orders[first.order_id], store.now()
    shipment = Shipment(
        store.next_id(), order.id, len(store.shipments_of(order.id)) + 1, first.place_id,
        [(owner.id, line.id, pieces) for owner, line, pieces in chosen], _tracking(fulfillment.get("trackingInfo")), now, now,
    )  # fmt: skip
    if context.box.ignoring:
        return {"fulfillment": shipment_row(store, shipment, context), "userErrors": []}
    for owner, line, pieces in chosen:
        _move(store, order, owner, line, pieces)
    store.shipments[shipment.id] = shipment
    for owner in owners.values():
        owner.status = "IN_PROGRESS" if any(line.remaining for line in owner.lines) else "CLOSED"
        owner.updated = now
    store.touch(order)
    context.box.count("fulfillments")
    context.box.count("notified", 1 if fulfillment.get("notifyCustomer") else 0)
    return {"fulfillment": shipment_row(store, shipment, context), "userErrors": []}


def _move(store: Store, order: Order, owner: FulfillmentOrder, line: FoLine, pieces: int) -> None:
    """Ship `pieces` (a negative number takes them back): remaining, shipped and committed stock move together."""
    line.remaining -= pieces
    sold = store.line(order, line.line_id)
    sold.shipped += pieces
    level = store.level_of_line(sold, owner.place_id)
    if level is not None:
        level.committed -= pieces


def _tracking(data: Row | None) -> list[dict[str, str | None]]:
    if not data:
        return []
    numbers = data.get("numbers") or ([data["number"]] if data.get("number") else [])
    urls = data.get("urls") or ([data["url"]] if data.get("url") else [])
    return [
        {"company": data.get("company"), "number": number, "url": urls[index] if index < len(urls) else None}
        for index, number in enumerate(numbers or [None])
        if number or urls or data.get("company")
    ]


def fulfillment_tracking_info_update(
    info: Info,
    fulfillmentId: str,
    trackingInfoInput: Row,
    notifyCustomer: bool | None = None,
) -> Row:
    context = guard(info, *FO_WRITE)
    shipment = context.store.shipments.get(number_of("Fulfillment", fulfillmentId))
    if shipment is None:
        return _failed("fulfillment", ["fulfillmentId"], "Fulfillment does not exist.")
    if shipment.status == "CANCELLED":
        return _failed("fulfillment", ["fulfillmentId"], "Fulfillment is cancelled.")
    if not context.box.ignoring:
        shipment.tracking = _tracking(trackingInfoInput)
        shipment.updated = context.store.now()
        context.store.touch(context.store.orders[shipment.order_id])
        context.box.count("tracking_updates")
    return {"fulfillment": shipment_row(context.store, shipment, context), "userErrors": []}


def fulfillment_cancel(info: Info, id: str) -> Row:
    context = guard(info, *FO_WRITE)
    store = context.store
    shipment = store.shipments.get(number_of("Fulfillment", id))
    if shipment is None:
        return _failed("fulfillment", ["id"], "Fulfillment does not exist.")
    if shipment.status == "CANCELLED":
        return _failed("fulfillment", ["id"], "Fulfillment is already cancelled.")
    if context.box.ignoring:
        return {"fulfillment": shipment_row(store, shipment, context), "userErrors": []}
    order, now = store.orders[shipment.order_id], store.now()
    reopened: dict[int, list[FoLine]] = {}
    for owner_id, line_id, pieces in shipment.parts:
        owner = store.fulfilment_orders[owner_id]
        line = next(one for one in owner.lines if one.id == line_id)
        _move(store, order, owner, line, -pieces)
        owner.updated = now
        if owner.status == "CLOSED":  # wholly fulfilled: it stays closed and a new one takes the pieces
            line.remaining -= pieces
            reopened.setdefault(owner.place_id, []).append(FoLine(store.next_id(), line.line_id, pieces, pieces))
    for place_id, lines in reopened.items():
        fresh = FulfillmentOrder(store.next_id(), order.id, place_id, lines, now, now)
        store.fulfilment_orders[fresh.id] = fresh
    shipment.status, shipment.updated = "CANCELLED", now
    store.touch(order)
    context.box.count("fulfillments_cancelled")
    return {"fulfillment": shipment_row(store, shipment, context), "userErrors": []}


def fulfillment_event_create(info: Info, fulfillmentEvent: Row) -> Row:
    context = guard(info, *FO_WRITE)
    shipment = context.store.shipments.get(number_of("Fulfillment", fulfillmentEvent["fulfillmentId"]))
    if shipment is None:
        return _failed("fulfillmentEvent", ["fulfillmentEvent", "fulfillmentId"], "Fulfillment does not exist.")
    event = {
        "number": context.store.next_id(), "status": fulfillmentEvent["status"], "message": fulfillmentEvent.get("message"),
        "city": fulfillmentEvent.get("city"), "happened": context.store.now(),
    }  # fmt: skip
    shipment.events.append(event)
    context.store.touch(context.store.orders[shipment.order_id])
    return {"fulfillmentEvent": event_row(event), "userErrors": []}


def order_cancel(info: Info, **args: Any) -> Row:
    context = guard(info, "write_orders")
    store = context.store
    order = store.orders.get(number_of("Order", args["orderId"]))
    problem: Row | None = None
    method = (args.get("refundMethod") or {}).get("originalPaymentMethodsRefund")
    if order is None:
        problem = user_error(["orderId"], "Order does not exist", "NOT_FOUND")
    elif order.cancelled is not None:
        problem = user_error(["orderId"], "Order has already been cancelled", "INVALID")
    elif any(line.shipped for line in order.lines):
        problem = user_error(["orderId"], "Cannot cancel an order that has fulfillments", "INVALID")
    elif args.get("refund") is not None and args.get("refundMethod") is not None:
        problem = user_error(["refund"], "refund and refundMethod cannot be used together", "INVALID")
    elif len(args.get("staffNote") or "") > 255:
        problem = user_error(["staffNote"], "Staff note is too long (maximum is 255 characters)", "INVALID")
    if problem is not None or order is None:
        plain = [user_error(problem["field"], problem["message"])] if problem else []
        return {"job": None, "jobResult": None, "orderCancelUserErrors": [problem], "userErrors": plain}
    chosen, box = order, context.box

    def act() -> None:
        if chosen.cancelled is None and not box.ignoring:
            store.cancel(
                chosen,
                args["reason"],
                restock=args["restock"],
                refund=bool(args.get("refund") or method),
                staff_note=args.get("staffNote"),
            )
            box.count("cancels")

    job_id = gid("Job", f"{store.next_id():032x}")
    store.jobs[job_id] = {"done": False, "due": store.clock.timestamp() + CANCEL_SECONDS, "act": act}
    job = {"id": job_id, "done": False}
    result = {"__typename": "OrderCancelJobResult", "id": job_id, "done": False, "status": "STARTED", "errors": [],
              "order": lambda info: order_row(store, chosen, context)}  # fmt: skip
    return {"job": job, "jobResult": result, "orderCancelUserErrors": [], "userErrors": []}


def refund_create(info: Info, input: Row) -> Row:
    context = guard(info, "write_orders")
    return idempotent(info, "refundCreate", input, lambda: _refund(context, input), coded=False)


def _refund(context: Context, data: Row) -> Row:
    store = context.store
    order = store.orders.get(number_of("Order", data["orderId"]))
    if order is None:
        return {"order": None, **_failed("refund", ["orderId"], "Order does not exist")}
    parts: list[tuple[int, int, str, int | None]] = []
    for index, row in enumerate(data.get("refundLineItems") or []):
        path = ["refundLineItems", str(index)]
        line = next((one for one in order.lines if one.id == number_of("LineItem", row["lineItemId"])), None)
        if line is None:
            return {"order": None, **_failed("refund", [*path, "lineItemId"], "Line item does not exist")}
        if not 0 < row["quantity"] <= line.quantity - line.removed:
            return {
                "order": None,
                **_failed("refund", [*path, "quantity"], "Quantity cannot refund more items than were purchased"),
            }
        place_id = number_of("Location", row.get("locationId")) or None
        restock = row.get("restockType") or "NO_RESTOCK"
        if restock != "NO_RESTOCK" and place_id not in store.places:
            return {"order": None, **_failed("refund", [*path, "locationId"], "Location is required to restock")}
        parts.append((line.id, row["quantity"], restock, place_id))
    money = sum(kurus(one["amount"]) for one in data.get("transactions") or [])
    if money + order.refunded > order.total and not data.get("allowOverRefunding"):
        return {
            "order": None,
            **_failed("refund", ["transactions"], "Refund amount cannot be greater than the amount available"),
        }
    refund = Refund(store.next_id(), order.id, store.now(), data.get("note") or "", money, parts)
    if not context.box.ignoring:
        for line_id, pieces, restock, place_id in parts:
            line = store.line(order, line_id)
            line.removed += pieces
            level = store.level_of_line(line, place_id) if place_id else None
            if level is not None and restock != "NO_RESTOCK":
                level.available += pieces
        order.refunds.append(refund)
        if money:
            order.financial = "REFUNDED" if order.refunded >= order.total else "PARTIALLY_REFUNDED"
        store.touch(order)
        context.box.count("refunds")
    return {
        "order": order_row(store, order, context),
        "refund": refund_row(store, order, refund, context),
        "userErrors": [],
    }


def order_update(info: Info, input: Row) -> Row:
    context = guard(info, "write_orders")
    order = context.store.orders.get(number_of("Order", input["id"]))
    if order is None:
        return _failed("order", ["id"], "Order does not exist")
    if not context.box.ignoring:
        order.note = input.get("note", order.note)
        order.tags = list(order.tags if input.get("tags") is None else input["tags"])
        order.attributes = input.get("customAttributes") or order.attributes
        context.store.touch(order)
    return {"order": order_row(context.store, order, context), "userErrors": []}


def tags_add(info: Info, id: str, tags: list[str]) -> Row:
    return _tag(info, id, tags, add=True)


def tags_remove(info: Info, id: str, tags: list[str]) -> Row:
    return _tag(info, id, tags, add=False)


def _tag(info: Info, owner_id: str, tags: list[str], *, add: bool) -> Row:
    context: Context = info.context
    store = context.store
    order = store.orders.get(number_of("Order", owner_id))
    product = store.products.get(number_of("Product", owner_id))
    owner = order or product
    guard(info, "write_products" if product else "write_orders")
    if owner is None:
        return _failed("node", ["id"], "The resource does not exist")
    names = [part.strip() for tag in tags for part in tag.split(",") if part.strip()]
    if not context.box.ignoring:
        kept = [tag for tag in owner.tags if tag not in names]
        owner.tags = sorted([*kept, *names]) if add else kept
        owner.updated = store.now()
    row = order_row(store, order, context) if order else product_row(store, product) if product else None
    return {"node": row, "userErrors": []}


def metafields_set(info: Info, metafields: list[Row]) -> Row:
    context: Context = info.context
    store, errors = context.store, []
    owners: dict[str, Mapping[int, Any]] = {
        "Order": store.orders,
        "Product": store.products,
        "ProductVariant": store.variants,
        "Location": store.places,
    }
    if len(metafields) > METAFIELD_LIMIT:
        error = user_error(
            ["metafields"], "Exceeded the maximum metafields input limit of 25.", "LESS_THAN_OR_EQUAL_TO"
        )
        return {"metafields": None, "userErrors": [error]}
    for index, row in enumerate(metafields):
        path = ["metafields", str(index)]
        kind = row["ownerId"].split("/")[3] if row["ownerId"].startswith("gid://shopify/") else ""
        held = owners.get(kind, {})
        guard(info, "write_products" if kind.startswith("Product") else "write_orders")
        existing = store.metafields.get((row["ownerId"], row.get("namespace") or "$app", row["key"]))
        if kind != "Shop" and number_of(kind, row["ownerId"]) not in held:
            errors.append({**user_error([*path, "ownerId"], "Owner does not exist.", "INVALID"), "elementIndex": index})
        elif not row.get("type") and existing is None:
            errors.append({**user_error([*path, "type"], "Type can't be blank", "BLANK"), "elementIndex": index})
        elif not row["value"]:
            errors.append({**user_error([*path, "value"], "Value can't be blank", "BLANK"), "elementIndex": index})
        elif "compareDigest" in row and row["compareDigest"] != (digest(existing) if existing else None):
            errors.append(
                {
                    **user_error(
                        [*path, "compareDigest"], "The resource has been updated since it was loaded.", "STALE_OBJECT"
                    ),
                    "elementIndex": index,
                }
            )
    if errors:
        return {"metafields": None, "userErrors": errors}
    rows = []
    for row in metafields:
        key = (row["ownerId"], row.get("namespace") or "$app", row["key"])
        old = store.metafields.get(key)
        fresh = {
            "number": old["number"] if old else store.next_id(), "namespace": key[1], "key": key[2], "value": row["value"],
            "type": row.get("type") or (old or {}).get("type"), "json": _json_value(row["value"], row.get("type") or ""),
            "owner_type": OWNERS.get(row["ownerId"].split("/")[3], "SHOP"), "created": old["created"] if old else store.now(),
            "updated": store.now(),
        }  # fmt: skip
        if not context.box.ignoring:
            store.metafields[key] = fresh
        rows.append(metafield(fresh))
    return {"metafields": rows, "userErrors": []}


def _json_value(value: str, kind: str) -> Any:
    if kind == "json":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def webhook_subscription_create(info: Info, topic: str, webhookSubscription: Row) -> Row:
    context: Context = info.context
    uri = webhookSubscription.get("uri") or ""
    if not uri.startswith("https://"):
        return _failed("webhookSubscription", ["webhookSubscription", "uri"], "Address is invalid")
    if any(row["topic"] == topic and row["uri"] == uri for row in context.store.webhooks.values()):
        return _failed(
            "webhookSubscription", ["webhookSubscription", "uri"], "Address for this topic has already been taken"
        )
    row: Row = {
        "number": context.store.next_id(), "topic": topic, "uri": uri, "format": webhookSubscription.get("format") or "JSON",
        "filter": webhookSubscription.get("filter"), "fields": webhookSubscription.get("includeFields") or [],
        "namespaces": webhookSubscription.get("metafieldNamespaces") or [], "name": webhookSubscription.get("name"),
        "created": context.store.now(),
    }  # fmt: skip
    context.store.webhooks[row["number"]] = row
    return {"webhookSubscription": webhook_row(row), "userErrors": []}


def webhook_subscription_delete(info: Info, id: str) -> Row:
    context: Context = info.context
    if context.store.webhooks.pop(number_of("WebhookSubscription", id), None) is None:
        return _failed("deletedWebhookSubscriptionId", ["id"], "Webhook subscription does not exist")
    return {"deletedWebhookSubscriptionId": id, "userErrors": []}


def webhook_row(row: Row) -> Row:
    return {
        "__typename": "WebhookSubscription", "id": gid("WebhookSubscription", row["number"]), "legacyResourceId": str(row["number"]),
        "topic": row["topic"], "uri": row["uri"], "format": row["format"], "filter": row["filter"], "includeFields": row["fields"],
        "metafieldNamespaces": row["namespaces"], "name": row["name"], "createdAt": instant(row["created"]), "updatedAt": instant(row["created"]),
        "apiVersion": {"handle": "2026-10", "displayName": "2026-10", "supported": True},
    }  # fmt: skip
