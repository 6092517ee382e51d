"""Writes that go out one at a time, and what they leave behind when one of them breaks off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from app.contracts.messages import ProviderError
from app.contracts.results import Outcome, OutcomeState, Receipt
from app.model import ShipmentNotice


async def each_alone(
    notices: Sequence[ShipmentNotice], confirm: Callable[[ShipmentNotice], Awaitable[Outcome]]
) -> Receipt:
    """`confirm` for each in turn; it raises ProviderError only when nothing of that notice is known to have been sent. Trouble with
    the first is raised: nothing was sent. Trouble later stops, and leaves that one and the rest UNKNOWN: they are confirmed again
    later, and a vendor's answer to a second confirmation is DONE."""
    outcomes: list[Outcome] = []
    for notice in notices:
        try:
            outcomes.append(await confirm(notice))
        except ProviderError as error:
            if not outcomes:
                raise
            rest = notices[len(outcomes) :]
            outcomes += [Outcome(one.key, OutcomeState.UNKNOWN, error.message) for one in rest]
            break
    return Receipt(tuple(outcomes))
