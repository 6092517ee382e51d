"""Money is exact, of one currency, and never a float."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import CurrencyMismatch, Money, Price, Vat, currency_code

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False)


def test_floats_are_refused():
    with pytest.raises(TypeError):
        Money.of(1.5, "TRY")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(1.5, "TRY")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money.of("1", "TRY") * 1.1  # type: ignore[operator]


@pytest.mark.parametrize("text", ["fiyat sor", "NaN", "1e999", "Infinity", "", "1.234,56"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="not a"):
        Money.of(text, "TRY")


def test_two_currencies_never_add_up():
    with pytest.raises(CurrencyMismatch):
        Money.of("1", "TRY") + Money.of("1", "EUR")
    with pytest.raises(CurrencyMismatch):
        _ = Money.of("1", "TRY") < Money.of("1", "EUR")


@pytest.mark.parametrize(
    ("written", "code"), [("TRL", "TRY"), ("TL", "TRY"), ("₺", "TRY"), ("eur", "EUR"), ("USD", "USD")]
)
def test_currencies_as_vendors_write_them(written, code):
    assert currency_code(written) == code


@pytest.mark.parametrize("text", ["", "T", "TRYX", "12A", "İİİ"])
def test_unknown_currencies_are_refused(text):
    with pytest.raises(ValueError, match="not a currency"):
        currency_code(text)


@given(amounts)
def test_micros_round_trip(amount):
    money = Money(amount, "TRY")
    assert Money.from_micros(money.micros, "TRY").amount == amount


def test_what_does_not_fit_the_store_is_told():
    with pytest.raises(ValueError, match="does not fit"):
        _ = Money(Decimal("0.0000001"), "TRY").micros


@given(amounts, amounts)
def test_addition_is_exact(a, b):
    assert (Money(a, "TRY") + Money(b, "TRY") - Money(b, "TRY")).amount == a


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12.5", "TRY", "12.50"),
        ("1E3", "TRY", "1000.00"),
        ("7", "JPY", "7"),
        ("1.2345", "TRY", "1.2345"),
        ("0", "KWD", "0.000"),
    ],
)
def test_text_for_the_wire(amount, currency, text):
    assert Money.of(amount, currency).text() == text


def test_rounding_is_half_up():
    assert Money.of("2.345", "TRY").rounded() == Money.of("2.35", "TRY")
    assert Money.of("-2.345", "TRY").rounded() == Money.of("-2.35", "TRY")


def test_prices_with_and_without_vat_do_not_add_up():
    with pytest.raises(TypeError):
        Price(Money.of("1", "TRY"), Vat.INCLUDED) + Price(Money.of("1", "TRY"), Vat.EXCLUDED)


def test_vat_is_put_on_once():
    net = Price(Money.of("100", "TRY"), Vat.EXCLUDED)
    gross = net.with_vat(Decimal(20))
    assert gross == Price(Money.of("120.00", "TRY"), Vat.INCLUDED)
    assert gross.with_vat(Decimal(20)) == gross
