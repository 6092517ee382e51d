"""The dense table: rows by density, columns that fall away by rank, ticks, copy as TSV, in-place editing that a refresh
cannot disturb. It takes plain Fusion as its style (the proxy style would be asked in Python for every cell) and paints
rows' backgrounds and lines itself."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyleFactory,
    QTableView,
    QWidget,
)

from ui.kit.tasks import begin, spawn
from ui.tables.columns import Column, Group, Kind, copy_text
from ui.tables.delegates import DELEGATES, CellDelegate, TickDelegate
from ui.tables.editing import CellEditor, TableEditing
from ui.tables.header import DenseHeader
from ui.tables.model import WindowedTableModel
from ui.tables.painting import GROUP_HEIGHT, TablePainting
from ui.theme import Density, appearance

TICK_WIDTH = 38
_STRETCHY = (Kind.TEXT, Kind.STRONG, Kind.TWO_LINE)
_STEPS = ((1400, 4), (1100, 3), (900, 2))


def rank_limit(inner_width: int) -> int:
    """The highest rank that stays at a window's inner width in px."""
    for least, rank in _STEPS:
        if inner_width >= least:
            return rank
    return 1


class DenseTable(TablePainting, TableEditing, QTableView):
    """`DenseTable(model, name, density=None, ticks_select=True)`.

    `name` is what a screen reader says. `density` fixes the heights (Today, wall and journal are always COMPACT); None
    follows the program's. `ticks_select` paints ticked rows as selected (Orders); off, ticks are only ticks (Prices).
    Signals: `opened(key)` by Enter or double click; `current_key_changed(key)`; `edited(key, column key, text)`.
    """

    opened = Signal(object)
    current_key_changed = Signal(object)
    edited = Signal(object, str, str)

    def __init__(
        self,
        model: WindowedTableModel,
        name: str,
        *,
        density: Density | None = None,
        ticks_select: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._density = density
        self._ticks_select = ticks_select
        self._hover = -1
        self._inner: int | None = None
        self._own_widths: dict[int, int] = {}
        self._fitting = False
        self._editor: CellEditor | None = None
        self._edit_at: tuple[Hashable, int] | None = None
        self._kept_key: Hashable = None
        self._kept_section = 0
        self._kept_top: tuple[Hashable, int] = (None, 0)
        self._range_from = -1
        self._groups: set[int] = set()
        self._delegates: dict[int, CellDelegate] = {}
        self._empty: QWidget | None = None
        plain = QStyleFactory.create("Fusion")
        plain.setParent(self)
        self.setStyle(plain)
        self.setAccessibleName(name)
        self.setModel(model)
        header = DenseHeader(self)
        self.setHorizontalHeader(header)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.sectionClicked.connect(self._sort_by)
        header.sectionResized.connect(self._section_resized)
        header.tick_all_asked.connect(model.tick_all)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        for section in range(model.columnCount()):
            column = model.column_at(section)
            made = TickDelegate(None, self) if column is None else DELEGATES[column.kind](column, self)
            self.setItemDelegateForColumn(section, made)
            self._delegates[section] = made
        model.ticks_changed.connect(self._ticked)
        model.about_to_refresh.connect(self._remember)
        model.refreshed.connect(self._find_again)
        model.modelReset.connect(self._reset)
        model.loaded.connect(self._rows_loaded)
        model.count_changed.connect(lambda _n: self._show_empty())
        appearance().changed.connect(self._heights)
        self._heights()
        for first, last in model.loaded_ranges():
            self._rows_loaded(first, last)

    # -- shape -------------------------------------------------------------------------------------------------
    @property
    def table_model(self) -> WindowedTableModel:
        return self._model

    def _heights(self) -> None:
        here = self._density or appearance().density
        self.verticalHeader().setMinimumSectionSize(20)
        self.verticalHeader().setDefaultSectionSize(here.row)
        self.horizontalHeader().setFixedHeight(here.header)
        for row in self._groups:
            self.setRowHeight(row, GROUP_HEIGHT)
        self.viewport().update()

    def set_inner_width(self, width: int | None) -> None:
        """The window's inner width that decides about ranks; None asks the window itself."""
        self._inner = width
        self.fit_columns()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self.fit_columns()
        self._show_empty()

    def visible_columns(self) -> list[Column]:
        """The columns that are shown at this width."""
        model = self._model
        return [c for s in range(model.columnCount()) if not self.isColumnHidden(s) and (c := model.column_at(s))]

    def fit_columns(self) -> None:
        """Hides columns by rank, then by want of room, and gives what is left to the words."""
        if self._fitting:
            return
        self._fitting = True
        model = self._model
        room = self.viewport().width() - (TICK_WIDTH if model.offset else 0)
        limit = rank_limit(self._inner if self._inner is not None else self.window().width())
        shown = [s for s in range(model.offset, model.columnCount()) if self._column(s).rank <= limit]
        need = sum(self._width(s) for s in shown)
        for section in sorted(shown, key=lambda s: (-self._column(s).rank, -s)):
            if need <= room or self._column(section).rank <= 1:
                break
            shown.remove(section)
            need -= self._width(section)
        step = self._step()
        elastic = [s for s in shown if self._column(s).kind in _STRETCHY and s not in self._own_widths] or shown[-1:]
        spare = max(0, room - need)
        share = spare / sum(self._width(s) for s in elastic) if elastic else 0.0
        if model.offset:
            self.setColumnWidth(0, TICK_WIDTH - TICK_WIDTH % step)
        for section in range(model.offset, model.columnCount()):
            self.setColumnHidden(section, section not in shown)
            if section in shown:
                wide = self._width(section) * (1 + share) if section in elastic else self._width(section)
                self.setColumnWidth(section, max(step, int(wide) // step * step))
        self._fitting = False
        self._place_editor()

    def _column(self, section: int) -> Column:
        return self._model.columns[section - self._model.offset]

    def _width(self, section: int) -> int:
        return self._own_widths.get(section, self._column(section).width)

    def _step(self) -> int:
        """Widths in multiples of this fall on whole device pixels (2 at 150 %, 4 at 125 %)."""
        ratio = self.devicePixelRatioF()
        return next((n for n in (1, 2, 4) if abs(n * ratio - round(n * ratio)) < 0.01), 1)

    def _section_resized(self, section: int, old: int, new: int) -> None:
        del old
        if not self._fitting and section >= self._model.offset and new > 0:
            self._own_widths[section] = new
            self._place_editor()

    def _sort_by(self, section: int) -> None:
        column = self._model.column_at(section)
        if column is None or not column.sortable:
            return
        now = self._model.sorting
        rising = not (now is not None and now[0] == column.key and now[1])
        self._model.sort(section, Qt.SortOrder.AscendingOrder if rising else Qt.SortOrder.DescendingOrder)
        self.horizontalHeader().viewport().update()

    # -- empty -------------------------------------------------------------------------------------------------
    def set_empty(self, widget: QWidget) -> None:
        """What stands in place of the rows when there are none; the one before goes."""
        old = self._empty
        if old is not None and old is not widget:
            old.hide()
            old.deleteLater()
        self._empty = widget
        widget.setParent(self.viewport())
        self._show_empty()

    def _show_empty(self) -> None:
        if self._empty is not None:
            self._empty.setGeometry(self.viewport().rect())
            self._empty.setVisible(self._model.ready and self._model.total == 0)

    # -- place and selection -----------------------------------------------------------------------------------
    def current_key(self) -> Hashable:
        """The key of the current row, or None."""
        return self._model.key_at(self.currentIndex().row()) if self.currentIndex().isValid() else None

    def set_current_key(self, key: Hashable) -> bool:
        """Makes a loaded row the current one; whether it was found."""
        row = self._model.row_of(key)
        if row is None:
            return False
        self.setCurrentIndex(self._model.index(row, max(self._model.offset, self.currentIndex().column())))
        return True

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()
        if current.row() != previous.row():
            self.current_key_changed.emit(self._model.key_at(current.row()) if current.isValid() else None)

    def row_selected(self, row: int) -> bool:
        """Whether a row is painted as selected."""
        return self._ticks_select and self._model.offset > 0 and self._model.is_ticked(row)

    def _remember(self) -> None:
        self._kept_key = self.current_key()
        self._kept_section = self.currentIndex().column()
        top = self.rowAt(0)
        self._kept_top = (self._model.key_at(top) if top >= 0 else None, self.rowViewportPosition(max(0, top)))

    def _find_again(self) -> None:
        top_key, top_y = self._kept_top
        row = self._model.row_of(top_key)
        bar = self.verticalScrollBar()
        if row is not None and bar.value() > 0:
            bar.setValue(bar.value() + self.rowViewportPosition(row) - top_y)
        if self._kept_key is not None:
            row = self._model.row_of(self._kept_key)
            if row is not None:
                self._set_current_quietly(row)
            elif self._model.locate is not None:
                begin(self._locate(self._kept_key), "table place")
        self._place_editor()
        self.viewport().update()
        self.horizontalHeader().viewport().update()

    def _set_current_quietly(self, row: int) -> None:
        """The same record in another row: no jump, no signal that another one was chosen."""
        if row == self.currentIndex().row():
            return
        old = self.blockSignals(True)
        index = self._model.index(row, max(self._model.offset, self._kept_section))
        scroll = self.hasAutoScroll()
        self.setAutoScroll(False)
        bar, at = self.verticalScrollBar(), self.verticalScrollBar().value()
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        bar.setValue(at)
        self.setAutoScroll(scroll)
        self.blockSignals(old)

    async def _locate(self, key: Hashable) -> None:
        if self._model.locate is not None:
            row = await self._model.locate(key, self._model.sorting, self._model.filter)
            if row is not None and row < self._model.total:
                self._set_current_quietly(row)

    def _reset(self) -> None:
        self._groups.clear()
        self.clearSpans()
        self._hover = -1
        self.fit_columns()
        self._show_empty()

    def _rows_loaded(self, first: int, last: int) -> None:
        for row in range(first, last + 1):
            if isinstance(self._model.row_at(row), Group):
                self._groups.add(row)
                self.setSpan(row, 0, 1, self._model.columnCount())
                self.setRowHeight(row, GROUP_HEIGHT)
        self._place_editor()

    # -- ticks and keys ----------------------------------------------------------------------------------------
    def _ticked(self) -> None:
        self.viewport().update()
        self.horizontalHeader().viewport().update()

    def toggle_tick(self, row: int) -> None:
        """Ticks the row, or takes the tick away."""
        if self._model.offset:
            self._model.tick((row,), not self._model.is_ticked(row))
            self._range_from = row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll) and self._model.offset:
            self._model.tick_all(self._model.tick_count < self._model.total)
        elif event.key() == Qt.Key.Key_Space and row >= 0 and self._model.offset:
            self.toggle_tick(row)
        elif (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            if row >= 0 and self._model.key_at(row) is not None:
                self.opened.emit(self._model.key_at(row))
        elif event.key() == Qt.Key.Key_F2 and row >= 0:
            self.begin_edit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        held = event.modifiers()
        on_tick = self._model.offset > 0 and index.isValid() and index.column() == 0
        if self._model.offset and index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            if held & Qt.KeyboardModifier.ShiftModifier and self._range_from >= 0:
                low, high = sorted((self._range_from, index.row()))
                self._model.tick(range(low, high + 1), True)
            elif on_tick or held & Qt.KeyboardModifier.ControlModifier:
                self.toggle_tick(index.row())
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        column = self._model.column_at(index.column()) if index.isValid() else None
        if column is None:
            return
        if column.editable:
            self.begin_edit(column.key)
        elif self._model.key_at(index.row()) is not None:
            self.opened.emit(self._model.key_at(index.row()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._set_hover(self.rowAt(int(event.position().y())))

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self._set_hover(-1)

    def _set_hover(self, row: int) -> None:
        if row != self._hover:
            for one in (self._hover, row):
                if one >= 0:
                    y = self.rowViewportPosition(one)
                    self.viewport().update(QRect(0, y, self.viewport().width(), self.rowHeight(one)))
            self._hover = row

    # -- copy --------------------------------------------------------------------------------------------------
    def copy(self) -> None:
        """The ticked rows (all of them, loaded or not), else the current one, as TSV with a header line."""
        if self._model.offset and self._model.tick_count:
            spawn(self._copy_ticked(), "table copy")
            return
        row = self._model.row_at(self.currentIndex().row()) if self.currentIndex().isValid() else None
        if row is not None and not isinstance(row, Group):
            QApplication.clipboard().setText(self.as_tsv([row]))

    async def _copy_ticked(self) -> None:
        rows = await self._model.ticked_rows()
        QApplication.clipboard().setText(self.as_tsv(rows))

    def as_tsv(self, rows: list[Any]) -> str:
        """Rows as tab separated text, the shown columns in the shown order."""
        header = self.horizontalHeader()
        order = [header.logicalIndex(v) for v in range(header.count())]
        sections = [s for s in order if s >= self._model.offset and not self.isColumnHidden(s)]
        lines = ["\t".join(self._column(s).title for s in sections)]
        offset = self._model.offset
        lines += ["\t".join(copy_text(self._column(s).kind, row[s - offset + 1]) for s in sections) for row in rows]
        return "\n".join(lines) + "\n"
