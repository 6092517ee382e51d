"""Which orders may go into one parcel, and how one is cut into several. What must never happen: two buyers in one parcel, a piece in two
parcels or in none, or an order combined that leaves under a number of its channel's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from app.changes import ORDERS, ChangeReport, Changes
from app.model import Address, Order, OrderStatus, fold
from app.store import Bundle, OrderQuery, Store, StoredOrder

_OPEN = (OrderStatus.OPEN, OrderStatus.PARTIALLY_SHIPPED)
_GONE_PARCEL = ("cancelled", "returned")
_MOST_MATES = 20
MOST_PARTS = 50
Groups = Sequence[Sequence[tuple[str, int]]]


class BundleRefused(ValueError):
    """`why`: a word key after `orders.bundle.refusal.`; `number`: the order that it is about."""

    def __init__(self, why: str, number: str = "") -> None:
        super().__init__(why, number)
        self.why, self.number = why, number


def place_of(address: Address) -> tuple[str, ...]:
    """What must agree for one parcel: who, street, district, city; spelling apart. ('',) for an address that says nothing."""
    parts = tuple(
        "".join(c for c in fold(one) if c.isalnum())
        for one in (address.name or address.company, address.street, address.district, address.city)
    )
    return parts if parts[0] and parts[1] else ("",)


def same_place(one: Address, other: Address) -> bool:
    """Whether two orders go to one person at one address. Phones are not asked: channels put a number of their own in front."""
    return place_of(one) != ("",) and place_of(one) == place_of(other)


def why_not(stored: StoredOrder) -> str:
    """Why this order is in no bundle, whatever the other ones are; '' when it may be."""
    order = stored.order
    if order.status is OrderStatus.CANCELLED or order.cancel_asked:
        return "cancelled"
    if stored.superseded_by is not None:
        return "superseded"
    if order.fulfilled_by_channel:
        return "by_channel"
    if order.status not in _OPEN or stored.local_state == "shipped":
        return "not_open"
    return ""


def why_not_together(orders: Sequence[StoredOrder], own: Mapping[int, Address]) -> tuple[str, str]:
    """Why these orders cannot be one parcel, and of which that is said; ('', '') when they can."""
    if len({one.id for one in orders}) < 2:
        return "one", orders[0].order.number if orders else ""
    for one in orders:
        if why := why_not(one):
            return why, one.order.number
    first = orders[0]
    to = own.get(first.id, first.order.ship_to)
    for one in orders[1:]:
        if not same_place(to, own.get(one.id, one.order.ship_to)):
            return "other_address", one.order.number
    numbers = {one.order.tracking_number for one in orders} - {""}
    if len(numbers) > 1 or (numbers and not all(one.order.tracking_number for one in orders)):
        # A channel's own cargo number stands for its own package: one label cannot carry two.
        return "channel_cargo", next(one.order.number for one in orders if one.order.tracking_number)
    return "", ""


async def mates(store: Store, stored: StoredOrder) -> list[StoredOrder]:
    """The other orders to ship that could go into one parcel with this one, oldest first; in no parcel, and not split."""
    order = stored.order
    own = await store.addresses.get_many((stored.id,))
    to = own.get(stored.id, order.ship_to)
    name = order.buyer.name or to.name
    if why_not(stored) or not name or place_of(to) == ("",):
        return []
    rows = await store.orders.query(OrderQuery(search=name, to_ship_only=True, limit=200))
    found = await store.orders.get_many([row.id for row in rows if row.id != stored.id])
    theirs = await store.addresses.get_many([one.id for one in found])
    found = [one for one in found if why_not_together((stored, one), {**own, **theirs}) == ("", "")]
    ids = [stored.id, *(one.id for one in found)]
    taken = {
        i for i, rows in (await store.parcels.of_orders(ids)).items() if any(p.state not in _GONE_PARCEL for p in rows)
    }
    split = {i for one in await store.bundles.of_orders(ids) if one.kind == "split" for i in one.orders}
    if stored.id in taken | split:
        return []
    return sorted((one for one in found if one.id not in taken | split), key=lambda one: one.id)[:_MOST_MATES]


async def combine(store: Store, changes: Changes, ids: Sequence[int]) -> Bundle:
    """One parcel for these orders. Raises BundleRefused, StoreError `store.in_parcel` and `store.bundled`."""
    orders = await store.orders.get_many(list(dict.fromkeys(ids)))
    why, number = why_not_together(orders, await store.addresses.get_many(list(ids)))
    if why:
        raise BundleRefused(why, number)
    made = await store.bundles.combine([one.id for one in orders])
    changes.publish(ChangeReport(ORDERS, frozenset(made.orders), "user"))
    return made


def parts_of(order: Order, groups: Groups) -> list[list[tuple[str, int]]]:
    """The groups, and one more with what none of them names: each piece exactly once. Raises BundleRefused `unknown_line`,
    `too_many_pieces`, `empty_part`, `one_part`, `too_many_parts`. Pure."""
    left = Counter({line.remote_id: line.quantity for line in order.lines if not line.cancelled})
    made: list[list[tuple[str, int]]] = []
    for group in groups:
        wanted: Counter[str] = Counter()
        for line, pieces in group:
            wanted[line] += pieces
        for line, pieces in wanted.items():
            if line not in left:
                raise BundleRefused("unknown_line", line)
            if pieces < 1 or pieces > left[line]:
                raise BundleRefused("too_many_pieces", line)
            left[line] -= pieces
        if not wanted:
            raise BundleRefused("empty_part")
        made.append(sorted(wanted.items()))
    rest = sorted((line, pieces) for line, pieces in left.items() if pieces > 0)
    made += [rest] if rest else []
    if len(made) < 2:
        raise BundleRefused("one_part", order.number)
    if len(made) > MOST_PARTS:
        raise BundleRefused("too_many_parts", str(MOST_PARTS))
    return made


async def split(store: Store, changes: Changes, order_id: int, groups: Groups) -> list[Bundle]:
    """Several parcels of our own for one order. Raises BundleRefused, KeyError for an unknown order, StoreError `store.in_parcel` and
    `store.bundled`."""
    stored = await store.orders.get(order_id)
    if stored is None:
        raise KeyError(order_id)
    if why := why_not(stored):
        raise BundleRefused(why, stored.order.number)
    if stored.order.tracking_number:
        raise BundleRefused("channel_cargo", stored.order.number)
    made = await store.bundles.split(order_id, parts_of(stored.order, groups))
    changes.publish(ChangeReport(ORDERS, frozenset({order_id}), "user"))
    return made


async def separate(store: Store, changes: Changes, ids: Sequence[int]) -> tuple[int, ...]:
    """Each order by itself again. Raises StoreError `store.in_parcel`."""
    about = await store.bundles.dissolve(ids)
    if about:
        changes.publish(ChangeReport(ORDERS, frozenset(about), "user"))
    return about


def described(bundles: Sequence[Bundle], orders: Sequence[StoredOrder]) -> list[dict[str, object]]:
    """Bundles as data: their kind, their orders' numbers and, of a part, its lines."""
    numbers = {one.id: one.order.number for one in orders}
    return [
        {
            "bundle": one.id, "kind": one.kind, "orders": [numbers.get(i, str(i)) for i in one.orders], "shipped": one.shipped,
            "lines": [msgspec.to_builtins(line) for line in one.lines if line.line],
        }
        for one in bundles
    ]  # fmt: skip
