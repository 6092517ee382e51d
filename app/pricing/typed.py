"""The one place that judges a price or a stock that a merchant types, for the window and the command line alike: what cannot
be taken, what two readings a text has, what must be asked first. Pure. Nothing is ever corrected here: a doubtful value is
asked about, a negative one is refused."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from app.formats.numbers import Reading, Why, read_number, read_whole
from app.model import Money
from app.store import StoredListing


class Doubt(StrEnum):
    """Why a value is asked about; the questions are the words `prices.ask.*`."""

    ZERO = "zero"
    FAR = "far"  # a price half or more away from what the channel has; ten times its stock, as by a digit too many
    LIST = "list"  # the crossed-out price would be below the price


class Trouble(StrEnum):
    """Why a typed text cannot be taken; each has its words, `prices.trouble.*`."""

    NONE = ""
    BLANK = "blank"
    UNREADABLE = "unreadable"
    NEGATIVE = "negative"
    PLACES = "places"
    LARGE = "large"


_MOST = Decimal(10) ** 12  # what the store holds, in units of the currency
_MOST_PIECES = 2**31 - 1
_TENFOLD = 10


def read_value(kind: str, text: str, currency: str) -> tuple[Trouble, Sequence[Decimal]]:
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
    if any(v > (_MOST if kind == "price" else _MOST_PIECES) for v in values):
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


def doubts(kind: str, old: Decimal | None, new: Decimal, list_price: Decimal | None = None) -> list[Doubt]:
    """What must be asked. `list_price` is the crossed-out one that would stand beside a new price."""
    found = []
    if new == 0:
        found.append(Doubt.ZERO)
    elif old is not None and old > 0:
        far = abs(new - old) * 2 >= old if kind == "price" else new >= old * _TENFOLD
        found += [Doubt.FAR] if far else []
    if list_price is not None and list_price < new:
        found.append(Doubt.LIST)
    return found


def change_percent(old: Decimal, new: Decimal) -> Decimal:
    """By how many per cent, with its sign."""
    return (new - old) * 100 / old


def channel_value(stored: StoredListing, kind: str) -> Decimal | None:
    """What the channel has."""
    if kind == "price":
        return None if stored.listing.price is None else stored.listing.price.amount
    return None if stored.listing.stock is None else Decimal(stored.listing.stock)


def wanted_value(stored: StoredListing, kind: str) -> Decimal | None:
    """What is wanted instead; None without a wish."""
    if kind == "price":
        return None if stored.wanted_price is None else stored.wanted_price.amount
    return None if stored.wanted_stock is None else Decimal(stored.wanted_stock)


def own_list_price(stored: StoredListing) -> Decimal | None:
    """The crossed-out price that the channel has."""
    return None if stored.listing.list_price is None else stored.listing.list_price.amount


def crossed_price(stored: StoredListing) -> Decimal | None:
    """The crossed-out price that would stand beside a new price: the wanted one, else the channel's."""
    return own_list_price(stored) if stored.wanted_list_price is None else stored.wanted_list_price.amount
