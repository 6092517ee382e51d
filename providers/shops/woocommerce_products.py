"""What a WooCommerce shop asks of a product and how a draft becomes its product or variation. Pure.
Must never take a value away from a product that the draft says nothing of: other variations may stand on it.

Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce", and woocommerce-rest-api-docs (wp-api-v3: products,
product-variations, product-categories, product-attributes, product-attribute-terms). Brands are WooCommerce's own since 9.6 and not in
those pages; `global_unique_id` (the barcode) since 9.2. Options are told by their names, and a new name becomes a term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import unescape
from typing import Any

import msgspec

from app.contracts import Message, Page, fail
from app.kit import Call, Reply, decode_json, json_call, read_records, segment
from app.model import Attribute, AttributeValue, Category, Choice, ProductDraft, clean
from providers.marketplaces.drafts import answers, lacking, refused_money, refused_texts, whole_id, wrong
from providers.shops.woocommerce_calls import API, PAGE
from providers.shops.woocommerce_goods import Item
from providers.shops.woocommerce_wire import record_id

MOST_IMAGES, MOST_PIECES = 20, 2_147_483_647
LOOKED_UP = 50  # SKUs in one address
#: Where the addresses of the pictures that we sent are kept, so that the same ones are not fetched and stored again.
PICTURES = "_paxzar_images"
BRAND = "Marka"  # the attribute of shops without brands of their own
_FIELDS = "id,sku,type,parent_id,images,image,meta_data,attributes"


def _get(path: str, operation: str, **params: str) -> Call:
    return Call("GET", f"{API}{path}", operation, tuple(params.items()))


# -- what the shop asks --------------------------------------------------------------------------------------------------
class TermWire(msgspec.Struct):
    """A category, a global attribute, one of its terms, or a brand."""

    id: int
    name: str
    parent: int = 0


def categories_request(page: int) -> Call:
    fields = {"orderby": "id", "_fields": "id,name,parent"}
    return _get("/products/categories", "categories", per_page=str(PAGE), page=str(page), **fields)


def attributes_request() -> Call:
    """The shop's global attributes: one list without pages, the same for all categories."""
    return _get("/products/attributes", "attributes")


def terms_request(attribute_id: str, page: int) -> Call:
    path = f"/products/attributes/{segment(attribute_id)}/terms"
    return _get(path, "attributes", per_page=str(PAGE), page=str(page), _fields="id,name")


def brands_request(name: str, operation: str = "brands") -> Call:
    return _get("/products/brands", operation, search=name, per_page=str(PAGE), _fields="id,name")


def brand_request(name: str) -> Call:
    """Makes a brand; one that is there is refused with its id."""
    return json_call("POST", f"{API}/products/brands", "publish_products", {"name": name}, repeatable=True)


def _named(wire: TermWire) -> TermWire:
    name = clean(unescape(wire.name), 200)
    if not name:
        raise fail(Message("answer.field_missing", {"field": "name"}))
    return TermWire(wire.id, name, wire.parent)


def parse_terms(replies: Iterable[Reply]) -> list[TermWire]:
    """All of a list or an error: what is left out could not be chosen, and nobody would know."""
    found: dict[int, TermWire] = {}
    for reply in replies:
        for wire in decode_json(reply, list[TermWire]):
            found.setdefault(wire.id, _named(wire))
    return list(found.values())


def parse_categories(replies: Iterable[Reply]) -> Page[Category]:
    """Products may go into any category, whether others lie below it or not."""
    terms: list[TermWire] = []
    rejects: list[Any] = []
    for reply in replies:
        good, bad = read_records(decode_json(reply, list[msgspec.Raw]), TermWire, _named, record_id)
        terms += good
        rejects += bad
    by_id = {one.id: one for one in terms}
    found = tuple(Category(str(one.id), _path(one, by_id)) for one in by_id.values())
    return Page(tuple(sorted(found, key=lambda one: one.path)), tuple(rejects), total=len(found))


def _path(term: TermWire, by_id: Mapping[int, TermWire]) -> tuple[str, ...]:
    names, seen = [term.name], {term.id}
    above = by_id.get(term.parent)
    while above is not None and above.id not in seen:
        names.append(above.name)
        seen.add(above.id)
        above = by_id.get(above.parent)
    return tuple(reversed(names))


def to_attribute(wire: TermWire, terms: Iterable[TermWire]) -> Attribute:
    """A choice's id is its name: that is how WooCommerce wants options told."""
    names = dict.fromkeys(one.name for one in terms)
    choices = tuple(Choice(one, one) for one in names)
    return Attribute(str(wire.id), wire.name, free=True, several=True, varies=True, choices=choices)


# -- what is there -------------------------------------------------------------------------------------------------------
class SlotWire(msgspec.Struct):
    """An attribute of a product. `id` 0: one of its own, known by its name."""

    id: int = 0
    name: str = ""
    visible: bool = False
    variation: bool = False
    options: list[str] = []


class ImageWire(msgspec.Struct):
    id: int = 0


class MetaWire(msgspec.Struct):
    key: str = ""
    value: msgspec.Raw = msgspec.Raw(b'""')


class FoundWire(msgspec.Struct):
    """A product or a variation as it is now."""

    id: int
    sku: str | None = ""
    type: str = "variation"
    parent_id: int = 0
    images: list[ImageWire] | None = None
    image: ImageWire | None = None
    meta_data: list[MetaWire] = []
    attributes: list[SlotWire] = []

    def shows(self, images: Sequence[str]) -> bool:
        """Whether it has these very pictures, as far as we have sent them."""
        count = len(self.images or ()) + (1 if self.image is not None and self.image.id else 0)
        told = [bytes(one.value) for one in self.meta_data if one.key == PICTURES]
        return bool(images) and count == len(images) and told[-1:] == [msgspec.json.encode("\n".join(images))]


def lookup_request(by: str, values: Sequence[str]) -> Call:
    """Products by `sku` or by `include` (ids), trash left out. Commas part the values."""
    told = {by: ",".join(values), "status": "any", "per_page": str(PAGE), "_fields": _FIELDS}
    return _get("/products", "publish_products", **told)


def siblings_request(product_id: str, page: int) -> Call:
    path = f"/products/{segment(product_id)}/variations"
    return _get(path, "publish_products", per_page=str(PAGE), page=str(page), _fields=_FIELDS)


def parse_found(reply: Reply) -> list[FoundWire]:
    """All or an error: what is missing here would be made a second time."""
    return decode_json(reply, list[FoundWire])


# -- drafts --------------------------------------------------------------------------------------------------------------
def refused_draft(draft: ProductDraft, currency: str) -> Message | None:
    """What the shop would refuse the draft for, or take in another sense than it is meant."""
    found = refused_money(draft, (currency,), MOST_PIECES) or refused_texts(draft, 0, MOST_IMAGES)
    if found is not None:
        return found
    if not draft.sku.strip():
        return lacking("sku")
    if "," in draft.sku or draft.sku != draft.sku.strip():  # it cannot be looked up
        return wrong("sku")
    if draft.remote_id and not (draft.remote_id.isascii() and draft.remote_id.isdigit()):
        return wrong("remote_id")
    numbers = {"category_id": draft.category_id, **{f"attribute {one}": one for one in answers(draft)}}
    return next((wrong(field) for field, one in numbers.items() if one and not _is_number(one)), None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def values_of(draft: ProductDraft) -> dict[int, list[str]]:
    """Its answers as WooCommerce tells them: by the attribute's number, the options' names."""
    found: dict[int, list[str]] = {}
    for attribute, told in answers(draft).items():
        names = [name for one in told if (name := _text(one))]
        if names:
            found[whole_id(attribute, attribute)] = list(dict.fromkeys(names))
    return found


def _text(value: AttributeValue) -> str:
    return clean(value.choice_id or value.text, 200)


def terms_of(draft: ProductDraft) -> Item:
    """Price and stock, as a product or a variation holds them. Without a crossed-out price no sale runs."""
    price = draft.price.rounded().text()
    crossed = draft.list_price.rounded().text() if draft.list_price is not None else price
    item = {
        "sku": draft.sku,
        "regular_price": crossed,
        "sale_price": "" if crossed == price else price,
        "manage_stock": True,
        "stock_quantity": draft.quantity,
    }
    return {**item, "global_unique_id": draft.barcode} if draft.barcode else item


def content_of(draft: ProductDraft, brand: Item, found: FoundWire | None, slots: Sequence[Item]) -> Item:
    """What a product says of itself. What the draft does not tell stays as it is."""
    item: Item = {"name": draft.title.strip()}
    if draft.description:
        item["description"] = draft.description
    if draft.category_id:
        item["categories"] = [{"id": int(draft.category_id)}]
    if "brands" in brand:
        item["brands"] = brand["brands"]
    if slots:
        item["attributes"] = list(slots)
    if draft.images and not (found is not None and found.shows(draft.images)):
        item |= {"images": [{"src": one} for one in draft.images], **_remembered(draft.images)}
    return item


def _remembered(images: Sequence[str]) -> Item:
    return {"meta_data": [{"key": PICTURES, "value": "\n".join(images)}]}


def variation_of(draft: ProductDraft, varied: Iterable[int], found: FoundWire | None) -> Item:
    """A variation has one picture and one option of each attribute that tells it apart."""
    values = values_of(draft)
    item = terms_of(draft)
    told = [{"id": one, "option": values[one][0]} for one in varied if one in values]
    if told:
        item["attributes"] = told
    if draft.description:
        item["description"] = draft.description
    first = draft.images[:1]
    if first and not (found is not None and found.shows(first)):
        item |= {"image": {"src": first[0]}, **_remembered(first)}
    return item


def slots_of(
    values: Mapping[int, Sequence[str]], varied: Iterable[int], found: FoundWire | None, brand: Item
) -> list[Item]:
    """The product's attributes with the draft's answers in them. An attribute that varies keeps the options that it has."""
    rows: dict[str, Item] = {}
    for one in found.attributes if found is not None else ():
        told = {"visible": one.visible, "variation": one.variation, "options": list(one.options)}
        rows[_slot(one.id, one.name)] = ({"id": one.id} if one.id else {"name": one.name}) | told
    apart = set(varied)
    for number, options in values.items():
        was = rows.get(_slot(number, ""), {})
        kept = was.get("options", []) if number in apart or was.get("variation") else []
        rows[_slot(number, "")] = {
            "id": number,
            "visible": was.get("visible", True),
            "variation": number in apart or bool(was.get("variation")),
            "options": list(dict.fromkeys([*kept, *options])),
        }
    if "text" in brand:
        rows[_slot(0, BRAND)] = {"name": BRAND, "visible": True, "variation": False, "options": [brand["text"]]}
    changed = bool(values) or "text" in brand
    return list(rows.values()) if changed else []


def _slot(number: int, name: str) -> str:
    return str(number) if number else f"={name}"


def varying(
    members: Sequence[ProductDraft], parent: FoundWire | None, label: Callable[[int], str] = str
) -> tuple[list[int], Message | None]:
    """The attributes that tell the variants of one product apart, or why there are none: those that the product varies by already, and
    those that differ between its drafts; with a single draft all that have one value."""
    told = [{one: v[0] for one, v in values_of(draft).items() if len(v) == 1} for draft in members]
    common = [one for one in told[0] if all(one in row for row in told)]
    differ = [one for one in common if len({row[one] for row in told}) > 1]
    had = [one for one in parent.attributes if one.variation] if parent is not None else []
    for slot in had:
        if slot.id not in common:
            return [], lacking(clean(slot.name, 80) or label(slot.id))
    chosen = [slot.id for slot in had]
    chosen += [one for one in (differ if chosen or len(members) > 1 else common) if one not in chosen]
    if not chosen or len({tuple(row.get(one, "") for one in chosen) for row in told}) < len(members):
        return [], lacking("attributes")
    return chosen, None
