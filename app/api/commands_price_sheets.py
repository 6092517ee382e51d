"""The commands about sheets of prices: one into a plan, one out. Importing this adds them to `COMMANDS`. Nothing is queued or sent."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, chosen, words_of
from app.api.commands import COMMANDS
from app.api.commands_plans import EXAMPLES, plans_of, show_plan, takes_prices
from app.api.price_sheets import PriceSheets
from app.console import Console
from app.contracts import ProviderError
from app.formats.words import Words
from app.pricing.sheet_columns import AMOUNTS, read_pairs
from app.pricing.sheet_plan import SheetPlan
from app.pricing.sheet_read import PriceSheet
from app.store.connections import ConnectionRow

SHOWN = 40


def sheets_of(console: Console) -> PriceSheets:
    return PriceSheets(console.store, console.catalogue, plans_of(console), console.worker.compute)


async def _rows(console: Console, args: dict[str, Any]) -> list[ConnectionRow]:
    return [row for row in await chosen(console, args) if takes_prices(console.catalogue, row)]


async def plan_sheet(console: Console, args: dict[str, Any]) -> Answer:
    """`plan new --sheet FILE`: the rows that can be read and whose listings are known become a plan; all else is told."""
    words, path = words_of(args), Path(args["sheet"])
    own, sheets = read_pairs(args.get("map") or ()), sheets_of(console)
    sign = args.get("decimal") or ""
    signs = dict.fromkeys(AMOUNTS, sign) if sign else {}
    rows = await _rows(console, args)
    if not rows:
        return Answer(1, {"error": "no_channel"}, [words("pricesheet.no_channel")])
    try:
        sheet = await sheets.look(path, path.name, own, signs)
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("sheet.file_failed", path=str(path), reason=reason)])
    except ProviderError as error:
        return Answer(1, {"message": message_data(error.message)}, [sentence(words, error.message)])
    if sheet.doubts:
        return _doubts(words, sheet)
    made = await sheets.make(sheet, rows, own, signs)
    answer = Answer()
    if made.plan_id is not None:
        answer = await show_plan(console, made.plan_id, words, answer, {"examples": EXAMPLES})
    else:
        answer.exit, answer.data = 1, {"id": None}
    _tell(answer, words, sheet, made)
    return answer


def _doubts(words: Words, sheet: PriceSheet) -> Answer:
    answer = Answer(1, {"error": "doubts", "doubts": [message_data(one) for one in sheet.doubts], **_columns(sheet)})
    for one in sheet.doubts:
        answer.say(sentence(words, one))
        if one.code == "pricesheet.sign":
            answer.say("  " + words("pricesheet.hint_sign"))
        elif one.code.startswith("pricesheet.rivals"):
            answer.say("  " + words("pricesheet.hint_map", example=one.params["example"]))
    if not sheet.found:
        titles = ", ".join(filter(None, sheet.titles))
        answer.say(words("pricesheet.hint_titles", titles=titles[:400]))
    return answer


def _columns(sheet: PriceSheet) -> dict[str, Any]:
    return {
        "file": sheet.file, "sheet": sheet.sheet, "columns": sheet.found, "headers": [one for one in sheet.titles if one],
        "decimal_signs": sheet.signs, "not_taken": list(sheet.aside),
    }  # fmt: skip


def _tell(answer: Answer, words: Words, sheet: PriceSheet, made: SheetPlan) -> None:
    answer.data["import"] = {
        **_columns(sheet), "rows": sheet.rows, "matched": made.matched, "blank": sheet.blanks, "rounded": made.rounded,
        "elsewhere": made.elsewhere, "unknown": [{"row": one.row, "name": one.name, "near": one.near} for one in made.unknown],
        "troubles": [message_data(one) for one in made.troubles], "trouble_count": made.trouble_count,
    }  # fmt: skip
    answer.exit = max(answer.exit, int(bool(made.trouble_count or made.unknown)))
    answer.say(words("pricesheet.read", file=sheet.file, rows=sheet.rows, count=made.matched))
    for line in summary(words, sheet, made):
        answer.say(line)
    for one in made.troubles[:SHOWN]:
        answer.say("  " + sentence(words, one))
    if made.trouble_count > min(SHOWN, len(made.troubles)):
        answer.say(words("pricesheet.more", count=made.trouble_count - min(SHOWN, len(made.troubles))))
    if made.unknown:
        names = ", ".join(one.name for one in made.unknown[:20])
        answer.say(words("pricesheet.unknown", count=len(made.unknown), names=names))
        for unknown in [one for one in made.unknown if one.near][:SHOWN]:
            answer.say("  " + words("pricesheet.near", row=unknown.row, name=unknown.name, near=unknown.near))


def summary(words: Words, sheet: PriceSheet, made: SheetPlan) -> list[str]:
    """What a person must know beside the plan itself."""
    found = []
    for key, count in (("blank", sheet.blanks), ("rounded", made.rounded), ("elsewhere", made.elsewhere)):
        if count:
            found.append(words(f"pricesheet.{key}", count=count))
    if "stock" in sheet.aside:
        found.append(words("pricesheet.no_stock"))
    return found


async def prices_out(console: Console, args: dict[str, Any]) -> Answer:
    """`sheet out --out FILE`: the prices of a connection, or of all that take prices, as a sheet that may come back as a plan."""
    words, path = words_of(args), Path(args["out"])
    if path.suffix.casefold() not in (".xlsx", ".csv"):
        raise Usage(words("pricesheet.ending"))
    rows = await _rows(console, args)
    if not rows:
        return Answer(1, {"error": "no_channel"}, [words("pricesheet.no_channel")])
    if await asyncio.to_thread(os.path.lexists, path):
        return Answer(1, {"error": "file_exists"}, [words("sheet.file_exists", path=str(path))])
    try:
        count = await sheets_of(console).save(path, rows, words)
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("sheet.file_failed", path=str(path), reason=reason)])
    answer = Answer(0, {"file": str(path), "rows": count, "connections": [row.name for row in rows]})
    answer.say(words("pricesheet.written", path=str(path), count=count))
    return answer


COMMANDS.update({"plan_sheet": plan_sheet, "prices_out": prices_out})
