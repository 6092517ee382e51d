"""What a day or a week was like: availability, incidents, calls, the slowest integrations, orders and revenue, alerts. Figures
out of the store, no words; nothing of a buyer, an address or a key. Amounts of two currencies are never added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

from app.contracts import GOALS_MS
from app.contracts.catalogue import Catalogue
from app.model import Money
from app.monitor.alerting.correlate import ROOTS
from app.monitor.alerting.rules import Severity
from app.store import AlertRow, ConnectionRow, SeriesPoint, Store
from app.store.alerts import AlertBody

KINDS = {"daily": 1, "weekly": 7}  # whole days of a report
SLOWEST = 5
MOST_ALERTS = 500
_AT_ONCE = 16
#: Alerts that say that something did not work at all; the others are told beside them.
INCIDENTS = frozenset(ROOTS)


class ConnectionSummary(msgspec.Struct, frozen=True):
    """`calls` that were sent, `failed` by the vendor or on the way; `availability` 0-1, `p95_ms`; None without calls."""

    name: str
    integration: str
    calls: int = 0
    failed: int = 0
    availability: float | None = None
    p95_ms: float | None = None
    orders: int = 0


class Slow(msgspec.Struct, frozen=True):
    """An integration by its slowest connection."""

    integration: str
    p95_ms: float
    goal_ms: int


class Told(msgspec.Struct, frozen=True):
    """An alert within the report's time. `lasted` counts only what lies within it; `open`: it was on at its end."""

    body: AlertBody
    began: datetime
    lasted: timedelta
    open: bool


class Summary(msgspec.Struct, frozen=True):
    """`first`…`last`: whole days in `since.tzinfo`. `operations`: (calls, failed) by the provider's name of what was done.
    `revenue`: what buyers pay for orders that were not cancelled, VAT included, a sum a currency. `incomplete`: alerts of the
    time's beginning may have been forgotten already."""

    kind: str
    first: date
    last: date
    since: datetime
    until: datetime
    connections: tuple[ConnectionSummary, ...] = ()
    operations: tuple[tuple[str, int, int], ...] = ()
    slowest: tuple[Slow, ...] = ()
    incidents: tuple[Told, ...] = ()
    alerts: tuple[Told, ...] = ()
    orders: int = 0
    cancelled: int = 0
    revenue: tuple[Money, ...] = ()
    incomplete: bool = False

    @property
    def calls(self) -> int:
        return sum(one.calls for one in self.connections)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.connections)

    @property
    def availability(self) -> float | None:
        """Of all calls together, 0-1; None without calls."""
        return 1 - self.failed / self.calls if self.calls else None


def span(kind: str, last: date, zone: tzinfo) -> tuple[date, datetime, datetime]:
    """The first day of a report that ends with `last`, and its instants from midnight to midnight in `zone`. Pure."""
    first = last - timedelta(days=KINDS[kind] - 1)
    return first, datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def told(rows: Sequence[AlertRow], since: datetime, until: datetime) -> list[Told]:
    """The alerts that were on at any moment of a time, the gravest first, then the longest. Pure."""
    found = []
    for row in rows:
        ended = row.ended_at
        if row.opened_at < until and (ended is None or ended >= since):
            lasted = min(ended or until, until) - max(row.opened_at, since)
            found.append(Told(row.body, row.opened_at, lasted, ended is None or ended >= until))
    return sorted(found, key=lambda one: (Severity(one.body.severity).rank, -one.lasted, one.began))


def slowest(connections: Sequence[tuple[str, float | None, int]]) -> list[Slow]:
    """(integration, p95 in ms, goal in ms) of connections: the slowest integrations, measured by their own goals. Pure."""
    worst: dict[str, Slow] = {}
    for integration, p95, goal in connections:
        if p95 is not None and (integration not in worst or p95 > worst[integration].p95_ms):
            worst[integration] = Slow(integration, p95, goal)
    return sorted(worst.values(), key=lambda one: (-one.p95_ms / one.goal_ms, one.integration))[:SLOWEST]


async def summary_of(
    store: Store, catalogue: Catalogue, kind: str, last: date, zone: tzinfo, *, now: datetime, keep_days: int
) -> Summary:
    """The report of the days that end with `last`. `keep_days`: how long alerts that ended are kept. Raises StoreError,
    KeyError for an unknown kind."""
    first, since, until = span(kind, last, zone)
    rows = await store.connections.list()
    totals: dict[int, SeriesPoint | None] = {}
    for at in range(0, len(rows), _AT_ONCE):
        found = await store.samples.totals(
            [row.id for row in rows[at : at + _AT_ONCE]], [(since.astimezone(UTC), until.astimezone(UTC))]
        )
        totals.update({connection: one for connection, (one,) in found.items()})
    orders = cancelled = 0
    revenue: dict[str, Money] = {}
    operations: dict[str, tuple[int, int]] = {}
    made = []
    for row in rows:
        of_row = 0
        for day in await store.business.days(row.id, first, last, zone):
            of_row, cancelled = of_row + day.orders, cancelled + day.cancelled
            for currency, money in day.revenue.items():
                revenue[currency] = revenue[currency] + money if currency in revenue else money
        orders += of_row
        point = totals.get(row.id)
        made.append(_connection(row, _name(catalogue, row), point, of_row))
        if point is not None:
            for name, one in (await store.samples.by_operation(row.id, since, until)).items():
                calls, failed = operations.get(name, (0, 0))
                operations[name] = (calls + one.count, failed + one.down)
    alerts = told(await store.alerts.list(open_only=False, limit=MOST_ALERTS), since, until)
    return Summary(
        kind, first, last, since, until,
        tuple(sorted(made, key=lambda one: (one.availability is None, one.availability, one.name))),
        tuple(sorted(((name, calls, failed) for name, (calls, failed) in operations.items()), key=lambda one: (-one[1], one[0]))),
        tuple(slowest([(_name(catalogue, row), _p95(totals.get(row.id)), _goal(catalogue, row)) for row in rows])),
        tuple(one for one in alerts if one.body.rule in INCIDENTS),
        tuple(one for one in alerts if one.body.rule not in INCIDENTS),
        orders, cancelled, tuple(revenue[currency] for currency in sorted(revenue)),
        since < now - timedelta(days=keep_days),
    )  # fmt: skip


def _connection(row: ConnectionRow, integration: str, point: SeriesPoint | None, orders: int) -> ConnectionSummary:
    if point is None:
        return ConnectionSummary(row.name, integration, orders=orders)
    return ConnectionSummary(row.name, integration, point.count, point.down, point.availability, point.p95, orders)


def _p95(point: SeriesPoint | None) -> float | None:
    return None if point is None else point.p95


def _name(catalogue: Catalogue, row: ConnectionRow) -> str:
    entry = catalogue.entries.get(row.integration)
    return entry.name if entry is not None else row.integration


def _goal(catalogue: Catalogue, row: ConnectionRow) -> int:
    if row.integration not in catalogue.entries:
        return max(GOALS_MS.values())
    manifest = catalogue.manifest(row.integration)
    return manifest.goal_ms or GOALS_MS[manifest.category]
