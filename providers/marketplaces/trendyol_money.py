"""Trendyol's claims (returns) and settlements as they come over the wire, and what is made of them. Pure.
Must never turn a sum that is owed by the merchant into one that is owed to the merchant.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (Claims, Finance); the row fields of the finance calls from
Trendyol's public page "Cari Hesap Ekstresi Entegrasyonu".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from app.contracts import Page, fail
from app.kit import Reply, decode_json, read_records
from app.model import Claim, Money, SettlementLine, clean, from_epoch_ms
from providers.marketplaces.trendyol_wire import PagedWire, raw_text

_NO_RAW = msgspec.Raw(b"null")
WAITING = "WaitingInAction"

#: Kinds of the `settlements` call and of `otherfinancials`; one call a kind.
SETTLEMENTS = (
    "Sale", "Return", "Discount", "DiscountCancel", "Coupon", "CouponCancel", "ProvisionPositive", "ProvisionNegative",
    "ManualRefund", "ManualRefundCancel", "TYDiscount", "TYDiscountCancel", "TYCoupon", "TYCouponCancel",
)  # fmt: skip
OTHER_FINANCIALS = (
    "CashAdvance", "WireTransfer", "IncomingTransfer", "ReturnInvoice", "CommissionAgreementInvoice", "PaymentOrder",
    "DeductionInvoices", "Stoppage",
)  # fmt: skip


class NamedWire(msgspec.Struct):
    name: str | None = None


class ClaimItemWire(msgspec.Struct, rename="camel"):
    id: str
    customer_claim_item_reason: NamedWire | None = None
    claim_item_status: NamedWire | None = None


class ClaimLineWire(msgspec.Struct, rename="camel"):
    id: int | None = None


class ClaimGroupWire(msgspec.Struct, rename="camel"):
    claim_items: list[ClaimItemWire]
    order_line: ClaimLineWire | None = None


class ClaimWire(msgspec.Struct, rename="camel"):
    id: str
    order_number: str
    claim_date: int
    items: list[ClaimGroupWire]
    cargo_tracking_number: msgspec.Raw = _NO_RAW


class SettlementWire(msgspec.Struct, rename="camel"):
    id: int | str
    transaction_date: int
    debt: Decimal
    credit: Decimal
    seller_revenue: Decimal | None = None
    order_number: str | None = None
    payment_order_id: int | None = None
    payment_date: int | None = None
    currency: str | None = None


def _id_of(record: Mapping[str, object]) -> str:
    return str(record["id"])


def claim_items(wire: ClaimWire) -> tuple[tuple[str, str], ...]:
    """(id, state) of each item of a claim."""
    items = [item for group in wire.items for item in group.claim_items]
    return tuple((i.id, (i.claim_item_status.name or "") if i.claim_item_status is not None else "") for i in items)


def _words(wire: ClaimWire) -> tuple[str, str]:
    """Status and reason. A claim has one status an item: the one that waits for the seller comes first."""
    items = [item for group in wire.items for item in group.claim_items]
    states = [state for _, state in claim_items(wire) if state]
    reasons = dict.fromkeys(
        clean(i.customer_claim_item_reason.name or "", 200) for i in items if i.customer_claim_item_reason is not None
    )
    status = WAITING if WAITING in states else next(iter(states), "")
    return status, ", ".join(r for r in reasons if r)


def to_claim(wire: ClaimWire) -> Claim:
    """A claim; its lines are (order line, pieces): one claim item is one piece. Trendyol tells no deadline."""
    status, reason = _words(wire)
    return Claim(
        remote_id=wire.id,
        order_number=clean(wire.order_number, 60),
        status=clean(status, 40),
        opened_at=from_epoch_ms(wire.claim_date),
        reason=reason,
        lines=tuple(
            (str(g.order_line.id), len(g.claim_items))
            for g in wire.items
            if g.order_line is not None and g.order_line.id is not None
        ),
        tracking_number=clean(raw_text(wire.cargo_tracking_number), 60),
    )


def parse_claims(reply: Reply) -> Page[Claim]:
    found = decode_json(reply, PagedWire)
    items, rejects = read_records(found.content, ClaimWire, to_claim, _id_of)
    return Page(items, rejects, total=found.total_elements)


def parse_claim_items(reply: Reply) -> tuple[tuple[str, str], ...]:
    """(id, state) of the items of the one claim that was asked for; empty when Trendyol has no such claim."""
    found = decode_json(reply, PagedWire)
    items, rejects = read_records(found.content, ClaimWire, claim_items, _id_of)
    if rejects:
        raise fail(rejects[0].message)
    return items[0] if items else ()


def parse_settlements(reply: Reply, kind: str) -> Page[SettlementLine]:
    """Rows of one kind. `amount`: what the row does to the merchant's balance – the seller's revenue (commission taken off) with
    the sign of credit less debt, or that difference where Trendyol names no revenue (payments, invoices)."""

    def to_line(wire: SettlementWire) -> SettlementLine:
        balance = wire.credit - wire.debt
        amount = balance
        if wire.seller_revenue:
            amount = abs(wire.seller_revenue) if balance >= 0 else -abs(wire.seller_revenue)
        return SettlementLine(
            remote_id=str(wire.id),
            kind=kind,
            amount=Money.of(amount, wire.currency or "TRY"),
            booked_at=from_epoch_ms(wire.transaction_date),
            order_number=clean(wire.order_number or "", 60),
            payout_id=str(wire.payment_order_id or ""),
            due_at=from_epoch_ms(wire.payment_date) if wire.payment_date else None,
        )

    found = decode_json(reply, PagedWire)
    items, rejects = read_records(found.content, SettlementWire, to_line, _id_of)
    return Page(items, rejects, total=found.total_elements)
