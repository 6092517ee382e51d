"""Clocks that jump by a year or a day, change their zone, and computers that sleep: no storm of jobs, no skipped window,
and nothing that waits for a year because of one wrong minute.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from app.changes import Changes
from app.console import utc_now
from app.contracts import Message, Page
from app.contracts.catalogue import Catalogue, providers_root
from app.http.breaker import LONGEST_OPEN_S, Core, Phase
from app.jobs.pulls import Pulls
from app.jobs.scheduler import AT_ONCE, LONGEST_SPREAD_S, Scheduler
from app.model import Listing, Money, Order, OrderStatus, Window
from app.platform.files import FileOps
from app.store import Store
from app.vault.side import LONGEST_S, SideNotes

pytestmark = pytest.mark.faults
START = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # the night after it, Europe changes its clocks
MINUTE, DAY, YEAR = timedelta(minutes=1), timedelta(days=1), timedelta(days=365)
LAG_S = 300


# -- the jobs


class Ticks:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def run_for(scheduler: Scheduler, ticks: Ticks, seconds: int) -> list[int]:
    """Turn the scheduler second by second; how many tasks started in each."""
    started = []
    for _ in range(seconds):
        started.append(len(scheduler.start_due()))
        for _ in range(3):
            await asyncio.sleep(0)
        ticks.now += 1
    return started


async def test_after_a_sleep_each_job_runs_once_and_not_all_at_one_moment() -> None:
    ticks, ran = Ticks(), Counter[tuple[str, int]]()
    scheduler = Scheduler(clock=ticks, rng=random.Random(7))

    def counted(kind: str, number: int) -> Callable[[], Any]:
        async def run() -> None:
            ran[kind, number] += 1

        return run

    for number in range(130):
        for kind, interval in (("orders", 300.0), ("listings", 3600.0), ("probe", 600.0)):
            scheduler.set(kind, number, interval, counted(kind, number))
    await run_for(scheduler, ticks, 900)
    ran.clear()
    ticks.now += 8 * 3600  # the lid was shut
    started = await run_for(scheduler, ticks, int(LONGEST_SPREAD_S) + 2)
    assert set(ran) == {(kind, number) for kind in ("orders", "listings", "probe") for number in range(130)}
    assert set(ran.values()) == {1}, "a job ran more than once for one sleep"
    assert started[0] <= AT_ONCE + 20
    assert max(started) < 40, "a storm of jobs"
    ran.clear()
    await run_for(scheduler, ticks, 300)
    assert max(ran.values()) <= 2, "what was missed is made up for more than once"


async def test_jobs_keep_their_time_whatever_the_clock_on_the_wall_says(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = Scheduler(clock=time.monotonic, rng=random.Random(7))
    scheduler.set("orders", 1, 300, utc_now_job, soon=False)
    before = scheduler.next_due()["orders", 1]
    for jump in (YEAR, -DAY, -YEAR):
        monkeypatch.setattr(time, "time", lambda jump=jump: 1_800_000_000.0 + jump.total_seconds())
        assert scheduler.start_due() == []
        assert scheduler.next_due()["orders", 1] == pytest.approx(before, abs=1)


async def utc_now_job() -> None:
    utc_now()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no zone per process")
def test_another_zone_and_summer_time_move_no_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        for zone in ("Europe/Istanbul", "Europe/Berlin", "America/New_York", "Asia/Kolkata"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert abs(utc_now().timestamp() - time.time()) < 5
            assert utc_now().utcoffset() == timedelta(0)
    finally:
        monkeypatch.undo()
        time.tzset()


# -- the breaker and the vault's waits


@pytest.mark.parametrize("jump", [YEAR, -DAY])
def test_an_open_breaker_probes_in_time_and_says_when(jump: timedelta) -> None:
    core, wall = Core(0.0), START.timestamp()
    for at in range(5):
        core.failed(Message("server.error"), float(at), probe=False)
    assert core.phase is Phase.OPEN
    wall += jump.total_seconds()
    state = core.state(10.0, wall)
    assert state.next_probe_at is not None
    assert 0 <= state.next_probe_at - wall <= LONGEST_OPEN_S
    assert not core.enter(10.0, False)
    assert core.enter(LONGEST_OPEN_S + 5, False)
    core.succeeded(LONGEST_OPEN_S + 5, probe=True)
    assert core.phase is Phase.CLOSED


@pytest.mark.parametrize("jump", [YEAR, -DAY])
def test_a_wrong_password_under_a_wrong_clock_makes_nobody_wait_for_a_year(tmp_path: Path, jump: timedelta) -> None:
    at = START + jump
    for _ in range(3):
        notes = SideNotes(tmp_path, "v", lambda: at, FileOps())
        notes.trying()
        notes.failed()
    at = START
    assert SideNotes(tmp_path, "v", lambda: at, FileOps()).wait_s() <= LONGEST_S


# -- pulls


class Vendor:
    """An order a minute, by a clock that is right. With `dates` its answers tell the time, as nearly all do."""

    def __init__(self, dates: bool) -> None:
        self.now, self.offset, self.dates = START, timedelta(0), dates
        self.known, self.windows = 0.0, 0

    def our_clock(self) -> datetime:
        return self.now + self.offset

    def answers(self) -> None:
        self.windows += 1
        if self.dates:
            self.known = -self.offset.total_seconds()

    def there(self) -> list[datetime]:
        count = int((self.now - (START - timedelta(hours=1))) / MINUTE)
        return [START - timedelta(hours=1) + n * MINUTE for n in range(count + 1)]

    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        self.answers()
        found = [at for at in self.there() if window.since <= at < window.until]
        for start in range(0, max(1, len(found)), 50):
            part = found[start : start + 50]
            yield Page(tuple(order_at(at) for at in part), covered_until=part[-1] if part else None)

    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        self.answers()
        found = [at for at in self.there() if since is None or at >= since]
        yield Page(
            tuple(
                Listing(f"{at:%m%d%H%M}", "SKU", "Kupa", Money.from_micros(1, "TRY"), 5, updated_at=at) for at in found
            )
        )

    def link(self, connection: int) -> Any:
        known = Catalogue(providers_root()).manifest("woocommerce")
        manifest = msgspec.structs.replace(known, lag_s=LAG_S, history_days=2, widest_window_h=336)
        row = SimpleNamespace(account_id="acc", name="Mağaza")
        return SimpleNamespace(
            id=connection, row=row, manifest=manifest, provider=self, skew=lambda: self.known, can=lambda _: True
        )


def order_at(at: datetime) -> Order:
    return Order(
        remote_id=f"{at:%m%d%H%M}", number=f"N{at:%m%d%H%M}", status=OrderStatus.OPEN, vendor_status="", placed_at=at,
        updated_at=at, total=Money.from_micros(1_000_000, "TRY"), lines=(),
    )  # fmt: skip


class Handle:
    async def progress(self, done: int, total: int | None = None) -> None:
        return


class Pulled:
    """One store and its pulls; `step` lets time pass, pulls, and says how many true orders are not stored."""

    def __init__(self, vendor: Vendor, store: Store, connection: int) -> None:
        self.vendor, self.store, self.link = vendor, store, vendor.link(connection)
        self.pulls = Pulls(store, Changes(), vendor.our_clock)

    async def missing(self) -> int:
        """How many of the vendor's orders, or listings, are not stored."""
        there = {f"{at:%m%d%H%M}" for at in self.vendor.there() if at < self.vendor.now}
        orders, listings = await self.store.db.read(
            lambda conn: [
                {row[0] for row in conn.execute("SELECT remote_id FROM orders")},
                {row[0] for row in conn.execute("SELECT remote_id FROM listings")},
            ]
        )
        return max(len(there - orders), len(there - listings))

    async def step(self, passed: timedelta, *, offset: timedelta | None = None, fresh: bool = False) -> int:
        self.vendor.now += passed
        if offset is not None:
            self.vendor.offset = offset
        if fresh:
            self.vendor.known = 0.0  # a new process knows no vendor's time
        self.vendor.windows = 0
        await self.pulls.orders(self.link, Handle())  # type: ignore[arg-type]
        await self.pulls.listings(self.link, Handle())  # type: ignore[arg-type]
        assert self.vendor.windows < 40, "a storm of requests"
        return await self.missing()


async def pulled(tmp_path: Path, dates: bool) -> Pulled:
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: START)
    await store.accounts.add("acc", "woocommerce", "live")
    row = await store.connections.add("Mağaza", "woocommerce", "acc", "live")
    return Pulled(Vendor(dates), store, row.id)


@pytest.mark.parametrize("dates", [True, False], ids=["vendor tells time", "vendor tells none"])
@pytest.mark.parametrize("fresh", [True, False], ids=["each a new process", "one process"])
@pytest.mark.parametrize("jump", [YEAR, -YEAR, -DAY, timedelta(hours=1), -timedelta(hours=1), 3 * MINUTE])
async def test_no_order_is_skipped_by_a_clock_that_was_wrong(
    tmp_path: Path, dates: bool, fresh: bool, jump: timedelta
) -> None:
    one = await pulled(tmp_path, dates)
    try:
        assert await one.step(MINUTE) == 0
        assert await one.step(5 * MINUTE) == 0
        for _ in range(4):
            missing = await one.step(20 * MINUTE, offset=jump, fresh=fresh)
            if dates:  # else nobody can know that the clock is wrong; nothing is lost, only late
                assert missing <= 1, "with the clock wrong, new orders are not seen"
        for _ in range(2):
            missing = await one.step(5 * MINUTE, offset=timedelta(0), fresh=fresh)
        assert missing == 0, "after the clock was put right, an order is missing"
        cursor = await one.store.cursors.get(one.link.id, "orders")
        assert cursor is not None
        assert cursor <= one.vendor.now + timedelta(seconds=LAG_S)
        assert await one.step(20 * MINUTE) == 0
        assert one.vendor.windows <= 3, "everything is read again and again"
    finally:
        await one.store.close()


async def test_a_long_sleep_is_one_window_that_was_not_read(tmp_path: Path) -> None:
    one = await pulled(tmp_path, dates=True)
    try:
        assert await one.step(MINUTE) == 0
        assert await one.step(timedelta(hours=8)) == 0
        assert one.vendor.windows == 2  # orders and listings, once each
    finally:
        await one.store.close()
