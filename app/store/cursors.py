"""Cursors: up to which instant a stream of a connection is stored. They move with the rows they cover, only forward."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from app.model import from_epoch_ms, to_epoch_ms
from app.store.db import Database


class Cursors:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def get(self, connection_id: int, stream: str) -> datetime | None:
        """Everything modified before this instant is stored. None: nothing was ever pulled to its end."""

        def job(conn: sqlite3.Connection) -> datetime | None:
            row = conn.execute(
                "SELECT covered_until FROM cursors WHERE connection_id = ? AND stream = ?", (connection_id, stream)
            ).fetchone()
            return None if row is None else from_epoch_ms(row[0])

        return await self._db.read(job)

    async def set(self, connection_id: int, stream: str, at: datetime | None) -> None:
        """Put the cursor anywhere, also back, or away (None): for tests and for 'pull everything again'."""
        moved = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM cursors WHERE connection_id = ? AND stream = ?", (connection_id, stream))
            if at is not None:
                advance(conn, connection_id, stream, to_epoch_ms(at), moved)

        await self._db.write(job)

    async def finish(self, connection_id: int, stream: str, until: datetime) -> None:
        """The last page of the window that ends at `until` is stored. An earlier `until` moves nothing."""
        moved = to_epoch_ms(self._now())
        await self._db.write(lambda conn: advance(conn, connection_id, stream, to_epoch_ms(until), moved))


def advance(conn: sqlite3.Connection, connection_id: int, stream: str, until: int, now: int) -> None:
    """Within the caller's transaction. Never back: a manual pull of an older window must not undo what is covered."""
    conn.execute(
        "INSERT INTO cursors(connection_id, stream, covered_until, moved_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT(connection_id, stream) DO UPDATE SET"
        " covered_until = max(covered_until, excluded.covered_until), moved_at = excluded.moved_at",
        (connection_id, stream, until, now),
    )
