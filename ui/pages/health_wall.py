"""The wall: one row per connection, in words. Reads reports and connection rows, draws nothing, asks no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from app.api.answers import sentence
from app.contracts import Message
from app.monitor.health import HealthReport, State
from app.store.connections import ConnectionRow
from ui.charts.data import round_ms
from ui.pages.health_figures import error_words, percent
from ui.tables import Channel, Column, Kind, Status, Tinted
from ui.theme import look_of
from ui.words import figures, t, words

COLUMNS = (
    Column("connection", "health.connection", Kind.CHANNEL, rank=1, width=216),
    Column("state", "health.state", Kind.STATUS, rank=1, width=122),
    Column("blame", "health.blame", Kind.TEXT, rank=1, width=180),
    Column("last_ok", "health.last_ok", Kind.QUIET, rank=2, width=78),
    Column("p95", "health.p95_goal", Kind.NUMBER, rank=2, width=112),
    Column("day", "health.today", Kind.NUMBER, rank=2, width=78),
    Column("month", "health.days_30", Kind.NUMBER, rank=3, width=78),
    Column("errors", "health.errors_24h", Kind.QUIET, rank=3, width=126),
    Column("breaker", "health.breaker", Kind.QUIET, rank=3, width=82),
    Column("queue", "health.queue", Kind.NUMBER, rank=3, width=68),
)
#: From the worst to the best: the order of the column "state", and which connection is looked at first.
_ORDER = [State.UNHEALTHY, State.OFFLINE, State.DEGRADED, State.UNKNOWN, State.PAUSED, State.HEALTHY]
_BREAKER = {"open": ("unhealthy", "health.breaker_open"), "half_open": ("degraded", "health.breaker_half_open")}


@dataclass(frozen=True)
class Watched:
    """What is known of one connection now. `queue` waiting calls, `queue_s` seconds until the last of them goes."""

    row: ConnectionRow
    report: HealthReport
    title: str  # the integration's own name
    queue: int = 0
    queue_s: float = 0.0

    @property
    def rank(self) -> int:
        """0 is the worst state."""
        return _ORDER.index(self.report.state)


def looks(state: State) -> str:
    """The name of a state's chip."""
    return state.value


def state_words(state: State) -> str:
    """The chip's word: before the first call it says so, not that something is unknown."""
    return t("health.not_called") if state is State.UNKNOWN else t(look_of(looks(state)).word)


def blame_sentence(report: HealthReport) -> str:
    """What happened, on whose side, what to do; the name of the connection stands beside it and is left out."""
    if report.message is None:
        key = {State.PAUSED: "health.paused", State.UNKNOWN: "health.not_called_yet"}.get(
            report.state, "health.all_well"
        )
        return t(key)
    return sentence(words(), localised(report.message))


def localised(message: Message) -> Message:
    """Without the head (name, operation), and with seconds in the language's figures: the core writes "6.2"."""
    params = {k: v for k, v in message.params.items() if k not in ("connection", "operation")}
    for name in ("seconds", "goal"):
        try:
            value = Decimal(params[name])
        except (KeyError, InvalidOperation):
            continue
        params[name] = figures().number(value, max(0, -int(value.as_tuple().exponent)))
    return msgspec.structs.replace(message, params=params)


def p95_words(report: HealthReport) -> str:
    """ "412 ms / 5 sn"; "—" before anything was measured."""
    if report.p95_ms is None:
        return "—"
    return f"{figures().response(round_ms(report.p95_ms))} / {short_goal(report.goal_ms)}"


def short_goal(goal_ms: int) -> str:
    """ "5 sn"."""
    return f"{figures().number(Decimal(goal_ms) / 1000, 0 if goal_ms % 1000 == 0 else 1)} {t('chart.s')}"


def queue_words(watched: Watched) -> str:
    """ "3 · 12 sn": how many calls wait and until when the last goes."""
    if not watched.queue:
        return "—"
    number = figures().number(watched.queue)
    return f"{number} · {figures().number(round(watched.queue_s))} {t('chart.s')}" if watched.queue_s >= 1 else number


def _tinted(text: str, role: str) -> str | Tinted:
    return Tinted(text, role) if role else text


def _share_role(share: float | None) -> str:
    if share is None or share >= 0.99:
        return ""
    return "degraded_text" if share >= 0.9 else "unhealthy_text"


def table_row(watched: Watched, now: datetime) -> tuple[Any, ...]:
    """Key, then a value per column of COLUMNS."""
    report = watched.report
    calm = report.state in (State.HEALTHY, State.PAUSED, State.UNKNOWN)
    ink = "" if calm else f"{look_of(looks(report.state)).ink}_text"
    over = report.p95_ms is not None and report.p95_ms > report.goal_ms
    last = "—" if report.last_ok_at is None else figures().when(report.last_ok_at.astimezone(), now.astimezone())
    breaker = _BREAKER.get(report.breaker)
    return (
        report.connection_id,
        Channel(report.integration, watched.title, "" if report.connection == watched.title else report.connection),
        Status(looks(report.state), state_words(report.state)),
        Tinted(blame_sentence(report), ink or "text_2", strong=bool(ink)),
        last,
        _tinted(p95_words(report), "degraded_text" if over else ""),
        _tinted(percent(report.availability_24h), _share_role(report.availability_24h)),
        _tinted(percent(report.availability_30d), _share_role(report.availability_30d)),
        error_words(report.errors_24h) or "—",
        Tinted(t(breaker[1]), f"{breaker[0]}_text") if breaker else t("health.breaker_closed"),
        queue_words(watched),
    )


def _latest(one: Watched) -> float:
    return one.report.last_ok_at.timestamp() if one.report.last_ok_at else 0.0


def _or(value: float | None, none: float) -> float:
    return none if value is None else value


_SORTS: dict[str, Callable[[Watched], Any]] = {
    "connection": lambda one: (one.title.casefold(), one.report.connection.casefold()),
    "state": lambda one: one.rank,
    "blame": lambda one: blame_sentence(one.report),
    "last_ok": _latest,
    "p95": lambda one: _or(one.report.p95_ms, -1.0),
    "day": lambda one: _or(one.report.availability_24h, 2.0),
    "month": lambda one: _or(one.report.availability_30d, 2.0),
    "errors": lambda one: sum(one.report.errors_24h.values()),
    "breaker": lambda one: one.report.breaker,
    "queue": lambda one: one.queue,
}


def ordered(wall: Sequence[Watched], sort: tuple[str, bool] | None) -> list[Watched]:
    """By a column, else in the order in which the connections were made."""
    if sort is None:
        return sorted(wall, key=lambda one: one.row.id)
    return sorted(wall, key=_SORTS[sort[0]], reverse=not sort[1])


def worst(wall: Sequence[Watched]) -> Watched | None:
    """The connection that is looked at first."""
    return min(wall, key=lambda one: (one.rank, one.row.id), default=None)
