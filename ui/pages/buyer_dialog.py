"""A buyer's data: find the person, see their orders, write all of it to a file, or erase it. Somebody of the same name is
another person and stands in a row of their own; what is erased is said in numbers and confirmed by a typed word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.api.buyers import Erasure, erase_buyer, export_buyer
from app.store import Person
from ui.kit import ACCEPTED, Operation, ask, ask_save_file, spawn
from ui.services import Services
from ui.telling import reason_of
from ui.widgets import Button, Card, DialogFrame, EmptyState, Note, Scroller, Text, TypedConfirm, line
from ui.words import figures, t, words

_SHOWN_ORDERS = 6


class BuyerDialog(DialogFrame):
    """`BuyerDialog(parent, services)`; `search(text)`, `of_order(id)`. `people` are those shown."""

    def __init__(self, parent: QWidget, services: Services) -> None:
        super().__init__(parent, t("privacy.buyer.title"), t("privacy.buyer.text"), cancel=t("common.close"), width=620)
        self.primary.hide()  # what can be done stands with each person
        self.primary.setEnabled(False)
        self._services = services
        self._channels: dict[int, str] = {}
        self._asked = 0
        self.people: list[Person] = []
        self.cards: list[PersonCard] = []
        row = QHBoxLayout()
        row.setSpacing(8)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(t("privacy.buyer.search"))
        self.edit.setAccessibleName(t("privacy.buyer.search"))
        self.edit.setMaxLength(200)
        row.addWidget(self.edit, 1)
        self.go = Button(t("privacy.buyer.search_do"), icon="magnifying-glass")
        self.go.clicked.connect(self._search)
        row.addWidget(self.go)
        self.body.addLayout(row)
        self._notes = QVBoxLayout()
        self.body.addLayout(self._notes)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(8)
        self.empty = EmptyState("users", t("privacy.buyer.start"), t("privacy.buyer.start_next"))
        self._column.addWidget(self.empty)
        self._column.addStretch(1)
        scroll = Scroller(inside)
        scroll.setMinimumHeight(300)
        self.body.addWidget(scroll, 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.edit.hasFocus():
            self._search()  # the dialog's own button only closes it
            event.accept()
            return
        super().keyPressEvent(event)

    # -- finding -------------------------------------------------------------------------------------------------
    def _search(self) -> None:
        text = self.edit.text().strip()
        if text:
            spawn(self.search(text), "find a buyer")

    async def search(self, text: str) -> None:
        """Everybody who is meant by a text; a later search wins."""
        self._asked += 1
        asked = self._asked
        self.go.disable(t("privacy.buyer.searching"))
        try:
            people = await self._services.store.people.find(text)
        finally:
            self.go.disable("")
        if asked == self._asked:
            await self._show(people)

    async def of_order(self, order_id: int) -> None:
        """The person of one order."""
        person = await self._services.store.people.of_order(order_id)
        if person is None:
            self._tell("info", t("privacy.buyer.already"), "")
        await self._show([person] if person is not None else [])

    async def _show(self, people: Sequence[Person]) -> None:
        rows = await self._services.store.connections.list(removed=True)
        self._channels = {row.id: row.name for row in rows}
        for old in self.cards:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.people = list(people)
        self.cards = [PersonCard(one, self._channels, self) for one in people]
        for place, card in enumerate(self.cards):
            self._column.insertWidget(place, card)
        self.empty.setVisible(not people)
        self.empty.set_words(t("privacy.buyer.nobody"), t("privacy.buyer.nobody_next"))

    def _tell(self, state: str, title: str, text: str) -> None:
        while self._notes.count():
            item = self._notes.takeAt(0)
            old = item.widget() if item is not None else None
            if old is not None:
                old.hide()
                old.deleteLater()
        self._notes.addWidget(Note(state, title, text))

    # -- exporting ------------------------------------------------------------------------------------------------
    async def export(self, person: Person) -> Operation | None:
        """Asks where, and writes it."""
        name = f"{t('privacy.buyer.export_name')}-{self._services.now().astimezone():%Y%m%d}.xlsx"
        filters = (t("privacy.buyer.xlsx_files"), t("privacy.buyer.json_files"))
        path = await ask_save_file(self, t("privacy.buyer.export_title"), name, filters)
        return None if path is None else self.write(person, path if path.suffix else path.with_suffix(".xlsx"))

    def write(self, person: Person, path: Path) -> Operation:
        """Writes all that is held, as one operation."""
        services = self._services

        async def work(operation: Operation) -> None:
            data = await export_buyer(services.store, person, path, words(), services.worker.executor())
            text = t("privacy.buyer.exported", count=len(data["orders"]))
            operation.report = f"{text} · {path.name}"
            self._tell("healthy", text, str(path))

        return services.operations.start(t("privacy.buyer.exporting"), work, note=path.name)

    # -- erasing --------------------------------------------------------------------------------------------------
    async def erase(self, person: Person) -> None:
        """Asks for the word, and erases."""
        waiting = sum(one.open for one in person.orders)
        closed = len(person.orders) - waiting
        text = t("privacy.buyer.erase_text")
        if waiting:
            text = f"{text} {t('privacy.buyer.erase_open', count=waiting)}"
        dialog = TypedConfirm(
            self,
            t("privacy.buyer.erase_title", count=closed),
            text,
            t("privacy.buyer.erase_do"),
            t("privacy.buyer.erase_word"),
            t("privacy.buyer.erase_label"),
        )
        try:
            sure = await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()
        if sure:
            self.begin_erasing(person)

    def begin_erasing(self, person: Person) -> Operation | None:
        """Erases as one operation."""
        services, keeping = self._services, self._services.engine.housekeeping
        if keeping is None:
            return None

        async def work(operation: Operation) -> Erasure:
            try:
                done = await erase_buyer(services.store, keeping, services.changes, person)
            except Exception as error:
                self._tell("unhealthy", t("privacy.buyer.erase_do"), reason_of(error))
                raise
            first, *rest = erasure_words(done)
            operation.report = first
            self._tell("healthy", t("privacy.buyer.erased"), "\n".join((first, *rest)))
            await self._show([one for one in self.people if one is not person])
            self.empty.setVisible(False)
            return done

        return services.operations.start(t("privacy.buyer.erasing"), work, can_cancel=False)


class PersonCard(Card):
    """One person: who, their orders, what can be done."""

    def __init__(self, person: Person, channels: dict[int, str], dialog: BuyerDialog) -> None:
        who = " · ".join((*person.names, *person.phones, *person.emails)) or t("privacy.unnamed")
        super().__init__(padded=False)
        self.person = person
        self.setAccessibleName(who)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(4)
        column.addWidget(Text(who, "strong", wrap=True))
        waiting = sum(one.open for one in person.orders)
        parts = [t("privacy.buyer.orders", count=len(person.orders))]
        if waiting:
            parts.append(t("privacy.buyer.open", count=waiting))
        if person.notices:
            parts.append(t("privacy.unreadable", count=len(person.notices)))
        column.addWidget(Text(" · ".join(parts), "small", "text_2", wrap=True))
        for order in person.orders[:_SHOWN_ORDERS]:
            text = t(
                "privacy.buyer.order",
                number=order.number,
                channel=channels.get(order.connection_id, "—"),
                date=figures().date_short(order.placed_at.astimezone().date(), year=True),
                state=t(f"privacy.status.{'open' if order.open else 'closed'}"),
            )
            column.addWidget(Text(text, "body_t", "text_2", wrap=True))
        if len(person.orders) > _SHOWN_ORDERS:
            more = t("privacy.buyer.more", count=len(person.orders) - _SHOWN_ORDERS)
            column.addWidget(Text(more, "small", "text_2"))
        self.body.addWidget(inside)
        self.body.addWidget(line())
        row = QHBoxLayout()
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(8)
        self.export = Button(t("privacy.buyer.export"), icon="export", small=True)
        self.export.clicked.connect(lambda: spawn(dialog.export(person), "export a buyer"))
        self.erase = Button(t("privacy.buyer.erase"), "danger", "user-minus", small=True)
        self.erase.clicked.connect(lambda: spawn(dialog.erase(person), "erase a buyer"))
        if person.orders and waiting == len(person.orders) and not person.notices:
            self.erase.disable(t("privacy.buyer.nothing_closed"))
        row.addWidget(self.export)
        row.addStretch(1)
        row.addWidget(self.erase)
        self.body.addLayout(row)


def erasure_words(done: Erasure) -> list[str]:
    """What an erasure did and what it could not reach, in sentences."""
    from app.api.commands_privacy import erasure_lines

    return erasure_lines(words(), done)


async def show_buyers(parent: QWidget, services: Services, order_id: int | None = None) -> None:
    """Opens the dialog, for one order's buyer or for a search."""
    dialog = BuyerDialog(parent, services)
    if order_id is not None:
        await dialog.of_order(order_id)
    try:
        await ask(dialog)
    finally:
        dialog.deleteLater()
