"""Publishing at N11: the category tree, what a category asks (its brand is one of the attributes), and products in tasks whose results
come later. Must never create a stock code that is there (N11 keys by it), nor send an update what only a creation takes.

Source of the facts: reference/marketplaces-tr.md, "## N11" (Update stock and price, Poll, Other tasks); the fields of product-create and
product-update from N11's pages CreateProduct and UpdateProduct (2025): title, category and pictures are a creation's only, `attributes`
of an update are nowhere documented.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from app.contracts import Account, Message, Outcome, OutcomeState, Page, ProviderError, Receipt, fail
from app.kit import Call, Reply, decode_json, json_call, read_records, segment
from app.model import Attribute, Category, Choice, ProductDraft, clean, fold
from providers.marketplaces.category_tree import parse_tree
from providers.marketplaces.drafts import (
    Part,
    answers,
    joined,
    lacking,
    missing,
    number,
    plain,
    refused_money,
    refused_texts,
    says_there,
    send_parts,
    whole_id,
)
from providers.marketplaces.n11_base import N11Account
from providers.marketplaces.n11_calls import CURRENCIES, INTEGRATOR, MOST_PIECES, PageWire
from providers.marketplaces.n11_goods import DetailsWire, TaskRowWire, TaskWire, refusal
from providers.marketplaces.n11_wire import plain as bare

MOST_IMAGES = 8
BRAND = "1"  # the attribute "Marka"
PREPARING_DAYS = 3
RESULT_SIZE = 1000


# -- the catalogue -------------------------------------------------------------------------------------------------------
def categories_request() -> Call:
    """The whole tree."""
    return Call("GET", "/cdn/categories", "categories", group="catalogue")


def attributes_request(category_id: str) -> Call:
    return Call("GET", f"/cdn/category/{segment(category_id)}/attribute", "attributes", group="catalogue")


class ValueWire(msgspec.Struct):
    id: int | str
    value: str


class AttributeWire(msgspec.Struct, rename="camel"):
    attribute_id: int | str
    attribute_name: str
    is_mandatory: bool | None = None
    is_variant: bool | None = None
    is_slicer: bool | None = None
    is_custom_value: bool | None = None
    attribute_values: list[ValueWire] | None = None


class AttributesWire(msgspec.Struct, rename="camel"):
    category_attributes: list[msgspec.Raw]


def to_attribute(wire: AttributeWire) -> Attribute:
    """Where words are taken, one of the values may be chosen, too."""
    return Attribute(
        id=str(wire.attribute_id),
        name=clean(wire.attribute_name, 200),
        required=bool(wire.is_mandatory),
        free=bool(wire.is_custom_value),
        varies=bool(wire.is_variant or wire.is_slicer),
        choices=tuple(Choice(str(one.id), clean(one.value, 200)) for one in wire.attribute_values or ()),
    )


def parse_attributes(reply: Reply) -> tuple[Attribute, ...]:
    """Required ones first. Raises for one that cannot be read: one left out would be asked for by nobody."""
    raws = decode_json(reply, AttributesWire).category_attributes
    found, rejects = read_records(raws, AttributeWire, to_attribute, lambda x: str(x["attributeId"]))
    if rejects:
        raise fail(rejects[0].message.about(operation=reply.operation))
    return tuple(sorted(found, key=lambda one: not one.required))


# -- drafts --------------------------------------------------------------------------------------------------------------
def code_of(draft: ProductDraft) -> str:
    """N11's key of a listing."""
    return draft.remote_id or draft.sku


def refused_draft(account: Account, draft: ProductDraft) -> Message | None:
    """What N11 would refuse the row for."""
    found = refused_money(draft, CURRENCIES, MOST_PIECES) or refused_texts(draft, 0, MOST_IMAGES)
    if found is not None:
        return found
    if not code_of(draft):
        return lacking("stockCode")
    if draft.remote_id:
        return None
    needed = {"categoryId": draft.category_id, "images": draft.images, "vatRate": draft.vat_rate}
    for field, value in needed.items():
        if value is None or value in ("", ()):
            return lacking(field)
    if "shipmentTemplate" not in delivery_of(account, draft):
        return lacking("shipment_template")
    try:
        whole_id(draft.category_id, "categoryId")
        attributes_of(draft)
    except ProviderError as error:  # an id that is none
        return error.message
    return None


def attributes_of(draft: ProductDraft) -> list[dict[str, Any]]:
    """Choices by their ids, words as they are. The draft's brand stands for attribute 1 where that has no answer of its own."""
    told = [(id_, one) for id_, given in answers(draft).items() for one in given]
    rows: list[dict[str, Any]] = []
    for id_, one in told:
        value = {"valueId": whole_id(one.choice_id, "valueId")} if one.choice_id else {"customValue": one.text}
        rows.append({"id": whole_id(id_, "attributes"), **value})
    if draft.brand is not None and BRAND not in dict(told):
        id_, name = draft.brand.id, draft.brand.name
        rows.append({"id": int(BRAND), **({"valueId": whole_id(id_, "valueId")} if id_ else {"customValue": name})})
    return rows


def _price(draft: ProductDraft) -> dict[str, Any]:
    """Both prices, always: N11 takes no single one."""
    return {
        "listPrice": number(draft.list_price or draft.price),
        "salePrice": number(draft.price),
        "quantity": draft.quantity,
        "currencyType": CURRENCIES[draft.price.currency],
    }


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and value != ""}


def delivery_of(account: Account, draft: ProductDraft) -> dict[str, Any]:
    """The name of the seller's own delivery template, and how many days goods take to be ready: the draft's, else the connection's."""
    template = draft.extra.get("shipmentTemplate", "") or account.setting("shipment_template")
    days = draft.extra.get("preparingDay", "") or account.setting("preparing_days")
    known = days.isascii() and days.isdigit() and 0 < int(days[:3]) < 100
    return _filled({"shipmentTemplate": template, "preparingDay": int(days) if known else PREPARING_DAYS})


def create_row(account: Account, draft: ProductDraft) -> dict[str, Any]:
    return _filled({
        "title": draft.title.strip(),
        "description": draft.description or draft.title.strip(),
        "categoryId": whole_id(draft.category_id, "categoryId"),
        "productMainId": draft.group or draft.sku,
        "stockCode": draft.sku,
        "barcode": draft.barcode,
        "images": [{"url": url, "order": place} for place, url in enumerate(draft.images, 1)],
        "attributes": attributes_of(draft),
        "vatRate": plain(draft.vat_rate) if draft.vat_rate is not None else None,
        **delivery_of(account, draft),
        **_price(draft),
    })  # fmt: skip


def update_row(draft: ProductDraft) -> dict[str, Any]:
    """What N11 lets be changed beside price and stock. `deleteProductMainId` means that the group may be changed; without it N11 says
    yes and changes nothing."""
    row = {
        "stockCode": code_of(draft),
        "description": draft.description,
        "vatRate": plain(draft.vat_rate) if draft.vat_rate is not None else None,
        "productMainId": draft.group,
    }
    return _filled(row) | ({"deleteProductMainId": True} if draft.group else {})


def tells_more(draft: ProductDraft) -> bool:
    """Whether an update would say anything but the stock code."""
    return len(update_row(draft)) > 1


def _task(name: str, rows: Sequence[Mapping[str, Any]], *, repeatable: bool) -> Call:
    body = {"payload": {"integrator": INTEGRATOR, "skus": rows}}
    path = f"/ms/product/tasks/{name}"
    return json_call("POST", path, "publish_products", body, group="tasks", repeatable=repeatable)


def lookup_request(code: str) -> Call:
    """Whether a stock code is there."""
    params = (("stockCode", code), ("page", "0"), ("size", "20"))
    return Call("GET", "/ms/product-query", "publish_products", params, group="lookups")


def create_request(account: Account, drafts: Sequence[ProductDraft]) -> Call:
    """Not repeatable: what became of it is asked for."""
    return _task("product-create", [create_row(account, one) for one in drafts], repeatable=False)


def update_request(drafts: Sequence[ProductDraft]) -> Call:
    return _task("product-update", [update_row(one) for one in drafts], repeatable=True)


def price_request(drafts: Sequence[ProductDraft]) -> Call:
    return _task("price-stock-update", [{"stockCode": code_of(one), **_price(one)} for one in drafts], repeatable=True)


def result_request(task: str) -> Call:
    """A question, though it is a POST."""
    body = {"taskId": int(task), "pageable": {"page": 0, "size": RESULT_SIZE}}
    path = "/ms/product/task-details/page-query"
    return json_call("POST", path, "publish_result", body, group="tasks", repeatable=True)


# -- answers -------------------------------------------------------------------------------------------------------------
def parse_task(reply: Reply) -> str:
    """The task's number. Raises for a task that N11 rejects as a whole, and for one without a number."""
    task = decode_json(reply, TaskWire)
    if bare(task.status) == "reject":
        raise fail(msgspec.structs.replace(refusal(task.reasons, task.status), code="request.refused"))
    if task.id is None:
        raise fail(Message("answer.field_missing", {"field": "id", "operation": reply.operation}, field="id"))
    return str(task.id)


class LookupWire(msgspec.Struct, rename="camel"):
    stock_code: str


def parse_lookup(reply: Reply, code: str) -> bool:
    rows = decode_json(reply, PageWire).content
    found, rejects = read_records(rows, LookupWire, lambda wire: wire.stock_code, lambda x: str(x["stockCode"]))
    if rejects and not found:
        raise fail(rejects[0].message.about(operation=reply.operation))
    return code in found


class Ticket(msgspec.Struct, omit_defaults=True):
    """The tasks of one publishing."""

    create: str = ""
    update: str = ""
    price: str = ""


def read_ticket(text: str) -> Ticket:
    try:
        found = msgspec.json.decode(text, type=Ticket)
        for one in (found.create, found.update, found.price):
            int(one or "0")
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise fail(Message("answer.unexpected", {"operation": "publish_result", "reason": "no such ticket"})) from error
    return found


class Task(msgspec.Struct, frozen=True):
    """What one task says, by stock code. `over`: processed, rejected as a whole (`why`), or forgotten by N11 (`why` too)."""

    rows: dict[str, TaskRowWire]
    over: bool
    why: Outcome | None = None

    def end(self, key: str, code: str, *, new: bool) -> Outcome:
        row = self.rows.get(code)
        state = bare(row.status or "") if row is not None else ""
        if row is not None and state == "success":
            return Outcome(key, OutcomeState.DONE)
        if row is not None and state == "fail":
            return Outcome(key, OutcomeState.REFUSED, _told(row, new=new))
        if self.why is not None:
            return msgspec.structs.replace(self.why, key=key)
        return missing(key) if self.over else Outcome(key, OutcomeState.PENDING)


def _told(row: TaskRowWire, *, new: bool) -> Message:
    """Of a creation: what is not found is a category or a value, and what is there is somebody's who was quicker."""
    found = refusal(row.reasons, "FAIL")
    if not new:
        return found
    there = says_there(fold(found.vendor_text))
    return msgspec.structs.replace(found, code="item.duplicate" if there else "item.refused")


def parse_result(reply: Reply) -> Task:
    found = decode_json(reply, DetailsWire)
    rows = {row.item_code: row for row in (found.skus.content if found.skus is not None else []) if row.item_code}
    state = bare(found.status)
    if state == "reject":
        return Task(rows, over=True, why=Outcome("", OutcomeState.REFUSED, refusal(found.reasons, found.status)))
    return Task(rows, over=state == "processed")


def judged_drafts(drafts: Sequence[ProductDraft], tasks: Mapping[str, Task]) -> list[Outcome]:
    """A draft that the creation names is judged by it, any other by both tasks of an update. One that none names is pending until
    all are over; then a rejected task was the one that it was in, or N11 has dropped it."""
    told: list[Outcome] = []
    for draft in drafts:
        code, create = code_of(draft), tasks.get("create")
        names = ("price", "update") if tells_more(draft) else ("price",)
        changes = [tasks[name] for name in names if name in tasks]
        if create is not None and (code in create.rows or not changes):
            told.append(joined(draft.key, [create.end(draft.key, code, new=True)], code))
        elif create is None or any(code in one.rows for one in changes):
            told.append(joined(draft.key, [one.end(draft.key, code, new=False) for one in changes], code))
        elif not all(one.over for one in tasks.values()):
            told.append(Outcome(draft.key, OutcomeState.PENDING))
        else:
            why = next((one.why for one in (create, *changes) if one.why is not None), None)
            told.append(missing(draft.key) if why is None else msgspec.structs.replace(why, key=draft.key))
    return told


class N11Publishing(N11Account):
    """The capability `product_publishing`."""

    async def categories(self) -> AsyncIterator[Page[Category]]:
        """The whole tree in one page."""
        yield parse_tree(await self._send(categories_request()))

    async def attributes(self, category_id: str) -> tuple[Attribute, ...]:
        """With their choices, in one call."""
        return parse_attributes(await self._send(attributes_request(category_id)))

    async def brands(self, name: str) -> tuple[Choice, ...]:
        """N11 has no list of brands: they are the choices of a category's attribute 1, and a name is taken where that takes words."""
        return (Choice("", name.strip()),) if name.strip() else ()

    async def publish_products(self, drafts: Sequence[ProductDraft]) -> Receipt:
        """Accepted for later: ask with the ticket. Stock codes that are there are updated: description, VAT, group, price and stock;
        N11 takes no other name, pictures or attributes for them."""
        ends, good = self._sorted(drafts)
        there = {one.key for one in good if one.remote_id or await self._is_there(one)}
        new, old = [x for x in good if x.key not in there], [x for x in good if x.key in there]
        parts = []
        if old:
            keys = tuple(one.key for one in old)
            parts += [Part("price", keys, price_request(old), parse_task)]
            telling = [one for one in old if tells_more(one)]
            if telling:
                keys = tuple(one.key for one in telling)
                parts += [Part("update", keys, update_request(telling), parse_task)]
        if new:
            parts.append(Part("create", tuple(one.key for one in new), create_request(self.account, new), parse_task))
        ids, failed = await send_parts(parts, self._send) if parts else ({}, {})
        ends |= failed
        outcomes = tuple(ends.get(one.key) or Outcome(one.key, OutcomeState.PENDING) for one in drafts)
        return Receipt(outcomes, msgspec.json.encode(Ticket(**ids)).decode() if ids else "")

    def _sorted(self, drafts: Sequence[ProductDraft]) -> tuple[dict[str, Outcome], list[ProductDraft]]:
        """What cannot go, by key, and the rest. A stock code that comes twice goes once: results name no more than the code."""
        ends: dict[str, Outcome] = {}
        good: dict[str, ProductDraft] = {}
        for one in drafts:
            message = refused_draft(self.account, one)
            if message is None and code_of(one) in good:
                message = Message("item.duplicate", {"sku": code_of(one)}, field="stockCode")
            if message is None:
                good[code_of(one)] = one
            else:
                ends[one.key] = Outcome(one.key, OutcomeState.REFUSED, message)
        return ends, list(good.values())

    async def _is_there(self, draft: ProductDraft) -> bool:
        code = code_of(draft)
        return parse_lookup(await self._send(lookup_request(code)), code)

    async def publish_result(self, ticket: str, drafts: Sequence[ProductDraft]) -> Receipt:
        """A task that N11 has forgotten leaves its drafts unknown. So does a stock code that somebody was quicker with: sent again it
        is an update."""
        told = read_ticket(ticket)
        asked = {name: id_ for name in ("create", "update", "price") if (id_ := str(getattr(told, name)))}
        ends = judged_drafts(drafts, {name: await self._task_result(id_) for name, id_ in asked.items()})
        for place, (draft, end) in enumerate(zip(drafts, ends, strict=True)):
            if end.message is not None and end.message.code == "item.duplicate" and await self._is_there(draft):
                ends[place] = Outcome(draft.key, OutcomeState.UNKNOWN, end.message)
        return Receipt(tuple(ends), ticket)

    async def _task_result(self, task: str) -> Task:
        try:
            return parse_result(await self._send(result_request(task)))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return Task({}, over=True, why=Outcome("", OutcomeState.UNKNOWN, error.message))
