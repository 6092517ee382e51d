"""An Operation: anything the window waits for. Progress, cancel, result, error and the report of what changed, as one
object that trays, pages and toasts watch. An operation that failed stays until it was read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Signal

from ui.kit.tasks import spawn

QUIET_MS = 300  # shorter work shows nothing


class OpState(StrEnum):
    """The life of an operation."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Operation(QObject):
    """`Operation(title, note, total)`; the work calls `advance`, the window calls `cancel`.

    Signals: `changed()` at every step (bursts are the watcher's to limit), `finished()` once.
    """

    changed = Signal()
    finished = Signal()

    def __init__(self, title: str, note: str = "", total: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.title = title
        self.note = note
        self.total = total
        self.done = 0
        self.state = OpState.RUNNING
        self.result: Any = None
        self.report: Any = None
        self.error: BaseException | None = None
        self.read = False
        self._clock = clock
        self._began = clock()
        self._task: asyncio.Task[Any] | None = None
        self.can_cancel = True

    def advance(self, done: int, total: int | None = None, note: str | None = None) -> None:
        """Where the work stands, in its own unit (orders, prices, labels)."""
        self.done = done
        if total is not None:
            self.total = total
        if note is not None:
            self.note = note
        self.changed.emit()

    @property
    def share(self) -> float | None:
        """0..1, or None when the size is not known."""
        return min(1.0, self.done / self.total) if self.total > 0 else None

    @property
    def running(self) -> bool:
        """Whether it still works."""
        return self.state is OpState.RUNNING

    @property
    def age_ms(self) -> float:
        """Milliseconds since it began."""
        return (self._clock() - self._began) * 1000

    def left(self) -> timedelta | None:
        """The time left by the pace so far; None until a twentieth is done or the size is known."""
        share = self.share
        if not self.running or share is None or share < 0.05:
            return None
        spent = self._clock() - self._began
        return timedelta(seconds=spent / share - spent)

    def cancel(self) -> None:
        """Asks the work to stop; it may need a moment to come to a safe place."""
        if self.running and self._task is not None and self.can_cancel:
            self._task.cancel()

    def mark_read(self) -> None:
        """A failure was seen."""
        self.read = True
        self.changed.emit()

    async def run(self, work: Callable[[Operation], Awaitable[Any]]) -> Any:
        """Does the work under this operation; returns its result. Errors are kept, not raised; cancel is kept too."""
        self._task = asyncio.current_task()
        try:
            self.result = await work(self)
            self.state = OpState.DONE
        except asyncio.CancelledError:
            self.state = OpState.CANCELLED
        except Exception as error:  # kept for the person, who decides; the watcher shows it
            self.error = error
            self.state = OpState.FAILED
        self._task = None
        self.changed.emit()
        self.finished.emit()
        return self.result


class Operations(QObject):
    """The list of all operations. `start` runs one; trays watch `changed`. Done ones leave by themselves."""

    changed = Signal()
    failed = Signal(object)
    completed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Operation] = []

    def start(
        self,
        title: str,
        work: Callable[[Operation], Awaitable[Any]],
        *,
        note: str = "",
        total: int = 0,
        can_cancel: bool = True,
    ) -> Operation:
        """Runs `work(operation)` as a task; the operation comes back at once. Needs a running loop."""
        made = Operation(title, note, total)
        made.can_cancel = can_cancel
        self.add(made)
        spawn(made.run(work), f"operation {title}")
        return made

    def add(self, made: Operation) -> None:
        """Watches an operation that is run elsewhere."""
        self._items.append(made)
        made.changed.connect(self.changed)
        made.finished.connect(lambda: self._ended(made))
        self.changed.emit()

    def _ended(self, one: Operation) -> None:
        if one.state is OpState.FAILED:
            self.failed.emit(one)
        else:
            if one in self._items:
                self._items.remove(one)
            if one.state is OpState.DONE:
                self.completed.emit(one)
        self.changed.emit()

    def dismiss(self, one: Operation) -> None:
        """Takes a failed operation away; the person has read it."""
        one.read = True
        if one in self._items and not one.running:
            self._items.remove(one)
            self.changed.emit()

    def visible(self) -> list[Operation]:
        """Those that are to be shown: older than 300 ms, or failed."""
        return [o for o in self._items if not o.running or o.age_ms >= QUIET_MS]

    @property
    def items(self) -> list[Operation]:
        """All that run or have failed unread."""
        return list(self._items)
