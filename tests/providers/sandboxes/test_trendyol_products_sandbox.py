"""The fake Trendyol's catalogue and product services V2. A test per rule that it enforces."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from providers.sandboxes.trendyol_categories import BRANDS
from tests.providers.sandboxes.trendyol_rig import PRODUCTS, Rig, error, rigged

CREATE = "/integration/product/sellers/2738/v2/products"
CATALOGUE = "/integration/product"
APPROVAL = 601.0


@pytest.fixture(scope="module")
def served() -> Iterator[Rig]:
    with rigged() as one:
        yield one


@pytest.fixture
def rig(served: Rig) -> Rig:
    served.control("reset", {"orders": 0, "listings": 45, "seed": 1})
    return served


def shirt(**more: Any) -> dict[str, Any]:
    """A T-shirt (category 604) with everything that it must say; a field given as None is left out."""
    item = {
        "barcode": "TEST-GÖMLEK_1.S", "title": "Pamuklu Tişört", "productMainId": "TS-1", "brandId": 40, "categoryId": 604,
        "quantity": 5, "stockCode": "PX-TS-1-S", "dimensionalWeight": 1.5, "description": "<p>Yumuşak</p>",
        "currencyType": "TRY", "listPrice": 250.99, "salePrice": 199.9, "vatRate": 10, "cargoCompanyId": 17,
        "images": [{"url": "https://cdn.example.com/1.jpg"}],
        "attributes": [
            {"attributeId": 338, "attributeValueId": 6980}, {"attributeId": 47, "customAttributeValue": "Gece Mavisi"},
            {"attributeId": 348, "attributeValueId": 686232},
        ],
    }  # fmt: skip
    return {name: value for name, value in (item | more).items() if value is not None}


def send(rig: Rig, path: str, *items: Any, method: str = "POST") -> httpx.Response:
    return rig.http.request(method, path, json={"items": list(items)})


def reasons(rig: Rig, reply: httpx.Response) -> list[list[str]]:
    return [row["failureReasons"] for row in rig.result(reply)["items"]]


def create(rig: Rig, *items: Any) -> list[list[str]]:
    return reasons(rig, send(rig, CREATE, *items))


def rows(rig: Rig, which: str, **params: Any) -> list[Any]:
    found: list[Any] = rig.get(f"{PRODUCTS}/{which}", **params)["content"]
    return found


# -- brands and categories -----------------------------------------------------------------------------------------
def test_brands_come_by_the_thousand_at_least(rig: Rig) -> None:
    pages = [rig.get(f"{CATALOGUE}/brands", page=page, size=10)["brands"] for page in range(4)]
    assert [len(page) for page in pages] == [1000, 1000, len(BRANDS) - 2000, 0]
    assert {row["id"]: row["name"] for page in pages for row in page} == BRANDS


def test_a_brand_by_name_minds_the_case(rig: Rig) -> None:
    path = f"{CATALOGUE}/brands/by-name"
    assert rig.get(path, name="TRENDYOLMİLLA") == [{"id": 40, "name": "TRENDYOLMİLLA"}]
    assert [rig.get(path, name=name) for name in ("trendyolmilla", "TRENDYOLMILLA", "Mill")] == [[], [], []]
    assert rig.http.get(path).status_code == 400


def test_the_tree_names_parents_and_ends_in_leaves(rig: Rig) -> None:
    seen: dict[int, tuple[int, bool]] = {}

    def walk(branch: list[Any], parent: int) -> None:
        for row in branch:
            assert row.get("parentId", 0) == parent
            seen[row["id"]] = (parent, not row["subCategories"])
            walk(row["subCategories"], row["id"])

    walk(rig.get(f"{CATALOGUE}/product-categories")["categories"], 0)
    assert (seen[604], seen[601], seen[411]) == ((601, True), (522, False), (1400, True))


def test_attributes_come_without_values_and_values_on_pages(rig: Rig) -> None:
    data = rig.get(f"{CATALOGUE}/categories/604/attributes")
    flags = {
        row["attribute"]["name"]: (row["required"], row["allowCustom"], row["varianter"], row["slicer"])
        for row in data["categoryAttributes"]
    }
    assert (flags["Beden"], flags["Renk"]) == ((True, False, True, False), (True, True, False, True))
    assert all("attributeValues" not in row for row in data["categoryAttributes"])
    path = f"{CATALOGUE}/categories/604/attributes/338/values"
    pages = [rig.get(path, page=page, size=3) for page in range(2)]
    assert [(row["attributeValueId"], row["attributeValue"]) for page in pages for row in page["content"]] == [
        (6980, "S"), (6981, "M"), (6982, "L"), (6983, "Tek Ebat"),
    ]  # fmt: skip
    assert [row["attributeValueId"] for row in rig.get(path, attributeValue="M")["content"]] == [6981]
    assert rig.get(f"{CATALOGUE}/categories/604/attributes/47/values")["content"] == []
    assert rig.http.get(path, params={"size": 1001}).status_code == 400
    for wrong in ("999/attributes", "604/attributes/1198/values", "x/attributes"):
        assert rig.http.get(f"{CATALOGUE}/categories/{wrong}").status_code == 404
    rig.on("spec_value_names")
    assert set(rig.get(path)["content"][0]) == {"attributeValueId", "attributeValueName"}


# -- create --------------------------------------------------------------------------------------------------------
def test_a_new_product_waits_for_approval_and_then_is_a_listing(rig: Rig) -> None:
    reply = send(rig, CREATE, shirt())
    batch = f"{PRODUCTS}/batch-requests/{reply.json()['batchRequestId']}"
    assert rig.get(batch)["status"] == "PROCESSING"
    done = rig.get(batch)
    assert (done["status"], done["batchRequestType"], done["failedItemCount"]) == (
        "COMPLETED",
        "ProductV2OnBoarding",
        0,
    )
    assert done["items"][0]["requestItem"]["product"]["title"] == "Pamuklu Tişört"
    barcode = shirt()["barcode"]
    (waiting,) = rows(rig, "unapproved", barcode=barcode)
    assert (waiting["status"], waiting["rejectReasonDetails"]) == ("pendingApproval", [])
    assert rows(rig, "approved", barcode=barcode) == []
    assert rig.get(f"/integration/product/sellers/2738/product/{barcode}")["approved"] is False
    stock = rig.result(rig.push({"barcode": barcode, "quantity": 1}))["items"][0]
    assert stock["status"] == "FAILED"  # stock and price are for approved products
    rig.later(APPROVAL)
    (content,) = rows(rig, "approved", barcode=barcode)
    assert rows(rig, "unapproved") == []
    assert (content["brand"], content["category"]) == (
        {"id": 40, "name": "TRENDYOLMİLLA"},
        {"id": 604, "name": "Tişört"},
    )
    assert {(a["attributeName"], a["attributeValue"]) for a in content["attributes"]} == {
        ("Beden", "S"), ("Renk", "Gece Mavisi"), ("Web Color", "Mavi"),
    }  # fmt: skip
    truth = next(row for row in rig.box.truth_listings() if row["barcode"] == barcode)
    assert (truth["price"], truth["list_price"], truth["stock"], truth["sku"]) == ("199.90", "250.99", 5, "PX-TS-1-S")
    assert rig.result(rig.push({"barcode": barcode, "quantity": 2}))["items"][0]["status"] == "SUCCESS"


def test_the_vendor_may_refuse_a_product_and_says_why(rig: Rig) -> None:
    rig.on("products_rejected")
    create(rig, shirt())
    rig.later(APPROVAL)
    (row,) = rows(rig, "unapproved")
    assert (row["status"], len(row["rejectReasonDetails"])) == ("rejected", 1)
    rig.on("products_rejected", False)
    path = f"{PRODUCTS}/unapproved-bulk-update"
    better = shirt(title="Daha iyi tişört", quantity=None, salePrice=None, listPrice=None)
    assert reasons(rig, send(rig, path, better)) == [[]]
    assert rows(rig, "unapproved")[0]["status"] == "pendingApproval"
    rig.later(APPROVAL)
    assert rows(rig, "approved", barcode=shirt()["barcode"])[0]["title"] == "Daha iyi tişört"


@pytest.mark.parametrize(
    "wrong",
    [
        {"barcode": None}, {"barcode": "x" * 41}, {"barcode": "a/b"}, {"title": ""}, {"title": "x" * 101},
        {"productMainId": None}, {"productMainId": "x" * 41}, {"stockCode": None}, {"stockCode": "x" * 101},
        {"description": None}, {"description": "x" * 30_001}, {"brandId": 2}, {"brandId": "40"}, {"categoryId": 1},
        {"categoryId": 601}, {"quantity": -1}, {"quantity": 20_001}, {"quantity": "5"}, {"dimensionalWeight": None},
        {"currencyType": "USD"}, {"salePrice": 0}, {"salePrice": 199.999}, {"listPrice": 199.89}, {"listPrice": None},
        {"vatRate": 18}, {"cargoCompanyId": 1}, {"images": []}, {"images": [{"url": "http://cdn.example.com/1.jpg"}]},
        {"images": [{"url": f"https://cdn.example.com/{n}.jpg"} for n in range(9)]}, {"shipmentAddressId": 3},
        {"returningAddressId": 1}, {"locationBasedDelivery": "YES"},
        {"deliveryOption": {"deliveryDuration": 2, "fastDeliveryType": "FAST_DELIVERY"}},
        {"deliveryOption": {"deliveryDuration": 1, "fastDeliveryType": "ROCKET"}}, {"deliveryOption": {}},
        {"attributes": None},
    ],
    ids=lambda wrong: f"{next(iter(wrong))}-{str(next(iter(wrong.values())))[:24]}",
)  # fmt: skip
def test_each_field_of_a_product_is_checked_on_its_own(rig: Rig, wrong: dict[str, Any]) -> None:
    other = shirt(barcode="IYI-1", productMainId="IYI", stockCode="IYI")
    first, second = create(rig, shirt(**wrong), other)
    assert first
    assert second == []  # one bad item does not hold up the others
    assert [row["barcode"] for row in rows(rig, "unapproved")] == ["IYI-1"]


def attributes(**change: Any) -> list[Any]:
    base = {
        "338": {"attributeValueId": 6980},
        "47": {"customAttributeValue": "Mavi"},
        "348": {"attributeValueId": 686232},
    }
    return [{"attributeId": int(number)} | value for number, value in (base | change).items() if value is not None]


@pytest.mark.parametrize(
    ("given", "good"),
    [
        (attributes(), True), (attributes(**{"338": None}), False), (attributes(**{"338": {"attributeValueId": 1}}), False),
        (attributes(**{"338": {"customAttributeValue": "S"}}), False), (attributes(**{"47": {"attributeValueId": 82}}), False),
        (attributes(**{"47": {"customAttributeValue": "m" * 51}}), False), (attributes(**{"999": {"attributeValueId": 1}}), False),
        (attributes(**{"338": {"attributeValueIds": [6980, 6981]}}), False),
        (attributes(**{"14": {"attributeValueIds": [82, 109]}}), True), (attributes() + attributes()[:1], False),
        (attributes(**{"338": {"attributeValueIds": [6980]}, "47": {"attributeValue": "Mavi"}}), True),
    ],
    ids=[
        "right", "required", "no such value", "text for a value", "value for a text", "long colour", "foreign", "two sizes",
        "two materials", "repeated", "the other spelling",
    ],
)  # fmt: skip
def test_attributes_follow_the_category(rig: Rig, given: list[Any], good: bool) -> None:
    (found,) = create(rig, shirt(attributes=given))
    assert (found == []) is good, found


def test_a_space_within_a_barcode_is_taken_out(rig: Rig) -> None:
    assert create(rig, shirt(barcode="TS 1 S")) == [[]]
    assert [row["barcode"] for row in rows(rig, "unapproved")] == ["TS1S"]


def test_a_barcode_is_taken_once_and_variants_must_differ(rig: Rig) -> None:
    listed = rig.box.truth_listings()[0]["barcode"]
    assert create(rig, shirt(barcode=listed))[0]
    assert create(rig, shirt())[0] == []
    assert create(rig, shirt())[0]  # waiting already
    assert create(rig, shirt(barcode="TS-1-M"))[0]  # the same model with the same attributes
    size = [{"attributeId": 338, "attributeValueId": 6981}, *shirt()["attributes"][1:]]
    colour = [
        shirt()["attributes"][0],
        {"attributeId": 47, "customAttributeValue": "Kırmızı"},
        shirt()["attributes"][2],
    ]
    assert create(rig, shirt(barcode="TS-1-M", attributes=size), shirt(barcode="TS-1-K", attributes=colour)) == [[], []]
    rig.later(APPROVAL)
    grouped = [sorted(v["barcode"] for v in row["variants"]) for row in rows(rig, "approved", productMainId="TS-1")]
    assert sorted(grouped) == [
        ["TEST-GÖMLEK_1.S", "TS-1-M"],
        ["TS-1-K"],
    ]  # a slicer opens a content, a varianter does not


def test_a_create_body_is_taken_or_refused_as_a_whole(rig: Rig) -> None:
    for items in ([], ["x"], [shirt()] * 1001):
        assert rig.http.post(CREATE, json={"items": items}).status_code == 400
    assert rig.http.post(CREATE, json=[shirt()]).status_code == 400
    assert rows(rig, "unapproved") == []


def test_products_may_be_forgotten_or_refused(rig: Rig) -> None:
    rig.on("no_publishing")
    assert create(rig, shirt()) == [[]]
    assert rows(rig, "unapproved") == []
    rig.on("no_publishing", False)
    rig.on("refuse_sku:PX-TS-1-S")
    assert create(rig, shirt())[0]
    rig.on("refuse_sku:PX-TS-1-S", False)
    rig.on("origin_required")
    assert create(rig, shirt())[0]
    assert create(rig, shirt(origin="TR")) == [[]]


def test_a_thousand_writes_and_a_hundred_deletes_a_minute(rig: Rig) -> None:
    assert [send(rig, PRODUCTS, {"barcode": "x"}, method="DELETE").status_code for _ in range(51)] == [200] * 50 + [429]
    rig.later(11)
    assert [send(rig, PRODUCTS, {"barcode": "x"}, method="DELETE").status_code for _ in range(50)] == [200] * 50
    rig.later(11)
    refused = send(rig, PRODUCTS, {"barcode": "x"}, method="DELETE")
    assert (refused.status_code, error(refused)["key"]) == (429, "too.many.requests")
    rig.later(60)
    assert send(rig, PRODUCTS, {"barcode": "x"}, method="DELETE").status_code == 200


# -- update --------------------------------------------------------------------------------------------------------
def approved(rig: Rig) -> Any:
    create(rig, shirt())
    rig.later(APPROVAL)
    return rows(rig, "approved", barcode=shirt()["barcode"])[0]


def test_content_is_updated_in_parts(rig: Rig) -> None:
    content = approved(rig)
    path = f"{PRODUCTS}/content-bulk-update"
    number = {"contentId": content["contentId"]}
    assert reasons(rig, send(rig, path, number | {"description": "Yeni"})) == [[]]
    after = rows(rig, "approved", barcode=shirt()["barcode"])[0]
    assert (after["description"], after["title"]) == ("Yeni", content["title"])
    wrong = (
        number, number | {"title": "x" * 101}, number | {"productMainId": "B"}, number | {"brandId": 1},
        number | {"images": []}, {"contentId": 1, "title": "x"}, number | {"attributes": shirt()["attributes"][:1]},
        number | {"attributes": attributes(**{"47": {"customAttributeValue": "Sarı"}})},
        number | {"attributes": attributes(**{"47": {"customAttributeValue": "Gece Mavisi"}, "338": {"attributeValueId": 6981}})},
    )  # fmt: skip
    assert [bool(found) for found in reasons(rig, send(rig, path, *wrong))] == [True] * len(wrong)
    colour = attributes(**{"47": {"customAttributeValue": "Gece Mavisi"}, "348": {"attributeValueId": 686233}})
    assert reasons(rig, send(rig, path, number | {"attributes": colour})) == [[]]
    told = {
        a["attributeName"]: a["attributeValue"]
        for a in rows(rig, "approved", barcode=shirt()["barcode"])[0]["attributes"]
    }
    assert told["Web Color"] == "Gri"


def test_a_variant_is_updated_in_parts(rig: Rig) -> None:
    listed = rig.box.truth_listings()[0]
    path, one = f"{PRODUCTS}/variant-bulk-update", {"barcode": listed["barcode"]}
    wrong = (
        one, one | {"vatRate": 18}, one | {"stockCode": ""}, one | {"title": "x"}, one | {"shipmentAddressId": 3},
        one | {"dimensionalWeight": "1"}, {"barcode": "x", "stockCode": "y"},
    )  # fmt: skip
    assert [bool(found) for found in reasons(rig, send(rig, path, *wrong))] == [True] * len(wrong)
    assert reasons(rig, send(rig, path, one | {"stockCode": "YENİ-1", "vatRate": 1})) == [[]]
    assert rig.box.truth_listings()[0]["sku"] == "YENİ-1"


def test_delivery_information_has_a_plural_of_its_own(rig: Rig) -> None:
    path, one = f"{PRODUCTS}/delivery-info-bulk-update", {"barcode": rig.box.truth_listings()[0]["barcode"]}
    option = {"deliveryDuration": 1, "fastDeliveryType": "SAME_DAY_SHIPPING"}
    given = (one | {"deliveryOption": option}, one | {"deliveryOptions": option | {"deliveryDuration": 3}})
    assert [bool(found) for found in reasons(rig, send(rig, path, *given))] == [True, True]
    assert reasons(rig, send(rig, path, one | {"deliveryOptions": option})) == [[]]
    assert rig.box.shop.items[one["barcode"]].more == {"deliveryOption": option}


def test_an_unapproved_update_needs_the_whole_product_and_an_unapproved_one(rig: Rig) -> None:
    path = f"{PRODUCTS}/unapproved-bulk-update"
    assert reasons(rig, send(rig, path, shirt()))[0]  # nothing waits
    create(rig, shirt())
    assert reasons(rig, send(rig, path, {"barcode": shirt()["barcode"], "title": "Yalnız başlık"}))[0]
    assert rows(rig, "unapproved")[0]["title"] == "Pamuklu Tişört"
    assert reasons(rig, send(rig, path, shirt(title="Bütün"))) == [[]]
    assert rows(rig, "unapproved")[0]["title"] == "Bütün"


# -- archive and delete --------------------------------------------------------------------------------------------
def test_only_a_days_archive_is_deleted(rig: Rig) -> None:
    item = next(i for i in rig.box.shop.items.values() if not (i.archived or i.locked))
    one = {"barcode": item.barcode}
    assert reasons(rig, send(rig, PRODUCTS, one, method="DELETE"))[0]
    archive = f"{PRODUCTS}/archive-state"
    assert reasons(
        rig, send(rig, archive, one | {"archived": "yes"}, {"barcode": "x", "archived": True}, method="PUT")
    ) != [[], []]
    assert reasons(rig, send(rig, archive, one | {"archived": True}, method="PUT")) == [[]]
    assert item.barcode in {
        v["barcode"] for row in rows(rig, "approved/inventory-and-price", status="archived") for v in row["variants"]
    }
    assert reasons(rig, send(rig, PRODUCTS, one, method="DELETE"))[0]
    rig.later(86_401)
    assert reasons(rig, send(rig, PRODUCTS, one, method="DELETE")) == [[]]
    assert item.barcode not in {row["barcode"] for row in rig.box.truth_listings()}


def test_what_the_vendor_stopped_is_not_deleted_and_what_waits_is(rig: Rig) -> None:
    stopped = next(i for i in rig.box.shop.items.values() if i.locked)
    stopped.archived, stopped.archived_at = True, 1
    create(rig, shirt())
    given = ({"barcode": stopped.barcode}, {"barcode": shirt()["barcode"]}, {"barcode": "yok"})
    found = reasons(rig, send(rig, PRODUCTS, *given, method="DELETE"))
    assert [bool(why) for why in found] == [True, False, True]
    assert rows(rig, "unapproved") == []


def test_prices_stay_exact_from_the_request_to_the_list(rig: Rig) -> None:
    create(rig, shirt(salePrice=0.29, listPrice=1.15))
    (row,) = rows(rig, "unapproved")
    assert (row["salePrice"], row["listPrice"], row["dimensionalWeight"]) == (
        Decimal("0.29"),
        Decimal("1.15"),
        Decimal("1.5"),
    )
