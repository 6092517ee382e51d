"""ÇiçekSepeti's products and the results of its price and stock batches. Pure.
Must never tell an item done that the vendor has not called Success or Warning.

Source of the facts: reference/marketplaces-tr.md, "## ÇiçekSepeti" (List products, Update stock / price, Poll). The names of product
fields differ between the documents (`StockQuantity`, `stock`; `salesPrice`, `TotalPrice`): they are read without regard to case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page, Receipt
from app.kit import Reply, decode_json, read_records
from app.model import Listing, ListingStatus, Money, PriceChange, StockChange, clean, fold

#: What each field may be called, casefolded, the likeliest first.
NAMES = {
    "stock_code": ("stockcode",),
    "title": ("productname",),
    "sale": ("salesprice", "totalprice"),
    "crossed": ("listprice", "firstprice"),
    "stock": ("stockquantity", "stock"),
    "counted": ("isusestockquantity",),
    "status": ("productstatustype", "productstatus"),
    "active": ("isactive",),
    "barcode": ("barcode",),
    "product_code": ("productcode",),
    "parent": ("mainproductcode",),
    "link": ("link",),
}
_PLACES = {word: (ours, rank) for ours, spellings in NAMES.items() for rank, word in enumerate(spellings)}
#: 7 and 8 mean out of stock, locked or on sale and under review, depending on the document.
_STATUSES = {
    "2": ListingStatus.DRAFT, "3": ListingStatus.ACTIVE, "4": ListingStatus.REFUSED, "5": ListingStatus.PASSIVE,
    "7": ListingStatus.ACTIVE,
}  # fmt: skip
_WORDS = (
    ("reddedil", ListingStatus.REFUSED), ("kapali", ListingStatus.PASSIVE), ("kilit", ListingStatus.PASSIVE),
    ("yayinda", ListingStatus.ACTIVE), ("satista", ListingStatus.ACTIVE), ("tuken", ListingStatus.ACTIVE),
    ("stogu", ListingStatus.ACTIVE), ("onay", ListingStatus.DRAFT),
)  # fmt: skip


class ProductsWire(msgspec.Struct, rename="camel"):
    products: list[msgspec.Raw]
    total_count: int | None = None


class ProductWire(msgspec.Struct):
    stock_code: str
    title: str = ""
    sale: Decimal | None = None
    crossed: Decimal | None = None
    stock: int | None = None
    counted: bool | None = None
    status: int | str | None = None
    active: bool | None = None
    barcode: str | int | None = None
    product_code: str | None = None
    parent: str | None = None
    link: str | None = None


_product = msgspec.json.Decoder(ProductWire)


#: The vendor's spelling as it came → (our name, how likely: 0 the likeliest); None for a field that we do not read.
_seen: dict[str, tuple[str, int] | None] = {}
_MOST_SEEN = 1024


def named(record: Mapping[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """The fields by our names, the first spelling that holds something; nulls left out."""
    found: dict[str, msgspec.Raw] = {}
    ranks: dict[str, int] = {}
    for key, raw in record.items():
        if key not in _seen:
            if len(_seen) >= _MOST_SEEN:
                _seen.clear()
            _seen[key] = _PLACES.get(key.casefold())
        place = _seen[key]
        if place is None or bytes(raw) == b"null":
            continue
        name, rank = place
        if name not in found or rank <= ranks[name]:
            found[name], ranks[name] = raw, rank
    return found


def status_of(wire: ProductWire) -> ListingStatus:
    told = str(wire.status if wire.status is not None else "").strip()
    if told == "8":
        found = ListingStatus.PASSIVE if wire.stock else ListingStatus.ACTIVE
    elif told.isascii() and told.isdigit():
        found = _STATUSES.get(told, ListingStatus.UNKNOWN)
    else:
        found = next((status for word, status in _WORDS if word in fold(told)), ListingStatus.UNKNOWN)
    return ListingStatus.PASSIVE if wire.active is False and found is ListingStatus.ACTIVE else found


def to_listing(record: dict[str, msgspec.Raw]) -> Listing:
    """Keyed by the seller's stock code, which every write wants. Prices hold VAT (unconfirmed)."""
    wire = _product.decode(msgspec.json.encode(named(record)))
    if not wire.stock_code.strip():
        raise ValueError("a product without its stock code")
    crossed = wire.crossed if wire.crossed and wire.sale is not None and wire.crossed >= wire.sale else None
    link = clean(wire.link or "", 500)
    return Listing(
        remote_id=wire.stock_code,
        sku=clean(wire.stock_code, 120),
        title=clean(wire.title),
        price=Money.of(wire.sale, "TRY") if wire.sale is not None else None,
        list_price=Money.of(crossed, "TRY") if crossed is not None else None,
        stock=None if wire.counted is False else wire.stock,
        barcode=clean(str(wire.barcode or ""), 80),
        status=status_of(wire),
        parent_id=clean(wire.parent or "", 120),
        product_url=link if link.startswith("https://") else "",
        extra={"productCode": clean(wire.product_code, 80)} if wire.product_code else {},
    )


def _id_of(record: Mapping[str, object]) -> str:
    return str({key.casefold(): value for key, value in record.items()}.get("stockcode") or "")


def parse_listings(reply: Reply) -> tuple[Page[Listing], int]:
    """A page, and how many products it had."""
    found = decode_json(reply, ProductsWire)
    items, rejects = read_records(found.products, dict[str, msgspec.Raw], to_listing, _id_of)
    return Page(items, rejects, total=found.total_count), len(found.products)


# -- batches -------------------------------------------------------------------------------------------------------------
class TicketWire(msgspec.Struct, rename="camel"):
    batch_id: str


class ReasonWire(msgspec.Struct):
    message: str | None = None
    code: int | str | None = None


class ItemWire(msgspec.Struct, rename="camel"):
    status: str
    data: dict[str, msgspec.Raw] | None = None
    failure_reasons: list[ReasonWire] | None = None


class BatchWire(msgspec.Struct):
    items: list[ItemWire] = []


def parse_ticket(reply: Reply) -> str:
    return decode_json(reply, TicketWire).batch_id


def refusal(reasons: Sequence[ReasonWire]) -> Message:
    """4000 is the one code that the documents name: no such stock code."""
    code = next((str(one.code) for one in reasons if one.code is not None), "")
    text = clean("; ".join(one.message for one in reasons if one.message), 300)
    return Message(
        "item.not_found" if code == "4000" else "item.refused", vendor_code=clean(code, 40), vendor_text=text
    )


def _stock_code(item: ItemWire) -> str:
    raw = {key.casefold(): value for key, value in (item.data or {}).items()}.get("stockcode")
    return str(msgspec.json.decode(raw)) if raw is not None else ""


def parse_batch(reply: Reply, ticket: str, changes: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
    """One outcome a change, judged by its own item. An item that a finished batch does not name is unknown."""
    batch = decode_json(reply, BatchWire)
    items = {_stock_code(item): item for item in batch.items}
    working = not batch.items or any(_is_working(item) for item in batch.items)
    return Receipt(tuple(_outcome(c.key, items.get(c.listing.remote_id), working) for c in changes), ticket)


def _is_working(item: ItemWire) -> bool:
    return fold(item.status) in ("pending", "processing")


def _outcome(key: str, item: ItemWire | None, working: bool) -> Outcome:
    if item is None:
        if working:
            return Outcome(key, OutcomeState.PENDING)
        return Outcome(key, OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": "item missing in batch"}))
    word, reasons = fold(item.status), item.failure_reasons or []
    if _is_working(item):
        return Outcome(key, OutcomeState.PENDING)
    if word in ("success", "warning"):
        return Outcome(key, OutcomeState.DONE, refusal(reasons) if reasons else None)
    if word == "failed" and reasons:
        return Outcome(key, OutcomeState.REFUSED, refusal(reasons))
    # Failed without a reason is a technical failure by the documents: to be sent again.
    return Outcome(key, OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": clean(item.status, 40)}))
