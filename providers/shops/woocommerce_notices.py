"""What a shipment notice becomes in a WooCommerce shop: a state and a customer note. Pure.
Must never complete an order that was cancelled or paid back.

Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce" (Shipping/tracking).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import msgspec

from app.contracts import Message, Outcome, OutcomeState
from app.kit import Reply, decode_json
from app.model import ShipmentNotice, clean
from providers.shops.woocommerce_calls import ErrorWire, item_error

OVER = frozenset({"cancelled", "refunded", "failed", "trash"})
_TAGS = re.compile(r"<[^>]*>")


class _LineWire(msgspec.Struct):
    id: int
    quantity: int = 0


class Known(msgspec.Struct, frozen=True):
    """An order as the shop has it now."""

    id: int
    status: str
    line_items: tuple[_LineWire, ...] = ()

    def to_complete(self, notice: ShipmentNotice) -> bool:
        """Whether the notice covers the whole of it and it is not completed yet."""
        left = {str(line.id): line.quantity for line in self.line_items if line.quantity > 0}
        for line in notice.lines:
            left[line.remote_id] = left.get(line.remote_id, 0) - line.quantity
        whole = not notice.lines or all(quantity <= 0 for quantity in left.values())
        return whole and self.status != "completed"


class _DoneWire(msgspec.Struct):
    id: int = 0
    status: str = ""
    error: ErrorWire | None = None


class _BatchWire(msgspec.Struct):
    update: list[_DoneWire] = []


class _NoteWire(msgspec.Struct):
    note: str = ""


def parse_known(reply: Reply) -> dict[str, Known]:
    return {str(one.id): one for one in decode_json(reply, list[Known])}


def parse_completed(reply: Reply, order_ids: Sequence[str]) -> dict[str, Outcome | None]:
    """What did not go well, by order id; None where the order is completed now. An order that the answer does not name is unknown."""
    told = {str(one.id): one for one in decode_json(reply, _BatchWire).update}
    return {order_id: _trouble(told.get(order_id)) for order_id in order_ids}


def _trouble(one: _DoneWire | None) -> Outcome | None:
    if one is None:
        return Outcome("", OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": "order missing in batch"}))
    if one.error is not None:
        return Outcome("", OutcomeState.REFUSED, item_error(one.error))
    if one.status not in ("completed", ""):
        return Outcome(
            "", OutcomeState.REFUSED, Message("item.refused", {"reason": "kept_other_value"}, field="status")
        )
    return None


def parse_notes(reply: Reply) -> frozenset[str]:
    """The texts of an order's notes, as they were typed: WordPress may give them back with tags and entities."""
    return frozenset(clean(html.unescape(_TAGS.sub(" ", n.note))) for n in decode_json(reply, list[_NoteWire]))


def note_text(notice: ShipmentNotice) -> str:
    """Carrier, number and link in one line, without a word of any language; '' when nothing is known."""
    return clean(" ".join(part for part in (_named(notice), notice.tracking_url) if part))


def _named(notice: ShipmentNotice) -> str:
    return ": ".join(part for part in (notice.carrier, notice.tracking_number) if part)


def refusal(notice: ShipmentNotice, known: Known | None) -> Message | None:
    if known is None:
        return Message("item.not_found", {"order": notice.order_id})
    if known.status in OVER:
        return Message("item.conflict", {"order": notice.order_id, "status": known.status})
    return None
