"""The catalogue of all integrations: by category, readiness and name, old names too. A planned one says so and has no
button; nothing here pretends. Cards are made in slices, so that the window never waits for 129 of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import get_args

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QListWidget, QListWidgetItem, QScrollArea, QVBoxLayout, QWidget

from app.contracts.catalogue import Catalogue, Entry
from app.contracts.manifest import Category, Readiness
from ui.kit import begin, match
from ui.pages.card_grid import CardGrid, see_through
from ui.pages.connection_words import works
from ui.widgets import Button, CatalogueCard, EmptyState, IconButton, SearchField, Text
from ui.widgets.base import line
from ui.words import t

CATEGORIES: tuple[str, ...] = get_args(Category)
SLICE_S = 0.003  # of making; showing what was made takes as long again
_MOST_WORKS = 5


def category_word(category: str) -> str:
    """A category's word; one of a plug-in's own is shown as it is."""
    return t(f"connections.category.{category}") if category in CATEGORIES else category


class CatalogueView(QWidget):
    """`CatalogueView(catalogue)`; `show_counts(connections by integration)`. Signals `connect_asked(id)`,
    `info_asked(id)`."""

    connect_asked = Signal(str)
    info_asked = Signal(str)

    def __init__(self, catalogue: Catalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue
        self._mine: dict[str, int] = {}
        self._cards: dict[str, CatalogueCard] = {}
        self.category = ""
        self._query = ""
        self._generation = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._side())
        row.addWidget(line("vline"))
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(20, 10, 20, 0)
        top.setSpacing(12)
        self.search = SearchField(t("connections.catalogue.search"))
        self.search.searched.connect(self._searched)
        top.addWidget(self.search, 1)
        self._found = Text("", "body", "text_2")
        top.addWidget(self._found)
        top.addStretch(1)
        right.addLayout(top)
        self.grid = CardGrid(t("connections.view.catalogue"), 290, 4)
        right.addWidget(self.grid, 1)
        clear = Button(t("common.clear"))
        clear.clicked.connect(self.clear)
        self.empty = EmptyState(
            "magnifying-glass", t("connections.catalogue.none"), t("connections.catalogue.none_next"), clear
        )
        self.empty.hide()
        right.addWidget(self.empty, 1)
        row.addLayout(right, 1)
        self._show()

    # -- the side ------------------------------------------------------------------------------------------------
    def _side(self) -> QWidget:
        area = QScrollArea()
        area.setFixedWidth(216)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(12, 12, 10, 12)
        column.setSpacing(6)
        column.addWidget(Text(t("connections.catalogue.kind"), "label", "text_2"))
        self.categories = QListWidget()
        self.categories.setAccessibleName(t("connections.catalogue.kind"))
        self.categories.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.categories.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        entries = list(self._catalogue)
        present = [c for c in CATEGORIES if any(e.category == c for e in entries)]
        self._add_category("", t("common.all"), len(entries))
        for category in present:
            self._add_category(category, category_word(category), sum(e.category == category for e in entries))
        self.categories.setFixedHeight(28 * self.categories.count() + 4)
        self.categories.setCurrentRow(0)
        self.categories.currentItemChanged.connect(lambda item, _old: self._choose(item))
        column.addWidget(self.categories)
        column.addSpacing(6)
        column.addWidget(Text(t("connections.catalogue.readiness"), "label", "text_2"))
        self.boxes: dict[str, QCheckBox] = {}
        for one in Readiness:
            count = sum(e.readiness is one for e in entries)
            if count:
                box = QCheckBox(t("connections.catalogue.with_count", name=t(f"readiness.{one}"), count=count))
                box.setChecked(True)
                box.toggled.connect(lambda _on: self._show())
                self.boxes[str(one)] = box
                column.addWidget(box)
        column.addStretch(1)
        area.setWidget(side)
        see_through(area)
        return area

    def _add_category(self, category: str, words: str, count: int) -> None:
        item = QListWidgetItem(t("connections.catalogue.with_count", name=words, count=count))
        item.setData(Qt.ItemDataRole.UserRole, category)
        item.setSizeHint(QSize(10, 28))
        self.categories.addItem(item)

    def _choose(self, item: QListWidgetItem | None) -> None:
        self.category = str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""
        self._show()

    def _searched(self, text: str) -> None:
        self._query = text
        self._show()

    def clear(self) -> None:
        """All of the catalogue."""
        self._query = ""
        self.search.setText("")
        self.categories.setCurrentRow(0)
        for box in self.boxes.values():
            box.setChecked(True)
        self._show()

    # -- the cards -----------------------------------------------------------------------------------------------
    def show_counts(self, mine: Mapping[str, int]) -> None:
        """How many connections of each integration there are."""
        changed = {i for i in {*mine, *self._mine} if mine.get(i) != self._mine.get(i)}
        self._mine = dict(mine)
        for integration in changed:
            card = self._cards.pop(integration, None)
            if card is not None:
                self.grid.set_cards([c for c in self.grid.cards if c is not card])
                card.hide()
                card.deleteLater()
        if changed:
            self._show()

    def found(self) -> list[Entry]:
        """The entries that the filter leaves, those that can be connected first, else in the catalogue's order."""
        on = {name for name, box in self.boxes.items() if box.isChecked()}
        entries = [
            e
            for e in self._catalogue
            if e.readiness in on
            and self.category in ("", e.category)
            and match(self._query, " ".join((e.name, *e.aliases, e.id, e.website))) is not None
        ]
        return sorted(entries, key=lambda e: not e.readiness.connectable)

    def _show(self) -> None:
        if not hasattr(self, "grid"):
            return  # still being built
        self._generation += 1
        found = self.found()
        self._found.setText(t("connections.catalogue.found", count=len(found)))
        self.grid.setVisible(bool(found))
        self.empty.setVisible(not found)
        if all(e.id in self._cards for e in found):
            self.grid.set_cards([self._cards[e.id] for e in found])
        else:
            self.grid.set_cards([])
            begin(self._make(found, self._generation), "catalogue cards")

    async def _make(self, found: list[Entry], generation: int) -> None:
        began, ready = time.monotonic(), []
        for entry in found:
            if entry.id not in self._cards:
                self._cards[entry.id] = self._card(entry)
            ready.append(self._cards[entry.id])
            if time.monotonic() - began > SLICE_S:
                self.grid.add_cards(ready)
                await asyncio.sleep(0)
                if generation != self._generation:
                    return
                began, ready = time.monotonic(), []
        self.grid.add_cards(ready)

    def _card(self, entry: Entry) -> CatalogueCard:
        count = self._mine.get(entry.id, 0)
        words = works(entry.capabilities)
        note = t("connection.yours", count=count) if count else ""
        if not entry.readiness.connectable:
            note = t(f"connections.catalogue.{entry.readiness}")
        card = CatalogueCard(
            entry.id,
            entry.name,
            entry.tier,
            words[:_MOST_WORKS],
            str(entry.readiness),
            note,
            self._button(entry, count),
        )
        if len(words) > _MOST_WORKS:
            card.setToolTip(", ".join(words))
        info = IconButton("info", t("connections.catalogue.info", name=entry.name), "quiet", small=True)
        info.clicked.connect(lambda _on=False, i=entry.id: self.info_asked.emit(i))
        card.add_mark(info)
        card.asked.connect(lambda i=entry.id: self.connect_asked.emit(i))
        return card

    def _button(self, entry: Entry, count: int) -> Button | None:
        word = button_word(entry)
        if not word:
            return None
        return (
            Button(t("connection.new"), icon="plus") if count and word == "connect" else Button(t(f"connection.{word}"))
        )


def button_word(entry: Entry) -> str:
    """ "connect", "install" (by file), "open_portal" (by portal), or "" for what cannot be connected."""
    words = {Readiness.FILE: "install", Readiness.LINK: "open_portal"}
    return words.get(entry.readiness, "connect") if entry.readiness.connectable else ""
