"""What the Today page shows, gathered from the store: figures, deadlines, troubles, channels. No widget in here, and
nothing is added up over currencies. Instants come as aware UTC and are read in the computer's own zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from app.api.answers import sentence
from app.api.key_words import trouble_words
from app.contracts import Message
from app.model import Money
from app.monitor.health import Blame, HealthReport, State
from app.monitor.keys import KeyState
from app.store import AttentionRow, OrderQuery, OrderRow, SeriesPoint, Store, TodayFigures
from ui.pages.today_alerts import alert_troubles
from ui.pages.today_trouble import Trouble
from ui.services import Services
from ui.words import figures, t, words

DAYS = 7
MOST_ROWS = 300
MOST_GROUPS = 6
WALL_CELLS = 12
WAITING = ("queued", "sending", "pending", "unknown")
READY = ("packed", "shipped")  # local states in which nothing but the carrier is awaited


@dataclass(frozen=True, slots=True)
class Deadline:
    """Orders that must leave by one moment. `kind` "late", "today", "tomorrow"."""

    kind: str
    at: datetime
    rows: tuple[OrderRow, ...]

    @property
    def ready(self) -> int:
        return sum(row.local_state in READY for row in self.rows)


@dataclass(frozen=True, slots=True)
class ChannelDay:
    """A channel's figures: orders today and in seven days, to ship, and one number a day (oldest first)."""

    id: int
    integration: str
    name: str
    today: int
    week: int
    to_ship: int
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WallCell:
    """A connection on the compact wall. `speed` in words; `points` p95 in ms over the last hour, oldest first."""

    id: int
    name: str
    note: str
    state: str
    speed: str
    points: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """Everything of the page at one moment. `days` are the orders of seven days, oldest first."""

    figures: TodayFigures
    deadlines: tuple[Deadline, ...] = ()
    tomorrow: int = 0
    ready_today: int = 0
    next_deadline: datetime | None = None
    days: tuple[int, ...] = ()
    yesterday_by_now: int = 0
    week_sales: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    channels: tuple[ChannelDay, ...] = ()
    wall: tuple[WallCell, ...] = ()
    last_data: datetime | None = None
    connections: int = 0


def midnight(now: datetime) -> datetime:
    """The day's first moment in the zone of `now`. Twice through the zone, for the day on which the clocks change."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None).astimezone(now.tzinfo)


def group_deadlines(rows: Sequence[OrderRow], now: datetime) -> tuple[Deadline, ...]:
    """Orders by the moment they must leave, earliest first: late ones, today's moments, tomorrow's as one. Orders with
    no deadline or a later one are left out. More than six moments of a day are put together by the hour, each group
    under its earliest moment, so that nobody is late who keeps to it. `now` is in the person's zone."""
    tonight = midnight(now + timedelta(days=1))
    after = midnight(now + timedelta(days=2))
    late: list[OrderRow] = []
    today: dict[datetime, list[OrderRow]] = {}
    tomorrow: list[OrderRow] = []
    for row in rows:
        if row.ship_by is None:
            continue
        due = row.ship_by.astimezone(now.tzinfo)
        if due < now:
            late.append(row)
        elif due < tonight:
            today.setdefault(due.replace(second=0, microsecond=0), []).append(row)
        elif due < after:
            tomorrow.append(row)
    if len(today) > MOST_GROUPS:
        by_hour: dict[datetime, list[tuple[datetime, OrderRow]]] = {}
        for due, some in today.items():
            by_hour.setdefault(due.replace(minute=0), []).extend((due, row) for row in some)
        today = {min(d for d, _ in pairs): [row for _, row in pairs] for pairs in by_hour.values()}
    groups = [Deadline("late", min(r.ship_by for r in late if r.ship_by), tuple(late))] if late else []
    groups += [Deadline("today", due, tuple(today[due])) for due in sorted(today)]
    if tomorrow:
        groups.append(Deadline("tomorrow", min(r.ship_by for r in tomorrow if r.ship_by), tuple(tomorrow)))
    return tuple(groups)


async def gather_day(services: Services) -> Day:
    """Asks the store for all of it. Raises StoreError."""
    store, now = services.store, services.now().astimezone()
    summary = await store.orders.summary(now)
    rows = await store.orders.query(OrderQuery(to_ship_only=True, sort="ship_by", descending=False, limit=MOST_ROWS))
    groups = group_deadlines(rows, now)
    todays = [one for one in groups if one.kind != "tomorrow"]
    reports = await services.health.all()
    channels = await _channels(services, summary, now)
    day_counts = [await _placed(store, None, now, back) for back in range(DAYS - 1, 0, -1)]
    start = midnight(now)
    return Day(
        figures=summary,
        deadlines=tuple(todays) or groups,
        tomorrow=sum(len(one.rows) for one in groups if one.kind == "tomorrow"),
        ready_today=sum(one.ready for one in todays),
        next_deadline=next((one.at for one in groups if one.kind == "today"), None),
        days=(*day_counts, summary.new_today),
        yesterday_by_now=await store.orders.count(
            OrderQuery(since=start - timedelta(days=1), until=now - timedelta(days=1))
        ),
        week_sales=await _week_sales(store, summary, now),
        waiting=await _waiting(store, now),
        troubles=await gather_troubles(services, reports),
        channels=channels,
        wall=await _wall(services, reports, now),
        last_data=max((r.last_ok_at for r in reports if r.last_ok_at is not None), default=None),
        connections=len(reports),
    )


async def _placed(store: Store, connection: int | None, now: datetime, back: int) -> int:
    """Orders that were placed on the day `back` days ago."""
    first = midnight(now - timedelta(days=back))
    return await store.orders.count(
        OrderQuery(connection_id=connection, since=first, until=midnight(now - timedelta(days=back - 1)))
    )


async def _week_sales(store: Store, today: TodayFigures, now: datetime) -> dict[str, int]:
    total = dict(today.sales_micros)
    for back in range(1, DAYS):
        that = await store.orders.summary(now - timedelta(days=back))
        for currency, micros in that.sales_micros.items():
            total[currency] = total.get(currency, 0) + micros
    return total


async def _waiting(store: Store, now: datetime) -> dict[str, int]:
    """What waits to be sent, by kind, and "all"."""
    counts = await store.outbox.counts()
    by_kind: dict[str, int] = {}
    for _, kind, count in await store.outbox.due(now + timedelta(days=366)):
        by_kind[kind] = by_kind.get(kind, 0) + count
    return {**by_kind, "all": sum(counts.get(state, 0) for state in WAITING)}


async def _channels(services: Services, summary: TodayFigures, now: datetime) -> tuple[ChannelDay, ...]:
    found = []
    for row in await services.store.connections.list():
        if "order_source" not in services.catalogue.manifest(row.integration).capabilities:
            continue
        days = tuple([await _placed(services.store, row.id, now, back) for back in range(DAYS - 1, -1, -1)])
        to_ship = summary.to_ship_by_connection.get(row.id, 0)
        found.append(ChannelDay(row.id, row.integration, row.name, days[-1], sum(days), to_ship, days))
    return tuple(sorted(found, key=lambda one: (-one.week, one.id)))


LOOKS = {State.UNKNOWN: "offline"}


def look_of_state(state: State) -> str:
    """The look of a connection's state; one that was never called is grey."""
    return LOOKS.get(state, state.value)


_WORST = (State.UNHEALTHY, State.OFFLINE, State.DEGRADED, State.UNKNOWN, State.HEALTHY, State.PAUSED)


async def _wall(services: Services, reports: Sequence[HealthReport], now: datetime) -> tuple[WallCell, ...]:
    """The worst states first, so that none of them is beyond the cells that are shown; only those have a line of the hour."""
    cells = []
    for place, one in enumerate(sorted(reports, key=lambda report: _WORST.index(report.state))):
        points: list[SeriesPoint] = []
        if one.state is not State.PAUSED and place < WALL_CELLS:
            points = await services.store.samples.series(one.connection_id, now - timedelta(hours=1), now, points=20)
        name = services.catalogue.manifest(one.integration).name
        speeds = tuple(p.p95 for p in points if p.p95 is not None)
        cells.append(
            WallCell(
                one.connection_id,
                one.connection,
                name if name != one.connection else "",
                look_of_state(one.state),
                speed_words(one, points),
                speeds,
            )
        )
    return tuple(cells)


def speed_words(one: HealthReport, points: Sequence[SeriesPoint]) -> str:
    """The last measured response time, or the word for what stands in its place."""
    if one.state is State.UNHEALTHY and one.blame is not Blame.NONE:
        return t(f"today.blame.{one.blame.value}")
    last = next((p.p50 for p in reversed(points) if p.p50 is not None), one.p50_ms)
    return "—" if last is None else figures().response(round(last))


async def gather_troubles(services: Services, reports: Sequence[HealthReport]) -> tuple[Trouble, ...]:
    """Connections in trouble, unreadable records, refused and lost writes, buyers who want to cancel; worst first."""
    found = await alert_troubles(services)
    one_line = any(one.key.startswith("alert-offline") for one in found)  # for all that have no way out
    for one in reports:
        if one.state is State.OFFLINE and one_line:
            continue
        if one.state in (State.UNHEALTHY, State.DEGRADED, State.OFFLINE):
            look = look_of_state(one.state)
            key = f"today.trouble.{'key' if one.blame is Blame.KEY else look}"
            button = "today.renew_key" if one.blame is Blame.KEY else "today.look"
            page = "connections" if one.blame in (Blame.KEY, Blame.YOURS) else "health"
            found.append(
                Trouble(
                    f"connection-{one.connection_id}",
                    look,
                    t(key, name=one.connection),
                    told(one.message),
                    one.last_error_at,
                    t(button),
                    (page, {"connection": one.connection_id}),
                )
            )
    found += await _keys(services)
    found += await _backup(services)
    found += await _unreadable(services)
    counts = await services.store.outbox.counts()
    for state, look, view in (("refused", "unhealthy", "refused"), ("unknown", "degraded", "waiting")):
        count = counts.get(state, 0)
        if count:
            title = t(f"today.trouble.{state}_writes", count=count)
            text = t(f"today.trouble.{state}_writes_text")
            found.append(
                Trouble(f"writes-{state}", look, title, text, None, t("common.show"), ("prices", {"view": view}))
            )
    rank = {"unhealthy": 0, "degraded": 1}
    return tuple(sorted(found, key=lambda one: rank.get(one.state, 2)))


async def _backup(services: Services) -> list[Trouble]:
    """The automatic backup, when its last try failed or the last good one is older than three days."""
    keeping = services.engine.housekeeping
    if keeping is None or keeping.backups is None:
        return []
    state = await keeping.backups.state()
    worry = state.worry(services.now())
    if not worry:
        return []
    if state.trouble is not None:
        text = sentence(words(), state.trouble)
    else:
        text = t("backups.today_old_text" if state.files else "backups.today_never")
    look, at = ("unhealthy", state.tried_at) if worry == "failed" else ("degraded", state.last_at)
    go: tuple[str, dict[str, object]] = ("settings", {"view": "backups"})
    return [Trouble("backup", look, t(f"backups.today_{worry}"), text, at, t("common.show"), go)]


def told(message: Message | None) -> str:
    """A message as a sentence, without the connection's name: that stands above it."""
    if message is None:
        return t("today.no_reason")
    return sentence(words(), replace(message, params={**message.params, "connection": "", "operation": ""}))


KEY_LOOKS = {KeyState.EXPIRED: "unhealthy", KeyState.ENDING: "degraded", KeyState.DUE: "info"}


async def _keys(services: Services) -> list[Trouble]:
    """Keys that end soon or have ended, and those that should be exchanged; one line an account."""
    found = []
    for one in (await services.key_watch.all()).values() if services.key_watch is not None else ():
        if not one.asks:
            continue
        name = ", ".join(name for _, name in one.connections)
        title, text = trouble_words(words(), one, name)
        go: tuple[str, dict[str, object]] = ("connections", {"view": "mine", "keys": one.connections[0][0]})
        found.append(
            Trouble(f"keys-{one.account_id}", KEY_LOOKS[one.state], title, text, None, t("today.renew_key"), go)
        )
    return found


async def _unreadable(services: Services) -> list[Trouble]:
    """Records that could not be read, one line a connection and stream."""
    names = {row.id: row.name for row in await services.store.connections.list(removed=True)}
    lots: dict[tuple[int, str], list[AttentionRow]] = {}
    for row in await services.store.attention.list():
        lots.setdefault((row.connection_id, row.stream), []).append(row)
    return [
        Trouble(
            f"unread-{connection}-{stream}",
            "degraded",
            t(f"today.trouble.unread_{stream}", count=len(rows)),
            " ".join((names.get(connection, ""), rows[0].remote_id + ":", told(rows[0].message))),
            rows[0].last_at,
            t("common.show"),
            ({"orders": "orders", "settlements": "payouts"}.get(stream, "prices"), {"connection": connection}),
        )
        for (connection, stream), rows in lots.items()
    ]


def sales_words(sales: dict[str, int], main: str = "") -> tuple[str, str]:
    """(the sales of the main currency, the others named): currencies are never added. `main` "" is the largest pile."""
    if not sales:
        return figures().money(Decimal(0), main or "TRY"), ""
    order = sorted(sales, key=lambda c: (c != main, c != "TRY", -sales[c]))
    first, *others = (figures().money(Money.from_micros(sales[c], c).amount, c) for c in order)
    return first, " · ".join(others)
