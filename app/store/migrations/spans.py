"""Step 6: the roll-ups move into their new table. It must lose no count: what was `all` but no probe is kept as calls of an
operation that nobody noted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import msgspec

from app.store import histogram
from app.store.histogram import Tally

_counts = msgspec.json.Decoder(dict[str, int])
_durations = msgspec.msgpack.Decoder(dict[int, int])
_SPANS = (60, 3600, 86_400)


def monitoring(make_tables: Callable[[sqlite3.Connection], None]) -> Callable[[sqlite3.Connection], None]:
    """The step; `make_tables` runs its script first."""

    def step(conn: sqlite3.Connection) -> None:
        make_tables(conn)
        rows = conn.execute(
            "SELECT a.connection_id, a.span, a.at, a.counts, a.histogram, p.counts, p.histogram FROM sample_rollups a"
            " LEFT JOIN sample_rollups p ON p.connection_id = a.connection_id AND p.series = 'probe' AND p.span = a.span"
            " AND p.at = a.at WHERE a.series = 'all'"
        )
        conn.executemany(
            "INSERT INTO sample_spans(owner, span, at, series, tally) VALUES (?, ?, ?, ?, ?)", _moved(rows)
        )
        conn.execute("DROP TABLE sample_rollups")

    return step


def _moved(rows: sqlite3.Cursor) -> list[tuple[int, int, int, int, bytes]]:
    moved = []
    for owner, span, at, counts, durations, probe_counts, probe_durations in rows:
        place = (owner, _SPANS.index(span), at // span)
        calls = Tally(_counts.decode(counts), _durations.decode(durations))
        if probe_counts is not None:
            probes = Tally(_counts.decode(probe_counts), _durations.decode(probe_durations))
            calls = Tally(_less(calls.counts, probes.counts), _less(calls.durations, probes.durations))
            moved.append((*place, 1, histogram.pack_tally(probes)))
        if calls.counts:
            moved.append((*place, 0, histogram.pack_tally(calls)))
    return moved


def _less(whole: dict[histogram.K, int], part: dict[histogram.K, int]) -> dict[histogram.K, int]:
    return {key: left for key, count in whole.items() if (left := count - part.get(key, 0)) > 0}
