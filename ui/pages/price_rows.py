"""Listings as the prices page shows them: the filter, the columns, a store row as a table's tuple. Reads only, no widget.
The last item of a row is its `Facts`; an old value is what the channel has, a new one what the merchant wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from app.contracts import Message
from app.contracts.catalogue import Catalogue
from app.model import Money, fold
from app.store import ConnectionRow, ListingQuery, ListingRow, OutboxFilter, OutboxRow, Store, StoredListing
from ui.tables import Channel, Column, Diff, Kind, Status
from ui.tables.sources import Sort
from ui.words import t

VIEWS = ("all", "waiting", "refused")
COUNT_CAP = 2_000_000  # the table must know how many rows there are; no seller has more
REFUSED_CAP = 5_000
CAPABILITY = {"price": "price_sink", "stock": "stock_sink"}
_LOOKS = {"queued": "write.queued", "sending": "write.sent", "pending": "write.sent", "refused": "write.refused"}
_WORST = ("refused", "unknown", "sending", "pending", "queued", "")

COLUMNS = (
    Column("sku", "prices.column.sku", Kind.QUIET, rank=1, width=132),
    Column("barcode", "prices.column.barcode", Kind.QUIET, rank=4, width=140),
    Column("title", "prices.column.title", Kind.TEXT, rank=1, width=150),
    Column("channel", "prices.column.channel", Kind.CHANNEL, rank=2, width=150),
    Column("currency", "prices.column.currency", Kind.QUIET, rank=3, width=84, sortable=False),
    Column("cost", "prices.column.cost", Kind.DIFF, rank=3, width=104, sortable=False, editable=True),
    Column("price", "prices.column.price", Kind.DIFF, rank=1, width=196, editable=True),
    Column("list_price", "prices.column.list_price", Kind.DIFF, rank=3, width=112, sortable=False),
    Column("stock", "prices.column.stock", Kind.DIFF, rank=1, width=132, editable=True),
    Column("state", "prices.column.state", Kind.STATUS, rank=1, width=122, sortable=False),
)


@dataclass(frozen=True, slots=True)
class PriceFilter:
    """What the page shows; `view` is one of VIEWS ("waiting": with a wish open; "refused": refused ones only)."""

    view: str = "all"
    search: str = ""
    connection_id: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing but the view is asked for."""
        return self == PriceFilter(self.view)


class Facts(NamedTuple):
    """What a row knows beside its cells. `price_lock`, `stock_lock`, `cost_lock`: why it cannot be edited, in words, or "".

    `messages`: what the channel said of the price and of the stock that it refused.
    """

    connection_id: int
    price_lock: str
    stock_lock: str
    messages: tuple[Message, ...] = ()
    cost_lock: str = ""


def lock_reason(catalogue: Catalogue, row: ConnectionRow | None, kind: str) -> str:
    """Why a connection takes no prices ("price") or no stock ("stock"), in words; "" when it does."""
    if row is None or row.removed_at is not None:
        return t("prices.lock.gone")
    entry = catalogue.entries.get(row.integration)
    if entry is None or CAPABILITY[kind] not in entry.capabilities:
        return t(f"prices.lock.{kind}_never", name=entry.name if entry else row.integration)
    if not row.switches.get(CAPABILITY[kind], True):
        return t(f"prices.lock.{kind}_off", name=row.name)
    return ""


class PriceSource:
    """`PriceSource(store, catalogue)`: `fetch` and `count` for the table, and the refused lines."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self.connections: dict[int, ConnectionRow] = {}
        self._locks: dict[tuple[int, str], str] = {}

    async def load_connections(self) -> None:
        """After connections changed."""
        rows = await self._store.connections.list()
        self.connections = {row.id: row for row in rows}
        self._locks = {
            (row.id, kind): lock_reason(self._catalogue, row, kind) for row in rows for kind in ("price", "stock")
        }

    def lock(self, connection_id: int, kind: str) -> str:
        """Why this connection takes none; "" when it does."""
        found = self._locks.get((connection_id, kind))
        return t("prices.lock.gone") if found is None else found

    # -- the table -----------------------------------------------------------------------------------------------
    async def fetch(self, offset: int, limit: int, sort: Sort, wanted: Any) -> Sequence[tuple[Any, ...]]:
        """Rows of the table, by `PriceFilter`."""
        if not self.connections:
            await self.load_connections()
        if wanted.view == "refused":
            found = _sorted(await self._refused_listings(wanted), sort, self.connections)[offset : offset + limit]
            costs = await self._costs([one.listing.sku for one in found])
            return [self._stored(one, costs) for one in found]
        column, rising = sort or ("id", True)
        query = ListingQuery(
            search=wanted.search,
            connection_id=wanted.connection_id,
            wanted_only=wanted.view == "waiting",
            sort=column,
            descending=not rising,
            offset=offset,
            limit=limit,
        )
        rows = await self._store.listings.query(query)
        more = {s.id: s for s in await self._store.listings.get_many([r.id for r in rows if r.write_state])}
        costs = await self._costs([row.sku for row in rows])
        return [self._stored(more[row.id], costs) if row.id in more else self._light(row, costs) for row in rows]

    async def _costs(self, skus: Sequence[str]) -> dict[str, Money]:
        """What products cost, with VAT, by SKU."""
        found = await self._store.products.get_many(sorted({sku for sku in skus if sku}))
        return {one.sku: one.cost for one in found if one.cost is not None}

    async def count(self, wanted: PriceFilter) -> int:
        """How many rows a filter has."""
        if wanted.view == "refused":
            return len(await self._refused_listings(wanted))
        query = ListingQuery(
            search=wanted.search, connection_id=wanted.connection_id, wanted_only=wanted.view == "waiting"
        )
        return await self._store.listings.count(query, cap=COUNT_CAP)

    async def view_counts(self, wanted: PriceFilter) -> dict[str, int]:
        """How many rows each view has under the rest of the filter."""
        return {view: await self.count(replace(wanted, view=view)) for view in VIEWS}

    # -- refused -------------------------------------------------------------------------------------------------
    async def refused_lines(self) -> list[tuple[OutboxRow, StoredListing]]:
        """Refused intents whose wish still stands, newest first: an older refusal that a newer wish replaced is over."""
        asked = OutboxFilter(kinds=("price", "stock"), states=("refused",))
        rows = await self._store.outbox.query(asked, 0, REFUSED_CAP)
        subjects = sorted({row.subject for row in rows if row.subject is not None})
        stored = {s.id: s for s in await self._store.listings.get_many(subjects)}
        lines = []
        for row in rows:
            one = stored.get(row.subject) if row.subject is not None else None
            if one is not None and row.key == (one.price_key if row.kind == "price" else one.stock_key):
                lines.append((row, one))
        return lines

    async def refused_ids(self, wanted: PriceFilter) -> tuple[int, ...]:
        """The listings of the view "refused"."""
        return tuple(one.id for one in await self._refused_listings(wanted))

    async def _refused_listings(self, wanted: PriceFilter) -> list[StoredListing]:
        if not self.connections:
            await self.load_connections()
        unique = {one.id: one for _, one in await self.refused_lines()}
        asked = fold(wanted.search).split()
        return [
            one
            for one in sorted(unique.values(), key=lambda s: s.id)
            if one.connection_id in self.connections
            and (wanted.connection_id is None or one.connection_id == wanted.connection_id)
            and _has(one, asked)
        ]

    # -- rows ----------------------------------------------------------------------------------------------------
    def _light(self, row: ListingRow, costs: Mapping[str, Money]) -> tuple[Any, ...]:
        """A row without a wish."""
        money = _amount(row.price_micros, row.currency)
        return self._row(
            row.id, row.connection_id, (row.sku, row.barcode, row.title), row.currency, costs.get(row.sku),
            Diff(money, None, row.currency), Diff(_amount(row.list_price_micros, row.currency), None, row.currency),
            Diff(_pieces(row.stock), None, ""), "", (),
        )  # fmt: skip

    def _stored(self, one: StoredListing, costs: Mapping[str, Money]) -> tuple[Any, ...]:
        """A row with what is wanted of it."""
        listing = one.listing
        money = listing.price or listing.list_price or one.wanted_price
        currency = money.currency if money is not None else ""
        state = min((one.price_state, one.stock_state), key=_WORST.index)
        messages = (one.price_message, one.stock_message)
        return self._row(
            one.id, one.connection_id, (listing.sku, listing.barcode, listing.title), currency, costs.get(listing.sku),
            Diff(_of(listing.price), _of(one.wanted_price), currency),
            Diff(_of(listing.list_price), _of(one.wanted_list_price), currency),
            Diff(_pieces(listing.stock), _pieces(one.wanted_stock), ""), state, tuple(m for m in messages if m is not None),
        )  # fmt: skip

    def _row(
        self,
        key: int,
        connection_id: int,
        names: tuple[str, str, str],
        currency: str,
        cost: Money | None,
        price: Diff,
        list_price: Diff,
        stock: Diff,
        state: str,
        messages: tuple[Message, ...],
    ) -> tuple[Any, ...]:
        row = self.connections.get(connection_id)
        channel = Channel(row.integration, row.name) if row is not None else None
        price_lock = self.lock(connection_id, "price")
        stock_lock = self.lock(connection_id, "stock")
        if not price_lock and (price.old is None or not currency):
            price_lock = t("prices.lock.no_price")
        if not stock_lock and stock.old is None:
            stock_lock = t("prices.lock.no_stock")
        chip = Status(_LOOKS.get(state, "write.unknown")) if state else None
        facts = Facts(connection_id, price_lock, stock_lock, messages, "" if names[0] else t("planpage.cost.no_sku"))
        paid = Diff(_of(cost), None, cost.currency if cost is not None else currency or "TRY")
        crossed = None if list_price.old is None and list_price.new is None else list_price
        return (key, *names, channel, currency, paid, price, crossed, stock, chip, facts)


def _of(money: Money | None) -> Decimal | None:
    return None if money is None else money.amount


def _amount(micros: int | None, currency: str) -> Decimal | None:
    return None if micros is None else Money.from_micros(micros, currency).amount


def _pieces(count: int | None) -> Decimal | None:
    return None if count is None else Decimal(count)


def _has(one: StoredListing, asked: list[str]) -> bool:
    listing = one.listing
    text = fold(f"{listing.title} {listing.sku} {listing.barcode}")
    return all(word in text for word in asked)


def _sorted(found: list[StoredListing], sort: Sort, connections: dict[int, ConnectionRow]) -> list[StoredListing]:
    """The store's orders, for the few that are in memory."""
    column, rising = sort or ("id", True)

    def key(one: StoredListing) -> Any:
        listing = one.listing
        if column == "price":
            price = listing.price
            return ("", Decimal(0)) if price is None else (price.currency, price.amount)
        if column == "stock":
            return (listing.stock is None, listing.stock or 0)
        if column == "channel":
            return connections[one.connection_id].name
        texts = {"sku": listing.sku, "barcode": listing.barcode, "title": listing.title}
        return texts.get(column, "")

    return sorted(found, key=lambda one: (key(one), one.id), reverse=not rising)


def without_name(message: Message) -> Message:
    """The message without connection and operation, where both stand beside it anyway."""
    kept = {k: v for k, v in message.params.items() if k not in ("connection", "operation")}
    return msgspec.structs.replace(message, params=kept)
