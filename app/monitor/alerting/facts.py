"""What the rules judge, as plain facts of one moment, and where they come from: health, keys, outbox, cursors, disk, audit.

Gathering reads only; what cannot be known now (the vault is locked) is said so instead of taken for well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from app.contracts import Message
from app.contracts.catalogue import Catalogue
from app.monitor.alerting.rules import EVENTS_WINDOW_S, RULES
from app.monitor.anomaly import Bands, Compared, Habits, speed_of, wrong_of
from app.monitor.forecast import Foresight, free_mb
from app.monitor.health import Health, HealthReport, State
from app.monitor.keys import KeyWatch
from app.store import Action, AuditFilter, ConnectionRow, Outcome, SeriesPoint, StockLevels, Store
from app.store.samples import DOWN
from app.vault import Vault

RECENT = timedelta(minutes=15)
_AT_ONCE = 16  # connections of one look into the store: the lock of the interpreter goes round between them
LEAST_CALLS = 5  # in RECENT, before a response time says something


class ConnectionFacts(msgspec.Struct, frozen=True):
    """`state` and `blame` as health says; `availability` 0–1 over a day with `failures` calls that failed; `p95_ms` over
    the last quarter of an hour, None with few calls; `pull_age_s` since orders were last pulled to the end, None where none
    are pulled; `pull_every_s` how often they should be. `speed` (ms) and `wrong` (hundredths of a percent): the last quarter
    of an hour beside this hour's usual, None where there is no habit yet or too few calls."""

    id: int
    name: str
    account_id: str
    integration: str
    environment: str
    state: str
    blame: str = ""
    cause: Message | None = None
    availability: float | None = None
    failures: int = 0
    p95_ms: float | None = None
    goal_ms: int = 0
    pull_age_s: int | None = None
    pull_every_s: int = 0
    speed: Compared | None = None
    wrong: Compared | None = None


class KeyFacts(msgspec.Struct, frozen=True):
    """Keys of an account that end by themselves in so many whole days (negative: they have ended)."""

    account_id: str
    connections: tuple[tuple[int, str], ...]
    days_left: int


class QuotaFacts(msgspec.Struct, frozen=True):
    """A vendor's quota of an account's endpoint group that is used up at `at` (aware), in `left_s`, if it goes on like this."""

    account_id: str
    group: str
    connections: tuple[tuple[int, str], ...]
    at: datetime
    left_s: int


class Waiting(msgspec.Struct, frozen=True):
    """Writes of a connection in one state of the outbox: how many, and how long the oldest waits."""

    connection_id: int
    state: str
    count: int
    age_s: int


class Facts(msgspec.Struct, frozen=True):
    """One moment. `keys` None: the vault is locked, nobody knows. `free_mb` None: the disk does not tell. `route`: this
    machine has a way out. `events` and `failed_unlocks`: within a day. `disk_full_at`: when the disk is full if it goes on like
    this, `disk_days` whole days from now; None while it does not fill. `on`: alerts that are open, by rule and subject. `stock`: SKUs
    that run out, and orders and pieces that lack."""

    connections: tuple[ConnectionFacts, ...] = ()
    keys: tuple[KeyFacts, ...] | None = ()
    waiting: tuple[Waiting, ...] = ()
    free_mb: int | None = None
    failed_unlocks: int = 0
    events: Mapping[str, int] = {}
    route: bool = True
    quotas: tuple[QuotaFacts, ...] = ()
    disk_full_at: datetime | None = None
    disk_days: int | None = None
    on: frozenset[tuple[str, str]] = frozenset()
    stock: StockLevels = StockLevels()


class Sight:
    """`await Sight(…).look()`: the facts now."""

    def __init__(
        self, store: Store, catalogue: Catalogue, health: Health, keys: KeyWatch, vault: Vault | None, folder: Path,
        now: Callable[[], datetime], route: Callable[[], bool], foresight: Foresight | None = None,
    ) -> None:  # fmt: skip
        self._store, self._catalogue, self._health, self._keys = store, catalogue, health, keys
        self._vault, self._folder, self._now, self._route = vault, folder, now, route
        self._habits, self._foresight = Habits(store), foresight or Foresight(store, now)

    async def look(self) -> Facts:
        """Raises StoreError."""
        now = self._now()
        rows = {row.id: row for row in await self._store.connections.list()}
        pulled = await self._store.watching.pulled()
        reports = [one for one in await self._health.all() if one.connection_id in rows]
        awake = [one.connection_id for one in reports if one.state is not State.PAUSED]
        recent = await self._recent(awake, now)
        habits = await self._habits.of(list(recent), now - RECENT / 2)
        found = [
            self._connection(rows[one.connection_id], one, recent.get(one.connection_id), habits, pulled, now)
            for one in reports
        ]
        day = now - timedelta(seconds=EVENTS_WINDOW_S)
        events = await self._store.watching.events_since(day)
        full_at = await self._foresight.disk_full_at()
        failed = AuditFilter(since=day, action=str(Action.VAULT_UNLOCKED), outcome=str(Outcome.FAILED))
        return Facts(
            tuple(found),
            await self._ending(),
            await self._waiting(now),
            await asyncio.to_thread(free_mb, self._folder),
            await self._store.audit.count(failed) + events.get("failed_unlock", 0),
            events,
            await asyncio.to_thread(self._route),
            self._quotas([rows[one] for one in awake], now),
            full_at,
            None if full_at is None else (full_at - now) // timedelta(days=1),
            frozenset((row.rule, row.body.subject) for row in await self._store.alerts.list()),
            await self._store.stock.levels(RULES["stock_low"].most),
        )

    async def _recent(self, ids: Sequence[int], now: datetime) -> dict[int, SeriesPoint]:
        """The last quarter of an hour of those that were called often enough."""
        found: dict[int, SeriesPoint] = {}
        for first in range(0, len(ids), _AT_ONCE):
            totals = await self._store.samples.totals(ids[first : first + _AT_ONCE], [(now - RECENT, now)])
            for connection, (last,) in totals.items():
                if last is not None and last.count >= LEAST_CALLS:
                    found[connection] = last
        return found

    def _connection(
        self,
        row: ConnectionRow,
        report: HealthReport,
        recent: SeriesPoint | None,
        habits: Mapping[int, Bands],
        pulled: Mapping[int, datetime],
        now: datetime,
    ) -> ConnectionFacts:
        known = row.integration in self._catalogue.entries
        manifest = self._catalogue.manifest(row.integration) if known else None
        pulls = (
            manifest is not None and "order_source" in manifest.capabilities and row.switches.get("order_source", True)
        )
        age = round((now - pulled.get(row.id, row.created_at)).total_seconds()) if pulls else None
        usual = habits.get(row.id, Bands())
        return ConnectionFacts(
            row.id, row.name, row.account_id, row.integration, row.environment, str(report.state), str(report.blame),
            report.message, report.availability_24h, sum(report.errors_24h.get(name, 0) for name in DOWN),
            None if recent is None else recent.p95, report.goal_ms,
            None if age is None else max(0, age), round(manifest.order_interval_s) if manifest is not None else 0,
            speed_of(recent, usual), wrong_of(recent, usual),
        )  # fmt: skip

    def _quotas(self, rows: Sequence[ConnectionRow], now: datetime) -> tuple[QuotaFacts, ...]:
        """`rows`: connections at work."""
        sharing: dict[str, list[tuple[int, str]]] = {}
        for row in rows:
            sharing.setdefault(row.account_id, []).append((row.id, row.name))
        return tuple(
            QuotaFacts(account, one.group, tuple(who), one.at, max(0, int((one.at - now).total_seconds())))
            for account, who in sharing.items()
            for one in self._foresight.limits(account)
        )

    async def _ending(self) -> tuple[KeyFacts, ...] | None:
        if self._vault is not None and self._vault.locked:
            return None
        found = (await self._keys.all()).values()
        if self._vault is not None and self._vault.locked:  # meanwhile
            return None
        return tuple(KeyFacts(k.account_id, k.connections, k.days_left) for k in found if k.days_left is not None)

    async def _waiting(self, now: datetime) -> tuple[Waiting, ...]:
        frozen = await self._store.outbox.frozen()
        return tuple(
            Waiting(connection, state, count, max(0, round((now - since).total_seconds())))
            for connection, state, count, since in await self._store.watching.waiting_writes()
            if not {0, connection} & frozen
        )
