"""A sheet of counts: what lies on the shelf, by SKU. Pure and computing: a long sheet runs in the worker process. SKUs stay as they are
written; a blank cell is no change; a zero is asked about; what cannot be read is told by row and column, the other rows are taken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.contracts.messages import Message, fail
from app.formats.sheets import Cell, Grid, read_grids, text_cell
from app.kit.sheet_columns import HEADER_ROWS, CellTrouble, Columns, Row, decimal_signs, plain
from app.kit.sheets import cell_name
from app.store.stock_ledger import Count

FIELDS: Mapping[str, tuple[str, ...]] = {
    "sku": ("sku", "stok kodu", "urun kodu", "merchant sku", "satici stok kodu", "model kodu"),
    "on_hand": ("on hand", "stok", "stok adedi", "eldeki", "adet", "miktar", "stock", "quantity", "count"),
    "buffer": ("buffer", "tampon", "guvenlik stogu", "emniyet stogu"),
    "barcode": ("barcode", "barkod", "ean", "gtin"),
}
_ROUNDED = re.compile(r"\d[.,]\d+[eE]\+\d+")
_FIELD = {plain(header): name for name, headers in FIELDS.items() for header in (name, *headers)}


class StockSheet(NamedTuple):
    """What a sheet says: counts, and what could not be read of which row. `rows`: rows with an SKU; `zeros`: SKUs whose zero is only
    taken when it is meant."""

    counts: tuple[Count, ...]
    troubles: tuple[Message, ...]
    rows: int
    zeros: tuple[str, ...]


def read_map(text: str) -> dict[str, str]:
    """What the merchant typed, `sku=Ürün Kodu; on_hand=Depo`, as field → compared header; a field goes by any of its names. Raises
    YoursError `config.field`."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.replace("\n", ";").split(";"))):
        left, sign, right = part.partition("=")
        field = _FIELD.get(plain(left))
        if field is None or not sign or not plain(right):
            told = {"field": "map", "why": "pattern", "example": "sku=Ürün Kodu; on_hand=Depo", "value": part[:60]}
            raise fail(Message("config.field", told, field="map"))
        found[field] = plain(right)
    return found


def read_stock(name: str, data: bytes, mapping: Mapping[str, str] | None = None, zero: bool = False) -> StockSheet:
    """`mapping`: field → compared header, over the known ones; `zero`: zeros are meant. Raises YoursError `sheet.file`, and
    `sheet.columns` when no sheet of the file has a column of SKUs and one of counts or buffers."""
    file = Path(name).name
    for grid in read_grids(data):
        for at, row in enumerate(grid.rows[:HEADER_ROWS]):
            places = _places(row, mapping or {})
            if "sku" in places and {"on_hand", "buffer"} & places.keys():
                return _read(file, grid, Columns("products", at, places, {}, ()), zero)
    raise fail(Message("sheet.columns", {"field": file, "value": "SKU, stok"}))


def _places(row: Sequence[Cell], mapping: Mapping[str, str]) -> dict[str, int]:
    said = {header: field for field, header in mapping.items()}
    found: dict[str, int] = {}
    for at, cell in enumerate(row):
        header = plain(text_cell(cell)) if isinstance(cell, str) else ""
        field = said.get(header)
        if field is None and (known := _FIELD.get(header)) is not None and known not in mapping:
            field = known
        if field is not None:
            found.setdefault(field, at)
    return found


def _read(file: str, grid: Grid, columns: Columns, zero: bool) -> StockSheet:
    signs = decimal_signs(grid, columns, ("on_hand", "buffer"))
    counts: dict[str, Count] = {}
    troubles: list[Message] = []
    zeros: list[str] = []
    rows = 0
    for number in range(columns.header + 1, len(grid.rows)):
        row = Row(grid, columns, number, signs)
        if row.is_blank:
            continue
        try:
            sku = _sku(row)
            rows += 1
            if sku in counts:
                raise CellTrouble("sku", sku, "sheet_twice")
            on_hand, buffer = row.whole("on_hand"), row.whole("buffer")
            barcode = row.ident("barcode")
        except CellTrouble as trouble:
            place = columns.places.get(trouble.field, 0)
            cell = cell_name(grid.top + number, grid.left + place)
            told = {"field": f"{file} · {cell}", "cell": cell, "value": trouble.value, "why": trouble.why}
            troubles.append(Message("sheet.cell", told))
            continue
        if on_hand == 0 and not zero:
            zeros.append(sku)
            on_hand = None
        counts[sku] = Count(sku, on_hand, buffer, barcode or None)
    said = tuple(one for one in counts.values() if one.on_hand is not None or one.buffer is not None)
    return StockSheet(said, tuple(troubles), rows, tuple(zeros))


def _sku(row: Row) -> str:
    """Exactly as it is. Raises CellTrouble for a blank, for one that a spreadsheet has rounded, and for one that it took for a day."""
    if isinstance(row.cell("sku"), datetime):
        raise CellTrouble("sku", row.text("sku"), "sheet_no_key")
    sku = row.text("sku", 200)
    if not sku:
        raise CellTrouble("sku", "", "sheet_blank")
    if _ROUNDED.fullmatch(sku):  # 1E5 may be an SKU; 8,69E+12 was a number once
        raise CellTrouble("sku", sku, "sheet_rounded")
    return sku
