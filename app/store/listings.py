"""Listings: what channels sell at which price and stock, and beside it what the merchant wants instead.

Keyed by (connection, remote id): two countries of one account may use the same id for two prices. A pull writes what the
channel says and never what is wanted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.contracts.results import Page, Reject
from app.model import Listing, ListingRef, Money, PriceChange, StockChange, fold, to_epoch_ms
from app.store import listing_query, outbox, pages, search
from app.store.db import Database
from app.store.errors import StoreError
from app.store.listing_query import ListingQuery, ListingRow, StoredListing
from app.store.pages import Applied, Sealed
from app.store.rows import json_text, ms

STREAM = "listings"
_encode = msgspec.json.Encoder().encode
_LOOKUP = (
    "SELECT remote_id, id, content_hash, updated_at FROM listings"
    " WHERE connection_id = ? AND remote_id IN (SELECT value FROM json_each(?))"
)
_INSERT = (
    "INSERT INTO listings(sku, sku_key, barcode, title, price_micros, list_price_micros, currency, stock, status,"
    " parent_id, updated_at, content_hash, changed_at, id, connection_id, account_id, remote_id, arrived_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE listings SET sku = ?, sku_key = ?, barcode = ?, title = ?, price_micros = ?, list_price_micros = ?,"
    " currency = ?, stock = ?, status = ?, parent_id = ?, updated_at = ?, content_hash = ?, changed_at = ?"
    " WHERE id = ?"
)
_Known = dict[str, tuple[int, int, int | None]]
_Built = tuple[tuple[Any, ...], str]  # columns in the order of _INSERT up to the hash; folded words


class Listings:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now
        self.index = search.Index(db, search.LISTINGS)

    async def apply_page(
        self,
        connection_id: int,
        account_id: str,
        page: Page[Listing],
        *,
        cursor: tuple[str, datetime] | None = None,
        now: datetime,
    ) -> Applied:
        """Store a page, its rejects and the cursor (stream name, instant) in one transaction. Twice is once; a record
        older than the stored one changes nothing; one that does not fit becomes a reject."""
        rejects = list(page.rejects)
        sealed = await pages.seal(page.items, rejects)
        ids = json_text(list(sealed))
        known = await self._db.read(lambda conn: _lookup(conn, connection_id, ids))

        def is_news(one: Sealed[Listing]) -> bool:
            have = known.get(one.record.remote_id)
            return have is None or pages.is_news(have[1], have[2], one)

        ready = await pages.prepare(sealed, is_news, _build, rejects)
        at = to_epoch_ms(now)

        def job(conn: sqlite3.Connection) -> Applied:
            return _apply(conn, connection_id, account_id, sealed, ready, rejects, cursor, at)

        applied = await self._db.write(job)
        self.index.note(len(applied.new))
        return applied

    async def query(self, q: ListingQuery) -> list[ListingRow]:
        """Light rows for the grid. With a search, the newest hits (1,000 or as far as the page reaches), sorted."""
        if q.search:
            await self.index.ready()
        return await self._db.read(lambda conn: listing_query.rows(conn, q))

    async def count(self, q: ListingQuery, *, cap: int = 10_000) -> int:
        """How many the query has in all; cap + 1 means 'more than cap'."""
        if q.search:
            await self.index.ready()
        return await self._db.read(lambda conn: listing_query.count(conn, q, cap))

    async def get(self, id: int) -> StoredListing | None:  # noqa: A002
        found = await self.get_many((id,))
        return found[0] if found else None

    async def get_many(self, ids: Sequence[int]) -> list[StoredListing]:
        """In the order of `ids`; unknown ones are left out."""
        return await self._db.read(lambda conn: listing_query.stored(conn, ids))

    async def by_sku(self, connection_id: int, sku: str) -> list[ListingRow]:
        """Listings of exactly this SKU. When there is none: suggestions, equal but for case and spaces – check `sku`."""
        return await self._db.read(
            lambda conn: (
                listing_query.by_sku(conn, connection_id, "sku", sku)
                or listing_query.by_sku(conn, connection_id, "sku_key", sku_key(sku))
            )
        )

    async def want_price(
        self, listing_id: int, price: Money, list_price: Money | None = None, *, plan: str = ""
    ) -> int:
        """Want a price and queue the intent in one transaction; returns the outbox row's id. `list_price` None: leave
        it. VAT as the listing's own price. Raises StoreError `store.no_listing`, `store.bad_price`, or
        `store.other_currency` when the listing is priced in another currency."""
        micros = _price_micros(price)
        crossed = None if list_price is None else _price_micros(list_price)
        if list_price is not None and (list_price.currency != price.currency or list_price < price):
            raise StoreError("store.bad_price", price=str(price), list_price=str(list_price))
        at = to_epoch_ms(self._now())
        key = outbox.new_key()

        def job(conn: sqlite3.Connection) -> int:
            row = _wanted(conn, listing_id)
            if row.listing.price is not None and row.listing.price.currency != price.currency:
                raise StoreError("store.other_currency", price=str(price), currency=row.listing.price.currency)
            change = PriceChange(key, ref(row.listing), price, list_price, row.listing.list_price)
            conn.execute(
                "UPDATE listings SET wanted_price_micros = ?, wanted_list_price_micros = ?, wanted_currency = ?,"
                " price_key = ?, price_state = 'queued', price_message = NULL, changed_at = ? WHERE id = ?",
                (micros, crossed, price.currency, key, at, listing_id),
            )
            return outbox.put(conn, row.connection_id, "price", listing_id, _encode(change), key, at, plan=plan)

        return await self._db.write(job)

    async def want_stock(self, listing_id: int, quantity: int, *, plan: str = "") -> int:
        """Want an available quantity, in pieces, and queue the intent in one transaction; returns the outbox row's id.
        Raises StoreError `store.no_listing` or `store.bad_quantity`."""
        if not 0 <= quantity < 2**31:
            raise StoreError("store.bad_quantity", quantity=str(quantity))
        at = to_epoch_ms(self._now())
        key = outbox.new_key()

        def job(conn: sqlite3.Connection) -> int:
            row = _wanted(conn, listing_id)
            change = StockChange(key, ref(row.listing), quantity, row.listing.stock)
            conn.execute(
                "UPDATE listings SET wanted_stock = ?, stock_key = ?, stock_state = 'queued', stock_message = NULL,"
                " changed_at = ? WHERE id = ?",
                (quantity, key, at, listing_id),
            )
            return outbox.put(conn, row.connection_id, "stock", listing_id, _encode(change), key, at, plan=plan)

        return await self._db.write(job)


def ref(listing: Listing) -> ListingRef:
    return ListingRef(listing.remote_id, listing.sku, listing.barcode, listing.extra)


def sku_key(sku: str) -> str:
    """For suggestions only: an SKU is an identifier, equal or not."""
    return "".join(fold(sku).split())


def _price_micros(price: Money) -> int:
    try:
        micros = price.micros
    except ValueError as error:
        raise StoreError("store.bad_price", price=str(price)) from error
    if micros < 0:
        raise StoreError("store.bad_price", price=str(price))
    return micros


def _wanted(conn: sqlite3.Connection, listing_id: int) -> StoredListing:
    found = listing_query.stored(conn, (listing_id,))
    if not found:
        raise StoreError("store.no_listing", listing=str(listing_id))
    return found[0]


def _lookup(conn: sqlite3.Connection, connection_id: int, ids: str) -> _Known:
    return {row[0]: row[1:] for row in conn.execute(_LOOKUP, (connection_id, ids))}


def _build(one: Sealed[Listing]) -> _Built:
    listing = one.record
    price, crossed = listing.price, listing.list_price
    if price is not None and crossed is not None and price.currency != crossed.currency:
        raise ValueError("a price and a list price of two currencies")
    money = price or crossed
    if listing.stock is not None and abs(listing.stock) >= 2**53:
        raise OverflowError(f"not a usable stock: {listing.stock}")
    columns = (
        listing.sku, sku_key(listing.sku), listing.barcode, listing.title, None if price is None else price.micros,
        None if crossed is None else crossed.micros, "" if money is None else money.currency, listing.stock,
        listing.status.value, listing.parent_id, ms(listing.updated_at), one.content_hash,
    )  # fmt: skip
    return columns, pages.folded_names(
        listing.title, listing.sku, listing.barcode, listing.remote_id, listing.parent_id
    )


def _apply(
    conn: sqlite3.Connection,
    connection_id: int,
    account_id: str,
    sealed: dict[str, Sealed[Listing]],
    ready: dict[str, _Built],
    rejects: list[Reject],
    cursor: tuple[str, datetime] | None,
    now: int,
) -> Applied:
    known = _lookup(conn, connection_id, json_text(list(sealed)))
    next_id = int(conn.execute("SELECT coalesce(max(id), 0) FROM listings").fetchone()[0])
    news: list[tuple[int, Sealed[Listing], _Built]] = []
    changes: list[tuple[int, Sealed[Listing], _Built]] = []
    for remote_id, one in sealed.items():
        have = known.get(remote_id)
        if have is None:
            next_id += 1
            news.append((next_id, one, ready.get(remote_id) or _build(one)))
        elif pages.is_news(have[1], have[2], one):
            changes.append((have[0], one, ready.get(remote_id) or _build(one)))
    conn.executemany(
        _INSERT,
        [(*rows[0], now, i, connection_id, account_id, one.record.remote_id, now) for i, one, rows in news],
    )
    conn.executemany(
        "INSERT INTO listing_documents(listing_id, document, folded) VALUES (?, ?, ?)",
        [(i, one.document, rows[1]) for i, one, rows in news],
    )
    if changes:
        _update(conn, changes, now)
    pages.close_page(conn, connection_id, account_id, STREAM, sealed, rejects, cursor, now)
    same = len(sealed) - len(news) - len(changes)
    return Applied(tuple(i for i, _, _ in news), tuple(i for i, _, _ in changes), same, len(rejects))


def _update(conn: sqlite3.Connection, changes: list[tuple[int, Sealed[Listing], _Built]], now: int) -> None:
    conn.executemany(_UPDATE, [(*rows[0], now, i) for i, _, rows in changes])
    indexed = search.indexed(conn, search.LISTINGS)
    for i, _, rows in changes:
        if i <= indexed:
            old = conn.execute("SELECT folded FROM listing_documents WHERE listing_id = ?", (i,)).fetchone()
            search.replace(conn, search.LISTINGS, i, old, (rows[1],))
    conn.executemany(
        "UPDATE listing_documents SET document = ?, folded = ? WHERE listing_id = ?",
        [(one.document, rows[1], i) for i, one, rows in changes],
    )
