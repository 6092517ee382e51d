"""Rules of the window's code that only a search can hold: no sheet on a widget, no colour literal outside the theme, no
nested loop, one spawner, no word outside the catalogue."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ui.paths import WORDS
from ui.words import read_folder

ROOT = Path(__file__).resolve().parents[2]
UI = ROOT / "ui"

COLOUR = re.compile(
    r"""["']\#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})["']|QColor\(\s*["'\d]|GlobalColor\.(?!transparent)|\brgba?\("""
)
SHEET = re.compile(r"\bsetStyleSheet\(")
NESTED = re.compile(
    r"\.exec_?\(|QFileDialog\.get|QMessageBox\.(?:question|information|warning|critical|about)\b|QInputDialog\.get"
    r"|QColorDialog\.get|QFontDialog\.get|QEventLoop\(\)|processEvents\("
)
TASKS = re.compile(r"\bcreate_task\(|\bensure_future\(|\brun_coroutine_threadsafe\(")
RICH = re.compile(
    r"\bQLabel\(|setHtml\(|setMarkdown\(|insertHtml\(|QTextBrowser|QTextEdit\(|\b(?:RichText|AutoText|MarkdownText)\b|QMessageBox"
)
TABLE = re.compile(r"\bcsv\.writer\(|\bxlsxwriter\b")
CASE = re.compile(r"\.(?:upper|lower|title|capitalize)\(\)")
TURKISH = re.compile("[ğĞıİşŞçÇöÖüÜ]")

RULES = [
    (COLOUR, ("theme/",), "colour literal"),
    (SHEET, ("theme/manager.py",), "sheet on a widget"),
    (NESTED, (), "nested loop"),
    (RICH, ("theme/sheet.py", "widgets/base.py"), "markup in a vendor's text"),
    (TABLE, (), "a sheet without the guard of app.formats.tables"),
    (TASKS, ("kit/tasks.py",), "second spawner"),
    (
        CASE,
        ("suffix.py", "words.py", "kit/matching.py", "theme/manager.py", "theme/tokens.py"),
        "case of a Turkish word",
    ),
]


def sources() -> list[Path]:
    return sorted(UI.rglob("*.py"))


def code_lines(file: Path) -> list[tuple[int, str]]:
    """Lines without comments; docstrings count, for none of them needs a call's spelling."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [(n, text.split("  # ")[0]) for n, text in enumerate(lines, 1) if not text.lstrip().startswith("#")]


@pytest.mark.parametrize(("rule", "free", "what"), RULES, ids=[r[2] for r in RULES])
def test_rule_holds(rule: re.Pattern[str], free: tuple[str, ...], what: str) -> None:
    found = []
    for file in sources():
        name = file.relative_to(UI).as_posix()
        if any(name.startswith(part) for part in free):
            continue
        found += [f"ui/{name}:{n}: {text.strip()}" for n, text in code_lines(file) if rule.search(text)]
    assert not found, f"{what}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (COLOUR, 'pen = QPen("#FF0000")'),
        (COLOUR, "QColor(12, 3, 4)"),
        (COLOUR, "Qt.GlobalColor.red"),
        (SHEET, "label.setStyleSheet('x')"),
        (NESTED, "dialog.exec()"),
        (NESTED, "QMessageBox.question(self, a, b)"),
        (NESTED, "QFileDialog.getOpenFileName(self)"),
        (TASKS, "asyncio.create_task(work())"),
        (CASE, "name.upper()"),
        (RICH, "made = QLabel(vendor_text)"),
        (RICH, "label.setTextFormat(Qt.TextFormat.RichText)"),
        (TABLE, "csv.writer(out)"),
    ],
)
def test_rule_would_see_it(rule: re.Pattern[str], line: str) -> None:
    assert rule.search(line)


def test_ui_never_imports_a_provider() -> None:
    bad = []
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            bad += [f"{file.name}: {name}" for name in names if name.split(".")[0] == "providers"]
    assert not bad


def literals(tree: ast.AST) -> list[ast.Constant]:
    """String constants that are no docstrings."""
    docs = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docs.add(id(node.value))
    return [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs]


def test_no_turkish_word_in_code() -> None:
    free = {"suffix.py", "figures.py", "kit/matching.py", "words.py", "widgets/nav.py"}
    found = []
    for file in sources():
        if file.relative_to(UI).as_posix() in free:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found += [f"{file.name}:{n.lineno}: {n.value}" for n in literals(tree) if TURKISH.search(n.value)]
    assert not found


def test_every_key_in_code_is_in_the_catalogue() -> None:
    texts = read_folder(WORDS, "tr")
    missing = []
    used = 0
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    used += 1
                    if first.value not in texts:
                        missing.append(f"{file.name}: {first.value}")
    assert used > 20
    assert not missing


def test_files_stay_small() -> None:
    long = {f.relative_to(ROOT).as_posix(): n for f in sources() if (n := len(f.read_text("utf-8").splitlines())) > 450}
    assert not long
