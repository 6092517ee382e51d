"""Undo by name ("Geri al: 1.270 fiyat"). A step is undone by a coroutine (it may have to queue writes again); while one
runs no other begins. A step that cannot be undone stays on the stack and the error is reported."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from ui.words import t


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done: its name in words, and how to take it back and do it again."""

    name: str
    undo: Callable[[], Awaitable[Any]]
    redo: Callable[[], Awaitable[Any]] | None = None


class UndoStack(QObject):
    """`UndoStack(limit)`. Signals: `changed()`; `failed(step, error)`."""

    changed = Signal()
    failed = Signal(object, object)

    def __init__(self, limit: int = 100) -> None:
        super().__init__()
        self._limit = limit
        self._back: list[Step] = []
        self._forth: list[Step] = []
        self._busy = False

    def push(self, step: Step) -> None:
        """A step was done; what could be redone is forgotten."""
        self._back.append(step)
        del self._back[: -self._limit]
        self._forth.clear()
        self.changed.emit()

    def clear(self) -> None:
        """Forgets everything (another workspace)."""
        self._back.clear()
        self._forth.clear()
        self.changed.emit()

    @property
    def can_undo(self) -> bool:
        return bool(self._back) and not self._busy

    @property
    def can_redo(self) -> bool:
        return bool(self._forth) and not self._busy

    @property
    def undo_text(self) -> str:
        """The words for the menu: "Geri al: 1.270 fiyat"."""
        return t("undo.do", name=self._back[-1].name) if self._back else t("undo.nothing")

    @property
    def redo_text(self) -> str:
        return t("undo.redo", name=self._forth[-1].name) if self._forth else ""

    async def undo(self, step: Step | None = None) -> bool:
        """Takes the last step back, or the one that a toast offered; whether it was."""
        if not self.can_undo or (step is not None and step not in self._back):
            return False
        step = self._back[-1] if step is None else step
        if not await self._do(step, step.undo):
            return False
        self._back.remove(step)
        if step.redo is not None:
            self._forth.append(step)
        self.changed.emit()
        return True

    async def redo(self) -> bool:
        """Does the step that was taken back again; whether it was."""
        if not self.can_redo:
            return False
        step = self._forth[-1]
        if step.redo is None or not await self._do(step, step.redo):
            return False
        self._forth.remove(step)
        self._back.append(step)
        self.changed.emit()
        return True

    async def _do(self, step: Step, work: Callable[[], Awaitable[Any]]) -> bool:
        self._busy = True
        self.changed.emit()
        try:
            await work()
        except Exception as error:
            self.failed.emit(step, error)
            return False
        else:
            return True
        finally:
            self._busy = False
            self.changed.emit()
