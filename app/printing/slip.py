"""The packing slip, A4: what belongs into the parcel, line by line, with totals. Long orders go on over several pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm

from app.formats.barcodes import BarcodeError, fit_code128
from app.formats.pdf import BOLD, REGULAR, draw_lines, new_canvas, shorten, wrap
from app.printing.data import PLAIN, CodeAt, Drawn, Look, SlipData, SlipWords
from app.printing.sheet import HEIGHT_MM, LEFT, RIGHT, WIDTH_MM, Column, Document, Row, draw_logo

_ROOM = RIGHT - LEFT


def draw_slips(slips: Sequence[SlipData], words: SlipWords, look: Look = PLAIN, dpi: float = 203) -> Drawn:
    """One PDF, a slip a sheet or more. Pure and picklable."""
    canvas, buffer = new_canvas(WIDTH_MM, HEIGHT_MM, words.title)
    pages = 0
    codes: list[CodeAt] = []
    starts: list[int] = []
    for slip in slips:
        starts.append(pages)
        pages += _Slip(canvas, slip, words, look, dpi, codes, pages).draw()
    canvas.save()
    return Drawn(buffer.getvalue(), pages, tuple(codes), tuple(starts))


class _Slip:
    def __init__(self, canvas: Any, slip: SlipData, words: SlipWords, look: Look, dpi: float, codes: list[CodeAt], page: int) -> None:  # fmt: skip
        self.canvas, self.slip, self.words, self.look, self.dpi = canvas, slip, words, look, dpi
        self.codes, self.page = codes, page
        self.buyer = wrap(slip.buyer, BOLD, 12, _ROOM)[:3]
        self.address = wrap(slip.address, REGULAR, 10, _ROOM)[:6]
        note = slip.note if look.shows("note") else ""
        self.note = wrap(f"{words.note}: {note}", REGULAR, 10, _ROOM)[:8] if note else []

    def draw(self) -> int:
        words, amounts = self.words, self.look.shows("amounts")
        columns = [Column(words.sku, 48 * mm), Column(words.goods, (75 if amounts else 110) * mm, 10)]
        columns.append(Column(words.quantity, 22 * mm, 12, right=True))
        if amounts:
            columns.append(Column(words.amount, 35 * mm, 10, right=True))
        rows = []
        for line in self.slip.lines:
            code = "\n".join(x for x in (line.sku, line.barcode) if x)
            cells = (code, line.title, str(line.quantity), line.amount)
            rows.append(Row(cells if amounts else cells[:3], frozenset({2})))
        tall = 20 * mm + len(self.buyer) * 12 * 1.2 + len(self.address) * 10 * 1.2 + 6 * mm
        document = Document(
            self.canvas, columns, self._head, self._tail, 12 * mm + len(self.note) * 12, self.look, words.page, words.no_value,
            first_height=tall, later_height=10 * mm,
        )  # fmt: skip
        return document.draw(rows)

    def _head(self, y: float, first: bool) -> float:
        canvas, slip = self.canvas, self.slip
        if not first:
            canvas.setFont(BOLD, 11)
            canvas.drawString(LEFT, y - 11, shorten(f"{self.words.title} · {slip.order_number}", BOLD, 11, _ROOM))
            return y - float(10 * mm)
        taken = draw_logo(canvas, self.look, RIGHT, y)
        canvas.setFont(BOLD, 18)
        canvas.drawString(LEFT, y - 18, self.words.title)
        canvas.setFont(REGULAR, 10)
        sender = slip.sender if self.look.shows("sender") else ""
        told = " · ".join(x for x in (slip.channel if self.look.shows("channel") else "", slip.placed_at, sender) if x)
        canvas.drawString(LEFT, y - 34, shorten(told, REGULAR, 10, (95 * mm) - taken / 2))
        canvas.setFont(BOLD, 13)
        right = RIGHT - taken
        canvas.drawRightString(right, y - 14, shorten(slip.order_number, BOLD, 13, 80 * mm))
        try:
            code = fit_code128(slip.order_number, 75 * mm, self.dpi)
        except BarcodeError:
            pass  # an order number with letters beyond ASCII has no bars; it stands above in type
        else:
            left, bottom = right - code.width - code.quiet, y - 18 - 13 * mm
            code.draw(canvas, left, bottom, 11 * mm)
            high = HEIGHT_MM - bottom / mm - 11
            self.codes.append(CodeAt(self.page, slip.order_number, (left - code.quiet) / mm, high, (code.width + 2 * code.quiet) / mm, 11, len(self.codes)))  # fmt: skip
        y -= 20 * mm
        y = draw_lines(canvas, self.buyer, LEFT, y, BOLD, 12)
        y = draw_lines(canvas, self.address, LEFT, y, REGULAR, 10)
        return y - float(6 * mm)

    def _tail(self, y: float) -> None:
        canvas, words, slip = self.canvas, self.words, self.slip
        canvas.setFont(BOLD, 12)
        canvas.drawString(LEFT, y - 16, f"{sum(line.quantity for line in slip.lines)} {words.pieces}")
        if self.look.shows("amounts"):
            canvas.drawRightString(RIGHT, y - 16, f"{words.total}: {slip.total}")
        draw_lines(canvas, self.note, LEFT, y - 24, REGULAR, 10)
