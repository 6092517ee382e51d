"""The audit log: who did what, on what, with which outcome. Append-only; each entry carries the hash of the one before.

Never a person's data and never a secret: ids and figures only, so that erasing a buyer leaves the chain whole. The chain
shows a change by a hand that does not know it. Somebody who may write the file can make the whole chain anew or cut its
end: that shows against a head (`Head`) kept elsewhere, as every backup keeps one.
"""

from __future__ import annotations

import getpass
import hashlib
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.model import from_epoch_ms, to_epoch_ms
from app.store import settings
from app.store.audit_words import (
    ALL,
    Action,
    AuditEntry,
    AuditFilter,
    BrokenLink,
    Detail,
    Head,
    Outcome,
    Uses,
)
from app.store.db import Database
from app.store.rows import ms

__all__ = [
    "ALL", "Action", "Audit", "AuditEntry", "AuditFilter", "BrokenLink", "Detail", "Entry", "Head", "Outcome", "Uses", "append",
    "counted", "head", "may_stand", "os_user",
]  # fmt: skip

_GENESIS = bytes(32)
_SLICE = 500  # entries checked at a stretch (some 3 ms)
_MOST_IDS = 200
_COLUMNS = "SELECT id, at, actor, action, connection_id, subject_kind, subject_id, outcome, details, hash FROM audit"
_MATCH = (
    "(?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2)"
    " AND (?3 = '' OR action = ?3 OR substr(action, 1, length(?3) + 1) = ?3 || '.')"
    " AND (?4 = '' OR actor = ?4) AND (?5 IS NULL OR connection_id = ?5)"
    " AND (?6 = '' OR subject_kind = ?6) AND (?7 = '' OR subject_id = ?7) AND (?8 = '' OR outcome = ?8)"
)
_GUARDS = frozenset({"audit_never_changes", "audit_never_shrinks", "audit_only_grows"})
# An id or a code of ours. No blank, no @, no +, no letter beyond ASCII: a name, an address or a mail does not fit.
_ID = re.compile(r"[A-Za-z0-9_.:/-]{0,64}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{10}")  # a phone, a TCKN, a VKN: figures are int, our ids are short
_HASH = re.compile(r"[0-9a-f]{64}")
_encode = msgspec.json.Encoder(order="sorted").encode
_details = msgspec.json.Decoder(dict[str, Any])


def os_user() -> str:
    """The user name of the operating system; "unknown" when it has none to tell."""
    try:
        if sys.platform != "win32":
            import os
            import pwd

            name = pwd.getpwuid(os.getuid()).pw_name  # not the environment, which anybody may set
        else:
            name = getpass.getuser()
    except (ImportError, KeyError, OSError):
        return "unknown"
    return name.encode("utf-8", "replace").decode()[:64] or "unknown"


def counted(ids: Iterable[int]) -> dict[str, Detail]:
    """`count` and the first 200 `ids`, as details of an entry about many rows."""
    all_ids = list(ids)
    return {"count": len(all_ids), "ids": all_ids[:_MOST_IDS]}


class Entry(msgspec.Struct, frozen=True):
    """An entry to be. `columns()` are what `append` takes; it raises ValueError for what looks like a person's data."""

    action: Action
    connection_id: int | None = None
    subject: tuple[str, str | int] = ("", "")
    outcome: Outcome = Outcome.DONE
    details: Mapping[str, Detail] = {}
    actor: str = ""

    def columns(self) -> tuple[str, str, int | None, str, str, str, str]:
        kind, subject_id = self.subject
        return (
            self.actor or os_user(), self.action.value, self.connection_id, _told(kind), _told(str(subject_id)),
            self.outcome.value, _details_text(self.details),
        )  # fmt: skip


class Audit:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def note(
        self,
        action: Action,
        *,
        connection_id: int | None = None,
        subject: tuple[str, str | int] = ("", ""),
        outcome: Outcome = Outcome.DONE,
        details: Mapping[str, Detail] | None = None,
        actor: str = "",
    ) -> int:
        """Add an entry; on the disk when this returns its id. `subject` is a kind and our own id of it.

        Raises ValueError for what looks like a person's data (see `_told`), StoreError.
        """
        entry = Entry(action, connection_id, subject, outcome, details or {}, actor)
        at = to_epoch_ms(self._now())
        values = entry.columns()
        return await self._db.write(lambda conn: append(conn, at, *values))

    async def choose(self, key: str, value: Any) -> bool:
        """Write a setting that a person chose, with its entry, in one transaction; whether it was another value.

        A yes or no, a figure or a short code is told in the entry; any other text (a sender's address) is not.
        """
        at = to_epoch_ms(self._now())
        columns = Entry(Action.SETTINGS_CHANGED, subject=("setting", key), details=_setting_details(value)).columns()

        def job(conn: sqlite3.Connection) -> bool:
            if settings.read(conn, key) == msgspec.to_builtins(value):
                return False
            settings.write(conn, key, value)
            append(conn, at, *columns)
            return True

        return await self._db.write(job)

    async def wished(self, kind: str, listings: Iterable[tuple[int, int]], *, withdrawn: bool = False) -> None:
        """Prices or stock figures that a person wished (or took back), as (connection id, listing id): one entry a
        connection for the whole of one action, however many listings it touched."""
        action = Action.PRICE_WISHED if kind == "price" else Action.STOCK_WISHED
        groups: dict[int, list[int]] = {}
        for connection_id, listing_id in listings:
            groups.setdefault(connection_id, []).append(listing_id)
        more: dict[str, Detail] = {"withdrawn": True} if withdrawn else {}
        entries = [Entry(action, one, details={**counted(ids), **more}).columns() for one, ids in groups.items()]
        at = to_epoch_ms(self._now())
        if entries:
            await self._db.write(lambda conn: [append(conn, at, *columns) for columns in entries])

    async def query(
        self, wanted: AuditFilter = ALL, *, before: int = 0, limit: int = 200, offset: int = 0
    ) -> list[AuditEntry]:
        """Newest first; `before` is the id of the last entry of the page before (0: from the newest on)."""
        sql = " ".join((_COLUMNS, "WHERE", _MATCH, "AND (?9 = 0 OR id < ?9) ORDER BY id DESC LIMIT ?10 OFFSET ?11"))
        values = (*_wanted(wanted), before, limit, offset)
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(sql, values)])

    async def count(self, wanted: AuditFilter = ALL) -> int:
        sql = " ".join(("SELECT count(*) FROM audit WHERE", _MATCH))
        values = _wanted(wanted)
        return await self._db.read(lambda conn: int(conn.execute(sql, values).fetchone()[0]))

    async def export(self, wanted: AuditFilter = ALL) -> AsyncIterator[AuditEntry]:
        """Oldest first, read in slices: entries that come meanwhile are given too."""
        sql = " ".join((_COLUMNS, "WHERE", _MATCH, "AND id > ?9 ORDER BY id LIMIT ?10"))
        last, values = 0, _wanted(wanted)
        while True:
            rows = await self._db.read(_fetch(sql, (*values, last, _SLICE)))
            for row in rows:
                yield _row(row)
            if len(rows) < _SLICE:
                return
            last = rows[-1][0]

    async def usage(self, since: datetime | None = None, until: datetime | None = None) -> list[Uses]:
        """Who did what on which connection, counted: the base of the report for questions about access."""
        sql = (
            "SELECT actor, action, connection_id, outcome, count(*), min(at), max(at) FROM audit"
            " WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2)"
            " GROUP BY actor, action, connection_id, outcome ORDER BY actor, action, connection_id, outcome"
        )
        rows = await self._db.read(_fetch(sql, (ms(since), ms(until))))
        return [Uses(*(*row[:5], from_epoch_ms(row[5]), from_epoch_ms(row[6]))) for row in rows]

    async def actors(self) -> list[str]:
        """Everybody who is in the log."""
        rows = await self._db.read(_fetch("SELECT DISTINCT actor FROM audit ORDER BY actor", ()))
        return [row[0] for row in rows]

    async def head(self) -> Head:
        """The last entry; id 0 while there is none."""
        return await self._db.read(head)

    async def verify(self, against: Head | None = None) -> BrokenLink | None:
        """Check the whole chain in slices, oldest first: the first entry that does not hold, None when all do.

        `against`: a head that was kept elsewhere; entries after it may have come, none before it may differ.
        """
        last, previous = 0, _GENESIS
        while True:
            reached, previous, broken, ended = await self._db.read(_checking(last, previous, against))
            if broken is not None:
                return broken
            last = reached
            if ended:
                break
        if against is not None and against.id > last:
            return BrokenLink(last + 1, "cut")
        guards = await self._db.read(_fetch("SELECT name FROM sqlite_schema WHERE type = 'trigger'", ()))
        return None if {row[0] for row in guards} >= _GUARDS else BrokenLink(0, "unguarded")


def append(
    conn: sqlite3.Connection, at: int, actor: str, action: str, connection_id: int | None, subject_kind: str,
    subject_id: str, outcome: str, details: str,
) -> int:  # fmt: skip
    """Within a transaction of the writer. `at` in epoch ms; `details` canonical JSON."""
    last = head(conn)
    entry = (last.id + 1, at, actor, action, connection_id, subject_kind, subject_id, outcome, details)
    previous = bytes.fromhex(last.hash) if last.id else _GENESIS
    conn.execute(
        "INSERT INTO audit(id, at, actor, action, connection_id, subject_kind, subject_id, outcome, details, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*entry, _link(previous, entry)),
    )
    return last.id + 1


def head(conn: sqlite3.Connection) -> Head:
    row = conn.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return Head(0, "") if row is None else Head(row[0], row[1].hex())


def _link(previous: bytes, entry: tuple[Any, ...]) -> bytes:
    """SHA-256 over the hash before and the entry as JSON: an array of its columns in the order of the table."""
    return hashlib.sha256(previous + _encode(entry)).digest()


def _checking(
    last: int, previous: bytes, against: Head | None
) -> Callable[[sqlite3.Connection], tuple[int, bytes, BrokenLink | None, bool]]:
    sql = " ".join((_COLUMNS, "WHERE id > ? ORDER BY id LIMIT ?"))

    def job(conn: sqlite3.Connection) -> tuple[int, bytes, BrokenLink | None, bool]:
        at, link = last, previous
        rows = conn.execute(sql, (last, _SLICE)).fetchall()
        for *entry, found in rows:
            at += 1
            if entry[0] != at:
                return at, link, BrokenLink(at, "missing"), True
            link = _link(link, tuple(entry))
            if link != found:
                return at, link, BrokenLink(at, "changed"), True
            if against is not None and against.id == at and against.hash != found.hex():
                return at, link, BrokenLink(at, "replaced"), True
        return at, link, None, len(rows) < _SLICE

    return job


def _fetch(sql: str, values: tuple[Any, ...]) -> Callable[[sqlite3.Connection], list[tuple[Any, ...]]]:
    return lambda conn: conn.execute(sql, values).fetchall()


def _wanted(wanted: AuditFilter) -> tuple[Any, ...]:
    return (
        ms(wanted.since), ms(wanted.until), wanted.action, wanted.actor, wanted.connection_id, wanted.subject_kind,
        wanted.subject_id, wanted.outcome,
    )  # fmt: skip


def may_stand(text: str) -> bool:
    """Whether an id of a channel's may be a subject: a long number could be a person's."""
    return _ID.fullmatch(text) is not None and _LONG_NUMBER.search(text) is None


def _told(text: str) -> str:
    """An id or a code of ours. Raises ValueError for what could be a name, a mail address, a phone or a number of a
    person; it cannot tell a secret from an id, so callers hand in ids only."""
    if _ID.fullmatch(text) is None or (_LONG_NUMBER.search(text) and not _HASH.fullmatch(text)):
        raise ValueError("the audit log takes ids and codes only")
    return text


def _details_text(details: Mapping[str, Detail]) -> str:
    for name, value in details.items():
        if _NAME.fullmatch(name) is None:
            raise ValueError("a detail's name is a short word of small letters")
        if isinstance(value, str):
            _told(value)
        elif isinstance(value, list):
            if len(value) > _MOST_IDS or not all(type(one) is int for one in value):
                raise ValueError("a list in the audit log holds ids, at most 200")
        elif value is not None and type(value) not in (int, bool):
            raise ValueError("a detail is an id, a figure or yes and no")
    return _encode(dict(details)).decode()


def _setting_details(value: Any) -> dict[str, Detail]:
    if value is None or type(value) in (bool, int):
        return {"value": value}
    if isinstance(value, str) and _NAME.fullmatch(value):
        return {"value": value}
    return {}


def _row(row: tuple[Any, ...]) -> AuditEntry:
    try:
        details = _details.decode(row[8])
    except msgspec.DecodeError:  # a hand was here; `verify` says so
        details = {}
    return AuditEntry(*(row[0], from_epoch_ms(row[1]), *row[2:8], details, row[9].hex()))
