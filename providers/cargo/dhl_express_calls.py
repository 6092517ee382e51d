"""What is asked of DHL Express (MyDHL API 3.1): our references, field rules and the JSON bodies. Pure.

Must never cut a name or an address to fit, nor tell customs a value that the merchant did not name. Source of the facts:
specs/dhl-express (OpenAPI 3.1.1 of 2 Nov 2025); reference/cargo.md, "## DHL Express (MyDHL API)".
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.contracts import Account, Message, fail
from app.kit import Call, json_call, segment
from app.kit.abroad import Declared, address_lines, declared_goods, only_documents, refused_option
from app.kit.parcels import address_refused, phone_abroad, refused_receiver, sender_of
from app.model import Address, Parcel, Payer, ShipmentRequest, clean

BASE, VERSION = "/mydhlapi", "3.1.0"
HEADERS = (("accept", "application/json"), ("x-version", VERSION))
ISTANBUL = ZoneInfo("Europe/Istanbul")
LENGTHS = {"name": (1, 100), "city": (1, 45), "district": (0, 45), "postcode": (0, 12), "company": (0, 100)}
LINE, LINES = 45, 3
MOST_PIECES, MOST_CM = 99, 999
#: EXPRESS DOMESTIC, EXPRESS WORLDWIDE for papers and for goods.
DOMESTIC, PAPERS, GOODS = "N", "D", "P"
FORMATS = ("pdf", "zpl", "epl", "lp2")
TEMPLATES = {"pdf": "ECOM26_A6_002"}  # A6; the printers' own languages take 8 × 4 inches, the specification's default
TRACK_AGE = timedelta(days=120)
_LATEST, _MORNING = 16, 10  # hours: later than this the parcel goes with the next working day
_PLAIN_KEY = re.compile(r"[A-Za-z0-9-]{1,35}")
_PRODUCT = re.compile(r"[A-Z0-9]{1,6}")
_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def reference_key(reference: str) -> str:
    """The customer reference (type CU, at most 35). A reference that is not letters, digits and dashes is told by the first 18
    decimal digits of its SHA-256, so that it always finds the same shipment."""
    if _PLAIN_KEY.fullmatch(reference):
        return reference
    low = 10**17
    return str(low + int.from_bytes(hashlib.sha256(reference.encode()).digest(), "big") % (9 * low))


def planned(now: datetime) -> datetime:
    """When the parcel is tendered, in Turkish time: a little ahead (DHL refuses a time that is past when it reads it), and a working
    day's hours."""
    local = now.astimezone(ISTANBUL) + timedelta(minutes=15)
    if local.hour >= _LATEST or local.weekday() >= 5:
        local = (local + timedelta(days=1)).replace(hour=_MORNING, minute=0, second=0)
        while local.weekday() >= 5:
            local += timedelta(days=1)
    elif local.hour < _MORNING:
        local = local.replace(hour=_MORNING, minute=0, second=0)
    return local.replace(microsecond=0)


def _stamp(at: datetime) -> str:
    """`2026-11-25T10:00:00 GMT+03:00`, as the specification's error text shows it."""
    offset = at.strftime("%z")
    return f"{at:%Y-%m-%dT%H:%M:%S} GMT{offset[:3]}:{offset[3:]}"


# -- rules ---------------------------------------------------------------------------------------------------------------
def country_of(address: Address) -> str:
    return address.country or "TR"


def product_of(account: Account, request: ShipmentRequest) -> str:
    """The merchant's word, else by the way: within the country, papers or goods abroad."""
    told = request.options.get("service", "") or account.setting("service")
    at_home = country_of(request.receiver) == account.setting("sender_country", "TR")
    return told or (DOMESTIC if at_home else PAPERS if only_documents(request) else GOODS)


def dutiable(account: Account, request: ShipmentRequest) -> bool:
    """Customs must be told: goods that leave the country."""
    return country_of(request.receiver) != account.setting("sender_country", "TR") and not only_documents(request)


def check_request(account: Account, request: ShipmentRequest) -> Message | None:
    """The first field that DHL would refuse."""
    wrong = refused_receiver(request, LENGTHS, "+90 …, 7–15", abroad=True)
    if wrong is not None:
        return wrong
    if address_lines(request.receiver.street, LINE, LINES) is None:
        return address_refused("street", f"1–{LINE * LINES} ({LINES} × {LINE})")
    if not 1 <= len(request.parcels) <= MOST_PIECES:
        return refused_option("parcels", f"1–{MOST_PIECES}", "1")
    for parcel in request.parcels:
        if parcel.weight_g <= 0:
            return refused_option("parcels", "kg > 0", "1.2 kg")
        if max(_centimetres(parcel)) > MOST_CM:
            return refused_option("parcels", f"1–{MOST_CM} cm", "30 cm")
    if request.cash_on_delivery is not None:
        return refused_option("cash_on_delivery", "not_offered")
    return _check_choices(account, request)


def _check_choices(account: Account, request: ShipmentRequest) -> Message | None:
    told = request.options
    if request.payer is Payer.RECEIVER and not _ACCOUNT.fullmatch(told.get("payer_account", "")):
        return refused_option("payer_account", "1–12: A–Z 0–9", "123456789")
    if not _PRODUCT.fullmatch(product_of(account, request)):
        return refused_option("service", "P, D, N, U …", GOODS)
    email = told.get("email", "")
    if email and not (_EMAIL.fullmatch(email) and len(email) <= 70):
        return refused_option("email", "name@host", "elif@ornek.example")
    goods = declared_goods(request)
    if isinstance(goods, Message):
        return goods
    if not dutiable(account, request):
        return None
    if goods is None:
        return refused_option("declared_value", "customs_value", "149.90")
    return None if len(clean(request.content)) >= 3 else refused_option("content", "≥ 3", "2 × Ceramic cup")


def _centimetres(parcel: Parcel) -> tuple[int, int, int]:
    """Length, width and height, rounded up; zeros where one is unknown."""
    sides = sorted((-(-side // 10) for side in (parcel.width_mm, parcel.height_mm, parcel.depth_mm)), reverse=True)
    return (sides[0], sides[1], sides[2]) if all(sides) else (0, 0, 0)


def _kilograms(grams: int) -> Decimal:
    return Decimal(grams) / 1000


# -- bodies --------------------------------------------------------------------------------------------------------------
def _place(address: Address) -> dict[str, Any]:
    found = {
        "postalCode": clean(address.postcode),
        "cityName": clean(address.city),
        "countryCode": country_of(address),
        "countyName": clean(address.district),
    }
    lines = address_lines(address.street, LINE, LINES) or ()
    found |= {f"addressLine{n}": line for n, line in enumerate(lines, 1)}
    return {name: value for name, value in found.items() if value or name == "postalCode"}


def _party(address: Address, phone: str, email: str) -> dict[str, Any]:
    person, company = clean(address.name), clean(address.company)
    contact = {"phone": phone, "companyName": company or person, "fullName": person or company}
    return {"postalAddress": _place(address), "contactInformation": contact | ({"email": email} if email else {})}


def sender_address(account: Account) -> Address:
    """Raises YoursError naming the field of the connection that does not fit."""
    sender = sender_of(account)
    for field, (_, most) in LENGTHS.items():
        if len(getattr(sender, field)) > most:
            raise fail(refused_option(f"sender_{field}", f"1–{most}"))
    if address_lines(sender.street, LINE, LINES) is None:
        raise fail(refused_option("sender_street", f"1–{LINE * LINES} ({LINES} × {LINE})"))
    return sender


def _packages(request: ShipmentRequest) -> list[dict[str, Any]]:
    found = []
    for parcel in request.parcels:
        one: dict[str, Any] = {"weight": _kilograms(parcel.weight_g)}
        length, width, height = _centimetres(parcel)
        if length:
            one["dimensions"] = {"length": length, "width": width, "height": height}
        found.append(one)
    return found


def _accounts(account: Account, request: ShipmentRequest) -> list[dict[str, str]]:
    """The shipper's; the receiver's where it pays; duties with us where the goods go delivered duty paid."""
    own = account.setting("account_number")
    found = [{"typeCode": "shipper", "number": own}]
    if request.payer is Payer.RECEIVER:
        found.append({"typeCode": "payer", "number": request.options["payer_account"]})
    if request.options.get("incoterm") == "DDP":
        found.append({"typeCode": "duties-taxes", "number": own})
    return found


def _customs(request: ShipmentRequest, goods: Declared, day: str) -> dict[str, Any]:
    """One line for all of it; `invoice` is the seller's own number, else our reference."""
    weight = _kilograms(sum(one.weight_g for one in request.parcels))
    line: dict[str, Any] = {
        "number": 1,
        "description": goods.description,
        "price": goods.unit_value.quantize(Decimal("0.001")),
        "quantity": {"value": goods.quantity, "unitOfMeasurement": "PCS"},
        "exportReasonType": "commercial_purpose_or_sale",
        "manufacturerCountry": goods.made_in,
        "weight": {"netValue": weight, "grossValue": weight},
    }
    if goods.hs_code:
        line["commodityCodes"] = [{"typeCode": "outbound", "value": goods.hs_code}]
    number = clean(request.invoice_number, 35) or reference_key(request.reference)
    return {
        "lineItems": [line],
        "invoice": {"number": number, "date": day},
        "exportReasonType": "commercial_purpose_or_sale",
        "shipmentType": "commercial",
    }


def _picture(account: Account) -> dict[str, Any]:
    """Transport labels only, in the printer's own language where the merchant chose one."""
    kind = account.setting("label_format", "pdf")
    label = {"typeCode": "label"} | ({"templateName": TEMPLATES[kind]} if kind in TEMPLATES else {})
    return {
        "printerDPI": 300 if account.setting("label_dpi", "200") == "300" else 200,
        "encodingFormat": kind if kind in FORMATS else "pdf",
        "imageOptions": [label, {"typeCode": "waybillDoc", "isRequested": False}],
    }


def wants_pickup(account: Account, request: ShipmentRequest) -> bool:
    return (request.options.get("pickup", "") or account.setting("pickup", "no")) == "yes"


# -- calls ---------------------------------------------------------------------------------------------------------------
def _path(account: Account, tail: str) -> str:
    return (account.urls.get("rest") or BASE) + tail


def probe_request(account: Account) -> Call:
    """Which products go from İstanbul to Berlin: proves user, password and account number; makes nothing."""
    day = planned(account.now())
    params = {
        "accountNumber": account.setting("account_number"), "originCountryCode": "TR", "originCityName": "ISTANBUL",
        "destinationCountryCode": "DE", "destinationPostalCode": "10115", "destinationCityName": "BERLIN", "weight": "1", "length": "10",
        "width": "10", "height": "10", "plannedShippingDate": f"{day:%Y-%m-%d}", "isCustomsDeclarable": "true",
        "unitOfMeasurement": "metric", "nextBusinessDay": "true",
    }  # fmt: skip
    return Call("GET", _path(account, "/products"), "probe", tuple(params.items()), HEADERS)


def create_request(account: Account, request: ShipmentRequest) -> Call:
    """Not repeatable: DHL takes a reference twice. Raises YoursError for a sender that does not fit."""
    at, goods = planned(account.now()), declared_goods(request)
    product = product_of(account, request)
    content: dict[str, Any] = {
        "packages": _packages(request),
        "isCustomsDeclarable": dutiable(account, request),
        "description": clean(request.content, 70) or reference_key(request.reference),
        "incoterm": goods.incoterm if isinstance(goods, Declared) else request.options.get("incoterm", "") or "DAP",
        "unitOfMeasurement": "metric",
    }
    if content["isCustomsDeclarable"] and isinstance(goods, Declared):
        content["declaredValue"] = goods.value.rounded().amount
        content["declaredValueCurrency"] = goods.value.currency
        content["exportDeclaration"] = _customs(request, goods, f"{at:%Y-%m-%d}")
    asked = wants_pickup(account, request)
    receiver = _party(request.receiver, phone_abroad(request), request.options.get("email", ""))
    sender = sender_address(account)
    body: dict[str, Any] = {
        "plannedShippingDateAndTime": _stamp(at),
        "pickup": {"isRequested": True, "closeTime": "18:00"} if asked else {"isRequested": False},
        "productCode": product,
        "accounts": _accounts(account, request),
        "outputImageProperties": _picture(account),
        "customerReferences": [{"value": reference_key(request.reference), "typeCode": "CU"}],
        "customerDetails": {
            "shipperDetails": _party(sender, sender.phone, account.setting("sender_email")),
            "receiverDetails": receiver,
        },
        "content": content,
    }
    if product == DOMESTIC:
        body["localProductCode"] = account.setting("local_product", DOMESTIC)
    return json_call("POST", _path(account, "/shipments"), "create", body, headers=HEADERS, repeatable=False)


def find_request(account: Account, key: str, operation: str = "find") -> Call:
    """Shipments of the account by our reference, with all checkpoints."""
    now = account.now()
    params = {
        "shipmentReference": key, "shipmentReferenceType": "CU", "shipperAccountNumber": account.setting("account_number"),
        "dateRangeFrom": f"{now - TRACK_AGE:%Y-%m-%d}", "dateRangeTo": f"{now + timedelta(days=1):%Y-%m-%d}",
        "trackingView": "all-checkpoints", "levelOfDetail": "all",
    }  # fmt: skip
    return Call("GET", _path(account, "/tracking"), operation, tuple(params.items()), HEADERS)


def image_request(account: Account, number: str, month: str) -> Call:
    """The waybill document again, as PDF; `month` of its pick-up as YYYY-MM."""
    params = {
        "shipperAccountNumber": account.setting("account_number"), "typeCode": "waybill", "pickupYearAndMonth": month,
        "encodingFormat": "pdf",
    }  # fmt: skip
    path = _path(account, f"/shipments/{segment(number)}/get-image")
    return Call("GET", path, "label", tuple(params.items()), HEADERS)


def rates_request(account: Account, request: ShipmentRequest) -> Call:
    """Prices of all products of this way; nothing is booked. Raises YoursError for a sender that does not fit."""
    goods = declared_goods(request)
    body: dict[str, Any] = {
        "customerDetails": {
            "shipperDetails": _place(sender_address(account)),
            "receiverDetails": _place(request.receiver),
        },
        "accounts": [{"typeCode": "shipper", "number": account.setting("account_number")}],
        "plannedShippingDateAndTime": _stamp(planned(account.now())),
        "unitOfMeasurement": "metric",
        "isCustomsDeclarable": dutiable(account, request),
        "nextBusinessDay": True,
        "packages": _packages(request),
    }
    if isinstance(goods, Declared):
        value = {"value": goods.value.rounded().amount, "currency": goods.value.currency}
        body["monetaryAmount"] = [{"typeCode": "declaredValue", **value}]
    return json_call("POST", _path(account, "/rates"), "rates", body, headers=HEADERS, repeatable=True)


def check_rates(request: ShipmentRequest) -> Message | None:
    """What a question for prices needs of the receiver and the boxes."""
    city, country = clean(request.receiver.city), country_of(request.receiver)
    if not 1 <= len(city) <= LENGTHS["city"][1]:
        return address_refused("city", "1–45")
    if len(country) != 2:
        return address_refused("country", "TR, DE …")
    if not request.parcels or any(one.weight_g <= 0 for one in request.parcels):
        return refused_option("parcels", "kg > 0", "1.2 kg")
    return None


def cancel_pickup_request(account: Account, number: str) -> Call:
    """The courier does not come; the waybill stays. Not repeated: the second time it is unknown."""
    params = (("requestorName", clean(account.setting("sender_name"), 60)), ("reason", "not needed"))
    path = _path(account, f"/pickups/{segment(number)}")
    return Call("DELETE", path, "cancel", params, HEADERS, repeatable=False)
