"""An order as a channel tells it, normalised. What the merchant does with it (picked, packed …) lives in the store."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.model.money import Money, Price


class OrderStatus(StrEnum):
    """Where the channel says the order is. `vendor_status` keeps the channel's own word."""

    PENDING = "pending"  # payment or fraud check: reserve stock, do not ship
    OPEN = "open"  # must be shipped
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    UNKNOWN = "unknown"  # a word that we do not know: shown, never guessed


class Address(msgspec.Struct, frozen=True):
    """Free text as the buyer typed it, cleaned. `city` is the il, `district` the ilçe. `country` is ISO 3166-1 alpha-2."""

    name: str = ""
    company: str = ""
    street: str = ""
    district: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    tax_office: str = ""
    tax_number: str = ""


class Buyer(msgspec.Struct, frozen=True):
    """Who bought. Any field may be masked or empty: channels hide personal data in some states."""

    name: str = ""
    phone: str = ""
    email: str = ""
    remote_id: str = ""


class OrderLine(msgspec.Struct, frozen=True):
    """One line. `unit_price` is what the buyer pays for one piece after the seller's discount.

    `quantity` 0: the channel told no whole number (1.5 kg); its own figure then stands behind the title (“Zeytin × 1.5”), and
    `unit_price` is that of the whole line. Nobody rounds it: a person looks at it.
    """

    remote_id: str
    sku: str
    title: str
    quantity: int
    unit_price: Price
    barcode: str = ""
    vat_rate: Decimal | None = None  # percent
    listing_id: str = ""  # remote id of the listing, where the channel tells it
    cancelled: bool = False


class Order(msgspec.Struct, frozen=True):
    """One thing to ship. Key: (account, remote_id). Where a channel ships packages (Trendyol) this is one package.

    `total` is what the buyer pays for it, shipping included, VAT included. Instants are aware UTC.
    """

    remote_id: str
    number: str
    status: OrderStatus
    vendor_status: str
    placed_at: datetime
    updated_at: datetime
    total: Money
    lines: tuple[OrderLine, ...]
    buyer: Buyer = Buyer()
    ship_to: Address = Address()
    bill_to: Address | None = None
    ship_by: datetime | None = None
    shipping: Money | None = None
    discount: Money | None = None
    note: str = ""
    carrier: str = ""
    tracking_number: str = ""
    unpriced: bool = (
        False  # the channel has not told the money yet: `total` and the lines' prices are zeros that mean nothing
    )
    cash_on_delivery: bool = False
    fulfilled_by_channel: bool = False  # FBA, POS: nothing for the merchant to pack
    cancel_asked: bool = False  # the buyer asked; the channel has not decided
    replaces: tuple[str, ...] = ()  # remote ids that this one took the place of (Trendyol's originPackageIds)
    extra: dict[str, str] = {}  # handles that the provider needs again for a write
