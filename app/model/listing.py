"""A listing: one sellable thing on one channel. The handles a provider needs for a write travel in `extra`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.model.money import Money, Vat


class ListingStatus(StrEnum):
    ACTIVE = "active"
    PASSIVE = "passive"
    REFUSED = "refused"
    DRAFT = "draft"
    UNKNOWN = "unknown"


class Listing(msgspec.Struct, frozen=True):
    """Key: (connection, remote_id): two countries of one account may share an SKU. `price` is the sale price; `list_price` the crossed-out one, never below it."""

    remote_id: str
    sku: str
    title: str
    price: Money | None  # None: the channel tells none (a draft)
    vat: Vat = Vat.INCLUDED
    list_price: Money | None = None
    stock: int | None = None  # None: not counted by the channel
    barcode: str = ""
    status: ListingStatus = ListingStatus.ACTIVE
    vat_rate: Decimal | None = None  # percent
    parent_id: str = ""
    product_url: str = ""
    updated_at: datetime | None = None
    extra: dict[str, str] = {}


class ListingRef(msgspec.Struct, frozen=True):
    """What a write needs to find a listing again: its keys and the provider's handles."""

    remote_id: str
    sku: str
    barcode: str = ""
    extra: dict[str, str] = {}


class PriceChange(msgspec.Struct, frozen=True):
    """Set a listing's price. `key` is our own reference for this intent. `list_price` None: leave as it is.

    `was_list_price` is what the store knows, for vendors that demand both fields or list ≥ sale.
    """

    key: str
    listing: ListingRef
    price: Money
    list_price: Money | None = None
    was_list_price: Money | None = None


class StockChange(msgspec.Struct, frozen=True):
    """Set a listing's available quantity, in pieces, ≥ 0. `was` is what the store believes the channel holds."""

    key: str
    listing: ListingRef
    quantity: int
    was: int | None = None
