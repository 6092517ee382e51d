"""Trendyol's publishing: requests by Trendyol's pages on products V2, parsers, flows on scripted answers, and the fake."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.contracts import Outcome, OutcomeState, ProviderError
from app.kit import Call
from app.model import AttributeValue, Category, Choice, Money
from providers.marketplaces import category_tree
from providers.marketplaces import trendyol_catalogue as catalogue
from providers.marketplaces import trendyol_publishing as publishing
from providers.marketplaces.category_tree import parse_tree
from providers.sandboxes.trendyol import create
from tests.providers.marketplaces.publishing_support import BARCODE, PICTURES, draft, ends, message, published, sent
from tests.providers.marketplaces.test_trendyol_live import World
from tests.providers.marketplaces.trendyol_support import account, reply, scripted
from tests.support.serving import serve

A = account()
SELLER = "/integration/product/sellers/2738"
CATALOGUE = "/integration/product"
IMAGES = [{"url": one} for one in PICTURES]
ATTRIBUTES = [
    {"attributeId": 47, "attributeValue": "Şeker Pembe"},
    {"attributeId": 14, "attributeValueIds": [101, 102]},
]
CONTENT = {"title": "Işıklı Çaydanlık", "description": "<p>Güzel</p>", "images": IMAGES, "attributes": ATTRIBUTES}
VARIANT = {"barcode": BARCODE, "stockCode": "PX-YENİ-1", "vatRate": 20, "dimensionalWeight": Decimal("1.5")}
PRICE = {"quantity": 7, "salePrice": Decimal("199.90"), "listPrice": Decimal("249.90")}
KEYS = {"productMainId": "GRUP-1", "brandId": 1791, "categoryId": 411}
WITH_ORIGIN = draft(attributes=(*draft().attributes, AttributeValue("origin", "TR")))
ID = "b-1"

#: request function → (call, method, path, query parameters, items of the body, limit group)
TABLE: dict[str, tuple[Call, str, str, dict[str, str], Any, str]] = {
    "categories_request": (
        catalogue.categories_request(A), "GET", f"{CATALOGUE}/product-categories", {}, None, "catalogue"),
    "attributes_request": (
        catalogue.attributes_request(A, "4/1"), "GET", f"{CATALOGUE}/categories/4%2F1/attributes", {}, None, "catalogue"),
    "values_request": (
        catalogue.values_request(A, "411", "47"), "GET", f"{CATALOGUE}/categories/411/attributes/47/values",
        {"page": "0", "size": "1000"}, None, "catalogue"),
    "brands_request": (
        catalogue.brands_request(A, "İpek & Işık"), "GET", f"{CATALOGUE}/brands/by-name", {"name": "İpek & Işık"}, None, "catalogue"),
    "lookup_request": (publishing.lookup_request(A, "ş 1"), "GET", f"{SELLER}/product/%C5%9F%201", {}, None, "products"),
    "waiting_request": (
        publishing.waiting_request(A, BARCODE), "GET", f"{SELLER}/products/unapproved",
        {"barcode": BARCODE, "page": "0", "size": "1"}, None, "products"),
    "create_request": (
        publishing.create_request(A, [WITH_ORIGIN]), "POST", f"{SELLER}/v2/products", {},
        [{**VARIANT, **CONTENT, **KEYS, **PRICE, "origin": "TR"}], "product_writes"),
    "update_open_request": (
        publishing.update_open_request(A, [draft()]), "POST", f"{SELLER}/products/unapproved-bulk-update", {},
        [{**VARIANT, **CONTENT, **KEYS}], "product_writes"),
    "update_content_request": (
        publishing.update_content_request(A, {"12715815": draft()}), "POST", f"{SELLER}/products/content-bulk-update", {},
        [{"contentId": 12715815, **CONTENT}], "product_writes"),
    "update_variant_request": (
        publishing.update_variant_request(A, [WITH_ORIGIN]), "POST", f"{SELLER}/products/variant-bulk-update", {}, [VARIANT],
        "product_writes"),
    "update_price_request": (
        publishing.update_price_request(A, [draft()]), "POST", "/integration/inventory/sellers/2738/products/price-and-inventory", {},
        [{"barcode": BARCODE, **PRICE}], "inventory"),
    "result_request": (
        publishing.result_request(A, "a/b"), "GET", f"{SELLER}/products/batch-requests/a%2Fb", {}, None, "batch"),
}  # fmt: skip


def test_every_request_has_a_row() -> None:
    made = {
        name
        for module in (catalogue, publishing)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.endswith("_request") and function.__module__ == module.__name__
    }
    assert made == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_requests(name: str) -> None:
    call, method, path, params, items, group = TABLE[name]
    assert (call.method, call.path, dict(call.params), call.group) == (method, path, params, group)
    assert dict(call.headers)["user-agent"] == "2738 - SelfIntegration"
    assert call.body is None if items is None else sent(call) == {"items": items}
    assert call.repeatable is {"GET": None, "POST": False}[method]


def test_a_listing_that_is_there_is_told_only_what_the_draft_holds() -> None:
    bare = draft(
        remote_id="869-ESKİ", description="", brand=None, category_id="", images=(), vat_rate=None, desi=None, group="",
        attributes=(), list_price=None,
    )  # fmt: skip
    assert publishing.refused_draft(bare) is None
    assert publishing.product(bare) == {"barcode": "869-ESKİ", "stockCode": "PX-YENİ-1", "title": "Işıklı Çaydanlık"}
    (item,) = sent(publishing.update_price_request(A, [bare]))["items"]
    assert item["listPrice"] == item["salePrice"]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"barcode": ""}, "barcode", "missing"),
        ({"brand": None}, "brandId", "missing"),
        ({"brand": Choice("", "Örnek")}, "brandId", "missing"),
        ({"category_id": ""}, "categoryId", "missing"),
        ({"category_id": "Kupa"}, "categoryId", "pattern"),
        ({"images": ()}, "images", "missing"),
        ({"images": ("http://cdn.example/1.jpg",)}, "images", "pattern"),
        ({"images": PICTURES * 5}, "images", "long"),
        ({"vat_rate": None}, "vatRate", "missing"),
        ({"title": " "}, "title", "missing"),
        ({"title": "ş" * 101}, "title", "long"),
        ({"price": Money.of("0", "TRY")}, "salePrice", "price"),
        ({"price": Money.of("9", "USD")}, "currency", "currency"),
        ({"list_price": Money.of("9", "TRY")}, "listPrice", "list_below_sale"),
        ({"quantity": 20_001}, "quantity", "quantity"),
        ({"attributes": (AttributeValue("origin", text="Türkiye"),)}, "origin", "pattern"),
        ({"attributes": (AttributeValue("renk", text="x"),)}, "attributeId", "pattern"),
        ({"attributes": (AttributeValue("47", "kirmizi"),)}, "attributeValueIds", "pattern"),
    ],
)
def test_what_is_not_sent(changes: dict[str, Any], field: str, reason: str) -> None:
    told = publishing.refused_draft(draft(**changes))
    assert told is not None
    assert (told.code, told.field, told.params["reason"]) == ("item.refused", field, reason)


# -- the catalogue -------------------------------------------------------------------------------------------------------
def test_the_tree() -> None:
    leaf = {"id": 411, "name": "Çaydanlık", "parentId": 1, "subCategories": []}
    tree = {"categories": [
        {"id": 1, "name": "Ev & Yaşam", "subCategories": [leaf, {"id": 2, "subCategories": []}, {"id": 3, "name": "Işık"}]},
        {"id": "x"},
    ]}  # fmt: skip
    page = parse_tree(reply(tree))
    assert page.items == (
        Category("1", ("Ev & Yaşam",), leaf=False),
        Category("411", ("Ev & Yaşam", "Çaydanlık")),
        Category("3", ("Ev & Yaşam", "Işık")),
    )
    assert [one.remote_id for one in page.rejects] == ["x", "2"]
    assert parse_tree(reply(tree["categories"])).items == page.items


def test_a_tree_that_no_channel_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(category_tree, "MOST_NODES", 1)
    with pytest.raises(ProviderError, match=r"server\.too_large"):
        parse_tree(reply([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]))


def test_a_node_without_a_name_is_a_reject() -> None:
    page = parse_tree(reply([{"id": 1, "name": " "}, {"id": "", "name": "b"}]))
    assert (page.items, [one.message.params["field"] for one in page.rejects]) == ((), ["name", "id"])


def test_a_tree_that_is_none() -> None:
    with pytest.raises(ProviderError, match=r"answer\.field_missing"):
        parse_tree(reply({"items": []}))


ASKED = {"id": 411, "name": "Çaydanlık", "displayName": "Çaydanlık", "categoryAttributes": [
    {"allowCustom": False, "attribute": {"id": 14, "name": "Materyal"}, "categoryId": 411, "required": False, "varianter": False,
     "slicer": False, "allowMultipleAttributeValues": True},
    {"allowCustom": False, "attribute": {"id": 338, "name": "Beden"}, "required": True, "varianter": True, "slicer": False},
    {"allowCustom": True, "attribute": {"id": 47, "name": "Renk"}, "required": True, "varianter": False, "slicer": True,
     "attributeValues": []},
    {"allowCustom": False, "attribute": {"id": 9, "name": "Yaş"}, "required": False, "attributeValues": [{"id": 5, "name": "Yetişkin"}]},
]}  # fmt: skip


def values(*rows: dict[str, Any], page: int = 0, pages: int = 1) -> dict[str, Any]:
    return {"totalElements": len(rows), "totalPages": pages, "page": page, "size": 1000, "content": list(rows)}


async def test_what_a_category_asks() -> None:
    client, script = scripted(
        ASKED,
        values({"attributeValueId": 101, "attributeValue": "Çelik"}, pages=2),
        values({"attributeValueId": 102, "attributeValueName": "Işıltılı Cam"}, page=1, pages=2),
        values({"attributeValueId": 6821, "attributeValue": "Tek Ebat"}),
    )
    found = await client.attributes("411")
    assert [(x.id, x.name, x.required, x.free, x.several, x.varies, len(x.choices)) for x in found] == [
        ("338", "Beden", True, False, False, True, 1),
        ("47", "Renk", True, True, False, True, 0),
        ("origin", "Menşe (ülke kodu)", True, True, False, False, len(catalogue.ORIGINS)),
        ("14", "Materyal", False, False, True, False, 2),
        ("9", "Yaş", False, False, False, False, 1),
    ]
    assert found[3].choices == (Choice("101", "Çelik"), Choice("102", "Işıltılı Cam"))
    assert [dict(one.url.params).get("page") for one in script.requests] == [None, "0", "1", "0"]


@pytest.mark.parametrize(
    "answers",
    [
        [{"categoryAttributes": [{"required": True}]}],
        [ASKED, values({"attributeValueId": 101})],
    ],
)
async def test_an_attribute_that_cannot_be_read_is_not_left_out(answers: list[Any]) -> None:
    client, _ = scripted(*answers)
    with pytest.raises(ProviderError, match=r"answer\.field_missing"):
        await client.attributes("411")


async def test_brands() -> None:
    client, script = scripted(
        [{"id": 40, "name": "TRENDYOLMİLLA"}], {"brands": [{"id": 1, "name": "Örnek"}]}, [{"id": 1}]
    )
    assert await client.brands(" Milla ") == (Choice("40", "TRENDYOLMİLLA"),)
    assert await client.brands("Örnek") == (Choice("1", "Örnek"),)
    assert script.requests[0].url.params["name"] == "Milla"
    with pytest.raises(ProviderError, match=r"answer\.field_missing"):
        await client.brands("x")


# -- publishing ----------------------------------------------------------------------------------------------------------
FREE = (404, {"errors": [{"key": "not.found", "message": "Ürün bulunamadı"}]})
WAITS = {"barcode": BARCODE, "approved": False, "archived": False, "contentId": None}
APPROVED = {"barcode": BARCODE, "approved": True, "approvedDate": 1763622556000, "contentId": 9511264}
UNAPPROVED = {"totalElements": 1, "totalPages": 1, "page": 0, "size": 1, "content": [
    {"barcode": BARCODE, "quantity": 7, "salePrice": 199.9, "listPrice": 249.90, "status": "pendingApproval"}]}  # fmt: skip


def taken(name: str) -> dict[str, str]:
    return {"batchRequestId": name}


def batch(*items: dict[str, Any], status: str | None = "COMPLETED") -> dict[str, Any]:
    found = {"batchRequestId": ID, "itemCount": len(items), "failedItemCount": 0, "items": list(items)}
    return found | ({"status": status} if status else {})


def item(state: str, *reasons: Any, **request: Any) -> dict[str, Any]:
    return {"requestItem": request or {"barcode": BARCODE}, "status": state, "failureReasons": list(reasons)}


def made(state: str, *reasons: Any, barcode: str = BARCODE) -> dict[str, Any]:
    """A creation's result wraps the product."""
    return item(state, *reasons, product={"barcode": barcode, "title": "Işıklı Çaydanlık"})


async def test_a_new_product_is_created_and_done_when_its_batch_says_so() -> None:
    client, script = scripted(
        FREE,
        taken(ID),
        batch(status="IN_PROGRESS"),
        batch(made("IN_PROGRESS"), status="IN_PROGRESS"),
        batch(made("SUCCESS")),
    )
    receipt = await client.publish_products([draft()])
    assert ends(receipt) == {"k1": "pending"}
    assert script.paths == [f"GET {SELLER}/product/{BARCODE}", f"POST {SELLER}/v2/products"]
    for _ in range(2):
        assert ends(await client.publish_result(receipt.ticket, [draft()])) == {"k1": "pending"}
    last = await client.publish_result(receipt.ticket, [draft(remote_id=BARCODE)])  # the next pull brought it meanwhile
    assert last.outcomes == (Outcome("k1", OutcomeState.DONE, remote_ref=BARCODE),)
    assert last.ticket == receipt.ticket


async def test_an_approved_product_is_updated_by_three_batches() -> None:
    client, script = scripted(
        APPROVED, taken("p"), taken("c"), taken("v"),
        batch(item("SUCCESS", contentId=9511264)), batch(item("SUCCESS")), batch(item("SUCCESS"), status=None),
    )  # fmt: skip
    receipt = await client.publish_products([draft()])
    assert [one.rpartition("/")[2] for one in script.paths[1:]] == [
        "price-and-inventory",
        "content-bulk-update",
        "variant-bulk-update",
    ]
    assert ends(await client.publish_result(receipt.ticket, [draft()])) == {"k1": "done"}
    assert [one.rpartition("/")[2] for one in script.paths[4:]] == ["c", "v", "p"]


async def test_variants_of_one_content_share_its_update() -> None:
    other = draft(key="k2", barcode="8690000000784", sku="PX-2")
    client, script = scripted(APPROVED, {**APPROVED, "barcode": "8690000000784"}, taken("p"), taken("c"), taken("v"))
    await client.publish_products([draft(), other])
    assert [len(one["items"]) for one in script.bodies[2:]] == [2, 1, 2]


@pytest.mark.parametrize(
    ("content", "variant", "price", "end"),
    [
        (item("FAILED", "Görsel okunamadı", contentId=9511264), item("SUCCESS"), item("SUCCESS"), "refused item.refused"),
        (item("SUCCESS", contentId=9511264), item("FAILED", {"message": "bulunamadı"}), item("SUCCESS"), "refused item.not_found"),
        (item("SUCCESS", contentId=9511264), item("IN_PROGRESS"), item("SUCCESS"), "pending"),
        (item("SUCCESS", contentId=9511264), item("SUCCESS", barcode="1"), item("SUCCESS"), "unknown answer.unexpected"),
        (item("SUCCESS", contentId=1), item("SUCCESS"), item("SUCCESS"), "unknown answer.unexpected"),
    ],
)  # fmt: skip
async def test_one_part_that_is_not_done_is_not_done(content: Any, variant: Any, price: Any, end: str) -> None:
    client, _ = scripted(APPROVED, taken("p"), taken("c"), taken("v"), batch(content), batch(variant), batch(price))
    receipt = await client.publish_products([draft()])
    assert ends(await client.publish_result(receipt.ticket, [draft()])) == {"k1": end}


async def test_a_product_that_waits_for_approval_is_updated_without_its_price() -> None:
    client, script = scripted(WAITS, UNAPPROVED, taken("o"), batch(item("SUCCESS")))
    receipt = await client.publish_products([draft()])
    assert script.paths[-1] == f"POST {SELLER}/products/unapproved-bulk-update"
    assert ends(await client.publish_result(receipt.ticket, [draft()])) == {"k1": "done"}


async def test_another_price_waits_for_the_approval_and_is_sent_then() -> None:
    cheaper = draft(price=Money.of("149.90", "TRY"))
    client, _ = scripted(
        WAITS, UNAPPROVED, taken("o"), *[batch(item("SUCCESS")), WAITS] * 2, batch(item("SUCCESS")), APPROVED
    )
    receipt = await client.publish_products([cheaper])
    for _ in range(2):
        assert ends(await client.publish_result(receipt.ticket, [cheaper])) == {"k1": "pending"}
    assert ends(await client.publish_result(receipt.ticket, [cheaper])) == {"k1": "unknown item.conflict"}


async def test_refusals_in_trendyol_s_words_each_on_its_own() -> None:
    drafts = [draft(key=f"k{n}", barcode=f"869000000000{n}") for n in range(4)]
    results = batch(
        made("FAILED", "Kategori bulunamadı", barcode="8690000000000"),
        made("FAILED", {"message": "Marka hatalı"}, "Renk eksik", barcode="8690000000001"),
        made("SUCCESS", barcode="8690000000002"),
    )
    client, _ = scripted(*[FREE] * 4, taken(ID), results)
    receipt = await client.publish_products(drafts)
    last = await client.publish_result(receipt.ticket, drafts)
    assert ends(last) == {
        "k0": "refused item.refused",
        "k1": "refused item.refused",
        "k2": "done",
        "k3": "unknown answer.unexpected",
    }
    assert message(last.outcomes[1]).vendor_text == "Marka hatalı; Renk eksik"


async def test_a_barcode_that_somebody_was_quicker_with_goes_again_as_an_update() -> None:
    there = batch(made("FAILED", "Bu barkod ile zaten kayıtlı bir ürün var"))
    client, _ = scripted(FREE, taken(ID), there, APPROVED, there, FREE)
    receipt = await client.publish_products([draft()])
    assert ends(await client.publish_result(receipt.ticket, [draft()])) == {"k1": "unknown item.duplicate"}
    assert ends(await client.publish_result(receipt.ticket, [draft()])) == {"k1": "refused item.duplicate"}


async def test_a_batch_that_trendyol_has_forgotten_is_unknown() -> None:
    client, _ = scripted(FREE, taken(ID), FREE)
    receipt = await client.publish_products([draft()])
    assert ends(await client.publish_result(receipt.ticket, [draft()])) == {"k1": "unknown item.not_found"}


async def test_a_listing_that_is_gone_and_what_cannot_go_are_told_at_once() -> None:
    client, script = scripted(FREE)
    receipt = await client.publish_products(
        [draft(remote_id="1"), draft(key="k2", title=""), draft(key="k3", remote_id="1")]
    )
    assert ends(receipt) == {
        "k1": "refused item.not_found",
        "k2": "refused item.refused",
        "k3": "refused item.duplicate",
    }
    assert (receipt.ticket, len(script.requests)) == ("", 1)


async def test_when_the_first_call_fails_nothing_was_sent() -> None:
    again = {"errors": [{"key": "x", "message": "15 dakika boyunca aynı isteği tekrarlı olarak atamazsınız!"}]}
    client, _ = scripted(APPROVED, (400, again))
    with pytest.raises(ProviderError, match=r"rate\.repeated") as caught:
        await client.publish_products([draft()])
    assert caught.value.message.retry_after == 900


async def test_the_twin_of_a_creation_waits() -> None:
    twin = {
        "errors": [
            {"key": "batchRequest.recurring.product.create.not.allowed", "message": "Bilinmeyen bir hata oluştu"}
        ]
    }
    client, _ = scripted(FREE, (400, twin))
    with pytest.raises(ProviderError, match=r"rate\.repeated"):
        await client.publish_products([draft()])


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        ((400, {"errors": ["Geçersiz görsel"]}), "refused request.refused"),
        ((401, {"errors": ["olmadı"]}), "unknown auth.refused"),
        ((500, {"errors": ["düştü"]}), "unknown server.error"),
    ],
)
async def test_a_later_call_that_fails_costs_its_own_drafts(answer: Any, end: str) -> None:
    client, _ = scripted(APPROVED, FREE, taken("p"), taken("c"), taken("v"), answer)
    drafts = [draft(), draft(key="k2", barcode="8690000000784")]
    assert ends(await client.publish_products(drafts)) == {"k1": "pending", "k2": end}


async def test_a_failed_look_raises_and_sends_nothing() -> None:
    client, script = scripted(FREE, (500, {}))
    with pytest.raises(ProviderError, match=r"server\.error"):
        await client.publish_products([draft(), draft(key="k2", barcode="2")])
    assert {one.method for one in script.requests} == {"GET"}


async def test_a_ticket_of_somebody_else() -> None:
    client, _ = scripted()
    with pytest.raises(ProviderError, match=r"answer\.unexpected"):
        await client.publish_result("b-1", [draft()])


async def test_a_failing_result_is_not_an_end() -> None:
    client, _ = scripted((503, {}))
    with pytest.raises(ProviderError, match=r"server\.unavailable"):
        await client.publish_result('{"create":"b"}', [draft()])


# -- against the fake ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(create(seed=3).app) as url:
        yield url


@pytest.fixture
async def world(base: str) -> AsyncIterator[World]:
    async with httpx.AsyncClient(base_url=base) as http:
        made_world = World(base, http)
        made_world.post("reset", {"orders": 0, "listings": 3, "seed": 3})
        yield made_world
        made_world.room.close()


async def test_at_the_fake(world: World) -> None:
    """Created, changed while it waits for its approval, approved and changed again: one product all the time."""
    leaf = next(one for page in [p async for p in world.client.categories()] for one in page.items if one.leaf)
    asked = [one for one in await world.client.attributes(leaf.id) if one.required]
    (brand,) = await world.client.brands("Örnek")
    told = tuple(
        AttributeValue(x.id, x.choices[0].id if x.choices else "", "" if x.choices else "Kırmızı") for x in asked
    )
    one = draft(category_id=leaf.id, attributes=told, brand=brand)
    assert ends(await published(world, [one])) == {"k1": "done"}
    assert ends(await published(world, [draft(**{**_same(one), "title": "Çaydanlık, yeni"})])) == {"k1": "done"}
    world.post("clock", {"advance": 3600})
    again = draft(
        **{**_same(one), "title": "Çaydanlık, en yeni", "price": Money.of("99.90", "TRY"), "remote_id": BARCODE}
    )
    assert ends(await published(world, [again])) == {"k1": "done"}
    (row,) = [x for x in world.get("products") if x["barcode"] == BARCODE]
    assert (row["title"], row["price"], row["quantity"]) == ("Çaydanlık, en yeni", "99.90", 7)
    assert world.get("state")["counters"]["product:PX-YENİ-1"] == 1
    assert json.dumps(row["images"]) == json.dumps(list(PICTURES))


def _same(one: Any) -> dict[str, Any]:
    return {"category_id": one.category_id, "attributes": one.attributes, "brand": one.brand}
