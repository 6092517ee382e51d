"""Jobs: what runs, what ran and how it ended, what the clock starts next. A running job can be stopped, a failed one asked
for again; what a stopped job has stored stays stored."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.api.waiting import sentence, wait_of
from app.changes import CONNECTIONS, JOBS, ChangeReport
from app.jobs.engine import PAYOUTS_EVERY_S, RELAY_INTERVAL_S
from app.jobs.tracking import LOOK_S
from app.store import ConnectionRow, JobRow
from ui.kit import ACCEPTED, Action, Burst, Operation, ask, begin, spawn
from ui.pages.jobs_model import (
    COLUMNS,
    NEXT_COLUMNS,
    VIEWS,
    JobSource,
    counts_words,
    is_failed,
    is_running,
    kind_words,
    next_tuples,
    status_of,
    told,
    took_words,
)
from ui.services import Page, Services
from ui.tables import DenseTable, WindowedTableModel
from ui.tables.sources import Row
from ui.widgets import Button, Chip, CutText, DialogFrame, EmptyState, Note, PageHeader, Text, ViewTabs
from ui.words import figures, t, words

PAUSE_MS = 250
TICK_MS = 1000
#: Kinds that can be asked for again.
AGAIN = frozenset({"orders", "listings", "probe", "send", "settlements", "track"})


class JobsPage(Page):
    """The table of jobs, live. `view` is one of all, running, failed, next."""

    id = "jobs"
    icon_name = "list-bullets"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.view = "all"
        self.source = JobSource(services.store, services.now, time.monotonic, self._wait)
        self._next: Sequence[Row] = ()
        self._wanted: int | None = None
        self._busy = False
        self._again = False
        self._burst = Burst(lambda _keys: self._look(), PAUSE_MS, self)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._ticked)
        self._build()
        services.actions.add(
            Action(
                "jobs.stop",
                "jobs.stop",
                self.stop_current,
                "stop",
                ("Del",),
                scope=self.id,
                enabled=lambda: "" if self.stop.isEnabled() else "jobs.nothing_to_stop",
            ),
            Action(
                "jobs.again",
                "jobs.again",
                self.ask_again,
                "arrow-clockwise",
                ("Ctrl+Return",),
                scope=self.id,
                enabled=lambda: "" if self.retry.isEnabled() else "jobs.nothing_to_repeat",
            ),
        )

    # -- building ----------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("nav.jobs"))
        self.stop = self.header.add_plain(Button(t("jobs.stop"), icon="stop", key="Del"))
        self.stop.clicked.connect(self.stop_current)
        sync = self.header.set_primary(Button(t("shell.sync"), "primary", "arrows-clockwise", "F5"))
        sync.clicked.connect(lambda: self.services.actions.trigger("window.sync"))
        column.addWidget(self.header)
        self.tabs = ViewTabs([(view, t(f"jobs.view.{view}")) for view in VIEWS])
        self.tabs.chosen.connect(self.set_view)
        column.addWidget(self.tabs)
        self.model = WindowedTableModel(COLUMNS, self.source.fetch, self.source.count, parent=self)
        self.model.failed.connect(self._failed)
        self.model.loaded.connect(lambda _first, _last: self._show_current())
        self.table = DenseTable(self.model, t("nav.jobs"))
        self.table.opened.connect(self._open)
        self.table.current_key_changed.connect(lambda _key: self._show_current())
        self.empty = EmptyState("list-bullets", t("jobs.empty.all"), t("jobs.empty.all_next"))
        self.table.set_empty(self.empty)
        self.next_model = WindowedTableModel(NEXT_COLUMNS, self._fetch_next, self._count_next, parent=self)
        self.next_table = DenseTable(self.next_model, t("jobs.view.next"))
        self.next_table.set_empty(EmptyState("clock", t("jobs.empty.next"), t("jobs.empty.next_next")))
        self.trouble = Note("unhealthy", t("table.failed"), "", (t("common.retry"),))
        self.trouble.button(0).clicked.connect(lambda: self._burst.poke())
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.next_table)
        column.addWidget(self.stack, 1)
        column.addWidget(self._foot())

    def _foot(self) -> QFrame:
        foot = QFrame()
        foot.setProperty("box", "status")
        foot.setMinimumHeight(44)
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 6, 20, 6)
        row.setSpacing(10)
        self.chip = Chip("job.done")
        row.addWidget(self.chip)
        self.said_text = CutText("", "body", "text_2")
        row.addWidget(self.said_text, 1)
        self.details = Button(t("jobs.details"), small=True)
        self.details.clicked.connect(lambda: self._open(self.table.current_key()))
        row.addWidget(self.details)
        self.retry = Button(t("jobs.again"), icon="arrow-clockwise", small=True)
        self.retry.clicked.connect(self.ask_again)
        row.addWidget(self.retry)
        self._show_current()
        return foot

    # -- what the window tells -----------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        if isinstance(request, dict):
            if request.get("view") in VIEWS:
                self.tabs.set_current(request["view"])
                self.set_view(request["view"])
            job = request.get("id")
            self._wanted = job if isinstance(job, int) else None
        self._burst.poke()
        self.table.setFocus()

    def changed(self, report: ChangeReport) -> None:
        if report.table == CONNECTIONS:
            self.source.names.clear()
        if report.table in (JOBS, CONNECTIONS):
            self.source.stale()
            if self.isVisible():
                self._burst.poke()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tick.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tick.stop()

    def set_inner_width(self, width: int) -> None:
        self.header.set_narrow(width < 1100)
        self.table.set_inner_width(width)
        self.next_table.set_inner_width(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.set_low(self.window().height() < 700)

    # -- loading -------------------------------------------------------------------------------------------------
    def set_view(self, view: str) -> None:
        """Another view."""
        self.view = view
        self.stack.setCurrentWidget(self.next_table if view == "next" else self.table)
        if view == "next":
            self._show_current()
        else:
            self.empty.set_words(t(f"jobs.empty.{view}"), t(f"jobs.empty.{view}_next"))
            if self.model.filter != view:
                self.model.set_filter(view)
        self._burst.poke()

    def _wait(self, row: ConnectionRow) -> str:
        """What a connection's job waits for, when a vendor's limit holds its call; ""."""
        seconds = wait_of(self.services.network.queue(row.account_id), row.id)
        return sentence(words(), self.services.catalogue.manifest(row.integration).name, seconds) if seconds else ""

    def _ticked(self) -> None:
        """Durations and waiting times run on by themselves."""
        if self.view == "next" or any(is_running(row) for row in self.source.known):
            self.source.stale()
            self._burst.poke()

    def _look(self) -> None:
        if self._busy:
            self._again = True
            return
        self._busy = True
        begin(self._refresh(), "jobs")

    async def _refresh(self) -> None:
        try:
            counts = await self.source.counts()
            if self.view == "next":
                self._next = self._upcoming()
                await self.next_model.refresh()
            else:
                await self.model.refresh()
        finally:
            self._busy = False
        self.trouble.hide()
        self.tabs.set_count("running", counts["running"] or None)
        self.tabs.set_count("failed", counts["failed"] or None, "unhealthy" if counts["failed"] else "")
        self.header.set_fact(t("jobs.fact", count=counts["all"]))
        if self._wanted is not None and self.table.set_current_key(self._wanted):
            self._wanted = None
        self._show_current()
        if self._again:
            self._again = False
            self._burst.poke()

    def _failed(self, error: BaseException) -> None:
        del error  # the spawner logs it
        self.trouble.show()

    def _upcoming(self) -> Sequence[Row]:
        scheduler = self.services.engine.scheduler
        if scheduler is None:
            return ()
        due = scheduler.next_due()
        names = {i: row for i, row in self.source.names.items() if row.removed_at is None}
        return next_tuples(due, names, {key: self._interval(*key) for key in due if key[1] in names})

    def _interval(self, kind: str, connection: int) -> float:
        """How often the clock starts it, in seconds."""
        manifest = self.services.catalogue.manifest(self.source.names[connection].integration)
        probe = max(60, manifest.probe.least_interval_s if manifest.probe else 60)
        plan = {
            "orders": manifest.order_interval_s,
            "listings": manifest.listing_interval_s,
            "send": RELAY_INTERVAL_S,
            "settlements": PAYOUTS_EVERY_S,
            "track": LOOK_S,
            "probe": probe,
        }
        return float(plan.get(kind, 0))

    async def _fetch_next(self, offset: int, limit: int, _sort: object, _filter: object) -> Sequence[Row]:
        return self._next[offset : offset + limit]

    async def _count_next(self, _filter: object) -> int:
        return len(self._next)

    # -- the current job -----------------------------------------------------------------------------------------
    def current(self) -> JobRow | None:
        """The job that the keyboard stands on."""
        return self.source.get(self.table.current_key()) if self.view != "next" else None

    def _show_current(self) -> None:
        row = self.current()
        self.stop.disable("" if row is not None and is_running(row) else t("jobs.nothing_to_stop"))
        able = row is not None and is_failed(row) and row.kind in AGAIN and row.connection_id is not None
        self.retry.disable("" if able else t("jobs.nothing_to_repeat"))
        self.details.disable("" if row is not None else t("jobs.choose"))
        self.chip.setVisible(row is not None)
        if row is None:
            self.said_text.setText(t("jobs.choose") if self.view != "next" else "")
            return
        status = status_of(row)
        self.chip.set_state(status.state, status.text)
        self.said_text.setText(told(row) or kind_words(row.kind))

    def stop_current(self) -> None:
        """Asks the current job to stop."""
        row = self.current()
        if row is None or not is_running(row):
            return
        if self.services.engine.runner.cancel(row.id):
            self.said.emit("offline", t("jobs.stopping"), t("jobs.stopping_text"))

    def ask_again(self) -> None:
        """The current job once more."""
        row = self.current()
        if row is None or row.kind not in AGAIN or row.connection_id is None or not is_failed(row):
            return
        name = self.source.names[row.connection_id].name
        kind, connection = row.kind, row.connection_id

        async def work(operation: Operation) -> None:
            del operation
            await self._repeat(kind, connection)

        self.services.operations.start(kind_words(kind), work, note=name)

    async def _repeat(self, kind: str, connection: int) -> None:
        engine = self.services.engine
        row = await self.services.store.connections.get(connection)
        if row is None or row.removed_at is not None:
            self.said.emit("degraded", t("jobs.again"), t("jobs.connection_gone"))
        elif kind == "orders":
            await engine.sync_orders(row)
        elif kind == "listings":
            await engine.sync_listings(row)
        elif kind == "send":
            await engine.send(row)
        elif kind == "settlements":
            await engine.sync_settlements(row)
        elif kind == "track":
            await engine.track(row)
        else:
            await engine.probe(row)

    def _open(self, key: object) -> None:
        row = self.source.get(key)
        if row is not None:
            spawn(self._show_details(row), "job details")

    async def _show_details(self, row: JobRow) -> None:
        dialog = JobDialog(self, self.source, row, self.services)
        try:
            if await ask(dialog) == ACCEPTED and dialog.wants_again:
                self.ask_again()
        finally:
            dialog.deleteLater()


class JobDialog(DialogFrame):
    """One job in full: the sentence, what it did, when, and the evidence: code, status and the other side's own words."""

    def __init__(self, parent: QWidget, source: JobSource, row: JobRow, services: Services) -> None:
        name = source.names[row.connection_id].name if row.connection_id in source.names else ""
        again = is_failed(row) and row.kind in AGAIN and bool(name)
        title = f"{kind_words(row.kind)} · {name}" if name else kind_words(row.kind)
        super().__init__(parent, title, told(row), t("jobs.again") if again else t("common.close"), width=500)
        self.wants_again = again
        self.cancel.setText(t("common.close"))
        self.cancel.setVisible(again)
        now = services.now().astimezone()
        began = row.started_at.astimezone(now.tzinfo)
        facts = [(t("jobs.column.started"), f"{figures().date_short(began.date())} {began:%H:%M:%S}")]
        facts.append((t("jobs.column.took"), took_words(row, now)))
        if counts_words(row):
            facts.append((t("jobs.did"), counts_words(row)))
        message = row.message
        if message is not None:
            evidence = " · ".join(
                part
                for part in (message.code, str(message.status or ""), message.vendor_code, message.vendor_text)
                if part
            )
            facts.append((t("common.evidence"), evidence))
        for label, value in facts:
            line_ = QHBoxLayout()
            line_.setSpacing(12)
            head = Text(label, "body", "text_2")
            head.setMinimumWidth(96)
            line_.addWidget(head)
            line_.addWidget(Text(value, "body_t", wrap=True), 1)
            self.body.addLayout(line_)
