"""Code 128 as bars in whole printer dots, drawn on a PDF canvas. A bar between two dots is a bar that does not scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reportlab.graphics.barcode.code128 import Code128

POINTS_PER_INCH = 72.0
QUIET_MODULES = 10  # ISO/IEC 15417: ten modules of silence on both sides


class BarcodeError(ValueError):
    """The text cannot be a barcode here: a character that Code 128 lacks, or too long for the width at two dots a module."""


@dataclass(frozen=True)
class FittedBarcode:
    """A barcode with the widest module (in dots, 2–4) that fits; lengths in points."""

    text: str
    dots: int
    dot: float
    width: float  # bars only, without the quiet zones

    @property
    def quiet(self) -> float:
        return QUIET_MODULES * self.dots * self.dot

    def draw(self, canvas: Any, x: float, y: float, height: float) -> None:
        """Bars from x (moved to a whole dot), without text."""
        left = round(x / self.dot) * self.dot
        code = Code128(self.text, barWidth=self.dots * self.dot, barHeight=height, quiet=0, humanReadable=False)
        code.drawOn(canvas, left, y)


def fit_code128(text: str, room: float, dpi: int = 203) -> FittedBarcode:
    """The largest Code 128 of `text` within `room` points at a printer of `dpi`. Raises BarcodeError."""
    if not text or not all(" " <= c <= "~" for c in text):
        raise BarcodeError(f"not in Code 128: {text[:40]!r}")
    dot = POINTS_PER_INCH / dpi
    plain = Code128(text, barWidth=1.0, quiet=0)
    modules = round(plain.width)
    for dots in (4, 3, 2):
        if (modules + 2 * QUIET_MODULES) * dots * dot <= room:
            return FittedBarcode(text, dots, dot, modules * dots * dot)
    raise BarcodeError(f"too long for the label: {text[:40]!r}")
