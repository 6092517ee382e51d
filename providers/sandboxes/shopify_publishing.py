"""The mutations of the fake Shopify that make products: productSet and publishablePublish; shopify_creating has the older two.

Source: the official schema under `shared/specs/shopify` and its descriptions: of a list that is given, what is not in it is deleted, any
other field that is not given stays; stock of a variant that exists is written only where it is stocked. SKUs need not be unique here. A new
product is in no sales channel. The user errors' words, and that stock is tracked only when asked for, are guesses.
"""

# ruff: noqa: A002 – resolvers take the argument names of the schema (`id`, `input`, `productId`).
from __future__ import annotations

import copy
import re
from typing import Any

from providers.sandboxes.exact import slug
from providers.sandboxes.shopify_channels import PUBLICATIONS, code_of
from providers.sandboxes.shopify_goods import product_row
from providers.sandboxes.shopify_store import Picture, Product, Store, Variant
from providers.sandboxes.shopify_wire import Context, Info, gid, guard, kurus, number_of, user_error

Row = dict[str, Any]
MOST_OPTIONS, MOST_VARIANTS = 3, 2048
DEFAULT = [("Title", "Default Title")]


class Fault(Exception):
    """One user error."""

    def __init__(self, path: list[str], message: str, code: str = "INVALID_INPUT") -> None:
        super().__init__(message)
        self.path, self.message, self.code = path, message, code

    def row(self, coded: bool = True) -> Row:
        return user_error(self.path, self.message, self.code if coded else None)


def target(context: Context) -> Store:
    """The store, or a ghost of it for what is answered and not kept."""
    if not (context.box.ignoring or "ignore_products" in context.box.features):
        return context.store
    ghost = copy.copy(context.store)
    ghost.products = {key: copy.copy(one) for key, one in ghost.products.items()}
    ghost.variants = {key: copy.copy(one) for key, one in ghost.variants.items()}
    ghost.levels = {key: copy.copy(one) for key, one in ghost.levels.items()}
    return ghost


def shop_row(info: Info) -> Row:
    """What the root field of that name answers; its module imports this one."""
    found: Row = info.root_value["shop"](info)
    return found


# -- productSet ----------------------------------------------------------------------------------------------------
def product_set(info: Info, input: Row, identifier: Row | None = None, synchronous: bool | None = True) -> Row:
    context = guard(info, "write_products")
    store, product, errors = target(context), None, []
    try:
        product = set_product(context, store, input, identifier or {})
    except Fault as fault:
        errors.append(fault.row())
    if synchronous is not False:
        shown = product_row(store, product) if product else None
        return {"product": shown, "productSetOperation": None, "userErrors": errors}
    number = context.store.next_id()
    context.store.operations[number] = {"product": product, "errors": errors, "polls": 0}
    row: Row = {
        "__typename": "ProductSetOperation",
        "id": gid("ProductSetOperation", number),
        "status": "CREATED",
        "product": None,
        "userErrors": [],
    }
    return {"product": None, "productSetOperation": row, "userErrors": []}


def product_operation(info: Info, id: str) -> Row | None:
    """ACTIVE at the first look, and as long as `slow_products` is on."""
    context = guard(info, "read_products")
    found = context.store.operations.get(number_of("ProductSetOperation", id))
    if found is None:
        return None
    found["polls"] += 1
    working = found["polls"] == 1 or "slow_products" in context.box.features
    product = None if working else found["product"]
    return {
        "__typename": "ProductSetOperation", "id": id, "status": "ACTIVE" if working else "COMPLETE",
        "product": product_row(context.store, product) if product and product.id in context.store.products else None,
        "userErrors": [] if working else found["errors"],
    }  # fmt: skip


def _identified(store: Store, data: Row, identifier: Row) -> Product | None:
    """An id must be known; a handle that is not makes a new product."""
    if len(identifier) > 1:
        raise Fault(["identifier"], "Only one identifier can be given.")
    if data.get("id") and identifier:
        raise Fault(["input", "id"], "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED")
    wanted = identifier.get("id") or data.get("id")
    if wanted:
        found = store.products.get(number_of("Product", wanted))
        if found is None:
            raise Fault(["input"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        return found
    handle = identifier.get("handle")
    if handle and data.get("handle", handle) != handle:
        raise Fault(["identifier"], "Identifier and input do not match.", "INPUT_MISMATCH")
    return next((p for p in store.products.values() if p.address == handle), None) if handle else None


def set_product(context: Context, store: Store, data: Row, identifier: Row) -> Product:
    """Everything is checked before anything is written."""
    known = _identified(store, data, identifier)
    if known is None and not (data.get("title") or "").strip():
        raise Fault(["input", "title"], "Title can't be blank", "MISSING_FIELD_REQUIRED")
    data = data | ({"handle": identifier["handle"]} if identifier.get("handle") else {})
    _check_words(store, known, data)
    options = read_options(data.get("productOptions"))
    rows = data.get("variants")
    if rows is not None and not options:
        raise Fault(
            ["input", "productOptions"],
            "Product options input is required when updating variants",
            "PRODUCT_OPTIONS_INPUT_MISSING",
        )
    if options and rows is None:
        raise Fault(
            ["input", "variants"], "Variants input is required when updating product options", "VARIANTS_INPUT_MISSING"
        )
    if rows is None and known is None:
        options, rows = (
            {"Title": ["Default Title"]},
            [{"optionValues": [{"optionName": "Title", "name": "Default Title"}]}],
        )
    if rows is not None and not 1 <= len(rows) <= MOST_VARIANTS:
        raise Fault(["input", "variants"], "The number of variants is not allowed.", "VARIANTS_OVER_LIMIT")
    pairs = [_checked(context, store, known, row, options, place) for place, row in enumerate(rows or [])]
    chosen = [tuple(pair) for _, pair in pairs]
    if len(set(chosen)) < len(chosen):
        raise Fault(["input", "variants"], "The variants must have different option values.", "DUPLICATED_VALUE")
    product = _written(store, known, data)
    if rows is not None:
        product.options = options
        kept = [
            write_variant(context, store, product, row, found, pair)
            for row, (found, pair) in zip(rows, pairs, strict=True)
        ]
        for one in store.variants_of(product.id):
            if one not in kept:
                drop(store, one)
    elif known is not None and store is context.store:
        context.box.count("products_updated", len(store.variants_of(product.id)))
    return product


def _check_words(store: Store, known: Product | None, data: Row) -> None:
    if data.get("category") and not code_of(data["category"]):
        raise Fault(["input", "category"], "The specified product category does not exist.", "NOT_FOUND")
    handle = data.get("handle")
    if handle and any(p.address == handle and p is not known for p in store.products.values()):
        raise Fault(
            ["input", "handle"], f"Handle '{handle}' already in use. Please provide a new handle.", "HANDLE_NOT_UNIQUE"
        )
    for place, file in enumerate(data.get("files") or []):
        source = file.get("originalSource") or ""
        if not file.get("id") and not re.fullmatch(r"https?://[^\s/]+/\S+", source):
            raise Fault(["input", "files", str(place), "originalSource"], "Image URL is invalid")
        if file.get("contentType", "IMAGE") != "IMAGE":
            raise Fault(["input", "files", str(place), "contentType"], "Only images are taken here")


def read_options(rows: list[Row] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, row in enumerate(sorted(rows or [], key=lambda row: row.get("position") or 0)):
        name, values = row.get("name") or "", [value.get("name") or "" for value in row.get("values") or []]
        path = ["input", "productOptions", str(place)]
        if not name.strip() or not values or not all(value.strip() for value in values):
            raise Fault(path, "Option values are missing", "OPTION_VALUES_MISSING")
        if name in found:
            raise Fault(path, f"Option name '{name}' already exists", "DUPLICATED_OPTION_NAME")
        if len(set(values)) < len(values):
            raise Fault(path, "Option value already exists", "DUPLICATED_OPTION_VALUE")
        found[name] = values
    if len(found) > MOST_OPTIONS:
        raise Fault(
            ["input", "productOptions"], f"Can only specify a maximum of {MOST_OPTIONS} options", "OPTIONS_OVER_LIMIT"
        )
    return found


def read_pair(
    row: Row, options: dict[str, list[str]], path: list[str], *, closed: bool = True
) -> list[tuple[str, str]]:
    """The variant's values in the order of the options; `closed`: each must be one of the option's."""
    given = {value.get("optionName") or "": value.get("name") or "" for value in row.get("optionValues") or []}
    for name in given:
        if name not in options:
            raise Fault([*path, "optionValues"], f"Option '{name}' does not exist", "OPTION_DOES_NOT_EXIST")
        if closed and given[name] not in options[name]:
            raise Fault(
                [*path, "optionValues"], f"Option value '{given[name]}' does not exist", "OPTION_VALUE_DOES_NOT_EXIST"
            )
    if given.keys() != options.keys():
        raise Fault([*path, "optionValues"], "Variant options are not enough", "OPTION_VALUES_MISSING")
    return [(name, given[name]) for name in options]


def _sku(row: Row) -> str:
    return row.get("sku") or (row.get("inventoryItem") or {}).get("sku") or ""


def _checked(
    context: Context, store: Store, known: Product | None, row: Row, options: dict[str, list[str]], place: int
) -> tuple[Variant | None, list[tuple[str, str]]]:
    """The variant that is meant, if it exists, and its values."""
    path = ["input", "variants", str(place)]
    pair = read_pair(row, options, path)
    mine = store.variants_of(known.id) if known else []
    if row.get("id"):
        found = next((one for one in mine if one.id == number_of("ProductVariant", row["id"])), None)
        if found is None:
            raise Fault([*path, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")
    else:
        found = next((one for one in mine if named(one) == pair), None)
    check_row(context, row, path, found.sku if found else "")
    for stock in row.get("inventoryQuantities") or []:
        number = number_of("Location", stock["locationId"])
        if stock["name"] not in ("available", "on_hand") or stock["quantity"] < 0:
            raise Fault([*path, "inventoryQuantities"], "Inventory quantity is invalid", "INVALID_VARIANT")
        if number not in store.places or not store.places[number].active:
            raise Fault([*path, "inventoryQuantities"], "Location does not exist", "NOT_FOUND")
        if found is not None and (found.item_id, number) not in store.levels:
            raise Fault(
                [*path, "inventoryQuantities"], "Inventory item is not stocked at the location", "INVALID_VARIANT"
            )
    return found, pair


def check_row(context: Context, row: Row, path: list[str], sku: str, code: str = "INVALID_VARIANT") -> None:
    refused = {f"{word}:{one}" for word in ("refuse_product", "refuse_sku") for one in (sku, _sku(row)) if one}
    if refused & context.box.features:
        raise Fault(path, "Variant is invalid", code)
    for name in ("price", "compareAtPrice"):
        if (row.get(name) or "0").startswith("-"):
            raise Fault([*path, name], "Price must be greater than or equal to 0", code)


def named(one: Variant) -> list[tuple[str, str]]:
    return one.options or (DEFAULT if one.title == "Default Title" else [("Beden", one.title)])


def _written(store: Store, known: Product | None, data: Row) -> Product:
    now = store.now()
    product = known or Product(
        store.next_id(), "", "ACTIVE", now, now, vendor="Paxzar Deneme", kind="", publications=set()
    )
    store.products[product.id] = product
    product.title = product.title if data.get("title") is None else data["title"].strip()
    product.description = product.description if data.get("descriptionHtml") is None else data["descriptionHtml"]
    product.vendor, product.kind = data.get("vendor") or product.vendor, data.get("productType") or product.kind
    product.status, product.updated = data.get("status") or product.status, now
    product.tags = product.tags if data.get("tags") is None else list(data["tags"])
    product.category = code_of(data["category"]) if data.get("category") else product.category
    product.handle = data.get("handle") or product.handle or _free_handle(store, product)
    if data.get("files") is not None:
        before = {gid("MediaImage", one.id): one for one in product.pictures}
        product.pictures = [before.get(file.get("id") or "") or _picture(store, file) for file in data["files"]]
    return product


def _picture(store: Store, file: Row) -> Picture:
    return Picture(store.next_id(), file.get("originalSource") or "", file.get("alt") or "", store.now())


def _free_handle(store: Store, product: Product) -> str:
    base = slug(product.title) or "urun"
    taken = {p.address for p in store.products.values() if p is not product}
    return next(name for name in (base, *(f"{base}-{n}" for n in range(1, len(taken) + 2))) if name not in taken)


def write_variant(
    context: Context, store: Store, product: Product, row: Row, found: Variant | None, pair: list[tuple[str, str]]
) -> Variant:
    variant = found or Variant(
        store.next_id(), product.id, store.next_id(), "", "", "", 0, None, 20, store.now(), tracked=False
    )
    store.variants[variant.id] = variant
    item = row.get("inventoryItem") or {}
    variant.options, variant.title, variant.updated = pair, " / ".join(value for _, value in pair), store.now()
    variant.sku, variant.cost = _sku(row) or variant.sku, item.get("cost") or variant.cost
    variant.barcode = variant.barcode if "barcode" not in row else row["barcode"] or ""
    variant.price = variant.price if row.get("price") is None else kurus(row["price"])
    if "compareAtPrice" in row:
        variant.compare = None if row["compareAtPrice"] is None else kurus(row["compareAtPrice"])
    variant.policy = row.get("inventoryPolicy") or variant.policy
    variant.taxable = variant.taxable if row.get("taxable") is None else row["taxable"]
    variant.tracked = variant.tracked if item.get("tracked") is None else item["tracked"]
    for stock in row.get("inventoryQuantities") or []:
        level = store.activate(variant.item_id, number_of("Location", stock["locationId"]), 0)
        level.available = stock.get("availableQuantity", stock.get("quantity", 0))
        level.updated = store.now()
    if found is None:
        store.activate(variant.item_id, store.main.id, 0)
    if store is context.store:
        context.box.count("products_updated" if found else "products_created")
        context.box.count(f"write:{variant.sku}")
        if found is None:
            context.box.count(f"product:{variant.sku}")
    return variant


def drop(store: Store, variant: Variant) -> None:
    del store.variants[variant.id]
    for key in [key for key in store.levels if key[0] == variant.item_id]:
        del store.levels[key]


# -- channels and look-ups -----------------------------------------------------------------------------------------
def publishable_publish(info: Info, id: str, input: list[Row]) -> Row:
    context = guard(info, "write_publications")
    store = target(context)
    product = store.products.get(number_of("Product", id))
    wanted = [number_of("Publication", one.get("publicationId") or "") for one in input]
    errors = [] if product else [user_error(["id"], "Resource does not exist")]
    errors += [
        user_error(["input", str(place), "publicationId"], "Publication does not exist or is not publishable")
        for place, number in enumerate(wanted)
        if number not in PUBLICATIONS
    ]
    if errors or product is None:
        return {"publishable": None, "shop": shop_row(info), "userErrors": errors}
    if product.publications is not None:
        product.publications = product.publications | set(wanted)
        product.published = product.published or store.now()
    return {"publishable": product_row(store, product), "shop": shop_row(info), "userErrors": []}


def product_by_identifier(info: Info, identifier: Row) -> Row | None:
    context = guard(info, "read_products")
    store = context.store
    found = store.products.get(number_of("Product", identifier["id"])) if identifier.get("id") else None
    if identifier.get("handle"):
        found = next((p for p in store.products.values() if p.address == identifier["handle"]), None)
    return product_row(store, found) if found else None
