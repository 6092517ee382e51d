"""Jobs: scheduled or asked-for work, a row with state and outcome apart. What a killed process left running is failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.contracts.messages import Message
from app.model import from_epoch_ms, to_epoch_ms
from app.store.db import Database
from app.store.rows import json_text, message_text, read_message, when

WAITING, RUNNING, ENDED = "waiting", "running", "ended"
OUTCOMES = frozenset({"done", "failed", "cancelled", "partly"})
INTERRUPTED = Message("job.interrupted")
_KEPT = 2000  # ended jobs
_COLUMNS = (
    "SELECT id, kind, connection_id, asked_by, state, outcome, progress, total, message, started_at, ended_at, detail"
    " FROM jobs"
)


class JobRow(msgspec.Struct, frozen=True):
    """`outcome` is '' until it ended. `total` None: not known. `detail` is the job's own JSON object."""

    id: int
    kind: str
    connection_id: int | None
    asked_by: str
    state: str
    outcome: str
    progress: int
    total: int | None
    message: Message | None
    started_at: datetime
    ended_at: datetime | None
    detail: dict[str, Any]


_detail = msgspec.json.Decoder(dict[str, Any])


class Jobs:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def start(
        self,
        kind: str,
        connection_id: int | None = None,
        asked_by: str = "schedule",
        *,
        total: int | None = None,
        detail: Mapping[str, Any] | None = None,
        waiting: bool = False,
    ) -> int:
        """A new job, running or waiting for its lane; returns its id."""
        values = (
            kind, connection_id, asked_by, WAITING if waiting else RUNNING, total, to_epoch_ms(self._now()),
            json_text(dict(detail or {})),
        )  # fmt: skip

        def job(conn: sqlite3.Connection) -> int:
            made = conn.execute(
                "INSERT INTO jobs(kind, connection_id, asked_by, state, total, started_at, detail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return int(made.lastrowid or 0)

        return await self._db.write(job)

    async def progress(
        self,
        id: int,  # noqa: A002
        progress: int,
        total: int | None = None,
        *,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """So far; a waiting job is running from now on. Nothing for one that has ended."""
        values = (progress, total, None if detail is None else json_text(dict(detail)), id)
        await self._db.write(
            lambda conn: (
                conn.execute(
                    "UPDATE jobs SET progress = ?, total = coalesce(?, total), detail = coalesce(?, detail),"
                    " state = 'running' WHERE id = ? AND state <> 'ended'",
                    values,
                ).rowcount
            )
        )

    async def end(
        self,
        id: int,  # noqa: A002
        outcome: str,
        message: Message | None = None,
        *,
        progress: int | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """`outcome` is one of OUTCOMES. The first end counts."""
        if outcome not in OUTCOMES:
            raise ValueError(f"no such outcome: {outcome!r}")
        text = None if detail is None else json_text(dict(detail))
        values = (outcome, message_text(message), to_epoch_ms(self._now()), progress, text, id)

        def job(conn: sqlite3.Connection) -> None:
            conn.execute(
                "UPDATE jobs SET state = 'ended', outcome = ?, message = ?, ended_at = ?,"
                " progress = coalesce(?, progress), detail = coalesce(?, detail) WHERE id = ? AND state <> 'ended'",
                values,
            )
            conn.execute("DELETE FROM jobs WHERE state = 'ended' AND id <= (SELECT max(id) FROM jobs) - ?", (_KEPT,))

        await self._db.write(job)

    async def interrupted(self) -> int:
        """At start: jobs of a process that is gone have failed. Returns how many there were."""
        values = (message_text(INTERRUPTED), to_epoch_ms(self._now()))
        return await self._db.write(
            lambda conn: (
                conn.execute(
                    "UPDATE jobs SET state = 'ended', outcome = 'failed', message = ?, ended_at = ?"
                    " WHERE state <> 'ended'",
                    values,
                ).rowcount
            )
        )

    async def get(self, id: int) -> JobRow | None:  # noqa: A002
        rows = await self._db.read(lambda conn: conn.execute(" ".join((_COLUMNS, "WHERE id = ?")), (id,)).fetchall())
        return _row(rows[0]) if rows else None

    async def recent(self, limit: int = 100, *, connection_id: int | None = None, kind: str = "") -> list[JobRow]:
        """Newest first, running ones among them; the last 2,000 are kept."""
        query = " ".join(
            (_COLUMNS, "WHERE (?1 IS NULL OR connection_id = ?1) AND (?2 = '' OR kind = ?2) ORDER BY id DESC LIMIT ?3")
        )
        values = (connection_id, kind, limit)
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query, values)])


def _row(row: tuple[Any, ...]) -> JobRow:
    return JobRow(*(*row[:8], read_message(row[8]), from_epoch_ms(row[9]), when(row[10]), _detail.decode(row[11])))
