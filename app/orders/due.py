"""What rules asked for, handed to the printer one by one. Each is taken before it is handed over and settled after, so that none is
printed twice: what a kill left in between is looked up in the print queue by `packing.recover`."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable

import msgspec

from app.contracts import Message
from app.orders import rules
from app.store import DuePrint, DueWish, Store


class Outcome(msgspec.Struct, frozen=True):
    """`state`: done (the print queue has it, or it had been printed before) or failed. `message`: what is to be told of it."""

    state: str
    job_id: int | None = None
    message: Message | None = None


Press = Callable[[DuePrint], Awaitable[Outcome]]
_lanes: weakref.WeakKeyDictionary[Store, asyncio.Lock] = weakref.WeakKeyDictionary()


async def drain(store: Store, press: Press) -> list[tuple[DuePrint, Outcome]]:
    """Hand over all that is due, oldest first; one hand at a time, whoever calls. What became of each."""
    lane = _lanes.setdefault(store, asyncio.Lock())
    done: list[tuple[DuePrint, Outcome]] = []
    async with lane:
        while (due := await store.packing.take()) is not None:
            try:
                outcome = await press(due)
            except Exception:  # told by whoever called; it must not hang in between until the next start
                await store.packing.settle(due.id, "failed", message=Message("pack.print.failed"))
                raise
            await store.packing.settle(due.id, outcome.state, outcome.job_id, outcome.message)
            done.append((due, outcome))
    return done


async def note_news(store: Store) -> int:
    """Ask for what the rules want of orders and labels that came since; how many documents."""
    kept = rules.read(await store.settings.get(rules.SETTING))
    arrived, labelled = (
        [DueWish(one.document, one.printer, one.copies) for one in rules.of_event(kept, event)]
        for event in ("arrived", "labelled")
    )
    return await store.packing.news(arrived, labelled)
