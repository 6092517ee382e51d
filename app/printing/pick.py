"""The pick list, A4: what to fetch from the shelves for many orders at once. Single-item orders stand first, because they are
packed straight from the shelf; more than one piece is bold, because that is the usual mistake."""

from __future__ import annotations

from reportlab.lib.units import mm

from app.formats.pdf import BOLD, REGULAR, new_canvas, shorten
from app.printing.data import PLAIN, Drawn, Look, PickData, PickLine, PickWords
from app.printing.sheet import HEIGHT_MM, LEFT, RIGHT, WIDTH_MM, Column, Document, Row, draw_logo


def draw_pick(data: PickData, words: PickWords, look: Look = PLAIN) -> Drawn:
    """One PDF. Pure and picklable."""
    canvas, buffer = new_canvas(WIDTH_MM, HEIGHT_MM, words.title)
    lines = (*data.single, *data.rest)
    pieces = sum(one.quantity for one in lines)

    def head(y: float, first: bool) -> float:
        canvas.setFont(BOLD, 18 if first else 11)
        canvas.drawString(LEFT, y - 16, f"{words.title} {data.batch}".strip())
        if not first:
            return y - float(10 * mm)
        taken = draw_logo(canvas, look, RIGHT, y)
        canvas.setFont(REGULAR, 10)
        canvas.drawString(
            LEFT, y - 32, shorten(" · ".join(x for x in (data.made_at, data.who) if x), REGULAR, 10, 90 * mm)
        )
        canvas.setFont(BOLD, 11)
        told = f"{data.orders} {words.order_count} · {len(lines)} {words.line_count} · {pieces} {words.pieces}"
        canvas.drawRightString(RIGHT - taken, y - 16, told)
        return y - float(18 * mm)

    columns = (
        Column("", 8 * mm, tick=True), Column(words.shelf, 20 * mm, 10), Column(words.sku, 38 * mm), Column(words.goods, 58 * mm),
        Column(words.quantity, 16 * mm, 13, right=True), Column(words.orders, 40 * mm, 8),
    )  # fmt: skip
    rows: list[Row] = []
    for title, part in ((f"{words.single} ({data.single_orders})", data.single), (f"{words.rest} ({data.orders - data.single_orders})", data.rest)):  # fmt: skip
        if part:
            rows += [Row(section=title), *map(_row, part)]
    document = Document(
        canvas, columns, head, lambda y: None, 0, look, words.page, first_height=18 * mm, later_height=10 * mm
    )
    pages = document.draw(rows)
    canvas.save()
    return Drawn(buffer.getvalue(), pages)


def _row(line: PickLine) -> Row:
    code = "\n".join(x for x in (line.sku, line.barcode) if x)
    bold = {1, 4} if line.quantity > 1 else {1}
    return Row(("", line.shelf, code, line.title, str(line.quantity), ", ".join(line.orders)), frozenset(bold))
