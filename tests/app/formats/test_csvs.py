"""CSV of any spreadsheet of this country: encodings, delimiters, armour around numbers; and files for a vendor's program."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import YoursError
from app.formats.csvs import decode_text, find_delimiter, read_csv, write_csv

TEXT = "Sipariş No;Ürün;Adet\r\n1001;Çanta, şık İĞNE ığdır;2\r\n"


def read(data: bytes) -> list[list[str]]:
    return read_csv(data, most_rows=100, most_columns=20)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254", "utf-16"])
def test_every_encoding_reads_the_same(encoding: str) -> None:
    assert read(TEXT.encode(encoding)) == [["Sipariş No", "Ürün", "Adet"], ["1001", "Çanta, şık İĞNE ığdır", "2"]]


def test_what_only_1252_has_is_read_as_that() -> None:
    assert decode_text("Žofín".encode("cp1252")) == "Žofín"


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_the_delimiter_is_found(sign: str) -> None:
    text = sign.join(("Barkod", "Fiyat")) + "\n" + "\n".join(sign.join((f"86900000000{n}", '"1,5"')) for n in range(9))
    assert find_delimiter(text) == sign


def test_a_line_of_excel_that_says_the_delimiter_is_no_row() -> None:
    assert read(b"sep=,\r\nA,B;C\r\n1,2\r\n") == [["A", "B;C"], ["1", "2"]]


def test_cells_keep_zeros_line_ends_and_lose_their_armour() -> None:
    rows = read(b'SKU;Not\n0017;"a\nb"\n"=""8690000000012""";x\n')
    assert rows == [["SKU", "Not"], ["0017", "a\nb"], ["8690000000012", "x"]]


def test_more_rows_than_a_shop_has_are_refused() -> None:
    with pytest.raises(YoursError) as caught:
        read_csv(b"a;b\n" * 11, most_rows=10, most_columns=5)
    assert caught.value.message.params["reason"] == "sheet_long"


def test_a_cell_without_an_end_is_told() -> None:
    with pytest.raises(YoursError) as caught:
        read(b'a;b\n"' + b"x" * 140_000)
    assert caught.value.message.code == "sheet.file"


def test_a_vendors_file_holds_ids_as_they_are() -> None:
    data = write_csv(
        ["SKU", "Fiyat"], [["=A1", Decimal("1249.90")], ["0017", None]], delimiter=";", encoding="cp1254", comma=True
    )
    assert data == b"SKU;Fiyat\r\n=A1;1249,90\r\n0017;\r\n"


def test_letters_that_the_encoding_lacks_are_named() -> None:
    with pytest.raises(YoursError) as caught:
        write_csv(["Ürün"], [["Ω"]], delimiter=";", encoding="cp1254", comma=True)
    assert caught.value.message.params == {"value": "Ω"}


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"'), max_size=8), min_size=2, max_size=2), min_size=3, max_size=8))  # fmt: skip
def test_what_was_written_reads_back(rows: list[list[str]]) -> None:
    data = write_csv(["Sol", "Sağ"], rows, delimiter=";", encoding="utf-8-sig", comma=True)
    hinted = b"sep=;\n" + data.removeprefix(b"\xef\xbb\xbf")
    assert read(hinted)[1:] == [[cell.replace("\ufeff", "\ufeff") for cell in row] for row in rows]


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        read(data)
    except YoursError:
        return
