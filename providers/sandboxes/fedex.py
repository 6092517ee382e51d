"""A stateful fake of FedEx: two projects with keys of their own (ship and rate; track), shipments, cancels, tracking by number and reference.

Written from FedEx' OpenAPI exports (specs/fedex) and reference/cargo.md, "## FedEx" – never from a client. A project's token must never
open the other project.
"""

from __future__ import annotations

import hmac
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from providers.sandboxes import fedex_forms as forms
from providers.sandboxes import fedex_ship as ships
from providers.sandboxes import fedex_wire as wire
from providers.sandboxes import shop
from providers.sandboxes.courier import CALLER, CarrierRoom, Parcel
from providers.sandboxes.exact import Refusal as AnyRefusal
from providers.sandboxes.exact import local
from providers.sandboxes.fedex_ship import ACCOUNT_NUMBER, FedexDepot, answer
from providers.sandboxes.fedex_wire import FedexCall, Refusal, Row, bad, body_of
from providers.sandboxes.sender import SENDER
from providers.sandboxes.shop import ShopSandbox, Window, is_json, path_of, query_of

KEYS = {
    "ship": ("l7f1e2d3c4b5a69788fedexshipkey0001", "a1b2c3d4e5f60718fedexshipsecret0001"),
    "track": ("l7a9b8c7d6e5f40312fedextrackkey0002", "0f1e2d3c4b5a6978fedextracksecret0002"),
}  # fmt: skip
TOKEN, TOKEN_LIVES = "/oauth/token", 3599
CALLS, CALLS_S = 1400, 10
Endpoint = shop.Endpoint[FedexDepot, FedexCall]


def token(depot: FedexDepot, call: FedexCall) -> Row:
    form = dict(parse_qsl(call.body.decode("latin-1"), keep_blank_values=True))
    if form.get("grant_type") != "client_credentials" or set(form) != {"grant_type", "client_id", "client_secret"}:
        raise bad(wire.GRANT, "Missing or duplicate parameters. Please modify your request and try again.")
    told = f"{form['client_id']}\0{form['client_secret']}".encode()
    project = next((name for name, pair in KEYS.items() if hmac.compare_digest(told, "\0".join(pair).encode())), "")
    if not project:
        message = "The given client credentials were not valid. Please modify your request and try again."
        raise Refusal(401, wire.UNAUTHORISED, message)
    made = depot.token(TOKEN_LIVES)
    depot.projects[made] = project
    return {"access_token": made, "token_type": "bearer", "expires_in": TOKEN_LIVES, "scope": "CXS"}


def by_number(depot: FedexDepot, call: FedexCall) -> Row:
    body = body_of(call, forms.TRACK, "Numbers")
    found = []
    for one in body["trackingInfo"]:
        code = one["trackingNumberInfo"]["trackingNumber"]
        parcel = next((each for each in depot.parcels.values() if code in each.pieces), None)
        row = _tracked(depot, parcel, code, call, body["includeDetailedScans"]) if parcel else _lost(code)
        found.append({"trackingNumber": code, "trackResults": [row]})
    return answer(call, {"completeTrackResults": found}, depot)


def _lost(code: str) -> Row:
    message = "Tracking number cannot be found. Please correct the tracking number and try again."
    return {"trackingNumberInfo": {"trackingNumber": code, "trackingNumberUniqueId": ""}, "error": {"code": wire.TRACK_UNKNOWN, "message": message}}  # fmt: skip


def by_reference(depot: FedexDepot, call: FedexCall) -> Row:
    """By reference and account, or by reference, type, carrier and destination; always between two ship dates."""
    body = body_of(call, forms.TRACK, "References")
    asked = body["referencesInformation"]
    by_account = asked.get("accountNumber") == ACCOUNT_NUMBER
    rest = ("type", "carrierCode", "destinationCountryCode", "destinationPostalCode")
    if not by_account and not all(asked.get(one) for one in rest):
        raise bad(wire.FIELD, "Account number, or type, carrier and destination are required.", "referencesInformation")
    results = [
        {"trackingNumber": code, "trackResults": [_tracked(depot, one, code, call, bool(body.get("includeDetailedScans")))]}
        for one in depot.parcels.values()
        if asked["value"] in one.more["references"]
        and asked["shipDateBegin"] <= local(one.created, "%Y-%m-%d") <= asked["shipDateEndDate"]
        and asked.get("destinationCountryCode", one.told["country"]) == one.told["country"]
        and asked.get("destinationPostalCode", one.told["postcode"]) == one.told["postcode"]
        for code in one.pieces
    ]  # fmt: skip
    if not results:  # [U] where this error stands
        error = {
            "code": wire.REFERENCE_UNKNOWN,
            "message": "Reference number cannot be found. Please correct the reference and try again.",
        }
        results = [{"trackResults": [{"trackingNumberInfo": {"trackingNumber": ""}, "error": error}]}]
    return answer(call, {"completeTrackResults": results}, depot)


def _tracked(depot: FedexDepot, parcel: Parcel, code: str, call: FedexCall, scans: bool) -> Row:
    turkish = call.locale.lower().startswith("tr")
    steps = depot.steps(parcel)
    last, at = steps[-1]
    state, derived, _, exception, english, own = wire.STATES[last]
    text = own if turkish else english
    row: Row = {
        "trackingNumberInfo": {"trackingNumber": code, "carrierCode": "FDXE", "trackingNumberUniqueId": f"{parcel.created}~{code}~FX"},
        "additionalTrackingInfo": {"hasAssociatedShipments": len(parcel.pieces) > 1, "nickname": "", "packageIdentifiers": [
            {"type": "CUSTOMER_REFERENCE", "value": parcel.more["references"], "trackingNumberUniqueId": ""},
        ]},
        "serviceDetail": {"type": parcel.more["service"], "description": wire.SERVICES[parcel.more["service"]][0], "shortDescription": "IP"},
        "latestStatusDetail": {
            "code": state, "derivedCode": derived, "statusByLocale": text, "description": text, "scanLocation": _where(parcel, last),
            "ancillaryDetails": [{"reason": exception, "reasonDescription": wire.EXCEPTIONS[exception]}] if exception else [],
        },
        "dateAndTimes": [{"type": "SHIP", "dateTime": _stamp(parcel.created)}],
        "packageDetails": {"count": str(len(parcel.pieces)), "sequenceNumber": str(parcel.pieces.index(code) + 1)},
        "shipperInformation": {"address": {"city": "ISTANBUL", "countryCode": "TR", "residential": False}},
        "recipientInformation": {"address": {"city": parcel.told["city"], "countryCode": parcel.told["country"], "residential": False}},
    }  # fmt: skip
    picked = depot.reached(parcel, "accepted")
    if picked:
        row["dateAndTimes"].append({"type": "ACTUAL_PICKUP", "dateTime": _stamp(picked)})
    if last == "delivered":
        row["dateAndTimes"].append({"type": "ACTUAL_DELIVERY", "dateTime": _stamp(at)})
        row["deliveryDetails"] = {"receivedByName": parcel.told["receiver"], "deliveryAttempts": "0"}
    if scans:
        row["scanEvents"] = [_event(parcel, step, when, turkish) for step, when in reversed(steps)]
    if parcel.damaged:
        row["latestStatusDetail"] = "bozuk"
    return row


def _event(parcel: Parcel, step: str, at: int, turkish: bool) -> Row:
    _, derived, event, exception, english, own = wire.STATES[step]
    return {
        "date": _stamp(at), "eventType": event, "eventDescription": own if turkish else english, "derivedStatusCode": derived,
        "derivedStatus": english, "exceptionCode": exception, "exceptionDescription": wire.EXCEPTIONS.get(exception, ""),
        "scanLocation": _where(parcel, step), "locationId": "ISTA", "locationType": "FEDEX_FACILITY",
    }  # fmt: skip


def _where(parcel: Parcel, step: str) -> Row:
    if step in ("arrived", "out", "delivered", "failed", "returning"):
        return {"city": parcel.told["city"], "countryCode": parcel.told["country"], "residential": False}
    return {"city": "ISTANBUL", "countryCode": "TR", "residential": False}


def _stamp(at: int) -> str:
    return local(at, "%Y-%m-%dT%H:%M:%S+03:00")


ENDPOINTS = (
    Endpoint("POST", TOKEN, token),
    Endpoint("POST", "/ship/v1/shipments", ships.ship),
    Endpoint("POST", "/ship/v1/shipments/packages/validate", ships.validate),
    Endpoint("PUT", "/ship/v1/shipments/cancel", ships.cancel),
    Endpoint("POST", "/rate/v1/rates/quotes", ships.rates),
    Endpoint("POST", "/track/v1/trackingnumbers", by_number),
    Endpoint("POST", "/track/v1/referencenumbers", by_reference),
)


class FedexSandbox(CarrierRoom, ShopSandbox[FedexDepot, FedexCall, Endpoint]):
    """The switches of every carrier and no others."""

    name: ClassVar[str] = "fedex"
    switches: ClassVar[frozenset[str]] = CarrierRoom.switches
    shop: FedexDepot

    def routes(self) -> list[BaseRoute]:
        return [Route(one.path, self.handler(one), methods=[one.method]) for one in ENDPOINTS]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.shop = FedexDepot(self.clock, seed)
        self.windows = {name: Window(CALLS, CALLS_S) for name in ("", *KEYS)}
        pairs = {
            f"{name}_{part}": value
            for name, pair in KEYS.items()
            for part, value in zip(("key", "secret"), pair, strict=True)
        }
        self.credentials = {**pairs, "account_number": ACCOUNT_NUMBER, **SENDER}

    def state_of(self, parcel: Parcel) -> str:
        """latestStatusDetail.code."""
        return wire.STATES[self.shop.step(parcel)][0]

    # -- the door ------------------------------------------------------------------------------------------------
    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> FedexCall:
        head = request.headers
        locale, named = head.get("x-locale", "en_US"), head.get("x-customer-transaction-id", "")
        return FedexCall(path_of(request), query_of(request), body, self.shop.now(), wire.FORM, locale, named)

    def admit(self, endpoint: Endpoint, request: Request, call: FedexCall) -> None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        project = self.shop.projects.get(given, "") if endpoint.path != TOKEN else ""
        if self.limits_on and not self.windows[project].take(self.clock.timestamp()):
            self.shop.counts["throttled"] += 1
            wait = str(self.windows[project].reset_in(self.clock.timestamp()))
            message = f"Your request has been throttled. Please try again in {wait} seconds."
            raise Refusal(429, wire.TOO_MANY, message, {"Retry-After": wait})
        denied = "We could not authorize your credentials. Please check your permissions and try again."
        if self.shop.on("ip_refused"):
            raise Refusal(403, wire.FORBIDDEN, f"{denied} ({CALLER})")
        if self.shop.on("unexpected"):
            message = "We encountered an unexpected error and are working to resolve the issue. We apologize for any inconvenience. Please check back at a later time."
            raise Refusal(500, wire.INTERNAL, message)
        if endpoint.path == TOKEN:
            if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
                raise bad(wire.GRANT, "Missing or duplicate parameters. Please modify your request and try again.")
            return
        if kind != "Bearer" or not self.shop.is_live(given):
            raise Refusal(401, wire.UNAUTHORISED, "Access token expired. Please modify your request and try again.")
        if project != ("track" if endpoint.path.startswith("/track") else "ship"):
            raise Refusal(403, wire.FORBIDDEN, denied)
        if self.shop.on("account_closed") and project == "ship":
            raise bad(wire.CLOSED, "The account number is not active.")
        if not is_json(request):
            raise Refusal(415, wire.FIELD, "Unsupported Media Type")
        call.params()

    def refusal_body(self, endpoint: Endpoint, refusal: AnyRefusal) -> Any:
        self.shop.counts["refused"] += 1
        return {"transactionId": self.shop.guid(9), **refusal.body()}


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> FedexSandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return FedexSandbox(seed=seed, orders=orders, listings=listings)
