"""What lies behind the curves: incidents, and the band between two of them. Painted plainly and by few items, for while a hand pans
a frame has 16 ms: each region of pyqtgraph's costs 1.5 ms, a smooth edge that a curve covers anyway costs the band 5 ms. Stands on
pyqtgraph: never import at start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QPainter

from ui.charts.data import Incident
from ui.theme import theme
from ui.theme.charts import INCIDENT_ALPHA, INCIDENT_CAP, INCIDENT_ROLES


class Shade:
    """One incident with its colour; `ShadeLayer` paints it."""

    def __init__(self, incident: Incident) -> None:
        self.incident = incident
        self.role = INCIDENT_ROLES.get(incident.state, "degraded_mark")
        self.brush = QBrush()
        self.recolour()

    def getRegion(self) -> tuple[float, float]:
        """From when to when, epoch seconds."""
        return self.incident.since.timestamp(), self.incident.until.timestamp()

    def recolour(self) -> None:
        """The theme's colour."""
        self.brush = pg.mkBrush(theme().soft(self.role, INCIDENT_ALPHA))


class ShadeLayer(pg.GraphicsObject):
    """`show_shades(shades)`: each over the view's whole height, with a cap at its top."""

    def __init__(self) -> None:
        super().__init__()
        self._shades: Sequence[Shade] = ()
        self._box = QRectF()
        self.setZValue(-50)

    def show_shades(self, shades: Sequence[Shade]) -> None:
        """Other incidents."""
        self._shades = shades
        self.update()

    def viewRangeChanged(self) -> None:
        """The view moved: the layer fills it."""
        self.prepareGeometryChange()
        self._box = QRectF()

    def boundingRect(self) -> QRectF:
        if self._box.isNull():
            self._box = QRectF(self.viewRect())
        return self._box

    def paint(self, p: QPainter, *args: Any) -> None:
        del args
        box, view = self.boundingRect(), self.getViewBox()
        cap = box.height() / max(1.0, view.height()) * INCIDENT_CAP if view is not None else 0.0
        for shade in self._shades:
            low, high = shade.getRegion()
            if high < box.left() or low > box.right():
                continue
            p.fillRect(QRectF(low, box.top(), high - low, box.height()), shade.brush)
            p.fillRect(QRectF(low, box.bottom() - cap, high - low, cap), theme().ink(shade.role))


class Band(pg.FillBetweenItem):
    """The soft band between two curves, without smooth edges."""

    def paint(self, p: QPainter, *args: Any) -> None:
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        super().paint(p, *args)
