"""The table of prices: cells that a channel does not take are locked and say why, a digit on a cell begins an edit, and
what the cell held when the edit began is remembered, so that a pull in between is never overwritten unseen."""

from __future__ import annotations

from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from app.api.answers import sentence
from ui.pages.price_rows import COLUMNS, Facts, PriceSource, without_name
from ui.tables import DELEGATES, Column, DenseTable, Diff, Kind, WindowedTableModel
from ui.tables.columns import text_of
from ui.tables.delegates import draw_line
from ui.theme import draw_icon_at
from ui.words import words

_TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
_SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)
_STARTS = "0123456789.,-₺"


class Begun(NamedTuple):
    """An edit that began: the record, the column, the cell's value and the editor's text at that moment."""

    key: int
    column: str
    value: Diff
    text: str


class PriceModel(WindowedTableModel):
    """The rows with their reasons in the tool-tips."""

    def __init__(self, source: PriceSource, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, source.fetch, source.count, ticks=True, parent=parent)

    def facts(self, row: int) -> Facts | None:
        """What a loaded row knows beside its cells."""
        found = self.row_at(row)
        return found[-1] if isinstance(found, tuple) and isinstance(found[-1], Facts) else None

    def lock(self, row: int, column: str) -> str:
        """Why a cell cannot be edited; "" when it can, or when the row is not loaded."""
        facts = self.facts(row)
        if facts is None:
            return ""
        return {"price": facts.price_lock, "stock": facts.stock_lock, "cost": facts.cost_lock}.get(column, "")

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """The tool-tip of a locked cell is its reason, of the state's cell what the channel said."""
        if index.isValid() and int(role) in (_TOOLTIP, _SPOKEN):
            more = self._more(index.row(), index.column())
            if more:
                plain = super().data(index, int(role))
                return more if int(role) == _TOOLTIP else f"{plain}. {more}"
        return super().data(index, role)

    def multiData(self, index: QModelIndex | QPersistentModelIndex, span: Any) -> None:
        super().multiData(index, span)
        for entry in span:
            if entry.role() in (_TOOLTIP, _SPOKEN):
                answer = self.data(index, entry.role())
                if answer is not None:
                    entry.setData(answer)

    def _more(self, row: int, section: int) -> str:
        column = self.column_at(section)
        facts = self.facts(row)
        if column is None or facts is None:
            return ""
        if column.key == "state":
            return "\n".join(sentence(words(), without_name(m)) for m in facts.messages)
        return self.lock(row, column.key)


class LockableDelegate(DELEGATES[Kind.DIFF]):  # type: ignore[misc]  # the class is found by its kind
    """Old → new; a value that cannot be edited stands in grey behind a lock."""

    def __init__(self, column: Column, table: PriceTable) -> None:
        super().__init__(column, table)
        self._table = table

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        row = self._table.rowAt(int(box.center().y()))
        diff = Diff(*value)
        if row < 0 or diff.new is not None or not self._table.price_model.lock(row, self.column.key):
            super().paint_value(painter, box, value, selected)
            return
        took = draw_line(painter, box, text_of(Kind.DIFF, value), "body_t", "text_2", right=True)
        draw_icon_at(painter, round(box.right() - took - 18), round(box.center().y() - 6), 12, "lock-simple", "text_3")


class PriceTable(DenseTable):
    """`PriceTable(model, name)`. Signal `locked(reason)` when somebody wanted to edit what cannot be edited."""

    locked = Signal(str)

    def __init__(self, model: PriceModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(model, name, ticks_select=False, parent=parent)
        self.price_model = model
        self.begun: Begun | None = None
        self._reopening = False
        for section in (model.section_of("cost"), model.section_of("price"), model.section_of("stock")):
            column = model.column_at(section)
            if column is not None:
                delegate = LockableDelegate(column, self)
                self.setItemDelegateForColumn(section, delegate)
                self._delegates[section] = delegate

    def begin_edit(self, key: str = "") -> bool:
        """Opens the line over a price or stock, unless the channel takes none: then its reason is shown there."""
        index = self.currentIndex()
        if not index.isValid():
            return False
        here = self._model.column_at(index.column())
        name = key or (here.key if here is not None and here.editable else "price")
        reason = self.price_model.lock(index.row(), name)
        if reason:
            cell = self.visualRect(self._model.index(index.row(), self._model.section_of(name)))
            QToolTip.showText(self.viewport().mapToGlobal(cell.bottomLeft()), reason, self)
            self.locked.emit(reason)
            return False
        if not super().begin_edit(name) or self._editor is None or self._edit_at is None:
            return False
        value = self._model.value(index.row(), self._edit_at[1])
        self.begun = Begun(int(str(self._edit_at[0])), name, Diff(*value), self._editor.text())
        self._editor.installEventFilter(self)
        return True

    def edit_again(self, key: int, column: str, text: str) -> bool:
        """Opens a cell again with what was typed into it, so that nothing typed is lost. Somebody who went on to another
        field meanwhile keeps the focus there."""
        begun, away = self.begun, QApplication.focusWidget()
        elsewhere = away is not None and away is not self and not self.isAncestorOf(away)
        self._reopening = True
        try:
            if not self.set_current_key(key) or not self.begin_edit(column) or self._editor is None:
                return False
            if begun is not None and self.begun is not None and (begun.key, begun.column) == (key, column):
                self.begun = begun  # what was there when the person began to think
            self._editor.setText(text)
            self._editor.selectAll()
            if elsewhere and away is not None:
                away.setFocus(Qt.FocusReason.OtherFocusReason)
        finally:
            self._reopening = False
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A look at another window keeps the half-typed price in its line instead of taking it."""
        if (
            watched is self._editor
            and isinstance(event, QFocusEvent)
            and event.type() == QEvent.Type.FocusOut
            and (self._reopening or event.reason() == Qt.FocusReason.ActiveWindowFocusReason)
        ):
            return True
        return bool(super().eventFilter(watched, event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        column = self._model.column_at(self.currentIndex().column()) if self.currentIndex().isValid() else None
        held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not held:
            self.begin_edit()
            return
        typed = event.text()
        if column is not None and column.editable and typed and typed in _STARTS and not held:
            if self.begin_edit(column.key) and self._editor is not None:
                self._editor.setText(typed)
            return
        super().keyPressEvent(event)
