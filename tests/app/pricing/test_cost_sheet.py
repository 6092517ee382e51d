"""Sheets of costs: columns, how numbers are written, what cannot be read and where it stands."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal

import pytest
import xlsxwriter

from app.contracts import ProviderError
from app.pricing.cost_sheet import read_costs
from app.store import ProductChange

D = Decimal


def csv(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding)


def test_a_turkish_sheet() -> None:
    text = "Maliyetler\n\nSTOK KODU;Alış Fiyatı;KDV Oranı;EN AZ;En Çok;Raf;Desi;Not\n0017;1.249,90;%20;1.300;;A-3;1,5;x\n1E5;12,5;10;;99;;;\n"
    found = read_costs("Ürünler.csv", csv(text, "cp1254"))
    assert found.troubles[0].params["cell"] == "D4", "1.300 may be read two ways, and its column does not tell"
    assert found.changes == (ProductChange("1E5", "TRY", D("12.5"), D(10), None, D(99), None, None),)
    text = text.replace("12,5;10;;", "12,5;10;11,50;")
    first = read_costs("x.csv", csv(text)).changes[0]
    assert first == ProductChange("0017", "TRY", D("1249.9"), D(20), D(1300), None, "A-3", D("1.5"))


def test_what_cannot_be_read_is_told_by_place_and_the_rest_is_kept() -> None:
    text = "sku,cost\nA,fiyat sor\nB,1e999\nC,-5\nD,0\nE,NaN\n,7\nF,3\nF,4\nG,\nH,99999999999\n"
    found = read_costs("c.csv", csv(text))
    assert [one.sku for one in found.changes] == ["F"]
    told = {one.params["cell"]: one.params["why"] for one in found.troubles}
    assert told == {
        "B2": "sheet_number", "B3": "sheet_number", "B4": "cost_bounds", "B5": "cost_zero", "B6": "sheet_number", "A7": "sheet_blank",
        "A9": "sheet_twice", "B11": "cost_bounds",
    }  # fmt: skip
    assert found.rows == 9
    assert [one.sku for one in read_costs("c.csv", csv(text), "TRY", True).changes] == ["D", "F"]


def test_a_workbook_with_numbers_dates_and_currencies() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for at, row in enumerate(
            [
                ("SKU", "Cost", "Currency", "VAT"),
                ("A", 0.1 + 0.2, "EUR", 20),
                ("B", 5, "Euro", 20),
                ("C", 5, "", 18.123),
            ]
        ):
            page.write_row(at, 0, row)
        page.write_string(4, 0, "D")
        page.write_datetime(4, 1, datetime(2025, 1, 2), book.add_format({"num_format": "dd.mm.yyyy"}))  # noqa: DTZ001
    found = read_costs("c.xlsx", out.getvalue())
    assert found.changes == (ProductChange("A", "EUR", D("0.3"), D(20)),)
    assert {one.params["cell"]: one.params["why"] for one in found.troubles} == {
        "C3": "sheet_currency", "D4": "cost_bounds", "B5": "sheet_number",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"a;b\n1;2\n", "sheet.columns"), (b"sku\nA\n", "sheet.columns"), (b"", "sheet.file"), (b"%PDF-1", "sheet.file")],
)
def test_no_sheet_of_costs(data: bytes, code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read_costs("x", data)
    assert caught.value.message.code == code
