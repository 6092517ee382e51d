"""The suite's one way to wait: for the very thing that is asserted next, ending as soon as it is true.

Never a fixed sleep, never a neighbour of what is asserted (a label that arrived is no row that was written), never a
limit that a busy machine can miss: the limit is there to end a test that hangs, and says then what never happened.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 30.0
PATIENCE_MS = int(PATIENCE_S * 1000)  # of pytest-qt
STEP_S = 0.005


async def until(
    done: Callable[[], Any],
    what: str = "",
    seconds: float = PATIENCE_S,
    *,
    between: Callable[[], object] = lambda: None,
) -> Any:
    """Lets the loop work until `done()` (or what it awaits to) is true, and gives that; `between` runs before each look."""
    limit = time.monotonic() + seconds
    while True:
        between()
        found = done()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < limit, f"never happened: {what or done}"
        await asyncio.sleep(STEP_S)


def until_now(done: Callable[[], Any], what: str = "", seconds: float = PATIENCE_S) -> Any:
    """The same without a loop: what another process or thread does."""
    limit = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < limit, f"never happened: {what or done}"
        time.sleep(STEP_S)
    return found
