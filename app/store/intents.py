"""What an outbox row's fate does to the listing (or parcel) it is about, in the same transaction.

A listing is marked only by the intent that it waits for (by key): an older one that settles late must not clear a newer
wish, though what it set is true at the channel.
"""

from __future__ import annotations

import sqlite3

import msgspec

from app.model import Listing, PriceChange, StockChange
from app.store import parcel_fate

_encode = msgspec.json.Encoder().encode
_listing = msgspec.json.Decoder(Listing)
_price = msgspec.json.Decoder(PriceChange)
_stock = msgspec.json.Decoder(StockChange)

_MARK = {
    "price": "UPDATE listings SET price_state = ?, price_message = ? WHERE id = ? AND price_key = ?",
    "stock": "UPDATE listings SET stock_state = ?, stock_message = ? WHERE id = ? AND stock_key = ?",
}
_CLEAR = {
    "price": (
        "UPDATE listings SET wanted_price_micros = NULL, wanted_list_price_micros = NULL, wanted_currency = '',"
        " price_key = '', price_state = '', price_message = NULL WHERE id = ? AND price_key = ?"
    ),
    "stock": (
        "UPDATE listings SET wanted_stock = NULL, stock_key = '', stock_state = '', stock_message = NULL"
        " WHERE id = ? AND stock_key = ?"
    ),
}


def mark(conn: sqlite3.Connection, kind: str, subject: int | None, key: str, state: str, message: str | None) -> None:
    """Show on the listing or parcel where its wish is. Other kinds have nothing to mark."""
    if kind in _MARK and subject is not None:
        conn.execute(_MARK[kind], (state, message, subject, key))
    elif kind == parcel_fate.PARCEL and subject is not None:
        parcel_fate.mark(conn, subject, key, state, message)


def clear(conn: sqlite3.Connection, kind: str, subject: int, key: str, now: int = 0) -> bool:
    """Forget the wish that this intent was for; whether it was still the listing's."""
    if kind == parcel_fate.PARCEL:
        parcel_fate.withdrawn(conn, subject, key, now)
    return kind in _CLEAR and conn.execute(_CLEAR[kind], (subject, key)).rowcount > 0


def apply(conn: sqlite3.Connection, kind: str, subject: int | None, key: str, payload: bytes, now: int) -> None:
    """The channel has it: the wanted value becomes the listing's value."""
    if kind not in _CLEAR or subject is None:
        return
    row = conn.execute("SELECT document FROM listing_documents WHERE listing_id = ?", (subject,)).fetchone()
    if row is None:
        return
    listing = _listing.decode(row[0])
    # The hash is forgotten, so that the next pull is taken as news even when it tells the old value again: what the
    # channel says is the truth, and a write that it dropped must come to light.
    if kind == "price":
        price = _price.decode(payload)
        listing = msgspec.structs.replace(listing, price=price.price, list_price=price.list_price or listing.list_price)
        conn.execute(
            "UPDATE listings SET price_micros = ?, list_price_micros = coalesce(?, list_price_micros), currency = ?,"
            " content_hash = 0, changed_at = ? WHERE id = ?",
            (price.price.micros, None if price.list_price is None else price.list_price.micros, price.price.currency,
             now, subject),
        )  # fmt: skip
    else:
        stock = _stock.decode(payload)
        listing = msgspec.structs.replace(listing, stock=stock.quantity)
        conn.execute(
            "UPDATE listings SET stock = ?, content_hash = 0, changed_at = ? WHERE id = ?",
            (stock.quantity, now, subject),
        )
    conn.execute("UPDATE listing_documents SET document = ? WHERE listing_id = ?", (_encode(listing), subject))
    clear(conn, kind, subject, key)
