"""How things stand, for the frame of the window: badges of the sidebar and the banners. Asked of the store off the loop,
at most once a second however much changes; it shows figures and never changes any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from PySide6.QtCore import QObject

from app.changes import ATTENTION, CONNECTIONS, HEALTH, LISTINGS, ORDERS, OUTBOX, PRINTS
from app.monitor.health import HealthReport, State
from ui.kit import Burst, begin
from ui.services import Services

#: Reports of these tables may change a badge or a banner.
WATCHED = frozenset({ORDERS, LISTINGS, CONNECTIONS, OUTBOX, HEALTH, ATTENTION, PRINTS})
PAUSE_MS = 1000
_WAITING = ("queued", "sending", "pending", "unknown")
_TONE = {State.DEGRADED: "degraded", State.UNHEALTHY: "unhealthy", State.OFFLINE: "degraded"}


@dataclass(frozen=True, slots=True)
class Standing:
    """`badges`: page → (count, tone). `offline`: since when the data are (None while the way out works).
    `frozen`: all sending is frozen. `waiting`: intents that wait to be sent. `connections`: how many there are."""

    badges: dict[str, tuple[int, str]] = field(default_factory=dict)
    offline: bool = False
    as_of: datetime | None = None
    frozen: bool = False
    waiting: int = 0
    connections: int = 0


async def look(services: Services) -> Standing:
    """Asks the store. Raises StoreError."""
    store = services.store
    figures = await store.orders.summary(services.now().astimezone())
    reports = await services.health.all()
    counts = await store.outbox.counts()
    frozen = await store.outbox.frozen()
    count, tone = troubles(reports)
    return Standing(
        badges={"orders": (figures.to_ship_today, ""), "print": (figures.unprinted, ""), "health": (count, tone)},
        offline=is_offline(reports),
        as_of=max((r.last_ok_at for r in reports if r.last_ok_at is not None), default=None),
        frozen=0 in frozen,
        waiting=sum(counts.get(state, 0) for state in _WAITING),
        connections=len(reports),
    )


def troubles(reports: list[HealthReport]) -> tuple[int, str]:
    """How many connections are in trouble, and the tone of the worst."""
    bad = [r for r in reports if r.state in _TONE]
    tones = {_TONE[r.state] for r in bad}
    return len(bad), "unhealthy" if "unhealthy" in tones else "degraded" if tones else ""


def is_offline(reports: list[HealthReport]) -> bool:
    """The computer's own way out is down: every connection that was called says so."""
    called = [r for r in reports if r.state not in (State.PAUSED, State.UNKNOWN)]
    return bool(called) and all(r.state is State.OFFLINE for r in called)


class Watch:
    """`Watch(services, show, parent)`: calls `show(standing)` after `start`, and again when something changed."""

    def __init__(self, services: Services, show: Callable[[Standing], None], parent: QObject) -> None:
        self._services = services
        self._show = show
        self._looking = False
        self._again = False
        self._closed = False
        self._burst = Burst(lambda _keys: self._look(), PAUSE_MS, parent)

    def start(self) -> None:
        self._burst.poke()

    def changed(self, table: str) -> None:
        """A change report came."""
        if table in WATCHED and not self._closed:
            self._burst.poke()

    def close(self) -> None:
        self._closed = True
        self._burst.deleteLater()

    def _look(self) -> None:
        if self._closed:
            return
        if self._looking:
            self._again = True
            return
        self._looking = True
        begin(self._run(), "standing")

    async def _run(self) -> None:
        try:
            found = await look(self._services)
        finally:
            self._looking = False
        if self._closed:
            return
        self._show(found)
        if self._again:
            self._again = False
            self._burst.poke()
