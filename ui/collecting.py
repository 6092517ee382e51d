"""Python's collector of cycles, run on the window's thread only. Left to itself it runs in whichever thread allocates, and
would destroy a widget or a timer from the store's thread, which Qt does not survive."""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 500


class Collector(QObject):
    """`Collector(parent)`: `start()` takes over from the automatic collector, `stop()` gives back.

    It looks at Python's own counts and thresholds, oldest generation first, and does at most one collection a turn.
    """

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        count: Callable[[], tuple[int, int, int]] = gc.get_count,
        threshold: Callable[[], tuple[int, int, int]] = gc.get_threshold,
        collect: Callable[[int], int] = gc.collect,
    ) -> None:
        super().__init__(parent)
        self._count, self._threshold, self._collect = count, threshold, collect
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.turn)

    def start(self) -> None:
        """No automatic collection from now on."""
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """As Python does it by itself again."""
        self._timer.stop()
        gc.enable()

    def turn(self) -> None:
        """One look at the counts."""
        counts, limits = self._count(), self._threshold()
        for generation in (2, 1, 0):
            # Newer Pythons answer 0 for a generation that they do not count.
            if limits[generation] and counts[generation] > limits[generation]:
                self._collect(generation)
                return
