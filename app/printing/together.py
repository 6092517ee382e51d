"""Own labels of orders that were combined or split: one label for several orders, several for one. What must never happen: two labels
for one parcel, or the money at the door asked for twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from app.formats.words import Words
from app.model import Address, Order
from app.printing.contents import label_of
from app.printing.data import LabelData
from app.store import Bundle, Store, StoredOrder


class Sheet(msgspec.Struct, frozen=True):
    """One label to be: the orders on it, and which part of how many it is (1 of 1 where it is whole)."""

    orders: tuple[StoredOrder, ...]
    bundle: Bundle | None = None
    part: int = 1
    parts: int = 1


async def sheets_of(store: Store, stored: Sequence[StoredOrder]) -> list[Sheet]:
    """The labels of these orders in their order; each bundle once, with all that is in it."""
    bundles = await store.bundles.of_orders([one.id for one in stored])
    if not bundles:
        return [Sheet((one,)) for one in stored]
    known = {one.id: one for one in await store.orders.get_many([i for one in bundles for i in one.orders])}
    made: list[Sheet] = []
    done: set[int] = set()
    for one in stored:
        mine = [bundle for bundle in bundles if one.id in bundle.orders]
        if not mine:
            made.append(Sheet((one,)))
        for part, bundle in enumerate(mine, 1):
            if bundle.id not in done:
                done.add(bundle.id)
                inside = tuple(known[i] for i in bundle.orders if i in known and _goes(known[i])) or (one,)
                made.append(Sheet(inside, bundle, part, len(mine)))
    return made


def _goes(stored: StoredOrder) -> bool:
    return stored.order.status not in ("cancelled", "returned")


def label_for(
    sheet: Sheet, names: Mapping[int, str], sender: str, words: Words, copies: Mapping[int, int], own: Mapping[int, Address]
) -> LabelData:  # fmt: skip
    """What stands on it; scanned, it is its first order. Pure."""
    first = sheet.orders[0]
    order = _part(first.order, sheet) if sheet.parts > 1 else _merged([one.order for one in sheet.orders])
    channels = " + ".join(dict.fromkeys(names.get(one.connection_id, "") for one in sheet.orders))
    made = label_of(
        order, channels, sender, words, max(copies.get(one.id, 0) for one in sheet.orders), own.get(first.id)
    )
    if sheet.bundle is None:
        return made
    carrier = made.carrier
    if sheet.parts > 1:
        told = words("parcels.piece", number=sheet.part, count=sheet.parts)
        carrier = f"{carrier} · {told}" if carrier else told
    return msgspec.structs.replace(made, code=first.order.tracking_number or first.order.number, carrier=carrier)


def _merged(orders: Sequence[Order]) -> Order:
    if len(orders) == 1:
        return orders[0]
    paying = [one for one in orders if one.cash_on_delivery]
    total = orders[0].total
    if paying:
        total = paying[0].total
        for one in paying[1:]:
            total = total + one.total  # two currencies are a type error, and no label
    return msgspec.structs.replace(
        orders[0], number=", ".join(one.number for one in orders), lines=tuple(x for one in orders for x in one.lines),
        cash_on_delivery=bool(paying), total=total, carrier=next((one.carrier for one in orders if one.carrier), ""),
    )  # fmt: skip


def _part(order: Order, sheet: Sheet) -> Order:
    pieces = {one.line: one.quantity for one in sheet.bundle.lines} if sheet.bundle is not None else {}
    lines = tuple(
        msgspec.structs.replace(x, quantity=pieces[x.remote_id]) for x in order.lines if x.remote_id in pieces
    )
    return msgspec.structs.replace(order, lines=lines, cash_on_delivery=order.cash_on_delivery and sheet.part == 1)
