"""The dialog of channel rules: how much of what is available each channel shows. What cannot be read is marked, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from app.formats.numbers import read_whole
from app.model.stock import MOST, PLAIN, ChannelRule
from ui.widgets import DialogFrame, Text
from ui.widgets.base import repolish
from ui.words import t

PARTS = ("percent", "minus", "least", "most")


class RulesDialog(DialogFrame):
    """`RulesDialog(parent, connections (id, name), rules)`: accepted with `changes`, by connection."""

    def __init__(
        self, parent: QWidget, connections: Sequence[tuple[int, str]], rules: Mapping[int, ChannelRule]
    ) -> None:
        super().__init__(
            parent, t("stock.page.rules_title"), t("stock.page.rules_text"), t("stock.page.save"), width=560
        )
        self._rules = rules
        self.changes: dict[int, ChannelRule] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        for at, part in enumerate(PARTS, 1):
            grid.addWidget(Text(t(f"stock.page.{part}"), "small", "text_2"), 0, at)
        self.edits: dict[tuple[int, str], QLineEdit] = {}
        for row, (connection_id, name) in enumerate(connections, 1):
            grid.addWidget(Text(name, "medium"), row, 0)
            rule = rules.get(connection_id, PLAIN)
            for at, part in enumerate(PARTS, 1):
                value = getattr(rule, part)
                edit = self.edits[connection_id, part] = QLineEdit("" if value is None else str(value))
                edit.setFixedWidth(84)
                edit.setAccessibleName(f"{name}: {t(f'stock.page.{part}')}")
                edit.textChanged.connect(lambda _text: self._read())
                grid.addWidget(edit, row, at)
        self.body.addLayout(grid)
        self._read()

    def _read(self) -> None:
        values: dict[int, dict[str, int | None]] = {}
        bad = False
        for (connection_id, part), edit in self.edits.items():
            text = edit.text().replace("%", "").strip()
            found = read_whole(text).value
            fits = found is not None and found == int(found) and 0 <= found <= (100 if part == "percent" else MOST)
            wrong = not fits and not (part == "most" and not text)
            if bool(edit.property("bad")) is not wrong:
                edit.setProperty("bad", wrong)
                repolish(edit)
            bad |= wrong
            values.setdefault(connection_id, {})[part] = int(found) if fits and found is not None else None
        self.primary.setEnabled(not bad)
        self.changes = {}
        for connection_id, parts in values.items() if not bad else ():
            rule = ChannelRule(parts["percent"] or 0, parts["most"], parts["least"] or 0, parts["minus"] or 0)
            if rule != self._rules.get(connection_id, PLAIN):
                self.changes[connection_id] = rule
