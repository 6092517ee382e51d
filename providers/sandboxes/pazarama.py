"""A stateful fake of Pazarama's seller API, written from reference/marketplaces-tr.md, "## Pazarama", and the documents it names.

Must never look at a client. The identity host's `/connect/token` and the API live on one address; their paths do not clash. Switches:
`ignore_writes`, `apply_N` (N per cent of the writes), `empty_orders`, `secret_expired` (the key was renewed), `plain_token` (OAuth's own
answer), `contracted` (cargo by Pazarama's contract), `slow_batches`, `batches_hang`, `refuse_sku:<stockCode>`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import random
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import pazarama_orders as orders
from providers.sandboxes import pazarama_products as products
from providers.sandboxes import pazarama_refunds as refunds
from providers.sandboxes import shop
from providers.sandboxes.exact import Call, decimal_text, iso, render
from providers.sandboxes.kit import Sandbox
from providers.sandboxes.pazarama_state import CANCELLED, CARRIERS, STATUS_WORDS, Shop
from providers.sandboxes.pazarama_wire import FORM, Refusal, envelope
from providers.sandboxes.shop import ShopSandbox, Spacing, is_json, path_of, query_of

CLIENT_ID = "pzrm0sandbox0client0id"
CLIENT_SECRET = "pZrM0s4ndb0xS3cr3t"
SCOPE = "merchantgatewayapi.fullaccess"
TOKEN_S = 3600
#: Between two writes of prices or stock of one seller; the two kinds share it.
INVENTORY_S = 10
SWITCHES = frozenset({
    "ignore_writes", "empty_orders", "secret_expired", "plain_token", "contracted", "slow_batches", "batches_hang",
})  # fmt: skip


@dataclass(frozen=True)
class Endpoint(shop.Endpoint[Shop, Call]):
    inventory: bool = False


ENDPOINTS = (
    Endpoint("GET", "/product/products/approved", products.approved, lists=True),
    Endpoint("GET", "/product/products/unapproved", products.unapproved),
    Endpoint("POST", "/product/getProductDetail", products.detail),
    Endpoint("POST", "/product/updateStock-v2", products.update_stock, inventory=True),
    Endpoint("POST", "/product/updatePrice-v2", products.update_price, inventory=True),
    Endpoint("GET", "/listing-state/batch-id/{id}/lake-projections", products.projections),
    Endpoint("POST", "/product/bulkUpdateProductStatusFromApi", products.open_and_close),
    Endpoint("GET", "/category/getCategoryTree", products.category_tree),
    Endpoint("GET", "/category/getCategoryWithAttributes", products.category),
    Endpoint("GET", "/brand/getBrands", products.brands),
    Endpoint("POST", "/order/getOrdersForApi", orders.order_list, lists=True),
    Endpoint("PUT", "/order/updateOrderStatus", orders.update_status),
    Endpoint("PUT", "/order/updateOrderStatusList", orders.update_all),
    Endpoint("POST", "/order/api/bulk-status-update", orders.bulk_update),
    Endpoint("GET", "/sellerRegister/getSellerDelivery", orders.seller_delivery),
    Endpoint("POST", "/order/invoice-link", orders.invoice_link),
    Endpoint("POST", "/order/getRefund", refunds.refunds, lists=True),
    Endpoint("POST", "/order/updateRefund", refunds.decide_refund),
    Endpoint("POST", "/order/api/cancel/items", refunds.cancels),
    Endpoint("PUT", "/order/api/cancel", refunds.decide_cancel),
)


class PazaramaSandbox(ShopSandbox[Shop, Call, Endpoint]):
    name: ClassVar[str] = "pazarama"
    switches: ClassVar[frozenset[str]] = SWITCHES

    def routes(self) -> list[BaseRoute]:
        made: list[BaseRoute] = [Route(one.path, self.handler(one), methods=[one.method]) for one in ENDPOINTS]
        return [Route("/connect/token", self._token, methods=["POST"]), *made]

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        self.spacing = Spacing()
        self.shop = Shop(self.clock, seed)
        self.shop.fill(orders, listings)

    # -- the doors -----------------------------------------------------------------------------------------------
    async def _token(self, request: Request) -> Response:
        """Client credentials by HTTP Basic and form; whatever is wrong, it is 400 in the envelope."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        right = (
            kind == "application/x-www-form-urlencoded"
            and form == {"grant_type": "client_credentials", "scope": SCOPE}
            and self._knows(request.headers.get("authorization", ""))
        )
        if not right:
            self.shop.counts["tokens_refused"] += 1
            refusal = Refusal(400, "invalid_token", "Token bulunamadı veya geçersiz")
            return Response(render(refusal.body()), 400, media_type="application/json")
        token = f"eyJ{self.shop.rng.getrandbits(256):064x}"
        self.shop.records.tokens[token] = self.clock.timestamp() + TOKEN_S
        self.shop.counts["tokens"] += 1
        if self.shop.on("plain_token"):
            plain = {"access_token": token, "expires_in": TOKEN_S, "token_type": "Bearer", "scope": SCOPE}
            return Response(render(plain), media_type="application/json")
        data = {"accessToken": token, "expiresIn": TOKEN_S, "tokenType": "Bearer", "scope": SCOPE}
        return Response(render(envelope(data)), media_type="application/json")

    def _knows(self, header: str) -> bool:
        word, _, rest = header.partition(" ")
        try:
            given = base64.b64decode(rest, validate=True)
        except (binascii.Error, ValueError):
            return False
        same = hmac.compare_digest(given, f"{CLIENT_ID}:{CLIENT_SECRET}".encode())
        return word == "Basic" and same and not self.shop.on("secret_expired")

    def barred(self, request: Request) -> Response | None:
        challenge = self._let_in(request.headers.get("authorization", ""))
        return Response(b"", 401, headers={"WWW-Authenticate": challenge}) if challenge else None

    def heard(self, endpoint: Endpoint, request: Request, body: bytes) -> Call:
        return Call(path_of(request), query_of(request), body, self.shop.now(), FORM)

    def admit(self, endpoint: Endpoint, request: Request, call: Call) -> None:
        if not is_json(request):
            raise Refusal(415, "unsupported_media_type", "Content-Type application/json olmalıdır")
        if endpoint.inventory and self.limits_on and not self._spaced():
            raise Refusal(429, "too_many_requests", f"Stok ve fiyat istekleri arasında {INVENTORY_S} saniye olmalıdır")

    def _spaced(self) -> bool:
        taken = self.spacing.take("inventory", INVENTORY_S, self.clock.timestamp())
        self.shop.counts["throttled"] += not taken
        return taken

    def _let_in(self, header: str) -> str:
        """'' for a living token, else what WWW-Authenticate says."""
        word, _, token = header.partition(" ")
        if word != "Bearer" or not token:
            return "Bearer"
        end = self.shop.records.tokens.get(token)
        return "" if end is not None and self.clock.timestamp() < end else 'Bearer error="invalid_token"'

    # -- the control room ----------------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return [self.shop.place(self.shop.now()).id for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        """They move one step along: without a new status nothing at Pazarama tells of a change."""
        ids = sorted(self.shop.records.orders)
        shuffled = random.Random(seed).sample(ids, len(ids))
        moved: list[str] = []
        for one in shuffled:
            if len(moved) < count and self.shop.step(self.shop.records.orders[one]):
                moved.append(one)
        return moved

    def cancel_order(self, remote_id: str) -> None:
        self.shop.move(self.shop.records.orders[remote_id].lines, CANCELLED, self.shop.now())

    def damage_order(self, remote_id: str) -> None:
        """`items` becomes a word on the wire; the ids stay readable."""
        self.shop.records.orders[remote_id].damaged = True

    def truth_orders(self) -> list[dict[str, Any]]:
        """`updated_at` is the latest entry in the histories of the items; `total` is `orderAmount`, cancelled items with the others."""
        return [
            {
                "remote_id": one.id, "number": str(one.number), "status": STATUS_WORDS[one.status], "placed_at": iso(one.placed),
                "updated_at": iso(one.updated), "buyer": f"{one.buyer.first} {one.buyer.last}", "total": decimal_text(one.total),
                "currency": "TRY",
                "lines": [
                    {
                        "remote_id": line.id, "sku": line.item.sku, "quantity": line.quantity, "unit_price": decimal_text(line.unit),
                        "status": STATUS_WORDS[line.status],
                    }
                    for line in one.lines
                ],
            }
            for one in self.shop.records.orders.values()
        ]  # fmt: skip

    def truth_listings(self) -> list[dict[str, Any]]:
        self.shop.settle()
        return [
            {
                "remote_id": one.code, "sku": one.sku, "barcode": one.code, "title": one.title, "price": decimal_text(one.sale),
                "list_price": decimal_text(one.list_price), "stock": one.stock, "currency": "TRY", "product_id": one.id,
            }
            for one in self.shop.records.items.values()
            if one.approved
        ]  # fmt: skip

    def truth_shipments(self) -> list[dict[str, Any]]:
        """One an order and parcel."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for order in self.shop.records.orders.values():
            for line in order.lines:
                if line.number:
                    found[order.id, line.number] = {
                        "reference": order.id, "tracking_number": line.number, "status": STATUS_WORDS[line.status],
                        "carrier": CARRIERS.get(line.carrier, ""), "url": line.url, "code": line.code,
                    }  # fmt: skip
        return list(found.values())


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    return PazaramaSandbox(seed=seed, orders=orders, listings=listings)
