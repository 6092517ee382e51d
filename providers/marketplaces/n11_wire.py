"""N11's shipment packages as they come over the wire, and the orders made of them. Pure.
Must never let a missing amount pass as a zero, nor trust the spelling of a status word.

Source of the facts: reference/marketplaces-tr.md, "## N11" (List orders, Quirks). A package carries no order date: the oldest
entry of its history stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import msgspec

from app.contracts import Page
from app.kit import phone_text, read_records, with_quarter
from app.model import (
    Address,
    Buyer,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Price,
    clean,
    fold,
    from_epoch_ms,
)
from providers.marketplaces.n11_calls import PageWire

#: Folded, without blanks. UnPacked was split and lives on under other ids.
STATUSES = {
    "created": OrderStatus.OPEN,
    "picking": OrderStatus.OPEN,
    "shipped": OrderStatus.SHIPPED,
    "delivered": OrderStatus.DELIVERED,
    "cancelled": OrderStatus.CANCELLED,
    "unpacked": OrderStatus.CANCELLED,
    "unsupplied": OrderStatus.CANCELLED,
}
#: Picking was told, or the carrier has gone past it.
TOLD = frozenset({"picking", "shipped", "delivered"})
_UNIT = Decimal("0.0001")


class HistoryWire(msgspec.Struct, rename="camel"):
    created_date: int | None = None


class AddressWire(msgspec.Struct, rename="camel"):
    address: str | None = None
    city: str | None = None
    district: str | None = None
    neighborhood: str | None = None
    full_name: str | None = None
    gsm: str | None = None
    tc_id: str | None = None
    postal_code: str | None = None


class LineWire(msgspec.Struct, rename="camel"):
    order_line_id: int
    quantity: int
    price: Decimal
    stock_code: str | None = None
    product_name: str | None = None
    barcode: str | None = None
    total_seller_discount_price: Decimal | None = None
    vat_rate: Decimal | None = None
    order_item_line_item_status_name: str | None = None


class PackageWire(msgspec.Struct, rename="camel"):
    order_number: str
    shipment_package_status: str
    last_modified_date: int
    total_amount: Decimal
    lines: list[LineWire]
    id: int | None = None
    total_discount_amount: Decimal | None = None
    agreed_delivery_date: int | None = None
    package_histories: list[HistoryWire] | None = None
    cargo_tracking_number: str | int | None = None
    cargo_sender_number: str | int | None = None
    cargo_tracking_link: str | None = None
    cargo_provider_name: str | None = None
    shipping_address: AddressWire | None = None
    billing_address: AddressWire | None = None
    customer_email: str | None = None
    customer_full_name: str | None = msgspec.field(default=None, name="customerfullName")
    customer_id: int | str | None = None
    tax_id: str | None = None
    tax_office: str | None = None
    tc_identity_number: str | None = None
    micro: bool | None = None


@lru_cache(maxsize=256)
def plain(word: str) -> str:
    """A status word without its accidents: N11 writes it in several ways."""
    return fold(word).replace(" ", "").replace("_", "").replace("-", "")


def record_id(record: Mapping[str, object]) -> str:
    return str(record.get("id") or record.get("orderNumber") or "")


def to_address(wire: AddressWire | None) -> Address:
    if wire is None:
        return Address()
    street, quarter = clean(wire.address or ""), clean(wire.neighborhood or "")
    street = with_quarter(street, quarter)
    phone = wire.gsm or ""
    return Address(
        name=clean(wire.full_name or ""),
        street=street,
        district=clean(wire.district or ""),
        city=clean(wire.city or ""),
        postcode=clean(wire.postal_code or "", 20),
        country="TR",
        phone=phone_text(phone),
    )


def bill_to(wire: PackageWire, ship_to: Address) -> Address | None:
    """With a tax number it is a company's invoice; else the buyer's identity number stands in its place."""
    if wire.billing_address is None:
        return None
    found = ship_to if wire.billing_address == wire.shipping_address else to_address(wire.billing_address)
    number = clean(wire.tax_id or "", 40)
    person = clean(wire.tc_identity_number or wire.billing_address.tc_id or "", 40)
    return msgspec.structs.replace(
        found,
        company=found.name if number else "",
        tax_office=clean(wire.tax_office or ""),
        tax_number=number or person,
    )


def to_line(wire: LineWire) -> OrderLine:
    """The unit price is what N11 lets the seller invoice: price less the seller's own discount, VAT included."""
    paid = wire.price
    if wire.total_seller_discount_price and wire.quantity > 0:
        paid = wire.price - wire.total_seller_discount_price / wire.quantity
        paid = paid.quantize(_UNIT, ROUND_HALF_UP)
    sku = clean(wire.stock_code or "", 120)
    return OrderLine(
        remote_id=str(wire.order_line_id),
        sku=sku,
        title=clean(wire.product_name or ""),
        quantity=wire.quantity,
        unit_price=Price(Money.of(paid, "TRY")),
        barcode=clean(wire.barcode or "", 80),
        vat_rate=wire.vat_rate,
        listing_id=sku,
        cancelled=STATUSES.get(plain(wire.order_item_line_item_status_name or "")) is OrderStatus.CANCELLED,
    )


def to_order(wire: PackageWire) -> Order:
    """One package as one order. Without an id (location-based delivery) its order number is the key."""
    word = clean(wire.shipment_package_status, 40)
    ship_to = to_address(wire.shipping_address)
    lines = tuple(to_line(one) for one in wire.lines)
    history = [one.created_date for one in wire.package_histories or [] if one.created_date]
    campaign, sender = str(wire.cargo_tracking_number or ""), str(wire.cargo_sender_number or "")
    extra = {
        "status": plain(word),
        "lines": ",".join(line.remote_id for line in lines if not line.cancelled),
        "packageId": str(wire.id or ""),
        "cargoTrackingNumber": clean(campaign, 60),  # the campaign code: what an own label shows
        "cargoTrackingLink": clean(wire.cargo_tracking_link or "", 500),
        "micro": "yes" if wire.micro else "",
    }
    return Order(
        remote_id=str(wire.id) if wire.id is not None else wire.order_number,
        number=clean(wire.order_number, 60),
        status=STATUSES.get(plain(word), OrderStatus.UNKNOWN),
        vendor_status=word,
        placed_at=from_epoch_ms(min(history, default=wire.last_modified_date)),
        updated_at=from_epoch_ms(wire.last_modified_date),
        total=Money.of(wire.total_amount, "TRY"),
        lines=lines,
        buyer=Buyer(
            name=clean(wire.customer_full_name or "") or ship_to.name,
            phone=ship_to.phone,
            email=clean(wire.customer_email or "", 200),
            remote_id=str(wire.customer_id or ""),
        ),
        ship_to=ship_to,
        bill_to=bill_to(wire, ship_to),
        ship_by=from_epoch_ms(wire.agreed_delivery_date) if wire.agreed_delivery_date else None,
        discount=Money.of(wire.total_discount_amount, "TRY") if wire.total_discount_amount else None,
        carrier=clean(wire.cargo_provider_name or "", 80),
        tracking_number=clean(sender or campaign, 60),
        extra={k: v for k, v in extra.items() if v},
    )


def parse_orders(found: PageWire) -> Page[Order]:
    """Newest change first, so no page alone covers anything."""
    items, rejects = read_records(found.content, PackageWire, to_order, record_id)
    return Page(items, rejects, total=found.total_elements)
