"""The dialog "Ship…": carrier, pieces, desi, cash on delivery, and what stands in each parcel's way, field by field, to be mended
in place. It asks and corrects; handing over is the page's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from app.api.shipping_words import problem_sentence, refusal_words
from app.formats.numbers import read_number
from app.model import Address
from app.shipping.address import FIELDS, FieldProblem
from app.shipping.desk import Draft, ShippingDesk, Wanted
from ui.kit import ACCEPTED, Burst, ask, spawn
from ui.widgets import Button, Chip, DialogFrame, FormField, Scroller, Text
from ui.words import t, words

_MOST_DESI = Decimal(999)
_BESIDE = {"company": "name", "postcode": "district", "city": "district"}
_SHOWN = 60  # drafts that get a line of their own; those with problems come first


class DraftLine(QWidget):
    """One parcel to be: number, state, what is wrong. Signals `edit_asked(draft)`, `take_asked(draft)`."""

    edit_asked = Signal(object)
    take_asked = Signal(object)

    def __init__(self, draft: Draft) -> None:
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
        state, word = ("healthy", "doubtful" if doubt else "ok") if draft.ready else ("unhealthy", "")
        self.chip = Chip("healthy")
        self.chip.set_state("degraded" if draft.ready and doubt else state, t(f"parcels.ship.{word}") if word else t("parcels.ship.cannot" if draft.refusal else "parcels.ship.fix"))  # fmt: skip
        row.addWidget(self.chip)
        column.addLayout(row)
        lines = [refusal_words(words(), draft.refusal)] if draft.refusal else []
        lines += [problem_sentence(words(), one) for one in draft.problems]
        lines += [t("parcels.cancel_asked")] if draft.cancel_asked else []
        for text in lines:
            column.addWidget(Text(text, "small", "text_2" if draft.ready else "unhealthy_text", wrap=True))
        if draft.refusal or not draft.problems:
            return
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.edit = Button(t("parcels.ship.edit"), icon="pencil-simple", small=True)
        self.edit.setAccessibleName(f"{t('parcels.ship.edit')} {draft.numbers}")
        self.edit.clicked.connect(lambda: self.edit_asked.emit(self.draft))
        buttons.addWidget(self.edit)
        if any(one.proposal for one in draft.problems):
            self.take = Button(t("parcels.ship.take"), icon="check", small=True)
            self.take.setAccessibleName(f"{t('parcels.ship.take')} {draft.numbers}")
            self.take.clicked.connect(lambda: self.take_asked.emit(self.draft))
            buttons.addWidget(self.take)
        buttons.addStretch(1)
        column.addLayout(buttons)


class ShipDialog(DialogFrame):
    """`ShipDialog(parent, desk, order ids)`: `await look()` before it is shown. `drafts` is what would be asked."""

    def __init__(self, parent: QWidget, desk: ShippingDesk, ids: Sequence[int]) -> None:
        super().__init__(
            parent, t("parcels.ship.title", count=len(ids)), t("parcels.ship.text"), t("parcels.ship.go"), width=640
        )
        self._desk, self._ids = desk, list(ids)
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
        self.carrier.currentIndexChanged.connect(lambda _n: self._burst.poke())
        self.pieces.valueChanged.connect(lambda _n: self._burst.poke())
        self.desi.textChanged.connect(lambda _text: self._burst.poke())
        self.cod.currentIndexChanged.connect(lambda _n: self._burst.poke())

    def _fields(self) -> None:
        self.carrier, self.cod = QComboBox(), QComboBox()
        self.pieces, self.desi = QSpinBox(), QLineEdit()
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
        self.body.addWidget(self.desi_field)

    def _look(self) -> None:
        spawn(self.look(), "look at parcels")

    def _desi(self) -> Decimal | None:
        text = self.desi.text().strip()
        if not text:
            return Decimal(0)
        value = read_number(text).value
        return value if value is not None and 0 <= value <= _MOST_DESI else None

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
        if desi is None:
            self.primary.disable(t("parcels.ship.desi_wrong"))
            return
        carrier, cash = int(self.carrier.currentData() or 0), self.cod.currentData()
        wanted = [Wanted((i,), carrier, self.pieces.value(), desi, 0, cash) for i in self._ids]
        drafts = await self._desk.drafts(wanted)
        if asked == self._asked:
            self.drafts = drafts
            self._show()

    def _show(self) -> None:
        for old in self.lines:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        ordered = sorted(self.drafts, key=lambda one: (one.ready, not one.problems))
        self.lines = [DraftLine(one) for one in ordered[:_SHOWN]]
        for at, made in enumerate(self.lines):
            made.edit_asked.connect(lambda draft: spawn(self._edit(draft), "correct an address"))
            made.take_asked.connect(lambda draft: spawn(self._take([draft]), "take a proposal"))
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
        self._before = {name: str(getattr(address, name)) for name in FIELDS}
        sides = {name: QHBoxLayout() for name in ("name", "district")}  # side by side: seven in a column are too high
        for side in sides.values():
            side.setSpacing(12)
        proposed = {name: value for one in problems for name, value in one.proposal.items()}
        wrong: Mapping[str, FieldProblem] = {one.field: one for one in problems}
        self.edits: dict[str, QLineEdit] = {}
        for name in FIELDS:
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
        first = next((name for name in FIELDS if name in wrong or name == field), "")
        if first:
            self.edits[first].setFocus(Qt.FocusReason.OtherFocusReason)
            self.edits[first].selectAll()

    def changes(self) -> dict[str, str]:
        return {n: e.text().strip() for n, e in self.edits.items() if e.text().strip() != self._before[n].strip()}


def _proposed(draft: Draft) -> dict[str, str]:
    if draft.refusal:
        return {}
    return {field: value for one in draft.problems for field, value in one.proposal.items()}
