"""Panning a year on the health page's chart: how long a frame takes to paint while a hand drags, with p50, p95, p99, the band, the
goal and incidents at the most points that a curve may hold, and how long new figures hold the loop when the hand rests.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

FRAMES, WINDOWS, GOAL_MS = 200, 3, 16.0  # the best window counts: other programs of the machine are not measured
_KEPT: list[Any] = []  # a plot that goes before its application takes the process down at the end
_SIZE = (818, 356)


def _data(until: datetime, count: int) -> Any:
    """A year of noisy percentiles with four incidents."""
    from ui.charts.data import ChartData, Incident, Line
    from ui.theme.charts import PERCENTILES

    draw = random.Random(7)
    step = timedelta(days=365) / count
    since = until - step * count
    middle = [draw.lognormvariate(7.0, 0.3) for _ in range(count)]
    lines = tuple(
        Line(key, key, tuple(value * share for value in middle), look)
        for (key, look), share in zip(PERCENTILES.items(), (1.0, 2.2, 3.5), strict=True)
    )
    troubles = tuple(Incident(since + step * at, since + step * (at + 6), "degraded") for at in (40, 130, 220, 310))
    return ChartData(
        since, until, tuple(since + step * i for i in range(count)), lines, (), troubles, 5000.0, "5 s", ("p50", "p95"), step
    )  # fmt: skip


def run(say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Offscreen raster, which is what a window without a graphics card does too."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from ui import words
    from ui.charts.data import MOST_POINTS
    from ui.charts.plot import LinePlot
    from ui.theme import COMFORTABLE, Scheme, appearance

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    appearance().install(app, Scheme.LIGHT, COMFORTABLE)
    words.choose("tr")
    now = datetime(2025, 11, 24, 11, 0, tzinfo=UTC)
    data = _data(now, MOST_POINTS)
    plot = LinePlot("bench")
    _KEPT.extend((app, plot))
    plot.resize(*_SIZE)
    plot.show()
    plot.show_data(data)
    app.processEvents()
    windows: list[list[float]] = []
    cpu: list[float] = []
    for _ in range(WINDOWS):
        frames: list[float] = []
        for turn in range(FRAMES):
            plot.pan(-0.004 if turn % 100 < 50 else 0.004)
            started, worked = time.perf_counter(), time.thread_time()
            plot.viewport().repaint()
            frames.append((time.perf_counter() - started) * 1000)
            cpu.append((time.thread_time() - worked) * 1000)
        windows.append(frames)
    frames = min(windows, key=lambda one: statistics.quantiles(one, n=20)[-1])
    plot._rested()
    still: list[float] = []
    for _ in range(20):
        started = time.perf_counter()
        plot.viewport().repaint()
        still.append((time.perf_counter() - started) * 1000)
    taken: list[float] = []
    for _ in range(20):
        started = time.perf_counter()
        plot.show_data(data, keep_range=True)
        taken.append((time.perf_counter() - started) * 1000)
    p95 = statistics.quantiles(frames, n=20)[-1]
    say(
        f"median {statistics.median(frames):.1f} ms, worst {max(frames):.1f} ms; at rest {statistics.median(still):.1f} ms"
    )
    say(
        f"processor time of a frame: p95 {statistics.quantiles(cpu, n=20)[-1]:.1f} ms"
    )  # what a busy machine does not change
    say(f"new figures: {statistics.median(taken):.1f} ms")
    plot.hide()
    app.processEvents()
    return [
        {"bench": "chart-pan", "figure": f"frame while panning a year, p95 of {FRAMES}", "value": round(p95, 1), "unit": "ms",
         "goal": f"<= {GOAL_MS:.0f}", "holds": p95 <= GOAL_MS},
    ]  # fmt: skip
