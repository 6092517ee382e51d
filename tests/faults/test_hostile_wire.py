"""Servers that lie, never end, pack bombs or lure a key away, and documents that were made to hurt: no crash, memory rises by at
most 150 MB (measured in a child process), the total deadline is kept, and no credential ever reaches another server.

What one layer promises on its own stands in tests/app/http; here it is all of them, through what a provider calls.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import sys
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from app.contracts import ProviderError, Secret, Token
from app.http import SampleRing
from app.http.lib import httpx
from app.kit import (
    BasicAuth,
    Call,
    HeaderAuth,
    MemoryTokens,
    OAuth1Auth,
    Reply,
    TokenAuth,
    bearer,
    decode_json,
    json_call,
    send,
)
from tests.app.http.loopback import Server, Visit, local, networking, serving

pytestmark = [pytest.mark.faults]
ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
MOST_RISE = 150 * MIB
DEADLINE_S = 2.0  # of wire_child
LATE_S = 1.5  # of our own work: a tick of the deadlines, and what was already read
SHARED_S = 15.0  # by the clock on the wall: the machine has other work too, and what is not kept lasts a minute
SECRET = "s3cr3t-value-of-the-merchant"
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@lru_cache
def _bomb(size: int, wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(bytes(size)) + packer.flush()


async def _fixed(visit: Visit, body: bytes, *lines: str) -> None:
    await visit.answer(200, body, *lines)


async def _endless(visit: Visit, start: bytes, piece: bytes, pause: float = 0.0) -> None:
    await visit.send(start)
    while True:
        await visit.send(piece)
        await asyncio.sleep(pause)


async def _redirecting(visit: Visit) -> None:
    name, number = visit.target.split("/")[1], visit.target.count("/")
    await visit.answer(302, b"", f"location: /{name}{'/hop' * number}")


async def _raw(visit: Visit, data: bytes) -> None:
    await visit.send(data)
    visit.writer.close()


def _chunk(size: str, data: bytes = b"{}") -> bytes:
    return OK + b"transfer-encoding: chunked\r\n\r\n" + size.encode() + b"\r\n" + data + b"\r\n0\r\n\r\n"


Script = Callable[[Visit], Awaitable[None]]
#: What the server does, and how it may end: message codes, or what a good answer looks like.
CASES: dict[str, tuple[Script, tuple[str, ...]]] = {
    "gzip-bomb": (lambda v: _fixed(v, _bomb(50 * MIB, 31), "content-encoding: gzip"), ("server.too_large",)),
    "deflate-bomb": (lambda v: _fixed(v, _bomb(50 * MIB, 15), "content-encoding: deflate"), ("server.too_large",)),
    "bare-deflate-bomb": (lambda v: _fixed(v, _bomb(50 * MIB, -15), "content-encoding: deflate"), ("server.too_large",)),
    "gzip-of-many-members": (lambda v: _fixed(v, _bomb(MIB, 31) * 60, "content-encoding: gzip"), ("server.too_large",)),
    "gzip-of-empty-members": (lambda v: _fixed(v, gzip.compress(b"", mtime=0) * 100_000, "content-encoding: gzip"), ("answer.unreadable",)),
    "gzip-in-gzip": (lambda v: _fixed(v, gzip.compress(_bomb(50 * MIB, 31)), "content-encoding: gzip, gzip"), ("answer.unreadable",)),
    "brotli": (lambda v: _fixed(v, b"\x8b\x00\x80{}\x03", "content-encoding: br"), ("answer.unreadable",)),
    "zstd": (lambda v: _fixed(v, b"\x28\xb5\x2f\xfd", "content-encoding: zstd"), ("answer.unreadable",)),
    "gigabyte": (lambda v: _endless(v, OK + b"\r\n", bytes(MIB)), ("server.too_large",)),
    "gigabyte-promised": (lambda v: _endless(v, OK + b"content-length: 1073741824\r\n\r\n", b""), ("server.too_large",)),
    "largest-allowed": (lambda v: _fixed(v, b"[" + b" " * (24 * MIB - 2) + b"]"), ("200: 25165824 bytes, 0 values",)),
    "trickle": (lambda v: _endless(v, OK + b"content-length: 900\r\n\r\n", b" ", 0.1), ("net.timeout",)),
    "trickle-of-chunks": (lambda v: _endless(v, OK + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.1), ("net.timeout",)),
    "trickle-of-gzip": (lambda v: _endless(v, OK + b"content-encoding: gzip\r\n\r\n", gzip.compress(b" "), 0.1), ("net.timeout",)),
    "trickle-of-a-header": (lambda v: _endless(v, OK + b"x-long: ", b"x", 0.1), ("net.timeout",)),
    "trickle-of-headers": (lambda v: _endless(v, OK, b"x-a: 1\r\n", 0.1), ("net.timeout",)),
    "silence": (lambda v: asyncio.sleep(60), ("net.timeout",)),
    "endless-continue": (lambda v: _endless(v, b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.01), ("net.timeout", "answer.unreadable", "net.cut")),
    "endless-early-hints": (lambda v: _endless(v, b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", 0.05), ("net.timeout", "answer.unreadable", "net.cut")),
    "endless-redirect": (_redirecting, ("server.redirect",)),
    "redirect-to-itself": (lambda v: v.answer(301, b"", f"location: {v.target}"), ("server.redirect",)),
    "header-of-1-MB": (lambda v: _raw(v, OK + b"x-long: " + b"x" * MIB + b"\r\ncontent-length: 2\r\n\r\n{}"), ("answer.unreadable",)),
    "header-without-end": (lambda v: _endless(v, OK + b"x-long: ", b"x" * 65536), ("answer.unreadable",)),
    "10000-headers": (lambda v: _raw(v, OK + b"".join(b"x-%d: 1\r\n" % n for n in range(10_000)) + b"content-length: 2\r\n\r\n{}"), ("answer.unreadable", "200: 2 bytes, 0 values")),
    "headers-without-end": (lambda v: _endless(v, OK, b"x-a: 1\r\n" * 5000), ("answer.unreadable", "net.timeout")),
    "status-line-without-end": (lambda v: _endless(v, b"HTTP/1.1 200 ", b"O" * 65536), ("answer.unreadable",)),
    "chunk-too-short": (lambda v: _raw(v, _chunk("1")), ("answer.unreadable", "net.cut")),
    "chunk-too-long": (lambda v: _raw(v, _chunk("ffff")), ("net.cut", "answer.unreadable")),
    "chunk-negative": (lambda v: _raw(v, _chunk("-2")), ("answer.unreadable", "net.cut")),
    "chunk-of-exabytes": (lambda v: _raw(v, _chunk("f" * 16)), ("net.cut", "answer.unreadable")),
    "chunk-overflow": (lambda v: _raw(v, _chunk("f" * 400)), ("net.cut", "answer.unreadable")),
    "chunk-size-without-end": (lambda v: _endless(v, OK + b"transfer-encoding: chunked\r\n\r\n", b"0" * 65536), ("answer.unreadable", "net.cut", "net.timeout")),
    "chunk-extension-without-end": (lambda v: _endless(v, OK + b"transfer-encoding: chunked\r\n\r\n1;", b"x" * 65536), ("answer.unreadable", "net.cut", "net.timeout")),
    "chunk-no-number": (lambda v: _raw(v, _chunk("zz")), ("answer.unreadable", "net.cut")),
    "length-too-long": (lambda v: _raw(v, OK + b"content-length: 200\r\n\r\n{}"), ("net.cut",)),
    "length-negative": (lambda v: _raw(v, OK + b"content-length: -5\r\n\r\n{}"), ("answer.unreadable",)),
    "length-no-number": (lambda v: _raw(v, OK + b"content-length: two\r\n\r\n{}"), ("answer.unreadable",)),
    "length-huge": (lambda v: _raw(v, OK + b"content-length: " + b"9" * 50 + b"\r\n\r\n{}"), ("answer.unreadable", "net.cut", "server.too_large")),
    "lengths-that-differ": (lambda v: _raw(v, OK + b"content-length: 2\r\ncontent-length: 4\r\n\r\n{}  "), ("answer.unreadable",)),
    "length-and-chunks": (lambda v: _raw(v, OK + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), ("answer.unreadable", "200: 2 bytes, 0 values")),
    "no-http-at-all": (lambda v: _raw(v, b"\x16\x03\x01\x02\x00\x01\x00\x01" + bytes(500)), ("answer.unreadable",)),
    "a-status-of-letters": (lambda v: _raw(v, b"HTTP/1.1 OK 200\r\n\r\n"), ("answer.unreadable",)),
    "a-status-of-9999": (lambda v: _raw(v, b"HTTP/1.1 9999 OK\r\ncontent-length: 2\r\n\r\n{}"), ("answer.unreadable",)),
    "nul-in-a-header": (lambda v: _raw(v, OK + b"x-a: \x00\r\ncontent-length: 2\r\n\r\n{}"), ("answer.unreadable",)),
    "upgrade": (lambda v: _raw(v, b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"), ("answer.unreadable", "net.cut", "server.redirect", "request.refused")),
}  # fmt: skip


async def _hostile(visit: Visit) -> None:
    name = visit.target.split("/")[1]
    await CASES[name][0](visit)


@asynccontextmanager
async def _child(*words: str) -> AsyncIterator[list[dict[str, Any]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.wire_child", *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 100)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    yield [json.loads(line) for line in out.splitlines()]


@pytest.mark.timeout(120)
async def test_no_answer_crashes_holds_up_or_fills_the_memory() -> None:
    async with serving(_hostile) as server, _child("ask", server.url, *CASES) as lines:
        _print(lines)
        assert [line["name"] for line in lines] == list(CASES)
        wrong = [line for line in lines if line["end"] not in CASES[line["name"]][1]]
        assert not wrong, "\n".join(map(str, wrong))
        assert not [line for line in lines if line["work"] > DEADLINE_S + LATE_S]
        assert not [line for line in lines if line["took"] > DEADLINE_S + SHARED_S]
        assert not [line for line in lines if line["rise"] > MOST_RISE]
        assert max(line["rise"] for line in lines) > 10 * MIB, "the measuring sees nothing"


@pytest.mark.timeout(120)
async def test_no_document_crashes_fetches_or_fills_the_memory(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("top-secret", encoding="utf-8")

    async def asked(visit: Visit) -> None:
        await visit.answer(200, b"<!ENTITY x 'asked'>")

    async with serving(asked) as thief, _child("read", thief.url, str(secret)) as lines:
        _print(lines)
        assert len(lines) > 60
        assert thief.connections == 0, "a document made the parser ask for another"
        assert not [line for line in lines if "SECRET" in line["end"] or line["end"].startswith("CRASH")]
        assert not [line for line in lines if line["work"] > 3.0]
        assert not [line for line in lines if line["rise"] > MOST_RISE]
        doctypes = [
            line
            for line in lines
            if line["name"].startswith(("external", "public", "parameter", "billion", "laughs", "quadratic", "subset"))
        ]
        assert len(doctypes) >= 24
        assert {line["end"] for line in doctypes} == {"answer.unreadable"}


def _print(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        print(f"{line['name']:40} {line['end']:40} {line['took']:6.2f} s {line['rise'] / MIB:6.1f} MB")


# -- credentials -------------------------------------------------------------------------------------------------------------
def _now() -> datetime:
    return datetime(2026, 11, 24, tzinfo=UTC)


def _token_auth(base: str) -> TokenAuth:
    return TokenAuth(
        store=MemoryTokens(), name="t", now=_now, place=bearer, read=lambda reply: Token(Secret(reply.body.decode())),
        fetch=lambda token: httpx.Request("POST", f"{base}/token", content=f"client_secret={SECRET}"),
    )  # fmt: skip


WAYS: dict[str, Callable[[str], httpx.Auth]] = {
    "basic": lambda base: BasicAuth("user", SECRET),
    "header": lambda base: HeaderAuth({"x-api-key": SECRET, "authorization": f"Bearer {SECRET}"}),
    "oauth1": lambda base: OAuth1Auth("key", SECRET, _now, lambda: "nonce"),
    "token": _token_auth,
}
STATUSES = (301, 302, 303, 307, 308)
METHODS = ("GET", "POST", "PUT", "DELETE")


@pytest.mark.parametrize("way", WAYS)
async def test_no_redirect_takes_a_key_to_another_server(way: str) -> None:
    """Every status, method and way to sign; to another host, another port, another scheme, and with names made to look alike."""
    wanted = [""]

    async def redirecting(visit: Visit) -> None:
        if visit.target == "/token" and wanted[0]:
            await visit.answer(200, b"a-token")
        else:
            status, _, location = wanted[0].partition(" ")
            await visit.answer(int(status), b"{}", f"location: {location}")

    async with serving(_welcoming) as thief, serving(redirecting) as server, networking() as net:
        hosts = frozenset(
            {"127.0.0.1", "localhost"}
        )  # both allowed: what keeps the key at home is the redirect rule alone
        places = _elsewhere(thief, server)
        for (place, status), method in itertools.product(itertools.product(places, STATUSES), METHODS):
            wanted[0] = f"{status} {place}"
            client = net.client(local(hosts=hosts), server.url)
            net.reset_breaker(1)
            call = Call(
                method, "/orders", "orders", (("key", SECRET),), body=SECRET.encode() if method != "GET" else None
            )
            with pytest.raises(ProviderError) as caught:
                await send(client, call, auth=WAYS[way](server.url))
            assert caught.value.message.code in ("server.redirect", "config.host_not_allowed"), (place, caught.value)
            assert SECRET not in repr(caught.value.message)
        assert thief.connections == 0
        assert len(server.visits) >= len(places) * len(STATUSES) * len(METHODS)


async def _welcoming(visit: Visit) -> None:
    await visit.answer(200, b"[]")


def _elsewhere(thief: Server, server: Server) -> list[str]:
    port, own = thief.url.rpartition(":")[2], server.url.rpartition(":")[2]
    return [
        f"http://127.0.0.1:{port}/steal",
        f"http://localhost:{port}/steal",
        f"//127.0.0.1:{port}/steal",
        f"https://127.0.0.1:{port}/steal",
        f"https://127.0.0.1:{own}@127.0.0.1:{port}/steal",
        f"http://127.0.0.1:{own}@127.0.0.1:{port}/steal",
        f"http://user:pass@127.0.0.1:{own}/steal",
        f"http://127.0.0.1:{port}#@127.0.0.1:{own}/",
        f"http://[::1]:{port}/",
        f"http://2130706433:{port}/",
        f"http://localhost:{own}/steal",
        "http://127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ]


async def test_a_token_call_that_is_redirected_sends_its_secret_nowhere() -> None:
    async with serving(_welcoming) as thief, networking() as net:

        async def redirecting(visit: Visit) -> None:
            await visit.answer(307, b"", f"location: {thief.url}/token")

        async with serving(redirecting) as server:
            client = net.client(local(), server.url)
            with pytest.raises(ProviderError):
                await send(client, Call("GET", "/orders", "orders"), auth=_token_auth(server.url))
            assert (thief.connections, [v.target for v in server.visits]) == (0, ["/token"])


async def test_an_address_out_of_an_answer_gets_no_credentials_of_a_host_that_was_not_named() -> None:
    """A vendor's `next` link or document address may point anywhere: the guard knows the hosts, whoever built the call."""
    async with serving(_welcoming) as thief, serving(_welcoming) as server, networking() as net:
        client = net.client(local(), server.url)
        for place in (
            thief.url.replace("127.0.0.1", "localhost"),
            "https://127.0.0.1.evil.test",
            "https://evil.test/127.0.0.1",
        ):
            with pytest.raises(ProviderError, match=r"config\.host_not_allowed"):
                await send(client, json_call("GET", place, "orders"), auth=BasicAuth("user", SECRET))
        assert (thief.connections, server.connections) == (0, 0)


# -- connections that are used again -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "first",
    [
        b'content-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n["forged"]',
        b'content-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n["forged"]',
        b'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n["forged"]',
        b'transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n2\r\n{}\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n["forged"]',
    ],
    ids=["too-short", "empty", "chunked", "both"],
)
async def test_what_is_left_of_one_answer_is_never_the_answer_to_the_next_call(first: bytes) -> None:
    async def script(visit: Visit) -> None:
        if visit.number % 2 == 0:
            await visit.send(OK + first)
            await asyncio.sleep(0.02)
        else:
            await visit.answer(200, b'["true"]')

    async with serving(script) as server, networking(on_sample=SampleRing()) as net:
        client = net.client(local(retries=0), server.url)
        for _ in range(6):
            net.reset_breaker(1)
            await _answer(client.post("/first", content=b"{}"))
            await asyncio.sleep(0.03)
            assert await _answer(client.get("/second")) in ("['true']", "{}", "", "answer.unreadable", "net.cut")


async def _answer(doing: Awaitable[httpx.Response]) -> str:
    """The body, or the code of the error."""
    try:
        return (await doing).text.replace('"', "'")
    except ProviderError as error:
        return error.message.code


async def test_an_answer_that_comes_before_it_was_asked_for_is_not_taken() -> None:
    """A server that pushes an answer down an idle connection must not answer the next call with it."""

    async def script(visit: Visit) -> None:
        await visit.answer(200, b"[1]")
        await asyncio.sleep(0.02)
        await visit.send(OK + b'content-length: 10\r\n\r\n["forged"]')

    async with serving(script) as server, networking() as net:
        client = net.client(local(retries=1), server.url)
        for _ in range(5):
            assert (await client.get("/")).content == b"[1]"
            await asyncio.sleep(0.06)


async def test_one_hostile_vendor_does_not_hold_up_another() -> None:
    """While one sends bombs, endless headers and trickles, another's calls are answered at their usual pace."""
    async with serving(_hostile) as bad, serving(_welcoming) as good, networking() as net:
        names = ["gzip-bomb", "trickle", "silence", "trickle-of-chunks", "trickle-of-a-header", "endless-redirect"] * 8
        hostile = net.client(local(deadline_s=2.0, account_id="bad", connection_id=2), bad.url)
        stuck = [asyncio.create_task(hostile.get(f"/{name}")) for name in names]
        client, slowest = net.client(local(deadline_s=5.0), good.url), 0.0
        for _ in range(40):
            began = time.perf_counter()
            assert (await client.get("/")).content == b"[]"
            slowest = max(slowest, time.perf_counter() - began)
            await asyncio.sleep(0.01)
        for task in stuck:
            task.cancel()
        ended = await asyncio.gather(*stuck, return_exceptions=True)
        assert all(isinstance(one, (ProviderError, asyncio.CancelledError)) for one in ended), ended
        assert slowest < 3.0, f"{slowest:.2f} s"


def test_what_no_reader_can_hold_is_refused_in_words_that_exist() -> None:
    reply = Reply(200, {}, b"[" + b"0," * 600_000 + b"0]", "orders")
    with pytest.raises(ProviderError) as caught:
        decode_json(reply, list[int])
    assert (caught.value.message.code, caught.value.message.params["operation"]) == ("server.too_large", "orders")
