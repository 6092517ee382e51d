"""The commands about the merchant's own stock: counts by hand and from a sheet, buffers, channel rules, what each channel shows.
Importing this adds them to `COMMANDS`. What channels must be told is queued; nothing is sent from here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, chosen, iso, words_of
from app.api.commands import COMMANDS
from app.api.commands_costs import SHOWN, read_file
from app.changes import LISTINGS, OUTBOX, ChangeReport
from app.console import Console
from app.contracts import ProviderError
from app.formats.numbers import read_whole
from app.formats.words import Words
from app.model.stock import MOST, ChannelRule
from app.stock.sheet import read_map, read_stock
from app.store import Action, ChannelStock, Count, StockQuery, StockRow, StoreError
from app.store.stock import SHEET

PAGE = 500
NAMED = 10  # SKUs that a line names


def whole(text: str, words: Words) -> int:
    """Pieces, as they are typed. Raises Usage."""
    found = read_whole(text.strip()).value
    if found is None or not 0 <= found <= MOST or found != int(found):
        raise Usage(words("stock.cli.bad_whole", text=text))
    return int(found)


async def told(console: Console, queued: Mapping[int, int], words: Words, answer: Answer) -> None:
    """Say what was queued, and let it go."""
    names = {row.id: row.name for row in await console.store.connections.list()}
    for connection_id, count in queued.items():
        answer.say("  " + words("stock.cli.queued", name=names.get(connection_id, ""), count=count))
        if console.engine.scheduler is not None:
            console.engine.scheduler.hurry("send", connection_id)
    console.changes.publish(ChangeReport(LISTINGS, source="user"))
    if queued:
        console.changes.publish(ChangeReport(OUTBOX, source="user"))


async def _kept(console: Console, sku: str, words: Words) -> StockRow:
    """Raises Usage for an SKU that is not managed."""
    row = await console.store.stock.get(sku)
    if row is None:
        raise Usage(words("stock.cli.unknown", sku=sku))
    return row


async def stock_on_hand(console: Console, args: dict[str, Any]) -> Answer:
    words, sku = words_of(args), str(args["sku"])
    count = whole(str(args["count"]), words)
    if count == 0 and not args.get("sure"):
        raise Usage(f"{words('stock.cli.zero', sku=sku)} {words('cli.sure')}")
    return await _put(console, Count(sku, count), "stock.cli.set", words)


async def stock_buffer(console: Console, args: dict[str, Any]) -> Answer:
    words, sku = words_of(args), str(args["sku"])
    count = whole(str(args["count"]), words)
    await _kept(console, sku, words)
    return await _put(console, Count(sku, buffer=count), "stock.cli.buffer", words)


async def _put(console: Console, count: Count, key: str, words: Words) -> Answer:
    answer = Answer()
    try:
        queued = await console.store.stock.put([count])
    except StoreError as error:
        raise Usage(sentence(words, error.message)) from error
    await console.store.audit.note(Action.STOCK_WISHED, details={"count": 1})
    row = await _kept(console, count.sku, words)
    channels = await console.store.stock.channels([count.sku])
    answer.data = {**stock_data(row, channels), "queued": sum(queued.values())}
    answer.say(words(key, sku=row.sku, on_hand=row.on_hand, available=row.available, buffer=row.buffer))
    if not channels:
        answer.say(words("stock.cli.no_listing", sku=row.sku))
    await told(console, queued, words, answer)
    return answer


def stock_data(row: StockRow, channels: Sequence[ChannelStock]) -> dict[str, Any]:
    return {
        "sku": row.sku, "title": row.title, "barcode": row.barcode, "on_hand": row.on_hand, "reserved": row.reserved,
        "lacking": row.lacking, "buffer": row.buffer, "available": row.available, "low_at": row.low_at, "source": row.source,
        "counted_at": iso(row.counted_at),
        "channels": [
            {"connection": one.channel, "shows": one.shows, "should": one.should, "told": one.told, "state": one.state}
            for one in channels if one.sku == row.sku
        ],
    }  # fmt: skip


async def stock_show(console: Console, args: dict[str, Any]) -> Answer:
    """One SKU with its channels, or all of them."""
    words, answer, sku = words_of(args), Answer(data=[]), args.get("sku")
    if sku:
        rows = [await _kept(console, str(sku), words)]
        channels = await console.store.stock.channels([rows[0].sku])
        answer.data = stock_data(rows[0], channels)
        _say(words, answer, rows[0])
        for one in channels:
            shows = words("common.no_value") if one.shows is None else str(one.shows)
            line = words("stock.cli.channel", name=one.channel, shows=shows, should=one.should)
            more = "" if one.told else f" · {words('stock.cli.not_told')}"
            if one.state:
                more += f" · {words('stock.cli.open', state=words(f'write.{one.state}'))}"
            answer.say(f"  {line}{more}")
        return answer
    limit = int(args.get("limit") or 0)
    while True:
        query = StockQuery(
            search=str(args.get("search") or ""), low=args.get("low"), lacking=bool(args.get("lacking")),
            offset=len(answer.data), limit=min(limit - len(answer.data), PAGE) if limit else PAGE,
        )  # fmt: skip
        rows = await console.store.stock.rows(query)
        channels = await console.store.stock.channels([row.sku for row in rows])
        answer.data += [stock_data(row, channels) for row in rows]
        for row in rows:
            _say(words, answer, row)
        if len(rows) < PAGE or (limit and len(answer.data) >= limit):
            break
    names = {row.id: row.name for row in await console.store.connections.list()}
    for short in await console.store.stock.shortages():
        name = names.get(short.connection_id, "")
        answer.say(
            words("stock.cli.short", number=short.number, name=name, sku=short.sku, count=short.wanted - short.held)
        )
    total = await console.store.stock.total(StockQuery())
    answer.say(words("stock.cli.count", count=total) if total else words("stock.cli.none"))
    return answer


def _say(words: Words, answer: Answer, row: StockRow) -> None:
    line = words(
        "stock.cli.head",
        sku=row.sku,
        on_hand=row.on_hand,
        reserved=row.reserved,
        buffer=row.buffer,
        available=row.available,
    )
    answer.say(f"{line} · {words('stock.cli.lacking', count=row.lacking)}" if row.lacking else line)


async def stock_rule(console: Console, args: dict[str, Any]) -> Answer:
    """Show a channel's rule, or change the parts of it that are given."""
    words, answer = words_of(args), Answer()
    (row,) = await chosen(console, args)
    rule = (await console.store.stock.rules()).get(row.id, ChannelRule())
    given = {name: args.get(name) for name in ("percent", "most", "least", "minus")}
    changes: dict[str, Any] = {}
    for name, text in given.items():
        if text is not None:
            free = name == "most" and str(text).strip() in ("", "-")
            changes[name] = None if free else whole(str(text).replace("%", ""), words)
    queued: Mapping[int, int] = {}
    if changes:
        rule = ChannelRule(**{**_parts(rule), **changes})
        try:
            queued = await console.store.stock.set_rule(row.id, rule)
        except StoreError as error:
            raise Usage(sentence(words, error.message)) from error
        await console.store.audit.note(Action.SETTINGS_CHANGED, connection_id=row.id, subject=("setting", "stock.rule"))
    most = words("stock.cli.no_most") if rule.most is None else str(rule.most)
    parts = _parts(rule)
    answer.data = {"connection": row.name, **parts, "queued": sum(queued.values())}
    answer.say(words("stock.cli.rule", name=row.name, **{**parts, "most": most}))
    if changes:
        await told(console, queued, words, answer)
    return answer


def _parts(rule: ChannelRule) -> dict[str, Any]:
    return {"percent": rule.percent, "most": rule.most, "least": rule.least, "minus": rule.minus}


async def stock_sheet(console: Console, args: dict[str, Any]) -> Answer:
    """Counts from a sheet: the good rows are taken, the others told by row and column."""
    words, path = words_of(args), Path(args["file"])
    try:
        data = await asyncio.to_thread(read_file, path)
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("sheet.file_failed", path=str(path), reason=reason)])
    try:
        mapping = read_map(str(args.get("map") or ""))
        sheet = await console.worker.compute(read_stock, path.name, data, mapping, bool(args.get("sure")))
    except ProviderError as error:
        return Answer(1, {"message": message_data(error.message)}, [sentence(words, error.message)])
    skus = [one.sku for one in sheet.counts]
    known = await console.store.stock.known(skus)
    fresh = [sku for sku in skus if sku not in known]
    queued = await console.store.stock.put(sheet.counts, SHEET) if sheet.counts else {}
    await console.store.audit.note(Action.DATA_IMPORTED, subject=("data", "stock"), details={"count": len(skus)})
    unlisted = list(await console.store.products.unlisted(skus))
    answer = Answer(int(bool(sheet.troubles or sheet.zeros)))
    answer.data = {
        "file": path.name, "rows": sheet.rows, "taken": len(skus), "zeros": list(sheet.zeros), "new": fresh, "unlisted": unlisted,
        "queued": sum(queued.values()), "troubles": [message_data(one) for one in sheet.troubles],
    }  # fmt: skip
    answer.say(words("stock.cli.taken", file=path.name, count=len(skus), rows=sheet.rows))
    for one in sheet.troubles[:SHOWN]:
        answer.say("  " + sentence(words, one))
    if len(sheet.troubles) > SHOWN:
        answer.say(words("stock.cli.more", count=len(sheet.troubles) - SHOWN))
    for key, found in (("zeros", list(sheet.zeros)), ("fresh", fresh), ("unlisted", unlisted)):
        if found:
            answer.say(words(f"stock.cli.{key}", count=len(found), skus=", ".join(found[:NAMED])))
    await told(console, queued, words, answer)
    return answer


async def stock_push(console: Console, args: dict[str, Any]) -> Answer:
    """Queue what channels should show and do not."""
    words, answer = words_of(args), Answer()
    sku = args.get("sku")
    queued = await console.store.stock.push([(await _kept(console, str(sku), words)).sku] if sku else None)
    answer.data = {"queued": sum(queued.values())}
    answer.say(words("stock.cli.count", count=await console.store.stock.total(StockQuery())))
    await told(console, queued, words, answer)
    return answer


COMMANDS.update({
    "stock_on_hand": stock_on_hand, "stock_buffer": stock_buffer, "stock_show": stock_show, "stock_rule": stock_rule,
    "stock_sheet": stock_sheet, "stock_push": stock_push,
})  # fmt: skip
