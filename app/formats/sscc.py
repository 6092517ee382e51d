"""SSCC-18 and its GS1-128 bars: the number of one logistic unit, made from the merchant's own GS1 company prefix.

Must never invent a prefix: without one there is no SSCC. Source: GS1 General Specifications (AI 00, check digit modulo 10,
weights 3 and 1 from the right; symbol in code set C after FNC1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm

from app.formats.barcodes import QUIET_MODULES, BarcodeError, FittedBarcode
from app.formats.dots import POINTS_PER_INCH
from app.formats.pdf import BOLD, REGULAR, draw_lines, fit_block, new_canvas, shorten

PREFIX_DIGITS = (4, 12)  # GS1 company prefixes with their country part; GS1 Türkiye's begin with 868 or 869
DPI = 203
_LEAST_MM, _MOST_MM = 0.495, 1.016  # module width of an SSCC's bars
_BARS_MM = 34.0  # at least 31.75
_WIDTH, _HEIGHT, _EDGE = 100.0, 150.0, 2.0
_FNC1 = "\xf1"


class PalletLabel(NamedTuple):
    """What stands on one logistic label. Texts as they are printed, in the merchant's language; `lines` under the address."""

    sscc: str
    carrier: str
    receiver: str
    street: str
    place: str
    lines: tuple[str, ...] = ()


def is_prefix(text: str) -> bool:
    """Whether it can be a GS1 company prefix: its digits only. Whose it is, nobody can tell from here."""
    return text.isascii() and text.isdigit() and PREFIX_DIGITS[0] <= len(text) <= PREFIX_DIGITS[1]


def check_digit(digits: str) -> str:
    """For any GS1 number without its check digit. Raises ValueError for what is no row of digits."""
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"no digits: {digits[:40]!r}")
    total = sum(int(one) * (1 if at % 2 else 3) for at, one in enumerate(reversed(digits)))
    return str(-total % 10)


def sscc(prefix: str, serial: int, extension: int = 0) -> str:
    """The 18 digits. Raises ValueError for a wrong prefix, or when its serial numbers are used up: one is never used twice."""
    room = 16 - len(prefix)
    if not is_prefix(prefix) or not 0 <= extension <= 9:
        raise ValueError(f"no GS1 company prefix: {prefix[:20]!r}")
    if not 0 <= serial < 10**room:
        raise ValueError(f"no serial of {room} digits: {serial}")
    body = f"{extension}{prefix}{serial:0{room}d}"
    return body + check_digit(body)


def is_sscc(text: str) -> bool:
    return len(text) == 18 and text.isascii() and text.isdigit() and check_digit(text[:17]) == text[17]


def fit_sscc(text: str, room: float, dpi: float = DPI) -> FittedBarcode:
    """GS1-128 with AI 00 in modules of whole dots, within GS1's widths. Raises BarcodeError."""
    if not is_sscc(text):
        raise BarcodeError(f"no SSCC: {text[:40]!r}")
    modules, dot = _modules(text), POINTS_PER_INCH / dpi
    for dots in range(int(_MOST_MM * mm / dot), 0, -1):
        if dots * dot / mm >= _LEAST_MM and (len(modules) + 2 * QUIET_MODULES) * dots * dot <= room:
            return FittedBarcode(f"(00){text}", dots, dot, modules)
    raise BarcodeError(f"too long for the label: {text}")


def _modules(text: str) -> str:
    code = Code128(f"{_FNC1}00{text}", barWidth=1.0, quiet=0)
    code.validate()
    code.encode()
    code.decompose()
    return "".join(("1" if one.isupper() else "0") * (ord(one.upper()) - 64) for one in code.decomposed)


def draw_pallet_labels(labels: Sequence[PalletLabel]) -> list[bytes]:
    """One PDF a label, 100 × 150 mm, for a printer of 203 dpi. Pure: same labels, same bytes. Raises BarcodeError."""
    return [_draw(one) for one in labels]


def _draw(label: PalletLabel) -> bytes:
    canvas, buffer = new_canvas(_WIDTH, _HEIGHT, "Paxzar")
    left, room, y = (_EDGE + 2) * mm, (_WIDTH - 2 * _EDGE - 4) * mm, (_HEIGHT - 6) * mm
    canvas.setFont(BOLD, 13)
    canvas.drawString(left, y - 13, shorten(label.carrier, BOLD, 13, room))
    y -= 20
    canvas.line(left, y, left + room, y)
    size, lines = fit_block(label.receiver, BOLD, (18, 14, 11, 9), room, 16 * mm)
    y = draw_lines(canvas, lines, left, y - 8, BOLD, size)
    size, lines = fit_block(label.street, REGULAR, (13, 11, 9, 7), room, 26 * mm)
    y = draw_lines(canvas, lines, left, y - 4, REGULAR, size)
    size, lines = fit_block(label.place, BOLD, (16, 13, 10, 8), room, 13 * mm)
    y = draw_lines(canvas, lines, left, y - 4, BOLD, size) - 8
    for text in label.lines[:5]:
        canvas.setFont(REGULAR, 10)
        canvas.drawString(left, y - 10, shorten(text, REGULAR, 10, room))
        y -= 13
    code, foot = fit_sscc(label.sscc, (_WIDTH - 2 * _EDGE) * mm), 14 * mm
    middle = _WIDTH / 2 * mm
    canvas.setFont(BOLD, 11)
    canvas.drawCentredString(middle, foot + (_BARS_MM + 3) * mm, "SSCC")
    code.draw(canvas, middle - code.width / 2, foot, _BARS_MM * mm)
    canvas.setFont(BOLD, 12)
    canvas.drawCentredString(middle, foot - 6 * mm, f"(00) {label.sscc}")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
