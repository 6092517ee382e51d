"""What a merchant keeps of products and answered once stays: over pulls, in whatever letters it is asked for again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.contracts import Page
from app.model import AttributeValue, Category, Choice, Listing, Money
from app.store import Content, Store, StoreError
from tests.app.publishing.channel import SHIRTS, Clock


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "store.sqlite", now=Clock())
    yield made
    await made.close()


async def connection(store: Store) -> int:
    await store.accounts.add("acc", "trendyol", "live")
    return (await store.connections.add("Pazar", "trendyol", "acc", "live", {})).id


async def test_content_changes_field_by_field_and_no_pull_touches_it(store: Store) -> None:
    kept, at = store.publishing, Clock()()
    await kept.put_content([("IŞIK-1", {"title": " Başlık ", "attributes": {"Renk": "Mavi", "Beden": "M"}})])
    await kept.put_content(
        [("IŞIK-1", {"images": ("https://a.example/1.jpg", " "), "attributes": {"RENK": "Nar", "beden": ""}})]
    )
    await kept.put_content([("IŞIK-1", {"price": Money(Decimal("9.90"), "TRY"), "quantity": 3})])
    row = await connection(store)
    await store.listings.apply_page(row, "acc", Page((Listing("1", "IŞIK-1", "Kanalın başlığı", None),)), now=at)
    assert (await kept.content(["IŞIK-1", "yok"])) == {
        "IŞIK-1": Content(
            "IŞIK-1", "Başlık", images=("https://a.example/1.jpg",), attributes={"RENK": "Nar"},
            price=Money(Decimal("9.90"), "TRY"), quantity=3, changed_at=at,
        )
    }  # fmt: skip
    await kept.put_content([("IŞIK-1", {"price": None, "quantity": None})])
    one = (await kept.content(["IŞIK-1"]))["IŞIK-1"]
    assert (one.price, one.quantity, one.title) == (None, None, "Başlık")
    assert await kept.content(["ışık-1"]) == {}, "an SKU is an identifier, equal or not"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("title", {"title": "x" * 501}),
        ("images", {"images": ["https://a.example/1.jpg"] * 61}),
        ("price", {"price": Money(Decimal(0), "TRY")}),
        ("quantity", {"quantity": -1}),
        ("colour", {"colour": "red"}),
    ],
)
async def test_what_cannot_be_kept_keeps_nothing(store: Store, field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(StoreError) as told:
        await store.publishing.put_content([("GOOD", {"title": "Good"}), ("BAD", fields)])
    assert (told.value.key, told.value.params) == ("store.bad_content", {"sku": "BAD", "field": field})
    assert await store.publishing.content(["GOOD"]) == {}


async def test_answers_are_found_in_whatever_letters(store: Store) -> None:
    row, kept = await connection(store), store.publishing
    await kept.map_category(row, "Tişört", SHIRTS)
    await kept.map_category(row, "", Category("9", ("Diğer",)))
    await kept.map_brand(row, "IŞIK", Choice("b", "Işık"))
    await kept.map_attribute(row, "20", "Kumaş", "m")
    await kept.map_value(row, "20", "c", "Nar Kırmızısı", [AttributeValue("c", "1")])
    await kept.map_value(row, "20", "o", "", [AttributeValue("o", text="TR")])
    memory = await kept.memory(row)
    assert memory.categories == {"tisort": SHIRTS, "": Category("9", ("Diğer",))}
    assert memory.brands == {"isik": Choice("b", "Işık")}
    assert memory.names == {("20", "kumas"): "m"}
    assert memory.values == {
        ("20", "c", "nar kirmizisi"): (AttributeValue("c", "1"),), ("20", "o", ""): (AttributeValue("o", text="TR"),),
    }  # fmt: skip
    assert memory.shown["value", "20", "c", "nar kirmizisi"] == "Nar Kırmızısı"
    await kept.map_category(row, "TİŞÖRT", None)
    await kept.map_value(row, "20", "o", "", [])
    memory = await kept.memory(row)
    assert "tisort" not in memory.categories
    assert ("20", "o", "") not in memory.values


async def test_a_tree_replaces_the_one_before_and_is_searched_by_words(store: Store) -> None:
    row, kept = await connection(store), store.publishing
    assert await kept.categories_at(row) is None
    tree = [
        Category("1", ("Giyim",), leaf=False),
        SHIRTS,
        Category("21", ("Giyim", "Tişört Askısı")),
        Category("3", ("100%_a",)),
    ]
    await kept.keep_categories(row, [*tree, SHIRTS])
    assert await kept.categories_at(row) is not None
    assert [one.id for one in await kept.find_categories(row, "tisort")] == ["20", "21"]
    assert [one.id for one in await kept.find_categories(row, "GİYİM askı")] == ["21"]
    assert [one.id for one in await kept.find_categories(row, "%_")] == ["3"]
    assert await kept.category(row, "1") == tree[0]
    await kept.keep_categories(row, [tree[2]])
    assert await kept.category(row, "20") is None
