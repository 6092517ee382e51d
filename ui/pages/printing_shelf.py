"""Shelf and product labels from the window: products are looked up and ticked, one label each or as many as are wanted, on a kept printer
or into a PDF. A product without a code that fits gets a label without bars, never a squeezed one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from app.formats.names import safe_file_name
from app.model import Money
from app.printing.desk import Printed
from app.printing.gathering import PrintWish
from app.printing.papers import SHELF
from app.store import ListingQuery, ListingRow, Printer, Store
from ui.kit import ACCEPTED, ask
from ui.pages.orders_documents import documents_folder
from ui.pages.printing_choice import PDF
from ui.pages.printing_work import PrintWork
from ui.services import Services
from ui.tables import Column, DenseTable, Kind, WindowedTableModel
from ui.tables.sources import Sort
from ui.theme import COMPACT
from ui.widgets import DialogFrame, EmptyState, FormField, SearchField
from ui.words import t

_COUNT_CAP = 2_000_000
_MOST = 20  # labels of one product, as the print desk allows copies
_COLUMNS = (
    Column("sku", "printpage.shelf.sku", Kind.TEXT, rank=1, width=130),
    Column("title", "printpage.shelf.product", Kind.TEXT, rank=1, width=240),
    Column("barcode", "printpage.shelf.barcode", Kind.TEXT, rank=1, width=120, sortable=False),
    Column("price", "printpage.shelf.price", Kind.MONEY, rank=2, width=90, sortable=False),
    Column("channel", "printpage.shelf.channel", Kind.QUIET, rank=3, width=110, sortable=False),
)


def shelf_row(row: ListingRow) -> tuple[Any, ...]:
    """A listing as the table's tuple."""
    price = (
        "—" if row.price_micros is None else (Money.from_micros(row.price_micros, row.currency).amount, row.currency)
    )
    return (row.id, row.sku or "—", row.title, row.barcode or "—", price, row.channel)


class ShelfDialog(DialogFrame):
    """`ShelfDialog(parent, store, printers)`; accepted, `ids()`, `printer`, `paper` and `copies` say what is printed."""

    def __init__(self, parent: QWidget, store: Store, printers: Sequence[Printer]) -> None:
        super().__init__(
            parent, t("printpage.shelf.title"), t("printpage.shelf.text"), t("printpage.shelf.go", count=0), width=760
        )
        self._store = store
        self._printers = [PDF, *printers]
        self.search = SearchField(t("printpage.shelf.search"), "")
        self.body.addWidget(self.search)
        self.model = WindowedTableModel(_COLUMNS, self._fetch, self._count, ticks=True, parent=self)
        self.table = DenseTable(self.model, t("printpage.shelf.title"), density=COMPACT)
        self.table.set_inner_width(1400)
        self.table.setMinimumHeight(300)
        self.table.set_empty(EmptyState("tag", t("printpage.shelf.none"), t("printpage.shelf.none_next")))
        self.body.addWidget(self.table, 1)
        self.where, self.papers, self.count = QComboBox(), QComboBox(), QSpinBox()
        for at, one in enumerate(self._printers):
            self.where.addItem(one.name if at else t("printpage.choice.pdf"), at)
        if printers:
            self.where.setCurrentIndex(1)
        for name in SHELF:
            self.papers.addItem(t("printpage.shelf.paper", size=name.replace("x", " × ")), name)
        self.count.setRange(1, _MOST)
        row = QHBoxLayout()
        row.setSpacing(12)
        for label, field in (("printpage.choice.printer", self.where), ("printpage.choice.paper", self.papers), ("printpage.shelf.each", self.count)):  # fmt: skip
            row.addWidget(FormField(t(label), field), 1)
        self.body.addLayout(row)
        self.search.searched.connect(lambda typed: self.model.set_filter(typed.strip()))
        self.model.ticks_changed.connect(self._judge)
        self.table.current_key_changed.connect(lambda _key: self._judge())
        self.count.valueChanged.connect(lambda _n: self._judge())
        self.model.sorting = ("sku", True)
        self.model.set_filter("")
        self._judge()

    @property
    def printer(self) -> Printer:
        return self._printers[max(0, self.where.currentIndex())]

    @property
    def to_file(self) -> bool:
        return self.where.currentIndex() <= 0

    @property
    def paper(self) -> str:
        return str(self.papers.currentData())

    @property
    def copies(self) -> int:
        return self.count.value()

    async def ids(self) -> tuple[int, ...]:
        """The ticked products in the order of the screen, else the current one."""
        if self.model.tick_count:
            return tuple(row[0] for row in await self.model.ticked_rows())
        key = self.table.current_key()
        return (key,) if isinstance(key, int) else ()

    async def _fetch(self, offset: int, limit: int, sort: Sort, typed: Any) -> Sequence[tuple[Any, ...]]:
        key, rising = sort or ("sku", True)
        query = ListingQuery(search=str(typed or ""), sort=key, descending=not rising, offset=offset, limit=limit)
        return [shelf_row(row) for row in await self._store.listings.query(query)]

    async def _count(self, typed: Any) -> int:
        return await self._store.listings.count(ListingQuery(search=str(typed or "")), cap=_COUNT_CAP)

    def _judge(self) -> None:
        chosen = self.model.tick_count or (1 if self.table.current_key() is not None else 0)
        self.primary.setText(t("printpage.shelf.go", count=chosen * self.count.value()))
        self.primary.disable("" if chosen else t("printpage.shelf.choose"))


async def print_shelf(page: QWidget, services: Services, work: PrintWork) -> Printed | None:
    """Asks which products, then prints; None when nothing came of it."""
    dialog = ShelfDialog(page, services.store, await services.store.printers.list())
    try:
        if await ask(dialog) != ACCEPTED:
            return None
        ids, printer, paper, copies = await dialog.ids(), dialog.printer, dialog.paper, dialog.copies
        if dialog.to_file:
            ids, copies = (
                tuple(i for i in ids for _ in range(copies)),
                1,
            )  # a file has no copies: the labels stand in it
            path = _free(documents_folder(services), f"{t('printpage.shelf.file')}-{services.now().astimezone():%Y%m%d-%H%M}")  # fmt: skip
            printer = Printer(path.name, "file", str(path))
    finally:
        dialog.deleteLater()
    return await work.print(PrintWish("shelf", ids, printer, paper, copies=copies)) if ids else None


def _free(folder: Path, name: str) -> Path:
    found, number = folder / safe_file_name(name, ".pdf"), 2
    while found.exists():
        found = folder / safe_file_name(f"{name}-{number}", ".pdf")
        number += 1
    return found
