"""How the fake FedEx speaks: its error shape and codes, services, packagings, stocks, the words of its tracking, prices.

Source: specs/fedex and reference/cargo.md, "## FedEx". [U] marks what is chosen here: the exports name few codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from providers.sandboxes import exact
from providers.sandboxes.exact import Call, parsed
from providers.sandboxes.forms import Forms, Wrong

Row = dict[str, Any]
UNAUTHORISED, FORBIDDEN, INTERNAL, ACCOUNT = (
    "NOT.AUTHORIZED.ERROR", "FORBIDDEN.ERROR", "INTERNAL.SERVER.ERROR", "ACCOUNTNUMBER.REGISTRATION.REQUIRED",
)  # fmt: skip
TRACK_UNKNOWN = "TRACKING.TRACKINGNUMBER.NOTFOUND"
#: [U] from here.
GRANT, BODY, FIELD, COMBINATION, STOCK, CUSTOMS, STATE, WEIGHT, PARTY, NO_SHIPMENT, TENDERED, CANCELLED, CLOSED, TOO_MANY, DATE, PAYOR = (
    "BAD.REQUEST.ERROR", "INVALID.JSON.FORMAT", "INVALID.INPUT.EXCEPTION", "SERVICE.PACKAGECOMBINATION.INVALID", "LABELSTOCKTYPE.IMAGETYPE.INVALID",
    "CUSTOMSCLEARANCEDETAIL.REQUIRED", "STATEORPROVINCECODE.REQUIRED", "PACKAGEWEIGHT.INVALID", "COMPANYNAME.OR.PERSONNAME.REQUIRED",
    "TRACKINGNUMBER.NOT.FOUND", "SHIPMENT.ALREADY.TENDERED", "SHIPMENT.ALREADY.CANCELLED", "ACCOUNT.NOT.ACTIVE", "TOO.MANY.REQUESTS",
    "SHIPDATESTAMP.INVALID", "PAYOR.ACCOUNTNUMBER.INVALID",
)  # fmt: skip
REFERENCE_UNKNOWN = "TRACKING.REFERENCENUMBER.NOTFOUND"

#: From Türkiye, with the price of the first kilogram and of each further one in kuruş, without VAT, and days on the way.
SERVICES = {
    "FEDEX_INTERNATIONAL_PRIORITY": ("FedEx International Priority®", 238_000, 29_000, 2),
    "FEDEX_INTERNATIONAL_PRIORITY_EXPRESS": ("FedEx International Priority® Express", 271_000, 31_000, 1),
    "INTERNATIONAL_ECONOMY": ("FedEx International Economy®", 171_000, 21_000, 5),
    "FEDEX_INTERNATIONAL_CONNECT_PLUS": ("FedEx International Connect Plus®", 142_000, 17_500, 4),
    "INTERNATIONAL_FIRST": ("FedEx International First®", 389_000, 42_000, 1),
}  # fmt: skip
PACKAGINGS = {
    "YOUR_PACKAGING", "FEDEX_ENVELOPE", "FEDEX_BOX", "FEDEX_SMALL_BOX", "FEDEX_MEDIUM_BOX", "FEDEX_LARGE_BOX", "FEDEX_EXTRA_LARGE_BOX",
    "FEDEX_10KG_BOX", "FEDEX_25KG_BOX", "FEDEX_PAK", "FEDEX_TUBE",
}  # fmt: skip
#: imageType -> (kind of label, first letters of the stock).
IMAGES = {"ZPLII": ("ZPL", "STOCK"), "EPL2": ("EPL", "STOCK"), "PDF": ("PDF", "PAPER"), "PNG": ("PNG", "PAPER")}
MOST_GRAMS = 68_000
#: A parcel's step -> (code, derived code, event, exception code, English, Turkish). [U] the events and both texts of exceptions.
STATES = {
    "registered": ("OC", "IN", "OC", "", "Shipment information sent to FedEx", "Gönderi bilgileri FedEx'e iletildi"),
    "accepted": ("PU", "PU", "PU", "", "Picked up", "Teslim alındı"),
    "left": ("DP", "IT", "DP", "", "Left FedEx origin facility", "FedEx çıkış tesisinden ayrıldı"),
    "arrived": ("AR", "IT", "AR", "", "At local FedEx facility", "Yerel FedEx tesisinde"),
    "out": ("OD", "IT", "OD", "", "On FedEx vehicle for delivery", "Teslimat için FedEx aracında"),
    "delivered": ("DL", "DL", "DL", "", "Delivered", "Teslim edildi"),
    "failed": ("DE", "DE", "DE", "08", "Delivery exception", "Teslimat istisnası"),
    "returning": ("SE", "SE", "SE", "A6", "Shipment exception", "Gönderi istisnası"),
    "returned": ("RS", "RS", "RS", "", "Returned to shipper", "Göndericiye iade edildi"),
    "lost": ("SE", "SE", "SE", "71", "Shipment exception", "Gönderi istisnası"),
    "cancelled": ("CA", "CA", "CA", "", "Shipment cancelled by sender", "Gönderi gönderici tarafından iptal edildi"),
}  # fmt: skip
EXCEPTIONS = {"08": "Recipient not in", "A6": "Being returned to shipper", "71": "Package search in progress"}


@dataclass(frozen=True)
class FedexCall(Call):
    """`locale`: x-locale. `named`: x-customer-transaction-id."""

    locale: str = "en_US"
    named: str = ""


class Refusal(exact.Refusal):
    """{transactionId, customerTransactionId, errors: [{code, message, parameterList}]}"""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None, field: str = ""
    ) -> None:
        super().__init__(status, message, headers)
        self.code, self.field = code, field

    def body(self) -> Any:
        where = {"parameterList": [{"key": "field", "value": self.field}]} if self.field else {}
        return {"errors": [{"code": self.code, "message": self.message, **where}]}


def bad(code: str, message: str, field: str = "") -> Refusal:
    return Refusal(400, code, message, field=field)


FORM = exact.Form(lambda message: bad(FIELD, message))
_WHYS = {
    "unknown": "{0} is not a known field", "missing": "{0} is required", "type": "{0} must be a {1}", "short": "{0} is shorter than {1}",
    "long": "{0} is longer than {1}", "few": "{0} needs at least {1}", "many": "{0} has more than {1}", "pattern": "{0} must be {1}",
    "value": "{0} is none of the valid values",
}  # fmt: skip


def body_of(call: Call, forms: Forms, root: str) -> Row:
    """Raises Refusal with the first mistake."""
    try:
        data = parsed(call.body)
    except ValueError:
        raise bad(BODY, "The given JSON is invalid. Please modify your request and try again.") from None
    refuse(forms.wrong(root, data))
    found: Row = data
    return found


def refuse(wrongs: Iterable[Wrong]) -> None:
    for one in wrongs:
        raise bad(
            FIELD, f"Invalid field value in the input. {_WHYS[one.why].format(one.dotted, one.limit)}", one.dotted
        )


def price(service: str, grams: int) -> int:
    """Kuruş without VAT."""
    _, first, further, _ = SERVICES[service]
    return first + further * max(0, -(-grams // 1000) - 1)
