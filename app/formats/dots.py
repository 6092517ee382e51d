"""A printer's dots: what "203 dpi" really is, and how many dots a length has. Bars are computed in dots and never in points or
millimetres, or they drift by a dot over a label's width."""

from __future__ import annotations

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72.0
#: Label printers' heads are made in dots per millimetre: "203 dpi" is 8, "152" is 6 (Zebra). The others are what they say.
_METRIC = {152: 6 * MM_PER_INCH, 203: 8 * MM_PER_INCH}


def head_dpi(nominal: int) -> float:
    """Dots per inch of the head of a printer that is called `nominal` dpi: for bytes in its own language. Its driver counts
    pixels of the nominal figure instead, and maps one to a dot."""
    return _METRIC.get(nominal, float(nominal))


def dots(mm: float, dpi: float) -> int:
    """Whole dots in a length."""
    return round(mm * dpi / MM_PER_INCH)
