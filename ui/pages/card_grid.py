"""Cards side by side, as many as the width allows, all of one width. Lays out, knows nothing of what the cards hold."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

GAP = 12


def see_through(area: QScrollArea) -> None:
    """What lies behind a scroll area shows: Qt would fill it with the window's colour, also on a dialog."""
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.viewport().setAutoFillBackground(False)
    inside = area.widget()
    if inside is not None:
        inside.setAutoFillBackground(False)


class CardGrid(QScrollArea):
    """`CardGrid(name, least)`: no card is narrower than `least` px, nor than the widest one's contents. `set_cards(widgets)` shows these, hides the others."""

    def __init__(self, name: str, least: int = 320, most: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least, self._most = least, most
        self._cards: list[QWidget] = []
        self._columns = 0
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        outer = QVBoxLayout(inside)
        outer.setContentsMargins(20, 12, 20, 16)
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        outer.addLayout(self._grid)
        outer.addStretch(1)
        self.setWidget(inside)
        see_through(self)

    @property
    def cards(self) -> list[QWidget]:
        """The shown cards in their order."""
        return list(self._cards)

    def set_cards(self, cards: Sequence[QWidget]) -> None:
        """These in this order; a card that is not among them is hidden, not destroyed."""
        for old in self._cards:
            self._grid.removeWidget(old)
            if old not in cards:
                old.hide()
        self._cards = list(cards)
        self._columns = 0
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        room = self.viewport().width() - 40
        least = max((card.minimumSizeHint().width() for card in self._cards), default=0)
        columns = max(1, min(self._most, (room + GAP) // (max(least, self._least) + GAP)))
        if columns == self._columns:
            return
        self._columns = columns
        for place in range(self._most):
            self._grid.setColumnStretch(place, 1 if place < columns else 0)
        for place, card in enumerate(self._cards):
            self._grid.addWidget(card, place // columns, place % columns)
            card.show()
