"""How the store's file is opened: its connections with their settings, and the names of what lies beside it.

Nothing here decides anything about a damaged or a full file: that is `db`'s.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from urllib.parse import quote

WRITER: tuple[str, ...] = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cell_size_check = ON",
    "PRAGMA secure_delete = FAST",
    "PRAGMA cache_size = -32000",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
)
READER = ("PRAGMA query_only = ON", "PRAGMA cell_size_check = ON", "PRAGMA cache_size = -8000")
if sys.platform == "darwin":
    WRITER += ("PRAGMA fullfsync = ON", "PRAGMA checkpoint_fullfsync = ON")


def connect(path: Path, *, read_only: bool, immutable: bool = False) -> sqlite3.Connection:
    """`read_only` opens the file so that not even the last close of it checkpoints: that is the owner's. `immutable`: and
    without lock or log, for a file that nobody changes."""
    where = str(path)
    if read_only:
        # Not Path.as_uri: SQLite takes the server of a network path for an authority and refuses it.
        posix = path.absolute().as_posix()
        where = "".join(("file://", "" if posix.startswith("/") else "/", quote(posix, safe="/:"), "?mode=ro"))
        where += "&immutable=1" if immutable else ""
    return sqlite3.connect(where, uri=read_only, isolation_level=None, check_same_thread=False, cached_statements=256)


def apply(conn: sqlite3.Connection, pragmas: tuple[str, ...]) -> None:
    for pragma in pragmas:
        conn.execute(pragma)


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def is_empty(path: Path) -> bool:
    """Not there, or a file without a byte."""
    return not path.exists() or (path.is_file() and not path.stat().st_size)


def mark_of(path: Path) -> Path:
    return path.with_name(path.name + ".suspect")


def kept_of(path: Path) -> tuple[Path, ...]:
    return tuple(sorted(path.parent.glob(f"{path.stem}.damaged-*")))
