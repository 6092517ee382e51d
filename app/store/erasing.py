"""Taking people out of the store: blanking their orders, and keeping a later pull from bringing them back.

What remains of an order is what bookkeeping needs: number, dates, lines, amounts, status. The mark of an erasure is ids
only. Deleted text lives on in free pages, in the search index and in the log beside the file: `scrub` clears those.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from app.contracts.results import Reject
from app.model import Address, Buyer, Order, digits, to_epoch_ms
from app.store import audit, pages, search, settings
from app.store.db import Database
from app.store.rows import json_text

if TYPE_CHECKING:
    from app.store.pages import Sealed

#: Statuses in which an order still has to be packed and sent, or in which nobody knows.
OPEN = ("pending", "open", "partially_shipped", "unknown")
_SCRUB = "privacy.scrub_due"  # setting: text was deleted and may still lie in free pages
_LOT = 200  # orders that are erased in one transaction of the retention
_decode = msgspec.json.Decoder(Order).decode
_encode = msgspec.json.Encoder().encode

_ROWS = (
    "SELECT o.id, o.account_id, o.remote_id, o.status, o.superseded_by, o.label_path, d.document, d.folded, d.tails,"
    " EXISTS (SELECT 1 FROM erased_orders e WHERE e.account_id = o.account_id AND e.remote_id = o.remote_id)"
    " FROM orders o JOIN order_documents d ON d.order_id = o.id WHERE o.id IN (SELECT value FROM json_each(?))"
)
_BUSY = (
    "SELECT DISTINCT subject FROM outbox WHERE state IN ('queued', 'sending', 'pending', 'unknown')"
    " AND kind NOT IN ('price', 'stock', 'parcel') AND subject IN (SELECT value FROM json_each(?1))"
    " UNION SELECT po.order_id FROM outbox b JOIN parcel_orders po ON po.parcel_id = b.subject WHERE b.kind = 'parcel'"
    " AND b.state IN ('queued', 'sending', 'pending', 'unknown') AND po.order_id IN (SELECT value FROM json_each(?1))"
)
_FILES = "SELECT DISTINCT path FROM prints WHERE path <> '' AND order_id IN (SELECT value FROM json_each(?))"
_BLANK_ORDER = (
    "UPDATE orders SET buyer = '', city = '', note = '', label_path = '', changed_at = ?1"
    " WHERE id IN (SELECT value FROM json_each(?2))"
)
_BLANK_REST = (
    "UPDATE prints SET path = '', sha256 = '' WHERE order_id IN (SELECT value FROM json_each(?1))",
    "UPDATE outbox SET payload = CAST('{}' AS BLOB), message = NULL WHERE kind NOT IN ('price', 'stock', 'parcel')"
    " AND state IN ('done', 'refused', 'superseded') AND subject IN (SELECT value FROM json_each(?1))",
    # Parcels: a carrier's label and what it tells of the way hold people, and so does what it was asked.
    "UPDATE outbox SET payload = CAST('{}' AS BLOB), message = NULL WHERE kind = 'parcel'"
    " AND state IN ('done', 'refused', 'superseded') AND subject IN"
    " (SELECT parcel_id FROM parcel_orders WHERE order_id IN (SELECT value FROM json_each(?1)))",
    "DELETE FROM parcel_labels WHERE parcel_id IN"
    " (SELECT parcel_id FROM parcel_orders WHERE order_id IN (SELECT value FROM json_each(?1)))",
    "DELETE FROM parcel_events WHERE parcel_id IN"
    " (SELECT parcel_id FROM parcel_orders WHERE order_id IN (SELECT value FROM json_each(?1)))",
    "UPDATE parcels SET receiver = '', city = '', signed_by = '', message = NULL, label_due = NULL, track_due = NULL"
    " WHERE id IN (SELECT parcel_id FROM parcel_orders WHERE order_id IN (SELECT value FROM json_each(?1)))",
    "DELETE FROM order_addresses WHERE order_id IN (SELECT value FROM json_each(?1))",
    "DELETE FROM order_invoices WHERE order_id IN (SELECT value FROM json_each(?1))",
    "UPDATE attention SET raw = '', raw_hash = 0, resolved_at = coalesce(resolved_at, last_at) WHERE stream = 'orders'"
    " AND raw <> '' AND EXISTS (SELECT 1 FROM orders o WHERE o.account_id = attention.account_id"
    " AND o.remote_id = attention.remote_id AND o.id IN (SELECT value FROM json_each(?1)))",
)
_BLANK_NOTICES = (
    "UPDATE attention SET raw = '', raw_hash = 0, resolved_at = coalesce(resolved_at, ?1)"
    " WHERE id IN (SELECT value FROM json_each(?2))"
)
# A record that could never be read has no order; its remote id is all there is to know it by. One whose order is left
# alone (still to be sent) is not marked.
_MARK_NOTICES = (
    "INSERT OR IGNORE INTO erased_orders SELECT account_id, remote_id, ?1 FROM attention a WHERE stream = 'orders'"
    " AND remote_id <> '' AND id IN (SELECT value FROM json_each(?2)) AND NOT EXISTS"
    " (SELECT 1 FROM orders o WHERE o.account_id = a.account_id AND o.remote_id = a.remote_id)"
)
_MARKED_NOTICES = (
    "SELECT a.id FROM attention a JOIN json_each(?) m ON a.account_id = json_extract(m.value, '$[0]')"
    " AND a.remote_id = json_extract(m.value, '$[1]') WHERE a.stream = 'orders' AND a.raw <> ''"
)
_MARKED_ORDERS = (
    "SELECT o.id FROM json_each(?) m JOIN orders o ON o.account_id = json_extract(m.value, '$[0]')"
    " AND o.remote_id = json_extract(m.value, '$[1]')"
)
_OLD = (
    "FROM orders o WHERE o.placed_at < ?1 AND o.updated_at < ?1"
    " AND (o.status NOT IN ('open', 'partially_shipped') OR o.superseded_by IS NOT NULL)"
    " AND NOT EXISTS (SELECT 1 FROM erased_orders e WHERE e.account_id = o.account_id AND e.remote_id = o.remote_id)"
)
_OPTIMIZE = (
    "INSERT INTO order_words(order_words) VALUES ('optimize')",
    "INSERT INTO order_digits(order_digits) VALUES ('optimize')",
)


class Erased(msgspec.Struct, frozen=True):
    """Ids of orders: `done` now, `already` before, `open` still to be packed and sent, `busy` with something about them
    on its way to a vendor. `files`: documents that held them (their paths are forgotten here; deleting is the
    caller's)."""

    done: tuple[int, ...] = ()
    already: tuple[int, ...] = ()
    open: tuple[int, ...] = ()
    busy: tuple[int, ...] = ()
    files: tuple[str, ...] = ()


class Erasing:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def erase(
        self, ids: Sequence[int], *, notices: Sequence[int] = (), open_too: bool = False, why: str = "asked"
    ) -> Erased:
        """Blank these orders, and these records of "needs attention", in one transaction with the audit entry.

        Orders that are still to be sent are left alone unless `open_too`; those with something on its way always are.
        `scrub` afterwards, or the text stays in the file's free pages.
        """
        at = to_epoch_ms(self._now())
        return await self._db.write(lambda conn: _erase(conn, ids, notices, open_too, why, at))

    async def count_old(self, before: datetime) -> int:
        """How many orders `erase_old` would blank."""
        query = " ".join(("SELECT count(*)", _OLD))
        return await self._db.read(lambda conn: int(conn.execute(query, (to_epoch_ms(before),)).fetchone()[0]))

    async def erase_old(self, before: datetime) -> Erased:
        """Blank up to 200 orders that were placed and last changed before an instant and are no longer to be sent. All
        done when `done` is empty."""
        query, now = " ".join(("SELECT o.id", _OLD, "ORDER BY o.placed_at LIMIT ?2")), to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> Erased:
            ids = [row[0] for row in conn.execute(query, (to_epoch_ms(before), _LOT))]
            return _erase(conn, ids, (), True, "retention", now) if ids else Erased()

        return await self._db.write(job)

    async def count_notices(self, before: datetime) -> int:
        """How many resolved records of "needs attention" are older."""
        query = "SELECT count(*) FROM attention WHERE resolved_at < ?"
        return await self._db.read(lambda conn: int(conn.execute(query, (to_epoch_ms(before),)).fetchone()[0]))

    async def drop_notices(self, before: datetime) -> int:
        """Delete them."""
        return await self._delete("DELETE FROM attention WHERE resolved_at < ?", before)

    async def count_sent(self, before: datetime) -> int:
        """How many settled rows of the outbox are older."""
        query = "SELECT count(*) FROM outbox WHERE state IN ('done', 'superseded') AND settled_at < ?"
        return await self._db.read(lambda conn: int(conn.execute(query, (to_epoch_ms(before),)).fetchone()[0]))

    async def drop_sent(self, before: datetime) -> int:
        """Delete them."""
        return await self._delete("DELETE FROM outbox WHERE state IN ('done', 'superseded') AND settled_at < ?", before)

    async def _delete(self, query: str, before: datetime) -> int:
        at = to_epoch_ms(before)

        def job(conn: sqlite3.Connection) -> int:
            with_zeros(conn, True)
            try:
                count = conn.execute(query, (at,)).rowcount
            finally:
                with_zeros(conn, False)
            if count:
                settings.write(conn, _SCRUB, True)
            return count

        return await self._db.write(job)

    # -- the file itself

    async def scrub_due(self) -> bool:
        """Whether text was deleted since the last scrub."""
        return bool(await self._db.read(lambda conn: settings.read(conn, _SCRUB, False)))

    async def scrub(self) -> bool:
        """Rewrite search index and file without what was deleted, and empty the log beside it. Other writes wait
        meanwhile (some 10 s a gigabyte); reading goes on. False when somebody still read the old state (a backup under
        way): it stays due. Raises StoreFull when there is no room for a second copy; nothing is lost then."""
        return await self._db.write(_scrub)

    # -- what was erased, over a restore

    async def marks(self) -> list[tuple[str, str]]:
        """(account, remote id) of every erased order."""
        query = "SELECT account_id, remote_id FROM erased_orders ORDER BY account_id, remote_id"
        return await self._db.read(lambda conn: [(row[0], row[1]) for row in conn.execute(query)])

    async def erase_again(self, marks: Collection[tuple[str, str]]) -> int:
        """After an older copy was put back: what was erased since is erased in it too. How many orders and records."""
        at = to_epoch_ms(self._now())
        text = json_text([list(mark) for mark in marks])

        def job(conn: sqlite3.Connection) -> int:
            ids = [row[0] for row in conn.execute(_MARKED_ORDERS, (text,))]
            notices = [row[0] for row in conn.execute(_MARKED_NOTICES, (text,))]
            done = 0
            if ids or notices:
                done = len(_erase(conn, ids, notices, True, "restored", at).done) + len(notices)
            conn.executemany("INSERT OR IGNORE INTO erased_orders VALUES (?, ?, ?)", [(*mark, at) for mark in marks])
            return done

        return await self._db.write(job)


def hold(
    conn: sqlite3.Connection, account_id: str, sealed: dict[str, Sealed[Order]], ready: dict[str, Any], rejects: list[Reject]
) -> None:  # fmt: skip
    """Within a page's transaction, before its orders are compared with the stored ones: erased people stay erased. One
    look at an empty table while nobody was erased. The content hash stays the channel's, so the same copy is no news."""
    if conn.execute("SELECT 1 FROM erased_orders LIMIT 1").fetchone() is None:
        return
    names = {*sealed, *(r.remote_id for r in rejects), *(old for one in sealed.values() for old in one.record.replaces)}
    held = {
        row[0]
        for row in conn.execute(
            "SELECT remote_id FROM erased_orders WHERE account_id = ? AND remote_id IN (SELECT value FROM json_each(?))",
            (account_id, json_text(sorted(names))),
        )
    }
    if not held:
        return
    for remote_id, one in sealed.items():
        if remote_id in held or held.intersection(one.record.replaces):
            sealed[remote_id] = _bare(one)
            ready.pop(remote_id, None)
            if remote_id not in held:  # a package that was split after the erasure
                conn.execute(
                    "INSERT OR IGNORE INTO erased_orders SELECT account_id, ?2, erased_at FROM erased_orders"
                    " WHERE account_id = ?1 AND remote_id = ?3",
                    (account_id, remote_id, min(held.intersection(one.record.replaces))),
                )
    rejects[:] = [msgspec.structs.replace(r, raw="") if r.remote_id in held else r for r in rejects]


def blank(order: Order) -> Order:
    """The order without its people: what bookkeeping needs stays."""
    return msgspec.structs.replace(
        order, buyer=Buyer(), ship_to=Address(country=order.ship_to.country), bill_to=None, note="", extra={}
    )


def with_zeros(conn: sqlite3.Connection, on: bool) -> None:
    """Overwrite what is deleted from now on, or (the store's habit) only where that costs nothing."""
    conn.execute("PRAGMA secure_delete = ON" if on else "PRAGMA secure_delete = FAST")


def is_open(status: str, superseded_by: int | None) -> bool:
    """Whether an order still has to be sent, or nobody knows."""
    return status in OPEN and superseded_by is None


def _bare(one: Sealed[Order]) -> Sealed[Order]:
    made = pages.Sealed(blank(one.record))
    made.content_hash = one.content_hash
    return made


def _erase(
    conn: sqlite3.Connection, ids: Sequence[int], notices: Sequence[int], open_too: bool, why: str, now: int
) -> Erased:
    wanted = json_text(list(dict.fromkeys(ids)))
    busy = {row[0] for row in conn.execute(_BUSY, (wanted,))}
    groups: dict[str, list[int]] = {"done": [], "already": [], "open": [], "busy": []}
    rows = []
    for row in conn.execute(_ROWS, (wanted,)).fetchall():
        i, status, superseded_by, erased = row[0], row[3], row[4], row[9]
        if erased:
            groups["already"].append(i)
        elif i in busy:
            groups["busy"].append(i)
        elif is_open(status, superseded_by) and not open_too:
            groups["open"].append(i)
        else:
            groups["done"].append(i)
            rows.append(row)
    done = json_text(groups["done"])
    files = {row[0] for row in conn.execute(_FILES, (done,))} | {row[5] for row in rows if row[5]}
    with_zeros(conn, True)
    try:
        _blank_documents(conn, rows)
        conn.execute(_BLANK_ORDER, (now, done))
        for statement in _BLANK_REST:
            conn.execute(statement, (done,))
        conn.execute(_BLANK_NOTICES, (now, json_text(list(notices))))
    finally:
        with_zeros(conn, False)
    conn.executemany("INSERT OR IGNORE INTO erased_orders VALUES (?, ?, ?)", [(row[1], row[2], now) for row in rows])
    conn.execute(_MARK_NOTICES, (now, json_text(list(notices))))
    if rows or notices:
        settings.write(conn, _SCRUB, True)
        details: dict[str, audit.Detail] = {**audit.counted(groups["done"]), "notices": len(notices)}
        entry = audit.Entry(audit.Action.BUYER_ERASED, subject=("buyer", why), details=details)
        audit.append(conn, now, *entry.columns())
    return Erased(**{name: tuple(found) for name, found in groups.items()}, files=tuple(sorted(files)))


def _blank_documents(conn: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    indexed = search.indexed(conn, search.ORDERS)
    for row in rows:
        i, old, order = row[0], (row[7], row[8]), blank(_decode(row[6]))
        new = _search_text(order)
        if i <= indexed:
            search.replace(conn, search.ORDERS, i, old, new)
        conn.execute(
            "UPDATE order_documents SET document = ?, folded = ?, tails = ? WHERE order_id = ?",
            (_encode(order), *new, i),
        )


def _search_text(order: Order) -> tuple[str, str]:
    """What an order without people is still found by: number, tracking, goods."""
    number = order.number if any(map(str.isalpha, order.number)) else ""
    words = [pages.folded_words(line.title, line.sku, line.barcode) for line in order.lines]
    numbers = [digits(n) for n in (order.number, order.remote_id, order.tracking_number) if n]
    return " ".join((pages.folded_words(number), *words)).strip(), " ".join(dict.fromkeys(filter(None, numbers)))


def _scrub(conn: sqlite3.Connection) -> bool:
    """Not in the transaction that the writer begins for each job: SQLite rewrites no file within one."""
    conn.execute("COMMIT")
    for statement in _OPTIMIZE:
        conn.execute(statement)
    conn.execute("VACUUM")
    kept_busy = bool(conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
    conn.execute("BEGIN IMMEDIATE")
    if not kept_busy:
        settings.write(conn, _SCRUB, None)
    return not kept_busy
