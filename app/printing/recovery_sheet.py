"""The vault's recovery code on paper: one A4 page with the code as text and as a QR code. The file opens the vault to whoever
finds it: it is written for its owner only, and says itself that it must be printed and deleted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm

from app.contracts import Secret
from app.formats.pdf import BOLD, REGULAR, draw_lines, new_canvas, wrap
from app.formats.words import Words
from app.platform.files import ensure_private, save_atomically

WIDTH_MM, HEIGHT_MM, MARGIN_MM = 210.0, 297.0, 22.0
QR_MM = 62.0


class SheetWords(msgspec.Struct, frozen=True):
    """Ready words; `steps` are numbered on the page."""

    title: str
    what: str
    code: str
    made: str
    warning: str
    steps_title: str
    steps: tuple[str, ...]
    foot: str


def sheet_words(words: Words, vault_id: str, made: datetime) -> SheetWords:
    """`made` is aware and shown in this computer's zone; of the vault's id only the beginning, to tell sheets apart."""
    at = made.astimezone()
    date = words.figures.date(at)
    return SheetWords(
        title=words("keys.sheet.title"),
        what=words("keys.sheet.what"),
        code=words("keys.sheet.code"),
        made=words("keys.sheet.made", date=date, time=words.figures.time(at), vault=vault_id[:8]),
        warning=words("keys.sheet.warning"),
        steps_title=words("keys.sheet.steps_title"),
        steps=tuple(words(f"keys.sheet.step_{n}") for n in (1, 2, 3, 4)),
        foot=words("keys.sheet.foot"),
    )


def draw_sheet(code: Secret, words: SheetWords) -> bytes:
    """One page. Pure; the same code and words give the same bytes."""
    text = code.reveal()
    canvas, buffer = new_canvas(WIDTH_MM, HEIGHT_MM, words.title)
    left, room = MARGIN_MM * mm, (WIDTH_MM - 2 * MARGIN_MM) * mm
    y = (HEIGHT_MM - MARGIN_MM) * mm
    y = draw_lines(canvas, wrap(words.title, BOLD, 22, room), left, y, BOLD, 22) - 2 * mm
    y = draw_lines(canvas, wrap(words.made, REGULAR, 9, room), left, y, REGULAR, 9) - 5 * mm
    y = draw_lines(canvas, wrap(words.what, REGULAR, 11, room), left, y, REGULAR, 11, 1.35) - 6 * mm
    y = _code_box(canvas, text, words.code, left, y, room) - 8 * mm
    y = _warning(canvas, words.warning, left, y, room) - 8 * mm
    y = draw_lines(canvas, [words.steps_title], left, y, BOLD, 12) - 3 * mm
    for number, step in enumerate(words.steps, 1):
        canvas.setFont(BOLD, 11)
        canvas.drawString(left, y - 11, f"{number}.")
        y = draw_lines(canvas, wrap(step, REGULAR, 11, room - 8 * mm), left + 8 * mm, y, REGULAR, 11, 1.35) - 2 * mm
    draw_lines(canvas, wrap(words.foot, REGULAR, 8, room), left, 26 * mm, REGULAR, 8)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _code_box(canvas: Any, text: str, title: str, left: float, top: float, room: float) -> float:
    """The QR at the left, the code in groups at its right, both in a frame; the y below it."""
    height = (QR_MM + 12) * mm
    canvas.setLineWidth(0.8)
    canvas.roundRect(left, top - height, room, height, 3 * mm)
    size = QR_MM * mm
    code = QrCodeWidget(text, barLevel="Q", barBorder=4)
    x1, y1, x2, y2 = code.getBounds()
    picture = Drawing(size, size, transform=[size / (x2 - x1), 0, 0, size / (y2 - y1), 0, 0])
    picture.add(code)
    renderPDF.draw(picture, canvas, left + 6 * mm, top - height + 6 * mm)
    x = left + QR_MM * mm + 14 * mm
    y = draw_lines(canvas, wrap(title, BOLD, 12, left + room - x - 6 * mm), x, top - 10 * mm, BOLD, 12) - 4 * mm
    groups = text.split("-")
    lines = ["-".join(groups[at : at + 2]) for at in range(0, len(groups), 2)]
    draw_lines(canvas, lines, x, y, BOLD, 20, 1.5)
    return float(top - height)


def _warning(canvas: Any, text: str, left: float, top: float, room: float) -> float:
    lines = wrap(text, BOLD, 11, room - 10 * mm)
    height = len(lines) * 11 * 1.35 + 6 * mm
    canvas.setLineWidth(2)
    canvas.line(left, top, left, top - height)
    draw_lines(canvas, lines, left + 5 * mm, top - 3 * mm, BOLD, 11, 1.35)
    return float(top - height)


def write_sheet(path: Path, code: Secret, words: SheetWords, *, replace: bool = False) -> None:
    """Draw and write it, for its owner only, whole or not at all. Takes some 0.1 s: run it in a thread.

    Raises FileExistsError unless `replace`, OSError.
    """
    if not replace and path.exists():
        raise FileExistsError(str(path))
    ensure_private(path.parent)
    save_atomically(path, draw_sheet(code, words), keep_previous=False)
