"""Storms under a virtual clock: 429 in every wording, 30 % failures, many connections. Through the whole stack – scheduler, runner,
outbox relay, store and pipeline – and, with seeds, what the limiter, the breaker and the retries make of each other.

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

from app.contracts import Limit
from app.store import Store
from tests.app.http.virtual import now, run_virtual
from tests.faults.storm import Program, Vendor, inline, utc

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
        await program.want_prices("flood", 1500)
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
