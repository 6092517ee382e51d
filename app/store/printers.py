"""The merchant's printers: how each is reached, what it understands, and what lies in it. Rows only; nothing is sent from here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from app.model import to_epoch_ms
from app.store.db import Database
from app.store.errors import StoreError

PORTS = ("queue", "raw", "network", "file")
_COLUMNS = "SELECT id, name, port, address, language, dpi, paper, right_um, down_um, copies, cut FROM printers"


class Printer(msgspec.Struct, frozen=True):
    """`port`: one of PORTS; `address`: a queue's name, `host:port`, a path. Offsets in thousandths of a millimetre, to the right and
    down. `id` 0: not kept, typed for one job."""

    name: str
    port: str
    address: str
    language: str = "driver"
    dpi: int = 203
    paper: str = "100x150"
    right_um: int = 0
    down_um: int = 0
    copies: int = 1
    cut: bool = False
    id: int = 0


class Printers:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    async def save(self, printer: Printer) -> Printer:
        """Add it, or change the one with its id. Raises StoreError `store.printer_name` when another has the name."""
        at = to_epoch_ms(self._now())
        values = (
            printer.name, printer.port, printer.address, printer.language, printer.dpi, printer.paper, printer.right_um,
            printer.down_um, printer.copies, int(printer.cut),
        )  # fmt: skip

        def job(conn: sqlite3.Connection) -> Printer:
            if conn.execute("SELECT 1 FROM printers WHERE name = ? AND id <> ?", (printer.name, printer.id)).fetchone():
                raise StoreError("store.printer_name", name=printer.name)
            if printer.id:
                conn.execute(
                    "UPDATE printers SET name = ?, port = ?, address = ?, language = ?, dpi = ?, paper = ?, right_um = ?,"
                    " down_um = ?, copies = ?, cut = ? WHERE id = ?",
                    (*values, printer.id),
                )
                return printer
            made = conn.execute(
                "INSERT INTO printers(name, port, address, language, dpi, paper, right_um, down_um, copies, cut, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, at),
            )
            return msgspec.structs.replace(printer, id=int(made.lastrowid or 0))

        return await self._db.write(job)

    async def remove(self, name: str) -> bool:
        """What it printed stays in the journal."""
        done = await self._db.write(lambda conn: conn.execute("DELETE FROM printers WHERE name = ?", (name,)).rowcount)
        return done > 0

    async def list(self) -> list[Printer]:
        query = " ".join((_COLUMNS, "ORDER BY name"))
        return await self._db.read(lambda conn: [_row(row) for row in conn.execute(query)])

    async def by_name(self, name: str) -> Printer | None:
        query = " ".join((_COLUMNS, "WHERE name = ?"))

        def job(conn: sqlite3.Connection) -> Printer | None:
            row = conn.execute(query, (name,)).fetchone()
            return None if row is None else _row(row)

        return await self._db.read(job)


def _row(row: tuple[Any, ...]) -> Printer:
    return Printer(*(*row[1:10], bool(row[10]), row[0]))
