"""`paxzar sheet` and a connection that works by file, from the outside: connected, pulled, priced, handed over, written."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from providers.sandboxes.sheets import SheetsSandbox, create
from tests.app.api.conftest import Cli
from tests.support.serving import serve

NAME = "Boyner Mağazam"


@pytest.fixture
def box() -> SheetsSandbox:
    return create(seed=5, orders=6, listings=9)


@pytest.fixture
def desk(cli: Cli, box: SheetsSandbox) -> Cli:
    found = cli("connect", "boyner", "--name", NAME, "--set", f"folder={box.folder}", "--test")
    assert found.exit_code == 0, found.output
    return cli


def test_the_whole_way_of_a_connection_by_file(desk: Cli, box: SheetsSandbox) -> None:
    synced = {one["kind"]: one for one in desk.json("sync", NAME)}
    assert (synced["orders"]["new"], synced["listings"]["new"]) == (6, 9)
    assert {one["remote_id"] for one in desk.json("orders")} == {one["remote_id"] for one in box.truth_orders()}
    offer = {one["sku"]: one for one in box.truth_listings()}["PX-00002"]
    price, pieces = Decimal(offer["price"]) + 1, offer["stock"] + 1
    desk.json("price", "set", NAME, "PX-00002", f"{price:f}".replace(".", ","))
    desk.json("stock", "set", NAME, "PX-00002", str(pieces))
    drained = desk.json("outbox", NAME, "--drain")
    assert drained["counts"]["done"] == 2
    truth = {one["sku"]: one for one in box.truth_listings()}
    assert (Decimal(truth["PX-00002"]["price"]), truth["PX-00002"]["stock"]) == (price, pieces)
    (again,) = [one for one in desk.json("sync", NAME, "--orders") if one["kind"] == "orders"]
    assert (again.get("new", 0), again.get("changed", 0)) == (0, 0)
    assert desk.json("fetch", NAME, box.truth_orders()[0]["number"])["outcome"] == "done"
    (health,) = desk.json("health", NAME)
    assert health["state"] == "healthy"
    (probe,) = desk.json("probe", NAME)
    assert probe["facts"]["last_sheet_out"].startswith("20")


def test_a_sheet_from_the_merchants_hand(desk: Cli, tmp_path: Path) -> None:
    path = tmp_path / "Eylül siparişleri.csv"
    text = (
        "Sipariş No;Sipariş Tarihi;Alıcı;Barkod;Stok Kodu;Adet;Birim Fiyatı\r\n"
        "501;24.11.2026 10:20;İpek Çelik;8,69E+12;KUPA-1;2;12,50\r\n"
        "502;24.11.2026 10:21;Ömer Ünlü;8690000000012;KUPA-2;iki;12,50\r\n"
        "503;24.11.2026 10:22;Şule Işık;8690000000012;KUPA-3;1;1.249,90\r\n"
    )
    path.write_bytes(text.encode("cp1254"))
    found = desk("sheet", "in", NAME, str(path))
    assert found.exit_code == 1
    assert "Eylül siparişleri.csv · Barkod · D2" in found.output
    assert "Eylül siparişleri.csv · Adet · F3" in found.output
    assert sorted(one["number"] for one in desk.json("orders", NAME)) == ["501", "503"]
    told = desk.json("sheet", "in", NAME, str(path), exit_code=1)
    assert (told["kind"], told["rows"], told["records"], told["same"]) == ("orders", 3, 2, 2)
    assert [one["message"]["params"]["cell"] for one in told["rejects"]] == ["D2", "F3"]
    assert len(desk.json("backups")["files"]) >= 1, "an import makes an automatic backup first"
    missing = desk("sheet", "in", NAME, str(tmp_path / "yok.csv"))
    assert missing.exit_code == 1
    assert "yok.csv" in missing.output


def test_a_product_sheet_and_headers_that_nobody_knows(desk: Cli, tmp_path: Path) -> None:
    goods = tmp_path / "urunler.csv"
    goods.write_text(
        "Barkod;Stok Kodu;Ürün Adı;Satış Fiyatı;Stok\n8690000000999;YENİ-1;Kupa;10,50;4\n", encoding="utf-8"
    )
    assert desk.json("sheet", "in", NAME, str(goods))["new"] == 1
    strange = tmp_path / "x.csv"
    strange.write_text("Belge;Mal\n1;Kupa\n", encoding="utf-8")
    found = desk("sheet", "in", NAME, str(strange))
    assert found.exit_code == 1
    assert "x.csv" in found.output


def test_sheets_of_all_products(desk: Cli, box: SheetsSandbox, tmp_path: Path) -> None:
    assert desk("sheet", "out", NAME).exit_code == 1  # nothing stored yet
    desk.json("sync", NAME, "--listings")
    wanted = f"{Decimal(box.truth_listings()[0]['price']) + 1:.2f}".replace(".", ",")
    desk.json("price", "set", NAME, "PX-00001", wanted)
    out = tmp_path / "liste.csv"
    told = desk.json("sheet", "out", NAME, "--kind", "price", "--file", str(out))
    assert (told["written"], told["refused"], told["file"]) == (9, [], str(out))
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert {one["Stok Kodu"]: one["Satış Fiyatı"] for one in rows}["PX-00001"] == wanted
    before = out.read_bytes()
    assert desk("sheet", "out", NAME, "--file", str(out)).exit_code == 1
    assert out.read_bytes() == before
    told = desk.json("sheet", "out", NAME)
    book = CalamineWorkbook.from_path(str(box.folder / "giden" / told["file"]))
    assert len(book.get_sheet_by_index(0).to_python()) == 10
    assert "does not mean" in desk("sheet", "out", NAME, "--kind", "stock").output


def test_a_connection_that_works_by_calls_says_so(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "dosyalar"
    folder.mkdir()
    assert cli("connect", "dolap", "--name", "Dolap", "--set", f"folder={folder}", "--test").exit_code == 0
    found = cli("sheet", "out", "Dolap")
    assert (found.exit_code, "only takes order files" in found.output) == (1, True)
    assert cli("sheet", "in", "yok", str(tmp_path / "x")).exit_code == 2


def test_orders_behind_a_link_go_through_the_pipeline(cli: Cli, tmp_path: Path) -> None:
    box = create(seed=6, orders=4)
    with serve(box.app) as url:
        secrets = tmp_path / "secrets.json"
        secrets.write_text(json.dumps({"order_url": f"{url}/siparisler.csv", "password": box.credentials["password"]}))
        found = cli(
            "connect", "ebebek", "--name", "Ebebek", "--set", "way=download", "--set", "user=magaza", "--secrets-from", str(secrets),
            "--test",
        )  # fmt: skip
        assert found.exit_code == 0, found.output
        (synced,) = [one for one in cli.json("sync", "Ebebek", "--orders") if one["kind"] == "orders"]
        assert synced["new"] == 4
        assert cli.json("probe", "Ebebek")[0]["facts"]["sheet_link"] in ("ebebek-link.csv", "yes")
        refused = cli("sheet", "out", "Ebebek")
        assert refused.exit_code == 1


def test_a_folder_that_is_not_there_is_not_kept(cli: Cli, tmp_path: Path) -> None:
    found = cli("connect", "lcw", "--name", "LCW", "--set", f"folder={tmp_path / 'yok'}", "--test")
    assert (found.exit_code, "there is no such folder" in found.output) == (1, True)
    assert cli.json("connections") == []


def test_a_shop_that_is_asked_by_calls_takes_no_sheets(connected: Cli, tmp_path: Path) -> None:
    found = connected("sheet", "in", "Dükkân", str(tmp_path / "x.csv"))
    assert (found.exit_code, "not a connection that works by file" in found.output) == (1, True)


def test_products_that_the_vendor_cannot_know_are_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    settings = ("--set", f"folder={tmp_path / 'd'}", "--set", "template=trendyol")
    assert cli("connect", "koton", "--name", "Koton", *settings, "--test").exit_code == 0
    goods = tmp_path / "urunler.csv"
    lines = [f";SKU-{n};Kupa;10,50;4" for n in range(7)]
    goods.write_text("Barkod;Stok Kodu;Ürün Adı;Satış Fiyatı;Stok\n" + "\n".join(lines), encoding="utf-8")
    assert cli.json("sheet", "in", "Koton", str(goods))["new"] == 7
    found = cli("sheet", "out", "Koton")
    assert found.exit_code == 1
    assert "SKU-0" in found.output
    assert "2 more" in found.output
    assert list((tmp_path / "d").glob("giden/*")) == []
