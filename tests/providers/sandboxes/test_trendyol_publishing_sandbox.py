"""Publishing at the fake Trendyol: what the control room agreed on, over bare HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.providers.sandboxes.trendyol_rig import PRODUCTS, STOCK, Rig, rigged

CREATE = "/integration/product/sellers/2738/v2/products"
CATALOGUE = "/integration/product"
LAND = 10617344


def mug(**changes: Any) -> dict[str, Any]:
    return {
        "barcode": "8690000777771", "title": "Işıltılı Çay Kupası", "productMainId": "KUPA-1", "brandId": 10, "categoryId": 2610,
        "quantity": 7, "stockCode": "PX-KUPA-İ", "dimensionalWeight": 1, "description": "<p>Şık</p>", "listPrice": 249.9,
        "salePrice": 199.9, "vatRate": 20, "images": [{"url": "https://cdn.example.invalid/ş.jpg"}],
        "attributes": [
            {"attributeId": 1192, "attributeValueId": LAND}, {"attributeId": 47, "customAttributeValue": "Kırmızı"},
            {"attributeId": 14, "attributeValueIds": [82, 2214]},
        ],
    } | changes  # fmt: skip


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged(orders=0, listings=3) as rig:
        yield rig


def publish(rig: Rig, *items: dict[str, Any]) -> Any:
    return rig.result(rig.http.post(CREATE, json={"items": list(items)}))


def reasons(batch: Any) -> str:
    return " ".join(" ".join(one["failureReasons"]) for one in batch["items"])


def told(rig: Rig, sku: str = "PX-KUPA-İ") -> list[dict[str, Any]]:
    return [row for row in rig.http.get("/_control/products").json() if row["sku"] == sku]


def counted(rig: Rig) -> dict[str, int]:
    counters: dict[str, int] = rig.http.get("/_control/state").json()["counters"]
    return counters


def test_values_of_an_attribute_take_more_than_one_page(rig: Rig) -> None:
    path = f"{CATALOGUE}/categories/2610/attributes/1192/values"
    first = rig.get(path)
    assert first["totalPages"] > 1
    assert first["content"][0] == {"attributeValueId": LAND, "attributeValue": "Türkiye"}
    assert len(rig.get(path, size=1000)["content"]) == first["totalElements"]


def test_a_product_is_told_at_once_and_a_listing_after_approval(rig: Rig) -> None:
    assert publish(rig, mug())["status"] == "COMPLETED"
    (row,) = told(rig)
    assert row["attributes"] == {"14": "Deri, Seramik", "47": "Kırmızı", "1192": "Türkiye"}
    assert (row["category_id"], row["brand"], row["price"], row["list_price"]) == (
        "2610",
        "TrendyolMilla",
        "199.90",
        "249.90",
    )
    assert (row["quantity"], row["vat_rate"], row["state"]) == (7, "20", "waiting")
    assert row["images"] == ["https://cdn.example.invalid/ş.jpg"]
    rig.later(601)
    assert told(rig)[0]["state"] == "approved"
    assert "PX-KUPA-İ" in {one["sku"] for one in rig.box.truth_listings()}
    rig.result(rig.http.post(STOCK, json={"items": [{"barcode": "8690000777771", "quantity": 3}]}))
    assert told(rig)[0]["quantity"] == 3
    assert (counted(rig)["products_created"], counted(rig)["product:PX-KUPA-İ"]) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"barcode": "a/b"}, "barcode"), ({"brandId": 424242}, "brandId"), ({"vatRate": 18}, "vatRate"),
        ({"images": [{"url": "http://cdn.example.invalid/a.jpg"}]}, "https"), ({"attributes": []}, "Menşei zorunludur"),
        ({"categoryId": 1400}, "en alt"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_in_the_batch(rig: Rig, changes: dict[str, Any], word: str) -> None:
    batch = publish(rig, mug(**changes))
    assert batch["failedItemCount"] == 1
    assert word in reasons(batch)
    assert not told(rig)


def test_the_same_barcode_is_created_once(rig: Rig) -> None:
    assert publish(rig, mug(), mug())["failedItemCount"] == 1
    assert "zaten mevcut" in reasons(publish(rig, mug()))
    assert counted(rig)["product:PX-KUPA-İ"] == 1


def test_an_update_is_counted_apart(rig: Rig) -> None:
    publish(rig, mug())
    rig.later(601)
    assert told(rig)[0]["state"] == "approved"
    content = rig.box.shop.items["8690000777771"].content_id
    body = {"items": [{"contentId": content, "title": "Yeni Ad"}]}
    assert rig.result(rig.http.post(f"{PRODUCTS}/content-bulk-update", json=body))["failedItemCount"] == 0
    assert told(rig)[0]["title"] == "Yeni Ad"
    assert (counted(rig)["products_created"], counted(rig)["products_updated"]) == (1, 1)


def test_switches(rig: Rig) -> None:
    rig.on("refuse_product:PX-KUPA-İ")
    assert "oluşturulamadı" in reasons(publish(rig, mug()))
    rig.on("refuse_product:PX-KUPA-İ", False)
    rig.on("ignore_products")
    assert publish(rig, mug())["failedItemCount"] == 0
    assert not told(rig)
    rig.on("ignore_products", False)
    rig.on("slow_products")
    reply = rig.http.post(CREATE, json={"items": [mug()]})
    assert rig.result(reply)["status"] == "PROCESSING"
    rig.on("slow_products", False)
    assert rig.result(reply)["status"] == "COMPLETED"
