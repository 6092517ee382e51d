"""One connection in depth: what is wrong and what to do, response times with goal and incidents, error classes, 30 days of
availability, and the evidence behind them. It reads the store's roll-ups; what is pressed is the page's business."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.api.health_words import score_words, target_words, whose_fault
from app.monitor.health import State
from ui.charts.bars import Bar, StackedBars
from ui.charts.cells import DayCell, DayCells
from ui.kit import begin
from ui.pages.health_chart import SubjectCard
from ui.pages.health_evidence import ASKED, Evidence, evidence_rows
from ui.pages.health_figures import DAYS, day_cells, error_bars, percent, stacks, total_share, window
from ui.pages.health_series import COUNTED, OF_CALLS, Subject, call_chart, goals, load, read_points
from ui.pages.health_wall import Watched, blame_sentence, looks, state_words
from ui.services import Services
from ui.widgets import Button, Card, Chip, CutText, Dot, IconButton, Note, Segment, Text
from ui.words import t, words

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
        self._share: float | None = None
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
        self.card = SubjectCard(self.services)
        self.card.subject_chosen.connect(self._subject_chosen)
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
        self.score = Text("", "body", "text_2", wrap=True)
        self.days_card.body.addWidget(self.score)
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
        self.card.show_owner(watched)

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
        lines = (target_words(words(), report), score_words(words(), report.score))
        self.score.setText("\n".join(line for line in lines if line))
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
        subject = self.card.subject
        of_calls = subject if subject.measure in OF_CALLS else Subject(connection=identity)
        aims = goals(self.services, of_calls, watched.row)
        errors = await samples.recent_errors(identity, ASKED)  # first: by then the chart has its width
        span, many = self.card.span if self._span_by_hand else "24h", self.card.points
        since, until = window(span, now)
        points = await read_points(self.services, of_calls, since, until, many)
        if not self._span_by_hand and points and points[0].at > now - timedelta(hours=1):
            span = "1h"  # a day of one dot says nothing: the first hour is looked at closely
            since, until = window(span, now)
            points = await read_points(self.services, of_calls, since, until, many)
        hours = await read_points(self.services, of_calls, now - timedelta(days=DAYS), now, DAYS * 24)
        if of_calls is subject and subject.measure not in COUNTED:
            data = call_chart(points, subject, since, until, many, now, aims)
        else:
            data = await load(self.services, subject, since, until, many, watched.row)
        kept = await samples.requests(identity, ASKED)
        if asked != self._asked:
            return  # another connection, chart or span was chosen meanwhile
        self.card.set_span(span)
        if self._panned is None:
            if data is not None:
                self.card.show_data(data)
            else:
                self._show_nothing(subject, known=bool(hours) or watched.report.last_ok_at is not None)
        await asyncio.sleep(0)  # the window paints between: all in one go would hold the loop too long
        if asked != self._asked:
            return
        some = of_calls.operation or of_calls.probes or of_calls.category
        self._share = total_share(hours) if some else watched.report.availability_30d
        self._show_side(error_bars(points, since, until, span), day_cells(hours, now, aims[1]))
        self.errors_card.set_title(t("health.error_kinds"), t(f"chart.span_{span}"))
        await asyncio.sleep(0)
        if asked == self._asked:
            recent = self.services.network.samples.recent(identity, ASKED)
            await self._show_evidence(watched, evidence_rows(recent, errors, kept))

    def _show_side(self, bars: Sequence[Bar], days: Sequence[DayCell]) -> None:
        self.bars.show_bars(stacks(), bars)
        self.days.show_days(days)
        if self.days.at < 0:
            self._day_pointed("")

    async def _show_evidence(self, watched: Watched, rows: list[tuple[Any, ...]]) -> None:
        report = watched.report
        message = report.message or watched.row.last_error
        said = blame_sentence(report) if report.message is not None else ""
        fault = whose_fault(words(), report, watched.title, self.services.now())
        await self.evidence.show_rows(rows, message if said else None, f"{fault} {said}".strip())

    def _day_pointed(self, words: str) -> None:
        self.days_card.set_title(t("health.availability"), words or percent(self._share))

    def _show_nothing(self, subject: Subject, *, known: bool) -> None:
        if subject.measure not in OF_CALLS:
            self.card.show_empty(t("health.no_figures"), t("health.no_figures_next"))
        elif known:
            self.card.show_empty(t("health.no_calls"), t("health.no_calls_next"))
        else:
            self.card.show_empty(t("health.not_called_yet"), t("health.not_called_next"))

    # -- span and panning --------------------------------------------------------------------------------------------
    def _span_chosen(self, _span: str) -> None:
        self._panned = None
        self._span_by_hand = True
        self._spawn_refresh()

    def look_at(self, subject: Subject, span: str) -> None:
        """The chart that another page asks for; its figures come by `refresh()`."""
        self._panned, self._span_by_hand = None, True
        self.card.set_span(span)
        self.card.show_subject(subject)
        self.show_part(CHARTS)

    def _subject_chosen(self) -> None:
        self._panned = None
        self._spawn_refresh()

    def _spawn_refresh(self) -> None:
        begin(self.refresh(), "health figures")

    def _range_wanted(self, since: datetime, until: datetime) -> None:
        begin(self.load_range(since, until), "health range")

    async def load_range(self, since: datetime, until: datetime) -> None:
        """The figures of the range that a hand has moved or zoomed to; back at the whole span the live view goes on."""
        watched = self.watched
        if watched is None:
            return
        now = self.services.now()
        whole = self.card.plot is None or not self.card.plot.moved
        self._panned = None if whole else (since, until)
        if whole:
            await self.refresh()
            return
        self._asked += 1
        asked = self._asked
        until = min(until, now)  # the view has a margin for the markers at the lines' ends
        data = await load(self.services, self.card.subject, since, until, self.card.points, watched.row)
        if asked == self._asked and data is not None:
            self.card.show_data(data, keep_range=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back_asked.emit()
        else:
            super().keyPressEvent(event)


_ENVIRONMENTS = ("live", "sandbox", "rehearsal")
