"""Reading parcels: the page's windows, one parcel in full, what the jobs look for. Nothing here writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.contracts.messages import Message
from app.model import Label, LabelFormat, Money, ShipmentRequest, TrackingEvent, from_epoch_ms
from app.model.shipment import ShipmentStatus
from app.store.parcel_fate import CreateParcel, read_ask
from app.store.rows import json_text, read_message, when

VIEWS = ("waiting", "on_the_way", "delivered", "problem", "returned", "all")
_COLUMNS = (
    "SELECT p.id, p.connection_id, p.reference, p.carrier, p.state, p.write_kind, p.write_state, p.message, p.numbers,"
    " p.receiver, p.city, p.pieces, p.weight_g, p.desi_milli, p.cod_micros, p.cod_currency, p.own_label, p.tracking_number,"
    " p.tracking_url, p.barcode, p.vendor_status, p.price_micros, p.price_currency, p.signed_by, p.label_tries, p.misses,"
    " p.print_count, p.created_at, p.changed_at, p.printed_at, p.accepted_at, p.delivered_at,"
    " EXISTS (SELECT 1 FROM parcel_labels l WHERE l.parcel_id = p.id) FROM parcels p"
)
# A parcel is in one view: what a person must look at comes before where it is.
_VIEW = (
    "CASE WHEN p.state IN ('delivered', 'returned', 'cancelled') THEN p.state"
    " WHEN p.state = 'problem' OR p.write_state IN ('refused', 'unknown') THEN 'problem'"
    " WHEN p.state IN ('handed_over', 'on_the_way') THEN 'on_the_way' ELSE 'waiting' END"
)
_WHERE = (
    "WHERE (?1 IN ('', 'all') OR ?1 =", _VIEW, ") AND (?2 IS NULL OR p.connection_id = ?2) AND (?3 = ''"
    " OR instr(p.numbers, ?3) OR instr(p.reference, ?3) OR instr(p.tracking_number, ?3))",
)  # fmt: skip


class ParcelQuery(msgspec.Struct, frozen=True):
    """`view` one of VIEWS, "cancelled" or ""; `search` is a part of an order number, a reference or a tracking number."""

    view: str = ""
    connection_id: int | None = None
    search: str = ""
    offset: int = 0
    limit: int = 200


class ParcelRow(msgspec.Struct, frozen=True, gc=False):
    """One parcel without its lists. Instants aware UTC; grams and desi are of all its pieces. `cod`: what the receiver pays
    at the door; `price`: what the carrier asks, where it tells. `has_label`: the carrier's own label is kept."""

    id: int
    connection_id: int
    reference: str
    carrier: str
    state: str
    write_kind: str
    write_state: str
    message: Message | None
    numbers: str
    receiver: str
    city: str
    pieces: int
    weight_g: int
    desi_milli: int
    cod: Money | None
    own_label: bool
    tracking_number: str
    tracking_url: str
    barcode: str
    vendor_status: str
    price: Money | None
    signed_by: str
    label_tries: int
    misses: int
    print_count: int
    created_at: datetime
    changed_at: datetime
    printed_at: datetime | None
    accepted_at: datetime | None
    delivered_at: datetime | None
    has_label: bool


class KeptLabel(msgspec.Struct, frozen=True):
    """`label.data` is empty where only the list was asked for."""

    label: Label
    sha256: str
    size: int
    at: datetime


class ParcelDetail(msgspec.Struct, frozen=True):
    row: ParcelRow
    orders: tuple[int, ...]
    labels: tuple[KeptLabel, ...] = ()
    events: tuple[TrackingEvent, ...] = ()
    told: tuple[int, ...] = ()  # orders whose channel gets, or got, the tracking number


def rows(conn: sqlite3.Connection, q: ParcelQuery) -> list[ParcelRow]:
    sql = " ".join((_COLUMNS, *_WHERE, "ORDER BY p.id DESC LIMIT ?4 OFFSET ?5"))
    return [_row(row) for row in conn.execute(sql, (q.view, q.connection_id, q.search.strip(), q.limit, q.offset))]


def count(conn: sqlite3.Connection, q: ParcelQuery) -> int:
    sql = " ".join(("SELECT count(*) FROM parcels p", *_WHERE))
    return int(conn.execute(sql, (q.view, q.connection_id, q.search.strip())).fetchone()[0])


def view_counts(conn: sqlite3.Connection) -> dict[str, int]:
    sql = " ".join(("SELECT", _VIEW, "AS view, count(*) FROM parcels p GROUP BY view"))
    found: dict[str, int] = dict(conn.execute(sql).fetchall())
    return {**{view: found.get(view, 0) for view in VIEWS}, "all": sum(found.values())}


def by_ids(conn: sqlite3.Connection, ids: Sequence[int]) -> list[ParcelRow]:
    sql = " ".join((_COLUMNS, "WHERE p.id IN (SELECT value FROM json_each(?))"))
    found = {row[0]: _row(row) for row in conn.execute(sql, (json_text(list(ids)),))}
    return [found[i] for i in ids if i in found]


def find(conn: sqlite3.Connection, text: str) -> list[int]:
    wanted = text.strip()
    if not wanted:
        return []
    found = conn.execute(
        "SELECT id FROM parcels WHERE reference = ?1 OR tracking_number = ?1 UNION SELECT po.parcel_id FROM orders o"
        " JOIN parcel_orders po ON po.order_id = o.id WHERE o.number IN (?1, ?2, ?3) ORDER BY 1 DESC",
        (wanted, wanted.removeprefix("#"), "#" + wanted.removeprefix("#")),
    )
    return [int(row[0]) for row in found]


def of_orders(conn: sqlite3.Connection, order_ids: Sequence[int]) -> dict[int, list[ParcelRow]]:
    pairs = conn.execute(
        "SELECT order_id, parcel_id FROM parcel_orders WHERE order_id IN (SELECT value FROM json_each(?))"
        " ORDER BY parcel_id DESC",
        (json_text(list(order_ids)),),
    ).fetchall()
    known = {row.id: row for row in by_ids(conn, list(dict.fromkeys(p for _, p in pairs)))}
    found: dict[int, list[ParcelRow]] = {}
    for order_id, parcel_id in pairs:
        found.setdefault(order_id, []).append(known[parcel_id])
    return found


def detail(conn: sqlite3.Connection, parcel_id: int) -> ParcelDetail | None:
    found = by_ids(conn, (parcel_id,))
    if not found:
        return None
    orders = conn.execute(
        "SELECT order_id, notice_key <> '' FROM parcel_orders WHERE parcel_id = ? ORDER BY order_id", (parcel_id,)
    ).fetchall()
    events = conn.execute(
        "SELECT at, status, text, place FROM parcel_events WHERE parcel_id = ? ORDER BY at, id", (parcel_id,)
    )
    return ParcelDetail(
        found[0],
        tuple(row[0] for row in orders),
        tuple(labels(conn, parcel_id, with_bytes=False)),
        tuple(TrackingEvent(from_epoch_ms(e[0]), ShipmentStatus(e[1]), e[2], e[3]) for e in events),
        tuple(row[0] for row in orders if row[1]),
    )


def labels(conn: sqlite3.Connection, parcel_id: int, *, with_bytes: bool = True) -> list[KeptLabel]:
    sql = (
        "SELECT format, CASE WHEN ?2 THEN data ELSE x'' END, width_mm, height_mm, dpi, sha256, length(data), at"
        " FROM parcel_labels WHERE parcel_id = ?1 ORDER BY position"
    )
    return [
        KeptLabel(Label(LabelFormat(row[0]), row[1], *row[2:5]), row[5], row[6], from_epoch_ms(row[7]))
        for row in conn.execute(sql, (parcel_id, int(with_bytes)))
    ]


def labels_due(conn: sqlite3.Connection, connection_id: int, now: int) -> list[ParcelRow]:
    sql = " ".join((_COLUMNS, "WHERE p.connection_id = ? AND p.label_due <= ? ORDER BY p.label_due LIMIT 50"))
    return [_row(row) for row in conn.execute(sql, (connection_id, now))]


def to_track(conn: sqlite3.Connection, connection_id: int, now: int | None, limit: int) -> list[ParcelRow]:
    sql = " ".join(
        (_COLUMNS, "WHERE p.connection_id = ?1 AND p.track_due IS NOT NULL AND (?2 IS NULL OR p.track_due <= ?2)"
         " ORDER BY p.track_due LIMIT ?3")
    )  # fmt: skip
    return [_row(row) for row in conn.execute(sql, (connection_id, now, limit))]


def asked(conn: sqlite3.Connection, parcel_id: int) -> ShipmentRequest | None:
    for (payload,) in conn.execute(
        "SELECT o.payload FROM outbox o JOIN parcels p ON p.id = o.subject AND p.connection_id = o.connection_id"
        " WHERE o.kind = 'parcel' AND p.id = ? AND o.payload <> CAST('{}' AS BLOB) ORDER BY o.id DESC",
        (parcel_id,),
    ):
        ask = read_ask(payload)
        if isinstance(ask, CreateParcel):
            return ask.request
    return None


def _row(row: tuple[Any, ...]) -> ParcelRow:
    cod = None if row[14] is None else Money.from_micros(row[14], row[15])
    price = None if row[21] is None else Money.from_micros(row[21], row[22])
    instants = (from_epoch_ms(row[27]), from_epoch_ms(row[28]), when(row[29]), when(row[30]), when(row[31]))
    middle = (*row[8:14], cod, bool(row[16]), *row[17:21], price, *row[23:27])
    return ParcelRow(*(*row[:7], read_message(row[7]), *middle, *instants, bool(row[32])))
