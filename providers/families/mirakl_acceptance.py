"""Taking or refusing an order that waits for the shop (OR21): the decision of each line, and what an order says of one. Pure.
Must never leave a line out, for Mirakl wants all of them in one call, nor call another decision than the one asked for done.

Source of the facts: Mirakl's seller OpenAPI document, OR21; reference/marketplaces-tr.md, "## Mirakl Marketplace seller API (MMP)".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.contracts import Message, Outcome, OutcomeState
from app.model import Order

WAITING = "WAITING_ACCEPTANCE"


def decisions(order: Order, lines: Sequence[str] | None) -> dict[str, bool] | Message:
    """Line id → taken, for every line of the order; or why that cannot be asked."""
    own = [line.remote_id for line in order.lines]
    strange = next((one for one in lines or () if one not in own), None)
    if strange is not None:
        return Message("item.refused", {"reason": "accept_line", "value": strange}, field="lines")
    if not own:
        return Message("item.not_found", {"order": order.remote_id})
    return {one: lines is None or one in lines for one in own}


def agreed(order: Order, decided: Mapping[str, bool]) -> bool:
    """Whether the order stands as it would after this decision."""
    if order.vendor_status == WAITING:
        return False
    return {line.remote_id: not line.cancelled for line in order.lines} == dict(decided)


def after_refusal(order: Order | None, key: str, decided: Mapping[str, bool], refused: Message) -> Outcome:
    """Mirakl would not take the decision: because it has it, or another one, or for a reason of its own."""
    if order is None or order.vendor_status == WAITING:
        return Outcome(key, OutcomeState.REFUSED, refused)
    if agreed(order, decided):
        return Outcome(key, OutcomeState.DONE, remote_ref=key)
    params = {"reason": "decided_otherwise"}
    message = Message("item.refused", params, refused.vendor_code, refused.vendor_text, refused.status, field="lines")
    return Outcome(key, OutcomeState.REFUSED, message)
