"""The questions before a price or stock is queued, one dialog each: two readings of a text, a doubtful value, a value
that the channel changed meanwhile. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from app.pricing.typed import Doubt, change_percent
from ui.kit import ACCEPTED, ask
from ui.widgets import DialogFrame
from ui.words import figures, t


def shown(kind: str, value: Decimal | None, currency: str) -> str:
    """An amount with its sign, or pieces."""
    if value is None:
        return t("common.no_value")
    if kind == "price":
        return figures().money(value, currency)
    return t("prices.pieces", count=int(value))


class ChoiceDialog(DialogFrame):
    """One of a few values, as radio buttons; the first given is chosen."""

    def __init__(
        self, parent: QWidget, title: str, text: str, primary: str, options: Sequence[tuple[str, str]], chosen: str
    ) -> None:
        super().__init__(parent, title, text, primary)
        self._group = QButtonGroup(self)
        self._names: dict[int, str] = {}
        for place, (name, words) in enumerate(options):
            button = QRadioButton(words)
            button.setAccessibleName(words)
            button.setChecked(name == chosen)
            self._group.addButton(button, place)
            self._names[place] = name
            self.body.addWidget(button)

    def choose(self, name: str) -> None:
        """Chooses an option."""
        for place, one in self._names.items():
            self._group.button(place).setChecked(one == name)

    @property
    def chosen(self) -> str:
        return self._names[self._group.checkedId()]


async def ask_reading(
    parent: QWidget, kind: str, text: str, values: Sequence[Decimal], currency: str, likely: Decimal
) -> Decimal | None:
    """Which of two readings is meant; None to go back to the cell."""
    options = [(str(v), shown(kind, v, currency)) for v in values]
    dialog = ChoiceDialog(
        parent,
        t("prices.ask.reading", text=text),
        t("prices.ask.reading_text"),
        t("prices.ask.take"),
        options,
        str(likely),
    )
    try:
        return Decimal(dialog.chosen) if await ask(dialog) == ACCEPTED else None
    finally:
        dialog.deleteLater()


async def ask_doubt(
    parent: QWidget,
    doubt: Doubt,
    kind: str,
    name: str,
    old: Decimal | None,
    new: Decimal,
    currency: str,
    list_price: Decimal | None,
) -> bool:
    """Whether a doubtful value is meant."""
    params = {"name": name, "old": shown(kind, old, currency), "new": shown(kind, new, currency)}
    if doubt is Doubt.FAR and old:
        params["percent"] = figures().percent(change_percent(old, new), signed=True)
        word = "far"
    elif doubt is Doubt.LIST:
        params["list"] = shown("price", list_price, currency)
        word = "list"
    else:
        word = f"zero_{kind}"
    dialog = DialogFrame(
        parent, t(f"prices.ask.{word}", **params), t(f"prices.ask.{word}_text", **params), t(f"prices.ask.{word}_yes")
    )
    try:
        return await ask(dialog) == ACCEPTED
    finally:
        dialog.deleteLater()


async def ask_mine_or_theirs(
    parent: QWidget,
    kind: str,
    name: str,
    mine: Decimal,
    theirs: Decimal | None,
    before: Decimal | None,
    currency: str,
) -> bool | None:
    """The channel changed the value while it was being edited. True: mine; False: theirs; None: back to the cell."""
    options = [
        ("mine", t("prices.ask.mine", value=shown(kind, mine, currency))),
        ("theirs", t("prices.ask.theirs", value=shown(kind, theirs, currency))),
    ]
    text = t("prices.ask.changed_text", old=shown(kind, before, currency), new=shown(kind, theirs, currency))
    dialog = ChoiceDialog(parent, t("prices.ask.changed", name=name), text, t("prices.ask.take"), options, "mine")
    try:
        return dialog.chosen == "mine" if await ask(dialog) == ACCEPTED else None
    finally:
        dialog.deleteLater()
