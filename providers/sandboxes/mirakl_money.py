"""Money of a Mirakl instance: refunds (OR28), cancelations of lines (OR30), the seller's transaction log (TL02).

Source: the seller OpenAPI document. Prices hold the VAT (TAX_INCLUDED). Never more may be refunded than was paid.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from providers.sandboxes.exact import DAY, number
from providers.sandboxes.mirakl_records import CURRENCY, Line, Money, Order
from providers.sandboxes.mirakl_rules import check_body
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, Fault, Refusal, coded, iso, kurus_of, seek_page

#: (code, label, type, the shop may use it)
REASONS = (
    ("1", "Ürün ulaşmadı", "INCIDENT_OPEN", False), ("10", "Yenisi ulaştı", "INCIDENT_CLOSE", False),
    ("15", "Stokta yok", "REFUND", True), ("16", "Müşteri iadesi", "REFUND", True), ("17", "Operatör kararı", "REFUND", False),
    ("34", "Gönderilmeden önce müşteri vazgeçti", "CANCELATION", True), ("35", "Stokta kalmadı", "CANCELATION", True),
    ("26", "Diğer soru", "ORDER_MESSAGING", True), ("33", "Ürün sorusu", "OFFER_MESSAGING", True),
)  # fmt: skip
PAYABLE_AFTER_S = 7 * DAY
PAID_AFTER_S = 14 * DAY
_NAMESPACE = uuid.UUID("6f1d2c1e-0000-4000-8000-000000002001")


def tax_in(order: Order, line: Line, amount: int) -> list[tuple[str, int]]:
    """The VAT inside `amount`; nothing where the operator sends no taxes."""
    vat = line.offer.product.vat
    return [(f"KDV{vat}", (amount * vat * 2 + (100 + vat)) // (2 * (100 + vat)))] if order.taxed else []


def tax_rows(order: Order, line: Line, amount: int) -> list[dict[str, Any]]:
    return [
        {"amount": number(tax), "code": code, "rate": line.offer.product.vat, "tax_calculation_rule": "PROPORTIONAL_TO_AMOUNT"}
        for code, tax in tax_in(order, line, amount)
    ]  # fmt: skip


def _taxes(line: Line, pairs: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"amount": number(amount), "code": code, "rate": line.offer.product.vat} for code, amount in pairs]


def _commission(money: Money) -> tuple[int, int]:
    fee = (money.amount + money.shipping) // 10
    return fee, fee // 5


def refund_row(order: Order, line: Line, one: Money) -> dict[str, Any]:
    """As OR11 shows it on the line."""
    fee, vat = _commission(one)
    return {
        "amount": number(one.amount), "commission_amount": number(fee), "commission_tax_amount": number(vat),
        "commission_taxes": [{"amount": number(vat), "code": "KDV"}], "commission_total_amount": number(fee + vat),
        "created_date": iso(one.created), "fees": [], "id": one.id, "order_refund_id": one.group, "quantity": one.quantity,
        "reason_code": one.reason, "refund_state": "WAITING_REFUND", "shipping_amount": number(one.shipping),
        "shipping_taxes": _taxes(line, one.shipping_taxes), "state": "WAITING_REFUND", "taxes": _taxes(line, one.taxes),
        "transaction_date": None, "transaction_number": None,
    }  # fmt: skip


def cancelation_row(order: Order, line: Line, one: Money) -> dict[str, Any]:
    fee, vat = _commission(one)
    return {
        "amount": number(one.amount), "commission_amount": number(fee),
        "commission_taxes": [{"amount": number(vat), "code": "KDV"}], "commission_total_amount": number(fee + vat),
        "created_date": iso(one.created), "fees": [], "id": one.id, "quantity": one.quantity, "reason_code": one.reason,
        "shipping_amount": number(one.shipping), "shipping_taxes": _taxes(line, one.shipping_taxes), "taxes": _taxes(line, one.taxes),
    }  # fmt: skip


# -- OR28, OR30 --------------------------------------------------------------------------------------------------------
def _lines(shop: Shop) -> dict[str, tuple[Order, Line]]:
    return {line.id: (order, line) for order in shop.orders.values() for line in order.lines}


def _amount(value: int | Decimal, where: str) -> int:
    kurus = kurus_of(value)
    if kurus is None or kurus < 0:
        raise coded(400, "VALIDATION_ERROR", "must be a positive amount with at most two decimals", where)
    return kurus


def _read(shop: Shop, name: str, reason_type: str, rows: list[dict[str, Any]]) -> list[tuple[Order, Line, Money]]:
    """The checked rows; nothing is changed yet. Taxes are required where the line has some."""
    known, found = _lines(shop), []
    allowed = {code for code, _, kind, right in REASONS if kind == reason_type and right}
    group = shop.uuid()
    for n, row in enumerate(rows):
        at = f"{name}[{n}]"
        if row["order_line_id"] not in known:
            raise Refusal(
                404,
                "Order line not found",
                [Fault("ORDER_LINE_NOT_FOUND", "Order line not found", f"{at}.order_line_id")],
            )
        order, line = known[row["order_line_id"]]
        if row["reason_code"] not in allowed:
            raise coded(400, "VALIDATION_ERROR", f"Unknown reason [{row['reason_code']}]", f"{at}.reason_code")
        if row.get("currency_iso_code", CURRENCY) != CURRENCY:
            raise coded(400, "VALIDATION_ERROR", "The currency is not the shop's", f"{at}.currency_iso_code")
        amount, shipping = (
            _amount(row["amount"], f"{at}.amount"),
            _amount(row["shipping_amount"], f"{at}.shipping_amount"),
        )
        taxes = {}
        for key, value in (("taxes", amount), ("shipping_taxes", shipping)):
            if tax_in(order, line, value) and value and not row.get(key):
                raise coded(400, "VALIDATION_ERROR", "is required, the order has taxes", f"{at}.{key}")
            taxes[key] = [
                (one.get("code", ""), _amount(one.get("amount", 0), f"{at}.{key}")) for one in row.get(key, [])
            ]
        quantity = row.get("quantity", 0)
        if not 0 <= quantity <= line.quantity or amount + shipping == 0:
            raise coded(400, "VALIDATION_ERROR", "Nothing to give back, or more than was ordered", f"{at}.quantity")
        key = str(1000 + shop.next_number())
        money = Money(
            key,
            group,
            amount,
            shipping,
            quantity,
            row["reason_code"],
            shop.now(),
            taxes["taxes"],
            taxes["shipping_taxes"],
        )
        found.append((order, line, money))
    return found


def refund(shop: Shop, call: Call) -> Answer:
    """OR28: all of it or nothing. A line whose whole amount is given back is REFUNDED."""
    body = check_body("OR28", call.json())
    read = _read(shop, "refunds", "REFUND", body["refunds"])
    for n, (_, line, money) in enumerate(read):
        same = [one for _, other, one in read[:n] if other is line]
        goods, shipping = line.refundable
        goods, shipping = goods - sum(one.amount for one in same), shipping - sum(one.shipping for one in same)
        if line.state not in ("SHIPPING", "SHIPPED", "TO_COLLECT", "RECEIVED", "CLOSED"):
            raise coded(400, "VALIDATION_ERROR", f"A line in state {line.state} cannot be refunded", f"refunds[{n}]")
        if money.amount > goods or money.shipping > shipping:
            raise coded(400, "VALIDATION_ERROR", "More than what is left to refund", f"refunds[{n}].amount")
    applied = shop.may_apply()
    for order, line, money in read if applied else ():
        line.refunds.append(money)
        order.updated = line.updated = call.now
        if line.refundable == (0, 0):
            line.state = "REFUNDED"
        shop.counts["refunds"] += 1
        shop.wrote()
    rows = [{**_given(line, one), "order_refund_id": one.group, "refund_id": one.id} for _, line, one in read]
    return Answer({"order_tax_mode": body.get("order_tax_mode", "TAX_INCLUDED"), "refunds": rows})


def cancel_lines(shop: Shop, call: Call) -> Answer:
    """OR30: pieces of lines before they are shipped. The line shrinks by them; with none left it is CANCELED."""
    body = check_body("OR30", call.json())
    read = _read(shop, "cancelations", "CANCELATION", body["cancelations"])
    for n, (order, line, money) in enumerate(read):
        if not order.cancellable or line.state not in ("WAITING_DEBIT", "WAITING_DEBIT_PAYMENT", "SHIPPING"):
            raise coded(
                400, "VALIDATION_ERROR", f"A line in state {line.state} cannot be canceled", f"cancelations[{n}]"
            )
        if money.quantity < 1 or money.amount > line.unit * money.quantity or money.shipping > line.shipping:
            raise coded(400, "VALIDATION_ERROR", "More than what the pieces cost", f"cancelations[{n}].amount")
    for order, line, money in read if shop.may_apply() else ():
        line.cancelations.append(money)
        order.updated = line.updated = call.now
        if money.quantity < line.quantity:
            line.quantity, line.shipping = line.quantity - money.quantity, line.shipping - money.shipping
        else:
            line.state = "CANCELED"
        if all(one.state in ("CANCELED", "REFUSED") for one in order.lines):
            shop.advance(order, "CANCELED", call.now)
        shop.counts["cancelations"] += 1
        shop.wrote()
    rows = [{**_given(line, one), "cancelation_id": one.id} for _, line, one in read]
    return Answer({"order_tax_mode": body.get("order_tax_mode", "TAX_INCLUDED"), "cancelations": rows})


def _given(line: Line, one: Money) -> dict[str, Any]:
    return {
        "amount": number(one.amount), "currency_iso_code": CURRENCY, "order_line_id": line.id, "quantity": one.quantity,
        "reason_code": one.reason, "shipping_amount": number(one.shipping), "shipping_taxes": _taxes(line, one.shipping_taxes),
        "taxes": _taxes(line, one.taxes),
    }  # fmt: skip


def reasons(shop: Shop, call: Call) -> Answer:
    """RE01, sorted by type."""
    rows = [
        {"code": code, "is_shop_right": right, "label": label, "type": kind}
        for code, label, kind, right in sorted(REASONS, key=lambda one: one[2])
    ]
    return Answer({"reasons": rows, "total_count": len(rows)})


# -- TL02 --------------------------------------------------------------------------------------------------------------
def _entries(shop: Shop) -> Iterator[tuple[int, str, int, str, Order | None, str]]:
    """(instant, type, signed amount, key, order, line): sales and commissions when the debit went through, refunds when made."""
    for order in shop.orders.values():
        if order.debited is None or order.state == "CANCELED":
            continue
        for line in order.lines:
            if line.state in ("REFUSED", "CANCELED"):
                continue
            amounts = (
                ("ORDER_AMOUNT", line.price), ("ORDER_SHIPPING_AMOUNT", line.shipping), ("COMMISSION_FEE", -line.commission),
                ("COMMISSION_VAT", -line.commission_vat),
            )  # fmt: skip
            yield from ((order.debited, kind, amount, line.id, order, line.id) for kind, amount in amounts if amount)
            for one in line.refunds:
                fee, vat = _commission(one)
                backs = (
                    ("REFUND_ORDER_AMOUNT", -one.amount), ("REFUND_ORDER_SHIPPING_AMOUNT", -one.shipping), ("REFUND_COMMISSION_FEE", fee),
                    ("REFUND_COMMISSION_VAT", vat),
                )  # fmt: skip
                yield from ((one.created, kind, amount, one.id, order, line.id) for kind, amount in backs if amount)


def _pay_day(at: int) -> int:
    """The first weekly payment a fortnight later."""
    return ((at + PAID_AFTER_S) // (7 * DAY) + 1) * 7 * DAY


def transactions(shop: Shop, call: Call) -> Answer:
    """TL02: newest first. What was due a fortnight ago is PAID; one PAYMENT a week takes it away."""
    entries = sorted([] if shop.on("empty_log") else _entries(shop), key=lambda one: (one[0], one[3], one[1]))
    paid: dict[int, int] = {}
    for at, _, amount, *_ in entries:
        day = _pay_day(at)
        if day <= call.now:
            paid[day] = paid.get(day, 0) + amount
    entries += [(day, "PAYMENT", -amount, f"V{day}", None, "") for day, amount in paid.items()]
    entries.sort(key=lambda one: (one[0], one[3], one[1]))
    rows, balance = [], 0
    for at, kind, amount, key, order, line in entries:
        balance += amount
        rows.append(_entry(call.now, at, kind, amount, key, order, line, balance))
    rows = [row for row in rows if _asked(row, call.args)]
    if call.args.get("order") != "asc":
        rows.reverse()
    page, tokens = seek_page(call, rows, [row["id"] for row in rows], 2000)
    return Answer({"data": page, **tokens})


def _asked(row: dict[str, Any], args: dict[str, Any]) -> bool:
    created = row["date_created"]
    since, until = args.get("date_created_from"), args.get("date_created_to")
    if (since is not None and created < iso(since)) or (until is not None and created > iso(until)):
        return False
    if "last_updated_from" in args and row["last_updated"] < iso(args["last_updated_from"]):
        return False
    entities = row["entities"]
    values = {
        "payment_state": row["payment_state"], "transaction_type": row["type"],
        "order_id": entities.get("order", {}).get("id"), "order_line_id": entities.get("order_line", {}).get("id"),
    }  # fmt: skip
    return all(values[name] in args[name] for name in values if name in args)


def _entry(
    now: int, at: int, kind: str, amount: int, key: str, order: Order | None, line: str, balance: int
) -> dict[str, Any]:
    entities: dict[str, Any] = {"domain": "PRODUCT"}
    if order is not None:
        entities["order"] = {"commercial_id": order.commercial, "creation_date": iso(order.created), "id": order.id}
        entities["order_line"] = {"id": line}
    state = "PENDING"
    if kind == "PAYMENT":
        state = "NOT_APPLICABLE"
    elif _pay_day(at) <= now:
        state = "PAID"
    elif now - at > PAYABLE_AFTER_S:
        state = "PAYABLE"
    return {
        "amount": number(amount), "amount_credited": number(max(amount, 0)), "amount_debited": number(max(-amount, 0)),
        "balance": number(balance), "currency_iso_code": CURRENCY, "date_created": iso(at), "entities": entities,
        "id": str(uuid.uuid5(_NAMESPACE, f"{kind}:{key}")), "last_updated": iso(at), "payment_state": state, "type": kind,
    }  # fmt: skip
