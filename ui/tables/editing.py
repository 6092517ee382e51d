"""Editing in place: a line over a cell that belongs to a record, not to a row, so that a refresh cannot disturb it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QTableView

from ui.tables.columns import Column, Diff, Kind, copy_text

if TYPE_CHECKING:
    from ui.tables.model import WindowedTableModel

    _Base = QTableView
else:
    _Base = object


class CellEditor(QLineEdit):
    """The line over a cell. Enter keeps, Esc leaves, leaving the field keeps."""

    kept = Signal(str)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.kept.emit(self.text())
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.kept.emit(self.text())


def edit_text(column: Column, value: Any) -> str:
    """What the editor begins with: the planned or present value, without sign of currency."""
    if value is None:
        return ""
    if column.kind is Kind.DIFF:
        diff = Diff(*value)
        return copy_text(Kind.DIFF, (diff.old, diff.new, diff.currency))
    if column.kind is Kind.MONEY and isinstance(value, tuple):
        return copy_text(Kind.DIFF, (value[0], None, value[1]))
    return copy_text(column.kind, value)


class TableEditing(_Base):
    """The part of `DenseTable` that edits."""

    _model: WindowedTableModel
    _editor: CellEditor | None
    _edit_at: tuple[Hashable, int] | None

    def begin_edit(self, key: str = "") -> bool:
        """Opens the line over an editable cell of the current row; whether there is one."""
        index = self.currentIndex()
        here = self._model.column_at(index.column())
        columns = [c for c in self.visible_columns() if c.editable and (not key or c.key == key)]
        if not index.isValid() or not columns:
            return False
        column = here if here in columns else columns[0]
        row_key = self._model.key_at(index.row())
        if row_key is None or column is None:
            return False
        self.end_edit()
        section = self._model.section_of(column.key)
        self.setCurrentIndex(self._model.index(index.row(), section))
        editor = CellEditor(self.viewport())
        editor.setAccessibleName(column.title)
        editor.setAlignment(Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft)
        value = self._model.value(index.row(), section)
        editor.setText(edit_text(column, value))
        editor.kept.connect(self._keep_edit)
        editor.left.connect(self.end_edit)
        self._editor, self._edit_at = editor, (row_key, section)
        self._place_editor()
        editor.show()
        editor.setFocus(Qt.FocusReason.OtherFocusReason)
        editor.selectAll()
        return True

    @property
    def editor(self) -> CellEditor | None:
        """The line that is open, or None."""
        return self._editor

    def _place_editor(self) -> None:
        if self._editor is None or self._edit_at is None:
            return
        row = self._model.row_of(self._edit_at[0])
        if row is not None:  # a row that went out of the cache keeps its editor where it was: nothing typed is lost
            self._editor.setGeometry(self.visualRect(self._model.index(row, self._edit_at[1])))

    def _keep_edit(self, text: str) -> None:
        if self._edit_at is None or self._editor is None:
            return
        key, section = self._edit_at
        before = edit_text(self._column(section), self._model.value(self._model.row_of(key) or 0, section))
        self.end_edit()
        if text != before:
            self.edited.emit(key, self._column(section).key, text)

    def end_edit(self) -> None:
        """Closes the line without keeping it."""
        editor, self._editor, self._edit_at = self._editor, None, None
        if editor is not None:
            held = editor.hasFocus()
            editor.hide()
            editor.deleteLater()
            if held:  # else the person went to another field, which must keep the focus
                self.setFocus(Qt.FocusReason.OtherFocusReason)
