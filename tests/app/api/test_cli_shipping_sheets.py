"""`paxzar ship … --carrier` with a carrier that has no API: into the sheet, our label, the carrier's sheet back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from providers.sandboxes.sheet_carrier import SheetCarrierSandbox, create
from tests.app.api.conftest import Cli
from tests.app.api.test_cli_shipping import fill
from tests.app.shipping.making import order


@pytest.fixture
def box() -> SheetCarrierSandbox:
    return create(seed=5)


@pytest.fixture
def dock(cli: Cli, box: SheetCarrierSandbox) -> Cli:
    done = cli("connect", "borusan_lojistik", "--name", "Borusan", "--set", f"folder={box.folder}", "--test")
    assert done.exit_code == 0, done.output
    asyncio.run(fill(cli.folder, order("1"), order("2"), order("3")))
    return cli


def test_from_order_to_delivery_by_sheets(dock: Cli, box: SheetCarrierSandbox, tmp_path: Path) -> None:
    out = tmp_path / "etiket.pdf"
    done = dock.json(
        "ship", "S-1", "S-2", "S-3", "--carrier", "Borusan", "--desi", "2,5", "--pieces", "2", "--out", str(out)
    )
    references = {row["Sipariş No"]: row["Gönderi No"] for row in box.waiting()}
    assert references.keys() == {"S-1", "S-2", "S-3"}
    assert {one["reference"] for one in done["parcels"]} == {*references.values()}
    assert out.read_bytes().startswith(b"%PDF"), "our own label: the carrier gives none"
    assert dock.json("shipment", "cancel", "S-3")[0]["state"] == "cancelled"
    assert sorted(box.collect()) == sorted([references["S-1"], references["S-2"]])
    box.move([references["S-1"], references["S-2"]], "Yolda")
    (tracked,) = dock.json("track", "Borusan")
    assert [one["state"] for one in tracked["parcels"]] == ["on_the_way", "on_the_way"]
    assert {one["tracking_number"] for one in tracked["parcels"]} == {one["tracking"] for one in box.shipments.values()}
    late = dock("shipment", "cancel", "S-1")
    assert (late.exit_code, "call the carrier" in late.output) == (1, True), late.output
    assert box.counters() == {"shipments": 2}


def test_a_pallet_label_without_a_prefix_blocks_with_the_reason(cli: Cli, box: SheetCarrierSandbox) -> None:
    done = cli(
        "connect",
        "mars_lojistik",
        "--name",
        "Mars",
        "--set",
        f"folder={box.folder}",
        "--set",
        "pallet_label=sscc",
        "--test",
    )
    assert "GS1" in done.output
    assert box.waiting() == []


def test_pallet_labels_are_what_is_printed(cli: Cli, box: SheetCarrierSandbox, tmp_path: Path) -> None:
    settings = ("--set", "pallet_label=sscc", "--set", "gs1_prefix=8690001")
    assert cli("connect", "ceva_lojistik", "--name", "CEVA", "--set", f"folder={box.folder}", *settings).exit_code == 0
    asyncio.run(fill(cli.folder, order("1")))
    out = tmp_path / "palet.pdf"
    cli.json("ship", "S-1", "--carrier", "CEVA", "--pieces", "2", "--out", str(out))
    (row,) = box.waiting()
    document = pypdfium2.PdfDocument(out)
    found = [
        zxingcpp.read_barcodes(page.render(scale=203 / 72).to_pil().convert("L"))[0].text.replace("(00)", "")
        for page in document
    ]
    assert found == row["SSCC"].split()
