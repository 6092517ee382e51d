"""Invoices, ledger entries, claims and payouts: what the money side of an order looks like."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.model.money import Money, Vat
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


class SettlementKind(StrEnum):
    """What a line of a payout is for. The vendor's own word stands beside it."""

    SALE = "sale"  # also what takes from a sale before it is one: the merchant's own discounts and coupons
    RETURN = "return"
    COMMISSION = "commission"  # also commission that is given back
    CARGO = "cargo"
    SERVICE_FEE = "service_fee"
    WITHHOLDING = "withholding"  # tax that the channel keeps back (stopaj)
    PAYMENT = "payment"  # the transfer to the merchant: the balance goes down by it
    OTHER = "other"


class SettlementLine(msgspec.Struct, frozen=True):
    """One line of the channel's account with the merchant. Key: (account, remote_id). No personal data.

    `amount` is signed from the merchant's side: a sale is above zero, a commission below, and so is a PAYMENT, because it takes
    from what the channel owes. `vat`: whether the amount holds its VAT, None where the vendor does not say. `paid`: the vendor says
    that the line was paid out. Instants are aware UTC.
    """

    remote_id: str
    kind: SettlementKind
    amount: Money
    booked_at: datetime
    order_number: str = ""
    payout_id: str = ""
    due_at: datetime | None = None  # when it falls due, or was paid
    vendor_kind: str = ""  # the vendor's own word
    order_id: str = ""  # remote id of the order, where the vendor tells it
    vat: Vat | None = None
    paid: bool = False


class StockLevel(msgspec.Struct, frozen=True):
    """Pieces of one SKU at one place, as a warehouse tells them."""

    sku: str
    on_hand: int
    reserved: int = 0
    inbound: int = 0
    location: str = ""
