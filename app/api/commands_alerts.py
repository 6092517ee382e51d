"""The commands about alerts: which are on, their rules and channels. A secret goes in and never comes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, iso, words_of
from app.api.commands import COMMANDS
from app.console import Console
from app.formats.words import Words
from app.monitor.alerting import texts
from app.monitor.alerting.desk import AlertDesk
from app.monitor.alerting.quiet import Channel, Quiet
from app.monitor.alerting.rules import AlertError, Rule, Severity, read_span, read_threshold, rules_of, typed_threshold
from app.monitor.alerting.sending import SendFailed
from app.store import AlertRow

Doing = Callable[[AlertDesk, dict[str, Any], Words], Awaitable[Answer]]


def _command(work: Doing) -> Callable[[Console, dict[str, Any]], Awaitable[Answer]]:
    """A command on the desk; a wish that cannot be met is wrong usage."""

    @wraps(work)
    async def run(console: Console, args: dict[str, Any]) -> Answer:
        words = words_of(args)
        try:
            return await work(console.alert_desk, args, words)
        except AlertError as error:
            raise Usage(words(error.key, **error.params)) from error

    return run


# -- alerts --------------------------------------------------------------------------------------------------------
async def alerts(console: Console, args: dict[str, Any]) -> Answer:
    """What is on, gravest first. A workspace that nobody has open is looked at once before it is answered."""
    words, answer = words_of(args), Answer(data=[])
    if console.engine.scheduler is None and not console.store.db.read_only:
        await console.alert_desk.look()
    now = datetime.now(UTC)
    for row in sorted(
        await console.store.alerts.list(open_only=not args.get("all")),
        key=lambda one: (one.ended_at is not None, Severity(one.body.severity).rank, -one.id),
    ):
        answer.data.append(alert_data(row))
        marks = [mark for mark in _marks(words, row, now) if mark]
        severity = words(f"alerts.severity.{row.body.severity}")
        tail = f" ({', '.join(marks)})" if marks else ""
        answer.say(f"{row.id:>5} {severity:<8} {texts.title(words, row.body)}{tail}")
        for line in (texts.text(words, row.body, sentence), texts.span(words, row, now)):
            if line:
                answer.say(f"      {line}")
    answer.say(words("alerts.count", count=len(answer.data)) if answer.data else words("alerts.none"))
    for name, message in (await console.store.alerts.troubles()).items():
        channel = words(f"alerts.channel.{name}")
        answer.say(words("alerts.cli.trouble", name=channel, why=sentence(words, message)))
    return answer


def _marks(words: Words, row: AlertRow, now: datetime) -> list[str]:
    until = row.snoozed_until
    return [
        words("alerts.ended") if row.ended_at is not None else "",
        words("alerts.acked") if row.acked_at is not None else "",
        words("alerts.snoozed", time=clock(words, until)) if until is not None and row.rests(now) else "",
    ]


def clock(words: Words, at: datetime) -> str:
    """An instant as it is read here and now."""
    return words.figures.when(at.astimezone(), datetime.now(UTC).astimezone())


def alert_data(row: AlertRow) -> dict[str, Any]:
    body = row.body
    return {
        "id": row.id, "rule": body.rule, "severity": body.severity, "subject": body.subject,
        "connections": list(body.names), "figures": body.figures, "cause": message_data(body.cause),
        "opened_at": iso(row.opened_at), "ended_at": iso(row.ended_at), "acked_at": iso(row.acked_at),
        "snoozed_until": iso(row.snoozed_until),
    }  # fmt: skip


@_command
async def acknowledge(desk: AlertDesk, args: dict[str, Any], words: Words) -> Answer:
    row = await desk.acknowledge(int(args["id"]), not args.get("undo"))
    return Answer(data=alert_data(row), lines=[words("alerts.cli.unacked" if args.get("undo") else "alerts.cli.acked", id=str(row.id))])  # fmt: skip


@_command
async def snooze(desk: AlertDesk, args: dict[str, Any], words: Words) -> Answer:
    span = None if args.get("undo") else timedelta(seconds=read_span(str(args["span"])))
    row = await desk.snooze(int(args["id"]), span)
    if row.snoozed_until is None:
        return Answer(data=alert_data(row), lines=[words("alerts.cli.unsnoozed", id=str(row.id))])
    told = words("alerts.cli.snoozed", id=str(row.id), time=clock(words, row.snoozed_until))
    return Answer(data=alert_data(row), lines=[told])


# -- rules ---------------------------------------------------------------------------------------------------------
@_command
async def rules(desk: AlertDesk, args: dict[str, Any], words: Words) -> Answer:
    answer = Answer(data=[])
    for rule in (await desk.rules()).values():
        answer.data.append(rule_data(rule))
        shown = texts.amount(words, rule.unit, rule.threshold)
        told = words(
            "alerts.cli.rule_line", name=words(f"alerts.rule.{rule.name}"), threshold=shown,
            severity=words(f"alerts.severity.{rule.severity}"),
        )  # fmt: skip
        answer.say(f"{rule.name:<16} {'' if rule.on else words('alerts.off') + ' '}{told}")
    return answer


def rule_data(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name, "on": rule.on, "severity": str(rule.severity), "threshold": rule.threshold,
        "typed": typed_threshold(rule), "unit": str(rule.unit), "least": rule.least, "most": rule.most,
        "hold_s": rule.wait_s, "clear_s": rule.clear_s,
    }  # fmt: skip


@_command
async def rule(desk: AlertDesk, args: dict[str, Any], words: Words) -> Answer:
    name, typed = str(args["name"]), args.get("threshold")
    on, severity = args.get("on"), args.get("severity")
    if typed is None and on is None and severity is None and not args.get("reset"):
        raise Usage(words("alerts.cli.none_changed"))
    known = rules_of({})
    threshold = read_threshold(known[name], str(typed)) if typed is not None and name in known else None
    if args.get("reset"):
        await desk.reset_rule(name)
    changed = await desk.set_rule(name, on=on, threshold=threshold, severity=severity)
    told = words(
        "alerts.cli.rule_set", name=words(f"alerts.rule.{name}"),
        threshold=texts.amount(words, changed.unit, changed.threshold),
        severity=words(f"alerts.severity.{changed.severity}"), on=words("alerts.on" if changed.on else "alerts.off"),
    )  # fmt: skip
    return Answer(data=rule_data(changed), lines=[told])


# -- channels ------------------------------------------------------------------------------------------------------
async def channel_data(desk: AlertDesk, channel: Channel) -> dict[str, Any]:
    held = () if channel.name == "desktop" else sorted(await desk.held(channel.name))
    return {
        "name": channel.name, "on": channel.on, "least": str(channel.least), "settings": channel.settings,
        "secrets": list(held),
    }  # fmt: skip


@_command
async def channel(desk: AlertDesk, args: dict[str, Any], words: Words) -> Answer:
    if not args.get("name"):
        answer = Answer(data=[])
        for one in (await desk.channels()).values():
            answer.data.append(await channel_data(desk, one))
            answer.say(_told(words, "alerts.cli.channel_line", one))
        return answer
    changed = await desk.set_channel(
        str(args["name"]), on=args.get("on"), least=args.get("least"), settings=args.get("set") or {},
        secrets=args.get("secrets") or {},
    )  # fmt: skip
    return Answer(data=await channel_data(desk, changed), lines=[_told(words, "alerts.cli.channel_set", changed)])


def _told(words: Words, key: str, channel: Channel) -> str:
    return words(
        key, name=words(f"alerts.channel.{channel.name}"), on=words("alerts.on" if channel.on else "alerts.off"),
        least=words(f"alerts.severity.{channel.least}"),
    )  # fmt: skip


@_command
async def test(desk: AlertDesk, args: dict[str, Any], words: Words) -> Answer:
    name = str(args["name"])
    shown, data = words(f"alerts.channel.{name}"), {"channel": name}
    try:
        left = await desk.test(name)
    except SendFailed as error:
        why = sentence(words, error.message)
        told = words("alerts.test.failed", channel=shown, why=why)
        return Answer(1, {**data, "sent": False, "message": message_data(error.message)}, [told])
    key = "alerts.test.done" if left is None else "alerts.test.done_partly"
    told = words(key, channel=shown, why="" if left is None else sentence(words, left))
    return Answer(data={**data, "sent": True, "message": message_data(left)}, lines=[told])


# -- quiet hours, retention ----------------------------------------------------------------------------------------
@_command
async def quiet(desk: AlertDesk, args: dict[str, Any], words: Words) -> Answer:
    found = await desk.set_quiet(on=args.get("on"), since=args.get("since"), until=args.get("until"))
    return Answer(data={"on": found.on, "from": found.since, "to": found.until}, lines=[_quiet(words, found)])


def _quiet(words: Words, quiet: Quiet) -> str:
    if not quiet.on:
        return words("alerts.cli.quiet_off")
    return words("alerts.cli.quiet_on", since=quiet.since, until=quiet.until)


@_command
async def keep(desk: AlertDesk, args: dict[str, Any], words: Words) -> Answer:
    days = await desk.set_keep_days(int(args["days"]))
    return Answer(data={"days": days}, lines=[words("alerts.cli.kept", count=days)])


COMMANDS.update({
    "alerts": alerts, "alert_ack": acknowledge, "alert_snooze": snooze, "alert_rules": rules, "alert_rule": rule,
    "alert_channel": channel, "alert_test": test, "alert_quiet": quiet, "alert_keep": keep,
})  # fmt: skip
