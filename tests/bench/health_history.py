"""Two years of 129 connections that are probed every minute, and called for orders every five: how large the store gets, how
fast a year's chart comes out of it, what a sample costs to write. What two years leave behind (days, the last 90 days' hours,
the last week's minutes) is written in the order in which it comes; the last minutes go through the store itself. The peer of
writing is a bare SQLite table that takes the same attempts as plain rows, in as many transactions.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

GOAL_MB, GOAL_CHART_MS, GOAL_SAMPLE_MS = 250, 50.0, 2.0
GOAL_WRITE_RATIO, GOAL_GROWTH = 6.0, 1.0
FEW, MANY = 13, 129
WEEK, QUARTER, YEARS = 7, 90, 730
CATEGORIES = ("marketplace-tr", "marketplace-world", "shop", "social", "einvoice", "erp", "cargo", "fulfilment", "pos")
FLUSHES, A_FLUSH = 120, 11  # ten minutes of 129 connections, written every five seconds
CHARTS, ROUNDS = 40, 3
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PROBE, ORDERS = 1, 2  # numbers of the operations' names


@dataclass
class Attempt:
    connection_id: int
    at: float
    duration_ms: float
    outcome: str = "ok"
    operation: str = "probe"
    status: int = 200
    probe: bool = True


def _tallies(rng: random.Random, calls: int, kinds: int) -> list[bytes]:
    """Some packed tallies of so many calls each, as a vendor with a bad minute now and then makes them."""
    from app.store.histogram import Tally, bucket, pack_tally

    made = []
    for _ in range(kinds):
        tally = Tally({}, {})
        middle = rng.uniform(90, 900)
        for _ in range(calls):
            outcome = "ok" if rng.random() > 0.004 else rng.choice(("timeout", "server_error", "throttled"))
            tally.add(Tally({outcome: 1}, {bucket(middle * rng.lognormvariate(0, 0.4)): 1}))
        made.append(pack_tally(tally))
    return made


def _rows(owners: list[int], rng: random.Random) -> Iterator[tuple[int, int, int, int, bytes]]:
    """Owner, span, number of the span, series, tally, in the order of time. Four probes to one call for orders."""
    pools = {
        (level, series): _tallies(rng, calls, kinds)
        for level, probes, kinds in ((0, 1, 400), (1, 60, 300), (2, 1440, 100))
        for series, calls in ((2 * PROBE + 1, max(1, probes * 4 // 5)), (2 * ORDERS, max(1, probes // 5)))
    }
    today = int(NOW.timestamp()) // 86_400
    cycles = {key: cycle(rng.sample(pool, len(pool))) for key, pool in pools.items()}
    for day in range(today - YEARS, today):
        age = today - day
        for series in (2 * PROBE + 1, 2 * ORDERS):
            yield from ((owner, 2, day, series, next(cycles[2, series])) for owner in owners)
        if age <= QUARTER:
            for hour in range(day * 24, day * 24 + 24):
                for series in (2 * PROBE + 1, 2 * ORDERS):
                    yield from ((owner, 1, hour, series, next(cycles[1, series])) for owner in owners)
        if age <= WEEK:
            for minute in range(day * 1440, day * 1440 + 1440):
                for owner in owners:
                    series = 2 * ORDERS if (minute + owner) % 5 == 0 else 2 * PROBE + 1
                    yield owner, 0, minute, series, next(cycles[0, series])


def _attempts(connections: int, rng: random.Random, seed: float) -> Iterator[list[Attempt]]:
    for flush in range(FLUSHES):
        at = NOW.timestamp() + seed + flush * 5
        yield [
            Attempt((flush * A_FLUSH + n) % connections + 1, at + n / A_FLUSH, rng.lognormvariate(5, 0.5))
            for n in range(A_FLUSH)
        ]


async def _measure(folder: Path, connections: int, progress: Callable[[str], None]) -> dict[str, float]:
    from app.store import Store

    rng = random.Random(connections)
    path = folder / f"{connections}.sqlite"
    store = await Store.open(path, now=lambda: NOW)
    started = time.perf_counter()
    owners = list(range(1, connections + 1))
    names = [(PROBE, "probe"), (ORDERS, "orders")] + [(10 + n, one) for n, one in enumerate(CATEGORIES)]
    categories = [-10 - n for n in range(min(len(CATEGORIES), connections))]

    def fill(conn: sqlite3.Connection) -> None:
        conn.executemany("INSERT INTO sample_names(id, name) VALUES (?, ?)", names)
        conn.executemany("INSERT INTO sample_spans VALUES (?, ?, ?, ?, ?)", _rows(owners + categories, rng))

    await store.db.write(fill)
    progress(f"health-history: {connections} connections filled in {time.perf_counter() - started:.0f} s")
    store.samples.categories.update({one: CATEGORIES[one % len(CATEGORIES)] for one in owners})
    await store.samples.add([Attempt(one, NOW.timestamp(), 100.0) for one in owners])  # prunes, and knows all names

    since, charts = NOW - timedelta(days=365), []
    for round_ in range(ROUNDS):
        took = []
        for n in range(CHARTS):
            began = time.perf_counter()
            points = await store.samples.series(owners[(n + round_) * 7 % connections], since, NOW, 400)
            took.append((time.perf_counter() - began) * 1000)
            assert len(points) >= 365, "a year's chart has a point a day"
            assert sum(point.count for point in points) > 500_000, "it is drawn from half a million calls"
        charts.append((statistics.quantiles(took, n=20)[-1], statistics.median(took)))
    (whole,) = await store.samples.category_series(CATEGORIES[0], since, NOW, 1)
    assert whole.p95 is not None

    writes = []
    for round_ in range(ROUNDS):  # by turns: on a busy machine both get the same share of bad moments
        lots = list(_attempts(connections, rng, 60.0 + round_ * 3600))
        bare = _bare(folder, lots)
        began = time.perf_counter()
        for lot in lots:
            await store.samples.add(lot)
        took_ms = (time.perf_counter() - began) * 1000 / (FLUSHES * A_FLUSH)
        writes.append((took_ms / bare, took_ms, bare))
    await store.close()
    return {
        "mb": path.stat().st_size / 1e6, "chart_p95_ms": min(charts)[0], "chart_p50_ms": min(charts)[1],
        "write_ms": min(one[1] for one in writes), "write_ratio": min(writes)[0], "bare_ms": min(writes)[2],
    }  # fmt: skip


def _bare(folder: Path, lots: list[list[Attempt]]) -> float:
    """Milliseconds a sample: the same lots as plain rows of a table, on the writer's settings, without a thread."""
    from app.store.file import WRITER, apply

    conn = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    apply(conn, WRITER)
    conn.execute(
        "CREATE TABLE IF NOT EXISTS plain (connection INTEGER, at REAL, ms REAL, outcome TEXT, operation TEXT, status INTEGER)"
    )
    began = time.perf_counter()
    for lot in lots:
        conn.execute("BEGIN IMMEDIATE")
        conn.executemany(
            "INSERT INTO plain VALUES (?, ?, ?, ?, ?, ?)",
            [(a.connection_id, a.at, a.duration_ms, a.outcome, a.operation, a.status) for a in lot],
        )
        conn.execute("COMMIT")
    took = time.perf_counter() - began
    conn.close()
    return took * 1000 / (FLUSHES * A_FLUSH)


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Six figures. About 40 s."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        few = asyncio.run(_measure(folder, FEW, progress))
        many = asyncio.run(_measure(folder, MANY, progress))
    raw = [{"connections": FEW, **few}, {"connections": MANY, **many}]
    growth = (many["mb"] / MANY) / (few["mb"] / FEW)
    chart_growth = many["chart_p95_ms"] / few["chart_p95_ms"] / (MANY / FEW)
    ratio = many["write_ratio"]
    bench = "health-history"
    return [
        {"bench": bench, "figure": "129 connections, two years: the file", "value": round(many["mb"]), "unit": "MB",
         "goal": f"≤ {GOAL_MB}", "holds": many["mb"] <= GOAL_MB, "raw": raw},
        {"bench": bench, "figure": "a year's chart, p95", "value": round(many["chart_p95_ms"], 1), "unit": "ms",
         "goal": f"≤ {GOAL_CHART_MS}", "holds": many["chart_p95_ms"] <= GOAL_CHART_MS, "raw": raw},
        {"bench": bench, "figure": "writing a sample, 11 a transaction", "value": round(many["write_ms"], 3), "unit": "ms",
         "goal": f"≤ {GOAL_SAMPLE_MS}", "holds": many["write_ms"] <= GOAL_SAMPLE_MS, "raw": raw},
        {"bench": bench, "figure": "writing a sample ÷ a plain row of it", "value": round(ratio, 2), "unit": "ratio",
         "goal": f"≤ {GOAL_WRITE_RATIO}", "holds": ratio <= GOAL_WRITE_RATIO, "raw": raw},
        {"bench": bench, "figure": "file a connection, 129 ÷ 13", "value": round(growth, 2), "unit": "ratio",
         "goal": f"≤ {GOAL_GROWTH}", "holds": growth <= GOAL_GROWTH, "raw": raw},
        {"bench": bench, "figure": "a year's chart, 129 ÷ 13, of linear", "value": round(chart_growth, 2), "unit": "ratio",
         "goal": f"≤ {GOAL_GROWTH}", "holds": chart_growth <= GOAL_GROWTH, "raw": raw},
    ]  # fmt: skip
