"""Orders: what channels told, and beside it what the merchant did. A pull never writes a column of the merchant's."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from app.contracts.results import Page, Reject
from app.model import Address, Buyer, Order, digits, to_epoch_ms
from app.store import erasing, order_import, order_links, order_local, order_query, pages, search, stock_ledger
from app.store.db import Database
from app.store.order_local import LocalState
from app.store.order_query import OrderQuery, OrderRow, StoredOrder, TodayFigures
from app.store.pages import Applied, Sealed
from app.store.rows import insert_many, json_text

STREAM = "orders"
_TITLE = 160  # characters of the first line's title that the grid shows
_LOOKUP = (
    "SELECT remote_id, id, content_hash, updated_at, status, vendor_status, connection_id FROM orders"
    " WHERE account_id = ? AND remote_id IN (SELECT value FROM json_each(?))"
)
_INSERT = (
    "INSERT INTO orders(number, status, vendor_status, placed_at, updated_at, ship_by, total_micros, currency, buyer,"
    " city, title, items, carrier, tracking, cash_on_delivery, fulfilled_by_channel, cancel_asked, content_hash,"
    " changed_at, id, account_id, connection_id, remote_id, arrived_at)"
)
_UPDATE = (
    "UPDATE orders SET number = ?, status = ?, vendor_status = ?, placed_at = ?, updated_at = ?, ship_by = ?,"
    " total_micros = ?, currency = ?, buyer = ?, city = ?, title = ?, items = ?, carrier = ?, tracking = ?,"
    " cash_on_delivery = ?, fulfilled_by_channel = ?, cancel_asked = ?, content_hash = ?, changed_at = ? WHERE id = ?"
)
_INSERT_LINE = (
    "INSERT INTO order_lines(order_id, position, remote_id, sku, barcode, title, quantity, unit_micros, currency, vat,"
    " cancelled)"
)
_INSERT_DOCUMENT = "INSERT INTO order_documents(order_id, document, folded, tails)"
_document = msgspec.json.Decoder(Order)
Person = TypeVar("Person", Buyer, Address)
_Known = dict[str, tuple[int, int, int, str, str, int]]


class _Rows(msgspec.Struct, frozen=True, gc=False):
    """An order as rows: `columns` in the order of _INSERT up to the content hash."""

    columns: tuple[Any, ...]
    lines: tuple[tuple[Any, ...], ...]
    folded: str
    tails: str


class Prepared(NamedTuple):
    """A page between reading and writing: sealed records and ready rows by remote id, and the rejects."""

    sealed: dict[str, Sealed[Order]]
    ready: dict[str, _Rows]
    rejects: list[Reject]


def joined(parts: Sequence[Prepared]) -> Prepared:
    """Pages that came one after the other as one: of two with the same id the newer, on a tie the later; a record that
    could not be read and came whole on a later page is no reject any more."""
    sealed, ready, rejects = parts[0]
    for later in parts[1:]:
        rejects = [one for one in rejects if one.remote_id not in later.sealed]
        for remote_id, one in later.sealed.items():
            twin = sealed.get(remote_id)
            if twin is not None and (one.updated_at or 0) < (twin.updated_at or 0):
                continue
            sealed[remote_id] = one
            ready.pop(remote_id, None)
            if remote_id in later.ready:
                ready[remote_id] = later.ready[remote_id]
        rejects += later.rejects
    return Prepared(sealed, ready, rejects)


class Orders:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now
        self.index = search.Index(db, search.ORDERS)

    async def apply_page(
        self,
        connection_id: int,
        account_id: str,
        page: Page[Order],
        *,
        cursor: tuple[str, datetime] | None = None,
        now: datetime,
        prepared: Prepared | None = None,
    ) -> Applied:
        """Store a page, its rejects and the cursor (stream name, instant) in one transaction. `prepared` is what
        `prepare_page` made of this very page.

        Keyed by (account, remote id): twice is once. A record older than the stored one changes nothing. A record that
        does not fit (an instant without a zone, an amount beyond the store) becomes a reject.
        """
        sealed, ready, rejects = prepared or await self.prepare_page(account_id, page)
        at = to_epoch_ms(now)

        def job(conn: sqlite3.Connection) -> Applied:
            return _apply(conn, connection_id, account_id, sealed, ready, rejects, cursor, at)

        applied = await self._db.write(job)
        self.index.note(len(applied.new))
        return applied

    async def prepare_page(self, account_id: str, page: Page[Order]) -> Prepared:
        """The part of `apply_page` that computes, so that a pull can do it while the page before is being written. What
        is known by then may be older than at the write: the write looks again."""
        rejects = list(page.rejects)
        sealed = await pages.seal(page.items, rejects)
        ids = json_text(list(sealed))
        known = await self._db.read(lambda conn: _lookup(conn, account_id, ids))

        def is_news(one: Sealed[Order]) -> bool:
            have = known.get(one.record.remote_id)
            return have is None or pages.is_news(have[1], have[2], one)

        return Prepared(sealed, await pages.prepare(sealed, is_news, _build, rejects), rejects)

    async def take_sheet(
        self, connection_id: int, account_id: str, page: Page[Order], *, file: str, now: datetime
    ) -> tuple[Applied, int]:
        """As `apply_page`, for a sheet of orders whose channel tells of them itself: what the channel has told stays as it told it,
        and how many those are comes back beside what was stored. Twice is once."""
        sealed, ready, rejects = await self.prepare_page(account_id, page)
        at = to_epoch_ms(now)

        def job(conn: sqlite3.Connection) -> tuple[Applied, int]:
            told = order_import.told_by_channel(conn, account_id, sealed)
            left = {key: one for key, one in sealed.items() if key not in told}
            kept = {key: one for key, one in ready.items() if key in left}
            applied = _apply(conn, connection_id, account_id, left, kept, rejects, None, at, by_sheet=True)
            order_import.remember(conn, (*applied.new, *applied.changed), file, at)
            return applied, len(told)

        applied, known = await self._db.write(job)
        self.index.note(len(applied.new))
        return applied, known

    async def query(self, q: OrderQuery) -> list[OrderRow]:
        """Light rows for the grid. With a search, the newest hits (1,000 or as far as the page reaches), sorted."""
        if q.search:
            await self.index.ready()
        return await self._db.read(lambda conn: order_query.rows(conn, q))

    async def count(self, q: OrderQuery, *, cap: int = 10_000) -> int:
        """How many the query has in all; cap + 1 means 'more than cap'."""
        if q.search:
            await self.index.ready()
        return await self._db.read(lambda conn: order_query.count(conn, q, cap))

    async def get(self, id: int) -> StoredOrder | None:  # noqa: A002
        found = await self.get_many((id,))
        return found[0] if found else None

    async def get_many(self, ids: Sequence[int]) -> list[StoredOrder]:
        """In the order of `ids`; unknown ones are left out."""
        return await self._db.read(lambda conn: order_query.stored(conn, ids))

    async def find(self, text: str) -> list[int]:
        """Ids by exact order number or remote id, with or without a leading '#'; newest first."""
        return await self._db.read(lambda conn: order_query.find(conn, text))

    async def summary(self, now: datetime) -> TodayFigures:
        """Figures of the day that `now` falls on in its own zone."""
        return await self._db.read(lambda conn: order_query.summary(conn, now))

    async def set_local(
        self,
        ids: Sequence[int],
        *,
        state: LocalState | str | None = None,
        note: str | None = None,
        printed: bool | None = None,
        label_path: str | None = None,
        carrier_choice: str | None = None,
    ) -> tuple[int, ...]:
        """Write the merchant's own columns; None leaves one as it is. Returns the ids that exist.

        A state sets its instant (picked, packed, shipped) and clears those of later states, so undo is setting the
        former state. `printed` True counts one more print, False forgets that it was printed.
        """
        at = to_epoch_ms(self._now())
        wanted = None if state is None else LocalState(state)
        change = order_local.Change(wanted, note, printed, label_path, carrier_choice)
        return await self._db.write(lambda conn: order_local.apply(conn, ids, change, at))


def _lookup(conn: sqlite3.Connection, account_id: str, ids: str) -> _Known:
    return {row[0]: row[1:] for row in conn.execute(_LOOKUP, (account_id, ids))}


def _build(one: Sealed[Order]) -> _Rows:
    order = one.record
    lines = []
    pieces = 0
    for position, line in enumerate(order.lines):
        if not line.cancelled:
            pieces += line.quantity
        money = line.unit_price.money
        lines.append(
            (position, line.remote_id, line.sku, line.barcode, line.title, _count(line.quantity), money.micros,
             money.currency, line.unit_price.vat.value, int(line.cancelled))
        )  # fmt: skip
    columns = (
        order.number, order.status.value, order.vendor_status, to_epoch_ms(order.placed_at), one.updated_at,
        None if order.ship_by is None else to_epoch_ms(order.ship_by), order.total.micros, order.total.currency,
        order.buyer.name or order.ship_to.name, order.ship_to.city, order.lines[0].title[:_TITLE] if lines else "",
        _count(pieces), order.carrier, order.tracking_number, int(order.cash_on_delivery),
        int(order.fulfilled_by_channel), int(order.cancel_asked), one.content_hash,
    )  # fmt: skip
    return _Rows(columns, tuple(lines), _folded(order), _tails(order))


def _count(value: int) -> int:
    if abs(value) >= 2**53:
        raise OverflowError(f"not a usable quantity: {value}")
    return value


def _folded(order: Order) -> str:
    buyer, to = order.buyer, order.ship_to
    number = "" if order.number.isdecimal() or not any(map(str.isalpha, order.number)) else order.number
    names = pages.folded_names(number, buyer.name, to.name, to.company, to.city, to.district, buyer.email)
    return " ".join((names, *[pages.folded_words(line.title, line.sku, line.barcode) for line in order.lines]))


def _tails(order: Order) -> str:
    phone = order.buyer.phone
    numbers = [order.number, order.remote_id, order.tracking_number]
    told = [n if n.isdigit() and n.isascii() else digits(n) for n in numbers if n]
    told.extend(search.national(digits(n)) for n in dict.fromkeys((phone, order.ship_to.phone)) if n)
    return " ".join(dict.fromkeys(told))


def _apply(
    conn: sqlite3.Connection,
    connection_id: int,
    account_id: str,
    sealed: dict[str, Sealed[Order]],
    ready: dict[str, _Rows],
    rejects: list[Reject],
    cursor: tuple[str, datetime] | None,
    now: int,
    *,
    by_sheet: bool = False,
) -> Applied:
    erasing.hold(conn, account_id, sealed, ready, rejects)
    known = _lookup(conn, account_id, json_text(list(sealed)))
    untold = frozenset() if by_sheet else order_import.untold(conn, account_id, sealed)
    next_id = int(conn.execute("SELECT coalesce(max(id), 0) FROM orders").fetchone()[0])
    news: list[tuple[int, Sealed[Order], _Rows]] = []
    changes: list[tuple[int, Sealed[Order], _Rows]] = []
    history: list[tuple[Any, ...]] = []
    foreign: list[tuple[int, int]] = []
    for remote_id, one in sealed.items():
        have = known.get(remote_id)
        if have is None:
            next_id += 1
            news.append((next_id, one, ready.get(remote_id) or _build(one)))
            continue
        if have[5] != connection_id:
            foreign.append((have[0], have[5]))
        if not pages.is_news(have[1], None if remote_id in untold else have[2], one):
            continue
        if _lacks_person(one.record) and (richer := _with_person(conn, have[0], one)) is not None:
            one = richer
            ready.pop(remote_id, None)
        order = one.record
        changes.append((have[0], one, ready.get(remote_id) or _build(one)))
        if (have[3], have[4]) != (order.status, order.vendor_status):
            history.append((have[0], now, one.updated_at, have[3], order.status.value, order.vendor_status))
    if news:
        _insert(conn, connection_id, account_id, news, now)
    if changes:
        _update(conn, changes, history, now)
    touched = {row_id for row_id, _, _ in changes}
    came = [(i, one.record) for i, one, _ in news]
    touched |= order_links.link(conn, account_id, came, [(i, one.record) for i, one, _ in changes], now)
    touched |= order_links.adopt(conn, connection_id, foreign)
    if not by_sheet:
        touched |= order_import.replaced(conn, account_id, came, now)
    pages.close_page(conn, connection_id, account_id, STREAM, sealed, rejects, cursor, now)
    new = tuple(row_id for row_id, _, _ in news)
    changed = tuple(sorted(touched.difference(new)))
    stock_ledger.follow(conn, (*new, *changed), now)
    return Applied(new, changed, len(sealed) - len(news) - len(changes), len(rejects))


def _lacks_person(order: Order) -> bool:
    return not order.buyer.name or not order.ship_to.street or not (order.ship_to.phone or order.buyer.phone)


def _with_person(conn: sqlite3.Connection, row_id: int, one: Sealed[Order]) -> Sealed[Order] | None:
    """Channels mask a buyer once an order is delivered; what was known stays known. The content hash stays that of the
    channel's own copy, so that the same masked copy is no news the next time."""
    row = conn.execute("SELECT document FROM order_documents WHERE order_id = ?", (row_id,)).fetchone()
    if row is None:
        return None
    old, new = _document.decode(row[0]), one.record
    merged = msgspec.structs.replace(
        new, buyer=_filled(new.buyer, old.buyer), ship_to=_filled(new.ship_to, old.ship_to)
    )
    if merged == new:
        return None
    richer = Sealed(merged)
    richer.content_hash = one.content_hash
    return richer


def _filled(new: Person, old: Person) -> Person:
    """`new` with its blank fields taken from `old`; another name is another person, of whom nothing is known."""
    if new.name not in ("", old.name):
        return new
    blank = {name: getattr(old, name) for name in new.__struct_fields__ if not getattr(new, name)}
    return msgspec.structs.replace(new, **blank) if blank else new


def _insert(
    conn: sqlite3.Connection,
    connection_id: int,
    account_id: str,
    news: list[tuple[int, Sealed[Order], _Rows]],
    now: int,
) -> None:
    insert_many(
        conn,
        _INSERT,
        [(*rows.columns, now, i, account_id, connection_id, one.record.remote_id, now) for i, one, rows in news],
    )
    insert_many(conn, _INSERT_DOCUMENT, [(i, one.document, rows.folded, rows.tails) for i, one, rows in news])
    insert_many(conn, _INSERT_LINE, [(i, *line) for i, _, rows in news for line in rows.lines])


def _update(
    conn: sqlite3.Connection,
    changes: list[tuple[int, Sealed[Order], _Rows]],
    history: list[tuple[Any, ...]],
    now: int,
) -> None:
    conn.executemany(_UPDATE, [(*rows.columns, now, i) for i, _, rows in changes])
    indexed = search.indexed(conn, search.ORDERS)
    for i, _, rows in changes:
        if i <= indexed:
            old = conn.execute("SELECT folded, tails FROM order_documents WHERE order_id = ?", (i,)).fetchone()
            search.replace(conn, search.ORDERS, i, old, (rows.folded, rows.tails))
    conn.executemany(
        "UPDATE order_documents SET document = ?, folded = ?, tails = ? WHERE order_id = ?",
        [(one.document, rows.folded, rows.tails, i) for i, one, rows in changes],
    )
    conn.executemany("DELETE FROM order_lines WHERE order_id = ?", [(i,) for i, _, _ in changes])
    insert_many(conn, _INSERT_LINE, [(i, *line) for i, _, rows in changes for line in rows.lines])
    conn.executemany(
        "INSERT INTO order_history(order_id, at, updated_at, was, status, vendor_status) VALUES (?, ?, ?, ?, ?, ?)",
        history,
    )
