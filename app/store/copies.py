"""A whole copy of the store's file while writes go on, and a look into such a copy from outside.

The copy is one snapshot: a reader's transaction holds it still. It must never be taken by copying files: the log beside
the file holds what was written last.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import msgspec

from app.store.audit import Head, head
from app.store.db import Database
from app.store.errors import StoreError, translate
from app.store.migrations import LATEST, version

_STEP = 256  # pages (1 MiB) between two looks at whether to go on
_COUNTS = {
    "orders": "SELECT count(*) FROM orders",
    "listings": "SELECT count(*) FROM listings",
    "connections": "SELECT count(*) FROM connections WHERE removed_at IS NULL",
    "accounts": "SELECT count(*) FROM accounts WHERE removed_at IS NULL",
    "unsent": "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'pending', 'unknown')",
}


class CopyFacts(msgspec.Struct, frozen=True):
    """What a store's file holds. `wrong` is what SQLite finds amiss, in its own words."""

    schema: int
    counts: dict[str, int]
    audit: Head
    wrong: tuple[str, ...]


async def copy_to(db: Database, target: Path, on_part: Callable[[int, int], None] | None = None) -> None:
    """Copy the store to a new file at `target`. `on_part(pages done, pages in all)` is called in a thread.

    Raises StoreError (`store.full`, `store.closed` when the store is closed meanwhile). Cancelling stops the copy.
    """
    stop = threading.Event()

    def part(_status: int, remaining: int, total: int) -> None:
        if stop.is_set() or db.closed:
            raise StoreError("store.closed", path=str(db.path))
        if on_part is not None:
            on_part(total - remaining, total)

    def job(conn: sqlite3.Connection) -> None:
        conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on the snapshot stands
        try:
            with closing(sqlite3.connect(target, isolation_level=None)) as out:
                out.execute("PRAGMA synchronous = OFF")  # a draft: who uses it flushes what he makes of it
                conn.backup(out, pages=_STEP, progress=part)
        except sqlite3.Error as error:
            raise translate(error, target) from error

    work = asyncio.ensure_future(db.read(job))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()
        raise


def row_counts(conn: sqlite3.Connection) -> dict[str, int]:
    """How many rows of what a merchant would ask for first."""
    return {name: int(conn.execute(sql).fetchone()[0]) for name, sql in _COUNTS.items()}


def look_into(path: Path, *, deep: bool = False) -> CopyFacts:
    """Facts of a file that nobody writes; it is not changed. `deep` checks indexes and references too. Blocks.

    Raises StoreError: `store.newer`, `store.damaged` for what is no store at all.
    """
    try:
        with _from_outside(path) as conn:
            schema = version(conn)
            if schema > LATEST:
                raise StoreError("store.newer", version=str(schema), known=str(LATEST))
            check = "PRAGMA integrity_check(5)" if deep else "PRAGMA quick_check(5)"
            wrong = [str(row[0]) for row in conn.execute(check) if row[0] != "ok"]
            if deep and not wrong:
                wrong = [f"{row[0]}: row {row[1]}" for row in conn.execute("PRAGMA foreign_key_check")][:5]
            return CopyFacts(schema, row_counts(conn), head(conn) if schema > 1 else Head(0, ""), tuple(wrong))
    except sqlite3.Error as error:
        raise StoreError("store.damaged", paths=path.name) from error


def head_of(path: Path) -> Head:
    """The end of the audit chain in a file that nobody writes; nothing where it cannot be read. Blocks."""
    try:
        with _from_outside(path) as conn:
            return head(conn)
    except sqlite3.Error:
        return Head(0, "")


def marks_of(path: Path) -> list[tuple[str, str]]:
    """(account, remote id) of every erased order in a store that nobody has open, its log included; nothing where it
    cannot be read. Blocks."""
    log = path.with_name(path.name + "-wal")
    # Without a log nothing beside the file needs to be made for reading it.
    how = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    if not path.exists():
        return []
    try:
        with _from_outside(path, how) as conn:
            return [(row[0], row[1]) for row in conn.execute("SELECT account_id, remote_id FROM erased_orders")]
    except sqlite3.Error:
        return []


def _from_outside(path: Path, how: str = "mode=ro&immutable=1") -> closing[sqlite3.Connection]:
    posix = path.absolute().as_posix()
    where = "".join(("file://", "" if posix.startswith("/") else "/", quote(posix, safe="/:"), "?", how))
    return closing(sqlite3.connect(where, uri=True))
