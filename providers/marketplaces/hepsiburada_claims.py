"""Hepsiburada's claims (returns) and labels as they come over the wire. Pure.
Must never hand on bytes as a label that no printer of the named kind can read.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (Claims, Label).
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from app.contracts import Message, Page, fail
from app.kit import Reply, decode_json, read_records
from app.model import Claim, Label, LabelFormat, Order, clean, fold, parse_iso
from providers.marketplaces.hepsiburada_calls import ZONE
from providers.marketplaces.hepsiburada_lists import loose

#: What a claim may be in; the seller has decided in these.
DECIDED = ("Accepted", "Refunded")
_MAGIC = ((b"^XA", LabelFormat.ZPL), (b"%PDF", LabelFormat.PDF), (b"\x89PNG", LabelFormat.PNG))


class ClaimWire(msgspec.Struct, rename="camel"):
    number: str | int
    order_number: str
    claim_date: str
    status: str
    claim_type: str | None = None
    sku: str | None = None
    quantity: int | None = None
    explanation: str | None = None


def to_claim(wire: ClaimWire) -> Claim:
    """Keyed by its number, which accepting wants. The line is told by Hepsiburada's SKU; `with_lines` finds its id."""
    reason = [clean(one or "", 200) for one in (wire.claim_type, wire.explanation)]
    return Claim(
        remote_id=str(wire.number),
        order_number=clean(wire.order_number, 60),
        status=clean(wire.status, 40),
        opened_at=parse_iso(wire.claim_date, ZONE),
        reason=": ".join(one for one in reason if one),
        lines=((wire.sku, wire.quantity or 1),) if wire.sku else (),
    )


def parse_claims(raws: list[msgspec.Raw]) -> Page[Claim]:
    items, rejects = read_records(raws, ClaimWire, to_claim, lambda record: str(record["number"]))
    return Page(items, rejects)


def claim_numbers(raws: list[msgspec.Raw]) -> set[str]:
    return {str(one["number"]) for one in map(loose, raws) if isinstance(one, dict) and one.get("number") is not None}


def with_lines(claim: Claim, order: Order | None) -> Claim:
    """The claim with the order's line ids in place of SKUs, where the order tells them."""
    if order is None:
        return claim
    ids = {line.listing_id: line.remote_id for line in order.lines}
    return msgspec.structs.replace(claim, lines=tuple((ids.get(sku, sku), count) for sku, count in claim.lines))


class LabelsWire(msgspec.Struct):
    data: list[str] | None = None
    format: str | None = None


def parse_labels(reply: Reply) -> tuple[Label, ...]:
    """ZPL as it is, or anything in base64; what it is, is read from the bytes, because the names differ between documents. An
    address in place of a label gives none: it lies at a host that nobody has named."""
    wire = decode_json(reply, LabelsWire)
    if "url" in fold(wire.format or ""):
        return ()
    found = (_label(one, reply.operation) for one in wire.data or [] if one.strip() and "://" not in one[:12])
    return tuple(found)


def _label(text: str, operation: str) -> Label:
    for data in (text.encode(), _unpacked(text)):
        for magic, kind in _MAGIC:
            if data.lstrip().startswith(magic):
                return Label(kind, data)
    raise fail(Message("answer.unreadable", {"operation": operation, "reason": "neither ZPL nor PDF nor PNG"}))


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=False)
    except (binascii.Error, ValueError):
        return b""
