"""What a provider needs of sheets: reading them with every cell's place, writing them, and the templates that lie in
resources/sheets as data. No vendor is named here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from app.formats.csvs import write_csv
from app.formats.numbers import Reading, Why, read_number, read_whole
from app.formats.sheets import Cell, Grid, read_grids, text_cell
from app.formats.tables import Sheet, xlsx_bytes

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "resources" / "sheets"

__all__ = [
    "Cell", "Grid", "Reading", "Sheet", "Why", "cell_name", "ean_ok", "read_grids", "read_number", "read_whole",
    "sheet_template", "text_cell", "write_csv", "xlsx_bytes",
]  # fmt: skip


@cache
def sheet_template(name: str) -> dict[str, Any]:
    """The data of resources/sheets/<name>.toml. Raises KeyError when there is no such template."""
    path = TEMPLATES / f"{name}.toml"
    if not name.isidentifier() or not path.is_file():
        raise KeyError(name)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def cell_name(row: int, column: int) -> str:
    """0-based row and column as spreadsheets call the place: (13, 5) is F14."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def ean_ok(digits: str) -> bool:
    """Whether the check digit of an EAN-8, UPC-A, EAN-13 or GTIN-14 is right."""
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 12, 13, 14)):
        return False
    total = sum(int(one) * (3 if place % 2 else 1) for place, one in enumerate(reversed(digits)))
    return total % 10 == 0
