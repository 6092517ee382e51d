"""Orders of all channels in one dense table, with the chosen one beside it. Ticked rows, or the current one, are what every
action means. What must never happen: a label printed for an order that the person did not see, or a place lost by a pull."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.changes import ATTENTION, CONNECTIONS, JOBS, ORDERS, PRINTS, ChangeReport
from app.printing.documents import Kind as DocumentKind
from app.store import AttentionRow, LocalState
from ui.kit import Burst, Operation, OpState, ask, begin, show_menu
from ui.pages.buyer_dialog import show_buyers
from ui.pages.orders_actions import MENU, add_actions
from ui.pages.orders_attention import AttentionDialog
from ui.pages.orders_bundles import BundleWork
from ui.pages.orders_detail import DetailPane
from ui.pages.orders_detail_data import detail_of
from ui.pages.orders_documents import DocumentDesk
from ui.pages.orders_filters import OrderFilters
from ui.pages.orders_frame import Foot, NoOrders, OrdersTable, sum_up
from ui.pages.orders_import import ImportWork
from ui.pages.orders_model import COLUMNS, VIEWS, OrderFilter, OrdersSource, default_sort, requested
from ui.pages.orders_work import OrderWork
from ui.pages.ship_work import ShipWork
from ui.services import Page, Services
from ui.tables import WindowedTableModel
from ui.widgets import Button, IconButton, Note, PageHeader, ToastHost, ViewTabs, line
from ui.words import figures, t

_SMALL = 900
_PANE = 340
_ANY = 16_777_215  # Qt's own "no limit"
_SUMMED = 500  # ticked rows that are added up
_STREAM = "orders"
_TABLES = {
    ORDERS: "rows", PRINTS: "detail", CONNECTIONS: "connections", JOBS: "as_of", ATTENTION: "attention",
}  # fmt: skip


class OrdersPage(Page):
    """Requests it understands (see `ui.pages`): "id", "connection", "search", "view" (a tab, or late, today, unprinted,
    cancel_asked)."""

    id = "orders"
    icon_name = "receipt"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self._stale: set[str] = {"all"}
        self._unreadable: list[AttentionRow] = []
        self._all_orders = 0
        self._width = 1400
        self._open, self._open_small = True, False
        self._open_first: int | None = None
        self._wanted: int | None = None  # the order that the pane shows, or will show
        self.toasts = ToastHost(self)
        self.desk = DocumentDesk(services, self, self.toasts, self.said.emit)
        self.work = OrderWork(services, self.toasts, self.said.emit)
        self.shipping = ShipWork(services, self, self.said.emit)
        self.bundles = BundleWork(services, self, self.toasts, self.said.emit)
        self.importing = ImportWork(services, self, self.said.emit)
        self.source = OrdersSource(services.store, services.now)
        self.model = WindowedTableModel(COLUMNS, self.source.fetch, self.source.count, ticks=True)
        self.model.filter = OrderFilter()
        self.model.sorting = default_sort("to_ship")
        self.table = OrdersTable(self.model, t("nav.orders"))
        self.empty = NoOrders(self._fill_empty)
        self.table.set_empty(self.empty)
        self.header = PageHeader(t("nav.orders"), t("common.loading"))
        self.print_button = Button(t("orders.print", count=0), "primary", "printer", "Ctrl+P")
        self.print_button.clicked.connect(lambda: self._print("label"))
        self.header.set_primary(self.print_button)
        self.header.add_plain(Button(t("parcels.action.ship"), icon="truck")).clicked.connect(lambda: self._ship())
        self.more = IconButton("dots-three", t("common.more"))
        self.more.clicked.connect(self._more)
        self.header.add_plain(self.more)
        self.tabs = ViewTabs([(view, t(f"orders.view.{view}")) for view in VIEWS])
        self.filters = OrderFilters()
        self.pane = DetailPane()
        self.foot = Foot()
        self.attention = Note("degraded", "", "", (t("common.show"),))
        self.trouble = Note("unhealthy", t("table.failed"), t("error.task_hint"), (t("common.retry"),))
        self._lay_out()
        self._burst = Burst(self._refresh, 250, self)
        self._sums = Burst(lambda _keys: begin(self._sum_up(), "orders sums"), 120, self)
        self._details = Burst(lambda _keys: begin(self._load_detail(), "order detail"), 60, self)
        self._connect()
        self._add_actions()
        self._update_primary()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        notes = QVBoxLayout()
        notes.setContentsMargins(20, 0, 20, 0)
        for note in (self.attention, self.trouble):
            note.hide()
            notes.addWidget(note)
        column.addLayout(notes)
        column.addWidget(self.tabs)
        column.addWidget(line("line"))
        column.addWidget(self.filters)
        self._rule = line("line")
        column.addWidget(self._rule)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.table, 1)
        self._divider = line("vline")
        row.addWidget(self._divider)
        row.addWidget(self.pane)
        column.addWidget(body, 1)
        column.addWidget(self.foot)

    def _connect(self) -> None:
        self.tabs.chosen.connect(lambda view: self.filters.ask(self.filters.filter.with_view(view)))
        self.filters.changed.connect(self._filter_changed)
        self.model.ticks_changed.connect(self._ticked)
        self.model.count_changed.connect(lambda _n: self._show_count())
        self.model.modelReset.connect(self._first_row)
        self.model.refreshed.connect(self._follow)
        self.model.failed.connect(lambda _error: self.trouble.show())
        self.table.current_key_changed.connect(self._current)
        self.table.opened.connect(lambda _key: self.open_pane())
        self.pane.closed.connect(self.close_pane)
        self.pane.packed_asked.connect(lambda: self._mark(LocalState.PACKED, self._shown_id()))
        self.pane.label_asked.connect(lambda: self._print("label", self._shown_id()))
        self.pane.again_asked.connect(self._again)
        self.pane.buyer_asked.connect(lambda order: begin(show_buyers(self, self.services, order), "buyer's data"))
        self.pane.noted.connect(lambda order, text: begin(self._keep_note(order, text), "order note"))
        self.pane.document_asked.connect(self.desk.show_file)
        self.pane.combine_asked.connect(lambda ids: begin(self.bundles.combine(ids), "combine orders"))
        self.pane.separate_asked.connect(lambda order: begin(self.bundles.separate([order]), "separate orders"))
        self.pane.invoice_asked.connect(lambda order: begin(self.bundles.invoice(order), "invoice link"))
        self.attention.button(0).clicked.connect(lambda: begin(self._show_unreadable(), "unreadable orders"))
        self.trouble.button(0).clicked.connect(lambda: self._refresh(frozenset({"all"})))

    def _add_actions(self) -> None:
        runs = {
            "search": self._focus_search, "print": lambda: self._print("label"), "slip": lambda: self._print("slip"),
            "print_file": lambda: self._print("label", choose=True), "label": lambda: self._print("label", self._current_id()),
            "packed": lambda: self._mark(LocalState.PACKED), "picked": lambda: self._mark(LocalState.PICKED), "ship": self._ship,
            "again": self._again, "import": lambda: begin(self.importing.run(), "import orders"),
            "combine": lambda: begin(self._on_chosen(self.bundles.combine), "combine orders"),
            "separate": lambda: begin(self._on_chosen(self.bundles.separate), "separate orders"),
            "split": lambda: self._on_one(self.bundles.split), "invoice": lambda: self._on_one(self.bundles.invoice),
        }  # fmt: skip
        add_actions(self.services.actions, runs, self.table)

    # -- what the window tells ---------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        if isinstance(request, dict):
            self._take(request)
        stale, self._stale = frozenset(self._stale), set()
        if stale:
            self._refresh(stale)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take(self, request: Mapping[str, Any]) -> None:
        wanted, order = requested(request), request.get("id")
        same = wanted == self.filters.filter
        if isinstance(order, int):
            self._open_first = None if same and self.table.set_current_key(order) else order
            self.open_pane()
            begin(self._load_detail(order), "order detail")
        self.filters.ask(wanted)

    def changed(self, report: ChangeReport) -> None:
        key = _TABLES.get(report.table)
        if key is None:
            return
        if self.isVisible():
            self._burst.poke(key)
        else:
            self._stale.add(key)

    def set_inner_width(self, width: int) -> None:
        self._width = width
        self.table.set_inner_width(width)
        self.header.set_narrow(width < 1100)
        self.filters.set_narrow(width < 1400)
        self.filters.move_search(self.header if width < 1100 else None)
        self._rule.setVisible(not self.filters.isHidden())
        self.foot.show_hints(width >= 1100)
        self._arrange()

    # -- loading -----------------------------------------------------------------------------------------------
    def _refresh(self, keys: frozenset[Hashable]) -> None:
        begin(self._refresh_now(keys), "orders refresh")

    async def _refresh_now(self, keys: frozenset[Hashable]) -> None:
        everything = "all" in keys
        if everything or "connections" in keys or not self.source.connections:
            await self.source.learn_connections()
            living = {row.id: row.name for row in self.source.connections.values() if row.removed_at is None}
            self.filters.set_channels(living)
        if everything or keys & {"rows", "connections"}:
            self.trouble.hide()
            await self.model.refresh()
            await self._count_views()
        if everything or keys & {"attention", "rows"}:
            await self._count_unreadable()
        await self._show_as_of()
        if not everything and keys & {"rows", "detail"}:
            await self._load_detail(self._wanted)

    async def _count_views(self) -> None:
        counts = await self.source.view_counts()
        for view, count in counts.items():
            self.tabs.set_count(view, count)
        self._all_orders = counts["all"]
        self._show_count()

    async def _count_unreadable(self) -> None:
        rows = await self.services.store.attention.list()
        self._unreadable = [row for row in rows if row.stream == _STREAM]
        count = len(self._unreadable)
        words = " ".join((t("orders.unreadable.note", count=count), t("orders.unreadable.note_hint")))
        self.attention.set_words("", words)
        self.attention.setVisible(count > 0)

    async def _show_as_of(self) -> None:
        oldest, each = await self.source.as_of(self.filters.filter.connection_id)
        now = self.source.zone_now()

        def words(at: datetime) -> str:
            return t("common.as_of", time=figures().when(at.astimezone(now.tzinfo), now))

        self.header.set_fact(words(oldest) if oldest is not None else t("orders.as_of_never"))
        self.header.setToolTip("\n".join(f"{name}: {words(at)}" for name, at in each.items()))

    def _filter_changed(self) -> None:
        wanted = self.filters.filter
        if wanted.view != self.model.filter.view:
            self.model.sorting = default_sort(wanted.view)
        self.tabs.set_current(wanted.view)
        self._rule.setVisible(not self.filters.isHidden())
        self.trouble.hide()
        self.model.set_filter(wanted)
        begin(self._show_as_of(), "orders as of")

    def _show_count(self) -> None:
        self.foot.show_count(self.model.total, self._all_orders)
        living = sum(1 for row in self.source.connections.values() if row.removed_at is None)
        self.empty.explain(self.filters.filter, living, self._all_orders)

    def _fill_empty(self, kind: str) -> None:
        if kind == "no_connection":
            self.go.emit("connections", None)
        elif kind == "filtered":
            self.filters.ask(OrderFilter(self.filters.filter.view))
        else:
            self.filters.ask(OrderFilter("all"))

    # -- the current order -------------------------------------------------------------------------------------
    def _current_id(self) -> int | None:
        key = self.table.current_key()
        return key if isinstance(key, int) else None

    def _shown_id(self) -> int | None:
        return self.pane.order_id

    def _first_row(self) -> None:
        """After another filter or order of rows: the order that another page asked for, else the first one."""
        wanted, self._open_first = self._open_first, None
        if wanted is not None:
            self.table.set_current_key(wanted)  # when it stands further down the pane shows it all the same
        elif self.model.total:
            self.table.setCurrentIndex(self.model.index(0, self.model.offset))
        else:
            self._current(None)

    def _follow(self) -> None:
        """After a refresh another order may stand in the current row."""
        if self._current_id() != self.pane.order_id:
            self._current(self._current_id())

    def _current(self, key: Hashable) -> None:
        self._update_primary()
        if key is None and not self.model.total:
            self._wanted = None
            self.pane.show_nothing()
            return
        self._details.poke()

    async def _load_detail(self, order_id: int | None = None) -> None:
        wanted = self._current_id() if order_id is None else order_id
        if wanted is None or not self.pane_open:
            return
        self._wanted = wanted
        stored = await self.services.store.orders.get(wanted)
        if stored is None:
            return
        as_of, _ = await self.source.as_of(stored.connection_id)
        row = self.source.connections.get(stored.connection_id)
        detail = await detail_of(self.services.store, stored, row, as_of, self.source.zone_now())
        mates = await self.bundles.mates(stored) if not detail.bundles else []
        if wanted != self._wanted:
            return  # the person walked on
        if self.bundles.service.can(row, "invoice_links"):
            detail = replace(detail, can_link=True)
        self.pane.show_order(detail)
        if mates:
            self.pane.offer(wanted, mates)

    @property
    def pane_open(self) -> bool:
        """Whether an order is shown in full."""
        return self._open_small if self._width < _SMALL else self._open

    def open_pane(self) -> None:
        """Shows the current order in full."""
        self._open = self._open_small = True
        self._arrange()
        begin(self._load_detail(), "order detail")

    def close_pane(self) -> None:
        """The list alone."""
        self.pane.keep_note()
        self._open_small = False
        if self._width >= _SMALL:
            self._open = False
        self._arrange()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _arrange(self) -> None:
        """Under 900 px the order stands in place of the list."""
        small, there = self._width < _SMALL, self.pane_open
        self.pane.setMinimumWidth(0 if small else _PANE)
        self.pane.setMaximumWidth(_ANY if small else _PANE)
        self.pane.setVisible(there)
        self.table.setVisible(not (small and there))
        self._divider.setVisible(there and not small)

    # -- doing -------------------------------------------------------------------------------------------------
    async def chosen_ids(self) -> list[int]:
        """What an action means: the ticked orders in the order of the screen, else the current one."""
        if not self.model.tick_count:
            current = self._current_id()
            return [] if current is None else [current]
        ids = [row[0] for row in await self.model.ticked_rows()]
        if not self.model.ticks.all and len(ids) < self.model.tick_count:
            for gone in self.model.ticks.odd.difference(ids):  # left the view since they were ticked
                self.model.ticks.put(gone, False)
            self.model.ticks_changed.emit()
        return ids

    def _print(self, kind: DocumentKind, order_id: int | None = None, *, choose: bool = False) -> None:
        async def work() -> None:
            ids = await self.chosen_ids() if order_id is None else [order_id]
            operation = await self.desk.make(ids, kind, choose=choose)
            if operation is not None and order_id is None and self.filters.filter.unprinted:
                operation.finished.connect(lambda: self._untick(operation))

        begin(work(), "print orders")

    def _untick(self, operation: Operation) -> None:
        if operation.state is OpState.DONE:
            self.model.tick_all(False)

    def _mark(self, state: LocalState, order_id: int | None = None) -> None:
        async def work() -> None:
            ids = await self.chosen_ids() if order_id is None else [order_id]
            done = await self.work.mark(ids, state)
            if done and order_id is None and self.filters.filter.view == "new":
                self.model.tick_all(False)  # they leave this view

        begin(work(), "mark orders")

    def _ship(self) -> None:
        async def work() -> None:
            await self.shipping.ship(await self.chosen_ids())

        begin(work(), "ship orders")

    async def _on_chosen(self, work: Callable[[list[int]], Awaitable[object]]) -> None:
        await work(await self.chosen_ids())

    def _on_one(self, work: Callable[[int], Coroutine[Any, Any, object]]) -> None:
        if (order := self._shown_id() if self.pane_open else self._current_id()) is not None:
            begin(work(order), "order in full")

    def _again(self) -> None:
        self._on_one(self.work.fetch_again)

    async def _keep_note(self, order_id: int, text: str) -> None:
        if await self.work.write_note(order_id, text):
            self.said.emit("healthy", t("orders.note.saved"), "")

    async def _show_unreadable(self) -> None:
        names = {row.id: row.name for row in self.source.connections.values()}
        dialog = AttentionDialog(self, self._unreadable, names, self.work.resolve)
        try:
            await ask(dialog)
        finally:
            dialog.deleteLater()

    def _more(self) -> None:
        menu = self.services.actions.menu(MENU, self)
        show_menu(menu, self.more.mapToGlobal(QPoint(0, self.more.height() + 4)))

    def _focus_search(self) -> None:
        self.filters.search.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filters.search.edit.selectAll()

    def _ticked(self) -> None:
        self._update_primary()
        self._sums.poke()

    async def _sum_up(self) -> None:
        count = self.model.tick_count
        sums = sum_up(await self.model.ticked_rows()) if 0 < count <= _SUMMED else ""
        self.foot.show_ticked(self.model.tick_count, sums)

    def _update_primary(self) -> None:
        count = self.model.tick_count or (1 if self._current_id() is not None else 0)
        self.print_button.setText(t("orders.print", count=count))
        self.print_button.disable("" if count else t("orders.print_none"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._escape():
            return
        if event.key() == Qt.Key.Key_Down and self.filters.search.edit.hasFocus():
            self.table.setFocus(Qt.FocusReason.TabFocusReason)
            return
        super().keyPressEvent(event)

    def _escape(self) -> bool:
        """One step back: out of the search, the ticks, the order."""
        steps: tuple[tuple[bool, Callable[[], Any]], ...] = (
            (self.filters.search.edit.hasFocus(), self.table.setFocus),
            (self._width < 900 and self.pane_open, self.close_pane),
            (self.model.tick_count > 0, lambda: self.model.tick_all(False)),
            (self.pane_open, self.close_pane),
        )
        for holds, run in steps:
            if holds:
                run()
                return True
        return False
