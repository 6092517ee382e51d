"""Publishing at the fake Shopify, over bare HTTP: productSet, productCreate with variants, channels, taxonomy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.sandboxes.shopify import ShopifySandbox, create
from tests.support.serving import serve

API = "/admin/api/2026-10/graphql.json"
Row = dict[str, Any]
SET = """mutation($input: ProductSetInput!, $by: ProductSetIdentifiers, $now: Boolean = true) {
  productSet(input: $input, identifier: $by, synchronous: $now) {
    product { id handle status publishedAt category { id fullName } mediaCount { count } options { name values }
      variants(first: 10) { nodes { id sku title inventoryQuantity inventoryItem { id tracked } selectedOptions { name value } } } }
    productSetOperation { id status } userErrors { field message code } } }"""
STOCK = """mutation($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input) @idempotent(key: "k1") {
    userErrors { message } } }"""


class Rig:
    def __init__(self, box: ShopifySandbox, http: httpx.Client) -> None:
        self.box, self.http = box, http
        self.place = f"gid://shopify/Location/{box.store.main.id}"

    def ask(self, query: str, **variables: Any) -> Any:
        headers = {"X-Shopify-Access-Token": self.box.credentials["access_token"]}
        answer = self.http.post(API, json={"query": query, "variables": variables}, headers=headers).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def set(self, data: Row, **more: Any) -> Any:
        return self.ask(SET, input=data, **more)["productSet"]

    def on(self, feature: str, on: bool = True) -> None:
        assert self.http.post("/_control/switch", json={"feature": feature, "on": on}).status_code == 200

    def told(self) -> list[Row]:
        return [row for row in self.http.get("/_control/products").json() if row["sku"].startswith("PX-KUPA")]

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = self.http.get("/_control/state").json()["counters"]
        return found

    def mug(self, *sizes: str, **changes: Any) -> Row:
        options = {"Beden": list(sizes)} if sizes else {"Title": ["Default Title"]}
        ((name, values),) = options.items()
        return {
            "title": "Işıltılı Çay Kupası", "descriptionHtml": "<p>Şık</p>", "vendor": "Işıl", "handle": "isiltili-kupa",
            "category": "gid://shopify/TaxonomyCategory/hg-11-10-4-1",
            "files": [{"originalSource": "https://cdn.example.invalid/ş.jpg", "contentType": "IMAGE"}],
            "productOptions": [{"name": name, "values": [{"name": value} for value in values]}],
            "variants": [
                {
                    "optionValues": [{"optionName": name, "name": value}], "sku": f"PX-KUPA-{n}", "barcode": f"869000077777{n}",
                    "price": "199.90", "compareAtPrice": "249.90", "inventoryItem": {"tracked": True},
                    "inventoryQuantities": [{"locationId": self.place, "name": "available", "quantity": 7}],
                }
                for n, value in enumerate(values)
            ],
        } | changes  # fmt: skip


@pytest.fixture
def rig() -> Iterator[Rig]:
    box = create(seed=3, listings=4)
    assert isinstance(box, ShopifySandbox)
    with serve(box.app) as base, httpx.Client(base_url=base, timeout=20) as http:
        yield Rig(box, http)


def test_a_product_is_set_and_its_stock_writable(rig: Rig) -> None:
    made = rig.set(rig.mug())
    assert made["userErrors"] == []
    product = made["product"]
    (variant,) = product["variants"]["nodes"]
    assert (product["handle"], product["mediaCount"]["count"], product["publishedAt"]) == ("isiltili-kupa", 1, None)
    assert product["category"]["fullName"].endswith("Drinkware > Mugs")
    assert (variant["title"], variant["inventoryQuantity"]) == ("Default Title", 7)
    (told,) = rig.told()
    assert (told["price"], told["list_price"], told["quantity"], told["brand"]) == ("199.90", "249.90", 7, "Işıl")
    assert (told["category_id"], told["images"], told["attributes"]) == (
        "gid://shopify/TaxonomyCategory/hg-11-10-4-1",
        ["https://cdn.example.invalid/ş.jpg"],
        {},
    )
    assert told["remote_id"] == variant["id"]
    row = {
        "inventoryItemId": variant["inventoryItem"]["id"],
        "locationId": rig.place,
        "quantity": 3,
        "changeFromQuantity": 7,
    }
    data = {"name": "available", "reason": "correction", "quantities": [row]}
    assert rig.ask(STOCK, input=data)["inventorySetQuantities"]["userErrors"] == []
    assert rig.told()[0]["quantity"] == 3
    found = rig.ask('{ productVariants(first: 5, query: "sku:PX-KUPA-0") { nodes { id } } }')
    assert found["productVariants"]["nodes"] == [{"id": variant["id"]}]


def test_setting_again_by_handle_or_id_makes_no_second(rig: Rig) -> None:
    first = rig.set(rig.mug("S", "M", "L"))["product"]
    assert [one["title"] for one in first["variants"]["nodes"]] == ["S", "M", "L"]
    again = rig.set(rig.mug("S", "M", title="Yeni Ad"), by={"handle": "isiltili-kupa"})["product"]
    assert again["id"] == first["id"]
    kept = [one["id"] for one in first["variants"]["nodes"]][:2]  # what is not in the list is deleted
    assert [one["id"] for one in again["variants"]["nodes"]] == kept
    assert {row["title"] for row in rig.told()} == {"Yeni Ad"}
    assert rig.set({"title": "Ad"}, by={"id": first["id"]})["product"]["options"] == [
        {"name": "Beden", "values": ["S", "M"]}
    ]
    counters = rig.counters()
    assert (counters["products_created"], counters["product:PX-KUPA-0"], counters["products_updated"]) == (3, 1, 4)
    assert rig.set(rig.mug())["userErrors"][0]["code"] == "HANDLE_NOT_UNIQUE"


def test_what_is_wrong_is_a_user_error(rig: Rig) -> None:
    wrong: list[tuple[Row, str]] = [
        ({"title": " "}, "MISSING_FIELD_REQUIRED"), ({"category": "gid://shopify/TaxonomyCategory/zz"}, "NOT_FOUND"),
        ({"files": [{"originalSource": "kupa.jpg"}]}, "INVALID_INPUT"), ({"productOptions": None}, "PRODUCT_OPTIONS_INPUT_MISSING"),
        ({"variants": None}, "VARIANTS_INPUT_MISSING"), ({"variants": [{"optionValues": []}]}, "OPTION_VALUES_MISSING"),
        ({"variants": [{"optionValues": [{"optionName": "Renk", "name": "Mavi"}]}]}, "OPTION_DOES_NOT_EXIST"),
        ({"variants": [{"optionValues": [{"optionName": "Beden", "name": "XL"}]}]}, "OPTION_VALUE_DOES_NOT_EXIST"),
        ({"id": "gid://shopify/Product/9"}, "PRODUCT_DOES_NOT_EXIST"),
    ]  # fmt: skip
    for changes, code in wrong:
        answer = rig.set(rig.mug("S", **changes))
        assert ([one["code"] for one in answer["userErrors"]], answer["product"]) == ([code], None), changes
    assert not rig.told()


def test_create_then_variants(rig: Rig) -> None:
    create_ = """mutation($p: ProductCreateInput!, $m: [CreateMediaInput!]) { productCreate(product: $p, media: $m) {
      product { id options { name values } variants(first: 5) { nodes { title } } } shop { name } userErrors { field message } } }"""
    media = [{"originalSource": "https://cdn.example.invalid/1.jpg", "mediaContentType": "IMAGE"}]
    made = rig.ask(create_, p={"title": "Çay Kupası"}, m=media)["productCreate"]
    assert [one["title"] for one in made["product"]["variants"]["nodes"]] == ["Default Title"]
    more = """mutation($id: ID!, $rows: [ProductVariantsBulkInput!]!) { productVariantsBulkCreate(productId: $id, variants: $rows) {
      productVariants { id sku title } userErrors { field message code } } }"""
    rows = [
        {
            "optionValues": [{"optionName": "Title", "name": word}],
            "price": "10",
            "inventoryItem": {"sku": f"PX-KUPA-{word}"},
        }
        for word in "AB"
    ]
    answer = rig.ask(more, id=made["product"]["id"], rows=rows)["productVariantsBulkCreate"]
    assert [one["sku"] for one in answer["productVariants"]] == ["PX-KUPA-A", "PX-KUPA-B"]
    again = rig.ask(more, id=made["product"]["id"], rows=rows[:1])["productVariantsBulkCreate"]
    assert again["userErrors"][0]["code"] == "VARIANT_ALREADY_EXISTS"
    assert len(rig.told()) == 2
    blank = rig.ask(create_, p={"title": ""}, m=[])["productCreate"]
    assert blank["userErrors"][0]["field"] == ["product", "title"]


def test_a_channel_must_be_chosen(rig: Rig) -> None:
    product = rig.set(rig.mug())["product"]
    rows = rig.ask("{ publications(first: 10) { nodes { id name } } }")["publications"]["nodes"]
    assert rows[0]["name"] == "Online Store"
    publish = """mutation($id: ID!, $to: [PublicationInput!]!) { publishablePublish(id: $id, input: $to) {
      publishable { ... on Product { publishedAt resourcePublicationsCount { count } } } userErrors { message } } }"""
    answer = rig.ask(publish, id=product["id"], to=[{"publicationId": rows[0]["id"]}])["publishablePublish"]
    assert answer["publishable"]["publishedAt"]
    assert answer["publishable"]["resourcePublicationsCount"] == {"count": 1}
    bad = rig.ask(publish, id=product["id"], to=[{"publicationId": "gid://shopify/Publication/99"}])[
        "publishablePublish"
    ]
    assert bad["userErrors"]


def test_the_taxonomy_is_searched_and_walked(rig: Rig) -> None:
    roots = rig.ask("{ taxonomy { categories(first: 10) { nodes { id isRoot isLeaf } } } }")["taxonomy"]["categories"][
        "nodes"
    ]
    assert all(one["isRoot"] for one in roots)
    assert len(roots) == 3
    found = rig.ask('{ taxonomy { categories(first: 10, search: "mugs") { nodes { name isLeaf level } } } }')[
        "taxonomy"
    ]
    assert found["categories"]["nodes"] == [{"name": "Mugs", "isLeaf": True, "level": 5}]
    below = rig.ask(
        '{ taxonomy { categories(first: 50, descendantsOf: "gid://shopify/TaxonomyCategory/hg") { nodes { id } } } }'
    )
    assert len(below["taxonomy"]["categories"]["nodes"]) == 7


def test_switches(rig: Rig) -> None:
    rig.on("refuse_product:PX-KUPA-0")
    assert rig.set(rig.mug())["userErrors"][0]["code"] == "INVALID_VARIANT"
    rig.on("refuse_product:PX-KUPA-0", False)
    rig.on("ignore_products")
    assert rig.set(rig.mug())["product"]["variants"]["nodes"][0]["sku"] == "PX-KUPA-0"
    assert not rig.told()
    rig.on("ignore_products", False)
    rig.on("slow_products")
    job = rig.set(rig.mug(), now=False)["productSetOperation"]
    query = "query($id: ID!) { productOperation(id: $id) { status product { handle } ... on ProductSetOperation { userErrors { code } } } }"
    assert [rig.ask(query, id=job["id"])["productOperation"]["status"] for _ in range(2)] == ["ACTIVE", "ACTIVE"]
    rig.on("slow_products", False)
    done = rig.ask(query, id=job["id"])["productOperation"]
    assert done == {"status": "COMPLETE", "product": {"handle": "isiltili-kupa"}, "userErrors": []}
    assert rig.counters()["product:PX-KUPA-0"] == 1
