"""Mirakl's offers as they come over the wire (OF21), and the listings made of them. Pure. Must never show a discount that is not
in force as the price.

Source of the facts: Mirakl's seller OpenAPI document, OF21.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Page
from app.kit import read_lenient, read_records
from app.model import Listing, ListingStatus, Money, clean

#: How operators call the number under the bars, the likeliest first.
BARCODES = ("EAN", "GTIN", "EAN13", "EAN-13", "GTIN13", "UPC", "ISBN")


class VolumeWire(msgspec.Struct):
    quantity_threshold: int
    unit_origin_price: Decimal
    unit_discount_price: Decimal | None = None


class ContextWire(msgspec.Struct):
    """For whom a price stands."""

    channel_codes: list[str] | None = None
    customer_group_ids: list[str] | None = None
    customer_organization_ids: list[str] | None = None
    start_date: str | None = None
    end_date: str | None = None


class PriceWire(msgspec.Struct):
    """One of an offer's prices. `price` is what is asked now; a discount may stand here and not be in force."""

    price: Decimal
    unit_origin_price: Decimal
    unit_discount_price: Decimal | None = None
    discount_start_date: str | None = None
    discount_end_date: str | None = None
    channel_code: str | None = None
    context: ContextWire | None = None
    volume_prices: list[VolumeWire] | None = None


class DiscountWire(msgspec.Struct):
    origin_price: Decimal | None = None


class ReferenceWire(msgspec.Struct):
    reference: str | None = None
    reference_type: str | None = None


class WarehouseWire(msgspec.Struct):
    code: str


class OfferWire(msgspec.Struct):
    offer_id: int | str
    shop_sku: str
    currency_iso_code: str
    quantity: int
    active: bool
    all_prices: list[PriceWire]
    price: Decimal | None = None
    product_title: str | None = None
    product_sku: str | None = None
    product_references: list[ReferenceWire] | None = None
    applicable_pricing: PriceWire | None = None
    discount: DiscountWire | None = None
    warehouses: list[WarehouseWire] | None = None
    retail_prices: list[msgspec.Raw] | None = None


def id_of(record: Mapping[str, Any]) -> str:
    return str(record["shop_sku"])


def _barcode(references: Sequence[ReferenceWire]) -> str:
    found = {(one.reference_type or "").strip(): one.reference or "" for one in references}
    return clean(next((found[kind] for kind in BARCODES if found.get(kind)), ""), 80)


def _crossed(wire: OfferWire, price: Decimal) -> Decimal | None:
    """The price before the discount that is in force now."""
    before = wire.applicable_pricing.unit_origin_price if wire.applicable_pricing is not None else None
    if before is None and wire.discount is not None:
        before = wire.discount.origin_price
    return before if before is not None and before > price else None


def to_listing(wire: OfferWire) -> Listing:
    """Keyed by the shop's SKU: prices, stock and order lines name it. Whether a price holds VAT is the operator's rule; in
    Türkiye it does (unconfirmed). `warehouses`: their codes, in which the quantity lies."""
    currency = wire.currency_iso_code
    asked = wire.price if wire.price is not None else (wire.all_prices[0].price if wire.all_prices else None)
    crossed = _crossed(wire, asked) if asked is not None else None
    extra = {
        "offer_id": str(wire.offer_id),
        "product_sku": clean(wire.product_sku or "", 120),
        "warehouses": ",".join(one.code for one in wire.warehouses or ()),
    }
    return Listing(
        remote_id=wire.shop_sku,
        sku=clean(wire.shop_sku, 120),
        title=clean(wire.product_title or "") or clean(wire.shop_sku, 120),
        price=Money.of(asked, currency) if asked is not None else None,
        list_price=Money.of(crossed, currency) if crossed is not None else None,
        stock=wire.quantity,
        barcode=_barcode(wire.product_references or ()),
        status=ListingStatus.ACTIVE if wire.active else ListingStatus.PASSIVE,
        extra={k: v for k, v in extra.items() if v},
    )


#: Without it the price would be another one, or the stock go to another place.
FIRM = frozenset({"price", "warehouses"})


def parse_listings(raws: Sequence[msgspec.Raw], total: int | None = None) -> Page[Listing]:
    items, rejects = read_lenient(raws, OfferWire, to_listing, id_of, firm=FIRM)
    return Page(items, rejects, total=total)


def parse_offers(raws: Sequence[msgspec.Raw], wanted: frozenset[str]) -> dict[str, OfferWire]:
    """The wanted offers by SKU, strictly read: of what cannot be read as a whole nothing is written over."""
    items, _ = read_records(raws, OfferWire, lambda one: one if one.shop_sku in wanted else None, id_of)
    return {one.shop_sku: one for one in items}
