"""Reusable charts: a card with a line chart that is also a table, stacked bars, availability cells.

How to use it:

    card = ChartCard(t("health.measure_response"), "yanit-suresi", SPANS, "24h")
    await card.prepare()                      # pyqtgraph comes in a thread, once per process
    card.show_data(ChartData(since, until, times, lines, columns, goal_ms, ...))

- `ChartData` is the one truth: lines, table, legend, hover box, PNG and CSV are all made from it.
- Signals of the card: `span_chosen(name)`, `range_wanted(since, until)` when a panning hand rests (answer it with
  `show_data(data, keep_range=True)`), `said(state, title, text)` for a toast.
- `StackedBars`, `DayCells` and `TrendChart` (the compact chart of the same data) are painted by hand and need no pyqtgraph.

What must never happen: an import of pyqtgraph (1 to 2 s) at the program's start or on the loop; more than 400 points a curve.
"""

from ui.charts.bars import Bar, Stack, StackedBars
from ui.charts.card import ChartCard
from ui.charts.cells import DayCell, DayCells
from ui.charts.data import MOST_POINTS, SPANS, ChartData, Extra, Incident, Line, points_for
from ui.charts.trend import TrendChart
from ui.charts.units import Unit

__all__ = [
    "MOST_POINTS",
    "SPANS",
    "Bar",
    "ChartCard",
    "ChartData",
    "DayCell",
    "DayCells",
    "Extra",
    "Incident",
    "Line",
    "Stack",
    "StackedBars",
    "TrendChart",
    "Unit",
    "points_for",
]
