"""A connection's health in words: whose fault, since when, the score and its parts, the evidence line by line. The same for
the terminal and the window; it asks nobody anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.formats.words import Words
from app.monitor.blame import blame_words
from app.monitor.health import HealthReport
from app.monitor.score import Score
from app.store import RequestRow, SeriesPoint


def whose_fault(words: Words, report: HealthReport, name: str, now: datetime) -> str:
    """Whose fault, since when, and whether it is confirmed; "" for a connection that fails nobody. `name`: the integration's."""
    found = blame_words(report, name)
    if found is None:
        return ""
    key, params = found
    parts = [words(key, **params)]
    if report.trouble_since is not None:
        parts.append(words("monitor.blame.since", since=instant(words, report.trouble_since, now)))
        if report.confirmed_at is None:
            parts.append(words("monitor.blame.first"))
        else:
            parts.append(words("monitor.blame.confirmed", time=words.figures.time(report.confirmed_at.astimezone())))
    return " ".join(parts)


def instant(words: Words, at: datetime, now: datetime) -> str:
    """ "14:02" today, "23 Kas 16:48" else: it always ends in a time, which every suffix fits."""
    here = at.astimezone()
    clock = words.figures.time(here)
    return clock if here.date() == now.astimezone().date() else f"{words.figures.date_short(here)} {clock}"


def share(words: Words, value: float | None) -> str:
    """A share of 1 as per cent, never rounded up to a hundred: one lost call must be seen."""
    if value is None:
        return words("common.no_value")
    exact = (Decimal(repr(value)) * 100).quantize(Decimal("0.0001"))
    return words.figures.percent_short(min(exact, Decimal("99.99")) if exact < 100 else exact)


def score_words(words: Words, score: Score | None) -> str:
    """ "Health score 87 of 100: now 30/30, …"; "" where there is none."""
    if score is None:
        return ""
    parts = [
        words(
            "monitor.score.part",
            name=words(f"monitor.score.{part.name}"),
            points=words.figures.number(Decimal(str(part.points)), 0 if part.points == int(part.points) else 1),
            most=part.most,
        )
        for part in score.parts
    ]
    return words("monitor.score.parts", total=score.total, parts=", ".join(parts))


def target_words(words: Words, report: HealthReport) -> str:
    """The availability that is aimed at, and whether it is met."""
    target = share(words, report.target)
    if report.availability_30d is None:
        return words("monitor.target.none", target=target)
    key = "missed" if report.misses_target else "met"
    return words(f"monitor.target.{key}", share=share(words, report.availability_30d), target=target)


def operation_words(words: Words, operation: str) -> str:
    """In words where there are some, else as the provider names it."""
    key = f"operation.{operation}"
    return words(key) if words.has(key) else operation or words("common.no_value")


def request_lines(words: Words, requests: Sequence[RequestRow]) -> list[str]:
    """Time, operation, outcome, status, duration, and the host where it was an alternate one: nothing else of it exists."""
    made = []
    for one in requests:
        at = one.at.astimezone()
        took = words.figures.response(round(one.duration_ms)) if one.outcome != "breaker" else words("common.no_value")
        operation = operation_words(words, one.operation)
        if one.probe:
            operation = f"{operation} ({words('monitor.evidence.probe')})"
        status = str(one.status) if one.status else words("common.no_value")
        outcome = words(f"health.outcome_{one.outcome}")
        made.append(
            f"  {words.figures.date_short(at)} {at:%H:%M:%S}  {operation:<28} {outcome:<18} {status:>4} {took:>10}"
            + (f"  {one.alternate}" if one.alternate else "")
        )
    return made


def operation_lines(words: Words, found: Mapping[str, SeriesPoint]) -> list[str]:
    """One line an operation, the busiest first."""
    return [
        "  "
        + words(
            "monitor.evidence.operation",
            name=operation_words(words, name),
            calls=one.count,
            failed=one.down,
            p95=words.figures.response(round(one.p95)) if one.p95 is not None else words("common.no_value"),
        )
        for name, one in sorted(found.items(), key=lambda item: -item[1].count)
    ]


def score_data(score: Score | None) -> dict[str, Any] | None:
    if score is None:
        return None
    return {"total": score.total, "parts": [{"name": p.name, "points": p.points, "most": p.most} for p in score.parts]}
