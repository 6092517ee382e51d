"""Measured calls, rolled up as they come: minutes for 7 days, hours for 90, days for two years, per connection.

Nothing of a call but its outcome and duration is kept: no address, no body.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.store import histogram
from app.store.db import Database
from app.store.histogram import Histogram
from app.store.rows import json_text, read_counts

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_KEPT_S = {_MINUTE: 7 * _DAY, _HOUR: 90 * _DAY, _DAY: 730 * _DAY}
_ERRORS_KEPT = 200  # per connection
_PRUNE_EVERY_S = _HOUR
#: Outcomes in which the vendor, or the way to it, failed. Throttling and the merchant's own mistakes are not downtime.
DOWN = frozenset({"server_error", "timeout", "network", "unreadable"})
#: Never left this machine: counted, but neither measured nor held against the vendor.
UNSENT = frozenset({"breaker"})
ALL, PROBE = "all", "probe"


class SampleLike(Protocol):
    """One attempt of one call. `outcome` is a word of app.http's outcome classes, `at` epoch seconds."""

    @property
    def connection_id(self) -> int: ...
    @property
    def operation(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def at(self) -> float: ...
    @property
    def duration_ms(self) -> float: ...
    @property
    def probe(self) -> bool: ...


class SeriesPoint(msgspec.Struct, frozen=True):
    """One span of a series. `count` are attempts that were sent; `errors` by outcome, unsent ones among them;
    percentiles in ms, None when nothing was measured."""

    at: datetime
    count: int
    ok: int
    errors: dict[str, int]
    p50: float | None
    p95: float | None
    p99: float | None


class ErrorRow(msgspec.Struct, frozen=True):
    at: datetime
    operation: str
    outcome: str
    status: int
    duration_ms: float


_Counts = dict[str, int]
_Rolled = dict[tuple[int, str, int, int], tuple[_Counts, Histogram]]  # by connection, series, span, start


class Samples:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now
        self._pruned_at = 0.0

    async def add(self, samples: Sequence[SampleLike]) -> None:
        """Roll a handful of samples up, in one transaction. Late ones are fine."""
        if not samples:
            return
        rolled = _roll(samples)
        errors = [
            (s.connection_id, int(s.at * 1000), s.operation, str(s.outcome), s.status, s.duration_ms)
            for s in samples
            if s.outcome != "ok"
        ]
        good: dict[int, int] = {}
        for s in samples:
            if s.outcome == "ok":
                good[s.connection_id] = max(good.get(s.connection_id, 0), int(s.at * 1000))
        now = self._now().timestamp()
        prune = now - self._pruned_at >= _PRUNE_EVERY_S

        def job(conn: sqlite3.Connection) -> None:
            _store(conn, rolled)
            _note(conn, errors, good)
            if prune:
                for span, kept in _KEPT_S.items():
                    conn.execute("DELETE FROM sample_rollups WHERE span = ? AND at < ?", (span, int(now) - kept))

        await self._db.write(job)
        if prune:
            self._pruned_at = now

    async def series(
        self, connection_id: int, since: datetime, until: datetime, points: int = 400, *, series: str = ALL
    ) -> list[SeriesPoint]:
        """At most `points` spans from `since` to `until`, oldest first, only those in which something happened, from
        the finest roll-up that still reaches back to `since`. `series` is ALL or PROBE."""
        start, end = to_epoch_ms(since) / 1000, to_epoch_ms(until) / 1000
        if end <= start or points < 1:
            return []
        span = _span(self._now().timestamp() - start)
        first = int(start // span * span)
        spans = -int(-(end - first) // span)
        step = span * -int(-spans // points)
        rows = await self._db.read(lambda conn: _read(conn, connection_id, series, span, first, end))
        merged: dict[int, tuple[_Counts, Histogram]] = {}
        for at, counts, durations in rows:
            into = merged.setdefault(first + (at - first) // step * step, ({}, {}))
            _add(into[0], counts)
            histogram.merge(into[1], durations)
        return [_point(at, *merged[at]) for at in sorted(merged)]

    async def availability(
        self, connection_id: int, since: datetime, until: datetime, *, series: str = ALL
    ) -> float | None:
        """Share (0–1) of sent attempts in which neither the vendor nor the way to it failed; None without attempts."""
        start, end = to_epoch_ms(since) / 1000, to_epoch_ms(until) / 1000
        span = _span(self._now().timestamp() - start)
        total: _Counts = {}
        first = int(start // span * span)
        for _, counts, _ in await self._db.read(lambda conn: _read(conn, connection_id, series, span, first, end)):
            _add(total, counts)
        sent = sum(count for outcome, count in total.items() if outcome not in UNSENT)
        return None if not sent else 1 - sum(total.get(outcome, 0) for outcome in DOWN) / sent

    async def recent_errors(self, connection_id: int, limit: int = 50) -> list[ErrorRow]:
        """Newest first; the last 200 are kept."""
        query = (
            "SELECT at, operation, outcome, status, duration_ms FROM sample_errors WHERE connection_id = ?"
            " ORDER BY id DESC LIMIT ?"
        )
        return await self._db.read(
            lambda conn: [
                ErrorRow(from_epoch_ms(row[0]), *row[1:]) for row in conn.execute(query, (connection_id, limit))
            ]
        )

    async def last_ok(self, connection_id: int) -> datetime | None:
        def job(conn: sqlite3.Connection) -> datetime | None:
            row = conn.execute("SELECT ok_at FROM sample_latest WHERE connection_id = ?", (connection_id,)).fetchone()
            return None if row is None else from_epoch_ms(row[0])

        return await self._db.read(job)


def _span(age_s: float) -> int:
    """The finest roll-up that is kept long enough."""
    return next((span for span, kept in _KEPT_S.items() if age_s <= kept), _DAY)


def _roll(samples: Sequence[SampleLike]) -> _Rolled:
    rolled: _Rolled = {}
    for s in samples:
        outcome = str(s.outcome)
        number = None if outcome in UNSENT else histogram.bucket(s.duration_ms)
        for series in (ALL, PROBE) if s.probe else (ALL,):
            for span in _KEPT_S:
                counts, durations = rolled.setdefault(
                    (s.connection_id, series, span, int(s.at // span * span)), ({}, {})
                )
                counts[outcome] = counts.get(outcome, 0) + 1
                if number is not None:
                    durations[number] = durations.get(number, 0) + 1
    return rolled


def _store(conn: sqlite3.Connection, rolled: _Rolled) -> None:
    for key, (counts, durations) in rolled.items():
        had = conn.execute(
            "SELECT counts, histogram FROM sample_rollups WHERE connection_id = ? AND series = ? AND span = ?"
            " AND at = ?",
            key,
        ).fetchone()
        if had:
            _add(counts, read_counts(had[0]))
            histogram.merge(durations, histogram.unpack(had[1]))
        conn.execute(
            "INSERT INTO sample_rollups(connection_id, series, span, at, counts, histogram) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET counts = excluded.counts, histogram = excluded.histogram",
            (*key, json_text(counts), histogram.pack(durations)),
        )


def _note(conn: sqlite3.Connection, errors: Sequence[tuple[Any, ...]], good: Mapping[int, int]) -> None:
    conn.executemany(
        "INSERT INTO sample_errors(connection_id, at, operation, outcome, status, duration_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        errors,
    )
    conn.executemany(
        "DELETE FROM sample_errors WHERE connection_id = ?1 AND id <= (SELECT id FROM sample_errors"
        " WHERE connection_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        [(connection_id, _ERRORS_KEPT) for connection_id in {row[0] for row in errors}],
    )
    conn.executemany(
        "INSERT INTO sample_latest(connection_id, ok_at) VALUES (?, ?)"
        # One from more than a day ahead is of a clock that was wrong.
        " ON CONFLICT DO UPDATE SET ok_at = CASE WHEN ok_at > excluded.ok_at + 86400000 THEN excluded.ok_at"
        " ELSE max(ok_at, excluded.ok_at) END",
        list(good.items()),
    )


def _read(
    conn: sqlite3.Connection, connection_id: int, series: str, span: int, first: int, end: float
) -> list[tuple[int, _Counts, Histogram]]:
    rows = conn.execute(
        "SELECT at, counts, histogram FROM sample_rollups WHERE connection_id = ? AND series = ? AND span = ?"
        " AND at >= ? AND at < ?",
        (connection_id, series, span, first, end),
    )
    return [(at, read_counts(counts), histogram.unpack(durations)) for at, counts, durations in rows]


def _add(into: _Counts, other: Mapping[str, int]) -> None:
    for outcome, count in other.items():
        into[outcome] = into.get(outcome, 0) + count


def _point(at: int, counts: _Counts, durations: Histogram) -> SeriesPoint:
    errors = {outcome: count for outcome, count in counts.items() if outcome != "ok"}
    sent = sum(count for outcome, count in counts.items() if outcome not in UNSENT)
    p50, p95, p99 = (histogram.percentile(durations, share) for share in (0.5, 0.95, 0.99))
    return SeriesPoint(from_epoch_ms(at * 1000), sent, counts.get("ok", 0), errors, p50, p95, p99)


#: How far back each roll-up reaches.
KEPT = {timedelta(seconds=span): timedelta(seconds=kept) for span, kept in _KEPT_S.items()}
