"""Look-ahead keeps order, errors and clean ends."""

import asyncio

import pytest

from app.jobs.ahead import ahead


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
