"""Telling the person what happened: toasts for operations, undo and errors nobody waited for, and the sentence of an error.

An error's own name is for the log; a person reads what happened, whose side it is on and what to do.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ui.kit import Operation, Operations, Step, UndoStack
from ui.widgets import ToastHost
from ui.words import t, words

_log = logging.getLogger(__name__)


def reason_of(error: BaseException) -> str:
    """The sentence of an error that carries one (a provider's, the store's, the vault's); else what to do about a bug."""
    from app.api.answers import sentence

    key = getattr(error, "key", "")
    if key and words().has(key):
        params = getattr(error, "params", None) or {"backend": getattr(error, "backend", "")}
        params = {**params, **({"kept": params["paths"]} if "paths" in params else {})}
        return t(key, **params)
    message = getattr(error, "message", None)
    if message is not None and hasattr(message, "code"):
        return sentence(words(), message)
    return t("error.task_hint")


class Teller(QObject):
    """`Teller(content)`: toasts over `content`; `listen(operations, undo)` until `close()`."""

    def __init__(self, content: QWidget) -> None:
        super().__init__(content)
        self.toasts = ToastHost(content)
        self._heard: tuple[Operations, UndoStack] | None = None

    def listen(self, operations: Operations, undo: UndoStack) -> None:
        """Says what becomes of them."""
        self._heard = (operations, undo)
        operations.failed.connect(self._operation_failed)
        operations.completed.connect(self._operation_done)
        undo.failed.connect(self._undo_failed)

    def close(self) -> None:
        """Hears nothing any more."""
        if self._heard is not None:
            operations, undo = self._heard
            self._heard = None
            operations.failed.disconnect(self._operation_failed)
            operations.completed.disconnect(self._operation_done)
            undo.failed.disconnect(self._undo_failed)

    def say(self, state: str, title: str, text: str = "") -> None:
        """A toast; the same one twice is one."""
        name = f"{title} {text}".strip()
        if not any(one.accessibleName() == name for one in self.toasts.toasts):
            self.toasts.show(state, title, text)

    def report(self, name: str, error: BaseException) -> None:
        """An error that no page took: into the log by its name, and as a toast that stays."""
        _log.error("%s ended with an error", name, exc_info=error)
        self.say("unhealthy", t("shell.trouble"), reason_of(error))

    def _operation_failed(self, one: Operation) -> None:
        if one.error is not None:
            _log.error("operation failed: %s", one.title, exc_info=one.error)
            self.say("unhealthy", t("error.task", name=one.title), reason_of(one.error))

    def _operation_done(self, one: Operation) -> None:
        if isinstance(one.report, str) and one.report:
            self.say("healthy", one.title, one.report)

    def _undo_failed(self, step: Step, error: BaseException) -> None:
        _log.error("undo failed: %s", step.name, exc_info=error)
        self.say("unhealthy", t("undo.failed", name=step.name), reason_of(error))
