"""Hepsiburada's catalogue (MPOP): categories, what a category asks of a product, and the envelope that its answers come in. Pure.
Must never ask the merchant for what the draft itself holds: name, brand, prices, pictures are base attributes here.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (Catalogue); field names from the vendor's OpenAPI document
"Katalog Ürün Entegrasyonu". What a choice is called is what goes out: values have no id of their own in an import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from app.contracts import Account, Message, Page, fail
from app.kit import Call, Reply, decode_json, read_records, segment
from app.model import Attribute, Category, Choice, clean, fold
from providers.marketplaces.hepsiburada_calls import headers
from providers.marketplaces.hepsiburada_lists import rows_of

T = TypeVar("T")
CATEGORY_SIZE, VALUE_SIZE = 2000, 1000
#: Base attributes that the draft fills, folded.
FILLED = frozenset({
    "merchantsku", "varyantgroupid", "barcode", "urunadi", "urunaciklamasi", "marka", "kg", "tax_vat_rate", "price", "stock",
    "video1", *(f"image{n}" for n in range(1, 11)),
})  # fmt: skip
NOT_FOUND_CODES = frozenset({"4000"})  # no such trackingId


def catalogue_call(account: Account, path: str, operation: str, params: Mapping[str, str]) -> Call:
    url = f"{account.urls['catalogue']}{path}"
    return Call("GET", url, operation, tuple(params.items()), headers(account), group="catalogue")


def categories_request(account: Account) -> Call:
    """Leaves that take products."""
    params = {"leaf": "true", "status": "ACTIVE", "available": "true", "page": "0", "size": str(CATEGORY_SIZE)}
    return catalogue_call(account, "/product/api/categories/get-all-categories", "categories", params)


def attributes_request(account: Account, category_id: str) -> Call:
    return catalogue_call(account, f"/product/api/categories/{segment(category_id)}/attributes", "attributes", {})


def values_request(account: Account, category_id: str, attribute_id: str) -> Call:
    path = f"/product/api/categories/{segment(category_id)}/attribute/{segment(attribute_id)}/values"
    return catalogue_call(account, path, "attributes", {"page": "0", "size": str(VALUE_SIZE)})


class EnvelopeWire(msgspec.Struct):
    success: bool | None = None
    code: int | str | None = None
    message: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


def inside(reply: Reply, shape: type[T]) -> T:
    """What the envelope holds, as `shape`. Raises for one that says no under HTTP 200."""
    found = decode_json(reply, EnvelopeWire)
    if found.success is False:
        told = clean(str(found.code or ""), 80)
        code = "item.not_found" if told in NOT_FOUND_CODES else "request.refused"
        message = Message(
            code, {"operation": reply.operation}, vendor_code=told, vendor_text=clean(found.message or "", 300)
        )
        raise fail(msgspec.structs.replace(message, status=reply.status))
    return decode_json(msgspec.structs.replace(reply, body=bytes(found.data)), shape)


class CategoryWire(msgspec.Struct, rename="camel"):
    category_id: int | str
    name: str
    paths: list[str] | None = None
    leaf: bool | None = None


def parse_categories(reply: Reply) -> Page[Category]:
    """One page. The paths may name the category itself at their end, or not."""

    def to_category(wire: CategoryWire) -> Category:
        id_, name = clean(str(wire.category_id), 80), clean(wire.name, 200)
        if not id_ or not name:
            raise fail(Message("answer.field_missing", {"field": "name"}, field="name"))
        path = [one for one in (clean(text, 200) for text in wire.paths or ()) if one]
        if not path or fold(path[-1]) != fold(name):
            path.append(name)
        return Category(id_, tuple(path), leaf=wire.leaf is not False)

    items, rejects = read_records(rows_of(reply).raws, CategoryWire, to_category, lambda x: str(x["categoryId"]))
    return Page(items, rejects)


class AttributeWire(msgspec.Struct, rename="camel"):
    id: str
    name: str
    mandatory: bool | None = None
    type: str | None = None
    multi_value: bool | None = None


class AttributesWire(msgspec.Struct, rename="camel"):
    base_attributes: list[msgspec.Raw] | None = None
    attributes: list[msgspec.Raw] | None = None
    variant_attributes: list[msgspec.Raw] | None = None


def parse_attributes(reply: Reply) -> tuple[Attribute, ...]:
    """Required ones first. Those with a list of values are `free=False` and have their choices still to come. Raises for one that
    cannot be read."""
    found = inside(reply, AttributesWire)
    read: list[Attribute] = []
    for raws, varies in ((found.base_attributes, False), (found.attributes, False), (found.variant_attributes, True)):
        read += _attributes(raws or (), reply.operation, varies=varies)
    asked = [one for one in read if fold(one.id) not in FILLED]
    return tuple(sorted(asked, key=lambda one: not one.required))


def _attributes(raws: Sequence[msgspec.Raw], operation: str, *, varies: bool) -> tuple[Attribute, ...]:
    def to_attribute(wire: AttributeWire) -> Attribute:
        free = fold(wire.type or "") != "enum"
        return Attribute(wire.id, clean(wire.name, 200), bool(wire.mandatory), free, bool(wire.multi_value), varies)

    items, rejects = read_records(raws, AttributeWire, to_attribute, lambda x: str(x["id"]))
    if rejects:
        raise fail(rejects[0].message.about(operation=operation))
    return items


class ValueWire(msgspec.Struct):
    value: str


def parse_values(reply: Reply) -> tuple[Choice, ...]:
    """One page of an attribute's values."""

    def to_choice(wire: ValueWire) -> Choice:
        return Choice(wire.value, clean(wire.value, 200))

    items, rejects = read_records(rows_of(reply).raws, ValueWire, to_choice, lambda x: str(x["id"]))
    if rejects:
        raise fail(rejects[0].message.about(operation=reply.operation))
    return items
