"""Expected against paid as sheets that leave the program, and in the words that the command line and the window share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from app.api.audit_sheet import write_sheets
from app.contracts.catalogue import Catalogue
from app.formats.tables import Cell, Sheet
from app.formats.words import Words
from app.model import Money
from app.store import Action, ConnectionRow, MonthRow, OrderPayout, PayoutQuery, PayoutRow, Store
from app.store.settlement_query import Sums

T = TypeVar("T")
VIEWS = ("orders", "payouts", "months")
_SUMS = ("sale", "returned", "commission", "cargo", "service_fee", "withheld", "other")
COLUMNS = {
    "orders": (
        "connection", "order", "placed_at", "status", "currency", "total", *_SUMS, "expected", "paid", "difference", "waiting",
        "due_at", "reason",
    ),
    "payouts": ("connection", "payout", "at", "currency", "orders", "lines", *_SUMS, "due", "transferred", "difference", "reason"),
    "months": ("connection", "month", "currency", "orders", *_SUMS, "booked", "transferred", "waiting"),
}  # fmt: skip
_PAGE = 5_000


def tells(catalogue: Catalogue, row: ConnectionRow) -> bool:
    """Whether payout lines are read on this connection: its integration tells them and the merchant's switch is on."""
    return "settlements" in catalogue.manifest(row.integration).capabilities and row.switches.get("settlements", True)


def reason_words(words: Words, reason: str) -> str:
    return words(f"payouts.reason.{reason}")


def status_words(words: Words, status: str) -> str:
    key = f"order.{status}"
    return words(key) if status and words.has(key) else status


def amount(micros: int | None) -> Decimal | None:
    """Micros as a plain figure with the currency's usual digits."""
    return None if micros is None else Money.from_micros(micros, "TRY").amount.quantize(Decimal("0.01"))


async def everything(fetch: Callable[[PayoutQuery], Awaitable[Sequence[T]]], query: PayoutQuery) -> list[T]:
    """All rows of a view, a page at a time."""
    found: list[T] = []
    while True:
        page = await fetch(msgspec.structs.replace(query, offset=len(found), limit=_PAGE))
        found += page
        if len(page) < _PAGE:
            return found


async def export_payouts(
    store: Store, query: PayoutQuery, path: Path, words: Words, now: datetime, *, view: str = "orders",
    executor: Executor | None = None,
) -> int:  # fmt: skip
    """Write what the filter lets through; how many rows. The name's ending decides: .xlsx has all three views, `view` first, else a
    CSV with `view` alone. Raises OSError."""
    kind = "xlsx" if path.suffix.casefold() == ".xlsx" else "csv"
    wanted = [view, *(one for one in VIEWS if one != view)] if kind == "xlsx" else [view]
    sheets = [await _sheet(store, one, query, words, now) for one in wanted]
    await write_sheets(sheets, path, words, executor)
    count = len(sheets[0].rows)
    await store.audit.note(Action.DATA_EXPORTED, subject=("payouts", kind), details={"count": count})
    return count


async def _sheet(store: Store, view: str, query: PayoutQuery, words: Words, now: datetime) -> Sheet:
    lines = store.settlements
    rows: list[list[Cell]]
    if view == "orders":
        rows = [_order(one, words) for one in await everything(lambda asked: lines.by_order(asked, now), query)]
    elif view == "payouts":
        rows = [_payout(one, words) for one in await everything(lines.by_payout, query)]
    else:
        rows = [_month(one) for one in await everything(lines.by_month, query)]
    header = [words(f"payouts.column.{name}") for name in COLUMNS[view]]
    return Sheet(words(f"payouts.view.{view}"), header, rows)


def _sums(sums: Sums) -> list[Cell]:
    return [amount(getattr(sums, name)) for name in _SUMS]


def _order(one: OrderPayout, words: Words) -> list[Cell]:
    return [
        one.channel, one.order_number, _local(one.placed_at), status_words(words, one.status), one.currency, amount(one.total),
        *_sums(one.sums), amount(one.expected), amount(one.paid), amount(one.difference), amount(one.waiting), _local(one.due_at),
        reason_words(words, one.reason),
    ]  # fmt: skip


def _payout(one: PayoutRow, words: Words) -> list[Cell]:
    return [
        one.channel, one.payout_id, _local(one.at), one.currency, one.orders, one.lines, *_sums(one.sums), amount(one.due),
        amount(one.paid), amount(one.difference), reason_words(words, one.reason),
    ]  # fmt: skip


def _month(one: MonthRow) -> list[Cell]:
    return [
        one.channel, one.month, one.currency, one.orders, *_sums(one.sums), amount(one.sums.booked), amount(one.transferred),
        amount(one.waiting),
    ]  # fmt: skip


def _local(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone()
