"""Code 128 and EAN-13 as bars in whole printer dots, drawn on a PDF canvas. A bar between two dots is a bar that does not
scan: what does not fit in whole dots is refused, never squeezed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from reportlab.graphics.barcode.code128 import Code128

from app.formats.dots import POINTS_PER_INCH

QUIET_MODULES = 10  # ISO/IEC 15417: ten modules of silence on both sides
EAN_QUIET = 11  # GS1 General Specifications: eleven at the left; at the right seven would do
_HAIR = 0.02  # of a dot
#: The left half's digits with odd parity (L); G is the mirror of R, and R the opposite of L.
_L = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_R = tuple(one.translate({48: 49, 49: 48}) for one in _L)
_G = tuple(one[::-1] for one in _R)
_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")


class BarcodeError(ValueError):
    """The text cannot be a barcode here: a character that Code 128 lacks, or too long for the width at two dots a module."""


@dataclass(frozen=True)
class FittedBarcode:
    """A barcode with the widest module (in dots, 2–4) that fits; lengths in points. `modules`: 1 is black;
    `silence`: modules that must stay white on both sides."""

    text: str
    dots: int
    dot: float
    modules: str
    silence: int = QUIET_MODULES

    @property
    def width(self) -> float:
        """Of the bars only, without the quiet zones."""
        return len(self.modules) * self.dots * self.dot

    @property
    def quiet(self) -> float:
        return self.silence * self.dots * self.dot

    def draw(self, canvas: Any, x: float, y: float, height: float) -> None:
        """Bars from x (moved to a whole dot), without text. Neighbouring black modules are one rectangle: single ones leave
        hairlines between them. A hair's breadth of each edge is left away, because renderers grow a rectangle to the next
        whole dot when a rounding puts its edge a millionth beyond."""
        module, hair = self.dots * self.dot, self.dot * _HAIR
        at = round(x / self.dot) * self.dot
        for black, group in groupby(self.modules):
            run = len(list(group)) * module
            if black == "1":
                canvas.rect(at + hair, y, run - 2 * hair, height, stroke=0, fill=1)
            at += run


def fit_code128(text: str, room: float, dpi: float = 203) -> FittedBarcode:
    """The largest Code 128 of `text` within `room` points at a printer of `dpi`. Raises BarcodeError."""
    if not text or not all(" " <= c <= "~" for c in text):
        raise BarcodeError(f"not in Code 128: {text[:40]!r}")
    return _fitted(text, _code128(text), room, dpi, QUIET_MODULES)


def ean13_digit(twelve: str) -> str:
    """The check digit: modulo 10, weights 1 and 3 from the left."""
    total = sum(int(one) * (3 if at % 2 else 1) for at, one in enumerate(twelve))
    return str(-total % 10)


def is_ean13(text: str) -> bool:
    """Thirteen digits, the last of which is right."""
    return len(text) == 13 and text.isascii() and text.isdigit() and ean13_digit(text[:12]) == text[12]


def fit_ean13(text: str, room: float, dpi: float = 203) -> FittedBarcode:
    """The largest EAN-13 within `room` points. Raises BarcodeError for a wrong check digit, or too little room."""
    if not is_ean13(text):
        raise BarcodeError(f"no EAN-13: {text[:40]!r}")
    parity = _PARITY[int(text[0])]
    left = "".join((_L if one == "L" else _G)[int(digit)] for one, digit in zip(parity, text[1:7], strict=True))
    right = "".join(_R[int(digit)] for digit in text[7:])
    return _fitted(text, f"101{left}01010{right}101", room, dpi, EAN_QUIET)


def fit_product(text: str, room: float, dpi: float = 203) -> FittedBarcode:
    """EAN-13 where the text is one, else Code 128. Raises BarcodeError."""
    return fit_ean13(text, room, dpi) if is_ean13(text) else fit_code128(text, room, dpi)


def _fitted(text: str, modules: str, room: float, dpi: float, silence: int) -> FittedBarcode:
    dot = POINTS_PER_INCH / dpi
    for dots in (4, 3, 2):
        if (len(modules) + 2 * silence) * dots * dot <= room:
            return FittedBarcode(text, dots, dot, modules, silence)
    raise BarcodeError(f"too long for the label: {text[:40]!r}")


def _code128(text: str) -> str:
    """reportlab's choice of code sets, as modules: it writes a bar of two modules B, a gap of two b."""
    code = Code128(text, barWidth=1.0, quiet=0)
    code.validate()
    code.encode()
    code.decompose()
    return "".join(("1" if one.isupper() else "0") * (ord(one.upper()) - 64) for one in code.decomposed)
