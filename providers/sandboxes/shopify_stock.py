"""The stock and price mutations of the fake Shopify: compare-and-set, idempotency, partial updates.

Source: reference "## Shopify", items Stock and Price; error codes are the official schema's. A write that is refused must
leave everything as it was.
"""

# ruff: noqa: A002 – resolvers take the argument names of the schema (`id`, `input`, `type`).
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graphql import FieldNode, GraphQLError, value_from_ast_untyped

from providers.sandboxes.shopify_goods import inventory_item, inventory_level, location, product_row, variant_row
from providers.sandboxes.shopify_store import Level, Variant
from providers.sandboxes.shopify_wire import Context, Info, gid, guard, instant, kurus, number_of, user_error

Row = dict[str, Any]
REASONS = frozenset({
    "correction", "cycle_count_available", "damaged", "movement_created", "movement_updated", "movement_received",
    "movement_canceled", "other", "promotion", "quality_control", "received", "reservation_created", "reservation_deleted",
    "reservation_updated", "restock", "safety_stock", "shrinkage",
})  # fmt: skip
TOO_MUCH = 1_000_000_000


def idempotent(info: Info, name: str, arguments: Row, act: Callable[[], Row], coded: bool) -> Row:
    """Run `act` once per key: the same key again gives the first answer, other arguments or a failed try are refused."""
    context: Context = info.context
    key = _key(info)
    if key is None:
        raise GraphQLError(
            "The @idempotent directive is required for this mutation but was not provided.",
            extensions={"code": "BAD_REQUEST"},
        )
    if not key.strip():
        raise GraphQLError("The idempotency key cannot be blank.", extensions={"code": "BAD_REQUEST"})
    print_of_arguments = json.dumps(arguments, sort_keys=True, default=str)
    kept = context.box.idempotency.get((name, key))
    if kept is not None:
        text, answer = kept
        if text != print_of_arguments:
            return _refused(
                "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
                "The same idempotency key cannot be used with different operation parameters.",
                coded,
            )
        if answer["userErrors"]:
            return _refused(
                "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
                "A previous request with this idempotency key failed. Retry with a new idempotency key.",
                coded,
            )
        context.box.count("idempotent_replays")
        return dict(answer)
    answer = act()
    context.box.idempotency[name, key] = (print_of_arguments, answer)
    return answer


def _key(info: Info) -> str | None:
    node: FieldNode = info.field_nodes[0]
    for directive in node.directives or ():
        if directive.name.value == "idempotent" and directive.arguments:
            return str(value_from_ast_untyped(directive.arguments[0].value, _variables(info)) or "")
    return None


def _variables(info: Info) -> dict[str, Any]:
    held: Any = info.variable_values
    return dict(getattr(held, "coerced", held))


def _refused(code: str, message: str, coded: bool) -> Row:
    return {"userErrors": [user_error(None, message, code if coded else None)]}


def _mandatory(rows: list[Row], what: str) -> None:
    """`changeFromQuantity` must be given in each row, null included, or the call fails as a whole."""
    for row in rows:
        if "changeFromQuantity" not in row:
            raise GraphQLError(
                f"{what} requires changeFromQuantity to be given for every quantity; pass null to skip the check.",
                extensions={"code": "INVALID_FIELD_ARGUMENTS"},
            )


def inventory_set_quantities(info: Info, input: Row) -> Row:
    context = guard(info, "write_inventory")
    _mandatory(input["quantities"], "InventoryQuantityInput")
    return idempotent(info, "inventorySetQuantities", input, lambda: _set(context, input), coded=True)


def _set(context: Context, data: Row) -> Row:
    errors: list[Row | None] = []
    todo = []
    if data["name"] not in ("available", "on_hand"):
        errors.append(
            user_error(["input", "name"], "The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME")
        )
    if data["reason"] not in REASONS:
        errors.append(user_error(["input", "reason"], "The specified reason is invalid.", "INVALID_REASON"))
    seen = set()
    for index, row in enumerate(data["quantities"]):
        path = ["input", "quantities", str(index)]
        level, variant, error = _find_level(context, row, path)
        if error is not None or level is None or variant is None:
            errors.append(error)
            continue
        pair = (level.item_id, level.place_id)
        held = level.available + (level.committed if data["name"] == "on_hand" else 0)
        if pair in seen:
            errors.append(
                user_error(
                    path,
                    "The combination of inventoryItemId and locationId must be unique.",
                    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
                )
            )
        elif row["quantity"] < 0:
            errors.append(
                user_error([*path, "quantity"], "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE")
            )
        elif row["quantity"] > TOO_MUCH:
            errors.append(
                user_error(
                    [*path, "quantity"],
                    "The total quantity can't be higher than 1,000,000,000.",
                    "INVALID_QUANTITY_TOO_HIGH",
                )
            )
        elif row["changeFromQuantity"] is not None and row["changeFromQuantity"] != held:
            errors.append(
                user_error(
                    [*path, "changeFromQuantity"],
                    "The changeFromQuantity value does not match persisted value.",
                    "CHANGE_FROM_QUANTITY_STALE",
                )
            )
        else:
            seen.add(pair)
            todo.append((level, variant, row["quantity"] - held))
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    return {"inventoryAdjustmentGroup": _apply(context, data, todo), "userErrors": []}


def _find_level(context: Context, row: Row, path: list[str]) -> tuple[Level | None, Variant | None, Row | None]:
    store = context.store
    item, place = number_of("InventoryItem", row["inventoryItemId"]), number_of("Location", row["locationId"])
    variant = store.variant_of_item(item)
    if variant is None:
        return (
            None,
            None,
            user_error(
                [*path, "inventoryItemId"], "The specified inventory item could not be found.", "INVALID_INVENTORY_ITEM"
            ),
        )
    if place not in store.places or not store.places[place].active:
        return (
            None,
            variant,
            user_error([*path, "locationId"], "The specified location could not be found.", "INVALID_LOCATION"),
        )
    level = store.levels.get((item, place))
    if level is None:
        return (
            None,
            variant,
            user_error(
                [*path, "locationId"],
                "The specified inventory item is not stocked at the location.",
                "INVALID_LOCATION",
            ),
        )
    if not variant.tracked or f"refuse_sku:{variant.sku}" in context.box.features:
        return (
            None,
            variant,
            user_error(
                [*path, "inventoryItemId"],
                "The specified inventory item is not allowed to be adjusted via API.",
                "NON_MUTABLE_INVENTORY_ITEM",
            ),
        )
    return level, variant, None


def _apply(context: Context, data: Row, todo: list[tuple[Level, Variant, int]]) -> Row:
    store = context.store
    changes = []
    for level, variant, delta in todo:
        if context.box.applies(variant.sku, "stock_writes"):
            level.available += delta
            level.updated = variant.updated = store.now()
        changes.append({"name": data["name"], "delta": delta, "quantityAfterChange": None,
                        "item": inventory_item(store, variant), "location": location(store, store.places[level.place_id])})  # fmt: skip

    def picked(info: Info, **args: Any) -> Any:
        names = args.get("quantityNames")
        return [change for change in changes if not names or change["name"] in names]

    return {
        "__typename": "InventoryAdjustmentGroup", "id": gid("InventoryAdjustmentGroup", store.next_id()), "createdAt": instant(store.now()),
        "reason": data["reason"], "referenceDocumentUri": data.get("referenceDocumentUri"), "changes": picked,
    }  # fmt: skip


def inventory_adjust_quantities(info: Info, input: Row) -> Row:
    context = guard(info, "write_inventory")
    _mandatory(input["changes"], "InventoryChangeInput")
    return idempotent(info, "inventoryAdjustQuantities", input, lambda: _adjust(context, input), coded=True)


def _adjust(context: Context, data: Row) -> Row:
    errors: list[Row | None] = []
    todo = []
    if data["name"] != "available":
        errors.append(user_error(["input", "name"], "The specified quantity name is invalid.", "INVALID_QUANTITY_NAME"))
    if data["reason"] not in REASONS:
        errors.append(user_error(["input", "reason"], "The specified reason is invalid.", "INVALID_REASON"))
    for index, row in enumerate(data["changes"]):
        path = ["input", "changes", str(index)]
        level, variant, error = _find_level(context, row, path)
        if error is not None or level is None or variant is None:
            errors.append(error)
        elif row["changeFromQuantity"] is not None and row["changeFromQuantity"] != level.available:
            errors.append(
                user_error(
                    [*path, "changeFromQuantity"],
                    "The changeFromQuantity argument no longer matches the persisted quantity.",
                    "CHANGE_FROM_QUANTITY_STALE",
                )
            )
        else:
            todo.append((level, variant, row["delta"]))
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    return {"inventoryAdjustmentGroup": _apply(context, data, todo), "userErrors": []}


def inventory_activate(info: Info, **args: Any) -> Row:
    context = guard(info, "write_inventory")
    store = context.store

    def act() -> Row:
        variant = store.variant_of_item(number_of("InventoryItem", args["inventoryItemId"]))
        place = store.places.get(number_of("Location", args["locationId"]))
        if variant is None:
            return {"userErrors": [user_error(["inventoryItemId"], "The inventory item couldn't be found.")]}
        if place is None or not place.active:
            return {"userErrors": [user_error(["locationId"], "The location couldn't be found.")]}
        if (variant.item_id, place.id) in store.levels and args.get("available") is not None:
            return {
                "userErrors": [
                    user_error(
                        ["available"],
                        "Not allowed to set available quantity when the item is already active at the location.",
                    )
                ]
            }
        level = store.activate(variant.item_id, place.id, args.get("available") or 0)
        return {"inventoryLevel": inventory_level(store, level), "userErrors": []}

    return idempotent(info, "inventoryActivate", args, act, coded=False)


def product_variants_bulk_update(
    info: Info, productId: str, variants: list[Row], allowPartialUpdates: bool = False
) -> Row:
    context = guard(info, "write_products")
    store = context.store
    product = store.products.get(number_of("Product", productId))
    if product is None:
        error = user_error(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": None, "userErrors": [error]}
    errors, good = [], []
    for index, row in enumerate(variants):
        path = ["variants", str(index)]
        found = _check_variant(context, product.id, row, path)
        if isinstance(found, Variant):
            good.append((found, row))
        else:
            errors.append(found)
    if errors and not allowPartialUpdates:
        return {"product": product_row(store, product), "productVariants": None, "userErrors": errors}
    for variant, row in good:
        if context.box.applies(variant.sku, "price_writes"):
            _write_variant(variant, row)
            variant.updated = product.updated = store.now()
    written = [variant_row(store, variant) for variant, _ in good]
    return {"product": product_row(store, product), "productVariants": written, "userErrors": errors}


def _check_variant(context: Context, product_id: int, row: Row, path: list[str]) -> Variant | Row:
    if not row.get("id"):
        return user_error([*path, "id"], "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING")
    variant = context.store.variants.get(number_of("ProductVariant", row["id"]))
    if variant is None or variant.product_id != product_id:
        return user_error([*path, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")
    if row.get("inventoryQuantities"):
        return user_error(
            [*path, "inventoryQuantities"],
            "Inventory quantities can only be provided during create. To update inventory for existing variants, use inventoryAdjustQuantities.",
            "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE",
        )
    if f"refuse_sku:{variant.sku}" in context.box.features or row.get("optionValues"):  # what it is told apart by stays
        return user_error(path, "Input is invalid.", "INVALID_INPUT")
    if "price" in row and row["price"] is None:
        return user_error([*path, "price"], "Price can't be blank", "BLANK")
    for name in ("price", "compareAtPrice"):
        if (row.get(name) or "0").startswith("-"):
            return user_error([*path, name], "Price must be greater than or equal to 0", "GREATER_THAN_OR_EQUAL_TO")
    return variant


def _write_variant(variant: Variant, row: Row) -> None:
    if row.get("price") is not None:
        variant.price = kurus(row["price"])
    if "compareAtPrice" in row:
        variant.compare = None if row["compareAtPrice"] is None else kurus(row["compareAtPrice"])
    if "barcode" in row:
        variant.barcode = row["barcode"] or ""
    variant.policy = row.get("inventoryPolicy") or variant.policy
    variant.taxable = variant.taxable if row.get("taxable") is None else row["taxable"]
    item = row.get("inventoryItem") or {}
    variant.sku = variant.sku if item.get("sku") is None else item["sku"]
    variant.cost = item.get("cost") or variant.cost
    variant.tracked = variant.tracked if item.get("tracked") is None else item["tracked"]
