"""Which listings the rows of a sheet mean: by the channel's code, by SKU, by barcode, each exactly. Nothing here writes or guesses; what is
only nearly the same is a suggestion."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from app.store.rows import json_text

#: What found a listing.
BY_REMOTE_ID, BY_SKU, BY_BARCODE = 0, 1, 2
#: Row of the question, listing id, connection id, what found it.
Hit = tuple[int, int, int, int]
#: Row of the question, connection id (0: any), channel's code, SKU, barcode; '' where the sheet says nothing.
Key = tuple[int, int, str, str, str]
_hits = msgspec.json.Decoder(list[Hit])
_KEYS = (
    "WITH k AS MATERIALIZED (SELECT json_extract(value, '$[0]') AS at, json_extract(value, '$[1]') AS connection,"
    " json_extract(value, '$[2]') AS remote_id, json_extract(value, '$[3]') AS sku, json_extract(value, '$[4]') AS barcode"
    " FROM json_each(?1)), c AS MATERIALIZED (SELECT value AS id FROM json_each(?2))"
)
_MATCH = (
    " SELECT json_group_array(json_array(at, id, connection_id, how)) FROM ("
    " SELECT k.at, l.id, l.connection_id, 0 AS how FROM k CROSS JOIN c CROSS JOIN listings l"
    " ON l.connection_id = c.id AND l.remote_id = k.remote_id WHERE k.remote_id <> '' AND k.connection IN (0, c.id)"
    " UNION ALL SELECT k.at, l.id, l.connection_id, 1 FROM k CROSS JOIN c CROSS JOIN listings l"
    " ON l.connection_id = c.id AND l.sku = k.sku WHERE k.sku <> '' AND k.connection IN (0, c.id)"
    " UNION ALL SELECT k.at, l.id, l.connection_id, 2 FROM k CROSS JOIN listings l ON l.barcode = k.barcode AND l.barcode <> ''"
    " WHERE k.barcode <> '' AND l.connection_id IN (SELECT id FROM c) AND k.connection IN (0, l.connection_id))"
)
_ZEROS = 6  # that a spreadsheet may have eaten
_NEAR = (
    "SELECT j.value, l.sku FROM json_each(?1) j CROSS JOIN json_each(?2) c CROSS JOIN listings l"
    " ON l.connection_id = c.value AND l.sku_key = j.value LIMIT 1000"
)


def match(conn: sqlite3.Connection, keys: Sequence[Key], connections: Sequence[int]) -> list[Hit]:
    """Every hit of every key; how they agree is the caller's to judge."""
    row = conn.execute(_KEYS + _MATCH, (json_text(list(keys)), json_text(list(connections)))).fetchone()
    return _hits.decode(row[0])


def near(conn: sqlite3.Connection, keys: Sequence[str], connections: Sequence[int]) -> dict[str, str]:
    """Of folded SKUs without blanks the one that a listing has and that differs only in case, blanks or leading zeros."""
    asked = {"0" * zeros + key.lstrip("0"): key for key in keys for zeros in range(_ZEROS) if key.lstrip("0")}
    values = (json_text(list(asked)), json_text(list(connections)))
    return {asked[folded]: sku for folded, sku in conn.execute(_NEAR, values)}


#: Listing id, channel's code, SKU, barcode, title.
Named = tuple[int, str, str, str, str]
_named = msgspec.json.Decoder(list[Named])
_NAMES = (
    "SELECT json_group_array(json_array(id, remote_id, sku, barcode, title)) FROM"
    " (SELECT l.id, l.remote_id, l.sku, l.barcode, l.title FROM json_each(?) j CROSS JOIN listings l ON l.id = j.value)"
)


def names(conn: sqlite3.Connection, ids: Sequence[int]) -> list[Named]:
    """What listings are called, for a sheet that leaves the program."""
    return _named.decode(conn.execute(_NAMES, (json_text(list(ids)),)).fetchone()[0])
