"""Publishing in a WooCommerce shop: products in batches, variants as variations of one product. The result is told at once.
Must never make a product whose SKU is there: it is looked for first, and a shop that refuses the SKU says who has it.

Source of the facts: see woocommerce_products.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page, ProviderError, Receipt
from app.kit import decode_json
from app.model import Attribute, Category, Choice, ProductDraft, fold
from providers.marketplaces.drafts import missing
from providers.shops import woocommerce_products as products
from providers.shops.woocommerce_base import Batch, WooCommerceShop
from providers.shops.woocommerce_goods import Item
from providers.shops.woocommerce_products import FoundWire, TermWire

NO_ROUTE = "rest_no_route"  # a shop from before WooCommerce had brands


class _Family:
    """The drafts of one group that are, or become, variations of one product."""

    def __init__(self, group: str, members: Sequence[ProductDraft]) -> None:
        self.group, self.members = group, list(members)
        self.parent: FoundWire | None = None
        self.siblings: dict[str, FoundWire] = {}
        self.varied: list[int] = []


class _Sight(msgspec.Struct):
    """What the shop has of the drafts: by SKU, and by id."""

    by_sku: dict[str, FoundWire]
    by_id: dict[int, FoundWire]


class WooCommercePublishing(WooCommerceShop):
    """The capability `product_publishing`."""

    # -- what the shop asks ------------------------------------------------------------------------------------------
    async def categories(self) -> AsyncIterator[Page[Category]]:
        """All in one page: a category may stand behind those below it."""
        yield products.parse_categories([reply async for reply in self._every(products.categories_request)])

    async def attributes(self, category_id: str) -> tuple[Attribute, ...]:
        """The shop's global attributes, none of them required; they do not hang on the category."""
        del category_id
        found: list[Attribute] = []
        for one in products.parse_terms([await self._send(products.attributes_request())]):
            request = partial(products.terms_request, str(one.id))
            replies = [reply async for reply in self._every(request)]
            found.append(products.to_attribute(one, products.parse_terms(replies)))
        return tuple(found)

    async def brands(self, name: str) -> tuple[Choice, ...]:
        """The shop's brands; a name that none of them has is offered too, and becomes a brand when it is used."""
        wanted = name.strip()
        named = await self._brands(wanted, "brands")
        found = [Choice(str(one.id), one.name) for one in named or ()]
        known = any(fold(one.name) == fold(wanted) for one in found)
        return tuple(found if known or not wanted else [*found, Choice("", wanted)])

    async def _brands(self, name: str, operation: str) -> list[TermWire] | None:
        """None in a shop that has no brands."""
        try:
            return products.parse_terms([await self._send(products.brands_request(name, operation))])
        except ProviderError as error:
            if error.message.vendor_code != NO_ROUTE:
                raise
            return None

    async def _brand(self, brand: Choice | None) -> Item:
        """How the product tells its brand: `brands`, or in a shop without brands `text` for an attribute; empty without one."""
        if brand is None or not (brand.id or brand.name.strip()):
            return {}
        if brand.id.isascii() and brand.id.isdigit():
            return {"brands": [{"id": int(brand.id)}]}
        name = brand.name.strip()
        found = await self._brands(name, "publish_products")
        if found is None:
            return {"text": name}
        return {"brands": [{"id": _same(found, name) or await self._new_brand(name)}]}

    async def _new_brand(self, name: str) -> int:
        try:
            return decode_json(await self._send(products.brand_request(name)), TermWire).id
        except ProviderError as error:
            if error.message.vendor_code != "term_exists":
                raise
            made_meanwhile = _same(await self._brands(name, "publish_products") or (), name)
            if not made_meanwhile:
                raise
            return made_meanwhile

    # -- publishing --------------------------------------------------------------------------------------------------
    async def publish_products(self, drafts: Sequence[ProductDraft]) -> Receipt:
        """Finished when it returns. Nothing of what the draft does not tell is changed; the tax class is the shop's affair."""
        currency = (await self._shop()).currency
        ends: dict[str, Outcome] = {}
        good: dict[str, ProductDraft] = {}
        for one in drafts:
            message = products.refused_draft(one, currency)
            if message is None and one.sku in good:
                message = Message("item.duplicate", {"sku": one.sku}, field="sku")
            if message is None:
                good[one.sku] = one
            else:
                ends[one.key] = _refused(one, message)
        if good:
            ends |= await self._publish(list(good.values()))
        return Receipt(tuple(ends.get(one.key) or missing(one.key) for one in drafts))

    async def publish_result(self, ticket: str, drafts: Sequence[ProductDraft]) -> Receipt:
        """There is nothing to wait for: what was not told at once is not known, and goes again as a look and an update."""
        del ticket
        return Receipt(tuple(missing(one.key) for one in drafts))

    async def _publish(self, drafts: Sequence[ProductDraft]) -> dict[str, Outcome]:
        sight = await self._look(drafts)
        brands: dict[tuple[str, str], Item] = {("", ""): {}}
        for one in drafts:
            if one.brand is not None and _brand_key(one) not in brands:
                brands[_brand_key(one)] = await self._brand(one.brand)
        families, alone = self._families(drafts, sight)
        ends: dict[str, Outcome] = {}
        for family in families:
            if family.parent is not None:
                async for reply in self._every(partial(products.siblings_request, str(family.parent.id))):
                    family.siblings |= {row.sku: row for row in products.parse_found(reply) if row.sku}
            family.varied, message = products.varying(family.members, family.parent)
            if message is not None:
                ends |= {one.key: _refused(one, message) for one in family.members}
        families = [one for one in families if one.varied]
        parents = await self._in_batches("publish_products", _parent_batches(families, sight, brands))
        batches = _simple_batches(alone, sight, brands)
        for family in families:
            end = parents[family.group]
            if end.state is OutcomeState.DONE:
                batches += _variation_batches(family, end.remote_ref)
            else:
                ends |= {one.key: msgspec.structs.replace(end, key=one.key, remote_ref="") for one in family.members}
        told = await self._in_batches("publish_products", batches, sent=bool(parents))
        return ends | told | await self._instead(batches, told)

    async def _instead(self, batches: Sequence[Batch], told: Mapping[str, Outcome]) -> dict[str, Outcome]:
        """What was to be made and is there already, as the shop says by its id: it is updated."""
        again: list[Batch] = []
        ends: dict[str, Outcome] = {}
        for batch in batches:
            taken = [
                (key, item)
                for key, item in batch.rows
                if told[key].state is OutcomeState.REFUSED and told[key].remote_ref
            ]
            rows = [(key, {**_less(item), "id": int(told[key].remote_ref)}) for key, item in taken]
            if rows and batch.verb == "create":
                again.append(Batch(batch.product, rows))
                ends |= {key: msgspec.structs.replace(told[key], remote_ref="") for key, _ in rows}
        return ends | await self._in_batches("publish_products", again, sent=True)

    async def _look(self, drafts: Sequence[ProductDraft]) -> _Sight:
        wanted = [one.sku for one in drafts]
        wanted += [sku for one in drafts if one.group for sku in _parent_skus(one.group) if "," not in sku]
        rows = await self._found("sku", list(dict.fromkeys(wanted)))
        known = {row.id for row in rows}
        ids = {row.parent_id for row in rows if row.parent_id}
        ids |= {int(x) for one in drafts if (x := one.extra.get("product", "")).isascii() and x.isdigit()}
        ids |= {int(one.remote_id) for one in drafts if one.remote_id and not one.extra.get("product")}
        rows += await self._found("include", [str(one) for one in sorted(ids - known)])
        return _Sight({row.sku: row for row in rows if row.sku}, {row.id: row for row in rows})

    async def _found(self, by: str, values: Sequence[str]) -> list[FoundWire]:
        rows: list[FoundWire] = []
        for first in range(0, len(values), products.LOOKED_UP):
            call = products.lookup_request(by, values[first : first + products.LOOKED_UP])
            rows += products.parse_found(await self._send(call))
        return rows

    @staticmethod
    def _families(drafts: Sequence[ProductDraft], sight: _Sight) -> tuple[list[_Family], list[ProductDraft]]:
        """The groups, and what stands alone: without a group, there already as a product, or the only one with nothing that varies."""
        groups: dict[str, list[ProductDraft]] = {}
        alone: list[ProductDraft] = []
        for one in drafts:
            there = _place(one, sight)
            if one.group and (there is None or there[0]):
                groups.setdefault(one.group, []).append(one)
            else:
                alone.append(one)
        families: list[_Family] = []
        for group, members in groups.items():
            family = _Family(group, members)
            family.parent = _parent(group, members, sight)
            if family.parent is None and len(members) == 1 and not products.values_of(members[0]):
                alone += members
            else:
                families.append(family)
        return families, alone


def _same(terms: Sequence[TermWire], name: str) -> int:
    """The id of the one that is called so; 0 when none is."""
    return next((one.id for one in terms if fold(one.name) == fold(name)), 0)


def _refused(draft: ProductDraft, message: Message) -> Outcome:
    return Outcome(draft.key, OutcomeState.REFUSED, message)


def _less(item: Item) -> Item:
    """Of a creation what an update tells: the kind stays, and whether it is on show is the merchant's affair."""
    return {name: value for name, value in item.items() if name not in ("type", "status")}


def _brand_key(draft: ProductDraft) -> tuple[str, str]:
    return (draft.brand.id, draft.brand.name) if draft.brand is not None else ("", "")


def _parent_skus(group: str) -> tuple[str, str]:
    """The group's product is called by the group; by the second where a product of its own has that SKU."""
    return group, f"{group}-grup"


def _place(draft: ProductDraft, sight: _Sight) -> tuple[str, int] | None:
    """(product, id): where the draft's listing is; product '' for one that is a product itself. None when there is none."""
    found = sight.by_sku.get(draft.sku)
    if draft.remote_id:
        parent = draft.extra.get("product", "")
        row = sight.by_id.get(int(draft.remote_id))
        return (parent or (str(row.parent_id) if row is not None and row.parent_id else "")), int(draft.remote_id)
    if found is None:
        return None
    return (str(found.parent_id) if found.parent_id else ""), found.id


def _parent(group: str, members: Sequence[ProductDraft], sight: _Sight) -> FoundWire | None:
    for one in members:
        there = _place(one, sight)
        if there is not None and there[0] and int(there[0]) in sight.by_id:
            return sight.by_id[int(there[0])]
    for sku in _parent_skus(group):
        row = sight.by_sku.get(sku)
        if row is not None and row.parent_id in sight.by_id:
            return sight.by_id[row.parent_id]
        if row is not None and row.type == "variable":
            return row
    return None


def _parent_batches(families: Sequence[_Family], sight: _Sight, brands: Mapping[tuple[str, str], Item]) -> list[Batch]:
    new: list[tuple[str, Item]] = []
    old: list[tuple[str, Item]] = []
    for family in families:
        first, parent = family.members[0], family.parent
        values: dict[int, list[str]] = dict(products.values_of(first))
        for one in family.members:
            told = products.values_of(one)
            for number in family.varied:
                values[number] = list(dict.fromkeys([*values.get(number, []), *told.get(number, [])]))
        brand = brands[_brand_key(first)]
        slots = products.slots_of(values, family.varied, parent, brand)
        item = products.content_of(first, brand, parent, slots)
        if parent is not None:
            old.append((family.group, {"id": parent.id, **item}))
            continue
        called, other = _parent_skus(family.group)
        taken = called in sight.by_sku or any(one.sku == called for one in family.members)
        new.append((family.group, {"type": "variable", "status": "publish", "sku": other if taken else called, **item}))
    made = [Batch("", new, "create")] if new else []
    return made + ([Batch("", old)] if old else [])


def _variation_batches(family: _Family, product: str) -> list[Batch]:
    new: list[tuple[str, Item]] = []
    old: list[tuple[str, Item]] = []
    for one in family.members:
        found = family.siblings.get(one.sku)
        id_ = int(one.remote_id) if one.remote_id else found.id if found is not None else 0
        item = products.variation_of(one, family.varied, found)
        if id_:
            old.append((one.key, {"id": id_, **item}))
        else:
            new.append((one.key, {"status": "publish", **item}))
    made = [Batch(product, new, "create")] if new else []
    return made + ([Batch(product, old)] if old else [])


def _simple_batches(
    alone: Sequence[ProductDraft], sight: _Sight, brands: Mapping[tuple[str, str], Item]
) -> list[Batch]:
    new: list[tuple[str, Item]] = []
    old: dict[str, list[tuple[str, Item]]] = {}
    for one in alone:
        there = _place(one, sight)
        if there is not None and there[0]:  # a variation, told without its group: its product is left alone
            item = products.variation_of(one, (), sight.by_id.get(there[1]))
            old.setdefault(there[0], []).append((one.key, {"id": there[1], **item}))
            continue
        found = sight.by_id.get(there[1]) if there is not None else None
        brand = brands[_brand_key(one)]
        slots = products.slots_of(products.values_of(one), (), found, brand)
        item = {**products.content_of(one, brand, found, slots), **products.terms_of(one)}
        if there is None:
            new.append((one.key, {"type": "simple", "status": "publish", **item}))
        else:
            old.setdefault("", []).append((one.key, {"id": there[1], **item}))
    made = [Batch("", new, "create")] if new else []
    return made + [Batch(product, rows) for product, rows in old.items()]
