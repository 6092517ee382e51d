"""Hepsiburada's categories, what they ask of a product and the values they take.

Source: reference/marketplaces-tr.md, "## Hepsiburada", "Catalogue", and the vendor's OpenAPI document "Katalog Ürün Entegrasyonu" (BaseCategoryDTO,
AttributeDTO, pages of 1000). The base attributes are those of its sample file. Which of them are mandatory, the ids of a category's own
attributes and the shape of a value ({id, value}) are in no document that we have; a product states a value by its words, as the sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from providers.sandboxes.hepsiburada_state import Shop
from providers.sandboxes.hepsiburada_wire import Answer, Call, bad, missing
from providers.sandboxes.people import COLOURS, GOODS, MATERIALS


@dataclass(frozen=True)
class Attribute:
    """`kind`: string or enum; an enum's words come from its own list."""

    id: str
    name: str
    kind: str = "string"
    mandatory: bool = False
    many: bool = False
    values: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "id": self.id,
            "mandatory": self.mandatory,
            "type": self.kind,
            "multiValue": self.many,
        }


@dataclass(frozen=True)
class Category:
    id: int
    name: str
    parent: int
    paths: tuple[str, ...]
    attributes: tuple[Attribute, ...] = ()
    variants: tuple[Attribute, ...] = ()
    leaf: bool = True


IMAGES = tuple(f"Image{n}" for n in range(1, 11))
BASE = (
    Attribute("merchantSku", "Satıcı Stok Kodu", mandatory=True), Attribute("VaryantGroupID", "Varyant Grup Id"),
    Attribute("Barcode", "Barkod", mandatory=True), Attribute("UrunAdi", "Ürün Adı", mandatory=True),
    Attribute("UrunAciklamasi", "Ürün Açıklaması", mandatory=True), Attribute("Marka", "Marka", mandatory=True),
    Attribute("GarantiSuresi", "Garanti Süresi (Ay)"), Attribute("kg", "Desi", mandatory=True),
    Attribute("tax_vat_rate", "KDV", mandatory=True), Attribute("price", "Fiyat"), Attribute("stock", "Stok"),
    *(Attribute(name, name.replace("Image", "Görsel "), mandatory=name == "Image1") for name in IMAGES),
    Attribute("Video1", "Video 1"),
)  # fmt: skip
COLOUR = Attribute(
    "renk_variant_property", "Renk", "enum", mandatory=True, values=(*COLOURS, "Siyah-Beyaz", "Çok Renkli")
)
SIZE = Attribute(
    "ebatlar_variant_property", "Ebat", "enum", mandatory=True, values=("Küçük Ebat", "Orta Ebat", "Büyük Ebat")
)
#: More than a page of a thousand words.
MATERIAL = Attribute(
    "00000MU", "Materyal", "enum", many=True,
    values=tuple(f"{word} {n}" if n else word for n in range(150) for word in MATERIALS),
)  # fmt: skip
WARRANTY = Attribute(
    "00000QX", "Garanti Tipi", "enum", values=("Satıcı Garantili", "İthalatçı Garantili", "Garantisiz")
)
VOLUME = Attribute("00002YT", "Hacim (ml)")
MUG = 18021982
_HOME = ("Ev, Yaşam, Ofis", "Mutfak Gereçleri")
CATEGORIES: dict[int, Category] = {
    one.id: one
    for one in (
        Category(60001546, "Mutfak Gereçleri", 60001545, _HOME, leaf=False),
        Category(MUG, "Kupa & Bardak", 60001546, (*_HOME, "Kupa & Bardak"), (MATERIAL, VOLUME, WARRANTY), (COLOUR,)),
        Category(18021983, "Yastık", 60001547, ("Ev, Yaşam, Ofis", "Ev Tekstili", "Yastık"), (MATERIAL,), (COLOUR, SIZE)),
        Category(18021984, "Şemsiye", 60001548, ("Giyim & Aksesuar", "Aksesuar", "Şemsiye"), (MATERIAL,), (COLOUR,)),
        Category(18021985, "Çanta", 60001548, ("Giyim & Aksesuar", "Çanta"), (MATERIAL, WARRANTY), (COLOUR, SIZE)),
        *(
            Category(
                18030000 + n, f"{MATERIALS[n % 8]} {GOODS[n % 12]} {n}", 60002000, ("Diğer", GOODS[n % 12], f"{MATERIALS[n % 8]} {GOODS[n % 12]} {n}"),
                (VOLUME,), (COLOUR,),
            )
            for n in range(2100)
        ),
    )
}  # fmt: skip


def page(call: Call, rows: Sequence[Any], most: int) -> Answer:
    """The page envelope of the catalogue host; 1000 rows unless a size is asked for."""
    number, size = call.number("page", 0), call.number("size", min(most, 1000), 1, most)
    total, kept = -(-len(rows) // size), list(rows[number * size : (number + 1) * size])
    return Answer(
        200,
        {
            "success": True, "code": 0, "version": 1, "message": None, "totalElements": len(rows), "totalPages": total, "number": number,
            "numberOfElements": len(kept), "first": number == 0, "last": number + 1 >= total, "data": kept,
        },
    )  # fmt: skip


def categories(shop: Shop, call: Call) -> Answer:
    """Filters as documented, each with its documented default; an empty filter takes all."""
    leaf, available = call.query.get("leaf", "true"), call.query.get("available", "true")
    status = call.query.get("status", "ACTIVE")
    if leaf not in ("true", "false", "") or available not in ("true", "false", ""):
        raise bad("InvalidParameter", "leaf ve available true veya false olmalıdır")
    if status not in ("ACTIVE", "INACTIVE", "ARCHIVED"):
        raise bad("InvalidParameter", "status ACTIVE, INACTIVE veya ARCHIVED olmalıdır")
    rows = [
        {
            "categoryId": one.id, "name": one.name, "displayName": one.name, "parentCategoryId": one.parent, "paths": list(one.paths),
            "leaf": one.leaf, "status": "ACTIVE", "type": "HB", "sortId": None, "merge": False, "available": one.leaf,
        }
        for one in CATEGORIES.values()
        if status == "ACTIVE" and leaf in ("", str(one.leaf).casefold()) and available in ("", str(one.leaf).casefold())
    ]  # fmt: skip
    return page(call, rows, 2000)


def _category(call: Call) -> Category:
    raw = call.path["C"]
    found = CATEGORIES.get(int(raw)) if raw.isascii() and raw.isdecimal() else None
    if found is None or not found.leaf:
        raise missing("Kategori")
    return found


def attributes(shop: Shop, call: Call) -> Answer:
    one = _category(call)
    data = {"baseAttributes": [a.row() for a in BASE], "attributes": [a.row() for a in one.attributes],
            "variantAttributes": [a.row() for a in one.variants]}  # fmt: skip
    return Answer(200, {"success": True, "code": 0, "version": 2, "message": None, "data": data})


def attribute_values(shop: Shop, call: Call) -> Answer:
    """Of an enum only; at most a thousand a page."""
    one = _category(call)
    found = next((a for a in (*one.attributes, *one.variants) if a.id == call.path["A"] and a.kind == "enum"), None)
    if found is None:
        raise missing("Özellik")
    return page(call, [{"id": f"{found.id}-{n}", "value": word} for n, word in enumerate(found.values, 1)], 1000)
