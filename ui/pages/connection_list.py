"""The merchant's connections as cards: state, whose fault, how old the data are, and what can be done. Asks health, never
a vendor."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.api.key_words import key_sentence, key_short
from app.store import ConnectionRow
from ui.pages.card_grid import CardGrid
from ui.pages.connection_words import availability, blame, when
from ui.services import Services
from ui.widgets import Button, Chip, ConnectionCard, EmptyState
from ui.words import t, words


class ConnectionList(QWidget):
    """`ConnectionList(services)`; `await refresh()`. Signals carry a connection's id; `add_asked` none."""

    test_asked = Signal(int)
    pause_asked = Signal(int)
    set_up_asked = Signal(int)
    more_asked = Signal(int)
    add_asked = Signal()

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.rows: dict[int, ConnectionRow] = {}
        self.cards: dict[int, ConnectionCard] = {}
        self._looks: dict[int, tuple[str, str, str]] = {}
        self.grid = CardGrid(t("connections.view.mine"), 380, 3)
        add = Button(t("connections.add"), "primary", "plus")
        add.clicked.connect(self.add_asked)
        self.empty = EmptyState("link", t("connections.empty.fact"), t("connections.empty.next"), None, add)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.empty)

    async def refresh(self) -> None:
        """Every card as its connection stands now."""
        services = self._services
        rows = await services.store.connections.list()
        reports = {row.id: await services.health.report(row) for row in rows}
        keys = await services.key_watch.all() if services.key_watch is not None else {}
        self.rows = {row.id: row for row in rows}
        for row in rows:
            entry = services.catalogue.entries.get(row.integration)
            title = entry.name if entry is not None else row.integration
            look = (title, row.name, row.environment)
            if self._looks.get(row.id) != look:
                self._make(row, title)
                self._looks[row.id] = look
            report, key = reports[row.id], keys.get(row.account_id)
            told = blame(report)
            if key is not None and key.asks:
                told = f"{told} {key_sentence(words(), key)}."
            self.cards[row.id].show_state(
                str(report.state),
                told,
                when(report.last_ok_at, services.now()),
                availability(report.availability_30d),
                "" if key is None else key_short(words(), key),
                paused=row.paused,
            )
        for gone in [i for i in self.cards if i not in self.rows]:
            self._drop(gone)
        wanted = [self.cards[row.id] for row in rows]
        if self.grid.cards != wanted:
            self.grid.set_cards(wanted)
        self._stack.setCurrentWidget(self.grid if rows else self.empty)

    def _make(self, row: ConnectionRow, title: str) -> None:
        self._drop(row.id)
        name = row.name if row.name != title else ""
        card = ConnectionCard(row.integration, title, name)
        if row.environment != "live":
            word = t(f"connections.environment.{row.environment}")
            card.add_mark(Chip("rehearsal" if row.environment == "rehearsal" else "paused", word))
        card.test_asked.connect(lambda i=row.id: self.test_asked.emit(i))
        card.pause_asked.connect(lambda i=row.id: self.pause_asked.emit(i))
        card.set_up_asked.connect(lambda i=row.id: self.set_up_asked.emit(i))
        card.more_asked.connect(lambda i=row.id: self.more_asked.emit(i))
        self.cards[row.id] = card

    def _drop(self, connection_id: int) -> None:
        card = self.cards.pop(connection_id, None)
        self._looks.pop(connection_id, None)
        if card is not None:
            self.grid.set_cards([c for c in self.grid.cards if c is not card])
            card.hide()
            card.deleteLater()
