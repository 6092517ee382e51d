"""The journal of documents: what was printed or written to a file, when, by whom, where, and the hash of what left. A second
copy is marked, always."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.store.audit import os_user
from app.store.db import Database
from app.store.rows import json_text

_COLUMNS = "SELECT id, order_id, kind, path, printer, copy_no, sha256, at, who, again, job_id FROM prints"
_INSERT = (
    "INSERT INTO prints(order_id, kind, path, printer, copy_no, sha256, at, who, again, job_id) VALUES (?1, ?2, ?3, ?4,"
    " (SELECT count(*) + 1 FROM prints WHERE order_id = ?1 AND kind = ?2), ?5, ?6, ?7, ?8, ?9)"
)


class PrintRow(msgspec.Struct, frozen=True):
    """`copy_no` counts the documents of this kind for this order from 1. `printer` '' : only written to a file.
    `again`: asked for although it had been printed."""

    id: int
    order_id: int | None
    kind: str
    path: str
    printer: str
    copy_no: int
    sha256: str
    at: datetime
    who: str = ""
    again: bool = False
    job_id: int | None = None


_Rows = list[PrintRow]


class Prints:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def add(self, order_id: int | None, kind: str, path: str, sha256: str, printer: str = "") -> PrintRow:
        """Write one document down; a second of the same kind for the same order is copy 2."""
        at, who = to_epoch_ms(self._now()), os_user()

        def job(conn: sqlite3.Connection) -> PrintRow:
            note(conn, (order_id,), kind, path, sha256, printer, at, who=who)
            row = conn.execute(" ".join((_COLUMNS, "ORDER BY id DESC LIMIT 1"))).fetchone()
            return _row(row)

        return await self._db.write(job)

    async def add_many(self, order_ids: Sequence[int], kind: str, path: str, sha256: str, printer: str = "") -> None:
        """One document that holds many orders: a row for each, in one transaction."""
        at, who = to_epoch_ms(self._now()), os_user()
        await self._db.write(lambda conn: note(conn, order_ids, kind, path, sha256, printer, at, who=who))

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


def note(
    conn: sqlite3.Connection, order_ids: Sequence[int | None], kind: str, path: str, sha256: str, printer: str, at: int, *, who: str,
    again: bool = False, job_id: int | None = None,
) -> None:  # fmt: skip
    """A row for each order, within the caller's transaction."""
    conn.executemany(
        _INSERT, [(order_id, kind, path, printer, sha256, at, who, int(again), job_id) for order_id in order_ids]
    )


def _row(row: tuple[Any, ...]) -> PrintRow:
    return PrintRow(*(*row[:7], from_epoch_ms(row[7]), row[8], bool(row[9]), row[10]))
