"""N11's products and the results of its price and stock tasks. Pure.
Must never tell a row done that N11 has not called SUCCESS.

Source of the facts: reference/marketplaces-tr.md, "## N11" (List products, Update stock and price, Poll, Confirm).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page, Receipt
from app.kit import Reply, decode_json, read_records
from app.model import Listing, ListingStatus, Money, PriceChange, StockChange, clean, fold
from providers.marketplaces.n11_calls import PageWire, reasons_text
from providers.marketplaces.n11_wire import plain

_STATUSES = {
    "active": ListingStatus.ACTIVE,
    "unlisted": ListingStatus.PASSIVE,
    "suspended": ListingStatus.PASSIVE,
    "catalogrejected": ListingStatus.REFUSED,
    "prohibited": ListingStatus.REFUSED,
    "inapproval": ListingStatus.DRAFT,
    "incatalogapproval": ListingStatus.DRAFT,
}


class ProductWire(msgspec.Struct, rename="camel"):
    stock_code: str
    title: str
    n11_product_id: int | str | None = None
    barcode: str | None = None
    product_main_id: str | None = None
    status: str | None = None
    sale_status: str | None = None
    currency_type: str | None = None
    sale_price: Decimal | None = None
    list_price: Decimal | None = None
    quantity: int | None = None
    vat_rate: Decimal | None = None


class TaskWire(msgspec.Struct):
    status: str
    id: int | None = None
    reasons: Any = None


class TaskRowWire(msgspec.Struct, rename="camel"):
    item_code: str | None = None
    status: str | None = None
    reasons: Any = None


class TaskRowsWire(msgspec.Struct):
    content: list[TaskRowWire] = []


class DetailsWire(msgspec.Struct):
    status: str
    skus: TaskRowsWire | None = None
    reasons: Any = None


def to_listing(wire: ProductWire) -> Listing:
    """Keyed by the seller's stock code, which every write wants. Prices hold VAT."""
    currency = wire.currency_type or "TL"
    handles = {"n11ProductId": str(wire.n11_product_id or ""), "saleStatus": wire.sale_status or ""}
    return Listing(
        remote_id=wire.stock_code,
        sku=clean(wire.stock_code, 120),
        title=clean(wire.title),
        price=Money.of(wire.sale_price, currency) if wire.sale_price is not None else None,
        list_price=Money.of(wire.list_price, currency) if wire.list_price is not None else None,
        stock=wire.quantity,
        barcode=clean(wire.barcode or "", 80),
        status=_STATUSES.get(plain(wire.status or ""), ListingStatus.UNKNOWN),
        vat_rate=wire.vat_rate,
        parent_id=clean(wire.product_main_id or "", 120),
        extra={k: v for k, v in handles.items() if v},
    )


def parse_listings(found: PageWire) -> Page[Listing]:
    items, rejects = read_records(found.content, ProductWire, to_listing, lambda record: str(record["stockCode"]))
    return Page(items, rejects, total=found.total_elements)


def refusal(reasons: Any, code: str) -> Message:
    """N11 gives sentences: 'bulunamadı' (not found) is the one that calls for something else to do."""
    text = reasons_text(reasons)
    folded = fold(text)
    missing = "bulunamad" in folded or "not found" in folded
    return Message("item.not_found" if missing else "item.refused", vendor_code=clean(code, 40), vendor_text=text)


def parse_ticket(reply: Reply, keys: Sequence[str]) -> Receipt:
    """The task's number, or its refusal as a whole."""
    task = decode_json(reply, TaskWire)
    if plain(task.status) == "reject":
        message = refusal(task.reasons, task.status)
        return Receipt(tuple(Outcome(key, OutcomeState.REFUSED, message) for key in keys))
    if task.id is None:
        message = Message("answer.field_missing", {"field": "id", "operation": reply.operation}, field="id")
        return Receipt(tuple(Outcome(key, OutcomeState.UNKNOWN, message) for key in keys))
    return Receipt(tuple(Outcome(key, OutcomeState.PENDING) for key in keys), str(task.id))


def parse_batch(reply: Reply, ticket: str, changes: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
    """One outcome a change, judged by its own row. A row that a processed task does not name is unknown."""
    task = decode_json(reply, DetailsWire)
    rows = {row.item_code: row for row in (task.skus.content if task.skus is not None else []) if row.item_code}
    state = plain(task.status)
    outcomes = (_outcome(c.key, rows.get(c.listing.remote_id), state, task) for c in changes)
    return Receipt(tuple(outcomes), ticket)


def _outcome(key: str, row: TaskRowWire | None, state: str, task: DetailsWire) -> Outcome:
    if row is not None and plain(row.status or "") == "success":
        return Outcome(key, OutcomeState.DONE)
    if row is not None and plain(row.status or "") == "fail":
        return Outcome(key, OutcomeState.REFUSED, refusal(row.reasons, "FAIL"))
    if state == "reject":
        return Outcome(key, OutcomeState.REFUSED, refusal(task.reasons, task.status))
    if state != "processed":
        return Outcome(key, OutcomeState.PENDING)
    return Outcome(key, OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": "row missing in task"}))


class ConfirmRowWire(msgspec.Struct, rename="camel"):
    status: str | None = None
    reasons: Any = None


class ConfirmWire(msgspec.Struct):
    content: list[ConfirmRowWire] = []


def confirm_refusal(reply: Reply) -> Message | None:
    """Why a line was not set to Picking; None when none was refused. An empty answer refuses nothing."""
    if not reply.body.strip():
        return None
    for row in decode_json(reply, ConfirmWire).content:
        if plain(row.status or "") in ("fail", "failed", "reject"):
            return refusal(row.reasons, row.status or "")
    return None
