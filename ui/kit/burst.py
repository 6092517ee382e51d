"""Update bursts made into one: a hundred change reports in a moment become one redraw. The first comes at once, the rest
together after the pause; none is lost."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QObject, QTimer


class Burst(QObject):
    """`Burst(work, pause_ms)`: `poke(key)` as often as you like; `work(keys)` at most once per pause."""

    def __init__(
        self, work: Callable[[frozenset[Hashable]], None], pause_ms: int = 100, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._work = work
        self._keys: set[Hashable] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(pause_ms)
        self._timer.timeout.connect(self._fire)

    def poke(self, key: Hashable = None) -> None:
        """Something changed. At rest the work is done at once; within the pause it waits for its end."""
        self._keys.add(key)
        if not self._timer.isActive():
            self._timer.start()
            self._run()

    def flush(self) -> None:
        """Does now what waits."""
        self._timer.stop()
        self._run()

    def _fire(self) -> None:
        if self._keys:
            self._timer.start()
            self._run()

    def _run(self) -> None:
        if self._keys:
            keys = frozenset(self._keys)
            self._keys.clear()
            self._work(keys)
