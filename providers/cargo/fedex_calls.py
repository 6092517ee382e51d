"""What is asked of FedEx: our references, field rules and the JSON bodies of Ship, Track and Rate. Pure.

Must never cut a name or an address to fit, nor declare a value that the merchant did not name: what FedEx would refuse is refused here,
naming the field. Source of the facts: specs/fedex/{ship-api,track,rate-api}.json; reference/cargo.md, "## FedEx".
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.contracts import Account, Message, fail
from app.kit import Call, httpx, json_call
from app.kit.abroad import Declared, address_lines, declared_goods, only_documents, refused_option
from app.kit.parcels import address_refused, phone_abroad, refused_receiver, sender_of
from app.model import Address, Parcel, Payer, ShipmentRequest, clean

NAME, COMPANY, CITY, POSTCODE = (1, 70), 35, (1, 35), 10  # characters, by the specification
LINE, LINES = 35, 3  # streetLines: beyond three are ignored, says the specification
PHONE = (10, 15)  # digits
MOST_PIECES = 40  # more than that is answered later
MOST_KG, MOST_CM, MOST_VALUE = Decimal(68), 999, Decimal("99999.99")
SERVICES = (
    "FEDEX_INTERNATIONAL_PRIORITY",
    "FEDEX_INTERNATIONAL_PRIORITY_EXPRESS",
    "INTERNATIONAL_ECONOMY",
    "FEDEX_INTERNATIONAL_CONNECT_PLUS",
    "INTERNATIONAL_FIRST",
)
PICKUPS = ("USE_SCHEDULED_PICKUP", "DROPOFF_AT_FEDEX_LOCATION", "CONTACT_FEDEX_TO_SCHEDULE")
#: Our setting → imageType and labelStockType.
LABELS = {"zpl": ("ZPLII", "STOCK_4X6"), "epl": ("EPL2", "STOCK_4X6"), "pdf": ("PDF", "PAPER_4X6"), "png": ("PNG", "PAPER_4X6")}  # fmt: skip
POUNDS = Decimal("2.20462262")
TRACK_AGE = timedelta(days=90)
ISTANBUL = ZoneInfo("Europe/Istanbul")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9-]{3,30}")
_ACCOUNT = re.compile(r"[0-9]{9}")
_STATE = frozenset({"US", "CA", "PR"})


# -- our references ------------------------------------------------------------------------------------------------------
def reference_value(reference: str) -> str:
    """The CUSTOMER_REFERENCE of every piece (its length is not published). One that is not 3–30 letters, digits and dashes is told by
    the first 18 decimal digits of its SHA-256, so that it always finds the same shipment."""
    if _PLAIN_KEY.fullmatch(reference):
        return reference
    low = 10**17
    return str(low + int.from_bytes(hashlib.sha256(reference.encode()).digest(), "big") % (9 * low))


# -- rules ---------------------------------------------------------------------------------------------------------------
def country_of(to: Address) -> str:
    return to.country or "TR"


def street_of(to: Address) -> str:
    """The district belongs to the street: FedEx has no field of its own for it."""
    district = clean(to.district)
    return f"{clean(to.street)} {district}".strip() if district and district != clean(to.city) else clean(to.street)


def abroad(account: Account, request: ShipmentRequest) -> bool:
    return country_of(request.receiver) != country_of(sender_of(account))


def service_of(account: Account, request: ShipmentRequest) -> str:
    return request.options.get("service", "") or account.setting("service", SERVICES[0])


def check_request(account: Account, request: ShipmentRequest) -> Message | None:
    """The first field that FedEx would refuse."""
    to = request.receiver
    rule = f"{PHONE[0]}–{PHONE[1]} digits"
    wrong = refused_receiver(request, {"name": NAME, "city": CITY}, rule, abroad=True)
    if wrong is not None:
        return wrong
    if not PHONE[0] <= len(_digits(phone_abroad(request))) <= PHONE[1]:
        return address_refused("phone", rule)
    if len(clean(to.company)) > COMPANY:
        return address_refused("company", f"0–{COMPANY}")
    if request.cash_on_delivery is not None:
        return refused_option("cash_on_delivery", "not_offered")
    if request.payer is Payer.RECEIVER and not _ACCOUNT.fullmatch(request.options.get("payer_account", "")):
        return refused_option("payer_account", "9: 0–9", "123456789")
    if service_of(account, request) not in SERVICES:
        return refused_option("service", ", ".join(SERVICES), SERVICES[0])
    return check_way(request) or _refused_customs(account, request)


def check_way(request: ShipmentRequest) -> Message | None:
    """What shipments and questions for prices alike must fit."""
    to = request.receiver
    if not clean(to.street) or address_lines(street_of(to), LINE, LINES) is None:
        return address_refused("street", f"1–{LINE * LINES} ({LINES} × {LINE})")
    if country_of(to) in _STATE and not re.fullmatch(r"[A-Z]{2}", clean(to.state)):
        return address_refused("state", "CA, NY, ON …")
    if len(clean(to.postcode)) > POSTCODE:
        return address_refused("postcode", f"0–{POSTCODE}")
    if not 1 <= len(request.parcels) <= MOST_PIECES:
        return refused_option("parcels", f"1–{MOST_PIECES}", "1")
    for parcel in request.parcels:
        if not 0 < kilograms(parcel) <= MOST_KG:
            return refused_option("parcels", f"0.1–{MOST_KG} kg", "1.2 kg")
        if max(_centimetres(parcel)) > MOST_CM:
            return refused_option("parcels", f"1–{MOST_CM} cm", "30 cm")
    goods = declared_goods(request)
    if isinstance(goods, Message):
        return goods
    if goods is not None and goods.value.amount > MOST_VALUE:
        return refused_option("declared_value", f"0–{MOST_VALUE}", "149.90")
    return None


def check_rates(request: ShipmentRequest) -> Message | None:
    """Prices are told by postcode."""
    return check_way(request) or (None if clean(request.receiver.postcode) else address_refused("postcode", f"1–{POSTCODE}"))  # fmt: skip


def _refused_customs(account: Account, request: ShipmentRequest) -> Message | None:
    if not abroad(account, request):
        return None
    if len(clean(request.content)) < 3:
        return refused_option("content", "≥ 3", "2 × Ceramic cup")
    if not only_documents(request) and declared_goods(request) is None:
        return refused_option("declared_value", "customs_value", "149.90")
    return None


def kilograms(parcel: Parcel) -> Decimal:
    """In tenths, rounded up."""
    return (Decimal(parcel.weight_g) / 1000).quantize(Decimal("0.1"), ROUND_CEILING)


def _total(request: ShipmentRequest) -> Decimal:
    return sum((kilograms(one) for one in request.parcels), Decimal(0))


def _centimetres(parcel: Parcel) -> tuple[int, int, int]:
    """Length (the longest), width and height, rounded up; zeros where one is unknown."""
    sides = sorted((-(-side // 10) for side in (parcel.width_mm, parcel.height_mm, parcel.depth_mm)), reverse=True)
    return (sides[0], sides[1], sides[2]) if all(sides) else (0, 0, 0)


def _digits(phone: str) -> str:
    return phone.removeprefix("+")


# -- bodies --------------------------------------------------------------------------------------------------------------
def _place(address: Address) -> dict[str, Any]:
    found: dict[str, Any] = {
        "streetLines": list(address_lines(street_of(address), LINE, LINES) or ()),
        "city": clean(address.city),
        "countryCode": country_of(address),
    }
    if clean(address.state) and (country_of(address) in _STATE or len(clean(address.state)) == 2):
        found["stateOrProvinceCode"] = clean(address.state)
    if clean(address.postcode):
        found["postalCode"] = clean(address.postcode)
    return found


def _bare(place: dict[str, Any]) -> dict[str, Any]:
    """Rates know no streets."""
    return {key: value for key, value in place.items() if key != "streetLines"}


def _party(address: Address, phone: str) -> dict[str, Any]:
    contact = {"phoneNumber": _digits(phone)}
    if clean(address.name):
        contact["personName"] = clean(address.name)
    if clean(address.company):
        contact["companyName"] = clean(address.company)
    return {"contact": contact, "address": _place(address)}


def _sender(account: Account) -> dict[str, Any]:
    """Raises YoursError naming the field of the connection that does not fit."""
    sender = sender_of(account)
    for field, value, most in (("sender_company", sender.company, COMPANY), ("sender_name", sender.name, NAME[1]), ("sender_city", sender.city, CITY[1]), ("sender_postcode", sender.postcode, POSTCODE)):  # fmt: skip
        if len(clean(value)) > most:
            raise fail(refused_option(field, f"1–{most}"))
    if not PHONE[0] <= len(_digits(sender.phone)) <= PHONE[1]:
        raise fail(refused_option("sender_phone", f"{PHONE[0]}–{PHONE[1]} digits", "+90 532 111 22 33"))
    if address_lines(street_of(sender), LINE, LINES) is None:
        raise fail(refused_option("sender_street", f"1–{LINE * LINES} ({LINES} × {LINE})"))
    return _party(sender, sender.phone)


def _own(account: Account) -> dict[str, Any]:
    return {"value": account.setting("account_number")}


def _weight(kg: Decimal) -> dict[str, Any]:
    return {"units": "KG", "value": kg}


def _pieces(request: ShipmentRequest, key: str = "") -> list[dict[str, Any]]:
    found = []
    for number, parcel in enumerate(request.parcels, 1):
        one: dict[str, Any] = {"groupPackageCount": 1, "weight": _weight(kilograms(parcel))}
        length, width, height = _centimetres(parcel)
        if length:
            one["dimensions"] = {"length": length, "width": width, "height": height, "units": "CM"}
        if key:
            one["sequenceNumber"] = number
            one["customerReferences"] = [{"customerReferenceType": "CUSTOMER_REFERENCE", "value": key}]
        found.append(one)
    return found


def _payment(account: Account, request: ShipmentRequest) -> dict[str, Any]:
    if request.payer is not Payer.RECEIVER:
        return {"paymentType": "SENDER"}
    payer = {"responsibleParty": {"accountNumber": {"value": request.options["payer_account"]}}}
    return {"paymentType": "RECIPIENT", "payor": payer}


def _commodity(request: ShipmentRequest, goods: Declared | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": clean(request.content, 450),
        "quantity": goods.quantity if goods is not None else 1,
        "quantityUnits": "PCS",
        "numberOfPieces": len(request.parcels),
        "weight": _weight(_total(request)),
        "countryOfManufacture": goods.made_in if goods is not None else "TR",
    }
    if goods is not None:
        money = {"amount": goods.value.rounded().amount, "currency": goods.value.currency}
        found |= {"unitPrice": {**money, "amount": goods.unit_value}, "customsValue": money}
        if goods.hs_code:
            found["harmonizedCode"] = goods.hs_code
    return found


def _customs(account: Account, request: ShipmentRequest, key: str) -> dict[str, Any]:
    """What customs hear. Duties are the receiver's, unless the terms say DDP."""
    goods = declared_goods(request)
    if not isinstance(goods, Declared):
        return {
            "isDocumentOnly": True,
            "commodities": [_commodity(request, None)],
            "commercialInvoice": {"shipmentPurpose": "NOT_SOLD"},
        }
    duties: dict[str, Any] = {"paymentType": "RECIPIENT"}
    if goods.incoterm == "DDP":
        duties = {"paymentType": "SENDER", "payor": {"responsibleParty": {"accountNumber": _own(account)}}}
    number = clean(request.invoice_number or request.order_number or key, 35)
    return {
        "isDocumentOnly": False,
        "dutiesPayment": duties,
        "commodities": [_commodity(request, goods)],
        "totalCustomsValue": {"amount": goods.value.rounded().amount, "currency": goods.value.currency},
        "commercialInvoice": {
            "termsOfSale": goods.incoterm,
            "shipmentPurpose": "SOLD",
            "customerReferences": [{"customerReferenceType": "INVOICE_NUMBER", "value": number}],
        },
    }


# -- calls ---------------------------------------------------------------------------------------------------------------
def token_request(account: Account, project: str) -> httpx.Request:
    """OAuth client credentials of one project: "ship" or "track", whose keys are refused by each other. Asking twice is harmless."""
    form = {
        "grant_type": "client_credentials",
        "client_id": account.setting(f"{project}_key"),
        "client_secret": account.secret(f"{project}_secret"),
    }
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    extensions = {"operation": "token", "group": "default", "repeatable": True}
    url = f"{account.base_url.rstrip('/')}/oauth/token"
    return httpx.Request("POST", url, content=urlencode(form).encode(), headers=headers, extensions=extensions)


def _headers(trace: str) -> tuple[tuple[str, str], ...]:
    return (("accept", "application/json"), ("x-locale", "tr_TR"), ("x-customer-transaction-id", trace[:40]))


def create_request(account: Account, request: ShipmentRequest, now: datetime, trace: str) -> Call:
    """Makes the shipment with its labels. Never repeated: FedEx takes one reference twice. `trace`: a number of this call's own."""
    key = reference_value(request.reference)
    image, stock = LABELS.get(account.setting("label_format"), LABELS["zpl"])
    shipment: dict[str, Any] = {
        "shipDatestamp": now.astimezone(ISTANBUL).strftime("%Y-%m-%d"),
        "pickupType": account.setting("pickup", PICKUPS[0]),
        "serviceType": service_of(account, request),
        "packagingType": "YOUR_PACKAGING",
        "totalWeight": (_total(request) * POUNDS).quantize(Decimal("0.1"), ROUND_CEILING),
        "totalPackageCount": len(request.parcels),
        "shipper": _sender(account),
        "recipients": [_party(request.receiver, phone_abroad(request))],
        "shippingChargesPayment": _payment(account, request),
        "labelSpecification": {
            "labelFormatType": "COMMON2D",
            "imageType": image,
            "labelStockType": stock,
            "resolution": 203,
        },
        "requestedPackageLineItems": _pieces(request, key),
    }
    if abroad(account, request):
        shipment["customsClearanceDetail"] = _customs(account, request, key)
    body = {"labelResponseOptions": "LABEL", "accountNumber": _own(account), "requestedShipment": shipment}
    return json_call("POST", "/ship/v1/shipments", "create", body, headers=_headers(trace), repeatable=False)


def cancel_request(account: Account, number: str, trace: str) -> Call:
    """The whole shipment, before FedEx has it. Not repeated: the second time it is refused."""
    body = {
        "accountNumber": _own(account),
        "trackingNumber": number,
        "deletionControl": "DELETE_ALL_PACKAGES",
        "senderCountryCode": account.setting("sender_country", "TR"),
    }
    return json_call("PUT", "/ship/v1/shipments/cancel", "cancel", body, headers=_headers(trace), repeatable=False)


def reference_request(account: Account, key: str, now: datetime, trace: str, operation: str = "track") -> Call:
    """Where the pieces of our reference are; shipped in the last 90 days, or to be in the next ten."""
    now = now.astimezone(ISTANBUL)
    body = {
        "includeDetailedScans": True,
        "referencesInformation": {
            "type": "CUSTOMER_REFERENCE",
            "value": key,
            "accountNumber": account.setting("account_number"),
            "shipDateBegin": (now - TRACK_AGE).strftime("%Y-%m-%d"),
            "shipDateEndDate": (now + timedelta(days=10)).strftime("%Y-%m-%d"),
        },
    }
    path = "/track/v1/referencenumbers"
    return json_call("POST", path, operation, body, headers=_headers(trace), repeatable=True)


def number_request(number: str, trace: str, operation: str = "probe") -> Call:
    body = {"includeDetailedScans": False, "trackingInfo": [{"trackingNumberInfo": {"trackingNumber": number}}]}
    path = "/track/v1/trackingnumbers"
    return json_call("POST", path, operation, body, headers=_headers(trace), repeatable=True)


def rates_request(account: Account, request: ShipmentRequest, trace: str) -> Call:
    """All services for this way, with their days; the account's own prices."""
    shipment: dict[str, Any] = {
        "shipper": {"address": _bare(_sender(account)["address"])},
        "recipient": {"address": _bare(_place(request.receiver))},
        "pickupType": account.setting("pickup", PICKUPS[0]),
        "packagingType": "YOUR_PACKAGING",
        "rateRequestType": ["ACCOUNT"],
        "totalPackageCount": len(request.parcels),
        "requestedPackageLineItems": _pieces(request),
    }
    goods = declared_goods(request)
    if abroad(account, request) and isinstance(goods, Declared):
        shipment["customsClearanceDetail"] = {"commodities": [_commodity(request, goods)]}
    if only_documents(request):
        shipment["documentShipment"] = True
    body = {
        "accountNumber": _own(account),
        "rateRequestControlParameters": {"returnTransitTimes": True},
        "requestedShipment": shipment,
    }
    return json_call("POST", "/rate/v1/rates/quotes", "rates", body, headers=_headers(trace), repeatable=True)
