"""One ticking timer for all calls in flight. A timer per call would cost a QTimer each under qasync, which keeps cancelled
timers until their time comes: at 1,000 calls a second and 10 s of patience, ten thousand dead ones. Must never swallow a
cancellation that came from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

TICK_S = 0.05
LONGEST_TICK_S = 0.25


class DeadlineExpired(Exception):
    """The watched block was cut at its deadline."""


class Watch:
    """`with deadlines.watch(until)`: cancels the current task's wait at `until` and turns that into DeadlineExpired."""

    __slots__ = ("_cancelling", "_owner", "expired", "task", "until")

    def __init__(self, owner: Deadlines, until: float) -> None:
        self._owner = owner
        self.until = until
        self.expired = False

    def __enter__(self) -> Watch:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task")
        self.task: asyncio.Task[object] = task
        self._cancelling = task.cancelling()
        self._owner.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._owner.live.discard(self)
        # As asyncio.timeout does: only our own cancellation becomes an expiry, somebody else's goes on.
        if self.expired and self.task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise DeadlineExpired from error


class Deadlines:
    """Shared by one network; ticks only while something is watched. Late by at most a tick."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = float("inf")
        self._timer: asyncio.TimerHandle | None = None
        self.live: set[Watch] = set()

    def watch(self, until: float) -> Watch:
        return Watch(self, until)

    def add(self, watch: Watch) -> None:
        self.live.add(watch)
        if watch.until < self._next:
            self._arm(watch.until)

    def _arm(self, nearest: float) -> None:
        now = self._clock()
        if self._timer is not None:
            if self._next - now <= TICK_S:
                return
            self._timer.cancel()
        delay = min(max(nearest - now, TICK_S), LONGEST_TICK_S)
        self._next = now + delay
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._next = float("inf")
        now = self._clock()
        nearest = float("inf")
        for watch in list(self.live):
            if watch.expired:
                continue
            if now >= watch.until:
                watch.expired = True
                watch.task.cancel()
            elif watch.until < nearest:
                nearest = watch.until
        if nearest < float("inf"):
            self._arm(nearest)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._next = float("inf")
