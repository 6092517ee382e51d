"""The audit log: who did what, when, on which connection, with which outcome. It can be narrowed, read, verified and taken
out as a sheet; nothing in it can be changed from here or anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.api.audit_sheet import export_audit
from app.changes import ChangeReport
from app.store import Action as Done
from app.store import AuditEntry
from ui.kit import Action, Burst, Operation, ask, ask_save_file, begin, show_menu, spawn
from ui.pages.audit_model import (
    COLUMNS,
    OUTCOMES,
    SPANS,
    Asked,
    AuditSource,
    asked_action_words,
    details_words,
    group_words,
    ids_words,
    outcome_status,
    subject_words,
    when_words,
)
from ui.services import Page, Services
from ui.tables import DenseTable, WindowedTableModel
from ui.widgets import Button, Chip, CutText, DialogFrame, EmptyState, FilterBar, Note, PageHeader, Text, ViewTabs
from ui.words import t, words

PAUSE_MS = 500


class AuditPage(Page):
    """`asked` is what is shown."""

    id = "audit"
    icon_name = "notebook"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.asked = Asked()
        self.source = AuditSource(services.store, services.now)
        self.actors: list[str] = []
        self._verifying = False
        self._busy = self._again = False
        self._burst = Burst(lambda _keys: self._look(), PAUSE_MS, self)
        self._build()
        services.actions.add(
            Action("audit.export", "audit.page.export", self.ask_format, "export", ("Ctrl+Return",), scope=self.id),
            Action("audit.verify", "audit.page.verify", self.verify, "shield-check", scope=self.id),
        )

    # -- building ----------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("nav.audit"))
        self.check = self.header.add_plain(Button(t("audit.page.verify"), icon="shield-check"))
        self.check.clicked.connect(self.verify)
        self.export = self.header.set_primary(Button(t("audit.page.export"), "primary", "export", "Ctrl+Return"))
        self.export.clicked.connect(self.ask_format)
        column.addWidget(self.header)
        self.tabs = ViewTabs([(span, t(f"audit.page.view.{span}")) for span in SPANS])
        self.tabs.set_current(self.asked.span)
        self.tabs.chosen.connect(lambda span: self.ask_for(replace(self.asked, span=span)))
        column.addWidget(self.tabs)
        self.bar = FilterBar(t("audit.page.filter"))
        self.bar.search.hide()
        self.narrow = Button(t("audit.page.filter"), icon="funnel")
        self.narrow.clicked.connect(lambda: self._pop(self.menu()))
        row = self.bar.layout()
        row.insertWidget(0, self.narrow)  # type: ignore[union-attr]
        self.bar.filter_removed.connect(self._drop)
        self.bar.filter_clicked.connect(lambda name: self._pop(self._menus()[name](QMenu(self))))
        self.bar.cleared.connect(lambda: self.ask_for(Asked(self.asked.span)))
        column.addWidget(self.bar)
        self.verdict = Note("healthy", "", "")
        place = QVBoxLayout()
        place.setContentsMargins(20, 0, 20, 8)
        place.addWidget(self.verdict)
        self.verdict.hide()
        column.addLayout(place)
        self.trouble = Note("unhealthy", t("table.failed"), "", (t("common.retry"),))
        self.trouble.button(0).clicked.connect(lambda: self._burst.poke())
        self.trouble.hide()
        column.addWidget(self.trouble)
        self._place = place
        self.model = WindowedTableModel(COLUMNS, self.source.fetch, self.source.count, parent=self)
        self.model.failed.connect(lambda _error: self.trouble.show())  # the spawner logs it
        self.model.count_changed.connect(self._show_count)
        self.model.loaded.connect(lambda _first, _last: self._show_current())
        self.table = DenseTable(self.model, t("nav.audit"))
        self.table.opened.connect(self._open)
        self.table.current_key_changed.connect(lambda _key: self._show_current())
        self.table.set_empty(EmptyState("notebook", t("audit.page.empty"), t("audit.page.empty_next")))
        column.addWidget(self.table, 1)
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
        self.told = CutText("", "body", "text_2")
        row.addWidget(self.told, 1)
        self.details = Button(t("audit.page.details"), small=True)
        self.details.clicked.connect(lambda: self._open(self.table.current_key()))
        row.addWidget(self.details)
        self._show_current()
        return foot

    # -- what the window tells -----------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        if isinstance(request, dict):
            connection, span = request.get("connection"), request.get("view")
            if isinstance(connection, int):
                self.ask_for(replace(self.asked, connection=connection))
            if span in SPANS:
                self.tabs.set_current(span)
                self.ask_for(replace(self.asked, span=span))
        self._burst.poke()
        self.table.setFocus()

    def changed(self, report: ChangeReport) -> None:
        """Whatever a person did may have written an entry; the log publishes none of its own."""
        if report.source == "user" and self.isVisible():
            self._burst.poke()

    def set_inner_width(self, width: int) -> None:
        self.header.set_narrow(width < 1100)
        self.bar.set_narrow(width < 1400)
        self.bar.set_filters(self._chips())
        self.table.set_inner_width(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.set_low(self.window().height() < 700)

    # -- loading -------------------------------------------------------------------------------------------------
    def ask_for(self, asked: Asked) -> None:
        """Another filter."""
        if asked == self.asked:
            return
        self.asked = asked
        self.bar.set_filters(self._chips())
        self.model.set_filter(asked)
        self._burst.poke()

    def _look(self) -> None:
        if self._busy:
            self._again = True
            return
        self._busy = True
        begin(self._refresh(), "audit")

    async def _refresh(self) -> None:
        try:
            await self._load()
        finally:
            self._busy = False
        if self._again:
            self._again = False
            self._burst.poke()

    async def _load(self) -> None:
        await self.source.learn()
        self.actors = await self.services.store.audit.actors()
        if self.model.filter != self.asked:
            self.model.set_filter(self.asked)
        await self.model.refresh()
        self.trouble.hide()
        self.bar.set_filters(self._chips())
        self._show_current()

    def _show_count(self, total: int) -> None:
        self.header.set_fact(t("audit.page.fact", count=total))
        self.export.disable("" if total else t("audit.page.nothing_to_export"))
        self._show_current()

    def _show_current(self) -> None:
        entry = self.source.get(self.table.current_key())
        self.details.disable("" if entry is not None else t("audit.page.choose"))
        self.chip.setVisible(entry is not None)
        if entry is None:
            self.told.setText(t("audit.page.choose"))
            return
        status = outcome_status(entry.outcome)
        self.chip.set_state(status.state, status.text)
        parts = (asked_action_words(entry.action), self.source.channel(entry).name, subject_words(entry), entry.actor)
        self.told.setText(" · ".join(part for part in parts if part))

    # -- the filter ----------------------------------------------------------------------------------------------
    def _chips(self) -> list[tuple[str, str, bool]]:
        now, found = self.asked, []
        if now.action:
            found.append(("action", t("audit.page.action_is", name=asked_action_words(now.action)), True))
        if now.actor:
            found.append(("actor", t("audit.page.actor_is", name=now.actor), True))
        if now.connection is not None:
            row = self.source.names.get(now.connection)
            found.append(("connection", t("audit.page.connection_is", name=row.name if row else "—"), True))
        if now.outcome:
            words_ = outcome_status(now.outcome).text or ""
            found.append(("outcome", t("audit.page.outcome_is", name=words_), True))
        return found

    def _drop(self, name: str) -> None:
        blank: dict[str, object] = {"action": "", "actor": "", "connection": None, "outcome": ""}
        self.ask_for(replace(self.asked, **{name: blank[name]}))  # type: ignore[arg-type]

    def menu(self) -> QMenu:
        """Everything that can be asked, what is in force ticked."""
        made = QMenu(self)
        for name, fill in self._menus().items():
            fill(made.addMenu(t(f"audit.page.{name}")))
        if not self.asked.empty:
            made.addSeparator()
            made.addAction(t("audit.page.clear")).triggered.connect(lambda: self.ask_for(Asked(self.asked.span)))
        return made

    def _menus(self) -> dict[str, Callable[[QMenu], QMenu]]:
        return {
            "action": self._fill_actions,
            "actor": lambda menu: self._fill(menu, "actor", [(one, one) for one in self.actors]),
            "connection": lambda menu: self._fill(
                menu, "connection", [(row.id, row.name) for row in self.source.names.values()]
            ),
            "outcome": lambda menu: self._fill(
                menu, "outcome", [(one, outcome_status(one).text or "") for one in OUTCOMES]
            ),
        }

    def _fill_actions(self, menu: QMenu) -> QMenu:
        groups: dict[str, list[str]] = {}
        for one in Done:
            groups.setdefault(one.partition(".")[0], []).append(str(one))
        self._item(menu, t("common.all"), not self.asked.action, lambda: self._drop("action"))
        for group, actions in groups.items():
            if len(actions) == 1:
                self._choice(menu, "action", actions[0], asked_action_words(actions[0]))
                continue
            inner = menu.addMenu(group_words(group))
            self._choice(inner, "action", group, t("common.all"))
            for action in actions:
                self._choice(inner, "action", action, asked_action_words(action))
        return menu

    def _fill(self, menu: QMenu, name: str, choices: list[tuple[object, str]]) -> QMenu:
        nothing = getattr(self.asked, name) in ("", None)
        self._item(menu, t("common.all"), nothing, lambda: self._drop(name))
        for value, text in choices:
            self._choice(menu, name, value, text)
        return menu

    def _choice(self, menu: QMenu, name: str, value: object, text: str) -> None:
        on = getattr(self.asked, name) == value
        self._item(menu, text, on, lambda: self.ask_for(replace(self.asked, **{name: value})))  # type: ignore[arg-type]

    @staticmethod
    def _item(menu: QMenu, text: str, on: bool, run: Callable[[], None]) -> None:
        action = menu.addAction(text.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(on)
        action.triggered.connect(lambda _on=False: run())

    def _pop(self, menu: QMenu, under: QWidget | None = None) -> None:
        under = under or self.narrow
        show_menu(menu, under.mapToGlobal(QPoint(0, under.height() + 4)))

    # -- doing ---------------------------------------------------------------------------------------------------
    def verify(self) -> None:
        """Checks the whole chain; the verdict stays until the next one."""
        if self._verifying:
            return
        self._verifying = True
        self.check.disable(t("audit.page.verifying"))
        spawn(self._verify(), "audit verify")

    async def _verify(self) -> None:
        log = self.services.store.audit
        try:
            head, broken = await log.head(), await log.verify()
        finally:
            self._verifying = False
            self.check.disable("")
        if broken is None:
            self._say("healthy", t("audit.page.whole"), t("audit.page.whole_text", count=head.id))
        else:
            self._say("unhealthy", t("audit.page.broken"), t(f"audit.broken.{broken.why}", number=broken.id))

    def _say(self, state: str, title: str, text: str) -> None:
        old, self.verdict = self.verdict, Note(state, title, text)
        self._place.replaceWidget(old, self.verdict)
        old.hide()
        old.deleteLater()
        self.verdict.show()

    def ask_format(self) -> None:
        """Into which kind of sheet."""
        if not self.export.isEnabled():
            return
        menu = QMenu(self)
        for kind in ("xlsx", "csv"):
            action = menu.addAction(t(f"audit.page.export_{kind}"))
            action.triggered.connect(lambda _on=False, k=kind: spawn(self.take_out(k), "audit export"))
        self._pop(menu, self.export)

    async def take_out(self, kind: str) -> Operation | None:
        """What the filter lets through, into a sheet where the person says."""
        name = f"{t('audit.page.file_name')}-{self.services.now().astimezone():%Y%m%d}.{kind}"
        filters = (t(f"audit.page.{kind}_files"),)
        path = await ask_save_file(self, t("audit.page.export_title"), name, filters)
        if path is None:
            return None
        return self.write(path if path.suffix else path.with_suffix(f".{kind}"))

    def write(self, path: Path) -> Operation:
        """Writes the sheet as one operation."""
        services, wanted = self.services, self.asked.filter(self.services.now().astimezone())

        async def work(operation: Operation) -> int:
            count = await export_audit(services.store, wanted, path, words(), services.worker.executor())
            operation.report = t("audit.exported", count=count, path=path.name)
            self._burst.poke()
            return count

        return services.operations.start(t("audit.page.exporting"), work, note=path.name)

    def _open(self, key: object) -> None:
        entry = self.source.get(key)
        if entry is not None:
            spawn(self._show_entry(entry), "audit entry")

    async def _show_entry(self, entry: AuditEntry) -> None:
        dialog = EntryDialog(self, entry, self.source, self.services)
        try:
            await ask(dialog)
        finally:
            dialog.deleteLater()


class EntryDialog(DialogFrame):
    """One entry in full."""

    def __init__(self, parent: QWidget, entry: AuditEntry, source: AuditSource, services: Services) -> None:
        title = asked_action_words(entry.action)
        super().__init__(parent, title, t("audit.page.entry", number=entry.id), t("common.close"), width=520)
        self.cancel.hide()
        facts = [
            ("at", when_words(entry.at, services.now().astimezone())),
            ("actor", entry.actor),
            ("connection", source.channel(entry).name),
            ("subject", subject_words(entry)),
            ("outcome", outcome_status(entry.outcome).text or ""),
            ("details", "\n".join(part for part in (details_words(entry), ids_words(entry)) if part)),
            ("action_code", entry.action),
            ("hash", f"{entry.hash[:32]}\n{entry.hash[32:]}"),
        ]
        for name, value in facts:
            if not value:
                continue
            row = QHBoxLayout()
            row.setSpacing(12)
            head = Text(t(f"audit.column.{name}"), "body", "text_2")
            head.setMinimumWidth(112)
            row.addWidget(head)
            row.addWidget(Text(value, "body_t", wrap=True), 1)
            self.body.addLayout(row)
