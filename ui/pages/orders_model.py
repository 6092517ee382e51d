"""Orders as the page shows them: views, the filter, the columns, a store row as a table's tuple. Reads only, no widget.
An order of another currency is never added up, and a state that we do not know is shown as the channel's own word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.model import Money, OrderStatus
from app.store import ConnectionRow, LocalState, OrderQuery, OrderRow, Store, StoredOrder
from ui.tables import Channel, Column, Deadline, Kind, Status
from ui.tables.sources import Sort
from ui.words import figures, t

VIEWS = ("to_ship", "new", "shipped", "cancelled", "all")
DUE = ("late", "today")
COUNT_CAP = 2_000_000  # the table must know how many rows there are; no seller has more
FOUND_CAP = 10_000  # hits of a search, and what stands on the tabs, are counted no further: "10,000+"
_URGENT = timedelta(hours=2)
_TO_SHIP = (OrderStatus.OPEN.value, OrderStatus.PARTIALLY_SHIPPED.value)
_VIEW_STATUSES: dict[str, tuple[str, ...]] = {
    "shipped": (OrderStatus.SHIPPED.value, OrderStatus.DELIVERED.value),
    "cancelled": (OrderStatus.CANCELLED.value, OrderStatus.RETURNED.value),
}
_CHANNEL_LOOKS = {
    OrderStatus.PENDING.value: "paused",
    OrderStatus.OPEN.value: "order.new",
    OrderStatus.PARTIALLY_SHIPPED.value: "order.shipped",
    OrderStatus.SHIPPED.value: "order.shipped",
    OrderStatus.DELIVERED.value: "order.delivered",
    OrderStatus.CANCELLED.value: "order.cancelled",
    OrderStatus.RETURNED.value: "order.returning",
}

COLUMNS = (
    Column("channel", "orders.column.channel", Kind.CHANNEL, rank=3, width=130),
    Column("number", "orders.column.number", Kind.CHANNEL, rank=1, width=178),
    Column("placed_at", "orders.column.placed", Kind.QUIET, rank=4, width=80),
    Column("buyer", "orders.column.buyer", Kind.TEXT, rank=1, width=110),
    Column("city", "orders.column.city", Kind.TEXT, rank=3, width=80),
    Column("items", "orders.column.items", Kind.NUMBER, rank=3, width=52),
    Column("total", "orders.column.total", Kind.MONEY, rank=2, width=92),
    Column("local_state", "orders.column.state", Kind.STATUS, rank=1, width=118),
    Column("ship_by", "orders.column.ship_by", Kind.DEADLINE, rank=1, width=86),
    Column("printed", "orders.column.printed", Kind.QUIET, rank=3, width=84, sortable=False),
    Column("status", "orders.column.channel_status", Kind.STATUS, rank=4, width=124),
)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the page shows. `status` is the channel's; `due` "", "late" or "today" (what must leave); `due`,
    `unprinted` and `cancel_asked` speak of orders to ship only."""

    view: str = "to_ship"
    search: str = ""
    connection_id: int | None = None
    status: str = ""
    due: str = ""
    unprinted: bool = False
    cancel_asked: bool = False

    @property
    def to_ship_only(self) -> bool:
        """Whether something is asked that only orders to ship can answer."""
        return bool(self.due or self.unprinted or self.cancel_asked)

    @property
    def empty(self) -> bool:
        """Whether nothing but the view is asked for."""
        return self == OrderFilter(self.view)

    def with_view(self, view: str) -> OrderFilter:
        """Another view; what cannot be true in it goes."""
        new = replace(self, view=view)
        if view in ("shipped", "cancelled"):
            new = new.seen_whole()
        return replace(new, status="") if new.status and not _fits(view, new.status) else new

    def with_status(self, status: str) -> OrderFilter:
        """Another status of the channel, in a view that has such orders."""
        new = replace(self, status=status)
        if status and not _fits(self.view, status):
            new = replace(new, view="all")
        return new.seen_whole() if status and status not in _TO_SHIP else new

    def with_due(self, due: str) -> OrderFilter:
        """What must leave; a view without orders to ship makes room for the one that has them."""
        return replace(self, due=due)._in_a_view()

    def with_unprinted(self, on: bool) -> OrderFilter:
        """Only what has no label yet."""
        return replace(self, unprinted=on)._in_a_view()

    def with_cancel_asked(self, on: bool) -> OrderFilter:
        """Only those whose buyer asked to cancel and whose channel has not decided."""
        return replace(self, cancel_asked=on)._in_a_view()

    def seen_whole(self) -> OrderFilter:
        """Without what only orders to ship can answer."""
        return replace(self, due="", unprinted=False, cancel_asked=False)

    def _in_a_view(self) -> OrderFilter:
        new = self
        if not new.to_ship_only:
            return new
        if new.view in ("shipped", "cancelled"):
            new = replace(new, view="to_ship")
        return replace(new, status="") if new.status and new.status not in _TO_SHIP else new

    def query(self, now: datetime, sort: Sort = None, offset: int = 0, limit: int = 100) -> OrderQuery:
        """The store's question. `now` in the merchant's zone: late is before it, today before its day ends."""
        key, rising = sort or default_sort(self.view)
        to_ship = self.view in ("to_ship", "new") or self.to_ship_only
        return OrderQuery(
            search=self.search.strip(),
            connection_id=self.connection_id,
            statuses=(self.status,) if self.status else _VIEW_STATUSES.get(self.view, ()),
            local_states=(LocalState.NEW.value,) if self.view == "new" else (),
            sort=key,
            descending=not rising,
            offset=offset,
            limit=limit,
            to_ship_only=to_ship,
            unprinted=self.unprinted,
            ship_before={"late": now, "today": _day_end(now)}.get(self.due),
            cancel_asked=self.cancel_asked,
        )


def requested(request: Mapping[str, Any]) -> OrderFilter:
    """The filter that another page asks for (see `ui.pages`); what is not understood is overlooked."""
    view, connection, search = request.get("view"), request.get("connection"), request.get("search")
    pointed = isinstance(connection, int) or isinstance(search, str) or isinstance(request.get("id"), int)
    new = OrderFilter(
        "all" if pointed else "to_ship",
        search.strip() if isinstance(search, str) else "",
        connection if isinstance(connection, int) else None,
    )
    if view in VIEWS:
        return new.with_view(str(view))
    if view in DUE:
        return new.with_due(str(view))
    if view == "unprinted":
        return new.with_unprinted(True)
    return new.with_cancel_asked(True) if view == "cancel_asked" else new


def _fits(view: str, status: str) -> bool:
    if view in ("to_ship", "new"):
        return status in _TO_SHIP
    return view == "all" or status in _VIEW_STATUSES[view]


def default_sort(view: str) -> tuple[str, bool]:
    """What must leave first stands first; elsewhere the newest."""
    return ("ship_by", True) if view in ("to_ship", "new") else ("placed_at", False)


def is_to_ship(row: OrderRow) -> bool:
    """The store's own rule, for a row in hand."""
    return (
        row.status in _TO_SHIP
        and row.local_state != LocalState.SHIPPED
        and not row.fulfilled_by_channel
        and row.superseded_by is None
    )


def refuses_packing(stored: StoredOrder) -> str:
    """Why an order cannot be marked as packed: a key under `orders.reason`, "" when it can."""
    if stored.order.status == OrderStatus.CANCELLED:
        return "cancelled"
    if stored.order.fulfilled_by_channel:
        return "by_channel"
    if stored.order.status not in _TO_SHIP:
        return "not_open"
    return "shipped" if stored.local_state == LocalState.SHIPPED else ""


def refuses_label(stored: StoredOrder) -> str:
    """Why a label should not be printed without a second thought: a key under `orders.reason`, or ""."""
    if stored.order.status == OrderStatus.CANCELLED:
        return "cancelled"
    if stored.superseded_by is not None:
        return "superseded"
    if stored.order.fulfilled_by_channel:
        return "by_channel"
    return "cancel_asked" if stored.order.cancel_asked else ""


def state_chip(status: str, local_state: str, cancel_asked: bool, vendor_status: str) -> Status:
    """Where the order is for the merchant: the channel's word when it decides, else what was done here."""
    if status not in _TO_SHIP:
        return channel_chip(status, vendor_status)
    if cancel_asked:
        return Status("degraded", t("orders.state.cancel_asked"))
    return Status(f"order.{local_state}")


def channel_chip(status: str, vendor_status: str) -> Status:
    """What the channel says."""
    look = _CHANNEL_LOOKS.get(status)
    if look is None:
        return Status("unknown", vendor_status or t("state.unknown"))
    return Status(look, t(f"orders.status.{status}"))


def path_step(status: str, local_state: str) -> int | None:
    """Where on the path new, picked, packed, handed over, delivered; None when it left the path (cancelled …)."""
    if status in (OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.UNKNOWN):
        return None
    if status == OrderStatus.DELIVERED:
        return 4
    if status == OrderStatus.SHIPPED or local_state == LocalState.SHIPPED:
        return 3
    return {LocalState.PICKED.value: 1, LocalState.PACKED.value: 2}.get(local_state, 0)


def deadline(row: OrderRow, now: datetime) -> Deadline:
    """When it must leave, in the zone of `now`; urgent when late or within two hours."""
    if row.ship_by is None or not is_to_ship(row):
        return Deadline("—")
    local = row.ship_by.astimezone(now.tzinfo)
    if local.date() < now.date():  # the day alone: "yesterday 16:48" has no room, and it is late either way
        return Deadline(figures().date_short(local, year=local.year != now.year), True)
    return Deadline(figures().when(local, now), row.ship_by - now < _URGENT)


def table_row(row: OrderRow, integration: str, now: datetime) -> tuple[Any, ...]:
    """A store row as the table's tuple; `now` in the merchant's zone."""
    printed = "—"
    if row.printed_at is not None:
        printed = figures().when(row.printed_at.astimezone(now.tzinfo), now)
    return (
        row.id,
        Channel(integration, row.channel),
        Channel(integration, row.number),
        figures().when(row.placed_at.astimezone(now.tzinfo), now),
        row.buyer or "—",
        row.city or "—",
        row.items,
        "—" if row.unpriced else (Money.from_micros(row.total_micros, row.currency).amount, row.currency),
        state_chip(row.status, row.local_state, row.cancel_asked, row.vendor_status),
        deadline(row, now),
        printed,
        channel_chip(row.status, row.vendor_status),
    )


class OrdersSource:
    """`fetch` and `count` of a table, over the store; `to_row(row, integration, now)` makes its tuples."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        to_row: Callable[[OrderRow, str, datetime], tuple[Any, ...]] = table_row,
    ) -> None:
        self._store = store
        self._to_row = to_row
        self._now = now
        self.connections: dict[int, ConnectionRow] = {}

    def zone_now(self) -> datetime:
        """The present in the merchant's zone."""
        return self._now().astimezone()

    async def learn_connections(self) -> None:
        """Names and integrations, removed ones too: old orders name them."""
        self.connections = {row.id: row for row in await self._store.connections.list(removed=True)}

    async def count(self, wanted: OrderFilter) -> int:
        """How many rows the filter has."""
        cap = FOUND_CAP if wanted.search.strip() else COUNT_CAP
        return min(await self._store.orders.count(wanted.query(self.zone_now()), cap=cap), cap)

    async def fetch(self, offset: int, limit: int, sort: Sort, wanted: OrderFilter) -> Sequence[tuple[Any, ...]]:
        """One window of the table."""
        if not self.connections:
            await self.learn_connections()
        now = self.zone_now()
        rows = await self._store.orders.query(wanted.query(now, sort, offset, limit))
        return [self._to_row(row, self._integration(row.connection_id), now) for row in rows]

    async def all_ids(self, wanted: OrderFilter, sort: Sort) -> list[int]:
        """All orders of a filter, in the order of the screen."""
        query = wanted.query(self.zone_now(), sort, 0, COUNT_CAP)
        return [row.id for row in await self._store.orders.query(query)]

    def _integration(self, connection_id: int) -> str:
        row = self.connections.get(connection_id)
        return row.integration if row is not None else ""

    async def view_counts(self) -> dict[str, int]:
        """How many orders each saved view holds; FOUND_CAP + 1 means more than FOUND_CAP."""
        now = self.zone_now()
        return {view: await self._store.orders.count(OrderFilter(view).query(now), cap=FOUND_CAP) for view in VIEWS}

    async def as_of(self, connection_id: int | None = None) -> tuple[datetime | None, dict[str, datetime]]:
        """How old the orders may be: the oldest instant up to which a channel was read, and each channel's own."""
        found: dict[str, datetime] = {}
        for row in self.connections.values():
            if row.removed_at is None and connection_id in (None, row.id):
                at = await self._store.cursors.get(row.id, "orders")
                if at is not None:
                    found[row.name] = at
        return min(found.values(), default=None), found


def _day_end(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
