"""Token buckets and lanes: pure arithmetic on a clock that is handed in. A lane is one (host, account, endpoint group). Must
never let more calls through than the vendor published, and must give back speed only slowly after a refusal.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from app.contracts import Limit

RECOVERY_S = 120.0  # from a standstill to the full rate
LEAST_FACTOR = 1 / 64
LEARNED_FOR_S = 300.0  # how long a lane without a published limit keeps the one that a 429 taught it
LONGEST_PAUSE_S = 86_400.0
WINDOW_SLACK = 1.01  # windows are counted at the vendor's door: two calls may be closer there than here
LARGEST_LOG = 5_000
#: A limit over so long a time is a quota: what is used up is not back in a moment.
QUOTA_FROM_S = 900.0
#: A refusal without a word: most of the vendor's window is waited for (what it counted is older than the refusal, so that
#: nearly all of it has left the window by then), and after the next refusals the whole of it.
SILENT_SHARE = 0.8
SILENT_FIRST_S = 8.0  # fits into the patience of a call
SILENT_UNKNOWN_S = 1.0  # the first wait where no window is known; each refusal in a row doubles it
_EPSILON = 1e-9


class Bucket:
    """`capacity` calls at once, then `rate` per second. With `window_s` also at most `capacity` calls in any such span: vendors
    that say "50 per 10 s" without a burst count windows, and a bucket alone lets twice that through across a border.
    """

    __slots__ = ("_at", "_log", "_window_s", "capacity", "factor", "rate", "tokens")

    def __init__(self, rate: float, capacity: float, now: float, window_s: float = 0.0) -> None:
        self.rate = rate
        self.capacity = max(1.0, capacity)
        self.tokens = self.capacity
        self.factor = 1.0
        self._at = now
        self._window_s = window_s * WINDOW_SLACK
        windowed = window_s > 0 and self.capacity <= LARGEST_LOG
        self._log: deque[float] | None = deque(maxlen=int(self.capacity)) if windowed else None

    @classmethod
    def of(cls, limit: Limit, now: float) -> Bucket:
        return cls(limit.calls / limit.seconds, limit.burst or limit.calls, now, 0.0 if limit.burst else limit.seconds)

    def _refill(self, now: float) -> None:
        passed = now - self._at
        if passed <= 0:
            return
        self._at = now
        self.tokens = min(self.capacity, self.tokens + passed * self.rate * self.factor)
        if self.factor < 1.0:
            self.factor = min(1.0, self.factor + passed / RECOVERY_S)

    def delay(self, now: float, ahead: int = 0) -> float:
        """Seconds until one more call may go, when `ahead` others go first (then a lower bound); 0 when it may go now."""
        self._refill(now)
        missing = 1.0 + ahead - self.tokens
        wait = missing / (self.rate * self.factor) if missing > _EPSILON else 0.0
        log = self._log
        if log is not None and ahead < len(log) == log.maxlen:
            wait = max(wait, log[ahead] + self._window_s - now)
        return wait

    def take(self, now: float) -> None:
        """Only after `delay` was 0."""
        self.tokens -= 1.0
        if self._log is not None:
            self._log.append(now)

    def give_back(self) -> None:
        """The call that took the last token did not go."""
        self.tokens = min(self.capacity, self.tokens + 1.0)
        if self._log:
            self._log.pop()

    def cap(self, remaining: float, now: float) -> None:
        """The vendor counts fewer calls left than we do."""
        self._refill(now)
        self.tokens = min(self.tokens, max(0.0, remaining))

    def slow_down(self, now: float) -> None:
        """Empty, and half as fast for a while."""
        self.cap(0.0, now)
        self.factor = max(LEAST_FACTOR, self.factor / 2)

    def set_rate(self, rate: float, now: float) -> None:
        self._refill(now)
        self.rate = rate
        self._log = None  # a vendor that names a rate counts tokens, not windows

    def per_second(self) -> float:
        return self.rate * self.factor

    @property
    def window_s(self) -> float:
        """The span in which the vendor counts; 0.0 for a vendor that counts tokens."""
        return self._window_s if self._log is not None else 0.0


class Lane:
    """The limits of one endpoint group of one account at one host, or of one connection (then host is '' and group `*`)."""

    def __init__(self, host: str, account_id: str, group: str) -> None:
        self.host = host
        self.account_id = account_id
        self.group = group
        self.buckets: list[Bucket] = []
        self.slots: asyncio.Semaphore | None = None
        self.paused_until = float("-inf")
        self.consecutive_throttles = 0
        self._limits: tuple[Limit, ...] | None = None
        self._learned_until: float | None = None
        self._counted = 0
        self._counted_since = float("-inf")
        self._told_left: float | None = None  # the vendor's own word, and when it gives back
        self._resets_at = float("-inf")

    def configure(self, limits: Iterable[Limit], now: float) -> None:
        """Sets the published limits; the same ones again change nothing (a bucket keeps its level)."""
        mine = tuple(limits)
        if mine == self._limits:
            return
        self._limits = mine
        self.buckets = [Bucket.of(limit, now) for limit in mine]
        self._learned_until = None
        parallel = [limit.parallel for limit in mine if limit.parallel]
        self.slots = asyncio.Semaphore(min(parallel)) if parallel else None

    def delay(self, now: float, ahead: int = 0) -> float:
        """Seconds until the next call (the one behind `ahead` others) may go; 0: now."""
        wait = self.paused_until - now
        if wait < 0.0:
            wait = 0.0
        for bucket in self.buckets:
            more = bucket.delay(now, ahead)
            if more > wait:
                wait = more
        return wait

    def take(self, now: float) -> None:
        for bucket in self.buckets:
            bucket.take(now)
        self._counted += 1

    def give_back(self) -> None:
        for bucket in self.buckets:
            bucket.give_back()

    def pause(self, seconds: float, now: float) -> None:
        self.paused_until = max(self.paused_until, now + min(seconds, LONGEST_PAUSE_S))

    def throttled(self, retry_after: float | None, now: float) -> None:
        """A 429. With Retry-After the lane rests so long; without, it rests for what is likely, empties and halves its rate (and
        learns one if it has none)."""
        self.consecutive_throttles += 1
        if retry_after is not None:
            self.rest(retry_after, now)
            return
        self.pause(self._silent_s(), now)
        if not self.buckets:
            seen = self._counted / max(1.0, now - self._counted_since)
            self.buckets = [Bucket(max(1.0, seen), max(1.0, seen), now)]
            self._learned_until = now + LEARNED_FOR_S
        elif self._learned_until is not None:
            self._learned_until = now + LEARNED_FOR_S
        for bucket in self.buckets:
            bucket.slow_down(now)

    def rest(self, seconds: float | None, now: float) -> None:
        """Nothing goes for so long, and nothing is saved up meanwhile. None: it is not known for how long."""
        if seconds is not None:
            self.pause(seconds, now)
        for bucket in self.buckets:
            bucket.cap(0.0, now)

    def _silent_s(self) -> float:
        times = self.consecutive_throttles
        if not self.buckets or self._learned_until is not None:
            return float(min(SILENT_UNKNOWN_S * 2 ** min(times - 1, 10), SILENT_FIRST_S))
        window = max(bucket.window_s for bucket in self.buckets)
        return min(window, min(SILENT_SHARE * window, SILENT_FIRST_S) * times)

    def accepted(self, now: float) -> None:
        """An answer that was no refusal."""
        self.consecutive_throttles = 0
        if now - self._counted_since > 5.0:
            self._counted, self._counted_since = 0, now
        if self._learned_until is not None and now >= self._learned_until:
            self.buckets, self._learned_until = [], None

    def set_rate(self, rate: float, now: float) -> None:
        """The vendor named its rate per second: its word goes before the manifest's."""
        if self.buckets:
            self.buckets[0].set_rate(rate, now)
        else:
            self.buckets = [Bucket(rate, max(1.0, rate), now)]

    def cap(self, remaining: float, now: float) -> None:
        for bucket in self.buckets:
            bucket.cap(remaining, now)

    def told(self, remaining: float, reset: float | None, now: float) -> None:
        """The vendor counts so many calls left, until it gives back in `reset` seconds."""
        self._told_left, self._resets_at = remaining, float("-inf") if reset is None else now + reset

    def quotas(self, now: float) -> list[tuple[float, float, float, float | None]]:
        """(calls of the whole, 0 where it is not known; calls left; calls given back per second; seconds until all are given
        back, None where it is not known) of every limit over QUOTA_FROM_S or longer: the published ones, else the vendor's word."""
        resets = self._resets_at - now if self._resets_at > now else None
        long = [
            bucket
            for limit, bucket in zip(self._limits or (), self.buckets, strict=False)
            if limit.seconds >= QUOTA_FROM_S
        ]
        for bucket in long:
            bucket.delay(now)
        if long:
            return [(bucket.capacity, bucket.tokens, bucket.per_second(), resets) for bucket in long]
        if self._told_left is None or resets is None or resets < QUOTA_FROM_S:
            return []
        return [(0.0, self._told_left, 0.0, resets)]

    def remaining(self, now: float) -> float:
        """Calls that may go now; infinite without a limit."""
        if self.paused_until > now:
            return 0.0
        for bucket in self.buckets:
            bucket.delay(now)
        return min((bucket.tokens for bucket in self.buckets), default=float("inf"))

    def per_second(self) -> float:
        return min((bucket.per_second() for bucket in self.buckets), default=float("inf"))
