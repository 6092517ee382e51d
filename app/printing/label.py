"""The own address label, 100 × 150 mm, for any printer: who sends, who receives, a Code 128 that the carrier scans."""

from __future__ import annotations

from typing import Any

from reportlab.lib.units import mm

from app.formats.barcodes import BarcodeError, fit_code128
from app.formats.pdf import BOLD, REGULAR, draw_lines, fit_block, new_canvas, shorten, text_width
from app.printing.data import LabelData, LabelWords

WIDTH_MM, HEIGHT_MM, MARGIN_MM = 100.0, 150.0, 4.0


def draw_labels(labels: list[LabelData], words: LabelWords, dpi: int = 203) -> bytes:
    """One PDF, one page a label, in the order given. Pure and picklable: runs in the worker process."""
    canvas, buffer = new_canvas(WIDTH_MM, HEIGHT_MM, "Paxzar")
    for label in labels:
        _draw(canvas, label, words, dpi)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Any, label: LabelData, words: LabelWords, dpi: int) -> None:
    left, right = MARGIN_MM * mm, (WIDTH_MM - MARGIN_MM) * mm
    room, y = right - left, (HEIGHT_MM - MARGIN_MM) * mm
    canvas.setLineWidth(0.8)
    if label.sender:
        size, lines = fit_block(f"{words.sender}: {label.sender}", REGULAR, (8, 7), room, 9 * mm)
        y = draw_lines(canvas, lines, left, y, REGULAR, size) - 1 * mm
    head = " · ".join(x for x in (label.channel, label.carrier) if x)
    canvas.setFont(BOLD, 11)
    canvas.drawString(left, y - 11, shorten(head, BOLD, 11, room))
    y -= 11 + 2 * mm
    canvas.line(left, y, right, y)
    y -= 3 * mm
    canvas.setFont(REGULAR, 8)
    canvas.drawString(left, y - 8, words.receiver)
    y -= 8 + 1.5 * mm
    size, lines = fit_block(label.name, BOLD, (18, 15, 12), room, 15 * mm)
    y = draw_lines(canvas, lines, left, y, BOLD, size) - 1 * mm
    size, lines = fit_block(label.street, REGULAR, (13, 11, 9, 8, 7), room, 27 * mm)
    y = draw_lines(canvas, lines, left, y, REGULAR, size) - 1 * mm
    place = " / ".join(x for x in (label.district, label.city) if x)
    size, lines = fit_block(place, BOLD, (17, 14, 11, 9), room, 14 * mm)
    y = draw_lines(canvas, lines, left, y, BOLD, size)
    last = "  ".join(
        x for x in (label.postcode, label.country, f"{words.phone}: {label.phone}" if label.phone else "") if x
    )
    canvas.setFont(REGULAR, 11)
    canvas.drawString(left, y - 13, shorten(last, REGULAR, 11, room))
    _draw_foot(canvas, label, words, dpi, left, right)


def _draw_foot(canvas: Any, label: LabelData, words: LabelWords, dpi: int, left: float, right: float) -> None:
    """Fixed at the bottom, so that a scanner finds the bars at the same place on every label."""
    room = right - left
    canvas.line(left, 58 * mm, right, 58 * mm)
    if label.cash_on_delivery:
        text = f"{words.cash}: {label.cash_on_delivery}"
        canvas.setFillGray(0)
        canvas.rect(left, 48.5 * mm, room, 8 * mm, stroke=0, fill=1)
        canvas.setFillGray(1)
        canvas.setFont(BOLD, 14)
        canvas.drawCentredString((left + right) / 2, 50.8 * mm, shorten(text, BOLD, 14, room))
        canvas.setFillGray(0)
    size, lines = fit_block(label.items, REGULAR, (9, 8, 7), room, 8 * mm)
    draw_lines(canvas, lines, left, 47.5 * mm, REGULAR, size)
    try:
        code = fit_code128(label.code, room, dpi)
        code.draw(canvas, left + (room - code.width) / 2, 15 * mm, 22 * mm)
    except BarcodeError:
        canvas.setFont(REGULAR, 9)  # no bars rather than bars that do not scan; the number stands below in large type
        canvas.drawCentredString((left + right) / 2, 24 * mm, "–")
    size = next((s for s in (14.0, 11.0, 8.0) if text_width(label.code, BOLD, s) <= room), 8.0)
    canvas.setFont(BOLD, size)
    canvas.drawCentredString((left + right) / 2, 10 * mm, shorten(label.code, BOLD, size, room))
    copy = f"  {words.copy} {label.reprint}" if label.reprint else ""
    canvas.setFont(REGULAR, 9)
    canvas.drawString(left, 5 * mm, shorten(f"{words.order}: {label.order_number}{copy}", REGULAR, 9, room))
