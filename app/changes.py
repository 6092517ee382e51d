"""Change reports: which rows changed, from which the views redraw. Published by whoever wrote; no view polls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

ORDERS, LISTINGS, CONNECTIONS, OUTBOX, JOBS, HEALTH, ALERTS, ATTENTION, PRINTS, SETTLEMENTS = (
    "orders", "listings", "connections", "outbox", "jobs", "health", "alerts", "attention", "prints", "settlements",
)  # fmt: skip


@dataclass(frozen=True)
class ChangeReport:
    """`table` is one of the names above; `ids` empty means 'many, look again'. `source` says who (pull, user, relay)."""

    table: str
    ids: frozenset[int] = field(default_factory=frozenset)
    source: str = ""


class Changes:
    """A plain list of listeners, called on the loop's thread in order; a listener must be quick."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[ChangeReport], None]] = []

    def listen(self, listener: Callable[[ChangeReport], None]) -> Callable[[], None]:
        """Add a listener; the returned function takes it off again."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def publish(self, report: ChangeReport) -> None:
        for listener in tuple(self._listeners):
            listener(report)
