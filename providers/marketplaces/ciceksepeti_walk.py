"""How ÇiçekSepeti's lists are read: page after page, and the order items of all pages put together by order. Pure.
Must never take a list that became shorter on the way for a complete one: items that were cancelled have moved others up.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from app.contracts import Message, Page, Reject, fail
from app.kit import Reply, decode_json, read_lenient, read_records
from app.model import Order
from providers.marketplaces.ciceksepeti_wire import OrderWire, modified, to_order


class Walk:
    """Ask for `page` (None at the end) and `take` how many items came and how many there are in all. The end is a page that is not
    full, whatever the total says: that it counts all pages and not this one is unconfirmed. When the total falls, as many pages as
    items may have crossed are read again, with `again` other than 0."""

    def __init__(self, size: int) -> None:
        self.page: int | None = 0
        self.again = 0
        self.steps = 0
        self._size = size
        self._total: int | None = None
        self._furthest = 0

    def take(self, count: int, total: int | None) -> None:
        if self.page is None:
            raise ValueError("the walk has ended")
        page = self.page
        if page and total == count:
            total = None  # the page's own count
        gone = max(0, self._total - total) if self._total is not None and total is not None else 0
        self._total = total
        self.steps += 1
        if gone and page:
            self.page = max(0, page - 1 - gone // self._size)
        else:
            self.page = page + 1 if count >= self._size else None
        if self.page is not None:
            self.again = self.steps if self.page <= self._furthest else 0
            self._furthest = max(self._furthest, self.page)
        if self.steps > 20 + 3 * (self._furthest + 1):
            reason = "the list moves faster than it can be read"
            raise fail(Message("answer.unexpected", {"operation": "orders", "reason": reason}))


class OrdersWire(msgspec.Struct, rename="camel"):
    supplier_order_list_with_branch: list[msgspec.Raw]
    order_list_count: int | None = None


class _KeyWire(msgspec.Struct, rename="camel"):
    order_id: int | str
    order_item_id: Any = None
    order_modify_date: Any = None
    order_modify_time: Any = None


_keys = msgspec.json.Decoder(_KeyWire)


def record_id(record: dict[str, Any]) -> str:
    rows = record.get("rows") or [record]
    return str(rows[0].get("orderId") or "")


class Rows:
    """Order items gathered by order; of an item that comes twice the later word stands."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, tuple[msgspec.Raw, datetime | None]]] = {}
        self._stray: list[Reject] = []

    def add(self, reply: Reply) -> tuple[int, int | None]:
        """One page. Returns how many items it had, and how many the vendor says there are in all."""
        page = decode_json(reply, OrdersWire)
        for raw in page.supplier_order_list_with_branch:
            try:
                key = _keys.decode(raw)
            except msgspec.DecodeError:
                self._stray += read_records((raw,), _KeyWire, lambda key: key, record_id)[1]
                continue
            item = str(key.order_item_id) if isinstance(key.order_item_id, int | str) else bytes(raw).hex()
            self._found.setdefault(str(key.order_id), {})[item] = (
                raw,
                modified(key.order_modify_date, key.order_modify_time),
            )
        return len(page.supplier_order_list_with_branch), page.order_list_count

    def page(self, since: datetime | None = None) -> Page[Order]:
        """The orders that changed at `since` or later, or do not say when."""
        raws = [
            msgspec.Raw(b'{"rows":[' + b",".join(bytes(raw) for raw, _ in items.values()) + b"]}")
            for items in self._found.values()
            if since is None or any(at is None or at >= since for _, at in items.values())
        ]
        items, rejects = read_lenient(
            raws, OrderWire, to_order, record_id, firm=frozenset({"isOrderStatusActive"}), pieces={"quantity": "name"}
        )
        return Page(items, (*self._stray, *rejects))
