"""What the limiter knows of quotas: limits over hours and days, published or told by the vendor."""

from __future__ import annotations

from app.http.lib import httpx
from tests.app.http.virtual import Wire, network, per_second, policy, run_virtual


def test_a_published_daily_limit_goes_down_with_the_calls() -> None:
    async def main() -> None:
        limits = (per_second(100), per_second(1000, seconds=86_400))
        net = network(Wire(lambda _: httpx.Response(200)))
        client = net.client(policy(limits=limits), "https://api.test")
        for _ in range(40):
            await client.get("/x")
        (found,) = net.quotas("acc")
        assert (found.host, found.group, found.calls, round(found.left)) == ("api.test", "default", 1000.0, 960)
        assert found.resets_s is None
        assert net.quotas("other") == []

    run_virtual(main)


def test_what_the_vendor_tells_stands_where_nothing_is_published() -> None:
    headers = {"x-ratelimit-remaining": "480", "x-ratelimit-reset": "7200"}

    async def main() -> None:
        net = network(Wire(lambda _: httpx.Response(200, headers=headers)))
        await net.client(policy(), "https://api.test").get("/x")
        (found,) = net.quotas("acc")
        assert (found.calls, found.left, found.resets_s) == (0.0, 480.0, 7200.0)

    run_virtual(main)


def test_a_vendor_that_counts_fewer_left_is_believed_and_short_limits_are_no_quota() -> None:
    headers = {"x-ratelimit-remaining": "12", "x-ratelimit-reset": "7200"}

    async def main() -> None:
        net = network(Wire(lambda _: httpx.Response(200, headers=headers)))
        await net.client(policy(limits=(per_second(1000, seconds=86_400),)), "https://api.test").get("/x")
        assert [round(one.left) for one in net.quotas("acc")] == [12]
        headers["x-ratelimit-reset"] = "30"
        short = network(Wire(lambda _: httpx.Response(200, headers=headers)))
        await short.client(policy(limits=(per_second(50, seconds=10),)), "https://api.test").get("/x")
        assert short.quotas("acc") == []

    run_virtual(main)
