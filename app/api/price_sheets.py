"""Sheets of prices for the command line and the window alike: read in the worker process, mapped once by the file's shape, made into a plan,
written out. Nothing here sends; a mapping is kept only when it made a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import msgspec

from app.api.commands_plans import takes_prices
from app.contracts import Message, fail
from app.contracts.catalogue import Catalogue
from app.formats.words import Words
from app.platform.files import save_atomically
from app.pricing.plan import Plans
from app.pricing.sheet_columns import Pairs
from app.pricing.sheet_out import COLUMNS, out_rows, sheet_bytes
from app.pricing.sheet_plan import SheetPlan, make_plan
from app.pricing.sheet_read import PriceSheet, read_prices
from app.store import Action, ListingQuery, Store
from app.store.connections import ConnectionRow

SETTING = "pricing.sheets"
MOST_SHAPES = 60
Compute = Callable[..., Awaitable[Any]]


class _Said(msgspec.Struct, frozen=True):
    """What a person said of files of one shape: columns as (field, compared header), decimal signs by field."""

    columns: tuple[tuple[str, str], ...] = ()
    signs: dict[str, str] = {}


class PriceSheets:
    """`PriceSheets(store, catalogue, plans, compute)`; `compute(work, *args)` runs in the worker process."""

    def __init__(self, store: Store, catalogue: Catalogue, plans: Plans, compute: Compute) -> None:
        self._store, self._catalogue, self._plans, self._compute = store, catalogue, plans, compute

    async def rows(self) -> list[ConnectionRow]:
        """The connections whose channels take prices."""
        return [row for row in await self._store.connections.list() if takes_prices(self._catalogue, row)]

    async def look(
        self, source: Path | bytes, name: str, own: Pairs = (), signs: Mapping[str, str] | None = None
    ) -> PriceSheet:
        """What a file says, with what was said of files of its shape before; `own` and `signs` go before it. Stores nothing. Raises
        OSError, and YoursError `sheet.file`."""
        given = str(source) if isinstance(source, Path) else source
        held = await self._kept()
        kept = {shape: said.columns for shape, said in held.items()}
        sheet = await self._read(given, name, own, kept, signs or {})
        before = held.get(sheet.shape, _Said()).signs
        missing = {field: sign for field, sign in before.items() if field not in (signs or {})}
        if missing and any(one.code == "pricesheet.sign" for one in sheet.doubts):
            sheet = await self._read(given, name, own, kept, {**missing, **(signs or {})})
        return sheet

    async def _read(self, *args: object) -> PriceSheet:
        try:
            read: PriceSheet = await self._compute(read_prices, *args)
        except BrokenProcessPool as error:  # the reader ran out of memory, and its process with it
            raise fail(Message("sheet.file", {"reason": "sheet_none"})) from error
        return read

    async def _kept(self) -> dict[str, _Said]:
        held = await self._store.settings.get(SETTING) or {}
        try:
            return msgspec.convert(held, dict[str, _Said])
        except msgspec.ValidationError:
            return {}

    async def _keep(self, shape: str, own: Pairs, signs: Mapping[str, str]) -> None:
        """Files of this shape are read like that from now on; the oldest of many is forgotten."""
        if not shape or not (own or signs):
            return
        held = await self._kept()
        before = held.pop(shape, _Said())
        made = _Said(tuple({**dict(before.columns), **dict(own)}.items()), {**before.signs, **signs})
        some = [*held.items(), (shape, made)][-MOST_SHAPES:]
        await self._store.settings.set(SETTING, msgspec.to_builtins(dict(some)))

    async def make(
        self, sheet: PriceSheet, rows: Sequence[ConnectionRow], own: Pairs = (), signs: Mapping[str, str] | None = None
    ) -> SheetPlan:
        """A stored plan for the listings of these connections; what was said of the columns is remembered when one was made."""
        every = await self._store.connections.list()
        asked = {row.id: row.name for row in rows}
        others = [row.name for row in every if row.id not in asked]
        made = await make_plan(self._store, self._plans, sheet, asked, others, await self._plans.guards())
        if made.plan_id is not None:
            await self._keep(sheet.shape, own, signs or {})
        return made

    async def save(
        self, path: Path, rows: Sequence[ConnectionRow], words: Words, query: ListingQuery | None = None,
        ids: Sequence[int] = (),
    ) -> int:  # fmt: skip
        """Write the prices of these connections; the name's ending decides: .xlsx, else CSV. How many rows. Raises OSError."""
        names = {row.id: row.name for row in rows}
        only = rows[0].id if len(rows) == 1 else None
        wanted = query or ListingQuery(connection_id=only)
        parts = await out_rows(self._store, wanted, names, ids)
        header = tuple(words(f"pricesheet.column.{name}") for name in COLUMNS)
        kind = "xlsx" if path.suffix.casefold() == ".xlsx" else "csv"
        data, count = await self._compute(
            sheet_bytes, parts, words("pricesheet.tab"), header, kind, words.language != "en"
        )
        await asyncio.to_thread(save_atomically, path, data, keep_previous=False)
        await self._store.audit.note(Action.DATA_EXPORTED, subject=("data", "prices"), details={"count": count})
        return int(count)
