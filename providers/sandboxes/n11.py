"""A stateful fake of N11's seller API, written from reference/marketplaces-tr.md, "## N11", and from nothing else.

Must never look at a client. `/ms`, `/rest`, `/cdn` and `/ws` live on the one host that the vendor has.
Switches: `ignore_writes`, `apply_N` (N per cent of the writes), `empty_orders`, `shifted_epochs` (epochs are wall clock, 3 h ahead),
`location_based` (every 25th package without an id), `plain_status` (no odd spelling), `late_writes`, `tasks_hang`, `refuse_sku:<sku>`; of products
`refuse_product:<sku>`, `slow_products`, `ignore_products`, `products_in_approval` (a new one waits for the catalogue team).
"""

from __future__ import annotations

import hmac
import random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import n11_categories as catalogue
from providers.sandboxes import n11_orders as orders
from providers.sandboxes import n11_products as products
from providers.sandboxes import n11_publishing as publishing
from providers.sandboxes import n11_soap as soap
from providers.sandboxes import shop
from providers.sandboxes.exact import decimal_text
from providers.sandboxes.kit import Sandbox
from providers.sandboxes.n11_state import CARRIERS, CHAIN, Package, Shop
from providers.sandboxes.n11_wire import Call, Refusal, iso, unauthorised
from providers.sandboxes.shop import ShopSandbox, Window, path_of

APP_KEY = "3f6c0000-0000-4000-8000-0000000000a1"
APP_SECRET = "nSandboxSecret01"
SWITCHES = frozenset({
    "ignore_writes", "empty_orders", "shifted_epochs", "location_based", "plain_status", "late_writes", "tasks_hang", "slow_products",
    "ignore_products", "products_in_approval",
})  # fmt: skip


Endpoint = shop.Endpoint[Shop, Call]
_PACKAGES = "/rest/delivery/v1/shipmentPackages"
ENDPOINTS = (
    Endpoint("GET", "/ms/product-query", products.product_query, lists=True),
    Endpoint("POST", "/ms/product/tasks/price-stock-update", products.price_stock_task),
    Endpoint("POST", "/ms/product/task-details/page-query", products.task_details),
    Endpoint("GET", "/cdn/categories", catalogue.categories),
    Endpoint("GET", "/cdn/category/{C}/attribute", catalogue.category_attributes),
    Endpoint("POST", "/ms/product/tasks/product-create", publishing.create_task),
    Endpoint("POST", "/ms/product/tasks/product-update", publishing.update_task),
    Endpoint("GET", _PACKAGES, orders.package_list, lists=True),
    Endpoint("PUT", "/rest/order/v1/update", orders.update_lines),
    Endpoint("POST", "/rest/delivery/v1/splitCombinePackage", orders.split),
    Endpoint("POST", "/rest/delivery/v1/splitPackageByQuantity", orders.split_by_quantity),
)


class N11Sandbox(ShopSandbox[Shop, Call, Endpoint]):
    name: ClassVar[str] = "n11"
    switches: ClassVar[frozenset[str]] = SWITCHES

    def routes(self) -> list[BaseRoute]:
        made: list[BaseRoute] = [Route(one.path, self.handler(one), methods=[one.method]) for one in ENDPOINTS]
        return [*made, Route("/ws/{service}", self._soap, methods=["POST"])]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.credentials = {"app_key": APP_KEY, "app_secret": APP_SECRET}
        #: Calls a minute; a test may lower them before the first call.
        self.per_minute = {"orders": 1000, "questions": 1}
        self.windows: dict[str, Window] = {}
        self.shop = Shop(self.clock, seed)
        self.shop.fill(orders, listings)

    # -- the door ------------------------------------------------------------------------------------------------
    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        return Call(path_of(request), dict(request.query_params), body, self.shop.now())

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        self._let_in(request)
        if endpoint.path == _PACKAGES and not self._allowed("orders"):
            raise Refusal(429, "Too many requests")

    def _let_in(self, request: Request) -> None:
        given = "\0".join(request.headers.get(name, "") for name in ("appkey", "appsecret"))
        if not hmac.compare_digest(given.encode(), f"{APP_KEY}\0{APP_SECRET}".encode()):
            raise unauthorised(request.url.path)

    def _allowed(self, group: str) -> bool:
        if not self.limits_on:
            return True
        window = self.windows.setdefault(group, Window(self.per_minute[group], 60.0))
        taken = window.take(self.clock.timestamp())
        self.shop.counts["throttled"] += not taken
        return taken

    async def _soap(self, request: Request) -> Response:
        """`/ws/returnService.wsdl`, with or without the ending; the closed services are gone (404)."""
        name = str(request.path_params["service"]).removesuffix(".wsdl")
        service = name[:1].lower() + name[1:]
        if service not in soap.SERVICES:
            return Response("Not Found", 404, media_type="text/plain")
        body = await request.body()
        status, data = soap.answer(self.shop, service, body, (APP_KEY, APP_SECRET), lambda: self._allowed("questions"))
        return Response(data, status, media_type="text/xml; charset=utf-8")

    # -- the control room ----------------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return [self._name(self.shop.place(self.shop.now())) for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """They move one step along or only their last-modified instant does; all get the same instant."""
        rng, now = random.Random(seed), self.shop.now()
        ids = sorted(self.shop.packages)
        chosen = [self.shop.packages[one] for one in rng.sample(ids, min(count, len(ids)))]
        for package in chosen:
            if package.status in CHAIN[:-1] and rng.random() < 0.5:
                self.shop.set_status(package, CHAIN[CHAIN.index(package.status) + 1], now)
            else:
                package.modified = now
        return [self._name(package) for package in chosen]

    def _name(self, package: Package) -> str:
        """The package's id; where the wire has none, the order number."""
        return package.number if orders.is_nameless(self.shop, package) else str(package.id)

    def _named(self, remote_id: str) -> Package:
        return next(one for one in self.shop.packages.values() if remote_id in (str(one.id), self._name(one)))

    def cancel_order(self, remote_id: str) -> None:
        self.shop.set_status(self._named(remote_id), "Cancelled", self.shop.now())

    def damage_order(self, remote_id: str) -> None:
        """`lines` becomes a word on the wire. Its last-modified instant stays."""
        self._named(remote_id).damaged = True

    def truth_orders(self) -> list[dict[str, Any]]:
        """`unit_price` is the wire's `price`, before discounts; `total` is what the seller invoices, after his own discounts."""
        return [
            {
                "remote_id": self._name(one), "number": one.number, "status": one.status, "placed_at": iso(one.placed),
                "updated_at": iso(one.modified), "buyer": f"{one.buyer.first} {one.buyer.last}", "total": decimal_text(one.total),
                "currency": "TRY",
                "lines": [
                    {"remote_id": str(x.id), "sku": x.sku, "quantity": x.quantity, "unit_price": decimal_text(x.unit)} for x in one.lines
                ],
            }
            for one in self.shop.packages.values()
        ]  # fmt: skip

    def truth_listings(self) -> list[dict[str, Any]]:
        return [
            {
                "remote_id": one.sku, "sku": one.sku, "barcode": one.barcode, "title": one.title, "price": decimal_text(one.sale),
                "list_price": decimal_text(one.list_price), "stock": one.quantity,
                "currency": "TRY" if one.currency == "TL" else one.currency, "product_id": str(one.id),
            }
            for one in self.shop.items.values()
        ]  # fmt: skip

    def truth_products(self) -> list[dict[str, Any]]:
        return publishing.products_truth(self.shop)

    def truth_shipments(self) -> list[dict[str, Any]]:
        return [
            {
                "reference": self._name(one), "tracking_number": one.sender_number, "campaign_code": one.campaign, "status": one.status,
                "carrier": CARRIERS[one.carrier][1], "invoice": one.invoice,
            }
            for one in self.shop.packages.values()
        ]  # fmt: skip

    def counters(self) -> dict[str, int]:
        return dict(self.shop.counts)


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return N11Sandbox(seed=seed, orders=orders, listings=listings)
