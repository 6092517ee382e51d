"""Answers whose status lies. A vendor that counts points (Shopify's GraphQL) refuses for haste with HTTP 200 and says so in the
body; the pipeline must see it, or it would go on asking at full speed. Another (Sendeo) says "no such parcel" with HTTP 500; that
must not be taken for a breakdown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Throttled(NamedTuple):
    """The vendor refused for haste and did nothing. `wait_s`: until it may be asked again; None where it does not say."""

    wait_s: float | None = None


#: A client class may have one as `throttling` (a staticmethod): status and decoded body of an answer → whether it is a refusal
#: for haste. Pure, and quick for what is none: it looks at every answer. It counts for all endpoint groups of the account,
#: because such vendors count in one place.
Throttling = Callable[[int, bytes], Throttled | None]


#: A client class may have one as `answered` (a staticmethod): status (500 or more) and decoded body → whether this is the vendor's
#: word about the data or the key. Then nothing is asked again for it, and no breaker opens. Pure, and False when in doubt.
Answered = Callable[[int, bytes], bool]


def answered_of(client: type) -> Answered | None:
    """The client's own, None for the vendors whose 5xx are breakdowns."""
    found: Answered | None = getattr(client, "answered", None)
    return found


def throttling_of(client: type) -> Throttling | None:
    """The client's own, None for the vendors that speak in statuses."""
    found: Throttling | None = getattr(client, "throttling", None)
    return found
