"""Tables on A4 that go on over pages: rows with wrapped cells, a head on every page, page x of y at the foot. No row is cut
between two pages, and none is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from reportlab.lib.units import mm

from app.formats.pdf import BOLD, REGULAR, draw_picture, shorten, wrap
from app.printing.data import Look

WIDTH_MM, HEIGHT_MM, MARGIN_MM = 210.0, 297.0, 15.0
LEFT, RIGHT = MARGIN_MM * mm, (WIDTH_MM - MARGIN_MM) * mm
TOP, FOOT = (HEIGHT_MM - MARGIN_MM) * mm, 20 * mm
_MOST_LINES = 8  # of one cell


@dataclass(frozen=True)
class Column:
    """`width`: points. `tick`: an empty box instead of text."""

    title: str
    width: float
    size: float = 9
    right: bool = False
    tick: bool = False


@dataclass(frozen=True)
class Row:
    """`cells`: text a column; `bold`: the columns in bold; `section`: a heading over the whole width instead."""

    cells: tuple[str, ...] = ()
    bold: frozenset[int] = frozenset()
    section: str = ""


@dataclass
class _Laid:
    row: Row
    lines: list[list[str]]
    height: float


@dataclass
class Document:
    """Draws one document from the table's rows. `head(y, first)` draws what stands above the table and returns the y below it;
    `tail(y)` what stands under the last row, for which `tail_height` is kept free."""

    canvas: Any
    columns: Sequence[Column]
    head: Callable[[float, bool], float]
    tail: Callable[[float], None]
    tail_height: float
    look: Look
    page_word: str
    foot_note: str = ""
    first_height: float = 0.0
    later_height: float = 0.0
    pages: int = field(default=0, init=False)

    def draw(self, rows: Sequence[Row]) -> int:
        """The number of pages."""
        laid = [self._lay(row) for row in rows]
        sheets = self._paged(laid)
        for number, sheet in enumerate(sheets, 1):
            y = self._table_head(self.head(TOP, number == 1))
            for one in sheet:
                y = self._row(one, y)
            if number == len(sheets):
                self.tail(y)
            self._page_foot(number, len(sheets))
            self.canvas.showPage()
        return len(sheets)

    def _lay(self, row: Row) -> _Laid:
        if row.section:
            return _Laid(row, [], 9 * mm)
        lines = []
        height = 6 * mm
        for at, (column, text) in enumerate(zip(self.columns, row.cells, strict=True)):
            font = BOLD if at in row.bold else REGULAR
            cell = [
                part for line in text.split("\n") for part in (wrap(line, font, column.size, column.width - 4) or [""])
            ]
            if len(cell) > _MOST_LINES:
                rest = " ".join(cell[_MOST_LINES - 1 :])
                cell = [*cell[: _MOST_LINES - 1], shorten(rest, font, column.size, column.width - 4)]
            lines.append(cell)
            height = max(height, len(cell) * column.size * 1.2 + 2.5 * mm)
        return _Laid(row, lines, height)

    def _paged(self, laid: Sequence[_Laid]) -> list[list[_Laid]]:
        sheets: list[list[_Laid]] = [[]]
        room = TOP - FOOT - self.first_height - 6 * mm
        full = TOP - FOOT - self.later_height - 6 * mm
        for at, one in enumerate(laid):
            # A heading goes with the row that it heads.
            needed = one.height + (laid[at + 1].height if one.row.section and at + 1 < len(laid) else 0)
            if needed > room and sheets[-1]:
                sheets.append([])
                room = full
            sheets[-1].append(one)
            room -= one.height
        if room < self.tail_height:
            sheets.append([])
        return sheets

    def _table_head(self, y: float) -> float:
        x = LEFT
        for column in self.columns:
            self.canvas.setFont(BOLD, 8)
            text = shorten(column.title, BOLD, 8, column.width - 4)
            if column.right:
                self.canvas.drawRightString(x + column.width - 6, y - 9, text)
            else:
                self.canvas.drawString(x, y - 9, text)
            x += column.width
        self.canvas.setLineWidth(0.8)
        self.canvas.line(LEFT, y - 12, RIGHT, y - 12)
        return y - 14

    def _row(self, one: _Laid, top: float) -> float:
        canvas = self.canvas
        if one.row.section:
            canvas.setFont(BOLD, 11)
            canvas.drawString(LEFT, top - 18, shorten(one.row.section, BOLD, 11, RIGHT - LEFT))
            return float(top - one.height)
        x = LEFT
        for at, (column, lines) in enumerate(zip(self.columns, one.lines, strict=True)):
            if column.tick:
                canvas.setLineWidth(0.6)
                canvas.rect(x + 1, top - 4 * mm - 3, 4 * mm, 4 * mm, stroke=1, fill=0)
            font, y = BOLD if at in one.row.bold else REGULAR, top - 3
            for line in lines:
                canvas.setFont(font, column.size)
                if column.right:
                    canvas.drawRightString(x + column.width - 6, y - column.size, line)
                else:
                    canvas.drawString(x, y - column.size, line)
                y -= column.size * 1.2
            x += column.width
        canvas.setLineWidth(0.3)
        canvas.line(LEFT, top - one.height, RIGHT, top - one.height)
        return float(top - one.height)

    def _page_foot(self, number: int, count: int) -> None:
        canvas = self.canvas
        canvas.setFont(REGULAR, 8)
        canvas.drawRightString(RIGHT, 10 * mm, f"{self.page_word} {number} / {count}")
        note = " · ".join(x for x in (self.look.footer, self.foot_note) if x)
        canvas.drawString(LEFT, 10 * mm, shorten(note, REGULAR, 8, RIGHT - LEFT - 30 * mm))


def draw_logo(canvas: Any, look: Look, right: float, top: float) -> float:
    """In the right upper corner; how much room at the right it takes (points), 0 without one."""
    if not look.logo:
        return 0.0
    draw_picture(canvas, look.logo, right - 32 * mm, top - 14 * mm, 32 * mm, 14 * mm)
    return float(34 * mm)
