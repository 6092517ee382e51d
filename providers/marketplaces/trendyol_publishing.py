"""Publishing at Trendyol: products in batches whose results come later.
Must never create a barcode that is there (Trendyol keys by it), nor tell a draft done of which one batch said nothing.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (List products: Create, updates, Catalogue; Poll); the bodies and what
an approved product lets be changed from Trendyol's pages on products V2 (createProducts, updateProducts, getBatchRequestResult,
September 2026). V1 ended on 15 September 2026. `origin` (two letters) is demanded since 23 October 2026 and stands beside the attributes;
here it is asked for as one of them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec

from app.contracts import Account, Message, Outcome, OutcomeState, Page, ProviderError, Receipt
from app.kit import Call, decode_json, json_call, segment
from app.model import Attribute, Category, Choice, ProductDraft, clean
from providers.marketplaces import trendyol_catalogue as catalogue
from providers.marketplaces.category_tree import parse_tree
from providers.marketplaces.drafts import (
    Part,
    answers,
    lacking,
    number,
    plain,
    refused_money,
    refused_texts,
    send_parts,
    whole_id,
    wrong,
)
from providers.marketplaces.trendyol_base import TrendyolAccount
from providers.marketplaces.trendyol_calls import MOST_PIECES, headers, paged_following, seller
from providers.marketplaces.trendyol_catalogue import ORIGIN
from providers.marketplaces.trendyol_goods import parse_ticket
from providers.marketplaces.trendyol_results import (
    Batch,
    Ticket,
    judged_drafts,
    parse_lookup,
    parse_result,
    priced_as,
    read_ticket,
)
from providers.marketplaces.trendyol_wire import PagedWire

TITLE, MOST_IMAGES = 100, 8
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


# -- drafts --------------------------------------------------------------------------------------------------------------
def barcode_of(draft: ProductDraft) -> str:
    """Trendyol's key of a listing."""
    return draft.remote_id or draft.barcode


def _origin(draft: ProductDraft) -> str:
    told = [one.choice_id or one.text for one in draft.attributes if one.attribute_id == ORIGIN]
    return clean(told[0] if told else draft.extra.get(ORIGIN, ""), 20)


def refused_draft(draft: ProductDraft) -> Message | None:
    """What Trendyol would refuse the draft for; sent along it could cost the whole batch."""
    found = refused_money(draft, ("TRY",), MOST_PIECES) or refused_texts(draft, TITLE, MOST_IMAGES)
    if found is not None:
        return found
    if not barcode_of(draft):
        return lacking("barcode")
    if _origin(draft) and not _COUNTRY.fullmatch(_origin(draft)):
        return wrong(ORIGIN)
    if not draft.remote_id:
        needed = {
            "brandId": draft.brand,
            "categoryId": draft.category_id,
            "images": draft.images,
            "vatRate": draft.vat_rate,
        }
        for field, value in needed.items():
            if value is None or value in ("", ()):
                return lacking(field)
    try:
        product(draft)
    except ProviderError as error:  # an id that is none
        return error.message
    return None


def attributes_of(draft: ProductDraft) -> list[dict[str, Any]]:
    """Choices by their ids, an answer in words as it is."""
    found: list[dict[str, Any]] = []
    for attribute_id, told in answers(draft).items():
        if attribute_id == ORIGIN:
            continue
        row: dict[str, Any] = {"attributeId": whole_id(attribute_id, "attributeId")}
        ids = [whole_id(one.choice_id, "attributeValueIds") for one in told if one.choice_id]
        if ids:
            row["attributeValueIds"] = ids
        else:
            row["attributeValue"] = told[0].text
        found.append(row)
    return found


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the draft does not tell: what is not sent stays as it is."""
    return {name: value for name, value in row.items() if value is not None and value not in ("", [])}


def _content(draft: ProductDraft) -> dict[str, Any]:
    title = draft.title.strip()
    return _filled({
        "title": title,
        "description": draft.description or ("" if draft.remote_id else title),
        "images": [{"url": one} for one in draft.images],
        "attributes": attributes_of(draft),
    })  # fmt: skip


def _variant(draft: ProductDraft) -> dict[str, Any]:
    vat = None if draft.vat_rate is None else plain(draft.vat_rate)
    row = {"barcode": barcode_of(draft), "stockCode": draft.sku, "vatRate": vat}
    return _filled({**row, "dimensionalWeight": None if draft.desi is None else plain(draft.desi)})


def product(draft: ProductDraft) -> dict[str, Any]:
    """The draft as createProducts and the update of what is not approved yet want it, without price and quantity. `productMainId`
    holds variants together. Raises YoursError for an id that is no number."""
    brand = draft.brand.id if draft.brand is not None else ""
    new = not draft.remote_id
    return _filled({
        **_variant(draft),
        **_content(draft),
        "productMainId": draft.group or (draft.sku if new else ""),
        "brandId": whole_id(brand, "brandId") if brand or new else None,
        "categoryId": whole_id(draft.category_id, "categoryId") if draft.category_id or new else None,
        ORIGIN: _origin(draft),
    })  # fmt: skip


def _price(draft: ProductDraft) -> dict[str, Any]:
    crossed = draft.list_price or draft.price
    return {"quantity": draft.quantity, "salePrice": number(draft.price), "listPrice": number(crossed)}


def _batch(account: Account, path: str, items: Sequence[Mapping[str, Any]]) -> Call:
    """Not repeatable: whether Trendyol has taken a batch is asked for, never tried again unseen."""
    url = f"/integration/product/sellers/{seller(account)}/{path}"
    return json_call(
        "POST", url, "publish_products", {"items": items}, headers=headers(account), group="product_writes", repeatable=False,
    )  # fmt: skip


def lookup_request(account: Account, barcode: str) -> Call:
    """Whether the barcode is there, approved, and in which content."""
    path = f"/integration/product/sellers/{seller(account)}/product/{segment(barcode)}"
    return Call("GET", path, "publish_products", headers=headers(account), group="products")


def waiting_request(account: Account, barcode: str) -> Call:
    """The product that waits for its approval, or was refused it."""
    path = f"/integration/product/sellers/{seller(account)}/products/unapproved"
    params = (("barcode", barcode), ("page", "0"), ("size", "1"))
    return Call("GET", path, "publish_products", params, headers(account), group="products")


def create_request(account: Account, drafts: Sequence[ProductDraft]) -> Call:
    return _batch(account, "v2/products", [{**product(one), **_price(one)} for one in drafts])


def update_open_request(account: Account, drafts: Sequence[ProductDraft]) -> Call:
    """What is not approved yet: everything but price and quantity, which Trendyol lets nobody change before."""
    return _batch(account, "products/unapproved-bulk-update", [product(one) for one in drafts])


def update_content_request(account: Account, contents: Mapping[str, ProductDraft]) -> Call:
    """What the variants of one content share, by content id. Of the attributes Trendyol wants all or none."""
    rows = [{"contentId": whole_id(id_, "contentId"), **_content(one)} for id_, one in contents.items()]
    return _batch(account, "products/content-bulk-update", rows)


def update_variant_request(account: Account, drafts: Sequence[ProductDraft]) -> Call:
    return _batch(account, "products/variant-bulk-update", [_variant(one) for one in drafts])


def update_price_request(account: Account, drafts: Sequence[ProductDraft]) -> Call:
    """Price and stock of approved products. Not repeatable: Trendyol refuses the same body for 15 minutes."""
    path = f"/integration/inventory/sellers/{seller(account)}/products/price-and-inventory"
    items = [{"barcode": barcode_of(one), **_price(one)} for one in drafts]
    return json_call(
        "POST", path, "publish_products", {"items": items}, headers=headers(account), group="inventory", repeatable=False,
    )  # fmt: skip


def result_request(account: Account, batch: str) -> Call:
    path = f"/integration/product/sellers/{seller(account)}/products/batch-requests/{segment(batch)}"
    return Call("GET", path, "publish_result", headers=headers(account), group="batch")


class TrendyolPublishing(TrendyolAccount):
    """The capability `product_publishing`."""

    async def categories(self) -> AsyncIterator[Page[Category]]:
        """The whole tree in one page."""
        yield parse_tree(await self._send(catalogue.categories_request(self.account)))

    async def attributes(self, category_id: str) -> tuple[Attribute, ...]:
        """Trendyol tells the choices of each attribute in a list of its own: one call and more an attribute that has them."""
        found = catalogue.parse_attributes(await self._send(catalogue.attributes_request(self.account, category_id)))
        full: list[Attribute] = []
        for one in found:
            if one.free or one.choices:
                full.append(one)
                continue
            call, choices = catalogue.values_request(self.account, category_id, one.id), list[Choice]()
            async for reply in self._pages(call, paged_following):
                choices += catalogue.parse_values(decode_json(reply, PagedWire).content, reply.operation)
            full.append(msgspec.structs.replace(one, choices=tuple(choices)))
        return catalogue.with_origin(full)

    async def brands(self, name: str) -> tuple[Choice, ...]:
        """Trendyol tells capital letters apart: Nike is another name than NIKE."""
        return catalogue.parse_brands(await self._send(catalogue.brands_request(self.account, name.strip())))

    async def publish_products(self, drafts: Sequence[ProductDraft]) -> Receipt:
        """Accepted for later: ask with the ticket. Each barcode is looked up first, so that one that is there is updated. DONE means
        that Trendyol has taken it; whether it goes on sale is decided by its editors."""
        ends, good = self._sorted(drafts)
        found = {one.key: await self._content(one) for one in good}
        for one in good:
            if found[one.key] is None and one.remote_id:
                message = Message("item.not_found", {"barcode": barcode_of(one)})
                ends[one.key] = Outcome(one.key, OutcomeState.REFUSED, message)
        new = [one for one in good if found[one.key] is None and one.key not in ends]
        waiting = [one for one in good if found[one.key] == ""]
        late = [barcode_of(one) for one in waiting if not await self._is_priced(one)]
        contents = {barcode_of(one): id_ for one in good if (id_ := found[one.key])}
        parts = self._parts(new, waiting, contents, [one for one in good if found[one.key]])
        ids, failed = await send_parts(parts, self._send) if parts else ({}, {})
        ends |= failed
        outcomes = tuple(ends.get(one.key) or Outcome(one.key, OutcomeState.PENDING) for one in drafts)
        ticket = msgspec.json.encode(Ticket(**ids, of=contents, late=late)).decode() if ids else ""
        return Receipt(outcomes, ticket)

    def _parts(
        self,
        new: Sequence[ProductDraft],
        waiting: Sequence[ProductDraft],
        contents: Mapping[str, str],
        approved: Sequence[ProductDraft],
    ) -> list[Part]:
        """Prices first: their call is the one that Trendyol refuses for being repeated, and then nothing was sent."""
        shared: dict[str, ProductDraft] = {}
        for one in approved:
            shared.setdefault(contents[barcode_of(one)], one)
        made: list[tuple[str, Sequence[ProductDraft], Callable[[], Call]]] = [
            ("price", approved, lambda: update_price_request(self.account, approved)),
            ("content", approved, lambda: update_content_request(self.account, shared)),
            ("variant", approved, lambda: update_variant_request(self.account, approved)),
            ("open", waiting, lambda: update_open_request(self.account, waiting)),
            ("create", new, lambda: create_request(self.account, new)),
        ]
        return [Part(name, tuple(one.key for one in of), call(), parse_ticket) for name, of, call in made if of]

    @staticmethod
    def _sorted(drafts: Sequence[ProductDraft]) -> tuple[dict[str, Outcome], list[ProductDraft]]:
        """What cannot go, by key, and the rest. A barcode that comes twice goes once: its results name no more than the barcode."""
        ends: dict[str, Outcome] = {}
        good: dict[str, ProductDraft] = {}
        for one in drafts:
            message = refused_draft(one)
            if message is None and barcode_of(one) in good:
                message = Message("item.duplicate", {"barcode": barcode_of(one)}, field="barcode")
            if message is None:
                good[barcode_of(one)] = one
            else:
                ends[one.key] = Outcome(one.key, OutcomeState.REFUSED, message)
        return ends, list(good.values())

    async def _content(self, draft: ProductDraft) -> str | None:
        """The content's id of an approved product, '' of one that waits for its approval, None when the barcode is free."""
        try:
            return parse_lookup(await self._send(lookup_request(self.account, barcode_of(draft))))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return None

    async def _is_priced(self, draft: ProductDraft) -> bool:
        return priced_as(await self._send(waiting_request(self.account, barcode_of(draft))), draft)

    async def publish_result(self, ticket: str, drafts: Sequence[ProductDraft]) -> Receipt:
        """Trendyol keeps results for four hours; what it has forgotten is unknown, and looked up before it goes again. So is a barcode
        that somebody was quicker with. One whose price has to wait for its approval is pending until that comes."""
        told = read_ticket(ticket)
        names = ("create", "open", "content", "variant", "price")
        asked = {name: id_ for name in names if (id_ := str(getattr(told, name)))}
        batches = {name: await self._result(id_) for name, id_ in asked.items()}
        ends = judged_drafts(drafts, told, batches)
        return Receipt(tuple([await self._settled(*one, told) for one in zip(drafts, ends, strict=True)]), ticket)

    async def _settled(self, draft: ProductDraft, end: Outcome, ticket: Ticket) -> Outcome:
        """The end, with what only a look can tell. Unknown ones are sent again, and are an update then."""
        quicker = end.message is not None and end.message.code == "item.duplicate"
        late = end.state is OutcomeState.DONE and barcode_of(draft) in ticket.late
        content = await self._content(draft) if quicker or late else None
        if late and content == "":
            return Outcome(draft.key, OutcomeState.PENDING)
        if late or (quicker and content is not None):
            message = end.message or Message("item.conflict", {"status": "approved"})
            return Outcome(draft.key, OutcomeState.UNKNOWN, message)
        return end

    async def _result(self, batch: str) -> Batch:
        try:
            return parse_result(await self._send(result_request(self.account, batch)))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return Batch({}, whole=True, gone=error.message)
