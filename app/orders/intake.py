"""Orders from a sheet that the merchant has in hand: read, mapped once by the file's shape, stored under a connection. What must never
happen: a channel's own word overwritten by a sheet's, or a mapping kept that did not read one order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from app.changes import ATTENTION, ORDERS, ChangeReport, Changes
from app.contracts import Manifest, Page
from app.contracts.manifest import Readiness
from app.kit.sheet_columns import ORDERS as ORDER_SHEET
from app.kit.sheet_columns import aliases, plain, read_mapping
from app.kit.sheet_orders import Reading, read_sheet
from app.store import Store
from app.store.connections import ConnectionRow

SETTING = "orders.sheet.columns"
MOST_BYTES = 32 * 1024 * 1024
MOST_SHAPES = 60
PAGE = 500
SMALL = 8_192  # bytes that are read at once; more goes where it stalls nothing
#: What a person can say of a file's columns, the usual ones first. The rest of the sheet's fields is known by its headers only.
FIELDS = (
    "order_number", "package_number", "ordered_at", "ship_by", "status", "sku", "barcode", "title", "quantity", "unit_price",
    "line_total", "discount", "net_total", "vat_rate", "currency", "buyer", "phone", "email", "address", "district", "city",
    "postcode", "country", "carrier", "tracking", "note",
)  # fmt: skip
Pairs = Sequence[tuple[str, str]]
Compute = Callable[..., Awaitable[Any]]


class Taken(msgspec.Struct, frozen=True):
    """What became of a file's orders. `known`: the channel itself has told of them, and they stay as it told them."""

    new: int = 0
    changed: int = 0
    same: int = 0
    known: int = 0
    rejected: int = 0


def can_take(manifest: Manifest) -> bool:
    """Whether orders may be laid under a connection of this integration: one that has orders at all."""
    return "order_source" in manifest.capabilities


def by_sheet(manifest: Manifest) -> bool:
    """Whether its orders come by sheets only; else the channel tells of them itself."""
    return manifest.readiness in (Readiness.FILE, Readiness.LINK)


def own_pairs(typed: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """`Sipariş No=Belge No` as (field, compared header). Raises YoursError `config.field`."""
    return read_mapping(";".join(typed), "map")


def chosen_pairs(chosen: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Field → header as a person chose them in a form; '' says that no column is this field."""
    return tuple((field, plain(title)) for field, title in chosen.items() if field in FIELDS)


def titles_by_field() -> dict[str, str]:
    """What each field is called in sheets, for a merchant's eyes: its first known header."""
    named: dict[str, str] = {}
    for header, field in aliases(ORDER_SHEET).items():
        named.setdefault(field, header)
    return named


def read_file(path: Path, now: datetime) -> tuple[bytes, datetime]:
    """A file's bytes, and when it was last changed; blocking. Raises OSError, also for one that is larger than any shop's."""
    if path.stat().st_size > MOST_BYTES:
        raise OSError(27, f"> {MOST_BYTES // 1024 // 1024} MB")
    return path.read_bytes(), changed_at(path, now)


def changed_at(path: Path, now: datetime) -> datetime:
    """When a file was last changed, never in the future; blocking. Raises OSError."""
    return min(datetime.fromtimestamp(path.stat().st_mtime, UTC), now)


class Intake:
    """`Intake(store, changes, now, compute)`; `compute(work, *args)` runs in the worker process."""

    def __init__(self, store: Store, changes: Changes, now: Callable[[], datetime], compute: Compute) -> None:
        self._store, self._changes, self._now, self._compute = store, changes, now, compute

    async def read(self, path: Path, manifest: Manifest, own: Pairs = (), columns: str = "") -> Reading:
        """What a file says, with what was said of files of its shape before. `columns`: the connection's own mapping, as it was typed.
        Raises OSError, and YoursError `config.field` for a mapping that cannot be read."""
        data, at = await asyncio.to_thread(read_file, path, self._now())
        said = tuple(dict.fromkeys((*own, *read_mapping(columns))))
        currency, kept = manifest.params.get("currency", "TRY"), await self.kept()
        if len(data) <= SMALL:
            return read_sheet(data, path.name, at, said, currency, kept)
        read: Reading = await self._compute(read_sheet, data, path.name, at, said, currency, kept)
        return read

    async def kept(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """By a file's shape what the merchant has said of its columns."""
        held = await self._store.settings.get(SETTING) or {}
        try:
            return msgspec.convert(held, dict[str, tuple[tuple[str, str], ...]])
        except msgspec.ValidationError:
            return {}

    async def keep(self, shape: str, own: Pairs) -> None:
        """Files of this shape are read like that from now on; the oldest of many is forgotten."""
        held = await self.kept()
        if not shape or not own or held.get(shape) == tuple(own):
            return
        before = dict(held.pop(shape, ()))
        made = {**held, shape: tuple({**before, **dict(own)}.items())}
        await self._store.settings.set(SETTING, dict([*made.items()][-MOST_SHAPES:]))

    async def take(self, row: ConnectionRow, manifest: Manifest, reading: Reading, file: str, own: Pairs = ()) -> Taken:
        """Store a reading's orders under a connection; its troubles go to what needs attention. A mapping (`own`) is kept when it
        read at least one order."""
        counts: dict[str, int] = {}
        for at in range(0, max(len(reading.orders), 1), PAGE):
            page = Page(reading.orders[at : at + PAGE], reading.rejects if not at else ())
            known = 0
            if by_sheet(manifest):
                applied = await self._store.orders.apply_page(
                    row.id, row.account_id, page, cursor=None, now=self._now()
                )
            else:
                applied, known = await self._store.orders.take_sheet(
                    row.id, row.account_id, page, file=file, now=self._now()
                )
            for name, count in (
                ("new", len(applied.new)), ("changed", len(applied.changed)), ("same", applied.same), ("known", known),
                ("rejected", applied.rejected),
            ):  # fmt: skip
                counts[name] = counts.get(name, 0) + count
            ids = frozenset((*applied.new, *applied.changed))
            if ids:
                self._changes.publish(ChangeReport(ORDERS, ids, "sheet"))
            if applied.rejected:
                self._changes.publish(ChangeReport(ATTENTION, source="sheet"))
        if reading.orders:
            await self.keep(reading.shape, own)
        return msgspec.convert(counts, Taken)
