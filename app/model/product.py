"""What a channel needs to make a listing of a product: its own categories and attributes, and the draft that answers them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from app.model.money import Money


class Category(msgspec.Struct, frozen=True):
    """One category of a channel. `path` are the names from the root, itself last. Products go into leaves only."""

    id: str
    path: tuple[str, ...]
    leaf: bool = True


class Choice(msgspec.Struct, frozen=True):
    """One of a channel's fixed values."""

    id: str
    name: str


class Attribute(msgspec.Struct, frozen=True):
    """What a category asks of a product. `choices` may be empty where the value is free text (`free`) or where the channel
    tells them only on demand; `several`: more than one value is allowed; `varies`: tells variants of one product apart."""

    id: str
    name: str
    required: bool = False
    free: bool = False
    several: bool = False
    varies: bool = False
    choices: tuple[Choice, ...] = ()


class AttributeValue(msgspec.Struct, frozen=True):
    """An answer to an attribute: one of its choices (`choice_id`) or free text. An attribute with several values has several."""

    attribute_id: str
    choice_id: str = ""
    text: str = ""


class ProductDraft(msgspec.Struct, frozen=True):
    """Create this listing, or make an existing one equal to it. `key` is our own reference for this intent.

    Prices with VAT unless the channel's listings are without (`Listing.vat`); `quantity` in pieces; `vat_rate` in per cent;
    `desi` of one piece (w×h×d cm / 3000); `images` are https addresses in their order; `description` may hold simple HTML.
    Drafts with one `group` are variants of one product. `remote_id` is '' for a listing that is to be created.
    """

    key: str
    sku: str
    title: str
    price: Money
    quantity: int
    barcode: str = ""
    description: str = ""
    brand: Choice | None = None  # Choice("", "Name") where the channel takes brands as text
    category_id: str = ""
    attributes: tuple[AttributeValue, ...] = ()
    images: tuple[str, ...] = ()
    list_price: Money | None = None
    vat_rate: Decimal | None = None
    desi: Decimal | None = None
    group: str = ""
    remote_id: str = ""
    extra: dict[str, str] = {}
