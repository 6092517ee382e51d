"""One connection in depth: what is wrong and what to do, response times with goal and incidents, error classes, 30 days of
availability, and the evidence behind them. It reads the store's roll-ups; what is pressed is the page's business."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.monitor.health import State
from ui.charts import ChartCard, DayCells, StackedBars
from ui.kit import spawn
from ui.pages.health_evidence import ASKED, Evidence, evidence_rows
from ui.pages.health_figures import DAYS, chart_data, day_cells, error_bars, percent, stacks, window
from ui.pages.health_wall import Watched, blame_sentence, looks, state_words
from ui.services import Services
from ui.widgets import Button, Card, Chip, CutText, Dot, IconButton, Note, Segment, Text
from ui.words import t

CHARTS, EVIDENCE = "charts", "evidence"
_SIDE_WIDTH = 268


class HealthDetail(QWidget):
    """`HealthDetail(services)`; `await prepare()`, `show_connection(watched)`, `await refresh()`.

    Signals `test_asked()`, `sync_asked()`, `pause_asked()`, `back_asked()`, `said(state, title, text)`.
    """

    test_asked = Signal()
    sync_asked = Signal()
    pause_asked = Signal()
    back_asked = Signal()
    said = Signal(str, str, str)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.services = services
        self.watched: Watched | None = None
        self._asked = 0
        self._span_by_hand = False
        self._panned: tuple[datetime, datetime] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head())
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        area.setWidget(inner)
        area.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        column.addWidget(area, 1)
        self._inner = QVBoxLayout(inner)
        self._inner.setContentsMargins(20, 0, 20, 16)
        self._inner.setSpacing(10)
        self.note = Note("degraded", "", "", (t("common.evidence"),))
        self.note.button(0).clicked.connect(lambda: self.show_part(EVIDENCE))
        self._note_place = QVBoxLayout()
        self._note_place.addWidget(self.note)
        self._inner.addLayout(self._note_place)
        self._parts = QStackedLayout()
        self._inner.addLayout(self._parts, 1)
        self._parts.addWidget(self._charts())
        self.evidence = Evidence()
        self._parts.addWidget(self.evidence)
        self.setVisible(False)

    # -- building ----------------------------------------------------------------------------------------------------
    def _head(self) -> QLayout:
        row = QHBoxLayout()
        row.setContentsMargins(20, 9, 20, 9)
        row.setSpacing(8)
        self.back = IconButton("arrow-left", t("common.back"), "quiet", small=True)
        self.back.clicked.connect(self.back_asked)
        self.back.hide()
        row.addWidget(self.back)
        self._dot_place = QHBoxLayout()
        row.addLayout(self._dot_place)
        self.title = Text("", "pane")
        row.addWidget(self.title)
        self.place = CutText("", "body", "text_2")
        self.place.setMinimumWidth(20)
        row.addWidget(self.place, 1)
        self.chip = Chip("healthy")
        row.addWidget(self.chip)
        row.addSpacing(8)
        parts = [(CHARTS, t("health.charts")), (EVIDENCE, t("common.evidence"))]
        self.segment = Segment(t("health.view"), parts, small=True)
        self.segment.chosen.connect(self.show_part)
        row.addWidget(self.segment)
        self.test = Button(t("connection.test"), icon="heartbeat", small=True)
        self.sync = Button(t("health.sync"), icon="arrows-clockwise", small=True)
        self.pause = Button(t("connection.pause"), icon="pause", small=True)
        for button, signal in (
            (self.test, self.test_asked),
            (self.sync, self.sync_asked),
            (self.pause, self.pause_asked),
        ):
            button.clicked.connect(signal)
            row.addWidget(button)
        return row

    def _charts(self) -> QWidget:
        place = QWidget()
        self._across = QBoxLayout(QBoxLayout.Direction.LeftToRight, place)
        self._across.setContentsMargins(0, 0, 0, 0)
        self._across.setSpacing(12)
        self.card = ChartCard(t("health.response"), "response")
        self.card.span_chosen.connect(self._span_chosen)
        self.card.range_wanted.connect(self._range_wanted)
        self.card.said.connect(self.said)
        self._across.addWidget(self.card, 1)
        self._side = QWidget()
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(12)
        self.errors_card = Card(t("health.error_kinds"), t("chart.span_24h"))
        self.bars = StackedBars(t("health.error_kinds"))
        self.errors_card.body.addWidget(self.bars, 1)
        side.addWidget(self.errors_card, 1)
        self.days_card = Card(t("health.availability"), "—")
        self.days = DayCells(t("health.availability"))
        self.days.pointed.connect(self._day_pointed)
        self.days_card.body.addWidget(self.days)
        side.addWidget(self.days_card)
        self._across.addWidget(self._side)
        self.set_inner_width(1400)
        return place

    def set_inner_width(self, width: int) -> None:
        """Under 1100 px the small cards stand below the chart; under 900 there is a way back to the list."""
        below = width < 1100
        self._across.setDirection(QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight)
        self._side.setMinimumWidth(0 if below else _SIDE_WIDTH)
        self._side.setMaximumWidth(16_777_215 if below else _SIDE_WIDTH + (40 if width >= 1400 else 0))
        self.card.setMinimumHeight(260 if below else 0)
        self.back.setVisible(width < 900)
        self.place.setVisible(width >= 900)

    async def prepare(self) -> None:
        """The chart's own library, once."""
        await self.card.prepare()

    # -- contents ----------------------------------------------------------------------------------------------------
    def show_part(self, part: str) -> None:
        """Charts or evidence."""
        self.segment.set_value(part)
        self._parts.setCurrentIndex(1 if part == EVIDENCE else 0)

    @property
    def part(self) -> str:
        """What is shown: charts or evidence."""
        return self.segment.value

    def show_connection(self, watched: Watched) -> None:
        """Another connection, or the same one with today's words. The figures come by `refresh()`."""
        other = self.watched is None or self.watched.row.id != watched.row.id
        self.watched = watched
        self._words(watched, other)
        if other:
            self._panned = None
            self.card.set_file_name(f"{watched.row.integration}-{watched.row.id}")

    def _words(self, watched: Watched, other: bool) -> None:
        report = watched.report
        if other:
            old = self._dot_place.takeAt(0)
            if old is not None and (widget := old.widget()) is not None:
                widget.deleteLater()
            self._dot_place.addWidget(Dot(report.integration, watched.title))
        self.title.setText(watched.title)
        environment = t(f"health.environment_{watched.row.environment}") if watched.row.environment in _ENVIRONMENTS else watched.row.environment  # fmt: skip
        named = "" if report.connection == watched.title else f"{report.connection} · "
        self.place.setText(f"{named}{environment}")
        self.chip.set_state(looks(report.state), state_words(report.state))
        self.pause.setText(t("connection.resume" if watched.row.paused else "connection.pause"))
        self.pause.set_icon_name("play" if watched.row.paused else "pause")
        calm = report.state in (State.HEALTHY, State.UNKNOWN)
        state = looks(report.state)
        if not calm and self.note.state != state:
            made = Note(state, "", "", (t("common.evidence"),))
            made.button(0).clicked.connect(lambda: self.show_part(EVIDENCE))
            self._note_place.replaceWidget(self.note, made)
            self.note.deleteLater()
            self.note = made
        if not calm:
            self.note.set_words("", blame_sentence(report))
        self.note.setVisible(not calm)
        self.setAccessibleName(f"{watched.title} {report.connection}")
        self.setAccessibleDescription(blame_sentence(report))

    async def refresh(self) -> None:
        """Reads the figures of the chosen span anew; a view that a hand has moved into the past stays where it is."""
        watched = self.watched
        if watched is None:
            return
        self._asked += 1
        asked = self._asked
        samples, now, identity = self.services.store.samples, self.services.now(), watched.row.id
        errors = await samples.recent_errors(identity, ASKED)  # first: by then the chart has its width
        span, many = self.card.span if self._span_by_hand else "24h", self.card.points
        since, until = window(span, now)
        points = await samples.series(identity, since, until, many)
        if not self._span_by_hand and points and points[0].at > now - timedelta(hours=1):
            span = "1h"  # a day of one dot says nothing: the first hour is looked at closely
            since, until = window(span, now)
            points = await samples.series(identity, since, until, many)
        hours = await samples.series(identity, now - timedelta(days=DAYS), now, DAYS * 24)
        if asked != self._asked:
            return  # another connection or span was chosen meanwhile
        self.card.set_span(span)
        if self._panned is None:
            if points:
                self.card.show_data(chart_data(points, since, until, watched.report.goal_ms, many, now))
            elif hours or watched.report.last_ok_at is not None:
                self.card.show_empty(t("health.no_calls"), t("health.no_calls_next"))
            else:
                self.card.show_empty(t("health.not_called_yet"), t("health.not_called_next"))
        self.bars.show_bars(stacks(), error_bars(points, since, until, span))
        self.errors_card.set_title(t("health.error_kinds"), t(f"chart.span_{span}"))
        self.days.show_days(day_cells(hours, now))
        if self.days.at < 0:
            self._day_pointed("")
        message = watched.report.message or watched.row.last_error
        recent = self.services.network.samples.recent(identity, ASKED)
        said = blame_sentence(watched.report) if watched.report.message is not None else ""
        await self.evidence.show_rows(evidence_rows(recent, errors), message if said else None, said)

    def _day_pointed(self, words: str) -> None:
        share = self.watched.report.availability_30d if self.watched is not None else None
        self.days_card.set_title(t("health.availability"), words or percent(share))

    # -- span and panning --------------------------------------------------------------------------------------------
    def _span_chosen(self, _span: str) -> None:
        self._panned = None
        self._span_by_hand = True
        self._spawn_refresh()

    def _spawn_refresh(self) -> None:
        spawn(self.refresh(), "health figures")

    def _range_wanted(self, since: datetime, until: datetime) -> None:
        spawn(self.load_range(since, until), "health range")

    async def load_range(self, since: datetime, until: datetime) -> None:
        """The figures of the range that a hand has moved to; at the present's edge the live view goes on."""
        watched = self.watched
        if watched is None:
            return
        now = self.services.now()
        at_present = now - until < (until - since) / 50
        self._panned = None if at_present else (since, until)
        if at_present:
            await self.refresh()
            return
        self._asked += 1
        asked = self._asked
        many = self.card.points
        points = await self.services.store.samples.series(watched.row.id, since, until, many)
        if asked == self._asked:
            data = chart_data(points, since, until, watched.report.goal_ms, many, now)
            self.card.show_data(data, keep_range=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back_asked.emit()
        else:
            super().keyPressEvent(event)


_ENVIRONMENTS = ("live", "sandbox", "rehearsal")
