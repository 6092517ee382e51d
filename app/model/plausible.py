"""What a record of a vendor's must satisfy beyond its types: the one place for business rules about what comes in. Pure and
quick, for every record of every pull passes here. Must never correct anything: odd is told, impossible is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from app.model.listing import Listing
from app.model.order import Order

MOST_ID = 200  # characters of an id, a number, a SKU, a barcode
MOST_LINES = 2_000
_YEARS = range(1990, 2101)


def check_order(order: Order) -> None:
    """Raises ValueError naming the field when the order cannot be kept: no id, or something absurdly long."""
    if not order.remote_id or len(order.remote_id) > MOST_ID:
        raise ValueError(f"remote_id: {len(order.remote_id)} characters")
    if len(order.number) > MOST_ID:
        raise ValueError(f"number: {len(order.number)} characters")
    if len(order.lines) > MOST_LINES:
        raise ValueError(f"lines: {len(order.lines)}")


def odd_parts(order: Order) -> Iterator[tuple[str, str]]:
    """Field and value of what no sale looks like. The order is kept as it was told; a person should look at it."""
    if order.total.amount < 0:
        yield "total", order.total.text()
    if order.placed_at.year not in _YEARS:
        yield "placed_at", _day(order.placed_at)
    currency = order.total.currency
    for position, line in enumerate(order.lines):
        if line.quantity < 0:
            yield f"lines[{position}].quantity", str(line.quantity)
        money = line.unit_price.money
        if money.amount < 0:
            yield f"lines[{position}].unit_price", money.text()
        if money.currency != currency:
            yield f"lines[{position}].currency", money.currency


def check_listing(listing: Listing) -> None:
    """Raises ValueError naming the field when the listing cannot be kept."""
    for field, text in (("remote_id", listing.remote_id), ("sku", listing.sku), ("barcode", listing.barcode)):
        if len(text) > MOST_ID:
            raise ValueError(f"{field}: {len(text)} characters")
    if not listing.remote_id:
        raise ValueError("remote_id: 0 characters")


def odd_values(listing: Listing) -> Iterator[tuple[str, str]]:
    """Field and value of what no offer looks like: a price below zero. A stock below zero is sold ahead (WooCommerce)."""
    if listing.price is not None and listing.price.amount < 0:
        yield "price", listing.price.text()


def _day(at: datetime) -> str:
    return f"{at.year:04}-{at.month:02}-{at.day:02}"
