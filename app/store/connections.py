"""Connections: an account used for one integration. A removed one keeps its row, because its orders name it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.contracts.messages import Message
from app.model import fold, from_epoch_ms, to_epoch_ms
from app.store.db import Database
from app.store.errors import StoreError
from app.store.rows import json_text, message_text, read_flags, read_message, when

_COLUMNS = (
    "SELECT id, name, integration, account_id, environment, switches, own_rate, paused, created_at, last_ok_at,"
    " last_error, last_error_at, removed_at FROM connections"
)


class ConnectionRow(msgspec.Struct, frozen=True):
    """`own_rate` is in calls per second, None: the vendor's. Instants aware UTC."""

    id: int
    name: str
    integration: str
    account_id: str
    environment: str
    switches: dict[str, bool]
    own_rate: float | None
    paused: bool
    created_at: datetime
    last_ok_at: datetime | None = None
    last_error: Message | None = None
    last_error_at: datetime | None = None
    removed_at: datetime | None = None


_Rows = list[ConnectionRow]  # inside the class the word `list` is a method


class Connections:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def add(
        self,
        name: str,
        integration: str,
        account_id: str,
        environment: str,
        switches: Mapping[str, bool] | None = None,
        own_rate: float | None = None,
        paused: bool = False,
    ) -> ConnectionRow:
        """A new connection. Raises StoreError `store.name_taken`, or `store.no_account`."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> ConnectionRow:
            _free(conn, name)
            if not conn.execute("SELECT 1 FROM accounts WHERE id = ? AND removed_at IS NULL", (account_id,)).fetchone():
                raise StoreError("store.no_account", account=account_id)
            made = conn.execute(
                "INSERT INTO connections(name, integration, account_id, environment, switches, own_rate, paused,"
                " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (name, integration, account_id, environment, json_text(dict(switches or {})), own_rate, paused, at),
            )
            return _row(_find(conn, int(made.lastrowid or 0)))

        return await self._db.write(job)

    async def get(self, id: int) -> ConnectionRow | None:  # noqa: A002
        """Also a removed one: see `removed_at`."""

        def job(conn: sqlite3.Connection) -> ConnectionRow | None:
            row = conn.execute(" ".join((_COLUMNS, "WHERE id = ?")), (id,)).fetchone()
            return None if row is None else _row(row)

        return await self._db.read(job)

    async def by_name(self, name: str) -> ConnectionRow | None:
        """By its exact name, else by the only name that folds to the same."""
        rows = await self.list()
        exact = [row for row in rows if row.name == name]
        found = exact or [row for row in rows if fold(row.name) == fold(name)]
        return found[0] if len(found) == 1 else None

    async def list(self, *, removed: bool = False) -> _Rows:
        """In the order they were made; `removed` adds those that are gone."""
        query = " ".join((_COLUMNS, "WHERE removed_at IS NULL OR ? ORDER BY id"))
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query, (removed,))])

    async def rename(self, id: int, name: str) -> None:  # noqa: A002
        """Raises StoreError `store.name_taken`."""

        def job(conn: sqlite3.Connection) -> None:
            _free(conn, name, but=id)
            conn.execute("UPDATE connections SET name = ? WHERE id = ?", (name, id))

        await self._db.write(job)

    async def set_switch(self, id: int, capability: str, on: bool) -> None:  # noqa: A002
        def job(conn: sqlite3.Connection) -> None:
            switches = {**read_flags(_find(conn, id)[5]), capability: on}
            conn.execute("UPDATE connections SET switches = ? WHERE id = ?", (json_text(switches), id))

        await self._db.write(job)

    async def set_rate(self, id: int, own_rate: float | None) -> None:  # noqa: A002
        """The merchant's own limit, calls per second; None: the vendor's."""
        await self._db.write(
            lambda conn: conn.execute("UPDATE connections SET own_rate = ? WHERE id = ?", (own_rate, id)).rowcount
        )

    async def set_paused(self, id: int, paused: bool) -> None:  # noqa: A002
        await self._db.write(
            lambda conn: conn.execute("UPDATE connections SET paused = ? WHERE id = ?", (paused, id)).rowcount
        )

    async def note_ok(self, id: int, at: datetime) -> None:  # noqa: A002
        """The last good answer. A later error stays on record beside it; one of a future that a wrong clock made is
        from before."""
        moment = to_epoch_ms(at)
        await self._db.write(
            lambda conn: (
                conn.execute(
                    # More than an hour ahead: of a clock that was wrong.
                    "UPDATE connections SET last_error_at = min(last_error_at, ?1), last_ok_at = CASE"
                    " WHEN last_ok_at > ?1 + 3600000 THEN ?1 ELSE max(coalesce(last_ok_at, 0), ?1) END WHERE id = ?2",
                    (moment, id),
                ).rowcount
            )
        )

    async def note_error(self, id: int, message: Message, at: datetime) -> None:  # noqa: A002
        values = (message_text(message), to_epoch_ms(at), id)
        await self._db.write(
            lambda conn: (
                conn.execute(
                    "UPDATE connections SET last_error = ?1, last_error_at = ?2, last_ok_at ="
                    " CASE WHEN last_ok_at > ?2 THEN ?2 - 1 ELSE last_ok_at END"
                    " WHERE id = ?3",
                    values,
                ).rowcount
            )
        )

    async def remove(self, id: int) -> None:  # noqa: A002
        """Mark it removed: its orders stay, its queued intents are never sent."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> None:
            conn.execute("UPDATE connections SET removed_at = ?, paused = 1 WHERE id = ?", (at, id))
            conn.execute(
                "UPDATE outbox SET state = 'superseded', settled_at = ? WHERE connection_id = ? AND state = 'queued'",
                (at, id),
            )

        await self._db.write(job)


def _free(conn: sqlite3.Connection, name: str, but: int = 0) -> None:
    taken = conn.execute(
        "SELECT 1 FROM connections WHERE name = ? AND removed_at IS NULL AND id <> ?", (name, but)
    ).fetchone()
    if taken:
        raise StoreError("store.name_taken", name=name)


def _find(conn: sqlite3.Connection, id: int) -> tuple[Any, ...]:  # noqa: A002
    row: tuple[Any, ...] | None = conn.execute(" ".join((_COLUMNS, "WHERE id = ?")), (id,)).fetchone()
    if row is None:
        raise StoreError("store.no_connection", connection=str(id))
    return row


def _row(row: tuple[Any, ...]) -> ConnectionRow:
    return ConnectionRow(
        row[0], row[1], row[2], row[3], row[4], read_flags(row[5]), row[6], bool(row[7]), from_epoch_ms(row[8]),
        when(row[9]), read_message(row[10]), when(row[11]), when(row[12]),
    )  # fmt: skip
