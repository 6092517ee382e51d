"""The commands of printing: `pick`, `print`, `printers …`, `journal`. Importing this adds them to `COMMANDS`. What must be asked
(a second copy, another size, a piece in doubt) is told with the option that answers it, and nothing is sent before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, iso, words_of
from app.api.commands import COMMANDS, orders_by_text
from app.console import Console, utc_now
from app.contracts import Message
from app.formats.numbers import read_number
from app.formats.words import Words
from app.platform.printing import PortError, system_queues
from app.printing import drawing
from app.printing.choosing import checked, find_printer
from app.printing.contents import pick_of
from app.printing.data import FIELDS
from app.printing.desk import PrintDesk, Printed, standing_of
from app.printing.documents import make_document
from app.printing.gathering import PrintWish, Question, keep_look, look_of
from app.printing.trouble import LabelTrouble, PrintTrouble
from app.store import ListingQuery, LocalState, OrderQuery, Printer, PrintJob, PrintRow
from app.store.audit import Action

Work = Callable[[Console, dict[str, Any], Words], Awaitable[Answer]]
_PAGE = 500
_MOST_LOGO = 5_000_000


def _told(work: Work) -> Callable[[Console, dict[str, Any]], Awaitable[Answer]]:
    """What cannot be printed becomes a sentence and exit 1."""

    async def command(console: Console, args: dict[str, Any]) -> Answer:
        words = words_of(args)
        try:
            return await work(console, args, words)
        except LabelTrouble as error:
            told = {"message": message_data(error.message), "reference": error.reference}
            return Answer(1, told, [sentence(words, error.message, error.reference)])
        except (PrintTrouble, PortError) as error:
            message = Message(error.key, error.params)
            return Answer(1, {"message": message_data(message)}, [sentence(words, message)])

    return command


def desk_of(console: Console, words: Words) -> PrintDesk:
    return PrintDesk(console.store, words, utc_now, console.worker.executor(), console.changes)


# -- pick ---------------------------------------------------------------------------------------------------------------
async def pick(console: Console, args: dict[str, Any], words: Words) -> Answer:
    """`pick [ORDER…] --out FILE`: the orders named, else all open ones that are new here, those due first."""
    answer = Answer()
    ids = await _named(console, args["orders"], answer, words) if args.get("orders") else await _to_pick(console)
    if not ids:
        answer.say(words("print.cli.nothing_to_pick"))
        return answer
    stored = await console.store.orders.get_many(ids)
    skus = sorted({line.sku for one in stored for line in one.order.lines})
    shelves = {one.sku: one.shelf for one in await console.store.products.get_many(skus)}
    data = pick_of(stored, shelves, "", "")
    for title, part in (("single", data.single), ("rest", data.rest)):
        if part:
            answer.say(words(f"print.pick.{title}"))
        for line in part:
            answer.say(
                f"  {line.shelf or '—':<10} {line.sku or '—':<24} {line.quantity:>4}  {line.title}  [{', '.join(line.orders)}]"
            )
    answer.data = {"orders": len(stored), "single": msgspec.to_builtins(data.single), "rest": msgspec.to_builtins(data.rest), "path": None}  # fmt: skip
    if args.get("out"):
        path, _ = await make_document(
            console.store, ids, "pick", args["out"], words, console.worker.executor(), now=utc_now()
        )
        answer.data["path"] = str(path)
        answer.say(words("print.cli.picked", path=str(path), count=len(stored)))
    return answer


async def _to_pick(console: Console) -> list[int]:
    found: list[int] = []
    while True:
        query = OrderQuery(
            local_states=(LocalState.NEW,),
            to_ship_only=True,
            sort="ship_by",
            descending=False,
            offset=len(found),
            limit=_PAGE,
        )
        rows = await console.store.orders.query(query)
        found += [row.id for row in rows]
        if len(rows) < _PAGE:
            return found


async def _named(console: Console, texts: Sequence[str], answer: Answer, words: Words) -> list[int]:
    ids, missing = await orders_by_text(console, list(texts))
    for text in missing:
        answer.exit = 1
        answer.say(words("cli.no_order", number=text))
    return ids


# -- print --------------------------------------------------------------------------------------------------------------
async def print_(console: Console, args: dict[str, Any], words: Words) -> Answer:
    """`print ORDER… --document KIND --printer WHERE`, `print --resume [JOB]`, `print --drop JOB`."""
    if args.get("drop"):
        return await _drop(console, int(args["drop"]), words)
    if args.get("resume") is not None:
        return await _resume(console, args, words)
    answer, kind = Answer(), args.get("document") or "label"
    if kind == "shelf":
        ids = await _listings(console, args["orders"], answer, words)
    else:
        ids = await _named(console, args["orders"], answer, words)
    if answer.exit:
        return answer  # one that is not there: a stack with a hole is packed wrong
    if not ids and kind != "handover":
        raise Usage(words("print.cli.nothing"))
    wish = PrintWish(
        kind, tuple(ids), await _printer(console, args.get("printer"), words), args.get("paper") or "", int(args.get("first") or 1),
        int(args.get("copies") or 0), bool(args.get("again")), bool(args.get("anyway")), args.get("day") or "", args.get("carrier") or "",
    )  # fmt: skip
    try:
        done = await desk_of(console, words).print(wish)
    except KeyError as error:
        raise Usage(words("cli.no_order", number=str(error.args[0]))) from error
    _say(answer, done, wish.printer.name, words)
    answer.data = _data(done)
    return answer


async def _printer(console: Console, text: str | None, words: Words) -> Printer:
    if text:
        return await find_printer(console.store, text)
    kept = await console.store.printers.list()
    if len(kept) == 1:
        return kept[0]
    names = ", ".join(one.name for one in kept)
    raise Usage(words("print.cli.one_printer", printers=names) if kept else words("print.cli.needs_printer"))


async def _listings(console: Console, texts: Sequence[str], answer: Answer, words: Words) -> list[int]:
    found: list[int] = []
    for text in texts:
        rows = await console.store.listings.query(ListingQuery(sku=text, limit=1))
        rows = rows or await console.store.listings.query(ListingQuery(barcode=text, limit=1))
        found += [row.id for row in rows]
        if not rows:
            answer.exit = 1
            answer.say(words("print.cli.no_listing", text=text))
    return found


async def _resume(console: Console, args: dict[str, Any], words: Words) -> Answer:
    answer, number = Answer(data=[]), int(args["resume"])
    jobs = await console.store.print_queue.open_jobs()
    wanted = [one.id for one in jobs] if number < 0 else [number]
    if args.get("from") and len(wanted) > 1:
        raise Usage(words("print.cli.one_job", jobs=", ".join(map(str, wanted))))
    if not wanted:
        answer.say(words("print.cli.no_jobs"))
    for job_id in wanted:
        job = await console.store.print_queue.get(job_id)
        done = await desk_of(console, words).resume(
            job_id,
            doubtful=args.get("doubtful") or "",
            start_at=int(args.get("from") or 0),
            anyway=bool(args.get("anyway")),
        )
        _say(answer, done, job.printer if job is not None else "", words)
        answer.data.append(_data(done))
    return answer


async def _drop(console: Console, job_id: int, words: Words) -> Answer:
    if await console.store.print_queue.get(job_id) is None:
        raise PrintTrouble("printer.no_job", {"job": str(job_id)})
    await console.store.print_queue.drop(job_id)
    return Answer(0, {"job": job_id, "state": "dropped"}, [words("print.cli.dropped", job=str(job_id))])


def _say(answer: Answer, done: Printed, printer: str, words: Words) -> None:
    for one in done.questions:
        answer.say(question_sentence(words, one))
    for why in dict.fromkeys(one.why for one in done.questions):
        answer.say(words(f"print.question.{why}_next"))
    if done.message is not None:
        answer.say(sentence(words, done.message))
    if done.whole:
        answer.say(words("print.cli.done", printer=printer, count=done.total))
        return
    answer.exit = 1
    if done.job:
        counts = {"total": done.total, "sent": done.sent, "waiting": done.waiting, "doubt": done.doubt}
        answer.say(words("print.cli.stopped", printer=printer, **counts))
        answer.say(words("print.cli.resume", job=str(done.job)))


def question_sentence(words: Words, question: Question) -> str:
    """What must be answered before anything is printed."""
    return words(f"print.question.{question.why}", reference=question.reference, **question.params)


def _data(done: Printed) -> dict[str, Any]:
    return {
        "job": done.job or None, "total": done.total, "sent": done.sent, "waiting": done.waiting, "doubt": done.doubt,
        "message": message_data(done.message), "questions": msgspec.to_builtins(done.questions),
    }  # fmt: skip


# -- printers -----------------------------------------------------------------------------------------------------------
async def printers(console: Console, args: dict[str, Any], words: Words) -> Answer:
    kept, queues = await console.store.printers.list(), await system_queues()
    open_jobs = await console.store.print_queue.open_jobs()
    answer = Answer(data={"printers": [msgspec.to_builtins(one) for one in kept], "queues": queues, "jobs": [_job(one) for one in open_jobs]})  # fmt: skip
    for one in kept:
        named = {"name": one.name, "port": one.port, "address": one.address, "language": one.language, "dpi": str(one.dpi), "paper": one.paper}  # fmt: skip
        answer.say(words("print.cli.printer", **named))
    if not kept:
        answer.say(words("print.cli.no_printers"))
    for name in queues:
        answer.say(words("print.cli.queue", name=name))
    for job in open_jobs:
        answer.say(job_line(words, job))
    return answer


def _job(job: PrintJob) -> dict[str, Any]:
    return {"printer": job.printer, "document": job.kind, "made_at": iso(job.made_at), **_data(standing_of(job))}


def job_line(words: Words, job: PrintJob) -> str:
    named = {
        "job": str(job.id),
        "printer": job.printer,
        "document": words(f"print.document.{job.kind}"),
        "at": _at(words, job.made_at),
    }
    return words("print.cli.job", sent=job.sent, total=job.total, **named)


def _at(words: Words, instant: datetime) -> str:
    local = instant.astimezone()
    return f"{words.figures.date(local)} {words.figures.time(local)}"


async def printers_add(console: Console, args: dict[str, Any], words: Words) -> Answer:
    guessed = Printer(args["name"].strip(), "queue", args["address"])
    if not args.get("port"):
        try:
            guessed = await find_printer(console.store, args["address"])
        except PrintTrouble:
            guessed = Printer("", "queue", args["address"])
    port = args.get("port") or guessed.port
    language = args.get("language") or (
        "driver" if port == "queue" else "zpl" if port in ("raw", "network") else guessed.language
    )
    had = await console.store.printers.by_name(args["name"].strip())
    printer = Printer(
        args["name"].strip(), port, args["address"], language, int(args.get("dpi") or 203), args.get("paper") or "100x150",
        _um(args.get("right"), words), _um(args.get("down"), words), int(args.get("copies") or 1), bool(args.get("cut")),
        had.id if had is not None else 0,
    )  # fmt: skip
    kept = await console.store.printers.save(checked(printer))
    await console.store.audit.note(Action.SETTINGS_CHANGED, subject=("printer", str(kept.id)))
    return Answer(0, msgspec.to_builtins(kept), [words("print.cli.added", name=kept.name)])


def _um(text: object, words: Words) -> int:
    """Millimetres as people type them, in thousandths."""
    sign, plain = (-1, str(text)[1:]) if str(text)[:1] in ("-", "−") else (1, str(text or "0"))
    value = read_number(plain).value
    if value is None or value > 1000:
        raise Usage(words("printer.offset"))
    return sign * int(value * 1000)


async def printers_remove(console: Console, args: dict[str, Any], words: Words) -> Answer:
    if not await console.store.printers.remove(args["name"]):
        await find_printer(console.store, args["name"])  # names those that there are
        raise Usage(words("print.cli.no_printers"))
    await console.store.audit.note(Action.SETTINGS_CHANGED, subject=("printer", "removed"))
    return Answer(0, {"name": args["name"]}, [words("print.cli.removed", name=args["name"])])


async def printers_test(console: Console, args: dict[str, Any], words: Words) -> Answer:
    printer = await find_printer(console.store, args["printer"])
    status = await desk_of(console, words).test(printer)
    answer = Answer(0, {"printer": printer.name, "status": msgspec.to_builtins(status) if status is not None else None})
    if status is not None:
        answer.say(words("print.test.ready"))
    answer.say(words("print.test.done", name=printer.name))
    return answer


async def printers_look(console: Console, args: dict[str, Any], words: Words) -> Answer:
    look = await look_of(console.store)
    for field in (*args.get("hide", ()), *args.get("show", ())):
        if field not in FIELDS:
            raise Usage(words("print.cli.field", field=field, fields=", ".join(FIELDS)))
    logo = look.logo
    if args.get("logo"):
        data = await asyncio.to_thread(_read, Path(args["logo"]))
        logo = await asyncio.get_running_loop().run_in_executor(console.worker.executor(), drawing.logo, data)
    hidden = (look.hidden | set(args.get("hide", ()))) - set(args.get("show", ()))
    footer = look.footer if args.get("footer") is None else str(args["footer"])
    made = msgspec.structs.replace(
        look, logo=b"" if args.get("no_logo") else logo, footer=footer, hidden=frozenset(hidden)
    )
    answer = Answer(0, {"footer": made.footer, "hidden": sorted(made.hidden), "logo": bool(made.logo)})
    if made != look:
        await keep_look(console.store, made)
        await console.store.audit.note(Action.SETTINGS_CHANGED, subject=("printer", "look"))
        answer.say(words("print.cli.look"))
    return answer


def _read(path: Path) -> bytes:
    if path.stat().st_size > _MOST_LOGO:
        raise PrintTrouble("printer.logo")
    return path.read_bytes()


# -- journal ------------------------------------------------------------------------------------------------------------
async def journal(console: Console, args: dict[str, Any], words: Words) -> Answer:
    answer, limit = Answer(data=[]), max(1, int(args.get("limit") or 100))
    if args.get("order"):
        ids = await _named(console, [args["order"]], answer, words)
        rows = [row for one in ids for row in await console.store.prints.of_order(one)][::-1][:limit]
    else:
        rows = await console.store.prints.recent(limit)
    wanted = list({row.order_id for row in rows if row.order_id is not None})
    numbers = {one.id: one.order.number for one in await console.store.orders.get_many(wanted)}
    for row in rows:
        number = numbers.get(row.order_id or 0, "")
        answer.data.append(_entry(row, number))
        named = {
            "at": _at(words, row.at), "order": number or "—", "printer": row.printer or row.path or "—", "copy": row.copy_no,
            "document": words(f"print.document.{row.kind}"), "who": row.who or "—",
        }  # fmt: skip
        answer.say(words("print.cli.entry_again" if row.again else "print.cli.entry", **named))
    if not rows:
        answer.say(words("print.cli.no_entries"))
    return answer


def _entry(row: PrintRow, number: str) -> dict[str, Any]:
    return {
        "at": iso(row.at), "document": row.kind, "order": number or None, "printer": row.printer, "path": row.path, "copy": row.copy_no,
        "again": row.again, "who": row.who, "sha256": row.sha256, "job": row.job_id,
    }  # fmt: skip


COMMANDS.update({
    "pick": _told(pick), "print": _told(print_), "printers": _told(printers), "printers_add": _told(printers_add),
    "printers_remove": _told(printers_remove), "printers_test": _told(printers_test), "printers_look": _told(printers_look),
    "journal": _told(journal),
})  # fmt: skip
