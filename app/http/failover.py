"""Failover: a vendor's alternate base address, asked when the usual one cannot be connected to. Must never ask anybody else after
a request may have acted, take an untrusted certificate for a dead host, or go where the Guard behind it does not let it."""

from __future__ import annotations

from collections.abc import Callable

from app.contracts import ProviderError
from app.http.call import Call, call_of
from app.http.lib import httpx
from app.http.policy import Policy

#: So long an alternate that answered stays first; then the usual address is tried again, by one call.
KEPT_S = 300.0
#: While that one call is under way (its connecting has an end), the others stay where they are.
TRIAL_S = 30.0


class Turned:
    """Which of its addresses an account uses now: 0 the usual one, n the nth alternate. Shared by all clients of the account."""

    __slots__ = ("_at", "_until")

    def __init__(self) -> None:
        self._at, self._until = 0, 0.0

    def order(self, count: int, now: float) -> list[int]:
        """In which order `count` addresses are to be tried."""
        first = self._at if self._at < count else 0
        if first and now >= self._until:
            first, self._until = 0, now + TRIAL_S
        return [first, *(one for one in range(count) if one != first)]

    def answered(self, which: int, now: float) -> None:
        """It could be connected to."""
        if which != self._at or now >= self._until:
            self._at, self._until = which, now + KEPT_S


class Failover(httpx.AsyncBaseTransport):
    """Between the limiter (the quota is the account's, whichever host counts it) and the Guard (which judges every address)."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, policy: Policy, base_url: str, turned: Turned, *, clock: Callable[[], float]
    ) -> None:  # fmt: skip
        self.inner, self.policy = inner, policy
        self._bases = [base.rstrip("/") for base in (base_url, *policy.alternates)]
        self._turned, self._clock = turned, clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        home, rest = call.host, self._below(request.url)
        if rest is None or "resign" in request.extensions:
            # Another address of the vendor's (token, upload), or a signature that names the host: neither has an alternate.
            return await self.inner.handle_async_request(request)
        order = self._turned.order(len(self._bases), self._clock())
        try:
            for last, which in enumerate(order, 1 - len(order)):
                try:
                    response = await self.inner.handle_async_request(self._to(call, request, which, rest))
                except ProviderError as error:
                    if not unreached(error, call) or not last or self._clock() >= call.until:
                        raise
                    continue
                self._turned.answered(which, self._clock())
                return response
            raise RuntimeError("an address list without an end")
        finally:
            call.host = home  # its lane, and the next attempt, begin at home

    def _below(self, url: httpx.URL) -> str | None:
        """What follows the usual base address, with the query; None for another address."""
        text, base = str(url), self._bases[0]
        return text[len(base) :] if text == base or text.startswith((base + "/", base + "?")) else None

    def _to(self, call: Call, request: httpx.Request, which: int, rest: str) -> httpx.Request:
        """The request at one of the addresses."""
        call.alternate = ""
        if not which:
            return request
        url = httpx.URL(self._bases[which] + rest)
        call.host = call.alternate = url.raw_host.decode("ascii")
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
        return httpx.Request(
            request.method, url, headers=headers, content=request.content, extensions=request.extensions
        )

    async def aclose(self) -> None:
        await self.inner.aclose()


def unreached(error: ProviderError, call: Call) -> bool:
    """Whether nobody was connected to: the vendor saw nothing of this attempt, nor of an earlier one that must not be repeated.
    A proxy that is down is down for every address."""
    message = error.message
    gone = message.code == "net.unreachable" and message.params.get("proxy") != "yes"
    return gone and not call.left and (call.repeatable or not call.sent)
