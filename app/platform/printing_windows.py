"""Windows' spooler: raw bytes for a label printer, or the pages of a PDF drawn dot for dot through the printer's driver. pywin32 is
loaded on first use; where it is missing the sentence says so. Nothing is scaled: a page is drawn at the device's own dpi, in the
worker process, because pdfium has one lane and the window must not load it."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

from app.platform.printing import PortError, Unsure
from app.platform.printing_status import HostStatus

_LOCAL_AND_CONNECTED = 2 | 4  # PRINTER_ENUM_LOCAL | PRINTER_ENUM_CONNECTIONS
_LOGPIXELSX, _LOGPIXELSY, _OFFSET_X, _OFFSET_Y = 88, 90, 112, 113
_POINTS = 72.0


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise PortError("printer.no_spooler") from error


def queues() -> list[str]:
    """The names of the printers that Windows knows; none without pywin32."""
    try:
        spooler = _module("win32print")
    except PortError:
        return []
    return [str(one[2]) for one in spooler.EnumPrinters(_LOCAL_AND_CONNECTED)]


class WindowsPort:
    """One printer of Windows."""

    def __init__(self, queue: str, *, raw: bool, executor: Executor | None = None, title: str = "Paxzar") -> None:
        self._queue, self._raw, self._executor, self._title = queue, raw, executor, title
        self.single = raw

    async def open(self) -> None:
        _module("win32print")
        if self._queue not in await asyncio.to_thread(queues):
            raise PortError("printer.no_queue", queue=self._queue)

    async def ready(self) -> HostStatus | None:
        return None

    async def send(self, parts: Sequence[bytes]) -> HostStatus | None:
        if self._raw:
            await asyncio.to_thread(self._spool, b"".join(parts))
        else:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, draw_pages, self._queue, self._title, list(parts))
        return None

    async def close(self) -> None:
        return

    def _spool(self, data: bytes) -> None:
        spooler = _module("win32print")
        begun = False
        handle = _try(self._queue, spooler.OpenPrinter, self._queue)
        try:
            _try(self._queue, spooler.StartDocPrinter, handle, 1, (self._title, None, "RAW"))
            begun = True
            _try(self._queue, spooler.StartPagePrinter, handle, sure=False)
            written = _try(self._queue, spooler.WritePrinter, handle, data, sure=False)
            if written != len(data):
                raise Unsure("printer.cut", address=self._queue)
            _try(self._queue, spooler.EndPagePrinter, handle, sure=False)
            begun = False
            _try(self._queue, spooler.EndDocPrinter, handle, sure=False)
        finally:
            if begun:
                spooler.AbortPrinter(handle)
            spooler.ClosePrinter(handle)


def draw_pages(queue: str, title: str, documents: Sequence[bytes]) -> None:
    """Every page at the device's dpi, its left upper corner on the paper's. Raises PortError, Unsure."""
    gui, dib, pdfium = _module("win32ui"), _module("PIL.ImageWin"), _module("pypdfium2")
    device = gui.CreateDC()
    _try(queue, device.CreatePrinterDC, queue)
    try:
        across, down = device.GetDeviceCaps(_LOGPIXELSX), device.GetDeviceCaps(_LOGPIXELSY)
        left, top = device.GetDeviceCaps(_OFFSET_X), device.GetDeviceCaps(_OFFSET_Y)
        _try(queue, device.StartDoc, title)
        try:
            for data in documents:
                document = pdfium.PdfDocument(data)
                for page in document:
                    image = page.render(scale=across / _POINTS, grayscale=True).to_pil()
                    wide, high = page.get_size()
                    box = (-left, -top, round(wide / _POINTS * across) - left, round(high / _POINTS * down) - top)
                    _try(queue, device.StartPage, sure=False)
                    dib.Dib(image.convert("RGB")).draw(device.GetHandleOutput(), box)
                    _try(queue, device.EndPage, sure=False)
                    page.close()
                document.close()
        except BaseException:
            device.AbortDoc()
            raise
        _try(queue, device.EndDoc, sure=False)
    finally:
        device.DeleteDC()


def _try(queue: str, call: Any, *args: Any, sure: bool = True) -> Any:
    """pywin32's errors are classes of its own modules: told by what they carry."""
    try:
        return call(*args)
    except Exception as error:  # pywintypes.error and win32ui.error, neither of which can be named here
        reason = str(getattr(error, "strerror", "") or error)[:200]
        kind = PortError if sure else Unsure
        raise kind("printer.refused", queue=queue, reason=reason) from error
