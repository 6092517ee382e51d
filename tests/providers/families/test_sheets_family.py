"""Sheets as people and portals make them: moved, renamed and missing columns, merged cells, totals, rounded barcodes; and ours."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.contracts import YoursError
from app.kit import ean_ok, read_grids
from app.kit.sheet_columns import find_columns, plain, read_mapping
from app.kit.sheet_orders import Reading, number_matches, read_sheet
from app.model import Listing, ListingRef, Money, Order, OrderStatus, PriceChange, StockChange
from providers.families.sheets_out import KINDS, lacking, own_columns, sheet_bytes, template, values_of

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
#: The real export, word for word (reference/marketplaces-tr.md).
TRENDYOL = ["Barkod", "Paket No", "Kargo Firması", "Sipariş Tarihi", "Termin Süresinin Bittiği Tarih", "Kargoya Teslim Tarihi", "Kargo Kodu", "Sipariş Numarası", "Alıcı", "Teslimat Adresi", "İl", "İlçe", "Ürün Adı", "Fatura Adresi", "Alıcı - Fatura Adresi", "Sipariş Statüsü", "E-Posta", "Komisyon Oranı", "Marka", "Stok Kodu", "Adet", "Birim Fiyatı", "Satış Tutarı", "İndirim Tutarı", "Trendyol İndirim Tutarı", "Faturalanacak Tutar", "Butik Numarası", "Teslim Tarihi", "Kargodan alınan desi", "Hesapladığım desi", "Faturalanan Kargo Tutarı", "Alternatif Teslimat Statüsü", "Kurumsal Faturalı Sipariş", "Vergi Kimlik Numarası", "Vergi Dairesi", "Şirket İsmi", "Fatura", "Müşteri Sipariş Adedi", "Mikro İhracat", "ETGB No", "ETGB Tarihi", "Yaş", "Cinsiyet", "Kargo Partner İsmi", "2.Teslimat Paketi Statüsü", "2.Teslimat Takip Numarası", "Teslimat Numarası", "Fatura No", "Fatura Tarihi", "Ülke", "Müşteri Telefon No", "ETGB Statüsü"]  # fmt: skip
HEPSIBURADA = ["Sipariş Numarası", "Paket Numarası", "Kalem Numarası", "Sipariş Tarihi", "Kargo Firması", "Kargo Takip No", "Barkod", "Satıcı Stok Kodu", "Adet", "Alıcı", "Teslimat Adresi", "KDV(%)", "Komisyon Tutarı (KDV Dahil)", "Paket Durumu", "Teslim Tarihi"]  # fmt: skip
LINE = {
    "Barkod": "8690000000012", "Paket No": "P1", "Sipariş Tarihi": "24.11.2026 10:20", "Sipariş Numarası": "1001", "Alıcı": "İpek Çelik",
    "Teslimat Adresi": "Gül Sk. No:4", "İl": "İzmir", "İlçe": "Karşıyaka", "Ürün Adı": "Kupa", "Sipariş Statüsü": "Yeni",
    "Stok Kodu": "KUPA-1", "Adet": "2", "Birim Fiyatı": "624,95", "Satış Tutarı": "1.249,90", "İndirim Tutarı": "249,90",
    "Faturalanacak Tutar": "1.000,00", "Müşteri Telefon No": "0532 123 45 67", "Kargo Kodu": "73001", "Kargo Firması": "Yurtiçi",
    "Fatura Adresi": "Moda Cd. 5", "Vergi Kimlik Numarası": "1234567890", "Vergi Dairesi": "Karşıyaka", "Şirket İsmi": "Çelik Ltd",
    "Ülke": "Türkiye", "E-Posta": "ipek@example.com", "Termin Süresinin Bittiği Tarih": "26.11.2026",
}  # fmt: skip


def sheet(header: list[str], *rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=";")
    write.writerow(header)
    for row in rows:
        write.writerow([row.get(title, "") for title in header])
    return out.getvalue().encode("cp1254")


def read(data: bytes, own: str = "") -> Reading:
    return read_sheet(data, "siparis.csv", AT, read_mapping(own))


def only(reading: Reading) -> Order:
    assert not reading.rejects, reading.rejects
    (one,) = reading.orders
    return one


# -- orders ------------------------------------------------------------------------------------------------------------
def test_the_real_trendyol_export_is_known_by_itself() -> None:
    reading = read(sheet(TRENDYOL, LINE))
    order = only(reading)
    assert (order.remote_id, order.number, order.status, order.vendor_status) == (
        "P1",
        "1001",
        OrderStatus.OPEN,
        "Yeni",
    )
    assert order.placed_at == datetime(2026, 11, 24, 7, 20, tzinfo=UTC)
    assert order.ship_by == datetime(2026, 11, 25, 21, 0, tzinfo=UTC)
    assert (order.total, order.discount) == (Money.of("1000.00", "TRY"), Money.of("249.90", "TRY"))
    (line,) = order.lines
    assert (line.sku, line.barcode, line.quantity, line.unit_price.money.text()) == (
        "KUPA-1",
        "8690000000012",
        2,
        "500.00",
    )
    assert (order.ship_to.city, order.ship_to.district, order.ship_to.country) == ("İzmir", "Karşıyaka", "TR")
    assert order.buyer.phone == "+905321234567"
    assert order.bill_to is not None
    assert (order.bill_to.company, order.bill_to.tax_number) == ("Çelik Ltd", "1234567890")
    assert (order.tracking_number, order.carrier) == ("73001", "Yurtiçi")
    assert "Butik Numarası" in reading.unknown


def test_the_real_hepsiburada_export_is_known_by_itself() -> None:
    row = {
        "Sipariş Numarası": "2002", "Paket Numarası": "H9", "Kalem Numarası": "K1", "Sipariş Tarihi": "24/11/2026 10:20:30",
        "Barkod": "8690000000012", "Satıcı Stok Kodu": "KUPA-1", "Adet": "1", "Alıcı": "Ömer Ünlü", "Paket Durumu": "Kargoya Verildi",
        "KDV(%)": "%20",
    }  # fmt: skip
    order = only(read(sheet(HEPSIBURADA, row)))
    assert (order.remote_id, order.number, order.status, order.unpriced) == ("H9", "2002", OrderStatus.SHIPPED, True)
    assert (order.lines[0].remote_id, order.lines[0].vat_rate) == ("K1", Decimal(20))
    assert order.placed_at == datetime(2026, 11, 24, 7, 20, 30, tzinfo=UTC)


def test_moved_columns_headers_below_a_title_and_a_repeated_header() -> None:
    header = ["Adet", "Ürün Adı", "", "SİPARİŞ  NO:", "Tarih", "Fiyat"]
    text = (
        "Rapor;;;;;\n01.11.2026 - 24.11.2026;;;;;\n" + ";".join(header) + "\n2;Kupa;;A-1;2026-11-24 10:20;12,50\n"
        + ";".join(header) + "\n1;Çanta;;A-2;24.11.2026;7,5\n"
    )  # fmt: skip
    reading = read(text.encode())
    assert [(o.number, o.total.text()) for o in reading.orders] == [("A-1", "25.00"), ("A-2", "7.50")]
    assert reading.rejects == ()


def test_renamed_columns_are_mapped_once() -> None:
    data = sheet(["Belge", "Kaç Tane", "Mal", "Adet"], {"Belge": "B1", "Kaç Tane": "3", "Mal": "Kupa", "Adet": "koli"})
    assert read(data).orders == ()
    reading = read(data, "Sipariş No=Belge; quantity=Kaç Tane; Ürün Adı = MAL")
    assert [(o.number, o.lines[0].quantity, o.lines[0].title) for o in reading.orders] == [("B1", 3, "Kupa")]


@pytest.mark.parametrize("text", ["Sipariş No", "Uydurma=Belge", "quantity="])
def test_a_mapping_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(YoursError) as caught:
        read_mapping(text)
    assert caught.value.message.field == "columns"


def test_missing_columns_are_named_with_the_file() -> None:
    reading = read(sheet(["Sipariş No", "Tarih", "Alıcı"], {"Sipariş No": "1"}))
    (reject,) = reading.rejects
    assert reject.message.code == "sheet.columns"
    assert reject.message.params == {"field": "siparis.csv", "value": "Adet, Barkod / Stok Kodu / Ürün Adı"}
    assert "Alıcı" in reject.raw


def test_without_a_date_the_order_is_kept_and_that_is_told() -> None:
    reading = read(sheet(["Sipariş No", "Adet", "SKU"], {"Sipariş No": "1", "Adet": "1", "SKU": "x"}))
    assert (reading.orders[0].placed_at, reading.orders[0].unpriced) == (AT, True)
    assert [one.message.params["why"] for one in reading.rejects] == ["sheet_blank"]


def test_lines_in_several_rows_are_one_order() -> None:
    second = {
        **LINE,
        "Barkod": "8690000000029",
        "Stok Kodu": "KAZAK-2",
        "Ürün Adı": "Kazak",
        "Adet": "1",
        "Faturalanacak Tutar": "50",
    }
    same = {**LINE, "Adet": "1", "Faturalanacak Tutar": "500,00"}
    order = only(read(sheet(TRENDYOL, LINE, second, same)))
    assert [line.remote_id for line in order.lines] == ["8690000000012", "8690000000029", "8690000000012-2"]
    assert order.total == Money.of("1550.00", "TRY")


def test_merged_cells_of_a_workbook_and_of_csv() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Sipariş No", "Alıcı", "Barkod", "Adet", "Birim Fiyat", "Sipariş Tarihi"])
        for column, value in ((0, "1001"), (1, "İpek Çelik"), (5, "24.11.2026 10:20")):
            page.merge_range(1, column, 3, column, value)
        page.write_column(1, 2, ["8690000000012", "8690000000029", "8690000000036"])
        page.write_column(1, 3, [1, 2, 3])
        page.write_column(1, 4, [10, 10, 10.5])
    order = only(read(out.getvalue()))
    assert (len(order.lines), order.total.text()) == (3, "61.50")
    blank = {"Sipariş Numarası": "", "Paket No": "", "Sipariş Tarihi": "", "Alıcı": ""}
    order = only(read(sheet(TRENDYOL, LINE, {**LINE, **blank, "Barkod": "8690000000029"})))
    assert len(order.lines) == 2


def test_totals_and_remarks_are_no_orders() -> None:
    rows = sheet(["Sipariş No", "Barkod", "Adet", "Fiyat", "Tarih"], {"Sipariş No": "1", "Barkod": "8690000000012", "Adet": "1", "Fiyat": "5,00", "Tarih": "24.11.2026"})  # fmt: skip
    tail = (
        ";;;;\nTOPLAM;;25;1.250,00;\n;;Genel Toplam;1.250,00;\nToplam 25 kayıt;;;;\nYazdırma: 24.11.2026;;;;\n".encode(
            "cp1254"
        )
    )
    reading = read(rows + tail)
    assert [one.number for one in reading.orders] == ["1"]
    assert [one.message.params["row"] for one in reading.rejects] == [
        "7"
    ]  # the remark has no pieces; it is shown, not guessed


def test_a_rounded_barcode_is_told_by_row_and_column_and_the_line_stays() -> None:
    reading = read(
        sheet(TRENDYOL, {**LINE, "Barkod": "8,69E+12"}, {**LINE, "Paket No": "P2", "Sipariş Numarası": "1002"})
    )
    assert [one.lines[0].barcode for one in reading.orders] == ["", "8690000000012"]
    (reject,) = reading.rejects
    assert (reject.remote_id, reject.message.code, reject.message.params["why"]) == (
        "P1",
        "sheet.cell",
        "sheet_rounded",
    )
    assert (reject.message.params["cell"], reject.message.params["row"], reject.message.params["column"]) == (
        "A2",
        "2",
        "Barkod",
    )
    assert reject.message.params["field"] == "siparis.csv · Barkod · A2"
    assert reject.raw.split("\t")[0] == "8,69E+12"


def test_a_barcode_that_excel_has_made_round_is_noticed_too() -> None:
    assert [r.message.params["why"] for r in read(sheet(TRENDYOL, {**LINE, "Barkod": "8690000000000"})).rejects] == [
        "sheet_rounded"
    ]
    real = next(code for code in (f"869{n:04d}000000" for n in range(1, 99)) if ean_ok(code))
    assert only(read(sheet(TRENDYOL, {**LINE, "Barkod": real}))).lines[0].barcode == real


@pytest.mark.parametrize(
    ("change", "why", "cell"),
    [
        ({"Adet": "iki"}, "sheet_whole", "U3"),
        ({"Adet": "1,5"}, "sheet_whole", "U3"),
        ({"Adet": "0"}, "sheet_whole", "U3"),
        ({"Adet": ""}, "sheet_blank", "U3"),
        ({"Faturalanacak Tutar": "bedava"}, "sheet_number", "Z3"),
        ({"Faturalanacak Tutar": "-5"}, "sheet_number", "Z3"),
        ({"Sipariş Numarası": "1,00E+3"}, "sheet_rounded", "H3"),
        ({"Sipariş Numarası": "", "Paket No": ""}, "sheet_blank", "H3"),
    ],
)
def test_a_bad_row_costs_its_order_and_no_other(change: dict[str, str], why: str, cell: str) -> None:
    first, last = (
        {**LINE, "Paket No": "P0", "Sipariş Numarası": "1000"},
        {**LINE, "Paket No": "P2", "Sipariş Numarası": "1002"},
    )
    reading = read(sheet(TRENDYOL, first, {**LINE, **change}, last))
    assert [one.number for one in reading.orders] == ["1000", "1002"]
    assert [(r.message.params["why"], r.message.params["cell"]) for r in reading.rejects] == [(why, cell)]


def test_an_order_is_never_stored_without_one_of_its_lines() -> None:
    reading = read(sheet(TRENDYOL, LINE, {**LINE, "Barkod": "8690000000029", "Adet": "iki"}))
    assert reading.orders == ()
    assert [one.remote_id for one in reading.rejects] == ["P1"]


def test_a_number_that_reads_two_ways_is_asked_about_unless_its_column_tells() -> None:
    header = ["Sipariş No", "Barkod", "Adet", "Birim Fiyat", "Tarih"]
    row = {"Sipariş No": "1", "Barkod": "8690000000012", "Adet": "1", "Birim Fiyat": "1.249", "Tarih": "24.11.2026"}
    assert [one.message.params["why"] for one in read(sheet(header, row)).rejects] == ["sheet_two_ways"]
    turkish = read(sheet(header, row, {**row, "Sipariş No": "2", "Birim Fiyat": "12,50"}))
    assert [one.total.text() for one in turkish.orders] == ["1249.00", "12.50"]
    english = read(sheet(header, row, {**row, "Sipariş No": "2", "Birim Fiyat": "12.50"}))
    assert [one.total.text() for one in english.orders] == ["1.249", "12.50"]


def test_numbers_and_dates_that_excel_keeps_as_such() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Sipariş No", "Barkod", "Adet", "Birim Fiyat", "Sipariş Tarihi"])
        page.write_row(1, 0, [1001, 8690000000012, 2, 1249.9, 46350.430555555555])
    order = only(read(out.getvalue()))
    assert (order.number, order.lines[0].barcode, order.total.text()) == ("1001", "8690000000012", "2499.80")
    assert order.placed_at == datetime(2026, 11, 24, 7, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("Yeni", "Yeni"), "open"), (("Yeni", "Kargoya Verildi"), "partially_shipped"), (("İptal Edildi",) * 2, "cancelled"),
        (("İPTAL EDİLDİ", "Kargoda"), "shipped"), (("Teslim Edildi", "Kargoda"), "shipped"), (("Uzayda", "Yeni"), "unknown"),
        (("", ""), "open"),
    ],
)  # fmt: skip
def test_states_of_lines_together(words: tuple[str, str], status: str) -> None:
    order = only(read(sheet(TRENDYOL, *({**LINE, "Sipariş Statüsü": word} for word in words))))
    assert order.status == status
    assert [one.cancelled for one in order.lines] == [plain(word).startswith("iptal") for word in words]


def test_without_a_state_the_dates_tell() -> None:
    header = [title for title in TRENDYOL if title != "Sipariş Statüsü"]
    sent = {**LINE, "Kargoya Teslim Tarihi": "24.11.2026 18:00"}
    assert only(read(sheet(header, sent))).status is OrderStatus.SHIPPED
    order = only(read(sheet(header, {**sent, "Teslim Tarihi": "25.11.2026 12:00"})))
    assert (order.status, order.updated_at) == (OrderStatus.DELIVERED, datetime(2026, 11, 25, 9, 0, tzinfo=UTC))


def test_a_date_that_is_none_leaves_the_order_and_is_told() -> None:
    reading = read(sheet(TRENDYOL, {**LINE, "Termin Süresinin Bittiği Tarih": "yarın"}))
    assert reading.orders[0].ship_by is None
    assert [(r.message.params["why"], r.message.params["cell"]) for r in reading.rejects] == [("sheet_date", "E2")]


def test_two_currencies_in_one_order_are_none() -> None:
    header = [*TRENDYOL, "Para Birimi"]
    reading = read(sheet(header, {**LINE, "Para Birimi": "TL"}, {**LINE, "Para Birimi": "EUR"}))
    assert reading.orders == ()
    assert reading.rejects[0].message.params["why"] == "sheet_currency"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04 cut", b"merhaba\n"])
def test_what_is_no_sheet_is_one_reject(data: bytes) -> None:
    (reject,) = read(data).rejects
    assert reject.message.code in ("sheet.file", "sheet.columns")
    assert reject.message.params["field"] == "siparis.csv"


def test_the_explanations_before_the_list_are_passed_over() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("Açıklamalar").write(0, 0, "Bu dosyada …")
        page = book.add_worksheet("Listelerim")
        page.write_row(0, 0, ["SKU", "Satıcı Stok Kodu", "Fiyat"])
        page.write_row(1, 0, ["HBV1", "KUPA-1", 12.5])
    reading = read(out.getvalue())
    assert (reading.kind, reading.listings[0].sku) == ("products", "HBV1")


def test_a_number_that_was_typed_finds_its_order() -> None:
    order = only(read(sheet(TRENDYOL, LINE)))
    assert number_matches(order, "#1001")
    assert number_matches(order, "P1")
    assert not number_matches(order, "100")


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=8), max_size=12), st.booleans())
def test_nothing_in_a_sheet_raises(rows: list[list[str]], with_header: bool) -> None:
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=";")
    if with_header:
        write.writerow(["Sipariş No", "Adet", "Barkod", "Birim Fiyat", "Sipariş Tarihi", "Durum", "Telefon", "Ülke"])
    write.writerows(rows)
    reading = read(out.getvalue().encode("utf-8", "replace"))
    assert all(one.message.code in ("sheet.cell", "sheet.columns", "sheet.file") for one in reading.rejects)
    assert all(one.remote_id and one.lines for one in reading.orders)


# -- listings ----------------------------------------------------------------------------------------------------------
PRODUCTS = ["Barkod", "Model Kodu", "Marka", "Kategori", "Para Birimi", "Ürün Adı", "Ürün Açıklaması", "Piyasa Satış Fiyatı (KDV Dahil)", "Trendyol'da  Satılacak Fiyat (KDV Dahil)", "Ürün Stok Adedi", "Stok Kodu", "KDV Oranı", "Desi", "Görsel 1", "Görsel 2"]  # fmt: skip
GOODS = {
    "Barkod": "8690000000012", "Model Kodu": "M1", "Marka": "Deneme", "Para Birimi": "TRY", "Ürün Adı": "Kupa",
    "Piyasa Satış Fiyatı (KDV Dahil)": "150,00", "Trendyol'da  Satılacak Fiyat (KDV Dahil)": "120,50", "Ürün Stok Adedi": "7",
    "Stok Kodu": "KUPA-1", "KDV Oranı": "20", "Görsel 1": "https://example.com/1.jpg",
}  # fmt: skip


def test_the_real_product_template_gives_listings() -> None:
    (one,) = read(sheet(PRODUCTS, GOODS)).listings
    assert (one.remote_id, one.sku, one.title, one.stock, one.vat_rate) == (
        "8690000000012",
        "KUPA-1",
        "Kupa",
        7,
        Decimal(20),
    )
    assert (one.price, one.list_price) == (Money.of("120.50", "TRY"), Money.of("150.00", "TRY"))
    assert one.extra == {"model": "M1", "brand": "Deneme", "image1": "https://example.com/1.jpg"}


def test_bad_products_are_told_and_the_good_ones_stay() -> None:
    rows = (
        GOODS, {**GOODS, "Barkod": "8,69E+12"}, {**GOODS, "Barkod": "", "Stok Kodu": ""}, GOODS,
        {**GOODS, "Barkod": "8690000000029", "Ürün Stok Adedi": "-1"}, {**GOODS, "Barkod": "8690000000036"},
    )  # fmt: skip
    reading = read(sheet(PRODUCTS, *rows))
    assert [one.barcode for one in reading.listings] == ["8690000000012", "8690000000036"]
    assert [one.message.params["why"] for one in reading.rejects] == [
        "sheet_rounded",
        "sheet_blank",
        "sheet_twice",
        "sheet_whole",
    ]
    assert [one.message.params["row"] for one in reading.rejects] == ["3", "4", "5", "6"]


# -- out ---------------------------------------------------------------------------------------------------------------
REF = ListingRef("8690000000012", "KUPA-1", "8690000000012", {"brand": "Deneme"})


def price(amount: str = "120.50", **more: Any) -> PriceChange:
    return PriceChange("k", REF, Money.of(amount, "TRY"), **more)


def made(name: str, kind: Any, item: Any, format_: str = "xlsx", own: str = "") -> list[list[Any]]:
    data = sheet_bytes(name, kind, own_columns(own), format_, [values_of(item)])
    return read_grids(data)[-1].rows


def test_a_price_sheet_says_only_what_changes() -> None:
    head, row = made("generic", "price", price())
    assert dict(zip(head, row, strict=True)) == {
        "Barkod": "8690000000012", "Stok Kodu": "KUPA-1", "Liste Fiyatı": "", "Satış Fiyatı": Decimal("120.5"), "Para Birimi": "TRY"
    }  # fmt: skip


def test_trendyols_file_wants_both_prices_and_never_a_list_price_below() -> None:
    head, row = made("trendyol", "price", price(was_list_price=Money.of("150", "TRY")))
    assert head[1:3] == ["Piyasa Satış Fiyatı (KDV Dahil)", "Trendyol'da Satılacak Fiyat (KDV Dahil)"]
    assert row[1:] == [Decimal(150), Decimal("120.5"), ""]
    assert made("trendyol", "price", price("200", was_list_price=Money.of("150", "TRY")))[1][1] == Decimal(200)


def test_hepsiburadas_file_has_its_explanations_first() -> None:
    data = sheet_bytes("hepsiburada", "price", (), "xlsx", [values_of(price())])
    assert [one.name for one in read_grids(data)] == ["Açıklamalar", "Listelerim"]
    assert read_grids(data)[1].rows[0] == ["SKU", "Satıcı Stok Kodu", "Fiyat"]


def test_a_stock_of_none_is_written_as_zero() -> None:
    assert made("generic", "stock", StockChange("k", REF, 0))[1] == ["8690000000012", "KUPA-1", Decimal(0)]


def test_the_vendors_columns_that_the_merchant_mapped() -> None:
    own = "Ürün Kodu=Barkod; Boş; Yeni Fiyat=Satış Fiyatı; Adet=Stok"
    data = sheet_bytes("generic", "price", own_columns(own), "csv_1254", [values_of(price("1249.9"))])
    assert data == "Ürün Kodu;Boş;Yeni Fiyat;Adet\r\n8690000000012;;1249,90;\r\n".encode("cp1254")
    with pytest.raises(YoursError):
        own_columns("Ürün Kodu=Uydurma")


def test_the_feed_is_well_formed_and_says_what_it_knows() -> None:
    listing = Listing("1", "KUPA&1", "Kupa <\u0001büyük>", Money.of("120.5", "TRY"), stock=0, barcode="8690000000012", extra={"image1": "https://e.com/?a=1&b=2"})  # fmt: skip
    data = sheet_bytes("generic", "products", (), "xml", [values_of(listing)])
    assert b"<!-- Paxzar -->" in data
    (item,) = etree.fromstring(data)
    assert {c.tag: c.text for c in item} == {
        "Product_code": "KUPA&1", "Product_id": "1", "Barcode": "8690000000012", "Name": "Kupa < büyük>", "Price": "120.50",
        "CurrencyType": "TRY", "Stock": "0", "Image1": "https://e.com/?a=1&b=2",
    }  # fmt: skip
    (item,) = etree.fromstring(sheet_bytes("generic", "price", (), "xml", [values_of(price())]))
    assert [c.tag for c in item] == ["Product_code", "Product_id", "Barcode", "Price", "CurrencyType"]


@pytest.mark.parametrize("name", ["generic", "trendyol", "hepsiburada", "books"])
def test_every_template_reads_and_knows_its_fields(name: str) -> None:
    form = template(name)
    known = {"list_price_or_price", "", *values_of(price(list_price=Money.of("130", "TRY")))}
    known |= {"stock", "title", "vat_rate", "model", "brand", "category", "desi", "colour", "size", "description"}
    for kind in KINDS:
        for column in form.columns(kind):
            assert column.title
            assert column.field in known or re.fullmatch(r"image[1-8]", column.field), column
        rows = [values_of(Listing("1", "s", "t", Money.of("5", "TRY"), stock=1, barcode="8690000000012"))]
        assert sheet_bytes(name, kind, (), "xlsx", rows)


def test_an_item_that_the_vendor_cannot_know_is_refused_by_column() -> None:
    form = template("trendyol")
    values = values_of(PriceChange("k", ListingRef("x", "KUPA-1"), Money.of("5", "TRY")))
    assert lacking(form, form.columns("price"), values) == "Barkod"
    assert lacking(template("generic"), template("generic").columns("price"), values) == ""
    with pytest.raises(YoursError):
        template("yok")


def test_what_we_write_we_can_read() -> None:
    listing = Listing("8690000000012", "0017", "Kupa", Money.of("1249.90", "TRY"), list_price=Money.of("1500", "TRY"), stock=3, barcode="8690000000012", vat_rate=Decimal(20), extra={"brand": "Ş"})  # fmt: skip
    for format_ in ("xlsx", "csv", "csv_1254"):
        (again,) = read(sheet_bytes("generic", "products", (), format_, [values_of(listing)])).listings
        assert again == listing, format_


def test_headers_are_compared_without_case_signs_and_accents() -> None:
    assert plain("  SİPARİŞ\n No : ") == plain("sipariş no")
    assert plain("KDV(%)") != plain("KDV")
    grids = read_grids(sheet(["Barkod", "Satış Fiyatı"], {"Barkod": "1"}))
    columns = find_columns(grids[0], ())
    assert columns is not None
    assert (columns.kind, dict(columns.places)) == ("products", {"barcode": 0, "price": 1})
