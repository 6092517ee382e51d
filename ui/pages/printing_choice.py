"""What is printed, where and on which paper: the fields under the preview. What was chosen last is chosen next time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QSpinBox, QWidget

from app.platform.printing import system_queues
from app.printing.gathering import SHEET_KINDS, PrintWish
from app.printing.papers import LABELS, PAPERS
from app.store import Printer, Store
from ui.widgets import FormField
from ui.words import t

KINDS = ("label", "carrier", "slip", "pick", "handover")
_KEY = "print.page"
PDF = Printer("PDF", "file", "")


class PrintChoice(QWidget):
    """`changed()`: another choice. `kind`, `printer`, `wish(ids, path)`; `load()` reads the printers anew."""

    changed = Signal()

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._loading = True
        self._printers: list[Printer] = [PDF]
        self.document, self.where, self.paper = QComboBox(), QComboBox(), QComboBox()
        self.first, self.copies = QSpinBox(), QSpinBox()
        self.copies.setRange(1, 20)
        for kind in KINDS:
            self.document.addItem(t(f"print.document.{kind}"), kind)
        for name in LABELS:
            self.paper.addItem(t(f"printpage.paper.{name.replace('-', '_')}"), name)
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 12, 16, 16)
        grid.setSpacing(10)
        grid.addWidget(FormField(t("printpage.choice.document"), self.document), 0, 0)
        grid.addWidget(FormField(t("printpage.choice.printer"), self.where), 0, 1)
        grid.addWidget(FormField(t("printpage.choice.paper"), self.paper), 1, 0)
        self.first_field = FormField(t("printpage.choice.first"), self.first)
        grid.addWidget(self.first_field, 1, 1)
        self.copies_field = FormField(t("printpage.choice.copies"), self.copies)
        grid.addWidget(self.copies_field, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.where.addItem(t("printpage.choice.pdf"), "")
        for box in (self.document, self.where, self.paper):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
            box.currentIndexChanged.connect(self._chosen)
        self.first.valueChanged.connect(lambda _n: self._chosen())
        self._fit()

    async def load(self) -> None:
        """The merchant's printers, then the system's queues; what was chosen last."""
        kept = await self._store.printers.list()
        names = {one.address for one in kept if one.port in ("queue", "raw")}
        queues = [Printer(one, "queue", one) for one in await system_queues() if one not in names]
        held = await self._store.settings.get(_KEY) or {}
        chosen = self.where.currentData() if self.where.count() > 1 else held.get("printer", "")
        self._loading = True
        self._printers = [PDF, *kept, *queues]
        self.where.clear()
        self.where.addItem(t("printpage.choice.pdf"), "")
        for one in self._printers[1:]:
            self.where.addItem(one.name, one.name)
        self.where.setCurrentIndex(max(0, self.where.findData(chosen)))
        for box, key in ((self.document, "kind"), (self.paper, "paper")):
            if held.get(key):
                box.setCurrentIndex(max(0, box.findData(held[key])))
        self._loading = False
        self._fit()
        self.changed.emit()

    @property
    def kind(self) -> str:
        return str(self.document.currentData())

    @property
    def printer(self) -> Printer:
        """PDF for a file."""
        return self._printers[max(0, self.where.currentIndex())]

    @property
    def to_file(self) -> bool:
        return self.where.currentIndex() <= 0

    @property
    def plain(self) -> bool:
        """The usual label or slip as PDF."""
        return self.to_file and self.kind in ("label", "slip") and (self.kind == "slip" or self._paper() == "100x150")

    def wish(self, ids: tuple[int, ...], path: Path | None = None) -> PrintWish:
        """`path`: where a PDF goes."""
        printer = self.printer if path is None else Printer(path.name, "file", str(path))
        copies = 1 if self.to_file or self.copies_field.isHidden() else self.copies.value()
        first = 1 if self.first_field.isHidden() else self.first.value()
        return PrintWish(self.kind, ids, printer, self._paper(), first, copies)

    async def keep(self) -> None:
        """For next time."""
        chosen = {"kind": self.kind, "printer": self.where.currentData(), "paper": self.paper.currentData()}
        await self._store.settings.set(_KEY, chosen)

    def _paper(self) -> str:
        return str(self.paper.currentData())

    def _chosen(self) -> None:
        if self._loading:
            return
        if self.sender() is self.where and not self.to_file:
            self._loading = True
            self.paper.setCurrentIndex(max(0, self.paper.findData(self.printer.paper)))
            self.copies.setValue(self.printer.copies)
            self._loading = False
        self._fit()
        self.changed.emit()

    def _fit(self) -> None:
        sheets = self.kind in SHEET_KINDS
        self.paper.setEnabled(not sheets)
        cells = 1 if sheets or self.kind == "carrier" else PAPERS[self._paper()].cells
        self.first.setRange(1, cells)
        self.first_field.setVisible(cells > 1)
        self.copies_field.setVisible(cells == 1 and not self.to_file)
