"""Reading listings: the grid's windows, one listing in full, by SKU. Nothing here writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from app.contracts.messages import Message
from app.model import Listing, Money, from_epoch_ms
from app.store import search
from app.store.rows import json_text, read_message, when

_document = msgspec.json.Decoder(Listing)
# What the grid shows of two wishes: the one that needs somebody first.
_STATES = ("refused", "unknown", "sending", "pending", "queued", "")


class ListingQuery(msgspec.Struct, frozen=True):
    """What the grid asks for. Empty and None mean any; `sort` is one of SORTS; `wanted_only`: with a wish open; `refused`:
    with a wish that the channel refused. `sku`, `barcode` and `remote_id` are exact. Listings of removed connections are
    left out."""

    search: str = ""
    connection_id: int | None = None
    status: str = ""
    sort: str = "id"
    descending: bool = False
    offset: int = 0
    limit: int = 100
    wanted_only: bool = False
    refused: bool = False
    sku: str = ""
    barcode: str = ""
    remote_id: str = ""


class ListingRow(msgspec.Struct, frozen=True, gc=False):
    """One line of the grid. Prices in micros of `currency`, VAT as the channel has it; `write_state` is '' or where the
    wish is (queued, sending, pending, unknown, refused), of two the one that needs somebody first."""

    id: int
    connection_id: int
    channel: str
    remote_id: str
    sku: str
    barcode: str
    title: str
    price_micros: int | None
    list_price_micros: int | None
    currency: str
    stock: int | None
    status: str
    wanted_price_micros: int | None
    wanted_stock: int | None
    write_state: str
    price_state: str
    stock_state: str
    updated_at: datetime | None


class StoredListing(msgspec.Struct, frozen=True):
    """A listing in full, and what is wanted of it. A refused wish stays, with its message."""

    id: int
    connection_id: int
    account_id: str
    listing: Listing
    wanted_price: Money | None
    wanted_list_price: Money | None
    wanted_stock: int | None
    price_key: str
    price_state: str
    price_message: Message | None
    stock_key: str
    stock_state: str
    stock_message: Message | None
    arrived_at: datetime
    changed_at: datetime


SORTS = {
    "id": "l.id",
    "sku": "l.sku",
    "barcode": "l.barcode",
    "title": "l.title",
    "channel": "c.name",
    "price": "l.currency, l.price_micros",
    "stock": "l.stock IS NULL, l.stock",
    "status": "l.status",
    "updated_at": "l.updated_at IS NULL, l.updated_at",
}
_SELECT = (
    "SELECT l.id, l.connection_id, c.name, l.remote_id, l.sku, l.barcode, l.title, l.price_micros, l.list_price_micros,"
    " l.currency, l.stock, l.status, l.wanted_price_micros, l.wanted_stock, l.price_state, l.stock_state, l.updated_at"
)
_CHANNEL = "CROSS JOIN connections c ON c.id = l.connection_id"
_BY_SKU = {
    "sku": "FROM listings l CROSS JOIN connections c ON c.id = l.connection_id"
    " WHERE l.connection_id = ? AND l.sku = ? ORDER BY l.id",
    "sku_key": "FROM listings l CROSS JOIN connections c ON c.id = l.connection_id"
    " WHERE l.connection_id = ? AND l.sku_key = ? ORDER BY l.id",
}


def rows(conn: sqlite3.Connection, q: ListingQuery) -> list[ListingRow]:
    source, where, values, searched = _parts(q)
    order = _order(q)
    if searched:
        inner = " ".join(("SELECT l.id", source, where, "ORDER BY listing_words.rowid DESC LIMIT ?"))
        sql = " ".join((_SELECT, "FROM listings l", _CHANNEL, "WHERE l.id IN (", inner, ")", order, "LIMIT ? OFFSET ?"))
        values = [*values, search.window(q.offset, q.limit), q.limit, q.offset]
    else:
        # Ids first, mostly from an index alone: a window far down the list must not read the rows above it.
        channel = _CHANNEL if q.sort == "channel" else ""
        inner = " ".join(("SELECT l.id", source, channel, where, order, "LIMIT ? OFFSET ?"))
        sql = " ".join((_SELECT, "FROM listings l", _CHANNEL, "WHERE l.id IN (", inner, ")", order))
        values = [*values, q.limit, q.offset]
    return [_row(row) for row in conn.execute(sql, values)]


def count(conn: sqlite3.Connection, q: ListingQuery, cap: int) -> int:
    source, where, values, _ = _parts(q)
    sql = " ".join(("SELECT count(*) FROM (SELECT 1", source, where, "LIMIT ?)"))
    return int(conn.execute(sql, [*values, cap + 1]).fetchone()[0])


def by_sku(
    conn: sqlite3.Connection, connection_id: int, column: Literal["sku", "sku_key"], value: str
) -> list[ListingRow]:
    sql = " ".join((_SELECT, _BY_SKU[column]))
    return [_row(row) for row in conn.execute(sql, (connection_id, value))]


def stored(conn: sqlite3.Connection, ids: Sequence[int]) -> list[StoredListing]:
    found = {}
    for row in conn.execute(
        "SELECT l.id, l.connection_id, l.account_id, d.document, l.wanted_price_micros, l.wanted_list_price_micros,"
        " l.wanted_currency, l.wanted_stock, l.price_key, l.price_state, l.price_message, l.stock_key, l.stock_state,"
        " l.stock_message, l.arrived_at, l.changed_at FROM listings l JOIN listing_documents d ON d.listing_id = l.id"
        " WHERE l.id IN (SELECT value FROM json_each(?))",
        (json_text(list(ids)),),
    ):
        currency = row[6]
        found[row[0]] = StoredListing(
            row[0], row[1], row[2], _document.decode(row[3]), _money(row[4], currency), _money(row[5], currency),
            row[7], row[8], row[9], read_message(row[10]), row[11], row[12], read_message(row[13]),
            from_epoch_ms(row[14]), from_epoch_ms(row[15]),
        )  # fmt: skip
    return [found[i] for i in ids if i in found]


def _money(micros: int | None, currency: str) -> Money | None:
    return None if micros is None else Money.from_micros(micros, currency)


def _parts(q: ListingQuery) -> tuple[str, str, list[Any], bool]:
    """FROM, WHERE, their values, and whether it searches. Figures are words here: a barcode is typed from its start."""
    found = search.understand(q.search)
    words = " AND ".join((*(as_words for as_words, _ in found.numbers), *((found.words,) if found.words else ())))
    tests = ["l.connection_id NOT IN (SELECT id FROM connections WHERE removed_at IS NOT NULL)"]
    values: list[Any] = []
    source = "FROM listings l"
    if words:
        source = "FROM listing_words CROSS JOIN listings l ON l.id = listing_words.rowid"
        tests.append("listing_words MATCH ?")
        values.append(words)
    if q.connection_id is not None:
        tests.append("l.connection_id = ?")
        values.append(q.connection_id)
    if q.status:
        tests.append("l.status = ?")
        values.append(q.status)
    if q.wanted_only:
        tests.append("(l.price_key <> '' OR l.stock_key <> '')")
    if q.refused:
        tests.append("(l.price_state = 'refused' OR l.stock_state = 'refused')")
    for test, value in (("l.sku = ?", q.sku), ("l.barcode = ?", q.barcode), ("l.remote_id = ?", q.remote_id)):
        if value:
            tests.append(test)
            values.append(value)
    return source, " ".join(("WHERE", " AND ".join(tests))), values, bool(words)


def _order(q: ListingQuery) -> str:
    if q.sort not in SORTS:
        raise ValueError(f"no such order to sort by: {q.sort!r}")
    way = "DESC" if q.descending else "ASC"
    return " ".join(("ORDER BY", SORTS[q.sort], way, ", l.id", way))


def _row(row: tuple[Any, ...]) -> ListingRow:
    state = min((row[14], row[15]), key=_STATES.index)
    return ListingRow(*(*row[:14], state, row[14], row[15], when(row[16])))
