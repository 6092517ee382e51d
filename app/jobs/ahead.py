"""Look-ahead: what comes next is fetched while this is being stored, and what came meanwhile is stored together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def ahead(source: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    """The items of `source` in order, one of them fetched ahead; an error of `source` is raised after the items before
    it were handed out."""
    batches = gathered(source, 1)
    try:
        async for batch in batches:
            yield batch[0]
    finally:
        await batches.aclose()


async def gathered(source: AsyncIterator[T], most: int) -> AsyncGenerator[list[T], None]:
    """As `ahead`, in lists of what is there: up to `most` items are fetched while the list before is being used. A writer
    that is slower than the source (a disk that takes its time at each commit) catches up with longer lists."""
    ready: list[T] = []
    news, room = asyncio.Event(), asyncio.Event()
    room.set()

    async def fetch() -> None:
        try:
            async for item in source:
                ready.append(item)
                news.set()
                if len(ready) >= most:
                    room.clear()
                    await room.wait()
        finally:
            news.set()

    task = asyncio.ensure_future(fetch())
    try:
        while True:
            await news.wait()
            news.clear()
            batch = ready[:]
            ready.clear()
            room.set()
            if batch:
                yield batch
            elif task.done():
                task.result()
                return
            if task.done():
                news.set()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()
