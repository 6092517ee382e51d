"""Asking whether connections live, by the clock: one probe an account, spread over the minute, silent while a real call is the
proof, while the connection is paused or the machine has no network. What fails is looked at again within two minutes.
Routine probes leave samples and no job rows: they would push the merchant's own jobs off the page."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from urllib.request import getproxies

from app.changes import HEALTH, ChangeReport, Changes
from app.contracts import Message, ProbeResult, ProviderError
from app.http.reach import has_route, is_loopback
from app.jobs.links import Link, Links, host_of
from app.jobs.runner import Result, Runner, cleaned, cleaned_probe
from app.store import Store, StoreError
from app.store.connections import ConnectionRow

log = logging.getLogger(__name__)
LEAST_S = 60.0
#: A call of this share of the interval ago is recent enough: the clock's own jitter is a tenth.
RECENT = 0.85
#: Jitter must not bring two probes closer together than a vendor allows.
APART = 1.12
#: A failure is looked at again after so many seconds; with the deadline of the slowest category it is settled within 120.
DOUBT_S = (20.0, 60.0)
#: So many probes are on their way at any time; a vendor that hangs keeps one of them, not the others.
AT_ONCE = 16
#: When the network is back, what waited is spread over so many seconds.
BACK_S = 30.0
NETWORK_S = 15.0
#: So many different vendors that cannot be reached, and nobody who can: it is the merchant's own internet, whatever the
#: system says of its network.
NOBODY = 3
_UNREACHED = frozenset({"net.unreachable", "net.timeout"})
_GOLDEN = 0.6180339887
#: What says nothing about a connection: this machine is off the network, the store is full, somebody's vault is locked.
_NOT_THEIRS = frozenset({"net.offline", "vault.locked"})


class Clock(Protocol):
    """The scheduler, as far as it is asked here."""

    def set(
        self,
        kind: str,
        connection_id: int,
        interval_s: float,
        run: Callable[[], Awaitable[object]],
        *,
        first_s: float | None = None,
    ) -> None: ...

    def hurry(self, kind: str, connection_id: int) -> None: ...


def online() -> bool:
    """Whether this machine is on a network, or a proxy is named that may be."""
    return has_route() or bool(getproxies())


class Probing:
    """`probe` asks one connection by the clock (the engine's). `again(kind, id)`: start what was held back meanwhile."""

    def __init__(
        self,
        store: Store,
        links: Links,
        runner: Runner,
        changes: Changes,
        now: Callable[[], datetime],
        probe: Callable[[ConnectionRow], Awaitable[object]],
        rng: random.Random | None = None,
    ) -> None:
        self._store, self._links, self._runner, self._changes, self._now = store, links, runner, changes, now
        self._probe = probe
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not secrets
        self.online: Callable[[], bool] = online
        self.offline_since: datetime | None = None
        self.clock: Clock | None = None
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._planned = 0
        self._accounts: dict[int, str] = {}
        self._local: dict[int, bool] = {}
        self._asked: dict[str, float] = {}  # by account, on the loop's clock
        self._doubted: dict[int, asyncio.TimerHandle] = {}
        self._due_again: set[int] = set()
        self._known: dict[int, bool] | None = None  # connections in trouble: whether that is confirmed
        self._waiting: set[tuple[str, int]] = set()
        self._under_way: set[asyncio.Task[object]] = set()
        self._unreached: set[str] = set()  # hosts, since anybody was reached
        self._no_route = False

    # -- planning --------------------------------------------------------------------------------------------------
    def interval_s(self, row: ConnectionRow) -> float:
        rule = self._links.manifest(row.integration).probe
        return max(LEAST_S, float(rule.least_interval_s) if rule is not None else 0.0)

    def plan(self, row: ConnectionRow, run: Callable[[], Awaitable[object]]) -> None:
        """Give the connection its place in the minute. Places follow the golden ratio: however many there are, no two come
        close together."""
        if self.clock is None:
            return
        self._accounts[row.id] = row.account_id
        self._local.pop(row.id, None)
        self._planned += 1
        place = self._planned * _GOLDEN % 1.0
        interval = self.interval_s(row)
        period = interval * APART if interval > LEAST_S else interval
        self.clock.set("probe", row.id, period, run, first_s=1.0 + place * LEAST_S)

    def forget(self, connection_id: int) -> None:
        """Paused or removed: nothing of it is looked at again."""
        self._accounts.pop(connection_id, None)
        self._due_again.discard(connection_id)
        timer = self._doubted.pop(connection_id, None)
        if timer is not None:
            timer.cancel()

    # -- by the clock ----------------------------------------------------------------------------------------------
    async def look(self, row: ConnectionRow) -> None:
        """Probe unless something else has proved the connection, or nothing can be learnt now."""
        loop = asyncio.get_running_loop()
        interval = self.interval_s(row)
        doubted = row.id in self._due_again
        self._due_again.discard(row.id)
        fresh = await self._store.connections.get(row.id) or row
        if fresh.paused or fresh.removed_at is not None or await self.rests(fresh):
            return
        if not doubted:
            if await self._proved(fresh, interval):
                return
            asked = self._asked.get(row.account_id)
            if asked is not None and loop.time() - asked < interval * RECENT:
                return
        self._asked[row.account_id] = loop.time()
        async with self._gate:
            await self._probe(fresh)

    async def _proved(self, row: ConnectionRow, interval: float) -> bool:
        """A good call of the connection within the interval; or of its account, unless this connection itself is in trouble."""
        ids = [row.id]
        if not (await self._trouble()).keys() & {row.id}:
            ids += [one.id for one in await self._sisters(row)]
        for identity in ids:
            last = await self._store.samples.last_ok(identity)
            if last is not None and 0 <= (self._now() - last).total_seconds() < interval * RECENT:
                return True
        return False

    async def _sisters(self, row: ConnectionRow) -> list[ConnectionRow]:
        """The other connections of the account."""
        if row.id in self._accounts and list(self._accounts.values()).count(row.account_id) == 1:
            return []
        rows = await self._store.connections.list()
        return [one for one in rows if one.account_id == row.account_id and one.id != row.id and not one.paused]

    async def ask(self, row: ConnectionRow, link: Callable[[], Awaitable[Link]]) -> tuple[Result, ProbeResult | None]:
        """The probe itself, without a job's row. The pipeline repeats it with back-off where that is safe; then the last word
        is kept, for the connection and for those of its account that the same answer tells of."""
        me = asyncio.current_task()
        if me is not None:
            self._under_way.add(me)
            me.add_done_callback(self._under_way.discard)
        found: ProbeResult | None = None
        message: Message | None = None
        try:
            one = await link()
            found = cleaned_probe(await (one.prober or one.provider).probe(), self._runner.clean)
        except ProviderError as error:
            message = error.message
        except StoreError as error:
            message = error.message
        except Exception as error:
            log.exception("the probe of connection %s failed", row.id)
            message = Message("bug", {"reason": f"{type(error).__name__}: {error}"[:200]})
        if message is not None:
            message = self._links.explained(row, message).about(connection=row.name)
            message = cleaned(message, self._runner.clean)
        result = Result() if message is None else Result("failed", message=message)
        with suppress(StoreError):  # a full disk: the state waits for the next look
            await self._tell(row, message)
            await self.heard(row, result)
            if found is not None:
                await self.learnt(row, found)
            for sister in await self._sisters(row):
                await self._tell_sister(sister, row, message)
        return result, found

    async def _tell(self, row: ConnectionRow, message: Message | None) -> None:
        """A good answer that is no news is not written: the samples say it, and a disk has better things to do."""
        said = row.last_ok_at
        old = said is None or not 0 <= (self._now() - said).total_seconds() < 600
        if (
            message is not None
            or old
            or (row.last_error_at is not None and said is not None and row.last_error_at >= said)
        ):
            await self._runner.told(row.id, message)

    async def _tell_sister(self, sister: ConnectionRow, row: ConnectionRow, message: Message | None) -> None:
        """One key, one account: a refused key is everybody's, and so is a server that does not answer at the same address. A
        good answer is too, except for one that is in trouble of its own."""
        if message is None:
            if sister.id not in await self._trouble():
                await self._tell(sister, None)
            return
        last = await self._store.samples.last_ok(sister.id)
        if last is not None and 0 <= (self._now() - last).total_seconds() < self.interval_s(sister):
            return  # its own calls go through
        if message.code.startswith("auth.") or (await self._host(sister)) == (await self._host(row)) != "":
            told = message.about(connection=sister.name)
            await self._runner.told(sister.id, told)
            await self.heard(sister, Result("failed", message=told))

    async def _host(self, row: ConnectionRow) -> str:
        try:
            return host_of((await self._links.get(row.id)).account.urls.get("api", ""))
        except (ProviderError, KeyError):
            return ""

    # -- what calls told -------------------------------------------------------------------------------------------
    async def _trouble(self) -> dict[int, bool]:
        if self._known is None:
            found = await self._store.troubles.all()
            self._known = {identity: one.confirmed_at is not None for identity, one in found.items()}
        return self._known

    async def heard(self, row: ConnectionRow, result: Result, *, proves: bool = True) -> None:
        """Any call's end, a job's or a probe's: the first failure begins the trouble and is looked at again soon, the next one
        confirms it, a good end that `proves` something ends it. Raises StoreError."""
        if self._store.db.read_only:
            return
        known = await self._trouble()
        if result.outcome == "failed" and result.message is not None:
            code = result.message.code
            if code in _UNREACHED and result.message.params.get("sent") == "no":
                self._unreached.add(result.message.params.get("host", ""))
                self.look_at_network()
            if code in _NOT_THEIRS or code.startswith("store."):
                return
            if not known.get(row.id, False):
                known[row.id] = (await self._store.troubles.failed(row.id)).confirmed_at is not None
                self._changes.publish(ChangeReport(HEALTH, frozenset({row.id}), "trouble"))
            if not known[row.id]:
                self._doubt(row.id)
        elif proves and result.outcome in ("done", "partly"):
            if self._unreached and not self._local.get(row.id, False):
                self._unreached.clear()
                self.look_at_network()
            if row.id in known:
                del known[row.id]
                await self._store.troubles.ended(row.id)
                self._changes.publish(ChangeReport(HEALTH, frozenset({row.id}), "trouble"))

    def _doubt(self, connection_id: int) -> None:
        clock = self.clock
        if clock is None or connection_id in self._doubted or connection_id not in self._accounts:
            return

        def due() -> None:
            self._doubted.pop(connection_id, None)
            self._due_again.add(connection_id)
            clock.hurry("probe", connection_id)

        wait = self._rng.uniform(*DOUBT_S)
        self._doubted[connection_id] = asyncio.get_running_loop().call_later(wait, due)

    async def learnt(self, row: ConnectionRow, found: ProbeResult) -> None:
        """How many open orders the server says there are, beside how many are in the store. Raises StoreError."""
        if found.server_orders is not None and not self._store.db.read_only:
            stored = await self._store.business.open_orders(row.id)
            await self._store.troubles.note_server_orders(row.id, found.server_orders, stored)

    # -- the network -----------------------------------------------------------------------------------------------
    async def rests(self, row: ConnectionRow, kind: str = "") -> bool:
        """Whether the connection is silent because this machine has no network; `kind`: the job to be made up for."""
        self.look_at_network()
        if await self._is_local(row) or not self._no_route:
            return False
        if kind:
            self._waiting.add((kind, row.id))
        return True

    async def _is_local(self, row: ConnectionRow) -> bool:
        """On this very computer (a rehearsal, a bridge), or not on any network at all (folders)."""
        if row.id not in self._local:
            try:
                host = host_of((await self._links.get(row.id)).account.urls.get("api", ""))
            except (ProviderError, KeyError):
                return False  # it cannot be told yet; the call itself will say what is wrong
            self._local[row.id] = not host or is_loopback(host)
        return self._local[row.id]

    def is_resting(self, connection_id: int) -> bool:
        """The same for those who only look; an unknown one is taken for one that needs the network."""
        return self.offline_since is not None and not self._local.get(connection_id, False)

    def look_at_network(self) -> None:
        """Say once that the network is gone, and once that it is back. Without a route nothing is called; where there is one
        and still nobody is reached, the probes go on, for they alone can tell when somebody is."""
        self._no_route = not self.online()
        on = not self._no_route and len(self._unreached) < NOBODY
        if on and self.offline_since is not None:
            log.info("the network is back after %s", self._now() - self.offline_since)
            self.offline_since = None
            self._changes.publish(ChangeReport(HEALTH, source="online"))
            self._make_up()
        elif not on and self.offline_since is None:
            self.offline_since = self._now()
            log.warning("this computer is off the network" if self._no_route else "nobody is reached over the network")
            self._changes.publish(ChangeReport(HEALTH, source="offline"))

    def _make_up(self) -> None:
        clock, waiting = self.clock, sorted(self._waiting)
        self._waiting.clear()
        if clock is None:
            return
        loop = asyncio.get_running_loop()
        for kind, identity in waiting:  # spread, or all vendors would be called at once
            loop.call_later(self._rng.uniform(0, BACK_S), clock.hurry, kind, identity)

    async def watch(self) -> None:
        """Looks at the network now and then, for ever; cancel to stop."""
        while True:
            self.look_at_network()
            await asyncio.sleep(NETWORK_S)

    async def at_rest(self, patience_s: float) -> None:
        """Wait until no probe is under way; those that take longer are stopped."""
        me = asyncio.current_task()
        tasks = {one for one in self._under_way if one is not me}
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=5)

    def close(self) -> None:
        self.clock = None
        for timer in self._doubted.values():
            timer.cancel()
        self._doubted.clear()
