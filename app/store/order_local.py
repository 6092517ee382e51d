"""The merchant's own columns of an order. Only these functions write them; pulls never do."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from app.store import stock_ledger


class LocalState(StrEnum):
    """What the merchant has done with it so far."""

    NEW = "new"
    PICKED = "picked"
    PACKED = "packed"
    SHIPPED = "shipped"  # handed over here, whether or not the channel knows yet


class Change(msgspec.Struct, frozen=True):
    """None leaves a column as it is."""

    state: LocalState | None = None
    note: str | None = None
    printed: bool | None = None
    label_path: str | None = None
    carrier_choice: str | None = None


# Per state: the instants it sets when they are empty, and those of later states that it clears.
_STATES = {
    LocalState.NEW: (
        "UPDATE orders SET local_state = 'new', picked_at = NULL, packed_at = NULL, shipped_at = NULL"
        " WHERE id = ?2 AND ?1 IS NOT NULL"
    ),
    LocalState.PICKED: (
        "UPDATE orders SET local_state = 'picked', picked_at = coalesce(picked_at, ?1), packed_at = NULL,"
        " shipped_at = NULL WHERE id = ?2"
    ),
    LocalState.PACKED: (
        "UPDATE orders SET local_state = 'packed', packed_at = coalesce(packed_at, ?1), shipped_at = NULL WHERE id = ?2"
    ),
    LocalState.SHIPPED: (
        "UPDATE orders SET local_state = 'shipped', shipped_at = coalesce(shipped_at, ?1) WHERE id = ?2"
    ),
}


def apply(conn: sqlite3.Connection, ids: Sequence[int], change: Change, now: int) -> tuple[int, ...]:
    """Within the caller's transaction. Returns the ids that exist."""
    there = tuple(i for i in ids if conn.execute("SELECT 1 FROM orders WHERE id = ?", (i,)).fetchone())
    if change.state is not None:
        conn.executemany(_STATES[change.state], [(now, i) for i in there])
        stock_ledger.follow(conn, there, now)
    if change.printed:
        conn.executemany(
            "UPDATE orders SET printed_at = ?, print_count = print_count + 1 WHERE id = ?", [(now, i) for i in there]
        )
    elif change.printed is False:
        conn.executemany("UPDATE orders SET printed_at = NULL WHERE id = ?", [(i,) for i in there])
    for statement, value in (
        ("UPDATE orders SET note = ? WHERE id = ?", change.note),
        ("UPDATE orders SET label_path = ? WHERE id = ?", change.label_path),
        ("UPDATE orders SET carrier_choice = ? WHERE id = ?", change.carrier_choice),
    ):
        if value is not None:
            conn.executemany(statement, [(value, i) for i in there])
    return there
