"""Raw servers on loopback that answer by script, byte for byte: what a well-behaved server library would never send."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from app.http import Network, Policy, SampleRing

Script = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One request as it came, and the pipe for the answer."""

    def __init__(self, head: bytes, body: bytes, writer: asyncio.StreamWriter, number: int) -> None:
        self.head = head
        self.body = body
        self.writer = writer
        self.number = number
        self.method, self.target = head.split(b"\r\n")[0].decode().split(" ")[:2]
        self.headers = {
            k.strip().lower(): v.strip()
            for k, v in (x.split(":", 1) for x in head.decode().split("\r\n")[1:] if ":" in x)
        }

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: int = 200, body: bytes = b"{}", *lines: str) -> None:
        head = "\r\n".join([f"HTTP/1.1 {status} X", f"content-length: {len(body)}", *lines, "", ""])
        await self.send(head.encode() + body)

    def drop(self) -> None:
        """The connection ends with a reset or an end of file, whatever was promised."""
        self.writer.transport.abort()


class Server:
    def __init__(self, url: str) -> None:
        self.url = url
        self.visits: list[Visit] = []
        self.connections = 0


@asynccontextmanager
async def serving(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    tasks: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        found.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
                size = next(
                    (int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length:")), 0
                )
                visit = Visit(head, await reader.readexactly(size), writer, len(found.visits))
                found.visits.append(visit)
                await script(visit)
        tasks.discard(task)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    found = Server(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield found
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


@asynccontextmanager
async def networking(**changes: Any) -> AsyncIterator[Network]:
    network = Network(on_sample=changes.pop("on_sample", SampleRing()), **changes)
    try:
        yield network
    finally:
        await network.close()


def local(**changes: Any) -> Policy:
    plain: dict[str, Any] = {
        "connection_id": 1, "account_id": "acc", "connection_name": "Shop", "deadline_s": 5.0,
        "hosts": frozenset({"127.0.0.1"}), "retries": 0,
    }  # fmt: skip
    return Policy(**{**plain, **changes})
