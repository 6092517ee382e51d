"""Trendyol's claims (returns) and settlements as they come over the wire, and what is made of them. Pure.
Must never turn a sum that is owed by the merchant into one that is owed to the merchant.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (Claims, Finance); the row fields and kinds of the finance calls
from Trendyol's public page and API reference "Cari Hesap Ekstresi Entegrasyonu" (portal version of August 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from app.contracts import Page, fail
from app.kit import Reply, decode_json, read_records
from app.model import Claim, Money, SettlementKind, SettlementLine, Vat, clean, fold, from_epoch_ms
from providers.marketplaces.trendyol_wire import PagedWire, raw_text

_NO_RAW = msgspec.Raw(b"null")
WAITING = "WaitingInAction"

_K = SettlementKind
#: Kinds of the `settlements` call, one call a kind. The merchant's own discounts and coupons take from the sale.
SETTLEMENTS = {
    "Sale": _K.SALE, "Return": _K.RETURN, "Discount": _K.SALE, "DiscountCancel": _K.SALE, "Coupon": _K.SALE,
    "CouponCancel": _K.SALE, "ProvisionPositive": _K.SALE, "ProvisionNegative": _K.SALE, "ManualRefund": _K.RETURN,
    "ManualRefundCancel": _K.RETURN, "TyDiscount": _K.OTHER, "TyDiscountCancel": _K.OTHER, "TyCoupon": _K.OTHER,
    "TyCouponCancel": _K.OTHER, "SellerRevenuePositive": _K.OTHER, "SellerRevenueNegative": _K.OTHER,
    "CommissionPositive": _K.COMMISSION, "CommissionNegative": _K.COMMISSION, "SellerRevenuePositiveCancel": _K.OTHER,
    "SellerRevenueNegativeCancel": _K.OTHER, "CommissionPositiveCancel": _K.COMMISSION,
    "CommissionNegativeCancel": _K.COMMISSION, "DeliveryFee": _K.CARGO, "DeliveryFeeCancel": _K.CARGO, "PayByLink": _K.OTHER,
}  # fmt: skip
#: Kinds of `otherfinancials`. DeductionInvoices are told apart by their own words (cargo, platform service fee …).
OTHER_FINANCIALS = {
    "CashAdvance": _K.OTHER, "WireTransfer": _K.OTHER, "IncomingTransfer": _K.OTHER, "ReturnInvoice": _K.OTHER,
    "CommissionAgreementInvoice": _K.COMMISSION, "PaymentOrder": _K.PAYMENT, "DeductionInvoices": _K.OTHER,
    "Stoppage": _K.WITHHOLDING, "FinancialItem": _K.OTHER,
}  # fmt: skip
#: How older documents spell a kind; asked for when Trendyol does not know the present one.
SPELT_BEFORE = {
    "TyDiscount": "TYDiscount", "TyDiscountCancel": "TYDiscountCancel", "TyCoupon": "TYCoupon", "TyCouponCancel": "TYCouponCancel",
}  # fmt: skip
_DEDUCTIONS = (
    ("kargo", _K.CARGO), ("hizmet", _K.SERVICE_FEE), ("komisyon", _K.COMMISSION), ("stopaj", _K.WITHHOLDING),
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
    payment_order_id: int | str | None = None
    payment_date: int | None = None
    currency: str | None = None
    transaction_type: str | None = None
    description: str | None = None
    shipment_package_id: int | str | None = None


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


def kind_of(asked: str, wire: SettlementWire) -> SettlementKind:
    """What a row of the kind that was asked for is. Invoices of deductions say it in words only."""
    kind = SETTLEMENTS.get(asked) or OTHER_FINANCIALS.get(asked, _K.OTHER)
    if asked == "DeductionInvoices":
        told = fold(f"{wire.transaction_type or ''} {wire.description or ''}")
        kind = next((one for word, one in _DEDUCTIONS if word in told), kind)
    return kind


def settlement_lines(wire: SettlementWire, asked: str) -> tuple[SettlementLine, ...]:
    """A row as its own line (credit less debt: what it does to the merchant's balance) and one for the commission, where Trendyol
    names a revenue that is not the same. A paid row has its payment order's number; a payment order itself takes the balance down."""
    balance = wire.credit - wire.debt
    currency, payout = wire.currency or "TRY", str(wire.payment_order_id or "")
    line = SettlementLine(
        remote_id=str(wire.id),
        kind=kind_of(asked, wire),
        amount=Money.of(balance, currency),
        booked_at=from_epoch_ms(wire.transaction_date),
        order_number=clean(wire.order_number or "", 60),
        payout_id=payout,
        due_at=from_epoch_ms(wire.payment_date) if wire.payment_date else None,
        vendor_kind=clean(asked if asked in SETTLEMENTS else wire.transaction_type or asked, 60),
        order_id=str(wire.shipment_package_id or ""),
        vat=Vat.INCLUDED,
        paid=bool(payout),
    )
    if not wire.seller_revenue or not balance:
        return (line,)
    commission = abs(wire.seller_revenue).copy_sign(balance) - balance
    if not commission:
        return (line,)
    other = {
        "remote_id": f"{line.remote_id}:commission",
        "kind": _K.COMMISSION,
        "amount": Money.of(commission, currency),
    }
    return line, msgspec.structs.replace(line, **other)


def parse_settlements(reply: Reply, kind: str) -> Page[SettlementLine]:
    """Rows of one kind as lines."""
    found = decode_json(reply, PagedWire)
    groups, rejects = read_records(found.content, SettlementWire, lambda wire: settlement_lines(wire, kind), _id_of)
    return Page(tuple(line for group in groups for line in group), rejects, total=found.total_elements)
