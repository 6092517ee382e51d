"""The formula language of prices: text → a checked tree, or an error that points at a character. Pure. A formula is data: it can
read the variables of one listing and give a number, and nothing else; it is short, shallow, and never run by Python itself.

`price * 1.10`, `cost / (1 - commission - 25%)`, `round_to(fiyat * 1,05; 0,90)`, `if stock < 3 then price * 1.1`. Without `else`
the price stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from app.pricing import names
from app.pricing.formula_grammar import GRAMMAR

MOST_CHARACTERS = 1_000
MOST_DEPTH = 40
MOST_DIGITS = 20  # of one number
_MOST_WHOLE = 12  # digits before the point: what the store holds
_ROUNDERS = ("round_to", "round_up_to", "round_down_to")
_SIGNS = {"−": "-", "–": "-", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "<>": "!=", "==": "="}


class FormulaError(ValueError):
    """What is wrong with a formula. `key` names the words `formula.error.*`, `params` fill them; `at` is the character
    (from 0) and `length` how many are meant."""

    def __init__(self, key: str, at: int, length: int = 1, **params: str) -> None:
        super().__init__(f"{key} at {at}")
        self.key, self.at, self.length, self.params = key, at, max(1, length), params


@dataclass(frozen=True, slots=True)
class Node:
    """One step. `op`: number, name, neg, + - * /, < <= > >= = !=, and, or, not, if, or a function's name. `truth`: it gives
    yes or no. `value`: the number, or the variable's name."""

    op: str
    at: int
    parts: tuple[Node, ...] = ()
    value: Decimal | str | None = None
    truth: bool = False
    depth: int = 1
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked formula. `names`: the variables it may ask for."""

    text: str
    root: Node
    names: frozenset[str]


@lru_cache(maxsize=256)
def compile_formula(text: str) -> Formula:
    """Raises FormulaError."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

    if len(text) > MOST_CHARACTERS:
        raise FormulaError("long", MOST_CHARACTERS, len(text) - MOST_CHARACTERS, most=str(MOST_CHARACTERS))
    if not text.strip():
        raise FormulaError("blank", 0)
    try:
        root = _parser().parse(text)
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise FormulaError("character", at, text=text[at : at + 1]) from None
    except UnexpectedEOF:
        raise FormulaError("end", len(text)) from None
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise FormulaError("end", len(text.rstrip())) from None
        raise FormulaError("word", error.token.start_pos or 0, len(error.token), text=str(error.token)[:40]) from None
    return Formula(text, root, frozenset(_names(root)))


def _names(node: Node) -> set[str]:
    if node.op == "name":
        return {str(node.value)}
    found: set[str] = {"price"} if node.op == "if" and len(node.parts) == 2 else set()
    return found.union(*(_names(one) for one in node.parts))


def constant(node: Node) -> bool:
    """Whether it is the same for every listing."""
    if node.op == "name" or (node.op == "if" and len(node.parts) == 2):
        return False
    return all(constant(one) for one in node.parts)


def _made(
    op: str, at: int, parts: Sequence[Node], *, truth: bool = False, wants: bool | None = False, **more: Any
) -> Node:
    """A node whose parts are all numbers (`wants` False), all yes-or-no (True), or checked already (None)."""
    for part in parts:
        if wants is not None and part.truth != wants:
            raise FormulaError("wants_truth" if wants else "wants_number", part.at)
    depth = 1 + max((part.depth for part in parts), default=0)
    if depth > MOST_DEPTH:
        raise FormulaError("deep", at, most=str(MOST_DEPTH))
    return Node(op, at, tuple(parts), truth=truth, depth=depth, **more)


class _Builder:
    """Makes nodes while the parser goes, so that no depth of a formula becomes a depth of Python's stack."""

    def start(self, children: list[Any]) -> Node:
        root: Node = children[0]
        if root.truth:
            raise FormulaError("no_number", root.at)
        return root

    def number(self, children: list[Any]) -> Node:
        (token,) = children
        return Node("number", token.start_pos, value=_decimal(str(token), token.start_pos))

    def percent(self, children: list[Any]) -> Node:
        (token,) = children
        value = _decimal(str(token).replace("%", "").strip(), token.start_pos).scaleb(-2)
        return Node("number", token.start_pos, value=value, percent=True)

    def name(self, children: list[Any]) -> Node:
        (token,) = children
        found = names.variable(str(token))
        if not found:
            key = "needs_arguments" if names.function(str(token)) else "unknown_name"
            raise _unknown(key, token, names.near(str(token), call=False))
        return Node("name", token.start_pos, value=found)

    def call(self, children: list[Any]) -> Node:
        token, inner = children[0], [one for one in children[1:] if isinstance(one, Node)]
        found = names.function(str(token))
        if not found:
            key = "no_arguments" if names.variable(str(token)) else "unknown_function"
            raise _unknown(key, token, names.near(str(token), call=True))
        _, least, most = names.FUNCTIONS[found]
        if not least <= len(inner) <= most:
            wanted = str(least) if least == most else f"{least}–{most}"
            raise FormulaError("arguments", token.start_pos, len(token), name=str(token), wanted=wanted, given=str(len(inner)))  # fmt: skip
        node = _made(found, token.start_pos, inner)
        if found == "round" and len(inner) == 2:
            places = inner[1].value if inner[1].op == "number" else None
            if not isinstance(places, Decimal) or places not in range(7):
                raise FormulaError("places", inner[1].at)
        if found in _ROUNDERS and not _is_ending(inner[1]):
            raise FormulaError("ending", inner[1].at)
        return node

    def group(self, children: list[Any]) -> Node:
        inner: Node = children[1]
        # A percentage in brackets is a number like any other; brackets count as depth.
        return Node(inner.op, inner.at, inner.parts, inner.value, inner.truth, _deeper(inner), False)

    def sign(self, children: list[Any]) -> Node:
        sign, inner = children
        plus = sign == "+"
        if inner.op == "number":
            value = inner.value if plus else -inner.value
            return Node("number", sign.start_pos, value=value, depth=_deeper(inner), percent=inner.percent)
        return _made("+", sign.start_pos, (_ZERO, inner)) if plus else _made("neg", sign.start_pos, (inner,))

    def binary(self, children: list[Any]) -> Node:
        left, token, right = children
        op = _SIGNS.get(str(token), str(token))
        if op in "+-" and right.percent and not (left.op == "number" or _is_share(left)):
            # `price + 10%` is ten kuruş to arithmetic and a tenth to people: asked, never guessed.
            more = "1 + " if op == "+" else "1 - "
            raise FormulaError("percent", token.start_pos, right.at - token.start_pos + 1, example=f"* ({more}…%)")
        if op == "/" and constant(right):
            from app.pricing.exact import constant_value

            if constant_value(right) == 0:
                raise FormulaError("division", token.start_pos)
        return _made(op, left.at, (left, right))

    def compare(self, children: list[Any]) -> Node:
        left, token, right = children
        return _made(_SIGNS.get(str(token), str(token)), left.at, (left, right), truth=True)

    def both(self, children: list[Any]) -> Node:
        left, token, right = children
        return _made("and" if token.type == "AND" else "or", left.at, (left, right), truth=True, wants=True)

    def invert(self, children: list[Any]) -> Node:
        token, inner = children
        return _made("not", token.start_pos, (inner,), truth=True, wants=True)

    def choice(self, children: list[Any]) -> Node:
        first = children[0]
        parts = [one for one in children if isinstance(one, Node)]
        if not parts[0].truth:
            raise FormulaError("wants_truth", parts[0].at)
        for one in parts[1:]:
            _number_of(one)
        return _made("if", first.start_pos, parts, wants=None)


def _is_ending(node: Node) -> bool:
    return node.op == "number" and isinstance(node.value, Decimal) and node.value >= 0 and not node.percent


def _is_share(node: Node) -> bool:
    """Whether adding a percentage to it can only mean adding shares: 1 - commission - 25%."""
    if node.op == "name":
        return node.value in ("commission", "vat")
    return node.op in ("number", "+", "-", "neg") and all(_is_share(one) for one in node.parts)


def _deeper(node: Node) -> int:
    if node.depth >= MOST_DEPTH:
        raise FormulaError("deep", node.at, most=str(MOST_DEPTH))
    return node.depth + 1


def _number_of(node: Node) -> Node:
    if node.truth:
        raise FormulaError("wants_number", node.at)
    return node


def _unknown(key: str, token: Any, meant: str) -> FormulaError:
    return FormulaError(f"{key}_near" if meant and key.startswith("unknown") else key, token.start_pos, len(token), name=str(token)[:40], near=meant)  # fmt: skip


def _decimal(text: str, at: int) -> Decimal:
    if "e" in text or "E" in text:
        raise FormulaError("exponent", at, len(text), text=text[:40])
    if text.count(".") + text.count(",") > 1:
        raise FormulaError("thousands", at, len(text), text=text[:40])
    plain = text.replace(",", ".")
    if len(plain.replace(".", "")) > MOST_DIGITS or len(plain.partition(".")[0].lstrip("0")) > _MOST_WHOLE:
        raise FormulaError("large", at, len(text), text=text[:40])
    return Decimal(plain)


_ZERO = Node("number", 0, value=Decimal(0))


@lru_cache(maxsize=1)
def _parser() -> Any:
    from lark import Lark, Token  # 60 ms, and few starts of the program need it

    def keyword(token: Token) -> Token:
        found = names.word(str(token))
        return Token.new_borrow_pos(found, token, token) if found else token

    callbacks: dict[str, Callable[[Token], Token]] = {"NAME": keyword}
    return Lark(
        GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder(), lexer_callbacks=callbacks, maybe_placeholders=False
    )  # fmt: skip
