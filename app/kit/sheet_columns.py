"""Which column of a sheet is what, and what its cells say. Headers may move, be renamed or be missing; a cell that cannot be read
is told with its place. Must never guess: a number that reads two ways, or a barcode that a spreadsheet has rounded, is trouble.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.contracts import Message, fail
from app.kit.sheets import Cell, Grid, Why, cell_name, ean_ok, read_number, read_whole, sheet_template, text_cell
from app.model import OrderStatus, clean, fold

ISTANBUL = ZoneInfo("Europe/Istanbul")
HEADER_ROWS = 15  # portals write a title, a date range and a note above their headers
ORDERS, PRODUCTS = "orders", "products"
_THING = frozenset({"barcode", "sku", "title", "vendor_code"})  # one of them says what was bought
_KEY = frozenset({"barcode", "sku", "remote_id"})
_OFFER = frozenset({"price", "stock", "title"})
_SIGNS = re.compile(r"[^0-9a-z%]+")
_ROUNDED = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+")
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's own day count has no zone
_SERIALS = range(20_000, 90_000)  # days: 1954 to 2146


def plain(text: str) -> str:
    """A header for comparing: case, accents, blanks and signs gone, a % kept (KDV and KDV(%) are two things)."""
    return _SIGNS.sub(" ", fold(text)).strip()


@cache
def aliases(kind: str) -> Mapping[str, str]:
    """Compared header → field. Of two fields with one alias the first in the file has it."""
    found: dict[str, str] = {}
    for field, names in sheet_template("columns")[kind].items():
        for name in (field, *names):
            found.setdefault(plain(name), field)
    return found


@cache
def statuses() -> Mapping[str, OrderStatus]:
    return {
        plain(word): OrderStatus(state) for state, words in sheet_template("columns")["statuses"].items() for word in words
    }  # fmt: skip


@cache
def _totals() -> frozenset[str]:
    return frozenset(plain(word) for word in sheet_template("columns")["totals"]["words"])


def read_mapping(text: str, key: str = "columns") -> tuple[tuple[str, str], ...]:
    """What the merchant typed, `Sipariş No=Belge No; quantity=Miktar`, as (field, compared header). A field goes by its name or by
    any of its known headers. Raises YoursError `config.field`."""
    found = []
    for part in filter(None, (one.strip() for one in re.split(r"[;\n]", text))):
        left, sign, right = part.partition("=")
        fields = [aliases(kind).get(plain(left)) for kind in (ORDERS, PRODUCTS)]
        if not sign or not plain(right) or not any(fields):
            told = {"field": key, "why": "pattern", "example": "Sipariş No=Belge No; Adet=Miktar", "value": part[:60]}
            raise fail(Message("config.field", told, field=key))
        found += [(field, plain(right)) for field in dict.fromkeys(filter(None, fields))]
    return tuple(found)


#: By a file's shape: (field, compared header), '' for a field that no column is.
Kept = Mapping[str, Sequence[tuple[str, str]]]


class Columns(NamedTuple):
    """`header`: index of its row in the grid; `places`: field → index in the row. `missing`: headers without which a row says
    nothing, in the words of the trade."""

    kind: str
    header: int
    places: Mapping[str, int]
    titles: Mapping[str, str]
    unknown: tuple[str, ...]
    missing: tuple[str, ...] = ()


def shape_of(row: Sequence[Cell]) -> str:
    """What a file's header row is known again by, wherever its columns stand; '' for a row without words."""
    names = sorted({plain(title) for title in titles_of(row)} - {""})
    return blake2b("\n".join(names).encode(), digest_size=12).hexdigest() if names else ""


def titles_of(row: Sequence[Cell]) -> list[str]:
    """The words of a row, '' for what is none."""
    return [clean(cell, 80) if isinstance(cell, str) else "" for cell in row]


def likely_header(grid: Grid) -> int:
    """Of a sheet whose headers nobody knows: the row among the first that has most words. -1 for a sheet without any."""
    words = [len({one for one in titles_of(row) if plain(one)}) for row in grid.rows[:HEADER_ROWS]]
    return words.index(max(words)) if any(words) else -1


def find_columns(grid: Grid, own: Sequence[tuple[str, str]], kept: Kept | None = None) -> Columns | None:
    """The best header row among the first; None when none of them is one. `kept`: what the merchant has said before, by shape; what
    she says now (`own`) goes before it."""
    best: Columns | None = None
    for number, row in enumerate(grid.rows[:HEADER_ROWS]):
        said = _with_kept(own, (kept or {}).get(shape_of(row), ())) if kept else own
        for kind in (ORDERS, PRODUCTS):
            one = _columns(kind, number, row, said)
            if one is not None and (best is None or _rank(one) > _rank(best)):
                best = one
    return best


def _with_kept(own: Sequence[tuple[str, str]], kept: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    fields, headers = {field for field, _ in own}, {header for _, header in own}
    return (*own, *((field, header) for field, header in kept if field not in fields and header not in headers - {""}))


def _rank(one: Columns) -> tuple[bool, bool, int]:
    return not one.missing, one.kind == ORDERS, len(one.places)


def _columns(kind: str, number: int, row: Sequence[Cell], own: Sequence[tuple[str, str]]) -> Columns | None:
    known = {**aliases(kind), **{header: field for field, header in own if field in sheet_template("columns")[kind]}}
    heads = {plain(text_cell(one)) for one in row}
    mapped = {field for field, header in own if not header or header in heads}  # '': she has said that there is none
    places: dict[str, int] = {}
    titles: dict[str, str] = {}
    unknown = []
    for at, cell in enumerate(row):
        title = clean(text_cell(cell), 80) if isinstance(cell, str) else ""
        field = known.get(plain(title)) if title else None
        if field in mapped and (field, plain(title)) not in own:
            field = None  # the merchant has said that another column is this one
        if field is None or field in places:
            unknown += [title] if title else []
            continue
        places[field], titles[field] = at, title
    if kind == ORDERS:
        if "order_number" not in places or len(places) < 2:
            return None
        lacks = (("Adet", "quantity" in places), ("Barkod / Stok Kodu / Ürün Adı", bool(_THING & places.keys())))
    else:
        if "order_number" in {aliases(ORDERS).get(plain(text_cell(one))) for one in row} or len(places) < 2:
            return None
        lacks = (
            ("Barkod / Stok Kodu", bool(_KEY & places.keys())),
            ("Satış Fiyatı / Stok", bool(_OFFER & places.keys())),
        )
    missing = tuple(name for name, there in lacks if not there)
    return Columns(kind, number, places, titles, tuple(unknown), missing)


def decimal_signs(grid: Grid, columns: Columns, fields: Sequence[str]) -> dict[str, str]:
    """Field → the sign before the decimals in that whole column, "" when its texts do not agree or do not say."""
    found = {}
    for field in fields:
        at = columns.places.get(field)
        if at is None:
            continue
        signs = set()
        for row in grid.rows[columns.header + 1 :]:
            cell = row[at] if at < len(row) else ""
            if isinstance(cell, str) and (sign := _decimal_sign(cell)):
                signs.add(sign)
        found[field] = signs.pop() if len(signs) == 1 else ""
    return found


def _decimal_sign(text: str) -> str:
    read = read_number(text)
    if read.why is not Why.OK:
        return ""
    marks = [c for c in text if c in ".,"]
    if not marks or (marks.count(marks[-1]) > 1 and len(set(marks)) == 1):
        return {".": ",", ",": "."}[marks[-1]] if marks else ""  # 1.249.900: the other one is for decimals
    return marks[-1]


class CellTrouble(ValueError):
    """A cell that cannot be read: which field, what stands there, why (a key of `why.`)."""

    def __init__(self, field: str, value: str, why: str) -> None:
        super().__init__(field, value, why)
        self.field, self.value, self.why = field, clean(value, 60), why


class Row:
    """One row of a sheet, read by field. `number` is its index in the grid."""

    def __init__(self, grid: Grid, columns: Columns, number: int, signs: Mapping[str, str]) -> None:
        self.grid, self.columns, self.number, self._signs = grid, columns, number, signs
        self._cells = grid.rows[number]

    def cell(self, field: str) -> Cell:
        at = self.columns.places.get(field)
        return self._cells[at] if at is not None and at < len(self._cells) else ""

    def text(self, field: str, limit: int = 500) -> str:
        return clean(text_cell(self.cell(field)), limit)

    @property
    def raw(self) -> str:
        return "\t".join(text_cell(one) for one in self._cells)

    @property
    def is_blank(self) -> bool:
        return not any(text_cell(one).strip() for one in self._cells)

    @property
    def is_total(self) -> bool:
        """Whether it adds up the rows above: its first word says so. A product may be called 'Toplam …' – but not alone."""
        at = next((at for at, one in enumerate(self._cells) if text_cell(one).strip()), 0)
        first = plain(text_cell(self._cells[at]))
        if first in _totals():
            return True
        things = [one for one in _THING if self.columns.places.get(one, at) != at]
        return any(first.startswith(f"{word} ") for word in _totals()) and not any(self.text(one) for one in things)

    def place(self, field: str) -> str:
        """As spreadsheets call it (F14); the row alone where the column is missing."""
        at = self.columns.places.get(field)
        row = self.grid.top + self.number
        return cell_name(row, self.grid.left + at) if at is not None else str(row + 1)

    def ident(self, field: str) -> str:
        """An id exactly as it is. Raises CellTrouble for one that a spreadsheet has rounded (8,69E+12)."""
        cell = self.cell(field)
        text = clean(text_cell(cell), 200).removeprefix("'")
        if _ROUNDED.fullmatch(text):
            raise CellTrouble(field, text, "sheet_rounded")
        if (
            field == "barcode"
            and len(text) in (12, 13, 14)
            and text.endswith("00000")
            and text.isdigit()
            and not ean_ok(text)
        ):
            raise CellTrouble(field, text, "sheet_rounded")
        return text

    def number_of(self, field: str) -> Decimal | None:
        """None for a blank cell. Raises CellTrouble."""
        cell = self.cell(field)
        if isinstance(cell, Decimal):
            return cell
        text = text_cell(cell)
        read = read_number(text.removesuffix("%").removeprefix("%"))
        if read.why is Why.BLANK:
            return None
        if read.why is Why.AMBIGUOUS:
            sign = self._signs.get(field, "")
            if not sign:
                raise CellTrouble(field, text, "sheet_two_ways")
            return read.choices[1] if sign in text else read.choices[0]
        if read.value is None:
            raise CellTrouble(field, text, "sheet_number")
        return read.value

    def amount(self, field: str) -> Decimal | None:
        """A number that is not below zero; None for a blank cell. Raises CellTrouble."""
        value = self.number_of(field)
        if value is not None and not 0 <= value < 10**10:
            raise CellTrouble(field, text_cell(self.cell(field)), "sheet_number")
        return value

    def whole(self, field: str) -> int | None:
        """Pieces; None for a blank cell. Raises CellTrouble for a fraction and for less than none."""
        cell = self.cell(field)
        read = None if isinstance(cell, Decimal) else read_whole(text_cell(cell))
        if read is not None and read.why is Why.BLANK:
            return None
        if read is not None and read.why is Why.AMBIGUOUS:
            raise CellTrouble(field, text_cell(cell), "sheet_two_ways")
        value = cell if isinstance(cell, Decimal) else read.value if read is not None else None
        if value is None or value != value.to_integral_value() or not 0 <= value < 10**7:
            raise CellTrouble(field, text_cell(cell), "sheet_whole")
        return int(value)

    def instant(self, field: str) -> datetime | None:
        """Aware UTC; sheets tell Turkish local time. None for a blank cell. Raises CellTrouble."""
        cell = self.cell(field)
        try:
            found = _local(cell)
        except (ValueError, OverflowError) as error:
            raise CellTrouble(field, text_cell(cell), "sheet_date") from error
        if found is None:
            return None
        if found.tzinfo is None:
            found = found.replace(tzinfo=ISTANBUL)
        if not 1990 <= found.year <= 2100:
            raise CellTrouble(field, text_cell(cell), "sheet_date")
        return found.astimezone(UTC)


def _local(cell: Cell) -> datetime | None:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, Decimal):
        if int(cell) not in _SERIALS:
            raise ValueError("no day count")
        return (_EPOCH_1900 + timedelta(seconds=round(cell * 86_400))).replace(microsecond=0)
    text = clean(cell, 60)
    if not text.strip("-–. "):
        return None
    found = _DAY.fullmatch(text)
    if found:
        day, month, year, hour, minute, second = (int(one or 0) for one in found.groups())
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - Row.instant gives the zone
    return datetime.fromisoformat(text)
