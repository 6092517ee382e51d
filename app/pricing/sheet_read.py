"""A sheet of prices, read: which price each row wants for which listing, and what could not be read of which row. Pure and computing: it
runs in the worker process. Ids stay texts; a blank is no change; a doubtful column is asked about; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import msgspec

from app.contracts import Message, fail
from app.formats.numbers import Why, read_number
from app.formats.sheets import Cell, Grid, read_grids, text_cell
from app.formats.tables import guarded
from app.kit.sheet_columns import plain
from app.kit.sheets import cell_name, ean_ok, sheet_template
from app.model import clean, currency_code
from app.pricing.sheet_columns import AMOUNTS, Columns, Kept, Pairs, find_columns

MOST_BYTES = 32 * 1024 * 1024
MOST_TOLD = 1_000  # troubles that are told one by one; the rest is counted
SLICE = 500  # entries that are decoded at a stretch: less than a millisecond
PREVIEW = 8  # first rows, for a person's eyes
_MOST = Decimal(10) ** 12  # of the currency; what the store holds
_MICRO = Decimal(1_000_000)
_LONGEST = 200  # characters of an id
_ROUNDED = re.compile(r"\d+(?:[.,]\d+)?[eE]\+\d+")
_UNITS = {"₺": "TRY", "€": "EUR", "$": "USD", "£": "GBP", "TL": "TRY"}
_UNIT = re.compile(r"[₺€$£]|TL\b|[A-Z]{3}\b")


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a row wants. `row`: its number in the spreadsheet; amounts in micros, with VAT as the listing has it, None: no change.
    `connection`, `currency`: as written, '' where the sheet says nothing."""

    row: int
    connection: str
    remote_id: str
    sku: str
    barcode: str
    price: int | None
    list_price: int | None
    currency: str

    @property
    def name(self) -> str:
        return self.sku or self.barcode or self.remote_id


class PriceSheet(msgspec.Struct, frozen=True):
    """`found`: field → title; `signs`: field → the decimal sign of its texts; `doubts`: what must be said before a plan can be made.
    `entries`: JSON lists of `Entry`, `SLICE` in each, so that nothing decodes a long one at once. `rows` with a key; `blanks` of
    them want nothing. `troubles`: the first of `trouble_count`. `places`: field → letters of its column. `preview`: the first rows as
    they are written, from `first_row` of the spreadsheet on."""

    file: str
    sheet: str
    shape: str
    titles: tuple[str, ...]
    preview: tuple[tuple[str, ...], ...]
    found: dict[str, str]
    places: dict[str, str]
    signs: dict[str, str]
    doubts: tuple[Message, ...]
    aside: tuple[str, ...]
    rows: int = 0
    count: int = 0
    blanks: int = 0
    entries: tuple[bytes, ...] = ()
    troubles: tuple[Message, ...] = ()
    trouble_count: int = 0
    first_row: int = 1


def read_prices(
    source: str | bytes, name: str, own: Pairs = (), kept: Kept | None = None, signs: Mapping[str, str] | None = None
) -> PriceSheet:
    """`source`: a path, or what a file or the clipboard holds. `signs`: field → '.' or ',' as a person said. Raises OSError, and
    YoursError `sheet.file` for what is no table, or is longer than any shop's."""
    file = Path(name).name
    if isinstance(source, str):
        path = Path(source)
        if path.stat().st_size > MOST_BYTES:
            raise fail(Message("sheet.file", {"reason": "sheet_large", "file": file}))
        source = path.read_bytes()
    grids = read_grids(source)
    found = find_columns(grids, own, kept or {})
    if found is None:
        raise fail(Message("sheet.file", {"reason": "sheet_none", "file": file}))
    number, columns = found
    return _Reader(file, grids[number], columns, signs or {}).read()


class _Reader:
    def __init__(self, file: str, grid: Grid, columns: Columns, signs: Mapping[str, str]) -> None:
        self.file, self.grid, self.columns = file, grid, columns
        self.body = grid.rows[columns.header + 1 :]
        self.first = grid.top + columns.header + 2  # the number of the body's first row in the spreadsheet
        self.said = {field: sign for field, sign in signs.items() if sign in (".", ",")}
        self.told: list[Message] = []
        self.count = 0
        self.numbers: dict[tuple[str, str], tuple[int | None, str]] = {}

    def read(self) -> PriceSheet:
        columns = self.columns
        doubts = [self._rivals(field, titles) for field, titles in columns.rivals.items()]
        if not columns.whole:
            doubts.append(Message("pricesheet.columns", {"field": self.file}))
        signs = {
            field: self.said.get(field) or self._sign(field, doubts) for field in AMOUNTS if field in columns.places
        }
        rows = blanks = 0
        entries: list[Entry] = []
        if not doubts:
            rows, blanks, entries = self._rows(signs)
        return PriceSheet(
            self.file, self.grid.name, columns.shape, columns.titles,
            tuple(tuple(clean(text_cell(cell), 60) for cell in row) for row in self.body[:PREVIEW]),
            {field: columns.titles[at] for field, at in columns.places.items()},
            {field: cell_name(0, self.grid.left + at).rstrip("1") for field, at in columns.places.items()},
            {field: sign for field, sign in signs.items() if sign}, tuple(doubts), columns.aside, rows, len(entries), blanks,
            tuple(msgspec.json.encode(entries[at : at + SLICE]) for at in range(0, len(entries), SLICE)),
            tuple(self.told), self.count,
            self.first,
        )  # fmt: skip

    # -- doubts about whole columns

    def _rivals(self, field: str, titles: Sequence[str]) -> Message:
        told = {"value": ", ".join(titles), "example": f"{field}={titles[0]}"}
        return Message(f"pricesheet.rivals_{field}", told)

    def _sign(self, field: str, doubts: list[Message]) -> str:
        """The decimal sign that the column's texts agree on, '' where they do not need one or do not agree. Asks where texts read two
        ways and no text of the column decides."""
        at = self.columns.places[field]
        texts = {row[at] for row in self.body if at < len(row) and type(row[at]) is str}
        signs, open_ = set(), ""
        for text in sorted(map(str, texts)):
            read = read_number(text)
            if read.why is Why.AMBIGUOUS:
                open_ = open_ or text
            elif read.why is Why.OK and (sign := _decimal_sign(text)):
                signs.add(sign)
        if open_ and not signs:
            told = {"column": field, "value": open_, "example": self.columns.titles[at]}
            doubts.append(Message("pricesheet.sign", told))
        return signs.pop() if len(signs) == 1 else ""

    # -- rows

    def _trouble(self, at: int, field: str, value: object, why: str) -> None:
        """A cell that is told: `at` is the row in the body."""
        self.count += 1
        if len(self.told) >= MOST_TOLD:
            return
        place = self.columns.places.get(field)
        row = self.first + at
        cell = str(row) if place is None else cell_name(row - 1, place + self.grid.left)
        told = {"field": f"{self.file} · {cell}", "cell": cell, "value": clean(str(value), 60), "why": why}
        self.told.append(Message("sheet.cell", told))

    def _rows(self, signs: Mapping[str, str]) -> tuple[int, int, list[Entry]]:
        places = self.columns.places
        found: dict[tuple[str, str, str, str], tuple[int, Entry]] = {}
        unsure: set[tuple[str, str, str, str]] = set()
        rows = blanks = 0
        for at, row in enumerate(self.body):
            width = len(row)
            cells = {name: row[place] if place < width else "" for name, place in places.items()}
            keys = self._keys(at, cells)
            if keys is None:
                rows += 1
                continue
            remote_id, sku, barcode = keys
            if not (remote_id or sku or barcode):
                self._keyless(at, row, cells)
                continue
            if _is_total(row):
                continue
            rows += 1
            amounts: list[int | None] = [None, None]
            currency = self._currency(at, cells["currency"]) if "currency" in cells else ""
            bad = currency is None
            for place, name in enumerate(AMOUNTS):
                if name not in cells or cells[name] == "":
                    continue
                cell = cells[name]
                value, why = self._number(name, cell, signs.get(name, ""))
                if why:
                    self._trouble(at, name, text_cell(cell), why)
                    bad = True
                amounts[place] = value
                if not why and isinstance(cell, str) and (unit := _unit(cell)):
                    if currency and unit != currency:
                        self._trouble(at, name, cell, "sheet_currency")
                        bad = True
                    currency = unit
            price, list_price = amounts
            if bad:
                continue
            if price is None and list_price is None:
                blanks += 1
                continue
            if price is not None and list_price is not None and list_price < price:
                self._trouble(at, "list_price", text_cell(cells["list_price"]), "price_list_below")
                continue
            connection = clean(text_cell(cells.get("connection", "")), 80)
            entry = Entry(self.first + at, connection, remote_id, sku, barcode, price, list_price, currency or "")
            key = (connection, remote_id, sku, barcode)
            if key not in found:
                found[key] = (at, entry)
                continue
            before = found[key][1]
            if (before.price, before.list_price) == (price, list_price):
                self._trouble(at, _key_field(entry), entry.name, "sheet_twice")
            else:
                unsure.add(key)
                self._trouble(at, _key_field(entry), entry.name, "price_twice")
        for key in unsure:
            at, entry = found.pop(key)
            self._trouble(at, _key_field(entry), entry.name, "price_twice")
        return rows, blanks, [entry for _, entry in found.values()]

    def _keyless(self, at: int, row: Sequence[Cell], cells: Mapping[str, Cell]) -> None:
        """A row that names no listing: a blank one and a sum say nothing; a price without a name is told."""
        if _is_total(row):
            return
        for name in AMOUNTS:
            if name in cells and str(cells[name]).strip():
                self._trouble(at, name, text_cell(cells[name]), "sheet_no_key")
                return

    def _keys(self, at: int, cells: Mapping[str, Cell]) -> tuple[str, str, str] | None:
        """Channel's code, SKU and barcode; None, and told, when a spreadsheet has spoiled the one that names the row. A spoiled barcode
        beside another name says nothing."""
        remote_id = self._key(at, "remote_id", cells["remote_id"]) if "remote_id" in cells else ""
        sku = self._key(at, "sku", cells["sku"]) if "sku" in cells else ""
        if remote_id is None or sku is None:
            return None
        named = bool(remote_id or sku)
        barcode = self._key(at, "barcode", cells["barcode"], quiet=named) if "barcode" in cells else ""
        if barcode is None and not named:
            return None
        return remote_id, sku, barcode or ""

    def _key(self, at: int, name: str, cell: Cell, *, quiet: bool = False) -> str | None:
        """An id as it is written; None when a spreadsheet has spoiled it, which is told unless `quiet`."""
        if type(cell) is str:
            text = cell.strip()[:_LONGEST]
            if text.startswith("'") and guarded(text[1:]) == text:
                text = text[1:]  # the guard of an export
        elif isinstance(cell, datetime):
            if not quiet:
                self._trouble(at, name, cell.strftime("%d.%m.%Y"), "price_key_date")
            return None
        else:
            text = text_cell(cell)
        if not text:
            return ""
        spoiled = "+" in text and _ROUNDED.fullmatch(text) is not None
        if (
            not spoiled
            and name == "barcode"
            and text.endswith("00000")
            and len(text) in (12, 13, 14)
            and text.isdigit()
        ):
            spoiled = not ean_ok(text)
        if spoiled and not quiet:
            self._trouble(at, name, text, "sheet_rounded")
        return None if spoiled else text

    def _currency(self, at: int, cell: Cell) -> str | None:
        text = str(cell).strip()
        if not text:
            return ""
        try:
            return currency_code(_UNITS.get(text.upper(), text))
        except ValueError:
            self._trouble(at, "currency", text, "sheet_currency")
            return None

    def _number(self, name: str, cell: Cell, sign: str) -> tuple[int | None, str]:
        """Micros, or why there are none; a blank is neither."""
        if isinstance(cell, Decimal):
            return _micros(cell)
        if isinstance(cell, datetime):
            return None, "price_date"
        key = (cell, sign)
        if key not in self.numbers:
            self.numbers[key] = _text_micros(cell, sign)
        return self.numbers[key]


def _text_micros(text: str, sign: str) -> tuple[int | None, str]:
    read = read_number(text)
    if read.why is Why.BLANK:
        return None, ""
    if read.why is Why.UNREADABLE:
        return None, "price_formula" if text.lstrip().startswith("=") else "sheet_number"
    if read.why is Why.AMBIGUOUS:
        if not sign:
            return None, "sheet_two_ways"
        return _micros(read.choices[1] if sign in text else read.choices[0])
    return (None, "sheet_number") if read.value is None else _micros(read.value)


def _micros(value: Decimal) -> tuple[int | None, str]:
    """A spreadsheet's arithmetic leaves noise behind the sixth digit: half up."""
    if not value.is_finite():
        return None, "sheet_number"
    if value < 0:
        return None, "price_negative"
    if value > _MOST:
        return None, "price_large"
    scaled = value * _MICRO
    found = int(scaled)
    return (found if found == scaled else int(scaled.to_integral_value(ROUND_HALF_UP))), ""


def _decimal_sign(text: str) -> str:
    """The sign before the decimals of a text that reads one way; of 1.249.900 it is the other one."""
    marks = [sign for sign in text if sign in ".,"]
    if not marks:
        return ""
    if marks.count(marks[-1]) > 1:
        return {".": ",", ",": "."}[marks[-1]]
    return marks[-1]


def _unit(text: str) -> str:
    found = _UNIT.search(text)
    return _UNITS.get(found[0], found[0]) if found else ""


def _key_field(entry: Entry) -> str:
    return "sku" if entry.sku else "barcode" if entry.barcode else "remote_id"


_WORDS: Sequence[str] = sheet_template("columns")["totals"]["words"]
_TOTALS = frozenset(map(plain, _WORDS))
_STARTS = frozenset(word[:1] for word in (*_WORDS, *_TOTALS))


def _is_total(row: Sequence[Cell]) -> bool:
    """Whether it adds up the rows above: its first word says so, and nothing else."""
    for cell in row:
        if type(cell) is not str:
            if isinstance(cell, Decimal | datetime):
                return False
            continue
        text = cell.strip()
        if text:
            return len(text) < 40 and text[:1] in _STARTS and plain(text) in _TOTALS
    return False
