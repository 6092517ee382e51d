"""Trendyol's brands, its category tree and what a product of a category must say.

Source: reference/marketplaces-tr.md, "## Trendyol", "List products" (Catalogue); the shapes from the vendor's V2 pages. Only a category
without sub-categories takes products. Switch `spec_value_names`: a value's name stands under the field that the specification
prints (`attributeValueName`), not under the one that stage sends (`attributeValue`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import Answer, Call, bad, missing, page_of


@dataclass(frozen=True)
class Attribute:
    """`custom`: takes free text instead of a value's id. `slicer`: another value makes another content (card)."""

    id: int
    name: str
    values: tuple[tuple[int, str], ...] = ()
    required: bool = False
    custom: bool = False
    varianter: bool = False
    slicer: bool = False
    many: bool = False


@dataclass(frozen=True)
class Category:
    id: int
    name: str
    parent: int = 0
    attributes: tuple[Attribute, ...] = ()


COLOUR = Attribute(47, "Renk", required=True, custom=True, slicer=True)
WEB_COLOUR = Attribute(
    348, "Web Color", ((686230, "Kırmızı"), (686231, "Yeşil"), (686232, "Mavi"), (686233, "Gri")), required=True
)
SIZE = Attribute(
    338, "Beden", ((6980, "S"), (6981, "M"), (6982, "L"), (6983, "Tek Ebat")), required=True, varianter=True
)
MATERIAL = Attribute(14, "Materyal", ((82, "Deri"), (107, "Süet"), (109, "Tekstil"), (2214, "Seramik")), many=True)
#: More values than one page of the default size holds.
_LANDS = (
    "Türkiye", "Almanya", "Avusturya", "Azerbaycan", "Bangladeş", "Belçika", "Bulgaristan", "Çekya", "Çin", "Danimarka", "Endonezya",
    "Fas", "Finlandiya", "Fransa", "Güney Kore", "Gürcistan", "Hindistan", "Hollanda", "İngiltere", "İspanya", "İsveç", "İsviçre",
    "İtalya", "Japonya", "Mısır", "Özbekistan", "Pakistan", "Polonya", "Portekiz", "Romanya", "Tayvan", "Ürdün", "Vietnam", "Yunanistan",
)  # fmt: skip
ORIGIN = Attribute(1192, "Menşei", tuple((10617344 + n, land) for n, land in enumerate(_LANDS)), required=True)
MAKER = Attribute(1198, "Üretici Bilgisi", custom=True)

CATEGORIES = {
    one.id: one
    for one in (
        Category(1400, "Ev & Mobilya"),
        Category(411, "Ev & Yaşam", 1400, (COLOUR, MATERIAL, MAKER)),
        Category(412, "Mutfak Gereçleri", 1400, (COLOUR, MATERIAL)),
        Category(2610, "Kupa & Bardak", 1400, (ORIGIN, COLOUR, MATERIAL)),
        Category(522, "Giyim"),
        Category(601, "Üst Giyim", 522),
        Category(604, "Tişört", 601, (SIZE, COLOUR, WEB_COLOUR, MATERIAL)),
        Category(605, "Kazak", 601, (SIZE, COLOUR, WEB_COLOUR)),
    )
}
#: More than two pages of them, so that paging matters.
BRANDS = {1: "Örnek", 10: "TrendyolMilla", 19: "Milla", 40: "TRENDYOLMİLLA"} | {
    1000 + n: f"Marka {n:04d}" for n in range(2100)
}
LEAST_BRANDS = 1000


def is_leaf(category: int) -> bool:
    return category in CATEGORIES and not any(one.parent == category for one in CATEGORIES.values())


def brands(shop: Shop, call: Call) -> Answer:
    """A page holds at least a thousand brands, whatever smaller `size` is asked for."""
    page, size = call.number("page", 0), max(LEAST_BRANDS, call.number("size", LEAST_BRANDS, 1, 2000))
    rows = sorted(BRANDS.items())[page * size : (page + 1) * size]
    return Answer(200, {"brands": [{"id": number, "name": name} for number, name in rows]})


def brands_by_name(shop: Shop, call: Call) -> Answer:
    """Upper and lower case matter."""
    name = call.query.get("name", "")
    if not name:
        raise bad("name.required", "name zorunludur")
    return Answer(200, [{"id": number, "name": known} for number, known in BRANDS.items() if known == name])


def category_tree(shop: Shop, call: Call) -> Answer:
    return Answer(200, {"categories": _branch(0)})


def _branch(parent: int) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "name": one.name} | ({"parentId": parent} if parent else {}) | {"subCategories": _branch(one.id)}
        for one in CATEGORIES.values()
        if one.parent == parent
    ]


def _category(call: Call) -> Category:
    found = CATEGORIES.get(call.identity("category"))
    if found is None:
        raise missing("Kategori")
    return found


def category_attributes(shop: Shop, call: Call) -> Answer:
    """Without the values: each attribute's are a list of their own."""
    one = _category(call)
    rows = [
        {
            "categoryId": one.id, "attribute": {"id": a.id, "name": a.name}, "required": a.required, "allowCustom": a.custom,
            "varianter": a.varianter, "slicer": a.slicer, "allowMultipleAttributeValues": a.many,
        }
        for a in one.attributes
    ]  # fmt: skip
    return Answer(200, {"id": one.id, "name": one.name, "displayName": one.name, "categoryAttributes": rows})


def attribute_values(shop: Shop, call: Call) -> Answer:
    """An attribute of free text has none."""
    wanted = call.identity("attribute")
    found = next((a for a in _category(call).attributes if a.id == wanted), None)
    if found is None:
        raise missing("Özellik")
    page, size = call.number("page", 0, 0, 1000), call.number("size", 10, 1, 1000)
    number, name = call.query.get("attributeValueId"), call.query.get("attributeValue")
    rows = [row for row in found.values if (not number or str(row[0]) == number) and (not name or row[1] == name)]
    field = "attributeValueName" if shop.on("spec_value_names") else "attributeValue"
    data = page_of(rows, page, size)
    data["content"] = [{"attributeValueId": value, field: word} for value, word in data["content"]]
    return Answer(200, data)
