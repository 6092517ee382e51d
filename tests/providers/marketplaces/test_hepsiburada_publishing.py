"""Hepsiburada's publishing: requests by its OpenAPI document of the catalogue, parsers, flows on scripted answers, and the fake."""

from __future__ import annotations

import inspect
import json
from decimal import Decimal
from typing import Any

import pytest

from app.contracts import Outcome, OutcomeState, ProviderError
from app.kit import Call
from app.model import Attribute, AttributeValue, Category, Choice, Money
from providers.marketplaces import hepsiburada_catalogue as catalogue
from providers.marketplaces import hepsiburada_publishing as publishing
from providers.marketplaces.hepsiburada import Hepsiburada
from providers.sandboxes.hepsiburada import create
from tests.providers.marketplaces.hepsiburada_support import CATALOGUE, LISTINGS, MERCHANT, account, scripted
from tests.providers.marketplaces.live_support import World, rig
from tests.providers.marketplaces.publishing_support import BARCODE, PICTURES, draft, ends, message, published
from tests.providers.marketplaces.trendyol_support import reply

A = account()
HB = "HBV00000ABCDE"
SKU = "PX-YENİ-1"
DRAFT = draft(attributes=(AttributeValue("renk_variant_property", "Siyah"), AttributeValue("malzeme", text="Çelik"),
                          AttributeValue("malzeme", "Cam")))  # fmt: skip
TOLD = {"renk_variant_property": "Siyah", "malzeme": ["Çelik", "Cam"]}
IMPORT = {
    "categoryId": 411,
    "merchant": MERCHANT,
    "attributes": {
        "merchantSku": SKU, "VaryantGroupID": "GRUP-1", "Barcode": BARCODE, "UrunAdi": "Işıklı Çaydanlık",
        "UrunAciklamasi": "<p>Güzel</p>", "Marka": "Örnek", "kg": "1.5", "tax_vat_rate": "20", "price": "199,90", "stock": "7",
        "Image1": PICTURES[0], "Image2": PICTURES[1], **TOLD,
    },
}  # fmt: skip
CHANGE = {
    "hbSku": HB, "productName": "Işıklı Çaydanlık", "productDescription": "<p>Güzel</p>", "barcode": BARCODE, "kdv": "20", "desi": "1.5",
    "image1": PICTURES[0], "image2": PICTURES[1], "attributes": TOLD,
}  # fmt: skip
PRODUCTS, TICKETS = f"{CATALOGUE}/product/api", f"{CATALOGUE}/ticket-api/api/integrator"

#: request function → (call, method, url, query parameters, file's name and content, limit group)
TABLE: dict[str, tuple[Call, str, str, dict[str, str], Any, str]] = {
    "categories_request": (
        catalogue.categories_request(A), "GET", f"{PRODUCTS}/categories/get-all-categories",
        {"leaf": "true", "status": "ACTIVE", "available": "true", "page": "0", "size": "2000"}, None, "catalogue"),
    "attributes_request": (
        catalogue.attributes_request(A, "4/1"), "GET", f"{PRODUCTS}/categories/4%2F1/attributes", {}, None, "catalogue"),
    "values_request": (
        catalogue.values_request(A, "411", "00001ı"), "GET", f"{PRODUCTS}/categories/411/attribute/00001%C4%B1/values",
        {"page": "0", "size": "1000"}, None, "catalogue"),
    "import_request": (
        publishing.import_request(A, [DRAFT]), "POST", f"{PRODUCTS}/products/import", {}, ("integrator.json", [IMPORT]), "product_files"),
    "change_request": (
        publishing.change_request(A, {HB: DRAFT}), "POST", f"{TICKETS}/import", {},
        ("integrator-ticket-upload.json", {"merchantId": MERCHANT, "items": [CHANGE]}), "product_files"),
    "listed_request": (
        publishing.listed_request(A, ["PX-1", "PX,2"]), "GET", f"{LISTINGS}/listings/merchantid/{MERCHANT}",
        {"offset": "0", "limit": "100", "merchantSkuList": "PX-1,PX,2"}, None, "listings"),
    "import_result_request": (
        publishing.import_result_request(A, "t/1"), "GET", f"{PRODUCTS}/products/status/t%2F1", {"page": "0", "size": "1000"}, None,
        "catalogue"),
    "change_result_request": (
        publishing.change_result_request(A, "t/1"), "GET", f"{TICKETS}/status/t%2F1", {"page": "0", "size": "1000"}, None, "catalogue"),
}  # fmt: skip


def filed(body: bytes, content_type: str) -> tuple[str, Any]:
    """The one part of a form: its file's name, its JSON."""
    kind, _, boundary = content_type.partition("; boundary=")
    assert kind == "multipart/form-data"
    mark = f"--{boundary}".encode()
    before, part, end = body.split(mark)
    head, _, content = part.partition(b"\r\n\r\n")
    assert (before, end) == (b"", b"--\r\n")
    assert b'name="file"' in head
    assert content.endswith(b"\r\n")
    return head.partition(b'filename="')[2].partition(b'"')[0].decode(), json.loads(content, parse_float=Decimal)


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
    call, method, url, params, file, group = TABLE[name]
    assert (call.method, call.path, dict(call.params), call.group) == (method, url, params, group)
    told = dict(call.headers)
    assert told["user-agent"] == "firma_dev"
    assert call.body is None if file is None else filed(call.body or b"", told["content-type"]) == file
    assert call.repeatable is {"GET": None, "POST": False}[method]


def test_the_same_file_is_the_same_bytes() -> None:
    assert publishing.import_request(A, [DRAFT]) == publishing.import_request(A, [DRAFT])


def test_a_change_tells_only_what_the_draft_holds() -> None:
    bare = draft(
        remote_id=HB, description="", images=(), vat_rate=None, desi=None, attributes=(), barcode="", brand=None
    )
    assert publishing.refused_draft(bare) is None
    assert publishing.change_row(bare, HB) == {"hbSku": HB, "productName": "Işıklı Çaydanlık"}


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"sku": ""}, "merchantSku", "missing"),
        ({"brand": None}, "Marka", "missing"),
        ({"category_id": ""}, "categoryId", "missing"),
        ({"category_id": "Kupa"}, "categoryId", "pattern"),
        ({"images": ()}, "Image1", "missing"),
        ({"images": PICTURES * 6}, "images", "long"),
        ({"vat_rate": None}, "tax_vat_rate", "missing"),
        ({"price": Money.of("9", "EUR"), "list_price": None}, "currency", "currency"),
    ],
)
def test_what_is_not_sent(changes: dict[str, Any], field: str, reason: str) -> None:
    told = publishing.refused_draft(draft(**changes))
    assert told is not None
    assert (told.code, told.field, told.params["reason"]) == ("item.refused", field, reason)


# -- the catalogue -------------------------------------------------------------------------------------------------------
def envelope(data: Any, **more: Any) -> dict[str, Any]:
    return {"success": True, "code": 0, "version": 1, "message": None, "data": data, **more}


async def test_categories() -> None:
    rows = [
        {
            "categoryId": 18021982,
            "name": "Çaydanlık",
            "displayName": "Çaydanlık",
            "paths": ["Ev", "Mutfak"],
            "leaf": True,
        },
        {"categoryId": 2, "name": "Işık", "paths": ["Ev", "IŞIK"], "leaf": True},
        {"categoryId": 3},
    ]
    more = envelope([{"categoryId": 4, "name": "Su", "paths": None}], totalPages=2, number=1, last=True)
    client, script = scripted(envelope(rows, totalPages=2, number=0, last=False), more)
    pages = [page async for page in client.categories()]
    assert [one for page in pages for one in page.items] == [
        Category("18021982", ("Ev", "Mutfak", "Çaydanlık")),
        Category("2", ("Ev", "IŞIK")),
        Category("4", ("Su",)),
    ]
    assert [one.remote_id for one in pages[0].rejects] == ["3"]
    assert script.requests[1].url.params["page"] == "1"


ASKED = {
    "baseAttributes": [
        {"name": "Marka", "id": "Marka", "mandatory": True, "type": "string", "multiValue": False},
        {"name": "Görsel 1", "id": "Image1", "mandatory": True, "type": "string", "multiValue": False},
        {"name": "Garanti Süresi (Ay)", "id": "GarantiSuresi", "mandatory": True, "type": "integer", "multiValue": False},
    ],
    "attributes": [{"name": "Malzeme", "id": "malzeme", "mandatory": False, "type": "enum", "multiValue": True}],
    "variantAttributes": [{"name": "Renk", "id": "renk_variant_property", "mandatory": True, "type": "enum", "multiValue": False}],
}  # fmt: skip


async def test_what_a_category_asks() -> None:
    client, _ = scripted(
        envelope(ASKED),
        envelope([{"id": "1", "value": "Siyah"}], totalPages=2),
        envelope([{"id": "2", "value": "Şeker Pembe"}], totalPages=2),
        envelope([{"id": "3", "value": "Çelik"}], totalPages=1),
    )
    assert await client.attributes("411") == (
        Attribute("GarantiSuresi", "Garanti Süresi (Ay)", required=True, free=True),
        Attribute("renk_variant_property", "Renk", required=True, varies=True,
                  choices=(Choice("Siyah", "Siyah"), Choice("Şeker Pembe", "Şeker Pembe"))),
        Attribute("malzeme", "Malzeme", several=True, choices=(Choice("Çelik", "Çelik"),)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([envelope({"attributes": [{"name": "x"}]})], "answer.field_missing"),
        ([envelope([])], "answer.unreadable"),
        ([envelope(ASKED), envelope([{"id": "1"}], totalPages=1)], "answer.field_missing"),
        ([{"success": False, "code": 1, "message": "kategori yok"}], "request.refused"),
        ([(403, {"message": "çok hızlı"})], "rate.limited"),
    ],
)
async def test_what_cannot_be_read_is_not_left_out(answers: list[Any], code: str) -> None:
    client, _ = scripted(*answers)
    with pytest.raises(ProviderError) as caught:
        await client.attributes("411")
    assert caught.value.message.code == code


async def test_a_brand_is_text() -> None:
    client, _ = scripted()
    assert await client.brands(" Örnek ") == (Choice("", "Örnek"),)
    assert await client.brands(" ") == ()


# -- publishing ----------------------------------------------------------------------------------------------------------
def listed(*skus: tuple[str, str]) -> dict[str, Any]:
    rows = [{"hepsiburadaSku": hb, "merchantSku": own, "price": 1.5} for hb, own in skus]
    return {"listings": rows, "totalCount": len(rows), "limit": 100, "offset": 0}


def tracked(name: str) -> dict[str, Any]:
    return envelope({"trackingId": name})


def state(sku: str = SKU, **told: Any) -> dict[str, Any]:
    return {
        "itemOrderID": 0,
        "merchant": MERCHANT,
        "merchantSku": sku,
        "importStatus": "SUCCESS",
        "importMessages": [],
        **told,
    }


async def test_a_new_product_is_imported_and_done_when_it_stands_in_the_catalogue() -> None:
    client, script = scripted(
        listed(), tracked("t-1"),
        envelope([]), envelope([state(importStatus="PROCESSING")]), envelope([state(productStatus="İncelenecek")]),
        envelope([state("px-yeni-1", productStatus="CREATED", hbSku=HB)]),
    )  # fmt: skip
    receipt = await client.publish_products([DRAFT])
    assert ends(receipt) == {"k1": "pending"}
    assert filed(script.requests[1].content, script.requests[1].headers["content-type"])[1] == [IMPORT]
    for _ in range(3):
        assert ends(await client.publish_result(receipt.ticket, [DRAFT])) == {"k1": "pending"}
    last = await client.publish_result(receipt.ticket, [DRAFT])
    assert (last.outcomes, last.ticket) == ((Outcome("k1", OutcomeState.DONE, remote_ref=HB),), receipt.ticket)


NO = {"attributeName": "Renk", "message": "boş olamaz"}


@pytest.mark.parametrize(
    ("row", "end", "words"),
    [
        (state(importStatus="FAILED", importMessages=[{"severity": "INFORMATION", "message": "başladı"},
                                                      {"severity": "ERROR", "message": "Geçersiz barkod"}]),
         "refused item.refused", "Geçersiz barkod"),
        (state(productStatus="MISSING_INFO", validationResults=[NO]), "refused item.refused", "Renk: boş olamaz"),
        (state(productStatus="Eksik Bilgi", taskDetails=[{"reason": "Görsel eksik", "url": "x"}]), "refused item.refused", "Görsel eksik"),
        (state(productStatus="BLOCKED", rejectReasonsMessages=["Yasaklı ürün"]), "refused item.refused", "Yasaklı ürün"),
        (state(productStatus="REJECTED", importMessages=[{"message": "SKU zaten mevcut"}]), "refused item.duplicate", "SKU zaten mevcut"),
        (state(productStatus="PRE_MATCHED"), "refused item.conflict", "PRE_MATCHED"),
        (state(productStatus="Eşleşen"), "refused item.conflict", "Eşleşen"),
        (state(productStatus="IN_EXTERNAL_PROGRESS"), "pending", None),
        (state(productStatus="YEPYENİ"), "unknown answer.unexpected", ""),
        (state("BAŞKA", productStatus="MATCHED"), "unknown answer.unexpected", ""),
        (state("BAŞKA", importStatus="PROCESSING"), "pending", None),
    ],
)  # fmt: skip
async def test_what_becomes_of_an_import(row: dict[str, Any], end: str, words: str | None) -> None:
    client, _ = scripted(envelope([row]))
    last = await client.publish_result('{"new":"t-1"}', [DRAFT])
    assert ends(last) == {"k1": end}
    if words is not None:
        assert message(last.outcomes[0]).vendor_text == words


async def test_an_sku_that_is_listed_is_changed() -> None:
    client, script = scripted(
        listed((HB, "PX-YENI-1"), ("HBV9", "PX-9")), tracked("c"), {"id": "p"}, {"id": "s"},
        envelope([{"hbSku": HB, "importStatus": "SUCCESS"}]), {"id": "p", "status": "COMPLETED", "total": 1, "errors": []},
        {"id": "s", "status": "COMPLETED", "total": 1, "errors": []},
    )  # fmt: skip
    receipt = await client.publish_products([DRAFT])
    assert [one.url.path.rpartition("/")[2] for one in script.requests[1:]] == [
        "import",
        "price-uploads",
        "stock-uploads",
    ]
    assert script.requests[1].url.path.startswith("/ticket-api/")
    assert [json.loads(one.content) for one in script.requests[2:]] == [
        [{"hepsiburadaSku": HB, "merchantSku": SKU, "price": 199.9}],
        [{"hepsiburadaSku": HB, "merchantSku": SKU, "availableStock": 7}],
    ]
    last = await client.publish_result(receipt.ticket, [DRAFT])
    assert last.outcomes == (Outcome("k1", OutcomeState.DONE, remote_ref=HB),)


COMPLETED = {"id": "x", "status": "COMPLETED", "total": 1, "errors": []}


@pytest.mark.parametrize(
    ("change", "price", "stock", "end"),
    [
        (envelope([{"hbSku": HB, "status": "REJECTED", "message": "Uygun değil"}]), COMPLETED, COMPLETED, "refused item.refused"),
        (envelope([{"hbSku": HB, "status": "WAITING"}]), COMPLETED, COMPLETED, "pending"),
        (envelope([{"hbSku": "HBV9", "status": "DONE"}]), COMPLETED, COMPLETED, "unknown answer.unexpected"),
        ({"success": False, "code": 4000, "message": "trackingId yok"}, COMPLETED, COMPLETED, "unknown item.not_found"),
        (envelope([{"hbSku": HB, "status": "DONE"}]), {**COMPLETED, "status": "PROCESSING"}, COMPLETED, "pending"),
        (envelope([{"hbSku": HB, "status": "DONE"}]), COMPLETED,
         {**COMPLETED, "errors": [{"elementNo": 0, "hepsiburadaSku": HB, "errors": ["stok"]}]}, "refused item.refused"),
        (envelope([{"hbSku": HB, "status": "DONE"}]), (404, {"message": "yok"}), COMPLETED, "unknown item.not_found"),
    ],
)  # fmt: skip
async def test_one_part_of_a_change_that_is_not_done_is_not_done(change: Any, price: Any, stock: Any, end: str) -> None:
    client, _ = scripted(change, price, stock)
    ticket = json.dumps({"change": "c", "price": "p", "stock": "s", "of": {SKU: HB}})
    assert ends(await client.publish_result(ticket, [DRAFT])) == {"k1": end}


async def test_a_part_that_was_not_taken_costs_its_drafts() -> None:
    client, _ = scripted(tracked("c"), {"id": "p"}, (500, {}))
    assert ends(await client.publish_products([draft(remote_id=HB)])) == {"k1": "unknown server.error"}
    client, _ = scripted((400, {"message": "olmaz"}))
    with pytest.raises(ProviderError, match=r"request\.refused"):
        await client.publish_products([draft(remote_id=HB)])


async def test_a_file_that_is_refused_as_a_whole_was_not_sent() -> None:
    client, _ = scripted(listed(), {"success": False, "code": 3001, "message": "Dosya içeriği geçersiz"})
    with pytest.raises(ProviderError, match=r"request\.refused") as caught:
        await client.publish_products([DRAFT])
    assert (caught.value.message.vendor_code, caught.value.message.vendor_text) == ("3001", "Dosya içeriği geçersiz")


async def test_what_cannot_go_costs_no_call() -> None:
    client, script = scripted()
    receipt = await client.publish_products([draft(title="")])
    assert (ends(receipt), receipt.ticket, script.requests) == ({"k1": "refused item.refused"}, "", [])


@pytest.mark.parametrize("answer", [(503, {"message": "dur"}), envelope("x"), envelope({"a": 1})])
async def test_a_result_that_cannot_be_read_is_no_end(answer: Any) -> None:
    client, _ = scripted(answer)
    with pytest.raises(ProviderError):
        await client.publish_result('{"new":"t-1"}', [DRAFT])


async def test_a_ticket_of_somebody_else() -> None:
    client, _ = scripted()
    with pytest.raises(ProviderError, match=r"answer\.unexpected"):
        await client.publish_result("price:5", [DRAFT])
    assert ends(await client.publish_result("{}", [DRAFT])) == {"k1": "unknown answer.unexpected"}


def test_a_listing_that_cannot_be_read_is_not_taken_for_none() -> None:
    with pytest.raises(ProviderError, match=r"answer\.field_missing"):
        publishing.parse_listed(reply({"listings": [{"hepsiburadaSku": HB}]}))


# -- against the fake ----------------------------------------------------------------------------------------------------
base, world = rig(
    create, Hepsiburada, ["service_key"], orders=0, listings=3, limits=False,
    paths=dict.fromkeys(("listings", "catalogue", "shipping", "finance"), ""),
)  # fmt: skip


async def test_at_the_fake(world: World) -> None:
    """Created, then changed by its SKU and by its listing's id: one product all the time."""
    leaf = next(one for page in [p async for p in world.client.categories()] for one in page.items if one.leaf)
    asked = [one for one in await world.client.attributes(leaf.id) if one.required]
    told = tuple(AttributeValue(x.id, x.choices[0].id if x.choices else "", "" if x.choices else "24") for x in asked)
    same = {"category_id": leaf.id, "attributes": told, "sku": "PX-YENI-1"}
    assert ends(await published(world, [draft(**same)])) == {"k1": "done"}
    world.advance(3600)
    (listing,) = [one for one in (await world.listings()).values() if one.sku == "PX-YENI-1"]
    assert ends(await published(world, [draft(**same, title="Çaydanlık, yeni")])) == {"k1": "done"}
    again = draft(**same, title="Çaydanlık, en yeni", price=Money.of("149.90", "TRY"), remote_id=listing.remote_id)
    assert ends(await published(world, [again])) == {"k1": "done"}
    (row,) = [one for one in world.get("products") if one["sku"] == "PX-YENI-1"]
    assert (row["title"], row["price"], row["quantity"]) == ("Çaydanlık, en yeni", "149.90", 7)
    assert world.get("state")["counters"]["product:PX-YENI-1"] == 1
