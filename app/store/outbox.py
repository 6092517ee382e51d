"""The outbox: one row for each thing that a vendor must be told, written with the local change it belongs to.

A row whose answer was lost is `unknown` and is looked up before anything is sent again. Per subject the rows go out one
after the other; a newer wish replaces one that still waits, never one that is on its way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from app.contracts.messages import Message
from app.contracts.results import Outcome, OutcomeState
from app.model import Shipment, from_epoch_ms, to_epoch_ms
from app.store import audit, intents, parcel_fate, settings, settling
from app.store.db import Database
from app.store.errors import StoreError
from app.store.rows import json_text, message_text, read_message, when

#: Kinds that set an absolute value: sending one twice does no harm.
REPEATABLE = frozenset({"price", "stock"})
QUEUED, SENDING, PENDING, DONE, REFUSED, UNKNOWN, SUPERSEDED = (
    "queued", "sending", "pending", "done", "refused", "unknown", "superseded",
)  # fmt: skip
_FROZEN = "outbox.frozen"  # setting: connection ids, and 0 for all
_COLUMNS = (
    "SELECT o.id, o.key, o.connection_id, o.account_id, o.kind, o.subject, o.payload, o.state, o.attempts, o.ticket,"
    " o.message, o.not_before, o.created_at, o.settled_at, o.plan, o.remote_ref, o.sent_at FROM outbox o"
)
# sending, pending and unknown are on their way: nothing else for their subject may overtake them.
# SQLite uses the index of open rows only where the index's own condition stands word by word in the query.
_OPEN = "o.state IN ('queued', 'sending', 'pending', 'unknown')"
_TAKE = (
    "AND o.connection_id = ?1 AND o.kind = ?2 AND o.state = 'queued'"
    # Last sent in the future: the clock was ahead then, and so is the moment that it waits for.
    " AND (o.not_before <= ?3 OR o.sent_at > ?3)"
    " AND (o.subject IS NULL OR NOT EXISTS (SELECT 1 FROM outbox b WHERE b.connection_id = o.connection_id"
    " AND b.kind = o.kind AND b.subject = o.subject"
    " AND (b.state IN ('sending', 'pending', 'unknown') OR (b.state = 'queued' AND b.id < o.id))))"
    " AND EXISTS (SELECT 1 FROM connections c WHERE c.id = ?1 AND c.removed_at IS NULL)"
    " ORDER BY o.id LIMIT ?4"
)


class OutboxRow(msgspec.Struct, frozen=True):
    """`key` is our reference towards the vendor; `payload` JSON (for price and stock an encoded PriceChange or
    StockChange); `subject` the listing's or order's id; `plan` the previewed set it belongs to."""

    id: int
    key: str
    connection_id: int
    account_id: str
    kind: str
    subject: int | None
    payload: bytes
    state: str
    attempts: int
    ticket: str
    message: Message | None
    not_before: datetime
    created_at: datetime
    settled_at: datetime | None
    plan: str
    remote_ref: str = ""
    sent_at: datetime | None = None


_Rows = list[OutboxRow]


class OutboxFilter(msgspec.Struct, frozen=True):
    """Empty and None mean any."""

    connection_id: int | None = None
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    subject: int | None = None
    plan: str = ""


class Outbox:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def enqueue(
        self,
        connection_id: int,
        kind: str,
        subject: int | None,
        payload: bytes,
        key: str | None = None,
        *,
        plan: str = "",
        not_before: datetime | None = None,
        coalesce: bool = True,
    ) -> int:
        """Queue an intent; returns its row id. One that still waits for the same (connection, kind, subject) becomes
        `superseded` unless `coalesce` is False (two parcels of one order are two intents)."""
        at = to_epoch_ms(self._now())
        due = 0 if not_before is None else to_epoch_ms(not_before)
        return await self._db.write(
            lambda conn: put(
                conn, connection_id, kind, subject, payload, key or new_key(), at, plan=plan, due=due, coalesce=coalesce
            )
        )

    async def take(self, connection_id: int, kind: str, limit: int, now: datetime) -> list[OutboxRow]:
        """Mark up to `limit` due rows as sending, oldest first, one a subject. Nothing while frozen or paused by
        `freeze`, or when the connection is removed."""
        at = to_epoch_ms(now)
        query = " ".join((_COLUMNS, "WHERE", _OPEN, _TAKE))

        def job(conn: sqlite3.Connection) -> list[OutboxRow]:
            if {0, connection_id} & set(settings.read(conn, _FROZEN, [])):
                return []
            found = conn.execute(query, (connection_id, kind, at, limit)).fetchall()
            conn.execute(
                "UPDATE outbox SET state = 'sending', attempts = attempts + 1, sent_at = ?, ticket = ''"
                " WHERE id IN (SELECT value FROM json_each(?))",
                (at, json_text([row[0] for row in found])),
            )
            intents.mark_many(conn, kind, [(row[5], row[1], SENDING, None) for row in found])
            return [_row((*row[:7], SENDING, row[8] + 1, "", *row[10:16], at)) for row in found]

        return await self._db.write(job)

    async def settle(
        self,
        outcomes: Sequence[Outcome],
        *,
        ticket: str = "",
        now: datetime,
        shipments: Mapping[str, Shipment] | None = None,
    ) -> set[int]:
        """Write down what came of rows that are on their way; returns the subjects that changed. A pending one keeps
        `ticket`. A row that is settled already, or never left, stays as it is. `shipments`: by key, what a carrier made."""
        at = to_epoch_ms(now)

        def job(conn: sqlite3.Connection) -> set[int]:
            changed: set[int] = set()
            for outcome, kind, subject in settling.settle(conn, outcomes, ticket, at):
                if kind == parcel_fate.PARCEL and subject is not None and outcome.state is OutcomeState.DONE:
                    asked, made = settling.payload(conn, outcome.key), (shipments or {}).get(outcome.key)
                    follow_up(conn, parcel_fate.settled(conn, subject, outcome.key, asked, made, at), at)
                if subject is not None:
                    changed.add(subject)
            return changed

        return await self._db.write(job)

    async def release(self, keys: Sequence[str], not_before: datetime, message: Message | None = None) -> None:
        """Put rows that are on their way back into the queue, due at `not_before`. The caller knows that they were not
        acted on, or that repeating them is harmless. One that a newer wish waits behind is superseded instead."""
        due = to_epoch_ms(not_before)
        text = message_text(message)
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> None:
            for row in conn.execute(
                "SELECT id, key, connection_id, kind, subject FROM outbox WHERE key IN (SELECT value FROM json_each(?))"
                " AND state IN ('sending', 'pending', 'unknown')",
                (json_text(list(keys)),),
            ).fetchall():
                _requeue(conn, row, due, text, at)

        await self._db.write(job)

    async def hold(self, account_id: str, kind: str, until: datetime, message: Message) -> None:
        """What else waits for the account goes no earlier than that, and says why: one refusal speaks for the whole queue."""
        query = (
            "UPDATE outbox SET not_before = ?1, message = ?2"
            " WHERE account_id = ?3 AND kind = ?4 AND state = 'queued' AND not_before < ?1"
        )
        values = (to_epoch_ms(until), message_text(message), account_id, kind)
        await self._db.write(lambda conn: conn.execute(query, values).rowcount)

    async def hurry(self, account_id: str, kind: str, codes: Sequence[str], now: datetime) -> None:
        """What waits for the account because of one of these codes may go now: the trouble is over."""
        query = (
            "UPDATE outbox SET not_before = ?1 WHERE account_id = ?2 AND kind = ?3 AND state = 'queued'"
            " AND not_before > ?1 AND json_extract(message, '$.code') IN (SELECT value FROM json_each(?4))"
        )
        values = (to_epoch_ms(now), account_id, kind, json_text(list(codes)))
        await self._db.write(lambda conn: conn.execute(query, values).rowcount)

    async def withdraw(self, keys: Sequence[str]) -> set[int]:
        """Take back intents that are still queued, or that were refused, with the wish they stand for; returns the
        subjects that changed. Rows that are on their way stay."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> set[int]:
            changed: set[int] = set()
            for row_id, key, kind, subject in conn.execute(
                "SELECT id, key, kind, subject FROM outbox WHERE key IN (SELECT value FROM json_each(?))"
                " AND state IN ('queued', 'refused')",
                (json_text(list(keys)),),
            ).fetchall():
                conn.execute(
                    "UPDATE outbox SET state = 'superseded', settled_at = ? WHERE id = ? AND state = 'queued'",
                    (at, row_id),
                )
                if subject is not None:
                    intents.clear(conn, kind, subject, key, at)
                    changed.add(subject)
            return changed

        return await self._db.write(job)

    async def pending_tickets(self, connection_id: int) -> list[tuple[str, list[OutboxRow]]]:
        """Batches whose result is still to come, oldest first."""
        rows = await self._select(
            " ".join(("WHERE", _OPEN, "AND o.connection_id = ? AND o.state = 'pending' ORDER BY o.id")),
            (connection_id,),
        )
        batches: dict[str, list[OutboxRow]] = {}
        for row in rows:
            batches.setdefault(row.ticket, []).append(row)
        return list(batches.items())

    async def unknown(self, connection_id: int) -> list[OutboxRow]:
        """Rows whose answer was lost: to be looked up by their key, then settled or released."""
        return await self._select(
            " ".join(("WHERE", _OPEN, "AND o.connection_id = ? AND o.state = 'unknown' ORDER BY o.id")),
            (connection_id,),
        )

    async def recover(self, now: datetime) -> None:
        """At start, before anything is taken: what a former process left in `sending` has lost its answer. Repeatable
        kinds go back into the queue, the others become unknown."""
        at = to_epoch_ms(now)

        def job(conn: sqlite3.Connection) -> None:
            for row in conn.execute(
                "SELECT id, key, connection_id, kind, subject FROM outbox WHERE state = 'sending' ORDER BY id"
            ).fetchall():
                if row[3] in REPEATABLE:
                    _requeue(conn, row, at, None, at)
                else:
                    conn.execute("UPDATE outbox SET state = 'unknown' WHERE id = ?", (row[0],))

        await self._db.write(job)

    async def query(self, wanted: OutboxFilter, offset: int = 0, limit: int = 200) -> list[OutboxRow]:
        """Newest first."""
        tests = (
            "WHERE (?1 IS NULL OR o.connection_id = ?1) AND (?2 = '[]' OR o.kind IN (SELECT value FROM json_each(?2)))"
            " AND (?3 = '[]' OR o.state IN (SELECT value FROM json_each(?3))) AND (?4 IS NULL OR o.subject = ?4)"
            " AND (?5 = '' OR o.plan = ?5) ORDER BY o.id DESC LIMIT ?6 OFFSET ?7"
        )
        kinds, states = json_text(wanted.kinds), json_text(wanted.states)
        return await self._select(
            tests, (wanted.connection_id, kinds, states, wanted.subject, wanted.plan, limit, offset)
        )

    async def get(self, key: str) -> OutboxRow | None:
        found = await self._select("WHERE o.key = ?", (key,))
        return found[0] if found else None

    async def counts(self, connection_id: int | None = None) -> dict[str, int]:
        """Rows by state; states without rows are left out."""
        query = "SELECT state, count(*) FROM outbox WHERE ?1 IS NULL OR connection_id = ?1 GROUP BY state"
        return await self._db.read(lambda conn: dict(conn.execute(query, (connection_id,)).fetchall()))

    async def due(self, now: datetime) -> list[tuple[int, str, int]]:
        """(connection id, kind, rows) of what waits and may go out now; freezes are not looked at."""
        query = (
            "SELECT connection_id, kind, count(*) FROM outbox WHERE state = 'queued'"
            " AND (not_before <= ?1 OR sent_at > ?1)"
            " GROUP BY connection_id, kind ORDER BY min(id)"
        )
        return await self._db.read(lambda conn: conn.execute(query, (to_epoch_ms(now),)).fetchall())

    async def next_due(self, connection_id: int) -> datetime | None:
        """When the first of what waits may go out; None when nothing waits. A moment of the past: now."""
        query = "SELECT min(not_before) FROM outbox WHERE connection_id = ? AND state = 'queued'"
        found = await self._db.read(lambda conn: conn.execute(query, (connection_id,)).fetchone()[0])
        return None if found is None else from_epoch_ms(found)

    async def freeze(self, connection_id: int | None = None) -> None:
        """`take` gives nothing for this connection (None: for all) until `unfreeze`; kept over restarts."""
        at = to_epoch_ms(self._now())
        await self._db.write(lambda conn: _freeze(conn, connection_id or 0, True, at))

    async def unfreeze(self, connection_id: int | None = None) -> None:
        at = to_epoch_ms(self._now())
        await self._db.write(lambda conn: _freeze(conn, connection_id or 0, False, at))

    async def frozen(self) -> frozenset[int]:
        """Ids of frozen connections; 0 stands for all."""
        return await self._db.read(lambda conn: frozenset(settings.read(conn, _FROZEN, [])))

    async def prune(self, before: datetime) -> int:
        """Forget done and superseded rows settled before an instant; returns how many."""
        at = to_epoch_ms(before)
        query = "DELETE FROM outbox WHERE state IN ('done', 'superseded') AND settled_at < ?"
        return await self._db.write(lambda conn: conn.execute(query, (at,)).rowcount)

    async def _select(self, where: str, values: tuple[Any, ...]) -> list[OutboxRow]:
        query = " ".join((_COLUMNS, where))
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query, values)])


def new_key() -> str:
    return uuid4().hex


def put(
    conn: sqlite3.Connection,
    connection_id: int,
    kind: str,
    subject: int | None,
    payload: bytes,
    key: str,
    now: int,
    *,
    plan: str = "",
    due: int = 0,
    coalesce: bool = True,
) -> int:
    """Within the caller's transaction, beside the local change."""
    account = conn.execute(
        "SELECT account_id FROM connections WHERE id = ? AND removed_at IS NULL", (connection_id,)
    ).fetchone()
    if account is None:
        raise StoreError("store.no_connection", connection=str(connection_id))
    if coalesce and subject is not None:
        conn.execute(
            "UPDATE outbox SET state = 'superseded', settled_at = ?"
            " WHERE connection_id = ? AND kind = ? AND subject = ? AND state = 'queued'",
            (now, connection_id, kind, subject),
        )
    made = conn.execute(
        "INSERT INTO outbox(key, connection_id, account_id, kind, subject, payload, state, not_before, created_at, plan)"
        " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
        (key, connection_id, account[0], kind, subject, payload, due, now, plan),
    )
    return int(made.lastrowid or 0)


def follow_up(conn: sqlite3.Connection, intents_: Sequence[parcel_fate.FollowUp], now: int) -> None:
    """Queue what follows from a settled intent, within its transaction."""
    for one in intents_:
        put(conn, one.connection_id, one.kind, one.subject, one.payload, one.key, now, coalesce=False)


def _requeue(conn: sqlite3.Connection, row: tuple[Any, ...], due: int, message: str | None, now: int) -> None:
    row_id, key, connection_id, kind, subject = row
    newer = (
        subject is not None
        and conn.execute(
            "SELECT 1 FROM outbox WHERE connection_id = ? AND kind = ? AND subject = ? AND state = 'queued' AND id > ?",
            (connection_id, kind, subject, row_id),
        ).fetchone()
    )
    if newer and kind in REPEATABLE:
        conn.execute("UPDATE outbox SET state = 'superseded', settled_at = ? WHERE id = ?", (now, row_id))
        return
    conn.execute(
        "UPDATE outbox SET state = 'queued', not_before = ?, message = ?, ticket = '', settled_at = NULL WHERE id = ?",
        (due, message, row_id),
    )
    intents.mark(conn, kind, subject, key, QUEUED, message)


def _freeze(conn: sqlite3.Connection, connection_id: int, on: bool, now: int) -> None:
    was = set(settings.read(conn, _FROZEN, []))
    frozen = was | {connection_id} if on else was - {connection_id}
    if frozen == was:
        return
    settings.write(conn, _FROZEN, sorted(frozen) or None)
    entry = audit.Entry(
        audit.Action.SETTINGS_CHANGED, connection_id or None, ("setting", _FROZEN), details={"value": on}
    )
    audit.append(conn, now, *entry.columns())


def _row(row: tuple[Any, ...]) -> OutboxRow:
    read = (read_message(row[10]), from_epoch_ms(row[11]), from_epoch_ms(row[12]), when(row[13]))
    return OutboxRow(*(*row[:10], *read, row[14], row[15], when(row[16])))
