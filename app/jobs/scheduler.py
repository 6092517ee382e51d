"""The clock of the jobs: every connection's pulls, relay and probe at their intervals, spread by jitter, never in a herd."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

log = logging.getLogger(__name__)
#: The loop looks at least once a minute: a longer silence means that the machine slept.
SLEPT_S = 150.0
#: So many may start at once after a sleep; the others are spread over their jitter, or all vendors would be called at once.
AT_ONCE = 8
LONGEST_SPREAD_S = 60.0


@dataclass
class Task:
    """Something that is due again and again. `run` never raises (the runner turns trouble into messages)."""

    key: tuple[str, int]  # (kind, connection id)
    interval_s: float
    run: Callable[[], Awaitable[object]]
    due: float = 0.0


class Scheduler:
    """Times are the loop's monotonic ones: a wall clock that jumps by a year starts no storm, and after a night's sleep
    each task is due once, not two hundred times."""

    def __init__(self, *, clock: Callable[[], float], rng: random.Random, jitter: float = 0.1) -> None:
        self._clock, self._rng, self._jitter = clock, rng, jitter
        self._tasks: dict[tuple[str, int], Task] = {}
        self._running: dict[tuple[str, int], asyncio.Task[object]] = {}
        self._wake = asyncio.Event()
        self._looked = clock()

    def set(
        self,
        kind: str,
        connection_id: int,
        interval_s: float,
        run: Callable[[], Awaitable[object]],
        *,
        soon: bool = True,
        first_s: float | None = None,
    ) -> None:
        """Add or replace a task. `soon`: first within a tenth of its interval, else after a whole one. `first_s`: after just
        so many seconds."""
        first = self._rng.uniform(0, interval_s * 0.1) if soon else self._spread(interval_s)
        if first_s is not None:
            first = first_s
        key = (kind, connection_id)
        self._tasks[key] = Task(key, interval_s, run, self._clock() + first)
        self._wake.set()

    def drop(self, connection_id: int) -> None:
        for key in [k for k in self._tasks if k[1] == connection_id]:
            del self._tasks[key]

    def hurry(self, kind: str, connection_id: int) -> None:
        """Due now (the user pressed F5; an intent was queued)."""
        task = self._tasks.get((kind, connection_id))
        if task is not None:
            task.due = self._clock()
            self._wake.set()

    def next_due(self) -> dict[tuple[str, int], float]:
        """Seconds until each task is due, for the jobs page."""
        now = self._clock()
        return {key: max(0.0, task.due - now) for key, task in self._tasks.items()}

    def _spread(self, interval_s: float) -> float:
        return interval_s * self._rng.uniform(1 - self._jitter, 1 + self._jitter)

    def start_due(self) -> list[tuple[str, int]]:
        """Start every task that is due and not still running; returns their keys."""
        now, started = self._clock(), []
        if now - self._looked > SLEPT_S:
            self._spread_out(now)
        self._looked = now
        for key, task in list(self._tasks.items()):
            if task.due > now or key in self._running:
                continue
            task.due = now + self._spread(task.interval_s)
            running = asyncio.ensure_future(task.run())
            self._running[key] = running
            running.add_done_callback(lambda done, key=key: self._ended(key, done))  # type: ignore[misc]
            started.append(key)
        return started

    def _spread_out(self, now: float) -> None:
        """After a sleep everything is due at once: the longest overdue go first, the rest a little later, each once."""
        overdue = sorted((task for task in self._tasks.values() if task.due <= now), key=lambda task: task.due)
        for task in overdue[AT_ONCE:]:
            task.due = now + self._rng.uniform(0, min(task.interval_s * self._jitter, LONGEST_SPREAD_S))

    def _ended(self, key: tuple[str, int], done: asyncio.Task[object]) -> None:
        self._running.pop(key, None)
        self._wake.set()  # what ended is not among those whose time the clock sleeps for: it would wait for a whole minute
        if not done.cancelled() and done.exception() is not None:
            log.error("scheduled task %s failed", key, exc_info=done.exception())

    async def run(self) -> None:
        """For ever; cancel to stop. Running tasks are the runner's to stop."""
        while True:
            self.start_due()
            idle = [t.due for k, t in self._tasks.items() if k not in self._running]
            wait = min(max(0.05, min(idle, default=self._clock() + 60) - self._clock()), 60.0)
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(
                    wait
                ):  # not wait_for: Python 3.11's loses a cancel that comes with the event
                    await self._wake.wait()

    async def close(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
