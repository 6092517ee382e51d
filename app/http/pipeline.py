"""One Network a program: the shared session, the lanes of all accounts and the breakers of all connections. Every outgoing call
goes through `Retry ▸ Breaker ▸ RateLimit ▸ (Failover) ▸ Guard ▸ Measure ▸ wire`. Must never let one connection's trouble reach another.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable

import aiohttp

from app.http.breaker import Breaker, BreakerState, Core
from app.http.client import Client
from app.http.deadlines import Deadlines
from app.http.failover import Failover, Turned
from app.http.guard import Guard
from app.http.lib import httpx
from app.http.limiter import HeadRoom, Limiter, Quota, RateLimit, Waiting
from app.http.measure import Measure
from app.http.policy import Policy
from app.http.reach import has_route, is_loopback, system_proxy
from app.http.retry import Budget, Retry
from app.http.samples import SampleRing
from app.http.wire import Wire, open_session

SYSTEM = "system"
PROXY_KEPT_S = 60.0


class Network:
    """`proxy`: None for direct, `"system"` for what the operating system says, else an address. `trust`: a TLS context instead of
    the system's store (tests). `wire`: a transport instead of aiohttp's (tests). Use it from one event loop.
    """

    def __init__(
        self,
        *,
        on_sample: SampleRing,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
        proxy: str | None = None,
        trust: ssl.SSLContext | None = None,
        online: Callable[[], bool] = has_route,
        wire: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.samples = on_sample
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._rng = rng if rng is not None else random.Random()  # noqa: S311 – jitter, not a secret
        self._proxy = proxy
        self._trust = trust
        self._online = online
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._deadlines = Deadlines(clock)
        self._limiter = Limiter(clock=clock, wall=wall, sleep=sleep, deadlines=self._deadlines)
        self._wire = wire if wire is not None else Wire(self._open, self._proxy_for if proxy else None)
        self._breakers: dict[int, Core] = {}
        self._budgets: dict[str, Budget] = {}
        self._skews: dict[int, float] = {}
        self._turned: dict[tuple[str, str], Turned] = {}  # by account and usual address
        self._proxies: dict[tuple[str, str], tuple[float, str | None]] = {}

    def client(self, policy: Policy, base_url: str) -> httpx.AsyncClient:
        """A client of one connection. Cheap; several of one connection share its lanes, breaker and budget."""
        clock, wall = self._clock, self._wall
        measure = Measure(self._wire, policy, self.samples, clock=clock, wall=wall, skews=self._skews)
        guard = Guard(measure, policy, clock=clock, deadlines=self._deadlines, online=self._online)
        way: httpx.AsyncBaseTransport = guard
        if policy.alternates:
            turned = self._turned.setdefault((policy.account_id, base_url), Turned())
            way = Failover(guard, policy, base_url, turned, clock=clock)
        limit = RateLimit(way, policy, self._limiter)
        breaker = Breaker(limit, self._core(policy.connection_id), clock=clock, wall=wall, ring=self.samples)
        budget = self._budgets.setdefault(policy.account_id, Budget())
        retry = Retry(
            breaker, policy, budget, limiter=self._limiter, clock=clock, wall=wall, sleep=self._sleep, rng=self._rng
        )
        return Client(retry, policy, base_url, clock)

    def breaker(self, connection_id: int) -> BreakerState:
        return self._core(connection_id).state(self._clock(), self._wall())

    def reset_breaker(self, connection_id: int) -> None:
        """The merchant changed the key or the address: what failed before says nothing any more."""
        self._core(connection_id).close(self._clock())

    def skew(self, connection_id: int) -> float:
        """Seconds by which the vendor's clock is ahead of ours (negative: ours runs fast), by its Date headers; 0.0 while it
        tells none."""
        return self._skews.get(connection_id, 0.0)

    def queue(self, account_id: str) -> list[Waiting]:
        """What waits now, for a token of the limiter or for the vendor's Retry-After; in the order of arrival."""
        return self._limiter.queue(account_id)

    def head_room(self, account_id: str) -> list[HeadRoom]:
        return self._limiter.head_room(account_id)

    def quotas(self, account_id: str) -> list[Quota]:
        """What is left of the account's limits over a long time, by host and endpoint group."""
        return self._limiter.quotas(account_id)

    def consecutive_throttles(self, account_id: str) -> int:
        """Refusals in a row (429 and the like) without an accepted call between: many over a long time mean a daily limit."""
        return self._limiter.consecutive_throttles(account_id)

    def _core(self, connection_id: int) -> Core:
        if connection_id not in self._breakers:
            self._breakers[connection_id] = Core(self._clock())
        return self._breakers[connection_id]

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            if self._closed:
                raise RuntimeError("the network is closed")
            self._session = open_session(self._trust)
        return self._session

    def _proxy_for(self, scheme: str, host: str) -> str | None:
        if self._proxy != SYSTEM:
            return None if is_loopback(host) else self._proxy
        key, now = (scheme, host), self._clock()
        kept = self._proxies.get(key)
        if kept is None or now >= kept[0]:  # asking may cost a registry read, or a look-up of the host
            kept = self._proxies[key] = (now + PROXY_KEPT_S, system_proxy(scheme, host))
        return kept[1]

    async def close(self) -> None:
        """Cuts what is in flight. Calls made afterwards raise RuntimeError."""
        self._closed = True
        self._deadlines.close()
        self._limiter.turns.close()
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()
