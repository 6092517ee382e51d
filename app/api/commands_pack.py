"""The commands of packing: `pack` and `rules …`. Importing this adds them to `COMMANDS`."""

from __future__ import annotations

from typing import Any

import msgspec

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage, words_of
from app.api.commands import COMMANDS
from app.api.packing_desk import PackingDesk
from app.console import Console, utc_now
from app.formats.words import Words
from app.orders import rules as rules_of
from app.orders.bench import Bench, Told
from app.orders.packing import GOOD, Verdict
from app.orders.rules import Rule, RuleError
from app.orders.scanning import GAP_MS, LEAST, ROUND, ScannerSetup, is_sound, setup_of
from app.orders.scanning import SETTING as SCANNER
from app.store import Store


def desk_of(console: Console, words: Words) -> PackingDesk:
    async def said() -> Words:
        return words

    return PackingDesk(console.store, utc_now, console.worker.executor, console.changes, said)


async def pack(console: Console, args: dict[str, Any], words: Words) -> Answer:
    """`pack ORDER [--scan CODE…]`: the order's state, or each scan in turn; what is complete is packed and printed. The first scan
    that is not right ends it with exit 1; what was scanned before stays."""
    bench = Bench(console.store, console.changes)
    bench.setup = setup_of(await console.store.settings.get(SCANNER))
    told = await bench.scan(str(args["order"]))
    answer = Answer()
    answer.say(told_line(words, told))
    steps = [("undo", "")] if args.get("undo") else []
    steps += [("clear", "")] if args.get("start_over") else []
    steps += [("scan", str(one)) for one in args.get("scan") or ()] + [
        ("hand", str(one)) for one in args.get("hand") or ()
    ]
    finished = told.finished
    for what, value in steps:
        if told.verdict not in GOOD and not (told.verdict is Verdict.CHANGED and what in ("undo", "clear")):
            break
        if what == "hand" and not value.isdecimal():
            raise Usage(words("pack.cli.line", text=value[:20]))
        if what == "scan":
            told = await bench.scan(value)
        elif what == "hand":
            told = await bench.by_hand(int(value) - 1)
        else:
            told = await (bench.undo() if what == "undo" else bench.start_over())
        finished = finished or told.finished
        answer.say(told_line(words, told))
    prints = []
    if finished and told.packing is not None:
        for due, outcome in await desk_of(console, words).drain():
            if due.order_id != told.packing.order_id:
                continue
            named = {"document": words(f"pack.document.{due.document}")}
            said = words("pack.cli.printed" if outcome.state == "done" else "pack.cli.not_printed", **named)
            answer.say(said if outcome.message is None else f"{said} {sentence(words, outcome.message)}")
            prints.append({
                "document": due.document, "state": outcome.state, "job": outcome.job_id, "message": message_data(outcome.message),
            })  # fmt: skip
            answer.exit = answer.exit or int(outcome.state == "failed")
    _show(answer, told, words)
    answer.exit = answer.exit or int(told.verdict not in GOOD)
    answer.data = _data(told, prints)
    return answer


def told_line(words: Words, told: Told) -> str:
    """The verdict as one line: what it is, and of what."""
    number = told.packing.number if told.packing is not None else told.code
    what = told.title or told.code
    line = words(f"pack.verdict.{told.verdict}")
    about = number if told.line < 0 and not what else what
    return f"{line}: {about}" if about else line


def _show(answer: Answer, told: Told, words: Words) -> None:
    if told.packing is None:
        return
    for place, line in enumerate(told.packing.lines, 1):
        mark = "✓" if line.done else "·"
        answer.say(
            f"  {mark} {place}. {line.scanned}/{line.needed}  {line.sku or line.barcode or '—':<24} {line.title}"
        )
    if told.packing.strays:
        answer.say(words("pack.cli.strays", codes=", ".join(told.packing.strays)))


def _data(told: Told, prints: list[dict[str, Any]]) -> dict[str, Any]:
    packing = told.packing
    return {
        "verdict": str(told.verdict), "order": packing.number if packing is not None else None, "code": told.code or None,
        "state": told.stored.local_state if told.stored is not None else None, "finished": told.finished,
        "scanned": packing.scanned if packing is not None else 0, "needed": packing.needed if packing is not None else 0,
        "lines": [
            {"line": place, "sku": one.sku, "barcode": one.barcode, "title": one.title, "needed": one.needed, "scanned": one.scanned}
            for place, one in enumerate(packing.lines if packing is not None else (), 1)
        ],
        "prints": prints,
    }  # fmt: skip


# -- rules --------------------------------------------------------------------------------------------------------------
async def rules(console: Console, args: dict[str, Any], words: Words) -> Answer:
    kept = rules_of.read(await console.store.settings.get(rules_of.SETTING))
    waiting = await console.store.packing.dues()
    answer = Answer(data={
        "rules": [msgspec.to_builtins(one) for one in kept],
        "waiting": [
            {"document": one.document, "order_id": one.order_id, "state": one.state, "message": message_data(one.message)} for one in waiting
        ],
    })  # fmt: skip
    for place, rule in enumerate(kept, 1):
        answer.say(f"{place}. {rule_line(words, rule)}")
    if not kept:
        answer.say(words("pack.rules.none"))
    for one in waiting:
        if one.message is not None:
            answer.say(sentence(words, one.message))
    return answer


def rule_line(words: Words, rule: Rule) -> str:
    """ "When packed → label → Zebra × 2"."""
    printer = rule.printer or words("pack.rules.only_printer")
    line = words(
        "pack.rules.line", event=words(f"pack.event.{rule.event}"), document=words(f"pack.document.{rule.document}"), printer=printer
    )  # fmt: skip
    if rule.copies:
        line += " × " + str(rule.copies)
    return line if rule.on else f"{line} ({words('pack.rules.off')})"


async def _keep(console: Console, made: tuple[Rule, ...], words: Words) -> Answer:
    try:
        rules_of.checked(made)
    except RuleError as error:
        known = {"event": rules_of.EVENTS, "document": rules_of.DOCUMENTS}.get(error.part, ())
        raise Usage(words(f"pack.rules.bad_{error.part}", value=error.value[:40], known=", ".join(known))) from error
    await console.store.audit.choose(rules_of.SETTING, [msgspec.to_builtins(one) for one in made])
    return await rules(console, {}, words)


async def rules_add(console: Console, args: dict[str, Any], words: Words) -> Answer:
    kept = rules_of.read(await console.store.settings.get(rules_of.SETTING))
    printer = str(args.get("printer") or "")
    if printer and await console.store.printers.by_name(printer) is None:
        names = ", ".join(one.name for one in await console.store.printers.list()) or "—"
        raise Usage(words("printer.unknown", printer=printer[:60], printers=names))
    made = Rule(str(args["event"]), str(args["document"]), printer, int(args.get("copies") or 0))
    return await _keep(console, (*kept, made), words)


async def rules_remove(console: Console, args: dict[str, Any], words: Words) -> Answer:
    kept = rules_of.read(await console.store.settings.get(rules_of.SETTING))
    place = int(args["place"])
    if not 1 <= place <= len(kept):
        raise Usage(words("pack.rules.bad_place", value=str(place), known=""))
    return await _keep(console, (*kept[: place - 1], *kept[place:]), words)


async def rules_default(console: Console, args: dict[str, Any], words: Words) -> Answer:
    return await _keep(console, rules_of.DEFAULT, words)


async def rules_switch(console: Console, args: dict[str, Any], words: Words) -> Answer:
    """A rule that is off stays in the list and prints nothing."""
    kept = rules_of.read(await console.store.settings.get(rules_of.SETTING))
    place = int(args["place"])
    if not 1 <= place <= len(kept):
        raise Usage(words("pack.rules.bad_place", value=str(place), known=""))
    made = msgspec.structs.replace(kept[place - 1], on=bool(args["on"]))
    return await _keep(console, (*kept[: place - 1], made, *kept[place:]), words)


# -- scanner ------------------------------------------------------------------------------------------------------------
async def keep_setup(store: Store, setup: ScannerSetup) -> None:
    """How the scanner types, from the next burst on."""
    await store.audit.choose(SCANNER, msgspec.to_builtins(setup) if setup != ScannerSetup() else None)


async def scanner(console: Console, args: dict[str, Any], words: Words) -> Answer:
    """`scanner [--prefix X] [--suffix Y] [--least N] [--gap MS]`: shows how the scanner types, and changes what is named."""
    had = setup_of(await console.store.settings.get(SCANNER))
    given = {name: args[name] for name in ("prefix", "suffix", "least", "gap_ms") if args.get(name) is not None}
    made = msgspec.structs.replace(had, **given)
    if not is_sound(made):
        least, most = (f"{low}–{high}" for low, high in (LEAST, GAP_MS))
        raise Usage(words("pack.scanner_setup.bad", least=least, gap=most, round=str(ROUND)))
    if made != had:
        await keep_setup(console.store, made)
    answer = Answer(data=msgspec.to_builtins(made))
    for name in ("prefix", "suffix", "least", "gap_ms"):
        answer.say(f"{words(f'pack.scanner_setup.{name}')}: {getattr(made, name) or '—'}")
    return answer


def _worded(work: Any) -> Any:
    async def command(console: Console, args: dict[str, Any]) -> Answer:
        answer: Answer = await work(console, args, words_of(args))
        return answer

    return command


COMMANDS.update({
    "pack": _worded(pack), "rules": _worded(rules), "rules_add": _worded(rules_add), "rules_remove": _worded(rules_remove),
    "rules_default": _worded(rules_default), "rules_switch": _worded(rules_switch), "scanner": _worded(scanner),
})  # fmt: skip
