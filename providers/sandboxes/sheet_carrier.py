"""A carrier without an API: it takes the shipment sheets out of the folder `giden`, and drops sheets with tracking numbers. Written from
reference/cargo.md (its stance on such carriers: sheet out, numbers in); shares no code with the client.

Switches: `never_picks_up`, `csv` (its sheets are CSV in Windows 1254), `by_order` (it tells the order's number instead of our reference).
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
import weakref
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import xlsxwriter
from python_calamine import CalamineWorkbook
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes.kit import Sandbox

SWITCHES = ("never_picks_up", "csv", "by_order")
ISTANBUL = timedelta(hours=3)


class SheetCarrierSandbox(Sandbox):
    """`credentials` name a folder of this machine: the carrier's side of it. It ends with the process."""

    name: ClassVar[str] = "sheet_carrier"

    def __init__(self, *, seed: int = 1, orders: int = 0, listings: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="paxzar-carrier-")).resolve()
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        super().__init__(seed=seed, orders=orders, listings=listings)

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.switches: dict[str, bool] = {}
        self.shipments: dict[str, dict[str, str]] = {}
        self.counts: Counter[str] = Counter()
        self.taken: list[str] = []
        self._number, self._drops = 700_000_000 + seed * 1000, 0
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.credentials = {"way": "folder", "folder": str(self.folder)}

    # -- what it does ---------------------------------------------------------------------------------------------------
    def collect(self) -> list[str]:
        """It takes what lies in `giden`; the references of the shipments that it did not know."""
        outbox = self.folder / "giden"
        fresh: list[str] = []
        if self.switches.get("never_picks_up") or not outbox.is_dir():
            return fresh
        for path in sorted(outbox.iterdir()):
            if path.name.startswith("."):
                continue
            for row in read_rows(path):
                if row["Gönderi No"] in self.shipments:
                    self.counts["twice"] += 1
                    continue
                self._number += 1
                self.counts["shipments"] += 1
                self.shipments[row["Gönderi No"]] = {**row, "tracking": f"TK{self._number}", "status": "Teslim Alındı"}
                fresh.append(row["Gönderi No"])
            self.taken.append(path.name)
            path.unlink()
        return fresh

    def move(self, references: list[str], word: str) -> str:
        """Parcels reach the next state, and a sheet says so; its name."""
        key = "Sipariş No" if self.switches.get("by_order") else "Gönderi No"
        at = (self.clock.now() + ISTANBUL).strftime("%d.%m.%Y %H:%M")
        rows = []
        for one in references:
            self.shipments[one]["status"] = word
            rows.append([self.shipments[one][key], self.shipments[one]["tracking"], word, at, "İkitelli"])
        return self.drop([key, "Takip No", "Durum", "Durum Tarihi", "Şube"], rows)

    def drop(self, header: list[str], rows: list[list[Any]]) -> str:
        """Whole at once, and of an age at which nobody takes it for a file that is still being copied."""
        self._drops += 1
        ending = "csv" if self.switches.get("csv") else "xlsx"
        name = f"takip-{self._drops:03d}.{ending}"
        fresh, target = self.folder / f".{name}.tmp", self.folder / name
        fresh.write_bytes(_csv([header, *rows]) if ending == "csv" else _xlsx([header, *rows]))
        at = self.clock.timestamp() - 60 + self._drops / 1000
        os.utime(fresh, (at, at))
        fresh.replace(target)
        return name

    # -- truth ----------------------------------------------------------------------------------------------------------
    def waiting(self) -> list[dict[str, str]]:
        """Rows that lie in `giden`, as the carrier's program would read them."""
        outbox = self.folder / "giden"
        paths = sorted(one for one in outbox.iterdir() if not one.name.startswith(".")) if outbox.is_dir() else []
        return [row for path in paths for row in read_rows(path)]

    def truth_shipments(self) -> list[dict[str, Any]]:
        there = [
            {"reference": r["Gönderi No"], "tracking_number": "", "status": "written", **r} for r in self.waiting()
        ]
        return there + [
            {"reference": key, "tracking_number": row["tracking"], **row} for key, row in self.shipments.items()
        ]

    def counters(self) -> dict[str, int]:
        return dict(self.counts)

    def switch(self, feature: str, on: bool) -> None:
        if feature not in SWITCHES:
            raise KeyError(feature)
        self.switches[feature] = on

    # -- over HTTP ------------------------------------------------------------------------------------------------------
    def routes(self) -> list[BaseRoute]:
        return [Route("/pick-up", self._pick_up, methods=["POST"])]

    async def _pick_up(self, request: Request) -> Response:
        """The carrier's day: it takes the sheets, delivers, and says so."""
        fresh = self.collect()
        if fresh:
            self.move(fresh, "Teslim Edildi")
        return JSONResponse({"taken": self.taken, "shipments": fresh})


def read_rows(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".csv":
        data = path.read_bytes()
        text = data.decode("utf-8-sig") if data.startswith(b"\xef\xbb\xbf") else data.decode("cp1254")
        return list(csv.DictReader(io.StringIO(text), delimiter=";"))
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, rows[0]), map(str, row), strict=False)) for row in rows[1:]]


def _xlsx(rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("Takip")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write_string(at, column, cell) if isinstance(cell, str) else page.write_number(at, column, cell)
    return out.getvalue()


def _csv(rows: list[list[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows(rows)
    return out.getvalue().encode("cp1254", "replace")


def create(**options: int) -> SheetCarrierSandbox:
    return SheetCarrierSandbox(**options)
