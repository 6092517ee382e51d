"""Builders for the store's tests: an order, a listing, a page, a shop in a fresh store."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Message, Page, Reject
from app.model import Address, Buyer, Listing, Money, Order, OrderLine, OrderStatus, Price
from app.store import ConnectionRow, Store

T0 = datetime(2025, 11, 24, 7, 0, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return T0 + timedelta(minutes=count)


def order(remote_id: str = "1", *, at: float = 0, **changes: Any) -> Order:
    """Order `remote_id`, changed `at` minutes after T0."""
    made = Order(
        remote_id=remote_id, number=f"10{remote_id}", status=OrderStatus.OPEN, vendor_status="Created", placed_at=T0,
        updated_at=minutes(at), total=Money(Decimal("259.80"), "TRY"),
        lines=(
            OrderLine("l1", "SKU-1", "Isırgan Çayı", 2, Price(Money(Decimal("99.90"), "TRY")), barcode="8690000000012"),
            OrderLine("l2", "SKU-2", "Kırmızı Şapka", 1, Price(Money(Decimal("60.00"), "TRY"))),
        ),
        buyer=Buyer("Ayşe Yılmaz", "+905321234567"),
        ship_to=Address(name="Ayşe Yılmaz", city="İstanbul", district="Kadıköy", phone="0532 123 45 67"),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def listing(remote_id: str = "1", *, price: str | None = "100.00", at: float | None = None, **changes: Any) -> Listing:
    made = Listing(
        remote_id=remote_id, sku=f"SKU-{remote_id}", title=f"Kırmızı Tişört {remote_id}",
        price=None if price is None else Money(Decimal(price), "TRY"), stock=5, barcode=f"869000000{remote_id}",
        updated_at=None if at is None else minutes(at),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def page(*items: Any, rejects: tuple[Reject, ...] = ()) -> Page[Any]:
    return Page(items, rejects)


def reject(remote_id: str = "bad", raw: str = '{"id": "bad"}') -> Reject:
    return Reject(remote_id, raw, Message("answer.field_missing", {"field": "total"}))


async def shop(store: Store, name: str = "Shop", account: str = "acc") -> ConnectionRow:
    if await store.accounts.get(account) is None:
        await store.accounts.add(account, "trendyol", "live")
    return await store.connections.add(name, "trendyol", account, "live", {"order_source": True})


async def happened(event: threading.Event) -> None:
    """Wait on the loop for an event of another thread."""
    while not event.is_set():  # noqa: ASYNC110  # the event is another thread's
        await asyncio.sleep(0.001)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now
