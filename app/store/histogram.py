"""Durations in log-scale buckets, each 10 % wider than the one before: small, mergeable, percentiles within 5 %."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

_WIDTH = math.log(1.1)
_LEAST_MS = 0.1
_LAST = 200  # 0.1 ms × 1.1^200: five hours
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[int, int]).decode

Histogram = dict[int, int]  # durations by bucket


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
    total = sum(histogram.values())
    if not total:
        return None
    rank = max(1, math.ceil(share * total))
    seen = 0
    for number in sorted(histogram):
        seen += histogram[number]
        if seen >= rank:
            break
    return middle(number)


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
