"""Publishing in a WooCommerce shop: what a draft becomes, on a transport that answers from a list, and at the fake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from app.contracts import Message, OursError, Outcome, OutcomeState, ProviderError, Receipt
from app.model import AttributeValue, Category, Choice, Money, ProductDraft
from providers.sandboxes.woocommerce import create
from providers.shops import woocommerce_products as products
from providers.shops.woocommerce_calls import write_request
from providers.shops.woocommerce_goods import parse_batch
from providers.shops.woocommerce_products import FoundWire, ImageWire, MetaWire, SlotWire
from tests.providers.shops.test_woocommerce_live import World
from tests.providers.shops.woocommerce_support import counted, error, reply, scripted
from tests.support.serving import serve

PICTURES = ("https://cdn.example/1.jpg", "https://cdn.example/2.jpg")
DRAFT = ProductDraft(
    "k1", "KUPA-1", " Işıklı Kupa ", Money.of("199.9", "TRY"), 7, barcode="8690000000777", description="<p>Güzel</p>",
    brand=Choice("40", "Örnek"), category_id="18", images=PICTURES, list_price=Money.of("249.90", "TRY"),
    vat_rate=Decimal(20), attributes=(AttributeValue("1", "Kırmızı"), AttributeValue("3", text="Seramik")),
)  # fmt: skip
CURRENCY = [[{"currency": "TRY", "prices_include_tax": True}], {"code": "TRY"}]
MONEY = {
    "sku": "KUPA-1", "regular_price": "249.90", "sale_price": "199.90", "manage_stock": True, "stock_quantity": 7,
    "global_unique_id": "8690000000777",
}  # fmt: skip
META = [{"key": "_paxzar_images", "value": "\n".join(PICTURES)}]


def draft(**changes: Any) -> ProductDraft:
    return msgspec.structs.replace(DRAFT, **changes)


def variants(*values: str, **changes: Any) -> list[ProductDraft]:
    made = [draft(key=f"k{n}", sku=f"KZK-{n}", barcode="", group="KZK", **changes) for n in range(len(values))]
    return [
        msgspec.structs.replace(one, attributes=(AttributeValue("1", value), AttributeValue("3", "Yün")))
        for one, value in zip(made, values, strict=True)
    ]


def ends(receipt: Receipt) -> dict[str, str]:
    return {one.key: one.state.value + (f" {one.message.code}" if one.message else "") for one in receipt.outcomes}


def message(one: Outcome) -> Message:
    assert one.message is not None
    return one.message


def made(*rows: dict[str, Any], verb: str = "create") -> dict[str, Any]:
    return {verb: list(rows)}


def taken(owner: int) -> dict[str, Any]:
    data = {"status": 400, "resource_id": owner}
    return {"id": 0, "error": {"code": "product_invalid_sku", "message": "Geçersiz ya da yinelenen SKU.", "data": data}}


# -- what the shop asks --------------------------------------------------------------------------------------------------
async def test_categories_of_all_pages_become_paths() -> None:
    first = [{"id": 17, "name": "Mutfak", "parent": 16}, {"id": 16, "name": "Ev &amp; Yaşam", "parent": 0}]
    second = [
        {"id": 18, "name": "Kupa", "parent": 17},
        {"id": "x", "name": "Bozuk"},
        {"id": 19, "name": "Öksüz", "parent": 99},
    ]
    client, script = scripted(counted(first, 5, 2), counted(second, 5, 2))
    (page,) = [one async for one in client.categories()]
    assert page.items == (
        Category("16", ("Ev & Yaşam",)),
        Category("17", ("Ev & Yaşam", "Mutfak")),
        Category("18", ("Ev & Yaşam", "Mutfak", "Kupa")),
        Category("19", ("Öksüz",)),
    )
    assert [one.remote_id for one in page.rejects] == [""]
    assert [dict(one.url.params) for one in script.requests] == [
        {"per_page": "100", "page": n, "orderby": "id", "_fields": "id,name,parent"} for n in ("1", "2")
    ]


def test_categories_that_lie_in_each_other() -> None:
    page = products.parse_categories(
        [reply([{"id": 1, "name": "A", "parent": 2}, {"id": 2, "name": "B", "parent": 1}])]
    )
    assert {one.id: one.path for one in page.items} == {"1": ("B", "A"), "2": ("A", "B")}


async def test_global_attributes_with_their_terms() -> None:
    lists = [{"id": 1, "name": "Renk", "slug": "pa_renk"}, {"id": 3, "name": "Materyal"}]
    client, script = scripted(
        lists,
        counted([{"id": 61, "name": "Kırmızı"}, {"id": 62, "name": "Mor &amp; Sarı"}], 3, 2),
        counted([{"id": 63, "name": "Gri"}], 3, 2),
        [],
    )
    colour, material = await client.attributes("18")
    assert [(one.id, one.name) for one in colour.choices] == [(x, x) for x in ("Kırmızı", "Mor & Sarı", "Gri")]
    assert (colour.id, colour.name, colour.required, colour.free, colour.several, colour.varies) == (
        "1", "Renk", False, True, True, True,
    )  # fmt: skip
    assert (material.choices, material.free) == ((), True)
    assert script.paths == [
        "GET /products/attributes", "GET /products/attributes/1/terms", "GET /products/attributes/1/terms",
        "GET /products/attributes/3/terms",
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [[{"id": 1}], [{"id": 1, "name": " "}], {"a": 1}])
async def test_an_attribute_that_cannot_be_read_is_not_left_out(bad: Any) -> None:
    client, _ = scripted(bad)
    with pytest.raises(OursError):
        await client.attributes("18")


async def test_brands() -> None:
    client, script = scripted(
        [{"id": 40, "name": "Örnek"}, {"id": 41, "name": "Örnekçe"}], [{"id": 41, "name": "Örnekçe"}]
    )
    assert await client.brands(" ÖRNEK ") == (Choice("40", "Örnek"), Choice("41", "Örnekçe"))
    assert await client.brands("Örnek") == (Choice("41", "Örnekçe"), Choice("", "Örnek"))
    assert dict(script.requests[0].url.params)["search"] == "ÖRNEK"
    old, _ = scripted(error("rest_no_route", 404))
    assert await old.brands("Örnek") == (Choice("", "Örnek"),)
    denied, _ = scripted(error("woocommerce_rest_cannot_view", 403))
    with pytest.raises(ProviderError):
        await denied.brands("Örnek")


# -- drafts --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"price": Money.of("10", "USD"), "list_price": None}, "currency", "currency"),
        ({"price": Money.of("0", "TRY")}, "salePrice", "price"),
        ({"list_price": Money.of("10", "TRY")}, "listPrice", "list_below_sale"),
        ({"quantity": -1}, "quantity", "quantity"),
        ({"title": "  "}, "title", "missing"),
        ({"images": ("http://cdn.example/1.jpg",)}, "images", "pattern"),
        ({"images": PICTURES * 11}, "images", "long"),
        ({"sku": ""}, "sku", "missing"),
        ({"sku": "A,B"}, "sku", "pattern"),
        ({"remote_id": "gid://1"}, "remote_id", "pattern"),
        ({"category_id": "kupa"}, "category_id", "pattern"),
        ({"attributes": (AttributeValue("renk", "Mor"),)}, "attribute renk", "pattern"),
    ],
)
def test_what_cannot_go(changes: dict[str, Any], field: str, reason: str) -> None:
    found = products.refused_draft(draft(**changes), "TRY")
    assert found is not None
    assert (found.code, found.field, found.params["reason"]) == ("item.refused", field, reason)
    assert products.refused_draft(draft(), "TRY") is None


def test_no_crossed_out_price_ends_the_sale() -> None:
    for crossed in (None, DRAFT.price):
        item = products.terms_of(draft(list_price=crossed, barcode=""))
        assert (item["regular_price"], item["sale_price"]) == ("199.90", "")
        assert "global_unique_id" not in item


def test_pictures_that_are_there_are_not_sent_again() -> None:
    meta = MetaWire("_paxzar_images", msgspec.Raw(msgspec.json.encode("\n".join(PICTURES))))
    there = FoundWire(5, images=[ImageWire(1), ImageWire(2)], meta_data=[meta])
    assert "images" not in products.content_of(draft(), {}, there, [])
    fewer = FoundWire(5, images=[ImageWire(1)], meta_data=[meta])
    for found in (None, fewer, FoundWire(5, images=[ImageWire(1), ImageWire(2)])):
        item = products.content_of(draft(), {}, found, [])
        assert (item["images"], item["meta_data"]) == ([{"src": one} for one in PICTURES], META)
    one = msgspec.structs.replace(meta, value=msgspec.Raw(msgspec.json.encode(PICTURES[0])))
    assert "image" not in products.variation_of(draft(), [1], FoundWire(6, image=ImageWire(1), meta_data=[one]))
    assert products.variation_of(draft(), [1], FoundWire(6, image=ImageWire(0)))["image"] == {"src": PICTURES[0]}


def test_attributes_of_a_product_that_is_there_are_kept() -> None:
    there = FoundWire(
        5, attributes=[SlotWire(1, "Renk", True, True, ["Mor"]), SlotWire(0, "Ölçü", False, False, ["10 cm"])]
    )
    told = products.slots_of({1: ["Kırmızı"], 3: ["Yün"]}, [], there, {"text": "Örnek"})
    assert told == [
        {"id": 1, "visible": True, "variation": True, "options": ["Mor", "Kırmızı"]},
        {"name": "Ölçü", "visible": False, "variation": False, "options": ["10 cm"]},
        {"id": 3, "visible": True, "variation": False, "options": ["Yün"]},
        {"name": "Marka", "visible": True, "variation": False, "options": ["Örnek"]},
    ]
    assert products.slots_of({}, [], there, {}) == []


def test_what_tells_variants_apart() -> None:
    red, blue = variants("Kırmızı", "Mavi")
    assert products.varying([red, blue], None) == ([1], None)
    assert products.varying([red], None) == ([1, 3], None)
    had = FoundWire(5, type="variable", attributes=[SlotWire(3, "Materyal", True, True, ["Yün"])])
    assert products.varying([red, blue], had) == ([3, 1], None)
    assert products.varying([red], had) == ([3], None)
    same, other = variants("Mavi", "Mavi")
    for members, parent, field in (
        ([same, other], None, "attributes"),
        ([draft(attributes=())], None, "attributes"),
        ([draft(attributes=())], had, "Materyal"),
        ([red], FoundWire(5, attributes=[SlotWire(9, "", True, True)]), "9"),
    ):
        chosen, wrong = products.varying(members, parent)
        assert chosen == []
        assert wrong is not None
        assert (wrong.params, wrong.field) == ({"reason": "missing"}, field)


# -- publishing ----------------------------------------------------------------------------------------------------------
async def test_a_new_product() -> None:
    client, script = scripted(*CURRENCY, [], made({"id": 91, "sku": "KUPA-1"}))
    receipt = await client.publish_products([draft()])
    assert receipt == Receipt((Outcome("k1", OutcomeState.DONE, remote_ref="91"),))
    assert script.paths[2:] == ["GET /products", "POST /products/batch"]
    assert dict(script.requests[2].url.params) == {
        "sku": "KUPA-1", "status": "any", "per_page": "100",
        "_fields": "id,sku,type,parent_id,images,image,meta_data,attributes",
    }  # fmt: skip
    assert script.bodies[3] == {
        "create": [
            {
                "type": "simple", "status": "publish", "name": "Işıklı Kupa", "description": "<p>Güzel</p>",
                "categories": [{"id": 18}], "brands": [{"id": 40}], "images": [{"src": one} for one in PICTURES],
                "meta_data": META, **MONEY,
                "attributes": [
                    {"id": 1, "visible": True, "variation": False, "options": ["Kırmızı"]},
                    {"id": 3, "visible": True, "variation": False, "options": ["Seramik"]},
                ],
            }
        ]
    }  # fmt: skip
    call = write_request("publish_products", "", [], "create")
    assert (call.repeatable, call.deadline_s) == (False, 180.0)
    assert write_request("set_prices", "", []).deadline_s is None


async def test_one_that_is_there_is_updated_and_tells_no_more_than_the_draft() -> None:
    there = {"id": 91, "sku": "KUPA-1", "type": "simple", "images": [{"id": 4}], "meta_data": [], "attributes": []}
    client, script = scripted(*CURRENCY, [there], made({"id": 91, "sku": "KUPA-1"}, verb="update"))
    plain = draft(description="", category_id="", brand=None, images=(), attributes=())
    assert ends(await client.publish_products([plain])) == {"k1": "done"}
    assert script.bodies[3] == {"update": [{"id": 91, "name": "Işıklı Kupa", **MONEY}]}


async def test_by_the_listing_s_id() -> None:
    """A product, and a variation told without its group: its product is left alone."""
    there = {"id": 91, "sku": "BASKA", "type": "simple"}
    client, script = scripted(
        *CURRENCY, [], [there, {"id": 40, "sku": "G", "type": "variable"}],
        made({"id": 91}, verb="update"), made({"id": 45}, verb="update"),
    )  # fmt: skip
    one = draft(remote_id="91", brand=None)
    two = draft(key="k2", sku="KUPA-2", remote_id="45", extra={"product": "40"}, images=PICTURES[:1], brand=None)
    assert ends(await client.publish_products([one, two])) == {"k1": "done", "k2": "done"}
    assert dict(script.requests[3].url.params)["include"] == "40,91"
    assert script.paths[4:] == ["POST /products/batch", "POST /products/40/variations/batch"]
    assert script.bodies[4]["update"][0]["id"] == 91
    (row,) = script.bodies[5]["update"]
    assert row == {
        "id": 45, **MONEY, "sku": "KUPA-2", "description": "<p>Güzel</p>", "image": {"src": PICTURES[0]},
        "meta_data": [{"key": "_paxzar_images", "value": PICTURES[0]}],
    }  # fmt: skip


async def test_an_sku_that_the_search_does_not_find_is_updated_all_the_same() -> None:
    client, script = scripted(
        *CURRENCY, [], made(taken(91), {"id": 92, "sku": "KUPA-2"}, {"id": 0, "error": {"code": "x", "message": "Olmadı"}}),
        made({"id": 91, "sku": "KUPA-1"}, verb="update"),
    )  # fmt: skip
    rows = [draft(), draft(key="k2", sku="KUPA-2"), draft(key="k3", sku="KUPA-3")]
    receipt = await client.publish_products(rows)
    assert ends(receipt) == {"k1": "done", "k2": "done", "k3": "refused item.refused"}
    (again,) = script.bodies[4]["update"]
    assert again["id"] == 91
    assert not {"type", "status"} & again.keys()
    lost, _ = scripted(*CURRENCY, [], made({"id": 0, "error": {"code": "product_invalid_sku", "message": "Olmadı"}}))
    (one,) = (await lost.publish_products([draft()])).outcomes
    assert (one.state, one.remote_ref, message(one).params) == (OutcomeState.REFUSED, "", {"reason": "sku_taken"})


def test_what_a_batch_of_creations_does_not_tell() -> None:
    sent = [("a", {"sku": "A"}), ("b", {"sku": "B"})]
    for rows, states in (
        ([{"id": 1, "sku": "A"}], ["done", "unknown"]),
        ([{"id": 1, "sku": "B"}, {"id": 2, "sku": "B"}], ["unknown", "done"]),
        ([{"id": 0, "sku": "A"}, {"id": 2}], ["unknown", "done"]),
        ([], ["unknown", "unknown"]),
    ):
        told = parse_batch(reply({"create": rows}), sent, "create")
        assert [one.state.value for one in told] == states, rows


async def test_a_price_that_the_shop_did_not_keep() -> None:
    client, _ = scripted(
        *CURRENCY, [], made({"id": 9, "sku": "KUPA-1", "sale_price": "1.00", "regular_price": "249.90"})
    )
    (one,) = (await client.publish_products([draft()])).outcomes
    assert message(one).params == {"reason": "kept_other_value"}


async def test_brands_are_made_where_they_are_missing() -> None:
    new = draft(brand=Choice("", "Işıl"))
    client, script = scripted(
        *CURRENCY, [], [{"id": 41, "name": "Işıltı"}], {"id": 77, "name": "Işıl"}, made({"id": 9})
    )
    assert ends(await client.publish_products([new])) == {"k1": "done"}
    assert (script.paths[4], script.bodies[4]) == ("POST /products/brands", {"name": "Işıl"})
    assert script.bodies[5]["create"][0]["brands"] == [{"id": 77}]
    exists = error("term_exists", 400, data={"status": 400, "resource_id": 42})
    quick, script = scripted(*CURRENCY, [], [], exists, [{"id": 42, "name": "Işıl"}], made({"id": 9}))
    assert ends(await quick.publish_products([new])) == {"k1": "done"}
    assert script.bodies[6]["create"][0]["brands"] == [{"id": 42}]
    odd, _ = scripted(*CURRENCY, [], [], exists, [])
    with pytest.raises(ProviderError):
        await odd.publish_products([new])
    denied, _ = scripted(*CURRENCY, [], [], error("woocommerce_rest_cannot_create", 403))
    with pytest.raises(ProviderError):
        await denied.publish_products([new])


async def test_an_old_shop_gets_the_brand_as_an_attribute() -> None:
    client, script = scripted(*CURRENCY, [], error("rest_no_route", 404), made({"id": 9}))
    assert ends(await client.publish_products([draft(brand=Choice("", "Işıl"), attributes=())])) == {"k1": "done"}
    assert script.bodies[4]["create"][0]["attributes"] == [
        {"name": "Marka", "visible": True, "variation": False, "options": ["Işıl"]}
    ]


async def test_variants_become_one_variable_product() -> None:
    client, script = scripted(
        *CURRENCY, [], made({"id": 50, "sku": "KZK"}), made({"id": 51, "sku": "KZK-0"}, {"id": 52, "sku": "KZK-1"}),
    )  # fmt: skip
    receipt = await client.publish_products(variants("Kırmızı", "Mavi"))
    assert [(one.key, one.state.value, one.remote_ref) for one in receipt.outcomes] == [
        ("k0", "done", "51"), ("k1", "done", "52"),
    ]  # fmt: skip
    assert dict(script.requests[2].url.params)["sku"] == "KZK-0,KZK-1,KZK,KZK-grup"
    (parent,) = script.bodies[3]["create"]
    assert (parent["type"], parent["sku"], parent["name"]) == ("variable", "KZK", "Işıklı Kupa")
    assert parent["attributes"] == [
        {"id": 1, "visible": True, "variation": True, "options": ["Kırmızı", "Mavi"]},
        {"id": 3, "visible": True, "variation": False, "options": ["Yün"]},
    ]
    assert not {"regular_price", "stock_quantity"} & parent.keys()
    assert script.paths[4] == "POST /products/50/variations/batch"
    first, second = script.bodies[4]["create"]
    assert (first["attributes"], second["attributes"]) == (
        [{"id": 1, "option": "Kırmızı"}],
        [{"id": 1, "option": "Mavi"}],
    )
    assert (first["sku"], first["stock_quantity"], first["image"]) == ("KZK-0", 7, {"src": PICTURES[0]})


async def test_a_variant_joins_the_product_that_is_there() -> None:
    """Its siblings are read, for the search by SKU may not show variations; what they vary by stays."""
    parent = {
        "id": 50, "sku": "KZK", "type": "variable",
        "attributes": [{"id": 1, "name": "Renk", "visible": True, "variation": True, "options": ["Kırmızı"]}],
    }  # fmt: skip
    client, script = scripted(
        *CURRENCY, [parent], [{"id": 51, "sku": "KZK-0"}],
        made({"id": 50}, verb="update"), made({"id": 53, "sku": "KZK-1"}), made({"id": 51}, verb="update"),
    )  # fmt: skip
    assert ends(await client.publish_products(variants("Kırmızı", "Mavi", brand=None))) == {"k0": "done", "k1": "done"}
    assert script.paths[3:] == [
        "GET /products/50/variations", "POST /products/batch", "POST /products/50/variations/batch",
        "POST /products/50/variations/batch",
    ]  # fmt: skip
    assert script.bodies[4]["update"][0]["attributes"][0]["options"] == ["Kırmızı", "Mavi"]
    assert [row["sku"] for row in script.bodies[5]["create"]] == ["KZK-1"]
    assert [row["id"] for row in script.bodies[6]["update"]] == [51]


async def test_a_variation_that_the_search_finds_leads_to_its_product() -> None:
    row = {"id": 51, "sku": "KZK-0", "type": "variation", "parent_id": 50}
    parent = {"id": 50, "sku": "", "type": "variable", "attributes": [{"id": 1, "name": "Renk", "variation": True}]}
    client, script = scripted(
        *CURRENCY, [row], [parent], [row], made({"id": 50}, verb="update"), made({"id": 51}, verb="update")
    )
    assert ends(await client.publish_products(variants("Mavi"))) == {"k0": "done"}
    assert dict(script.requests[3].url.params)["include"] == "50"


async def test_a_group_called_like_a_product_of_its_own() -> None:
    for rows, group in (([{"id": 3, "sku": "KZK", "type": "simple"}], "KZK"), ([], "KZK-0")):
        client, script = scripted(*CURRENCY, rows, made({"id": 50}), made({"id": 51}, {"id": 52}))
        wanted = [msgspec.structs.replace(one, group=group) for one in variants("Kırmızı", "Mavi")]
        assert ends(await client.publish_products(wanted)) == {"k0": "done", "k1": "done"}
        assert script.bodies[3]["create"][0]["sku"] == f"{group}-grup"


async def test_one_alone_with_nothing_that_varies_is_a_product() -> None:
    client, script = scripted(*CURRENCY, [], made({"id": 9}))
    assert ends(await client.publish_products([draft(group="TEK", attributes=())])) == {"k1": "done"}
    assert script.bodies[3]["create"][0]["type"] == "simple"


async def test_variants_that_nothing_tells_apart_are_refused() -> None:
    client, script = scripted(*CURRENCY, [])
    assert ends(await client.publish_products(variants("Mavi", "Mavi"))) == dict.fromkeys(
        ("k0", "k1"), "refused item.refused"
    )
    assert len(script.requests) == 3


async def test_a_product_that_is_refused_takes_its_variants_along() -> None:
    bad = {
        "id": 0,
        "error": {
            "code": "woocommerce_product_image_upload_error",
            "message": "Görsel alınamadı",
            "data": {"status": 400},
        },
    }
    client, script = scripted(*CURRENCY, [], made(bad), made({"id": 9, "sku": "KUPA-1"}))
    receipt = await client.publish_products([*variants("Kırmızı", "Mavi"), draft(key="k9")])
    assert ends(receipt) == {"k0": "refused item.refused", "k1": "refused item.refused", "k9": "done"}
    assert message(receipt.outcomes[0]).vendor_text == "Görsel alınamadı"
    assert len(script.bodies) == 5


async def test_the_first_write_that_fails_raises_and_a_later_one_leaves_unknown() -> None:
    down = (503, {"code": "x", "message": "bakım"}, {})
    client, _ = scripted(*CURRENCY, [], down)
    with pytest.raises(ProviderError):
        await client.publish_products([draft()])
    late, _ = scripted(*CURRENCY, [], made({"id": 50}), down)
    assert ends(await late.publish_products(variants("Kırmızı", "Mavi"))) == dict.fromkeys(
        ("k0", "k1"), "unknown server.unavailable"
    )
    after, _ = scripted(*CURRENCY, [], made(taken(91)), down)
    assert ends(await after.publish_products([draft()])) == {"k1": "unknown server.unavailable"}


async def test_halves_find_the_guilty_one() -> None:
    bad = error("rest_invalid_param", 400)
    client, script = scripted(*CURRENCY, [], bad, made({"id": 9, "sku": "KUPA-1"}), bad)
    receipt = await client.publish_products([draft(), draft(key="k2", sku="KUPA-2")])
    assert ends(receipt) == {"k1": "done", "k2": "refused request.refused"}
    assert len(script.requests) == 6


async def test_what_cannot_go_is_told_and_nothing_is_asked() -> None:
    client, script = scripted(*CURRENCY, [], made({"id": 9, "sku": "KUPA-1"}))
    receipt = await client.publish_products([draft(), draft(key="k2"), draft(key="k3", title="")])
    assert ends(receipt) == {"k1": "done", "k2": "refused item.duplicate", "k3": "refused item.refused"}
    none, script = scripted(*CURRENCY)
    assert ends(await none.publish_products([draft(title="")])) == {"k1": "refused item.refused"}
    assert len(script.requests) == 2


async def test_a_look_that_cannot_be_read_sends_nothing() -> None:
    client, script = scripted(*CURRENCY, [{"sku": "KUPA-1"}])
    with pytest.raises(OursError):
        await client.publish_products([draft()])
    assert len(script.requests) == 3


async def test_there_are_no_later_results() -> None:
    client, script = scripted()
    assert ends(await client.publish_result("", [draft()])) == {"k1": "unknown answer.unexpected"}
    assert not script.requests


# -- at the fake ---------------------------------------------------------------------------------------------------------
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


async def test_variants_at_the_fake(world: World) -> None:
    """Made, told again with another price and one more variant: one product, each variation once."""
    attributes = {one.name: one for one in await world.client.attributes("")}
    colour = attributes["Renk"]
    (category,) = [
        one for page in [p async for p in world.client.categories()] for one in page.items if one.path[-1] == "Kazak"
    ]
    (brand,) = await world.client.brands("Örnek")

    def wanted(*colours: str, **changes: Any) -> list[ProductDraft]:
        return [
            draft(
                key=f"k{n}", sku=f"KZK-{n}", barcode="", group="KZK", brand=brand, category_id=category.id,
                attributes=(AttributeValue(colour.id, name),), **changes,
            )
            for n, name in enumerate(colours)
        ]  # fmt: skip

    first = await world.client.publish_products(wanted("Kırmızı", "Yeşil"))
    assert ends(first) == {"k0": "done", "k1": "done"}
    dearer = Money.of("219.90", "TRY")
    again = await world.client.publish_products(wanted("Kırmızı", "Yeşil", "Lila", price=dearer))
    assert ends(again) == {"k0": "done", "k1": "done", "k2": "done"}
    rows = {row["sku"]: row for row in world.get("products") if row["sku"].startswith("KZK-")}
    assert {sku: (row["attributes"]["Renk"], row["price"]) for sku, row in rows.items()} == {
        "KZK-0": ("Kırmızı", "219.90"), "KZK-1": ("Yeşil", "219.90"), "KZK-2": ("Lila", "219.90"),
    }  # fmt: skip
    assert len({row["parent_id"] for row in rows.values()}) == 1
    assert {row["remote_id"] for row in rows.values()} == {one.remote_ref for one in again.outcomes}
    counts = world.get("state")["counters"]
    assert [counts[f"product:KZK-{n}"] for n in range(3)] == [1, 1, 1]
    listed = {one.sku: one for one in (await world.listings()).values()}
    by_id = draft(
        key="z", sku="KZK-0", title="Başka ad", barcode="", brand=None, quantity=2, remote_id=listed["KZK-0"].remote_id,
        extra=listed["KZK-0"].extra, attributes=(),
    )  # fmt: skip
    assert ends(await world.client.publish_products([by_id])) == {"z": "done"}
    row = next(row for row in world.get("products") if row["sku"] == "KZK-0")
    assert (row["quantity"], row["title"]) == (2, "Işıklı Kupa")
