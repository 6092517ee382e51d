"""ÇiçekSepeti's cancellations and returns as they come over the wire. Pure.
Must never take a cancellation for a return: both come in one list.

Source of the facts: reference/marketplaces-tr.md, "## ÇiçekSepeti" (Returns); the answer's fields from the digest of the vendor's
documents. Rows tell neither a date nor a quantity: both are those of the order's item.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from app.contracts import Message, Page
from app.kit import Reply, decode_json, read_records, tracking_number
from app.model import Claim, Order, Window, clean, fold

CANCELLATION = 1
CLAIM_AGE = timedelta(days=30)  # returns are found by the day of the request, yet their state changes for weeks
#: The seller, or the vendor in its place, has decided for the buyer.
_DECIDED = ("bayi onay", "musteri hakli", "firmaya iade")


class CancelledWire(msgspec.Struct, rename="camel"):
    order_id: int | str
    order_item_id: int | str
    order_item_status: str | None = None
    order_item_cancel_status: str | None = None
    cancel_reason: str | None = None
    sub_cancel_reason: str | None = None
    cancel_type: int | None = None
    shipment_number: str | int | None = None


class CancelledListWire(msgspec.Struct, rename="camel"):
    order_item_list: list[msgspec.Raw]


def parse_cancelled(reply: Reply) -> tuple[Page[CancelledWire], int]:
    """A page, and how many rows it had."""
    raws = decode_json(reply, CancelledListWire).order_item_list
    items, rejects = read_records(raws, CancelledWire, lambda row: row, lambda record: str(record["orderItemId"]))
    return Page(items, rejects), len(raws)


def status_of(row: CancelledWire) -> str:
    told = (clean(row.order_item_status or "", 60), clean(row.order_item_cancel_status or "", 60))
    return " · ".join(one for one in told if one) or "?"


def is_decided(status: str) -> bool:
    return any(word in fold(status) for word in _DECIDED)


def waits_for_seller(claim: Claim) -> int:
    """0 for one whose parcel has come and that nobody has decided: the only state in which the seller may."""
    return 0 if "tedarikcide" in fold(claim.status) and not is_decided(claim.status) else 1


def is_return(row: CancelledWire) -> bool:
    return row.cancel_type != CANCELLATION


def to_claim(row: CancelledWire, order: Order | None, asked: Window) -> Claim:
    """Keyed by its order item, which accepting wants. Opened when the item last changed, as far as that lies in the span that was
    asked for. A quantity of 0: the order could not be found."""
    item = str(row.order_item_id)
    count = next((line.quantity for line in order.lines if line.remote_id == item), 0) if order is not None else 0
    changed: datetime = order.updated_at if order is not None else asked.since
    reason = (clean(row.cancel_reason or "", 100), clean(row.sub_cancel_reason or "", 100))
    return Claim(
        remote_id=item,
        order_number=str(row.order_id),
        status=status_of(row),
        opened_at=min(max(changed, asked.since), asked.until),
        reason=": ".join(one for one in reason if one),
        lines=((item, count),),
        tracking_number=tracking_number(str(row.shipment_number or "")),
    )


def order_numbers(rows: Iterable[CancelledWire]) -> list[str]:
    return list(dict.fromkeys(str(row.order_id) for row in rows))


class AcceptedWire(msgspec.Struct, rename="camel"):
    is_success: bool
    message: str | None = None


def parse_accepted(reply: Reply) -> Message | None:
    """Why it was refused under HTTP 200; None when it was not."""
    found = decode_json(reply, AcceptedWire)
    if found.is_success:
        return None
    return Message("item.refused", vendor_text=clean(found.message or "", 300), status=reply.status)
