"""A stateful fake of one Mirakl instance with one shop of one operator, written from the seller OpenAPI document (August 2026),
mirakl-rate-limits.yml and reference/marketplaces-tr.md. It must never look at a client.

Switches: `ignore_writes`, `apply_N` (N per cent of the writes), `refuse_sku:<sku>`, `empty_orders`, `empty_offers`, `empty_returns`,
`empty_log` (of transactions), `no_documents`, `imports_hang`, `debit_hangs`, `manual_acceptance` (every new order waits for the shop), `no_partial_acceptance`, `discount_period_required`, `read_only_key`.
"""

from __future__ import annotations

import hmac
import random
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import mirakl_documents as documents
from providers.sandboxes import mirakl_imports as imports
from providers.sandboxes import mirakl_inbox as inbox
from providers.sandboxes import mirakl_money as money
from providers.sandboxes import mirakl_offer_files as files
from providers.sandboxes import mirakl_offers as offers
from providers.sandboxes import mirakl_orders as orders
from providers.sandboxes import mirakl_platform as platform
from providers.sandboxes import mirakl_returns as returns
from providers.sandboxes.exact import DAY, HOUR, decimal_text, render
from providers.sandboxes.kit import Bucket, Sandbox
from providers.sandboxes.mirakl_records import CARRIERS, CURRENCY, SHOP_ID, Order
from providers.sandboxes.mirakl_rules import BURST, PACE, WINDOWS, read_query
from providers.sandboxes.mirakl_wire import Answer, Call, Refusal, iso

API_KEY = "3f6c0000-0000-4000-8000-0000000000a1"
SWITCHES = {
    "ignore_writes", "empty_orders", "empty_offers", "empty_returns", "empty_log", "no_documents", "imports_hang", "debit_hangs",
    "manual_acceptance", "no_partial_acceptance", "discount_period_required", "read_only_key",
}  # fmt: skip


@dataclass(frozen=True)
class Endpoint:
    operation: str
    method: str
    path: str
    act: Callable[[imports.Instance, Call], Answer]


_ORDER = "/api/orders/{order_id}"
_STOCK, _PRICES, _OFFERS = "/api/offers/stock/imports", "/api/offers/pricing/imports", "/api/offers/imports"
ENDPOINTS = (
    Endpoint("V01", "GET", "/api/version", platform.version),
    Endpoint("A01", "GET", "/api/account", platform.account),
    Endpoint("CH11", "GET", "/api/channels", platform.channels),
    Endpoint("SH21", "GET", "/api/shipping/carriers", platform.carriers),
    Endpoint("H11", "GET", "/api/hierarchies", platform.hierarchies),
    Endpoint("PM11", "GET", "/api/products/attributes", platform.attributes),
    Endpoint("P31", "GET", "/api/products", platform.products),
    Endpoint("RE01", "GET", "/api/reasons", money.reasons),
    Endpoint("DO01", "GET", "/api/documents", documents.document_types),
    Endpoint("OR11", "GET", "/api/orders", orders.list_orders),
    Endpoint("OR72", "GET", "/api/orders/documents", documents.list_documents),
    Endpoint("OR73", "GET", "/api/orders/documents/download", documents.download),
    Endpoint("OR76", "DELETE", "/api/orders/documents/{document_id}", documents.delete),
    Endpoint("OR28", "PUT", "/api/orders/refund", money.refund),
    Endpoint("OR30", "PUT", "/api/orders/cancel", money.cancel_lines),
    Endpoint("OR21", "PUT", _ORDER + "/accept", orders.accept),
    Endpoint("OR23", "PUT", _ORDER + "/tracking", orders.track),
    Endpoint("OR24", "PUT", _ORDER + "/ship", orders.ship),
    Endpoint("OR29", "PUT", _ORDER + "/cancel", orders.cancel),
    Endpoint("OR43", "POST", _ORDER + "/threads", inbox.open_thread),
    Endpoint("OR74", "POST", _ORDER + "/documents", documents.upload),
    Endpoint("STO01", "POST", _STOCK, imports.import_stock),
    Endpoint("STO02", "GET", _STOCK + "/{import_id}/status", imports.stock_status),
    Endpoint(
        "STO03", "GET", _STOCK + "/{import_id}/error_report", imports.error_report("STO", "import_id", "text/csv")
    ),
    Endpoint("PRI01", "POST", _PRICES, imports.import_prices),
    Endpoint("PRI02", "GET", _PRICES, imports.price_status),
    Endpoint(
        "PRI03", "GET", _PRICES + "/{import_id}/error_report", imports.error_report("PRI", "import_id", "text/csv")
    ),
    Endpoint("OF01", "POST", _OFFERS, files.import_offers),
    Endpoint("OF02", "GET", _OFFERS + "/{import}", files.offer_status),
    Endpoint(
        "OF03",
        "GET",
        _OFFERS + "/{import}/error_report",
        imports.error_report("OF", "import", "application/octet-stream"),
    ),
    Endpoint("OF61", "GET", "/api/offers/states", offers.offer_states),
    Endpoint("OF21", "GET", "/api/offers", offers.list_offers),
    Endpoint("OF24", "POST", "/api/offers", offers.upsert),
    Endpoint("OF22", "GET", "/api/offers/{offer}", offers.one_offer),
    Endpoint("RT11", "GET", "/api/returns", returns.list_returns),
    Endpoint("RT21", "PUT", "/api/returns/accept", returns.accept),
    Endpoint("RT25", "PUT", "/api/returns/receive", returns.step(("IN_PROGRESS",), "RECEIVED")),
    Endpoint("RT26", "PUT", "/api/returns/compliance", returns.judge),
    Endpoint("RT27", "PUT", "/api/returns/close", returns.step(("RECEIVED", "IN_PROGRESS"), "CLOSED")),
    Endpoint("RT29", "PUT", "/api/returns/cancel", returns.step(("WAITING_ACCEPTANCE", "IN_PROGRESS"), "CANCELED")),
    Endpoint("M11", "GET", "/api/inbox/threads", inbox.list_threads),
    Endpoint("M13", "GET", "/api/inbox/threads/{attachment_id}/download", inbox.attachment),
    Endpoint("M12", "POST", "/api/inbox/threads/{thread_id}/message", inbox.reply),
    Endpoint("M10", "GET", "/api/inbox/threads/{thread_id}", inbox.one_thread),
    Endpoint("TL02", "GET", "/api/sellerpayment/transactions_logs", money.transactions),
)


class MiraklSandbox(Sandbox):
    name: ClassVar[str] = "mirakl"
    shop: imports.Instance

    def routes(self) -> list[BaseRoute]:
        made: list[BaseRoute] = [Route(one.path, self._handler(one), methods=[one.method]) for one in ENDPOINTS]
        return [*made, Route("/api/{rest:path}", self._elsewhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.credentials = {"api_key": API_KEY, "shop_id": str(SHOP_ID)}
        #: Calls that may come at once on top of the published pace; a test may lower it before the first call.
        self.burst = BURST
        self.buckets: dict[str, Bucket] = {}
        self.hits: dict[str, list[float]] = {}
        self.shop = imports.Instance(self.clock, seed)
        self.shop.fill(orders, listings)
        self._after(list(self.shop.orders.values()))

    def _after(self, made: list[Order]) -> None:
        """What hangs on orders and offers: the operator's papers, questions, returns."""
        shop, now = self.shop, self.shop.now()
        for n, one in enumerate(made):
            self._bill(one)
            if n % 6 == 0:
                who = (one.customer, f"{one.buyer.first} {one.buyer.last}")
                entity = ("MMP_ORDER", one.id, one.id)
                inbox.add_thread(shop, entity, "Kargo", who, "Siparişim ne zaman gelir?", min(now, one.created + HOUR))
        for n, offer in enumerate(shop.offers.values()):
            if n % 9 == 0:
                entity = ("MMP_OFFER", str(offer.id), offer.product.title)
                inbox.add_thread(shop, entity, "Ürün", (f"Q{n}", "İpek Işık"), "Ölçüsü kaç santim?", now - n * HOUR)
        for one in [one for one in made if one.state in ("RECEIVED", "CLOSED") and one.lines[0].received][::4]:
            returns.add_return(shop, one, min(now, (one.lines[0].received or now) + DAY))

    def _bill(self, one: Order) -> None:
        """Three of four orders that may be shipped have the operator's delivery bill."""
        if one.state in ("SHIPPING", "SHIPPED") and int(one.commercial[1:]) % 4:
            documents.put_bill(self.shop, one)

    # -- the door ----------------------------------------------------------------------------------------------
    def _handler(self, endpoint: Endpoint) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            try:
                if endpoint.operation != "V01":
                    self._let_in(request)
                args = read_query(endpoint.operation, request.query_params.multi_items())
                if args.get("shop_id", SHOP_ID) != SHOP_ID:
                    raise Refusal(403, "The user has no access to this shop")
                self._pace(endpoint.operation, args)
                for step in self.shop.steps:
                    step()
                path = {k: str(v) for k, v in request.path_params.items()}
                kind = request.headers.get("content-type", "")
                answer = endpoint.act(
                    self.shop, Call(endpoint.operation, path, args, await request.body(), kind, self.shop.now())
                )
            except Refusal as refusal:
                return Response(render(refusal.body()), refusal.status, refusal.headers, media_type="application/json")
            content = self._content(answer)
            if endpoint.operation in ("OR11", "OF21"):
                self.page_served()
            return Response(content, answer.status, answer.headers, media_type=answer.media_type if content else None)

        return handle

    def _content(self, answer: Answer) -> bytes:
        if answer.data is None:
            return b""
        return answer.data if isinstance(answer.data, bytes) else render(answer.data)

    def _let_in(self, request: Request) -> None:
        """The key itself, without a scheme in front of it."""
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), API_KEY.encode()):
            raise Refusal(401, "Unauthorized")
        if request.method != "GET" and self.shop.on("read_only_key"):
            raise Refusal(403, "Forbidden")

    async def _elsewhere(self, request: Request) -> Response:
        try:
            self._let_in(request)
            raise Refusal(404, "Not Found")
        except Refusal as refusal:
            return Response(render(refusal.body()), refusal.status, media_type="application/json")

    def _pace(self, operation: str, args: dict[str, Any]) -> None:
        """OR11 counts once a list: further pages and look-ups of named orders are page displays, which are free."""
        looked_up = {"order_ids", "order_references_for_customer", "order_references_for_seller"} & args.keys()
        if not self.limits_on or (operation == "OR11" and (args.get("offset", 0) or looked_up)):
            return
        now, wait = self.clock.timestamp(), 0.0
        if operation in PACE:
            calls, seconds = PACE[operation]
            bucket = self.buckets.setdefault(operation, Bucket(self.clock, calls / seconds, self.burst))
            if not bucket.take():
                wait = (1 - bucket.level) / bucket.rate
        hits = [at for at in self.hits.get(operation, []) if at > now - HOUR]
        for most, seconds in WINDOWS.get(operation, ()):
            recent = [at for at in hits if at > now - seconds]
            if len(recent) >= most:
                wait = max(wait, recent[-most] + seconds - now)
        if wait:
            self.shop.counts["throttled"] += 1
            raise Refusal(429, "Too Many Requests", headers={"retry-after": str(int(wait) + 1)})
        if operation in WINDOWS:
            self.hits[operation] = [*hits, now]

    # -- the control room --------------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        made = [self.shop.arrive() for _ in range(count)]
        for one in made:
            self._bill(one)
        return [one.id for one in made]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """They move one step along or only their last-updated instant does; all get the same instant."""
        rng, now = random.Random(seed), self.shop.now()
        ids = sorted(self.shop.orders)
        chosen = [self.shop.orders[one] for one in rng.sample(ids, min(count, len(ids)))]
        onward = {"SHIPPING": "SHIPPED", "SHIPPED": "RECEIVED", "TO_COLLECT": "RECEIVED", "RECEIVED": "CLOSED"}
        for order in chosen:
            if order.state in onward and rng.random() < 0.5:
                self.shop.advance(order, onward[order.state], now)
            else:
                order.updated = now
        return [order.id for order in chosen]

    def cancel_order(self, remote_id: str) -> None:
        """By the operator, in whatever state."""
        self.shop.advance(self.shop.orders[remote_id], "CANCELED", self.shop.now())

    def damage_order(self, remote_id: str) -> None:
        """`order_lines` becomes a word on the wire. Its last-updated instant stays."""
        self.shop.orders[remote_id].damaged = True

    def switch(self, feature: str, on: bool) -> None:
        if feature not in SWITCHES and not re.fullmatch(r"apply_\d{1,3}|refuse_sku:.+", feature):
            raise KeyError(feature)
        self.shop.switches[feature] = on

    def truth_orders(self) -> list[dict[str, Any]]:
        """`total` holds goods, shipping and VAT. OR11 finds an order by `order_id` only, so that is the number, too."""
        for step in self.shop.steps:
            step()
        return [
            {
                "remote_id": one.id, "number": one.id, "commercial_id": one.commercial, "status": one.state, "placed_at": iso(one.created),
                "updated_at": iso(one.updated), "buyer": f"{one.buyer.first} {one.buyer.last}", "total": decimal_text(one.total),
                "currency": CURRENCY,
                "lines": [
                    {"remote_id": x.id, "sku": x.offer.sku, "quantity": x.quantity, "unit_price": decimal_text(x.unit)} for x in one.lines
                ],
            }
            for one in self.shop.orders.values()
        ]  # fmt: skip

    def truth_listings(self) -> list[dict[str, Any]]:
        """`price` is today's default price; `list_price` is there only while a discount is in force. `offer_id` is the vendor's."""
        for step in self.shop.steps:
            step()
        now = self.shop.now()
        return [
            {
                "remote_id": one.sku, "offer_id": str(one.id), "sku": one.sku, "barcode": one.product.ean, "title": one.product.title,
                "price": decimal_text(one.prices[""].current(now)),
                "list_price": decimal_text(one.prices[""].origin) if one.prices[""].reduced(now) else None, "stock": one.quantity,
                "currency": CURRENCY, "channels": sorted(code for code in one.prices if code),
            }
            for one in self.shop.offers.values()
        ]  # fmt: skip

    def truth_shipments(self) -> list[dict[str, Any]]:
        labels = {code: label for code, label, _, _ in CARRIERS}
        return [
            {
                "reference": one.id, "tracking_number": one.tracking, "carrier": labels.get(one.carrier, one.carrier_name),
                "carrier_code": one.carrier, "status": one.state,
                "invoices": [d.name for d in self.shop.documents.values() if d.order_id == one.id and d.type == "CUSTOMER_INVOICE"],
            }
            for one in self.shop.orders.values()
        ]  # fmt: skip

    def counters(self) -> dict[str, int]:
        return dict(self.shop.counts)


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return MiraklSandbox(seed=seed, orders=orders, listings=listings)
