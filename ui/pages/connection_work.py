"""What the connections page does to a connection: test, pause, change, first sync, remove. Each change drops the living
link and plans the connection anew, so that nothing works on with an old switch or key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.changes import CONNECTIONS, ChangeReport
from app.contracts import Message, ProbeResult, ProviderError
from app.jobs.runner import Result
from app.store import ConnectionRow
from ui.kit import Operation
from ui.services import Services


class ConnectionWork:
    """`ConnectionWork(services)`; every method is a coroutine that tells the change."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def test(self, row: ConnectionRow) -> tuple[Result, ProbeResult | None]:
        """The cheapest call that proves the key."""
        self._services.network.reset_breaker(row.id)
        try:
            await self._services.connecting.settle_renewal(row)  # new keys that an earlier try could not prove
        except ProviderError as error:
            return Result("failed", message=error.message), None
        return await self._services.engine.probe(row)

    async def pause(self, row: ConnectionRow, paused: bool) -> None:
        """Stops or resumes everything that goes by the clock."""
        await self._services.connecting.pause(row, paused)
        await self.planned_anew(row.id)

    async def change(
        self,
        row: ConnectionRow,
        *,
        name: str | None = None,
        switches: Mapping[str, bool] | None = None,
        own_rate: tuple[float | None] | None = None,
    ) -> None:
        """Only what is given changes; `own_rate` is wrapped, for None is a value. Raises StoreError."""
        await self._services.connecting.change(row, name=name, switches=switches, own_rate=own_rate)
        await self.planned_anew(row.id)

    async def keys_wait(self, row: ConnectionRow) -> bool:
        """Whether new keys wait in the vault, not proved yet."""
        return await self._services.connecting.renewing.waits(row.account_id)

    async def renew(self, row: ConnectionRow, values: Mapping[str, str]) -> bool:
        """New keys for the account, tested first; every connection of it is planned anew. False when nothing was new.
        Raises ProviderError; then the old ones are in force."""
        if await self._services.connecting.renew(row, values) is None:
            return False
        for other in await self._services.store.connections.list():
            if other.account_id == row.account_id:
                self._services.network.reset_breaker(other.id)
                await self.planned_anew(other.id)
        return True

    async def remove(self, row: ConnectionRow) -> None:
        """Its orders stay; the account's keys go with its last connection."""
        services = self._services
        if services.engine.scheduler is not None:
            services.engine.scheduler.drop(row.id)
        await services.connecting.remove(row)
        self._tell(row.id)

    async def planned_anew(self, connection_id: int) -> ConnectionRow | None:
        """The living link goes, the clock takes the new row."""
        services = self._services
        services.engine.links.drop(connection_id)
        row = await services.store.connections.get(connection_id)
        if row is not None and row.removed_at is None:
            services.engine.schedule(row)
        self._tell(connection_id)
        return row

    def syncs(self, row: ConnectionRow) -> list[str]:
        """What can be pulled: "orders", "listings"."""
        held = self._services.catalogue.manifest(row.integration).capabilities
        on = {c for c in held if row.switches.get(c, True)}
        kinds = (("orders", "order_source"), ("listings", "listing_source"))
        return [kind for kind, capability in kinds if capability in on]

    async def sync(self, row: ConnectionRow, operation: Operation) -> tuple[dict[str, int], Message | None]:
        """Pulls what can be pulled (a probe where there is nothing): new rows by kind, and the first trouble."""
        engine, kinds = self._services.engine, self.syncs(row)
        found: dict[str, int] = {}
        trouble: Message | None = None
        pulls: dict[str, Callable[[], object]] = {
            "orders": lambda: engine.sync_orders(row),
            "listings": lambda: engine.sync_listings(row),
        }
        if not kinds:
            result, _ = await engine.probe(row)
            return {}, result.message
        for place, kind in enumerate(kinds):
            operation.advance(place, len(kinds))
            result = await pulls[kind]()  # type: ignore[misc]
            found[kind] = result.counts.get("new", 0)
            trouble = trouble or (result.message if result.outcome != "done" else None)
        operation.advance(len(kinds), len(kinds))
        return found, trouble

    def _tell(self, connection_id: int) -> None:
        self._services.changes.publish(ChangeReport(CONNECTIONS, frozenset({connection_id}), "user"))
