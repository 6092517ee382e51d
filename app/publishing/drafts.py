"""From what is known of a product to the draft of its listing on one channel, with what is missing. Pure: the same in the window, on
the command line and in tests. A listing that the channel has keeps its own price and stock: those are the prices page's to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from app.contracts import Message
from app.contracts.manifest import PublishingRules
from app.model import Attribute, AttributeValue, Category, Money, ProductDraft, Vat
from app.publishing.checks import check, problem
from app.store import Content, Memory, Product, StoredListing
from app.store.publishing import own_key


class Known(msgspec.Struct, frozen=True):
    """What the program knows of an SKU. `target`: the channel's own listing of it; `source`: one of another channel."""

    sku: str
    content: Content | None = None
    product: Product | None = None
    target: StoredListing | None = None
    source: StoredListing | None = None


class Asked(msgspec.Struct, frozen=True):
    """What the channel asks and what the merchant answered before. `categories`: of those answers that are in the channel's tree
    now; `tree`: whether the channel has categories at all; `vat` and `currency` as its listings have them ('': not known)."""

    rules: PublishingRules
    memory: Memory
    tree: bool = True
    categories: dict[str, Category] = {}
    attributes: dict[str, tuple[Attribute, ...]] = {}
    vat: Vat = Vat.INCLUDED
    currency: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a draft says to one attribute. `own`: the product's own value, '' where the answer holds for the whole category."""

    attribute: Attribute
    values: tuple[AttributeValue, ...] = ()
    own: str = ""


class Planned(msgspec.Struct, frozen=True):
    """A draft and what stands in its way; without problems it may go."""

    draft: ProductDraft
    problems: tuple[Message, ...]
    own_category: str
    own_brand: str
    category: Category | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.problems


def plan(known: Sequence[Known], asked: Asked) -> list[Planned]:
    """All of them, and what is only wrong between them: one barcode twice, two variants that nothing tells apart."""
    made = [build(one, asked) for one in known]
    found: list[Planned] = []
    barcodes: dict[str, str] = {}
    variants: dict[tuple[object, ...], str] = {}
    for one in made:
        draft, more = one.draft, []
        if draft.barcode and barcodes.setdefault(draft.barcode, draft.sku) != draft.sku:
            more.append(problem("same_barcode", "barcode", barcode=draft.barcode, sku=barcodes[draft.barcode]))
        varying = [answer for answer in one.answers if answer.attribute.varies]
        if draft.group and varying:
            key = (draft.group, draft.category_id, *((x.attribute.id, x.values) for x in varying))
            if variants.setdefault(key, draft.sku) != draft.sku:
                names = ", ".join(answer.attribute.name for answer in varying)
                more.append(problem("same_variant", "attributes", sku=variants[key], attribute=names))
        found.append(msgspec.structs.replace(one, problems=(*one.problems, *more)) if more else one)
    return found


def build(known: Known, asked: Asked) -> Planned:
    """One draft; its `key` is given when it is queued."""
    content, product = known.content or Content(known.sku), known.product
    listings = [one.listing for one in (known.target, known.source) if one is not None]
    priced, problems = _priced(known, asked)
    category, more = _category(content.category, asked)
    problems += more
    answers: tuple[Answer, ...] = ()
    if category is not None:
        answers, more = _answers(content.attributes, category.id, asked)
        problems += more
    brand = asked.memory.brands.get(own_key(content.brand)) if content.brand else None
    if content.brand and brand is None:
        problems.append(problem("brand_open", "brand", brand=content.brand))
    rate = product.vat_rate if product is not None else None
    draft = msgspec.structs.replace(
        priced,
        title=content.title or _first(one.title for one in listings),
        barcode=content.barcode or _first(one.barcode for one in listings),
        description=content.description,
        brand=brand,
        category_id=category.id if category is not None else "",
        attributes=tuple(value for answer in answers for value in answer.values),
        images=content.images,
        vat_rate=rate if rate is not None else _rate(known),
        desi=product.desi if product is not None else None,
        group=content.group or _first(one.parent_id for one in listings),
        remote_id=known.target.listing.remote_id if known.target is not None else "",
        extra=known.target.listing.extra if known.target is not None else {},
    )
    lacks = [one for one in check(draft, asked.rules) if not (one.field == "brand" and content.brand)]
    return Planned(draft, (*lacks, *problems), content.category, content.brand, category, answers)


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _rate(known: Known) -> Decimal | None:
    rates = [one.listing.vat_rate for one in (known.target, known.source) if one is not None]
    return next((rate for rate in rates if rate is not None), None)


# -- price and stock -----------------------------------------------------------------------------------------------------
def _priced(known: Known, asked: Asked) -> tuple[ProductDraft, list[Message]]:
    """The draft with nothing but prices and pieces: the channel's own, else the other channel's, else what is kept."""
    found: list[Message] = []
    content = known.content or Content(known.sku)
    price, crossed, vat = _price_of(known.target)
    if price is None:
        price, crossed, vat = _price_of(known.source)
    if price is None:
        price, crossed, vat = content.price, None, Vat.INCLUDED
    if price is None:
        found.append(problem("no_price", "price"))
    elif price.amount <= 0:
        found.append(problem("zero_price", "price"))
    elif asked.currency and price.currency != asked.currency:
        found.append(problem("other_currency", "price", currency=price.currency, wanted=asked.currency))
    elif vat is not asked.vat:
        rate = known.product.vat_rate if known.product is not None else None
        rate = rate if rate is not None else _rate(known)
        if rate is None:
            found.append(problem("no_vat", "vat_rate"))
        else:
            price, crossed = with_vat(price, vat, rate), None if crossed is None else with_vat(crossed, vat, rate)
    quantity = next(
        (x for x in (_stock_of(known.target), _stock_of(known.source), content.quantity) if x is not None), None
    )
    if quantity is None:
        found.append(problem("no_quantity", "quantity"))
    shown = price if price is not None else Money(Decimal(0), asked.currency or "TRY")
    keeps = crossed is not None and crossed.currency == shown.currency and crossed > shown
    return ProductDraft("", known.sku, "", shown, quantity or 0, list_price=crossed if keeps else None), found


def _price_of(stored: StoredListing | None) -> tuple[Money | None, Money | None, Vat]:
    if stored is None:
        return None, None, Vat.INCLUDED
    listing = stored.listing
    return stored.wanted_price or listing.price, stored.wanted_list_price or listing.list_price, listing.vat


def _stock_of(stored: StoredListing | None) -> int | None:
    if stored is None:
        return None
    pieces = stored.listing.stock if stored.wanted_stock is None else stored.wanted_stock
    return None if pieces is None else max(0, pieces)


def with_vat(price: Money, had: Vat, rate: Decimal) -> Money:
    """The price the other way round: without VAT from one with it, or with it. To the currency's minor unit."""
    factor = 1 + rate / 100
    amount = price.amount / factor if had is Vat.INCLUDED else price.amount * factor
    return Money(amount.quantize(Decimal(1).scaleb(-price.exponent), ROUND_HALF_UP), price.currency)


# -- category and attributes ---------------------------------------------------------------------------------------------
def _category(own: str, asked: Asked) -> tuple[Category | None, list[Message]]:
    answer = asked.memory.categories.get(own_key(own))
    if answer is None:
        if not asked.tree:
            return None, []
        open_ = problem("no_category", "category", category=own) if own else problem("category_open", "category")
        return None, [open_]
    found = asked.categories.get(answer.id)
    if found is None:
        return None, [problem("category_gone", "category", category=" › ".join(answer.path))]
    if not found.leaf:
        return None, [problem("no_leaf", "category", category=" › ".join(found.path))]
    return found, []


def _answers(own: Mapping[str, str], category_id: str, asked: Asked) -> tuple[tuple[Answer, ...], list[Message]]:
    memory, found, problems = asked.memory, [], []
    by_name = {memory.names.get((category_id, own_key(name)), ""): value for name, value in own.items()}
    by_key = {own_key(name): value for name, value in own.items()}
    for attribute in asked.attributes.get(category_id, ()):
        said = by_name.get(attribute.id) or by_key.get(own_key(attribute.name), "")
        values, open_ = _values(said, attribute, category_id, memory)
        if open_:
            problems.append(problem("value_open", "attributes", attribute=attribute.name, value=open_))
        elif not values and attribute.required:
            problems.append(problem("no_attribute", "attributes", attribute=attribute.name))
        found.append(Answer(attribute, values, said))
    return tuple(found), problems


def _values(
    said: str, attribute: Attribute, category_id: str, memory: Memory
) -> tuple[tuple[AttributeValue, ...], str]:
    """What the channel is told, and the product's own value that nobody has answered yet ('' without)."""
    if not said:
        return memory.values.get((category_id, attribute.id, ""), ()), ""
    kept = memory.values.get((category_id, attribute.id, own_key(said)))
    if kept is not None:
        return kept, ""
    values: list[AttributeValue] = []
    for text in [one.strip() for one in said.split(";")] if attribute.several else [said]:
        part = memory.values.get((category_id, attribute.id, own_key(text)), ())
        choice = next((one for one in attribute.choices if own_key(one.name) == own_key(text)), None)
        if part:
            values += part
        elif choice is not None:
            values.append(AttributeValue(attribute.id, choice.id))
        elif attribute.free:
            values.append(AttributeValue(attribute.id, text=text))
        elif text:
            return (), text
    return tuple(values), ""
