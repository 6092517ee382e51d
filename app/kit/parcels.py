"""What carriers in Türkiye ask of a parcel alike: a name, a phone, texts of a length, kilograms, a sender; and how Turkish is written for
those that take ASCII only. Rules that only one of them has stay with that one. Must never cut or change a text unseen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from app.contracts import Account, Message, fail
from app.model import Address, Parcel, ShipmentRequest, clean, phone_e164

_COUNTRY = re.compile(r"[A-Z]{2}")
_SENDER = ("sender_name", "sender_phone", "sender_street", "sender_city", "sender_postcode")
#: What Unicode does not take apart by itself, and marks that have a plain twin.
_PLAIN = str.maketrans({
    "ı": "i", "İ": "I", "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ə": "a", "Ə": "A", "’": "'", "‘": "'", "“": '"', "”": '"',
    "„": '"', "–": "-", "—": "-", "−": "-", "…": "...", "₺": "TL", "€": "EUR", "×": "x", "•": "-", "·": "-",
})  # fmt: skip


def receiver_name(request: ShipmentRequest) -> str:
    """The person, else the company."""
    return clean(request.receiver.name or request.receiver.company)


def receiver_phone(request: ShipmentRequest) -> str:
    """10 digits, without the 0 and the country; '' for what is no Turkish number."""
    phone = phone_e164(request.receiver.phone)
    return phone.removeprefix("+90") if phone.startswith("+90") and len(phone) == 13 else ""


def phone_abroad(request: ShipmentRequest) -> str:
    """`+905551112233`, or a foreign number with its country code; '' for what is none."""
    phone = phone_e164(request.receiver.phone, request.receiver.country or "TR")
    return phone if phone.startswith("+") and 8 <= len(phone) <= 16 else ""


def sender_of(account: Account) -> Address:
    """Where the merchant's parcels start: the connection's fields `sender_name`, `sender_phone`, `sender_street`, `sender_city`,
    `sender_postcode`, and `sender_company`, `sender_country` (TR) where filled in. The phone comes with its country code. Raises
    YoursError (`config.field`) naming the first that is missing."""
    for key in _SENDER:
        if not clean(account.setting(key)):
            raise fail(Message("config.field", {"field": key, "why": "missing"}, field=key))
    country = account.setting("sender_country", "TR")
    phone = phone_e164(account.setting("sender_phone"), country)
    if not phone.startswith("+"):
        raise fail(Message("config.field", {"field": "sender_phone", "why": "pattern"}, field="sender_phone"))
    told = {
        name: clean(account.setting(f"sender_{name}")) for name in ("name", "company", "street", "city", "postcode")
    }
    return Address(**told, country=country, phone=phone)


def ascii_text(text: str) -> str:
    """The same text without any letter that ASCII lacks: ğ → g, ı → i, ß → ss. What has no plain likeness at all (Arabic, an emoji)
    becomes '?': whoever sends it looks whether one is there."""
    if text.isascii():
        return text
    taken = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(c if c.isascii() else "?" for c in taken if not unicodedata.combining(c))


def address_refused(field: str, rule: str) -> Message:
    """A field of the receiver's address that does not meet the carrier's rule."""
    return Message("address.refused", {"field": field, "rule": rule}, field=field)


def refused_receiver(
    request: ShipmentRequest,
    lengths: Mapping[str, tuple[int, int]],
    phone_rule: str = "10 digits",
    *,
    abroad: bool = False,
) -> Message | None:
    """The first field of the receiver that the carrier would refuse: `lengths` in characters (least, most) by field of the address, in
    that order; then the phone; then the country. `abroad`: the carrier goes to any country, and takes any phone with its code."""
    to = request.receiver
    for field, (least, most) in lengths.items():
        value = receiver_name(request) if field == "name" else clean(getattr(to, field))
        if not least <= len(value) <= most:
            return address_refused(field, f"{least}–{most}")
    if not (phone_abroad(request) if abroad else receiver_phone(request)):
        return address_refused("phone", phone_rule)
    if abroad:
        return None if _COUNTRY.fullmatch(to.country or "TR") else address_refused("country", "TR, DE …")
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
