"""Full-text search over one folded column, and over digits for the last figures of numbers and phones.

New rows enter the index in the writer's quiet moments, before any search of this process, and when many wait (a long pull
leaves no quiet moment, and a search would have to wait for all of them); the text itself is stored with its row, so nothing
is lost when that never happens.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable

import msgspec

from app.model import clean, digits, fold
from app.store.db import Database
from app.store.errors import StoreBusy, StoreFull, StoreReadOnly

_log = logging.getLogger(__name__)
_LOT = 20_000  # rows that may wait: half a second of a search's patience
_MOST = 5000  # rows that enter in one transaction
_LEAST_DIGITS = 3  # a trigram index knows nothing shorter
_TERMS = 12
_WINDOW = 1000  # newest hits that are sorted


class Table(msgspec.Struct, frozen=True):
    """The statements of one searched table: into the index by range, the highest row, out and in for one row."""

    name: str
    top: str
    fill: tuple[str, ...]
    drop: tuple[str, ...]
    put: tuple[str, ...]
    merge: tuple[str, ...]


ORDERS = Table(
    name="orders",
    top="SELECT coalesce(max(order_id), 0) FROM order_documents",
    fill=(
        "INSERT INTO order_words(rowid, folded)"
        " SELECT order_id, folded FROM order_documents WHERE order_id > ? AND order_id <= ?",
        "INSERT INTO order_digits(rowid, tails)"
        " SELECT order_id, tails FROM order_documents WHERE order_id > ? AND order_id <= ?",
    ),
    drop=(
        "INSERT INTO order_words(order_words, rowid, folded) VALUES ('delete', ?, ?)",
        "INSERT INTO order_digits(order_digits, rowid, tails) VALUES ('delete', ?, ?)",
    ),
    put=(
        "INSERT INTO order_words(rowid, folded) VALUES (?, ?)",
        "INSERT INTO order_digits(rowid, tails) VALUES (?, ?)",
    ),
    merge=(
        "INSERT INTO order_words(order_words, rank) VALUES ('merge', 100)",
        "INSERT INTO order_digits(order_digits, rank) VALUES ('merge', 100)",
    ),
)
LISTINGS = Table(
    name="listings",
    top="SELECT coalesce(max(listing_id), 0) FROM listing_documents",
    fill=(
        "INSERT INTO listing_words(rowid, folded)"
        " SELECT listing_id, folded FROM listing_documents WHERE listing_id > ? AND listing_id <= ?",
    ),
    drop=("INSERT INTO listing_words(listing_words, rowid, folded) VALUES ('delete', ?, ?)",),
    put=("INSERT INTO listing_words(rowid, folded) VALUES (?, ?)",),
    merge=("INSERT INTO listing_words(listing_words, rank) VALUES ('merge', 100)",),
)


class Index:
    """Keeps one table's index close behind its rows."""

    def __init__(self, db: Database, table: Table) -> None:
        self._db = db
        self._table = table
        self._behind = not db.read_only
        self._waiting = 0
        db.chore(self.tidy)

    def note(self, added: int) -> None:
        """So many new rows were stored."""
        if added:
            self._behind = True
            self._waiting += added
        if self._waiting >= _LOT and not self._db.closed:
            self._waiting = 0
            self._db.post(self._catch_up)

    def _catch_up(self, conn: sqlite3.Connection) -> None:
        """A lot now, the next one when others had their turn."""
        if self.fill(conn) and not self._db.closed:
            self._db.post(self._catch_up)

    async def ready(self) -> None:
        """Everything stored can be found; on a full disk what was indexed before."""
        if not self._behind:
            return
        self._behind = False
        try:
            while await self._db.write(self.fill):
                pass
        except (StoreFull, StoreReadOnly, StoreBusy) as error:
            self._behind = True
            _log.warning("search index is behind: %s", error)

    def fill(self, conn: sqlite3.Connection) -> bool:
        """Bring waiting rows in; whether some are still waiting."""
        since = indexed(conn, self._table)
        top = int(conn.execute(self._table.top).fetchone()[0])
        if top <= since:
            return False
        until = min(top, since + _MOST)
        for statement in self._table.fill:
            conn.execute(statement, (since, until))
        conn.execute("UPDATE search_state SET indexed = ? WHERE name = ?", (until, self._table.name))
        return until < top

    def tidy(self, conn: sqlite3.Connection) -> bool:
        """For quiet moments: waiting rows in, then a little of the index's segments merged; whether work is left."""
        if self.fill(conn):
            return True
        more = False
        for statement in self._table.merge:
            before = conn.total_changes
            conn.execute(statement)
            more |= conn.total_changes - before >= 2  # SQLite's own sign for "something was merged"
        return more


def indexed(conn: sqlite3.Connection, table: Table) -> int:
    """Rows up to this id are in the index."""
    return int(conn.execute("SELECT indexed FROM search_state WHERE name = ?", (table.name,)).fetchone()[0])


def replace(conn: sqlite3.Connection, table: Table, row_id: int, old: Iterable[str], new: Iterable[str]) -> None:
    """Exchange the text of a row that is in the index. `old` must be exactly what was put in."""
    for drop, put, before, after in zip(table.drop, table.put, old, new, strict=True):
        if before != after:
            conn.execute(drop, (row_id, before))
            conn.execute(put, (row_id, after))


class Search(msgspec.Struct, frozen=True):
    """A safe reading of what somebody typed. `words` is one full-text expression, all of it must match; each of
    `numbers` is (as words, as digits), either may match. Both empty: no search."""

    words: str = ""
    numbers: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.numbers)


def understand(text: str) -> Search:
    """Terms joined by 'and', the last one a prefix, every one quoted, so nothing typed is an operator.

    A figure of three digits or more is also looked for inside numbers and phones; a text of figures only is taken as
    one number ('0532 123 45 67').
    """
    terms = [term for term in fold(clean(text, 200)).split() if any(c.isalnum() for c in term)][:_TERMS]
    if not terms:
        return Search()
    quoted = [_quoted(term) for term in terms]
    quoted[-1] += " *"
    if all(_is_figure(term) for term in terms):
        number = national("".join(digits(term) for term in terms))
        if len(number) >= _LEAST_DIGITS:
            return Search(numbers=((" AND ".join(quoted), _quoted(number)),))
        return Search(words=" AND ".join(quoted))
    words, numbers = [], []
    for term, safe in zip(terms, quoted, strict=True):
        if _is_figure(term) and len(digits(term)) >= _LEAST_DIGITS:
            numbers.append((safe, _quoted(digits(term))))
        else:
            words.append(safe)
    return Search(" AND ".join(words), tuple(numbers))


def national(number: str) -> str:
    """Digits of a Turkish phone without 0, 90 or 0090; any other number as it is."""
    for prefix in ("0090", "90", "0"):
        if len(number) == 10 + len(prefix) and number.startswith(prefix):
            return number[len(prefix) :]
    return number


def window(offset: int, limit: int) -> int:
    """How many of the newest hits are looked at before they are sorted."""
    return max(_WINDOW, offset + limit)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


def _is_figure(term: str) -> bool:
    """Digits, with what people put between them."""
    return not term.strip("0123456789+-/().#")
