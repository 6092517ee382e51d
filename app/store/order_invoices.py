"""Where an order's invoice lies, as the merchant told it to the order's channel: the link, and what the channel said. The invoice itself
is never kept here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

import msgspec

from app.model import clean, to_epoch_ms
from app.store.db import Database
from app.store.rows import ms, when

_PUT = (
    "INSERT INTO order_invoices(order_id, url, number, issued_at, state, told_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(order_id) DO UPDATE SET url = excluded.url, number = excluded.number, issued_at = excluded.issued_at,"
    " state = excluded.state, told_at = excluded.told_at"
)


class OrderInvoice(msgspec.Struct, frozen=True):
    """`state`: done, refused or unknown, as the channel answered. Instants aware UTC."""

    url: str
    number: str
    issued_at: datetime | None
    state: str
    told_at: datetime


class Invoices:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def get(self, order_id: int) -> OrderInvoice | None:
        """What was told last, unless it was refused and an earlier link stands."""
        query = "SELECT url, number, issued_at, state, told_at FROM order_invoices WHERE order_id = ?"

        def job(conn: sqlite3.Connection) -> OrderInvoice | None:
            row = conn.execute(query, (order_id,)).fetchone()
            if row is None:
                return None
            told = when(row[4])
            return OrderInvoice(row[0], row[1], when(row[2]), row[3], told if told is not None else self._now())

        return await self._db.read(job)

    async def put(self, order_id: int, url: str, number: str, issued_at: datetime | None, state: str) -> None:
        """Write down a link and the channel's answer. A refusal does not take away a link that the channel has."""
        at = to_epoch_ms(self._now())
        values = (order_id, clean(url, 2000), clean(number, 60), ms(issued_at), state, at)

        def job(conn: sqlite3.Connection) -> None:
            had = conn.execute("SELECT state FROM order_invoices WHERE order_id = ?", (order_id,)).fetchone()
            if state != "refused" or had is None or had[0] != "done":
                conn.execute(_PUT, values)

        await self._db.write(job)
