"""Which carrier an order goes with: the first rule that fits, by the merchant's own short list. Pure.

A rule that no longer names a living connection is passed over; without a fitting rule nothing is guessed among several.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.model import Order, fold
from app.store.connections import ConnectionRow

RULES = "shipping.rules"  # setting: a list of Rule, first fit wins


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Blank means any. `carrier` is a connection's id; `channel` the order's connection. `city` is a province. Desi and total
    (VAT and shipping included, in the order's currency) are bounds that still fit. `own`: only when the channel itself named
    this carrier for the order (its own cargo contract). Weights are grams of the whole parcel. `on` False: kept, and passed over."""

    carrier: int
    channel: int = 0
    city: str = ""
    own: bool = False
    least_desi: Decimal | None = None
    most_desi: Decimal | None = None
    least_total: Decimal | None = None
    most_total: Decimal | None = None
    least_weight_g: int | None = None
    most_weight_g: int | None = None
    on: bool = True


#: Bounds of a rule, by name: amounts and measures.
BOUNDS = ("least_desi", "most_desi", "least_total", "most_total")
WEIGHTS = ("least_weight_g", "most_weight_g")


def read_rules(value: Any) -> list[Rule]:
    """From the setting; what cannot be read is no rule."""
    found = []
    for one in value if isinstance(value, list) else []:
        try:
            found.append(msgspec.convert(one, Rule, strict=False))
        except msgspec.ValidationError:
            continue
    return found


def choose(
    order: Order, channel: int, city: str, desi: Decimal, rules: Sequence[Rule], carriers: Sequence[ConnectionRow],
    names: dict[int, str], weight_g: int = 0,
) -> ConnectionRow | None:  # fmt: skip
    """The carrier's connection, None when a person must say. `names`: what each carrier connection's integration is called;
    `desi` and `weight_g` 0: unknown, which only rules without a bound on them fit."""
    living = {row.id: row for row in carriers}
    for rule in rules:
        row = living.get(rule.carrier)
        if row is not None and _fits(rule, order, channel, city, desi, names.get(row.id, ""), weight_g):
            return row
    return next(iter(living.values())) if len(living) == 1 else None


def _fits(rule: Rule, order: Order, channel: int, city: str, desi: Decimal, carrier: str, weight_g: int) -> bool:
    if not rule.on:
        return False
    if rule.channel and rule.channel != channel:
        return False
    if rule.city and fold(rule.city) != fold(city):
        return False
    if rule.own and not (order.carrier and _same_carrier(order.carrier, carrier)):
        return False
    for value, least, most, known in (
        (desi, rule.least_desi, rule.most_desi, desi > 0),
        (order.total.amount, rule.least_total, rule.most_total, not order.unpriced),
        (Decimal(weight_g), rule.least_weight_g, rule.most_weight_g, weight_g > 0),
    ):
        if least is None and most is None:
            continue
        if not known or (least is not None and value < least) or (most is not None and value > most):
            return False
    return True


def _same_carrier(told: str, carrier: str) -> bool:
    """`Yurtiçi Kargo Marketplace` and `Yurtiçi Kargo` are one: the first word that is not the trade's own tells."""
    words = [word for word in fold(carrier).split() if word not in ("kargo", "cargo", "lojistik")]
    return bool(words) and words[0] in fold(told).split()
