"""Own labels: their PDF against the same drawing in bare reportlab, ZPL a second, and labels a second that are drawn, read back and
handed to a printer on loopback that acknowledges each."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LABELS, ROUNDS = 500, 3
GOAL_RATIO, GOAL_ZPL, GOAL_PRINTED = 0.5, 150, 50
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

# The printer, in a process of its own: takes labels, answers `~HS`.
PRINTER = """
import asyncio, sys
from tests.app.printing.zebra import plugged_in

async def main():
    async with plugged_in() as zebra:
        print(zebra.address, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        print(len(zebra.labels), flush=True)

asyncio.run(main())
"""


def _bare(labels: list[Any]) -> bytes:
    """What a label holds, drawn by hand at fixed places: no wrapping, no fitting, no measuring."""
    from reportlab.graphics.barcode.code128 import Code128
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    from app.formats.pdf import BOLD, REGULAR

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(100 * mm, 150 * mm), invariant=1, pageCompression=1)
    for one in labels:
        for font, size, y, text in (
            (REGULAR, 8, 142, f"Gönderen: {one.sender}"), (BOLD, 11, 136, f"{one.channel} · {one.carrier}"), (REGULAR, 8, 129, "Alıcı"),
            (BOLD, 18, 121, one.name), (REGULAR, 13, 115, one.street), (BOLD, 17, 107, f"{one.district} / {one.city}"),
            (REGULAR, 11, 102, f"{one.postcode}  Tel: {one.phone}"), (REGULAR, 9, 53, one.items),
            (BOLD, 14, 10, one.code), (REGULAR, 9, 5, f"Sipariş: {one.order_number}"),
        ):  # fmt: skip
            canvas.setFont(font, size)
            canvas.drawString(4 * mm, y * mm, text)
        for y in (133, 58):
            canvas.line(4 * mm, y * mm, 96 * mm, y * mm)
        Code128(one.code, barWidth=4 * 72 / 203, barHeight=22 * mm, quiet=0).drawOn(canvas, 20 * mm, 15 * mm)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _labels() -> list[Any]:
    from app.printing.data import LabelData

    return [
        LabelData(
            f"Ayşe Şükrüoğlu {n}", f"Gül Sokağı No: {n} Daire 4", "Çankaya", "Ankara", "06420", "", "+905321234567", f"90000{n:05}",
            "Trendyol", f"73300000000{n:05}", "Yurtiçi Kargo", "Örnek Ltd. Şti.", items="2 × Seramik Kupa",
        )
        for n in range(LABELS)
    ]  # fmt: skip


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


async def _printed(folder: Path, address: str) -> float:
    """Seconds from the wish to the last acknowledged label, with the journal."""
    from app.formats.words import Words
    from app.printing.desk import PrintDesk
    from app.printing.gathering import PrintWish
    from app.store import Printer, Store
    from tests.app.printing.making import order, shop

    store = await Store.open(folder / "store.sqlite", now=lambda: NOW)
    try:
        await shop(store, *(order(str(10_000 + n)) for n in range(LABELS)))
        wish = PrintWish("label", tuple(range(1, LABELS + 1)), Printer("Zebra", "network", address, "zpl"))
        desk = PrintDesk(store, Words.load("tr"), lambda: NOW)
        started = time.perf_counter()
        done = await desk.print(wish)
        took = time.perf_counter() - started
        if not done.whole:
            raise AssertionError(f"not all left: {done}")
        return took
    finally:
        await store.close()


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    from app.printing.data import LabelWords, Setup, Work
    from app.printing.label import draw_labels
    from app.printing.press import press

    labels, words = _labels(), LabelWords()
    draw_labels(labels[:2], words)
    _bare(labels[:2])
    ratios, zpl, printed = [], [], []
    for number in range(ROUNDS):
        ratios.append(round(_timed(lambda: _bare(labels)) / _timed(lambda: draw_labels(labels, words)), 3))
        zpl.append(round(LABELS / _timed(lambda: press(Work("label", Setup("zpl"), labels=tuple(labels))))))
        child = subprocess.Popen(
            [sys.executable, "-c", PRINTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with tempfile.TemporaryDirectory() as folder:
            address = child.stdout.readline().strip() if child.stdout else ""
            printed.append(round(LABELS / asyncio.run(_printed(Path(folder), address))))
            came, _ = child.communicate("")
        if came.strip() != str(LABELS):
            raise AssertionError(f"{came.strip()} labels came out")
        progress(f"labels: round {number + 1}: PDF {ratios[-1]} of bare, ZPL {zpl[-1]}/s, printed {printed[-1]}/s")
    rows = (
        ("PDF ÷ bare reportlab", ratios, "", GOAL_RATIO), ("as ZPL, read back", zpl, "/s", GOAL_ZPL),
        ("drawn, read back, acknowledged, in the journal", printed, "/s", GOAL_PRINTED),
    )  # fmt: skip
    return [
        {
            "bench": "labels",
            "figure": figure,
            "value": max(raw),
            "unit": unit,
            "goal": goal,
            "holds": max(raw) >= goal,
            "raw": raw,
        }
        for figure, raw, unit, goal in rows
    ]
