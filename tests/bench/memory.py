"""Memory of the open window with 100,000 listings and 100,000 orders in the workspace, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOAL_MB = 220
COUNT = 100_000

# Walks the pages that show the rows, scrolls both grids to their ends, then says its resident memory.
OURS = r"""
import asyncio, sys
import psutil
import ui.entry as entry
from ui.window import MainWindow

plain = MainWindow.fill
def fill(self, services, house):
    async def start():
        return None
    services.engine.start = start
    plain(self, services, house)
    asyncio.ensure_future(walk(self))

async def walk(window):
    from PySide6.QtWidgets import QApplication, QTableView
    await asyncio.sleep(3)
    for page in ("orders", "prices", "orders", "today"):
        window.go(page)
        await asyncio.sleep(2.5)
        for table in window.findChildren(QTableView):
            if table.isVisible():
                bar = table.verticalScrollBar()
                for share in (0.25, 0.5, 0.75, 1.0, 0.0):
                    bar.setValue(int(bar.maximum() * share))
                    await asyncio.sleep(0.3)
    print("RSS", psutil.Process().memory_info().rss, flush=True)
    window.leave_asked.emit()

MainWindow.fill = fill
sys.exit(entry.main(sys.argv[1:]))
"""


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    from tests.bench.filling import fill_workspace

    with tempfile.TemporaryDirectory() as base:
        folder, password = Path(base) / "ws", Path(base) / "password"
        password.write_text("a password for benches", encoding="utf-8")
        fill_workspace(folder, "a password for benches", orders=COUNT, listings=COUNT)
        progress("memory: workspace filled")
        environment = {
            **os.environ, "QT_QPA_PLATFORM": "offscreen", "PAXZAR_HOME": base, "PAXZAR_TEST_PROFILE": "1",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }  # fmt: skip
        arguments = ["--workspace", str(folder), "--unlock-from", str(password), "--lang", "tr"]
        said = subprocess.run(
            [sys.executable, "-c", OURS, *arguments], stdout=subprocess.PIPE, text=True, env=environment, timeout=120, check=True
        ).stdout  # fmt: skip
    rss = next(int(line.split()[1]) for line in said.splitlines() if line.startswith("RSS"))
    value = round(rss / 1_000_000)
    return [
        {"bench": "memory", "figure": "RSS with 100,000 listings and 100,000 orders", "value": value, "unit": "MB",
         "goal": GOAL_MB, "holds": value <= GOAL_MB, "raw": {"rss": rss}},
    ]  # fmt: skip
