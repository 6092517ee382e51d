"""What the loopback API answers, as plain data: health, integrations, metrics. Reads through the console's own parts and calls no
vendor. Never a secret, never anything of a buyer.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from app.console import Console
from app.contracts.catalogue import Entry
from app.monitor.health import HealthReport, State

#: A look at every connection's figures serves all who ask within this time.
FRESH_S = 2.0
NOT_CONNECTED = "not_connected"
#: The worst first: of several connections of one integration this decides.
_WORST = (State.UNHEALTHY, State.OFFLINE, State.DEGRADED, State.UNKNOWN, State.PAUSED, State.HEALTHY)
#: Outcomes of attempts that never left this machine.
_NO_CALLS = frozenset({"breaker"})


def stamp(instant: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z, whole seconds."""
    return (
        None if instant is None else instant.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    )


def worst(reports: Iterable[HealthReport]) -> HealthReport | None:
    """The report that stands for all; of several in one state that with the slowest p95."""
    return min(reports, key=lambda one: (_WORST.index(one.state), -(one.p95_ms or 0)), default=None)


def by_integration(reports: Sequence[HealthReport]) -> dict[str, list[HealthReport]]:
    found: dict[str, list[HealthReport]] = {}
    for one in reports:
        found.setdefault(one.integration, []).append(one)
    return found


def health_data(reports: Sequence[HealthReport], catalogue: int, now: datetime) -> dict[str, Any]:
    """`status` is the worst that any connected integration is in; `integrations` counts them, each once, by its worst
    connection. `catalogue`: how many integrations there are in all."""
    states = Counter(worst(group).state for group in by_integration(reports).values())  # type: ignore[union-attr]
    total = sum(states.values())
    bad = [state for state in _WORST[:3] if states[state]]
    status = bad[0] if bad else State.HEALTHY if states[State.HEALTHY] else State.UNKNOWN
    return {
        "status": str(status),
        "integrations": {"total": total, **{str(one): states[one] for one in State}, NOT_CONNECTED: catalogue - total},
        "timestamp": stamp(now),
    }


def integrations_data(
    entries: Sequence[Entry], reports: Sequence[HealthReport], features: dict[str, Sequence[str]]
) -> dict[str, Any]:
    """The whole catalogue. `features`: the brief's words by integration."""
    groups = by_integration(reports)
    rows = [
        {
            "id": one.id, "name": one.name, "category": one.category, "status": _status(groups.get(one.id, ())),
            "features": list(features.get(one.id, ())), "capabilities": list(one.capabilities),
            "readiness": str(one.readiness), "connections": [report.connection for report in groups.get(one.id, ())],
        }
        for one in entries
    ]  # fmt: skip
    return {"integrations": rows, "total": len(rows)}


def _status(group: Iterable[HealthReport]) -> str:
    found = worst(group)
    return NOT_CONNECTED if found is None else str(found.state)


def metrics_data(integration: str, group: Sequence[HealthReport]) -> dict[str, Any]:
    """Of the last 24 hours. `response_time`: p95 in ms of the worst connection; `availability` and `error_rate` in per cent of
    the calls that were sent, None without calls; `last_sync`: the last call that the vendor answered well."""
    found = worst(group)
    calls = sum(one.calls_24h for one in group)
    errors = sum(n for one in group for word, n in one.errors_24h.items() if word not in _NO_CALLS)
    shares = [one.availability_24h for one in group if one.availability_24h is not None]
    synced = [one.last_ok_at for one in group if one.last_ok_at is not None]
    return {
        "integration_id": integration,
        "status": _status(group),
        "response_time": None if found is None or found.p95_ms is None else round(found.p95_ms, 1),
        "availability": None if not shares else round(100 * min(shares), 3),
        "error_rate": None if not calls else round(100 * errors / calls, 3),
        "last_sync": stamp(max(synced, default=None)),
        "calls": calls,
        "connections": [one.connection for one in group],
    }


class Look:
    """The figures of all connections, asked for once by however many want them within `FRESH_S`."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._at = float("-inf")
        self._reports: list[HealthReport] = []
        self._features: dict[str, Sequence[str]] | None = None
        self._turn = asyncio.Lock()

    @property
    def console(self) -> Console:
        return self._console

    async def reports(self) -> list[HealthReport]:
        async with self._turn:
            if self._clock() - self._at >= FRESH_S:
                self._reports = await self._console.health.all()
                self._at = self._clock()
        return self._reports

    async def features(self) -> dict[str, Sequence[str]]:
        """Read from the manifests, once: 129 files, off the loop."""
        if self._features is not None:
            return self._features
        catalogue = self._console.catalogue
        found: dict[str, Sequence[str]] = await asyncio.to_thread(
            lambda: {one.id: [told.name for told in catalogue.manifest(one.id).features] for one in catalogue}
        )
        self._features = found
        return found
