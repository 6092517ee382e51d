"""A scroll area that shows what lies under it: no frame, no colour of its own, no stop for Tab."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class Scroller(QScrollArea):
    """`Scroller(inside)`: scrolls up and down only; what gets the keyboard inside comes into view."""

    def __init__(self, inside: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inside)
        # setWidget switches the filling on: it would paint the window's colour over a card or a dialog.
        inside.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
