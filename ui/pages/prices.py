"""Products & Prices: every listing of every channel, price and stock edited in the cell and queued through the outbox.
What a merchant typed is never thrown away by a refresh, and nothing is sent that the bar below does not count."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.changes import CONNECTIONS, LISTINGS, OUTBOX, ChangeReport
from app.contracts import Message
from app.model import PriceChange, StockChange
from app.store import OutboxRow, StoreError
from ui.kit import ACCEPTED, Action, Burst, Operation, OpState, ask, begin, show_menu, spawn
from ui.pages.price_bar import RefusedDialog, SendBar
from ui.pages.price_edit import PriceEditing
from ui.pages.price_rows import VIEWS, PriceFilter, PriceSource
from ui.pages.price_table import PriceModel, PriceTable
from ui.services import Page, Services
from ui.widgets import Button, EmptyState, FilterBar, Note, PageHeader, Text, ViewTabs
from ui.widgets.base import line
from ui.words import t, words

WATCHED = frozenset({LISTINGS, OUTBOX, CONNECTIONS})


class PricesPage(Page):
    """Understands requests {"search", "connection", "view", "id"}."""

    id = "prices"
    icon_name = "tag"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.source = PriceSource(services.store, services.catalogue)
        self.model = PriceModel(self.source, self)
        self.filter = PriceFilter()
        self.model.filter = self.filter
        self.editing = PriceEditing(services, self, self.said.emit)
        self._frozen = False
        self._wanted_key: int | None = None
        self._burst = Burst(lambda keys: begin(self._refresh(keys), "prices refresh"), 250, self)
        self._build()
        self._add_actions()
        spawn(self._first(), "prices load")

    # -- shape ---------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("nav.prices"), t("common.loading"))
        self._pull = self.header.add_plain(Button(t("prices.pull"), icon="arrows-clockwise"))
        self._pull.clicked.connect(self.pull)
        self._freeze = self.header.add_plain(Button(t("prices.freeze"), icon="snowflake"))
        self._freeze.clicked.connect(lambda: spawn(self._turn_freeze(), "prices freeze"))
        column.addWidget(self.header)
        self.tabs = ViewTabs([(view, t(f"prices.view.{view}")) for view in VIEWS])
        self.tabs.chosen.connect(lambda view: self._set_filter(replace(self.filter, view=view)))
        column.addWidget(self.tabs)
        column.addWidget(line("line"))
        self.bar = FilterBar(t("prices.search"))
        self.bar.searched.connect(lambda text: self._set_filter(replace(self.filter, search=text.strip())))
        self.bar.filter_clicked.connect(lambda _name: self._channel_menu())
        self.bar.filter_removed.connect(lambda _name: self._set_filter(replace(self.filter, connection_id=None)))
        self.bar.cleared.connect(self._clear)
        self._ticked = Text("", "small", "text_2")
        self.bar.end.addWidget(self._ticked)
        column.addWidget(self.bar)
        self.trouble = Note("unhealthy", t("table.failed"), "", (t("common.retry"),))
        self.trouble.button(0).clicked.connect(lambda: self._burst.poke(LISTINGS))
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.table = PriceTable(self.model, t("nav.prices"))
        self.table.edited.connect(self._edited)
        column.addWidget(self.table, 1)
        self.sending = SendBar()
        self.sending.send_asked.connect(self.send_now)
        self.sending.refused_asked.connect(lambda: spawn(self.show_refused(), "prices refused"))
        column.addWidget(self.sending)
        to_connections = Button(t("prices.empty.connect"), "primary", "link")
        to_connections.clicked.connect(lambda: self.go.emit("connections", {}))
        self._empty_all = EmptyState("tag", t("prices.empty.fact"), t("prices.empty.next"), None, to_connections)
        clear = Button(t("common.clear"))
        clear.clicked.connect(self._clear)
        self._empty_filter = EmptyState("funnel", t("prices.empty.filter"), t("prices.empty.filter_next"), clear)
        self._empty_filter.hide()
        self.table.set_empty(self._empty_all)
        self.model.failed.connect(self._failed)
        self.model.ticks_changed.connect(self._tell_ticks)
        self._show_filters()

    def _add_actions(self) -> None:
        wanted = (
            Action("prices.send", "prices.send_action", self.send_now, "paper-plane-tilt", ("Ctrl+Return",), self.id),
            Action("prices.find", "prices.find_action", self.find, "magnifying-glass", ("Ctrl+F",), self.id),
            Action("prices.pull", "prices.pull_action", self.pull, "arrows-clockwise", (), self.id),
            Action(
                "prices.refused",
                "prices.refused_action",
                lambda: spawn(self.show_refused(), "prices refused"),
                "x-circle",
                (),
                self.id,
            ),
        )
        for old in (a.id for a in wanted if a.id in self.services.actions):
            self.services.actions.remove(old)  # of a page of an earlier window, in another language
        self.services.actions.add(*wanted)

    def set_inner_width(self, width: int) -> None:
        self.table.set_inner_width(width)
        self.header.set_narrow(width < 1100)
        self.bar.set_narrow(width < 1400)
        self._show_filters()

    def find(self) -> None:
        """The search field gets the focus."""
        self.bar.search.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.edit.selectAll()

    # -- data ----------------------------------------------------------------------------------------------------
    async def _first(self) -> None:
        await self.source.load_connections()
        await self.model.reload()
        await self._counts()
        if self.model.total and not self.table.currentIndex().isValid():  # before the focus: Qt would choose the ticks
            self.table.setCurrentIndex(self.model.index(0, self.model.section_of("price")))
        if not self.bar.search.edit.hasFocus():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def changed(self, report: ChangeReport) -> None:
        if report.table in WATCHED:
            self._burst.poke(report.table)

    async def _refresh(self, keys: frozenset[Any]) -> None:
        if CONNECTIONS in keys or not self.source.connections:
            await self.source.load_connections()
            self._show_filters()
        await self.model.refresh()
        await self._counts()

    async def _counts(self) -> None:
        """Tabs, header and bar."""
        self.trouble.hide()
        for view, count in (await self.source.view_counts(self.filter)).items():
            tone = "unhealthy" if view == "refused" and count else ""
            self.tabs.set_count(view, count, tone)
        self.header.set_fact(
            t(
                "prices.fact",
                listings=t("prices.listings", count=self.model.total),
                channels=t("prices.channels", count=len(self.source.connections)),
            )
        )
        counts = await self.services.store.outbox.counts()
        refused = len(await self.source.refused_lines())
        # All of it after the last wait: the page never says that it is frozen while the bar does not.
        self._frozen = 0 in await self.services.store.outbox.frozen()
        self._freeze.setText(t("prices.unfreeze" if self._frozen else "prices.freeze"))
        self.sending.show_counts(counts, refused, self._frozen)
        self._choose_empty()
        if self._wanted_key is not None and self.table.set_current_key(self._wanted_key):
            self._wanted_key = None

    def _choose_empty(self) -> None:
        plain = self.filter.empty and self.filter.view == "all"
        chosen, other = (self._empty_all, self._empty_filter) if plain else (self._empty_filter, self._empty_all)
        if self.filter.empty and not plain:
            chosen.set_words(t(f"prices.empty.{self.filter.view}"), "")
        elif not plain:
            chosen.set_words(t("prices.empty.filter"), t("prices.empty.filter_next"))
        other.hide()
        self.table.set_empty(chosen)

    def _failed(self, error: object) -> None:
        text = sentence(words(), error.message) if isinstance(error, StoreError) else t("error.task_hint")
        self.trouble.set_words(t("table.failed"), text)
        self.trouble.show()

    # -- filter --------------------------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        if isinstance(request, dict):
            self._take_request(request)
        elif self.model.ready:
            self._burst.poke(OUTBOX)

    def _take_request(self, request: dict[str, Any]) -> None:
        view = request.get("view")
        wanted = PriceFilter(
            view if view in VIEWS else "all", str(request.get("search") or ""), request.get("connection") or None
        )
        row = request.get("id")
        self._wanted_key = row if isinstance(row, int) else None
        self.tabs.set_current(wanted.view)
        self.bar.search.edit.blockSignals(True)
        self.bar.search.setText(wanted.search)
        self.bar.search.edit.blockSignals(False)
        self._set_filter(wanted)

    def _clear(self) -> None:
        self._take_request({"view": self.filter.view})

    def _set_filter(self, wanted: PriceFilter) -> None:
        if wanted == self.filter and self.model.ready:
            self._burst.poke(OUTBOX)
            return
        self.filter = wanted
        self._choose_empty()
        self.model.set_filter(wanted)
        self._show_filters()
        spawn(self._counts_after(wanted), "prices counts")

    async def _counts_after(self, wanted: PriceFilter) -> None:
        if self.filter == wanted:
            await self._counts()
            self._burst.poke(OUTBOX)

    def _show_filters(self) -> None:
        row = self.source.connections.get(self.filter.connection_id or 0)
        name = row.name if row is not None else t("common.all")
        chips = [("channel", t("prices.filter.channel", name=name), row is not None)]
        self.bar.set_filters(chips)

    def _channel_menu(self) -> None:
        menu = QMenu(self)
        menu.setAccessibleName(t("prices.column.channel"))
        everything = menu.addAction(t("common.all"))
        everything.triggered.connect(lambda: self._set_filter(replace(self.filter, connection_id=None)))
        menu.addSeparator()
        for row in self.source.connections.values():
            action = menu.addAction(row.name)
            action.setCheckable(True)
            action.setChecked(row.id == self.filter.connection_id)
            action.triggered.connect(partial(self._only, row.id))
        show_menu(menu, self.bar.search.mapToGlobal(QPoint(self.bar.search.width() + 8, self.bar.search.height())))

    def _only(self, connection_id: int, _checked: bool = False) -> None:
        self._set_filter(replace(self.filter, connection_id=connection_id))

    def _tell_ticks(self) -> None:
        count = self.model.tick_count
        self._ticked.setText(t("table.ticked", count=count) if count else "")

    # -- editing -------------------------------------------------------------------------------------------------
    def _edited(self, key: object, column: str, text: str) -> None:
        begun = self.table.begun
        if begun is None or (begun.key, begun.column) != (key, column):
            return
        if text != begun.text:  # a pull changed the cell, the person did not
            spawn(self._commit(text), "prices edit")

    async def _commit(self, text: str) -> None:
        begun = self.table.begun
        if begun is None:
            return
        done = await self.editing.commit(begun, text)
        if done.again and self.table.editor is None:
            self.table.edit_again(begun.key, begun.column, text)
        elif not done.queued:
            self._burst.poke(LISTINGS)

    # -- sending -------------------------------------------------------------------------------------------------
    def send_now(self) -> None:
        """Sends what waits, as one operation over all connections."""
        if not self.sending.send.isEnabled():
            return
        self.sending.set_busy(True)
        operation = self.services.operations.start(t("prices.sending"), self._send)
        operation.finished.connect(lambda: self._sent(operation))

    async def _send(self, operation: Operation) -> dict[str, int]:
        engine, totals = self.services.engine, dict.fromkeys(("done", "refused", "pending", "waiting", "unknown"), 0)
        trouble: Message | None = None
        rows = [r for r in await self.services.store.connections.list() if not r.paused and await engine.has_work(r)]
        for place, row in enumerate(rows):
            operation.advance(place, len(rows), row.name)
            result = await engine.send(row)
            for name, count in result.counts.items():
                totals[name] = totals.get(name, 0) + count
            if result.message is not None and not result.counts.get("refused"):
                trouble = result.message
        operation.advance(len(rows), len(rows))
        operation.report = trouble
        return totals

    def _sent(self, operation: Operation) -> None:
        self.sending.set_busy(False)
        self._burst.poke(OUTBOX)
        if operation.state is not OpState.DONE:
            return
        totals, trouble = operation.result, operation.report
        parts = [t(f"prices.sent.{name}", count=totals[name]) for name in totals if totals.get(name)]
        text = figures_list(parts) or t("prices.sent.nothing")
        if trouble is not None:
            self.said.emit("degraded", t("prices.sent.trouble"), f"{text} {sentence(words(), trouble)}")
        elif totals["refused"]:
            self.said.emit("unhealthy", t("prices.sent.some_refused"), text)
        else:
            self.said.emit("healthy", t("prices.sent.all"), text)

    async def _turn_freeze(self) -> None:
        outbox = self.services.store.outbox
        await (outbox.unfreeze() if self._frozen else outbox.freeze())
        self.services.changes.publish(ChangeReport(OUTBOX, source="user"))

    async def show_refused(self) -> None:
        """The refused lines with their reasons; sends them again or withdraws them."""
        lines = await self.source.refused_lines()
        if not lines:
            return
        dialog = RefusedDialog(self, lines, self.source.connections)
        await dialog.model.reload()
        try:
            if await ask(dialog) == ACCEPTED:
                await (self._again(dialog.picked) if dialog.again else self._withdraw(dialog.picked))
        finally:
            dialog.deleteLater()

    async def _again(self, rows: list[OutboxRow]) -> None:
        listings, done = self.services.store.listings, 0
        wished: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            if row.subject is None:
                continue
            try:
                if row.kind == "price":
                    price = msgspec.json.decode(row.payload, type=PriceChange)
                    await listings.want_price(row.subject, price.price, price.list_price)
                else:
                    await listings.want_stock(row.subject, msgspec.json.decode(row.payload, type=StockChange).quantity)
            except StoreError as error:
                self.said.emit("unhealthy", t("prices.toast.not_queued"), sentence(words(), error.message))
                continue
            done += 1
            wished.setdefault(row.kind, []).append((row.connection_id, row.subject))
        await self._note(wished)
        self._tell_written(rows)
        self.said.emit("healthy", t("prices.refused.queued", count=done), "")

    async def _withdraw(self, rows: list[OutboxRow]) -> None:
        await self.services.store.outbox.withdraw([row.key for row in rows])
        taken: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            if row.subject is not None:
                taken.setdefault(row.kind, []).append((row.connection_id, row.subject))
        await self._note(taken, withdrawn=True)
        self._tell_written(rows)
        self.said.emit("healthy", t("prices.refused.withdrawn", count=len(rows)), "")

    async def _note(self, lines: dict[str, list[tuple[int, int]]], *, withdrawn: bool = False) -> None:
        for kind, where in lines.items():
            await self.services.store.audit.wished(kind, where, withdrawn=withdrawn)

    def _tell_written(self, rows: list[OutboxRow]) -> None:
        subjects = frozenset(row.subject for row in rows if row.subject is not None)
        self.services.changes.publish(ChangeReport(LISTINGS, subjects, "user"))
        self.services.changes.publish(ChangeReport(OUTBOX, source="user"))

    # -- pulling -------------------------------------------------------------------------------------------------
    def pull(self) -> None:
        """Pulls the listings of every connection that has some, as one operation."""
        self._pull.disable(t("prices.pulling"))
        operation = self.services.operations.start(t("prices.pulling"), self._pull_all)
        operation.finished.connect(lambda: self._pull.disable(""))

    async def _pull_all(self, operation: Operation) -> None:
        entries = self.services.catalogue.entries
        rows = [
            row
            for row in await self.services.store.connections.list()
            if not row.paused
            and row.integration in entries
            and "listing_source" in entries[row.integration].capabilities
            and row.switches.get("listing_source", True)
        ]
        for place, row in enumerate(rows):
            operation.advance(place, len(rows), row.name)
            result = await self.services.engine.sync_listings(row)
            if result.outcome == "failed" and result.message is not None:
                self.said.emit("unhealthy", t("prices.pull_failed"), sentence(words(), result.message))
        operation.advance(len(rows), len(rows))


def figures_list(parts: list[str]) -> str:
    """ "12 kabul edildi, 1 reddedildi"."""
    return ", ".join(parts) + "." if parts else ""
