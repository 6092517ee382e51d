"""The formula language: what it means, what it refuses and where it points."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.words import LANGUAGES, Words
from app.pricing.exact import LineTrouble, step
from app.pricing.formula import MOST_CHARACTERS, MOST_DEPTH, FormulaError, compile_formula

D = Decimal
VALUES = {
    "price": D("104.895"), "list_price": D(150), "cost": D(50), "stock": D(2), "commission": D("0.21"), "vat": D("0.20"),
    "min_price": D("99.90"), "max_price": D(200), "desi": D(3),
}  # fmt: skip


TURKISH = Words.load("tr")


def trouble(text: str) -> FormulaError | None:
    try:
        compile_formula(text)
    except FormulaError as error:
        return error
    return None


def value(text: str, **changes: Decimal | None) -> Decimal:
    return step(compile_formula(text).root)({**VALUES, **changes})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price * 1.10", "115.3845"), ("fiyat * 1,10", "115.3845"), ("FİYAT*1.1", "115.3845"), ("Fiyat × 1.1", "115.3845"),
        ("cost / (1 - commission - 25%)", "92.592592592592592592592592592592592592592592592593"),
        ("maliyet / (1 − komisyon − %25)", "92.592592592592592592592592592592592592592592592593"),
        ("price * (1 + 10%)", "115.3845"), ("price * %110", "115.3845"), ("100 + 10% * price", "110.4895"),
        ("round_to(price; 0.90)", "104.90"), ("round_to(price * 1,05; 0,90)", "109.90"), ("round_to(110.40; 0.90)", "110.90"),
        ("round_to(110.39; 0,90)", "109.90"), ("round_up_to(price; 0.90)", "104.90"), ("round_up_to(104.90, 0.90)", "104.90"),
        ("round_up_to(104.91, 0.90)", "105.90"), ("round_down_to(price, 0.90)", "103.90"), ("round_to(price, 9.90)", "99.90"),
        ("round_to(104; 9.90)", "99.90"), ("round_to(price, 99)", "99"), ("round_to(price; 0)", "105"), ("round_to(0.30; 0.90)", "0.90"),
        ("round_down_to(0.30; 0.90)", "-0.10"), ("yakın_yuvarla(fiyat; 0,90)", "104.90"), ("round_to(-5; 0.90)", "-5.10"),
        ("round(price)", "105"), ("round(price; 2)", "104.90"), ("round(0 - price; 2)", "-104.90"), ("yuvarla(2,5)", "3"),
        ("max(min_price, price - 10)", "99.90"), ("max(en_az; fiyat − 10)", "99.90"), ("en_küçük(1; 2; 3)", "1"), ("abs(-3)", "3"),
        ("max(1, 2)", "2"), ("max(1;2)", "2"), ("max(1,2; 1)", "1.2"),
        ("if stock < 3 then price * 2", "209.790"), ("if stock > 3 then price * 2", "104.895"),
        ("if stock > 3 then 1 else if stock = 2 then 7 else 9", "7"), ("eğer stok < 3 ise 5 değilse 6", "5"),
        ("if stock < 3 and not (price < 1) or cost > 99 then 1 else 2", "1"), ("EĞER stok ≥ 3 VEYA maliyet ≠ 50 ISE 1 YOKSA 2", "2"),
        ("2 + 3 * 4", "14"), ("(2 + 3) * 4", "20"), ("10 - 2 - 3", "5"), ("12 / 2 / 3", "2"), ("-price + 200", "95.105"),
        ("liste_fiyatı", "150"), ("liste_fiyati", "150"), ("LISTE_FIYATI", "150"), ("+price", "104.895"), ("kdv", "0.20"), ("desi*2", "6"),
        ("1 <> 2", None), ("commission + 1%", "0.22"), (".5 * 2", "1.0"), ("price\n* 2", "209.790"),
    ],
)  # fmt: skip
def test_what_formulas_mean(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(FormulaError, match="no_number"):
            compile_formula(text)
    else:
        assert value(text) == D(expected)


@pytest.mark.parametrize(
    ("text", "key", "at"),
    [
        ("1/0", "division", 1), ("price / (2 - 2)", "division", 6), ("__import__('os')", "character", 11), ("__import__(1)", "unknown_function", 0),
        ("price.__class__", "character", 5), ("price[0]", "character", 5), ("lambda: 1", "character", 6), ("exec(price)", "unknown_function", 0),
        ("1e999", "exponent", 0), ("price * 1E5", "exponent", 8), ("9" * 13, "large", 0), ("0." + "1" * 30, "large", 0),
        ("1.249,90", "thousands", 0), ("price * 1.249.000", "thousands", 8), ("", "blank", 0), ("   ", "blank", 0),
        ("price *", "end", 7), ("(price", "end", 6), ("max(", "end", 4), ("price price", "word", 6), ("price ** 2", "word", 7), ("price; 3", "word", 5),
        ("pirce * 2", "unknown_name_near", 0), ("2 * ücret", "unknown_name", 4), ("roundto(price; 1)", "unknown_function_near", 0),
        ("price()", "no_arguments", 0), ("max", "needs_arguments", 0), ("max(1,2)", "arguments", 0), ("abs(1; 2)", "arguments", 0),
        ("price + 10%", "percent", 6), ("price - %5", "percent", 6), ("max(cost; price) + 5%", "percent", 17),
        ("round_to(price; cost)", "ending", 16), ("round_to(price; -1)", "ending", 16), ("round_to(price; 90%)", "ending", 16),
        ("round(price; 9)", "places", 13), ("round(price; 1,5)", "places", 13), ("stock < 3", "no_number", 0), ("price + (1 < 2)", "wants_number", 9),
        ("if price then 1", "wants_truth", 3), ("price and 1", "wants_truth", 0), ("if 1 < 2 then 3 < 4 else 1", "wants_number", 14),
        ("1 < 2 < 3", "word", 6), ("fiyat ₺", "character", 6), ("fiyat %10", "word", 6), ("x" * 2000, "long", MOST_CHARACTERS),
    ],
)  # fmt: skip
def test_what_is_refused_and_where(text: str, key: str, at: int) -> None:
    with pytest.raises(FormulaError) as caught:
        compile_formula(text)
    assert (caught.value.key, caught.value.at) == (key, at)
    for language in LANGUAGES:
        told = Words.load(language)(f"formula.error.{caught.value.key}", **caught.value.params, at=at + 1)
        assert "⟦" not in told
        assert "{" not in told


@pytest.mark.parametrize("text", ["(" * 450 + "1" + ")" * 450, "-" * 900 + "1", "+".join(["1"] * 400), "max(1;" * 120 + "1" + ")" * 120,
                                  "not " * 200 + "1 < 2", "if 1 < 2 then " * 60 + "1"])  # fmt: skip
def test_endless_nesting_is_refused_without_a_deep_stack(text: str) -> None:
    with pytest.raises(FormulaError, match="deep"):
        compile_formula(text)


def test_depth_that_is_allowed() -> None:
    inside = "(" * (MOST_DEPTH - 2)
    assert value(inside + "price" + ")" * (MOST_DEPTH - 2)) == D("104.895")


@pytest.mark.parametrize(
    ("text", "changes", "code"),
    [
        ("cost * 2", {"cost": None}, "missing:cost"), ("price / stock", {"stock": D(0)}, "division"),
        ("stock / stock", {"stock": D(0)}, "division"), ("1 / (commission - commission)", {}, "division"),
        ("*".join(["999999999999"] * 9), {}, "large"), ("if stock > 3 then cost", {"price": None}, "missing:price"),
    ],
)  # fmt: skip
def test_a_line_without_a_value_says_why(text: str, changes: dict[str, Decimal | None], code: str) -> None:
    with pytest.raises(LineTrouble) as caught:
        value(text, **changes)
    assert caught.value.code == code


def test_what_is_not_chosen_is_not_asked_for() -> None:
    assert value("if stock < 3 then price else cost", cost=None) == D("104.895")
    assert value("if cost = 50 or price / stock > 1 then 1 else 2", stock=D(0)) == 1


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    found = trouble(text)
    if found is not None:
        assert 0 <= found.at <= len(text)
        assert TURKISH.has(f"formula.error.{found.key}")


def test_broken_formulas_are_refused_with_a_place_in_them() -> None:
    rng = random.Random(7)
    sound = "if stock < 3 and cost > 1 then round_to(max(price; cost / (1 - commission)); 0,90) else list_price * 95%"
    pieces = ["(", ")", ";", ",", "%", "if", "<", "price", "0,9", "max", "'", " ", "e9", "/", "0"]
    refused = 0
    for _ in range(400):
        at = rng.randrange(len(sound))
        text = sound[:at] + rng.choice(pieces) + sound[at + rng.randrange(3) :]
        found = trouble(text)
        if found is not None:
            refused += 1
            assert 0 <= found.at <= len(text)
    assert refused > 200
