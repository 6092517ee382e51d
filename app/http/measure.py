"""Measure: one sample per attempt, from the first byte out to the last byte in. Must never fail a call, nor look at its contents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from app.http import headers
from app.http.call import Call, call_of
from app.http.lib import httpx
from app.http.policy import Policy
from app.http.samples import Sample, SampleClass, SampleRing


def class_of_status(status: int, policy: Policy) -> SampleClass:
    if status < 400:
        return SampleClass.OK
    if status in policy.throttle_statuses:
        return SampleClass.THROTTLED
    if status in (401, 403):
        return SampleClass.AUTH
    return SampleClass.CLIENT_ERROR if status < 500 else SampleClass.SERVER_ERROR


def class_of_error(error: BaseException, call: Call) -> SampleClass | None:
    """None for what is no attempt's end: a call that somebody cancelled, a bug of ours."""
    if isinstance(error, asyncio.CancelledError):
        return SampleClass.TIMEOUT if call.watch is not None and call.watch.expired else None
    if isinstance(error, httpx.TimeoutException):
        return SampleClass.TIMEOUT
    return SampleClass.NETWORK if isinstance(error, httpx.TransportError) else None


class Measure(httpx.AsyncBaseTransport):
    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        policy: Policy,
        ring: SampleRing,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        skews: dict[int, float] | None = None,
    ) -> None:
        self.inner = inner
        self.policy = policy
        self.ring = ring
        self.clock = clock
        self.wall = wall
        self.skews = skews
        self._skew_due = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        at, started = self.wall(), self.clock()
        try:
            response = await self.inner.handle_async_request(request)
        except BaseException as error:
            ended = class_of_error(error, call)
            if ended is not None:
                self.add(call, ended, 0, at, started, 0)
            raise
        if self.skews is not None and started >= self._skew_due:
            self._note_skew(self.skews, response, at, started)
        stream = response.stream
        if isinstance(stream, httpx.AsyncByteStream):
            response.stream = _Measured(self, call, stream, response.status_code, at, started)
        return response

    def _note_skew(self, skews: dict[int, float], response: httpx.Response, at: float, started: float) -> None:
        """How far the vendor's clock is from ours (Date header, whole seconds); once a minute, for it costs a parse."""
        dates = response.headers.get_list("date")  # a proxy may put its own before the vendor's
        said = headers.instant(dates[-1]) if dates else None
        if said is not None:
            skews[self.policy.connection_id] = said - at
            self._skew_due = started + 60.0

    def add(self, call: Call, outcome: SampleClass, status: int, at: float, started: float, size: int) -> None:
        policy = self.policy
        took = (self.clock() - started) * 1000.0
        self.ring.add(
            Sample(
                policy.connection_id, policy.account_id, call.operation, outcome, status, at, took, size, call.probe,
                call.alternate,
            )
        )  # fmt: skip

    async def aclose(self) -> None:
        await self.inner.aclose()


class _Measured(httpx.AsyncByteStream):
    """Counts the body as it passes; the sample is written once, when the stream is closed."""

    __slots__ = ("_at", "_call", "_ended", "_inner", "_owner", "_size", "_started", "_status", "_written")

    def __init__(
        self, owner: Measure, call: Call, inner: httpx.AsyncByteStream, status: int, at: float, started: float
    ) -> None:
        self._owner = owner
        self._call = call
        self._inner = inner
        self._status = status
        self._at = at
        self._started = started
        self._size = 0
        self._ended: SampleClass | None = class_of_status(status, owner.policy)
        self._written = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._inner:
                self._size += len(chunk)
                yield chunk
        except (httpx.HTTPError, asyncio.CancelledError) as error:
            self._ended = class_of_error(error, self._call)
            raise

    async def aclose(self) -> None:
        if not self._written:
            self._written = True
            ended = self._call.spoilt or self._ended
            if ended is not None:
                self._owner.add(self._call, ended, self._status, self._at, self._started, self._size)
        await self._inner.aclose()
