"""Trendyol's catalogue: the category tree, what a category asks of a product, and brands. Pure.
Must never leave an attribute out that cannot be read: nobody would be asked for it, and Trendyol would refuse the product.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (Catalogue), and Trendyol's pages on products V2 (September 2026). The
origin (two letters) stands beside the attributes and is demanded since 23 October 2026; here it is asked for as one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.contracts import Account, Message, fail
from app.kit import Call, Reply, decode_json, read_records, segment
from app.model import Attribute, Choice, clean
from providers.marketplaces.trendyol_calls import headers

VALUE_SIZE = 1000
ORIGIN = "origin"
#: Where goods sold in Türkiye mostly come from; any other code may be typed.
ORIGINS = (
    ("TR", "Türkiye"), ("CN", "Çin"), ("DE", "Almanya"), ("IT", "İtalya"), ("US", "ABD"), ("KR", "Güney Kore"), ("JP", "Japonya"),
    ("IN", "Hindistan"), ("FR", "Fransa"), ("GB", "Birleşik Krallık"), ("ES", "İspanya"), ("PL", "Polonya"), ("NL", "Hollanda"),
    ("VN", "Vietnam"), ("TW", "Tayvan"), ("BD", "Bangladeş"), ("PK", "Pakistan"), ("ID", "Endonezya"), ("TH", "Tayland"),
)  # fmt: skip


def _catalogue(account: Account, path: str, operation: str, **params: str) -> Call:
    url = f"/integration/product/{path}"
    return Call("GET", url, operation, tuple(params.items()), headers(account), group="catalogue")


def categories_request(account: Account) -> Call:
    """The whole tree."""
    return _catalogue(account, "product-categories", "categories")


def attributes_request(account: Account, category_id: str) -> Call:
    return _catalogue(account, f"categories/{segment(category_id)}/attributes", "attributes")


def values_request(account: Account, category_id: str, attribute_id: str) -> Call:
    path = f"categories/{segment(category_id)}/attributes/{segment(attribute_id)}/values"
    return _catalogue(account, path, "attributes", page="0", size=str(VALUE_SIZE))


def brands_request(account: Account, name: str) -> Call:
    """By name; Trendyol tells capital letters apart."""
    return _catalogue(account, "brands/by-name", "brands", name=name)


class NamedWire(msgspec.Struct):
    id: int | str
    name: str


class AttributeWire(msgspec.Struct, rename="camel"):
    attribute: NamedWire
    required: bool | None = None
    allow_custom: bool | None = None
    varianter: bool | None = None
    slicer: bool | None = None
    allow_multiple_attribute_values: bool | None = None
    attribute_values: list[NamedWire] | None = None


class AttributesWire(msgspec.Struct, rename="camel"):
    category_attributes: list[msgspec.Raw]


class ValueWire(msgspec.Struct, rename="camel"):
    """The page says attributeValueName, the server attributeValue."""

    attribute_value_id: int | str
    attribute_value: str | None = None
    attribute_value_name: str | None = None


class BrandsWire(msgspec.Struct):
    brands: list[msgspec.Raw]


def to_choice(wire: NamedWire) -> Choice:
    return Choice(str(wire.id), clean(wire.name, 200))


def to_attribute(wire: AttributeWire) -> Attribute:
    """A slicer makes a page of its own, a varianter a size on one page: both tell variants apart."""
    return Attribute(
        id=str(wire.attribute.id),
        name=clean(wire.attribute.name, 200),
        required=bool(wire.required),
        free=bool(wire.allow_custom),
        several=bool(wire.allow_multiple_attribute_values),
        varies=bool(wire.varianter or wire.slicer),
        choices=tuple(to_choice(one) for one in wire.attribute_values or ()),
    )


def parse_attributes(reply: Reply) -> tuple[Attribute, ...]:
    """What the category asks. Raises for an attribute that cannot be read: one left out would be asked for by nobody."""
    found, rejects = read_records(
        decode_json(reply, AttributesWire).category_attributes,
        AttributeWire,
        to_attribute,
        lambda x: str(x["attribute"]["id"]),
    )
    if rejects:
        raise fail(rejects[0].message.about(operation=reply.operation))
    return found


def parse_values(raws: Sequence[msgspec.Raw], operation: str) -> tuple[Choice, ...]:
    def to_value(wire: ValueWire) -> Choice:
        name = wire.attribute_value or wire.attribute_value_name
        if not name:
            raise fail(Message("answer.field_missing", {"field": "attributeValue"}, field="attributeValue"))
        return Choice(str(wire.attribute_value_id), clean(name, 200))

    found, rejects = read_records(raws, ValueWire, to_value, lambda x: str(x["attributeValueId"]))
    if rejects:
        raise fail(rejects[0].message.about(operation=operation))
    return found


def parse_brands(reply: Reply) -> tuple[Choice, ...]:
    """A bare array, or `{"brands": [...]}`."""
    bare = reply.body.lstrip()[:1] == b"["
    raws = decode_json(reply, list[msgspec.Raw]) if bare else decode_json(reply, BrandsWire).brands
    found, rejects = read_records(raws, NamedWire, to_choice, lambda x: str(x["id"]))
    if rejects:
        raise fail(rejects[0].message.about(operation=reply.operation))
    return found


def with_origin(found: Sequence[Attribute]) -> tuple[Attribute, ...]:
    """Required ones first, the origin behind them."""
    origin = Attribute(
        ORIGIN, "Menşe (ülke kodu)", required=True, free=True, choices=tuple(Choice(code, name) for code, name in ORIGINS)
    )  # fmt: skip
    asked = [one for one in found if one.required]
    return (*asked, origin, *(one for one in found if not one.required))
