"""The quick way over columns gives what the exact way gives, digit by digit, for every formula that has one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from app.pricing.exact import LineTrouble, step
from app.pricing.formula import FormulaError, compile_formula
from app.pricing.guards import Guards
from app.pricing.names import SCALES
from app.pricing.plan import Computer
from app.pricing.quick import quick

NAMES = ("price", "list_price", "cost", "stock", "min_price", "vat", "commission")
numbers = st.decimals("0", "9999", places=3).map(lambda d: f"{d.normalize():f}")
leaves = st.one_of(numbers, st.sampled_from(NAMES), st.sampled_from(("5%", "110%", "0,5")))


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.flatmap(lambda p: st.sampled_from([f"(({p[0]}) {o} ({p[1]}))" for o in "+-*"])),
        st.tuples(inner, st.sampled_from(["2", "1.25", "0.8", "1.6", "3", "stock"])).map(lambda p: f"({p[0]}) / {p[1]}"),
        pair.map(lambda p: f"min({p[0]}; {p[1]})"),
        pair.map(lambda p: f"max({p[0]}; {p[1]})"),
        inner.map(lambda one: f"abs({one})"),
        inner.map(lambda one: f"-({one})"),
        st.tuples(inner, st.integers(0, 4)).map(lambda p: f"round({p[0]}; {p[1]})"),
        st.tuples(st.sampled_from(("round_to", "round_up_to", "round_down_to")), inner, st.sampled_from(("0.90", "0", "0.05", "9.90", "99"))).map(
            lambda p: f"{p[0]}({p[1]}; {p[2]})"
        ),
        st.tuples(inner, st.sampled_from(("<", "<=", ">", ">=", "=", "!=")), inner, inner, inner).map(
            lambda p: f"(if ({p[0]}) {p[1]} ({p[2]}) and not (stock = 3) then ({p[3]}) else ({p[4]}))"
        ),
        inner.map(lambda one: f"(if stock < 5 or price > 10 then ({one}))"),
    )  # fmt: skip


formulas = st.recursive(leaves, grown, max_leaves=6)
micros = st.one_of(st.integers(0, 10**9).map(lambda n: n * 10_000), st.integers(0, 10**13))
row = st.fixed_dictionaries(
    {"price": micros, "list_price": micros, "cost": micros, "min_price": micros, "stock": st.integers(0, 5000), "vat": st.sampled_from((10_000, 100_000, 200_000)),
     "commission": st.integers(0, 900_000)}
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(formulas, st.lists(row, min_size=1, max_size=6))
@example("round_to(price * 1.05; 0.90)", [dict.fromkeys(NAMES, 0)])
@example("round((price) - (list_price); 0)", [{**dict.fromkeys(NAMES, 0), "list_price": 500_000}])
def test_the_quick_way_is_the_exact_way(text: str, rows: list[dict[str, int]]) -> None:
    try:
        formula = compile_formula(text)
    except FormulaError:
        assume(False)
        return
    column = quick(formula)
    assume(column is not None)
    assert column is not None
    found = column.run({name: [one[name] for one in rows] for name in NAMES}, len(rows))
    exact = step(formula.root)
    for one, got in zip(rows, found, strict=True):
        wanted = exact({name: Decimal(one[name]).scaleb(-SCALES[name]) for name in NAMES})
        assert Decimal(got).scaleb(-column.scale) == wanted
        assert len(str(abs(got))) <= max(1, column.digits)


@pytest.mark.parametrize(
    "text", ["cost / (1 - commission)", "price / 3", "price / stock", "*".join(["price"] * 3), "max(price; cost / 7)"]
)
def test_what_does_not_come_out_even_has_no_quick_way(text: str) -> None:
    assert quick(compile_formula(text)) is None


@pytest.mark.parametrize(
    "text", ["price * 1.05", "round_to(price / 0.8; 0.90)", "price / 1.25", "if stock < 3 then cost * 2", "max(1; 2)"]
)
def test_what_does_has_one(text: str) -> None:
    assert quick(compile_formula(text)) is not None


amount = st.one_of(st.none(), micros)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["round_to(price * 1.05; 0.90)", "cost * 1.5", "if stock < 3 then cost * 2 else price", "price - cost", "price * (1 + vat)",
                     "max(min_price; price * 80%)", "price * (1 - commission)"]),
    st.lists(st.tuples(st.sampled_from(("TRY", "JPY", "KWD")), amount, amount, st.one_of(st.none(), st.integers(0, 9)), amount, amount, amount,
                       st.sampled_from((None, 1000, 2000)), st.booleans()), min_size=1, max_size=8),
)  # fmt: skip
def test_lines_are_the_same_both_ways(text: str, rows: list[Any]) -> None:
    bases = []
    for number, (currency, price, crossed, stock, cost, floor, ceiling, vat, other) in enumerate(rows, 1):
        known = (None, None, None) if other else (cost, floor, ceiling)
        bases.append((number, number % 2, currency, price, crossed, stock, *known, vat, None, int(other)))
    formula, shares = compile_formula(text), {1: Decimal("0.21")}
    fast, slow = Computer(formula, Guards(), shares), Computer(formula, Guards(), shares)
    slow._quick = None
    assert fast._quick is not None
    assert fast.lines(bases) == slow.lines(bases)
    assert fast.judge.totals == slow.judge.totals
    assert fast.judge.totals.looked == len(bases)


def test_troubles_stay_with_their_lines() -> None:
    computer = Computer(compile_formula("cost * 2"), Guards())
    rows = [(1, 1, "TRY", 10_000_000, None, 5, None, None, None, None, None, 0), (2, 1, "TRY", None, None, 5, 1_000_000, None, None, None, None, 0),
            (3, 1, "USD", 1_000_000, None, 5, None, None, None, None, None, 1), (4, 1, "TRY", 10_000_000, None, 5, 5_500_000, None, None, None, None, 0)]  # fmt: skip
    assert [(line[0], line[4], line[7]) for line in computer.lines(rows)] == [
        (1, None, "missing:cost"), (2, None, "no_price"), (3, None, "currency"), (4, 11_000_000, ""),
    ]  # fmt: skip


def test_a_trouble_of_arithmetic_is_caught_exactly() -> None:
    with pytest.raises(LineTrouble, match="division"):
        step(compile_formula("price / stock").root)({"price": Decimal(1), "stock": Decimal(0)})
