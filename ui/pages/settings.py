"""Settings: look and language, sending, labels, the vault, the workspace, diagnostics. Each takes effect at once and is kept
in the workspace; nothing here waits for a "save" but words that are typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from app.changes import ALERTS, JOBS, OUTBOX, ChangeReport
from ui.house import House
from ui.kit import Burst, Step, begin, spawn
from ui.pages.pack_cards import RulesCard, ScannerCard, helper_card
from ui.pages.settings_alerts import AlertsSection
from ui.pages.settings_api import ApiSection
from ui.pages.settings_backups import BackupsSection
from ui.pages.settings_carriers import CarrierRulesCard
from ui.pages.settings_parts import Section, SettingRow, stall_words, versions
from ui.pages.settings_privacy import PrivacySection
from ui.pages.settings_reports import ReportsCard
from ui.pages.settings_vault import VaultCard
from ui.services import Page, Services
from ui.theme import DENSITIES, Scheme, appearance
from ui.widgets import Button, FormField, NavItem, Note, PageHeader, Segment, Switch, line
from ui.words import t

SENDER, SCHEME, DENSITY, MOTION = "sender", "ui.scheme", "ui.density", "ui.reduce_motion"
LONGEST_SENDER = 200
TICK_MS = 2000
SECTIONS = {
    "look": "paint-brush",
    "sending": "paper-plane-tilt",
    "labels": "tag",
    "shipping": "truck",
    "alerts": "bell",
    "api": "plugs-connected",
    "vault": "lock-key",
    "backups": "database",
    "privacy": "users",
    "workspace": "folder-open",
    "about": "info",
}


class SettingsPage(Page):
    """`take_house(house)` before it is shown; `section` is the one in front."""

    id = "settings"
    icon_name = "gear-six"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.house: House | None = None
        self.vault_card: VaultCard | None = None
        self.backups: BackupsSection | None = None
        self.privacy: PrivacySection | None = None
        self.alerts: AlertsSection | None = None
        self.api: ApiSection | None = None
        self.reports: ReportsCard | None = None
        self._sender = ""
        self._burst = Burst(lambda _keys: begin(self._load(), "settings"), 300, self)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._show_stalls)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(t("nav.settings"))
        column.addWidget(self.header)
        column.addWidget(line("line"))
        row = QHBoxLayout()
        row.setSpacing(0)
        column.addLayout(row, 1)
        self._list = QFrame()
        self._list.setFixedWidth(208)
        list_column = QVBoxLayout(self._list)
        list_column.setContentsMargins(10, 14, 10, 14)
        list_column.setSpacing(2)
        self.stack = QStackedWidget()
        self.sections: dict[str, Section] = {}
        self.items: dict[str, NavItem] = {}
        for name, icon in SECTIONS.items():
            item = NavItem(t(f"settings.section.{name}"), icon)
            item.clicked.connect(lambda _on=False, n=name: self.show_section(n))
            list_column.addWidget(item)
            self.items[name] = item
            self.sections[name] = Section()
            self.stack.addWidget(self.sections[name])
        list_column.addStretch(1)
        row.addWidget(self._list)
        row.addWidget(line("vline"))
        row.addWidget(self.stack, 1)
        self._look()
        self._sending()
        self._labels()
        self.carriers = CarrierRulesCard(self.sections["shipping"], services, self)
        self.show_section("look")

    @property
    def section(self) -> str:
        return next(name for name, made in self.sections.items() if made is self.stack.currentWidget())

    def show_section(self, name: str) -> None:
        """Another section."""
        self.stack.setCurrentWidget(self.sections[name])
        self.items[name].setChecked(True)

    # -- sections ------------------------------------------------------------------------------------------------
    def _look(self) -> None:
        section, here = self.sections["look"], appearance()
        card = section.card(t("settings.language_title"))
        languages = [("", t("settings.system_one")), ("tr", t("settings.turkish")), ("en", t("settings.english"))]
        self.language = Segment(t("settings.language"), languages)
        self.language.chosen.connect(self._set_language)
        section.add(card, SettingRow(t("settings.language"), t("settings.language_text"), self.language))
        card = section.card(t("settings.look_title"))
        schemes = [(s.value, t(f"settings.scheme.{s.value}")) for s in Scheme]
        self.scheme = Segment(t("settings.scheme_name"), schemes, here.scheme.value)
        self.scheme.chosen.connect(self._set_scheme)
        densities = [(name, t(f"settings.density.{name}")) for name in ("comfortable", "compact")]
        known = here.density.name if here.density.name in dict(densities) else "comfortable"
        self.density = Segment(t("settings.density_name"), densities, known)
        self.density.chosen.connect(self._set_density)
        self.motion = Switch(t("settings.motion"), here.reduce_motion)
        self.motion.toggled.connect(self._set_motion)
        section.add(
            card,
            SettingRow(t("settings.scheme_name"), "", self.scheme),
            SettingRow(t("settings.density_name"), t("settings.density_text"), self.density),
            SettingRow(t("settings.motion"), t("settings.motion_text"), self.motion),
        )

    def _sending(self) -> None:
        section = self.sections["sending"]
        card = section.card(t("settings.sending_title"))
        self.freeze = Switch(t("settings.freeze"))
        self.freeze.toggled.connect(self._set_frozen)
        self.freeze_row = SettingRow(t("settings.freeze"), t("settings.freeze_text"), self.freeze)
        section.add(card, self.freeze_row)

    def _labels(self) -> None:
        section = self.sections["labels"]
        card = section.card(t("settings.labels_title"))
        self.sender = QLineEdit()
        self.sender.setMaxLength(LONGEST_SENDER)
        self.sender.textChanged.connect(lambda _text: self._sender_typed())
        self.sender.returnPressed.connect(self._keep_sender)
        self.keep = Button(t("common.save"), "primary")
        self.keep.clicked.connect(self._keep_sender)
        box = QWidget()
        inside = QVBoxLayout(box)
        inside.setContentsMargins(14, 12, 14, 12)
        inside.setSpacing(10)
        inside.addWidget(FormField(t("settings.sender"), self.sender, t("settings.sender_hint")))
        inside.addWidget(self.keep)
        section.add(card, box)
        self._sender_typed()
        self.rules = RulesCard(section, self.services)
        self.scanner = ScannerCard(section, self.services)
        helper_card(section, self.services)

    def take_house(self, house: House) -> None:
        """What belongs to the window as a whole."""
        self.house = house
        self.language.set_value(house.language() if house.language() in ("tr", "en") else "")
        section = self.sections["vault"]
        if house.vault is None:
            card = section.card(t("settings.vault.title"))
            section.add(card, Note("rehearsal", t("settings.vault.rehearsal"), t("settings.vault.rehearsal_text")))
        else:
            card = section.card(t("settings.vault.title"), t("settings.vault.note"))
            self.vault_card = VaultCard(card, house, self.services, self, self.said.emit)
        self.backups = BackupsSection(self.sections["backups"], self.services, house, self, self.said.emit)
        self.privacy = PrivacySection(self.sections["privacy"], self.services, self, self.said.emit, self.go.emit)
        self.alerts = AlertsSection(self.sections["alerts"], self.services, self, self.said.emit)
        if house.reporter is not None:
            self.reports = ReportsCard(self.sections["alerts"], self.services, house.reporter, self, self.said.emit)
        if house.api is not None:
            self.api = ApiSection(self.sections["api"], house.api, self, self.said.emit)
        self._workspace(house)
        self._about(house)

    def _workspace(self, house: House) -> None:
        section = self.sections["workspace"]
        card = section.card(t("settings.workspace_title"))
        show = Button(t("settings.open_folder"), icon="folder-open", small=True)
        show.clicked.connect(lambda: self._open_folder(house.folder))
        rehearsal = self.services.rehearsal
        other = Button(t("settings.to_live" if rehearsal else "settings.to_rehearsal"), small=True)
        other.clicked.connect(lambda: house.switch(not rehearsal))
        self.other_workspace = other
        kind = t("shell.rehearsal" if rehearsal else "shell.live")
        section.add(
            card,
            SettingRow(t("settings.folder"), str(house.folder), show),
            SettingRow(t("settings.kind", name=kind), t("settings.kind_text"), other),
        )

    def _about(self, house: House) -> None:
        section = self.sections["about"]
        card = section.card(t("settings.versions_title"))
        for name, value in versions():
            section.add(card, SettingRow(name, value))
        card = section.card(t("settings.diagnostics_title"))
        copy = Button(t("settings.copy"), icon="copy", small=True)
        copy.clicked.connect(self._copy_facts)
        self.stalls = SettingRow(t("settings.stalls"), stall_words(house.watchdog), copy)
        section.add(card, self.stalls)

    # -- what the window tells -----------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        wanted = request.get("view") if isinstance(request, dict) else None
        if wanted in self.sections:
            self.show_section(wanted)
        self.items[self.section].setFocus(Qt.FocusReason.OtherFocusReason)
        self._burst.poke()
        if self.vault_card is not None:
            self.vault_card.refresh()
        for part in (self.backups, self.privacy, self.alerts, self.api, self.reports, self.carriers):
            if part is not None:
                part.refresh()

    def changed(self, report: ChangeReport) -> None:
        if report.table == OUTBOX and self.isVisible():
            self._burst.poke()
        if report.table == ALERTS and self.alerts is not None and self.isVisible():
            self.alerts.refresh()
        if report.table == JOBS and self.backups is not None and self.isVisible():
            self.backups.refresh()  # the clock may have made one

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tick.start()
        self._show_stalls()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tick.stop()

    def set_inner_width(self, width: int) -> None:
        self.header.set_narrow(width < 1100)
        self._list.setFixedWidth(208 if width >= 1100 else 176)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.set_low(self.window().height() < 700)

    # -- loading and keeping -------------------------------------------------------------------------------------
    async def _load(self) -> None:
        store = self.services.store
        sender = str(await store.settings.get(SENDER, "") or "")
        frozen = 0 in await store.outbox.frozen()
        counts = await store.outbox.counts()
        if self.sender.text() in ("", self._sender):  # what is being typed stays
            self._sender = sender
            self.sender.setText(sender)
        self._sender_typed()
        was = self.freeze.blockSignals(True)
        self.freeze.setChecked(frozen)
        self.freeze.blockSignals(was)
        self.freeze.update()
        waiting = sum(counts.get(state, 0) for state in ("queued", "sending", "pending", "unknown"))
        words = t("settings.frozen_text", count=waiting) if frozen else t("settings.freeze_text")
        self.freeze_row.set_text(words)

    def _keep(self, key: str, value: object) -> None:
        spawn(self.services.store.audit.choose(key, value), f"setting {key}")

    def _set_language(self, language: str) -> None:
        house = self.house
        if house is not None:
            # Everything with words goes, this page too: not in the middle of its own click.
            QTimer.singleShot(0, self, lambda: house.set_language(language))

    def _set_scheme(self, value: str) -> None:
        appearance().set_scheme(Scheme(value))
        self._keep(SCHEME, value)

    def _set_density(self, value: str) -> None:
        appearance().set_density(DENSITIES[value])
        self._keep(DENSITY, value)

    def _set_motion(self, on: bool) -> None:
        appearance().set_reduce_motion(on)
        self._keep(MOTION, on or None)

    def _set_frozen(self, on: bool) -> None:
        spawn(self._freeze(on), "freeze")

    async def _freeze(self, on: bool) -> None:
        outbox = self.services.store.outbox
        await (outbox.freeze() if on else outbox.unfreeze())
        self.services.changes.publish(ChangeReport(OUTBOX, source="user"))
        self._burst.poke()

    def _sender_typed(self) -> None:
        same = self.sender.text().strip() == self._sender
        self.keep.disable(t("settings.nothing_to_save") if same else "")

    def _keep_sender(self) -> None:
        new, old = self.sender.text().strip(), self._sender
        if new != old:
            spawn(self._put_sender(new), "sender")
            self.services.undo.push(
                Step(t("settings.sender"), self._putter(old), self._putter(new)),
            )
            self.said.emit("healthy", t("settings.sender"), t("settings.kept"))

    def _putter(self, text: str) -> Callable[[], object]:
        async def put() -> None:
            await self._put_sender(text)

        return put

    async def _put_sender(self, text: str) -> None:
        await self.services.store.audit.choose(SENDER, text or None)
        self._sender = text
        self.sender.setText(text)
        self._sender_typed()

    # -- diagnostics ---------------------------------------------------------------------------------------------
    def _show_stalls(self) -> None:
        if self.house is not None:
            self.stalls.set_text(stall_words(self.house.watchdog))

    def facts(self) -> str:
        """Versions and the loop's figures as plain lines; nothing of the merchant."""
        lines = [f"{name}: {value}" for name, value in versions()]
        if self.house is not None:
            lines.append(f"{t('settings.stalls')}: {stall_words(self.house.watchdog)}")
        return "\n".join(lines) + "\n"

    def _copy_facts(self) -> None:
        QApplication.clipboard().setText(self.facts())
        self.said.emit("healthy", t("settings.diagnostics_title"), t("settings.copied"))

    @staticmethod
    def _open_folder(folder: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
