"""What goes into one parcel before it is one: several orders of one buyer together, or an order in parts. What must never happen: an
order in two bundles of different kinds, or a bundle taken apart whose parcel a carrier has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from app.model import to_epoch_ms
from app.store.db import Database
from app.store.errors import StoreError
from app.store.rows import json_text

COMBINED, SPLIT = "combined", "split"
_LIVING_PARCEL = (
    "SELECT p.numbers FROM parcel_orders po JOIN parcels p ON p.id = po.parcel_id WHERE p.state NOT IN ('cancelled', 'returned')"
    " AND po.order_id IN (SELECT value FROM json_each(?)) LIMIT 1"
)
_OF_ORDERS = (
    "SELECT DISTINCT b.id FROM bundle_lines l JOIN bundles b ON b.id = l.bundle_id AND b.dissolved_at IS NULL"
    " WHERE l.order_id IN (SELECT value FROM json_each(?))"
)
_READ = (
    "SELECT b.id, b.kind, l.order_id, l.line, l.quantity, EXISTS (SELECT 1 FROM parcels p WHERE p.bundle_id = b.id"
    " AND p.state NOT IN ('cancelled', 'returned')) FROM bundles b JOIN bundle_lines l ON l.bundle_id = b.id"
    " WHERE b.id IN (SELECT value FROM json_each(?)) ORDER BY b.id, l.order_id, l.line"
)


class BundleLine(msgspec.Struct, frozen=True):
    """`line` '': the whole order."""

    order_id: int
    line: str = ""
    quantity: int = 0


class Bundle(msgspec.Struct, frozen=True):
    """One parcel to be. `shipped`: it is one (no carrier's refusal, not called off)."""

    id: int
    kind: str
    lines: tuple[BundleLine, ...]
    shipped: bool = False

    @property
    def orders(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(one.order_id for one in self.lines))


class Bundles:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def combine(self, orders: Sequence[int]) -> Bundle:
        """These orders in one parcel; bundles that some of them were in become this one. Raises StoreError `store.in_parcel`, or
        `store.bundled` where one of them was split."""
        ids = tuple(dict.fromkeys(orders))
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> Bundle:
            had = _read(conn, _ids(conn, ids))
            if any(one.kind == SPLIT for one in had):
                raise StoreError("store.bundled", numbers=_numbers(conn, ids))
            whole = tuple(dict.fromkeys((*ids, *(i for one in had for i in one.orders))))
            _check_free(conn, whole)
            _dissolve(conn, [one.id for one in had], at)
            return _make(conn, COMBINED, [BundleLine(i) for i in whole], at)

        return await self._db.write(job)

    async def split(self, order_id: int, groups: Sequence[Sequence[tuple[str, int]]]) -> list[Bundle]:
        """An order in so many parcels, each with (line, pieces). Raises StoreError `store.in_parcel`, or `store.bundled` where it is
        combined with another."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> list[Bundle]:
            had = _read(conn, _ids(conn, (order_id,)))
            if any(one.kind == COMBINED for one in had):
                raise StoreError("store.bundled", numbers=_numbers(conn, (order_id,)))
            _check_free(conn, (order_id,))
            _dissolve(conn, [one.id for one in had], at)
            return [_make(conn, SPLIT, [BundleLine(order_id, *one) for one in group], at) for group in groups]

        return await self._db.write(job)

    async def dissolve(self, orders: Sequence[int]) -> tuple[int, ...]:
        """Each order by itself again, with all that were bundled with it; the orders that this is about. Raises StoreError
        `store.in_parcel` once a parcel was made of it."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> tuple[int, ...]:
            had = _read(conn, _ids(conn, orders))
            about = tuple(dict.fromkeys(i for one in had for i in one.orders))
            _check_free(conn, about)
            _dissolve(conn, [one.id for one in had], at)
            return about

        return await self._db.write(job)

    async def of_orders(self, orders: Sequence[int]) -> list[Bundle]:
        """The bundles that these orders are in, oldest first."""
        return await self._db.read(lambda conn: of_orders(conn, orders))


def of_orders(conn: sqlite3.Connection, orders: Sequence[int]) -> list[Bundle]:
    return _read(conn, _ids(conn, orders))


def _ids(conn: sqlite3.Connection, orders: Sequence[int]) -> list[int]:
    return [row[0] for row in conn.execute(_OF_ORDERS, (json_text(list(orders)),))]


def _read(conn: sqlite3.Connection, ids: Sequence[int]) -> list[Bundle]:
    found: dict[int, tuple[str, list[BundleLine], bool]] = {}
    for bundle_id, kind, order_id, line, quantity, shipped in conn.execute(_READ, (json_text(list(ids)),)):
        found.setdefault(bundle_id, (kind, [], bool(shipped)))[1].append(BundleLine(order_id, line, quantity))
    return [Bundle(i, kind, tuple(lines), shipped) for i, (kind, lines, shipped) in found.items()]


def _make(conn: sqlite3.Connection, kind: str, lines: Sequence[BundleLine], at: int) -> Bundle:
    bundle_id = int(conn.execute("INSERT INTO bundles(kind, made_at) VALUES (?, ?)", (kind, at)).lastrowid or 0)
    conn.executemany(
        "INSERT INTO bundle_lines(bundle_id, order_id, line, quantity) VALUES (?, ?, ?, ?)",
        [(bundle_id, one.order_id, one.line, one.quantity) for one in lines],
    )
    return Bundle(bundle_id, kind, tuple(lines))


def _dissolve(conn: sqlite3.Connection, ids: Iterable[int], at: int) -> None:
    conn.executemany("UPDATE bundles SET dissolved_at = ? WHERE id = ?", [(at, i) for i in ids])


def _check_free(conn: sqlite3.Connection, orders: Sequence[int]) -> None:
    taken = conn.execute(_LIVING_PARCEL, (json_text(list(orders)),)).fetchone()
    if taken is not None:
        raise StoreError("store.in_parcel", numbers=taken[0])


def _numbers(conn: sqlite3.Connection, orders: Sequence[int]) -> str:
    query = "SELECT number FROM orders WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    return " ".join(row[0] for row in conn.execute(query, (json_text(list(orders)),)))
