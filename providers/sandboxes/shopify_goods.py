"""The catalogue side of the fake Shopify as GraphQL sees it: products, variants, inventory, locations, metafields."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from providers.sandboxes.shopify_channels import published_readers
from providers.sandboxes.shopify_store import Level, Place, Product, Store, Variant
from providers.sandboxes.shopify_wire import Info, connect, gid, guard, instant, price

Row = dict[str, Any]


def metafield_readers(store: Store, owner: str) -> dict[str, Callable[..., Any]]:
    """The two metafield fields of an owner."""

    def rows() -> list[dict[str, Any]]:
        return [row for (who, _, _), row in store.metafields.items() if who == owner]

    def one(info: Info, key: str, namespace: str | None = None) -> Any:
        found = store.metafields.get((owner, namespace or "$app", key))
        return metafield(found) if found else None

    def many(info: Info, **args: Any) -> Any:
        kept = [row for row in rows() if args.get("namespace") in (None, row["namespace"])]
        if args.get("keys"):
            kept = [
                row for row in kept if row["key"] in args["keys"] or f"{row['namespace']}.{row['key']}" in args["keys"]
            ]
        return connect(info, kept, metafield, args, number=lambda row: row["number"])

    return {"metafield": one, "metafields": many}


def digest(row: dict[str, Any]) -> str:
    return hashlib.sha256(row["value"].encode()).hexdigest()


def metafield(row: dict[str, Any]) -> Row:
    return {
        "__typename": "Metafield", "id": gid("Metafield", row["number"]), "legacyResourceId": str(row["number"]),
        "namespace": row["namespace"], "key": row["key"], "value": row["value"], "type": row["type"],
        "jsonValue": row["json"], "ownerType": row["owner_type"], "compareDigest": digest(row),
        "createdAt": instant(row["created"]), "updatedAt": instant(row["updated"]),
    }  # fmt: skip


def location(store: Store, place: Place) -> Row:
    def levels(info: Info, **args: Any) -> Any:
        guard(info, "read_inventory", "read_locations")
        kept = [level for level in store.levels.values() if level.place_id == place.id]
        return connect(info, kept, lambda row: inventory_level(store, row), args, number=lambda row: row.item_id)

    def level(info: Info, **args: Any) -> Any:
        guard(info, "read_inventory", "read_locations")
        item = args["inventoryItemId"].rsplit("/", 1)[-1]
        found = store.levels.get((int(item), place.id)) if item.isdecimal() else None
        return inventory_level(store, found) if found else None

    return {
        "__typename": "Location", "id": gid("Location", place.id), "legacyResourceId": str(place.id), "name": place.name,
        "isActive": place.active, "activatable": not place.active, "fulfillsOnlineOrders": place.online,
        "shipsInventory": place.online, "isFulfillmentService": False, "hasActiveInventory": place.active,
        "deactivatedAt": None if place.active else "2025-06-30T09:00:00Z",
        "createdAt": "2024-01-15T08:00:00Z", "updatedAt": "2025-06-30T09:00:00Z",
        "address": {"address1": "Depo Cd. No:1", "city": place.city, "country": "Turkey", "countryCode": "TR", "phone": None,
                    "province": place.city, "provinceCode": None, "zip": "34000", "address2": None},
        "inventoryLevels": levels, "inventoryLevel": level,
    }  # fmt: skip


def inventory_level(store: Store, level: Level) -> Row:
    number = f"{level.place_id}?inventory_item_id={level.item_id}"

    def quantities(info: Info, names: list[str]) -> Any:
        known = {
            "available": level.available, "committed": level.committed, "on_hand": level.available + level.committed,
            "incoming": 0, "reserved": 0, "damaged": 0, "safety_stock": 0, "quality_control": 0,
        }  # fmt: skip
        return [
            {"__typename": "InventoryQuantity", "id": gid("InventoryQuantity", f"{level.place_id}?inventory_item_id={level.item_id}&name={name}"),
             "name": name, "quantity": known[name], "updatedAt": instant(level.updated)}
            for name in names if name in known
        ]  # fmt: skip

    def item(info: Info) -> Any:
        variant = store.variant_of_item(level.item_id)
        return inventory_item(store, variant) if variant else None

    return {
        "__typename": "InventoryLevel", "id": gid("InventoryLevel", number), "isActive": True, "quantities": quantities,
        "createdAt": "2024-01-15T08:00:00Z", "updatedAt": instant(level.updated), "item": item,
        "location": lambda info: location(store, store.places[level.place_id]),
    }  # fmt: skip


def inventory_item(store: Store, variant: Variant) -> Row:
    def levels(info: Info, **args: Any) -> Any:
        guard(info, "read_inventory")
        kept = store.levels_of(variant.item_id)
        if not args.get("includeInactive"):
            kept = [level for level in kept if store.places[level.place_id].active]
        return connect(info, kept, lambda row: inventory_level(store, row), args, number=lambda row: row.place_id)

    def level(info: Info, **args: Any) -> Any:
        guard(info, "read_inventory")
        place = args["locationId"].rsplit("/", 1)[-1]
        found = store.levels.get((variant.item_id, int(place))) if place.isdecimal() else None
        return inventory_level(store, found) if found else None

    return {
        "__typename": "InventoryItem", "id": gid("InventoryItem", variant.item_id), "legacyResourceId": str(variant.item_id),
        "sku": variant.sku, "tracked": variant.tracked, "requiresShipping": True, "duplicateSkuCount": 0,
        "countryCodeOfOrigin": "TR", "harmonizedSystemCode": None,
        "unitCost": {"amount": variant.cost, "currencyCode": "TRY"} if variant.cost else None,
        "createdAt": instant(variant.updated), "updatedAt": instant(variant.updated),
        "locationsCount": {"count": len(store.levels_of(variant.item_id)), "precision": "EXACT"},
        "inventoryLevels": levels, "inventoryLevel": level, "variant": lambda info: variant_row(store, variant),
    }  # fmt: skip


def variant_row(store: Store, variant: Variant) -> Row:
    product = store.products[variant.product_id]
    siblings = store.variants_of(product.id)
    options = variant.options or [("Title" if variant.title == "Default Title" else "Beden", variant.title)]
    return {
        "__typename": "ProductVariant", "id": gid("ProductVariant", variant.id), "legacyResourceId": str(variant.id),
        "sku": variant.sku, "barcode": variant.barcode, "title": variant.title, "displayName": f"{product.title} - {variant.title}",
        "price": price(variant.price), "compareAtPrice": None if variant.compare is None else price(variant.compare),
        "taxable": variant.taxable, "inventoryPolicy": variant.policy, "position": siblings.index(variant) + 1,
        "inventoryQuantity": lambda info: store.stock(variant), "sellableOnlineQuantity": lambda info: max(0, store.stock(variant)),
        "availableForSale": lambda info: store.stock(variant) > 0 or variant.policy == "CONTINUE", "image": None,
        "createdAt": instant(product.created), "updatedAt": instant(variant.updated),
        "selectedOptions": [{"name": name, "value": value} for name, value in options],
        "product": lambda info: product_row(store, product), "inventoryItem": lambda info: _item(info, store, variant),
        **metafield_readers(store, gid("ProductVariant", variant.id)),
    }  # fmt: skip


def _item(info: Info, store: Store, variant: Variant) -> Row:
    guard(info, "read_inventory", "read_products")
    return inventory_item(store, variant)


def product_row(store: Store, product: Product) -> Row:
    variants = store.variants_of(product.id)
    single = len(variants) == 1 and variants[0].title == "Default Title"
    options = product.options or {"Title" if single else "Beden": [one.title for one in variants]}

    def pages(info: Info, **args: Any) -> Any:
        return connect(info, variants, lambda row: variant_row(store, row), args, number=lambda row: row.id)

    total = sum(store.stock(one) for one in variants)
    return {
        "__typename": "Product", "id": gid("Product", product.id), "legacyResourceId": str(product.id), "title": product.title,
        "handle": product.address, "status": product.status, "vendor": product.vendor, "productType": product.kind, "tags": product.tags,
        "description": lambda info, **_: re.sub("<[^>]*>", "", product.description) or f"{product.title} – açıklama",
        "descriptionHtml": product.description or f"<p>{product.title} – açıklama</p>",
        "isGiftCard": False, "tracksInventory": True, "totalInventory": total, "hasOnlyDefaultVariant": single,
        "hasOutOfStockVariants": any(store.stock(one) <= 0 for one in variants), "onlineStoreUrl": None,
        "publishedAt": instant(product.published or product.created) if product.status == "ACTIVE" and product.publications != set() else None,
        "createdAt": instant(product.created), "updatedAt": instant(product.updated),
        "variantsCount": {"count": len(variants), "precision": "EXACT"}, "variants": pages,
        "options": lambda info, **_: [{
            "__typename": "ProductOption", "id": gid("ProductOption", product.id + place), "name": name, "position": place + 1, "values": values,
            "optionValues": [
                {"id": gid("ProductOptionValue", product.id * 100 + n), "name": value, "hasVariants": True} for n, value in enumerate(values)
            ],
        } for place, (name, values) in enumerate(options.items())],
        **published_readers(store, product),
        **metafield_readers(store, gid("Product", product.id)),
    }  # fmt: skip
