"""The KPI tile: label, figure, one line of context; the whole tile is a button to the list behind it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import draw_icon, metrics, theme
from ui.theme.style import RADIUS_CARD, round_rect
from ui.widgets.base import PaintedButton, draw_ring, draw_text


class Kpi(PaintedButton):
    """`Kpi(label, icon)`; `show_figure(figure, context, bars, share, trend)`.

    `figure` and `context` are words; `bars` up to seven numbers, the last one solid; `share` 0..1 draws a progress bar;
    `trend` "up" or "down" puts a triangle before the context (shape and words; up green, down plain: a fall is not bad).
    """

    def __init__(self, label: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(label, parent)
        self._icon = icon
        self._figure = "—"
        self._context = ""
        self._bars: tuple[float, ...] = ()
        self._share: float | None = None
        self._trend = ""
        self.setText(label)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_figure(
        self,
        figure: str,
        context: str = "",
        *,
        bars: Sequence[float] = (),
        share: float | None = None,
        trend: str = "",
    ) -> None:
        """The tile's contents."""
        self._figure, self._context = figure, context
        self._bars, self._share, self._trend = tuple(bars), share, trend
        self.setAccessibleName(f"{self.text()}: {figure}")
        self.setAccessibleDescription(context)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        figure = metrics("figure").horizontalAdvance(self._figure) + (84 if self._bars else 0)
        label = metrics("body").horizontalAdvance(self.text()) + 24
        return QSize(28 + max(figure, label, 120), 112)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 112)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        box = QRectF(self.rect())
        fill = palette.ink("hover" if self.underMouse() else "surface")
        round_rect(painter, box, RADIUS_CARD, fill, palette.ink("border"))
        left, wide = 14.0, box.width() - 28
        draw_icon(painter, QRectF(left, 14, 16, 16), self._icon, "text_2")
        draw_text(painter, QRectF(left + 22, 13, wide - 22, 18), self.text(), "body", "text_2")
        room = wide - (76 if self._bars and wide > 150 else 0)
        draw_text(painter, QRectF(left, 34, room, 30), self._figure, "figure", "text")
        if self._bars and wide > 150:
            self._draw_bars(painter, QRectF(box.right() - 14 - 64, 38, 64, 28))
        y = 76.0
        if self._share is not None:
            track = QRectF(left, 73, wide, 6)
            round_rect(painter, track, 3, palette.ink("track"), None)
            done = QRectF(left, 73, wide * min(1.0, max(0.0, self._share)), 6)
            round_rect(painter, done, 3, palette.ink("healthy_mark"), None)
            y = 86.0
        if self._trend:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.ink("up_text" if self._trend == "up" else "text_2"))
            low, high = (y + 12, y + 4) if self._trend == "up" else (y + 4, y + 12)
            painter.drawPolygon(QPolygonF([QPointF(left, low), QPointF(left + 9, low), QPointF(left + 4.5, high)]))
            left += 14
        draw_text(painter, QRectF(left, y, box.right() - 14 - left, 16), self._context, "small", "text_2")
        if self.hasFocus():
            draw_ring(painter, box, RADIUS_CARD)

    def _draw_bars(self, painter: QPainter, box: QRectF) -> None:
        top = max(self._bars) or 1
        count = len(self._bars)
        step = box.width() / count
        for place, value in enumerate(self._bars):
            tall = max(2.0, box.height() * value / top)
            bar = QRectF(box.left() + place * step, box.bottom() - tall, step - 2, tall)
            last = place == count - 1
            round_rect(painter, bar, 2, theme().ink("accent") if last else theme().soft("accent", 0.45), None)
