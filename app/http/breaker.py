"""Breaker: a vendor that is down is left alone, one connection at a time, and asked again by one probe. Throttling and 4xx
are no failures. Must always keep the reason: the merchant is told why nothing is sent.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.contracts import Message, ProviderError, fail
from app.http.call import Call, call_of
from app.http.lib import httpx
from app.http.samples import Sample, SampleClass, SampleRing

CONSECUTIVE = 5
RATIO = 0.5
RATIO_OF = 20  # the last so many attempts …
RATIO_LEAST = 10  # … once there are so many …
RATIO_WITHIN_S = 60.0  # … no older than this
OPEN_S = 30.0
LONGEST_OPEN_S = 300.0
#: Where a call went through within this time, the vendor limps and is not down: it is asked at least once a minute, or a third
#: of calls failing by chance would keep a queue waiting for a quarter of an hour.
LIMPING_S = 600.0
FIRST_LIMP_S, LONGEST_LIMP_S = 10.0, 60.0
#: Codes of the pipeline that say the vendor or the way to it failed. `net.offline` does not: this machine is off the network.
FAILURES = frozenset({"net.timeout", "net.cut", "net.unreachable", "net.tls"})


class Phase(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class BreakerState:
    """`since` and `next_probe_at` are epoch seconds; `reason` is the failure that opened it, None while closed."""

    state: Phase
    reason: Message | None
    since: float
    next_probe_at: float | None


class Core:
    """The breaker's arithmetic, on a clock that is handed in."""

    def __init__(self, now: float) -> None:
        self.phase = Phase.CLOSED
        self.reason: Message | None = None
        self.since = now
        self.probe_at = 0.0
        self._consecutive = 0
        self._open_s = OPEN_S
        self._good_at = float("-inf")
        self._recent: deque[tuple[float, bool]] = deque(maxlen=RATIO_OF)

    def enter(self, now: float, asked: bool) -> bool:
        """Whether the call may go as the one probe. `asked`: the merchant pressed "test", who need not wait for the time."""
        if self.phase is Phase.HALF_OPEN or (now < self.probe_at and not asked):
            return False
        self.phase = Phase.HALF_OPEN
        return True

    def release(self) -> None:
        """The probe ended without telling anything (cancelled, refused by the limiter): the next call may be it."""
        self.phase = Phase.OPEN

    def succeeded(self, now: float, probe: bool) -> None:
        self._good_at = now
        if self.phase is Phase.CLOSED:
            self._consecutive = 0
            self._recent.append((now, True))
        elif probe:  # answers to calls from before the opening prove nothing
            self.close(now)

    def close(self, now: float) -> None:
        self.phase, self.reason, self.since = Phase.CLOSED, None, now
        self._consecutive, self._open_s = 0, OPEN_S
        self._recent.clear()

    def failed(self, reason: Message, now: float, probe: bool) -> None:
        if probe:
            self._open_s = min(self._open_s * 2, LONGEST_LIMP_S if self._limps(now) else LONGEST_OPEN_S)
            self.phase, self.reason, self.probe_at = Phase.OPEN, reason, now + self._open_s
            return
        if self.phase is not Phase.CLOSED:
            return
        self._consecutive += 1
        self._recent.append((now, False))
        fresh = [ok for at, ok in self._recent if now - at <= RATIO_WITHIN_S]
        too_many = len(fresh) >= RATIO_LEAST and fresh.count(False) >= RATIO * len(fresh)
        if self._consecutive >= CONSECUTIVE or too_many:
            self.phase, self.reason, self.since = Phase.OPEN, reason, now
            self._open_s = FIRST_LIMP_S if self._limps(now) else OPEN_S
            self.probe_at = now + self._open_s

    def _limps(self, now: float) -> bool:
        return now - self._good_at <= LIMPING_S

    def state(self, now: float, wall_now: float) -> BreakerState:
        shut = self.phase is Phase.CLOSED
        ahead = None if shut else wall_now + max(0.0, self.probe_at - now)
        return BreakerState(self.phase, self.reason, wall_now - (now - self.since), ahead)


class Breaker(httpx.AsyncBaseTransport):
    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        core: Core,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float] = time.time,
        ring: SampleRing,
    ) -> None:
        self.inner = inner
        self.core = core
        self._clock = clock
        self._wall = wall
        self._ring = ring

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        core = self.core
        call = call_of(request)
        probe = False
        if core.phase is not Phase.CLOSED:
            now = self._clock()
            probe = core.enter(now, call.probe)
            if not probe:
                raise self._refused(call, now)
        told = False
        try:
            response = await self.inner.handle_async_request(request)
            told = True
        except ProviderError as error:
            if error.message.code in FAILURES:
                core.failed(error.message, self._clock(), probe)
                told = True
            raise
        finally:
            if probe and not told:
                core.release()
        status = response.status_code
        if status >= 500 and status not in call.policy.throttle_statuses and not call.answered:
            code = "server.unavailable" if status == 503 else "server.error"
            core.failed(call.message(code, status=status), self._clock(), probe)
        else:
            core.succeeded(self._clock(), probe)
        return response

    def _refused(self, call: Call, now: float) -> ProviderError:
        policy = call.policy
        self._ring.add(
            Sample(
                policy.connection_id, policy.account_id, call.operation, SampleClass.BREAKER, 0, self._wall(), 0.0, 0, call.probe
            )
        )  # fmt: skip
        seconds = max(0.0, self.core.probe_at - now)
        reason = self.core.reason.code if self.core.reason is not None else ""
        return fail(call.message("breaker.open", retry_after=seconds, reason=reason, seconds=f"{seconds:.0f}"))

    async def aclose(self) -> None:
        await self.inner.aclose()
