"""What pages of orders and of listings have in common: sealing records, telling new from known, closing a page.

A record that cannot be stored never takes its page down: it becomes a reject. Nothing here keeps rows in memory.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import msgspec

from app.contracts.messages import Message
from app.contracts.results import Reject
from app.model import Listing, Order, fold, to_epoch_ms
from app.model.plausible import check_listing, check_order, odd_parts, odd_values
from app.store import attention, cursors

R = TypeVar("R", Order, Listing)
Built = TypeVar("Built")
Known = TypeVar("Known")

#: What a value that does not fit raises: lone surrogates, naive instants, amounts and counts beyond 64 bits.
UNFIT = (ValueError, TypeError, OverflowError, ArithmeticError)
_SLICE = 100  # records that are prepared on the loop at a stretch (some 2 ms)
_encode = msgspec.json.Encoder().encode


class Applied(msgspec.Struct, frozen=True):
    """What a page did. `new` and `changed` are row ids; `same` counts records that changed nothing."""

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    same: int = 0
    rejected: int = 0


class Sealed(Generic[R]):
    """A record, its document, the document's hash (signed 64 bit) and its instant in epoch ms (None: not told)."""

    __slots__ = ("content_hash", "document", "record", "updated_at")

    def __init__(self, record: R) -> None:
        self.record: R = record
        self.document = _encode(record)
        self.content_hash = int.from_bytes(blake2b(self.document, digest_size=8).digest(), "big", signed=True)
        self.updated_at: int | None = None if record.updated_at is None else to_epoch_ms(record.updated_at)


async def seal(items: Sequence[R], rejects: list[Reject]) -> dict[str, Sealed[R]]:
    """By remote id; of two with the same id the newer, on a tie the later. Unfit ones are added to `rejects`."""
    sealed: dict[str, Sealed[R]] = {}
    for count, record in enumerate(items, 1):
        try:
            odd = _checked(record)
            one = Sealed(record)  # encoding refuses lone surrogates, also in the remote id
        except UNFIT as error:
            rejects.append(unfit(record, error))
            continue
        if odd:
            told = {"field": ", ".join(field for field, _ in odd), "value": ", ".join(value for _, value in odd)}
            rejects.append(
                Reject(record.remote_id, one.document.decode(), Message("answer.odd_value", told, field=odd[0][0]))
            )
        twin = sealed.get(record.remote_id)
        if twin is None or (one.updated_at or 0) >= (twin.updated_at or 0):
            sealed[record.remote_id] = one
        if count % _SLICE == 0:
            await asyncio.sleep(0)
    return sealed


def _checked(record: Order | Listing) -> list[tuple[str, str]]:
    """The vendor's record against the rules of the trade: its odd parts. Raises ValueError for one that cannot be kept."""
    if isinstance(record, Order):
        check_order(record)
        return list(odd_parts(record))
    check_listing(record)
    return list(odd_values(record))


async def prepare(
    sealed: dict[str, Sealed[R]],
    wanted: Callable[[Sealed[R]], bool],
    build: Callable[[Sealed[R]], Built],
    rejects: list[Reject],
) -> dict[str, Built]:
    """Rows of those that are wanted, built in short slices on the loop. Unfit ones leave `sealed` for `rejects`."""
    ready: dict[str, Built] = {}
    for count, (remote_id, one) in enumerate(tuple(sealed.items()), 1):
        if wanted(one):
            try:
                ready[remote_id] = build(one)
            except UNFIT as error:
                del sealed[remote_id]
                rejects.append(unfit(one.record, error))
        if count % _SLICE == 0:
            await asyncio.sleep(0)
    return ready


def unfit(record: Order | Listing, error: Exception) -> Reject:
    """A record that was read but does not fit the store."""
    return Reject(record.remote_id, repr(record), Message("answer.unexpected", {"reason": str(error)[:200]}))


def is_news(have_hash: int, have_updated: int | None, one: Sealed[Any]) -> bool:
    """Whether a record says more than the stored one: other content, and not older."""
    if one.content_hash == have_hash:
        return False
    return have_updated is None or one.updated_at is None or one.updated_at >= have_updated


def close_page(
    conn: sqlite3.Connection,
    connection_id: int,
    account_id: str,
    stream: str,
    good: Mapping[str, object],
    rejects: Sequence[Reject],
    cursor: tuple[str, datetime] | None,
    now: int,
) -> None:
    """The last part of a page's transaction: rejects in, mended ones out, the cursor forward."""
    odd = {one.remote_id for one in rejects}  # a part of a good record that could not be read stays told
    attention.settle(conn, account_id, stream, [one for one in good if one not in odd], now)
    attention.put(conn, connection_id, account_id, stream, rejects, now)
    if cursor is not None:
        cursors.advance(conn, connection_id, cursor[0], to_epoch_ms(cursor[1]), now)


@lru_cache(maxsize=4096)
def folded_words(*parts: str) -> str:
    """The parts once each, in order, folded. The same few products come again and again; names of buyers do not, so
    they are kept out of the cache by `folded_names`."""
    return fold(" ".join(dict.fromkeys(filter(None, parts))))


def folded_names(*parts: str) -> str:
    """As `folded_words`, for parts that hardly come twice."""
    return fold(" ".join(dict.fromkeys(filter(None, parts))))
