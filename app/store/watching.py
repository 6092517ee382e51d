"""What alerts are judged by that lies in the store: writes that wait, pulls that ended, counted security events. Reads
figures only; of a security event nothing but its kind and minute is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from app.model import from_epoch_ms, to_epoch_ms
from app.store.db import Database

_MINUTE_MS = 60_000


class Watching:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def note_events(self, counts: Mapping[str, int]) -> None:
        """Count security events of this minute, by kind."""
        minute = to_epoch_ms(self._now()) // _MINUTE_MS * _MINUTE_MS
        rows = [(kind, minute, count) for kind, count in counts.items()]
        await self._db.write(
            lambda conn: (
                conn.executemany(
                    "INSERT INTO security_events(kind, at, count) VALUES (?, ?, ?)"
                    " ON CONFLICT(kind, at) DO UPDATE SET count = count + excluded.count",
                    rows,
                ).rowcount
            )
        )

    async def events_since(self, since: datetime) -> dict[str, int]:
        """Security events by kind; hosts that the pipeline refused to call (from the jobs) as `refused_host`."""
        at = to_epoch_ms(since)

        def job(conn: sqlite3.Connection) -> dict[str, int]:
            found = dict(
                conn.execute(
                    "SELECT kind, sum(count) FROM security_events WHERE at > ? GROUP BY kind", (at,)
                ).fetchall()
            )
            called = conn.execute(
                "SELECT count(*) FROM jobs WHERE started_at > ? AND json_extract(message, '$.code') ="
                " 'config.host_not_allowed'",
                (at,),
            ).fetchone()[0]
            if called:
                found["refused_host"] = found.get("refused_host", 0) + called
            return found

        return await self._db.read(job)

    async def waiting_writes(self) -> Sequence[tuple[int, str, int, datetime]]:
        """(connection id, outbox state, rows, since when the oldest could have gone on) of connections at work."""
        now = to_epoch_ms(self._now())
        query = (
            "SELECT o.connection_id, o.state, count(*), min(CASE o.state WHEN 'queued' THEN max(o.created_at, o.not_before)"
            " ELSE coalesce(o.sent_at, o.created_at) END) FROM outbox o JOIN connections c ON c.id = o.connection_id"
            " WHERE c.removed_at IS NULL AND NOT c.paused AND o.state IN ('queued', 'sending', 'pending', 'unknown')"
            " AND (o.state <> 'queued' OR o.not_before <= ?) GROUP BY o.connection_id, o.state"
        )
        rows = await self._db.read(lambda conn: conn.execute(query, (now,)).fetchall())
        return [(row[0], row[1], row[2], from_epoch_ms(row[3])) for row in rows]

    async def pulled(self, stream: str = "orders") -> dict[int, datetime]:
        """When a pull of this stream last came to its end, by connection."""
        query = "SELECT connection_id, moved_at FROM cursors WHERE stream = ?"
        rows = await self._db.read(lambda conn: conn.execute(query, (stream,)).fetchall())
        return {row[0]: from_epoch_ms(row[1]) for row in rows}

    async def prune(self, before: datetime) -> int:
        """Forget security events before an instant; how many minutes."""
        at = to_epoch_ms(before)
        return await self._db.write(
            lambda conn: conn.execute("DELETE FROM security_events WHERE at < ?", (at,)).rowcount
        )
