"""The summary of a day or a week, A4: tables under headings, as many pages as it takes. Drawn in the worker process only."""

from __future__ import annotations

from reportlab.lib.units import mm

from app.formats.pdf import BOLD, REGULAR, draw_lines, new_canvas, shorten, wrap
from app.printing.data import PLAIN, Drawn
from app.printing.report_data import COLUMNS, ReportData, ReportSection
from app.printing.sheet import HEIGHT_MM, LEFT, RIGHT, WIDTH_MM, Column, Document, Row

_ROOM = RIGHT - LEFT
_FIRST, _FIGURE = 68 * mm, 28 * mm
_ALL_BOLD = frozenset(range(COLUMNS))


def draw_report(data: ReportData) -> Drawn:
    """One PDF. Pure and picklable."""
    canvas, buffer = new_canvas(WIDTH_MM, HEIGHT_MM, f"{data.title} · {data.days}")
    note = wrap(data.note, REGULAR, 9, _ROOM)[:6]

    def head(y: float, first: bool) -> float:
        canvas.setFont(BOLD, 18 if first else 11)
        title = data.title if first else f"{data.title} · {data.days}"
        canvas.drawString(LEFT, y - (18 if first else 11), shorten(title, BOLD, 18 if first else 11, _ROOM))
        if not first:
            return y - float(10 * mm)
        canvas.setFont(REGULAR, 11)
        canvas.drawString(LEFT, y - 36, shorten(data.days, REGULAR, 11, _ROOM))
        return y - float(16 * mm)

    def tail(y: float) -> None:
        draw_lines(canvas, note, LEFT, y - 6 * mm, REGULAR, 9)

    columns = [Column("", _FIRST), *(Column("", _FIGURE, right=True) for _ in range(COLUMNS - 1))]
    rows = [row for section in data.sections for row in _rows(section)]
    document = Document(
        canvas, columns, head, tail, 8 * mm + len(note) * 11, PLAIN, data.page, data.foot,
        first_height=16 * mm, later_height=10 * mm,
    )  # fmt: skip
    pages = document.draw(rows)
    canvas.save()
    return Drawn(buffer.getvalue(), pages)


def _rows(section: ReportSection) -> list[Row]:
    rows = [Row(section=section.title)]
    if not section.rows:
        return [*rows, Row(_cells((section.empty,)))]
    if any(section.heads):
        rows.append(Row(_cells(section.heads), _ALL_BOLD))
    return rows + [Row(_cells(cells)) for cells in section.rows]


def _cells(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The first cell, then the figures at the right edge."""
    return (*cells[:1], *("",) * (COLUMNS - len(cells)), *cells[1:])
