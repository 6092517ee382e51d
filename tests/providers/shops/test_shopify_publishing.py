"""Publishing in a Shopify shop: what a draft becomes, on a transport that answers from a list, and at the fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from app.contracts import Message, OursError, Outcome, OutcomeState, ProviderError, Receipt, YoursError
from app.model import AttributeValue, Category, Choice, Money, ProductDraft
from providers.sandboxes.shopify import create
from providers.shops import shopify_products as products
from providers.shops import shopify_taxonomy as taxonomy
from tests.providers.shops.shopify_support import account, denied, reply
from tests.providers.shops.test_shopify_client import Script, client
from tests.providers.shops.test_shopify_live import Rig
from tests.support.serving import serve

PICTURES = ("https://cdn.example/1.jpg", "https://cdn.example/2.jpg")
CATEGORY = "gid://shopify/TaxonomyCategory/hg-11"
PLACE, STORE = "gid://shopify/Location/7", "gid://shopify/Publication/1"
PRODUCT = "gid://shopify/Product/3"
DRAFT = ProductDraft(
    "k1", "KUPA-1", " Işıklı Kupa ", Money.of("199.9", "TRY"), 7, barcode="8690000000777", description="<p>Güzel</p>",
    brand=Choice("", "Örnek"), category_id=CATEGORY, images=PICTURES, list_price=Money.of("249.90", "TRY"), vat_rate=Decimal(20),
)  # fmt: skip
CONTENT = {
    "title": "Işıklı Kupa", "descriptionHtml": "<p>Güzel</p>", "vendor": "Örnek", "category": CATEGORY,
    "files": [{"originalSource": one, "contentType": "IMAGE", "alt": "Işıklı Kupa"} for one in PICTURES],
}  # fmt: skip


def draft(**changes: Any) -> ProductDraft:
    return msgspec.structs.replace(DRAFT, **changes)


def variants(*values: str, **changes: Any) -> list[ProductDraft]:
    return [
        draft(
            key=f"k{n}",
            sku=f"KZK-{n}",
            barcode="",
            group="KZK",
            attributes=(AttributeValue("Renk", text=one),),
            **changes,
        )
        for n, one in enumerate(values)
    ]


def ends(receipt: Receipt) -> dict[str, str]:
    return {one.key: one.state.value + (f" {one.message.code}" if one.message else "") for one in receipt.outcomes}


def message(one: Outcome) -> Message:
    assert one.message is not None
    return one.message


def gid(number: int) -> str:
    return f"gid://shopify/ProductVariant/{number}"


# -- answers -------------------------------------------------------------------------------------------------------------
SHOP = [
    {"data": {"shop": {"currencyCode": "TRY"}}},
    {"data": {"publications": {"nodes": [
        {"id": STORE, "supportsFuturePublishing": True}, {"id": STORE[:-1] + "2", "supportsFuturePublishing": False},
    ]}}},
]  # fmt: skip


def sought(*rows: tuple[str, int, str], more: str | None = None) -> dict[str, Any]:
    nodes = [{"id": gid(number), "sku": sku, "product": {"id": product}} for sku, number, product in rows]
    info = {"hasNextPage": more is not None, "endCursor": more}
    return {"data": {"productVariants": {"pageInfo": info, "nodes": nodes}}}


def there(*skus: str, options: tuple[str, ...] = ("Title",)) -> dict[str, Any]:
    nodes = [{"id": gid(n), "sku": sku} for n, sku in enumerate(skus, 1)]
    told = {"id": PRODUCT, "options": [{"name": one} for one in options], "variants": {"nodes": nodes}}
    return {"data": {"productByIdentifier": told}}


NOWHERE = {"data": {"productByIdentifier": None}}


def refusal(text: str, *path: str, code: str | None = "INVALID_VARIANT") -> dict[str, Any]:
    return {"field": list(path), "message": text, "code": code}


def was_set(*skus: str, errors: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    nodes = [{"id": gid(n), "sku": sku} for n, sku in enumerate(skus, 1)]
    product = None if errors else {"id": PRODUCT, "variants": {"nodes": nodes}}
    return {"data": {"productSet": {"product": product, "userErrors": list(errors)}}}


def was_added(*skus: str, errors: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    nodes = None if errors else [{"id": gid(n), "sku": sku} for n, sku in enumerate(skus, 11)]
    return {"data": {"productVariantsBulkCreate": {"productVariants": nodes, "userErrors": list(errors)}}}


def priced(*errors: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"productVariantsBulkUpdate": {"userErrors": list(errors)}}}


def stocked(*numbers: int) -> list[dict[str, Any]]:
    nodes = [
        {
            "id": gid(n),
            "inventoryQuantity": 1,
            "inventoryItem": {"id": f"gid://shopify/InventoryItem/{n}", "tracked": True},
        }
        for n in numbers
    ]
    return [{"data": {"nodes": nodes}}, {"data": {"inventorySetQuantities": {"userErrors": []}}}]


def shown(*errors: str) -> dict[str, Any]:
    rows = [{"field": ["input"], "message": one} for one in errors]
    return {"data": {"publishablePublish": {"userErrors": rows}}}


def scripted(*answers: Any) -> tuple[Any, Script]:
    script = Script(*SHOP, *answers)
    return client(script, location_id=PLACE), script


def names(script: Script) -> list[str]:
    """The operations asked for after the shop's own facts."""
    return [one["query"].split()[1].split("(")[0] for one in script.asked[len(SHOP) :]]


# -- what the shop asks --------------------------------------------------------------------------------------------------
def branches(*rows: tuple[str, str, bool], more: str | None = None) -> dict[str, Any]:
    nodes = [
        {"id": f"gid://shopify/TaxonomyCategory/{one}", "fullName": name, "isArchived": gone}
        for one, name, gone in rows
    ]
    return {
        "data": {
            "taxonomy": {
                "categories": {"pageInfo": {"hasNextPage": more is not None, "endCursor": more}, "nodes": nodes}
            }
        }
    }


async def test_the_taxonomy_from_its_top_down() -> None:
    script = Script(
        branches(("hg", "Home & Garden", False), ("na", "Uncategorized", False)),
        branches(("hg-11", "Home & Garden > Kitchen", False), ("hg-12", "Home & Garden > Old", True), more="c1"),
        branches(("hg-11-1", "Home & Garden > Kitchen > Mugs", False), ("bad", " > ", False)), branches(),
    )  # fmt: skip
    pages = [page async for page in client(script).categories()]
    top = "gid://shopify/TaxonomyCategory/"
    assert [one for page in pages for one in page.items] == [
        Category(f"{top}hg", ("Home & Garden",)), Category(f"{top}na", ("Uncategorized",)),
        Category(f"{top}hg-11", ("Home & Garden", "Kitchen")),
        Category(f"{top}hg-11-1", ("Home & Garden", "Kitchen", "Mugs")),
    ]  # fmt: skip
    assert [one.remote_id for page in pages for one in page.rejects] == [f"{top}bad"]
    assert script.variables("below") == [None, f"{top}hg", f"{top}hg", f"{top}na"]
    assert script.variables("after") == [None, None, "c1", None]
    with pytest.raises(OursError):
        _ = [one async for one in client(Script(branches(more="c1"), branches(more="c1"))).categories()]


async def test_options_and_vendors_are_free_text() -> None:
    shop = client(Script())
    found = await shop.attributes(CATEGORY)
    assert [one.id for one in found] == list(taxonomy.OPTIONS)
    assert {(one.required, one.free, one.varies, one.choices) for one in found} == {(False, True, True, ())}
    assert await shop.brands(" Örnek ") == (Choice("", "Örnek"),)
    assert await shop.brands(" ") == ()


# -- drafts --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"price": Money.of("10", "USD"), "list_price": None}, "currency", "currency"),
        ({"list_price": Money.of("10", "TRY")}, "listPrice", "list_below_sale"),
        ({"quantity": -1}, "quantity", "quantity"),
        ({"title": "x" * 256}, "title", "long"),
        ({"images": ("http://cdn.example/1.jpg",)}, "images", "pattern"),
        ({"sku": " "}, "sku", "missing"),
        ({"category_id": "18"}, "category_id", "pattern"),
    ],
)
def test_what_cannot_go(changes: dict[str, Any], field: str, reason: str) -> None:
    found = products.refused_draft(draft(**changes), "TRY")
    assert found is not None
    assert (found.code, found.field, found.params["reason"]) == ("item.refused", field, reason)
    assert products.refused_draft(draft(), "TRY") is None


def test_a_handle_is_always_the_same_and_nobody_else_s() -> None:
    assert products.handle_of("PX-YENİ 1/Ş") == products.handle_of("PX-YENİ 1/Ş")
    assert products.handle_of("PX-YENİ 1/Ş").startswith("px-yeni-1-s-")
    assert len({products.handle_of(one) for one in ("A-1", "A 1", "a-1", "", "日本")}) == 5
    assert products.handle_of("日本").startswith("px-")
    assert len(products.handle_of("x" * 300)) < 100


def test_what_tells_variants_apart() -> None:
    two = [draft(attributes=(AttributeValue("Renk", text=one), AttributeValue("Beden", "M"))) for one in ("Mor", "Gri")]
    assert products.options_of(two) == (["Renk"], None)
    assert products.options_of(two[:1]) == (["Renk", "Beden"], None)
    assert products.options_of([draft()]) == ([], None)
    four = draft(attributes=tuple(AttributeValue(str(n), text="x") for n in range(4)))
    for members, reason in (([four], "long"), ([two[0], two[0]], "missing"), ([two[0], draft()], "missing")):
        chosen, wrong = products.options_of(members)
        assert chosen == []
        assert wrong is not None
        assert (wrong.field, wrong.params["reason"]) == ("attributes", reason)


def test_a_crossed_out_price_that_crosses_nothing_out() -> None:
    assert products.price_of(draft(list_price=DRAFT.price)) == {"price": "199.90", "compareAtPrice": None}
    assert products.price_of(draft(list_price=None)) == {"price": "199.90", "compareAtPrice": None}


def test_storefronts() -> None:
    assert products.parse_storefronts(reply(SHOP[1])) == [STORE]
    assert products.parse_storefronts(reply({"data": {"publications": {"nodes": []}}})) == []


# -- publishing ----------------------------------------------------------------------------------------------------------
async def test_a_new_product_goes_onto_the_online_store() -> None:
    shop, script = scripted(sought(), was_set("KUPA-1"), shown())
    receipt = await shop.publish_products([draft()])
    assert receipt == Receipt((Outcome("k1", OutcomeState.DONE, remote_ref=gid(1)),))
    assert names(script) == ["VariantsBySku", "SetProduct", "Publish"]
    handle = products.handle_of("KUPA-1")
    assert script.asked[2]["variables"] == {"query": "sku:'KUPA-1'", "first": 250, "after": None}
    assert script.asked[3]["variables"] == {
        "identifier": {"handle": handle}, "first": 1,
        "input": {
            **CONTENT, "handle": handle, "status": "ACTIVE",
            "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
            "variants": [{
                "optionValues": [{"optionName": "Title", "name": "Default Title"}], "sku": "KUPA-1",
                "price": "199.90", "compareAtPrice": "249.90", "barcode": "8690000000777",
                "inventoryItem": {"tracked": True},
                "inventoryQuantities": [{"locationId": PLACE, "name": "available", "quantity": 7}],
            }],
        },
    }  # fmt: skip
    assert script.asked[4]["variables"] == {"id": PRODUCT, "input": [{"publicationId": STORE}]}


async def test_one_that_is_there_is_changed_by_its_parts() -> None:
    shop, script = scripted(
        sought(("KUPA-1", 9, PRODUCT), ("KUPA-1", 10, "gid://shopify/Product/9"), more="c1"), sought(("KUPA-10", 5, PRODUCT)),
        there("KUPA-1"), was_set("KUPA-1"), priced(), *stocked(9), shown(),
    )  # fmt: skip
    receipt = await shop.publish_products([draft()])
    assert [(one.state.value, one.remote_ref) for one in receipt.outcomes] == [("done", gid(9))]
    assert names(script) == [
        "VariantsBySku", "VariantsBySku", "Product", "SetProduct", "SetPrices", "StockOf", "SetStocks", "Publish",
    ]  # fmt: skip
    assert script.asked[5]["variables"] == {"identifier": {"id": PRODUCT}, "input": CONTENT, "first": 1}
    assert script.asked[6]["variables"]["variants"] == [
        {
            "id": gid(9), "price": "199.90", "compareAtPrice": "249.90", "barcode": "8690000000777",
            "inventoryItem": {"sku": "KUPA-1", "tracked": True},
        }
    ]  # fmt: skip
    (row,) = script.asked[8]["variables"]["input"]["quantities"]
    assert (row["locationId"], row["quantity"]) == (PLACE, 6)  # one piece lies elsewhere


async def test_by_the_listing_s_id_and_without_a_word_on_what_its_siblings_share() -> None:
    owners = {"data": {"nodes": [{"id": gid(2), "product": {"id": PRODUCT}}, None]}}
    shop, script = scripted(owners, there("A", "B"), priced(), *stocked(2), shown())
    one, gone = draft(remote_id=gid(2)), draft(key="k2", sku="KUPA-2", remote_id=gid(8))
    receipt = await shop.publish_products([one, gone])
    assert ends(receipt) == {"k1": "done", "k2": "refused item.not_found"}
    assert names(script) == ["ProductsOf", "Product", "SetPrices", "StockOf", "SetStocks", "Publish"]
    assert script.asked[4]["variables"]["variants"][0]["inventoryItem"] == {"sku": "KUPA-1", "tracked": True}


async def test_a_product_that_is_gone_by_now() -> None:
    shop, _ = scripted(sought(("KUPA-1", 1, PRODUCT)), NOWHERE)
    assert ends(await shop.publish_products([draft()])) == {"k1": "refused item.not_found"}


async def test_variants_become_one_product() -> None:
    shop, script = scripted(sought(), NOWHERE, was_set("KZK-0", "KZK-1"), shown())
    receipt = await shop.publish_products(variants("Kırmızı", "Mavi"))
    assert [(one.key, one.remote_ref) for one in receipt.outcomes] == [("k0", gid(1)), ("k1", gid(2))]
    handle = products.handle_of("KZK")
    assert script.asked[3]["variables"] == {"identifier": {"handle": handle}}
    told = script.asked[4]["variables"]["input"]
    assert told["productOptions"] == [{"name": "Renk", "values": [{"name": "Kırmızı"}, {"name": "Mavi"}]}]
    assert [one["optionValues"] for one in told["variants"]] == [
        [{"optionName": "Renk", "name": "Kırmızı"}], [{"optionName": "Renk", "name": "Mavi"}],
    ]  # fmt: skip


async def test_a_variant_joins_the_product_that_is_there() -> None:
    """The search may lag behind: what the product itself tells of its variants counts."""
    shop, script = scripted(
        sought(),
        there("KZK-0", options=("Renk",)),
        was_set("KZK-0"),
        priced(),
        *stocked(1),
        was_added("KZK-1"),
        shown(),
    )
    receipt = await shop.publish_products(variants("Kırmızı", "Mavi"))
    assert [(one.key, one.remote_ref) for one in receipt.outcomes] == [("k0", gid(1)), ("k1", gid(11))]
    assert names(script)[-2:] == ["AddVariants", "Publish"]
    assert script.asked[-2]["variables"] == {
        "product": PRODUCT,
        "variants": [{
            "optionValues": [{"optionName": "Renk", "name": "Mavi"}], "price": "199.90", "compareAtPrice": "249.90",
            "inventoryItem": {"sku": "KZK-1", "tracked": True},
            "inventoryQuantities": [{"locationId": PLACE, "availableQuantity": 7}],
        }],
    }  # fmt: skip


async def test_a_sibling_leads_to_the_product() -> None:
    shop, script = scripted(
        sought(("KZK-1", 1, PRODUCT)), there("KZK-1", options=("Renk",)), was_set("KZK-1"), priced(), *stocked(1),
        was_added("KZK-0"), shown(),
    )  # fmt: skip
    assert ends(await shop.publish_products(variants("Kırmızı", "Mavi"))) == {"k0": "done", "k1": "done"}
    assert script.asked[3]["variables"] == {"identifier": {"id": PRODUCT}}


@pytest.mark.parametrize(
    ("options", "field"), [(("Renk", "Beden"), "Beden"), (("Title",), "attributes"), ((), "attributes")]
)
async def test_a_variant_must_answer_every_option(options: tuple[str, ...], field: str) -> None:
    shop, _ = scripted(sought(), there("X", options=options), was_set("X"))
    (one,) = (await shop.publish_products(variants("Mavi"))).outcomes
    assert (message(one).code, message(one).field) == ("item.refused", field)


async def test_refusals_each_in_shopify_s_words() -> None:
    wrong = refusal("Barkod geçersiz", "input", "variants", "1", "barcode")
    shop, script = scripted(sought(), NOWHERE, was_set(errors=(wrong,)), was_set("KUPA-1"), shown())
    receipt = await shop.publish_products([*variants("Kırmızı", "Mavi"), draft(key="k9")])
    assert ends(receipt) == {"k0": "refused item.refused", "k1": "refused item.refused", "k9": "done"}
    assert {message(one).vendor_text for one in receipt.outcomes[:2]} == {"Barkod geçersiz"}
    assert message(receipt.outcomes[1]).field == "barcode"
    assert names(script)[-2:] == ["SetProduct", "Publish"]
    added, _ = scripted(sought(), there("X", options=("Renk",)), was_set("X"), was_added(errors=(wrong,)))
    assert ends(await added.publish_products(variants("Mavi"))) == {"k0": "refused item.refused"}
    gone = refusal("Yok", "id", code="PRODUCT_DOES_NOT_EXIST")
    changed, _ = scripted(sought(("KUPA-1", 1, PRODUCT)), there("KUPA-1"), was_set(errors=(gone,)))
    assert ends(await changed.publish_products([draft()])) == {"k1": "refused item.not_found"}


async def test_a_refused_price_or_stock_is_not_done() -> None:
    wrong = refusal("Fiyat geçersiz", "variants", "0", "price")
    shop, script = scripted(sought(("KUPA-1", 1, PRODUCT)), there("KUPA-1"), was_set("KUPA-1"), priced(wrong))
    assert ends(await shop.publish_products([draft()])) == {"k1": "refused item.refused"}
    assert names(script)[-1] == "SetPrices"
    crowded = stocked(1)
    crowded[0]["data"]["nodes"][0]["inventoryQuantity"] = 50  # more lies elsewhere than the whole shop may sell
    more, _ = scripted(sought(("KUPA-1", 1, PRODUCT)), there("KUPA-1"), was_set("KUPA-1"), priced(), crowded[0])
    (one,) = (await more.publish_products([draft()])).outcomes
    assert (one.state, message(one).field) == (OutcomeState.REFUSED, "quantity")


async def test_what_does_not_come_onto_the_store_is_not_done() -> None:
    shop, _ = scripted(sought(), was_set("KUPA-1"), shown("Kanal kapalı"))
    (one,) = (await shop.publish_products([draft()])).outcomes
    assert (one.state, message(one).vendor_text) == (OutcomeState.REFUSED, "Kanal kapalı")


async def test_an_answer_that_does_not_name_the_variant() -> None:
    shop, script = scripted(sought(), was_set("BASKA"))
    assert ends(await shop.publish_products([draft()])) == {"k1": "unknown answer.unexpected"}
    assert names(script)[-1] == "SetProduct"


async def test_a_shop_without_an_online_store() -> None:
    script = Script(SHOP[0], {"data": {"publications": {"nodes": []}}}, sought(), was_set("KUPA-1"))
    assert ends(await client(script, location_id=PLACE).publish_products([draft()])) == {"k1": "done"}


async def test_the_stock_location_by_its_number_alone() -> None:
    script = Script(*SHOP, sought(), was_set("KUPA-1"), shown())
    await client(script, location_id="7").publish_products([draft()])
    (row,) = script.asked[3]["variables"]["input"]["variants"][0]["inventoryQuantities"]
    assert row["locationId"] == PLACE


async def test_a_missing_scope_stops_before_anything_is_sent() -> None:
    script = Script(SHOP[0], denied("read_publications", ["publications"]))
    with pytest.raises(YoursError) as caught:
        await client(script, location_id=PLACE).publish_products([draft()])
    assert caught.value.message.code == "auth.forbidden"
    assert caught.value.message.params["scope"] == "read_publications"


DOWN = httpx.Response(503)


@pytest.mark.parametrize(
    ("answers", "states"),
    [
        ([sought(), DOWN], ["unknown", "unknown"]),  # the first may have been made
        ([sought(), was_set("KUPA-1"), DOWN, was_set("KUPA-2"), shown()], ["unknown", "done"]),
        ([sought(), was_set("KUPA-1"), shown(), DOWN], ["done", "unknown"]),
        ([sought(("KUPA-1", 1, PRODUCT)), there("KUPA-1"), DOWN], ["unknown", "unknown"]),
        ([sought(("KUPA-2", 1, PRODUCT)), was_set("KUPA-1"), shown(), DOWN], ["done", "unknown"]),
        (
            [sought(("KUPA-1", 1, PRODUCT)), there("KUPA-1"), was_set("KUPA-1"), DOWN, was_set("KUPA-2"), shown()],
            ["unknown", "done"],
        ),
        (
            [
                sought(("KUPA-1", 1, PRODUCT)),
                there("KUPA-1"),
                was_set("KUPA-1"),
                priced(),
                DOWN,
                was_set("KUPA-2"),
                shown(),
            ],
            ["unknown", "done"],
        ),
    ],
)
async def test_what_breaks_on_the_way_is_unknown(answers: list[Any], states: list[str]) -> None:
    shop, script = scripted(*answers)
    receipt = await shop.publish_products([draft(), draft(key="k2", sku="KUPA-2")])
    assert [one.state.value for one in receipt.outcomes] == states
    assert not script.answers


async def test_an_addition_that_breaks_off_is_unknown() -> None:
    shop, _ = scripted(sought(), there("X", options=("Renk",)), was_set("X"), DOWN)
    assert ends(await shop.publish_products(variants("Mavi"))) == {"k0": "unknown server.unavailable"}


@pytest.mark.parametrize(
    "answers", [[DOWN], [sought(more="c1"), sought(more="c1")], [sought(("KUPA-1", 1, PRODUCT)), DOWN]]
)
async def test_a_look_that_fails_raises_and_sends_nothing(answers: list[Any]) -> None:
    shop, script = scripted(*answers)
    with pytest.raises(ProviderError):
        await shop.publish_products([draft()])
    assert not any("mutation" in one["query"] for one in script.asked)


async def test_what_cannot_go_is_told() -> None:
    shop, script = scripted(sought(), was_set("KUPA-1"), shown())
    wanted = [draft(), draft(key="k2"), draft(key="k3", title="")]
    assert ends(await shop.publish_products(wanted)) == {
        "k1": "done", "k2": "refused item.duplicate", "k3": "refused item.refused",
    }  # fmt: skip
    apart, script = scripted(sought(), NOWHERE)
    assert ends(await apart.publish_products(variants("Mavi", "Mavi"))) == dict.fromkeys(
        ("k0", "k1"), "refused item.refused"
    )
    assert len(script.asked) == 4


async def test_there_are_no_later_results() -> None:
    assert ends(await client(Script()).publish_result("", [draft()])) == {"k1": "unknown answer.unexpected"}


def test_only_what_is_harmless_twice_is_repeated() -> None:
    acct = account()
    repeats = {
        "create": products.create_request(acct, "h", {}, 1), "content": products.content_request(acct, PRODUCT, {}),
        "publish": products.publish_request(acct, PRODUCT, [STORE]), "look": products.product_request(acct, handle="h"),
        "add": products.add_request(acct, PRODUCT, []),
    }  # fmt: skip
    assert [name for name, call in repeats.items() if not call.repeatable] == ["add"]


# -- at the fake ---------------------------------------------------------------------------------------------------------
@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    box = create(orders=0, listings=4)
    with serve(box.app) as base:
        async with httpx.AsyncClient(base_url=base) as http:
            yield Rig(box, http, base)


async def test_variants_at_the_fake(rig: Rig) -> None:
    """Made, told again with another price and one more variant: one product on the online store, each variant once."""
    category = next(one for page in [p async for p in rig.shop.categories()] for one in page.items if len(one.path) > 1)
    first = await rig.shop.publish_products(variants("Kırmızı", "Yeşil", category_id=category.id))
    assert ends(first) == {"k0": "done", "k1": "done"}
    again = await rig.shop.publish_products(
        variants("Kırmızı", "Yeşil", "Lila", category_id=category.id, price=Money.of("219.90", "TRY"), quantity=3)
    )
    assert ends(again) == {"k0": "done", "k1": "done", "k2": "done"}
    assert [one.remote_ref for one in again.outcomes][:2] == [one.remote_ref for one in first.outcomes]
    told = (await rig.http.get("/_control/products")).json()
    rows = {row["sku"]: row for row in told if row["sku"].startswith("KZK-")}
    assert {sku: (row["attributes"]["Renk"], row["price"], row["quantity"]) for sku, row in rows.items()} == {
        "KZK-0": ("Kırmızı", "219.90", 3), "KZK-1": ("Yeşil", "219.90", 3), "KZK-2": ("Lila", "219.90", 3),
    }  # fmt: skip
    assert {(row["parent_id"], row["publications"], row["category_id"]) for row in rows.values()} == {
        (rows["KZK-0"]["parent_id"], 1, category.id)
    }
    counts = (await rig.http.get("/_control/state")).json()["counters"]
    assert [counts[f"product:KZK-{n}"] for n in range(3)] == [1, 1, 1]
