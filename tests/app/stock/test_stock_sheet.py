"""Sheets of counts: columns, what is no change, what is asked, what cannot be read and where it stands."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
import xlsxwriter

from app.contracts import ProviderError
from app.stock.sheet import read_map, read_stock
from app.store import Count


def csv(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding)


def test_a_turkish_sheet_with_ids_as_they_are() -> None:
    text = (
        "Sayım 24.11\n\nSTOK KODU;Stok Adedi;Güvenlik Stoğu;Barkod\n0017;1.249;2;8690000000012\n1E5;12;;\nB;;;\nC;;4;\n"
    )
    found = read_stock("sayım.csv", csv(text, "cp1254"))
    assert found.troubles == ()
    assert found.counts == (Count("0017", 1249, 2, "8690000000012"), Count("1E5", 12), Count("C", None, 4))
    assert (found.rows, found.zeros) == (4, ())


def test_what_cannot_be_read_is_told_by_place_and_the_rest_is_taken() -> None:
    text = 'sku,on hand\nA,yok\nB,1.5\nC,-5\nD,0\nE,NaN\n,7\nF,3\nF,4\nG,\nH,99999999999\n"8,69E+12",4\n'
    found = read_stock("c.csv", csv(text))
    assert (found.counts, found.zeros) == ((Count("F", 3),), ("D",))
    told = {one.params["cell"]: one.params["why"] for one in found.troubles}
    assert told == {
        "B2": "sheet_whole", "B3": "sheet_whole", "B4": "sheet_whole", "B6": "sheet_whole", "A7": "sheet_blank", "A9": "sheet_twice",
        "B11": "sheet_whole", "A12": "sheet_rounded",
    }  # fmt: skip
    assert [(one.sku, one.on_hand) for one in read_stock("c.csv", csv(text), None, True).counts] == [("D", 0), ("F", 3)]


def test_a_mapping_goes_before_the_known_headers() -> None:
    text = "sku,stok,Depo 2,Ürün Kodu\nA,1,2,X\n"
    assert read_stock("c.csv", csv(text)).counts == (Count("A", 1),)
    mapping = read_map("sku=Ürün Kodu; on hand = DEPO 2")
    assert read_stock("c.csv", csv(text), mapping).counts == (Count("X", 2),)


@pytest.mark.parametrize("text", ["sku", "sku=", "colour=Renk"])
def test_a_mapping_that_says_nothing_is_told(text: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read_map(text)
    assert caught.value.message.params["value"] == text


def test_a_workbook_with_numbers_and_dates() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for at, row in enumerate([("SKU", "Stok"), ("A", 5), (8690000000012, 3), ("C", 2.5)]):
            page.write_row(at, 0, row)
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        page.write_datetime(4, 0, datetime(2025, 1, 2), day)  # noqa: DTZ001
        page.write_number(4, 1, 4)
        page.write_string(5, 0, "E")
        page.write_datetime(5, 1, datetime(2025, 1, 2), day)  # noqa: DTZ001
    found = read_stock("x.xlsx", out.getvalue())
    assert found.counts == (Count("A", 5), Count("8690000000012", 3))
    told = {one.params["cell"]: one.params["why"] for one in found.troubles}
    assert told == {"B4": "sheet_whole", "A5": "sheet_no_key", "B6": "sheet_whole"}


@pytest.mark.parametrize("text", ["sku,price\nA,1\n", "a;b\n1;2\n", "stok\n3\n"])
def test_a_sheet_without_its_columns_is_told(text: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read_stock("c.csv", csv(text))
    assert caught.value.message.code == "sheet.columns"
