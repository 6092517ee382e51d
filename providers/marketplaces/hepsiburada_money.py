"""Hepsiburada's accounting records (payments, commissions, deductions) as they come over the wire, and what is made of them. Pure.
Must never turn a sum that is owed by the merchant into one that is owed to the merchant.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (Finance: the path), and Hepsiburada's own OpenAPI document of the
accounting service (version of May 2026), which names the filters, the fields, the types and the two states. That amounts are told
without a sign and `isIncome` is the sign, and that dates are Turkish time, is unconfirmed. A record can be asked for by its day and
does not tell it: each day is asked for by itself, and its records are booked on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

import msgspec

from app.contracts import Message, Page, fail
from app.kit import Call, Reply, decode_json, maybe, read_records, with_params
from app.model import Money, SettlementKind, SettlementLine, Vat, Window, clean, fold, parse_iso
from providers.marketplaces.hepsiburada_calls import ZONE

_K = SettlementKind
_EXACT = {
    "payment": _K.SALE,  # what a delivered line brings
    "return": _K.RETURN,
    "totalpayment": _K.PAYMENT,  # the transfer (unconfirmed)
}
#: Else the first word that is in a type's name (ReturnShipmentCostSharingExpense is cargo, ReturnProcessingFeeExpense a fee).
_PARTS = (
    ("commission", _K.COMMISSION), ("stoppage", _K.WITHHOLDING), ("cargo", _K.CARGO), ("shipment", _K.CARGO),
    ("delivery", _K.CARGO), ("transport", _K.CARGO), ("fee", _K.SERVICE_FEE), ("paymentservice", _K.SERVICE_FEE),
)  # fmt: skip


class AmountWire(msgspec.Struct, rename="camel"):
    value: Decimal
    currency_code: str | None = None


class RecordWire(msgspec.Struct, rename="camel"):
    id: str
    transaction_type: str
    amount: AmountWire | None = None
    net_amount: AmountWire | None = None
    is_income: bool | None = None
    status: str | None = None
    order_number: str | None = None
    record_date: str | None = None  # not in the document; read where it comes
    invoice_date: str | None = None
    due_date: str | None = None
    payment_date: str | None = None


class RecordsWire(msgspec.Struct):
    count: int
    items: list[msgspec.Raw] | None = None


def days_of(window: Window) -> Iterator[Window]:
    """The window cut at Turkish midnights."""
    since = window.since
    while since < window.until:
        day = since.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        until = min(day + timedelta(days=1), window.until).astimezone(since.tzinfo)
        yield Window(since, until)
        since = until


def kind_of(transaction_type: str) -> SettlementKind:
    told = fold(transaction_type)
    return _EXACT.get(told) or next((kind for word, kind in _PARTS if word in told), _K.OTHER)


def to_line(wire: RecordWire, day: Window) -> SettlementLine:
    """A record of that day (or the part of it that was asked for); a date of its own counts where it lies within. Paid ones name their day of payment; Hepsiburada has no number for a payout, so that day is its name here."""
    kind = kind_of(wire.transaction_type)
    told = wire.amount or wire.net_amount
    if told is None:
        raise fail(Message("answer.field_missing", {"field": "amount"}, field="amount"))
    value = told.value
    if kind is _K.PAYMENT:
        value = -abs(value)
    elif wire.is_income is not None:
        value = abs(value) if wire.is_income else -abs(value)
    told_at = (maybe(lambda text: parse_iso(text, ZONE), one) for one in (wire.record_date, wire.invoice_date))
    booked = next((at for at in told_at if at is not None and day.since <= at < day.until), day.since)
    paid_on = maybe(lambda text: parse_iso(text, ZONE), wire.payment_date)
    paid = fold(wire.status or "") == "paid"
    return SettlementLine(
        remote_id=wire.id,
        kind=kind,
        amount=Money.of(value, told.currency_code or "TRY"),
        booked_at=booked,
        order_number=clean(wire.order_number or "", 60),
        payout_id=f"{paid_on.astimezone(ZONE):%Y-%m-%d}" if paid and paid_on else "",
        due_at=paid_on or maybe(lambda text: parse_iso(text, ZONE), wire.due_date),
        vendor_kind=clean(wire.transaction_type, 60),
        vat=Vat.INCLUDED if wire.amount is not None else Vat.EXCLUDED,
        paid=paid,
    )


def _id_of(record: Mapping[str, object]) -> str:
    return str(record["id"])


def parse_records(reply: Reply, day: Window) -> Page[SettlementLine]:
    items, rejects = read_records(
        decode_json(reply, RecordsWire).items or [], RecordWire, lambda wire: to_line(wire, day), _id_of
    )
    return Page(items, rejects)


def records_following(call: Call, reply: Reply) -> Call | None:
    """The next page by its offset. An empty page before the end is an error: the rest would be missing unseen."""
    params, found = dict(call.params), decode_json(reply, RecordsWire)
    after = int(params["Offset"]) + len(found.items or ())
    if after >= found.count:
        return None
    if not found.items:
        raise fail(
            Message("answer.unexpected", {"operation": call.operation, "reason": "an empty page before the end"})
        )
    return with_params(call, Offset=str(after))
