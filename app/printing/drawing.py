"""The doors to what draws, for the worker process: each loads reportlab, pdfium or zxing on its first use there. The window's own
process must load none of them (13 MB, and pdfium is not safe in threads)."""

from __future__ import annotations

from collections.abc import Sequence

from app.model import Label
from app.printing.data import Pressed, Setup, Work
from app.printing.report_data import ReportData


def proof(work: Work) -> tuple[bytes, int]:
    """A document as one PDF, and its pages. Raises PrintTrouble, LabelTrouble."""
    from app.printing.press import proof

    return proof(work)


def press(work: Work) -> Pressed:
    """A document as what the printer takes, its barcodes read back. Raises PrintTrouble, LabelTrouble."""
    from app.printing.press import press

    return press(work)


def sheets(pdf: bytes, pages: Sequence[int], right_um: int = 0, down_um: int = 0) -> bytes:
    """These pages of a PDF in this order, what stands on them moved to the right and down."""
    from app.printing.press import sheets

    return sheets(pdf, pages, right_um, down_um)


def calibration(setup: Setup, title: str, hint: str) -> bytes:
    """A page that shows whether a printer prints at 100 %. Raises PrintTrouble."""
    from app.printing.calibration import pressed

    return pressed(setup, title, hint)


def logo(data: bytes) -> bytes:
    """A merchant's picture as a small grey PNG. Raises PrintTrouble `printer.logo`."""
    from app.printing.calibration import small_logo

    return small_logo(data)


def bundle(parts: Sequence[tuple[str, bytes | Label]]) -> tuple[bytes, int]:
    """PDFs, and carriers' labels as PDF or picture, behind each other; the pages in all. The first of a pair names the parcel.
    Raises LabelTrouble."""
    from app.printing.bundle import joined

    return joined(parts)


def report(data: ReportData) -> tuple[bytes, int]:
    """The summary of a day or a week as one PDF, and its pages."""
    from app.printing.report import draw_report

    drawn = draw_report(data)
    return drawn.data, drawn.pages
