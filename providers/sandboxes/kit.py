"""What every fake server shares: the control room, faults, a clock, limits. Knows no vendor and no client."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[Request], Awaitable[Response]]

CONTROL = "/_control"


class SandboxClock:
    """The server's clock: real time plus an offset that tests can move. Aware UTC."""

    def __init__(self) -> None:
        self.offset = 0.0

    def timestamp(self) -> float:
        return time.time() + self.offset

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), UTC)


class Bucket:
    """A token bucket on the sandbox clock. `take` says whether a call is allowed now."""

    def __init__(self, clock: SandboxClock, rate: float, burst: float) -> None:
        self.clock, self.rate, self.burst = clock, rate, burst
        self.level, self.at = burst, clock.timestamp()

    def take(self, cost: float = 1.0) -> bool:
        now = self.clock.timestamp()
        self.level = min(self.burst, self.level + max(0.0, now - self.at) * self.rate)
        self.at = now
        if self.level < cost:
            return False
        self.level -= cost
        return True


@dataclass
class Fault:
    """One misbehaviour, armed by `POST /_control/faults`.

    kind: `status` (answer `status` with `headers` and `body`, the handler is not run) · `drop` (close without
    acting) · `drop_after` (act, then close the socket without an answer) · `slow` (wait `seconds`, then act) ·
    `trickle` (act, then send one byte each `seconds`) · `garbage` (act, answer bytes that are not the format) ·
    `cut` (act, send half of the body, close) · `html` (an HTML page, `status` defaults to 200, not acted) ·
    `gzip_bomb` (48 KB that unpack to 50 MB) · `redirect` (302 to `location`, not acted).
    """

    kind: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    location: str = ""
    path: str = ""  # substring of the path; empty matches every vendor call
    method: str = ""
    contains: str = ""  # substring of the request body, for SOAP and GraphQL, where one path serves all
    skip: int = 0  # let so many matching calls pass first
    count: int = 1  # how many times; -1 for ever

    def matches(self, method: str, path: str, body: bytes) -> bool:
        if self.count == 0:
            return False
        if self.path and self.path not in path:
            return False
        if self.method and self.method.upper() != method:
            return False
        if self.contains and self.contains.encode() not in body:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count > 0:
            self.count -= 1
        return True


class Sandbox(ABC):
    """Base of every fake server. A subclass fills in the vendor; the control room below is the same for all.

    Truth rows, the same keys for every vendor so that one suite can judge all of them (money as decimal strings,
    instants as ISO 8601 UTC):
      order   {remote_id, number, status, placed_at, updated_at, buyer, total, currency,
               lines: [{remote_id, sku, quantity, unit_price}]}   `unit_price` as the vendor states it
      listing {remote_id, sku, barcode, title, price, list_price|None, stock|None, currency}
      shipment{reference, tracking_number, status, ...}
      product {sku, barcode, title, category_id, brand, attributes {id or name: words}, images [url], price, list_price|None, quantity,
               vat_rate|None, remote_id}   published or on the way there; the switches `refuse_product:<sku>`, `slow_products` and
               `ignore_products` and the counters `products_created`, `products_updated`, `product:<sku>` go with it
    `remote_id` is the id a good client would key the record by (Trendyol: the shipment package's id).
    """

    name: ClassVar[str] = ""
    #: What a connection must hold to be let in, by the manifest's credential keys (`seller_id`, `api_key`, …).
    credentials: dict[str, str]

    def __init__(self, *, seed: int = 1, orders: int = 0, listings: int = 0) -> None:
        self.seed = seed
        self.clock = SandboxClock()
        self.faults: list[Fault] = []
        self.calls: deque[dict[str, Any]] = deque(maxlen=20_000)
        self.call_count = 0
        self.limits_on = True
        self.between_hook: Callable[[], None] | None = None
        self._between: deque[dict[str, int]] = deque()
        self.app: Callable[[Scope, Receive, Send], Awaitable[None]] = FaultLayer(self, self._starlette())
        self.credentials = {}
        self.reset(orders=orders, listings=listings, seed=seed)

    # -- what a vendor fills in ---------------------------------------------------------------------------------
    @abstractmethod
    def routes(self) -> list[BaseRoute]:
        """The vendor's paths."""

    @abstractmethod
    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        """Start anew with generated records. Deterministic for one seed, apart from instants near 'now'."""

    # What follows is for a vendor without orders; one that has them fills it in.
    def add_orders(self, count: int) -> list[str]:
        """Buyers place `count` new orders now; returns their remote ids."""
        return []

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """`count` seeded-random orders change now (last-modified moves). Returns remote ids."""
        return []

    def cancel_order(self, remote_id: str) -> None:
        """The buyer or the channel cancels an order now. KeyError: there is no such order."""
        raise KeyError(remote_id)

    def damage_order(self, remote_id: str) -> None:
        """Make one order's wire record unreadable (a required field of the wrong type), the others stay good. KeyError: there
        is no such order."""
        raise KeyError(remote_id)

    def truth_orders(self) -> list[dict[str, Any]]:
        return []

    def truth_listings(self) -> list[dict[str, Any]]:
        return []

    def truth_shipments(self) -> list[dict[str, Any]]:
        return []

    def truth_products(self) -> list[dict[str, Any]]:
        """What the seller published, for a vendor whose fake takes products."""
        return []

    def counters(self) -> dict[str, int]:
        """Vendor counters worth asserting on: writes applied per listing, shipments created, batches taken …"""
        return {}

    def switch(self, feature: str, on: bool) -> None:
        """Switch one behaviour off (`ignore_writes`, `refuse_sku:…`, …); the subclass documents its features."""
        raise KeyError(feature)

    # -- shared ------------------------------------------------------------------------------------------------
    def page_served(self) -> None:
        """A vendor's list handler calls this after building a page: records may move between two pages."""
        if self._between:
            step = self._between.popleft()
            if step.get("new"):
                self.add_orders(step["new"])
            if step.get("touch"):
                self.touch_orders(step["touch"], step.get("seed", self.call_count))

    def _starlette(self) -> Starlette:
        control = [
            Route("/reset", self._control_reset, methods=["POST"]),
            Route("/orders", self._control_orders, methods=["GET", "POST"]),
            Route("/listings", self._control_listings),
            Route("/shipments", self._control_shipments),
            Route("/products", self._control_products),
            Route("/touch", self._control_touch, methods=["POST"]),
            Route("/cancel", self._control_cancel, methods=["POST"]),
            Route("/damage", self._control_damage, methods=["POST"]),
            Route("/between", self._control_between, methods=["POST"]),
            Route("/faults", self._control_faults, methods=["POST", "DELETE"]),
            Route("/clock", self._control_clock, methods=["POST"]),
            Route("/limits", self._control_limits, methods=["POST"]),
            Route("/switch", self._control_switch, methods=["POST"]),
            Route("/calls", self._control_calls, methods=["GET", "DELETE"]),
            Route("/state", self._control_state),
            Route("/credentials", self._control_credentials),
        ]
        return Starlette(routes=[Mount(CONTROL, routes=control), *self.routes()])

    async def _control_reset(self, request: Request) -> Response:
        args = await request.json()
        self.faults.clear()
        self.calls.clear()
        self._between.clear()
        self.call_count = 0
        self.clock.offset = 0.0
        self.reset(orders=args.get("orders", 0), listings=args.get("listings", 0), seed=args.get("seed", self.seed))
        return JSONResponse({"ok": True})

    async def _control_orders(self, request: Request) -> Response:
        if request.method == "POST":
            return JSONResponse({"remote_ids": self.add_orders((await request.json()).get("count", 1))})
        return JSONResponse(self.truth_orders())

    async def _control_listings(self, request: Request) -> Response:
        return JSONResponse(self.truth_listings())

    async def _control_shipments(self, request: Request) -> Response:
        return JSONResponse(self.truth_shipments())

    async def _control_products(self, request: Request) -> Response:
        return JSONResponse(self.truth_products())

    async def _control_touch(self, request: Request) -> Response:
        args = await request.json()
        return JSONResponse({"remote_ids": self.touch_orders(args.get("count", 1), args.get("seed", 1))})

    async def _control_cancel(self, request: Request) -> Response:
        self.cancel_order((await request.json())["remote_id"])
        return JSONResponse({"ok": True})

    async def _control_damage(self, request: Request) -> Response:
        self.damage_order((await request.json())["remote_id"])
        return JSONResponse({"ok": True})

    async def _control_between(self, request: Request) -> Response:
        """Body `[{"new": 1, "touch": 2, "seed": 7}, …]`: one step after each served page."""
        self._between.extend(await request.json())
        return JSONResponse({"ok": True})

    async def _control_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
        else:
            args = await request.json()
            self.faults.extend(Fault(**one) for one in (args if isinstance(args, list) else [args]))
        return JSONResponse({"armed": len(self.faults)})

    async def _control_clock(self, request: Request) -> Response:
        self.clock.offset += float((await request.json())["advance"])
        return JSONResponse({"now": self.clock.now().isoformat()})

    async def _control_limits(self, request: Request) -> Response:
        self.limits_on = bool((await request.json())["on"])
        return JSONResponse({"on": self.limits_on})

    async def _control_switch(self, request: Request) -> Response:
        args = await request.json()
        self.switch(args["feature"], bool(args.get("on", False)))
        return JSONResponse({"ok": True})

    async def _control_calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.calls.clear()
        return JSONResponse(list(self.calls))

    async def _control_state(self, request: Request) -> Response:
        return JSONResponse({"name": self.name, "calls": self.call_count, "counters": self.counters()})

    async def _control_credentials(self, request: Request) -> Response:
        return JSONResponse(self.credentials)


class FaultLayer:
    """Outermost ASGI layer: counts calls and acts out the armed faults. Control calls pass untouched."""

    def __init__(self, sandbox: Sandbox, inner: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.sandbox, self.inner = sandbox, inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self.inner(scope, receive, send)
            return
        box = self.sandbox
        box.call_count += 1
        body = await _read(receive)
        started = False
        status = 0

        async def replay() -> MutableMapping[str, Any]:
            nonlocal started
            if started:
                return await receive()
            started = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def watch(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        fault = next((f for f in box.faults if f.matches(scope["method"], scope["path"], body)), None)
        try:
            if fault is None:
                await self.inner(scope, replay, watch)
            else:
                await self._act(fault, scope, replay, watch, send)
        finally:
            box.calls.append(
                {
                    "method": scope["method"],
                    "path": scope["path"],
                    "query": scope.get("query_string", b"").decode("latin-1"),
                    "status": status,
                    "fault": fault.kind if fault else "",
                    "at": box.clock.timestamp(),
                    "body": body[:4000].decode("utf-8", "replace"),
                }
            )

    async def _act(self, fault: Fault, scope: Scope, receive: Receive, send: Send, raw_send: Send) -> None:
        kind = fault.kind
        if kind == "status":
            await _answer(send, fault.status, fault.headers, fault.body.encode())
        elif kind == "html":
            page = (
                "<!DOCTYPE html><html><head><title>Bakım</title></head><body><h1>Şu anda bakımdayız</h1></body></html>"
            )
            await _answer(send, fault.status or 200, {"content-type": "text/html; charset=utf-8"}, page.encode())
        elif kind == "redirect":
            await _answer(send, fault.status or 302, {"location": fault.location}, b"")
        elif kind == "gzip_bomb":
            bomb = gzip.compress(b'{"pad":"' + b" " * 50_000_000 + b'"}', 9)
            await _answer(send, 200, {"content-type": "application/json", "content-encoding": "gzip"}, bomb)
        elif kind == "drop":
            _hang_up(raw_send)
        elif kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self.inner(scope, receive, send)
        else:
            kept = _Kept()
            await self.inner(scope, receive, kept)
            if kind == "drop_after":
                _hang_up(raw_send)
            elif kind == "garbage":
                await _answer(send, kept.status, {"content-type": "application/json"}, b'{"a": [1, 2,, \xff\xfe <<')
            elif kind in ("trickle", "cut"):
                await _partial(kind, fault, kept, send, raw_send)
            else:
                raise ValueError(f"unknown fault kind {kind!r}")


async def _partial(kind: str, fault: Fault, kept: _Kept, send: Send, raw_send: Send) -> None:
    await send({"type": "http.response.start", "status": kept.status, "headers": kept.headers})
    if kind == "cut":
        await send({"type": "http.response.body", "body": kept.body[: len(kept.body) // 2], "more_body": True})
        await asyncio.sleep(0.05)
        _hang_up(raw_send)
        return
    for i in range(len(kept.body)):
        await send({"type": "http.response.body", "body": kept.body[i : i + 1], "more_body": True})
        await asyncio.sleep(fault.seconds or 0.5)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Kept:
    """An ASGI `send` that keeps the answer instead of sending it."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 200, [], b""  # type: tuple[int, list[tuple[bytes, bytes]], bytes]

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        else:
            self.body += message.get("body", b"")


def _hang_up(send: Send) -> None:
    """Cut the socket under uvicorn's feet: `send` is a bound method of its request cycle, which holds the transport."""
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise ConnectionAbortedError("this server cannot hang up without uvicorn")
    if cycle is not None:  # tell uvicorn that nobody waits for the answer, so that it does not log an error
        cycle.disconnected = True
        cycle.response_complete = True
    transport.abort()


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    pairs = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def json_reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A compact JSON answer. Money comes as text or as integers: no float is ever made of it here."""
    return Response(
        json.dumps(data, ensure_ascii=False, separators=(",", ":")),
        status,
        headers=headers,
        media_type="application/json",
    )


def paged(rows: Iterable[Any], page: int, size: int) -> list[Any]:
    """Rows of the 0-based page."""
    return list(rows)[page * size : (page + 1) * size]
