"""What the fakes of marketplaces keep besides the vendor's records: switches, counts, numbers, the times of calls. No HTTP, no vendor."""

from __future__ import annotations

import random
import re
from collections import Counter

from providers.sandboxes.kit import SandboxClock

#: Of a spacing: what two calls that left rightly spaced may come closer together on their way.
JITTER_S = 0.05


class Spacing:
    """At most one call per `seconds` and key. A call that is refused does not count."""

    def __init__(self) -> None:
        self.last: dict[str, float] = {}

    def free(self, key: str, seconds: float, now: float) -> bool:
        return now - self.last.get(key, float("-inf")) >= seconds - JITTER_S

    def note(self, key: str, now: float) -> None:
        self.last[key] = now

    def take(self, key: str, seconds: float, now: float) -> bool:
        if not self.free(key, seconds, now):
            return False
        self.note(key, now)
        return True


class BaseShop:
    """One seller at one vendor. Instants are whole epoch seconds UTC, money is kuruş with VAT."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        self.clock = clock
        self.rng = random.Random(seed)
        self.switches: dict[str, bool] = {}
        self.counts: Counter[str] = Counter()
        self._numbers = 0
        self._share = 0

    def now(self) -> int:
        return int(self.clock.timestamp())

    def on(self, feature: str) -> bool:
        return self.switches.get(feature, False)

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def guid(self, kind: int) -> str:
        """`kind` keeps the ids of different records apart."""
        return f"{self.next_number():08x}-{kind:04x}-4000-8000-{self.rng.getrandbits(48):012x}"

    def may_apply(self) -> bool:
        """False when a switch (`ignore_writes`, `apply_N`) says that this write is to be acknowledged and forgotten."""
        if self.on("ignore_writes"):
            return False
        shares = [int(one[6:]) for one, on in self.switches.items() if on and re.fullmatch(r"apply_\d+", one)]
        if not shares:
            return True
        self._share += 1
        percent = min(100, *shares)
        return self._share * percent // 100 > (self._share - 1) * percent // 100

    def wrote(self, sku: str = "") -> None:
        self.counts["writes_applied"] += 1
        if sku:
            self.counts[f"write:{sku}"] += 1
