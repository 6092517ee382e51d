"""What comes back from a provider: pages of records, and one outcome per item of a write."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from app.contracts.messages import Message

T = TypeVar("T")


class Reject(msgspec.Struct, frozen=True):
    """One record that could not be read. It goes to 'needs attention' with its raw text; its page is stored anyway."""

    remote_id: str  # '' when even that could not be read
    raw: str  # cut at 64 KB, no secrets (records hold none)
    message: Message


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list.

    `covered_until`: everything modified before this instant has been delivered by this and earlier pages; the job may
    move its cursor there in the same transaction. None while the vendor's order does not allow to say so; the job
    then moves the cursor to the window's end after the last page. `total`: records in the whole window, if told.
    """

    items: tuple[T, ...]
    rejects: tuple[Reject, ...] = ()
    covered_until: datetime | None = None
    total: int | None = None


class OutcomeState(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # sent, answer lost: look it up by our own reference before anything is sent again
    PENDING = "pending"  # accepted for later; ask with the receipt's ticket


class Outcome(msgspec.Struct, frozen=True):
    key: str  # our reference of the intent
    state: OutcomeState
    message: Message | None = None
    remote_ref: str = ""  # what the vendor calls the result (a fulfilment id, a claim id …)


class Receipt(msgspec.Struct, frozen=True):
    """The answer to a write: one outcome per item. With a `ticket` the pending ones are asked for later."""

    outcomes: tuple[Outcome, ...]
    ticket: str = ""


class ProbeResult(msgspec.Struct, frozen=True):
    """What a connection test learnt. `facts` are shown line by line (shop name, currency, rights); keys are word keys."""

    facts: dict[str, str] = {}
    warnings: tuple[Message, ...] = ()
    #: How many open/new orders the server says there are, where the cheapest call tells it (the silence detector's figure).
    server_orders: int | None = None
