"""Guard: who may be called, redirects, caps and cut answers. Real sockets where bytes matter, a fake wire where only rules do."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import ProviderError
from app.http import SampleClass, body
from app.http.lib import httpx
from tests.app.http.loopback import Visit, local, networking, serving
from tests.app.http.virtual import Wire, network, policy, run_virtual

SECRET = "s3cr3t-value"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://api.test/x", ""),
        ("https://API.TEST/x", ""),
        ("https://eu.cdn.test/x", ""),
        ("https://a.b.cdn.test/x", ""),
        ("http://127.0.0.1:9/x", ""),
        ("http://shop.test/x", ""),
        ("https://cdn.test/x", "config.host_not_allowed"),
        ("https://evilcdn.test/x", "config.host_not_allowed"),
        ("https://api.test.evil.test/x", "config.host_not_allowed"),
        ("https://api.test@evil.test/x", "config.host_not_allowed"),
        ("https://api.test./x", "config.host_not_allowed"),
        ("http://localhost/x", "config.host_not_allowed"),
        ("ftp://api.test/x", "config.host_not_allowed"),
        ("http://api.test/x", "config.insecure_url"),
        ("http://eu.cdn.test/x", "config.insecure_url"),
    ],
)
def test_who_may_be_called(url: str, code: str) -> None:
    async def main() -> None:
        wire = Wire(lambda r: httpx.Response(200))
        hosts = frozenset({"api.test", "*.cdn.test", "127.0.0.1", "shop.test"})
        client = network(wire).client(policy(hosts=hosts, insecure_hosts=frozenset({"shop.test"})), "https://api.test")
        for _ in range(2):  # the second time from memory
            if not code:
                assert (await client.get(url)).status_code == 200
                continue
            with pytest.raises(ProviderError) as caught:
                await client.get(url, params={"key": SECRET}, headers={"authorization": SECRET})
            assert caught.value.message.code == code
            assert caught.value.message.params["sent"] == "no"
            assert SECRET not in repr(caught.value.message)
        assert len(wire.seen) == (0 if code else 2)

    run_virtual(main)


async def test_a_redirect_to_another_host_is_refused_and_the_key_never_leaves() -> None:
    async def elsewhere(visit: Visit) -> None:
        await visit.answer()

    async with serving(elsewhere) as thief, networking() as net:
        thief_url = thief.url.replace("127.0.0.1", "localhost")

        async def redirecting(visit: Visit) -> None:
            await visit.answer(302, b"", f"location: {thief_url}/steal?token={SECRET}")

        async with serving(redirecting) as server:
            client = net.client(local(hosts=frozenset({"127.0.0.1", "localhost"})), server.url)
            with pytest.raises(ProviderError) as caught:
                await client.get("/", auth=("user", SECRET), headers={"x-key": SECRET})
            message = caught.value.message
            assert (message.code, message.status, message.params["to"]) == ("server.redirect", 302, "localhost")
            assert SECRET not in repr(message)
            assert (len(server.visits), len(thief.visits), thief.connections) == (1, 0, 0)
            # Another port of the same host is another server.
            thief_url = thief.url
            with pytest.raises(ProviderError, match=r"server\.redirect"):
                await client.get("/", auth=("user", SECRET))
            assert thief.connections == 0


async def test_a_redirect_at_home_is_followed_thrice_for_reads_only() -> None:
    async def script(visit: Visit) -> None:
        left = int(visit.target.rsplit("/", 1)[1])
        if left:
            await visit.answer(307, b"", f"location: ../hop/{left - 1}")
        else:
            await visit.answer(200, b"there")

    async with serving(script) as server, networking() as net:
        client = net.client(local(), server.url)
        assert (await client.get("/hop/3", headers={"x-key": SECRET})).content == b"there"
        assert [v.headers.get("x-key") for v in server.visits] == [SECRET] * 4
        for method, hops in (("GET", 4), ("POST", 1)):
            with pytest.raises(ProviderError, match=r"server\.redirect"):
                await client.request(method, f"/hop/{hops}")
        samples = net.samples.drain()
        assert len(samples) == len(server.visits)


@pytest.mark.parametrize(
    "location", ["http://[bad", "http://api.test/x", "https://u:p@api.test/x", "https://api.test:444/x"]
)
def test_redirects_that_lose_safety_are_refused(location: str) -> None:
    async def main() -> None:
        client = network(Wire(lambda r: httpx.Response(301, headers={"location": location}))).client(
            policy(), "https://api.test"
        )
        with pytest.raises(ProviderError, match=r"server\.redirect"):
            await client.get("/")

    run_virtual(main)


def test_an_upgrade_to_https_is_followed_and_a_304_or_a_bare_302_is_an_answer() -> None:
    async def main() -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/up" and request.url.scheme == "http":
                return httpx.Response(308, headers={"location": "https://api.test/up"})
            return httpx.Response({"/up": 200, "/not-modified": 304, "/bare": 302}[request.url.path])

        wire = Wire(answer)
        client = network(wire).client(policy(insecure_hosts=frozenset({"api.test"})), "http://api.test")
        assert [(await client.get(p)).status_code for p in ("/up", "/not-modified", "/bare")] == [200, 304, 302]
        assert wire.seen[1][1].headers["host"] == "api.test"

    run_virtual(main)


async def test_a_zip_bomb_is_refused_without_being_held() -> None:
    packed = gzip.compress(bytes(50 * body.RATIO_FROM))
    assert len(packed) < 52_000

    async def script(visit: Visit) -> None:
        await visit.answer(200, packed, "content-encoding: gzip")

    async with serving(script) as server, networking() as net:
        client = net.client(local(), server.url)
        tracemalloc.start()
        try:
            with pytest.raises(ProviderError) as caught:
                await client.get("/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (caught.value.message.code, caught.value.message.params["sent"]) == ("server.too_large", "yes")
        assert peak < 16 * 1024 * 1024
        assert [s.outcome for s in net.samples.drain()] == [SampleClass.UNREADABLE]
        # With the ratio allowed, the cap holds.
        small = net.client(local(max_ratio=10_000, max_bytes=3_000_000), server.url)
        tracemalloc.start()
        try:
            with pytest.raises(ProviderError, match=r"server\.too_large"):
                await small.get("/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 6_000_000
        assert (
            len((await net.client(local(max_ratio=10_000, max_bytes=60_000_000), server.url).get("/")).content)
            == 50 * body.RATIO_FROM
        )


@pytest.mark.parametrize("declared", [True, False])
async def test_a_plain_body_beyond_the_cap_is_refused(declared: bool) -> None:
    async def script(visit: Visit) -> None:
        if declared:
            await visit.send(
                b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n"
            )  # and nothing follows: not waited for
            await asyncio.sleep(60)
        await visit.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(20):
            await visit.send(b"2710\r\n" + bytes(10_000) + b"\r\n")
        await visit.send(b"0\r\n\r\n")

    async with serving(script) as server, networking() as net:
        with pytest.raises(ProviderError, match=r"server\.too_large"):
            await net.client(local(max_bytes=100_000), server.url).get("/")
        if not declared:
            assert len((await net.client(local(max_bytes=200_000), server.url).get("/")).content) == 200_000


async def test_head_answers_may_promise_anything() -> None:
    async def script(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\ncontent-encoding: gzip\r\n\r\n")

    async with serving(script) as server, networking() as net:
        reply = await net.client(local(), server.url).head("/")
        assert (reply.status_code, reply.content) == (200, b"")


TEXT = b'{"note": "\xc5\x9fi\xc5\x9fe"}' * 50


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed", "outcome"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0), "ok"),
        ("GZIP", gzip.compress(TEXT, mtime=0), "ok"),
        ("x-gzip", gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0), "ok"),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\0\0\0\0", "ok"),
        ("deflate", zlib.compress(TEXT), "ok"),
        ("deflate", bare_deflate(TEXT), "ok"),
        ("identity", TEXT, "ok"),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-9], "net.cut"),
        ("deflate", b"\x78", "net.cut"),
        ("gzip", TEXT, "answer.unreadable"),
        ("br", TEXT, "answer.unreadable"),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0), "answer.unreadable"),
    ],
)
@pytest.mark.parametrize("piecewise", [False, True])
async def test_encodings(encoding: str, packed: bytes, outcome: str, piecewise: bool) -> None:
    async def script(visit: Visit) -> None:
        assert visit.headers["accept-encoding"] == "gzip, deflate"
        if not piecewise:
            await visit.answer(200, packed, f"content-encoding: {encoding}", "content-type: application/json")
            return
        await visit.send(
            f"HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        )
        for i in range(0, len(packed), 7):
            await visit.send(b"%x\r\n%b\r\n" % (len(packed[i : i + 7]), packed[i : i + 7]))
            await asyncio.sleep(0)
        await visit.send(b"0\r\n\r\n")

    async with serving(script) as server, networking() as net:
        client = net.client(local(), server.url)
        if outcome == "ok":
            reply = await client.get("/")
            assert reply.content == TEXT
            assert await reply.aread() == TEXT
            assert reply.text == TEXT.decode()
            assert encoding == "identity" or "content-encoding" not in reply.headers
            assert net.samples.drain()[0].size == len(packed)
        else:
            with pytest.raises(ProviderError) as caught:
                await client.get("/")
            assert caught.value.message.code == outcome
            assert net.samples.drain()[0].outcome is not SampleClass.OK


@given(st.binary(max_size=300_000), st.integers(1, 70_000), st.booleans())
def test_inflating_in_any_pieces_gives_the_whole(data: bytes, step: int, is_gzip: bool) -> None:
    packed = gzip.compress(data, mtime=0) if is_gzip else bare_deflate(data)
    inflater = body._Inflater(is_gzip)
    pieces = [piece for i in range(0, len(packed), step) for piece in inflater.feed(packed[i : i + step])]
    assert b"".join(pieces) == data
    assert all(len(piece) <= body.SLICE for piece in pieces)


async def test_a_trickle_ends_at_the_deadline() -> None:
    async def script(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            await visit.send(b"x")
            await asyncio.sleep(0.1)

    async with serving(script) as server, networking() as net:
        client = net.client(local(deadline_s=0.6, retries=4), server.url)
        started = time.monotonic()
        with pytest.raises(ProviderError) as caught:
            await client.get("/", extensions={"operation": "orders.read"})
        assert 0.5 < time.monotonic() - started < 30  # the trickle never ends
        message = caught.value.message
        assert (message.code, message.params["operation"], message.params["connection"]) == (
            "net.timeout",
            "orders.read",
            "Shop",
        )
        assert [s.outcome for s in net.samples.drain()] == [SampleClass.TIMEOUT]
        patient, started = net.client(local(deadline_s=100.0), server.url), time.monotonic()
        with pytest.raises(ProviderError, match=r"net\.timeout"):
            await patient.get("/", extensions={"deadline": 0.2})
        assert time.monotonic() - started < 30  # the call's own deadline, not the connection's


async def test_a_silent_server_ends_at_the_deadline_and_a_cancelled_call_at_once() -> None:
    async def script(visit: Visit) -> None:
        await asyncio.sleep(60)

    async with serving(script) as server, networking() as net:
        client = net.client(local(deadline_s=0.3), server.url)
        with pytest.raises(ProviderError, match=r"net\.timeout"):
            await client.get("/")
        net.samples.drain()
        asked = asyncio.create_task(client.get("/", extensions={"deadline": 30.0}))
        await asyncio.sleep(0.1)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert net.samples.drain() == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", "net.cut"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nhalf", "net.cut"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "net.cut"),
        (b"", "net.cut"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "answer.unreadable"),
    ],
)
async def test_a_cut_or_alien_answer(sent: bytes, code: str) -> None:
    async def script(visit: Visit) -> None:
        await visit.send(sent)
        visit.writer.close()

    async with serving(script) as server, networking() as net:
        client = net.client(local(), server.url)
        with pytest.raises(ProviderError) as caught:
            await client.post("/", json={"key": SECRET}, params={"q": SECRET})
        assert (caught.value.message.code, caught.value.message.params["sent"]) == (code, "yes")
        assert SECRET not in repr(caught.value.message)
        assert len(server.visits) == 1
        assert [s.outcome for s in net.samples.drain()] == [SampleClass.NETWORK]
