"""Time that jumps: an event loop whose clock moves on only when everybody waits. Hours of back-off pass in milliseconds, and
every wait is exact. Plus a wire that answers by a function.
"""

from __future__ import annotations

import asyncio
import inspect
import random
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

from app.contracts import Limit
from app.http import Network, Policy, SampleRing
from app.http.call import KEY, Call
from app.http.lib import httpx

EPOCH = 1_800_000_000.0


class _Jumping(selectors.SelectSelector):
    """Selects without waiting; what would have been waited is added to `now`."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)
        # A timer due a rounding error from now must fire, or the loop would turn for ever.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self.jumping.now


def run_virtual(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Runs `main()` to its end in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(asyncio.wait_for(main(), 1_000_000))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def now() -> float:
    return asyncio.get_running_loop().time()


class Wire(httpx.AsyncBaseTransport):
    """Answers by `answer(request)`: a response, an exception to raise, or a coroutine of either. Keeps what it saw and when."""

    def __init__(self, answer: Callable[[httpx.Request], Any]) -> None:
        self.answer = answer
        self.seen: list[tuple[float, httpx.Request]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append((now(), request))
        result = self.answer(request)
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, BaseException):
            raise result
        return result

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.seen]


def policy(**changes: Any) -> Policy:
    plain: dict[str, Any] = {
        "connection_id": 1, "account_id": "acc", "connection_name": "Shop", "deadline_s": 10.0, "hosts": frozenset({"api.test"}),
    }  # fmt: skip
    return Policy(**{**plain, **changes})


def per_second(calls: int, burst: int = 0, group: str = "default", seconds: float = 1.0, parallel: int = 0) -> Limit:
    return Limit(calls=calls, seconds=seconds, group=group, burst=burst, parallel=parallel)


def network(wire: httpx.AsyncBaseTransport, **changes: Any) -> Network:
    """On the running loop's clock, with a fixed chance."""
    given: dict[str, Any] = {
        "on_sample": SampleRing(), "clock": now, "wall": lambda: EPOCH + now(), "rng": random.Random(7), "wire": wire,
        "online": lambda: True,
    }  # fmt: skip
    return Network(**{**given, **changes})


def request_with_call(
    method: str = "GET", url: str = "https://api.test/x", of: Policy | None = None, **extensions: Any
) -> httpx.Request:
    """A request as the inner transports see it."""
    request = httpx.Request(method, url, extensions=extensions)
    request.extensions[KEY] = Call(of or policy(), request, now())
    return request
