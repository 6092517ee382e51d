"""What is asked of DHL eCommerce Türkiye (MNG Kargo): our references, field rules and the JSON bodies. Pure.

Must never make up a tax number, nor cut a name or an address to fit: what the carrier would refuse is refused here, naming the
field. Source of the facts: reference/cargo.md, "## MNG Kargo (DHL eCommerce Türkiye)" (no swagger of the carrier is public).
"""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Account, Message, fail
from app.kit import Call, encode_json, httpx, json_call, segment
from app.kit.parcels import address_refused, receiver_name, receiver_phone, refused_receiver, whole_measures
from app.model import Payer, ShipmentRequest, clean

BASE = "/mngapi/api"
DELIVER_TO_DOOR, DELIVER_TO_BRANCH = 1, 2
PARCEL_PACKAGING = 3
NAME, STREET = (2, 100), (5, 200)  # no limits are published: what other domestic carriers take
MOST_KG, MOST_PIECES = 9_999, 99
_PLAIN_KEY = re.compile(r"[A-Z0-9]{3,20}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Place(msgspec.Struct, frozen=True):
    """A province and district as the carrier's own list has them."""

    city_code: int
    city: str
    district_code: int
    district: str


class Piece(msgspec.Struct, frozen=True):
    """One box; whole kilograms and desi, rounded up: the carrier takes nothing else."""

    barcode: str
    desi: int
    kg: int
    content: str = ""


class Goods(msgspec.Struct, frozen=True):
    """What of an order its barcode is made from. `cash` in TRY, 0: nothing is collected."""

    key: str
    pieces: tuple[Piece, ...]
    cash: Decimal = Decimal(0)
    waybill: str = ""


# -- our references ------------------------------------------------------------------------------------------------------
def order_key(reference: str) -> str:
    """The carrier's referenceId and the barcode of the order: unique, capitals, at most 20 (sources say 20 or 30). A reference
    that is none is told by the first 18 decimal digits of its SHA-256, so that it always finds the same order."""
    if _PLAIN_KEY.fullmatch(reference):
        return reference
    low = 10**17
    return str(low + int.from_bytes(hashlib.sha256(reference.encode()).digest(), "big") % (9 * low))


def goods_of(request: ShipmentRequest) -> Goods:
    key = order_key(request.reference)
    content = clean(request.content, 100)
    pieces = tuple(Piece(f"{key}_{n}", *whole_measures(parcel), content) for n, parcel in enumerate(request.parcels, 1))
    money = request.cash_on_delivery
    cash = money.rounded().amount if money is not None else Decimal(0)
    return Goods(key, pieces, cash, request.options.get("waybill_no", ""))


# -- rules ---------------------------------------------------------------------------------------------------------------
def receiver_email(account: Account, request: ShipmentRequest) -> str:
    """The order's own, else the one of the connection: the carrier does not do without."""
    return request.options.get("email", "") or account.setting("email")


def check_request(account: Account, request: ShipmentRequest) -> Message | None:
    """The first field that the carrier would refuse. The district is looked up in its list later."""
    wrong = refused_receiver(request, {"name": NAME, "street": STREET})
    if wrong is not None:
        return wrong
    tax = clean(request.receiver.tax_number)
    if tax and not (tax.isascii() and tax.isdigit() and len(tax) in (10, 11)):
        return address_refused("tax_number", "10–11 digits")
    if not _EMAIL.fullmatch(receiver_email(account, request)):
        return _config("email", "name@host", "siparis@magazaniz.com")
    if not 1 <= len(request.parcels) <= MOST_PIECES:
        return _config("parcels", f"1–{MOST_PIECES}", "1")
    for parcel in request.parcels:
        if parcel.weight_g <= 0 and parcel.desi <= 0:
            return _config("parcels", "desi/kg > 0", "1 desi")
        if max(whole_measures(parcel)) > MOST_KG:
            return _config("parcels", f"1–{MOST_KG}", "1 desi")
    money = request.cash_on_delivery
    if money is not None and (money.currency != "TRY" or money.amount <= 0):
        return _config("cash_on_delivery", "> 0 TRY", "150.00")
    if request.options.get("delivery", "address") not in ("address", "branch"):
        return _config("delivery", "address, branch", "address")
    return None


def _config(field: str, rule: str, example: str) -> Message:
    return Message("config.field", {"field": field, "why": rule, "example": example}, field=field)


# -- the token -----------------------------------------------------------------------------------------------------------
def gateway_headers(account: Account) -> dict[str, str]:
    """The application's keys: on every call."""
    return {"x-ibm-client-id": account.setting("client_id"), "x-ibm-client-secret": account.secret("client_secret")}


def token_request(account: Account) -> httpx.Request:
    """Raises YoursError when the customer number is none. Asking twice is harmless."""
    number = account.setting("customer_number")
    if not (number.isascii() and number.isdigit()):
        raise fail(Message("config.field", {"field": "customer_number", "why": "digits"}, field="customer_number"))
    body = {"customerNumber": int(number), "password": account.secret("password"), "identityType": 1}
    headers = {"accept": "application/json", "content-type": "application/json", **gateway_headers(account)}
    extensions = {"operation": "token", "group": "default", "repeatable": True}
    url = f"{account.base_url.rstrip('/')}{BASE}/token"
    return httpx.Request("POST", url, content=encode_json(body), headers=headers, extensions=extensions)


# -- calls ---------------------------------------------------------------------------------------------------------------
_ACCEPT = (("accept", "application/json"),)


def _get(path: str, operation: str) -> Call:
    return Call("GET", f"{BASE}/{path}", operation, headers=_ACCEPT)


def _write(method: str, path: str, operation: str, body: Any = None) -> Call:
    """Never repeated by itself: a lost answer is looked up."""
    return json_call(method, f"{BASE}/{path}", operation, body, headers=_ACCEPT, repeatable=False)


def cities_request() -> Call:
    """CBS info, which wants the application's keys only."""
    return _get("cbsinfoapi/getcities", "places")


def districts_request(city_code: int) -> Call:
    return _get(f"cbsinfoapi/getdistricts/{city_code}", "places")


def create_request(account: Account, request: ShipmentRequest, place: Place) -> Call:
    """The order. Nothing is invoiced by it; the branch that will deliver is looked up by the carrier in the minutes after."""
    goods, to = goods_of(request), request.receiver
    content = clean(request.content, 100)
    order = {
        "referenceId": goods.key,
        "barcode": goods.key,
        "billOfLandingId": goods.waybill,
        "isCOD": int(goods.cash > 0),
        "codAmount": goods.cash,
        "shipmentServiceType": 1,
        "packagingType": PARCEL_PACKAGING,
        "content": content,
        "smsPreference1": 0,
        "smsPreference2": 0,
        "smsPreference3": 0,
        "paymentType": 2 if request.payer is Payer.RECEIVER else 1,
        "deliveryType": DELIVER_TO_BRANCH if request.options.get("delivery") == "branch" else DELIVER_TO_DOOR,
        "description": clean(f"{request.order_number} {request.note}", 200) or content,
        "marketPlaceShortCode": "",
        "marketPlaceSaleCode": "",
    }
    recipient = {
        "refCustomerId": "",
        "cityCode": place.city_code,
        "districtCode": place.district_code,
        "cityName": place.city,
        "districtName": place.district,
        "address": clean(to.street),
        "fullName": receiver_name(request),
        "mobilePhoneNumber": receiver_phone(request),
        "email": receiver_email(account, request),
        "taxOffice": clean(to.tax_office, 60),
        "taxNumber": clean(to.tax_number, 11),
    }
    body = {"order": order, "orderPieceList": list(goods.pieces), "recipient": recipient}
    return _write("POST", "standardcmdapi/createOrder", "create", body)


def barcode_request(goods: Goods) -> Call:
    """The label, and with it the invoice of the shipment."""
    body = {
        "referenceId": goods.key,
        "billOfLandingId": goods.waybill,
        "isCOD": int(goods.cash > 0),
        "codAmount": goods.cash,
        "packagingType": PARCEL_PACKAGING,
        "printReferenceBarcodeOnError": 0,
        "message": "",
        "additionalContent1": "",
        "additionalContent2": "",
        "additionalContent3": "",
        "additionalContent4": "",
        "orderPieceList": list(goods.pieces),
    }
    return _write("POST", "barcodecmdapi/createbarcode", "label", body)


def order_request(key: str, operation: str = "find") -> Call:
    return _get(f"standardqueryapi/getorder/{segment(key)}", operation)


def shipment_request(key: str) -> Call:
    return _get(f"standardqueryapi/getshipment/{segment(key)}", "find")


def status_request(key: str) -> Call:
    return _get(f"standardqueryapi/getshipmentstatus/{segment(key)}", "track")


def moves_request(key: str) -> Call:
    return _get(f"standardqueryapi/trackshipment/{segment(key)}", "track")


def cancel_shipment_request(key: str, shipment_id: str) -> Call:
    """Takes the barcode and its invoice back: the same day, before a branch has scanned the parcel."""
    body = {"referenceId": key, "shipmentId": shipment_id}
    return _write("PUT", "barcodecmdapi/cancelshipment", "cancel_label", body)


def cancel_order_request(key: str) -> Call:
    return _write("PUT", f"standardcmdapi/cancelorder/{segment(key)}", "cancel")
