"""The packing slip, A4: what belongs into the parcel, line by line, with totals. Long orders go on over several pages."""

from __future__ import annotations

from typing import Any

from reportlab.lib.units import mm

from app.formats.barcodes import BarcodeError, fit_code128
from app.formats.pdf import BOLD, REGULAR, draw_lines, new_canvas, shorten, wrap
from app.printing.data import SlipData, SlipWords

WIDTH_MM, HEIGHT_MM, MARGIN_MM = 210.0, 297.0, 15.0


def draw_slips(slips: list[SlipData], words: SlipWords) -> tuple[bytes, int]:
    """One PDF and its number of pages. Pure and picklable."""
    canvas, buffer = new_canvas(WIDTH_MM, HEIGHT_MM, words.title)
    pages = sum(_draw(canvas, slip, words) for slip in slips)
    canvas.save()
    return buffer.getvalue(), pages


def _draw(canvas: Any, slip: SlipData, words: SlipWords) -> int:
    left, right = MARGIN_MM * mm, (WIDTH_MM - MARGIN_MM) * mm
    y, pages = _head(canvas, slip, words, left, right), 1
    for line in slip.lines:
        title = wrap(line.title, REGULAR, 10, right - left - 105 * mm) or [""]
        needed = max(9 * mm, len(title) * 12 + 3 * mm)
        if y - needed < 35 * mm:
            canvas.showPage()
            pages += 1
            y = _table_head(canvas, words, left, right, (HEIGHT_MM - MARGIN_MM) * mm)
        canvas.setFont(REGULAR, 10)
        canvas.drawString(left, y - 10, shorten(line.sku, REGULAR, 10, 48 * mm))
        canvas.setFont(REGULAR, 8)
        canvas.drawString(left, y - 20, shorten(line.barcode, REGULAR, 8, 48 * mm))
        draw_lines(canvas, title, left + 50 * mm, y, REGULAR, 10)
        canvas.setFont(BOLD, 12)
        canvas.drawRightString(right - 35 * mm, y - 11, str(line.quantity))
        canvas.setFont(REGULAR, 10)
        canvas.drawRightString(right, y - 10, line.amount)
        y -= needed
        canvas.setLineWidth(0.3)
        canvas.line(left, y + 1 * mm, right, y + 1 * mm)
    pieces = sum(line.quantity for line in slip.lines)
    canvas.setFont(BOLD, 12)
    canvas.drawString(left, y - 16, f"{pieces} {words.pieces}")
    canvas.drawRightString(right, y - 16, f"{words.total}: {slip.total}")
    if slip.note:
        note = wrap(f"{words.note}: {slip.note}", REGULAR, 10, right - left)[:8]
        draw_lines(canvas, note, left, y - 24, REGULAR, 10)
    canvas.showPage()
    return pages


def _head(canvas: Any, slip: SlipData, words: SlipWords, left: float, right: float) -> float:
    top = (HEIGHT_MM - MARGIN_MM) * mm
    canvas.setFont(BOLD, 18)
    canvas.drawString(left, top - 18, words.title)
    canvas.setFont(REGULAR, 10)
    canvas.drawString(left, top - 34, shorten(" · ".join(x for x in (slip.channel, slip.placed_at, slip.sender) if x), REGULAR, 10, 100 * mm))  # fmt: skip
    canvas.setFont(BOLD, 13)
    canvas.drawRightString(right, top - 16, slip.order_number)
    try:
        code = fit_code128(slip.order_number, 75 * mm)
        code.draw(canvas, right - code.width, top - 18 - 14 * mm, 11 * mm)
    except BarcodeError:
        pass  # an order number with letters beyond ASCII has no bars; it stands above in type
    y = top - 20 * mm
    y = draw_lines(canvas, wrap(slip.buyer, BOLD, 12, right - left), left, y, BOLD, 12)
    y = draw_lines(canvas, wrap(slip.address, REGULAR, 10, right - left)[:6], left, y, REGULAR, 10)
    return _table_head(canvas, words, left, right, y - 6 * mm)


def _table_head(canvas: Any, words: SlipWords, left: float, right: float, y: float) -> float:
    canvas.setFont(BOLD, 9)
    canvas.drawString(left, y - 9, words.sku)
    canvas.drawString(left + 50 * mm, y - 9, words.goods)
    canvas.drawRightString(right - 35 * mm, y - 9, words.quantity)
    canvas.drawRightString(right, y - 9, words.amount)
    canvas.setLineWidth(0.8)
    canvas.line(left, y - 12, right, y - 12)
    return y - 15
