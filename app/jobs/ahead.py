"""One page of look-ahead: the next page is fetched while this one is being stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def ahead(source: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    """The items of `source` in order; an error of `source` is raised after the items before it were handed out."""

    async def step() -> T:
        return await anext(source)

    following = asyncio.ensure_future(step())
    try:
        while True:
            try:
                item = await following
            except StopAsyncIteration:
                return
            following = asyncio.ensure_future(step())
            yield item
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
            await following
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()
