"""The empty state: never a bare table. One sentence of fact, one of what comes next, one or two buttons."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.theme import draw_icon
from ui.widgets.base import Text
from ui.widgets.buttons import Button


class _Picture(QWidget):
    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self.setFixedSize(QSize(32, 32))

    def paintEvent(self, event: object) -> None:
        del event
        draw_icon(QPainter(self), QRectF(self.rect()), self._icon, "text_3")


class EmptyState(QWidget):
    """`EmptyState(icon, fact, next, plain, primary)`; `plain` and `primary` are Buttons or None."""

    def __init__(
        self,
        icon: str,
        fact: str,
        following: str = "",
        plain: Button | None = None,
        primary: Button | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(4)
        column.addStretch(1)
        column.addWidget(_Picture(icon), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        self._fact = Text(fact, "card", wrap=True)
        self._fact.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._fact)
        self._next = Text(following, "body", "text_2", wrap=True)
        self._next.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._next)
        self._next.setVisible(bool(following))  # not before it has a parent: it would be a window of its own
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in (plain, primary):
            if button is not None:
                row.addWidget(button)
        row.addStretch(1)
        column.addSpacing(8)
        column.addLayout(row)
        column.addStretch(1)
        self.setAccessibleName(fact)
        self.setAccessibleDescription(following)

    def set_words(self, fact: str, following: str = "") -> None:
        """Other words."""
        self._fact.setText(fact)
        self._next.setText(following)
        self._next.setVisible(bool(following))
        self.setAccessibleName(fact)
        self.setAccessibleDescription(following)
