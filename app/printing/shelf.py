"""Labels for shelves and products: name, price, SKU, and an EAN-13 or Code 128 in whole dots. A code that does not fit the
label is no barcode on it: a squeezed one would be scanned wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm

from app.formats.barcodes import BarcodeError, FittedBarcode, fit_product
from app.formats.pdf import BOLD, REGULAR, draw_lines, fit_block, new_canvas, shorten
from app.printing.data import CodeAt, Drawn, ShelfData
from app.printing.papers import PAPERS, Box, Paper, first_cell

_EDGE = 1.5
TAG = PAPERS["60x40"]


def draw_shelf(
    labels: Sequence[ShelfData], dpi: float = 203, paper: Paper = TAG, first: int = 1, packed: bool = True
) -> Drawn:
    """One PDF, a cell a label. Raises PrintTrouble `printer.cell`. Pure and picklable."""
    at = first_cell(paper, first)
    canvas, buffer = new_canvas(paper.width_mm, paper.height_mm, "Paxzar", packed=packed)
    codes, page = [], 0
    for number, label in enumerate(labels, at):
        page, cell = divmod(number, paper.cells)
        if cell == 0 and number > at:
            canvas.showPage()
        found = _draw(canvas, paper.cell(cell), label, dpi)
        if found is not None:
            left, bottom, width, height = found
            codes.append(CodeAt(page, label.code, left, paper.height_mm - bottom - height, width, height, number - at))
    canvas.showPage()
    canvas.save()
    return Drawn(buffer.getvalue(), page + 1, tuple(codes))


def _draw(canvas: Any, box: Box, label: ShelfData, dpi: float) -> tuple[float, float, float, float] | None:
    edge = _EDGE if box.edge < 5 else box.edge
    left, right = (box.left + edge) * mm, (box.left + box.width - edge) * mm
    room, top = right - left, (box.bottom + box.height - edge) * mm
    bottom = (box.bottom + edge) * mm
    title = (box.height - 2 * edge) * 0.36 * mm
    size, lines = fit_block(label.title, BOLD, (12, 10, 8, 7, 6, 5), room, title)
    draw_lines(canvas, lines, left, top, BOLD, size, 1.15)
    line = max(5.0, min(9.0, box.height * 0.16))
    canvas.setFont(BOLD, line)
    price = shorten(label.price, BOLD, line, room * 0.5)
    canvas.drawRightString(right, bottom + 1, price)
    canvas.setFont(REGULAR, line * 0.85)
    told = " · ".join(x for x in (label.shelf, label.sku) if x)
    canvas.drawString(left, bottom + 1, shorten(told, REGULAR, line * 0.85, room * (0.48 if label.price else 1)))
    code = _fitted(label.code, room, dpi)
    if code is None:
        return None
    low = bottom + line + 2 + line * 0.8  # price and SKU below, the digits of the code between
    high = top - title - 1.0 - low
    if high < 3 * mm:
        return None
    x = left + (room - code.width) / 2
    code.draw(canvas, x, low, high)
    canvas.setFont(REGULAR, line * 0.75)
    canvas.drawCentredString(left + room / 2, low - line * 0.8, shorten(label.code, REGULAR, line * 0.75, room))
    return (x - code.quiet) / mm, low / mm, (code.width + 2 * code.quiet) / mm, high / mm


def _fitted(text: str, room: float, dpi: float) -> FittedBarcode | None:
    try:
        return fit_product(text, room, dpi)
    except BarcodeError:
        return None
