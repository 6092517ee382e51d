"""Settlements: lines of the channels' accounts with the merchant, as they were told. Twice is once; a line that says something
else than before is written over. Never a person's data: an order is named by its number. The views are in settlement_query."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from app.contracts.messages import Message
from app.contracts.results import Page, Reject
from app.model import Money, SettlementKind, SettlementLine, Vat, from_epoch_ms, to_epoch_ms
from app.store import pages
from app.store.db import Database
from app.store.pages import Applied
from app.store.rows import insert_many, json_text, ms, when
from app.store.settlement_query import MonthRow, OrderPayout, PayoutQuery, PayoutRow, PayoutTotal, SettlementViews

__all__ = [
    "STREAM", "MonthRow", "OrderPayout", "PayoutQuery", "PayoutRow", "PayoutTotal", "SettlementRow", "Settlements",
]  # fmt: skip

STREAM = "settlements"
_INSERT = (
    "INSERT INTO settlement_lines(kind, vendor_kind, amount_micros, currency, vat, order_number, order_id, payout_id,"
    " booked_at, due_at, paid, content_hash, changed_at, connection_id, account_id, remote_id, arrived_at)"
)
_UPDATE = (
    "UPDATE settlement_lines SET kind = ?, vendor_kind = ?, amount_micros = ?, currency = ?, vat = ?, order_number = ?,"
    " order_id = ?, payout_id = ?, booked_at = ?, due_at = ?, paid = ?, content_hash = ?, changed_at = ? WHERE id = ?"
)
_LOOKUP = (
    "SELECT remote_id, id, content_hash FROM settlement_lines"
    " WHERE account_id = ? AND remote_id IN (SELECT value FROM json_each(?))"
)
_COLUMNS = (
    "SELECT id, account_id, connection_id, remote_id, kind, amount_micros, currency, booked_at, order_number, payout_id,"
    " due_at, vendor_kind, order_id, vat, paid FROM settlement_lines"
)


class SettlementRow(msgspec.Struct, frozen=True):
    """A stored line and which connection told it."""

    id: int
    account_id: str
    connection_id: int
    line: SettlementLine


class Settlements(SettlementViews):
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        super().__init__(db)
        self._now = now

    async def apply_page(
        self,
        connection_id: int,
        account_id: str,
        page: Page[SettlementLine],
        *,
        cursor: tuple[str, datetime] | None = None,
        now: datetime,
    ) -> Applied:
        """Store a page, its rejects and the cursor (stream name, instant) in one transaction. Keyed by (account, remote id).
        A line that does not fit (an amount beyond the store, an instant without a zone) becomes a reject."""
        rejects = list(page.rejects)
        ready: dict[str, tuple[Any, ...]] = {}
        for line in page.items:
            try:
                ready[line.remote_id] = _columns(line)
            except pages.UNFIT as error:
                why = Message("answer.unexpected", {"reason": str(error)[:200]})
                rejects.append(Reject(line.remote_id, repr(line), why))
        at = to_epoch_ms(now)

        def job(conn: sqlite3.Connection) -> Applied:
            known = {row[0]: row[1:] for row in conn.execute(_LOOKUP, (account_id, json_text(list(ready))))}
            fresh = [key for key in ready if key not in known]
            changed = [key for key, have in known.items() if have[1] != ready[key][-1]]
            if fresh:
                insert_many(conn, _INSERT, [(*ready[key], at, connection_id, account_id, key, at) for key in fresh])
            if changed:
                conn.executemany(_UPDATE, [(*ready[key], at, known[key][0]) for key in changed])
            pages.close_page(conn, connection_id, account_id, STREAM, ready, rejects, cursor, at)
            new = [row[1] for row in conn.execute(_LOOKUP, (account_id, json_text(fresh)))]
            same = len(ready) - len(fresh) - len(changed)
            return Applied(tuple(new), tuple(known[key][0] for key in changed), same, len(rejects))

        return await self._db.write(job)

    async def unpaid_since(self, account_id: str, earliest: datetime) -> datetime | None:
        """When the oldest line was booked that has not been paid out, not before `earliest`; None when all are. A pull looks
        again from there: lines get their payout weeks after they were booked."""
        query = (
            "SELECT min(booked_at) FROM settlement_lines"
            " WHERE account_id = ? AND paid = 0 AND kind <> 'payment' AND booked_at >= ?"
        )
        values = (account_id, to_epoch_ms(earliest))
        return await self._db.read(lambda conn: when(conn.execute(query, values).fetchone()[0]))

    async def of_order(self, account_id: str, order_number: str) -> Sequence[SettlementRow]:
        """The lines of one order, oldest first."""
        query = " ".join(
            (_COLUMNS, "WHERE account_id = ? AND order_number = ? AND order_number <> '' ORDER BY booked_at, id")
        )
        return await self._lines(query, (account_id, order_number))

    async def of_payout(self, account_id: str, payout_id: str) -> Sequence[SettlementRow]:
        """The lines of one payout, oldest first."""
        query = " ".join(
            (_COLUMNS, "WHERE account_id = ? AND payout_id = ? AND payout_id <> '' ORDER BY booked_at, id")
        )
        return await self._lines(query, (account_id, payout_id))

    async def count_lines(self, connection_id: int | None = None) -> int:
        query = "SELECT count(*) FROM settlement_lines WHERE ?1 IS NULL OR connection_id = ?1"
        return await self._db.read(lambda conn: int(conn.execute(query, (connection_id,)).fetchone()[0]))

    async def _lines(self, query: str, values: tuple[Any, ...]) -> Sequence[SettlementRow]:
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query, values)])


def _columns(line: SettlementLine) -> tuple[Any, ...]:
    """In the order of _INSERT up to the content hash. Raises what UNFIT names."""
    found = (
        str(SettlementKind(line.kind)), line.vendor_kind, line.amount.micros, line.amount.currency, str(line.vat or ""),
        line.order_number, line.order_id, line.payout_id, to_epoch_ms(line.booked_at), ms(line.due_at), int(line.paid),
    )  # fmt: skip
    document = json_text([line.remote_id, *found])  # refuses lone surrogates
    mark = int.from_bytes(blake2b(document.encode(), digest_size=8).digest(), "big", signed=True)
    return (*found, mark)


def _row(row: tuple[Any, ...]) -> SettlementRow:
    line = SettlementLine(
        remote_id=row[3], kind=SettlementKind(row[4]), amount=Money.from_micros(row[5], row[6]),
        booked_at=from_epoch_ms(row[7]), order_number=row[8], payout_id=row[9], due_at=when(row[10]), vendor_kind=row[11],
        order_id=row[12], vat=Vat(row[13]) if row[13] else None, paid=bool(row[14]),
    )  # fmt: skip
    return SettlementRow(row[0], row[1], row[2], line)
