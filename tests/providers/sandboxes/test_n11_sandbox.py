"""The fake N11 against the sentences of reference/marketplaces-tr.md, over a real socket, with a bare HTTP client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest
from lxml import etree

from providers.sandboxes.n11 import APP_KEY, APP_SECRET, N11Sandbox, create
from providers.sandboxes.n11_state import Package
from tests.support.serving import serve

PRODUCTS = "/ms/product-query"
TASK = "/ms/product/tasks/price-stock-update"
DETAILS = "/ms/product/task-details/page-query"
PACKAGES = "/rest/delivery/v1/shipmentPackages"
UPDATE = "/rest/order/v1/update"
DAY = 86_400_000
SCH = "http://www.n11.com/ws/schemas"


class Rig:
    def __init__(self, box: N11Sandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(path, params=params)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content, parse_float=Decimal)

    def post(self, path: str, body: Any) -> Any:
        reply = self.http.post(path, json=body)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content, parse_float=Decimal)

    def control(self, path: str, body: Any) -> None:
        assert self.http.post(f"/_control/{path}", json=body).status_code == 200

    def switch(self, feature: str) -> None:
        self.control("switch", {"feature": feature, "on": True})

    @property
    def now(self) -> int:
        return self.box.shop.now()

    def new(self) -> Package:
        return self.box.shop.packages[int(self.box.add_orders(1)[0])]

    def push(self, *skus: dict[str, Any]) -> Any:
        return self.post(TASK, {"payload": {"integrator": "Paxzar", "skus": list(skus)}})

    def result(self, task: Any) -> Any:
        body = {"taskId": task["id"], "pageable": {"page": 0, "size": 1000}}
        first = self.post(DETAILS, body)
        assert (first["status"], first["skus"]["content"]) == ("IN_QUEUE", [])
        return self.post(DETAILS, body)

    def row(self, package_id: int) -> Any:
        return self.get(PACKAGES, packageIds=package_id)["content"][0]

    def soap(
        self, service: str, operation: str, inner: str = "", secret: str = APP_SECRET, first: str = ""
    ) -> etree._Element:
        auth = f"<auth><appKey>{APP_KEY}</appKey><appSecret>{secret}</appSecret></auth>"
        body = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            f'<n:{operation} xmlns:n="{SCH}">{first}{auth}{inner}</n:{operation}></s:Body></s:Envelope>'
        )
        reply = self.http.post(
            f"/ws/{service}.wsdl", content=body.encode(), headers={"content-type": "text/xml; charset=utf-8"}
        )
        assert reply.status_code == 200, reply.text
        return etree.fromstring(reply.content)


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(orders=80, listings=45)
    assert isinstance(box, N11Sandbox)
    headers = {"appkey": box.credentials["app_key"], "appsecret": box.credentials["app_secret"]}
    with serve(box.app) as base, httpx.Client(base_url=base, headers=headers, trust_env=False) as http:
        yield Rig(box, http)


# -- the door ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("headers", [{"appkey": "yok"}, {"appsecret": "yok"}, {"appsecret": ""}])
def test_each_path_refuses_in_its_own_way(rig: Rig, headers: dict[str, str]) -> None:
    for path in (PRODUCTS, "/cdn/categories"):
        reply = rig.http.get(path, headers=headers)
        assert reply.status_code == 401
        assert reply.json()["@type"] == "SellerApiUserUnauthorizedException"
    reply = rig.http.get(PACKAGES, headers=headers)
    assert (reply.status_code, reply.text) == (403, "Authentication failed")
    assert reply.headers["content-type"].startswith("text/plain")
    answer = rig.soap("returnService", "ClaimReturnListRequest", secret="yok")
    assert answer.findtext(".//errorCode") == "SELLER_API.authenticationFailed"


def test_a_thousand_order_lists_a_minute(rig: Rig) -> None:
    rig.box.per_minute["orders"] = 4
    assert [rig.http.get(PACKAGES, params={"size": 1}).status_code for _ in range(5)] == [200] * 4 + [429]
    assert rig.http.get(PRODUCTS).status_code == 200
    rig.control("clock", {"advance": 61})
    assert rig.http.get(PACKAGES).status_code == 200
    rig.control("limits", {"on": False})
    assert {rig.http.get(PACKAGES, params={"size": 1}).status_code for _ in range(8)} == {200}


# -- products ------------------------------------------------------------------------------------------------------
def test_products_page_and_filter(rig: Rig) -> None:
    first, second = (rig.get(PRODUCTS, page=page, size=30) for page in (0, 1))
    assert (first["totalElements"], first["totalPages"], first["last"], second["last"]) == (45, 2, False, True)
    rows = first["content"] + second["content"]
    truth = rig.http.get("/_control/listings").json()
    assert [(r["stockCode"], r["salePrice"], r["listPrice"], r["quantity"], r["currencyType"]) for r in rows] == [
        (t["sku"], Decimal(t["price"]), Decimal(t["list_price"]), t["stock"], "TL") for t in truth
    ]
    assert rig.http.get(PRODUCTS, params={"size": 251}).status_code == 400
    assert [one["stockCode"] for one in rig.get(PRODUCTS, productStatus="Suspended")["content"]] == ["PX-00040"]
    assert rig.http.get(PRODUCTS, params={"productStatus": "suspended?"}).status_code == 400
    rig.box.shop.items["PX-00003"].quantity = 0
    sold_out = rig.get(PRODUCTS, saleStatus="Out_Of_Stock", size=250)["content"]
    assert {one["stockCode"] for one in sold_out} == {
        row["sku"] for row in rig.box.truth_listings() if row["stock"] == 0
    }


def test_a_task_is_queued_first_and_then_tells_each_sku(rig: Rig) -> None:
    rig.switch("refuse_sku:PX-00009")
    body = """{"payload":{"integrator":"Paxzar","skus":[
      {"stockCode":"PX-00001","listPrice":249.90,"salePrice":199.90,"quantity":5,"currencyType":"TL"},
      {"stockCode":"PX-00002","quantity":7},
      {"stockCode":"PX-00003","salePrice":10.00,"currencyType":"TL"},
      {"stockCode":"PX-00004","listPrice":10.00,"salePrice":11.00,"currencyType":"TL"},
      {"stockCode":"PX-00005","listPrice":12.00,"salePrice":11.00,"currencyType":"TRY"},
      {"stockCode":"PX-00006","listPrice":12.005,"salePrice":11.00,"currencyType":"TL"},
      {"stockCode":"PX-00007","quantity":-1},
      {"stockCode":"YOK","quantity":1},
      {"stockCode":"PX-00009","quantity":1},
      {"stockCode":"PX-00010"}]}}"""
    task = rig.http.post(TASK, content=body).json()
    assert (task["type"], task["status"], task["reasons"]) == ("SKU_UPDATE", "IN_QUEUE", [])
    data = rig.result(task)
    assert data["status"] == "PROCESSED"
    rows = data["skus"]["content"]
    assert [one["status"] for one in rows] == ["SUCCESS", "SUCCESS"] + ["FAIL"] * 8
    assert all(one["reasons"] for one in rows[2:])
    truth = {row["sku"]: row for row in rig.box.truth_listings()}
    assert (truth["PX-00001"]["price"], truth["PX-00001"]["list_price"], truth["PX-00001"]["stock"]) == (
        "199.90",
        "249.90",
        5,
    )
    assert truth["PX-00002"]["stock"] == 7
    assert rig.box.counters()["write:PX-00001"] == 1


def test_a_task_is_rejected_as_a_whole(rig: Rig) -> None:
    one = {"stockCode": "PX-00001", "quantity": 1}
    assert rig.push(*[one] * 1001)["status"] == "REJECT"
    assert rig.push()["reasons"]
    assert rig.post(TASK, {"payload": {"skus": [one]}})["status"] == "REJECT"
    assert rig.http.post(TASK, content=b"{").status_code == 400
    assert rig.http.post(DETAILS, json={"taskId": 1, "pageable": {"page": 0, "size": 10}}).status_code == 404
    assert "batches_taken" not in rig.box.counters()


def test_details_have_pages(rig: Rig) -> None:
    task = rig.push(*({"stockCode": f"PX-{i:05d}", "quantity": 3} for i in range(1, 26)))
    rig.control("clock", {"advance": 61})
    codes = []
    for page in (0, 1, 2):
        skus = rig.post(DETAILS, {"taskId": task["id"], "pageable": {"page": page, "size": 10}})["skus"]
        assert skus["totalPages"] == 3
        codes += [one["itemCode"] for one in skus["content"]]
    assert codes == [f"PX-{i:05d}" for i in range(1, 26)]


def test_switches_on_writes(rig: Rig) -> None:
    def written() -> int:
        return sum(row["stock"] == 777 for row in rig.box.truth_listings())

    skus = [{"stockCode": f"PX-{i:05d}", "quantity": 777} for i in range(1, 11)]
    rig.switch("ignore_writes")
    assert {one["status"] for one in rig.result(rig.push(*skus))["skus"]["content"]} == {"SUCCESS"}
    assert written() == 0
    rig.control("switch", {"feature": "ignore_writes", "on": False})
    rig.switch("apply_70")
    rig.push(*skus)
    assert written() == 7
    rig.control("switch", {"feature": "apply_70", "on": False})
    rig.switch("late_writes")
    task = rig.push(*skus)
    assert written() == 7
    rig.result(task)
    assert written() == 10


def test_categories_need_the_keys_too(rig: Rig) -> None:
    leaf = rig.get("/cdn/categories")["categories"][0]["subCategories"][0]
    rows = rig.get(f"/cdn/category/{leaf['id']}/attribute")["categoryAttributes"]
    assert rows[0]["attributeId"] == 1  # the brand
    assert rig.http.get("/cdn/category/5/attribute").status_code == 404


# -- orders --------------------------------------------------------------------------------------------------------
def test_packages_page_and_state_exact_money(rig: Rig) -> None:
    truth = {row["remote_id"]: row for row in rig.box.truth_orders()}
    found = {}
    for start in (rig.now - 30 * DAY, rig.now - 15 * DAY):
        page = 0
        while rows := rig.get(PACKAGES, startDate=start, endDate=start + 15 * DAY, page=page, size=10)["content"]:
            found |= {str(row["id"]): row for row in rows}
            page += 1
    assert found.keys() == truth.keys()
    for name, row in found.items():
        assert (
            row["totalAmount"]
            == Decimal(truth[name]["total"])
            == sum(line["sellerInvoiceAmount"] for line in row["lines"])
        )
        for line, one in zip(row["lines"], truth[name]["lines"], strict=True):
            assert line["price"] == Decimal(one["unit_price"])
            assert line["sellerInvoiceAmount"] == line["price"] * line["quantity"] - line["totalSellerDiscountPrice"]
            assert line["dueAmount"] == line["sellerInvoiceAmount"] - line["totalMallDiscountPrice"]
        placed = row["packageHistories"][0]["createdDate"]
        assert placed == int(datetime.fromisoformat(truth[name]["placed_at"]).timestamp() * 1000)
        assert row["shipmentPackageStatus"].replace(" ", "").casefold() == truth[name]["status"].casefold()
    assert any(row["shipmentPackageStatus"] != truth[name]["status"] for name, row in found.items())


def test_a_longer_window_is_silently_clipped(rig: Rig) -> None:
    start = rig.now - 29 * DAY
    whole = rig.get(PACKAGES, startDate=start, endDate=rig.now, size=100)
    assert 0 < whole["totalElements"] < 80
    assert whole["totalElements"] == rig.get(PACKAGES, startDate=start, endDate=start + 15 * DAY)["totalElements"]
    assert rig.http.get(PACKAGES, params={"startDate": rig.now, "endDate": start}).status_code == 400


def test_parameters_of_the_order_list(rig: Rig) -> None:
    assert rig.http.get(PACKAGES, params={"size": 101}).status_code == 400
    assert rig.http.get(PACKAGES, params={"status": "Created,Picking"}).status_code == 400
    package = rig.new()
    assert rig.get(PACKAGES, orderNumber=package.number)["totalElements"] == 1
    rows = rig.get(PACKAGES, status="Created", size=100)["content"]
    assert {row["shipmentPackageStatus"].casefold() for row in rows} == {"created"}
    old = next(one for one in rig.box.shop.packages.values() if one.placed < rig.now - 20 * DAY)
    old.modified = rig.now
    recent = {"startDate": rig.now - DAY, "endDate": rig.now + 1000, "size": 100}
    assert old.id not in {row["id"] for row in rig.get(PACKAGES, **recent)["content"]}
    changed = rig.get(PACKAGES, **recent, orderByField="true", orderByDirection="ASC")["content"]
    assert old.id in {row["id"] for row in changed}
    assert changed == sorted(changed, key=lambda row: (row["lastModifiedDate"], row["id"]))


def test_epochs_may_be_three_hours_ahead(rig: Rig) -> None:
    package = rig.new()
    plain = rig.row(package.id)["lastModifiedDate"]
    rig.switch("shifted_epochs")
    assert rig.row(package.id)["lastModifiedDate"] - plain == 3 * 3_600_000
    window = {"startDate": rig.now - 60_000, "size": 100}
    assert rig.get(PACKAGES, **window, endDate=rig.now + 60_000)["totalElements"] == 0
    rows = rig.get(PACKAGES, **window, endDate=rig.now + 4 * 3_600_000)["content"]
    assert package.id in {row["id"] for row in rows}


def test_records_move_between_two_pages(rig: Rig) -> None:
    rig.control("between", [{"new": 3}, {"touch": 6, "seed": 2}])
    asked = {"startDate": rig.now - 14 * DAY, "endDate": rig.now + DAY // 2, "size": 10, "orderByField": "true"}
    first = rig.get(PACKAGES, **asked, page=0)
    second = rig.get(PACKAGES, **asked, page=1)
    assert second["totalElements"] == first["totalElements"] + 3
    assert {row["id"] for row in first["content"]} & {
        row["id"] for row in second["content"]
    }  # pushed on to the next page
    third = rig.get(PACKAGES, **asked, page=0)["content"]
    assert len({row["lastModifiedDate"] for row in third[:6]}) == 1


def test_empty_damaged_nameless(rig: Rig) -> None:
    package = rig.new()
    rig.control("damage", {"remote_id": str(package.id)})
    row = rig.row(package.id)
    assert (row["id"], row["lines"]) == (package.id, "bozuk")
    rig.switch("location_based")
    rows = rig.get(PACKAGES, startDate=rig.now - 14 * DAY, size=100)["content"]
    nameless = {row["orderNumber"] for row in rows if row["id"] is None}
    assert nameless
    assert nameless <= {one["remote_id"] for one in rig.box.truth_orders()}
    rig.switch("empty_orders")
    assert rig.get(PACKAGES)["content"] == []


# -- a package's life ----------------------------------------------------------------------------------------------
def test_picking_line_by_line(rig: Rig) -> None:
    package = rig.new()
    lines = [{"lineId": line.id} for line in package.lines]
    assert rig.http.put(UPDATE, json={"lines": lines, "status": "Shipped"}).status_code == 400
    assert rig.http.put(UPDATE, json={"lines": [], "status": "Picking"}).status_code == 400
    body = {"lines": [*lines, {"lineId": 1}], "status": "Picking"}
    first = rig.http.put(UPDATE, json=body).json()["content"]
    assert [one["status"] for one in first] == ["SUCCESS"] * len(lines) + ["FAIL"]
    assert package.status == "Picking"
    assert {one["status"] for one in rig.http.put(UPDATE, json=body).json()["content"]} == {"FAIL"}
    assert rig.box.counters()[f"status:{package.id}"] == 1


def test_a_partial_cancel_changes_id_and_campaign_code(rig: Rig) -> None:
    package = rig.new()
    line = package.lines[0]
    line.quantity = 3
    path = "/rest/delivery/v1/splitPackageByQuantity"
    for wrong in ({"quantity": 4, "cancelReasonId": 61}, {"quantity": 1, "cancelReasonId": 60}):
        assert rig.http.post(path, json={"cancelledItems": [{"orderLineId": line.id, **wrong}]}).status_code == 400
    rig.post(path, {"cancelledItems": [{"orderLineId": line.id, "quantity": 1, "cancelReasonId": 61}]})
    rows = {
        row["shipmentPackageStatus"].replace(" ", ""): row
        for row in rig.get(PACKAGES, orderNumber=package.number)["content"]
    }
    rest = next(row for word, row in rows.items() if word.casefold() == "created")
    assert rest["id"] != package.id
    assert rest["cargoTrackingNumber"] != package.campaign
    assert next(one["quantity"] for one in rest["lines"] if one["orderLineId"] == line.id) == 2
    assert (package.status, package.lines[0].quantity) == ("UnSupplied", 1)


def test_split(rig: Rig) -> None:
    package = rig.new()
    while len(package.lines) < 2:
        package = rig.new()
    path = "/rest/delivery/v1/splitCombinePackage"
    everything = [line.id for line in package.lines]
    assert rig.http.post(path, json={"splitGroups": [{"orderLineIds": everything}]}).status_code == 400
    rig.post(path, {"splitGroups": [{"orderLineIds": everything[:1]}]})
    same = [one for one in rig.box.shop.packages.values() if one.number == package.number and one.status == "Created"]
    assert [[line.id for line in one.lines] for one in same] == [everything[:1], everything[1:]]
    assert package.status == "Unpacked"


def test_tracking_comes_with_the_carrier(rig: Rig) -> None:
    package = rig.new()
    assert rig.row(package.id)["cargoSenderNumber"] is None
    rig.box.shop.set_status(package, "Shipped", rig.now)
    row = rig.row(package.id)
    assert row["cargoSenderNumber"] != row["cargoTrackingNumber"] == package.campaign
    rig.control("cancel", {"remote_id": str(package.id)})
    assert rig.row(package.id)["shipmentPackageStatus"].casefold() == "cancelled"


# -- SOAP ----------------------------------------------------------------------------------------------------------
def test_returns_come_by_twenty_and_leave_the_package_delivered(rig: Rig) -> None:
    delivered = next(one for one in rig.box.shop.packages.values() if one.status == "Delivered")
    now = rig.now
    made = [rig.box.shop.add_claim(delivered, now) for _ in range(23)]
    day = datetime.fromtimestamp(now / 1000, timezone(timedelta(hours=3))).strftime("%d/%m/%Y")
    period = f"<period><startDate>{day}</startDate><endDate>{day}</endDate></period>"
    seen = []
    for page in (0, 1):
        search = f"<searchData><status>REQUESTED</status>{period}</searchData><pagingData><currentPage>{page}</currentPage></pagingData>"
        answer = rig.soap("returnService", "ClaimReturnListRequest", search)
        seen.append([int(one.text or "") for one in answer.iter("claimReturnId")])
    assert len(seen[0]) == 20
    assert {claim.id for claim in made} <= set(seen[0] + seen[1])
    one = f"<claimReturnId>{made[0].id}</claimReturnId>"
    assert rig.soap("returnService", "ClaimReturnApproveRequest", one).findtext(".//status") == "success"
    again = rig.soap("returnService", "ClaimReturnApproveRequest", one)
    assert (again.findtext(".//status"), made[0].status) == ("failure", "APPROVED")
    assert delivered.status == "Delivered"
    bad = rig.soap("returnService", "ClaimReturnListRequest", "<startDate>2026-01-05</startDate>")
    assert bad.findtext(".//errorCode") == "SELLER_API.invalidDate"


def test_invoice_link(rig: Rig) -> None:
    package = rig.new()

    def send(url: str, number: str) -> str | None:
        inner = (
            f"<url>{url}</url><orderNumber>{package.number}</orderNumber><invoiceNumber>{number}</invoiceNumber>"
            "<invoiceDateTime>20/11/2026 10:00</invoiceDateTime>"
        )
        return rig.soap("SellerInvoiceService", "SaveLinkSellerInvoiceRequest", inner).findtext(".//status")

    good = "https://fatura.example.invalid/1.pdf"
    assert send("http://fatura.example.invalid/1.pdf", "ABC2026000000001") == "failure"
    assert send("https://fatura.example.invalid/1.html", "ABC2026000000001") == "failure"
    assert send("https://" + "a" * 2050 + "/1.pdf", "ABC2026000000001") == "failure"
    assert send(good, "ABC202600000001") == "failure"
    assert package.invoice is None
    assert send(good, "ABC2026000000001") == "success"
    assert package.invoice == {"url": good, "number": "ABC2026000000001", "at": "20/11/2026 10:00"}


def test_soap_takes_auth_first_and_no_doctype(rig: Rig) -> None:
    answer = rig.soap("returnService", "ClaimReturnListRequest", first="<status>ALL</status>")
    assert answer.findtext(".//errorCode") == "SELLER_API.authenticationFailed"
    hostile = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    assert rig.http.post("/ws/returnService.wsdl", content=hostile).status_code == 500
    assert rig.http.post("/ws/orderService.wsdl", content="<x/>").status_code == 404  # closed in December 2024


def test_one_question_call_a_minute(rig: Rig) -> None:
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<n:Soru xmlns:n="{SCH}"><auth><appKey>{APP_KEY}</appKey><appSecret>{APP_SECRET}</appSecret></auth></n:Soru></s:Body></s:Envelope>'
    )
    path = "/ws/productQuestionService.wsdl"
    assert b"faultstring" in rig.http.post(path, content=body).content
    assert b"SELLER_API.limitExceeded" in rig.http.post(path, content=body).content
    rig.control("clock", {"advance": 61})
    assert b"faultstring" in rig.http.post(path, content=body).content


# -- faults --------------------------------------------------------------------------------------------------------
def test_a_write_whose_answer_is_lost_happened_once(rig: Rig) -> None:
    rig.control("faults", {"kind": "drop_after", "path": "price-stock-update"})
    with pytest.raises(httpx.HTTPError):
        rig.push({"stockCode": "PX-00001", "quantity": 41})
    assert rig.get(PRODUCTS, stockCode="PX-00001")["content"][0]["quantity"] == 41
    assert rig.box.counters()["write:PX-00001"] == 1


def test_the_same_seed_gives_the_same_shop() -> None:
    one, two = (create(seed=4, orders=12, listings=6) for _ in range(2))
    assert one.truth_listings() == two.truth_listings()
    assert [row["number"] for row in one.truth_orders()] == [row["number"] for row in two.truth_orders()]
    with pytest.raises(KeyError):
        one.switch("no_such_thing", True)
