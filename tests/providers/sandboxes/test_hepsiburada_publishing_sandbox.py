"""Publishing at the fake Hepsiburada, over bare HTTP: the file, its later result, the decision, the update ticket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.sandboxes.hepsiburada import DEVELOPER, MERCHANT, SERVICE_KEY, HepsiburadaSandbox, create
from tests.support.serving import serve

API = "/product/api/products"
TREE = "/product/api/categories"
LIST = f"/listings/merchantid/{MERCHANT}"
Row = dict[str, Any]


def mug(attributes: Row | None = None, **changes: Any) -> Row:
    words = {
        "merchantSku": "PX-KUPA-1", "VaryantGroupID": "KUPA", "Barcode": "8690000777771", "UrunAdi": "Işıltılı Çay Kupası",
        "UrunAciklamasi": "Şık", "Marka": "Örnek", "kg": "1", "tax_vat_rate": "20", "price": "199,90", "stock": "7",
        "Image1": "https://cdn.example.invalid/ş.jpg", "renk_variant_property": "Kırmızı", "00000MU": ["Seramik", "Ahşap 3"],
    } | (attributes or {})  # fmt: skip
    return {"categoryId": 18021982, "merchant": MERCHANT, "attributes": words} | changes


class Rig:
    def __init__(self, box: HepsiburadaSandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(path, params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def send(self, *items: Any, path: str = f"{API}/import", data: Any = None) -> str:
        file = {"file": ("urunler.json", json.dumps(list(items) if data is None else data), "application/json")}
        reply = self.http.post(path, files=file)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["data"]["trackingId"])

    def look(self, tracking: str) -> Row:
        row: Row = self.get(f"{API}/status/{tracking}", page=0, size=100)["data"][0]
        return row

    def decided(self, tracking: str) -> Row:
        for _ in range(2):
            self.look(tracking)
        return self.look(tracking)

    def on(self, feature: str, on: bool = True) -> None:
        assert self.http.post("/_control/switch", json={"feature": feature, "on": on}).status_code == 200

    def told(self) -> list[Row]:
        rows: list[Row] = self.get("/_control/products")
        return rows

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = self.get("/_control/state")["counters"]
        return found


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(listings=3)
    assert isinstance(box, HepsiburadaSandbox)
    with (
        serve(box.app) as base,
        httpx.Client(
            base_url=base, timeout=20, auth=(MERCHANT, SERVICE_KEY), headers={"User-Agent": DEVELOPER}
        ) as http,
    ):
        yield Rig(box, http)


def test_the_catalogue_is_paged(rig: Rig) -> None:
    first = rig.get(f"{TREE}/get-all-categories", leaf="true", status="ACTIVE", available="true", page=0, size=2000)
    assert (first["totalPages"], first["last"], first["data"][0]["paths"][-1]) == (2, False, "Kupa & Bardak")
    second = rig.get(f"{TREE}/get-all-categories", leaf="true", status="ACTIVE", available="true", page=1, size=2000)
    assert second["last"]
    assert len(first["data"]) + len(second["data"]) == first["totalElements"]
    asked = rig.get(f"{TREE}/18021982/attributes")["data"]
    assert [a["id"] for a in asked["variantAttributes"]] == ["renk_variant_property"]
    values = rig.get(f"{TREE}/18021982/attribute/00000MU/values", page=0, size=1000)
    assert (len(values["data"]), values["totalPages"], values["data"][0]["value"]) == (1000, 2, "Seramik")
    assert rig.http.get(f"{TREE}/60001546/attributes").status_code == 404


def test_a_file_is_read_then_decided_then_sold(rig: Rig) -> None:
    tracking = rig.send(mug())
    assert rig.look(tracking)["importStatus"] == "PROCESSING"
    row = rig.look(tracking)
    assert (row["importStatus"], row["productStatus"], row["hbSku"]) == ("SUCCESS", "WAITING", None)
    row = rig.look(tracking)
    assert row["productStatus"] == "MATCHED"
    (told,) = rig.told()
    assert told["attributes"] == {"renk_variant_property": "Kırmızı", "00000MU": "Seramik, Ahşap 3"}
    assert (told["price"], told["quantity"], told["vat_rate"], told["remote_id"]) == ("199.90", 7, "20", row["hbSku"])
    (listing,) = rig.get(LIST, offset=0, limit=10, merchantSkuList="PX-KUPA-1")["listings"]
    assert listing["isSalable"]
    body = [{"merchantSku": "PX-KUPA-1", "availableStock": 2}]
    assert rig.http.post(f"{LIST}/stock-uploads", json=body).status_code == 200
    assert rig.told()[0]["quantity"] == 2
    assert (rig.counters()["products_created"], rig.counters()["product:PX-KUPA-1"]) == (1, 1)


@pytest.mark.parametrize(
    ("item", "word"),
    [
        (mug(categoryId=5), "Category not found"), (mug(categoryId=60001546), "not a leaf"), (mug({"merchantSku": ""}), "can't be empty"),
        (mug({"merchantSku": "PX ŞIK"}), "Türkçe"), (mug(merchant="x"), "merchant"), (mug({"merchantSku": "PX-00001"}), "güncelleme"),
    ],
)  # fmt: skip
def test_an_item_that_fails_is_not_taken(rig: Rig, item: Row, word: str) -> None:
    row = rig.decided(rig.send(item))
    assert row["importStatus"] == "FAILED"
    assert word in row["importMessages"][0]["message"]
    assert not rig.told()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"renk_variant_property": ""}, "renk_variant_property"), ({"renk_variant_property": "Gökkuşağı"}, "renk_variant_property"),
        ({"tax_vat_rate": "18"}, "tax_vat_rate"), ({"price": "199.90"}, "price"), ({"Image1": "http://a.invalid/1.jpg"}, "Image1"),
        ({"Barcode": "12"}, "Barcode"),
    ],
)  # fmt: skip
def test_what_is_missing_can_be_sent_again(rig: Rig, changes: Row, name: str) -> None:
    row = rig.decided(rig.send(mug(changes)))
    assert (row["productStatus"], [one["attributeName"] for one in row["validationResults"]]) == (
        "MISSING_INFO",
        [name],
    )
    assert not rig.told()
    assert rig.decided(rig.send(mug()))["productStatus"] == "MATCHED"
    assert rig.counters()["product:PX-KUPA-1"] == 1


def test_a_ticket_changes_what_is_for_sale(rig: Rig) -> None:
    sku = rig.decided(rig.send(mug()))["hbSku"]
    items = [
        {"hbSku": sku, "productName": "Yeni Ad", "attributes": {"00000MU": ""}, "kdv": "10"},
        {"hbSku": "HBX", "kdv": "1"},
    ]
    tracking = rig.send(
        path="/ticket-api/api/integrator/import?version=1", data={"merchantId": MERCHANT, "items": items}
    )
    path = f"/ticket-api/api/integrator/status/{tracking}"
    assert {row["status"] for row in rig.get(path)["data"]} == {"PROCESSING"}
    assert [row["status"] for row in rig.get(path)["data"]] == ["SUCCESS", "FAILED"]
    (told,) = rig.told()
    assert (told["title"], told["vat_rate"], told["attributes"]) == (
        "Yeni Ad",
        "10",
        {"renk_variant_property": "Kırmızı"},
    )
    assert rig.counters()["products_updated"] == 1


def test_switches(rig: Rig) -> None:
    rig.on("refuse_product:PX-KUPA-1")
    assert rig.decided(rig.send(mug()))["importStatus"] == "FAILED"
    rig.on("refuse_product:PX-KUPA-1", False)
    rig.on("ignore_products")
    assert rig.decided(rig.send(mug()))["importStatus"] == "SUCCESS"
    assert not rig.told()
    rig.on("ignore_products", False)
    rig.on("slow_products")
    tracking = rig.send(mug())
    assert rig.decided(tracking)["importStatus"] == "PROCESSING"
    rig.on("slow_products", False)
    rig.on("products_rejected")
    row = rig.decided(tracking)
    assert (row["productStatus"], bool(row["rejectReasonsMessages"])) == ("REJECTED", True)
    rig.on("products_rejected", False)
    rig.on("catalogue_match")
    assert rig.decided(rig.send(mug()))["productStatus"] == "PRE_MATCHED"
    body = [{"merchant": MERCHANT, "merchantSkuList": ["PX-KUPA-1"]}]
    assert rig.http.post(f"{API}/approve-prematch", json=body).status_code == 200
    assert (
        rig.http.post(f"{API}/check-product-status", json=body).json()["data"][0]["skuStatusList"][0]["status"]
        == "MATCHED"
    )
    assert rig.counters()["product:PX-KUPA-1"] == 1
