"""The commands about reports: a summary as text, PDF and e-mail, and when it is sent by itself."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, iso, words_of
from app.api.commands import COMMANDS
from app.console import Console
from app.formats.words import Words
from app.jobs.reporting import Last, Schedule
from app.monitor.alerting.rules import AlertError
from app.monitor.alerting.sending import SendFailed
from app.monitor.report_words import mail_text
from app.monitor.reporting import Made
from app.monitor.summary import Summary, Told
from app.platform.files import save_atomically
from app.store import Action


async def report(console: Console, args: dict[str, Any]) -> Answer:
    """The summary as text; with `out` also as a PDF, with `send` also by e-mail. The schedule knows nothing of either."""
    words = words_of(args)
    last = _day(words, args.get("day"), console)
    made = await console.reporter.make(str(args["kind"]), last, words)
    answer = Answer(data=summary_data(made.summary), lines=mail_text(made.data).splitlines())
    if args.get("out"):
        path = Path(args["out"])
        await asyncio.to_thread(_write, path, made.pdf)
        await console.store.audit.note(Action.DATA_EXPORTED, subject=("report", made.summary.kind))
        answer.data["out"] = str(path)
        answer.say(words("reports.written", path=str(path), count=made.pages))
    if args.get("send"):
        await _send(console, words, made, answer)
    return answer


async def _send(console: Console, words: Words, made: Made, answer: Answer) -> None:
    try:
        left = await console.reporter.send(made, uuid4().hex)
    except SendFailed as error:
        answer.exit = 1
        answer.data.update(sent=False, message=message_data(error.message))
        answer.say(words("reports.not_sent", why=sentence(words, error.message)))
        return
    await console.store.audit.note(Action.DATA_EXPORTED, subject=("report", made.summary.kind))
    answer.data.update(sent=True, message=message_data(left))
    answer.say(words("reports.sent"))
    if left is not None:
        answer.say(sentence(words, left))


def _day(words: Words, text: str | None, console: Console) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Usage(words("cli.bad_date", text=text)) from error
    if day > console.reporter.here().date():
        raise Usage(words("reports.future", text=text))
    return day


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_atomically(path, data, keep_previous=False)


def summary_data(summary: Summary) -> dict[str, Any]:
    return {
        "kind": summary.kind, "first": summary.first.isoformat(), "last": summary.last.isoformat(),
        "since": iso(summary.since), "until": iso(summary.until), "availability": summary.availability,
        "calls": summary.calls, "failed": summary.failed, "orders": summary.orders, "cancelled": summary.cancelled,
        "revenue": {money.currency: money.text() for money in summary.revenue}, "incomplete": summary.incomplete,
        "connections": [msgspec.to_builtins(one) for one in summary.connections],
        "slowest": [msgspec.to_builtins(one) for one in summary.slowest],
        "operations": [{"operation": name, "calls": calls, "failed": failed} for name, calls, failed in summary.operations],
        "incidents": [_told(one) for one in summary.incidents], "alerts": [_told(one) for one in summary.alerts],
    }  # fmt: skip


def _told(one: Told) -> dict[str, Any]:
    body = one.body
    return {
        "rule": body.rule, "severity": body.severity, "connections": list(body.names), "began_at": iso(one.began),
        "lasted_s": int(one.lasted.total_seconds()), "open": one.open,
    }  # fmt: skip


async def schedule(console: Console, args: dict[str, Any]) -> Answer:
    """When reports go out by themselves. One that is switched on must be able to: the e-mail channel is looked at first."""
    words, reporting = words_of(args), console.engine.reporting
    if reporting is None:
        raise RuntimeError("this console has no clock for reports")
    kind = args.get("kind")
    wished = {part: args.get(part) for part in ("on", "hour", "weekday")}
    if kind is None and any(value is not None for value in wished.values()):
        raise Usage(words("reports.which"))
    if kind is not None:
        if wished["on"]:
            try:
                await console.reporter.ready()
            except AlertError as error:
                raise Usage(words("reports.no_mail", why=words(error.key, **error.params))) from error
        await reporting.set_schedule(str(kind), **wished)
    answer = Answer(data=[])
    for one in (await reporting.schedules()).values():
        last = await reporting.last(one.kind)
        answer.data.append(_schedule_data(one, last))
        key = f"reports.schedule.{one.kind}" if one.on else "reports.schedule.off"
        answer.say(words(
            key, name=words(f"reports.title.{one.kind}"), hour=f"{one.hour:02d}:00", day=words(f"reports.weekday.{one.weekday}"),
        ))  # fmt: skip
    return answer


def _schedule_data(one: Schedule, last: Last | None) -> dict[str, Any]:
    return {
        "kind": one.kind, "on": one.on, "hour": one.hour, "weekday": one.weekday,
        "last": None if last is None else {"day": last.day, "state": last.state, "tries": last.tries},
    }  # fmt: skip


COMMANDS.update({"report": report, "report_schedule": schedule})
