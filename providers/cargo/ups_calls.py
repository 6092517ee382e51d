"""What is asked of UPS: our references, field rules and the JSON bodies of its REST interfaces (path version v2409). Pure.

Must never cut a name or an address to fit: what UPS would refuse is refused here, naming the field. Source of the facts:
specs/ups/{Shipping,Tracking,Rating,OAuthClientCredentials}.yaml; reference/cargo.md, "## UPS (global REST)".
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.contracts import Account, Message, fail
from app.kit import Call, httpx, json_call, segment
from app.kit.abroad import Declared, address_lines, declared_goods, only_documents, refused_option
from app.kit.parcels import address_refused, phone_abroad, refused_receiver, sender_of
from app.model import Address, Parcel, Payer, ShipmentRequest, clean

VERSION = "v2409"
NAME, CITY, POSTCODE = (1, 35), (1, 30), (0, 9)  # characters, by the specification
LINE, LINES = 35, 3
MOST_PIECES, MOST_KG, MOST_CM = 200, Decimal(70), 270
OWN_BOX = "02"  # customer supplied package
SERVICES = ("65", "07", "08", "11", "54", "17", "72")
LABEL_HEIGHT, LABEL_WIDTH = "6", "4"  # inches
TRACK_AGE = timedelta(days=90)
#: The specification names the first two without a word for their content ("an identifier of the calling application").
SOURCE = "Paxzar"
ISTANBUL = ZoneInfo("Europe/Istanbul")
#: Letters that Latin-5 lacks: the character set of the label by the receiver's country.
_CHARACTERS = {
    "PL": "pol", "CZ": "ces", "HU": "hun", "SK": "slk", "RU": "rus", "RO": "ron", "BG": "bul", "EE": "est", "GR": "ell", "LV": "lav",
    "LT": "lit",
}  # fmt: skip
_STATE = {"US": re.compile(r"[A-Z]{2}"), "CA": re.compile(r"[A-Z]{2}"), "VN": re.compile(r"VN-[0-9]{2}")}
_CODE = {
    "US": re.compile(r"[0-9]{5}(?:-?[0-9]{4})?"),
    "PR": re.compile(r"[0-9]{5}(?:-?[0-9]{4})?"),
    "CA": re.compile(r"[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"),
}
_ACCOUNT = re.compile(r"[0-9A-Za-z]{6}")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9-]{3,35}")


# -- our references ------------------------------------------------------------------------------------------------------
def reference_value(reference: str) -> str:
    """The shipment's reference number at UPS: 1 to 35 characters by the specification. One that is not 3–35 letters, digits and dashes
    is told by the first 18 decimal digits of its SHA-256, so that it always finds the same shipment."""
    if _PLAIN_KEY.fullmatch(reference):
        return reference
    low = 10**17
    return str(low + int.from_bytes(hashlib.sha256(reference.encode()).digest(), "big") % (9 * low))


# -- rules ---------------------------------------------------------------------------------------------------------------
def country_of(to: Address) -> str:
    return to.country or "TR"


def street_of(to: Address) -> str:
    """The district belongs to the street: UPS has no field of its own for it."""
    district = clean(to.district)
    return f"{clean(to.street)} {district}".strip() if district and district != clean(to.city) else clean(to.street)


def service_of(account: Account, request: ShipmentRequest) -> str:
    return request.options.get("service", "") or account.setting("service", SERVICES[0])


def postcode_of(to: Address) -> str:
    """Without spaces and dashes, as UPS wants it."""
    return clean(to.postcode).upper().replace(" ", "").replace("-", "")


def check_request(account: Account, request: ShipmentRequest) -> Message | None:
    """The first field that UPS would refuse."""
    to = request.receiver
    wrong = refused_receiver(request, {"name": NAME, "city": CITY}, "+90 532 111 22 33", abroad=True) or _refused_place(
        to
    )
    if wrong is not None:
        return wrong
    company = clean(to.company)
    if len(company) > NAME[1]:
        return address_refused("company", f"0–{NAME[1]}")
    if request.cash_on_delivery is not None:
        return refused_option("cash_on_delivery", "not_offered")
    if request.payer is Payer.RECEIVER and not _ACCOUNT.fullmatch(request.options.get("payer_account", "")):
        return refused_option("payer_account", "6: A–Z 0–9", "A1B2C3")
    if service_of(account, request) not in SERVICES:
        return refused_option("service", ", ".join(SERVICES), SERVICES[0])
    if abroad(account, request) and len(clean(request.content)) < 3:
        return refused_option("content", "≥ 3", "2 × Ceramic cup")
    return check_goods(request)


def check_way(request: ShipmentRequest) -> Message | None:
    """As much of it as a question for prices needs."""
    return _refused_place(request.receiver) or check_goods(request)


def _refused_place(to: Address) -> Message | None:
    if not clean(to.street) or address_lines(street_of(to), LINE, LINES) is None:
        return address_refused("street", f"1–{LINE * LINES} ({LINES} × {LINE})")
    country, state, code = country_of(to), clean(to.state), postcode_of(to)
    if country in _STATE and not _STATE[country].fullmatch(state):
        return address_refused("state", "VN-44" if country == "VN" else "CA, NY, ON …")
    if country in _CODE and not _CODE[country].fullmatch(code):
        return address_refused("postcode", "A1A1A1" if country == "CA" else "5 / 9 digits")
    return None if len(code) <= POSTCODE[1] else address_refused("postcode", f"0–{POSTCODE[1]}")


def check_goods(request: ShipmentRequest) -> Message | None:
    goods = declared_goods(request)
    if isinstance(goods, Message):
        return goods
    if not 1 <= len(request.parcels) <= MOST_PIECES:
        return refused_option("parcels", f"1–{MOST_PIECES}", "1")
    for parcel in request.parcels:
        if not 0 < kilograms(parcel) <= MOST_KG:
            return refused_option("parcels", f"0.1–{MOST_KG} kg", "1.2 kg")
        if max(_centimetres(parcel)) > MOST_CM:
            return refused_option("parcels", f"1–{MOST_CM} cm", "30 cm")
    return None


def abroad(account: Account, request: ShipmentRequest) -> bool:
    return country_of(request.receiver) != country_of(sender_of(account))


def kilograms(parcel: Parcel) -> Decimal:
    """In tenths, rounded up: the specification has room for one decimal."""
    return (Decimal(parcel.weight_g) / 1000).quantize(Decimal("0.1"), ROUND_CEILING)


def _centimetres(parcel: Parcel) -> tuple[int, int, int]:
    """Length (the longest), width and height, rounded up; zeros where one is unknown."""
    sides = sorted((-(-side // 10) for side in (parcel.width_mm, parcel.height_mm, parcel.depth_mm)), reverse=True)
    return (sides[0], sides[1], sides[2]) if all(sides) else (0, 0, 0)


# -- bodies --------------------------------------------------------------------------------------------------------------
def _party(address: Address, phone: str, account_number: str = "") -> dict[str, Any]:
    """`Name` is the company, `AttentionName` who is asked for; without a company both are the person."""
    person, company = clean(address.name), clean(address.company)
    where: dict[str, Any] = {
        "AddressLine": list(address_lines(street_of(address), LINE, LINES) or ()),
        "City": clean(address.city),
        "CountryCode": country_of(address),
    }
    if clean(address.state) and (country_of(address) in _STATE or len(clean(address.state)) <= 5):
        where["StateProvinceCode"] = clean(address.state)
    if postcode_of(address):
        where["PostalCode"] = postcode_of(address)
    party: dict[str, Any] = {"Name": company or person, "AttentionName": person or company}
    if account_number:
        party["ShipperNumber"] = account_number
    party["Phone"] = {"Number": phone}
    party["Address"] = where
    return party


def _sender(account: Account) -> dict[str, Any]:
    """Raises YoursError naming the field of the connection that does not fit."""
    sender = sender_of(account)
    for field, value, most in (("sender_company", sender.company, NAME[1]), ("sender_name", sender.name, NAME[1]), ("sender_city", sender.city, CITY[1])):  # fmt: skip
        if len(clean(value)) > most:
            raise fail(refused_option(field, f"1–{most}"))
    if address_lines(street_of(sender), LINE, LINES) is None:
        raise fail(refused_option("sender_street", f"1–{LINE * LINES} ({LINES} × {LINE})"))
    return _party(sender, _digits(sender.phone), account.setting("account_number").upper())


def _digits(phone: str) -> str:
    """Country code first, no `+`: UPS takes 0–9 only."""
    return phone.removeprefix("+")


def _packages(request: ShipmentRequest, packaging: str) -> list[dict[str, Any]]:
    found = []
    for parcel in request.parcels:
        one: dict[str, Any] = {
            packaging: {"Code": OWN_BOX},
            "PackageWeight": {
                "UnitOfMeasurement": {"Code": "KGS", "Description": "kg"},
                "Weight": f"{kilograms(parcel):f}",
            },
        }
        length, width, height = _centimetres(parcel)
        if length:
            sides = {"Length": str(length), "Width": str(width), "Height": str(height)}
            one["Dimensions"] = {"UnitOfMeasurement": {"Code": "CM", "Description": "cm"}, **sides}
        found.append(one)
    return found


def _charges(account: Account, request: ShipmentRequest, goods: Declared | None) -> list[dict[str, Any]]:
    """Who pays the way; duties too where they are the seller's (DDP)."""
    own = {"BillShipper": {"AccountNumber": account.setting("account_number").upper()}}
    if request.payer is Payer.RECEIVER:
        way: dict[str, Any] = {"BillReceiver": {"AccountNumber": request.options["payer_account"].upper()}}
    else:
        way = own
    charges = [{"Type": "01", **way}]
    return [*charges, {"Type": "02", **own}] if goods is not None and goods.incoterm == "DDP" else charges


def _invoice(request: ShipmentRequest, goods: Declared, receiver: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The commercial invoice, which UPS prints and sends with the data."""
    product: dict[str, Any] = {
        "Description": list(address_lines(goods.description, LINE, 3) or (goods.description[:LINE],)),
        "Unit": {"Number": str(goods.quantity), "UnitOfMeasurement": {"Code": "PCS"}, "Value": f"{goods.unit_value:f}"},
        "OriginCountryCode": goods.made_in,
    }
    if goods.hs_code:
        product["CommodityCode"] = goods.hs_code
    return {
        "FormType": ["01"],
        "Contacts": {"SoldTo": dict(receiver)},
        "Product": [product],
        "InvoiceNumber": clean(request.invoice_number or request.order_number or request.reference, 35),
        "InvoiceDate": now.astimezone(ISTANBUL).strftime("%Y%m%d"),
        "TermsOfShipment": goods.incoterm,
        "ReasonForExport": "SALE",
        "CurrencyCode": goods.value.currency,
    }


def character_set(request: ShipmentRequest) -> str:
    """Of the label: Turkish (Latin-5), or the receiver's where it lacks a letter of the address."""
    to = request.receiver
    try:
        f"{to.name}{to.company}{to.street}{to.district}{to.city}".encode("iso8859-9")
    except UnicodeEncodeError:
        return _CHARACTERS.get(country_of(to), "tur")
    return "tur"


# -- calls ---------------------------------------------------------------------------------------------------------------
def token_request(account: Account) -> httpx.Request:
    """OAuth client credentials. Asking twice is harmless."""
    both = f"{account.setting('client_id')}:{account.secret('client_secret')}".encode()
    headers = {
        "accept": "application/json",
        "authorization": "Basic " + base64.b64encode(both).decode(),
        "content-type": "application/x-www-form-urlencoded",
        "x-merchant-id": account.setting("account_number").upper(),
    }
    extensions = {"operation": "token", "group": "default", "repeatable": True}
    url = f"{account.base_url.rstrip('/')}/security/v1/oauth/token"
    return httpx.Request("POST", url, content=b"grant_type=client_credentials", headers=headers, extensions=extensions)


def _headers(trace: str) -> tuple[tuple[str, str], ...]:
    return (("accept", "application/json"), ("transId", trace[:32]), ("transactionSrc", SOURCE))


def create_request(account: Account, request: ShipmentRequest, now: datetime, trace: str) -> Call:
    """Makes the shipment with its labels. Never repeated: UPS takes one reference twice. `trace`: a number of this call's own."""
    receiver = _party(request.receiver, _digits(phone_abroad(request)))
    goods = declared_goods(request)
    declared = goods if isinstance(goods, Declared) and abroad(account, request) else None
    shipment: dict[str, Any] = {
        "Shipper": _sender(account),
        "ShipTo": receiver,
        "PaymentInformation": {"ShipmentCharge": _charges(account, request, declared)},
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": ""},
        "ReferenceNumber": [{"Value": reference_value(request.reference)}],
        "Service": {"Code": service_of(account, request)},
        "Package": _packages(request, "Packaging"),
    }
    content = clean(request.content, 50)
    if content:
        shipment["Description"] = content
    if only_documents(request):
        shipment["DocumentsOnlyIndicator"] = ""
    if declared is not None:
        forms = _invoice(request, declared, receiver, now)
        shipment["ShipmentServiceOptions"] = {"InternationalForms": forms}
    body = {
        "Request": {"RequestOption": "nonvalidate"},
        "Shipment": shipment,
        "LabelSpecification": {
            "LabelImageFormat": {"Code": "EPL" if account.setting("label_format") == "epl" else "ZPL"},
            "LabelStockSize": {"Height": LABEL_HEIGHT, "Width": LABEL_WIDTH},
            "CharacterSet": character_set(request),
        },
    }
    path = f"/api/shipments/{VERSION}/ship"
    return json_call("POST", path, "create", {"ShipmentRequest": body}, headers=_headers(trace), repeatable=False)


def label_request(account: Account, key: str, trace: str) -> Call:
    """The labels of a shipment again, by our own reference; it changes nothing."""
    code = {"epl": "EPL", "pdf": "PDF"}.get(account.setting("label_format"), "ZPL")
    body = {
        "Request": {"RequestOption": "Non_Validate", "SubVersion": "1903"},
        "LabelSpecification": {
            "LabelImageFormat": {"Code": code},
            "LabelStockSize": {"Height": LABEL_HEIGHT, "Width": LABEL_WIDTH},
        },
        "ReferenceValues": {
            "ReferenceNumber": {"Value": key},
            "ShipperNumber": account.setting("account_number").upper(),
        },
    }
    path = "/api/labels/v1/recovery"
    return json_call("POST", path, "label", {"LabelRecoveryRequest": body}, headers=_headers(trace), repeatable=True)


def reference_request(account: Account, key: str, now: datetime, trace: str, operation: str = "track") -> Call:
    """Where the parcels of our reference are; pick-up dates of the last 90 days to the next week."""
    now = now.astimezone(ISTANBUL)
    params = (
        ("locale", "tr_TR"),
        ("fromPickUpDate", (now - TRACK_AGE).strftime("%Y%m%d")),
        ("toPickUpDate", (now + timedelta(days=7)).strftime("%Y%m%d")),
        ("shipperNum", account.setting("account_number").upper()),
        ("refNumType", "SmallPackage"),
    )
    return Call("GET", f"/api/track/v1/reference/details/{segment(key)}", operation, params, _headers(trace))


def number_request(number: str, trace: str, operation: str = "probe") -> Call:
    params = (("locale", "tr_TR"), ("returnSignature", "false"), ("returnMilestones", "false"), ("returnPOD", "false"))
    return Call("GET", f"/api/track/v1/details/{segment(number)}", operation, params, _headers(trace))


def cancel_request(shipment_id: str, trace: str) -> Call:
    """The whole shipment. Not repeated: the second time it is refused as voided."""
    path = f"/api/shipments/{VERSION}/void/cancel/{segment(shipment_id)}"
    return Call("DELETE", path, "cancel", headers=_headers(trace), repeatable=False)


def rates_request(account: Account, request: ShipmentRequest, trace: str) -> Call:
    """All services for this way, with days; the account's own prices where it has some."""
    sender = _sender(account)
    receiver = _party(request.receiver, "")
    shipper = {key: sender[key] for key in ("Name", "ShipperNumber", "Address")}
    total = sum((kilograms(one) for one in request.parcels), Decimal(0))
    shipment: dict[str, Any] = {
        "Shipper": shipper,
        "ShipTo": {key: receiver[key] for key in ("Name", "Address")},
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": ""},
        "ShipmentTotalWeight": {"UnitOfMeasurement": {"Code": "KGS", "Description": "kg"}, "Weight": f"{total:f}"},
        "DeliveryTimeInformation": {"PackageBillType": "02" if only_documents(request) else "03"},
        "Package": _packages(request, "PackagingType"),
    }
    goods = declared_goods(request)
    if isinstance(goods, Declared):
        value = {"CurrencyCode": goods.value.currency, "MonetaryValue": f"{goods.value.rounded().amount:f}"}
        shipment["InvoiceLineTotal"] = value
    body = {"Request": {"TransactionReference": {"CustomerContext": SOURCE}}, "Shipment": shipment}
    path = f"/api/rating/{VERSION}/Shop"
    params = (("additionalinfo", "timeintransit"),)
    return json_call(
        "POST", path, "rates", {"RateRequest": body}, params=params, headers=_headers(trace), repeatable=True
    )
