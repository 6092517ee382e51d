"""A stateful fake of Sendeo's REST API: a token, deliveries by our own reference, labels in many languages, tracking that is cached.

Written from reference/cargo.md, "## Sendeo", and specs/sendeo – never from a client. A business error is HTTP 500; a reference that was used
must never be free again.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import courier, shop
from providers.sandboxes import sendeo_rules as rules
from providers.sandboxes.courier import CALLER, CarrierRoom, Depot, Parcel
from providers.sandboxes.courier_labels import epl, pdf, png, zpl
from providers.sandboxes.exact import DAY, HOUR, ISTANBUL, MINUTE, Call, local, number, parsed
from providers.sandboxes.exact import Refusal as AnyRefusal
from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.places import CITIES, DISTRICTS, city_of
from providers.sandboxes.sendeo_rules import Refusal, Row
from providers.sandboxes.shop import ShopSandbox, is_json, path_of, query_of

USER, PASSWORD = "SENDEOTEST", "SendeoSandbox1"
TOKEN_LIVES, CACHED = 20 * HOUR, 30 * MINUTE
MOST_LISTED = 500  # [U]
TRACK = "https://www.sendeo.example/takip?no="
MOMENT = "%d/%m/%Y %H:%M:%S"
#: A parcel's step -> (State, StateText).
STATES = {
    "registered": (101, "Sipariş Alındı"), "accepted": (138, "Teslim Alındı"), "left": (103, "Transfer Aşamasında"),
    "arrived": (107, "Varış Şubesinde"), "out": (109, "Dağıtıma Çıktı"), "delivered": (111, "Teslim Edildi"), "failed": (130, "Teslim Edilemedi"),
    "returning": (131, "İade Sürecinde"), "returned": (151, "İade Edildi"), "lost": (118, "Kayıp"), "cancelled": (139, "Sipariş İptal Edildi"),
}  # fmt: skip
Endpoint = shop.Endpoint["SendeoDepot", Call]


class SendeoDepot(Depot):
    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.tokens: dict[str, int] = {}
        self.cached: dict[str, tuple[int, Row]] = {}
        self.caching: Callable[[], bool] = lambda: True

    def by(self, reference: str, tracking: str) -> Parcel:
        """Raises 701 without a key and 702 for an unknown one."""
        if not reference and not tracking:
            raise Refusal(rules.NO_KEY)
        one = self.parcels.get(reference) if reference else next(self.found(number=tracking), None)
        if one is None:
            raise Refusal(rules.UNKNOWN)
        return one


def _query(call: Call, *known: str) -> dict[str, str]:
    """Parameters by lower-case name; others are refused."""
    found = {name.casefold(): value for name, value in call.query}
    if len(found) < len(call.query) or set(found) - {one.casefold() for one in known}:
        raise rules.bad("geçersiz parametre")
    return found


def _body(call: Call, spec: dict[str, str]) -> Row:
    try:
        data = parsed(call.body)
    except ValueError:
        raise rules.bad("İstek gövdesi geçerli bir JSON değil") from None
    return rules.read(data, spec)


def login(depot: SendeoDepot, call: Call) -> Row:
    body = _body(call, {"musteri": "text", "sifre": "text"})
    told = f"{body.get('musteri')}\0{body.get('sifre')}".encode()
    if not hmac.compare_digest(told, f"{USER}\0{PASSWORD}".encode()):
        raise Refusal(401, "Kullanıcı adı veya şifre hatalı.", 401)  # [U] 401
    token = f"{depot.guid(1)}{depot.guid(2)}"
    depot.tokens[token] = depot.now() + TOKEN_LIVES
    depot.counts["tokens"] += 1
    return {"Token": token, "CustomerId": 100245}


def districts(depot: SendeoDepot, call: Call) -> list[Row]:
    """[U] the fields, that an unknown city is an empty list and that no city is all of them."""
    name = _query(call, "CityName").get("cityname", "")
    plates = [city_of(name)] if name else list(CITIES)
    return [
        {"CityId": city, "CityName": CITIES[city], "DistrictId": number_, "DistrictName": district}
        for city in plates
        if city is not None
        for number_, district in DISTRICTS[city].items()
    ]


def set_delivery(depot: SendeoDepot, call: Call) -> Row:
    row = _body(call, rules.DELIVERY)
    rules.check(row)
    reference = row["referenceNo"]
    if reference in depot.parcels and not depot.on("twins"):
        raise Refusal(rules.REFERENCE_USED)
    tracking = depot.digits(12)
    count = sum(one["count"] for one in row["products"])
    pieces = [f"{tracking}{i:03d}" for i in range(1, count + 1)]
    who = "receiver" if row.get("receiver") else "sender"
    city, place = row.get(f"{who}CityId", 0), row.get(f"{who}DistrictId", 0)
    cod = row.get("collectionPrice", 0) if row.get("collectionType") else ""
    told = {
        "receiver": row[who], "address": row.get(f"{who}Address", ""), "city": CITIES.get(city, ""), "payer": str(row.get("payType", 1)),
        "district": DISTRICTS.get(city, {}).get(place, ""), "phone": row.get(f"{who}GSM") or row.get(f"{who}Phone", ""), "cod": str(cod),
        "kg": str(sum(one["weigth"] * one["count"] for one in row["products"])),
        "desi": str(sum(one["deci"] * one["count"] for one in row["products"])),
    }  # fmt: skip
    now = depot.now()
    parcel = Parcel(reference, now, tracking, pieces, row, told, born=now)
    if depot.may_apply():
        depot.keep(parcel)
    return _label(depot, parcel, row.get("barcodeLabelType", 0), row.get("additionalValue", ""))


def _label(depot: SendeoDepot, one: Parcel, kind: int, extra: str) -> Row:
    """[U] EPL lies in BarcodeZpl; 10 is an image with the text beside it."""
    lines = (one.told["receiver"], one.told["address"], f"{one.told['district']} {one.told['city']}", one.number)
    label: Row = {"Barcode": None, "BarcodeZpl": None, "BarcodeZpls": None}
    if kind in (0, 2, 8):
        label["BarcodeZpl"] = "".join(zpl(code, lines, extra if kind == 8 else "") for code in one.pieces)
    elif kind == 3:
        label["BarcodeZpls"] = [zpl(code, lines) for code in one.pieces]
    elif kind in (5, 6):
        label["BarcodeZpl"] = "".join(epl(code, lines) for code in one.pieces)
    elif kind == 9:
        label["Barcode"] = base64.b64encode(pdf([(code, lines) for code in one.pieces])).decode()
    else:
        label["Barcode"] = base64.b64encode(png(one.number)).decode()
    if depot.on("no_label"):
        label = dict.fromkeys(label)
    else:
        depot.counts["labels"] += 1
    return {"TrackingNumber": one.number, "TrackingUrl": TRACK + one.number, **label, "BarcodeNumbers": one.pieces}


def _again(depot: SendeoDepot, one: Parcel, kind: int) -> Row:
    if one.cancelled:
        raise Refusal(rules.UNKNOWN)
    if kind not in rules.LABELS:
        raise Refusal(rules.LABEL_BAD)
    return _label(depot, one, kind, one.sent.get("additionalValue", ""))


def get_barcode(depot: SendeoDepot, call: Call) -> Row:
    row = _body(call, {"barcodeLabelType": "whole", "referenceNo": "text"})
    return _again(depot, depot.by(row.get("referenceNo", ""), ""), row.get("barcodeLabelType", 0))


def get_barcode_by_tracking(depot: SendeoDepot, call: Call) -> Row:
    """In the language that the delivery was made with ([U])."""
    one = depot.by("", _body(call, {"trackingNumber": "text"}).get("trackingNumber", ""))
    return _again(depot, one, one.sent.get("barcodeLabelType", 0))


def measure(depot: SendeoDepot, call: Call) -> Row:
    row = _body(call, {"customerReferenceNo": "text", "measurements": "list"})
    one = depot.by(row.get("customerReferenceNo", ""), "")
    rows = [rules.read(each, rules.MEASUREMENT) for each in row.get("measurements") or []]
    if not rows or any(each.get("quantity", 0) < 1 or each.get("weight", 0) <= 0 for each in rows):
        raise Refusal(rules.PRODUCTS_BAD)
    if depot.scanned(one):
        raise Refusal(rules.COLLECTED)
    if depot.may_apply():
        one.told["desi"] = str(sum(each.get("deci", 0) * each["quantity"] for each in rows))
        one.told["kg"] = str(sum(each["weight"] * each["quantity"] for each in rows))
        depot.counts["measurements"] += 1
    return {"IsSuccess": True}


def _tracked(depot: SendeoDepot, one: Parcel) -> Row:
    steps = depot.steps(one)
    state, text = STATES[steps[-1][0]]
    return {
        "TrackingNo": one.number, "ReferenceNo": one.reference, "SendDate": local(one.created, MOMENT),
        "State": "bozuk" if one.damaged else state, "StateText": text, "UpdateDate": local(steps[-1][1], MOMENT),
        "CargoAmount": number(8990), "TotalPrice": number(8990), "DeciWeight": number(int(Decimal(one.told["desi"]) * 100)),
        "Quantity": len(one.pieces), "DepartureBranchName": "ŞİŞLİ", "ArrivalBranchName": one.told["district"],
        "deliveryPlannedDate": local(one.created + 2 * DAY, "%Y-%m-%dT%H:%M:%S+03:00"),
        "statusHistories": [
            {"StatusDate": local(at, MOMENT), "StatusId": STATES[step][0], "Status": STATES[step][1], "Description": STATES[step][1]}
            for step, at in steps
        ],
    }  # fmt: skip


def track(depot: SendeoDepot, call: Call) -> Row:
    """An answer is given again for 30 minutes, whatever happened since."""
    asked = _query(call, "referenceNo", "trackingNo")
    one = depot.by(asked.get("referenceno", ""), asked.get("trackingno", ""))
    depot.counts["tracked"] += 1
    at, row = depot.cached.get(one.reference, (0, {}))
    if not row or call.now - at >= CACHED or not depot.caching():
        at, row = call.now, _tracked(depot, one)
        depot.cached[one.reference] = (at, row)
    else:
        depot.counts["from_cache"] += 1
    return row


def _moment(raw: str, name: str) -> int:
    """[U] the form: ISO or dd/MM/yyyy, with or without a time."""
    for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y"):
        try:
            return int(datetime.strptime(raw, form).replace(tzinfo=ISTANBUL).timestamp())
        except ValueError:
            continue
    raise rules.bad(f"{name}: tarih biçimi hatalı")


def cargo_list(depot: SendeoDepot, call: Call) -> list[Row]:
    """[U] not cached, at most 500 on a page, a date without a time as the end holds its day."""
    row = _body(call, {
        "ShipmentStartDate": "text", "ShipmentEndDate": "text", "StatusIds": "list", "TrackingNumbers": "list", "CustomerReferenceNumbers": "list",
        "PageNumber": "whole", "PageCount": "whole",
    })  # fmt: skip
    page, size = row.get("PageNumber", 0), row.get("PageCount", 0)
    if not 1 <= size <= MOST_LISTED:
        raise rules.bad(f"PageCount 1 ile {MOST_LISTED} arasında olmalıdır")
    first = _moment(row["ShipmentStartDate"], "ShipmentStartDate") if row.get("ShipmentStartDate") else 0
    end = row.get("ShipmentEndDate", "")
    last = _moment(end, "ShipmentEndDate") + (DAY if len(end) == 10 else 1) if end else depot.now() + 1
    wanted = {
        name: {str(one) for one in row.get(name) or []}
        for name in ("StatusIds", "TrackingNumbers", "CustomerReferenceNumbers")
    }
    rows = [
        _tracked(depot, one)
        for one in depot.parcels.values()
        if first <= one.created < last
        and (not wanted["TrackingNumbers"] or one.number in wanted["TrackingNumbers"])
        and (not wanted["CustomerReferenceNumbers"] or one.reference in wanted["CustomerReferenceNumbers"])
        and (not wanted["StatusIds"] or str(STATES[depot.step(one)][0]) in wanted["StatusIds"])
    ]  # fmt: skip
    return rows[page * size : (page + 1) * size]


def cancel(depot: SendeoDepot, call: Call) -> Row:
    """Only in state 101."""
    asked = _query(call, "referenceNo", "trackingNumber")
    one = depot.by(asked.get("referenceno", ""), asked.get("trackingnumber", ""))
    if one.cancelled:
        raise Refusal(rules.UNKNOWN)
    if depot.scanned(one):
        raise Refusal(rules.COLLECTED)
    depot.call_off(one)
    return {"IsSuccess": True}


LOGINS = ("/api/Token/LoginAES", "/api/Token/Login")
ENDPOINTS = (
    *(Endpoint("POST", path, login) for path in LOGINS),
    Endpoint("GET", "/api/Cargo/GetCityDistricts", districts),
    Endpoint("POST", "/api/Cargo/SETDELIVERY", set_delivery),
    Endpoint("POST", "/api/Cargo/CARGOMEASUREMENTUPDATE", measure),
    Endpoint("POST", "/api/Cargo/GETBARCODE", get_barcode),
    Endpoint("POST", "/api/Cargo/GETBARCODEBYTRACKINGNUMBER", get_barcode_by_tracking),
    Endpoint("GET", "/api/Cargo/TRACKDELIVERY", track),
    Endpoint("POST", "/api/Cargo/GetCargoList", cargo_list),
    Endpoint("POST", "/api/Cargo/CANCELDELIVERY", cancel),
)


class SendeoSandbox(CarrierRoom, ShopSandbox[SendeoDepot, Call, Endpoint]):
    """`twins`: a used reference makes a second delivery (whether Sendeo refuses it is [U]). Tracking is cached for 30 minutes unless the control room's `limits` are off."""

    name: ClassVar[str] = "sendeo"
    switches: ClassVar[frozenset[str]] = courier.SWITCHES | {"twins"}
    shop: SendeoDepot

    def routes(self) -> list[BaseRoute]:
        return [Route(one.path, self.handler(one), methods=[one.method]) for one in ENDPOINTS]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.shop = SendeoDepot(self.clock, seed)
        self.shop.caching = lambda: self.limits_on
        self.credentials = {"musteri": USER, "sifre": PASSWORD}

    def state_of(self, parcel: Parcel) -> str:
        """State."""
        return str(STATES[self.shop.step(parcel)][0])

    # -- the door ------------------------------------------------------------------------------------------------
    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        return Call(path_of(request), query_of(request), body, self.shop.now(), rules.FORM)

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        if self.shop.on("ip_refused"):
            raise Refusal(403, f"{CALLER} IP adresinin erişim yetkisi yoktur.", 403)  # [U]
        if self.shop.on("unexpected"):
            raise Refusal(500, "Object reference not set to an instance of an object.")
        if call.body and not is_json(request):
            raise Refusal(415, "Unsupported Media Type", 415)
        if endpoint.path not in LOGINS:
            kind, _, token = request.headers.get("authorization", "").partition(" ")
            if kind != "Bearer" or self.shop.tokens.get(token, 0) <= self.shop.now():
                raise Refusal(401, "Token geçersiz veya süresi dolmuş.", 401)
        if self.shop.on("account_closed"):
            raise Refusal(500, "Müşteri hesabınız kapalıdır.")  # [U] the code

    def reply(self, outcome: Any) -> Response:
        return super().reply(rules.envelope(outcome))

    def refusal_body(self, endpoint: Endpoint, refusal: AnyRefusal) -> Any:
        self.shop.counts["refused"] += 1
        return refusal.body()

    def handler(self, endpoint: Endpoint) -> Callable[[Request], Any]:
        """XML for who does not ask for JSON by name ([U] for */*)."""
        inner = super().handler(endpoint)

        async def handle(request: Request) -> Response:
            reply = await inner(request)
            if "application/json" in request.headers.get("accept", ""):
                return reply
            data = json.loads(bytes(reply.body), parse_float=str)
            page = etree.tostring(_tree("Response", data), xml_declaration=True, encoding="UTF-8")
            return Response(page, reply.status_code, media_type="application/xml; charset=utf-8")

        return handle


def _tree(name: str, value: Any) -> etree._Element:
    node = etree.Element(name)
    if isinstance(value, dict):
        node.extend([_tree(key, one) for key, one in value.items()])
    elif isinstance(value, list):
        node.extend([_tree("Item", one) for one in value])
    elif value is not None:
        node.text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", str(value))
    return node


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> SendeoSandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return SendeoSandbox(seed=seed, orders=orders, listings=listings)
