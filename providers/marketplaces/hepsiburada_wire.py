"""Hepsiburada's order as it comes over the wire (order detail: all lines, packed or not), and the order made of it. Pure.
Must never let a missing line id or amount pass as a blank or a zero.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (List orders, Order detail). An order is keyed by its
number: that alone is told by every list, while line and package ids come and go.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from app.contracts import Message, Page, fail
from app.kit import Reply, decode_json, phone_text, read_records, with_quarter
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
    parse_iso,
)
from providers.marketplaces.hepsiburada_calls import ZONE

#: Folded, without blanks. Anything that begins with "cancel" is cancelled (by whom is part of the word).
STATUSES = {
    "open": OrderStatus.OPEN,
    "unpacked": OrderStatus.OPEN,
    "packed": OrderStatus.OPEN,
    "packaged": OrderStatus.OPEN,
    "readytoship": OrderStatus.OPEN,
    "paymentawaiting": OrderStatus.PENDING,
    "awaitingpayment": OrderStatus.PENDING,
    "intransit": OrderStatus.SHIPPED,
    "shipped": OrderStatus.SHIPPED,
    "undelivered": OrderStatus.SHIPPED,  # on its way back
    "delivered": OrderStatus.DELIVERED,
    "returned": OrderStatus.RETURNED,
    "refunded": OrderStatus.RETURNED,
}


class AmountWire(msgspec.Struct):
    amount: Decimal
    currency: str | None = None


class DiscountWire(msgspec.Struct, rename="camel"):
    total_price: AmountWire | None = None


class NamedWire(msgspec.Struct, rename="camel"):
    name: str | None = None
    customer_id: str | None = None


class AddressWire(msgspec.Struct, rename="camel"):
    name: str | None = None
    address: str | None = None
    email: str | None = None
    phone_number: str | None = None
    alternate_phone_number: str | None = None
    town: str | None = None  # the ilçe
    district: str | None = None  # the mahalle
    city: str | None = None
    postal_code: str | None = None
    country_code: str | None = None


class InvoiceWire(msgspec.Struct, rename="camel"):
    address: AddressWire | None = None
    tax_number: str | None = None
    tax_office: str | None = None
    turkish_identity_number: str | None = None


class LineWire(msgspec.Struct, rename="camel"):
    quantity: int
    id: str | None = None
    line_item_id: str | None = None
    sku: str | None = None
    merchant_sku: str | None = None
    merchant_sku_: str | None = msgspec.field(default=None, name="merchantSKU")
    name: str | None = None
    product_name: str | None = None
    unit_price: AmountWire | None = None
    total_price: AmountWire | None = None
    vat_rate: Decimal | None = None
    status: str | None = None
    due_date: str | None = None
    last_status_update_date: str | None = None
    package_number: str | int | None = None
    cargo_company: str | None = None
    customer_id: str | None = None
    customer_name: str | None = None
    product_barcode: str | None = None
    shipping_address: AddressWire | None = None
    invoice: InvoiceWire | None = None
    merchant_discount: DiscountWire | None = None


class OrderWire(msgspec.Struct, rename="camel"):
    order_number: str
    order_date: str
    items: list[LineWire]
    payment_status: str | None = None
    customer: NamedWire | None = None
    delivery_address: AddressWire | None = None
    invoice: InvoiceWire | None = None


def need(value: AmountWire | str | None, field: str) -> AmountWire | str:
    if value is None or value == "":
        raise fail(Message("answer.field_missing", {"field": field}, field=field))
    return value


def status_of(word: str) -> OrderStatus:
    """Our status of a line's word; a word that we do not know stays unknown."""
    plain = fold(word).replace(" ", "").replace("_", "")
    return OrderStatus.CANCELLED if plain.startswith("cancel") else STATUSES.get(plain, OrderStatus.UNKNOWN)


def joined(states: Iterable[OrderStatus]) -> OrderStatus:
    """The order's status out of its lines'. Cancelled lines count only when there are no others."""
    found = set(states) - {OrderStatus.CANCELLED}
    if not found:
        return OrderStatus.CANCELLED
    if OrderStatus.UNKNOWN in found:
        return OrderStatus.UNKNOWN
    if OrderStatus.PENDING in found:
        return OrderStatus.PENDING
    if OrderStatus.OPEN in found:
        return OrderStatus.OPEN if found == {OrderStatus.OPEN} else OrderStatus.PARTIALLY_SHIPPED
    if OrderStatus.SHIPPED in found:
        return OrderStatus.SHIPPED
    return OrderStatus.DELIVERED if OrderStatus.DELIVERED in found else OrderStatus.RETURNED


def to_address(wire: AddressWire | None) -> Address:
    """Hepsiburada's town is the ilçe; its district is the mahalle and belongs to the street."""
    if wire is None:
        return Address()
    street, quarter = clean(wire.address or ""), clean(wire.district or "")
    street = with_quarter(street, quarter)
    country = clean(wire.country_code or "", 2)
    phone = wire.phone_number or wire.alternate_phone_number or ""
    return Address(
        name=clean(wire.name or ""),
        street=street,
        district=clean(wire.town or ""),
        city=clean(wire.city or ""),
        postcode=clean(wire.postal_code or "", 20),
        country=country,
        phone=phone_text(phone, country or "TR"),
    )


def bill_to(wire: InvoiceWire | None) -> Address | None:
    """A tax number makes it a company's invoice; else the buyer's identity number stands in its place."""
    if wire is None:
        return None
    found, number = to_address(wire.address), clean(wire.tax_number or "", 40)
    return msgspec.structs.replace(
        found,
        company=found.name if number else "",
        tax_office=clean(wire.tax_office or ""),
        tax_number=number or clean(wire.turkish_identity_number or "", 40),
    )


def _money(wire: AmountWire) -> Money:
    return Money.of(wire.amount, wire.currency or "TRY")


def _amount(wire: AmountWire | None, field: str) -> Money:
    found = need(wire, field)
    return _money(found) if isinstance(found, AmountWire) else Money.of(found, "TRY")


def to_line(wire: LineWire) -> OrderLine:
    sku = clean(wire.sku or "", 120)
    return OrderLine(
        remote_id=str(need(wire.id or wire.line_item_id, "items.id")),
        sku=clean(wire.merchant_sku or wire.merchant_sku_ or "", 120) or sku,
        title=clean(wire.name or wire.product_name or ""),
        quantity=wire.quantity,
        unit_price=Price(_amount(wire.unit_price, "items.unitPrice")),
        barcode=clean(wire.product_barcode or "", 80),
        vat_rate=wire.vat_rate,
        listing_id=sku,
        cancelled=status_of(wire.status or "") is OrderStatus.CANCELLED,
    )


def to_order(wire: OrderWire) -> Order:
    """One order with all its lines. The total is the sum of what the lines cost, VAT included; of those that were not cancelled,
    unless all were. Instants are Turkish wall-clock time."""
    if not wire.items:
        raise fail(Message("answer.field_missing", {"field": "items"}, field="items"))
    lines = tuple(to_line(one) for one in wire.items)
    words = [clean(one.status or "", 40) for one in wire.items]
    status = joined(status_of(word) for word in words)
    paid = fold(wire.payment_status or "")
    if status is OrderStatus.OPEN and ("await" in paid or "pending" in paid or "bekl" in paid):
        status = OrderStatus.PENDING
    costs = [_amount(one.total_price, "items.totalPrice") for one in wire.items]
    counted = [cost for cost, line in zip(costs, lines, strict=True) if not line.cancelled] or costs
    placed = parse_iso(wire.order_date, ZONE)
    changed = [parse_iso(one.last_status_update_date, ZONE) for one in wire.items if one.last_status_update_date]
    due = [parse_iso(one.due_date, ZONE) for one in wire.items if one.due_date]
    first = wire.items[0]
    ship_to = to_address(wire.delivery_address or first.shipping_address)
    email = next((a.email for a in (wire.delivery_address, first.shipping_address) if a is not None and a.email), "")
    customer = wire.customer or NamedWire(first.customer_name, first.customer_id)
    discounts = [
        d.total_price for d in (one.merchant_discount for one in wire.items) if d is not None and d.total_price
    ]
    discount = _sum([_money(one) for one in discounts]) if discounts else None
    extra = {
        "lines": ",".join(
            f"{line.remote_id}:{line.quantity}"
            for line, one in zip(lines, wire.items, strict=True)
            if not line.cancelled and not one.package_number
        ),
        "packed": ",".join(
            f"{line.remote_id}:{one.package_number}"
            for line, one in zip(lines, wire.items, strict=True)
            if not line.cancelled and one.package_number
        ),
        "cargoCompany": clean(first.cargo_company or "", 80),
    }
    return Order(
        remote_id=wire.order_number,
        number=clean(wire.order_number, 60),
        status=status,
        vendor_status=", ".join(dict.fromkeys(words)),
        placed_at=placed,
        updated_at=max(changed, default=placed),
        total=_sum(counted),
        lines=lines,
        buyer=Buyer(
            name=clean(customer.name or first.customer_name or ""),
            phone=ship_to.phone,
            email=clean(email or "", 200),
            remote_id=clean(customer.customer_id or first.customer_id or "", 80),
        ),
        ship_to=ship_to,
        bill_to=bill_to(wire.invoice or first.invoice),
        ship_by=min(due, default=None),
        discount=discount if discount is not None and discount.amount else None,
        carrier=clean(first.cargo_company or "", 80),
        extra={k: v for k, v in extra.items() if v},
    )


def _sum(amounts: list[Money]) -> Money:
    total = amounts[0]
    for one in amounts[1:]:
        total += one
    return total


def parse_order(reply: Reply, number: str) -> Page[Order]:
    """The one order of a detail answer, or its reject under the number that was asked for."""
    raw = decode_json(reply, msgspec.Raw)
    items, rejects = read_records([raw], OrderWire, to_order, lambda record: number)
    return Page(items, rejects)
