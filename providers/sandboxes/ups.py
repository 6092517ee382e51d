"""A stateful fake of UPS: OAuth, the Shipping, Tracking, Rating and address APIs for parcels abroad, and UPS Türkiye's SOAP service.

Written from UPS-API's OpenAPI documents (specs/ups) and reference/cargo.md – never from a client. A used reference makes another shipment.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import shop, soap
from providers.sandboxes import ups_ship as ships
from providers.sandboxes import ups_turkey as turkey
from providers.sandboxes import ups_wire as wire
from providers.sandboxes.courier import CALLER, CarrierRoom, Parcel
from providers.sandboxes.exact import DAY, HOUR, Call, local
from providers.sandboxes.exact import Refusal as AnyRefusal
from providers.sandboxes.kit import Bucket
from providers.sandboxes.sender import SENDER
from providers.sandboxes.shop import ShopSandbox, is_json, path_of, query_of
from providers.sandboxes.ups_ship import ACCOUNT, UpsDepot
from providers.sandboxes.ups_wire import Refusal, Row, bad

CLIENT_ID, CLIENT_SECRET = (
    "UpsSandboxClientIdaBcDeFgHiJkLmNoPqRsTuVwXyZ012345",
    "UpsSandboxClientSecretZyXwVuTsRqPoNmLkJiHgFeDcBa98765",
)
TOKEN_LIVES = 4 * HOUR - 1
TOKEN = "/security/v1/oauth/token"
#: [U] nothing is published.
CALLS_PER_S, BURST = 20.0, 60.0
TOKENS_PER_S, TOKEN_BURST = 0.5, 20.0
Endpoint = shop.Endpoint[UpsDepot, Call]


def token(depot: UpsDepot, call: Call) -> Row:
    form = dict(parse_qsl(call.body.decode("latin-1"), keep_blank_values=True))
    if form != {"grant_type": "client_credentials"}:
        raise bad(wire.GRANT_BAD, "Missing or invalid grant_type")
    made = depot.token(TOKEN_LIVES)
    return {
        "token_type": "Bearer", "issued_at": str(depot.now() * 1000), "client_id": CLIENT_ID, "access_token": made, "scope": "",
        "expires_in": str(TOKEN_LIVES), "refresh_count": "0", "status": "approved",
    }  # fmt: skip


def details(depot: UpsDepot, call: Call) -> Row:
    """One package."""
    asked = call.params("locale", "returnSignature", "returnMilestones", "returnPOD")
    number = _number(call)
    parcel = next((one for one in depot.parcels.values() if number in one.pieces), None)
    if parcel is None:
        raise Refusal(404, wire.TRACK_UNKNOWN, "Tracking Information Not Found")
    return _tracked(depot, [(number, parcel, [number])], asked)


def shipment_details(depot: UpsDepot, call: Call) -> Row:
    """All packages of a shipment, `count` of them from `offset`."""
    asked = call.params("locale", "offset", "count")
    number = _number(call)
    parcel = next((one for one in depot.parcels.values() if number in one.pieces), None)
    if parcel is None:
        raise Refusal(404, wire.TRACK_UNKNOWN, "Tracking Information Not Found")
    first = wire.FORM.whole(asked, "offset", 0, 0, 10_000)
    count = wire.FORM.whole(asked, "count", 50, 1, 50)
    return _tracked(depot, [(number, parcel, parcel.pieces[first : first + count])], asked)


def by_reference(depot: UpsDepot, call: Call) -> Row:
    """Parcels whose first scan or, before one, whose label is of those days (the last 14 unless told)."""
    asked = call.params(
        "locale", "fromPickUpDate", "toPickUpDate", "destCountry", "destZip", "shipperNum", "refNumType"
    )
    first = asked.get("fromPickUpDate") or local(depot.now() - 14 * DAY, "%Y%m%d")
    last = asked.get("toPickUpDate") or local(depot.now(), "%Y%m%d")
    if any(len(one) != 8 or not one.isdecimal() for one in (first, last)):
        raise bad(wire.TRACK_BAD, "Invalid pick up date")
    if asked.get("refNumType", "SmallPackage") not in ("SmallPackage", "fgv"):
        raise bad(wire.TRACK_BAD, "Invalid refNumType")
    reference = call.path["reference"]
    found = [
        (reference, one, one.pieces)
        for one in depot.parcels.values()
        if reference in one.more.get("references", ())
        and first <= local(depot.reached(one, "accepted") or one.created, "%Y%m%d") <= last
        and asked.get("shipperNum", ACCOUNT).upper() == ACCOUNT
        and asked.get("destCountry", one.told["country"]) == one.told["country"]
        and asked.get("destZip", one.told["postcode"]) == one.told["postcode"]
    ]
    if not found:
        raise Refusal(404, wire.TRACK_UNKNOWN, "Tracking Information Not Found")
    return _tracked(depot, found, asked)


def _number(call: Call) -> str:
    number = call.path["number"]
    if not (7 <= len(number) <= 34 and number.isascii() and number.isalnum()):
        raise bad(wire.TRACK_BAD, "Invalid inquiry number")
    return number


def _tracked(depot: UpsDepot, found: list[tuple[str, Parcel, list[str]]], asked: dict[str, str]) -> Row:
    shipments = []
    for inquiry, parcel, pieces in found:
        rows = [_package(depot, parcel, one, asked) for one in pieces]
        shipments.append(
            {
                "inquiryNumber": inquiry,
                "package": "bozuk" if parcel.damaged else rows,
                "userRelation": ["MYCHOICE_HOME"],
            }
        )
    return {"trackResponse": {"shipment": shipments}}


def _package(depot: UpsDepot, parcel: Parcel, code: str, asked: dict[str, str]) -> Row:
    turkish = asked.get("locale", "en_US").lower().startswith("tr")
    steps = depot.steps(parcel)
    if code in parcel.more["voided"] and not parcel.cancelled:
        steps = [steps[0], ("cancelled", steps[0][1])]
    home = {"city": "İstanbul", "countryCode": "TR", "country": "TR"}
    away = {"city": parcel.told["city"], "countryCode": parcel.told["country"], "country": parcel.told["country"]}
    rows = []
    for step, at in reversed(steps):
        far = step in ("arrived", "out", "delivered", "failed", "returning")
        rows.append({
            "location": {"address": away if far else home, "slic": "3401"}, "status": _status(step, turkish), "date": local(at, "%Y%m%d"),
            "time": local(at, "%H%M%S"), "gmtDate": local(at - 3 * HOUR, "%Y%m%d"), "gmtOffset": "+03:00",
            "gmtTime": local(at - 3 * HOUR, "%H%M%S"),
        })  # fmt: skip
    last, at = steps[-1]
    row: Row = {
        "trackingNumber": code, "activity": rows, "currentStatus": _status(last, turkish), "packageCount": len(parcel.pieces),
        "service": {"code": "518", "levelCode": f"0{parcel.more['service']}", "description": wire.SERVICES[parcel.more["service"]]},
        "referenceNumber": [{"type": "SHIPMENT", "number": one} for one in parcel.more["references"]],
        "weight": {"unitOfMeasurement": "KGS", "weight": parcel.told["kg"]},
        "packageAddress": [{"type": "ORIGIN", "address": home}, {"type": "DESTINATION", "address": away}],
        "deliveryDate": [{"type": "DEL" if last == "delivered" else "SDD", "date": local(at if last == "delivered" else parcel.born + 2 * DAY, "%Y%m%d")}],
    }  # fmt: skip
    if last == "delivered":
        row["deliveryTime"] = {"type": "DEL", "endTime": local(at, "%H%M%S")}
        row["deliveryInformation"] = {"receivedBy": parcel.told["receiver"], "location": "Front Door"}
    return row


def _status(step: str, turkish: bool) -> Row:
    kind, code, number, english, own = wire.STATES[step]
    text = own if turkish else english
    return {"type": kind, "code": code, "statusCode": number, "description": text, "simplifiedTextDescription": text}


ENDPOINTS = (
    Endpoint("POST", TOKEN, token),
    Endpoint("POST", "/api/shipments/v2409/ship", ships.ship),
    Endpoint("DELETE", "/api/shipments/v2409/void/cancel/{number}", ships.void),
    Endpoint("POST", "/api/labels/v1/recovery", ships.recover),
    Endpoint("GET", "/api/track/v1/details/{number}", details),
    Endpoint("GET", "/api/track/v1/reference/details/{reference}", by_reference),
    Endpoint("GET", "/api/track/v1/shipment/details/{number}", shipment_details),
    Endpoint("POST", "/api/rating/v2409/{option}", ships.rate),
    Endpoint("POST", "/api/addressvalidation/v2/{option}", ships.address),
)


class UpsSandbox(CarrierRoom, ShopSandbox[UpsDepot, Call, Endpoint]):
    """Two services with one control room; truth rows of domestic parcels have `domestic` true. Beside the switches: `query_http`
    X."""

    name: ClassVar[str] = "ups"
    switches: ClassVar[frozenset[str]] = CarrierRoom.switches | {"query_http"}
    shop: UpsDepot

    def routes(self) -> list[BaseRoute]:
        doors = [Route(one.path, self.handler(one), methods=[one.method]) for one in ENDPOINTS]
        return [*doors, *(Route(path, self._domestic(path), methods=["GET", "POST"]) for path in turkey.PATHS)]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.shop = UpsDepot(self.clock, seed)
        self.bucket = Bucket(self.clock, CALLS_PER_S, BURST)
        self.token_bucket = Bucket(self.clock, TOKENS_PER_S, TOKEN_BURST)
        self.credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "account_number": ACCOUNT, **SENDER}

    def state_of(self, parcel: Parcel) -> str:
        """status.type; of domestic parcels the StatusCode."""
        step = self.shop.step(parcel)
        return turkey.STATES[step][0] if parcel.more.get("domestic") else wire.STATES[step][0]

    def truth_shipments(self) -> list[dict[str, Any]]:
        rows = super().truth_shipments()
        return [{**row, "domestic": bool(self.shop.parcels[row["reference"]].more.get("domestic"))} for row in rows]

    def _domestic(self, path: str) -> Any:
        async def handle(request: Request) -> Response:
            if self.shop.on("ip_refused"):
                return Response("<html><body><h1>403 Forbidden</h1></body></html>", 403, media_type="text/html")
            service = turkey.service(path, self.shop.on("query_http"))
            return await soap.answer(service, request, lambda name, given: turkey.act(self.shop, name, given))

        return handle

    # -- the door ------------------------------------------------------------------------------------------------
    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        return Call(path_of(request), query_of(request), body, self.shop.now(), wire.FORM)

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        asks_token = endpoint.path == TOKEN
        if self.limits_on and not (self.token_bucket if asks_token else self.bucket).take():
            self.shop.counts["throttled"] += 1
            raise Refusal(429, wire.THROTTLED, "Too Many Requests")
        if self.shop.on("ip_refused"):
            raise Refusal(403, wire.BLOCKED, f"Blocked Merchant: {CALLER}")
        if self.shop.on("unexpected"):
            raise Refusal(500, wire.UNEXPECTED, "An unexpected error has occurred")
        if asks_token:
            self._client(request)
            return
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not self.shop.is_live(given):
            raise Refusal(401, wire.TOKEN_BAD, "Invalid Authentication Information.")
        if endpoint.path.startswith("/api/track") and not all(
            request.headers.get(one) for one in ("transid", "transactionsrc")
        ):
            raise bad(wire.TRACK_HEADER, "Missing transId or transactionSrc")
        if self.shop.on("account_closed") and not endpoint.path.startswith("/api/track"):
            raise Refusal(403, wire.CLOSED, "The shipper account is not active")
        if call.body and not is_json(request):
            raise Refusal(415, wire.MALFORMED, "Unsupported Media Type")

    def _client(self, request: Request) -> None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            told = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            told = b""
        if kind != "Basic" or not told:
            raise bad(wire.NO_BASIC, "Invalid/Missing Authorization Header")
        if not hmac.compare_digest(told, f"{CLIENT_ID}:{CLIENT_SECRET}".encode()):
            raise Refusal(401, wire.CLIENT_BAD, "ClientId is Invalid")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
            raise bad(wire.GRANT_BAD, "Missing or invalid grant_type")

    def refusal_body(self, endpoint: Endpoint, refusal: AnyRefusal) -> Any:
        self.shop.counts["refused"] += 1
        return refusal.body()


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> UpsSandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return UpsSandbox(seed=seed, orders=orders, listings=listings)
