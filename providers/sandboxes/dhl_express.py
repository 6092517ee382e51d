"""A stateful fake of DHL Express' MyDHL API: Basic authentication, shipments, tracking, rates, pickups, documents; no cancel of a shipment.

Written from DHL's OpenAPI 3.1.1 (specs/dhl-express) and reference/cargo.md – never from a client. The test host's path is served beside
the production path, with one state for both.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from decimal import Decimal
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import dhl_express_ship as ships
from providers.sandboxes import dhl_express_wire as wire
from providers.sandboxes import shop
from providers.sandboxes.courier import CALLER, CarrierRoom, Parcel
from providers.sandboxes.dhl_express_ship import ACCOUNT, Created, DhlDepot
from providers.sandboxes.dhl_express_wire import Refusal, Row, bad, missing, not_found
from providers.sandboxes.exact import DAY, Call, local, render
from providers.sandboxes.exact import Refusal as AnyRefusal
from providers.sandboxes.sender import SENDER
from providers.sandboxes.shop import ShopSandbox, Window, is_json, path_of, query_of

USER, PASSWORD = "apX3nB8cY1vQ7z", "M^9dhlExpressSandbox$1"
BASES = ("/mydhlapi", "/mydhlapi/test")
#: [U] 500 a day is what is commonly said of the test system.
CALLS_A_DAY = 500
VIEWS = (
    "all-checkpoints",
    "all-checkpoints-with-remarks",
    "last-checkpoint",
    "shipment-details-only",
    "advance-shipment",
    "bbx-children",
)
SWITCHES = CarrierRoom.switches | {"track_404"}
Endpoint = shop.Endpoint[DhlDepot, Call]


def track_one(depot: DhlDepot, call: Call) -> Row:
    asked = call.params("trackingView", "levelOfDetail", "requestControlledAccessDataCodes", "requestGMTOffsetPerEvent")
    parcel = depot.numbered(call.path["number"])
    return _tracked(depot, [parcel] if parcel else [], asked, "")


def track_many(depot: DhlDepot, call: Call) -> Row:
    """By waybills (repeated or with commas), by pieces, or by reference and account. Unknown numbers among known ones are left out ([U])."""
    lists = ("shipmentTrackingNumber", "pieceTrackingNumber")
    rest = Call(call.path, tuple(one for one in call.query if one[0] not in lists), call.body, call.now, call.form)
    asked = rest.params(
        "shipmentReference", "shipmentReferenceType", "shipperAccountNumber", "dateRangeFrom", "dateRangeTo", "trackingView", "levelOfDetail",
        "requestControlledAccessDataCodes",
    )  # fmt: skip
    numbers = [each for name, value in call.query if name in lists for each in value.split(",") if each]
    if len(numbers) > 200:
        raise bad("More than 200 numbers")
    if numbers:
        found = [one for one in depot.parcels.values() if one.number in numbers or set(one.pieces) & set(numbers)]
        return _tracked(depot, found, asked, "")
    reference = asked.get("shipmentReference", "")
    gone = [one for one in ("shipmentReference", "shipperAccountNumber") if not asked.get(one)]
    if gone:
        raise missing(gone)
    first = asked.get("dateRangeFrom") or local(depot.now() - 90 * DAY, "%Y-%m-%d")
    last = asked.get("dateRangeTo") or local(depot.now(), "%Y-%m-%d")
    found = [
        one
        for one in depot.parcels.values()
        if reference in one.more["references"]
        and asked["shipperAccountNumber"] == ACCOUNT
        and first <= local(one.created, "%Y-%m-%d") <= last
    ]
    return _tracked(depot, found, asked, f"No Shipments Found for ReferenceID | {reference}")


def _tracked(depot: DhlDepot, found: list[Parcel], asked: dict[str, str], none: str) -> Row:
    view, level = asked.get("trackingView", "all-checkpoints"), asked.get("levelOfDetail", "shipment")
    if view not in VIEWS or level not in ("shipment", "piece", "all"):
        raise bad("Invalid value of trackingView or levelOfDetail")
    if depot.on("track_404"):
        found = [one for one in found if depot.scanned(one)]
    if not found:
        raise not_found(none or "No data found")
    return {"shipments": [_shipment(depot, one, view, level, asked) for one in found]}


def _shipment(depot: DhlDepot, parcel: Parcel, view: str, level: str, asked: dict[str, str]) -> Row:
    events = [_event(parcel, step, at, asked) for step, at in depot.steps(parcel) if step in wire.EVENTS]
    if view == "last-checkpoint":
        events = events[-1:]
    elif view in ("shipment-details-only", "bbx-children"):
        events = []
    row: Row = {
        "shipmentTrackingNumber": parcel.number, "status": "Success", "shipmentTimestamp": local(parcel.created, "%Y-%m-%dT%H:%M:%S"),
        "productCode": parcel.more["product"], "description": parcel.sent["content"]["description"],
        "shipperDetails": {"name": "", "postalAddress": {"cityName": "", "postalCode": "", "countryCode": "TR"}, "serviceArea": [_HOME]},
        "receiverDetails": {"name": "", "postalAddress": {"cityName": "", "postalCode": "", "countryCode": parcel.told["country"]}, "serviceArea": [_away(parcel)]},
        "totalWeight": Decimal(parcel.more["grams"]) / 1000, "unitOfMeasurements": "metric", "numberOfPieces": len(parcel.pieces),
        "shipperReferences": [{"value": one, "typeCode": "CU"} for one in parcel.more["references"]],
        "events": [] if level == "piece" else events,
    }  # fmt: skip
    if level != "shipment":
        row["pieces"] = [
            {"number": i, "typeCode": "XPD", "shipmentTrackingNumber": parcel.number, "trackingNumber": one, "unitOfMeasurements": "metric", "events": events}
            for i, one in enumerate(parcel.pieces, 1)
        ]  # fmt: skip
    if parcel.damaged:
        row["events"] = "bozuk"
    return row


_HOME = {"code": "IST", "description": "ISTANBUL-TR"}


def _away(parcel: Parcel) -> Row:
    return {"code": "GTW", "description": f"{parcel.told['city'].upper()}-{parcel.told['country']}"}


def _event(parcel: Parcel, step: str, at: int, asked: dict[str, str]) -> Row:
    code, text = wire.EVENTS[step]
    where = _away(parcel) if step in ("arrived", "out", "delivered", "failed", "returning") else _HOME
    offset = {"GMTOffset": "+03:00"} if asked.get("requestGMTOffsetPerEvent") == "true" else {}
    signed = {"signedBy": ""} if step == "delivered" else {}  # blank for the law's sake, as in the document's example
    return {
        "date": local(at, "%Y-%m-%d"),
        "time": local(at, "%H:%M:%S"),
        **offset,
        "typeCode": code,
        "description": text,
        "serviceArea": [where],
        **signed,
    }


ENDPOINTS = (
    Endpoint("POST", "/shipments", ships.ship),
    Endpoint("GET", "/shipments/{number}/tracking", track_one),
    Endpoint("GET", "/shipments/{number}/proof-of-delivery", ships.proof),
    Endpoint("GET", "/shipments/{number}/get-image", ships.image),
    Endpoint("GET", "/tracking", track_many),
    Endpoint("GET", "/rates", ships.rates),
    Endpoint("POST", "/rates", ships.rates_of_many),
    Endpoint("GET", "/products", ships.products),
    Endpoint("GET", "/address-validate", ships.validate_address),
    Endpoint("POST", "/pickups", ships.pick_up),
    Endpoint("PATCH", "/pickups/{number}", ships.move_pickup),
    Endpoint("DELETE", "/pickups/{number}", ships.cancel_pickup),
)


class DhlExpressSandbox(CarrierRoom, ShopSandbox[DhlDepot, Call, Endpoint]):
    """Beside the switches: `track_404` (a shipment is not found until the courier has it; otherwise it is found without events)."""

    name: ClassVar[str] = "dhl_express"
    switches: ClassVar[frozenset[str]] = SWITCHES
    shop: DhlDepot

    def routes(self) -> list[BaseRoute]:
        return [Route(base + one.path, self.handler(one), methods=[one.method]) for base in BASES for one in ENDPOINTS]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.shop = DhlDepot(self.clock, seed)
        self.window = Window(CALLS_A_DAY, DAY)
        self.credentials = {"username": USER, "password": PASSWORD, "account_number": ACCOUNT, **SENDER}

    def state_of(self, parcel: Parcel) -> str:
        """The code of the last event, "" before the first."""
        return wire.EVENTS.get(self.shop.step(parcel), ("", ""))[0]

    # -- the door ------------------------------------------------------------------------------------------------
    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        return Call(path_of(request), query_of(request), body, self.shop.now(), wire.FORM)

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            told = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            told = b""
        if kind != "Basic" or not hmac.compare_digest(told, f"{USER}:{PASSWORD}".encode()):
            raise Refusal(401, "Invalid Credentials", "Unauthorized")  # [U]
        if (
            self.limits_on
            and request.url.path.startswith(f"{BASES[1]}/")
            and not self.window.take(self.clock.timestamp())
        ):
            self.shop.counts["throttled"] += 1
            raise Refusal(429, "Too many requests", "Too Many Requests")  # [U]
        if self.shop.on("ip_refused"):
            raise Refusal(403, f"Access from {CALLER} is not allowed", "Forbidden")  # [U]
        if self.shop.on("unexpected"):
            raise Refusal(
                500,
                "999: Process failure occurred. Process ID associated for that transaction (1234567890)",
                "Internal Server Error",
            )
        if not request.headers.get("x-version", "").startswith("3."):
            raise Refusal(400, "Missing mandatory header: x-version", "Missing parameters", "Bad request")  # [U]
        if not 0 <= len(request.headers.get("message-reference", "")) <= 36:
            raise bad("Message-Reference is longer than 36")
        if self.shop.on("account_closed"):
            raise bad("8003: Account not allowed for this service. Please contact your DHL Express representative.")
        if call.body and not is_json(request):
            raise Refusal(415, "Unsupported Media Type", "Unsupported Media Type")

    def reply(self, outcome: Any) -> Response:
        if outcome is None:
            return Response(status_code=200)
        made = isinstance(outcome, Created)
        return Response(render(outcome.data if made else outcome), 201 if made else 200, media_type="application/json")

    def handler(self, endpoint: Endpoint) -> Any:
        """Problems have a media type of their own and name the address that was called."""
        inner = super().handler(endpoint)

        async def handle(request: Request) -> Response:
            answer = await inner(request)
            if answer.status_code < 400:
                return answer
            number = render(str(request.path_params.get("number", "")))[1:-1]
            body = bytes(answer.body).replace(b"{number}", number)
            return Response(body, answer.status_code, media_type="application/problem+json")

        return handle

    def refusal_body(self, endpoint: Endpoint, refusal: AnyRefusal) -> Any:
        self.shop.counts["refused"] += 1
        return {"instance": f"/expressapi{endpoint.path}", **refusal.body()}


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> DhlExpressSandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return DhlExpressSandbox(seed=seed, orders=orders, listings=listings)
