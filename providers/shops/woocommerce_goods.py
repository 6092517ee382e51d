"""WooCommerce's products and variations as listings, and price and stock changes as items of a batch. Pure.
Must never make a listing of a variable product that has variations: it has no price and cannot be bought.

Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce" (Products, Stock and price).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from app.contracts import Message, Outcome, OutcomeState, Page
from app.kit import Reply, decode_json, known, maybe, read_records
from app.model import Listing, ListingStatus, Money, PriceChange, StockChange, Vat, clean
from providers.shops.woocommerce_calls import SKU_TAKEN, ErrorWire, item_error
from providers.shops.woocommerce_wire import instant, record_id

_BLANK = msgspec.Raw(b'""')
_ABSENT = msgspec.Raw(b"")
STATES = {
    "publish": ListingStatus.ACTIVE,
    "private": ListingStatus.PASSIVE,
    "trash": ListingStatus.PASSIVE,
    "pending": ListingStatus.DRAFT,
    "draft": ListingStatus.DRAFT,
    "future": ListingStatus.DRAFT,
}


class AttributeWire(msgspec.Struct):
    option: str | None = ""


class ProductWire(msgspec.Struct):
    """A product or a variation. Prices are text; some plugins make numbers of them."""

    id: int
    name: str = ""
    sku: str | None = ""
    type: str = "variation"
    status: str = ""
    price: msgspec.Raw = _BLANK
    regular_price: msgspec.Raw = _BLANK
    sale_price: msgspec.Raw = _BLANK
    manage_stock: bool | str = False  # "parent": counted at the product
    stock_quantity: int | None = None
    variations: list[int] = []
    global_unique_id: str | None = ""
    permalink: str | None = ""
    date_modified_gmt: str | None = None
    attributes: list[AttributeWire] = []


class Parent(msgspec.Struct, frozen=True):
    """A variable product whose variations are to be read."""

    id: str
    name: str


class Shop(msgspec.Struct, frozen=True):
    """What holds for all prices of a shop: its currency, and whether they are typed with VAT."""

    currency: str
    vat: Vat


class CurrencyWire(msgspec.Struct):
    code: str


class TypedWire(msgspec.Struct):
    currency: str = ""
    prices_include_tax: bool | None = None


def parse_currency(reply: Reply) -> str:
    return decode_json(reply, CurrencyWire).code


def parse_typed(reply: Reply) -> TypedWire:
    """Currency and VAT basis of the newest order; blank in a shop without orders."""
    found = decode_json(reply, list[TypedWire])
    return found[0] if found else TypedWire()


def vat_of(typed: TypedWire) -> Vat:
    """With VAT unless the shop says otherwise: that is the Turkish way of typing prices."""
    return Vat.EXCLUDED if typed.prices_include_tax is False else Vat.INCLUDED


@lru_cache(maxsize=8192)
def _money(raw: bytes, currency: str) -> Money | None:
    """Kept by its very text: a shop's prices come again and again."""
    text = raw.decode().strip('"')
    return None if text in ("", "null") else Money.of(text, currency)


@lru_cache(maxsize=4096)
def _titled(name: str, options: tuple[str | None, ...]) -> str:
    """`Kupa – Kırmızı, L`. Kept: the same few options come with each pull."""
    told = ", ".join(o for o in (clean(one or "") for one in options) if o)
    return f"{name} – {told}" if told else name


def to_listing(wire: ProductWire, shop: Shop, parent: Parent | None = None) -> Listing:
    """Price: the sale price where one is set and running, else the regular price, which is the list price."""
    regular, sale = _money(bytes(wire.regular_price), shop.currency), _money(bytes(wire.sale_price), shop.currency)
    current = _money(bytes(wire.price), shop.currency)
    # A sale that is planned for later is set, yet the shop still sells at the regular price: its own `price` says so.
    on_sale = sale is not None and (current is None or current.amount == sale.amount)
    extra: dict[str, str] = {"sale": "yes"} if on_sale else {}
    if parent is None:
        title = known(wire.name, 2000)
    else:
        title = _titled(parent.name, tuple([a.option for a in wire.attributes]))
        extra["product"] = parent.id
    if wire.manage_stock == "parent":
        extra["stock_at"] = "parent"
    return Listing(
        remote_id=str(wire.id),
        sku=clean(wire.sku or "", 120),
        title=title,
        price=sale if on_sale else regular if regular is not None else current,
        vat=shop.vat,
        list_price=regular,
        stock=wire.stock_quantity if wire.manage_stock else None,
        barcode=clean(wire.global_unique_id or "", 80),
        status=STATES.get(wire.status, ListingStatus.UNKNOWN),
        parent_id=parent.id if parent is not None else "",
        product_url=clean(wire.permalink or "", 500),
        updated_at=maybe(instant, wire.date_modified_gmt) if wire.date_modified_gmt else None,
        extra=extra,
    )


def parse_products(reply: Reply, shop: Shop) -> tuple[Page[Listing], tuple[Parent, ...]]:
    """Listings of the page, and the products whose variations are to be read. Grouped products are only a shelf."""
    parents: list[Parent] = []

    def to_model(wire: ProductWire) -> Listing | None:
        if wire.variations and wire.type != "grouped":
            parents.append(Parent(str(wire.id), known(wire.name, 2000)))
            return None
        return None if wire.type == "grouped" else to_listing(wire, shop)

    items, rejects = read_records(decode_json(reply, list[msgspec.Raw]), ProductWire, to_model, record_id)
    return Page(items, rejects), tuple(parents)


def parse_variations(reply: Reply, shop: Shop, parent: Parent) -> Page[Listing]:
    raws = decode_json(reply, list[msgspec.Raw])
    return Page(*read_records(raws, ProductWire, lambda wire: to_listing(wire, shop, parent), record_id))


# -- writing -------------------------------------------------------------------------------------------------------------
Item = dict[str, Any]


def price_item(change: PriceChange) -> Item | Message:
    """What to send for a new price.

    With a list price above the price: regular price and sale price. Without one, a listing that is on sale keeps its regular price
    as long as it lies above; else the price becomes the regular price and the sale ends. Sale dates are the shop's affair.
    """
    price, regular = change.price, change.list_price
    if price.amount < 0:
        return Message("item.refused", {"reason": "price"}, field="price")
    if regular is not None and regular < price:
        return Message("item.refused", {"reason": "list_below_sale"}, field="list_price")
    item: Item = {"id": int(change.listing.remote_id)}
    was = change.was_list_price
    if regular is None and change.listing.extra.get("sale") == "yes" and was is not None and price < was:
        return {**item, "sale_price": price.text()}
    if regular is None or regular.amount == price.amount:
        return {**item, "regular_price": price.text(), "sale_price": ""}
    return {**item, "regular_price": regular.text(), "sale_price": price.text()}


def stock_item(change: StockChange) -> Item | Message:
    """Without `manage_stock` the shop would ignore the quantity. Variations that share their product's stock are refused: a count
    of their own would let the shop sell the same pieces twice."""
    if change.quantity < 0:
        return Message("item.refused", {"reason": "quantity"}, field="quantity")
    if change.listing.extra.get("stock_at") == "parent":
        return Message("item.refused", {"reason": "stock_at_parent"}, field="quantity")
    return {"id": int(change.listing.remote_id), "manage_stock": True, "stock_quantity": change.quantity}


class UpdatedWire(msgspec.Struct):
    id: int = 0
    sku: str | None = None
    error: ErrorWire | None = None
    regular_price: msgspec.Raw = _ABSENT
    sale_price: msgspec.Raw = _ABSENT
    stock_quantity: int | None = None


class BatchWire(msgspec.Struct):
    update: list[UpdatedWire] = []
    create: list[UpdatedWire] = []


def parse_batch(reply: Reply, sent: Sequence[tuple[str, Item]], verb: str = "update") -> tuple[Outcome, ...]:
    """One outcome an item; errors lie beside good items in one good answer. What was created comes in the order in which it was
    sent; a refusal because of the SKU tells by `remote_ref` who has it."""
    told = decode_json(reply, BatchWire)
    if verb == "update":
        found = {one.id: one for one in told.update}
        return tuple(_outcome(key, item, found.get(item["id"])) for key, item in sent)
    made: Sequence[UpdatedWire | None] = told.create
    if len(told.create) != len(sent):  # whose errors those are nobody can say
        named = {str(one.sku): one for one in told.create if one.sku and one.error is None}
        made = [named.get(str(item.get("sku", ""))) for _, item in sent]
    return tuple(_created(key, item, one) for (key, item), one in zip(sent, made, strict=True))


def _created(key: str, item: Mapping[str, Any], one: UpdatedWire | None) -> Outcome:
    if one is not None and one.error is None and (one.id <= 0 or one.sku not in (None, item.get("sku"))):
        one = None
    found = _outcome(key, item, one)
    if one is None or one.error is None or one.error.code not in SKU_TAKEN or not isinstance(one.error.data, dict):
        return found
    owner = one.error.data.get("resource_id")
    return msgspec.structs.replace(found, remote_ref=str(owner) if type(owner) is int and owner > 0 else "")


def _outcome(key: str, item: Mapping[str, Any], one: UpdatedWire | None) -> Outcome:
    if one is None:
        return Outcome(key, OutcomeState.UNKNOWN, Message("answer.unexpected", {"reason": "item missing in batch"}))
    if one.error is not None:
        return Outcome(key, OutcomeState.REFUSED, item_error(one.error))
    for field in ("regular_price", "sale_price", "stock_quantity"):
        if field in item and not _kept(item[field], getattr(one, field)):
            message = Message("item.refused", {"reason": "kept_other_value"}, field=field)
            return Outcome(key, OutcomeState.REFUSED, message)
    return Outcome(key, OutcomeState.DONE, remote_ref=str(one.id))


def _kept(wanted: str | int, told: msgspec.Raw | int | None) -> bool:
    """Whether the shop tells the value back that it was sent (a plugin or a rounding may stand between). Silence is a yes."""
    if told is None or (isinstance(told, msgspec.Raw) and not bytes(told)):
        return True
    if not isinstance(told, msgspec.Raw) or isinstance(wanted, int):
        return told == wanted
    text = bytes(told).decode().strip('"')
    text = "" if text == "null" else text
    if text == wanted or not text or not wanted:
        return text == wanted
    try:
        return Decimal(text) == Decimal(wanted)
    except InvalidOperation:
        return False
