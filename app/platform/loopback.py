"""A listener on 127.0.0.1 for one answer that a browser brings (RFC 8252 7.3). It takes GET on one path with its own name in
`Host`, and nothing else; it must never listen beyond this computer, log what it is asked, or outlive its answer.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

log = logging.getLogger(__name__)
LONGEST_HEAD = 16 * 1024  # bytes
HEAD_PATIENCE_S = 10.0  # browsers open sockets ahead of need and leave them silent
MOST_AT_ONCE = 32


class Verdict(NamedTuple):
    """What the one who waits says of a query: the page for the browser, and whether the waiting is over."""

    page: str
    status: int = 200
    done: bool = False


#: Looks at the raw query ('' for none). Called on the loop; must not raise.
Judge = Callable[[str], Verdict]


class PortTaken(OSError):
    """The port that the vendor demands is held by another program."""


class Loopback:
    """`async with Loopback("/paxzar") as listener:` open `listener.address`'s consent page, then `await listener.answer(judge, 300)`.

    `name`: how the redirect calls this computer, `127.0.0.1` or `localhost`; bound is 127.0.0.1 in both cases. `port` 0 picks a
    free one. Raises PortTaken.
    """

    def __init__(self, path: str, *, name: str = "127.0.0.1", port: int = 0) -> None:
        if name not in ("127.0.0.1", "localhost"):
            raise ValueError(name)
        self._path, self._name, self._port = path, name, port
        self._socket: socket.socket | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def address(self) -> str:
        """The redirect address, with the port that was taken."""
        return f"http://{self._name}:{self._port}{self._path}"

    async def __aenter__(self) -> Self:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if sys.platform == "win32":  # there, SO_REUSEADDR would let another program listen on the same port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self._port))
            listener.listen(MOST_AT_ONCE)
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            raise PortTaken(error.errno, "the port is taken") from error
        self._socket, self._port = listener, listener.getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def answer(self, judge: Judge, seconds: float) -> None:
        """Serve until `judge` says that it is over and its page was sent. Raises TimeoutError."""
        if self._socket is None:
            raise RuntimeError("the listener is not open")
        over = asyncio.Event()

        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if over.is_set() or len(self._writers) >= MOST_AT_ONCE:
                writer.transport.abort()
                return
            self._writers.add(writer)
            try:
                if await self._serve(reader, writer, judge, over):
                    over.set()
            finally:
                self._writers.discard(writer)
                writer.close()

        # Made without serving: a cancel while it starts would leave a reader on a socket that nobody closes through the loop.
        server = await asyncio.start_server(client, sock=self._socket, limit=LONGEST_HEAD, start_serving=False)
        try:
            await server.start_serving()
            async with asyncio.timeout(seconds):
                await over.wait()
        finally:
            over.set()  # whoever comes now is turned away, and nobody waits for them
            server.close()
            for writer in list(self._writers):  # sockets that a browser opened ahead of need
                writer.transport.abort()
            await server.wait_closed()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, judge: Judge, over: asyncio.Event
    ) -> bool:
        """One request, one answer. Whether the waiting is over."""
        try:
            async with asyncio.timeout(HEAD_PATIENCE_S):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return False
        if over.is_set():
            return False
        verdict = self._judged(head, judge)
        try:
            writer.write(_reply(verdict))
            await writer.drain()
        except ConnectionError:
            log.info("the browser left before its page was sent")
        return verdict.done

    def _judged(self, head: bytes, judge: Judge) -> Verdict:
        lines = head.decode("latin-1").split("\r\n")
        method, _, rest = lines[0].partition(" ")
        target, _, version = rest.rpartition(" ")
        hosts = [line.partition(":")[2].strip() for line in lines[1:] if line[:5].casefold() == "host:"]
        if not version.startswith("HTTP/1.") or len(hosts) != 1:
            return Verdict("", 400)
        if hosts[0] != f"{self._name}:{self._port}":  # another name for this computer: somebody rebinds a domain
            return Verdict("", 421)
        path, _, query = target.partition("?")
        if path != self._path:
            return Verdict("", 404)
        if method != "GET":
            return Verdict("", 405)
        return judge(query)


_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 421: "Misdirected Request"}


def _reply(verdict: Verdict) -> bytes:
    body = verdict.page.encode()
    head = [
        f"HTTP/1.1 {verdict.status} {_REASONS[verdict.status]}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if verdict.status == 405:
        head.append("Allow: GET")
    return ("\r\n".join(head) + "\r\n\r\n").encode("ascii") + body
