"""The stock ledger: what orders are promised and what has left, kept in the transaction in which an order changes.

Twice is once: a line's reservation says what was done for it. On hand never goes below zero, and no more is promised than there is;
what is wanted beyond that is a shortage, told as a record that needs attention.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from app.contracts.messages import Message
from app.contracts.results import Reject
from app.model import OrderStatus
from app.model.stock import MOST, allot, available
from app.store import attention, stock_push
from app.store.rows import insert_many, json_text

STREAM = "stock"  # of the records that need attention
HELD, TAKEN = "held", "taken"
_SHIPPED = frozenset({OrderStatus.SHIPPED.value, OrderStatus.DELIVERED.value})
_OVER = frozenset({OrderStatus.CANCELLED.value, OrderStatus.RETURNED.value})
_LINES = (
    "SELECT o.id, o.connection_id, o.status, o.local_state, o.superseded_by, o.fulfilled_by_channel, o.placed_at, o.updated_at,"
    " o.shipped_at, l.position, l.remote_id, l.sku, l.barcode, l.quantity, l.cancelled"
    " FROM json_each(?) j CROSS JOIN orders o ON o.id = j.value CROSS JOIN order_lines l ON l.order_id = o.id"
)
#: Those that took the place of an order that was followed here.
_HEIRS = (
    "SELECT o.superseded_by FROM json_each(?) j CROSS JOIN orders o ON o.superseded_by = j.value"
    " WHERE o.superseded_by IS NOT NULL AND EXISTS (SELECT 1 FROM reservations r WHERE r.order_id = o.id)"
)
_INSERT = "INSERT INTO reservations(order_id, line, sku, wanted, held, state, at)"
#: Orders whose pieces lie on the shelf still, whatever was managed when they came.
_WAITING = (
    "SELECT id FROM orders WHERE status IN ('pending', 'open', 'partially_shipped', 'unknown') AND superseded_by IS NULL"
    " AND local_state <> 'shipped' AND fulfilled_by_channel = 0"
)


class Count(NamedTuple):
    """What is to be written of an SKU; None leaves as it is (0 for a new one). `low_at` -1: the rule's own figure again."""

    sku: str
    on_hand: int | None = None
    buffer: int | None = None
    barcode: str | None = None
    low_at: int | None = None


class _Kept(NamedTuple):
    sku: str
    wanted: int
    held: int
    state: str
    at: int


class _Work:
    """What a step did so far: SKUs whose reservations or shelf moved, pieces off (or back on) the shelf, pieces just sold."""

    def __init__(self, conn: sqlite3.Connection, at: int) -> None:
        self.conn, self.at = conn, at
        self.off: dict[str, int] = {}
        self.touched: set[str] = set()
        self.sold: dict[tuple[int, str], stock_push.Sale] = {}
        self.doubted: set[tuple[int, str]] = set()  # channels that may have put pieces back by themselves
        self.made: list[tuple[Any, ...]] = []
        self.heirs: set[int] = set()
        self._stock: dict[str, tuple[int, int]] = {}  # on hand, counted at

    def stock(self, sku: str) -> tuple[int, int]:
        """Pieces that are on the shelf by now, and when they were counted last."""
        if sku not in self._stock:
            query = "SELECT on_hand, counted_at FROM stock WHERE sku = ?"
            self._stock[sku] = self.conn.execute(query, (sku,)).fetchone()
        on_hand, counted = self._stock[sku]
        return on_hand - self.off.get(sku, 0), counted

    def take(self, sku: str, pieces: int) -> int:
        """Off the shelf, as many as there are."""
        gone = min(pieces, self.stock(sku)[0])
        self.off[sku] = self.off.get(sku, 0) + gone
        return gone

    def sell(self, row: tuple[Any, ...], sku: str, pieces: int) -> None:
        """`row` as in _LINES: the channel has told of this."""
        place, at = (row[1], sku), row[6]
        self.sold[place] = self.sold.get(place, stock_push.Sale(0, at)).and_(pieces, at)

    def drop(self, order_id: int, line: str) -> None:
        self.conn.execute("DELETE FROM reservations WHERE order_id = ? AND line = ?", (order_id, line))


def managed(conn: sqlite3.Connection) -> bool:
    return conn.execute("SELECT 1 FROM stock LIMIT 1").fetchone() is not None


def follow(conn: sqlite3.Connection, order_ids: Sequence[int], at: int) -> dict[int, int]:
    """Bring the reservations of these orders up to what they are now, and queue what channels must be told; intents by connection.
    Costs one look while nothing is managed."""
    if not order_ids or not managed(conn):
        return {}
    work = _Work(conn, at)
    _follow(work, order_ids)
    return _close(work)


def count(conn: sqlite3.Connection, counts: Sequence[Count], source: str, at: int) -> dict[int, int]:
    """Write counts, and queue what channels must be told; intents by connection. An SKU that is new here first promises what
    the orders that wait want of it."""
    known = {
        row[0]
        for row in conn.execute(
            "SELECT sku FROM stock WHERE sku IN (SELECT value FROM json_each(?))",
            (json_text([one.sku for one in counts]),),
        )
    }
    work = _Work(conn, at)
    fresh = [one for one in counts if one.sku not in known]
    insert_many(
        conn,
        "INSERT INTO stock(sku, barcode, on_hand, buffer, low_at, source, counted_at, changed_at)",
        [
            (one.sku, one.barcode or "", one.on_hand or 0, one.buffer or 0, _low(one.low_at), source, at, at)
            for one in {one.sku: one for one in fresh}.values()
        ],
    )
    for one in counts:
        work.touched.add(one.sku)
        if one.sku not in known:
            continue
        conn.execute(
            "UPDATE stock SET barcode = coalesce(?2, barcode), buffer = coalesce(?3, buffer),"
            " low_at = CASE WHEN ?4 IS NULL THEN low_at WHEN ?4 < 0 THEN NULL ELSE ?4 END, changed_at = ?5 WHERE sku = ?1",
            (one.sku, one.barcode, one.buffer, one.low_at, at),
        )
        if one.on_hand is not None:
            _recount(conn, one.sku, one.on_hand, source, at)
    if fresh:
        _follow(work, [row[0] for row in conn.execute(_WAITING)])
    return _close(work, everything=True)


def _low(value: int | None) -> int | None:
    return None if value is None or value < 0 else value


def _recount(conn: sqlite3.Connection, sku: str, on_hand: int, source: str, at: int) -> None:
    """What is promised beyond the new figure is taken back first, in the order in which it is given out again."""
    held = _give(conn, sku, on_hand)
    conn.execute(
        "UPDATE stock SET on_hand = ?, reserved = ?, source = ?, counted_at = ? WHERE sku = ?",
        (on_hand, held, source, at, sku),
    )


def _give(conn: sqlite3.Connection, sku: str, on_hand: int) -> int:
    """Give what is there to those that wait, the one that waits longest first; returns how much is promised."""
    waiting = conn.execute(
        "SELECT order_id, line, wanted, held FROM reservations WHERE sku = ? AND state = 'held' ORDER BY at, order_id, line",
        (sku,),
    ).fetchall()
    held = allot(on_hand, [row[2] for row in waiting])
    conn.executemany(
        "UPDATE reservations SET held = ? WHERE order_id = ? AND line = ?",
        [(gets, row[0], row[1]) for row, gets in zip(waiting, held, strict=True) if gets != row[3]],
    )
    return sum(held)


def _follow(work: _Work, order_ids: Iterable[int]) -> None:
    conn, text = work.conn, json_text(list(order_ids))
    kept: dict[int, dict[str, _Kept]] = {}
    for row in conn.execute(
        "SELECT order_id, line, sku, wanted, held, state, at FROM reservations"
        " WHERE order_id IN (SELECT value FROM json_each(?))",
        (text,),
    ):
        kept.setdefault(row[0], {})[row[1]] = _Kept(*row[2:])
    # Pieces that come back onto the shelf do so before others leave it.
    rows = sorted(conn.execute(_LINES, (text,)), key=lambda row: _fate(row) != "gone")
    work.heirs = {row[0] for row in conn.execute(_HEIRS, (text,))}
    owner = stock_push.match(conn, {(row[11], row[12]) for row in rows})
    seen: set[tuple[int, str]] = set()
    fates: dict[int, str] = {}
    for row in rows:
        order_id, sku = row[0], owner.get((row[11], row[12]))
        fate = fates[order_id] = _fate(row)
        line = row[10] or f"#{row[9]}"
        if (order_id, line) in seen:
            line = f"{line}#{row[9]}"
        seen.add((order_id, line))
        had = kept.get(order_id, {}).pop(line, None)
        wants = min(row[13], MOST) if not row[14] else 0
        if had is not None and had.sku != sku and had.state == HELD:  # another thing by now
            _leave(work, order_id, line, had)
            had = None
        if had is not None:
            _move(work, row, line, had, fate, wants)
        elif sku is not None and wants > 0:
            _begin(work, row, line, sku, fate, wants)
    for order_id, left in kept.items():  # lines that the order has no more
        for line, had in left.items():
            if had.state == HELD or fates.get(order_id) == "gone":
                _leave(work, order_id, line, had)
    insert_many(conn, _INSERT, work.made)
    work.made.clear()


def _fate(row: tuple[Any, ...]) -> str:
    """What an order means for the shelf: gone (another order, or the channel's own store, has the pieces), out, over, waits."""
    if row[4] is not None or row[5]:
        return "gone"
    if row[2] in _OVER:
        return "over"
    return "out" if row[2] in _SHIPPED or row[3] == "shipped" else "waits"


def _begin(work: _Work, row: tuple[Any, ...], line: str, sku: str, fate: str, wants: int) -> None:
    order_id = row[0]
    if fate == "waits":
        work.made.append((order_id, line, sku, wants, 0, HELD, work.at))
        work.sell(row, sku, wants)
        work.touched.add(sku)
    elif fate == "out" and (row[6] >= work.stock(sku)[1] or order_id in work.heirs):
        work.made.append((order_id, line, sku, wants, work.take(sku, wants), TAKEN, work.at))
        work.sell(row, sku, wants)
        work.touched.add(sku)
    elif fate == "over" and row[6] >= work.stock(sku)[1]:  # sold and over before anybody here knew
        work.doubted.add((row[1], sku))


def _move(work: _Work, row: tuple[Any, ...], line: str, had: _Kept, fate: str, wants: int) -> None:
    order_id, sku = row[0], had.sku
    if fate in ("gone", "over") or (wants == 0 and had.state == HELD):
        if fate != "gone":
            work.doubted.add((row[1], sku))
        if fate == "gone" or had.state == HELD:
            _leave(work, order_id, line, had)
        return  # what has left comes back onto the shelf by a count
    if fate == "out" and had.state == HELD:
        left_at = row[8] if row[8] is not None else row[7]
        counted = work.stock(sku)[1]
        gone = work.take(sku, wants) if left_at >= counted else 0
        _write(work, order_id, line, (wants, gone, TAKEN, work.at))
    elif fate == "waits" and had.state == TAKEN:  # it had not left after all
        if had.at >= work.stock(sku)[1]:
            work.off[sku] = work.off.get(sku, 0) - had.held
        _write(work, order_id, line, (wants, 0, HELD, work.at))
    elif fate == "waits" and had.wanted != wants:
        _write(work, order_id, line, (wants, min(had.held, wants), HELD, had.at))
        work.sell(row, sku, wants - had.wanted)
    else:
        return
    work.touched.add(sku)


def _write(work: _Work, order_id: int, line: str, values: tuple[int, int, str, int]) -> None:
    query = "UPDATE reservations SET wanted = ?, held = ?, state = ?, at = ? WHERE order_id = ? AND line = ?"
    work.conn.execute(query, (*values, order_id, line))


def _leave(work: _Work, order_id: int, line: str, had: _Kept) -> None:
    """The line wants nothing any more; what it had taken lies on the shelf, or another order has it."""
    if had.state == TAKEN and had.at >= work.stock(had.sku)[1]:
        work.off[had.sku] = work.off.get(had.sku, 0) - had.held
    work.drop(order_id, line)
    work.touched.add(had.sku)


def _close(work: _Work, *, everything: bool = False) -> dict[int, int]:
    """The shelf, the promises and the shortages of what was touched, and the channels' news."""
    conn = work.conn
    moved: list[str] = []
    lacks = False
    for sku in sorted(work.touched):
        on_hand, reserved, lacking, buffer = conn.execute(
            "SELECT on_hand, reserved, lacking, buffer FROM stock WHERE sku = ?", (sku,)
        ).fetchone()
        had = available(on_hand, reserved, buffer)
        now = min(max(0, on_hand - work.off.get(sku, 0)), MOST)
        held = _give(conn, sku, now)
        wanted = conn.execute(
            "SELECT coalesce(sum(wanted), 0) FROM reservations WHERE sku = ? AND state = 'held'", (sku,)
        ).fetchone()[0]
        conn.execute(
            "UPDATE stock SET on_hand = ?, reserved = ?, lacking = ?, changed_at = ? WHERE sku = ?",
            (now, held, min(wanted - held, MOST), work.at, sku),
        )
        lacks |= bool(lacking) or wanted > held
        if everything or available(now, held, buffer) != had:
            moved.append(sku)
    if lacks:
        tell_shortages(conn, sorted(work.touched), work.at)
    moved += sorted({sku for _, sku in work.doubted}.difference(moved))
    return stock_push.push(conn, moved, work.at, work.sold, work.doubted)


def tell_shortages(conn: sqlite3.Connection, skus: Sequence[str], at: int) -> None:
    """An order that does not get its pieces needs attention until it gets them, or until it is over."""
    query = "SELECT id, account_id, remote_id, raw FROM attention WHERE resolved_at IS NULL AND stream = ?"
    wanted = set(skus)
    told = {(row[1], row[2]): row for row in conn.execute(query, (STREAM,)) if row[3].split("\t")[1] in wanted}
    lots: dict[tuple[int, str], list[Reject]] = {}
    for account, connection, remote_id, number, sku, lacks in conn.execute(
        "SELECT o.account_id, o.connection_id, o.remote_id, o.number, r.sku, sum(r.wanted - r.held)"
        " FROM reservations r JOIN orders o ON o.id = r.order_id"
        " WHERE r.sku IN (SELECT value FROM json_each(?)) AND r.state = 'held' AND r.wanted > r.held GROUP BY o.id, r.sku",
        (json_text(list(skus)),),
    ):
        place, raw = f"{remote_id} · {sku}", f"{number}\t{sku}\t{lacks}"
        had = told.pop((account, place), None)
        if had is None or had[3] != raw:
            message = Message("stock.short", {"order": number or remote_id, "sku": sku, "pieces": str(lacks)})
            lots.setdefault((connection, account), []).append(Reject(place, raw, message))
    conn.executemany("UPDATE attention SET resolved_at = ? WHERE id = ?", [(at, row[0]) for row in told.values()])
    for (connection, account), rejects in lots.items():
        attention.put(conn, connection, account, STREAM, rejects, at)
