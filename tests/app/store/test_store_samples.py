"""Samples: percentiles, roll-ups, availability, what is kept."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_making import T0, Clock, minutes

from app.store import Store, histogram


@dataclass
class Sample:
    at: float
    duration_ms: float = 100.0
    outcome: str = "ok"
    connection_id: int = 1
    operation: str = "orders"
    status: int = 200
    probe: bool = False


START = T0.timestamp()


@given(st.floats(0.1, 1e7))
def test_a_bucket_is_within_five_percent(duration: float) -> None:
    middle = histogram.middle(histogram.bucket(duration))
    assert abs(middle - duration) <= 0.05 * duration


@pytest.mark.parametrize("odd", [0.0, -1.0, math.nan, math.inf, 1e300, 0.1])
def test_odd_durations_have_a_bucket(odd: float) -> None:
    assert histogram.middle(histogram.bucket(odd)) > 0


@pytest.mark.parametrize("spread", ["uniform", "lognormal", "constant"])
def test_percentiles_are_within_ten_percent(spread: str) -> None:
    r = random.Random(7)
    draw = {
        "uniform": lambda: r.uniform(5, 900),
        "lognormal": lambda: r.lognormvariate(5, 1),
        "constant": lambda: 250.0,
    }[spread]
    durations = [draw() for _ in range(5000)]
    merged: histogram.Histogram = {}
    for start in range(0, 5000, 100):
        histogram.merge(merged, histogram.unpack(histogram.pack(histogram.of(durations[start : start + 100]))))
    cuts = statistics.quantiles(durations, n=100, method="inclusive")
    for share in (50, 95, 99):
        found = histogram.percentile(merged, share / 100)
        assert found == pytest.approx(cuts[share - 1], rel=0.1)
    assert histogram.percentile({}, 0.5) is None
    assert len(histogram.pack(merged)) < 400


async def test_series_and_its_errors(store: Store) -> None:
    await store.samples.add([])
    await store.samples.add([Sample(START + n, 100) for n in range(10)])
    await store.samples.add(
        [Sample(START + 61, 400, "timeout"), Sample(START + 62, 50, "throttled"), Sample(START + 63, 0, "breaker")]
    )
    await store.samples.add(
        [Sample(START + 1, 100), Sample(START, 5, connection_id=2), Sample(START + 200, 80, probe=True)]
    )
    first, second, third = await store.samples.series(1, T0, minutes(10))
    assert (first.at, first.count, first.ok, first.errors) == (T0, 11, 11, {})
    assert first.p50 == pytest.approx(100, rel=0.05)
    assert (second.at, second.count, second.ok) == (minutes(1), 2, 0)
    assert second.errors == {"timeout": 1, "throttled": 1, "breaker": 1}
    assert second.p99 == pytest.approx(400, rel=0.05)
    assert third.count == 1
    (probe,) = await store.samples.series(1, T0, minutes(10), series="probe")
    assert probe.p95 == pytest.approx(80, rel=0.05)
    assert await store.samples.series(1, T0, T0) == []
    assert await store.samples.series(9, T0, minutes(10)) == []
    (breaker,) = await store.samples.series(1, minutes(1), minutes(2), 1)
    assert breaker.count == 2


async def test_a_span_without_sent_calls_has_no_percentiles(store: Store) -> None:
    await store.samples.add([Sample(START, 0, "breaker")])
    (point,) = await store.samples.series(1, T0, minutes(1))
    assert (point.count, point.p50, point.errors) == (0, None, {"breaker": 1})
    assert await store.samples.availability(1, T0, minutes(1)) is None


async def test_no_more_points_than_asked_for_and_nothing_lost(store: Store) -> None:
    await store.samples.add([Sample(START + n * 60, 10 + n) for n in range(600)])
    for points in (1, 7, 400):
        series = await store.samples.series(1, T0, minutes(600), points)
        assert len(series) <= points
        assert sum(point.count for point in series) == 600
        assert series == sorted(series, key=lambda point: point.at)


async def test_coarse_rollups_outlive_fine_ones(store: Store, clock: Clock) -> None:
    await store.samples.add([Sample(START + n * 3600, 100) for n in range(48)])
    clock.now = T0 + timedelta(days=30)
    await store.samples.add([Sample(clock.now.timestamp())])
    hours = await store.samples.series(1, T0, T0 + timedelta(days=2))
    assert len(hours) == 48
    spans = await store.db.read(
        lambda conn: dict(conn.execute("SELECT span, count(*) FROM sample_spans GROUP BY span").fetchall())
    )
    assert spans == {0: 1, 1: 49, 2: 4}
    clock.now = T0 + timedelta(days=400)
    days = await store.samples.series(1, T0, T0 + timedelta(days=3))
    assert [point.count for point in days] == [17, 24, 7]
    clock.now = T0 + timedelta(days=5000)
    await store.samples.add([Sample(clock.now.timestamp())])
    assert await store.samples.series(1, T0, T0 + timedelta(days=9)) == []


async def test_availability_blames_the_vendor_only(store: Store) -> None:
    outcomes = ["ok"] * 5 + ["auth", "client_error", "throttled", "server_error", "network", "breaker", "breaker"]
    await store.samples.add([Sample(START + n, outcome=outcome) for n, outcome in enumerate(outcomes)])
    assert await store.samples.availability(1, T0, minutes(1)) == pytest.approx(0.8)
    assert await store.samples.availability(1, minutes(5), minutes(6)) is None


async def test_recent_errors_and_last_ok(store: Store) -> None:
    assert await store.samples.last_ok(1) is None
    await store.samples.add([Sample(START + n, 9, "server_error", status=500) for n in range(250)])
    await store.samples.add([Sample(START + 5), Sample(START + 3)])
    await store.samples.add([Sample(START + 4)])
    errors = await store.samples.recent_errors(1, 500)
    assert len(errors) == 200
    assert (errors[0].at, errors[0].outcome, errors[0].status) == (T0 + timedelta(seconds=249), "server_error", 500)
    assert len(await store.samples.recent_errors(1, 3)) == 3
    assert await store.samples.last_ok(1) == T0 + timedelta(seconds=5)
