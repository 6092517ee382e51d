"""One unreadable record must not cost its page: records are decoded one by one, the bad ones kept with their raw text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import InvalidOperation
from typing import Any, TypeVar

import msgspec

from app.contracts.messages import Message, ProviderError
from app.contracts.results import Reject
from app.kit.calls import field_message

W = TypeVar("W")
M = TypeVar("M")
RAW_LIMIT = 65_536
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
        try:
            found = to_model(decoder.decode(raw))
            if found is not None:
                good.append(found)
        except msgspec.DecodeError as error:  # ValidationError among them
            bad.append(reject(bytes(raw), _told(error), id_of))
        except ProviderError as error:
            bad.append(reject(bytes(raw), error.message, id_of))
        except (ValueError, TypeError, KeyError, InvalidOperation) as error:
            bad.append(reject(bytes(raw), Message("answer.unreadable", {"reason": str(error)[:120]}), id_of))
    return tuple(good), tuple(bad)


def _told(error: msgspec.DecodeError) -> Message:
    if isinstance(error, msgspec.ValidationError):
        return field_message(error)
    return Message("answer.unreadable", {"reason": str(error)[:120]})


def reject(raw: bytes, message: Message, id_of: Callable[[Any], str]) -> Reject:
    """A record for 'needs attention'."""
    try:
        remote_id = id_of(msgspec.json.decode(raw))
    except (msgspec.DecodeError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        remote_id = ""
    return Reject(remote_id, raw[:RAW_LIMIT].decode("utf-8", "replace"), message)
