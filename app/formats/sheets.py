"""Reading sheets that merchants and vendors have: XLSX, XLS, ODS, CSV, and the HTML tables that portals call .xls. Runs in the
worker process where it is large: a thread that computes stalls the window. Must never lose where a cell stood.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from app.contracts.messages import Message, ProviderError, fail
from app.formats.csvs import decode_text, read_csv

Cell = str | Decimal | datetime
MOST_ROWS = 200_000
MOST_COLUMNS = 500
MOST_CELLS = 6_000_000
_MOST_UNPACKED = 400 * 1024 * 1024  # bytes of a packed sheet; the largest that Excel saves with MOST_ROWS is half of it
_MOST_MERGED = 5_000  # cells of one merged range that are filled in
_PAGE = re.compile(r"(?:\w+/)?worksheets/[^/]+\.xml", re.IGNORECASE)
_DIMENSION = re.compile(rb'<dimension ref="([A-Z]{1,3}[0-9]+(?::[A-Z]{1,3}[0-9]+)?)"')
_REF = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"[^>/]*>')  # one that holds something
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    struct.error,
)
_SMALL_PAGE = 4 * 1024 * 1024  # bytes of a sheet that is looked through whatever its head says
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Grid(NamedTuple):
    """One sheet. `rows[0]` stands in row `top` + 1 and column `left` + 1 of the spreadsheet. A merged cell's value stands in all
    rows of its range. Numbers are Decimal, dates naive datetime as the sheet shows them, all else text."""

    name: str
    rows: list[list[Cell]]
    top: int = 0
    left: int = 0


def text_cell(value: object) -> str:
    """A cell as the text that a person sees in it: an id stays an id, a whole number loses the `.0` that files put there."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return format(value.to_integral_value() if value == value.to_integral_value() else value, "f")
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


def read_grids(data: bytes) -> list[Grid]:
    """All sheets of a file, whatever its name says. Raises YoursError `sheet.file` for what is none, is locked by a password, or
    is larger than any shop's."""
    if data[:4] == b"PK\x03\x04" or data.startswith(_OLE):
        return _workbook(data)
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<") and (b"<table" in data[:200_000].lower() or b"<html" in head):
        return _html(data)
    if not data.strip() or head.startswith((b"%pdf", b"<", b"{", b"\x89png", b"rar!")):
        raise fail(Message("sheet.file", {"reason": "sheet_none"}))
    rows = read_csv(data, most_rows=MOST_ROWS, most_columns=MOST_COLUMNS)
    return [Grid("", [list(row) for row in rows])]


def _workbook(data: bytes) -> list[Grid]:
    if data.startswith(b"PK"):
        _check_packed(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        grids, cells = [], 0
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            cells += sheet.height * sheet.width
            if sheet.height > MOST_ROWS or cells > MOST_CELLS:
                raise fail(Message("sheet.file", {"reason": "sheet_long", "value": str(MOST_ROWS)}))
            grids.append(_grid(name, sheet))
    except (CalamineError, OSError, ValueError) as error:
        reason = "sheet_locked" if "password" in str(error).casefold() else str(error)[:120]
        raise fail(Message("sheet.file", {"reason": reason})) from error
    except BaseException as error:
        # A panic in the reader's Rust is no Exception: a strange file must not end the program.
        if isinstance(error, ProviderError) or type(error).__name__ != "PanicException":
            raise
        raise fail(Message("sheet.file", {"reason": "sheet_none"})) from error
    return grids


def _check_packed(data: bytes) -> None:
    """A small file that unpacks to gigabytes is no sheet. Raises YoursError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(one.file_size for one in packed.infolist())
            far = size <= _MOST_UNPACKED and any(_reaches_far(packed, one) for one in packed.infolist())
    except _BROKEN as error:
        raise fail(Message("sheet.file", {"reason": "sheet_cut"})) from error
    if size > _MOST_UNPACKED or far:
        raise fail(Message("sheet.file", {"reason": "sheet_long", "value": str(MOST_ROWS)}))


def _reaches_far(packed: zipfile.ZipFile, one: zipfile.ZipInfo) -> bool:
    """Whether a sheet of XLSX spans more than any shop's. The reader takes memory for every cell between the first and the last one,
    used or not: one stray cell in XFD1048576 would ask for terabytes, and a failed allocation there ends the process."""
    if not _PAGE.fullmatch(one.filename) or one.filename.endswith(".rels"):
        return False
    with packed.open(one) as stream:
        head = stream.read(4_096)
        told = _DIMENSION.search(head)
        box = [_place(ref) for ref in told[1].split(b":")] if told else []
        if box and _area(box) <= MOST_CELLS and one.file_size > _SMALL_PAGE:
            return False  # a long ordinary sheet is not read twice
        low, high, rest = (1 << 30, 1 << 30), (0, 0), head
        while rest:
            for ref in _REF.findall(rest):
                place = _place(ref)
                low, high = (
                    (min(low[0], place[0]), min(low[1], place[1])),
                    (max(high[0], place[0]), max(high[1], place[1])),
                )
            if high[0] and _area([low, high]) > MOST_CELLS:
                return True
            tail = rest[-40:]
            more = stream.read(1 << 20)
            rest = tail + more if more else b""
    return False


def _place(ref: bytes) -> tuple[int, int]:
    """Row and column, from 1, of a place such as B17."""
    column = 0
    for sign in ref:
        if sign < 65:
            break
        column = column * 26 + sign - 64
    return int(ref.lstrip(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ") or b"0"), column


def _area(box: list[tuple[int, int]]) -> int:
    return (box[-1][0] - box[0][0] + 1) * (box[-1][1] - box[0][1] + 1)


def _grid(name: str, sheet: CalamineSheet) -> Grid:
    if sheet.start is None:
        return Grid(name, [])
    top, left = sheet.start
    rows = [[cell if type(cell) is str else _cell(cell) for cell in row[:MOST_COLUMNS]] for row in sheet.to_python()]
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        at = column - left
        if not (0 < last - first < _MOST_MERGED and 0 <= first - top < len(rows) and 0 <= at < MOST_COLUMNS):
            continue
        value = rows[first - top][at] if at < len(rows[first - top]) else ""
        for row in rows[first - top + 1 : last - top + 1]:
            if at < len(row) and row[at] == "":
                row[at] = value
    return Grid(name, rows, top, left)


def _cell(value: object) -> Cell:
    if type(value) is float:  # most of what is no text
        return Decimal(repr(value)) if abs(value) < 1e300 else repr(value)  # 1e999 and NaN: no number, and no blank
    if isinstance(value, str | datetime):
        return value
    if isinstance(value, bool):
        return text_cell(value)
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, date):
        return datetime.combine(value, time())
    return str(value)


def _html(data: bytes) -> list[Grid]:
    """Portals save an HTML table under the name .xls, and Excel opens it. Spans are not unfolded: the row number would be wrong."""
    from lxml import etree, html  # 20 ms, and few files need it

    try:
        root = html.document_fromstring(
            decode_text(data), parser=html.HTMLParser(no_network=True, remove_comments=True)
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise fail(Message("sheet.file", {"reason": "sheet_none"})) from error
    grids = []
    for table in root.iter("table"):
        rows: list[list[Cell]] = []
        for line in table.iter("tr"):
            if len(rows) >= MOST_ROWS:
                raise fail(Message("sheet.file", {"reason": "sheet_long", "value": str(MOST_ROWS)}))
            cells = [" ".join("".join(map(str, c.itertext())).split()) for c in line if c.tag in ("td", "th")]
            rows.append([*cells[:MOST_COLUMNS]])
        grids.append(Grid("", rows))
    return grids
