"""What is unusual for a connection at this hour: its answers and its failures beside those of the same hour on past days. A
band of median and MAD, never a mean: one bad night must not teach that nights are bad. Judges nothing and calls nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from statistics import median

import msgspec

from app.store import SeriesPoint, Store
from app.store.samples import UNSENT

#: The same hour of so many past days is looked at; fewer than LEAST_DAYS with calls tell no habit.
DAYS, LEAST_DAYS = 28, 7
#: Fewer calls in an hour, or just now, tell nothing of how long answers take; failures want more, and three of them.
LEAST_CALLS, LEAST_JUDGED, LEAST_WRONG = 5, 10, 3
#: The band's upper edge: so many robust standard deviations above the median. 1.4826: from MAD to a standard deviation.
_WIDE, _TO_DEVIATION = 4, 1.4826
#: The least deviation: of response times a share (histogram buckets are 10 % wide) and some milliseconds, of shares of
#: failures one in a hundred. A connection that never fails has a MAD of zero, and its second failure is no anomaly.
_SPEED_SHARE, _SPEED_MS, _WRONG_SHARE = 0.1, 25.0, 0.01
_AT_ONCE = 4  # connections of one look into the store, 28 hours each: a reader must not hold the interpreter for long
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


class Band(msgspec.Struct, frozen=True):
    """`usual` is the median, `most` the upper edge of what is usual; in the unit of the values."""

    usual: float
    most: float


class Compared(msgspec.Struct, frozen=True):
    """Now, beside the usual and its edge: response times in whole ms, shares in hundredths of a percent."""

    now: int
    usual: int
    most: int


class Bands(msgspec.Struct, frozen=True):
    """Of one connection and hour; None where there is too little to speak of a habit."""

    speed: Band | None = None  # the hours' medians, ms
    wrong: Band | None = None  # the hours' shares of failed calls, 0-1


def band(values: Sequence[float], least: Callable[[float], float]) -> Band | None:
    """The band of some days' values; None for fewer than LEAST_DAYS. `least(median)`: the smallest deviation that is believed.
    Pure."""
    if len(values) < LEAST_DAYS:
        return None
    middle = median(values)
    deviation = max(_TO_DEVIATION * median(abs(one - middle) for one in values), least(middle))
    return Band(middle, middle + _WIDE * deviation)


def wrong_share(point: SeriesPoint) -> float:
    """The share (0-1) of sent calls that were not answered well, whoever is to blame."""
    return wrong_calls(point) / point.count if point.count else 0.0


def wrong_calls(point: SeriesPoint) -> int:
    return sum(count for outcome, count in point.errors.items() if outcome not in UNSENT)


def bands(hours: Sequence[SeriesPoint | None]) -> Bands:
    """The bands out of the same hour of past days, None where nothing was called. Pure."""
    told = [one for one in hours if one is not None and one.count >= LEAST_CALLS]
    speeds = [one.p50 for one in told if one.p50 is not None]
    return Bands(
        band(speeds, lambda middle: max(_SPEED_MS, middle * _SPEED_SHARE)),
        band([wrong_share(one) for one in told], lambda _: _WRONG_SHARE),
    )


def speed_of(recent: SeriesPoint | None, known: Bands) -> Compared | None:
    """How long half of the answers take now, beside the usual; None with few calls or no habit. Pure."""
    if recent is None or recent.p50 is None or recent.count < LEAST_CALLS or known.speed is None:
        return None
    return Compared(round(recent.p50), round(known.speed.usual), round(known.speed.most))


def wrong_of(recent: SeriesPoint | None, known: Bands) -> Compared | None:
    """The share of failed calls now, beside the usual; none with fewer failures than LEAST_WRONG. Pure."""
    if recent is None or recent.count < LEAST_JUDGED or known.wrong is None:
        return None
    share = wrong_share(recent) if wrong_calls(recent) >= LEAST_WRONG else 0.0
    return Compared(*(round(one * 10_000) for one in (share, known.wrong.usual, known.wrong.most)))


def outside(seen: Compared, limit: int, was: bool) -> bool:
    """Whether it is beyond `limit`. What `was` so stays so until half of the way back to the usual is gone. Pure."""
    return seen.now > (seen.usual + max(0, limit - seen.usual) // 2 if was else limit)


class Habits:
    """`await of(ids, since)`: the bands for the hour in which `since` lies, read once an hour."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hour: datetime | None = None
        self._known: dict[int, Bands] = {}

    async def of(self, ids: Sequence[int], moment: datetime) -> dict[int, Bands]:
        """Raises StoreError."""
        hour = moment.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour, self._known = hour, {}
        windows = [(hour - _DAY * n, hour - _DAY * n + _HOUR) for n in range(1, DAYS + 1)]
        missing = [one for one in ids if one not in self._known]
        for first in range(0, len(missing), _AT_ONCE):
            found = await self._store.samples.totals(missing[first : first + _AT_ONCE], windows)
            self._known.update({connection: bands(hours) for connection, hours in found.items()})
        return {one: self._known[one] for one in ids}
