"""One plan: its lines with their state, what holds them, what it comes to, how far each channel is. Held lines are released here, one
button sends. Shows what the store says and remembers nothing of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.model import Money
from app.pricing.guards import Totals
from app.store import PlanRow, Progress, StoreError
from app.store.plans import totals_by_state
from ui.kit import Burst, begin, spawn
from ui.pages.plan_progress import ProgressPanel
from ui.pages.plan_rows import GROUPS, LINE_COLUMNS, Asked, LineSource, extreme_text, plan_title, reasons_list
from ui.pages.plan_work import PlanWork, open_of
from ui.pages.price_bar import Figure
from ui.services import Services
from ui.tables import DenseTable, WindowedTableModel
from ui.widgets import Button, CutText, EmptyState, Note, PageHeader, Text, ViewTabs
from ui.widgets.base import line
from ui.words import figures, t, words

PAUSE_MS = 700
REST_S = 5.0
_TONES = {"held": "degraded", "blocked": "unhealthy", "refused": "unhealthy"}


class PlanDetail(QWidget):
    """`PlanDetail(services, work)`: `await open(id)`, `poke()`. Signals `back_asked()`, `undo_asked(id)`."""

    back_asked = Signal()
    undo_asked = Signal(int)

    def __init__(self, services: Services, work: PlanWork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._work = services, work
        self.source = LineSource(services.store)
        self.plan: PlanRow | None = None
        self.progress: list[Progress] = []
        self._frozen: frozenset[int] = frozenset()
        self._group = "all"
        self._burst = Burst(lambda _keys: self._look(), PAUSE_MS, self)
        self._looking = self._again = False
        self._build()

    # -- shape ---------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("planpage.plans"), "")
        self.back = self.header.add_plain(Button(t("planpage.back"), icon="arrow-left", key="Esc"))
        self.back.clicked.connect(self.back_asked)
        self.undo = self.header.add_plain(Button(t("planpage.undo.button"), icon="arrow-counter-clockwise"))
        self.undo.clicked.connect(lambda: self.undo_asked.emit(self.plan.id) if self.plan else None)
        column.addWidget(self.header)
        self.trouble = Note("unhealthy", t("table.failed"), "", (t("common.retry"),))
        self.trouble.button(0).clicked.connect(self.poke)
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.panel = ProgressPanel()
        column.addWidget(self.panel)
        self.tabs = ViewTabs([(group, t(f"planpage.group.{group}")) for group in GROUPS])
        self.tabs.chosen.connect(self.show_group)
        column.addWidget(self.tabs)
        column.addWidget(line("line"))
        self.model = WindowedTableModel(LINE_COLUMNS, self.source.fetch, self.source.count, ticks=True, parent=self)
        self.model.ticks_changed.connect(self._tell_ticks)
        self.table = DenseTable(self.model, t("planpage.lines"), ticks_select=False)
        self.table.set_empty(EmptyState("list-bullets", t("planpage.no_lines"), ""))
        self.table.current_key_changed.connect(self._show_why)
        self.model.modelReset.connect(self._first_row)
        self.model.refreshed.connect(lambda: self._show_why(self.table.current_key()))
        column.addWidget(self.table, 1)
        column.addWidget(self._foot())
        column.addWidget(self._bar())

    def _foot(self) -> QFrame:
        """The whole reason of the current line, and the button that releases."""
        foot = QFrame()
        foot.setProperty("box", "status")
        foot.setMinimumHeight(40)
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 4, 20, 4)
        row.setSpacing(10)
        self.why = CutText("", "body", "text_2")
        row.addWidget(self.why, 1)
        self.ticked = Text("", "small", "text_2")
        row.addWidget(self.ticked)
        self.release = Button(t("planpage.release.all"), icon="check", small=True)
        self.release.clicked.connect(self.release_now)
        row.addWidget(self.release)
        return foot

    def _bar(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("box", "planbar")
        bar.setFixedHeight(60)
        bar.setAccessibleName(t("planpage.totals"))
        row = QHBoxLayout(bar)
        row.setContentsMargins(20, 8, 20, 8)
        row.setSpacing(20)
        self.figures = {
            "lines": Figure(t("planpage.figure.lines")),
            "rise": Figure(t("planpage.figure.rise")),
            "fall": Figure(t("planpage.figure.fall")),
            "change": Figure(t("planpage.figure.change")),
            "held": Figure(t("planpage.figure.held"), "degraded", t("common.show")),
        }
        self.figures["held"].asked.connect(lambda: self._go_group("held"))
        self.figures["change"].setToolTip(t("planpage.change_how"))
        for name, one in self.figures.items():
            row.addWidget(one)
            if name == "lines":
                row.addWidget(line("vline"))
        row.addStretch(1)
        self.send = Button(t("planpage.send", count=0), "primary", "paper-plane-tilt", "Ctrl+Return")
        self.send.clicked.connect(self.send_now)
        row.addWidget(self.send)
        return bar

    def set_inner_width(self, width: int) -> None:
        """The window's inner width."""
        self.table.set_inner_width(width)
        self.header.set_narrow(width < 1100)
        for name in ("change", "fall"):
            self.figures[name].setVisible(width >= 1250)

    # -- data ----------------------------------------------------------------------------------------------------
    async def open(self, plan_id: int) -> None:
        """Shows a plan from its first line."""
        self.plan, self._group = None, "all"
        self.tabs.set_current("all")
        await self._read(plan_id)
        self.model.set_filter(Asked(plan_id, "all"))

    def poke(self) -> None:
        """Something changed; many of it are one refresh."""
        if self.plan is not None:
            self._burst.poke()

    def _look(self) -> None:
        if self._looking:
            self._again = True
            return
        self._looking = True
        begin(self._looked(), "plan refresh")

    async def _looked(self) -> None:
        """One refresh at a time, and a rest of its own length ten times over: counting 100,000 lines takes a while."""
        began = perf_counter()
        try:
            await self.refresh()
            await asyncio.sleep(min(REST_S, 10 * (perf_counter() - began)))
        finally:
            self._looking = False
        if self._again:
            self._again = False
            self._burst.poke()

    async def refresh(self) -> None:
        """Today's states; place, ticks and tab stay."""
        if self.plan is not None and await self._read(self.plan.id):
            await self.model.refresh()

    async def _read(self, plan_id: int) -> bool:
        store = self._services.store
        try:
            plan = await store.plans.get(plan_id)
            progress = await store.plans.progress(plan_id)
            frozen = await store.outbox.frozen()
            rows = await self._work.rows()
            totals = msgspec.json.decode(plan.totals, type=Totals)
            ids = [one.listing_id for one in (totals.biggest_rise, totals.biggest_fall) if one is not None]
            names = {one.id: one.listing.sku for one in await store.listings.get_many(ids)}
        except StoreError as error:
            self.trouble.set_words(t("table.failed"), sentence(words(), error.message))
            self.trouble.show()
            return False
        self.trouble.hide()
        self.plan, self.progress, self._frozen = plan, progress, frozen
        self.source.connections, self.source.counts = rows, totals_by_state(progress)
        self._show(plan, totals, names)
        return True

    # -- showing -------------------------------------------------------------------------------------------------
    @property
    def counts(self) -> Mapping[str, int]:
        """Lines by state."""
        return self.source.counts

    def _show(self, plan: PlanRow, totals: Totals, names: Mapping[int, str]) -> None:
        at = figures().when(plan.created_at.astimezone(), self._services.now().astimezone())
        fact = t("planpage.fact", title=plan_title(plan), at=at)
        self.header.set_words(t("planpage.number", number=plan.id), fact)
        for group in GROUPS:
            count = self.source.group_count(group)
            self.tabs.set_count(group, count, _TONES.get(group, "") if count else "")
        number, held = figures().number, self.counts.get("held", 0)
        self.figures["lines"].show_text(number(self.source.group_count("all")))
        for name, one in (("rise", totals.biggest_rise), ("fall", totals.biggest_fall)):
            self.figures[name].show_text(extreme_text(one, names.get(one.listing_id, "") if one else ""))
        self.figures["change"].show_text(_change_text(totals))
        self.figures["held"].show_count(held)
        self.figures["held"].setToolTip(reasons_list(totals.reasons))
        self.panel.show_progress(self.progress, self.source.connections, self._frozen)
        self._tell_send()
        self._tell_ticks()

    def _tell_send(self) -> None:
        plan, ready, held = self.plan, self.counts.get("ready", 0), self.counts.get("held", 0)
        self.send.setText(t("planpage.send", count=ready))
        reason = ""
        if plan is not None and plan.id in self._work.busy:
            reason = t("prices.bar.busy")
        elif not ready:
            reason = t("planpage.only_held" if held else "planpage.nothing_to_send")
        self.send.disable(reason)
        back = plan is not None and not self._work.can_undo(plan.id)
        sent = any(open_of(row) or row.counts.get("done") or row.counts.get("over") for row in self.progress)
        told = "" if sent else t("planpage.undo.nothing_sent")
        if plan is not None and plan.kind == "undo":
            told = t("planpage.undo.is_undo")
        self.undo.disable(t("prices.bar.busy") if back else told)

    def show_group(self, group: str) -> None:
        """The lines of one tab."""
        self._group = group
        if self.plan is not None:
            self.model.set_filter(Asked(self.plan.id, group))

    def _go_group(self, group: str) -> None:
        self.tabs.set_current(group)
        self.show_group(group)
        self.table.setFocus()

    def _first_row(self) -> None:
        """A row to walk from, and its reason."""
        if self.model.total:
            self.table.setCurrentIndex(self.model.index(0, self.model.section_of("price")))
        self._show_why(self.table.current_key())

    def _show_why(self, key: Any) -> None:
        self.why.setText(self.source.reasons.get(key, "") if isinstance(key, int) else "")

    def _tell_ticks(self) -> None:
        count, held = self.model.tick_count, self.counts.get("held", 0)
        self.ticked.setText(t("table.ticked", count=count) if count else "")
        self.release.setText(t("planpage.release.ticked") if count else t("planpage.release.all_count", count=held))
        self.release.disable("" if held else t("planpage.release.none"))

    # -- doing ---------------------------------------------------------------------------------------------------
    def release_now(self) -> None:
        """Asks about the ticked lines, or about all that are held."""
        if self.release.isEnabled() and self.plan is not None:
            spawn(self._release(self.plan.id), "plan release")

    async def _release(self, plan_id: int) -> None:
        positions = await self._positions(plan_id)
        if positions is not None and not positions:
            return
        if await self._work.release(plan_id, positions):
            self.model.ticks.everything(False)
            self.model.ticks_changed.emit()
            await self.refresh()

    async def _positions(self, plan_id: int) -> list[int] | None:
        """Which lines are meant: the ticked ones, or all of them (None)."""
        ticks = self.model.ticks
        if not self.model.tick_count or (ticks.all and not ticks.odd and self._group in ("all", "held")):
            return None
        if not ticks.all:
            return sorted(int(str(key)) for key in ticks.odd)
        found: list[int] = []
        after, lines = 0, self._services.store.plans.lines
        while rows := await lines(plan_id, states=("held",), after=after, limit=1_000):
            after = rows[-1].position
            found += [row.position for row in rows if ticks.has(row.position)]
        return found

    def send_now(self) -> None:
        """Queues and sends what may go."""
        if self.plan is not None and self.send.isEnabled():
            operation = self._work.apply(self.plan.id, self.counts.get("ready", 0))
            self._tell_send()
            if operation is not None:
                operation.finished.connect(self.poke)


def _change_text(totals: Totals) -> str:
    """The sum of all changes a piece, by currency; never added up."""
    parts = [
        figures().money(Money.from_micros(micros, currency).amount, currency, signed=True)
        for currency, micros in sorted(totals.change.items())
    ]
    return " · ".join(parts) or t("planpage.none")
