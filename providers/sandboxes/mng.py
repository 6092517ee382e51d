"""A stateful fake of MNG Kargo's REST API (DHL eCommerce Türkiye): a gateway's keys, a token, an order first, then a barcode that invoices.

Written from reference/cargo.md, "## MNG Kargo (DHL eCommerce Türkiye)" – never from a client. The old SOAP service is not here. A
referenceId that was used must never be free again, and no order is invoiced twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from providers.sandboxes import courier, shop
from providers.sandboxes import mng_orders as orders
from providers.sandboxes import mng_queries as queries
from providers.sandboxes import mng_wire as wire
from providers.sandboxes.courier import CALLER, CarrierRoom, Parcel
from providers.sandboxes.exact import DAY, HOUR, Call, Refusal, local
from providers.sandboxes.kit import Bucket
from providers.sandboxes.mng_orders import MngDepot
from providers.sandboxes.shop import ShopSandbox, is_json, path_of, query_of

BASE = "/mngapi/api"
CLIENT_ID, CLIENT_SECRET = "a1b2c3d4e5f60718293a4b5c6d7e8f90", "f0e1d2c3b4a5968778695a4b3c2d1e0f"
CUSTOMER, PASSWORD = "987654321", "MngSandbox1"
TOKEN_LIVES, REFRESH_LIVES = 8 * HOUR, DAY  # [U] the second
#: [U] nothing is published; the gateway's own answer to too much is 429.
CALLS_PER_S, BURST = 50.0, 100.0
PRODUCTS = (
    "identity", "standardcmdapi", "standardqueryapi", "barcodecmdapi", "pluscmdapi", "plusqueryapi", "bulkqueryapi", "cbsinfoapi",
)  # fmt: skip
#: `slow_branches`: a branch is known 3 minutes after the receiver was first told, before that createbarcode says 20001 · `barcode_again`:
#: a second createbarcode gives the same label · `bare_objects`: no array round a single result · `capital_errors`: {error:{Code, Message,
#: Description}} · `tax_number_needed`: 26056 · `wrong_environment`: 20013.
SWITCHES = courier.SWITCHES | {
    "slow_branches", "barcode_again", "bare_objects", "capital_errors", "tax_number_needed", "wrong_environment",
}  # fmt: skip

Endpoint = shop.Endpoint[MngDepot, Call]


def token(depot: MngDepot, call: Call) -> Any:
    body = call.json({"customerNumber": "int!", "password": "text!", "identityType": "int!"})
    told = f"{body['customerNumber']}\0{body['password']}".encode()
    if not hmac.compare_digest(told, f"{CUSTOMER}\0{PASSWORD}".encode()) or body["identityType"] != 1:
        raise wire.business(wire.LOGIN, "Müşteri numarası veya şifre hatalı", 401)  # [U] shape and status
    if depot.on("account_closed"):
        raise wire.business(wire.CLOSED, "Müşteri hesabı kapalıdır", 401)  # [U]
    return _tokens(depot)


def refresh(depot: MngDepot, call: Call) -> Any:
    """[U] the method and that a refresh token serves once."""
    if depot.refreshers.pop(call.path["token"], 0) <= depot.now():
        raise wire.gateway(401, "refreshToken is invalid or expired")
    return _tokens(depot)


def _tokens(depot: MngDepot) -> dict[str, str]:
    jwt, again = f"eyJhbGciOiJIUzI1NiJ9.{depot.guid(1)}.{depot.guid(2)}", depot.guid(3)
    depot.tokens[jwt], depot.refreshers[again] = depot.now() + TOKEN_LIVES, depot.now() + REFRESH_LIVES
    depot.counts["tokens"] += 1
    form = "%d.%m.%Y %H:%M:%S"
    return {
        "jwt": jwt, "refreshToken": again, "jwtExpireDate": local(depot.tokens[jwt], form),
        "refreshTokenExpireDate": local(depot.refreshers[again], form),
    }  # fmt: skip


#: Single results that come bare.
BARE = {token, refresh, queries.calculate}
ENDPOINTS = (
    Endpoint("POST", "/token", token),
    Endpoint("GET", "/refresh/{token}", refresh),
    Endpoint("POST", "/refresh/{token}", refresh),
    Endpoint("GET", "/cbsinfoapi/getcities", queries.cities),
    Endpoint("GET", "/cbsinfoapi/getdistricts/{city}", queries.districts),
    Endpoint("GET", "/cbsinfoapi/getneighborhoods/{city}/{district}", queries.neighbourhoods),
    Endpoint("GET", "/cbsinfoapi/getoutofserviceareas/{city}/{district}", queries.no_areas),
    Endpoint("GET", "/cbsinfoapi/getmobileareas/{city}/{district}", queries.no_areas),
    Endpoint("POST", "/pluscmdapi/createRecipient", orders.create_recipient),
    Endpoint("POST", "/pluscmdapi/createDetailedOrder", orders.create_detailed_order),
    Endpoint("POST", "/standardcmdapi/createOrder", orders.create_order),
    Endpoint("POST", "/standardcmdapi/createReturnOrder", orders.create_return),
    Endpoint("PUT", "/standardcmdapi/cancelorder/{reference}", orders.cancel_order),
    Endpoint("POST", "/barcodecmdapi/createbarcode", orders.create_barcode),
    Endpoint("PUT", "/barcodecmdapi/updateshipment", orders.update_shipment),
    Endpoint("PUT", "/barcodecmdapi/cancelshipment", orders.cancel_shipment),
    Endpoint("GET", "/standardqueryapi/getshipmentstatus/{reference}", queries.status),
    Endpoint("GET", "/standardqueryapi/getshipmentstatusByShipmentId/{id}", queries.status),
    Endpoint("GET", "/standardqueryapi/trackshipment/{reference}", queries.movements),
    Endpoint("GET", "/standardqueryapi/trackshipmentByShipmentId/{id}", queries.movements),
    Endpoint("GET", "/standardqueryapi/getorder/{reference}", queries.order),
    Endpoint("GET", "/standardqueryapi/getshipment/{reference}", queries.shipment),
    Endpoint("GET", "/standardqueryapi/getshipmentByShipmentId/{id}", queries.shipment),
    Endpoint("POST", "/standardqueryapi/calculate", queries.calculate),
    Endpoint("GET", "/bulkqueryapi/getStatusChangedShipments/{start}/{end}", queries.changed),
    Endpoint("GET", "/bulkqueryapi/getShipmentByDate/{date}", queries.by_date),
    Endpoint("GET", "/bulkqueryapi/getDeliveredShipment/{date}", queries.delivered),
    Endpoint("GET", "/plusqueryapi/getShipmentByBarcode/{barcode}", queries.by_barcode),
    Endpoint("GET", "/plusqueryapi/GetShipmentInfoByShipmentId/{id}", queries.shipment_info),
)


class MngSandbox(CarrierRoom, ShopSandbox[MngDepot, Call, Endpoint]):
    """Beside the switches: `unsubscribed:<product>` (one of PRODUCTS). `ip_refused` bars the barcode product only, as was seen."""

    name: ClassVar[str] = "mng"
    switches: ClassVar[frozenset[str]] = SWITCHES | {f"unsubscribed:{one}" for one in PRODUCTS}
    shop: MngDepot

    def routes(self) -> list[BaseRoute]:
        return [Route(BASE + one.path, self.handler(one), methods=[one.method]) for one in ENDPOINTS]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.shop = MngDepot(self.clock, seed)
        self.bucket = Bucket(self.clock, CALLS_PER_S, BURST)
        self.credentials = {
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "customer_number": CUSTOMER, "password": PASSWORD,
        }  # fmt: skip

    def state_of(self, parcel: Parcel) -> str:
        """shipmentStatusCode."""
        return str(queries.STEPS[self.shop.step(parcel)])

    # -- the door ------------------------------------------------------------------------------------------------
    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        return Call(path_of(request), query_of(request), body, self.shop.now(), wire.FORM)

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        part = endpoint.path.split("/")[1]
        product = "identity" if part in ("token", "refresh") else part
        self._gate(request, product)
        if product not in ("identity", "cbsinfoapi"):
            kind, _, jwt = request.headers.get("authorization", "").partition(" ")
            if kind != "Bearer" or self.shop.tokens.get(jwt, 0) <= self.shop.now():
                raise wire.gateway(401, "JWT is missing, invalid or expired")  # [U] the text
            if self.shop.on("account_closed"):
                raise wire.business(wire.CLOSED, "Müşteri hesabı kapalıdır", 401)
        if self.shop.on("ip_refused") and product == "barcodecmdapi":
            raise wire.business(wire.ADDRESS, f"{CALLER} IP adresinin tekil barkod yetkisi bulunmamaktadır", 500)
        if self.shop.on("unexpected"):
            raise wire.business(wire.UNEXPECTED, "Beklenmeyen hata", 500)
        if call.body and not is_json(request):
            raise Refusal(415, "Unsupported Media Type")

    def _gate(self, request: Request, product: str) -> None:
        """What the gateway says before the carrier is asked."""
        told = f"{request.headers.get('x-ibm-client-id', '')}\0{request.headers.get('x-ibm-client-secret', '')}"
        if not hmac.compare_digest(told.encode(), f"{CLIENT_ID}\0{CLIENT_SECRET}".encode()):
            raise wire.gateway(401, "Invalid client id or secret.")
        if self.shop.on(f"unsubscribed:{product}"):
            raise wire.gateway(401, "Cannot find valid subscription for the incoming API request.")
        if self.limits_on and not self.bucket.take():
            self.shop.counts["throttled"] += 1
            raise wire.gateway(429, "Rate Limit exceeded", {"Retry-After": "1"})
        if self.shop.on("wrong_environment"):
            raise wire.business(wire.OTHER_ENVIRONMENT, "Anahtarlar bu ortama ait değil", 500)

    def handler(self, endpoint: Endpoint) -> Callable[[Request], Any]:
        """Single results come as arrays."""
        if endpoint.act in BARE:
            return super().handler(endpoint)

        def listed(depot: MngDepot, call: Call) -> Any:
            outcome = endpoint.act(depot, call)
            return outcome if isinstance(outcome, list) or depot.on("bare_objects") else [outcome]

        return super().handler(shop.Endpoint(endpoint.method, endpoint.path, listed))

    def refusal_body(self, endpoint: Endpoint, refusal: Refusal) -> Any:
        self.shop.counts["refused"] += 1
        body = refusal.body()
        if self.shop.on("capital_errors") and "error" in body:
            return {"error": {name.capitalize(): text for name, text in body["error"].items()}}
        return body

    def truth_shipments(self) -> list[dict[str, Any]]:
        """`invoiced`: it has a barcode, and so a shipment."""
        return [{**row, "invoiced": bool(row["tracking_number"])} for row in super().truth_shipments()]


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> MngSandbox:
    """The fake server for tests, `rehearse` and the demo workspace. Orders and listings mean nothing here."""
    return MngSandbox(seed=seed, orders=orders, listings=listings)
