"""What the program itself uses: processor, memory, network, and how much room its disk has, rolled up like the calls (minutes,
hours, days). Nothing else of the machine is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.store.db import Database
from app.store.spans import KEPT_S, SPANS_S, finest

#: Processor in thousandths of one core, memory in bytes, body bytes received since the sample before, threads, room on the
#: workspace's disk in millions of bytes.
CPU, MEMORY, RECEIVED, THREADS, DISK = "cpu", "memory", "received", "threads", "disk"
METRICS = (CPU, MEMORY, RECEIVED, THREADS, DISK)
_PRUNE_EVERY_S = 3600


class ProcessPoint(msgspec.Struct, frozen=True):
    """One span: how many samples, their sum and the largest, in the metric's unit."""

    at: datetime
    count: int
    total: int
    most: int

    @property
    def mean(self) -> float:
        return self.total / self.count


class Process:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db, self._now = db, now
        self._pruned_at = 0.0

    async def add(self, at: datetime, figures: Mapping[str, int]) -> None:
        """One sample, by metric. Raises KeyError for an unknown metric."""
        if unknown := figures.keys() - set(METRICS):
            raise KeyError(*unknown)
        moment, now = int(at.timestamp()), self._now().timestamp()
        rows = [
            (level, moment // span, metric, value)
            for metric, value in figures.items()
            for level, span in enumerate(SPANS_S)
        ]
        due = now - self._pruned_at >= _PRUNE_EVERY_S

        def job(conn: sqlite3.Connection) -> None:
            conn.executemany(
                "INSERT INTO process_spans(span, at, metric, count, total, most) VALUES (?1, ?2, ?3, 1, ?4, ?4)"
                " ON CONFLICT DO UPDATE SET count = count + 1, total = total + ?4, most = max(most, ?4)",
                rows,
            )
            if due:
                for level, (span, kept) in enumerate(zip(SPANS_S, KEPT_S, strict=True)):
                    conn.execute(
                        "DELETE FROM process_spans WHERE span = ? AND at < ?", (level, (int(now) - kept) // span)
                    )

        await self._db.write(job)
        if due:
            self._pruned_at = now

    async def series(self, metric: str, since: datetime, until: datetime, points: int = 400) -> list[ProcessPoint]:
        """At most `points` spans, oldest first, only those with samples, from the finest roll-up that reaches back."""
        start, end = to_epoch_ms(since) / 1000, to_epoch_ms(until) / 1000
        if end <= start or points < 1:
            return []
        level = finest(self._now().timestamp() - start)
        span = SPANS_S[level]
        first, last = int(start // span), int(-(-end // span))
        step = -(-(last - first) // points)
        query = (
            "SELECT (at - ?2) / ?3, sum(count), sum(total), max(most) FROM process_spans WHERE span = ?1 AND at >= ?2"
            " AND at < ?4 AND metric = ?5 GROUP BY 1 ORDER BY 1"
        )
        rows = await self._db.read(lambda conn: conn.execute(query, (level, first, step, last, metric)).fetchall())
        return [ProcessPoint(from_epoch_ms((first + row[0] * step) * span * 1000), *row[1:]) for row in rows]
