"""The commands for connections that work by file: take a sheet from the merchant's hand, write one of all products. Importing this
adds them to `COMMANDS`. A sheet that was written is never called received, and a file that is there is never overwritten."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.asking import chosen, failed, words_of
from app.api.commands import COMMANDS, PAGE
from app.changes import ATTENTION, LISTINGS, ORDERS, ChangeReport
from app.console import Console, utc_now
from app.contracts import OutcomeState, Page, ProviderError, Receipt
from app.contracts.account import SHEET_IN
from app.formats.words import Words
from app.jobs.links import Link
from app.jobs.runner import Handle, Result
from app.model import Listing
from app.orders.intake import read_file
from app.platform.files import save_atomically
from app.store.connections import ConnectionRow
from app.store.listing_query import ListingQuery

SHOWN = 5
_FORMATS = {".xlsx": "xlsx", ".csv": "csv", ".xml": "xml"}


async def _link(
    console: Console, args: dict[str, Any], words: Words, power: str
) -> tuple[ConnectionRow, Link] | Answer:
    """The connection, when it works by file and can do that. Raises Usage and ProviderError."""
    (row,) = await chosen(console, args)
    link = await console.links.get(row.id)
    if not hasattr(link.provider, "read_file"):
        return Answer(1, {"error": "not_by_file"}, [words("sheet.not_by_file", name=row.name)])
    if not hasattr(link.provider, power):
        return Answer(1, {"error": "only_in"}, [words("sheet.only_in", name=row.name)])
    return row, link


async def sheet_in(console: Console, args: dict[str, Any]) -> Answer:
    """Read a file and store what it says, as a pull of the connection would."""
    words, path = words_of(args), Path(args["file"])
    found = await _link(console, args, words, "read_file")
    if isinstance(found, Answer):
        return found
    row, link = found
    try:
        data, at = await asyncio.to_thread(read_file, path, utc_now())
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("sheet.file_failed", path=str(path), reason=reason)])
    before = await _backed_up(console, words)
    readings: list[Any] = []

    async def work(handle: Handle) -> Result:
        read = await link.provider.read_file(path.name, data, at)
        readings.append(read)
        result = await _store(console, row, read)
        if read.orders:
            told = link.account.learnt.get(SHEET_IN, "")
            link.account.learnt[SHEET_IN] = max(told, at.isoformat(timespec="seconds"))
        await console.engine.runner.told(row.id, None)
        return result

    result = await console.engine.runner.run(
        "sheet", work, connection_id=row.id, account_id=row.account_id, asked_by="user"
    )
    await console.links.keep_learnt(row.account_id)
    if not readings:
        answer = Answer(1, {"message": message_data(result.message)})
        failed(answer, words, result, row)
        return answer
    answer = _told(words, row, path, readings[0], result)
    answer.lines += before
    return answer


async def _backed_up(console: Console, words: Words) -> list[str]:
    """An automatic backup before an import. A stick that is not plugged in must not keep the day's orders out: it is told."""
    if console.engine.housekeeping is None:
        return []
    result = await console.engine.housekeeping.back_up(force=True)
    if result.message is None:
        return []
    return [words("backups.failed_because", reason=sentence(words, result.message))]


async def _store(console: Console, row: ConnectionRow, read: Any) -> Result:
    """The reading into the store, page by page; the rejects go with the first one."""
    result, is_orders = Result(), read.kind != "products"
    records = read.orders if is_orders else read.listings
    home, table = (console.store.orders, ORDERS) if is_orders else (console.store.listings, LISTINGS)
    for at in range(0, max(len(records), 1), PAGE):
        page: Page[Any] = Page(records[at : at + PAGE], read.rejects if not at else ())
        applied = await home.apply_page(row.id, row.account_id, page, cursor=None, now=utc_now())
        for name, count in (("new", len(applied.new)), ("changed", len(applied.changed)), ("same", applied.same)):
            result.add(name, count)
        ids = frozenset((*applied.new, *applied.changed))
        if ids:
            console.changes.publish(ChangeReport(table, ids, "sheet"))
        if applied.rejected:
            result.add("rejected", applied.rejected)
            result.outcome = "partly"
            console.changes.publish(ChangeReport(ATTENTION, source="sheet"))
    return result


def _told(words: Words, row: ConnectionRow, path: Path, read: Any, result: Result) -> Answer:
    count = len(read.orders) + len(read.listings)
    answer = Answer(int(result.outcome != "done"))
    answer.data = {
        "connection": row.name, "file": path.name, "kind": read.kind, "rows": read.rows, **result.counts, "records": count,
        "unknown_headers": list(read.unknown),
        "rejects": [{"remote_id": one.remote_id, "raw": one.raw, "message": message_data(one.message)} for one in read.rejects],
    }  # fmt: skip
    if count or not read.rejects:
        answer.say(words("sheet.taken", name=row.name, file=path.name, count=count, rows=read.rows))
    for one in read.rejects:
        answer.say("  " + sentence(words, one.message))
    if read.unknown and not count:
        answer.say(words("sheet.unknown", titles=", ".join(read.unknown[:20])))
    return answer


async def sheet_out(console: Console, args: dict[str, Any]) -> Answer:
    """All stored products of the connection as one sheet: into its folder, or into the file named."""
    words, kind = words_of(args), args["kind"]
    found = await _link(console, args, words, "make_sheet")
    if isinstance(found, Answer):
        return found
    row, link = found
    listings = await _wanted(console, row)
    if not listings:
        return Answer(1, {"error": "no_listings"}, [words("sheet.no_listings", name=row.name)])
    try:
        if args.get("file"):
            path = Path(args["file"])
            if await asyncio.to_thread(os.path.lexists, path):
                return Answer(1, {"error": "file_exists"}, [words("sheet.file_exists", path=str(path))])
            data, receipt = await link.provider.make_sheet(kind, listings, _FORMATS.get(path.suffix.casefold(), ""))
            place = str(path)
            await asyncio.to_thread(save_atomically, path, data, keep_previous=False)
        else:
            receipt = await link.provider.put_sheet(kind, listings)
            place = next((one.remote_ref for one in receipt.outcomes if one.remote_ref), "")
            await console.links.keep_learnt(row.account_id)
    except ProviderError as error:
        return Answer(1, {"message": message_data(error.message)}, [sentence(words, error.message, row.name)])
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("sheet.file_failed", path=args["file"], reason=reason)])
    return _written(words, row, kind, place, receipt, listings)


async def _wanted(console: Console, row: ConnectionRow) -> list[Listing]:
    """All listings as the merchant wants them: a price or stock that waits in the outbox counts."""
    found: list[Listing] = []
    offset = 0
    while True:
        rows = await console.store.listings.query(ListingQuery(connection_id=row.id, offset=offset, limit=PAGE))
        for one in await console.store.listings.get_many([each.id for each in rows]):
            listing = one.listing
            if one.wanted_price is not None:
                listing = msgspec.structs.replace(
                    listing, price=one.wanted_price, list_price=one.wanted_list_price or listing.list_price
                )
            if one.wanted_stock is not None:
                listing = msgspec.structs.replace(listing, stock=one.wanted_stock)
            found.append(listing)
        offset += len(rows)
        if len(rows) < PAGE:
            return found


def _written(
    words: Words, row: ConnectionRow, kind: str, place: str, receipt: Receipt, listings: list[Listing]
) -> Answer:
    names = {one.remote_id: one.sku or one.remote_id for one in listings}
    done = [one for one in receipt.outcomes if one.state is OutcomeState.DONE]
    refused = [one for one in receipt.outcomes if one.state is OutcomeState.REFUSED]
    answer = Answer(int(bool(refused)))
    answer.data = {
        "connection": row.name, "kind": kind, "file": place, "written": len(done),
        "refused": [{"sku": names.get(one.key, one.key), "message": message_data(one.message)} for one in refused],
    }  # fmt: skip
    if done:
        answer.say(words("sheet.written", name=row.name, count=len(done), path=place))
    for one in refused[:SHOWN]:
        field = one.message.params.get("field", "") if one.message is not None else ""
        answer.say(words("sheet.refused", sku=names.get(one.key, one.key), field=field))
    if len(refused) > SHOWN:
        answer.say(words("sheet.more", count=len(refused) - SHOWN))
    return answer


COMMANDS.update({"sheet_in": sheet_in, "sheet_out": sheet_out})
