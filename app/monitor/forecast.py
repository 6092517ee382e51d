"""When something runs out if it goes on like this: a vendor's quota, the room on the disk. Arithmetic on what was measured;
calls nobody, and says nothing where too little was seen."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import median

import msgspec

from app.http.limiter import Quota
from app.store import Store, StoreError
from app.store.process import DISK

log = logging.getLogger(__name__)
#: The recent rate at which a quota goes: over so long, seen for LEAST_SEEN at least.
RATE_OVER, LEAST_SEEN = timedelta(minutes=30), timedelta(minutes=5)
#: The disk: over so many days, of which so many must have been seen.
DISK_DAYS, LEAST_DISK_DAYS = 14, 3
DISK_EVERY_S = 900.0
#: A disk that fills more slowly than this a day fills by chance.
_LEAST_MB_A_DAY = 1.0
_KEPT = timedelta(minutes=10)
_FARTHEST = timedelta(days=365)


class Reached(msgspec.Struct, frozen=True):
    """`group`: the endpoint group whose quota is at its end at `at`; `left` calls are left now."""

    group: str
    at: datetime
    left: int


def quota_end(seen: Sequence[tuple[datetime, float]], resets_s: float | None = None) -> datetime | None:
    """When a quota is used up at the mean rate between the first and the last look (calls left, oldest first); None where it
    is not, or not before it is given back. One that is used up is so from the last look on. Pure."""
    if not seen:
        return None
    last, left = seen[-1]
    if left < 1:
        return last
    first, had = seen[0]
    if last - first < LEAST_SEEN or had <= left:
        return None
    after = (last - first) * (left / (had - left))
    if after > _FARTHEST or (resets_s is not None and after.total_seconds() >= resets_s):
        return None
    return last + after


def disk_end(seen: Sequence[tuple[datetime, float]], now: datetime) -> datetime | None:
    """When a disk is full by the median slope of all pairs of looks (Theil-Sen: one large file that came and went changes
    nothing); `seen` is free MB. None while it does not fill, or too few days were seen. Pure."""
    if len(seen) < LEAST_DISK_DAYS or seen[-1][0] - seen[0][0] < timedelta(days=LEAST_DISK_DAYS - 1):
        return None
    day = timedelta(days=1)
    slopes = [(later - earlier) / ((b - a) / day) for (a, earlier), (b, later) in combinations(seen, 2) if b > a]
    loss = -median(slopes) if slopes else 0.0
    if loss < _LEAST_MB_A_DAY:
        return None
    left = day * min(seen[-1][1] / loss, _FARTHEST / day)
    return None if left >= _FARTHEST else max(now, seen[-1][0] + left)


class Foresight:
    """`quotas(account)`: what the pipeline's lanes know now. Keeps half an hour of looks in memory."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], quotas: Callable[[str], Sequence[Quota]] = lambda _: ()
    ) -> None:
        self._store, self._now, self._quotas = store, now, quotas
        self._looks: dict[tuple[str, str, str], deque[tuple[datetime, float]]] = {}
        self._disk: tuple[datetime, datetime | None] | None = None

    def limits(self, account_id: str) -> list[Reached]:
        """Of every endpoint group of the account, when its long quota is used up; the first where there are several."""
        now, found = self._now(), dict[str, Reached]()
        for quota in self._quotas(account_id):
            looks = self._looks.setdefault((account_id, quota.host, f"{quota.group} {quota.calls:g}"), deque())
            if looks and (now < looks[-1][0] or quota.left > looks[-1][1] + max(1.0, quota.calls / 20)):
                looks.clear()  # given back, or a clock that was wrong: what was before says nothing
            while looks and now - looks[0][0] > RATE_OVER:
                looks.popleft()
            looks.append((now, quota.left))
            at = quota_end(looks, quota.resets_s)
            if at is not None and (quota.group not in found or at < found[quota.group].at):
                found[quota.group] = Reached(quota.group, at, int(quota.left))
        return list(found.values())

    async def disk_full_at(self) -> datetime | None:
        """Raises StoreError."""
        now = self._now()
        if self._disk is None or not timedelta(0) <= now - self._disk[0] < _KEPT:
            points = await self._store.process.series(DISK, now - timedelta(days=DISK_DAYS), now, DISK_DAYS * 2)
            self._disk = (now, disk_end([(one.at, one.mean) for one in points], now))
        return self._disk[1]


class DiskRecorder:
    """Writes down how much room there is, every quarter of an hour, for as long as `run` runs."""

    def __init__(self, store: Store, folder: Path, now: Callable[[], datetime]) -> None:
        self._store, self._folder, self._now = store, folder, now

    async def run(self) -> None:
        """For ever; cancel to stop. A full disk costs a figure, never the loop."""
        while not self._store.db.read_only:
            await self.once()
            await asyncio.sleep(DISK_EVERY_S)

    async def once(self) -> None:
        free = await asyncio.to_thread(free_mb, self._folder)
        if free is None:
            return
        try:
            await self._store.process.add(self._now(), {DISK: free})
        except StoreError as error:
            log.warning("the room on the disk could not be written down: %s", error.key)


def free_mb(folder: Path) -> int | None:
    """Room on the disk of a folder in millions of bytes; None where the system does not tell. Blocking."""
    try:
        return shutil.disk_usage(folder).free // 1_000_000
    except OSError:
        return None
