"""The wall: one row per connection, in words. Reads reports and connection rows, draws nothing, asks no network."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from app.api.answers import sentence
from app.api.health_words import score_words
from app.api.key_words import key_sentence
from app.contracts import Message
from app.contracts.manifest import Limit
from app.http.limiter import HeadRoom
from app.monitor.health import HealthReport, State
from app.monitor.keys import KeyStanding, KeyState
from app.store.connections import ConnectionRow
from ui.charts.data import round_ms
from ui.pages.health_figures import error_words, percent
from ui.tables import Channel, Column, Kind, Status, Tinted
from ui.theme import look_of
from ui.words import figures, t, words

COLUMNS = (
    Column("connection", "health.connection", Kind.CHANNEL, rank=1, width=206),
    Column("state", "health.state", Kind.STATUS, rank=1, width=112),
    Column("blame", "health.blame", Kind.TEXT, rank=1, width=136),
    Column("score", "health.score", Kind.NUMBER, rank=2, width=58),
    Column("last_ok", "health.last_ok", Kind.QUIET, rank=2, width=68),
    Column("p95", "health.p95_goal", Kind.NUMBER, rank=2, width=104),
    Column("day", "health.today", Kind.NUMBER, rank=2, width=66),
    Column("week", "health.days_7", Kind.NUMBER, rank=3, width=66),
    Column("month", "health.days_30", Kind.NUMBER, rank=3, width=66),
    Column("errors", "health.errors_24h", Kind.QUIET, rank=3, width=90),
    Column("room", "health.head_room", Kind.NUMBER, rank=3, width=78),
    Column("key", "health.key", Kind.QUIET, rank=3, width=80),
    Column("breaker", "health.breaker", Kind.QUIET, rank=4, width=82),
    Column("queue", "health.queue", Kind.NUMBER, rank=4, width=68),
)
#: From the worst to the best: the order of the column "state", and which connection is looked at first.
_ORDER = [State.UNHEALTHY, State.OFFLINE, State.DEGRADED, State.UNKNOWN, State.PAUSED, State.HEALTHY]
#: From here on a score is good, or fair; an availability so far below its target is bad; so little room is scarce.
_GOOD_SCORE, _FAIR_SCORE, _FAR_BELOW, _LOW_ROOM = 85, 60, 0.05, 0.2
_BREAKER = {"open": ("unhealthy", "health.breaker_open"), "half_open": ("degraded", "health.breaker_half_open")}


@dataclass(frozen=True)
class Room:
    """Calls that may go at once, of how many at most (0: not known), and how many become free a second."""

    remaining: float
    capacity: float
    per_second: float

    @property
    def share(self) -> float | None:
        """0–1; None where the limit's size is not known."""
        return min(1.0, max(0.0, self.remaining / self.capacity)) if self.capacity else None


@dataclass(frozen=True)
class Watched:
    """What is known of one connection now. `queue` waiting calls, `queue_s` seconds until the last of them goes; `today` the
    availability (0–1) since midnight, None without calls; `room` what its limit still allows; `key` None where no key is known."""

    row: ConnectionRow
    report: HealthReport
    title: str  # the integration's own name
    queue: int = 0
    queue_s: float = 0.0
    today: float | None = None
    room: Room | None = None
    key: KeyStanding | None = None

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


def tightest(lanes: Sequence[HeadRoom], limits: Sequence[Limit]) -> Room | None:
    """The lane of an account with the least room; None while no lane has a limit. Its size is what the manifest publishes."""
    rooms = []
    for lane in lanes:
        if not math.isfinite(lane.remaining):
            continue
        sizes = [limit.burst or limit.calls for limit in limits if limit.group == lane.group]
        rooms.append(Room(lane.remaining, float(min(sizes, default=0)), lane.per_second))
    return min(rooms, key=lambda one: (1.0 if one.share is None else one.share, one.remaining), default=None)


def room_cell(room: Room | None) -> str | Tinted:
    """ "%72"; "dolu" when no call may go now; the calls themselves where the limit's size is not known."""
    if room is None:
        return "—"
    calls = math.floor(room.remaining)
    if room.per_second <= 0 or not math.isfinite(room.per_second):
        tip = t("health.room_calls", count=calls)
    else:
        rate = figures().number(Decimal(repr(room.per_second)).quantize(Decimal("0.01")).normalize())
        tip = t("health.room_tip", count=calls, rate=rate)
    if calls < 1:
        return Tinted(t("health.room_full"), "degraded_text", True, tip)
    share = room.share
    text = (
        figures().number(calls) if share is None else figures().percent_short(Decimal(math.floor(share * 100 + 1e-9)))
    )
    low = share is not None and share < _LOW_ROOM
    return Tinted(text, "degraded_text" if low else "text", low, tip)


def key_cell(key: KeyStanding | None, now: datetime) -> str | Tinted:
    """How long the key still lives, counted down: "28 gün", "41 dk"; no end: so it is said."""
    if key is None:
        return "—"
    tip = key_sentence(words(), key)
    if key.ends_at is not None and key.ends_at <= now:
        return Tinted(t("health.key_ended"), "unhealthy_text", True, tip)
    if key.ends_at is not None:
        ending = key.state is KeyState.ENDING
        return Tinted(figures().left(key.ends_at - now), "degraded_text" if ending else "text_2", ending, tip)
    if key.state is KeyState.DUE:
        return Tinted(t("health.key_due"), "info_text", True, tip)
    return Tinted(t("health.key_endless"), "text_2", False, tip)


def score_cell(report: HealthReport) -> str | Tinted:
    """The number; its parts stand in the tool-tip and are spoken."""
    score = report.score
    if score is None:
        return "—"
    role = "text" if score.total >= _GOOD_SCORE else "degraded_text" if score.total >= _FAIR_SCORE else "unhealthy_text"
    return Tinted(str(score.total), role, role != "text", score_words(words(), score))


def share_cell(share: float | None, target: float) -> str | Tinted:
    """A share against its target; one that misses it says the target in its tool-tip."""
    if share is None or share >= target:
        return percent(share)
    role = "degraded_text" if share >= target - _FAR_BELOW else "unhealthy_text"
    return Tinted(percent(share), role, True, t("health.goal", value=percent(target)))


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
        score_cell(report),
        last,
        _tinted(p95_words(report), "degraded_text" if over else ""),
        share_cell(watched.today, report.target),
        share_cell(report.availability_7d, report.target),
        share_cell(report.availability_30d, report.target),
        error_words(report.errors_24h) or "—",
        room_cell(watched.room),
        key_cell(watched.key, now),
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
    "score": lambda one: -1 if one.report.score is None else one.report.score.total,
    "day": lambda one: _or(one.today, 2.0),
    "week": lambda one: _or(one.report.availability_7d, 2.0),
    "month": lambda one: _or(one.report.availability_30d, 2.0),
    "errors": lambda one: sum(one.report.errors_24h.values()),
    "room": lambda one: 2.0 if one.room is None else _or(one.room.share, 1.0),
    "key": lambda one: one.key.ends_at.timestamp() if one.key is not None and one.key.ends_at is not None else math.inf,
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
