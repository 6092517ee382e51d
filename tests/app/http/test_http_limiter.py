"""RateLimit in virtual time: order, fairness, cancelling, and that one account's trouble stays its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.contracts import ProviderError
from app.http.lib import httpx
from tests.app.http.virtual import EPOCH, Wire, network, now, per_second, policy, run_virtual


def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200)


def test_calls_go_in_the_order_of_their_arrival() -> None:
    async def main() -> None:
        wire = Wire(ok)
        client = network(wire).client(policy(limits=(per_second(2, burst=1),)), "https://api.test")
        await asyncio.gather(*(client.get(f"/{i}") for i in range(12)))
        assert [request.url.path for _, request in wire.seen] == [f"/{i}" for i in range(12)]
        assert wire.times == pytest.approx([i * 0.5 for i in range(12)], abs=1e-3)

    run_virtual(main)


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    async def main() -> None:
        wire = Wire(ok)
        client = network(wire).client(policy(limits=(per_second(1, burst=1),)), "https://api.test")
        first = [asyncio.create_task(client.get(f"/{i}")) for i in range(3)]
        await asyncio.sleep(1.0)  # the moment at which a token falls due
        await asyncio.gather(client.get("/late"), *first)
        assert [request.url.path for _, request in wire.seen] == ["/0", "/1", "/2", "/late"]

    run_virtual(main)


def test_a_cancelled_wait_costs_no_token_and_lets_the_next_one_go() -> None:
    async def main() -> None:
        wire = Wire(ok)
        net = network(wire)
        client = net.client(policy(limits=(per_second(1, burst=1),), own_rate=50.0), "https://api.test")
        await client.get("/0")
        tasks = [asyncio.create_task(client.get(f"/{i}")) for i in range(1, 7)]
        await asyncio.sleep(0.5)
        assert [round(w.seconds, 2) for w in net.queue("acc")] == pytest.approx(
            [0.5, 1.5, 2.5, 3.5, 4.5, 5.5], abs=0.01
        )
        for i in (0, 2, 4):
            tasks[i].cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(e, asyncio.CancelledError) for e in ended] == [True, False] * 3
        assert wire.times == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=1e-3)
        assert net.queue("acc") == []

    run_virtual(main)


def test_who_waits_is_visible() -> None:
    async def main() -> None:
        net = network(Wire(ok))
        client = net.client(policy(limits=(per_second(1, burst=1, group="orders"),)), "https://api.test")
        said: dict[str, Any] = {"group": "orders", "operation": "orders.read"}
        tasks = [asyncio.create_task(client.get("/", extensions=said)) for _ in range(3)]
        await asyncio.sleep(0.25)
        waiting = net.queue("acc")
        assert [(w.operation, round(w.seconds, 2), w.connection_id, w.group) for w in waiting] == [
            ("orders.read", 0.75, 1, "orders"),
            ("orders.read", 1.75, 1, "orders"),
        ]
        assert net.queue("somebody else") == []
        await asyncio.gather(*tasks)

    run_virtual(main)


def test_a_call_that_cannot_be_in_time_is_refused_at_once() -> None:
    async def main() -> None:
        wire = Wire(ok)
        client = network(wire).client(policy(limits=(per_second(1, burst=1, seconds=60.0),)), "https://api.test")
        await client.get("/")
        with pytest.raises(ProviderError) as caught:
            await client.get("/", extensions={"operation": "orders.read"})
        message = caught.value.message
        assert (message.code, message.params["seconds"], message.params["sent"]) == ("rate.limited", "60", "no")
        assert message.retry_after == pytest.approx(60.0)
        assert now() == 0.0
        await client.get("/", extensions={"deadline": 61.0})
        assert now() == pytest.approx(60.0)

    run_virtual(main)


def test_a_paused_account_does_not_hold_up_another() -> None:
    async def main() -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.headers["account"] == "a":
                return httpx.Response(429, headers={"retry-after": "9"})
            return httpx.Response(200)

        wire = Wire(answer)
        net = network(wire)
        slow = net.client(policy(account_id="a", limits=(per_second(5),)), "https://api.test")
        quick = net.client(policy(connection_id=2, account_id="b", limits=(per_second(5),)), "https://api.test")
        stuck = [asyncio.create_task(slow.get("/", headers={"account": "a"})) for _ in range(20)]
        await asyncio.sleep(0.01)
        started = now()
        await asyncio.gather(*(quick.get("/", headers={"account": "b"}) for _ in range(5)))
        assert now() - started < 0.001
        await asyncio.gather(*stuck, return_exceptions=True)

    run_virtual(main)


def test_connections_of_one_account_share_its_bucket_but_not_their_own_limit() -> None:
    async def main() -> None:
        wire = Wire(ok)
        net = network(wire)
        limits = (per_second(10, burst=10),)
        slow = net.client(policy(own_rate=1.0, limits=limits), "https://api.test")
        quick = net.client(policy(connection_id=2, limits=limits), "https://api.test")
        await asyncio.gather(*(slow.get("/slow") for _ in range(4)), *(quick.get("/quick") for _ in range(9)))
        assert [at for at, r in wire.seen if r.url.path == "/slow"] == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=1e-3)
        # The slow connection's head stands in its own queue without a token in its hand.
        assert [at for at, r in wire.seen if r.url.path == "/quick"][-1] < 4.0

    run_virtual(main)


def test_a_pause_that_begins_while_waiting_for_the_own_limit_is_obeyed() -> None:
    async def main() -> None:
        wire = Wire(
            lambda r: httpx.Response(429, headers={"retry-after": "5"}) if r.url.path == "/bad" else httpx.Response(200)
        )
        net = network(wire)
        slow = net.client(policy(own_rate=1.0, limits=(per_second(10, burst=10),)), "https://api.test")
        other = net.client(policy(connection_id=2, limits=(per_second(10, burst=10),), retries=0), "https://api.test")
        await slow.get("/0")
        waits = asyncio.create_task(slow.get("/1"))
        await asyncio.sleep(0.5)
        assert (await other.get("/bad")).status_code == 429
        await waits
        assert wire.times[-1] == pytest.approx(5.5, abs=0.01)

    run_virtual(main)


def test_the_vendors_parallel_places_are_kept_even_when_calls_fail() -> None:
    async def main() -> None:
        inside = most = 0

        async def answer(request: httpx.Request) -> httpx.Response:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(1.0)
            inside -= 1
            return httpx.Response(500)

        client = network(Wire(answer)).client(
            policy(limits=(per_second(100, parallel=2),), retries=0), "https://api.test"
        )
        ended = await asyncio.gather(*(client.post("/") for _ in range(4)))
        assert (most, [e.status_code for e in ended]) == (2, [500] * 4)
        assert now() == pytest.approx(2.0)

        hurried = [client.post("/", extensions={"deadline": 1.5}) for _ in range(6)]
        late = [
            e.message.code
            for e in await asyncio.gather(*hurried, return_exceptions=True)
            if isinstance(e, ProviderError)
        ]
        assert late == ["net.timeout"] * 2 + ["rate.limited"] * 2  # two began and were cut, two never got a place

    run_virtual(main)


def test_the_vendors_headers_go_before_the_manifest() -> None:
    async def main() -> None:
        told: dict[str, str] = {}
        wire = Wire(lambda r: httpx.Response(200, headers=told))
        net = network(wire)
        client = net.client(policy(limits=(per_second(10, burst=5),)), "https://api.test")
        told["x-amzn-RateLimit-Limit"] = "2.0"
        await client.get("/")
        assert [(h.host, h.group, h.per_second) for h in net.head_room("acc")] == [("api.test", "default", 2.0)]
        told.clear()
        told["X-RateLimit-Remaining"] = "1"
        await client.get("/")
        assert net.head_room("acc")[0].remaining == 1.0
        told.update({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(EPOCH) + 8)})
        await client.get("/")
        assert net.head_room("acc")[0].remaining == 0.0
        told.clear()
        await client.get("/")
        assert wire.times[-1] == pytest.approx(8.0, abs=0.01)

    run_virtual(main)


def test_a_rate_header_limits_a_lane_that_had_none() -> None:
    async def main() -> None:
        wire = Wire(lambda r: httpx.Response(200, headers={"x-amzn-RateLimit-Limit": "1.0"}))
        client = network(wire).client(policy(), "https://api.test")
        for _ in range(4):
            await client.get("/")
        assert wire.times == pytest.approx([0.0, 0.0, 1.0, 2.0], abs=1e-3)

    run_virtual(main)


def test_a_group_without_limits_counts_with_the_default_group() -> None:
    async def main() -> None:
        wire = Wire(ok)
        net = network(wire)
        client = net.client(policy(limits=(per_second(1, burst=1), per_second(5, group="orders"))), "https://api.test")
        await client.get("/")
        await client.get("/", extensions={"group": "unheard-of"})
        assert now() == pytest.approx(1.0)
        assert {h.group for h in net.head_room("acc")} == {"default"}

    run_virtual(main)


def test_refusals_in_a_row_are_counted_for_the_job() -> None:
    async def main() -> None:
        status = 429
        wire = Wire(lambda r: httpx.Response(status))
        net = network(wire)
        client = net.client(policy(retries=0, deadline_s=100.0), "https://api.test")
        for _ in range(3):
            await client.get("/")
        assert net.consecutive_throttles("acc") == 3
        status = 500
        await client.get("/")
        assert net.consecutive_throttles("acc") == 3
        status = 404
        await client.get("/")
        assert (net.consecutive_throttles("acc"), net.consecutive_throttles("other")) == (0, 0)

    run_virtual(main)


def test_a_connection_with_a_low_limit_of_its_own_holds_nobody_else_up() -> None:
    async def main() -> None:
        wire = Wire(ok)
        net = network(wire)
        limits = (per_second(10, burst=10),)
        slow = net.client(policy(own_rate=0.5, limits=limits, deadline_s=60.0), "https://api.test")
        quick = net.client(policy(connection_id=2, limits=limits), "https://api.test")
        held = [asyncio.create_task(slow.get("/slow")) for _ in range(5)]
        await asyncio.sleep(0.1)
        await asyncio.gather(*(quick.get("/quick") for _ in range(5)))
        assert now() == pytest.approx(0.1)
        waiting = [round(w.seconds, 1) for w in net.queue("acc")]
        assert waiting == [1.9, 3.9, 5.9, 7.9]
        await asyncio.gather(*held)
        assert [at for at, r in wire.seen if r.url.path == "/slow"] == pytest.approx(
            [0.0, 2.0, 4.0, 6.0, 8.0], abs=0.01
        )

    run_virtual(main)


def test_the_own_limit_goes_by_arrival_over_all_groups_and_a_paused_group_costs_none_of_it() -> None:
    async def main() -> None:
        paused = {"a": True}
        told = {"retry-after": "9"}
        wire = Wire(
            lambda r: (
                httpx.Response(429, headers=told)
                if r.url.path == "/a/first" and paused.pop("a", 0)
                else httpx.Response(200)
            )
        )
        net = network(wire)
        limits = (per_second(10, burst=10, group="a"), per_second(10, burst=10, group="b"))
        client = net.client(policy(own_rate=1.0, limits=limits, deadline_s=60.0, retries=0), "https://api.test")
        assert (await client.get("/a/first", extensions={"group": "a"})).status_code == 429
        a = [asyncio.create_task(client.get(f"/a/{i}", extensions={"group": "a"})) for i in range(2)]
        b = [asyncio.create_task(client.get(f"/b/{i}", extensions={"group": "b"})) for i in range(3)]
        await asyncio.gather(*a, *b)
        order = [(request.url.path, round(at)) for at, request in wire.seen]
        assert order == [("/a/first", 0), ("/b/0", 1), ("/b/1", 2), ("/b/2", 3), ("/a/0", 9), ("/a/1", 10)]

    run_virtual(main)


def test_a_call_cancelled_in_its_very_turn_gives_its_token_back() -> None:
    async def main() -> None:
        wire = Wire(ok)
        net = network(wire)
        client = net.client(policy(limits=(per_second(1, burst=1),), own_rate=1.0), "https://api.test")
        await client.get("/0")
        turns = net._limiter.turns
        grant, tasks = turns._grant, []

        def grant_and_cancel(lane: Any) -> None:
            grant(lane)
            if now() >= 1.0 and tasks:
                tasks.pop(0).cancel()

        turns._grant = grant_and_cancel  # type: ignore[method-assign]
        first, second = (asyncio.create_task(client.get(path)) for path in ("/1", "/2"))
        tasks.append(first)
        ended = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(e) for e in ended] == [asyncio.CancelledError, httpx.Response]
        assert wire.times == pytest.approx([0.0, 1.0], abs=0.01)

    run_virtual(main)


def test_a_pause_tells_those_who_wait_at_once() -> None:
    async def main() -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0.2)
            return httpx.Response(429, headers={"retry-after": "60"})

        net = network(Wire(answer))
        client = net.client(policy(limits=(per_second(1, burst=1),), retries=0), "https://api.test")
        first = asyncio.create_task(client.get("/"))
        waits = asyncio.create_task(client.get("/"))
        with pytest.raises(ProviderError) as caught:
            await waits
        assert (await first).status_code == 429
        assert caught.value.message.retry_after == pytest.approx(59.2, abs=0.1)
        assert now() == pytest.approx(1.0, abs=0.01)

    run_virtual(main)
