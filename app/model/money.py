"""Amounts of money. No float ever enters here; two currencies never add up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from enum import StrEnum
from functools import lru_cache

import msgspec

MICROS = 1_000_000
_MAX_MICROS = 2**63 - 1
_MICRO, _NOTHING = Decimal("0.000001"), Decimal("0.00")
_MOST = Decimal(_MAX_MICROS // MICROS)
# ISO 4217 minor units where they are not two.
_EXPONENTS = {
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "VND": 0,
    "ISK": 0,
    "UGX": 0,
    "BHD": 3,
    "KWD": 3,
    "OMR": 3,
    "JOD": 3,
    "TND": 3,
}
# What vendors write for a currency that has an ISO code of its own (Paraşüt says TRL, older shops say YTL or TL).
_CURRENCY_ALIASES = {"TRL": "TRY", "YTL": "TRY", "TL": "TRY", "₺": "TRY"}


@lru_cache(maxsize=8192)
def _micros(amount: Decimal) -> int:
    """Kept for the amounts that come again and again: the prices of a shop."""
    scaled = amount.scaleb(6)
    whole = int(scaled)
    if whole != scaled or abs(whole) > _MAX_MICROS:
        raise ValueError(f"{amount} does not fit the store")
    return whole


class CurrencyMismatch(TypeError):
    """Two amounts of different currencies met in one sum."""


def currency_code(text: str) -> str:
    """The ISO 4217 code of `text` as vendors write it. Raises ValueError when it is none."""
    return _code(text)


@lru_cache(maxsize=256)
def _code(text: str) -> str:
    code = _CURRENCY_ALIASES.get(text, text)
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise ValueError(f"not a currency: {text[:12]!r}")
    return code if code.isupper() else code.upper()


class Money(msgspec.Struct, frozen=True):
    """An exact amount and its ISO 4217 currency. VAT is said by `Price`, not here."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not Decimal:
            raise TypeError(f"an amount is a Decimal, not {type(self.amount).__name__}")

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Checked construction. Raises ValueError for text that is no finite number or for an unknown currency."""
        if type(amount) is Decimal:
            value = amount
        elif isinstance(amount, float):
            raise TypeError("no float touches a price")
        else:
            try:
                value = Decimal(amount)
            except InvalidOperation as error:
                raise ValueError(f"not a number: {str(amount)[:40]!r}") from error
        if not value.is_finite() or not -_MOST <= value <= _MOST:
            raise ValueError(f"not a usable amount: {str(amount)[:40]!r}")
        exponent = value.as_tuple()[2]
        if type(exponent) is int and exponent < -6:  # the noise of a double at the vendor's: 279.97999999999996
            value = value.quantize(_MICRO, ROUND_HALF_UP).normalize() + _NOTHING
        return cls(value, _code(currency))

    @classmethod
    def from_micros(cls, micros: int, currency: str) -> Money:
        """The store and Google speak millionths."""
        return cls(Decimal(micros).scaleb(-6).normalize() + Decimal("0.00"), currency)

    @property
    def micros(self) -> int:
        """Millionths, exact. Raises ValueError when there is something below a millionth or it does not fit 64 bits."""
        return _micros(self.amount)

    @property
    def exponent(self) -> int:
        """Digits of the currency's minor unit (2 for TRY, 0 for JPY)."""
        return _EXPONENTS.get(self.currency, 2)

    def rounded(self) -> Money:
        """To the currency's minor unit, half up: the rounding rule of Turkish invoices."""
        with localcontext() as context:
            context.prec = 40
            return Money(self.amount.quantize(Decimal(1).scaleb(-self.exponent), ROUND_HALF_UP), self.currency)

    def text(self) -> str:
        """Plain decimal text for the wire: at least the minor unit's digits, no exponent, `.` as the mark."""
        shown = self.amount
        least = Decimal(1).scaleb(-self.exponent)
        exponent = shown.as_tuple().exponent
        if isinstance(exponent, int) and exponent > -self.exponent:
            shown = shown.quantize(least)
        return format(shown, "f")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        if isinstance(factor, float):
            raise TypeError("no float touches a price")
        return Money(self.amount * factor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __str__(self) -> str:
        return f"{self.text()} {self.currency}"


class Vat(StrEnum):
    """Whether a price holds its VAT. A price without this word is no price."""

    INCLUDED = "included"
    EXCLUDED = "excluded"


class Price(msgspec.Struct, frozen=True):
    """Money with its VAT inclusion. Two prices of different inclusion never add up."""

    money: Money
    vat: Vat = Vat.INCLUDED

    def __add__(self, other: Price) -> Price:
        if self.vat is not other.vat:
            raise TypeError("a price with VAT and one without do not add up")
        return Price(self.money + other.money, self.vat)

    def with_vat(self, rate: Decimal) -> Price:
        """The same price with VAT of `rate` percent in it, unrounded."""
        if self.vat is Vat.INCLUDED:
            return self
        return Price(self.money * (1 + rate / 100), Vat.INCLUDED)
