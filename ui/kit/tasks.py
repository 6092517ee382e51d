"""The one spawner of tasks in the window. It keeps a reference to each task (asyncio itself does not) and reports its
error; nothing else in `ui` may call `asyncio.create_task` or `ensure_future`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

_log = logging.getLogger(__name__)

ErrorHandler = Callable[[str, BaseException], None]


class Spawner:
    """`Spawner(on_error)`: tasks by name; `on_error(name, error)` for each that ends with an error."""

    def __init__(self, on_error: ErrorHandler | None = None) -> None:
        self.on_error: ErrorHandler = on_error or _write_down
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._running)

    def spawn(self, coro: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Starts a coroutine on the running loop. Raises RuntimeError after `close` (the coroutine is closed then)."""
        if self._closed:
            coro.close()
            raise RuntimeError(f"no new tasks while closing: {name}")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a timer that fires after the loop has stopped
            coro.close()
            raise
        task = loop.create_task(coro, name=name)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        try:
            self.on_error(task.get_name(), error)
        except Exception:
            _log.exception("the error handler itself failed on %s", task.get_name())

    async def close(self, grace: float = 5.0) -> list[str]:
        """No new tasks, cancels the running ones, waits up to `grace` seconds; names of those that still run."""
        self._closed = True
        tasks = [t for t in self._running if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        return sorted(t.get_name() for t in tasks if not t.done())


def _write_down(name: str, error: BaseException) -> None:
    _log.error("task %s ended with an error", name, exc_info=error)


_spawner = Spawner()


def spawner() -> Spawner:
    """The spawner of the program."""
    return _spawner


def set_spawner(new: Spawner) -> None:
    """Takes another spawner (composition root, tests)."""
    global _spawner
    _spawner = new


def spawn(coro: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
    """Starts a coroutine under the program's spawner; the window's only way to do so."""
    return _spawner.spawn(coro, name)


def begin(work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any] | None:
    """Starts work that a timer or a signal asked for; while the program closes nothing new begins: None."""
    try:
        return spawn(work, name)
    except RuntimeError:
        work.close()
        return None
