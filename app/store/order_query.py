"""Reading orders: the grid's windows, one order in full, the day's figures. Nothing here writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.model import Order, from_epoch_ms, to_epoch_ms
from app.store import search
from app.store.rows import json_text, when

_document = msgspec.json.Decoder(Order)


class OrderQuery(msgspec.Struct, frozen=True):
    """What the grid asks for. `since` and `until` bound `placed_at`, half open; `ship_before` the day it must leave (orders
    without one are left out). `unprinted`: no label or slip was made yet; `cancel_asked`: the buyer asked, the channel has not
    decided. Empty tuples, None and False mean any.

    `sort` is one of SORTS. Orders that another took the place of are left out unless `superseded`.
    """

    search: str = ""
    connection_id: int | None = None
    statuses: tuple[str, ...] = ()
    local_states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    sort: str = "placed_at"
    descending: bool = True
    offset: int = 0
    limit: int = 100
    to_ship_only: bool = False
    superseded: bool = False
    unprinted: bool = False
    ship_before: datetime | None = None
    cancel_asked: bool = False


class OrderRow(msgspec.Struct, frozen=True, gc=False):
    """One line of the grid. `items` are pieces that are not cancelled; `total_micros` holds VAT and shipping;
    instants aware UTC; `channel` is the connection's name; `title` the first line's; `unpriced`: the channel has not told the
    money yet, and the total's zero means nothing."""

    id: int
    number: str
    remote_id: str
    connection_id: int
    channel: str
    status: str
    vendor_status: str
    local_state: str
    buyer: str
    city: str
    title: str
    items: int
    total_micros: int
    currency: str
    placed_at: datetime
    updated_at: datetime
    ship_by: datetime | None
    carrier: str
    tracking: str
    printed_at: datetime | None
    print_count: int
    label_path: str
    note: str
    cash_on_delivery: bool
    fulfilled_by_channel: bool
    cancel_asked: bool
    superseded_by: int | None
    unpriced: bool = False


class StatusChange(msgspec.Struct, frozen=True):
    """`at`: when we learnt of it; `updated_at`: when the channel says it changed. Aware UTC."""

    at: datetime
    updated_at: datetime
    was: str
    status: str
    vendor_status: str


class StoredOrder(msgspec.Struct, frozen=True):
    """An order in full, and what the merchant did with it."""

    id: int
    connection_id: int
    account_id: str
    order: Order
    local_state: str
    picked_at: datetime | None
    packed_at: datetime | None
    printed_at: datetime | None
    print_count: int
    shipped_at: datetime | None
    label_path: str
    carrier_choice: str
    note: str
    superseded_by: int | None
    arrived_at: datetime
    changed_at: datetime
    history: tuple[StatusChange, ...] = ()


class TodayFigures(msgspec.Struct, frozen=True):
    """Counts of orders. `late`: their ship-by has passed; `to_ship_today`: it passes before the day ends, late ones
    included. `sales_micros`: totals of what was placed today and not cancelled, by currency, VAT included."""

    to_ship: int
    to_ship_today: int
    late: int
    unprinted: int
    cancel_asked: int
    new_today: int
    sales_micros: dict[str, int]
    to_ship_by_connection: dict[int, int]


SORTS = {
    "id": "o.id",
    "placed_at": "o.placed_at",
    "updated_at": "o.updated_at",
    "ship_by": "o.ship_by IS NULL, o.ship_by",
    "number": "o.number",
    "channel": "c.name",
    "status": "o.status",
    "local_state": "o.local_state",
    "buyer": "o.buyer",
    "city": "o.city",
    "title": "o.title",
    "items": "o.items",
    "total": "o.currency, o.total_micros",
    "tracking": "o.tracking",
}
_SELECT = (
    "SELECT o.id, o.number, o.remote_id, o.connection_id, c.name, o.status, o.vendor_status, o.local_state, o.buyer,"
    " o.city, o.title, o.items, o.total_micros, o.currency, o.placed_at, o.updated_at, o.ship_by, o.carrier,"
    " o.tracking, o.printed_at, o.print_count, o.label_path, o.note, o.cash_on_delivery, o.fulfilled_by_channel,"
    " o.cancel_asked, o.superseded_by,"
    # Looked up for a total of zero only: such orders are few, and their document alone knows.
    " CASE WHEN o.total_micros = 0 THEN (SELECT json_extract(CAST(d.document AS TEXT), '$.unpriced')"
    " FROM order_documents d WHERE d.order_id = o.id) END"
)
# CROSS JOIN keeps the order of the tables: the planner would else start from the few connections and sort everything.
_CHANNEL = "CROSS JOIN connections c ON c.id = o.connection_id"
_NOT_SUPERSEDED = "NOT IN (SELECT id FROM orders WHERE superseded_by IS NOT NULL)"  # few, and by an index of their own
_WHOLE, _TAIL, _SPARE = 6, 6, 1_000
_NEWEST = (
    "FROM (SELECT rowid AS id FROM (SELECT rowid FROM order_words WHERE order_words MATCH ? ORDER BY rowid DESC LIMIT ?)"
    " UNION SELECT rowid FROM (SELECT rowid FROM order_digits WHERE order_digits MATCH ? ORDER BY rowid DESC LIMIT ?)) AS h"
)
# A long number by its last figures: numbers of a shop and phones of a country begin alike, and a million rows share their first ones.
_LONG_NUMBER = (
    "o.id IN (SELECT rowid FROM order_words WHERE order_words MATCH ? UNION ALL SELECT d.order_id FROM order_digits"
    " CROSS JOIN order_documents d ON d.order_id = order_digits.rowid WHERE order_digits MATCH ? AND instr(d.tails, ?))"
)
_NUMBER = (
    "o.id IN (SELECT rowid FROM order_words WHERE order_words MATCH ?"
    " UNION ALL SELECT rowid FROM order_digits WHERE order_digits MATCH ?)"
)


def rows(conn: sqlite3.Connection, q: OrderQuery) -> list[OrderRow]:
    found = search.understand(q.search)
    order, channel = _order(q), _CHANNEL if q.sort == "channel" else ""
    if found:
        # The newest hits by row first, then sorted: ordering every hit of a common word would read them all.
        key, source, where, values = _hits(conn, q, found, window := search.window(q.offset, q.limit))
        newest = " ".join(("SELECT", key, source, where, "ORDER BY", key, "DESC LIMIT ?"))
        values.append(window)
        source, where = "FROM orders o", " ".join(("WHERE o.id IN (", newest, ")"))
    else:
        source, where, values = _parts(q, found)
    # Ids first, mostly from an index alone: a window far down the list must not read the rows above it.
    inner = " ".join(("SELECT o.id", source, channel, where, order, "LIMIT ? OFFSET ?"))
    sql = " ".join((_SELECT, "FROM orders o", _CHANNEL, "WHERE o.id IN (", inner, ")", order))
    return [_row(row) for row in conn.execute(sql, [*values, q.limit, q.offset])]


def count(conn: sqlite3.Connection, q: OrderQuery, cap: int) -> int:
    found = search.understand(q.search)
    if found:
        _, source, where, values = _hits(conn, q, found, cap + 1)
    else:
        source, where, values = _parts(q, found, by_status=True)
    sql = " ".join(("SELECT count(*) FROM (SELECT 1", source, where, "LIMIT ?)"))
    return int(conn.execute(sql, [*values, cap + 1]).fetchone()[0])


def _hits(conn: sqlite3.Connection, q: OrderQuery, found: search.Search, most: int) -> tuple[str, str, str, list[Any]]:
    """The key of a hit, FROM, WHERE and their values. `most`: so many of the newest are enough."""
    if not found.words and len(found.numbers) == 1 and (exact := _exact(conn, found.numbers[0][1].strip('"'))):
        source, where, values = _parts(q, search.Search())
        test = "o.id IN (SELECT value FROM json_each(?))"
        return "o.id", source, " ".join((where, "AND" if where else "WHERE", test)), [*values, json_text(exact)]
    if q == OrderQuery(search=q.search, sort=q.sort, descending=q.descending, offset=q.offset, limit=q.limit):
        # Nothing else is asked: the index alone answers, and no order is read that is not shown.
        if found.words and not found.numbers:
            where = " ".join(("WHERE order_words MATCH ? AND order_words.rowid", _NOT_SUPERSEDED))
            return "order_words.rowid", "FROM order_words", where, [found.words]
        if not found.words and len(found.numbers) == 1:
            as_words, as_digits = found.numbers[0]
            number = as_digits.strip('"')
            if len(number) <= _TAIL:
                values = [as_words, most + _SPARE, as_digits, most + _SPARE]
                return "h.id", _NEWEST, " ".join(("WHERE h.id", _NOT_SUPERSEDED)), values
    source, where, values = _parts(q, found)
    return "order_words.rowid" if found.words else "o.id", source, where, values


def _exact(conn: sqlite3.Connection, number: str) -> list[int]:
    """A whole order number is meant as one."""
    if len(number) < _WHOLE:
        return []
    return [row[0] for row in conn.execute("SELECT id FROM orders WHERE number IN (?1, '#' || ?1)", (number,))]


def stored(conn: sqlite3.Connection, ids: Sequence[int]) -> list[StoredOrder]:
    found = {}
    for row in conn.execute(
        "SELECT o.id, o.connection_id, o.account_id, d.document, o.local_state, o.picked_at, o.packed_at, o.printed_at,"
        " o.print_count, o.shipped_at, o.label_path, o.carrier_choice, o.note, o.superseded_by, o.arrived_at,"
        " o.changed_at FROM orders o JOIN order_documents d ON d.order_id = o.id"
        " WHERE o.id IN (SELECT value FROM json_each(?))",
        (json_text(list(ids)),),
    ):
        history = conn.execute(
            "SELECT at, updated_at, was, status, vendor_status FROM order_history WHERE order_id = ? ORDER BY id",
            (row[0],),
        )
        found[row[0]] = StoredOrder(
            row[0], row[1], row[2], _document.decode(row[3]), row[4], when(row[5]), when(row[6]), when(row[7]), row[8],
            when(row[9]), row[10], row[11], row[12], row[13], from_epoch_ms(row[14]), from_epoch_ms(row[15]),
            tuple(StatusChange(from_epoch_ms(h[0]), from_epoch_ms(h[1]), *h[2:]) for h in history),
        )  # fmt: skip
    return [found[i] for i in ids if i in found]


def find(conn: sqlite3.Connection, text: str) -> list[int]:
    wanted = text.strip()
    bare = wanted.removeprefix("#")
    if not bare:
        return []
    found = conn.execute(
        "SELECT id FROM orders WHERE number IN (?1, ?2, ?3)"
        " UNION SELECT id FROM orders WHERE remote_id IN (?1, ?2) AND account_id IN (SELECT id FROM accounts)"
        " ORDER BY 1 DESC",
        (wanted, bare, "#" + bare),
    )
    return [int(row[0]) for row in found]


def summary(conn: sqlite3.Connection, now: datetime) -> TodayFigures:
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day, end = to_epoch_ms(start), to_epoch_ms(start + timedelta(days=1))
    open_ones = conn.execute(
        "SELECT connection_id, count(*), sum(ship_by IS NOT NULL AND ship_by < ?1), sum(ship_by IS NOT NULL AND"
        " ship_by < ?2), sum(printed_at IS NULL), sum(cancel_asked) FROM orders INDEXED BY orders_to_ship"
        " WHERE to_ship = 1 GROUP BY connection_id",
        (to_epoch_ms(now), end),
    ).fetchall()
    sums = [sum(row[n] for row in open_ones) for n in range(1, 6)]
    placed = conn.execute(
        "SELECT currency, count(*), sum(CASE WHEN status = 'cancelled' THEN 0 ELSE total_micros END) FROM orders"
        " WHERE placed_at >= ? AND placed_at < ? AND superseded_by IS NULL GROUP BY currency",
        (day, end),
    ).fetchall()
    return TodayFigures(
        to_ship=sums[0], to_ship_today=sums[2], late=sums[1], unprinted=sums[3], cancel_asked=sums[4],
        new_today=sum(row[1] for row in placed), sales_micros={row[0]: row[2] for row in placed if row[2]},
        to_ship_by_connection={row[0]: row[1] for row in open_ones},
    )  # fmt: skip


def _parts(q: OrderQuery, found: search.Search, *, by_status: bool = False) -> tuple[str, str, list[Any]]:
    """FROM, WHERE and their values. `by_status`: the index of states may be walked; where rows are to come in another order it would
    be the way to sort them all."""
    tests: list[str] = []
    values: list[Any] = []

    def test(sql: str, *given: object) -> None:
        tests.append(sql)
        values.extend(given)

    if found.words:
        source = "FROM order_words CROSS JOIN orders o ON o.id = order_words.rowid"
        test("order_words MATCH ?", found.words)
    else:
        source = "FROM orders o"
    for as_words, as_digits in found.numbers:
        number = as_digits.strip('"')
        if len(number) > _TAIL and not found.words:
            test(_LONG_NUMBER, as_words, f'"{number[-_TAIL:]}"', number)
        else:
            test(_NUMBER, as_words, as_digits)
    if q.to_ship_only:
        test("o.to_ship = 1")
    elif not q.superseded:
        test("o.superseded_by IS NULL")
    if q.connection_id is not None:
        test("o.connection_id = ?", q.connection_id)
    if q.statuses:
        status = "o.status" if by_status else "+o.status"
        test(" ".join((status, "IN (SELECT value FROM json_each(?))")), json_text(q.statuses))
    if q.local_states:
        test("o.local_state IN (SELECT value FROM json_each(?))", json_text(q.local_states))
    if q.since is not None:
        test("o.placed_at >= ?", to_epoch_ms(q.since))
    if q.until is not None:
        test("o.placed_at < ?", to_epoch_ms(q.until))
    if q.unprinted:
        test("o.printed_at IS NULL")
    if q.ship_before is not None:
        test("o.ship_by < ?", to_epoch_ms(q.ship_before))
    if q.cancel_asked:
        test("o.cancel_asked = 1")
    return source, " ".join(("WHERE", " AND ".join(tests))) if tests else "", values


def _order(q: OrderQuery) -> str:
    if q.sort not in SORTS:
        raise ValueError(f"no such order to sort by: {q.sort!r}")
    way = "DESC" if q.descending else "ASC"
    return " ".join(("ORDER BY", SORTS[q.sort], way, ", o.id", way))


def _row(row: tuple[Any, ...]) -> OrderRow:
    instants = (from_epoch_ms(row[14]), from_epoch_ms(row[15]), when(row[16]))
    flags = (bool(row[23]), bool(row[24]), bool(row[25]))
    return OrderRow(
        *(*row[:14], *instants, row[17], row[18], when(row[19]), *row[20:23], *flags, row[26], bool(row[27]))
    )
