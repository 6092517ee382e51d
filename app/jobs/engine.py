"""The engine: what can be asked of a connection (probe, sync, send), by hand or by the clock. No window, no words."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from app.changes import HEALTH, OUTBOX, ChangeReport, Changes
from app.contracts import Message, ProbeResult, ProviderError, fail
from app.http.samples import SampleRing
from app.jobs.alerting import LOOK_S as ALERTS_S
from app.jobs.alerting import SEND_S, AlertJobs
from app.jobs.housekeeping import EVERY_S, Housekeeping
from app.jobs.links import Link, Links
from app.jobs.probing import Probing
from app.jobs.pulls import Pulls
from app.jobs.relay import Relay
from app.jobs.reporting import EVERY_S as REPORTS_S
from app.jobs.reporting import Reporting
from app.jobs.runner import Handle, Result, Runner, cleaned_probe
from app.jobs.scheduler import Scheduler
from app.jobs.tracking import LOOK_S, Tracker
from app.store import Store, StoreError
from app.store.connections import ConnectionRow
from app.store.parcel_fate import PARCEL

log = logging.getLogger(__name__)
T = TypeVar("T")
RELAY_INTERVAL_S = 5.0
SAMPLES_INTERVAL_S = 5.0
#: Payout lines are read once a day; whether it is time is looked at every hour.
PAYOUTS_EVERY_S, PAYOUTS_LOOK_S = 20 * 3600.0, 3600.0
#: Jobs whose good end says that the connection works. Sending may have had nothing to say.
_PROOFS = frozenset({"probe", "orders", "listings", "settlements", "track"})


class Engine:
    def __init__(
        self, store: Store, links: Links, changes: Changes, samples: SampleRing, now: Callable[[], datetime]
    ) -> None:
        self.store, self.links, self.changes, self.samples, self._now = store, links, changes, samples, now
        self.runner = Runner(store, changes, now)
        self.pulls = Pulls(store, changes, now)
        self.relay = Relay(store, changes, now)
        self.relay.read_listings = self.pulls.listings
        self.tracker = Tracker(store, changes, now)
        self.probing = Probing(store, links, self.runner, changes, now, lambda row: self.probe(row, "clock"))
        self.scheduler: Scheduler | None = None
        self.housekeeping: Housekeeping | None = None  # the console's; runs by the same clock
        self.alerting: AlertJobs | None = None  # the console's too
        self.reporting: Reporting | None = None  # and this
        self.beside: list[Callable[[], Awaitable[None]]] = []  # others' endless work, begun and ended with the clock
        self.received_bytes = 0  # of all answers' bodies, as they came over the wire
        self._background: list[asyncio.Task[None]] = []
        self._held: Message | None = None
        self._missed: set[tuple[str, int]] = set()

    # -- asked for ---------------------------------------------------------------------------------------------
    async def probe(self, row: ConnectionRow, asked_by: str = "user") -> tuple[Result, ProbeResult | None]:
        """The cheapest call that proves the key. The clock's leave no job row (`Probing.ask`)."""
        if asked_by == "clock" and self._held is None:
            return await self.probing.ask(row, lambda: self._link(row))
        found: list[ProbeResult] = []

        async def work(handle: Handle) -> Result:
            link = await self._link(row)
            found.append(cleaned_probe(await (link.prober or link.provider).probe(), self.runner.clean))
            await self.runner.told(row.id, None)
            await self.probing.learnt(row, found[0])
            return Result()

        result = await self._run("probe", row, work, asked_by, lane=False)
        return result, found[0] if found else None

    async def sync_orders(self, row: ConnectionRow, *, since: datetime | None = None, asked_by: str = "user") -> Result:
        async def work(handle: Handle) -> Result:
            link = await self._link(row, "order_source")
            result = await self.pulls.orders(link, handle, since)
            await self.runner.told(row.id, None)
            await self.hurry_stock()
            return result

        return await self._run("orders", row, work, asked_by)

    async def sync_listings(self, row: ConnectionRow, *, full: bool = False, asked_by: str = "user") -> Result:
        async def work(handle: Handle) -> Result:
            link = await self._link(row, "listing_source")
            result = await self.pulls.listings(link, handle, full=full)
            await self.runner.told(row.id, None)
            return result

        return await self._run("listings", row, work, asked_by)

    async def sync_settlements(
        self, row: ConnectionRow, *, since: datetime | None = None, asked_by: str = "user"
    ) -> Result:
        async def work(handle: Handle) -> Result:
            link = await self._link(row, "settlements")
            result = await self.pulls.settlements(link, handle, since)
            await self.runner.told(row.id, None)
            return result

        return await self._run("settlements", row, work, asked_by)

    async def fetch_order(self, row: ConnectionRow, number: str, asked_by: str = "user") -> Result:
        async def work(handle: Handle) -> Result:
            result = await self.pulls.order(await self._link(row, "order_source"), number)
            await self.hurry_stock()
            return result

        return await self._run("order", row, work, asked_by)

    async def hurry_stock(self) -> None:
        """Quantities that other channels must be told go now and not with the next look of the relay."""
        waiting = await self.store.stock.waiting(self._now())
        if waiting:
            self.changes.publish(ChangeReport(OUTBOX, source="stock"))
        if self.scheduler is not None:
            for connection_id in waiting:
                self.scheduler.hurry("send", connection_id)

    async def send(self, row: ConnectionRow, asked_by: str = "user") -> Result:
        """Drain the connection's outbox as far as it goes now."""

        async def work(handle: Handle) -> Result:
            link = await self._link(row)
            result = await self.relay.drain(link, handle)
            if self.scheduler is not None and await self.relay.news_due(link):
                self.scheduler.hurry("listings", row.id)
            return result

        return await self._run("send", row, work, asked_by)

    async def ask(
        self,
        row: ConnectionRow,
        kind: str,
        capability: str,
        question: Callable[[Any], Awaitable[T]],
        asked_by: str = "user",
    ) -> T:
        """What a channel answers to a question that somebody waits for (its categories …), asked as a job of this kind.
        Raises ProviderError."""
        answers: list[T] = []

        async def work(handle: Handle) -> Result:
            answers.append(await question((await self._link(row, capability)).provider))
            await self.runner.told(row.id, None)
            return Result()

        result = await self._run(kind, row, work, asked_by)
        if not answers:
            raise fail(result.message or Message("job.interrupted", {"connection": row.name}))
        return answers[0]

    async def track(self, row: ConnectionRow, *, everything: bool = True, asked_by: str = "user") -> Result:
        """Ask a carrier where its parcels are: all that are not at their end, or only those that are due."""

        async def work(handle: Handle) -> Result:
            result = await self.tracker.poll(await self._link(row, "tracking"), handle, everything=everything)
            if result.outcome == "done":
                await self.runner.told(row.id, None)
            return result

        return await self._run("track", row, work, asked_by)

    async def settle_all(self, row: ConnectionRow, *, patience_s: float, asked_by: str = "user") -> Result:
        """Drain and keep asking for later results until nothing is left to do now or the patience is over."""
        deadline = asyncio.get_running_loop().time() + patience_s
        total, pause = Result(), 0.3
        while True:
            result = await self.send(row, asked_by)
            for name, count in result.counts.items():
                if name != "pending":
                    total.add(name, count)
            if result.outcome != "done":
                total.outcome, total.message = result.outcome, result.message
            open_tickets = await self.store.outbox.pending_tickets(row.id)
            if not open_tickets or asyncio.get_running_loop().time() >= deadline or result.outcome == "failed":
                if open_tickets:
                    total.add("pending", sum(len(rows) for _, rows in open_tickets))
                return total
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 5.0)

    async def _link(self, row: ConnectionRow, capability: str = "") -> Link:
        link = await self.links.get(row.id)
        self.store.samples.categories[row.id] = link.manifest.category
        if capability and not link.can(capability):
            raise fail(Message("config.field", {"connection": row.name, "field": capability}, field=capability))
        return link

    async def _run(self, kind: str, row: ConnectionRow, work: object, asked_by: str, *, lane: bool = True) -> Result:
        async def named(handle: Handle) -> Result:
            try:
                result: Result = await work(handle)  # type: ignore[operator]
            except ProviderError as error:
                error.message = self.links.explained(row, error.message).about(connection=row.name)
                raise
            if result.message is not None:
                result.message = result.message.about(connection=row.name)
            return result

        if self._held is not None:
            if asked_by == "clock":
                self._missed.add((kind, row.id))
            return Result("failed", message=self._held.about(connection=row.name))
        if asked_by == "clock" and await self.probing.rests(row, kind):
            return Result("failed", message=Message("net.offline", {"connection": row.name}))
        account = row.account_id if lane else ""
        try:
            result = await self.runner.run(kind, named, connection_id=row.id, account_id=account, asked_by=asked_by)
            with suppress(StoreError):  # a full disk: the next call says it again
                await self.probing.heard(row, result, proves=kind in _PROOFS)
            return result
        finally:
            await self.links.keep_learnt(row.account_id)
            await self.flush_samples()

    # -- held (the vault is locked) --------------------------------------------------------------------------------
    async def hold(self, reason: Message, patience_s: float) -> None:
        """Start no job until `release`: what is asked for meanwhile fails at once with `reason`, without a mark on the
        connection. Returns when the jobs under way have ended; late ones are stopped, what they have stored stays."""
        self._held = reason
        await self.probing.at_rest(patience_s)
        if not await self.runner.at_rest(patience_s):
            await self.store.outbox.recover(self._now())  # an intent that was cut in mid-sending is looked up first

    def release(self) -> None:
        """Go on; what the clock wanted meanwhile comes now."""
        self._held = None
        missed, self._missed = self._missed, set()
        for kind, connection_id in missed:
            if self.scheduler is not None:
                self.scheduler.hurry(kind, connection_id)

    @property
    def held(self) -> Message | None:
        """Why no job starts, None when they do."""
        return self._held

    # -- by the clock --------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Start the scheduler for every connection that is not paused, and the sample writer."""
        loop = asyncio.get_running_loop()
        self.scheduler = Scheduler(clock=loop.time, rng=random.Random())  # noqa: S311 - jitter, not secrets
        self.probing.clock = self.scheduler
        for row in await self.store.connections.list():
            self.schedule(row)
        if self.housekeeping is not None:
            self.scheduler.set("housekeeping", 0, EVERY_S, self.housekeeping.run)
        if self.reporting is not None:
            self.scheduler.set("reports", 0, REPORTS_S, self.reporting.run)
        if self.alerting is not None:
            await self.alerting.begin()
            self.alerting.hurry = partial(self.scheduler.hurry, "alert_send", 0)
            self.scheduler.set("alerts", 0, ALERTS_S, self.alerting.run)
            self.scheduler.set("alert_send", 0, SEND_S, self.alerting.deliver)
        self._background = [
            asyncio.ensure_future(self.scheduler.run()),
            asyncio.ensure_future(self._write_samples()),
            asyncio.ensure_future(self.probing.watch()),
            *(asyncio.ensure_future(work()) for work in self.beside),
        ]

    def schedule(self, row: ConnectionRow) -> None:
        """(Re)plan one connection after it was added, changed, paused or resumed."""
        if self.scheduler is None:
            return
        self.scheduler.drop(row.id)
        self.probing.forget(row.id)
        manifest = self.links.manifest(row.integration)
        if row.paused or not manifest.readiness.connectable or not manifest.client:
            return
        has = [c for c in manifest.capabilities if row.switches.get(c, True)]
        if "order_source" in has:
            self.scheduler.set(
                "orders", row.id, manifest.order_interval_s, lambda: self.sync_orders(row, asked_by="clock")
            )
        if "listing_source" in has:
            self.scheduler.set(
                "listings", row.id, manifest.listing_interval_s, lambda: self.sync_listings(row, asked_by="clock")
            )
        if "settlements" in has:
            self.scheduler.set("settlements", row.id, PAYOUTS_LOOK_S, lambda: self._settlements_if_due(row))
        if {"price_sink", "stock_sink", "shipment_sink", "carrier", "product_publishing"} & set(has):
            self.scheduler.set("send", row.id, RELAY_INTERVAL_S, lambda: self._send_if_any(row))
        if "tracking" in has:
            self.scheduler.set("track", row.id, LOOK_S, lambda: self._track_if_due(row))
        self.probing.plan(row, lambda: self._probe_if_silent(row))

    async def _settlements_if_due(self, row: ConnectionRow) -> None:
        """Once a day, however often the program is started; a pull that failed is tried again at the next look."""
        covered = await self.store.cursors.get(row.id, "settlements")
        if covered is None or not 0 <= (self._now() - covered).total_seconds() < PAYOUTS_EVERY_S:
            await self.sync_settlements(row, asked_by="clock")

    async def _send_if_any(self, row: ConnectionRow) -> None:
        if await self.has_work(row):
            await self.send(row, asked_by="clock")

    async def _track_if_due(self, row: ConnectionRow) -> None:
        if await self.tracker.any_due(row.id):
            await self.track(row, everything=False, asked_by="clock")

    async def has_work(self, row: ConnectionRow) -> bool:
        """Whether something may go out now, or a vendor still owes a result, or an answer was lost."""
        now, carrying = self._now(), self.relay.carrying
        if any(connection == row.id for connection, _, _ in await self.store.outbox.due(now)):
            return True
        lost = await self.store.outbox.unknown(row.id)
        if any(one.kind != PARCEL or carrying.looks_at(one) <= now for one in lost):
            return True
        return bool(await self.store.outbox.pending_tickets(row.id)) or await carrying.owes(row.id)

    async def _probe_if_silent(self, row: ConnectionRow) -> None:
        """A good real call within the interval is the probe; and one probe an account serves all its connections."""
        if self._held is None:
            await self.probing.look(row)

    async def _write_samples(self) -> None:
        while True:
            await asyncio.sleep(SAMPLES_INTERVAL_S)
            await self.flush_samples()

    async def flush_samples(self) -> None:
        samples = self.samples.drain()
        if samples:
            try:
                await self.store.samples.add(samples)
                self.received_bytes += sum(sample.size for sample in samples)
            except StoreError as error:  # a full disk: they wait in the ring, and the timer goes on
                log.warning("samples could not be stored: %s", error.key)
                for sample in samples:
                    self.samples.add(sample)
                return
            ids = frozenset(s.connection_id for s in samples)
            self.changes.publish(ChangeReport(HEALTH, ids, "samples"))

    async def close(self) -> None:
        self.probing.close()
        for task in self._background:
            task.cancel()
        if self.scheduler is not None:
            await self.scheduler.close()
        await self.runner.close()
        if self._background:
            await asyncio.wait(self._background, timeout=2)
        if self.alerting is not None:
            await self.alerting.close()
        await self.flush_samples()
