"""Look-ahead keeps order, errors and clean ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from app.changes import Changes
from app.contracts import Page
from app.jobs.ahead import ahead, gathered
from app.jobs.pulls import Pulls
from app.model import Listing
from app.store import StoreError
from tests.support.waiting import until

T0 = datetime(2026, 11, 24, 9, tzinfo=UTC)


async def test_order_is_kept_and_the_next_is_fetched_meanwhile():
    fetched, seen = [], []

    async def source():
        for i in range(4):
            fetched.append(i)
            yield i

    async for item in ahead(source()):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        seen.append((item, max(fetched)))
    assert [s[0] for s in seen] == [0, 1, 2, 3]
    assert seen[0][1] == 1


async def test_an_error_comes_after_the_items_before_it():
    async def source():
        yield 1
        raise ValueError("page 2")

    seen = []
    with pytest.raises(ValueError, match="page 2"):
        async for item in ahead(source()):
            seen.append(item)
    assert seen == [1]


async def test_leaving_early_closes_the_source():
    closed = asyncio.Event()

    async def source():
        try:
            while True:
                yield 1
                await asyncio.sleep(0)
        finally:
            closed.set()

    stream = ahead(source())
    async for _ in stream:
        break
    await stream.aclose()
    assert closed.is_set()


async def test_what_came_meanwhile_is_handed_out_together_and_no_more_than_asked_for():
    fetched = []

    async def source():
        for i in range(10):
            fetched.append(i)
            yield i
            await asyncio.sleep(0)

    lists = []
    async for batch in gathered(source(), 3):
        lists.append(batch)
        for _ in range(20):  # a slow disk
            await asyncio.sleep(0)
        assert len(fetched) <= sum(map(len, lists)) + 3
    assert [one for batch in lists for one in batch] == list(range(10))
    assert len(lists[0]) == 1
    assert max(map(len, lists)) == 3


async def test_the_items_before_an_error_are_handed_out_before_it():
    async def source():
        yield 1
        yield 2
        raise ValueError("page 3")

    seen = []
    with pytest.raises(ValueError, match="page 3"):
        async for batch in gathered(source(), 8):
            seen += batch
            await asyncio.sleep(0.01)
    assert seen == [1, 2]


async def test_a_source_is_closed_when_gathering_ends_early():
    closed = asyncio.Event()

    async def source():
        try:
            for i in range(100):
                yield i
        finally:
            closed.set()

    batches = gathered(source(), 2)
    async for _ in batches:
        break
    await batches.aclose()
    assert closed.is_set()


@pytest.mark.parametrize("ends", ["fails", "cancelled"])
async def test_a_pull_that_ends_early_leaves_no_look_ahead_behind(ends: str) -> None:
    """Else its task would go on asking the vendor, and be torn off by the collector when the loop is gone."""
    begun, closed = asyncio.Event(), asyncio.Event()

    async def listings(_since: object) -> AsyncIterator[Page[Listing]]:
        try:
            while True:
                yield Page(())
                await asyncio.sleep(0)
        finally:
            closed.set()

    async def get(*_: object) -> None:
        return None

    async def apply_page(*_: object, **__: object) -> None:
        begun.set()
        if ends == "fails":
            raise StoreError("store.full")
        await asyncio.sleep(60)

    store: Any = SimpleNamespace(cursors=SimpleNamespace(get=get), listings=SimpleNamespace(apply_page=apply_page))
    manifest = SimpleNamespace(lag_s=0, full_listings_every_h=0)
    link: Any = SimpleNamespace(
        id=1, row=SimpleNamespace(account_id="a"), manifest=manifest, provider=SimpleNamespace(listings=listings)
    )
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(Pulls(store, Changes(), lambda: T0).listings(link, SimpleNamespace()))  # type: ignore[arg-type]
    await until(begun.is_set, "its first page is written")
    if ends == "cancelled":
        task.cancel()
    with pytest.raises((StoreError, asyncio.CancelledError)):
        await task
    assert asyncio.all_tasks() == before
    assert closed.is_set()
