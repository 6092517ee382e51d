"""The commands that keep a merchant safe: backup, audit log, diagnostics. Importing this adds them to `COMMANDS`, so the
owner of a workspace runs them when they are handed over. Putting a backup back is not among them: nobody may own then."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import app.api.commands_privacy  # noqa: F401 - adds its commands wherever these are
from app.api.answers import Answer, sentence
from app.api.audit_sheet import action_words, export_audit, outcome_words, write_sheets
from app.api.backup import BackupFacts, back_up, facts_data
from app.api.commands import COMMANDS, Usage, iso, parse_since, words_of
from app.api.diagnostics import bundle
from app.console import Console
from app.contracts import Secret
from app.formats.tables import Cell, Sheet
from app.formats.words import Words
from app.store import Action, AuditEntry, AuditFilter, Head
from app.store.audit import Uses
from app.vault import VaultError

PAGE = 500
_EXPORTS = ("data.exported", "buyer.exported", "audit.exported", "backup.made", "diagnostics.made", "document.printed")


# -- backup


async def backup(console: Console, args: dict[str, Any]) -> Answer:
    words, file = words_of(args), Path(args["file"])
    passphrase = Secret(args.get("secrets", {}).get("passphrase", ""))
    try:
        facts = await back_up(console, file, passphrase, replace=bool(args.get("replace")))
    except VaultError as error:
        return Answer(1, {"error": error.key}, [words(error.key, **error.params)])
    answer = Answer(data={"path": str(file), **facts_data(facts)})
    for line in inside(words, facts):
        answer.say(line)
    answer.say(words("backup.made", path=str(file)))
    return answer


def inside(words: Words, facts: BackupFacts) -> list[str]:
    """What is in a backup, for people."""
    figures, at = words.figures, facts.created.astimezone()
    slots = ", ".join(words(f"backup.slot.{kind}") for kind in facts.vault_slots)
    lines = [
        words(
            "backup.inside.made", date=figures.date(at), time=figures.time(at), program=facts.program or "?",
            size=figures.size(facts.size), schema=facts.schema,
        ),
        words(
            "backup.inside.counts", orders=facts.counts.get("orders", 0), listings=facts.counts.get("listings", 0),
            connections=facts.counts.get("connections", 0), entries=facts.audit.id,
        ),
        words("backup.inside.vault", slots=slots) if slots else words("backup.inside.no_vault"),
    ]  # fmt: skip
    if facts.counts.get("unsent"):
        lines.append(words("backup.inside.unsent", count=facts.counts["unsent"]))
    return lines


async def backups(console: Console, args: dict[str, Any]) -> Answer:
    """The automatic backups: where, which, how the last try ended; with `now` one more, with `folder` another place."""
    words, keeping = words_of(args), console.engine.housekeeping
    automatic = None if keeping is None else keeping.backups
    if automatic is None:
        return Answer(1, {"error": "rehearsal"}, [words("backups.rehearsal")])
    if args.get("folder") is not None:
        await automatic.choose(Path(args["folder"]) if args["folder"] else None)
    if args.get("now"):
        await automatic.make(force=True)
    state, now = await automatic.state(), datetime.now(UTC)
    worry = state.worry(now)
    answer = Answer(
        int(bool(worry)),
        {
            "folder": str(state.folder), "chosen": state.chosen, "worry": worry, "last_at": iso(state.last_at),
            "trouble": None if state.trouble is None else sentence(words, state.trouble),
            "files": [{"path": str(one.path), "at": iso(one.at), "size": one.size} for one in state.files],
        },
    )  # fmt: skip
    answer.say(words("backups.in_folder", path=str(state.folder), count=len(state.files)))
    for one in state.files:
        at = one.at.astimezone()
        answer.say(
            f"  {words.figures.date(at)} {words.figures.time(at)} · {words.figures.size(one.size)} · {one.path.name}"
        )
    if state.trouble is not None:
        answer.say(words("backups.failed_because", reason=sentence(words, state.trouble)))
    elif worry:
        answer.say(words("backups.old_one"))
    return answer


# -- audit


async def audit(console: Console, args: dict[str, Any]) -> Answer:
    """The log, newest first."""
    words, log = words_of(args), console.store.audit
    wanted, limit = await filter_of(console, args, words), args.get("limit") or 0
    entries: list[AuditEntry] = []
    while True:
        size = min(PAGE, limit - len(entries)) if limit else PAGE
        page = await log.query(wanted, before=entries[-1].id if entries else 0, limit=size)
        entries += page
        if len(page) < size or len(entries) == limit:
            break
    names = await _names(console)
    answer = Answer(data=[entry_data(entry, names) for entry in entries])
    for entry in entries:
        answer.say(_line(words, entry, names))
    answer.say(words("audit.count", count=len(entries)))
    if args.get("export"):  # the whole of it leaves the program, not a look at it
        await log.note(Action.AUDIT_EXPORTED, details={"count": len(entries)})
    return answer


async def audit_export(console: Console, args: dict[str, Any]) -> Answer:
    """All that the filter lets through, into a CSV or XLSX that is not there yet."""
    words, path = words_of(args), Path(args["out"])
    wanted = await filter_of(console, args, words)
    if await asyncio.to_thread(path.exists):
        return Answer(1, {"error": "file_exists"}, [words("privacy.file_exists", path=str(path))])
    try:
        count = await export_audit(console.store, wanted, path, words)
    except OSError as error:
        reason = error.strerror or str(error)
        return Answer(1, {"error": "file"}, [words("privacy.file_failed", path=str(path), reason=reason)])
    answer = Answer(data={"path": str(path), "entries": count})
    answer.say(words("audit.exported", path=str(path), count=count))
    return answer


async def audit_verify(console: Console, args: dict[str, Any]) -> Answer:
    words, log = words_of(args), console.store.audit
    against = _head(args["against"], words) if args.get("against") else None
    head, broken = await log.head(), await log.verify(against)
    answer = Answer(data={"entries": head.id, "head": head.hash, "broken": None})
    if broken is None:
        answer.say(words("audit.whole", count=head.id))
        if head.id:
            answer.say(words("audit.head", head=f"{head.id}:{head.hash}"))
        return answer
    answer.exit = 1
    answer.data["broken"] = {"id": broken.id, "why": broken.why}
    answer.say(words(f"audit.broken.{broken.why}", number=broken.id))
    return answer


async def audit_report(console: Console, args: dict[str, Any]) -> Answer:
    """Who had access to what: connections and accounts, keys, what left the program, what was erased, unlocks."""
    words, log = words_of(args), console.store.audit
    since = parse_since(args["since"], words) if args.get("since") else None
    until = parse_since(args["until"], words) if args.get("until") else None
    uses, names = await log.usage(since, until), await _names(console)
    rows = await console.store.connections.list(removed=True)
    accounts = {row.id: row.account_id for row in rows}
    left = [use for use in uses if use.action in _EXPORTS]
    erased = [
        entry async for entry in log.export(AuditFilter(since=since, until=until, action=str(Action.BUYER_ERASED)))
    ]
    answer = Answer(
        data={
            "since": iso(since), "until": iso(until), "made": iso(datetime.now(UTC)), "people": _people(uses),
            "access": [use_data(use, names, accounts) for use in uses if use.connection_id is not None],
            "unlocks": [use_data(use, names, accounts) for use in uses if use.action.startswith("vault.")],
            "left": [use_data(use, names, accounts) for use in left],
            "erasures": [entry_data(entry, names) for entry in erased],
            "everything": [use_data(use, names, accounts) for use in uses],
        }
    )  # fmt: skip
    answer.say(words("audit.report.people"))
    for one in answer.data["people"]:
        parts = {
            "actor": one["actor"],
            "count": one["count"],
            "first": one["first_at"][:10],
            "last": one["last_at"][:10],
        }
        answer.say("  " + words("audit.report.person", **parts))
    if not uses:
        answer.say("  " + words("audit.report.nothing"))
    for part in ("access", "unlocks", "left"):
        answer.say(words(f"audit.report.{part}"))
        for use in answer.data[part]:
            answer.say(
                "  " + words(
                    "audit.report.line", actor=use["actor"], action=_action(words, use["action"]),
                    where=" · ".join(x for x in (use["connection"], use["account"]) if x) or "–", count=use["count"],
                    outcome=words(f"audit.outcome.{use['outcome']}"), first=use["first_at"][:10], last=use["last_at"][:10],
                )
            )  # fmt: skip
        if not answer.data[part]:
            answer.say("  " + words("audit.report.nothing"))
    answer.say(words("audit.report.erasures"))
    for entry in erased:
        answer.say("  " + _line(words, entry, names))
    if not erased:
        answer.say("  " + words("audit.report.nothing"))
    if args.get("out"):
        await _write_report(console, answer, words, Path(args["out"]))
    return answer


def _people(uses: list[Uses]) -> list[dict[str, Any]]:
    """Everybody who did something, how often, when first and last."""
    found: dict[str, dict[str, Any]] = {}
    for use in uses:
        one = found.setdefault(
            use.actor, {"actor": use.actor, "count": 0, "first_at": use.first_at, "last_at": use.last_at}
        )
        one["count"] += use.count
        one["first_at"], one["last_at"] = min(one["first_at"], use.first_at), max(one["last_at"], use.last_at)
    return [{**one, "first_at": iso(one["first_at"]), "last_at": iso(one["last_at"])} for one in found.values()]


async def _write_report(console: Console, answer: Answer, words: Words, path: Path) -> None:
    """The report's counts as CSV or XLSX; a file that is there is left alone."""
    names = ("actor", "action", "connection", "account", "outcome", "count", "first_at", "last_at")
    rows: list[list[Cell]] = [
        [
            use["actor"], _action(words, use["action"]), use["connection"], use["account"],
            outcome_words(words, use["outcome"]), use["count"], use["first_at"], use["last_at"],
        ]
        for use in answer.data["everything"]
    ]  # fmt: skip
    sheet = Sheet(words("audit.report.title"), [words(f"audit.column.{name}") for name in names], rows)
    try:
        if await asyncio.to_thread(path.exists):
            raise FileExistsError(None, words("privacy.file_exists", path=str(path)))
        await write_sheets([sheet], path, words)
    except OSError as error:
        answer.exit = 1
        answer.say(words("privacy.file_failed", path=str(path), reason=error.strerror or str(error)))
        return
    await console.store.audit.note(Action.AUDIT_EXPORTED, subject=("audit", "report"), details={"count": len(rows)})
    answer.say(words("audit.exported", path=str(path), count=len(rows)))


async def filter_of(console: Console, args: dict[str, Any], words: Words) -> AuditFilter:
    """What the options ask for. Raises Usage for an action or a connection that there is not."""
    since = parse_since(args["since"], words) if args.get("since") else None
    until = parse_since(args["until"], words) if args.get("until") else None
    action = args.get("action") or ""
    known = {str(one) for one in Action} | {str(one).partition(".")[0] for one in Action}
    if action and action not in known:
        raise Usage(words("audit.no_action", text=action, actions=", ".join(sorted(str(one) for one in Action))))
    connection_id = None
    if args.get("connection"):
        row = await console.store.connections.by_name(args["connection"])
        if row is None:
            raise Usage(words("cli.no_connection", name=args["connection"]))
        connection_id = row.id
    return AuditFilter(since, until, action, args.get("actor") or "", connection_id, outcome=args.get("outcome") or "")


def _head(text: str, words: Words) -> Head:
    """ "12:<hash>" as `audit verify` prints it. Raises Usage."""
    number, _, digest = text.strip().partition(":")
    if not (number.isascii() and number.isdigit() and len(digest) == 64):
        raise Usage(words("audit.bad_head", text=text))
    return Head(int(number), digest)


async def _names(console: Console) -> dict[int, str]:
    return {row.id: row.name for row in await console.store.connections.list(removed=True)}


def entry_data(entry: AuditEntry, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": entry.id, "at": iso(entry.at), "actor": entry.actor, "action": entry.action,
        "connection_id": entry.connection_id, "connection": names.get(entry.connection_id or 0, ""),
        "subject_kind": entry.subject_kind, "subject_id": entry.subject_id, "outcome": entry.outcome,
        "details": entry.details, "hash": entry.hash,
    }  # fmt: skip


def use_data(use: Uses, names: dict[int, str], accounts: dict[int, str]) -> dict[str, Any]:
    return {
        "actor": use.actor, "action": use.action, "connection_id": use.connection_id,
        "connection": names.get(use.connection_id or 0, ""), "account": accounts.get(use.connection_id or 0, ""),
        "outcome": use.outcome, "count": use.count, "first_at": iso(use.first_at), "last_at": iso(use.last_at),
    }  # fmt: skip


_action = action_words


def _line(words: Words, entry: AuditEntry, names: dict[int, str]) -> str:
    at = entry.at.astimezone()
    subject = " ".join(x for x in (entry.subject_kind, entry.subject_id) if x)
    details = " ".join(f"{k}={v}" for k, v in entry.details.items() if not isinstance(v, list))
    parts = (
        f"{entry.id:>6} {at:%Y-%m-%d %H:%M}", entry.actor, _action(words, entry.action),
        names.get(entry.connection_id or 0, ""), subject, details,
        "" if entry.outcome == "done" else words(f"audit.outcome.{entry.outcome}"),
    )  # fmt: skip
    return "  ".join(part for part in parts if part)


# -- diagnostics


async def diagnostics(console: Console, args: dict[str, Any]) -> Answer:
    words, answer = words_of(args), Answer()
    facts = await bundle(console, Path(args["out"]))
    answer.data = {
        "path": str(facts.path), "members": list(facts.members), "values": facts.values, "size": facts.size,
    }  # fmt: skip
    answer.say(words("diagnostics.made", path=str(facts.path), count=len(facts.members)))
    answer.say(words("diagnostics.searched", count=facts.values))
    return answer


COMMANDS.update({
    "backup": backup, "backups": backups, "audit": audit, "audit_export": audit_export, "audit_verify": audit_verify,
    "audit_report": audit_report, "diagnostics": diagnostics,
})  # fmt: skip
