"""Taking a plan back: what still waits is withdrawn, what the channel has is set back to what it was – but only where the channel still
carries our price. What somebody changed meanwhile is listed and left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec

from app.pricing.guards import Guards, Judge
from app.pricing.plan import SLICE, Plans
from app.store import NewPlan, Store
from app.store.plans import Line

#: Why a line is not taken back: its answer is still to come · somebody wants another price by now · the channel has another.
ON_WAY, NEWER_WISH, NOT_OURS = "on_way", "newer_wish", "not_ours"
_LOT = 500
_SENT = ("done", "over")
_FREE = Guards(None, 0, False, False, False, False, False)  # what was there before needs no second look


class Undone(msgspec.Struct, frozen=True):
    """`plan_id`: the plan that takes the other back, ready to be applied; None when the channel never got a line of it.
    `withdrawn`: wishes that had not left yet. `live`: by connection whether its prices were read back just now. `back`: lines
    that go back; `left`: lines that do not, by why; `never`: lines that the channel never took."""

    plan_id: int | None
    withdrawn: int
    live: dict[int, bool]
    back: int
    left: dict[str, int]
    never: int


def way_back(row: tuple[Any, ...]) -> Line | None:
    """The line that takes a sent one back, in the shape of `Plans.sent_lines`; with an outcome when it must not go; None when the
    channel never took it. The crossed-out price goes back where the plan had moved it."""
    _, listing, connection, currency, old, new, old_list, new_list, _, state, price, list_price, wish = row
    if state in ("refused", "superseded"):
        return None
    back_list = old_list if new_list is not None and old_list is not None and old_list >= old else None
    outcome = ""
    if state not in _SENT:
        outcome = ON_WAY
    elif wish:
        outcome = NEWER_WISH
    elif price != new:
        outcome = NOT_OURS
    return (listing, connection, currency, price, old, list_price, back_list, "", outcome)


async def take_back(store: Store, plans: Plans, plan_id: int, read_back: Callable[[int], Awaitable[bool]]) -> Undone:
    """Withdraw what waits and make the plan that takes the rest back; nothing of it is queued yet. `read_back` reads a
    connection's listings anew and says whether it could. Raises StoreError `store.no_plan`."""
    plan = await store.plans.get(plan_id)
    withdrawn = await _withdraw(store, plan_id)
    live = {
        row.connection_id: await read_back(row.connection_id)
        for row in await store.plans.progress(plan_id)
        if any(row.counts.get(state) for state in _SENT)
    }
    judge = Judge(_FREE)
    counts = {"never": 0}

    async def lines() -> AsyncIterator[list[Line]]:
        after = 0
        while rows := await store.plans.sent_lines(plan_id, after, SLICE):
            after = rows[-1][0]
            made = [line for line in map(way_back, rows) if line is not None]
            counts["never"] += len(rows) - len(made)
            _count(judge, made)
            yield made

    new = NewPlan("undo", plan.title, plan.connection_id, plan.filter, plan_id)
    made = await plans.keep(new, lines(), judge)
    totals = judge.totals
    if not totals.looked:
        await store.plans.drop(made)
    return Undone(
        made if totals.looked else None, withdrawn, live, totals.ready, totals.reasons, counts["never"] - withdrawn
    )


async def _withdraw(store: Store, plan_id: int) -> int:
    """Wishes of the plan that have not left; returns how many."""
    count, after = 0, 0
    while rows := await store.plans.sent_lines(plan_id, after, _LOT):
        after = rows[-1][0]
        keys = [row[8] for row in rows if row[9] == "queued"]
        if keys:
            count += len(await store.outbox.withdraw(keys))
    return count


def _count(judge: Judge, lines: list[Line]) -> None:
    totals = judge.totals
    totals.looked += len(lines)
    for line in lines:
        if line[8]:
            totals.blocked += 1
            totals.reasons[line[8]] = totals.reasons.get(line[8], 0) + 1
        else:
            totals.ready += 1
