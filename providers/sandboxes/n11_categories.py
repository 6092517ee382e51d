"""N11's category tree and what a category asks of a product.

Source: reference/marketplaces-tr.md, "## N11", "Other tasks" (paths, the brand is attribute 1), and the vendor's support pages "RestAPI
Servisleri" and "RestAPI Ürün Yükleme": a leaf has `subCategories` null; mandatory, variant, slicer and customValue flags. That the brand
takes free text is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from providers.sandboxes.n11_state import Shop
from providers.sandboxes.n11_wire import Call, missing
from providers.sandboxes.people import COLOURS, MATERIALS

BRAND = 1


@dataclass(frozen=True)
class Attribute:
    """`custom`: free text is taken beside a value's id."""

    id: int
    name: str
    values: tuple[tuple[int, str], ...] = ()
    mandatory: bool = False
    variant: bool = False
    slicer: bool = False
    custom: bool = False


@dataclass(frozen=True)
class Category:
    id: int
    name: str
    parent: int = 0
    attributes: tuple[Attribute, ...] = ()


_BRANDS = ("Örnek", "Paşabahçe", "Karaca", "Kütahya Porselen", "English Home", "Çilek", "Işıl Tekstil", "Diğer")
MARKA = Attribute(
    BRAND, "Marka", tuple((9100 + n, word) for n, word in enumerate(_BRANDS)), mandatory=True, custom=True
)
COLOUR = Attribute(2, "Renk", tuple((7000 + n, word) for n, word in enumerate(COLOURS)), variant=True, slicer=True)
MATERIAL = Attribute(14, "Materyal", tuple((7100 + n, word) for n, word in enumerate(MATERIALS)), mandatory=True)
SIZE = Attribute(
    338, "Beden", ((7200, "S"), (7201, "M"), (7202, "L"), (7203, "Tek Ebat")), mandatory=True, variant=True
)
MODEL = Attribute(429, "Model", custom=True)
CATEGORIES = {
    one.id: one
    for one in (
        Category(1000476, "Ev & Yaşam"),
        Category(1000722, "Kupa", 1000476, (MARKA, COLOUR)),
        Category(1000723, "Çaydanlık", 1000476, (MARKA, MATERIAL, COLOUR, MODEL)),
        Category(1000477, "Mutfak Gereçleri", 1000476),
        Category(1000724, "Şekerlik", 1000477, (MARKA, MATERIAL)),
        Category(1000001, "Giyim & Ayakkabı"),
        Category(1000002, "Kadın Giyim", 1000001),
        Category(1000846, "Tişört", 1000002, (MARKA, SIZE, COLOUR)),
        Category(1000847, "Kazak", 1000002, (MARKA, SIZE, COLOUR, MATERIAL)),
    )
}


def is_leaf(number: int) -> bool:
    return number in CATEGORIES and not any(one.parent == number for one in CATEGORIES.values())


def categories(shop: Shop, call: Call) -> Any:
    return {"categories": _branch(0)}


def _branch(parent: int) -> list[dict[str, Any]] | None:
    rows = [
        {"id": one.id, "name": one.name, "subCategories": _branch(one.id)}
        for one in CATEGORIES.values()
        if one.parent == parent
    ]
    return rows or None


def category_attributes(shop: Shop, call: Call) -> Any:
    raw = call.path["C"]
    one = CATEGORIES.get(int(raw)) if raw.isascii() and raw.isdecimal() else None
    if one is None or not is_leaf(one.id):
        raise missing("Kategori")
    rows = [
        {
            "attributeId": a.id, "categoryId": one.id, "attributeName": a.name, "isMandatory": a.mandatory, "isVariant": a.variant,
            "isSlicer": a.slicer, "isCustomValue": a.custom, "isN11Grouping": False, "attributeOrder": place,
            "attributeValues": [{"id": value, "value": word} for value, word in a.values],
        }
        for place, a in enumerate(one.attributes, 1)
    ]  # fmt: skip
    return {"id": one.id, "name": one.name, "categoryAttributes": rows}
