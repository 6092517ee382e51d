"""Asking carriers where parcels are: those that are due, in the carrier's own lots, never one that has come to its end.

What a carrier does not know is asked for later each time; a channel is told of a tracking number by the store, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from app.changes import ORDERS, OUTBOX, ChangeReport, Changes
from app.contracts import ProviderError
from app.jobs.links import Link
from app.jobs.runner import Handle, Result
from app.shipping import PARCELS
from app.store import Store
from app.store.parcel_query import ParcelRow

LOOK_S = 300.0  # how often the clock looks whether something is due
_LOT, _MOST = 50, 2000
_EVERY_S = 1800.0
_LONGEST = timedelta(hours=12)
#: How many times the carrier's own interval passes, by state: what stands still is asked for less often.
_TIMES = {"created": 1, "labelled": 1, "handed_over": 2, "on_the_way": 2, "problem": 4}


def due_after(interval_s: float) -> Callable[[str, int], timedelta]:
    """How long until a parcel is asked for again, from its state and how often in a row nothing was known of it."""

    def due(state: str, misses: int) -> timedelta:
        times = _TIMES.get(state, 2) * 2 ** min(misses, 6)
        return min(timedelta(seconds=interval_s * times), _LONGEST)

    return due


class Tracker:
    def __init__(self, store: Store, changes: Changes, now: Callable[[], datetime]) -> None:
        self._store, self._changes, self._now = store, changes, now

    async def any_due(self, connection_id: int) -> bool:
        return bool(await self._store.parcels.to_track(connection_id, self._now(), 1))

    async def poll(self, link: Link, handle: Handle, *, everything: bool = False) -> Result:
        """The parcels that are due, or (asked for by hand) all that are not at their end. The manifest's params say the
        carrier's pace: `track_every_s`, `track_lot`."""
        result = Result()
        lot = _figure(link, "track_lot", _LOT)
        rows = await self._store.parcels.to_track(link.id, None if everything else self._now(), _MOST)
        due = due_after(float(_figure(link, "track_every_s", int(_EVERY_S))))
        for start in range(0, len(rows), lot):
            part = rows[start : start + lot]
            try:
                reports = await link.provider.track([row.reference for row in part])
            except ProviderError as error:
                wait = error.message.retry_after or 120.0
                until = self._now() + timedelta(seconds=wait)
                await self._store.parcels.track_later([row.id for row in rows[start:]], until)
                result.outcome, result.message = "partly", error.message
                break
            changed = await self._store.parcels.apply_reports([row.id for row in part], reports, due)
            result.add("parcels", len(changed))
            result.add("not_known", len(part) - len(changed))
            self._tell(part)
            await handle.progress(start + len(part), len(rows))
            await handle.turn()
        return result

    def _tell(self, rows: Sequence[ParcelRow]) -> None:
        self._changes.publish(ChangeReport(PARCELS, frozenset(row.id for row in rows), "track"))
        self._changes.publish(ChangeReport(ORDERS, source="track"))
        self._changes.publish(ChangeReport(OUTBOX, source="track"))


def _figure(link: Link, name: str, usual: int) -> int:
    text = link.manifest.params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else usual
