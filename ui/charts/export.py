"""A chart as a file: a picture with its title and legend, or a sheet of its figures. Disk work happens in a thread."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QPoint, QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from ui.charts.data import ChartData
from ui.charts.hover import Legend
from ui.theme import theme
from ui.widgets.base import draw_text


class Plot(Protocol):
    """What is asked of a plot here."""

    def size(self) -> QSize: ...

    def resize(self, size: QSize, /) -> None: ...

    def paint_into(self, painter: QPainter, box: QRectF) -> None: ...


_SCALE, _HEAD, _PAD = 2, 44, 16


def picture(title: str, legend: Legend, plot: Plot) -> QImage:
    """Title, legend and plot on `surface`, at twice the size on screen."""
    size = plot.size().expandedTo(QSize(640, 240))
    image = QImage(
        (size.width() + 2 * _PAD) * _SCALE, (size.height() + _HEAD + _PAD) * _SCALE, QImage.Format.Format_RGB32
    )
    image.setDevicePixelRatio(_SCALE)
    image.fill(theme().ink("surface"))
    own = plot.size()
    plot.resize(size)
    other = Legend()
    other.set_entries(legend.entries)
    other.resize(size.width() // 2, 20)
    painter = QPainter(image)
    try:
        draw_text(painter, QRectF(_PAD, 0, size.width() / 2, _HEAD), title, "card")
        flags = QWidget.RenderFlag.DrawChildren
        other.render(painter, QPoint(_PAD + size.width() - other.width(), (_HEAD - 20) // 2), renderFlags=flags)
        plot.paint_into(painter, QRectF(_PAD, _HEAD, size.width(), size.height()))
    finally:
        painter.end()
        plot.resize(own)
    return image


async def save_picture(image: QImage, path: Path) -> None:
    """Writes a PNG. Raises OSError when the file cannot be written."""
    if not await asyncio.to_thread(image.save, str(path), "PNG"):
        raise OSError(f"the picture cannot be written: {path.name}")


async def save_sheet(data: ChartData, path: Path) -> None:
    """Writes the figures as CSV, with the mark by which spreadsheets know UTF-8. Raises OSError."""
    await asyncio.to_thread(path.write_bytes, data.csv_bytes())
