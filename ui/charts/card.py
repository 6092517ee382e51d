"""The chart card: title and legend, span segment, table view, export; a line chart that T turns into the same figures as a
table. Light until `prepare()`: pyqtgraph comes then, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QStackedLayout, QWidget

from ui.charts import loading
from ui.charts.data import SPANS, ChartData, points_for
from ui.charts.export import picture, save_picture, save_sheet
from ui.charts.hover import Entry, Legend
from ui.kit import ask_save_file, begin, show_menu, spawn
from ui.tables import Column, DenseTable, Kind, WindowedTableModel
from ui.theme import COMPACT, icon
from ui.widgets import Card, EmptyState, IconButton, Segment, Text
from ui.words import t


class ChartCard(Card):
    """`ChartCard(title, file_name, spans, span)`. `file_name` is what an export is called without its ending.

    `await prepare()` once, then `show_data(data)` or `show_empty(fact, next)`. `plot` is the line plot (None before).
    `offer_pin()` puts a pin into its head; `audit(kind, rows)` is awaited after a file was written.
    """

    span_chosen = Signal(str)
    range_wanted = Signal(object, object)
    said = Signal(str, str, str)
    pin_asked = Signal()

    def __init__(
        self,
        title: str,
        file_name: str,
        spans: Mapping[str, timedelta] = SPANS,
        span: str = "24h",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, padded=False, parent=parent)
        self._title_words, self._file = title, file_name
        self.data: ChartData | None = None
        self.plot: Any = None
        self.table: DenseTable | None = None
        self.audit: Callable[[str, int], Awaitable[object]] | None = None
        self._as_table = False
        self._empty: tuple[str, str] | None = None
        self.head.takeAt(self.head.count() - 1)  # the legend stretches instead
        self.legend = Legend()
        self.segment = Segment(t("chart.span"), [(name, t(f"chart.span_{name}")) for name in spans], span, small=True)
        self.segment.chosen.connect(self.span_chosen)
        self.table_button = IconButton("table", t("chart.as_table"), small=True)
        self.table_button.clicked.connect(self.toggle_table)
        self.export_button = IconButton("download-simple", t("chart.export"), small=True)
        self.export_button.clicked.connect(self._export_menu)
        self.pin_button = IconButton("push-pin", t("chart.pin"), small=True)
        self.pin_button.clicked.connect(self.pin_asked)
        self.pin_button.hide()
        self.head.addWidget(self.legend, 1)
        for part in (self.segment, self.table_button, self.pin_button, self.export_button):
            self.head.addWidget(part)
        self._place = QWidget()
        self._stack = QStackedLayout(self._place)
        self._waiting = Text(t("common.loading"), "body", "text_2")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing = EmptyState("chart-line", "")
        self._stack.addWidget(self._waiting)
        self._stack.addWidget(self._nothing)
        self.body.setContentsMargins(6, 4, 6, 6)
        self.body.addWidget(self._place, 1)
        self._place.setMinimumHeight(180)
        self._choose()

    # -- contents ----------------------------------------------------------------------------------------------------
    def offer_pin(self, pinned: bool) -> None:
        """Shows the pin, as one that puts the chart onto Today or takes it away."""
        self.pin_button.set_name(t("chart.unpin" if pinned else "chart.pin"))
        self.pin_button.set_icon_name("push-pin-slash" if pinned else "push-pin")
        self.pin_button.show()

    def put_first(self, *widgets: QWidget) -> None:
        """These stand at the head's beginning, in the title's place."""
        self._title.hide()
        self._note.hide()
        for place, widget in enumerate(widgets):
            self.head.insertWidget(place, widget)

    def set_words(self, title: str) -> None:
        """Another chart in the same card: its title, also that of an exported picture."""
        self._title_words = title
        self.set_title(title)
        if self.plot is not None:
            self.plot.setAccessibleName(title)

    @property
    def span(self) -> str:
        """The chosen span's name."""
        return self.segment.value

    def set_span(self, name: str) -> None:
        """Chooses a span without a signal. Raises ValueError for an unknown one."""
        self.segment.set_value(name)

    @property
    def as_table(self) -> bool:
        """Whether the figures stand as a table now."""
        return self._as_table

    @property
    def points(self) -> int:
        """How many points to ask for at this width."""
        return points_for(self._place.width())

    async def prepare(self) -> None:
        """Builds the plot; what was handed in before is drawn then."""
        module = await loading.load()
        if self.plot is None:
            self.plot = module.LinePlot(self._title_words)
            self.plot.rested.connect(self.range_wanted)
            self._stack.addWidget(self.plot)
            await asyncio.sleep(0)  # building and filling in one go would hold the loop twice as long
            if self.data is not None:
                self.plot.show_data(self.data)
            self._choose()

    def show_data(self, data: ChartData, *, keep_range: bool = False) -> None:
        """These figures, as chart and as table."""
        same = self.data is not None and [x.key for x in _columns(self.data)] == [x.key for x in _columns(data)]
        self.data = data
        self._empty = None
        self._tell()
        if self.plot is not None:
            self.plot.show_data(data, keep_range=keep_range)
        if self.table is not None:
            if same:
                begin(self.table.table_model.refresh(), "chart table")
            else:
                self._drop_table()
        self._choose()

    def show_empty(self, fact: str, following: str = "") -> None:
        """No figures: one sentence of fact, one of what comes next."""
        self.data = None
        self._empty = (fact, following)
        self._nothing.set_words(fact, following)
        self.legend.set_entries(())
        self._choose()

    def _tell(self) -> None:
        data = self.data
        if data is None:
            return
        entries = []
        for line in data.lines:
            last = data.last_of(line)
            entries.append(Entry(line.name, "" if last is None else data.value_words(line, last), line.look))
        troubles = {incident.state for incident in data.incidents}
        entries += [Entry(t(f"chart.incident_{x}"), "", None, x) for x in ("unhealthy", "degraded") if x in troubles]
        self.legend.set_entries(entries)
        parts = [f"{e.name} {e.value}".strip() for e in entries]
        self.setAccessibleDescription(", ".join([*parts, data.goal_words] if data.goal_words else parts))

    def _choose(self) -> None:
        shown: QWidget = self._waiting
        if self._empty is not None:
            shown = self._nothing
        elif self.data is not None and self._as_table:
            shown = self._make_table()
        elif self.plot is not None and self.data is not None:
            shown = self.plot
        self._stack.setCurrentWidget(shown)
        able = self.data is not None
        self.table_button.setEnabled(able)
        self.export_button.setEnabled(able)
        name = t("chart.as_chart" if self._as_table else "chart.as_table")
        self.table_button.set_name(name)
        self.table_button.set_icon_name("chart-line" if self._as_table else "table")

    def zoom(self, factor: float) -> None:
        """Shows `factor` times as long a span; nothing while there is no plot."""
        if self.plot is not None and self.plot.isVisible():
            self.plot.zoom(factor)

    def home(self) -> None:
        """Back to the present and the whole span."""
        if self.plot is not None and self.plot.isVisible():
            self.plot.home()

    # -- table -------------------------------------------------------------------------------------------------------
    def toggle_table(self) -> None:
        """Chart to table and back (T)."""
        if self.data is None:
            return
        self._as_table = not self._as_table
        focused = self._place.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self._choose()
        if focused:  # hiding the one must not throw the keyboard out of the card
            self._stack.currentWidget().setFocus(Qt.FocusReason.OtherFocusReason)

    def _make_table(self) -> DenseTable:
        if self.table is None and self.data is not None:
            model = WindowedTableModel(_columns(self.data), self._fetch, self._count)
            self.table = DenseTable(model, self._title_words, density=COMPACT)
            self.table.installEventFilter(self)
            self._stack.addWidget(self.table)
            begin(model.reload(), "chart table")
        assert self.table is not None  # noqa: S101 – only asked for while there are data
        return self.table

    def _drop_table(self) -> None:
        if self.table is not None:
            self._stack.removeWidget(self.table)
            self.table.deleteLater()
            self.table = None

    async def _fetch(self, offset: int, limit: int, _sort: Any, _filter: Any) -> list[tuple[object, ...]]:
        return [] if self.data is None else self.data.table_rows(offset, limit)

    async def _count(self, _filter: Any) -> int:
        return 0 if self.data is None else len(self.data.times)

    def table_rows(self) -> list[tuple[object, ...]]:
        """The rows of the table view: key, time, a text per line, a number per extra; newest first."""
        return [] if self.data is None else self.data.table_rows()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_T and not event.modifiers():
            self.toggle_table()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A table searches for letters that are typed into it; T is ours before it does."""
        pressed = watched is self.table and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() == Qt.Key.Key_T and not event.modifiers():
            self.toggle_table()
            return True
        return super().eventFilter(watched, event)

    # -- export ------------------------------------------------------------------------------------------------------
    def _export_menu(self) -> None:
        menu = QMenu(self)
        menu.addAction(icon("image"), t("chart.export_png"), lambda: spawn(self.export("png"), "chart picture"))
        menu.addAction(icon("table"), t("chart.export_csv"), lambda: spawn(self.export("csv"), "chart sheet"))
        show_menu(menu, self.export_button.mapToGlobal(QPoint(0, self.export_button.height() + 2)))

    async def export(self, kind: str) -> None:
        """Asks where, and writes "png" or "csv" there; what was shown when it was asked for."""
        data, title = self.data, self._title_words
        if data is None or (kind == "png" and self.plot is None):
            return
        image = picture(title, self.legend, self.plot) if kind == "png" else None
        filters = [f"{t(f'chart.filter_{kind}')} (*.{kind})"]
        path = await ask_save_file(self, t(f"chart.export_{kind}"), f"{self._file}.{kind}", filters)
        if path is None:
            return
        path = path if path.suffix else path.with_suffix(f".{kind}")
        try:
            await (save_sheet(data, path) if image is None else save_picture(image, path))
            if self.audit is not None:
                await self.audit(kind, len(data.times))
        except OSError as error:
            self.said.emit("unhealthy", t("chart.not_saved", name=path.name), error.strerror or str(error))
        else:
            self.said.emit("healthy", t("chart.saved", name=path.name), str(Path(path).parent))

    def set_file_name(self, name: str) -> None:
        """What an export is called, without its ending."""
        self._file = name


def _columns(data: ChartData) -> tuple[Column, ...]:
    """Titles are ready words here, so they go in as a title of their own."""
    made: list[Column] = [Column("time", "chart.time", Kind.TEXT, 1, width=150, sortable=False)]
    made += [_Named(x.key, x.name, Kind.NUMBER, 1, width=84, sortable=False) for x in data.lines]
    made += [_Named(x.key, x.name, Kind.NUMBER, 2, width=96, sortable=False) for x in data.extras]
    return tuple(made)


class _Named(Column):
    """A column whose title is words already (a line's own name), not a key of them."""

    __slots__ = ()

    @property
    def title(self) -> str:
        return self.title_key
