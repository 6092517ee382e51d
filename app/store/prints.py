"""The journal of documents: what was printed or written to a file, when, where, and the file's own hash."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.store.db import Database
from app.store.rows import json_text

_COLUMNS = "SELECT id, order_id, kind, path, printer, copy_no, sha256, at FROM prints"


class PrintRow(msgspec.Struct, frozen=True):
    """`copy_no` counts the documents of this kind for this order from 1. `printer` '' : only written to a file."""

    id: int
    order_id: int | None
    kind: str
    path: str
    printer: str
    copy_no: int
    sha256: str
    at: datetime


_Rows = list[PrintRow]


class Prints:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def add(self, order_id: int | None, kind: str, path: str, sha256: str, printer: str = "") -> PrintRow:
        """Write one document down; a second of the same kind for the same order is copy 2."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> PrintRow:
            copies = conn.execute(
                "SELECT count(*) FROM prints WHERE order_id = ? AND kind = ?", (order_id, kind)
            ).fetchone()[0]
            made = conn.execute(
                "INSERT INTO prints(order_id, kind, path, printer, copy_no, sha256, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (order_id, kind, path, printer, copies + 1, sha256, at),
            )
            return PrintRow(
                int(made.lastrowid or 0), order_id, kind, path, printer, copies + 1, sha256, from_epoch_ms(at)
            )

        return await self._db.write(job)

    async def add_many(self, order_ids: Sequence[int], kind: str, path: str, sha256: str, printer: str = "") -> None:
        """One document that holds many orders: a row for each, in one transaction."""
        at = to_epoch_ms(self._now())
        query = (
            "INSERT INTO prints(order_id, kind, path, printer, copy_no, sha256, at) VALUES (?1, ?2, ?3, ?4,"
            " (SELECT count(*) + 1 FROM prints WHERE order_id = ?1 AND kind = ?2), ?5, ?6)"
        )
        values = [(order_id, kind, path, printer, sha256, at) for order_id in order_ids]
        await self._db.write(lambda conn: conn.executemany(query, values).rowcount)

    async def copies(self, order_ids: Sequence[int], kind: str) -> dict[int, int]:
        """How many documents of this kind there are already, by order; orders without one are left out."""
        query = (
            "SELECT order_id, count(*) FROM prints WHERE kind = ? AND order_id IN (SELECT value FROM json_each(?))"
            " GROUP BY order_id"
        )
        ids = json_text(list(order_ids))
        return await self._db.read(lambda conn: dict(conn.execute(query, (kind, ids)).fetchall()))

    async def of_order(self, order_id: int) -> _Rows:
        """Oldest first."""
        query = " ".join((_COLUMNS, "WHERE order_id = ? ORDER BY id"))
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query, (order_id,))])

    async def recent(self, limit: int = 100, offset: int = 0) -> _Rows:
        """Newest first."""
        query = " ".join((_COLUMNS, "ORDER BY id DESC LIMIT ? OFFSET ?"))
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query, (limit, offset))])


def _row(row: tuple[Any, ...]) -> PrintRow:
    return PrintRow(*(*row[:7], from_epoch_ms(row[7])))
