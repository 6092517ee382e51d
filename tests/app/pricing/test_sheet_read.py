"""Sheets of prices: which column is what, how numbers are written, and every bad cell told with its place while the good rows are kept."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import pytest
import xlsxwriter

from app.contracts import YoursError
from app.formats.tables import Sheet, csv_bytes, xlsx_bytes
from app.pricing.sheet_columns import chosen_pairs, read_pairs
from app.pricing.sheet_read import Entry, PriceSheet, read_prices


def csv(*rows: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(rows).encode(encoding)


def book(rows: Sequence[Sequence[Any]], merged: Sequence[tuple[int, int, int, int, Any]] = ()) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as made:
        page = made.add_worksheet("Fiyatlar")
        day = made.add_format({"num_format": "dd.mm.yyyy"})
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    page.write_datetime(at, column, cell, day)
                elif isinstance(cell, str):
                    page.write_string(at, column, cell)
                else:
                    page.write(at, column, cell)
        for one in merged:
            page.merge_range(*one)
    return out.getvalue()


def entries(sheet: PriceSheet) -> list[Entry]:
    return [one for part in sheet.entries for one in msgspec.json.decode(part, type=list[Entry])]


def prices(sheet: PriceSheet) -> dict[str, int | None]:
    return {one.name: one.price for one in entries(sheet)}


def told(sheet: PriceSheet) -> list[tuple[str, str]]:
    return [(one.params["cell"], one.params["why"]) for one in sheet.troubles]


M = 1_000_000


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Stok Kodu;Satış Fiyatı", {"sku": "Stok Kodu", "price": "Satış Fiyatı"}),
        ("SKU;Price;List Price", {"sku": "SKU", "price": "Price", "list_price": "List Price"}),
        (
            "Barkod;Piyasa Satış Fiyatı (KDV Dahil);Trendyol'da  Satılacak Fiyat (KDV Dahil);Ürün Stok Adedi",
            {
                "barcode": "Barkod",
                "list_price": "Piyasa Satış Fiyatı (KDV Dahil)",
                "price": "Trendyol'da Satılacak Fiyat (KDV Dahil)",
            },
        ),
        ("SKU;Satıcı Stok Kodu;Fiyat", {"remote_id": "SKU", "sku": "Satıcı Stok Kodu", "price": "Fiyat"}),
    ],
    ids=["turkish", "english", "trendyol", "hepsiburada"],
)
def test_headers_are_known(header: str, found: dict[str, str]) -> None:
    sheet = read_prices(csv(header, ";".join(["10.50"] * (header.count(";") + 1))), "x.csv")
    assert sheet.found == found
    assert not sheet.doubts


def test_the_stock_of_a_price_sheet_is_told_and_not_taken() -> None:
    assert read_prices(csv("SKU;Fiyat;Stok", "A;1,50;3"), "x.csv").aside == ("stock",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254", "utf-16"])
@pytest.mark.parametrize("sign", [";", ",", "\t"], ids=["semicolon", "comma", "tab"])
def test_encodings_and_delimiters(encoding: str, sign: str) -> None:
    rows = [sign.join(row) for row in (("Stok Kodu", "Ürün Adı", "Satış Fiyatı"), ("ŞĞ-1", "Çığır", "1249.50"))]
    assert prices(read_prices(csv(*rows, encoding=encoding), "x.csv")) == {"ŞĞ-1": 1249_500_000}


def test_a_letter_of_1252_alone_is_read() -> None:
    data = b"SKU;Fiyat\r\nA\xf0\x8e;5\r\n"  # 0x8e is no letter of 1254
    assert len(entries(read_prices(data, "x.csv"))) == 1


def test_a_column_that_shows_its_sign_decides_for_all_of_it() -> None:
    turkish = read_prices(csv("SKU;Fiyat", "A;1.249", "B;19,90", "C;1.234,56"), "x.csv")
    assert prices(turkish) == {"A": 1249 * M, "B": 19_900_000, "C": 1234_560_000}
    english = read_prices(csv("SKU;Fiyat", "A;1.249", "B;19.90", 'C;"1,234.56"'), "x.csv")
    assert prices(english) == {"A": 1_249_000, "B": 19_900_000, "C": 1234_560_000}
    assert (turkish.signs, english.signs) == ({"price": ","}, {"price": "."})


def test_what_no_price_decides_is_asked_and_the_answer_taken() -> None:
    data = csv("SKU;Fiyat", "A;1.249", "B;17")
    asked = read_prices(data, "x.csv")
    assert [one.code for one in asked.doubts] == ["pricesheet.sign"]
    assert not asked.entries
    assert prices(read_prices(data, "x.csv", signs={"price": ","})) == {"A": 1249 * M, "B": 17 * M}
    assert prices(read_prices(data, "x.csv", signs={"price": "."})) == {"A": 1_249_000, "B": 17 * M}


def test_mixed_signs_leave_the_doubtful_cell_alone() -> None:
    sheet = read_prices(csv("SKU;Fiyat", "A;12,50", "B;12.50", "C;1.249"), "x.csv")
    assert prices(sheet) == {"A": 12_500_000, "B": 12_500_000}
    assert told(sheet) == [("B4", "sheet_two_ways")]


def test_ids_stay_what_they_are() -> None:
    sheet = read_prices(
        book([["SKU", "Fiyat"], ["0017", 5], ["8690000000012", 6], ["1E5", 7], [8690000000029, 8]]), "x.xlsx"
    )
    assert prices(sheet) == {"0017": 5 * M, "8690000000012": 6 * M, "1E5": 7 * M, "8690000000029": 8 * M}


def test_an_id_that_a_spreadsheet_spoiled_is_told() -> None:
    rows = [["Barkod", "Fiyat"], ["8,69E+12", 5], ["8690000000000", 6], [datetime(2026, 5, 1), 7], ["8690000000012", 8]]  # noqa: DTZ001
    sheet = read_prices(book(rows), "x.xlsx")
    assert told(sheet) == [("A2", "sheet_rounded"), ("A3", "sheet_rounded"), ("A4", "price_key_date")]
    assert list(prices(sheet)) == ["8690000000012"]


def test_a_spoiled_barcode_beside_an_sku_says_nothing() -> None:
    sheet = read_prices(csv("SKU;Barkod;Fiyat", "A;8,69E+12;5,50"), "x.csv")
    assert [(one.sku, one.barcode, one.price) for one in entries(sheet)] == [("A", "", 5_500_000)]


def test_every_bad_price_is_told_with_its_place_and_the_good_rows_stay() -> None:
    rows = [
        "SKU;Fiyat", "A;19,90", "B;fiyat sor", "C;NaN", "D;1e999", "E;-5", "F;=A1*2", "G;9999999999999999", "H;", "I;0", "J;12 TL", "K;#REF!",
    ]  # fmt: skip
    sheet = read_prices(csv(*rows), "x.csv")
    assert told(sheet) == [
        ("B3", "sheet_number"), ("B4", "sheet_number"), ("B5", "sheet_number"), ("B6", "price_negative"), ("B7", "price_formula"),
        ("B8", "price_large"), ("B12", "sheet_number"),
    ]  # fmt: skip
    assert prices(sheet) == {"A": 19_900_000, "I": 0, "J": 12 * M}
    assert sheet.blanks == 1


def test_the_same_in_a_workbook() -> None:
    rows = [
        ["SKU", "Fiyat"],
        ["A", datetime(2026, 12, 1)],  # noqa: DTZ001
        ["B", -5],
        ["C", True],
        ["D", 12.5],
        ["E", None],
        ["F", 0.1 + 0.2],
    ]
    sheet = read_prices(book(rows), "x.xlsx")
    assert told(sheet) == [("B2", "price_date"), ("B3", "price_negative"), ("B4", "sheet_number")]
    assert prices(sheet) == {"D": 12_500_000, "F": 300_000}


def test_no_number_of_a_workbook_is_taken_for_a_blank() -> None:
    data = book([["SKU", "Fiyat"], ["A", 123456.5]])
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.infolist():
            new.writestr(one.filename, old.read(one).replace(b"123456.5", b"1e999"))
    assert told(read_prices(out.getvalue(), "x.xlsx")) == [("B2", "sheet_number")]


def test_merged_cells_hold_for_all_their_rows() -> None:
    rows = [["Fiyat listesi", ""], ["SKU", "Fiyat"], ["A", ""], ["B", ""], ["C", 9]]
    sheet = read_prices(book(rows, [(0, 0, 0, 1, "Fiyat listesi"), (2, 1, 3, 1, 15)]), "x.xlsx")
    assert prices(sheet) == {"A": 15 * M, "B": 15 * M, "C": 9 * M}


def test_sums_and_rows_without_a_name() -> None:
    sheet = read_prices(csv("SKU;Fiyat", "A;10,50", ";7,50", "TOPLAM;18,00", ";", "Toplam Tabak;3,50"), "x.csv")
    assert prices(sheet) == {"A": 10_500_000, "Toplam Tabak": 3_500_000}
    assert told(sheet) == [("B3", "sheet_no_key")]


def test_one_listing_twice_is_told_and_two_prices_for_it_are_none() -> None:
    sheet = read_prices(csv("SKU;Fiyat", "A;10,50", "A;10,50", "B;1,50", "B;2,50", "C;3,50"), "x.csv")
    assert prices(sheet) == {"A": 10_500_000, "C": 3_500_000}
    assert sorted(told(sheet)) == [("A3", "sheet_twice"), ("A4", "price_twice"), ("A5", "price_twice")]


def test_a_list_price_below_the_price_is_told() -> None:
    sheet = read_prices(csv("SKU;Fiyat;Liste Fiyatı", "A;10,50;9,00", "B;10,50;10,50"), "x.csv")
    assert told(sheet) == [("C2", "price_list_below")]
    assert [(one.price, one.list_price) for one in entries(sheet)] == [(10_500_000, 10_500_000)]


def test_currencies() -> None:
    sheet = read_prices(csv("SKU;Fiyat;Para Birimi", "A;10,50;TL", "B;€ 3,50;", "C;5,50;XX!", "D;$ 4,50;TRY"), "x.csv")
    assert [(one.sku, one.currency) for one in entries(sheet)] == [("A", "TRY"), ("B", "EUR")]
    assert told(sheet) == [("C4", "sheet_currency"), ("B5", "sheet_currency")]


def test_two_columns_that_may_be_the_price_are_asked_about() -> None:
    data = csv("SKU;Fiyat;Satış Fiyatı", "A;10,50;11,50")
    sheet = read_prices(data, "x.csv")
    assert [one.code for one in sheet.doubts] == ["pricesheet.rivals_price"]
    assert prices(read_prices(data, "x.csv", read_pairs(["price=Satış Fiyatı"]))) == {"A": 11_500_000}


def test_unknown_headers_are_mapped_once_for_the_shape() -> None:
    data = csv("Kodumuz;Bizim fiyat", "A;10,50")
    sheet = read_prices(data, "x.csv")
    assert [one.code for one in sheet.doubts] == ["pricesheet.columns"]
    assert sheet.titles == ("Kodumuz", "Bizim fiyat")
    own = chosen_pairs({"sku": "Kodumuz", "price": "Bizim fiyat"})
    assert prices(read_prices(data, "x.csv", own)) == {"A": 10_500_000}
    again = csv("Bizim fiyat;Kodumuz", "12,50;B")
    assert prices(read_prices(again, "y.csv", kept={sheet.shape: own})) == {"B": 12_500_000}


def test_a_sheet_without_headers_goes_by_letters() -> None:
    data = b"A-1\t10,50\r\nA-2\t11,50\r\n"
    assert read_prices(data, "x").titles == ("A", "B")
    assert prices(read_prices(data, "x", read_pairs(["sku=A", "price=B"]))) == {"A-1": 10_500_000, "A-2": 11_500_000}


@pytest.mark.parametrize("text", ["fiyat", "rabbit=Fiyat", "=x"])
def test_a_mapping_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(YoursError):
        read_pairs([text])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "sheet_none"), (b"%PDF-1.7", "sheet_none"), (b"PK\x03\x04nonsense", "sheet_cut"),
        (b"SKU;Fiyat\n" + b"A;1\n" * 2_000_000, "sheet_long"),
    ],
    ids=["blank", "pdf", "cut", "two-million-rows"],
)  # fmt: skip
def test_what_is_no_sheet_is_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(YoursError) as caught:
        read_prices(data, "x.csv")
    assert caught.value.message.params["reason"] == reason


def test_a_stray_cell_at_the_far_end_ends_no_process() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        page = made.add_worksheet()
        page.write_row(0, 0, ["SKU", "Fiyat"])
        page.write_string(1_048_575, 16_383, "x")
    with pytest.raises(YoursError) as caught:
        read_prices(out.getvalue(), "x.xlsx")
    assert caught.value.message.params["reason"] == "sheet_long"


@pytest.mark.parametrize("kind", ["xlsx", "csv-tr", "csv-en"])
def test_what_the_program_writes_it_reads(kind: str) -> None:
    from decimal import Decimal

    sheet = Sheet(
        "x",
        ["Stok Kodu", "Satış Fiyatı"],
        [["=0017", Decimal("1249.90")], ["-5X", Decimal("1.00")], ["0017", Decimal(1000)]],
    )
    data = xlsx_bytes([sheet]) if kind == "xlsx" else csv_bytes(sheet, turkish=kind == "csv-tr")
    assert prices(read_prices(data, "x")) == {"=0017": 1249_900_000, "-5X": M, "0017": 1000 * M}
