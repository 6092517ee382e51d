"""One sample per attempt, in a bounded ring that the store drains. Adding never waits, never grows without end, and a sample
never holds an address, a header or a value: only who, which operation, how it ended and how long it took, and the host where
that was not the usual one.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

import msgspec


class SampleClass(StrEnum):
    """How an attempt ended, as health counts it."""

    OK = "ok"
    THROTTLED = "throttled"  # 429 or what the policy names so: not a failure
    CLIENT_ERROR = "client_error"  # other 4xx: the vendor is up
    AUTH = "auth"  # 401, 403
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    NETWORK = "network"  # no connection, TLS, a cut answer
    UNREADABLE = "unreadable"  # too large, or an encoding that we cannot undo
    BREAKER = "breaker"  # not sent: the breaker was open


class Sample(msgspec.Struct, frozen=True):
    """`at`: epoch seconds of the start. `duration_ms`: up to the last byte. `size`: bytes of the body as they came over the wire.
    `alternate`: the host of the alternate address that was asked, "" for the usual one."""

    connection_id: int
    account_id: str
    operation: str
    outcome: SampleClass
    status: int
    at: float
    duration_ms: float
    size: int
    probe: bool = False
    alternate: str = ""


class SampleRing:
    """Bounded. The oldest samples give way when nobody drains; `dropped` counts them. `recent` survives draining."""

    def __init__(self, capacity: int = 20_000, kept: int = 50) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._kept = kept
        self._ring: deque[Sample] = deque(maxlen=capacity)  # append and popleft are atomic; nobody iterates it
        self._recent: dict[int, deque[Sample]] = {}

    def __len__(self) -> int:
        return len(self._ring)

    def add(self, sample: Sample) -> None:
        """O(1), never waits."""
        ring = self._ring
        if len(ring) == self._capacity:
            self.dropped += 1
        ring.append(sample)
        try:
            self._recent[sample.connection_id].append(sample)
        except KeyError:
            self._recent[sample.connection_id] = deque([sample], maxlen=self._kept)

    def drain(self) -> list[Sample]:
        """All samples since the last drain, oldest first. May be called from another thread than `add`."""
        pop = self._ring.popleft
        return [pop() for _ in range(len(self._ring))]

    def recent(self, connection_id: int, n: int) -> list[Sample]:
        """The last `n` (at most what is kept) samples of a connection, oldest first: evidence without secrets."""
        kept = self._recent.get(connection_id)
        return list(kept)[-n:] if kept and n > 0 else []

    def forget(self, connection_id: int) -> None:
        """A deleted connection leaves no evidence behind."""
        self._recent.pop(connection_id, None)
