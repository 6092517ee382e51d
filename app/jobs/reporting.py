"""The reports' clock: sends the daily and the weekly summary that the merchant switched on, at the hour chosen, also after the
machine slept over it. Must never send one report twice: what may have gone out is not sent again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import msgspec

from app.contracts import Message
from app.jobs.runner import Handle, Result, Runner
from app.model import from_epoch_ms, to_epoch_ms
from app.store import Store, StoreError
from app.vault import VaultError

log = logging.getLogger(__name__)
#: How often the clock looks whether a report is due.
EVERY_S = 300.0
KINDS = ("daily", "weekly")
PREFIX = "reports."  # settings: + kind + .on, .hour, .weekday (0 is Monday), .since, .last
HOUR, WEEKDAY = 8, 0
SENDING, DONE, WAITING = "sending", "done", "waiting"
#: Seconds until the next try; the last one again and again until the next report takes its place.
WAITS_S = (300, 900, 3600)
_DAY = timedelta(days=1)
M = TypeVar("M")


class Schedule(msgspec.Struct, frozen=True):
    """`hour` 0-23 in the merchant's own zone; `weekday` 0-6 from Monday, of the weekly report. `since`: when it was switched on."""

    kind: str
    on: bool = False
    hour: int = HOUR
    weekday: int = WEEKDAY
    since: datetime | None = None


class Last(msgspec.Struct, frozen=True):
    """What became of the last report: of the days that end with `day` (ISO date), under which key, what is left to do."""

    day: str
    state: str
    key: str
    tries: int = 0
    not_before: int = 0  # epoch ms


def due_day(schedule: Schedule, here: datetime) -> date | None:
    """The last day of the report whose moment came last; None while it is off, or when that was before it was switched on.
    However long the machine slept, it is one report. Pure."""
    if not schedule.on:
        return None
    moment = here.replace(hour=schedule.hour, minute=0, second=0, microsecond=0)
    if moment > here:
        moment -= _DAY
    if schedule.kind == "weekly":
        moment -= _DAY * ((moment.weekday() - schedule.weekday) % 7)
    if schedule.since is not None and moment < schedule.since <= here:  # a later `since` is of a clock that was wrong
        return None
    return moment.date() - _DAY


def to_do(day: date | None, last: Last | None, now: datetime) -> bool:
    """Whether the report of `day` is to be made and sent now. Pure."""
    if day is None:
        return False
    if last is None or date.fromisoformat(last.day) < day or date.fromisoformat(last.day) > now.date() + _DAY:
        return True
    return last.day == day.isoformat() and last.state == WAITING and to_epoch_ms(now) >= last.not_before


class Maker(Protocol[M]):
    """What makes and sends a report (`app.monitor.reporting`); this floor may not import it."""

    def here(self) -> datetime: ...

    async def make(self, kind: str, last: date | None = None) -> M: ...

    async def send(self, made: M, key: str) -> Message | None: ...


class Reporting:
    """`failure` is what `maker.send` raises: with `message`, and whether it is `doubtful` that it did not go out."""

    def __init__(
        self, store: Store, runner: Runner, now: Callable[[], datetime], maker: Maker[Any], failure: type[Exception],
    ) -> None:  # fmt: skip
        self._store, self._runner, self._now, self._maker, self._failure = store, runner, now, maker, failure
        self._running = asyncio.Lock()  # two looks at once would both find it due

    # -- the schedule ------------------------------------------------------------------------------------------
    async def schedules(self) -> dict[str, Schedule]:
        kept = await self._store.settings.all(PREFIX)
        return {kind: _schedule(kind, kept) for kind in KINDS}

    async def set_schedule(
        self, kind: str, *, on: bool | None = None, hour: int | None = None, weekday: int | None = None
    ) -> Schedule:
        """What is None stays. Switched on, or moved to another weekday, the first report comes at the next moment and never for one
        that has passed. Raises KeyError for an unknown kind, ValueError for an hour or a weekday that is none."""
        before = (await self.schedules())[kind]
        if (hour is not None and not 0 <= hour <= 23) or (weekday is not None and not 0 <= weekday <= 6):
            raise ValueError("hour 0-23, weekday 0-6")
        wished = [("hour", hour), ("weekday", weekday), ("on", on)]
        changed = [(part, value) for part, value in wished if value is not None and value != getattr(before, part)]
        if {"on", "weekday"} & {part for part, _ in changed}:
            # Before it is on: a kill between the two must not send the report of this morning.
            await self._store.settings.set(f"{PREFIX}{kind}.since", to_epoch_ms(self._now()))
        for part, value in changed:
            await self._store.audit.choose(f"{PREFIX}{kind}.{part}", value)
        return (await self.schedules())[kind]

    async def last(self, kind: str) -> Last | None:
        found = await self._store.settings.get(f"{PREFIX}{kind}.last")
        try:
            return None if found is None else msgspec.convert(found, Last)
        except msgspec.ValidationError:
            return None

    # -- by the clock ------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Make and send what is due, each as a job that shows on the Jobs page. Never raises for a full disk."""
        try:
            async with self._running:
                await self._look()
        except StoreError as error:
            log.warning("reports could not be looked at: %s", error.key)

    async def _look(self) -> None:
        for kind, schedule in (await self.schedules()).items():
            day, last = due_day(schedule, self._maker.here()), await self.last(kind)
            if to_do(day, last, self._now()) and day is not None:
                await self._runner.run("report", self._work(kind, day, last), connection_id=None, asked_by="clock")

    def _work(self, kind: str, day: date, last: Last | None) -> Callable[[Handle], Awaitable[Result]]:
        async def work(_handle: Handle) -> Result:
            same = last if last is not None and last.day == day.isoformat() else None
            one = Last(day.isoformat(), SENDING, same.key if same is not None else uuid4().hex, (same.tries if same else 0) + 1)  # fmt: skip
            try:
                made = await self._maker.make(kind, day)
            except Exception:
                await self._put_off(kind, one)
                raise
            # Written before the first byte goes out: killed from here on, nobody knows whether it went, and it is not sent again.
            await self._note(kind, one)
            try:
                left = await self._maker.send(made, one.key)
            except VaultError as error:
                await self._put_off(kind, msgspec.structs.replace(one, tries=one.tries - 1))
                return Result("failed", message=Message(error.key, error.params))
            except self._failure as error:
                if not error.doubtful:  # type: ignore[attr-defined]
                    await self._put_off(kind, one)
                return Result("failed", message=error.message)  # type: ignore[attr-defined]
            await self._note(kind, msgspec.structs.replace(one, state=DONE))
            result = Result("done" if left is None else "partly", message=left)
            result.add("done")
            return result

        return work

    async def _put_off(self, kind: str, one: Last) -> None:
        wait = timedelta(seconds=WAITS_S[min(max(one.tries, 1), len(WAITS_S)) - 1])
        later = to_epoch_ms(self._now() + wait)
        await self._note(kind, msgspec.structs.replace(one, state=WAITING, not_before=later))

    async def _note(self, kind: str, one: Last) -> None:
        await self._store.settings.set(f"{PREFIX}{kind}.last", msgspec.to_builtins(one))


def _schedule(kind: str, kept: dict[str, Any]) -> Schedule:
    def whole(part: str, plain: int, most: int) -> int:
        value = kept.get(f"{PREFIX}{kind}.{part}")
        return value if type(value) is int and 0 <= value <= most else plain

    since = kept.get(f"{PREFIX}{kind}.since")
    return Schedule(
        kind, kept.get(f"{PREFIX}{kind}.on") is True, whole("hour", HOUR, 23), whole("weekday", WEEKDAY, 6),
        from_epoch_ms(since) if type(since) is int else None,
    )  # fmt: skip
