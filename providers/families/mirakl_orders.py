"""Mirakl's orders as they come over the wire (OR11), and the orders made of them. Pure. Must never tell an order that waits for
the seller's acceptance or the buyer's payment as one to be shipped.

Source of the facts: Mirakl's seller OpenAPI document, OR11; amounts are decimal numbers, instants ISO 8601 in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Page
from app.kit import Reply, decode_json, maybe, named, read_lenient, tracking_number
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
from providers.families.mirakl_places import AddressWire, joined, to_address

STATUSES = {
    "STAGING": OrderStatus.PENDING,  # fraud check (unconfirmed)
    "WAITING_ACCEPTANCE": OrderStatus.PENDING,
    "WAITING_DEBIT": OrderStatus.PENDING,
    "WAITING_DEBIT_PAYMENT": OrderStatus.PENDING,
    "SHIPPING": OrderStatus.OPEN,
    "SHIPPED": OrderStatus.SHIPPED,
    "TO_COLLECT": OrderStatus.SHIPPED,  # at the collection point
    "RECEIVED": OrderStatus.DELIVERED,
    "CLOSED": OrderStatus.DELIVERED,
    "REFUSED": OrderStatus.CANCELLED,
    "CANCELED": OrderStatus.CANCELLED,
}
GONE = frozenset({"REFUSED", "CANCELED"})
LEFT = frozenset({"SHIPPED", "TO_COLLECT", "RECEIVED"})


class TaxWire(msgspec.Struct):
    amount: Decimal | None = None
    rate: Decimal | None = None


class LineWire(msgspec.Struct):
    order_line_id: str
    order_line_state: str
    offer_sku: str
    price_unit: Decimal
    quantity: int
    product_title: str | None = None
    taxes: list[TaxWire] | None = None
    shipping_taxes: list[TaxWire] | None = None


class OrganizationWire(msgspec.Struct):
    name: str | None = None
    tax_identification_number: str | None = None


class CustomerWire(msgspec.Struct):
    customer_id: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    billing_address: AddressWire | None = None
    shipping_address: AddressWire | None = None
    organization: OrganizationWire | None = None


class PromotionsWire(msgspec.Struct):
    total_deduced_amount: Decimal | None = None


class ChannelWire(msgspec.Struct):
    code: str | None = None


class OrderWire(msgspec.Struct):
    order_id: str
    order_state: str
    created_date: str
    last_updated_date: str
    currency_iso_code: str
    total_price: Decimal
    order_lines: list[LineWire]
    order_tax_mode: str | None = None
    commercial_id: str | None = None
    shipping_price: Decimal | None = None
    customer: CustomerWire | None = None
    customer_notification_email: str | None = None
    shipping_deadline: str | None = None
    shipping_company: str | None = None
    shipping_tracking: str | None = None
    can_shop_ship: bool | None = None
    fully_refunded: bool | None = None
    promotions: PromotionsWire | None = None
    channel: ChannelWire | None = None


def id_of(record: Any) -> str:
    return str(record["order_id"])


def status_of(wire: OrderWire) -> OrderStatus:
    """The order's state; a word that we do not know stays unknown. Paid back as a whole after it left: returned."""
    status = STATUSES.get(wire.order_state, OrderStatus.UNKNOWN)
    if status is OrderStatus.OPEN and any(one.order_line_state in LEFT for one in wire.order_lines):
        return OrderStatus.PARTIALLY_SHIPPED
    if status is OrderStatus.DELIVERED and wire.fully_refunded:
        return OrderStatus.RETURNED
    return status


def _bill_to(wire: CustomerWire) -> Address | None:
    """The organisation's tax number is told before shipping or acceptance by some operators only; others use fields of their own,
    whose names differ."""
    if wire.billing_address is None:
        return None
    found, firm = to_address(wire.billing_address), wire.organization or OrganizationWire()
    return msgspec.structs.replace(
        found,
        company=found.company or clean(firm.name or ""),
        tax_number=clean(firm.tax_identification_number or "", 40),
    )


def to_line(wire: LineWire, currency: str, vat: Vat) -> OrderLine:
    """`price_unit` is what one piece costs on this order. A rate is told only when there is one tax."""
    taxes = wire.taxes or []
    return OrderLine(
        remote_id=wire.order_line_id,
        sku=clean(wire.offer_sku, 120),
        title=clean(wire.product_title or ""),
        quantity=wire.quantity,
        unit_price=Price(Money.of(wire.price_unit, currency), vat),
        vat_rate=taxes[0].rate if len(taxes) == 1 else None,
        listing_id=wire.offer_sku,
        cancelled=wire.order_line_state in GONE,
    )


def _taxes(lines: Sequence[LineWire]) -> Decimal:
    all_taxes = [t.amount for one in lines for t in (*(one.taxes or ()), *(one.shipping_taxes or ()))]
    return sum((amount for amount in all_taxes if amount is not None), Decimal())


def to_order(wire: OrderWire) -> Order:
    """Keyed and numbered by `order_id`. `total_price` holds shipping and fees; where prices are told without taxes they are added."""
    vat = Vat.EXCLUDED if wire.order_tax_mode == "TAX_EXCLUDED" else Vat.INCLUDED
    currency, customer = wire.currency_iso_code, wire.customer or CustomerWire()
    with named("total_price"):
        total = Money.of(wire.total_price + (_taxes(wire.order_lines) if vat is Vat.EXCLUDED else 0), currency)
    status = status_of(wire)
    ship_to = to_address(customer.shipping_address)
    off = wire.promotions.total_deduced_amount if wire.promotions is not None else None
    extra = {
        "waits_for": "acceptance" if wire.order_state == "WAITING_ACCEPTANCE" else "",
        "commercial_id": clean(wire.commercial_id or "", 80),
        "channel": clean((wire.channel.code if wire.channel is not None else "") or "", 80),
        "lines": ",".join(f"{one.order_line_id}:{one.quantity}" for one in wire.order_lines if one.order_line_state not in GONE),
    }  # fmt: skip
    return Order(
        remote_id=wire.order_id,
        number=clean(wire.order_id, 80),
        status=status,
        vendor_status=clean(wire.order_state, 40),
        placed_at=parse_iso(wire.created_date),
        updated_at=parse_iso(wire.last_updated_date),
        total=total,
        lines=tuple(to_line(one, currency, vat) for one in wire.order_lines),
        buyer=Buyer(
            name=joined(customer.firstname, customer.lastname) or ship_to.name,
            phone=ship_to.phone,
            email=clean(wire.customer_notification_email or "", 200),
            remote_id=clean(customer.customer_id or "", 80),
        ),
        ship_to=ship_to,
        bill_to=_bill_to(customer),
        ship_by=maybe(parse_iso, wire.shipping_deadline),
        shipping=Money.of(wire.shipping_price, currency) if wire.shipping_price is not None else None,
        discount=Money.of(off, currency) if off else None,
        carrier=clean(wire.shipping_company or "", 80),
        tracking_number=tracking_number(wire.shipping_tracking or ""),
        # To be shipped, and yet not by the shop: it lies in the operator's warehouse (unconfirmed).
        fulfilled_by_channel=status is OrderStatus.OPEN and wire.can_shop_ship is False,
        extra={k: v for k, v in extra.items() if v},
    )


def parse_orders(raws: Sequence[msgspec.Raw], total: int | None = None) -> Page[Order]:
    items, rejects = read_lenient(raws, OrderWire, to_order, id_of, pieces={"quantity": "product_title"})
    return Page(items, rejects, total=total)


class _OrdersWire(msgspec.Struct):
    orders: list[msgspec.Raw]
    total_count: int


def parse_found(reply: Reply) -> Page[Order]:
    """The answer to a look-up by ids: one page."""
    found = decode_json(reply, _OrdersWire)
    return parse_orders(found.orders, found.total_count)
