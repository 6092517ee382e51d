"""The commands for KVKK and GDPR: find, export and erase a buyer; how long what is kept. Importing this adds them to
`COMMANDS`. Nothing is erased without `yes`, and never somebody who only shares a name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from app.api.answers import Answer
from app.api.buyers import Erasure, copies_of, erase_buyer, export_buyer
from app.api.commands import COMMANDS, Usage, iso, words_of
from app.console import Console
from app.formats.words import Words
from app.jobs.housekeeping import KINDS, Housekeeping
from app.store import Person


def housekeeping_of(console: Console) -> Housekeeping:
    """The console always has one; only an engine made by hand has none."""
    found = console.engine.housekeeping
    if found is None:
        raise RuntimeError("an engine without housekeeping")
    return found


# -- buyers


async def buyer_find(console: Console, args: dict[str, Any]) -> Answer:
    """Everybody whom a phone, an e-mail, a name or an order number means, with their orders."""
    words = words_of(args)
    people = await console.store.people.find(args["text"])
    names = await _channels(console)
    answer = Answer(data=[person_data(number, one, names) for number, one in enumerate(people, 1)])
    for number, one in enumerate(people, 1):
        for line in person_lines(words, number, one, names):
            answer.say(line)
    if not people:
        answer.exit = 1
        answer.say(words("privacy.nobody", text=args["text"]))
    return answer


async def buyer_export(console: Console, args: dict[str, Any]) -> Answer:
    """All that is held of one person, into a file that is not there yet."""
    words, path = words_of(args), Path(args["out"])
    person, answer = await _one(console, args, words)
    if person is None:
        return answer
    if await asyncio.to_thread(path.exists):
        return Answer(1, {"error": "file_exists"}, [words("privacy.file_exists", path=str(path))])
    try:
        data = await export_buyer(console.store, person, path, words)
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("privacy.file_failed", path=str(path), reason=reason)])
    answer.data = {"path": str(path), "orders": len(data["orders"]), "unreadable": len(data["unreadable"])}
    answer.say(words("privacy.exported", path=str(path), count=len(data["orders"])))
    return answer


async def buyer_erase(console: Console, args: dict[str, Any]) -> Answer:
    """Forget one person; without `yes` only what that would mean."""
    words, keeping = words_of(args), housekeeping_of(console)
    person, answer = await _one(console, args, words)
    if person is None:
        return answer
    names, open_too = await _channels(console), bool(args.get("open_too"))
    if not args.get("yes"):
        waiting = [one for one in person.orders if one.open and not open_too]
        answer.data = {
            "erased": False,
            "person": person_data(1, person, names),
            "open": [one.number for one in waiting],
        }
        for line in person_lines(words, 1, person, names):
            answer.say(line)
        if waiting:
            answer.say(words("privacy.open_left", count=len(waiting)))
        answer.say(words("privacy.not_yet"))
        answer.exit = 1
        return answer
    done = await erase_buyer(console.store, keeping, console.changes, person, open_too=open_too)
    answer.data = erasure_data(done)
    for line in erasure_lines(words, done):
        answer.say(line)
    answer.exit = int(not done.orders.done and not person.notices)
    return answer


async def _one(console: Console, args: dict[str, Any], words: Words) -> tuple[Person | None, Answer]:
    """The one person that is meant. More than one: they are listed, and nothing happens."""
    people = await console.store.people.find(args["text"])
    number = args.get("person") or 0
    if not people:
        return None, Answer(1, {"error": "nobody"}, [words("privacy.nobody", text=args["text"])])
    if number > len(people) or number < 0:
        raise Usage(words("privacy.no_such_person", count=len(people)))
    if number:
        return people[number - 1], Answer()
    if len(people) == 1:
        return people[0], Answer()
    names = await _channels(console)
    answer = Answer(1, {"error": "several", "people": [person_data(n, p, names) for n, p in enumerate(people, 1)]})
    for at, one in enumerate(people, 1):
        for line in person_lines(words, at, one, names):
            answer.say(line)
    answer.say(words("privacy.several", count=len(people)))
    return None, answer


async def _channels(console: Console) -> dict[int, str]:
    return {row.id: row.name for row in await console.store.connections.list(removed=True)}


def person_data(number: int, one: Person, names: dict[int, str]) -> dict[str, Any]:
    return {
        "person": number, "names": list(one.names), "phones": list(one.phones), "emails": list(one.emails),
        "unreadable": len(one.notices),
        "orders": [
            {
                "id": o.id, "number": o.number, "remote_id": o.remote_id, "channel": names.get(o.connection_id, ""),
                "placed_at": iso(o.placed_at), "status": o.status, "open": o.open,
            }
            for o in one.orders
        ],
    }  # fmt: skip


def person_lines(words: Words, number: int, one: Person, names: dict[int, str]) -> list[str]:
    """One person, for people: who, then their orders."""
    who = " · ".join((*one.names, *one.phones, *one.emails)) or words("privacy.unnamed")
    lines = [f"{number}. {who}"]
    for order in one.orders:
        at = words.figures.date(order.placed_at.astimezone())
        state = words(f"privacy.status.{'open' if order.open else 'closed'}")
        lines.append(f"   {order.number} · {names.get(order.connection_id, '')} · {at} · {state}")
    if one.notices:
        lines.append("   " + words("privacy.unreadable", count=len(one.notices)))
    return lines


def erasure_data(done: Erasure) -> dict[str, Any]:
    return {
        "erased": bool(done.orders.done), "orders": list(done.orders.done), "already": list(done.orders.already),
        "open": list(done.orders.open), "busy": list(done.orders.busy), "documents": done.documents,
        "left_files": list(done.left), "scrubbed": done.scrubbed, "backups": done.copies.backups,
        "older_copies": list(done.copies.older),
    }  # fmt: skip


def erasure_lines(words: Words, done: Erasure) -> list[str]:
    """What an erasure did and what it could not reach, in sentences."""
    lines = [words("privacy.erased", count=len(done.orders.done))]
    if done.orders.open:
        lines.append(words("privacy.open_left", count=len(done.orders.open)))
    if done.orders.busy:
        lines.append(words("privacy.busy_left", count=len(done.orders.busy)))
    if done.documents:
        lines.append(words("privacy.documents_deleted", count=done.documents))
    if done.left:
        lines.append(words("privacy.files_left", count=len(done.left), files=", ".join(done.left)))
    if not done.scrubbed:
        lines.append(words("privacy.not_scrubbed"))
    return [*lines, *copies_lines(words, done.copies.backups, done.copies.older)]


def copies_lines(words: Words, backups: int, older: tuple[str, ...]) -> list[str]:
    """Where a person still is after an erasure."""
    lines = [words("privacy.in_backups", count=backups)] if backups else []
    if older:
        lines.append(words("privacy.in_copies", count=len(older), files=", ".join(older)))
    return [*lines, words("privacy.own_backups")]


# -- retention


async def retention_show(console: Console, args: dict[str, Any]) -> Answer:
    """What is kept how long, and how much the rules in force would let go now."""
    words, keeping = words_of(args), housekeeping_of(console)
    rules = await keeping.rules()
    due, answer = await keeping.preview(rules), Answer(data={})
    for kind, (proposed, least) in KINDS.items():
        days = rules.get(kind)
        answer.data[kind] = {"days": days, "on": days is not None, "proposed": proposed, "least": least, "due": due.get(kind, 0)}  # fmt: skip
        what = words(f"privacy.kind.{kind}")
        if days is None:
            answer.say(words("privacy.kept_always", what=what))
        else:
            answer.say(words("privacy.kept_days", what=what, days=days, due=due.get(kind, 0)))
    answer.data["audit"] = {"days": None, "on": False}
    answer.say(words("privacy.audit_kept"))
    return answer


async def retention_set(console: Console, args: dict[str, Any]) -> Answer:
    """Switch a kind on (days) or off; with how much the new rule would erase, before anything is erased."""
    words, keeping, kind = words_of(args), housekeeping_of(console), args["kind"]
    if kind not in KINDS:
        raise Usage(words("privacy.no_kind", text=kind, kinds=", ".join(KINDS)))
    days = _days(args["days"], kind, words)
    await keeping.set_rule(kind, days)
    what = words(f"privacy.kind.{kind}")
    due = 0 if days is None else (await keeping.preview({kind: days}))[kind]
    answer = Answer(data={"kind": kind, "days": days, "due": due})
    answer.say(words("privacy.kept_always", what=what) if days is None else words("privacy.kept_days", what=what, days=days, due=due))  # fmt: skip
    if due:
        answer.say(words("privacy.applied_daily"))
    return answer


def _days(text: str, kind: str, words: Words) -> int | None:
    if text == "off":
        return None
    least = KINDS[kind][1]
    if not (text.isascii() and text.isdigit() and least <= int(text) <= 36_500):
        raise Usage(words("privacy.bad_days", text=text, least=least))
    return int(text)


async def retention_apply(console: Console, args: dict[str, Any]) -> Answer:
    """Erase now what the rules in force let go; `preview`: only count."""
    words, keeping = words_of(args), housekeeping_of(console)
    only_count = bool(args.get("preview"))
    done = await (keeping.preview() if only_count else keeping.apply())
    answer = Answer(data={"preview": only_count, "erased": done})
    for kind, count in done.items():
        key = "privacy.would_go" if only_count else "privacy.gone"
        answer.say(words(key, what=words(f"privacy.kind.{kind}"), count=count))
    if not done:
        answer.say(words("privacy.nothing_on"))
    copies = await copies_of(keeping)
    if done.get("orders") and not only_count:
        for line in copies_lines(words, copies.backups, copies.older):
            answer.say(line)
    return answer


COMMANDS.update({
    "buyer_find": buyer_find, "buyer_export": buyer_export, "buyer_erase": buyer_erase,
    "retention_show": retention_show, "retention_set": retention_set, "retention_apply": retention_apply,
})  # fmt: skip
