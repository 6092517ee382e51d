"""Orders that a sheet brought to a connection whose channel tells of its orders itself. What must never happen: a sheet's word over the
channel's, or one order twice because the sheet calls it by another id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from app.model import Order
from app.store.rows import json_text

if TYPE_CHECKING:
    from app.store.pages import Sealed

_ANY = "SELECT 1 FROM order_imports WHERE account_id = ? LIMIT 1"
# Untold: the channel has said nothing of it since.
_UNTOLD = (
    "SELECT o.remote_id FROM order_imports i JOIN orders o ON o.id = i.order_id AND o.content_hash = i.content_hash"
    " WHERE i.account_id = ? AND o.remote_id IN (SELECT value FROM json_each(?))"
)
_KNOWN = (
    "SELECT o.remote_id, o.number FROM orders o LEFT JOIN order_imports i ON i.order_id = o.id AND i.content_hash = o.content_hash"
    " WHERE o.account_id = ?1 AND i.order_id IS NULL AND (o.remote_id IN (SELECT value FROM json_each(?2))"
    " OR o.number IN (SELECT value FROM json_each(?3)))"
)
_REMEMBER = (
    "INSERT INTO order_imports(order_id, account_id, number, content_hash, file, at)"
    " SELECT id, account_id, ltrim(number, '#'), content_hash, ?2, ?3 FROM orders WHERE id = ?1"
    " ON CONFLICT(order_id) DO UPDATE SET content_hash = excluded.content_hash, file = excluded.file, at = excluded.at"
)
_SAME = (
    "SELECT o.id, o.remote_id, o.number FROM order_imports i JOIN orders o ON o.id = i.order_id AND o.content_hash = i.content_hash"
    " WHERE i.account_id = ?1 AND i.number = ?2 AND o.superseded_by IS NULL AND o.id <> ?3"
)
# The merchant's own columns go along: what was picked or packed must not be packed again.
_GO_ALONG = (
    "UPDATE orders SET (local_state, picked_at, packed_at, printed_at, print_count, shipped_at, label_path, carrier_choice, note) ="
    " (SELECT local_state, picked_at, packed_at, printed_at, print_count, shipped_at, label_path, carrier_choice, note"
    " FROM orders WHERE id = ?2) WHERE id = ?1 AND local_state = 'new' AND printed_at IS NULL AND note = ''"
)


def untold(conn: sqlite3.Connection, account_id: str, remote_ids: Iterable[str]) -> frozenset[str]:
    """Of these the ones that only a sheet has told of so far: whatever the channel says of them is news."""
    if conn.execute(_ANY, (account_id,)).fetchone() is None:
        return frozenset()
    return frozenset(row[0] for row in conn.execute(_UNTOLD, (account_id, json_text(list(remote_ids)))))


def told_by_channel(conn: sqlite3.Connection, account_id: str, sealed: Mapping[str, Sealed[Order]]) -> set[str]:
    """The keys of a sheet's orders that the channel has told of, under this id or, where one of the two has none but the number,
    under the number."""
    numbers = {number for one in sealed.values() for number in (bare(one.record), "#" + bare(one.record))}
    ids, by_number = set(), set()
    for remote_id, number in conn.execute(_KNOWN, (account_id, json_text(list(sealed)), json_text(sorted(numbers)))):
        ids.add(remote_id)
        by_number.add((number.removeprefix("#"), remote_id.removeprefix("#") == number.removeprefix("#")))
    found = set()
    for remote_id, one in sealed.items():
        number = bare(one.record)
        sheet_by_number = remote_id.removeprefix("#") == number
        if (
            remote_id in ids
            or (number, True) in by_number
            or (sheet_by_number and any(told == number for told, _ in by_number))
        ):
            found.add(remote_id)
    return found


def remember(conn: sqlite3.Connection, ids: Collection[int], file: str, now: int) -> None:
    """These stand as the sheet told them."""
    conn.executemany(_REMEMBER, [(i, file, now) for i in ids])


def replaced(conn: sqlite3.Connection, account_id: str, news: Iterable[tuple[int, Order]], now: int) -> set[int]:
    """The channel now tells of orders that a sheet had brought under another id: it takes their place. Returns those that went."""
    if conn.execute(_ANY, (account_id,)).fetchone() is None:
        return set()
    gone: set[int] = set()
    for row_id, order in news:
        number, by_number = bare(order), order.remote_id.removeprefix("#") == bare(order)
        for old, remote_id, _ in conn.execute(_SAME, (account_id, number, row_id)).fetchall():
            if not by_number and remote_id.removeprefix("#") != number:
                continue  # another package of the same order
            conn.execute("UPDATE orders SET superseded_by = ?1, changed_at = ?2 WHERE id = ?3", (row_id, now, old))
            conn.execute(_GO_ALONG, (row_id, old))
            gone.add(old)
    return gone


def bare(order: Order | Any) -> str:
    """The number as both sides write it."""
    return str(order.number).removeprefix("#")
