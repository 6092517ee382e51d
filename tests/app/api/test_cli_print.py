"""`paxzar pick`, `print`, `printers` and `journal` from the outside, against a Zebra on loopback in a process of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.console import utc_now
from app.model import Listing, Money
from app.store import Store
from app.store.products import ProductChange
from tests.app.api.conftest import Cli
from tests.app.printing.making import EAN, line, listed, order, pages_of, parcel, png, shop, text_of
from tests.app.printing.zebra import Zebra, plugged_in


@pytest.fixture
def zebra() -> Iterator[Zebra]:
    """On a loop of another thread: the command line has its own."""
    found: list[Zebra] = []
    plugged, pulled, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with plugged_in() as made:
            found.append(made)
            plugged.set()
            await pulled.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert plugged.wait(60)
    yield found[0]
    loop.call_soon_threadsafe(pulled.set)
    thread.join(60)
    loop.close()


@pytest.fixture
def desk(cli: Cli) -> Cli:
    """Three orders: 9001 with one piece, 9002 and 9003 with more."""
    assert cli("orders").exit_code == 0
    asyncio.run(fill(cli.folder))
    return cli


async def fill(folder: Path) -> None:
    store = await Store.open(folder / "store.sqlite", now=utc_now)
    await shop(
        store, order("9001"), order("9002", lines=(line("PX-2", 2), line("PX-1", 1))), order("9003", lines=(line("PX-10"), line("PX-3"))),
    )  # fmt: skip
    await store.products.put(
        [ProductChange("PX-1", shelf="A-2"), ProductChange("PX-2", shelf="A-10"), ProductChange("PX-3", shelf="Ç-1")]
    )
    await listed(store, Listing("l1", "PX-1", "Kırmızı Şapka", price=Money.of("99.90", "TRY"), barcode=EAN))
    await parcel(store, (1, 2), cash=Money.of("100", "TRY"))
    await parcel(store, (3,), carrier="Aras")
    await store.close()


def test_pick_puts_single_items_first_and_walks_the_shelves(desk: Cli, tmp_path: Path) -> None:
    out = tmp_path / "pick.pdf"
    data = desk.json("pick", "--out", str(out))
    assert data["orders"] == 3
    assert [(one["shelf"], one["sku"], one["quantity"], one["orders"]) for one in data["single"]] == [
        ("A-2", "PX-1", 1, ["9001 × 1"])
    ]
    assert [(one["shelf"], one["sku"], one["quantity"]) for one in data["rest"]] == [
        ("A-2", "PX-1", 1), ("A-10", "PX-2", 2), ("Ç-1", "PX-3", 1), ("", "PX-10", 1)
    ]  # fmt: skip
    text = text_of(pages_of(out.read_bytes())[0])
    assert text.index("Single-item orders (1)") < text.index("Orders of several items (2)")
    assert "9002 × 2" in text
    assert "Page 1 / 1" in text
    assert desk("pick", "9999").exit_code == 1


def test_print_journal_and_reprint(desk: Cli, zebra: Zebra) -> None:
    assert desk("printers", "add", "Depo", zebra.address, "--right", "1,5").exit_code == 0
    assert desk.json("printers")["printers"][0]["right_um"] == 1500
    data = desk.json("print", "9001", "9002")  # the only printer
    assert (data["sent"], data["waiting"], data["questions"]) == (2, 0, [])
    asked = desk("print", "9001")
    assert asked.exit_code == 1
    assert "--again" in asked.output
    assert desk.json("print", "9001", "--again", "--printer", zebra.address)["sent"] == 1
    assert len(zebra.labels) == 3
    rows = desk.json("journal")
    assert [(one["order"], one["copy"], one["again"], one["printer"]) for one in rows] == [
        ("9001", 2, True, zebra.address), ("9002", 1, False, "Depo"), ("9001", 1, False, "Depo")
    ]  # fmt: skip
    assert all(one["who"] for one in rows)
    assert "reprint" in desk("journal", "--order", "9001").output
    assert desk("printers", "test", "Depo").exit_code == 0
    assert len(zebra.labels) == 4
    assert desk("printers", "remove", "Depo").exit_code == 0
    assert desk("print", "9003").exit_code == 2


def test_a_jam_and_what_follows(desk: Cli, zebra: Zebra) -> None:
    zebra.paper_after = 1
    stopped = desk("print", "9001", "9002", "9003", "--printer", zebra.address)
    assert stopped.exit_code == 1
    assert "out of paper" in stopped.output
    assert "--resume 1" in stopped.output
    assert desk.json("printers")["jobs"][0]["waiting"] == 2
    zebra.paper_after = 0
    assert desk.json("print", "--resume")[0]["sent"] == 3
    assert desk.json("print", "--resume", "1", "--from", "2")[0]["sent"] == 3
    assert len(zebra.labels) == 5
    assert [one["again"] for one in desk.json("journal")] == [True, True, False, False, False]
    assert desk("print", "--resume").output.strip() == "Nothing waits to be printed."
    assert desk("print", "--drop", "9").exit_code == 1
    zebra.head_open = True
    assert desk("print", "9001", "--again", "--printer", zebra.address).exit_code == 1
    assert desk("print", "--drop", "2").exit_code == 0
    assert desk.json("printers")["jobs"] == []


def test_every_document_into_a_file(desk: Cli, tmp_path: Path) -> None:
    def text(*args: str) -> str:
        out = tmp_path / "out.pdf"
        result = desk("print", *args, "--printer", str(out))
        assert result.exit_code == 0, result.output
        return " ".join(text_of(page) for page in pages_of(out.read_bytes()))

    assert "Packing slip" in text("9001", "--document", "slip")
    assert "9002 × 2" in text("9001", "9002", "--document", "pick")
    shelf = text("PX-1", "--document", "shelf", "--paper", "60x40")
    assert "Kırmızı Şapka" in shelf
    assert EAN in shelf
    assert "₺99.90" in shelf
    manifest = text("--document", "handover")
    assert manifest.index("Handover manifest · Aras") < manifest.index("Handover manifest · Yurtiçi Kargo")
    assert "Name, signature, time" in manifest
    assert "₺100.00" in manifest
    assert "Aras" not in text("--document", "handover", "--carrier", "Yurtiçi Kargo")
    assert "Ayşe Yılmaz" in text("9001", "--document", "carrier")
    assert len(pages_of((tmp_path / "out.pdf").read_bytes())) == 1
    assert "9003" in text("9003", "--paper", "a4-4", "--first-cell", "3")


@pytest.mark.parametrize(("args", "told"), [
    (("9001", "--printer", "Yok"), "no printer “Yok”"), (("9001", "--printer", "x.pdf", "--paper", "a9"), "no paper “a9”"),
    (("9001", "--printer", "x.pdf", "--first-cell", "2"), "no cell 2"), (("9001", "--printer", "x.pdf", "--copies", "99"), "99 copies"),
    (("9999", "--printer", "x.pdf"), "9999"), (("NO-SKU", "--document", "shelf", "--printer", "x.pdf"), "NO-SKU"),
    (("--document", "handover", "--day", "yesterday", "--printer", "x.pdf"), "“yesterday” is no day"),
    (("--document", "handover", "--day", "2020-01-01", "--printer", "x.pdf"), "no parcel to hand over"),
    (("9001", "--document", "slip", "--printer", "127.0.0.1:9"), "needs a printer with a driver"), (("--resume", "7"), "no print job 7"),
])  # fmt: skip
def test_what_cannot_be_printed_is_a_sentence(desk: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], told: str) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    result = desk("print", *args)
    assert result.exit_code == 1
    assert told in result.output
    assert not (tmp_path / "x.pdf").exists()
    assert desk.json("journal") == []


def test_how_documents_look(desk: Cli, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(png(300, 100))
    look = ("printers", "look")
    assert desk.json(*look, "--logo", str(logo), "--footer", "örnek.com.tr", "--hide", "amounts") == {
        "footer": "örnek.com.tr", "hidden": ["amounts"], "logo": True
    }  # fmt: skip
    out = tmp_path / "s.pdf"
    assert desk("print", "9001", "--document", "slip", "--printer", str(out)).exit_code == 0
    text = text_of(pages_of(out.read_bytes())[0])
    assert "örnek.com.tr · This document has no fiscal value." in text
    assert "₺" not in text
    assert desk.json(*look, "--show", "amounts", "--no-logo", "--footer", "") == {
        "footer": "",
        "hidden": [],
        "logo": False,
    }
    assert desk(*look, "--hide", "price").exit_code == 2
    logo.write_bytes(b"no picture")
    broken = desk(*look, "--logo", str(logo))
    assert broken.exit_code == 1
    assert "no picture" in broken.output


@pytest.mark.parametrize(
    "args", [("--dpi", "72"), ("--language", "tspl"), ("--port", "usb"), ("--paper", "a9"), ("--right", "30")]
)
def test_a_printer_that_makes_no_sense_is_not_kept(desk: Cli, args: tuple[str, ...]) -> None:
    assert desk("printers", "add", "Depo", "10.0.0.5:9100", *args).exit_code == 1
    assert desk.json("printers")["printers"] == []
