"""What carriers that cross borders ask alike: addresses cut into short lines, and what customs must be told of the goods. Must never
cut a text to fit, nor make up a value, an origin or a code that the merchant did not name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from app.contracts import Message
from app.model import Money, ShipmentRequest, ShipmentStatus, clean, currency_code

#: What `options["incoterm"]` may say: the rules of 2020 that carriers of parcels take.
INCOTERMS = frozenset({"CFR", "CIF", "CIP", "CPT", "DAP", "DDP", "EXW", "FAS", "FCA", "FOB"})
_HS_CODE = re.compile(r"[0-9]{6,12}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MOST_VALUE = Decimal(99_999_999)


class Declared(msgspec.Struct, frozen=True):
    """The goods of a whole shipment, as customs hear of them. `value` is that of all pieces together, `quantity` of single articles."""

    description: str
    value: Money
    quantity: int = 1
    hs_code: str = ""
    made_in: str = "TR"
    incoterm: str = "DAP"

    @property
    def unit_value(self) -> Decimal:
        """Of one article, to six decimals: quantity × this may differ from `value` in the last of them."""
        return (self.value.amount / self.quantity).quantize(Decimal("0.000001")).normalize()


def refused_option(field: str, why: str, example: str = "") -> Message:
    """A wish or a setting that the carrier would not take; `why` is a rule, or the key of a reason that has words."""
    return Message("config.field", {"field": field, "why": why, "example": example}, field=field)


def address_lines(text: str, width: int, most: int) -> tuple[str, ...] | None:
    """`text` in at most `most` lines of at most `width` characters, broken between words; None where it does not fit so."""
    lines: list[str] = []
    for word in clean(text).split():
        if len(word) > width:
            return None
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines) if 1 <= len(lines) <= most else None


def only_documents(request: ShipmentRequest) -> bool:
    """Papers without a value of trade: customs hear of nothing."""
    return request.options.get("goods") == "documents"


def declared_goods(request: ShipmentRequest) -> Declared | Message | None:
    """From the options `declared_value`, `currency`, `quantity`, `hs_code`, `made_in` and `incoterm`; None where no value is told, and
    the first of them that cannot be read as a Message."""
    told = request.options
    if not told.get("declared_value") or only_documents(request):
        return None
    try:
        amount = Decimal(told["declared_value"])
    except InvalidOperation:
        return refused_option("declared_value", "> 0", "149.90")
    if not amount.is_finite() or not 0 < amount <= _MOST_VALUE:
        return refused_option("declared_value", "> 0", "149.90")
    try:
        value = Money.of(amount, currency_code(told.get("currency", "") or "TRY"))
    except ValueError:
        return refused_option("currency", "ISO 4217", "EUR")
    quantity = told.get("quantity", "") or "1"
    if not (quantity.isascii() and quantity.isdigit() and 1 <= int(quantity) <= 9_999):
        return refused_option("quantity", "1–9999", "1")
    hs_code = re.sub(r"[ .]", "", told.get("hs_code", ""))
    if hs_code and not _HS_CODE.fullmatch(hs_code):
        return refused_option("hs_code", "6–12 digits", "691200")
    made_in = told.get("made_in", "") or "TR"
    if not _COUNTRY.fullmatch(made_in):
        return refused_option("made_in", "ISO 3166", "TR")
    incoterm = told.get("incoterm", "") or "DAP"
    if incoterm not in INCOTERMS:
        return refused_option("incoterm", ", ".join(sorted(INCOTERMS)), "DAP")
    return Declared(clean(request.content, 200), value, int(quantity), hs_code, made_in, incoterm)


#: How far a parcel is, for those that go together.
_WAY = (
    ShipmentStatus.CREATED,
    ShipmentStatus.ACCEPTED,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELIVERED,
)


def whole_status(pieces: Sequence[ShipmentStatus]) -> ShipmentStatus:
    """Of a shipment by those of its pieces: delivered when all are, a problem when one has it; pieces called off do not count, unless
    all are."""
    living = [one for one in pieces if one is not ShipmentStatus.CANCELLED]
    if not living:
        return ShipmentStatus.CANCELLED if pieces else ShipmentStatus.UNKNOWN
    if len(set(living)) == 1:
        return living[0]
    if ShipmentStatus.PROBLEM in living or ShipmentStatus.RETURNED in living:
        return ShipmentStatus.PROBLEM
    ranks = sorted({_WAY.index(one) for one in living if one in _WAY})
    if not ranks:
        return ShipmentStatus.UNKNOWN
    arrived = _WAY.index(ShipmentStatus.DELIVERED)
    behind = [rank for rank in ranks if rank < arrived]
    if not behind:
        return ShipmentStatus.UNKNOWN  # one of them is in a state that nobody knows
    return (
        _WAY[max(behind[-1], _WAY.index(ShipmentStatus.IN_TRANSIT))] if len(behind) < len(ranks) else _WAY[behind[-1]]
    )
