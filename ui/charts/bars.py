"""Stacked bars over time, painted by hand: a fixed order from the bottom, 1 px between the parts, names with counts below in
the same order. A bar under the pointer, or reached by the arrows, says its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui.charts.data import nice_top
from ui.theme import metrics, theme
from ui.theme.charts import AXIS_TEXT, GRID
from ui.theme.style import round_rect
from ui.widgets.base import LEFT, RIGHT, draw_ring, draw_text
from ui.words import figures, t

_LEFT, _BOTTOM, _ROW = 34, 18, 18


@dataclass(frozen=True, slots=True)
class Stack:
    """One part of every bar: its name, and the role of its colour."""

    key: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the words of its time, short (axis) and whole (tool-tip), and a count per stack."""

    tick: str
    words: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


class StackedBars(QWidget):
    """`StackedBars(name)`; `show_bars(stacks, bars)`. Signal `pointed(text)`: what the bar in question says, "" for none."""

    pointed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.stacks: Sequence[Stack] = ()
        self.bars: Sequence[Bar] = ()
        self.at = -1
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_bars(self, stacks: Sequence[Stack], bars: Sequence[Bar]) -> None:
        """Other figures; stacks from the bottom up."""
        self.stacks, self.bars = stacks, bars
        self.at = -1
        self.setAccessibleDescription(", ".join(f"{s.name} {n}" for s, n in self.totals()))
        self.updateGeometry()
        self.update()

    def totals(self) -> list[tuple[Stack, int]]:
        """What the legend shows: the stacks that have any count, in their order."""
        sums = [(stack, sum(bar.counts[i] for bar in self.bars)) for i, stack in enumerate(self.stacks)]
        return [(stack, count) for stack, count in sums if count]

    def bar_words(self, index: int) -> str:
        """All figures of one bar."""
        bar = self.bars[index]
        parts = [f"{s.name} {figures().number(n)}" for s, n in zip(self.stacks, bar.counts, strict=True) if n]
        return f"{bar.words}: {', '.join(parts) if parts else t('chart.no_errors')}"

    def sizeHint(self) -> QSize:
        return QSize(240, 110 + self._legend_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 84 + self._legend_height())

    def _legend_height(self) -> int:
        return (len(self.totals()) + 1) // 2 * _ROW + 4

    def _area(self) -> QRectF:
        return QRectF(_LEFT, 6, self.width() - _LEFT - 2, self.height() - 6 - _BOTTOM - self._legend_height())

    def _column(self, index: int) -> QRectF:
        area = self._area()
        step = area.width() / max(1, len(self.bars))
        return QRectF(area.left() + index * step, area.top(), step, area.height())

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        area = self._area()
        # At least two steps, so that a single error does not fill the whole height.
        top, step = nice_top(max(4.0, *(float(bar.total) for bar in self.bars)) if self.bars else 4.0, 3)
        for i in range(round(top / step) + 1):
            y = area.bottom() - i * step / top * area.height()
            painter.fillRect(QRectF(area.left(), round(y), area.width(), 1), theme().ink(GRID))
            text = figures().number(round(i * step))
            draw_text(painter, QRectF(0, y - 8, _LEFT - 6, 16), text, "tiny", AXIS_TEXT, RIGHT, cut=False)
        for index in range(len(self.bars)):
            self._paint_bar(painter, index, top)
        if self.bars and not self.totals():
            lower = area.adjusted(0, area.height() / 2, 0, 0)  # between two grid lines
            draw_text(painter, lower, t("chart.no_errors"), "small", "text_3", Qt.AlignmentFlag.AlignCenter)
        self._paint_ticks(painter, area)
        self._paint_legend(painter, area.bottom() + _BOTTOM + 4)
        if self.hasFocus():
            draw_ring(painter, QRectF(self.rect()), 4)

    def _paint_bar(self, painter: QPainter, index: int, top: float) -> None:
        column = self._column(index)
        if index == self.at:
            painter.fillRect(column, theme().ink("hover"))
        wide = max(1.0, min(18.0, column.width() - max(1.0, column.width() * 0.2)))
        left = column.center().x() - wide / 2
        y = column.bottom()
        for stack, count in zip(self.stacks, self.bars[index].counts, strict=True):
            if count:
                high = max(2.0, count / top * column.height())
                painter.fillRect(QRectF(left, y - high, wide, high - 1), theme().ink(stack.role))
                y -= high

    def _paint_ticks(self, painter: QPainter, area: QRectF) -> None:
        if not self.bars:
            return
        need = max(metrics("tiny").horizontalAdvance(bar.tick) for bar in self.bars) + 12
        every = max(1, -int(-need // (area.width() / len(self.bars))))
        for index in range(0, len(self.bars), every):
            middle = self._column(index).center().x()
            left = min(max(0.0, middle - need / 2), self.width() - need)
            box = QRectF(left, area.bottom() + 3, need, 14)
            draw_text(painter, box, self.bars[index].tick, "tiny", AXIS_TEXT, Qt.AlignmentFlag.AlignCenter, cut=False)

    def _paint_legend(self, painter: QPainter, y: float) -> None:
        half = self.width() / 2
        for place, (stack, count) in enumerate(self.totals()):
            box = QRectF(half * (place % 2), y + place // 2 * _ROW, half - 10, _ROW)
            round_rect(painter, QRectF(box.left(), box.center().y() - 5, 10, 10), 2, theme().ink(stack.role), None)
            number = figures().number(count)
            took = draw_text(painter, box, number, "label_t", "text", RIGHT, cut=False)
            draw_text(painter, box.adjusted(16, 0, -took - 6, 0), stack.name, "small", "text_2", LEFT)

    # -- pointer and keys --------------------------------------------------------------------------------------------
    def _point(self, index: int) -> None:
        if index != self.at:
            self.at = index
            self.pointed.emit(self.bar_words(index) if index >= 0 else "")
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = next((i for i in range(len(self.bars)) if self._column(i).contains(event.position())), -1)
        self._point(found)
        if found >= 0:
            QToolTip.showText(event.globalPosition().toPoint(), self.bar_words(found), self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self.bars:
            super().keyPressEvent(event)
            return
        start = self.at if self.at >= 0 else (len(self.bars) if step < 0 else -1)
        self._point(min(len(self.bars) - 1, max(0, start + step)))

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self._point(-1)
