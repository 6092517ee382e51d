"""The way of parcels as UPS tells it: pieces by our reference, their states and moves. Pure.

Must never take a state that we do not know for another one: it is unknown. Source of the facts: specs/ups/Tracking.yaml;
reference/cargo.md, "## UPS (global REST)", codes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import fail
from app.kit import Reply, decode_json, maybe, tracking_number
from app.kit.abroad import whole_status
from app.model import ShipmentStatus, TrackingEvent, TrackingReport, clean
from providers.cargo.ups_errors import many_of
from providers.cargo.ups_wire import LINK, many, missing

ISTANBUL = ZoneInfo("Europe/Istanbul")
_NOTHING = msgspec.Raw(b"null")
#: status.type → ours. D, I, X, M are of the reference; P, RS, and the others (general knowledge of UPS) are unconfirmed.
STATES: dict[str, ShipmentStatus] = {
    "M": ShipmentStatus.CREATED,
    "MV": ShipmentStatus.CANCELLED,
    "P": ShipmentStatus.ACCEPTED,
    "I": ShipmentStatus.IN_TRANSIT,
    "W": ShipmentStatus.IN_TRANSIT,
    "DO": ShipmentStatus.IN_TRANSIT,
    "DD": ShipmentStatus.IN_TRANSIT,
    "O": ShipmentStatus.OUT_FOR_DELIVERY,
    "D": ShipmentStatus.DELIVERED,
    "X": ShipmentStatus.PROBLEM,
    "RS": ShipmentStatus.RETURNED,
}
_DIGITS = re.compile(r"\D")


class _Status(msgspec.Struct, rename="camel"):
    type: str | None = None
    code: str | None = None
    status_code: str | None = None
    description: str | None = None


class _Place(msgspec.Struct, rename="camel"):
    city: str | None = None
    country_code: str | None = None
    country: str | None = None


class _Location(msgspec.Struct):
    address: _Place | None = None


class _Activity(msgspec.Struct, rename="camel"):
    date: str | None = None
    time: str | None = None
    gmt_date: str | None = None
    gmt_time: str | None = None
    location: _Location | None = None
    status: _Status | None = None


_activity = msgspec.json.Decoder(_Activity)


class _Received(msgspec.Struct, rename="camel"):
    received_by: str | None = None


class Package(msgspec.Struct, rename="camel"):
    """One parcel as tracking tells it."""

    tracking_number: str
    current_status: _Status | None = None
    activity: msgspec.Raw = _NOTHING
    delivery_information: _Received | None = None


class _Tracked(msgspec.Struct):
    package: msgspec.Raw = _NOTHING


class _Track(msgspec.Struct):
    shipment: msgspec.Raw


class _TrackReply(msgspec.Struct, rename="camel"):
    track_response: _Track


# -- tracking ------------------------------------------------------------------------------------------------------------
def parse_packages(reply: Reply) -> list[Package]:
    """Every piece that the answer tells of; () when it tells of none. Raises OursError for one without a number."""
    shipments = many(reply, decode_json(reply, _TrackReply).track_response.shipment, _Tracked)
    packages = [one for row in shipments for one in many(reply, row.package, Package)]
    if not all(tracking_number(one.tracking_number) for one in packages):
        raise fail(missing("trackingNumber", reply))
    return packages


def check_tracking(reply: Reply) -> None:
    """Raises OursError when it is no answer of the tracking service."""
    decode_json(reply, _TrackReply)


def status_of(package: Package) -> ShipmentStatus:
    told = package.current_status or _Status()
    code = (told.type or "").strip().upper()
    if code:
        return STATES.get(code, ShipmentStatus.UNKNOWN)
    rows = maybe(lambda raw: many_of(raw, _Activity), package.activity) or []
    newest = rows[0].status if rows else None
    return STATES.get((newest.type or "").strip().upper() if newest is not None else "", ShipmentStatus.UNKNOWN)


def status_of_all(packages: Sequence[Package]) -> ShipmentStatus:
    return whole_status([status_of(one) for one in packages])


def numbers_of(packages: Sequence[Package]) -> list[str]:
    return list(dict.fromkeys(tracking_number(one.tracking_number) for one in packages))


def to_report(packages: Sequence[Package], reference: str) -> TrackingReport:
    """Of all pieces together; the events of the first piece that is not called off, its times to the second."""
    status = status_of_all(packages)
    lead = next((one for one in packages if status_of(one) is not ShipmentStatus.CANCELLED), packages[0])
    rows = maybe(lambda raw: many_of(raw, msgspec.Raw), lead.activity) or []
    events = sorted((one for one in map(_event, rows) if one is not None), key=lambda one: one.at)
    number = tracking_number(lead.tracking_number)
    ended = next((one.at for one in reversed(events) if one.status is ShipmentStatus.DELIVERED), None)
    told = lead.current_status or _Status()
    received = lead.delivery_information or _Received()
    return TrackingReport(
        reference=reference,
        status=status,
        tracking_number=number,
        vendor_status=clean(told.type or told.code or "", 40),
        events=tuple(events),
        delivered_at=ended if status is ShipmentStatus.DELIVERED else None,
        signed_by=clean(received.received_by or "", 200),
        tracking_url=LINK + number,
    )


def _event(raw: msgspec.Raw) -> TrackingEvent | None:
    """None for what has no instant, or cannot be read."""
    try:
        row = _activity.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    at = _instant(row)
    if at is None:
        return None
    status = row.status or _Status()
    where = (row.location.address if row.location is not None else None) or _Place()
    place = ", ".join(part for part in (clean(where.city or "", 60), clean(where.country_code or where.country or "", 60)) if part)  # fmt: skip
    state = STATES.get((status.type or "").strip().upper(), ShipmentStatus.UNKNOWN)
    return TrackingEvent(at, state, clean(status.description or "", 300), place)


def _instant(row: _Activity) -> datetime | None:
    """By the GMT fields; without them the local ones, taken as Turkish time in Türkiye and as UTC elsewhere, where the zone is not told
    (at most half a day off)."""
    gmt = _plain(row.gmt_date, row.gmt_time)
    if len(gmt) == 14:
        return maybe(_moment, gmt)
    local = _plain(row.date, row.time)
    if len(local) != 14:
        return None
    where = (row.location.address if row.location is not None else None) or _Place()
    zone = ISTANBUL if "TR" in ((where.country_code or "").upper(), (where.country or "").upper()) else UTC
    found = maybe(_moment, local)
    return found.replace(tzinfo=zone).astimezone(UTC) if found is not None else None


def _plain(date: str | None, time: str | None) -> str:
    """The digits of both: yyyyMMddHHmmss, however they are set apart."""
    text = f"{date or ''}{time or ''}"
    return text if text.isdigit() else _DIGITS.sub("", text)


def _moment(text: str) -> datetime:
    """Of fourteen digits, taken as UTC. Raises ValueError."""
    day = (int(text[:4]), int(text[4:6]), int(text[6:8]))
    return datetime(*day, int(text[8:10]), int(text[10:12]), int(text[12:]), tzinfo=UTC)
