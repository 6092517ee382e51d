"""The pack bench's rows: each scanned piece at once, and what is to be printed because of it, in the transaction of its cause. A kill
must lose no piece and print nothing twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.contracts.messages import Message
from app.model import OrderStatus, to_epoch_ms
from app.store import order_local, settings
from app.store.audit import os_user
from app.store.db import Database, changed
from app.store.order_local import LocalState
from app.store.rows import json_text, message_text, read_message

SEEN = "print.rules.seen"
_NEWS = 500  # events a transaction
_FIND = (
    "SELECT id FROM orders WHERE number IN (?1, ?2, ?3)"
    " UNION SELECT id FROM orders WHERE tracking <> '' AND tracking = ?1"
    " UNION SELECT o.id FROM accounts a CROSS JOIN orders o ON o.account_id = a.id AND o.remote_id IN (?1, ?2)"
    " UNION SELECT po.order_id FROM parcel_orders po WHERE po.parcel_id IN (SELECT id FROM parcels WHERE reference = ?1"
    " UNION SELECT id FROM parcels WHERE tracking_number <> '' AND tracking_number = ?1"
    " UNION SELECT id FROM parcels WHERE barcode <> '' AND barcode = ?1)"
)
_KNOWN = (
    "SELECT EXISTS (SELECT 1 FROM listings WHERE barcode <> '' AND barcode = ?1) OR EXISTS (SELECT 1 FROM connections c JOIN listings l"
    " ON l.connection_id = c.id AND l.sku = ?1) OR EXISTS (SELECT 1 FROM products WHERE sku = ?1)"
)
_CODES = (
    "SELECT DISTINCT l.sku, l.barcode FROM connections c JOIN listings l ON l.connection_id = c.id"
    " AND l.sku IN (SELECT value FROM json_each(?)) WHERE l.sku <> '' AND l.barcode <> '' ORDER BY 1, 2"
)
_DUES = "SELECT id, event, order_id, document, printer, copies, state, job_id, message FROM due_prints"
_ASK = (
    "INSERT INTO due_prints(event, order_id, document, printer, copies, state, made_at, changed_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, 'due', ?6, ?6) ON CONFLICT DO NOTHING"
)
_ARRIVED = "SELECT id FROM orders WHERE id > ? AND id <= ? AND to_ship = 1 ORDER BY id"
_LABELLED = (
    "SELECT DISTINCT po.order_id FROM parcel_labels l JOIN parcel_orders po ON po.parcel_id = l.parcel_id"
    " WHERE l.id > ? AND l.id <= ? ORDER BY 1"
)


class DueWish(msgspec.Struct, frozen=True):
    """A document that a rule wants. `printer` '' : the only one; `copies` 0: as its profile says."""

    document: str
    printer: str = ""
    copies: int = 0


class DuePrint(msgspec.Struct, frozen=True):
    """`state`: due, taken (handed to the print queue in this moment), done, failed (`message` says why)."""

    id: int
    event: str
    order_id: int
    document: str
    printer: str
    copies: int
    state: str
    job_id: int | None = None
    message: Message | None = None


class PackingRows:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    # -- finding -------------------------------------------------------------------------------------------------------
    async def find(self, texts: Sequence[str]) -> list[int]:
        """Orders by exact number, remote id, tracking number, or their parcel's reference or barcode; the first of `texts` behind
        which there is one counts. Newest first."""

        def job(conn: sqlite3.Connection) -> list[int]:
            for text in texts:
                bare = text.removeprefix("#")
                rows = conn.execute(_FIND, (text, bare, "#" + bare)).fetchall() if bare else []
                if rows:
                    return sorted((int(row[0]) for row in rows), reverse=True)
            return []

        return await self._db.read(job)

    async def known(self, codes: Sequence[str]) -> set[str]:
        """Those that are a barcode or an SKU of ours."""
        return await self._db.read(lambda conn: {one for one in codes if conn.execute(_KNOWN, (one,)).fetchone()[0]})

    async def codes(self, skus: Sequence[str]) -> dict[str, list[str]]:
        """The barcodes that listings have for each SKU."""

        def job(conn: sqlite3.Connection) -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for sku, barcode in conn.execute(_CODES, (json_text(list(skus)),)):
                found.setdefault(sku, []).append(barcode)
            return found

        return await self._db.read(job)

    # -- scans ---------------------------------------------------------------------------------------------------------
    async def scans(self, order_id: int) -> list[tuple[str, str]]:
        """(code, line) of every piece that was counted, in order."""
        query = "SELECT code, line FROM packing_scans WHERE order_id = ? ORDER BY seq"
        return await self._db.read(lambda conn: [(row[0], row[1]) for row in conn.execute(query, (order_id,))])

    async def add(self, order_id: int, code: str, line: str = "") -> int:
        """One piece more; its number. On the disk when this returns."""
        at, who = to_epoch_ms(self._now()), os_user()

        def job(conn: sqlite3.Connection) -> int:
            conn.execute(
                "INSERT INTO packing(order_id, state, who, began_at, changed_at) VALUES (?1, 'open', ?2, ?3, ?3)"
                " ON CONFLICT(order_id) DO UPDATE SET state = 'open', who = ?2, changed_at = ?3",
                (order_id, who, at),
            )
            row = conn.execute("SELECT coalesce(max(seq), 0) + 1 FROM packing_scans WHERE order_id = ?", (order_id,))
            seq = int(row.fetchone()[0])
            conn.execute(
                "INSERT INTO packing_scans(order_id, seq, code, line, at) VALUES (?, ?, ?, ?, ?)",
                (order_id, seq, code, line, at),
            )
            return seq

        return await self._db.write(job)

    async def undo(self, order_id: int) -> bool:
        """The last piece was not one; whether there was one."""

        def job(conn: sqlite3.Connection) -> bool:
            conn.execute(
                "DELETE FROM packing_scans WHERE order_id = ?1"
                " AND seq = (SELECT max(seq) FROM packing_scans WHERE order_id = ?1)",
                (order_id,),
            )
            return changed(conn) > 0

        return await self._db.write(job)

    async def clear(self, order_id: int, state: str = "open") -> None:
        """From the first piece again; `aside`: it was cancelled, and is put away."""
        at, who = to_epoch_ms(self._now()), os_user()

        def job(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM packing_scans WHERE order_id = ?", (order_id,))
            conn.execute(
                "INSERT INTO packing(order_id, state, who, began_at, changed_at) VALUES (?1, ?2, ?3, ?4, ?4)"
                " ON CONFLICT(order_id) DO UPDATE SET state = ?2, who = ?3, changed_at = ?4",
                (order_id, state, who, at),
            )

        await self._db.write(job)

    async def begun(self) -> list[int]:
        """Orders with pieces scanned that are not through, last touched first."""
        query = (
            "SELECT p.order_id FROM packing p JOIN orders o ON o.id = p.order_id WHERE p.state = 'open' AND o.to_ship = 1"
            " AND o.local_state <> 'packed' AND EXISTS (SELECT 1 FROM packing_scans s WHERE s.order_id = p.order_id)"
            " ORDER BY p.changed_at DESC, p.order_id DESC"
        )
        return await self._db.read(lambda conn: [int(row[0]) for row in conn.execute(query)])

    async def finish(self, order_id: int, count: int, wishes: Sequence[DueWish]) -> bool:
        """Packed, and what is to be printed, in one transaction; False when somebody else was first, the order must not be packed
        any more, or the scans are not the `count` that were judged. Nothing is written then."""
        at = to_epoch_ms(self._now())
        able = (OrderStatus.OPEN.value, OrderStatus.PARTIALLY_SHIPPED.value)

        def job(conn: sqlite3.Connection) -> bool:
            row = conn.execute(
                "SELECT status, local_state, cancel_asked, to_ship, (SELECT count(*) FROM packing_scans WHERE order_id = o.id)"
                " FROM orders o WHERE id = ?",
                (order_id,),
            ).fetchone()
            if (
                row is None
                or row[0] not in able
                or row[1] == LocalState.PACKED
                or row[2]
                or not row[3]
                or row[4] != count
            ):
                return False
            order_local.apply(conn, (order_id,), order_local.Change(LocalState.PACKED), at)
            conn.execute("UPDATE packing SET state = 'done', changed_at = ? WHERE order_id = ?", (at, order_id))
            _ask(conn, "packed", [order_id], wishes, at)
            return True

        return await self._db.write(job)

    async def packed_since(self, instant: datetime) -> int:
        """How many were packed since then, on the bench or by hand."""
        query = "SELECT count(*) FROM orders WHERE packed_at >= ? AND placed_at >= ?"
        at = to_epoch_ms(instant)
        year = at - 366 * 86_400_000  # by the index of `placed_at`: a year is enough
        return await self._db.read(lambda conn: int(conn.execute(query, (at, year)).fetchone()[0]))

    # -- what is to be printed -----------------------------------------------------------------------------------------
    async def news(self, arrived: Sequence[DueWish], labelled: Sequence[DueWish]) -> int:
        """Ask for the documents of orders and carrier labels that came since the last call; how many documents. The very first
        call only remembers where it stands: what was there before prints nothing."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> int:
            most = [
                int(conn.execute(query).fetchone()[0])
                for query in (
                    "SELECT coalesce(max(id), 0) FROM orders",
                    "SELECT coalesce(max(id), 0) FROM parcel_labels",
                )
            ]
            kept = settings.read(conn, SEEN)
            if not isinstance(kept, list) or len(kept) != 2:
                settings.write(conn, SEEN, most)
                return 0
            upto = [min(had + _NEWS, now) for had, now in zip(kept, most, strict=True)]
            if upto == kept:
                return 0
            made = 0
            for at_, event, query, wishes in (
                (0, "arrived", _ARRIVED, arrived), (1, "labelled", _LABELLED, labelled),
            ):  # fmt: skip
                if wishes:
                    orders = [int(row[0]) for row in conn.execute(query, (kept[at_], upto[at_]))]
                    made += _ask(conn, event, orders, wishes, at)
            settings.write(conn, SEEN, upto)
            return made

        return await self._db.write(job)

    async def ask(self, order_id: int, wishes: Sequence[DueWish], event: str = "packed") -> int:
        """Ask for documents that the bench did not ask for yet."""
        at = to_epoch_ms(self._now())
        return await self._db.write(lambda conn: _ask(conn, event, [order_id], wishes, at))

    async def take(self) -> DuePrint | None:
        """The oldest that is due, from now on in the caller's hands; None when there is none."""
        at = to_epoch_ms(self._now())
        query = " ".join((_DUES, "WHERE state = 'due' ORDER BY id LIMIT 1"))

        def job(conn: sqlite3.Connection) -> DuePrint | None:
            row = conn.execute(query).fetchone()
            if row is None:
                return None
            conn.execute(
                "UPDATE due_prints SET state = 'taken', changed_at = ?, job_before ="
                " (SELECT coalesce(max(id), 0) FROM print_jobs) WHERE id = ?",
                (at, row[0]),
            )
            return msgspec.structs.replace(_due(row), state="taken")

        return await self._db.write(job)

    async def settle(self, due_id: int, state: str, job_id: int | None = None, message: Message | None = None) -> None:
        """What became of it: `done` (the print queue has it), `failed`, or `due` again."""
        at = to_epoch_ms(self._now())
        await self._db.write(
            lambda conn: (
                conn.execute(
                    "UPDATE due_prints SET state = ?, job_id = ?, message = ?, changed_at = ? WHERE id = ?",
                    (state, job_id, message_text(message), at, due_id),
                ).rowcount
            )
        )

    async def recover(self) -> int:
        """After a kill: what was in somebody's hands either reached the print queue, which knows of it to the label, or it did
        not and is due again. Only for the owner of the workspace. Returns how many are due again."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> int:
            conn.execute(
                "UPDATE due_prints SET changed_at = ?1, state = 'done', job_id = (SELECT min(j.id) FROM print_jobs j"
                " WHERE j.id > due_prints.job_before AND json_extract(j.wish, '$.ids') = json_array(due_prints.order_id)"
                " AND (j.kind = due_prints.document OR (due_prints.document = 'parcel' AND j.kind IN ('label', 'carrier'))))"
                " WHERE state = 'taken' AND EXISTS (SELECT 1 FROM print_jobs j WHERE j.id > due_prints.job_before"
                " AND json_extract(j.wish, '$.ids') = json_array(due_prints.order_id) AND (j.kind = due_prints.document"
                " OR (due_prints.document = 'parcel' AND j.kind IN ('label', 'carrier'))))",
                (at,),
            )
            conn.execute("UPDATE due_prints SET state = 'due', changed_at = ? WHERE state = 'taken'", (at,))
            return changed(conn)

        return await self._db.write(job)

    async def again(self, order_id: int | None = None) -> int:
        """What failed is due once more; how many."""
        at = to_epoch_ms(self._now())
        query = "UPDATE due_prints SET state = 'due', message = NULL, changed_at = ?1 WHERE state = 'failed' AND (?2 IS NULL OR order_id = ?2)"
        return await self._db.write(lambda conn: conn.execute(query, (at, order_id)).rowcount)

    async def dues(self, order_id: int | None = None) -> list[DuePrint]:
        """Of one order all; without one those that are not done, oldest first."""
        where = "WHERE order_id = ?1 ORDER BY id" if order_id is not None else "WHERE state IN ('due', 'taken', 'failed') AND ?1 IS NULL ORDER BY id LIMIT 500"  # fmt: skip
        query = " ".join((_DUES, where))
        return await self._db.read(lambda conn: [_due(row) for row in conn.execute(query, (order_id,))])


def _ask(conn: sqlite3.Connection, event: str, orders: Sequence[int], wishes: Sequence[DueWish], at: int) -> int:
    made = 0
    for order_id in orders:
        for one in wishes:
            conn.execute(_ASK, (event, order_id, one.document, one.printer, one.copies, at))
            made += changed(conn)
    return made


def _due(row: tuple[Any, ...]) -> DuePrint:
    return DuePrint(*(*row[:8], read_message(row[8])))
