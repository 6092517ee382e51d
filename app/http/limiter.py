"""RateLimit: waits for a token of the vendor's bucket, and for one of the merchant's own, in the order of arrival. Whoever waits
is visible. Must never wait beyond a call's deadline, lose a token to a cancelled call, or let a paused account hold up another.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from app.contracts import ProviderError, fail
from app.http import headers
from app.http.buckets import Bucket, Lane
from app.http.call import Call, call_of
from app.http.deadlines import DeadlineExpired, Deadlines
from app.http.lib import httpx
from app.http.policy import Policy
from app.http.turns import Turns


class Waiting(NamedTuple):
    """One call that waits: `seconds` until it goes, as far as we know."""

    operation: str
    seconds: float
    connection_id: int = 0
    group: str = ""


class HeadRoom(NamedTuple):
    """What a lane still allows now and per second; infinite while no limit is known."""

    host: str
    group: str
    remaining: float
    per_second: float


class Quota(NamedTuple):
    """A limit over a long time (a day, an hour): `calls` in all (0.0: not known), `left` of them, given back at `per_s`, all of
    it in `resets_s` where the vendor says when."""

    host: str
    group: str
    calls: float
    left: float
    per_s: float
    resets_s: float | None


class _Resting(NamedTuple):
    """A call that waits outside of a lane: for a parallel place, or for its next attempt."""

    call: Call
    ready_at: float


class Limiter:
    """All lanes of the program and the board of who waits."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]],
        deadlines: Deadlines,
    ) -> None:
        self.clock = clock
        self.wall = wall
        self.sleep = sleep
        self.deadlines = deadlines
        self.lanes: dict[tuple[str, str, str], Lane] = {}
        self.own: dict[int, Lane] = {}
        self.turns = Turns(clock, sleep)
        self._board: dict[str, dict[int, _Resting]] = {}

    def lane(self, host: str, account_id: str, group: str) -> Lane:
        key = (host, account_id, group)
        if key not in self.lanes:
            self.lanes[key] = Lane(host, account_id, group)
        return self.lanes[key]

    def lanes_of(self, host: str, account_id: str) -> list[Lane]:
        return [one for one in self.lanes.values() if one.host == host and one.account_id == account_id]

    def own_lane(self, policy: Policy) -> Lane | None:
        """The lane of the merchant's own limit for this connection; a changed rate starts a new bucket."""
        lane = self.own.setdefault(policy.connection_id, Lane("", policy.account_id, "*"))
        rate = policy.own_rate
        if not rate or rate <= 0:
            lane.buckets = []
            return None
        if not lane.buckets or lane.buckets[0].rate != rate:
            lane.buckets = [Bucket(rate, max(1.0, rate), self.clock())]
        return lane

    @contextmanager
    def resting(self, call: Call, ready_at: float) -> Iterator[None]:
        """Shows a call that waits outside of the lanes, for the length of the block."""
        board = self._board.setdefault(call.policy.account_id, {})
        board[id(call)] = _Resting(call, ready_at)
        try:
            yield
        finally:
            del board[id(call)]

    def queue(self, account_id: str) -> list[Waiting]:
        now = self.clock()
        lanes = [lane for lane in self.lanes.values() if lane.account_id == account_id]
        calls = [(waiter.call, seconds) for lane in lanes for waiter, seconds in self.turns.expected(lane)]
        calls += [(entry.call, entry.ready_at - now) for entry in self._board.get(account_id, {}).values()]
        return [Waiting(c.operation, max(0.0, s), c.policy.connection_id, c.group) for c, s in calls]

    def head_room(self, account_id: str) -> list[HeadRoom]:
        now = self.clock()
        return [
            HeadRoom(lane.host, lane.group, lane.remaining(now), lane.per_second())
            for lane in self.lanes.values()
            if lane.account_id == account_id
        ]

    def quotas(self, account_id: str) -> list[Quota]:
        now = self.clock()
        lanes = [lane for lane in self.lanes.values() if lane.account_id == account_id]
        return [Quota(lane.host, lane.group, *one) for lane in lanes for one in lane.quotas(now)]

    def consecutive_throttles(self, account_id: str) -> int:
        """The most refusals in a row of any lane of the account: what the job reads before it says "daily limit?"."""
        mine = (lane.consecutive_throttles for lane in self.lanes.values() if lane.account_id == account_id)
        return max(mine, default=0)


class RateLimit(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, policy: Policy, limiter: Limiter) -> None:
        self.inner = inner
        self.policy = policy
        self.limiter = limiter
        self._groups = frozenset(limit.group for limit in policy.limits)
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._own = limiter.own_lane(policy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        lane = self._lanes.get((call.host, call.group)) or self._find(call)
        slots = lane.slots
        if slots is None:
            return await self._paced(lane, call, request)
        await self._slot(slots, call)
        try:
            return await self._paced(lane, call, request)
        finally:
            slots.release()

    def _find(self, call: Call) -> Lane:
        # A group without limits of its own is counted with the default group, which errs on the slow side.
        group = call.group if call.group in self._groups or "default" not in self._groups else "default"
        lane = self.limiter.lane(call.host, self.policy.account_id, group)
        lane.configure((limit for limit in self.policy.limits if limit.group == group), self.limiter.clock())
        self._lanes[call.host, call.group] = lane
        return lane

    async def _paced(self, lane: Lane, call: Call, request: httpx.Request) -> httpx.Response:
        clock = self.limiter.clock
        own = self._own
        now = clock()
        waiting = self.limiter.turns.waiting
        if lane.delay(now) or waiting(lane) or (own is not None and (own.delay(now) or waiting(own))):
            try:
                with self.limiter.deadlines.watch(call.until):
                    await self.limiter.turns.wait(lane, own, call)
            except DeadlineExpired as expired:
                raise self._refused(call, lane.delay(clock())) from expired
        else:
            lane.take(now)
            if own is not None:
                own.take(now)
        response = await self.inner.handle_async_request(request)
        self._learn(lane, response, call)
        call.throttles = lane.consecutive_throttles
        return response

    async def _slot(self, slots: asyncio.Semaphore, call: Call) -> None:
        """One of the vendor's parallel places. FIFO and cancel-safe, as asyncio.Semaphore is."""
        if not slots.locked():
            await slots.acquire()  # does not wait
            return
        with self.limiter.resting(call, self.limiter.clock()):
            try:
                with self.limiter.deadlines.watch(call.until):
                    await slots.acquire()
            except DeadlineExpired as expired:
                raise self._refused(call, 0.0) from expired

    def _learn(self, lane: Lane, response: httpx.Response, call: Call) -> None:
        limiter, body = self.limiter, call.throttled
        now = limiter.clock()
        told = headers.read(response.headers.raw, limiter.wall())
        status = response.status_code
        if body is not None:  # points are counted in one place: every group of the account has to rest
            wait = told.retry_after if told.retry_after is not None else body.wait_s
            for one in limiter.lanes_of(lane.host, lane.account_id):
                one.rest(wait, now)
            lane.throttled(wait, now)
        elif status in self.policy.throttle_statuses:
            lane.throttled(told.retry_after, now)
        elif status < 500 or call.answered:
            lane.accepted(now)
        if told is headers.NOTHING:
            return
        if told.rate is not None:
            lane.set_rate(told.rate, now)
        if told.remaining is not None:
            lane.cap(told.remaining, now)
            lane.told(told.remaining, told.reset, now)
            if told.remaining < 1 and told.reset is not None:
                lane.pause(told.reset, now)

    @staticmethod
    def _refused(call: Call, wait: float) -> ProviderError:
        return fail(call.message("rate.limited", retry_after=wait, seconds=f"{wait:.0f}"))

    async def aclose(self) -> None:
        await self.inner.aclose()
