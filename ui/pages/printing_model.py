"""What the print page reads: orders that wait for a label, and the journal of documents. A document's page is found by its
place in the journal, so that the preview never shows another order's label."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.store import OrderRow, PrintRow, Store
from ui.pages.orders_model import OrderFilter, deadline
from ui.tables import Channel, Column, Kind, Status
from ui.tables.sources import Sort
from ui.words import figures, t, words

WAITING = OrderFilter(unprinted=True)
PAGE_KINDS = ("label", "slip")  # what the program can draw again
_KEPT = 2_000

WAITING_COLUMNS = (
    Column("number", "printpage.column.order", Kind.CHANNEL, rank=1, width=194),
    Column("buyer", "printpage.column.buyer", Kind.TEXT, rank=1, width=130),
    Column("city", "printpage.column.city", Kind.TEXT, rank=3, width=90),
    Column("items", "printpage.column.items", Kind.NUMBER, rank=2, width=56),
    Column("carrier", "printpage.column.carrier", Kind.TEXT, rank=3, width=120, sortable=False),
    Column("ship_by", "printpage.column.ship_by", Kind.DEADLINE, rank=1, width=90),
)
JOURNAL_COLUMNS = (
    Column("at", "printpage.column.at", Kind.QUIET, rank=1, width=92, sortable=False),
    Column("kind", "printpage.column.document", Kind.CODE, rank=1, width=110, sortable=False),
    Column("order", "printpage.column.order", Kind.CHANNEL, rank=1, width=194, sortable=False),
    Column("file", "printpage.column.where", Kind.TEXT, rank=2, width=170, sortable=False),
    Column("note", "printpage.column.note", Kind.STATUS, rank=1, width=158, sortable=False),
)


def waiting_row(row: OrderRow, integration: str, now: datetime) -> tuple[Any, ...]:
    """An order that waits for its label."""
    return (
        row.id,
        Channel(integration, row.number),
        row.buyer or "—",
        row.city or "—",
        row.items,
        row.carrier or "—",
        deadline(row, now),
    )


class Journal:
    """`fetch` and `count` over the journal, newest first; `row(id)` the row behind a table's key."""

    def __init__(self, store: Store, zone_now: Callable[[], datetime]) -> None:
        self._store = store
        self._zone_now = zone_now
        self._rows: OrderedDict[int, PrintRow] = OrderedDict()
        self._numbers: dict[int, str] = {}
        self.integrations: dict[int, str] = {}  # connection id → integration

    def row(self, print_id: int) -> PrintRow | None:
        """A row that the table has loaded."""
        return self._rows.get(print_id)

    def number(self, order_id: int | None) -> str:
        """The order number of a loaded row."""
        return self._numbers.get(order_id or 0, "")

    async def count(self, _filter: Any = None) -> int:
        """How many documents there are. The store tells no count; ids rise by one, so that it is the highest one, or else
        found by halving."""
        newest = await self._store.prints.recent(1)
        if not newest:
            return 0
        low, high = 1, newest[0].id  # `low` rows there are for certain, more than `high` cannot be
        if await self._store.prints.recent(1, high - 1):
            return high
        while low < high:
            middle = (low + high + 1) // 2
            if await self._store.prints.recent(1, middle - 1):
                low = middle
            else:
                high = middle - 1
        return low

    async def fetch(self, offset: int, limit: int, _sort: Sort = None, _filter: Any = None) -> Sequence[Any]:
        """One window of the table."""
        rows = await self._store.prints.recent(limit, offset)
        wanted = list({row.order_id for row in rows if row.order_id is not None})
        orders = {one.id: one for one in await self._store.orders.get_many(wanted)}
        there = await asyncio.to_thread(_there, {row.path for row in rows if row.path})
        now = self._zone_now()
        found = []
        for row in rows:
            self._rows[row.id] = row
            order = orders.get(row.order_id or 0)
            number = order.order.number if order is not None else "—"
            if order is not None:
                self._numbers[order.id] = number
            integration = self.integrations.get(order.connection_id, "") if order is not None else ""
            at = figures().when(row.at.astimezone(now.tzinfo), now)
            kind = t(f"print.document.{row.kind}") if words().has(f"print.document.{row.kind}") else row.kind
            name = row.printer or Path(row.path).name
            found.append(
                (row.id, at, kind, Channel(integration, number), name, _note(row, not row.path or row.path in there))
            )
        while len(self._rows) > _KEPT:
            self._rows.popitem(last=False)
        return found

    async def place(self, row: PrintRow, table_row: int) -> int | str:
        """Where in its document an order stands: labels are one page each, in the order of the journal; anything else is
        looked for by its number."""
        if row.kind != "label":
            return self.number(row.order_id)
        before = 0
        offset = table_row + 1
        while True:
            older = await self._store.prints.recent(100, offset)
            for one in older:
                if (one.path, one.sha256, one.kind) != (row.path, row.sha256, row.kind):
                    return before
                before += 1
            if len(older) < 100:
                return before
            offset += 100


def _note(row: PrintRow, there: bool) -> Status:
    """The copy's number; a file that is not there any more; a second copy stands out."""
    if not there:
        return Status("offline", t("printpage.note.gone"))
    if row.again or row.copy_no > 1:
        return Status("order.returning", t("printpage.note.again", copy=row.copy_no))
    return Status("order.delivered", t("printpage.note.first"))


def _there(paths: set[str]) -> set[str]:
    return {path for path in paths if Path(path).is_file()}
