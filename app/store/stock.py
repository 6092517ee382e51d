"""Stock as the merchant counts it: on hand, buffer, what orders have been promised, and what each channel shows of it and should.
Every change is one transaction with the channels' news in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.model.stock import MOST, PLAIN, ChannelRule, available, checked, shown
from app.store import settings, stock_ledger, stock_push
from app.store.db import Database
from app.store.errors import StoreError
from app.store.rows import json_text, read_flags
from app.store.stock_ledger import Count

HAND, SHEET, ERP = "hand", "sheet", "erp"
_COLUMNS = (
    "SELECT s.sku, s.barcode, s.on_hand, s.reserved, s.lacking, s.buffer, s.low_at, s.source, s.counted_at, s.changed_at,"
    " coalesce((SELECT l.title FROM connections c CROSS JOIN listings l ON l.connection_id = c.id AND l.sku = s.sku"
    " WHERE c.removed_at IS NULL LIMIT 1), '') FROM stock s"
)
_LEFT = "max(0, s.on_hand - s.reserved - s.buffer)"
_LOW = "max(0, s.on_hand - s.reserved - s.buffer) <= coalesce(s.low_at, ?)"
SORTS = {
    "sku": "s.sku", "on_hand": "s.on_hand", "reserved": "s.reserved", "buffer": "s.buffer", "available": _LEFT,
    "lacking": "s.lacking",
}  # fmt: skip


class StockQuery(msgspec.Struct, frozen=True):
    """`search`: a part of the SKU or the barcode, to the letter. `low`: only those with no more available than this, or than their
    own limit. `lacking`: only those of which orders lack some."""

    search: str = ""
    low: int | None = None
    lacking: bool = False
    sort: str = "sku"
    descending: bool = False
    offset: int = 0
    limit: int = 200


class StockRow(msgspec.Struct, frozen=True):
    """Pieces. `lacking`: what waiting orders want beyond what there is. `low_at`: its own limit of being low. `counted_at`: when on
    hand was last said; `source`: hand, sheet or erp. `title`: of one of its listings."""

    sku: str
    barcode: str
    on_hand: int
    reserved: int
    lacking: int
    buffer: int
    available: int
    low_at: int | None
    source: str
    counted_at: datetime
    changed_at: datetime
    title: str = ""


class ChannelStock(msgspec.Struct, frozen=True):
    """One listing of an SKU. `shows`: what the channel has or was told last, None where it counts none; `should`: what the rule makes
    of what is available; `told`: whether the channel is told (it can be, and its switch is on); `state`: of an open wish."""

    sku: str
    listing_id: int
    connection_id: int
    channel: str
    shows: int | None
    should: int
    told: bool
    state: str


class StockLevels(msgspec.Struct, frozen=True):
    """`left`: how many SKUs by pieces available; `own`: SKUs at or under a limit of their own; `orders` that lack `pieces`."""

    left: dict[int, int] = {}
    own: int = 0
    orders: int = 0
    pieces: int = 0


class Shortage(msgspec.Struct, frozen=True):
    """An order that does not get all it wants of an SKU."""

    order_id: int
    connection_id: int
    number: str
    sku: str
    wanted: int
    held: int


class Stock:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def put(self, counts: Sequence[Count], source: str = HAND) -> dict[int, int]:
        """Write them all; what channels must be told is queued with them: intents by connection. Raises StoreError `store.bad_stock`
        (param `sku`) for an empty SKU or a figure that cannot be."""
        for one in counts:
            low = None if one.low_at == -1 else one.low_at
            figures = [figure for figure in (one.on_hand, one.buffer, low) if figure is not None]
            if not one.sku.strip() or any(not 0 <= figure <= MOST for figure in figures):
                raise StoreError("store.bad_stock", sku=one.sku[:60])
        at = to_epoch_ms(self._now())
        return await self._db.write(lambda conn: stock_ledger.count(conn, counts, source, at))

    async def forget(self, skus: Sequence[str]) -> int:
        """These are managed no more: their promises go, the channels keep what they show. Returns how many."""
        text = json_text(list(skus))
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> int:
            conn.execute("DELETE FROM reservations WHERE sku IN (SELECT value FROM json_each(?))", (text,))
            stock_ledger.tell_shortages(conn, skus, at)
            return conn.execute("DELETE FROM stock WHERE sku IN (SELECT value FROM json_each(?))", (text,)).rowcount

        return await self._db.write(job)

    async def push(self, skus: Sequence[str] | None = None) -> dict[int, int]:
        """Queue what channels should show and do not, of these or of all: intents by connection."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> dict[int, int]:
            asked = list(skus) if skus is not None else [row[0] for row in conn.execute("SELECT sku FROM stock")]
            return stock_push.push(conn, asked, at)

        return await self._db.write(job)

    # -- looking

    async def rows(self, q: StockQuery) -> list[StockRow]:
        tests, values = _tests(q)
        way = "DESC" if q.descending else "ASC"
        sql = " ".join((_COLUMNS, tests, "ORDER BY", SORTS[q.sort], way, ", s.sku LIMIT ? OFFSET ?"))
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(sql, (*values, q.limit, q.offset))])

    async def total(self, q: StockQuery) -> int:
        tests, values = _tests(q)
        sql = " ".join(("SELECT count(*) FROM stock s", tests))
        return await self._db.read(lambda conn: int(conn.execute(sql, values).fetchone()[0]))

    async def get(self, sku: str) -> StockRow | None:
        sql = " ".join((_COLUMNS, "WHERE s.sku = ?"))
        found = await self._db.read(lambda conn: conn.execute(sql, (sku,)).fetchone())
        return None if found is None else _row(found)

    async def known(self, skus: Collection[str]) -> frozenset[str]:
        """Those that are managed."""
        query = "SELECT sku FROM stock WHERE sku IN (SELECT value FROM json_each(?))"
        text = json_text(sorted(skus))
        return await self._db.read(lambda conn: frozenset(row[0] for row in conn.execute(query, (text,))))

    async def channels(self, skus: Sequence[str]) -> list[ChannelStock]:
        """What each channel shows of these, and should; by SKU and channel."""
        return await self._db.read(lambda conn: _channels(conn, skus))

    async def shortages(self, limit: int = 200) -> list[Shortage]:
        query = (
            "SELECT o.id, o.connection_id, o.number, r.sku, sum(r.wanted), sum(r.held) FROM stock s"
            " CROSS JOIN reservations r ON r.sku = s.sku AND r.state = 'held' CROSS JOIN orders o ON o.id = r.order_id"
            " WHERE s.lacking > 0 AND r.wanted > r.held GROUP BY o.id, r.sku ORDER BY o.id DESC LIMIT ?"
        )
        return await self._db.read(lambda conn: [Shortage(*row) for row in conn.execute(query, (limit,))])

    async def levels(self, most: int) -> StockLevels:
        """What runs out and what lacks, counted. `most`: no more available than this is looked at."""
        left = (
            "SELECT max(0, s.on_hand - s.reserved - s.buffer), count(*) FROM stock s WHERE s.low_at IS NULL"
            " AND s.on_hand - s.reserved - s.buffer <= ? GROUP BY 1"
        )
        own = "SELECT count(*) FROM stock s WHERE s.low_at IS NOT NULL AND max(0, s.on_hand - s.reserved - s.buffer) <= s.low_at"
        short = (
            "SELECT count(DISTINCT r.order_id), coalesce(sum(r.wanted - r.held), 0) FROM stock s"
            " CROSS JOIN reservations r ON r.sku = s.sku AND r.state = 'held' WHERE s.lacking > 0 AND r.wanted > r.held"
        )

        def job(conn: sqlite3.Connection) -> StockLevels:
            found = dict(conn.execute(left, (most,)).fetchall())
            return StockLevels(found, conn.execute(own).fetchone()[0], *conn.execute(short).fetchone())

        return await self._db.read(job)

    async def waiting(self, now: datetime) -> tuple[int, ...]:
        """Connections with quantities that may go out now."""
        query = (
            "SELECT c.id FROM connections c WHERE c.removed_at IS NULL AND EXISTS (SELECT 1 FROM outbox o"
            " WHERE o.state IN ('queued', 'sending', 'pending', 'unknown') AND o.connection_id = c.id AND o.kind = 'stock'"
            " AND o.state = 'queued' AND o.not_before <= ?)"
        )
        at = to_epoch_ms(now)

        def job(conn: sqlite3.Connection) -> tuple[int, ...]:
            return tuple(row[0] for row in conn.execute(query, (at,))) if stock_ledger.managed(conn) else ()

        return await self._db.read(job)

    # -- rules

    async def rules(self) -> dict[int, ChannelRule]:
        """By connection; one without shows all that is available."""
        return await self._db.read(stock_push.rules)

    async def set_rule(self, connection_id: int, rule: ChannelRule) -> dict[int, int]:
        """Keep it, and queue what it changes: intents by connection. Raises StoreError `store.bad_rule` (param `field`)."""
        try:
            checked(rule)
        except ValueError as error:
            raise StoreError("store.bad_rule", field=str(error)) from error
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> dict[int, int]:
            conn.execute(
                "INSERT INTO stock_rules(connection_id, percent, most, least, minus, changed_at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT(connection_id) DO UPDATE SET percent = excluded.percent, most = excluded.most,"
                " least = excluded.least, minus = excluded.minus, changed_at = excluded.changed_at",
                (connection_id, rule.percent, rule.most, rule.least, rule.minus, at),
            )
            skus = [row[0] for row in conn.execute("SELECT sku FROM stock")]
            return stock_push.push(conn, skus, at, only=connection_id)

        return await self._db.write(job)

    async def learn(self, integrations: Collection[str]) -> None:
        """Which integrations can be told a quantity; written only when it is news."""
        wanted = sorted(integrations)
        if await self._db.read(lambda conn: settings.read(conn, stock_push.SINKS)) != wanted:
            await self._db.write(lambda conn: settings.write(conn, stock_push.SINKS, wanted))


def _tests(q: StockQuery) -> tuple[str, tuple[Any, ...]]:
    tests: list[str] = ["1"]
    values: list[Any] = []
    if q.search:
        tests.append("(instr(s.sku, ?) > 0 OR instr(s.barcode, ?) > 0)")
        values += [q.search, q.search]
    if q.low is not None:
        tests.append(_LOW)
        values.append(q.low)
    if q.lacking:
        tests.append("s.lacking > 0")
    return " ".join(("WHERE", " AND ".join(tests))), tuple(values)


def _row(row: tuple[Any, ...]) -> StockRow:
    left = available(row[2], row[3], row[5])
    return StockRow(*(*row[:6], left, row[6], row[7], from_epoch_ms(row[8]), from_epoch_ms(row[9]), row[10]))


def _channels(conn: sqlite3.Connection, skus: Sequence[str]) -> list[ChannelStock]:
    found = stock_push.sellers(conn, skus)
    text = json_text([one.listing_id for one in found])
    query = (
        "SELECT l.id, c.name, l.stock_state FROM listings l JOIN connections c ON c.id = l.connection_id"
        " WHERE l.id IN (SELECT value FROM json_each(?))"
    )
    told = {row[0]: row[1:] for row in conn.execute(query, (text,))}
    query = "SELECT sku, on_hand, reserved, buffer FROM stock WHERE sku IN (SELECT value FROM json_each(?))"
    there = {row[0]: available(*row[1:]) for row in conn.execute(query, (json_text(list(skus)),))}
    rules, able = stock_push.rules(conn), stock_push.takes(conn)
    rows = [
        ChannelStock(
            one.sku, one.listing_id, one.connection_id, told[one.listing_id][0], one.shows,
            shown(there[one.sku], rules.get(one.connection_id, PLAIN)),
            one.stock is not None and (able is None or one.integration in able)
            and read_flags(one.switches).get(stock_push.SWITCH, True),
            told[one.listing_id][1],
        )
        for one in found
    ]  # fmt: skip
    return sorted(rows, key=lambda one: (one.sku, one.channel, one.listing_id))
