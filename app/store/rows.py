"""How values cross between rows and the model: instants, messages, small JSON maps. No SQL here."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

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


_MOST = 256  # rows of one statement: 256 x 24 values stay far below SQLite's limit of 32,766


def insert_many(conn: sqlite3.Connection, head: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """`executemany` of `head` (an INSERT up to its VALUES) in few long steps instead of one a row.

    Python's module gives up the interpreter lock around each step and queues for it again after it. With a loop that is
    busy reading the next page, a row a step means a queue a row: the writer stood still until the loop was idle. Lots are
    powers of two, so that the same few statements stay prepared.
    """
    first, lot = 0, _MOST
    while first < len(rows):
        while lot > len(rows) - first:
            lot //= 2
        conn.execute(_values(head, len(rows[0]), lot), tuple(chain.from_iterable(rows[first : first + lot])))
        first += lot


@lru_cache(maxsize=64)
def _values(head: str, width: int, count: int) -> str:
    row = "".join(("(", ", ".join("?" * width), ")"))
    return " ".join((head, "VALUES", ", ".join([row] * count)))
