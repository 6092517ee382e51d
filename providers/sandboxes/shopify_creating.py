"""The fake Shopify's productCreate and productVariantsBulkCreate, which make a product in two steps.

Source: the official schema under `shared/specs/shopify` and its descriptions. The rules of a product are shopify_publishing's.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.shopify_goods import product_row, variant_row
from providers.sandboxes.shopify_publishing import (
    Fault,
    check_row,
    drop,
    named,
    read_options,
    read_pair,
    set_product,
    shop_row,
    target,
    write_variant,
)
from providers.sandboxes.shopify_wire import Info, guard, number_of, user_error

Row = dict[str, Any]


def product_create(info: Info, product: Row | None = None, media: list[Row] | None = None) -> Row:
    """With its first variant, which has the first value of each option and neither price nor SKU."""
    context = guard(info, "write_products")
    data = dict(product or {})
    files = [
        {"originalSource": one["originalSource"], "alt": one.get("alt"), "contentType": one["mediaContentType"]}
        for one in media or []
    ]
    try:
        options = read_options(data.pop("productOptions", None)) or {"Title": ["Default Title"]}
        first = [{"optionName": name, "name": values[0]} for name, values in options.items()]
        rows = [{"name": name, "values": [{"name": value} for value in values]} for name, values in options.items()]
        store = target(context)
        made = set_product(
            context, store, data | {"files": files, "productOptions": rows, "variants": [{"optionValues": first}]}, {}
        )
    except Fault as fault:
        fault.path[0] = "product" if fault.path[0] == "input" else fault.path[0]
        return {"product": None, "shop": shop_row(info), "userErrors": [fault.row(coded=False)]}
    return {"product": product_row(store, made), "shop": shop_row(info), "userErrors": []}


def product_variants_bulk_create(
    info: Info, productId: str, variants: list[Row], strategy: str | None = "DEFAULT"
) -> Row:
    """All or none. A lone default variant makes room for them unless it is to be preserved."""
    context = guard(info, "write_products")
    store = target(context)
    product = store.products.get(number_of("Product", productId))
    if product is None:
        error = user_error(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": None, "userErrors": [error]}
    mine = store.variants_of(product.id)
    lone = [
        one
        for one in mine
        if len(mine) == 1 and (one.title == "Default Title" or strategy == "REMOVE_STANDALONE_VARIANT")
    ]
    leaving = [] if strategy == "PRESERVE_STANDALONE_VARIANT" else lone
    errors: list[Row] = []
    pairs: list[list[tuple[str, str]]] = []
    options = {
        name: list(values) for name, values in (product.options or {named(one)[0][0]: [] for one in mine[:1]}).items()
    }
    held = [named(one) for one in mine if one not in leaving]
    for place, row in enumerate(variants):
        path = ["variants", str(place)]
        try:
            if row.get("id"):
                raise Fault(path, "The id cannot be given on create", "NO_KEY_ON_CREATE")
            pair = read_pair(row, options, path, closed=False)
            check_row(context, row, path, "", "INVALID_INPUT")
            if any(
                number_of("Location", one["locationId"]) not in store.places
                for one in row.get("inventoryQuantities") or []
            ):
                raise Fault(path, "Location does not exist", "TRACKED_VARIANT_LOCATION_NOT_FOUND")
            if pair in [*held, *pairs]:
                raise Fault(
                    path, f"The variant '{' / '.join(v for _, v in pair)}' already exists.", "VARIANT_ALREADY_EXISTS"
                )
            pairs.append(pair)
        except Fault as fault:
            known = fault.code in (
                "NO_KEY_ON_CREATE",
                "INVALID_INPUT",
                "TRACKED_VARIANT_LOCATION_NOT_FOUND",
                "VARIANT_ALREADY_EXISTS",
            )
            errors.append(user_error(fault.path, fault.message, fault.code if known else "NEED_TO_ADD_OPTION_VALUES"))
    if errors:
        return {"product": product_row(store, product), "productVariants": None, "userErrors": errors}
    for one in leaving:
        drop(store, one)
    made = [write_variant(context, store, product, row, None, pair) for row, pair in zip(variants, pairs, strict=True)]
    remaining = [named(one) for one in store.variants_of(product.id)]
    product.options = {
        name: list(dict.fromkeys(value for pair in remaining for n, value in pair if n == name)) for name in options
    }
    return {
        "product": product_row(store, product),
        "productVariants": [variant_row(store, one) for one in made],
        "userErrors": [],
    }
