"""The fake Shopify against the sentences of reference "## Shopify" and the official schema, with a bare HTTP client."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLScalarType

from providers.sandboxes import shopify_sdl
from providers.sandboxes.shopify import ShopifySandbox, create
from tests.support.serving import serve

SPEC = Path(__file__).resolve().parents[4] / "shared/specs/shopify/admin_2026-10.introspection.json.gz"
API = "/admin/api/2026-10/graphql.json"
SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason changes { name delta } } userErrors { field message code } } }"""
PRICES = """mutation($id: ID!, $rows: [ProductVariantsBulkInput!]!, $part: Boolean = false) {
  productVariantsBulkUpdate(productId: $id, variants: $rows, allowPartialUpdates: $part) {
    productVariants { id price compareAtPrice } userErrors { field message code } } }"""


class Rig:
    def __init__(self, box: ShopifySandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def raw(self, query: str, variables: dict[str, Any] | None = None, token: str | None = None) -> httpx.Response:
        headers = {"X-Shopify-Access-Token": token or self.box.credentials["access_token"]}
        return self.http.post(API, json={"query": query, "variables": variables or {}}, headers=headers)

    def ask(self, query: str, **variables: Any) -> Any:
        reply = self.raw(query, variables)
        assert reply.status_code == 200, reply.text
        answer = reply.json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def errors(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        reply = self.raw(query, variables)
        assert reply.status_code == 200, reply.text
        found: list[dict[str, Any]] = reply.json()["errors"]
        return found

    def control(self, path: str, body: Any) -> None:
        assert self.http.post(f"/_control/{path}", json=body).status_code == 200

    def level(self, index: int = 0) -> tuple[str, str, int]:
        """Item gid, location gid and available pieces of one variant at the main location."""
        variant = list(self.box.store.variants.values())[index]
        place = self.box.store.main.id
        level = self.box.store.levels[variant.item_id, place]
        return f"gid://shopify/InventoryItem/{variant.item_id}", f"gid://shopify/Location/{place}", level.available

    def set_stock(self, rows: list[dict[str, Any]], key: str, name: str = "available") -> Any:
        data = {"name": name, "reason": "correction", "quantities": rows}
        return self.ask(SET, input=data, key=key)["inventorySetQuantities"]


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(seed=3, orders=40, listings=20)
    assert isinstance(box, ShopifySandbox)
    with serve(box.app) as base, httpx.Client(base_url=base, timeout=10) as http:
        yield Rig(box, http)


# -- the subset against the official schema --------------------------------------------------------------------------
def _official() -> dict[str, dict[str, Any]]:
    if not SPEC.exists():
        pytest.skip("shared/specs/shopify is not beside this repository")
    with gzip.open(SPEC) as file:
        return {one["name"]: one for one in json.load(file)["data"]["__schema"]["types"]}


def _spell(kind: dict[str, Any]) -> str:
    if kind["kind"] == "NON_NULL":
        return _spell(kind["ofType"]) + "!"
    return f"[{_spell(kind['ofType'])}]" if kind["kind"] == "LIST" else str(kind["name"])


def test_every_type_field_argument_and_value_is_official() -> None:
    official = _official()
    compared = 0
    for name, kind in shopify_sdl.schema().type_map.items():
        if name.startswith("__"):
            continue
        assert name in official, name
        theirs = official[name]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            assert theirs["kind"] == ("OBJECT" if isinstance(kind, GraphQLObjectType) else "INTERFACE")
            assert {one.name for one in kind.interfaces} <= {one["name"] for one in theirs["interfaces"]}, name
            fields = {one["name"]: one for one in theirs["fields"]}
            for field_name, field in kind.fields.items():
                assert field_name in fields, f"{name}.{field_name}"
                assert str(field.type) == _spell(fields[field_name]["type"]), f"{name}.{field_name}"
                args = {one["name"]: _spell(one["type"]) for one in fields[field_name]["args"]}
                for arg_name, arg in field.args.items():
                    assert args.get(arg_name) == str(arg.type), f"{name}.{field_name}({arg_name})"
                    compared += 1
                missing = {one for one in args if args[one].endswith("!")} - set(field.args)
                assert not missing, f"{name}.{field_name} lacks required {missing}"
                compared += 1
        elif isinstance(kind, GraphQLInputObjectType):
            assert theirs["kind"] == "INPUT_OBJECT"
            inputs = {one["name"]: _spell(one["type"]) for one in theirs["inputFields"]}
            for field_name, put in kind.fields.items():
                assert inputs.get(field_name) == str(put.type), f"{name}.{field_name}"
                compared += 1
            assert {one for one in inputs if inputs[one].endswith("!")} <= set(kind.fields), name
        elif isinstance(kind, GraphQLEnumType):
            assert set(kind.values) <= {one["name"] for one in theirs["enumValues"]}, name
            compared += len(kind.values)
        else:
            assert isinstance(kind, GraphQLScalarType)
            assert theirs["kind"] == "SCALAR"
    assert compared > 1000


def test_every_root_field_has_a_resolver() -> None:
    from providers.sandboxes.shopify_roots import ROOT

    schema = shopify_sdl.schema()
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert set(ROOT) == set(schema.query_type.fields) | set(schema.mutation_type.fields)


def test_every_field_of_every_record_can_be_read(rig: Rig) -> None:
    """Ask for all scalar fields of the big types: a field that is declared but never answered would fail here."""
    schema = rig.box.schema

    def leaves(name: str) -> str:
        kind = schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        rows = []
        for field_name, field in kind.fields.items():
            named = str(field.type).strip("[]!")
            if isinstance(schema.type_map[named], GraphQLScalarType | GraphQLEnumType) and not field.args:
                rows.append(field_name)
            elif named == "MoneyBag":
                rows.append(field_name + (" { shopMoney { amount currencyCode } presentmentMoney { amount } }"))
        return " ".join(rows)

    rig.control("limits", {"on": False})
    parts = f"""orders(first: 10) {{ nodes {{ {leaves("Order")} shippingAddress {{ {leaves("MailingAddress")} }} customer {{ {leaves("Customer")} }}
      retailLocation {{ {leaves("Location")} }} taxLines {{ {leaves("TaxLine")} }} totalCashRoundingAdjustment {{ {leaves("CashRoundingAdjustment")} }} }} }}"""
    assert len(rig.ask(f"{{ {parts} }}")["orders"]["nodes"]) == 10
    lines = f"""orders(first: 4) {{ nodes {{ lineItems(first: 5) {{ nodes {{ {leaves("LineItem")} }} }}
      fulfillmentOrders(first: 5) {{ nodes {{ {leaves("FulfillmentOrder")} destination {{ {leaves("FulfillmentOrderDestination")} }}
        lineItems(first: 5) {{ nodes {{ {leaves("FulfillmentOrderLineItem")} }} }} }} }}
      fulfillments {{ {leaves("Fulfillment")} }} transactions {{ {leaves("OrderTransaction")} }} shippingLine {{ {leaves("ShippingLine")} }} }} }}"""
    assert rig.ask(f"{{ {lines} }}")["orders"]["nodes"]
    goods = f"""products(first: 5) {{ nodes {{ {leaves("Product")} variants(first: 5) {{ nodes {{ {leaves("ProductVariant")}
      inventoryItem {{ {leaves("InventoryItem")} inventoryLevels(first: 5) {{ nodes {{ {leaves("InventoryLevel")} }} }} }} }} }} }} }}"""
    assert rig.ask(f"{{ {goods} shop {{ {leaves('Shop')} plan {{ {leaves('ShopPlan')} }} }} }}")["products"]["nodes"]


# -- getting in ------------------------------------------------------------------------------------------------------
def test_a_wrong_token_is_refused(rig: Rig) -> None:
    reply = rig.raw("{ shop { name } }", token="shpat_wrong")
    assert reply.status_code == 401
    assert reply.json() == {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


def test_client_credentials_give_a_token_that_ends(rig: Rig) -> None:
    held = rig.box.credentials
    form = {"grant_type": "client_credentials", "client_id": held["client_id"], "client_secret": held["client_secret"]}
    for reply in (
        rig.http.post("/admin/oauth/access_token", data=form),
        rig.http.post("/admin/oauth/access_token", json=form),
    ):
        grant = reply.json()
        assert grant["expires_in"] == 86399
        assert "write_products" in grant["scope"].split(",")
        assert rig.raw("{ shop { name } }", token=grant["access_token"]).status_code == 200
    rig.control("clock", {"advance": 86_400})
    assert rig.raw("{ shop { name } }", token=grant["access_token"]).status_code == 401
    assert rig.raw("{ shop { name } }").status_code == 200  # the static token does not end
    refused = rig.http.post("/admin/oauth/access_token", data={**form, "client_secret": "wrong"})
    assert refused.status_code == 401
    assert "access_token" not in refused.json()


def test_a_missing_scope_is_denied_and_told(rig: Rig) -> None:
    rig.control("switch", {"feature": "no_scope:write_products", "on": True})
    product = next(iter(rig.box.store.products))
    [error] = rig.errors(PRICES, id=f"gid://shopify/Product/{product}", rows=[])
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert "write_products" in error["message"]
    assert error["path"] == ["productVariantsBulkUpdate"]
    handles = rig.ask("{ currentAppInstallation { accessScopes { handle } } }")["currentAppInstallation"][
        "accessScopes"
    ]
    assert {"handle": "read_products"} in handles
    assert {"handle": "write_products"} not in handles


def test_an_unknown_field_and_an_unknown_version_are_refused(rig: Rig) -> None:
    [error] = rig.errors("{ shop { nothing } }")
    assert error["extensions"]["code"] == "undefinedField"
    assert rig.http.post("/admin/api/2031-01/graphql.json", json={"query": "{ shop { name } }"}).status_code == 404
    headers = {"X-Shopify-Access-Token": rig.box.credentials["access_token"]}
    old = rig.http.post("/admin/api/2024-01/graphql.json", json={"query": "{ shop { name } }"}, headers=headers)
    assert old.headers["X-Shopify-API-Version"] == "2026-04"


# -- cost ------------------------------------------------------------------------------------------------------------
def test_costs_are_reported_and_given_back(rig: Rig) -> None:
    cost = rig.raw("{ shop { name plan { publicDisplayName } } }").json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] == cost["actualQueryCost"] == 2
    assert cost["throttleStatus"]["restoreRate"] == 100.0
    cost = rig.raw("{ orders(first: 200) { nodes { id } } }").json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 2 + 200 // 4
    assert cost["actualQueryCost"] == 2 + 40 // 4
    edges = rig.raw("{ orders(first: 200) { edges { node { id } } } }").json()["extensions"]["cost"]
    assert edges["requestedQueryCost"] == cost["requestedQueryCost"]


def test_an_empty_bucket_throttles_with_http_200_and_fills_again(rig: Rig) -> None:
    rig.control("switch", {"feature": "drained", "on": True})
    query = "{ orders(first: 250) { nodes { id lineItems(first: 20) { nodes { id } } } } }"
    reply = rig.raw(query)
    assert reply.status_code == 200
    answer = reply.json()
    assert "data" not in answer
    assert answer["errors"][0]["message"] == "Throttled"
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = answer["extensions"]["cost"]
    wait = (cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]) / cost["throttleStatus"][
        "restoreRate"
    ]
    rig.control("clock", {"advance": wait})
    assert "errors" not in rig.raw(query).json()
    assert rig.box.counters()["throttled"] == 1


def test_a_query_that_costs_too_much_never_runs(rig: Rig) -> None:
    [error] = rig.errors(
        "{ orders(first: 250) { nodes { id lineItems(first: 100) { nodes { id variant { id } } } } } }"
    )
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["cost"] > error["extensions"]["maxCost"] == 1000


def test_more_than_250_rows_are_refused(rig: Rig) -> None:
    row = {"id": "gid://shopify/ProductVariant/1", "price": "1.00"}
    [error] = rig.errors(PRICES, id="gid://shopify/Product/1", rows=[row] * 251)
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


# -- orders ----------------------------------------------------------------------------------------------------------
def test_pages_hold_every_order_although_records_move(rig: Rig) -> None:
    rig.control("between", [{"touch": 6, "seed": 5}, {"new": 2}, {"touch": 4, "seed": 9}, {"new": 1}])
    query = """query($after: String) { orders(first: 7, after: $after, sortKey: UPDATED_AT, query: "updated_at:>='2020-01-01T00:00:00Z'") {
      nodes { id updatedAt } pageInfo { hasNextPage endCursor } } }"""
    seen, after, pages = set(), None, 0
    while True:
        page = rig.ask(query, after=after)["orders"]
        stamps = [one["updatedAt"] for one in page["nodes"]]
        assert stamps == sorted(stamps)
        seen |= {one["id"] for one in page["nodes"]}
        pages += 1
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    truth = {one["remote_id"] for one in rig.box.truth_orders()}
    assert len(truth) == 43
    assert truth <= seen
    assert pages > 6


def test_reverse_and_last_walk_back(rig: Rig) -> None:
    down = rig.ask(
        "{ orders(first: 5, sortKey: CREATED_AT, reverse: true) { nodes { name } pageInfo { endCursor hasNextPage } } }"
    )["orders"]
    up = rig.ask("{ orders(last: 5, sortKey: CREATED_AT) { nodes { name } pageInfo { hasPreviousPage } } }")["orders"]
    assert [one["name"] for one in down["nodes"]] == [one["name"] for one in reversed(up["nodes"])]
    assert up["pageInfo"]["hasPreviousPage"]
    [error] = rig.errors("{ orders { nodes { name } } }")
    assert error["message"] == "you must provide one of first or last"
    assert rig.errors("{ orders(first: 251) { nodes { name } } }")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("source_name:pos", lambda o: o["source"] == "pos"),
        ("status:open", lambda o: o["status"] != "CANCELLED"),
        ("status:cancelled", lambda o: o["status"] == "CANCELLED"),
        (
            "financial_status:paid AND -source_name:pos",
            lambda o: o["financial_status"] == "PAID" and o["source"] == "web",
        ),
        ("name:#1007 OR name:1009", lambda o: o["number"] in ("#1007", "#1009")),
        ("(name:1007 OR name:1009) NOT name:1007", lambda o: o["number"] == "#1009"),
        ("fulfillment_status:unfulfilled", lambda o: o["status"] in ("UNFULFILLED", "CANCELLED")),
        ("created_at:>now", lambda o: False),
    ],
)
def test_search_terms(rig: Rig, query: str, wanted: Any) -> None:
    rig.control("cancel", {"remote_id": rig.box.truth_orders()[0]["remote_id"]})
    nodes = rig.ask("query($q: String) { orders(first: 250, query: $q) { nodes { id } } }", q=query)["orders"]["nodes"]
    assert {one["id"] for one in nodes} == {o["remote_id"] for o in rig.box.truth_orders() if wanted(o)}


def test_updated_at_finds_what_changed_and_an_unknown_term_is_only_warned_of(rig: Rig) -> None:
    rig.control("clock", {"advance": 3600})
    moment = rig.ask("{ shop { updatedAt } }")["shop"]["updatedAt"]
    rig.control("touch", {"count": 3, "seed": 2})
    query = "query($q: String) { orders(first: 50, query: $q) { nodes { id } } }"
    assert len(rig.ask(query, q=f"updated_at:>='{moment}'")["orders"]["nodes"]) == 3
    answer = rig.raw(query, {"q": f"update_at:>='{moment}'"}).json()
    assert len(answer["data"]["orders"]["nodes"]) == 40
    assert answer["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_pos_orders_are_fulfilled_and_have_no_address(rig: Rig) -> None:
    query = """{ orders(first: 50, query: "source_name:pos") { nodes { legacyResourceId id sourceName displayFulfillmentStatus
      shippingAddress { name } email retailLocation { name } transactions { gateway kind status amountSet { shopMoney { amount } } } } } }"""
    nodes = rig.ask(query)["orders"]["nodes"]
    assert nodes
    for one in nodes:
        assert one["sourceName"] == "pos"
        assert one["displayFulfillmentStatus"] == "FULFILLED"
        assert one["shippingAddress"] is None
        assert one["retailLocation"]["name"] == "Kadıköy Mağaza"
        assert one["id"].endswith("/" + one["legacyResourceId"])
        assert one["transactions"][0]["status"] == "SUCCESS"


def test_switches_of_the_order_list(rig: Rig) -> None:
    rig.control("switch", {"feature": "hide_buyers", "on": True})
    nodes = rig.ask("{ orders(first: 20) { nodes { email shippingAddress { name } customer { id } } } }")["orders"][
        "nodes"
    ]
    assert all(one == {"email": None, "shippingAddress": None, "customer": None} for one in nodes)
    rig.control("switch", {"feature": "empty_orders", "on": True})
    page = rig.ask("{ orders(first: 20) { nodes { id } pageInfo { hasNextPage } } }")["orders"]
    assert page == {"nodes": [], "pageInfo": {"hasNextPage": False}}
    assert rig.http.post("/_control/orders", json={"count": 1}).status_code == 200
    with pytest.raises(KeyError):
        rig.box.switch("nonsense", True)


def test_a_damaged_order_leaves_the_others_whole(rig: Rig) -> None:
    bad = rig.box.truth_orders()[4]["remote_id"]
    rig.control("damage", {"remote_id": bad})
    nodes = rig.ask("{ orders(first: 50) { nodes { id createdAt currentTotalPriceSet { shopMoney { amount } } } } }")[
        "orders"
    ]["nodes"]
    broken = [one for one in nodes if not isinstance(one["currentTotalPriceSet"]["shopMoney"]["amount"], str)]
    assert [one["id"] for one in broken] == [bad]
    assert broken[0]["createdAt"] == "dün"


# -- shipping, cancelling, refunding -----------------------------------------------------------------------------------
FO = """query($id: ID!) { order(id: $id) { displayFulfillmentStatus cancelledAt displayFinancialStatus
  fulfillmentOrders(first: 10) { nodes { id status assignedLocation { location { id } } supportedActions { action } lineItems(first: 10) { nodes { id remainingQuantity } } } } } }"""
FULFIL = """mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
  fulfillment { id status trackingInfo { company number url } } userErrors { field message } } }"""


def _web_order(rig: Rig, *, paid: bool = True) -> Any:
    for one in rig.box.truth_orders():
        if (
            one["source"] == "web"
            and one["status"] == "UNFULFILLED"
            and (not paid or one["financial_status"] == "PAID")
        ):
            return one
    raise AssertionError("no such order")


def test_ship_all_then_change_tracking_then_undo(rig: Rig) -> None:
    order = _web_order(rig)
    parts = rig.ask(FO, id=order["remote_id"])["order"]["fulfillmentOrders"]["nodes"]
    made = []
    for part in parts:
        info = {"company": "Yurtiçi Kargo", "number": "123456789012", "url": "https://example.com/123456789012"}
        data = {
            "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": part["id"]}],
            "trackingInfo": info,
            "notifyCustomer": True,
        }
        answer = rig.ask(FULFIL, f=data)["fulfillmentCreate"]
        assert answer["userErrors"] == []
        assert answer["fulfillment"]["trackingInfo"] == [info]
        made.append(answer["fulfillment"]["id"])
        again = rig.ask(FULFIL, f=data)["fulfillmentCreate"]
        assert again["fulfillment"] is None
        assert "unfulfillable status= closed" in again["userErrors"][0]["message"]
    after = rig.ask(FO, id=order["remote_id"])["order"]
    assert after["displayFulfillmentStatus"] == "FULFILLED"
    assert all(part["supportedActions"] == [] for part in after["fulfillmentOrders"]["nodes"])
    update = """mutation($id: ID!) { fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: {number: "9", company: "Aras"}) {
      fulfillment { trackingInfo { number company } } userErrors { message } } }"""
    changed = rig.ask(update, id=made[0])["fulfillmentTrackingInfoUpdate"]["fulfillment"]
    assert changed["trackingInfo"] == [{"number": "9", "company": "Aras"}]
    assert rig.box.truth_shipments()[0]["tracking_number"] == "9"
    cancel = "mutation($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status } userErrors { message } } }"
    assert rig.ask(cancel, id=made[0])["fulfillmentCancel"]["fulfillment"]["status"] == "CANCELLED"
    assert rig.ask(cancel, id=made[0])["fulfillmentCancel"]["userErrors"]
    reopened = rig.ask(FO, id=order["remote_id"])["order"]["fulfillmentOrders"]["nodes"]
    assert [part["status"] for part in reopened].count("OPEN") == 1
    assert len(reopened) == len(parts) + 1


def test_ship_a_part_and_refuse_too_many(rig: Rig) -> None:
    order = next(o for o in rig.box.truth_orders() if o["status"] == "UNFULFILLED" and o["lines"][0]["quantity"] > 1)
    part = next(
        p
        for p in rig.ask(FO, id=order["remote_id"])["order"]["fulfillmentOrders"]["nodes"]
        if p["lineItems"]["nodes"][0]["remainingQuantity"] > 1
    )
    line = part["lineItems"]["nodes"][0]

    def ship(pieces: int) -> Any:
        rows = [
            {"fulfillmentOrderId": part["id"], "fulfillmentOrderLineItems": [{"id": line["id"], "quantity": pieces}]}
        ]
        return rig.ask(FULFIL, f={"lineItemsByFulfillmentOrder": rows})["fulfillmentCreate"]

    assert (
        ship(line["remainingQuantity"] + 1)["userErrors"][0]["message"]
        == "Invalid fulfillment order line item quantity requested."
    )
    assert ship(1)["userErrors"] == []
    after = rig.ask(FO, id=order["remote_id"])["order"]
    assert after["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    assert next(p for p in after["fulfillmentOrders"]["nodes"] if p["id"] == part["id"])["status"] == "IN_PROGRESS"


CANCEL = """mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true, refundMethod: {originalPaymentMethodsRefund: true}) {
  job { id done } orderCancelUserErrors { field message code } } }"""


def test_cancel_is_a_job_and_gives_stock_and_money_back(rig: Rig) -> None:
    order = _web_order(rig)
    item = next(v for v in rig.box.truth_listings() if v["sku"] == order["lines"][0]["sku"])
    answer = rig.ask(CANCEL, id=order["remote_id"])["orderCancel"]
    assert answer["orderCancelUserErrors"] == []
    assert answer["job"]["done"] is False
    assert rig.ask(FO, id=order["remote_id"])["order"]["cancelledAt"] is None
    rig.control("clock", {"advance": 2})
    assert rig.ask("query($id: ID!) { job(id: $id) { done } }", id=answer["job"]["id"])["job"] == {"done": True}
    after = rig.ask(FO, id=order["remote_id"])["order"]
    assert after["cancelledAt"]
    assert after["displayFinancialStatus"] == "REFUNDED"
    stock = next(v for v in rig.box.truth_listings() if v["sku"] == item["sku"])["stock"]
    assert stock == item["stock"] + order["lines"][0]["quantity"]
    [error] = rig.ask(CANCEL, id=order["remote_id"])["orderCancel"]["orderCancelUserErrors"]
    assert error["code"] == "INVALID"
    assert rig.ask(CANCEL, id="gid://shopify/Order/1")["orderCancel"]["orderCancelUserErrors"][0]["code"] == "NOT_FOUND"


def test_refund_needs_the_directive_and_happens_once(rig: Rig) -> None:
    order = _web_order(rig)
    data = {"orderId": order["remote_id"], "refundLineItems": [{"lineItemId": order["lines"][0]["remote_id"], "quantity": 1}],
            "transactions": [{"orderId": order["remote_id"], "amount": order["lines"][0]["unit_price"], "gateway": "iyzico", "kind": "REFUND"}]}  # fmt: skip
    body = "(input: $i) %s { refund { id totalRefundedSet { shopMoney { amount } } } userErrors { field message } } }"
    bare = "mutation($i: RefundInput!) { refundCreate" + body % ""
    assert "@idempotent" in rig.errors(bare, i=data)[0]["message"]
    once = "mutation($i: RefundInput!) { refundCreate" + body % '@idempotent(key: "r-1")'
    first = rig.ask(once, i=data)["refundCreate"]
    assert first["userErrors"] == []
    assert rig.ask(once, i=data)["refundCreate"] == first
    assert rig.box.counters()["refunds"] == 1
    changed = {**data, "note": "başka"}
    assert "different operation parameters" in rig.ask(once, i=changed)["refundCreate"]["userErrors"][0]["message"]


# -- stock and prices ----------------------------------------------------------------------------------------------------
def test_stock_is_compared_then_set(rig: Rig) -> None:
    item, place, held = rig.level()
    row = {"inventoryItemId": item, "locationId": place, "quantity": 17}
    stale = rig.set_stock([{**row, "changeFromQuantity": held + 1}], "k1")
    assert stale["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert stale["userErrors"][0]["field"] == ["input", "quantities", "0", "changeFromQuantity"]
    assert rig.level()[2] == held
    assert rig.set_stock([{**row, "changeFromQuantity": held}], "k2")["userErrors"] == []
    assert rig.level()[2] == 17
    assert rig.set_stock([{**row, "quantity": 5, "changeFromQuantity": None}], "k3")["userErrors"] == []
    assert rig.level()[2] == 5
    sku = next(iter(rig.box.store.variants.values())).sku
    assert rig.box.counters()[f"write:{sku}"] == 2


def test_changefromquantity_must_be_given_and_the_directive_too(rig: Rig) -> None:
    item, place, held = rig.level()
    row = {"inventoryItemId": item, "locationId": place, "quantity": held + 3}
    data = {"name": "available", "reason": "correction", "quantities": [row]}
    assert "changeFromQuantity" in rig.errors(SET, input=data, key="k")[0]["message"]
    bare = SET.replace(", $key: String!", "").replace("@idempotent(key: $key)", "")
    data["quantities"] = [{**row, "changeFromQuantity": None}]
    assert "@idempotent" in rig.errors(bare, input=data)[0]["message"]
    assert rig.errors(SET, input=data, key="  ")
    old = {**row, "compareQuantity": held}
    assert rig.errors(SET, input={**data, "quantities": [old]}, key="k")[0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert rig.level()[2] == held


def test_one_key_writes_once_even_when_the_answer_was_lost(rig: Rig) -> None:
    item, place, held = rig.level()
    rows = [{"inventoryItemId": item, "locationId": place, "quantity": held + 1, "changeFromQuantity": held}]
    rig.control("faults", {"kind": "drop_after", "contains": "inventorySetQuantities"})
    with pytest.raises(httpx.TransportError):
        rig.set_stock(rows, "once")
    assert rig.level()[2] == held + 1
    assert rig.set_stock(rows, "once")["userErrors"] == []  # not stale: the first answer again
    assert rig.box.counters()["stock_writes"] == 1
    other = [{**rows[0], "quantity": 99}]
    assert rig.set_stock(other, "once")["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    rig.set_stock([{**rows[0], "quantity": -1}], "failed")
    again = rig.set_stock([{**rows[0], "quantity": -1}], "failed")
    assert again["userErrors"][0]["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION"),
        ({"quantity": -4}, "INVALID_QUANTITY_NEGATIVE"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
    ],
)
def test_a_bad_row_stops_the_whole_stock_write(rig: Rig, change: dict[str, Any], code: str) -> None:
    item, place, held = rig.level(1)
    good = {"inventoryItemId": item, "locationId": place, "quantity": held + 9, "changeFromQuantity": None}
    first = rig.level(0)
    bad = {"inventoryItemId": first[0], "locationId": first[1], "quantity": 1, "changeFromQuantity": None, **change}
    assert rig.set_stock([good, bad], "x")["userErrors"][0]["code"] == code
    assert rig.level(1)[2] == held


def test_stock_lives_per_location(rig: Rig) -> None:
    query = """{ productVariants(first: 3, query: "sku:PX-00003") { nodes { inventoryQuantity inventoryItem { inventoryLevels(first: 5) {
      nodes { location { name } quantities(names: ["available", "on_hand", "committed"]) { name quantity } } } } } } }"""
    [node] = rig.ask(query)["productVariants"]["nodes"]
    levels = node["inventoryItem"]["inventoryLevels"]["nodes"]
    found = {one["location"]["name"]: {q["name"]: q["quantity"] for q in one["quantities"]} for one in levels}
    assert set(found) == {"Ana Depo", "Kadıköy Mağaza", "Eskişehir Depo"}
    assert sum(one["available"] for one in found.values()) == node["inventoryQuantity"]
    assert all(one["on_hand"] == one["available"] + one["committed"] for one in found.values())
    assert len(rig.ask("{ locations(first: 9) { nodes { id } } }")["locations"]["nodes"]) == 3
    assert len(rig.ask("{ locations(first: 9, includeInactive: true) { nodes { id } } }")["locations"]["nodes"]) == 4


def _family(rig: Rig) -> tuple[str, list[Any]]:
    for product in rig.box.store.products:
        found = rig.box.store.variants_of(product)
        if len(found) == 3:
            return f"gid://shopify/Product/{product}", found
    raise AssertionError("no product with three variants")


def test_prices_all_or_nothing_and_in_part(rig: Rig) -> None:
    product, variants = _family(rig)
    ids = [f"gid://shopify/ProductVariant/{one.id}" for one in variants]
    before = variants[0].price
    rows = [{"id": ids[0], "price": "19.90", "compareAtPrice": "25.00"}, {"id": ids[1], "price": "-1"}]
    answer = rig.ask(PRICES, id=product, rows=rows)["productVariantsBulkUpdate"]
    assert answer["userErrors"] == [
        {
            "field": ["variants", "1", "price"],
            "message": "Price must be greater than or equal to 0",
            "code": "GREATER_THAN_OR_EQUAL_TO",
        }
    ]
    assert variants[0].price == before
    answer = rig.ask(PRICES, id=product, rows=rows, part=True)["productVariantsBulkUpdate"]
    assert len(answer["userErrors"]) == 1
    assert answer["productVariants"] == [{"id": ids[0], "price": "19.90", "compareAtPrice": "25.00"}]
    assert rig.box.counters()["price_writes"] == 1
    stock = {"id": ids[0], "inventoryQuantities": [{"availableQuantity": 1, "locationId": rig.level()[1]}]}
    refused = rig.ask(PRICES, id=product, rows=[stock])["productVariantsBulkUpdate"]
    assert refused["userErrors"][0]["code"] == "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
    unknown = rig.ask(PRICES, id="gid://shopify/Product/1", rows=rows)["productVariantsBulkUpdate"]
    assert unknown["userErrors"][0]["code"] == "PRODUCT_DOES_NOT_EXIST"
    assert (
        rig.errors(PRICES, id=product, rows=[{"id": ids[0], "price": "12,50"}])[0]["extensions"]["code"]
        == "INVALID_VARIABLE"
    )


def test_ignored_and_partly_applied_writes_answer_well(rig: Rig) -> None:
    rows = []
    for index in range(10):
        item, place, _ = rig.level(index)
        rows.append({"inventoryItemId": item, "locationId": place, "quantity": 777, "changeFromQuantity": None})
    rig.control("switch", {"feature": "ignore_writes", "on": True})
    assert rig.set_stock(rows, "a")["userErrors"] == []
    assert [rig.level(index)[2] for index in range(10)].count(777) == 0
    rig.control("switch", {"feature": "ignore_writes", "on": False})
    rig.control("switch", {"feature": "apply_70", "on": True})
    assert rig.set_stock(rows, "b")["userErrors"] == []
    assert [rig.level(index)[2] for index in range(10)].count(777) == 7


# -- bulk ----------------------------------------------------------------------------------------------------------------
BULK = "mutation($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id status } userErrors { field message code } } }"
STATE = "query($id: ID!) { bulkOperation(id: $id) { status type url objectCount rootObjectCount fileSize errorCode } }"


def test_bulk_query_gives_jsonl_with_parents(rig: Rig) -> None:
    inner = "{ products { edges { node { id title variants { edges { node { id sku price } } } } } } }"
    started = rig.ask(BULK, q=inner)["bulkOperationRunQuery"]
    assert started["userErrors"] == []
    number = started["bulkOperation"]["id"]
    assert started["bulkOperation"]["status"] == "CREATED"
    rig.control("clock", {"advance": 1.2})
    assert rig.ask(STATE, id=number)["bulkOperation"]["status"] == "RUNNING"
    rig.control("clock", {"advance": 1})
    done = rig.ask(STATE, id=number)["bulkOperation"]
    assert done["status"] == "COMPLETED"
    reply = httpx.get(done["url"])
    assert len(reply.content) == int(done["fileSize"])
    lines = [json.loads(line) for line in reply.text.splitlines()]
    roots = [one for one in lines if "__parentId" not in one]
    children = [one for one in lines if "__parentId" in one]
    assert len(roots) == int(done["rootObjectCount"]) == len(rig.box.store.products)
    assert {one["sku"] for one in children} == {one["sku"] for one in rig.box.truth_listings()}
    assert {one["__parentId"] for one in children} <= {one["id"] for one in roots}
    assert "variants" not in roots[0]
    rig.control("clock", {"advance": 8 * 24 * 3600})
    assert httpx.get(done["url"]).status_code == 403


@pytest.mark.parametrize(
    "inner",
    [
        "{ shop { name } }",
        "{ products { edges { node { title variants { edges { node { id } } } } } } }",
        "{ products { edges { node { nothing } } } }",
        "{ orders { nodes { id refunds { refundLineItems { nodes { quantity } } } } } }",
        "mutation { tagsAdd(id: 1, tags: []) { node { id } } }",
    ],
)
def test_bulk_queries_that_are_none(rig: Rig, inner: str) -> None:
    answer = rig.ask(BULK, q=inner)["bulkOperationRunQuery"]
    assert answer["bulkOperation"] is None
    assert answer["userErrors"][0]["code"] == "INVALID"


def test_five_bulk_queries_at_once_and_an_empty_result(rig: Rig) -> None:
    inner = '{ orders(query: "name:none") { nodes { id } } }'
    numbers = [rig.ask(BULK, q=inner)["bulkOperationRunQuery"]["bulkOperation"]["id"] for _ in range(5)]
    assert rig.ask(BULK, q=inner)["bulkOperationRunQuery"]["userErrors"][0]["code"] == "LIMIT_REACHED"
    cancel = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    assert rig.ask(cancel, id=numbers[0])["bulkOperationCancel"]["bulkOperation"]["status"] == "CANCELED"
    rig.control("clock", {"advance": 3})
    done = rig.ask(STATE, id=numbers[1])["bulkOperation"]
    done = rig.ask(STATE, id=numbers[1])["bulkOperation"]
    assert (done["status"], done["url"], done["objectCount"]) == ("COMPLETED", None, "0")


STAGE = """mutation { stagedUploadsCreate(input: [{resource: BULK_MUTATION_VARIABLES, filename: "fiyat.jsonl", mimeType: "text/jsonl", httpMethod: POST}]) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { message } } }"""
RUN = """mutation($m: String!, $p: String!) { bulkOperationRunMutation(mutation: $m, stagedUploadPath: $p) {
  bulkOperation { id } userErrors { field message code } } }"""


def test_bulk_mutation_from_a_staged_upload(rig: Rig) -> None:
    [target] = rig.ask(STAGE)["stagedUploadsCreate"]["stagedTargets"]
    form = {one["name"]: one["value"] for one in target["parameters"]}
    product, variants = _family(rig)
    lines = [
        {"id": product, "rows": [{"id": f"gid://shopify/ProductVariant/{variants[0].id}", "price": "11.10"}]},
        {"id": product, "rows": [{"id": "gid://shopify/ProductVariant/1", "price": "12.10"}]},
    ]
    body = "\n".join(json.dumps(one) for one in lines)
    nothing = rig.ask(RUN, m=PRICES, p=form["key"])["bulkOperationRunMutation"]
    assert nothing["userErrors"][0]["code"] == "NO_SUCH_FILE"
    assert httpx.post(target["url"], data={"key": form["key"]}, files={"file": body.encode()}).status_code == 403
    assert (
        httpx.post(target["url"], data=form, files={"file": ("fiyat.jsonl", body.encode(), "text/jsonl")}).status_code
        == 201
    )
    assert (
        rig.ask(RUN, m="{ shop { name } }", p=form["key"])["bulkOperationRunMutation"]["userErrors"][0]["code"]
        == "INVALID_MUTATION"
    )
    number = rig.ask(RUN, m=PRICES, p=form["key"])["bulkOperationRunMutation"]["bulkOperation"]["id"]
    rig.control("clock", {"advance": 3})
    rig.ask("{ shop { name } }")
    done = rig.ask(STATE, id=number)["bulkOperation"]
    assert done["status"] == "COMPLETED"
    results = [json.loads(line) for line in httpx.get(done["url"]).text.splitlines()]
    assert [one["__lineNumber"] for one in results] == [0, 1]
    assert results[0]["data"]["productVariantsBulkUpdate"]["userErrors"] == []
    assert results[1]["data"]["productVariantsBulkUpdate"]["userErrors"][0]["code"] == "PRODUCT_VARIANT_DOES_NOT_EXIST"
    assert variants[0].price == 1110


# -- the small things ------------------------------------------------------------------------------------------------------
def test_tags_metafields_and_webhooks(rig: Rig) -> None:
    order = rig.box.truth_orders()[0]["remote_id"]
    tags = 'mutation($id: ID!) { tagsAdd(id: $id, tags: ["faturalı, kargoda"]) { node { id ... on Order { tags } } userErrors { message } } }'
    assert rig.ask(tags, id=order)["tagsAdd"]["node"]["tags"] == ["faturalı", "kargoda"]
    fields = """mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { metafields { key value compareDigest } userErrors { code elementIndex } } }"""
    row = {
        "ownerId": order,
        "namespace": "paxzar",
        "key": "fatura",
        "type": "url",
        "value": "https://example.com/f.pdf",
    }
    first = rig.ask(fields, m=[row])["metafieldsSet"]["metafields"][0]
    read = (
        'query($id: ID!) { order(id: $id) { metafield(namespace: "paxzar", key: "fatura") { value compareDigest } } }'
    )
    assert rig.ask(read, id=order)["order"]["metafield"] == {
        "value": row["value"],
        "compareDigest": first["compareDigest"],
    }
    stale = rig.ask(fields, m=[{**row, "value": "https://example.com/g.pdf", "compareDigest": "old"}])["metafieldsSet"]
    assert stale["userErrors"] == [{"code": "STALE_OBJECT", "elementIndex": 0}]
    assert rig.ask(fields, m=[row] * 26)["metafieldsSet"]["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"
    hook = """mutation { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: "https://example.com/h"}) {
      webhookSubscription { id } userErrors { field message } } }"""
    made = rig.ask(hook)["webhookSubscriptionCreate"]["webhookSubscription"]["id"]
    assert rig.ask(hook)["webhookSubscriptionCreate"]["userErrors"]
    assert [
        one["id"]
        for one in rig.ask("{ webhookSubscriptions(first: 5) { nodes { id topic } } }")["webhookSubscriptions"]["nodes"]
    ] == [made]


def test_reset_is_deterministic(rig: Rig) -> None:
    def shape() -> list[Any]:
        return [(o["remote_id"], o["buyer"], o["total"]) for o in rig.box.truth_orders()]

    first = shape()
    rig.control("orders", {"count": 3})
    assert len(shape()) == 43
    rig.control("reset", {"orders": 40, "listings": 20, "seed": 3})
    assert shape() == first
    assert rig.http.get("/_control/credentials").json()["shop_domain"] == ""
