"""ÇiçekSepeti's order items as they come over the wire, and the orders made of them. Pure.
Must never tell half an order: its items lie on several pages, and the cancelled ones in a list of their own.

Source of the facts: reference/marketplaces-tr.md, "## ÇiçekSepeti" (List orders). The receiver gets the parcel, the sender pays and
is invoiced. There is no order total: the items' invoice amounts (price less the seller's share of the discount) are added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

import msgspec

from app.kit import known, maybe, tracking_number, with_quarter
from app.model import Address, Buyer, Money, Order, OrderLine, OrderStatus, Price, clean, fold, phone_e164
from providers.marketplaces.ciceksepeti_calls import ZONE

NEW, PREPARING, IN_VEHICLE, SHIPPED, DELIVERED, READY, RETURNED = 1, 2, 3, 5, 7, 11, 18
#: 20–23 are returns under way: the goods were delivered.
STATUSES = {
    NEW: OrderStatus.OPEN, PREPARING: OrderStatus.OPEN, READY: OrderStatus.OPEN, IN_VEHICLE: OrderStatus.SHIPPED,
    SHIPPED: OrderStatus.SHIPPED, DELIVERED: OrderStatus.DELIVERED, RETURNED: OrderStatus.RETURNED,
    20: OrderStatus.DELIVERED, 21: OrderStatus.DELIVERED, 22: OrderStatus.DELIVERED, 23: OrderStatus.DELIVERED,
}  # fmt: skip
#: `tax` is a rate by the documents; an amount in its place would be none of these.
VAT_RATES = frozenset(map(Decimal, (0, 1, 8, 10, 18, 20)))
_UNIT = Decimal("0.0001")
_DATES = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")


class RowWire(msgspec.Struct, rename="camel"):
    order_id: int | str
    order_item_id: int | str
    order_create_date: str
    quantity: int
    total_price: Decimal
    order_item_status_id: int
    order_create_time: str | None = None
    order_modify_date: str | None = None
    order_modify_time: str | None = None
    order_product_status: str | None = None
    is_order_status_active: bool | None = None
    code: str | None = None
    product_code: str | None = None
    barcode: str | None = None
    name: str | None = None
    branch_discount_part: Decimal | None = None
    invoice_price: Decimal | None = None
    tax: Decimal | None = None
    order_payment_type: str | None = None
    delivery_date: str | None = None
    delivery_time: str | None = None
    cargo_company: str | None = None
    cargo_number: str | int | None = None
    shipment_tracking_url: str | None = None
    partial_number: str | int | None = None
    cargo_model_type: int | None = None
    customer_id: int | str | None = None
    receiver_name: str | None = None
    receiver_phone: str | int | None = None
    receiver_address: str | None = None
    receiver_city: str | None = None
    receiver_district: str | None = None
    receiver_region: str | None = None
    sender_name: str | None = None
    sender_address: str | None = None
    sender_city: str | None = None
    sender_region: str | None = None
    sender_company_name: str | None = None
    sender_tax_number: str | int | None = None
    sender_tax_office_name: str | None = None
    invoice_email: str | None = None
    card_message: str | None = None
    order_item_text_list_model: Any = None


class OrderWire(msgspec.Struct):
    rows: list[RowWire]


def instant(day: str, time: str | None = None) -> datetime:
    """`20/11/2026` and `10:15`, taken as Turkish time. Raises ValueError, also for what is no text."""
    if not isinstance(day, str) or not isinstance(time, str | None):
        raise ValueError(f"no such date: {str(day)[:30]!r}")
    return _instant(day, time)


@lru_cache(maxsize=4096)
def _instant(day: str, time: str | None) -> datetime:
    """Kept: every item of an order tells the order's own dates, and each is looked at twice."""
    if len(day) == 10 and day[2] in "/-." and day[5] == day[2] and time and len(time) == 5:  # as it nearly always comes
        try:
            found = datetime.fromisoformat(f"{day[6:]}-{day[3:5]}-{day[:2]}T{time}:00")
            return found.replace(tzinfo=ZONE).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    for form in _DATES:
        try:
            date = datetime.strptime(day.strip(), form)  # noqa: DTZ007 - its zone is put in below
            break
        except ValueError:
            continue
    else:
        raise ValueError(f"no such date: {day[:30]!r}")
    text = (time or "").strip()
    clock = datetime.strptime(text[:5], "%H:%M").time() if text else date.time()  # noqa: DTZ007
    return datetime.combine(date.date(), clock, ZONE).astimezone(UTC)


def modified(day: Any, time: Any) -> datetime | None:
    return maybe(lambda told: instant(told, time), day)


def to_line(row: RowWire) -> OrderLine:
    """The unit price is what the seller invoices for one piece, VAT included (unconfirmed)."""
    money = row_amount(row)
    each = (money / row.quantity).quantize(_UNIT, ROUND_HALF_UP) if row.quantity > 1 else money
    sku = known(row.code or "", 120)
    return OrderLine(
        remote_id=str(row.order_item_id),
        sku=sku,
        title=known(row.name or "", 2000),
        quantity=row.quantity,
        unit_price=Price(Money.of(each, "TRY")),
        barcode=known(row.barcode or "", 80),
        vat_rate=row.tax if row.tax in VAT_RATES else None,
        listing_id=row.code or "",
        cancelled=row.is_order_status_active is False,
    )


def row_amount(row: RowWire) -> Decimal:
    if row.invoice_price is not None:
        return row.invoice_price
    return row.total_price - (row.branch_discount_part or 0)


def status_of(rows: Iterable[RowWire]) -> OrderStatus:
    """Of the items that were not cancelled."""
    alive = [row for row in rows if row.is_order_status_active is not False]
    found = {STATUSES.get(row.order_item_status_id, OrderStatus.UNKNOWN) for row in alive}
    if not found:
        return OrderStatus.CANCELLED
    if len(found) > 1:
        found -= {OrderStatus.RETURNED}  # one item came back: the others tell where the order is
    if len(found) == 1:
        return found.pop()
    if OrderStatus.UNKNOWN in found:
        return OrderStatus.UNKNOWN
    return OrderStatus.PARTIALLY_SHIPPED if OrderStatus.OPEN in found else OrderStatus.SHIPPED


def ship_to(row: RowWire) -> Address:
    street, quarter = clean(row.receiver_address or ""), known(row.receiver_region or "", 2000)
    street = with_quarter(street, quarter)
    phone = clean(str(row.receiver_phone or ""), 40)
    return Address(
        name=clean(row.receiver_name or ""), street=street, district=known(row.receiver_district or "", 2000),
        city=known(row.receiver_city or "", 2000), country="TR", phone=phone_e164(phone) or phone,
    )  # fmt: skip


def bill_to(row: RowWire) -> Address | None:
    """The sender, who pays; None when nothing is told of them."""
    found = Address(
        name=clean(row.sender_name or ""), company=clean(row.sender_company_name or ""), street=clean(row.sender_address or ""),
        district=known(row.sender_region or "", 2000), city=known(row.sender_city or "", 2000), country="TR",
        tax_office=clean(row.sender_tax_office_name or ""), tax_number=clean(str(row.sender_tax_number or ""), 40),
    )  # fmt: skip
    return found if found.name or found.company or found.street else None


def _note(rows: Iterable[RowWire]) -> str:
    """What the buyer wrote: the card, and the texts of made-to-order goods."""
    told: list[str] = []
    for row in rows:
        if row.card_message:
            told.append(clean(row.card_message))
        texts = row.order_item_text_list_model
        if not texts:
            continue
        fields = [one for one in texts if isinstance(one, dict)] if isinstance(texts, list) else []
        told += [clean(str(one.get("value") or one.get("text") or "")) for one in fields]
    return clean(" · ".join(dict.fromkeys(one for one in told if one))) if told else ""


def _first(values: Iterable[object]) -> str:
    return next((text for value in values if value and (text := clean(str(value), 500))), "")


def _number(values: Iterable[str | int | None]) -> str:
    """The first that is one."""
    return next((text for value in values if value and (text := tracking_number(str(value)))), "")


def to_order(wire: OrderWire) -> Order:
    rows = sorted(wire.rows, key=lambda row: str(row.order_item_id))
    head = rows[0]
    alive = [row for row in rows if row.is_order_status_active is not False]
    placed = instant(head.order_create_date, head.order_create_time)
    words = dict.fromkeys(known(row.order_product_status or "", 40) for row in alive or rows)
    code = _number(row.partial_number for row in alive)
    discount = sum((row.branch_discount_part or Decimal(0) for row in rows), Decimal(0))
    payer = bill_to(head)
    extra = {
        "items": ",".join(f"{row.order_item_id}:{row.order_item_status_id}" for row in alive),
        "model": str(head.cargo_model_type or ""),
        "partialNumber": code,  # what an own label shows
        "trackingUrl": _first(row.shipment_tracking_url for row in alive),
        "deliveryDate": " ".join(clean(one, 40) for one in (head.delivery_date, head.delivery_time) if one),
    }
    return Order(
        remote_id=str(head.order_id),
        number=str(head.order_id),
        status=status_of(rows),
        vendor_status=", ".join(one for one in words if one),
        placed_at=placed,
        updated_at=max(
            [
                placed,
                *(at for row in rows if (at := modified(row.order_modify_date, row.order_modify_time)) is not None),
            ]
        ),
        total=Money.of(sum((row_amount(row) for row in rows), Decimal(0)), "TRY"),
        lines=tuple(to_line(row) for row in rows),
        buyer=Buyer(
            name=(payer.name if payer is not None else "") or clean(head.receiver_name or ""),
            email=clean(head.invoice_email or "", 200),
            remote_id=str(head.customer_id or ""),
        ),
        ship_to=ship_to(head),
        bill_to=payer,
        discount=Money.of(discount, "TRY") if discount else None,
        note=_note(rows),
        carrier=_first(row.cargo_company for row in alive)[:80],
        tracking_number=_number(row.cargo_number for row in alive) or code,
        cash_on_delivery="kapida" in fold(head.order_payment_type or ""),
        extra={k: v for k, v in extra.items() if v},
    )
