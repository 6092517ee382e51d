"""A sheet of costs: which column is what, how its numbers are written, and what each row says of an SKU. Pure and computing: a long
sheet runs in the worker process. SKUs stay as they are written; a blank cell is no change; what cannot be read is told by
row and column, and the other rows are taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from app.contracts.messages import Message, fail
from app.formats.numbers import Why, read_number
from app.formats.sheets import Cell, Grid, read_grids, text_cell
from app.kit.sheets import cell_name
from app.model import currency_code, fold
from app.store.products import ProductChange

_LOOK = 20  # rows among which the header is looked for
_HEADERS = {
    "sku": ("sku", "stok kodu", "urun kodu", "merchant sku", "satici stok kodu"),
    "cost": ("cost", "maliyet", "alis fiyati", "birim maliyet"),
    "currency": ("currency", "para birimi", "doviz"),
    "vat_rate": ("vat", "vat rate", "kdv", "kdv orani"),
    "floor": ("floor", "min price", "en az", "taban", "taban fiyat"),
    "ceiling": ("ceiling", "max price", "en cok", "tavan", "tavan fiyat"),
    "shelf": ("shelf", "raf"),
    "desi": ("desi",),
}
_FIELD = {header: name for name, headers in _HEADERS.items() for header in headers}
_NUMBERS = ("cost", "vat_rate", "floor", "ceiling", "desi")


class CostSheet(NamedTuple):
    """What a sheet says: changes, and what could not be read of which row. `rows`: rows with an SKU."""

    changes: tuple[ProductChange, ...]
    troubles: tuple[Message, ...]
    rows: int


def read_costs(name: str, data: bytes, currency: str = "TRY", zero: bool = False) -> CostSheet:
    """Costs with VAT. `currency` where the sheet has no such column; `zero`: a zero is meant. Raises YoursError `sheet.file`, and
    `sheet.columns` when no sheet of the file has a column of SKUs and one more that is known."""
    file = Path(name).name
    for grid in read_grids(data):
        for at, row in enumerate(grid.rows[:_LOOK]):
            columns = _columns(row)
            if "sku" in columns and len(columns) > 1:
                return _read(file, grid, at, columns, currency, zero)
    raise fail(Message("sheet.columns", {"field": file, "value": "SKU, maliyet"}))


def _columns(row: Sequence[Cell]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(row):
        header = " ".join(fold(str(cell)).replace("_", " ").replace(".", " ").split()).removesuffix(" (try)")
        if header in _FIELD:
            found.setdefault(_FIELD[header], at)
    return found


def _marks(grid: Grid, start: int, at: int) -> str:
    """The decimal sign of a column whose texts tell it: '.' or ','; '' when none does, or both do."""
    found = set()
    for row in grid.rows[start:]:
        cell = row[at] if at < len(row) else ""
        if isinstance(cell, str) and (read := read_number(cell)).why is Why.OK and read.value is not None:
            last = max(cell.rfind("."), cell.rfind(","))
            if last >= 0 and read.value != read.value.to_integral_value():
                found.add(cell[last])
    return found.pop() if len(found) == 1 else ""


def _read(file: str, grid: Grid, header: int, columns: dict[str, int], currency: str, zero: bool) -> CostSheet:
    marks = {name: _marks(grid, header + 1, columns[name]) for name in _NUMBERS if name in columns}
    changes: dict[str, ProductChange] = {}
    troubles: list[Message] = []
    count = 0
    for at, row in enumerate(grid.rows[header + 1 :], header + 1):

        def trouble(name: str, value: object, why: str, at: int = at) -> Message:
            cell = cell_name(at + grid.top, columns[name] + grid.left)
            told = {"field": f"{file} · {cell}", "cell": cell, "value": str(value)[:60], "why": why}
            return Message("sheet.cell", told)

        cells = {name: row[place] if place < len(row) else "" for name, place in columns.items()}
        sku = text_cell(cells["sku"]).strip()
        if not sku:
            if any(str(cell).strip() for cell in row):
                troubles.append(trouble("sku", "", "sheet_blank"))
            continue
        count += 1
        if isinstance(cells["sku"], datetime):
            troubles.append(trouble("sku", sku, "sheet_no_key"))
            continue
        if sku in changes:
            troubles.append(trouble("sku", sku, "sheet_twice"))
            continue
        values: dict[str, Decimal] = {}
        wrong = []
        for name in marks:
            value, why = _number(cells[name], marks[name])
            if not why and value == 0 and name != "vat_rate" and not zero:
                why = "cost_zero"
            if not why and value is not None and not _fits(name, value):
                why = "cost_bounds"
            if why:
                wrong.append(trouble(name, cells[name], why))
            elif value is not None:
                values[name] = value
        money = currency
        if typed := str(cells.get("currency", "")).strip():
            try:
                money = currency_code(typed)
            except ValueError:
                wrong.append(trouble("currency", typed, "sheet_currency"))
        if wrong:
            troubles += wrong
            continue
        shelf = text_cell(cells["shelf"]).strip() if "shelf" in cells else ""
        if values or shelf:
            changes[sku] = ProductChange(sku, money, shelf=shelf or None, **values)
    return CostSheet(tuple(changes.values()), tuple(troubles), count)


def _fits(name: str, value: Decimal) -> bool:
    places = {"vat_rate": 2, "desi": 3}.get(name, 6)
    whole = value.scaleb(places)
    return 0 <= value <= (100 if name == "vat_rate" else 10**9) and whole == whole.to_integral_value()


def _number(cell: Cell, mark: str) -> tuple[Decimal | None, str]:
    """The number, or why there is none; a blank is neither. A text of two readings is read as its column writes."""
    if isinstance(cell, Decimal):
        return _kept(cell)
    if isinstance(cell, datetime):
        return None, "sheet_number"
    text = cell.strip().removeprefix("%").removesuffix("%")
    read = read_number(text)
    if read.why is Why.BLANK:
        return None, ""
    if read.why is Why.UNREADABLE:
        return None, "sheet_number"
    if read.why is Why.AMBIGUOUS:
        if not mark:
            return None, "sheet_two_ways"
        return _kept(read.choices[1] if mark in text else read.choices[0])
    return (None, "sheet_number") if read.value is None else _kept(read.value)


def _kept(value: Decimal) -> tuple[Decimal | None, str]:
    """Without the noise of a spreadsheet's arithmetic: at most six digits behind the point, as the store keeps."""
    if not value.is_finite() or abs(value) > 10**12:
        return None, "sheet_number"
    return value.quantize(Decimal("0.000001")).normalize() + 0, ""
