"""The clock of the jobs under a virtual time: no herd, no storm after sleep, no second start while running."""

import asyncio
import random

import pytest

from app.jobs.scheduler import Scheduler
from tests.support.waiting import PATIENCE_S


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def scheduler(clock):
    return Scheduler(clock=clock, rng=random.Random(7))


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_spread_not_a_herd(clock, scheduler):
    ran = []

    async def run(i):
        ran.append((round(clock.now), i))

    for i in range(100):
        scheduler.set("probe", i, 60, lambda i=i: run(i), soon=False)
    per_second = []
    for second in range(130):
        clock.now = second
        before = len(ran)
        scheduler.start_due()
        await settle()
        per_second.append(len(ran) - before)
    assert len(ran) >= 180
    assert max(per_second) <= 25


async def test_after_a_night_each_is_due_once(clock, scheduler):
    count = 0

    async def run():
        nonlocal count
        count += 1

    scheduler.set("orders", 1, 300, run)
    clock.now = 8 * 3600.0
    scheduler.start_due()
    await settle()
    scheduler.start_due()
    await settle()
    assert count == 1


async def test_a_running_task_is_not_started_twice(clock, scheduler):
    gate = asyncio.Event()
    starts = 0

    async def run():
        nonlocal starts
        starts += 1
        await gate.wait()

    scheduler.set("orders", 1, 10, run)
    clock.now = 20
    scheduler.start_due()
    await settle()
    clock.now = 60
    assert scheduler.start_due() == []
    gate.set()
    await settle()
    clock.now = 120
    scheduler.start_due()
    await settle()
    assert starts == 2
    await scheduler.close()


async def test_hurry_and_drop(clock, scheduler):
    async def run():
        return None

    scheduler.set("send", 1, 1000, run, soon=False)
    scheduler.set("probe", 1, 1000, run, soon=False)
    scheduler.hurry("send", 1)
    assert scheduler.start_due() == [("send", 1)]
    await settle()
    scheduler.drop(1)
    assert scheduler.next_due() == {}


async def test_the_loop_wakes_for_a_hurried_task(scheduler, clock):
    ran = asyncio.Event()

    async def run():
        ran.set()

    scheduler.set("send", 1, 1000, run, soon=False)
    loop = asyncio.ensure_future(scheduler.run())
    await settle()
    scheduler.hurry("send", 1)
    await asyncio.wait_for(ran.wait(), PATIENCE_S)
    loop.cancel()
    await asyncio.wait([loop])


async def test_a_failing_task_does_not_stop_the_clock(clock, scheduler, caplog):
    async def run():
        raise RuntimeError("boom")

    scheduler.set("orders", 1, 10, run)
    clock.now = 20
    scheduler.start_due()
    await settle()
    assert "boom" in caplog.text
    clock.now = 60
    assert scheduler.start_due() == [("orders", 1)]
    await settle()


@pytest.mark.parametrize("turns", range(5))
async def test_a_cancel_that_comes_with_the_wake_is_not_lost(scheduler, turns):
    """Python 3.11's wait_for swallows it, and the program then hung at its end."""
    loop = asyncio.ensure_future(scheduler.run())
    await settle()
    scheduler._wake.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    loop.cancel()
    done, _ = await asyncio.wait([loop], timeout=PATIENCE_S)
    assert loop in done
    assert loop.cancelled()
