"""A stateful fake of Hepsiburada's merchant API, written from reference/marketplaces-tr.md, "## Hepsiburada", and from nothing else.

Must never look at a client. All hosts of the vendor live here under their documented paths, which do not clash; the path tells the host.
Switches: `ignore_writes`, `apply_N` (N per cent of the writes), `empty_orders`, `empty_404`, `plain_errors`, `plain_money` (package money as
bare numbers), `late_writes` (rows applied when an upload is finished), `uploads_hang`, `await_payment`, `not_linked`, `refuse_sku:<sku>`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import random
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import hepsiburada_listings as listings_host
from providers.sandboxes import hepsiburada_orders as oms
from providers.sandboxes import hepsiburada_packages as packing
from providers.sandboxes import hepsiburada_services as services
from providers.sandboxes.hepsiburada_state import CARRIERS, OPEN, Order, Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, Refusal, Window, decimal_text, iso, render
from providers.sandboxes.kit import Sandbox

MERCHANT = "3f6c0000-0000-4000-8000-000000000001"
SERVICE_KEY = "hBsAnDbOx001"
DEVELOPER = "paxzar_dev"
SWITCHES = {
    "ignore_writes", "empty_orders", "empty_404", "plain_errors", "plain_money", "late_writes", "uploads_hang", "await_payment",
    "not_linked",
}  # fmt: skip
#: Excess that goes on for so long gets the caller's address blocked at the catalogue host, for so long (a guess), seconds.
BLOCKED_AFTER, BLOCKED_FOR = 5, 60


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    host: str  # listing, oms, catalogue, questions, finance
    act: Callable[[Shop, Call], Answer]
    lists: bool = False  # orders move after it when a test armed `between`
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
ENDPOINTS = (
    Endpoint("GET", _LIST, "listing", listings_host.listing_list, lists=True),
    Endpoint("POST", _ONE, "listing", listings_host.change_one),
    Endpoint("DELETE", _ONE, "listing", listings_host.delete_one),
    Endpoint("POST", _LIST + "/sku/{hb}/activate", "listing", listings_host.activate),
    Endpoint("POST", _LIST + "/sku/{hb}/deactivate", "listing", listings_host.deactivate),
    Endpoint("POST", _LIST + "/bulk-unlock", "listing", listings_host.unlock),
    Endpoint("POST", _LIST + "/{kind}", "listing", listings_host.upload),
    Endpoint("GET", _LIST + "/{kind}/id/{id}", "listing", listings_host.upload_result),
    Endpoint("GET", "/buybox-orders/merchantid/{M}", "listing", listings_host.buybox),
    Endpoint("GET", "/commissions/merchantid/{M}", "listing", listings_host.commissions),
    Endpoint("GET", "/orders/merchantid/{M}", "oms", oms.open_lines, lists=True),
    Endpoint("GET", "/orders/merchantid/{M}/ordernumber/{no}", "oms", oms.one_order),
    Endpoint("GET", "/orders/merchantid/{M}/cancelled", "oms", oms.cancelled, lists=True),
    Endpoint("GET", "/orders/merchantid/{M}/paymentawaiting", "oms", oms.payment_awaiting, lists=True),
    Endpoint("GET", _PACKS, "oms", oms.package_list, lists=True),
    *(Endpoint("GET", f"{_PACKS}/{one}", "oms", oms.state_list, True, (("state", one),)) for one in oms.STATES),
    Endpoint("GET", _PACKS + "/missing-invoice", "oms", oms.missing_invoice, lists=True),
    Endpoint("POST", _PACKS, "oms", packing.create_package),
    Endpoint("GET", _PACK, "oms", oms.one_package),
    Endpoint("POST", _PACK + "/unpack", "oms", packing.unpack),
    Endpoint("POST", _PACK + "/intransit", "oms", packing.in_transit),
    Endpoint("POST", _PACK + "/deliver", "oms", packing.deliver),
    Endpoint("POST", _PACK + "/undeliver", "oms", packing.undeliver),
    Endpoint("GET", _PACK + "/labels", "oms", packing.labels),
    Endpoint("PUT", _PACK + "/invoice", "oms", packing.invoice),
    Endpoint("GET", _PACK + "/changablecargocompanies", "oms", packing.package_carriers),
    Endpoint("PUT", _PACK + "/changecargocompany", "oms", packing.change_package_carrier),
    Endpoint("GET", _LINES + "/packageablewith/lineitemid/{L}", "oms", packing.packageable_with),
    Endpoint("POST", _LINES + "/id/{L}/cancelbymerchant", "oms", packing.cancel_line),
    Endpoint("PUT", _LINES + "/orderlineid/{L}/cargocompany", "oms", packing.change_line_carrier),
    Endpoint("GET", "/delivery/changeablecargocompanies/merchantid/{M}/orderlineid/{L}", "oms", packing.line_carriers),
    Endpoint("GET", "/claims/merchantid/{M}", "oms", services.claim_list, lists=True),
    Endpoint("GET", "/claims/merchantid/{M}/status/{status}", "oms", services.claim_list, lists=True),
    Endpoint("POST", _CLAIM + "/accept", "oms", services.accept_claim),
    Endpoint("POST", _CLAIM + "/reject", "oms", services.reject_claim),
    Endpoint("POST", _CLAIM + "/preapprovalconfirm", "oms", services.confirm_preapproval),
    Endpoint("GET", _ISSUE, "questions", services.issue_list, lists=True),
    Endpoint("GET", _ISSUE + "/count", "questions", services.issue_count),
    Endpoint("GET", _ISSUE + "/{N}", "questions", services.one_issue),
    Endpoint("POST", _ISSUE + "/{N}/answer", "questions", services.answer_issue),
    Endpoint("POST", _ISSUE + "/{N}/reject", "questions", services.reject_issue),
    Endpoint("GET", "/transactions/merchantid/{M}", "finance", services.transactions, lists=True),
    Endpoint("GET", _CATEGORY + "/get-all-categories", "catalogue", services.categories),
    Endpoint("GET", _CATEGORY + "/{C}/attributes", "catalogue", services.attributes),
    Endpoint("GET", _CATEGORY + "/{C}/attribute/{A}/values", "catalogue", services.attribute_values),
    Endpoint("GET", _PRODUCT + "/all-products-of-merchant/{M}", "catalogue", services.products, lists=True),
    Endpoint("GET", _PRODUCT + "/products-by-merchant-and-status", "catalogue", services.products, lists=True),
    Endpoint("POST", _PRODUCT + "/import", "catalogue", services.import_products),
    Endpoint("GET", _PRODUCT + "/status/{T}", "catalogue", services.import_status),
)


class HepsiburadaSandbox(Sandbox):
    name: ClassVar[str] = "hepsiburada"
    shop: Shop

    def routes(self) -> list[BaseRoute]:
        """Only the listing host insists on a lower-case `merchantid`; the others take `merchantId` too."""
        made: list[BaseRoute] = []
        for one in ENDPOINTS:
            spellings = [one.path]
            if one.host != "listing" and "/merchantid/" in one.path:
                spellings.append(one.path.replace("/merchantid/", "/merchantId/"))
            made += [Route(path, self._handler(one), methods=[one.method]) for path in spellings]
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
    def _handler(self, endpoint: Endpoint) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            try:
                self._limit(endpoint.host)
                self._let_in(request)
                path = {k: str(v) for k, v in request.path_params.items()} | dict(endpoint.fixed)
                call = Call(
                    path, dict(request.query_params), await request.body(), request.headers.get("content-type", ""), self.shop.now()
                )  # fmt: skip
                self.shop.settle()
                answer = endpoint.act(self.shop, call)
            except Refusal as refusal:
                return self._refused(refusal, endpoint.host)
            body = b"" if answer.data is None else render(answer.data)
            if endpoint.lists:
                self.page_served()
            return Response(body, answer.status, answer.headers, "application/json" if body else None)

        return handle

    def _refused(self, refusal: Refusal, host: str) -> Response:
        data = refusal.body("plain" if self.shop.on("plain_errors") else host, self.shop.guid(0xC022))
        if isinstance(data, str):
            return Response(data, refusal.status, refusal.headers, "text/plain; charset=utf-8")
        return Response(render(data), refusal.status, refusal.headers, "application/json")

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

    def switch(self, feature: str, on: bool) -> None:
        if feature not in SWITCHES and not re.fullmatch(r"apply_\d{1,3}|refuse_sku:.+", feature):
            raise KeyError(feature)
        self.shop.switches[feature] = on

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
        return [
            {
                "remote_id": one.hb_sku, "sku": one.sku, "barcode": one.barcode, "title": one.title, "price": decimal_text(one.price),
                "list_price": None, "stock": one.stock, "currency": "TRY", "listing_id": one.id,
            }
            for one in self.shop.listings.values()
        ]  # fmt: skip

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
