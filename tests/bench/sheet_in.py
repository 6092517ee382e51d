"""100,000 rows × 12 columns of XLSX into a checked plan – read in the worker process, matched against 100,000 listings, judged, stored –
against python-calamine reading the same file alone. The longest stretch on the loop is told too.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

COUNT, ROUNDS, GOAL = 100_000, 2, 4.0


def _write(path: Path) -> None:
    import xlsxwriter

    texts = ("Marka", "Kategori", "Renk", "Beden", "Cinsiyet", "Depo", "Desi Notu")
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet("Fiyatlar")
        page.write_row(0, 0, ["Stok Kodu", "Barkod", "Ürün Adı", "Satış Fiyatı", "Liste Fiyatı", *texts])
        for i in range(COUNT):
            price = (2_000 + i % 90_000) / 100
            cells = [f"PX-{i:05d}", f"869{i:010d}", f"Pamuklu Gömlek Açık Mavi {i}", price + 1, price + 5]
            page.write_row(i + 1, 0, [*cells, *(f"{one} {i % 40}" for one in texts)])


def _calamine(path: Path) -> float:
    from python_calamine import CalamineWorkbook

    started = time.perf_counter()
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    took = time.perf_counter() - started
    if len(rows) != COUNT + 1:
        raise AssertionError(f"{len(rows)} rows")
    return took


async def _measure(progress: Callable[[str], None]) -> list[dict[str, float]]:
    from app.api.price_sheets import PriceSheets
    from app.console import utc_now
    from app.contracts.catalogue import Catalogue, providers_root
    from app.platform.worker import Worker
    from app.pricing.plan import Plans
    from tests.bench.plan import _fill, _stalls

    raw = []
    with tempfile.TemporaryDirectory() as base:
        path, worker = Path(base) / "fiyat.xlsx", Worker()
        _write(path)
        store = await _fill(Path(base))
        try:
            sheets = PriceSheets(store, Catalogue(providers_root()), Plans(store, utc_now), worker.compute)
            await worker.compute(
                _calamine, path
            )  # the process is there before the clock starts, as in a window that runs
            for i in range(ROUNDS):
                alone = await worker.compute(_calamine, path)
                started = time.perf_counter()
                sheet = await sheets.look(path, path.name)
                read = time.perf_counter() - started
                made = await sheets.make(sheet, await sheets.rows())
                ours = time.perf_counter() - started
                if made.totals.lines != COUNT or made.trouble_count or made.unknown:
                    raise AssertionError(f"not the sheet's plan: {made.totals}")
                ratio = ours / alone
                raw.append({
                    "ours_s": round(ours, 2), "read_s": round(read, 2), "alone_s": round(alone, 2), "ratio": round(ratio, 2),
                })  # fmt: skip
                progress(f"sheet-in: round {i + 1}: {raw[-1]}")
            stop, longest = asyncio.Event(), [0.0]
            watch = asyncio.ensure_future(_stalls(stop, longest))  # a round of its own: watching takes a core
            await sheets.make(await sheets.look(path, path.name), await sheets.rows())
            stop.set()
            await watch
            progress(f"sheet-in: longest stretch on the loop {longest[0] * 1000:.0f} ms")
            raw.append({"longest_stretch_ms": round(longest[0] * 1000, 1)})
        finally:
            worker.close()
            await store.close()
    return raw


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    raw = asyncio.run(_measure(progress))
    best = min(one["ratio"] for one in raw if "ratio" in one)
    return [
        {"bench": "sheet-in", "figure": "100,000 × 12 into a plan ÷ calamine alone", "value": best, "unit": "×", "goal": GOAL,
         "holds": best <= GOAL, "raw": raw},
    ]  # fmt: skip
