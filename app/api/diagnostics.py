"""The diagnostics bundle: a zip for whoever helps, with versions, figures, last messages and the end of the logs.

Everything in it went through the redactor; then the zip is read again and searched for every vault value. A bundle with
a trace of one is deleted. No buyer's data either: no orders, no raw records, mail addresses and phone numbers masked.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.metadata
import json
import locale
import os
import platform
import re
import secrets
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from app.console import Console
from app.contracts import DOTS, Message
from app.platform.files import FileOps
from app.store import Action, OutboxFilter, Outcome, StoreError
from app.store.audit import os_user
from app.store.copies import row_counts
from app.store.migrations import version
from app.vault.redact import SHORTEST, Redactor

_LOG_TAIL = 512 * 1024  # bytes of each of the two newest log files
_SLICE = 16 * 1024  # characters searched at a stretch on the loop (some 3 ms)
_OVERLAP = 8 * 1024  # of two neighbouring windows of the scan: longer than any form of a usual value
_LIBRARIES = (
    "PySide6-Essentials", "aiohttp", "cryptography", "httpx", "keyring", "lxml", "msgspec", "pypdfium2", "reportlab",
    "sqlite-utils", "truststore",
)  # fmt: skip
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONG_NUMBER = re.compile(r"(?<![\w.])\+?\d(?:[ ()]?\d){9,}")  # phones, TCKN, VKN, cards; timestamps have signs between


class DiagnosticsError(StoreError):
    """No bundle was made. `key`: `diagnostics.locked`, `.leak`, `.exists`, `.unwritten`."""


class BundleFacts(msgspec.Struct, frozen=True):
    """`members`: names in the zip; `values`: how many vault values it was searched for; `size` in bytes."""

    path: Path
    members: tuple[str, ...]
    values: int
    size: int


async def bundle(
    console: Console,
    file: Path,
    *,
    stalls: Mapping[str, Any] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> BundleFacts:
    """Write the zip. `stalls`: figures of the window's watchdog. Raises DiagnosticsError, StoreError.

    The vault must be unlocked: what is not known cannot be searched for.
    """
    vault = console.vault
    if vault is not None and vault.locked:
        raise DiagnosticsError("diagnostics.locked")
    values = vault.values if vault is not None else (lambda: iter(()))
    redactor = Redactor(values)
    file = await asyncio.to_thread(lambda: file.expanduser().absolute())
    if await asyncio.to_thread(file.exists):
        raise DiagnosticsError("diagnostics.exists", path=str(file))
    texts = {name: await _clean(text, redactor) for name, text in (await _gather(console, stalls, now())).items()}
    draft = file.with_name(f".{file.name}.{secrets.token_hex(6)}.part")
    try:
        await asyncio.to_thread(_write, draft, texts)
        found = await find_leak(draft, values, redactor)
        if found:
            await console.store.audit.note(Action.DIAGNOSTICS_MADE, outcome=Outcome.REFUSED)
            raise DiagnosticsError("diagnostics.leak", member=found)
        size = (await asyncio.to_thread(draft.stat)).st_size
        await asyncio.to_thread(draft.replace, file)
    except OSError as error:
        raise DiagnosticsError("diagnostics.unwritten", path=str(file), reason=error.strerror or "") from error
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(draft.unlink, missing_ok=True)
    await console.store.audit.note(Action.DIAGNOSTICS_MADE, details={"size": size, "files": len(texts)})
    searched = {value for value in values() if len(value) >= SHORTEST}
    return BundleFacts(file, tuple(texts), len(searched), size)


# -- what goes in


async def _gather(console: Console, stalls: Mapping[str, Any] | None, now: datetime) -> dict[str, str]:
    store = console.store
    broken = await store.audit.verify()
    found: dict[str, Any] = {
        "about.json": {
            **await asyncio.to_thread(_about), "made": now.isoformat(),
            "kind": "rehearsal" if console.is_rehearsal else "live", "schema": await store.db.read(version),
        },
        "counts.json": {
            **await store.db.read(row_counts), "outbox": await store.outbox.counts(),
            "attention": await store.attention.count(), "audit": await store.audit.count(),
            "audit_broken": None if broken is None else [broken.id, broken.why],
            "integrations": len(console.catalogue.entries),
        },
        "health.json": [_health(report) for report in await console.health.all()],
        "jobs.json": [
            {
                "id": job.id, "kind": job.kind, "connection": job.connection_id, "state": job.state,
                "outcome": job.outcome, "started_at": job.started_at, "ended_at": job.ended_at,
                "message": _message(job.message),
            }
            for job in await store.jobs.recent(100)
        ],
        "outbox.json": [
            {
                "id": row.id, "connection": row.connection_id, "kind": row.kind, "state": row.state,
                "attempts": row.attempts, "created_at": row.created_at, "message": _message(row.message),
            }
            for row in await store.outbox.query(OutboxFilter(states=("refused", "unknown")), 0, 50)
        ],
    }  # fmt: skip
    if stalls is not None:
        found["stalls.json"] = dict(stalls)
    texts = {name: json.dumps(value, ensure_ascii=False, indent=1, default=str) for name, value in found.items()}
    return texts | await asyncio.to_thread(_logs, console.workspace.logs)


def _about() -> dict[str, Any]:
    libraries = {}
    for name in _LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            libraries[name] = importlib.metadata.version(name)
    try:
        paxzar = importlib.metadata.version("paxzar")
    except importlib.metadata.PackageNotFoundError:
        paxzar = ""
    return {
        "paxzar": paxzar, "python": platform.python_version(), "system": platform.platform(),
        "machine": platform.machine(), "processors": os.cpu_count(), "sqlite": sqlite3.sqlite_version,
        "language": locale.getlocale()[0], "libraries": libraries,
    }  # fmt: skip


def _health(report: Any) -> dict[str, Any]:
    """Without the connection's name, which is the merchant's own word."""
    told: dict[str, Any] = msgspec.to_builtins(report)
    told.pop("connection")
    return told | {"message": _message(report.message)}


def _message(message: Message | None) -> dict[str, Any] | None:
    """Code and the vendor's own words; parameters may name people and are left out."""
    if message is None:
        return None
    return {
        "code": message.code, "vendor_code": message.vendor_code, "vendor_text": message.vendor_text,
        "status": message.status, "field": message.field, "operation": message.params.get("operation", ""),
    }  # fmt: skip


def _logs(folder: Path) -> dict[str, str]:
    """The ends of the two newest log files, from a whole line on."""
    found = {}
    for number, name in enumerate(("paxzar.log", "paxzar.log.1"), 1):
        try:
            with (folder / name).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _LOG_TAIL))
                raw = file.read(_LOG_TAIL)
        except OSError:
            continue
        text = raw.decode("utf-8", "replace")
        found[f"logs/{number}.log"] = text if size <= _LOG_TAIL else text.partition("\n")[2]
    return found


# -- cleaning


async def _clean(text: str, redactor: Redactor) -> str:
    out = []
    for piece in _pieces(text):
        out.append(_masked(redactor.redact(piece)))
        await asyncio.sleep(0)  # the window paints in between
    return "".join(out)


def _pieces(text: str) -> Iterator[str]:
    """Slices of whole lines: a value of several lines is looked for line by line as well. One endless line stays whole."""
    held, size = [], 0
    for line in text.splitlines(keepends=True):
        held.append(line)
        size += len(line)
        if size >= _SLICE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def _masked(text: str) -> str:
    """Without mail addresses, long numbers, and where and as whom the program runs."""
    home, user = str(Path.home()), os_user()
    for form in (home, home.replace("\\", "/"), home.replace("\\", "\\\\")):
        if len(form) > 3:
            text = text.replace(form, "~")
    if len(user) > 3:
        for mark in "/\\":
            text = text.replace(f"{mark}{user}{mark}", f"{mark}~{mark}")
    return _LONG_NUMBER.sub(DOTS, _MAIL.sub(DOTS, text))


def _write(path: Path, texts: Mapping[str, str]) -> None:
    fd = FileOps().create(path, 0o600)
    with os.fdopen(fd, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in texts.items():
            out.writestr(name, text)


# -- the scan


async def find_leak(path: Path, values: Callable[[], Iterable[str]], redactor: Redactor) -> str:
    """The first member of the zip with a trace of a vault value, '' when there is none. Raises OSError.

    Two searches that share no code: whole values in every coding, and the redactor's own patterns (first and last six
    characters among them) over windows that overlap.
    """
    for name, text in (await asyncio.to_thread(_read, path)).items():
        for value in values():
            if len(value) >= SHORTEST and any(form in text for form in _codings(value)):
                return name
            await asyncio.sleep(0)
        for start in range(0, max(1, len(text)), _SLICE):
            if redactor.finds(text[start : start + _SLICE + _OVERLAP]):
                return name
            await asyncio.sleep(0)
    return ""


def _read(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as held:
        return {name: held.read(name).decode("utf-8", "replace") for name in held.namelist()}


def _codings(value: str) -> Iterator[str]:
    """Plain, URL-coded, JSON-escaped, and base64 wherever the value begins in what was encoded."""
    yield value
    for coded in (quote(value, safe=""), quote_plus(value)):
        yield coded
        yield re.sub(r"%[0-9A-F]{2}", lambda hit: hit.group().lower(), coded)
    for plain_letters in (True, False):
        text = json.dumps(value, ensure_ascii=plain_letters)[1:-1]
        yield text
        yield text.replace("/", "\\/")
    raw = value.encode("utf-8", "replace")
    for before in range(3):
        # Only whole groups of three bytes look the same whatever stands around them.
        inner = raw[(3 - before) % 3 :]
        inner = inner[: len(inner) // 3 * 3]
        if len(inner) >= 6:
            yield base64.b64encode(inner).decode("ascii")
            yield base64.urlsafe_b64encode(inner).decode("ascii")
