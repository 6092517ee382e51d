"""The fake idefix against the sentences of reference/marketplaces-tr.md, with a bare HTTP client."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.exact import DAY, ISTANBUL
from providers.sandboxes.idefix import API_KEY, API_SECRET, VENDOR, IdefixSandbox, create
from providers.sandboxes.idefix_state import CLAIM_HERE, CLAIM_READY, DELIVERED, Shipment

PRODUCTS, UPLOAD = f"/pim/pool/{VENDOR}/list", f"/pim/catalog/{VENDOR}/inventory-upload"
RESULT, SHIPMENTS, CLAIMS = (
    f"/pim/catalog/{VENDOR}/inventory-result",
    f"/oms/{VENDOR}/list",
    f"/oms/{VENDOR}/claim-list",
)
TOKEN = base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode()


class Rig:
    def __init__(self, box: IdefixSandbox, http: httpx.AsyncClient) -> None:
        self.box, self.http = box, http

    @property
    def records(self) -> Any:
        return self.box.shop.records

    def wait(self, seconds: float) -> None:
        self.box.clock.offset += seconds

    def text(self, at: float) -> str:
        return datetime.fromtimestamp(at, ISTANBUL).strftime("%Y/%m/%d %H:%M:%S")

    async def ok(self, method: str, path: str, **more: Any) -> Any:
        reply = await self.http.request(method, path, **more)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content, parse_float=Decimal)

    async def refusal(self, method: str, path: str, **more: Any) -> int:
        reply = await self.http.request(method, path, **more)
        assert set(reply.json()) == {"message"}, reply.text
        return reply.status_code

    async def shipments(self, **params: Any) -> Any:
        return await self.ok("GET", SHIPMENTS, params={"limit": 100, **params})

    async def push(self, *items: dict[str, Any]) -> dict[str, Any]:
        batch = (await self.ok("POST", UPLOAD, json={"items": items}))["batchRequestId"]
        self.wait(31)
        rows = (await self.ok("GET", f"{RESULT}/{batch}"))["items"]
        return {row["barcode"]: (row["status"], row["failureReasons"]) for row in rows}

    def new(self, lines: int = 0) -> Shipment:
        while True:
            one: Shipment = self.records.shipments[int(self.box.add_orders(1)[0])]
            if not lines or len(one.lines) == lines:
                return one


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    box = create(orders=80, listings=130)
    assert isinstance(box, IdefixSandbox)
    box.limits_on = False
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(box.app), base_url="http://fake", headers={"x-api-key": TOKEN}
    ) as http:
        yield Rig(box, http)


# -- the door ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("token", ["", API_KEY, base64.b64encode(f"{API_KEY}:".encode()).decode(), TOKEN + "x"])
async def test_a_wrong_token_is_401(rig: Rig, token: str) -> None:
    for path in (SHIPMENTS, f"{PRODUCTS}?page=1&limit=1"):
        reply = await rig.http.get(path, headers={"x-api-key": token})
        assert (reply.status_code, reply.json()) == (401, {"message": "VENDOR_TOKEN_NOT_EXIST"})


async def test_another_vendor_and_an_account_without_a_secret(rig: Rig) -> None:
    assert await rig.refusal("GET", "/oms/1/list") == 401
    rig.box.switch("bare_key", True)
    assert await rig.refusal("GET", SHIPMENTS) == 401
    await rig.ok("GET", SHIPMENTS, headers={"x-api-key": API_KEY})


async def test_limits_are_tight_and_say_when_to_come_again(rig: Rig) -> None:
    rig.box.limits_on = True
    replies = [await rig.http.get(SHIPMENTS) for _ in range(12)]
    assert [reply.status_code for reply in replies[:8]] == [200] * 8
    late = [reply for reply in replies if reply.status_code == 429]
    assert late
    assert late[0].headers["retry-after"] == "1"
    rig.wait(1)
    await rig.ok("GET", SHIPMENTS)


async def test_bodies_say_that_they_are_json(rig: Rig) -> None:
    assert await rig.refusal("POST", UPLOAD, content=b"{}") == 415
    for content in (b"{", b"[]", b"{}"):
        assert await rig.refusal("POST", UPLOAD, content=content, headers={"content-type": "application/json"}) == 400


# -- products ------------------------------------------------------------------------------------------------------
async def test_products_page_from_one_and_nothing_says_how_many(rig: Rig) -> None:
    pages = [await rig.ok("GET", PRODUCTS, params={"page": n, "limit": 100}) for n in (1, 2, 3)]
    assert [(set(page), len(page["products"])) for page in pages] == [
        ({"products"}, 100),
        ({"products"}, 30),
        ({"products"}, 0),
    ]
    rows = {row["barcode"]: row for page in pages for row in page["products"]}
    for truth in rig.box.truth_listings():
        row = rows[truth["barcode"]]
        assert (row["vendorStockCode"], row["price"], row["inventoryQuantity"]) == (
            truth["sku"],
            Decimal(truth["price"]),
            truth["stock"],
        )
        assert row["comparePrice"] == Decimal(truth["list_price"] or 0)
    one = await rig.ok("GET", PRODUCTS, params={"page": 1, "limit": 5, "state": "missing_info"})
    assert [row["vendorStockCode"] for row in one["products"]] == ["PX-00040", "PX-00080", "PX-00120"]
    rig.box.switch("other_envelope", True)
    assert "items" in await rig.ok("GET", PRODUCTS, params={"page": 1, "limit": 1})


@pytest.mark.parametrize(
    ("params", "status"),
    [({}, 400), ({"page": 1}, 400), ({"limit": 5}, 400), ({"page": 0, "limit": 5}, 400), ({"page": 1, "limit": 101}, 422), ({"page": 1, "size": 5}, 400)],
)  # fmt: skip
async def test_parameters_of_the_product_list(rig: Rig, params: dict[str, Any], status: int) -> None:
    assert await rig.refusal("GET", PRODUCTS, params=params) == status


async def test_small_pages(rig: Rig) -> None:
    rig.box.switch("small_pages", True)
    assert await rig.refusal("GET", PRODUCTS, params={"page": 1, "limit": 51}) == 422
    await rig.ok("GET", PRODUCTS, params={"page": 1, "limit": 50})


async def test_a_batch_is_created_and_then_told_item_by_item(rig: Rig) -> None:
    row = rig.box.truth_listings()[0]
    first = await rig.ok("POST", UPLOAD, json={"items": [{"barcode": row["barcode"], "inventoryQuantity": 77}]})
    path = f"{RESULT}/{first['batchRequestId']}"
    early = await rig.ok("GET", path)
    assert (early["status"], early["items"][0]["status"], early["completedAt"]) == ("created", "created", None)
    assert rig.records.items[row["barcode"]].stock == row["stock"]
    rig.wait(31)
    late = await rig.ok("GET", path)
    assert (late["status"], late["items"][0]["status"], rig.records.items[row["barcode"]].stock) == (
        "completed",
        "completed",
        77,
    )
    assert rig.box.counters()[f"write:{row['sku']}"] == 1
    assert await rig.refusal("GET", f"{RESULT}/yok") == 404
    assert (await rig.ok("GET", f"/pim/catalog/{VENDOR}/inventory/list"))["items"][0]["inventoryQuantity"] == 77


async def test_what_is_wrong_with_an_item_is_told_at_the_item(rig: Rig) -> None:
    codes = [row["barcode"] for row in rig.box.truth_listings()]
    rig.box.switch("refuse_sku:PX-00007", True)
    told = await rig.push(
        {"barcode": codes[0], "price": 100.25, "comparePrice": 100.25, "inventoryQuantity": 0},
        {"barcode": codes[1], "price": 100, "comparePrice": 0},
        {"barcode": codes[2], "price": 100, "comparePrice": 99.99},
        {"barcode": codes[3], "inventoryQuantity": -1},
        {"barcode": codes[4], "price": 10.005},
        {"barcode": codes[5]},
        {"barcode": codes[6], "price": 10},
        {"barcode": "PX-00008", "price": 10},
    )
    assert [told[code][0] for code in codes[:2]] == ["completed"] * 2
    assert [told[code] for code in codes[2:6]] == [("decline", "DATA_PARSE_ERROR")] * 4
    assert (told[codes[6]], told["PX-00008"]) == (("decline", "CATALOG_PRICE_LOCKED"), ("decline", "PRODUCT_NOT_FOUND"))
    assert (rig.records.items[codes[0]].price, rig.records.items[codes[1]].compare) == (10_025, 0)


@pytest.mark.parametrize(
    "items",
    [
        [], [{"barcode": f"B{n}", "price": 1} for n in range(1001)], [{"price": 1}], [{"barcode": 1, "price": 1}],
        [{"barcode": "B", "price": "1"}], [{"barcode": "B", "inventoryQuantity": 1.5}], [{"barcode": "B", "quantity": 1}],
    ],
    ids=["none", "1001", "no-barcode", "number", "text", "fraction", "unknown"],
)  # fmt: skip
async def test_the_form_of_a_batch(rig: Rig, items: list[Any]) -> None:
    assert await rig.refusal("POST", UPLOAD, json={"items": items}) == 400
    assert "batches_taken" not in rig.box.counters()


async def test_switches_on_writes(rig: Rig) -> None:
    items = [{"barcode": row["barcode"], "inventoryQuantity": 777} for row in rig.box.truth_listings()[:10]]

    def written() -> int:
        return sum(row["stock"] == 777 for row in rig.box.truth_listings())

    rig.box.switch("ignore_writes", True)
    assert {status for status, _ in (await rig.push(*items)).values()} == {"completed"}
    assert written() == 0
    rig.box.switch("ignore_writes", False)
    rig.box.switch("apply_70", True)
    await rig.push(*items)
    assert written() == 7
    rig.box.switch("slow_batches", True)
    assert {status for status, _ in (await rig.push(*items)).values()} == {"created"}


async def test_categories(rig: Rig) -> None:
    assert (await rig.ok("GET", "/pim/product-category"))[0]["subs"][0]["id"] == 545


# -- shipments -----------------------------------------------------------------------------------------------------
async def test_shipments_page_and_state_exact_money(rig: Rig) -> None:
    rows: list[dict[str, Any]] = []
    for n in (1, 2, 3):
        reply = await rig.shipments(page=n, limit=30, sortByField="createAt", sortDirection="asc")
        assert (reply["totalCount"], reply["pageCount"], reply["currentPage"], reply["itemCount"]) == (
            80,
            3,
            n,
            len(reply["items"]),
        )
        rows += reply["items"]
    truth = rig.box.truth_orders()
    assert [str(row["id"]) for row in rows] == [one["remote_id"] for one in truth]
    for row, one in zip(rows, truth, strict=True):
        assert (row["orderNumber"], row["status"], row["customerContactName"]) == (
            one["number"],
            one["status"],
            one["buyer"],
        )
        assert (
            row["discountedTotalPrice"]
            == Decimal(one["total"])
            == sum(line["discountedTotalPrice"] for line in row["items"])
        )
        assert datetime.fromisoformat(row["orderDate"]) == datetime.fromisoformat(one["placed_at"])
        assert datetime.fromisoformat(row["updatedAt"]) == datetime.fromisoformat(one["updated_at"])
        assert [(str(x["id"]), x["merchantSku"], x["quantity"], x["price"]) for x in row["items"]] == [
            (x["remote_id"], x["sku"], x["quantity"], Decimal(x["unit_price"])) for x in one["lines"]
        ]
    assert {row["invoiceAddress"]["isCommercial"] for row in rows} == {"1", " "}
    assert len((await rig.ok("GET", SHIPMENTS))["items"]) == 10


async def test_filters(rig: Rig) -> None:
    now = rig.box.clock.timestamp()
    old = next(one for one in rig.records.shipments.values() if one.status == DELIVERED)
    rig.box.cancel_order(str(old.id))
    week = (await rig.shipments(startDate=rig.text(now - 7 * DAY), endDate=rig.text(now)))["items"]
    assert 0 < len(week) < 40
    assert old.id not in {row["id"] for row in week}
    changed = (await rig.shipments(lastUpdatedAt=rig.text(now - 60)))["items"]
    assert old.id in {row["id"] for row in changed}
    assert [row["status"] for row in (await rig.shipments(ids=f"{old.id},1"))["items"]] == ["shipment_cancelled"]
    assert [row["id"] for row in (await rig.shipments(orderNumber=old.number))["items"]] == [old.id]
    assert {row["status"] for row in (await rig.shipments(state="shipment_delivered"))["items"]} == {
        "shipment_delivered"
    }


@pytest.mark.parametrize(
    "params",
    [{"startDate": "2026-11-01 00:00:00"}, {"startDate": "2026/13/01 00:00:00"}, {"startDate": "2026/11/01"}, {"sortByField": "total"}, {"sortDirection": "up"}, {"state": "picking"}, {"size": 5}, {"page": 0}],
)  # fmt: skip
async def test_parameters_of_the_shipment_list(rig: Rig, params: dict[str, Any]) -> None:
    assert await rig.refusal("GET", SHIPMENTS, params=params) == 400


async def test_damaged_empty_and_moving(rig: Rig) -> None:
    one = rig.new()
    rig.box.damage_order(str(one.id))
    assert [(row["id"], row["items"]) for row in (await rig.shipments(ids=one.id))["items"]] == [(one.id, "bozuk")]
    await rig.http.post("/_control/between", json=[{"new": 3}])
    first, second = [(await rig.shipments(page=n, limit=10))["items"] for n in (1, 2)]
    assert {row["id"] for row in first} & {row["id"] for row in second}, "pushed on to the next page"
    rig.box.switch("empty_orders", True)
    assert (await rig.shipments())["items"] == []


# -- a shipment's life -----------------------------------------------------------------------------------------------
def path(one: Any, call: str) -> str:
    return f"/oms/{VENDOR}/{one.id}/{call}"


async def test_picking_then_invoiced_then_in_cargo(rig: Rig) -> None:
    one = rig.new()
    status, tracking = path(one, "update-shipment-status"), path(one, "update-tracking-number")
    invoiced = {"status": "invoiced", "invoiceNumber": "ABC2026000000001"}
    for wrong in ({"status": "shipment_picking"}, invoiced, {}, {"status": 1}, {"status": "picking", "note": "x"}):
        assert await rig.refusal("POST", status, json=wrong) == 400
    await rig.ok("POST", status, json={"status": "picking"})
    assert await rig.refusal("POST", status, json={"status": "picking"}) == 400
    assert await rig.refusal("POST", status, json={"status": "invoiced"}) == 400
    await rig.ok("POST", status, json=invoiced)
    link = {"trackingNumber": "734512098765", "trackingUrl": "https://k.example.invalid/7"}
    for wrong in ({"trackingNumber": "7"}, {**link, "trackingUrl": ""}, {**link, "trackingNumber": " "}):
        assert await rig.refusal("POST", tracking, json=wrong) == 400
    await rig.ok("POST", tracking, json=link)
    assert await rig.refusal("POST", tracking, json=link) == 400
    (row,) = (await rig.shipments(ids=one.id))["items"]
    assert (row["status"], row["cargoTrackingNumber"]) == ("shipment_in_cargo", "734512098765")
    counts = rig.box.counters()
    assert (counts[f"status:{one.id}"], counts[f"invoiced:{one.id}"], counts["shipments"]) == (1, 1, 1)
    assert await rig.refusal("POST", f"/oms/{VENDOR}/1/update-shipment-status", json={"status": "picking"}) == 404


async def test_what_waits_for_payment_cannot_be_picked(rig: Rig) -> None:
    rig.box.switch("not_ready", True)
    one = rig.new()
    assert one.status == "created"
    assert await rig.refusal("POST", path(one, "update-shipment-status"), json={"status": "picking"}) == 400


async def test_boxes_and_invoice_link(rig: Rig) -> None:
    one = rig.new()
    assert await rig.refusal("POST", path(one, "update-box-info"), json={"boxQuantity": 0, "desi": 1}) == 400
    await rig.ok("POST", path(one, "update-box-info"), json={"boxQuantity": 2, "desi": 5})
    assert await rig.refusal("POST", path(one, "invoice-link"), json={"invoiceLink": "1.pdf"}) == 400
    await rig.ok("POST", path(one, "invoice-link"), json={"invoiceLink": "https://f.example.invalid/1.pdf"})
    assert (one.boxes, one.invoice_link) == ((2, 5), "https://f.example.invalid/1.pdf")


async def test_what_cannot_be_supplied_leaves_a_new_shipment(rig: Rig) -> None:
    one = rig.new(lines=2)
    everything = [line.id for line in one.lines]
    reason = (await rig.ok("GET", f"/oms/{VENDOR}/reasons/noship"))[0]["id"]
    call = path(one, "unsupplied")
    for wrong in (
        [],
        [{"id": 1, "reasonId": reason}],
        [{"id": everything[0], "reasonId": 99}],
        [{"id": everything[0]}],
    ):
        assert await rig.refusal("POST", call, json={"items": wrong}) == 400
    await rig.ok("POST", call, json={"items": [{"id": everything[0], "reasonId": reason}]})
    rows = {row["status"]: row for row in (await rig.shipments(orderNumber=one.number))["items"]}
    assert {status: [x["id"] for x in row["items"]] for status, row in rows.items()} == {
        "shipment_unsupplied": everything[:1],
        "shipment_ready": everything[1:],
    }
    assert rows["shipment_ready"]["id"] != one.id


# -- claims --------------------------------------------------------------------------------------------------------
async def test_a_claim_arrives_and_is_decided_line_by_line(rig: Rig) -> None:
    claim = rig.box.shop.add_claim(rig.new(lines=3), CLAIM_READY)
    lines = list(claim.lines)
    approve, arrived, decline = (
        path(claim, f"claim-{word}") for word in ("approve", "delivered-to-vendor", "decline-request")
    )
    body = {"claimLineIds": [str(lines[0])]}
    assert await rig.refusal("POST", approve, json=body) == 400, "it is not here yet"
    await rig.ok("POST", arrived, json={"claimLineIds": lines})
    for wrong in ([], [1], ["x"], [lines[0], lines[0]]):
        assert await rig.refusal("POST", approve, json={"claimLineIds": wrong}) == 400
    await rig.ok("POST", approve, json=body)
    assert await rig.refusal("POST", approve, json=body) == 400
    reason = (await rig.ok("GET", "/oms/claim-decline-reasons"))[0]["id"]
    row = {"id": lines[1], "claimDeclineReasonId": reason, "description": "Kullanılmış", "images": []}
    assert await rig.refusal("POST", decline, json={"claimLines": [{**row, "claimDeclineReasonId": 99}]}) == 400
    await rig.ok("POST", decline, json={"claimLines": [row]})
    found = (await rig.ok("GET", CLAIMS, params={"ids": claim.id}))["items"][0]
    assert [item["state"] for item in found["items"]] == [
        "approved",
        "vendor_decline_request",
        "waiting_vendor_approve",
    ]


async def test_claims_are_listed_newest_first(rig: Rig) -> None:
    now = rig.box.clock.timestamp()
    reply = await rig.ok(
        "GET", CLAIMS, params={"startDate": rig.text(now - 20 * DAY), "endDate": rig.text(now), "limit": 100}
    )
    numbers = {row["number"] for row in rig.box.truth_orders()}
    assert reply["items"]
    assert reply["items"][0]["items"][0]["state"] == CLAIM_HERE
    assert {row["orderNumber"] for row in reply["items"]} <= numbers
    opened = [row["createdAt"] for row in reply["items"]]
    assert opened == sorted(opened, reverse=True)
    assert await rig.refusal("GET", CLAIMS, params={"status": "ready"}) == 400


# -- the control room ----------------------------------------------------------------------------------------------
async def test_touching_moves_the_last_change(rig: Rig) -> None:
    rig.wait(1)
    before = {row["remote_id"]: row["updated_at"] for row in rig.box.truth_orders()}
    touched = set(rig.box.touch_orders(12, 5))
    after = {row["remote_id"]: row["updated_at"] for row in rig.box.truth_orders()}
    assert {name for name in after if after[name] != before[name]} == touched
    assert len(touched) == 12


def test_the_same_seed_gives_the_same_shop() -> None:
    one, two = (create(seed=4, orders=12, listings=6) for _ in range(2))
    assert one.truth_listings() == two.truth_listings()
    assert [row["lines"] for row in one.truth_orders()] == [row["lines"] for row in two.truth_orders()]
    with pytest.raises(KeyError):
        one.switch("no_such_thing", True)
