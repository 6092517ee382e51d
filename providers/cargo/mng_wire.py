"""Answers of DHL eCommerce Türkiye (MNG Kargo): orders, barcodes, shipments, states and moves. Pure.

Must never turn a figure that cannot be read into another one: it is left out, or the answer is refused.
Source of the facts: reference/cargo.md, "## MNG Kargo (DHL eCommerce Türkiye)".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Account, Message, Secret, Token, fail
from app.kit import Reply, decode_json, maybe, tracking_number
from app.model import Label, LabelFormat, Money, Shipment, ShipmentStatus, TrackingEvent, TrackingReport, clean, fold
from providers.cargo.mng_calls import Goods, Piece
from providers.cargo.mng_errors import exact, mng_errors, said

W = TypeVar("W")

ISTANBUL = ZoneInfo("Europe/Istanbul")  # not written anywhere, but a domestic carrier's times are no other
TOKEN_LIFE = timedelta(hours=8)
#: 1 is told of a parcel that is only prepared as well as of one that was handed over: the transfer is the first proof.
STATES = {
    "0": ShipmentStatus.CREATED,
    "1": ShipmentStatus.CREATED,
    "2": ShipmentStatus.IN_TRANSIT,
    "3": ShipmentStatus.IN_TRANSIT,
    "4": ShipmentStatus.OUT_FOR_DELIVERY,
    "5": ShipmentStatus.DELIVERED,
    "6": ShipmentStatus.PROBLEM,
    "7": ShipmentStatus.RETURNED,
    "8": ShipmentStatus.PROBLEM,
}
#: Folded words of moves, the first that fits; the carrier publishes no list of them.
_MOVES = (
    ("edilemedi", ShipmentStatus.PROBLEM),
    ("teslim edildi", ShipmentStatus.DELIVERED),
    ("iade", ShipmentStatus.PROBLEM),
    ("dagitim", ShipmentStatus.OUT_FOR_DELIVERY),
    ("hazirlan", ShipmentStatus.CREATED),
    ("teslim alindi", ShipmentStatus.ACCEPTED),
)
_TURKISH_DATE = re.compile(r"(\d{2})[-./](\d{2})[-./](\d{4})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?")
_YES = frozenset({"1", "true", "True"})
_NOTHING = msgspec.Raw(b"null")


class PlaceWire(msgspec.Struct):
    """Codes come as text or as numbers."""

    code: int | str
    name: str


class _Granted(msgspec.Struct):
    jwt: str
    ends: msgspec.Raw = msgspec.field(name="jwtExpireDate", default=_NOTHING)


class _Order(msgspec.Struct, rename="camel"):
    reference_id: str
    bill_of_landing_id: msgspec.Raw = _NOTHING
    is_cod: msgspec.Raw = msgspec.field(name="isCOD", default=_NOTHING)
    cod_amount: msgspec.Raw = _NOTHING


class _Piece(msgspec.Struct):
    barcode: str
    desi: msgspec.Raw = _NOTHING
    kg: msgspec.Raw = _NOTHING
    content: msgspec.Raw = _NOTHING


class _Recipient(msgspec.Struct, rename="camel"):
    address: msgspec.Raw = _NOTHING
    full_name: msgspec.Raw = _NOTHING


class OrderWire(msgspec.Struct, rename="camel"):
    order: _Order
    order_piece_list: list[_Piece] | None = None
    recipient: _Recipient | None = None


class _Created(msgspec.Struct, rename="camel"):
    order_invoice_id: msgspec.Raw


class _Barcode(msgspec.Struct):
    value: msgspec.Raw = _NOTHING
    barcode: msgspec.Raw = _NOTHING


class _Barcodes(msgspec.Struct, rename="camel"):
    shipment_id: msgspec.Raw
    barcodes: list[_Barcode] | None = None


class ShipmentFacts(msgspec.Struct, rename="camel"):
    shipment_id: msgspec.Raw
    shipment_status_code: msgspec.Raw = _NOTHING
    is_delivered: msgspec.Raw = _NOTHING
    final_total: msgspec.Raw = _NOTHING


class _PieceFacts(msgspec.Struct):
    barcode: msgspec.Raw = _NOTHING


class ShipmentWire(msgspec.Struct, rename="camel"):
    shipment: ShipmentFacts
    shipment_piece_list: list[_PieceFacts] | None = None


class StatusWire(msgspec.Struct, rename="camel"):
    shipment_status_code: msgspec.Raw
    shipment_id: msgspec.Raw = _NOTHING
    shipment_status: msgspec.Raw = _NOTHING
    is_delivered: msgspec.Raw = _NOTHING
    delivery_date_time: msgspec.Raw = _NOTHING
    delivery_to: msgspec.Raw = _NOTHING
    tracking_url: msgspec.Raw = _NOTHING


class MoveWire(msgspec.Struct, rename="camel"):
    event_date_time: msgspec.Raw = _NOTHING
    event_status: msgspec.Raw = _NOTHING
    description: msgspec.Raw = _NOTHING
    location: msgspec.Raw = _NOTHING
    delivery_to: msgspec.Raw = _NOTHING


# -- shapes --------------------------------------------------------------------------------------------------------------
def single(reply: Reply, shape: type[W]) -> W:
    """Single results come in an array, from some accounts without one. Raises OursError for an empty one."""
    if reply.body.lstrip()[:1] != b"[":
        return decode_json(reply, shape)
    found: list[W] = decode_json(reply, list[shape])  # type: ignore[valid-type]
    if not found:
        raise fail(Message("answer.field_missing", {"field": "[0]", "operation": reply.operation}, field="[0]"))
    return found[0]


def parse_places(reply: Reply) -> list[tuple[int, str]]:
    """(code, name) of cities or districts. Raises OursError for an empty list."""
    found = decode_json(reply, list[PlaceWire])
    if not found:
        raise fail(Message("answer.field_missing", {"field": "[0]", "operation": reply.operation}, field="[0]"))
    return [(int(one.code), clean(one.name)) for one in found if str(one.code).isdigit()]


def parse_moves(reply: Reply) -> list[MoveWire]:
    """In an array, from some accounts a single one without."""
    return decode_json(reply, list[MoveWire]) if reply.body.lstrip()[:1] == b"[" else [decode_json(reply, MoveWire)]


def read_token(account: Account, reply: Reply) -> Token:
    """Lives eight hours, or shorter where the answer says so. Raises ProviderError."""
    wrong = mng_errors(reply)
    if wrong is not None:
        raise fail(wrong.about(operation="token"))
    found = decode_json(reply, _Granted)
    if not found.jwt:
        raise fail(Message("answer.field_missing", {"field": "jwt", "operation": "token"}, field="jwt"))
    now = account.now()
    ends = instant(said(found.ends))
    return Token(
        Secret(found.jwt), min(ends, now + TOKEN_LIFE) if ends is not None and ends > now else now + TOKEN_LIFE
    )


def check_created(reply: Reply) -> None:
    """Raises OursError when the answer does not speak of an order."""
    if not said(single(reply, _Created).order_invoice_id):
        field = "orderInvoiceId"
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))


def parse_order(reply: Reply, key: str) -> OrderWire:
    """Raises OursError for the order of another reference."""
    found = single(reply, OrderWire)
    if found.order.reference_id != key:
        raise fail(Message("answer.unexpected", {"operation": reply.operation, "reason": "another order"}))
    return found


def goods_in(found: OrderWire) -> Goods | None:
    """What its barcode is made from; None when the answer does not tell it."""
    pieces = tuple(
        Piece(one.barcode, _whole(one.desi), _whole(one.kg), clean(said(one.content), 100))
        for one in found.order_piece_list or ()
    )
    if not pieces or not all(one.barcode and one.desi > 0 and one.kg > 0 for one in pieces):
        return None
    cash = _decimal(said(found.order.cod_amount)) or Decimal(0)
    paying = said(found.order.is_cod) in _YES
    if paying and cash <= 0:
        return None
    return Goods(found.order.reference_id, pieces, cash if paying else Decimal(0), said(found.order.bill_of_landing_id))


def goes_to(found: OrderWire, name: str, street: str) -> bool:
    """Whether the order that the carrier has goes where we would send it; True where it does not tell."""
    to = found.recipient or _Recipient()
    return all(not told or fold(clean(told)) == fold(ours) for told, ours in ((said(to.full_name), name), (said(to.address), street)))  # fmt: skip


def _whole(raw: msgspec.Raw) -> int:
    value = _decimal(said(raw))
    return int(value) if value is not None and 0 < value < 100_000 and value == int(value) else 0


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def instant(text: str) -> datetime | None:
    """UTC instant of `dd-MM-yyyy HH:mm` or `dd.MM.yyyy HH:mm:ss` in Turkish local time; None for anything else."""
    found = _TURKISH_DATE.fullmatch(text.strip())
    if found is None:
        return None
    day, month, year, *rest = (int(part or 0) for part in found.groups())
    return maybe(_utc, (year, month, day, *rest))


def _utc(told: tuple[int, ...]) -> datetime:
    year, month, day, hour, minute, second = told
    return datetime(year, month, day, hour, minute, second, tzinfo=ISTANBUL).astimezone(UTC)


# -- shipments -----------------------------------------------------------------------------------------------------------
def status_of(code: str, delivered: str) -> ShipmentStatus:
    return ShipmentStatus.DELIVERED if delivered in _YES else STATES.get(code, ShipmentStatus.UNKNOWN)


def parse_labels(reply: Reply, reference: str) -> Shipment:
    """The shipment that the barcode made, with one label a piece, its ZPL as it came. None is there when the answer has none."""
    found = single(reply, _Barcodes)
    number = tracking_number(said(found.shipment_id))
    if not number:
        field = "shipmentId"
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))
    rows = found.barcodes or []
    # The carrier does not say the size; one client prints it as 4 × 4 inches at 203 dpi.
    labels = tuple(Label(LabelFormat.ZPL, text.encode()) for one in rows if (text := exact(one.value)))
    barcode = next((text for one in rows if (text := said(one.barcode))), "")
    return Shipment(
        reference, ShipmentStatus.CREATED, number, "", "", barcode, labels if len(labels) == len(rows) else ()
    )


def to_shipment(reference: str, found: ShipmentWire, barcode: str) -> Shipment:
    """`barcode`: of the order, when the answer names no piece. The price holds VAT."""
    facts = found.shipment
    code = said(facts.shipment_status_code)
    total = _decimal(said(facts.final_total))
    pieces = [said(one.barcode) for one in found.shipment_piece_list or ()]
    return Shipment(
        reference=reference,
        status=status_of(code, said(facts.is_delivered)) if code else ShipmentStatus.CREATED,
        tracking_number=tracking_number(said(facts.shipment_id)),
        vendor_status=code,
        barcode=next(filter(None, pieces), barcode),
        price=maybe(lambda amount: Money.of(amount, "TRY"), total) if total is not None and total > 0 else None,
    )


def to_report(reference: str, found: StatusWire, moves: Sequence[MoveWire]) -> TrackingReport:
    status = status_of(said(found.shipment_status_code), said(found.is_delivered))
    events = [event for event in map(_event, moves) if event is not None]
    url = said(found.tracking_url)
    who = said(found.delivery_to) or next((text for one in reversed(moves) if (text := said(one.delivery_to))), "")
    return TrackingReport(
        reference=reference,
        status=status,
        tracking_number=tracking_number(said(found.shipment_id)),
        vendor_status=said(found.shipment_status_code),
        events=tuple(sorted(events, key=lambda event: event.at)),
        delivered_at=instant(said(found.delivery_date_time)) if status is ShipmentStatus.DELIVERED else None,
        signed_by=clean(who, 200),
        tracking_url=url if url.startswith("https://") else "",
    )


def _event(row: MoveWire) -> TrackingEvent | None:
    at = instant(said(row.event_date_time))
    if at is None:
        return None
    name, more = clean(said(row.event_status), 200), clean(said(row.description), 200)
    words = fold(name or more)
    status = STATES.get(name) or next((state for word, state in _MOVES if word in words), ShipmentStatus.IN_TRANSIT)
    text = f"{name}: {more}" if name and more and more != name else name or more
    return TrackingEvent(at, status, text, clean(said(row.location), 100))
