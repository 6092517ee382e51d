"""What the program does for itself once a day: the retention that the merchant switched on, and the automatic backup.

Nothing is erased that nobody switched on, and the audit log is never shortened. A failure is told and tried again; it
must never stop the pulls.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec

from app.changes import ATTENTION, ORDERS, PRINTS, ChangeReport, Changes
from app.contracts import Message
from app.jobs.runner import Handle, Result, Runner
from app.model import from_epoch_ms, to_epoch_ms
from app.store import Action, Store, StoreError

log = logging.getLogger(__name__)
#: How often the clock looks whether something is due.
EVERY_S = 900.0
#: What is kept for how long: days that are proposed, and the fewest that may be chosen. All are off until switched on.
KINDS: dict[str, tuple[int, int]] = {
    "orders": (730, 30),  # the people of closed orders; number, goods and amounts stay
    "documents": (90, 1),  # labels and slips as PDF: they can be drawn again
    "notices": (90, 1),  # resolved records of "needs attention", with their raw texts
    "sent": (365, 30),  # what was sent to channels and settled
    "logs": (30, 1),  # older log files
}
OLD_BACKUP = timedelta(days=3)
_KEEP = "privacy.keep_days."  # + kind: days, absent while off
_LAST_AT, _SCRUBBED_AT = "housekeeping.retention_at", "housekeeping.scrubbed_at"
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


class BackupFile(msgspec.Struct, frozen=True):
    """An automatic backup: made at (aware UTC), size in bytes. It was opened again before it got its name."""

    path: Path
    at: datetime
    size: int


class BackupState(msgspec.Struct, frozen=True):
    """`files` newest first. `chosen`: the folder is one that the merchant chose. `trouble`: why the last try failed, None
    when it did not. `since`: when the program first looked."""

    folder: Path
    chosen: bool
    files: tuple[BackupFile, ...]
    trouble: Message | None
    tried_at: datetime | None
    since: datetime

    @property
    def last_at(self) -> datetime | None:
        return self.files[0].at if self.files else None

    def worry(self, now: datetime) -> str:
        """ "failed": the last try did; "old": the last good one is older than three days; "" when all is well."""
        if self.trouble is not None:
            return "failed"
        return "old" if now - (self.last_at or self.since) > OLD_BACKUP else ""


class Backups(Protocol):
    """Automatic backups; the floor above makes them (`app.api.backup_daily`)."""

    async def make(self, *, force: bool = False) -> object | None: ...
    async def due(self) -> bool: ...
    async def state(self) -> BackupState: ...
    async def choose(self, folder: Path | None) -> None: ...


class Housekeeping:
    """`backups` None: a rehearsal workspace, of which none are made. `folder`: the workspace's."""

    def __init__(
        self, store: Store, runner: Runner, changes: Changes, now: Callable[[], datetime], folder: Path, backups: Backups | None
    ) -> None:  # fmt: skip
        self._store, self._runner, self._changes, self._now = store, runner, changes, now
        self.folder, self.backups = folder, backups

    # -- by the clock ------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """What is due, as jobs that show on the Jobs page. Called every quarter of an hour."""
        if await self._retention_due():
            await self._store.settings.set(_LAST_AT, to_epoch_ms(self._now()))
            if await self.rules():
                await self._runner.run("retention", self._apply_job, connection_id=None, asked_by="clock")
        if self.backups is not None and await self.backups.due():
            await self.back_up(asked_by="clock")

    async def back_up(self, *, force: bool = False, asked_by: str = "user") -> Result:
        """An automatic backup as a job; `force`: also when the last one is young."""

        async def work(_handle: Handle) -> Result:
            made = await self.backups.make(force=force) if self.backups is not None else None
            result = Result()
            result.add("done", int(made is not None))
            return result

        return await self._runner.run("backup", work, connection_id=None, asked_by=asked_by)

    async def _retention_due(self) -> bool:
        last = await self._store.settings.get(_LAST_AT)
        if not isinstance(last, int):
            return True
        passed = self._now() - from_epoch_ms(last)
        return not timedelta(0) <= passed < _DAY  # a clock that was put back must not stop it for a year

    async def _apply_job(self, _handle: Handle) -> Result:
        result = Result()
        for kind, count in (await self.apply()).items():
            result.add(kind, count)
        return result

    # -- retention ---------------------------------------------------------------------------------------------
    async def rules(self) -> dict[str, int]:
        """Days by kind, of those that are switched on."""
        kept = await self._store.settings.all(_KEEP)
        found = {kind: kept.get(_KEEP + kind) for kind in KINDS}
        return {kind: days for kind, days in found.items() if isinstance(days, int) and days >= KINDS[kind][1]}

    async def set_rule(self, kind: str, days: int | None) -> bool:
        """Keep a kind for so many days from now on; None: for ever. Whether that is new. Raises ValueError for fewer days
        than may be chosen, KeyError for an unknown kind."""
        least = KINDS[kind][1]
        if days is not None and days < least:
            raise ValueError(f"at least {least} days")
        return await self._store.audit.choose(_KEEP + kind, days)

    async def preview(self, rules: dict[str, int] | None = None) -> dict[str, int]:
        """How much each rule would erase now; by default of the rules in force."""
        rules = await self.rules() if rules is None else rules
        counters: dict[str, Callable[[datetime], Any]] = {
            "orders": self._store.erasing.count_old,
            "documents": self._count_documents,
            "notices": self._store.erasing.count_notices,
            "sent": self._store.erasing.count_sent,
            "logs": self._count_logs,
        }
        return {kind: int(await counters[kind](self._before(days))) for kind, days in rules.items()}

    async def apply(self) -> dict[str, int]:
        """Erase what the rules in force let go; how much of each kind. Files that cannot be deleted stay for tomorrow."""
        erasers: dict[str, Callable[[datetime], Any]] = {
            "orders": self._erase_orders,
            "documents": self._drop_documents,
            "notices": self._store.erasing.drop_notices,
            "sent": self._store.erasing.drop_sent,
            "logs": self._drop_logs,
        }
        done: dict[str, int] = {}
        for kind, days in (await self.rules()).items():
            count = done[kind] = int(await erasers[kind](self._before(days)))
            if count and kind != "orders":  # those have entries of their own
                await self._store.audit.note(
                    Action.DATA_EXPIRED, subject=("data", kind), details={"count": count, "days": days}
                )
        if done.get("orders"):
            self._changes.publish(ChangeReport(ORDERS, source="retention"))
        if done.get("documents"):
            self._changes.publish(ChangeReport(PRINTS, source="retention"))
        if done.get("notices"):
            self._changes.publish(ChangeReport(ATTENTION, source="retention"))
        await self._scrub_weekly()
        return done

    def _before(self, days: int) -> datetime:
        return self._now() - timedelta(days=days)

    async def _erase_orders(self, before: datetime) -> int:
        count = 0
        while (lot := await self._store.erasing.erase_old(before)).done:
            count += len(lot.done)
            await self.delete_documents(lot.files)
        return count

    async def _scrub_weekly(self) -> None:
        """Rewriting the whole file for what a day lets go would be much; within a week it is gone from the disk too."""
        last = await self._store.settings.get(_SCRUBBED_AT)
        if isinstance(last, int) and timedelta(0) <= self._now() - from_epoch_ms(last) < _WEEK:
            return
        if await self._store.erasing.scrub_due():
            await self.scrub()

    async def scrub(self) -> bool:
        """Clear the store's file of what was deleted; False when that has to wait (no room, or a backup under way)."""
        try:
            done = await self._store.erasing.scrub()
        except StoreError as error:
            log.warning("deleted text stays in free pages for now: %s", error)
            return False
        if done:
            await self._store.settings.set(_SCRUBBED_AT, to_epoch_ms(self._now()))
        return done

    # -- files -------------------------------------------------------------------------------------------------
    async def delete_documents(self, paths: Iterable[str]) -> tuple[int, tuple[str, ...]]:
        """Delete those that lie in the workspace's documents: how many, and the paths of those that are left (the merchant
        saved them elsewhere, or the system did not let go)."""
        return await asyncio.to_thread(_delete_within, self.folder / "documents", tuple(paths))

    async def _count_documents(self, before: datetime) -> int:
        return len(await asyncio.to_thread(_older, self.folder / "documents", ".pdf", before))

    async def _drop_documents(self, before: datetime) -> int:
        old = await asyncio.to_thread(_older, self.folder / "documents", ".pdf", before)
        return (await self.delete_documents(str(one) for one in old))[0]

    async def _count_logs(self, before: datetime) -> int:
        return len(await asyncio.to_thread(_old_logs, self.folder / "logs", before))

    async def _drop_logs(self, before: datetime) -> int:
        old = await asyncio.to_thread(_old_logs, self.folder / "logs", before)
        return (await asyncio.to_thread(_delete_within, self.folder / "logs", [str(one) for one in old]))[0]


def _older(folder: Path, ending: str, before: datetime) -> list[Path]:
    """Files directly in a folder that were last written before an instant."""
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            fits = entry.name.casefold().endswith(ending) and entry.is_file(follow_symlinks=False)
            if fits and entry.stat(follow_symlinks=False).st_mtime < before.timestamp():
                found.append(Path(entry.path))
    return sorted(found)


def _old_logs(folder: Path, before: datetime) -> list[Path]:
    """Log files that were rotated away; the one in use is not among them."""
    return [one for one in _older(folder, "", before) if ".log." in one.name]


def _delete_within(folder: Path, paths: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    count, left = 0, []
    for text in paths:
        path = Path(text)
        try:
            if not path.exists():
                continue
            if not path.resolve().is_relative_to(folder.resolve()):
                left.append(text)
                continue
            path.unlink()
            count += 1
        except OSError as error:
            log.warning("a document stays: %s", type(error).__name__)
            left.append(text)
    return count, tuple(left)
