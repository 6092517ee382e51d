"""Durations in log-scale buckets, each 10 % wider than the one before: small, mergeable, percentiles within 5 %. A tally is
such a histogram beside the calls' outcomes; packed, one good call takes five bytes."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

import msgspec

_WIDTH = math.log(1.1)
_LEAST_MS = 0.1
_LAST = 200  # 0.1 ms × 1.1^200: five hours
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[int, int]).decode

K = TypeVar("K", int, str)
Histogram = dict[int, int]  # durations by bucket
#: The outcomes of app.http's samples. Packed by their place: a new one goes to the end, an old one never leaves.
OUTCOMES = (
    "ok", "throttled", "client_error", "auth", "server_error", "timeout", "network", "unreadable", "breaker",
)  # fmt: skip
_CODES = {outcome: -1 - place for place, outcome in enumerate(OUTCOMES)}
_ALL_CODES = frozenset(_CODES.values())


class Tally(NamedTuple):
    """Calls by outcome, and the durations of those that were sent."""

    counts: dict[str, int]
    durations: Histogram

    def add(self, other: Tally) -> None:
        for outcome, count in other.counts.items():
            self.counts[outcome] = self.counts.get(outcome, 0) + count
        merge(self.durations, other.durations)


def bucket(duration_ms: float) -> int:
    if not duration_ms > _LEAST_MS:
        return 0
    return min(_LAST, 1 + int(math.log(duration_ms / _LEAST_MS) / _WIDTH)) if duration_ms != math.inf else _LAST


def middle(number: int) -> float:
    """The geometric middle of a bucket, in ms."""
    return _LEAST_MS if number == 0 else _LEAST_MS * math.exp((number - 0.5) * _WIDTH)


def merge(into: Histogram, other: Mapping[int, int]) -> None:
    for number, count in other.items():
        into[number] = into.get(number, 0) + count


def percentile(histogram: Mapping[int, int], share: float) -> float | None:
    """The duration in ms that `share` (0–1) of all do not exceed; None when there are none."""
    return percentiles(histogram, (share,))[0]


def percentiles(histogram: Mapping[int, int], shares: Sequence[float]) -> list[float | None]:
    """The same for several shares, in one pass: a chart asks for thousands."""
    if not histogram:
        return [None] * len(shares)
    numbers = sorted(histogram)
    seen = list(accumulate(map(histogram.__getitem__, numbers)))
    return [middle(numbers[bisect_left(seen, max(1, math.ceil(share * seen[-1])))]) for share in shares]


def of(durations: Iterable[float]) -> Histogram:
    made: Histogram = {}
    for duration in durations:
        number = bucket(duration)
        made[number] = made.get(number, 0) + 1
    return made


def pack(histogram: Histogram) -> bytes:
    return _encode(histogram)


def unpack(data: bytes) -> Histogram:
    return _decode(data)


def pack_tally(tally: Tally) -> bytes:
    """Raises KeyError for an outcome that is none of OUTCOMES."""
    packed = {_CODES[outcome]: count for outcome, count in tally.counts.items()}
    packed.update(tally.durations)
    return _encode(packed)


def unpack_tally(data: bytes) -> Tally:
    durations = _decode(data)
    # By set: a chart unpacks thousands, and most hold one outcome or two.
    counts = {OUTCOMES[-1 - code]: durations.pop(code) for code in _ALL_CODES & durations.keys()}
    return Tally(counts, durations)
