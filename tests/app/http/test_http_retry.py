"""Retry in virtual time: what goes again and what never, storms, budgets, and the deadline over everything."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from typing import Any

import pytest

from app.contracts import ProviderError
from app.http import never_left
from app.http.lib import httpx
from app.http.retry import Budget
from tests.app.http.virtual import EPOCH, Wire, network, now, per_second, policy, run_virtual

ALLOWED, WINDOW = 20, 10.0


class Strict:
    """A vendor that counts fixed windows and refuses what is too much, with the given Retry-After."""

    def __init__(self, style: str) -> None:
        self.style = style
        self.granted: dict[int, int] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        window = int(now() // WINDOW)
        if self.granted.setdefault(window, 0) < ALLOWED:
            self.granted[window] += 1
            return httpx.Response(200)
        left = (window + 1) * WINDOW - now()
        told = {
            "seconds": {"retry-after": str(int(left) + 1)},
            "date": {"retry-after": formatdate(EPOCH + now() + left + 1, usegmt=True)},
            "nonsense": {"retry-after": "in a while"},
            "none": {},
        }[self.style]
        return httpx.Response(429, headers=told)


@pytest.mark.parametrize("style", ["seconds", "date", "nonsense", "none"])
@pytest.mark.parametrize("published", [True, False])
def test_a_storm_of_429s_stays_near_the_limit(style: str, published: bool) -> None:
    async def main() -> None:
        wire = Wire(Strict(style))
        limits = (per_second(ALLOWED, seconds=WINDOW),) if published else ()
        client = network(wire).client(policy(limits=limits, deadline_s=60.0), "https://api.test")
        calls = 0

        async def worker() -> None:
            nonlocal calls
            while now() < 600.0:
                calls += 1
                try:
                    await client.get("/")
                except ProviderError as error:
                    await asyncio.sleep(error.message.retry_after or 1.0)

        await asyncio.gather(*(worker() for _ in range(10)))
        windows = now() // WINDOW + 1
        if published:  # what the brief asks: attempts ≤ limit + 10 %
            assert len(wire.seen) <= ALLOWED * windows * 1.1
            assert len(wire.seen) >= ALLOWED * windows * 0.8
        else:  # nobody told us the limit: repeats are bound by the budget, and most of what is sent is accepted
            assert len(wire.seen) <= calls * 1.1 + 10

    run_virtual(main)


def script(*ends: Any) -> Wire:
    """Ends in this order; the last one for ever."""
    left = list(ends)

    def answer(request: httpx.Request) -> Any:
        end = left.pop(0) if len(left) > 1 else left[0]
        return httpx.Response(end) if isinstance(end, int) else end

    return Wire(answer)


LOST = httpx.ReadError("cut")
NOT_LEFT = httpx.ConnectError("connect")


@pytest.mark.parametrize(
    ("method", "extensions", "end", "attempts"),
    [
        ("GET", {}, 500, 5),
        ("GET", {}, 502, 5),
        ("GET", {}, 408, 5),
        ("GET", {}, 501, 1),
        ("GET", {}, 404, 1),
        ("GET", {}, 401, 1),
        ("GET", {"repeatable": False}, 500, 1),
        ("HEAD", {}, 503, 5),
        ("POST", {}, 500, 1),
        ("POST", {}, 503, 1),
        ("PUT", {}, 500, 1),
        ("POST", {"repeatable": True}, 500, 5),
        ("POST", {"idempotency_key": "k"}, 500, 5),
        ("POST", {"idempotency_key": ""}, 500, 1),
        ("POST", {}, 429, 5),
        ("GET", {}, LOST, 5),
        ("POST", {}, LOST, 1),
        ("POST", {"idempotency_key": "k"}, LOST, 5),
        ("POST", {}, NOT_LEFT, 5),
        ("POST", {}, httpx.ConnectTimeout("connect"), 5),
        ("POST", {}, httpx.ReadTimeout("read"), 1),
        ("POST", {}, httpx.LocalProtocolError("header"), 1),
    ],
)
def test_what_goes_again(method: str, extensions: dict[str, Any], end: Any, attempts: int) -> None:
    async def main() -> None:
        wire = script(end)
        client = network(wire).client(policy(deadline_s=300.0), "https://api.test")
        if isinstance(end, int):
            reply = await client.request(method, "/", extensions=extensions)
            assert reply.status_code == end
        else:
            with pytest.raises(ProviderError):
                await client.request(method, "/", extensions=extensions)
        assert len(wire.seen) == attempts

    run_virtual(main)


def test_a_repeat_that_succeeds_is_the_answer_and_carries_the_same_body() -> None:
    async def main() -> None:
        wire = script(500, NOT_LEFT, 200)
        client = network(wire).client(policy(), "https://api.test")
        reply = await client.post("/", json={"a": 1}, extensions={"idempotency_key": "k"})
        assert reply.status_code == 200
        assert [request.content for _, request in wire.seen] == [b'{"a":1}'] * 3

    run_virtual(main)


def test_back_off_is_random_below_a_growing_ceiling() -> None:
    async def main() -> None:
        wire = script(500)
        client = network(wire).client(policy(deadline_s=300.0), "https://api.test")
        await client.get("/")
        gaps = [b - a for a, b in zip(wire.times, wire.times[1:], strict=False)]
        assert all(0.0 <= gap <= ceiling + 1e-3 for gap, ceiling in zip(gaps, (0.5, 1.0, 2.0, 4.0), strict=True))
        assert len({round(gap, 3) for gap in gaps}) == 4

    run_virtual(main)


def test_retry_after_is_obeyed_and_the_wait_is_visible() -> None:
    async def main() -> None:
        wire = script(httpx.Response(429, headers={"retry-after": "6"}), 200)
        net = network(wire)
        client = net.client(policy(), "https://api.test")
        asked = asyncio.create_task(client.post("/", extensions={"operation": "stock.write"}))
        await asyncio.sleep(1.0)
        assert [(w.operation, round(w.seconds)) for w in net.queue("acc")] == [("stock.write", 5)]
        assert (await asked).status_code == 200
        assert wire.times == pytest.approx([0.0, 6.0], abs=1e-3)

    run_virtual(main)


def test_a_retry_after_beyond_the_deadline_hands_the_429_back_at_once() -> None:
    async def main() -> None:
        wire = script(httpx.Response(429, headers={"retry-after": "11"}, content=b"slow down"))
        client = network(wire).client(policy(), "https://api.test")
        reply = await client.get("/")
        assert (reply.status_code, reply.content, now()) == (429, b"slow down", 0.0)

    run_virtual(main)


def test_when_the_limiter_or_the_breaker_holds_a_repeat_back_the_first_answer_counts() -> None:
    async def main() -> None:
        wire = script(httpx.Response(429, content=b"no"))
        limits = (per_second(1, burst=1, seconds=30.0),)
        client = network(wire).client(policy(limits=limits), "https://api.test")
        assert (await client.get("/")).content == b"no"
        assert len(wire.seen) == 1

        wire = script(500)
        client = network(wire).client(policy(retries=9, deadline_s=300.0), "https://api.test")
        assert (await client.get("/")).status_code == 500
        assert len(wire.seen) == 5  # the breaker opened

    run_virtual(main)


def test_five_refusals_in_a_row_end_the_repeats() -> None:
    """WISHES 15: a daily limit. 429 without Retry-After for 30 minutes, a job that comes back after a while: few calls."""

    async def main() -> None:
        wire = script(429)
        net = network(wire)
        client = net.client(policy(), "https://api.test")
        pause = 60.0
        while now() < 1800.0:
            assert (await client.get("/")).status_code == 429
            await asyncio.sleep(pause)
            pause *= 2
        assert len(wire.seen) <= 12
        assert net.consecutive_throttles("acc") == len(wire.seen)

    run_virtual(main)


def test_the_budget_ends_repeats_for_the_account_and_no_other() -> None:
    async def main() -> None:
        wire = script(httpx.ConnectError("connect"))
        net = network(wire)
        many = [
            net.client(policy(connection_id=i, deadline_s=100.0), "https://api.test") for i in range(20)
        ]  # each has a breaker of its own
        await asyncio.gather(*(client.get("/") for client in many), return_exceptions=True)
        assert len(wire.seen) <= 20 * 1.1 + 10
        before = len(wire.seen)
        other = net.client(policy(connection_id=99, account_id="other", deadline_s=100.0), "https://api.test")
        with pytest.raises(ProviderError):
            await other.get("/")
        assert len(wire.seen) - before == 5

    run_virtual(main)


def test_a_long_good_time_does_not_pay_for_an_endless_storm() -> None:
    budget = Budget()
    for _ in range(10_000):
        budget.earn()
    spent = 0
    while budget.spend():
        spent += 1
    assert spent == 50


def test_the_total_never_exceeds_the_deadline() -> None:
    async def main() -> None:
        async def slow(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(4.0)
            return httpx.Response(503)

        client = network(Wire(slow)).client(policy(limits=(per_second(1, burst=1),)), "https://api.test")
        ended = await asyncio.gather(*(client.get("/") for _ in range(8)), return_exceptions=True)
        assert now() <= 10.0 + 0.3
        codes = {e.message.code for e in ended if isinstance(e, ProviderError)}
        assert codes <= {"net.timeout", "breaker.open", "rate.limited"}

    run_virtual(main)


def test_whether_the_vendor_may_have_acted_is_told_over_all_attempts() -> None:
    async def main() -> None:
        keyed = {"idempotency_key": "k"}

        async def ends(wire: Wire, **said: Any) -> ProviderError:
            client = network(wire).client(policy(retries=1, deadline_s=100.0), "https://api.test")
            with pytest.raises(ProviderError) as caught:
                await client.post("/", extensions=said)
            return caught.value

        assert never_left(await ends(script(NOT_LEFT)))
        assert not never_left(await ends(script(LOST)))
        assert not never_left(await ends(script(LOST, NOT_LEFT), **keyed))  # the first one may have arrived
        assert not never_left(await ends(script(500, NOT_LEFT), **keyed))
        assert never_left(await ends(script(429, NOT_LEFT)))  # refused, then not sent: nothing happened

    run_virtual(main)
