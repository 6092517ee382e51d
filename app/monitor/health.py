"""Health of connections: a state, whose fault, a score, and the figures behind them. From samples, the last message, the
orders' rhythm and the breaker; no words, and no call to a vendor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from app.contracts import GOALS_MS, Kind, Manifest, Message
from app.contracts.account import LEARNT, SHEET_IN
from app.contracts.catalogue import Catalogue
from app.contracts.manifest import availability_target
from app.http.pipeline import Network
from app.monitor.score import Score, score
from app.monitor.silence import Silence
from app.store import RequestRow, SeriesPoint, Store, Trouble
from app.store.connections import ConnectionRow

#: So many connections are looked at in one reading: a reader must not hold the interpreter for long.
_AT_ONCE = 16


class State(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    OFFLINE = "offline"
    PAUSED = "paused"
    UNKNOWN = "unknown"  # nothing was called yet


class Blame(StrEnum):
    """Whose fault: your internet, their server, your key, their limit, our bug."""

    NONE = ""
    INTERNET = "internet"
    THEIRS = "theirs"
    KEY = "key"
    YOURS = "yours"
    LIMIT = "limit"
    OURS = "ours"


class HealthReport(msgspec.Struct, frozen=True):
    """`availability` is the share of calls that the vendor answered (0–1), None without calls; `target` what is aimed at in
    this environment. Milliseconds. `trouble_since`: the first failed call after a good one, `confirmed_at`: a later one that
    failed as well, None while it is only suspected."""

    connection: str
    connection_id: int
    integration: str
    category: str
    state: State
    blame: Blame
    message: Message | None
    goal_ms: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    calls_24h: int
    errors_24h: dict[str, int]
    availability_24h: float | None
    availability_30d: float | None
    last_ok_at: datetime | None
    last_error_at: datetime | None
    breaker: str
    availability_7d: float | None = None
    target: float = availability_target("live")
    score: Score | None = None
    trouble_since: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def misses_target(self) -> bool:
        """Over 30 days, or for as long as there are calls."""
        return self.availability_30d is not None and self.availability_30d < self.target


class Health:
    """`resting(id)`: whether a connection is silent because this machine is off the network (the jobs know)."""

    def __init__(self, store: Store, catalogue: Catalogue, network: Network, now: Callable[[], datetime]) -> None:
        self._store, self._catalogue, self._network, self._now = store, catalogue, network, now
        self._silence = Silence(store, now)
        self.resting: Callable[[int], bool] = lambda _: False

    def goal_ms(self, row: ConnectionRow) -> int:
        manifest = self._catalogue.manifest(row.integration)
        return manifest.goal_ms or GOALS_MS[manifest.category]

    async def report(self, row: ConnectionRow) -> HealthReport:
        return (await self.reports([row]))[0]

    async def all(self) -> list[HealthReport]:
        return await self.reports(await self._store.connections.list())

    async def evidence(self, row: ConnectionRow, limit: int = 20) -> list[RequestRow]:
        """The connection's last requests, newest first: operation, outcome, status, duration and time are all that is ever
        kept of one. With those that are not written yet."""
        kept = await self._store.samples.requests(row.id, limit)
        fresh = [
            RequestRow(
                datetime.fromtimestamp(int(one.at * 1000) / 1000, self._now().tzinfo),
                one.operation, str(one.outcome), one.status, round(one.duration_ms, 1), one.probe, one.alternate,
            )
            for one in reversed(self._network.samples.recent(row.id, limit))
        ]  # fmt: skip
        newest = kept[0].at if kept else None
        return ([one for one in fresh if newest is None or one.at > newest] + kept)[:limit]

    async def reports(self, rows: Sequence[ConnectionRow]) -> list[HealthReport]:
        """In the rows' order."""
        now = self._now()
        # From a whole day on: that is what the long roll-ups hold, and a thousand minutes need not be read for it.
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        windows = [
            (now - timedelta(minutes=15), now),
            (now - timedelta(days=1), now),
            (midnight - timedelta(days=6), now),
            (midnight - timedelta(days=29), now),
        ]
        totals: dict[int, list[SeriesPoint | None]] = {}
        ids = [row.id for row in rows]
        for first in range(0, len(ids), _AT_ONCE):
            totals.update(await self._store.samples.totals(ids[first : first + _AT_ONCE], windows))
        troubles = await self._store.troubles.all()
        known: list[tuple[ConnectionRow, Manifest]] = [
            (row, self._catalogue.manifest(row.integration))
            for row in rows
            if row.integration in self._catalogue.entries
        ]
        quiet = await self._silence.look(known)
        return [await self._judged(row, totals[row.id], troubles.get(row.id), quiet.get(row.id), now) for row in rows]

    async def _judged(
        self,
        row: ConnectionRow,
        totals: Sequence[SeriesPoint | None],
        trouble: Trouble | None,
        quiet: Message | None,
        now: datetime,
    ) -> HealthReport:
        last, day, week, month = totals
        entry = self._catalogue.entries.get(row.integration)
        goal = self.goal_ms(row)
        breaker = self._network.breaker(row.id)
        state, blame, message = judge(row, last, goal, str(breaker.state), breaker.reason)
        if state is not State.PAUSED and self.resting(row.id):
            state, blame, message = State.OFFLINE, Blame.INTERNET, Message("net.offline")
        if state in (State.HEALTHY, State.UNKNOWN) and (late := await self._late_sheet(row, now)) is not None:
            state, blame, message = State.DEGRADED, Blame.YOURS, late
        if state is State.HEALTHY and quiet is not None:
            state, blame, message = State.DEGRADED, blame_of(quiet), quiet
        failing = state in (State.UNHEALTHY, State.OFFLINE) or message is row.last_error
        target = availability_target(row.environment)
        weekly = week.availability if week else None
        calls, errors = (day.count, dict(day.errors)) if day else (0, {})
        p95 = day.p95 if day else None
        return HealthReport(
            connection=row.name,
            connection_id=row.id,
            integration=row.integration,
            category=entry.category if entry else "",
            state=state,
            blame=blame,
            message=message,
            goal_ms=goal,
            p50_ms=day.p50 if day else None,
            p95_ms=p95,
            p99_ms=day.p99 if day else None,
            calls_24h=calls,
            errors_24h=errors,
            availability_24h=day.availability if day else None,
            availability_30d=month.availability if month else None,
            last_ok_at=row.last_ok_at,
            last_error_at=row.last_error_at,
            breaker=str(breaker.state),
            availability_7d=weekly,
            target=target,
            score=score(str(state), weekly, target, p95, goal, calls, errors, row.last_ok_at, now),
            trouble_since=trouble.since if trouble is not None and failing else None,
            confirmed_at=trouble.confirmed_at if trouble is not None and failing else None,
        )

    async def _late_sheet(self, row: ConnectionRow, now: datetime) -> Message | None:
        """Of an integration that exchanges files there is no call to time: its health is the age of its last order sheet."""
        manifest = self._catalogue.manifest(row.integration) if row.integration in self._catalogue.entries else None
        if manifest is None or not manifest.sheet_due_h or not row.switches.get("order_source", True):
            return None
        account = await self._store.accounts.get(row.account_id)
        learnt = await self._store.settings.get(LEARNT + row.account_id, {})
        return late_sheet(
            str(dict(learnt).get(SHEET_IN, "")), row.created_at, now,
            (account.settings.get("sheet_hours") if account is not None else "") or str(manifest.sheet_due_h),
        )  # fmt: skip


def judge(
    row: ConnectionRow, recent: object, goal_ms: int, breaker: str, reason: Message | None
) -> tuple[State, Blame, Message | None]:
    """State and blame from the last word of the connection, the last quarter of an hour and the breaker. Pure."""
    if row.paused:
        return State.PAUSED, Blame.NONE, None
    failing = row.last_error is not None and (
        row.last_ok_at is None or (row.last_error_at is not None and row.last_error_at > row.last_ok_at)
    )
    if breaker == "open":
        message = reason or row.last_error
        return State.UNHEALTHY, blame_of(message), message
    if failing and row.last_error is not None:
        blame = blame_of(row.last_error)
        if blame is Blame.INTERNET:
            return State.OFFLINE, blame, row.last_error
        return State.DEGRADED if blame is Blame.LIMIT else State.UNHEALTHY, blame, row.last_error
    if row.last_ok_at is None and not getattr(recent, "count", 0):
        return State.UNKNOWN, Blame.NONE, None
    count = getattr(recent, "count", 0)
    errors: dict[str, int] = getattr(recent, "errors", {}) or {}
    theirs = sum(errors.get(name, 0) for name in ("server_error", "timeout", "network", "unreadable"))
    p95 = getattr(recent, "p95", None)
    if count >= 5 and theirs * 20 > count:
        return State.DEGRADED, Blame.THEIRS, Message("server.error", {"errors": str(theirs), "calls": str(count)})
    if count >= 3 and p95 is not None and p95 > goal_ms:
        return State.DEGRADED, Blame.THEIRS, Message("server.slow", {"seconds": f"{p95 / 1000:.1f}", "goal": f"{goal_ms / 1000:.0f}"})  # fmt: skip
    return State.HEALTHY, Blame.NONE, None


def late_sheet(told: str, begun: datetime, now: datetime, hours: str) -> Message | None:
    """Whether the last order sheet (ISO instant, '' for none since `begun`) is older than `hours`; '0' hours: never. Pure."""
    most = int(hours) if hours.isascii() and hours.isdigit() else 0
    age_h = (now - (datetime.fromisoformat(told) if told else begun)) // timedelta(hours=1)
    if not most or age_h < most:
        return None
    return Message("sheet.late" if told else "sheet.none", {"seconds": str(age_h), "goal": str(most)})


def blame_of(message: Message | None) -> Blame:
    """Whose fault a message tells."""
    if message is None:
        return Blame.NONE
    code = message.code
    if code == "net.offline":
        return Blame.INTERNET
    if code == "orders.silent":  # nobody has failed that we know of
        return Blame.NONE
    if code.startswith("rate."):
        return Blame.LIMIT
    if code.startswith("auth."):
        return Blame.KEY
    return {Kind.YOURS: Blame.YOURS, Kind.THEIRS: Blame.THEIRS, Kind.OURS: Blame.OURS}[message.kind]
