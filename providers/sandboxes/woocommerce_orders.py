"""wc/v3 orders: the list with its filters, one order, notes, refunds, batch, and pages rendered beforehand.

Source: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce", "Orders", "Shipping/tracking", "Cancel", "Refund".
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from providers.sandboxes.woocommerce_shapes import order_row
from providers.sandboxes.woocommerce_state import LISTED, STATUSES, Order, Site
from providers.sandboxes.woocommerce_wire import Answer, Call, Problem, dates, dump, fold, invalid, money, trim, unknown

#: Parameters that a page rendered beforehand can answer; keys of the door do not count.
_PLAIN = {"page", "per_page", "orderby", "order", "status", "modified_after", "after", "dates_are_gmt", "_fields"}
_DOOR = re.compile(r"oauth_\w+|consumer_key|consumer_secret|rest_route")
_SORT: dict[str, Callable[[Order], Any]] = {
    "date": lambda o: (o.created, o.id),
    "modified": lambda o: (o.modified, o.id),
    "id": lambda o: o.id,
    "title": lambda o: (o.created, o.id),  # an order's title is made of its date
    "slug": lambda o: (o.created, o.id),
    "include": lambda o: o.id,
}


def order_by(site: Site, call: Call) -> tuple[str, bool]:
    """The field and whether it descends. `modified` is unknown to older shops."""
    fields = ("date", "id", "include", "title", "slug") + (("modified",) if site.on("orderby_modified") else ())
    return call.one_of("orderby", fields, "date"), call.one_of("order", ("asc", "desc"), "desc") == "desc"


def order_list(site: Site, call: Call) -> Answer:
    page, size = call.number("page", 1, 1), call.number("per_page", 10, 1, 100)
    field, descending = order_by(site, call)
    fields = call.query.get("_fields", "")
    ready = None if descending else _ready(site, call, field, fields, size)
    if ready is not None:
        return Answer(body=ready[page - 1] if page <= len(ready) else b"[]", total=site.pages_total)
    rows = _matching(site, call, field, descending)
    first = (page - 1) * size + call.number("offset", 0, 0)
    dp = call.number("dp", 2, 0, 8)
    taken = rows[first : first + size]
    return Answer([trim(order_row(site, order, dp), fields) for order in taken], total=len(rows))


def prerender(site: Site, size: int, fields: str = "") -> None:
    """Render every page of `orderby=date|modified&order=asc` for this page size to bytes. Any change of an order undoes it."""
    rows = [order for order in site.orders.values() if order.status not in ("trash", "checkout-draft")]
    text = {order.id: dump(trim(order_row(site, order), fields)) for order in rows}
    for field in ("date", "modified"):
        rows.sort(key=_SORT[field])
        pages = [b",".join(text[o.id] for o in rows[i : i + size]) for i in range(0, len(rows), size)]
        site.pages[field, fields, size] = [b"[" + page + b"]" for page in pages]
    site.pages_total = len(rows)
    site.pages_oldest = (min((o.created for o in rows), default=0), min((o.modified for o in rows), default=0))


def _ready(site: Site, call: Call, field: str, fields: str, size: int) -> list[bytes] | None:
    """The pages rendered beforehand, when the filters of this call leave no order out."""
    if not site.pages or site.on("empty_orders"):
        return None
    if any(key not in _PLAIN and not _DOOR.fullmatch(key) for key, _ in call.pairs):
        return None
    if call.words("status") not in ([], ["any"]):
        return None
    for name, oldest in zip(("after", "modified_after"), site.pages_oldest, strict=True):
        moment = call.date(name)
        if moment is not None and moment >= oldest:
            return None
    if (field, fields, size) not in site.pages:
        if ("date", "", size) not in site.pages:
            return None
        prerender(site, size, fields)
    return site.pages[field, fields, size]


def _matching(site: Site, call: Call, field: str, descending: bool) -> list[Order]:
    if site.on("empty_orders"):
        return []
    skipped = {"page", "per_page", "offset", "_fields", "dp"}
    key = (tuple(sorted(p for p in call.pairs if p[0] not in skipped and not _DOOR.fullmatch(p[0]))), field, descending)
    found = site.sorted.get(key)
    if found is None:
        tests = _tests(call)
        found = sorted(
            (o for o in site.orders.values() if all(t(o) for t in tests)), key=_SORT[field], reverse=descending
        )
        if field == "include":
            wanted = call.numbers("include")
            found.sort(key=lambda o: wanted.index(o.id) if o.id in wanted else len(wanted))
        site.sorted[key] = found
    return found


def _tests(call: Call) -> list[Callable[[Order], bool]]:
    statuses = set(call.words("status")) or {"any"}
    if statuses - {*LISTED, "any"}:
        raise invalid("status", f"status[0] is not one of any, {', '.join(LISTED)}.")
    tests: list[Callable[[Order], bool]] = []
    if "any" in statuses:
        tests.append(lambda o: o.status not in ("trash", "checkout-draft"))
    else:
        tests.append(lambda o: o.status in statuses)
    after, before = call.date("after"), call.date("before")
    changed_after, changed_before = call.date("modified_after"), call.date("modified_before")
    if after is not None:
        tests.append(lambda o: o.created > after)
    if before is not None:
        tests.append(lambda o: o.created < before)
    if changed_after is not None:
        tests.append(lambda o: o.modified > changed_after)
    if changed_before is not None:
        tests.append(lambda o: o.modified < changed_before)
    include, exclude, parents = set(call.numbers("include")), set(call.numbers("exclude")), set(call.numbers("parent"))
    if include:
        tests.append(lambda o: o.id in include)
    if exclude:
        tests.append(lambda o: o.id not in exclude)
    if parents:
        tests.append(lambda o: 0 in parents)
    customer, product = call.number("customer", -1, 0), call.number("product", -1, 0)
    if customer >= 0:
        tests.append(lambda o: o.customer == customer)
    if product >= 0:
        tests.append(lambda o: any(product in (line.product, line.variation) for line in o.lines))
    search = fold(call.query.get("search", "").strip())
    if search:
        tests.append(lambda o: search in fold(f"{o.id} {o.buyer.first} {o.buyer.last} {o.buyer.email} {o.buyer.phone}"))
    return tests


def _order(site: Site, number: Any) -> Order:
    order = site.orders.get(number) if isinstance(number, int) else None
    if order is None:
        raise unknown("shop_order")
    return order


def get_order(site: Site, call: Call) -> Answer:
    row = order_row(site, _order(site, call.ids[0]), call.number("dp", 2, 0, 8))
    return Answer(trim(row, call.query.get("_fields", "")))


def put_order(site: Site, call: Call) -> Answer:
    return Answer(trim(_write(site, call.ids[0], call.json()), call.query.get("_fields", "")))


def delete_order(site: Site, call: Call) -> Answer:
    return Answer(_delete(site, call.ids[0], call.flag("force")))


def _write(site: Site, number: Any, body: dict[str, Any]) -> dict[str, Any]:
    order = _order(site, number)
    status = body.get("status", order.status)
    if status not in STATUSES and status != order.status:
        raise invalid("status", f"status is not one of {', '.join(STATUSES)}.")
    for name in ("customer_note", "transaction_id"):
        if not isinstance(body.get(name, ""), str):
            raise invalid(name, f"{name} is not of type string.")
    for name in ("billing", "shipping"):
        part = body.get(name, {})
        if not isinstance(part, dict) or not all(isinstance(v, str) for v in part.values()):
            raise invalid(name, f"{name} is not of type object.")
    meta = body.get("meta_data", [])
    if not isinstance(meta, list) or not all(isinstance(one, dict) and isinstance(one.get("key"), str) for one in meta):
        raise invalid("meta_data", "meta_data is not of type array.")
    kept = site.may_apply()
    target = order if kept else copy.deepcopy(order)
    target.customer_note = body.get("customer_note", target.customer_note)
    target.transaction = body.get("transaction_id", target.transaction)
    target.billing |= body.get("billing", {})
    target.delivery |= body.get("shipping", {})
    for one in meta:
        target.meta = [old for old in target.meta if old["key"] != one["key"]]
        target.meta.append({"id": site.next_id(), "key": one["key"], "value": one.get("value")})
    if body.get("set_paid") is True and target.paid is None:
        target.paid = site.now()
    if kept:
        if status != order.status:
            site.set_status(order, status)
        site.changed(order)
        site.wrote()
        site.counts[f"order:{order.id}"] += 1
    else:
        target.status, target.modified = status, site.now()
    return order_row(site, target)


def _delete(site: Site, number: Any, force: bool) -> dict[str, Any]:
    order = _order(site, number)
    row = order_row(site, order)
    if site.may_apply():
        if force:
            del site.orders[order.id]
            site.forget_pages()
        else:
            site.set_status(order, "trash")
        site.wrote()
    return row


# -- batch ---------------------------------------------------------------------------------------------------------
def run_batch(
    site: Site,
    call: Call,
    update: Callable[[Any, dict[str, Any]], dict[str, Any]],
    delete: Callable[[Any], dict[str, Any]],
    create: Callable[[Any], dict[str, Any]] | None = None,
) -> Answer:
    """At most 100 objects; one that failed carries its own `error` and the answer stays 200."""
    body = call.json()
    lists = {name: body.get(name, []) for name in ("create", "update", "delete")}
    for name, rows in lists.items():
        if not isinstance(rows, list):
            raise invalid(name, f"{name} is not of type array.")
    if sum(len(rows) for rows in lists.values()) > 100:
        raise Problem(
            413, "woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items for this request."
        )
    site.counts["batches_taken"] += 1
    reply: dict[str, list[dict[str, Any]]] = {}

    def each(name: str, act: Callable[[Any], dict[str, Any]], identity: Callable[[Any], Any]) -> None:
        for one in lists[name]:
            try:
                row = act(one)
            except Problem as problem:
                row = {"id": identity(one), "error": problem.body()}
            reply.setdefault(name, []).append(row)

    each("create", create or _not_here, lambda one: 0)
    each(
        "update",
        lambda one: update(one.get("id") if isinstance(one, dict) else None, one if isinstance(one, dict) else {}),
        lambda one: one.get("id", 0) if isinstance(one, dict) else 0,
    )
    each("delete", delete, lambda one: one)
    return Answer(reply)


def _not_here(one: Any) -> dict[str, Any]:
    raise Problem(403, "woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources.")


def order_batch(site: Site, call: Call) -> Answer:
    return run_batch(
        site, call, lambda number, body: _write(site, number, body), lambda number: _delete(site, number, False)
    )


# -- notes and refunds ---------------------------------------------------------------------------------------------
def note_list(site: Site, call: Call) -> Answer:
    return Answer(list(reversed(_order(site, call.ids[0]).notes)))


def add_note(site: Site, call: Call) -> Answer:
    order, body = _order(site, call.ids[0]), call.json()
    text, mailed = body.get("note"), body.get("customer_note", False)
    if text is None:
        raise Problem(400, "rest_missing_callback_param", "Missing parameter(s): note", params=["note"])
    if not isinstance(text, str) or not isinstance(mailed, bool):
        raise invalid("note", "note is not of type string.")
    note = {
        "id": site.next_id(),
        "author": "WooCommerce",
        **dates("date_created", site.now()),
        "note": text,
        "customer_note": mailed,
    }
    if site.may_apply():
        order.notes.append(note)
        site.counts["notes"] += 1
        site.counts["mails"] += mailed
    return Answer(note, 201)


def refund_list(site: Site, call: Call) -> Answer:
    return Answer([_public(one) for one in reversed(_order(site, call.ids[0]).refunds)])


def _public(refund: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in refund.items() if name != "kurus"}


def add_refund(site: Site, call: Call) -> Answer:
    """`api_refund` is true unless said otherwise: it calls the payment gateway, counted as `gateway_refunds`."""
    order, body = _order(site, call.ids[0]), call.json()
    raw, reason, rows = body.get("amount"), body.get("reason", ""), body.get("line_items", [])
    if not isinstance(raw, str) or not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", raw, re.ASCII):
        raise invalid("amount", "amount is not of type string.")
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows) or not isinstance(reason, str):
        raise invalid("line_items", "line_items is not of type array.")
    kurus = int(Decimal(raw) * 100)
    left = order.total - sum(one["kurus"] for one in order.refunds)
    if not 0 < kurus <= left:
        raise Problem(
            400,
            "woocommerce_rest_invalid_order_refund_amount",
            "Refund amount must be greater than zero and within the order.",
        )
    lines = {line.id: line for line in order.lines}
    if any(not isinstance(one.get("id"), int) or one["id"] not in lines for one in rows):
        raise Problem(400, "woocommerce_rest_invalid_item_id", "Order item ID provided is not associated with order.")
    gateway = body.get("api_refund", True) is not False
    refund = {
        "id": site.next_id(), **dates("date_created", site.now()), "amount": money(kurus), "reason": reason, "refunded_by": 1,
        "refunded_payment": gateway, "meta_data": [], "line_items": [{"id": one["id"], "quantity": one.get("quantity", 0)} for one in rows],
        "kurus": kurus,
    }  # fmt: skip
    if site.may_apply():
        order.refunds.append(refund)
        site.counts["refunds"] += 1
        site.counts["gateway_refunds"] += gateway
        if body.get("api_restock", True) is not False:
            for one in rows:
                _restock(site, lines[one["id"]].variation or lines[one["id"]].product, one.get("quantity", 0))
        if kurus == left:
            site.set_status(order, "refunded")
        site.changed(order)
        site.wrote()
    return Answer(_public(refund), 201)


def _restock(site: Site, number: int, quantity: int) -> None:
    product = site.products.get(number)
    if product is not None and product.manage:
        product.stock = (product.stock or 0) + quantity
        product.settle_stock()
        product.modified = site.now()
