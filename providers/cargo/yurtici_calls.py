"""What is asked of Yurtiçi Kargo: key sets, our keys, field rules and the SOAP bodies. Pure.

Must never cut a name or an address to fit: what the carrier would refuse is refused here, naming the field.
Source of the facts: reference/cargo.md, "## Yurtiçi Kargo" (no WSDL of the carrier is public).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.contracts import Account, Message, fail
from app.kit import Call, Node, soap_call
from app.kit.parcels import (
    address_refused,
    receiver_name,
    receiver_phone,
    refused_receiver,
    total_desi,
    total_kilograms,
)
from app.model import Payer, ShipmentRequest, clean

PATH = "/KOPSWebServices/ShippingOrderDispatcherServices"
NAMESPACE = "http://yurticikargo.com.tr/ShippingOrderDispatcherServices"
KEYS_A_QUERY = 50  # no ceiling is published
#: Children of ShippingOrderVO in the order in which the reference lists them.
FIELDS = (
    "cargoKey", "invoiceKey", "receiverCustName", "receiverAddress", "receiverPhone1", "receiverPhone2", "receiverPhone3",
    "cityName", "townName", "custProdId", "desi", "kg", "cargoCount", "waybillNo", "specialField1", "specialField2",
    "specialField3", "description", "emailAddress", "taxNumber", "taxOfficeId", "taxOfficeName", "orgReceiverCustId",
    "orgGeoCode", "privilegeOrder", "ttCollectionType", "ttInvoiceAmount", "ttDocumentId", "ttDocumentSaveType",
    "dcSelectedCredit", "dcCreditRule",
)  # fmt: skip
_PLAIN_KEY = re.compile(r"[A-Za-z0-9]{6,20}")
_HEAVIEST = Decimal("999999.999")


class Payment(StrEnum):
    """Yurtiçi keeps one user for each way of paying; the value is the prefix of its credential fields."""

    SENDER = ""
    RECEIVER = "receiver"
    COD_CASH = "cod_cash"
    COD_CARD = "cod_card"

    def field(self, key: str) -> str:
        return f"{self.value}_{key}" if self.value else key


class KeySet(msgspec.Struct, frozen=True):
    payment: Payment
    user: str
    password: str
    language: str

    def __repr__(self) -> str:
        return f"KeySet({self.payment.name}, {self.user!r})"


def key_set(account: Account, payment: Payment) -> KeySet:
    """Raises YoursError (`config.field`) naming the credential that this way of paying needs."""
    user = account.setting(payment.field("username")) or account.secret(payment.field("username"))
    password = account.secret(payment.field("password"))
    for key, value in (("username", user), ("password", password)):
        if not value:
            name = payment.field(key)
            raise fail(Message("config.field", {"field": name, "why": "missing"}, field=name))
    return KeySet(payment, user, password, account.setting("language", "TR"))


def key_sets(account: Account) -> list[KeySet]:
    """All that are filled in, the sender's first. Raises YoursError when that one is not."""
    others = (Payment.RECEIVER, Payment.COD_CASH, Payment.COD_CARD)
    held = [payment for payment in others if account.secret(payment.field("password"))]
    return [key_set(account, payment) for payment in (Payment.SENDER, *held)]


def payment_of(request: ShipmentRequest) -> Payment:
    """Raises YoursError where no user of the carrier's fits: with cash on delivery the freight is the sender's."""
    if request.cash_on_delivery is None:
        return Payment.RECEIVER if request.payer is Payer.RECEIVER else Payment.SENDER
    method = request.options.get("cod_method", "cash")
    if request.payer is Payer.RECEIVER or method not in ("cash", "card"):
        name = "payer" if request.payer is Payer.RECEIVER else "cod_method"
        raise fail(Message("config.field", {"field": name, "why": "choice"}, field=name))
    return Payment.COD_CARD if method == "card" else Payment.COD_CASH


# -- keys ----------------------------------------------------------------------------------------------------------------
def cargo_key(reference: str) -> str:
    """The key that the parcel carries as Code 128. A reference of 6–20 letters and digits is the key itself; of any other the
    key is the first 18 decimal digits of its SHA-256, so that the same reference always finds the same parcel."""
    return reference if _PLAIN_KEY.fullmatch(reference) else _number(reference, 18)


def invoice_key(request: ShipmentRequest) -> str:
    return request.invoice_number or cargo_key(request.reference)


def _number(text: str, length: int) -> str:
    """A decimal number of exactly that length, without a leading zero."""
    low = 10 ** (length - 1)
    return str(low + int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % (9 * low))


# -- rules ---------------------------------------------------------------------------------------------------------------
def check_request(request: ShipmentRequest) -> Message | None:
    """The first field that Yurtiçi would refuse. Limits are the stricter ones where the sources disagree."""
    name = receiver_name(request)
    if len(name) < 5 or len(name) > 100 or sum(c.isalpha() for c in name) < 4:
        return address_refused("name", "5–100, 4 letters")
    wrong = refused_receiver(
        request, {"street": (10, 200), "city": (0, 40), "district": (0, 40)}, phone_rule="10–11 digits"
    )
    if wrong is not None:
        return wrong
    for field, value in (
        ("invoice_number", invoice_key(request)),
        ("waybill_no", request.options.get("waybill_no", "")),
    ):
        if len(value) > 20:
            return _config(field, "0–20")
    if len(request.options.get("email", "")) > 200:
        return _config("email", "0–200")
    if not request.parcels:
        return _config("parcels", "1")
    if max(total_desi(request), total_kilograms(request)) > _HEAVIEST:
        return _config("parcels", f"0–{_HEAVIEST}")
    money = request.cash_on_delivery
    if money is not None and (money.currency != "TRY" or money.amount <= 0):
        return _config("cash_on_delivery", "> 0 TRY")
    return None


def _config(field: str, rule: str) -> Message:
    return Message("config.field", {"field": field, "why": rule}, field=field)


def _double(value: Decimal) -> str:
    """double(9,3) as plain text; '' for nothing known."""
    return format(value.quantize(Decimal("0.001")).normalize(), "f") if value > 0 else ""


# -- calls ---------------------------------------------------------------------------------------------------------------
def _call(operation: str, action: str, keys: KeySet, language: str, rest: list[Node], *, repeatable: bool) -> Call:
    who: list[Node] = [("wsUserName", keys.user), ("wsPassword", keys.password), (language, keys.language)]
    return soap_call(PATH, operation, "", (action, [*who, *rest]), namespace=NAMESPACE, repeatable=repeatable)


def order_fields(request: ShipmentRequest) -> dict[str, str]:
    """Filled fields of ShippingOrderVO by name. Invoice based: one key a shipment, the branch counts the pieces."""
    to = request.receiver
    money = request.cash_on_delivery
    key, phone = cargo_key(request.reference), receiver_phone(request)
    order = clean(request.order_number.replace("$", " ").replace("#", " "), 100)
    fields = {
        "cargoKey": key,
        "invoiceKey": invoice_key(request),
        "receiverCustName": receiver_name(request),
        "receiverAddress": clean(to.street),
        "receiverPhone1": f"0{phone}" if phone else "",
        "cityName": clean(to.city),
        "townName": clean(to.district),
        "desi": _double(total_desi(request)),
        "kg": _double(total_kilograms(request)),
        "cargoCount": str(len(request.parcels)),
        "waybillNo": request.options.get("waybill_no", ""),
        "specialField1": f"3${order}#" if order else "",  # packed as id$value#; 3 is the order number
        "description": clean(f"{request.content} {request.note}", 255),
        "emailAddress": request.options.get("email", ""),
        "taxNumber": clean(to.tax_number, 11),
        "taxOfficeName": clean(to.tax_office, 60),
    }
    if money is not None:
        card = payment_of(request) is Payment.COD_CARD
        fields |= {
            "ttCollectionType": "1" if card else "0",
            "ttInvoiceAmount": money.rounded().text(),
            "ttDocumentId": _number("cod " + key, 12),
            "ttDocumentSaveType": request.options.get("cod_document", "0"),
        }
        if card:
            fields |= {"dcSelectedCredit": request.options.get("instalments", "1"), "dcCreditRule": "1"}
    return {name: fields[name] for name in FIELDS if fields.get(name)}


def create_request(keys: KeySet, request: ShipmentRequest) -> Call:
    """Not repeatable by itself: a lost answer is looked up first, and a key that exists is adopted."""
    order: Node = ("ShippingOrderVO", [*order_fields(request).items()])
    return _call("create", "createShipment", keys, "userLanguage", [order], repeatable=False)


def query_request(keys: KeySet, cargo_keys: Sequence[str], operation: str = "find", *, history: bool = False) -> Call:
    """By cargoKey. The carrier refuses the same key within a minute, so not even this is repeated by itself."""
    rest: list[Node] = [
        *(("keys", key) for key in cargo_keys),
        ("keyType", "0"),
        ("addHistoricalData", "true" if history else "false"),
        ("onlyTracking", "false"),
    ]
    return _call(operation, "queryShipment", keys, "wsLanguage", rest, repeatable=False)


def cancel_request(keys: KeySet, key: str) -> Call:
    """A second cancellation is answered with "already cancelled"."""
    return _call("cancel", "cancelShipment", keys, "userLanguage", [("cargoKeys", key)], repeatable=True)
