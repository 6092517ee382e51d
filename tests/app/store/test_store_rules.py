"""House rules of the store: SQL lives here only, values never enter SQL as text, no secret has a column."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STORE = ROOT / "app" / "store"
SQL = re.compile(
    r"\b(SELECT\s+.+\s+FROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX|VIRTUAL)\b|PRAGMA\s+\w)",
    re.DOTALL,
)


def sources(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def texts(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """(line, text, is an f-string) of every string that is not a docstring."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(v.value for v in node.values if isinstance(v, ast.Constant)), True
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value, False


def test_the_pattern_knows_sql() -> None:
    for text in ("SELECT a FROM b WHERE", "INSERT INTO t VALUES", "PRAGMA user_version", "UPDATE t SET x = 1"):
        assert SQL.search(text)
    assert not SQL.search("Select a file from the list")


@pytest.mark.parametrize("path", sources(ROOT / "app", ROOT / "ui"), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_sql_outside_of_the_store(path: Path) -> None:
    if path.is_relative_to(STORE):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [line for line, text, _ in texts(tree) if SQL.search(text)]
    assert not found, f"{path}: SQL in lines {found}"
    opened = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "connect" and ast.unparse(node.value) == "sqlite3"
    ]
    assert not opened, f"{path} opens SQLite by itself in lines {opened}"


@pytest.mark.parametrize("path", sources(STORE), ids=lambda p: str(p.relative_to(STORE)))
def test_no_values_in_sql_text(path: Path) -> None:
    word = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|PRAGMA|MATCH|VALUES|ORDER BY)\b")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    made = [line for line, text, is_f in texts(tree) if is_f and word.search(text)]
    made += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mod | ast.Add)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, str)
        and word.search(node.left.value)
    ]
    made += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "format"
        and isinstance(node.func.value, ast.Constant)
        and word.search(str(node.func.value.value))
    ]
    assert not made, f"{path}: SQL made from values in lines {made}"


def test_no_secret_has_a_column() -> None:
    schema = "\n".join(p.read_text(encoding="utf-8") for p in sorted((STORE / "migrations").glob("*.sql")))
    names = set(re.findall(r"^\s+(\w+)\s+(?:TEXT|BLOB)", schema, re.MULTILINE))
    assert "remote_id" in names
    assert not [n for n in names if re.search(r"secret|password|token|credential|api_key", n)]


@pytest.mark.parametrize("path", sources(STORE), ids=lambda p: str(p.relative_to(STORE)))
def test_files_stay_small_and_say_what_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(text))
