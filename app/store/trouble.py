"""What is remembered of a connection between two looks at it: since when its calls fail, whether that is confirmed, and how
many open orders its server said there were."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.store.db import Database
from app.store.rows import when

#: A second failure sooner than this is the same call's, and confirms nothing.
LEAST_APART = timedelta(seconds=5)


class Trouble(msgspec.Struct, frozen=True):
    """`since`: the first failed call after a good one; `confirmed_at`: when a later one failed as well, None so far."""

    since: datetime
    confirmed_at: datetime | None


class ServerOrders(msgspec.Struct, frozen=True):
    """`count` open orders by the vendor's word at `at`; `missing_since`: since when it has had some and the store none."""

    count: int
    at: datetime
    missing_since: datetime | None


class Troubles:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db, self._now = db, now

    async def failed(self, connection_id: int) -> Trouble:
        """A call failed just now. The first one after a good one begins the trouble, a later one confirms it."""
        now, apart = to_epoch_ms(self._now()), LEAST_APART // timedelta(milliseconds=1)

        def job(conn: sqlite3.Connection) -> Trouble:
            row = conn.execute(
                "INSERT INTO connection_trouble(connection_id, since) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET"
                # A beginning that lies ahead is of a clock that was wrong.
                " since = min(since, ?2),"
                " confirmed_at = coalesce(confirmed_at, CASE WHEN ?2 - since >= ?3 THEN ?2 END)"
                " RETURNING since, confirmed_at",
                (connection_id, now, apart),
            ).fetchone()
            return Trouble(from_epoch_ms(row[0]), when(row[1]))

        return await self._db.write(job)

    async def ended(self, connection_id: int) -> bool:
        """A call was good. Whether there had been trouble."""
        query = "DELETE FROM connection_trouble WHERE connection_id = ?"
        return await self._db.write(lambda conn: conn.execute(query, (connection_id,)).rowcount > 0)

    async def all(self) -> dict[int, Trouble]:
        query = "SELECT connection_id, since, confirmed_at FROM connection_trouble"
        return await self._db.read(
            lambda conn: {row[0]: Trouble(from_epoch_ms(row[1]), when(row[2])) for row in conn.execute(query)}
        )

    async def note_server_orders(self, connection_id: int, count: int, stored: int) -> None:
        """What the vendor's cheapest call said, beside how many the store has."""
        values = (connection_id, to_epoch_ms(self._now()), count, count > 0 and stored == 0)
        await self._db.write(
            lambda conn: (
                conn.execute(
                    "INSERT INTO probe_answers(connection_id, at, server_orders, missing_since)"
                    " VALUES (?1, ?2, ?3, CASE WHEN ?4 THEN ?2 END) ON CONFLICT DO UPDATE SET at = ?2,"
                    " server_orders = ?3, missing_since = CASE WHEN ?4 THEN min(coalesce(missing_since, ?2), ?2) END",
                    values,
                ).rowcount
            )
        )

    async def server_orders(self) -> dict[int, ServerOrders]:
        query = "SELECT connection_id, server_orders, at, missing_since FROM probe_answers"
        return await self._db.read(
            lambda conn: {
                row[0]: ServerOrders(row[1], from_epoch_ms(row[2]), when(row[3])) for row in conn.execute(query)
            }
        )
