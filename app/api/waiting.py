"""What a long wait is for, said while it lasts: a vendor's limit holds a call, and nobody should think that the program hangs.
Reads the limiter's board only; must never touch the call itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from app.console import Console
from app.formats.words import Words
from app.http.limiter import Waiting

LEAST_S = 3.0  # shorter waits are nobody's business
EVERY_S = 20.0


def left(seconds: float) -> str:
    """2:40."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02}"


def wait_of(queue: Iterable[Waiting], connection_id: int) -> float:
    """Seconds until the connection's next call goes, 0.0 when none of them waits for long."""
    waits = [one.seconds for one in queue if one.connection_id == connection_id]
    return min(waits) if waits and min(waits) >= LEAST_S else 0.0


def sentence(words: Words, vendor: str, seconds: float) -> str:
    """Waiting for Amazon's limit, 2:40 left."""
    return words("message.waiting", vendor=vendor, left=left(seconds))


@asynccontextmanager
async def telling(
    console: Console, words: Words, say: Callable[[str], None], *, tick_s: float = 1.0
) -> AsyncIterator[None]:
    """Says every wait when it begins and every 20 seconds, while the block runs."""

    async def watch() -> None:
        told: dict[int, float] = {}
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(tick_s)
            for row in await console.store.connections.list():
                seconds = wait_of(console.network.queue(row.account_id), row.id)
                if not seconds:
                    told.pop(row.id, None)
                elif clock() - told.get(row.id, float("-inf")) >= EVERY_S:
                    told[row.id] = clock()
                    name = console.catalogue.manifest(row.integration).name
                    say(f"{row.name}: {sentence(words, name, seconds)}")

    watching = asyncio.ensure_future(watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
