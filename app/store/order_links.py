"""Which order takes whose place, and whose connection an order belongs to: written in the page's own transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from app.model import Order
from app.store.rows import json_text


def link(
    conn: sqlite3.Connection,
    account_id: str,
    news: Sequence[tuple[int, Order]],
    changes: Sequence[tuple[int, Order]],
    now: int,
) -> set[int]:
    """Mark the orders that others took the place of, whichever came first. Returns the ids that were marked."""
    links: list[tuple[str, int]] = []
    for i, order in (*news, *changes):
        for old in order.replaces:
            if old != order.remote_id:
                links.append((old, i))
                conn.execute(
                    "INSERT INTO order_replacements(account_id, remote_id, order_id) VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET order_id = excluded.order_id",
                    (account_id, old, i),
                )
    if news and conn.execute("SELECT 1 FROM order_replacements WHERE account_id = ?", (account_id,)).fetchone():
        links += conn.execute(
            "SELECT remote_id, order_id FROM order_replacements"
            " WHERE account_id = ? AND remote_id IN (SELECT value FROM json_each(?))",
            (account_id, json_text([order.remote_id for _, order in news])),
        ).fetchall()
    marked = set()
    for old, i in links:
        # Two that claim to replace each other must not both vanish.
        row = conn.execute(
            "UPDATE orders SET superseded_by = ?1, changed_at = ?2 WHERE account_id = ?3 AND remote_id = ?4"
            " AND superseded_by IS NOT ?1 AND id <> ?1"
            " AND id IS NOT (SELECT superseded_by FROM orders WHERE id = ?1) RETURNING id",
            (i, now, account_id, old),
        ).fetchone()
        if row:
            marked.add(int(row[0]))
    return marked


def adopt(conn: sqlite3.Connection, connection_id: int, foreign: list[tuple[int, int]]) -> set[int]:
    """Orders of a removed connection go over to the one that now brings them; those of a living one stay."""
    if not foreign:
        return set()
    gone = {row[0] for row in conn.execute("SELECT id FROM connections WHERE removed_at IS NOT NULL")}
    moved = {row_id for row_id, owner in foreign if owner in gone}
    conn.executemany("UPDATE orders SET connection_id = ? WHERE id = ?", [(connection_id, i) for i in moved])
    return moved
