"""Prices from a sheet in the window: which column is what, how its first rows are read, what is doubtful; then one operation that makes a
plan of it. What was said of the columns is remembered for files of the same shape. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from app.api.answers import sentence
from app.api.price_sheets import PriceSheets
from app.contracts import ProviderError
from app.pricing.sheet_columns import AMOUNTS, FIELDS, chosen_pairs
from app.pricing.sheet_read import PREVIEW, Entry, PriceSheet
from app.store import ConnectionRow
from ui.kit import Burst, begin
from ui.tables import Column, DenseTable, Kind, WindowedTableModel
from ui.theme import COMPACT
from ui.widgets import DialogFrame, FormField, Scroller, Text
from ui.words import figures, t, words

_TOLD = 3  # troubles that the dialog names one by one
_first = msgspec.json.Decoder(list[Entry])
_ROWS = (
    Column("row", "pricesheet.dialog.row", Kind.QUIET, rank=1, width=64, sortable=False, align="right"),
    Column("name", "pricesheet.dialog.listing", Kind.TEXT, rank=1, width=230, sortable=False),
    Column("price", "pricesheet.column.price", Kind.QUIET, rank=1, width=130, sortable=False, align="right"),
    Column("list_price", "pricesheet.column.list_price", Kind.QUIET, rank=1, width=130, sortable=False, align="right"),
)


class PriceSheetDialog(DialogFrame):
    """`PriceSheetDialog(parent, sheets, source, name, connections)`: `await look()` before it is shown. `sheet`, `rows`, `pairs` and
    `signs` are what was chosen; `source` a file, or what the clipboard holds."""

    def __init__(
        self,
        parent: QWidget,
        sheets: PriceSheets,
        source: Path | bytes,
        name: str,
        connections: Sequence[ConnectionRow],
    ) -> None:
        super().__init__(parent, t("pricesheet.dialog.title"), name, t("pricesheet.dialog.go", count=0), width=720)
        self._sheets, self._source, self._name, self._connections = sheets, source, name, list(connections)
        self._asked, self._touched = 0, False
        self.sheet: PriceSheet | None = None
        self._build()
        self.primary.disable(t("pricesheet.dialog.reading"))
        self._burst = Burst(self._look_soon, 200, self)

    def _build(self) -> None:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        self.connection = QComboBox()
        self.connection.addItem(t("pricesheet.dialog.every"), 0)
        for row in self._connections:
            self.connection.addItem(row.name, row.id)
        grid.addWidget(FormField(t("pricesheet.dialog.connection"), self.connection), 0, 0)
        self.decimal = QComboBox()
        for name, sign in (("auto", ""), ("comma", ","), ("point", ".")):
            self.decimal.addItem(t(f"pricesheet.dialog.sign_{name}"), sign)
        self.decimal.currentIndexChanged.connect(lambda _n: self._burst.poke())
        self.decimal_field = FormField(t("pricesheet.dialog.sign"), self.decimal)
        grid.addWidget(self.decimal_field, 0, 1)
        self.columns: dict[str, QComboBox] = {}
        self.fields: dict[str, FormField] = {}
        for at, field in enumerate(FIELDS, 2):
            box = self.columns[field] = QComboBox()
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(14)
            box.currentIndexChanged.connect(self._chosen)
            self.fields[field] = FormField(t(f"pricesheet.column.{field}"), box)
            grid.addWidget(self.fields[field], at // 2, at % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        scroll = Scroller(inside)
        scroll.setMinimumHeight(230)
        self.body.addWidget(scroll, 1)
        self.model = WindowedTableModel(_ROWS, self._fetch, self._count)
        self.table = DenseTable(self.model, t("pricesheet.dialog.preview"), density=COMPACT)
        self.table.set_inner_width(1400)
        self.table.setFixedHeight(34 + 28 * 5)
        self.body.addWidget(self.table)
        self.told = Text(t("pricesheet.dialog.reading"), "medium", wrap=True)
        self.troubles = Text("", "small", "text_2", wrap=True)
        self.body.addWidget(self.told)
        self.body.addWidget(self.troubles)
        self._shown: list[tuple[Any, ...]] = []

    async def _fetch(self, offset: int, limit: int, _sort: Any, _filter: Any) -> Sequence[tuple[Any, ...]]:
        return self._shown[offset : offset + limit]

    async def _count(self, _filter: Any) -> int:
        return len(self._shown)

    # -- what was chosen

    @property
    def rows(self) -> list[ConnectionRow]:
        """The connections whose listings are meant."""
        chosen = int(self.connection.currentData())
        return [row for row in self._connections if chosen in (0, row.id)]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What a person has chosen; nothing while she has touched no column."""
        if not self._touched:
            return ()
        return chosen_pairs({field: str(box.currentData() or "") for field, box in self.columns.items()})

    @property
    def signs(self) -> dict[str, str]:
        sign = str(self.decimal.currentData() or "")
        return dict.fromkeys(AMOUNTS, sign) if sign else {}

    def _look_soon(self, _keys: object) -> None:
        begin(self.look(), "read a price sheet")

    def _chosen(self) -> None:
        self._touched = True
        self._burst.poke()

    # -- reading

    async def look(self) -> None:
        """Reads the file anew with what is chosen; a later look wins. Nothing is written."""
        self._asked += 1
        asked = self._asked
        try:
            sheet = await self._sheets.look(self._source, self._name, self.pairs, self.signs)
        except OSError as error:
            self._fail(t("sheet.file_failed", path=self._name, reason=error.strerror or str(error)))
            return
        except ProviderError as error:
            self._fail(sentence(words(), error.message))
            return
        if asked == self._asked:
            self.sheet = sheet
            await self._show(sheet)

    def _fail(self, text: str) -> None:
        self.told.setText(text)
        self.troubles.setText("")
        self.primary.disable(text)

    async def _show(self, sheet: PriceSheet) -> None:
        for field, box in self.columns.items():
            was = box.blockSignals(True)
            box.clear()
            box.addItem(t("pricesheet.dialog.none"), "")
            for at, title in enumerate(sheet.titles):
                if title:
                    sample = next((row[at] for row in sheet.preview if at < len(row) and row[at]), "")
                    shown = t("pricesheet.dialog.column_with", title=title, sample=sample[:24]) if sample else title
                    box.addItem(shown, title)
            box.setCurrentIndex(max(0, box.findData(sheet.found.get(field, ""))))
            box.blockSignals(was)
        asked = {one.code for one in sheet.doubts}
        for field in AMOUNTS:
            doubtful = f"pricesheet.rivals_{field}" in asked
            self.fields[field].set_trouble(t("pricesheet.dialog.choose_column") if doubtful else "")
        self.decimal_field.set_trouble(t("pricesheet.dialog.choose_sign") if "pricesheet.sign" in asked else "")
        parts = [t("pricesheet.dialog.summary", count=sheet.count)]
        parts += [t("pricesheet.dialog.doubtful", count=sheet.trouble_count)] if sheet.trouble_count else []
        parts += [t("pricesheet.blank", count=sheet.blanks)] if sheet.blanks else []
        parts += [t("pricesheet.no_stock")] if "stock" in sheet.aside else []
        doubts = [sentence(words(), one) for one in sheet.doubts]
        self.told.setText(" ".join(doubts) if doubts else " · ".join(parts))
        troubles = [sentence(words(), one) for one in sheet.troubles[:_TOLD]]
        if sheet.trouble_count > len(troubles):
            troubles.append(t("pricesheet.more", count=sheet.trouble_count - len(troubles)))
        self.troubles.setText("\n".join(troubles))
        self.primary.setText(t("pricesheet.dialog.go", count=sheet.count))
        reason = doubts[0] if doubts else "" if sheet.count else t("pricesheet.dialog.nothing")
        self.primary.disable(reason)
        self._shown = _read_rows(sheet)
        await self.model.reload()


def _read_rows(sheet: PriceSheet) -> list[tuple[Any, ...]]:
    """The first rows as they were read; as they are written while something is doubtful."""
    if sheet.entries:
        found = _first.decode(sheet.entries[0])[:PREVIEW]
        return [
            (one.row, str(one.row), one.name, _amount(one.price, one), _amount(one.list_price, one)) for one in found
        ]
    places = {field: sheet.titles.index(title) for field, title in sheet.found.items()}
    rows: list[tuple[Any, ...]] = []
    for number, row in enumerate(sheet.preview, sheet.first_row):
        cell = {field: row[at] if at < len(row) else "" for field, at in places.items()}
        name = cell.get("sku") or cell.get("barcode") or cell.get("remote_id") or ""
        rows.append((number, str(number), name, cell.get("price", ""), cell.get("list_price", "")))
    return rows


def _amount(micros: int | None, one: Entry) -> str:
    if micros is None:
        return t("common.no_value")
    return figures().amount(Decimal(micros).scaleb(-6), one.currency or "TRY")
