"""One switch per power of a connection. What writes rests until a test has passed: before that nobody knows what it hits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.contracts.capabilities import WRITES
from ui.pages.connection_words import SHOWN
from ui.widgets import Switch, Text
from ui.words import t


class SwitchList(QWidget):
    """`SwitchList(capabilities)`; `values()`, `allow_writes(on)`. Signal `changed`."""

    changed = Signal()

    def __init__(
        self,
        capabilities: Iterable[str],
        values: Mapping[str, bool] | None = None,
        *,
        tested: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        held = frozenset(capabilities)
        self.switches: dict[str, Switch] = {}
        self._allowed = tested
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Text(t("connections.switches"), "medium"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for place, name in enumerate(n for n in SHOWN if n in held):
            label = t(f"connections.switch.{name}")
            on = (values or {}).get(name, True) if tested else name not in WRITES
            made = Switch(label, on)
            made.toggled.connect(lambda _on: self.changed.emit())
            self.switches[name] = made
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(made)
            row.addWidget(Text(label), 1)
            grid.addLayout(row, place // 2, place % 2)
        column.addLayout(grid)
        self._note = Text(t("connections.switches_rest"), "small", "text_2", wrap=True)
        column.addWidget(self._note)
        self._rest()
        self.setVisible(bool(self.switches))

    def _rest(self) -> None:
        writes = [n for n in self.switches if n in WRITES]
        for name in writes:
            self.switches[name].setEnabled(self._allowed)
            self.switches[name].setToolTip("" if self._allowed else t("connections.switches_rest"))
        self._note.setVisible(bool(writes) and not self._allowed)

    def allow_writes(self, allowed: bool) -> None:
        """A test passed: what writes is switched on and may be changed; or it did not, then it rests."""
        if allowed is self._allowed:
            return
        self._allowed = allowed
        for name, made in self.switches.items():
            if name in WRITES:
                made.blockSignals(True)
                made.setChecked(allowed)
                made.blockSignals(False)
                made.update()
        self._rest()

    def values(self) -> dict[str, bool]:
        """By capability."""
        return {name: made.isChecked() for name, made in self.switches.items()}
