"""How values cross between rows and the model: instants, messages, small JSON maps. No SQL here."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.contracts.messages import Message
from app.model import from_epoch_ms, to_epoch_ms

_encode = msgspec.json.Encoder().encode
_message = msgspec.json.Decoder(Message)
_texts = msgspec.json.Decoder(dict[str, str])
_flags = msgspec.json.Decoder(dict[str, bool])
_counts = msgspec.json.Decoder(dict[str, int])


def ms(instant: datetime | None) -> int | None:
    return None if instant is None else to_epoch_ms(instant)


def when(value: int | None) -> datetime | None:
    return None if value is None else from_epoch_ms(value)


def json_text(value: object) -> str:
    return _encode(value).decode()


def message_text(message: Message | None) -> str | None:
    return None if message is None else json_text(message)


def read_message(text: str | None) -> Message | None:
    return None if text is None else _message.decode(text)


def read_texts(text: str) -> dict[str, str]:
    return _texts.decode(text)


def read_flags(text: str) -> dict[str, bool]:
    return _flags.decode(text)


def read_counts(text: str) -> dict[str, int]:
    return _counts.decode(text)
