"""N11's publishing: requests by its pages CreateProduct and UpdateProduct, parsers, flows on scripted answers, and the fake."""

from __future__ import annotations

import dataclasses
import inspect
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from app.contracts import Account, Outcome, OutcomeState, ProviderError
from app.kit import Call, httpx
from app.model import Attribute, AttributeValue, Category, Choice, Money
from providers.marketplaces import n11_publishing as publishing
from providers.marketplaces.n11 import N11
from providers.sandboxes.n11 import create
from tests.providers.marketplaces import n11_support
from tests.providers.marketplaces.live_support import World, rig
from tests.providers.marketplaces.n11_support import BASE, Script, page
from tests.providers.marketplaces.publishing_support import BARCODE, PICTURES, draft, ends, message, published, sent

SKU = "PX-YENİ-1"
DRAFT = draft(brand=Choice("", "Örnek"))
IMAGES = [{"url": url, "order": place} for place, url in enumerate(PICTURES, 1)]
ATTRIBUTES = [
    {"id": 47, "customValue": "Şeker Pembe"}, {"id": 14, "valueId": 101}, {"id": 14, "valueId": 102}, {"id": 1, "customValue": "Örnek"},
]  # fmt: skip
PRICE = {"listPrice": Decimal("249.90"), "salePrice": Decimal("199.90"), "quantity": 7, "currencyType": "TL"}


def account(**settings: str) -> Account:
    return dataclasses.replace(n11_support.account(), settings=settings)


A = account(shipment_template="Standart Kargo", preparing_days="2")
CREATE = {
    "title": "Işıklı Çaydanlık", "description": "<p>Güzel</p>", "categoryId": 411, "productMainId": "GRUP-1", "stockCode": SKU,
    "barcode": BARCODE, "images": IMAGES, "attributes": ATTRIBUTES, "vatRate": 20, "shipmentTemplate": "Standart Kargo",
    "preparingDay": 2, **PRICE,
}  # fmt: skip
UPDATE = {
    "stockCode": SKU, "description": "<p>Güzel</p>", "vatRate": 20, "productMainId": "GRUP-1", "deleteProductMainId": True,
}  # fmt: skip


def skus(*rows: Any) -> Any:
    return {"payload": {"integrator": "Paxzar", "skus": list(rows)}}


TASKS = "/ms/product/tasks"
#: request function → (call, method, path, query parameters, body, limit group, repeatable)
TABLE: dict[str, tuple[Call, str, str, dict[str, str], Any, str, bool | None]] = {
    "categories_request": (publishing.categories_request(), "GET", "/cdn/categories", {}, None, "catalogue", None),
    "attributes_request": (
        publishing.attributes_request("4/1"), "GET", "/cdn/category/4%2F1/attribute", {}, None, "catalogue", None),
    "lookup_request": (
        publishing.lookup_request("Ş 1"), "GET", "/ms/product-query", {"stockCode": "Ş 1", "page": "0", "size": "20"}, None, "lookups",
        None),
    "create_request": (
        publishing.create_request(A, [DRAFT]), "POST", f"{TASKS}/product-create", {}, skus(CREATE), "tasks", False),
    "update_request": (
        publishing.update_request([DRAFT]), "POST", f"{TASKS}/product-update", {}, skus(UPDATE), "tasks", True),
    "price_request": (
        publishing.price_request([DRAFT]), "POST", f"{TASKS}/price-stock-update", {}, skus({"stockCode": SKU, **PRICE}), "tasks", True),
    "result_request": (
        publishing.result_request("77"), "POST", "/ms/product/task-details/page-query", {},
        {"taskId": 77, "pageable": {"page": 0, "size": 1000}}, "tasks", True),
}  # fmt: skip


def test_every_request_has_a_row() -> None:
    made = {
        name
        for name, function in inspect.getmembers(publishing, inspect.isfunction)
        if name.endswith("_request") and function.__module__ == publishing.__name__
    }
    assert made == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_requests(name: str) -> None:
    call, method, path, params, body, group, repeatable = TABLE[name]
    assert (call.method, call.path, dict(call.params), call.group) == (method, path, params, group)
    assert call.repeatable is repeatable
    assert call.body is None if body is None else sent(call) == body


def test_the_brand_is_attribute_1_unless_the_category_s_was_answered() -> None:
    assert publishing.attributes_of(draft(attributes=())) == [{"id": 1, "valueId": 1791}]
    own = draft(attributes=(AttributeValue("1", "8372688"),))
    assert publishing.attributes_of(own) == [{"id": 1, "valueId": 8372688}]
    assert publishing.attributes_of(draft(attributes=(), brand=None)) == []


@pytest.mark.parametrize(
    ("settings", "extra", "template", "days"),
    [
        ({"shipment_template": "Aras"}, {}, "Aras", 3),
        ({"shipment_template": "Aras", "preparing_days": "bir"}, {"preparingDay": "1"}, "Aras", 1),
        ({"shipment_template": "Aras", "preparing_days": "1234567890"}, {"shipmentTemplate": "Bu"}, "Bu", 3),
    ],
)
def test_delivery(settings: dict[str, str], extra: dict[str, str], template: str, days: int) -> None:
    found = publishing.delivery_of(account(**settings), draft(extra=extra))
    assert found == {"shipmentTemplate": template, "preparingDay": days}


def test_an_update_that_says_nothing_is_none() -> None:
    assert not publishing.tells_more(draft(description="", vat_rate=None, group=""))


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"sku": ""}, "stockCode", "missing"),
        ({"category_id": ""}, "categoryId", "missing"),
        ({"category_id": "Kupa"}, "categoryId", "pattern"),
        ({"images": ()}, "images", "missing"),
        ({"images": PICTURES * 5}, "images", "long"),
        ({"vat_rate": None}, "vatRate", "missing"),
        ({"attributes": (AttributeValue("47", "kirmizi"),)}, "valueId", "pattern"),
        ({"price": Money.of("9", "GBP"), "list_price": None}, "currency", "currency"),
    ],
)
def test_what_is_not_sent(changes: dict[str, Any], field: str, reason: str) -> None:
    told = publishing.refused_draft(A, draft(**changes))
    assert told is not None
    assert (told.code, told.field, told.params["reason"]) == ("item.refused", field, reason)


def test_a_new_product_needs_the_seller_s_delivery_template() -> None:
    told = publishing.refused_draft(account(), DRAFT)
    assert told is not None
    assert (told.field, told.params["reason"]) == ("shipment_template", "missing")
    assert publishing.refused_draft(account(), draft(remote_id=SKU)) is None


# -- the catalogue -------------------------------------------------------------------------------------------------------
def scripted(*answers: Any) -> tuple[N11, Script]:
    script = Script(*answers)
    return N11(httpx.AsyncClient(transport=httpx.MockTransport(script), base_url=BASE), A), script


async def test_the_tree() -> None:
    leaf = {"id": 1002571, "name": "Çay & Işık", "parentId": 1, "subCategories": None}
    client, _ = scripted({"categories": [{"id": 1, "name": "Ev", "subCategories": [leaf]}]})
    (found,) = [one async for one in client.categories()]
    assert found.items == (Category("1", ("Ev",), leaf=False), Category("1002571", ("Ev", "Çay & Işık")))


ASKED = {"id": 1002571, "name": "Makyaj Çantası", "categoryAttributes": [
    {"attributeId": 9, "attributeName": "Malzeme", "isMandatory": False, "attributeValues": None},
    {"attributeId": 1, "categoryId": 1002571, "attributeName": "Marka", "isMandatory": True, "isVariant": False, "isSlicer": False,
     "isCustomValue": True, "isN11Grouping": False, "attributeOrder": 1000, "attributeValues": [{"id": 8372688, "value": "Abay"}]},
    {"attributeId": 429, "attributeName": "Renk", "isMandatory": True, "isVariant": True, "isSlicer": True, "isCustomValue": False,
     "attributeValues": [{"id": 8773717, "value": "Ahşap Rengi"}]},
]}  # fmt: skip


async def test_what_a_category_asks() -> None:
    client, _ = scripted(ASKED, {"id": 1, "categoryAttributes": [{"attributeId": 4}]})
    assert await client.attributes("1002571") == (
        Attribute("1", "Marka", required=True, free=True, choices=(Choice("8372688", "Abay"),)),
        Attribute("429", "Renk", required=True, varies=True, choices=(Choice("8773717", "Ahşap Rengi"),)),
        Attribute("9", "Malzeme"),
    )
    with pytest.raises(ProviderError, match=r"answer\.field_missing"):
        await client.attributes("1")


async def test_a_brand_is_text() -> None:
    client, _ = scripted()
    assert await client.brands(" Örnek ") == (Choice("", "Örnek"),)
    assert await client.brands("") == ()


# -- publishing ----------------------------------------------------------------------------------------------------------
FREE, THERE = page(), page({"stockCode": SKU, "title": "x"})
LIKE = page({"stockCode": f"{SKU}0", "title": "x"})


def task(number: int | None, status: str = "IN_QUEUE", *reasons: str) -> dict[str, Any]:
    return {"id": number, "type": "PRODUCT_CREATE", "status": status, "reasons": list(reasons)}


def details(status: str, *rows: dict[str, Any], reasons: Any = None) -> dict[str, Any]:
    return {
        "taskId": 1,
        "status": status,
        "reasons": reasons,
        "skus": {"content": list(rows), "totalElements": len(rows)},
    }


def row(state: str, *reasons: str, code: str = SKU) -> dict[str, Any]:
    return {"itemCode": code, "status": state, "reasons": list(reasons), "sku": {}}


async def test_a_new_product_is_created_and_done_when_its_task_says_so() -> None:
    client, script = scripted(LIKE, task(41), details("IN_QUEUE"), details("PROCESSED", row("SUCCESS")))
    receipt = await client.publish_products([DRAFT])
    assert ends(receipt) == {"k1": "pending"}
    assert [one.url.path for one in script.requests] == ["/ms/product-query", f"{TASKS}/product-create"]
    assert ends(await client.publish_result(receipt.ticket, [DRAFT])) == {"k1": "pending"}
    last = await client.publish_result(receipt.ticket, [draft(remote_id=SKU)])  # the next pull brought it meanwhile
    assert (last.outcomes, last.ticket) == ((Outcome("k1", OutcomeState.DONE, remote_ref=SKU),), receipt.ticket)


@pytest.mark.parametrize("known", [True, False])
async def test_a_stock_code_that_is_there_is_updated(known: bool) -> None:
    answers = [] if known else [THERE]
    client, script = scripted(*answers, task(5), task(6), *[details("PROCESSED", row("SUCCESS"))] * 2)
    one = draft(remote_id=SKU if known else "")
    receipt = await client.publish_products([one])
    assert [x.url.path.rpartition("/")[2] for x in script.requests[len(answers) :]] == [
        "price-stock-update",
        "product-update",
    ]
    assert ends(await client.publish_result(receipt.ticket, [one])) == {"k1": "done"}


async def test_an_update_that_says_nothing_is_left_out_for_its_draft_alone() -> None:
    bare = draft(key="k2", sku="B", remote_id="B", description="", vat_rate=None, group="")
    rows = row("SUCCESS"), row("SUCCESS", code="B")
    client, script = scripted(task(5), task(6), details("PROCESSED", rows[0]), details("PROCESSED", *rows))
    drafts = [draft(remote_id=SKU), bare]
    receipt = await client.publish_products(drafts)
    assert [len(json.loads(one.content)["payload"]["skus"]) for one in script.requests] == [2, 1]
    assert ends(await client.publish_result(receipt.ticket, drafts)) == {"k1": "done", "k2": "done"}


GOOD = details("PROCESSED", row("SUCCESS"))


@pytest.mark.parametrize(
    ("update", "price", "end"),
    [
        (details("PROCESSED", row("FAIL", "stok kodu bulunamadı")), GOOD, "refused item.not_found"),
        (details("PROCESSED", row("FAIL", "KDV hatalı")), GOOD, "refused item.refused"),
        (details("IN_QUEUE"), GOOD, "pending"),
        (details("PROCESSED", row("SUCCESS", code="B")), GOOD, "unknown answer.unexpected"),
        (GOOD, details("REJECT", reasons=["Fiyat 2 hane olmalı"]), "refused item.refused"),
        (GOOD, (404, {"message": "task yok"}), "unknown item.not_found"),
        (GOOD, GOOD, "done"),
    ],
)
async def test_one_part_that_is_not_done_is_not_done(update: Any, price: Any, end: str) -> None:
    client, _ = scripted(update, price)
    assert ends(await client.publish_result('{"update":"6","price":"5"}', [draft(remote_id=SKU)])) == {"k1": end}


@pytest.mark.parametrize(
    ("create", "update", "price", "end"),
    [
        (details("IN_QUEUE"), GOOD, GOOD, "done"),  # k1 is named by the update
        (GOOD, details("PROCESSED"), details("PROCESSED"), "done"),
        (details("IN_QUEUE"), details("PROCESSED"), details("PROCESSED"), "pending"),
        (details("PROCESSED"), details("IN_QUEUE"), details("PROCESSED"), "pending"),
        (details("PROCESSED"), details("PROCESSED"), details("PROCESSED"), "unknown answer.unexpected"),
        (details("REJECT", reasons=["olmaz"]), details("PROCESSED"), details("PROCESSED"), "refused item.refused"),
    ],
)
async def test_creations_and_updates_in_one_publishing(create: Any, update: Any, price: Any, end: str) -> None:
    client, _ = scripted(create, update, price)
    assert ends(await client.publish_result('{"create":"4","update":"6","price":"5"}', [DRAFT])) == {"k1": end}


async def test_refusals_in_n11_s_words_each_on_its_own() -> None:
    drafts = [msgspec.structs.replace(DRAFT, key=f"k{n}", sku=f"S{n}") for n in range(4)]
    rows = [
        row("FAIL", "Kategori bulunamadı", code="S0"), row("FAIL", "Marka eksik", "Renk eksik", code="S1"), row("SUCCESS", code="S2"),
    ]  # fmt: skip
    client, _ = scripted(*[FREE] * 4, task(41), details("PROCESSED", *rows))
    receipt = await client.publish_products(drafts)
    last = await client.publish_result(receipt.ticket, drafts)
    assert ends(last) == {
        "k0": "refused item.refused",
        "k1": "refused item.refused",
        "k2": "done",
        "k3": "unknown answer.unexpected",
    }
    assert message(last.outcomes[1]).vendor_text == "Marka eksik; Renk eksik"


async def test_a_stock_code_that_somebody_was_quicker_with_goes_again_as_an_update() -> None:
    there = details("PROCESSED", row("FAIL", "Bu stok kodu ile zaten kayıtlı bir ürün var"))
    client, _ = scripted(there, THERE, there, FREE)
    assert ends(await client.publish_result('{"create":"4"}', [DRAFT])) == {"k1": "unknown item.duplicate"}
    assert ends(await client.publish_result('{"create":"4"}', [DRAFT])) == {"k1": "refused item.duplicate"}


async def test_a_task_that_n11_rejects_or_does_not_number_was_not_sent() -> None:
    client, _ = scripted(FREE, task(4, "REJECT", "integrator hatalı"), FREE, task(None))
    with pytest.raises(ProviderError, match=r"request\.refused") as caught:
        await client.publish_products([DRAFT])
    assert caught.value.message.vendor_text == "integrator hatalı"
    with pytest.raises(ProviderError, match=r"answer\.field_missing"):
        await client.publish_products([DRAFT])


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (task(4, "REJECT", "kargo şablonu yok"), "refused request.refused"),
        ((403, b"Authentication failed"), "unknown auth.refused"),
        ((500, {"message": "düştü"}), "unknown server.error"),
        (task(None), "unknown answer.field_missing"),
    ],
)
async def test_a_later_task_that_fails_costs_its_own_drafts(answer: Any, end: str) -> None:
    client, _ = scripted(THERE, FREE, task(5), task(6), answer)
    drafts = [DRAFT, msgspec.structs.replace(DRAFT, key="k2", sku="S2")]
    assert ends(await client.publish_products(drafts)) == {"k1": "pending", "k2": end}


async def test_what_cannot_go_costs_no_call() -> None:
    client, script = scripted(THERE, task(5), task(6))
    receipt = await client.publish_products([draft(title="", key="k0"), DRAFT, draft(key="k2")])
    assert ends(receipt) == {"k0": "refused item.refused", "k1": "pending", "k2": "refused item.duplicate"}
    assert len(script.requests) == 3


async def test_a_look_that_cannot_be_read_raises() -> None:
    client, _ = scripted(page({"title": "x"}))
    with pytest.raises(ProviderError, match=r"answer\.field_missing"):
        await client.publish_products([DRAFT])


@pytest.mark.parametrize("ticket", ["41", '{"create":"b"}', '{"create":5}'])
async def test_a_ticket_of_somebody_else(ticket: str) -> None:
    client, _ = scripted()
    with pytest.raises(ProviderError, match=r"answer\.unexpected"):
        await client.publish_result(ticket, [DRAFT])


async def test_a_failing_result_is_not_an_end() -> None:
    client, _ = scripted((503, {"message": "bakım"}))
    with pytest.raises(ProviderError, match=r"server\.unavailable"):
        await client.publish_result('{"create":"4"}', [DRAFT])


# -- against the fake ----------------------------------------------------------------------------------------------------
base, world = rig(create, N11, ["app_key", "app_secret"], orders=0, listings=3, limits=False)


async def test_at_the_fake(world: World) -> None:
    """Created, then changed by its stock code and by its listing's id: one product all the time."""
    leaf = next(one for found in [p async for p in world.client.categories()] for one in found.items if one.leaf)
    asked = [one for one in await world.client.attributes(leaf.id) if one.required and one.id != "1"]
    told = tuple(
        AttributeValue(x.id, x.choices[0].id if x.choices else "", "" if x.choices else "Kırmızı") for x in asked
    )
    extra = {"shipmentTemplate": "Standart Kargo"}
    same = {"category_id": leaf.id, "attributes": told, "brand": Choice("", "Örnek"), "extra": extra}
    assert ends(await published(world, [draft(**same)])) == {"k1": "done"}
    assert ends(await published(world, [draft(**same, quantity=3)])) == {"k1": "done"}
    again = draft(**same, price=Money.of("149.90", "TRY"), remote_id=SKU)
    assert ends(await published(world, [again])) == {"k1": "done"}
    (found,) = [one for one in world.get("products") if one["sku"] == SKU]
    assert (found["price"], found["quantity"]) == ("149.90", 7)
    assert world.get("state")["counters"][f"product:{SKU}"] == 1
