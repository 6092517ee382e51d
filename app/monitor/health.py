"""Health of connections: a state, whose fault, and the figures behind it. From samples and the last message; no words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from app.contracts import GOALS_MS, Kind, Message
from app.contracts.account import LEARNT, SHEET_IN
from app.contracts.catalogue import Catalogue
from app.http.pipeline import Network
from app.store import Store
from app.store.connections import ConnectionRow


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
    """`availability` is the share of calls that the vendor answered (0–1), None without calls. Milliseconds."""

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


class Health:
    def __init__(self, store: Store, catalogue: Catalogue, network: Network, now: Callable[[], datetime]) -> None:
        self._store, self._catalogue, self._network, self._now = store, catalogue, network, now

    def goal_ms(self, row: ConnectionRow) -> int:
        manifest = self._catalogue.manifest(row.integration)
        return manifest.goal_ms or GOALS_MS[manifest.category]

    async def report(self, row: ConnectionRow) -> HealthReport:
        now = self._now()
        recent = await self._store.samples.series(row.id, now - timedelta(minutes=15), now, points=1)
        day = await self._store.samples.series(row.id, now - timedelta(days=1), now, points=1)
        last, whole = recent[-1] if recent else None, day[-1] if day else None
        entry = self._catalogue.entries.get(row.integration)
        goal = self.goal_ms(row)
        breaker = self._network.breaker(row.id)
        state, blame, message = judge(row, last, goal, str(breaker.state), breaker.reason)
        if state in (State.HEALTHY, State.UNKNOWN) and (late := await self._late_sheet(row, now)) is not None:
            state, blame, message = State.DEGRADED, Blame.YOURS, late
        return HealthReport(
            connection=row.name,
            connection_id=row.id,
            integration=row.integration,
            category=entry.category if entry else "",
            state=state,
            blame=blame,
            message=message,
            goal_ms=goal,
            p50_ms=whole.p50 if whole else None,
            p95_ms=whole.p95 if whole else None,
            p99_ms=whole.p99 if whole else None,
            calls_24h=whole.count if whole else 0,
            errors_24h=dict(whole.errors) if whole else {},
            availability_24h=await self._store.samples.availability(row.id, now - timedelta(days=1), now),
            availability_30d=await self._store.samples.availability(row.id, now - timedelta(days=30), now),
            last_ok_at=row.last_ok_at,
            last_error_at=row.last_error_at,
            breaker=str(breaker.state),
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

    async def all(self) -> list[HealthReport]:
        return [await self.report(row) for row in await self._store.connections.list()]


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
    if code.startswith("rate."):
        return Blame.LIMIT
    if code.startswith("auth."):
        return Blame.KEY
    return {Kind.YOURS: Blame.YOURS, Kind.THEIRS: Blame.THEIRS, Kind.OURS: Blame.OURS}[message.kind]
