"""The plans, newest first, and the place where one of them is looked at. Opens and takes back; makes none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.pricing.guards import Totals
from app.store import PlanRow, StoreError
from ui.kit import begin, spawn
from ui.pages.plan_rows import PLAN_COLUMNS, plan_title
from ui.pages.plan_view import PlanDetail
from ui.pages.plan_work import PlanWork
from ui.services import Services
from ui.tables import DenseTable, Status, WindowedTableModel
from ui.widgets import Button, EmptyState, Note, PageHeader
from ui.widgets.base import line
from ui.words import figures, t, words

MOST = 500  # plans that are listed


class PlanViews(QStackedWidget):
    """`PlanViews(services, work)`: `show_list()`, `open(id)`, `changed()`, `primary()`. Signals `left()` (back to the prices),
    `bulk_asked()`."""

    left = Signal()
    bulk_asked = Signal()

    def __init__(self, services: Services, work: PlanWork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._work = services, work
        self._plans: list[PlanRow] = []
        self.list = self._build_list()
        self.detail = PlanDetail(services, work)
        self.detail.back_asked.connect(self.show_list)
        self.detail.undo_asked.connect(self.undo)
        self.addWidget(self.list)
        self.addWidget(self.detail)

    def _build_list(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("planpage.plans"), t("common.loading"))
        back = self.header.add_plain(Button(t("planpage.to_prices"), icon="arrow-left", key="Esc"))
        back.clicked.connect(self.left)
        self.undo_button = self.header.add_plain(Button(t("planpage.undo.button"), icon="arrow-counter-clockwise"))
        self.undo_button.clicked.connect(self.undo_current)
        column.addWidget(self.header)
        column.addWidget(line("line"))
        self.trouble = Note("unhealthy", t("table.failed"), "", (t("common.retry"),))
        self.trouble.button(0).clicked.connect(self.changed)
        self.trouble.hide()
        column.addWidget(self.trouble)
        self.model = WindowedTableModel(PLAN_COLUMNS, self._fetch, self._count, parent=self)
        self.model.failed.connect(self._failed)
        self.model.loaded.connect(lambda _first, _last: self._tell_undo())
        self.model.refreshed.connect(self._tell_undo)
        self.table = DenseTable(self.model, t("planpage.plans"))
        make = Button(t("planpage.bulk.action"), "primary", "calculator")
        make.clicked.connect(self.bulk_asked)
        self.table.set_empty(EmptyState("calculator", t("planpage.empty"), t("planpage.empty_next"), None, make))
        self.table.opened.connect(lambda key: self.open(int(str(key))))
        self.table.current_key_changed.connect(lambda _key: self._tell_undo())
        column.addWidget(self.table, 1)
        return page

    def set_inner_width(self, width: int) -> None:
        """The window's inner width."""
        self.table.set_inner_width(width)
        self.header.set_narrow(width < 1100)
        self.detail.set_inner_width(width)

    # -- data ----------------------------------------------------------------------------------------------------
    async def _count(self, _filter: Any) -> int:
        self._plans = await self._services.store.plans.list(limit=MOST)
        self.header.set_fact(t("planpage.count", count=len(self._plans)))
        self.trouble.hide()
        return len(self._plans)

    async def _fetch(self, offset: int, limit: int, _sort: Any, _filter: Any) -> Sequence[tuple[Any, ...]]:
        now = self._services.now().astimezone()
        return [self._row(plan, now) for plan in self._plans[offset : offset + limit]]

    @staticmethod
    def _row(plan: PlanRow, now: Any) -> tuple[Any, ...]:
        totals = msgspec.json.decode(plan.totals, type=Totals)
        if plan.undone_by is not None:
            chip = Status("job.cancelled", t("planpage.state.undone"))
        elif plan.state == "applied":
            chip = Status("write.sent", t("planpage.state.applied"))
        else:
            chip = Status("order.new", t("planpage.state.unsent"))
        at = figures().when(plan.created_at.astimezone(), now)
        lines = totals.ready + totals.held + totals.blocked
        return (plan.id, figures().number(plan.id), at, plan_title(plan), lines, totals.held + totals.blocked, chip)

    def _failed(self, error: object) -> None:
        text = sentence(words(), error.message) if isinstance(error, StoreError) else t("error.task_hint")
        self.trouble.set_words(t("table.failed"), text)
        self.trouble.show()

    def changed(self) -> None:
        """Something was queued, settled or made."""
        if self.currentWidget() is self.detail:
            self.detail.poke()
        elif self.isVisible():
            begin(self._refresh(), "plans refresh")

    async def _refresh(self) -> None:
        await self.model.refresh()
        if self.model.total and not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.model.index(0, self.model.section_of("title")))

    # -- going -----------------------------------------------------------------------------------------------------
    def show_list(self) -> None:
        """The list, with the plan that was looked at still the current one."""
        self.setCurrentWidget(self.list)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        begin(self._refresh(), "plans refresh")

    def open(self, plan_id: int) -> None:
        """Looks at one plan."""
        self.setCurrentWidget(self.detail)
        self.detail.table.setFocus(Qt.FocusReason.OtherFocusReason)
        begin(self.detail.open(plan_id), "plan open")

    @property
    def current_plan(self) -> int | None:
        """The plan that is looked at, or that is current in the list."""
        if self.currentWidget() is self.detail:
            return self.detail.plan.id if self.detail.plan is not None else None
        key = self.table.current_key()
        return key if isinstance(key, int) else None

    def primary(self) -> None:
        """Ctrl+Enter: sends the plan that is looked at; opens the current one of the list."""
        if self.currentWidget() is self.detail:
            self.detail.send_now()
        elif self.current_plan is not None:
            self.open(self.current_plan)

    def _tell_undo(self) -> None:
        plan = next((one for one in self._plans if one.id == self.table.current_key()), None)
        reason = ""
        if plan is None:
            reason = t("planpage.undo.choose")
        elif plan.kind == "undo":
            reason = t("planpage.undo.is_undo")
        elif plan.state != "applied":
            reason = t("planpage.undo.nothing_sent")
        self.undo_button.disable(reason)

    def undo_current(self) -> None:
        """Takes the current plan back, if it can be."""
        inside = self.currentWidget() is self.detail
        button = self.detail.undo if inside else self.undo_button
        if self.current_plan is not None and button.isEnabled():
            self.undo(self.current_plan)

    def undo(self, plan_id: int) -> None:
        """Asks and takes a plan back."""
        spawn(self._work.undo(plan_id, self.open), "plan undo")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not event.modifiers():
            if self.currentWidget() is self.detail:
                self.show_list()
            else:
                self.left.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.changed()
