"""A stateful fake of a WooCommerce site, from reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce", and nothing else.

Must never look at a client. Served on loopback http, it stands for https when `x-forwarded-proto: https` comes or `https` is on.
Switches: `ignore_writes`, `apply_N`, `empty_orders`, `https`, `orderby_modified` (on), `pretty_permalinks` (on), `admin_key`
(on), `strip_authorization`, `read_only`, `block_put`, `php_warning`, `bom`, `line_price_number`, `skewed_clock`,
`refuse_sku:<sku>`, `prerender_N` (render order pages of N beforehand); of products `refuse_product:<sku>`, `ignore_products` and
`slow_products` (no effect: every answer of this vendor is final).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import woocommerce_orders as orders
from providers.sandboxes import woocommerce_products as products
from providers.sandboxes import woocommerce_site as site_calls
from providers.sandboxes import woocommerce_terms as terms
from providers.sandboxes.kit import Sandbox
from providers.sandboxes.woocommerce_publishing import products_truth
from providers.sandboxes.woocommerce_state import Order, Product, Site
from providers.sandboxes.woocommerce_wire import Answer, Call, Door, Problem, dump, money, no_route

KEY = "ck_00000000000000000000000000000000000paxza"
SECRET = "cs_11111111111111111111111111111111111paxza"
ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
EDIT = ("POST", "PUT", "PATCH")  # WordPress takes all three for an update
SWITCHES = {
    "ignore_writes", "empty_orders", "https", "orderby_modified", "pretty_permalinks", "admin_key", "strip_authorization",
    "read_only", "block_put", "php_warning", "bom", "line_price_number", "skewed_clock",
    "slow_products", "ignore_products",
}  # fmt: skip
WARNING = b"<br />\n<b>Warning</b>:  Undefined variable $kargo in <b>/home/dukkan/wp-content/plugins/x.php</b> on line <b>42</b><br />\n"
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Endpoint:
    methods: tuple[str, ...]
    path: re.Pattern[str]
    act: Callable[[Site, Call], Answer]
    lists: bool = False  # orders move after it when a test armed `between`


def _on(methods: tuple[str, ...], path: str, act: Callable[[Site, Call], Answer], *, lists: bool = False) -> Endpoint:
    return Endpoint(methods, re.compile("/wc/v3" + path.replace("#", r"(\d{1,15})"), re.ASCII), act, lists)


ENDPOINTS = (
    _on(("GET",), "/orders", orders.order_list, lists=True),
    _on(EDIT, "/orders/batch", orders.order_batch),
    _on(("GET",), "/orders/#", orders.get_order),
    _on(EDIT, "/orders/#", orders.put_order),
    _on(("DELETE",), "/orders/#", orders.delete_order),
    _on(("GET",), "/orders/#/notes", orders.note_list),
    _on(("POST",), "/orders/#/notes", orders.add_note),
    _on(("GET",), "/orders/#/refunds", orders.refund_list),
    _on(("POST",), "/orders/#/refunds", orders.add_refund),
    _on(("GET",), "/products", products.product_list, lists=True),
    _on(("POST",), "/products", products.add_product),
    _on(EDIT, "/products/batch", products.product_batch),
    *(_on(("GET",), f"/products/{one}", terms.LISTS[one]) for one in ("categories", "brands", "attributes")),
    *(_on(("POST",), f"/products/{one}", terms.ADDS[one]) for one in ("categories", "brands", "attributes")),
    _on(("GET",), "/products/attributes/#/terms", terms.value_list),
    _on(("POST",), "/products/attributes/#/terms", terms.add_value),
    _on(("GET",), "/products/#", products.get_product),
    _on(EDIT, "/products/#", products.put_product),
    _on(("GET",), "/products/#/variations", products.variation_list, lists=True),
    _on(("POST",), "/products/#/variations", products.add_variation),
    _on(EDIT, "/products/#/variations/batch", products.variation_batch),
    _on(("GET",), "/products/#/variations/#", products.get_variation),
    _on(EDIT, "/products/#/variations/#", products.put_variation),
    _on(("GET",), "/webhooks", site_calls.webhook_list),
    _on(("POST",), "/webhooks", site_calls.add_webhook),
    _on(("GET",), "/webhooks/#", site_calls.get_webhook),
    _on(EDIT, "/webhooks/#", site_calls.put_webhook),
    _on(("DELETE",), "/webhooks/#", site_calls.delete_webhook),
    _on(("GET",), "/data/currencies/current", site_calls.currency),
    _on(("GET",), "/system_status", site_calls.system_status),
)


class WooCommerceSandbox(Sandbox):
    name: ClassVar[str] = "woocommerce"
    site: Site
    door: Door

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/wp-json", self._pretty, methods=ANY),
            Route("/wp-json/{rest:path}", self._pretty, methods=ANY),
            Route("/", self._plain, methods=ANY),
            Route("/index.php", self._plain, methods=ANY),
        ]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.credentials = {"store_url": "", "consumer_key": KEY, "consumer_secret": SECRET}
        self.site = Site(self.clock, seed)
        self.door = Door(KEY, SECRET, lambda: self.clock.timestamp() if self.site.on("skewed_clock") else time.time())
        terms.fill(self.site)
        self.site.fill(orders, listings)

    def prerender(self, per_page: int, fields: str = "") -> None:
        """Render all order pages of `orderby=date|modified&order=asc` to bytes; undone by any change of an order."""
        orders.prerender(self.site, per_page, fields)

    # -- the door ------------------------------------------------------------------------------------------------
    async def _pretty(self, request: Request) -> Response:
        if not self.site.on("pretty_permalinks"):
            return Response(
                "<!DOCTYPE html><html><head><title>Sayfa bulunamadı</title></head></html>", 404, media_type="text/html"
            )
        return await self._serve(request, "/" + str(request.path_params.get("rest", "")))

    async def _plain(self, request: Request) -> Response:
        route = request.query_params.get("rest_route")
        if route is None:
            return Response(
                "<!DOCTYPE html><html><head><title>Örnek Dükkân</title></head></html>", media_type="text/html"
            )
        return await self._serve(request, route)

    async def _serve(self, request: Request, route: str) -> Response:
        """`route` is the part after /wp-json."""
        if self.site.on("block_put") and request.method in ("PUT", "PATCH", "DELETE"):
            return Response(
                "<html><head><title>501 Method Not Implemented</title></head></html>", 501, media_type="text/html"
            )
        secure = self.site.on("https") or request.headers.get("x-forwarded-proto", "") == "https"
        home = f"{'https' if secure else 'http'}://{request.headers.get('host', '')}"
        if route.strip("/") == "":
            return self._reply(Answer(site_calls.index(home)), {})
        headers: dict[str, str] = {}
        lists = False
        try:
            url = home + request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
            query: bytes = request.scope["query_string"]
            stripped = self.site.on("strip_authorization")
            endpoint, ids, method = self._find(request, route)
            self.door.let_in(request.method, url, query, request.headers, secure=secure, stripped=stripped)
            if endpoint is None:
                raise no_route()
            if self.site.on("read_only") and method != "GET":
                raise Problem(403, "woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource.")
            pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
            answer = endpoint.act(self.site, Call(method, ids, pairs, await request.body(), dict(pairs)))
            lists = endpoint.lists
            if answer.total is not None:
                headers = _paging(url, pairs, answer.total)
        except Problem as problem:
            answer = Answer(problem.body(), problem.status)
        reply = self._reply(answer, headers)
        if lists:
            self.page_served()
        return reply

    def _find(self, request: Request, route: str) -> tuple[Endpoint | None, tuple[int, ...], str]:
        """A POST may stand for another method: `_method` in the query or the override header."""
        method = request.method
        if method == "POST":
            other = request.query_params.get("_method") or request.headers.get("x-http-method-override") or method
            method = other.upper()
        for endpoint in ENDPOINTS:
            found = endpoint.path.fullmatch(route.rstrip("/"))
            if found and method in endpoint.methods:
                return endpoint, tuple(int(word) for word in found.groups()), method
        return None, (), method

    def _reply(self, answer: Answer, headers: dict[str, str]) -> Response:
        body = dump(answer.data) if answer.body is None else answer.body
        if self.site.on("php_warning"):
            body = WARNING + body
        if self.site.on("bom"):
            body = BOM + body
        return Response(body, answer.status, headers, "application/json; charset=UTF-8")

    # -- the control room ----------------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return [str(self.site.place(self.site.now()).id) for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """Half of them move on (on-hold → processing → completed), of the others only the modification instant does."""
        rng = random.Random(seed)
        ids = sorted(self.site.orders)
        chosen = rng.sample(ids, min(count, len(ids)))
        steps = {"on-hold": "processing", "processing": "completed"}
        for number in chosen:
            order = self.site.orders[number]
            if order.status in steps and rng.random() < 0.5:
                self.site.set_status(order, steps[order.status])
            else:
                self.site.changed(order)
        return [str(number) for number in chosen]

    def cancel_order(self, remote_id: str) -> None:
        self.site.set_status(self.site.orders[int(remote_id)], "cancelled")

    def damage_order(self, remote_id: str) -> None:
        """`line_items` becomes a string on the wire. The modification instant stays."""
        self.site.orders[int(remote_id)].damaged = True
        self.site.forget_pages()

    def switch(self, feature: str, on: bool) -> None:
        ready = re.fullmatch(r"prerender_(\d{1,3})", feature)
        if ready:
            self.site.pages.clear()
            if on:
                self.prerender(int(ready[1]))
            return
        if feature not in SWITCHES and not re.fullmatch(r"apply_\d{1,3}|refuse_sku:.+|refuse_product:.+", feature):
            raise KeyError(feature)
        self.site.switches[feature] = on
        self.site.forget_pages()

    def truth_orders(self) -> list[dict[str, Any]]:
        return [_order_truth(order) for order in self.site.orders.values()]

    def truth_listings(self) -> list[dict[str, Any]]:
        now = self.site.now()
        return [_listing_truth(one, now) for one in self.site.products.values() if one.type != "variable"]

    def truth_products(self) -> list[dict[str, Any]]:
        return products_truth(self.site)

    def counters(self) -> dict[str, int]:
        return dict(self.site.counts)


def _paging(url: str, pairs: list[tuple[str, str]], total: int) -> dict[str, str]:
    """Totals and the links to the pages next door, without the secrets of this request."""
    given = dict(pairs)
    page, size = int(given.get("page", "1")), int(given.get("per_page", "10"))
    pages = -(-total // size)
    kept = [(k, v) for k, v in pairs if k != "page" and not k.startswith(("oauth_", "consumer_"))]
    links = []
    for word, number in (("prev", page - 1), ("next", page + 1)):
        if 1 <= number <= pages:
            links.append(f'<{url}?{urlencode([*kept, ("page", str(number))])}>; rel="{word}"')
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    return headers | ({"Link": ", ".join(links)} if links else {})


def _order_truth(order: Order) -> dict[str, Any]:
    return {
        "remote_id": str(order.id), "number": str(order.id), "status": order.status, "placed_at": _iso(order.created),
        "updated_at": _iso(order.modified), "buyer": f"{order.buyer.first} {order.buyer.last}", "total": money(order.total),
        "currency": "TRY",
        "lines": [
            {"remote_id": str(line.id), "sku": line.sku, "quantity": line.quantity, "unit_price": money(line.unit)}
            for line in order.lines
        ],
    }  # fmt: skip


def _listing_truth(product: Product, now: int) -> dict[str, Any]:
    price = product.price(now)
    return {
        "remote_id": str(product.id), "parent_id": str(product.parent) if product.parent else None, "sku": product.sku,
        "barcode": product.gtin, "title": product.name, "price": "" if price is None else money(price),
        "list_price": None if product.regular is None else money(product.regular), "stock": product.stock, "currency": "TRY",
    }  # fmt: skip


def _iso(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat()


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return WooCommerceSandbox(seed=seed, orders=orders, listings=listings)
