"""Exported tables: no cell is ever a formula, ids stay as they are, spreadsheets know the letters."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from app.formats.tables import Sheet, csv_bytes, guarded, xlsx_bytes

AT = datetime(2026, 11, 24, 9, 5, 7, tzinfo=UTC)
EVIL = ['=HYPERLINK("http://x")', "+905321234567", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\0=1", " =1+1", "＝1"]
PLAIN = ["Şükrü Çağıl ₺", "0017", "8690000000012", "90.750", "1E5", "TRUE", "a=b", ""]


@pytest.mark.parametrize("text", EVIL)
def test_a_formula_becomes_text(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", PLAIN)
def test_anything_else_stays(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize(("turkish", "mark", "amount"), [(True, ";", "1249,90"), (False, ",", "1249.90")])
def test_csv(turkish: bool, mark: str, amount: str) -> None:
    data = csv_bytes(
        Sheet("x", ["=Ad", "n"], [[*PLAIN[:1], 3], [EVIL[0], Decimal("1249.90")], [None, AT]]), turkish=turkish
    )
    assert data.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=mark))
    assert rows == [["'=Ad", "n"], [PLAIN[0], "3"], ["'" + EVIL[0], amount], ["", "2026-11-24 09:05:07"]]


def test_xlsx_comes_back_as_it_was(tmp_path: Path) -> None:
    texts = [*[one for one in EVIL if one.isprintable()], *filter(None, PLAIN)]
    path = tmp_path / "x.xlsx"
    path.write_bytes(
        xlsx_bytes(
            [Sheet("a/b:[c]*", ["Ad"], [[one] for one in texts]), Sheet("", ["n", "at"], [[7, AT], [None, None]])]
        )
    )
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["a b  c", "2"]
    assert [row[0] for row in book.get_sheet_by_index(0).to_python()] == ["Ad", *texts]
    assert book.get_sheet_by_index(1).to_python()[1] == [7.0, AT.replace(tzinfo=None)]
