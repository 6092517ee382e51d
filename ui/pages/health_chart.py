"""The chart card of the health page: what it shows (response time, calls, errors, business, the program) and whose calls, chosen
from two menus; a pin to Today; exports that are in the audit log. It reads for its menus only; figures are handed in."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.store.audit import Action
from ui.charts.card import ChartCard
from ui.kit import show_menu, spawn
from ui.pages.health_pins import MOST, Pin, read_pins, toggle_pin
from ui.pages.health_series import (
    OF_CALLS,
    OF_PROGRAM,
    Measure,
    Subject,
    currencies,
    measure_words,
    scope_words,
    title_words,
)
from ui.pages.health_wall import Watched
from ui.services import Services
from ui.widgets import Button
from ui.words import t

_YEAR, _MONTH = timedelta(days=365), timedelta(days=30)


class SubjectCard(ChartCard):
    """`SubjectCard(services)`; `show_owner(watched)`. Signal `subject_chosen()`: read `subject` and hand new figures in."""

    subject_chosen = Signal()

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(t("health.measure_response"), "response", parent=parent)
        self.services = services
        self.subject = Subject()
        self._owner: Watched | None = None
        self.what = Button("", "quiet", small=True, trailing="caret-down")
        self.what.clicked.connect(lambda: spawn(self.open_what(), "chart menu"))
        self.whose = Button("", "quiet", small=True, trailing="caret-down")
        self.whose.clicked.connect(lambda: spawn(self.open_whose(), "chart menu"))
        self.put_first(self.what, self.whose)
        self.pin_asked.connect(self.pin)
        self.audit = self._note_export
        self.offer_pin(False)
        self._tell_subject()

    # -- what it is about --------------------------------------------------------------------------------------------
    def show_owner(self, watched: Watched) -> None:
        """Another connection: what was looked at of the one before is looked at of this one, as far as it has it."""
        other = self._owner is None or self._owner.row.id != watched.row.id
        self._owner = watched
        if other:
            measure = self.subject.measure
            if measure == "revenue" or (measure in ("orders", "listings") and not self._sells()):
                measure = "response"
            self.subject = Subject(measure, 0 if measure in OF_PROGRAM else watched.row.id)
            self._tell_subject()

    def choose(self, subject: Subject) -> None:
        """Another chart."""
        if subject != self.subject:
            self.show_subject(subject)
            self.subject_chosen.emit()

    def show_subject(self, subject: Subject) -> None:
        """Another chart, without a signal."""
        self.subject = subject
        self._tell_subject()

    @property
    def named(self) -> str:
        """The chart's whole title."""
        owner = self._owner
        return title_words(self.subject, "" if owner is None else owner.report.connection)

    def _tell_subject(self) -> None:
        self.set_words(self.named)
        self.what.setText(measure_words(self.subject))
        self.what.setAccessibleName(t("health.choose_measure", name=measure_words(self.subject)))
        of_calls = self.subject.measure in OF_CALLS
        self.whose.setVisible(of_calls)
        if of_calls:
            self.whose.setText(scope_words(self.subject))
            self.whose.setAccessibleName(t("health.choose_scope", name=scope_words(self.subject)))
        owner, subject = self._owner, self.subject
        if owner is not None:
            whose = subject.category or (
                "paxzar" if subject.measure in OF_PROGRAM else f"{owner.row.integration}-{owner.row.id}"
            )
            parts = (whose, subject.operation, "probe" if subject.probes else "", subject.measure, subject.currency)
            self.set_file_name("-".join(part for part in parts if part))
        spawn(self.tell_pin(), "pin")

    def _sells(self) -> bool:
        owner = self._owner
        if owner is None or owner.row.integration not in self.services.catalogue.entries:
            return False
        return "order_source" in self.services.catalogue.manifest(owner.row.integration).capabilities

    # -- menus -------------------------------------------------------------------------------------------------------
    def _offer(self, menu: QMenu, words: str, subject: Subject) -> None:
        entry = menu.addAction(words, lambda: self.choose(subject))
        entry.setCheckable(True)
        entry.setChecked(subject == self.subject)

    @staticmethod
    def _open(menu: QMenu, button: Button) -> None:
        show_menu(menu, button.mapToGlobal(QPoint(0, button.height() + 2)))

    async def open_what(self) -> None:
        """The menu of measures; a currency is there when anything was sold in it in a year."""
        owner = self._owner
        if owner is None:
            return
        identity, offered = owner.row.id, []
        if self._sells():
            now = self.services.now().astimezone()
            days = await self.services.store.business.days(identity, (now - _YEAR).date(), now.date(), now.tzinfo)  # type: ignore[arg-type]
            offered = currencies(days)
        menu = QMenu(self)
        for measure in OF_CALLS:
            kept = self.subject if self.subject.measure in OF_CALLS else Subject(connection=identity)
            there = Subject(measure, kept.connection, kept.operation, kept.category, kept.probes)
            self._offer(menu, measure_words(there), there)
        if self._sells():
            menu.addSeparator()
            business: list[Subject] = [Subject("orders", identity)]
            business += [Subject("revenue", identity, currency=currency) for currency in offered]
            business.append(Subject("listings", identity))
            for one in business:
                self._offer(menu, measure_words(one), one)
        menu.addSeparator()
        for own in OF_PROGRAM:
            self._offer(menu, f"Paxzar: {measure_words(Subject(own))}", Subject(own))
        self._open(menu, self.what)

    async def open_whose(self) -> None:
        """The menu of calls: all, probes, one operation of the last 30 days, the whole category."""
        owner = self._owner
        if owner is None or self.subject.measure not in OF_CALLS:
            return
        identity, measure, now = owner.row.id, self.subject.measure, self.services.now()
        found = await self.services.store.samples.by_operation(identity, now - _MONTH, now)
        menu = QMenu(self)
        for subject in self.scopes(measure, identity, owner.report.category, sorted(found)):
            if subject.category:
                menu.addSeparator()
            self._offer(menu, scope_words(subject), subject)
        self._open(menu, self.whose)

    @staticmethod
    def scopes(measure: Measure, identity: int, category: str, operations: list[str]) -> list[Subject]:
        """All that the menu of calls offers, in its order."""
        found = [Subject(measure, identity), Subject(measure, identity, probes=True)]
        found += [Subject(measure, identity, operation=one) for one in operations if one]
        return [*found, Subject(measure, category=category)] if category else found

    # -- pin and export ----------------------------------------------------------------------------------------------
    async def tell_pin(self) -> None:
        """Whether the chart is on Today now."""
        subject = self.subject
        pins = await read_pins(self.services.store)
        if subject == self.subject:
            self.offer_pin(any(pin.subject == subject for pin in pins))

    def pin(self) -> None:
        """Puts this chart onto Today, or takes it away."""
        spawn(self._pin(Pin(self.subject, self.span), self.named), "pin")

    async def _pin(self, pin: Pin, name: str) -> None:
        pinned = await toggle_pin(self.services.store, pin)
        if pinned is None:
            self.said.emit("degraded", name, t("health.pins_full", count=MOST))
        else:
            self.said.emit("healthy", name, t("health.pinned" if pinned else "health.unpinned"))
        await self.tell_pin()

    async def _note_export(self, kind: str, rows: int) -> None:
        await self.services.store.audit.note(
            Action.DATA_EXPORTED,
            connection_id=self.subject.connection or None,
            subject=("chart", kind),
            details={"count": rows},
        )
