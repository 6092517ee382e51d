"""Sheets as they come: ids stay ids, whole numbers lose their `.0`, and what is no sheet is told."""

import contextlib
import io
import random
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest
import xlsxwriter

from app.contracts import YoursError
from app.formats.sheets import count_rows, read_grids, sheet_rows, text_cell


@pytest.mark.parametrize(
    ("value", "text"),
    [(17.0, "17"), (8690000000012.0, "8690000000012"), (90.75, "90.75"), ("0017", "0017"), (True, "TRUE"), (1e21, "1" + "0" * 21), ("", "")],
)  # fmt: skip
def test_cells_as_text(value, text):
    assert text_cell(value) == text


def test_rows_of_a_real_file(tmp_path):
    path = tmp_path / "liste.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Stok kodu", "Barkod", "Fiyat"])
        sheet.write_string(1, 0, "0017")
        sheet.write_number(1, 1, 8690000000012)
        sheet.write_number(1, 2, 1249.9)
    assert list(sheet_rows(path)) == [["Stok kodu", "Barkod", "Fiyat"], ["0017", "8690000000012", "1249.9"]]
    assert count_rows(path) == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a sheet", b"a;b\n1;2\n"])
def test_what_is_no_sheet_is_told(tmp_path, content):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(YoursError) as caught:
        count_rows(path)
    assert caught.value.message.params["file"] == "x.xlsx"


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(YoursError):
        count_rows(tmp_path / "nothing.xlsx")


SHOWN = datetime(2026, 11, 24, 10, 20)  # noqa: DTZ001 - what a sheet shows has no zone


# -- whole files, with the place of every cell -------------------------------------------------------------------------
def workbook(fill) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        fill(book)
    return out.getvalue()


def test_a_grid_knows_where_it_begins_and_what_is_a_number():
    def fill(book):
        page = book.add_worksheet("Siparişler")
        page.write_row(3, 2, ["Barkod", "Fiyat", "Tarih"])
        page.write_row(4, 2, ["0017", 1249.9])
        page.write_datetime(4, 4, SHOWN, book.add_format({"num_format": "dd.mm.yyyy hh:mm"}))

    (grid,) = read_grids(workbook(fill))
    assert (grid.name, grid.top, grid.left) == ("Siparişler", 3, 2)
    assert grid.rows[1] == ["0017", Decimal("1249.9"), SHOWN]


def test_merged_cells_stand_in_all_their_rows():
    def fill(book):
        page = book.add_worksheet()
        page.write_row(0, 0, ["Sipariş No", "Ürün"])
        page.merge_range(1, 0, 3, 0, "1001")
        page.write_column(1, 1, ["a", "b", "c"])

    (grid,) = read_grids(workbook(fill))
    assert [row[0] for row in grid.rows] == ["Sipariş No", "1001", "1001", "1001"]


def test_html_tables_under_the_name_of_excel():
    data = (
        "<html><body><table><tr><th>Sipariş No</th><th>Adet</th></tr><tr><td> 1001 </td><td><b>2</b></td></tr></table>"
    )
    assert read_grids(data.encode("cp1254"))[0].rows == [["Sipariş No", "Adet"], ["1001", "2"]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "sheet_none"), (b"  \n", "sheet_none"), (b"%PDF-1.7", "sheet_none"), (b'{"a": 1}', "sheet_none"),
     (b"PK\x03\x04 and then nothing", "sheet_cut")],
)  # fmt: skip
def test_what_is_no_table_says_so(data, reason):
    with pytest.raises(YoursError) as caught:
        read_grids(data)
    assert caught.value.message.params["reason"] == reason


def test_a_copied_half_is_told_as_that():
    data = workbook(lambda book: book.add_worksheet().write_row(0, 0, ["a", "b"]))
    with pytest.raises(YoursError) as caught:
        read_grids(data[: len(data) // 2])
    assert caught.value.message.params["reason"] == "sheet_cut"


def test_a_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * (401 * 1024 * 1024))
    with pytest.raises(YoursError) as caught:
        read_grids(out.getvalue())
    assert caught.value.message.params["reason"] == "sheet_long"


def test_a_broken_workbook_never_raises_anything_else():
    good = workbook(lambda book: book.add_worksheet().write_row(0, 0, ["Barkod", 5, "x"]))
    rng = random.Random(5)
    for _ in range(150):
        bad = bytearray(good)
        for _ in range(6):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        with contextlib.suppress(YoursError):
            read_grids(bytes(bad))


def test_empty_sheets_truths_and_days():
    def fill(book):
        book.add_worksheet("Boş")
        page = book.add_worksheet("Dolu")
        page.write_boolean(0, 0, True)
        page.write_datetime(0, 1, SHOWN.replace(hour=0, minute=0), book.add_format({"num_format": "dd.mm.yyyy"}))
        page.write_number(0, 2, 8690000000012)

    empty, full = read_grids(workbook(fill))
    assert empty.rows == []
    assert full.rows == [["TRUE", SHOWN.replace(hour=0, minute=0), Decimal(8690000000012)]]
