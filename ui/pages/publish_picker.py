"""Choose one (or several) of many by typing: a channel's category, brand or value. What is found is the caller's; nothing is kept here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.contracts import ProviderError
from ui.tables import Column, DenseTable, Kind, WindowedTableModel
from ui.theme import COMPACT
from ui.widgets import Button, DialogFrame, EmptyState, SearchField, Text
from ui.words import t, words

TYPED = "text:"  # keys of what was typed and is none of the choices
Found = Sequence[tuple[str, str]]  # (key, words)
Find = Callable[[str], Awaitable[Found]]
_COLUMNS = (Column("name", "publishing.page.column.found", Kind.TEXT, rank=1, width=400, sortable=False),)


class PickDialog(DialogFrame):
    """`PickDialog(parent, title, text, find)`. Accepted, `picked` are (key, words); [] after "forget". `free`: what is typed may be
    taken as it stands, under a key that begins with TYPED."""

    def __init__(
        self, parent: QWidget, title: str, text: str, find: Find, *, several: bool = False, free: bool = False, answered: bool = False
    ) -> None:  # fmt: skip
        helper = Button(t("publishing.page.forget"), icon="trash") if answered else None
        super().__init__(parent, title, text, t("publishing.page.take"), helper=helper, width=640)
        self._find, self._free, self._several = find, free, several
        self._seen: tuple[str, Found] | None = None
        self._words: dict[str, str] = {}
        self._forgotten = False
        self.search = SearchField(t("publishing.page.type" if free else "publishing.page.search"), "")
        self.search.edit.installEventFilter(self)
        self.body.addWidget(self.search)
        self.model = WindowedTableModel(_COLUMNS, self._fetch, self._count, ticks=several, parent=self)
        self.table = DenseTable(self.model, title, density=COMPACT)
        self.table.set_inner_width(1400)
        self.table.setMinimumHeight(30 + 28 * 10)
        self.table.set_empty(
            EmptyState("magnifying-glass", t("publishing.page.nothing"), t("publishing.page.nothing_next"))
        )
        self.body.addWidget(self.table, 1)
        self.trouble = Text("", "small", "unhealthy_text", wrap=True)
        self.trouble.hide()
        self.body.addWidget(self.trouble)
        self.search.searched.connect(lambda typed: self.model.set_filter(typed.strip()))
        self.table.opened.connect(lambda _key: self.accept())
        self.table.current_key_changed.connect(lambda _key: self._judge())
        self.model.modelReset.connect(self._first_row)
        self.model.loaded.connect(lambda _first, _last: self._first_row())
        self.model.ticks_changed.connect(self._judge)
        if helper is not None:
            helper.clicked.connect(self._forget)
        self.model.set_filter("")
        self._judge()

    # -- rows ----------------------------------------------------------------------------------------------------
    async def _found(self, typed: str) -> Found:
        if self._seen is None or self._seen[0] != typed:
            self.trouble.hide()
            try:
                found = list(await self._find(typed))
            except ProviderError as error:
                self.trouble.setText(sentence(words(), error.message))
                self.trouble.show()
                found = []
            if self._free and typed and typed not in (name for _, name in found):
                found.insert(0, (TYPED + typed, typed))
            self._seen = (typed, found)
            self._words.update(found)
        return self._seen[1]

    async def _fetch(self, offset: int, limit: int, _sort: Any, typed: Any) -> Sequence[tuple[Any, ...]]:
        found = await self._found(str(typed or ""))
        shown = [
            (key, t("publishing.page.as_typed", text=name) if key.startswith(TYPED) else name) for key, name in found
        ]
        return shown[offset : offset + limit]

    async def _count(self, typed: Any) -> int:
        return len(await self._found(str(typed or "")))

    def _first_row(self) -> None:
        if self.model.total and not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.model.index(0, self.model.section_of("name")))
        self._judge()

    # -- choosing ------------------------------------------------------------------------------------------------
    @property
    def picked(self) -> list[tuple[str, str]]:
        if self._forgotten:
            return []
        keys: list[Any] = []
        if self._several and self.model.tick_count:
            keys = [key for key in self._words if self.model.ticks.has(key)]
        elif self.table.current_key() is not None:
            keys = [self.table.current_key()]
        return [(str(key), self._words[str(key)]) for key in keys if str(key) in self._words]

    def _judge(self) -> None:
        self.primary.disable("" if self.picked else t("publishing.page.nothing_chosen"))

    def _forget(self) -> None:
        self._forgotten = True
        self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down goes from the search into the list."""
        down = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down
        if down and watched is self.search.edit:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return super().eventFilter(watched, event)
