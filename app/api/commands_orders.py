"""The commands of orders beside the list: `orders import`, `orders combine`, `orders split`, `orders separate`. Importing this adds
them to `COMMANDS`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, words_of
from app.api.commands import COMMANDS, orders_by_text
from app.api.orders_intake import Imported, import_orders, typed_columns
from app.console import Console, utc_now
from app.formats.words import Words
from app.kit.sheet_orders import Reading
from app.orders import bundling
from app.orders.bundling import BundleRefused
from app.orders.intake import Intake, can_take, own_pairs
from app.store import StoredOrder

SHOWN = 50  # rows that could not be read and are told one by one


def intake_of(console: Console) -> Intake:
    return Intake(console.store, console.changes, utc_now, console.worker.compute)


async def orders_import(console: Console, args: dict[str, Any]) -> Answer:
    """`orders import FILE --as NAME [--map FIELD=HEADER…] [--look]`: the orders of a sheet under a connection. What cannot be read is
    told by row and column and the rest is stored; twice is once. `look` stores nothing."""
    words, path = words_of(args), Path(args["file"])
    row = await console.store.connections.by_name(str(args["as"]))
    if row is None:
        raise Usage(words("cli.no_connection", name=str(args["as"])[:60]))
    manifest = console.catalogue.manifest(row.integration)
    if not can_take(manifest):
        raise Usage(words("orders.sheet.no_orders", name=row.name))
    own, intake = own_pairs(args.get("map") or ()), intake_of(console)
    try:
        reading = await intake.read(path, manifest, own, await typed_columns(console.store, row))
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("sheet.file_failed", path=str(path), reason=reason)])
    if args.get("look"):
        return _looked(words, path, reading)
    found = await import_orders(intake, console.engine, row, manifest, reading, path, utc_now(), own)
    answer = Answer(data={**_data(path, found.reading), "connection": row.name})
    if found.trouble is not None:
        answer.exit = 1
        answer.data["message"] = message_data(found.trouble)
        answer.say(sentence(words, found.trouble))
        if not reading.kind and reading.titles:
            answer.say(words("orders.sheet.map_hint", titles=", ".join(filter(None, reading.titles))[:400]))
        return answer
    _tell(answer, words, row.name, path, found)
    return answer


def _data(path: Path, reading: Reading) -> dict[str, Any]:
    return {
        "file": path.name, "kind": reading.kind, "rows": reading.rows, "orders": len(reading.orders),
        "columns": dict(reading.found), "unknown_headers": list(reading.unknown),
        "rejects": [
            {"remote_id": one.remote_id, "raw": one.raw, "message": message_data(one.message)} for one in reading.rejects
        ],
    }  # fmt: skip


def _looked(words: Words, path: Path, reading: Reading) -> Answer:
    answer = Answer(data=_data(path, reading))
    named = {title: field for field, title in reading.found.items()}
    for title, sample in zip(reading.titles, reading.samples, strict=False):
        if title:
            field = words(f"orders.sheet.field.{named[title]}") if title in named else "—"
            answer.say(f"  {title[:40]:<40} {field:<24} {sample[:40]}")
    answer.say(words("orders.sheet.looked", file=path.name, count=len(reading.orders), rows=reading.rows))
    _rejects(answer, words, reading)
    return answer


def _tell(answer: Answer, words: Words, name: str, path: Path, found: Imported) -> None:
    taken = found.taken
    answer.data |= {
        "new": taken.new, "changed": taken.changed, "same": taken.same, "known": taken.known, "rejected": taken.rejected,
    }  # fmt: skip
    counts = {"new": taken.new, "changed": taken.changed, "same": taken.same + taken.known}
    answer.say(words("orders.sheet.taken", name=name, file=path.name, count=len(found.reading.orders), **counts))
    if taken.known:
        answer.say(words("orders.sheet.known", name=name, count=taken.known))
    _rejects(answer, words, found.reading)
    for one in found.doubts:
        answer.say(words("backups.failed_because", reason=sentence(words, one)))


def _rejects(answer: Answer, words: Words, reading: Reading) -> None:
    for one in reading.rejects[:SHOWN]:
        answer.say("  " + sentence(words, one.message))
    if len(reading.rejects) > SHOWN:
        answer.say("  " + words("orders.sheet.more", count=len(reading.rejects) - SHOWN))
    answer.exit = answer.exit or int(bool(reading.rejects))


# -- combining and splitting ---------------------------------------------------------------------------------------------
async def _meant(console: Console, texts: list[str], words: Words) -> list[StoredOrder] | Answer:
    """The orders meant, in the order they were named; of several with one number the one that can still be shipped."""
    found: list[StoredOrder] = []
    for text in texts:
        ids, _ = await orders_by_text(console, [text])
        stored = await console.store.orders.get_many(ids)
        able = [one for one in stored if not bundling.why_not(one)] or stored
        if not able:
            return Answer(1, {"error": "no_order"}, [words("cli.no_order", number=text)])
        if len(able) > 1:
            named = ", ".join(one.order.remote_id for one in able)
            return Answer(1, {"error": "several"}, [words("service.several", number=text, ids=named)])
        found += [one for one in able if one.id not in {had.id for had in found}]
    return found


def _refused(words: Words, error: BundleRefused) -> Answer:
    told = words(f"orders.bundle.refusal.{error.why}", number=error.number)
    return Answer(1, {"error": error.why, "order": error.number}, [told])


async def orders_combine(console: Console, args: dict[str, Any]) -> Answer:
    """`orders combine A B…`: one parcel and one label for orders of one buyer. Without an order to combine with, the others of the
    buyer are named."""
    words = words_of(args)
    found = await _meant(console, [str(one) for one in args["orders"]], words)
    if isinstance(found, Answer):
        return found
    if len(found) == 1:
        others = await bundling.mates(console.store, found[0])
        answer = Answer(data={"order": found[0].order.number, "mates": [one.order.number for one in others]})
        number, numbers = found[0].order.number, ", ".join(one.order.number for one in others)
        answer.say(words("orders.bundle.mates", number=number, numbers=numbers, count=len(others)))
        return answer
    try:
        made = await bundling.combine(console.store, console.changes, [one.id for one in found])
    except BundleRefused as error:
        return _refused(words, error)
    stored = await console.store.orders.get_many(made.orders)
    numbers = ", ".join(one.order.number for one in stored)
    data = bundling.described([made], stored)[0]
    return Answer(0, data, [words("orders.bundle.combined", numbers=numbers, count=len(stored))])


async def orders_split(console: Console, args: dict[str, Any]) -> Answer:
    """`orders split ORDER --lines LINE:QTY,…`: at the channel where it makes packages of its own, else parcels of ours."""
    from app.api import commands_service as service

    words = words_of(args)
    found = await _meant(console, [str(args["order"])], words)
    if isinstance(found, Answer):
        return found
    (one,) = found
    lines = [line for line in one.order.lines if not line.cancelled]
    groups = [
        [service.share(text, lines, words) for text in map(str.strip, group.split(",")) if text] for group in args.get("lines") or ()
    ]  # fmt: skip
    if into := int(args.get("into") or 0):
        groups += service.spread([(line.remote_id, line.quantity) for line in lines], into) if not groups else []
    if not groups:
        raise Usage(words("service.split_what", lines=service.shown_lines(lines)))
    row = await console.store.connections.get(one.connection_id)
    if row is not None and not args.get("own") and service.can(console, row, "package_splits"):
        return await service.split(console, {**args, "order": one.order.remote_id, "groups": groups})
    try:
        made = await bundling.split(console.store, console.changes, one.id, groups)
    except BundleRefused as error:
        return _refused(words, error)
    answer = Answer(data={"order": one.order.number, "parcels": bundling.described(made, [one])})
    titles = {line.remote_id: line.sku or line.title for line in one.order.lines}
    for number, bundle in enumerate(made, 1):
        inside = ", ".join(f"{part.quantity} × {titles.get(part.line, part.line)}" for part in bundle.lines)
        answer.say(f"  {words('parcels.piece', number=number, count=len(made))}: {inside}")
    answer.say(words("orders.bundle.split", number=one.order.number, count=len(made)))
    return answer


async def orders_separate(console: Console, args: dict[str, Any]) -> Answer:
    """`orders separate ORDER…`: what was combined or split is an order by itself again, while no parcel was made of it."""
    words = words_of(args)
    found = await _meant(console, [str(one) for one in args["orders"]], words)
    if isinstance(found, Answer):
        return found
    about = await bundling.separate(console.store, console.changes, [one.id for one in found])
    stored = await console.store.orders.get_many(about)
    numbers = [one.order.number for one in stored]
    told = words("orders.bundle.separated", numbers=", ".join(numbers)) if about else words("orders.bundle.nothing")
    return Answer(0, {"orders": numbers}, [told])


COMMANDS.update({
    "orders_import": orders_import, "orders_combine": orders_combine, "orders_split": orders_split,
    "orders_separate": orders_separate,
})  # fmt: skip
