"""Parcels: what waits for its carrier, what is on its way, what came to its end or got stuck, with the way of the chosen one.
What must never happen: a parcel called off or sent again without the person having been asked."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.changes import CONNECTIONS, OUTBOX, ChangeReport
from app.shipping import PARCELS
from app.store import ParcelRow
from ui.kit import Action, Burst, Operation, begin
from ui.pages.parcels_detail import ParcelPane
from ui.pages.parcels_model import COLUMNS, TONES, VIEWS, Asked, ParcelSource, may_cancel, may_print, may_repeat
from ui.pages.ship_work import ShipWork
from ui.services import Page, Services
from ui.tables import DenseTable, WindowedTableModel
from ui.widgets import Button, EmptyState, FilterBar, Note, PageHeader, ViewTabs, line
from ui.words import t

_PANE, _SMALL = 340, 900
_TABLES = {PARCELS: "rows", OUTBOX: "rows", CONNECTIONS: "connections"}


class ParcelsPage(Page):
    """Requests it understands: "id" (a parcel), "search", "connection", "view" (one of the tabs)."""

    id = "parcels"
    icon_name = "truck"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self._stale: set[str] = {"all"}
        self._wanted: int | None = None
        self._width = 1400
        self.asked = Asked()
        self.source = ParcelSource(services.store, services.now)
        self.work = ShipWork(services, self, self.said.emit)
        self.model = WindowedTableModel(COLUMNS, self.source.fetch, self.source.count, parent=self)
        self.model.filter = self.asked
        self.table = DenseTable(self.model, t("nav.parcels"))
        self.header = PageHeader(t("nav.parcels"), t("common.loading"))
        self.track_button = self.header.set_primary(Button(t("parcels.page.track"), "primary", "arrows-clockwise"))
        self.tabs = ViewTabs([(view, t(f"parcels.view.{view}")) for view in VIEWS])
        self.bar = FilterBar(t("parcels.page.search"))
        self.trouble = Note("unhealthy", t("table.failed"), t("error.task_hint"), (t("common.retry"),))
        self.pane = ParcelPane()
        self._lay_out()
        self._burst = Burst(lambda keys: begin(self._refresh(keys), "parcels refresh"), 250, self)
        self._details = Burst(lambda _keys: begin(self._load_detail(), "parcel detail"), 60, self)
        self._connect()
        self._add_actions()
        self._fill_empty(0)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        notes = QVBoxLayout()
        notes.setContentsMargins(20, 0, 20, 0)
        self.trouble.hide()
        notes.addWidget(self.trouble)
        column.addLayout(notes)
        column.addWidget(self.tabs)
        column.addWidget(line("line"))
        column.addWidget(self.bar)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.table, 1)
        self._divider = line("vline")
        row.addWidget(self._divider)
        self.pane.setFixedWidth(_PANE)
        row.addWidget(self.pane)
        column.addWidget(body, 1)

    def _connect(self) -> None:
        self.track_button.clicked.connect(lambda: self.track_now())
        self.tabs.chosen.connect(lambda view: self.ask_for(replace(self.asked, view=view)))
        self.bar.searched.connect(lambda text: self.ask_for(replace(self.asked, search=text.strip())))
        self.bar.filter_removed.connect(lambda _name: self.ask_for(replace(self.asked, connection=None)))
        self.trouble.button(0).clicked.connect(lambda: begin(self._refresh(frozenset({"all"})), "parcels refresh"))
        self.model.failed.connect(lambda _error: self.trouble.show())
        self.model.modelReset.connect(self._first_row)
        self.model.refreshed.connect(self._refreshed)
        self.table.current_key_changed.connect(lambda _key: self._details.poke())
        self.table.opened.connect(lambda _key: self.table.setFocus())
        self.pane.cancel_asked.connect(self.cancel_current)
        self.pane.print_asked.connect(self.print_current)
        self.pane.again_asked.connect(self.repeat_current)
        self.pane.page_asked.connect(lambda: begin(self._open_way(), "carrier's page"))
        self.pane.orders_asked.connect(lambda: begin(self._show_order(), "order of parcel"))

    def _add_actions(self) -> None:
        actions = self.services.actions
        made = (
            Action("parcels.search", "parcels.action.search", self._focus_search, "magnifying-glass", ("Ctrl+F",), "parcels"),
            Action("parcels.track", "parcels.action.track", lambda: self.track_now(), "arrows-clockwise", (), "parcels"),
            Action("parcels.print", "parcels.action.reprint", self.print_current, "printer", ("L",), "parcels"),
            Action("parcels.cancel", "parcels.action.cancel", self.cancel_current, "prohibit", (), "parcels"),
            Action("parcels.again", "parcels.action.again", self.repeat_current, "pencil-simple", (), "parcels"),
        )  # fmt: skip
        for action in made:
            if action.id in actions:
                actions.remove(action.id)  # of a page that was built in another language
        actions.add(*made)
        single = actions.qaction("parcels.print")  # a bare letter is a key of the list alone
        single.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.table.addAction(single)

    # -- what the window tells ---------------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        if isinstance(request, dict):
            view, search, connection = request.get("view"), request.get("search"), request.get("connection")
            asked = self.asked
            asked = replace(asked, view=view) if view in VIEWS else asked
            asked = replace(asked, search=search) if isinstance(search, str) else asked
            asked = replace(asked, connection=connection) if isinstance(connection, int) else asked
            if isinstance(request.get("id"), int):
                self._wanted = request["id"]
                asked = Asked("all")
            self.ask_for(asked)
        stale, self._stale = frozenset(self._stale), set()
        if stale:
            begin(self._refresh(stale), "parcels refresh")
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

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
        self.header.set_narrow(width < 1100)
        self.bar.set_narrow(width < 1400)
        self.pane.setVisible(width >= _SMALL)
        self._divider.setVisible(width >= _SMALL)
        self.table.set_inner_width(width)

    # -- loading -------------------------------------------------------------------------------------------------------
    def ask_for(self, asked: Asked) -> None:
        """Another view, search or carrier."""
        if asked == self.asked:
            return
        self.asked = asked
        self.tabs.set_current(asked.view)
        if self.bar.search.edit.text().strip() != asked.search:
            self.bar.search.edit.setText(asked.search)
        self._show_filter()
        self.trouble.hide()
        self.model.set_filter(asked)

    async def _refresh(self, keys: frozenset[Hashable]) -> None:
        if keys & {"all", "connections"} or not self.source.names:
            await self.source.learn()
            self._show_filter()
        self.trouble.hide()
        await self.model.refresh()
        counts = await self.source.counts()
        for view, count in counts.items():
            self.tabs.set_count(view, count or None, TONES.get(view, "") if count else "")
        self.header.set_fact(t("parcels.page.fact", count=counts["all"]))
        self._fill_empty(counts["all"])

    def _show_filter(self) -> None:
        row = self.source.names.get(self.asked.connection) if self.asked.connection is not None else None
        self.bar.set_filters([("connection", row.name, True)] if row is not None else [])

    def _fill_empty(self, everything: int) -> None:
        if everything:
            self.table.set_empty(EmptyState("truck", t("parcels.page.empty_view"), t("parcels.page.empty_view_next")))
            return
        go = Button(t("parcels.page.to_orders"), "primary")
        go.clicked.connect(lambda: self.go.emit("orders", None))
        self.table.set_empty(EmptyState("truck", t("parcels.page.empty"), t("parcels.page.empty_next"), primary=go))

    def _first_row(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None and self.table.set_current_key(wanted):
            return
        if self.model.total:
            self.table.setCurrentIndex(self.model.index(0, self.model.offset))
        self._details.poke()

    def _refreshed(self) -> None:
        """Rows came to an empty list: the first is the current one. Else only the details may have changed."""
        if self.table.currentIndex().isValid():
            self._details.poke()
        else:
            self._first_row()

    def current(self) -> ParcelRow | None:
        """The parcel that the keyboard stands on."""
        return self.source.get(self.table.current_key())

    async def _load_detail(self) -> None:
        key = self.table.current_key()
        if not isinstance(key, int) or not self.model.total:
            self.pane.show_nothing()
            return
        detail = await self.services.store.parcels.detail(key)
        if detail is not None and key == self.table.current_key():
            self.source.known[key] = detail.row
            self.pane.show_parcel(detail, self.services.now().astimezone())

    # -- doing -----------------------------------------------------------------------------------------------------------
    def track_now(self) -> Operation:
        """Ask every carrier that can be asked."""

        async def work(op: Operation) -> None:
            rows = [
                row
                for row in await self.services.store.connections.list()
                if self._tracks(row.integration, row.switches)
            ]
            for done, row in enumerate(rows):
                op.advance(done, len(rows), row.name)
                await self.services.engine.track(row)
            op.advance(len(rows), max(1, len(rows)))

        return self.services.operations.start(t("parcels.page.tracking_title"), work)

    def _tracks(self, integration: str, switches: dict[str, bool]) -> bool:
        return "tracking" in self.services.catalogue.manifest(integration).capabilities and switches.get(
            "tracking", True
        )

    def cancel_current(self) -> None:
        row = self.current()
        if row is not None and may_cancel(row):
            begin(self.work.cancel(row), "cancel parcel")

    def print_current(self) -> None:
        row = self.current()
        if row is not None and may_print(row):
            begin(self.work.labels([row]), "parcel label")

    def repeat_current(self) -> None:
        row = self.current()
        if row is not None and may_repeat(row):
            begin(self.work.again(row), "send parcel again")

    async def _open_way(self) -> None:
        row = self.current()
        if row is not None and row.tracking_url.startswith("https://"):
            QDesktopServices.openUrl(QUrl(row.tracking_url))

    async def _show_order(self) -> None:
        row = self.current()
        detail = await self.services.store.parcels.detail(row.id) if row is not None else None
        if detail is not None and detail.orders:
            self.go.emit("orders", {"id": detail.orders[0], "view": "all"})

    def _focus_search(self) -> None:
        self.bar.search.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.edit.selectAll()
