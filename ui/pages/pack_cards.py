"""Cards of Settings: what prints by itself, and the helper's profile."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app.api.commands_pack import rule_line
from app.orders import rules
from app.orders.rules import Rule, RuleError
from ui.kit import begin
from ui.pages.settings_parts import Section, SettingRow
from ui.services import Services
from ui.widgets import Button, Text
from ui.words import t, words


class RulesCard(QWidget):
    """The list of rules with a line to add one; written at once."""

    def __init__(self, section: Section, services: Services) -> None:
        super().__init__()
        self._services = services
        self.rules: tuple[Rule, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._rows = QVBoxLayout()
        column.addLayout(self._rows)
        self.when, self.document, self.printer = (
            self._choice(f"pack.rules.{one}") for one in ("event", "document", "printer")
        )
        for event in rules.EVENTS:
            self.when.addItem(t(f"pack.event.{event}"), event)
        self.when.setCurrentIndex(len(rules.EVENTS) - 1)
        for document in rules.DOCUMENTS:
            self.document.addItem(t(f"pack.document.{document}"), document)
        self.add = Button(t("pack.rules.add"), "plain", "plus")
        self.add.clicked.connect(self._add)
        row = QHBoxLayout()
        row.setContentsMargins(14, 10, 14, 4)
        row.setSpacing(8)
        for part in (self.when, self.document, self.printer):
            row.addWidget(part, 1)
        row.addWidget(self.add)
        column.addLayout(row)
        self.trouble = Text("", "small", "unhealthy_text", wrap=True)
        self.trouble.setContentsMargins(14, 0, 14, 8)
        column.addWidget(self.trouble)
        section.add(section.card(t("pack.rules.title"), t("pack.rules.text")), self)
        begin(self.load(), "rules")

    @staticmethod
    def _choice(key: str) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(t(key))
        made.setMinimumContentsLength(10)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return made

    async def load(self) -> None:
        """From the store."""
        self.rules = rules.read(await self._services.store.settings.get(rules.SETTING))
        names = [one.name for one in await self._services.store.printers.list()]
        chosen = self.printer.currentData()
        self.printer.clear()
        self.printer.addItem(t("pack.rules.only_printer"), "")
        for name in names:
            self.printer.addItem(name, name)
        self.printer.setCurrentIndex(max(0, self.printer.findData(chosen)))
        self._show()

    def _show(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for place, rule in enumerate(self.rules):
            out = Button(t("pack.rules.remove"), "quiet", small=True)
            out.clicked.connect(lambda _on=False, at=place: self._remove(at))
            self._rows.addWidget(SettingRow(rule_line(words(), rule), "", out))
        if not self.rules:
            self._rows.addWidget(SettingRow(t("pack.rules.none")))

    def _add(self) -> None:
        made = Rule(
            str(self.when.currentData()), str(self.document.currentData()), str(self.printer.currentData() or "")
        )
        self._keep((*self.rules, made))

    def _remove(self, place: int) -> None:
        self._keep((*self.rules[:place], *self.rules[place + 1 :]))

    def _keep(self, made: Sequence[Rule]) -> None:
        try:
            kept = rules.checked(made)
        except RuleError as error:
            self.trouble.setText(t(f"pack.rules.bad_{error.part}", value=error.value, known=""))
            return
        self.trouble.setText("")
        begin(self._write(kept), "rules")

    async def _write(self, kept: tuple[Rule, ...]) -> None:
        await self._services.store.audit.choose(rules.SETTING, [msgspec.to_builtins(one) for one in kept])
        await self.load()


def helper_card(section: Section, services: Services) -> None:
    """The row that locks the window to packing; the window's own action does it."""
    buttons = []
    for action, words_key, icon in (
        ("helper.pin", "helper.change_pin", "key"),
        ("helper.lock", "helper.lock", "lock-simple"),
    ):
        made = Button(t(words_key), "plain", icon)
        made.clicked.connect(
            lambda _on=False, name=action: services.actions.trigger(name) if name in services.actions else None
        )
        buttons.append(made)
    section.add(section.card(t("helper.card")), SettingRow(t("helper.lock"), t("helper.card_text"), *buttons))
