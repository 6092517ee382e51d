"""Business rules for what vendors send: impossible is refused, odd is told, nothing is corrected."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from app.model import Listing, Money, Order, OrderLine, OrderStatus, Price
from app.model.plausible import MOST_ID, MOST_LINES, check_listing, check_order, odd_parts, odd_values

T0 = datetime(2026, 11, 24, tzinfo=UTC)
LINE = OrderLine("1", "S", "Çanta", 1, Price(Money(Decimal("10.00"), "TRY")))
ORDER = Order("1", "1001", OrderStatus.OPEN, "new", T0, T0, Money(Decimal("10.00"), "TRY"), (LINE,))
LISTING = Listing("1", "S", "Çanta", Money(Decimal("10.00"), "TRY"), stock=-2)


def with_line(**changes: object) -> Order:
    return msgspec.structs.replace(ORDER, lines=(LINE, msgspec.structs.replace(LINE, **changes)))


def test_an_ordinary_order_is_neither():
    check_order(ORDER)
    assert list(odd_parts(ORDER)) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"remote_id": ""}, "remote_id"), ({"remote_id": "x" * (MOST_ID + 1)}, "remote_id"),
     ({"number": "x" * (MOST_ID + 1)}, "number"), ({"lines": (LINE,) * (MOST_LINES + 1)}, "lines")],
    ids=["no id", "long id", "long number", "many lines"],
)  # fmt: skip
def test_an_impossible_order_is_refused_by_its_field(changes, field):
    with pytest.raises(ValueError, match=f"^{field}: "):
        check_order(msgspec.structs.replace(ORDER, **changes))


@pytest.mark.parametrize(
    ("order", "told"),
    [(msgspec.structs.replace(ORDER, total=Money(Decimal(-5), "TRY")), ("total", "-5.00")),
     (msgspec.structs.replace(ORDER, placed_at=datetime(1, 1, 1, tzinfo=UTC)), ("placed_at", "0001-01-01")),
     (with_line(quantity=-1), ("lines[1].quantity", "-1")),
     (with_line(unit_price=Price(Money(Decimal("-0.5"), "TRY"))), ("lines[1].unit_price", "-0.50")),
     (with_line(unit_price=Price(Money(Decimal(1), "EUR"))), ("lines[1].currency", "EUR"))],
    ids=["total", "year 1", "quantity", "price", "currency"],
)  # fmt: skip
def test_an_odd_order_is_told(order, told):
    check_order(order)
    assert list(odd_parts(order)) == [told]


def test_listings():
    check_listing(LISTING)
    assert list(odd_values(LISTING)) == []
    assert list(odd_values(msgspec.structs.replace(LISTING, price=Money(Decimal(-1), "TRY")))) == [("price", "-1.00")]
    for field in ("remote_id", "sku", "barcode"):
        with pytest.raises(ValueError, match=f"^{field}: "):
            check_listing(msgspec.structs.replace(LISTING, **{field: "x" * (MOST_ID + 1)}))
    with pytest.raises(ValueError, match=r"^remote_id: "):
        check_listing(msgspec.structs.replace(LISTING, remote_id=""))
