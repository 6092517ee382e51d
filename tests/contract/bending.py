"""A layer before a fake server that bends what it says: one feature made wrong for the length of a test. Knows no vendor.
It never touches the control room, so that the truth stays the truth.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Bend:
    """Answers to matching calls have `find` replaced by `put` (a regular expression on bytes). `path` (found
    anywhere in path and query), `method` and `contains` (of the request's body): '' matches all. `status` 0: as it was. `swallow`: the vendor's answer is
    `put` and nothing is done.
    """

    find: bytes = b""
    put: bytes = b""
    path: str = ""
    method: str = ""
    contains: str = ""
    status: int = 0
    only: frozenset[int] = frozenset()  # answers of these statuses; empty: of all
    swallow: bool = False

    def matches(self, method: str, path: str, body: bytes) -> bool:
        return (
            self.path in path and self.method in ("", method) and (not self.contains or self.contains.encode() in body)
        )


class Bending:
    """ASGI. `bends`: what is wrong at present; `met` counts the answers that came out different."""

    def __init__(self, inner: App) -> None:
        self.inner = inner
        self.bends: tuple[Bend, ...] = ()
        self.met = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.bends or scope["path"].startswith("/_control"):
            await self.inner(scope, receive, send)
            return
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        address = f"{scope['path']}?{scope.get('query_string', b'').decode('latin-1')}"
        mine = [one for one in self.bends if one.matches(scope["method"], address, body)]
        given = False

        async def replay() -> MutableMapping[str, Any]:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        if not mine:
            await self.inner(scope, replay, send)
            return
        swallowed = next((one for one in mine if one.swallow), None)
        if swallowed is not None:
            self.met += 1
            await _tell(send, swallowed.status or 200, [(b"content-type", b"application/json")], swallowed.put)
            return
        parts: list[MutableMapping[str, Any]] = []

        async def keep(part: MutableMapping[str, Any]) -> None:
            parts.append(part)

        await self.inner(scope, replay, keep)
        told = b"".join(part.get("body", b"") for part in parts[1:])
        bent, status = told, parts[0]["status"]
        for one in mine:
            if one.only and parts[0]["status"] not in one.only:
                continue
            bent = re.sub(one.find, one.put, bent, flags=re.DOTALL) if one.find else bent
            status = one.status or status
        self.met += (bent, status) != (told, parts[0]["status"])
        await _tell(send, status, parts[0].get("headers", []), bent)


async def _tell(send: Send, status: int, headers: Any, body: bytes) -> None:
    kept = [(name, value) for name, value in headers if bytes(name).lower() != b"content-length"]
    kept.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": kept})
    await send({"type": "http.response.body", "body": body, "more_body": False})
