"""What must be asked before a price or a stock is queued. Pure: amounts in, doubts out. Nothing is ever corrected here:
a doubtful value is asked about, a negative one is refused."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from app.formats.numbers import Reading, Why, read_number, read_whole
from app.model import Money


class Doubt(StrEnum):
    """Why a value is asked about."""

    ZERO = "zero"
    FAR = "far"  # half or more away from what the channel has
    LIST = "list"  # the crossed-out price would be below the price


class Trouble(StrEnum):
    """Why a typed text cannot be taken; each has its words."""

    NONE = ""
    BLANK = "blank"
    UNREADABLE = "unreadable"
    NEGATIVE = "negative"
    PLACES = "places"
    LARGE = "large"


_MOST = Decimal(10) ** 12  # what the store holds, in units of the currency


def read_cell(kind: str, text: str, currency: str) -> tuple[Trouble, Sequence[Decimal]]:
    """A typed text as one value, or as two to choose from. `kind` "price" or "stock"; prices of a currency without minor
    unit are whole. Readings that differ only beyond the minor unit are rounded to it."""
    places = Money(Decimal(0), currency).exponent if kind == "price" else 0
    reading = read_number(text) if places else read_whole(text)
    if reading.why is Why.BLANK:
        return Trouble.BLANK, ()
    if reading.why is Why.UNREADABLE:
        return Trouble.UNREADABLE, ()
    values = _values(reading, places)
    if any(v < 0 for v in values):
        return Trouble.NEGATIVE, ()
    if any(v > (_MOST if kind == "price" else 2**31 - 1) for v in values):
        return Trouble.LARGE, ()
    if reading.value is not None and values[0] != reading.value:
        return Trouble.PLACES, ()
    return Trouble.NONE, values


def _values(reading: Reading, places: int) -> list[Decimal]:
    unit = Decimal(1).scaleb(-places)
    found = [reading.value] if reading.value is not None else list(reading.choices)
    return [v.quantize(unit, ROUND_HALF_UP) for v in found]


def nearest(values: Sequence[Decimal], old: Decimal | None) -> Decimal:
    """Of several readings the one that is the likeliest: the least times as large, or as small, as what the channel has."""
    if old is None or old <= 0 or any(v <= 0 for v in values):
        return values[0]
    return min(values, key=lambda v: max(v, old) / min(v, old))


def doubts(old: Decimal | None, new: Decimal, list_price: Decimal | None = None) -> list[Doubt]:
    """What must be asked. `list_price` is the crossed-out one that would stand beside a new price."""
    found = []
    if new == 0:
        found.append(Doubt.ZERO)
    elif old is not None and old > 0 and abs(new - old) * 2 >= old:
        found.append(Doubt.FAR)
    if list_price is not None and list_price < new:
        found.append(Doubt.LIST)
    return found


def change_percent(old: Decimal, new: Decimal) -> Decimal:
    """By how many per cent, with its sign."""
    return (new - old) * 100 / old
