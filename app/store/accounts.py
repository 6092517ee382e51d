"""Accounts: one set of credentials at one vendor, without the credentials. No secret may ever get a column here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.store.db import Database
from app.store.errors import StoreError
from app.store.rows import json_text, read_texts

_COLUMNS = "SELECT id, family, environment, label, settings, urls, created_at FROM accounts"


class AccountRow(msgspec.Struct, frozen=True):
    """`settings` are the non-secret credential fields, `urls` the addresses by purpose."""

    id: str
    family: str
    environment: str
    label: str
    settings: dict[str, str]
    urls: dict[str, str]
    created_at: datetime


_Rows = list[AccountRow]  # inside the class the word `list` is a method


class Accounts:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def add(
        self,
        id: str,  # noqa: A002
        family: str,
        environment: str,
        label: str = "",
        settings: Mapping[str, str] | None = None,
        urls: Mapping[str, str] | None = None,
    ) -> AccountRow:
        """A new account. Raises StoreError `store.account_exists` when the id was ever used."""
        at = to_epoch_ms(self._now())
        values = (id, family, environment, label, json_text(dict(settings or {})), json_text(dict(urls or {})), at)

        def job(conn: sqlite3.Connection) -> AccountRow:
            if conn.execute("SELECT 1 FROM accounts WHERE id = ?", (id,)).fetchone():
                raise StoreError("store.account_exists", account=id)
            conn.execute(
                "INSERT INTO accounts(id, family, environment, label, settings, urls, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return _row(values)

        return await self._db.write(job)

    async def get(self, id: str) -> AccountRow | None:  # noqa: A002
        def job(conn: sqlite3.Connection) -> AccountRow | None:
            row = conn.execute(" ".join((_COLUMNS, "WHERE id = ? AND removed_at IS NULL")), (id,)).fetchone()
            return None if row is None else _row(row)

        return await self._db.read(job)

    async def list(self) -> _Rows:
        """Oldest first."""
        query = " ".join((_COLUMNS, "WHERE removed_at IS NULL ORDER BY created_at, id"))
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query)])

    async def update_settings(
        self,
        id: str,  # noqa: A002
        settings: Mapping[str, str],
        *,
        urls: Mapping[str, str] | None = None,
        label: str | None = None,
    ) -> None:
        """Replace the settings, and the addresses and the label where given."""
        values = (
            json_text(dict(settings)),
            None if urls is None else json_text(dict(urls)),
            label,
            id,
        )
        await self._db.write(
            lambda conn: (
                conn.execute(
                    "UPDATE accounts SET settings = ?, urls = coalesce(?, urls), label = coalesce(?, label) WHERE id = ?",
                    values,
                ).rowcount
            )
        )

    async def remove(self, id: str) -> None:  # noqa: A002
        """Forget its settings and hide it; its orders stay. Raises StoreError `store.account_in_use` while a
        connection uses it."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> None:
            used = conn.execute(
                "SELECT name FROM connections WHERE account_id = ? AND removed_at IS NULL LIMIT 1", (id,)
            ).fetchone()
            if used:
                raise StoreError("store.account_in_use", account=id, connection=used[0])
            conn.execute(
                "UPDATE accounts SET removed_at = ?, settings = '{}', urls = '{}' WHERE id = ? AND removed_at IS NULL",
                (at, id),
            )

        await self._db.write(job)


def _row(row: tuple[str, str, str, str, str, str, int]) -> AccountRow:
    return AccountRow(row[0], row[1], row[2], row[3], read_texts(row[4]), read_texts(row[5]), from_epoch_ms(row[6]))
