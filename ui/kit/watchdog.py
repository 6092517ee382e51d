"""Counts when something holds the loop for longer than a frame. A timer says when it ought to have fired; how late it is
is how long the loop was held. It must itself cost nothing that can be seen: one tick of some microseconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAME_MS = 16.0


class LoopWatchdog(QObject):
    """`LoopWatchdog(every_ms, limit_ms, clock)`; `start`, `stop`. Signal `stalled(ms)` for each stall over the limit."""

    stalled = Signal(float)

    def __init__(
        self,
        every_ms: int = 8,
        limit_ms: float = FRAME_MS,
        clock: Callable[[], float] = time.perf_counter,
        keep: int = 20_000,
    ) -> None:
        super().__init__()
        self._every = every_ms
        self._limit = limit_ms
        self._clock = clock
        self._last = 0.0
        self.count = 0
        self.longest_ms = 0.0
        self._late: deque[float] = deque(maxlen=keep)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(every_ms)
        self._timer.timeout.connect(self.tick)

    def start(self) -> None:
        """Begins to watch."""
        self._last = self._clock()
        self._timer.start()

    def stop(self) -> None:
        """Stops watching; the numbers stay."""
        self._timer.stop()

    def tick(self) -> None:
        """The timer's work; tests call it with a clock of their own."""
        now = self._clock()
        late = max(0.0, (now - self._last) * 1000 - self._every)
        self._last = now
        self._late.append(late)
        if late > self._limit:
            self.count += 1
            self.longest_ms = max(self.longest_ms, late)
            self.stalled.emit(late)

    def percentile(self, share: float) -> float:
        """How late the given share (0..1) of all ticks was at most, in ms; 0.0 without any."""
        if not self._late:
            return 0.0
        ordered = sorted(self._late)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def reset(self) -> None:
        """Forgets all numbers."""
        self.count = 0
        self.longest_ms = 0.0
        self._late.clear()
        self._last = self._clock()
