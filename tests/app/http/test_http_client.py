"""The client that providers get: builds the same requests as httpx, runs auth flows, and keeps one deadline over them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import ProviderError
from app.http.client import Client
from app.http.deadlines import DeadlineExpired, Deadlines
from app.http.lib import httpx
from app.http.samples import Sample, SampleClass, SampleRing
from tests.app.http.virtual import Wire, network, now, policy, run_virtual

BASE = "https://api.test/v1/shop"
TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF), max_size=12)
PATHS = st.one_of(
    st.sampled_from(
        ["", "/", "orders", "/orders", "/a//b", "/a?x=1", "?x=1", "https://other.test/p", "/a%2Fb", "/ş ı"]
    ),
    TEXTS.map(lambda t: "/" + t.replace("\\", "")),
)


@given(
    PATHS,
    st.one_of(st.none(), st.just({}), st.dictionaries(st.sampled_from("abc"), TEXTS, max_size=2)),
    st.one_of(st.none(), st.dictionaries(st.sampled_from(["X-A", "accept"]), st.sampled_from(["1", "2"]), max_size=2)),
    st.booleans(),
)
def test_requests_are_built_as_httpx_builds_them(path: str, params: Any, headers: Any, with_params: bool) -> None:
    ours = Client(Wire(lambda r: None), policy(), BASE)
    theirs = httpx.AsyncClient(base_url=BASE, headers=ours.headers, trust_env=False, timeout=None)
    if with_params:
        ours.params = theirs.params = httpx.QueryParams({"k": "1"})
    try:
        expected = theirs.build_request("POST", path, params=params, headers=headers, json={"a": 1})
    except httpx.InvalidURL:
        with pytest.raises(httpx.InvalidURL):
            ours.build_request("POST", path, params=params, headers=headers, json={"a": 1})
        return
    for _ in range(2):  # the second time from memory
        built = ours.build_request("POST", path, params=params, headers=headers, json={"a": 1})
        assert (str(built.url), built.headers.raw, built.content) == (
            str(expected.url),
            expected.headers.raw,
            expected.content,
        )
    url = httpx.URL(path)
    assert ours.build_request("GET", url).url == theirs.build_request("GET", url).url


class TokenAuth(httpx.Auth):
    """Fetches a token first, then again after a 401, as the OAuth schemes do."""

    def __init__(self) -> None:
        self.fetched = 0
        self.ended = False

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        try:
            for _ in range(2):
                token = yield httpx.Request("POST", "https://api.test/token", extensions={"operation": "token"})
                self.fetched += 1
                request.headers["authorization"] = token.text
                response = yield request
                if response.status_code != 401:
                    return
        finally:
            self.ended = True


def test_an_auth_flow_with_a_second_token() -> None:
    async def main() -> None:
        tokens = iter(["old", "new"])

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/token":
                return httpx.Response(200, text=next(tokens))
            return httpx.Response(200 if request.headers["authorization"] == "new" else 401)

        wire, auth = Wire(answer), TokenAuth()
        net = network(wire)
        client = net.client(policy(), "https://api.test")
        client.auth = auth
        reply = await client.get("/orders", extensions={"operation": "orders.read"})
        assert (reply.status_code, reply.request.url.path, auth.fetched, auth.ended) == (200, "/orders", 2, True)
        assert [(s.operation, s.outcome) for s in net.samples.drain()] == [
            ("token", SampleClass.OK),
            ("orders.read", SampleClass.AUTH),
            ("token", SampleClass.OK),
            ("orders.read", SampleClass.OK),
        ]
        assert reply.elapsed.total_seconds() == 0.0

    run_virtual(main)


def test_one_deadline_spans_the_whole_auth_flow() -> None:
    async def main() -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(6.0)
            return httpx.Response(200, text="t")

        auth = TokenAuth()
        client = network(Wire(answer)).client(policy(retries=0), "https://api.test")
        with pytest.raises(ProviderError, match=r"net\.timeout"):
            await client.get("/", auth=auth)
        assert now() == pytest.approx(10.0, abs=0.3)
        assert auth.ended

    run_virtual(main)


def test_other_ways_to_give_credentials() -> None:
    async def main() -> None:
        wire = Wire(lambda r: httpx.Response(200))
        client = network(wire).client(policy(), "https://api.test")
        client.auth = ("u", "p")
        await client.get("/")
        await client.get("/", auth=None)
        await client.get("https://x:y@api.test/", auth=None)
        await client.get("/", auth=httpx.BasicAuth("x", "y"))
        told = [request.headers.get("authorization") for _, request in wire.seen]
        assert told == ["Basic dTpw", None, "Basic eDp5", "Basic eDp5"]
        with pytest.raises(TypeError):
            await client.get("/", auth=lambda request: request)

    run_virtual(main)


def test_a_body_from_a_generator_is_loaded_so_that_it_can_go_again() -> None:
    async def main() -> None:
        statuses = iter([500, 200])
        wire = Wire(lambda r: httpx.Response(next(statuses)))
        client = network(wire).client(policy(), "https://api.test")

        async def parts() -> AsyncIterator[bytes]:
            yield b"one"
            yield b"two"

        reply = await client.put("/", content=parts(), extensions={"repeatable": True})
        assert reply.status_code == 200
        assert [r.content for _, r in wire.seen] == [b"onetwo"] * 2
        assert wire.seen[0][1].headers["content-length"] == "6"
        assert "transfer-encoding" not in wire.seen[0][1].headers

    run_virtual(main)


def test_a_streamed_answer_and_raise_for_status_work_as_in_httpx() -> None:
    async def main() -> None:
        client = network(Wire(lambda r: httpx.Response(404, json={"a": 1}))).client(policy(), "https://api.test")
        async with client.stream("GET", "/") as reply:
            assert b"".join([part async for part in reply.aiter_bytes()]) == b'{"a":1}'
        with pytest.raises(httpx.HTTPStatusError):
            (await client.get("/")).raise_for_status()
        assert (await client.get("/")).json() == {"a": 1}

    run_virtual(main)


def test_a_synchronous_answer_of_a_wire_is_a_mistake() -> None:
    class OldFashioned(httpx.SyncByteStream):
        def __iter__(self) -> Generator[bytes, None, None]:
            yield b""

    async def main() -> None:
        client = network(Wire(lambda r: httpx.Response(200, stream=OldFashioned()))).client(
            policy(), "https://api.test"
        )
        with pytest.raises(TypeError):
            await client.get("/")

    run_virtual(main)


def test_the_stack_closes_without_touching_the_network() -> None:
    async def main() -> None:
        wire = Wire(lambda r: httpx.Response(200))
        net = network(wire)
        client = net.client(policy(), "https://api.test")
        await client.aclose()
        assert client.is_closed
        assert (await net.client(policy(), "https://api.test").get("/")).status_code == 200
        await net.close()

    run_virtual(main)


def sample(n: int, connection: int = 1) -> Sample:
    return Sample(connection, "a", "op", SampleClass.OK, 200, float(n), 1.0, 0)


def test_the_ring_is_bounded_and_counts_what_it_drops() -> None:
    ring = SampleRing(capacity=5, kept=3)
    for n in range(8):
        ring.add(sample(n))
    ring.add(sample(8, connection=2))
    assert (len(ring), ring.dropped) == (5, 4)
    assert [s.at for s in ring.drain()] == [4.0, 5.0, 6.0, 7.0, 8.0]
    assert (ring.drain(), ring.dropped) == ([], 4)
    assert [s.at for s in ring.recent(1, 2)] == [6.0, 7.0]
    assert [s.at for s in ring.recent(1, 99)] == [5.0, 6.0, 7.0]
    assert ring.recent(1, 0) == ring.recent(3, 5) == []
    ring.forget(1)
    ring.forget(1)
    assert ring.recent(1, 5) == []


def test_deadlines_leave_foreign_cancellations_alone() -> None:
    async def main() -> None:
        deadlines = Deadlines(now)

        async def watched(seconds: float) -> str:
            try:
                with deadlines.watch(now() + seconds):
                    await asyncio.sleep(100.0)
            except DeadlineExpired:
                return f"expired at {now():.1f}"
            return "slept"

        assert await asyncio.gather(*(watched(s) for s in (0.5, 0.2, 0.2, 3.0))) == [
            "expired at 0.5", "expired at 0.2", "expired at 0.2", "expired at 3.0",
        ]  # fmt: skip
        asked = asyncio.create_task(watched(5.0))
        await asyncio.sleep(1.0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        # Both at once: the other's cancellation wins.
        asked = asyncio.create_task(watched(1.0))
        await asyncio.sleep(0.5)
        asyncio.get_running_loop().call_later(0.5, asked.cancel)
        done = await asyncio.gather(asked, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError) or done[0].startswith("expired")
        assert not deadlines.live
        deadlines.close()

    run_virtual(main)


def test_a_deadline_needs_a_task() -> None:
    with pytest.raises(RuntimeError), Deadlines(now).watch(1.0):
        pass
