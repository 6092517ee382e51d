"""Pulls: what the vendor has comes into the store, page by page, the cursor in the same transaction as its rows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta

from app.changes import ATTENTION, LISTINGS, ORDERS, ChangeReport, Changes
from app.contracts import Message, fail
from app.contracts.results import Page
from app.jobs.ahead import ahead
from app.jobs.links import Link
from app.jobs.runner import Handle, Result
from app.model import Order, Window
from app.store import Store
from app.store.orders import Prepared

#: Where a first import of a channel without a history limit begins.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Pulls:
    def __init__(self, store: Store, changes: Changes, now: Callable[[], datetime]) -> None:
        self._store, self._changes, self._now = store, changes, now

    async def orders(self, link: Link, handle: Handle, since: datetime | None = None) -> Result:
        """Orders changed since the cursor (less the lag), or since the instant asked for. Twice is once."""
        manifest, result = link.manifest, Result()
        until = self._now()
        stored = await self._store.cursors.get(link.id, "orders")
        start = since or (stored - timedelta(seconds=manifest.lag_s) if stored else self._first(manifest.history_days))
        start = min(start, until - timedelta(seconds=1))
        # A catch-up asked for by hand must not pull the cursor back, nor move it past a gap that was never read.
        moves = stored is None or start <= stored
        widest = timedelta(hours=manifest.widest_window_h) if manifest.widest_window_h else until - start
        done = 0
        for window in Window(start, until).split(widest):
            async for page, prepared in ahead(self._prepared(link, window)):
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
        return result

    async def _prepared(self, link: Link, window: Window) -> AsyncGenerator[tuple[Page[Order], Prepared], None]:
        """Pages with their rows made ready: with the look-ahead around it, one page is computed while the one before is
        written."""
        source = link.provider.orders(window)
        try:
            async for page in source:
                yield page, await self._store.orders.prepare_page(link.row.account_id, page)
        finally:
            await source.aclose()

    async def listings(self, link: Link, handle: Handle, *, full: bool = False) -> Result:
        """Listings changed since the last pull, or all of them."""
        result, started = Result(), self._now()
        stored = None if full else await self._store.cursors.get(link.id, "listings")
        since = stored - timedelta(seconds=link.manifest.lag_s) if stored else None
        done = 0
        async for page in ahead(link.provider.listings(since)):
            applied = await self._store.listings.apply_page(
                link.id, link.row.account_id, page, cursor=None, now=self._now()
            )
            done += len(page.items) + len(page.rejects)
            self._count(result, applied)
            self._tell(LISTINGS, applied)
            await handle.progress(done, page.total)
        await self._store.cursors.finish(link.id, "listings", min(started, self._end(link)))
        return result

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
