"""Parcels: written with the intent that asks a carrier for them, under a reference of ours that is kept before it is sent.

An order is in one living parcel at most, unless a second one is asked for by name. Labels are kept as they came.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from app.contracts.messages import Message
from app.model import Label, ShipmentRequest, TrackingReport, to_epoch_ms
from app.store import audit, outbox, parcel_fate, parcel_query
from app.store.db import Database, changed
from app.store.errors import StoreError
from app.store.parcel_fate import PARCEL, CancelParcel, CreateParcel, ParcelState
from app.store.parcel_query import KeptLabel, ParcelDetail, ParcelQuery, ParcelRow
from app.store.rows import json_text, message_text

_encode = msgspec.json.Encoder().encode
_TRIES = 8  # references that are drawn before the clock must be broken
_INSERT = (
    "INSERT INTO parcels(connection_id, account_id, reference, carrier, state, write_kind, write_state, write_key, numbers,"
    " receiver, city, pieces, weight_g, desi_milli, cod_micros, cod_currency, own_label, trackable, created_at, changed_at,"
    " bundle_id) SELECT ?1, account_id, ?2, ?3, 'waiting', 'create', 'queued', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?15, ?16 FROM connections WHERE id = ?1 AND removed_at IS NULL"
)
_LIVING = (
    "SELECT p.id FROM parcel_orders po JOIN parcels p ON p.id = po.parcel_id WHERE p.state NOT IN ('cancelled', 'returned')"
    " AND po.order_id IN (SELECT value FROM json_each(?)) LIMIT 1"
)
_LIVING_BUNDLE = "SELECT id FROM parcels WHERE bundle_id = ? AND state NOT IN ('cancelled', 'returned') LIMIT 1"
_LATER = "UPDATE outbox SET not_before = ?1, message = coalesce(?2, message) WHERE key = ?3 AND state = 'unknown'"
_BEHIND = (
    "SELECT c.key FROM outbox c JOIN outbox o ON o.subject = c.subject AND o.kind = c.kind AND o.id < c.id"
    " WHERE o.key = ? AND o.state = 'unknown' AND c.state = 'queued'"
)


class ParcelWish(msgspec.Struct, frozen=True):
    """One parcel to be. `request.reference` is blank: the store draws it. `notify`: orders whose channel is told. `bundle`: what it
    holds, where that is several orders or a part of one; 0 for a whole order."""

    connection_id: int
    carrier: str
    orders: tuple[int, ...]
    request: ShipmentRequest
    numbers: str = ""
    own_label: bool = False
    trackable: bool = False
    notify: tuple[int, ...] = ()
    second: bool = False  # although one of the orders is in a living parcel already
    bundle: int = 0


class Parcels:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now

    # -- asking --------------------------------------------------------------------------------------------------
    async def create(self, wish: ParcelWish) -> int:
        """The parcel, its intent and the audit entry in one transaction; returns the parcel's id.

        Raises StoreError `store.in_parcel` (an order, or its bundle, is in a living parcel), `store.bundled` (its bundle was taken
        apart), `store.no_connection`."""
        now = self._now()
        at = to_epoch_ms(now)
        request = wish.request
        to, money = request.receiver, request.cash_on_delivery

        def job(conn: sqlite3.Connection) -> int:
            if wish.bundle:
                if (
                    conn.execute(
                        "SELECT 1 FROM bundles WHERE id = ? AND dissolved_at IS NULL", (wish.bundle,)
                    ).fetchone()
                    is None
                ):
                    raise StoreError("store.bundled", numbers=wish.numbers)
                taken = conn.execute(_LIVING_BUNDLE, (wish.bundle,)).fetchone()
            else:
                taken = conn.execute(_LIVING, (json_text(list(wish.orders)),)).fetchone()
            if taken and not wish.second:
                raise StoreError("store.in_parcel", numbers=wish.numbers)
            key = outbox.new_key()
            reference = _free_reference(conn, now)
            made = conn.execute(
                _INSERT,
                (
                    wish.connection_id, reference, wish.carrier, key, wish.numbers, to.name or to.company, to.city,
                    len(request.parcels), sum(p.weight_g for p in request.parcels),
                    int(sum(p.desi for p in request.parcels) * 1000), money.micros if money else None,
                    money.currency if money else "", int(wish.own_label), int(wish.trackable), at, wish.bundle or None,
                ),
            )  # fmt: skip
            if not changed(conn):
                raise StoreError("store.no_connection", connection=str(wish.connection_id))
            parcel_id = int(made.lastrowid or 0)
            conn.executemany(
                "INSERT INTO parcel_orders(parcel_id, order_id, notify) VALUES (?, ?, ?)",
                [(parcel_id, order_id, int(order_id in wish.notify)) for order_id in wish.orders],
            )
            ask = CreateParcel(msgspec.structs.replace(request, reference=reference))
            outbox.put(conn, wish.connection_id, PARCEL, parcel_id, _encode(ask), key, at)
            _note(conn, wish.connection_id, parcel_id, "create", at)
            return parcel_id

        return await self._db.write(job)

    async def again(self, parcel_id: int, request: ShipmentRequest) -> bool:
        """Ask for a refused parcel once more, with what was corrected; False when there is nothing to repeat.

        The reference stays, and is looked up first. Only where the carrier says that it is used up a new one is drawn."""
        now = self._now()
        at = to_epoch_ms(now)
        to, money = request.receiver, request.cash_on_delivery

        def job(conn: sqlite3.Connection) -> bool:
            row = conn.execute(
                "SELECT connection_id, reference, json_extract(message, '$.code') FROM parcels WHERE id = ?"
                " AND state = 'waiting' AND write_state = 'refused'",
                (parcel_id,),
            ).fetchone()
            if row is None:
                return False
            used_up = row[2] == "item.duplicate"
            reference = _free_reference(conn, now) if used_up else row[1]
            key = outbox.new_key()
            conn.execute(
                "UPDATE parcels SET reference = ?2, write_kind = 'create', write_state = 'queued', write_key = ?3,"
                " message = NULL, receiver = ?4, city = ?5, pieces = ?6, weight_g = ?7, desi_milli = ?8, cod_micros = ?9,"
                " cod_currency = ?10, changed_at = ?11 WHERE id = ?1",
                (
                    parcel_id, reference, key, to.name or to.company, to.city, len(request.parcels),
                    sum(p.weight_g for p in request.parcels), int(sum(p.desi for p in request.parcels) * 1000),
                    money.micros if money else None, money.currency if money else "", at,
                ),
            )  # fmt: skip
            ask = CreateParcel(msgspec.structs.replace(request, reference=reference), look_first=not used_up)
            outbox.put(conn, row[0], PARCEL, parcel_id, _encode(ask), key, at)
            _note(conn, row[0], parcel_id, "again", at)
            return True

        return await self._db.write(job)

    async def cancel(self, parcel_id: int) -> str:
        """Call a parcel off. Returns "cancelled" (it had not left), "queued" (the carrier is asked), or "" when that
        makes no sense any more (delivered, returned, cancelled, or being cancelled)."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> str:
            row = conn.execute(
                "SELECT connection_id, reference, state, write_kind, write_state, write_key FROM parcels WHERE id = ?",
                (parcel_id,),
            ).fetchone()
            if row is None or ParcelState(row[2]) in parcel_fate.ENDED:
                return ""
            if row[3] == "cancel" and row[4] not in ("", "refused"):
                return ""
            _note(conn, row[0], parcel_id, "cancel", at)
            if row[2] == "waiting" and row[4] in ("queued", "refused"):
                conn.execute(
                    "UPDATE outbox SET state = 'superseded', settled_at = ? WHERE key = ? AND state = 'queued'",
                    (at, row[5]),
                )
                parcel_fate.withdrawn(conn, parcel_id, row[5], at)
                return "cancelled"
            key = outbox.new_key()
            conn.execute(
                "UPDATE parcels SET write_kind = 'cancel', write_state = 'queued', write_key = ?, message = NULL,"
                " changed_at = ? WHERE id = ?",
                (key, at, parcel_id),
            )
            outbox.put(conn, row[0], PARCEL, parcel_id, _encode(CancelParcel(row[1])), key, at, coalesce=False)
            return "queued"

        return await self._db.write(job)

    # -- for the jobs ----------------------------------------------------------------------------------------------
    async def look_later(self, key: str, until: datetime, message: Message | None) -> None:
        """An intent whose answer was lost is looked up no sooner than `until`."""
        values = (to_epoch_ms(until), message_text(message), key)
        await self._db.write(lambda conn: conn.execute(_LATER, values).rowcount)

    async def call_off(self, key: str) -> bool:
        """The carrier does not know a parcel whose answer was lost: when its cancelling waits behind, neither is sent."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> bool:
            behind = conn.execute(_BEHIND, (key,)).fetchone()
            if behind is None:
                return False
            subject = conn.execute("SELECT subject FROM outbox WHERE key = ?", (key,)).fetchone()[0]
            conn.execute(
                "UPDATE outbox SET state = 'superseded', settled_at = ? WHERE key IN (?, ?)", (at, key, behind[0])
            )
            conn.execute("UPDATE parcels SET write_state = '', message = NULL WHERE id = ?", (subject,))
            parcel_fate.cancelled(conn, subject, at)
            return True

        return await self._db.write(job)

    async def labels_due(self, connection_id: int, now: datetime) -> list[ParcelRow]:
        """Parcels whose carrier still owes a label that may be asked for now."""
        return await self._db.read(lambda conn: parcel_query.labels_due(conn, connection_id, to_epoch_ms(now)))

    async def keep_labels(self, parcel_id: int, labels: Sequence[Label]) -> None:
        """Labels that came after the parcel."""
        at = to_epoch_ms(self._now())
        await self._db.write(lambda conn: parcel_fate.keep_labels(conn, parcel_id, labels, at))

    async def label_missed(self, parcel_id: int, again_at: datetime | None, message: Message | None) -> None:
        """No label came. `again_at` None: the carrier is not asked again by itself."""
        due = None if again_at is None else to_epoch_ms(again_at)
        await self._db.write(lambda conn: parcel_fate.label_missed(conn, parcel_id, due, message))

    async def ask_label_again(self, parcel_id: int) -> None:
        """The carrier is asked for its label by the next run."""
        at = to_epoch_ms(self._now())
        query = "UPDATE parcels SET label_due = ?, label_tries = 0, message = NULL WHERE id = ? AND state <> 'waiting'"
        await self._db.write(lambda conn: conn.execute(query, (at, parcel_id)).rowcount)

    async def to_track(self, connection_id: int, now: datetime | None, limit: int) -> list[ParcelRow]:
        """Parcels whose way is to be asked for now, the longest overdue first; `now` None: all that are not at their end."""
        at = None if now is None else to_epoch_ms(now)
        return await self._db.read(lambda conn: parcel_query.to_track(conn, connection_id, at, limit))

    async def apply_reports(
        self, asked: Sequence[int], reports: Sequence[TrackingReport], due: Callable[[str, int], timedelta]
    ) -> set[int]:
        """Store what the carrier told of the parcels it was asked for, in one transaction; returns those that changed.

        `due(state, misses)`: how long until a parcel is asked for again."""
        now = self._now()
        at = to_epoch_ms(now)

        def job(conn: sqlite3.Connection) -> set[int]:
            told = {one.reference: one for one in reports}
            changed = set()
            for row in parcel_query.by_ids(conn, asked):
                report = told.get(row.reference)
                if report is None:
                    later = at + _ms(due(row.state, row.misses + 1))
                    conn.execute(
                        "UPDATE parcels SET misses = misses + 1, track_due = CASE WHEN track_due IS NULL THEN NULL"
                        " ELSE ? END WHERE id = ?",
                        (later, row.id),
                    )
                    continue
                follow = parcel_fate.reported(conn, row.id, report, at + _ms(due(row.state, 0)), at)
                outbox.follow_up(conn, follow, at)
                changed.add(row.id)
            return changed

        return await self._db.write(job)

    async def track_later(self, ids: Sequence[int], until: datetime) -> None:
        """The carrier cannot be asked for these before."""
        query = (
            "UPDATE parcels SET track_due = ? WHERE track_due IS NOT NULL AND id IN (SELECT value FROM json_each(?))"
        )
        values = (to_epoch_ms(until), json_text(list(ids)))
        await self._db.write(lambda conn: conn.execute(query, values).rowcount)

    # -- reading -----------------------------------------------------------------------------------------------------
    async def query(self, wanted: ParcelQuery) -> list[ParcelRow]:
        """Newest first."""
        return await self._db.read(lambda conn: parcel_query.rows(conn, wanted))

    async def count(self, wanted: ParcelQuery) -> int:
        return await self._db.read(lambda conn: parcel_query.count(conn, wanted))

    async def view_counts(self) -> dict[str, int]:
        """How many parcels each of `parcel_query.VIEWS` has."""
        return await self._db.read(parcel_query.view_counts)

    async def get_many(self, ids: Sequence[int]) -> list[ParcelRow]:
        """In the order of `ids`; unknown ones are left out."""
        return await self._db.read(lambda conn: parcel_query.by_ids(conn, ids))

    async def detail(self, parcel_id: int) -> ParcelDetail | None:
        """With its orders, its labels (without their bytes) and its way, oldest event first."""
        return await self._db.read(lambda conn: parcel_query.detail(conn, parcel_id))

    async def find(self, text: str) -> list[int]:
        """Ids by reference, tracking number, or the number of an order in it; newest first."""
        return await self._db.read(lambda conn: parcel_query.find(conn, text))

    async def of_orders(self, order_ids: Sequence[int]) -> dict[int, list[ParcelRow]]:
        """By order, newest first."""
        return await self._db.read(lambda conn: parcel_query.of_orders(conn, order_ids))

    async def asked(self, parcel_id: int) -> ShipmentRequest | None:
        """What was asked of the carrier last; None when that was forgotten (erased, or pruned)."""
        return await self._db.read(lambda conn: parcel_query.asked(conn, parcel_id))

    async def labels(self, parcel_id: int) -> list[KeptLabel]:
        """With their bytes."""
        return await self._db.read(lambda conn: parcel_query.labels(conn, parcel_id))

    async def note_printed(self, ids: Sequence[int]) -> None:
        """Their labels went out; one that the carrier has becomes labelled."""
        at = to_epoch_ms(self._now())
        query = (
            "UPDATE parcels SET printed_at = ?1, print_count = print_count + 1,"
            " state = CASE state WHEN 'created' THEN 'labelled' ELSE state END, changed_at = ?1"
            " WHERE id IN (SELECT value FROM json_each(?2))"
        )
        await self._db.write(lambda conn: conn.execute(query, (at, json_text(list(ids)))).rowcount)


def new_reference(now: datetime) -> str:
    """The day and ten digits of chance: 16 digits are eight symbols of Code 128, and no two computers draw the same."""
    return f"{now:%y%m%d}{secrets.randbelow(10**10):010}"


def _free_reference(conn: sqlite3.Connection, now: datetime) -> str:
    for _ in range(_TRIES):
        reference = new_reference(now)
        if not conn.execute("SELECT 1 FROM parcels WHERE reference = ?", (reference,)).fetchone():
            return reference
    raise StoreError("store.io", reason="no free reference")


def _note(conn: sqlite3.Connection, connection_id: int, parcel_id: int, what: str, at: int) -> None:
    details: dict[str, audit.Detail] = {"what": what}
    entry = audit.Entry(audit.Action.SHIPMENT_WISHED, connection_id, ("parcel", parcel_id), details=details)
    audit.append(conn, at, *entry.columns())


def _ms(span: timedelta) -> int:
    return int(span / timedelta(milliseconds=1))
