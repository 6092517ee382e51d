"""Painting the whole table in one paint event, without Qt's call per cell: so the interpreter's lock is taken once a
frame, not a thousand times, and a thread that computes cannot stretch a frame to a second (measured)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QTableView

from ui.tables.columns import Group
from ui.tables.delegates import PAD, CellDelegate
from ui.theme import draw_icon, theme
from ui.theme.style import RADIUS_CELL, round_rect
from ui.widgets.base import draw_text
from ui.widgets.chips import draw_chip

if TYPE_CHECKING:
    from ui.tables.model import WindowedTableModel

    _Base = QTableView
else:
    _Base = object

GROUP_HEIGHT = 30


class TablePainting(_Base):
    """The part of `DenseTable` that paints."""

    _model: WindowedTableModel
    _groups: set[int]
    _hover: int
    _editor: object | None
    _ticks_select: bool
    _delegates: dict[int, CellDelegate]

    def paintEvent(self, event: QPaintEvent) -> None:
        model = self._model
        if not model.total:
            return
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        last = model.total - 1 if last < 0 else last
        model.look_at(first, last)
        painter = QPainter(self.viewport())
        try:
            self._paint_all(painter, first, last, event.rect())
            self._paint_current(painter)
        finally:
            painter.end()  # a wrong value in a row must cost one frame, not the process

    def _places(self) -> list[tuple[int, int, int, CellDelegate]]:
        """(section, x, width, delegate) of the columns that can be seen."""
        wide = self.viewport().width()
        found = []
        for section, delegate in self._delegates.items():
            if not self.isColumnHidden(section):
                x, own = self.columnViewportPosition(section), self.columnWidth(section)
                if x + own > 0 and x < wide:
                    found.append((section, x, own, delegate))
        return found

    def _paint_all(self, painter: QPainter, first: int, last: int, dirty: QRect) -> None:
        palette = theme()
        model = self._model
        wide = self.viewport().width()
        hair, chosen, over = palette.ink("hair"), palette.ink("selected"), palette.ink("hover")
        changed = palette.ink("changed_bg")
        places = self._places()
        flashes = model.any_flash
        y = self.rowViewportPosition(first)
        for row in range(first, last + 1):
            tall = self.rowHeight(row)
            top, y = y, y + tall
            if top > dirty.bottom() or y <= dirty.top():
                continue
            found = model.row_at(row)
            painter.fillRect(0, top + tall - 1, wide, 1, hair)
            if found is None:
                continue
            if isinstance(found, Group):
                self._paint_group(painter, found, top, tall)
                continue
            key = found[0]
            ticked = model.offset > 0 and model.ticks.has(key)
            selected = ticked and self._ticks_select
            if selected:
                painter.fillRect(0, top, wide, tall - 1, chosen)
            elif row == self._hover:
                painter.fillRect(0, top, wide, tall - 1, over)
            for section, x, own, delegate in places:
                place = section - model.offset
                value = ticked if place < 0 else found[place + 1]
                if value is None:
                    continue
                ground = delegate.ground(value)
                if ground:
                    painter.fillRect(x, top, own, tall - 1, palette.ink(ground))
                elif flashes and model.flashing(key, section):
                    painter.fillRect(x, top, own, tall - 1, changed)
                box = QRectF(x + PAD, top, own - 2 * PAD, tall - 1)
                delegate.paint_value(painter, box, value, selected)

    def _paint_group(self, painter: QPainter, group: Group, top: int, tall: int) -> None:
        box = QRectF(0, top, self.viewport().width(), tall - 1)
        painter.fillRect(box, theme().ink("sunken"))
        draw_icon(painter, QRectF(12, box.top(), 16, box.height()), group.icon, "text")
        x = 34 + draw_text(painter, box.adjusted(34, 0, -8, 0), group.title, "strong", "text") + 10
        if group.chip:
            x += draw_chip(painter, x, box.center().y(), group.state, group.chip) + 10
        draw_text(painter, box.adjusted(x, 0, -8, 0), group.note, "body", "text_2")

    def _paint_current(self, painter: QPainter) -> None:
        index = self.currentIndex()
        if not index.isValid() or self._model.key_at(index.row()) is None:
            return
        palette = theme()
        y, tall = self.rowViewportPosition(index.row()), self.rowHeight(index.row())
        painter.fillRect(0, y, 3, tall - 1, palette.ink("accent"))
        if self.hasFocus() and self._editor is None:
            box = QRectF(self.visualRect(index)).adjusted(0, 0, 0, -1)
            round_rect(painter, box, RADIUS_CELL, None, palette.ink("focus"), float(palette.focus_width))
