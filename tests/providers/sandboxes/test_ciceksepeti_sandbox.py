"""The fake ÇiçekSepeti against the sentences of reference/marketplaces-tr.md, with a bare HTTP client."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.ciceksepeti import API_KEY, SELLER, CiceksepetiSandbox, create
from providers.sandboxes.ciceksepeti_state import DELIVERED, READY, RETURN_BEGUN, RETURN_HERE, SHIPPED, Order, Row
from providers.sandboxes.exact import DAY, ISTANBUL, MINUTE

API = "/api/v1"
PRODUCTS, STOCK, ORDERS = f"{API}/Products", f"{API}/Products/price-and-stock", f"{API}/Order/GetOrders"
READY_PATH, OWN_PATH = f"{API}/Order/readyforcargowithcsintegration", f"{API}/Order/statusupdatewithsupplierintegration"
RETURNS, EVALUATE = f"{API}/Order/getcanceledorders", f"{API}/Order/cancelevaluation"
HERE = f"{API}/Order/refundprocessstartreceivedprocess"


class Rig:
    def __init__(self, box: CiceksepetiSandbox, http: httpx.AsyncClient) -> None:
        self.box, self.http = box, http

    @property
    def records(self) -> Any:
        return self.box.shop.records

    def wait(self, seconds: float) -> None:
        self.box.clock.offset += seconds

    def text(self, at: float) -> str:
        return datetime.fromtimestamp(at, ISTANBUL).strftime("%Y-%m-%dT%H:%M:%S")

    def span(self, days: float = 13) -> dict[str, str]:
        now = self.box.clock.timestamp()
        return {"startDate": self.text(now - days * DAY), "endDate": self.text(now)}

    async def ok(self, method: str, path: str, **more: Any) -> Any:
        reply = await self.http.request(method, path, **more)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content, parse_float=Decimal)

    async def orders(self, **body: Any) -> Any:
        return await self.ok("POST", ORDERS, json={"page": 0, "pageSize": 100, **body})

    async def refusal(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        reply = await self.http.request(method, path, **more)
        assert set(reply.json()) == {"Message"}, reply.text
        return reply.status_code, reply.json()["Message"]

    async def push(self, *items: dict[str, Any]) -> dict[str, Any]:
        """Sends a batch, lets it be worked off, and asks for its result: status and codes by stockCode."""
        batch = (await self.ok("PUT", STOCK, json={"items": items}))["batchId"]
        self.wait(61)
        rows = (await self.ok("GET", f"{PRODUCTS}/batch-status/{batch}"))["items"]
        self.wait(1)
        return {
            row["data"]["stockCode"]: (row["status"], [one["code"] for one in row["failureReasons"]]) for row in rows
        }

    def new(self, rows: int = 0) -> Order:
        while True:
            order: Order = self.records.orders[int(self.box.add_orders(1)[0])]
            if not rows or len(order.rows) == rows:
                return order

    def delivered(self) -> tuple[Order, Row]:
        return next((o, r) for o in self.records.orders.values() for r in o.rows if r.status == DELIVERED and r.active)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    box = create(orders=80, listings=130)
    assert isinstance(box, CiceksepetiSandbox)
    headers = {"x-api-key": API_KEY, "user-agent": SELLER}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(box.app), base_url="http://fake", headers=headers
    ) as http:
        yield Rig(box, http)


@pytest.fixture
async def free(rig: Rig) -> Rig:
    """Without limits: for tests of everything else."""
    rig.box.limits_on = False
    return rig


# -- the door ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", ["", "yok", API_KEY + "x"])
async def test_a_wrong_key_is_401(rig: Rig, key: str) -> None:
    status, text = await rig.refusal("GET", PRODUCTS, headers={"x-api-key": key})
    assert (status, text) == (401, "Geçersiz API Key")


@pytest.mark.parametrize(
    "agent", ["python-httpx/0.28", "", "654321", f"{SELLER}-", f"{SELLER} Paxzar", f"{SELLER}-Pax zar"]
)
async def test_the_user_agent_names_the_seller(rig: Rig, agent: str) -> None:
    assert (await rig.refusal("GET", PRODUCTS, headers={"user-agent": agent}))[0] == 401


async def test_the_user_agent_may_name_the_integrator(rig: Rig) -> None:
    await rig.ok("GET", PRODUCTS, headers={"user-agent": f"{SELLER}-Paxzar"})


async def test_abroad_everything_is_a_page(rig: Rig) -> None:
    rig.box.switch("foreign_address", True)
    for path in (PRODUCTS, ORDERS, "/robots.txt", f"{API}/Nope"):
        for headers in ({}, {"x-api-key": "yok"}):
            reply = await rig.http.get(path, headers=headers)
            if reply.status_code != 405:
                assert (reply.status_code, reply.headers["content-type"].partition(";")[0]) == (403, "text/html")
                assert "<title>404 Not Found</title>" in reply.text


async def test_paths_without_the_version_are_not_there(free: Rig) -> None:
    assert (await free.refusal("GET", "/Products"))[0] == 404
    assert (await free.refusal("POST", "/Order/GetOrders", json={}))[0] == 404


async def test_bodies_say_that_they_are_json(free: Rig) -> None:
    body = json.dumps({"items": [{"stockCode": "PX-00001", "stockQuantity": 1}]})
    assert (await free.refusal("PUT", STOCK, content=body))[0] == 415
    assert (await free.refusal("PUT", STOCK, content=b"{", headers={"content-type": "application/json"}))[0] == 400
    assert (await free.refusal("PUT", STOCK, content=b"[]", headers={"content-type": "application/json"}))[0] == 400


# -- limits --------------------------------------------------------------------------------------------------------
async def test_products_once_in_five_seconds_and_the_same_query_once_in_ten_minutes(rig: Rig) -> None:
    await rig.ok("GET", PRODUCTS, params={"PageSize": 1, "Page": 1, "SortMethod": 1})
    assert (await rig.refusal("GET", PRODUCTS, params={"PageSize": 1, "Page": 1, "SortMethod": 2}))[0] == 429
    rig.wait(5)
    await rig.ok("GET", PRODUCTS, params={"PageSize": 1, "Page": 1, "SortMethod": 2})
    rig.wait(500)
    # The order of the parameters makes no other query of it.
    status, text = await rig.refusal("GET", PRODUCTS, params={"SortMethod": 1, "Page": 1, "PageSize": 1})
    assert (status, "10 dakika" in text) == (429, True)
    rig.wait(101)
    await rig.ok("GET", PRODUCTS, params={"PageSize": 1, "Page": 1, "SortMethod": 1})


async def test_orders_once_in_five_seconds_and_the_same_body_once_a_minute(rig: Rig) -> None:
    body = {"page": 0, "pageSize": 1, **rig.span()}
    await rig.ok("POST", ORDERS, json=body)
    assert (await rig.refusal("POST", ORDERS, json={**body, "page": 1}))[0] == 429
    rig.wait(5)
    await rig.ok("POST", ORDERS, json={**body, "page": 1})
    rig.wait(50)
    assert (
        await rig.refusal(
            "POST", ORDERS, content=json.dumps(body, indent=3), headers={"content-type": "application/json"}
        )
    )[0] == 429
    rig.wait(6)
    await rig.ok("POST", ORDERS, json=body)


async def test_prices_once_a_second_and_the_same_body_once_in_half_an_hour(rig: Rig) -> None:
    body = {"items": [{"stockCode": "PX-00001", "stockQuantity": 5}]}
    await rig.ok("PUT", STOCK, json=body)
    other = {"items": [{"stockCode": "PX-00001", "stockQuantity": 4}]}
    assert (await rig.refusal("PUT", STOCK, json=other))[0] == 429
    rig.wait(1)
    await rig.ok("PUT", STOCK, json=other)
    rig.wait(1790)
    status, text = await rig.refusal("PUT", STOCK, json=body)  # 5, 4, 5: the third is the first once more
    assert (status, "30 dakika" in text) == (429, True)
    assert rig.box.counters()["batches_taken"] == 2
    rig.wait(10)
    await rig.ok("PUT", STOCK, json=body)
    rig.wait(60)
    assert next(row for row in rig.box.truth_listings() if row["sku"] == "PX-00001")["stock"] == 5


async def test_a_refused_body_may_be_sent_again(rig: Rig) -> None:
    body = {"items": [{"stockCode": "PX-00001", "stockQuantity": 5, "vat": 20}]}
    for _ in range(2):
        assert (await rig.refusal("PUT", STOCK, json=body))[0] == 400
        rig.wait(1)


async def test_a_batch_once_a_minute_and_five_batches_a_second(rig: Rig) -> None:
    ids = []
    for n in range(7):
        ids.append(
            (await rig.ok("PUT", STOCK, json={"items": [{"stockCode": "PX-00001", "stockQuantity": n}]}))["batchId"]
        )
        rig.wait(1)
    statuses = [(await rig.http.get(f"{PRODUCTS}/batch-status/{one}")).status_code for one in ids]
    assert statuses == [200] * 5 + [429] * 2
    rig.wait(30)
    assert (await rig.refusal("GET", f"{PRODUCTS}/batch-status/{ids[0]}"))[0] == 429
    await rig.ok("GET", f"{PRODUCTS}/batch-status/{ids[6]}")
    rig.wait(30)
    await rig.ok("GET", f"{PRODUCTS}/batch-status/{ids[0]}")


@pytest.mark.parametrize("path", [RETURNS, EVALUATE, HERE, READY_PATH, OWN_PATH])
async def test_cargo_and_returns_once_in_five_seconds(rig: Rig, path: str) -> None:
    method = "PUT" if path in (READY_PATH, OWN_PATH) else "POST"
    assert (await rig.refusal(method, path, json={}))[0] == 400
    assert (await rig.refusal(method, path, json={"x": 1}))[0] == 429
    rig.wait(5)
    assert (await rig.refusal(method, path, json={}))[0] == 400


async def test_excess_may_be_400(rig: Rig) -> None:
    rig.box.switch("limits_as_400", True)
    await rig.ok("GET", PRODUCTS)
    assert (await rig.refusal("GET", PRODUCTS, params={"Page": 2}))[0] == 400
    rig.box.limits_on = False
    await rig.ok("GET", PRODUCTS)


# -- products ------------------------------------------------------------------------------------------------------
def field(row: dict[str, Any], *names: str) -> Any:
    return next(row[name] for name in names if name in row)


async def test_pages_of_sixty_from_one(free: Rig) -> None:
    pages = [await free.ok("GET", PRODUCTS, params={"PageSize": 60, "Page": n}) for n in (1, 2, 3, 4)]
    assert [len(page["products"]) for page in pages] == [60, 60, 10, 0]
    assert {page["totalCount"] for page in pages} == {130}
    rows = {row["stockCode"]: row for page in pages for row in page["products"]}
    for truth in free.box.truth_listings():
        row = rows[truth["sku"]]
        assert field(row, "salesPrice", "TotalPrice") == Decimal(truth["price"])
        assert field(row, "stockQuantity", "StockQuantity", "stock") == truth["stock"]
        crossed = field(row, "listPrice", "ListPrice")
        assert (crossed if crossed is None else f"{crossed}") == truth["list_price"]
    assert Counter("salesPrice" in row for row in rows.values())[False] > 5, "the names of the fields vary"
    free.box.switch("plain_names", True)
    again = await free.ok("GET", PRODUCTS, params={"PageSize": 60})
    assert all("stockQuantity" in row for row in again["products"])


@pytest.mark.parametrize(
    "params",
    [
        {"PageSize": 61},
        {"PageSize": 0},
        {"Page": 0},
        {"SortMethod": 9},
        {"ProductStatus": 6},
        {"pageSize": 5},
        {"_": 1},
    ],
)
async def test_parameters_of_the_product_list(free: Rig, params: dict[str, Any]) -> None:
    assert (await free.refusal("GET", PRODUCTS, params=params))[0] == 400


async def test_product_filters_and_sorts(free: Rig) -> None:
    one = await free.ok("GET", PRODUCTS, params={"StockCode": "PX-00005"})
    assert [row["stockCode"] for row in one["products"]] == ["PX-00005"]
    sold_out = {row["sku"] for row in free.box.truth_listings() if not row["stock"]}
    found = await free.ok("GET", PRODUCTS, params={"ProductStatus": 7})
    assert {row["stockCode"] for row in found["products"]} <= sold_out
    closed = await free.ok("GET", PRODUCTS, params={"ProductStatus": 5})
    assert [(row["stockCode"], row["isActive"]) for row in closed["products"]] == [
        ("PX-00040", False),
        ("PX-00080", False),
        ("PX-00120", False),
    ]
    dear = (await free.ok("GET", PRODUCTS, params={"SortMethod": 6}))["products"]
    prices = [field(row, "salesPrice", "TotalPrice") for row in dear]
    assert prices == sorted(prices, reverse=True)


async def test_a_batch_is_pending_then_processing_then_told_item_by_item(rig: Rig) -> None:
    sku, old = "PX-00001", rig.records.items["PX-00001"].stock
    batch = (await rig.ok("PUT", STOCK, json={"items": [{"stockCode": sku, "stockQuantity": 77}]}))["batchId"]
    path, words = f"{PRODUCTS}/batch-status/{batch}", []
    rig.box.limits_on = False
    for wait in (0, 25, 30):
        rig.wait(wait)
        reply = await rig.ok("GET", path)
        words.append(reply["items"][0]["status"])
        assert next(x["stock"] for x in rig.box.truth_listings() if x["sku"] == sku) == (77 if wait == 30 else old)
    assert words == ["Pending", "Processing", "Success"]
    assert (reply["batchId"], reply["itemCount"]) == (batch, 1)
    assert set(reply["items"][0]) == {"itemId", "data", "status", "failureReasons", "lastModificationDate"}
    assert rig.box.counters()[f"write:{sku}"] == 1
    assert (await rig.refusal("GET", f"{PRODUCTS}/batch-status/yok"))[0] == 404


async def test_what_is_wrong_with_an_item_is_told_at_the_item(free: Rig) -> None:
    free.box.switch("refuse_sku:PX-00009", True)
    for n in range(1, 8):
        free.records.items[f"PX-{n:05d}"].sale = 10_000
    told = await free.push(
        {"stockCode": "PX-00001", "stockQuantity": 5, "salesPrice": 50, "listPrice": 100.5},
        {"stockCode": "PX-00002", "stockQuantity": 5, "listPrice": 200},
        {"stockCode": "PX-00003", "salesPrice": 49.99},
        {"stockCode": "PX-00004", "salesPrice": 99.5, "listPrice": 100},
        {"stockCode": "PX-00005", "salesPrice": 100, "listPrice": 500.01},
        {"stockCode": "PX-00006", "stockQuantity": -1},
        {"stockCode": "PX-00007", "salesPrice": 10.005},
        {"stockCode": "PX-00008"},
        {"stockCode": "PX-00009", "stockQuantity": 1},
        {"stockCode": "YOK", "stockQuantity": 1},
    )
    assert told.pop("PX-00001") == ("Success", [])
    assert {status for status, _ in told.values()} == {"Failed"}
    assert told["YOK"] == ("Failed", [4000])  # the one code that is documented
    assert {code for _, codes in told.values() for code in codes} == {4000, 4001, 4002, 4003, 4004, 4005, 4006, 4010}
    assert free.records.items["PX-00001"].stock == 5
    assert free.records.items["PX-00006"].stock >= 0


async def test_unsent_fields_stay(free: Rig) -> None:
    item = free.records.items["PX-00002"]
    before = (item.sale, item.list_price)
    assert await free.push({"stockCode": "PX-00002", "stockQuantity": 3}) == {"PX-00002": ("Success", [])}
    assert (item.stock, item.sale, item.list_price) == (3, *before)
    assert (await free.push({"stockCode": "PX-00002", "salesPrice": float(Decimal(item.sale + 100) / 100)}))[
        "PX-00002"
    ][0] == "Success"
    assert (item.stock, item.sale, item.list_price) == (3, before[0] + 100, before[1])


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"stockCode": "PX-00001", "stockQuantity": "5"}],
        [{"stockCode": "PX-00001", "stockQuantity": 5.5}],
        [{"stockCode": "PX-00001", "stockQuantity": True}],
        [{"stockCode": "PX-00001", "salesPrice": "19.90"}],
        [{"stockCode": 1, "stockQuantity": 5}],
        [{"stockQuantity": 5}],
        [{"stockCode": "PX-00001", "StockQuantity": 5}],
        [{"stockCode": "PX-00001", "quantity": 5}],
        ["PX-00001"],
        [{"stockCode": f"S{n}", "stockQuantity": 1} for n in range(201)],
    ],
    ids=[
        "none",
        "text",
        "fraction",
        "bool",
        "price-text",
        "code-number",
        "no-code",
        "case",
        "unknown",
        "no-object",
        "201",
    ],
)
async def test_the_form_of_a_batch(free: Rig, items: list[Any]) -> None:
    assert (await free.refusal("PUT", STOCK, json={"items": items}))[0] == 400
    assert "batches_taken" not in free.box.counters()


async def test_switches_on_writes(free: Rig) -> None:
    items = [{"stockCode": f"PX-{n:05d}", "stockQuantity": 900 + n} for n in range(1, 11)]

    def written() -> int:
        return sum(row["stock"] > 900 for row in free.box.truth_listings())

    free.box.switch("ignore_writes", True)
    assert {status for status, _ in (await free.push(*items)).values()} == {"Success"}
    assert written() == 0
    free.box.switch("ignore_writes", False)
    free.box.switch("apply_70", True)
    await free.push(*items)
    assert written() == 7
    free.box.switch("apply_70", False)
    free.box.switch("warnings", True)
    assert {status for status, _ in (await free.push(*items)).values()} == {"Warning"}
    assert written() == 10
    free.box.switch("slow_batches", True)
    assert {status for status, _ in (await free.push(*items)).values()} == {"Processing"}


async def test_categories(free: Rig) -> None:
    leaf = (await free.ok("GET", f"{API}/Categories"))["categories"][0]["subCategories"][0]
    found = await free.ok("GET", f"{API}/Categories/{leaf['id']}/attributes")
    assert found["categoryAttributes"][0]["varianter"] is True
    assert (await free.refusal("GET", f"{API}/Categories/1/attributes"))[0] == 404


# -- orders --------------------------------------------------------------------------------------------------------
async def test_a_row_is_an_item_and_orders_are_cut_by_pages(free: Rig) -> None:
    rows: list[dict[str, Any]] = []
    for page in range(20):
        reply = await free.orders(**free.span(), page=page, pageSize=9)
        rows += reply["supplierOrderListWithBranch"]
        if not reply["supplierOrderListWithBranch"]:
            break
    assert reply["orderListCount"] == len(rows) == len({row["orderItemId"] for row in rows})
    cut = [(a["orderId"], b["orderId"]) for a, b in zip(rows[8::9], rows[9::9], strict=False)]
    assert any(a == b for a, b in cut), "an order lies on two pages"
    truth = {row["remote_id"]: row for row in free.box.truth_orders()}
    for row in rows:
        one = truth[str(row["orderId"])]
        line = next(x for x in one["lines"] if x["remote_id"] == str(row["orderItemId"]))
        assert (row["code"], row["quantity"], row["itemPrice"]) == (
            line["sku"],
            line["quantity"],
            Decimal(line["unit_price"]),
        )
        assert row["totalPrice"] == row["itemPrice"] * row["quantity"]
        assert row["invoicePrice"] == row["totalPrice"] - row["branchDiscountPart"]
        placed = datetime.strptime(f"{row['orderCreateDate']} {row['orderCreateTime']}", "%d/%m/%Y %H:%M").replace(
            tzinfo=ISTANBUL
        )
        assert placed == datetime.fromisoformat(one["placed_at"])
        changed = datetime.strptime(f"{row['orderModifyDate']} {row['orderModifyTime']}", "%d/%m/%Y %H:%M").replace(
            tzinfo=ISTANBUL
        )
        assert changed <= datetime.fromisoformat(one["updated_at"])
        assert row["senderName"] == one["buyer"]
        assert row["isOrderStatusActive"] is True
    assert any(row["receiverName"] != row["senderName"] for row in rows)
    assert any(row["senderName"] == "" for row in rows)


async def test_cancelled_items_only_when_asked_for(free: Rig) -> None:
    order = free.new(rows=2)
    free.box.shop.cancel(order.rows[1:], free.box.shop.now())
    active, gone = [
        (await free.orders(orderNo=order.id, **more))["supplierOrderListWithBranch"]
        for more in ({}, {"isOrderStatusActive": False})
    ]
    assert [row["orderItemId"] for row in active] == [order.rows[0].id]
    assert [(row["orderItemId"], row["isOrderStatusActive"]) for row in gone] == [(order.rows[1].id, False)]
    free.box.cancel_order(str(order.id))
    assert (await free.orders(orderNo=order.id))["orderListCount"] == 0
    assert (await free.orders(orderNo=order.id, isOrderStatusActive=True))["orderListCount"] == 0


async def test_one_order_by_number_whatever_its_age(free: Rig) -> None:
    order = next(iter(free.records.orders.values()))
    assert order.placed < free.box.clock.timestamp() - 20 * DAY
    for number in (order.id, str(order.id)):
        rows = (await free.orders(orderNo=number))["supplierOrderListWithBranch"]
        assert {row["orderId"] for row in rows} <= {order.id}
    item = free.new(rows=3).rows[1]
    assert [row["orderItemId"] for row in (await free.orders(orderItemNo=item.id))["supplierOrderListWithBranch"]] == [
        item.id
    ]
    assert (await free.orders(orderNo=1999999999))["supplierOrderListWithBranch"] == []


async def test_the_window_is_two_weeks_of_creation(free: Rig) -> None:
    assert (await free.refusal("POST", ORDERS, json={"page": 0, "pageSize": 1, **free.span(14.1)}))[0] == 400
    await free.orders(**free.span(14))
    order = next(iter(free.records.orders.values()))
    free.box.shop.cancel(order.rows[1:], free.box.shop.now())
    order.rows[0].modified, order.rows[0].active = free.box.shop.minute(), True
    free.wait(60)
    recent = (await free.orders(**free.span()))["supplierOrderListWithBranch"]
    assert order.id not in {row["orderId"] for row in recent}, "a change does not bring an old order into the window"
    free.box.switch("filter_by_modified", True)
    recent = (await free.orders(**free.span()))["supplierOrderListWithBranch"]
    assert order.id in {row["orderId"] for row in recent}


async def test_dates_are_turkish_wall_clock(free: Rig) -> None:
    order = free.new()
    at = datetime.fromtimestamp(order.placed, ISTANBUL)
    near = {"startDate": free.text(order.placed - MINUTE), "endDate": free.text(order.placed + MINUTE)}
    assert order.id in {row["orderId"] for row in (await free.orders(**near))["supplierOrderListWithBranch"]}
    utc = at - timedelta(hours=3)
    shifted = {
        "startDate": (utc - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "endDate": (utc + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.390Z"),
    }
    assert order.id in {row["orderId"] for row in (await free.orders(**shifted))["supplierOrderListWithBranch"]}


@pytest.mark.parametrize(
    "change",
    [
        {"page": None}, {"pageSize": None}, {"page": -1}, {"pageSize": 101}, {"pageSize": 0}, {"pageSize": "100"}, {"startDate": None},
        {"endDate": None}, {"startDate": "20/11/2026"}, {"startDate": "2026-11-20"}, {"startDate": "2026-13-40T00:00:00"},
        {"statusId": 4}, {"statusId": "1"}, {"isOrderStatusActive": "false"}, {"orderNo": "abc"}, {"status": 1}, {"PageSize": 1},
    ],
    ids=lambda change: "-".join(f"{k}={v}" for k, v in change.items()),
)  # fmt: skip
async def test_the_form_of_the_order_question(free: Rig, change: dict[str, Any]) -> None:
    body = {"page": 0, "pageSize": 10, **free.span(), **change}
    assert (await free.refusal("POST", ORDERS, json=body))[0] == 400


async def test_status_filter(free: Rig) -> None:
    rows = (await free.orders(**free.span(), statusId=DELIVERED))["supplierOrderListWithBranch"]
    assert rows
    assert {(row["orderItemStatusId"], row["orderProductStatus"]) for row in rows} == {(7, "Teslim Edildi")}


async def test_records_move_between_two_pages(free: Rig) -> None:
    await free.http.post("/_control/between", json=[{"new": 3}, {"touch": 6, "seed": 2}])
    first = await free.orders(**free.span(), pageSize=10)
    free.wait(1)
    second = await free.orders(**free.span(), pageSize=10, page=1)
    assert second["orderListCount"] >= first["orderListCount"] + 3


async def test_damaged_and_empty(free: Rig) -> None:
    order = free.new(rows=2)
    free.box.damage_order(str(order.id))
    rows = (await free.orders(orderNo=order.id))["supplierOrderListWithBranch"]
    assert [row["quantity"] for row in rows] == ["bozuk", order.rows[1].quantity]
    free.box.switch("empty_orders", True)
    assert (await free.orders(**free.span()))["supplierOrderListWithBranch"] == []


# -- cargo ---------------------------------------------------------------------------------------------------------
async def test_cargo_by_contract_gives_a_code_once(free: Rig) -> None:
    order = free.new(rows=2)
    body = {"orderItemsGroup": [{"orderItemIds": [row.id for row in order.rows]}]}
    group = (await free.ok("PUT", READY_PATH, json=body))["statusUpdateResponse"][0]
    assert (group["isSuccess"], group["message"]) == (True, None)
    codes = {one["partialNumber"] for one in group["orderItems"]}
    assert len(codes) == 1, "one parcel, one code"
    rows = (await free.orders(orderNo=order.id))["supplierOrderListWithBranch"]
    assert {(row["partialNumber"], row["orderItemStatusId"], row["cargoModelType"]) for row in rows} == {
        (*codes, READY, 1)
    }
    again = (await free.ok("PUT", READY_PATH, json=body))["statusUpdateResponse"][0]
    assert (again["isSuccess"], again["message"]) == (False, "Order not available for this status!")
    assert free.box.counters()[f"status:{order.id}"] == free.box.counters()["shipments"] == 1
    assert [row["code"] for row in free.box.truth_shipments() if row["reference"] == str(order.id)] == list(codes)


async def test_groups_stand_alone_and_hold_one_order(free: Rig) -> None:
    one, two = free.new(), free.new()
    mixed = {"orderItemIds": [one.rows[0].id, two.rows[0].id]}
    groups = [mixed, {"orderItemIds": [1]}, {"orderItemIds": [row.id for row in one.rows]}]
    told = (await free.ok("PUT", READY_PATH, json={"orderItemsGroup": groups}))["statusUpdateResponse"]
    assert [group["isSuccess"] for group in told] == [False, False, True]
    assert told[1]["message"] == "Order not found!"
    assert two.status == "Yeni"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"orderItemsGroup": []},
        {"orderItemsGroup": [{}]},
        {"orderItemsGroup": [{"orderItemIds": []}]},
        {"orderItemsGroup": [{"orderItemIds": ["1"]}]},
    ],
)
async def test_the_form_of_the_cargo_call(free: Rig, body: dict[str, Any]) -> None:
    assert (await free.refusal("PUT", READY_PATH, json=body))[0] == 400


def own(row: Row, **more: Any) -> dict[str, Any]:
    given = {
        "orderItemId": row.id,
        "orderItemStatusId": 5,
        "cargoBusinessId": 25,
        "shipmentNumber": "734512098765",
        "shipmentTrackingUrl": "https://k.example.invalid/7",
    }
    return {"orderItems": [{**given, **more}]}


async def test_each_seller_has_one_cargo_model(free: Rig) -> None:
    order = free.new()
    text = "This branch's integration type is not supported this method"
    assert await free.refusal("PUT", OWN_PATH, json=own(order.rows[0])) == (400, text)
    free.box.switch("own_cargo", True)
    assert await free.refusal("PUT", READY_PATH, json={"orderItemsGroup": [{"orderItemIds": [order.rows[0].id]}]}) == (
        400,
        text,
    )
    row = (await free.orders(orderNo=order.id))["supplierOrderListWithBranch"][0]
    assert (row["cargoModelType"], bool(row["receiverPhone"])) == (2, True)
    free.box.switch("own_cargo", False)
    row = (await free.orders(orderNo=order.id))["supplierOrderListWithBranch"][0]
    assert (row["cargoModelType"], row["receiverPhone"]) == (1, None)


async def test_own_cargo_tells_number_and_carrier_once(free: Rig) -> None:
    free.box.switch("own_cargo", True)
    order = free.new(rows=1)
    told = (await free.ok("PUT", OWN_PATH, json=own(order.rows[0])))["statusUpdateResponse"]
    assert [one["isSuccess"] for one in told] == [True]
    row = (await free.orders(orderNo=order.id))["supplierOrderListWithBranch"][0]
    assert (row["orderItemStatusId"], row["cargoNumber"], row["cargoCompany"], row["cargoModelType"]) == (
        SHIPPED,
        "734512098765",
        "Sürat",
        2,
    )
    again = (await free.ok("PUT", OWN_PATH, json=own(order.rows[0])))["statusUpdateResponse"][0]
    assert (again["isSuccess"], again["message"]) == (False, "Order not available for this status!")
    assert free.box.counters()[f"status:{order.id}"] == 1
    done = own(order.rows[0], orderItemStatusId=7, receiverName="Işıl")
    assert (await free.ok("PUT", OWN_PATH, json=done))["statusUpdateResponse"][0]["isSuccess"]
    assert (await free.ok("PUT", OWN_PATH, json=done))["statusUpdateResponse"][0]["message"] == "Order delivered!"


@pytest.mark.parametrize(
    "change",
    [
        {"cargoBusinessId": None},
        {"shipmentNumber": ""},
        {"shipmentTrackingUrl": ""},
        {"cargoBusinessId": 3},
        {"orderItemStatusId": 7},
        {"cargoBusinessId": 2},
    ],
    ids=[
        "no-carrier",
        "no-number",
        "no-url",
        "unknown-carrier",
        "delivered-before-shipped",
        "yurtici-only-tells-ready",
    ],
)
async def test_what_own_cargo_refuses(free: Rig, change: dict[str, Any]) -> None:
    free.box.switch("own_cargo", True)
    order = free.new()
    told = (await free.ok("PUT", OWN_PATH, json=own(order.rows[0], **change)))["statusUpdateResponse"][0]
    assert (told["isSuccess"], order.rows[0].status) == (False, 1)


async def test_with_yurtici_ciceksepeti_makes_the_code(free: Rig) -> None:
    free.box.switch("own_cargo", True)
    rows = {n: free.new(rows=1).rows[0] for n in (2, 25)}
    codes = {}
    for carrier, row in rows.items():
        body = {"orderItems": [{"orderItemId": row.id, "orderItemStatusId": 11, "cargoBusinessId": carrier}]}
        codes[carrier] = (await free.ok("PUT", OWN_PATH, json=body))["statusUpdateResponse"][0]["orderItems"][0][
            "partialNumber"
        ]
    assert codes[2]
    assert codes[25] is None


async def test_carrier_and_measures_only_of_new_items(free: Rig) -> None:
    row = free.new().rows[0]
    await free.ok("PUT", f"{API}/Order/CargoCompany", json={"items": [{"orderProductId": row.id, "cargoId": 2}]})
    await free.ok(
        "POST", f"{API}/Order/CargoMeasurement", json={"items": [{"orderProductId": row.id, "desi": 12, "quantity": 2}]}
    )
    assert (row.carrier, row.measures) == (2, (12, 2))
    for path, method, more in (
        (f"{API}/Order/CargoCompany", "PUT", {"cargoId": 2}),
        (f"{API}/Order/CargoMeasurement", "POST", {"desi": 1, "quantity": 1}),
    ):
        body = {"items": [{"orderProductId": free.delivered()[1].id, **more}]}
        assert (await free.refusal(method, path, json=body))[0] == 400
        assert (
            await free.refusal(method, path, json={"items": [{"orderProductId": row.id, **dict.fromkeys(more, 0)}]})
        )[0] == 400


async def test_invoices_as_link_or_pdf(free: Rig) -> None:
    order = free.new()
    row, path = order.rows[0], f"{API}/Branch/SendInvoiceMail"
    pdf = base64.b64encode(b"%PDF-1.4").decode()
    for bad in (
        {},
        {"document": pdf, "documentUrl": "https://f.example.invalid/1.pdf"},
        {"documentUrl": "1.pdf"},
        {"document": "zzz"},
        {"url": "x"},
    ):
        assert (await free.refusal("POST", path, json={"items": [{"orderItemId": row.id, **bad}]}))[0] == 400
    assert row.invoice == ""
    await free.ok(
        "POST", path, json={"items": [{"orderItemId": row.id, "documentUrl": "https://f.example.invalid/1.pdf"}]}
    )
    await free.ok("POST", path, json={"items": [{"orderItemId": row.id, "document": pdf}]})
    assert (await free.orders(orderItemNo=row.id))["supplierOrderListWithBranch"][0]["isInvoiceSent"] is True
    assert free.box.counters()[f"invoice:{order.id}"] == 2


# -- returns -------------------------------------------------------------------------------------------------------
async def listed(rig: Rig, **more: Any) -> list[dict[str, Any]]:
    now = rig.box.clock.timestamp()
    body = {
        "page": 0,
        "pageSize": 100,
        "cancellationStartDate": rig.text(now - 29 * DAY),
        "cancellationEndDate": rig.text(now),
        **more,
    }
    rows: list[dict[str, Any]] = (await rig.ok("POST", RETURNS, json=body))["orderItemList"]
    return rows


async def test_cancellations_and_returns_in_one_list(free: Rig) -> None:
    rows = await listed(free)
    truth = {line["remote_id"]: line for one in free.box.truth_orders() for line in one["lines"]}
    assert {row["orderItemId"] for row in rows if row["cancelType"] == 1} == {
        int(k) for k, line in truth.items() if not line["active"]
    }
    back = [row for row in rows if row["cancelType"] == 2]
    assert back
    assert all(row["supplierProductVariantCode"] == truth[str(row["orderItemId"])]["sku"] for row in back)
    assert not any("quantity" in row or "orderItemStatusId" in row for row in rows), "neither is in the documents"
    assert {row["orderItemStatus"] for row in await listed(free, orderItemStatusId=22)} == {"İade Tedarikçide"}
    assert [len(await listed(free, page=n, pageSize=2)) for n in (0, 1)] == [2, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"cancelType": 2},
        {"pageSize": 101},
        {"page": None},
        {"orderItemStatusId": 7},
        {"startDate": "2026-11-01T00:00:00", "endDate": "2026-11-02T00:00:00"},
        {"cancellationEndDate": None},
        {"cancellationStartDate": "2026-01-01T00:00:00"},
    ],
    ids=["answer-field", "page-size", "no-page", "status", "both-dates", "half-a-window", "over-a-month"],
)
async def test_the_form_of_the_return_question(free: Rig, change: dict[str, Any]) -> None:
    now = free.box.clock.timestamp()
    body = {
        "page": 0,
        "pageSize": 100,
        "cancellationStartDate": free.text(now - 9 * DAY),
        "cancellationEndDate": free.text(now),
        **change,
    }
    assert (await free.refusal("POST", RETURNS, json=body))[0] == 400


async def test_a_return_arrives_and_is_accepted_once(free: Rig) -> None:
    order, row = next(
        (o, r)
        for o in free.records.orders.values()
        for r in o.rows
        if r.status == DELIVERED and r.active and r.id not in free.records.returns
    )
    free.box.shop.add_return(order, row, RETURN_BEGUN)
    body = {"orderItemId": row.id, "process": 1}
    assert (await free.refusal("POST", EVALUATE, json=body))[0] == 400, "it is not here yet"
    await free.ok("POST", HERE, json={"orderItemIds": [row.id]})
    assert (await free.refusal("POST", HERE, json={"orderItemIds": [row.id]}))[0] == 400
    assert (await free.refusal("POST", EVALUATE, json={**body, "process": 2}))[0] == 400
    await free.ok("POST", EVALUATE, json=body)
    assert (await free.refusal("POST", EVALUATE, json=body))[0] == 400
    assert free.box.counters()[f"claim:{row.id}"] == 1
    found = next(one for one in await listed(free) if one["orderItemId"] == row.id)
    assert (found["orderItemCancelStatus"], found["orderItemStatus"]) == ("Bayi Onay", "Firmaya İade Edildi")


async def test_an_accepted_exchange_makes_the_item_new_again_and_a_refusal_does_not(free: Rig) -> None:
    free.records.returns.clear()
    picked = [(o, r) for o in free.records.orders.values() for r in o.rows if r.status == DELIVERED and r.active][:2]
    for (order, row), process in zip(picked, (1, 3), strict=True):
        free.box.shop.add_return(order, row, RETURN_HERE, exchange=True)
        await free.ok("POST", EVALUATE, json={"orderItemId": row.id, "process": process})
    assert [row.status for _, row in picked] == [1, DELIVERED]
    assert {one["orderItemCancelStatus"] for one in await listed(free) if one["cancelReasonId"] == 2} == {
        "Bayi Onay",
        "Bayi Red",
    }


# -- the control room ----------------------------------------------------------------------------------------------
async def test_touching_moves_the_last_change(free: Rig) -> None:
    before = {row["remote_id"]: row["updated_at"] for row in free.box.truth_orders()}
    touched = set(free.box.touch_orders(12, 5))
    after = {row["remote_id"]: row["updated_at"] for row in free.box.truth_orders()}
    assert {name for name in after if after[name] != before[name]} == touched
    assert len(touched) == 12


def test_the_same_seed_gives_the_same_shop() -> None:
    one, two = (create(seed=4, orders=12, listings=6) for _ in range(2))
    assert one.truth_listings() == two.truth_listings()
    assert [row["lines"] for row in one.truth_orders()] == [row["lines"] for row in two.truth_orders()]
    with pytest.raises(KeyError):
        one.switch("no_such_thing", True)
