"""Which column of a sheet of prices is what: by its headers in Turkish or English, by what a person said, by what was said of files of the
same shape before. Pure. Must never choose between two columns that may both be the price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from app.contracts import Message, fail
from app.kit.sheet_columns import HEADER_ROWS, PRODUCTS, aliases, likely_header, plain, shape_of, titles_of
from app.kit.sheets import Cell, Grid, cell_name, sheet_template, text_cell

#: What a person can say of a file's columns.
FIELDS = ("sku", "barcode", "remote_id", "price", "list_price", "currency", "connection")
KEYS, AMOUNTS = ("remote_id", "sku", "barcode"), ("price", "list_price")
#: Known, and not taken into a plan of prices.
_ASIDE = ("stock",)

#: (field, compared header); '' for a field that no column is.
Pairs = Sequence[tuple[str, str]]
#: By a file's shape what was said of its columns.
Kept = Mapping[str, Pairs]


class Columns(NamedTuple):
    """`header`: index of its row in the grid, -1 for a sheet without headers (its titles are letters then). `places`: field → index
    in the row; `rivals`: field → titles of columns that may all be it; `aside`: fields that are known and not taken."""

    header: int
    titles: tuple[str, ...]
    places: Mapping[str, int]
    rivals: Mapping[str, tuple[str, ...]]
    aside: tuple[str, ...]
    shape: str

    @property
    def whole(self) -> bool:
        """Whether a row can say which price which listing is to have."""
        named = self.places.keys() | self.rivals.keys()
        return bool(named & set(KEYS)) and bool(named & set(AMOUNTS))


@cache
def _known() -> Mapping[str, str]:
    """Compared header → field."""
    own = {plain(name): field for field, names in sheet_template("prices")["prices"].items() for name in names}
    wanted = (*FIELDS, *_ASIDE)
    return {**{header: field for header, field in aliases(PRODUCTS).items() if field in wanted}, **own}


@cache
def _beside(which: str) -> frozenset[str]:
    return frozenset(plain(name) for name in sheet_template("prices")["beside"][which])


def read_pairs(typed: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """`price=Fiyat` or `Satış Fiyatı=Benim Fiyatım` as (field, compared header); nothing behind the sign says that no column is that
    field. Raises YoursError `config.field`."""
    found = []
    for one in typed:
        left, sign, right = one.partition("=")
        field = left.strip() if left.strip() in FIELDS else _known().get(plain(left), "")
        if not sign or field not in FIELDS:
            told = {"field": "map", "why": "pattern", "example": "price=Fiyat, sku=Stok Kodu", "value": one[:60]}
            raise fail(Message("config.field", told, field="map"))
        found.append((field, plain(right)))
    return tuple(found)


def chosen_pairs(chosen: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Field → header as a person chose them in a form; '' says that no column is this field."""
    return tuple((field, plain(title)) for field, title in chosen.items() if field in FIELDS)


def find_columns(grids: Sequence[Grid], own: Pairs, kept: Kept) -> tuple[int, Columns] | None:
    """The sheet and the header row that say most; one that is not `whole` when none is; None for a file without any cell."""
    best: tuple[int, Columns] | None = None
    for number, grid in enumerate(grids):
        for at, row in enumerate(grid.rows[:HEADER_ROWS]):
            said = {**dict(kept.get(shape_of(row), ())), **dict(own)}
            one = _columns(at, titles_of(row), said, shape_of(row))
            if one.whole and (best is None or len(one.places) > len(best[1].places)):
                best = (number, one)
    if best is not None:
        return best
    for number, grid in enumerate(grids):
        if not any(text_cell(cell).strip() for row in grid.rows[:HEADER_ROWS] for cell in row):
            continue
        bare = _columns(-1, _letters(grid), dict(own), "")
        if bare.whole or not _has_header(grid):
            return number, bare
        at = likely_header(grid)
        titles = titles_of(grid.rows[at])
        return number, _columns(at, titles, dict(own), shape_of(grid.rows[at]))
    return None


def _letters(grid: Grid) -> list[str]:
    width = max((len(row) for row in grid.rows[:HEADER_ROWS]), default=0)
    return [cell_name(0, grid.left + at).rstrip("1") for at in range(width)]


def _has_header(grid: Grid) -> bool:
    """Whether the first row with cells consists of words alone, as headers do."""
    for row in grid.rows[:HEADER_ROWS]:
        cells: list[Cell] = [cell for cell in row if text_cell(cell).strip()]
        if cells:
            return all(isinstance(cell, str) and not any(sign.isdigit() for sign in cell) for cell in cells)
    return False


def _columns(header: int, titles: Sequence[str], said: Mapping[str, str], shape: str) -> Columns:
    heads = [plain(title) for title in titles]
    known = dict(_known()) if header >= 0 else {}
    if _beside("merchant_sku") & set(heads):
        known.update(dict.fromkeys(_beside("channel_code"), "remote_id"))
    # What was said counts where its header is there: another file has other headers.
    meant = {field: head for field, head in said.items() if not head or head in heads}
    taken = {head for head in meant.values() if head}
    places: dict[str, int] = {}
    rivals: dict[str, list[int]] = {}
    for at, head in enumerate(heads):
        field = next((one for one, said_head in meant.items() if said_head and said_head == head), "")
        if not field:
            field = known.get(head, "") if head and head not in taken else ""
            if field in meant:
                continue
        if not field:
            continue
        if field not in places:
            places[field] = at
        elif heads[places[field]] != head or field in AMOUNTS:
            rivals.setdefault(field, [places[field]]).append(at)
    doubtful = {field: tuple(titles[at] for at in all_) for field, all_ in rivals.items() if field in AMOUNTS}
    return Columns(
        header, tuple(titles), {field: at for field, at in places.items() if field in FIELDS and field not in doubtful}, doubtful,
        tuple(field for field in _ASIDE if field in places), shape,
    )  # fmt: skip
