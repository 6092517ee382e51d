"""What a formula means: one listing at a time, in Decimal with a context of its own (50 digits, half to even where a division does
not come out even). The quick way (`quick.py`) must give the same, digit by digit. No float, no way out of the variables."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    DivisionUndefined,
    InvalidOperation,
    Overflow,
)

from app.pricing.formula import Node

DIGITS = 50
CONTEXT = Context(
    prec=DIGITS, rounding=ROUND_HALF_EVEN, Emax=99, Emin=-999, traps=[DivisionByZero, InvalidOperation, Overflow]
)
Values = Mapping[str, Decimal | None]
Step = Callable[[Values], Decimal]
Test = Callable[[Values], bool]
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": CONTEXT.add, "-": CONTEXT.subtract, "*": CONTEXT.multiply, "/": CONTEXT.divide,
}  # fmt: skip
_ONE = Decimal(1)


class LineTrouble(Exception):
    """This listing has no value: `why` is missing, division or large; `name` the variable that is missing."""

    def __init__(self, why: str, name: str = "") -> None:
        super().__init__(why)
        self.why, self.name = why, name

    @property
    def code(self) -> str:
        """As a line keeps it: `missing:cost`, `division`, `large`."""
        return f"{self.why}:{self.name}" if self.name else self.why


def period(ending: Decimal) -> Decimal:
    """The distance of two prices with this ending: 1 for 0.90, 10 for 9.90, 100 for 99."""
    return _ONE if ending < 1 else Decimal(10) ** (ending.adjusted() + 1)


def step(root: Node) -> Step:
    """The formula as one call a listing. It raises LineTrouble."""
    inner = _step(root)

    def run(values: Values) -> Decimal:
        try:
            return inner(values)
        except DivisionByZero:
            raise LineTrouble("division") from None
        except Overflow:
            raise LineTrouble("large") from None
        except InvalidOperation as error:
            nothing = DivisionUndefined in error.args[0]  # 0/0; else a figure beyond all digits
            raise LineTrouble("division" if nothing else "large") from None

    return run


def constant_value(node: Node) -> Decimal | None:
    """The value of a node without variables; None where it has none (a division by zero inside, beyond all digits)."""
    try:
        return step(node)({})
    except LineTrouble:
        return None


def _name(name: str) -> Step:
    def read(values: Values) -> Decimal:
        found = values.get(name)
        if found is None:
            raise LineTrouble("missing", name)
        return found

    return read


def _step(node: Node) -> Step:
    if node.op == "number":
        value = node.value
        if not isinstance(value, Decimal):
            raise TypeError(f"a number without a value: {node!r}")
        return lambda values: value
    if node.op == "name":
        return _name(str(node.value))
    if node.op == "if":
        test, then = _test(node.parts[0]), _step(node.parts[1])
        other = _step(node.parts[2]) if len(node.parts) > 2 else _name("price")
        return lambda values: then(values) if test(values) else other(values)
    steps = [_step(one) for one in node.parts]
    first = steps[0]
    if node.op in _ARITHMETIC:
        work, second = _ARITHMETIC[node.op], steps[1]
        return lambda values: work(first(values), second(values))
    if node.op == "neg":
        return lambda values: CONTEXT.minus(first(values))
    if node.op == "abs":
        return lambda values: CONTEXT.abs(first(values))
    if node.op in ("min", "max"):
        pick = min if node.op == "min" else max
        return lambda values: pick([one(values) for one in steps])
    if node.op == "round":
        places = node.parts[1].value if len(node.parts) > 1 else None
        unit = _ONE.scaleb(-int(places)) if isinstance(places, Decimal) else _ONE
        return lambda values: _quantized(first(values), unit)
    ending = node.parts[1].value
    if not isinstance(ending, Decimal):
        raise TypeError(f"an ending without a value: {node!r}")
    return lambda values: rounded_to(node.op, first(values), ending)


def _quantized(value: Decimal, unit: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and Decimal((0, (1,), exponent)) >= unit:
        return value  # it ends there already
    return value.quantize(unit, ROUND_HALF_UP, CONTEXT)


def rounded_to(how: str, value: Decimal, ending: Decimal) -> Decimal:
    """The nearest price (ties up) with this ending, the next above or the last below. A price above zero is never rounded
    below zero by `round_to`; the last one below the first of all is negative, and a negative price is never sent."""
    add, multiply, divide = CONTEXT.add, CONTEXT.multiply, CONTEXT.divide
    every = period(ending)
    over = CONTEXT.subtract(value, ending)
    if how == "round_to":
        times = add(divide(over, every), Decimal("0.5")).to_integral_value(ROUND_FLOOR)
    elif how == "round_down_to":
        times = divide(over, every).to_integral_value(ROUND_FLOOR)
    else:
        times = divide(over, every).to_integral_value(ROUND_CEILING)
    found = add(multiply(times, every), ending)
    return ending if found < 0 <= value and how == "round_to" else found


def _test(node: Node) -> Test:
    if node.op in ("and", "or"):
        one, other = (_test(part) for part in node.parts)
        if node.op == "and":
            return lambda values: one(values) and other(values)
        return lambda values: one(values) or other(values)
    if node.op == "not":
        inner = _test(node.parts[0])
        return lambda values: not inner(values)
    work, left, right = _COMPARE[node.op], _step(node.parts[0]), _step(node.parts[1])
    return lambda values: work(left(values), right(values))
