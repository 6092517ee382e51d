"""One unreadable record must not cost its page: records are decoded one by one, the bad ones kept with their raw text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from app.contracts.messages import Message, ProviderError, fail
from app.contracts.results import Reject
from app.kit.calls import field_message
from app.model import Claim, Listing, Order

W = TypeVar("W")
M = TypeVar("M")
RAW_LIMIT = 65_536
MOST_BAD = 5_000  # unreadable records of one page: beyond that it is no page of records at all
#: What str(), JavaScript or a careless export makes of an id that is not there.
_NO_ID = frozenset({"", "None", "null", "undefined", "NaN", "True", "False"})
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def read_records(
    raws: Iterable[msgspec.Raw], wire: type[W], to_model: Callable[[W], M | None], id_of: Callable[[Any], str]
) -> tuple[tuple[M, ...], tuple[Reject, ...]]:
    """Decode each raw JSON record as `wire` and turn it into the model; None from `to_model` leaves it out.

    `id_of` gets the loosely decoded record (dict) of a bad one and tells its remote id where it can ('' otherwise).
    """
    decoder = _decoders.get(wire)
    if decoder is None:
        decoder = _decoders[wire] = msgspec.json.Decoder(wire)
    good: list[M] = []
    bad: list[Reject] = []
    for raw in raws:
        if len(bad) > MOST_BAD:
            raise fail(Message("answer.unreadable", {"reason": f"more than {MOST_BAD} unreadable records"}))
        try:
            found = to_model(decoder.decode(raw))
            if found is not None:
                plausible(found)
                good.append(found)
        except msgspec.DecodeError as error:  # ValidationError among them
            bad.append(reject(bytes(raw), _told(error), id_of))
        except ProviderError as error:
            bad.append(reject(bytes(raw), error.message, id_of))
        except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError) as error:
            bad.append(reject(bytes(raw), Message("answer.unreadable", {"reason": str(error)[:120]}), id_of))
    return tuple(good), tuple(bad)


def plausible(found: object) -> None:
    """Raises ValueError for what no sale can be: one without an id, fewer pieces or less money than none. Such a record goes to
    'needs attention' rather than into sums and price comparisons."""
    if isinstance(found, Listing):
        _named(found.remote_id)
        if found.price is not None and found.price.amount < 0:
            raise ValueError(f"less than none: {found.price}")
    elif isinstance(found, Order):
        _named(found.remote_id)
        for line in found.lines:
            if line.quantity < 0:
                raise ValueError(f"less than none: {line.quantity}")
        for line in found.lines:
            if line.unit_price.money.amount < 0:
                raise ValueError(f"less than none: {line.unit_price}")
        if found.total.amount < 0:
            raise ValueError(f"less than none: {found.total}")
    elif isinstance(found, Claim):
        _named(found.remote_id)
    elif isinstance(found, tuple):
        for one in found:
            plausible(one)


def _named(remote_id: str) -> None:
    if remote_id.strip() in _NO_ID:
        raise ValueError("a record without an id")


def _told(error: msgspec.DecodeError) -> Message:
    if isinstance(error, msgspec.ValidationError):
        return field_message(error)
    return Message("answer.unreadable", {"reason": str(error)[:120]})


def reject(raw: bytes, message: Message, id_of: Callable[[Any], str]) -> Reject:
    """A record for 'needs attention'."""
    try:
        remote_id = id_of(msgspec.json.decode(raw))
    except (msgspec.DecodeError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        remote_id = ""
    if remote_id in _NO_ID or remote_id[:1] in ("{", "["):
        remote_id = ""
    return Reject(remote_id, raw[:RAW_LIMIT].decode("utf-8", "replace"), message)
