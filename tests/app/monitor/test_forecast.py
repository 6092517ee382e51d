"""When a quota and a disk run out, from what was seen of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.http.limiter import Quota
from app.monitor.forecast import DiskRecorder, Foresight, disk_end, free_mb, quota_end
from app.store import Store
from app.store.process import DISK
from tests.app.monitor.alerting.alert_making import NOW, Clock

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def looks(*left: float, step: timedelta = MINUTE * 5) -> list[tuple[datetime, float]]:
    first = NOW - step * (len(left) - 1)
    return [(first + step * n, one) for n, one in enumerate(left)]


def test_a_quota_ends_at_the_recent_rate() -> None:
    assert quota_end(looks(1000, 900, 800)) == NOW + MINUTE * 40
    assert quota_end(looks(500, 0.4)) == NOW
    for none in ([], looks(100), looks(800, 800, 800), looks(700, 750), looks(10, 9, step=MINUTE)):
        assert quota_end(none) is None


def test_a_quota_that_is_given_back_before_its_end_ends_not() -> None:
    assert quota_end(looks(1000, 900, 800), resets_s=2399) is None
    assert quota_end(looks(1000, 900, 800), resets_s=2401) == NOW + MINUTE * 40
    assert quota_end(looks(1e9, 1e9 - 1)) is None  # in some thousand years


def test_a_disk_fills_by_the_median_slope() -> None:
    steady = looks(8000, 7000, 6000, 5000, step=DAY)
    assert disk_end(steady, NOW) == NOW + DAY * 5
    gone_and_back = looks(8000, 7000, 200, 5000, 4000, step=DAY)  # a large download, deleted again
    assert NOW + DAY * 3 <= disk_end(gone_and_back, NOW) <= NOW + DAY * 5
    for none in ([], looks(8000, 7000, step=DAY), looks(5000, 5000, 5000, step=DAY), looks(1, 2, 3, step=DAY)):
        assert disk_end(none, NOW) is None
    assert disk_end(looks(9000, 7000, 5000, step=MINUTE), NOW) is None  # a quarter of an hour is no habit
    assert disk_end(looks(9_000_000, 8_999_990, 8_999_980, step=DAY), NOW) is None  # in thousands of years


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    clock = Clock()
    opened = await Store.open(tmp_path / "store.sqlite", now=clock)
    yield opened
    await opened.close()


async def test_limits_of_an_account_from_look_to_look(store: Store) -> None:
    clock, left = Clock(), {"now": 1000.0}
    sight = Foresight(store, clock, lambda _: [Quota("api.test", "default", 5000.0, left["now"], 0.05, None)])
    for _ in range(10):
        assert sight.limits("acc") == [] or clock.now - NOW >= timedelta(minutes=5)
        clock.on(minutes=1)
        left["now"] -= 20
    (found,) = sight.limits("acc")
    assert (found.group, found.left) == ("default", 800)
    assert found.at == clock.now + MINUTE * 40
    left["now"] = 5000.0  # midnight at the vendor's: what was before says nothing
    assert sight.limits("acc") == []
    clock.on(minutes=-60)  # a clock that is put right says nothing either
    assert sight.limits("acc") == []


async def test_the_disk_as_it_is_written_down(store: Store, tmp_path: Path) -> None:
    clock = Clock(NOW - DAY * 6)
    sight = Foresight(store, clock)
    assert await sight.disk_full_at() is None
    for day in range(7):
        await store.process.add(clock(), {DISK: 10_000 - 1000 * day})
        clock.on(days=1)
    full = await sight.disk_full_at()
    assert full is not None
    assert timedelta(days=3) <= full - clock() + DAY <= timedelta(days=5)
    recorder = DiskRecorder(store, tmp_path, clock)
    await recorder.once()
    await DiskRecorder(store, tmp_path / "gone" / "away", clock).once()
    (written,) = await store.process.series(DISK, clock() - MINUTE, clock() + MINUTE)
    assert written.mean == pytest.approx(free_mb(tmp_path), rel=0.05)
