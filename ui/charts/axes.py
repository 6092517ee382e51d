"""The three sides of a line chart: values at the left with their unit once, wall-clock times below, names of the lines at
their ends. Words come from `ui.charts.data`, colours are asked when painting. Stands on pyqtgraph: never import at start."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF

from ui.charts.data import time_ticks, value_ticks
from ui.charts.units import MS, Unit
from ui.theme import font, metrics, theme
from ui.theme.charts import AXIS_TEXT, GRID
from ui.widgets.base import LEFT, draw_text

VALUE_WIDTH, TIME_HEIGHT, NAME_WIDTH, _NAME_MOST = 58, 22, 44, 110
_BETWEEN_TIMES = 76  # px a time's words need


class _Axis(pg.AxisItem):
    """No line of its own, our type and colours; ticks as exact places with words."""

    def __init__(self, side: str) -> None:
        super().__init__(side, maxTickLength=0)
        self.setZValue(-1000)
        self._ticks: list[tuple[float, str]] = []
        self.setStyle(tickFont=font("tiny"), tickAlpha=255, hideOverlappingLabels=False)
        self.recolour()

    def recolour(self) -> None:
        """The theme's colours."""
        self.setPen(pg.mkPen(None))
        self.setTickPen(pg.mkPen(theme().ink(GRID), width=1))
        self.setTextPen(pg.mkPen(theme().ink(AXIS_TEXT)))

    def words(self) -> list[str]:
        """What stands at the axis now."""
        return [words for _, words in self._ticks]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        del scale, spacing
        known = dict(self._ticks)
        return [known.get(value, "") for value in values]


class ValueAxis(_Axis):
    """The values' words, with the only grid lines that the chart has."""

    def __init__(self) -> None:
        super().__init__("left")
        self.setWidth(VALUE_WIDTH)
        self.setGrid(255)

    def boundingRect(self) -> QRectF:
        # pyqtgraph leaves out words that reach beyond this: the top and the bottom tick would have none.
        return super().boundingRect().adjusted(0, -8, 0, 8)

    def set_scale(self, top: float, step: float, floor: float = 0.0, unit: Unit = MS) -> None:
        """Ticks from `floor` to `top`; as wide as their words need."""
        self._ticks = value_ticks(top, step, floor, unit)
        widest = max(metrics("tiny").horizontalAdvance(words) for _, words in self._ticks)
        wide = max(VALUE_WIDTH, widest + 14)
        if wide != self.fixedWidth:
            self.setWidth(wide)
        self.picture = None
        self.update()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        del minVal, maxVal, size
        return [(1.0, [value for value, _ in self._ticks])]


class TimeAxis(_Axis):
    """Round times of the user's zone, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.setHeight(TIME_HEIGHT)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        self._ticks = time_ticks(minVal, maxVal, int(size / _BETWEEN_TIMES))
        return [(1.0, [at for at, _ in self._ticks])]


class EndNames(pg.AxisItem):
    """Each line's name at the height where the line ends, pushed apart where two would touch."""

    def __init__(self) -> None:
        super().__init__("right")
        self.setWidth(NAME_WIDTH)
        self._ends: list[tuple[str, str, float]] = []

    def set_ends(self, ends: list[tuple[str, str, float]]) -> None:
        """(name, colour role, last value) per line."""
        self._ends = ends
        widest = max((metrics("tiny_strong").horizontalAdvance(name) for name, _, _ in ends), default=0)
        wide = max(NAME_WIDTH, min(_NAME_MOST, widest + 16))
        if wide != self.fixedWidth:
            self.setWidth(wide)
        self.update()

    def places(self) -> list[tuple[str, str, float]]:
        """(name, role, y of its middle in this item's px), from the top, at least a line's height apart."""
        view = self.linkedView()
        if view is None:
            return []
        high = metrics("tiny_strong").height()
        found = sorted(
            ((name, role, self.mapFromItem(view, view.mapFromView(QPointF(0, value))).y()) for name, role, value in self._ends),
            key=lambda end: end[2],
        )  # fmt: skip
        bottom = self.mapFromItem(view, view.boundingRect().bottomLeft()).y()
        placed: list[tuple[str, str, float]] = []
        for name, role, y in found:
            placed.append((name, role, max(y, placed[-1][2] + high) if placed else y))
        limit = bottom
        for i in range(len(placed) - 1, -1, -1):  # what was pushed below the floor comes up again
            name, role, y = placed[i]
            placed[i] = (name, role, min(y, limit))
            limit = placed[i][2] - high
        return placed

    def paint(self, p: Any, opt: Any, widget: Any) -> None:
        del opt, widget
        wide = self.boundingRect().width()
        for name, role, y in self.places():
            draw_text(p, QRectF(8, y - 8, wide - 8, 16), name, "tiny_strong", role, LEFT)
