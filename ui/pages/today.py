"""Today: what must leave, what stands in the way, how the channels and the connections do. Every figure opens its list.

It counts and shows; nothing is changed from here but by a sync.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.changes import ALERTS, ATTENTION, CONNECTIONS, HEALTH, ORDERS, OUTBOX, ChangeReport
from app.model import Money
from app.store import OrderRow
from ui.kit import Action, Burst, begin
from ui.pages.today_figures import WALL_CELLS, ChannelDay, Day, Deadline, WallCell, gather_day, sales_words
from ui.pages.today_parts import TroubleList, WallButton
from ui.pages.today_pins import PinBoard
from ui.services import Page, Services
from ui.tables import Channel, Column, DenseTable, Group, Kind, Spark, Status, WindowedTableModel
from ui.tables.sources import Row
from ui.theme import COMPACT, look_of
from ui.widgets import Button, Card, Chip, EmptyState, KeyHint, Kpi, PageHeader, Scroller, Text
from ui.words import figures, t

WATCHED = frozenset({ALERTS, ORDERS, OUTBOX, HEALTH, CONNECTIONS, ATTENTION})
PAUSE_MS = 1500
CLOCK_MS = 30_000
SOON = timedelta(hours=2)
_DUE_LEAST, _DUE_BESIDE_PINS = 140, 230  # pinned charts scroll; what must leave keeps some rows

_DUE = (
    Column("channel", "today.column.channel", Kind.CHANNEL, rank=1, width=128, sortable=False),
    Column("number", "today.column.number", Kind.CODE, rank=1, width=136, sortable=False),
    Column("buyer", "today.column.buyer", Kind.TEXT, rank=1, width=110, sortable=False),
    Column("city", "today.column.city", Kind.TEXT, rank=4, width=80, sortable=False),
    Column("title", "today.column.title", Kind.TEXT, rank=3, width=120, sortable=False),
    Column("total", "today.column.total", Kind.MONEY, rank=2, width=92, sortable=False),
    Column("state", "today.column.state", Kind.STATUS, rank=1, width=118, sortable=False),
)
_CHANNELS = (
    Column("channel", "today.column.channel", Kind.CHANNEL, rank=1, width=150, sortable=False),
    Column("today", "today.column.today", Kind.NUMBER, rank=1, width=66, sortable=False),
    Column("week", "today.column.week", Kind.NUMBER, rank=1, width=66, sortable=False),
    Column("to_ship", "today.column.to_ship", Kind.NUMBER, rank=1, width=76, sortable=False),
    Column("trend", "today.column.trend", Kind.SPARK, rank=2, width=96, sortable=False),
)


class ListedRows:
    """A short list that a table reads, exchanged as a whole."""

    def __init__(self) -> None:
        self.rows: Sequence[Row] = ()

    async def fetch(self, offset: int, limit: int, _sort: object, _filter: object) -> Sequence[Row]:
        return self.rows[offset : offset + limit]

    async def count(self, _filter: object) -> int:
        return len(self.rows)


class TodayPage(Page):
    """The first page. `day` is what it shows, None until it was gathered once."""

    id = "today"
    icon_name = "sun-horizon"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.day: Day | None = None
        self._integrations: dict[int, str] = {}
        self._gathering = False
        self._again = False
        self._burst = Burst(lambda _keys: self.refresh(), PAUSE_MS, self)
        self._clock = QTimer(self)
        self._clock.setInterval(CLOCK_MS)
        self._clock.timeout.connect(self.refresh)
        self._build()
        services.actions.add(
            Action(
                "today.print",
                "today.print_unprinted",
                self._print,
                "printer",
                ("Ctrl+Return",),
                scope=self.id,
                enabled=lambda: "" if self.primary.isEnabled() else "today.nothing_to_print",
            )
        )

    # -- building ----------------------------------------------------------------------------------------------
    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.header = PageHeader(t("nav.today"))
        sync = self.header.add_plain(Button(t("shell.sync"), icon="arrows-clockwise", key="F5"))
        sync.clicked.connect(lambda: self.services.actions.trigger("window.sync"))
        self.primary = self.header.set_primary(
            Button(t("today.print_labels", count=0), "primary", "printer", "Ctrl+Return")
        )
        self.primary.clicked.connect(self._print)
        self.primary.disable(t("today.nothing_to_print"))
        outer.addWidget(self.header)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(20, 0, 20, 16)
        self._column.setSpacing(12)
        self._column.addLayout(self._tiles())
        self._middle = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._middle.setSpacing(12)
        self._middle.addWidget(self._deadlines(), 5)
        self._middle.addWidget(self._troubles(), 2)
        self._column.addLayout(self._middle, 3)
        self._bottom = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._bottom.setSpacing(12)
        self._bottom.addWidget(self._channel_card(), 7)
        self._bottom.addWidget(self._wall_card(), 6)
        self._column.addLayout(self._bottom, 2)
        self.pins = PinBoard(self.services)
        self.pins.go.connect(self.go)
        self.pins.said.connect(self.said)
        self._column.addWidget(self.pins)
        outer.addWidget(Scroller(inside), 1)
        outer.addWidget(self._footer())

    def _tiles(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        plan = (
            ("due", "timer", 11, ("orders", {"view": "today"})),
            ("orders", "receipt", 11, ("orders", {"view": "all"})),
            ("sales", "chart-line-up", 14, ("orders", {"view": "all"})),
            ("waiting", "export", 11, ("prices", {"view": "waiting"})),
            ("alerts", "bell", 11, ("", {})),
        )
        self.tiles: dict[str, Kpi] = {}
        for name, icon, share, (page, request) in plan:
            tile = Kpi(t(f"today.tile.{name}"), icon)
            if page:
                tile.clicked.connect(lambda _on=False, p=page, r=request: self.go.emit(p, dict(r)))
            else:
                tile.clicked.connect(self._to_troubles)
            self.tiles[name] = tile
            row.addWidget(tile, share)
        return row

    def _deadlines(self) -> Card:
        card = Card(t("today.due_title"), t("today.due_note"), padded=False)
        self.all_due = Button("", "link", trailing="arrow-right", small=True)
        self.all_due.clicked.connect(lambda: self.go.emit("orders", {"view": "today"}))
        card.head.addWidget(self.all_due)
        self._due = ListedRows()
        self.due_model = WindowedTableModel(_DUE, self._due.fetch, self._due.count, parent=self)
        self.due_table = DenseTable(self.due_model, t("today.due_title"), density=COMPACT)
        self.due_table.setMinimumHeight(_DUE_LEAST)
        self.due_table.opened.connect(lambda key: self.go.emit("orders", {"id": key}))
        self.nothing_due = EmptyState("check-circle", t("today.nothing_due"))
        self.due_table.set_empty(self.nothing_due)
        card.body.addWidget(self.due_table)
        return card

    def _troubles(self) -> Card:
        card = Card(t("today.alerts_title"), padded=False)
        card.setMinimumWidth(260)
        self.troubles = TroubleList()
        self.troubles.asked.connect(self.go)
        self.no_trouble = EmptyState("check-circle", t("today.no_trouble"), t("today.no_trouble_next"))
        self._trouble_scroll = Scroller(self.troubles)
        card.body.addWidget(self._trouble_scroll)
        card.body.addWidget(self.no_trouble)
        return card

    def _channel_card(self) -> Card:
        card = Card(t("today.channels_title"), t("today.channels_note"), padded=False)
        self._listed = ListedRows()
        self.channel_model = WindowedTableModel(_CHANNELS, self._listed.fetch, self._listed.count, parent=self)
        self.channel_table = DenseTable(self.channel_model, t("today.channels_title"), density=COMPACT)
        self.channel_table.setMinimumHeight(140)
        self.channel_table.opened.connect(lambda key: self.go.emit("orders", {"connection": key, "view": "all"}))
        connect = Button(t("connection.connect"), icon="plus")
        connect.clicked.connect(lambda: self.go.emit("connections", {}))
        empty = EmptyState("storefront", t("today.no_channels"), t("today.no_channels_next"), primary=connect)
        self.channel_table.set_empty(empty)
        card.body.addWidget(self.channel_table)
        return card

    def _wall_card(self) -> Card:
        card = Card(t("nav.connections"))
        self._counts = QHBoxLayout()
        self._counts.setSpacing(6)
        card.head.insertLayout(2, self._counts)
        more = Button(t("nav.health"), "link", trailing="arrow-right", small=True)
        more.clicked.connect(lambda: self.go.emit("health", {}))
        card.head.addWidget(more)
        self._wall = QGridLayout()
        self._wall.setSpacing(8)
        self._wall.setColumnStretch(0, 1)
        self._wall.setColumnStretch(1, 1)
        card.body.addLayout(self._wall)
        self.no_wall = Text(t("today.no_wall"), "body", "text_2", wrap=True)
        self.no_wall.hide()
        card.body.addWidget(self.no_wall)
        card.body.addStretch(1)
        self.wall: list[WallButton] = []
        return card

    def _footer(self) -> QFrame:
        footer = QFrame()
        footer.setProperty("box", "status")
        footer.setFixedHeight(28)
        row = QHBoxLayout(footer)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(8)
        self.foot = Text("", "small", "text_2")
        row.addWidget(self.foot)
        row.addStretch(1)
        row.addWidget(KeyHint("F1"))
        row.addWidget(Text(t("help.title"), "small", "text_2"))
        return footer

    # -- what the window tells -----------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        del request
        self._burst.poke()

    def changed(self, report: ChangeReport) -> None:
        if report.table in WATCHED and self.isVisible():
            self._burst.poke()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    def set_inner_width(self, width: int) -> None:
        narrow, stacked = width < 1100, width < 900
        self.header.set_narrow(narrow)
        side = 16 if width < 1400 else 20
        self._column.setContentsMargins(side, 0, side, 16)
        way = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        self.pins.set_across(1 if stacked else 2 if width < 1400 else 3)
        self._middle.setDirection(way)
        self._bottom.setDirection(way)
        self.due_table.set_inner_width(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.set_low(self.window().height() < 700)

    # -- gathering -----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Asks the store again; what comes meanwhile is asked for once more."""
        if self._gathering:
            self._again = True
            return
        self._gathering = True
        begin(self._gather(), "today")

    async def _gather(self) -> None:
        try:
            day = await gather_day(self.services)
            rows = await self.services.store.connections.list(removed=True)
            self._integrations = {row.id: row.integration for row in rows}
        finally:
            self._gathering = False
        await self.show_day(day)
        await self.pins.refresh()
        self.due_table.setMinimumHeight(_DUE_BESIDE_PINS if self.pins.cards else _DUE_LEAST)
        if self._again:
            self._again = False
            self._burst.poke()

    async def show_day(self, day: Day) -> None:
        """Puts everything on the page."""
        self.day = day
        now = self.services.now().astimezone()
        self.header.set_fact(f"{figures().date_day(now.date())} · {figures().time(now)}")
        unprinted = day.figures.unprinted
        self.primary.setText(t("today.print_labels", count=unprinted))
        self.primary.disable("" if unprinted else t("today.nothing_to_print"))
        self._show_tiles(day, now)
        self.troubles.show_troubles(day.troubles, now)
        self._trouble_scroll.setVisible(bool(day.troubles))
        self.no_trouble.setVisible(not day.troubles)
        self._show_wall(day)
        self._show_foot(day, now)
        count = day.figures.to_ship_today
        self.all_due.setText(t("today.all_due", count=count))
        self.all_due.setVisible(count > 0)
        following = t("today.tomorrow", count=day.tomorrow) if day.tomorrow else ""
        self.nothing_due.set_words(t("today.nothing_due"), following)
        await self._exchange(self._due, self.due_model, self._due_rows(day.deadlines, now))
        await self._exchange(self._listed, self.channel_model, [channel_row(one) for one in day.channels])

    @staticmethod
    async def _exchange(listed: ListedRows, model: WindowedTableModel, rows: Sequence[Row]) -> None:
        """New rows; place and current row stay while the headings stand where they stood."""
        headings = [i for i, row in enumerate(listed.rows) if isinstance(row, Group)]
        same = model.ready and headings == [i for i, row in enumerate(rows) if isinstance(row, Group)]
        if same and list(rows) == list(listed.rows):
            return
        listed.rows = rows
        await (model.refresh() if same else model.reload())

    def _show_tiles(self, day: Day, now: datetime) -> None:
        summary = day.figures
        number = figures().number
        due = summary.to_ship_today
        parts = [t("today.ready", count=day.ready_today)] if due else []
        if summary.late:
            parts.append(t("today.late", count=summary.late))
        elif day.next_deadline is not None:
            parts.append(t("today.next_deadline", time=figures().time(day.next_deadline.astimezone(now.tzinfo))))
        share = day.ready_today / due if due else None
        self.tiles["due"].show_figure(number(due), " · ".join(parts) or t("today.nothing_due_short"), share=share)
        more = summary.new_today - day.yesterday_by_now
        trend = "up" if more > 0 else "down" if more < 0 else ""
        word = "today.more" if more > 0 else "today.fewer" if more < 0 else "today.same"
        bars = [float(n) for n in day.days] if any(day.days) else []
        context = t(word, count=abs(more))
        self.tiles["orders"].show_figure(number(summary.new_today), context, bars=bars, trend=trend)
        sales, others = sales_words(summary.sales_micros)
        week, _ = sales_words(day.week_sales)
        context = t("today.week_sales", sales=week) + (f" · {t('today.besides', sales=others)}" if others else "")
        self.tiles["sales"].show_figure(sales, context)
        kinds = [t(f"today.waiting.{kind}", count=n) for kind, n in sorted(day.waiting.items()) if kind != "all"]
        self.tiles["waiting"].show_figure(number(day.waiting.get("all", 0)), " · ".join(kinds) or t("today.all_sent"))
        by_state: dict[str, int] = {}
        for one in day.troubles:
            by_state[one.state] = by_state.get(one.state, 0) + 1
        words = [
            t("today.reminders", count=n) if state == "info" else f"{n} {t(look_of(state).word)}"
            for state, n in by_state.items()
        ]
        self.tiles["alerts"].show_figure(number(len(day.troubles)), " · ".join(words) or t("today.no_trouble_short"))

    def _due_rows(self, deadlines: Sequence[Deadline], now: datetime) -> list[Row]:
        rows: list[Row] = []
        for one in deadlines:
            rows.append(heading(one, now))
            rows += [self._due_row(order) for order in one.rows]
        return rows

    def _due_row(self, row: OrderRow) -> tuple[object, ...]:
        total = Money.from_micros(row.total_micros, row.currency).amount
        state = Status("degraded", t("today.cancel_asked")) if row.cancel_asked else Status(f"order.{row.local_state}")
        channel = Channel(self._integrations.get(row.connection_id, ""), row.channel)
        return (row.id, channel, row.number, row.buyer, row.city, row.title, (total, row.currency), state)

    def _show_wall(self, day: Day) -> None:
        cells: list[WallCell] = list(day.wall[:WALL_CELLS])
        while len(self.wall) > len(cells):
            self.wall.pop().deleteLater()
        while len(self.wall) < len(cells):
            made = WallButton()
            made.clicked.connect(lambda _on=False, button=made: self._to_health(button))
            self._wall.addWidget(made, len(self.wall) // 2, len(self.wall) % 2)
            self.wall.append(made)
        for button, cell in zip(self.wall, cells, strict=True):
            button.show_cell(cell)
        self.no_wall.setVisible(not cells)
        counts: dict[str, int] = {}
        for cell in day.wall:
            counts[cell.state] = counts.get(cell.state, 0) + 1
        while self._counts.count():
            old = self._counts.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for state in ("healthy", "degraded", "unhealthy", "offline", "paused"):
            if counts.get(state):
                chip = Chip(state, figures().number(counts[state]))
                chip.setAccessibleName(f"{t(look_of(state).word)}: {counts[state]}")
                chip.setToolTip(chip.accessibleName())
                self._counts.addWidget(chip)

    def _show_foot(self, day: Day, now: datetime) -> None:
        if day.last_data is None:
            self.foot.setText(t("today.never_synced"))
            return
        when = figures().when(day.last_data.astimezone(now.tzinfo), now)
        self.foot.setText(t("today.foot", time=when, count=day.connections))

    # -- what is pressed -----------------------------------------------------------------------------------------
    def _print(self) -> None:
        if self.primary.isEnabled():
            self.go.emit("print", {"view": "unprinted"})

    def _to_troubles(self) -> None:
        if self.troubles.rows:
            self.troubles.rows[0].button.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.go.emit("health", {})

    def _to_health(self, button: WallButton) -> None:
        if button.cell is not None:
            self.go.emit("health", {"connection": button.cell.id})


def heading(one: Deadline, now: datetime) -> Group:
    """ "16:00'ya kadar", how long that is, how many of how many are ready."""
    note = t("today.group_note", count=len(one.rows), ready=one.ready)
    if one.kind == "late":
        return Group(
            t("today.group_late"), t("today.group_since", span=figures().left(now - one.at)), "unhealthy", note
        )
    at = one.at.astimezone(now.tzinfo)
    if one.kind == "tomorrow":
        return Group(t("today.group_tomorrow", time=figures().time(at)), "", "job.queued", note)
    left = one.at - now
    state = "degraded" if left <= SOON else "job.queued"
    return Group(t("today.group_until", time=figures().time(at)), figures().left(left), state, note)


def channel_row(one: ChannelDay) -> tuple[object, ...]:
    """A channel as the table's tuple."""
    trend = Spark(tuple(float(n) for n in one.days))
    channel = Channel(one.integration, one.name)
    return (one.id, channel, Decimal(one.today), Decimal(one.week), Decimal(one.to_ship), trend)
