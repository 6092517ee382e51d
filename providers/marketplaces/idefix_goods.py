"""idefix's products and the results of its price and stock uploads. Pure.
Must never tell a row done that idefix has not called completed.

Source of the facts: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix", and public digests of developer.idefix.com.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page, Receipt, fail
from app.kit import Reply, decode_json, read_lenient
from app.model import Listing, ListingStatus, Money, PriceChange, StockChange, clean, fold
from providers.marketplaces.idefix_wire import plain

#: Words within a product's status; which ones idefix uses is documented nowhere.
_LISTED = (
    (("reject", "decline", "fail", "prohibit"), ListingStatus.REFUSED),
    (("wait", "draft", "created", "pending", "approval"), ListingStatus.DRAFT),
    (("passive", "inactive", "closed", "notforsale", "suspend", "archive"), ListingStatus.PASSIVE),
    (("active", "approved", "sale", "completed"), ListingStatus.ACTIVE),
)
FIRM = frozenset({"price", "comparePrice"})


class ProductWire(msgspec.Struct, rename="camel"):
    barcode: str
    title: str
    price: Decimal | None = None
    compare_price: Decimal | None = None
    inventory_quantity: int | None = None
    vendor_stock_code: str | None = None
    product_main_id: str | int | None = None
    vat_rate: Decimal | None = None
    status: str | None = None


class ProductsWire(msgspec.Struct):
    products: list[msgspec.Raw] | None = None
    items: list[msgspec.Raw] | None = None
    data: list[msgspec.Raw] | None = None
    content: list[msgspec.Raw] | None = None


def product_rows(reply: Reply) -> list[msgspec.Raw]:
    """The rows, under whichever name they come. Raises OursError when there is no list."""
    found = decode_json(reply, ProductsWire)
    rows = next((one for one in (found.products, found.items, found.data, found.content) if one is not None), None)
    if rows is None:
        told = {"field": "products", "operation": reply.operation}
        raise fail(Message("answer.field_missing", told, field="products"))
    return rows


@lru_cache(maxsize=1024)
def _listed(word: str | None) -> ListingStatus:
    bare = plain(word or "")
    if not bare:
        return ListingStatus.ACTIVE
    return next((status for words, status in _LISTED if any(one in bare for one in words)), ListingStatus.UNKNOWN)


def to_listing(wire: ProductWire) -> Listing:
    """Keyed by its barcode, which every write wants. Prices hold VAT, in lira; a crossed-out one of 0 is none."""
    price = Money.of(wire.price, "TRY") if wire.price is not None else None
    crossed = Money.of(wire.compare_price, "TRY") if wire.compare_price else None
    barcode = clean(wire.barcode, 80)
    return Listing(
        remote_id=wire.barcode,
        sku=clean(wire.vendor_stock_code or "", 120) or barcode,
        title=clean(wire.title),
        price=price,
        list_price=crossed if price is not None and crossed is not None and price < crossed else None,
        stock=wire.inventory_quantity,
        barcode=barcode,
        status=_listed(wire.status),
        vat_rate=wire.vat_rate,
        parent_id=clean(str(wire.product_main_id or ""), 80),
    )


def parse_listings(raws: Sequence[msgspec.Raw]) -> Page[Listing]:
    items, rejects = read_lenient(raws, ProductWire, to_listing, lambda record: str(record["barcode"]), firm=FIRM)
    return Page(items, rejects)


# -- uploads -------------------------------------------------------------------------------------------------------------
class RowWire(msgspec.Struct, rename="camel"):
    barcode: str | None = None
    status: str | None = None
    failure_reasons: str | list[str] | None = None


class UploadWire(msgspec.Struct, rename="camel"):
    batch_request_id: str | None = None
    status: str | None = None
    items: list[RowWire] | None = None


def parse_ticket(reply: Reply) -> str:
    """'' when idefix took the upload without saying under which id."""
    return clean(decode_json(reply, UploadWire).batch_request_id or "", 80)


def parse_batch(reply: Reply, ticket: str, changes: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
    """One outcome a change, by its own row. A row that a completed upload does not name is unknown."""
    found = decode_json(reply, UploadWire)
    rows = {row.barcode: row for row in found.items or [] if row.barcode}
    over = plain(found.status or "") == "completed"
    return Receipt(tuple(_outcome(c.key, rows.get(c.listing.remote_id), over=over) for c in changes), ticket)


def _outcome(key: str, row: RowWire | None, *, over: bool) -> Outcome:
    state = plain((row.status if row is not None else None) or "")
    if row is not None and state == "completed":
        return Outcome(key, OutcomeState.DONE)
    if row is not None and state in ("decline", "declined"):
        reasons = row.failure_reasons or ""
        text = clean(reasons if isinstance(reasons, str) else "; ".join(reasons), 300)
        code = "item.not_found" if "not_found" in fold(text) else "item.refused"
        return Outcome(key, OutcomeState.REFUSED, Message(code, vendor_code=text[:60], vendor_text=text))
    if not over:
        return Outcome(key, OutcomeState.PENDING)
    reason = "row missing in batch" if row is None else f"row is {state or 'without a state'}"
    return Outcome(key, OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": clean(reason, 80)}))
