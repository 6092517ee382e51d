"""What the program itself uses: processor, memory, what came over the network, threads. Asks the system about this process and
its children, about nothing else of the machine."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.store import Store, StoreError
from app.store.process import CPU, MEMORY, RECEIVED, THREADS

log = logging.getLogger(__name__)
EVERY_S = 30.0
#: The business's day is counted this often; the last count of a day stands.
BUSINESS_EVERY_S = 900.0


class ProcessMeter:
    """`received`: bytes of all answers' bodies so far. `read` blocks for some milliseconds: never on the loop."""

    def __init__(self, received: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._received, self._clock = received, clock
        self._root: Any = None
        self._last: tuple[float, dict[int, float], int] | None = None

    def read(self) -> dict[str, int]:
        """Figures since the read before (`app.store.process` says in what units); nothing of processor and network at the
        first one."""
        import psutil  # here: a program that only prints a label starts without it

        if self._root is None:
            self._root = psutil.Process()
        used: dict[int, float] = {}
        memory = 0
        for one in (self._root, *self._root.children(recursive=True)):
            try:
                with one.oneshot():
                    times = one.cpu_times()
                    memory += one.memory_info().rss
            except psutil.Error:  # it ended meanwhile
                continue
            used[one.pid] = times.user + times.system
        now, received = self._clock(), self._received()
        figures = {MEMORY: memory, THREADS: self._root.num_threads()}
        if self._last is not None and now > self._last[0]:
            before, had, received_before = self._last
            spent = sum(max(0.0, seconds - had.get(pid, 0.0)) for pid, seconds in used.items())
            figures[CPU] = round(spent / (now - before) * 1000)
            figures[RECEIVED] = max(0, received - received_before)
        self._last = (now, used, received)
        return figures


class Recorder:
    """Writes the program's figures twice a minute and the business's four times an hour, for as long as `run` runs."""

    def __init__(self, store: Store, meter: ProcessMeter, now: Callable[[], datetime]) -> None:
        self._store, self._meter, self._now = store, meter, now
        self._noted_at = float("-inf")

    async def run(self) -> None:
        """For ever; cancel to stop. A full disk costs figures, never the loop."""
        while not self._store.db.read_only:
            await self.once(time.monotonic())
            await asyncio.sleep(EVERY_S)

    async def once(self, clock: float) -> None:
        """One sample of the program, and a count of the business's day when it is due."""
        figures = await asyncio.to_thread(self._meter.read)
        try:
            await self._store.process.add(self._now(), figures)
            if clock - self._noted_at >= BUSINESS_EVERY_S:
                await self._store.business.note(self._now().astimezone().date())
                self._noted_at = clock
        except StoreError as error:
            log.warning("figures could not be stored: %s", error.key)
