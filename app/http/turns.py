"""Who goes next: first come, first served in every lane, except that a call held up only by its own connection's limit lets the
others of its account pass. Must never lose a token to a cancelled call, nor let one connection's lower limit slow another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from app.contracts import fail
from app.http.buckets import Lane
from app.http.call import Call

LONGEST_NAP_S = 5.0  # a lane that got faster meanwhile is noticed after so long
SHORTEST_NAP_S = 0.001  # rounding: a nap of 1e-17 s would turn the loop for nothing


class Waiter:
    """One call in the queue of its lane and, where the merchant set a limit, in that of its connection."""

    __slots__ = ("call", "future", "lane", "own")

    def __init__(self, call: Call, lane: Lane, own: Lane | None) -> None:
        self.call = call
        self.lane = lane
        self.own = own
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def delay(self, now: float, ahead: int = 0, own_ahead: int = 0) -> float:
        """Seconds until it may go, at least."""
        wait = self.lane.delay(now, ahead)
        return wait if self.own is None else max(wait, self.own.delay(now, own_ahead))


class Turns:
    """The queues of all lanes; a task a lane sleeps until its next call may go, while there is one."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._queues: dict[Lane, dict[Waiter, None]] = {}
        self._pumps: dict[Lane, tuple[float, asyncio.Task[None]]] = {}

    def waiting(self, lane: Lane) -> dict[Waiter, None]:
        """Who waits in a lane (of a vendor or of a connection), in the order of arrival."""
        return self._queues.get(lane) or {}

    def expected(self, lane: Lane) -> list[tuple[Waiter, float]]:
        """Each who waits in a vendor's lane, with the seconds until it goes as far as one can know."""
        now = self._clock()
        ahead: dict[Lane | None, int] = {}
        told = []
        for waiter in self.waiting(lane):
            before = ahead.setdefault(waiter.own, 0)
            ahead[waiter.own] += 1
            told.append((waiter, waiter.delay(now, before, before)))
        return told

    async def wait(self, lane: Lane, own: Lane | None, call: Call) -> None:
        """Returns with one token of each lane taken. Raises `rate.limited` at once when it cannot be in time: a job that knows
        can do something else meanwhile.
        """
        waiter = Waiter(call, lane, own)
        now = self._clock()
        # Only those of the same kind certainly go first: others may be held up by limits of their own.
        ahead = sum(other.own is own for other in self.waiting(lane))
        if not self._in_time(waiter, now, waiter.delay(now, ahead, len(self.waiting(own)) if own is not None else 0)):
            raise waiter.future.exception() or RuntimeError("refused without a reason")
        for queue in (lane, own):
            if queue is not None:
                self._queues.setdefault(queue, {})[waiter] = None
        try:
            self._grant(lane)
            await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled() and waiter.future.exception() is None:
                lane.give_back()  # it was its turn already
                if own is not None:
                    own.give_back()
            raise
        finally:
            self._leave(waiter)
            if self.waiting(lane):
                self._grant(lane)
            elif lane in self._pumps:
                self._pumps.pop(lane)[1].cancel()

    def close(self) -> None:
        for _, task in self._pumps.values():
            task.cancel()
        self._pumps.clear()

    def _leave(self, waiter: Waiter) -> None:
        for lane in (waiter.lane, waiter.own):
            queue = self._queues.get(lane) if lane is not None else None
            if lane is not None and queue is not None:
                queue.pop(waiter, None)
                if not queue:
                    del self._queues[lane]

    def _grant(self, lane: Lane) -> None:
        """Lets go whoever may, and sees to it that the next one is not forgotten."""
        now = self._clock()
        wait = 0.0
        while not wait and self.waiting(lane):
            wait = lane.delay(now)
            if not wait:
                chosen, wait = self._next(lane, now)
                if chosen is not None:
                    self._leave(chosen)
                    chosen.lane.take(now)
                    if chosen.own is not None:
                        chosen.own.take(now)
                    if not chosen.future.done():
                        chosen.future.set_result(None)
        for waiter in list(self.waiting(lane)):
            self._in_time(waiter, now, waiter.delay(now))
        if wait and self.waiting(lane):
            self._wake(lane, now, wait)

    def _next(self, lane: Lane, now: float) -> tuple[Waiter | None, float]:
        """Who goes, or how long until somebody may. A connection's own token goes to whoever of its calls came first and may go,
        in whichever lane that one stands.
        """
        soonest = LONGEST_NAP_S
        asked: set[Lane] = set()
        for waiter in self.waiting(lane):
            own = waiter.own
            if own is None:
                return waiter, 0.0
            if own not in asked:
                asked.add(own)
                wait = own.delay(now)
                if not wait:
                    return next(w for w in self.waiting(own) if not w.lane.delay(now)), 0.0
                soonest = min(soonest, wait)
        return None, soonest

    @staticmethod
    def _in_time(waiter: Waiter, now: float, wait: float) -> bool:
        if now + wait <= waiter.call.until:
            return True
        if not waiter.future.done():
            told = waiter.call.message("rate.limited", retry_after=wait, seconds=f"{wait:.0f}")
            waiter.future.set_exception(fail(told))
        return False

    def _wake(self, lane: Lane, now: float, wait: float) -> None:
        wait = min(max(wait, SHORTEST_NAP_S), LONGEST_NAP_S)
        if lane in self._pumps:
            due, task = self._pumps[lane]
            if due <= now + wait and not task.done():
                return
            task.cancel()
        self._pumps[lane] = (now + wait, asyncio.create_task(self._later(lane, wait)))

    async def _later(self, lane: Lane, wait: float) -> None:
        await self._sleep(wait)
        del self._pumps[lane]
        self._grant(lane)
