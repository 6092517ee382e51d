"""`paxzar doctor`: what this computer has and lacks, one line each. Reads only; opens no network."""

from __future__ import annotations

import asyncio
import importlib
import platform
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from app.api.answers import Answer
from app.contracts.catalogue import Catalogue, providers_root
from app.formats.words import Words
from app.platform.keyrings import system_keyring
from app.platform.synced import synced_by
from app.store.checks import quick_look
from app.store.workspace import Workspace, WorkspaceOwned

LOW_DISK = 1_000_000_000


async def examine(folder: Path, lang: str) -> Answer:
    """Exit 1 when something stands in the way; `data` is a list of {check, ok, value}."""
    words, answer = Words.load(lang), Answer(data=[])

    def note(check: str, ok: bool, value: Any = "") -> None:
        answer.data.append({"check": check, "ok": ok, "value": str(value)})
        answer.say(f"{'✓' if ok else '✗'} {words(f'cli.doctor.{check}', value=str(value))}")
        if not ok:
            answer.exit = 1

    note("python", True, platform.python_version())
    try:
        note("qt", True, importlib.import_module("PySide6").__version__)
    except ImportError as error:
        note("no_qt", False, error)
    found = await system_keyring()
    note("no_keyring" if found is None else "keyring", True)  # a password does as well
    modern = sqlite3.sqlite_version_info >= (3, 51, 3)
    note("sqlite" if modern else "sqlite_old", True, sqlite3.sqlite_version)
    note("catalogue", True, len(Catalogue(providers_root()).entries))
    note("folder", True, folder)
    free = await asyncio.to_thread(_free_bytes, folder)
    note("folder_free" if free > LOW_DISK else "folder_low", free > LOW_DISK, f"{free // 1_000_000_000} GB")
    for check, ok, value in await asyncio.to_thread(_store_state, folder):
        note(check, ok, value)
    return answer


def _free_bytes(folder: Path) -> int:
    place = folder
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def _store_state(folder: Path) -> list[tuple[str, bool, str]]:
    workspace = Workspace(folder)
    service = synced_by(folder)
    if service:
        return [("folder_synced", False, service)]
    if not workspace.store.exists():
        return [("store_none", True, "")]
    try:
        with workspace.acquire():
            trouble = quick_look(workspace.store)
    except WorkspaceOwned as owned:
        return [("store_busy", True, str(owned.pid))]
    return [("store_bad", False, "; ".join(trouble))] if trouble else [("store_ok", True, "")]
