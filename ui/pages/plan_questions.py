"""The questions about bulk changes, one dialog each: the name of a formula, the release of held lines, taking a plan back and what of it
will not go. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from app.model import fold
from app.store import PlanLineRow
from ui.kit import ACCEPTED, ask
from ui.pages.plan_rows import percent_text, reason_of, reasons_list
from ui.tables import Channel, Column, DenseTable, Diff, Kind, WindowedTableModel, fixed_rows
from ui.theme import COMPACT
from ui.widgets import DialogFrame, FormField, Note, Text
from ui.words import t

MOST_ROWS = 200
_COLUMNS = (
    Column("sku", "prices.column.sku", Kind.QUIET, rank=1, width=124, sortable=False),
    Column("channel", "prices.column.channel", Kind.CHANNEL, rank=1, width=130, sortable=False),
    Column("price", "prices.column.price", Kind.DIFF, rank=1, width=190, sortable=False),
    Column("percent", "planpage.column.percent", Kind.QUIET, rank=1, width=70, sortable=False, align="right"),
    Column("reason", "prices.column.reason", Kind.TEXT, rank=1, width=220, sortable=False),
)


class NameDialog(DialogFrame):
    """Asks for a formula's name; says when one of that name is replaced."""

    def __init__(self, parent: QWidget, taken: Sequence[str], most: int) -> None:
        super().__init__(parent, t("planpage.recipe.title"), t("planpage.recipe.text"), t("common.save"))
        self._taken = {fold(name): name for name in taken}
        self.edit = QLineEdit()
        self.edit.setMaxLength(most)
        self.field = FormField(t("planpage.recipe.name"), self.edit)
        self.body.addWidget(self.field)
        self.note = Text("", "small", "text_2", wrap=True)
        self.body.addWidget(self.note)
        self.edit.textChanged.connect(lambda _text: self._tell())
        self._tell()

    @property
    def name(self) -> str:
        """What was typed, in single blanks; the saved spelling where one of that name is there already."""
        typed = " ".join(self.edit.text().split())
        return self._taken.get(fold(typed), typed)

    def _tell(self) -> None:
        name = self.name
        self.primary.setEnabled(bool(name))
        self.note.setText(t("planpage.recipe.replaces", name=name) if fold(name) in self._taken else "")


async def ask_recipe_name(parent: QWidget, taken: Sequence[str], most: int) -> str | None:
    """The name for a formula; None when the person thought better of it."""
    dialog = NameDialog(parent, taken, most)
    try:
        return dialog.name if await ask(dialog) == ACCEPTED else None
    finally:
        dialog.deleteLater()


class LinesDialog(DialogFrame):
    """A question over lines that it shows with their reasons."""

    def __init__(
        self,
        parent: QWidget,
        title: str,
        text: str,
        primary: str,
        lines: Sequence[PlanLineRow],
        integrations: Mapping[int, str],
        *,
        warning: str = "",
        list_title: str = "",
        more: int = 0,
    ) -> None:
        super().__init__(parent, title, text, primary, width=820)
        if warning:
            self.body.addWidget(Note("degraded", warning))
        if not lines:
            return
        if list_title:
            self.body.addWidget(Text(list_title, "card"))
        rows: list[Any] = []
        for line in lines:
            old, new = (None if money is None else money.amount for money in (line.old, line.new))
            currency = next((money.currency for money in (line.new, line.old) if money is not None), "")
            rows.append((
                line.position, line.sku or line.barcode or line.remote_id,
                Channel(integrations.get(line.connection_id, ""), line.channel), Diff(old, new, currency), percent_text(old, new),
                reason_of(line),
            ))  # fmt: skip
        self.model = WindowedTableModel(_COLUMNS, *fixed_rows(rows))
        self.table = DenseTable(self.model, list_title or title, density=COMPACT)
        self.table.set_inner_width(1400)
        self.table.setMinimumHeight(min(300, 34 + 28 * len(rows)))
        self.body.addWidget(self.table, 1)
        if more > 0:
            self.body.addWidget(Text(t("plan.more", count=more), "small", "text_2"))


async def _asked(dialog: DialogFrame) -> bool:
    model = getattr(dialog, "model", None)
    if model is not None:
        await model.reload()
    try:
        return await ask(dialog) == ACCEPTED
    finally:
        dialog.deleteLater()


async def ask_release(
    parent: QWidget, lines: Sequence[PlanLineRow], count: int, reasons: Mapping[str, int], integrations: Mapping[int, str]
) -> bool:  # fmt: skip
    """Whether held lines may go. `lines` the first of them, `reasons` of these."""
    zero = reasons.get("zero", 0)
    return await _asked(
        LinesDialog(
            parent, t("planpage.release.title", count=count),
            t("planpage.release.text", reasons=reasons_list(reasons)), t("planpage.release.yes", count=count), lines, integrations,
            warning=t("planpage.release.zero", count=zero) if zero else "", more=count - len(lines),
        )
    )  # fmt: skip


async def ask_undo(parent: QWidget, number: int, waiting: int, sent: int, on_way: int) -> bool:
    """Whether a plan is to be taken back. `waiting` lines are withdrawn, `sent` ones are compared with the channel, the answer of
    `on_way` ones is still to come: they stay."""
    parts = [
        t(f"planpage.undo.{name}", count=count)
        for name, count in (("waiting", waiting), ("sent", sent), ("way", on_way))
        if count
    ]
    dialog = DialogFrame(
        parent, t("planpage.undo.title", number=number), " ".join(parts), t("planpage.undo.yes"), width=520
    )
    return await _asked(dialog)


async def ask_send_back(
    parent: QWidget, back: int, left: Mapping[str, int], lines: Sequence[PlanLineRow], blind: Sequence[str],
    integrations: Mapping[int, str],
) -> bool:  # fmt: skip
    """Whether the old prices go out. `lines` the first of those that will not, `left` by why; `blind`: channels whose prices could
    not be read back."""
    total = sum(left.values())
    text = t("planpage.undo.back_text", count=back)
    if total:
        text += " " + t("planpage.undo.left_text", count=total, reasons=reasons_list(left))
    return await _asked(
        LinesDialog(
            parent, t("planpage.undo.back_title", count=back), text, t("planpage.undo.back_yes", count=back), lines, integrations,
            warning=t("planpage.undo.blind", names=", ".join(blind)) if blind else "",
            list_title=t("planpage.undo.left_title") if lines else "", more=total - len(lines),
        )
    )  # fmt: skip
