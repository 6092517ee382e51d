"""Running one job: a row in the store, a lane of its account, progress, cancel, and one message when it fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from app.changes import CONNECTIONS, JOBS, ChangeReport, Changes
from app.contracts import Message, ProviderError
from app.store import Store
from app.store.db import StoreError

log = logging.getLogger(__name__)


@dataclass
class Result:
    """What a job did: counts by name, and the first message that a person should read."""

    outcome: str = "done"  # done | partly | failed | cancelled
    counts: dict[str, int] = field(default_factory=dict)
    message: Message | None = None

    def add(self, name: str, count: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + count


class Handle:
    """What the work gets: where to say how far it is. Progress is written at most four times a second."""

    def __init__(self, runner: Runner, job_id: int) -> None:
        self.job_id, self.runner = job_id, runner
        self._last = 0.0

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
        self._lanes: dict[str, asyncio.Lock] = {}
        self._running: dict[int, asyncio.Task[Result]] = {}
        self.closing = False

    @asynccontextmanager
    async def lane(self, account_id: str) -> AsyncIterator[None]:
        async with self._lanes.setdefault(account_id, asyncio.Lock()):
            yield

    def busy(self, account_id: str) -> bool:
        lock = self._lanes.get(account_id)
        return lock is not None and lock.locked()

    async def run(
        self, kind: str, work: Work, *, connection_id: int | None, account_id: str = "", asked_by: str
    ) -> Result:
        """Run to the end. Provider errors become a failed result with its message; bugs are logged and told as such."""
        job_id = await self.store.jobs.start(kind, connection_id, asked_by)
        task = asyncio.ensure_future(self._work(job_id, work, connection_id, account_id))
        self._running[job_id] = task
        self.changes.publish(ChangeReport(JOBS, frozenset({job_id}), "job"))
        result = Result("cancelled")
        try:
            result = await task
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
            if me is not None and me.cancelling():
                raise
        finally:
            self._running.pop(job_id, None)
            await asyncio.shield(
                self.store.jobs.end(job_id, result.outcome, result.message, detail=dict(result.counts))
            )
            self.changes.publish(ChangeReport(JOBS, frozenset({job_id}), "job"))
        return result

    async def _work(self, job_id: int, work: Work, connection_id: int | None, account_id: str) -> Result:
        try:
            if account_id:
                async with self.lane(account_id):
                    return await work(Handle(self, job_id))
            return await work(Handle(self, job_id))
        except ProviderError as error:
            message = error.message
        except StoreError as error:
            message = error.message
        except Exception as error:
            log.exception("job %s failed", job_id)
            message = Message("bug", {"reason": f"{type(error).__name__}: {error}"[:200]})
        if connection_id is not None:
            await self.told(connection_id, message)
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

    async def close(self, patience: float = 5.0) -> None:
        self.closing = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
