"""Hepsiburada's record-based accounting: what each delivered line earned and was charged, and when it is or was paid.

Source: Hepsiburada's OpenAPI document "muhasebe-entegrasyonu" v1.0 (captured 2026-05-31 by loncadev/lonca:specs/hepsiburada/
mpfinance-external.json, one of the copies that reference/marketplaces-tr.md names) and the page "Muhasebe Önemli Bilgiler": `Offset` and
`Limit` (at most 100) are required, and one of the four spans or a number. Computed from the packages and claims at every call. Invented:
the share of commission, the fee per package, the term of payment, that every amount is positive and `isIncome` says its direction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from providers.sandboxes.exact import DAY, ISTANBUL, number
from providers.sandboxes.hepsiburada_state import Line, Order, Package, Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, bad, local

MOST = 100
COMMISSION, FEE, TERM = 15, 8_49, 14 * DAY
#: Kind -> (whether the seller gets it, whether Hepsiburada invoices it, the category). The categories are guesses.
KINDS = {
    "Payment": (True, False, "Sale"), "Commission": (False, True, "Commission"), "DeliveryProcessingFee": (False, True, "Cargo"),
    "Return": (False, False, "Return"), "CommissionRefund": (True, True, "Commission"),
}  # fmt: skip
#: What else the document lets a caller ask for; this merchant has no record of them.
OTHER_KINDS = frozenset({
    "Stoppage", "StoppageRefund", "VAT", "TotalPayment", "Deposit", "BalanceCorrection", "CampaignDiscount", "CampaignDiscountRefund",
    "MarketingExpense", "MarketingExpenseRefund", "CargoCompensationIncome", "ReturnProcessingFeeExpense", "ReturnDeliveryProcessingFee",
    "DeliveryProcessingFeeRefund", "ProcessingFeeExpense", "ProcessingFeeExpenseRefund", "CustomerSatisfaction", "LateInterestExpense",
    "PriceDifferenceExpense", "PriceDifferenceRefund", "ShipmentCostSharingExpense", "ShipmentCostSharingIncome", "CommissionCorrection",
})  # fmt: skip
STATUSES = ("Paid", "WillBePaid")
_NUMBERS = ("ordernumber", "packagenumber", "referencedocument", "sku")
_SPANS = ("orderdate", "duedate", "recorddate", "paymentdate")
_KNOWN = {
    "offset",
    "limit",
    "transactiontypes",
    "status",
    *_NUMBERS,
    *(one + end for one in _SPANS for end in ("start", "end")),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)


@dataclass(frozen=True)
class Record:
    """`recorded`: epoch seconds. `kurus` is always positive."""

    kind: str
    recorded: int
    order: Order
    line: Line
    package: Package
    quantity: int
    kurus: int

    @property
    def id(self) -> str:
        return f"{self.line.id}-{tuple(KINDS).index(self.kind)}"

    @property
    def due(self) -> int:
        return self.recorded + TERM


def records(shop: Shop) -> Iterator[Record]:
    """ "Financial records come into being after the order was delivered"; an accepted return takes its line back."""
    for package in shop.packages.values():
        if package.status != "Delivered":
            continue
        living = [pair for pair in package.parts if pair[1].status != "Cancelled"]
        for n, (order, line) in enumerate(living):
            total = line.unit * line.quantity
            yield Record("Payment", package.changed, order, line, package, line.quantity, total)
            yield Record("Commission", package.changed, order, line, package, line.quantity, _commission(total))
            if not n:
                yield Record("DeliveryProcessingFee", package.changed, order, line, package, 1, FEE)
    for claim in shop.claims.values():
        taken = shop.packages.get(claim.line.package)
        if claim.status in ("Accepted", "Refunded") and taken is not None:
            line, total = claim.line, claim.line.unit * claim.line.quantity
            yield Record("Return", claim.status_at, claim.order, line, taken, line.quantity, total)
            yield Record(
                "CommissionRefund", claim.status_at, claim.order, line, taken, line.quantity, _commission(total)
            )


def _commission(kurus: int) -> int:
    return kurus * COMMISSION // 100


def transactions(shop: Shop, call: Call) -> Answer:
    """Names of parameters are read without regard to case, as the document and the page spell them differently."""
    query = _query(call)
    offset, limit = _count(query, "offset", 0, None), _count(query, "limit", 1, MOST)
    spans = {one: (_moment(query, one + "start"), _moment(query, one + "end")) for one in _SPANS}
    wanted = {one: query[one] for one in _NUMBERS if query.get(one)}
    if not wanted and not any(begin is not None and end is not None for begin, end in spans.values()):
        raise bad("RecordDateStart", "Tarih aralıklarından en az biri girilmelidir")
    kinds, statuses = _words(query, "transactiontypes"), _words(query, "status")
    if kinds - set(KINDS) - OTHER_KINDS:
        raise bad("TransactionTypes", "Geçersiz transactionTypes")
    if statuses - set(STATUSES):
        raise bad("Status", "Geçersiz status")
    rows = [
        one
        for one in records(shop)
        if (not kinds or one.kind in kinds)
        and (not statuses or _status(one, call.now) in statuses)
        and all(_within(_instants(name)(one, call.now), *span) for name, span in spans.items())
        and all(_number(one, name) == value for name, value in wanted.items())
    ]
    rows.sort(key=lambda one: (one.recorded, one.id))
    return Answer(
        200, {"count": len(rows), "items": [_row(shop, one, call.now) for one in rows[offset : offset + limit]]}
    )


def _query(call: Call) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in call.query.items():
        low = name.lower()
        if low not in _KNOWN or low in found:
            raise bad(name, f"{name}: geçersiz parametre")
        found[low] = value
    return found


def _count(query: dict[str, str], name: str, low: int, high: int | None) -> int:
    raw = query.get(name, "")
    if not re.fullmatch(r"\d{1,9}", raw, re.ASCII) or int(raw) < low or (high is not None and int(raw) > high):
        raise bad(name.capitalize(), f"{name} zorunludur" if not raw else f"{name} geçersiz")
    return int(raw)


def _moment(query: dict[str, str], name: str) -> int | None:
    """A date or a date and time; without a zone it is Istanbul's (a guess), as everywhere at this vendor."""
    raw = query.get(name, "")
    if not raw:
        return None
    try:
        if _MOMENT.fullmatch(raw):
            found = datetime.fromisoformat(raw)
            return int((found if found.tzinfo else found.replace(tzinfo=ISTANBUL)).timestamp())
    except ValueError:
        pass
    raise bad(name, f"'{raw}' is not valid for {name}.")


def _words(query: dict[str, str], name: str) -> set[str]:
    return {word.strip() for word in query.get(name, "").split(",") if word.strip()}


def _within(at: int | None, begin: int | None, end: int | None) -> bool:
    if begin is None and end is None:
        return True
    return at is not None and (begin is None or begin <= at) and (end is None or at <= end)


def _instants(span: str) -> Callable[[Record, int], int | None]:
    table: dict[str, Callable[[Record, int], int | None]] = {
        "orderdate": lambda one, now: one.order.placed, "duedate": lambda one, now: one.due, "recorddate": lambda one, now: one.recorded,
        "paymentdate": _paid,
    }  # fmt: skip
    return table[span]


def _paid(one: Record, now: int) -> int | None:
    return one.due if one.due <= now else None


def _status(one: Record, now: int) -> str:
    return "WillBePaid" if _paid(one, now) is None else "Paid"


def _invoice(one: Record) -> str:
    """One invoice of Hepsiburada's a day and kind."""
    return f"HBF{one.recorded // DAY:08d}{tuple(KINDS).index(one.kind)}" if KINDS[one.kind][1] else ""


def _number(one: Record, name: str) -> str:
    return {
        "ordernumber": one.order.number, "packagenumber": one.package.number, "referencedocument": _invoice(one), "sku": one.line.hb_sku,
    }[name]  # fmt: skip


def _money(kurus: int) -> dict[str, Any]:
    return {"value": number(kurus), "currencyCode": "TRY"}


def _row(shop: Shop, one: Record, now: int) -> dict[str, Any]:
    income, invoiced, category = KINDS[one.kind]
    rate = 20 if invoiced else one.line.vat
    tax = (one.kurus * rate * 2 + 100 + rate) // ((100 + rate) * 2)
    paid = _paid(one, now)
    return {
        "id": one.id, "transactionType": one.kind, "status": _status(one, now), "sku": one.line.hb_sku,
        "packageNumber": one.package.number, "orderNumber": one.order.number, "invoiceNumber": _invoice(one),
        "orderItemNumber": one.line.id, "quantity": one.quantity, "amount": _money(one.kurus), "taxAmount": _money(tax),
        "netAmount": _money(one.kurus - tax), "orderDate": local(one.order.placed),
        "invoiceDate": local(one.recorded) if invoiced else None, "dueDate": local(one.due),
        "paymentDate": None if paid is None else local(paid), "invoiceExplanation": None, "merchantId": shop.merchant,
        "isInvoice": invoiced, "isIncome": income, "transactionTypeCategory": category, "productName": one.line.title,
    }  # fmt: skip
