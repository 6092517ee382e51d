"""What becomes of a parcel when its intent settles or its carrier tells something: always within the caller's transaction.

A channel is told of a parcel's tracking number by one intent whose key is derived from parcel and order: twice is once.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from app.contracts.messages import Message
from app.model import (
    Label,
    Order,
    Shipment,
    ShipmentNotice,
    ShipmentRequest,
    ShipmentStatus,
    ShippedLine,
    TrackingReport,
    clean,
    from_epoch_ms,
    to_epoch_ms,
)
from app.store import order_local
from app.store.order_local import LocalState
from app.store.rows import message_text, ms

#: The outbox's word for what a carrier is asked. (`shipment` is the notice to a channel.)
PARCEL = "parcel"
FIRST_TRACK_MS = 15 * 60_000


class ParcelState(StrEnum):
    WAITING = "waiting"  # not known to the carrier yet
    CREATED = "created"
    LABELLED = "labelled"  # its label is here, or was printed
    HANDED_OVER = "handed_over"
    ON_THE_WAY = "on_the_way"
    DELIVERED = "delivered"
    PROBLEM = "problem"
    RETURNED = "returned"
    CANCELLED = "cancelled"


#: Nothing more comes after these.
ENDED = frozenset({ParcelState.DELIVERED, ParcelState.RETURNED, ParcelState.CANCELLED})
_STATES = {
    ShipmentStatus.CREATED: ParcelState.CREATED,
    ShipmentStatus.ACCEPTED: ParcelState.HANDED_OVER,
    ShipmentStatus.IN_TRANSIT: ParcelState.ON_THE_WAY,
    ShipmentStatus.OUT_FOR_DELIVERY: ParcelState.ON_THE_WAY,
    ShipmentStatus.DELIVERED: ParcelState.DELIVERED,
    ShipmentStatus.PROBLEM: ParcelState.PROBLEM,
    ShipmentStatus.RETURNED: ParcelState.RETURNED,
    ShipmentStatus.CANCELLED: ParcelState.CANCELLED,
}
#: The carrier has the parcel in its hands.
_TAKEN = (ParcelState.HANDED_OVER, ParcelState.ON_THE_WAY, ParcelState.DELIVERED, ParcelState.PROBLEM, ParcelState.RETURNED)  # fmt: skip


class CreateParcel(msgspec.Struct, frozen=True, tag="create", tag_field="do"):
    """`look_first`: a call with this reference may have reached the carrier before, so `find` is asked first."""

    request: ShipmentRequest
    look_first: bool = False


class CancelParcel(msgspec.Struct, frozen=True, tag="cancel", tag_field="do"):
    reference: str


class FollowUp(msgspec.Struct, frozen=True):
    """An intent that follows from a settled one: the caller puts it into the outbox in the same transaction."""

    connection_id: int
    kind: str
    subject: int
    payload: bytes
    key: str


_ask: msgspec.json.Decoder[CreateParcel | CancelParcel] = msgspec.json.Decoder(CreateParcel | CancelParcel)
_order = msgspec.json.Decoder(Order)
_encode = msgspec.json.Encoder().encode


def read_ask(payload: bytes) -> CreateParcel | CancelParcel:
    """What an outbox row of kind `parcel` asks of its carrier."""
    return _ask.decode(payload)


def mark(conn: sqlite3.Connection, parcel_id: int, key: str, state: str, message: str | None) -> None:
    """Show on the parcel where its intent is; an older intent that settles late marks nothing."""
    conn.execute(
        "UPDATE parcels SET write_state = ?, message = ? WHERE id = ? AND write_key = ?",
        (state, message, parcel_id, key),
    )


def withdrawn(conn: sqlite3.Connection, parcel_id: int, key: str, now: int) -> None:
    """The intent was taken back before it left: a parcel that the carrier never heard of is called off."""
    row = conn.execute(
        "SELECT write_kind, state FROM parcels WHERE id = ? AND write_key = ?", (parcel_id, key)
    ).fetchone()
    if row is None:
        return
    state = ParcelState.CANCELLED if row[0] == "create" and row[1] == ParcelState.WAITING else row[1]
    conn.execute(
        "UPDATE parcels SET state = ?, write_state = '', message = NULL, changed_at = ? WHERE id = ?",
        (str(state), now, parcel_id),
    )


def settled(
    conn: sqlite3.Connection, parcel_id: int, key: str, payload: bytes, shipment: Shipment | None, now: int
) -> list[FollowUp]:
    """The carrier did it. Returns the notices that the parcel's channels get now."""
    conn.execute("UPDATE parcels SET write_state = '', message = NULL WHERE id = ? AND write_key = ?", (parcel_id, key))
    if isinstance(_ask.decode(payload), CancelParcel):
        cancelled(conn, parcel_id, now)
        return []
    row = conn.execute("SELECT own_label, trackable FROM parcels WHERE id = ?", (parcel_id,)).fetchone()
    if row is None:
        return []
    due = now + FIRST_TRACK_MS if row[1] else None
    made = shipment or Shipment("", ShipmentStatus.CREATED)
    conn.execute(
        "UPDATE parcels SET state = ?2, barcode = ?3, price_micros = ?4, price_currency = ?5, track_due = ?6,"
        " label_due = ?7, changed_at = ?8, vendor_status = ?9 WHERE id = ?1",
        (
            parcel_id, str(ParcelState.CREATED), clean(made.barcode, 2000), made.price.micros if made.price else None,
            made.price.currency if made.price else "", due, None if row[0] or made.labels else now, now,
            clean(made.vendor_status, 200),
        ),
    )  # fmt: skip
    keep_labels(conn, parcel_id, made.labels, now)
    return _told(conn, parcel_id, made.status, made.tracking_number, made.tracking_url, now)


def reported(conn: sqlite3.Connection, parcel_id: int, report: TrackingReport, due: int | None, now: int) -> list[FollowUp]:  # fmt: skip
    """What the carrier tells of its way. `due`: when to ask again, unless it has come to an end."""
    conn.execute(
        "UPDATE parcels SET vendor_status = ?2, signed_by = CASE WHEN ?3 <> '' THEN ?3 ELSE signed_by END,"
        " delivered_at = coalesce(?4, delivered_at), track_due = ?5, misses = 0 WHERE id = ?1",
        (parcel_id, clean(report.vendor_status, 200), clean(report.signed_by, 200), ms(report.delivered_at), due),
    )
    conn.executemany(
        "INSERT OR IGNORE INTO parcel_events(parcel_id, at, status, text, place) VALUES (?, ?, ?, ?, ?)",
        [
            (parcel_id, to_epoch_ms(one.at), one.status.value, clean(one.text, 400), clean(one.place, 200))
            for one in report.events
        ],
    )
    return _told(conn, parcel_id, report.status, report.tracking_number, report.tracking_url, now)


def keep_labels(conn: sqlite3.Connection, parcel_id: int, labels: Sequence[Label], now: int) -> None:
    """The carrier's documents as they came, in place of those before; none leaves those before."""
    if not labels:
        return
    conn.execute("DELETE FROM parcel_labels WHERE parcel_id = ?", (parcel_id,))
    conn.executemany(
        "INSERT INTO parcel_labels(parcel_id, position, format, data, width_mm, height_mm, dpi, sha256, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (parcel_id, n, one.format.value, one.data, one.width_mm, one.height_mm, one.dpi, _sha(one.data), now)
            for n, one in enumerate(labels)
        ],
    )
    conn.execute(
        "UPDATE parcels SET label_due = NULL, label_tries = 0,"
        " state = CASE state WHEN 'created' THEN 'labelled' ELSE state END, changed_at = ?,"
        " message = CASE write_state WHEN '' THEN NULL ELSE message END WHERE id = ?",
        (now, parcel_id),
    )


def cancelled(conn: sqlite3.Connection, parcel_id: int, now: int) -> None:
    """Called off: nothing is asked of it any more, and a notice that has not left is taken back."""
    conn.execute(
        "UPDATE parcels SET state = 'cancelled', track_due = NULL, label_due = NULL, changed_at = ? WHERE id = ?",
        (now, parcel_id),
    )
    conn.execute(
        "UPDATE outbox SET state = 'superseded', settled_at = ? WHERE state = 'queued' AND kind = 'shipment' AND key IN"
        " (SELECT notice_key FROM parcel_orders WHERE parcel_id = ? AND notice_key <> '')",
        (now, parcel_id),
    )


def label_missed(conn: sqlite3.Connection, parcel_id: int, due: int | None, message: Message | None) -> None:
    """The carrier was asked for a label and gave none; `due` None: it is not asked again by itself."""
    conn.execute(
        "UPDATE parcels SET label_due = ?, label_tries = label_tries + 1,"
        " message = CASE write_state WHEN '' THEN coalesce(?, message) ELSE message END WHERE id = ?",
        (due, message_text(message), parcel_id),
    )


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _told(
    conn: sqlite3.Connection, parcel_id: int, status: ShipmentStatus, number: str, url: str, now: int
) -> list[FollowUp]:
    """State and tracking number as the carrier tells them. A word that we do not know changes nothing; a parcel that is
    only created stays labelled when its label is here."""
    was = ParcelState(conn.execute("SELECT state FROM parcels WHERE id = ?", (parcel_id,)).fetchone()[0])
    state = _STATES.get(status, was)
    if state is ParcelState.CREATED and was is not ParcelState.WAITING:
        state = was
    if state is ParcelState.CANCELLED:
        cancelled(conn, parcel_id, now)
        return []
    taken = now if state in _TAKEN else None
    done = now if state is ParcelState.DELIVERED else None
    conn.execute(
        "UPDATE parcels SET state = ?2, tracking_number = CASE WHEN ?3 <> '' THEN ?3 ELSE tracking_number END,"
        " tracking_url = CASE WHEN ?4 <> '' THEN ?4 ELSE tracking_url END, accepted_at = coalesce(accepted_at, ?5),"
        " delivered_at = coalesce(delivered_at, ?6), track_due = CASE WHEN ?7 THEN NULL ELSE track_due END,"
        " changed_at = CASE WHEN state <> ?2 OR tracking_number <> ?3 THEN ?8 ELSE changed_at END WHERE id = ?1",
        (parcel_id, state.value, clean(number, 100), url if url.startswith("https://") else "", taken, done,
         int(state in ENDED), now),
    )  # fmt: skip
    if taken is not None:
        ids = [row[0] for row in conn.execute(
            "SELECT po.order_id FROM parcel_orders po JOIN orders o ON o.id = po.order_id"
            " WHERE po.parcel_id = ?1 AND o.local_state <> 'shipped' AND NOT EXISTS (SELECT 1 FROM bundle_lines l"  # a part stays
            " JOIN bundles b ON b.id = l.bundle_id AND b.kind = 'split' AND b.dissolved_at IS NULL WHERE l.order_id = o.id"
            " AND NOT EXISTS (SELECT 1 FROM parcels x WHERE x.bundle_id = b.id AND x.accepted_at IS NOT NULL"
            " AND x.state <> 'cancelled'))", (parcel_id,)
        )]  # fmt: skip
        order_local.apply(conn, ids, order_local.Change(LocalState.SHIPPED), now)
    return _notices(conn, parcel_id, now)


def _notices(conn: sqlite3.Connection, parcel_id: int, now: int) -> list[FollowUp]:
    """One for each order whose channel wants to know and was not told, once there is a tracking number."""
    rows = conn.execute(
        "SELECT po.order_id, o.connection_id, d.document, p.carrier, p.tracking_number, p.tracking_url, p.accepted_at, p.bundle_id"
        " FROM parcels p JOIN parcel_orders po ON po.parcel_id = p.id JOIN orders o ON o.id = po.order_id"
        " JOIN order_documents d ON d.order_id = o.id"
        " JOIN connections c ON c.id = o.connection_id AND c.removed_at IS NULL"
        " WHERE p.id = ? AND p.tracking_number <> '' AND po.notify = 1 AND po.notice_key = ''",
        (parcel_id,),
    ).fetchall()
    follow = []
    for order_id, connection_id, document, carrier, number, url, accepted, bundle in rows:
        key = hashlib.sha256(b"notice %d %d" % (parcel_id, order_id)).hexdigest()[:32]
        order = _order.decode(document)
        notice = ShipmentNotice(
            key, order.remote_id, order.number, carrier, number, url, from_epoch_ms(accepted or now),
            _part(conn, bundle, order_id), order.extra,
        )  # fmt: skip
        conn.execute(
            "UPDATE parcel_orders SET notice_key = ? WHERE parcel_id = ? AND order_id = ?", (key, parcel_id, order_id)
        )
        follow.append(FollowUp(connection_id, "shipment", order_id, _encode(notice), key))
    return follow


def _part(conn: sqlite3.Connection, bundle: int | None, order_id: int) -> tuple[ShippedLine, ...]:
    """Of an order in several parcels the pieces in this one; nothing for a whole order, and for one whose lines a sheet told: its
    channel calls them otherwise."""
    return tuple(
        ShippedLine(line, quantity)
        for line, quantity in conn.execute(
            "SELECT l.line, l.quantity FROM bundle_lines l WHERE l.bundle_id = ?1 AND l.order_id = ?2 AND l.line <> '' AND NOT EXISTS"
            " (SELECT 1 FROM order_imports i JOIN orders o ON o.id = i.order_id AND o.content_hash = i.content_hash"
            " WHERE i.order_id = ?2) ORDER BY l.line",
            (bundle, order_id),
        )
    )
