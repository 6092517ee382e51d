"""Publishing at the fake N11, over bare HTTP: the tree, the create task and the update task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.sandboxes.n11 import APP_KEY, APP_SECRET, N11Sandbox, create
from tests.support.serving import serve

Row = dict[str, Any]


def pot(**changes: Any) -> Row:
    return {
        "title": "Işıltılı Çaydanlık", "description": "<p>Şık</p>", "categoryId": 1000723, "currencyType": "TL", "productMainId": "ÇAY-1",
        "preparingDay": 2, "shipmentTemplate": "Standart Kargo", "stockCode": "PX-ÇAY-1", "barcode": "8690000777771", "quantity": 7,
        "images": [{"url": "https://cdn.example.invalid/2.jpg", "order": 2}, {"url": "https://cdn.example.invalid/1.jpg", "order": 1}],
        "attributes": [{"id": 1, "customValue": "Işıl"}, {"id": 14, "valueId": 7100}, {"id": 2, "valueId": 7000}],
        "salePrice": 199.9, "listPrice": 249.9, "vatRate": 20, "bundle": False,
    } | changes  # fmt: skip


class Rig:
    def __init__(self, box: N11Sandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(path, params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def task(self, name: str, *skus: Row) -> Any:
        body = {"payload": {"integrator": "Paxzar", "skus": list(skus)}}
        reply = self.http.post(f"/ms/product/tasks/{name}", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def details(self, task: Any) -> Any:
        body = {"taskId": task["id"], "pageable": {"page": 0, "size": 1000}}
        return self.http.post("/ms/product/task-details/page-query", json=body).json()

    def rows(self, name: str, *skus: Row) -> list[Row]:
        task = self.task(name, *skus)
        assert self.details(task)["status"] == "IN_QUEUE"
        found = self.details(task)
        assert found["status"] == "PROCESSED"
        rows: list[Row] = found["skus"]["content"]
        return rows

    def on(self, feature: str, on: bool = True) -> None:
        assert self.http.post("/_control/switch", json={"feature": feature, "on": on}).status_code == 200

    def told(self) -> list[Row]:
        return [row for row in self.get("/_control/products") if row["sku"].startswith("PX-ÇAY")]

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = self.get("/_control/state")["counters"]
        return found


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(listings=3)
    assert isinstance(box, N11Sandbox)
    with (
        serve(box.app) as base,
        httpx.Client(base_url=base, timeout=20, headers={"appkey": APP_KEY, "appsecret": APP_SECRET}) as http,
    ):
        yield Rig(box, http)


def test_a_leaf_has_no_sub_categories_and_flags(rig: Rig) -> None:
    home = rig.get("/cdn/categories")["categories"][0]
    assert [one["subCategories"] is None for one in home["subCategories"]] == [True, True, False]
    rows = rig.get("/cdn/category/1000723/attribute")["categoryAttributes"]
    flags = {row["attributeName"]: (row["isMandatory"], row["isVariant"], row["isCustomValue"]) for row in rows}
    assert flags["Marka"] == (True, False, True)
    assert flags["Renk"] == (False, True, False)
    assert rig.http.get("/cdn/category/1000477/attribute").status_code == 404


def test_a_product_is_made_listed_and_writable(rig: Rig) -> None:
    (row,) = rig.rows("product-create", pot())
    assert (row["itemCode"], row["status"], row["reasons"]) == ("PX-ÇAY-1", "SUCCESS", [])
    (told,) = rig.told()
    assert told["attributes"] == {"1": "Işıl", "14": "Seramik", "2": "Kırmızı"}
    assert (told["brand"], told["category_id"], told["price"], told["list_price"]) == (
        "Işıl",
        "1000723",
        "199.90",
        "249.90",
    )
    assert told["images"] == ["https://cdn.example.invalid/1.jpg", "https://cdn.example.invalid/2.jpg"]
    (listed,) = rig.get("/ms/product-query", stockCode="PX-ÇAY-1")["content"]
    assert (listed["saleStatus"], listed["categoryId"], listed["brandName"]) == ("On_Sale", 1000723, "Işıl")
    rig.rows("price-stock-update", {"stockCode": "PX-ÇAY-1", "quantity": 2})
    assert rig.told()[0]["quantity"] == 2
    assert (rig.counters()["products_created"], rig.counters()["product:PX-ÇAY-1"]) == (1, 1)
    assert "mevcut" in rig.rows("product-create", pot())[0]["reasons"][0]
    assert rig.counters()["product:PX-ÇAY-1"] == 1


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"categoryId": 1000477}, "en alt"), ({"vatRate": 18}, "vatRate"), ({"currencyType": "TRY"}, "currencyType"),
        ({"images": [{"url": "http://a.invalid/1.jpg", "order": 1}]}, "https"), ({"listPrice": 100}, "listPrice"),
        ({"attributes": [{"id": 1, "customValue": "Işıl"}]}, "Materyal zorunludur"), ({"preparingDay": 0}, "preparingDay"),
        ({"attributes": [{"id": 1, "valueId": 9100}, {"id": 14, "customValue": "Taş"}]}, "valueId"), ({"colour": "x"}, "bilinmeyen"),
        ({"barcode": "8690000000012"}, "barkodlu"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_with_its_sku(rig: Rig, changes: Row, word: str) -> None:
    bad, good = rig.rows("product-create", pot(**changes), pot(stockCode="PX-ÇAY-2", productMainId="ÇAY-2"))
    assert (bad["status"], good["status"]) == ("FAIL", "SUCCESS")
    assert word in " ".join(bad["reasons"])
    assert [one["sku"] for one in rig.told()] == ["PX-ÇAY-2"]


def test_variants_of_one_group_differ(rig: Rig) -> None:
    other = pot(stockCode="PX-ÇAY-2", barcode="8690000777788")
    assert "varyant" in rig.rows("product-create", pot(), other)[1]["reasons"][0]
    other["attributes"][2] = {"id": 2, "valueId": 7001}
    assert rig.rows("product-create", other)[0]["status"] == "SUCCESS"


def test_an_update_knows_few_fields(rig: Rig) -> None:
    rig.rows("product-create", pot())
    changes = {"stockCode": "PX-ÇAY-1", "description": "Yeni", "vatRate": 10, "productMainId": "ÇAY-9"}
    assert rig.rows("product-update", changes)[0]["status"] == "SUCCESS"
    assert (rig.told()[0]["description"], rig.told()[0]["vat_rate"], rig.told()[0]["group"]) == ("Yeni", "10", "ÇAY-1")
    assert rig.rows("product-update", changes | {"deleteProductMainId": True})[0]["status"] == "SUCCESS"
    assert rig.told()[0]["group"] == "ÇAY-9"
    assert rig.rows("product-update", changes | {"title": "Ad"})[0]["status"] == "FAIL"
    assert rig.rows("product-update", {"stockCode": "YOK", "vatRate": 10})[0]["status"] == "FAIL"
    assert rig.counters()["products_updated"] == 2


def test_switches(rig: Rig) -> None:
    rig.on("refuse_product:PX-ÇAY-1")
    assert rig.rows("product-create", pot())[0]["status"] == "FAIL"
    rig.on("refuse_product:PX-ÇAY-1", False)
    rig.on("ignore_products")
    assert rig.rows("product-create", pot())[0]["status"] == "SUCCESS"
    assert not rig.told()
    rig.on("ignore_products", False)
    rig.on("slow_products")
    task = rig.task("product-create", pot())
    assert [rig.details(task)["status"] for _ in range(3)] == ["IN_QUEUE"] * 3
    rig.on("slow_products", False)
    assert rig.details(task)["status"] == "PROCESSED"
    assert rig.task("product-create")["status"] == "REJECT"
