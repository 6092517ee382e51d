"""Pages and pictures as the black and white dots of one printer. Nothing is ever scaled: a page is drawn at the printer's own
dpi, a picture keeps its dots. Loads pdfium and Pillow: for the worker process only, and pdfium has one lane."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from PIL import Image

from app.formats.dots import MM_PER_INCH, POINTS_PER_INCH

MOST_DOTS = 50_000_000
_HALF = 128  # a dot that is at least half covered is black
_POINT_MM = MM_PER_INCH / POINTS_PER_INCH


class RasterError(ValueError):
    """`why`: `cut` (no PDF that can be read), `picture` (no picture), `large` (more dots than any label has)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Bitmap:
    """`rows`: one bit a dot, 1 is black, each row padded to whole bytes; size in dots."""

    width: int
    height: int
    rows: bytes

    @property
    def stride(self) -> int:
        return (self.width + 7) // 8

    def image(self) -> Image.Image:
        """As a picture for a reader: black is 0."""
        return Image.frombytes("1", (self.width, self.height), self.rows, "raw", "1;I")

    def strip(self, top: int, height: int) -> Bitmap:
        """Some rows of it."""
        top = min(max(0, top), self.height - 1)
        height = max(1, min(height, self.height - top))
        return Bitmap(self.width, height, self.rows[top * self.stride : (top + height) * self.stride])

    def moved(self, right: int, down: int) -> Bitmap:
        """The same dots somewhere else on the same paper; what leaves it is cut, as the printer would."""
        if not right and not down:
            return self
        paper = Image.new("1", (self.width, self.height), 1)
        paper.paste(self.image(), (right, down))
        return _of(paper)


def _of(image: Image.Image) -> Bitmap:
    return Bitmap(image.width, image.height, image.tobytes("raw", "1;I"))


def page_sizes_mm(data: bytes) -> list[tuple[float, float]]:
    """Width and height of each page. Raises RasterError `cut`."""
    with _Opened(data) as document:
        return [
            (wide * _POINT_MM, high * _POINT_MM)
            for wide, high in (document.get_page_size(n) for n in range(len(document)))
        ]


def pages(data: bytes, dpi: float) -> Iterator[Bitmap]:
    """Each page at this many dots per inch, by threshold. Raises RasterError."""
    scale = dpi / POINTS_PER_INCH
    with _Opened(data) as document:
        for number in range(len(document)):
            page = document[number]
            try:
                yield _page(page, scale)
            finally:
                page.close()


def picture(data: bytes) -> tuple[Bitmap, int]:
    """A carrier's PNG, dot for dot, and the dpi that the file itself tells (0: it does not). Raises RasterError."""
    try:
        with Image.open(io.BytesIO(data)) as image:  # reads the head only: a bomb is refused before it is unpacked
            if not 0 < image.width * image.height <= MOST_DOTS:
                raise RasterError("large")
            told = image.info.get("dpi", (0, 0))[0]
            flat = image.convert("RGBA")
    except RasterError:
        raise
    except Image.DecompressionBombError as error:
        raise RasterError("large") from error
    except Exception as error:  # Pillow's readers raise whatever they stumble over
        raise RasterError("picture") from error
    paper = Image.new("RGBA", flat.size, "white")
    paper.alpha_composite(flat)
    return _of(paper.convert("L").convert("1", dither=Image.Dither.NONE)), round(float(told))


class _Opened:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> pypdfium2.PdfDocument:
        try:
            self._document = pypdfium2.PdfDocument(self._data)
        except pypdfium2.PdfiumError as error:
            raise RasterError("cut") from error
        return self._document

    def __exit__(self, *_: object) -> None:
        self._document.close()


def _page(page: pypdfium2.PdfPage, scale: float) -> Bitmap:
    wide, high = page.get_size()
    width, height = max(1, round(wide * scale)), max(1, round(high * scale))
    if width * height > MOST_DOTS:
        raise RasterError("large")
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_Gray)
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        # By matrix and not by a size in dots: a size that had to be rounded would scale the page.
        matrix = pdfium.FS_MATRIX(scale, 0, 0, scale, 0, 0)
        clip = pdfium.FS_RECTF(0, 0, width, height)
        flags = pdfium.FPDF_ANNOT | pdfium.FPDF_GRAYSCALE | pdfium.FPDF_PRINTING
        pdfium.FPDF_RenderPageBitmapWithMatrix(bitmap.raw, page.raw, ctypes.byref(matrix), ctypes.byref(clip), flags)
        # numpy packs bits eight times as quickly as Pillow, and that was half of a label's time.
        grey = numpy.frombuffer(bitmap.buffer, numpy.uint8).reshape(height, bitmap.stride)[:, :width]
        return Bitmap(width, height, numpy.packbits(grey < _HALF, axis=1).tobytes())
    finally:
        bitmap.close()
