"""The root fields of the fake Shopify: what can be asked for, with the scopes that the official schema names.

One dict serves queries and mutations. A list that goes through here marks the request as a page, after which records
may move.
"""

# ruff: noqa: A002 – resolvers take the argument names of the schema (`id`, `input`, `type`).
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from graphql import GraphQLError

from providers.sandboxes import shopify_bulk as bulk
from providers.sandboxes import shopify_channels as channels
from providers.sandboxes import shopify_creating as creating
from providers.sandboxes import shopify_publishing as publishing
from providers.sandboxes import shopify_shipping as shipping
from providers.sandboxes import shopify_stock as stock
from providers.sandboxes.shopify_goods import inventory_item, inventory_level, location, product_row, variant_row
from providers.sandboxes.shopify_orders import FO_READ, fulfilment_order_row, order_row, shipment_row
from providers.sandboxes.shopify_search import BadQueryError, Predicate, Reader, compile_query
from providers.sandboxes.shopify_store import Order, Product, Variant
from providers.sandboxes.shopify_wire import ORDER_AGE_DAYS, Context, Info, connect, gid, guard, instant, number_of

Row = dict[str, Any]
FULFILMENT_WORDS = {
    "FULFILLED": ["fulfilled", "shipped"], "UNFULFILLED": ["unfulfilled", "unshipped"], "PARTIALLY_FULFILLED": ["partial", "unfulfilled"],
}  # fmt: skip


def _order_states(order: Order) -> list[str]:
    return ["cancelled", "closed"] if order.cancelled else ["open", "not_closed"]


ORDER_FIELDS: dict[str, Reader] = {
    "id": lambda o: o.id, "created_at": lambda o: o.created, "updated_at": lambda o: o.updated, "processed_at": lambda o: o.created,
    "name": lambda o: [o.name, str(o.number)], "status": _order_states, "source_name": lambda o: o.source,
    "financial_status": lambda o: [o.financial], "fulfillment_status": lambda o: FULFILMENT_WORDS[o.fulfilment],
    "return_status": lambda o: "no_return", "location_id": lambda o: str(o.place_id) if o.place_id else None,
    "sku": lambda o: [line.sku for line in o.lines], "tag": lambda o: o.tags, "test": lambda o: "false",
    "email": lambda o: o.buyer.email if o.buyer else None, "gateway": lambda o: o.gateway,
}  # fmt: skip
ORDER_SORT: dict[str, Callable[[Order], int | str]] = {
    "CREATED_AT": lambda o: o.created.isoformat(), "UPDATED_AT": lambda o: o.updated.isoformat(), "PROCESSED_AT": lambda o: o.created.isoformat(),
    "ORDER_NUMBER": lambda o: o.number, "TOTAL_PRICE": lambda o: o.total, "CURRENT_TOTAL_PRICE": lambda o: o.current_goods,
    "FINANCIAL_STATUS": lambda o: o.financial, "FULFILLMENT_STATUS": lambda o: o.fulfilment, "ID": lambda o: o.id,
    "CUSTOMER_NAME": lambda o: f"{o.buyer.last} {o.buyer.first}" if o.buyer else "",
}  # fmt: skip


def _product_fields(context: Context) -> dict[str, Reader]:
    store = context.store
    return {
        "id": lambda p: p.id, "created_at": lambda p: p.created, "updated_at": lambda p: p.updated, "status": lambda p: p.status,
        "title": lambda p: p.title, "tag": lambda p: p.tags, "sku": lambda p: [v.sku for v in store.variants_of(p.id)],
        "barcode": lambda p: [v.barcode for v in store.variants_of(p.id)], "handle": lambda p: p.address,
        "vendor": lambda p: p.vendor, "product_type": lambda p: p.kind,
    }  # fmt: skip


def _variant_fields(context: Context) -> dict[str, Reader]:
    store = context.store
    return {
        "id": lambda v: v.id, "sku": lambda v: v.sku, "barcode": lambda v: v.barcode, "title": lambda v: v.title,
        "product_id": lambda v: str(v.product_id), "product_ids": lambda v: str(v.product_id), "updated_at": lambda v: v.updated,
        "product_status": lambda v: store.products[v.product_id].status, "taxable": lambda v: str(v.taxable).lower(),
        "vendor": lambda v: store.products[v.product_id].vendor,
    }  # fmt: skip


def _search(context: Context, info: Info, text: str | None, fields: Mapping[str, Reader], default: Reader) -> Predicate:
    try:
        found = compile_query(text, fields, default, context.store.now())
    except BadQueryError as error:
        raise GraphQLError(f"Invalid search query: {error}", extensions={"code": "BAD_REQUEST"}) from error
    if found.warnings:
        context.warnings.append({"path": info.path.as_list(), "query": text, "warnings": found.warnings})
    return found.matches


def _visible_orders(context: Context, info: Info, text: str | None) -> list[Order]:
    if "empty_orders" in context.box.features:
        return []
    matches = _search(
        context,
        info,
        text,
        ORDER_FIELDS,
        lambda o: f"{o.name} {o.buyer.first} {o.buyer.last} {o.buyer.email}" if o.buyer else o.name,
    )
    oldest = context.store.now() - timedelta(days=ORDER_AGE_DAYS)
    return [o for o in context.store.orders.values() if o.created >= oldest and matches(o)]


def orders(info: Info, **args: Any) -> Row:
    context = guard(info, "read_orders")
    context.listed = True
    rows = _visible_orders(context, info, args.get("query"))
    key = ORDER_SORT.get(args.get("sortKey") or "PROCESSED_AT", ORDER_SORT["ID"])
    return connect(info, rows, lambda o: order_row(context.store, o, context), args, number=lambda o: o.id, key=key)


def orders_count(info: Info, query: str | None = None, limit: int | None = 10000, **_: Any) -> Row:
    context = guard(info, "read_orders")
    return _count(len(_visible_orders(context, info, query)), limit)


def _count(found: int, limit: int | None) -> Row:
    return {
        "count": min(found, limit) if limit else found,
        "precision": "AT_LEAST" if limit and found > limit else "EXACT",
    }


def _matching_products(context: Context, info: Info, text: str | None) -> list[Product]:
    matches = _search(context, info, text, _product_fields(context), lambda p: p.title)
    return [p for p in context.store.products.values() if matches(p)]


def products(info: Info, **args: Any) -> Row:
    context = guard(info, "read_products")
    context.listed = True
    keys: dict[str, Callable[[Product], int | str]] = {
        "CREATED_AT": lambda p: p.created.isoformat(), "UPDATED_AT": lambda p: p.updated.isoformat(), "TITLE": lambda p: p.title,
        "INVENTORY_TOTAL": lambda p: sum(context.store.stock(v) for v in context.store.variants_of(p.id)),
    }  # fmt: skip
    rows = _matching_products(context, info, args.get("query"))
    return connect(
        info,
        rows,
        lambda p: product_row(context.store, p),
        args,
        number=lambda p: p.id,
        key=keys.get(args.get("sortKey") or "ID"),
    )


def products_count(info: Info, query: str | None = None, limit: int | None = 10000, **_: Any) -> Row:
    context = guard(info, "read_products")
    return _count(len(_matching_products(context, info, query)), limit)


def product_variants(info: Info, **args: Any) -> Row:
    context = guard(info, "read_products")
    context.listed = True
    matches = _search(context, info, args.get("query"), _variant_fields(context), lambda v: f"{v.sku} {v.title}")
    keys: dict[str, Callable[[Variant], int | str]] = {
        "SKU": lambda v: v.sku, "TITLE": lambda v: v.title, "NAME": lambda v: v.title, "INVENTORY_QUANTITY": lambda v: context.store.stock(v),
    }  # fmt: skip
    rows = [v for v in context.store.variants.values() if matches(v)]
    return connect(
        info,
        rows,
        lambda v: variant_row(context.store, v),
        args,
        number=lambda v: v.id,
        key=keys.get(args.get("sortKey") or "ID"),
    )


def inventory_items(info: Info, **args: Any) -> Row:
    context = guard(info, "read_inventory", "read_products")
    context.listed = True
    fields: dict[str, Reader] = {"id": lambda v: v.item_id, "sku": lambda v: v.sku, "updated_at": lambda v: v.updated}
    matches = _search(context, info, args.get("query"), fields, lambda v: v.sku)
    rows = [v for v in context.store.variants.values() if matches(v)]
    return connect(info, rows, lambda v: inventory_item(context.store, v), args, number=lambda v: v.item_id)


def locations(info: Info, **args: Any) -> Row:
    context = guard(info, "read_locations", "read_inventory")
    context.listed = True
    matches = _search(
        context, info, args.get("query"), {"name": lambda p: p.name, "id": lambda p: p.id}, lambda p: p.name
    )
    rows = [p for p in context.store.places.values() if (p.active or args.get("includeInactive")) and matches(p)]
    key = (lambda p: p.name) if (args.get("sortKey") or "NAME") == "NAME" else None
    return connect(info, rows, lambda p: location(context.store, p), args, number=lambda p: p.id, key=key)


def fulfillment_orders(info: Info, **args: Any) -> Row:
    context = guard(info, *FO_READ)
    context.listed = True
    fields: dict[str, Reader] = {"id": lambda f: f.id, "status": lambda f: f.status, "updated_at": lambda f: f.updated}
    matches = _search(context, info, args.get("query"), fields, lambda f: str(f.id))
    rows = [
        f
        for f in context.store.fulfilment_orders.values()
        if (f.status != "CLOSED" or args.get("includeClosed")) and matches(f)
    ]
    key = (lambda f: f.updated.isoformat()) if args.get("sortKey") == "UPDATED_AT" else None
    return connect(
        info, rows, lambda f: fulfilment_order_row(context.store, f, context), args, number=lambda f: f.id, key=key
    )


def node(info: Info, id: str) -> Row | None:
    """Any record by gid, or None. Each kind asks for its own scope."""
    context: Context = info.context
    store = context.store
    kind = id.split("/")[3] if id.startswith("gid://shopify/") and id.count("/") == 4 else ""
    number = number_of(kind, id)
    if kind == "Order" and number in store.orders:
        guard(info, "read_orders")
        return order_row(store, store.orders[number], context)
    if kind in ("Product", "ProductVariant"):
        guard(info, "read_products")
        if number in store.products and kind == "Product":
            return product_row(store, store.products[number])
        return (
            variant_row(store, store.variants[number])
            if number in store.variants and kind == "ProductVariant"
            else None
        )
    if kind == "InventoryItem":
        guard(info, "read_inventory", "read_products")
        variant = store.variant_of_item(number)
        return inventory_item(store, variant) if variant else None
    if kind == "InventoryLevel":
        guard(info, "read_inventory")
        item = id.partition("inventory_item_id=")[2]
        level = store.levels.get((int(item), number)) if item.isdecimal() else None
        return inventory_level(store, level) if level else None
    if kind == "Location":
        guard(info, "read_locations", "read_inventory")
        return location(store, store.places[number]) if number in store.places else None
    if kind == "FulfillmentOrder":
        guard(info, *FO_READ)
        return (
            fulfilment_order_row(store, store.fulfilment_orders[number], context)
            if number in store.fulfilment_orders
            else None
        )
    if kind == "Fulfillment":
        guard(info, "read_orders", *FO_READ)
        return shipment_row(store, store.shipments[number], context) if number in store.shipments else None
    if kind == "BulkOperation":
        return bulk.bulk_row(context.box.bulks[number], context) if number in context.box.bulks else None
    return None


def _of_kind(kind: str) -> Callable[..., Row | None]:
    def read(info: Info, id: str) -> Row | None:
        found = node(info, id)
        return found if found is not None and found["__typename"] == kind else None

    return read


def read_location(info: Info, id: str | None = None) -> Row | None:
    context: Context = info.context
    return node(info, id or gid("Location", context.store.main.id))


def job(info: Info, id: str) -> Row | None:
    context: Context = info.context
    found = context.store.jobs.get(id)
    return {"id": id, "done": found["done"]} if found else None


def _bulks(context: Context) -> list[bulk.Bulk]:
    return list(context.box.bulks.values())


def bulk_operations(info: Info, **args: Any) -> Row:
    context: Context = info.context
    fields: dict[str, Reader] = {"id": lambda b: b.id, "status": lambda b: b.status, "operation_type": lambda b: b.kind}
    matches = _search(context, info, args.get("query"), fields, lambda b: b.query)
    rows = [b for b in _bulks(context) if matches(b)]
    return connect(info, rows, lambda b: bulk.bulk_row(b, context), args, number=lambda b: b.id)


def current_bulk_operation(info: Info, type: str = "QUERY") -> Row | None:
    context: Context = info.context
    rows = [b for b in _bulks(context) if b.kind == type]
    return bulk.bulk_row(rows[-1], context) if rows else None


def webhook_subscriptions(info: Info, **args: Any) -> Row:
    context: Context = info.context
    rows = [row for row in context.store.webhooks.values() if not args.get("topics") or row["topic"] in args["topics"]]
    return connect(info, rows, shipping.webhook_row, args, number=lambda row: row["number"])


def shop(info: Info) -> Row:
    context: Context = info.context
    then = instant(context.store.now())
    return {
        "__typename": "Shop", "id": gid("Shop", 1), "name": "Paxzar Deneme Mağazası", "myshopifyDomain": "paxzar-deneme.myshopify.com",
        "currencyCode": "TRY", "enabledPresentmentCurrencies": ["TRY"], "ianaTimezone": "Europe/Istanbul", "timezoneOffset": "+0300",
        "taxesIncluded": True, "taxShipping": True, "email": "magaza@example.com", "contactEmail": "magaza@example.com",
        "shopOwnerName": "Işıl Öztürk", "url": "https://paxzar-deneme.myshopify.com", "createdAt": "2024-01-15T08:00:00Z", "updatedAt": then,
        "plan": {"displayName": "Basic", "publicDisplayName": "Basic", "partnerDevelopment": False, "shopifyPlus": False},
        "primaryDomain": {"id": gid("Domain", 1), "host": "paxzar-deneme.myshopify.com", "sslEnabled": True, "url": "https://paxzar-deneme.myshopify.com"},
        "metafield": None,
    }  # fmt: skip


def installation(info: Info) -> Row:
    context: Context = info.context
    return {
        "__typename": "AppInstallation", "id": gid("AppInstallation", 1),
        "accessScopes": [{"handle": scope, "description": scope.replace("_", " ")} for scope in sorted(context.scopes)],
        "app": {"__typename": "App", "id": gid("App", 1), "title": "Paxzar", "apiKey": context.box.credentials["client_id"],
                "handle": "paxzar", "developerName": None},
    }  # fmt: skip


ROOT: dict[str, Any] = {
    "shop": shop, "currentAppInstallation": installation, "job": job, "node": node,
    "publicApiVersions": [{"handle": one, "displayName": one, "supported": True} for one in ("2026-04", "2026-07", "2026-10")],
    "nodes": lambda info, ids: [node(info, one) for one in ids],
    "orders": orders, "ordersCount": orders_count, "order": _of_kind("Order"),
    "products": products, "productsCount": products_count, "product": _of_kind("Product"),
    "productVariants": product_variants, "productVariant": _of_kind("ProductVariant"),
    "inventoryItems": inventory_items, "inventoryItem": _of_kind("InventoryItem"), "inventoryLevel": _of_kind("InventoryLevel"),
    "locations": locations, "location": read_location, "fulfillment": _of_kind("Fulfillment"),
    "fulfillmentOrders": fulfillment_orders, "fulfillmentOrder": _of_kind("FulfillmentOrder"),
    "bulkOperation": _of_kind("BulkOperation"), "bulkOperations": bulk_operations, "currentBulkOperation": current_bulk_operation,
    "webhookSubscriptions": webhook_subscriptions,
    "bulkOperationRunQuery": bulk.run_query, "bulkOperationRunMutation": bulk.run_mutation, "bulkOperationCancel": bulk.cancel,
    "stagedUploadsCreate": bulk.stage,
    "inventorySetQuantities": stock.inventory_set_quantities, "inventoryAdjustQuantities": stock.inventory_adjust_quantities,
    "inventoryActivate": stock.inventory_activate, "productVariantsBulkUpdate": stock.product_variants_bulk_update,
    "productSet": publishing.product_set, "productCreate": creating.product_create,
    "productVariantsBulkCreate": creating.product_variants_bulk_create, "publishablePublish": publishing.publishable_publish,
    "productByIdentifier": publishing.product_by_identifier, "productOperation": publishing.product_operation,
    "publications": channels.publications, "taxonomy": channels.taxonomy,
    "fulfillmentCreate": shipping.fulfillment_create, "fulfillmentTrackingInfoUpdate": shipping.fulfillment_tracking_info_update,
    "fulfillmentCancel": shipping.fulfillment_cancel, "fulfillmentEventCreate": shipping.fulfillment_event_create,
    "orderCancel": shipping.order_cancel, "orderUpdate": shipping.order_update, "refundCreate": shipping.refund_create,
    "tagsAdd": shipping.tags_add, "tagsRemove": shipping.tags_remove, "metafieldsSet": shipping.metafields_set,
    "webhookSubscriptionCreate": shipping.webhook_subscription_create, "webhookSubscriptionDelete": shipping.webhook_subscription_delete,
}  # fmt: skip
