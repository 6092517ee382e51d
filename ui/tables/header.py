"""The dense table's header: 12/500 words, the sorted column darker with a caret, a tick box over the tick column."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from ui.tables.model import WindowedTableModel
from ui.theme import draw_icon_at, metrics, theme
from ui.theme.style import draw_check
from ui.widgets.base import LEFT, RIGHT, draw_text
from ui.words import t

PAD = 8


class DenseHeader(QHeaderView):
    """`DenseHeader()`; signal `tick_all_asked(bool)`."""

    tick_all_asked = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionsMovable(True)
        self.setFirstSectionMovable(False)
        self.setMinimumSectionSize(24)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName(t("table.columns"))

    def _model(self) -> WindowedTableModel | None:
        model = self.model()
        return model if isinstance(model, WindowedTableModel) else None

    def tick_state(self) -> str:
        """ "on", "off" or "part" for the box over the tick column."""
        model = self._model()
        if model is None or not model.total:
            return "off"
        count = model.tick_count
        return "off" if count == 0 else "on" if count >= model.total else "part"

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        model = self._model()
        section = self.logicalIndexAt(event.position().toPoint())
        if model is not None and model.offset and section == 0:
            self.tick_all_asked.emit(self.tick_state() != "on")
            return
        super().mouseReleaseEvent(event)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        model = self._model()
        if model is None or not rect.isValid():
            return
        palette = theme()
        painter.save()
        painter.fillRect(rect, palette.ink("sunken"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), palette.ink("border"))
        column = model.column_at(section)
        if column is None:
            box = QRectF(rect.left() + (rect.width() - 16) // 2 + 3, rect.center().y() - 8, 16, 16)
            draw_check(painter, box, palette, state=self.tick_state(), focus=False, enabled=True)
            painter.restore()
            return
        sorted_by = model.sorting is not None and model.sorting[0] == column.key
        box = QRectF(rect).adjusted(PAD, 0, -PAD, -1)
        ink = "text" if sorted_by else "text_2"
        title = column.title
        room = box.adjusted(0, 0, -16, 0) if sorted_by else box
        draw_text(painter, room, title, "label", ink, RIGHT if column.right else LEFT)
        if sorted_by and model.sorting is not None:
            name = "caret-up" if model.sorting[1] else "caret-down"
            left = room.right() + 4
            if not column.right:
                left = min(room.left() + metrics("label").horizontalAdvance(title) + 5, room.right() + 2)
            draw_icon_at(painter, left, box.center().y() - 6, 12, name, ink, "bold")
        painter.restore()
