"""The health page: a wall of all connections (state, whose fault, figures, what waits) and one of them in depth. Everything
shown is measured; nothing here calls a vendor but by the three buttons, each of them an Operation."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.api.answers import sentence
from app.changes import CONNECTIONS, HEALTH, ChangeReport
from app.contracts.catalogue import UnknownIntegration
from app.jobs.runner import Result
from app.monitor.health import HealthReport, State
from app.monitor.keys import KeyStanding
from app.store import ConnectionRow
from ui.kit import Action, Burst, Operation, begin, spawn
from ui.pages.health_detail import HealthDetail
from ui.pages.health_pins import Pin
from ui.pages.health_wall import COLUMNS, Watched, localised, looks, ordered, table_row, tightest, worst
from ui.pages.today_figures import midnight
from ui.services import Page, Services
from ui.tables import DenseTable, WindowedTableModel
from ui.theme import COMPACT
from ui.widgets import Button, Chip, EmptyState, PageHeader, line
from ui.words import figures, t, words

BURST_MS, EVERY_MS = 1000, 30_000
_ALL: Hashable = "all"
_MOST_ROWS, _AT_ONCE = 8, 16
_STATES = (State.HEALTHY, State.DEGRADED, State.UNHEALTHY, State.OFFLINE, State.PAUSED)


class HealthPage(Page):
    """Selecting a row (or Enter on it) shows it below; under 900 px the detail takes the wall's place, Esc goes back."""

    id = "health"
    icon_name = "activity"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.wall: dict[int, Watched] = {}
        self._read_at: datetime | None = None
        self._wanted: int | None = None
        self._chart: Pin | None = None
        self._busy: set[tuple[str, int]] = set()
        self._narrow = False
        self._in_detail = False
        self._known = False
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("nav.health"))
        self._primary = self.header.set_primary(Button(t("health.test_all", count=0), "primary", "activity"))
        self._primary.clicked.connect(self.test_all)
        self._chips = {state: Chip(looks(state)) for state in _STATES}
        for chip in self._chips.values():
            chip.hide()
            self.header.extra.addWidget(chip)
        column.addWidget(self.header)
        column.addWidget(line("line"))
        self.model = WindowedTableModel(COLUMNS, self._fetch, self._count)
        self.table = DenseTable(self.model, t("health.wall"), density=COMPACT)
        self.table.current_key_changed.connect(self._chosen)
        self.table.opened.connect(self._opened)
        column.addWidget(self.table)
        self._line = line("line")
        column.addWidget(self._line)
        add = Button(t("health.connect_first"), icon="plus")
        add.clicked.connect(lambda: self.go.emit("connections", {}))
        self.empty = EmptyState("activity", t("health.none"), t("health.none_next"), add)
        self.empty.hide()
        column.addWidget(self.empty, 1)
        self.detail = HealthDetail(services)
        self.detail.test_asked.connect(self.test)
        self.detail.sync_asked.connect(self.sync)
        self.detail.pause_asked.connect(self.pause)
        self.detail.back_asked.connect(self._back)
        self.detail.said.connect(self.said)
        column.addWidget(self.detail, 1)
        column.addStretch(0)
        self._burst = Burst(self._changed_ids, BURST_MS, self)
        self._clock = QTimer(self)
        self._clock.setInterval(EVERY_MS)
        self._clock.timeout.connect(lambda: self._burst.poke(_ALL))
        self._register()

    def _register(self) -> None:
        """For the palette and the help; a window that is built anew in another language has them already."""
        for name, run, symbol, keys in (
            ("table", self.toggle_table, "table", ("T",)),
            ("pin", self.detail.card.pin, "push-pin", ()),
            ("zoom_in", lambda: self.detail.card.zoom(0.5), "magnifying-glass-plus", ()),
            ("zoom_out", lambda: self.detail.card.zoom(2.0), "magnifying-glass-minus", ()),
            ("home", self.detail.card.home, "arrow-line-right", ()),
            ("test", self.test, "heartbeat", ()),
            ("sync", self.sync, "arrows-clockwise", ()),
            ("pause", self.pause, "pause", ()),
        ):
            identity = f"health.{name}"
            if identity in self.services.actions:
                self.services.actions.remove(identity)
            self.services.actions.add(Action(identity, f"health.action_{name}", run, symbol, keys, scope=self.id))

    # -- what the window says ----------------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        if isinstance(request, dict):
            wanted = request.get("connection", request.get("id"))
            if isinstance(wanted, int):
                self._wanted = wanted
            chart = request.get("chart")
            self._chart = chart if isinstance(chart, Pin) else None
        self.table.setFocus()
        spawn(self._first(), "health")

    async def _first(self) -> None:
        """Words and figures first, the chart's library after them: the wall must not wait for an import."""
        await self.refresh()
        await self.detail.prepare()

    def changed(self, report: ChangeReport) -> None:
        if report.table not in (HEALTH, CONNECTIONS):
            return
        if not self.isVisible():
            return  # `shown` reads everything anew
        for key in report.ids or (_ALL,):
            self._burst.poke(key)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    def set_inner_width(self, width: int) -> None:
        self.header.set_narrow(width < 1100)
        for chip in self._chips.values():
            chip.setMaximumWidth(0 if width < 900 else 16_777_215)
        self.table.set_inner_width(width)
        self.detail.set_inner_width(width)
        self._narrow = width < 900
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_wall()

    # -- reading -----------------------------------------------------------------------------------------------------
    def _changed_ids(self, keys: frozenset[Hashable]) -> None:
        ids = None if _ALL in keys else [key for key in keys if isinstance(key, int)]
        begin(self.refresh(ids), "health")

    async def refresh(self, ids: Iterable[int] | None = None) -> None:
        """Reads the wall anew: all of it, or only the connections that a report names (each costs some thousand roll-ups)."""
        services = self.services
        rows = {row.id: row for row in await services.store.connections.list()}
        some = set(rows) if ids is None else set(ids) & set(rows) | (set(rows) - set(self.wall))
        ids = sorted(some)
        reports = await services.health.reports([rows[one] for one in ids])
        today = await self._today(ids)
        keys = await services.key_watch.all() if services.key_watch is not None else {}
        fresh = {
            report.connection_id: self._watched(
                rows[report.connection_id],
                report,
                today.get(report.connection_id),
                keys.get(rows[report.connection_id].account_id),
            )
            for report in reports
        }
        kept = {key: one for key, one in self.wall.items() if key in rows}
        self.wall = {**kept, **fresh}
        self._read_at = services.now()
        await self.model.refresh()
        self._tell()
        await self._choose()

    async def _today(self, ids: Sequence[int]) -> dict[int, float | None]:
        """Availability since midnight of the user's zone, by connection."""
        now = self.services.now()
        since = midnight(now.astimezone())
        found: dict[int, float | None] = {}
        for first in range(0, len(ids), _AT_ONCE):  # a reader must not hold the interpreter for long
            totals = await self.services.store.samples.totals(ids[first : first + _AT_ONCE], [(since, now)])
            found.update({one: None if point is None else point.availability for one, (point,) in totals.items()})
        return found

    def _watched(
        self, row: ConnectionRow, report: HealthReport, today: float | None, key: KeyStanding | None
    ) -> Watched:
        try:
            manifest = self.services.catalogue.manifest(row.integration)
            title, limits = manifest.name, manifest.limits
        except (KeyError, UnknownIntegration):
            title, limits = row.integration, ()
        network = self.services.network
        waiting = [w for w in network.queue(row.account_id) if w.connection_id in (0, row.id)]
        last = max((w.seconds for w in waiting), default=0.0)
        room = tightest(network.head_room(row.account_id), limits)
        return Watched(row, report, title, len(waiting), last, today, room, key)

    async def _fetch(self, offset: int, limit: int, sort: Any, _filter: Any) -> list[tuple[Any, ...]]:
        now = self.services.now()
        rows = ordered(list(self.wall.values()), sort)
        return [table_row(one, now) for one in rows[offset : offset + limit]]

    async def _count(self, _filter: Any) -> int:
        return len(self.wall)

    def _tell(self) -> None:
        """Header, chips, heights and buttons."""
        counts = dict.fromkeys(_STATES, 0)
        for one in self.wall.values():
            if one.report.state in counts:
                counts[one.report.state] += 1
        for state, chip in self._chips.items():
            chip.set_state(looks(state), t(f"health.chip_{state.value}", count=counts[state]))
            chip.setVisible(counts[state] > 0)
        time = figures().time(self._read_at.astimezone()) if self._read_at else ""
        self.header.set_fact(t("health.fact", count=len(self.wall), time=time) if self.wall else "")
        able = [one for one in self.wall.values() if not one.row.paused]
        self._primary.setText(t("health.test_all", count=len(able)))
        self._primary.disable("" if able else t("health.nothing_to_test"))
        self._arrange()
        self._buttons()

    def _buttons(self) -> None:
        one = self.detail.watched
        if one is None:
            return
        identity = one.row.id
        self.detail.test.disable(t("health.running") if ("test", identity) in self._busy else "")
        reason = ""
        if ("sync", identity) in self._busy:
            reason = t("health.running")
        elif one.row.paused:
            reason = t("health.resume_first")
        elif not self._sources(one):
            reason = t("health.nothing_to_sync")
        self.detail.sync.disable(reason)

    def _sources(self, one: Watched) -> list[str]:
        """What can be pulled: the integration has it and the merchant has not switched it off."""
        try:
            manifest = self.services.catalogue.manifest(one.row.integration)
        except UnknownIntegration:
            return []
        wanted = ("order_source", "listing_source")
        return [c for c in wanted if c in manifest.capabilities and one.row.switches.get(c, True)]

    # -- layout ------------------------------------------------------------------------------------------------------
    def _arrange(self) -> None:
        bare = self.model.ready and not self.wall
        self.empty.setVisible(bare)
        listed = not bare and not (self._narrow and self._in_detail)
        self.table.setVisible(listed)
        self._line.setVisible(listed)
        self.detail.setVisible(not bare and self.detail.watched is not None and (not self._narrow or self._in_detail))
        self._fit_wall()

    def _fit_wall(self) -> None:
        """As high as its rows, at most eight of them and two fifths of the page; the rest scrolls."""
        head, row = COMPACT.header, COMPACT.row
        self._column.setStretchFactor(self.table, 1 if self._narrow else 0)
        if self._narrow:
            self.table.setMinimumHeight(head + row)
            self.table.setMaximumHeight(16_777_215)
            return
        most = min(_MOST_ROWS, max(3, int((self.height() * 0.4 - head) // row)))
        self.table.setFixedHeight(head + min(most, max(1, len(self.wall))) * row + 1)

    def _back(self) -> None:
        if self._narrow and self._in_detail:
            self._in_detail = False
            self._arrange()
            self.table.setFocus()

    # -- choosing ----------------------------------------------------------------------------------------------------
    async def _choose(self) -> None:
        """Keeps the chosen connection, or takes the asked-for one, else the one with the worst state."""
        wanted, self._wanted = self._wanted, None
        now = self.detail.watched
        if wanted in self.wall:
            chosen: Watched | None = self.wall[wanted]
            self._in_detail = True
        elif now is not None and now.row.id in self.wall:
            chosen = self.wall[now.row.id]
        else:
            chosen = worst(list(self.wall.values()))
        if chosen is None:
            self.detail.watched = None
            self._arrange()
            return
        old = self.table.blockSignals(True)
        self.table.set_current_key(chosen.row.id)
        self.table.blockSignals(old)
        await self._show(chosen)

    async def _show(self, one: Watched) -> None:
        self.detail.show_connection(one)
        chart, self._chart = self._chart, None
        if chart is not None and chart.subject.connection in (0, one.row.id):
            self.detail.look_at(chart.subject, chart.span)
        self._arrange()
        self._buttons()
        await self.detail.refresh()

    def _chosen(self, key: object) -> None:
        if isinstance(key, int) and key in self.wall:
            spawn(self._show(self.wall[key]), "health detail")

    def _opened(self, key: object) -> None:
        self._in_detail = True
        self._chosen(key)
        if not self._narrow and self.detail.card.plot is not None:
            self.detail.card.plot.setFocus()

    def toggle_table(self) -> None:
        """T: the chart's figures as a table, and back."""
        self.detail.card.toggle_table()

    # -- doing -------------------------------------------------------------------------------------------------------
    def test(self) -> None:
        """The cheapest call that proves the chosen connection's key."""
        if self.detail.watched is not None:
            self._start("test", t("health.testing", name=self.detail.watched.report.connection), self._test_one)

    def sync(self) -> None:
        """Orders and listings of the chosen connection, now."""
        if self.detail.watched is not None and self.detail.sync.isEnabled():
            self._start("sync", t("health.syncing", name=self.detail.watched.report.connection), self._sync_one)

    def _start(self, kind: str, title: str, work: Any) -> None:
        one = self.detail.watched
        if one is None or (kind, one.row.id) in self._busy:
            return
        key = (kind, one.row.id)

        async def run(op: Operation) -> None:
            try:
                await work(one, op)
            finally:
                self._busy.discard(key)
                self._buttons()
                self._burst.poke(one.row.id)

        self._busy.add(key)
        self._buttons()
        self.services.operations.start(title, run)

    async def _test_one(self, one: Watched, _op: Operation) -> None:
        result, found = await self.services.engine.probe(one.row)
        if result.message is None and result.outcome == "done":
            self.said.emit("healthy", one.report.connection, t("health.test_good"))
            for warning in found.warnings if found is not None else ():
                self.said.emit("degraded", one.report.connection, sentence(words(), localised(warning)))
        else:
            self._say_trouble(one, result)

    async def _sync_one(self, one: Watched, op: Operation) -> None:
        engine, counts = self.services.engine, dict.fromkeys(("orders", "listings"), 0)
        sources = self._sources(one)
        for place, source in enumerate(sources):
            op.advance(place, len(sources))
            orders = source == "order_source"
            result = await (engine.sync_orders(one.row) if orders else engine.sync_listings(one.row))
            if result.outcome not in ("done", "partly"):
                self._say_trouble(one, result)
                return
            if result.message is not None:
                self._say_trouble(one, result)
            counts["orders" if orders else "listings"] = sum(result.counts.values())
        op.advance(len(sources), len(sources))
        self.said.emit("healthy", one.report.connection, t("health.sync_good", **counts))

    def _say_trouble(self, one: Watched, result: Result) -> None:
        if result.outcome == "cancelled":
            self.said.emit("info", one.report.connection, t("health.stopped"))
        elif result.message is not None:
            self.said.emit("unhealthy", one.report.connection, sentence(words(), localised(result.message)))

    def test_all(self) -> None:
        """Every connection that is not paused, at the same time: each has its own account's limits."""
        able = [one for one in ordered(list(self.wall.values()), None) if not one.row.paused]
        if not able or ("all", 0) in self._busy:
            return

        async def run(op: Operation) -> None:
            done: list[bool] = []

            async def probe(one: Watched) -> None:
                result, _ = await self.services.engine.probe(one.row)
                done.append(result.outcome == "done")
                op.advance(len(done), len(able))

            try:
                await asyncio.gather(*(probe(one) for one in able))
                state = "healthy" if all(done) else "degraded"
                self.said.emit(state, t("nav.health"), t("health.tested_all", count=len(done), good=sum(done)))
            finally:
                self._busy.discard(("all", 0))
                self._burst.poke(_ALL)

        self._busy.add(("all", 0))
        self.services.operations.start(t("health.testing_all"), run, total=len(able))

    def pause(self) -> None:
        """Pauses the chosen connection, or lets it go on; pressed again it is taken back."""
        if self.detail.watched is not None:
            spawn(self._pause(self.detail.watched), "health pause")

    async def _pause(self, one: Watched) -> None:
        services = self.services
        await services.connecting.pause(one.row, not one.row.paused)
        row = await services.store.connections.get(one.row.id)
        if row is not None:
            services.engine.schedule(row)
        services.changes.publish(ChangeReport(CONNECTIONS, frozenset({one.row.id}), "user"))
        self._burst.poke(one.row.id)
