"""The audit log as a file that leaves the program: CSV or XLSX, with the hashes, and an entry that it was taken out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import msgspec

from app.formats.tables import Cell, Sheet, csv_bytes, xlsx_bytes
from app.formats.words import Words
from app.platform.files import save_atomically
from app.store import Action, AuditEntry, AuditFilter, Store

COLUMNS = (
    "id", "at", "actor", "action", "connection", "subject", "outcome", "details", "action_code", "connection_id", "hash",
)  # fmt: skip


def action_words(words: Words, action: str) -> str:
    """What an action is called; one that we do not know keeps its code."""
    key = f"audit.action.{action}"
    return words(key) if words.has(key) else action


def outcome_words(words: Words, outcome: str) -> str:
    key = f"audit.outcome.{outcome}"
    return words(key) if words.has(key) else outcome


async def export_audit(
    store: Store, wanted: AuditFilter, path: Path, words: Words, executor: Executor | None = None
) -> int:
    """Write what the filter lets through, oldest first; how many entries. The name's ending decides: .xlsx, else CSV.
    Raises OSError."""
    names = {row.id: row.name for row in await store.connections.list(removed=True)}
    rows = [_row(entry, names, words) async for entry in store.audit.export(wanted)]
    sheet = Sheet(words("audit.title"), [words(f"audit.column.{name}") for name in COLUMNS], rows)
    await write_sheets([sheet], path, words, executor)
    await store.audit.note(Action.AUDIT_EXPORTED, subject=("audit", _kind(path)), details={"count": len(rows)})
    return len(rows)


async def write_sheets(sheets: Sequence[Sheet], path: Path, words: Words, executor: Executor | None = None) -> None:
    """Into an XLSX, or the first of them into a CSV. Computed in the executor (None: a thread). Raises OSError."""
    loop = asyncio.get_running_loop()
    if _kind(path) == "xlsx":
        data = await loop.run_in_executor(executor, xlsx_bytes, list(sheets))
    else:
        data = await loop.run_in_executor(executor, _csv, sheets[0], words.language != "en")
    await asyncio.to_thread(save_atomically, path, data, keep_previous=False)


def _csv(sheet: Sheet, turkish: bool) -> bytes:
    return csv_bytes(sheet, turkish=turkish)


def _kind(path: Path) -> str:
    return "xlsx" if path.suffix.casefold() == ".xlsx" else "csv"


def _row(entry: AuditEntry, names: dict[int, str], words: Words) -> list[Cell]:
    subject = " ".join(x for x in (entry.subject_kind, entry.subject_id) if x)
    details = msgspec.json.encode(entry.details).decode() if entry.details else ""
    return [
        entry.id, entry.at.astimezone(), entry.actor, action_words(words, entry.action),
        names.get(entry.connection_id or 0, ""), subject, outcome_words(words, entry.outcome), details, entry.action,
        entry.connection_id, entry.hash,
    ]  # fmt: skip
