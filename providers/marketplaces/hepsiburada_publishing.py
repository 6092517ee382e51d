"""Publishing at Hepsiburada: products go up as a JSON file whose result is told by tracking number; listings that are there are changed
by a file of changes, a price and a stock upload. Must never import an SKU that is listed, nor call done what its editors still look at.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (Catalogue, Update stock / price); the file's fields from the
vendor's OpenAPI document of the catalogue, the file of changes from its page "Ürün Güncelleme Önemli Bilgiler".
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from app.contracts import Account, Message, Outcome, OutcomeState, Page, ProviderError, Receipt, fail
from app.kit import Call, Reply, decode_json, encode_json, pages, read_records, segment
from app.model import (
    Attribute,
    Category,
    Choice,
    ListingRef,
    Money,
    PriceChange,
    ProductDraft,
    StockChange,
    fold,
)
from providers.marketplaces import hepsiburada_calls as calls
from providers.marketplaces import hepsiburada_catalogue as catalogue
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
    send_parts,
    whole_id,
)
from providers.marketplaces.hepsiburada_base import HepsiburadaAccount
from providers.marketplaces.hepsiburada_goods import TicketWire, parse_batch, titles_following
from providers.marketplaces.hepsiburada_lists import rows_of
from providers.marketplaces.hepsiburada_states import States, parse_states

TITLE, MOST_IMAGES = 500, 10
BATCH = 100  # what one look at the listings holds


# -- drafts --------------------------------------------------------------------------------------------------------------
def refused_draft(draft: ProductDraft) -> Message | None:
    """What Hepsiburada would refuse the row for."""
    found = refused_money(draft, ("TRY",), calls.MOST_PIECES) or refused_texts(draft, TITLE, MOST_IMAGES)
    if found is not None:
        return found
    if not draft.sku:
        return lacking("merchantSku")
    if draft.remote_id:
        return None
    needed = {
        "categoryId": draft.category_id,
        "Marka": draft.brand,
        "Image1": draft.images,
        "tax_vat_rate": draft.vat_rate,
    }
    for field, value in needed.items():
        if value is None or value in ("", ()):
            return lacking(field)
    try:
        whole_id(draft.category_id, "categoryId")
    except ProviderError as error:
        return error.message
    return None


def _comma(money: Money) -> str:
    """130,50: the import takes no point."""
    return f"{number(money):f}".replace(".", ",")


def _told(draft: ProductDraft) -> dict[str, Any]:
    """The category's own attributes: a choice goes out as its words, several as a list."""
    found: dict[str, Any] = {}
    for attribute_id, told in answers(draft).items():
        words = [one.choice_id or one.text for one in told]
        found[attribute_id] = words[0] if len(words) == 1 else words
    return found


def _images(draft: ProductDraft, name: str) -> dict[str, str]:
    return {f"{name}{place}": url for place, url in enumerate(draft.images, 1)}


def import_row(account: Account, draft: ProductDraft) -> dict[str, Any]:
    """One product of the file. Rates, weights and quantities are texts there; `VaryantGroupID` holds variants together."""
    base = {
        "merchantSku": draft.sku,
        "VaryantGroupID": draft.group or draft.sku,
        "Barcode": draft.barcode,
        "UrunAdi": draft.title.strip(),
        "UrunAciklamasi": draft.description or draft.title.strip(),
        "Marka": draft.brand.name if draft.brand is not None else "",
        "kg": str(plain(draft.desi)) if draft.desi is not None else "1",
        "tax_vat_rate": str(plain(draft.vat_rate)) if draft.vat_rate is not None else "",
        "price": _comma(draft.price),
        "stock": str(draft.quantity),
        **_images(draft, "Image"),
    }
    return {
        "categoryId": whole_id(draft.category_id, "categoryId"),
        "merchant": account.setting("merchant_id"),
        "attributes": {name: value for name, value in base.items() if value} | _told(draft),
    }


def change_row(draft: ProductDraft, sku: str) -> dict[str, Any]:
    """One listing of the file of changes, by Hepsiburada's SKU; what is not sent stays as it is, a blank would erase."""
    row = {
        "hbSku": sku,
        "productName": draft.title.strip(),
        "productDescription": draft.description,
        "barcode": draft.barcode,
        "kdv": str(plain(draft.vat_rate)) if draft.vat_rate is not None else "",
        "desi": str(plain(draft.desi)) if draft.desi is not None else "",
        **_images(draft, "image"),
    }
    found: dict[str, Any] = {name: value for name, value in row.items() if value}
    return found | ({"attributes": _told(draft)} if draft.attributes else {})


def file_call(account: Account, path: str, name: str, data: Any) -> Call:
    """A JSON file in a form, as Hepsiburada wants both. Not repeatable: what became of it is asked for."""
    content = encode_json(data)
    boundary = f"paxzar-{hashlib.sha256(content).hexdigest()[:32]}"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/json\r\n\r\n'
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = ("content-type", f"multipart/form-data; boundary={boundary}")
    url = f"{account.urls['catalogue']}{path}"
    sent = (*calls.headers(account), ("accept", "application/json"), kind)
    return Call("POST", url, "publish_products", (), sent, body, "product_files", repeatable=False)


def import_request(account: Account, drafts: Sequence[ProductDraft]) -> Call:
    rows = [import_row(account, one) for one in drafts]
    return file_call(account, "/product/api/products/import", "integrator.json", rows)


def change_request(account: Account, drafts: Mapping[str, ProductDraft]) -> Call:
    """`drafts` by Hepsiburada's SKU."""
    items = [change_row(one, sku) for sku, one in drafts.items()]
    data = {"merchantId": account.setting("merchant_id"), "items": items}
    return file_call(account, "/ticket-api/api/integrator/import", "integrator-ticket-upload.json", data)


def listed_request(account: Account, skus: Sequence[str]) -> Call:
    """Which of these SKUs are listed."""
    params = {"offset": "0", "limit": str(BATCH), "merchantSkuList": ",".join(skus)}
    url = f"{account.urls['listings']}/listings/merchantid/{calls.merchant(account)}"
    return Call("GET", url, "publish_products", tuple(params.items()), calls.headers(account), group="listings")


def import_result_request(account: Account, tracking: str) -> Call:
    path = f"/product/api/products/status/{segment(tracking)}"
    return catalogue.catalogue_call(account, path, "publish_result", {"page": "0", "size": "1000"})


def change_result_request(account: Account, tracking: str) -> Call:
    path = f"/ticket-api/api/integrator/status/{segment(tracking)}"
    return catalogue.catalogue_call(account, path, "publish_result", {"page": "0", "size": "1000"})


# -- answers -------------------------------------------------------------------------------------------------------------
class ListedWire(msgspec.Struct, rename="camel"):
    hepsiburada_sku: str
    merchant_sku: str | None  # may be null, must be there


class TrackingWire(msgspec.Struct, rename="camel"):
    tracking_id: str


def parse_listed(reply: Reply) -> dict[str, str]:
    """Hepsiburada's SKU by the folded own one: it turns letters to capitals. Raises for a row that cannot be read."""

    def pair(wire: ListedWire) -> tuple[str, str] | None:
        return (fold(wire.merchant_sku), wire.hepsiburada_sku) if wire.merchant_sku else None

    items, rejects = read_records(rows_of(reply).raws, ListedWire, pair, lambda x: str(x["hepsiburadaSku"]))
    if rejects:
        raise fail(rejects[0].message.about(operation=reply.operation))
    return dict(items)


def parse_tracking(reply: Reply) -> str:
    return catalogue.inside(reply, TrackingWire).tracking_id


def parse_upload(reply: Reply) -> str:
    return decode_json(reply, TicketWire).id


class Ticket(msgspec.Struct, omit_defaults=True):
    """The files and uploads of one publishing, and Hepsiburada's SKU of each own one that was changed."""

    new: str = ""
    change: str = ""
    price: str = ""
    stock: str = ""
    of: dict[str, str] = {}


def read_ticket(text: str) -> Ticket:
    try:
        return msgspec.json.decode(text, type=Ticket)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise fail(Message("answer.unexpected", {"operation": "publish_result", "reason": "no such ticket"})) from error


class HepsiburadaPublishing(HepsiburadaAccount):
    """The capability `product_publishing`."""

    async def categories(self) -> AsyncIterator[Page[Category]]:
        """Leaves only: no others take products."""
        async for reply in self._catalogue(catalogue.categories_request(self.account)):
            yield catalogue.parse_categories(reply)

    def _catalogue(self, call: Call) -> AsyncIterator[Reply]:
        return pages(self.http, call, titles_following, auth=self._auth, errors=calls.catalogue_errors)

    async def attributes(self, category_id: str) -> tuple[Attribute, ...]:
        """Each list of values is a call of its own."""
        reply = await self._send(catalogue.attributes_request(self.account, category_id), calls.catalogue_errors)
        full: list[Attribute] = []
        for one in catalogue.parse_attributes(reply):
            choices = list[Choice]()
            if not one.free:
                async for page in self._catalogue(catalogue.values_request(self.account, category_id, one.id)):
                    choices += catalogue.parse_values(page)
            full.append(msgspec.structs.replace(one, choices=tuple(choices)))
        return tuple(full)

    async def brands(self, name: str) -> tuple[Choice, ...]:
        """A brand is text here."""
        return (Choice("", name.strip()),) if name.strip() else ()

    async def publish_products(self, drafts: Sequence[ProductDraft]) -> Receipt:
        """Accepted for later: ask with the ticket. SKUs that are listed already are changed instead."""
        ends = {one.key: Outcome(one.key, OutcomeState.REFUSED, told) for one in drafts if (told := refused_draft(one))}
        good = [one for one in drafts if one.key not in ends]
        unsure = [one.sku for one in good if not one.remote_id]
        listed = parse_listed(await self._send(listed_request(self.account, unsure))) if unsure else {}
        known = {one.key: one.remote_id or listed.get(fold(one.sku), "") for one in good}
        parts = self._parts([x for x in good if not known[x.key]], [(known[x.key], x) for x in good if known[x.key]])
        ids, failed = await send_parts(parts, self._file) if parts else ({}, {})
        ends |= failed
        of = {one.sku: known[one.key] for one in good if known[one.key]}
        ticket = msgspec.json.encode(Ticket(**ids, of=of)).decode() if ids else ""
        return Receipt(tuple(ends.get(one.key) or Outcome(one.key, OutcomeState.PENDING) for one in drafts), ticket)

    def _parts(self, new: Sequence[ProductDraft], there: Sequence[tuple[str, ProductDraft]]) -> list[Part]:
        found = []
        if there:
            keys, account = tuple(one.key for _, one in there), self.account
            prices, stocks = [_price(*one) for one in there], [_stock(*one) for one in there]
            found = [
                Part("change", keys, change_request(account, dict(there)), parse_tracking),
                Part("price", keys, _as_publishing(calls.set_prices_request(account, prices)), parse_upload),
                Part("stock", keys, _as_publishing(calls.set_stocks_request(account, stocks)), parse_upload),
            ]
        if new:
            found.append(Part("new", tuple(one.key for one in new), import_request(self.account, new), parse_tracking))
        return found

    async def _file(self, call: Call) -> Reply:
        listing = call.group == "uploads"
        return await self._send(call, calls.hepsiburada_errors if listing else calls.catalogue_errors)

    async def publish_result(self, ticket: str, drafts: Sequence[ProductDraft]) -> Receipt:
        """A new product is done when it stands in the catalogue; that may take Hepsiburada's editors days."""
        told = read_ticket(ticket)
        made = await self._states(import_result_request(self.account, told.new)) if told.new else States()
        changed = await self._states(change_result_request(self.account, told.change)) if told.change else States()
        there = [(told.of[one.sku], one) for one in drafts if one.sku in told.of]
        prices = await self._uploaded("price", told.price, [_price(*one) for one in there])
        stocks = await self._uploaded("stock", told.stock, [_stock(*one) for one in there])
        outcomes: list[Outcome] = []
        for one in drafts:
            if one.sku in told.of:
                sku = told.of[one.sku]
                ends = [changed.end(one.key, "", sku) if told.change else missing(one.key)]
                ends += [found.get(one.key) or missing(one.key) for found in (prices, stocks)]
                outcomes.append(joined(one.key, ends, sku))
            else:
                outcomes.append(made.end(one.key, one.sku, "") if told.new else missing(one.key))
        return Receipt(tuple(outcomes), ticket)

    async def _states(self, call: Call) -> States:
        try:
            return parse_states(await self._send(call, calls.catalogue_errors))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return States(gone=error.message)

    async def _uploaded(
        self, kind: str, upload: str, changes: Sequence[PriceChange] | Sequence[StockChange]
    ) -> dict[str, Outcome]:
        if not upload or not changes:
            return {}
        try:
            reply = await self._send(_as_result(calls.batch_request(self.account, kind, upload)))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return {one.key: Outcome(one.key, OutcomeState.UNKNOWN, error.message) for one in changes}
        return {one.key: one for one in parse_batch(reply, "", changes).outcomes}


def _price(sku: str, draft: ProductDraft) -> PriceChange:
    return PriceChange(draft.key, ListingRef(sku, draft.sku), draft.price)


def _stock(sku: str, draft: ProductDraft) -> StockChange:
    return StockChange(draft.key, ListingRef(sku, draft.sku), draft.quantity)


def _as_publishing(call: Call) -> Call:
    return msgspec.structs.replace(call, operation="publish_products")


def _as_result(call: Call) -> Call:
    return msgspec.structs.replace(call, operation="publish_result")
