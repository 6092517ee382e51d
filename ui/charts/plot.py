"""The line plot itself. Stands on pyqtgraph, so it is imported by `ui.charts.loading` in a thread and by nobody else.

A bare view with three axes instead of pyqtgraph's plot widget: no menus, a third of the time to build. Wide lines
are drawn in segments and none holds more than 400 points; while a hand pans all are 1 px (the trap of antialiased pens).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPen, QWheelEvent

from ui.charts.axes import EndNames, TimeAxis, ValueAxis
from ui.charts.data import MOST_POINTS, ChartData, Line, nice_top
from ui.charts.hover import Entry, HoverBox
from ui.charts.shade import Band, Shade, ShadeLayer
from ui.theme import appearance, font, theme
from ui.theme.charts import BAND_ALPHA, GOAL, HAIRLINE, SeriesLook
from ui.widgets.base import draw_ring
from ui.words import figures, t

pg.setConfigOptions(background=None, antialias=True)

REST_MS = 160
#: Below this share of the goal the curves get the height for themselves, and the goal stands at the top edge with an arrow.
_FAR = 1 / 6
_END = 0.007
_CLOSEST_S = 600  # the shortest span: minutes are the finest that is kept
_ZOOM = 0.5
_SYMBOLS = {"circle": "o", "square": "s", "triangle": "t1", "diamond": "d"}
_KEPT = timedelta(days=730)  # how far back the roll-ups reach


class _Ground(pg.ViewBox):
    """Moved by the left button only: a wheel scrolls the page, and there is no menu."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.setMouseEnabled(x=True, y=False)
        self.disableAutoRange()

    def mouseDragEvent(self, ev: Any, axis: Any = None) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            super().mouseDragEvent(ev, axis)
        else:
            ev.ignore()

    def mouseClickEvent(self, ev: Any) -> None:
        ev.ignore()

    def wheelEvent(self, ev: Any, axis: Any = None) -> None:
        del axis
        ev.ignore()


class LinePlot(pg.GraphicsView):
    """`LinePlot()`; `show_data(data)`, `recolour()`, `set_cursor(index)`. Signal `rested(since, until)`: the hand that panned
    rests. Left and right walk from point to point, with Shift they pan, up and down with Shift (or + and -, or the wheel with
    Ctrl) zoom; Home goes back to the present and the whole span."""

    rested = Signal(object, object)
    cursor_moved = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(260, 140)
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # the cache would be filled with the window's colour
        self.viewport().setAutoFillBackground(False)
        layout = pg.GraphicsLayout()
        layout.setContentsMargins(0, 8, 0, 0)
        layout.layout.setSpacing(0)
        self.setCentralItem(layout)
        self.ground = _Ground()
        layout.addItem(self.ground, 0, 1)
        self.values, self.times, self.names = ValueAxis(), TimeAxis(), EndNames()
        for axis, row, column in ((self.values, 0, 0), (self.times, 1, 1), (self.names, 0, 2)):
            axis.linkToView(self.ground)
            layout.addItem(axis, row, column)
        self.data: ChartData | None = None
        self._whole = (0.0, 1.0)
        self.curves: dict[str, pg.PlotDataItem] = {}
        self.shades: list[Shade] = []
        self.layer = ShadeLayer()
        self.ground.addItem(self.layer, ignoreBounds=True)
        self.band: Band | None = None
        self.cursor: int | None = None
        self.thin = False
        self._as_picture = False
        self.marks, self.rings = pg.ScatterPlotItem(pxMode=True), pg.ScatterPlotItem(pxMode=True)
        self.marks.setZValue(20)
        self.rings.setZValue(40)
        self.goal, self.edge = self._goal_line(), self._goal_line()
        self.hair = pg.InfiniteLine(angle=90, movable=False)
        self.hair.setZValue(30)
        for item in (self.goal, self.edge, self.hair, self.marks, self.rings):
            self.ground.addItem(item, ignoreBounds=True)
            item.setVisible(False)
        self.box = HoverBox(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._rested)
        self._moving = pg.SignalProxy(self.scene().sigMouseMoved, rateLimit=60, slot=self._moved)
        self.ground.sigRangeChangedManually.connect(self._panning)
        appearance().changed.connect(self.recolour)
        self.recolour()

    def _goal_line(self) -> pg.InfiniteLine:
        made = pg.InfiniteLine(
            angle=0, movable=False, label=" ", labelOpts={"position": 0.012, "anchors": [(0, 1), (0, 1)], "movable": False}
        )  # fmt: skip
        made.setZValue(10)
        made.label.setFont(font("tiny_strong"))
        return made

    def sizeHint(self) -> QSize:
        return QSize(480, 200)

    # -- contents ----------------------------------------------------------------------------------------------------
    def show_data(self, data: ChartData, *, keep_range: bool = False) -> None:
        """Draws these figures. `keep_range` leaves the view where a hand has moved it."""
        looked_at = self.data.times[self.cursor] if self.data is not None and self.cursor is not None else None
        self.data = data
        self.set_cursor(None)
        top = self._scale(data)
        if not keep_range:  # before the curves: each would be cut to the view twice
            length = (data.until - data.since).total_seconds()
            end = data.until.timestamp() + length * _END  # room for the markers at the lines' ends
            self._whole = (data.since.timestamp(), end)
            kept = _KEPT.total_seconds()
            self.ground.setLimits(xMin=end - kept, xMax=end, minXRange=_CLOSEST_S, maxXRange=kept)
            self.ground.setRange(xRange=self._whole, yRange=(data.floor, top), padding=0)
        else:
            self.ground.setYRange(data.floor, top, padding=0)
        for key in [key for key in self.curves if key not in {line.key for line in data.lines}]:
            self.ground.removeItem(self.curves.pop(key))
        for line in data.lines:
            x, y = _arrays(data, line, data.gaps)
            self._curve(line).setData(x, y, connect="finite")
        self._band(data)
        self._shade(data)
        self._marks(data)
        if looked_at in data.times:  # new figures must not take the box from under the pointer
            self.set_cursor(data.times.index(looked_at))

    def _scale(self, data: ChartData) -> float:
        """The axis' top; puts the goal's line at the goal, or its stand-in at the top edge when it is far above."""
        goal = data.goal
        far = goal is not None and data.ceiling is None and 0 < data.top < goal * _FAR
        if data.ceiling is not None:
            top, step = data.ceiling, (data.ceiling - data.floor) / 5
        else:
            top, step = nice_top(max(data.top * 1.04, 0.0 if goal is None or far else goal * 1.12))
        self.values.set_scale(top, step, data.floor, data.unit)
        self.goal.setVisible(goal is not None and not far)
        self.edge.setVisible(far)
        if goal is not None:
            self.goal.setValue(goal)
            self.edge.setValue(top)
            self.goal.label.setFormat(data.goal_words)
            self.edge.label.setFormat(t("chart.above", name=data.goal_words))
            # Above the line there is no room at the edge, and under a fixed top hardly any.
            below = [(self.edge, True), (self.goal, data.ceiling is not None)]
            for line, under in below:
                anchor = (0, 0) if under else (0, 1)
                line.label.setAnchor(anchor)
                line.label.anchors = [anchor, anchor]
        return top

    def _curve(self, line: Line) -> pg.PlotDataItem:
        if line.key not in self.curves:
            made = pg.PlotDataItem()
            made.setDownsampling(auto=True, method="peak")
            made.setClipToView(True)
            self.ground.addItem(made)
            self.curves[line.key] = made
            self._put_pen(line)
        return self.curves[line.key]

    def _band(self, data: ChartData) -> None:
        wanted = None if data.band is None or data.empty else tuple(self.curves[key] for key in data.band)
        if self.band is not None and (wanted is None or tuple(self.band.curves) != wanted):
            self.ground.removeItem(self.band)
            self.band = None
        if self.band is None and wanted is not None:
            self.band = Band(*wanted, pen=pg.mkPen(None))
            self.band.setZValue(-20)
            self.ground.addItem(self.band)
            self._put_band()

    def _shade(self, data: ChartData) -> None:
        self.shades = [Shade(incident) for incident in data.incidents]
        self.layer.show_shades(self.shades)

    def _marks(self, data: ChartData) -> None:
        """The marker and name at each line's end; a dot where a value stands alone and no stroke can show it."""
        broken = set(data.gaps)
        spots: list[dict[str, Any]] = []
        ends: list[tuple[str, str, float]] = []
        for line in data.lines:
            last = data.last_of(line)
            if last is None:
                continue
            ends.append((line.name, line.look.role, line.values[last] or 0.0))
            for i, value in enumerate(line.values):
                before = i > 0 and i not in broken and line.values[i - 1] is not None
                after = i + 1 < len(line.values) and i + 1 not in broken and line.values[i + 1] is not None
                if value is not None and (i == last or not (before or after)):
                    spots.append(self._spot(data, line, i, 7 if i == last else 5))
        self.marks.setData(spots)
        self.marks.setVisible(bool(spots))
        self.names.set_ends(ends)

    def _spot(self, data: ChartData, line: Line, index: int, size: int, *, ring: bool = False) -> dict[str, Any]:
        ink = theme().ink(line.look.role)
        hollow = ring or line.look.hollow
        return {
            "pos": (data.times[index].timestamp(), line.values[index] or 0.0),
            "size": size,
            "symbol": "o" if ring else _SYMBOLS[line.look.marker],
            "pen": pg.mkPen(ink, width=2 if ring else 1.25),
            "brush": pg.mkBrush(theme().ink("surface") if hollow else ink),
        }

    def paint_into(self, painter: QPainter, box: QRectF) -> None:
        """The plot as a picture shows it: without cursor and focus ring."""
        self.set_cursor(None)
        self._as_picture = True
        try:
            self.render(painter, box, self.viewport().rect())
        finally:
            self._as_picture = False

    # -- looks -------------------------------------------------------------------------------------------------------
    def recolour(self) -> None:
        """The theme's colours on everything that keeps a pen."""
        self.values.recolour()
        self.times.recolour()
        for goal in (self.goal, self.edge):
            goal.setPen(_pen(GOAL, theme().ink(GOAL.role)))
            goal.label.setColor(theme().ink("text"))
        self.hair.setPen(pg.mkPen(theme().ink(HAIRLINE), width=1))
        for shade in self.shades:
            shade.recolour()
        self.layer.update()
        self._put_pens()
        if self.data is not None:
            self._marks(self.data)
            self.set_cursor(self.cursor)
        self.names.update()
        self.viewport().update()

    def _put_pens(self) -> None:
        for line in self.data.lines if self.data is not None else ():
            self._put_pen(line)
        self._put_band()

    def _put_pen(self, line: Line) -> None:
        curve = self.curves[line.key]
        curve.curve.setSegmentedLineMode("on" if line.look.width > 1 and not self.thin else "off")
        curve.setPen(_pen(line.look, theme().ink(line.look.role), 1.0 if self.thin else None))

    def _put_band(self) -> None:
        if self.band is not None and self.data is not None and self.data.band is not None:
            first = next(line for line in self.data.lines if line.key == self.data.band[0])
            self.band.setBrush(pg.mkBrush(theme().soft(first.look.role, BAND_ALPHA)))

    # -- panning -----------------------------------------------------------------------------------------------------
    def _panning(self, *_which: Any) -> None:
        if not self.thin:
            self.thin = True
            self._put_pens()
        self.set_cursor(None)
        self._rest.start()

    def _rested(self) -> None:
        self.thin = False
        self._put_pens()
        self.rested.emit(*self.visible_range())

    def visible_range(self) -> tuple[datetime, datetime]:
        """What the view shows now, aware UTC."""
        low, high = self.ground.viewRange()[0]
        return datetime.fromtimestamp(low, UTC), datetime.fromtimestamp(high, UTC)

    @property
    def moved(self) -> bool:
        """Whether a hand has moved or zoomed the view away from the span that was asked for."""
        low, high = self.ground.viewRange()[0]
        slack = (self._whole[1] - self._whole[0]) / 50
        return bool(abs(low - self._whole[0]) > slack or abs(high - self._whole[1]) > slack)

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Shows `factor` times as long a span (0.5: half of it) round an epoch second, else round its right end."""
        low, high = self.ground.viewRange()[0]
        limits = self.ground.state["limits"]
        length = min(max((high - low) * factor, limits["xRange"][0]), limits["xRange"][1])
        middle = high if at is None else min(max(at, low), high)
        start = middle - (middle - low) / (high - low) * length
        start = max(limits["xLimits"][0], min(start, limits["xLimits"][1] - length))
        self.ground.setXRange(start, start + length, padding=0)
        self._panning()

    def home(self) -> None:
        """Back to the present and the whole span."""
        self.ground.setXRange(*self._whole, padding=0)
        self._panning()

    def pan(self, share: float) -> None:
        """Moves the view by a share of its width: below 0 into the past, beyond 0 at most to the present."""
        low, high = self.ground.viewRange()[0]
        latest = self.ground.state["limits"]["xLimits"][1]
        self.ground.translateBy(x=min((high - low) * share, latest - high))
        self._panning()

    # -- hover -------------------------------------------------------------------------------------------------------
    def _moved(self, args: tuple[Any, ...]) -> None:
        place = args[0]
        if self.data is None or self.thin or not self.ground.sceneBoundingRect().contains(place):
            self.set_cursor(None)
            return
        self.set_cursor(self.data.index_near(self.ground.mapSceneToView(place).x()))

    def set_cursor(self, index: int | None) -> None:
        """Hairline, rings and box at one point; None takes them away."""
        data = self.data
        shown = index is not None and data is not None and 0 <= index < len(data.times)
        self.cursor = index if shown else None
        self.hair.setVisible(shown)
        self.rings.setVisible(shown)
        if not shown or data is None or index is None:
            self.box.hide()
            self.cursor_moved.emit(None)
            return
        at = data.times[index].timestamp()
        self.hair.setValue(at)
        self.rings.setData(
            [self._spot(data, x, index, 8, ring=True) for x in data.lines if x.values[index] is not None]
        )
        entries = [Entry(line.name, data.value_words(line, index), line.look) for line in data.lines]
        entries += [Entry(x.name, figures().number(x.values[index])) for x in data.extras if x.values[index]]
        x = self.mapFromScene(self.ground.mapViewToScene(QPointF(at, 0))).x()
        self.box.show_at(x, data.time_words(index), entries)
        self.cursor_moved.emit(index)

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self._moving.flush()
        self.set_cursor(None)

    # -- keys --------------------------------------------------------------------------------------------------------
    def wheelEvent(self, ev: QWheelEvent) -> None:
        """With Ctrl it zooms where the pointer is; without, the page scrolls."""
        turned = ev.angleDelta().y()
        if not ev.modifiers() & Qt.KeyboardModifier.ControlModifier or not turned or self.data is None:
            ev.ignore()
            return
        at = self.ground.mapSceneToView(self.mapToScene(ev.position().toPoint())).x()
        self.zoom(_ZOOM if turned > 0 else 1 / _ZOOM, at)
        ev.accept()

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(ev.key()))
        shift = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        up, down = ev.key() == Qt.Key.Key_Up and shift, ev.key() == Qt.Key.Key_Down and shift
        data = self.data
        if data is None or not data.times:
            ev.ignore()
        elif up or down or ev.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            at = data.times[self.cursor].timestamp() if self.cursor is not None else None
            self.zoom(_ZOOM if up or ev.key() == Qt.Key.Key_Plus else 1 / _ZOOM, at)
        elif step is not None and shift:
            self.pan(step / 4)
        elif step is not None:
            start = self.cursor if self.cursor is not None else (len(data.times) if step < 0 else -1)
            self.set_cursor(min(len(data.times) - 1, max(0, start + step)))
        elif ev.key() == Qt.Key.Key_Home:
            self.home()
        else:
            ev.ignore()

    def keyReleaseEvent(self, ev: QKeyEvent) -> None:
        ev.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.set_cursor(None)
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: Any) -> None:
        super().drawForeground(painter, rect)
        if self.hasFocus() and not self._as_picture:
            painter.save()
            painter.resetTransform()
            draw_ring(painter, QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1), 4)
            painter.restore()


def _arrays(data: ChartData, line: Line, gaps: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Times and values with a break (NaN) at every gap and missing value. Raises ValueError beyond 400 points."""
    x = [at.timestamp() for at in data.times]
    y = [float("nan") if value is None else value for value in line.values]
    for index in reversed(gaps):
        x.insert(index, (x[index - 1] + x[index]) / 2)
        y.insert(index, float("nan"))
    if len(x) > MOST_POINTS:
        raise ValueError(f"a curve of {len(x)} points: ask the roll-ups for at most {MOST_POINTS}")
    return np.array(x, dtype=float), np.array(y, dtype=float)


def _pen(look: SeriesLook, ink: QColor, width: float | None = None) -> QPen:
    made = pg.mkPen(ink, width=look.width if width is None else width)
    if look.dash:
        made.setDashPattern(list(look.dash))
        made.setCapStyle(Qt.PenCapStyle.FlatCap)
    return made
