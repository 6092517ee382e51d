"""Series per operation and per category, totals cut into whole days and hours, evidence, and the step that moved the old
roll-ups over."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_making import T0, Clock, minutes

from app.http.samples import SampleClass
from app.store import Store, histogram
from app.store.histogram import OUTCOMES, Tally
from app.store.migrations import STEPS, migrate
from app.store.spans import KEPT_S, SPANS_S, pieces


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
YEAR = timedelta(days=365)


def test_every_outcome_of_the_pipeline_can_be_packed() -> None:
    assert set(SampleClass) <= set(OUTCOMES)


@given(
    st.dictionaries(st.sampled_from(OUTCOMES), st.integers(1, 10**9)),
    st.dictionaries(st.integers(0, 200), st.integers(1, 10**9)),
)
def test_a_tally_comes_back_as_it_was(counts: dict[str, int], durations: dict[int, int]) -> None:
    tally = Tally(counts, durations)
    assert histogram.unpack_tally(histogram.pack_tally(tally)) == tally


def test_one_good_call_takes_five_bytes() -> None:
    assert len(histogram.pack_tally(Tally({"ok": 1}, {histogram.bucket(180.0): 1}))) == 5


@given(st.floats(0, 3 * 365 * 86_400), st.floats(1, 3 * 365 * 86_400))
def test_pieces_cover_the_time_once_and_reach_out_only_where_fine_ones_are_gone(age: float, length: float) -> None:
    now = START
    start, end = now - age, min(now, now - age + length)
    found = pieces(start, end, now)
    assert [a[2] for a in found[:-1]] == [b[1] for b in found[1:]]
    if start < end:
        assert found[0][1] <= start
        assert found[-1][2] == end
        level, first, _ = found[0]
        assert start - first < SPANS_S[level]
    for level, first, _last in found:
        assert first % SPANS_S[level] == 0
        assert now - first <= KEPT_S[level] + SPANS_S[level] or level == 2


async def test_operations_have_series_of_their_own(store: Store) -> None:
    await store.samples.add([Sample(START + n, 100, operation="orders") for n in range(30)])
    await store.samples.add([Sample(START + n, 900, operation="prices") for n in range(10)])
    await store.samples.add([Sample(START + 70, 50, "timeout", operation="prices", probe=True)])
    (orders,) = await store.samples.series(1, T0, minutes(5), operation="orders")
    assert (orders.count, orders.p50) == (30, pytest.approx(100, rel=0.05))
    first, second = await store.samples.series(1, T0, minutes(5), operation="prices")
    assert (first.count, first.p50) == (10, pytest.approx(900, rel=0.05))
    assert second.errors == {"timeout": 1}
    (probe,) = await store.samples.series(1, T0, minutes(5), operation="prices", series="probe")
    assert probe.at == minutes(1)
    assert await store.samples.series(1, T0, minutes(5), operation="stock") == []
    whole = await store.samples.series(1, T0, minutes(5), 1)
    assert (whole[0].count, whole[0].p50) == (41, pytest.approx(100, rel=0.05))
    found = await store.samples.by_operation(1, T0, minutes(5))
    assert {name: (one.count, one.down) for name, one in found.items()} == {"orders": (30, 0), "prices": (11, 1)}
    assert await store.samples.by_operation(2, T0, minutes(5)) == {}


async def test_a_category_is_all_its_connections_together(store: Store) -> None:
    store.samples.categories.update({1: "shop", 2: "shop", 3: "cargo"})
    samples = [Sample(START + n, 100, connection_id=1) for n in range(60)]
    samples += [Sample(START + n, 1000, connection_id=2, probe=n == 0) for n in range(40)]
    samples += [Sample(START, 5, connection_id=3), Sample(START, 5, connection_id=4)]
    await store.samples.add(samples)
    (shops,) = await store.samples.category_series("shop", T0, minutes(5))
    assert (shops.count, shops.p50, shops.p95) == (100, pytest.approx(100, rel=0.05), pytest.approx(1000, rel=0.05))
    (probes,) = await store.samples.category_series("shop", T0, minutes(5), series="probe")
    assert probes.count == 1
    assert await store.samples.category_series("pos", T0, minutes(5)) == []


async def test_percentiles_of_a_year_are_those_of_its_calls_and_not_of_its_days(store: Store, clock: Clock) -> None:
    """A day of a thousand fast calls and a day of one slow one: the average of the two days' medians would be a lie."""
    clock.now = T0 + YEAR
    await store.samples.add([Sample(START + n, 100) for n in range(1000)])
    await store.samples.add([Sample(START + 86_400, 9000)])
    (point,) = await store.samples.series(1, T0, T0 + YEAR, 1)
    assert (point.count, point.p50) == (1001, pytest.approx(100, rel=0.05))
    assert point.p99 == pytest.approx(100, rel=0.05)


async def test_a_total_is_what_the_minutes_add_up_to(store: Store, clock: Clock) -> None:
    draw = random.Random(3)
    at = [START + draw.uniform(0, 6 * 86_400) for _ in range(2000)]
    clock.now = T0 + timedelta(days=6)
    await store.samples.add([Sample(one, draw.uniform(20, 2000), draw.choice(OUTCOMES)) for one in at])
    for first, last in ((0, 6 * 1440), (17, 5000), (61, 62), (1439, 1441), (30, 90)):
        found = await store.samples.total(1, minutes(first), minutes(last))
        fine = await store.samples.series(1, minutes(first), minutes(last), 10_000)
        assert (found.count if found else 0) == sum(point.count for point in fine)
        assert (found.down if found else 0) == sum(point.down for point in fine)
    assert await store.samples.total(1, minutes(-10), minutes(-5)) is None


async def test_old_ones_go_owner_by_owner(store: Store, clock: Clock) -> None:
    store.samples.categories[1] = "shop"
    await store.samples.add([Sample(START, connection_id=n) for n in (1, 2)])
    clock.now = T0 + timedelta(days=8)
    await store.samples.add([Sample(clock.now.timestamp(), connection_id=2)])
    query = "SELECT owner, span, count(*) FROM sample_spans GROUP BY owner, span"
    left = Counter((row[0] > 0, row[1]) for row in await store.db.read(lambda conn: conn.execute(query).fetchall()))
    assert left == {(True, 0): 1, (True, 1): 2, (True, 2): 2, (False, 1): 1, (False, 2): 1}


async def test_a_name_of_a_write_that_failed_is_written_with_the_next(store: Store) -> None:
    with pytest.raises(KeyError):
        await store.samples.add([Sample(START, outcome="nonsense", operation="new")])
    await store.samples.add([Sample(START, operation="new")])
    assert list(await store.samples.by_operation(1, T0, minutes(1))) == ["new"]


async def test_the_last_requests_are_kept_good_and_bad(store: Store) -> None:
    await store.samples.add([Sample(START + n, operation=f"op{n}") for n in range(60)])
    await store.samples.add([Sample(START + 61, 0.04, "server_error", status=503, probe=True), Sample(START + 60.5)])
    found = await store.samples.requests(1)
    assert len(found) == 50
    assert (found[0].outcome, found[0].status, found[0].probe) == ("server_error", 503, True)
    assert (found[1].operation, found[2].operation) == ("orders", "op59")
    assert await store.samples.requests(1, 2) == found[:2]
    assert await store.samples.requests(9) == []
    assert await store.samples.last_good() == {1: T0 + timedelta(seconds=60.5)}


async def test_who_never_answered_well_has_no_last_good_call(store: Store) -> None:
    await store.samples.add([Sample(START, outcome="timeout")])
    assert await store.samples.last_ok(1) is None
    await store.samples.add([Sample(START + 9)])
    assert await store.samples.last_ok(1) == T0 + timedelta(seconds=9)


async def test_old_roll_ups_move_over_and_lose_nothing(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "store.sqlite"
    conn = sqlite3.connect(path, isolation_level=None)
    migrate(conn, STEPS[:5])
    encode = msgspec.msgpack.encode
    for series, counts, durations in (
        ("all", {"ok": 5, "timeout": 1}, {60: 4, 90: 2}),
        ("probe", {"ok": 2}, {60: 2}),
    ):
        for span in SPANS_S:
            conn.execute(
                "INSERT INTO sample_rollups VALUES (7, ?, ?, ?, ?, ?)",
                (series, span, int(START // span * span), msgspec.json.encode(counts).decode(), encode(durations)),
            )
    conn.execute("INSERT INTO sample_rollups VALUES (8, 'all', 60, ?, '{\"ok\":1}', ?)", (int(START), encode({50: 1})))
    conn.execute(
        "INSERT INTO sample_rollups VALUES (8, 'probe', 60, ?, '{\"ok\":1}', ?)", (int(START), encode({50: 1}))
    )
    conn.close()
    store = await Store.open(path, now=clock)
    try:
        (whole,) = await store.samples.series(7, T0, minutes(1))
        assert (whole.count, whole.ok, whole.errors) == (6, 5, {"timeout": 1})
        assert whole.p50 == pytest.approx(histogram.middle(60))
        (probe,) = await store.samples.series(7, T0, minutes(1), series="probe")
        assert probe.count == 2
        assert list(await store.samples.by_operation(7, T0, minutes(1))) == [""]
        (only_probe,) = await store.samples.series(8, T0, minutes(1))
        assert only_probe.count == 1
        await store.samples.add([Sample(START + 5, connection_id=7)])
        (more,) = await store.samples.series(7, T0, minutes(1))
        assert more.count == 7
    finally:
        await store.close()
