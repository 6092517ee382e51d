"""Reusable charts: a card with a line chart that is also a table, stacked bars, availability cells.

How to use it:

    card = ChartCard(t("health.measure_response"), "yanit-suresi", SPANS, "24h")
    await card.prepare()                      # pyqtgraph comes in a thread, once per process
    card.show_data(ChartData(since, until, times, lines, columns, goal_ms, ...))

- `ChartData` is the one truth: lines, table, legend, hover box, PNG and CSV are all made from it.
- Signals of the card: `span_chosen(name)`, `range_wanted(since, until)` when a panning hand rests (answer it with
  `show_data(data, keep_range=True)`), `said(state, title, text)` for a toast.
- `StackedBars`, `DayCells` and `TrendChart` (the compact chart of the same data) are painted by hand and need no pyqtgraph.

Each is imported from its own room (`ui.charts.card`, `.trend`, …): Today needs one of them at the program's start, and not the tables
that come with the card. What must never happen: an import of pyqtgraph (1 to 2 s) at the program's start or on the loop; more than 400 points a curve.
"""
