"""The schema, step by step. A released step never changes: a new one is added, and an old file goes into the museum.

Each step is one transaction that also raises `user_version`, so an interrupted migration leaves the step before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.store.errors import StoreError
from app.store.migrations.spans import monitoring

Step = str | Callable[[sqlite3.Connection], None]

#: Number n of this list brings the schema from n-1 to n: a .sql file beside this one, or a function.
STEPS: tuple[tuple[str, Step], ...] = (
    ("0001_first", "0001_first.sql"),
    ("0002_audit", "0002_audit.sql"),
    ("0003_people", "0003_people.sql"),
    ("0004_parcels", "0004_parcels.sql"),
    ("0005_settlements", "0005_settlements.sql"),
    ("0006_monitoring", monitoring(lambda conn: _script(conn, "0006_monitoring.sql"))),
    ("0007_alerts", "0007_alerts.sql"),
    ("0008_plans", "0008_plans.sql"),
    ("0009_printing", "0009_printing.sql"),
    ("0010_packing", "0010_packing.sql"),
    ("0011_trades", "0011_trades.sql"),
)
LATEST = len(STEPS)
_HERE = Path(__file__).parent


def version(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def migrate(conn: sqlite3.Connection, steps: Sequence[tuple[str, Step]] = STEPS) -> int:
    """Bring the file to the last step; returns the version it had. Raises StoreError `store.newer` for a file of a
    later program: it is not touched."""
    had = version(conn)
    if had == len(steps):
        return had
    if had > len(steps):
        raise StoreError("store.newer", version=str(had), known=str(len(steps)))
    # Imported here: a store that is up to date starts without it (0.2 s).
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    known = Migrations("paxzar")
    for number, (name, step) in enumerate(steps, 1):
        known(name=name)(_runner(number, step))
    known.apply(Database(conn, recursive_triggers=False, execute_plugins=False))
    return had


def _runner(number: int, step: Step) -> Callable[..., None]:
    def run(db: object) -> None:
        conn: sqlite3.Connection = db.conn  # type: ignore[attr-defined]
        if callable(step):
            step(conn)
        else:
            _script(conn, step)
        conn.execute(" ".join(("PRAGMA user_version =", str(int(number)))))

    run.__name__ = f"step_{number}"
    return run


def _script(conn: sqlite3.Connection, name: str) -> None:
    for statement in statements((_HERE / name).read_text(encoding="utf-8")):
        conn.execute(statement)


def statements(script: str) -> Iterator[str]:
    """The single statements of a script. `executescript` would commit the open transaction first."""
    gathered = ""
    for line in script.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            if gathered.strip():
                yield gathered
            gathered = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in gathered.splitlines()):
        raise ValueError(f"an unfinished statement: {gathered.strip()[:60]!r}")
