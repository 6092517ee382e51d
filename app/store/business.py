"""How the business goes, day by day and connection by connection: orders and revenue out of the orders themselves, listings
on sale and out of stock as they were seen that day. Amounts stay in their own currency and are never added across two."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo

import msgspec

from app.model import Money, from_epoch_ms, to_epoch_ms
from app.store.db import Database, changed

#: Every zone's midnight falls on a whole quarter of an hour UTC.
_QUARTER_MS = 900_000


class BusinessDay(msgspec.Struct, frozen=True):
    """One calendar day of the zone that was asked for. `orders`: placed that day, cancelled ones among them; `cancelled`: how
    many of them; `revenue` by currency, what buyers pay for the others, VAT included. `active` and `out_of_stock`: listings,
    None where nobody looked that day."""

    day: date
    orders: int = 0
    cancelled: int = 0
    revenue: dict[str, Money] = {}
    active: int | None = None
    out_of_stock: int | None = None


class Business:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db, self._now = db, now

    async def note(self, day: date) -> int:
        """Count every connection's listings for this day; the last count of a day stands. Returns how many connections."""

        def job(conn: sqlite3.Connection) -> int:
            conn.execute(
                "INSERT INTO business_days(connection_id, day, active, out_of_stock)"
                " SELECT c.id, ?, coalesce(sum(l.status = 'active'), 0),"
                " coalesce(sum(l.status = 'active' AND l.stock IS NOT NULL AND l.stock <= 0), 0)"
                " FROM connections c JOIN listings l ON l.connection_id = c.id WHERE c.removed_at IS NULL GROUP BY c.id"
                " ON CONFLICT DO UPDATE SET active = excluded.active, out_of_stock = excluded.out_of_stock",
                (day.toordinal(),),
            )
            return changed(conn)

        return await self._db.write(job)

    async def days(self, connection_id: int, first: date, last: date, zone: tzinfo) -> list[BusinessDay]:
        """Every day from `first` to `last`, the empty ones among them. Orders that another one took the place of, and money
        that the channel has not told, do not count."""
        if last < first:
            return []
        start = datetime.combine(first, time(), zone)
        end = datetime.combine(last + timedelta(days=1), time(), zone)

        def job(conn: sqlite3.Connection) -> tuple[list[tuple[int, str, int, int, int]], list[tuple[int, int, int]]]:
            placed = conn.execute(
                "SELECT placed_at / ?4, currency, count(*), sum(status = 'cancelled'),"
                " sum(CASE WHEN status = 'cancelled' THEN 0 ELSE total_micros END) FROM orders"
                " WHERE connection_id = ?1 AND placed_at >= ?2 AND placed_at < ?3 AND superseded_by IS NULL"
                " GROUP BY 1, 2",
                (connection_id, to_epoch_ms(start), to_epoch_ms(end), _QUARTER_MS),
            ).fetchall()
            seen = conn.execute(
                "SELECT day, active, out_of_stock FROM business_days WHERE connection_id = ? AND day BETWEEN ? AND ?",
                (connection_id, first.toordinal(), last.toordinal()),
            ).fetchall()
            return placed, seen

        placed, seen = await self._db.read(job)
        orders: dict[date, list[int]] = {}
        revenue: dict[date, dict[str, int]] = {}
        for quarter, currency, count, cancelled, micros in placed:
            day = from_epoch_ms(quarter * _QUARTER_MS).astimezone(zone).date()
            sums = orders.setdefault(day, [0, 0])
            sums[0] += count
            sums[1] += cancelled
            of_day = revenue.setdefault(day, {})
            of_day[currency] = of_day.get(currency, 0) + micros
        listings = {date.fromordinal(row[0]): (row[1], row[2]) for row in seen}
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        found = []
        for day in days:
            (count, cancelled), (active, out) = orders.get(day, (0, 0)), listings.get(day, (None, None))
            earned = {c: Money.from_micros(m, c) for c, m in sorted(revenue.get(day, {}).items()) if m}
            found.append(BusinessDay(day, count, cancelled, earned, active, out))
        return found

    # -- silence ---------------------------------------------------------------------------------------------------
    async def around(
        self, connection_id: int, moments: Sequence[datetime]
    ) -> list[tuple[datetime | None, datetime | None]]:
        """For each moment the last order placed up to it and the first one after it, None where there is none."""

        def job(conn: sqlite3.Connection) -> list[tuple[datetime | None, datetime | None]]:
            found = []
            for moment in moments:
                row = conn.execute(
                    "SELECT (SELECT max(placed_at) FROM orders WHERE connection_id = ?1 AND placed_at <= ?2),"
                    " (SELECT min(placed_at) FROM orders WHERE connection_id = ?1 AND placed_at > ?2)",
                    (connection_id, to_epoch_ms(moment)),
                ).fetchone()
                before, after = (None if value is None else from_epoch_ms(value) for value in row)
                found.append((before, after))
            return found

        return await self._db.read(job)

    async def open_orders(self, connection_id: int) -> int:
        """Orders of the connection that its channel may count as new: to be shipped, or waiting for the payment."""
        query = (
            "SELECT count(*) FROM orders WHERE connection_id = ? AND superseded_by IS NULL"
            " AND status IN ('pending', 'open', 'partially_shipped', 'unknown')"
        )
        return int(await self._db.read(lambda conn: conn.execute(query, (connection_id,)).fetchone()[0]))
