"""What carriers in Türkiye ask of a parcel alike: a name, a mobile number of ten digits, texts of a length, whole kilograms. Rules that
only one of them has stay with that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from app.contracts import Message
from app.model import Parcel, ShipmentRequest, clean, phone_e164


def receiver_name(request: ShipmentRequest) -> str:
    """The person, else the company."""
    return clean(request.receiver.name or request.receiver.company)


def receiver_phone(request: ShipmentRequest) -> str:
    """10 digits, without the 0 and the country; '' for what is no Turkish number."""
    phone = phone_e164(request.receiver.phone)
    return phone.removeprefix("+90") if phone.startswith("+90") and len(phone) == 13 else ""


def address_refused(field: str, rule: str) -> Message:
    """A field of the receiver's address that does not meet the carrier's rule."""
    return Message("address.refused", {"field": field, "rule": rule}, field=field)


def refused_receiver(
    request: ShipmentRequest, lengths: Mapping[str, tuple[int, int]], phone_rule: str = "10 digits"
) -> Message | None:
    """The first field of the receiver that the carrier would refuse: `lengths` in characters (least, most) by field of the address, in
    that order; then the phone; then the country."""
    to = request.receiver
    for field, (least, most) in lengths.items():
        value = receiver_name(request) if field == "name" else clean(getattr(to, field))
        if not least <= len(value) <= most:
            return address_refused(field, f"{least}–{most}")
    if not receiver_phone(request):
        return address_refused("phone", phone_rule)
    return None if to.country in ("", "TR") else address_refused("country", "TR")


def whole_measures(parcel: Parcel) -> tuple[int, int]:
    """Desi and kilograms, rounded up; what is not known beside the other is 1, the least that can be sent."""
    desi = int(parcel.desi.to_integral_value(ROUND_CEILING))
    kilograms = int((Decimal(parcel.weight_g) / 1000).to_integral_value(ROUND_CEILING))
    return max(1, desi), max(1, kilograms)


def total_desi(request: ShipmentRequest) -> Decimal:
    return sum((one.desi for one in request.parcels), Decimal(0))


def total_kilograms(request: ShipmentRequest) -> Decimal:
    return Decimal(sum(one.weight_g for one in request.parcels)) / 1000
