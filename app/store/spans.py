"""The three roll-ups that figures over time are kept in: minutes for 7 days, hours for 90, days for two years, all in UTC.
Pure but for `prune`; it never deletes what a chart could still ask for."""

from __future__ import annotations

import sqlite3

_DAY_S = 86_400
SPANS_S = (60, 3600, _DAY_S)  # by level, the finest first
KEPT_S = (7 * _DAY_S, 90 * _DAY_S, 730 * _DAY_S)
_COARSEST = len(SPANS_S) - 1


def finest(age_s: float) -> int:
    """The level of the finest roll-up that is kept long enough."""
    return next((level for level, kept in enumerate(KEPT_S) if age_s <= kept), _COARSEST)


def pieces(start: float, end: float, now: float, level: int = _COARSEST) -> list[tuple[int, float, float]]:
    """A time (epoch seconds) cut into whole days, whole hours and what is left at its ends: (level, first, end), together
    without a gap. Where minutes are gone, its beginning reaches out to the whole hour or day; what ends now is read from the
    day and the hour that are still running."""
    if end <= start:
        return []
    least = finest(now - start)
    if level <= least:
        span = SPANS_S[least]
        return [(least, start // span * span, end)]
    span = SPANS_S[level]
    first, last = -(-start // span) * span, end if end >= now else end // span * span
    if first >= last:
        return pieces(start, end, now, level - 1)
    before, after = pieces(start, first, now, level - 1), pieces(last, end, now, level - 1)
    return [*before, (level, first, last), *after]


def prune(conn: sqlite3.Connection, now: int) -> None:
    """Delete what is older than its roll-up is kept. By owner, because a table that is ordered by owner has no other way in."""
    owner = conn.execute("SELECT min(owner) FROM sample_spans").fetchone()[0]
    while owner is not None:
        for level, (span, kept) in enumerate(zip(SPANS_S, KEPT_S, strict=True)):
            conn.execute(
                "DELETE FROM sample_spans WHERE owner = ? AND span = ? AND at < ?", (owner, level, (now - kept) // span)
            )
        owner = conn.execute("SELECT min(owner) FROM sample_spans WHERE owner > ?", (owner,)).fetchone()[0]
