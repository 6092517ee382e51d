"""A stateful fake of Hepsiburada's merchant API, written from reference/marketplaces-tr.md, "## Hepsiburada", and from nothing else.

Must never look at a client. All hosts of the vendor live here under their documented paths, which do not clash; the path tells the host.
Switches: `ignore_writes`, `apply_N` (N per cent of the writes), `empty_orders`, `empty_404`, `plain_errors`, `plain_money` (package money as
bare numbers), `late_writes` (rows applied when an upload is finished), `uploads_hang`, `await_payment`, `not_linked`, `refuse_sku:<sku>`.
Of the catalogue: `refuse_product:<sku>`, `slow_products`, `ignore_products`, `catalogue_waits`, `catalogue_match`, `products_rejected`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import random
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import exact, shop
from providers.sandboxes import hepsiburada_categories as catalogue
from providers.sandboxes import hepsiburada_finance as finance
from providers.sandboxes import hepsiburada_listings as listings_host
from providers.sandboxes import hepsiburada_orders as oms
from providers.sandboxes import hepsiburada_packages as packing
from providers.sandboxes import hepsiburada_publishing as publishing
from providers.sandboxes import hepsiburada_services as services
from providers.sandboxes import hepsiburada_tickets as tickets
from providers.sandboxes.exact import decimal_text, iso, render
from providers.sandboxes.hepsiburada_state import CARRIERS, OPEN, Order, Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, Refusal
from providers.sandboxes.kit import Sandbox
from providers.sandboxes.shop import ShopSandbox, Window, path_of

MERCHANT = "3f6c0000-0000-4000-8000-000000000001"
SERVICE_KEY = "hBsAnDbOx001"
DEVELOPER = "paxzar_dev"
SWITCHES = frozenset({
    "ignore_writes", "empty_orders", "empty_404", "plain_errors", "plain_money", "late_writes", "uploads_hang", "await_payment",
    "not_linked", "slow_products", "ignore_products", "catalogue_waits", "catalogue_match", "products_rejected",
})  # fmt: skip
#: Excess that goes on for so long gets the caller's address blocked at the catalogue host, for so long (a guess), seconds.
BLOCKED_AFTER, BLOCKED_FOR = 5, 60


@dataclass(frozen=True)
class Endpoint(shop.Endpoint[Shop, Call]):
    host: str  # listing, oms, catalogue, questions, finance
    fixed: tuple[tuple[str, str], ...] = ()  # path values that the route itself holds


_LIST = "/listings/merchantid/{M}"
_ONE = _LIST + "/sku/{hb}/merchantsku/{sku}"
_PACKS = "/packages/merchantid/{M}"
_PACK = _PACKS + "/packagenumber/{P}"
_LINES = "/lineitems/merchantid/{M}"
_CLAIM = "/claims/number/{N}"
_ISSUE = "/api/v1.0/issues"
_CATEGORY = "/product/api/categories"
_PRODUCT = "/product/api/products"
_TICKET = "/ticket-api/api/integrator"
ENDPOINTS = (
    Endpoint("GET", _LIST, listings_host.listing_list, "listing", lists=True),
    Endpoint("POST", _ONE, listings_host.change_one, "listing"),
    Endpoint("DELETE", _ONE, listings_host.delete_one, "listing"),
    Endpoint("POST", _LIST + "/sku/{hb}/activate", listings_host.activate, "listing"),
    Endpoint("POST", _LIST + "/sku/{hb}/deactivate", listings_host.deactivate, "listing"),
    Endpoint("POST", _LIST + "/bulk-unlock", listings_host.unlock, "listing"),
    Endpoint("POST", _LIST + "/{kind}", listings_host.upload, "listing"),
    Endpoint("GET", _LIST + "/{kind}/id/{id}", listings_host.upload_result, "listing"),
    Endpoint("GET", "/buybox-orders/merchantid/{M}", listings_host.buybox, "listing"),
    Endpoint("GET", "/commissions/merchantid/{M}", listings_host.commissions, "listing"),
    Endpoint("GET", "/orders/merchantid/{M}", oms.open_lines, "oms", lists=True),
    Endpoint("GET", "/orders/merchantid/{M}/ordernumber/{no}", oms.one_order, "oms"),
    Endpoint("GET", "/orders/merchantid/{M}/cancelled", oms.cancelled, "oms", lists=True),
    Endpoint("GET", "/orders/merchantid/{M}/paymentawaiting", oms.payment_awaiting, "oms", lists=True),
    Endpoint("GET", _PACKS, oms.package_list, "oms", lists=True),
    *(Endpoint("GET", f"{_PACKS}/{one}", oms.state_list, "oms", (("state", one),), lists=True) for one in oms.STATES),
    Endpoint("GET", _PACKS + "/missing-invoice", oms.missing_invoice, "oms", lists=True),
    Endpoint("POST", _PACKS, packing.create_package, "oms"),
    Endpoint("GET", _PACK, oms.one_package, "oms"),
    Endpoint("POST", _PACK + "/unpack", packing.unpack, "oms"),
    Endpoint("POST", _PACK + "/intransit", packing.in_transit, "oms"),
    Endpoint("POST", _PACK + "/deliver", packing.deliver, "oms"),
    Endpoint("POST", _PACK + "/undeliver", packing.undeliver, "oms"),
    Endpoint("GET", _PACK + "/labels", packing.labels, "oms"),
    Endpoint("PUT", _PACK + "/invoice", packing.invoice, "oms"),
    Endpoint("GET", _PACK + "/changablecargocompanies", packing.package_carriers, "oms"),
    Endpoint("PUT", _PACK + "/changecargocompany", packing.change_package_carrier, "oms"),
    Endpoint("GET", _LINES + "/packageablewith/lineitemid/{L}", packing.packageable_with, "oms"),
    Endpoint("POST", _LINES + "/id/{L}/cancelbymerchant", packing.cancel_line, "oms"),
    Endpoint("PUT", _LINES + "/orderlineid/{L}/cargocompany", packing.change_line_carrier, "oms"),
    Endpoint("GET", "/delivery/changeablecargocompanies/merchantid/{M}/orderlineid/{L}", packing.line_carriers, "oms"),
    Endpoint("GET", "/claims/merchantid/{M}", services.claim_list, "oms", lists=True),
    Endpoint("GET", "/claims/merchantid/{M}/status/{status}", services.claim_list, "oms", lists=True),
    Endpoint("POST", _CLAIM + "/accept", services.accept_claim, "oms"),
    Endpoint("POST", _CLAIM + "/reject", services.reject_claim, "oms"),
    Endpoint("POST", _CLAIM + "/preapprovalconfirm", services.confirm_preapproval, "oms"),
    Endpoint("GET", _ISSUE, services.issue_list, "questions", lists=True),
    Endpoint("GET", _ISSUE + "/count", services.issue_count, "questions"),
    Endpoint("GET", _ISSUE + "/{N}", services.one_issue, "questions"),
    Endpoint("POST", _ISSUE + "/{N}/answer", services.answer_issue, "questions"),
    Endpoint("POST", _ISSUE + "/{N}/reject", services.reject_issue, "questions"),
    Endpoint("GET", "/transactions/merchantid/{M}", finance.transactions, "finance", lists=True),
    Endpoint("GET", _CATEGORY + "/get-all-categories", catalogue.categories, "catalogue"),
    Endpoint("GET", _CATEGORY + "/{C}/attributes", catalogue.attributes, "catalogue"),
    Endpoint("GET", _CATEGORY + "/{C}/attribute/{A}/values", catalogue.attribute_values, "catalogue"),
    Endpoint("GET", _PRODUCT + "/all-products-of-merchant/{M}", publishing.products, "catalogue", lists=True),
    Endpoint(
        "GET", _PRODUCT + "/products-by-merchant-and-status", publishing.products_by_status, "catalogue", lists=True
    ),
    Endpoint("POST", _PRODUCT + "/import", publishing.import_products, "catalogue"),
    Endpoint("GET", _PRODUCT + "/status/{T}", publishing.import_status, "catalogue"),
    Endpoint("POST", _PRODUCT + "/check-product-status", publishing.check_status, "catalogue"),
    Endpoint("POST", _PRODUCT + "/approve-prematch", publishing.approve_match, "catalogue"),
    Endpoint("POST", _PRODUCT + "/reject-prematch", publishing.reject_match, "catalogue"),
    Endpoint("POST", _TICKET + "/import", tickets.import_updates, "catalogue"),
    Endpoint("GET", _TICKET + "/status/{T}", tickets.update_status, "catalogue"),
)


class HepsiburadaSandbox(ShopSandbox[Shop, Call, Endpoint]):
    name: ClassVar[str] = "hepsiburada"
    switches: ClassVar[frozenset[str]] = SWITCHES

    def routes(self) -> list[BaseRoute]:
        """Only the listing host insists on a lower-case `merchantid`; the others take `merchantId` too."""
        made: list[BaseRoute] = []
        for one in ENDPOINTS:
            spellings = [one.path]
            if one.host != "listing" and "/merchantid/" in one.path:
                spellings.append(one.path.replace("/merchantid/", "/merchantId/"))
            made += [Route(path, self.handler(one), methods=[one.method]) for path in spellings]
        return made

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.credentials = {"merchant_id": MERCHANT, "service_key": SERVICE_KEY, "developer_username": DEVELOPER}
        #: Calls a second; a test may lower them before the first call.
        self.per_second = {"oms": 1000, "catalogue": 100}
        self.windows: dict[str, Window] = {}
        self.excess_since = self.excess_last = self.blocked_until = 0.0
        self.shop = Shop(self.clock, MERCHANT, seed, lambda: self.limits_on)
        self.shop.fill(orders, listings)

    # -- the door ------------------------------------------------------------------------------------------------
    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        path = path_of(request) | dict(endpoint.fixed)
        kind = request.headers.get("content-type", "")
        return Call(path, dict(request.query_params), body, kind, self.shop.now())

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        self._limit(endpoint.host)
        self._let_in(request)

    def reply(self, outcome: Any) -> Response:
        answer: Answer = outcome
        body = b"" if answer.data is None else render(answer.data)
        return Response(body, answer.status, answer.headers, "application/json" if body else None)

    def refusal_body(self, endpoint: Endpoint, refusal: exact.Refusal) -> Any:
        host = "plain" if self.shop.on("plain_errors") else endpoint.host
        correlation = self.shop.guid(0xC022)
        return refusal.body_at(host, correlation) if isinstance(refusal, Refusal) else refusal.body()

    def _let_in(self, request: Request) -> None:
        """The key (401), then the developer (none: 401, an unknown or unlinked one: 403), then the path's merchant (403)."""
        kind, _, code = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(code, validate=True) if kind.casefold() == "basic" else b""
        except binascii.Error:
            given = b""
        if not hmac.compare_digest(given, f"{MERCHANT}:{SERVICE_KEY}".encode()):
            raise Refusal(401, "Unauthorized", "Unauthorized")
        agent = request.headers.get("user-agent", "")
        if not agent:
            raise Refusal(401, "Unauthorized", "User-Agent is missing")
        if agent != DEVELOPER or self.shop.on("not_linked"):
            raise Refusal(403, "Forbidden", "Geliştirici kullanıcısı bu satıcı için yetkili değil")
        if request.path_params.get("M", MERCHANT) != MERCHANT:
            raise Refusal(403, "Forbidden", "Bu satıcı için yetkiniz yok")

    def _limit(self, host: str) -> None:
        if not self.limits_on or host not in self.per_second:
            return
        now, most = self.clock.timestamp(), self.per_second[host]
        if host == "catalogue" and now < self.blocked_until:
            raise Refusal(403, "Forbidden", "IP adresiniz engellendi")
        window = self.windows.setdefault(host, Window(most, 1.0))
        if window.take(now):
            return
        self.shop.counts["throttled"] += 1
        if host != "catalogue":
            headers = {
                "X-RateLimit-Limit": str(most),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(window.reset_in(now)),
            }
            raise Refusal(429, "TooManyRequests", "Çok fazla istek gönderildi", headers)
        if now - self.excess_last > 1.0:
            self.excess_since = now
        self.excess_last = now
        if now - self.excess_since >= BLOCKED_AFTER:
            self.blocked_until = now + BLOCKED_FOR
        raise Refusal(403, "Forbidden", "Çok fazla istek gönderildi")

    # -- the control room ----------------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return [self.shop.place(self.shop.now()).number for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """They move one step along, or only their lines' last instant does. Finished orders stay as they are: no list of
        the vendor would show their change."""
        rng, now = random.Random(seed), self.shop.now()
        finished = ("Delivered", "UnDelivered", "Cancelled")
        living = sorted(one.number for one in self.shop.orders.values() if one.status not in finished)
        chosen = rng.sample(living, min(count, len(living)))
        for number in chosen:
            self._step(self.shop.orders[number], now, rng)
        return chosen

    def _step(self, order: Order, now: int, rng: random.Random) -> None:
        shop = self.shop
        following = {"Open": "InTransit", "InTransit": "Delivered"}
        if not order.paid:
            order.paid = True
        elif order.status in OPEN and rng.random() < 0.5:
            shop.pack([(order, line) for line in order.lines if line.status in OPEN], now)
        elif order.status in ("Packaged", "InTransit"):
            for number in {line.package for line in order.lines if line.status == order.status}:
                package = shop.packages[number]
                shop.move(package, following[package.status], now)
        for line in [one for one in order.lines if one.status != "Cancelled"] or order.lines:
            line.updated = now

    def cancel_order(self, remote_id: str) -> None:
        for line in self.shop.orders[remote_id].lines:
            self.shop.cancel_line(line, "Customer", 0, self.shop.now())

    def damage_order(self, remote_id: str) -> None:
        """`quantity` of its lines becomes a word on the wire, in every list; the order number stays readable."""
        self.shop.orders[remote_id].damaged = True

    def truth_orders(self) -> list[dict[str, Any]]:
        """An order's id is its number: the only name that the lists of open lines, packages and cancelled lines share."""
        return [
            {
                "remote_id": one.number, "number": one.number, "status": one.status, "placed_at": iso(one.placed),
                "updated_at": iso(one.updated), "buyer": f"{one.buyer.first} {one.buyer.last}", "total": decimal_text(one.total),
                "currency": "TRY",
                "lines": [
                    {"remote_id": x.id, "sku": x.sku, "quantity": x.quantity, "unit_price": decimal_text(x.unit), "status": x.status}
                    for x in one.lines
                ],
            }
            for one in self.shop.orders.values()
        ]  # fmt: skip

    def truth_listings(self) -> list[dict[str, Any]]:
        self.shop.settle()
        return [
            {
                "remote_id": one.hb_sku, "sku": one.sku, "barcode": one.barcode, "title": one.title, "price": decimal_text(one.price),
                "list_price": None, "stock": one.stock, "currency": "TRY", "listing_id": one.id,
            }
            for one in self.shop.listings.values()
        ]  # fmt: skip

    def truth_products(self) -> list[dict[str, Any]]:
        self.shop.settle()
        return publishing.products_truth(self.shop)

    def truth_shipments(self) -> list[dict[str, Any]]:
        return [
            {
                "reference": one.number, "tracking_number": one.tracking, "status": one.status, "barcode": one.barcode,
                "carrier": CARRIERS[one.carrier][1], "invoice": one.invoice, "orders": sorted({o.number for o, _ in one.parts}),
            }
            for one in self.shop.packages.values()
        ]  # fmt: skip

    def counters(self) -> dict[str, int]:
        return dict(self.shop.counts)


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return HepsiburadaSandbox(seed=seed, orders=orders, listings=listings)
