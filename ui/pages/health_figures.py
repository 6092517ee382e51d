"""From roll-ups to what the health page draws: curves, incidents, stacked error classes, days. Pure but for the words; no
widget, no store. Availability counts only what the vendor, or the way to it, failed at: a limit or a wrong key is no downtime."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.store.samples import DOWN, KEPT, SeriesPoint
from ui.charts.bars import Bar, Stack
from ui.charts.cells import DayCell
from ui.charts.data import SPANS, ChartData, Extra, Incident, Line
from ui.theme.charts import ERROR_GROUPS, PERCENTILES
from ui.words import figures, t

#: Which outcomes of app.http stand in which group; what is not here is "other".
_GROUP_OF = {
    "throttled": "throttled",
    "timeout": "timeout",
    "server_error": "server_error",
    "network": "network",
    "client_error": "refused",
    "auth": "refused",
}
#: More than a twentieth failed: an incident, by the same measure as the state. Half or more: down.
_SOME, _MOST = 20, 2
_CLOSE = 4  # spans between two failures that still are one incident
#: A day's cell: good from the environment's target on, fair from this share of answered calls on.
FAIR_DAY = 0.90
#: Width of an error bar by the span's name.
BINS = {
    "1h": timedelta(minutes=5),
    "24h": timedelta(hours=1),
    "7d": timedelta(hours=12),
    "30d": timedelta(days=1),
    "1y": timedelta(days=14),
}
DAYS = 30


def window(span: str, now: datetime) -> tuple[datetime, datetime]:
    """From when to when a span reaches. Seven days reach a minute further: the minutes' roll-ups end there, and ten thousand
    of them would be read for a chart that can show four hundred; the hours' are as good."""
    until = now
    return until - SPANS[span] - (timedelta(minutes=1) if span == "7d" else timedelta()), until


def grouped(errors: Mapping[str, int]) -> dict[str, int]:
    """Errors by group, in the groups' fixed order, only those that there are."""
    found = dict.fromkeys(ERROR_GROUPS, 0)
    for outcome, count in errors.items():
        found[_GROUP_OF.get(outcome, "other")] += count
    return {group: count for group, count in found.items() if count}


def error_words(errors: Mapping[str, int], most: int = 2) -> str:
    """ "12 zaman aşımı, 3 sunucu 5xx": the most frequent groups first; "" for none."""
    ranked = sorted(grouped(errors).items(), key=lambda item: -item[1])
    parts = [t(f"health.count_{group}", count=count) for group, count in ranked[:most]]
    if len(ranked) > most:
        parts.append(t("health.more_errors", count=sum(count for _, count in ranked[most:])))
    return ", ".join(parts)


def goal_words(goal_ms: int) -> str:
    """ "hedef 5 sn"."""
    seconds = Decimal(goal_ms) / 1000
    number = figures().number(seconds, 0 if goal_ms % 1000 == 0 else 1)
    return t("health.goal", value=f"{number} {t('chart.s')}")


def percent(share: float | None) -> str:
    """A share of 1 as "%99,97"; "—" for none. Never rounded up to a hundred: one lost call must be seen."""
    if share is None:
        return "—"
    exact = (Decimal(repr(share)) * 100).quantize(Decimal("0.0001"))
    return figures().percent_short(min(exact, Decimal("99.99")) if exact < 100 else exact)


def down(point: SeriesPoint) -> int:
    """How many calls of a point failed by the vendor or on the way."""
    return sum(count for outcome, count in point.errors.items() if outcome in DOWN)


def total_share(points: Sequence[SeriesPoint]) -> float | None:
    """The availability (0–1) of all of them together; None without calls."""
    sent = sum(point.count for point in points)
    return 1 - sum(down(point) for point in points) / sent if sent else None


def incidents(points: Sequence[SeriesPoint], step: timedelta) -> tuple[Incident, ...]:
    """Spans in which more than a twentieth of the calls failed. Those that lie close together are one incident, which is
    down when half of its calls or more failed."""
    groups: list[list[SeriesPoint]] = []
    for point in points:
        if not down(point) * _SOME > point.count:
            continue
        if groups and point.at - groups[-1][-1].at <= step * _CLOSE:
            groups[-1].append(point)
        else:
            groups.append([point])
    return tuple(_incident(group, points, step) for group in groups)


def _incident(group: Sequence[SeriesPoint], points: Sequence[SeriesPoint], step: timedelta) -> Incident:
    since, last = group[0].at, group[-1].at
    within = [point for point in points if since <= point.at <= last]
    sent, failed = sum(point.count for point in within), sum(down(point) for point in within)
    return Incident(since, last + step, "unhealthy" if failed * _MOST >= sent else "degraded")


def step_of(since: datetime, until: datetime, asked: int, now: datetime) -> timedelta:
    """How long one span of `store.samples.series` is: the finest roll-up that reaches back to `since`, so many together
    that at most `asked` come."""
    span = next((span for span, kept in KEPT.items() if now - since <= kept), max(KEPT))
    width = span.total_seconds()
    first = (
        since.timestamp() // width * width
    )  # exactly as the store counts them: a day off by one would be another step
    spans = math.ceil((until.timestamp() - first) / width)
    return span * max(1, -(-spans // max(1, asked)))


def chart_data(
    points: Sequence[SeriesPoint], since: datetime, until: datetime, goal_ms: int, asked: int, now: datetime
) -> ChartData:
    """p50, p95 and p99 with the goal, incidents, and calls and errors for the table; `goal_ms` 0: none. `points` is what
    `store.samples.series(…, since, until, asked)` gave at `now`."""
    step = step_of(since, until, asked, now)
    lines = tuple(
        Line(key, key, tuple(getattr(point, key) for point in points), look) for key, look in PERCENTILES.items()
    )
    groups = [group for group in ERROR_GROUPS if any(group in grouped(point.errors) for point in points)]
    extras = [Extra("calls", t("health.calls"), tuple(point.count for point in points))]
    extras += [
        Extra(group, t(f"health.group_{group}"), tuple(grouped(point.errors).get(group, 0) for point in points))
        for group in groups
    ]
    return ChartData(
        since=since, until=until, times=tuple(point.at for point in points), lines=lines, extras=tuple(extras),
        incidents=incidents(points, step), goal=float(goal_ms) if goal_ms else None,
        goal_words=goal_words(goal_ms) if goal_ms else "", band=("p50", "p95"),
        step=step,
    )  # fmt: skip


def stacks() -> tuple[Stack, ...]:
    """The error groups from the bottom up."""
    return tuple(Stack(group, t(f"health.group_{group}"), role) for group, role in ERROR_GROUPS.items())


def error_bars(points: Sequence[SeriesPoint], since: datetime, until: datetime, span: str) -> list[Bar]:
    """Bars at full hours or midnights of the user's zone, also the empty ones."""
    size = BINS[span]
    offset = since.astimezone().utcoffset() or timedelta()
    epoch = datetime(1970, 1, 1, tzinfo=UTC) - offset
    first = epoch + (since - epoch) // size * size
    amount = -(-(until - first) // size)
    sums = [dict.fromkeys(ERROR_GROUPS, 0) for _ in range(amount)]
    for point in points:
        place = (point.at - first) // size
        if 0 <= place < amount:
            for group, count in grouped(point.errors).items():
                sums[place][group] += count
    return [_bar(first + size * i, size, counts) for i, counts in enumerate(sums)]


def _bar(at: datetime, size: timedelta, counts: Mapping[str, int]) -> Bar:
    start, end = at.astimezone(), (at + size).astimezone()
    write = figures()
    if size >= timedelta(days=1):
        words = (
            write.date_short(start)
            if size == timedelta(days=1)
            else f"{write.date_short(start)} – {write.date_short(end)}"
        )
        tick = write.date_short(start)
    else:
        words = f"{write.date_short(start)} {write.time(start)} – {write.time(end)}"
        tick = f"{start:%H}" if size == timedelta(hours=1) else write.time(start)
        if size == timedelta(hours=12):
            tick = write.date_short(start)
    return Bar(tick, words, tuple(counts.values()))


def day_cells(points: Sequence[SeriesPoint], now: datetime, target: float) -> list[DayCell]:
    """The last 30 days of the user's zone from hourly points, today last; `target` is the share (0–1) of a good day."""
    today = now.astimezone().date()
    sent: dict[int, int] = {}
    failed: dict[int, int] = {}
    for point in points:
        age = (today - point.at.astimezone().date()).days
        sent[age] = sent.get(age, 0) + point.count
        failed[age] = failed.get(age, 0) + down(point)
    made = []
    for age in range(DAYS - 1, -1, -1):
        date = figures().date_short(today - timedelta(days=age))
        if not sent.get(age):
            made.append(DayCell("", t("health.day_none", date=date)))
            continue
        share = 1 - failed[age] / sent[age]
        state = "healthy" if share >= target else "degraded" if share >= FAIR_DAY else "unhealthy"
        made.append(DayCell(state, t("health.day", date=date, percent=percent(share), count=sent[age])))
    return made
