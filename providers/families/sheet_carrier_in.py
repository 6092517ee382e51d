"""From a carrier's sheet to what it says of our parcels. Pure, and callable in another process. Must never guess: a tracking number
that a spreadsheet has rounded is told with its row and column, and the other rows are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache

import msgspec

from app.contracts import Message, ProviderError, fail
from app.kit import Cell, Grid, read_grids, sheet_template, text_cell
from app.kit.sheet_columns import HEADER_ROWS, CellTrouble, Columns, Row, plain
from app.model import ShipmentStatus, clean

TRACKING = "tracking"
EXACT_DIGITS = 15  # of a number in a spreadsheet; what is longer has lost its last digits
_NOTHING = "-–. "


class Told(msgspec.Struct, frozen=True):
    """One row. `at` aware UTC or None; `status` UNKNOWN when the row's word is none that we know."""

    reference: str
    order_number: str = ""
    tracking: str = ""
    word: str = ""
    status: ShipmentStatus = ShipmentStatus.UNKNOWN
    at: datetime | None = None
    delivered_at: datetime | None = None
    place: str = ""
    signed_by: str = ""


class Reading(msgspec.Struct, frozen=True):
    """`kind` is '' when no sheet of the file is one with tracking numbers."""

    kind: str = ""
    rows: tuple[Told, ...] = ()
    troubles: tuple[Message, ...] = ()


@cache
def _aliases() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for field, names in sheet_template("carrier")["tracking"].items():
        for name in (field, *names):
            found.setdefault(plain(name), field)
    return found


@cache
def _states() -> Mapping[str, ShipmentStatus]:
    states = sheet_template("carrier")["states"].items()
    return {plain(word): ShipmentStatus(state) for state, words in states for word in words}


def read_mapping(text: str, key: str = "columns") -> tuple[tuple[str, str], ...]:
    """What the merchant typed, `Takip No=Konşimento; Durum=Aşama`, as (field, compared header). Raises YoursError `config.field`."""
    found = []
    for part in filter(None, (one.strip() for one in re.split(r"[;\n]", text))):
        left, sign, right = part.partition("=")
        field = _aliases().get(plain(left))
        if not sign or not plain(right) or field is None:
            told = {
                "field": key,
                "why": "pattern",
                "example": "Gönderi No=Referans; Takip No=Konşimento",
                "value": part[:60],
            }
            raise fail(Message("config.field", told, field=key))
        found.append((field, plain(right)))
    return tuple(found)


def read_tracking(data: bytes, name: str, own: tuple[tuple[str, str], ...] = ()) -> Reading:
    """All that the file says. What is no sheet, or none with tracking numbers, is a reading with one trouble; nothing is raised."""
    try:
        grids = read_grids(data)
    except ProviderError as error:
        return Reading(troubles=(error.message.about(field=name),))
    lacking: tuple[str, ...] = ()
    for grid in grids:
        columns = _find(grid, own)
        if columns is not None and not columns.missing:
            return _rows(name, grid, columns)
        lacking = columns.missing if columns is not None and not lacking else lacking
    value = ", ".join(lacking) or "Gönderi No / Sipariş No, Takip No / Durum"
    return Reading(TRACKING if lacking else "", troubles=(Message("sheet.columns", {"field": name, "value": value}),))


def _find(grid: Grid, own: Sequence[tuple[str, str]]) -> Columns | None:
    """The best header row among the first."""
    found = [one for number, row in enumerate(grid.rows[:HEADER_ROWS]) if (one := _columns(number, row, own))]
    return max(found, key=lambda one: (not one.missing, len(one.places), -one.header), default=None)


def _columns(number: int, row: Sequence[Cell], own: Sequence[tuple[str, str]]) -> Columns | None:
    known = {**_aliases(), **{header: field for field, header in own}}
    heads = {plain(text_cell(one)) for one in row}
    mapped = {field for field, header in own if header in heads}
    places: dict[str, int] = {}
    titles: dict[str, str] = {}
    for at, cell in enumerate(row):
        title = clean(cell, 80) if isinstance(cell, str) else ""
        field = known.get(plain(title)) if title else None
        if field in mapped and (field, plain(title)) not in own:
            continue  # the merchant has said that another column is this one
        if field is not None and field not in places:
            places[field], titles[field] = at, title
    if len(places) < 2:
        return None
    lacks = (
        ("Gönderi No / Sipariş No", bool({"reference", "order_number"} & places.keys())),
        ("Takip No / Durum", bool({"tracking", "status", "delivered_at"} & places.keys())),
    )
    return Columns(TRACKING, number, places, titles, (), tuple(name for name, there in lacks if not there))


class _Sheet:
    def __init__(self, name: str, columns: Columns) -> None:
        self.name, self.columns = name, columns
        self.troubles: list[Message] = []

    def tell(self, row: Row, trouble: CellTrouble) -> None:
        title, place = self.columns.titles.get(trouble.field, trouble.field), row.place(trouble.field)
        told = {
            "field": f"{self.name} · {title} · {place}", "value": trouble.value, "why": trouble.why, "file": self.name,
            "column": title, "row": str(row.grid.top + row.number + 1), "cell": place,
        }  # fmt: skip
        self.troubles.append(Message("sheet.cell", told, field=trouble.field))

    def soft(self, row: Row, read: Callable[[str], datetime | None], field: str) -> datetime | None:
        """A date that only informs: without it the row is still good, and that is told."""
        try:
            return read(field) if row.text(field).strip(_NOTHING) else None
        except CellTrouble as trouble:
            self.tell(row, trouble)
            return None


def _rows(name: str, grid: Grid, columns: Columns) -> Reading:
    sheet, found, last = _Sheet(name, columns), [], ("", "")
    head = grid.rows[columns.header]
    for number in range(columns.header + 1, len(grid.rows)):
        row = Row(grid, columns, number, {})
        if row.is_blank or row.is_total or grid.rows[number] == head:
            continue
        try:
            keys = (_ident(row, "reference"), _ident(row, "order_number"))
            if not any(keys):
                if not any(row.text(field) for field in ("tracking", "status", "delivered_at")):
                    continue  # a remark below the table
                if not any(last):
                    raise CellTrouble(
                        "reference" if "reference" in columns.places else "order_number", "", "sheet_blank"
                    )
                keys = last  # merged cells, as CSV and some programs write them
            last = keys
        except CellTrouble as trouble:
            sheet.tell(row, trouble)
            last = ("", "")  # what follows without a number of its own must not go to the parcel above
            continue
        try:
            found.append(_told(sheet, row, keys))
        except CellTrouble as trouble:
            sheet.tell(row, trouble)
    return Reading(TRACKING, tuple(found), tuple(sheet.troubles))


def _told(sheet: _Sheet, row: Row, keys: tuple[str, str]) -> Told:
    """Raises CellTrouble for a tracking number that cannot be trusted: a buyer would be sent after another parcel."""
    tracking, word = _ident(row, "tracking"), row.text("status", 120)
    at, delivered = sheet.soft(row, row.instant, "at"), sheet.soft(row, row.instant, "delivered_at")
    if word:
        status = _states().get(plain(word), ShipmentStatus.UNKNOWN)
    elif delivered is not None:
        status = ShipmentStatus.DELIVERED
    else:
        status = ShipmentStatus.ACCEPTED if tracking else ShipmentStatus.CREATED
    return Told(*keys, tracking, word, status, at, delivered, row.text("place", 80), row.text("signed_by", 80))


def _ident(row: Row, field: str) -> str:
    text = row.ident(field)
    if not isinstance(row.cell(field), str) and len(text.partition(".")[0]) > EXACT_DIGITS:
        raise CellTrouble(field, text, "sheet_rounded")
    return "" if not text.strip(_NOTHING) else text
