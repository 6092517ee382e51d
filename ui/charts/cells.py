"""Availability as cells, one a day: height tells as well as colour (full, two thirds, one third). Painted by hand; the
arrows walk from day to day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui.theme import theme
from ui.theme.style import round_rect
from ui.widgets.base import draw_ring
from ui.words import t

_ROWS, _HIGH, _GAP = 2, 18, 3
_SHAPES = {
    "healthy": ("healthy_mark", 1.0),
    "degraded": ("degraded_mark", 2 / 3),
    "unhealthy": ("unhealthy_mark", 1 / 3),
}


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day: state healthy, degraded, unhealthy or "" (no call), and its words."""

    state: str
    words: str


class DayCells(QWidget):
    """`DayCells(name)`; `show_days(days)`, oldest first, in two rows. Signal `pointed(words)`, "" for none."""

    pointed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.days: Sequence[DayCell] = ()
        self.at = -1
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_days(self, days: Sequence[DayCell]) -> None:
        """Other days."""
        self.days = days
        self.at = min(self.at, len(days) - 1)
        counts = [(state, sum(day.state == state for day in days)) for state in _SHAPES]
        told = [f"{t(f'state.{state}')} {count}" for state, count in counts if count]
        self.setAccessibleDescription(", ".join([t("table.strip", count=len(days)), *told]))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, _ROWS * _HIGH + (_ROWS - 1) * _GAP + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, self.sizeHint().height())

    def _cell(self, index: int) -> QRectF:
        across = -(-len(self.days) // _ROWS)
        step = (self.width() - 8 + _GAP) / max(1, across)
        row, column = divmod(index, across)
        return QRectF(4 + column * step, 4 + row * (_HIGH + _GAP), step - _GAP, _HIGH)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        for index, day in enumerate(self.days):
            cell = self._cell(index)
            role, share = _SHAPES.get(day.state, ("track", 1 / 6))
            tall = cell.height() * share
            box = QRectF(cell.left(), cell.bottom() - tall, cell.width(), tall)
            round_rect(painter, box, 3, theme().ink(role), None)
            if index == self.at:
                round_rect(painter, cell.adjusted(-2, -2, 2, 2), 4, None, theme().ink("text"), 1.5)
        if self.hasFocus() and self.at < 0:
            draw_ring(painter, QRectF(self.rect()), 4)

    def _point(self, index: int) -> None:
        if index != self.at:
            self.at = index
            self.pointed.emit(self.days[index].words if index >= 0 else "")
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = next((i for i in range(len(self.days)) if self._cell(i).contains(event.position())), -1)
        self._point(found)
        if found >= 0:
            QToolTip.showText(event.globalPosition().toPoint(), self.days[found].words, self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        across = -(-len(self.days) // _ROWS)
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -across, Qt.Key.Key_Down: across}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self.days:
            super().keyPressEvent(event)
            return
        start = self.at if self.at >= 0 else (len(self.days) if step < 0 else -1)
        self._point(min(len(self.days) - 1, max(0, start + step)))

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self._point(-1)
