"""Which of an operator's carriers a merchant's word means, and what an order's state says of a confirmation. Pure. Must never take
another carrier for the one that was written.

Source of the facts: Mirakl's seller OpenAPI document, SH21, OR23 and OR24.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.contracts import Message, Outcome, OutcomeState
from app.kit import Reply, decode_json
from app.model import Order, OrderStatus, ShipmentNotice, fold

#: What people leave out or add when they write a carrier's name.
FILLERS = frozenset({"kargo", "cargo", "lojistik", "logistics", "as", "a.s.", "tas"})
TOLD = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED})


class CarrierWire(msgspec.Struct):
    code: str
    label: str
    standard_code: str | None = None


class _CarriersWire(msgspec.Struct):
    carriers: list[CarrierWire]


def parse_carriers(reply: Reply) -> list[CarrierWire]:
    return decode_json(reply, _CarriersWire).carriers


def _bare(name: str) -> str:
    return " ".join(word for word in fold(name).split() if word not in FILLERS)


def chosen(carriers: Sequence[CarrierWire], name: str) -> tuple[str, str] | None:
    """(code, label) of the registered carrier of that name or code; None when there is none, or more than one."""
    whole = fold(name)
    found = [c for c in carriers if whole in (fold(c.code), fold(c.label), fold(c.standard_code or ""))]
    if not found and _bare(name):
        found = [c for c in carriers if _bare(c.label) == _bare(name)]
    return (found[0].code, found[0].label) if name and len(found) == 1 else None


def wrong_notice(notice: ShipmentNotice) -> Message | None:
    """Why a notice is not sent at all. A part of an order needs the operator's multi-shipment, which this client does not use."""
    if notice.tracking_number and not notice.carrier:
        return Message("item.refused", {"reason": "carrier"}, field="carrier")
    lines = notice.extra.get("lines", "")
    told = {one.remote_id: one.quantity for one in notice.lines}
    pairs = (pair.rpartition(":") for pair in lines.split(",") if pair)
    whole = {line: int(quantity) for line, _, quantity in pairs if quantity.isdigit()}
    if told and whole and any(told.get(line, 0) < quantity for line, quantity in whole.items()):
        return Message("item.refused", {"reason": "partial_shipment"}, field="lines")
    return None


def after_refusal(key: str, found: Sequence[Order], refused: Message) -> Outcome:
    """Shipping was refused: because it was shipped before, or because it may not be. The order knows."""
    if found and found[0].status in TOLD:
        return Outcome(key, OutcomeState.DONE)
    return Outcome(key, OutcomeState.REFUSED, refused)
