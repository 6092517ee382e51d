"""The commands about what products cost: one by hand, many from a sheet. Importing this adds them to `COMMANDS`. Costs are kept with
VAT, as prices are."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, typed_value, words_of
from app.api.commands import COMMANDS
from app.console import Console
from app.contracts import Message
from app.formats.numbers import read_number
from app.formats.words import Words
from app.model import Money, currency_code
from app.pricing.cost_sheet import read_costs
from app.store import Action, Product, ProductChange, StoreError

MOST_BYTES = 32 * 1024 * 1024
SHOWN = 40


async def cost_set(console: Console, args: dict[str, Any]) -> Answer:
    words, sku = words_of(args), str(args["sku"])
    try:
        currency = currency_code(args.get("currency") or "TRY")
    except ValueError as error:
        raise Usage(words("cost.bad_currency", text=str(args.get("currency")))) from error
    amounts = {
        name: typed_value("price", args[name], words, currency) if args.get(name) else None
        for name in ("cost", "floor", "ceiling")
    }
    rate = _number(args.get("vat_rate"), 100, words)
    cost = amounts["cost"]
    if cost == 0 and not args.get("sure"):
        raise Usage(f"{words('cost.zero', sku=sku)} {words('cli.sure')}")
    if args.get("without_vat") and cost is not None:
        if rate is None:
            kept = await console.store.products.get(sku)
            rate = kept.vat_rate if kept is not None else None
        if rate is None:
            raise Usage(words("cost.which_vat"))
        cost = Money(cost * (100 + rate) / 100, currency).rounded().amount
    change = ProductChange(
        sku, currency, cost, rate, amounts["floor"], amounts["ceiling"], args.get("shelf"), _number(args.get("desi"), 10_000, words)
    )  # fmt: skip
    await console.store.products.put([change])
    found = await console.store.products.get(sku)
    answer = Answer(data=None if found is None else product_data(found))
    answer.say(words("cost.set", sku=sku, value=words.figures.money(cost or Decimal(0), currency)))
    if await console.store.products.unlisted([sku]):
        answer.say(words("cost.no_listing", sku=sku))
    return answer


def _number(text: str | None, most: int, words: Words) -> Decimal | None:
    """A plain figure with its decimal sign, such as a rate ('20', '%20'). Raises Usage."""
    if not text:
        return None
    found = read_number(text.replace("%", "").strip()).value
    if found is None or not 0 <= found <= most:
        raise Usage(words("cost.bad_number", text=text))
    return found


async def cost_list(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer(data=[])
    limit, after = int(args.get("limit") or 0), ""
    while rows := await console.store.products.list(after=after, limit=min(limit or 500, 500)):
        after = rows[-1].sku
        answer.data += [product_data(one) for one in rows]
        for one in rows:
            cost = words("common.no_value") if one.cost is None else words.figures.money(one.cost.amount, one.currency)
            answer.say(f"{one.sku:<30} {cost:>14}")
        if limit and len(answer.data) >= limit:
            break
    answer.say(words("cost.count", count=await console.store.products.count()))
    return answer


def product_data(one: Product) -> dict[str, Any]:
    def money(value: Money | None) -> str | None:
        return None if value is None else str(value)

    return {
        "sku": one.sku, "cost": money(one.cost), "vat_rate": None if one.vat_rate is None else str(one.vat_rate.normalize() + 0),
        "floor": money(one.floor), "ceiling": money(one.ceiling), "shelf": one.shelf,
        "desi": None if one.desi is None else str(one.desi.normalize() + 0),
    }  # fmt: skip


def read_file(path: Path) -> bytes:
    """Raises OSError."""
    if path.stat().st_size > MOST_BYTES:
        raise OSError(27, f"> {MOST_BYTES // 1024 // 1024} MB")
    return path.read_bytes()


async def cost_import(console: Console, args: dict[str, Any]) -> Answer:
    """Costs from a sheet: the good rows are kept, the others told by row and column."""
    words, path = words_of(args), Path(args["file"])
    try:
        data = await asyncio.to_thread(read_file, path)
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("sheet.file_failed", path=str(path), reason=reason)])
    sheet = await console.worker.compute(read_costs, path.name, data, "TRY", bool(args.get("sure")))
    count, troubles = await _put(console, sheet.changes, list(sheet.troubles))
    await console.store.audit.note(Action.DATA_IMPORTED, subject=("data", "costs"), details={"count": count})
    unknown = list(await console.store.products.unlisted([one.sku for one in sheet.changes]))
    answer = Answer(int(bool(troubles)))
    answer.data = {
        "file": path.name, "rows": sheet.rows, "kept": count, "unknown_skus": unknown,
        "troubles": [message_data(one) for one in troubles],
    }  # fmt: skip
    answer.say(words("cost.imported", file=path.name, count=count, rows=sheet.rows))
    for one in troubles[:SHOWN]:
        answer.say("  " + sentence(words, one))
    if len(troubles) > SHOWN:
        answer.say(words("cost.more", count=len(troubles) - SHOWN))
    if unknown:
        answer.say(words("cost.unknown", count=len(unknown), skus=", ".join(unknown[:10])))
    return answer


async def _put(console: Console, changes: tuple[ProductChange, ...], troubles: list[Message]) -> tuple[int, list[Message]]:  # fmt: skip
    """All at once; where one of them does not fit, one by one, so that the others are kept."""
    products = console.store.products
    try:
        return await products.put(changes), troubles
    except StoreError as error:
        if error.key not in ("store.product_currency", "store.bad_product"):
            raise
    count = 0
    for one in changes:
        try:
            count += await products.put([one])
        except StoreError as error:
            if error.key not in ("store.product_currency", "store.bad_product"):
                raise
            troubles.append(error.message)
    return count, troubles


COMMANDS.update({"cost_set": cost_set, "cost_list": cost_list, "cost_import": cost_import})
