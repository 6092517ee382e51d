"""The doors to what draws, for the worker process: each loads reportlab or pdfium on its first use there. The window's own process
must load neither (13 MB, and pdfium is not safe in threads)."""

from __future__ import annotations

from collections.abc import Sequence

from app.model import Label
from app.printing.data import LabelData, LabelWords, SlipData, SlipWords


def labels(data: list[LabelData], words: LabelWords) -> bytes:
    """Our own address labels as one PDF, a page each."""
    from app.printing.label import draw_labels

    return draw_labels(data, words)


def slips(data: list[SlipData], words: SlipWords) -> tuple[bytes, int]:
    """Packing slips as one PDF, and its pages."""
    from app.printing.slip import draw_slips

    return draw_slips(data, words)


def bundle(parts: Sequence[tuple[str, bytes | Label]]) -> tuple[bytes, int]:
    """PDFs, and carriers' labels as PDF or picture, behind each other; the pages in all. The first of a pair names the parcel.
    Raises LabelTrouble."""
    from app.printing.bundle import joined

    return joined(parts)
