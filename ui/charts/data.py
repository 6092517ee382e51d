"""What a chart shows, as data: lines over time, a goal, incidents, and columns that only the table has. Times aware UTC,
durations in milliseconds. Ticks, table rows and CSV are made here; nothing of Qt or pyqtgraph comes in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from statistics import median

from app.formats.tables import Cell, Sheet, csv_bytes
from ui.charts.units import MS, Unit, round_ms
from ui.theme.charts import SeriesLook
from ui.words import figures, t, words

__all__ = [
    "MOST_POINTS", "SPANS", "ChartData", "Extra", "Incident", "Line", "floor_of", "nice_top", "points_for", "round_ms",
    "time_ticks", "value_ticks",
]  # fmt: skip

#: No curve may hold more (an antialiased line of 2 px is slow beyond that).
MOST_POINTS = 400
#: The spans of the segment, by name.
SPANS: dict[str, timedelta] = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "1y": timedelta(days=365),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One curve. `values` in the data's unit, one per time, None where nothing was measured. `exact`: the same for money,
    which no float may tell; curves are drawn from `values` alone."""

    key: str
    name: str
    values: tuple[float | None, ...]
    look: SeriesLook
    exact: tuple[Decimal | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Extra:
    """A column that the table, the hover box and the CSV have, but no curve: calls, errors. One number per time."""

    key: str
    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A span of trouble; `state` is degraded or unhealthy."""

    since: datetime
    until: datetime
    state: str


@dataclass(frozen=True)
class ChartData:
    """`times` are the starts of spans of `step`, oldest first. `goal` in `unit` or None; `band` two keys of lines that have a
    soft band between them. `words` of the goal are ready to show. `floor` and `ceiling` are the axis' ends (None: by the
    values)."""

    since: datetime
    until: datetime
    times: tuple[datetime, ...]
    lines: tuple[Line, ...]
    extras: tuple[Extra, ...] = ()
    incidents: tuple[Incident, ...] = ()
    goal: float | None = None
    goal_words: str = ""
    band: tuple[str, str] | None = None
    step: timedelta = field(default=timedelta(minutes=1))
    unit: Unit = MS
    floor: float = 0.0
    ceiling: float | None = None

    @property
    def empty(self) -> bool:
        """Whether no curve has a value."""
        return all(value is None for line in self.lines for value in line.values)

    @property
    def top(self) -> float:
        """The largest value of all curves, 0 without any."""
        return max((v for line in self.lines for v in line.values if v is not None), default=0.0)

    def index_near(self, at: float) -> int | None:
        """The index of the time nearest to an epoch second; None without times."""
        if not self.times:
            return None
        return min(range(len(self.times)), key=lambda i: abs(self.times[i].timestamp() - at))

    def last_of(self, line: Line) -> int | None:
        """The index of a line's last value."""
        return next((i for i in range(len(line.values) - 1, -1, -1) if line.values[i] is not None), None)

    @cached_property
    def gaps(self) -> list[int]:
        """Indexes before which the line breaks: so long nothing was measured that a stroke across would be a lie."""
        stamps = [one.timestamp() for one in self.times]
        waits = [b - a for a, b in pairwise(stamps)]
        if not waits:
            return []
        limit = 4 * max(median(waits), self.step.total_seconds())
        return [i + 1 for i, wait in enumerate(waits) if wait > limit]

    # -- the same figures in words ---------------------------------------------------------------------------------
    def time_words(self, index: int) -> str:
        """When a point is, in the user's zone: "24 Kas 12:50 – 12:54", or the day alone when a point is a day."""
        start, end = self.times[index].astimezone(), (self.times[index] + self.step).astimezone()
        write = figures()
        if self.step >= timedelta(days=1):
            return write.date_short(start, year=True)
        return f"{write.date_short(start)} {write.time(start)} – {write.time(end)}"

    def value_words(self, line: Line, index: int) -> str:
        """A value as a person reads it; "—" for none."""
        value = line.values[index]
        return "—" if value is None else self.unit.words(value, line.exact[index] if line.exact else None)

    def table_rows(self, offset: int = 0, limit: int | None = None) -> list[tuple[object, ...]]:
        """(key, time, one text per line, one number per extra), newest first; only those of a window of rows, if asked so."""
        last = len(self.times) - 1 - offset
        stop = -1 if limit is None else max(-1, last - limit)
        return [
            (
                int(self.times[i].timestamp()),
                self.time_words(i),
                *(self.value_words(line, i) for line in self.lines),
                *(extra.values[i] for extra in self.extras),
            )
            for i in range(last, stop, -1)
        ]

    def csv_bytes(self) -> bytes:
        """A sheet of the same figures, oldest first: local time with its offset, figures in the unit, counts. The
        separator is what the language's spreadsheet expects."""
        names = [self.unit.heading(line.name) for line in self.lines]
        rows: list[list[Cell]] = [
            [
                at.astimezone().isoformat(timespec="minutes"),
                *(self._cell(line, i) for line in self.lines),
                *(extra.values[i] for extra in self.extras),
            ]
            for i, at in enumerate(self.times)
        ]
        sheet = Sheet("", [t("chart.time"), *names, *(extra.name for extra in self.extras)], rows)
        return csv_bytes(sheet, turkish=words().figures.point == ",")

    def _cell(self, line: Line, index: int) -> Cell:
        value = line.values[index]
        return None if value is None else self.unit.cell(value, line.exact[index] if line.exact else None)


def points_for(width_px: int) -> int:
    """How many points a chart of this width asks the roll-ups for: one per two pixels, at most 400."""
    return max(60, min(MOST_POINTS, width_px // 2))


# -- ticks ---------------------------------------------------------------------------------------------------------
def nice_top(top: float, most: int = 7) -> tuple[float, float]:
    """The axis' upper end and step for values up to `top` ms: steps of 1, 2 or 5 × 10ⁿ, at most `most` of them."""
    if top <= 0:
        top = 100.0
    raw = top / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= raw * 0.999)
    return math.ceil(top / step * 0.999) * step, step


def floor_of(least: float) -> float:
    """Where an axis of shares (0–100) begins so that what is missing from a hundred can be seen: 99 for 99,4; 0 for 12."""
    return next((floor for floor in (99.0, 95.0, 90.0, 75.0, 50.0) if least >= floor), 0.0)


def value_ticks(top: float, step: float, floor: float = 0.0, unit: Unit = MS) -> list[tuple[float, str]]:
    """Ticks from `floor` up with their words; milliseconds are read as seconds from 2 s on."""
    count = round((top - floor) / step)
    return [(v := floor + i * step, unit.tick(v, top, last=i == count)) for i in range(count + 1)]


_TICKS = (
    (timedelta(minutes=5), "time"), (timedelta(minutes=10), "time"), (timedelta(minutes=30), "time"),
    (timedelta(hours=1), "time"), (timedelta(hours=3), "time"), (timedelta(hours=6), "time"),
    (timedelta(days=1), "day"), (timedelta(days=2), "day"), (timedelta(days=5), "day"), (timedelta(days=7), "day"),
    (timedelta(days=14), "day"),
)  # fmt: skip


def time_ticks(since: float, until: float, most: int) -> list[tuple[float, str]]:
    """Ticks (epoch second, words) at round times of the user's zone, at most about `most`; beyond weeks at months."""
    length = until - since
    most = max(2, most)
    for step, kind in _TICKS:
        if length / step.total_seconds() <= most:
            return _even_ticks(since, until, step, kind)
    return _month_ticks(since, until, max(1, math.ceil(length / (30.4 * 86_400) / most)))


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at).astimezone()


def _even_ticks(since: float, until: float, step: timedelta, kind: str) -> list[tuple[float, str]]:
    """Counted in the wall clock's time, so that a tick stays on the full hour or midnight when the clocks change."""
    first = _local(since).replace(tzinfo=None)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    if step >= timedelta(days=1):
        days = step.days
        wall = midnight - timedelta(days=midnight.toordinal() % days)
    else:
        wall = midnight + (first - midnight) // step * step
    made = []
    while (at := wall.timestamp()) <= until:
        if at >= since:
            made.append((at, figures().time(wall) if kind == "time" else figures().date_short(wall)))
        wall += step
    return made


def _month_ticks(since: float, until: float, months: int) -> list[tuple[float, str]]:
    first = _local(since)
    number = (first.year * 12 + first.month - 1) // months * months
    made: list[tuple[float, str]] = []
    while True:
        wall = datetime(number // 12, number % 12 + 1, 1)  # noqa: DTZ001 – a wall clock's time, made an instant below
        at = wall.timestamp()
        if at > until:
            return made
        if at >= since:
            made.append(
                (at, figures().date_short(wall).split(" ", 1)[1] + (f" {wall.year}" if wall.month == 1 else ""))
            )
        number += months
