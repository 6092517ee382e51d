"""FedEx' answers: shipments with their labels, the way of pieces, prices. Pure.

Must never turn a figure that cannot be read into another one: it is left out, or the answer is refused.
Source of the facts: specs/fedex/*.json; reference/cargo.md, "## FedEx".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec

from app.contracts import Message, Token, fail
from app.kit import Reply, decode_json, maybe, oauth, tracking_number
from app.kit.abroad import whole_status
from app.model import (
    Label,
    LabelFormat,
    Money,
    Rate,
    Shipment,
    ShipmentStatus,
    TrackingEvent,
    TrackingReport,
    clean,
)
from providers.cargo.fedex_errors import Problem, fedex_errors, is_unknown, message_of

W = TypeVar("W")
LINK = "https://www.fedex.com/fedextrack/?trknbr="
#: How long a new shipment may be unknown to tracking: FedEx does not publish it.
SETTLES = timedelta(hours=4)
#: latestStatusDetail.derivedCode → ours. Two-letter codes of the reference; IN, IX, CC, HP, AF, OF are general knowledge (unconfirmed).
STATES: dict[str, ShipmentStatus] = {
    "OC": ShipmentStatus.CREATED,
    "IN": ShipmentStatus.CREATED,
    "PU": ShipmentStatus.ACCEPTED,
    **dict.fromkeys(("IT", "AR", "DP", "IX", "CC", "AF", "OF"), ShipmentStatus.IN_TRANSIT),
    "OD": ShipmentStatus.OUT_FOR_DELIVERY,
    "HL": ShipmentStatus.OUT_FOR_DELIVERY,  # waits for the receiver at a counter
    "HP": ShipmentStatus.OUT_FOR_DELIVERY,
    "DL": ShipmentStatus.DELIVERED,
    **dict.fromkeys(("DE", "SE", "CD"), ShipmentStatus.PROBLEM),
    "RS": ShipmentStatus.RETURNED,
    "CA": ShipmentStatus.CANCELLED,
}
_DAYS = {
    name: days
    for days, name in enumerate(
        ("ONE_DAY", "TWO_DAYS", "THREE_DAYS", "FOUR_DAYS", "FIVE_DAYS", "SIX_DAYS", "SEVEN_DAYS", "EIGHT_DAYS", "NINE_DAYS", "TEN_DAYS",
         "ELEVEN_DAYS", "TWELVE_DAYS", "THIRTEEN_DAYS", "FOURTEEN_DAYS", "FIFTEEN_DAYS", "SIXTEEN_DAYS", "SEVENTEEN_DAYS",
         "EIGHTEEN_DAYS", "NINETEEN_DAYS", "TWENTY_DAYS"), 1)
}  # fmt: skip
_FORMATS = {
    "ZPLII": LabelFormat.ZPL, "ZPL": LabelFormat.ZPL, "EPL2": LabelFormat.EPL, "EPL": LabelFormat.EPL, "PDF": LabelFormat.PDF,
    "PNG": LabelFormat.PNG,
}  # fmt: skip
#: Inches of the stock that we ask for.
WIDTH_MM, HEIGHT_MM, DPI = 102, 152, 203
_NOTHING = msgspec.Raw(b"null")


class _Document(msgspec.Struct, rename="camel"):
    content_type: str = ""
    doc_type: str = ""
    encoded_label: str | None = None


class _Piece(msgspec.Struct, rename="camel"):
    tracking_number: str = ""
    package_documents: list[_Document] | None = None


class _RateDetail(msgspec.Struct, rename="camel"):
    rate_type: str = ""
    currency: str = ""
    total_net_charge: Decimal | None = None


class _Rating(msgspec.Struct, rename="camel"):
    shipment_rate_details: list[_RateDetail] | None = None


class _Completed(msgspec.Struct, rename="camel"):
    shipment_rating: _Rating | None = None


class _Transaction(msgspec.Struct, rename="camel"):
    master_tracking_number: str = ""
    piece_responses: list[_Piece] | None = None
    completed_shipment_detail: msgspec.Raw = _NOTHING


class _Made(msgspec.Struct, rename="camel"):
    transaction_shipments: list[_Transaction]


class _MadeReply(msgspec.Struct):
    output: _Made


class _Cancelled(msgspec.Struct, rename="camel"):
    cancelled_shipment: bool


class _CancelReply(msgspec.Struct):
    output: _Cancelled


class _Where(msgspec.Struct, rename="camel"):
    city: str | None = None
    country_code: str | None = None


class _Latest(msgspec.Struct, rename="camel"):
    code: str | None = None
    derived_code: str | None = None
    status_by_locale: str | None = None


class _Scan(msgspec.Struct, rename="camel"):
    date: str | None = None
    event_type: str | None = None
    derived_status_code: str | None = None
    event_description: str | None = None
    exception_description: str | None = None
    scan_location: _Where | None = None


_scan = msgspec.json.Decoder(_Scan)


class _When(msgspec.Struct, rename="camel"):
    type: str | None = None
    date_time: str | None = None


class _Number(msgspec.Struct, rename="camel"):
    tracking_number: str = ""


class _Received(msgspec.Struct, rename="camel"):
    received_by_name: str | None = None


class _Sequence(msgspec.Struct, rename="camel"):
    sequence_number: str | int | None = None


class Piece(msgspec.Struct, rename="camel"):
    """One piece as tracking tells it; `error` where it tells of none."""

    tracking_number_info: _Number | None = None
    latest_status_detail: _Latest | None = None
    scan_events: list[msgspec.Raw] | None = None
    date_and_times: list[_When] | None = None
    delivery_details: _Received | None = None
    package_details: msgspec.Raw = _NOTHING
    error: Problem | None = None


class _Tracked(msgspec.Struct, rename="camel"):
    tracking_number: str = ""
    track_results: list[Piece] | None = None


class _Track(msgspec.Struct, rename="camel"):
    complete_track_results: list[_Tracked]


class _TrackReply(msgspec.Struct):
    output: _Track


class _Priced(msgspec.Struct, rename="camel"):
    rate_type: str = ""
    currency: str = ""
    total_net_charge: Decimal | None = None
    shipment_rate_detail: _RateDetail | None = None


class _Operational(msgspec.Struct, rename="camel"):
    transit_time: str | None = None


class _Offer(msgspec.Struct, rename="camel"):
    service_type: str
    rated_shipment_details: list[_Priced] | None = None
    operational_detail: msgspec.Raw = _NOTHING
    commit: msgspec.Raw = _NOTHING


class _Offers(msgspec.Struct, rename="camel"):
    rate_reply_details: list[_Offer]


class _OffersReply(msgspec.Struct):
    output: _Offers


# -- the token ---------------------------------------------------------------------------------------------------------------
def read_token(now: datetime, reply: Reply, secret: str) -> Token:
    """`secret`: the credential field to be named. Raises ProviderError."""
    wrong = fedex_errors(reply)
    if wrong is not None:
        if wrong.code in ("auth.refused", "auth.forbidden"):
            wrong = msgspec.structs.replace(wrong, code="auth.refused", field=secret).about(field=secret)
        raise fail(wrong.about(operation="token"))
    return oauth.read_token(reply, now)


# -- shipments -----------------------------------------------------------------------------------------------------------
def _missing(field: str, reply: Reply) -> Message:
    return Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field)


def shipment_of(reference: str, status: ShipmentStatus, numbers: Sequence[str]) -> Shipment:
    """`numbers`: the master's first."""
    first = numbers[0] if numbers else ""
    barcode = " ".join(numbers) if len(numbers) > 1 else ""
    return Shipment(reference, status, first, LINK + first if first else "", barcode=barcode)


def parse_created(reply: Reply, reference: str) -> Shipment:
    """Raises OursError without a number."""
    found = decode_json(reply, _MadeReply).output.transaction_shipments
    made = found[0] if found else _Transaction()
    once: dict[str, _Piece] = {}  # a piece that is told twice is one box with one label
    for place, one in enumerate(made.piece_responses or ()):
        once.setdefault(one.tracking_number or str(place), one)
    pieces = list(once.values())
    numbers = [number for one in pieces if (number := tracking_number(one.tracking_number))]
    first = tracking_number(made.master_tracking_number) or (numbers[0] if numbers else "")
    if not first:
        raise fail(_missing("masterTrackingNumber", reply))
    ordered = list(dict.fromkeys([first, *numbers])) if first in numbers else numbers or [first]
    return msgspec.structs.replace(
        shipment_of(reference, ShipmentStatus.CREATED, ordered),
        tracking_number=first,
        tracking_url=LINK + first,
        labels=_labels(pieces),
        price=_price(made.completed_shipment_detail),
    )


def _labels(pieces: Sequence[_Piece]) -> tuple[Label, ...]:
    """One a piece at least, or none: half of them would send a piece without. Bytes as they came, without the base64 round them."""
    found: list[Label] = []
    for piece in pieces:
        mine = [label for one in piece.package_documents or () if (label := _label(one)) is not None]
        if not mine:
            return ()
        found += mine
    return tuple(found)


def _label(document: _Document) -> Label | None:
    if document.content_type not in ("LABEL", "") or not document.encoded_label:
        return None
    form = _FORMATS.get(document.doc_type.strip().upper())
    try:
        data = base64.b64decode(document.encoded_label, validate=True)
    except (binascii.Error, ValueError):
        return None
    form = form or _by_look(data)
    return Label(form, data, WIDTH_MM, HEIGHT_MM, DPI if form is LabelFormat.ZPL else 0) if form is not None else None


def _by_look(data: bytes) -> LabelFormat | None:
    if data.startswith(b"%PDF"):
        return LabelFormat.PDF
    if data.startswith(b"\x89PNG"):
        return LabelFormat.PNG
    return LabelFormat.ZPL if b"^XA" in data[:4096] else None


def _price(raw: msgspec.Raw) -> Money | None:
    """The account's price, taxes included; None where it is not told."""
    found = maybe(lambda text: msgspec.json.decode(text, type=_Completed | None), raw)
    rating = found.shipment_rating if found is not None else None
    rows = (rating.shipment_rate_details if rating is not None else None) or []
    ordered = sorted(rows, key=lambda one: "ACCOUNT" not in one.rate_type)
    return next((money for one in ordered if (money := _money(one.total_net_charge, one.currency)) is not None), None)


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return maybe(lambda value: Money.of(value, currency), amount) if amount is not None and amount > 0 else None


def was_cancelled(reply: Reply) -> bool:
    """Raises OursError for an answer that does not say."""
    return decode_json(reply, _CancelReply).output.cancelled_shipment


# -- tracking ------------------------------------------------------------------------------------------------------------
def parse_pieces(reply: Reply) -> list[Piece]:
    """The pieces, the leading one first; () when FedEx says that there are none. Raises ProviderError for a refusal inside the answer,
    and for a piece without a number."""
    rows = decode_json(reply, _TrackReply).output.complete_track_results
    pieces: list[Piece] = []
    for row in rows:
        for one in row.track_results or ():
            if one.error is not None and one.error.code:
                wrong = message_of(reply.operation, one.error, Message("request.refused", status=reply.status))
                if is_unknown(wrong):
                    continue
                raise fail(wrong.about(operation=reply.operation))
            if not number_of(one):
                raise fail(_missing("trackingNumber", reply))
            pieces.append(one)
    return sorted(pieces, key=_place_in_line)


def _place_in_line(piece: Piece) -> int:
    found = maybe(lambda raw: msgspec.json.decode(raw, type=_Sequence), piece.package_details)
    told = str(found.sequence_number or "") if found is not None else ""
    return int(told) if told.isascii() and told.isdigit() and len(told) < 5 else 0


def number_of(piece: Piece) -> str:
    return tracking_number(piece.tracking_number_info.tracking_number) if piece.tracking_number_info is not None else ""


def numbers_of(pieces: Sequence[Piece]) -> list[str]:
    return list(dict.fromkeys(number_of(one) for one in pieces))


def _code(piece: Piece) -> str:
    told = piece.latest_status_detail or _Latest()
    return (told.derived_code or told.code or "").strip().upper()


def status_of(piece: Piece) -> ShipmentStatus:
    told = piece.latest_status_detail or _Latest()
    codes = [(one or "").strip().upper() for one in (told.derived_code, told.code)]
    return next((STATES[one] for one in codes if one in STATES), ShipmentStatus.UNKNOWN)


def status_of_all(pieces: Sequence[Piece]) -> ShipmentStatus:
    return whole_status([status_of(one) for one in pieces])


def to_report(pieces: Sequence[Piece], reference: str) -> TrackingReport:
    """Of all pieces together; the events of the first piece that is not called off."""
    status = status_of_all(pieces)
    lead = next((one for one in pieces if status_of(one) is not ShipmentStatus.CANCELLED), pieces[0])
    events = sorted((one for one in map(_event, lead.scan_events or ()) if one is not None), key=lambda one: one.at)
    ended = next((one.date_time for one in lead.date_and_times or () if one.type == "ACTUAL_DELIVERY"), None)
    last = next((one.at for one in reversed(events) if one.status is ShipmentStatus.DELIVERED), None)
    received = lead.delivery_details or _Received()
    number = number_of(lead)
    return TrackingReport(
        reference=reference,
        status=status,
        tracking_number=number,
        vendor_status=clean(_code(lead), 40),
        events=tuple(events),
        delivered_at=(instant(ended or "") or last) if status is ShipmentStatus.DELIVERED else None,
        signed_by=clean(received.received_by_name or "", 200),
        tracking_url=LINK + number,
    )


def _event(raw: msgspec.Raw) -> TrackingEvent | None:
    """None for what has no instant, or cannot be read."""
    try:
        row = _scan.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    at = instant(row.date or "")
    if at is None:
        return None
    codes = [(one or "").strip().upper() for one in (row.derived_status_code, row.event_type)]
    state = next((STATES[one] for one in codes if one in STATES), ShipmentStatus.IN_TRANSIT)
    name, more = clean(row.event_description or "", 200), clean(row.exception_description or "", 200)
    where = row.scan_location or _Where()
    place = ", ".join(part for part in (clean(where.city or "", 60), clean(where.country_code or "", 10)) if part)
    return TrackingEvent(at, state, f"{name}: {more}" if name and more else name or more, place)


def instant(text: str) -> datetime | None:
    """UTC instant of `2026-11-24T10:15:00+03:00`; None for anything else. Without an offset it is taken as UTC."""
    found = maybe(datetime.fromisoformat, text.strip())
    if found is None or len(text.strip()) < 16:
        return None
    return maybe(lambda at: (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC), found)


# -- prices --------------------------------------------------------------------------------------------------------------
def parse_rates(reply: Reply) -> tuple[Rate, ...]:
    """Cheapest first. Raises OursError for a service without a name or a price that can be read: the best of them might be that one."""
    found: dict[str, Rate] = {}
    for offer in decode_json(reply, _OffersReply).output.rate_reply_details:
        rows = sorted(offer.rated_shipment_details or (), key=lambda one: "ACCOUNT" not in one.rate_type)
        price = next((money for one in rows if (money := _offered(one)) is not None), None)
        service = clean(offer.service_type, 80)
        if price is None or not service:
            raise fail(_missing("totalNetCharge" if service else "serviceType", reply))
        found.setdefault(service, Rate(service, price, _days(offer)))
    return tuple(sorted(found.values(), key=lambda one: (one.price.currency, one.price.amount, one.service)))


def _offered(row: _Priced) -> Money | None:
    inner = row.shipment_rate_detail or _RateDetail()
    return _money(row.total_net_charge or inner.total_net_charge, row.currency or inner.currency)


def _days(offer: _Offer) -> int | None:
    """Days in transit, of the operational detail or of the commitment."""
    for raw in (offer.operational_detail, offer.commit):
        found = maybe(lambda text: msgspec.json.decode(text, type=_Operational | None), raw)
        if found is not None and found.transit_time in _DAYS:
            return _DAYS[found.transit_time]
    return None
