"""A stateful fake of Trendyol's seller API, written from reference/marketplaces-tr.md, "## Trendyol", and from nothing else.

Must never look at a client: where the reference is silent the strictest reading is taken, and the report of this module says so.
Switches of the whole: `ignore_writes`, `apply_N` (N per cent of the writes), `empty_orders`, `mixed_shapes`, `plain_errors`,
`retry_after`, `v1_products`, `batches_hang`, `refuse_sku:<sku>`. Per capability (trendyol_routes): `no_<capability>` says yes, applies
nothing and lists nothing; `closed:<capability>` is 401, as stage answers a seller for whom a service is not enabled. The others are
named in the module of their service.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import random
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes.kit import Sandbox
from providers.sandboxes.trendyol_publishing import products_truth
from providers.sandboxes.trendyol_records import CHAIN, Package
from providers.sandboxes.trendyol_routes import CAPABILITIES, ENDPOINTS, HOURLY, PER_MINUTE, Endpoint
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import (
    Answer,
    Call,
    Refusal,
    Window,
    decimal_text,
    missing,
    page_of,
    render,
    too_many,
)

SELLER = 2738
API_KEY = "tYkSandboxKey0000001"
API_SECRET = "tYkSandboxSecret0001"
SWITCHES = {
    "ignore_writes", "empty_orders", "mixed_shapes", "plain_errors", "retry_after", "v1_products", "v1_orders_closed",
    "batches_hang", "tex_full", "slow_split", "refuse_label", "slow_label", "fraud_check", "no_claims_404", "answers_rejected",
    "products_rejected", "origin_required", "spec_value_names", "short_payment", "slow_products", "ignore_products",
}  # fmt: skip


class TrendyolSandbox(Sandbox):
    name: ClassVar[str] = "trendyol"
    shop: Shop

    def routes(self) -> list[BaseRoute]:
        return [Route(one.path, self._handler(one), methods=[one.method]) for one in ENDPOINTS]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.credentials = {
            "seller_id": str(SELLER), "api_key": API_KEY, "api_secret": API_SECRET, "integrator_name": "SelfIntegration",
        }  # fmt: skip
        self.windows: dict[str, Window] = {}
        self.shop = Shop(self.clock, SELLER, seed)
        self.shop.fill(orders, listings)

    # -- the door ------------------------------------------------------------------------------------------------
    def _handler(self, endpoint: Endpoint) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                self._let_in(request)
                self._limit(endpoint, headers)
                call = Call(
                    {k: str(v) for k, v in request.path_params.items()}, dict(request.query_params), await request.body(),
                    request.headers.get("content-type", ""), self.shop.now(),
                )  # fmt: skip
                answer = self._act(endpoint, call)
                body = b"" if answer.data is None else render(answer.data)
                status = answer.status
            except Refusal as refusal:
                status = refusal.status
                body = render(refusal.body(self.shop.now(), self.shop.on("plain_errors")))
            else:
                if endpoint.lists:
                    self.page_served()
            return Response(body, status, headers, "application/json" if body else None)

        return handle

    def _act(self, endpoint: Endpoint, call: Call) -> Answer:
        if self.shop.on(f"closed:{endpoint.capability}"):
            raise Refusal(401, "invalid.token", "Invalid token", "ClientApiAuthenticationException")
        self.shop.forgetful = self.shop.on(f"no_{endpoint.capability}")
        try:
            answer = endpoint.act(self.shop, call)
            return _emptied(answer) if self.shop.forgetful and endpoint.method == "GET" else answer
        finally:
            self.shop.forgetful = False

    def _let_in(self, request: Request) -> None:
        """User-Agent first (403), then the key and whether the path's seller is the key's own (401)."""
        if not re.fullmatch(rf"{SELLER} - [A-Za-z0-9]{{1,30}}", request.headers.get("user-agent", ""), re.ASCII):
            raise Refusal(403, "user.agent", "User-Agent bilgisi eksik veya hatalı", "ClientApiForbiddenException")
        kind, _, code = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(code, validate=True) if kind.casefold() == "basic" else b""
        except binascii.Error:
            given = b""
        own = request.path_params.get("S", str(SELLER)) == str(SELLER)
        if not hmac.compare_digest(given, f"{API_KEY}:{API_SECRET}".encode()) or not own:
            raise Refusal(401, "client.api.authentication", "Yetkisiz erişim", "ClientApiAuthenticationException")

    def _limit(self, endpoint: Endpoint, headers: dict[str, str]) -> None:
        if not self.limits_on:
            return
        rules = [(f"{endpoint.method} {endpoint.path}", 50, 10.0)]
        if endpoint.service in PER_MINUTE:
            rules.append((endpoint.service, PER_MINUTE[endpoint.service], 60.0))
        if endpoint.service in HOURLY:
            rules.append((endpoint.service, 1, 3600.0))
        windows = [self.windows.setdefault(key, Window(limit, seconds)) for key, limit, seconds in rules]
        now = self.clock.timestamp()
        wait = max(window.wait(now) for window in windows)
        if wait > 0:
            self.shop.counts["throttled"] += 1
            if self.shop.on("retry_after"):
                headers["retry-after"] = str(int(wait) + 1)
            raise too_many()
        for window in windows:
            window.hit(now)

    # -- the control room ----------------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return [str(self.shop.place(self.shop.now()).id) for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """They move one step along or only their last-modified instant does; all get the same instant."""
        rng = random.Random(seed)
        ids = sorted(self.shop.packages)
        chosen = rng.sample(ids, min(count, len(ids)))
        now = self.shop.now()
        for number in chosen:
            package = self.shop.packages[number]
            if package.status == "Awaiting":
                self.shop.set_status(package, "Created", now)
            elif package.status in CHAIN[:-1] and rng.random() < 0.5:
                self.shop.set_status(package, CHAIN[CHAIN.index(package.status) + 1], now)
            else:
                self.shop.touch(package, now)
        return [str(number) for number in chosen]

    def cancel_order(self, remote_id: str) -> None:
        self.shop.set_status(self.shop.packages[int(remote_id)], "Cancelled")

    def damage_order(self, remote_id: str) -> None:
        """`lines` becomes a string on the wire. Its last-modified instant stays."""
        self.shop.packages[int(remote_id)].damaged = True

    def switch(self, feature: str, on: bool) -> None:
        taken = feature.removeprefix("no_") if feature.startswith("no_") else feature.removeprefix("closed:")
        known = feature in SWITCHES or (taken != feature and taken in CAPABILITIES)
        if not known and not re.fullmatch(r"apply_\d{1,3}|refuse_sku:.+|refuse_product:.+", feature):
            raise KeyError(feature)
        self.shop.switches[feature] = on

    def truth_orders(self) -> list[dict[str, Any]]:
        return [_order_truth(package) for package in self.shop.packages.values()]

    def truth_listings(self) -> list[dict[str, Any]]:
        self.shop.settle_products()
        return [
            {
                "remote_id": item.barcode, "sku": item.sku, "barcode": item.barcode, "title": item.title,
                "price": decimal_text(item.sale), "list_price": decimal_text(item.list_price), "stock": item.quantity,
                "currency": "TRY",
            }
            for item in self.shop.items.values()
        ]  # fmt: skip

    def truth_products(self) -> list[dict[str, Any]]:
        return products_truth(self.shop)

    def truth_shipments(self) -> list[dict[str, Any]]:
        return [
            {
                "reference": str(p.id), "tracking_number": str(p.tracking), "status": p.status, "carrier": p.carrier,
                "invoice_number": p.invoice_number, "invoice_link": p.invoice_link, "boxes": p.boxes, "deci": p.deci,
                "alternative": p.alternative, "warehouse": p.warehouse,
            }
            for p in self.shop.packages.values()
            if p.status != "Awaiting"
        ]  # fmt: skip

    def counters(self) -> dict[str, int]:
        return dict(self.shop.counts)


def _emptied(answer: Answer) -> Answer:
    """A list without its rows, in the list's own shape; a single thing is not there."""
    data = answer.data
    if isinstance(data, list):
        return Answer(answer.status, [])
    rows = next((name for name in ("content", "data", "brands", "categories") if name in data), "")
    if rows == "content":
        empty = page_of([], data.get("page", 0), data["size"])
        return Answer(answer.status, {name: empty.get(name, False if name == "hasMore" else None) for name in data})
    if not rows:
        raise missing("Kayıt")
    return Answer(answer.status, {rows: []})


def _order_truth(package: Package) -> dict[str, Any]:
    waiting = package.status == "Awaiting"
    return {
        "remote_id": str(package.id), "number": package.number, "status": package.status,
        "placed_at": _iso(package.placed), "updated_at": _iso(package.modified),
        "buyer": "" if waiting else f"{package.buyer.first} {package.buyer.last}",
        "total": decimal_text(package.total), "currency": "TRY",
        "lines": [
            {
                "remote_id": str(line.id), "sku": line.sku, "quantity": line.quantity,
                "unit_price": decimal_text(line.unit - line.seller_discount),
            }
            for line in package.lines
        ],
    }  # fmt: skip


def _iso(milliseconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return TrendyolSandbox(seed=seed, orders=orders, listings=listings)
