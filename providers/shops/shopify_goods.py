"""Shopify's listings (one a product variant) and the shop itself as they come over the wire. Pure.

Must never invent a stock: an item that Shopify does not count has none. Amounts are in the shop's currency.
"""

from __future__ import annotations

from decimal import Decimal

from app.contracts import Message, Page, ProbeResult
from app.kit import Reply, decode_json, read_records
from app.model import Listing, ListingStatus, Money, Vat, clean, parse_iso
from providers.shops.shopify_wire import RawNodes, Wire, id_of


class ShopTerms(Wire, frozen=True):
    currency_code: str
    taxes_included: bool = True


class ProductWire(Wire, frozen=True):
    id: str
    title: str
    status: str
    online_store_url: str | None = None


class ItemWire(Wire, frozen=True):
    id: str
    tracked: bool


class VariantWire(Wire, frozen=True):
    id: str
    price: Decimal
    product: ProductWire
    inventory_item: ItemWire
    updated_at: str
    title: str = ""
    sku: str | None = None
    barcode: str | None = None
    compare_at_price: Decimal | None = None
    inventory_quantity: int | None = None


class _Listings(Wire, frozen=True):
    shop: ShopTerms
    product_variants: RawNodes


class _ListingsAnswer(Wire, frozen=True):
    data: _Listings


_LISTING_STATUS = {
    "ACTIVE": ListingStatus.ACTIVE,
    "UNLISTED": ListingStatus.ACTIVE,  # sold by direct link only
    "DRAFT": ListingStatus.DRAFT,
    "ARCHIVED": ListingStatus.PASSIVE,
}


def parse_listings(reply: Reply) -> tuple[Page[Listing], str | None]:
    """The page, and the cursor of the next one (None after the last)."""
    data = decode_json(reply, _ListingsAnswer).data
    found, rejects = read_records(
        data.product_variants.nodes, VariantWire, lambda wire: to_listing(wire, data.shop), id_of
    )
    info = data.product_variants.page_info
    return Page(found, rejects), info.end_cursor if info.has_next_page else None


def to_listing(wire: VariantWire, shop: ShopTerms) -> Listing:
    """Stock is the sum of all locations, as the shop itself shows it; None when Shopify does not count this item."""
    crossed = wire.compare_at_price
    # "Default Title" is Shopify's own word for the only variant of a product.
    title = wire.product.title if wire.title in ("", "Default Title") else f"{wire.product.title} - {wire.title}"
    return Listing(
        remote_id=wire.id,
        sku=wire.sku or "",
        title=clean(title, 500),
        price=Money.of(wire.price, shop.currency_code),
        vat=Vat.INCLUDED if shop.taxes_included else Vat.EXCLUDED,
        list_price=Money.of(crossed, shop.currency_code) if crossed is not None and crossed > wire.price else None,
        stock=wire.inventory_quantity if wire.inventory_item.tracked else None,
        barcode=wire.barcode or "",
        status=_LISTING_STATUS.get(wire.product.status, ListingStatus.UNKNOWN),
        parent_id=wire.product.id,
        product_url=wire.product.online_store_url or "",
        updated_at=parse_iso(wire.updated_at),
        extra={"product_id": wire.product.id, "inventory_item_id": wire.inventory_item.id},
    )


# -- the shop ------------------------------------------------------------------------------------------------------------
#: What the capabilities need. A write_ scope contains the read_ one.
SCOPES = (
    "read_orders",
    "write_products",
    "write_inventory",
    "read_locations",
    "write_merchant_managed_fulfillment_orders",
)


class _Plan(Wire, frozen=True):
    public_display_name: str = ""


class _Shop(Wire, frozen=True):
    name: str
    myshopify_domain: str
    currency_code: str
    iana_timezone: str = ""
    plan: _Plan = _Plan()


class _Scope(Wire, frozen=True):
    handle: str


class _App(Wire, frozen=True):
    access_scopes: tuple[_Scope, ...] = ()


class _Count(Wire, frozen=True):
    count: int


class _Probe(Wire, frozen=True):
    shop: _Shop
    current_app_installation: _App
    orders_count: _Count | None = None


class _ProbeAnswer(Wire, frozen=True):
    data: _Probe


def parse_probe(reply: Reply) -> ProbeResult:
    """Facts of the shop; a warning for each scope that the app lacks."""
    data = decode_json(reply, _ProbeAnswer).data
    held = {scope.handle for scope in data.current_app_installation.access_scopes}
    lacking = [s for s in SCOPES if s not in held and s.replace("read_", "write_", 1) not in held]
    facts = {
        "shop_name": clean(data.shop.name, 200),
        "shop_domain": data.shop.myshopify_domain,
        "currency": data.shop.currency_code,
        "time_zone": data.shop.iana_timezone,
        "plan": data.shop.plan.public_display_name,
    }
    warnings = tuple(Message("auth.forbidden", {"scope": scope}, field="scopes") for scope in lacking)
    count = data.orders_count.count if data.orders_count is not None else None
    return ProbeResult({k: v for k, v in facts.items() if v}, warnings, count)
