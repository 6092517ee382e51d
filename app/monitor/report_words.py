"""A summary in words: the tables of the PDF, and the same as the plain text of an e-mail. Connections by the merchant's own
names; nothing of a buyer, an address or a key."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from app.formats.words import Words
from app.monitor.alerting import texts
from app.monitor.summary import Summary, Told
from app.printing.report_data import ReportData, ReportSection

MOST_ROWS = 40  # of alerts and incidents each


def report_data(words: Words, summary: Summary, made_at: datetime) -> ReportData:
    """`made_at`: aware, shown in its own zone."""
    figures = words.figures
    days = figures.date_day(summary.last)
    if summary.kind != "daily":
        days = words("reports.days", first=figures.date_day(summary.first), last=days)
    made = words("reports.made", date=figures.date(made_at.date()), time=figures.time(made_at))
    sections = (
        _overview(words, summary), _connections(words, summary), _slowest(words, summary), _operations(words, summary),
        _alerts(words, "incidents", summary, summary.incidents), _alerts(words, "alerts", summary, summary.alerts),
    )  # fmt: skip
    note = words("reports.incomplete") if summary.incomplete else ""
    return ReportData(words(f"reports.title.{summary.kind}"), days, sections, words("reports.page"), made, note)


def mail_text(data: ReportData) -> str:
    """The whole report as plain text, a line a row."""
    lines = [data.title, data.days]
    for section in data.sections:
        lines += ["", section.title]
        lines += [_line(section, row) for row in section.rows] or [section.empty]
    return "\n".join([*lines, "", *(one for one in (data.note, data.foot) if one)])


def _line(section: ReportSection, row: tuple[str, ...]) -> str:
    heads = section.heads or ("",) * len(row)
    told = [f"{head} {cell}".strip() for head, cell in zip(heads[1:], row[1:], strict=False)]
    return f"- {row[0]}: {', '.join(told)}" if told else f"- {row[0]}"


def _share(words: Words, share: float | None) -> str:
    """Never rounded up to a hundred."""
    if share is None:
        return words("common.no_value")
    return words.figures.percent_short(Decimal(int(share * 10_000)) / 100)


def _ms(words: Words, value: float | None) -> str:
    return words("common.no_value") if value is None else words.figures.response(round(value))


def _overview(words: Words, summary: Summary) -> ReportSection:
    figures = words.figures
    rows = [
        ("connections", figures.number(len(summary.connections))),
        ("availability", _share(words, summary.availability)),
        ("calls", figures.number(summary.calls)),
        ("failed", figures.number(summary.failed)),
        ("incidents", figures.number(len(summary.incidents))),
        ("alerts", figures.number(len(summary.alerts))),
        ("orders", figures.number(summary.orders)),
        ("cancelled", figures.number(summary.cancelled)),
    ]
    told = [(words(f"reports.overview.{name}"), value) for name, value in rows]
    told += [(words("reports.overview.revenue", currency=one.currency), figures.money(one.amount, one.currency)) for one in summary.revenue]  # fmt: skip
    return ReportSection(words("reports.section.overview"), rows=tuple(told))


def _connections(words: Words, summary: Summary) -> ReportSection:
    heads = tuple(words(f"reports.column.{name}") for name in ("connection", "availability", "calls", "p95", "orders"))
    rows = tuple(
        (
            one.name, _share(words, one.availability), words.figures.number(one.calls), _ms(words, one.p95_ms),
            words.figures.number(one.orders),
        )
        for one in summary.connections
    )  # fmt: skip
    return ReportSection(words("reports.section.connections"), heads, rows, words("reports.none.connections"))


def _slowest(words: Words, summary: Summary) -> ReportSection:
    heads = tuple(words(f"reports.column.{name}") for name in ("integration", "p95", "goal"))
    rows = tuple((one.integration, _ms(words, one.p95_ms), _ms(words, one.goal_ms)) for one in summary.slowest)
    return ReportSection(words("reports.section.slowest"), heads, rows, words("reports.none.calls"))


def _operations(words: Words, summary: Summary) -> ReportSection:
    heads = tuple(words(f"reports.column.{name}") for name in ("operation", "calls", "failed"))
    rows = tuple(
        (_operation(words, name), words.figures.number(calls), words.figures.number(failed))
        for name, calls, failed in summary.operations
    )
    return ReportSection(words("reports.section.operations"), heads, rows, words("reports.none.calls"))


def _operation(words: Words, name: str) -> str:
    key = f"operation.{name}"
    return words(key) if words.has(key) else name or words("common.no_value")


def _alerts(words: Words, section: str, summary: Summary, found: tuple[Told, ...]) -> ReportSection:
    heads = tuple(words(f"reports.column.{name}") for name in ("alert", "severity", "began", "lasted"))
    zone, rows = summary.until.tzinfo, []
    for one in found[:MOST_ROWS]:
        began = one.began.astimezone(zone)
        lasted = words.figures.left(one.lasted)
        rows.append((
            texts.title(words, one.body), words(f"alerts.severity.{one.body.severity}"),
            f"{words.figures.date_short(began.date())} {words.figures.time(began)}",
            words("reports.still", span=lasted) if one.open else lasted,
        ))  # fmt: skip
    if len(found) > MOST_ROWS:
        rows.append((words("reports.more", count=len(found) - MOST_ROWS), "", "", ""))
    return ReportSection(words(f"reports.section.{section}"), heads, tuple(rows), words(f"reports.none.{section}"))
