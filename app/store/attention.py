"""Records that could not be read: kept with their raw text until a good version comes or somebody resolves them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from app.contracts.messages import Message
from app.contracts.results import Reject
from app.model import from_epoch_ms, to_epoch_ms
from app.store.db import Database
from app.store.rows import json_text, message_text, read_message, when

_RAW_LIMIT = 65_536  # characters
_COLUMNS = (
    "SELECT a.id, a.connection_id, a.account_id, a.stream, a.remote_id, a.raw, a.message, a.first_at, a.last_at,"
    " a.times, a.resolved_at FROM attention a"
)


class AttentionRow(msgspec.Struct, frozen=True):
    """`stream` is 'orders', 'listings' or 'settlements'; `remote_id` is '' when even that could not be read."""

    id: int
    connection_id: int
    account_id: str
    stream: str
    remote_id: str
    raw: str
    message: Message
    first_at: datetime
    last_at: datetime
    times: int
    resolved_at: datetime | None = None


_Rows = list[AttentionRow]  # inside the class the word `list` is a method


class Attention:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def list(
        self, connection_id: int | None = None, *, open_only: bool = True, offset: int = 0, limit: int = 200
    ) -> _Rows:
        """Newest first."""
        query = " ".join(
            (
                _COLUMNS,
                "WHERE (?1 IS NULL OR a.connection_id = ?1) AND (NOT ?2 OR a.resolved_at IS NULL)",
                "ORDER BY a.last_at DESC, a.id DESC LIMIT ?3 OFFSET ?4",
            )
        )
        values = (connection_id, open_only, limit, offset)
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query, values)])

    async def count(self, connection_id: int | None = None) -> int:
        """Open ones."""
        query = "SELECT count(*) FROM attention WHERE resolved_at IS NULL AND (?1 IS NULL OR connection_id = ?1)"
        return await self._db.read(lambda conn: int(conn.execute(query, (connection_id,)).fetchone()[0]))

    async def resolve(self, id: int) -> None:  # noqa: A002
        at = to_epoch_ms(self._now())
        await self._db.write(
            lambda conn: (
                conn.execute(
                    "UPDATE attention SET resolved_at = ? WHERE id = ? AND resolved_at IS NULL", (at, id)
                ).rowcount
            )
        )


def put(
    conn: sqlite3.Connection, connection_id: int, account_id: str, stream: str, rejects: Sequence[Reject], now: int
) -> None:
    """Within the page's transaction. The same reject again counts up instead of piling up."""
    for reject in rejects:
        raw = reject.raw.encode("utf-8", "replace").decode()[:_RAW_LIMIT]
        remote_id = reject.remote_id.encode("utf-8", "replace").decode()
        mark = int.from_bytes(blake2b(raw.encode(), digest_size=8).digest(), "big", signed=True)
        message = message_text(reject.message)
        had = conn.execute(
            "SELECT id FROM attention WHERE account_id = ? AND stream = ? AND remote_id = ? AND resolved_at IS NULL"
            " AND (remote_id <> '' OR raw_hash = ?)",
            (account_id, stream, remote_id, mark),
        ).fetchone()
        if had:
            conn.execute(
                "UPDATE attention SET raw = ?, raw_hash = ?, message = ?, last_at = ?, times = times + 1 WHERE id = ?",
                (raw, mark, message, now, had[0]),
            )
        else:
            conn.execute(
                "INSERT INTO attention(connection_id, account_id, stream, remote_id, raw, raw_hash, message, first_at,"
                " last_at, times) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
                (connection_id, account_id, stream, remote_id, raw, mark, message, now, now),
            )


def settle(conn: sqlite3.Connection, account_id: str, stream: str, remote_ids: Sequence[str], now: int) -> None:
    """A good version of these came: their rejects resolve by themselves. Within the page's transaction."""
    if conn.execute("SELECT 1 FROM attention WHERE resolved_at IS NULL AND account_id = ?", (account_id,)).fetchone():
        conn.execute(
            "UPDATE attention SET resolved_at = ? WHERE account_id = ? AND stream = ? AND resolved_at IS NULL"
            " AND remote_id <> '' AND remote_id IN (SELECT value FROM json_each(?))",
            (now, account_id, stream, json_text(remote_ids)),
        )


def _row(row: tuple[Any, ...]) -> AttentionRow:
    message = read_message(row[6]) or Message("bug")
    return AttentionRow(*(*row[:6], message, from_epoch_ms(row[7]), from_epoch_ms(row[8]), row[9], when(row[10])))
