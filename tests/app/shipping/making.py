"""An address that every carrier takes, and orders of one channel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.model import Address, Buyer, Money, Order, OrderLine, OrderStatus, Price

T0 = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
GOOD = Address(
    name="Ayşe Yılmaz", street="Caferağa Mah. Moda Cad. No:12 D:3", district="Kadıköy", city="İstanbul", postcode="34710",
    country="TR", phone="0532 123 45 67",
)  # fmt: skip


def order(remote_id: str = "1", **changes: Any) -> Order:
    values: dict[str, Any] = {
        "remote_id": remote_id, "number": f"S-{remote_id}", "status": OrderStatus.OPEN, "vendor_status": "Created",
        "placed_at": T0, "updated_at": T0, "total": Money.of("259.80", "TRY"),
        "lines": (OrderLine("l1", "SKU-1", "Isırgan Çayı", 2, Price(Money.of("129.90", "TRY"))),),
        "buyer": Buyer("Ayşe Yılmaz", "+905321234567"), "ship_to": GOOD,
    }  # fmt: skip
    return Order(**{**values, **changes})
