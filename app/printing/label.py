"""The own address label in every size: who sends, who receives, a Code 128 that the carrier scans. What does not fit is set
smaller, down to a floor, and then cut with an ellipsis; bars are never squeezed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm

from app.formats.barcodes import BarcodeError, fit_code128
from app.formats.pdf import BOLD, REGULAR, draw_lines, draw_picture, fit_block, new_canvas, shorten, text_width
from app.printing.data import PLAIN, CodeAt, Drawn, LabelData, LabelWords, Look
from app.printing.papers import PAPERS, Box, Paper, first_cell
from app.printing.trouble import PrintTrouble

LEAST_WIDTH_MM, LEAST_HEIGHT_MM = 70.0, 80.0
_TALL_FOOT, _HEAD = 58.0, 88.0  # of a 100 × 150 label, which the others are measured by
_LOGO = (24.0, 9.0)
ROLL = PAPERS["100x150"]


def draw_labels(
    labels: Sequence[LabelData], words: LabelWords, dpi: float = 203, paper: Paper = ROLL, look: Look = PLAIN,
    first: int = 1, packed: bool = True,
) -> Drawn:  # fmt: skip
    """One PDF in the order given, a cell a label from cell `first` of the first page on. Pure and picklable: runs in the
    worker process. Raises PrintTrouble `printer.cell`, `printer.paper_small`."""
    at = first_cell(paper, first)
    small = paper.cell(0)
    if small.width < LEAST_WIDTH_MM or small.height < LEAST_HEIGHT_MM:
        raise PrintTrouble("printer.paper_small", {"paper": paper.name})
    canvas, buffer = new_canvas(paper.width_mm, paper.height_mm, "Paxzar", packed=packed)
    codes, page = [], 0
    for number, label in enumerate(labels, at):
        page, cell = divmod(number, paper.cells)
        if cell == 0 and number > at:
            canvas.showPage()
        code = _Label(canvas, paper.cell(cell), label, words, dpi, look).draw()
        if code is not None:
            left, bottom, width, height = code
            codes.append(CodeAt(page, label.code, left, paper.height_mm - bottom - height, width, height, number - at))
    canvas.showPage()
    canvas.save()
    return Drawn(buffer.getvalue(), page + 1, tuple(codes))


class _Label:
    def __init__(self, canvas: Any, box: Box, label: LabelData, words: LabelWords, dpi: float, look: Look) -> None:
        self.canvas, self.box, self.label, self.words, self.dpi, self.look = canvas, box, label, words, dpi, look
        self.foot = _TALL_FOOT if box.height >= 140 else max(36.0, box.height * 0.4)
        self.left, self.right = (box.left + box.edge) * mm, (box.left + box.width - box.edge) * mm
        self.room = self.right - self.left
        self.base = box.bottom + max(0.0, box.edge - 4)  # what stands lowest keeps clear of a sheet's edge

    def draw(self) -> tuple[float, float, float, float] | None:
        """Where the bars are with their quiet zones (left, bottom, width, height in mm of the page); None without bars."""
        self.canvas.setLineWidth(0.8)
        self._head()
        return self._foot()

    def _head(self) -> None:
        canvas, label, words, look = self.canvas, self.label, self.words, self.look
        # The blocks' heights shrink with the label, never grow: a large one has air.
        k = min(1.0, (self.box.height - self.foot - self.box.edge) / _HEAD)
        y, room = (self.box.bottom + self.box.height - self.box.edge) * mm, self.room
        beside = room
        if look.logo:
            draw_picture(canvas, look.logo, self.right - _LOGO[0] * mm, y - _LOGO[1] * k * mm, _LOGO[0] * mm, _LOGO[1] * k * mm)  # fmt: skip
            beside = room - (_LOGO[0] + 2) * mm
        if look.logo or (label.sender and look.shows("sender")):
            top = y
            if label.sender and look.shows("sender"):
                size, lines = fit_block(f"{words.sender}: {label.sender}", REGULAR, (8, 7, 6), beside, 9 * k * mm)
                y = draw_lines(canvas, lines, self.left, y, REGULAR, size)
            y = min(y, top - (_LOGO[1] * k * mm if look.logo else 0)) - 1 * k * mm
        shown = (label.channel if look.shows("channel") else "", label.carrier if look.shows("carrier") else "")
        size = 11.0 if k == 1 else 9.0
        canvas.setFont(BOLD, size)
        canvas.drawString(self.left, y - size, shorten(" · ".join(x for x in shown if x), BOLD, size, room))
        y -= size + 2 * k * mm
        canvas.line(self.left, y, self.right, y)
        y -= 3 * k * mm
        size = 8.0 if k == 1 else 6.5
        canvas.setFont(REGULAR, size)
        canvas.drawString(self.left, y - size, words.receiver)
        y -= size + 1.5 * k * mm
        size, lines = fit_block(label.name, BOLD, (18, 15, 12, 10, 9), room, 15 * k * mm)
        y = draw_lines(canvas, lines, self.left, y, BOLD, size) - 1 * k * mm
        size, lines = fit_block(label.street, REGULAR, (13, 11, 9, 8, 7, 6), room, 27 * k * mm)
        y = draw_lines(canvas, lines, self.left, y, REGULAR, size) - 1 * k * mm
        place = " / ".join(x for x in (label.district, label.city) if x)
        size, lines = fit_block(place, BOLD, (17, 14, 11, 9), room, 14 * k * mm)
        y = draw_lines(canvas, lines, self.left, y, BOLD, size)
        phone = f"{words.phone}: {label.phone}" if label.phone and look.shows("phone") else ""
        size = 11.0 if k == 1 else 9.0
        canvas.setFont(REGULAR, size)
        last = "  ".join(x for x in (label.postcode, label.country, phone) if x)
        canvas.drawString(self.left, y - size - 2 * k, shorten(last, REGULAR, size, room))

    def _foot(self) -> tuple[float, float, float, float] | None:
        """Fixed at the bottom, so that a scanner finds the bars at the same place on every label."""
        canvas, label, words = self.canvas, self.label, self.words
        middle, up = (self.left + self.right) / 2, self.base
        canvas.line(self.left, (up + self.foot) * mm, self.right, (up + self.foot) * mm)
        top = up + self.foot - 1.5
        if label.cash_on_delivery:
            text = f"{words.cash}: {label.cash_on_delivery}"
            canvas.setFillGray(0)
            canvas.rect(self.left, (top - 8) * mm, self.room, 8 * mm, stroke=0, fill=1)
            canvas.setFillGray(1)
            canvas.setFont(BOLD, 14)
            canvas.drawCentredString(middle, (top - 5.7) * mm, shorten(text, BOLD, 14, self.room))
            canvas.setFillGray(0)
            top -= 9
        height = 22.0 if self.foot >= _TALL_FOOT else 13.0
        free = top - (up + 15 + height)
        if label.items and self.look.shows("items") and free >= 4:
            size, lines = fit_block(label.items, REGULAR, (9, 8, 7), self.room, min(8.0, free) * mm)
            draw_lines(canvas, lines, self.left, top * mm, REGULAR, size)
        place = self._bars(up + 15, height, middle)
        size = next((s for s in (14.0, 11.0, 8.0) if text_width(label.code, BOLD, s) <= self.room), 8.0)
        canvas.setFont(BOLD, size)
        canvas.drawCentredString(middle, (up + 10) * mm, shorten(label.code, BOLD, size, self.room))
        copy = f"  {words.copy} {label.reprint}" if label.reprint else ""
        canvas.setFont(REGULAR, 9)
        canvas.drawString(self.left, (up + 5.5) * mm, shorten(f"{words.order}: {label.order_number}{copy}", REGULAR, 9, self.room))  # fmt: skip
        if self.look.footer:
            canvas.setFont(REGULAR, 7)
            canvas.drawString(self.left, (up + 2.2) * mm, shorten(self.look.footer, REGULAR, 7, self.room))
        return place

    def _bars(self, bottom: float, height: float, middle: float) -> tuple[float, float, float, float] | None:
        try:
            code = fit_code128(self.label.code, self.room, self.dpi)
        except BarcodeError:
            self.canvas.setFont(
                REGULAR, 9
            )  # no bars rather than bars that do not scan; the number stands below in type
            self.canvas.drawCentredString(middle, (bottom + height / 2) * mm, "–")
            return None
        left = middle - code.width / 2
        code.draw(self.canvas, left, bottom * mm, height * mm)
        return (left - code.quiet) / mm, bottom, (code.width + 2 * code.quiet) / mm, height
