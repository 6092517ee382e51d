"""The merchant's own stock: on hand, reserved, buffer, available, and what each channel shows of it. Counts are edited in the cell; a
zero is asked about first, for it takes a product off sale everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.changes import LISTINGS, OUTBOX, ChangeReport
from app.formats.numbers import read_whole
from app.model.stock import MOST
from app.store import ChannelStock, Count, StockQuery, StockRow, StoreError
from ui.kit import ACCEPTED, Burst, Step, ask, begin, spawn
from ui.pages.stock_rules import RulesDialog
from ui.services import Services
from ui.tables import Column, DenseTable, Kind, Tinted, WindowedTableModel
from ui.widgets import Button, DialogFrame, EmptyState, FilterBar, FormField, Note, PageHeader, ViewTabs
from ui.widgets.base import line
from ui.words import figures, t, words

VIEWS = ("all", "low", "short")
LOW = 2  # as the alert rule has it until the merchant says otherwise
SHOWN = 6  # channels that a cell names
COLUMNS = (
    Column("sku", "stock.page.sku", Kind.CODE, 1, width=150),
    Column("title", "stock.page.name", Kind.STRONG, 2, width=220, sortable=False),
    Column("on_hand", "stock.page.on_hand", Kind.NUMBER, 1, width=90, editable=True),
    Column("reserved", "stock.page.reserved", Kind.NUMBER, 1, width=90),
    Column("buffer", "stock.page.buffer", Kind.NUMBER, 2, width=90, editable=True),
    Column("available", "stock.page.available", Kind.NUMBER, 1, width=100),
    Column("lacking", "stock.page.lacking", Kind.NUMBER, 2, width=90),
    Column("channels", "stock.page.channels", Kind.TEXT, 3, width=320, sortable=False),
)


def whole(text: str) -> int | None:
    """Pieces as they are typed; None for what is no whole number of zero or more."""
    found = read_whole(text.strip()).value
    return int(found) if found is not None and 0 <= found <= MOST and found == int(found) else None


def shows(channels: Sequence[ChannelStock]) -> str:
    """ "Trendyol: 3 · N11: 5 → 4"."""
    parts = []
    for one in channels[:SHOWN]:
        value = t("common.no_value") if one.shows is None else figures().number(one.shows)
        key = "stock.page.shows" if one.shows == one.should or not one.told else "stock.page.shows_not"
        parts.append(t(key, name=one.channel, shows=value, should=figures().number(one.should)))
    return " · ".join((*parts, "…") if len(channels) > SHOWN else parts)


def cells(row: StockRow, channels: Sequence[ChannelStock]) -> tuple[Any, ...]:
    """A row of the table; its key is the SKU."""
    low = row.available <= (LOW if row.low_at is None else row.low_at)
    return (
        row.sku, row.sku, row.title, row.on_hand, row.reserved, row.buffer,
        Tinted(row.available, "down_text") if low else row.available,
        Tinted(row.lacking, "down_text") if row.lacking else row.lacking, shows(channels),
    )  # fmt: skip


class StockView(QWidget):
    """`StockView(services, say)`: `show_all()`, `changed()`. Signal `left()` (back to the prices)."""

    left = Signal()

    def __init__(self, services: Services, say: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._say, self._view, self._search = services, say, "all", ""
        self._burst = Burst(self._poked, 250, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("stock.page.title"), t("common.loading"))
        back = self.header.add_plain(Button(t("stock.page.back"), icon="arrow-left", key="Esc"))
        back.clicked.connect(self.left)
        self.rules_button = self.header.add_plain(Button(t("stock.page.rules"), icon="sliders-horizontal"))
        self.rules_button.clicked.connect(lambda: spawn(self.edit_rules(), "stock rules"))
        column.addWidget(self.header)
        self.tabs = ViewTabs([(view, t(f"stock.page.{view}")) for view in VIEWS])
        self.tabs.chosen.connect(self._choose)
        column.addWidget(self.tabs)
        column.addWidget(line("line"))
        self.bar = FilterBar(t("stock.page.search"))
        self.bar.searched.connect(self._find)
        self.add_button = Button(t("stock.page.add"), icon="plus")
        self.add_button.clicked.connect(lambda: spawn(self.add_sku(), "stock add"))
        self.bar.end.addWidget(self.add_button)
        column.addWidget(self.bar)
        self.trouble = Note("unhealthy", t("table.failed"), "", (t("common.retry"),))
        self.trouble.button(0).clicked.connect(self.changed)
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.model = WindowedTableModel(COLUMNS, self._fetch, self._count, parent=self)
        self.model.failed.connect(self._failed)
        self.table = DenseTable(self.model, t("stock.page.title"))
        self.table.edited.connect(lambda key, name, text: spawn(self.commit(str(key), name, text), "stock edit"))
        self.table.set_empty(EmptyState("package", t("stock.page.empty"), t("stock.page.empty_next")))
        column.addWidget(self.table, 1)

    def set_inner_width(self, width: int) -> None:
        """The window's inner width."""
        self.table.set_inner_width(width)
        self.header.set_narrow(width < 1100)
        self.bar.set_narrow(width < 1400)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back."""
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    # -- data ----------------------------------------------------------------------------------------------------
    def show_all(self) -> None:
        """Loads, with the keyboard in the table."""
        spawn(self._load(), "stock load")

    async def _load(self) -> None:
        await self.model.reload()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def changed(self) -> None:
        """Something of it was written elsewhere."""
        self._burst.poke(LISTINGS)

    def _poked(self, _keys: frozenset[Any]) -> None:
        begin(self._refresh(), "stock refresh")

    async def _refresh(self) -> None:
        if self.model.ready:
            await self.model.refresh()

    def _choose(self, view: str) -> None:
        self._view = view
        spawn(self.model.reload(), "stock view")

    def _find(self, text: str) -> None:
        self._search = text.strip()
        spawn(self.model.reload(), "stock search")

    def _query(self, view: str) -> StockQuery:
        return StockQuery(self._search, LOW if view == "low" else None, view == "short")

    async def _count(self, _filter: Any) -> int:
        counts = {view: await self._services.store.stock.total(self._query(view)) for view in VIEWS}
        for view, count in counts.items():
            self.tabs.set_count(view, count, "unhealthy" if view == "short" and count else "")
        self.header.set_fact(t("stock.page.fact", count=counts["all"]))
        self.trouble.hide()
        return counts[self._view]

    async def _fetch(self, offset: int, limit: int, sort: Any, _filter: Any) -> Sequence[tuple[Any, ...]]:
        base = self._query(self._view)
        key, descending = sort if sort else ("sku", False)
        query = StockQuery(base.search, base.low, base.lacking, key, descending, offset, limit)
        rows = await self._services.store.stock.rows(query)
        found: dict[str, list[ChannelStock]] = {}
        for one in await self._services.store.stock.channels([row.sku for row in rows]):
            found.setdefault(one.sku, []).append(one)
        return [cells(row, found.get(row.sku, ())) for row in rows]

    def _failed(self, error: object) -> None:
        text = sentence(words(), error.message) if isinstance(error, StoreError) else t("error.task_hint")
        self.trouble.set_words(t("table.failed"), text)
        self.trouble.show()

    # -- changes -------------------------------------------------------------------------------------------------
    async def commit(self, sku: str, column: str, text: str) -> None:
        """Takes what was typed into a cell."""
        if not text.strip():
            return  # a blank is no change
        value, row = whole(text), await self._services.store.stock.get(sku)
        if value is None:
            self._say("unhealthy", t("stock.page.bad", text=text), "")
            return
        if row is None or value == getattr(row, column):
            return
        if column == "on_hand" and value == 0 and not await self._zero(sku):
            return
        new = Count(sku, value) if column == "on_hand" else Count(sku, buffer=value)
        old = Count(sku, row.on_hand) if column == "on_hand" else Count(sku, buffer=row.buffer)
        if await self._put(new):
            self._services.undo.push(Step(t("stock.page.title"), lambda: self._put(old), lambda: self._put(new)))

    async def _zero(self, sku: str) -> bool:
        asked = (t("stock.page.zero_ask", sku=sku), t("stock.page.zero_text"), t("stock.page.zero_yes"))
        dialog = DialogFrame(self, *asked, kind="danger")
        try:
            return await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()

    async def _put(self, count: Count) -> bool:
        try:
            queued = await self._services.store.stock.put([count])
        except StoreError as error:
            self._say("unhealthy", sentence(words(), error.message), "")
            return False
        row = await self._services.store.stock.get(count.sku)
        if row is not None:
            self._say("healthy", t("stock.page.saved", sku=row.sku, count=row.on_hand), "")
        self._told(queued)
        return True

    def _told(self, queued: dict[int, int]) -> None:
        self._services.changes.publish(ChangeReport(LISTINGS, source="user"))
        if queued:
            self._services.changes.publish(ChangeReport(OUTBOX, source="user"))
        scheduler = self._services.engine.scheduler
        if scheduler is not None:
            for connection_id in queued:
                scheduler.hurry("send", connection_id)

    async def add_sku(self) -> None:
        """A dialog for one more SKU and what lies there of it."""
        dialog = AddDialog(self)
        try:
            if await ask(dialog) == ACCEPTED and dialog.count is not None:
                if dialog.count.on_hand == 0 and not await self._zero(dialog.count.sku):
                    return
                await self._put(dialog.count)
                await self.model.reload()
        finally:
            dialog.deleteLater()

    async def edit_rules(self) -> None:
        """How much of what is available each channel shows."""
        store = self._services.store
        able = {name for name, one in self._services.catalogue.entries.items() if "stock_sink" in one.capabilities}
        rows = [row for row in await store.connections.list() if row.integration in able]
        dialog = RulesDialog(self, [(row.id, row.name) for row in rows], await store.stock.rules())
        try:
            if await ask(dialog) != ACCEPTED:
                return
            queued: dict[int, int] = {}
            for connection_id, rule in dialog.changes.items():
                queued.update(await store.stock.set_rule(connection_id, rule))
            self._told(queued)
        except StoreError as error:
            self._say("unhealthy", sentence(words(), error.message), "")
        finally:
            dialog.deleteLater()


class AddDialog(DialogFrame):
    """`AddDialog(parent)`: accepted with `count`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, t("stock.page.add"), "", t("stock.page.save"))
        self.count: Count | None = None
        self.sku, self.pieces = QLineEdit(), QLineEdit()
        self.field = FormField(t("stock.page.on_hand"), self.pieces)
        self.body.addWidget(FormField(t("stock.page.sku"), self.sku))
        self.body.addWidget(self.field)
        for edit in (self.sku, self.pieces):
            edit.textChanged.connect(lambda _text: self._read())
        self._read()

    def _read(self) -> None:
        sku, typed = self.sku.text().strip(), self.pieces.text()
        value = whole(typed)
        self.field.set_trouble(t("stock.page.bad", text=typed) if typed and value is None else "")
        self.count = Count(sku, value) if sku and value is not None else None
        self.primary.setEnabled(self.count is not None)
