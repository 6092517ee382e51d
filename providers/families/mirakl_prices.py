"""All prices of an offer, with one of them changed, as rows of Mirakl's price file (PRI01). Pure. The file replaces every price of
an offer that it names, so a row that is left out is a price that is wiped: what cannot be told whole is refused.

Source of the facts: Mirakl's seller OpenAPI document, PRI01 (columns and examples) and OF21 (what stands at the offer now).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from app.contracts import Message
from app.kit import maybe
from app.model import Money, PriceChange, parse_iso
from providers.families.mirakl_offers import ContextWire, OfferWire, PriceWire, VolumeWire

MOST_PRICES = 50  # an offer
#: Every column in the order of the documents' examples; those in the middle only where an offer needs them.
COLUMNS = (
    "offer-sku", "price", "price-ranges", "discount-price", "discount-ranges", "channels", "start-date", "end-date",
    "customer-organization-ids", "customer-group-ids", "discount-start-date", "discount-end-date",
)  # fmt: skip
ALWAYS = frozenset({"offer-sku", "price", "discount-price", "discount-start-date", "discount-end-date"})
Row = dict[str, str]


def columns_of(rows: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """The columns of a file: a shop without channel or volume prices must not be shown theirs."""
    used = {name for row in rows for name, value in row.items() if value} | ALWAYS
    return tuple(name for name in COLUMNS if name in used)


def _channels(one: PriceWire) -> list[str]:
    told = one.context.channel_codes if one.context is not None else None
    return told or ([one.channel_code] if one.channel_code else [])


def _is_plain(one: PriceWire) -> bool:
    """For everybody, at all times."""
    c = one.context or ContextWire()
    return not (c.customer_group_ids or c.customer_organization_ids or c.start_date or c.end_date)


def _ours(prices: Sequence[PriceWire], channel: str) -> PriceWire | None:
    """The price that the listing shows: the connection's channel's own, else the one for all channels. None: it cannot be told."""
    plain = [one for one in prices if _is_plain(one)]
    found = [one for one in plain if channel and _channels(one) == [channel]]
    found = found or [one for one in plain if not _channels(one)]
    return found[0] if len(found) == 1 else None


def _text(amount: Decimal) -> str:
    return format(amount, "f")


def _ranges(volumes: Sequence[VolumeWire], *, discount: bool) -> str:
    told = [(one.quantity_threshold, one.unit_discount_price if discount else one.unit_origin_price) for one in volumes]
    return ",".join(f"{threshold}|{_text(price)}" for threshold, price in told if price is not None)


def _row(sku: str, one: PriceWire) -> Row:
    c, volumes = one.context or ContextWire(), one.volume_prices or []
    row = {
        "offer-sku": sku,
        "price": _text(one.unit_origin_price),
        "channels": "|".join(_channels(one)),
        "start-date": c.start_date or "",
        "end-date": c.end_date or "",
        "customer-organization-ids": "|".join(c.customer_organization_ids or ()),
        "customer-group-ids": "|".join(c.customer_group_ids or ()),
    }
    several = any(v.quantity_threshold > 1 for v in volumes)
    if several:
        row["price-ranges"] = _ranges(volumes, discount=False)
    if one.unit_discount_price is not None:
        row["discount-price"] = _text(one.unit_discount_price)
        row["discount-ranges"] = _ranges(volumes, discount=True) if several else ""
        row["discount-start-date"] = one.discount_start_date or ""
        row["discount-end-date"] = one.discount_end_date or ""
    return row


def _refused(reason: str) -> Message:
    return Message("item.refused", {"reason": reason}, field="price")


def _changed(one: PriceWire, change: PriceChange, now: datetime) -> PriceWire | Message:
    """The price with the change in it. A discount in force is the sale price, and the price before it the crossed-out one. A
    discount that is still to come stays, unless its place is needed or it would be none any more: then a person decides."""
    new, crossed = change.price, change.list_price
    in_force = one.unit_discount_price is not None and one.price < one.unit_origin_price
    starts = maybe(parse_iso, one.discount_start_date)
    to_come = one.unit_discount_price if not in_force and starts is not None and starts > now else None
    keep = in_force or to_come is not None
    origin, discount = new.amount, to_come
    if crossed is not None and crossed.amount > new.amount:
        if to_come is not None:
            return _refused("planned_discount")
        origin, discount = crossed.amount, new.amount
    elif crossed is None and in_force and one.unit_origin_price > new.amount:
        origin, discount = one.unit_origin_price, new.amount
    elif to_come is not None and to_come >= new.amount:
        return _refused("planned_discount")
    volumes = [VolumeWire(1, origin, discount) if v.quantity_threshold <= 1 else v for v in one.volume_prices or ()]
    dates = (one.discount_start_date, one.discount_end_date) if keep and discount is not None else (None, None)
    return PriceWire(new.amount, origin, discount, *dates, one.channel_code, one.context, volumes)


def price_rows(offer: OfferWire | None, change: PriceChange, channel: str, now: datetime) -> list[Row] | Message:
    """All rows of the offer, or why it is not sent. `channel`: the connection's own, '' for none."""
    if offer is None:
        return Message("item.not_found", {"sku": change.listing.sku})
    currencies = {m.currency for m in (change.price, change.list_price) if isinstance(m, Money)}
    if currencies != {offer.currency_iso_code}:
        return _refused("currency")
    if change.price.amount <= 0:
        return _refused("price")
    if offer.retail_prices:  # what would be written here is what the operator pays, not what the buyer does
        return _refused("dropship")
    ours = _ours(offer.all_prices, channel)
    if offer.all_prices and (ours is None or len(offer.all_prices) > MOST_PRICES):
        return _refused("several_prices")
    start = ours or PriceWire(change.price.amount, change.price.amount)
    changed = _changed(start, change, now)
    if isinstance(changed, Message):
        return changed
    sku = offer.shop_sku
    return [_row(sku, changed if one is ours else one) for one in offer.all_prices] or [_row(sku, changed)]
