"""Hepsiburada's lists: rows in whatever envelope and letter case they come, and how a list that shrinks while it is read is
walked. Must never take a row for read because another one has moved up to its place.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (List orders, Packages, Quirks).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from app.contracts import Message, Reject, fail
from app.kit import Call, Reply, decode_json, reject, with_params
from app.model import parse_iso
from providers.marketplaces.hepsiburada_calls import ZONE

#: A page begins with this part of the one before it, to see that nothing moved.
OVERLAP = 5
MOST_BACK = 50  # steps back in one walk, before it is given up
_ROW_IDS = ("id", "lineitemid", "packagenumber", "number", "ordernumber")


class Rows(msgspec.Struct, frozen=True):
    """One page of a list. `limit`: what the vendor says it pages by; 0 when it does not say."""

    raws: tuple[msgspec.Raw, ...]
    total: int | None = None
    limit: int = 0


def rows_of(reply: Reply) -> Rows:
    """The rows of a bare array or of an envelope (`items`, `Items`, `data` …). Raises OursError for anything else."""
    if reply.body.lstrip()[:1] == b"[":
        total = reply.header("totalcount") or reply.header("x-total-count") or reply.header("x-totalcount")
        return Rows(tuple(decode_json(reply, list[msgspec.Raw])), _whole(total))
    envelope = {k.casefold(): v for k, v in decode_json(reply, dict[str, msgspec.Raw]).items()}
    for name in ("items", "listings", "data", "content"):
        if name in envelope and bytes(envelope[name])[:1] == b"[":
            raws = tuple(msgspec.json.decode(envelope[name], type=list[msgspec.Raw]))
            return Rows(raws, _number(envelope.get("totalcount")), _number(envelope.get("limit")) or 0)
    raise fail(Message("answer.field_missing", {"field": "items", "operation": reply.operation}, field="items"))


def _number(raw: msgspec.Raw | None) -> int | None:
    return _whole(bytes(raw).decode() if raw is not None else "")


def _whole(text: str) -> int | None:
    """A count; None for what is none: `²` is a digit to Python, and a number of a thousand digits no count."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class Walk:
    """The offsets of a list from which rows may vanish while it is read (a packed line leaves the list of open ones, and all
    behind it move up). Pages overlap; a page whose first row was never seen may have a gap before it, and is asked for again
    from further up. `take` tells the rows that are new; `call` is what to ask next, None at the end.
    """

    def __init__(self, first: Call) -> None:
        self.call: Call | None = first
        self._size = int(dict(first.params)["limit"])
        self._seen: set[str] = set()  # told already
        self._firm: set[str] = set()  # of pages with no gap before them
        self._back = 0

    def take(self, reply: Reply) -> list[msgspec.Raw]:
        call = self.call
        if call is None:
            raise ValueError("the walk has ended")
        found, offset = rows_of(reply), int(dict(call.params)["offset"])
        ids = [row_id(raw) for raw in found.raws]
        anchored = offset == 0 or (bool(ids) and ids[0] in self._firm)
        fresh = [raw for raw, id_ in zip(found.raws, ids, strict=True) if id_ not in self._seen]
        self._seen.update(ids)
        if anchored:
            self._firm.update(ids)
        if not anchored:
            self.call = with_params(call, offset=str(max(0, offset - self._size)))
            self._back += 1
            if self._back > MOST_BACK:
                reason = "the list moves faster than it can be read"
                raise fail(Message("answer.unexpected", {"operation": call.operation, "reason": reason}))
        elif self._is_last(found, offset):
            self.call = None
        else:
            self.call = with_params(call, offset=str(offset + len(ids) - _overlap(len(ids))))
        return fresh

    def _is_last(self, found: Rows, offset: int) -> bool:
        count = len(found.raws)
        if not count or found.total is not None:
            return not count or offset + count >= (found.total or 0)
        return count < min(self._size, found.limit or self._size)


def _overlap(count: int) -> int:
    return min(max(1, count // OVERLAP), count - 1)


def loose(raw: msgspec.Raw) -> Any:
    """The record without types; numbers that are no integers stay text, because nothing here is money."""
    try:
        return _loose.decode(raw)
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
        RecursionError,
    ):  # `parse_…` tells of it; a page is not lost for a byte
        return None


_loose = msgspec.json.Decoder(float_hook=str)


@lru_cache(maxsize=1024)
def _row_id_name(key: str) -> str:
    """The folded name of a field that can tell rows apart; '' for any other. Kept: each row has the same few dozen."""
    name = key.casefold()
    return name if name in _ROW_IDS else ""


def row_id(raw: msgspec.Raw) -> str:
    """What tells a row from another: its own id, or else all of it."""
    record = loose(raw)
    if isinstance(record, dict):
        named = {name: v for k, v in record.items() if (name := _row_id_name(k))}
        for name in _ROW_IDS[:-1]:
            if isinstance(named.get(name), str | int) and named[name] != "":
                return f"{name}:{named[name]}"
    return bytes(raw).decode("utf-8", "replace")


def numbers_in(value: Any) -> Iterator[str]:
    """Every order number in a record, however deep it lies and whatever its letter case."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            name = str(key).casefold()
            if name in ("ordernumber", "ordernumbers"):
                for one in inner if isinstance(inner, list) else [inner]:
                    if isinstance(one, str | int) and str(one):
                        yield str(one)
            else:
                yield from numbers_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers_in(inner)


class Sighting(msgspec.Struct, frozen=True):
    """An order was seen in a list; `at`: when the list says that it changed, None when it does not say."""

    number: str
    at: datetime | None = None


def sightings(raws: list[msgspec.Raw], date_field: str = "") -> tuple[list[Sighting], list[Reject]]:
    """The orders that the rows speak of. A row that names none is a reject."""
    good: list[Sighting] = []
    bad: list[Reject] = []
    for raw in raws:
        record = loose(raw)
        numbers = list(dict.fromkeys(numbers_in(record)))
        if not numbers:
            message = Message("answer.field_missing", {"field": "orderNumber"}, field="orderNumber")
            bad.append(reject(bytes(raw), message, _package_number))
        good += [Sighting(number, _instant(record, date_field)) for number in numbers]
    return good, bad


def _package_number(record: Mapping[str, Any]) -> str:
    return str({k.casefold(): v for k, v in record.items()}.get("packagenumber") or "")


def _instant(record: Mapping[str, Any], name: str) -> datetime | None:
    """None for an unreadable date, too: the order is then read again rather than left out."""
    text = next((v for k, v in record.items() if k.casefold() == name), None) if name else None
    try:
        return parse_iso(text, ZONE) if isinstance(text, str) else None
    except ValueError:
        return None
