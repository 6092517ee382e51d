"""Silence that looks like peace: every call is answered, and still no order comes. Judged from the orders' own rhythm and from
what the server says it has; it never calls a vendor and never speaks while the pulls themselves fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from app.contracts import Manifest, Message
from app.store import ServerOrders, Store
from app.store.connections import ConnectionRow

TIMES = 3
#: The same hour of so many past days is looked at; fewer than LEAST of them tell no habit.
DAYS, LEAST = 28, 7
LEAST_SILENCE = timedelta(minutes=30)
LEAST_MISSING = timedelta(minutes=10)
_KEPT = timedelta(minutes=10)
_DAY = timedelta(days=1)
Around = Sequence[tuple[datetime | None, datetime | None]]


def usual_gap(around: Around) -> timedelta | None:
    """The median of the gaps between two orders in which the same hour of past days lay; None when there are too few to
    speak of a habit. Pure. The night's long gaps belong to the night, and a weekend's sale moves no median."""
    gaps = sorted(after - before for before, after in around if before is not None and after is not None)
    return gaps[len(gaps) // 2] if len(gaps) >= LEAST else None


def too_quiet(last: datetime | None, gap: timedelta | None, now: datetime) -> Message | None:
    """Whether no order has come for three times the usual gap. Pure."""
    if last is None or gap is None:
        return None
    silent = now - last
    if silent < max(TIMES * gap, LEAST_SILENCE):
        return None
    return Message("orders.silent", {"seconds": _hours(silent), "goal": _hours(gap)})


def missing(
    server: ServerOrders | None, interval: timedelta, covered: datetime | None, now: datetime
) -> Message | None:
    """Whether the server speaks of open orders and none has come although pulls went through since. Pure."""
    if server is None or server.missing_since is None or covered is None:
        return None
    patience = max(LEAST_MISSING, 2 * interval)
    # The pull's own window must lie past the first such answer, or the orders may be on their way.
    if now - server.missing_since < patience or covered < server.missing_since + interval:
        return None
    return Message("orders.missing", {"value": str(server.count)})


def _hours(span: timedelta) -> str:
    return f"{max(span / timedelta(hours=1), 0.1):.1f}"


class Silence:
    """`await look(rows)`: a message for every connection that is too quiet."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._gaps: dict[int, tuple[datetime, timedelta | None]] = {}

    async def look(self, rows: Sequence[tuple[ConnectionRow, Manifest]]) -> dict[int, Message]:
        """Only of those that pull orders, and whose pulls go through."""
        now, found = self._now(), {}
        pulling = [
            (row, manifest)
            for row, manifest in rows
            if "order_source" in manifest.capabilities and row.switches.get("order_source", True) and not row.paused
        ]
        server = await self._store.troubles.server_orders() if pulling else {}
        for row, manifest in pulling:
            interval = timedelta(seconds=manifest.order_interval_s)
            covered = await self._store.cursors.get(row.id, "orders")
            if covered is None or now - covered > max(3 * interval, timedelta(minutes=15)):
                continue
            said = missing(server.get(row.id), interval, covered, now)
            if said is None:
                ((last, _),) = await self._store.business.around(row.id, [now])
                said = too_quiet(last, await self._gap(row.id, now), now)
            if said is not None:
                found[row.id] = said
        return found

    async def _gap(self, connection_id: int, now: datetime) -> timedelta | None:
        kept = self._gaps.get(connection_id)
        if kept is not None and timedelta(0) <= now - kept[0] < _KEPT:
            return kept[1]
        moments = [now - _DAY * n for n in range(1, DAYS + 1)]
        gap = usual_gap(await self._store.business.around(connection_id, moments))
        self._gaps[connection_id] = (now, gap)
        return gap
