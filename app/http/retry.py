"""Retry: the outermost transport. Repeats what is safe to repeat, within the deadline and a budget per account. Must never send
a call twice that the vendor may have acted on. tenacity says when to stop and how far the waits grow; the loop is ours, because
its own makes a statistics object, a future and several calls per request even when nothing fails.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt, wait_exponential
from tenacity.wait import wait_base

from app.contracts import ProviderError
from app.http import headers
from app.http.call import KEY, Call
from app.http.lib import httpx
from app.http.limiter import Limiter
from app.http.policy import Policy

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
#: Answers after which the same call may fare better. 501 and 505 will not.
PASSING = frozenset({408, 500, 502, 503, 504})
#: Failures after which a repeatable call may go again.
LOST = frozenset({"net.unreachable", "net.cut", "net.timeout"})
#: Refusals inside this program: the call did not leave, and the earlier answer tells the merchant more.
HELD_BACK = frozenset({"breaker.open", "rate.limited"})
ENOUGH_THROTTLES = 5  # refusals in a row after which a 429 goes straight back: a daily limit is the job's affair

EARNED_PER_CALL = 0.1
FIRST_BUDGET = 10.0
LARGEST_BUDGET = 50.0


class Budget:
    """Repeats that an account may still make: ten at first, and one more for every ten calls."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = FIRST_BUDGET

    def earn(self) -> None:
        if self.left < LARGEST_BUDGET:
            self.left += EARNED_PER_CALL

    def spend(self) -> bool:
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class FullJitter(wait_base):
    """Anything between nothing and the exponential wait, from an injected source (tenacity's own uses the global one)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._ceiling = wait_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S)

    def __call__(self, retry_state: RetryCallState) -> float:
        return self._rng.uniform(0.0, self._ceiling(retry_state))


class _Ended(NamedTuple):
    """How an attempt ended: an answer or an error."""

    response: httpx.Response | None
    error: ProviderError | None

    def hand_back(self) -> httpx.Response:
        if self.response is not None:
            return self.response
        raise self.error or RuntimeError("an attempt without an end")


class Retry(httpx.AsyncBaseTransport):
    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        policy: Policy,
        budget: Budget,
        *,
        limiter: Limiter,
        clock: Callable[[], float],
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]],
        rng: random.Random,
    ) -> None:
        self.inner = inner
        self.policy = policy
        self.budget = budget
        self._limiter = limiter
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._plan = AsyncRetrying(stop=stop_after_attempt(policy.retries + 1), wait=FullJitter(rng))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call: Call | None = request.extensions.get(KEY)
        if call is None:
            call = request.extensions[KEY] = Call(self.policy, request, self._clock())
        self.budget.earn()
        try:
            response = await self.inner.handle_async_request(request)
            if response.status_code < 400 and call.throttled is None:
                return response
            ended = _Ended(response, None)
        except ProviderError as error:
            ended = _Ended(None, error)
        return await self._again(request, call, ended)

    async def _again(self, request: httpx.Request, call: Call, ended: _Ended) -> httpx.Response:
        state = RetryCallState(self._plan, None, (), {})
        while True:
            if not self._worthwhile(call, ended) or self._plan.stop(state):
                return ended.hand_back()
            wait = self._wait(call, ended, state)
            ready_at = self._clock() + wait
            if ready_at >= call.until or not self.budget.spend():
                return ended.hand_back()
            with self._limiter.resting(call, ready_at):
                await self._sleep(wait)
            call.sent = call.sent or (call.left and not self._throttled(call, ended))
            call.left = False
            call.spoilt = None
            state.attempt_number += 1
            resign = request.extensions.get("resign")
            if resign is not None:  # a signature with a nonce is good for one attempt only
                resign(request)
            try:
                response = await self.inner.handle_async_request(request)
                if response.status_code < 400 and call.throttled is None:
                    return response
                ended = _Ended(response, None)
            except ProviderError as error:
                if error.message.code in HELD_BACK:
                    return ended.hand_back()
                ended = _Ended(None, error)

    def _throttled(self, call: Call, ended: _Ended) -> bool:
        if ended.response is None:
            return False
        return call.throttled is not None or ended.response.status_code in self.policy.throttle_statuses

    def _worthwhile(self, call: Call, ended: _Ended) -> bool:
        if ended.response is not None:
            if self._throttled(call, ended):  # the vendor did not act: any call may go again
                return call.throttles < ENOUGH_THROTTLES
            return call.repeatable and ended.response.status_code in PASSING and not call.answered
        code = ended.error.message.code if ended.error is not None else ""
        return code in LOST and (call.repeatable or not call.left)

    def _wait(self, call: Call, ended: _Ended, state: RetryCallState) -> float:
        """Seconds. What the answer says where that is usable, else full jitter."""
        response = ended.response
        if response is not None and call.throttled is not None and call.throttled.wait_s is not None:
            return call.throttled.wait_s
        if response is not None and "retry-after" in response.headers:
            told = headers.retry_after(response.headers["retry-after"], self._wall(), response.headers.get("date", ""))
            if told is not None:
                return told
        return float(self._plan.wait(state))

    async def aclose(self) -> None:
        await self.inner.aclose()
