"""A formula over 100,000 listings until its preview is there – read from the store, computed, judged – against the same arithmetic in a
bare loop over a list of Decimals. All in one process; the preview's longest stretch on the loop is told too.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

COUNT, ROUNDS = 100_000, 5
GOAL_S, GOAL_RATIO = 0.5, 0.08
FORMULA = "round_to(price * 1.05; 0.90)"


async def _fill(folder: Path) -> Any:
    from app.console import utc_now
    from app.contracts import Page
    from app.store import Store
    from tests.bench.filling import listings

    store = await Store.open(folder / "store.sqlite", now=utc_now)
    await store.accounts.add("bench", "trendyol", "live")
    row = await store.connections.add("bench", "trendyol", "bench", "live")
    goods = []
    for listing in listings(COUNT):
        goods.append(listing)
        if len(goods) == 1_000:
            await store.listings.apply_page(row.id, "bench", Page(tuple(goods)), now=utc_now())
            goods = []
    return store


def _bare(prices: list[Decimal]) -> tuple[float, Decimal]:
    """Seconds for +5 % and the nearest price ending in ,90, ties up, for each; and the sum of the changes."""
    factor, ending, half = Decimal("1.05"), Decimal("0.90"), Decimal("0.5")
    started = time.perf_counter()
    new = [(price * factor - ending + half).to_integral_value(ROUND_FLOOR) + ending for price in prices]
    took = time.perf_counter() - started
    return took, sum(new) - sum(prices)


async def _stalls(stop: asyncio.Event, longest: list[float]) -> None:
    """The longest stretch in which the loop did not come round."""
    while not stop.is_set():
        began = time.perf_counter()
        await asyncio.sleep(0)
        longest[0] = max(longest[0], time.perf_counter() - began)


async def _measure(progress: Callable[[str], None]) -> list[dict[str, float]]:
    from app.console import utc_now
    from app.pricing.formula import compile_formula
    from app.pricing.guards import Guards
    from app.pricing.plan import Choice, Plans

    raw = []
    with tempfile.TemporaryDirectory() as base:
        store = await _fill(Path(base))
        try:
            rows = await store.db.read(lambda conn: conn.execute("SELECT price_micros FROM listings").fetchall())
            prices = [Decimal(micros).scaleb(-6) for (micros,) in rows]
            plans, formula = Plans(store, utc_now), compile_formula(FORMULA)
            for i in range(ROUNDS):
                bare, change = _bare(prices)
                started = time.perf_counter()
                preview = await plans.preview(formula, Choice(), Guards())
                ours = time.perf_counter() - started
                if preview.totals.lines != COUNT or preview.totals.change != {"TRY": int(change.scaleb(6))}:
                    raise AssertionError(f"the preview is not the bare loop's: {preview.totals}")
                raw.append({"ours_s": round(ours, 3), "bare_s": round(bare, 4), "ratio": round(bare / ours, 3)})
                progress(f"plan: round {i + 1}: preview {ours:.2f} s, ratio {bare / ours:.2f}")
            stop, longest = asyncio.Event(), [0.0]
            watch = asyncio.ensure_future(_stalls(stop, longest))
            await plans.preview(formula, Choice(), Guards())
            stop.set()
            await watch
            started = time.perf_counter()
            await plans.make(formula, Choice(), Guards())
            stored = time.perf_counter() - started
            progress(f"plan: stored in {stored:.2f} s; longest stretch on the loop {longest[0] * 1000:.0f} ms")
            raw.append({"stored_s": round(stored, 3), "longest_stretch_ms": round(longest[0] * 1000, 1)})
        finally:
            await store.close()
    return raw


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    raw = asyncio.run(_measure(progress))
    rounds = [one for one in raw if "ratio" in one]
    best, ratio = min(one["ours_s"] for one in rounds), max(one["ratio"] for one in rounds)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        {"bench": "plan", "figure": "preview of 100,000 listings", "value": best, "unit": "s", "goal": GOAL_S,
         "holds": best <= GOAL_S, "raw": raw},
        {"bench": "plan", "figure": "bare Decimal loop ÷ preview", "value": ratio, "unit": "", "goal": GOAL_RATIO,
         "holds": ratio >= GOAL_RATIO, "raw": {"at": when}},
    ]  # fmt: skip
