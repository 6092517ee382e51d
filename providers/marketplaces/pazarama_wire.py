"""Pazarama's orders as they come over the wire, and ours made of them. Pure.
Must never let a missing amount pass as a zero, nor read an order's state from one of its items alone.

Source of the facts: reference/marketplaces-tr.md, "## Pazarama" (List orders, Quirks). Money comes twice; the whole kuruş count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from app.contracts import Message, Page, fail
from app.kit import maybe, named, phone_text, read_lenient, tracking_number, with_quarter
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
from providers.marketplaces.pazarama_calls import ZONE

RECEIVED, PREPARING, CANCEL_ASKED = 3, 12, 18
STATUSES = {
    3: OrderStatus.OPEN,
    12: OrderStatus.OPEN,
    18: OrderStatus.OPEN,  # the buyer asked to cancel; the seller decides
    5: OrderStatus.SHIPPED,
    16: OrderStatus.SHIPPED,  # in the store
    19: OrderStatus.SHIPPED,  # at the delivery point
    14: OrderStatus.SHIPPED,  # not delivered: on its way back
    11: OrderStatus.DELIVERED,
    7: OrderStatus.DELIVERED,  # a return has begun
    9: OrderStatus.DELIVERED,  # a return was refused
    8: OrderStatus.RETURNED,
    10: OrderStatus.RETURNED,
    6: OrderStatus.CANCELLED,
    13: OrderStatus.CANCELLED,  # cannot supply
}
COMPANY = 2  # invoiceType
#: Optional, yet without them the buyer would be charged or shipped something else.
FIRM = frozenset({"discountAmount", "shipmentAmount", "taxIncluded", "orderItemStatus", "deliveryType"})
_UNIT = Decimal("0.0001")


class AmountWire(msgspec.Struct, rename="camel"):
    currency: str | None = None
    value: Decimal | None = None
    value_int: int | None = None  # kuruş


class AddressWire(msgspec.Struct, rename="camel"):
    name_surname: str | None = None
    city_name: str | None = None
    district_name: str | None = None
    neighborhood_name: str | None = None
    address_detail: str | None = None
    display_address_text: str | None = None
    phone_number: str | None = None
    postal_code: str | None = None
    identity_number: str | None = None
    invoice_type: int | None = None
    company_name: str | None = None
    tax_number: str | None = None
    tax_office: str | None = None


class HistoryWire(msgspec.Struct, rename="camel"):
    history_created_date: str | None = None


class CargoWire(msgspec.Struct, rename="camel"):
    company_name: str | None = None
    tracking_number: str | int | None = None
    tracking_url: str | None = None


class ProductWire(msgspec.Struct, rename="camel"):
    name: str | None = None
    code: str | None = None
    stock_code: str | None = None
    vat_rate: Decimal | None = None


class ItemWire(msgspec.Struct, rename="camel"):
    order_item_id: str
    quantity: int
    product: ProductWire
    sale_price: AmountWire
    order_item_status: int | None = None
    order_item_status_name: str | None = None
    order_item_status_history: list[HistoryWire] | None = None
    delivery_type: int | None = None
    shipment_code: str | int | None = None
    total_price: AmountWire | None = None
    discount_amount: AmountWire | None = None
    tax_included: bool | None = None
    estimated_shipping_date: str | None = None
    cargo: CargoWire | None = None


class OrderWire(msgspec.Struct, rename="camel"):
    order_id: str
    order_number: int | str
    order_date: str
    order_amount: Decimal
    order_status: int
    items: list[ItemWire]
    shipment_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    currency: str | None = None
    customer_id: str | None = None
    customer_name: str | None = None
    customer_email: str | None = None
    shipment_address: AddressWire | None = None
    billing_address: AddressWire | None = None


class _SightItem(msgspec.Struct, rename="camel"):
    order_item_status_history: list[HistoryWire] | None = None


class _Sight(msgspec.Struct, rename="camel"):
    order_date: str
    items: list[_SightItem]


def record_id(record: Mapping[str, object]) -> str:
    return str(record.get("orderId") or "")


def instant(text: str) -> datetime:
    """With an offset or, without one, Turkish wall-clock time."""
    return parse_iso(text, ZONE)


def changed_at(raw: msgspec.Raw) -> datetime | None:
    """When the order last changed; None when the record does not tell (it must then be read)."""
    try:
        found = _sight.decode(raw)
        return _latest(instant(found.order_date), (one.order_item_status_history for one in found.items))
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError, RecursionError):
        return None


_sight = msgspec.json.Decoder(_Sight)


def _latest(placed: datetime, histories: Iterable[list[HistoryWire] | None]) -> datetime:
    told = (maybe(instant, one.history_created_date) for history in histories for one in history or [])
    return max((placed, *(at for at in told if at is not None)))


def to_money(wire: AmountWire | None, field: str) -> Money:
    """Whole kuruş where they are told. Raises OursError naming the field when there is no amount."""
    if wire is None or (wire.value_int is None and wire.value is None):
        raise fail(Message("answer.field_missing", {"field": field}, field=field))
    if wire.value_int is not None:
        return Money.of(Decimal(wire.value_int).scaleb(-2), wire.currency or "TRY")
    return Money.of(wire.value or Decimal(0), wire.currency or "TRY")


def joined(states: Iterable[OrderStatus], whole: OrderStatus) -> OrderStatus:
    """The order's status out of its items'. Cancelled ones count only when there are no others; `whole` is what the order says
    itself, for items that say nothing."""
    found = set(states)
    live = found - {OrderStatus.CANCELLED}
    if not live:
        return OrderStatus.CANCELLED if found else whole
    if OrderStatus.UNKNOWN in live:
        return whole
    if OrderStatus.OPEN in live:
        return OrderStatus.OPEN if live == {OrderStatus.OPEN} else OrderStatus.PARTIALLY_SHIPPED
    if OrderStatus.SHIPPED in live:
        return OrderStatus.SHIPPED
    return OrderStatus.DELIVERED if OrderStatus.DELIVERED in live else OrderStatus.RETURNED


def to_address(wire: AddressWire | None) -> Address:
    """Pazarama's district is the ilçe; the mahalle belongs to the street."""
    if wire is None:
        return Address()
    street = clean(wire.address_detail or wire.display_address_text or "")
    quarter = clean(wire.neighborhood_name or "")
    street = with_quarter(street, quarter)
    phone = wire.phone_number or ""
    return Address(
        name=clean(wire.name_surname or ""),
        street=street,
        district=clean(wire.district_name or ""),
        city=clean(wire.city_name or ""),
        postcode=clean(wire.postal_code or "", 20),
        country="TR",
        phone=phone_text(phone),
    )


def bill_to(wire: AddressWire | None) -> Address | None:
    """A company's invoice, or else the buyer's identity number in the place of the tax number."""
    if wire is None:
        return None
    firm = wire.invoice_type == COMPANY or bool(wire.tax_number)
    return msgspec.structs.replace(
        to_address(wire),
        company=clean(wire.company_name or wire.name_surname or "") if firm else "",
        tax_office=clean(wire.tax_office or "") if firm else "",
        tax_number=clean((wire.tax_number if firm else None) or wire.identity_number or "", 40),
    )


def to_line(wire: ItemWire) -> OrderLine:
    """The unit price is what the buyer pays: the sale price less this item's share of discounts (that `discountAmount` is for
    the whole item is unconfirmed). With VAT unless the item says otherwise."""
    paid = to_money(wire.sale_price, "items.salePrice")
    if wire.discount_amount is not None and wire.quantity > 0:
        less = to_money(wire.discount_amount, "items.discountAmount").amount / wire.quantity
        paid = Money((paid.amount - less).quantize(_UNIT, ROUND_HALF_UP), paid.currency) if less else paid
    code = clean(wire.product.code or "", 120)
    return OrderLine(
        remote_id=wire.order_item_id,
        sku=clean(wire.product.stock_code or "", 120) or code,
        title=clean(wire.product.name or ""),
        quantity=wire.quantity,
        unit_price=Price(paid, Vat.EXCLUDED if wire.tax_included is False else Vat.INCLUDED),
        barcode=code,
        vat_rate=wire.product.vat_rate,
        listing_id=code,
        cancelled=_status(wire.order_item_status) is OrderStatus.CANCELLED,
    )


def _status(code: int | None) -> OrderStatus:
    return STATUSES.get(code, OrderStatus.UNKNOWN) if code is not None else OrderStatus.UNKNOWN


def to_order(wire: OrderWire) -> Order:
    """One order with all its items, keyed by its GUID. The total is what the buyer pays, VAT included."""
    if not wire.items:
        raise fail(Message("answer.field_missing", {"field": "items"}, field="items"))
    currency = wire.currency or "TRY"
    with named("orderDate"):
        placed = instant(wire.order_date)
    with named("orderAmount"):
        total = Money.of(wire.order_amount, currency)
    lines = tuple(to_line(one) for one in wire.items)
    codes = [one.order_item_status if one.order_item_status is not None else wire.order_status for one in wire.items]
    words = [clean(one.order_item_status_name or str(code), 60) for one, code in zip(wire.items, codes, strict=True)]
    due = [maybe(instant, one.estimated_shipping_date) for one in wire.items]
    cargo = next((one.cargo for one in wire.items if one.cargo is not None and one.cargo.company_name), CargoWire())
    ship_to = to_address(wire.shipment_address)
    extra = {
        # What an own label shows as Code128, and what a write needs: item:state:deliveryType.
        "shipmentCode": ",".join(dict.fromkeys(clean(str(one.shipment_code), 60) for one in wire.items if one.shipment_code)),
        "items": ",".join(
            f"{one.order_item_id}:{code}:{one.delivery_type or 1}" for one, code in zip(wire.items, codes, strict=True)
        ),
        "trackingUrl": clean(cargo.tracking_url or "", 500),
    }  # fmt: skip
    return Order(
        remote_id=wire.order_id,
        number=clean(str(wire.order_number), 60),
        status=joined(map(_status, codes), _status(wire.order_status)),
        vendor_status=", ".join(dict.fromkeys(words)),
        placed_at=placed,
        updated_at=_latest(placed, (one.order_item_status_history for one in wire.items)),
        total=total,
        lines=lines,
        buyer=Buyer(
            name=clean(wire.customer_name or "") or ship_to.name,
            phone=ship_to.phone,
            email=clean(wire.customer_email or "", 200),
            remote_id=clean(wire.customer_id or "", 80),
        ),
        ship_to=ship_to,
        bill_to=bill_to(wire.billing_address),
        ship_by=min((at for at in due if at is not None), default=None),
        shipping=Money.of(wire.shipment_amount, currency) if wire.shipment_amount else None,
        discount=Money.of(wire.discount_amount, currency) if wire.discount_amount else None,
        carrier=clean(cargo.company_name or "", 80),
        tracking_number=tracking_number(str(cargo.tracking_number or "")),
        cancel_asked=CANCEL_ASKED in codes,
        extra={k: v for k, v in extra.items() if v},
    )


def parse_orders(raws: Iterable[msgspec.Raw]) -> Page[Order]:
    """No order of the list is documented, so no page alone covers anything."""
    items, rejects = read_lenient(raws, OrderWire, to_order, record_id, firm=FIRM)
    return Page(items, rejects)
