"""What customs abroad must be told of a parcel: from the order's lines, and from what the merchant typed once for an SKU. Pure.
A value, a code or an origin that nobody named is never made up: it is a finding with its field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.formats.numbers import read_number
from app.kit.abroad import INCOTERMS
from app.model import Address, Money, Order, OrderLine, Payer, currency_code
from app.shipping.address import FieldProblem

GOODS = "shipping.goods"  # setting: SKU → its Facts
#: Of an article, remembered; of one parcel, for that parcel only.
FACTS = ("hs_code", "made_in")
PARCEL_OPTIONS = ("declared_value", "currency", "quantity", "incoterm", "service", "payer_account", "goods")
_HS_CODE = re.compile(r"[0-9]{6,12}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MOST_VALUE = 99_999_999
_NAMED = 3  # articles that a finding names; more are counted


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one SKU: the customs code (6–12 digits) and the country of origin (ISO 3166-1 alpha-2); '' not known yet."""

    hs_code: str = ""
    made_in: str = ""


class Article(msgspec.Struct, frozen=True):
    """One line that goes abroad. `key` is what its facts are remembered by; `quantity` 0: the channel told no whole number."""

    key: str
    title: str
    quantity: int
    value: Money | None  # of all its pieces as the buyer pays them; None: not told
    facts: Facts = Facts()


class FactError(ValueError):
    """Something typed that is no code or no country; `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def read_goods(value: Any) -> dict[str, Facts]:
    """From the setting; what cannot be read is not known."""
    found: dict[str, Facts] = {}
    for key, one in value.items() if isinstance(value, dict) else ():
        try:
            found[key] = msgspec.convert(one, Facts)
        except msgspec.ValidationError:
            continue
    return found


def fact_of(field: str, text: str) -> str:
    """As it is kept: digits only, a country in capitals; '' forgets. Raises FactError."""
    if field == "hs_code":
        made = re.sub(r"[ .]", "", text)
        good = not made or bool(_HS_CODE.fullmatch(made))
    else:
        made = text.strip()
        made = made.upper() if made.isascii() else made
        good = not made or bool(_COUNTRY.fullmatch(made))
    if not good:
        raise FactError(field)
    return made


def key_of(line: OrderLine) -> str:
    """What a line's facts are remembered by; a line without an SKU by its barcode, else its title."""
    return line.sku or line.barcode or line.title


def articles_of(orders: Sequence[tuple[Order, Mapping[str, int] | None]], known: Mapping[str, Facts]) -> list[Article]:
    """The lines of each order; with a map (line's remote id → pieces) only those of the parcel that is a part of it."""
    found = []
    for order, part in orders:
        for line in order.lines:
            if line.cancelled or (part is not None and line.remote_id not in part):
                continue
            pieces = line.quantity if part is None else part[line.remote_id]
            price = None if order.unpriced or pieces <= 0 else line.unit_price.money
            value = None if price is None else Money(price.amount * pieces, price.currency)
            found.append(Article(key_of(line), line.title, pieces, value, known.get(key_of(line), Facts())))
    return found


def goods_options(articles: Sequence[Article], told: Mapping[str, str]) -> tuple[dict[str, str], list[FieldProblem]]:
    """The options that a carrier abroad reads, and what is missing. What a person told for this parcel counts before the lines."""
    if told.get("goods") == "documents":
        return dict(told), []
    made, wrong = dict(told), list[FieldProblem]()
    wrong += _value(articles, made)
    for field in FACTS:
        wrong += _fact(field, articles, made)
    if made.get("incoterm") and made["incoterm"] not in INCOTERMS:
        wrong.append(FieldProblem("incoterm", "one_of", ", ".join(sorted(INCOTERMS))))
    return made, wrong


def choice_problems(options: Mapping[str, str], payer: Payer, weight_g: int) -> list[FieldProblem]:
    """What every carrier abroad wants for any way."""
    wrong = [FieldProblem("weight", "blank")] if weight_g <= 0 else []
    if payer is Payer.RECEIVER and not options.get("payer_account"):
        wrong.append(FieldProblem("payer_account", "blank"))
    return wrong


def _value(articles: Sequence[Article], made: dict[str, str]) -> list[FieldProblem]:
    wrong: list[FieldProblem] = []
    if not made.get("quantity"):
        if articles and all(one.quantity > 0 for one in articles):
            made["quantity"] = str(sum(one.quantity for one in articles))
        else:
            wrong.append(FieldProblem("quantity", "blank"))
    if made.get("currency"):
        try:
            made["currency"] = currency_code(made["currency"].strip())
        except ValueError:
            return [*wrong, FieldProblem("currency", "bad_currency")]
    if made.get("declared_value"):
        value = read_number(made["declared_value"]).value
        if value is None or not 0 < value < _MOST_VALUE:
            return [*wrong, FieldProblem("declared_value", "bad_value")]
        made["declared_value"] = format(value, "f")
        currencies = {one.value.currency for one in articles if one.value is not None}
        if not made.get("currency") and len(currencies) == 1:
            made["currency"] = currencies.pop()
        return wrong if made.get("currency") else [*wrong, FieldProblem("currency", "blank")]
    lost = [one for one in articles if one.value is None or one.value.amount <= 0]
    if lost or not articles:
        return [*wrong, FieldProblem("declared_value", "no_price", _named(lost))]
    values = [one.value for one in articles if one.value is not None]
    if len({one.currency for one in values}) > 1 or made.get("currency", values[0].currency) != values[0].currency:
        return [
            *wrong,
            FieldProblem("declared_value", "currencies", ", ".join(sorted({one.currency for one in values}))),
        ]
    total = values[0]
    for one in values[1:]:
        total = total + one
    made |= {"declared_value": total.text(), "currency": total.currency}
    return wrong


def _fact(field: str, articles: Sequence[Article], made: dict[str, str]) -> list[FieldProblem]:
    if made.get(field):
        try:
            made[field] = fact_of(field, made[field])
        except FactError:
            return [FieldProblem(field, f"bad_{field}")]
        return []
    lost = [one for one in articles if not getattr(one.facts, field)]
    if lost or not articles:
        return [FieldProblem(field, "not_known", _named(lost))]
    values = list(dict.fromkeys(getattr(one.facts, field) for one in articles))
    if len(values) > 1:  # one code goes with a parcel: which of them, only the merchant knows
        return [FieldProblem(field, "several", ", ".join(values))]
    made[field] = values[0]
    return []


def _named(articles: Sequence[Article]) -> str:
    keys = list(dict.fromkeys(one.key for one in articles))
    return ", ".join(keys[:_NAMED]) + (f" … ({len(keys)})" if len(keys) > _NAMED else "")


def leaves(address: Address, home: str) -> bool:
    """Whether a parcel from `home` crosses a border."""
    return (address.country or "TR") != (home or "TR")
