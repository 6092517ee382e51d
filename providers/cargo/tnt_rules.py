"""What TNT takes: our references, boxes, lengths in ASCII, and how a phone is cut in two. Pure.

Must never cut a name or an address to fit: what TNT would refuse is refused here, naming the field. Source of the facts: TNT's guide
"ExpressConnect Shipping v3.8", appendices A and D (lengths, 3 kinds of boxes, 70 kg); reference/cargo.md, "## TNT".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Account, Message, fail
from app.kit.abroad import address_lines, declared_goods, only_documents, refused_option
from app.kit.parcels import address_refused, refused_receiver, sender_of
from app.model import Address, Parcel, Payer, ShipmentRequest
from providers.cargo.tnt_letters import plain, plain_address, unwritable

ISTANBUL = ZoneInfo("Europe/Istanbul")
LENGTHS = {"name": (1, 50), "company": (0, 50), "city": (1, 30), "postcode": (1, 9)}  # in ASCII
CONTACT, LINE, LINES = 22, 30, 3
MOST_PIECES, MOST_KINDS, MOST_KG = 99, 3, Decimal(70)
MOST_MM = (2400, 1500, 1200)  # length, height, width
EXPRESS_GOODS, EXPRESS_PAPERS = "15N", "15D"
_PLAIN_KEY = re.compile(r"[A-Z0-9-]{1,20}")
_SERVICE = re.compile(r"[A-Z0-9]{1,3}")
_ACCOUNT = re.compile(r"[0-9]{1,10}")


class Box(msgspec.Struct, frozen=True):
    """Equal boxes. Metres, and kilograms of one."""

    count: int
    length: Decimal
    height: Decimal
    width: Decimal
    weight: Decimal


def reference_key(reference: str) -> str:
    """CUSTOMERREF (at most 24). A reference that is not up to 20 capitals, digits and dashes is told by the first 18 decimal digits of
    its SHA-256, so that it always finds the same consignment."""
    if _PLAIN_KEY.fullmatch(reference):
        return reference
    low = 10**17
    return str(low + int.from_bytes(hashlib.sha256(reference.encode()).digest(), "big") % (9 * low))


def ship_day(now: datetime) -> datetime:
    """The day of the collection in Turkish time: today, on a Sunday tomorrow."""
    local = now.astimezone(ISTANBUL)
    return local + timedelta(days=1) if local.weekday() == 6 else local


# -- rules ---------------------------------------------------------------------------------------------------------------
def country_of(address: Address) -> str:
    return address.country or "TR"


def service_of(account: Account, request: ShipmentRequest) -> str:
    usual = EXPRESS_PAPERS if only_documents(request) else EXPRESS_GOODS
    return request.options.get("service", "") or account.setting("service") or usual


def street_of(address: Address) -> str:
    """In ASCII, with the district: TNT checks city and province against its own list, which districts are not on."""
    street, district = plain(address.street), plain(address.district)
    return f"{street} {district}" if district and district.casefold() not in street.casefold() else street


def contact_of(address: Address) -> str | None:
    """Who is asked for, in ASCII; a name that is also the company's may be shortened by whole words. None: it does not fit."""
    name, company = plain(address.name), plain(address.company)
    if not name or not company:
        lines = address_lines(name or company, CONTACT, 99)
        return lines[0] if lines else None
    return name if len(name) <= CONTACT else None


def check_request(account: Account, request: ShipmentRequest) -> Message | None:
    """The first field that TNT would refuse."""
    wrong = unwritable(request.receiver)
    if wrong is not None:
        return wrong
    taken = msgspec.structs.replace(request, receiver=plain_address(request.receiver))
    wrong = refused_receiver(taken, LENGTHS, "+90 …, 8–15", abroad=True)
    if wrong is not None:
        return wrong
    if contact_of(request.receiver) is None:
        return address_refused("name", f"1–{CONTACT}")
    if address_lines(street_of(request.receiver), LINE, LINES) is None:
        return address_refused("street", f"1–{LINE * LINES} ({LINES} × {LINE})")
    return _check_boxes(request) or _check_choices(account, request)


def _check_boxes(request: ShipmentRequest) -> Message | None:
    if not 1 <= len(request.parcels) <= MOST_PIECES:
        return refused_option("parcels", f"1–{MOST_PIECES}", "1")
    if len(boxes_of(request)) > MOST_KINDS:
        return refused_option("parcels", f"1–{MOST_KINDS} ≠", "1")
    for parcel in request.parcels:
        if not 0 < Decimal(parcel.weight_g) / 1000 <= MOST_KG:
            return refused_option("parcels", f"0.001–{MOST_KG} kg", "1.2 kg")
        sides = _sides(parcel)
        if not all(sides) or any(side > most for side, most in zip(sides, MOST_MM, strict=True)):
            return refused_option("parcels", "1–240 × 150 × 120 cm", "30 × 20 × 10 cm")
    return None


def _check_choices(account: Account, request: ShipmentRequest) -> Message | None:
    if request.cash_on_delivery is not None:
        return refused_option("cash_on_delivery", "not_offered")
    if request.payer is Payer.RECEIVER and not _ACCOUNT.fullmatch(request.options.get("payer_account", "")):
        return refused_option("payer_account", "1–10: 0–9", "000123456")
    if not _SERVICE.fullmatch(service_of(account, request)):
        return refused_option("service", "1–3: A–Z 0–9", EXPRESS_GOODS)
    goods = declared_goods(request)
    if isinstance(goods, Message):
        return goods
    away = country_of(request.receiver) != account.setting("sender_country", "TR") and not only_documents(request)
    if away and goods is None:
        return refused_option("declared_value", "customs_value", "149.90")
    return None if not away or len(plain(request.content)) >= 3 else refused_option("content", "≥ 3", "2 × Ceramic cup")


def _sides(parcel: Parcel) -> tuple[int, int, int]:
    """Length, height and width in millimetres: the longest is the length, TNT allows most for it."""
    sides = sorted((parcel.width_mm, parcel.height_mm, parcel.depth_mm), reverse=True)
    return (sides[0], sides[1], sides[2])


def boxes_of(request: ShipmentRequest) -> list[Box]:
    """Equal boxes together; metres to two decimals and rounded up, kilograms to three."""
    counts: dict[tuple[int, int, int, int], int] = {}
    for one in request.parcels:
        sizes = (*_sides(one), one.weight_g)
        counts[sizes] = counts.get(sizes, 0) + 1
    return [
        Box(count, _metres(length), _metres(height), _metres(width), Decimal(grams) / 1000)
        for (length, height, width, grams), count in counts.items()
    ]


def _metres(millimetres: int) -> Decimal:
    return (Decimal(millimetres) / 1000).quantize(Decimal("0.01"), ROUND_CEILING)


def volume(boxes: Sequence[Box]) -> Decimal:
    """Cubic metres of all, at least 0.001: TNT takes no zero for goods."""
    total = sum((one.count * one.length * one.height * one.width for one in boxes), Decimal(0))
    return max(total.quantize(Decimal("0.001"), ROUND_CEILING), Decimal("0.001"))


def number_text(value: Decimal) -> str:
    return f"{value.normalize():f}"


# -- the two ends ---
def split_phone(phone: str) -> tuple[str, str]:
    """Dial code (at most 7) and number (at most 9) of `+905551112233`: the country and area, then the rest."""
    number = phone.removeprefix("+")
    cut = 5 if number.startswith("90") and len(number) == 12 else max(2, len(number) - 9)
    return number[:cut], number[cut:]


def sender_address(account: Account) -> Address:
    """Raises YoursError naming the field of the connection that does not fit."""
    sender = sender_of(account)
    wrong = unwritable(sender)
    taken = plain_address(sender)
    for field, (_, most) in LENGTHS.items():
        if wrong is None and len(getattr(taken, field)) > most:
            wrong = address_refused(field, f"1–{most}")
    if wrong is None and contact_of(sender) is None:
        wrong = address_refused("name", f"1–{CONTACT}")
    if wrong is None and address_lines(street_of(sender), LINE, LINES) is None:
        wrong = address_refused("street", f"1–{LINE * LINES} ({LINES} × {LINE})")
    if wrong is not None:
        raise fail(refused_option(f"sender_{wrong.field}", wrong.params["rule"]))
    return sender


def check_rates(request: ShipmentRequest) -> Message | None:
    """What a question for prices needs of the receiver and the boxes."""
    if not 1 <= len(plain(request.receiver.city)) <= LENGTHS["city"][1]:
        return address_refused("city", "1–30")
    if not request.parcels or any(one.weight_g <= 0 for one in request.parcels):
        return refused_option("parcels", "kg > 0", "1.2 kg")
    return None


def wants_pickup(account: Account, request: ShipmentRequest) -> bool:
    return (request.options.get("pickup", "") or account.setting("pickup", "no")) == "yes"
