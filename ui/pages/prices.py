"""Products & Prices: every listing of every channel, price and stock edited in the cell and queued through the outbox.
What a merchant typed is never thrown away by a refresh, and nothing is sent that the bar below does not count."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.changes import CONNECTIONS, LISTINGS, OUTBOX, ChangeReport
from app.store import StoreError
from ui.kit import ACCEPTED, Action, Burst, ask, begin, show_menu, spawn
from ui.pages.plan_bulk import BulkDialog
from ui.pages.plan_list import PlanViews
from ui.pages.plan_preview import Scope, warm_up
from ui.pages.plan_work import PlanWork
from ui.pages.price_bar import SendBar
from ui.pages.price_choice import scope_of
from ui.pages.price_cost import CostEditing
from ui.pages.price_edit import PriceEditing
from ui.pages.price_freeze import Freezing
from ui.pages.price_rows import VIEWS, PriceFilter, PriceSource
from ui.pages.price_sheet_work import SHEETS, PriceSheetWork
from ui.pages.price_table import PriceModel, PriceTable
from ui.pages.price_work import PriceWork
from ui.pages.publish_work import PublishWork
from ui.pages.stock_view import StockView
from ui.services import Page, Services
from ui.widgets import BannerPlace, Button, EmptyState, FilterBar, IconButton, Note, PageHeader, Text, ViewTabs
from ui.widgets.base import line
from ui.words import t, words

WATCHED = frozenset({LISTINGS, OUTBOX, CONNECTIONS})


class PricesPage(Page):
    """Understands requests {"search", "connection", "view", "id"}, and {"plan": id} (0: the list of plans)."""

    id = "prices"
    icon_name = "tag"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.source = PriceSource(services.store, services.catalogue)
        self.model = PriceModel(self.source, self)
        self.filter = PriceFilter()
        self.model.filter = self.filter
        self.editing = PriceEditing(services, self, self.said.emit)
        self.costs = CostEditing(services, self, self.said.emit)
        self.plan_work = PlanWork(services, self, self.said.emit)
        self.publishing = PublishWork(services, self, self.said.emit)
        self.sheet_work = PriceSheetWork(
            services, self, self.plan_work.plans, self.said.emit, self.show_plans, self._scope
        )
        self._wanted_key: int | None = None
        self._burst = Burst(lambda keys: begin(self._refresh(keys), "prices refresh"), 250, self)
        self._build()
        self._add_actions()
        spawn(self._first(), "prices load")

    # -- shape ---------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.banners = BannerPlace()
        self.freezing = Freezing(self.services, self.banners)
        outer.addWidget(self.banners)
        self.stack = QStackedWidget()
        outer.addWidget(self.stack, 1)
        grid = QWidget()
        self.stack.addWidget(grid)
        self.plans = PlanViews(self.services, self.plan_work)
        self.plans.left.connect(self.show_prices)
        self.plans.bulk_asked.connect(self.change_in_bulk)
        self.stack.addWidget(self.plans)
        self.stock = StockView(self.services, self.said.emit)
        self.stock.left.connect(self.show_prices)
        self.stack.addWidget(self.stock)
        column = QVBoxLayout(grid)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("nav.prices"), t("common.loading"))
        self._pull = self.header.add_plain(Button(t("prices.pull"), icon="arrows-clockwise"))
        self._pull.clicked.connect(self.pull)
        self._freeze = self.header.add_plain(Button(t("prices.freeze"), icon="snowflake"))
        self._freeze.clicked.connect(lambda: self.freezing.turn(not self._frozen, 0))
        self.more = IconButton("dots-three", t("planpage.more"))
        self.more.clicked.connect(self.show_more)
        self.header.extra.addWidget(self.more)
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
        self.bulk = Button(t("planpage.bulk.action"), icon="calculator", key="Ctrl+E")
        self.bulk.clicked.connect(self.change_in_bulk)
        self.bar.end.addWidget(self.bulk)
        column.addWidget(self.bar)
        self.trouble = Note("unhealthy", t("table.failed"), "", (t("common.retry"),))
        self.trouble.button(0).clicked.connect(lambda: self._burst.poke(LISTINGS))
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.table = PriceTable(self.model, t("nav.prices"))
        self.table.edited.connect(self._edited)
        column.addWidget(self.table, 1)
        self.sending = SendBar()
        self.work = PriceWork(
            self.services, self.source, self.sending, self, self.said.emit, lambda: self._burst.poke(OUTBOX)
        )
        self.sending.send_asked.connect(self.work.send_now)
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
            Action("prices.refused", "prices.refused_action", self._refused, "x-circle", (), self.id),
            Action("prices.bulk", "planpage.bulk.action", self.change_in_bulk, "calculator", ("Ctrl+E",), self.id),
            Action("prices.plans", "planpage.plans", self.show_plans, "list-bullets", ("Ctrl+Shift+E",), self.id),
            Action("prices.stock", "stock.page.view", self.show_stock, "package", ("Ctrl+Shift+Y",), self.id),
            Action(
                "prices.undo_plan",
                "planpage.undo.action",
                self.plans.undo_current,
                "arrow-counter-clockwise",
                (),
                self.id,
            ),
            Action(
                "prices.publish", "publishing.page.action", self.publish, "share-network", ("Ctrl+Shift+U",), self.id
            ),
            Action("prices.product", "planpage.product.action", self.open_product, "package", ("Ctrl+I",), self.id),
            *self.sheet_work.actions(self.id),
            Action("prices.freeze_one", "planpage.freeze.menu", self.show_freezes, "snowflake", (), self.id),
        )
        for old in (a.id for a in wanted if a.id in self.services.actions):
            self.services.actions.remove(old)  # of a page of an earlier window, in another language
        self.services.actions.add(*wanted)

    def set_inner_width(self, width: int) -> None:
        self.table.set_inner_width(width)
        self.plans.set_inner_width(width)
        self.stock.set_inner_width(width)
        self.header.set_narrow(width < 1100)
        self.bar.set_narrow(width < 1400)
        self._show_filters()

    def find(self) -> None:
        """The search field gets the focus."""
        self.show_prices()
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
        await warm_up()

    def changed(self, report: ChangeReport) -> None:
        if report.table in WATCHED:
            self._burst.poke(report.table)
            if self.stack.currentWidget() is self.plans:
                self.plans.changed()
            if self.stack.currentWidget() is self.stock:
                self.stock.changed()

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
        await self.freezing.look(self.source.connections)
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
        if isinstance(request, dict) and isinstance(request.get("plan"), int):
            self.show_plans(request["plan"])
        elif isinstance(request, dict) and request.get("stock"):
            self.show_stock()
        elif isinstance(request, dict):
            self.show_prices()
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
        self.bulk.setToolTip(t("planpage.bulk.hint_ticked", count=count) if count else t("planpage.bulk.hint"))

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
        if begun.column == "cost":
            if await self.costs.commit(begun, text) and self.table.editor is None:
                self.table.edit_again(begun.key, begun.column, text)
            return
        done = await self.editing.commit(begun, text)
        if done.again and self.table.editor is None:
            self.table.edit_again(begun.key, begun.column, text)
        elif not done.queued:
            self._burst.poke(LISTINGS)

    # -- bulk changes, products, freezes ---------------------------------------------------------------------------
    @property
    def _frozen(self) -> bool:
        return self.freezing.all

    def change_in_bulk(self) -> None:
        """A formula over the ticked listings, or over all that the filter shows."""
        if self.bulk.isEnabled():
            self.show_prices()
            self.bulk.setEnabled(False)
            spawn(self._bulk(), "prices bulk")

    async def _scope(self) -> Scope:
        """The ticked listings, or all that the filter shows."""
        return await scope_of(self.services.store, self.source, self.filter, self.model.ticks, self.model.total)

    async def _bulk(self) -> None:
        store, work = self.services.store, self.plan_work
        try:
            scope = await self._scope()
            if not scope.size:
                self.said.emit("degraded", t("planpage.bulk.no_listings"), "")
                return
            dialog = BulkDialog(self, store, work.plans, scope, await work.plans.guards(), await store.plans.recipes())
        finally:
            self.bulk.setEnabled(True)
        try:
            if await ask(dialog) == ACCEPTED and dialog.formula is not None and (typed := dialog.typed()) is not None:
                work.make(dialog.formula, scope.choice, typed.guards, typed.shares, self.show_plans)
        finally:
            dialog.deleteLater()

    def show_plans(self, plan_id: int = 0) -> None:
        """The list of plans, or one of them."""
        self.stack.setCurrentWidget(self.plans)
        if plan_id:
            self.plans.open(plan_id)
        else:
            self.plans.show_list()

    def show_stock(self) -> None:
        """What lies on the shelf, and what each channel shows of it."""
        self.stack.setCurrentWidget(self.stock)
        self.stock.show_all()

    def show_prices(self) -> None:
        """Back to the listings."""
        if self.stack.currentIndex():
            self.stack.setCurrentIndex(0)
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            self._burst.poke(OUTBOX)

    def open_product(self) -> None:
        """Cost, VAT and limits of the current listing's product."""
        key = self.table.current_key()
        if isinstance(key, int) and self.stack.currentIndex() == 0:
            spawn(self.costs.open(key), "prices product")

    def publish(self) -> None:
        """The products of the ticked listings, or of the current one, to another channel."""
        if self.stack.currentIndex() == 0:
            spawn(self._publish(), "prices publish")

    async def _publish(self) -> None:
        ids: list[int] = []
        if self.model.tick_count:
            ids = [int(row[0]) for row in await self.model.ticked_rows()]
        elif isinstance(key := self.table.current_key(), int):
            ids = [key]
        await self.publishing.open(ids)

    def show_more(self) -> None:
        """What the header has no room for."""
        names = ("prices.bulk", "prices.plans", "prices.stock", "prices.product", "prices.publish")
        menu = self.services.actions.menu((*names, "", *SHEETS, ""), self)
        menu.setAccessibleName(t("planpage.more"))
        self.freezing.fill(menu.addMenu(t("planpage.freeze.menu")), self.source.connections)
        show_menu(menu, self.more.mapToGlobal(QPoint(0, self.more.height())))

    def show_freezes(self) -> None:
        """Which channels' sending is frozen."""
        menu = self.freezing.menu(self, self.source.connections)
        show_menu(menu, self.more.mapToGlobal(QPoint(0, self.more.height())))

    # -- sending, pulling --------------------------------------------------------------------------------------------
    def send_now(self) -> None:
        """Ctrl+Enter: sends what waits, or the plan that is looked at."""
        if self.stack.currentWidget() is self.plans:
            self.plans.primary()
        else:
            self.work.send_now()

    def _refused(self) -> None:
        spawn(self.show_refused(), "prices refused")

    async def show_refused(self) -> None:
        """The refused lines with their reasons; sends them again or withdraws them."""
        await self.work.show_refused()

    def pull(self) -> None:
        """Pulls the listings of every connection that has some."""
        self._pull.disable(t("prices.pulling"))
        self.work.pull().finished.connect(lambda: self._pull.disable(""))
