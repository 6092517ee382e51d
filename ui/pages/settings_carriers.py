"""Settings: the rules that choose a carrier when nobody names one – list, add, change, order, on and off. Each change takes effect at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from msgspec.structs import replace
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from app.api.shipping_words import rule_line
from app.formats.numbers import read_number
from app.shipping.choosing import BOUNDS, WEIGHTS, Rule
from app.shipping.desk import ShippingDesk
from app.shipping.places import Places
from app.store import ConnectionRow
from ui.kit import ACCEPTED, ask, spawn
from ui.pages.settings_parts import Section, SettingRow
from ui.services import Services
from ui.widgets import Button, DialogFrame, FormField, IconButton, Switch, Text
from ui.words import figures, t, words

_MOST = Decimal(10**9)


class RuleDialog(DialogFrame):
    """`RuleDialog(parent, rule, carriers, channels)`: `rule()` is what stands there; wrong figures keep it from being saved."""

    def __init__(
        self, parent: QWidget, rule: Rule | None, carriers: Sequence[ConnectionRow], channels: Sequence[ConnectionRow]
    ) -> None:
        super().__init__(
            parent, t("parcels.rules.edit_title"), t("parcels.rules.edit_text"), t("common.save"), width=560
        )
        self._before = rule
        self.carrier, self.channel, self.city = QComboBox(), QComboBox(), QLineEdit(rule.city if rule else "")
        for row in carriers:
            self.carrier.addItem(row.name, row.id)
        self.channel.addItem(t("parcels.rules.any"), 0)
        for row in channels:
            self.channel.addItem(row.name, row.id)
        self.carrier.setCurrentIndex(max(0, self.carrier.findData(rule.carrier if rule else 0)))
        self.channel.setCurrentIndex(max(0, self.channel.findData(rule.channel if rule else 0)))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        self.city_form = FormField(t("parcels.rules.city"), self.city)
        grid.addWidget(FormField(t("parcels.ship.carrier"), self.carrier), 0, 0)
        grid.addWidget(FormField(t("parcels.rules.channel"), self.channel), 0, 1)
        grid.addWidget(self.city_form, 1, 0, 1, 2)
        self.figures: dict[str, QLineEdit] = {}
        self.forms: dict[str, FormField] = {}
        for at, name in enumerate((*BOUNDS, *WEIGHTS)):
            value = getattr(rule, name) if rule is not None else None
            edit = QLineEdit("" if value is None else str(value).replace(".", figures().point))
            edit.setMaxLength(14)
            self.figures[name], self.forms[name] = edit, FormField(t(f"parcels.rules.{name}"), edit)
            grid.addWidget(self.forms[name], 2 + at // 2, at % 2)
            edit.textChanged.connect(lambda _text: self._judge())
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)
        self.own = Switch(t("parcels.rules.own"), rule.own if rule else False)
        row_of = QHBoxLayout()
        row_of.addWidget(self.own)
        row_of.addWidget(Text(t("parcels.rules.own")), 1)
        self.body.addLayout(row_of)
        self.city.textChanged.connect(lambda _text: self._judge())
        self._judge()

    def _figure(self, name: str) -> Decimal | None:
        """Raises ValueError for what is no figure."""
        text = self.figures[name].text().strip()
        if not text:
            return None
        value = read_number(text).value
        if value is None or not 0 <= value < _MOST or (name in WEIGHTS and value != int(value)):
            raise ValueError(name)
        return value

    def _judge(self) -> None:
        trouble = ""
        for name, form in self.forms.items():
            try:
                self._figure(name)
                form.set_trouble("")
            except ValueError:
                trouble = t("parcels.rules.bad_figure")
                form.set_trouble(trouble)
        city = self.city.text().strip()
        lost = t("parcels.rules.bad_city") if city and Places.load().province(city) is None else ""
        self.city_form.set_trouble(lost)
        self.primary.disable(trouble or lost or ("" if self.carrier.count() else t("parcels.rules.no_carrier")))

    def rule(self) -> Rule:
        bounds = {name: self._figure(name) for name in BOUNDS}
        least, most = (None if (value := self._figure(name)) is None else int(value) for name in WEIGHTS)
        province = Places.load().province(self.city.text().strip())
        made = Rule(
            int(self.carrier.currentData()), int(self.channel.currentData()), province.name if province else "",
            self.own.isChecked(), least_weight_g=least, most_weight_g=most, on=self._before.on if self._before else True,
        )  # fmt: skip
        return replace(made, **bounds)


class CarrierRulesCard:
    """`CarrierRulesCard(section, services, parent)`: adds its card to the section; `refresh()` asks again how things stand."""

    def __init__(self, section: Section, services: Services, parent: QWidget) -> None:
        self._services, self._section, self._parent = services, section, parent
        self.desk = ShippingDesk(services.store, services.catalogue, services.changes)
        self.rules: list[Rule] = []
        self.switches: list[Switch] = []
        self.buttons: list[dict[str, IconButton]] = []
        self._card = section.card(t("parcels.rules.title"), t("parcels.rules.note"))
        self.add: Button | None = None

    def refresh(self) -> None:
        """Asks again."""
        spawn(self.load(), "carrier rules")

    async def load(self) -> None:
        """As the settings say now."""
        self.rules = await self.desk.choice_rules()
        names = {row.id: row.name for row in await self._services.store.connections.list(removed=True)}
        able = bool(await self.desk.carriers())
        self._section.clear(self._card)
        self.switches, self.buttons = [], []
        for at, rule in enumerate(self.rules):
            line = rule_line(words(), at + 1, replace(rule, on=True), names)
            self._section.add(self._card, SettingRow(line, "", *self._controls(at, rule, line)))
        self.add = Button(t("parcels.rules.add"), icon="plus", small=True)
        self.add.clicked.connect(lambda: spawn(self._edit(None), "carrier rule"))
        self.add.disable("" if able else t("parcels.rules.no_carrier"))
        first = not self.rules
        title = t("parcels.rules.empty" if first else "parcels.rules.add")
        self._section.add(
            self._card,
            SettingRow(title, t("parcels.rules.empty_text" if first else "parcels.rules.add_text"), self.add),
        )

    def _controls(self, at: int, rule: Rule, line: str) -> list[QWidget]:
        steps: dict[str, tuple[str, Callable[[], None]]] = {
            "up": ("arrow-up", lambda: self._keep(self._moved(at, at - 1))),
            "down": ("arrow-down", lambda: self._keep(self._moved(at, at + 1))),
            "change": ("pencil-simple", lambda: self._open(at)),
            "remove": ("trash", lambda: self._keep(self.rules[:at] + self.rules[at + 1 :])),
        }
        made: dict[str, IconButton] = {}
        for name, (icon, step) in steps.items():
            made[name] = IconButton(icon, f"{t(f'parcels.rules.{name}')}: {line}", "quiet", small=True)
            made[name].clicked.connect(lambda _on=False, go=step: go())
        made["up"].setEnabled(at > 0)
        made["down"].setEnabled(at + 1 < len(self.rules))
        switch = Switch(line, rule.on)
        switch.toggled.connect(
            lambda on: self._keep([replace(one, on=on) if i == at else one for i, one in enumerate(self.rules)])
        )
        self.switches.append(switch)
        self.buttons.append(made)
        return [*made.values(), switch]

    def _moved(self, at: int, to: int) -> list[Rule]:
        rules = list(self.rules)
        rules.insert(to, rules.pop(at))
        return rules

    def _open(self, at: int) -> None:
        spawn(self._edit(at), "carrier rule")

    def _keep(self, rules: list[Rule]) -> None:
        spawn(self._put(rules), "carrier rules")

    async def _put(self, rules: list[Rule]) -> None:
        await self.desk.set_choice_rules(rules)
        await self.load()

    async def _edit(self, at: int | None) -> None:
        carriers = await self.desk.carriers()
        ids = {row.id for row in carriers}
        channels = [row for row in await self._services.store.connections.list() if row.id not in ids]
        dialog = RuleDialog(self._parent, None if at is None else self.rules[at], carriers, channels)
        try:
            if await ask(dialog) != ACCEPTED:
                return
            made = dialog.rule()
        finally:
            dialog.deleteLater()
        rules = await self.desk.choice_rules()  # as they stand now
        if at is not None and at < len(rules):
            rules[at] = made
        else:
            rules.append(made)
        await self._put(rules)
