"""Publishing at the fake WooCommerce site, over bare HTTP: terms, a simple product, a variable one, a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.sandboxes.woocommerce import KEY, SECRET, WooCommerceSandbox, create
from tests.support.serving import serve

PRODUCTS = "/wp-json/wc/v3/products"
Row = dict[str, Any]


def mug(**changes: Any) -> Row:
    return {
        "name": "Işıltılı Çay Kupası", "type": "simple", "sku": "PX-KUPA-1", "global_unique_id": "8690000777771", "regular_price": "249.90",
        "sale_price": "199.90", "manage_stock": True, "stock_quantity": 7, "description": "<p>Şık</p>", "categories": [{"id": 18}],
        "images": [{"src": "https://cdn.example.invalid/ş.jpg"}, {"src": "https://cdn.example.invalid/2.jpg"}], "tax_class": "reduced-rate",
        "attributes": [{"id": 1, "options": ["Kırmızı"], "visible": True}, {"name": "Marka", "options": ["Işıl"], "visible": True}],
    } | changes  # fmt: skip


class Rig:
    def __init__(self, box: WooCommerceSandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(path, params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def post(self, body: Any, path: str = "", status: int = 201) -> Any:
        reply = self.http.post(PRODUCTS + path, json=body)
        assert reply.status_code == status, reply.text
        return reply.json()

    def on(self, feature: str, on: bool = True) -> None:
        assert self.http.post("/_control/switch", json={"feature": feature, "on": on}).status_code == 200

    def told(self) -> list[Row]:
        return [row for row in self.get("/_control/products") if row["sku"].startswith("PX-KUPA")]

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = self.get("/_control/state")["counters"]
        return found


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(listings=6)
    assert isinstance(box, WooCommerceSandbox)
    with (
        serve(box.app) as base,
        httpx.Client(base_url=base, timeout=20, auth=(KEY, SECRET), headers={"x-forwarded-proto": "https"}) as http,
    ):
        yield Rig(box, http)


def test_terms_are_listed_and_made(rig: Rig) -> None:
    page = rig.http.get(PRODUCTS + "/categories", params={"per_page": 4, "page": 2})
    assert (len(page.json()), page.headers["X-WP-Total"]) == (4, "11")
    made = rig.post({"name": "Şekerlik", "parent": 17}, "/categories")
    assert (made["slug"], made["parent"]) == ("sekerlik", 17)
    again = rig.post({"name": "Şekerlik", "parent": 17}, "/categories", 400)
    assert (again["code"], again["data"]["resource_id"]) == ("term_exists", made["id"])
    assert [one["name"] for one in rig.get(PRODUCTS + "/attributes")] == ["Renk", "Beden", "Materyal"]
    new = rig.post({"name": "Ağırlık"}, "/attributes")
    assert new["slug"] == "pa_agirlik"
    assert rig.post({"name": "250 gr"}, f"/attributes/{new['id']}/terms")["slug"] == "250-gr"
    assert [one["name"] for one in rig.get(f"{PRODUCTS}/attributes/{new['id']}/terms")] == ["250 gr"]
    assert rig.http.get(PRODUCTS + "/attributes/99/terms").status_code == 404


def test_a_simple_product(rig: Rig) -> None:
    row = rig.post(mug())
    assert (row["categories"][0]["name"], row["price"]) == ("Kupa & Bardak", "199.90")
    assert row["images"][0]["src"].startswith("https://shop.example.invalid/")
    (told,) = rig.told()
    assert told["attributes"] == {"Renk": "Kırmızı", "Marka": "Işıl"}
    assert told["images"] == ["https://cdn.example.invalid/ş.jpg", "https://cdn.example.invalid/2.jpg"]
    assert (told["brand"], told["category_id"], told["vat_rate"], told["quantity"]) == ("Işıl", "18", "10", 7)
    assert (told["price"], told["list_price"], told["remote_id"]) == ("199.90", "249.90", str(row["id"]))
    assert rig.get(PRODUCTS, sku="PX-KUPA-1")[0]["id"] == row["id"]
    assert rig.http.put(f"{PRODUCTS}/{row['id']}", json={"stock_quantity": 3}).status_code == 200
    kept = [{"id": row["images"][1]["id"]}]
    assert rig.http.put(f"{PRODUCTS}/{row['id']}", json={"name": "Yeni Ad", "images": kept}).status_code == 200
    (told,) = rig.told()
    assert (told["quantity"], told["title"], told["images"]) == (3, "Yeni Ad", ["https://cdn.example.invalid/2.jpg"])
    again = rig.post(mug(), status=400)
    assert (again["code"], again["data"]["resource_id"]) == ("woocommerce_product_invalid_sku", row["id"])
    assert "GTIN" in rig.post(mug(sku="PX-KUPA-2"), status=400)["message"]
    counters = rig.counters()
    assert (counters["products_created"], counters["products_updated"], counters["product:PX-KUPA-1"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "digital"}, "rest_invalid_param"), ({"regular_price": 10}, "rest_invalid_param"), ({"name": 5}, "rest_invalid_param"),
        ({"images": [{"src": "kupa.jpg"}]}, "woocommerce_product_image_upload_error"), ({"categories": [18]}, "rest_invalid_param"),
        ({"images": [{"id": 4711}]}, "woocommerce_product_invalid_image_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(rig: Rig, changes: Row, code: str) -> None:
    assert rig.post(mug(**changes), status=400)["code"] == code
    assert not rig.told()


def test_unknown_terms_are_dropped(rig: Rig) -> None:
    row = rig.post(mug(categories=[{"id": 999}], attributes=[{"id": 77, "options": ["x"]}], colour="kırmızı"))
    assert ([one["id"] for one in row["categories"]], row["attributes"]) == ([15], [])


def test_a_variable_product_and_its_variations(rig: Rig) -> None:
    varies = [{"id": 2, "options": ["S", "XXL"], "variation": True}, {"name": "Marka", "options": ["Işıl"]}]
    parent = rig.post(mug(type="variable", sku="", global_unique_id="", attributes=varies))
    assert (parent["type"], parent["price"]) == ("variable", "")
    rows = [
        {
            "sku": f"PX-KUPA-{size}", "regular_price": "100.00", "manage_stock": True, "stock_quantity": 2,
            "attributes": [{"id": 2, "option": size}, {"name": "Renk", "option": "Mavi"}],
        }
        for size in ("S", "XXL")
    ]  # fmt: skip
    path = f"/{parent['id']}/variations"
    one = rig.post(rows[0], path)
    assert [(a["name"], a["option"]) for a in one["attributes"]] == [("Beden", "S")]
    reply = rig.post({"create": [rows[1], rows[0]]}, path + "/batch", 200)["create"]
    assert (reply[0]["sku"], reply[1]["error"]["code"]) == ("PX-KUPA-XXL", "woocommerce_product_invalid_sku")
    assert len(rig.get(f"{PRODUCTS}/{parent['id']}/variations")) == 2
    assert {row["sku"]: row["attributes"] for row in rig.told()} == {
        "PX-KUPA-S": {"Marka": "Işıl", "Beden": "S"},
        "PX-KUPA-XXL": {"Marka": "Işıl", "Beden": "XXL"},
    }
    assert rig.counters()["products_created"] == 2


def test_a_batch_creates_and_tells_each(rig: Rig) -> None:
    rows = [mug(), mug(sku="PX-KUPA-2", global_unique_id=""), mug(sku="PX-KUPA-3", type="x")]
    reply = rig.post({"create": rows}, "/batch", 200)["create"]
    assert ["error" in row for row in reply] == [False, False, True]
    assert [row["sku"] for row in rig.told()] == ["PX-KUPA-1", "PX-KUPA-2"]


def test_switches(rig: Rig) -> None:
    rig.on("refuse_product:PX-KUPA-1")
    assert rig.post(mug(), status=403)["code"] == "woocommerce_rest_cannot_create"
    rig.on("refuse_product:PX-KUPA-1", False)
    rig.on("ignore_products")
    assert rig.post(mug())["sku"] == "PX-KUPA-1"
    assert not rig.told()
    rig.on("ignore_products", False)
    rig.on("slow_products")
    rig.post(mug())
    assert rig.counters()["product:PX-KUPA-1"] == 1
