"""Alerts, and what is told of them where. An alert and its deliveries are written in one transaction, so that a kill neither
loses a telling nor makes a second one. Never an address and never a key: a delivery names its channel only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from app.contracts.messages import Message
from app.model import from_epoch_ms, to_epoch_ms
from app.store.audit import Action, Entry, append
from app.store.db import Database
from app.store.errors import StoreError
from app.store.rows import json_text, message_text, read_counts, read_message, when

OPENED, AGAIN, ENDED = "opened", "again", "ended"
WAITING, SENDING, DONE, FAILED, DROPPED = "waiting", "sending", "done", "failed", "dropped"
_ids = msgspec.json.Decoder(tuple[int, ...])
_names = msgspec.json.Decoder(tuple[str, ...])
_ALERT = (
    "a.id, a.rule, a.subject, a.severity, a.connections, a.names, a.figures, a.cause, a.opened_at, a.last_at, a.ended_at,"
    " a.acked_at, a.snoozed_until"
)
_WIDTH = 13  # columns of the above
_DELIVERY = "d.id, d.key, d.channel, d.event, d.state, d.tries, d.not_before, d.created_at, d.settled_at, d.message"


class AlertBody(msgspec.Struct, frozen=True):
    """What an alert says. `subject` is what it is about (`connection:7`, `account:…`, ""); `connections` and `names` go
    together; `figures` are `value` and `limit` in the rule's unit, and `count`; `cause` is the message behind it."""

    rule: str
    subject: str
    severity: str
    connections: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    figures: dict[str, int] = {}
    cause: Message | None = None


class AlertRow(msgspec.Struct, frozen=True):
    """Instants aware UTC. On while `ended_at` is None. `acked_at`: somebody has taken it on. `snoozed_until`: it rests."""

    id: int
    body: AlertBody
    opened_at: datetime
    last_at: datetime
    ended_at: datetime | None = None
    acked_at: datetime | None = None
    snoozed_until: datetime | None = None

    @property
    def rule(self) -> str:
        return self.body.rule

    def rests(self, now: datetime) -> bool:
        """Whether it is snoozed at this moment."""
        return self.snoozed_until is not None and self.snoozed_until > now


class Notice(msgspec.Struct, frozen=True):
    """A telling to be: on which channel, of which event, not before when."""

    channel: str
    event: str
    not_before: datetime


class Moves(msgspec.Struct, frozen=True):
    """What one look at the rules changes. `quiet` alerts end untold (their rule was switched off)."""

    opened: tuple[AlertBody, ...] = ()
    seen: tuple[tuple[int, AlertBody], ...] = ()
    again: tuple[AlertRow, ...] = ()
    ended: tuple[AlertRow, ...] = ()
    quiet: tuple[AlertRow, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.opened or self.seen or self.again or self.ended or self.quiet)


class DeliveryRow(msgspec.Struct, frozen=True):
    """`key` is the same at every try. `message`: why the last try failed; of a done one, what was left of it."""

    id: int
    key: str
    channel: str
    event: str
    state: str
    tries: int
    not_before: datetime
    created_at: datetime
    settled_at: datetime | None
    message: Message | None
    alert: AlertRow


#: The notices of an event: `plan(event, body, row)`; `row` is None for an alert that opens now.
Plan = Callable[[str, AlertBody, AlertRow | None], Sequence[Notice]]
_Rows = list[AlertRow]


class Alerts:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def list(self, *, open_only: bool = True, limit: int = 500) -> _Rows:
        """Open ones first, then those that ended; newest first."""
        query = " ".join(
            ("SELECT", _ALERT, "FROM alerts a WHERE NOT ?1 OR a.ended_at IS NULL",
             "ORDER BY a.ended_at IS NOT NULL, a.opened_at DESC, a.id DESC LIMIT ?2")
        )  # fmt: skip
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query, (open_only, limit))])

    async def get(self, id: int) -> AlertRow | None:  # noqa: A002
        return await self._db.read(lambda conn: _find(conn, id))

    async def apply(self, moves: Moves, plan: Plan) -> _Rows:
        """Write one look at the rules, with what is to be told of it; gives the alerts that opened.

        What waits for the end of quiet hours is dropped when its alert ends before, and so is the telling of that end.
        """
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> _Rows:
            opened = []
            for body in moves.opened:
                row = _open(conn, body, at)
                opened.append(row)
                _put(conn, row.id, plan(OPENED, body, None), at)
            for alert_id, body in moves.seen:
                conn.execute(
                    "UPDATE alerts SET severity = ?, connections = ?, names = ?, figures = ?, cause = ?, last_at = ?"
                    " WHERE id = ? AND ended_at IS NULL",
                    (*_told(body), at, alert_id),
                )
            for row in moves.again:
                conn.execute("UPDATE alerts SET snoozed_until = NULL WHERE id = ?", (row.id,))
                _put(conn, row.id, plan(AGAIN, row.body, row), at)
            for row in (*moves.ended, *moves.quiet):
                conn.execute("UPDATE alerts SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (at, row.id))
                _drop(conn, row.id, at, everything=row in moves.quiet)
            for row in moves.ended:
                notices = [one for one in plan(ENDED, row.body, row) if _heard(conn, row.id, one.channel)]
                _put(conn, row.id, notices, at)
            return opened

        return await self._db.write(job)

    # -- what a person does ------------------------------------------------------------------------------------
    async def acknowledge(self, id: int, on: bool = True) -> AlertRow:  # noqa: A002
        """Somebody takes it on (or gives it back). Raises StoreError `store.no_alert` for one that is not open."""
        at = to_epoch_ms(self._now())
        entry = Entry(Action.ALERT_ACKNOWLEDGED, subject=("alert", id), details={} if on else {"withdrawn": True})

        def job(conn: sqlite3.Connection) -> AlertRow:
            row = _still_open(conn, id)
            if (row.acked_at is not None) is not on:
                conn.execute("UPDATE alerts SET acked_at = ? WHERE id = ?", (at if on else None, id))
                append(conn, at, *entry.columns())
            return _still_open(conn, id)

        return await self._db.write(job)

    async def snooze(self, id: int, until: datetime | None) -> AlertRow:  # noqa: A002
        """It rests until then (None: no longer). Raises StoreError `store.no_alert` for one that is not open."""
        now = self._now()
        at, end = to_epoch_ms(now), None if until is None else to_epoch_ms(until)
        minutes = 0 if until is None else max(1, round((until - now).total_seconds() / 60))
        entry = Entry(Action.ALERT_SNOOZED, subject=("alert", id), details={"minutes": minutes})

        def job(conn: sqlite3.Connection) -> AlertRow:
            _still_open(conn, id)
            conn.execute("UPDATE alerts SET snoozed_until = ? WHERE id = ?", (end, id))
            if end is not None:
                _drop(conn, id, at, everything=True)  # what was still to be told of it
            append(conn, at, *entry.columns())
            return _still_open(conn, id)

        return await self._db.write(job)

    # -- deliveries --------------------------------------------------------------------------------------------
    async def take(self, limit: int = 8) -> Sequence[DeliveryRow]:
        """Mark what may go out now as sending, oldest first. Of one alert on one channel each waits for the one before."""
        at = to_epoch_ms(self._now())
        query = " ".join(
            ("SELECT", _DELIVERY, ",", _ALERT, "FROM alert_deliveries d JOIN alerts a ON a.id = d.alert_id",
             "WHERE d.state = 'waiting' AND d.not_before <= ?1 AND NOT EXISTS (SELECT 1 FROM alert_deliveries b",
             "WHERE b.alert_id = d.alert_id AND b.channel = d.channel AND b.id < d.id",
             "AND b.state IN ('waiting', 'sending')) ORDER BY d.id LIMIT ?2")
        )  # fmt: skip

        def job(conn: sqlite3.Connection) -> Sequence[DeliveryRow]:
            found = [_delivery(row) for row in conn.execute(query, (at, limit)).fetchall()]
            conn.executemany(
                "UPDATE alert_deliveries SET state = 'sending', tries = tries + 1 WHERE id = ?",
                [(one.id,) for one in found],
            )
            return [msgspec.structs.replace(one, state=SENDING, tries=one.tries + 1) for one in found]

        return await self._db.write(job)

    async def settle(self, id: int, message: Message | None = None, *, failed: bool = False) -> None:  # noqa: A002
        """It went out (`message`: what was left of it), or it never will as things stand."""
        at = to_epoch_ms(self._now())
        values = (FAILED if failed else DONE, at, message_text(message), id)
        await self._db.write(
            lambda conn: (
                conn.execute(
                    "UPDATE alert_deliveries SET state = ?, settled_at = ?, message = ? WHERE id = ?", values
                ).rowcount
            )
        )

    async def put_off(self, id: int, message: Message | None, until: datetime) -> None:  # noqa: A002
        """It did not go out; once more after `until`. A try that `message` None ended (a locked vault) does not count."""
        values = (to_epoch_ms(until), message_text(message), message is None, id)
        await self._db.write(
            lambda conn: (
                conn.execute(
                    "UPDATE alert_deliveries SET state = 'waiting', not_before = ?1, message = coalesce(?2, message),"
                    " tries = tries - ?3 WHERE id = ?4",
                    values,
                ).rowcount
            )
        )

    async def hold(self, channel: str, until: datetime) -> int:
        """What waits on this channel waits until then: it was found not to work."""
        values = (to_epoch_ms(until), channel)
        query = (
            "UPDATE alert_deliveries SET not_before = ?1 WHERE channel = ?2 AND state = 'waiting' AND not_before < ?1"
        )
        return await self._db.write(lambda conn: conn.execute(query, values).rowcount)

    async def recover(self) -> int:
        """At start: what a former process left in the middle of sending goes out again, under the same key. How many."""
        query = "UPDATE alert_deliveries SET state = 'waiting' WHERE state = 'sending'"
        return await self._db.write(lambda conn: conn.execute(query).rowcount)

    async def revive(self, channel: str) -> int:
        """The channel was set up anew: what failed or waits for a later try, of alerts that are still on, goes out now."""
        at = to_epoch_ms(self._now())
        query = (
            "UPDATE alert_deliveries SET state = 'waiting', tries = 0, not_before = ?1, settled_at = NULL"
            " WHERE channel = ?2 AND (state = 'failed' OR (state = 'waiting' AND tries > 0))"
            " AND alert_id IN (SELECT id FROM alerts WHERE ended_at IS NULL)"
        )
        return await self._db.write(lambda conn: conn.execute(query, (at, channel)).rowcount)

    async def drop_waiting(self, channel: str) -> int:
        """The channel was switched off: nothing more goes out on it."""
        at = to_epoch_ms(self._now())
        query = (
            "UPDATE alert_deliveries SET state = 'dropped', settled_at = ?1 WHERE channel = ?2"
            " AND state IN ('waiting', 'failed')"
        )
        return await self._db.write(lambda conn: conn.execute(query, (at, channel)).rowcount)

    async def deliveries(self, alert_id: int | None = None, limit: int = 200) -> Sequence[DeliveryRow]:
        """Newest first."""
        query = " ".join(
            ("SELECT", _DELIVERY, ",", _ALERT, "FROM alert_deliveries d JOIN alerts a ON a.id = d.alert_id",
             "WHERE ?1 IS NULL OR d.alert_id = ?1 ORDER BY d.id DESC LIMIT ?2")
        )  # fmt: skip
        return await self._db.read(lambda conn: [_delivery(row) for row in conn.execute(query, (alert_id, limit))])

    async def troubles(self) -> dict[str, Message]:
        """By channel why its last try failed; channels whose last try went well are left out."""
        query = (
            "SELECT channel, state, message FROM alert_deliveries WHERE tries > 0 AND state IN ('waiting', 'done', 'failed')"
            " ORDER BY coalesce(settled_at, not_before), id"
        )

        def job(conn: sqlite3.Connection) -> dict[str, Message]:
            found: dict[str, Message] = {}
            for channel, state, text in conn.execute(query):
                message = read_message(text)
                if state == DONE or message is None:
                    found.pop(channel, None)
                else:
                    found[channel] = message
            return found

        return await self._db.read(job)

    async def next_due(self) -> datetime | None:
        """When the first of what waits may go out; None when nothing does."""
        query = "SELECT min(not_before) FROM alert_deliveries WHERE state = 'waiting'"
        return when(await self._db.read(lambda conn: conn.execute(query).fetchone()[0]))

    async def prune(self, before: datetime) -> int:
        """Forget alerts that ended before an instant, with their deliveries; how many."""
        at = to_epoch_ms(before)
        return await self._db.write(lambda conn: conn.execute("DELETE FROM alerts WHERE ended_at < ?", (at,)).rowcount)


def _told(body: AlertBody) -> tuple[str, str, str, str, str | None]:
    return (
        body.severity, json_text(body.connections), json_text(body.names), json_text(body.figures),
        message_text(body.cause),
    )  # fmt: skip


def _open(conn: sqlite3.Connection, body: AlertBody, at: int) -> AlertRow:
    made = conn.execute(
        "INSERT INTO alerts(rule, subject, severity, connections, names, figures, cause, opened_at, last_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (body.rule, body.subject, *_told(body), at, at),
    )
    return AlertRow(int(made.lastrowid or 0), body, from_epoch_ms(at), from_epoch_ms(at))


def _put(conn: sqlite3.Connection, alert_id: int, notices: Sequence[Notice], at: int) -> None:
    conn.executemany(
        "INSERT INTO alert_deliveries(key, alert_id, channel, event, state, not_before, created_at)"
        " VALUES (?, ?, ?, ?, 'waiting', ?, ?)",
        [(uuid4().hex, alert_id, one.channel, one.event, to_epoch_ms(one.not_before), at) for one in notices],
    )


def _drop(conn: sqlite3.Connection, alert_id: int, at: int, *, everything: bool) -> None:
    """Of what waits: that which was never tried and is held back, or `everything`."""
    conn.execute(
        "UPDATE alert_deliveries SET state = 'dropped', settled_at = ?1 WHERE alert_id = ?2 AND state = 'waiting'"
        " AND (?3 OR (tries = 0 AND not_before > ?1))",
        (at, alert_id, everything),
    )


def _heard(conn: sqlite3.Connection, alert_id: int, channel: str) -> bool:
    """Whether the channel was told, or is about to be, that it began."""
    return bool(
        conn.execute(
            "SELECT 1 FROM alert_deliveries WHERE alert_id = ? AND channel = ? AND state IN ('waiting', 'sending', 'done')",
            (alert_id, channel),
        ).fetchone()
    )


def _find(conn: sqlite3.Connection, alert_id: int) -> AlertRow | None:
    row = conn.execute(" ".join(("SELECT", _ALERT, "FROM alerts a WHERE a.id = ?")), (alert_id,)).fetchone()
    return None if row is None else _row(row)


def _still_open(conn: sqlite3.Connection, alert_id: int) -> AlertRow:
    row = _find(conn, alert_id)
    if row is None or row.ended_at is not None:
        raise StoreError("store.no_alert", id=str(alert_id))
    return row


def _row(row: tuple[Any, ...]) -> AlertRow:
    body = AlertBody(
        row[1], row[2], row[3], _ids.decode(row[4]), _names.decode(row[5]), read_counts(row[6]), read_message(row[7])
    )
    return AlertRow(
        row[0], body, from_epoch_ms(row[8]), from_epoch_ms(row[9]), when(row[10]), when(row[11]), when(row[12])
    )


def _delivery(row: tuple[Any, ...]) -> DeliveryRow:
    own, alert = row[:-_WIDTH], _row(row[-_WIDTH:])
    due, made, settled, why = from_epoch_ms(own[6]), from_epoch_ms(own[7]), when(own[8]), read_message(own[9])
    return DeliveryRow(own[0], own[1], own[2], own[3], own[4], own[5], due, made, settled, why, alert)
