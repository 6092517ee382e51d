"""Shopify's writes thought through beforehand: which rows go out, in which groups, and what the answers mean per item. Pure.

Must never report an item as done that Shopify named in a user error, nor sell more than asked where stock lies in several places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import msgspec

from app.contracts import Message, Outcome, OutcomeState, fail
from app.kit import Reply, decode_json
from app.model import PriceChange, ShipmentNotice, StockChange
from providers.shops.shopify_errors import UserError
from providers.shops.shopify_wire import Wire

T = TypeVar("T")

PRICE_WORDS = {"PRODUCT_DOES_NOT_EXIST": "item.not_found", "PRODUCT_VARIANT_DOES_NOT_EXIST": "item.not_found"}
STOCK_WORDS = {
    "INVALID_INVENTORY_ITEM": "item.not_found",
    "CHANGE_FROM_QUANTITY_STALE": "item.conflict",
    "IDEMPOTENCY_CONCURRENT_REQUEST": "item.conflict",
    "INVALID_LOCATION": "config.field",
}


class _Refused(Wire, frozen=True):
    user_errors: list[UserError]


# -- prices --------------------------------------------------------------------------------------------------------------
class _Shop(Wire, frozen=True):
    currency_code: str


class _CurrencyData(Wire, frozen=True):
    shop: _Shop


class _Currency(Wire, frozen=True):
    data: _CurrencyData


class _Product(Wire, frozen=True):
    id: str


class _VariantOf(Wire, frozen=True):
    id: str = ""
    product: _Product | None = None


class _ProductsData(Wire, frozen=True):
    nodes: list[_VariantOf | None]


class _Products(Wire, frozen=True):
    data: _ProductsData


class _PricesData(Wire, frozen=True):
    product_variants_bulk_update: _Refused


class _Prices(Wire, frozen=True):
    data: _PricesData


def parse_currency(reply: Reply) -> str:
    return decode_json(reply, _Currency).data.shop.currency_code


def parse_products(reply: Reply) -> dict[str, str]:
    """Variant id → product id; variants that are gone are left out."""
    nodes = decode_json(reply, _Products).data.nodes
    return {node.id: node.product.id for node in nodes if node is not None and node.product is not None}


def parse_price_errors(reply: Reply) -> list[UserError]:
    return decode_json(reply, _Prices).data.product_variants_bulk_update.user_errors


def price_problem(change: PriceChange, currency: str) -> Message | None:
    """What Shopify would not notice: it takes any number as its own currency."""
    for field, money in (("price", change.price), ("list_price", change.list_price)):
        if money is not None and money.currency != currency:
            return Message("item.refused", {"reason": f"{money.currency} ≠ {currency}"}, field=field)
    if change.list_price is not None and change.list_price < change.price:
        return Message("item.refused", {"reason": "list price < price"}, field="list_price")
    return None


def price_row(change: PriceChange) -> dict[str, str | None]:
    """`compareAtPrice` is left as it is without a list price; one that equals the price crosses nothing out and is taken away.

    A compare-at price that a higher price has overtaken is taken away too: a shop must not show it as a former price.
    """
    row: dict[str, str | None] = {"id": change.listing.remote_id, "price": change.price.rounded().text()}
    if change.list_price is not None:
        row["compareAtPrice"] = change.list_price.rounded().text() if change.list_price > change.price else None
    elif change.was_list_price is not None and change.was_list_price <= change.price:
        row["compareAtPrice"] = None
    return row


def by_product(changes: Iterable[PriceChange], products: Mapping[str, str]) -> dict[str, list[PriceChange]]:
    """One call a product is Shopify's rule. Order of first appearance."""
    groups: dict[str, list[PriceChange]] = {}
    for change in changes:
        product = change.listing.extra.get("product_id") or products.get(change.listing.remote_id, "")
        groups.setdefault(product, []).append(change)
    return groups


def chunks(items: Iterable[T], size: int) -> Iterable[list[T]]:
    source = iter(items)
    while piece := list(islice(source, size)):
        yield piece


# -- stock ---------------------------------------------------------------------------------------------------------------
class Place(Wire, frozen=True):
    id: str
    is_active: bool
    fulfills_online_orders: bool


class _PlaceNodes(Wire, frozen=True):
    nodes: list[Place]


class _PlacesData(Wire, frozen=True):
    locations: _PlaceNodes


class _Places(Wire, frozen=True):
    data: _PlacesData


class _Quantity(Wire, frozen=True):
    quantity: int


class _Level(Wire, frozen=True):
    quantities: list[_Quantity]


class _Item(Wire, frozen=True):
    id: str
    tracked: bool
    inventory_level: _Level | None = None


class StockOf(Wire, frozen=True):
    """A variant's stock before the write: pieces in all places, and at ours."""

    id: str = ""
    inventory_quantity: int | None = None
    inventory_item: _Item | None = None


class _StockData(Wire, frozen=True):
    nodes: list[StockOf | None]


class _Stock(Wire, frozen=True):
    data: _StockData


class _StocksData(Wire, frozen=True):
    inventory_set_quantities: _Refused


class _Stocks(Wire, frozen=True):
    data: _StocksData


def parse_place(reply: Reply) -> str:
    """The location that is written to: the only active one that serves online orders, else the oldest of them (the one that
    Shopify made with the shop). Raises YoursError when there is none."""
    active = [place for place in decode_json(reply, _Places).data.locations.nodes if place.is_active]
    chosen = [place for place in active if place.fulfills_online_orders] or active
    if not chosen:
        raise fail(Message("config.field", {"field": "location", "why": "missing"}, field="location"))
    return min((place.id for place in chosen), key=lambda gid: (len(gid), gid))


def parse_stock(reply: Reply) -> dict[str, StockOf]:
    nodes = decode_json(reply, _Stock).data.nodes
    return {node.id: node for node in nodes if node is not None and node.inventory_item is not None}


def parse_stock_errors(reply: Reply) -> list[UserError]:
    return decode_json(reply, _Stocks).data.inventory_set_quantities.user_errors


class StockRow(msgspec.Struct, frozen=True):
    key: str
    item: str
    quantity: int


def stock_row(change: StockChange, found: StockOf | None) -> StockRow | Message:
    """What our location must hold so that the whole shop sells `quantity`: a listing's stock is the sum of all places."""
    if found is None or found.inventory_item is None:
        return Message("item.not_found", {"sku": change.listing.sku})
    item = found.inventory_item
    if not item.tracked:
        return Message("item.refused", {"reason": "not tracked", "sku": change.listing.sku}, field="tracked")
    here = sum(q.quantity for q in item.inventory_level.quantities) if item.inventory_level is not None else 0
    # May be below zero: a place that is oversold owes pieces, and Shopify takes them off the sum as well.
    elsewhere = (found.inventory_quantity or 0) - here
    if elsewhere > change.quantity:
        reason = f"{elsewhere} in other locations"
        return Message("item.refused", {"reason": reason, "sku": change.listing.sku}, field="quantity")
    return StockRow(change.key, item.id, change.quantity - elsewhere)


# -- shipments -----------------------------------------------------------------------------------------------------------
class _Number(Wire, frozen=True):
    number: str | None = None


class _Sent(Wire, frozen=True):
    id: str
    status: str
    tracking_info: tuple[_Number, ...] = ()


class _Action(Wire, frozen=True):
    action: str


class _Location(Wire, frozen=True):
    id: str


class _Assigned(Wire, frozen=True):
    name: str = ""
    location: _Location | None = None


class _OrderLineId(Wire, frozen=True):
    id: str


class _ShipLine(Wire, frozen=True):
    id: str
    remaining_quantity: int
    line_item: _OrderLineId


class _ShipLines(Wire, frozen=True):
    nodes: list[_ShipLine]


class FulfilmentOrder(Wire, frozen=True):
    id: str
    status: str
    supported_actions: list[_Action]
    assigned_location: _Assigned
    line_items: _ShipLines

    @property
    def shippable(self) -> bool:
        return any(a.action == "CREATE_FULFILLMENT" for a in self.supported_actions)


class _FulfilmentOrders(Wire, frozen=True):
    nodes: list[FulfilmentOrder]


class ToShip(Wire, frozen=True):
    fulfillments: list[_Sent]
    fulfillment_orders: _FulfilmentOrders


class _ToShipData(Wire, frozen=True):
    order: ToShip | None = None


class _ToShip(Wire, frozen=True):
    data: _ToShipData


class _Made(Wire, frozen=True):
    fulfillment: _Location | None = None
    user_errors: tuple[UserError, ...] = ()


class _MadeData(Wire, frozen=True):
    fulfillment_create: _Made


class _MadeAnswer(Wire, frozen=True):
    data: _MadeData


Part = tuple[str, list[tuple[str, int]]]


def parse_to_ship(reply: Reply) -> ToShip | None:
    return decode_json(reply, _ToShip).data.order


def parse_made(reply: Reply) -> tuple[str, tuple[UserError, ...]]:
    """The new fulfilment's id and what was refused."""
    made = decode_json(reply, _MadeAnswer).data.fulfillment_create
    return (made.fulfillment.id if made.fulfillment is not None else ""), made.user_errors


def shipment_plan(notice: ShipmentNotice, order: ToShip | None) -> Outcome | list[list[Part]]:
    """What is to be sent, a group a location (Shopify takes one location a call); or the outcome when nothing is."""
    if order is None:
        return Outcome(notice.key, OutcomeState.REFUSED, Message("item.not_found", {"number": notice.order_number}))
    alive = [sent for sent in order.fulfillments if sent.status not in ("CANCELLED", "ERROR", "FAILURE")]
    number = notice.tracking_number
    known = [sent.id for sent in alive if number and any(t.number == number for t in sent.tracking_info)]
    if notice.lines and known:  # a part that was told before: telling it again would ship other pieces
        return Outcome(notice.key, OutcomeState.DONE, remote_ref=known[0])
    ready = [fo for fo in order.fulfillment_orders.nodes if fo.shippable]
    if not ready:
        waiting = [fo.status for fo in order.fulfillment_orders.nodes if fo.status not in ("CLOSED", "CANCELLED")]
        if alive and not waiting:
            return Outcome(notice.key, OutcomeState.DONE, remote_ref=(known or [alive[0].id])[0])
        reason = ", ".join(sorted(set(waiting))) or "nothing to ship"
        return Outcome(notice.key, OutcomeState.REFUSED, Message("item.refused", {"reason": reason}, reason))
    parts: list[tuple[str, Part]] = []
    wanted = _wanted(notice)
    for fo in ready:
        place = fo.assigned_location.location.id if fo.assigned_location.location else fo.assigned_location.name
        if not wanted:
            parts.append((place, (fo.id, [])))
        elif rows := _rows(fo, wanted):
            parts.append((place, (fo.id, rows)))
    if not parts and alive:  # nothing of these lines is left to ship
        return Outcome(notice.key, OutcomeState.DONE, remote_ref=alive[0].id)
    if any(wanted.values()):
        short = ", ".join(line for line, left in wanted.items() if left)
        return Outcome(notice.key, OutcomeState.REFUSED, Message("item.conflict", {"lines": short}, field="lines"))
    groups: dict[str, list[Part]] = {}
    for place, part in parts:
        groups.setdefault(place, []).append(part)
    return list(groups.values())


def _wanted(notice: ShipmentNotice) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for line in notice.lines:
        wanted[line.remote_id] = wanted.get(line.remote_id, 0) + line.quantity
    return wanted


def _rows(fo: FulfilmentOrder, wanted: dict[str, int]) -> list[tuple[str, int]]:
    """Takes from `wanted` what this fulfilment order can give."""
    rows: list[tuple[str, int]] = []
    for line in fo.line_items.nodes:
        taken = min(line.remaining_quantity, wanted.get(line.line_item.id, 0))
        if taken > 0:
            wanted[line.line_item.id] -= taken
            rows.append((line.id, taken))
    return rows


def split_refused(errors: Sequence[UserError], count: int) -> dict[int, UserError]:
    """Row → its first error, for the errors that name a row which exists."""
    found: dict[int, UserError] = {}
    for error in errors:
        if error.index is not None and error.index < count:
            found.setdefault(error.index, error)
    return found
