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
        self._columns = self._laid = self._need = 0
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

    def add_cards(self, cards: Sequence[QWidget]) -> None:
        """These too, at the end; for cards that are made in slices."""
        first = len(self._cards)
        self._cards += cards
        self._lay_out(first)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self, first: int = 0) -> None:
        """All cards anew when the number of columns changed, else those from `first` on."""
        room = self.viewport().width() - 40
        self._need = max([self._need if first else 0, *(c.minimumSizeHint().width() for c in self._cards[first:])])
        columns = max(1, min(self._most, (room + GAP) // (max(self._need, self._least) + GAP)))
        if columns != self._columns:
            first = 0
            for place in range(self._most):
                self._grid.setColumnStretch(place, 1 if place < columns else 0)
        elif not first and self._laid == len(self._cards):
            return
        self._columns, self._laid = columns, len(self._cards)
        for place, card in enumerate(self._cards[first:], first):
            self._grid.addWidget(card, place // columns, place % columns)
            card.show()
