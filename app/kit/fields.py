"""Reading records whose optional parts are odd: a quantity of 1.5, a date that is none, a list that is null. The order is kept
without the part that cannot be read, and a reject beside it says so. Must never invent a value: what is unreadable is unknown,
and a part that decides what is sent or charged (`firm`) still costs the record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from app.contracts.messages import Message, fail
from app.contracts.results import Reject
from app.kit.calls import encode_json
from app.kit.records import RAW_LIMIT, read_records
from app.model import clean

W = TypeVar("W")
M = TypeVar("M")
V = TypeVar("V")
MOST_ODD = 12  # odd parts of one record; more than that is another record than we think
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_NO_NUMBER = frozenset({"true", "false", "null", "none", "n/a", "yok"})
_loose = msgspec.json.Decoder(Any, float_hook=Decimal)


def tracking_number(text: str, limit: int = 80) -> str:
    """A carrier's number as told; '' for what stands where there is none yet (0, -, null)."""
    found = clean(text, limit)
    if not found:
        return ""
    return "" if not found.strip("0-–. ") or found.casefold() in _NO_NUMBER else found


def maybe(read: Callable[[Any], V], value: Any) -> V | None:
    """`read(value)`; None for a blank or unreadable one. For what only informs, such as when a listing changed."""
    if not value:
        return None
    try:
        return read(value)
    except (ValueError, TypeError, ArithmeticError, OSError):
        return None


@contextmanager
def named(field: str) -> Iterator[None]:
    """A value inside that cannot be read is told with its place in the record (`fulfillment.shipByWindow.latestDateTime`), so
    that `read_lenient` can go on without it. Raises OursError."""
    try:
        yield
    except (ValueError, TypeError, ArithmeticError, OSError) as error:
        raise fail(Message("answer.unreadable", {"field": field, "reason": str(error)[:120]}, field=field)) from error


def read_lenient(
    raws: Iterable[msgspec.Raw],
    wire: type[W],
    to_model: Callable[[W], M | None],
    id_of: Callable[[Any], str],
    *,
    firm: frozenset[str] = frozenset(),
    pieces: Mapping[str, str] | None = None,
) -> tuple[tuple[M, ...], tuple[Reject, ...]]:
    """`read_records`, and what it rejects for an odd optional part is read again without that part: the record then stands
    among the good ones, in its place, and a reject `answer.odd_field` beside it tells which part was left out.

    `firm`: wire names of optional parts that must not be missed. `pieces`: wire name of a quantity → that of the title in the
    same object. A quantity that is no whole number becomes 0, and its own figure goes behind the title (“Zeytin × 1.5”): 1 or
    2 would be a guess that somebody packs. `to_model` must be pure: it may see a record twice.
    """
    given = list(raws)
    items, rejects = read_records(given, wire, to_model, id_of)
    if not rejects:
        return items, rejects
    good: list[M] = []
    bad: list[Reject] = []
    for raw in given:
        read, refused = read_records((raw,), wire, to_model, id_of)
        if refused:
            read, refused = _without_odd(raw, refused[0], wire, to_model, id_of, firm, pieces or {})
        good += read
        bad += refused
    return tuple(good), tuple(bad)


def _without_odd(
    raw: msgspec.Raw,
    first: Reject,
    wire: type[W],
    to_model: Callable[[W], M | None],
    id_of: Callable[[Any], str],
    firm: frozenset[str],
    pieces: Mapping[str, str],
) -> tuple[tuple[M, ...], tuple[Reject, ...]]:
    try:
        record = _loose.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return (), (first,)
    odd: dict[str, str] = {}
    refused = first
    while len(odd) < MOST_ODD:
        place = refused.message.field
        value = _take_out(record, place, wire, firm, pieces)
        if value is None:
            return (), (first,)
        odd[place] = value
        try:
            read, again = read_records((msgspec.Raw(encode_json(record)),), wire, to_model, id_of)
        except (msgspec.EncodeError, OverflowError, RecursionError):
            return (), (first,)
        if not again:
            told = {"field": ", ".join(odd), "value": ", ".join(odd.values())}
            beside = Reject(
                first.remote_id, bytes(raw)[:RAW_LIMIT].decode("utf-8", "replace"),
                Message("answer.odd_field", told, field=next(iter(odd))),
            )  # fmt: skip
            return read, (beside,) if read else ()
        refused = again[0]
    return (), (first,)


def _take_out(record: Any, place: str, wire: type, firm: frozenset[str], pieces: Mapping[str, str]) -> str | None:
    """Take the part at `place` out of the record and return what it was, in short; None where that may not be done."""
    steps: list[str | int] = [name or int(index) for name, index in _STEP.findall(place)]
    if not steps or not isinstance(steps[-1], str):
        return None
    holder, name = record, steps[-1]
    for step in steps[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return None
    if not isinstance(holder, dict) or name not in holder:
        return None
    value = holder[name]
    shown = clean(value if isinstance(value, str) else encode_json(value).decode("utf-8", "replace"), 40)
    if name in pieces:
        # The bound goes first: int() of 1e999999999 would never end.
        if not isinstance(value, Decimal) or not value.is_finite() or not 0 < value < 10**9:
            return None
        holder[name] = int(value) if value == int(value) else 0
        if not holder[name]:
            holder[pieces[name]] = f"{holder.get(pieces[name]) or ''} × {value.normalize():f}".strip()
        return shown
    if name in firm or not _is_optional(wire, tuple(steps)):
        return None
    del holder[name]
    return shown


@lru_cache(maxsize=512)
def _is_optional(wire: type, steps: tuple[str | int, ...]) -> bool:
    """Whether the struct can do without the field at the end of the path."""
    node: inspect.Type = inspect.type_info(wire)
    for position, step in enumerate(steps):
        kinds = node.types if isinstance(node, inspect.UnionType) else (node,)
        if isinstance(step, int):
            lists = [k for k in kinds if isinstance(k, inspect.ListType)]
            if not lists:
                return False
            node = lists[0].item_type
            continue
        structs = [k for k in kinds if isinstance(k, inspect.StructType)]
        field = next((f for k in structs for f in k.fields if f.encode_name == step), None)
        if field is None:
            return False
        if position == len(steps) - 1:
            return not field.required
        node = field.type
    return False
