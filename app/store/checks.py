"""A quick look at a store's file from outside, without opening it as a store: for `paxzar doctor`. Changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def quick_look(path: Path) -> list[str]:
    """What SQLite finds wrong with the file, at most three lines; empty when it is whole. Blocks: call it off the loop."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as conn:
            return [str(row[0]) for row in conn.execute("PRAGMA quick_check(3)") if row[0] != "ok"]
    except sqlite3.DatabaseError as error:
        return [str(error)]
