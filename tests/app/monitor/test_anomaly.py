"""The band of what is usual at an hour, and the alert that is on outside of it and off half of the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.monitor.anomaly import (
    LEAST_DAYS,
    Band,
    Bands,
    Compared,
    band,
    bands,
    outside,
    speed_of,
    wrong_of,
)
from app.store import SeriesPoint
from tests.app.monitor.alerting.alert_making import NOW


def point(count: int = 60, p50: float | None = 200.0, errors: dict[str, int] | None = None) -> SeriesPoint:
    wrong = errors or {}
    return SeriesPoint(NOW, count, count - sum(wrong.values()), wrong, p50, p50, p50)


def tenth(middle: float) -> float:
    return middle / 10


def test_a_band_of_median_and_mad_that_a_bad_night_does_not_move() -> None:
    days = [100, 110, 90, 105, 95, 100, 120, 80]
    assert band(days, tenth) == Band(100, 100 + 4 * max(10, 1.4826 * 7.5))
    assert band([*days[:-1], 60_000], tenth).most < 200  # one terrible hour


def test_a_band_wants_days_and_survives_a_mad_of_zero() -> None:
    assert band([200.0] * (LEAST_DAYS - 1), tenth) is None
    assert band([200.0] * LEAST_DAYS, tenth) == Band(200, 280)
    assert band([0.0] * LEAST_DAYS, lambda _: 0.01) == Band(0, 0.04)


@given(st.lists(st.floats(0.1, 1e6), min_size=LEAST_DAYS, max_size=28))
def test_the_edge_lies_above_the_usual_and_the_usual_within_the_days(days: list[float]) -> None:
    found = band(days, tenth)
    assert found is not None
    assert min(days) <= found.usual <= max(days)
    assert found.most > found.usual


def test_hours_with_few_calls_tell_nothing() -> None:
    full, thin = [point()] * 6, [point(count=4)] * 20 + [None] * 2
    assert bands([*full, *thin]) == Bands()
    known = bands([*full, *thin, point()])
    assert known.speed == Band(200, 200 + 4 * 25)
    assert known.wrong == Band(0, 0.04)


def test_what_never_left_is_no_failure_of_the_vendor() -> None:
    known = bands([point(errors={"breaker": 30})] * 7)
    assert known.wrong == Band(0, 0.04)
    assert bands([point(errors={"client_error": 6})] * 7).wrong.usual == pytest.approx(0.1)


def test_now_beside_the_usual() -> None:
    known = Bands(Band(200, 300), Band(0.01, 0.05))
    assert speed_of(point(p50=412.4), known) == Compared(412, 200, 300)
    assert wrong_of(point(count=20, errors={"auth": 2, "server_error": 3}), known) == Compared(2500, 100, 500)
    assert wrong_of(point(count=20, errors={"auth": 2}), known) == Compared(0, 100, 500)  # two are no series
    for nothing in (None, point(count=4), point(p50=None)):
        assert speed_of(nothing, known) is None
    assert (speed_of(point(), Bands()), wrong_of(point(), Bands()), wrong_of(point(count=9), known)) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("now", "was", "on"),
    [(300, False, False), (301, False, True), (300, True, True), (251, True, True), (250, True, False)],
)
def test_it_ends_half_of_the_way_back(now: int, was: bool, on: bool) -> None:
    assert outside(Compared(now, 200, 300), 300, was) is on


def test_a_limit_below_the_usual_is_no_trap() -> None:
    assert outside(Compared(210, 200, 220), 150, True) is True
    assert outside(Compared(200, 200, 220), 150, True) is False
