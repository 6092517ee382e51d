"""What an alert says in words, for every channel, the window and the command line. Connections by the merchant's own
names; no address, no key, nothing of a buyer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.contracts import Message
from app.formats.words import Words
from app.monitor.alerting.rules import RULES, Unit
from app.store.alerts import AGAIN, ENDED, AlertBody, AlertRow

#: How a message becomes a sentence; the floor above knows (`app.api.answers.sentence`).
Sentence = Callable[[Words, Message], str]
MOST_NAMES = 3


def title(words: Words, body: AlertBody) -> str:
    """ "Trendyol: anahtar kabul edilmiyor"."""
    key = f"alerts.title.{body.rule}"
    return words(key if words.has(key) else "alerts.title.other", names=names(words, body), rule=body.rule)


def names(words: Words, body: AlertBody) -> str:
    """The connections: up to three by name, the others as a number."""
    first, more = body.names[:MOST_NAMES], len(body.names) - MOST_NAMES
    listed = ", ".join(first)
    return words("alerts.names_more", names=listed, count=more) if more > 0 else listed


def text(words: Words, body: AlertBody, sentence: Sentence) -> str:
    """What is so, by which figures, and what to do."""
    key, figures = f"alerts.text.{body.rule}", body.figures
    parts = []
    if words.has(key):
        shown: dict[str, str] = {
            name: figure(words, body.rule, figures[name]) for name in ("value", "limit", "usual") if name in figures
        }
        if "at" in figures:  # a forecast
            shown["at"] = moment(words, body.rule, figures["at"])
        parts.append(words(key, count=figures.get("count", len(body.connections)), **shown))
    if body.cause is not None:
        parts.append(sentence(words, body.cause.about(connection="", operation="")))
    return " ".join(parts)


def figure(words: Words, rule: str, value: int) -> str:
    """A figure of a condition in its own unit."""
    if rule in ("slow", "unusual_speed"):  # their thresholds are shares, their figures response times
        return words.figures.response(value)
    if rule == "key_ends":
        value = max(0, value)  # a key that has ended has no days left
    return amount(words, RULES[rule].unit, value) if rule in RULES else words.figures.number(value)


def moment(words: Words, rule: str, at: int) -> str:
    """The instant of a forecast in the computer's own zone: a day for the disk, else a time of day."""
    local = datetime.fromtimestamp(at, UTC).astimezone()
    return words.figures.date(local.date()) if rule == "disk_fills" else words.figures.time(local)


def amount(words: Words, unit: Unit, value: int) -> str:
    """A threshold as people read it: "15 dk", "%99,9", "7 gün", "1 GB"."""
    shown = words.figures
    if unit is Unit.SECONDS:
        return shown.left(timedelta(seconds=value))
    if unit is Unit.DAYS:
        return words("alerts.days", count=value)
    if unit is Unit.PERCENT:
        return shown.percent(Decimal(value), 0)
    if unit is Unit.BASIS:
        return shown.percent_short(Decimal(value) / 100)
    if unit is Unit.PIECES:
        return words("alerts.pieces", count=value)
    if unit is Unit.MEGABYTES:
        return shown.size(value * 1_000_000)
    return words("alerts.times", count=value)


def headline(words: Words, body: AlertBody, event: str) -> str:
    """The title with what became of it: "Yüksek: …", "Düzeldi: …"."""
    told = title(words, body)
    if event == ENDED:
        return words("alerts.headline.ended", title=told)
    severity = words(f"alerts.severity.{body.severity}")
    return words(f"alerts.headline.{'again' if event == AGAIN else 'opened'}", title=told, severity=severity)


def span(words: Words, row: AlertRow, now: datetime) -> str:
    """Since when, or from when to when, in the computer's own zone."""
    local = now.astimezone()
    began = words.figures.when(row.opened_at.astimezone(), local)
    if row.ended_at is None:
        return words("alerts.since", time=began)
    lasted = words.figures.left(row.ended_at - row.opened_at)
    return words("alerts.lasted", time=began, until=words.figures.when(row.ended_at.astimezone(), local), span=lasted)
