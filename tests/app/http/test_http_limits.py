"""Buckets and rate headers: no arrangement of calls may pass more than the vendor published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import Limit
from app.http import headers
from app.http.buckets import RECOVERY_S, Bucket, Lane

MOMENTS = st.lists(st.floats(0.0, 3.0), min_size=1, max_size=150)


def taken(bucket: Bucket, gaps: list[float]) -> list[float]:
    """The moments at which a caller that tries after each gap was let through."""
    now, passed = 0.0, []
    for gap in gaps:
        now += gap
        if bucket.delay(now) == 0.0:
            bucket.take(now)
            passed.append(now)
    return passed


@given(st.integers(1, 50), st.sampled_from([0.5, 1.0, 10.0, 60.0]), st.integers(1, 40), MOMENTS)
def test_a_bucket_never_passes_more_than_burst_and_rate(
    calls: int, seconds: float, burst: int, gaps: list[float]
) -> None:
    passed = taken(Bucket.of(Limit(calls=calls, seconds=seconds, burst=burst), 0.0), gaps)
    rate = calls / seconds
    for i, start in enumerate(passed):
        for j in range(i, len(passed)):
            assert j - i + 1 <= burst + rate * (passed[j] - start) + 1e-6


@given(st.integers(1, 20), st.sampled_from([0.5, 1.0, 10.0]), MOMENTS)
def test_a_limit_without_burst_holds_in_every_window(calls: int, seconds: float, gaps: list[float]) -> None:
    passed = taken(Bucket.of(Limit(calls=calls, seconds=seconds), 0.0), gaps)
    for start in passed:
        assert sum(start <= at < start + seconds for at in passed) <= calls


@given(st.integers(1, 20), st.floats(0.01, 100.0), st.integers(0, 5), MOMENTS)
def test_waiting_what_a_bucket_says_is_enough(burst: int, rate: float, slow_downs: int, gaps: list[float]) -> None:
    bucket = Bucket(rate, burst, 0.0)
    for _ in range(slow_downs):
        bucket.slow_down(0.0)
    now = 0.0
    for gap in gaps[:40]:
        now += gap / 10
        now += bucket.delay(now)
        assert bucket.delay(now) < 1e-6
        bucket.take(now)


def test_a_clock_that_goes_back_gives_no_tokens() -> None:
    bucket = Bucket(1.0, 1.0, 100.0)
    bucket.take(100.0)
    assert bucket.delay(50.0) == 1.0
    assert bucket.delay(100.5) == pytest.approx(0.5)


def test_a_refusal_halves_the_rate_and_it_comes_back_slowly() -> None:
    lane = Lane("h", "a", "g")
    lane.configure([Limit(calls=10, seconds=1.0, burst=10)], 0.0)
    lane.throttled(None, 0.0)
    lane.throttled(None, 0.0)
    assert lane.per_second() == 2.5
    assert lane.delay(0.0) == pytest.approx(0.4)
    for second in range(int(RECOVERY_S) // 2):
        lane.remaining(float(second))
    assert 5.0 < lane.per_second() < 10.0
    for second in range(int(RECOVERY_S) // 2, int(RECOVERY_S) + 2):
        lane.remaining(float(second))
    assert lane.per_second() == 10.0


def test_a_lane_without_a_limit_learns_one_from_a_refusal_and_forgets_it() -> None:
    lane = Lane("h", "a", "g")
    lane.accepted(0.0)
    for _ in range(40):
        lane.take(0.0)
    assert lane.remaining(0.0) == lane.per_second() == float("inf")
    lane.throttled(None, 4.0)
    assert lane.per_second() == 5.0  # half of the ten a second that were sent
    lane.throttled(None, 5.0)
    assert lane.per_second() < 5.0
    lane.accepted(100.0)
    assert lane.buckets
    lane.accepted(306.0)
    assert not lane.buckets


def test_the_same_limits_again_leave_the_level_alone_and_new_ones_do_not() -> None:
    lane = Lane("h", "a", "g")
    lane.configure([Limit(calls=5, seconds=1.0, burst=5)], 0.0)
    lane.take(0.0)
    lane.configure([Limit(calls=5, seconds=1.0, burst=5)], 0.0)
    assert lane.remaining(0.0) == 4.0
    lane.configure([Limit(calls=9, seconds=1.0, burst=9)], 0.0)
    assert lane.remaining(0.0) == 9.0


def test_a_pause_counts_and_is_never_shortened() -> None:
    lane = Lane("h", "a", "g")
    lane.throttled(30.0, 0.0)
    lane.throttled(5.0, 0.0)
    assert (lane.delay(0.0), lane.remaining(10.0), lane.delay(30.0)) == (30.0, 0.0, 0.0)
    assert lane.consecutive_throttles == 2
    lane.accepted(31.0)
    assert lane.consecutive_throttles == 0


NOW = 1_763_970_000.0  # Mon, 24 Nov 2025 07:40:00 GMT


@pytest.mark.parametrize(
    ("text", "date", "expected"),
    [
        ("7", "", 7.0),
        (" 1.5 ", "", 1.5),
        ("0", "", 0.0),
        ("Mon, 24 Nov 2025 07:41:00 GMT", "", 60.0),
        ("Mon, 24 Nov 2025 07:41:00 GMT", "Mon, 24 Nov 2025 07:40:50 GMT", 10.0),  # our clock is 50 s behind theirs
        ("Mon, 24 Nov 2025 07:41:00 GMT", "nonsense", 60.0),
        ("Mon, 24 Nov 2025 07:39:00 GMT", "", 0.0),
        ("-3", "", None),
        ("soon", "", None),
        ("", "", None),
        ("1e400", "", None),
        ("nan", "", None),
        ("٣", "", None),
        ("9" * 40, "", None),
        ("Mon, 99 Foo 2025 07:41:00 GMT", "", None),
    ],
)
def test_retry_after(text: str, date: str, expected: float | None) -> None:
    assert headers.retry_after(text, NOW, date) == expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_makes_retry_after_stumble(text: str, date: str) -> None:
    told = headers.retry_after(text, NOW, date)
    assert told is None or 0.0 <= told < float("inf")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([("Content-Type", "x")], headers.NOTHING),
        ([("x-amzn-RateLimit-Limit", "0.5")], headers.Told(rate=0.5)),
        ([("x-amzn-RateLimit-Limit", "0")], headers.Told()),
        ([("X-RateLimit-Remaining", "3"), ("X-RateLimit-Reset", "20")], headers.Told(remaining=3.0, reset=20.0)),
        ([("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", str(int(NOW) + 9))], headers.Told(remaining=0.0, reset=9.0)),
        ([("X-RateLimit-Reset", str((int(NOW) + 9) * 1000))], headers.Told(reset=9.0)),
        ([("X-RateLimit-Reset", "999999")], headers.Told()),
        ([("X-RateLimit-Reset", "later")], headers.Told()),
        ([("RateLimit-Remaining", "many")], headers.Told()),
        ([("RateLimit", "limit=100, remaining=50, reset=30")], headers.Told(remaining=50.0, reset=30.0)),
        ([("RateLimit", '"default";r=5;t=3')], headers.Told(remaining=5.0, reset=3.0)),
        ([("RateLimit", "gibberish")], headers.Told()),
        ([("Retry-After", "4"), ("Date", "x")], headers.Told(retry_after=4.0)),
        ([("Retry-After", "soon")], headers.Told()),
    ],
)  # fmt: skip
def test_rate_headers(raw: list[tuple[str, str]], expected: headers.Told) -> None:
    assert headers.read([(name.encode(), value.encode()) for name, value in raw], NOW) == expected
