"""Pulls: what the vendor has comes into the store, page by page, the cursor in the same transaction as its rows."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TypeVar

import msgspec

from app.changes import ATTENTION, LISTINGS, ORDERS, SETTLEMENTS, ChangeReport, Changes
from app.contracts import Message, fail
from app.contracts.results import Page, Reject
from app.jobs.ahead import ahead, gathered
from app.jobs.links import WRONG_CLOCK_S, Link
from app.jobs.runner import Handle, Result, cleaned
from app.model import Order, Window
from app.store import Store
from app.store.orders import Prepared, joined

log = logging.getLogger(__name__)
R = TypeVar("R")
_FULL = "listings.full"  # when all listings were read last
#: Pages that are stored in one transaction when the vendor is quicker than the disk.
_MOST_PAGES = 8
#: Payout lines: how far back the first pull reads where the vendor sets no limit, and how far back one that was not paid is
#: looked at again (it gets its payout weeks after it was booked).
_PAYOUT_DAYS = 90
#: One window of them where the manifest names no widest.
_PAYOUT_WINDOW = timedelta(days=30)
#: Where a first import of a channel without a history limit begins.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def one_page(parts: Sequence[Page[Order]]) -> Page[Order]:
    """Pages that came one after the other as one: covered is what the last one that says so covers."""
    if len(parts) == 1:
        return parts[0]
    told = [part.covered_until for part in parts if part.covered_until is not None]
    return Page(
        tuple(chain.from_iterable(part.items for part in parts)),
        tuple(chain.from_iterable(part.rejects for part in parts)),
        covered_until=told[-1] if told else None,
        total=parts[-1].total,
    )


class Pulls:
    def __init__(self, store: Store, changes: Changes, now: Callable[[], datetime]) -> None:
        self._store, self._changes, self._now = store, changes, now
        self.clean: Callable[[str], str] = str  # takes vault values out of what could not be read; wired by the console

    async def orders(self, link: Link, handle: Handle, since: datetime | None = None) -> Result:
        """Orders changed since the cursor (less the lag), or since the instant asked for. Twice is once.

        Up to now by the vendor's clock: a computer that runs a day slow would not see today's orders."""
        result, until, slow_s = Result(), self._until(link), self._slow_s(link)
        await self._read_orders(link, handle, result, since, until)
        if since is None and await self._undo_future(link, "orders"):
            await self._read_orders(link, handle, result, None, self._until(link))
        elif self._slow_s(link) > slow_s + WRONG_CLOCK_S:  # the first answer told that our clock is slow
            await self._read_orders(link, handle, result, since and until, self._until(link))
        return result

    async def _read_orders(
        self, link: Link, handle: Handle, result: Result, since: datetime | None, until: datetime
    ) -> None:
        manifest = link.manifest
        stored = await self._store.cursors.get(link.id, "orders")
        start = since or (stored - timedelta(seconds=manifest.lag_s) if stored else self._first(manifest.history_days))
        start = min(start, until - timedelta(seconds=1))
        # A catch-up asked for by hand must not pull the cursor back, nor move it past a gap that was never read.
        moves = stored is None or start <= stored
        widest = timedelta(hours=manifest.widest_window_h) if manifest.widest_window_h else until - start
        done = 0
        for window in Window(start, until).split(widest):
            async with aclosing(gathered(self._prepared(link, window), _MOST_PAGES)) as batches:
                async for batch in batches:
                    page, prepared = one_page([p for p, _ in batch]), joined([made for _, made in batch])
                    covered = min(page.covered_until, self._end(link)) if moves and page.covered_until else None
                    if covered is not None and stored is not None and covered <= stored:
                        covered = None
                    applied = await self._store.orders.apply_page(
                        link.id,
                        link.row.account_id,
                        page,
                        cursor=("orders", covered) if covered is not None else None,
                        now=self._now(),
                        prepared=prepared,
                    )
                    done += len(page.items) + len(page.rejects)
                    self._count(result, applied)
                    self._tell(ORDERS, applied)
                    await handle.progress(done, page.total)
            read_to = min(window.until, self._end(link))
            if moves and (stored is None or read_to > stored):
                await self._store.cursors.finish(link.id, "orders", read_to)

    async def _prepared(self, link: Link, window: Window) -> AsyncGenerator[tuple[Page[Order], Prepared], None]:
        """Pages with their rows made ready. With a look-ahead inside and one around it, one page is fetched while the one
        before is computed and the one before that is written."""
        async with aclosing(ahead(link.provider.orders(window))) as pages:
            async for page in pages:
                page = self._cleaned(page)
                yield page, await self._store.orders.prepare_page(link.row.account_id, page)

    async def listings(self, link: Link, handle: Handle, *, full: bool = False) -> Result:
        """Listings changed since the last pull, or all of them: asked for, or due by the manifest's `full_listings_every_h`."""
        result, started = Result(), self._now()
        full = full or await self._full_due(link, started)
        if full:
            await self._undo_future(link, "listings")
        stored = None if full else await self._store.cursors.get(link.id, "listings")
        since = stored - timedelta(seconds=link.manifest.lag_s) if stored else None
        done = 0
        async with aclosing(ahead(link.provider.listings(since))) as pages:
            async for page in pages:
                applied = await self._store.listings.apply_page(
                    link.id, link.row.account_id, self._cleaned(page), cursor=None, now=self._now()
                )
                done += len(page.items) + len(page.rejects)
                self._count(result, applied)
                self._tell(LISTINGS, applied)
                await handle.progress(done, page.total)
        if await self._undo_future(link, "listings"):
            return await self.listings(link, handle, full=True)
        await self._store.cursors.finish(link.id, "listings", min(started, self._end(link)))
        if since is None:
            await self._store.cursors.set(link.id, _FULL, started)
        return result

    async def _full_due(self, link: Link, now: datetime) -> bool:
        """Whether this vendor's "changed since" misses things and the last pull of all is too old (or of a day to come)."""
        every = timedelta(hours=link.manifest.full_listings_every_h)
        if not every:
            return False
        last = await self._store.cursors.get(link.id, _FULL)
        return last is None or not timedelta(0) <= now - last < every

    async def settlements(self, link: Link, handle: Handle, since: datetime | None = None) -> Result:
        """Payout lines booked since the cursor, and again from the oldest that was not paid out; or since the instant asked
        for. Twice is once."""
        result, until = Result(), self._until(link)
        stored = await self._store.cursors.get(link.id, "settlements")
        if since is None and await self._undo_future(link, "settlements"):
            stored = None
        start = since or await self._payouts_from(link, stored, until)
        start = min(start, until - timedelta(seconds=1))
        # Asked for by hand before the first pull by the clock: what is older is still to be read.
        moves = since is None or (stored is not None and start <= stored)
        hours = link.manifest.widest_window_h
        done = 0
        for window in Window(start, until).split(timedelta(hours=hours) if hours else _PAYOUT_WINDOW):
            async with aclosing(ahead(link.provider.settlements(window))) as pages:
                async for page in pages:
                    applied = await self._store.settlements.apply_page(
                        link.id, link.row.account_id, self._cleaned(page), now=self._now()
                    )
                    done += len(page.items) + len(page.rejects)
                    self._count(result, applied)
                    self._tell(SETTLEMENTS, applied)
                    await handle.progress(done, None)
            if moves:
                await self._store.cursors.finish(link.id, "settlements", min(window.until, self._end(link)))
        return result

    async def _payouts_from(self, link: Link, stored: datetime | None, until: datetime) -> datetime:
        days = min(link.manifest.history_days or _PAYOUT_DAYS, _PAYOUT_DAYS)
        first = until - timedelta(days=days)
        if stored is None:
            return first
        again = await self._store.settlements.unpaid_since(link.row.account_id, first)
        covered = stored - timedelta(seconds=link.manifest.lag_s)
        return covered if again is None else min(again, covered)

    async def order(self, link: Link, number: str) -> Result:
        """Fetch one order again by the number that the merchant typed. Raises YoursError `item.not_found`."""
        found = await link.provider.order(number)
        if not found:
            raise fail(Message("item.not_found", {"connection": link.row.name, "number": number}))
        result = Result()
        applied = await self._store.orders.apply_page(
            link.id, link.row.account_id, Page(tuple(found)), cursor=None, now=self._now()
        )
        self._count(result, applied)
        self._tell(ORDERS, applied)
        return result

    def _cleaned(self, page: Page[R]) -> Page[R]:
        """A record that could not be read is kept as it came: an answer of another kind may repeat a key."""
        if not page.rejects:
            return page
        rejects = [Reject(one.remote_id, self.clean(one.raw), cleaned(one.message, self.clean)) for one in page.rejects]
        return msgspec.structs.replace(page, rejects=tuple(rejects))

    async def _undo_future(self, link: Link, stream: str) -> bool:
        """Forget a cursor that lies ahead of the vendor's clock, and say so: it is of a day on which this computer's clock
        was ahead, and until that day comes nothing would be pulled."""
        stored = await self._store.cursors.get(link.id, stream)
        ahead_s = max(float(link.manifest.lag_s), WRONG_CLOCK_S)
        if stored is None or stored <= self._now() + timedelta(seconds=link.skew() + ahead_s):
            return False
        log.warning("the cursor %s of connection %s lies in the future: everything is read again", stream, link.id)
        await self._store.cursors.set(link.id, stream, None)
        return True

    @staticmethod
    def _slow_s(link: Link) -> float:
        """Seconds by which our clock is behind the vendor's; 0.0 while that is no more than an answer's way takes."""
        skew = link.skew()
        return skew if skew > WRONG_CLOCK_S else 0.0

    def _until(self, link: Link) -> datetime:
        return self._now() + timedelta(seconds=self._slow_s(link))

    def _end(self, link: Link) -> datetime:
        """No cursor moves past what the vendor's own clock says: a computer that runs an hour fast would skip an hour of
        orders for good. The Date header has whole seconds, hence the one of grace."""
        return self._now() + timedelta(seconds=min(0.0, link.skew() + 1.0))

    def _first(self, history_days: int) -> datetime:
        return self._now() - timedelta(days=history_days) if history_days else _LONG_AGO

    def _tell(self, table: str, applied: object) -> None:
        ids = frozenset((*getattr(applied, "new", ()), *getattr(applied, "changed", ())))
        if ids:
            self._changes.publish(ChangeReport(table, ids, "pull"))
        if getattr(applied, "rejected", 0):
            self._changes.publish(ChangeReport(ATTENTION, source="pull"))

    @staticmethod
    def _count(result: Result, applied: object) -> None:
        result.add("new", len(getattr(applied, "new", ())))
        result.add("changed", len(getattr(applied, "changed", ())))
        result.add("same", getattr(applied, "same", 0))
        rejected = getattr(applied, "rejected", 0)
        if rejected:
            result.add("rejected", rejected)
            result.outcome = "partly"
