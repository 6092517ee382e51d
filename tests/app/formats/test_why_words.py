"""Every reason that code gives in a message has words: a merchant must not read `several_warehouses`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.formats.words import Words

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"[a-z][a-z]*(?:_[a-z]+)*")
#: Functions that make a message of one reason.
MAKERS = {"_refused", "_refusal", "_broken", "refused_as"}


def reasons(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in MAKERS and node.args:
            yield from texts(node.args[0])
        if name == "Message" and len(node.args) > 1 and isinstance(node.args[1], ast.Dict):
            for key, value in zip(node.args[1].keys, node.args[1].values, strict=True):
                if isinstance(key, ast.Constant) and key.value in ("reason", "why"):
                    yield from texts(value)


def texts(node: ast.expr) -> Iterator[str]:
    """The codes that the expression may be: a constant, or either side of a choice."""
    if isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
        yield node.value


FILES = [
    path
    for room in ("app", "providers")
    for path in sorted((ROOT / room).rglob("*.py"))
    if "sandboxes" not in path.parts
]


def test_the_search_finds_what_it_looks_for() -> None:
    found = {code for path in FILES for code in reasons(path)}
    assert {"several_prices", "several_warehouses", "cut", "many"} <= found


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_reason_has_words(language: str) -> None:
    words = Words.load(language)
    bare = {(code, path.name) for path in FILES for code in reasons(path) if not words.has(f"why.{code}")}
    assert not bare
