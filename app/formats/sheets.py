"""Reading sheets that merchants have: XLSX, XLS, ODS. Runs in the worker process: a thread that computes stalls the window."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from app.contracts.messages import Message, fail


def text_cell(value: object) -> str:
    """A cell as the text that a person sees in it: an id stays an id, a whole number loses the `.0` that files put there."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        exact = Decimal(repr(value))
        return format(exact.to_integral_value() if exact == exact.to_integral_value() else exact, "f")
    return str(value)


def sheet_rows(path: Path, sheet: int = 0) -> Iterator[list[str]]:
    """The rows of one sheet as text, from its first used row on. Raises YoursError `request.refused` for a file that is no sheet."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_index(sheet).iter_rows()
        for row in rows:
            yield [text_cell(cell) for cell in row]
    except (CalamineError, OSError) as error:
        raise fail(Message("request.refused", {"reason": str(error)[:120], "file": path.name})) from error


def count_rows(path: Path, sheet: int = 0) -> int:
    """How many rows a sheet has, all of them read: what an import says before it shows anything."""
    return sum(1 for _ in sheet_rows(path, sheet))
