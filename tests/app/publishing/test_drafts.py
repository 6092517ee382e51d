"""From a product to its draft: what comes from where, what is remembered, and each thing that can be missing. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from app.api.answers import sentence
from app.contracts.manifest import PublishingRules
from app.formats.words import LANGUAGES, Words
from app.model import AttributeValue, Choice, Listing, Money, Vat
from app.publishing import Asked, Known, Planned, build, plan
from app.store import Content, Memory, Product, StoredListing
from tests.app.publishing.channel import COLOUR, MATERIAL, ORIGIN, SHIRTS

AT = datetime(2026, 11, 24, tzinfo=UTC)
IMAGE = "https://cdn.example/1.jpg"
MEMORY = Memory(
    {"tisort": SHIRTS}, {"isik": Choice("b1", "Işık")}, {("20", "kumas"): "m"},
    {("20", "o", ""): (AttributeValue("o", text="Türkiye"),), ("20", "c", "nar"): (AttributeValue("c", "1"),)}, {},
)  # fmt: skip
ASKED = Asked(PublishingRules(), MEMORY, True, {"20": SHIRTS}, {"20": (COLOUR, ORIGIN, MATERIAL)}, Vat.INCLUDED, "TRY")
CONTENT = Content("S1", category="TİŞÖRT", brand="IŞIK", images=(IMAGE,), attributes={"RENK": "mavi"})


def stored(price: str | None = "120.00", **more: Any) -> StoredListing:
    wanted = more.pop("wanted", None)
    one = Listing(
        "x1", "S1", "Keten gömlek", None if price is None else Money(Decimal(price), "TRY"), stock=4, barcode="8691"
    )
    return StoredListing(
        1, 2, "acc", msgspec.structs.replace(one, **more), wanted, None, None, "", "", None, "", "", None, AT, AT
    )


def made(content: Content = CONTENT, asked: Asked = ASKED, **known: Any) -> Planned:
    return build(Known("S1", content, **{"source": stored(), **known}), asked)


def problems(one: Planned) -> list[str]:
    return [message.code.removeprefix("publishing.problem.") for message in one.problems]


def test_a_draft_from_another_channel_s_listing_and_what_was_answered_before() -> None:
    product = Product("S1", None, "TRY", Decimal(20), None, None, "", Decimal("1.5"), AT)
    one = made(product=product)
    draft = one.draft
    assert one.ready
    assert (draft.title, draft.barcode, draft.price.amount, draft.quantity) == (
        "Keten gömlek",
        "8691",
        Decimal("120.00"),
        4,
    )
    assert (draft.vat_rate, draft.desi, draft.category_id, draft.remote_id) == (Decimal(20), Decimal("1.5"), "20", "")
    assert draft.brand == Choice("b1", "Işık")
    assert draft.attributes == (AttributeValue("c", "2"), AttributeValue("o", text="Türkiye"))


def test_what_is_kept_goes_before_what_another_channel_says() -> None:
    one = made(
        msgspec.structs.replace(CONTENT, title="Kendi adım", barcode="8692", price=Money(Decimal(1), "TRY"), quantity=9)
    )
    assert (one.draft.title, one.draft.barcode) == ("Kendi adım", "8692")
    assert (one.draft.price.amount, one.draft.quantity) == (Decimal("120.00"), 4), "prices are the prices page's"


def test_a_listing_that_the_channel_has_keeps_its_own_price_and_is_changed() -> None:
    target = stored("99.90", stock=1, remote_id="t1", extra={"handle": "h"}, title="Kanaldaki")
    one = made(target=target)
    draft = one.draft
    assert (draft.remote_id, draft.extra, draft.price.amount, draft.quantity) == (
        "t1",
        {"handle": "h"},
        Decimal("99.90"),
        1,
    )
    wished = made(target=stored("99.90", wanted=Money(Decimal("89.90"), "TRY")))
    assert wished.draft.price.amount == Decimal("89.90")


def test_a_product_that_no_channel_has() -> None:
    kept = msgspec.structs.replace(CONTENT, title="Yeni", price=Money(Decimal("75.5"), "TRY"), quantity=3)
    one = made(kept, source=None)
    assert one.ready
    assert (one.draft.price.amount, one.draft.quantity) == (Decimal("75.5"), 3)
    assert problems(made(source=None)) == ["no_title", "no_price", "no_quantity"]


def test_a_crossed_out_price_goes_along_only_above_the_price() -> None:
    assert made(source=stored(list_price=Money(Decimal("150"), "TRY"))).draft.list_price == Money(Decimal("150"), "TRY")
    assert made(source=stored(list_price=Money(Decimal("120"), "TRY"))).draft.list_price is None


def test_vat_is_turned_round_where_the_channel_sells_without() -> None:
    without = msgspec.structs.replace(ASKED, vat=Vat.EXCLUDED)
    assert made(asked=without, source=stored(vat_rate=Decimal(20))).draft.price.amount == Decimal("100.00")
    assert problems(made(asked=without)) == ["no_vat"]
    back = made(source=stored("100", vat=Vat.EXCLUDED, vat_rate=Decimal(10), list_price=Money(Decimal("200"), "TRY")))
    assert (back.draft.price.amount, back.draft.list_price) == (Decimal("110.00"), Money(Decimal("220.00"), "TRY"))


RULES = PublishingRules(title=10, description=5, images=1, barcode=True, brand=True, vat_rate=True, desi=True)


@pytest.mark.parametrize(
    ("expected", "change", "asked", "known"),
    [
        (["no_title"], {}, {}, {"source": stored(title="")}),
        (["long_title", "no_vat", "no_desi"], {}, {"rules": RULES}, {}),
        (["long_description"], {"description": "x" * 6}, {"rules": PublishingRules(description=5)}, {}),
        (["no_barcode"], {}, {"rules": PublishingRules(barcode=True)}, {"source": stored(barcode="")}),
        (["no_brand"], {"brand": ""}, {"rules": PublishingRules(brand=True)}, {}),
        (["brand_open"], {"brand": "Başka"}, {"rules": PublishingRules(brand=True)}, {}),
        (["no_image"], {"images": ()}, {}, {}),
        (["bad_image"], {"images": ("http://cdn.example/1.jpg",)}, {}, {}),
        (["bad_image"], {"images": (IMAGE, "C:\\resim.jpg")}, {}, {}),
        (["bad_image"], {"images": ("https://cdn.example/a b.jpg",)}, {}, {}),
        (["many_images"], {"images": (IMAGE, IMAGE)}, {"rules": PublishingRules(images=1)}, {}),
        (["zero_price"], {}, {}, {"source": stored("0")}),
        (["no_price"], {}, {}, {"source": stored(None)}),
        (["other_currency"], {}, {"currency": "EUR"}, {}),
        (["no_quantity"], {}, {}, {"source": stored(stock=None)}),
        (["no_category"], {"category": "Halı"}, {}, {}),
        (["category_gone"], {}, {"categories": {}}, {}),
        (["no_leaf"], {}, {"categories": {"20": msgspec.structs.replace(SHIRTS, leaf=False)}}, {}),
        (["no_attribute"], {"attributes": {}}, {}, {}),
        (["value_open"], {"attributes": {"Renk": "Petrol"}}, {}, {}),
    ],
)
def test_each_thing_that_can_be_missing(
    expected: list[str], change: dict[str, Any], asked: dict[str, Any], known: dict[str, Any]
) -> None:
    content, wanted = msgspec.structs.replace(CONTENT, **change), msgspec.structs.replace(ASKED, **asked)
    one = made(content, wanted, **known)
    assert problems(one) == expected
    assert not one.ready
    for language in LANGUAGES:
        for message in one.problems:
            told = sentence(Words.load(language), message)
            assert "{" not in told, told
            assert "⟦" not in told, told
            assert message.field


def test_a_channel_without_a_tree_needs_no_category() -> None:
    one = made(msgspec.structs.replace(CONTENT, category="Halı"), msgspec.structs.replace(ASKED, tree=False))
    assert one.ready
    assert (one.draft.category_id, one.draft.attributes) == ("", ())


def test_own_words_of_attributes_and_values() -> None:
    said = msgspec.structs.replace(CONTENT, attributes={"Renk": "NAR", "Kumaş": "pamuk; Keten", "menşei": "İtalya"})
    assert made(said).draft.attributes == (
        AttributeValue("c", "1"), AttributeValue("o", text="İtalya"), AttributeValue("m", "7"), AttributeValue("m", "8"),
    )  # fmt: skip


def test_what_is_only_wrong_between_two_products() -> None:
    other = msgspec.structs.replace(CONTENT, sku="S2", group="G")
    first = Known("S1", msgspec.structs.replace(CONTENT, group="G"), source=stored())
    twin = plan([first, Known("S2", other, source=stored(sku="S2"))], ASKED)
    assert [problems(one) for one in twin] == [[], ["same_barcode", "same_variant"]]
    red = msgspec.structs.replace(other, attributes={"Renk": "Kırmızı"}, barcode="8693")
    assert [problems(one) for one in plan([first, Known("S2", red, source=stored(sku="S2"))], ASKED)] == [[], []]
