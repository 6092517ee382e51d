"""UPS' answers: the token, shipments with their labels, recovered labels, prices. Pure.

Must never turn a figure that cannot be read into another one: it is left out, or the answer is refused.
Source of the facts: specs/ups/*.yaml; reference/cargo.md, "## UPS (global REST)".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import msgspec

from app.contracts import Message, Token, fail
from app.kit import Reply, decode_json, oauth, tracking_number
from app.model import (
    Label,
    LabelFormat,
    Money,
    Rate,
    Shipment,
    ShipmentStatus,
    clean,
)
from providers.cargo.ups_errors import ups_errors

W = TypeVar("W")
P = TypeVar("P", "_PackageResult", "_LabelResult")
#: How long a lost answer may stay invisible to UPS' own services (not published).
SETTLES = timedelta(minutes=30)
_NOTHING = msgspec.Raw(b"null")
LINK = "https://www.ups.com/track?tracknum="
FORMATS = {"ZPL": LabelFormat.ZPL, "EPL": LabelFormat.EPL, "PDF": LabelFormat.PDF, "PNG": LabelFormat.PNG}
#: Inches of the stock that we ask for.
WIDTH_MM, HEIGHT_MM = 102, 152


class _Amount(msgspec.Struct, rename="pascal"):
    currency_code: str
    monetary_value: str


class _Code(msgspec.Struct, rename="pascal"):
    code: str = ""


class _LabelImage(msgspec.Struct, rename="pascal"):
    graphic_image: str | None = None
    image_format: _Code | None = None
    label_image_format: _Code | None = None


class _PackageResult(msgspec.Struct, rename="pascal"):
    tracking_number: str
    shipping_label: _LabelImage | None = None


class _Negotiated(msgspec.Struct, rename="pascal"):
    total_charge: _Amount | None = None
    total_charges_with_taxes: _Amount | None = None


class _Charges(msgspec.Struct, rename="pascal"):
    total_charges: _Amount | None = None
    total_charges_with_taxes: _Amount | None = None


class _Results(msgspec.Struct, rename="pascal"):
    shipment_identification_number: str
    package_results: msgspec.Raw
    shipment_charges: _Charges | None = None
    negotiated_rate_charges: _Negotiated | None = None


class _ShipmentResponse(msgspec.Struct, rename="pascal"):
    shipment_results: _Results


class _Created(msgspec.Struct, rename="pascal"):
    shipment_response: _ShipmentResponse


class _LabelResult(msgspec.Struct, rename="pascal"):
    tracking_number: str = ""
    label_image: _LabelImage | None = None


class _Recovery(msgspec.Struct, rename="pascal"):
    shipment_identification_number: str = ""
    label_results: msgspec.Raw = _NOTHING


class _Recovered(msgspec.Struct, rename="pascal"):
    label_recovery_response: _Recovery


class _Summary(msgspec.Struct, rename="pascal"):
    status: _Code


class _Void(msgspec.Struct, rename="pascal"):
    summary_result: _Summary


class _Voided(msgspec.Struct, rename="pascal"):
    void_shipment_response: _Void


class _Arrival(msgspec.Struct, rename="pascal"):
    business_days_in_transit: str | None = None


class _ServiceSummary(msgspec.Struct, rename="pascal"):
    estimated_arrival: _Arrival | None = None


class _Transit(msgspec.Struct, rename="pascal"):
    service_summary: _ServiceSummary | None = None


class _Rated(msgspec.Struct, rename="pascal"):
    service: _Code
    total_charges: _Amount
    total_charges_with_taxes: _Amount | None = None
    negotiated_rate_charges: _Negotiated | None = None
    guaranteed_delivery: _Arrival | None = None
    time_in_transit: _Transit | None = None


class _RateResponse(msgspec.Struct, rename="pascal"):
    rated_shipment: msgspec.Raw


class _RateReply(msgspec.Struct, rename="pascal"):
    rate_response: _RateResponse


class Recovered(msgspec.Struct, frozen=True):
    """What the label service has under our reference. `numbers`: of the pieces; `labels` () when one of them is missing."""

    shipment_id: str
    numbers: tuple[str, ...]
    labels: tuple[Label, ...]


# -- shapes --------------------------------------------------------------------------------------------------------------
def many(reply: Reply, raw: msgspec.Raw, shape: type[W]) -> list[W]:
    """As `many_of`. Raises OursError for what is neither."""
    text = bytes(raw).strip()
    if text in (b"", b"null"):
        return []
    inner = msgspec.structs.replace(reply, body=text if text.startswith(b"[") else b"[" + text + b"]")
    return decode_json(inner, list[shape])  # type: ignore[valid-type]


def missing(field: str, reply: Reply) -> Message:
    return Message("answer.field_missing", {"field": field, "operation": reply.operation}, field=field)


def read_token(now: datetime, reply: Reply) -> Token:
    """`expires_in` is a text of seconds. Raises ProviderError."""
    wrong = ups_errors(reply)
    if wrong is not None:
        raise fail(wrong.about(operation="token"))
    return oauth.read_token(reply, now)


def _money(amount: _Amount | None) -> Money | None:
    """None for what is no amount above zero."""
    if amount is None:
        return None
    try:
        value = Decimal(amount.monetary_value)
        return Money.of(value, amount.currency_code) if value > 0 else None
    except (InvalidOperation, ValueError):
        return None


def _price(charges: _Charges | None, own: _Negotiated | None) -> Money | None:
    """The account's own price before the published one, with taxes where they are told."""
    found = [own.total_charges_with_taxes, own.total_charge] if own is not None else []
    found += [charges.total_charges_with_taxes, charges.total_charges] if charges is not None else []
    return next((money for one in found if (money := _money(one)) is not None), None)


def _label(image: _LabelImage | None) -> Label | None:
    """Bytes as they came, without the base64 round them. None for a format that we do not print (GIF), and for no label."""
    if image is None or not image.graphic_image:
        return None
    told = image.image_format or image.label_image_format or _Code()
    found = FORMATS.get(told.code.strip().upper())
    try:
        data = base64.b64decode(image.graphic_image, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Label(found, data, WIDTH_MM, HEIGHT_MM) if found is not None and data else None


def _labels(images: Sequence[_LabelImage | None]) -> tuple[Label, ...]:
    """One a piece, or none: half of them would send a piece without."""
    found = [_label(one) for one in images]
    return tuple(one for one in found if one is not None) if all(found) else ()


def _once(pieces: Sequence[P]) -> list[P]:
    """One a number: a piece that is told twice is one box with one label."""
    found: dict[str, P] = {}
    for place, one in enumerate(pieces):
        found.setdefault(one.tracking_number or str(place), one)
    return list(found.values())


# -- shipments -----------------------------------------------------------------------------------------------------------
def shipment_of(reference: str, status: ShipmentStatus, numbers: Sequence[str], shipment_id: str = "") -> Shipment:
    """`shipment_id`: the number of the leading piece."""
    first = shipment_id or (numbers[0] if numbers else "")
    barcode = " ".join(numbers) if len(numbers) > 1 else ""
    return Shipment(reference, status, first, LINK + first if first else "", barcode=barcode)


def parse_created(reply: Reply, reference: str) -> Shipment:
    """Raises OursError without a number."""
    found = decode_json(reply, _Created).shipment_response.shipment_results
    pieces = _once(many(reply, found.package_results, _PackageResult))
    numbers = [number for one in pieces if (number := tracking_number(one.tracking_number))]
    first = tracking_number(found.shipment_identification_number) or (numbers[0] if numbers else "")
    if not first:
        raise fail(missing("ShipmentIdentificationNumber", reply))
    return msgspec.structs.replace(
        shipment_of(reference, ShipmentStatus.CREATED, numbers, first),
        labels=_labels([one.shipping_label for one in pieces]),
        price=_price(found.shipment_charges, found.negotiated_rate_charges),
    )


def parse_recovered(reply: Reply) -> Recovered:
    """Raises OursError without a number."""
    found = decode_json(reply, _Recovered).label_recovery_response
    pieces = _once(many(reply, found.label_results, _LabelResult))
    numbers = tuple(number for one in pieces if (number := tracking_number(one.tracking_number)))
    first = tracking_number(found.shipment_identification_number) or next(iter(numbers), "")
    if not first:
        raise fail(missing("ShipmentIdentificationNumber", reply))
    return Recovered(first, numbers, _labels([one.label_image for one in pieces]))


def was_cancelled(reply: Reply) -> bool:
    """Whether the void took. Raises OursError for an answer that does not say."""
    code = decode_json(reply, _Voided).void_shipment_response.summary_result.status.code
    if code not in ("0", "1"):
        raise fail(missing("SummaryResult.Status.Code", reply))
    return code == "1"


# -- prices --------------------------------------------------------------------------------------------------------------
def parse_rates(reply: Reply) -> tuple[Rate, ...]:
    """Cheapest first. Raises OursError for a service without a code or a price that can be read: the best of them might be that one."""
    rows = many(reply, decode_json(reply, _RateReply).rate_response.rated_shipment, _Rated)
    found: dict[str, Rate] = {}
    for row in rows:
        charges = _Charges(row.total_charges, row.total_charges_with_taxes)
        price = _price(charges, row.negotiated_rate_charges)
        code = clean(row.service.code, 10)
        if price is None or not code:
            raise fail(missing("TotalCharges" if code else "Service.Code", reply))
        found.setdefault(code, Rate(code, price, _days(row)))
    return tuple(sorted(found.values(), key=lambda one: (one.price.currency, one.price.amount, one.service)))


def _days(row: _Rated) -> int | None:
    summary = row.time_in_transit.service_summary if row.time_in_transit is not None else None
    arrival = summary.estimated_arrival if summary is not None else None
    for told in (row.guaranteed_delivery, arrival):
        text = (told.business_days_in_transit or "").strip() if told is not None else ""
        if text.isascii() and text.isdigit() and len(text) <= 3:
            return int(text)
    return None
