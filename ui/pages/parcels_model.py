"""Parcels as their page shows them: a row of the store as a table's tuple, the views, the words of a parcel. No widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from app.api.answers import sentence
from app.api.shipping_words import field_words, state_words
from app.store import ConnectionRow, ParcelQuery, ParcelRow, Store
from app.store.parcel_query import VIEWS
from ui.tables import Channel, Column, Kind, Status
from ui.words import figures, t, words

#: Views that a person must look at, with the tone of their count.
TONES = {"problem": "unhealthy"}
_LOOKS = {
    "waiting": "write.queued", "created": "write.accepted", "labelled": "order.packed", "handed_over": "order.shipped",
    "on_the_way": "order.shipped", "delivered": "order.delivered", "problem": "degraded", "returned": "order.returning",
    "cancelled": "job.cancelled",
}  # fmt: skip
_WRITES = {"queued": "write.queued", "sending": "write.sent", "unknown": "write.unknown", "refused": "write.refused"}

COLUMNS = (
    Column("numbers", "parcels.column.numbers", Kind.CODE, rank=1, width=178, sortable=False),
    Column("carrier", "parcels.column.carrier", Kind.CHANNEL, rank=1, width=140, sortable=False),
    Column("state", "parcels.column.state", Kind.STATUS, rank=1, width=190, sortable=False),
    Column("receiver", "parcels.column.receiver", Kind.TEXT, rank=1, width=150, sortable=False),
    Column("city", "parcels.column.city", Kind.TEXT, rank=2, width=100, sortable=False),
    Column("tracking", "parcels.column.tracking", Kind.CODE, rank=2, width=168, sortable=False),
    Column("pieces", "parcels.column.pieces", Kind.NUMBER, rank=4, width=60, sortable=False),
    Column("cod", "parcels.column.cod", Kind.MONEY, rank=3, width=110, sortable=False),
    Column("changed", "parcels.column.changed", Kind.QUIET, rank=3, width=110, sortable=False),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks for."""

    view: str = "waiting"
    search: str = ""
    connection: int | None = None

    def query(self, offset: int = 0, limit: int = 200) -> ParcelQuery:
        return ParcelQuery(self.view, self.connection, self.search, offset, limit)


def status_of(row: ParcelRow) -> Status:
    """The chip of a parcel: what hinders it comes before where it is."""
    return Status(_WRITES.get(row.write_state) or _LOOKS.get(row.state, "offline"), state_words(words(), row))


def trouble_words(row: ParcelRow) -> str:
    """Why the carrier does not take it, with the field; '' when nothing is wrong."""
    if row.message is None:
        return ""
    text = sentence(
        words(), msgspec.structs.replace(row.message, params={**row.message.params, "connection": "", "operation": ""})
    )
    return f"{field_words(words(), row.message.field)}: {text}" if row.message.field else text


def measure_words(row: ParcelRow) -> str:
    """2 pieces, 1.200 g, 4 desi."""
    parts = [f"{t('parcels.column.pieces')}: {figures().number(row.pieces)}"]
    if row.weight_g:
        parts.append(t("parcels.page.grams", value=row.weight_g))
    if row.desi_milli:
        parts.append(t("parcels.page.desi", value=Decimal(row.desi_milli) / 1000))
    return " · ".join(parts)


def may_cancel(row: ParcelRow) -> bool:
    """Whether asking makes sense: not at its end, and not being cancelled already."""
    busy = row.write_kind == "cancel" and row.write_state not in ("", "refused")
    return row.state not in ("delivered", "returned", "cancelled") and not busy


def may_print(row: ParcelRow) -> bool:
    return row.state not in ("waiting", "cancelled") and (row.own_label or row.has_label)


def may_repeat(row: ParcelRow) -> bool:
    return row.state == "waiting" and row.write_state == "refused"


class ParcelSource:
    """The table's windows. `known` are the parcels read last, by id."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self.known: dict[int, ParcelRow] = {}
        self.names: Mapping[int, ConnectionRow] = {}

    async def learn(self) -> None:
        """The connections' names anew."""
        self.names = {row.id: row for row in await self._store.connections.list(removed=True)}

    async def fetch(self, offset: int, limit: int, _sort: object, asked: Asked | None) -> Sequence[tuple[object, ...]]:
        now = self._now().astimezone()
        found = await self._store.parcels.query((asked or Asked()).query(offset, limit))
        if len(self.known) > 2000:
            self.known.clear()
        self.known.update({row.id: row for row in found})
        return [self._tuple(row, now) for row in found]

    async def count(self, asked: Asked | None) -> int:
        return await self._store.parcels.count((asked or Asked()).query())

    async def counts(self) -> dict[str, int]:
        return await self._store.parcels.view_counts()

    def get(self, key: object) -> ParcelRow | None:
        return self.known.get(key) if isinstance(key, int) else None

    def _tuple(self, row: ParcelRow, now: datetime) -> tuple[object, ...]:
        carrier = self.names.get(row.connection_id)
        return (
            row.id,
            row.numbers,
            Channel(carrier.integration, carrier.name) if carrier is not None else Channel("", row.carrier),
            status_of(row),
            row.receiver or t("parcels.no_receiver"),
            row.city,
            row.tracking_number or row.reference,
            row.pieces,
            None if row.cod is None else (row.cod.amount, row.cod.currency),
            figures().when(row.changed_at.astimezone(now.tzinfo), now),
        )


__all__ = ["COLUMNS", "TONES", "VIEWS", "Asked", "ParcelSource", "may_cancel", "may_print", "may_repeat", "measure_words", "status_of", "trouble_words"]  # fmt: skip
