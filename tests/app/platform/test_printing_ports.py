"""The ways to a printer: addresses, CUPS, Windows' spooler (a stand-in), what a Zebra says of itself."""

from __future__ import annotations

import pickle
import stat
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform import printing
from app.platform.printing import CupsPort, NetworkPort, PortError, Unsure, open_port, split_address, system_queues
from app.platform.printing_status import HostStatus, read_status, whole
from app.platform.printing_windows import WindowsPort, draw_pages, queues
from tests.app.printing.making import pdf

READY = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02001,0,0,0,1,2,6,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"


# -- what a Zebra says ----------------------------------------------------------------------------------------------------
def test_a_ready_printer_has_no_trouble():
    status = read_status(READY)
    assert status == HostStatus()
    assert status is not None
    assert status.trouble == ""


@pytest.mark.parametrize(("line", "at", "word"), [
    (0, 1, "paper_out"), (0, 2, "paused"), (0, 9, "damaged"), (0, 10, "too_cold"), (0, 11, "too_hot"), (1, 2, "head_open"),
    (1, 3, "ribbon_out"),
])  # fmt: skip
def test_each_flag_has_its_word(line, at, word):
    lines = [one.split(b",") for one in READY.replace(b"\x02", b"").replace(b"\r\n", b"").split(b"\x03")[:3]]
    lines[line][at] = b"1"
    answer = b"".join(b"\x02" + b",".join(one) + b"\x03\r\n" for one in lines)
    status = read_status(answer)
    assert status is not None
    assert status.trouble == word


def test_an_open_head_is_told_before_the_pause_that_it_brings():
    answer = (
        READY.replace(b"030,0,0", b"030,1,1").replace(b"001,0,0", b"001,0,1").replace(b"0,00000000,", b"0,00000007,")
    )
    status = read_status(answer)
    assert status is not None
    assert (status.trouble, status.remaining) == ("head_open", 7)


@given(st.binary(max_size=300))
def test_no_answer_is_no_status(noise):
    assert read_status(noise) is None or whole(noise)
    assert not whole(READY[:-4])


# -- addresses ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("text", "host", "port"), [
    ("10.0.0.5", "10.0.0.5", 9100), ("10.0.0.5:6101", "10.0.0.5", 6101), ("zebra.local", "zebra.local", 9100),
    ("[::1]:9100", "::1", 9100), ("fe80::1", "fe80::1", 9100),
])  # fmt: skip
def test_addresses(text, host, port):
    assert split_address(text) == (host, port)


@pytest.mark.parametrize("text", ["", ":9100", "x:0", "x:65536", "x:٩١٠٠", "a b:9100", "x:"])
def test_no_addresses(text):
    with pytest.raises(PortError, match=r"printer\.address"):
        split_address(text)


def test_a_port_of_each_kind(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    size = (100.0, 150.0)
    assert isinstance(open_port("network", "x:1", "zpl", size), NetworkPort)
    assert isinstance(open_port("raw", "Q", "zpl", size), CupsPort)
    assert open_port("raw", "Q", "zpl", size).single
    assert not open_port("queue", "Q", "driver", size).single
    monkeypatch.setattr(sys, "platform", "win32")
    assert isinstance(open_port("queue", "Q", "driver", size), WindowsPort)
    with pytest.raises(PortError, match=r"printer\.port"):
        open_port("usb", "Q", "driver", size)


async def test_a_name_that_no_network_knows():
    with pytest.raises(PortError, match=r"printer\.off"):
        await NetworkPort("no-such-host.invalid").open()


# -- CUPS -----------------------------------------------------------------------------------------------------------------
@pytest.mark.skipif(sys.platform == "win32", reason="CUPS is not on Windows")
class TestCups:
    @pytest.fixture
    def spooler(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """`lp` and `lpstat` that write down what they are called with."""
        tools = tmp_path / "bin"
        tools.mkdir()
        (tools / "lpstat").write_text("#!/bin/sh\nprintf 'Zebra\\nOfis\\n'\n")
        (tools / "lp").write_text(f'#!/bin/sh\nprintf \'%s\\n\' "$@" > {tmp_path}/args\ncat > {tmp_path}/data\n[ ! -f {tmp_path}/refuse ] || {{ echo "no paper tray" >&2; exit 1; }}\n')  # fmt: skip
        for tool in tools.iterdir():
            tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
        return tmp_path

    async def test_raw_bytes_go_as_they_are(self, spooler: Path):
        assert await system_queues() == ["Zebra", "Ofis"]
        port = CupsPort("Zebra", raw=True, size_mm=(100, 150), title="Etiket")
        await port.open()
        await port.send([b"^XA", b"^XZ"])
        assert (spooler / "data").read_bytes() == b"^XA^XZ"
        assert (spooler / "args").read_text().splitlines() == ["-d", "Zebra", "-t", "Etiket", "-o", "raw", "--", "-"]

    async def test_a_pdf_is_never_scaled(self, spooler: Path):
        port = CupsPort("Ofis", raw=False, size_mm=(100, 150))
        await port.open()
        await port.send([b"%PDF"])
        args = (spooler / "args").read_text().splitlines()
        assert {"media=Custom.100x150mm", "print-scaling=none", "fit-to-page=false"} <= set(args)
        assert "media=A4" in CupsPort("Ofis", raw=False, size_mm=(210, 297)).command()

    async def test_refused_and_unknown(self, spooler: Path):
        with pytest.raises(PortError) as caught:
            await CupsPort("Yok", raw=True, size_mm=(1, 1)).open()
        assert (caught.value.key, caught.value.params) == ("printer.no_queue", {"queue": "Yok"})
        (spooler / "refuse").touch()
        with pytest.raises(PortError) as caught:
            await CupsPort("Ofis", raw=True, size_mm=(1, 1)).send([b"x"])
        assert caught.value.params == {"queue": "Ofis", "reason": "no paper tray"}

    async def test_a_stuck_spooler_is_unsure(self, spooler: Path, monkeypatch: pytest.MonkeyPatch):
        (spooler / "bin" / "lp").write_text("#!/bin/sh\nexec sleep 5\n")
        monkeypatch.setattr(printing, "SPOOL_S", 0.2)
        with pytest.raises(Unsure, match=r"printer\.stuck"):
            await CupsPort("Ofis", raw=True, size_mm=(1, 1)).send([b"x"])

    async def test_no_spooler_at_all(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PATH", "/nowhere")
        assert await system_queues() == []
        with pytest.raises(PortError, match=r"printer\.no_spooler"):
            await CupsPort("Ofis", raw=True, size_mm=(1, 1)).open()


# -- Windows --------------------------------------------------------------------------------------------------------------
class Spooler(types.ModuleType):
    """pywin32's win32print, as far as we use it."""

    def __init__(self) -> None:
        super().__init__("win32print")
        self.calls: list[Any] = []
        self.fail = ""
        self.short = False

    def EnumPrinters(self, flags: int) -> list[tuple[int, str, str, str]]:
        return [(flags, "", "Zebra ZD421", ""), (flags, "", "Ofis", "")]

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> Any:
            if name == self.fail:
                raise RuntimeError("no such printer")
            self.calls.append((name, *args))
            return len(args[1]) - self.short if name == "WritePrinter" else 7

        if name.startswith("_"):
            raise AttributeError(name)
        return call


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Spooler:
    made = Spooler()
    monkeypatch.setitem(sys.modules, "win32print", made)
    monkeypatch.setattr(sys, "platform", "win32")
    return made


async def test_raw_bytes_through_windows(windows: Spooler):
    assert await system_queues() == queues() == ["Zebra ZD421", "Ofis"]
    port = WindowsPort("Zebra ZD421", raw=True, title="Etiket")
    await port.open()
    await port.send([b"^XA", b"^XZ"])
    assert windows.calls == [
        ("OpenPrinter", "Zebra ZD421"), ("StartDocPrinter", 7, 1, ("Etiket", None, "RAW")), ("StartPagePrinter", 7),
        ("WritePrinter", 7, b"^XA^XZ"), ("EndPagePrinter", 7), ("EndDocPrinter", 7), ("ClosePrinter", 7),
    ]  # fmt: skip


@pytest.mark.parametrize(("fail", "kind", "aborted"), [
    ("OpenPrinter", PortError, False), ("StartDocPrinter", PortError, False), ("WritePrinter", Unsure, True),
])  # fmt: skip
async def test_windows_refuses(windows: Spooler, fail: str, kind: type[PortError], aborted: bool):
    windows.fail = fail
    with pytest.raises(PortError) as caught:
        await WindowsPort("Zebra ZD421", raw=True).send([b"x"])
    assert type(caught.value) is kind
    assert caught.value.params["reason"] == "no such printer"
    assert (("AbortPrinter", 7) in windows.calls) is aborted


async def test_windows_takes_half(windows: Spooler):
    windows.short = True
    with pytest.raises(Unsure, match=r"printer\.cut"):
        await WindowsPort("Ofis", raw=True).send([b"xyz"])
    assert ("AbortPrinter", 7) in windows.calls


def test_a_driver_gets_pages_at_its_own_dpi(windows: Spooler, monkeypatch: pytest.MonkeyPatch):
    drawn: list[Any] = []

    class Device:
        def GetDeviceCaps(self, index: int) -> int:
            return {88: 300, 90: 300, 112: 12, 113: 20}[index]

        def __getattr__(self, name: str) -> Any:
            return lambda *args: drawn.append((name, *args)) or 1

    dib = types.SimpleNamespace(
        Dib=lambda image: types.SimpleNamespace(draw=lambda handle, box: drawn.append((image.size, box)))
    )
    monkeypatch.setitem(sys.modules, "win32ui", types.SimpleNamespace(CreateDC=Device))
    monkeypatch.setitem(sys.modules, "PIL.ImageWin", dib)
    draw_pages("Ofis", "Etiket", [pdf()])
    ((size, box),) = [one for one in drawn if isinstance(one[0], tuple)]
    assert size == (1182, 1772)
    assert box == (-12, -20, 1181 - 12, 1772 - 20)
    assert [one[0] for one in drawn if isinstance(one[0], str)][-2:] == ["EndDoc", "DeleteDC"]


def test_trouble_survives_the_way_out_of_the_worker():
    again = pickle.loads(pickle.dumps(Unsure("printer.refused", queue="Ofis", reason="x")))  # noqa: S301 - made here
    assert (type(again), again.key, again.params) == (Unsure, "printer.refused", {"queue": "Ofis", "reason": "x"})


async def test_windows_without_pywin32(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "win32print", None)
    assert queues() == []
    with pytest.raises(PortError, match=r"printer\.no_spooler"):
        await WindowsPort("Ofis", raw=True).open()
