"""What answers say of limits: Retry-After and the rate headers, in the shapes that vendors use. Nonsense counts as silence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*", re.ASCII)
_PAIR = re.compile(r"\b(r|t|remaining|reset)\s*=\s*(\d{1,15}(?:\.\d+)?)", re.ASCII)
_EPOCH_FLOOR = 1_000_000_000  # a reset above this is an instant, below it a span
_EPOCH_MS_FLOOR = 100_000_000_000
LONGEST_RESET_S = 86_400.0

RATE = b"x-amzn-ratelimit-limit"
_REMAINING = frozenset({b"x-ratelimit-remaining", b"ratelimit-remaining", b"x-rate-limit-remaining"})
_RESET = frozenset({b"x-ratelimit-reset", b"ratelimit-reset", b"x-rate-limit-reset"})
_COMBINED = b"ratelimit"
WANTED = frozenset({RATE, _COMBINED, b"retry-after", b"date", *_REMAINING, *_RESET})


class Told(NamedTuple):
    """None where the answer says nothing usable. Spans in seconds from now."""

    retry_after: float | None = None
    rate: float | None = None
    remaining: float | None = None
    reset: float | None = None


NOTHING = Told()


def number(text: str) -> float | None:
    """A plain non-negative decimal number, else None."""
    found = _NUMBER.fullmatch(text)
    return float(found[1]) if found else None


def retry_after(text: str, now_epoch: float, date: str = "") -> float | None:
    """Seconds to wait: from a number, or from an HTTP date (measured from the answer's own Date header, so that a wrong clock
    here does not matter; else from `now_epoch`). Never negative; None for nonsense.
    """
    seconds = number(text)
    if seconds is not None:
        return seconds
    until = instant(text)
    if until is None:
        return None
    said_at = instant(date) if date else None
    return max(0.0, until - (said_at if said_at is not None else now_epoch))


def instant(text: str) -> float | None:
    """Epoch seconds of an HTTP date; None for anything else."""
    try:
        found = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
    return found if math.isfinite(found) else None


def _span(text: str, now_epoch: float) -> float | None:
    value = number(text)
    if value is None:
        return None
    if value >= _EPOCH_MS_FLOOR:
        value = value / 1000 - now_epoch
    elif value >= _EPOCH_FLOOR:
        value -= now_epoch
    return value if 0 <= value <= LONGEST_RESET_S else None


def read(raw: Iterable[tuple[bytes, bytes]], now_epoch: float) -> Told:
    """The limit headers of one answer. One pass: this runs for every call."""
    found: dict[bytes, bytes] | None = None
    for name, value in raw:
        lowered = name.lower()
        if lowered in WANTED and lowered != b"date":
            if found is None:
                found = {}
            found.setdefault(lowered, value)
    if found is None:
        return NOTHING
    if b"retry-after" in found:
        found[b"date"] = next((value for name, value in raw if name.lower() == b"date"), b"")
    return _told({name: value.decode("latin-1") for name, value in found.items()}, now_epoch)


def _told(found: dict[bytes, str], now_epoch: float) -> Told:
    wait = retry_after(found[b"retry-after"], now_epoch, found[b"date"]) if b"retry-after" in found else None
    rate = number(found[RATE]) if RATE in found else None
    remaining = next((number(found[name]) for name in _REMAINING if name in found), None)
    reset = next((_span(found[name], now_epoch) for name in _RESET if name in found), None)
    if _COMBINED in found:  # `limit=100, remaining=50, reset=30` or `"default";r=50;t=30`
        pairs = dict(_PAIR.findall(found[_COMBINED]))
        left, span = pairs.get("remaining", pairs.get("r")), pairs.get("reset", pairs.get("t"))
        remaining = float(left) if left is not None else remaining
        reset = _span(span, now_epoch) if span is not None else reset
    return Told(wait, rate if rate else None, remaining, reset)
