"""Payouts: what the channels should pay and what they paid, by order, by payout, by month. Only what the channels told is
shown; where none tells anything, the page says so and who would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.api.payout_sheet import export_payouts, tells
from app.changes import CONNECTIONS, ORDERS, SETTLEMENTS, ChangeReport
from app.store import ConnectionRow, OrderPayout, PayoutRow
from ui.kit import Action, Burst, Operation, ask, ask_save_file, begin, show_menu, spawn
from ui.pages.payouts_lines import LinesDialog
from ui.pages.payouts_model import COLUMNS, REASONS, SPANS, VIEWS, Asked, PayoutSource, reason_status, totals_words
from ui.services import Page, Services
from ui.tables import DenseTable, WindowedTableModel
from ui.widgets import Button, Chip, CutText, EmptyState, FilterBar, Note, PageHeader, ViewTabs
from ui.words import t, words

PAUSE_MS = 500


class PayoutsPage(Page):
    """`asked` is what is shown, `view` by what."""

    id = "payouts"
    icon_name = "wallet"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.asked, self.view = Asked(), VIEWS[0]
        self.source = PayoutSource(services.store, services.now)
        self.names: dict[int, ConnectionRow] = {}
        self._busy = self._again = False
        self._told_empty: tuple[object, ...] = ()
        self._burst = Burst(lambda _keys: self._look(), PAUSE_MS, self)
        self._build()
        services.actions.add(
            Action("payouts.read", "payouts.page.read", self.read, "arrows-clockwise", scope=self.id),
            Action("payouts.export", "payouts.page.export", self.ask_format, "export", ("Ctrl+Return",), scope=self.id),
        )

    # -- building ----------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("nav.payouts"))
        self.reading = self.header.add_plain(Button(t("payouts.page.read"), icon="arrows-clockwise"))
        self.reading.clicked.connect(self.read)
        self.export = self.header.set_primary(Button(t("payouts.page.export"), "primary", "export", "Ctrl+Return"))
        self.export.clicked.connect(self.ask_format)
        column.addWidget(self.header)
        self.tabs = ViewTabs([(view, t(f"payouts.view.{view}")) for view in VIEWS])
        self.tabs.chosen.connect(self.show_view)
        column.addWidget(self.tabs)
        self.bar = FilterBar(t("payouts.page.search"))
        self.bar.searched.connect(lambda text: self.ask_for(replace(self.asked, search=text.strip())))
        self.narrow = Button(t("payouts.page.filter"), icon="funnel")
        self.narrow.clicked.connect(lambda: self._pop(self.menu()))
        self.bar.layout().insertWidget(1, self.narrow)  # type: ignore[union-attr]
        self.bar.filter_removed.connect(self._drop)
        self.bar.filter_clicked.connect(lambda name: self._pop(self._fill(QMenu(self), name)))
        self.bar.cleared.connect(self._clear)
        column.addWidget(self.bar)
        self.trouble = Note("unhealthy", t("table.failed"), "", (t("common.retry"),))
        self.trouble.button(0).clicked.connect(lambda: self._burst.poke())
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.stack = QStackedWidget()
        self.models: dict[str, WindowedTableModel] = {}
        self.tables: dict[str, DenseTable] = {}
        source = self.source
        ways = {
            "orders": (source.orders, source.count_orders),
            "payouts": (source.payouts, source.count_payouts),
            "months": (source.months, source.count_months),
        }
        for view, (fetch, count) in ways.items():
            self._add_table(view, WindowedTableModel(COLUMNS[view], fetch, count, parent=self))
        column.addWidget(self.stack, 1)
        column.addWidget(self._foot())

    def _add_table(self, view: str, model: WindowedTableModel) -> None:
        model.failed.connect(lambda _error: self.trouble.show())  # the spawner logs it
        model.count_changed.connect(lambda _n: self._show_count())
        model.loaded.connect(lambda _first, _last: self._show_current())
        table = DenseTable(model, t(f"payouts.view.{view}"))
        table.opened.connect(self._open)
        table.current_key_changed.connect(lambda _key: self._show_current())
        self.models[view], self.tables[view] = model, table
        self.stack.addWidget(table)

    def _foot(self) -> QFrame:
        foot = QFrame()
        foot.setProperty("box", "status")
        foot.setMinimumHeight(44)
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 6, 20, 6)
        row.setSpacing(10)
        self.chip = Chip("healthy")
        row.addWidget(self.chip)
        self.sums = CutText("", "body", "text_2")
        self.sums.setToolTip(t("payouts.page.how"))
        row.addWidget(self.sums, 1)
        self.details = Button(t("payouts.page.details"), small=True)
        self.details.clicked.connect(lambda: self._open(self.table.current_key()))
        row.addWidget(self.details)
        self._show_current()
        return foot

    @property
    def table(self) -> DenseTable:
        return self.tables[self.view]

    # -- what the window tells -----------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        if isinstance(request, dict):
            connection, view, search = request.get("connection"), request.get("view"), request.get("search")
            if isinstance(connection, int):
                self.ask_for(replace(self.asked, connection=connection))
            if isinstance(search, str):
                self.bar.search.edit.setText(search)
                self.ask_for(replace(self.asked, search=search.strip()))
            if view in VIEWS:
                self.tabs.set_current(str(view))
                self.show_view(str(view))
        self._burst.poke()
        self.table.setFocus()

    def changed(self, report: ChangeReport) -> None:
        if report.table in (SETTLEMENTS, ORDERS, CONNECTIONS) and self.isVisible():
            self._burst.poke()

    def set_inner_width(self, width: int) -> None:
        self.header.set_narrow(width < 1100)
        self.bar.set_narrow(width < 1400)
        self.bar.set_filters(self._chips())
        for table in self.tables.values():
            table.set_inner_width(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.set_low(self.window().height() < 700)

    # -- loading -------------------------------------------------------------------------------------------------
    def show_view(self, view: str) -> None:
        """By order, by payout or by month."""
        self.view = view
        self.stack.setCurrentWidget(self.table)
        self.table.setFocus()
        self._burst.poke()
        self._show_count()

    def ask_for(self, asked: Asked) -> None:
        """Another filter."""
        if asked == self.asked:
            return
        self.asked = asked
        self.bar.set_filters(self._chips())
        self._burst.poke()

    def _look(self) -> None:
        if self._busy:
            self._again = True
            return
        self._busy = True
        begin(self._refresh(), "payouts")

    async def _refresh(self) -> None:
        try:
            await self._load()
        finally:
            self._busy = False
        if self._again:
            self._again = False
            self._burst.poke()

    async def _load(self) -> None:
        self.names = {row.id: row for row in await self.services.store.connections.list(removed=True)}
        model, asked = self.models[self.view], self.asked
        self._show_who()
        if model.filter != asked:
            model.set_filter(asked)
        await model.refresh()
        now = self.services.now()
        totals = await self.services.store.settlements.order_totals(asked.query(now), now)
        self.sums.setText(totals_words(totals) if self.view == "orders" else "")
        self.trouble.hide()
        self.bar.set_filters(self._chips())
        self._show_count()

    def telling(self) -> list[ConnectionRow]:
        """Connections whose payout lines are read."""
        rows = [row for row in self.names.values() if row.removed_at is None]
        return [row for row in rows if tells(self.services.catalogue, row)]

    def _show_who(self) -> None:
        """The empty state says who tells payouts, or who would."""
        telling = self.telling()
        self.reading.disable("" if telling else t("payouts.page.reads_none"))
        named = tuple(row.name for row in telling)
        state = (named, self.asked.empty)
        if state == self._told_empty:
            return
        self._told_empty = state
        for view, table in self.tables.items():
            table.set_empty(self._empty_state(view, named))

    def _empty_state(self, view: str, named: tuple[str, ...]) -> EmptyState:
        fact, following = t("payouts.page.empty"), t("payouts.page.empty_told", names=", ".join(named))
        way: Button | None = None
        if not self.asked.empty:
            fact, following = t("payouts.page.empty_filter"), t("payouts.page.empty_filter_next")
            way = Button(t("payouts.page.clear"))
            way.clicked.connect(self._clear)
        elif not named:
            catalogue = sorted({one.name for one in self.services.catalogue if "settlements" in one.capabilities})
            following = t("payouts.page.empty_none", names=", ".join(catalogue))
            way = Button(t("connections.add"), icon="plus")
            way.clicked.connect(lambda: self.go.emit("connections", {"view": "catalogue"}))
        elif view == "payouts":
            fact, following = t("payouts.page.empty_payouts"), t("payouts.page.empty_payouts_next")
        return EmptyState("wallet", fact, following, way)

    def _show_count(self) -> None:
        total = self.models[self.view].total
        self.header.set_fact(t(f"payouts.page.fact_{self.view}", count=total))
        self.export.disable("" if total else t("payouts.page.nothing_to_export"))
        self._show_current()

    def _show_current(self) -> None:
        row = self.source.get(self.table.current_key())
        able = isinstance(row, OrderPayout | PayoutRow)
        self.details.disable("" if able else t("payouts.page.choose"))
        self.chip.setVisible(able)
        if isinstance(row, OrderPayout | PayoutRow):
            status = reason_status(row.reason)
            self.chip.set_state(status.state, status.text)

    # -- the filter ----------------------------------------------------------------------------------------------
    def _chips(self) -> list[tuple[str, str, bool]]:
        now = self.asked
        found = [("span", t("payouts.page.span_is", name=t(f"payouts.span.{now.span}")), now.span != Asked().span)]
        if now.connection is not None:
            row = self.names.get(now.connection)
            found.append(("connection", t("payouts.page.connection_is", name=row.name if row else "—"), True))
        if now.reason:
            found.append(("reason", t("payouts.page.reason_is", name=self._reason_words(now.reason)), True))
        return found

    @staticmethod
    def _reason_words(reason: str) -> str:
        return t("payouts.page.odd") if reason == "odd" else reason_status(reason).text or ""

    def _drop(self, name: str) -> None:
        self.ask_for(replace(self.asked, **{name: getattr(Asked(), name)}))

    def _clear(self) -> None:
        self.bar.search.edit.clear()
        self.ask_for(Asked())

    def menu(self) -> QMenu:
        """Everything that can be asked, what is in force ticked."""
        made = QMenu(self)
        for name in ("span", "connection", "reason"):
            self._fill(made.addMenu(t(f"payouts.page.{name}")), name)
        if not self.asked.empty:
            made.addSeparator()
            made.addAction(t("payouts.page.clear")).triggered.connect(self._clear)
        return made

    def _fill(self, menu: QMenu, name: str) -> QMenu:
        choices: list[tuple[object, str]]
        if name == "span":
            choices = [(span, t(f"payouts.span.{span}")) for span in SPANS]
        elif name == "connection":
            choices = [(None, t("common.all")), *((row.id, row.name) for row in self.telling())]
        else:
            choices = [("", t("common.all")), *((one, self._reason_words(one)) for one in ("odd", *REASONS))]
        for value, text in choices:
            action = menu.addAction(text.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(getattr(self.asked, name) == value)
            asked = replace(self.asked, **{name: value})  # type: ignore[arg-type]
            action.triggered.connect(lambda _on=False, a=asked: self.ask_for(a))
        return menu

    def _pop(self, menu: QMenu, under: QWidget | None = None) -> None:
        under = under or self.narrow
        show_menu(menu, under.mapToGlobal(QPoint(0, under.height() + 4)))

    # -- doing ---------------------------------------------------------------------------------------------------
    def read(self) -> Operation | None:
        """Reads the payout lines now, connection by connection."""
        rows = [row for row in self.telling() if not row.paused]
        if not rows:
            return None
        engine = self.services.engine

        async def work(operation: Operation) -> int:
            new = 0
            for place, row in enumerate(rows):
                operation.advance(place, len(rows))
                result = await engine.sync_settlements(row)
                new += result.counts.get("new", 0)
                if result.outcome == "failed" and result.message is not None:
                    self.said.emit("unhealthy", t("payouts.page.reading"), sentence(words(), result.message, row.name))
            operation.advance(len(rows), len(rows))
            operation.report = t("payouts.page.read_done", count=new)
            return new

        return self.services.operations.start(t("payouts.page.reading"), work, total=len(rows))

    def ask_format(self) -> None:
        """Into which kind of sheet."""
        if not self.export.isEnabled():
            return
        menu = QMenu(self)
        for kind in ("xlsx", "csv"):
            action = menu.addAction(t(f"payouts.page.export_{kind}"))
            action.triggered.connect(lambda _on=False, k=kind: spawn(self.take_out(k), "payouts export"))
        self._pop(menu, self.export)

    async def take_out(self, kind: str) -> Operation | None:
        """What the filter lets through, into a sheet where the person says."""
        name = f"{t('payouts.page.file_name')}-{self.services.now().astimezone():%Y%m%d}.{kind}"
        path = await ask_save_file(self, t("payouts.page.export_title"), name, (t(f"payouts.page.{kind}_files"),))
        if path is None:
            return None
        return self.write(path if path.suffix else path.with_suffix(f".{kind}"))

    def write(self, path: Path) -> Operation:
        """Writes the sheet as one operation."""
        services, view = self.services, self.view
        now = services.now()
        query = self.asked.query(now)

        async def work(operation: Operation) -> int:
            executor = services.worker.executor()
            count = await export_payouts(services.store, query, path, words(), now, view=view, executor=executor)
            operation.report = t("payouts.exported", count=count, path=path.name)
            return count

        return services.operations.start(t("payouts.page.exporting"), work, note=path.name)

    def _open(self, key: object) -> None:
        row = self.source.get(key)
        if isinstance(row, OrderPayout | PayoutRow):
            spawn(self._show_lines(row), "payout lines")

    async def _show_lines(self, row: OrderPayout | PayoutRow) -> None:
        dialog = LinesDialog(self, row, await self.source.lines_of(row))
        try:
            await ask(dialog)
        finally:
            dialog.deleteLater()
