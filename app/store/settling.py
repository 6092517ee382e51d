"""What became of rows that were sent, written down for a whole batch in a few statements: a statement a row stood in the way of a
vendor that takes a thousand prices at once. Runs within the outbox's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from app.contracts.results import Outcome, OutcomeState
from app.store import intents
from app.store.rows import json_text, message_text

Row = tuple[Any, ...]  # id, kind, subject, state, ticket


_OVER = (OutcomeState.DONE, OutcomeState.REFUSED)


def payload(conn: sqlite3.Connection, key: str) -> bytes:
    return bytes(conn.execute("SELECT payload FROM outbox WHERE key = ?", (key,)).fetchone()[0])


def settle(
    conn: sqlite3.Connection, outcomes: Sequence[Outcome], ticket: str, at: int
) -> list[tuple[Outcome, str, int | None]]:
    """Outcomes, with kind and subject, of the rows that were on their way; they are on the rows, and on what these are about."""
    last: dict[str, Outcome] = {}
    for outcome in outcomes:  # what is settled stays; else the later word holds
        if outcome.key not in last or last[outcome.key].state not in _OVER:
            last[outcome.key] = outcome
    query = (
        "SELECT o.key, o.id, o.kind, o.subject, o.state, o.ticket FROM json_each(?) j CROSS JOIN outbox o ON o.key = j.value"
        " WHERE o.state IN ('sending', 'pending', 'unknown')"
    )
    lots: dict[str, list[tuple[Outcome, Row]]] = {}
    for key, *row in conn.execute(query, (json_text(list(last)),)):
        lots.setdefault(row[1], []).append((last[key], tuple(row)))
    for kind, lot in lots.items():
        _settle(conn, kind, lot, ticket, at)
    return [(outcome, kind, row[2]) for kind, lot in lots.items() for outcome, row in lot]


def _settle(conn: sqlite3.Connection, kind: str, lot: Sequence[tuple[Outcome, Row]], ticket: str, at: int) -> None:
    """Outcomes of one kind, on the rows and on what they are about."""
    told: list[tuple[Any, ...]] = []
    marks: list[tuple[int | None, str, str, str | None]] = []
    done: list[str] = []
    for outcome, (row_id, _, subject, was, had) in lot:
        state = outcome.state.value
        over = outcome.state in _OVER
        message = message_text(outcome.message)
        if state == was == OutcomeState.PENDING and message is None and ticket == had and not outcome.remote_ref:
            continue  # asked again, and nothing new
        told.append((row_id, state, message, "" if over else ticket, outcome.remote_ref, at if over else None))
        if outcome.state is OutcomeState.DONE:
            done.append(outcome.key)
        else:
            marks.append((subject, outcome.key, state, message))
    conn.execute(
        "UPDATE outbox SET state = json_extract(j.value, '$[1]'), message = json_extract(j.value, '$[2]'),"
        " ticket = json_extract(j.value, '$[3]'), remote_ref = json_extract(j.value, '$[4]'),"
        " settled_at = json_extract(j.value, '$[5]') FROM json_each(?) j WHERE outbox.id = json_extract(j.value, '$[0]')",
        (json_text(told),),
    )
    intents.mark_many(conn, kind, marks)
    query = (
        "SELECT o.subject, o.key, o.payload FROM json_each(?) j CROSS JOIN outbox o ON o.key = j.value ORDER BY o.id"
    )
    intents.apply_many(conn, kind, conn.execute(query, (json_text(done),)).fetchall(), at)
