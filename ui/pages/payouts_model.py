"""Expected against paid as its page shows it: rows as a table's tuples, what is asked for, the words of a reason. No widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.api.payout_sheet import VIEWS, amount, reason_words
from app.model import SettlementKind
from app.store import MonthRow, OrderPayout, PayoutQuery, PayoutRow, PayoutTotal, SettlementRow, Store
from app.store.settlement_query import ODD, REASONS
from ui.tables import Channel, Column, Kind, Status, Tinted
from ui.words import figures, t, words

__all__ = ["ODD", "REASONS", "SPANS", "VIEWS", "Asked", "PayoutSource"]
SPANS = {"month": 30, "quarter": 90, "year": 365, "all": 0}
MOST_MONTHS = 10_000
_LOOKS = {
    "not_booked": "degraded", "no_order": "write.unknown", "sale_lower": "degraded", "sale_higher": "degraded",
    "overdue": "unhealthy", "waiting": "write.queued", "returned": "healthy", "paid": "healthy", "no_transfer": "write.unknown",
    "differs": "degraded",
}  # fmt: skip
_EXPECTED = frozenset({"waiting", "no_order", "no_transfer"})  # a difference is nothing to worry about
Row = tuple[object, ...]


def _column(key: str, kind: Kind, rank: int, width: int) -> Column:
    return Column(key, f"payouts.column.{key}", kind, rank=rank, width=width, sortable=False)


COLUMNS: dict[str, tuple[Column, ...]] = {
    "orders": (
        _column("connection", Kind.CHANNEL, 2, 150), _column("order", Kind.CODE, 1, 128), _column("placed_at", Kind.QUIET, 4, 92),
        _column("total", Kind.MONEY, 3, 112), _column("kept", Kind.MONEY, 3, 112), _column("expected", Kind.MONEY, 1, 112),
        _column("paid", Kind.MONEY, 1, 112), _column("difference", Kind.MONEY, 1, 112), _column("due_at", Kind.QUIET, 2, 92),
        _column("reason", Kind.STATUS, 1, 220),
    ),
    "payouts": (
        _column("connection", Kind.CHANNEL, 2, 150), _column("payout", Kind.CODE, 1, 150), _column("at", Kind.QUIET, 1, 92),
        _column("orders", Kind.NUMBER, 3, 72), _column("lines", Kind.NUMBER, 4, 72), _column("sale", Kind.MONEY, 3, 112),
        _column("kept", Kind.MONEY, 3, 112), _column("due", Kind.MONEY, 1, 128), _column("transferred", Kind.MONEY, 1, 120),
        _column("difference", Kind.MONEY, 1, 112), _column("reason", Kind.STATUS, 2, 170),
    ),
    "months": (
        _column("month", Kind.CODE, 1, 84), _column("connection", Kind.CHANNEL, 1, 150), _column("orders", Kind.NUMBER, 3, 72),
        _column("sale", Kind.MONEY, 1, 120), _column("returned", Kind.MONEY, 3, 112), _column("commission", Kind.MONEY, 2, 112),
        _column("cargo", Kind.MONEY, 3, 112), _column("service_fee", Kind.MONEY, 4, 112), _column("withheld", Kind.MONEY, 4, 112),
        _column("booked", Kind.MONEY, 1, 120), _column("transferred", Kind.MONEY, 1, 120), _column("waiting", Kind.MONEY, 2, 120),
    ),
    "lines": (
        _column("at", Kind.QUIET, 1, 92), _column("kind", Kind.STRONG, 1, 120), _column("vendor_kind", Kind.TEXT, 1, 170),
        _column("order", Kind.CODE, 1, 128), _column("payout", Kind.CODE, 1, 120), _column("amount", Kind.MONEY, 1, 120),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks for. `reason` one of REASONS, "odd" for those that need a look; blank and None: any."""

    span: str = "quarter"
    connection: int | None = None
    reason: str = ""
    search: str = ""

    @property
    def empty(self) -> bool:
        return self == Asked()

    def query(self, now: datetime, offset: int = 0, limit: int = 100) -> PayoutQuery:
        """For the store."""
        days = SPANS[self.span]
        reasons = ODD if self.reason == "odd" else (self.reason,) if self.reason else ()
        since = now - timedelta(days=days) if days else None
        return PayoutQuery(self.connection, since, None, self.search, reasons, offset, limit)


def money(micros: int | None, currency: str) -> object:
    found = amount(micros)
    return None if found is None else (found, currency)


def money_words(micros: int, currency: str) -> str:
    found = amount(micros)
    return "" if found is None else figures().money(found, currency)


def difference(micros: int | None, currency: str, reason: str) -> object:
    """Red when somebody should look at it."""
    shown = money(micros, currency)
    return Tinted(shown, "down_text") if micros and reason not in _EXPECTED else shown


def day(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    here = at.astimezone(now.tzinfo)
    return figures().date_short(here.date(), year=here.year != now.year)


def reason_status(reason: str) -> Status:
    return Status(_LOOKS[reason], reason_words(words(), reason))


def totals_words(totals: Sequence[PayoutTotal]) -> str:
    """The sums of what is shown, a currency each."""
    parts = []
    for one in totals:
        told = {
            name: money_words(getattr(one, name), one.currency)
            for name in ("expected", "paid", "difference", "waiting")
        }
        parts.append(t("payouts.page.sums", **told))
    return "   ".join(parts)


class PayoutSource:
    """The tables' windows. `known` are the rows read last by key, for what is opened."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self.known: dict[object, OrderPayout | PayoutRow | MonthRow] = {}

    def _here(self) -> datetime:
        return self._now().astimezone()

    def _keep(self, key: str, row: OrderPayout | PayoutRow | MonthRow) -> str:
        if len(self.known) > 4000:
            self.known.clear()
        self.known[key] = row
        return key

    def get(self, key: object) -> OrderPayout | PayoutRow | MonthRow | None:
        return self.known.get(key)

    # -- orders ------------------------------------------------------------------------------------------------
    async def orders(self, offset: int, limit: int, _sort: object, asked: Asked | None) -> Sequence[Row]:
        now = self._here()
        query = (asked or Asked()).query(now, offset, limit)
        return [self._order(one, now) for one in await self._store.settlements.by_order(query, now)]

    async def count_orders(self, asked: Asked | None) -> int:
        now = self._here()
        return sum((await self._store.settlements.order_reasons((asked or Asked()).query(now), now)).values())

    def _order(self, one: OrderPayout, now: datetime) -> Row:
        key = self._keep(f"o|{one.account_id}|{one.order_number}|{one.currency}", one)
        kept = one.sums.kept + one.sums.returned
        return (
            key, Channel(one.integration, one.channel), one.order_number, day(one.placed_at, now), money(one.total, one.currency),
            money(kept, one.currency), money(one.expected, one.currency), money(one.paid, one.currency),
            difference(one.difference, one.currency, one.reason), day(one.due_at, now), reason_status(one.reason),
        )  # fmt: skip

    # -- payouts -----------------------------------------------------------------------------------------------
    async def payouts(self, offset: int, limit: int, _sort: object, asked: Asked | None) -> Sequence[Row]:
        now = self._here()
        query = (asked or Asked()).query(now, offset, limit)
        return [self._payout(one, now) for one in await self._store.settlements.by_payout(query)]

    async def count_payouts(self, asked: Asked | None) -> int:
        return await self._store.settlements.count_payouts((asked or Asked()).query(self._here()))

    def _payout(self, one: PayoutRow, now: datetime) -> Row:
        key = self._keep(f"p|{one.account_id}|{one.payout_id}|{one.currency}", one)
        kept = one.sums.kept + one.sums.returned
        return (
            key, Channel(one.integration, one.channel), one.payout_id, day(one.at, now), one.orders, one.lines,
            money(one.sums.sale, one.currency), money(kept, one.currency), money(one.due, one.currency),
            money(one.paid, one.currency), difference(one.difference, one.currency, one.reason), reason_status(one.reason),
        )  # fmt: skip

    # -- months ------------------------------------------------------------------------------------------------
    async def months(self, offset: int, limit: int, _sort: object, asked: Asked | None) -> Sequence[Row]:
        query = (asked or Asked()).query(self._here(), offset, limit)
        return [self._month(one) for one in await self._store.settlements.by_month(query)]

    async def count_months(self, asked: Asked | None) -> int:
        return len(await self._store.settlements.by_month((asked or Asked()).query(self._here(), 0, MOST_MONTHS)))

    def _month(self, one: MonthRow) -> Row:
        key = self._keep(f"m|{one.connection_id}|{one.month}|{one.currency}", one)
        sums: tuple[Any, ...] = (
            one.sums.sale, one.sums.returned, one.sums.commission, one.sums.cargo, one.sums.service_fee, one.sums.withheld,
            one.sums.booked, one.transferred, one.waiting,
        )  # fmt: skip
        figures_ = tuple(money(micros, one.currency) for micros in sums)
        return (key, one.month, Channel(one.integration, one.channel), one.orders, *figures_)

    # -- the lines of one ----------------------------------------------------------------------------------------
    async def lines_of(self, one: OrderPayout | PayoutRow) -> list[Row]:
        if isinstance(one, OrderPayout):
            found = await self._store.settlements.of_order(one.account_id, one.order_number)
        else:
            found = await self._store.settlements.of_payout(one.account_id, one.payout_id)
        now = self._here()
        return [_line(row, now) for row in found if row.line.amount.currency == one.currency]


def _line(row: SettlementRow, now: datetime) -> Row:
    line = row.line
    return (
        row.id, day(line.booked_at, now), kind_words(line.kind), line.vendor_kind, line.order_number, line.payout_id,
        (amount(line.amount.micros), line.amount.currency),
    )  # fmt: skip


def kind_words(kind: SettlementKind) -> str:
    return t(f"payouts.kind.{kind}")
