"""From process start to the first painted window with stored figures, against an empty PySide6 window in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 3
GOAL = 8.0

EMPTY = r"""
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

class Window(QWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, app.quit)

app = QApplication(sys.argv)
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""

# The real entry with a listener on the first page that came to the front: the figures are painted by then. Prints the
# provider modules and the ones imported after that moment on the loop's thread.
OURS = r"""
import sys, threading
import ui.entry as entry
from ui.window import MainWindow

late = []
class Watch:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            late.append(name)
        return None

def ready(window, page):
    window.grab()
    bad = sorted(n for n in sys.modules if n.startswith("providers.") and n.count(".") > 1)
    print("READY", ",".join(bad), flush=True)
    sys.meta_path.insert(0, Watch())
    from PySide6.QtCore import QTimer
    QTimer.singleShot(1500, lambda: (print("LATE", ",".join(late), flush=True), window.leave_asked.emit()))

plain = MainWindow.fill
def fill(self, services, house):
    services.engine.start = quiet(services.engine)
    plain(self, services, house)
    self.page_shown.connect(lambda page: ready(self, page))

def quiet(engine):
    async def start():
        return None  # no network in a bench of the start
    return start

MainWindow.fill = fill
sys.exit(entry.main(sys.argv[1:]))
"""


def _seconds(code: str, arguments: list[str], environment: dict[str, str], mark: str) -> tuple[float, list[str]]:
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )
    took, said = 0.0, []
    if child.stdout is None:
        raise RuntimeError("no output")
    for line in child.stdout:
        said.append(line.strip())
        if mark and line.startswith(mark):
            took = time.perf_counter() - started
    child.wait(60)
    child.stdout.close()
    if child.returncode != 0 or (mark and not took):
        raise AssertionError(f"the start failed: {child.returncode} {said}")
    return took or time.perf_counter() - started, said


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    from tests.bench.filling import fill_workspace

    raw: list[dict[str, Any]] = []
    late: set[str] = set()
    providers: set[str] = set()
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "ws"
        password = Path(base) / "password"
        password.write_text("a password for benches", encoding="utf-8")
        fill_workspace(folder, "a password for benches", orders=2_000, listings=5_000)
        environment = {
            **os.environ, "QT_QPA_PLATFORM": "offscreen", "PAXZAR_HOME": base, "PAXZAR_TEST_PROFILE": "1",
            "PAXZAR_LANG": "tr", "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }  # fmt: skip
        arguments = ["--workspace", str(folder), "--unlock-from", str(password), "--lang", "tr"]
        for i in range(ROUNDS):
            empty, _ = _seconds(EMPTY, [], environment, "")
            ours, said = _seconds(OURS, arguments, environment, "READY")
            for line in said:
                word, _, names = line.partition(" ")
                if word == "READY":
                    providers |= set(filter(None, names.split(",")))
                elif word == "LATE":
                    late |= set(filter(None, names.split(",")))
            raw.append({"empty_s": round(empty, 3), "ours_s": round(ours, 3), "ratio": round(ours / empty, 2)})
            progress(f"start: round {i + 1}: {ours:.2f} s against {empty:.2f} s")
    ratio = min(one["ratio"] for one in raw)
    return [
        {"bench": "start", "figure": "first window with figures ÷ empty window", "value": ratio, "unit": "", "goal": GOAL,
         "holds": ratio <= GOAL, "raw": raw},
        {"bench": "start", "figure": "provider modules imported at start", "value": len(providers), "unit": "", "goal": 0,
         "holds": not providers, "raw": sorted(providers)},
        {"bench": "start", "figure": "imports on the loop afterwards", "value": len(late), "unit": "", "goal": 0,
         "holds": not late, "raw": sorted(late)[:50]},
    ]  # fmt: skip
