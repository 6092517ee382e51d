"""The print queue: jobs and their units, each with where it is. A unit is `sending` in a transaction before its bytes leave and
`sent` in one after, together with its journal rows; what a crash leaves at `sending` becomes `doubt`, and is never sent again
unless somebody says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.contracts.messages import Message
from app.model import from_epoch_ms, to_epoch_ms
from app.store import order_local
from app.store.db import Database
from app.store.prints import note
from app.store.rows import json_text, message_text, read_message

_JOBS = (
    "SELECT j.id, j.printer, j.wish, j.kind, j.who, j.state, j.message, j.made_at, j.changed_at, count(u.position),"
    " coalesce(sum(u.state = 'sent'), 0), coalesce(sum(u.state = 'doubt'), 0), coalesce(sum(u.state = 'waiting'), 0)"
    " FROM print_jobs j LEFT JOIN print_units u ON u.job_id = j.id"
)
_UNITS = "SELECT position, copy, unit, orders, parcels, state, again, sha256 FROM print_units WHERE job_id = ?"
_LABELS = ("label", "carrier")


class NewUnit(msgspec.Struct, frozen=True):
    """`unit`: which of the drawn ones; `again`: its label had been printed before, and the merchant said once more."""

    unit: int
    copy: int
    orders: tuple[int, ...] = ()
    parcels: tuple[int, ...] = ()
    again: bool = False


class UnitRow(msgspec.Struct, frozen=True):
    position: int
    copy: int
    unit: int
    orders: tuple[int, ...]
    parcels: tuple[int, ...]
    state: str
    again: bool
    sha256: str


class PrintJob(msgspec.Struct, frozen=True):
    """A print job and how far it is: of `total` units `sent` left, of `doubt` nobody knows, `waiting` did not leave."""

    id: int
    printer: str
    wish: str
    kind: str
    who: str
    state: str
    message: Message | None
    made_at: datetime
    changed_at: datetime
    total: int
    sent: int
    doubt: int
    waiting: int


class PrintQueue:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def add(self, printer: str, wish: str, kind: str, who: str, units: Sequence[NewUnit]) -> int:
        """A job with all its units waiting; its id."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> int:
            made = conn.execute(
                "INSERT INTO print_jobs(printer, wish, kind, who, state, made_at, changed_at) VALUES (?, ?, ?, ?, 'open', ?, ?)",
                (printer, wish, kind, who, at, at),
            )
            job_id = int(made.lastrowid or 0)
            conn.executemany(
                "INSERT INTO print_units(job_id, position, copy, unit, orders, parcels, state, again)"
                " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?)",
                [
                    (
                        job_id,
                        position,
                        one.copy,
                        one.unit,
                        json_text(one.orders),
                        json_text(one.parcels),
                        int(one.again),
                    )
                    for position, one in enumerate(units, 1)
                ],
            )
            return job_id

        return await self._db.write(job)

    async def advance(
        self, job_id: int, sent: Sequence[tuple[int, str]], sending: Sequence[int], path: str = ""
    ) -> None:
        """In one transaction: `sent` (position, SHA-256) left and are in the journal, `sending` leave now."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> None:
            if sent:
                _sent(conn, job_id, sent, path, at)
            conn.executemany(
                "UPDATE print_units SET state = 'sending', at = ? WHERE job_id = ? AND position = ?",
                [(at, job_id, position) for position in sending],
            )
            conn.execute(
                "UPDATE print_jobs SET changed_at = ?1, message = NULL, state = CASE WHEN EXISTS (SELECT 1 FROM print_units"
                " WHERE job_id = ?2 AND state NOT IN ('sent', 'skipped')) THEN 'open' ELSE 'done' END WHERE id = ?2",
                (at, job_id),
            )

        await self._db.write(job)

    async def stop(
        self, job_id: int, message: Message | None, *, left: Sequence[int] = (), unsent: Sequence[int] = ()
    ) -> None:
        """The job stands still, and why. `unsent`: nothing of them left for certain; `left`: nobody knows."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> None:
            for state, positions in (("waiting", unsent), ("doubt", left)):
                conn.executemany(
                    "UPDATE print_units SET state = ? WHERE job_id = ? AND position = ? AND state = 'sending'",
                    [(state, job_id, position) for position in positions],
                )
            conn.execute(
                "UPDATE print_jobs SET message = ?, changed_at = ? WHERE id = ?", (message_text(message), at, job_id)
            )

        await self._db.write(job)

    async def recover(self, job_id: int | None = None) -> int:
        """After a crash: whatever was on its way then is in doubt. Returns how many. Only for the owner of the workspace, and for a
        job that nobody sends at this moment."""
        query = "UPDATE print_units SET state = 'doubt' WHERE state = 'sending' AND (?1 IS NULL OR job_id = ?1)"
        return await self._db.write(lambda conn: conn.execute(query, (job_id,)).rowcount)

    async def settle_doubt(self, job_id: int, *, again: bool) -> int:
        """What the merchant says of the doubtful: print them once more (marked so in the journal), or they came out."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> int:
            rows = conn.execute(
                "SELECT position, sha256 FROM print_units WHERE job_id = ? AND state = 'doubt'", (job_id,)
            ).fetchall()
            if again:
                conn.execute(
                    "UPDATE print_units SET state = 'waiting', again = 1 WHERE job_id = ? AND state = 'doubt'",
                    (job_id,),
                )
            else:
                _sent(conn, job_id, rows, "", at)
                _close(conn, job_id, at)
            return len(rows)

        return await self._db.write(job)

    async def start_over_at(self, job_id: int, position: int) -> int:
        """After a jam: unit `position` and all behind it are to be printed (again, where they had left). Returns how many."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> int:
            done = conn.execute(
                "UPDATE print_units SET again = max(again, state IN ('sent', 'doubt')), state = 'waiting'"
                " WHERE job_id = ? AND position >= ?",
                (job_id, position),
            )
            if done.rowcount:
                conn.execute("UPDATE print_jobs SET state = 'open', changed_at = ? WHERE id = ?", (at, job_id))
            return done.rowcount

        return await self._db.write(job)

    async def drop(self, job_id: int) -> None:
        """What waits is not printed any more."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> None:
            conn.execute(
                "UPDATE print_units SET state = 'skipped' WHERE job_id = ? AND state IN ('waiting', 'doubt')", (job_id,)
            )
            conn.execute("UPDATE print_jobs SET state = 'dropped', changed_at = ? WHERE id = ?", (at, job_id))

        await self._db.write(job)

    # -- reading -----------------------------------------------------------------------------------------------------
    async def open_jobs(self) -> list[PrintJob]:
        """Those that are not through, oldest first."""
        query = " ".join((_JOBS, "WHERE j.state = 'open' GROUP BY j.id ORDER BY j.id"))
        return await self._db.read(lambda conn: [_job(row) for row in conn.execute(query)])

    async def get(self, job_id: int) -> PrintJob | None:
        query = " ".join((_JOBS, "WHERE j.id = ? GROUP BY j.id"))

        def job(conn: sqlite3.Connection) -> PrintJob | None:
            row = conn.execute(query, (job_id,)).fetchone()
            return None if row is None else _job(row)

        return await self._db.read(job)

    async def units(self, job_id: int) -> list[UnitRow]:
        query = " ".join((_UNITS, "ORDER BY position"))
        return await self._db.read(lambda conn: [_unit(row) for row in conn.execute(query, (job_id,))])


def _sent(conn: sqlite3.Connection, job_id: int, sent: Sequence[tuple[int, str]], path: str, at: int) -> None:
    job = conn.execute("SELECT printer, kind, who FROM print_jobs WHERE id = ?", (job_id,)).fetchone()
    for position, sha256 in sent:
        row = conn.execute(" ".join((_UNITS, "AND position = ?")), (job_id, position)).fetchone()
        unit = _unit(row)
        conn.execute(
            "UPDATE print_units SET state = 'sent', sha256 = ?, at = ? WHERE job_id = ? AND position = ?",
            (sha256, at, job_id, position),
        )
        again = unit.again or unit.copy > 1
        note(conn, unit.orders or (None,), job[1], path, sha256, job[0], at, who=job[2], again=again, job_id=job_id)
        if job[1] in _LABELS:
            order_local.apply(conn, unit.orders, order_local.Change(printed=True), at)
        if unit.parcels:
            conn.executemany(
                "UPDATE parcels SET printed_at = ?1, print_count = print_count + 1, changed_at = ?1,"
                " state = CASE state WHEN 'created' THEN 'labelled' ELSE state END WHERE id = ?2",
                [(at, one) for one in unit.parcels],
            )


def _close(conn: sqlite3.Connection, job_id: int, at: int) -> None:
    conn.execute(
        "UPDATE print_jobs SET state = 'done', message = NULL, changed_at = ?1 WHERE id = ?2 AND NOT EXISTS"
        " (SELECT 1 FROM print_units WHERE job_id = ?2 AND state NOT IN ('sent', 'skipped'))",
        (at, job_id),
    )


def _job(row: tuple[Any, ...]) -> PrintJob:
    return PrintJob(*(*row[:6], read_message(row[6]), from_epoch_ms(row[7]), from_epoch_ms(row[8]), *row[9:]))


def _unit(row: tuple[Any, ...]) -> UnitRow:
    orders, parcels = (tuple(msgspec.json.decode(one, type=list[int])) for one in (row[3], row[4]))
    return UnitRow(row[0], row[1], row[2], orders, parcels, row[5], bool(row[6]), row[7])
