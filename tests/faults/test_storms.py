"""Storms under a virtual clock: 429 in every wording, 30 % failures, many connections. Through the whole stack:
scheduler, runner, outbox relay, store and pipeline.

PAXZAR_ROUNDS: further seeds (one in the suite, then one for every ten rounds).
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.contracts import Limit, throttling_of
from app.contracts.catalogue import providers_root
from app.http import Phase, SampleClass
from app.http.lib import httpx
from app.store import Store
from providers.shops.shopify import Shopify
from providers.shops.shopify_errors import shopify_throttled
from tests.app.http.virtual import Wire, network, now, policy, run_virtual
from tests.contract.rig import Subject
from tests.faults.storm import RELAY_S, Program, Vendor, inline, utc

pytestmark = [pytest.mark.faults]
ROUNDS = int(os.environ.get("PAXZAR_ROUNDS", "10"))
SEED = int(os.environ.get("PAXZAR_SEED", "2026"))
SEEDS = [SEED + n for n in range(max(1, ROUNDS // 10))]
QUARTER_S = 900.0
ALLOWED, WINDOW_S = 30, 10.0
STYLES = ("seconds", "date", "nonsense", "none")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = asyncio.run(Store.open(tmp_path / "store.sqlite", now=utc))
    closing = opened.db.close
    inline(opened)
    yield opened
    asyncio.run(closing())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("style", STYLES)
def test_a_storm_is_weathered_within_a_quarter_of_an_hour(style: str, seed: int, store: Store) -> None:
    """Three minutes of nothing but refusals, then 30 % failures and windows that other software half uses up."""
    rng = random.Random(f"{seed}-{style}")
    vendor = Vendor(rng, allowed=ALLOWED, window_s=WINDOW_S, style=style, storm_s=180.0, chaos=0.3, shared=0.6)
    vendor.calm = frozenset({"calm"})

    async def main() -> tuple[float, Any]:
        program = Program(store, vendor, rng, (Limit(calls=ALLOWED, seconds=WINDOW_S),))
        for name, account in (("flood", "a"), ("sister", "a"), ("parcels", "b"), ("calm", "calm")):
            await program.connect(name, account)
        await program.want_prices("flood", 700)
        await program.want_prices("sister", 20)
        await program.want_shipments("parcels", 60)
        await program.want_prices("calm", 300)
        async with program.running():
            ended = await program.until_done(QUARTER_S)
            return ended, (program, await program.done())

    ended, (program, done) = run_virtual(main)
    wanted = sum(map(len, program.queued.values()))
    attempts = {account: len(times) for account, times in vendor.attempts.items()}
    print(
        f"{style}: done {done.total()}/{wanted} at {ended:.0f} s, attempts {attempts}, refused {dict(vendor.refused)}"
    )
    assert done.total() >= 0.999 * wanted
    assert done.total() == wanted or ended >= QUARTER_S
    for account in vendor.attempts:  # the vendor's limit + 10 %, in every window that it counts
        assert vendor.busiest(account, WINDOW_S) <= ALLOWED * 1.1
    assert vendor.refused.total() <= 0.2 * sum(attempts.values()) + 60, "refused calls are wasted calls"
    calm = [vendor.done_at[key] for key in program.queued["calm"]]
    assert max(calm) < 30.0, "a storm at one vendor held up another"
    sister = [vendor.done_at[key] for key in program.queued["sister"]]
    flood = [vendor.done_at[key] for key in program.queued["flood"]]
    assert max(sister) < max(flood), "a flood held up its sister to the end"
    shipped = [vendor.acted[key] for key in program.queued["parcels"]]
    assert min(shipped) >= 1
    assert {price for sku, price in vendor.prices.items()} == {"10.00"}


@pytest.mark.parametrize("style", ["none", "nonsense"])
def test_a_vendor_that_only_refuses_is_asked_seldom_and_everything_goes_once_it_does_not(
    style: str, store: Store
) -> None:
    """Half an hour of 429 without a usable Retry-After: it may be a daily limit. At most 12 calls, though 600 prices wait."""
    rng = random.Random(SEED)
    vendor = Vendor(rng, allowed=ALLOWED, window_s=WINDOW_S, style=style, storm_s=1800.0, chaos=0.0, shared=0.0)

    async def main() -> tuple[int, float]:
        program = Program(store, vendor, rng, (Limit(calls=ALLOWED, seconds=WINDOW_S),))
        await program.connect("shop", "a")
        await program.connect("sister", "a")
        await program.want_prices("shop", 600)
        await program.want_prices("sister", 10)
        async with program.running():
            await asyncio.sleep(1800.0 - now())
            asked = len(vendor.attempts["a"])
            ended = await program.until_done(1800.0 + QUARTER_S)
            assert (await program.done()).total() == 610
            return asked, ended

    asked, ended = run_virtual(main)
    print(f"{style}: {asked} calls in the storm, all done {ended - 1800:.0f} s after it")
    assert asked <= 12


def test_a_flood_on_one_connection_lets_its_sister_through(store: Store) -> None:
    """Two connections of one account, a vendor that is well: seventy batches and one, at three calls a second."""
    rng = random.Random(SEED)
    vendor = Vendor(rng, allowed=ALLOWED, window_s=WINDOW_S, style="none", storm_s=0.0, chaos=0.0, shared=0.0)

    async def main() -> tuple[float, float]:
        program = Program(store, vendor, rng, (Limit(calls=ALLOWED, seconds=WINDOW_S),))
        for name in ("flood", "sister"):
            await program.connect(name, "a")
        await program.want_prices("flood", 1500)
        async with program.running():
            await asyncio.sleep(6.0)
            await program.want_prices("sister", 10)
            await program.until_done(QUARTER_S)
        ends = [max(vendor.done_at[key] for key in program.queued[name]) for name in ("sister", "flood")]
        return ends[0], ends[1]

    sister, flood = run_virtual(main)
    assert flood > 40.0
    assert sister < 6.0 + RELAY_S + WINDOW_S


# -- what one refusal does to the calls behind it ------------------------------------------------------------------------------
def test_a_silent_429_of_a_vendor_that_counts_windows_is_not_asked_again_at_once() -> None:
    """Trendyol: 50 calls in 10 s, a 429 says nothing; to come back after a second or two only meets the next refusal."""
    limits = tuple(one for one in Subject.read(providers_root() / "marketplaces/trendyol.toml").manifest.limits)

    async def main() -> None:
        answers = iter([429, 429, 200])
        wire = Wire(lambda r: httpx.Response(next(answers)))
        client = network(wire).client(policy(limits=limits, deadline_s=60.0), "https://api.test")
        reply = await client.get("/orders", extensions={"group": "orders"})
        assert reply.status_code == 200
        first, second, third = wire.times
        assert 7.0 < second - first <= 10.5
        assert 9.5 < third - second <= 11.0

    run_virtual(main)


THROTTLED = b"""{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":500,
"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":100,"restoreRate":100.0}}}}"""


def test_a_refusal_inside_a_200_is_seen_by_the_limiter_the_retries_and_the_samples() -> None:
    """Shopify counts points in one place: 400 points are missing, which is four seconds of rest for all of its groups."""
    limits = (Limit(calls=20, seconds=1.0, burst=20), Limit(calls=20, seconds=1.0, burst=20, group="write"))

    async def main() -> None:
        bodies = iter([THROTTLED])
        wire = Wire(lambda r: httpx.Response(200, content=next(bodies, b'{"data":{}}')))
        net = network(wire)
        client = net.client(policy(limits=limits, throttling=throttling_of(Shopify)), "https://api.test")
        asked = asyncio.create_task(client.post("/a", content=b"{}"))
        await asyncio.sleep(0.5)
        assert net.consecutive_throttles("acc") == 1
        assert (await asked).content == b'{"data":{}}'
        assert wire.times == pytest.approx(
            [0.0, 4.0], abs=0.05
        )  # a mutation: the vendor did nothing, so it may go again
        assert [s.outcome for s in net.samples.drain()] == [SampleClass.THROTTLED, SampleClass.OK]
        assert net.breaker(1).state is Phase.CLOSED

    run_virtual(main)


def test_a_refusal_inside_a_200_makes_every_group_of_the_account_rest() -> None:
    limits = (Limit(calls=20, seconds=1.0, burst=20), Limit(calls=20, seconds=1.0, burst=20, group="write"))

    async def main() -> None:
        bodies = iter([b"{}", THROTTLED])
        wire = Wire(lambda r: httpx.Response(200, content=next(bodies, b"{}")))
        net = network(wire)
        client = net.client(policy(limits=limits, retries=0, throttling=throttling_of(Shopify)), "https://api.test")
        await client.post("/b", extensions={"group": "write"})
        assert (await client.post("/a")).content == THROTTLED  # no repeat was allowed: the provider tells what it is
        await client.post("/b", extensions={"group": "write"})
        assert wire.times[2] - wire.times[1] == pytest.approx(4.0, abs=0.1)
        other = net.client(policy(limits=limits, account_id="other", connection_id=2), "https://api.test")
        before = now()
        await other.post("/c")
        assert now() == before

    run_virtual(main)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'"THROTTLED"',
        b'{"errors":"THROTTLED"}',
        b'{"data":{"note":"\\"THROTTLED\\""}}',
        b"[" * 100_000 + b'"THROTTLED"',
    ],
)
def test_no_other_body_is_taken_for_a_refusal(body: bytes) -> None:
    assert shopify_throttled(200, body) is None
