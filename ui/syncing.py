"""Syncing by hand (F5, the first sync of a rehearsal): all connections under one operation, each in its own account's lane.

One connection's trouble never stops the others; what went wrong is in the job and at the connection.
"""

from __future__ import annotations

import asyncio

from app.jobs.runner import Result
from app.store.connections import ConnectionRow
from ui.kit import Operation
from ui.services import Services
from ui.words import t


def syncable(services: Services, rows: list[ConnectionRow]) -> list[ConnectionRow]:
    """The connections that a sync by hand means: not paused, with a client."""
    found = []
    for row in rows:
        manifest = services.catalogue.manifest(row.integration)
        if not row.paused and manifest.client:
            found.append(row)
    return found


async def sync_all(services: Services, operation: Operation, *, listings: bool = True) -> dict[str, int]:
    """Orders, then listings, of every connection; a probe where there is neither. Counts by name (new, changed, failed).

    `listings` False leaves out the long lists: F5 means orders.
    """
    rows = syncable(services, await services.store.connections.list())
    totals: dict[str, int] = {"new": 0, "changed": 0, "failed": 0, "connections": len(rows)}
    operation.advance(0, len(rows))
    finished = 0

    async def one(row: ConnectionRow) -> None:
        nonlocal finished
        for kind, result in await _pull(services, row, listings):
            if kind == "orders":
                totals["new"] += result.counts.get("new", 0)
                totals["changed"] += result.counts.get("changed", 0)
            if result.outcome == "failed":
                totals["failed"] += 1
        finished += 1
        operation.advance(finished, note=row.name)

    await asyncio.gather(*(one(row) for row in rows))
    operation.report = report_words(totals)
    return totals


async def _pull(services: Services, row: ConnectionRow, listings: bool) -> list[tuple[str, Result]]:
    has = services.catalogue.manifest(row.integration).capabilities
    on = {name for name in has if row.switches.get(name, True)}
    done: list[tuple[str, Result]] = []
    if "order_source" in on:
        done.append(("orders", await services.engine.sync_orders(row)))
    if "listing_source" in on and listings:
        done.append(("listings", await services.engine.sync_listings(row)))
    if not done and "order_source" not in on:
        done.append(("probe", (await services.engine.probe(row))[0]))
    return done


def report_words(totals: dict[str, int]) -> str:
    """What a person reads when it is over."""
    if totals["failed"]:
        return t("shell.synced_some", count=totals["failed"], new=totals["new"])
    return t("shell.synced", count=totals["new"]) if totals["new"] else t("shell.synced_none")
