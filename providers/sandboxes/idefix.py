"""A stateful fake of idefix's seller API, written from reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix", and digests of its documents.

Must never look at a client. Paths are those of production, `/pim` and `/oms`. Switches: `ignore_writes`, `apply_N` (N per cent of the
writes), `empty_orders`, `bare_key` (an account without a secret: the bare key is the token), `not_ready` (new shipments wait for payment),
`small_pages` (422 above 50 products), `other_envelope`, `slow_batches`, `batches_hang`, `refuse_sku:<sku>`.
"""

from __future__ import annotations

import base64
import hmac
import random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from providers.sandboxes import idefix_orders as orders
from providers.sandboxes import idefix_products as products
from providers.sandboxes import shop
from providers.sandboxes.exact import Call, Refusal, decimal_text, iso
from providers.sandboxes.idefix_state import CANCELLED, CARRIERS, CHAIN, Shop
from providers.sandboxes.idefix_wire import FORM
from providers.sandboxes.kit import Bucket, Sandbox
from providers.sandboxes.shop import ShopSandbox, is_json, path_of, query_of

VENDOR = "16705"
API_KEY = "iDfSandbox-Key-0001"
API_SECRET = "iDfSandbox-Secret-0001"
#: "Tight" is all that is known; clients pause 250 ms between pages.
CALLS_PER_S, BURST = 4.0, 8.0
SWITCHES = frozenset({
    "ignore_writes", "empty_orders", "bare_key", "not_ready", "small_pages", "other_envelope", "slow_batches", "batches_hang",
})  # fmt: skip


Endpoint = shop.Endpoint[Shop, Call]
ENDPOINTS = (
    Endpoint("GET", "/pim/pool/{V}/list", products.product_list, lists=True),
    Endpoint("GET", "/pim/product-category", products.categories),
    Endpoint("POST", "/pim/catalog/{V}/inventory-upload", products.inventory_upload),
    Endpoint("GET", "/pim/catalog/{V}/inventory-result/{id}", products.inventory_result),
    Endpoint("GET", "/pim/catalog/{V}/inventory/list", products.inventory_list),
    Endpoint("GET", "/oms/claim-decline-reasons", orders.decline_reasons),
    Endpoint("GET", "/oms/{V}/list", orders.shipment_list, lists=True),
    Endpoint("GET", "/oms/{V}/claim-list", orders.claim_list, lists=True),
    Endpoint("GET", "/oms/{V}/reasons/noship", orders.noship_reasons),
    Endpoint("POST", "/oms/{V}/{id}/update-shipment-status", orders.update_status),
    Endpoint("POST", "/oms/{V}/{id}/update-tracking-number", orders.update_tracking),
    Endpoint("POST", "/oms/{V}/{id}/update-box-info", orders.update_boxes),
    Endpoint("POST", "/oms/{V}/{id}/invoice-link", orders.invoice_link),
    Endpoint("POST", "/oms/{V}/{id}/unsupplied", orders.unsupplied),
    Endpoint("POST", "/oms/{V}/{id}/claim-delivered-to-vendor", orders.claim_arrived),
    Endpoint("POST", "/oms/{V}/{id}/claim-approve", orders.approve_claim),
    Endpoint("POST", "/oms/{V}/{id}/claim-decline-request", orders.decline_claim),
)


class IdefixSandbox(ShopSandbox[Shop, Call, Endpoint]):
    name: ClassVar[str] = "idefix"
    switches: ClassVar[frozenset[str]] = SWITCHES

    def routes(self) -> list[BaseRoute]:
        return [Route(one.path, self.handler(one), methods=[one.method]) for one in ENDPOINTS]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.credentials = {"vendor_id": VENDOR, "api_key": API_KEY, "api_secret": API_SECRET}
        self.bucket = Bucket(self.clock, CALLS_PER_S, BURST)
        self.shop = Shop(self.clock, seed)
        self.shop.fill(orders, listings)

    # -- the door ------------------------------------------------------------------------------------------------
    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        return Call(path_of(request), query_of(request), body, self.shop.now(), FORM)

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        self._let_in(request, call.path.get("V", VENDOR))
        if not is_json(request):
            raise Refusal(415, "Content-Type application/json olmalıdır")

    def _let_in(self, request: Request, vendor: str) -> None:
        wanted = API_KEY if self.shop.on("bare_key") else base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode()
        if not hmac.compare_digest(request.headers.get("x-api-key", "").encode(), wanted.encode()) or vendor != VENDOR:
            raise Refusal(401, "VENDOR_TOKEN_NOT_EXIST")
        if self.limits_on and not self.bucket.take():
            self.shop.counts["throttled"] += 1
            raise Refusal(429, "Too Many Requests", {"Retry-After": "1"})

    # -- the control room ----------------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return [str(self.shop.place(self.shop.now()).id) for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """They move one step along or only their last change does; all get the same instant."""
        rng, now = random.Random(seed), self.shop.now()
        ids = sorted(self.shop.records.shipments)
        chosen = [self.shop.records.shipments[one] for one in rng.sample(ids, min(count, len(ids)))]
        for one in chosen:
            if one.status in CHAIN[:-1] and rng.random() < 0.5:
                self.shop.move(one, CHAIN[CHAIN.index(one.status) + 1], now)
            one.updated = now
        return [str(one.id) for one in chosen]

    def cancel_order(self, remote_id: str) -> None:
        self.shop.move(self.shop.records.shipments[int(remote_id)], CANCELLED, self.shop.now())

    def damage_order(self, remote_id: str) -> None:
        """`items` becomes a word on the wire; the ids stay readable."""
        self.shop.records.shipments[int(remote_id)].damaged = True

    def truth_orders(self) -> list[dict[str, Any]]:
        return [
            {
                "remote_id": str(one.id), "number": one.number, "status": one.status, "placed_at": iso(one.placed),
                "updated_at": iso(one.updated), "buyer": f"{one.buyer.first} {one.buyer.last}", "total": decimal_text(one.total),
                "currency": "TRY",
                "lines": [
                    {"remote_id": str(x.id), "sku": x.item.sku, "quantity": x.quantity, "unit_price": decimal_text(x.unit)} for x in one.lines
                ],
            }
            for one in self.shop.records.shipments.values()
        ]  # fmt: skip

    def truth_listings(self) -> list[dict[str, Any]]:
        self.shop.settle()
        return [
            {
                "remote_id": one.barcode, "sku": one.sku, "barcode": one.barcode, "title": one.title, "price": decimal_text(one.price),
                "list_price": decimal_text(one.compare) if one.compare else None, "stock": one.stock, "currency": "TRY",
            }
            for one in self.shop.records.items.values()
        ]  # fmt: skip

    def truth_shipments(self) -> list[dict[str, Any]]:
        return [
            {
                "reference": str(one.id), "tracking_number": one.tracking, "status": one.status, "carrier": CARRIERS[one.carrier],
                "invoice": one.invoice_number,
            }
            for one in self.shop.records.shipments.values()
        ]  # fmt: skip


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return IdefixSandbox(seed=seed, orders=orders, listings=listings)
