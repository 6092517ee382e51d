"""A plain copy of the file beside it, before a migration touches it: a whole one, or the migration does not begin.

The newest three stay. They hold what the store held, people too: whoever erases a buyer is told of them.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from app.store.migrations import LATEST, version

KEPT = 3


def keep_copy(conn: sqlite3.Connection, path: Path, now: Callable[[], datetime]) -> Path | None:
    """Copy the store when it is about to be migrated; the copy's path, None for a new or an up-to-date file. Blocks.

    Raises sqlite3.Error (a full disk): the file then stays as it is.
    """
    had = version(conn)
    if not 0 < had < LATEST:
        return None
    target = path.with_name(f"{path.stem}.before-v{LATEST}-{now().astimezone(UTC):%Y%m%d-%H%M%S}{path.suffix}")
    draft = target.with_name(f".{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        with closing(sqlite3.connect(draft, isolation_level=None)) as out:
            out.execute("PRAGMA synchronous = FULL")
            conn.backup(out, pages=-1)
        draft.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    for old in copies_of(path)[:-KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()
    return target


def copies_of(path: Path) -> list[Path]:
    """The copies made before migrations, oldest first."""
    found = path.parent.glob(f"{path.stem}.before-v*{path.suffix}")
    return sorted(found, key=lambda one: one.name.rpartition("-v")[2].partition("-")[2])
