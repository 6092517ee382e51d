"""Where an order really goes: the merchant's own correction of the channel's address. A pull never writes or removes it;
erasing the buyer does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from app.model import Address, to_epoch_ms
from app.store.db import Database
from app.store.rows import json_text

_decode = msgspec.json.Decoder(Address).decode
_encode = msgspec.json.Encoder().encode


class Addresses:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def get_many(self, order_ids: Sequence[int]) -> dict[int, Address]:
        """By order; those without a correction are left out."""
        query = "SELECT order_id, document FROM order_addresses WHERE order_id IN (SELECT value FROM json_each(?))"
        ids = json_text(list(order_ids))
        return await self._db.read(lambda conn: {row[0]: _decode(row[1]) for row in conn.execute(query, (ids,))})

    async def set(self, order_id: int, address: Address | None) -> None:
        """Keep a correction in place of the one before; None goes back to what the channel says."""
        at, document = to_epoch_ms(self._now()), _encode(address)

        def job(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM order_addresses WHERE order_id = ?", (order_id,))
            if address is not None:
                conn.execute("INSERT INTO order_addresses VALUES (?, ?, ?)", (order_id, document, at))

        await self._db.write(job)
