"""Trendyol's listings: prices and titles come from two lists and are joined here; and the results of price and stock batches. Pure.
Must never tell an item done that Trendyol has not called SUCCESS.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (List products V2, Update stock and price, Poll).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page, Receipt
from app.kit import Reply, decode_json, maybe, read_records
from app.model import Listing, ListingStatus, Money, PriceChange, StockChange, clean, fold, from_epoch_ms
from providers.marketplaces.trendyol_wire import PagedWire


class PriceWire(msgspec.Struct, rename="camel"):
    barcode: str
    stock_code: str | None = None
    sale_price: Decimal | None = None
    list_price: Decimal | None = None
    quantity: int | None = None
    stock_last_modified_date: int | None = None


class PricedContent(msgspec.Struct, rename="camel"):
    variants: list[PriceWire]
    content_id: int | None = None


class TitleWire(msgspec.Struct, rename="camel"):
    barcode: str
    on_sale: bool | None = None
    product_url: str | None = None


class TitledContent(msgspec.Struct, rename="camel"):
    title: str
    variants: list[TitleWire]


class Title(msgspec.Struct, frozen=True):
    """What the list of titles knows about one barcode."""

    barcode: str
    title: str
    status: ListingStatus
    product_url: str


def _content_id(record: Mapping[str, Any]) -> str:
    """The first barcode of a content that could not be read: listings are keyed by barcode."""
    return str(record["variants"][0]["barcode"])


def parse_titles(reply: Reply) -> Page[tuple[Title, ...]]:
    """Titles by content (one item a content)."""

    def to_titles(wire: TitledContent) -> tuple[Title, ...]:
        title = clean(wire.title)
        return tuple(
            Title(v.barcode, title, _status(v.on_sale), clean(v.product_url or "", 500)) for v in wire.variants
        )

    found = decode_json(reply, PagedWire)
    items, rejects = read_records(found.content, TitledContent, to_titles, _content_id)
    return Page(items, rejects, total=found.total_elements)


def _status(on_sale: bool | None) -> ListingStatus:
    if on_sale is None:
        return ListingStatus.UNKNOWN
    return ListingStatus.ACTIVE if on_sale else ListingStatus.PASSIVE


def parse_prices(reply: Reply, currency: str) -> Page[tuple[Listing, ...]]:
    """Listings by content, their titles and states still blank. Prices hold VAT."""

    def to_listings(wire: PricedContent) -> tuple[Listing, ...]:
        return tuple(_listing(v, str(wire.content_id or ""), currency) for v in wire.variants)

    found = decode_json(reply, PagedWire)
    items, rejects = read_records(found.content, PricedContent, to_listings, _content_id)
    return Page(items, rejects, total=found.total_elements)


def _listing(wire: PriceWire, content_id: str, currency: str) -> Listing:
    modified = wire.stock_last_modified_date
    return Listing(
        remote_id=wire.barcode,
        sku=clean(wire.stock_code or "", 120),
        title="",
        price=Money.of(wire.sale_price, currency) if wire.sale_price is not None else None,
        list_price=Money.of(wire.list_price, currency) if wire.list_price is not None else None,
        stock=wire.quantity,
        barcode=wire.barcode,
        status=ListingStatus.UNKNOWN,
        parent_id=content_id,
        updated_at=maybe(from_epoch_ms, modified),
    )


class Join:
    """Prices and titles of the same barcode meet here. Both lists are read side by side in the same order, so little waits."""

    def __init__(self) -> None:
        self._titles: dict[str, Title] = {}
        self._prices: dict[str, Listing] = {}

    def add(self, titles: Sequence[tuple[Title, ...]], priced: Sequence[tuple[Listing, ...]]) -> tuple[Listing, ...]:
        """The listings that are complete now."""
        self._titles.update((t.barcode, t) for content in titles for t in content)
        self._prices.update((p.remote_id, p) for content in priced for p in content)
        ready = [barcode for barcode in self._prices if barcode in self._titles]
        return tuple(self._complete(self._prices.pop(b), self._titles.pop(b)) for b in ready)

    def rest(self) -> tuple[Listing, ...]:
        """Priced listings that no title came for: told with their SKU as the title, never left out. (A title without a price
        was approved between two pages; the next pull has both.)"""
        left = tuple(msgspec.structs.replace(p, title=p.sku or p.barcode) for p in self._prices.values())
        self._prices.clear()
        return left

    @staticmethod
    def _complete(listing: Listing, title: Title) -> Listing:
        return msgspec.structs.replace(listing, title=title.title, status=title.status, product_url=title.product_url)


class TicketWire(msgspec.Struct, rename="camel"):
    batch_request_id: str


class BatchItemWire(msgspec.Struct, rename="camel"):
    request_item: dict[str, Any] = {}
    status: str | None = None
    failure_reasons: list[Any] | None = None


class BatchWire(msgspec.Struct, rename="camel"):
    items: list[BatchItemWire] = []
    status: str | None = None  # absent for price and stock batches
    item_count: int | None = None


def parse_ticket(reply: Reply) -> str:
    return decode_json(reply, TicketWire).batch_request_id


def parse_batch(reply: Reply, ticket: str, changes: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
    """One outcome per change, judged by its own item. An item that a finished batch does not name is unknown."""
    batch = decode_json(reply, BatchWire)
    named = {str(item.request_item.get("barcode", "")): item for item in batch.items}
    whole = batch.status in ("COMPLETED", "FAILED") or (
        batch.item_count is not None and 0 < batch.item_count <= len(batch.items)
    )
    return Receipt(tuple(_outcome(c.key, named.get(c.listing.remote_id), whole) for c in changes), ticket)


def _outcome(key: str, item: BatchItemWire | None, whole: bool) -> Outcome:
    if item is None:
        if not whole:
            return Outcome(key, OutcomeState.PENDING)
        return Outcome(key, OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": "item missing in batch"}))
    if item.status == "SUCCESS":
        return Outcome(key, OutcomeState.DONE)
    if item.status == "FAILED":
        return Outcome(key, OutcomeState.REFUSED, failure(item.failure_reasons or []))
    return Outcome(key, OutcomeState.PENDING)


def failure(reasons: Sequence[Any]) -> Message:
    """Trendyol gives sentences, no codes: 'bulunamadı' (not found) is the one that calls for something else to do."""
    told = [r if isinstance(r, str) else str(r.get("message", r)) if isinstance(r, dict) else str(r) for r in reasons]
    text = clean("; ".join(told), 300)
    folded = fold(text)
    missing = "bulunamad" in folded or "not found" in folded
    return Message("item.not_found" if missing else "item.refused", vendor_code="FAILED", vendor_text=text)
