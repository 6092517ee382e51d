"""Settings of the workspace: a key and a JSON value. Never a secret."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from app.store.db import Database
from app.store.rows import json_text


class Settings:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, key: str, default: Any = None) -> Any:
        """The value as JSON gives it back (a tuple comes back as a list), or `default`."""
        return await self._db.read(lambda conn: read(conn, key, default))

    async def set(self, key: str, value: Any) -> None:
        """Anything that msgspec can write as JSON; None forgets the key."""
        await self._db.write(lambda conn: write(conn, key, value))

    async def all(self, prefix: str = "") -> dict[str, Any]:
        def job(conn: sqlite3.Connection) -> dict[str, Any]:
            rows = conn.execute(
                "SELECT key, value FROM settings WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key", (prefix,)
            )
            return {key: msgspec.json.decode(value) for key, value in rows}

        return await self._db.read(job)


def read(conn: sqlite3.Connection, key: str, default: Any = None) -> Any:
    row = conn.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return default if row is None else msgspec.json.decode(row[0])


def write(conn: sqlite3.Connection, key: str, value: Any) -> None:
    if value is None:
        conn.execute("DELETE FROM settings WHERE key = ?", (key,))
        return
    conn.execute(
        "INSERT INTO settings(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        (key, json_text(value)),
    )
