"""What a chart can be about – a connection's calls, its business, the program itself – and its figures out of the store. The same
for the health page and for what is pinned to Today; no widget, and never more points than were asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from app.contracts import GOALS_MS
from app.contracts.manifest import availability_target
from app.store import BusinessDay, ConnectionRow, ProcessPoint, SeriesPoint
from app.store.process import CPU, MEMORY
from app.store.samples import ALL, PROBE
from ui.charts.data import ChartData, Extra, Line, floor_of
from ui.charts.units import BYTES, COUNT, PERCENT, RATE, Unit
from ui.pages.health_evidence import operation_words
from ui.pages.health_figures import chart_data, grouped, incidents, percent, step_of
from ui.services import Services
from ui.theme.charts import ERROR_GROUPS, SERIES
from ui.words import t

Measure = Literal["response", "calls", "errors", "availability", "orders", "revenue", "listings", "cpu", "memory"]
#: Figures of calls: those of one operation, of the probes, or of a whole category can be looked at alone.
OF_CALLS: tuple[Measure, ...] = ("response", "calls", "errors", "availability")
#: Figures of a channel's business: a day is the shortest that is kept.
OF_BUSINESS: tuple[Measure, ...] = ("orders", "revenue", "listings")
OF_PROGRAM: tuple[Measure, ...] = ("cpu", "memory")
#: Those that count or share out: in spans too short they would be a comb of ones and noughts.
COUNTED: tuple[Measure, ...] = ("calls", "errors", "availability")
_COUNTED_POINTS = 96
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Subject(msgspec.Struct, frozen=True, omit_defaults=True):
    """`connection` 0: none (the program, a category). `operation`, `probes` and `category` narrow figures of calls; `currency`
    is revenue's."""

    measure: Measure = "response"
    connection: int = 0
    operation: str = ""
    category: str = ""
    probes: bool = False
    currency: str = ""


def measure_words(subject: Subject) -> str:
    """ "Yanıt süresi", "Satış, TRY"."""
    if subject.measure == "revenue":
        return t("health.measure_revenue", currency=subject.currency)
    return t(f"health.measure_{subject.measure}")


def category_words(category: str) -> str:
    """A category's name."""
    return t(f"connections.category.{category}")


def scope_words(subject: Subject) -> str:
    """Whose calls they are: all, the probes, one operation's, a category's."""
    if subject.category:
        return t("health.scope_category", name=category_words(subject.category))
    if subject.operation:
        return operation_words(subject.operation)
    return t("health.scope_probes" if subject.probes else "health.scope_all")


def title_words(subject: Subject, connection: str) -> str:
    """Everything together, for a chart that stands alone: "Ana mağaza · Yanıt süresi · siparişler"."""
    owner = (
        "Paxzar"
        if subject.measure in OF_PROGRAM
        else category_words(subject.category)
        if subject.category
        else connection
    )
    narrowed = scope_words(subject) if (subject.operation or subject.probes) and not subject.category else ""
    return " · ".join(part for part in (owner, measure_words(subject), narrowed) if part)


async def read_points(
    services: Services, subject: Subject, since: datetime, until: datetime, many: int
) -> list[SeriesPoint]:
    """The roll-ups of a subject of calls, at most `many`, oldest first."""
    samples, series = services.store.samples, PROBE if subject.probes else ALL
    if subject.category:
        return await samples.category_series(subject.category, since, until, many, series=series)
    return await samples.series(subject.connection, since, until, many, series=series, operation=subject.operation)


def goals(services: Services, subject: Subject, row: ConnectionRow | None) -> tuple[float, float]:
    """(response-time goal in ms, availability target 0–1): the connection's own, or its category's. 0 ms: none is known."""
    if subject.category:
        return float(GOALS_MS.get(subject.category, 0)), availability_target("live")
    if row is None:
        return 0.0, availability_target("live")
    known = row.integration in services.catalogue.entries
    return float(services.health.goal_ms(row)) if known else 0.0, availability_target(row.environment)


async def load(
    services: Services,
    subject: Subject,
    since: datetime,
    until: datetime,
    many: int,
    row: ConnectionRow | None = None,
) -> ChartData | None:
    """The figures of any subject; None where there are none. `row`: the connection, where its calls are asked for."""
    now = services.now()
    if subject.measure in COUNTED:
        many = min(many, _COUNTED_POINTS)
    if subject.measure in OF_CALLS:
        points = await read_points(services, subject, since, until, many)
        return call_chart(points, subject, since, until, many, now, goals(services, subject, row))
    if subject.measure in OF_PROGRAM:
        metric = CPU if subject.measure == "cpu" else MEMORY
        spans = await services.store.process.series(metric, since, until, many)
        return program_chart(spans, subject.measure, since, until, step_of(since, until, many, now))
    here = now.astimezone().tzinfo or UTC
    first, last = since.astimezone().date(), until.astimezone().date()
    days = await services.store.business.days(subject.connection, first, last, here)
    return business_chart(days, subject, since, until, many)


# -- calls -----------------------------------------------------------------------------------------------------------
def call_chart(
    points: Sequence[SeriesPoint], subject: Subject, since: datetime, until: datetime, many: int, now: datetime,
    aims: tuple[float, float],
) -> ChartData | None:  # fmt: skip
    """`points` is what `read_points` gave; `aims` are those of `goals`."""
    if not points:
        return None
    goal_ms, target = aims
    if subject.measure == "response":
        return chart_data(points, since, until, int(goal_ms), many, now)
    step = step_of(since, until, many, now)
    shades = incidents(points, step)
    if subject.measure == "availability":
        shares = tuple(None if (p := point.availability) is None else p * 100 for point in points)
        least = min([share for share in shares if share is not None] + [target * 100])
        return ChartData(
            since, until, tuple(point.at for point in points),
            (Line("availability", t("health.measure_availability"), shares, SERIES[0]),),
            (Extra("calls", t("health.calls"), tuple(point.count for point in points)),
             Extra("down", t("health.failed"), tuple(point.down for point in points))),
            shades, target * 100, t("health.goal", value=percent(target)), step=step, unit=PERCENT,
            floor=floor_of(least), ceiling=100.0,
        )  # fmt: skip
    times, whole = filled(points, since, until, many, now)
    hours = step / _HOUR
    calls = tuple(0 if point is None else point.count for point in whole)
    wrong = [{} if point is None else grouped(point.errors) for point in whole]
    groups = [group for group in ERROR_GROUPS if any(group in one for one in wrong)]
    counts = {group: tuple(one.get(group, 0) for one in wrong) for group in groups}
    lines: tuple[Line, ...]
    if subject.measure == "calls":
        failed = tuple(sum(one.values()) for one in wrong)
        lines = (
            Line("calls", t("health.calls"), tuple(n / hours for n in calls), SERIES[0]),
            Line("failed", t("health.failed"), tuple(n / hours for n in failed), SERIES[1]),
        )
        return ChartData(
            since, until, times, lines, (Extra("count", t("health.calls"), calls),), shades, step=step, unit=RATE
        )
    looks = {look.role: look for look in SERIES}
    lines = tuple(
        Line(group, t(f"health.group_{group}"), tuple(n / hours for n in counts[group]), looks[ERROR_GROUPS[group]])
        for group in groups
    ) or (Line("none", t("health.failed"), (0.0,) * len(times), SERIES[0]),)
    return ChartData(
        since, until, times, lines, (Extra("count", t("health.calls"), calls),), shades, step=step, unit=RATE
    )


def filled(
    points: Sequence[SeriesPoint], since: datetime, until: datetime, many: int, now: datetime
) -> tuple[tuple[datetime, ...], tuple[SeriesPoint | None, ...]]:
    """Every span from the first that had calls to the last that is over (one that still runs would look like a fall), None for
    those without any: there, nothing was called."""
    step = step_of(since, until, many, now)
    first = points[0].at
    places = {(point.at - first) // step: point for point in points}
    amount = max(1, min(many, (until - first) // step))
    return tuple(first + step * i for i in range(amount)), tuple(places.get(i) for i in range(amount))


# -- the program and the business ------------------------------------------------------------------------------------
def program_chart(
    spans: Sequence[ProcessPoint], measure: Measure, since: datetime, until: datetime, step: timedelta
) -> ChartData | None:
    """Mean and peak: the processor in per cent of one core, memory in bytes."""
    if not spans:
        return None
    share, unit = (10.0, PERCENT) if measure == "cpu" else (1.0, BYTES)
    lines = (
        Line("mean", t("health.mean"), tuple(one.mean / share for one in spans), SERIES[0]),
        Line("most", t("health.most"), tuple(one.most / share for one in spans), SERIES[1]),
    )
    return ChartData(since, until, tuple(one.at for one in spans), lines, step=step, unit=unit)


def business_chart(
    days: Sequence[BusinessDay], subject: Subject, since: datetime, until: datetime, many: int
) -> ChartData | None:
    """One point a day, or so many days together that at most `many` come. Currencies are never added."""
    size = max(1, -(-len(days) // many))
    lots = [days[i : i + size] for i in range(0, len(days), size)]
    times = tuple(_midnight(lot[0].day) for lot in lots)
    unit = COUNT
    lines: tuple[Line, ...]
    if subject.measure == "orders":
        placed = tuple(sum(day.orders for day in lot) for lot in lots)
        gone = tuple(sum(day.cancelled for day in lot) for lot in lots)
        lines = (
            Line("orders", t("health.measure_orders"), tuple(map(float, placed)), SERIES[0]),
            Line("cancelled", t("health.cancelled"), tuple(map(float, gone)), SERIES[1]),
        )
        known = any(placed)
    elif subject.measure == "revenue":
        unit = Unit("money", subject.currency)
        exact = tuple(_sum(lot, subject.currency) for lot in lots)
        name = t("health.measure_revenue", currency=subject.currency)
        lines = (Line("revenue", name, tuple(_height(one) for one in exact), SERIES[0], exact),)
        known = any(exact)
    else:
        lines = (
            Line("active", t("health.active"), _latest(lots, lambda day: day.active), SERIES[0]),
            Line("out", t("health.out_of_stock"), _latest(lots, lambda day: day.out_of_stock), SERIES[1]),
        )
        known = any(value is not None for value in lines[0].values)
    if not known:
        return None
    return ChartData(min(since, times[0]), until, times, lines, step=_DAY * size, unit=unit)


def currencies(days: Sequence[BusinessDay]) -> list[str]:
    """Those in which anything was earned, the lira first."""
    return sorted({currency for day in days for currency in day.revenue}, key=lambda one: (one != "TRY", one))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time()).astimezone(UTC)


def _sum(lot: Sequence[BusinessDay], currency: str) -> Decimal:
    return sum((day.revenue[currency].amount for day in lot if currency in day.revenue), Decimal(0))


def _height(amount: Decimal) -> float:
    """How high a point is drawn; what it says is made from the amount itself."""
    return float(amount)


def _latest(lots: Sequence[Sequence[BusinessDay]], of: Callable[[BusinessDay], int | None]) -> tuple[float | None, ...]:
    found = [[value for day in lot if (value := of(day)) is not None] for lot in lots]
    return tuple(float(values[-1]) if values else None for values in found)
