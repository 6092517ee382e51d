"""Invoices, ledger entries, claims and payouts: what the money side of an order looks like."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.model.money import Money
from app.model.order import Address


class InvoiceKind(StrEnum):
    EINVOICE = "einvoice"  # e-Fatura, to a registered taxpayer
    EARCHIVE = "earchive"  # e-Arşiv, to everybody else


class InvoiceLine(msgspec.Struct, frozen=True):
    """Prices without VAT; `vat_rate` in percent."""

    name: str
    quantity: Decimal
    unit_price: Money
    vat_rate: Decimal
    sku: str = ""
    discount: Money | None = None


class InvoiceDraft(msgspec.Struct, frozen=True):
    """`uuid` is our own reference (ETTN): a lost answer is looked up by it, never sent again unseen."""

    uuid: str
    kind: InvoiceKind
    issued_on: date
    buyer: Address
    lines: tuple[InvoiceLine, ...]
    currency: str = "TRY"
    order_number: str = ""
    note: str = ""


class IssuedInvoice(msgspec.Struct, frozen=True):
    uuid: str
    number: str
    status: str
    pdf_url: str = ""


class LedgerEntry(msgspec.Struct, frozen=True):
    """A sale, return or payout to be booked. `reference` is ours and unique."""

    reference: str
    booked_on: date
    kind: str
    party: Address
    lines: tuple[InvoiceLine, ...]
    currency: str = "TRY"


class Claim(msgspec.Struct, frozen=True):
    """A return or complaint asked by the buyer."""

    remote_id: str
    order_number: str
    status: str
    opened_at: datetime
    reason: str = ""
    lines: tuple[tuple[str, int], ...] = ()  # (line remote id, quantity)
    tracking_number: str = ""
    decide_by: datetime | None = None


class SettlementLine(msgspec.Struct, frozen=True):
    """One line of a payout; `amount` is signed from the merchant's side."""

    remote_id: str
    kind: str
    amount: Money
    booked_at: datetime
    order_number: str = ""
    payout_id: str = ""
    due_at: datetime | None = None


class StockLevel(msgspec.Struct, frozen=True):
    """Pieces of one SKU at one place, as a warehouse tells them."""

    sku: str
    on_hand: int
    reserved: int = 0
    inbound: int = 0
    location: str = ""
