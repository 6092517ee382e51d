"""CSV as spreadsheets of this country write it: UTF-8 with or without its mark, UTF-16, Windows 1254 and 1252; semicolon, comma,
tab or bar between the cells. Blocking and computing. Must never guess at a letter that both code pages read: 1254 is the country's.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from app.contracts.messages import Message, fail

DELIMITERS = ";\t|,"  # of two that fit alike the first: the comma stands in prices too
_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_LINES = 25  # at the beginning, by which the delimiter is found
_LONGEST_CELL = 131_072  # the csv module's own limit, in characters


def decode_text(data: bytes) -> str:
    """The text of a file whose encoding nobody told. UTF-16 only with its mark; what is no UTF-8 is Windows 1254, or 1252 where
    1254 has no such letter. No marks, no NULs in what comes back."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            try:
                text = data.decode("cp1254")
            except UnicodeDecodeError:
                text = data.decode("cp1252", "replace")
    return text.removeprefix("\ufeff").replace("\0", "")


def find_delimiter(text: str) -> str:
    """The sign that cuts the first lines into the most equal columns; ';' for a single column."""
    best, found = (0, 0), ";"
    sample = "\n".join(text[:65_536].splitlines()[:_LINES])
    for sign in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=sign) if row]
        except csv.Error:
            continue
        wide = [one for one in widths if one > 1]
        if not wide:
            continue
        usual = max(set(wide), key=wide.count)
        if (wide.count(usual), usual) > best:
            best, found = (wide.count(usual), usual), sign
    return found


def read_csv(data: bytes, *, most_rows: int, most_columns: int) -> list[list[str]]:
    """All rows; row 0 is what a spreadsheet shows as row 1 (a `sep=` line is none). `="0017"` reads as 0017. Raises YoursError
    `sheet.file` for more rows than `most_rows` and for a quote that never ends."""
    text = decode_text(data)
    hint = _HINT.match(text)
    if hint:
        text = text[hint.end() :]
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=hint[1] if hint else find_delimiter(text))
    try:
        for row in reader:
            if len(rows) >= most_rows:
                raise fail(Message("sheet.file", {"reason": "sheet_long", "value": str(most_rows)}))
            rows.append([_plain(cell) for cell in row[:most_columns]])
    except csv.Error as error:
        raise fail(Message("sheet.file", {"reason": str(error)[:120]})) from error
    return rows


def _plain(cell: str) -> str:
    """A cell without the armour by which programs keep a number a text for Excel."""
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        return cell[2:-1]
    return cell


def write_csv(
    header: Sequence[str], rows: Sequence[Sequence[str | int | Decimal | datetime | None]], *, delimiter: str, encoding: str,
    comma: bool,
) -> bytes:  # fmt: skip
    """A file that a vendor's program reads: texts exactly as they are, because a guard against formulas would be another SKU.
    `comma`: decimal comma. What `encoding` cannot write raises YoursError `sheet.letters`."""
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    write.writerow(header)
    for row in rows:
        write.writerow([_cell(cell, comma) for cell in row])
    try:
        return out.getvalue().encode(encoding)
    except UnicodeEncodeError as error:
        raise fail(Message("sheet.letters", {"value": error.object[error.start : error.start + 1]})) from error


def _cell(cell: str | int | Decimal | datetime | None, comma: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        text = format(cell, "f")
        return text.replace(".", ",") if comma else text
    return cell.strftime("%d.%m.%Y %H:%M") if isinstance(cell, datetime) else str(cell)
