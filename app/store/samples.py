"""Measured calls, rolled up as they come: minutes for 7 days, hours for 90, days for two years; per connection and
operation, and per category. Percentiles at any zoom come from merged histograms, never from averages.

Nothing of a call but its operation, outcome, status, time and duration is kept: no address, no body; of the last ones also
the host where it was an alternate one.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.store import histogram
from app.store.db import Database
from app.store.histogram import Tally
from app.store.spans import KEPT_S, SPANS_S, finest, pieces, prune

_ERRORS_KEPT = 200  # per connection
_REQUESTS_KEPT = 50  # per connection
_PRUNE_EVERY_S = 3600
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

    @property
    def down(self) -> int:
        """How many of the sent ones failed by the vendor or on the way."""
        return sum(self.errors.get(outcome, 0) for outcome in DOWN)

    @property
    def availability(self) -> float | None:
        """Share (0–1) of sent attempts in which neither the vendor nor the way to it failed; None without attempts."""
        return None if not self.count else 1 - self.down / self.count


class ErrorRow(msgspec.Struct, frozen=True):
    at: datetime
    operation: str
    outcome: str
    status: int
    duration_ms: float


class RequestRow(msgspec.Struct, frozen=True):
    """One attempt as evidence. `status` 0: there was no answer. `alternate`: the host of the vendor's alternate address that was
    asked, "" for the usual one."""

    at: datetime
    operation: str
    outcome: str
    status: int
    duration_ms: float
    probe: bool
    alternate: str = ""


class _Request(msgspec.Struct, frozen=True, array_like=True):
    at_ms: int
    operation: str
    outcome: str
    status: int
    duration_ms: float
    probe: bool
    alternate: str = ""  # absent in what an older version packed


_pack_requests = msgspec.msgpack.Encoder().encode
_unpack_requests = msgspec.msgpack.Decoder(list[_Request]).decode
#: Owner (a connection, or a category by its name), span, number of the span, operation ('' for a category's), whether probes.
_Rolled = dict[tuple[int | str, int, int, str, bool], Tally]
_Rows = Iterable[tuple[int, int, bytes]]  # number of the span, series, tally


class Samples:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now
        self._pruned_at = 0.0
        self._names: dict[str, int] = {}  # those that are in the store
        #: Category by connection; who adds samples fills it. A connection without one is in no category's series.
        self.categories: dict[int, str] = {}

    async def add(self, samples: Sequence[SampleLike]) -> None:
        """Roll a handful of samples up, in one transaction. Late ones are fine."""
        if not samples:
            return
        rolled = _roll(samples, self.categories)
        latest: dict[int, list[_Request]] = {}
        for s in sorted(samples, key=lambda one: one.at):
            one = _Request(
                int(s.at * 1000), s.operation, str(s.outcome), s.status, round(s.duration_ms, 1), s.probe,
                getattr(s, "alternate", ""),
            )  # fmt: skip
            latest.setdefault(s.connection_id, []).append(one)
        now = self._now().timestamp()
        due = now - self._pruned_at >= _PRUNE_EVERY_S
        names = {text for owner, _, _, operation, _ in rolled for text in (owner, operation) if isinstance(text, str)}

        def job(conn: sqlite3.Connection) -> dict[str, int]:
            known = _named(conn, names - {""}, self._names)
            _store(conn, rolled, known)
            for connection_id, requests in latest.items():
                _note(conn, connection_id, requests)
            if due:
                prune(conn, int(now))
            return known

        self._names = await self._db.write(job)  # not before the commit: a name that was rolled back has no number
        if due:
            self._pruned_at = now

    # -- series ----------------------------------------------------------------------------------------------------
    async def series(
        self,
        connection_id: int,
        since: datetime,
        until: datetime,
        points: int = 400,
        *,
        series: str = ALL,
        operation: str = "",
    ) -> list[SeriesPoint]:
        """At most `points` spans from `since` to `until`, oldest first, only those in which something happened, from
        the finest roll-up that still reaches back to `since`. `series` is ALL or PROBE; `operation`: only this one."""
        return await self._series(connection_id, since, until, points, series, operation)

    async def category_series(
        self, category: str, since: datetime, until: datetime, points: int = 400, *, series: str = ALL
    ) -> list[SeriesPoint]:
        """The same over all connections of a category, also those that were removed."""
        return await self._series(category, since, until, points, series, "")

    async def _series(
        self, owner: int | str, since: datetime, until: datetime, points: int, series: str, operation: str
    ) -> list[SeriesPoint]:
        start, end = to_epoch_ms(since) / 1000, to_epoch_ms(until) / 1000
        if end <= start or points < 1:
            return []
        level = finest(self._now().timestamp() - start)
        span = SPANS_S[level]
        first = int(start // span * span)
        spans = math.ceil((end - first) / span)
        step = span * -(-spans // points)

        def job(conn: sqlite3.Connection) -> list[SeriesPoint]:
            merged: dict[int, Tally] = {}
            for number, _, tally in _read(conn, owner, level, first, end, series, operation):
                _merge(merged, first + (number * span - first) // step * step, tally)
            return [_point(at, merged[at]) for at in sorted(merged)]

        return await self._db.read(job)

    async def total(
        self, connection_id: int, since: datetime, until: datetime, *, series: str = ALL, operation: str = ""
    ) -> SeriesPoint | None:
        """Everything of the time together (`at` is `since`), None when nothing happened. Quick: whole days and hours are
        read as such."""
        start, end, now = to_epoch_ms(since) / 1000, to_epoch_ms(until) / 1000, self._now().timestamp()
        return await self._db.read(lambda conn: _total(conn, connection_id, start, end, now, series, operation))

    async def totals(
        self, connection_ids: Sequence[int], windows: Sequence[tuple[datetime, datetime]]
    ) -> dict[int, list[SeriesPoint | None]]:
        """`total` for many connections and times at once, in one look."""
        spans = [(to_epoch_ms(since) / 1000, to_epoch_ms(until) / 1000) for since, until in windows]
        now = self._now().timestamp()
        return await self._db.read(
            lambda conn: {
                one: [_total(conn, one, start, end, now, ALL, "") for start, end in spans] for one in connection_ids
            }
        )

    async def by_operation(self, connection_id: int, since: datetime, until: datetime) -> dict[str, SeriesPoint]:
        """Everything of the time together per operation; '' are those from before operations were noted."""
        start, end, now = to_epoch_ms(since) / 1000, to_epoch_ms(until) / 1000, self._now().timestamp()

        def job(conn: sqlite3.Connection) -> dict[str, SeriesPoint]:
            merged: dict[int, Tally] = {}
            for level, first, last in pieces(start, end, now):
                for _, number, tally in _read(conn, connection_id, level, first, last, ALL, ""):
                    _merge(merged, number >> 1, tally)
            names = dict(conn.execute("SELECT id, name FROM sample_names").fetchall()) if merged else {}
            return {names.get(number, ""): _point(start, merged[number]) for number in sorted(merged)}

        return await self._db.read(job)

    async def availability(
        self, connection_id: int, since: datetime, until: datetime, *, series: str = ALL
    ) -> float | None:
        """Share (0–1) of sent attempts in which neither the vendor nor the way to it failed; None without attempts."""
        found = await self.total(connection_id, since, until, series=series)
        return None if found is None else found.availability

    # -- single calls ----------------------------------------------------------------------------------------------
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

    async def requests(self, connection_id: int, limit: int = _REQUESTS_KEPT) -> list[RequestRow]:
        """The last attempts, good ones among them, newest first; the last 50 are kept."""

        def job(conn: sqlite3.Connection) -> list[RequestRow]:
            found = _latest(conn, connection_id)
            return [
                RequestRow(
                    from_epoch_ms(one.at_ms), one.operation, one.outcome, one.status, one.duration_ms, one.probe, one.alternate,
                )
                for one in reversed(found)
            ]  # fmt: skip

        return (await self._db.read(job))[: max(0, limit)]

    async def last_ok(self, connection_id: int) -> datetime | None:
        return (await self.last_good()).get(connection_id)

    async def last_good(self) -> dict[int, datetime]:
        """The last good call of every connection that had one."""
        query = "SELECT connection_id, ok_at FROM sample_latest WHERE ok_at > 0"
        return await self._db.read(lambda conn: {row[0]: from_epoch_ms(row[1]) for row in conn.execute(query)})


def _roll(samples: Sequence[SampleLike], categories: Mapping[int, str]) -> _Rolled:
    rolled: _Rolled = {}
    for s in samples:
        outcome = str(s.outcome)
        number = None if outcome in UNSENT else histogram.bucket(s.duration_ms)
        category = categories.get(s.connection_id, "")
        owners: list[tuple[int | str, str]] = [(s.connection_id, s.operation)]
        if category:
            owners.append((category, ""))
        for level, span in enumerate(SPANS_S):
            at = int(s.at // span)
            for owner, operation in owners:
                counts, durations = rolled.setdefault((owner, level, at, operation, s.probe), Tally({}, {}))
                counts[outcome] = counts.get(outcome, 0) + 1
                if number is not None:
                    durations[number] = durations.get(number, 0) + 1
    return rolled


def _named(conn: sqlite3.Connection, names: set[str], known: Mapping[str, int]) -> dict[str, int]:
    """`known` with the numbers of all these names, new ones written down."""
    found = dict(known)
    for name in sorted(names - known.keys()):
        conn.execute("INSERT INTO sample_names(name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
        found[name] = conn.execute("SELECT id FROM sample_names WHERE name = ?", (name,)).fetchone()[0]
    return found


def _store(conn: sqlite3.Connection, rolled: _Rolled, names: Mapping[str, int]) -> None:
    for (owner, level, at, operation, probe), tally in rolled.items():
        number = -names[owner] if isinstance(owner, str) else owner
        key = (number, level, at, 2 * names.get(operation, 0) + probe)
        had = conn.execute(
            "SELECT tally FROM sample_spans WHERE owner = ? AND span = ? AND at = ? AND series = ?", key
        ).fetchone()
        if had:
            tally.add(histogram.unpack_tally(had[0]))
        conn.execute(
            "INSERT INTO sample_spans(owner, span, at, series, tally) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET tally = excluded.tally",
            (*key, histogram.pack_tally(tally)),
        )


def _note(conn: sqlite3.Connection, connection_id: int, requests: Sequence[_Request]) -> None:
    """Errors, the last good call and the last requests of one connection; `requests` oldest first."""
    errors = [
        (connection_id, one.at_ms, one.operation, one.outcome, one.status, one.duration_ms)
        for one in requests
        if one.outcome != "ok"
    ]
    if errors:
        conn.executemany(
            "INSERT INTO sample_errors(connection_id, at, operation, outcome, status, duration_ms)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            errors,
        )
        conn.execute(
            "DELETE FROM sample_errors WHERE connection_id = ?1 AND id <= (SELECT id FROM sample_errors"
            " WHERE connection_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (connection_id, _ERRORS_KEPT),
        )
    good = max((one.at_ms for one in requests if one.outcome == "ok"), default=0)
    kept = (_latest(conn, connection_id) + list(requests))[-_REQUESTS_KEPT:]
    conn.execute(
        "INSERT INTO sample_latest(connection_id, ok_at, requests) VALUES (?1, ?2, ?3)"
        # One from more than a day ahead is of a clock that was wrong.
        " ON CONFLICT DO UPDATE SET requests = ?3, ok_at = CASE WHEN ?2 > 0 AND ok_at > ?2 + 86400000 THEN ?2"
        " ELSE max(ok_at, ?2) END",
        (connection_id, good, _pack_requests(kept)),
    )


def _latest(conn: sqlite3.Connection, connection_id: int) -> list[_Request]:
    row = conn.execute("SELECT requests FROM sample_latest WHERE connection_id = ?", (connection_id,)).fetchone()
    return [] if row is None or row[0] is None else _unpack_requests(row[0])


def _read(
    conn: sqlite3.Connection, owner: int | str, level: int, first: float, end: float, series: str, operation: str
) -> _Rows:
    if isinstance(owner, str):
        row = conn.execute("SELECT -id FROM sample_names WHERE name = ?", (owner,)).fetchone()
        if row is None:
            return ()
        owner = row[0]
    which = 0
    if operation:
        row = conn.execute("SELECT id FROM sample_names WHERE name = ?", (operation,)).fetchone()
        if row is None:
            return ()
        which = row[0]
    span = SPANS_S[level]
    return conn.execute(
        "SELECT at, series, tally FROM sample_spans WHERE owner = ?1 AND span = ?2 AND at >= ?3 AND at < ?4"
        " AND (?5 = 0 OR series >> 1 = ?5) AND (?6 = 0 OR series & 1)",
        (owner, level, int(first // span), int(-(-end // span)), which, series == PROBE),
    )


def _total(
    conn: sqlite3.Connection, owner: int, start: float, end: float, now: float, series: str, operation: str
) -> SeriesPoint | None:
    merged: dict[int, Tally] = {}
    for level, first, last in pieces(start, end, now):
        for _, _, tally in _read(conn, owner, level, first, last, series, operation):
            _merge(merged, 0, tally)
    return _point(start, merged[0]) if merged else None


def _merge(merged: dict[int, Tally], key: int, packed: bytes) -> None:
    tally = histogram.unpack_tally(packed)
    if key in merged:
        merged[key].add(tally)
    else:
        merged[key] = tally


def _point(at: float, tally: Tally) -> SeriesPoint:
    counts, durations = tally
    errors = {outcome: count for outcome, count in counts.items() if outcome != "ok"}
    sent = sum(count for outcome, count in counts.items() if outcome not in UNSENT)
    p50, p95, p99 = histogram.percentiles(durations, (0.5, 0.95, 0.99))
    return SeriesPoint(from_epoch_ms(int(at * 1000)), sent, counts.get("ok", 0), errors, p50, p95, p99)


#: How far back each roll-up reaches.
KEPT = {timedelta(seconds=span): timedelta(seconds=kept) for span, kept in zip(SPANS_S, KEPT_S, strict=True)}
