"""Reads a body within its caps. Must never hold more than the cap, whatever was promised or packed: bodies are inflated in
slices, and 48 KB that unpack to 50 MB are refused on the way.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from app.http.lib import httpx

SLICE = 64 * 1024
RATIO_FROM = 1024 * 1024  # a ratio says nothing about a small body
MOST_MEMBERS = 1_000  # of one gzip body; a hundred thousand empty ones take seconds and hold nothing
_GZIP, _ZLIB, _BARE = 31, zlib.MAX_WBITS, -zlib.MAX_WBITS


class TooLarge(Exception):
    """More than the policy's cap, or packed beyond its ratio."""


class Truncated(Exception):
    """The packed body ended before its end mark."""


class Undecodable(Exception):
    """An encoding that was not asked for, or bytes that are not what the header says."""


async def read_body(response: httpx.Response, max_bytes: int, max_ratio: int, *, head: bool = False) -> bytes:
    """The decoded body of a response that was not read yet; `head`: none will come, whatever Content-Length says.

    Raises TooLarge, Truncated, Undecodable, and what the stream raises. The caller closes the response.
    """
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("the stream of an asynchronous transport is asynchronous")
    encoding, declared = "", 0
    for name, value in response.headers.raw:  # one pass: a look-up by name costs as much as this loop
        lowered = name.lower()
        if lowered == b"content-encoding":
            encoding = value.decode("latin-1").strip().lower()
        elif lowered == b"content-length" and value.isdigit() and len(value) < 19:
            declared = int(value)
    if encoding in ("", "identity"):
        return await _plain(stream, 0 if head else declared, max_bytes)
    if encoding in ("gzip", "x-gzip", "deflate"):
        return await _inflated(stream, encoding != "deflate", max_bytes, max_ratio)
    raise Undecodable(encoding)


def read_response(response: httpx.Response, request: httpx.Request, data: bytes) -> httpx.Response:
    """The response as a caller of httpx expects it after `aread()`, its body being `data`, decoded.

    Sets what `Response.aread()` would set (httpx is pinned to 0.28): a second Response, or `aread` over a stand-in stream,
    costs 30–50 µs of the 350 that a whole call takes.
    """
    if "content-encoding" in response.headers:  # undone; httpx would undo it again, and the length is the packed one's
        for name in ("content-encoding", "content-length", "transfer-encoding"):
            response.headers.pop(name, None)
    response.request = request
    response.stream = httpx.ByteStream(data)
    response._content = data
    response.is_closed = response.is_stream_consumed = True
    return response


async def _plain(stream: httpx.AsyncByteStream, declared: int, max_bytes: int) -> bytes:
    if declared > max_bytes:
        raise TooLarge
    size = 0
    chunks: list[bytes] = []
    async for chunk in stream:
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _inflated(stream: httpx.AsyncByteStream, gzip: bool, max_bytes: int, max_ratio: int) -> bytes:
    inflater = _Inflater(gzip)
    received = size = 0
    pieces: list[bytes] = []
    async for chunk in stream:
        received += len(chunk)
        for piece in inflater.feed(chunk):
            size += len(piece)
            if size > max_bytes or (size > RATIO_FROM and size > received * max_ratio):
                raise TooLarge
            pieces.append(piece)
    if received and not inflater.ended:
        raise Truncated
    return b"".join(pieces)


class _Inflater:
    """gzip with one or more members, or deflate: as zlib, or the bare stream that some servers send."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._start = b""
        self._packed = zlib.decompressobj(_GZIP) if gzip else None
        self._members = 1
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` unpacks to, at most SLICE bytes at a time. Raises Undecodable."""
        if self._packed is None:
            self._start += data
            if len(self._start) < 2:
                return
            data, first = self._start, self._start[0] * 256 + self._start[1]
            self._packed = zlib.decompressobj(_ZLIB if first % 31 == 0 and self._start[0] & 15 == 8 else _BARE)
        full = False  # zlib may still hold output when it has eaten all input
        while data or full:
            if self.ended:
                if not self._gzip or not data.startswith(b"\x1f"):
                    return  # padding after the end, as some servers send
                self._members += 1
                if self._members > MOST_MEMBERS:
                    raise Undecodable("too many members")
                self._packed, self.ended = zlib.decompressobj(_GZIP), False
            try:
                piece = self._packed.decompress(data, SLICE)
            except zlib.error as error:
                raise Undecodable(str(error)) from error
            full = len(piece) == SLICE
            if piece:
                yield piece
            self.ended = self._packed.eof
            data = self._packed.unused_data if self.ended else self._packed.unconsumed_tail
            full = full and not self.ended
