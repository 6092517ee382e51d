"""The command about payouts: expected against paid. Importing this adds it to `COMMANDS`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.asking import chosen, failed, iso, parse_since, words_of
from app.api.commands import COMMANDS
from app.api.payout_sheet import amount, everything, export_payouts, reason_words, tells
from app.console import Console, utc_now
from app.formats.words import Words
from app.store import MonthRow, OrderPayout, PayoutQuery, PayoutRow
from app.store.settlement_query import ODD, Sums

SHOWN = 40  # lines of a terminal


async def payouts(console: Console, args: dict[str, Any]) -> Answer:
    """Reads the lines first when asked to (`sync`); then shows a view and writes the sheet when a file is named (`out`)."""
    words, rows = words_of(args), await chosen(console, args)
    answer = Answer(data={})
    telling = [row for row in rows if tells(console.catalogue, row)]
    since = parse_since(args["since"], words) if args.get("since") else None
    until = parse_since(args["until"], words) if args.get("until") else None
    if args.get("sync"):
        await _read(console, args, since, answer, words)
    view = args.get("view") or "orders"
    query = PayoutQuery(
        connection_id=rows[0].id if args.get("name") else None, since=since, until=until, reasons=ODD if args.get("odd") else (),
        search=args.get("search") or "", limit=max(1, int(args.get("limit") or SHOWN)),
    )  # fmt: skip
    answer.data["tell"] = [row.name for row in telling]
    if not telling:
        answer.say(words("payouts.none_tells", names=_tellers(console)))
    await _show(console, view, query, answer, words)
    if args.get("out"):
        path = Path(args["out"])
        count = await export_payouts(console.store, query, path, words, utc_now(), view=view)
        answer.data["written"] = {"path": str(path), "rows": count}
        answer.say(words("payouts.exported", count=count, path=str(path)))
    return answer


def _tellers(console: Console) -> str:
    """Names of the integrations that tell payouts."""
    return ", ".join(sorted({one.name for one in console.catalogue if "settlements" in one.capabilities}))


async def _read(console: Console, args: dict[str, Any], since: datetime | None, answer: Answer, words: Words) -> None:
    answer.data["read"] = []
    for row in await chosen(console, args):
        if not tells(console.catalogue, row) or (row.paused and not args.get("name")):
            continue
        result = await console.engine.sync_settlements(row, since=since)
        answer.data["read"].append({
            "connection": row.name, "outcome": result.outcome, **result.counts, "message": message_data(result.message),
        })  # fmt: skip
        if result.outcome != "failed" or any(result.counts.values()):
            counts = {name: result.counts.get(name, 0) for name in ("new", "changed", "same")}
            answer.say(words("payouts.read", name=row.name, **counts))
        if result.counts.get("rejected"):
            answer.say(words("cli.rejected", name=row.name, count=result.counts["rejected"]))
            waiting = [
                one for one in await console.store.attention.list(connection_id=row.id) if one.stream == "settlements"
            ]
            for one in waiting[:5]:
                answer.say(f"  {one.remote_id or '?'}: {sentence(words, one.message)}")
        failed(answer, words, result, row)


async def _show(console: Console, view: str, query: PayoutQuery, answer: Answer, words: Words) -> None:
    lines, now = console.store.settlements, utc_now()
    figures = words.figures

    def money(micros: int | None, currency: str) -> str:
        found = amount(micros)
        return "—" if found is None else figures.money(found, currency)

    if view == "payouts":
        paid = await everything(lines.by_payout, query)
        answer.data["payouts"] = [_payout_data(one) for one in paid]
        for one in paid[: query.limit]:
            day = "" if one.at is None else figures.date(one.at.astimezone())
            answer.say(
                f"{one.payout_id[:24]:<24} {day:<12} {money(one.due, one.currency):>16} {money(one.paid, one.currency):>16}"
                f" {money(one.difference, one.currency):>14} {reason_words(words, one.reason)} · {one.channel}"
            )
        answer.say(words("payouts.count_payouts", count=len(paid)))
        return
    if view == "months":
        months = await everything(lines.by_month, query)
        answer.data["months"] = [_month_data(one) for one in months]
        for month in months[: query.limit]:
            answer.say(
                f"{month.month} {month.channel[:24]:<24} {money(month.sums.booked, month.currency):>16}"
                f" {money(month.transferred, month.currency):>16} {money(month.waiting, month.currency):>16}"
            )
        answer.say(words("payouts.count_months", count=len(months)))
        return
    found = await everything(lambda asked: lines.by_order(asked, now), query)
    answer.data["orders"] = [_order_data(one) for one in found]
    answer.data["reasons"] = await lines.order_reasons(query, now)
    for order in found[: query.limit]:
        answer.say(
            f"{order.order_number[:22]:<22} {money(order.expected, order.currency):>16} {money(order.paid, order.currency):>16}"
            f" {money(order.difference, order.currency):>14} {reason_words(words, order.reason)} · {order.channel}"
        )
    answer.data["totals"] = []
    for total in await lines.order_totals(query, now):
        answer.data["totals"].append({
            "currency": total.currency, "orders": total.orders, "expected": _text(total.expected), "paid": _text(total.paid),
            "difference": _text(total.difference), "waiting": _text(total.waiting),
        })  # fmt: skip
        shown = {
            name: money(getattr(total, name), total.currency) for name in ("expected", "paid", "difference", "waiting")
        }
        answer.say(words("payouts.total", count=total.orders, **shown))
    if not found:
        answer.say(words("payouts.count_orders", count=0))


def _text(micros: int | None) -> str | None:
    found = amount(micros)
    return None if found is None else format(found, "f")


def _sums_data(sums: Sums) -> dict[str, str | None]:
    return {name: _text(getattr(sums, name)) for name in msgspec.structs.asdict(sums)}


def _order_data(one: OrderPayout) -> dict[str, Any]:
    return {
        "connection": one.channel, "order_number": one.order_number, "currency": one.currency, "placed_at": iso(one.placed_at),
        "status": one.status, "total": _text(one.total), **_sums_data(one.sums), "expected": _text(one.expected),
        "paid": _text(one.paid), "difference": _text(one.difference), "waiting": _text(one.waiting), "due_at": iso(one.due_at),
        "reason": one.reason,
    }  # fmt: skip


def _payout_data(one: PayoutRow) -> dict[str, Any]:
    return {
        "connection": one.channel, "payout_id": one.payout_id, "at": iso(one.at), "currency": one.currency, "orders": one.orders,
        "lines": one.lines, **_sums_data(one.sums), "due": _text(one.due), "transferred": _text(one.paid),
        "difference": _text(one.difference), "reason": one.reason,
    }  # fmt: skip


def _month_data(one: MonthRow) -> dict[str, Any]:
    return {
        "connection": one.channel, "month": one.month, "currency": one.currency, "orders": one.orders, **_sums_data(one.sums),
        "booked": _text(one.sums.booked), "transferred": _text(one.transferred), "waiting": _text(one.waiting),
    }  # fmt: skip


COMMANDS["payouts"] = payouts
