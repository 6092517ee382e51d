"""Dialogs of "Ship…" for parcels abroad and for prices: what customs must be told, and what the carrier would charge. Both only ask;
nothing is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.api.shipping_asks import rates_of
from app.api.shipping_words import problem_sentence
from app.contracts import Message, ProviderError
from app.jobs.engine import Engine
from app.kit.abroad import INCOTERMS
from app.model import Rate
from app.shipping.abroad import FACTS, Article, FactError, fact_of
from app.shipping.address import FieldProblem
from app.shipping.desk import Draft
from ui.widgets import Button, DialogFrame, FormField, Scroller, Switch, Text
from ui.words import figures, t, words

_TYPED = ("declared_value", "currency", "quantity", "service", "payer_account")


class CustomsDialog(DialogFrame):
    """`CustomsDialog(parent, number, articles, problems, told)`: `facts()` are those of an article that differ, `options()` what goes with
    this parcel only."""

    def __init__(
        self, parent: QWidget, number: str, articles: Sequence[Article], problems: Sequence[FieldProblem],
        told: Mapping[str, str], known: Mapping[str, str],
    ) -> None:  # fmt: skip
        super().__init__(
            parent, t("parcels.customs.title", number=number), t("parcels.customs.text"), t("common.save"), width=600
        )
        self._told, self.edits = dict(told), dict[tuple[str, str], QLineEdit]()
        self._before: dict[tuple[str, str], str] = {}
        wrong = {one.field: one for one in problems}
        self._articles(articles)
        self.body.addWidget(Text(t("parcels.customs.parcel"), "medium"))
        self.fields: dict[str, QLineEdit] = {}
        self.forms: dict[str, FormField] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        # One code goes with a parcel: where the articles differ, it is typed for the parcel.
        differing = [name for name in FACTS if (name in wrong and wrong[name].why != "not_known") or told.get(name)]
        for at, name in enumerate([*_TYPED, *differing]):
            edit = QLineEdit(told.get(name, ""))
            edit.setMaxLength(40)
            if known.get(name) and not told.get(name):
                value = figures().number(Decimal(known[name])) if name == "declared_value" else known[name]
                edit.setPlaceholderText(t("parcels.customs.as_order", value=value))
            elif name == "service":
                edit.setPlaceholderText(t("parcels.customs.as_account"))
            form = FormField(t(f"parcels.field.{name}"), edit)
            if name in wrong:
                form.set_trouble(problem_sentence(words(), wrong[name]))
            self.fields[name], self.forms[name] = edit, form
            grid.addWidget(form, at // 3, at % 3, Qt.AlignmentFlag.AlignTop)
        self.incoterm = QComboBox()
        self.incoterm.addItem("DAP", "")
        for one in sorted(INCOTERMS - {"DAP"}):
            self.incoterm.addItem(one, one)
        self.incoterm.setCurrentIndex(max(0, self.incoterm.findData(told.get("incoterm", ""))))
        at = len(self.fields)
        grid.addWidget(
            FormField(t("parcels.field.incoterm"), self.incoterm), at // 3, at % 3, Qt.AlignmentFlag.AlignTop
        )
        for column in range(3):
            grid.setColumnStretch(column, 1)
        self.body.addLayout(grid)
        self.documents = Switch(t("parcels.customs.documents"), told.get("goods") == "documents")
        row = QHBoxLayout()
        row.addWidget(self.documents)
        row.addWidget(Text(t("parcels.customs.documents")), 1)
        self.body.addLayout(row)
        for edit in (*self.edits.values(), *self.fields.values()):
            edit.textChanged.connect(lambda _text: self._judge())
        self._judge()

    def _articles(self, articles: Sequence[Article]) -> None:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(12)
        for at, name in enumerate(FACTS, 1):
            grid.addWidget(Text(t(f"parcels.field.{name}"), "small", "text_2"), 0, at)
        grid.setColumnStretch(0, 1)
        hints = {"hs_code": t("parcels.customs.hs_hint"), "made_in": t("parcels.customs.made_hint")}
        for at, one in enumerate({one.key: one for one in articles}.values(), 1):
            label = Text(f"{one.key} · {one.title}" if one.title != one.key else one.key, "body", wrap=True)
            grid.addWidget(label, at, 0)
            for column, name in enumerate(FACTS, 1):
                edit = QLineEdit(getattr(one.facts, name))
                edit.setMaxLength(20)
                edit.setPlaceholderText(hints[name])
                edit.setFixedWidth(130)
                edit.setAccessibleName(f"{t(f'parcels.field.{name}')} {one.key}")
                self.edits[one.key, name] = edit
                self._before[one.key, name] = edit.text()
                grid.addWidget(edit, at, column)
        grid.setRowStretch(grid.rowCount(), 1)
        scroll = Scroller(inside)
        scroll.setMinimumHeight(min(220, 34 * (len(self.edits) // 2 + 1) + 8))
        self.body.addWidget(scroll, 1)
        self._wrong_fact = Text("", "small", "unhealthy_text", wrap=True)
        self.body.addWidget(self._wrong_fact)

    def _judge(self) -> None:
        """What cannot be a code says so at once."""
        said = ""
        for (key, name), edit in self.edits.items():
            try:
                fact_of(name, edit.text())
            except FactError:
                said = said or f"{key} · {t(f'parcels.field.{name}')}: {t(f'parcels.problem.bad_{name}')}"
        self._wrong_fact.setText(said)
        self._wrong_fact.setVisible(bool(said))
        self.primary.disable(said)

    def facts(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for (key, name), edit in self.edits.items():
            if edit.text().strip() != self._before[key, name]:
                found.setdefault(key, {})[name] = edit.text()
        return found

    def options(self) -> dict[str, str]:
        made = {name: edit.text().strip() for name, edit in self.fields.items() if edit.text().strip()}
        if self.incoterm.currentData():
            made["incoterm"] = str(self.incoterm.currentData())
        if self.documents.isChecked():
            made["goods"] = "documents"
        mine = {*_TYPED, *FACTS, "incoterm", "goods"}
        return {name: value for name, value in self._told.items() if name not in mine} | made


class PricesDialog(DialogFrame):
    """`PricesDialog(parent, engine, draft)`: `await load()` asks; `taken` is the service that a person chose, '' none."""

    def __init__(self, parent: QWidget, engine: Engine, draft: Draft) -> None:
        name = draft.carrier.name if draft.carrier is not None else ""
        super().__init__(
            parent, t("parcels.rates.title", number=draft.numbers, name=name), t("parcels.rates.text"), t("common.close"),
            width=640,
        )  # fmt: skip
        self.cancel.hide()
        self._engine, self._draft, self._name = engine, draft, name
        self.taken = ""
        self.rates: tuple[Rate, ...] = ()
        self.buttons: dict[str, Button] = {}
        self.told = Text(t("parcels.rates.asking", name=name), "body", "text_2", wrap=True)
        self.body.addWidget(self.told)
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setColumnStretch(0, 1)
        self._scroll = Scroller(inside)
        self._scroll.setMinimumHeight(180)
        self._scroll.hide()
        column = QVBoxLayout()
        column.addWidget(self._scroll)
        self.body.addLayout(column, 1)

    async def load(self) -> None:
        """Asks the carrier; what it refuses is said in its place."""
        row, request = self._draft.carrier, self._draft.request
        if row is None or request is None:
            return
        try:
            found = await rates_of(self._engine, row, request)
        except ProviderError as error:
            found = error.message
        if isinstance(found, Message):
            self.told.set_role("unhealthy_text")
            self.told.setText(sentence(words(), found, self._name))
            return
        self.rates = found
        self.told.setText("" if found else t("parcels.rates.none"))
        self.told.setVisible(not found)
        if found:
            self._show()

    def _show(self) -> None:
        for column, name in enumerate(("service", "price", "how_long")):
            self._grid.addWidget(Text(t(f"parcels.rates.{name}"), "small", "text_2"), 0, column)
        for at, one in enumerate(self.rates, 1):
            price = figures().money(one.price.amount, one.price.currency)
            days = t("parcels.rates.no_days") if one.days is None else t("parcels.rates.days", count=one.days)
            self._grid.addWidget(Text(one.service, "medium"), at, 0)
            self._grid.addWidget(Text(price), at, 1, Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(Text(days, "body", "text_2"), at, 2)
            take = Button(t("parcels.rates.take"), small=True)
            take.setAccessibleName(f"{t('parcels.rates.take')}: {one.service}, {price}")
            take.clicked.connect(lambda _on=False, service=one.service: self._take(service))
            self.buttons[one.service] = take
            self._grid.addWidget(take, at, 3)
        self._grid.setRowStretch(len(self.rates) + 1, 1)
        self._scroll.show()

    def _take(self, service: str) -> None:
        self.taken = service
        self.accept()
