"""What is asked of Aras Kargo: codes, field rules and the SOAP bodies of its two services. Pure.

Must never cut a name or an address to fit: what the carrier would refuse is refused here, naming the field.
Source of the facts: reference/cargo.md, "## Aras Kargo" (the carrier's PDFs; its WSDLs are not public).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec
from lxml import etree

from app.contracts import Account, Message, fail
from app.kit import Call, Node, soap_call
from app.kit.parcels import receiver_name, receiver_phone, refused_receiver, total_desi, total_kilograms
from app.model import Parcel, Payer, ShipmentRequest, clean

NAMESPACE = "http://tempuri.org/"
ORDERS_PATH = "/arascargoservice.asmx"
QUERY_PATH = "/ArasCargoCustomerIntegrationService/ArasCargoIntegrationService.svc"
CODES_A_QUERY = 50  # no ceiling is published
_BY_CODES, _DELIVERED_TODAY = "39", "31"  # kinds of question; 39 is the one with event times and the reason of a return
_PLAIN_CODE = re.compile(r"[0-9]{6,16}")
_HEAVIEST = Decimal("999999.999")
#: Children of Order: the required ones first, then the optional ones, each in the order in which the reference lists them.
FIELDS = (
    "UserName", "Password", "TradingWaybillNumber", "IntegrationCode", "ReceiverName", "ReceiverAddress", "ReceiverPhone1",
    "ReceiverCityName", "ReceiverTownName", "PayorTypeCode", "IsWorldWide", "InvoiceNumber", "VolumetricWeight", "Weight",
    "PieceCount", "SpecialField1", "IsCod", "CodAmount", "CodCollectionType", "CodBillingType", "Description", "TaxNumber",
    "TaxOffice", "SenderAccountAddressId",
)  # fmt: skip


class User(msgspec.Struct, frozen=True):
    """One of the two users: `orders` opens shipments, `query` asks for their way. `field`: the credential of its password."""

    name: str
    password: str
    field: str

    def __repr__(self) -> str:
        return f"User({self.name!r})"


def orders_user(account: Account) -> User:
    """Raises YoursError (`config.field`) naming the credential that is missing."""
    return _user(account, "order")


def query_user(account: Account) -> User:
    """The same for the query service, which also wants the customer code."""
    if not account.setting("customer_code"):
        raise fail(_config("customer_code", "missing"))
    return _user(account, "query")


def _user(account: Account, kind: str) -> User:
    name, password = account.setting(f"{kind}_username"), account.secret(f"{kind}_password")
    for key, value in (("username", name), ("password", password)):
        if not value:
            raise fail(_config(f"{kind}_{key}", "missing"))
    return User(name, password, f"{kind}_password")


# -- codes ---------------------------------------------------------------------------------------------------------------
def integration_code(reference: str) -> str:
    """The number that Aras knows the shipment by. A reference of 6–16 digits is the code itself; of any other it is 16 digits
    of its SHA-256, so that the same reference always finds the same shipment."""
    return reference if _PLAIN_CODE.fullmatch(reference) else number_of(reference, 16)


def number_of(text: str, length: int) -> str:
    """A decimal number of exactly that length, without a leading zero."""
    low = 10 ** (length - 1)
    return str(low + int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % (9 * low))


def piece_barcodes(reference: str, count: int) -> tuple[str, ...]:
    """What each piece carries as Code 128: the code and two digits for the piece."""
    code = integration_code(reference)
    return tuple(f"{code}{piece:02}" for piece in range(1, count + 1))


# -- rules ---------------------------------------------------------------------------------------------------------------
_LENGTHS = {"name": (1, 100), "street": (1, 250), "city": (1, 40), "district": (1, 16)}


def check_request(request: ShipmentRequest) -> Message | None:
    """The first field that Aras would refuse."""
    wrong = refused_receiver(request, _LENGTHS)
    if wrong is not None:
        return wrong
    for field, value, most in (
        ("waybill_no", waybill_number(request), 16),
        ("invoice_number", request.invoice_number, 20),
    ):
        if len(value) > most:
            return _config(field, f"0–{most}")
    if not 1 <= len(request.parcels) <= 99:
        return _config("parcels", "1–99")
    if max(total_desi(request), total_kilograms(request)) > _HEAVIEST:
        return _config("parcels", f"0–{_HEAVIEST}")
    return _check_money(request)


def _check_money(request: ShipmentRequest) -> Message | None:
    money = request.cash_on_delivery
    if money is None:
        return None
    if money.currency != "TRY" or money.amount <= 0:
        return _config("cash_on_delivery", "> 0 TRY")
    if request.payer is Payer.RECEIVER:  # the carrier's 942
        return _config("payer", "choice")
    if request.options.get("cod_method", "cash") not in ("cash", "card"):
        return _config("cod_method", "choice")
    return None


def _config(field: str, why: str) -> Message:
    return Message("config.field", {"field": field, "why": why}, field=field)


def waybill_number(request: ShipmentRequest) -> str:
    """The number of the seller's dispatch note, which Aras wants of every shipment; without one it is the code."""
    return request.options.get("waybill_no", "") or integration_code(request.reference)


def _double(value: Decimal, most: int = 10) -> str:
    """double(9,3) as plain text of at most so many letters; '' for nothing known."""
    for places in ("0.001", "0.01", "0.1", "1"):
        text = format(value.quantize(Decimal(places)).normalize(), "f")
        if len(text) <= most:
            break
    return text if value > 0 and text != "0" else ""


# -- bodies --------------------------------------------------------------------------------------------------------------
def _nodes(fields: Sequence[tuple[str, str]]) -> list[Node]:
    return [(f"{{{NAMESPACE}}}{name}", value) for name, value in fields if value]


def _group(name: str, inside: list[Node]) -> Node:
    return (f"{{{NAMESPACE}}}{name}", inside)


def order_fields(account: Account, request: ShipmentRequest) -> dict[str, str]:
    """Filled fields of Order by name, without its pieces and its user."""
    to = request.receiver
    money = request.cash_on_delivery
    cod = {} if money is None else {
        "IsCod": "1", "CodAmount": money.rounded().text(), "CodBillingType": "0",
        "CodCollectionType": "1" if request.options.get("cod_method", "cash") == "card" else "0",
    }  # fmt: skip
    fields = cod | {
        "TradingWaybillNumber": waybill_number(request),
        "IntegrationCode": integration_code(request.reference),
        "ReceiverName": receiver_name(request),
        "ReceiverAddress": clean(to.street),
        "ReceiverPhone1": receiver_phone(request),
        "ReceiverCityName": clean(to.city),
        "ReceiverTownName": clean(to.district),
        "PayorTypeCode": "2" if request.payer is Payer.RECEIVER else "1",
        "IsWorldWide": "0",
        "InvoiceNumber": request.invoice_number,
        "VolumetricWeight": _double(total_desi(request)),
        "Weight": _double(total_kilograms(request)),
        "PieceCount": str(len(request.parcels)),
        "SpecialField1": clean(request.order_number, 100),
        "Description": clean(f"{request.content} {request.note}", 255),
        "TaxNumber": clean(to.tax_number, 11),
        "TaxOffice": clean(to.tax_office, 60),
        "SenderAccountAddressId": account.setting("sender_address_id"),
    }
    return {name: fields[name] for name in FIELDS if fields.get(name)}


def _piece(parcel: Parcel, barcode: str) -> Node:
    kilograms = Decimal(parcel.weight_g) / 1000
    return _group("PieceDetail", _nodes([
        ("VolumetricWeight", _double(parcel.desi, 6)), ("Weight", _double(kilograms, 6)), ("BarcodeNumber", barcode),
    ]))  # fmt: skip


# -- calls ---------------------------------------------------------------------------------------------------------------
def create_request(account: Account, request: ShipmentRequest) -> Call:
    """Not repeatable by itself, though Aras takes a second one of the same code as an update: it does so twenty times at most."""
    user = orders_user(account)
    who = [("UserName", user.name), ("Password", user.password)]
    barcodes = piece_barcodes(request.reference, len(request.parcels))
    pieces = [_piece(parcel, barcode) for parcel, barcode in zip(request.parcels, barcodes, strict=True)]
    order = _group("Order", [*_nodes([*who, *order_fields(account, request).items()]), _group("PieceDetails", pieces)])
    inside = [_group("orderInfo", [order]), *_nodes([("userName", user.name), ("password", user.password)])]
    return _orders_call(account, "create", "SetOrder", inside, repeatable=False)


def order_request(account: Account, code: str, operation: str = "find") -> Call:
    """Whether the order service knows a code."""
    return _of_code(account, operation, "GetOrderWithIntegrationCode", code, repeatable=operation != "probe")


def cancel_request(account: Account, code: str) -> Call:
    """A second cancellation is answered as well as the first."""
    return _of_code(account, "cancel", "CancelDispatch", code, repeatable=True)


def label_request(account: Account, code: str, operation: str = "label") -> Call:
    """The carrier's own label, which only accounts with that right get. Its user is spelt with capital letters."""
    user = orders_user(account)
    inside = _nodes([("Username", user.name), ("Password", user.password), ("integrationCode", code)])
    return _orders_call(account, operation, "GetArasBarcode", inside, repeatable=operation != "probe")


def _of_code(account: Account, operation: str, action: str, code: str, *, repeatable: bool) -> Call:
    user = orders_user(account)
    inside = _nodes([("userName", user.name), ("password", user.password), ("integrationCode", code)])
    return _orders_call(account, operation, action, inside, repeatable=repeatable)


def _orders_call(account: Account, operation: str, action: str, inside: list[Node], *, repeatable: bool) -> Call:
    path = account.urls.get("orders") or ORDERS_PATH
    return soap_call(path, operation, NAMESPACE + action, (action, inside), namespace=NAMESPACE, repeatable=repeatable)


def track_request(account: Account, codes: Sequence[str], operation: str = "track") -> Call:
    """The state of shipments by their codes; those whose waybill is not cut yet are not known to this service."""
    return _query_call(account, operation, [("QueryType", _BY_CODES), ("IntegrationCode", ",".join(codes))])


def probe_request(account: Account) -> Call:
    """How many parcels were delivered today: the cheapest question."""
    return msgspec.structs.replace(_query_call(account, "probe", [("QueryType", _DELIVERED_TODAY)]), repeatable=False)


def _query_call(account: Account, operation: str, question: list[tuple[str, str]]) -> Call:
    """Both arguments are XML as text, so that they are escaped a second time in the envelope."""
    user = query_user(account)
    login = [
        ("UserName", user.name),
        ("Password", user.password),
        ("CustomerCode", account.setting("customer_code")),
    ]
    inside = _nodes([("loginInfo", _text("LoginInfo", login)), ("queryInfo", _text("QueryInfo", question))])
    action = f"{NAMESPACE}IArasCargoIntegrationService/GetQueryXML"
    path = account.urls.get("query") or QUERY_PATH
    return soap_call(path, operation, action, ("GetQueryXML", inside), namespace=NAMESPACE, repeatable=True)


def _text(name: str, fields: Sequence[tuple[str, str]]) -> str:
    root = etree.Element(name)
    for field, value in fields:
        etree.SubElement(root, field).text = "".join(c for c in value if c.isprintable())
    return etree.tostring(root, encoding="unicode")
