"""Carriers' labels put behind each other as one PDF, each at its own size and unscaled. Runs in the worker process."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdfium2  # type: ignore[import-untyped]
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader

from app.contracts.messages import Message
from app.formats.pdf import new_canvas
from app.model import Label, LabelFormat
from app.printing.trouble import LabelTrouble

_MOST_PIXELS = 50_000_000


def joined(parts: Sequence[tuple[str, bytes | Label]]) -> tuple[bytes, int]:
    """`parts`: the parcel's reference with our own PDF or the carrier's label. Raises LabelTrouble naming the parcel."""
    made = pypdfium2.PdfDocument.new()
    try:
        for reference, part in parts:
            data = part if isinstance(part, bytes) else _pdf_of(reference, part)
            try:
                source = pypdfium2.PdfDocument(data)
            except pypdfium2.PdfiumError as error:
                raise LabelTrouble(reference, Message("label.broken", {"why": "cut"})) from error
            made.import_pages(source)
            source.close()
        buffer = io.BytesIO()
        made.save(buffer)
        return buffer.getvalue(), len(made)
    finally:
        made.close()


def _pdf_of(reference: str, label: Label) -> bytes:
    """A carrier's label as PDF: its own, or its picture at its own size."""
    if label.format is LabelFormat.PDF:
        return label.data
    try:
        picture = ImageReader(io.BytesIO(label.data))
        wide, high = picture.getSize()
    except Exception as error:  # reportlab wraps whatever the picture's reader raises
        raise LabelTrouble(reference, Message("label.broken", {"why": "picture"})) from error
    if not 0 < wide * high <= _MOST_PIXELS:
        raise LabelTrouble(reference, Message("label.broken", {"why": "large"}))
    dpi = label.dpi or 203
    width = label.width_mm or wide / dpi * 25.4
    height = label.height_mm or width * high / wide
    canvas, buffer = new_canvas(width, height, "Paxzar")
    canvas.drawImage(picture, 0, 0, width * mm, height * mm)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
