"""The Amazon SP-API fake judged over a real socket, and its answers against the vendor's own Swagger models."""

from __future__ import annotations

import copy
import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from providers.sandboxes.amazon_sp import FEATURES, AmazonSpSandbox, create
from providers.sandboxes.amazon_sp_gate import PLANS
from tests.support.serving import serve

TR, DE, US = "A33AVAJ2PDY3EV", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
SPECS = Path(__file__).resolve().parents[3].parent / "shared" / "specs" / "amazon-sp-api"
EVERYTHING = (
    "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT,FULFILLMENT_ORDERS"
)
ORDERS = "/orders/2026-01-01/orders"
PERSON = {
    "x-amz-date": "20260101T000000Z",
    "user-agent": "Prova/1.0 (Language=Python/3.11; Platform=Test)",
    "content-type": "application/json",
}


class Caller:
    """A bare HTTP caller that knows the documents' headers and nothing else."""

    def __init__(self, base: str) -> None:
        self.http = httpx.Client(base_url=base, timeout=10, trust_env=False)
        self.keys: dict[str, str] = self.http.get("/_control/credentials").json()
        self.token = ""

    def lwa(self, **changes: str) -> httpx.Response:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.keys["refresh_token"],
            "client_id": self.keys["lwa_client_id"],
            "client_secret": self.keys["lwa_client_secret"],
        }
        return self.http.post("/auth/o2/token", data=form | changes)

    def call(self, method: str, path: str, *, json_: Any = None, headers: dict[str, str | None] | None = None, **query: str) -> httpx.Response:  # fmt: skip
        self.token = self.token or self.lwa().json()["access_token"]
        wanted: dict[str, str | None] = {**PERSON, "x-amz-access-token": self.token, **(headers or {})}
        request = self.http.build_request(method, path, params=query or None, content=None if json_ is None else json.dumps(json_))  # fmt: skip
        for name, value in wanted.items():
            request.headers.pop(name, None)
            if value is not None:
                request.headers[name] = value
        return self.http.send(request)

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.call("GET", path, **query)

    def control(self, what: str, body: Any) -> Any:
        answer = self.http.post(f"/_control/{what}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def switch(self, feature: str, on: bool = True) -> None:
        self.control("switch", {"feature": feature, "on": on})

    def later(self, seconds: float) -> None:
        self.control("clock", {"advance": seconds})

    def truth(self, what: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get(f"/_control/{what}").json()
        return found

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = self.http.get("/_control/state").json()["counters"]
        return found

    def item(self, sku: str) -> str:
        return f"/listings/2021-08-01/items/{self.keys['seller_id']}/{quote(sku, safe='')}"

    @property
    def items(self) -> str:
        return f"/listings/2021-08-01/items/{self.keys['seller_id']}"

    def orders_after(self, **query: str) -> tuple[list[dict[str, Any]], str]:
        """All pages of one search by last update, and the bound that it returned."""
        found: list[dict[str, Any]] = []
        query = {"lastUpdatedAfter": ago(days=300), "includedData": EVERYTHING} | query
        while True:
            answer = self.get(ORDERS, **query)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found += body["orders"]
            if "pagination" not in body:
                return found, body["lastUpdatedBefore"]
            query["paginationToken"] = body["pagination"]["nextToken"]


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and code; the body must be SP-API's error list."""
    errors = answer.json()["errors"]
    assert set(errors[0]) <= {"code", "message", "details"}
    assert errors[0]["message"]
    return answer.status_code, errors[0]["code"]


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """`start(orders=…, listings=…)` serves a sandbox; everything is closed after the test."""
    open_: list[Any] = []

    def begin(**sizes: int) -> Caller:
        served = serve(create(**sizes).app)
        caller = Caller(served.__enter__())
        open_.append((caller, served))
        return caller

    yield begin
    for caller, served in open_:
        caller.http.close()
        served.__exit__(None, None, None)


# -- the vendor's models ----------------------------------------------------------------------------------------------
@cache
def model(name: str) -> dict[str, Any]:
    if not SPECS.exists():
        pytest.skip("the vendor's models (../shared/specs/amazon-sp-api) are not here")
    found: dict[str, Any] = json.loads((SPECS / name).read_text(encoding="utf-8"))
    return found


def strict(schema: Any) -> Any:
    """The model's schema with every object closed that lists its properties: an invented field fails as well."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


def check(name: str, path: str, method: str, answer: httpx.Response) -> Any:
    """The answer must fit the schema that the model gives for its status."""
    import jsonschema_rs

    whole = model(f"models/{name}.json")
    declared = whole["paths"][path][method]["responses"][str(answer.status_code)]
    for header in declared.get("headers", {}):
        assert header in answer.headers, f"{header} is missing on {answer.status_code}"
    body = answer.json()
    schema = strict({**copy.deepcopy(declared["schema"]), "definitions": whole["definitions"]})
    found = [f"{list(e.instance_path)}: {e.message}" for e in jsonschema_rs.Draft4Validator(schema, validate_formats=True).iter_errors(body)]  # fmt: skip
    assert found == []
    return body


def test_the_answers_fit_the_models(start: Callable[..., Caller]) -> None:
    caller = start(orders=60, listings=60)
    check(
        "sellers", "/sellers/v1/marketplaceParticipations", "get", caller.get("/sellers/v1/marketplaceParticipations")
    )
    query = {"lastUpdatedAfter": ago(days=300), "maxResultsPerPage": "50", "includedData": EVERYTHING}
    body = check("orders_2026-01-01", ORDERS, "get", caller.get(ORDERS, **query))
    assert len(body["orders"]) == 50
    seen = {key for order in body["orders"] for key in order}
    assert seen == {
        "orderId", "createdTime", "lastUpdatedTime", "programs", "salesChannel", "orderItems", "buyer", "recipient",
        "proceeds", "fulfillment", "packages", "tax", "payment",
    }  # fmt: skip
    one = f"{ORDERS}/{body['orders'][0]['orderId']}"
    check("orders_2026-01-01", ORDERS + "/{orderId}", "get", caller.get(one, includedData=EVERYTHING))
    check("orders_2026-01-01", ORDERS + "/{orderId}", "get", caller.get(f"{ORDERS}/404-0000000-0000000"))
    check("orders_2026-01-01", ORDERS, "get", caller.get(ORDERS))
    old = caller.get("/orders/v0/orders", MarketplaceIds=TR, CreatedAfter=ago(days=300))
    found = check("ordersV0", "/orders/v0/orders", "get", old)["payload"]["Orders"]
    path = f"/orders/v0/orders/{found[0]['AmazonOrderId']}"
    check("ordersV0", "/orders/v0/orders/{orderId}", "get", caller.get(path))
    check("ordersV0", "/orders/v0/orders/{orderId}/orderItems", "get", caller.get(path + "/orderItems"))
    data = "summaries,attributes,issues,offers,fulfillmentAvailability,relationships,productTypes"
    page = caller.get(caller.items, marketplaceIds=TR, includedData=data, pageSize="20")
    items = check("listingsItems_2021-08-01", "/listings/2021-08-01/items/{sellerId}", "get", page)["items"]
    item = "/listings/2021-08-01/items/{sellerId}/{sku}"
    sku = items[0]["sku"]
    check("listingsItems_2021-08-01", item, "get", caller.get(caller.item(sku), marketplaceIds=TR, includedData=data))
    check("listingsItems_2021-08-01", item, "get", caller.get(caller.item("YOK"), marketplaceIds=TR))
    patched = caller.call("PATCH", caller.item(sku), json_=price_patch(-5), marketplaceIds=TR, includedData="identifiers,issues")  # fmt: skip
    assert check("listingsItems_2021-08-01", item, "patch", patched)["status"] == "INVALID"
    fba = caller.get("/fba/inventory/v1/summaries", details="true", granularityType="Marketplace", granularityId=TR, marketplaceIds=TR)  # fmt: skip
    assert check("fbaInventory", "/fba/inventory/v1/summaries", "get", fba)["payload"]["inventorySummaries"]
    wanted = {"restrictedResources": [{"method": "GET", "path": "/orders/v0/orders", "dataElements": ["buyerInfo"]}]}
    rdt = "/tokens/2021-03-01/restrictedDataToken"
    check("tokens_2021-03-01", rdt, "post", caller.call("POST", rdt, json_=wanted))
    check("tokens_2021-03-01", rdt, "post", caller.call("POST", rdt, json_={}))


def test_writes_and_refusals_fit_the_models(start: Callable[..., Caller]) -> None:
    caller = start(orders=30, listings=30)
    caller.switch("instant")
    item, name = "/listings/2021-08-01/items/{sellerId}/{sku}", "listingsItems_2021-08-01"
    path = caller.item(own(caller)["sku"])
    patched = caller.call("PATCH", path, json_=price_patch(19.9), marketplaceIds=TR)
    assert check(name, item, "patch", patched)["status"] == "ACCEPTED"
    check(name, item, "patch", caller.call("PATCH", path, json_={}, marketplaceIds=TR))
    body = {
        "productType": "HOME",
        "requirements": "LISTING_PRODUCT_ONLY",
        "attributes": {"item_name": [{"value": "Ayna"}]},
    }
    check(name, item, "put", caller.call("PUT", path, json_=body, marketplaceIds=TR, includedData="identifiers"))
    check(name, item, "delete", caller.call("DELETE", path, marketplaceIds=TR))
    check(name, item, "delete", caller.call("DELETE", path))
    feeds, name = "/feeds/2021-06-30", "feeds_2021-06-30"
    made = caller.call("POST", f"{feeds}/documents", json_={"contentType": JSON_UTF8})
    document = check(name, f"{feeds}/documents", "post", made)
    check(name, f"{feeds}/documents", "post", caller.call("POST", f"{feeds}/documents", json_={}))
    httpx.put(document["url"], content=b"{}", headers={"content-type": JSON_UTF8}, trust_env=False)
    spec = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [TR], "inputFeedDocumentId": document["feedDocumentId"]}
    feed_id = check(name, f"{feeds}/feeds", "post", caller.call("POST", f"{feeds}/feeds", json_=spec))["feedId"]
    feed = check(name, f"{feeds}/feeds/{{feedId}}", "get", caller.get(f"{feeds}/feeds/{feed_id}"))
    got = caller.get(f"{feeds}/documents/{feed['resultFeedDocumentId']}")
    check(name, f"{feeds}/documents/{{feedDocumentId}}", "get", got)
    spec = {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplaceIds": [TR]}
    reports = "/reports/2021-06-30/reports"
    check("reports_2021-06-30", reports, "post", caller.call("POST", reports, json_=spec))
    confirm = "/orders/v0/orders/{orderId}/shipmentConfirmation"
    row = caller.truth("orders")[0]
    refused = caller.call("POST", confirm.format(orderId=row["remote_id"]), json_=confirmation(row, 99))
    check("ordersV0", confirm, "post", refused)
    for _ in range(21):
        limited = caller.get(ORDERS, createdAfter=ago(days=1))
    assert limited.status_code == 429
    check("orders_2026-01-01", ORDERS, "get", limited)
    caller.later(4000)
    expired = caller.get(ORDERS, createdAfter=ago(days=1))
    assert expired.status_code == 403
    check("orders_2026-01-01", ORDERS, "get", expired)


def test_the_usage_plans_are_those_of_the_models() -> None:
    import re

    published = {}
    for path in sorted((SPECS / "models").glob("*.json")) if SPECS.exists() else []:
        for methods in model(f"models/{path.name}")["paths"].values():
            for operation in methods.values():
                if isinstance(operation, dict) and (found := re.search(r"\|\s*([\d.]+)\s*\|\s*(\d+)\s*\|", operation.get("description", ""))):  # fmt: skip
                    name = ("v0." if path.name == "ordersV0.json" else "") + operation["operationId"]
                    published[name] = (float(found[1]), float(found[2]))
    if not published:
        pytest.skip("the vendor's models (../shared/specs/amazon-sp-api) are not here")
    for name, plan in PLANS.items():
        assert published.get(name, published.get(f"v0.{name}")) == plan, name


# -- auth -------------------------------------------------------------------------------------------------------------
def test_login_with_amazon_answers_and_refusals(start: Callable[..., Caller]) -> None:
    caller = start()
    granted = caller.lwa()
    assert granted.status_code == 200
    assert granted.json()["access_token"].startswith("Atza|")
    assert (granted.json()["expires_in"], granted.json()["token_type"]) == (3600, "bearer")
    for changes, status, code in (
        ({"refresh_token": "Atzr|başka"}, 400, "invalid_grant"),
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "profile"}, 400, "invalid_scope"),
    ):
        refused = caller.lwa(**changes)
        assert (refused.status_code, refused.json()["error"]) == (status, code)
        assert set(refused.json()) == {"error", "error_description"}
    assert caller.http.post("/auth/o2/token", json={"grant_type": "refresh_token"}).json()["error"] == "invalid_request"
    grantless = caller.lwa(grant_type="client_credentials", scope="sellingpartnerapi::notifications")
    caller.token = grantless.json()["access_token"]
    assert error(caller.get("/sellers/v1/marketplaceParticipations")) == (403, "Unauthorized")
    assert caller.counters()["tokens_issued"] == 2
    caller.switch("revoke_refresh")
    assert caller.lwa().json()["error"] == "invalid_grant"


def test_a_token_lives_an_hour_and_dies_with_a_reset(start: Callable[..., Caller]) -> None:
    caller = start()
    path = "/sellers/v1/marketplaceParticipations"
    assert len(caller.get(path).json()["payload"]) == 8
    caller.later(3590)
    assert caller.get(path).status_code == 200
    caller.later(20)
    assert error(caller.get(path)) == (403, "Unauthorized")
    caller.token = ""
    assert caller.get(path).status_code == 200
    before = caller.token
    caller.control("reset", {"orders": 0})
    assert error(caller.get(path)) == (403, "Unauthorized")
    assert caller.lwa().json()["access_token"] != before


def test_headers_are_required(start: Callable[..., Caller]) -> None:
    caller = start()
    path = "/sellers/v1/marketplaceParticipations"
    for headers, expected in (
        ({"x-amz-access-token": None}, (403, "Unauthorized")),
        ({"x-amz-access-token": "Atza|uydurma"}, (403, "Unauthorized")),
        ({"x-amz-date": None}, (400, "InvalidInput")),
        ({"x-amz-date": "2026-01-01T00:00:00Z"}, (400, "InvalidInput")),
        ({"user-agent": None}, (400, "InvalidInput")),
        ({"user-agent": "python-httpx/0.28.1"}, (400, "InvalidInput")),
        ({"user-agent": "App/1 (Platform=Linux)"}, (400, "InvalidInput")),
    ):
        refused = caller.call("GET", path, headers=headers)
        assert error(refused) == expected
        assert refused.headers["x-amzn-requestid"]
        assert ("x-amzn-ratelimit-limit" in refused.headers) == (expected[0] == 400)
    sku = caller.item("X")
    assert error(caller.call("PATCH", sku, json_={}, headers={"content-type": "text/plain"}, marketplaceIds=TR)) == (415, "UnsupportedMediaType")  # fmt: skip
    assert error(caller.get("/orders/2027-01-01/orders")) == (403, "Unauthorized")


def test_a_restricted_token_opens_what_it_names_only(start: Callable[..., Caller]) -> None:
    caller = start(orders=30)
    query = {"MarketplaceIds": TR, "CreatedAfter": ago(days=300)}
    plain = caller.get("/orders/v0/orders", **query).json()["payload"]["Orders"]
    assert not any("ShippingAddress" in order or "BuyerInfo" in order for order in plain)
    wanted = {"restrictedResources": [{"method": "GET", "path": "/orders/v0/orders", "dataElements": ["buyerInfo", "shippingAddress"]}]}  # fmt: skip
    lwa = caller.token
    caller.token = caller.call("POST", "/tokens/2021-03-01/restrictedDataToken", json_=wanted).json()[
        "restrictedDataToken"
    ]
    opened = caller.get("/orders/v0/orders", **query).json()["payload"]["Orders"]
    assert any("ShippingAddress" in order and "BuyerInfo" in order for order in opened)
    assert all("ShippingAddress" not in order for order in opened if order["OrderStatus"] == "Pending")
    assert error(caller.get(f"/orders/v0/orders/{plain[0]['AmazonOrderId']}")) == (403, "Unauthorized")
    caller.token = lwa
    caller.switch("no_recipient")
    refused = caller.call("POST", "/tokens/2021-03-01/restrictedDataToken", json_=wanted)
    assert error(refused) == (403, "Unauthorized")


# -- limits -----------------------------------------------------------------------------------------------------------
def test_the_usage_plan_is_a_bucket_on_the_clock(start: Callable[..., Caller]) -> None:
    caller = start(orders=1)
    query = {"createdAfter": ago(days=3)}
    for _ in range(20):
        answer = caller.get(ORDERS, **query)
        assert answer.status_code == 200
        assert answer.headers["x-amzn-ratelimit-limit"] == "0.0056"
    refused = caller.get(ORDERS, **query)
    assert error(refused) == (429, "QuotaExceeded")
    assert "retry-after" not in refused.headers
    assert "x-amzn-ratelimit-limit" not in refused.headers
    assert caller.get(f"{ORDERS}/none").status_code == 404  # every operation has its own bucket
    caller.later(170)
    assert caller.get(ORDERS, **query).status_code == 429
    caller.later(10)
    assert caller.get(ORDERS, **query).status_code == 200
    caller.control("limits", {"on": False})
    assert caller.get(ORDERS, **query).status_code == 200
    caller.control("limits", {"on": True})
    caller.switch("fast_limits")
    for _ in range(30):
        assert caller.get(ORDERS, **query).headers["x-amzn-ratelimit-limit"] == "5.6"


# -- orders -----------------------------------------------------------------------------------------------------------
def test_search_refuses_what_the_documents_forbid(start: Callable[..., Caller]) -> None:
    caller = start(orders=3)
    caller.control("limits", {"on": False})
    day = ago(days=1)
    for query in (
        {},
        {"createdAfter": day, "lastUpdatedAfter": day},
        {"createdAfter": day, "lastUpdatedBefore": ago(hours=1)},
        {"lastUpdatedAfter": day, "createdBefore": ago(hours=1)},
        {"createdBefore": ago(hours=1)},
        {"createdAfter": day, "createdBefore": ago(seconds=60)},
        {"createdAfter": day, "createdBefore": ago(days=2)},
        {"createdAfter": "2026-01-01"},
        {"createdAfter": "2026-01-01T00:00:00"},
        {"createdAfter": day, "maxResultsPerPage": "101"},
        {"createdAfter": day, "maxResultsPerPage": "0"},
        {"createdAfter": day, "fulfillmentStatuses": "Shipped"},
        {"createdAfter": day, "fulfilledBy": "AFN"},
        {"createdAfter": day, "includedData": "ITEMS"},
        {"createdAfter": day, "marketplaceIds": "TR"},
        {"createdAfter": day, "marketplaceIds": ",".join([TR] * 51)},
        {"createdAfter": day, "MarketplaceIds": TR},
        {"createdAfter": day, "paginationToken": "uydurma"},
    ):
        assert error(caller.get(ORDERS, **query)) == (400, "InvalidInput"), query
    assert caller.get(ORDERS, createdAfter=day, createdBefore=ago(seconds=150)).status_code == 200


def test_blocks_follow_included_data_and_pending_orders_show_nothing(start: Callable[..., Caller]) -> None:
    caller = start(orders=120)
    caller.control("limits", {"on": False})
    bare, _ = caller.orders_after(includedData="BUYER")
    assert len(bare) == 120
    assert all(not {"recipient", "proceeds", "fulfillment", "packages"} & set(order) for order in bare)
    assert all("fulfillment" not in item for order in bare for item in order["orderItems"])
    full, _ = caller.orders_after()
    truth = {row["remote_id"]: row for row in caller.truth("orders")}
    kinds = set()
    for order in full:
        row, state = truth[order["orderId"]], order["fulfillment"]
        kinds.add((state["fulfillmentStatus"], state["fulfilledBy"]))
        assert row["status"] == state["fulfillmentStatus"]
        assert row["marketplace_id"] == order["salesChannel"]["marketplaceId"]
        if state["fulfillmentStatus"] == "PENDING":
            assert not {"buyer", "recipient", "proceeds"} & set(order)
            assert row["total"] is None
            assert "price" not in order["orderItems"][0]["product"]
            continue
        assert row["total"] == order["proceeds"]["grandTotal"]["amount"]
        cents = [int(item["proceeds"]["proceedsTotal"]["amount"].replace(".", "")) for item in order["orderItems"]]
        assert sum(cents) == int(row["total"].replace(".", ""))
        address = order.get("recipient", {}).get("deliveryAddress", {})
        if state["fulfilledBy"] == "AMAZON":
            assert "packages" not in order
            assert not {"name", "phone"} & set(address)
        elif state["fulfillmentStatus"] == "UNSHIPPED":
            assert address["name"] == row["buyer"]
    assert {
        ("PENDING", "MERCHANT"),
        ("UNSHIPPED", "AMAZON"),
        ("SHIPPED", "MERCHANT"),
        ("CANCELLED", "MERCHANT"),
    } <= kinds
    mine, _ = caller.orders_after(marketplaceIds=TR, fulfilledBy="MERCHANT", fulfillmentStatuses="UNSHIPPED,SHIPPED")
    expected = [r for r in truth.values() if r["marketplace_id"] == TR and r["fulfilled_by"] == "MERCHANT" and r["status"] in ("UNSHIPPED", "SHIPPED")]  # fmt: skip
    assert {order["orderId"] for order in mine} == {row["remote_id"] for row in expected} != set()
    caller.switch("no_recipient")
    assert all("recipient" not in order for order in caller.orders_after()[0])
    caller.switch("empty_orders")
    assert caller.orders_after()[0] == []


def test_no_order_is_lost_or_doubled_while_records_move(start: Callable[..., Caller]) -> None:
    caller = start(orders=90)
    caller.control("limits", {"on": False})
    caller.control("between", [{"new": 2, "touch": 10, "seed": 5}, {"touch": 15, "seed": 6}, {"new": 1}])
    first, bound = caller.orders_after(maxResultsPerPage="20", includedData="FULFILLMENT")
    ids = [order["orderId"] for order in first]
    assert len(ids) == len(set(ids)) < 90  # what moved is not in this window any more
    caller.later(121)
    second, _ = caller.orders_after(lastUpdatedAfter=bound, includedData="FULFILLMENT")
    latest = {order["orderId"]: order for order in first + second}
    truth = {row["remote_id"]: row for row in caller.truth("orders")}
    assert set(latest) == set(truth)
    assert len(truth) == 93
    for order_id, row in truth.items():
        assert latest[order_id]["fulfillment"]["fulfillmentStatus"] == row["status"]
        assert latest[order_id]["lastUpdatedTime"] == row["updated_at"]


def test_what_is_younger_than_two_minutes_is_not_served_yet(start: Callable[..., Caller]) -> None:
    caller = start(orders=0)
    placed = caller.control("orders", {"count": 2})["remote_ids"]
    found, bound = caller.orders_after()
    assert found == []
    assert bound <= ago(seconds=119)
    assert caller.get(f"{ORDERS}/{placed[0]}").status_code == 200
    caller.switch("no_lag")
    assert {order["orderId"] for order in caller.orders_after()[0]} == set(placed)
    caller.switch("no_lag", False)
    caller.later(125)
    assert {order["orderId"] for order in caller.orders_after()[0]} == set(placed)


def test_a_page_token_belongs_to_its_search_and_its_day(start: Callable[..., Caller]) -> None:
    caller = start(orders=10)
    caller.control("limits", {"on": False})
    query = {"createdAfter": ago(days=300), "marketplaceIds": TR, "maxResultsPerPage": "1"}
    token = caller.get(ORDERS, **query).json()["pagination"]["nextToken"]
    again = query | {"paginationToken": token, "maxResultsPerPage": "50", "includedData": "BUYER"}
    assert caller.get(ORDERS, **again).status_code == 200
    assert caller.get(ORDERS, **again).json() == caller.get(ORDERS, **again).json()
    assert error(caller.get(ORDERS, **(again | {"marketplaceIds": DE}))) == (400, "InvalidInput")
    assert error(caller.get(ORDERS, **(again | {"createdAfter": ago(days=299)}))) == (400, "InvalidInput")
    caller.later(23.9 * 3600)
    caller.token = ""
    assert caller.get(ORDERS, **again).status_code == 200
    caller.later(600)
    assert error(caller.get(ORDERS, **again)) == (400, "InvalidInput")


def test_a_region_knows_its_own_marketplaces_only(start: Callable[..., Caller]) -> None:
    caller = start(orders=60, listings=24)
    caller.control("limits", {"on": False})
    everywhere, _ = caller.orders_after()
    american = [o for o in everywhere if o["salesChannel"]["marketplaceId"] == US]
    assert american
    assert len(caller.orders_after(marketplaceIds=US)[0]) == len(american)
    caller.switch("region_eu")
    assert error(caller.get(ORDERS, createdAfter=ago(days=9), marketplaceIds=US)) == (403, "Unauthorized")
    assert error(caller.get(caller.items, marketplaceIds=US)) == (403, "Unauthorized")
    assert caller.get(f"{ORDERS}/{american[0]['orderId']}").status_code == 404
    assert len(caller.orders_after()[0]) == 60 - len(american) == len(caller.truth("orders"))
    assert all(row["marketplace_id"] != US for row in caller.truth("listings"))
    ids = {row["marketplace"]["id"] for row in caller.get("/sellers/v1/marketplaceParticipations").json()["payload"]}
    assert len(ids) == 7
    assert US not in ids


def test_cancelled_and_damaged_orders(start: Callable[..., Caller]) -> None:
    caller = start(orders=8)
    first, second = caller.truth("orders")[:2]
    caller.control("cancel", {"remote_id": first["remote_id"]})
    caller.control("damage", {"remote_id": second["remote_id"]})
    caller.later(130)
    found = {order["orderId"]: order for order in caller.orders_after()[0]}
    assert found[first["remote_id"]]["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    execution = found[first["remote_id"]]["orderItems"][0]["cancellation"]["cancellationExecution"]
    assert execution["cancelledBy"] == "BUYER"
    damaged = {key for key, order in found.items() if type(order["orderItems"][0]["quantityOrdered"]) is not int}
    assert damaged == {second["remote_id"]}


def test_old_orders_are_still_paged(start: Callable[..., Caller]) -> None:
    caller = start(orders=40)
    assert error(caller.get("/orders/v0/orders", CreatedAfter=ago(days=9))) == (400, "InvalidInput")
    query = {"MarketplaceIds": f"{TR},{DE}", "LastUpdatedAfter": ago(days=300), "MaxResultsPerPage": "7"}
    ids: list[str] = []
    while query:
        payload = caller.get("/orders/v0/orders", **query).json()["payload"]
        ids += [order["AmazonOrderId"] for order in payload["Orders"]]
        token = payload.get("NextToken")
        query = {"MarketplaceIds": TR, "NextToken": token, "MaxResultsPerPage": "7"} if token else {}
    assert sorted(ids) == sorted(
        row["remote_id"] for row in caller.truth("orders") if row["marketplace_id"] in (TR, DE)
    )


def confirmation(row: dict[str, Any], quantity: int, reference: Any = "1", **changes: Any) -> dict[str, Any]:
    detail = {
        "packageReferenceId": reference,
        "carrierCode": "Other",
        "carrierName": "Yurtiçi Kargo",
        "trackingNumber": "123456789012",
        "shipDate": ago(minutes=1),
        "orderItems": [{"orderItemId": row["lines"][0]["remote_id"], "quantity": quantity}],
    } | changes
    kept = {key: value for key, value in detail.items() if value is not None}
    return {"marketplaceId": row["marketplace_id"], "packageDetail": kept}


def test_shipment_confirmation_counts_each_unit_once(start: Callable[..., Caller]) -> None:
    caller = start(orders=120)
    caller.control("limits", {"on": False})
    rows = [row for row in caller.truth("orders") if row["fulfilled_by"] == "MERCHANT" and row["status"] == "UNSHIPPED"]
    row = next(one for one in rows if len(one["lines"]) == 1 and one["lines"][0]["quantity"] > 1)
    path = f"/orders/v0/orders/{row['remote_id']}/shipmentConfirmation"
    total = row["lines"][0]["quantity"]
    item = row["lines"][0]["remote_id"]
    for body in (
        confirmation(row, 1, 1),
        confirmation(row, 1, "0"),
        confirmation(row, 1, "P-1"),
        confirmation(row, 1, carrierCode=None),
        confirmation(row, 1, carrierName=None),
        confirmation(row, 1, trackingNumber=None),
        confirmation(row, 1, shipDate="02/21/2022"),
        confirmation(row, 1, orderItems=[{"orderItemId": "11111111111111", "quantity": 1}]),
        confirmation(row, 1, orderItems=[]),
        confirmation(row, total + 1),
        confirmation(row, 0),
        confirmation(
            row, 1, orderItems=[{"orderItemId": item, "quantity": total}, {"orderItemId": item, "quantity": 1}]
        ),
        confirmation(row, 1) | {"marketplaceId": "A1VC38T7YXB528"},
        confirmation(row, 1) | {"codCollectionMethod": "Cash"},
        {"marketplaceId": row["marketplace_id"]},
    ):
        assert error(caller.call("POST", path, json_=body)) == (400, "InvalidInput"), body
    unknown = "/orders/v0/orders/404-0000000-0000000/shipmentConfirmation"
    assert error(caller.call("POST", unknown, json_=confirmation(row, 1))) == (400, "InvalidInput")
    assert caller.counters()["shipments_confirmed"] == 0

    done = caller.call("POST", path, json_=confirmation(row, 1))
    assert (done.status_code, done.content) == (204, b"")
    state = caller.get(f"{ORDERS}/{row['remote_id']}", includedData="FULFILLMENT,PACKAGES").json()["order"]
    assert state["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
    assert state["packages"][0]["carrier"] == "Yurtiçi Kargo"
    assert state["orderItems"][0]["fulfillment"] == {"quantityFulfilled": 1, "quantityUnfulfilled": total - 1}
    assert error(caller.call("POST", path, json_=confirmation(row, 1))) == (400, "InvalidInput")  # the same reference
    assert caller.call("POST", path, json_=confirmation(row, total - 1, "2")).status_code == 204
    assert error(caller.call("POST", path, json_=confirmation(row, 1, "3"))) == (400, "InvalidInput")
    truth = next(one for one in caller.truth("orders") if one["remote_id"] == row["remote_id"])
    assert truth["status"] == "SHIPPED"
    assert truth["updated_at"] > row["updated_at"]
    mine = [one for one in caller.truth("shipments") if one["reference"] == row["remote_id"]]
    assert [one["package_reference_id"] for one in mine] == ["1", "2"]
    assert caller.counters()["shipments_confirmed"] == 2


# -- listings ---------------------------------------------------------------------------------------------------------
def price_patch(price: Any, currency: str = "TRY", marketplace: str = TR) -> dict[str, Any]:
    offer = {
        "marketplace_id": marketplace,
        "currency": currency,
        "our_price": [{"schedule": [{"value_with_tax": price}]}],
    }
    return {"productType": "PRODUCT", "patches": [{"op": "replace", "path": "/attributes/purchasable_offer", "value": [offer]}]}  # fmt: skip


def stock_patch(quantity: Any) -> dict[str, Any]:
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": quantity}]
    return {"productType": "PRODUCT", "patches": [{"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}]}  # fmt: skip


def own(caller: Caller, slash: bool = False) -> dict[str, Any]:
    """A Turkish listing with its own stock; with a slash in its sku on request."""
    rows = [row for row in caller.truth("listings") if row["marketplace_id"] == TR and row["stock"] is not None]
    return next(row for row in rows if ("/" in row["sku"]) == slash)


def now_of(caller: Caller, sku: str) -> dict[str, Any]:
    return next(row for row in caller.truth("listings") if row["sku"] == sku)


@pytest.mark.parametrize("slash", [False, True])
def test_an_accepted_patch_is_applied_later(start: Callable[..., Caller], slash: bool) -> None:
    caller = start(listings=80)
    row = own(caller, slash)
    path = caller.item(row["sku"])
    preview = caller.call("PATCH", path, json_=price_patch(321.5), marketplaceIds=TR, mode="VALIDATION_PREVIEW")
    assert preview.json()["status"] == "VALID"
    answer = caller.call("PATCH", path, json_=price_patch(321.5), marketplaceIds=TR)
    assert (answer.json()["status"], answer.json()["sku"], answer.json()["issues"]) == ("ACCEPTED", row["sku"], [])
    assert caller.call("PATCH", path, json_=stock_patch(0), marketplaceIds=TR).json()["status"] == "ACCEPTED"
    assert now_of(caller, row["sku"]) == row
    caller.later(9)
    body = caller.get(
        path, marketplaceIds=TR, includedData="offers,fulfillmentAvailability,summaries,attributes"
    ).json()
    assert body["offers"][0]["price"] == {"currencyCode": "TRY", "amount": "321.50"}
    assert body["fulfillmentAvailability"] == [{"fulfillmentChannelCode": "DEFAULT", "quantity": 0}]
    assert body["summaries"][0]["status"] == ["DISCOVERABLE"]
    assert body["attributes"]["purchasable_offer"][0]["our_price"][0]["schedule"][0]["value_with_tax"] == 321.5
    truth = now_of(caller, row["sku"])
    assert (truth["price"], truth["stock"], truth["title"]) == ("321.50", 0, row["title"])
    counters = caller.counters()
    assert (counters["patches_applied"], counters[f"write:{row['sku']}"]) == (2, 2)
    caller.switch("instant")
    caller.call("PATCH", path, json_=price_patch(99), marketplaceIds=TR)
    assert now_of(caller, row["sku"])["price"] == "99.00"


def test_a_bad_patch_is_invalid_with_issues_and_changes_nothing(start: Callable[..., Caller]) -> None:
    caller = start(listings=80)
    caller.control("limits", {"on": False})
    caller.switch("instant")
    row = own(caller)
    path = caller.item(row["sku"])
    fba = next(one for one in caller.truth("listings") if one["stock"] is None and one["marketplace_id"] == TR)
    nested = {"productType": "PRODUCT", "patches": [{"op": "replace", "path": "/attributes/item_name/0/value", "value": [{}]}]}  # fmt: skip
    for where, body, attribute in (
        (path, price_patch(-1), "purchasable_offer"),
        (path, price_patch(0), "purchasable_offer"),
        (path, price_patch("199.90"), "purchasable_offer"),
        (path, price_patch(1.005), "purchasable_offer"),
        (path, price_patch(10**30), "purchasable_offer"),
        (path, price_patch(10, currency="EUR"), "purchasable_offer"),
        (path, price_patch(10, marketplace=DE), "purchasable_offer"),
        (path, stock_patch(-1), "fulfillment_availability"),
        (path, stock_patch(1.5), "fulfillment_availability"),
        (path, stock_patch(True), "fulfillment_availability"),
        (path, price_patch(10) | {"productType": "SHOES"}, "product_type"),
        (path, nested, "/attributes/item_name/0/value"),
        (caller.item(fba["sku"]), stock_patch(4), "fulfillment_availability"),
    ):
        answer = caller.call("PATCH", where, json_=body, marketplaceIds=TR)
        assert answer.status_code == 200
        assert answer.json()["status"] == "INVALID", body
        assert answer.json()["issues"][0]["attributeNames"] == [attribute]
        assert answer.json()["issues"][0]["severity"] == "ERROR"
    for body in (
        {},
        {"productType": "PRODUCT", "patches": []},
        {"productType": "PRODUCT", "patches": [{"op": "set", "path": "/attributes/x"}]},
        {"productType": "PRODUCT", "patches": [{"op": "replace", "path": "/attributes/x", "value": {}}]},
        {"patches": price_patch(1)["patches"]},
    ):
        assert error(caller.call("PATCH", path, json_=body, marketplaceIds=TR)) == (400, "InvalidInput")
    assert error(caller.call("PATCH", path, json_=price_patch(1))) == (400, "InvalidInput")
    assert error(caller.call("PATCH", caller.item("YOK"), json_=price_patch(1), marketplaceIds=TR)) == (
        404,
        "NOT_FOUND",
    )
    assert error(caller.call("PATCH", path, json_=price_patch(1), marketplaceIds=DE)) == (404, "NOT_FOUND")
    other = path.replace(caller.keys["seller_id"], "A0BASKASI")
    assert error(caller.get(other, marketplaceIds=TR)) == (403, "Unauthorized")
    assert now_of(caller, row["sku"]) == row
    assert "patches_applied" in caller.counters()
    assert caller.counters()["patches_applied"] == 0


def test_a_slash_must_be_encoded(start: Callable[..., Caller]) -> None:
    caller = start(listings=80)
    row = own(caller, slash=True)
    assert caller.get(caller.item(row["sku"]), marketplaceIds=TR).json()["sku"] == row["sku"]
    bare = caller.get(f"{caller.items}/{quote(row['sku'], safe='/')}", marketplaceIds=TR)
    assert error(bare) == (403, "Unauthorized")


def test_unknown_skus_are_refused_or_swallowed(start: Callable[..., Caller]) -> None:
    caller = start(listings=20)
    caller.switch("instant")
    message = {"messageId": 1, "sku": "YOK", "operationType": "PATCH", **price_patch(5)}
    for on in (False, True):
        caller.switch("accept_unknown", on)
        answer = caller.call("PATCH", caller.item("YOK"), json_=price_patch(5), marketplaceIds=TR)
        assert answer.json().get("status") == ("ACCEPTED" if on else None)
        assert result(caller, submit(caller, [message]))["summary"]["messagesAccepted"] == int(on)
        assert caller.get(caller.item("YOK"), marketplaceIds=TR).status_code == 404
    assert caller.counters()["patches_applied"] == 0
    assert len(caller.truth("listings")) == 20


def test_patch_operations_touch_only_what_they_select(start: Callable[..., Caller]) -> None:
    caller = start(listings=20)
    caller.control("limits", {"on": False})
    caller.switch("instant")
    row = own(caller)
    path = caller.item(row["sku"])

    def push(op: str, name: str, value: list[Any] | None, marketplaces: str = TR) -> str:
        patch = {"op": op, "path": f"/attributes/{name}"} | ({} if value is None else {"value": value})
        body = {"productType": "PRODUCT", "patches": [patch]}
        found: str = caller.call("PATCH", path, json_=body, marketplaceIds=marketplaces).json()["status"]
        return found

    offer = price_patch(60)["patches"][0]["value"][0]
    # The same article in a second marketplace: its offer must not replace the first one.
    german = {"marketplace_id": DE, "currency": "EUR", "our_price": [{"schedule": [{"value_with_tax": 7}]}]}
    attributes = {
        "item_name": [{"value": "Tasse"}],
        "condition_type": [{"value": "new_new"}],
        "purchasable_offer": [german],
    }
    body = {"productType": "HOME", "attributes": attributes}
    assert caller.call("PUT", path, json_=body, marketplaceIds=DE).json()["status"] == "ACCEPTED"
    assert push("replace", "purchasable_offer", [offer]) == "ACCEPTED"
    rows = {one["marketplace_id"]: one for one in caller.truth("listings") if one["sku"] == row["sku"]}
    assert (rows[TR]["price"], rows[DE]["price"], rows[DE]["title"]) == ("60.00", "7.00", "Tasse")
    assert push("merge", "list_price", [{"marketplace_id": TR, "currency": "TRY", "value_with_tax": 80}]) == "ACCEPTED"
    assert push("merge", "list_price", [{"marketplace_id": TR, "currency": "TRY", "value_with_tax": -8}]) == "INVALID"
    assert now_of(caller, row["sku"])["list_price"] == "80.00"
    assert push("add", "bullet_point", [{"value": "El yapımı"}]) == "ACCEPTED"
    assert push("delete", "list_price", None) == "ACCEPTED"
    assert push("replace", "list_price", None) == "INVALID"
    assert now_of(caller, row["sku"])["list_price"] is None
    assert push("delete", "purchasable_offer", [{"marketplace_id": TR}]) == "ACCEPTED"
    rows = {one["marketplace_id"]: one for one in caller.truth("listings") if one["sku"] == row["sku"]}
    assert (rows[TR]["price"], rows[DE]["price"]) == (None, "7.00")
    seen = caller.get(path, marketplaceIds=f"{TR},{DE}", includedData="offers,summaries").json()
    assert [one["marketplaceId"] for one in seen["offers"]] == [DE]
    assert caller.call("DELETE", path, marketplaceIds=DE).json()["status"] == "ACCEPTED"
    assert [one["marketplace_id"] for one in caller.truth("listings") if one["sku"] == row["sku"]] == [TR]


def test_searching_pages_through_every_listing_once(start: Callable[..., Caller]) -> None:
    caller = start(listings=120)
    caller.control("limits", {"on": False})
    assert error(caller.get(caller.items, marketplaceIds=TR, pageSize="21")) == (400, "InvalidInput")
    assert error(caller.get(caller.items)) == (400, "InvalidInput")
    assert len(caller.get(caller.items, marketplaceIds=TR).json()["items"]) == 10
    query = {"marketplaceIds": f"{TR},{DE}", "pageSize": "20", "sortBy": "sku", "sortOrder": "ASC"}
    found: list[str] = []
    while True:
        body = caller.get(caller.items, **query).json()
        found += [item["sku"] for item in body["items"]]
        if "nextToken" not in body.get("pagination", {}):
            break
        query["pageToken"] = body["pagination"]["nextToken"]
    expected = sorted(row["sku"] for row in caller.truth("listings") if row["marketplace_id"] in (TR, DE))
    assert found == expected
    assert body["numberOfResults"] == len(expected)
    assert error(caller.get(caller.items, **(query | {"marketplaceIds": TR}))) == (400, "InvalidInput")
    row = own(caller, slash=True)
    one = caller.get(caller.items, marketplaceIds=TR, identifiers=row["barcode"], identifiersType="EAN").json()
    assert [item["sku"] for item in one["items"]] == [row["sku"]]
    assert error(caller.get(caller.items, marketplaceIds=TR, identifiers="1")) == (400, "InvalidInput")
    buyable = caller.get(caller.items, marketplaceIds=TR, withStatus="BUYABLE", pageSize="20").json()
    dead = caller.get(caller.items, marketplaceIds=TR, withoutStatus="BUYABLE", pageSize="20").json()
    turkish = [row for row in caller.truth("listings") if row["marketplace_id"] == TR]
    assert buyable["numberOfResults"] + dead["numberOfResults"] == len(turkish)
    assert dead["numberOfResults"] == sum(row["stock"] == 0 for row in turkish)


def test_put_creates_and_delete_removes(start: Callable[..., Caller]) -> None:
    caller = start(listings=20)
    caller.switch("instant")
    sku = "YENİ/ürün 1%"
    attributes = {
        "item_name": [{"value": "Işıklı Çanta", "language_tag": "tr_TR"}],
        "condition_type": [{"value": "new_new"}],
        "purchasable_offer": price_patch(45)["patches"][0]["value"],
        "fulfillment_availability": [{"fulfillment_channel_code": "DEFAULT", "quantity": 3}],
    }
    body = {"productType": "HOME", "requirements": "LISTING", "attributes": attributes}
    missing = caller.call("PUT", caller.item(sku), json_=body | {"attributes": {"item_name": attributes["item_name"]}}, marketplaceIds=TR)  # fmt: skip
    assert {one["categories"][0] for one in missing.json()["issues"]} == {"MISSING_ATTRIBUTE"}
    assert caller.call("PUT", caller.item(sku), json_=body, marketplaceIds=TR).json()["status"] == "ACCEPTED"
    row = now_of(caller, sku)
    assert (row["title"], row["price"], row["stock"]) == ("Işıklı Çanta", "45.00", 3)
    assert caller.call("PUT", caller.item(sku), json_=body, marketplaceIds=TR).json()["status"] == "ACCEPTED"
    assert len([one for one in caller.truth("listings") if one["sku"] == sku]) == 1
    assert caller.call("DELETE", caller.item(sku), marketplaceIds=TR).json()["status"] == "ACCEPTED"
    assert caller.get(caller.item(sku), marketplaceIds=TR).status_code == 404
    assert error(caller.call("DELETE", caller.item(sku), marketplaceIds=TR)) == (404, "NOT_FOUND")
    assert len(caller.truth("listings")) == 20


def test_writes_can_be_swallowed(start: Callable[..., Caller]) -> None:
    caller = start(listings=60)
    caller.control("limits", {"on": False})
    caller.switch("instant")
    rows = [row for row in caller.truth("listings") if row["marketplace_id"] == TR][:20]

    def push(price: int) -> int:
        for row in rows:
            answer = caller.call("PATCH", caller.item(row["sku"]), json_=price_patch(price), marketplaceIds=TR)
            assert answer.json()["status"] == "ACCEPTED"
        return sum(now_of(caller, row["sku"])["price"] == f"{price}.00" for row in rows)

    caller.switch("apply_70")
    assert push(11) == 14
    caller.switch("apply_70", False)
    caller.switch("ignore_writes")
    assert push(12) == 0
    caller.switch("ignore_writes", False)
    assert push(13) == 20


# -- feeds and reports ------------------------------------------------------------------------------------------------
FEEDS = "/feeds/2021-06-30"
JSON_UTF8 = "application/json; charset=UTF-8"


def upload(caller: Caller, body: bytes) -> str:
    """Steps 1 and 2 of a feed; returns the document's id."""
    document = caller.call("POST", f"{FEEDS}/documents", json_={"contentType": JSON_UTF8}).json()
    answer = httpx.put(document["url"], content=body, headers={"content-type": JSON_UTF8}, trust_env=False)
    assert answer.status_code == 200, answer.text
    found: str = document["feedDocumentId"]
    return found


def submit(caller: Caller, messages: list[Any], **header: Any) -> str:
    whole = {"header": {"sellerId": caller.keys["seller_id"], "version": "2.0", **header}, "messages": messages}
    spec = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [TR], "inputFeedDocumentId": upload(caller, json.dumps(whole).encode())}  # fmt: skip
    answer = caller.call("POST", f"{FEEDS}/feeds", json_=spec)
    assert answer.status_code == 202, answer.text
    found: str = answer.json()["feedId"]
    return found


def result(caller: Caller, feed_id: str) -> dict[str, Any]:
    feed = caller.get(f"{FEEDS}/feeds/{feed_id}").json()
    document = caller.get(f"{FEEDS}/documents/{feed['resultFeedDocumentId']}").json()
    content = httpx.get(document["url"], trust_env=False).content
    found: dict[str, Any] = json.loads(gzip.decompress(content) if "compressionAlgorithm" in document else content)
    return found


@pytest.mark.parametrize("zipped", [False, True])
def test_the_life_of_a_feed(start: Callable[..., Caller], zipped: bool) -> None:
    caller = start(listings=60)
    caller.switch("gzip_documents", zipped)
    row, slashed = own(caller), own(caller, slash=True)
    messages: list[Any] = [
        {"messageId": 1, "sku": row["sku"], "operationType": "PATCH", **price_patch(77.7)},
        {"messageId": 2, "sku": slashed["sku"], "operationType": "PARTIAL_UPDATE", "productType": "PRODUCT",
         "attributes": {"fulfillment_availability": [{"fulfillment_channel_code": "DEFAULT", "quantity": 41}]}},
        {"messageId": 3, "sku": row["sku"], "operationType": "PATCH", **price_patch(-1)},
        {"messageId": 4, "sku": "YOK", "operationType": "PATCH", **price_patch(5)},
        {"messageId": 4, "sku": row["sku"], "operationType": "PATCH", **price_patch(6)},
        {"messageId": 6, "sku": row["sku"], "operationType": "DELETE", "productType": "PRODUCT"},
        {"messageId": 7, "sku": row["sku"], "operationType": "PATCH", "productType": "PRODUCT"},
        {"sku": row["sku"], "operationType": "PATCH", **price_patch(8)},
    ]  # fmt: skip
    feed_id = submit(caller, messages)
    path = f"{FEEDS}/feeds/{feed_id}"
    states = []
    for seconds in (0, 6, 10):
        caller.later(seconds)
        states.append(caller.get(path).json()["processingStatus"])
    assert states == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    assert error(caller.call("DELETE", path)) == (400, "InvalidInput")
    report = result(caller, feed_id)
    assert report["summary"] == {"errors": 6, "warnings": 0, "messagesProcessed": 8, "messagesAccepted": 2, "messagesInvalid": 6}  # fmt: skip
    assert [one.get("messageId") for one in report["issues"]] == [3, 4, 4, 6, 7, None]
    caller.later(9)
    assert now_of(caller, row["sku"])["price"] == "77.70"
    assert now_of(caller, slashed["sku"])["stock"] == 41
    counters = caller.counters()
    assert (counters["feeds_processed"], counters["patches_applied"]) == (1, 2)
    caller.later(10)
    assert caller.counters()["patches_applied"] == 2
    if SPECS.exists():
        import jsonschema_rs

        schema = model("schemas/listings-feed-processing-report-schema-v2.json")
        jsonschema_rs.Draft7Validator(schema).validate(report)
        check("feeds_2021-06-30", "/feeds/2021-06-30/feeds/{feedId}", "get", caller.get(path))
        listed = caller.get(f"{FEEDS}/feeds", feedTypes="JSON_LISTINGS_FEED")
        assert len(check("feeds_2021-06-30", "/feeds/2021-06-30/feeds", "get", listed)["feeds"]) == 1


def test_the_feed_rules_agree_with_the_published_schema(start: Callable[..., Caller]) -> None:
    """Each message is judged by the sandbox and by the vendor's message schema: both must say the same."""
    import jsonschema_rs

    schema = jsonschema_rs.Draft7Validator(model("schemas/listings-feed-message-schema-v2.json"))
    caller = start(listings=20)
    caller.switch("instant")
    sku = own(caller)["sku"]
    patches = stock_patch(5)["patches"]
    stock = {"fulfillment_availability": patches[0]["value"]}
    full = {"item_name": [{"value": "x"}], "condition_type": [{"value": "new_new"}], "purchasable_offer": price_patch(9)["patches"][0]["value"]}  # fmt: skip
    shapes: list[dict[str, Any]] = [
        {"operationType": "PATCH", "productType": "HOME", "patches": patches},
        {"operationType": "PATCH", "patches": patches},
        {"operationType": "PATCH", "productType": "", "patches": patches},
        {"operationType": "PATCH", "productType": "HOME", "patches": []},
        {"operationType": "PATCH", "productType": "HOME", "patches": patches, "attributes": stock},
        {"operationType": "PATCH", "productType": "HOME", "patches": patches, "requirements": "LISTING"},
        {"operationType": "PARTIAL_UPDATE", "productType": "HOME", "attributes": stock},
        {"operationType": "PARTIAL_UPDATE", "productType": "HOME", "attributes": {}},
        {"operationType": "PARTIAL_UPDATE", "productType": "HOME", "attributes": stock, "requirements": "LISTING"},
        {"operationType": "UPDATE", "productType": "HOME", "attributes": full, "requirements": "LISTING"},
        {"operationType": "UPDATE", "productType": "HOME", "attributes": full, "requirements": "ALL"},
        {"operationType": "UPDATE", "productType": "HOME", "attributes": full, "patches": patches},
        {"operationType": "REPLACE", "productType": "HOME", "attributes": full},
        {"operationType": "DELETE", "productType": "HOME"},
        {"operationType": "DELETE"},
    ]
    messages = [{"messageId": index, "sku": sku, **shape} for index, shape in enumerate(shapes, 1)]
    report = result(caller, submit(caller, messages))
    refused = {one["messageId"] for one in report["issues"]}
    assert refused == {one["messageId"] for one in messages if not schema.is_valid(one)}
    assert 5 < len(refused) < len(messages)


def test_a_feed_that_is_no_feed_is_fatal(start: Callable[..., Caller]) -> None:
    caller = start(listings=5)
    caller.switch("instant")
    message = {"messageId": 1, "sku": "PX-00001", "operationType": "DELETE"}
    for feed_id in (
        submit(caller, []),
        submit(caller, [message], version="1.0"),
        submit(caller, [message], sellerId="BASKA"),
        submit(caller, [message], report={"includedData": ["fiyat"], "apiVersion": "2021-08-01"}),
    ):
        assert caller.get(f"{FEEDS}/feeds/{feed_id}").json()["processingStatus"] == "FATAL"
        report = result(caller, feed_id)
        assert "messageId" not in report["issues"][0]
        assert report["summary"]["messagesProcessed"] == 0
    assert len(caller.truth("listings")) == 5


def test_a_feed_may_ask_for_its_items_and_be_cancelled(start: Callable[..., Caller]) -> None:
    caller = start(listings=20)
    row = own(caller)
    message = {"messageId": 1, "sku": row["sku"], "operationType": "PATCH", **price_patch(15)}
    cancelled = submit(caller, [message])
    assert caller.call("DELETE", f"{FEEDS}/feeds/{cancelled}").status_code == 200
    caller.later(60)
    assert caller.get(f"{FEEDS}/feeds/{cancelled}").json()["processingStatus"] == "CANCELLED"
    assert now_of(caller, row["sku"]) == row
    feed_id = submit(caller, [message], report={"includedData": ["offers"], "apiVersion": "2021-08-01"})
    caller.later(60)
    assert [item["sku"] for item in result(caller, feed_id)["items"]] == [row["sku"]]
    assert now_of(caller, row["sku"])["price"] == "15.00"  # a minute is enough for the feed and its change


def test_the_store_takes_the_signed_url_and_nothing_else(start: Callable[..., Caller]) -> None:
    caller = start(listings=5)
    created = caller.call("POST", f"{FEEDS}/documents", json_={"contentType": JSON_UTF8})
    assert created.status_code == 201
    document, url = created.json()["feedDocumentId"], created.json()["url"]
    spec = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [TR], "inputFeedDocumentId": document}
    assert error(caller.call("POST", f"{FEEDS}/feeds", json_=spec)) == (400, "InvalidInput")  # nothing uploaded yet

    def put(where: str = url, **headers: str) -> tuple[int, bool]:
        sent = {"content-type": JSON_UTF8} | {k.replace("_", "-"): v for k, v in headers.items()}
        answer = httpx.put(where, content=b"{}", headers=sent, trust_env=False)
        return answer.status_code, b"<Error>" in answer.content

    assert put(content_type="application/json") == (403, True)
    assert put(authorization="Bearer x") == (400, True)
    assert put(x_amz_access_token=caller.token) == (403, True)
    assert put(url[:-1] + ("0" if url[-1] != "0" else "1")) == (403, True)
    assert httpx.get(url, trust_env=False).status_code == 403  # signed for PUT
    assert error(caller.call("POST", f"{FEEDS}/feeds", json_=spec)) == (400, "InvalidInput")
    assert put() == (200, False)
    for wrong in ({"feedType": "POST_PRODUCT_DATA"}, {"marketplaceIds": []}, {"inputFeedDocumentId": "yok"}):
        assert error(caller.call("POST", f"{FEEDS}/feeds", json_=spec | wrong)) == (400, "InvalidInput")
    assert caller.call("POST", f"{FEEDS}/feeds", json_=spec).status_code == 202
    caller.later(301)
    assert put() == (403, True)


def test_the_listings_report(start: Callable[..., Caller]) -> None:
    caller = start(listings=60)
    caller.switch("gzip_documents")
    reports = "/reports/2021-06-30"
    spec = {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplaceIds": [TR]}
    assert error(caller.call("POST", f"{reports}/reports", json_=spec | {"reportType": "X"})) == (400, "InvalidInput")
    report_id = caller.call("POST", f"{reports}/reports", json_=spec).json()["reportId"]
    assert caller.get(f"{reports}/reports/{report_id}").json()["processingStatus"] == "IN_QUEUE"
    caller.later(20)
    answer = caller.get(f"{reports}/reports/{report_id}")
    assert answer.json()["processingStatus"] == "DONE"
    path = f"{reports}/documents/{answer.json()['reportDocumentId']}"
    document = caller.get(path)
    assert document.json()["compressionAlgorithm"] == "GZIP"
    raw = httpx.get(document.json()["url"], trust_env=False)
    assert "content-encoding" not in raw.headers
    opened = httpx.get(caller.get(path, enableContentEncodingUrlHeader="true").json()["url"], trust_env=False)
    assert opened.headers["content-encoding"] == "gzip"
    text = gzip.decompress(raw.content).decode()
    assert opened.text == text
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    truth = {row["sku"]: row for row in caller.truth("listings") if row["marketplace_id"] == TR}
    assert {row["seller-sku"] for row in rows} == set(truth)
    for row in rows:
        mine = truth[row["seller-sku"]]
        assert (row["price"], row["item-name"], row["product-id"]) == (mine["price"], mine["title"], mine["barcode"])
        assert row["quantity"] == ("" if mine["stock"] is None else str(mine["stock"]))
    if SPECS.exists():
        check("reports_2021-06-30", "/reports/2021-06-30/reports/{reportId}", "get", answer)
        check("reports_2021-06-30", "/reports/2021-06-30/documents/{reportDocumentId}", "get", document)


def test_fba_inventory_pages_and_filters(start: Callable[..., Caller]) -> None:
    caller = start(listings=1300)
    caller.control("limits", {"on": False})
    path = "/fba/inventory/v1/summaries"
    query = {"granularityType": "Marketplace", "granularityId": TR, "marketplaceIds": TR}
    for wrong in (
        {"granularityType": "Country"},
        {"granularityId": DE},
        {"marketplaceIds": f"{TR},{DE}"},
        {"details": "yes"},
    ):
        assert error(caller.get(path, **(query | wrong))) == (400, "InvalidInput")
    found: list[str] = []
    page = dict(query)
    while True:
        body = caller.get(path, **page).json()
        found += [row["sellerSku"] for row in body["payload"]["inventorySummaries"]]
        if "pagination" not in body:
            break
        page["nextToken"] = body["pagination"]["nextToken"]
    mine = [row["sku"] for row in caller.truth("listings") if row["marketplace_id"] == TR and row["stock"] is None]
    assert sorted(found) == sorted(mine)
    assert len(mine) > 50
    one = caller.get(path, **query, sellerSkus=mine[0], details="true").json()["payload"]["inventorySummaries"]
    assert [row["sellerSku"] for row in one] == [mine[0]]
    assert one[0]["inventoryDetails"]["fulfillableQuantity"] <= one[0]["totalQuantity"]
    caller.later(31)
    assert error(caller.get(path, **page)) == (400, "InvalidInput")


# -- the account ------------------------------------------------------------------------------------------------------
def test_one_seed_makes_one_account() -> None:
    def rows(seed: int) -> tuple[list[Any], list[Any]]:
        box = create(seed=seed, orders=30, listings=30)
        timeless = [{k: v for k, v in row.items() if not k.endswith("_at")} for row in box.truth_orders()]
        return timeless, box.truth_listings()

    assert rows(3) == rows(3)
    assert rows(3)[0] != rows(4)[0]
    assert rows(3)[1] != rows(4)[1]


def test_generated_orders_name_the_listings_of_their_marketplace() -> None:
    box = create(orders=200, listings=60)
    known = {(row["sku"], row["marketplace_id"]) for row in box.truth_listings()}
    for row in box.truth_orders():
        assert {(line["sku"], row["marketplace_id"]) for line in row["lines"]} <= known
    assert {row["status"] for row in box.truth_orders()} == {"PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED"}  # fmt: skip


def test_switches_are_known_by_name_and_cleared_by_a_reset() -> None:
    box = create()
    assert isinstance(box, AmazonSpSandbox)
    for feature in FEATURES:
        box.switch(feature, True)
    assert box.account.switches == FEATURES
    box.reset(orders=0, listings=0, seed=1)
    assert box.account.switches == set()
    with pytest.raises(KeyError):
        box.switch("uydurma", True)
