"""What the order's pane shows, read from the store in one go. No widget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.store import Bundle, ConnectionRow, OrderInvoice, PrintRow, Store, StoredOrder


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """What the pane shows; `now` in the merchant's zone, `as_of` how old the channel's word is."""

    stored: StoredOrder
    connection: ConnectionRow | None
    prints: tuple[PrintRow, ...]
    as_of: datetime | None
    now: datetime
    bundles: tuple[Bundle, ...] = ()
    partners: tuple[StoredOrder, ...] = ()  # the other orders in its parcel
    invoice: OrderInvoice | None = None
    can_link: bool = False  # its channel takes the link to the invoice


async def detail_of(
    store: Store, stored: StoredOrder, row: ConnectionRow | None, as_of: datetime | None, now: datetime
) -> OrderDetail:
    """All that the store knows of an order."""
    prints = await store.prints.of_order(stored.id)
    bundles = await store.bundles.of_orders((stored.id,))
    others = [i for one in bundles for i in one.orders if i != stored.id]
    partners = await store.orders.get_many(others)
    invoice = await store.invoices.get(stored.id)
    return OrderDetail(stored, row, tuple(prints), as_of, now, tuple(bundles), tuple(partners), invoice)
