"""The compact chart: the curves of a `ChartData` painted by hand, with goal, incidents and both ends of its axes. Light to
build, so that a page may carry a dozen; the arrows walk from point to point, Enter opens the whole chart."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui.charts.data import ChartData, Line, nice_top
from ui.theme import metrics, theme
from ui.theme.charts import AXIS_TEXT, GOAL, GRID, HAIRLINE, INCIDENT_ALPHA, INCIDENT_ROLES
from ui.theme.style import round_rect
from ui.widgets.base import LEFT, RIGHT, draw_ring, draw_text
from ui.words import figures

_BOTTOM, _TOP, _RIGHT = 16, 8, 8


class TrendChart(QWidget):
    """`TrendChart(name)`; `show_data(data)` or `show_words(words)`. Signals `opened()`, `pointed(words)` ("" for none)."""

    opened = Signal()
    pointed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data: ChartData | None = None
        self.at = -1
        self._words = ""
        self._scale = (0.0, 1.0, 1.0)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # -- contents ----------------------------------------------------------------------------------------------------
    def show_data(self, data: ChartData) -> None:
        """These figures."""
        looked_at = self.data.times[self.at] if self.data is not None and self.at >= 0 else None
        self.data, self._words = data, ""
        self.at = data.times.index(looked_at) if looked_at in data.times else -1
        if data.ceiling is not None:
            self._scale = (data.floor, data.ceiling, data.ceiling - data.floor)
        else:
            goal = data.goal if data.goal is not None and data.goal <= data.top * 3 else 0.0
            top, _ = nice_top(max(data.top, goal) * 1.04, 3)
            self._scale = (data.floor, top, top - data.floor)
        told = [f"{line.name} {data.value_words(line, last)}" for line, last in self.ends()]
        self.setAccessibleDescription(", ".join([*told, data.goal_words] if data.goal_words else told))
        self.update()

    def show_words(self, words: str) -> None:
        """A sentence where there are no figures."""
        self.data, self._words, self.at = None, words, -1
        self.setAccessibleDescription(words)
        self.update()

    def ends(self) -> list[tuple[Line, int]]:
        """The lines that have a value, with the place of their last one."""
        data = self.data
        if data is None:
            return []
        found = [(line, data.last_of(line)) for line in data.lines]
        return [(line, last) for line, last in found if last is not None]

    def point_words(self, index: int) -> str:
        """All values of one moment."""
        data = self.data
        if data is None or not 0 <= index < len(data.times):
            return ""
        parts = [f"{line.name} {data.value_words(line, index)}" for line in data.lines]
        return f"{data.time_words(index)}: {', '.join(parts)}"

    def sizeHint(self) -> QSize:
        return QSize(260, 112)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 84)

    # -- painting ----------------------------------------------------------------------------------------------------
    def _marks(self) -> tuple[str, str]:
        data, (floor, top, _) = self.data, self._scale
        if data is None:
            return "", ""
        return data.unit.tick(top, top, last=True), data.unit.tick(floor, top, last=False)

    def _area(self) -> QRectF:
        left = max(metrics("tiny").horizontalAdvance(words) for words in self._marks()) + 10
        return QRectF(left, _TOP, self.width() - left - _RIGHT, self.height() - _TOP - _BOTTOM)

    def _x(self, stamp: float, area: QRectF) -> float:
        data = self.data
        if data is None:
            return area.left()
        start, end = data.since.timestamp(), data.until.timestamp()
        return area.left() + (stamp - start) / max(1.0, end - start) * area.width()

    def _y(self, value: float, area: QRectF) -> float:
        floor, _, whole = self._scale
        return area.bottom() - min(1.0, max(0.0, (value - floor) / (whole or 1.0))) * area.height()

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        data = self.data
        if data is None:
            draw_text(painter, QRectF(self.rect()), self._words, "small", "text_2", Qt.AlignmentFlag.AlignCenter)
        else:
            self._paint(painter, data, self._area())
        if self.hasFocus():
            draw_ring(painter, QRectF(self.rect()), 4)

    def _paint(self, painter: QPainter, data: ChartData, area: QRectF) -> None:
        for y, words in zip((area.top(), area.bottom()), self._marks(), strict=True):
            painter.fillRect(QRectF(area.left(), round(y), area.width(), 1), theme().ink(GRID))
            draw_text(painter, QRectF(0, y - 8, area.left() - 6, 16), words, "tiny", AXIS_TEXT, RIGHT, cut=False)
        for incident in data.incidents:
            left, right = (self._x(at.timestamp(), area) for at in (incident.since, incident.until))
            box = QRectF(max(area.left(), left), area.top(), 0, area.height())
            box.setRight(min(area.right(), max(right, left + 2)))
            painter.fillRect(box, theme().soft(INCIDENT_ROLES.get(incident.state, "degraded_mark"), INCIDENT_ALPHA))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if data.goal is not None and self._scale[0] <= data.goal <= self._scale[1]:
            painter.setPen(_pen(GOAL.role, 1, GOAL.dash))
            y = round(self._y(data.goal, area)) + 0.5
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        for line in reversed(data.lines):
            self._paint_line(painter, data, line, area)
        if self.at >= 0:
            x = round(self._x(data.times[self.at].timestamp(), area)) + 0.5
            painter.setPen(_pen(HAIRLINE, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        low = area.bottom() + 2
        days = (data.until - data.since).days >= 2
        ends = [at.astimezone() for at in (data.since, data.until)]
        first, last = (figures().date_short(at) if days else figures().time(at) for at in ends)
        draw_text(painter, QRectF(area.left(), low, area.width() / 2, 14), first, "tiny", AXIS_TEXT, LEFT, cut=False)
        draw_text(
            painter, QRectF(area.center().x(), low, area.width() / 2, 14), last, "tiny", AXIS_TEXT, RIGHT, cut=False
        )

    def _paint_line(self, painter: QPainter, data: ChartData, line: Line, area: QRectF) -> None:
        painter.setPen(_pen(line.look.role, 1.25, line.look.dash))
        for points in self._pieces(data, line, area):
            if len(points) > 1:
                painter.drawPolyline(QPolygonF(points))
            else:
                round_rect(
                    painter,
                    QRectF(points[0].x() - 1.5, points[0].y() - 1.5, 3, 3),
                    1.5,
                    theme().ink(line.look.role),
                    None,
                )
        last = data.last_of(line)
        if last is not None:
            x, y = self._x(data.times[last].timestamp(), area), self._y(line.values[last] or 0.0, area)
            fill = theme().ink("surface" if line.look.hollow else line.look.role)
            mark = QRectF(x - 2.5, y - 2.5, 5, 5)
            radius = 2.5 if line.look.marker == "circle" else 0.5
            round_rect(painter, mark, radius, fill, theme().ink(line.look.role))

    def _pieces(self, data: ChartData, line: Line, area: QRectF) -> list[list[QPointF]]:
        """The curve, broken where nothing was measured."""
        broken = set(data.gaps)
        pieces: list[list[QPointF]] = [[]]
        for index, value in enumerate(line.values):
            if index in broken or value is None:
                pieces.append([])
            if value is not None:
                pieces[-1].append(QPointF(self._x(data.times[index].timestamp(), area), self._y(value, area)))
        return [piece for piece in pieces if piece]

    # -- pointer and keys --------------------------------------------------------------------------------------------
    def _point(self, index: int) -> None:
        if index != self.at:
            self.at = index
            self.pointed.emit(self.point_words(index))
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        data = self.data
        if data is None or not data.times:
            return
        area = self._area()
        start, whole = data.since.timestamp(), (data.until - data.since).total_seconds()
        near = data.index_near(start + (event.position().x() - area.left()) / max(1.0, area.width()) * whole)
        self._point(-1 if near is None else near)
        QToolTip.showText(event.globalPosition().toPoint() + QPoint(0, 8), self.point_words(self.at), self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.opened.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(-1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, data = Qt.Key(event.key()), self.data
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif step is None or data is None or not data.times:
            super().keyPressEvent(event)
        else:
            start = self.at if self.at >= 0 else (len(data.times) if step < 0 else -1)
            self._point(min(len(data.times) - 1, max(0, start + step)))


def _pen(role: str, width: float, dash: tuple[float, ...] = ()) -> QPen:
    made = QPen(theme().ink(role), width)
    if dash:
        made.setDashPattern(list(dash))
        made.setCapStyle(Qt.PenCapStyle.FlatCap)
    return made
