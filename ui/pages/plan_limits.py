"""The limits of a bulk change as fields: what share of a price goes to the channel, how far a price may jump, which lines are held.
Reads what is typed and marks what cannot be read; a limit is never guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.formats.numbers import Why, read_whole
from app.pricing.guards import Guards
from ui.pages.plan_preview import MOST_PERCENT, read_percent
from ui.widgets import Button, Text
from ui.widgets.base import repolish
from ui.words import figures, t

CHECKS = ("floor", "ceiling", "under_cost", "zero", "list_price")
_HUNDRED = Decimal(100)
_MOST_CAP = 10_000_000


class Limits(QWidget):
    """`Limits(guards)`: `guards()` and `share()` as they stand; signals `changed()`, `keep_asked()`."""

    changed = Signal()
    keep_asked = Signal()

    def __init__(self, guards: Guards, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = guards
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(8)
        column.addLayout(row)
        self.commission = self._field(row, "commission", "")
        jump = "" if guards.jump_percent is None else figures().number(guards.jump_percent.normalize() + 0)
        self.jump = self._field(row, "jump", jump)
        self.cap = self._field(row, "cap", figures().number(guards.daily_cap) if guards.daily_cap else "", width=76)
        row.addStretch(1)
        self.keep = Button(t("planpage.limits.keep"), "link", small=True)
        self.keep.clicked.connect(self.keep_asked)
        row.addWidget(self.keep)
        low = QHBoxLayout()
        low.setSpacing(14)
        low.addWidget(Text(t("planpage.limits.hold"), "small", "text_2"))
        self.checks: dict[str, QCheckBox] = {}
        for name in CHECKS:
            box = QCheckBox(t(f"planpage.limits.{name}"))
            box.setChecked(getattr(guards, name))
            box.toggled.connect(lambda _on: self._tell())
            self.checks[name] = box
            low.addWidget(box)
        low.addStretch(1)
        column.addLayout(low)
        self._tell(quiet=True)

    def _field(self, row: QHBoxLayout, name: str, text: str, width: int = 64) -> QLineEdit:
        label = Text(t(f"planpage.limits.{name}"), "small", "text_2")
        edit = QLineEdit(text)
        edit.setFixedWidth(width)
        edit.setAccessibleName(t(f"planpage.limits.{name}"))
        edit.setToolTip(t(f"planpage.limits.{name}_hint"))
        edit.setAccessibleDescription(t(f"planpage.limits.{name}_hint"))
        edit.textChanged.connect(lambda _text: self._tell())
        label.setBuddy(edit)
        row.addWidget(label)
        row.addWidget(edit)
        row.addSpacing(8)
        return edit

    def _tell(self, *, quiet: bool = False) -> None:
        guards = self.guards()
        self._mark(self.commission, self.share() is False)
        self._mark(self.jump, self._jump() is False)
        self._mark(self.cap, self._cap() is None)
        self.keep.setVisible(guards is not None and guards != self._kept)
        if not quiet:
            self.changed.emit()

    @staticmethod
    def _mark(edit: QLineEdit, bad: bool) -> None:
        if bool(edit.property("bad")) is not bad:
            edit.setProperty("bad", bad)
            repolish(edit)

    def kept(self, guards: Guards) -> None:
        """These are the merchant's own from now on."""
        self._kept = guards
        self.keep.hide()

    def _jump(self) -> Decimal | Literal[False] | None:
        try:
            return read_percent(self.jump.text(), most=Decimal(MOST_PERCENT), zero=False)
        except ValueError:
            return False

    def _cap(self) -> int | None:
        found = read_whole(self.cap.text())
        if found.why is Why.BLANK:
            return 0
        if found.value is None or not 0 <= found.value <= _MOST_CAP:
            return None
        return int(found.value)

    def share(self) -> Decimal | Literal[False] | None:
        """The commission as a share (0.21); None for a blank field, False for what cannot be read."""
        try:
            found = read_percent(self.commission.text(), most=_HUNDRED, zero=True)
        except ValueError:
            return False
        return None if found is None else found / 100

    def guards(self) -> Guards | None:
        """The limits as they stand; None while one cannot be read."""
        jump, cap = self._jump(), self._cap()
        if jump is False or cap is None:
            return None
        checks = {name: box.isChecked() for name, box in self.checks.items()}
        return msgspec.structs.replace(self._kept, jump_percent=jump, daily_cap=cap, **checks)
