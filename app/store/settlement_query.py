"""Expected against paid: what the channels' lines say beside what the orders say. By order, by payout, by month. Reads only.

Expected of an order = its own total less what the channel says that it keeps (commission, cargo, fees, tax) and what was given
back; paid = its lines that were paid out. Currencies never mix: each has rows of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.model import to_epoch_ms
from app.store.db import Database
from app.store.rows import ms, when

#: Why an order's paid differs from what is expected, the first that holds. `paid` and `returned`: it does not.
REASONS = ("not_booked", "no_order", "sale_lower", "sale_higher", "overdue", "waiting", "returned", "paid")
#: Those at which somebody should look.
ODD = ("not_booked", "sale_lower", "sale_higher", "overdue")
PAYOUT_REASONS = ("no_transfer", "differs", "paid")


class PayoutQuery(msgspec.Struct, frozen=True):
    """`since` and `until` (half open) bound when lines were booked, for orders without lines when they were placed. `search` is part
    of an order's number or of a payout's id. `reasons` is for orders. Blank, None and () mean any."""

    connection_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""
    reasons: tuple[str, ...] = ()
    offset: int = 0
    limit: int = 100


class Sums(msgspec.Struct, frozen=True, gc=False):
    """Micros by kind, signed from the merchant's side; payments are not among them."""

    sale: int
    returned: int
    commission: int
    cargo: int
    service_fee: int
    withheld: int
    other: int

    @property
    def booked(self) -> int:
        """All of them: what the channel owes for it."""
        return self.sale + self.returned + self.kept

    @property
    def kept(self) -> int:
        """What the channel keeps (below zero) or adds, beside sales and returns."""
        return self.commission + self.cargo + self.service_fee + self.withheld + self.other


class OrderPayout(msgspec.Struct, frozen=True, gc=False):
    """One order number. `total` is what its orders say, VAT included, None when none is known here; `expected` and `difference`
    (paid less expected) are None then. `waiting` is booked and not paid yet, `due_at` the first day on which that falls due. Micros."""

    account_id: str
    connection_id: int
    channel: str
    integration: str
    order_number: str
    currency: str
    placed_at: datetime | None
    status: str
    total: int | None
    sums: Sums
    paid: int
    due_at: datetime | None
    booked_at: datetime | None
    reason: str

    @property
    def expected(self) -> int | None:
        return None if self.total is None else self.total + self.sums.returned + self.sums.kept

    @property
    def difference(self) -> int | None:
        return None if self.expected is None else self.paid - self.expected

    @property
    def waiting(self) -> int:
        return self.sums.booked - self.paid


class PayoutRow(msgspec.Struct, frozen=True, gc=False):
    """One payout. `due` is what its lines come to, `paid` the transfer that the channel names, None when it names none. Micros."""

    account_id: str
    connection_id: int
    channel: str
    integration: str
    payout_id: str
    currency: str
    at: datetime | None
    orders: int
    lines: int
    sums: Sums
    paid: int | None
    reason: str

    @property
    def due(self) -> int:
        return self.sums.booked

    @property
    def difference(self) -> int | None:
        return None if self.paid is None else self.paid - self.due


class MonthRow(msgspec.Struct, frozen=True, gc=False):
    """One month (YYYY-MM, this computer's zone) of one connection: what was booked and what was transferred in it. Micros."""

    connection_id: int
    channel: str
    integration: str
    month: str
    currency: str
    orders: int
    sums: Sums
    transferred: int
    waiting: int


class PayoutTotal(msgspec.Struct, frozen=True, gc=False):
    """Over the orders that are asked for, in one currency. `expected` and `difference` leave out orders that are not known here."""

    currency: str
    orders: int
    expected: int
    paid: int
    difference: int
    waiting: int


def _sum(kind: str, name: str) -> str:
    return "".join(("sum(CASE WHEN l.kind = '", kind, "' THEN l.amount_micros ELSE 0 END) AS ", name))


#: In the order of Sums.
_SUMS = ", ".join(
    (
        _sum("sale", "sale"), _sum("return", "returned"), _sum("commission", "commission"), _sum("cargo", "cargo"),
        _sum("service_fee", "service_fee"), _sum("withholding", "withheld"), _sum("other", "other"),
    )
)  # fmt: skip
_PAID = (
    "(l.paid = 1 OR (l.payout_id <> '' AND EXISTS (SELECT 1 FROM settlement_lines p WHERE p.account_id = l.account_id"
    " AND p.payout_id = l.payout_id AND p.payout_id <> '' AND p.kind = 'payment')))"
)
#: ?1 connection, ?2 since, ?3 until, ?4 search, ?5 now.
_IN_SPAN = "(?2 IS NULL OR l.booked_at >= ?2) AND (?3 IS NULL OR l.booked_at < ?3)"
# The `<> ''` let SQLite use the partial indexes, the `+` keeps it from the index that has no order number in it.
_ORDERS = " ".join(
    (
        "WITH told AS (SELECT l.account_id, l.order_number, l.currency, min(l.connection_id) AS connection_id,",
        _SUMS,
        ", sum(CASE WHEN",
        _PAID,
        "THEN l.amount_micros ELSE 0 END) AS paid, min(CASE WHEN NOT",
        _PAID,
        "THEN l.due_at END) AS due_at, max(l.booked_at) AS booked_at, max(l.order_id) AS ids",
        "FROM settlement_lines l WHERE l.order_number <> '' AND l.kind <> 'payment'",
        "AND (?4 = '' OR instr(l.order_number, ?4) > 0) GROUP BY l.account_id, l.order_number, l.currency),",
        # A package that is not delivered has no lines yet: it counts only where the channel does not say which it means.
        "known AS (SELECT t.*, o.id AS oid, o.placed_at AS placed_at, o.status AS status, o.connection_id AS at_connection,",
        "CASE WHEN o.id IS NULL OR (o.status = 'cancelled' AND t.returned = 0) THEN 0 ELSE o.total_micros END AS part,",
        "o.id IS NOT NULL AND o.total_micros = 0 AS unpriced",
        "FROM told t LEFT JOIN orders o ON o.number = t.order_number AND +o.account_id = t.account_id",
        "AND o.currency = t.currency AND o.superseded_by IS NULL AND (t.ids = '' OR o.status IN ('delivered', 'returned')",
        "OR EXISTS (SELECT 1 FROM settlement_lines x WHERE x.account_id = t.account_id AND x.order_number = t.order_number",
        "AND x.order_number <> '' AND x.order_id = o.remote_id))),",
        "both AS (SELECT account_id, coalesce(min(at_connection), connection_id) AS connection_id, order_number, currency,",
        "min(placed_at) AS placed_at, coalesce(max(status), '') AS status,",
        "CASE WHEN count(oid) = 0 OR max(unpriced) THEN NULL ELSE sum(part) END AS total,",
        "sale, returned, commission, cargo, service_fee, withheld, other, paid, due_at, booked_at",
        "FROM known GROUP BY account_id, order_number, currency",
        "UNION ALL SELECT o.account_id, min(o.connection_id), o.number, o.currency, min(o.placed_at), 'delivered',",
        "sum(o.total_micros), 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL FROM orders o",
        "JOIN (SELECT account_id, min(booked_at) AS since FROM settlement_lines GROUP BY account_id) tellers",
        "ON tellers.account_id = o.account_id",
        "WHERE o.status = 'delivered' AND o.superseded_by IS NULL AND o.total_micros > 0",
        "AND (?4 = '' OR instr(o.number, ?4) > 0)",
        "AND o.placed_at >= tellers.since",
        "AND NOT EXISTS (SELECT 1 FROM settlement_lines l WHERE l.account_id = o.account_id AND l.order_number = o.number",
        "AND l.order_number <> '')",
        "GROUP BY o.account_id, o.number, o.currency),",
        "judged AS (SELECT b.*, sale + returned + commission + cargo + service_fee + withheld + other AS booked,",
        "CASE WHEN b.booked_at IS NULL THEN 'not_booked' WHEN total IS NULL THEN 'no_order'",
        "WHEN sale < total THEN 'sale_lower' WHEN sale > total THEN 'sale_higher'",
        "WHEN sale + returned + commission + cargo + service_fee + withheld + other <> paid THEN",
        "CASE WHEN due_at < ?5 THEN 'overdue' ELSE 'waiting' END",
        "WHEN returned <> 0 THEN 'returned' ELSE 'paid' END AS reason FROM both b",
        "WHERE (?1 IS NULL OR b.connection_id = ?1) AND (?2 IS NULL OR coalesce(b.booked_at, b.placed_at) >= ?2)",
        "AND (?3 IS NULL OR coalesce(b.booked_at, b.placed_at) < ?3)),",
        "shown AS (SELECT * FROM judged WHERE ?6 = '[]' OR reason IN (SELECT value FROM json_each(?6)))",
    )
)
_ORDER_ROWS = " ".join(
    (
        _ORDERS,
        "SELECT s.account_id, s.connection_id, c.name, c.integration, s.order_number, s.currency, s.placed_at, s.status,",
        "s.total, s.sale, s.returned, s.commission, s.cargo, s.service_fee, s.withheld, s.other, s.paid, s.due_at,",
        "s.booked_at, s.reason FROM shown s JOIN connections c ON c.id = s.connection_id",
        "ORDER BY coalesce(s.booked_at, s.placed_at) DESC, s.order_number DESC, s.account_id, s.currency LIMIT ?7 OFFSET ?8",
    )
)
_ORDER_TOTALS = " ".join(
    (
        _ORDERS,
        "SELECT currency, count(*), coalesce(sum(CASE WHEN total IS NOT NULL THEN total + booked - sale END), 0), sum(paid),",
        "coalesce(sum(CASE WHEN total IS NOT NULL THEN paid - (total + booked - sale) END), 0), sum(booked - paid)",
        "FROM shown GROUP BY currency ORDER BY count(*) DESC, currency",
    )
)
_ORDER_REASONS = " ".join((_ORDERS, "SELECT reason, count(*) FROM shown GROUP BY reason"))
_PAYOUTS = " ".join(
    (
        "WITH grouped AS (SELECT l.account_id, min(l.connection_id) AS connection_id, l.payout_id, l.currency,",
        "coalesce(max(CASE WHEN l.kind = 'payment' THEN l.booked_at END), max(l.due_at), max(l.booked_at)) AS at,",
        "count(DISTINCT nullif(l.order_number, '')) AS orders, sum(l.kind <> 'payment') AS lines,",
        _SUMS,
        ", -sum(CASE WHEN l.kind = 'payment' THEN l.amount_micros END) AS paid",
        "FROM settlement_lines l WHERE l.payout_id <> '' AND (?4 = '' OR instr(l.payout_id, ?4) > 0)",
        "GROUP BY l.account_id, l.payout_id, l.currency),",
        "judged AS (SELECT g.*, CASE WHEN paid IS NULL THEN 'no_transfer'",
        "WHEN paid = sale + returned + commission + cargo + service_fee + withheld + other THEN 'paid' ELSE 'differs' END",
        "AS reason FROM grouped g WHERE (?1 IS NULL OR g.connection_id = ?1) AND (?2 IS NULL OR g.at >= ?2)",
        "AND (?3 IS NULL OR g.at < ?3))",
    )
)
_PAYOUT_ROWS = " ".join(
    (
        _PAYOUTS,
        "SELECT s.account_id, s.connection_id, c.name, c.integration, s.payout_id, s.currency, s.at, s.orders, s.lines,",
        "s.sale, s.returned, s.commission, s.cargo, s.service_fee, s.withheld, s.other, s.paid, s.reason",
        "FROM judged s JOIN connections c ON c.id = s.connection_id",
        "ORDER BY s.at DESC, s.payout_id DESC, s.account_id, s.currency LIMIT ?5 OFFSET ?6",
    )
)
_MONTHS = " ".join(
    (
        "SELECT l.connection_id, c.name, c.integration,",
        "strftime('%Y-%m', l.booked_at / 1000, 'unixepoch', 'localtime') AS month, l.currency,",
        "count(DISTINCT nullif(l.order_number, '')),",
        _SUMS,
        ", -sum(CASE WHEN l.kind = 'payment' THEN l.amount_micros ELSE 0 END),",
        "sum(CASE WHEN l.kind <> 'payment' AND NOT",
        _PAID,
        "THEN l.amount_micros ELSE 0 END)",
        "FROM settlement_lines l JOIN connections c ON c.id = l.connection_id",
        "WHERE (?1 IS NULL OR l.connection_id = ?1) AND",
        _IN_SPAN,
        "GROUP BY l.connection_id, month, l.currency ORDER BY month DESC, c.name, l.currency LIMIT ?4 OFFSET ?5",
    )
)


class SettlementViews:
    """The reading half of the settlements."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def by_order(self, query: PayoutQuery, now: datetime) -> Sequence[OrderPayout]:
        """Newest booking first. `now` decides what is overdue."""
        values = (*_order_values(query, now), query.limit, query.offset)
        return await self._db.read(lambda conn: [_order(row) for row in conn.execute(_ORDER_ROWS, values)])

    async def order_totals(self, query: PayoutQuery, now: datetime) -> Sequence[PayoutTotal]:
        """By currency, the most used first."""
        values = _order_values(query, now)
        return await self._db.read(lambda conn: [PayoutTotal(*row) for row in conn.execute(_ORDER_TOTALS, values)])

    async def order_reasons(self, query: PayoutQuery, now: datetime) -> dict[str, int]:
        """How many orders there are of each reason."""
        values = _order_values(query, now)
        return await self._db.read(lambda conn: dict(conn.execute(_ORDER_REASONS, values).fetchall()))

    async def by_payout(self, query: PayoutQuery) -> Sequence[PayoutRow]:
        """Newest first."""
        values = (*_values(query), query.search, query.limit, query.offset)
        return await self._db.read(lambda conn: [_payout(row) for row in conn.execute(_PAYOUT_ROWS, values)])

    async def count_payouts(self, query: PayoutQuery) -> int:
        values = (*_values(query), query.search)
        statement = " ".join((_PAYOUTS, "SELECT count(*) FROM judged"))
        return await self._db.read(lambda conn: int(conn.execute(statement, values).fetchone()[0]))

    async def by_month(self, query: PayoutQuery) -> Sequence[MonthRow]:
        """Newest month first."""
        values = (*_values(query), query.limit, query.offset)
        return await self._db.read(lambda conn: [_month(row) for row in conn.execute(_MONTHS, values)])


def _values(query: PayoutQuery) -> tuple[Any, ...]:
    return (query.connection_id, ms(query.since), ms(query.until))


def _order_values(query: PayoutQuery, now: datetime) -> tuple[Any, ...]:
    reasons = msgspec.json.encode(query.reasons).decode()
    return (*_values(query), query.search, to_epoch_ms(now), reasons)


def _order(row: tuple[Any, ...]) -> OrderPayout:
    return OrderPayout(
        *(*row[:6], when(row[6]), row[7], row[8], Sums(*row[9:16]), row[16], when(row[17]), when(row[18]), row[19])
    )


def _payout(row: tuple[Any, ...]) -> PayoutRow:
    return PayoutRow(*(*row[:6], when(row[6]), row[7], row[8], Sums(*row[9:16]), row[16], row[17]))


def _month(row: tuple[Any, ...]) -> MonthRow:
    return MonthRow(*(*row[:6], Sums(*row[6:13]), row[13], row[14]))
