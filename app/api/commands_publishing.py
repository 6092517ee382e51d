"""The commands of publishing: what a channel asks, what is remembered and kept, drafts with what they lack, and sending. Importing this
adds them to `COMMANDS`. A draft that lacks anything is told and never queued."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from app.api.answers import Answer, sentence
from app.api.asking import Usage, chosen, iso, typed_value, words_of
from app.api.commands import COMMANDS
from app.api.publishing_desk import PublishingDesk, path_of, value_text
from app.console import Console, utc_now
from app.contracts import Message
from app.formats.numbers import read_number
from app.formats.words import Words
from app.model import Attribute, AttributeValue, Category, Choice, Money
from app.publishing import Planned
from app.store import ConnectionRow, Content, Product, ProductChange
from app.store.publishing import own_key

SHOWN = 8  # of many, in a sentence
TEXTS = ("title", "description", "brand", "category", "group", "barcode")
FIELDS = (*TEXTS, "price", "quantity", "vat", "desi")


def desk_of(console: Console) -> PublishingDesk:
    return PublishingDesk(console.store, console.engine, console.catalogue, console.changes, utc_now)


async def _meant(console: Console, args: dict[str, Any]) -> tuple[Words, PublishingDesk, ConnectionRow]:
    """Raises Usage for an unknown connection and for one that takes no products."""
    words, desk = words_of(args), desk_of(console)
    (row,) = await chosen(console, args)
    if not desk.can(row):
        raise Usage(words("publishing.cannot", name=row.name))
    return words, desk, row


# -- what a channel asks -------------------------------------------------------------------------------------------------
async def categories(console: Console, args: dict[str, Any]) -> Answer:
    words, desk, row = await _meant(console, args)
    await desk.tree(row, refresh=bool(args.get("refresh")))
    found = await console.store.publishing.find_categories(
        row.id, args.get("search") or "", limit=args.get("limit") or 50
    )
    at = await console.store.publishing.categories_at(row.id)
    answer = Answer(data={"read_at": iso(at), "categories": [{"id": one.id, "path": list(one.path)} for one in found]})
    for one in found:
        answer.say(f"{one.id:>12}  {path_of(one)}")
    answer.say(words("publishing.count_categories", count=len(found)))
    return answer


async def _category(console: Console, desk: PublishingDesk, row: ConnectionRow, text: str, words: Words) -> Category:
    """The leaf with this id or this path, or the only one with these words. Raises Usage."""
    await desk.tree(row)
    kept = console.store.publishing
    exact = await kept.category(row.id, text)
    if exact is not None and exact.leaf:
        return exact
    found = await kept.find_categories(row.id, text.replace("›", " ").replace(">", " "), limit=SHOWN + 1)
    same = [one for one in found if own_key(text) in (own_key(one.path[-1] if one.path else ""), own_key(path_of(one)))]
    if len(found) == 1 or len(same) == 1:
        return (same or found)[0]
    if not found:
        raise Usage(words("publishing.no_such_category", text=text, name=row.name))
    shown = "; ".join(f"{one.id} {path_of(one)}" for one in found[:SHOWN])
    raise Usage(words("publishing.which_category", text=text, found=shown))


async def attributes(console: Console, args: dict[str, Any]) -> Answer:
    words, desk, row = await _meant(console, args)
    category = await _category(console, desk, row, str(args["category"]), words)
    found = (await desk.attributes(row, [category.id], refresh=bool(args.get("refresh"))))[category.id]
    memory = await console.store.publishing.memory(row.id)
    answer = Answer(data={"category": {"id": category.id, "path": list(category.path)}, "attributes": []})
    answer.say(path_of(category))
    for one in found:
        kept = memory.values.get((category.id, one.id, ""), ())
        answer.data["attributes"].append({**msgspec.to_builtins(one), "answer": msgspec.to_builtins(kept)})
        marks = [
            words(f"publishing.mark.{name}") for name in ("required", "free", "several", "varies") if getattr(one, name)
        ]
        told = f"{one.id:>10}  {one.name} ({', '.join(marks)})" if marks else f"{one.id:>10}  {one.name}"
        answer.say(f"{told}: {', '.join(value_text(one, x) for x in kept)}" if kept else told)
        if one.choices:
            names = ", ".join(x.name for x in one.choices[:SHOWN])
            answer.say(f"            {names}{' …' if len(one.choices) > SHOWN else ''}")
    return answer


async def brands(console: Console, args: dict[str, Any]) -> Answer:
    words, desk, row = await _meant(console, args)
    found = await desk.brands(row, str(args["brand"]))
    answer = Answer(data=[{"id": one.id, "name": one.name} for one in found])
    for one in found:
        answer.say(f"{one.id:>12}  {one.name}")
    answer.say(words("publishing.count_brands", count=len(found)))
    return answer


# -- memory --------------------------------------------------------------------------------------------------------------
async def map_list(console: Console, args: dict[str, Any]) -> Answer:
    words, _, row = await _meant(console, args)
    memory = await console.store.publishing.memory(row.id)
    answer = Answer(data={"categories": [], "brands": [], "attributes": [], "values": []})
    shown = memory.shown
    for key, category in sorted(memory.categories.items()):
        own = shown["category", "", "", key]
        answer.data["categories"].append({"own": own, "id": category.id, "path": list(category.path)})
        answer.say(f"{own or words('publishing.no_own_category')} → {path_of(category)}")
    for key, brand in sorted(memory.brands.items()):
        own = shown["brand", "", "", key]
        answer.data["brands"].append({"own": own, "id": brand.id, "name": brand.name})
        answer.say(f"{own} → {brand.name}")
    for (category_id, key), attribute_id in sorted(memory.names.items()):
        own = shown["attribute", category_id, "", key]
        answer.data["attributes"].append({"category": category_id, "own": own, "attribute": attribute_id})
        answer.say(f"{category_id} · {own} → {attribute_id}")
    for (category_id, attribute_id, key), values in sorted(memory.values.items()):
        own = shown["value", category_id, attribute_id, key]
        told = msgspec.to_builtins(values)
        answer.data["values"].append({"category": category_id, "attribute": attribute_id, "own": own, "values": told})
        answer.say(
            f"{category_id} · {attribute_id} · {own or '*'} → {', '.join(x.text or x.choice_id for x in values)}"
        )
    return answer


async def map_category(console: Console, args: dict[str, Any]) -> Answer:
    words, desk, row = await _meant(console, args)
    found = await _category(console, desk, row, args["category"], words) if args.get("category") else None
    await console.store.publishing.map_category(row.id, args["own"], found)
    return _remembered(words, args["own"] or words("publishing.no_own_category"), path_of(found) if found else "")


async def map_brand(console: Console, args: dict[str, Any]) -> Answer:
    words, desk, row = await _meant(console, args)
    found: Choice | None = None
    if text := args.get("brand"):
        named = await desk.brands(row, text)
        matching = [one for one in named if text == one.id or own_key(text) == own_key(one.name)]
        if len(matching) != 1:
            told = "; ".join(f"{one.id} {one.name}" for one in named[:SHOWN])
            raise Usage(words("publishing.which_brand", text=text, found=told or "–"))
        found = matching[0]
    await console.store.publishing.map_brand(row.id, args["own"], found)
    return _remembered(words, args["own"], found.name if found else "")


async def _attribute(
    console: Console, desk: PublishingDesk, row: ConnectionRow, args: dict[str, Any], words: Words
) -> tuple[Category, Attribute | None]:
    """The category meant and its attribute by id or name, None where none is named. Raises Usage."""
    category = await _category(console, desk, row, str(args["category"]), words)
    if not args.get("attribute"):
        return category, None
    text, found = str(args["attribute"]), (await desk.attributes(row, [category.id]))[category.id]
    matching = [one for one in found if text == one.id] or [one for one in found if own_key(text) == own_key(one.name)]
    if len(matching) != 1:
        told = ", ".join(one.name for one in found)
        raise Usage(words("publishing.no_such_attribute", text=text, found=told or "–"))
    return category, matching[0]


async def map_attribute(console: Console, args: dict[str, Any]) -> Answer:
    words, desk, row = await _meant(console, args)
    category, found = await _attribute(console, desk, row, args, words)
    await console.store.publishing.map_attribute(row.id, category.id, args["own"], found.id if found else "")
    return _remembered(words, args["own"], found.name if found else "")


async def map_value(console: Console, args: dict[str, Any]) -> Answer:
    words, desk, row = await _meant(console, args)
    category, attribute = await _attribute(console, desk, row, args, words)
    if attribute is None:
        raise Usage(words("publishing.no_such_attribute", text="", found="–"))
    values = [_value(attribute, text, words) for text in args.get("values") or ()]
    if len(values) > 1 and not attribute.several:
        raise Usage(words("publishing.one_value", name=attribute.name))
    own = str(args.get("own") or "")
    await console.store.publishing.map_value(row.id, category.id, attribute.id, own, values)
    told = ", ".join(value_text(attribute, one) for one in values)
    return _remembered(words, f"{attribute.name} · {own}" if own else attribute.name, told)


def _value(attribute: Attribute, text: str, words: Words) -> AttributeValue:
    """One of its choices by id or name, else free text where it takes that. Raises Usage."""
    for one in attribute.choices:
        if text == one.id or own_key(text) == own_key(one.name):
            return AttributeValue(attribute.id, one.id)
    if attribute.free:
        return AttributeValue(attribute.id, text=text)
    told = ", ".join(one.name for one in attribute.choices[: 3 * SHOWN])
    raise Usage(words("publishing.no_such_value", text=text, name=attribute.name, found=told or "–"))


def _remembered(words: Words, own: str, answer: str) -> Answer:
    told = words("publishing.remembered", own=own, answer=answer) if answer else words("publishing.forgotten", own=own)
    return Answer(0, {"own": own, "answer": answer or None}, [told])


# -- content -------------------------------------------------------------------------------------------------------------
async def content(console: Console, args: dict[str, Any]) -> Answer:
    """Show what is kept of an SKU, after the changes that are asked for."""
    words, sku = words_of(args), str(args["sku"])
    fields, product = _typed(args, sku, words)
    if fields:
        await console.store.publishing.put_content([(sku, fields)])
    if product is not None:
        await console.store.products.put([product])
    kept = (await console.store.publishing.content([sku])).get(sku, Content(sku))
    data = content_data(kept, await console.store.products.get(sku))
    answer = Answer(data=data)
    for name in (*FIELDS, "images", "attributes"):
        value = data[name]
        if value not in (None, "", [], {}):
            shown = "; ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value
            shown = ", ".join(shown) if isinstance(shown, list) else str(shown)
            answer.say(f"{words(f'publishing.field.{name}')}: {shown}")
    return answer


def content_data(one: Content, product: Product | None) -> dict[str, Any]:
    return {
        "sku": one.sku, **{name: getattr(one, name) for name in TEXTS}, "images": list(one.images),
        "attributes": one.attributes, "price": one.price.text() if one.price is not None else None,
        "currency": one.price.currency if one.price is not None else None, "quantity": one.quantity,
        "vat": _bare(product.vat_rate if product is not None else None),
        "desi": _bare(product.desi if product is not None else None),
    }  # fmt: skip


def _bare(value: Decimal | None) -> str | None:
    """20 for 20.00."""
    return None if value is None else f"{value.normalize():f}"


def _typed(args: dict[str, Any], sku: str, words: Words) -> tuple[dict[str, Any], ProductChange | None]:
    """What is asked to be kept: fields of `put_content`, and VAT and desi, which are the product's. Raises Usage."""
    given = [_pair(text, words) for text in args.get("set") or ()]
    fields: dict[str, Any] = {}
    rate = desi = None
    for name, value in given:
        if name not in FIELDS:
            raise Usage(words("publishing.no_field", field=name, fields=", ".join(FIELDS)))
        if name in TEXTS:
            fields[name] = value
        elif name == "price":
            fields[name] = Money(typed_value("price", value, words), "TRY") if value else None
        elif name == "quantity":
            fields[name] = int(typed_value("stock", value, words)) if value else None
        elif name == "vat":
            rate = _figure(name, value, words)
        else:
            desi = _figure(name, value, words)
    if args.get("description") is not None:
        fields["description"] = args["description"]
    if args.get("images") is not None:
        fields["images"] = tuple(args["images"])
    if args.get("attributes"):
        fields["attributes"] = dict(_pair(text, words) for text in args["attributes"])
    product = ProductChange(sku, vat_rate=rate, desi=desi) if rate is not None or desi is not None else None
    return fields, product


def _pair(text: str, words: Words) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise Usage(words("publishing.bad_pair", text=text))
    return name.strip(), value.strip()


def _figure(name: str, text: str, words: Words) -> Decimal:
    value = read_number(text).value
    if value is None or value < 0:
        raise Usage(words("publishing.bad_figure", field=name, text=text))
    return value


# -- drafts --------------------------------------------------------------------------------------------------------------
async def _planned(
    console: Console, args: dict[str, Any]
) -> tuple[Words, PublishingDesk, ConnectionRow, list[Planned]]:
    words, desk, row = await _meant(console, args)
    source = None
    if args.get("source"):
        (other,) = await chosen(console, {**args, "name": args["source"]})
        source = other.id
    return words, desk, row, await desk.plan(row, args["skus"], source)


async def plan(console: Console, args: dict[str, Any]) -> Answer:
    words, _, row, planned = await _planned(console, args)
    answer = Answer(data=[planned_data(words, one) for one in planned])
    for one in planned:
        _tell(answer, words, one)
    ready = sum(one.ready for one in planned)
    answer.say(words("publishing.planned", name=row.name, ready=ready, open=len(planned) - ready))
    answer.exit = 0 if ready == len(planned) else 1
    return answer


async def send(console: Console, args: dict[str, Any]) -> Answer:
    words, desk, row, planned = await _planned(console, args)
    name, ready = await desk.send(row, planned), [one for one in planned if one.ready]
    answer = Answer(data={"plan": name, "queued": [one.draft.sku for one in ready], "left": []})
    for one in planned:
        if not one.ready:
            answer.exit = 1
            answer.data["left"].append(planned_data(words, one))
            _tell(answer, words, one)
    answer.say(words("publishing.queued", name=row.name, count=len(ready)))
    return answer


def _tell(answer: Answer, words: Words, one: Planned) -> None:
    key = "missing" if one.problems else "update" if one.draft.remote_id else "create"
    answer.say(f"{one.draft.sku}: {one.draft.title or '–'} · {words(f'publishing.state.{key}')}")
    for message in one.problems:
        answer.say(f"  {sentence(words, message)}")


def planned_data(words: Words, one: Planned) -> dict[str, Any]:
    return {
        "sku": one.draft.sku, "ready": one.ready, "update": bool(one.draft.remote_id),
        "category": list(one.category.path) if one.category is not None else None,
        "draft": msgspec.to_builtins(one.draft), "problems": [problem_data(words, x) for x in one.problems],
    }  # fmt: skip


def problem_data(words: Words, message: Message) -> dict[str, Any]:
    return {"code": message.code, "field": message.field, "params": message.params, "text": sentence(words, message)}


COMMANDS.update({
    "publish_categories": categories, "publish_attributes": attributes, "publish_brands": brands,
    "publish_map_list": map_list, "publish_map_category": map_category, "publish_map_brand": map_brand,
    "publish_map_attribute": map_attribute, "publish_map_value": map_value, "publish_content": content,
    "publish_plan": plan, "publish_send": send,
})  # fmt: skip
