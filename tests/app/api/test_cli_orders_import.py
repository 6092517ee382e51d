"""`paxzar orders import`: the two big markets' exports, a file that nobody knows, what cannot be read, and what a channel has told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.app.api.conftest import Cli, Shop

TRENDYOL = (
    "Barkod", "Paket No", "Kargo Firması", "Sipariş Tarihi", "Termin Süresinin Bittiği Tarih", "Kargoya Teslim Tarihi", "Kargo Kodu",
    "Sipariş Numarası", "Alıcı", "Teslimat Adresi", "İl", "İlçe", "Ürün Adı", "Fatura Adresi", "Alıcı - Fatura Adresi", "Sipariş Statüsü",
    "E-Posta", "Komisyon Oranı", "Marka", "Stok Kodu", "Adet", "Birim Fiyatı", "Satış Tutarı", "İndirim Tutarı",
    "Trendyol İndirim Tutarı", "Faturalanacak Tutar", "Butik Numarası", "Teslim Tarihi", "Müşteri Telefon No", "Ülke",
)  # fmt: skip
HEPSIBURADA = (
    "Sipariş Numarası", "Paket Numarası", "Kalem Numarası", "Sipariş Tarihi", "Kargo Firması", "Kargo Takip No", "Barkod",
    "Satıcı Stok Kodu", "Adet", "Alıcı", "Teslimat Adresi", "KDV(%)", "Komisyon Tutarı (KDV Dahil)", "Paket Durumu", "Teslim Tarihi",
)  # fmt: skip


def trendyol(**told: Any) -> dict[str, Any]:
    return {
        "Barkod": "8690000000012", "Paket No": "901", "Kargo Firması": "Yurtiçi Kargo", "Sipariş Tarihi": "24.11.2026 10:20",
        "Sipariş Numarası": "7001", "Alıcı": "İpek Çelik", "Teslimat Adresi": "Gül Sk. 4", "İl": "Ankara", "İlçe": "Çankaya",
        "Ürün Adı": "Seramik Kupa", "Sipariş Statüsü": "Yeni", "Stok Kodu": "KUPA-1", "Adet": 2, "Birim Fiyatı": "12,50",
        "Satış Tutarı": "25,00", "İndirim Tutarı": "0,00", "Faturalanacak Tutar": "25,00", **told,
    }  # fmt: skip


def book(headers: tuple[str, ...], rows: list[dict[str, Any]], above: tuple[str, ...] = (), merged: str = "") -> bytes:
    """An Excel file; `merged`: this column's cell is one for all rows."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet("Siparişler")
        for at, text in enumerate(above):
            sheet.write(at, 0, text)
        top = len(above)
        sheet.write_row(top, 0, headers)
        for at, row in enumerate(rows, top + 1):
            for column, name in enumerate(headers):
                if name != merged:
                    sheet.write(at, column, row.get(name, ""))
        if merged:
            column = headers.index(merged)
            sheet.merge_range(top + 1, column, top + len(rows), column, rows[0][merged])
    return out.getvalue()


@pytest.fixture
def desk(cli: Cli, tmp_path: Path) -> Cli:
    folder = tmp_path / "dosyalar"
    folder.mkdir()
    assert cli("connect", "dolap", "--name", "Dolap", "--set", f"folder={folder}").exit_code == 0
    return cli


def test_trendyols_export_with_all_that_goes_wrong_in_it(desk: Cli, tmp_path: Path) -> None:
    rows = [
        trendyol(),
        trendyol(**{"Paket No": "902", "Sipariş Numarası": "7002", "Barkod": "8,69E+12", "Stok Kodu": "KUPA-2"}),
        trendyol(**{"Paket No": "903", "Sipariş Numarası": "7003", "Adet": "iki"}),
        trendyol(**{"Paket No": "904", "Sipariş Numarası": "8,69E+12"}),
        {"Ülke": "Toplam", "Adet": 8, "Faturalanacak Tutar": "100,00"},
    ]  # fmt: skip
    path = tmp_path / "siparisler.xlsx"
    path.write_bytes(book(TRENDYOL[::-1], rows, ("Siparişlerim", "01.11.2026 - 24.11.2026")))
    told = desk.json("orders", "import", str(path), "--as", "Dolap", exit_code=1)
    assert (told["kind"], told["new"], told["rows"]) == ("orders", 2, 4)
    cells = [(one["message"]["params"]["column"], one["message"]["params"]["row"]) for one in told["rejects"]]
    assert sorted(cells) == [("Adet", "6"), ("Barkod", "5"), ("Sipariş Numarası", "7")]
    stored = {one["number"]: one for one in desk.json("orders")}
    assert stored.keys() == {"7001", "7002"}
    assert (stored["7001"]["remote_id"], stored["7001"]["total"], stored["7001"]["city"]) == ("901", "25.00", "Ankara")
    assert [one["sku"] for one in stored["7002"]["lines"]] == ["KUPA-2"]
    again = desk.json("orders", "import", str(path), "--as", "Dolap", exit_code=1)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 2)
    assert len(desk.json("orders")) == 2
    said = desk("orders", "import", str(path), "--as", "Dolap").output
    assert "siparisler.xlsx · Adet · J6" in said
    assert desk("orders", "import", str(tmp_path / "yok.xlsx"), "--as", "Dolap").exit_code == 1
    assert desk("orders", "import", str(path), "--as", "kimse").exit_code == 2


def test_hepsiburadas_export_with_merged_cells(desk: Cli, tmp_path: Path) -> None:
    one = {
        "Sipariş Numarası": "HB-1", "Paket Numarası": "P1", "Kalem Numarası": "K1", "Sipariş Tarihi": "24.11.2026 09:00",
        "Satıcı Stok Kodu": "KUPA-1", "Adet": 1, "Alıcı": "Ömer Ünlü", "Teslimat Adresi": "Lale Cd. 1", "Paket Durumu": "Açık",
    }  # fmt: skip
    two = {"Kalem Numarası": "K2", "Satıcı Stok Kodu": "KUPA-2", "Adet": 3, "Paket Numarası": "P1"}
    path = tmp_path / "hb.xlsx"
    path.write_bytes(book(HEPSIBURADA, [one, two], merged="Sipariş Numarası"))
    told = desk.json("orders", "import", str(path), "--as", "Dolap")
    assert (told["new"], told["rejects"]) == (1, [])
    (stored,) = desk.json("orders")
    assert [(x["sku"], x["quantity"], x["remote_id"]) for x in stored["lines"]] == [("KUPA-1", 1, "K1"), ("KUPA-2", 3, "K2")]  # fmt: skip
    assert stored["total"] is None, "the export tells no prices, and zero is no price"


def test_a_file_that_nobody_knows_is_mapped_once(desk: Cli, tmp_path: Path) -> None:
    path = tmp_path / "benim.csv"
    path.write_text("Belge;Kime;Ne;Kaç;Tarih\n41;Şule Işık;KUPA-9;2;24.11.2026\n", encoding="utf-8")
    refused = desk("orders", "import", str(path), "--as", "Dolap")
    assert refused.exit_code == 1
    assert "Belge, Kime, Ne, Kaç, Tarih" in refused.output
    said = ("Sipariş No=Belge", "Alıcı=Kime", "Stok Kodu=Ne", "Adet=Kaç")
    maps = [part for one in said for part in ("--map", one)]
    looked = desk.json("orders", "import", str(path), "--as", "Dolap", "--look", *maps)
    assert (looked["orders"], desk.json("orders")) == (1, [])
    assert desk.json("orders", "import", str(path), "--as", "Dolap", *maps)["new"] == 1
    later = tmp_path / "sonraki.csv"
    later.write_text("Kaç;Tarih;Ne;Belge;Kime\n1;24.11.2026;KUPA-3;42;Ali Can\n", encoding="utf-8")
    assert desk.json("orders", "import", str(later), "--as", "Dolap")["new"] == 1, (
        "the columns moved, the shape did not"
    )
    assert {one["number"] for one in desk.json("orders")} == {"41", "42"}
    assert desk("orders", "import", str(path), "--as", "Dolap", "--map", "Bilmem=Ne").exit_code == 1


def test_what_the_channel_has_told_stays_as_it_told_it(cli: Cli, shop: Shop, tmp_path: Path) -> None:
    made = cli(
        "connect", "woocommerce", "--name", "Mağaza", "--base-url", shop.address, "--secrets-from", "-",
        given=json.dumps(shop.secrets),
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    cli.json("sync", "Mağaza", "--orders")
    before = {one["number"]: one for one in cli.json("orders")}
    number = sorted(before)[0]
    path = tmp_path / "eski.csv"
    path.write_text(
        f"Sipariş No;Tarih;Alıcı;Stok Kodu;Adet;Birim Fiyatı\n{number};24.11.2026;Başkası;X;9;1,00\n"
        "990001;24.11.2026;Yeni Alıcı;KUPA-1;1;5,00\n",
        encoding="utf-8",
    )
    told = cli.json("orders", "import", str(path), "--as", "Mağaza")
    assert (told["new"], told["known"]) == (1, 1)
    again = cli.json("orders", "import", str(path), "--as", "Mağaza")
    assert (again["new"], again["changed"], again["same"], again["known"]) == (0, 0, 1, 1)
    after = {one["number"]: one for one in cli.json("orders")}
    assert after[number] == before[number]
    assert after["990001"]["buyer"] == "Yeni Alıcı"
