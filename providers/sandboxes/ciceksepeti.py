"""A stateful fake of ÇiçekSepeti's seller API, written from reference/marketplaces-tr.md, "## ÇiçekSepeti", and the documents it names.

Must never look at a client. All paths lie under `/api/v1`, as at the vendor. Switches: `ignore_writes`, `apply_N` (N per cent of the
writes), `empty_orders`, `foreign_address` (403 and a page for every call), `own_cargo` (cargo model 2), `plain_names` (one spelling of
product fields), `status_words`, `filter_by_modified`, `slow_batches`, `batches_hang`, `warnings`, `limits_as_400`, `refuse_sku:<sku>`.
"""

from __future__ import annotations

import hmac
import random
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import ciceksepeti_catalogue as catalogue
from providers.sandboxes import ciceksepeti_orders as orders
from providers.sandboxes import ciceksepeti_returns as returns
from providers.sandboxes import shop
from providers.sandboxes.ciceksepeti_state import CARRIERS, STATUS_WORDS, Shop
from providers.sandboxes.ciceksepeti_wire import FORM, Refusal, sameness
from providers.sandboxes.exact import MINUTE, Call, decimal_text, iso, render
from providers.sandboxes.kit import Sandbox
from providers.sandboxes.shop import ShopSandbox, Spacing, is_json, path_of, query_of

API_KEY = "csSandbox0Key1a2b3c4d"
SELLER = "123456"
SWITCHES = frozenset({
    "ignore_writes", "empty_orders", "foreign_address", "own_cargo", "plain_names", "status_words", "filter_by_modified",
    "slow_batches", "batches_hang", "warnings", "limits_as_400",
})  # fmt: skip
#: What a caller from abroad sees, whatever the path and the key.
WALL = (
    "<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Page Not Available</h1>"
    "<p>The page you requested is not available.</p></body></html>"
)


@dataclass(frozen=True)
class Endpoint(shop.Endpoint[Shop, Call]):
    """`every`: seconds between two calls; `same`: seconds until the same question is answered again. 0: no rule."""

    every: float = 0.0
    same: float = 0.0


ENDPOINTS = (
    Endpoint("GET", "/Products", catalogue.product_list, 5, 10 * MINUTE, lists=True),
    Endpoint("PUT", "/Products/price-and-stock", catalogue.price_and_stock, 1, 30 * MINUTE),
    Endpoint("GET", "/Products/batch-status/{id}", catalogue.batch_status, 0.2, MINUTE),
    Endpoint("GET", "/Categories", catalogue.categories),
    Endpoint("GET", "/Categories/{C}/attributes", catalogue.category_attributes),
    Endpoint("POST", "/Order/GetOrders", orders.get_orders, 5, MINUTE, lists=True),
    Endpoint("PUT", "/Order/readyforcargowithcsintegration", orders.ready_for_cargo, 5),
    Endpoint("PUT", "/Order/statusupdatewithsupplierintegration", orders.supplier_status, 5),
    Endpoint("PUT", "/Order/CargoCompany", orders.cargo_company, 5),
    Endpoint("POST", "/Order/CargoMeasurement", orders.cargo_measurement, 5),
    Endpoint("POST", "/Branch/SendInvoiceMail", orders.send_invoice),
    Endpoint("POST", "/Order/getcanceledorders", returns.cancelled_orders, 5, lists=True),
    Endpoint("POST", "/Order/refundprocessstartreceivedprocess", returns.received, 5),
    Endpoint("POST", "/Order/cancelevaluation", returns.evaluate, 5),
)


class CiceksepetiSandbox(ShopSandbox[Shop, Call, Endpoint]):
    name: ClassVar[str] = "ciceksepeti"
    switches: ClassVar[frozenset[str]] = SWITCHES

    def routes(self) -> list[BaseRoute]:
        """One route a path, or Starlette would answer the second method with 405 and a body of its own."""
        made: list[BaseRoute] = [
            Route(f"/api/v1{one.path}", self.handler(one), methods=[one.method]) for one in ENDPOINTS
        ]
        return [*made, Route("/{rest:path}", self._nowhere, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.credentials = {"api_key": API_KEY, "seller_id": SELLER, "integrator_name": ""}
        self.spacing = Spacing()
        self.shop = Shop(self.clock, seed)
        self.shop.fill(orders, listings)

    # -- the door ------------------------------------------------------------------------------------------------
    def barred(self, request: Request) -> Response | None:
        return Response(WALL, 403, media_type="text/html") if self.shop.on("foreign_address") else None

    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        return Call(path_of(request), query_of(request), body, self.shop.now(), FORM)

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        self._let_in(request)
        self._pace(endpoint, call)
        if not is_json(request):
            raise Refusal(415, "Content-Type application/json olmalıdır")

    def answered(self, endpoint: Endpoint, call: Call) -> None:
        self.spacing.note(_same(endpoint, call), self.clock.timestamp())

    async def _nowhere(self, request: Request) -> Response:
        refusal = Refusal(404, "No HTTP resource was found")
        return self.barred(request) or Response(render(refusal.body()), 404, media_type="application/json")

    def _let_in(self, request: Request) -> None:
        given = request.headers.get("x-api-key", "")
        if not hmac.compare_digest(given.encode(), API_KEY.encode()):
            raise Refusal(401, "Geçersiz API Key")
        if not re.fullmatch(rf"{SELLER}(-[A-Za-z0-9]+)?", request.headers.get("user-agent", ""), re.ASCII):
            raise Refusal(401, "user-agent başlığı SatıcıId veya SatıcıId-EntegratörAdı olmalıdır")

    def _pace(self, endpoint: Endpoint, call: Call) -> None:
        if not self.limits_on:
            return
        now = self.clock.timestamp()
        status = 400 if self.shop.on("limits_as_400") else 429
        if endpoint.same and not self.spacing.free(_same(endpoint, call), endpoint.same, now):
            self.shop.counts["repeated"] += 1
            raise Refusal(status, f"Aynı istek {_words(endpoint.same)} içinde yalnızca 1 kez gönderilebilir")
        if endpoint.every and not self._every(endpoint, now):
            self.shop.counts["throttled"] += 1
            raise Refusal(
                status, f"Bu servise {_words(max(1.0, endpoint.every))} içinde izin verilenden fazla istek gönderildi"
            )

    def _every(self, endpoint: Endpoint, now: float) -> bool:
        """Five a second for the batches' status (in any second, so they may come at once), one per `every` for all others."""
        if endpoint.every >= 1:
            return self.spacing.take(f"every {endpoint.method} {endpoint.path}", endpoint.every, now)
        return any(self.spacing.take(f"every {n} {endpoint.path}", 1.0, now) for n in range(int(1 / endpoint.every)))

    # -- the control room ----------------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return [str(self.shop.place(self.shop.now()).id) for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """They move one step along or only their last change does."""
        ids = sorted(self.shop.records.orders)
        chosen = random.Random(seed).sample(ids, min(count, len(ids)))
        for one in chosen:
            orders.age(self.shop, self.shop.records.orders[one])
        return [str(one) for one in chosen]

    def cancel_order(self, remote_id: str) -> None:
        self.shop.cancel(self.shop.records.orders[int(remote_id)].rows, self.shop.now())

    def damage_order(self, remote_id: str) -> None:
        """`quantity` of its first item becomes a word on the wire; the ids stay readable."""
        self.shop.records.orders[int(remote_id)].damaged = True

    def truth_orders(self) -> list[dict[str, Any]]:
        """`buyer` is who pays, '' where the vendor does not say; `total` is what the seller invoices, cancelled items with the others."""
        return [
            {
                "remote_id": str(one.id), "number": str(one.id), "status": one.status, "placed_at": iso(one.placed),
                "updated_at": iso(one.updated), "buyer": f"{one.sender.first} {one.sender.last}" if one.sender else "",
                "total": decimal_text(sum(row.invoiced for row in one.rows)), "currency": "TRY",
                "lines": [
                    {
                        "remote_id": str(row.id), "sku": row.item.sku, "quantity": row.quantity, "unit_price": decimal_text(row.unit),
                        "status": STATUS_WORDS[row.status], "active": row.active,
                    }
                    for row in one.rows
                ],
            }
            for one in self.shop.records.orders.values()
        ]  # fmt: skip

    def truth_listings(self) -> list[dict[str, Any]]:
        self.shop.settle()
        return [
            {
                "remote_id": one.sku, "sku": one.sku, "barcode": one.barcode, "title": one.title, "price": decimal_text(one.sale),
                "list_price": None if one.list_price is None else decimal_text(one.list_price), "stock": one.stock, "currency": "TRY",
                "product_code": one.code,
            }
            for one in self.shop.records.items.values()
        ]  # fmt: skip

    def truth_shipments(self) -> list[dict[str, Any]]:
        """One an order and parcel."""
        found: dict[tuple[int, str, str], dict[str, Any]] = {}
        for order in self.shop.records.orders.values():
            for row in order.rows:
                if row.partial or row.number:
                    found[order.id, row.partial, row.number] = {
                        "reference": str(order.id), "tracking_number": row.number, "code": row.partial,
                        "status": STATUS_WORDS[row.status], "carrier": CARRIERS[row.carrier],
                    }  # fmt: skip
        return list(found.values())


def _same(endpoint: Endpoint, call: Call) -> str:
    """The key under which this question is remembered once it was answered."""
    return f"same {endpoint.method} {endpoint.path} {sameness(call)}"


def _words(seconds: float) -> str:
    return f"{seconds / 60:.0f} dakika" if seconds >= MINUTE else f"{seconds:.0f} saniye"


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return CiceksepetiSandbox(seed=seed, orders=orders, listings=listings)
