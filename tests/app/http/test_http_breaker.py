"""The breaker's life in virtual time: opening, the one probe, closing, and what is no failure."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.contracts import ProviderError
from app.http import SampleClass
from app.http.breaker import LONGEST_OPEN_S, OPEN_S, Phase
from app.http.lib import httpx
from tests.app.http.virtual import EPOCH, Wire, network, now, per_second, policy, run_virtual


class Switch(Wire):
    """Ends every call with `end`: a status or an exception."""

    def __init__(self, end: Any) -> None:
        self.end = end
        super().__init__(lambda r: self.end if isinstance(self.end, Exception) else httpx.Response(self.end))


async def ask(client: httpx.AsyncClient, times: int = 1, **extensions: Any) -> list[Any]:
    ended = []
    for _ in range(times):
        try:
            ended.append((await client.get("/", extensions=extensions)).status_code)
        except ProviderError as error:
            ended.append(error.message.code)
    return ended


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (500, "server.error"),
        (503, "server.unavailable"),
        (httpx.ReadTimeout("t"), "net.timeout"),
        (httpx.ConnectError("c"), "net.unreachable"),
        (httpx.ReadError("r"), "net.cut"),
    ],
)
def test_failures_in_a_row_open_it_and_the_reason_is_kept(end: Any, code: str) -> None:
    async def main() -> None:
        wire = Switch(end)
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        assert net.breaker(1).state is Phase.CLOSED
        assert "breaker.open" not in await ask(client, 5)
        await asyncio.sleep(12.0)
        with pytest.raises(ProviderError) as caught:
            await client.get("/", extensions={"operation": "orders.read"})
        message = caught.value.message
        assert (message.code, message.params["reason"], message.params["seconds"]) == ("breaker.open", code, "18")
        assert (message.params["connection"], message.params["operation"]) == ("Shop", "orders.read")
        assert message.retry_after == pytest.approx(18.0)
        state = net.breaker(1)
        assert state.reason is not None
        assert (state.state, state.reason.code, state.since, state.next_probe_at) == (
            Phase.OPEN,
            code,
            EPOCH,
            EPOCH + 30.0,
        )
        assert len(wire.seen) == 5
        assert [s.outcome for s in net.samples.drain()][-1] is SampleClass.BREAKER
        assert net.breaker(2).state is Phase.CLOSED

    run_virtual(main)


@pytest.mark.parametrize("end", [400, 401, 404, 422, 429, 430])
def test_refusals_and_throttling_are_no_failures(end: int) -> None:
    async def main() -> None:
        net = network(Switch(end))
        client = net.client(
            policy(retries=0, deadline_s=1000.0, throttle_statuses=frozenset({429, 430})), "https://api.test"
        )
        assert await ask(client, 12) == [end] * 12
        assert net.breaker(1).state is Phase.CLOSED

    run_virtual(main)


def test_a_vendor_that_throttles_with_503_is_not_down() -> None:
    async def main() -> None:
        net = network(Switch(503))
        client = net.client(
            policy(retries=0, deadline_s=1000.0, throttle_statuses=frozenset({429, 503})), "https://api.test"
        )
        await ask(client, 12)
        assert net.breaker(1).state is Phase.CLOSED
        assert {s.outcome for s in net.samples.drain()} == {SampleClass.THROTTLED}

    run_virtual(main)


def test_being_offline_opens_nothing() -> None:
    async def main() -> None:
        net = network(Switch(httpx.ConnectError("c")), online=lambda: False)
        client = net.client(policy(), "https://api.test")
        assert await ask(client, 8) == ["net.offline"] * 8
        assert net.breaker(1).state is Phase.CLOSED

    run_virtual(main)


def test_half_of_the_last_calls_failing_opens_it() -> None:
    async def main() -> None:
        wire = Switch(200)
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        for i in range(10):
            wire.end = 500 if i % 2 else 200
            await ask(client)
        assert net.breaker(1).state is Phase.OPEN

    run_virtual(main)


def test_old_failures_do_not_count() -> None:
    async def main() -> None:
        wire = Switch(200)
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        for i in range(30):
            wire.end = 500 if i % 2 else 200
            await ask(client)
            await asyncio.sleep(20.0)
        assert net.breaker(1).state is Phase.CLOSED

    run_virtual(main)


def test_one_probe_closes_it() -> None:
    async def main() -> None:
        wire = Switch(500)
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        await ask(client, 5)
        await asyncio.sleep(OPEN_S)
        before = len(wire.seen)

        async def slow(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(1.0)
            return httpx.Response(200)

        wire.answer = slow
        ended = await asyncio.gather(*(ask(client) for _ in range(5)))
        assert ended == [[200], *[["breaker.open"]] * 4]
        assert len(wire.seen) - before == 1
        state = net.breaker(1)
        assert (state.state, state.reason, state.next_probe_at) == (Phase.CLOSED, None, None)
        assert await ask(client) == [200]

    run_virtual(main)


def test_a_failed_probe_opens_it_for_twice_as_long_up_to_a_limit() -> None:
    async def main() -> None:
        wire = Switch(500)
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        await ask(client, 5)
        for expected in (60.0, 120.0, 240.0, LONGEST_OPEN_S, LONGEST_OPEN_S):
            ahead = (net.breaker(1).next_probe_at or 0.0) - EPOCH - now()
            await asyncio.sleep(ahead)
            assert await ask(client, 2) == [500, "breaker.open"]
            assert net.breaker(1).next_probe_at == pytest.approx(EPOCH + now() + expected)
        assert net.breaker(1).since == EPOCH

    run_virtual(main)


def test_the_merchants_own_test_need_not_wait() -> None:
    async def main() -> None:
        wire = Switch(500)
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        await ask(client, 5)
        wire.end = 200
        assert await ask(client) == ["breaker.open"]
        assert await ask(client, probe=True) == [200]
        assert net.breaker(1).state is Phase.CLOSED

    run_virtual(main)


def test_a_throttled_probe_shows_that_the_vendor_is_up() -> None:
    async def main() -> None:
        wire = Switch(500)
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        await ask(client, 5)
        wire.end = 429
        await asyncio.sleep(OPEN_S)
        assert await ask(client) == [429]
        assert net.breaker(1).state is Phase.CLOSED

    run_virtual(main)


def test_a_probe_that_tells_nothing_leaves_its_place_to_the_next() -> None:
    async def main() -> None:
        wire = Switch(500)
        net = network(wire)
        limits = (per_second(5, burst=5, seconds=300.0),)
        client = net.client(policy(retries=0, limits=limits), "https://api.test")
        await ask(client, 5)
        await asyncio.sleep(OPEN_S)
        assert await ask(client) == ["rate.limited"]  # the bucket is empty: the limiter refused the probe
        assert net.breaker(1).state is Phase.OPEN
        cancelled = asyncio.create_task(client.get("/", extensions={"deadline": 500.0}))
        await asyncio.sleep(0.1)
        assert net.breaker(1).state is Phase.HALF_OPEN
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        assert net.breaker(1).state is Phase.OPEN

    run_virtual(main)


def test_late_answers_to_old_calls_neither_close_nor_reopen_it() -> None:
    async def main() -> None:
        wire = Switch(500)

        async def late(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(5.0)
            return httpx.Response(200 if request.url.path == "/good" else 500)

        wire.answer = late
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        old = [asyncio.create_task(client.get(path)) for path in ("/good", "/bad")]
        await asyncio.sleep(1.0)
        wire.answer = lambda r: httpx.Response(500)
        await ask(client, 5)
        before = net.breaker(1)
        await asyncio.gather(*old)
        assert net.breaker(1).state is Phase.OPEN
        assert net.breaker(1).next_probe_at == before.next_probe_at

    run_virtual(main)


def test_a_new_key_closes_it() -> None:
    async def main() -> None:
        wire = Switch(500)
        net = network(wire)
        client = net.client(policy(retries=0), "https://api.test")
        await ask(client, 5)
        net.reset_breaker(1)
        wire.end = 200
        assert await ask(client) == [200]

    run_virtual(main)
