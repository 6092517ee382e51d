"""Returns of a Mirakl instance: RT11, and RT21 (accept or refuse), RT25 (received), RT26 (compliance), RT27 (closed), RT29 (canceled).

Source: the seller OpenAPI document. Each call answers per return: some may succeed while others are refused. No money moves here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from providers.sandboxes.exact import DAY
from providers.sandboxes.mirakl_records import Order, Return
from providers.sandboxes.mirakl_rules import check_body
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, iso, seek_page

REASONS = (
    "RETURN_CHANGED_MIND",
    "RETURN_DEFECTIVE_ITEM",
    "RETURN_PDNT_TOO_SMALL",
    "RETURN_INACCURATE_ITEM_DESCRIPTION",
)


def add_return(shop: Shop, order: Order, created: int) -> Return:
    """The buyer gives one piece of the first line back."""
    one = Return(shop.uuid(), order, [(order.lines[0], 1, shop.rng.choice(REASONS))], created, created)
    if shop.now() - created > 10 * DAY:  # the older ones are dealt with
        one.state, one.updated = shop.rng.choice((("REFUSED", created + DAY), ("CLOSED", created + 5 * DAY)))
        one.rejection = "RETURN_REJECTION_NOT_ELIGIBLE" if one.state == "REFUSED" else None
    shop.returns[one.id] = one
    return one


def list_returns(shop: Shop, call: Call) -> Answer:
    rows = [one for one in shop.returns.values() if not shop.on("empty_returns") and _wanted(one, call.args)]
    rows.sort(key=lambda one: (one.created, one.id), reverse=call.args.get("order") == "desc")
    page, tokens = seek_page(call, rows, [one.id for one in rows])
    return Answer({"data": [_row(one) for one in page], **tokens})


def _wanted(one: Return, args: dict[str, Any]) -> bool:
    if not args.get("return_creation_date_from", 0) <= one.created <= args.get("return_creation_date_to", one.created):
        return False
    if not args.get("return_last_updated_from", 0) <= one.updated <= args.get("return_last_updated_to", one.updated):
        return False
    values = {
        "return_id": {one.id}, "return_state": {one.state}, "order_commercial_id": {one.order.commercial}, "return_rma": {f"RMA-{one.id[:8]}"},
        "customer_id": {one.order.customer}, "order_line_id": {line.id for line, _, _ in one.lines},
    }  # fmt: skip
    return all(values[name] & set(args[name]) for name in values if name in args)


def _row(one: Return) -> dict[str, Any]:
    tracking = None
    if one.tracking:
        tracking = {"carrier_code": "SURAT", "carrier_name": "Sürat Kargo", "tracking_number": one.tracking}
    return {
        "date_created": iso(one.created), "description": None, "documents": [], "id": one.id, "label_url": None,
        "last_updated": iso(one.updated), "method_code": "RETURN_METHOD_BY_MAIL", "order_commercial_id": one.order.commercial,
        "order_id": one.order.id, "reason_code": one.lines[0][2], "rejection_reason_code": one.rejection,
        "return_address": {
            "city": "İstanbul", "country_iso_code": "TUR", "state": "Kadıköy", "street1": "Depo Sk. No:1", "street2": None,
            "zip_code": "34710",
        },
        "return_lines": [
            {
                "compliance": [one.compliance[line.id]] if line.id in one.compliance else None, "order_line_id": line.id,
                "quantity": pieces, "reason_code": reason,
            }
            for line, pieces, reason in one.lines
        ],
        "rma": f"RMA-{one.id[:8]}", "state": one.state, "tracking": tracking,
    }  # fmt: skip


Act = Callable[[Return, dict[str, Any]], str]


def _each(shop: Shop, call: Call, act: Act) -> Answer:
    """`act` changes a copy's worth of state or says why not."""
    body = check_body(call.operation, call.json())
    success: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for row in body["returns"]:
        one = shop.returns.get(row["id"])
        if one is None:
            errors.append({"id": row["id"], "message": f"Return with id [{row['id']}] not found"})
            continue
        before = (one.state, one.rejection, dict(one.compliance))
        why = act(one, row)
        if why:
            errors.append({"id": one.id, "message": why})
            continue
        success.append({"id": one.id})
        if shop.may_apply():
            one.updated = call.now
            shop.counts[f"return:{one.id}"] += 1
            shop.wrote()
        else:
            one.state, one.rejection, one.compliance = before
    return Answer({"return_errors": errors, "return_success": success})


def accept(shop: Shop, call: Call) -> Answer:
    """RT21: a refusal needs a reason."""

    def act(one: Return, row: dict[str, Any]) -> str:
        if one.state != "WAITING_ACCEPTANCE":
            return f"The return is in state {one.state}"
        if not row["accepted"] and "rejection_reason_code" not in row:
            return "A rejection reason is required"
        one.state = "IN_PROGRESS" if row["accepted"] else "REFUSED"
        one.rejection = None if row["accepted"] else row["rejection_reason_code"]
        return ""

    return _each(shop, call, act)


def step(allowed: tuple[str, ...], after: str) -> Callable[[Shop, Call], Answer]:
    """RT25, RT27, RT29: from one of `allowed` to `after`."""

    def act(one: Return, row: dict[str, Any]) -> str:
        if one.state not in allowed:
            return f"The return is in state {one.state}"
        one.state = after
        return ""

    return lambda shop, call: _each(shop, call, act)


def judge(shop: Shop, call: Call) -> Answer:
    """RT26: once it is here, line by line."""

    def act(one: Return, row: dict[str, Any]) -> str:
        own = {line.id for line, _, _ in one.lines}
        if one.state != "RECEIVED":
            return f"The return is in state {one.state}"
        if any(line["order_line_id"] not in own for line in row["return_lines"]):
            return "An order line is not part of the return"
        if any(not line["compliant"] and not line.get("non_compliance_reason_code") for line in row["return_lines"]):
            return "A non-compliance reason is required"
        for line in row["return_lines"]:
            one.compliance[line["order_line_id"]] = {
                "compliant": line["compliant"], "non_compliance_additional_info": line.get("non_compliance_additional_info"),
                "non_compliance_reason_code": line.get("non_compliance_reason_code"),
            }  # fmt: skip
        return ""

    return _each(shop, call, act)
