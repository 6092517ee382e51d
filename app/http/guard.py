"""Guard: only allowed hosts, https, the deadline, the caps. Turns what the wire raises into messages. Must never let a
credential reach a host that the policy does not name, nor an answer through that is bigger than allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from app.contracts import ProviderError, fail
from app.http.body import TooLarge, Truncated, Undecodable, read_body, read_response
from app.http.call import Call, call_of
from app.http.deadlines import DeadlineExpired, Deadlines
from app.http.lib import httpx
from app.http.policy import Policy
from app.http.reach import has_route, is_loopback
from app.http.samples import SampleClass
from app.http.wire import Garbage, TlsError

MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Guard(httpx.AsyncBaseTransport):
    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        policy: Policy,
        *,
        clock: Callable[[], float],
        deadlines: Deadlines,
        online: Callable[[], bool] = has_route,
    ) -> None:
        self.inner = inner
        self.policy = policy
        self._clock = clock
        self._deadlines = deadlines
        self._online = online
        self._passed: set[tuple[str, bytes]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        self._check(call, request.url)
        started = self._clock()
        try:
            with self._deadlines.watch(call.until) as call.watch:
                response = await self._attempt(call, request)
                for _ in range(MOST_REDIRECTS):
                    if response.status_code not in _REDIRECTS or "location" not in response.headers:
                        break
                    request = self._follow(call, request, response)
                    response = await self._attempt(call, request)
                else:
                    if response.status_code in _REDIRECTS:
                        raise fail(call.message("server.redirect", to=call.host))
        except DeadlineExpired as expired:
            raise fail(call.message("net.timeout", seconds=f"{call.deadline_s:g}")) from expired
        response.elapsed = timedelta(seconds=self._clock() - started)
        return response

    def _check(self, call: Call, url: httpx.URL) -> None:
        key = (url.scheme, url.raw_host)
        if key in self._passed:
            return
        scheme, host = url.scheme, url.raw_host.decode("ascii")
        hosts = self.policy.hosts
        known = host in hosts or any(h.startswith("*.") and host.endswith(h[1:]) and host != h[1:] for h in hosts)
        if not known or scheme not in ("http", "https"):
            raise fail(call.message("config.host_not_allowed", host=host))
        if scheme == "http" and not is_loopback(host) and host not in self.policy.insecure_hosts:
            raise fail(call.message("config.insecure_url", host=host))
        self._passed.add(key)

    async def _attempt(self, call: Call, request: httpx.Request) -> httpx.Response:
        """One trip over the wire; the answer read, decoded and closed."""
        call.left = True
        call.throttled = None
        call.answered = False
        try:
            response = await self.inner.handle_async_request(request)
            try:
                data = await self._body(call, request, response)
                if self.policy.throttling is not None:
                    call.throttled = self.policy.throttling(response.status_code, data)
                    if call.throttled is not None:
                        call.spoilt = SampleClass.THROTTLED
                if self.policy.answered is not None and response.status_code >= 500:
                    call.answered = self.policy.answered(response.status_code, data)
                    if call.answered:
                        call.spoilt = SampleClass.CLIENT_ERROR
            finally:
                # Not response.aclose(): that skips the stream of a response which its transport had read already.
                if isinstance(response.stream, httpx.AsyncByteStream):
                    await response.stream.aclose()
        except httpx.HTTPError as error:
            raise self._failure(call, error) from error
        return read_response(response, request, data)

    async def _body(self, call: Call, request: httpx.Request, response: httpx.Response) -> bytes:
        policy = self.policy
        try:
            return await read_body(response, policy.max_bytes, policy.max_ratio, head=request.method == "HEAD")
        except TooLarge as error:
            call.spoilt = SampleClass.UNREADABLE
            message = call.message("server.too_large", status=response.status_code, limit=str(policy.max_bytes))
            raise fail(message) from error
        except Truncated as error:
            call.spoilt = SampleClass.NETWORK
            raise fail(call.message("net.cut", status=response.status_code)) from error
        except Undecodable as error:
            call.spoilt = SampleClass.UNREADABLE
            raise fail(
                call.message("answer.unreadable", status=response.status_code, field="content-encoding")
            ) from error

    def _follow(self, call: Call, request: httpx.Request, response: httpx.Response) -> httpx.Request:
        """The next request of a redirect that stays on its host. Everything else is refused: a key must not wander."""
        try:
            target = request.url.join(response.headers["location"])
            to = target.raw_host.decode("ascii")
        except (httpx.InvalidURL, ValueError) as error:
            raise fail(call.message("server.redirect", status=response.status_code, to="")) from error
        here = request.url
        at_home = (target.scheme, to, target.port) == (here.scheme, call.host, here.port)
        # Only from the usual port to the usual port: what answers at another one is another server.
        usual = here.port is None and target.port is None
        upgraded = here.scheme == "http" and target.scheme == "https" and to == call.host and usual
        if not (at_home or upgraded) or target.userinfo or request.method not in ("GET", "HEAD"):
            raise fail(call.message("server.redirect", status=response.status_code, to=to))
        return httpx.Request(request.method, target, headers=_without_host(request), extensions=request.extensions)

    def _failure(self, call: Call, error: httpx.HTTPError) -> ProviderError:
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)):
            call.left = False
        if isinstance(error, TlsError):
            return fail(call.message("net.tls"))
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
            proxied = isinstance(error, httpx.ProxyError)
            if not proxied and not is_loopback(call.host) and not self._online():
                return fail(call.message("net.offline"))
            return fail(call.message("net.unreachable", proxy="yes" if proxied else "no"))
        if isinstance(error, httpx.TimeoutException):
            return fail(call.message("net.timeout"))
        if isinstance(error, Garbage):
            return fail(call.message("answer.unreadable"))
        if isinstance(error, httpx.LocalProtocolError):
            call.left = False
            return fail(call.message("config.field", field="header"))
        return fail(call.message("net.cut"))

    async def aclose(self) -> None:
        await self.inner.aclose()


def _without_host(request: httpx.Request) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
