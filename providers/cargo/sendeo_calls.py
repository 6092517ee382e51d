"""What is asked of Sendeo: our references, its districts, field rules and the JSON bodies. Pure.

Must never choose a district that the address does not name, nor cut a name or an address to fit: what the carrier would refuse is
refused here, naming the field. Source of the facts: reference/cargo.md, "## Sendeo"; specs/sendeo/il-ilce.csv.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from app.contracts import Account, Message, fail
from app.kit import Call, encode_json, httpx, json_call
from app.kit.parcels import receiver_name, receiver_phone, refused_receiver, whole_measures
from app.model import Address, Payer, ShipmentRequest, clean, fold
from providers.cargo.sendeo_districts import TABLE

API = "/api/Cargo"
TO_CUSTOMER, TO_POINT = 1, 5  # deliveryType
ZPL_LIST = 3  # barcodeLabelType: one ZPL a piece
NAME, STREET = (2, 100), (5, 200)  # no limits are published: what other domestic carriers take
MOST_DESI, MOST_PIECES = 500, 99
MOST_CASH = Decimal(5000)  # TRY, by the carrier's document
LIST_AGE, ROWS = timedelta(days=180), 100
ACCEPT = (("accept", "application/json"),)  # without it the answers are XML
_PLAIN_KEY = re.compile(r"[A-Za-z0-9-]{3,30}")
_WORDS = re.compile(r"[^a-z0-9]+")
_BRACKETS = re.compile(r"\(.*?\)")


class Place(msgspec.Struct, frozen=True):
    """`city`: plate number of the province; `district`: the carrier's id."""

    city: int
    district: int


# -- our references ------------------------------------------------------------------------------------------------------
def reference_no(reference: str) -> str:
    """The carrier's referenceNo (its length is not published). A reference that is not 3–30 letters, digits and dashes is told by
    the first 18 decimal digits of its SHA-256, so that it always finds the same delivery."""
    if _PLAIN_KEY.fullmatch(reference):
        return reference
    low = 10**17
    return str(low + int.from_bytes(hashlib.sha256(reference.encode()).digest(), "big") % (9 * low))


# -- places --------------------------------------------------------------------------------------------------------------
@lru_cache(maxsize=1)
def _provinces() -> dict[str, tuple[int, str]]:
    return {_key(name): (plate, name) for plate, (name, _) in TABLE.items()}


@lru_cache(maxsize=128)
def _districts(plate: int) -> dict[str, tuple[str, int]]:
    """By key: the name as the list has it, and its id."""
    rows = (one.rpartition("=") for one in TABLE[plate][1].split(";"))
    return {_key(name): (name, int(number)) for name, _, number in rows}


def _key(name: str) -> str:
    return _WORDS.sub("", _BRACKETS.sub("", fold(clean(name))))


def place_of(to: Address) -> Place | Message:
    """By the carrier's list of 1,009; else what is wrong: the field, and the nearest names of the list."""
    province = _provinces().get(_key(to.city))
    if province is None:
        return _lost("city", to.city, [name for _, name in _provinces().values()])
    plate, _ = province
    district = _districts(plate).get(_key(to.district))
    if district is None:
        return _lost("district", to.district, [name for name, _ in _districts(plate).values()])
    return Place(plate, district[1])


def _lost(field: str, typed: str, names: Sequence[str]) -> Message:
    known = {_key(name): name for name in names}
    near = difflib.get_close_matches(_key(typed), list(known), n=3, cutoff=0.5)
    rule = ", ".join(known[one] for one in near)
    return Message("address.refused", {"field": field, "rule": rule, "value": clean(typed, 60)}, "", rule, field=field)


# -- rules ---------------------------------------------------------------------------------------------------------------
def check_request(request: ShipmentRequest) -> Message | None:
    """The first field that Sendeo would refuse, the place apart (`place_of`)."""
    wrong = refused_receiver(request, {"name": NAME, "street": STREET})
    if wrong is not None:
        return wrong
    if not 1 <= len(request.parcels) <= MOST_PIECES:
        return _config("parcels", f"1–{MOST_PIECES}", "1")
    for parcel in request.parcels:
        if parcel.weight_g <= 0 and parcel.desi <= 0:
            return _config("parcels", "desi/kg > 0", "1 desi")
        if max(whole_measures(parcel)) > MOST_DESI:
            return _config("parcels", f"1–{MOST_DESI}", "1 desi")
    money = request.cash_on_delivery
    if money is not None and (money.currency != "TRY" or not 0 < money.amount <= MOST_CASH):
        return _config("cash_on_delivery", f"0–{MOST_CASH} TRY", "150.00")
    if request.options.get("cod_method", "cash") not in ("cash", "card"):
        return _config("cod_method", "cash, card", "cash")
    branch = request.options.get("branch_code", "")
    if branch and not (branch.isascii() and branch.isalnum()):
        return _config("branch_code", "A–Z 0–9", "1001")
    return None


def _config(field: str, rule: str, example: str) -> Message:
    return Message("config.field", {"field": field, "why": rule, "example": example}, field=field)


# -- calls ---------------------------------------------------------------------------------------------------------------
def token_request(account: Account) -> httpx.Request:
    """Asking twice is harmless."""
    body = {"musteri": account.setting("musteri"), "sifre": account.secret("sifre")}
    headers = {"accept": "application/json", "content-type": "application/json"}
    extensions = {"operation": "token", "group": "default", "repeatable": True}
    url = f"{account.base_url.rstrip('/')}/api/Token/LoginAES"
    return httpx.Request("POST", url, content=encode_json(body), headers=headers, extensions=extensions)


def _post(name: str, operation: str, body: Any, *, repeatable: bool) -> Call:
    return json_call("POST", f"{API}/{name}", operation, body, headers=ACCEPT, repeatable=repeatable)


def probe_request() -> Call:
    return Call("GET", f"{API}/GetCityDistricts", "probe", (("CityName", "Ankara"),), ACCEPT)


def create_request(request: ShipmentRequest, place: Place) -> Call:
    """Your place → customer, or → a delivery point. Not repeatable: a lost answer is looked up. Our own side is left out, as
    the carrier wants it for these types."""
    to, money, phone = request.receiver, request.cash_on_delivery, receiver_phone(request)
    branch = request.options.get("branch_code", "")
    collects = 0 if money is None else 2 if request.options.get("cod_method") == "card" else 1
    body: dict[str, Any] = {
        "deliveryType": TO_POINT if branch else TO_CUSTOMER,
        "referenceNo": reference_no(request.reference),
        "description": clean(f"{request.order_number} {request.content} {request.note}", 250),
        "receiver": receiver_name(request),
        "receiverAddress": clean(to.street),
        "receiverCityId": place.city,
        "receiverDistrictId": place.district,
        "receiverGSM" if phone.startswith("5") else "receiverPhone": phone,
        "paymentType": 1,
        "payType": 2 if request.payer is Payer.RECEIVER else 1,
        "collectionType": collects,
        "collectionPrice": money.rounded().amount if money is not None else 0,
        "serviceType": 1,
        "barcodeLabelType": ZPL_LIST,
        "products": _products(request),
    }
    more = {
        "receiverBranchCode": branch,
        "receiverEmail": request.options.get("email"),
        "dispatchNoteNumber": request.options.get("waybill_no"),
    }
    body |= {name: value for name, value in more.items() if value}
    return _post("SETDELIVERY", "create", body, repeatable=False)


def _products(request: ShipmentRequest) -> list[dict[str, Any]]:
    """One entry for equal boxes."""
    counts: dict[tuple[int, int], int] = {}
    for parcel in request.parcels:
        sizes = whole_measures(parcel)
        counts[sizes] = counts.get(sizes, 0) + 1
    content = clean(request.content, 100)
    return [
        {"count": count, "productCode": "", "description": content, "deci": desi, "weigth": kg, "deciWeight": max(desi, kg), "price": 0}
        for (desi, kg), count in counts.items()
    ]  # fmt: skip


def list_request(references: Sequence[str], now: datetime) -> Call:
    """Deliveries by our references, whatever their state; not cached by the carrier. At most ROWS of them."""
    body = {
        "ShipmentStartDate": (now - LIST_AGE).strftime("%Y-%m-%dT00:00:00"),
        "ShipmentEndDate": (now + timedelta(days=2)).strftime("%Y-%m-%dT00:00:00"),
        "StatusIds": [],
        "TrackingNumbers": [],
        "CustomerReferenceNumbers": list(references),
        "PageNumber": 0,
        "PageCount": ROWS,
    }
    return _post("GetCargoList", "find", body, repeatable=True)


def label_request(reference: str) -> Call:
    """The labels of a delivery again."""
    body = {"barcodeLabelType": ZPL_LIST, "referenceNo": reference}
    return _post("GETBARCODE", "label", body, repeatable=False)


def track_request(reference: str) -> Call:
    """Cached by the carrier for 30 minutes. Not repeated: an unknown delivery is told as HTTP 500."""
    return Call("GET", f"{API}/TRACKDELIVERY", "track", (("referenceNo", reference),), ACCEPT, repeatable=False)


def cancel_request(reference: str) -> Call:
    """Only while the order is merely taken (state 101). Not repeated: the second time it is unknown."""
    params = (("referenceNo", reference),)
    return Call("POST", f"{API}/CANCELDELIVERY", "cancel", params, ACCEPT, repeatable=False)


def check_place(request: ShipmentRequest) -> Place:
    """Raises YoursError naming the field that Sendeo would refuse."""
    wrong = check_request(request)
    if wrong is not None:
        raise fail(wrong)
    place = place_of(request.receiver)
    if isinstance(place, Message):
        raise fail(place)
    return place
