"""What Trendyol says of a publishing: whether a barcode is there, and the results of the batches that one draft went out in. Pure.
Must never tell a draft done of which one batch said nothing.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (List products, Poll), and Trendyol's pages on products V2 (September 2026):
a creation's result wraps its product, a content's names the content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Message, Outcome, OutcomeState, fail
from app.kit import Reply, decode_json, read_records
from app.model import ProductDraft, fold
from providers.marketplaces.drafts import joined, missing, number, says_there
from providers.marketplaces.trendyol_goods import BatchItemWire, BatchWire, failure
from providers.marketplaces.trendyol_wire import PagedWire


class LookupWire(msgspec.Struct, rename="camel"):
    approved: bool | None = None
    content_id: int | None = None


def parse_lookup(reply: Reply) -> str:
    """The content's id of an approved product; '' for one that waits for its approval."""
    found = decode_json(reply, LookupWire)
    return str(found.content_id) if found.content_id and found.approved is not False else ""


class PricedWire(msgspec.Struct, rename="camel"):
    quantity: int | None = None
    sale_price: Decimal | None = None
    list_price: Decimal | None = None


def priced_as(reply: Reply, draft: ProductDraft) -> bool:
    """Whether a waiting product has the draft's prices and quantity."""
    wanted = PricedWire(draft.quantity, number(draft.price), number(draft.list_price or draft.price))
    rows = decode_json(reply, PagedWire).content
    items, _ = read_records(rows, PricedWire, lambda wire: wire, lambda x: str(x["barcode"]))
    return items == (wanted,)


class Ticket(msgspec.Struct, omit_defaults=True):
    """The batches of one publishing; which content each approved barcode lies in (its results name contents); and the barcodes whose
    price or quantity has to wait for their approval."""

    create: str = ""
    open: str = ""
    content: str = ""
    variant: str = ""
    price: str = ""
    of: dict[str, str] = {}
    late: list[str] = []


def read_ticket(text: str) -> Ticket:
    """Raises OursError for a text that is no ticket of ours."""
    try:
        return msgspec.json.decode(text, type=Ticket)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise fail(Message("answer.unexpected", {"operation": "publish_result", "reason": "no such ticket"})) from error


class Batch(msgspec.Struct, frozen=True):
    """What one batch says by barcode, or by content id. `whole`: it is finished, or Trendyol has forgotten it (`gone`)."""

    items: dict[str, BatchItemWire]
    whole: bool
    gone: Message | None = None


def parse_result(reply: Reply) -> Batch:
    batch = decode_json(reply, BatchWire)
    items = {key: item for item in batch.items for key in _keys(item.request_item)}
    whole = batch.status in ("COMPLETED", "FAILED") or (
        batch.item_count is not None and 0 < batch.item_count <= len(batch.items)
    )
    return Batch(items, whole)


def _keys(told: Mapping[str, Any]) -> list[str]:
    """A creation wraps its product: `{"product": {"barcode": …}}`."""
    inner = told.get("product")
    row = inner if isinstance(inner, dict) else told
    return [str(row[name]) for name in ("barcode", "contentId") if row.get(name)]


def judged_drafts(drafts: Sequence[ProductDraft], ticket: Ticket, batches: Mapping[str, Batch]) -> list[Outcome]:
    """One outcome a draft, each judged by all its batches: an approved product by content, variant and price, one that waits by its
    update, a new one by its creation. One that none names is pending until all are finished."""
    told: list[Outcome] = []
    for draft in drafts:
        barcode = draft.remote_id or draft.barcode
        names: tuple[str, ...] = ("content", "variant", "price")
        if barcode not in ticket.of:
            names = next((x for x in (("create",), ("open",)) if _named(batches, x[0], barcode)), ())
        keys = {"content": ticket.of.get(barcode, "")}
        parts = [_end(draft.key, batches.get(name), keys.get(name, barcode), new=name == "create") for name in names]
        told.append(joined(draft.key, parts, barcode) if names else _unnamed(draft.key, batches))
    return told


def _named(batches: Mapping[str, Batch], name: str, barcode: str) -> bool:
    return name in batches and barcode in batches[name].items


def _unnamed(key: str, batches: Mapping[str, Batch]) -> Outcome:
    gone = next((one.gone for one in batches.values() if one.gone is not None), None)
    if not all(one.whole for one in batches.values()):
        return Outcome(key, OutcomeState.PENDING)
    return Outcome(key, OutcomeState.UNKNOWN, gone) if gone is not None else missing(key)


def _end(key: str, batch: Batch | None, name: str, *, new: bool) -> Outcome:
    item = batch.items.get(name) if batch is not None else None
    if batch is None or item is None:
        return _unnamed(key, {"": batch} if batch is not None else {})
    if item.status == "SUCCESS":
        return Outcome(key, OutcomeState.DONE)
    if item.status != "FAILED":
        return Outcome(key, OutcomeState.PENDING)
    found = failure(item.failure_reasons or [])
    if new:  # what is not found then is a brand or a category; a barcode that is there is somebody's who was quicker
        there = says_there(fold(found.vendor_text))
        found = msgspec.structs.replace(found, code="item.duplicate" if there else "item.refused")
    return Outcome(key, OutcomeState.REFUSED, found)
