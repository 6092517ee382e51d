"""A stateful fake of one Shopify shop: GraphQL Admin API 2026-10, token grant, throttling, bulk operations, POS.

Written from `shared/reference/ecommerce-social-pos-fulfilment.md`, "## Shopify" and "## Shopify POS", and the official
schema under `shared/specs/shopify` – never from a client. It must not accept what the vendor refuses.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from typing import Any, ClassVar
from urllib.parse import parse_qs

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
    value_from_ast_untyped,
)
from graphql.utilities import get_operation_ast
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from providers.sandboxes import shopify_bulk as bulk
from providers.sandboxes import shopify_roots, shopify_sdl
from providers.sandboxes.kit import Sandbox, json_reply
from providers.sandboxes.shopify_channels import products_truth
from providers.sandboxes.shopify_cost import MAX_QUERY_COST, CostBucket, Meter
from providers.sandboxes.shopify_store import Order, Store
from providers.sandboxes.shopify_wire import Context, gid, instant, number_of, price

VERSIONS = ("2026-04", "2026-07", "2026-10")
TOKEN_SECONDS = 86_399
READ_AND_WRITE = (
    "orders", "products", "inventory", "merchant_managed_fulfillment_orders", "assigned_fulfillment_orders",
    "third_party_fulfillment_orders", "returns", "publications",
)  # fmt: skip
ARRAY_LIMIT = 250
WEEK = 7 * 24 * 3600
DOCS = "https://shopify.dev/api/usage/rate-limits"


class ShopifySandbox(Sandbox):
    """One shop of one app.

    Switches: `ignore_writes` (mutations answer well and change nothing) · `apply_70` (of the stock and price rows that
    are accepted 7 in 10 are applied, silently) · `empty_orders` (order lists are empty) · `refuse_sku:<sku>` (a row of
    this SKU is refused) · `no_scope:<scope>` (the app lacks it; without a `read_` scope the `write_` one goes too) ·
    `hide_buyers` (protected customer data not granted: buyer fields are null) · `drained` (the bucket is empty now) ·
    `refuse_product:<sku>`, `slow_products` (a productSet that does not wait stays ACTIVE) and `ignore_products` ·
    `throttle_429` (throttled answers come as HTTP 429) · `shop_not_permitted` (the token grant is refused).
    """

    name: ClassVar[str] = "shopify"

    def reset(self, *, orders: int, listings: int, seed: int) -> None:
        self.schema = shopify_sdl.schema()
        self.store = Store(self.clock, seed, orders, listings)
        self.bucket = CostBucket(self.clock)
        self.features: set[str] = set()
        self.tally: Counter[str] = Counter()
        self.accepted_rows = 0
        self.idempotency: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
        self.bulks: dict[int, bulk.Bulk] = {}
        self.staged: dict[str, dict[str, str]] = {}
        self.uploads: dict[str, bytes] = {}
        self.tokens: dict[str, float] = {}
        self.credentials = {
            "shop_domain": "",
            "access_token": f"shpat_{seed:032x}",
            "client_id": f"{seed + 77:032x}",
            "client_secret": f"shpss_{seed + 99:032x}",
        }

    # -- the control room's hands -------------------------------------------------------------------------------
    def add_orders(self, count: int) -> list[str]:
        return [gid("Order", self.store.new_order(self.store.now()).id) for _ in range(count)]

    def touch_orders(self, count: int, seed: int) -> list[str]:
        rng = random.Random(seed)
        chosen = rng.sample(sorted(self.store.orders), min(count, len(self.store.orders)))
        for number in chosen:
            order = self.store.orders[number]
            order.note = f"Değişti {rng.randint(1, 9999)}"
            self.store.touch(order)
        return [gid("Order", number) for number in chosen]

    def _order(self, remote_id: str) -> Order:
        return self.store.orders[number_of("Order", remote_id)]

    def cancel_order(self, remote_id: str) -> None:
        self.store.cancel(self._order(remote_id), "CUSTOMER", restock=True, refund=True)

    def damage_order(self, remote_id: str) -> None:
        order = self._order(remote_id)
        order.damaged = True
        self.store.touch(order)

    def truth_orders(self) -> list[dict[str, Any]]:
        return [self._truth(order) for order in self.store.orders.values()]

    def _truth(self, order: Order) -> dict[str, Any]:
        shipping = 0 if order.financial in ("REFUNDED", "VOIDED") else order.shipping
        return {
            "remote_id": gid("Order", order.id), "number": order.name, "status": "CANCELLED" if order.cancelled else order.fulfilment,
            "financial_status": order.financial, "source": order.source, "placed_at": instant(order.created),
            "updated_at": instant(order.updated), "buyer": f"{order.buyer.first} {order.buyer.last}" if order.buyer else "",
            "total": price(order.current_goods + shipping), "currency": "TRY",
            "lines": [{"remote_id": gid("LineItem", line.id), "sku": line.sku, "quantity": line.quantity, "unit_price": price(line.price)}
                      for line in order.lines],
        }  # fmt: skip

    def truth_listings(self) -> list[dict[str, Any]]:
        rows = []
        for variant in self.store.variants.values():
            title = self.store.products[variant.product_id].title
            if variant.title != "Default Title":
                title = f"{title} - {variant.title}"
            levels = {gid("Location", one.place_id): one.available for one in self.store.levels_of(variant.item_id)}
            rows.append({
                "remote_id": gid("ProductVariant", variant.id), "sku": variant.sku, "barcode": variant.barcode, "title": title,
                "price": price(variant.price), "list_price": None if variant.compare is None else price(variant.compare),
                "stock": self.store.stock(variant), "currency": "TRY", "stock_by_location": levels,
            })  # fmt: skip
        return rows

    def truth_products(self) -> list[dict[str, Any]]:
        return products_truth(self.store)

    def truth_shipments(self) -> list[dict[str, Any]]:
        rows = []
        for one in self.store.shipments.values():
            order = self.store.orders[one.order_id]
            if order.source == "pos":
                continue
            tracking: dict[str, str | None] = one.tracking[0] if one.tracking else {}
            rows.append({
                "reference": order.name, "remote_id": gid("Fulfillment", one.id), "order_id": gid("Order", order.id),
                "tracking_number": tracking.get("number") or "", "carrier": tracking.get("company") or "",
                "tracking_url": tracking.get("url") or "", "status": one.status, "count": sum(part[2] for part in one.parts),
            })  # fmt: skip
        return rows

    def counters(self) -> dict[str, int]:
        return dict(self.tally)

    def count(self, what: str, by: int = 1) -> None:
        self.tally[what] += by

    def switch(self, feature: str, on: bool) -> None:
        plain = ("ignore_writes", "apply_70", "empty_orders", "hide_buyers", "throttle_429", "shop_not_permitted",
                 "slow_products", "ignore_products")  # fmt: skip
        if feature == "drained":
            self.bucket.drain()
        elif feature in plain or feature.startswith(("refuse_sku:", "refuse_product:", "no_scope:")):
            (self.features.add if on else self.features.discard)(feature)
        else:
            raise KeyError(feature)

    @property
    def ignoring(self) -> bool:
        return "ignore_writes" in self.features

    @property
    def hide_buyers(self) -> bool:
        return "hide_buyers" in self.features

    def applies(self, sku: str, kind: str) -> bool:
        """Whether an accepted stock or price row is really written; counts it if so."""
        self.accepted_rows += 1
        if self.ignoring or ("apply_70" in self.features and self.accepted_rows % 10 in (0, 4, 7)):
            return False
        self.count(f"write:{sku}")
        self.count(kind)
        return True

    def scopes(self) -> frozenset[str]:
        held = {f"{verb}_{what}" for what in READ_AND_WRITE for verb in ("read", "write")} | {"read_locations"}
        for feature in self.features:
            if feature.startswith("no_scope:"):
                lost = feature.partition(":")[2]
                held -= {lost, lost.replace("read_", "write_", 1)}
        return frozenset(held)

    # -- HTTP ---------------------------------------------------------------------------------------------------
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/admin/oauth/access_token", self._token, methods=["POST"]),
            Route("/admin/api/{version}/graphql.json", self._graphql, methods=["POST"]),
            Route("/staged-uploads/", self._upload_form, methods=["POST"]),
            Route("/staged-uploads/{key:path}", self._upload_put, methods=["PUT"]),
            Route("/bulk-results/{name}", self._bulk_file, methods=["GET"]),
        ]

    async def _token(self, request: Request) -> Response:
        body = await request.body()
        try:
            if request.headers.get("content-type", "").startswith("application/json"):
                given = {str(k): str(v) for k, v in json.loads(body).items()}
            else:
                given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        except (ValueError, AttributeError):
            given = {}
        if given.get("grant_type") != "client_credentials":
            return json_reply(
                {"error": "unsupported_grant_type", "error_description": "The grant type is not supported"}, 400
            )
        if given.get("client_id") != self.credentials["client_id"]:
            return json_reply(
                {"error": "application_cannot_be_found", "error_description": "The client id is unknown"}, 400
            )
        if given.get("client_secret") != self.credentials["client_secret"]:
            return json_reply({"error": "invalid_client", "error_description": "The client secret is wrong"}, 401)
        if "shop_not_permitted" in self.features:
            text = "Client credentials cannot be performed on this shop."
            return json_reply({"error": "shop_not_permitted", "error_description": text}, 400)
        self.count("tokens")
        token = f"shpca_{self.store.rng.getrandbits(128):032x}"
        self.tokens[token] = self.clock.timestamp() + TOKEN_SECONDS
        held = self.scopes()
        compact = sorted(
            one for one in held if not (one.startswith("read_") and one.replace("read_", "write_", 1) in held)
        )
        return json_reply({"access_token": token, "scope": ",".join(compact), "expires_in": TOKEN_SECONDS})

    def _known(self, token: str) -> bool:
        return token == self.credentials["access_token"] or self.tokens.get(token, 0.0) > self.clock.timestamp()

    async def _graphql(self, request: Request) -> Response:
        version = request.path_params["version"]
        if not re.fullmatch(r"20\d\d-(01|04|07|10)", version) or version > VERSIONS[-1]:
            return json_reply({"errors": "Not Found"}, 404)
        served = version if version in VERSIONS else VERSIONS[0]  # a version that is gone falls forward to the oldest
        headers = {"X-Shopify-API-Version": served}
        if not self._known(request.headers.get("x-shopify-access-token", "")):
            text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return json_reply({"errors": text}, 401, headers)
        try:
            call = json.loads(await request.body())
            query, variables, wanted = call["query"], call.get("variables") or {}, call.get("operationName")
            if not isinstance(query, str) or not isinstance(variables, dict):
                raise TypeError
        except (ValueError, KeyError, TypeError, AttributeError):
            return json_reply({"errors": {"query": "Required parameter missing or invalid"}}, 400, headers)
        self.store.settle()
        bulk.settle(self)
        base = f"{request.url.scheme}://{request.url.netloc}"
        context = Context(self, self.store, base, self.scopes())
        status, answer = self._answer(query, variables, wanted, context)
        reply = json_reply(answer, status, headers)
        if context.listed:
            self.page_served()
        return reply

    def _answer(
        self, query: str, variables: dict[str, Any], name: str | None, context: Context
    ) -> tuple[int, dict[str, Any]]:
        try:
            document = parse(query)
        except GraphQLError as error:
            return 200, {"errors": [self.error_row(error)]}
        wrong = validate(self.schema, document)
        if wrong:
            return 200, {"errors": [self.error_row(error) for error in wrong]}
        operation = get_operation_ast(document, name)
        if operation is None:
            return 200, {"errors": [{"message": "An operation name is required"}]}
        if _longest_list(variables) > ARRAY_LIMIT:
            text = f"The input array size of {_longest_list(variables)} is greater than the maximum allowed of {ARRAY_LIMIT}."
            return 200, {"errors": [{"message": text, "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}]}
        meter = Meter(self.schema, document, {**_defaults(operation), **variables})
        cost = meter.weigh(operation)
        if cost > MAX_QUERY_COST:
            text = f"Query cost is {cost}, which exceeds the single query max cost limit ({MAX_QUERY_COST})."
            more = {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": MAX_QUERY_COST, "documentation": DOCS}
            return 200, {"errors": [{"message": text, "extensions": more}]}
        if self.limits_on and not self.bucket.take(cost):
            self.count("throttled")
            errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": DOCS}}]
            status = 429 if "throttle_429" in self.features else 200
            return status, {"errors": errors, "extensions": {"cost": self._cost(cost, None)}}
        result = self.run(document, variables, context, name)
        actual = meter.weigh(operation, result.data) if result.data is not None else 0
        if self.limits_on:
            self.bucket.give_back(max(0, cost - actual))
        answer: dict[str, Any] = {}
        if result.errors:
            answer["errors"] = [self.error_row(error) for error in result.errors]
        if result.data is not None or not result.errors:
            answer["data"] = result.data
        answer["extensions"] = {"cost": self._cost(cost, actual)}
        if context.warnings:
            answer["extensions"]["search"] = context.warnings
        return 200, answer

    def _cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": self.bucket.status()}

    def run(
        self, document: DocumentNode, variables: dict[str, Any], context: Context, name: str | None = None
    ) -> ExecutionResult:
        return execute_sync(
            self.schema,
            document,
            root_value=shopify_roots.ROOT,
            context_value=context,
            variable_values=variables,
            operation_name=name,
        )

    def error_row(self, error: GraphQLError) -> dict[str, Any]:
        row: dict[str, Any] = {"message": error.message}
        if error.locations:
            row["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
        if error.path:
            row["path"] = error.path
        extensions = dict(error.extensions or {})
        if not extensions and error.message.startswith("Variable "):
            extensions = {"code": "INVALID_VARIABLE"}
        elif not extensions and error.message.startswith("Cannot query field"):
            extensions = {"code": "undefinedField"}
        elif error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            extensions = {"code": "INTERNAL_SERVER_ERROR"}
        if extensions:
            row["extensions"] = extensions
        return row

    async def _upload_form(self, request: Request) -> Response:
        try:
            parts = bulk.read_multipart(request.headers.get("content-type", ""), await request.body())
        except ValueError:
            return Response("<Error><Code>MalformedPOSTRequest</Code></Error>", 400, media_type="application/xml")
        key = parts.get("key", b"").decode()
        wanted = self.staged.get(key)
        given = {name: value.decode("utf-8", "replace") for name, value in parts.items() if name != "file"}
        if not wanted or any(given.get(name) != value for name, value in wanted.items()):
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        if "file" not in parts or list(parts)[-1] != "file" or len(parts["file"]) > bulk.UPLOAD_LIMIT:
            return Response("<Error><Code>InvalidArgument</Code></Error>", 400, media_type="application/xml")
        self.uploads[key] = parts["file"]
        return Response(f"<PostResponse><Key>{key}</Key></PostResponse>", 201, media_type="application/xml")

    async def _upload_put(self, request: Request) -> Response:
        key = request.path_params["key"]
        if self.staged.get(key) != {}:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        self.uploads[key] = await request.body()
        return Response(status_code=200)

    async def _bulk_file(self, request: Request) -> Response:
        number, _, mark = request.path_params["name"].removesuffix(".jsonl").partition("-")
        found = self.bulks.get(int(number)) if number.isdecimal() else None
        if found is None or mark != str(found.id * 7919) or self.clock.timestamp() > found.done_at + WEEK:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        return Response(found.body, media_type="application/jsonl")


def _longest_list(value: Any) -> int:
    if isinstance(value, dict):
        return max((_longest_list(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return max([len(value), *(_longest_list(one) for one in value)])
    return 0


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    given = operation.variable_definitions or ()
    return {one.variable.name.value: value_from_ast_untyped(one.default_value) for one in given if one.default_value}


def create(*, seed: int = 1, orders: int = 0, listings: int = 0) -> Sandbox:
    """The fake server for tests, `rehearse` and the demo workspace."""
    return ShopifySandbox(seed=seed, orders=orders, listings=listings)
