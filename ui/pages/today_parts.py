"""Painted and composed parts of Today: a connection on the compact wall, a line of the list of troubles, state counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.pages.today_figures import WallCell
from ui.pages.today_trouble import Trouble
from ui.theme import draw_icon, look_of, metrics, theme
from ui.theme.style import RADIUS_FIELD, round_rect
from ui.widgets import Button, PaintedButton, StateIcon, Text, draw_text, line
from ui.widgets.base import RIGHT, draw_ring
from ui.words import figures, t

CELL_HEIGHT = 38
SPARK_WIDTH = 44


class WallButton(PaintedButton):
    """`WallButton()`; `show_cell(cell)`: state, name, a line of the last hour, the response time. A button to Health."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._cell: WallCell | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_cell(self, cell: WallCell) -> None:
        """What it shows."""
        self._cell = cell
        state = t(look_of(cell.state).word)
        self.setAccessibleName(f"{cell.name}: {state}, {cell.speed}")
        self.setToolTip(f"{cell.name} · {state}")
        self.update()

    @property
    def cell(self) -> WallCell | None:
        return self._cell

    def sizeHint(self) -> QSize:
        return QSize(220, CELL_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, CELL_HEIGHT)

    def paintEvent(self, event: object) -> None:
        del event
        cell = self._cell
        if cell is None:
            return
        painter = QPainter(self)
        palette = theme()
        box = QRectF(self.rect())
        fill = palette.ink("hover" if self.underMouse() else "surface")
        round_rect(painter, box, RADIUS_FIELD, fill, palette.ink("border"))
        look = look_of(cell.state)
        role = look.ink or "offline"
        draw_icon(painter, QRectF(12, 0, 16, box.height()), look.icon, f"{role}_mark", weight="fill")
        bad = cell.state != "healthy"
        right = box.right() - 10
        ink = f"{role}_text" if bad else "text_2"
        style = "small_strong" if bad else "small_t"
        wide = float(metrics(style).horizontalAdvance(cell.speed)) + 1
        draw_text(painter, QRectF(right - wide, 0, wide, box.height()), cell.speed, style, ink, RIGHT)
        right -= (max(wide, 44) if box.width() > 190 else wide) + 8
        if len(cell.points) > 1 and box.width() > 190:
            self._spark(painter, QRectF(right - SPARK_WIDTH, box.center().y() - 6, SPARK_WIDTH, 12), role)
            right -= SPARK_WIDTH + 8
        if cell.note:
            draw_text(painter, QRectF(38, 4, right - 38, 16), cell.name, "label", "text")
            draw_text(painter, QRectF(38, 19, right - 38, 15), cell.note, "tiny", "text_2")
        else:
            draw_text(painter, QRectF(38, 0, right - 38, box.height()), cell.name, "label", "text")
        if self.hasFocus():
            draw_ring(painter, box, RADIUS_FIELD)

    def _spark(self, painter: QPainter, box: QRectF, role: str) -> None:
        cell = self._cell
        if cell is None:
            return
        top = max(cell.points) or 1.0
        step = box.width() / (len(cell.points) - 1)
        line_ = QPolygonF(
            [QPointF(box.left() + i * step, box.bottom() - box.height() * v / top) for i, v in enumerate(cell.points)]
        )
        ink = theme().ink(f"{role}_mark")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(ink, 1.25))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(line_)
        painter.setBrush(ink)
        painter.drawEllipse(line_.last(), 2.0, 2.0)


class TroubleRow(QWidget):
    """`TroubleRow(trouble, now)`: what happened, whose side, and one button. Signal `asked(page, request)`."""

    asked = Signal(str, object)

    def __init__(self, trouble: Trouble, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 14, 10)
        row.setSpacing(10)
        row.addWidget(StateIcon(trouble.state), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(Text(trouble.title, "strong", wrap=True))
        column.addWidget(Text(trouble.text, "small", "text_2", wrap=True))
        low = QHBoxLayout()
        low.setSpacing(8)
        self.button = Button(trouble.button, small=True)
        self.button.setAccessibleDescription(trouble.title)
        self.button.clicked.connect(lambda: self.asked.emit(*trouble.go))
        low.addWidget(self.button)
        low.addStretch(1)
        if trouble.at is not None:
            low.addWidget(Text(figures().when(trouble.at.astimezone(now.tzinfo), now), "small_t", "text_2"))
        column.addSpacing(4)
        column.addLayout(low)
        row.addLayout(column, 1)
        self.setAccessibleName(f"{trouble.title} {trouble.text}")


class TroubleList(QWidget):
    """`TroubleList()`; `show_troubles(list, now)`. Rows are made anew only when something in them changed."""

    asked = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._shown: tuple[Trouble, ...] = ()
        self.rows: list[TroubleRow] = []

    def show_troubles(self, troubles: Sequence[Trouble], now: datetime) -> None:
        """The list as it is now; the keyboard stays where it was."""
        if tuple(troubles) == self._shown:
            return
        held = next((i for i, row in enumerate(self.rows) if row.button.hasFocus()), -1)
        self._shown = tuple(troubles)
        while self._column.count() > 1:
            old = self._column.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        self.rows = []
        at = 0
        for place, one in enumerate(self._shown):
            if place:
                self._column.insertWidget(at, line())
                at += 1
            made = TroubleRow(one, now)
            made.asked.connect(self.asked)
            self.rows.append(made)
            self._column.insertWidget(at, made)
            at += 1
        if held >= 0 and self.rows:
            self.rows[min(held, len(self.rows) - 1)].button.setFocus(Qt.FocusReason.OtherFocusReason)
