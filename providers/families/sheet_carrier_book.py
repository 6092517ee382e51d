"""Which reference stands in which manifest: the manifests that lie in the outgoing folder, and our own record of them on this
computer. The record is written before a manifest and after it, so that whatever ends in between, a row is found or was never written.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from enum import Enum
from weakref import WeakKeyDictionary

import msgspec

from app.contracts import Account, Message, ProviderError, fail
from app.kit import Folder, LocalFolder
from app.kit.sheet_columns import ISTANBUL
from providers.families.sheet_carrier_rows import (
    CANCELLED,
    ENDINGS,
    PENDING,
    WRITTEN,
    Record,
    read_records,
    sheet_bytes,
)
from providers.families.sheets_carry import Carrier

RECORDS = "kayit"  # the folder of our own record below the merchant's
OUT, KEPT = "gonderi", "kayit"
_SCANNED = 60  # manifests that are looked through for a reference that our record does not know
_MOST_A_DAY = 500
SMALL = 100  # rows that are worked off at once
_lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()


class Stand(Enum):
    """Where a row is that our record knows. OUT: its manifest lies there without it. ALTERED: what lies there is no manifest of ours
    any more."""

    THERE = "there"
    OUT = "out"
    TAKEN = "taken"
    ALTERED = "altered"


class Book:
    def __init__(self, carrier: Carrier, account: Account) -> None:
        self._carrier, self.account = carrier, account
        self._read: dict[str, tuple[str, tuple[Record, ...]]] = {}  # file of the record → its mark, its rows
        self._days: dict[str, str] = {}  # reference → file of the record

    def alone(self) -> asyncio.Lock:
        """One at a time: a manifest is read, and written whole. The workspace's lock keeps other processes out."""
        lanes = _lanes.setdefault(asyncio.get_running_loop(), {})
        return lanes.setdefault(f"{self.account.integration}:{self._place().place}", asyncio.Lock())

    # -- our own record ----------------------------------------------------------------------------------------------
    def _place(self) -> LocalFolder:
        """Raises YoursError: with SFTP the merchant must say where on this computer."""
        own = self.account.setting("records")
        if own:
            return LocalFolder(own, field="records")
        if self._carrier.way == "sftp":
            raise fail(Message("config.field", {"field": "records", "why": "missing"}, field="records"))
        if not self.account.setting("folder"):
            raise fail(Message("config.field", {"field": "folder", "why": "missing"}, field="folder"))
        return LocalFolder(self.account.setting("folder"), (RECORDS,))

    async def prove(self) -> None:
        await self._place().prove_writable()

    async def records(self) -> dict[str, Record]:
        """Reference → its last word. Raises YoursError for a file of the record that cannot be read: without it a row could be
        written twice."""
        place, found = self._place(), {}
        self._days = {}
        for info in sorted(await place.look(), key=lambda one: one.name):
            if not info.name.startswith(f"{self.account.integration}-{KEPT}-"):
                continue
            mark, rows = self._read.get(info.name, ("", ()))
            if mark != info.mark:
                rows = await self._rows(place, info.name)
                self._read[info.name] = (info.mark, rows)
            for row in rows:
                found[row.reference], self._days[row.reference] = row, info.name
        return found

    async def _rows(self, place: LocalFolder, name: str) -> tuple[Record, ...]:
        rows = read_records("record", await place.read(name))
        if rows is None:
            raise fail(Message("sheet.file", {"field": name, "reason": "sheet_none"}, field="records"))
        return rows

    async def keep(self, record: Record) -> None:
        """Into the record's file of the day on which the reference was first written."""
        place = self._place()
        name = self._days.get(record.reference) or f"{self.account.integration}-{KEPT}-{self._today()}.csv"
        rows = self._read[name][1] if name in self._read else ()
        if not rows and name in {one.name for one in await place.look()}:
            rows = await self._rows(place, name)
        rows = (*(one for one in rows if one.reference != record.reference), record)
        await place.write(name, await self._bytes("record", "csv", rows), replace=True)
        self._read[name], self._days[record.reference] = ("", rows), name

    # -- manifests ---------------------------------------------------------------------------------------------------
    async def settled(self, folder: Folder, reference: str, known: Record | None) -> Record | None:
        """What is true of a reference after whatever ended the last attempt, and our record told so. None: it stands nowhere."""
        if known is None:
            found = await self._scan(folder, reference)
            if found is not None:
                await self.keep(found)
            return found
        if known.state == CANCELLED:
            return known
        stands = await self.stands(folder, known)
        if known.state == PENDING:
            if stands is Stand.ALTERED:  # nobody can say whether it stands there
                raise fail(Message("sheet.file", {"field": known.file, "reason": "sheet_altered"}))
            if stands is not Stand.THERE:
                return known
            known = msgspec.structs.replace(known, state=WRITTEN)
            await self.keep(known)
        elif stands is Stand.OUT:
            known = msgspec.structs.replace(known, state=CANCELLED)
            await self.keep(known)
        return known

    async def stands(self, folder: Folder, known: Record) -> Stand:
        if known.file not in {one.name for one in await folder.look()}:
            return Stand.TAKEN
        rows = read_records("manifest", await folder.read(known.file))
        if rows is None:
            return Stand.ALTERED
        return Stand.THERE if any(one.reference == known.reference for one in rows) else Stand.OUT

    async def _scan(self, folder: Folder, reference: str) -> Record | None:
        """For a record that was lost: the youngest manifests that still lie there."""
        ours = [one for one in await folder.look() if one.name.startswith(f"{self.account.integration}-{OUT}-")]
        for info in reversed(ours[-_SCANNED:]):
            for row in read_records("manifest", await folder.read(info.name)) or ():
                if row.reference == reference:
                    return msgspec.structs.replace(row, state=WRITTEN, file=info.name)
        return None

    async def write(self, folder: Folder, record: Record, format_: str) -> Record:
        """One more row of today's manifest: noted first, written whole, noted as written."""
        name, rows, fresh = await self._target(folder, format_)
        record = msgspec.structs.replace(record, state=PENDING, file=name)
        rows = (*(one for one in rows if one.reference != record.reference), record)
        data = await self._bytes("manifest", format_, rows)  # before anything is noted: the encoding may lack a letter
        await self.keep(record)
        lies = await folder.write(name, data, replace=not fresh)
        record = msgspec.structs.replace(record, state=WRITTEN, file=lies)
        # It stands in the manifest: a full disk must not call it refused. As PENDING it is found there, and noted, the next time.
        with contextlib.suppress(ProviderError):
            await self.keep(record)
        return record

    async def take_out(self, folder: Folder, known: Record, format_: str) -> None:
        rows = read_records("manifest", await folder.read(known.file)) or ()
        kept = tuple(one for one in rows if one.reference != known.reference)
        kind = format_ if known.file.endswith(ENDINGS[format_]) else "xlsx" if known.file.endswith(".xlsx") else "csv"
        await folder.write(known.file, await self._bytes("manifest", kind, kept), replace=True)

    async def _target(self, folder: Folder, format_: str) -> tuple[str, tuple[Record, ...], bool]:
        """Today's manifest, its rows, and whether it is a new one. One that was taken away has gone to the carrier, and one that was
        altered is someone else's: the next row goes into a new one, under a name that was never used."""
        lying = {one.name for one in await folder.look()}
        gone = {one.file for _, rows in self._read.values() for one in rows if one.state != PENDING} - lying
        for number in range(1, _MOST_A_DAY):
            tail = f"-{number}" if number > 1 else ""
            name = f"{self.account.integration}-{OUT}-{self._today()}{tail}{ENDINGS[format_]}"
            if name in lying:
                rows = read_records("manifest", await folder.read(name))
                if rows is not None:
                    return name, rows, False
            elif name not in gone:
                return name, (), True
        raise fail(Message("sheet.folder", {"field": "outbox", "reason": "sheet_full"}, field="outbox"))

    def is_todays(self, name: str) -> bool:
        return name.startswith(f"{self.account.integration}-{OUT}-{self._today()}")

    def _today(self) -> str:
        return f"{self.account.now().astimezone(ISTANBUL):%Y%m%d}"

    async def _bytes(self, kind: str, format_: str, rows: Sequence[Record]) -> bytes:
        if len(rows) > SMALL:
            return await self.account.compute(sheet_bytes, kind, format_, tuple(rows))
        return sheet_bytes(kind, format_, rows)
