"""Cards of Settings: what prints by itself, how the scanner types, and the helper's profile."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from app.api.commands_pack import keep_setup, rule_line
from app.orders import rules
from app.orders.rules import Rule, RuleError
from app.orders.scanning import GAP_MS, LEAST, ROUND, ScannerSetup, setup_of
from app.orders.scanning import SETTING as SCANNER
from ui.kit import begin
from ui.pages.settings_parts import Section, SettingRow
from ui.services import Services
from ui.widgets import Button, FormField, Switch, Text
from ui.words import t, words


class RulesCard(QWidget):
    """The list of rules with a line to add one; written at once."""

    def __init__(self, section: Section, services: Services) -> None:
        super().__init__()
        self._services = services
        self.rules: tuple[Rule, ...] = ()
        self.switches: list[Switch] = []
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
        self.switches = []
        for place, rule in enumerate(self.rules):
            on = Switch(
                t("pack.rules.switch", rule=rule_line(words(), msgspec.structs.replace(rule, on=True))), rule.on
            )
            on.toggled.connect(lambda on, at=place: self._switch(at, on))
            self.switches.append(on)
            out = Button(t("pack.rules.remove"), "quiet", small=True)
            out.clicked.connect(lambda _on=False, at=place: self._remove(at))
            self._rows.addWidget(SettingRow(rule_line(words(), rule), "", on, out))
        if not self.rules:
            self._rows.addWidget(SettingRow(t("pack.rules.none")))

    def _add(self) -> None:
        made = Rule(
            str(self.when.currentData()), str(self.document.currentData()), str(self.printer.currentData() or "")
        )
        self._keep((*self.rules, made))

    def _remove(self, place: int) -> None:
        self._keep((*self.rules[:place], *self.rules[place + 1 :]))

    def _switch(self, place: int, on: bool) -> None:
        """Off, a rule stays in the list and prints nothing."""
        made = [*self.rules]
        made[place] = msgspec.structs.replace(made[place], on=on)
        self._keep(made)

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


class ScannerCard(QWidget):
    """How the merchant's scanner types: what it puts round a code, how long and how fast a burst is. Written when a field is left."""

    def __init__(self, section: Section, services: Services) -> None:
        super().__init__()
        self._services = services
        self._was = ScannerSetup()
        self.prefix, self.suffix = QLineEdit(), QLineEdit()
        self.least, self.gap = QSpinBox(), QSpinBox()
        self.least.setRange(*LEAST)
        self.gap.setRange(*GAP_MS)
        self.gap.setSuffix(" ms")
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 10, 14, 10)
        grid.setHorizontalSpacing(12)
        for at, (name, field) in enumerate(self._fields().items()):
            if isinstance(field, QLineEdit):
                field.setMaxLength(ROUND)
            field.editingFinished.connect(self._keep)
            grid.addWidget(FormField(t(f"pack.scanner_setup.{name}"), field, t(f"pack.scanner_setup.{name}_hint")), at // 2, at % 2)  # fmt: skip
        section.add(section.card(t("pack.scanner_setup.title"), t("pack.scanner_setup.text")), self)
        begin(self.load(), "scanner")

    def _fields(self) -> dict[str, QLineEdit | QSpinBox]:
        return {"prefix": self.prefix, "suffix": self.suffix, "least": self.least, "gap_ms": self.gap}

    async def load(self) -> None:
        """From the store."""
        self._was = setup_of(await self._services.store.settings.get(SCANNER))
        self.prefix.setText(self._was.prefix)
        self.suffix.setText(self._was.suffix)
        self.least.setValue(self._was.least)
        self.gap.setValue(self._was.gap_ms)

    def _keep(self) -> None:
        made = ScannerSetup(self.prefix.text(), self.suffix.text(), self.least.value(), self.gap.value())
        if made != self._was:
            self._was = made
            begin(keep_setup(self._services.store, made), "scanner")


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
