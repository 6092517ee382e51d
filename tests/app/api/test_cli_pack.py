"""`paxzar pack` and `paxzar rules` from the outside."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.console import utc_now
from app.store import Printer, Store
from tests.app.api.conftest import Cli
from tests.app.printing.making import EAN, line, order, shop


@pytest.fixture
def desk(cli: Cli, tmp_path: Path) -> Cli:
    """Orders 9001 (three pieces) and 9002 (one), and a printer that is a file."""
    assert cli("orders").exit_code == 0
    asyncio.run(fill(cli.folder, tmp_path / "out.pdf"))
    return cli


async def fill(folder: Path, out: Path) -> None:
    store = await Store.open(folder / "store.sqlite", now=utc_now)
    await shop(store, order("9001", lines=(line("PX-1", 2, barcode=EAN), line("PX-2"))), order("9002"))
    await store.printers.save(Printer("PDF", "file", str(out)))
    await store.close()


def test_an_order_is_packed_piece_by_piece(desk: Cli, tmp_path: Path) -> None:
    data = desk.json("pack", "9001")
    assert (data["verdict"], data["scanned"], data["needed"], data["state"]) == ("opened", 0, 3, "new")
    data = desk.json("pack", "9001", "--scan", EAN, "--scan", "PX-9", "--scan", "PX-2", exit_code=1)
    assert (data["verdict"], data["code"], data["scanned"]) == ("unknown", "PX-9", 1)
    data = desk.json("pack", "9001", "--scan", "PX-2")
    assert [(one["sku"], one["scanned"], one["needed"]) for one in data["lines"]] == [("PX-1", 1, 2), ("PX-2", 1, 1)]
    data = desk.json("pack", "9001", "--undo", "--hand", "2", "--hand", "1")
    assert (data["verdict"], data["finished"], data["state"]) == ("complete", True, "packed")
    assert [(one["document"], one["state"]) for one in data["prints"]] == [("parcel", "done")]
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
    assert [one["order"] for one in desk.json("journal")] == ["9001"]
    assert desk.json("pack", "9001", exit_code=1)["verdict"] == "already_packed"
    assert len(desk.json("journal")) == 1


def test_words_tell_what_is_missing(desk: Cli) -> None:
    said = desk("pack", "9001", "--scan", EAN).output
    assert "Right product: Ürün PX-1" in said
    assert "· 1. 1/2  PX-1" in said
    result = desk("pack", "7777")
    assert (result.exit_code, "Unknown code: 7777" in result.output) == (1, True)
    assert desk("pack", "9001", "--hand", "x").exit_code == 2


def test_rules_are_listed_added_and_taken_out(desk: Cli) -> None:
    assert desk.json("rules")["rules"] == [
        {"event": "packed", "document": "parcel", "printer": "", "copies": 0, "on": True}
    ]
    assert (
        "When a parcel is packed: packing slip, PDF × 2"
        in desk("rules", "add", "packed", "slip", "--printer", "PDF", "--copies", "2").output
    )
    assert desk("rules", "add", "packed", "slip", "--printer", "PDF").exit_code == 2
    assert desk("rules", "add", "packed", "slip", "--printer", "Zebra").exit_code == 2
    assert desk("rules", "add", "packed", "label", "--copies", "51").exit_code == 2
    assert [one["document"] for one in desk.json("rules", "remove", "1")["rules"]] == ["slip"]
    assert desk("rules", "remove", "2").exit_code == 2
    data = desk.json("pack", "9002", "--scan", "PX-1")
    assert [(one["document"], one["state"]) for one in data["prints"]] == [("slip", "done")]
    assert "Nothing prints by itself." in desk("rules", "remove", "1").output
    assert [one["document"] for one in desk.json("rules", "default")["rules"]] == ["parcel"]


def test_a_rule_that_is_off_prints_nothing(desk: Cli) -> None:
    assert "(off)" in desk("rules", "off", "1").output
    assert desk("rules", "off", "2").exit_code == 2
    assert desk.json("pack", "9002", "--scan", "PX-1")["prints"] == []
    assert desk.json("rules", "on", "1")["rules"][0]["on"] is True


def test_how_the_scanner_types_is_kept(desk: Cli) -> None:
    assert desk.json("scanner") == {"prefix": "", "suffix": "", "least": 4, "gap_ms": 35}
    assert desk.json("scanner", "--prefix", "~", "--gap", "60")["gap_ms"] == 60
    assert desk.json("scanner") == {"prefix": "~", "suffix": "", "least": 4, "gap_ms": 60}
    assert desk("scanner", "--gap", "900").exit_code == 2
    assert desk.json("pack", "~9002", "--scan", "~PX-1")["verdict"] == "complete"
