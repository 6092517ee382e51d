"""What an outbox row's fate does to the listing (or parcel, or publication) it is about, in the same transaction.

A listing is marked only by the intent that it waits for (by key): an older one that settles late must not clear a newer
wish, though what it set is true at the channel.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from app.model import Listing, PriceChange, StockChange
from app.store import parcel_fate
from app.store.rows import json_text

_encode = msgspec.json.Encoder().encode
_listing = msgspec.json.Decoder(Listing)
_price = msgspec.json.Decoder(PriceChange)
_stock = msgspec.json.Decoder(StockChange)

_MARK = {
    "price": "UPDATE listings SET price_state = ?, price_message = ? WHERE id = ? AND price_key = ?",
    "stock": "UPDATE listings SET stock_state = ?, stock_message = ? WHERE id = ? AND stock_key = ?",
    "product": "UPDATE publications SET state = ?, message = ? WHERE id = ? AND key = ?",
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
    "product": "UPDATE publications SET key = '', state = '', message = NULL WHERE id = ? AND key = ?",
}

# The same for many at once; ?1 is JSON rows.
_MARK_ALL = {
    "price": (
        "UPDATE listings SET price_state = json_extract(j.value, '$[2]'), price_message = json_extract(j.value, '$[3]')"
        " FROM json_each(?1) j WHERE listings.id = json_extract(j.value, '$[0]') AND listings.price_key = json_extract(j.value, '$[1]')"
    ),
    "stock": (
        "UPDATE listings SET stock_state = json_extract(j.value, '$[2]'), stock_message = json_extract(j.value, '$[3]')"
        " FROM json_each(?1) j WHERE listings.id = json_extract(j.value, '$[0]') AND listings.stock_key = json_extract(j.value, '$[1]')"
    ),
    "product": (
        "UPDATE publications SET state = json_extract(j.value, '$[2]'), message = json_extract(j.value, '$[3]')"
        " FROM json_each(?1) j WHERE publications.id = json_extract(j.value, '$[0]') AND publications.key = json_extract(j.value, '$[1]')"
    ),
}
_CLEAR_ALL = {
    "price": (
        "UPDATE listings SET wanted_price_micros = NULL, wanted_list_price_micros = NULL, wanted_currency = '',"
        " price_key = '', price_state = '', price_message = NULL FROM json_each(?1) j"
        " WHERE listings.id = json_extract(j.value, '$[0]') AND listings.price_key = json_extract(j.value, '$[1]')"
    ),
    "stock": (
        "UPDATE listings SET wanted_stock = NULL, stock_key = '', stock_state = '', stock_message = NULL FROM json_each(?1) j"
        " WHERE listings.id = json_extract(j.value, '$[0]') AND listings.stock_key = json_extract(j.value, '$[1]')"
    ),
}
_APPLY_ALL = {
    "price": (
        "UPDATE listings SET price_micros = json_extract(j.value, '$[1]'),"
        " list_price_micros = coalesce(json_extract(j.value, '$[2]'), list_price_micros),"
        " currency = json_extract(j.value, '$[3]'), content_hash = 0, changed_at = ?1"
        " FROM json_each(?2) j WHERE listings.id = json_extract(j.value, '$[0]')"
    ),
    "stock": (
        "UPDATE listings SET stock = json_extract(j.value, '$[1]'), content_hash = 0, changed_at = ?1"
        " FROM json_each(?2) j WHERE listings.id = json_extract(j.value, '$[0]')"
    ),
}


#: The channel has the product; what it calls it stands on the outbox row. The listing itself comes with the next pull.
_PUBLISHED = (
    "UPDATE publications SET state = 'done', message = NULL, remote_ref = o.remote_ref, done_at = ?1"
    " FROM json_each(?2) j JOIN outbox o ON o.key = j.value WHERE publications.id = o.subject AND publications.key = o.key"
)


def mark(conn: sqlite3.Connection, kind: str, subject: int | None, key: str, state: str, message: str | None) -> None:
    """Show on the listing or parcel where its wish is. Other kinds have nothing to mark."""
    if kind in _MARK and subject is not None:
        conn.execute(_MARK[kind], (state, message, subject, key))
    elif kind == parcel_fate.PARCEL and subject is not None:
        parcel_fate.mark(conn, subject, key, state, message)


def mark_many(conn: sqlite3.Connection, kind: str, marks: Sequence[tuple[int | None, str, str, str | None]]) -> None:
    """`mark` for many: (subject, key, state, message). Listings in one statement."""
    if kind in _MARK_ALL:
        about = [one for one in marks if one[0] is not None]
        if about:
            conn.execute(_MARK_ALL[kind], (json_text(about),))
        return
    for subject, key, state, message in marks:
        mark(conn, kind, subject, key, state, message)


def clear(conn: sqlite3.Connection, kind: str, subject: int, key: str, now: int = 0) -> bool:
    """Forget the wish that this intent was for; whether it was still the listing's."""
    if kind == parcel_fate.PARCEL:
        parcel_fate.withdrawn(conn, subject, key, now)
    return kind in _CLEAR and conn.execute(_CLEAR[kind], (subject, key)).rowcount > 0


def apply_many(conn: sqlite3.Connection, kind: str, done: Sequence[tuple[int | None, str, bytes]], now: int) -> None:
    """The channel has them – (subject, key, payload), oldest first: the wanted values become the listings' values."""
    if kind == "product":
        conn.execute(_PUBLISHED, (now, json_text([one[1] for one in done])))
        return
    if kind not in _CLEAR:
        return
    subjects = [one[0] for one in done if one[0] is not None]
    found = dict(
        conn.execute(
            "SELECT listing_id, document FROM listing_documents WHERE listing_id IN (SELECT value FROM json_each(?))",
            (json_text(subjects),),
        ).fetchall()
    )
    values: dict[int, tuple[Any, ...]] = {}
    keys: list[tuple[int, str]] = []
    # The hash is forgotten, so that the next pull is taken as news even when it tells the old value again: what the
    # channel says is the truth, and a write that it dropped must come to light.
    for subject, key, payload in done:
        if subject is None or subject not in found:
            continue
        listing = _listing.decode(found[subject])
        if kind == "price":
            price = _price.decode(payload)
            listing = msgspec.structs.replace(
                listing, price=price.price, list_price=price.list_price or listing.list_price
            )
            crossed = None if price.list_price is None else price.list_price.micros
            values[subject] = (subject, price.price.micros, crossed, price.price.currency)
        else:
            stock = _stock.decode(payload)
            listing = msgspec.structs.replace(listing, stock=stock.quantity)
            values[subject] = (subject, stock.quantity)
        found[subject] = _encode(listing)
        keys.append((subject, key))
    conn.execute(_APPLY_ALL[kind], (now, json_text(list(values.values()))))
    conn.executemany(
        "UPDATE listing_documents SET document = ? WHERE listing_id = ?", [(found[one], one) for one in values]
    )
    conn.execute(_CLEAR_ALL[kind], (json_text(keys),))
