"""PDF pages in exact millimetres with our own embedded fonts, so that Turkish letters and ₺ are text and not pictures."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(__file__).resolve().parent.parent.parent / "resources" / "fonts"
REGULAR, BOLD = "PaxzarRegular", "PaxzarBold"
_FILES = {REGULAR: "Inter-Regular.ttf", BOLD: "Inter-Bold.ttf"}
ELLIPSIS = "…"
rl_config.useA85 = (
    0  # a stream of bytes as it is: its seven-bit dress costs as much as the drawing, and a quarter of the size
)
MISSING = "?"  # in the place of a letter that our fonts lack (emoji, Arabic): a box on paper tells nobody anything


@cache
def _registered() -> bool:
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))
    return True


@cache
def _letters(font: str) -> frozenset[str]:
    _registered()
    return frozenset(chr(one) for one in pdfmetrics.getFont(font).face.charToGlyph)


def drawable(text: str, font: str = REGULAR) -> str:
    """`text` with every letter that the font lacks replaced."""
    letters = _letters(font)
    return text if letters.issuperset(text) else "".join(one if one in letters else MISSING for one in text)


class _Page(Canvas):  # type: ignore[misc]
    """Text that no font of ours can draw never reaches the file, from whichever document it comes."""

    def drawString(self, x: float, y: float, text: str, *rest: Any, **named: Any) -> None:
        super().drawString(x, y, drawable(text, self._fontname), *rest, **named)

    def drawRightString(self, x: float, y: float, text: str, *rest: Any, **named: Any) -> None:
        super().drawRightString(x, y, drawable(text, self._fontname), *rest, **named)

    def drawCentredString(self, x: float, y: float, text: str, *rest: Any, **named: Any) -> None:
        super().drawCentredString(x, y, drawable(text, self._fontname), *rest, **named)


def new_canvas(width_mm: float, height_mm: float, title: str, *, packed: bool = True) -> tuple[Canvas, io.BytesIO]:
    """A canvas of that page size; bytes are in the buffer after `canvas.save()`. Same input, same bytes (no clock). `packed`
    False: for a page that is turned into dots at once."""
    _registered()
    buffer = io.BytesIO()
    canvas = _Page(buffer, pagesize=(width_mm * mm, height_mm * mm), invariant=1, pageCompression=int(packed))
    canvas.setTitle(title)
    canvas.setCreator("Paxzar")
    return canvas, buffer


def text_width(text: str, font: str, size: float) -> float:
    """In points."""
    _registered()
    return float(pdfmetrics.stringWidth(text, font, size))


def wrap(text: str, font: str, size: float, room: float) -> list[str]:
    """Lines no wider than `room` points; a word that is wider than a line is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        candidate = f"{line} {word}" if line else word
        if text_width(candidate, font, size) <= room:
            line = candidate
            continue
        if line:
            lines.append(line)
        while text_width(word, font, size) > room:
            cut = len(word)
            while cut > 1 and text_width(word[:cut], font, size) > room:
                cut -= 1
            lines.append(word[:cut])
            word = word[cut:]
        line = word
    return [*lines, line] if line else lines


def shorten(text: str, font: str, size: float, room: float) -> str:
    """`text`, cut with an ellipsis where it does not fit."""
    if text_width(text, font, size) <= room:
        return text
    while text and text_width(text + ELLIPSIS, font, size) > room:
        text = text[:-1]
    return text + ELLIPSIS


def fit_block(text: str, font: str, sizes: tuple[float, ...], room: float, height: float, leading: float = 1.2) -> tuple[float, list[str]]:  # fmt: skip
    """The largest of `sizes` at which the wrapped text fits room × height points; at the smallest it is cut, with an ellipsis."""
    for size in sizes:
        lines = wrap(text, font, size, room)
        if len(lines) * size * leading <= height:
            return size, lines
    size = sizes[-1]
    keep = max(1, int(height / (size * leading)))
    lines = wrap(text, font, size, room)
    if len(lines) > keep:
        lines = [*lines[: keep - 1], shorten(" ".join(lines[keep - 1 :]), font, size, room)]
    return size, lines


def draw_lines(
    canvas: Any, lines: list[str], x: float, top: float, font: str, size: float, leading: float = 1.2
) -> float:
    """Draw downwards from `top`; returns the y below the last line."""
    y = top
    for line in lines:
        canvas.setFont(font, size)
        canvas.drawString(x, y - size, line)
        y -= size * leading
    return y


def draw_picture(canvas: Any, png: bytes, x: float, y: float, width: float, height: float) -> None:
    """A logo, as large as fits into the room without being stretched, in its right upper corner."""
    picture = ImageReader(io.BytesIO(png))
    wide, high = picture.getSize()
    scale = min(width / wide, height / high)
    canvas.drawImage(
        picture, x + width - wide * scale, y + height - high * scale, wide * scale, high * scale, mask="auto"
    )
