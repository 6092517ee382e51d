"""Builders for the health page's tests: a real store with measured calls of three connections, and the parts of the program
round it. Only the engine is a fake: it would call a vendor."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.changes import Changes
from app.console import RehearsalKeys
from app.contracts import ProbeResult
from app.contracts.catalogue import Catalogue, providers_root
from app.http.pipeline import Network
from app.http.samples import SampleRing
from app.jobs.connect import Connecting
from app.jobs.links import Links
from app.jobs.runner import Result
from app.monitor.health import Health
from app.platform.worker import Worker
from app.store import ConnectionRow, Store
from ui.kit import Operations, Registry, UndoStack
from ui.services import Services

NOW = datetime(2025, 11, 24, 11, 2, tzinfo=UTC)
SHOPS = (("trendyol", "Ana mağaza"), ("woocommerce", "Web mağazası"), ("yurtici_kargo", "Ana sözleşme"))


@dataclass
class Call:
    """One attempt, as the store takes it."""

    connection_id: int
    at: float
    duration_ms: float
    outcome: str = "ok"
    operation: str = "orders"
    status: int = 200
    probe: bool = False


@dataclass
class FakeEngine:
    """Answers as the engine does; `asked` are the calls in order."""

    store: Store
    result: Result = field(default_factory=Result)
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def probe(self, row: ConnectionRow, asked_by: str = "user") -> tuple[Result, ProbeResult | None]:
        self.asked.append(("probe", row.id))
        return self.result, ProbeResult()

    async def sync_orders(self, row: ConnectionRow, **_more: Any) -> Result:
        self.asked.append(("orders", row.id))
        return self.result

    async def sync_listings(self, row: ConnectionRow, **_more: Any) -> Result:
        self.asked.append(("listings", row.id))
        return self.result

    def schedule(self, row: ConnectionRow) -> None:
        self.asked.append(("paused" if row.paused else "scheduled", row.id))


def services_over(store: Store, engine: Any = None) -> Services:
    """All parts of the program that the page may use."""
    catalogue, ring = Catalogue(providers_root()), SampleRing()
    network = Network(on_sample=ring)
    changes, keys = Changes(), RehearsalKeys()
    links = Links(store, keys, catalogue, network, lambda: NOW)
    return Services(
        store=store, engine=engine or FakeEngine(store), catalogue=catalogue,
        connecting=Connecting(store, keys, catalogue, links, changes),
        health=Health(store, catalogue, network, lambda: NOW), network=network, changes=changes, worker=Worker(),
        now=lambda: NOW, rehearsal=False, actions=Registry(), operations=Operations(), undo=UndoStack(),
    )  # fmt: skip


async def open_store(folder: Path) -> Store:
    return await Store.open(folder / "store.sqlite", now=lambda: NOW)


async def add_shops(store: Store) -> list[ConnectionRow]:
    """Three connections of three accounts."""
    rows = []
    for number, (integration, name) in enumerate(SHOPS):
        await store.accounts.add(f"account-{number}", integration, "live", name, {}, {})
        rows.append(await store.connections.add(name, integration, f"account-{number}", "live"))
    return rows


def calls(
    connection_id: int, *, since: datetime, until: datetime, every: timedelta, ms: float, seed: int = 1
) -> Iterable[Call]:
    """Good calls at even distances with a spread of durations."""
    draw = random.Random(seed)
    at = since
    while at < until:
        yield Call(connection_id, at.timestamp(), ms * draw.lognormvariate(0, 0.35))
        at += every


async def fill(store: Store, rows: list[ConnectionRow]) -> None:
    """30 days of three connections: a calm one, a slow one with an incident this morning, one that never answered."""
    month = NOW - timedelta(days=30)
    made: list[Call] = list(calls(rows[0].id, since=month, until=NOW, every=timedelta(minutes=40), ms=380))
    made += calls(rows[1].id, since=month, until=NOW, every=timedelta(minutes=40), ms=1400, seed=2)
    made += calls(rows[0].id, since=NOW - timedelta(days=1), until=NOW, every=timedelta(minutes=4), ms=400, seed=3)
    for number, call in enumerate(
        calls(rows[1].id, since=NOW - timedelta(days=1), until=NOW, every=timedelta(minutes=2), ms=1200, seed=4)
    ):
        age = NOW.timestamp() - call.at
        if age < 2 * 3600:  # the incident
            call.duration_ms *= 3.4
            if number % 4 == 0:
                call.outcome, call.status = "timeout", 0
            elif number % 9 == 0:
                call.outcome, call.status = "server_error", 503
        elif number % 61 == 0:
            call.outcome, call.status = "throttled", 429
        made.append(call)
    await store.samples.add(made)
    for row in rows[:2]:
        await store.connections.note_ok(row.id, NOW - timedelta(minutes=1))
