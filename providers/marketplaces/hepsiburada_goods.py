"""Hepsiburada's listings, the names that its catalogue has for them, and the results of price and stock uploads. Pure.
Must never tell a row done while the upload is not finished or names a row that cannot be told apart.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (List products, Update stock / price, Poll, Catalogue). The
shape of the catalogue's rows is not documented there: any of the usual names is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page, Receipt
from app.kit import Call, Reply, decode_json, read_records, with_params
from app.model import Listing, ListingStatus, Money, PriceChange, StockChange, clean, fold
from providers.marketplaces.hepsiburada_lists import loose, rows_of


class ListingWire(msgspec.Struct, rename="camel"):
    hepsiburada_sku: str
    merchant_sku: str | None = None
    listing_id: str | None = None
    price: Decimal | None = None
    available_stock: int | None = None
    is_salable: bool | None = None
    is_locked: bool | None = None
    is_fulfilled: bool | None = msgspec.field(default=None, name="isFulfilledByHB")


class TicketWire(msgspec.Struct):
    id: str


class RowErrorWire(msgspec.Struct, rename="camel"):
    hepsiburada_sku: str | None = None
    merchant_sku: str | None = None
    errors: list[Any] | None = None


class PriceBandWire(msgspec.Struct, rename="camel"):
    """Why a price was refused: it lies outside of a band. Which row it is about is told by SKU where it is told."""

    hepsiburada_sku: str | None = None
    merchant_sku: str | None = None
    type: str | int | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None


class UploadWire(msgspec.Struct, rename="camel"):
    status: str
    errors: list[RowErrorWire] | None = None
    price_validations: list[PriceBandWire] | None = None


class Name(msgspec.Struct, frozen=True):
    """What the catalogue knows of a product."""

    title: str
    barcode: str = ""
    product_url: str = ""


_TOLD = frozenset({
    "productname", "name", "title", "barcode", "url", "producturl", "hbsku", "hepsiburadasku", "sku", "merchantsku",
})  # fmt: skip


@lru_cache(maxsize=1024)
def _told(key: str) -> str:
    """The folded name of a field that `Names` reads; '' for any other."""
    name = key.casefold()
    return name if name in _TOLD else ""


class Names:
    """The catalogue's names by either SKU. Filled before the listings are read."""

    def __init__(self) -> None:
        self._by_sku: dict[tuple[str, str], Name] = {}

    def add(self, reply: Reply) -> None:
        for raw in rows_of(reply).raws:
            record = loose(raw)
            if isinstance(record, dict):
                self._keep({name: v for k, v in record.items() if isinstance(v, str) and (name := _told(k))})

    def _keep(self, row: Mapping[str, str]) -> None:
        title = clean(row.get("productname") or row.get("name") or row.get("title") or "")
        if not title:
            return
        name = Name(
            title, clean(row.get("barcode") or "", 80), clean(row.get("url") or row.get("producturl") or "", 500)
        )
        for kind, keys in (("hb", ("hbsku", "hepsiburadasku", "sku")), ("own", ("merchantsku",))):
            sku = next((row[key] for key in keys if row.get(key)), "")
            if sku:
                self._by_sku[kind, sku] = name

    def of(self, listing: ListingWire) -> Name:
        """The SKU stands for a name that the catalogue does not tell."""
        own = listing.merchant_sku or ""
        found = self._by_sku.get(("hb", listing.hepsiburada_sku)) or self._by_sku.get(("own", own))
        return found or Name(clean(own, 120) or listing.hepsiburada_sku)


class _Pages(msgspec.Struct, rename="camel"):
    total_pages: int | None = None
    last: bool | None = None


def titles_following(call: Call, reply: Reply) -> Call | None:
    """By page number; a page that is not full is the last where Hepsiburada does not say."""
    page, size = int(dict(call.params)["page"]), int(dict(call.params)["size"])
    told = decode_json(reply, _Pages) if reply.body.lstrip()[:1] == b"{" else _Pages()
    count = len(rows_of(reply).raws)
    if told.total_pages is not None:
        more = page + 1 < told.total_pages
    elif told.last is not None:
        more = not told.last
    else:
        more = count >= size
    return with_params(call, page=str(page + 1)) if more else None


def parse_listings(raws: Sequence[msgspec.Raw], names: Names) -> Page[Listing]:
    """Keyed by Hepsiburada's SKU, which the order lines tell, too. Prices in TRY hold VAT; there is no crossed-out one."""

    def to_listing(wire: ListingWire) -> Listing:
        name = names.of(wire)
        handles = {"listingId": wire.listing_id or "", "fulfilledByHB": "yes" if wire.is_fulfilled else ""}
        return Listing(
            remote_id=wire.hepsiburada_sku,
            sku=clean(wire.merchant_sku or "", 120),
            title=name.title,
            price=Money.of(wire.price, "TRY") if wire.price is not None else None,
            stock=wire.available_stock,
            barcode=name.barcode,
            status=_status(wire),
            product_url=name.product_url,
            extra={k: v for k, v in handles.items() if v},
        )

    items, rejects = read_records(raws, ListingWire, to_listing, lambda record: str(record["hepsiburadaSku"]))
    return Page(items, rejects)


def _status(wire: ListingWire) -> ListingStatus:
    if wire.is_salable is None:
        return ListingStatus.UNKNOWN
    return ListingStatus.ACTIVE if wire.is_salable and not wire.is_locked else ListingStatus.PASSIVE


def parse_ticket(reply: Reply, kind: str) -> str:
    """The upload's id with its kind, because each kind is asked for at an address of its own."""
    return f"{kind}:{decode_json(reply, TicketWire).id}"


def parse_batch(reply: Reply, ticket: str, changes: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
    """One outcome a change. A finished upload names only what was refused: all else is done – unless it failed as a whole, or
    names a row that is none of ours; then what it does not name stays unknown."""
    upload = decode_json(reply, UploadWire)
    state = fold(upload.status).replace("_", "").replace(" ", "")
    if state not in ("completed", "completedwitherrors", "failed"):
        return Receipt(tuple(Outcome(c.key, OutcomeState.PENDING) for c in changes), ticket)
    refused: dict[str, Message] = {}
    strays: list[Message] = []
    for skus, message in _refusals(upload):
        named = [c.key for c in changes if _is(c, skus)]
        refused.update((key, message) for key in named if key not in refused)
        if not named:
            strays.append(message)
    rest = Outcome("", OutcomeState.DONE)
    if strays:
        rest = Outcome("", OutcomeState.UNKNOWN, strays[0])
    elif state == "failed":
        rest = Outcome("", OutcomeState.REFUSED, Message("item.refused", vendor_code=clean(upload.status, 40)))
    outcomes = (
        Outcome(c.key, OutcomeState.REFUSED, refused[c.key])
        if c.key in refused
        else msgspec.structs.replace(rest, key=c.key)
        for c in changes
    )
    return Receipt(tuple(outcomes), ticket)


def _is(change: PriceChange | StockChange, skus: tuple[str, str]) -> bool:
    hepsiburada, own = skus
    if hepsiburada:
        return change.listing.remote_id == hepsiburada
    return bool(own) and change.listing.sku == own


def _refusals(upload: UploadWire) -> list[tuple[tuple[str, str], Message]]:
    found = [((e.hepsiburada_sku or "", e.merchant_sku or ""), refusal(e.errors or [])) for e in upload.errors or []]
    for band in upload.price_validations or []:
        skus = (band.hepsiburada_sku or "", band.merchant_sku or "")
        if any(skus):  # without an SKU it explains what `errors` tells already
            told = {"min": band.min_price, "max": band.max_price}
            params = {"reason": "price_band", **{k: format(v, "f") for k, v in told.items() if v is not None}}
            found.append(
                (skus, Message("item.refused", params, vendor_code=clean(str(band.type or ""), 60), field="price"))
            )
    return found


def refusal(errors: Sequence[Any]) -> Message:
    """Words, or objects with a code and a message."""
    code = next((str(e["code"]) for e in errors if isinstance(e, dict) and e.get("code")), "")
    told = [str(e.get("message") or e.get("code") or "") if isinstance(e, dict) else str(e) for e in errors]
    text = clean("; ".join(one for one in told if one), 300)
    folded = fold(f"{code} {text}")
    missing = "not found" in folded or "notfound" in folded or "bulunamad" in folded
    return Message("item.not_found" if missing else "item.refused", vendor_code=clean(code, 80), vendor_text=text)
