"""Running one job: a row in the store, a lane of its account, progress, cancel, and one message when it fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from app.changes import CONNECTIONS, JOBS, ChangeReport, Changes
from app.contracts import Message, ProbeResult, ProviderError
from app.jobs.links import Link
from app.store import Store
from app.store.db import StoreError
from app.vault.redact import Redactor

log = logging.getLogger(__name__)


@dataclass
class Result:
    """What a job did: counts by name, and the first message that a person should read."""

    outcome: str = "done"  # done | partly | failed | cancelled
    counts: dict[str, int] = field(default_factory=dict)
    message: Message | None = None

    def add(self, name: str, count: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + count


def cleaned(message: Message, clean: Callable[[str], str]) -> Message:
    """The message without what `clean` takes out. A vendor may repeat a key in its error, and a message is kept and shown."""
    return msgspec.structs.replace(
        message,
        params={name: clean(text) for name, text in message.params.items()},
        vendor_code=clean(message.vendor_code),
        vendor_text=clean(message.vendor_text),
    )


def cleaned_probe(found: ProbeResult, clean: Callable[[str], str]) -> ProbeResult:
    """The same for what a connection test learnt."""
    facts = {name: clean(text) for name, text in found.facts.items()}
    return msgspec.structs.replace(found, facts=facts, warnings=tuple(cleaned(one, clean) for one in found.warnings))


async def tried(link: Link) -> ProbeResult:
    """The connection test with keys that may not be in the vault yet: what was typed is taken out of what the vendor says.
    Raises ProviderError."""
    clean = Redactor(lambda: [secret.reveal() for secret in link.account.secrets.values()]).redact
    try:
        return cleaned_probe(await link.provider.probe(), clean)
    except ProviderError as error:
        error.message = cleaned(error.message, clean)
        raise


class Handle:
    """What the work gets: where to say how far it is. Progress is written at most four times a second."""

    def __init__(self, runner: Runner, job_id: int) -> None:
        self.job_id, self.runner = job_id, runner
        self.lane: asyncio.Lock | None = None  # while the job has its account's lane
        self._last = 0.0

    async def turn(self) -> None:
        """Between two pieces of long work: lets the account's other jobs that wait go first, so that a connection with five
        thousand prices does not hold up its sister's ten. Only where nothing suffers from what they do meanwhile."""
        lane = self.lane
        if lane is None:
            return
        self.lane = None  # cancelled while it waits, the job has no lane to give back
        lane.release()
        await asyncio.sleep(0)
        await lane.acquire()
        self.lane = lane

    async def progress(self, done: int, total: int | None = None) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._last < 0.25:
            return
        self._last = now
        await self.runner.store.jobs.progress(self.job_id, done, total)
        self.runner.changes.publish(ChangeReport(JOBS, frozenset({self.job_id}), "job"))


Work = Callable[[Handle], Awaitable[Result]]


class Runner:
    """Starts jobs. At most one works on an account at a time: two pulls of one account would fight for one quota."""

    def __init__(self, store: Store, changes: Changes, now: Callable[[], datetime]) -> None:
        self.store, self.changes, self._now = store, changes, now
        self.clean: Callable[[str], str] = str  # takes vault values out of a vendor's text; wired by the console
        self._lanes: dict[str, asyncio.Lock] = {}
        self._running: dict[int, asyncio.Task[Result]] = {}
        self._owed: dict[int, Result] = {}  # ends that could not be written down; tried again with the next job
        self.closing = False

    @asynccontextmanager
    async def lane(self, account_id: str, handle: Handle | None = None) -> AsyncIterator[None]:
        lock = self._lanes.setdefault(account_id, asyncio.Lock())
        await lock.acquire()
        holder = handle or Handle(self, 0)
        holder.lane = lock
        try:
            yield
        finally:
            if holder.lane is not None:
                holder.lane = None
                lock.release()

    def busy(self, account_id: str) -> bool:
        lock = self._lanes.get(account_id)
        return lock is not None and lock.locked()

    async def run(
        self, kind: str, work: Work, *, connection_id: int | None, account_id: str = "", asked_by: str
    ) -> Result:
        """Run to the end. Provider errors become a failed result with its message, and so does a store that cannot be
        written (nothing is begun then); bugs are logged and told as such."""
        try:
            job_id = await self.store.jobs.start(kind, connection_id, asked_by)
        except StoreError as error:
            log.warning("a job of kind %s was not begun: %s", kind, error.key)
            return Result("failed", message=error.message)
        await self._settle_owed()
        task = asyncio.ensure_future(self._work(job_id, work, connection_id, account_id))
        self._running[job_id] = task
        self.changes.publish(ChangeReport(JOBS, frozenset({job_id}), "job"))
        result = Result("cancelled")
        try:
            result = await task
            if result.message is not None:
                result.message = cleaned(result.message, self.clean)
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
            if me is not None and me.cancelling():
                raise
        finally:
            self._running.pop(job_id, None)
            await asyncio.shield(self._end(job_id, result))
            self.changes.publish(ChangeReport(JOBS, frozenset({job_id}), "job"))
        return result

    async def _end(self, job_id: int, result: Result) -> None:
        try:
            await self.store.jobs.end(job_id, result.outcome, result.message, detail=dict(result.counts))
        except StoreError as error:
            # What the job did, and its message, count for more than its row. A store that is closed ends it at the next start.
            log.warning("the end of job %s could not be written down: %s", job_id, error.key)
            self._owed[job_id] = result

    async def _settle_owed(self) -> None:
        """The store takes writes again: what it owes is written down first."""
        owed, self._owed = self._owed, {}
        for job_id, result in owed.items():
            await self._end(job_id, result)
        if owed:
            self.changes.publish(ChangeReport(JOBS, frozenset(owed), "job"))

    async def _work(self, job_id: int, work: Work, connection_id: int | None, account_id: str) -> Result:
        try:
            if account_id:
                handle = Handle(self, job_id)
                async with self.lane(account_id, handle):
                    return await work(handle)
            return await work(Handle(self, job_id))
        except ProviderError as error:
            message = error.message
        except StoreError as error:
            message = error.message
        except Exception as error:
            log.exception("job %s failed", job_id)
            message = Message("bug", {"reason": f"{type(error).__name__}: {error}"[:200]})
        message = cleaned(message, self.clean)
        if connection_id is not None:
            try:
                await self.told(connection_id, message)
            except StoreError as error:
                log.warning("the trouble of connection %s could not be written down: %s", connection_id, error.key)
        return Result("failed", message=message)

    async def told(self, connection_id: int, message: Message | None) -> None:
        """Keep the connection's last word (None: all is well) and let the views know."""
        if message is None:
            await self.store.connections.note_ok(connection_id, self._now())
        else:
            await self.store.connections.note_error(connection_id, message, self._now())
        self.changes.publish(ChangeReport(CONNECTIONS, frozenset({connection_id}), "job"))

    def cancel(self, job_id: int) -> bool:
        """Ask a running job to stop; True when there was one. What it has stored stays stored."""
        task = self._running.get(job_id)
        if task is None:
            return False
        task.cancel()
        return True

    async def at_rest(self, patience: float) -> bool:
        """Wait until no job runs; those that take longer than `patience` seconds are cancelled. Whether none had to be."""
        tasks = list(self._running.values())
        if not tasks:
            return True
        _, late = await asyncio.wait(tasks, timeout=patience)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=5)
        return not late

    async def close(self, patience: float = 5.0) -> None:
        self.closing = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
