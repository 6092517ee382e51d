"""`health`: how every connection is, whose fault it is where it is not well, and on `evidence` what that stands on. Reads only."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.asking import chosen, iso, words_of
from app.api.health_words import (
    operation_lines,
    request_lines,
    score_data,
    score_words,
    target_words,
    whose_fault,
)
from app.console import Console, utc_now
from app.formats.words import Words
from app.monitor.health import HealthReport
from app.store.connections import ConnectionRow


async def health(console: Console, args: dict[str, Any]) -> Answer:
    """A line a connection; with `evidence` also the score's parts, the operations and the last requests."""
    words, answer, now = words_of(args), Answer(data=[]), utc_now()
    rows = await chosen(console, args)
    for row, report in zip(rows, await console.health.reports(rows), strict=True):
        fault = whose_fault(words, report, _name(console, report), now)
        answer.data.append({
            "connection": report.connection, "integration": report.integration, "state": str(report.state),
            "blame": str(report.blame), "message": message_data(report.message), "goal_ms": report.goal_ms,
            "p50_ms": report.p50_ms, "p95_ms": report.p95_ms, "p99_ms": report.p99_ms, "calls_24h": report.calls_24h,
            "errors_24h": report.errors_24h, "availability_24h": report.availability_24h,
            "availability_7d": report.availability_7d, "availability_30d": report.availability_30d,
            "availability_target": report.target, "score": score_data(report.score), "fault": fault,
            "trouble_since": iso(report.trouble_since), "confirmed_at": iso(report.confirmed_at),
            "last_ok_at": iso(report.last_ok_at), "breaker": report.breaker,
        })  # fmt: skip
        why = sentence(words, report.message) if report.message else ""
        answer.say(f"{report.connection:<28} {words(f'cli.state.{report.state}'):<14} {why}")
        if args.get("evidence"):
            await _evidence(console, row, report, fault, answer, words)
    return answer


def _name(console: Console, report: HealthReport) -> str:
    entry = console.catalogue.entries.get(report.integration)
    return entry.name if entry is not None else report.integration


async def _evidence(
    console: Console, row: ConnectionRow, report: HealthReport, fault: str, answer: Answer, words: Words
) -> None:
    now = utc_now()
    requests = await console.health.evidence(row)
    operations = await console.store.samples.by_operation(row.id, now - timedelta(days=1), now)
    answer.data[-1]["requests"] = [
        {
            "at": iso(one.at), "operation": one.operation, "outcome": one.outcome, "status": one.status,
            "duration_ms": one.duration_ms, "probe": one.probe, "alternate": one.alternate or None,
        }
        for one in requests
    ]  # fmt: skip
    answer.data[-1]["operations"] = {
        name: {"calls": one.count, "failed": one.down, "errors": one.errors, "p50_ms": one.p50, "p95_ms": one.p95}
        for name, one in operations.items()
    }
    today = now.astimezone()
    days = await console.store.business.days(
        row.id, today.date() - timedelta(days=6), today.date(), today.tzinfo or now.tzinfo or UTC
    )
    answer.data[-1]["business"] = [
        {
            "day": one.day.isoformat(), "orders": one.orders, "cancelled": one.cancelled, "active_listings": one.active,
            "out_of_stock": one.out_of_stock, "revenue": {c: money.text() for c, money in one.revenue.items()},
        }
        for one in days
    ]  # fmt: skip
    for line in (fault, score_words(words, report.score), target_words(words, report)):
        if line:
            answer.say(f"  {line}")
    if operations:
        answer.say(f"  {words('monitor.evidence.operations')}")
        for line in operation_lines(words, operations):
            answer.say(f"  {line}")
    answer.say(f"  {words('monitor.evidence.head' if requests else 'monitor.evidence.none')}")
    for line in request_lines(words, requests):
        answer.say(f"  {line}")
