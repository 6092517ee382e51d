"""A vendor in a storm and a program that sends to it, under a virtual clock: the real scheduler, runner, relay, store and pipeline;
only the wire answers by a rule and the clock jumps.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import formatdate
from typing import Any

import msgspec

from app.changes import Changes
from app.contracts import Account, Limit, Manifest, Outcome, OutcomeState, ProviderError, Readiness, Receipt
from app.contracts.manifest import Sizes
from app.http import Network, Policy
from app.http.lib import httpx
from app.jobs.links import Link
from app.jobs.relay import Relay
from app.jobs.runner import Runner
from app.jobs.scheduler import Scheduler
from app.kit import MemoryTokens, json_call, send
from app.model import ListingRef, Money, PriceChange, ShipmentNotice, to_epoch_ms
from app.store import Store
from app.store.outbox import OutboxFilter, put
from tests.app.http.virtual import EPOCH, network, now

HOST = "api.test"
PRICE = Money(Decimal("10.00"), "TRY")
RELAY_S = 5.0
Style = str


def utc() -> datetime:
    return datetime.fromtimestamp(EPOCH + now(), UTC)


def inline(store: Store) -> None:
    """The store's threads answer at once: no virtual time passes while a disk works."""
    db: Any = store.db

    async def write(job: Callable[[Any], Any]) -> Any:
        return db.post(job).result()

    async def read(job: Callable[[Any], Any]) -> Any:
        return db._readers.submit(db._read, job).result()

    db.write, db.read = write, read


class Vendor(httpx.AsyncBaseTransport):
    """One host with many accounts (the first step of the path). Counts fixed windows, as vendors do; part of each window may be
    used up by the merchant's other software; acts on what it admits, and forgets to say so as often as chaos wants.

    `storm_s`: so long everything is refused. `chaos`: share of admitted calls that end in 5xx or a cut connection, before or
    after acting. `style`: how a refusal tells when to come back.
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        allowed: int,
        window_s: float,
        style: Style,
        storm_s: float,
        chaos: float,
        shared: float,
    ) -> None:
        self.rng = rng
        self.allowed, self.window_s, self.style = allowed, window_s, style
        self.storm_s, self.chaos, self.shared = storm_s, chaos, shared
        self.calm: frozenset[str] = frozenset()  # accounts that no storm hits
        self.attempts: dict[str, list[float]] = defaultdict(list)
        self.refused: Counter[str] = Counter()
        self.admitted: dict[tuple[str, int], int] = {}
        self.acted: Counter[str] = Counter()
        self.prices: dict[str, str] = {}
        self.done_at: dict[str, float] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        account, what = request.url.path.strip("/").split("/")
        self.attempts[account].append(now())
        await asyncio.sleep(self.rng.uniform(0.05, 0.3))
        if account not in self.calm and not self._admits(account):
            self.refused[account] += 1
            return httpx.Response(429, headers=self._told(), content=b'{"errors":["too many requests"]}')
        fate = self.rng.random() if account not in self.calm else 1.0
        if fate < self.chaos * 0.25:
            return httpx.Response(500, content=b"oops")
        if fate < self.chaos * 0.45:
            return httpx.Response(503, content=b"<html>busy</html>")
        if fate < self.chaos * 0.6:
            return self._raise(httpx.ConnectError("refused"))
        if fate < self.chaos * 0.75:
            return self._raise(httpx.ReadError("reset"))
        answer = self._act(what, json.loads(request.content))
        return self._raise(httpx.ReadError("reset after acting")) if fate < self.chaos else answer

    @staticmethod
    def _raise(error: Exception) -> httpx.Response:
        raise error

    def _admits(self, account: str) -> bool:
        if now() < self.storm_s:
            return False
        key = account, int(now() // self.window_s)
        if key not in self.admitted:
            self.admitted[key] = int(self.allowed * self.rng.uniform(0, self.shared))
        if self.admitted[key] >= self.allowed:
            return False
        self.admitted[key] += 1
        return True

    def _told(self) -> dict[str, str]:
        left = self.window_s - now() % self.window_s
        if self.style == "seconds":
            return {"retry-after": str(int(left) + 1)}
        if self.style == "date":
            dates = {"retry-after": EPOCH + now() + left + 1, "date": EPOCH + now()}
            return {name: formatdate(at, usegmt=True) for name, at in dates.items()}
        return (
            {"retry-after": self.rng.choice(("soon", "-5", "1e99", "", "12 parsecs"))}
            if self.style == "nonsense"
            else {}
        )

    def _act(self, what: str, rows: list[dict[str, str]]) -> httpx.Response:
        for row in rows:
            self.acted[row["key"]] += 1
            self.done_at.setdefault(row["key"], now())
            if what == "prices":
                self.prices[row["sku"]] = row["price"]
            elif self.acted[row["key"]] > 1:
                return httpx.Response(409, content=b'{"errors":["already shipped"]}')
        return httpx.Response(200, content=b"{}")

    def busiest(self, account: str, window_s: float) -> int:
        """The most attempts in any window as the vendor counts them."""
        return max(Counter(int(at // window_s) for at in self.attempts[account]).values(), default=0)


class Shop:
    """A provider as thin as can be."""

    def __init__(self, http: httpx.AsyncClient, account: str) -> None:
        self.http, self.account = http, account

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        rows = [{"key": c.key, "sku": c.listing.sku, "price": c.price.text()} for c in changes]
        await send(self.http, json_call("POST", f"/{self.account}/prices", "prices", rows, repeatable=True))
        return Receipt(tuple(Outcome(c.key, OutcomeState.DONE) for c in changes))

    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        try:
            await send(self.http, json_call("POST", f"/{self.account}/ship", "ship", [{"key": n.key} for n in notices]))
        except ProviderError as error:
            if error.message.code != "item.conflict":
                raise
        return Receipt(tuple(Outcome(n.key, OutcomeState.DONE) for n in notices))


class Program:
    """Connections of several accounts, their relay at its interval, until everything is done or the time is over."""

    def __init__(self, store: Store, vendor: Vendor, rng: random.Random, limits: tuple[Limit, ...]) -> None:
        self.store, self.vendor, self.rng, self.limits = store, vendor, rng, limits
        self.net: Network = network(vendor, rng=rng)
        changes = Changes()
        self.runner = Runner(store, changes, utc)
        self.relay = Relay(store, changes, utc)
        self.scheduler = Scheduler(clock=now, rng=rng)
        self.links: dict[str, Link] = {}
        self.queued: dict[str, list[str]] = defaultdict(list)

    async def connect(self, name: str, account: str) -> None:
        if await self.store.accounts.get(account) is None:
            await self.store.accounts.add(account, "storm", "live")
        row = await self.store.connections.add(name, "storm", account, "live")
        manifest = Manifest(
            id="storm", name="Storm", category="marketplace-tr", website="", readiness=Readiness.LIVE,
            evidence="unconfirmed", evidence_date=date(2026, 1, 1), features=(), limits=self.limits,
            capabilities=("price_sink", "shipment_sink"), sizes=Sizes(prices=10, shipments=1),
        )  # fmt: skip
        policy = Policy(
            connection_id=row.id, account_id=account, connection_name=name, deadline_s=10.0, hosts=frozenset({HOST}),
            limits=self.limits,
        )  # fmt: skip
        known = Account(account, "storm", "live", {"api": f"https://{HOST}"}, MemoryTokens(), utc, lambda: "n")
        http = self.net.client(policy, f"https://{HOST}")
        link = self.links[name] = Link(row, manifest, known, Shop(http, account), http)

        async def drain() -> None:
            due = any(one == row.id for one, _, _ in await self.store.outbox.due(utc()))
            if due or await self.store.outbox.unknown(row.id):
                await self.runner.run(
                    "send", lambda handle: self.relay.drain(link, handle), connection_id=row.id, account_id=account,
                    asked_by="clock",
                )  # fmt: skip

        self.scheduler.set("send", row.id, RELAY_S, drain)

    async def want_prices(self, name: str, count: int) -> None:
        skus = [f"{name}-{number}" for number in range(count)]
        await self._queue(name, "price", [PriceChange("", ListingRef(one, one), PRICE) for one in skus])

    async def want_shipments(self, name: str, count: int) -> None:
        notices = [ShipmentNotice("", f"o{n}", f"o{n}", "Kargo", f"t{n}", shipped_at=utc()) for n in range(count)]
        await self._queue(name, "shipment", notices)

    async def _queue(self, name: str, kind: str, changes: Sequence[PriceChange | ShipmentNotice]) -> None:
        """In one transaction, as a plan is queued."""
        connection, at = self.links[name].row.id, to_epoch_ms(utc())
        rows = [(f"{name}-{kind}-{number}", msgspec.json.encode(one)) for number, one in enumerate(changes)]

        def job(conn: Any) -> None:
            for key, payload in rows:
                put(conn, connection, kind, None, payload, key, at)

        await self.store.db.write(job)
        self.queued[name] += [key for key, _ in rows]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.scheduler.run())
        try:
            yield
        finally:
            task.cancel()
            await self.scheduler.close()
            await self.runner.close()
            await asyncio.gather(task, return_exceptions=True)
            await self.net.close()

    async def until_done(self, limit_s: float) -> float:
        """Returns the virtual second at which nothing was left, or `limit_s`."""
        while now() < limit_s:
            counts = await self.store.outbox.counts()
            if not {"queued", "sending", "pending", "unknown"} & counts.keys():
                return now()
            await asyncio.sleep(1.0)
        return now()

    async def done(self) -> Counter[str]:
        """Settled as done, by connection name."""
        rows = await self.store.outbox.query(OutboxFilter(states=("done",)), limit=100_000)
        names = {link.id: name for name, link in self.links.items()}
        return Counter(names[row.connection_id] for row in rows)
