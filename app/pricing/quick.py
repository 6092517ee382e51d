"""The same formula over a whole column of listings at once, in whole numbers: every value is an integer with a known number of
digits behind the point, so nothing is ever rounded but where the formula rounds. A formula that does not come out in
whole numbers (a division by a variable, more digits than the exact way keeps) has no quick way; it is never approximated."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, Inexact
from typing import NamedTuple

from app.pricing.exact import DIGITS, LineTrouble, period, step
from app.pricing.formula import Formula, Node, constant
from app.pricing.names import SCALES

Columns = Mapping[str, list[int]]
Run = Callable[[Columns, int], list[int]]
Test = Callable[[Columns, int], list[bool]]
VARIABLE_DIGITS = 19  # of any whole number in the store
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
_EXACT = Context(prec=DIGITS, Emax=99, Emin=-999)


class _Slow(Exception):
    """There is no quick way."""


class Column(NamedTuple):
    """`run(columns, count)` gives whole numbers with `scale` digits behind the point, none with more than `digits` digits.
    `fixed`: the same one for every listing."""

    run: Run
    scale: int
    digits: int
    fixed: int | None = None


def quick(formula: Formula) -> Column | None:
    """The formula over columns of the store's whole numbers (`names.SCALES`), for listings that have every variable it names.
    None when there is no quick way."""
    try:
        return _column(formula.root)
    except _Slow:
        return None


def _fixed(value: Decimal) -> Column:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise _Slow
    scale = max(0, -exponent)
    whole = int(value.scaleb(scale, _EXACT))
    return Column(lambda columns, count: [whole] * count, scale, len(digits) + max(0, exponent), whole)


def _constant(node: Node) -> Decimal:
    """Raises _Slow for what is not exact."""
    from app.pricing.exact import CONTEXT

    CONTEXT.clear_flags()
    try:
        value = step(node)({})
    except LineTrouble:
        raise _Slow from None
    if CONTEXT.flags[Inexact]:
        raise _Slow
    return value


def _named(name: str) -> Column:
    return Column(lambda columns, count: columns[name], SCALES[name], VARIABLE_DIGITS)


def _at(column: Column, scale: int) -> Run:
    """The column with that many digits behind the point, not fewer than it has."""
    factor = 10 ** (scale - column.scale)
    if factor == 1:
        return column.run
    if column.fixed is not None:
        value = column.fixed * factor
        return lambda columns, count: [value] * count
    run = column.run
    return lambda columns, count: [one * factor for one in run(columns, count)]


def _checked(column: Column) -> Column:
    if column.digits > DIGITS:
        raise _Slow
    return column


def _column(node: Node) -> Column:
    if constant(node):
        return _checked(_fixed(_constant(node)))
    if node.op == "name":
        return _named(str(node.value))
    if node.op == "if":
        return _choice(node)
    parts = [_column(one) for one in node.parts]
    if node.op == "*":
        return _product(parts[0], parts[1])
    if node.op == "/":
        return _quotient(parts[0], parts[1])
    if node.op in ("round_to", "round_up_to", "round_down_to"):
        return _ending(node, parts[0])
    if node.op == "round":
        return _rounded(node, parts[0])
    scale = max(one.scale for one in parts)
    digits = max(one.digits + scale - one.scale for one in parts)
    runs = [_at(one, scale) for one in parts]
    first = runs[0]
    if node.op == "neg":
        return Column(lambda columns, count: [-one for one in first(columns, count)], scale, digits)
    if node.op == "abs":
        return Column(lambda columns, count: [abs(one) for one in first(columns, count)], scale, digits)
    if node.op in ("min", "max"):
        pick = min if node.op == "min" else max
        return _checked(
            Column(
                lambda columns, count: [pick(values) for values in zip(*(run(columns, count) for run in runs), strict=True)], scale, digits
            )
        )  # fmt: skip
    work = operator.add if node.op == "+" else operator.sub
    second, both = runs[1], Column(first, scale, digits + 1)
    return _checked(
        both._replace(run=lambda columns, count: list(map(work, first(columns, count), second(columns, count))))
    )


def _product(left: Column, right: Column) -> Column:
    scale, digits = left.scale + right.scale, left.digits + right.digits
    if left.fixed is not None:
        left, right = right, left
    run = left.run
    if right.fixed is not None:
        factor = right.fixed
        return _checked(Column(lambda columns, count: [one * factor for one in run(columns, count)], scale, digits))
    other = right.run
    return _checked(
        Column(lambda columns, count: list(map(operator.mul, run(columns, count), other(columns, count))), scale, digits)
    )  # fmt: skip


def _quotient(left: Column, right: Column) -> Column:
    """By a fixed number whose reciprocal ends: / 2, / 1.25, / 8."""
    if not right.fixed:
        raise _Slow
    divisor = Decimal(right.fixed).scaleb(-right.scale)
    context = Context(prec=DIGITS, Emax=99, Emin=-999)
    reciprocal = context.divide(Decimal(1), divisor)
    if context.flags[Inexact]:
        raise _Slow
    return _product(left, _fixed(reciprocal))


def _rounded(node: Node, inner: Column) -> Column:
    places = int(node.parts[1].value or 0) if len(node.parts) > 1 else 0
    if inner.scale <= places:
        return inner
    unit = 10 ** (inner.scale - places)
    half, run = unit // 2, inner.run
    return Column(
        lambda columns, count: [(v + half) // unit if v >= 0 else -((half - v) // unit) for v in run(columns, count)],
        places,
        max(1, inner.digits - (inner.scale - places) + 1),
    )


def _ending(node: Node, inner: Column) -> Column:
    ending = _fixed(_constant(node.parts[1]))
    scale = max(inner.scale, ending.scale)
    end = (ending.fixed or 0) * 10 ** (scale - ending.scale)
    every = int(period(_constant(node.parts[1]))) * 10**scale
    half, run = every // 2, _at(inner, scale)
    digits = max(inner.digits + scale - inner.scale, len(str(every))) + 2
    if node.op == "round_up_to":
        found = Column(lambda columns, count: [end - (end - v) // every * every for v in run(columns, count)], scale, digits)  # fmt: skip
    elif node.op == "round_down_to":
        found = Column(lambda columns, count: [end + (v - end) // every * every for v in run(columns, count)], scale, digits)  # fmt: skip
    else:
        add = half - end

        def nearest(columns: Columns, count: int) -> list[int]:
            values = run(columns, count)
            near = [end + (v + add) // every * every for v in values]
            if min(near, default=0) >= 0:
                return near
            return [end if n < 0 <= v else n for n, v in zip(near, values, strict=True)]

        found = Column(nearest, scale, digits)
    return _checked(found)


def _choice(node: Node) -> Column:
    test, then = _test(node.parts[0]), _column(node.parts[1])
    other = _column(node.parts[2]) if len(node.parts) > 2 else _named("price")
    scale = max(then.scale, other.scale)
    digits = max(one.digits + scale - one.scale for one in (then, other))
    one, two = _at(then, scale), _at(other, scale)

    def run(columns: Columns, count: int) -> list[int]:
        picked = zip(test(columns, count), one(columns, count), two(columns, count), strict=True)
        return [a if yes else b for yes, a, b in picked]

    return _checked(Column(run, scale, digits))


def _test(node: Node) -> Test:
    if node.op in ("and", "or"):
        first, second = (_test(one) for one in node.parts)
        work = operator.and_ if node.op == "and" else operator.or_
        return lambda columns, count: list(map(work, first(columns, count), second(columns, count)))
    if node.op == "not":
        inner = _test(node.parts[0])
        return lambda columns, count: [not one for one in inner(columns, count)]
    left, right = _column(node.parts[0]), _column(node.parts[1])
    scale = max(left.scale, right.scale)
    if max(one.digits + scale - one.scale for one in (left, right)) > DIGITS:
        raise _Slow
    compare, one, two = _COMPARE[node.op], _at(left, scale), _at(right, scale)
    return lambda columns, count: list(map(compare, one(columns, count), two(columns, count)))
