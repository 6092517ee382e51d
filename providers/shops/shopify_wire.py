"""Shopify's orders as they come over the wire, and how they become Paxzar's. Pure.

Must never drop a record in silence: what cannot be read is a Reject. Amounts are the shop's money, never presentment money.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Page
from app.kit import Reply, decode_json, phone_text, read_lenient, tracking_number
from app.model import (
    Address,
    Buyer,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Price,
    Vat,
    clean,
    parse_iso,
)
from providers.shops.shopify_status import order_status, paid_on_delivery

#: Parts with a default that must not be missed: whether it is still to be sent, where to, and what the buyer has paid.
FIRM = frozenset({
    "cancelledAt", "displayFinancialStatus", "returnStatus", "sourceName", "paymentGatewayNames", "fulfillments",
    "displayStatus", "shippingAddress",
})  # fmt: skip


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """Base of the shapes below: only the fields that we read."""


class PageInfo(Wire, frozen=True):
    has_next_page: bool
    end_cursor: str | None = None


class Amount(Wire, frozen=True):
    amount: Decimal
    currency_code: str


class Bag(Wire, frozen=True):
    shop_money: Amount

    @property
    def money(self) -> Money:
        return Money.of(self.shop_money.amount, self.shop_money.currency_code)


class TaxLine(Wire, frozen=True):
    rate: Decimal | None = None


class VariantId(Wire, frozen=True):
    id: str
    barcode: str | None = None


class LineWire(Wire, frozen=True):
    id: str
    title: str
    quantity: int
    current_quantity: int
    discounted_unit_price_after_all_discounts_set: Bag
    sku: str | None = None
    variant_title: str | None = None
    tax_lines: list[TaxLine] = []
    variant: VariantId | None = None


class RawNodes(Wire, frozen=True):
    page_info: PageInfo
    nodes: list[msgspec.Raw]


class AddressWire(Wire, frozen=True):
    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    zip: str | None = None
    country_code_v2: str | None = msgspec.field(default=None, name="countryCodeV2")
    phone: str | None = None


class Tracking(Wire, frozen=True):
    company: str | None = None
    number: str | None = None


class FulfilmentWire(Wire, frozen=True):
    display_status: str | None = None
    tracking_info: list[Tracking] = []


class OrderWire(Wire, frozen=True):
    id: str
    name: str
    created_at: str
    updated_at: str
    display_fulfillment_status: str
    taxes_included: bool
    current_total_price_set: Bag
    line_items: RawNodes
    legacy_resource_id: str | int = ""
    cancelled_at: str | None = None
    display_financial_status: str | None = None
    return_status: str = "NO_RETURN"
    source_name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    payment_gateway_names: list[str] = []
    current_shipping_price_set: Bag | None = None
    current_total_discounts_set: Bag | None = None
    shipping_address: AddressWire | None = None
    billing_address: AddressWire | None = None
    fulfillments: list[FulfilmentWire] = []


class _Orders(Wire, frozen=True):
    orders: RawNodes


class _OrdersAnswer(Wire, frozen=True):
    data: _Orders


class _OrderOfLines(Wire, frozen=True):
    line_items: RawNodes


class _Lines(Wire, frozen=True):
    order: _OrderOfLines | None = None


class _LinesAnswer(Wire, frozen=True):
    data: _Lines


class _Glimpse(Wire, frozen=True):
    """As much of an order as paging needs, in whatever state the rest of the record is."""

    id: Any = ""
    updated_at: Any = ""
    line_items: Any = None


# -- orders --------------------------------------------------------------------------------------------------------------
def order_nodes(reply: Reply) -> RawNodes:
    return decode_json(reply, _OrdersAnswer).data.orders


def more_lines(reply: Reply) -> RawNodes | None:
    """Further lines of one order; None when the order is gone."""
    order = decode_json(reply, _LinesAnswer).data.order
    return order.line_items if order is not None else None


_LINE = msgspec.json.Decoder(LineWire)
_MORE = re.compile(rb'"hasNextPage"\s*:\s*true')


def _glimpse(raw: msgspec.Raw) -> _Glimpse:
    """Blank for what is no record at all: `parse_orders` tells of it."""
    try:
        return msgspec.json.decode(raw, type=_Glimpse)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Glimpse()


def unfinished_lines(nodes: RawNodes) -> list[tuple[str, str]]:
    """(order id, cursor) of the orders with more lines than their page holds."""
    found: list[tuple[str, str]] = []
    for raw in nodes.nodes:
        if not _MORE.search(bytes(raw)):  # nearly all orders: their lines fit on the page
            continue
        seen = _glimpse(raw)
        info = seen.line_items.get("pageInfo") if isinstance(seen.line_items, dict) else None
        if isinstance(info, dict) and info.get("hasNextPage") is True and isinstance(info.get("endCursor"), str):
            found.append((str(seen.id), info["endCursor"]))
    return found


def last_change(nodes: RawNodes) -> datetime | None:
    """When the last readable record of the page changed."""
    for raw in reversed(nodes.nodes):
        try:
            return parse_iso(_glimpse(raw).updated_at)
        except (ValueError, TypeError):
            continue
    return None


def parse_orders(
    nodes: RawNodes, further: Mapping[str, Sequence[msgspec.Raw]] | None = None, covered_until: datetime | None = None
) -> Page[Order]:
    """`further`: lines of an order that came on pages of their own, by order id."""
    extra = further or {}
    orders, rejects = read_lenient(
        nodes.nodes, OrderWire, lambda wire: to_order(wire, extra.get(wire.id, ())), id_of, firm=FIRM
    )
    return Page(orders, rejects, covered_until)


def id_of(record: Any) -> str:
    found = record["id"]
    return found if isinstance(found, str) else ""


def to_order(wire: OrderWire, further: Sequence[msgspec.Raw] = ()) -> Order:
    lines = [_LINE.decode(raw) for raw in (*wire.line_items.nodes, *further)]
    vat = Vat.INCLUDED if wire.taxes_included else Vat.EXCLUDED
    status = order_status(wire, all_gone=bool(lines) and all(line.current_quantity == 0 for line in lines))
    ship_to, bill_to = _address(wire.shipping_address), _address(wire.billing_address)
    tracking = [t for f in wire.fulfillments for t in f.tracking_info]
    discount = wire.current_total_discounts_set
    name = ship_to.name or bill_to.name
    # A till sale is in the buyer's hands; one that is sold in the shop and sent home still has to be packed.
    to_pack = status in (OrderStatus.OPEN, OrderStatus.PENDING, OrderStatus.PARTIALLY_SHIPPED)
    at_till = wire.source_name == "pos" and not (to_pack and ship_to.street)
    return Order(
        remote_id=wire.id,
        number=wire.name,
        status=status,
        vendor_status="CANCELLED" if wire.cancelled_at else wire.display_fulfillment_status,
        placed_at=parse_iso(wire.created_at),
        updated_at=parse_iso(wire.updated_at),
        total=wire.current_total_price_set.money,
        lines=tuple(_line(line, vat) for line in lines),
        buyer=Buyer(name, _phone(wire.phone, ship_to.country) or ship_to.phone, clean(wire.email or "", 200)),
        ship_to=ship_to,
        bill_to=bill_to if wire.billing_address is not None else None,
        shipping=wire.current_shipping_price_set.money if wire.current_shipping_price_set else None,
        discount=discount.money if discount and discount.shop_money.amount else None,
        note=clean(wire.note or ""),
        carrier=clean(tracking[0].company or "", 100) if tracking else "",
        tracking_number=tracking_number(tracking[0].number or "") if tracking else "",
        cash_on_delivery=paid_on_delivery(wire.payment_gateway_names),
        fulfilled_by_channel=at_till,
        extra={
            "legacy_id": str(wire.legacy_resource_id),
            "financial_status": wire.display_financial_status or "",
            "source": wire.source_name or "",
        },
    )


def _line(wire: LineWire, vat: Vat) -> OrderLine:
    gone = wire.current_quantity <= 0  # refunded or taken out of the order
    title = f"{wire.title} - {wire.variant_title}" if wire.variant_title else wire.title
    rates = [tax.rate for tax in wire.tax_lines if tax.rate is not None]
    return OrderLine(
        remote_id=wire.id,
        sku=wire.sku or "",
        title=clean(title, 500),
        quantity=wire.quantity if gone else wire.current_quantity,
        unit_price=Price(wire.discounted_unit_price_after_all_discounts_set.money, vat),
        barcode=(wire.variant.barcode or "") if wire.variant else "",
        vat_rate=_percent(sum(rates, Decimal(0))) if rates else None,
        listing_id=wire.variant.id if wire.variant else "",
        cancelled=gone,
    )


def _percent(rate: Decimal) -> Decimal:
    """0.1 → 10, without a tail of zeros or an exponent."""
    return Decimal(format((rate * 100).normalize(), "f"))


def _phone(text: str | None, country: str) -> str:
    return phone_text(text or "", country or "TR")


def _address(wire: AddressWire | None) -> Address:
    if wire is None:
        return Address()
    country = wire.country_code_v2 or ""
    city, province = clean(wire.city or "", 100), clean(wire.province or "", 100)
    # Where a Turkish address has a province, that is the il and `city` holds the ilçe.
    turkish = country == "TR" and bool(province) and province != city
    return Address(
        name=clean(wire.name or "", 200),
        company=clean(wire.company or "", 200),
        street=clean(f"{wire.address1 or ''} {wire.address2 or ''}", 500),
        district=city if turkish else "",
        city=province if turkish else city,
        state="" if country == "TR" else province,
        postcode=clean(wire.zip or "", 20),
        country=country,
        phone=_phone(wire.phone, country),
    )
