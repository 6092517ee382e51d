"""Tables as CSV and XLSX that leave the program. A cell is text, a figure or an instant, never a formula: a buyer may be
called "=HYPERLINK(…)". Blocking and computing: the window runs it in the worker process.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

Cell = str | int | Decimal | datetime | None
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_WIDEST = 60  # characters
_SHEET_NAME = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_LONGEST = 32_767  # characters in a cell of XLSX


class Sheet(NamedTuple):
    """`name` as the tab shows it; rows in the order of `header`. Instants are written in the zone they are in."""

    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def guarded(text: str) -> str:
    """For CSV: a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return "'" + text if text.lstrip(" \u00a0").startswith(_STARTS) else text


def csv_bytes(sheet: Sheet, *, turkish: bool) -> bytes:
    """UTF-8 with the mark by which spreadsheets know it; ";" between cells where the comma is in the numbers."""
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=";" if turkish else ",", lineterminator="\r\n")
    write.writerow([guarded(one) for one in sheet.header])
    for row in sheet.rows:
        write.writerow([_plain(cell, turkish) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def xlsx_bytes(sheets: Sequence[Sheet]) -> bytes:
    """A workbook with a frozen, bold first row. Texts stay texts: 0017, 8690000000012 and =A1 come back as they were."""
    import xlsxwriter  # 50 ms, and only exports need it

    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **plain}) as book:
        bold = book.add_format({"bold": True})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for number, sheet in enumerate(sheets, 1):
            page = book.add_worksheet(sheet.name.translate(_FORBIDDEN).strip("' ")[:_SHEET_NAME] or f"{number}")
            page.freeze_panes(1, 0)
            widths = [len(one) for one in sheet.header]
            for column, title in enumerate(sheet.header):
                page.write_string(0, column, title, bold)
            for at, row in enumerate(sheet.rows, 1):
                for column, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        page.write_datetime(at, column, cell.replace(tzinfo=None), instant)
                        width = 19
                    elif isinstance(cell, int | Decimal):
                        page.write_number(at, column, cell)
                        width = len(str(cell))
                    elif cell:
                        page.write_string(at, column, cell[:_LONGEST])
                        width = len(cell)
                    else:
                        continue
                    widths[column] = max(widths[column], width)
            for column, width in enumerate(widths):
                page.set_column(column, column, min(width, _WIDEST) + 2)
    return out.getvalue()


def _plain(cell: Cell, turkish: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, Decimal):
        text = format(cell, "f")
        return text.replace(".", ",") if turkish else text
    return guarded(cell) if isinstance(cell, str) else str(cell)
