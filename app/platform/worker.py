"""One worker process for Python that computes (PDFs, sheets, plans): a thread that computes would stall the window's paint.

Started on first use by spawn, so that no lock or Qt object is inherited; ended with the program.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def _quiet() -> None:
    """Ctrl+C ends the parent, which ends the worker; the worker itself must not print a traceback for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Worker:
    """Hand `executor()` to `loop.run_in_executor` with a module-level function and picklable arguments."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def executor(self) -> Executor:
        """The pool; a new one when the former broke (the process was killed by the system)."""
        if self._pool is None or getattr(self._pool, "_broken", False):
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_quiet)
        return self._pool

    async def compute(self, work: Callable[..., T], /, *args: object) -> T:
        """`work(*args)` in the worker process. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self.executor(), work, *args)

    def close(self) -> None:
        """Ends the process; work under way is dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
