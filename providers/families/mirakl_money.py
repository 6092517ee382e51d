"""Mirakl's returns (RT11) and account lines (TL02) as they come over the wire, and what is made of them. Pure. Must never turn a
sum that is owed by the merchant into one that is owed to the merchant.

Source of the facts: Mirakl's seller OpenAPI document, RT11, RT21 and TL02.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page
from app.kit import Call, Reply, decode_json, read_records
from app.model import Claim, Money, SettlementKind, SettlementLine, Window, clean, parse_iso
from providers.families.mirakl_calls import following

WAITING = "WAITING_ACCEPTANCE"
#: The buyer may send it, or has sent it back: accepted already.
ACCEPTED = frozenset({"IN_PROGRESS", "RECEIVED", "NO_RECEPTION", "CLOSED"})


class ReturnLineWire(msgspec.Struct):
    order_line_id: str
    quantity: int


class TrackingWire(msgspec.Struct):
    tracking_number: str | None = None


class ReturnWire(msgspec.Struct):
    id: str
    state: str
    order_id: str
    date_created: str
    return_lines: list[ReturnLineWire]
    reason_code: str | None = None
    description: str | None = None
    tracking: TrackingWire | None = None


class NamedWire(msgspec.Struct):
    id: str | None = None


class EntitiesWire(msgspec.Struct):
    order: NamedWire | None = None


class LogWire(msgspec.Struct):
    id: str
    type: str
    currency_iso_code: str
    date_created: str
    amount: Decimal | None = None
    amount_credited: Decimal | None = None
    amount_debited: Decimal | None = None
    seller_billing_cycle_id: str | None = None
    payment_state: str | None = None
    entities: EntitiesWire | None = None


class SeekWire(msgspec.Struct):
    data: list[msgspec.Raw]
    next_page_token: str | None = None


def seek_following(call: Call, reply: Reply) -> Call | None:
    """By the token of the next page, which stands still when records move."""
    token = decode_json(reply, SeekWire).next_page_token
    return following(call, page_token=token) if token else None


def _id_of(record: Mapping[str, object]) -> str:
    return str(record["id"])


def to_claim(wire: ReturnWire) -> Claim:
    """A return. The reason is Mirakl's code and the buyer's words, where there are any. Mirakl tells no deadline."""
    words = clean(wire.description or "", 300)
    code = clean((wire.reason_code or "").removeprefix("RETURN_").replace("_", " "), 80)
    return Claim(
        remote_id=wire.id,
        order_number=clean(wire.order_id, 80),
        status=clean(wire.state, 40),
        opened_at=parse_iso(wire.date_created),
        reason=" – ".join(part for part in (code, words) if part),
        lines=tuple((one.order_line_id, one.quantity) for one in wire.return_lines),
        tracking_number=clean((wire.tracking.tracking_number if wire.tracking is not None else "") or "", 80),
    )


def parse_claims(reply: Reply) -> Page[Claim]:
    """Those that wait for the seller come first."""
    items, rejects = read_records(decode_json(reply, SeekWire).data, ReturnWire, to_claim, _id_of)
    return Page(tuple(sorted(items, key=lambda one: one.status != WAITING)), rejects)


class _DoneWire(msgspec.Struct):
    id: str


class _ErrorWire(msgspec.Struct):
    id: str | None = None
    message: str | None = None


class AcceptedWire(msgspec.Struct):
    return_success: list[_DoneWire] | None = None
    return_errors: list[_ErrorWire] | None = None


def parse_accepted(reply: Reply, remote_id: str) -> Outcome:
    """The outcome for one return; unknown when the answer names it nowhere."""
    found = decode_json(reply, AcceptedWire)
    if remote_id in {one.id for one in found.return_success or ()}:
        return Outcome(remote_id, OutcomeState.DONE)
    errors = [one for one in found.return_errors or () if one.id in (remote_id, None)]
    if not errors:
        return Outcome(remote_id, OutcomeState.UNKNOWN, Message("answer.unexpected", {"operation": "accept_claim"}))
    text = clean(errors[0].message or "", 300)
    return Outcome(remote_id, OutcomeState.REFUSED, Message("item.conflict", vendor_text=text))


_K = SettlementKind
#: Parts of TL02's types, the first that is found says what a line is. An operator's own (OPERATOR_REMITTED_…: tax that he pays on)
#: comes before what it is of.
_KINDS = (
    ("PAYMENT", _K.PAYMENT), ("OPERATOR_REMITTED", _K.WITHHOLDING), ("OPERATOR_PAID", _K.CARGO), ("COMMISSION", _K.COMMISSION),
    ("FEE", _K.SERVICE_FEE), ("SUBSCRIPTION", _K.SERVICE_FEE), ("REFUND_ORDER", _K.RETURN), ("ORDER_", _K.SALE),
)  # fmt: skip


def kind_of(vendor_kind: str) -> SettlementKind:
    """What a type of TL02 is; other credits, debits and reserves are OTHER."""
    if vendor_kind.startswith(("PURCHASE_", "REFUND_PURCHASE_")):  # the operator bought: not a sale
        return _K.COMMISSION if "COMMISSION" in vendor_kind else _K.OTHER
    return next((kind for part, kind in _KINDS if part in vendor_kind), _K.OTHER)


def to_settlement(wire: LogWire) -> SettlementLine:
    """`amount` is signed as Mirakl signs it, from the merchant's side: credited less debited. A payout (PAYMENT) takes the balance
    down. `payout_id` is the billing cycle. Tax comes in lines of its own, so whether an amount holds it depends on the operator."""
    if wire.amount_credited is not None and wire.amount_debited is not None:
        amount = wire.amount_credited - wire.amount_debited
    elif wire.amount is not None:
        amount = wire.amount
    else:
        raise ValueError("neither an amount nor what was credited and debited")
    order = wire.entities.order if wire.entities is not None else None
    return SettlementLine(
        remote_id=wire.id,
        kind=kind_of(wire.type),
        amount=Money.of(amount, wire.currency_iso_code),
        booked_at=parse_iso(wire.date_created),
        order_number=clean((order.id if order is not None else "") or "", 80),
        payout_id=clean(wire.seller_billing_cycle_id or "", 80),
        vendor_kind=clean(wire.type, 60),
        order_id=clean((order.id if order is not None else "") or "", 80),
        paid=wire.payment_state == "PAID",
    )


def parse_settlements(reply: Reply, window: Window) -> Page[SettlementLine]:
    """Lines within the window; those of the second at its end belong to the next one."""
    items, rejects = read_records(decode_json(reply, SeekWire).data, LogWire, to_settlement, _id_of)
    return Page(tuple(one for one in items if window.since <= one.booked_at < window.until), rejects)
