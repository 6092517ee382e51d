"""The one soft shadow (menus, toasts, palette): drawn once into a nine-patch pixmap, then only stretched."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

SPREAD = 22  # px round the box that the shadow needs
_DROP = 6
_SIDE = 96


@cache
def _patch(dark: bool, dpr: float) -> QPixmap:
    pixmap = QPixmap(round(_SIDE * dpr), round(_SIDE * dpr))
    pixmap.setDevicePixelRatio(dpr)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    rings = 20
    color = QColor(0, 0, 0)
    # Many faint boxes one over the other fall off like a blur, without an effect class.
    for ring in range(rings):
        color.setAlphaF((0.30 if dark else 0.15) * 2.0 * (ring + 1) / (rings * rings))
        painter.setBrush(color)
        inset = SPREAD - rings + ring
        box = QRectF(inset, inset, _SIDE - 2 * inset, _SIDE - 2 * inset)
        painter.drawRoundedRect(box, 26 - ring * 0.8, 26 - ring * 0.8)
    painter.end()
    return pixmap


def draw_shadow(painter: QPainter, box: QRect, dark: bool) -> None:
    """Paints the shadow under a box; it reaches `SPREAD` px beyond it."""
    device = painter.device()
    dpr = device.devicePixelRatioF() if device is not None else 1.0
    patch = _patch(dark, dpr)
    out = box.adjusted(-SPREAD, -SPREAD + _DROP, SPREAD, SPREAD + _DROP)
    cut = 44
    xs = (out.left(), out.left() + cut, out.right() + 1 - cut, out.right() + 1)
    ys = (out.top(), out.top() + cut, out.bottom() + 1 - cut, out.bottom() + 1)
    source = (0, cut, _SIDE - cut, _SIDE)
    for row in range(3):
        for col in range(3):
            target = QRectF(xs[col], ys[row], xs[col + 1] - xs[col], ys[row + 1] - ys[row])
            part = QRectF(
                source[col] * dpr,
                source[row] * dpr,
                (source[col + 1] - source[col]) * dpr,
                (source[row + 1] - source[row]) * dpr,
            )
            if target.width() > 0 and target.height() > 0:
                painter.drawPixmap(target, patch, part)
