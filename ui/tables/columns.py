"""What a table's columns and cells are: frozen columns, small tuples as values, and the text of each value.

A row is one tuple: its key first (an int or str that stays the same over refreshes), then one value per column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from ui.theme import look_of
from ui.words import figures, t, words


class Kind(StrEnum):
    """How a column's values are written and painted."""

    TEXT = "text"  # str
    QUIET = "quiet"  # str in secondary ink, tabular figures (SKU, time)
    STRONG = "strong"  # str, the row's main word
    CODE = "code"  # str with tabular figures (order numbers)
    NUMBER = "number"  # int or Decimal
    MONEY = "money"  # (Decimal, currency)
    CHANNEL = "channel"  # Channel
    STATUS = "status"  # Status
    DIFF = "diff"  # Diff
    SPARK = "spark"  # Spark
    STRIP = "strip"  # Strip
    PROGRESS = "progress"  # Progress
    TWO_LINE = "two_line"  # TwoLine
    DEADLINE = "deadline"  # Deadline


RIGHT_KINDS = frozenset({Kind.NUMBER, Kind.MONEY, Kind.DIFF})


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `title_key` a key of words; `rank` 1 never falls away, 2 under 900 px, 3 under 1100, 4 under 1400.

    `align` "left" or "right" ("" by the kind); `width` in px at least; `editable` cells open by F2.
    """

    key: str
    title_key: str
    kind: Kind = Kind.TEXT
    rank: int = 1
    align: str = ""
    width: int = 120
    sortable: bool = True
    editable: bool = False

    @property
    def right(self) -> bool:
        """Whether text stands at the right."""
        return self.align == "right" if self.align else self.kind in RIGHT_KINDS

    @property
    def title(self) -> str:
        """The header's words; none for an empty key."""
        return t(self.title_key) if self.title_key else ""


class Channel(NamedTuple):
    """A channel: integration id for the dot, the name beside it, an account's name in grey."""

    integration: str
    name: str
    note: str = ""


class Status(NamedTuple):
    """A chip: a state of `ui.theme.LOOKS`, and words of its own or None."""

    state: str
    text: str | None = None


class Diff(NamedTuple):
    """Old → new. `new` None: no change planned. `note` stands alone in italics ("12 listede farklı 129,90 … 1.249,90").

    `currency` "" means pieces. `loss` paints the new value red; a rise or fall alone is neither good nor bad.
    """

    old: Decimal | None
    new: Decimal | None = None
    currency: str = "TRY"
    note: str = ""
    loss: bool = False


class Spark(NamedTuple):
    """A small line: values oldest first, colour role."""

    values: Sequence[float]
    role: str = "accent"


class Strip(NamedTuple):
    """Days oldest first, a letter each: h healthy, d degraded, u unhealthy, "-" no data."""

    days: str


class Progress(NamedTuple):
    """Done of total; state "" or "failed"."""

    done: int
    total: int
    state: str = ""


class TwoLine(NamedTuple):
    """Two lines of words in one cell (for rows of 34 px and more), or side by side when the row is lower."""

    first: str
    second: str = ""


class Deadline(NamedTuple):
    """When something must leave, in words; `urgent` gets shape, weight and the amber ink."""

    text: str
    urgent: bool = False


class Tinted(NamedTuple):
    """A text or number in a role of its own (a loss: "down_text", strong). `tip`: what the tool-tip and the spoken text say
    besides."""

    value: Any
    role: str
    strong: bool = True
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A row that is a heading ("16:00’ya kadar") with a chip and a note; it spans all columns."""

    title: str
    chip: str = ""
    state: str = "offline"
    note: str = ""
    icon: str = "timer"


@lru_cache(maxsize=4096)
def _money(value: Decimal, currency: str, language: str) -> str:
    del language  # only so that a change of language makes new texts
    return figures().money(value, currency)


@lru_cache(maxsize=4096)
def _number(value: int | Decimal, language: str) -> str:
    del language
    return figures().number(value)


@lru_cache(maxsize=4096)
def _amount(value: Decimal, currency: str, language: str) -> str:
    del language
    return figures().amount(value, currency)


def amount_text(value: Decimal | None, currency: str) -> str:
    """A price in a column whose header names the currency; pieces for no currency; "—" for none."""
    if value is None:
        return "—"
    return _amount(value, currency, words().language) if currency else _number(value, words().language)


def text_of(kind: Kind, value: Any) -> str:
    """A value as a person reads it: for display, copying, tool-tips and screen readers."""
    if value is None:
        return ""
    if isinstance(value, Tinted):
        value = value.value
        if value is None:
            return ""
    language = words().language
    if kind is Kind.MONEY:
        if isinstance(value, tuple):
            return _money(value[0], value[1], language)
        return _number(value, language) if isinstance(value, int | Decimal) else str(value)
    if kind is Kind.NUMBER:
        return _number(value, language) if isinstance(value, int | Decimal) else str(value)
    if kind is Kind.CHANNEL:
        note = value[2] if len(value) > 2 else ""
        return f"{value[1]} {note}".rstrip()
    if kind is Kind.STATUS:
        own = value[1] if len(value) > 1 else None
        return t(look_of(value[0]).word) if own is None else own
    if kind is Kind.DIFF:
        return _diff_text(Diff(*value))
    if kind is Kind.PROGRESS:
        return t("table.progress", done=_number(value[0], language), total=_number(value[1], language))
    if kind is Kind.TWO_LINE:
        return f"{value[0]} {value[1]}".rstrip() if len(value) > 1 else value[0]
    if kind is Kind.DEADLINE:
        return value[0]
    if kind is Kind.SPARK:
        values = value[0]
        return _number(Decimal(str(values[-1])), language) if values else ""
    if kind is Kind.STRIP:
        return _strip_text(value[0])
    return str(value)


def _diff_text(diff: Diff) -> str:
    if diff.note:
        return diff.note
    old = amount_text(diff.old, diff.currency)
    if diff.new is None:
        return old
    return t("table.changed", old=old, new=amount_text(diff.new, diff.currency))


def _strip_text(days: str) -> str:
    parts = [t("table.strip", count=len(days))]
    for letter, state in (("h", "healthy"), ("d", "degraded"), ("u", "unhealthy")):
        count = days.count(letter)
        if count:
            parts.append(f"{t(f'state.{state}')} {count}")
    return ", ".join(parts)


def copy_text(kind: Kind, value: Any) -> str:
    """A value for a sheet: no tabs or line ends, and nothing that a sheet would take for a formula."""
    if kind is Kind.DIFF and isinstance(value, tuple):
        diff = Diff(*value)
        text = amount_text(diff.old if diff.new is None else diff.new, diff.currency)
    else:
        text = text_of(kind, value)
    text = " ".join(text.split())
    risky = text[:1] in ("=", "@") or (text[:1] in ("+", "-") and not text[1:2].isdigit())
    return "'" + text if risky else text
