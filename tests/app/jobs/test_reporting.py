"""The reports' clock: once a day or a week at the hour chosen, also after a sleep, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.changes import Changes
from app.contracts import Message
from app.jobs.reporting import DONE, SENDING, WAITING, Last, Reporting, Schedule, due_day, to_do
from app.jobs.runner import Runner
from app.store import Store
from app.vault import VaultError

TR = timezone(timedelta(hours=3))
NOON = datetime(2026, 11, 24, 12, tzinfo=TR)  # a Tuesday
DAILY, WEEKLY = Schedule("daily", True), Schedule("weekly", True)


@pytest.mark.parametrize(
    ("here", "day"),
    [
        (NOON, date(2026, 11, 23)),
        (NOON.replace(hour=8), date(2026, 11, 23)),
        (NOON.replace(hour=7, minute=59), date(2026, 11, 22)),  # it slept over yesterday's eight o'clock
    ],
)
def test_the_daily_one_tells_of_the_day_before_its_last_moment(here: datetime, day: date) -> None:
    assert due_day(DAILY, here) == day
    assert due_day(Schedule("daily"), here) is None


@pytest.mark.parametrize(
    ("here", "day"),
    [
        (NOON, date(2026, 11, 22)),  # of Monday
        (datetime(2026, 11, 23, 8, tzinfo=TR), date(2026, 11, 22)),
        (datetime(2026, 11, 23, 7, tzinfo=TR), date(2026, 11, 15)),
        (datetime(2026, 11, 29, 23, tzinfo=TR), date(2026, 11, 22)),
    ],
)
def test_the_weekly_one_tells_of_the_week_before_its_weekday(here: datetime, day: date) -> None:
    assert due_day(WEEKLY, here) == day


def test_what_was_due_before_it_was_switched_on_is_not_told() -> None:
    since = NOON - timedelta(minutes=5)
    assert due_day(Schedule("daily", True, since=since), NOON) is None
    assert due_day(Schedule("daily", True, since=since), NOON + timedelta(days=1)) == date(2026, 11, 24)
    assert due_day(Schedule("daily", True, since=NOON + timedelta(days=400)), NOON) == date(2026, 11, 23)


def test_what_is_left_to_do() -> None:
    day, ms = date(2026, 11, 23), int(NOON.timestamp() * 1000)

    def left(**last: Any) -> bool:
        return to_do(day, Last(**{"day": "2026-11-23", "state": DONE, "key": "k", **last}), NOON)

    assert to_do(day, None, NOON)
    assert not to_do(None, None, NOON)
    assert not left()
    assert not left(state=SENDING)  # killed in the middle: nobody knows
    assert left(state=WAITING, not_before=ms)
    assert not left(state=WAITING, not_before=ms + 1)
    assert left(day="2026-11-22", state=SENDING)
    assert not left(day="2026-11-24")  # the clock was put back
    assert left(day="2027-11-24")  # a clock that was a year ahead silences nobody for a year


@given(st.lists(st.integers(0, 60 * 24 * 3), min_size=1, max_size=60), st.sampled_from([DAILY, WEEKLY]))
def test_whenever_it_is_looked_at_no_day_is_told_twice(steps: list[int], schedule: Schedule) -> None:
    here, last, sent = NOON, None, []
    for minutes in steps:
        here += timedelta(minutes=minutes)
        day = due_day(schedule, here)
        if to_do(day, last, here.astimezone(UTC)):
            assert day is not None
            sent.append(day)
            last = Last(day.isoformat(), DONE, "k")
    assert sent == sorted(set(sent))
    assert sent[-1] == due_day(schedule, here)  # the newest one always goes


class Failed(Exception):
    def __init__(self, *, doubtful: bool = False) -> None:
        self.message, self.again, self.doubtful = Message("alerts.fail.smtp_busy", {"host": "h"}), True, doubtful


class Maker:
    def __init__(self) -> None:
        self.now = NOON.astimezone(UTC)
        self.made: list[tuple[str, date | None]] = []
        self.sent: list[tuple[Any, str]] = []
        self.troubles: list[BaseException] = []
        self.left: Message | None = None

    def here(self) -> datetime:
        return self.now.astimezone(TR)

    async def make(self, kind: str, last: date | None = None) -> Any:
        self.made.append((kind, last))
        return (kind, last)

    async def send(self, made: Any, key: str) -> Message | None:
        self.sent.append((made, key))
        if self.troubles:
            raise self.troubles.pop(0)
        return self.left


class Bench:
    def __init__(self, store: Store, maker: Maker) -> None:
        self.store, self.maker = store, maker
        self.clock = self.fresh()

    def fresh(self) -> Reporting:
        runner = Runner(self.store, Changes(), lambda: self.maker.now)
        return Reporting(self.store, runner, lambda: self.maker.now, self.maker, Failed)

    async def on(self, **span: float) -> None:
        self.maker.now += timedelta(**span)
        await self.clock.run()

    @property
    def days(self) -> list[tuple[str, str]]:
        return [(kind, day.isoformat()) for (kind, day), _ in self.maker.sent]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    maker = Maker()
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: maker.now)
    yield Bench(store, maker)
    await store.close()


async def test_off_until_it_is_switched_on_and_then_from_the_next_moment(bench: Bench) -> None:
    await bench.on(days=3)
    assert await bench.clock.set_schedule("daily", on=True, hour=9) == Schedule("daily", True, 9, 0, bench.maker.now)
    await bench.on(minutes=5)
    assert bench.days == []
    await bench.on(hours=21)
    await bench.on(minutes=5)
    assert bench.days == [("daily", "2026-11-27")]
    await bench.clock.set_schedule("daily", on=False)
    await bench.on(days=5)
    assert len(bench.days) == 1
    for wrong in ({"hour": 24}, {"hour": -1}, {"weekday": 7}):
        with pytest.raises(ValueError, match="hour"):
            await bench.clock.set_schedule("daily", **wrong)
    with pytest.raises(KeyError):
        await bench.clock.set_schedule("hourly", on=True)


async def test_another_hour_neither_loses_a_day_nor_tells_one_twice(bench: Bench) -> None:
    await bench.clock.set_schedule("daily", on=True, hour=20)
    await bench.on(hours=20, minutes=30)  # half past eight in the morning
    assert bench.days == [("daily", "2026-11-23")]
    await bench.clock.set_schedule("daily", hour=8)
    await bench.on(minutes=5)
    await bench.clock.set_schedule("daily", hour=9)
    await bench.on(hours=4)
    assert bench.days == [("daily", "2026-11-23"), ("daily", "2026-11-24")]
    await bench.clock.set_schedule("weekly", on=True)
    await bench.clock.set_schedule("weekly", weekday=1)  # yesterday's weekday
    await bench.on(hours=1)
    assert [kind for kind, _ in bench.days] == ["daily"] * 2


async def test_a_long_sleep_is_one_report_of_each_kind(bench: Bench) -> None:
    await bench.clock.set_schedule("daily", on=True)
    await bench.clock.set_schedule("weekly", on=True, weekday=2)
    await bench.on(days=20, hours=3)
    await asyncio.gather(bench.clock.run(), bench.clock.run())
    for _ in range(10):
        await bench.on(minutes=5)
    assert bench.days == [("daily", "2026-12-13"), ("weekly", "2026-12-08")]
    (job, _) = await bench.store.jobs.recent(2, kind="report")
    assert (job.outcome, job.asked_by, job.detail) == ("done", "clock", {"done": 1})


async def test_a_restart_sends_nothing_again(bench: Bench) -> None:
    await bench.clock.set_schedule("daily", on=True)
    await bench.on(days=1)
    bench.clock = bench.fresh()
    await bench.on(minutes=5)
    assert len(bench.days) == 1


async def test_what_certainly_did_not_go_out_is_tried_again_later_under_the_same_key(bench: Bench) -> None:
    await bench.clock.set_schedule("daily", on=True)
    bench.maker.troubles = [Failed(), Failed()]
    await bench.on(days=1)
    await bench.on(minutes=4)
    assert len(bench.days) == 1
    await bench.on(minutes=2)
    await bench.on(minutes=14)
    assert len(bench.days) == 2
    await bench.on(minutes=2)
    assert len({key for _, key in bench.maker.sent}) == 1
    assert (len(bench.days), (await bench.clock.last("daily")).state) == (3, DONE)
    outcomes = [(job.outcome, job.message and job.message.code) for job in await bench.store.jobs.recent(9)]
    assert outcomes == [("done", None), *[("failed", "alerts.fail.smtp_busy")] * 2]


@pytest.mark.parametrize("trouble", [Failed(doubtful=True), asyncio.CancelledError()])
async def test_what_may_have_gone_out_does_not_go_again(bench: Bench, trouble: BaseException) -> None:
    await bench.clock.set_schedule("daily", on=True)
    bench.maker.troubles = [trouble]
    await bench.on(days=1)
    for _ in range(4):
        await bench.on(hours=2)
    assert len(bench.days) == 1
    await bench.on(days=1)
    assert len(bench.days) == 2


async def test_a_locked_vault_is_no_try(bench: Bench) -> None:
    await bench.clock.set_schedule("daily", on=True)
    bench.maker.troubles = [VaultError("vault.locked")] * 5
    await bench.on(days=1)
    for _ in range(5):
        await bench.on(minutes=6)
    assert len(bench.days) == 6
    last = await bench.clock.last("daily")
    assert last is not None
    assert (last.state, last.tries) == (DONE, 1)


async def test_a_refused_recipient_is_told(bench: Bench) -> None:
    await bench.clock.set_schedule("daily", on=True)
    bench.maker.left = Message("alerts.fail.some_refused", {"names": "x@y.test"})
    await bench.on(days=1)
    await bench.on(minutes=5)
    (job,) = await bench.store.jobs.recent(5, kind="report")
    assert (job.outcome, job.message and job.message.code) == ("partly", "alerts.fail.some_refused")


async def test_settings_that_make_no_sense_are_as_if_they_were_not_there(bench: Bench) -> None:
    for part, value in (("hour", 77), ("weekday", "x"), ("on", "yes"), ("since", "now"), ("last", {"day": 3})):
        await bench.store.settings.set(f"reports.daily.{part}", value)
    assert (await bench.clock.schedules())["daily"] == Schedule("daily")
    assert await bench.clock.last("daily") is None
