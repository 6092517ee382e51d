"""The dialog "Ship…": carrier, pieces, desi, cash on delivery, and what stands in each parcel's way, field by field, to be mended
in place. It asks and corrects; handing over is the page's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.api.shipping_asks import offers_rates
from app.api.shipping_words import problem_sentence, refusal_words
from app.formats.numbers import read_number
from app.jobs.engine import Engine
from app.model import Address
from app.shipping.address import ABROAD_FIELDS, FIELDS, FieldProblem, at_home
from app.shipping.desk import Draft, ShippingDesk, Wanted
from ui.kit import ACCEPTED, Burst, ask, begin, spawn
from ui.pages.ship_abroad import CustomsDialog, PricesDialog
from ui.widgets import Button, Chip, DialogFrame, FormField, Scroller, Text
from ui.words import t, words

_MOST_DESI = Decimal(999)
_MOST_G = 999_999
_BESIDE = {"company": "name", "postcode": "district", "city": "district", "country": "state"}
_SHOWN = 60  # drafts that get a line of their own; those with problems come first


class DraftLine(QWidget):
    """One parcel to be: number, state, what is wrong. Signals, each with its draft: `edit_asked`, `take_asked`, `customs_asked`,
    `prices_asked`, `other_asked`."""

    edit_asked = Signal(object)
    take_asked = Signal(object)
    customs_asked = Signal(object)
    prices_asked = Signal(object)
    other_asked = Signal(object)

    def __init__(self, draft: Draft, *, prices: bool = False) -> None:
        super().__init__()
        self.draft = draft
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 6)
        column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Text(draft.numbers or "—", "medium"))
        who = " · ".join(x for x in (draft.address.name, draft.address.city) if x)
        row.addWidget(Text(who, "body", "text_2"), 1)
        if draft.carrier is not None:
            row.addWidget(Text(draft.carrier.name, "small", "text_2"))
        doubt = bool(draft.problems) or draft.cancel_asked
        astray = any(one.field in (*FIELDS, *ABROAD_FIELDS) for one in draft.problems if one.blocking)
        state, word = ("healthy", "doubtful" if doubt else "ok") if draft.ready else ("unhealthy", "")
        self.chip = Chip("healthy")
        self.chip.set_state("degraded" if draft.ready and doubt else state, t(f"parcels.ship.{word}") if word else t("parcels.ship.cannot" if draft.refusal else "parcels.ship.fix" if astray else "parcels.customs.fix"))  # fmt: skip
        row.addWidget(self.chip)
        column.addLayout(row)
        lines = [refusal_words(words(), draft.refusal)] if draft.refusal else []
        lines += [problem_sentence(words(), one) for one in draft.problems]
        lines += [t("parcels.cancel_asked")] if draft.cancel_asked else []
        for text in lines:
            column.addWidget(Text(text, "small", "text_2" if draft.ready else "unhealthy_text", wrap=True))
        self._standby(column)
        self._buttons(column, prices)

    def _standby(self, column: QVBoxLayout) -> None:
        """A carrier that cannot be reached is named with the one that is offered; nothing is taken by itself."""
        draft = self.draft
        if draft.down is None or draft.carrier is None:
            return
        name = draft.carrier.name
        told = [t("parcels.standby.down", carrier=name), sentence(words(), draft.down, name)]
        told.append(t("parcels.standby.offered", other=draft.other.name, carrier=name) if draft.other is not None else t("parcels.standby.nobody", carrier=name))  # fmt: skip
        column.addWidget(Text(" ".join(dict.fromkeys(told)), "small", "unhealthy_text", wrap=True))

    def _buttons(self, column: QVBoxLayout, prices: bool) -> None:
        draft = self.draft
        made: dict[str, Button] = {}
        if not draft.refusal:
            fields = {one.field for one in draft.problems}
            if fields & {*FIELDS, *ABROAD_FIELDS}:
                made["edit"] = Button(t("parcels.ship.edit"), icon="pencil-simple", small=True)
            if any(one.proposal for one in draft.problems):
                made["take"] = Button(t("parcels.ship.take"), icon="check", small=True)
            if draft.articles or "payer_account" in fields:
                made["customs"] = Button(t("parcels.customs.button"), icon="pencil-simple", small=True)
            if prices:
                made["prices"] = Button(t("parcels.rates.button"), small=True)
            if draft.down is not None and draft.other is not None:
                made["other"] = Button(t("parcels.standby.take", other=draft.other.name), small=True)
        if not made:
            return
        row = QHBoxLayout()
        row.setSpacing(8)
        for name, button in made.items():
            signal = {"edit": self.edit_asked, "take": self.take_asked, "customs": self.customs_asked, "prices": self.prices_asked, "other": self.other_asked}[name]  # fmt: skip
            button.setAccessibleName(f"{button.text()} {draft.numbers}")
            button.clicked.connect(lambda _on=False, told=signal: told.emit(self.draft))
            setattr(self, name, button)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)


class ShipDialog(DialogFrame):
    """`ShipDialog(parent, desk, order ids, engine)`: `await look()` before it is shown. `drafts` is what would be asked; the engine asks
    for prices."""

    def __init__(self, parent: QWidget, desk: ShippingDesk, ids: Sequence[int], engine: Engine | None = None) -> None:
        super().__init__(
            parent, t("parcels.ship.title", count=len(ids)), t("parcels.ship.text"), t("parcels.ship.go"), width=640
        )
        self._desk, self._ids, self._engine = desk, list(ids), engine
        self._told: dict[int, dict[str, str]] = {}  # by order: what was told for its parcel only
        self._given: dict[int, int] = {}  # by order: another carrier that a person took for it
        self._asked = 0
        self.drafts: list[Draft] = []
        self.lines: list[DraftLine] = []
        self._fields()
        self.told = Text("", "medium")
        self.take_all = Button(t("parcels.ship.take_all"), icon="check", small=True)
        self.take_all.clicked.connect(lambda: spawn(self._take(self.drafts), "take proposals"))
        head = QHBoxLayout()
        head.addWidget(self.told, 1)
        head.addWidget(self.take_all)
        self.body.addLayout(head)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        scroll = Scroller(inside)
        scroll.setMinimumHeight(220)
        self.body.addWidget(scroll, 1)
        self._burst = Burst(lambda _keys: self._look(), 200, self)
        self.carrier.currentIndexChanged.connect(lambda _n: self._carrier_chosen())
        self.weight.textChanged.connect(lambda _text: self._burst.poke())
        self.pieces.valueChanged.connect(lambda _n: self._burst.poke())
        self.desi.textChanged.connect(lambda _text: self._burst.poke())
        self.cod.currentIndexChanged.connect(lambda _n: self._burst.poke())

    def _fields(self) -> None:
        self.carrier, self.cod = QComboBox(), QComboBox()
        self.pieces, self.desi, self.weight = QSpinBox(), QLineEdit(), QLineEdit()
        self.weight.setMaxLength(6)
        self.pieces.setRange(1, 99)
        self.desi.setMaxLength(12)
        self.carrier.addItem(t("parcels.ship.by_rule"), 0)
        for key, value in (("cod_as_order", None), ("cod_yes", True), ("cod_no", False)):
            self.cod.addItem(t(f"parcels.ship.{key}"), value)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(FormField(t("parcels.ship.carrier"), self.carrier), 2)
        row.addWidget(FormField(t("parcels.ship.pieces"), self.pieces))
        row.addWidget(FormField(t("parcels.ship.cod"), self.cod), 2)
        self.body.addLayout(row)
        self.desi_field = FormField(t("parcels.ship.desi"), self.desi, t("parcels.ship.desi_hint"))
        self.weight_field = FormField(t("parcels.field.weight"), self.weight, t("parcels.customs.weight_hint"))
        measures = QHBoxLayout()
        measures.setSpacing(12)
        measures.addWidget(self.desi_field, 2, Qt.AlignmentFlag.AlignTop)
        measures.addWidget(self.weight_field, 1, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(measures)

    def _carrier_chosen(self) -> None:
        self._given.clear()
        self._burst.poke()

    def _look(self) -> None:
        begin(self.look(), "look at parcels")

    def _desi(self) -> Decimal | None:
        text = self.desi.text().strip()
        if not text:
            return Decimal(0)
        value = read_number(text).value
        return value if value is not None and 0 <= value <= _MOST_DESI else None

    def _grams(self) -> int | None:
        text = self.weight.text().strip()
        return 0 if not text else int(text) if text.isascii() and text.isdigit() and int(text) <= _MOST_G else None

    # -- looking ------------------------------------------------------------------------------------------------------
    async def look(self) -> None:
        """Checks everything anew; a later look wins. Nothing is written."""
        self._asked += 1
        asked = self._asked
        if self.carrier.count() == 1:
            for row in await self._desk.carriers():
                self.carrier.addItem(row.name, row.id)
        desi = self._desi()
        self.desi_field.set_trouble("" if desi is not None else t("parcels.ship.desi_wrong"))
        weight = self._grams()
        self.weight_field.set_trouble("" if weight is not None else t("parcels.customs.weight_wrong"))
        if desi is None or weight is None:
            self.primary.disable(t("parcels.ship.desi_wrong" if desi is None else "parcels.customs.weight_wrong"))
            return
        carrier, cash = int(self.carrier.currentData() or 0), self.cod.currentData()
        wanted = [
            Wanted(
                (i,),
                self._given.get(i, carrier),
                self.pieces.value(),
                desi,
                weight,
                cash,
                options=self._told.get(i, {}),
            )
            for i in self._ids
        ]
        drafts = await self._desk.drafts(wanted)
        if asked == self._asked:
            self.drafts = drafts
            self._show()

    def _show(self) -> None:
        for old in self.lines:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        ordered = sorted(self.drafts, key=lambda one: (one.ready, not one.problems and one.down is None))
        self.lines = [
            DraftLine(one, prices=self._engine is not None and offers_rates(self._desk, one.carrier))
            for one in ordered[:_SHOWN]
        ]
        for at, made in enumerate(self.lines):
            made.edit_asked.connect(lambda draft: spawn(self._edit(draft), "correct an address"))
            made.take_asked.connect(lambda draft: spawn(self._take([draft]), "take a proposal"))
            made.customs_asked.connect(lambda draft: spawn(self._customs(draft), "customs details"))
            made.prices_asked.connect(lambda draft: spawn(self._prices(draft), "prices of a carrier"))
            made.other_asked.connect(lambda draft: spawn(self._another(draft), "another carrier"))
            self._list.insertWidget(at, made)
        ready = sum(one.ready for one in self.drafts)
        refused = sum(bool(one.refusal) for one in self.drafts)
        blocked = len(self.drafts) - ready - refused
        parts = [t("parcels.ship.ready", count=ready)]
        parts += [t("parcels.ship.blocked", count=blocked)] if blocked else []
        parts += [t("parcels.ship.not_possible", count=refused)] if refused else []
        self.told.setText(" · ".join(parts))
        self.take_all.setVisible(any(_proposed(one) for one in self.drafts))
        self.primary.disable("" if ready else t("parcels.ship.nothing_ready"))

    # -- mending --------------------------------------------------------------------------------------------------------
    async def _edit(self, draft: Draft) -> None:
        dialog = CorrectDialog(self, draft.numbers, draft.address, draft.problems)
        try:
            if await ask(dialog) != ACCEPTED or not dialog.changes():
                return
            for order_id in draft.wanted.orders:
                await self._desk.correct(order_id, dialog.changes())
        finally:
            dialog.deleteLater()
        await self.look()

    async def _customs(self, draft: Draft) -> None:
        told = self._told.get(draft.wanted.orders[0], {})
        known = draft.request.options if draft.request is not None else {}
        dialog = CustomsDialog(self, draft.numbers, draft.articles, draft.problems, told, known)
        try:
            if await ask(dialog) != ACCEPTED:
                return
            await self._desk.remember(dialog.facts())
            for order_id in draft.wanted.orders:
                self._told[order_id] = dialog.options()
        finally:
            dialog.deleteLater()
        await self.look()

    async def _prices(self, draft: Draft) -> None:
        if self._engine is None:
            return
        dialog = PricesDialog(self, self._engine, draft)
        loading = spawn(dialog.load(), "prices")
        try:
            if await ask(dialog) != ACCEPTED or not dialog.taken:
                return
            for order_id in draft.wanted.orders:
                self._told[order_id] = {**self._told.get(order_id, {}), "service": dialog.taken}
        finally:
            loading.cancel()
            dialog.deleteLater()
        await self.look()

    async def _another(self, draft: Draft) -> None:
        for order_id in draft.wanted.orders if draft.other is not None else ():
            self._given[order_id] = draft.other.id if draft.other is not None else 0
        await self.look()

    async def _take(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            changes = _proposed(draft)
            for order_id in draft.wanted.orders if changes else ():
                await self._desk.correct(order_id, changes)
        await self.look()


class CorrectDialog(DialogFrame):
    """One address, field by field, with what is wrong under its field. `changes()` are those that differ."""

    def __init__(
        self, parent: QWidget, number: str, address: Address, problems: Sequence[FieldProblem], field: str = ""
    ) -> None:
        super().__init__(
            parent,
            t("parcels.ship.correct_title", number=number),
            t("parcels.ship.correct_text"),
            t("common.save"),
            width=520,
        )
        shown = FIELDS if at_home(address) and field not in ABROAD_FIELDS else (*FIELDS, *ABROAD_FIELDS)
        self._before = {name: str(getattr(address, name)) for name in shown}
        sides = {
            name: QHBoxLayout() for name in ("name", "district", "state")
        }  # side by side: seven in a column are too high
        for side in sides.values():
            side.setSpacing(12)
        proposed = {name: value for one in problems for name, value in one.proposal.items()}
        wrong: Mapping[str, FieldProblem] = {one.field: one for one in problems}
        self.edits: dict[str, QLineEdit] = {}
        for name in shown:
            edit = QLineEdit(proposed.get(name, self._before[name]))
            edit.setMaxLength(500)
            edit.setCursorPosition(0)
            self.edits[name] = edit
            made = FormField(t(f"parcels.field.{name}"), edit)
            if name in wrong:
                made.set_trouble(problem_sentence(words(), replace(wrong[name], proposal={})))
            elif name == field:
                made.set_trouble(t("parcels.write.create_refused"))
            row = sides.get(_BESIDE.get(name, name))
            if row is None:
                self.body.addWidget(made)
                continue
            if name in sides:
                self.body.addLayout(row)
            row.addWidget(made, 1, Qt.AlignmentFlag.AlignTop)
        first = next((name for name in shown if name in wrong or name == field), "")
        if first:
            self.edits[first].setFocus(Qt.FocusReason.OtherFocusReason)
            self.edits[first].selectAll()

    def changes(self) -> dict[str, str]:
        return {n: e.text().strip() for n, e in self.edits.items() if e.text().strip() != self._before[n].strip()}


def _proposed(draft: Draft) -> dict[str, str]:
    if draft.refusal:
        return {}
    return {field: value for one in draft.problems for field, value in one.proposal.items()}
