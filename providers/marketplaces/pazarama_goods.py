"""Pazarama's products, the results of its price and stock batches, its carriers and returns. Pure.
Must never tell a row done that Pazarama has not called successful: a price that waits for its approval is not set.

Source of the facts: reference/marketplaces-tr.md, "## Pazarama" (List products, Poll, Confirm, Returns).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page, Receipt
from app.kit import Reply, decode_json, read_lenient
from app.model import Claim, Listing, ListingStatus, Money, Order, PriceChange, ShipmentNotice, StockChange, clean, fold
from providers.marketplaces.pazarama_calls import ListWire, proven
from providers.marketplaces.pazarama_wire import CANCEL_ASKED, PREPARING, RECEIVED, instant

APPROVED = 3  # a product's `state`; the others are not documented
OPEN_STATUSES = {1: ListingStatus.ACTIVE, 10: ListingStatus.PASSIVE}
DONE, PROCESSING, IN_APPROVAL = 0, 3, 5
#: Returns that have been decided in the buyer's favour: by the seller, by Pazarama, by itself, or at once.
ACCEPTED = frozenset({"2", "4", "6", "8"})


# -- products ------------------------------------------------------------------------------------------------------------
class ProductWire(msgspec.Struct, rename="camel"):
    code: str
    name: str
    sale_price: Decimal
    stock_code: str | None = None
    stock_count: int | None = None
    list_price: Decimal | None = None
    group_code: str | None = None
    vat_rate: Decimal | None = None
    state: int | None = None
    product_status: int | None = None


def to_listing(wire: ProductWire) -> Listing:
    """Keyed by its code (the barcode), which every write wants. Prices hold VAT (unconfirmed), in lira."""
    price, crossed = Money.of(wire.sale_price, "TRY"), Money.of(wire.list_price or Decimal(0), "TRY")
    known = wire.state in (None, APPROVED)
    status = OPEN_STATUSES.get(wire.product_status or 1) if known else None
    return Listing(
        remote_id=wire.code,
        sku=clean(wire.stock_code or "", 120) or wire.code,
        title=clean(wire.name),
        price=price,
        list_price=crossed if price < crossed else None,
        stock=wire.stock_count,
        barcode=clean(wire.code, 80),
        status=status or ListingStatus.UNKNOWN,
        vat_rate=wire.vat_rate,
        parent_id=clean(wire.group_code or "", 80),
    )


def parse_listings(reply: Reply) -> Page[Listing]:
    raws = decode_json(reply, ListWire).data.seller_products
    items, rejects = read_lenient(
        raws, ProductWire, to_listing, lambda record: str(record["code"]), firm=frozenset({"listPrice"})
    )
    return Page(items, rejects)


# -- batches -------------------------------------------------------------------------------------------------------------
class TicketWire(msgspec.Struct):
    data: str | None = None


def parse_ticket(reply: Reply) -> str:
    """'' when Pazarama took the batch without saying under which id."""
    return clean(decode_json(reply, TicketWire).data or "", 80)


class StateWire(msgspec.Struct, rename="camel"):
    status: int | None = None
    operation_detail: str | None = None


class RowWire(msgspec.Struct, rename="camel"):
    code: str | None = None
    price: StateWire | None = None
    stock: StateWire | None = None
    operation_status_text: str | None = None


class RowsWire(msgspec.Struct):
    data: list[RowWire] | None = None
    success: bool | None = None


def parse_batch(reply: Reply, ticket: str, changes: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
    """One outcome a change, by its own row. Rows come up to four hours later; one that a finished batch leaves out is unknown."""
    answer = decode_json(reply, RowsWire)
    found = proven(answer.data, answer.success, reply) or []
    rows = {row.code: row for row in found if row.code}
    busy = not found or any(_state(row, None).status == PROCESSING for row in found)
    return Receipt(tuple(_outcome(c, rows.get(c.listing.remote_id), busy) for c in changes), ticket)


def _state(row: RowWire, change: PriceChange | StockChange | None) -> StateWire:
    first, second = (row.price, row.stock) if isinstance(change, PriceChange) else (row.stock, row.price)
    return first or second or StateWire()


def _outcome(change: PriceChange | StockChange, row: RowWire | None, busy: bool) -> Outcome:
    if row is None:
        if busy:
            return Outcome(change.key, OutcomeState.PENDING)
        return Outcome(
            change.key, OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": "row missing in batch"})
        )
    state = _state(row, change)
    if state.status == DONE:
        return Outcome(change.key, OutcomeState.DONE)
    if state.status == PROCESSING:
        return Outcome(change.key, OutcomeState.PENDING)
    text = clean(state.operation_detail or row.operation_status_text or "", 300)
    if state.status is None:
        message = Message("answer.field_missing", {"field": "status"}, field="status", vendor_text=text)
        return Outcome(change.key, OutcomeState.UNKNOWN, message)
    code = "item.not_found" if "bulunamadi" in fold(text) else "item.refused"
    params = {"reason": "waits for approval"} if state.status == IN_APPROVAL else {}
    refused = Message(code, params, vendor_code=str(state.status), vendor_text=text)
    return Outcome(change.key, OutcomeState.REFUSED, refused)


# -- carriers ------------------------------------------------------------------------------------------------------------
class CompanyWire(msgspec.Struct):
    id: str | None = None
    name: str | None = None


class DeliveryWire(msgspec.Struct, rename="camel"):
    delivery_type: int | None = None
    contracted: bool | None = None
    cargo_companies: list[CompanyWire] | None = None


class DeliveriesWire(msgspec.Struct):
    data: list[DeliveryWire] | None = None
    success: bool | None = None


class Deliveries(msgspec.Struct, frozen=True):
    """How this seller ships. `contracted`: delivery types that Pazarama's own carriers do; `companies`: name → GUID."""

    contracted: frozenset[int]
    companies: dict[str, str]

    def company(self, name: str) -> str:
        """The GUID of the carrier that a merchant calls so: the very name, or the longest one within it or around it."""
        wanted = fold(clean(name))
        if not wanted:
            return ""
        near = [one for one in self.companies if fold(one) in wanted or wanted in fold(one)]
        best = max(near, key=lambda one: (fold(one) == wanted, len(one)), default="")
        return self.companies.get(best, "")


def parse_deliveries(reply: Reply) -> Deliveries:
    """The fields of this answer are not documented; what is missing is taken for a carrier of the seller's own."""
    answer = decode_json(reply, DeliveriesWire)
    found = proven(answer.data, answer.success, reply) or []
    companies = {clean(c.name, 80): c.id for one in found for c in one.cargo_companies or [] if c.name and c.id}
    return Deliveries(frozenset(one.delivery_type or 1 for one in found if one.contracted), companies)


class Part(msgspec.Struct, frozen=True):
    """One item of an order to ship."""

    item: str
    status: int
    delivery: int

    @property
    def is_open(self) -> bool:
        return self.status in (RECEIVED, PREPARING)


def parts_of(order: Order, notice: ShipmentNotice) -> tuple[list[Part], Message | None]:
    """The items that the notice is about and that are not cancelled; or why there is nothing to ship."""
    wanted = {line.remote_id for line in notice.lines}
    gone = {line.remote_id for line in order.lines if line.cancelled}
    listed = [one.rsplit(":", 2) for one in order.extra.get("items", "").split(",")]
    parts = [
        Part(item, int(status), int(delivery))
        for item, status, delivery in listed
        if item not in gone and (not wanted or item in wanted)
    ]
    if not parts or any(part.status == CANCEL_ASKED for part in parts):
        told = Message("item.conflict", {"order": notice.order_id, "status": order.vendor_status})
        return [], told
    return parts, None


# -- returns -------------------------------------------------------------------------------------------------------------
class RefundWire(msgspec.Struct, rename="camel"):
    refund_id: str
    order_number: int | str
    refund_status: int
    refund_date: str
    refund_status_name: str | None = None
    refund_type: str | None = None
    description: str | None = None
    product_code: str | None = None
    quantity: int | None = None
    shipment_code: Any = None


class RefundsWire(msgspec.Struct, rename="camel"):
    refund_list: list[msgspec.Raw] | None = None


class RefundPageWire(msgspec.Struct):
    data: RefundsWire | None = None
    success: bool | None = None


def to_claim(wire: RefundWire) -> Claim:
    """The line is told by the product's code alone; an order's line holds it as `listing_id`."""
    reason = [clean(one or "", 200) for one in (wire.refund_type, wire.description)]
    code = wire.shipment_code
    return Claim(
        remote_id=wire.refund_id,
        order_number=clean(str(wire.order_number), 60),
        status=f"{wire.refund_status} {clean(wire.refund_status_name or '', 60)}".strip(),
        opened_at=instant(wire.refund_date),
        reason=": ".join(one for one in reason if one),
        lines=((wire.product_code, wire.quantity or 1),) if wire.product_code else (),
        tracking_number=clean(str(code), 60) if isinstance(code, str | int) and code else "",
    )


def is_accepted(claim: Claim) -> bool:
    return claim.status.partition(" ")[0] in ACCEPTED


def refund_id(record: Mapping[str, object]) -> str:
    return str(record.get("refundId") or "")


def claim_rows(reply: Reply) -> list[msgspec.Raw]:
    """The form of this answer is not documented; one without a list has no returns."""
    answer = decode_json(reply, RefundPageWire)
    found = proven(answer.data, answer.success, reply)
    return (found.refund_list if found is not None else None) or []


def parse_claims(raws: Sequence[msgspec.Raw]) -> Page[Claim]:
    items, rejects = read_lenient(raws, RefundWire, to_claim, refund_id)
    return Page(items, rejects)
