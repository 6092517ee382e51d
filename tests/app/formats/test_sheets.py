"""Sheets as they come: ids stay ids, whole numbers lose their `.0`, and what is no sheet is told."""

import pytest
import xlsxwriter

from app.contracts import YoursError
from app.formats.sheets import count_rows, sheet_rows, text_cell


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
