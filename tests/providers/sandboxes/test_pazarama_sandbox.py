"""The fake Pazarama against the sentences of reference/marketplaces-tr.md, with a bare HTTP client."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.exact import DAY, ISTANBUL, MINUTE
from providers.sandboxes.pazarama import CLIENT_ID, CLIENT_SECRET, SCOPE, PazaramaSandbox, create
from providers.sandboxes.pazarama_state import BACK_BEGUN, CARRIERS, PREPARING, SHIPPED, TAKEN, Order

APPROVED, STOCK, PRICE = "/product/products/approved", "/product/updateStock-v2", "/product/updatePrice-v2"
ORDERS, STATUS, ALL = "/order/getOrdersForApi", "/order/updateOrderStatus", "/order/updateOrderStatusList"
BULK, INVOICE = "/order/api/bulk-status-update", "/order/invoice-link"
REFUNDS, DECIDE, CANCELS, CANCEL = (
    "/order/getRefund",
    "/order/updateRefund",
    "/order/api/cancel/items",
    "/order/api/cancel",
)
CARRIER = next(guid for guid, name in CARRIERS.items() if name == "Sürat Kargo")
FORM = {"grant_type": "client_credentials", "scope": SCOPE}


class Rig:
    def __init__(self, box: PazaramaSandbox, http: httpx.AsyncClient) -> None:
        self.box, self.http = box, http

    @property
    def records(self) -> Any:
        return self.box.shop.records

    def wait(self, seconds: float) -> None:
        self.box.clock.offset += seconds

    def span(self, days: int = 29) -> dict[str, str]:
        """Until tomorrow, because the end is exclusive."""
        now = datetime.fromtimestamp(self.box.clock.timestamp(), ISTANBUL)
        return {"startDate": f"{now - timedelta(days=days):%Y-%m-%d}", "endDate": f"{now + timedelta(days=1):%Y-%m-%d}"}

    async def token(self, secret: str = CLIENT_SECRET, **form: str) -> httpx.Response:
        return await self.http.post("/connect/token", data={**FORM, **form}, auth=(CLIENT_ID, secret))

    async def sign_in(self) -> None:
        self.http.headers["authorization"] = f"Bearer {(await self.token()).json()['data']['accessToken']}"

    async def ok(self, method: str, path: str, **more: Any) -> Any:
        reply = await self.http.request(method, path, **more)
        data = json.loads(reply.content, parse_float=Decimal)
        assert (reply.status_code, data["success"]) == (200, True), reply.text
        assert {"data", "success", "messageCode", "message", "userMessage", "fromCache"} <= set(data)
        return data["data"]

    async def refusal(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        reply = await self.http.request(method, path, **more)
        data = reply.json()
        assert set(data) == {"data", "success", "messageCode", "message", "userMessage", "fromCache"}
        assert (data["success"], data["data"]) == (False, None)
        assert data["userMessage"]
        return reply.status_code, data["messageCode"]

    async def orders(self, **body: Any) -> Any:
        return await self.ok("POST", ORDERS, json={"pageNumber": 1, "pageSize": 100, **body})

    async def push(self, path: str, *items: dict[str, Any]) -> dict[str, Any]:
        """Sends a batch, lets it be worked off, and asks for its result: (status, what it says) by code."""
        batch = await self.ok("POST", path, json={"items": items})
        self.wait(41)
        rows = await self.ok(
            "GET", f"/listing-state/batch-id/{batch}/lake-projections", params={"page": 1, "pageSize": 3000}
        )
        kind = "stock" if path == STOCK else "price"
        return {row["code"]: (row[kind]["status"], row["operationStatusText"]) for row in rows}

    def new(self, lines: int = 0) -> Order:
        while True:
            order: Order = self.records.orders[self.box.add_orders(1)[0]]
            if not lines or len(order.lines) == lines:
                return order

    async def one(self, order: Order) -> Any:
        (row,) = await self.orders(orderNumber=order.number)
        return row


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    box = create(orders=80, listings=130)
    assert isinstance(box, PazaramaSandbox)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(box.app), base_url="http://fake") as http:
        made = Rig(box, http)
        await made.sign_in()
        yield made


# -- the doors -----------------------------------------------------------------------------------------------------
async def test_the_token_comes_in_the_envelope_and_lives_an_hour(rig: Rig) -> None:
    data = (await rig.token()).json()
    assert data["success"] is True
    assert {k: v for k, v in data["data"].items() if k != "accessToken"} == {
        "expiresIn": 3600,
        "tokenType": "Bearer",
        "scope": SCOPE,
    }
    assert rig.box.counters()["tokens"] == 2
    rig.wait(3590)
    await rig.ok("GET", APPROVED)
    rig.wait(11)
    reply = await rig.http.get(APPROVED)
    assert (reply.status_code, reply.content) == (401, b"")
    assert reply.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    rig.box.switch("plain_token", True)
    plain = (await rig.token()).json()
    await rig.ok("GET", APPROVED, headers={"authorization": f"{plain['token_type']} {plain['access_token']}"})


async def test_whatever_is_wrong_with_a_token_question_is_400(rig: Rig) -> None:
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    auth = {"authorization": f"Basic {basic}"}
    replies = [
        await rig.token(secret="yok"),
        await rig.token(scope="mahallemerchant.fullaccess"),
        await rig.token(grant_type="password"),
        await rig.http.post("/connect/token", data=FORM, headers={"authorization": ""}),
        await rig.http.post("/connect/token", data=FORM, headers={"authorization": "Basic ???"}),
        await rig.http.post("/connect/token", data={**FORM, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}, headers={"authorization": ""}),
        await rig.http.post("/connect/token", json=FORM, headers=auth),
    ]  # fmt: skip
    assert {reply.status_code for reply in replies} == {400}
    assert {reply.json()["messageCode"] for reply in replies} == {"invalid_token"}
    assert rig.box.counters()["tokens"] == 1


async def test_a_renewed_key_kills_the_old(rig: Rig) -> None:
    rig.box.switch("secret_expired", True)
    assert (await rig.token()).status_code == 400
    rig.box.switch("secret_expired", False)
    assert (await rig.token()).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer yok", "Basic eA=="])
async def test_without_a_living_token_401_and_nothing_else(rig: Rig, header: str) -> None:
    for method, path in (("GET", APPROVED), ("POST", ORDERS), ("PUT", STATUS)):
        reply = await rig.http.request(method, path, headers={"authorization": header})
        assert (reply.status_code, reply.content) == (401, b"")
        assert reply.headers["www-authenticate"].startswith("Bearer")


async def test_bodies_say_that_they_are_json(rig: Rig) -> None:
    body = json.dumps({"pageNumber": 1, "pageSize": 1, **rig.span()})
    assert (await rig.refusal("POST", ORDERS, content=body))[0] == 415
    for content in (b"{", b"[]", b'{"pageSize":NaN}'):
        assert (await rig.refusal("POST", ORDERS, content=content, headers={"content-type": "application/json"}))[
            0
        ] == 400


# -- products ------------------------------------------------------------------------------------------------------
async def test_products_by_cursor(rig: Rig) -> None:
    rows: list[dict[str, Any]] = []
    cursor, sizes = "", []
    while cursor is not None:
        page = await rig.ok("GET", APPROVED, params={"Size": 60, "Cursor": cursor})
        sizes.append(len(page["sellerProducts"]))
        rows += page["sellerProducts"]
        cursor = page["nextCursor"]
    assert sizes == [60, 60, 10]
    found = {
        row["code"]: (row["stockCode"], row["stockCount"], row["salePrice"], row["listPrice"], row["name"])
        for row in rows
    }
    assert found == {
        t["remote_id"]: (t["sku"], t["stock"], Decimal(t["price"]), Decimal(t["list_price"]), t["title"])
        for t in rig.box.truth_listings()
    }
    assert {row["state"] for row in rows} == {3}
    assert [row["stockCode"] for row in rows if row["productStatus"] == 10] == ["PX-00040", "PX-00080", "PX-00120"]
    assert len((await rig.ok("GET", APPROVED))["sellerProducts"]) == 10


@pytest.mark.parametrize("params", [{"Size": 101}, {"Size": 0}, {"size": 5}, {"Page": 1}, {"StartDate": "20.11.2026"}])
async def test_parameters_of_the_product_list(rig: Rig, params: dict[str, Any]) -> None:
    assert (await rig.refusal("GET", APPROVED, params=params))[0] == 400


async def test_one_product_and_a_false_cursor(rig: Rig) -> None:
    code = rig.box.truth_listings()[4]["remote_id"]
    assert [row["code"] for row in (await rig.ok("GET", APPROVED, params={"Code": code}))["sellerProducts"]] == [code]
    assert (await rig.ok("POST", "/product/getProductDetail", json={"Code": code}))["code"] == code
    assert (await rig.refusal("POST", "/product/getProductDetail", json={"Code": "yok"}))[0] == 200
    assert await rig.refusal("GET", APPROVED, params={"Cursor": "yok"}) == (200, "invalid_cursor")


async def test_what_waits_for_approval_is_listed_apart(rig: Rig) -> None:
    item = next(iter(rig.records.items.values()))
    item.approved = False
    reply = (await rig.http.get("/product/products/unapproved", params={"pageIndex": 1, "pageSize": 10})).json()
    assert ([row["code"] for row in reply["data"]], reply["totalCount"], reply["hasNextPage"]) == (
        [item.code],
        1,
        False,
    )
    assert (await rig.ok("GET", APPROVED, params={"Code": item.code}))["sellerProducts"] == []
    assert item.code not in {row["remote_id"] for row in rig.box.truth_listings()}


async def test_ten_seconds_between_writes_of_prices_and_stock(rig: Rig) -> None:
    code = rig.box.truth_listings()[0]["remote_id"]
    stock = {"items": [{"code": code, "stockCount": 5}]}
    await rig.ok("POST", STOCK, json=stock)
    rig.wait(9)
    price = {"items": [{"code": code, "listPrice": 20, "salePrice": 20}]}
    assert await rig.refusal("POST", PRICE, json=price) == (429, "too_many_requests")
    rig.wait(1)
    await rig.ok("POST", PRICE, json=price)
    assert (await rig.refusal("POST", STOCK, json=stock))[0] == 429
    rig.box.limits_on = False
    await rig.ok("POST", STOCK, json=stock)
    assert rig.box.counters()["throttled"] == 2


async def test_a_batch_is_worked_on_and_then_told_row_by_row(rig: Rig) -> None:
    sku, code = "PX-00001", rig.box.truth_listings()[0]["remote_id"]
    old = rig.records.items[code].stock
    batch = await rig.ok("POST", STOCK, json={"items": [{"code": code, "stockCount": 77}]})
    path, seen = f"/listing-state/batch-id/{batch}/lake-projections", []
    for wait in (0, 41):
        rig.wait(wait)
        (row,) = await rig.ok("GET", path, params={"page": 1, "pageSize": 3000})
        seen.append((row["stock"]["status"], row["operationStatusText"], rig.records.items[code].stock))
    assert seen == [(3, "İşleniyor", old), (0, "Başarılı", 77)]
    assert row["code"] == code
    assert rig.box.counters()[f"write:{sku}"] == 1
    assert (await rig.refusal("GET", "/listing-state/batch-id/yok/lake-projections"))[0] == 200
    assert (await rig.refusal("GET", path, params={"pageSize": 3001}))[0] == 400


async def test_what_is_wrong_with_a_row_is_told_at_the_row(rig: Rig) -> None:
    rig.box.limits_on = False
    codes = [row["remote_id"] for row in rig.box.truth_listings()]
    rig.box.switch("refuse_sku:PX-00003", True)
    told = await rig.push(
        STOCK,
        *(
            {"code": code, "stockCount": n}
            for code, n in ((codes[0], 0), (codes[1], -1), (codes[2], 1), ("PX-00004", 1))
        ),
    )
    assert told == {
        codes[0]: (0, "Başarılı"),
        codes[1]: (2, "Hata oluştu"),
        codes[2]: (2, "Hata oluştu"),
        "PX-00004": (2, "Hata oluştu"),
    }
    prices = {
        codes[4]: (100, 100),
        codes[5]: (100, 30.01),
        codes[6]: (100, 30),
        codes[7]: (99.99, 100),
        codes[8]: (100, 10.005),
    }
    old = rig.records.items[codes[6]].sale
    told = await rig.push(PRICE, *({"code": code, "listPrice": a, "salePrice": b} for code, (a, b) in prices.items()))
    assert [told[code][0] for code in prices] == [0, 0, 5, 2, 2]
    assert told[codes[6]] == (5, "Onaya gönderildi")
    assert (rig.records.items[codes[5]].sale, rig.records.items[codes[6]].sale) == (3001, old), (
        "what waits for approval is not applied"
    )


@pytest.mark.parametrize(
    ("path", "items", "status"),
    [
        (STOCK, [], 200),
        (STOCK, [{"code": f"C{n}", "stockCount": 1} for n in range(3001)], 200),
        (STOCK, [{"code": "C", "stockCount": "5"}], 400),
        (STOCK, [{"code": "C", "stockCount": 1.5}], 400),
        (STOCK, [{"code": 8690000000011, "stockCount": 1}], 400),
        (STOCK, [{"code": "C"}], 400),
        (STOCK, [{"code": "C", "stockCount": 1, "salePrice": 5}], 400),
        (STOCK, [{"stockCode": "PX-00001", "stockCount": 1}], 400),
        (PRICE, [{"code": "C", "salePrice": 5}], 400),
        (PRICE, [{"code": "C", "listPrice": 5}], 400),
        (PRICE, [{"code": "C", "listPrice": "5", "salePrice": 5}], 400),
    ],
    ids=["none", "3001", "text", "fraction", "code-number", "no-count", "price-in-stock", "by-sku", "no-list", "no-sale", "price-text"],
)  # fmt: skip
async def test_the_form_of_a_batch(rig: Rig, path: str, items: list[Any], status: int) -> None:
    assert (await rig.refusal("POST", path, json={"items": items}))[0] == status
    assert "batches_taken" not in rig.box.counters()


async def test_a_result_has_pages(rig: Rig) -> None:
    codes = [row["remote_id"] for row in rig.box.truth_listings()][:25]
    batch = await rig.ok("POST", STOCK, json={"items": [{"code": code, "stockCount": 3} for code in codes]})
    rig.wait(41)
    path = f"/listing-state/batch-id/{batch}/lake-projections"
    pages = [await rig.ok("GET", path, params={"page": n, "pageSize": 10}) for n in (1, 2, 3, 4)]
    assert [row["code"] for page in pages for row in page] == codes
    assert pages[3] == []


async def test_switches_on_writes(rig: Rig) -> None:
    rig.box.limits_on = False
    items = [{"code": row["remote_id"], "stockCount": 777} for row in rig.box.truth_listings()[:10]]

    def written() -> int:
        return sum(row["stock"] == 777 for row in rig.box.truth_listings())

    rig.box.switch("ignore_writes", True)
    assert {status for status, _ in (await rig.push(STOCK, *items)).values()} == {0}
    assert written() == 0
    rig.box.switch("ignore_writes", False)
    rig.box.switch("apply_70", True)
    await rig.push(STOCK, *items)
    assert written() == 7
    rig.box.switch("apply_70", False)
    rig.box.switch("slow_batches", True)
    assert {status for status, _ in (await rig.push(STOCK, *items)).values()} == {3}
    rig.wait(4 * 3600)
    assert written() == 10


async def test_open_close_and_catalogue(rig: Rig) -> None:
    path, code = "/product/bulkUpdateProductStatusFromApi", rig.box.truth_listings()[0]["remote_id"]
    assert (await rig.refusal("POST", path, json={"productItems": [{"code": code, "productStatus": 2}]}))[0] == 200
    await rig.ok("POST", path, json={"productItems": [{"code": code, "productStatus": 10}]})
    assert (await rig.ok("GET", APPROVED, params={"Code": code}))["sellerProducts"][0]["productStatus"] == 10
    leaf = next(one for one in await rig.ok("GET", "/category/getCategoryTree") if one["leaf"])
    found = await rig.ok("GET", "/category/getCategoryWithAttributes", params={"Id": leaf["id"]})
    assert found["attributes"][0]["isRequired"] is True
    assert (await rig.refusal("GET", "/category/getCategoryWithAttributes", params={"Id": "x"}))[0] == 200
    assert (await rig.ok("GET", "/brand/getBrands", params={"Page": 1, "Size": 100}))[0]["name"] == "Örnek"


# -- orders --------------------------------------------------------------------------------------------------------
async def test_orders_page_from_one_and_state_money_twice(rig: Rig) -> None:
    rows: list[dict[str, Any]] = []
    page = 1
    while found := await rig.orders(**rig.span(), pageNumber=page, pageSize=30):
        rows += found
        page += 1
    assert page == 4
    truth = {row["remote_id"]: row for row in rig.box.truth_orders()}
    assert [row["orderId"] for row in rows] == [row["remote_id"] for row in reversed(list(truth.values()))]
    for row in rows:
        one = truth[row["orderId"]]
        assert (str(row["orderNumber"]), row["orderAmount"], row["customerName"]) == (
            one["number"],
            Decimal(one["total"]),
            one["buyer"],
        )
        assert row["orderAmount"] == sum(item["totalPrice"]["value"] for item in row["items"]) - row["discountAmount"]
        for item, line in zip(row["items"], one["lines"], strict=True):
            assert (item["orderItemId"], item["product"]["stockCode"], item["quantity"]) == (
                line["remote_id"],
                line["sku"],
                line["quantity"],
            )
            assert (
                item["salePrice"]["value"]
                == Decimal(line["unit_price"])
                == Decimal(item["salePrice"]["valueInt"]) / 100
            )
            assert item["totalPrice"]["valueInt"] == item["salePrice"]["valueInt"] * item["quantity"]
            assert item["salePrice"]["valueString"] == line["unit_price"].replace(".", ",")
            assert item["taxIncluded"] is True
        placed = datetime.strptime(row["orderDate"], "%Y-%m-%d %H:%M").replace(tzinfo=ISTANBUL)
        assert placed == datetime.fromisoformat(one["placed_at"])
        last = max(h["historyCreatedDate"] for item in row["items"] for h in item["orderItemStatusHistory"])
        assert datetime.fromisoformat(last) == datetime.fromisoformat(one["updated_at"])
        assert all(
            item["orderItemStatusHistory"][-1]["historyStatus"] == item["orderItemStatus"] for item in row["items"]
        )
    assert {row["billingAddress"]["invoiceType"] for row in rows} == {1, 2}


async def test_the_end_is_exclusive(rig: Rig) -> None:
    order = rig.new()
    at = datetime.fromtimestamp(order.placed, ISTANBUL)
    minute = {"startDate": f"{at:%Y-%m-%dT%H:%M}", "endDate": f"{at + timedelta(minutes=1):%Y-%m-%dT%H:%M}"}
    assert order.id in {row["orderId"] for row in await rig.orders(**minute)}
    before = {"startDate": f"{at - timedelta(minutes=5):%Y-%m-%dT%H:%M}", "endDate": f"{at:%Y-%m-%dT%H:%M}"}
    assert order.id not in {row["orderId"] for row in await rig.orders(**before)}
    today = {"startDate": f"{at - timedelta(days=2):%Y-%m-%d}", "endDate": f"{at:%Y-%m-%d}"}
    assert order.id not in {row["orderId"] for row in await rig.orders(**today)}


async def test_a_change_does_not_bring_an_order_into_the_window(rig: Rig) -> None:
    order = next(one for one in rig.records.orders.values() if one.placed < rig.box.clock.timestamp() - 20 * DAY)
    rig.box.cancel_order(order.id)
    assert order.id not in {row["orderId"] for row in await rig.orders(**rig.span(2))}
    row = await rig.one(order)
    assert (row["orderStatus"], {item["orderItemStatus"] for item in row["items"]}) == (6, {6})
    assert await rig.orders(orderNumber=1999999999) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"pageNumber": 0}, 200), ({"pageSize": 501}, 200), ({"pageSize": None}, 200), ({"startDate": None}, 200), ({"endDate": None}, 200),
        ({"startDate": "2026-01-01"}, 200), ({"startDate": "2099-01-01"}, 200), ({"orderItemStatus": 4}, 200),
        ({"startDate": "01.11.2026"}, 400), ({"startDate": "2026-11-01T00:00:00"}, 400), ({"startDate": "2026-11-01 00:00"}, 400),
        ({"startDate": "2026-13-01"}, 400), ({"pageSize": "100"}, 400), ({"orderNumber": "700000001"}, 400), ({"page": 1}, 400),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value),
)  # fmt: skip
async def test_the_form_of_the_order_question(rig: Rig, change: dict[str, Any], status: int) -> None:
    body = {"pageNumber": 1, "pageSize": 10, **rig.span(), **change}
    assert (await rig.refusal("POST", ORDERS, json=body))[0] == status


async def test_the_window_is_one_month(rig: Rig) -> None:
    await rig.orders(**rig.span(30))
    assert await rig.refusal("POST", ORDERS, json={"pageNumber": 1, "pageSize": 1, **rig.span(31)}) == (
        200,
        "date_range",
    )
    await rig.orders(**rig.span(180), orderNumber=700000001)
    assert (await rig.refusal("POST", ORDERS, json={**rig.span(190), "orderNumber": 700000001}))[0] == 200


async def test_damaged_empty_and_moving(rig: Rig) -> None:
    order = rig.new()
    rig.box.damage_order(order.id)
    row = await rig.one(order)
    assert (row["orderId"], row["orderNumber"], row["items"]) == (order.id, order.number, "bozuk")
    await rig.http.post("/_control/between", json=[{"new": 3}])
    first = await rig.orders(**rig.span(), pageSize=10)
    second = await rig.orders(**rig.span(), pageSize=10, pageNumber=2)
    assert {row["orderId"] for row in first} & {row["orderId"] for row in second}, "pushed on to the next page"
    rig.box.switch("empty_orders", True)
    assert await rig.orders(**rig.span()) == []


# -- shipping ------------------------------------------------------------------------------------------------------
def shipped(order: Order, **more: Any) -> dict[str, Any]:
    item = {
        "orderItemId": order.lines[0].id,
        "status": SHIPPED,
        "deliveryType": 1,
        "shippingTrackingNumber": "734512098765",
        "trackingUrl": "",
        "cargoCompanyId": CARRIER,
    }
    return {"orderNumber": order.number, "item": {**item, **more}}


async def test_prepared_first_then_shipped_once(rig: Rig) -> None:
    order = rig.new(lines=1)
    assert await rig.refusal("PUT", STATUS, json=shipped(order)) == (200, "invalid_status")
    prepare = {"orderNumber": order.number, "item": {"orderItemId": order.lines[0].id, "status": PREPARING}}
    await rig.ok("PUT", STATUS, json=prepare)
    assert (await rig.refusal("PUT", STATUS, json=prepare))[1] == "invalid_status"
    await rig.ok("PUT", STATUS, json=shipped(order))
    assert (await rig.refusal("PUT", STATUS, json=shipped(order)))[1] == "invalid_status"
    item = (await rig.one(order))["items"][0]
    assert (item["orderItemStatus"], item["cargo"]["trackingNumber"], item["cargo"]["companyName"]) == (
        5,
        "734512098765",
        "Sürat Kargo",
    )
    counts = rig.box.counters()
    assert (counts[f"status:{order.id}"], counts[f"shipped:{order.id}"], counts["shipments"]) == (1, 1, 1)
    assert str(rig.box.truth_shipments()).count("734512098765") == 1
    await rig.ok(
        "PUT", STATUS, json={"orderNumber": order.number, "item": {"orderItemId": order.lines[0].id, "status": 11}}
    )
    assert order.status == 11


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cargoCompanyId": "c0a80000-0000-4000-8000-0000000000ff"}, "cargo_company"), ({"cargoCompanyId": None}, "cargo_company"),
        ({"shippingTrackingNumber": ""}, "tracking_number"), ({"deliveryType": None}, "tracking_number"), ({"status": 11}, "invalid_status"),
        ({"status": 3}, "invalid_status"), ({"orderItemId": "yok"}, "order_item_not_found"), ({"status": "5"}, "validation_error"),
        ({"trackingNumber": "1"}, "validation_error"),
    ],
    ids=["unknown-carrier", "no-carrier", "no-number", "no-delivery", "too-far", "back", "no-item", "text", "unknown-field"],
)  # fmt: skip
async def test_what_shipping_refuses(rig: Rig, change: dict[str, Any], code: str) -> None:
    order = rig.new()
    await rig.ok("PUT", ALL, json={"orderNumber": order.number, "status": PREPARING})
    assert (await rig.refusal("PUT", STATUS, json=shipped(order, **change)))[1] == code
    assert order.status == PREPARING


async def test_a_seller_with_pazaramas_contract_tells_no_number(rig: Rig) -> None:
    order = rig.new()
    await rig.ok("PUT", ALL, json={"orderNumber": order.number, "status": PREPARING})
    rig.box.switch("contracted", True)
    assert (await rig.refusal("PUT", STATUS, json=shipped(order)))[1] == "contracted_cargo"
    assert (await rig.ok("GET", "/sellerRegister/getSellerDelivery"))[0]["contracted"] is True
    assert (await rig.one(order))["items"][0]["shipmentCode"].startswith("PZR")


async def test_many_items_in_one_call(rig: Rig) -> None:
    order = rig.new(lines=3)
    await rig.ok("PUT", ALL, json={"orderNumber": order.number, "status": PREPARING})
    carriers = (await rig.ok("GET", "/sellerRegister/getSellerDelivery"))[0]["cargoCompanies"]
    assert {one["id"]: one["name"] for one in carriers} == CARRIERS
    dto = {
        "cargoCompanyId": CARRIER, "deliveryType": 1, "shipmentNumber": None, "shippingTrackingNumber": "77", "status": 5, "subStatus": 0,
        "trackingUrl": "https://k.example.invalid/77",
    }  # fmt: skip
    body = {
        "orderNumber": order.number,
        "orderItemIds": [line.id for line in order.lines[:2]],
        "updateShipmentDto": dto,
    }
    await rig.ok("POST", BULK, json=body)
    assert [line.status for line in order.lines] == [SHIPPED, SHIPPED, PREPARING]
    assert "shipments" not in rig.box.counters()
    await rig.ok("POST", BULK, json={**body, "orderItemIds": [order.lines[2].id]})
    assert rig.box.counters()["shipments"] == 1
    assert (await rig.refusal("POST", BULK, json={**body, "orderItemIds": [1]}))[0] == 400
    assert (await rig.refusal("PUT", ALL, json={"orderNumber": 1, "status": PREPARING}))[1] == "order_not_found"


async def test_invoice_links(rig: Rig) -> None:
    order = rig.new()
    body = {"invoiceLink": "https://f.example.invalid/1.pdf", "orderid": order.id}
    for wrong in ({"invoiceLink": "1.pdf"}, {"orderid": "yok"}, {"trackingNumber": "9", "deliveryCompanyId": CARRIER}):
        assert (await rig.refusal("POST", INVOICE, json={**body, **wrong}))[0] == 200
    assert (await rig.refusal("POST", INVOICE, json={**body, "orderId": order.id}))[0] == 400
    await rig.ok("POST", INVOICE, json=body)
    assert rig.box.counters()[f"invoice:{order.id}"] == 1


# -- returns and cancellations ---------------------------------------------------------------------------------------
async def refund_list(rig: Rig, path: str = REFUNDS, **more: Any) -> Any:
    window = rig.span(30)
    body = {
        "pageSize": 100,
        "pageNumber": 1,
        "requestStartDate": window["startDate"],
        "requestEndDate": window["endDate"],
        **more,
    }
    return await rig.ok("POST", path, json=body)


async def test_returns_are_listed_and_decided_once(rig: Rig) -> None:
    data = await refund_list(rig)
    rows = data["refundList"]
    assert (data["responsePage"]["totalCount"], data["pageReport"]["totalWaitingRefundCount"]) == (len(rows), len(rows))
    numbers = {row["number"] for row in rig.box.truth_orders()}
    assert rows
    assert all(str(row["orderNumber"]) in numbers and row["refundStatus"] == 1 for row in rows)
    one, two = rows[0]["refundId"], rows[1]["refundId"]
    for wrong in (
        {"status": 4},
        {"status": 3},
        {"status": 3, "RefundRejectType": 13},
        {"refundId": "yok", "status": 2},
    ):
        assert (await rig.refusal("POST", DECIDE, json={"refundId": one, **wrong}))[0] == 200
    await rig.ok("POST", DECIDE, json={"refundId": one, "status": 2})
    await rig.ok("POST", DECIDE, json={"refundId": two, "status": 3, "RefundRejectType": 12})
    assert (await rig.refusal("POST", DECIDE, json={"refundId": one, "status": 2}))[1] == "refund_status"
    after = {row["refundId"]: row["refundStatus"] for row in (await refund_list(rig))["refundList"]}
    assert (after[one], after[two]) == (2, 3)
    assert [rig.records.refunds[x].line.status for x in (one, two)] == [8, 9]
    assert {row["refundId"] for row in (await refund_list(rig, refundStatus=2))["refundList"]} == {one}
    assert len((await refund_list(rig, pageSize=1, pageNumber=2))["refundList"]) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"refundStatus": 9}, 200),
        ({"pageSize": None}, 400),
        ({"splitItems": True}, 400),
        ({"requestEndDate": None}, 200),
        ({"requestStartDate": "2026-01-01"}, 200),
    ],
)
async def test_the_form_of_the_refund_question(rig: Rig, change: dict[str, Any], status: int) -> None:
    window = rig.span(9)
    body = {
        "pageSize": 10,
        "pageNumber": 1,
        "requestStartDate": window["startDate"],
        "requestEndDate": window["endDate"],
        **change,
    }
    assert (await rig.refusal("POST", REFUNDS, json=body))[0] == status


async def test_wishes_to_cancel_are_a_list_of_their_own(rig: Rig) -> None:
    orders = [rig.new(), rig.new()]
    asked = [rig.box.shop.add_refund(order, order.lines[0], rig.box.shop.now(), cancel=True) for order in orders]
    rows = (await refund_list(rig, CANCELS))["refundList"]
    assert {one.id for one in asked} <= {row["refundId"] for row in rows}
    assert not {one.id for one in asked} & {row["refundId"] for row in (await refund_list(rig))["refundList"]}
    only = (await refund_list(rig, CANCELS, orderNumber=orders[0].number))["refundList"]
    assert [row["refundId"] for row in only] == [asked[0].id]
    assert (await rig.refusal("PUT", CANCEL, json={"refundId": asked[0].id, "status": 1}))[0] == 200
    assert (await rig.refusal("POST", DECIDE, json={"refundId": asked[0].id, "status": 2}))[1] == "refund_not_found"
    for one, status in zip(asked, (2, 3), strict=True):
        await rig.ok("PUT", CANCEL, json={"refundId": one.id, "status": status})
    assert [one.line.status for one in asked] == [6, PREPARING]


# -- the control room ----------------------------------------------------------------------------------------------
async def test_touching_is_a_step_along(rig: Rig) -> None:
    before = {row["remote_id"]: row["updated_at"] for row in rig.box.truth_orders()}
    rig.wait(1)
    touched = set(rig.box.touch_orders(12, 5))
    after = {row["remote_id"]: row["updated_at"] for row in rig.box.truth_orders()}
    assert {name for name in after if after[name] != before[name]} == touched
    assert len(touched) == 12
    order = rig.new()
    for expected in (TAKEN, PREPARING, SHIPPED, 11, BACK_BEGUN, 8, 10):
        assert order.status == expected
        rig.box.shop.step(order)
    assert not rig.box.shop.step(order)
    assert order.placed % MINUTE == 0


def test_the_same_seed_gives_the_same_shop() -> None:
    one, two = (create(seed=4, orders=12, listings=6) for _ in range(2))
    assert one.truth_listings() == two.truth_listings()
    assert [row["lines"] for row in one.truth_orders()] == [row["lines"] for row in two.truth_orders()]
    with pytest.raises(KeyError):
        one.switch("no_such_thing", True)
