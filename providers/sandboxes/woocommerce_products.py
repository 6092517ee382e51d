"""wc/v3 products and variations: lists, one, new ones, price and stock writes, batches. What they are made of is woocommerce_publishing's.

Source: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce", "Products", "Stock and price", "Quirks".
`stock_quantity` counts only for a product that manages its stock, or is told to in the same body.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from typing import Any

from providers.sandboxes.woocommerce_orders import order_by, run_batch
from providers.sandboxes.woocommerce_publishing import CONTENT, take_content
from providers.sandboxes.woocommerce_shapes import product_row
from providers.sandboxes.woocommerce_state import Product, Site
from providers.sandboxes.woocommerce_wire import (
    Answer,
    Call,
    Problem,
    fold,
    invalid,
    read_date,
    read_money,
    trim,
    unknown,
)

PRODUCT_STATUSES = ("draft", "pending", "private", "publish")
TYPES = ("simple", "grouped", "external", "variable")
STOCK = ("instock", "outofstock", "onbackorder")
BACKORDERS = ("no", "notify", "yes")


def product_list(site: Site, call: Call) -> Answer:
    kind = call.one_of("type", ("", *TYPES), "")
    rows = (p for p in site.products.values() if not p.parent and (not kind or p.type == kind))
    return _list(site, call, rows)


def variation_list(site: Site, call: Call) -> Answer:
    parent = _product(site, call.ids[0])
    return _list(site, call, (site.products[number] for number in parent.children))


def _list(site: Site, call: Call, rows: Iterable[Product]) -> Answer:
    page, size = call.number("page", 1, 1), call.number("per_page", 10, 1, 100)
    field, descending = order_by(site, call)
    tests = _tests(call)
    found = [p for p in rows if all(test(p) for test in tests)]
    sorts: dict[str, Callable[[Product], Any]] = {
        "date": lambda p: (p.created, p.id),
        "modified": lambda p: (p.modified, p.id),
        "title": lambda p: (fold(p.name), p.id),
        "slug": lambda p: (fold(p.name), p.id),
    }
    found.sort(key=sorts.get(field, lambda p: p.id), reverse=descending)
    first = (page - 1) * size + call.number("offset", 0, 0)
    fields = call.query.get("_fields", "")
    return Answer([trim(product_row(site, p), fields) for p in found[first : first + size]], total=len(found))


def _tests(call: Call) -> list[Callable[[Product], bool]]:
    status = call.one_of("status", ("any", *PRODUCT_STATUSES), "any")
    stock = call.one_of("stock_status", ("", *STOCK), "")
    skus, include, exclude = set(call.words("sku")), set(call.numbers("include")), set(call.numbers("exclude"))
    after, before = call.date("after"), call.date("before")
    changed_after, changed_before = call.date("modified_after"), call.date("modified_before")
    search = fold(call.query.get("search", "").strip())
    return [
        lambda p: status in ("any", p.status),
        lambda p: stock in ("", p.stock_status),
        lambda p: not skus or p.sku in skus,
        lambda p: not include or p.id in include,
        lambda p: p.id not in exclude,
        lambda p: after is None or p.created > after,
        lambda p: before is None or p.created < before,
        lambda p: changed_after is None or p.modified > changed_after,
        lambda p: changed_before is None or p.modified < changed_before,
        lambda p: search in fold(p.name),
    ]


def _product(site: Site, number: Any, parent: int = 0) -> Product:
    product = site.products.get(number) if isinstance(number, int) else None
    if product is None or product.parent != parent:
        raise unknown("product_variation" if parent else "product")
    return product


def get_product(site: Site, call: Call) -> Answer:
    return _one(site, call, _product(site, call.ids[0]))


def get_variation(site: Site, call: Call) -> Answer:
    return _one(site, call, _product(site, call.ids[1], _product(site, call.ids[0]).id))


def _one(site: Site, call: Call, product: Product) -> Answer:
    return Answer(trim(product_row(site, product), call.query.get("_fields", "")))


def put_product(site: Site, call: Call) -> Answer:
    row = _write(site, _product(site, call.ids[0]), call.json())
    return Answer(trim(row, call.query.get("_fields", "")))


def put_variation(site: Site, call: Call) -> Answer:
    row = _write(site, _product(site, call.ids[1], _product(site, call.ids[0]).id), call.json())
    return Answer(trim(row, call.query.get("_fields", "")))


def product_batch(site: Site, call: Call) -> Answer:
    return _batch(site, call, 0)


def variation_batch(site: Site, call: Call) -> Answer:
    return _batch(site, call, _product(site, call.ids[0]).id)


def _batch(site: Site, call: Call, parent: int) -> Answer:
    return run_batch(
        site,
        call,
        lambda number, body: _write(site, _product(site, number, parent), body),
        lambda number: _delete(site, _product(site, number, parent)),
        lambda body: create(site, parent, body),
    )


def add_product(site: Site, call: Call) -> Answer:
    return Answer(trim(create(site, 0, call.json()), call.query.get("_fields", "")), 201)


def add_variation(site: Site, call: Call) -> Answer:
    parent = _product(site, call.ids[0]).id
    return Answer(trim(create(site, parent, call.json()), call.query.get("_fields", "")), 201)


def create(site: Site, parent: int, body: Any) -> dict[str, Any]:
    """A new product or, with `parent`, a variation. Checked whole before anything is kept."""
    if not isinstance(body, dict):
        raise Problem(400, "rest_invalid_param", "Invalid parameter(s): create")
    kind = "variation" if parent else body.get("type", "simple")
    if kind not in ("variation", *TYPES):
        raise invalid("type", f"type is not one of {', '.join(TYPES)}.")
    name = site.products[parent].name if parent else ""
    draft = Product(0, parent, kind, name, "", "", None, None, False, None, 20, site.now(), site.now())
    if site.on(f"refuse_product:{body.get('sku')}"):
        raise Problem(403, "woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources.")
    _take_texts(site, draft, body)
    _take_prices(draft, body)
    _take_stock(draft, body)
    take_content(site, draft, body)
    draft.id = site.next_id()
    if not site.on("ignore_products") and site.may_apply():
        site.products[draft.id] = draft
        if parent:
            site.products[parent].children.append(draft.id)
        site.wrote(draft.sku)
        site.counts["products_created"] += kind != "variable"
        if draft.sku:
            site.counts[f"product:{draft.sku}"] += 1
    return product_row(site, draft)


def _delete(site: Site, product: Product) -> dict[str, Any]:
    row = product_row(site, product)
    if site.may_apply():
        for number in (*product.children, product.id):
            del site.products[number]
        if product.parent:
            site.products[product.parent].children.remove(product.id)
        site.wrote(product.sku)
    return row


def _write(site: Site, product: Product, body: dict[str, Any]) -> dict[str, Any]:
    """Everything is checked before anything is changed. A write that a switch swallows is answered as if it were kept."""
    if site.on(f"refuse_sku:{product.sku}"):
        raise Problem(403, "woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource.")
    content = bool(CONTENT & body.keys())
    if content and site.on(f"refuse_product:{product.sku}"):
        raise Problem(403, "woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource.")
    draft = copy.copy(product)
    if not draft.parent and body.get("type", draft.type) not in TYPES:
        raise invalid("type", f"type is not one of {', '.join(TYPES)}.")
    draft.type = draft.type if draft.parent else body.get("type", draft.type)
    _take_texts(site, draft, body)
    _take_prices(draft, body)
    _take_stock(draft, body)
    take_content(site, draft, body)
    draft.modified = site.now()
    if not (content and site.on("ignore_products")) and site.may_apply():
        site.counts["products_updated"] += content and draft.type != "variable"
        site.products[product.id] = draft
        site.pool = [draft if one.id == draft.id else one for one in site.pool]
        site.wrote(draft.sku)
    return product_row(site, draft)


def _take_texts(site: Site, draft: Product, body: dict[str, Any]) -> None:
    for name in ("name", "sku", "weight", "global_unique_id"):
        if not isinstance(body.get(name, ""), str):
            raise invalid(name, f"{name} is not of type string.")
    for name, allowed in (("status", PRODUCT_STATUSES), ("stock_status", STOCK), ("backorders", BACKORDERS)):
        if name in body and body[name] not in allowed:
            raise invalid(name, f"{name} is not one of {', '.join(allowed)}.")
    sku = body.get("sku", draft.sku)
    same = next((one for one in site.products.values() if one.sku == sku and one.id != draft.id), None)
    if sku and same is not None:
        raise Problem(400, "woocommerce_product_invalid_sku", "Invalid or duplicated SKU.", resource_id=same.id)
    draft.sku, draft.weight = sku, body.get("weight", draft.weight)
    gtin = re.sub(r"[^0-9-]", "", body["global_unique_id"]) if "global_unique_id" in body else draft.gtin
    if gtin and gtin != draft.gtin and any(one.gtin == gtin for one in site.products.values()):
        raise Problem(400, "product_invalid_global_unique_id", "Invalid or duplicated GTIN, UPC, EAN or ISBN.")
    draft.gtin = gtin
    draft.status = body.get("status", draft.status)
    if not draft.parent:
        draft.name = body.get("name", draft.name)


def _take_prices(draft: Product, body: dict[str, Any]) -> None:
    regular = read_money(body["regular_price"], "regular_price") if "regular_price" in body else draft.regular
    sale = read_money(body["sale_price"], "sale_price") if "sale_price" in body else draft.sale
    starts = _sale_date(body, "date_on_sale_from", draft.sale_from)
    ends = _sale_date(body, "date_on_sale_to", draft.sale_to)
    if draft.type != "variable":  # its price comes from its variations
        draft.regular, draft.sale, draft.sale_from, draft.sale_to = regular, sale, starts, ends


def _sale_date(body: dict[str, Any], name: str, otherwise: int | None) -> int | None:
    for key, gmt in ((name, False), (f"{name}_gmt", True)):
        if key in body:
            value = body[key]
            if value is None or value == "":
                return None
            if not isinstance(value, str):
                raise invalid(key, "Invalid date.")
            return int(read_date(value, key, gmt=gmt))
    return otherwise


def _take_stock(draft: Product, body: dict[str, Any]) -> None:
    manage = body.get("manage_stock", draft.manage)
    if manage in ("true", "false"):
        manage = manage == "true"
    if not isinstance(manage, bool):
        raise invalid("manage_stock", "manage_stock is not of type boolean.")
    quantity = body.get("stock_quantity")
    if isinstance(quantity, str) and re.fullmatch(r"-?\d{1,9}", quantity, re.ASCII):
        quantity = int(quantity)
    if quantity is not None and (isinstance(quantity, bool) or not isinstance(quantity, int)):
        raise invalid("stock_quantity", "stock_quantity is not of type integer.")
    draft.manage = manage
    draft.backorders = body.get("backorders", draft.backorders)
    draft.stock_status = body.get("stock_status", draft.stock_status)
    if manage and quantity is not None:
        draft.stock = quantity
    draft.settle_stock()
