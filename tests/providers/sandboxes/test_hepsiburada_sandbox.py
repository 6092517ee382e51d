"""The fake Hepsiburada against the sentences of reference/marketplaces-tr.md, over a real socket, with a bare HTTP client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.hepsiburada import DEVELOPER, MERCHANT, SERVICE_KEY, HepsiburadaSandbox, create
from providers.sandboxes.hepsiburada_state import Line, Order, Package
from tests.support.serving import serve

LIST = f"/listings/merchantid/{MERCHANT}"
ORDERS = f"/orders/merchantid/{MERCHANT}"
PACKS = f"/packages/merchantid/{MERCHANT}"
LINES = f"/lineitems/merchantid/{MERCHANT}"
CLAIMS = f"/claims/merchantId/{MERCHANT}"
ISTANBUL = timezone(timedelta(hours=3))


def wall(at: int) -> str:
    return datetime.fromtimestamp(at, ISTANBUL).strftime("%Y-%m-%d %H:%M")


class Rig:
    def __init__(self, box: HepsiburadaSandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(path, params=params)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content, parse_float=Decimal)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body)

    def control(self, path: str, body: Any) -> None:
        assert self.http.post(f"/_control/{path}", json=body).status_code == 200

    def switch(self, feature: str) -> None:
        self.control("switch", {"feature": feature, "on": True})

    def order(self) -> Order:
        return self.box.shop.orders[self.box.add_orders(1)[0]]

    def pack(self, *lines: Line, **more: Any) -> httpx.Response:
        requests = [{"id": line.id, "quantity": line.quantity, "serialNumbers": []} for line in lines]
        return self.post(PACKS, {"lineItemRequests": requests, "parcelQuantity": 1, "deci": 1} | more)

    def packed(self, own: bool = False) -> Package:
        order = self.order()
        for line in order.lines:
            line.carrier = "OWN" if own else "HJ"
        reply = self.pack(*order.lines)
        assert reply.status_code == 200, reply.text
        return self.box.shop.packages[reply.json()["packageNumber"]]

    def result(self, kind: str, reply: httpx.Response) -> Any:
        assert reply.status_code == 200, reply.text
        path = f"{LIST}/{kind}/id/{reply.json()['id']}"
        assert self.get(path)["status"] == "PROCESSING"
        return self.get(path)

    def lines(self, path: str = ORDERS, limit: int = 100) -> list[Any]:
        found: list[Any] = []
        while True:
            page = self.get(path, offset=len(found), limit=limit)
            found += page["items"]
            if not page["items"]:
                return found


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(orders=80, listings=45)
    assert isinstance(box, HepsiburadaSandbox)
    auth, headers = (box.credentials["merchant_id"], box.credentials["service_key"]), {"user-agent": DEVELOPER}
    with serve(box.app) as base, httpx.Client(base_url=base, auth=auth, headers=headers, trust_env=False) as http:
        yield Rig(box, http)


# -- the door ------------------------------------------------------------------------------------------------------
def test_a_wrong_key_is_401_and_a_developer_that_is_not_linked_403(rig: Rig) -> None:
    for auth in ((MERCHANT, "yanlış"), ("yanlış", SERVICE_KEY), ("", "")):
        reply = rig.http.get(ORDERS, auth=auth)
        assert (reply.status_code, reply.text) == (401, "Unauthorized")
    assert rig.http.get(ORDERS, headers={"user-agent": ""}).status_code == 401
    for agent in ("python-httpx/0.28", f"{DEVELOPER} Paxzar/1.0", DEVELOPER.upper()):
        assert rig.http.get(ORDERS, headers={"user-agent": agent}).status_code == 403
    assert rig.http.get(ORDERS.replace(MERCHANT, MERCHANT[:-1] + "9")).status_code == 403
    assert rig.http.get(ORDERS).status_code == 200
    rig.switch("not_linked")
    assert rig.http.get(ORDERS).status_code == 403


def test_only_the_listing_host_insists_on_lower_case(rig: Rig) -> None:
    assert rig.http.get(ORDERS.replace("merchantid", "merchantId")).status_code == 200
    params = {"offset": 0, "limit": 1}
    assert rig.http.get(LIST, params=params).status_code == 200
    assert rig.http.get(LIST.replace("merchantid", "merchantId"), params=params).status_code == 404


def test_each_host_has_its_own_error_body(rig: Rig) -> None:
    assert rig.http.get(LIST).json()["errors"][0]["code"] == "OffsetCannotBeEmpty"
    assert set(rig.http.get(ORDERS + "/ordernumber/1").json()) == {"statusCode", "code", "message", "correlationId"}
    assert isinstance(rig.http.get("/api/v1.0/issues/1").json()["errors"][0], str)
    assert set(rig.http.get("/product/api/products/status/x").json()) == {"message"}
    assert "errors" in rig.http.get(f"/transactions/merchantId/{MERCHANT}", params={"limit": 0}).json()
    rig.switch("plain_errors")
    assert rig.http.get(LIST).headers["content-type"].startswith("text/plain")


def test_oms_answers_429_with_its_headers_and_the_catalogue_403_and_then_blocks(rig: Rig) -> None:
    rig.box.per_second = {"oms": 3, "catalogue": 2}
    refused = next(reply for _ in range(200) if (reply := rig.http.get(ORDERS)).status_code != 200)
    assert refused.status_code == 429
    assert refused.headers["x-ratelimit-limit"] == "3"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert int(refused.headers["x-ratelimit-reset"]) >= 1
    products = f"/product/api/products/all-products-of-merchant/{MERCHANT}"
    replies = [rig.http.get(products).status_code for _ in range(30)]
    assert replies[0] == 200
    assert 403 in replies
    for _ in range(12):  # excess that goes on, half a second apart
        rig.control("clock", {"advance": 0.5})
        for _ in range(4):
            rig.http.get(products)
    rig.control("clock", {"advance": 5})
    assert rig.http.get(products).status_code == 403
    rig.control("clock", {"advance": 61})
    assert rig.http.get(products).status_code == 200
    rig.control("limits", {"on": False})
    assert {rig.http.get(ORDERS).status_code for _ in range(10)} == {200}


# -- listings ------------------------------------------------------------------------------------------------------
def test_listings_page_and_filter(rig: Rig) -> None:
    first = rig.get(LIST, offset=0, limit=20)
    assert (first["totalCount"], first["limit"], first["offset"]) == (45, 20, 0)
    rows = first["listings"] + rig.get(LIST, offset=20, limit=100)["listings"]
    truth = rig.http.get("/_control/listings").json()
    assert [(r["hepsiburadaSku"], r["merchantSku"], r["price"], r["availableStock"]) for r in rows] == [
        (t["remote_id"], t["sku"], Decimal(t["price"]), t["stock"]) for t in truth
    ]
    locked = [row for row in rows if row["isLocked"]]
    assert [row["merchantSku"] for row in locked] == ["PX-00040"]
    assert locked[0]["lockReasons"]
    assert not locked[0]["isSalable"]
    one = rig.get(LIST, offset=0, limit=10, merchantSkuList="PX-00007,PX-00009")
    assert [row["merchantSku"] for row in one["listings"]] == ["PX-00007", "PX-00009"]
    salable = rig.get(LIST, offset=0, limit=100, **{"salable-listings": "true"})["totalCount"]
    assert salable + rig.get(LIST, offset=0, limit=100, **{"notsalable-listings": "true"})["totalCount"] == 45


def test_an_upload_is_worked_on_first_and_then_tells_each_row(rig: Rig) -> None:
    rig.switch("refuse_sku:PX-00004")
    rows = [
        {"merchantSku": "PX-00001", "availableStock": 5, "maximumPurchasableQuantity": 3},
        {"hepsiburadaSku": "HBV0000000002", "availableStock": 6},
        {"merchantSku": "YOK", "availableStock": 1},
        {"merchantSku": "PX-00004", "availableStock": 1},
        {"merchantSku": "PX-00005", "availableStock": -1},
        {"hepsiburadaSku": "HBV0000000006", "merchantSku": "PX-00007", "availableStock": 1},
    ]
    data = rig.result("stock-uploads", rig.post(f"{LIST}/stock-uploads", rows))
    assert (data["status"], data["total"]) == ("COMPLETED_WITH_ERRORS", 6)
    assert [one["elementNo"] for one in data["errors"]] == [2, 3, 4, 5]
    stock = {row["sku"]: row["stock"] for row in rig.box.truth_listings()}
    assert (stock["PX-00001"], stock["PX-00002"]) == (5, 6)
    counters = rig.http.get("/_control/state").json()["counters"]
    assert counters["write:PX-00001"] == 1
    assert "write:PX-00004" not in counters
    assert counters["batches_taken"] == 1


def test_a_price_out_of_the_band_is_refused_and_the_band_told(rig: Rig) -> None:
    price = Decimal(rig.box.truth_listings()[0]["price"])
    body = f'[{{"merchantSku":"PX-00001","price":{price * 11}}},{{"merchantSku":"PX-00002","price":199.90}},{{"merchantSku":"PX-00003","price":1.005}}]'
    data = rig.result("price-uploads", rig.http.post(f"{LIST}/price-uploads", content=body))
    assert [one["merchantSku"] for one in data["errors"]] == ["PX-00001", "PX-00003"]
    assert data["priceValidations"][0]["maxPrice"] == price * 10
    truth = {row["sku"]: row["price"] for row in rig.box.truth_listings()}
    assert truth["PX-00001"] == str(price)
    assert truth["PX-00002"] == "199.90"


def test_upload_quotas(rig: Rig) -> None:
    row = {"merchantSku": "PX-00001", "availableStock": 1}
    to_noon = (43_200 - (rig.box.shop.now() + 10_800)) % 86_400  # the day must not end in the middle of this test
    rig.control("clock", {"advance": to_noon})
    assert rig.post(f"{LIST}/stock-uploads", [row] * 4001).status_code == 400
    assert rig.post(f"{LIST}/stock-uploads", [row] * 451).status_code == 429  # ten times of 45 listings a day
    for _ in range(5):
        assert rig.post(f"{LIST}/stock-uploads", [row]).status_code == 200
    sixth = rig.post(f"{LIST}/stock-uploads", [row])
    assert (sixth.status_code, sixth.json()["errors"][0]["code"]) == (429, "TooManyUploads")
    rig.control("clock", {"advance": 120})
    assert rig.post(f"{LIST}/stock-uploads", [row] * 446).status_code == 429
    last = rig.post(f"{LIST}/stock-uploads", [row] * 445)
    assert last.status_code == 200
    rig.control("clock", {"advance": 90_000})
    assert rig.http.get(f"{LIST}/stock-uploads/id/{last.json()['id']}").status_code == 404  # kept for 24 h


def test_late_writes_and_writes_that_come_to_nothing(rig: Rig) -> None:
    def stock() -> int:
        return int(rig.box.truth_listings()[0]["stock"])

    before = stock()
    rig.switch("late_writes")
    reply = rig.post(f"{LIST}/stock-uploads", [{"merchantSku": "PX-00001", "availableStock": before + 1}])
    assert stock() == before
    assert rig.result("stock-uploads", reply)["status"] == "COMPLETED"
    assert stock() == before + 1
    rig.switch("ignore_writes")
    reply = rig.post(f"{LIST}/stock-uploads", [{"merchantSku": "PX-00001", "availableStock": 9999}])
    assert rig.result("stock-uploads", reply)["status"] == "COMPLETED"
    assert stock() == before + 1


def test_seventy_per_cent_of_the_writes(rig: Rig) -> None:
    rig.switch("apply_70")
    rows = [{"merchantSku": f"PX-{i:05d}", "availableStock": 777} for i in range(1, 11)]
    rig.post(f"{LIST}/stock-uploads", rows)
    assert sum(row["stock"] == 777 for row in rig.box.truth_listings()) == 7


def test_one_listings_own_calls(rig: Rig) -> None:
    one = f"{LIST}/sku/HBV0000000001/merchantsku/PX-00001"
    body = {"newAvailableStock": 8, "newPrice": {"currency": "TRY", "amount": 210}, "newDispatchTime": 2}
    assert rig.post(one, body).status_code == 200
    listing = rig.box.shop.listings["HBV0000000001"]
    assert (listing.stock, listing.price, listing.dispatch) == (8, 21000, 2)
    assert rig.post(one, {"newPrice": {"currency": "USD", "amount": 210}}).status_code == 400
    assert rig.http.post(f"{LIST}/sku/HBV0000000001/deactivate").status_code == 200
    assert not listing.salable
    assert rig.http.post(f"{LIST}/sku/HBV0000000001/activate").status_code == 200
    assert listing.salable
    assert rig.http.post(f"{LIST}/bulk-unlock").status_code == 200
    assert not any(one.locked for one in rig.box.shop.listings.values())
    assert rig.http.delete(one).status_code == 200
    assert rig.http.delete(one).status_code == 404
    assert rig.get(LIST, offset=0, limit=1)["totalCount"] == 44


def test_the_catalogue_gives_titles_and_barcodes(rig: Rig) -> None:
    path = f"/product/api/products/all-products-of-merchant/{MERCHANT}"
    rows = rig.get(path, page=0, size=30)["data"] + rig.get(path, page=1, size=30)["data"]
    found = {row["hbSku"]: (row["productName"], row["barcode"]) for row in rows}
    assert found == {row["remote_id"]: (row["title"], row["barcode"]) for row in rig.box.truth_listings()}
    file = {"file": ("p.json", json.dumps([{"merchant": MERCHANT, "attributes": {}}]))}
    tracking = rig.http.post("/product/api/products/import", files=file).json()["data"]["trackingId"]
    assert rig.get(f"/product/api/products/status/{tracking}")["data"][0]["productStatus"] == "WAITING"
    assert rig.http.post("/product/api/products/import", json=[{}]).status_code == 400
    leaf = rig.get("/product/api/categories/get-all-categories", leaf="true", page=0, size=2000)["data"][0]
    assert rig.get(f"/product/api/categories/{leaf['categoryId']}/attributes")["data"]["variantAttributes"]


# -- orders --------------------------------------------------------------------------------------------------------
def test_the_picture_of_all_orders_needs_every_list(rig: Rig) -> None:
    rig.control("limits", {"on": False})
    lines = [(row["orderNumber"], row["id"]) for row in rig.lines()]
    lines += [(row["orderNumber"], row["lineItemId"]) for row in rig.lines(ORDERS + "/cancelled")]
    now = rig.box.shop.now()
    for back in range(4):
        begin, end = wall(now - (back + 1) * 86_400 + 60), wall(now - back * 86_400 + 60)
        for row in rig.get(PACKS, begindate=begin, enddate=end, limit=10, offset=0):
            lines += [(item["orderNumber"], item["lineItemId"]) for item in row["items"]]
    for state in ("shipped", "delivered", "undelivered"):
        offset = 0
        while page := rig.get(f"{PACKS}/{state}", offset=offset, limit=10)["Items"]:
            offset += len(page)
            lines += [(item["OrderNumber"], item["LineItemId"]) for row in page for item in row["Items"]]
    truth = [(row["number"], line["remote_id"]) for row in rig.box.truth_orders() for line in row["lines"]]
    assert sorted(set(lines)) == sorted(truth)


def test_an_open_line_is_whole_and_exact(rig: Rig) -> None:
    order = rig.order()
    row = next(row for row in rig.lines() if row["orderNumber"] == order.number)
    truth = next(one for one in rig.box.truth_orders() if one["number"] == order.number)
    line = next(one for one in truth["lines"] if one["remote_id"] == row["id"])
    assert row["unitPrice"] == {"amount": Decimal(line["unit_price"]), "currency": "TRY"}
    assert row["totalPrice"]["amount"] == row["unitPrice"]["amount"] * row["quantity"]
    gross = row["totalPrice"]["amount"]
    assert row["vat"] == round(gross * row["vatRate"] / (100 + row["vatRate"]), 2)
    placed = datetime.fromisoformat(row["orderDate"])
    assert placed.tzinfo is None
    assert placed.replace(tzinfo=ISTANBUL) == datetime.fromisoformat(truth["placed_at"])
    raw = rig.http.get(ORDERS, params={"limit": 100}).text
    assert f'"amount":{line["unit_price"]}' in raw
    detail = rig.get(f"{ORDERS}/ordernumber/{order.number}")
    assert [one["id"] for one in detail["items"]] == [one["remote_id"] for one in truth["lines"]]
    assert any(len(one["number"]) == 19 for one in rig.box.truth_orders())


def test_limits_and_windows_of_the_order_list(rig: Rig) -> None:
    assert rig.http.get(ORDERS, params={"limit": 101}).status_code == 400
    assert rig.http.get(ORDERS, params={"begindate": "2026-11-20T10:00"}).status_code == 400
    order = rig.order()
    now = rig.box.shop.now()
    ask = {"limit": 100, "offset": 0, "begindate": wall(now - 3600), "enddate": wall(now + 60)}
    assert order.number in {row["orderNumber"] for row in rig.get(ORDERS, **ask)["items"]}
    # A window of more than 24 hours ends 24 hours after its begin: the new order is not there any more.
    wide = ask | {"begindate": wall(now - 30 * 3600)}
    assert order.number not in {row["orderNumber"] for row in rig.get(ORDERS, **wide)["items"]}


def test_orders_move_between_two_pages(rig: Rig) -> None:
    rig.box.add_orders(30)
    rig.control("between", [{"new": 4}, {"touch": 5, "seed": 3}])
    first = rig.get(ORDERS, offset=0, limit=10)
    second = rig.get(ORDERS, offset=10, limit=10)
    assert second["totalCount"] > first["totalCount"]
    assert rig.get(ORDERS, offset=20, limit=10)["totalCount"] < second["totalCount"]
    assert rig.box.counters()["packages_created"] > 0


def test_empty_lists_and_awaited_payments(rig: Rig) -> None:
    rig.switch("await_payment")
    order = rig.order()
    assert order.number not in {row["orderNumber"] for row in rig.lines()}
    waiting = rig.get(ORDERS + "/paymentawaiting", limit=100)["Items"]
    assert {row["OrderNumber"] for row in waiting} == {order.number}
    rig.switch("empty_orders")
    assert rig.get(ORDERS)["items"] == []
    assert rig.get(PACKS, timespan=24) == []
    rig.switch("empty_404")
    assert rig.http.get(ORDERS).status_code == 404


def test_a_damaged_order_is_damaged_in_every_list_and_keeps_its_number(rig: Rig) -> None:
    order = rig.order()
    rig.control("damage", {"remote_id": order.number})
    assert {row["quantity"] for row in rig.lines() if row["orderNumber"] == order.number} == {"çok"}
    rig.pack(order.lines[0])
    items = [item for row in rig.get(PACKS, timespan=1) for item in row["items"]]
    assert [item["quantity"] for item in items if item["orderNumber"] == order.number] == ["çok"]


# -- packages ------------------------------------------------------------------------------------------------------
def test_packing_takes_lines_out_of_the_list_and_unpacking_brings_them_back(rig: Rig) -> None:
    order = rig.order()
    with_ = rig.get(f"{LINES}/packageablewith/lineitemid/{order.lines[0].id}")
    assert order.lines[0].id in {row["id"] for row in with_}
    for line in order.lines:
        line.carrier = "HJ"
    reply = rig.pack(*order.lines)
    assert set(reply.json()) == {"packageNumber", "barcode"}
    assert order.number not in {row["orderNumber"] for row in rig.lines()}
    path = f"{PACKS}/packagenumber/{reply.json()['packageNumber']}"
    assert rig.get(path)["status"] == "Open"
    listed = rig.http.get(PACKS, params={"timespan": 1, "limit": 10, "offset": 0})
    assert listed.headers["totalcount"] == "1"
    assert [row["barcode"] for row in listed.json()] == [reply.json()["barcode"]]
    assert rig.pack(*order.lines).status_code == 409
    assert rig.http.post(f"{path}/unpack").status_code == 200
    assert {row["status"] for row in rig.lines() if row["orderNumber"] == order.number} == {"Unpacked"}
    assert rig.get(f"{PACKS}/status/unpacked")["Items"][0]["PackageNumber"] == reply.json()["packageNumber"]
    assert rig.http.post(f"{path}/unpack").status_code == 409
    assert rig.pack(*order.lines).status_code == 200


def test_what_a_package_may_not_hold(rig: Rig) -> None:
    one, other = rig.order(), rig.order()
    assert rig.pack(one.lines[0], other.lines[0]).status_code == 400
    request = {"id": one.lines[0].id, "quantity": one.lines[0].quantity + 1}
    assert rig.post(PACKS, {"lineItemRequests": [request]}).status_code == 400
    assert rig.pack(one.lines[0], parcelQuantity=0).status_code == 400
    assert rig.post(PACKS, {"lineItemRequests": []}).status_code == 400
    assert rig.post(PACKS, {"lineItemRequests": [{"id": "yok", "quantity": 1}]}).status_code == 404
    assert one.status == other.status == "Open"


def test_pieces_that_are_left_out_stay_open(rig: Rig) -> None:
    order = rig.order()
    line = order.lines[0]
    line.quantity = 3
    total = order.total
    assert rig.post(PACKS, {"lineItemRequests": [{"id": line.id, "quantity": 2}]}).status_code == 200
    left = [row for row in rig.lines() if row["orderNumber"] == order.number and row["sku"] == line.hb_sku]
    assert [row["quantity"] for row in left] == [1]
    assert left[0]["id"] != line.id
    assert order.total == total


def test_package_list_has_ten_rows_and_one_day(rig: Rig) -> None:
    assert rig.http.get(PACKS, params={"timespan": 24, "limit": 11}).status_code == 400
    assert rig.http.get(PACKS).status_code == 400
    now = rig.box.shop.now()
    wide = {"begindate": wall(now - 90_000), "enddate": wall(now)}
    assert rig.http.get(PACKS, params=wide).status_code == 400


def test_only_own_cargo_is_reported(rig: Rig) -> None:
    contracted, own = rig.packed(), rig.packed(own=True)
    body = {
        "shippedDate": "2026-11-20T10:00:00",
        "trackingNumber": "TR123",
        "trackingUrl": "https://kargo.example.invalid/TR123",
    }
    assert rig.post(f"{PACKS}/packagenumber/{contracted.number}/intransit", body).status_code == 409
    path = f"{PACKS}/packagenumber/{own.number}"
    assert rig.post(f"{path}/deliver", {"receivedBy": "Ayşe", "receivedDate": "2026-11-21"}).status_code == 409
    assert rig.post(f"{path}/intransit", {"trackingNumber": "TR123"}).status_code == 400
    assert rig.post(f"{path}/intransit", body).status_code == 200
    assert rig.get(path)["trackingInfoCode"] == "TR123"
    shipped = rig.get(f"{PACKS}/shipped", begindate=wall(rig.box.shop.now() - 60), limit=10)
    assert own.number in {row["PackageNumber"] for row in shipped["Items"]}
    assert rig.post(f"{path}/deliver", {"receivedBy": "Ayşe", "receivedDate": "2026-11-21"}).status_code == 200
    assert own.status == "Delivered"


def test_label_formats(rig: Rig) -> None:
    package = rig.packed()
    path = f"{PACKS}/packagenumber/{package.number}/labels"
    data = rig.get(path)
    assert data["format"] == "zpl"
    assert data["data"][0].startswith("^XA")
    assert package.barcode in data["data"][0]
    assert base64.b64decode(rig.get(path, format="base64zpl")["data"][0]).startswith(b"^XA")
    assert base64.b64decode(rig.get(path, format="png")["data"][0]).startswith(b"\x89PNG")
    assert rig.http.get(path, params={"format": "pdf"}).status_code == 400


def test_invoice_carrier_and_cancel(rig: Rig) -> None:
    package = rig.packed()
    path = f"{PACKS}/packagenumber/{package.number}"
    invoice = {
        "invoiceLink": "https://fatura.example.invalid/1.pdf",
        "serialNumber": "A",
        "rowNumber": "1",
        "arrangementDate": "2026-11-20",
    }
    assert rig.http.put(f"{path}/invoice", json=invoice | {"invoiceLink": "C:/fatura.pdf"}).status_code == 400
    assert rig.http.put(f"{path}/invoice", json=invoice).status_code == 204
    without = rig.get(f"{PACKS}/missing-invoice", begindate=wall(rig.box.shop.now() - 60))["Items"]
    assert package.number not in {row["PackageNumber"] for row in without}
    codes = [row["shortName"] for row in rig.get(f"{path}/changablecargocompanies")]
    assert rig.http.put(f"{path}/changecargocompany", json={"CargoCompanyShortName": codes[0]}).status_code == 200
    assert package.carrier == codes[0]
    order = rig.order()
    line = order.lines[0]
    cancel = f"{LINES}/id/{line.id}/cancelbymerchant"
    assert rig.post(cancel, {"reasonId": "83"}).status_code == 400
    assert rig.post(cancel, {"reasonId": 83}).status_code == 200
    assert rig.post(cancel, {"reasonId": 83}).status_code == 409
    row = next(one for one in rig.lines(ORDERS + "/cancelled") if one["lineItemId"] == line.id)
    assert (row["cancelReasonCode"], row["cancelledBy"]) == (83, "Merchant")


def test_a_cancelled_order_leaves_lines_and_packages(rig: Rig) -> None:
    package = rig.packed()
    order = package.parts[0][0]
    rig.control("cancel", {"remote_id": order.number})
    assert package.number not in {row["packageNumber"] for row in rig.get(PACKS, timespan=1)}
    assert order.number in {row["orderNumber"] for row in rig.lines(ORDERS + "/cancelled")}
    assert next(one for one in rig.box.truth_orders() if one["number"] == order.number)["status"] == "Cancelled"


# -- claims and questions ------------------------------------------------------------------------------------------
def test_claims(rig: Rig) -> None:
    reply = rig.http.get(CLAIMS)
    assert (reply.status_code, reply.json()["code"]) == (400, "LimitCannotBeEmpty")
    assert rig.http.get(CLAIMS + "/status/Bekliyor", params={"limit": 10}).status_code == 400
    rows = rig.get(CLAIMS + "/status/AwaitingAction", limit=100, offset=0)
    assert len(rows) >= 2
    accept, reject = (f"/claims/number/{row['number']}" for row in rows[:2])
    assert (
        rig.post(accept + "/accept", {"FinalizedWith": "Refund", "InvoiceLink": "", "AcceptionReason": ""}).status_code
        == 204
    )
    assert rig.post(accept + "/accept", {"FinalizedWith": "Refund"}).status_code == 409
    body = {
        "ClaimRejectionReason": 12,
        "MerchantStatement": "Ürün kullanılmış",
        "Reports": [],
        "UploadedReportsUrls": [],
    }
    assert rig.post(reject + "/reject", body).status_code == 400
    assert rig.post(reject + "/reject", body | {"ClaimRejectionReason": 3}).status_code == 204
    accepted = rig.get(CLAIMS + "/status/Accepted", limit=10)
    assert accepted[0]["refundAmount"] == accepted[0]["totalPriceAmount"]


def test_questions(rig: Rig) -> None:
    rows = rig.get("/api/v1.0/issues", offset=0, limit=10)["data"]
    path = f"/api/v1.0/issues/{rows[0]['issueNumber']}"
    count = rig.get("/api/v1.0/issues/count")["count"]
    assert rig.post(path + "/answer", {"answer": "Bugün kargoda."}).status_code == 200
    assert rig.post(path + "/answer", {"answer": "Yine"}).status_code == 409
    assert rig.get("/api/v1.0/issues/count")["count"] == count - 1


# -- faults --------------------------------------------------------------------------------------------------------
def test_a_write_whose_answer_is_lost_happened_once(rig: Rig) -> None:
    rig.control("faults", {"kind": "drop_after", "path": "stock-uploads"})
    with pytest.raises(httpx.HTTPError):
        rig.post(f"{LIST}/stock-uploads", [{"merchantSku": "PX-00001", "availableStock": 41}])
    assert rig.get(LIST, offset=0, limit=1)["listings"][0]["availableStock"] == 41
    assert rig.box.counters()["write:PX-00001"] == 1


def test_the_same_seed_gives_the_same_shop() -> None:
    one, two = (create(seed=4, orders=12, listings=6) for _ in range(2))
    assert one.truth_listings() == two.truth_listings()
    assert [row["number"] for row in one.truth_orders()] == [row["number"] for row in two.truth_orders()]
    with pytest.raises(KeyError):
        one.switch("no_such_thing", True)
