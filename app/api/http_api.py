"""The loopback API: GET only, a bearer token, this computer's own names in `Host`, a limit of its own. It is off until the merchant
turns it on. It must never take a body, change anything, or answer anybody without the token.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import math
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import http_answers as answers
from app.api import prometheus
from app.api.http_answers import Look
from app.console import utc_now
from app.contracts.catalogue import UnknownIntegration
from app.formats.words import Words
from app.http.buckets import Bucket

log = logging.getLogger(__name__)
#: Calls: so many at once, then so many a second.
BURST, PER_S = 60, 20.0
_HERE = frozenset({"127.0.0.1", "localhost", "[::1]"})
_LONGEST_PATH = 2_000
Security = Callable[[str], None]


def reply(status: int, data: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(data), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )


class Door:
    """In front of every answer, in this order: whose host, how often, with which token, what is asked. `security(kind)` hears of a
    strange host or a wrong token; `hosts` are the names beside this computer's own."""

    def __init__(
        self,
        app: ASGIApp,
        token: Callable[[], str],
        say: Callable[..., str],
        security: Security,
        hosts: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._token, self._say, self._security, self._clock = app, token, say, security, clock
        self._hosts = _HERE | {name.lower() for name in hosts}
        self._bucket = Bucket(PER_S, BURST, clock())

    def refusal(self, request: Request) -> Response | None:
        """What answers a call that is not let in. Nothing of the call is repeated in it."""
        if not self._knows(request.headers.getlist("host")):
            self._security("refused_host")
            return self._no(421, "host")
        wait = self._bucket.delay(self._clock())
        if wait > 0:
            return self._no(429, "often", {"Retry-After": str(math.ceil(wait))})
        self._bucket.take(self._clock())
        if not self._opens(request.headers.getlist("authorization")):
            self._security("wrong_token")
            return self._no(401, "token", {"WWW-Authenticate": 'Bearer realm="paxzar"'})
        if request.method not in ("GET", "HEAD"):
            return self._no(405, "method", {"Allow": "GET, HEAD"})
        if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
            return self._no(413, "body", {"Connection": "close"})
        if len(request.url.path) > _LONGEST_PATH:
            return self._no(414, "path")
        return None

    def _knows(self, told: list[str]) -> bool:
        if len(told) != 1:
            return False
        name, colon, port = told[0].rpartition(":")
        if told[0].endswith("]") or not colon:
            name, port = told[0], ""
        return name.lower() in self._hosts and ((port.isdigit() and port.isascii()) or not port)

    def _opens(self, told: list[str]) -> bool:
        kind, _, token = told[0].partition(" ") if len(told) == 1 else ("", "", "")
        wanted = self._token()
        same = hmac.compare_digest(token.strip().encode("utf-8", "replace"), wanted.encode())
        return bool(wanted) and kind.lower() == "bearer" and same

    def _no(self, status: int, why: str, headers: dict[str, str] | None = None) -> Response:
        return reply(status, {"error": why, "message": self._say(f"api.no.{why}")}, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refused = self.refusal(Request(scope))
        try:
            await (refused or self._app)(scope, receive, send)
        except Exception:
            log.exception("the loopback API could not answer")
            await self._no(500, "ours")(scope, receive, send)


def application(look: Look, words: Callable[[], Words]) -> Starlette:
    """The answers themselves, without the door."""
    console = look.console

    async def health(_: Request) -> Response:
        return reply(200, answers.health_data(await look.reports(), len(console.catalogue.entries), utc_now()))

    async def integrations(_: Request) -> Response:
        entries = list(console.catalogue)
        return reply(200, answers.integrations_data(entries, await look.reports(), await look.features()))

    async def metrics(request: Request) -> Response:
        asked, wanted = request.path_params["integration"], request.query_params.get("connection")
        try:
            entry = console.catalogue.resolve(asked)
        except UnknownIntegration:
            return unknown("integration", asked)
        group = answers.by_integration(await look.reports()).get(entry.id, [])
        if wanted is not None:
            group = [one for one in group if wanted in (one.connection, str(one.connection_id))]
            if not group:
                return unknown("connection", wanted)
        return reply(200, answers.metrics_data(entry.id, group))

    async def prometheus_text(_: Request) -> Response:
        alerts: dict[str, int] = {}
        for row in await console.store.alerts.list():
            alerts[row.body.severity] = alerts.get(row.body.severity, 0) + 1
        figures = prometheus.Figures(
            await look.reports(), await console.store.outbox.counts(), alerts, console.engine.samples.dropped
        )
        return Response(prometheus.text(figures), 200, {"Cache-Control": "no-store"}, prometheus.CONTENT_TYPE)

    def unknown(what: str, name: str) -> Response:
        return reply(404, {"error": f"unknown_{what}", "message": words()(f"api.no.{what}", name=name[:80])})

    async def nothing(_: Request, __: Exception) -> Response:
        return reply(404, {"error": "path", "message": words()("api.no.path")})

    routes = [
        Route("/api/v1/health", health),
        Route("/api/v1/integrations", integrations),
        Route("/api/v1/metrics/{integration}", metrics),
        Route("/metrics", prometheus_text),
    ]
    return Starlette(routes=routes, exception_handlers={404: nothing})


class _Server(uvicorn.Server):
    """The program's own signals stay the program's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound(host: str, port: int) -> socket.socket:
    """A listening socket that no other program can listen on beside us. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def server_of(app: ASGIApp) -> tuple[uvicorn.Server, Callable[[socket.socket], Awaitable[None]]]:
    """A quiet server, and how to run it on a bound socket until its `should_exit`."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", http="h11", ws="none", server_header=False, proxy_headers=False,
        limit_concurrency=32, timeout_keep_alive=5, timeout_graceful_shutdown=1, h11_max_incomplete_event_size=16 * 1024,
    )  # fmt: skip
    server = _Server(config)

    async def run(sock: socket.socket) -> None:
        try:
            await server.serve(sockets=[sock])
        finally:
            sock.close()

    return server, run
