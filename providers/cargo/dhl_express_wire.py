"""DHL Express' answers: shipments with their labels, checkpoints, prices, and problem+json. Pure.

Must never take an error that we do not know for "no such shipment": the caller would make it a second time.
Source of the facts: specs/dhl-express (OpenAPI 3.1.1, status_1.csv); reference/cargo.md, "## DHL Express (MyDHL API)".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Message, fail
from app.kit import Reply, decode_json, known, maybe, tracking_number
from app.model import Label, LabelFormat, Money, Rate, Shipment, ShipmentStatus, TrackingEvent, TrackingReport, clean

ISTANBUL = ZoneInfo("Europe/Istanbul")
TRACKING_URL = "https://www.dhl.com/global-en/home/tracking.html?tracking-id="
FORMATS = {
    "PDF": LabelFormat.PDF,
    "ZPL": LabelFormat.ZPL,
    "EPL": LabelFormat.EPL,
    "LP2": LabelFormat.EPL,
    "PNG": LabelFormat.PNG,
}
_S = ShipmentStatus
#: Codes of checkpoints (status_1.csv, service "express"). Not in it: says nothing of where the parcel is.
STATES: dict[str, ShipmentStatus] = {
    "SA": _S.ACCEPTED, "PU": _S.ACCEPTED,
    "AD": _S.IN_TRANSIT, "AF": _S.IN_TRANSIT, "AR": _S.IN_TRANSIT, "BN": _S.IN_TRANSIT, "BR": _S.IN_TRANSIT, "CC": _S.IN_TRANSIT,
    "CR": _S.IN_TRANSIT, "DF": _S.IN_TRANSIT, "FD": _S.IN_TRANSIT, "IC": _S.IN_TRANSIT, "MC": _S.IN_TRANSIT, "MS": _S.IN_TRANSIT,
    "PL": _S.IN_TRANSIT, "RR": _S.IN_TRANSIT, "SC": _S.IN_TRANSIT, "SM": _S.IN_TRANSIT, "TP": _S.IN_TRANSIT, "TR": _S.IN_TRANSIT,
    "WC": _S.OUT_FOR_DELIVERY,
    "OK": _S.DELIVERED,
    "BA": _S.PROBLEM, "CA": _S.PROBLEM, "CD": _S.PROBLEM, "CM": _S.PROBLEM, "DD": _S.PROBLEM, "DS": _S.PROBLEM, "HP": _S.PROBLEM,
    "MD": _S.PROBLEM, "ND": _S.PROBLEM, "NH": _S.PROBLEM, "OH": _S.PROBLEM, "PD": _S.PROBLEM, "RD": _S.PROBLEM, "SS": _S.PROBLEM,
    "UD": _S.PROBLEM,
    "RT": _S.RETURNED,
}  # fmt: skip
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_INSTANT = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?")
_PRODUCT = re.compile(r"[A-Z0-9]{1,6}")
_NONE = msgspec.Raw(b"null")
_MOST_LABEL = 8 * 1024 * 1024


class _Document(msgspec.Struct, rename="camel"):
    type_code: str = ""
    image_format: str = ""
    encoding_format: str = ""
    content: str = ""


class _Piece(msgspec.Struct, rename="camel"):
    tracking_number: msgspec.Raw = _NONE


class _Created(msgspec.Struct, rename="camel"):
    shipment_tracking_number: str
    packages: list[_Piece] = []
    documents: list[_Document] = []
    dispatch_confirmation_number: msgspec.Raw = _NONE
    shipment_charges: msgspec.Raw = _NONE
    warnings: msgspec.Raw = _NONE


class _Tracked(msgspec.Struct, rename="camel"):
    shipment_tracking_number: str
    shipment_timestamp: msgspec.Raw = _NONE
    shipper_references: msgspec.Raw = _NONE
    events: list[msgspec.Raw] = []
    pieces: msgspec.Raw = _NONE


class _Tracking(msgspec.Struct):
    shipments: list[_Tracked]


class _Images(msgspec.Struct):
    documents: list[_Document] = []


class _Price(msgspec.Struct, rename="camel"):
    price: Decimal = Decimal(0)
    price_currency: str = ""
    currency_type: str = ""


class _Delivery(msgspec.Struct, rename="camel"):
    total_transit_days: msgspec.Raw = _NONE


class _Product(msgspec.Struct, rename="camel"):
    total_price: list[_Price]
    product_code: str = ""
    delivery_capabilities: _Delivery | None = None


class _Listed(msgspec.Struct):
    products: list[dict[str, msgspec.Raw]]


class _Products(msgspec.Struct):
    products: list[_Product]


class Found(msgspec.Struct, frozen=True):
    """One shipment as tracking tells it. `moves`: code and event, the oldest first; `pieces`: their numbers."""

    number: str
    made_at: datetime | None
    moves: tuple[tuple[str, TrackingEvent], ...] = ()
    signed_by: str = ""
    pieces: str = ""

    @property
    def code(self) -> str:
        """Of the last checkpoint that says where the parcel is; a delivery is only undone by a return."""
        told = [code for code, event in self.moves if event.status is not _S.UNKNOWN]
        ended = [code for code in told if STATES[code] in (_S.DELIVERED, _S.RETURNED)]
        return ended[-1] if ended else told[-1] if told else ""

    @property
    def status(self) -> ShipmentStatus:
        """DHL knows it, so that it is at least created; a code that we do not know says nothing."""
        if self.code:
            return STATES[self.code]
        return _S.UNKNOWN if self.moves else _S.CREATED


# -- shipments -----------------------------------------------------------------------------------------------------------
def parse_created(reply: Reply, reference: str, dpi: int = 0) -> tuple[Shipment, str]:
    """The shipment with its labels as they came, and the number of its pick-up ('' for none). Raises OursError without a waybill
    number."""
    made = decode_json(reply, _Created)
    number = _number(made.shipment_tracking_number)
    if not number:
        field = "shipmentTrackingNumber"
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))
    shipment = Shipment(
        reference=reference,
        status=_S.CREATED,
        tracking_number=number,
        tracking_url=TRACKING_URL + number,
        barcode=_codes(piece.tracking_number for piece in made.packages),
        labels=_labels(made.documents, ("label",), dpi) or _labels(made.documents, ("waybilldoc",), dpi),
    )
    return shipment, _number(_text(made.dispatch_confirmation_number))


def _number(text: str) -> str:
    """Letters and digits, as DHL's numbers are; '' for anything else."""
    found = tracking_number(text).replace(" ", "")
    return found if found.isascii() and found.isalnum() else ""


def _codes(raws: Iterable[msgspec.Raw]) -> str:
    found = [_number(_text(raw)) for raw in raws]
    return " ".join(found) if found and all(found) else ""


def _labels(documents: Iterable[_Document], kinds: tuple[str, ...], dpi: int = 0) -> tuple[Label, ...]:
    found = []
    for one in documents:
        kind = FORMATS.get((one.image_format or one.encoding_format).upper())
        if one.type_code.casefold() not in kinds or kind is None or len(one.content) > _MOST_LABEL:
            continue
        try:
            data = base64.b64decode(one.content, validate=True)
        except (binascii.Error, ValueError):
            continue
        if data:
            found.append(Label(kind, data, dpi=0 if kind is LabelFormat.PDF else dpi))
    return tuple(found)


def parse_images(reply: Reply) -> tuple[Label, ...]:
    """The waybill documents, as they came."""
    return _labels(decode_json(reply, _Images).documents, ("waybill", "waybilldoc", "label"))


# -- tracking ------------------------------------------------------------------------------------------------------------
def parse_found(reply: Reply, key: str) -> Found:
    """The latest shipment under our reference. Raises OursError when the answer tells of others only: DHL did not look for ours."""
    rows = decode_json(reply, _Tracking).shipments
    ours = [row for row in rows if _is_ours(row, key)]
    if not ours:
        reason = "other references" if rows else "no shipments"
        raise fail(Message("answer.unexpected", {"operation": reply.operation, "reason": reason}))
    found = [_found(row) for row in ours]
    oldest = datetime.min.replace(tzinfo=UTC)
    latest = max(found, key=lambda one: one.made_at or oldest)
    if not latest.number:
        field = "shipmentTrackingNumber"
        raise fail(Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field))
    return latest


def _is_ours(row: _Tracked, key: str) -> bool:
    """DHL may keep the references back; where it tells them, ours must be among them."""
    told = maybe(lambda raw: msgspec.json.decode(raw, type=list[dict[str, msgspec.Raw]] | None), row.shipper_references)
    values = [_text(one.get("value", _NONE)) for one in told or []]
    return not any(values) or key in values


def _found(row: _Tracked) -> Found:
    moves: list[tuple[datetime, str, TrackingEvent]] = []
    signed = ""
    for raw in row.events:
        fields = maybe(lambda one: msgspec.json.decode(one, type=dict[str, msgspec.Raw]), raw)
        at = _instant(fields) if fields is not None else None
        if fields is None or at is None:
            continue
        code = _text(fields.get("typeCode", _NONE)).upper()
        status = STATES.get(code, _S.UNKNOWN)
        moves.append(
            (at, code, TrackingEvent(at, status, known(_text(fields.get("description", _NONE)), 200), _area(fields)))
        )
        if status is _S.DELIVERED:
            signed = clean(_text(fields.get("signedBy", _NONE)), 200)
    moves.sort(key=lambda one: one[0])
    pieces = maybe(lambda raw: msgspec.json.decode(raw, type=list[_Piece] | None), row.pieces) or []
    made = maybe(_local, _text(row.shipment_timestamp))
    number = _number(row.shipment_tracking_number)
    return Found(number, made, tuple(one[1:] for one in moves), signed, _codes(one.tracking_number for one in pieces))


def _area(fields: dict[str, msgspec.Raw]) -> str:
    areas = maybe(lambda raw: msgspec.json.decode(raw, type=list[dict[str, msgspec.Raw]]), fields.get("serviceArea"))
    return known(_text(areas[0].get("description", _NONE)), 120) if areas else ""


def _instant(fields: dict[str, msgspec.Raw]) -> datetime | None:
    """UTC instant of a checkpoint: its date and time stand in the time of the place, whose offset DHL may tell; else Turkish time."""
    told = f"{_text(fields.get('date', _NONE))} {_text(fields.get('time', _NONE))}"
    offset = _OFFSET.fullmatch(_text(fields.get("GMTOffset", _NONE)))
    if offset is None:
        return maybe(_local, told)
    sign, hours, minutes = offset.groups()
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    return maybe(lambda text: _at(text, timezone(-delta if sign == "-" else delta)), told)


def _local(text: str) -> datetime:
    return _at(text, ISTANBUL)


def _at(text: str, zone: timezone | ZoneInfo) -> datetime:
    """Raises ValueError for what is no date and time."""
    found = _INSTANT.match(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)


def _text(raw: msgspec.Raw) -> str:
    """A plain text or number as text; '' for anything else."""
    found = maybe(lambda one: msgspec.json.decode(one, type=str | int | None, strict=True), bytes(raw))
    return "" if found is None else str(found).strip()


def to_shipment(reference: str, found: Found, labels: tuple[Label, ...] = ()) -> Shipment:
    return Shipment(
        reference=reference,
        status=found.status,
        tracking_number=found.number,
        tracking_url=TRACKING_URL + found.number,
        vendor_status=found.code,
        barcode=found.pieces,
        labels=labels,
    )


def to_report(reference: str, found: Found) -> TrackingReport:
    delivered = [event.at for _, event in found.moves if event.status is _S.DELIVERED]
    return TrackingReport(
        reference=reference,
        status=found.status,
        tracking_number=found.number,
        vendor_status=found.code,
        events=tuple(event for _, event in found.moves),
        delivered_at=delivered[-1] if delivered and found.status is _S.DELIVERED else None,
        signed_by=found.signed_by,
        tracking_url=TRACKING_URL + found.number,
    )


# -- prices --------------------------------------------------------------------------------------------------------------
def parse_products(reply: Reply) -> int:
    """How many products go some way. Raises OursError for an answer that does not tell."""
    return len(decode_json(reply, _Listed).products)


def parse_rates(reply: Reply) -> tuple[Rate, ...]:
    """One a product, cheapest first, in the currency that DHL bills (else the first told); taxes as DHL adds them. A product without
    a price is left out: DHL does not sell it here. Raises OursError where one cannot be read: the cheapest may be it."""
    best: dict[str, Rate] = {}
    for one in decode_json(reply, _Products).products:
        rate = _rate(one)
        if rate is not None and (rate.service not in best or rate.price.amount < best[rate.service].price.amount):
            best[rate.service] = rate
    return tuple(sorted(best.values(), key=lambda one: (one.price.currency, one.price.amount, one.service)))


def _rate(product: _Product) -> Rate | None:
    told = [one for one in product.total_price if one.price > 0 and re.fullmatch(r"[A-Z]{3}", one.price_currency)]
    billed = next((one for one in told if one.currency_type == "BILLC"), told[0] if told else None)
    service = clean(product.product_code, 20)
    if service and not _PRODUCT.fullmatch(service):
        raise fail(Message("answer.unexpected", {"operation": "rates", "reason": "product code"}))
    if billed is None or not service or not billed.price.is_finite():
        return None
    delivery = product.delivery_capabilities
    days = _text(delivery.total_transit_days) if delivery is not None else ""
    whole = (int(days) or None) if days.isascii() and days.isdigit() and len(days) < 4 else None
    price = maybe(lambda amount: Money.of(amount, billed.price_currency), billed.price)
    return Rate(service, price, whole) if price is not None else None
