"""Documents as what a printer takes: ZPL or EPL with one picture a label, or PDF for a driver. All of a job is drawn, and every
barcode of ours read back, before the first byte leaves: a stack with a hole is packed wrong. Runs in the worker process."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from msgspec.structs import replace
from PIL import Image
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader

from app.contracts.messages import Message, ProviderError
from app.formats import epl, zpl
from app.formats.barcodes import is_ean13
from app.formats.dots import MM_PER_INCH, dots, head_dpi
from app.formats.pdf import new_canvas
from app.formats.raster import Bitmap, RasterError, pages, picture
from app.model import Label, LabelFormat
from app.printing.data import LANGUAGES, CarrierPart, CodeAt, Drawn, Pressed, SizeQuestion, Unit, Work
from app.printing.label import draw_labels
from app.printing.manifest import draw_manifests
from app.printing.papers import Paper, paper_of
from app.printing.pick import draw_pick
from app.printing.shelf import draw_shelf
from app.printing.slip import draw_slips
from app.printing.trouble import LabelTrouble, PrintTrouble

MOST_DIFFERENCE_MM = 2.0
_CROP_DOTS = 24  # rows of bars that are looked at
_FORMATS = zxingcpp.BarcodeFormat


def draw(work: Work) -> Drawn:
    """Everything but carriers' labels, as one PDF. Raises PrintTrouble."""
    paper, dpi = paper_of(work.setup.paper), work.setup.dots_per_inch
    packed = work.setup.language == "driver"
    if work.kind == "label":
        return draw_labels(work.labels, work.label_words, dpi, paper, work.look, work.first, packed)
    if work.kind == "shelf":
        return draw_shelf(work.shelf, dpi, paper, work.first, packed)
    if work.kind == "slip":
        return draw_slips(work.slips, work.slip_words, work.look, dpi)
    if work.kind == "handover":
        return draw_manifests(work.manifests, work.manifest_words, work.look)
    if work.kind == "pick" and work.pick is not None:
        return draw_pick(work.pick, work.pick_words, work.look)
    raise PrintTrouble("printer.document", {"document": work.kind[:40]})


def press(work: Work) -> Pressed:
    """Raises LabelTrouble for the first thing that cannot be printed, PrintTrouble for a paper, cell, language or kind that there
    is not."""
    if work.setup.language not in LANGUAGES:
        raise PrintTrouble(
            "printer.language", {"language": work.setup.language[:40], "languages": ", ".join(LANGUAGES)}
        )
    if work.kind == "carrier":
        return _press_carriers(work)
    drawn = draw(work)
    if work.kind in ("slip", "pick", "handover") and work.setup.language != "driver":
        raise PrintTrouble("printer.needs_driver")
    groups, dpi = _groups(work, drawn), work.setup.dots_per_inch
    named = [
        *(x.order_number for x in work.labels),
        *(x.order_number for x in work.slips),
        *(x.sku for x in work.shelf),
    ]
    reader = _Reader(drawn, dpi, named)
    if work.setup.language == "driver":
        for number, bitmap in enumerate(pages(drawn.data, dpi) if drawn.codes else ()):
            reader.check(bitmap, number)
        return Pressed(tuple(Unit(b"", of, reader.text(sheet), tuple(sheet)) for sheet, of in groups), drawn.data)
    units = []
    for (sheet, of), bitmap in zip(groups, pages(drawn.data, dpi), strict=True):
        reader.check(bitmap, sheet[0])
        units.append(Unit(_encoded(bitmap, work), of, reader.text(sheet)))
    return Pressed(tuple(units))


def proof(work: Work) -> tuple[bytes, int]:
    """The whole document as one PDF, for a file or a look, and its pages. Raises what `press` raises, but asks nothing."""
    if work.kind != "carrier":
        drawn = draw(work)
        return drawn.data, drawn.pages
    pressed = press(_as_driver(work))
    return pressed.pdf, sum(len(one.pages) for one in pressed.units)


def sheets(pdf: bytes, wanted: Sequence[int], right_um: int = 0, down_um: int = 0) -> bytes:
    """Pages of a PDF in this order, moved by whole page boxes: nothing on them is drawn anew."""
    right, down = right_um / 1000 * mm, down_um / 1000 * mm
    source, made, out = pypdfium2.PdfDocument(pdf), pypdfium2.PdfDocument.new(), io.BytesIO()
    try:
        if list(wanted) == list(range(len(source))) and not (right or down):
            return pdf
        made.import_pages(source, list(wanted))
        for page in made:
            if right or down:
                left, bottom, far, top = page.get_mediabox()
                page.set_mediabox(left - right, bottom + down, far - right, top + down)
            page.close()
        made.save(out)
    finally:
        made.close()
        source.close()
    return out.getvalue()


def _join(documents: Sequence[bytes]) -> bytes:
    """PDFs behind each other, for a spooler that keeps the order within a job."""
    if len(documents) == 1:
        return documents[0]
    made, out = pypdfium2.PdfDocument.new(), io.BytesIO()
    try:
        for one in documents:
            source = pypdfium2.PdfDocument(one)
            made.import_pages(source)
            source.close()
        made.save(out)
    finally:
        made.close()
    return out.getvalue()


def _as_driver(work: Work) -> Work:
    return replace(work, setup=replace(work.setup, language="driver"), anyway=True)


def _count(data: bytes) -> int:
    document = pypdfium2.PdfDocument(data)
    try:
        return len(document)
    finally:
        document.close()


# -- our own ----------------------------------------------------------------------------------------------------------
def _groups(work: Work, drawn: Drawn) -> list[tuple[list[int], tuple[int, ...]]]:
    """Pages that are one unit, with the places of the list that stand on them."""
    if work.kind in ("label", "shelf"):
        cells, things = paper_of(work.setup.paper).cells, len(work.labels) or len(work.shelf)
        at = work.first - 1
        return [
            ([page], tuple(n - at for n in range(page * cells, (page + 1) * cells) if 0 <= n - at < things))
            for page in range(drawn.pages)
        ]
    if work.kind == "slip":
        starts = [*drawn.starts, drawn.pages]
        return [(list(range(starts[n], starts[n + 1])), (n,)) for n in range(len(work.slips))]
    return [(list(range(drawn.pages)), ())]


class _Reader:
    """Reads back what will be printed."""

    def __init__(self, drawn: Drawn, dpi: float, references: Sequence[str]) -> None:
        self._dpi, self._references = dpi, references
        self._codes: dict[int, list[CodeAt]] = {}
        for one in drawn.codes:
            self._codes.setdefault(one.page, []).append(one)

    def text(self, sheet: Sequence[int]) -> str:
        """What was read on these pages."""
        return " ".join(one.text for page in sheet for one in self._codes.get(page, ()))

    def check(self, bitmap: Bitmap, page: int) -> None:
        """Looks at a strip through the bars only. Raises LabelTrouble `printer.unreadable`."""
        for code in self._codes.get(page, ()):
            middle = dots(code.top + code.height / 2, self._dpi)
            strip = bitmap.strip(middle - _CROP_DOTS // 2, _CROP_DOTS).image()
            left, right = dots(code.left, self._dpi), dots(code.left + code.width, self._dpi)
            crop = strip.crop((max(0, left), 0, min(bitmap.width, right), strip.height)).convert("L")
            kind = zxingcpp.BarcodeFormats(_FORMATS.EAN13 if is_ean13(code.text) else _FORMATS.Code128)
            read = zxingcpp.read_barcodes(crop, formats=kind, try_rotate=False, try_downscale=False, try_invert=False)
            if [one.text for one in read] != [code.text]:
                reference = self._references[code.of] if code.of < len(self._references) else code.text
                raise LabelTrouble(reference, Message("printer.unreadable", {"code": code.text[:60]}))


def _encoded(bitmap: Bitmap, work: Work) -> bytes:
    setup = work.setup
    moved = bitmap.moved(
        dots(setup.right_um / 1000, setup.dots_per_inch), dots(setup.down_um / 1000, setup.dots_per_inch)
    )
    encode = zpl.graphic if setup.language == "zpl" else epl.graphic
    return encode(moved.width, moved.height, moved.rows, cut=setup.cut)


# -- the carriers' ----------------------------------------------------------------------------------------------------
def _press_carriers(work: Work) -> Pressed:
    units: list[Unit] = []
    questions: list[SizeQuestion] = []
    documents: list[bytes] = []
    page = 0
    for at, part in enumerate(work.parts):
        made, code = _part(part, work, questions)
        if work.setup.language == "driver":
            counts = sum(_count(one) for one in made)
            documents += made
            units.append(Unit(b"", (at,), code, tuple(range(page, page + counts))))
            page += counts
        else:
            units.append(Unit(b"".join(made), (at,), code))
    if questions:
        return Pressed(questions=tuple(questions))
    return Pressed(tuple(units), _join(documents) if documents else b"")


def _part(part: CarrierPart, work: Work, questions: list[SizeQuestion]) -> tuple[list[bytes], str]:
    """A parcel's labels, encoded, and the code on ours."""
    if not part.labels:
        ours = press(_own(work, part))
        return [ours.pdf] if ours.pdf else [one.data for one in ours.units], ours.units[0].code
    made: list[bytes] = []
    for label in part.labels:
        try:
            found = _carrier(part.reference, label, work)
        except ProviderError as error:
            raise LabelTrouble(part.reference, error.message) from error
        except RasterError as error:
            raise LabelTrouble(part.reference, Message("label.broken", {"why": error.why})) from error
        questions += [one for one in found if isinstance(one, SizeQuestion)]
        made += [one for one in found if isinstance(one, bytes)]
    return made, ""


def _own(work: Work, part: CarrierPart) -> Work:
    if not part.own:
        raise LabelTrouble(part.reference, Message("printer.no_label"))
    return replace(work, kind="label", labels=part.own, parts=(), first=1)


def _carrier(reference: str, label: Label, work: Work) -> list[bytes | SizeQuestion]:
    setup, paper = work.setup, paper_of(work.setup.paper)
    language = setup.language
    if label.format in (LabelFormat.ZPL, LabelFormat.EPL):
        if language != label.format:
            raise LabelTrouble(reference, Message("printer.other_language", {"language": str(label.format).upper()}))
        return [zpl.only_formats(label.data) if label.format is LabelFormat.ZPL else epl.only_labels(label.data)]
    at_dpi = setup.dots_per_inch
    if label.format is LabelFormat.PDF:
        bitmaps = list(pages(label.data, at_dpi))
    else:
        bitmaps = [picture(label.data)[0]]
        told = _told_dpi(label)
        if told and told != setup.dpi and language != "driver":
            # Dots for another head would come out in another size.
            raise LabelTrouble(reference, Message("printer.other_dpi", {"dpi": str(told), "printer": str(setup.dpi)}))
        at_dpi = head_dpi(told) if told and language == "driver" else at_dpi
    found: list[bytes | SizeQuestion] = []
    for number, bitmap in enumerate(bitmaps):
        placed = _placed(reference, bitmap, paper, at_dpi, anyway=work.anyway)
        if isinstance(placed, SizeQuestion):
            found.append(placed)
        elif language != "driver":
            found.append(_encoded(placed, work))
        elif label.format is LabelFormat.PDF:
            found.append(_page_of(label.data, number))
        else:
            found.append(_pdf_of(placed, at_dpi))
    return found


def _told_dpi(label: Label) -> int:
    """What the carrier or the picture says; 0 for nothing that a printer could have."""
    told = label.dpi or picture(label.data)[1]
    return next((one for one in (152, 203, 300, 600) if abs(one - told) <= 3), 0)


def _placed(reference: str, bitmap: Bitmap, paper: Paper, dpi: float, *, anyway: bool) -> Bitmap | SizeQuestion:
    """The dots on the paper, from its left upper corner, unscaled. A label of another size is asked about; told to go on, its
    white border is left away. Raises LabelTrouble `printer.too_large` when it would be cut even so."""
    wide, high = dots(paper.width_mm, dpi), dots(paper.height_mm, dpi)
    close = dots(MOST_DIFFERENCE_MM, dpi)
    image = bitmap.image()
    if abs(bitmap.width - wide) > close or abs(bitmap.height - high) > close:
        box = Image.eval(image.convert("L"), lambda value: 255 - value).getbbox() or (0, 0, 1, 1)
        content = (box[2] - box[0], box[3] - box[1])
        if not anyway:
            paper_mm = (round(paper.width_mm), round(paper.height_mm))
            return SizeQuestion(reference, _mm(bitmap.width, bitmap.height, dpi), _mm(*content, dpi), paper_mm)
        if content[0] > wide or content[1] > high:
            sizes = [*_mm(*content, dpi), round(paper.width_mm), round(paper.height_mm)]
            names = ("wide", "high", "paper_wide", "paper_high")
            raise LabelTrouble(reference, Message("printer.too_large", dict(zip(names, map(str, sizes), strict=True))))
        if bitmap.width > wide or bitmap.height > high:
            image = image.crop(box)
    page = Image.new("1", (wide, high), 1)
    page.paste(image, (0, 0))
    return Bitmap(wide, high, page.tobytes("raw", "1;I"))


def _mm(width: int, height: int, dpi: float) -> tuple[int, int]:
    return round(width / dpi * MM_PER_INCH), round(height / dpi * MM_PER_INCH)


def _page_of(data: bytes, number: int) -> bytes:
    source, made, out = pypdfium2.PdfDocument(data), pypdfium2.PdfDocument.new(), io.BytesIO()
    try:
        made.import_pages(source, [number])
        made.save(out)
    finally:
        made.close()
        source.close()
    return out.getvalue()


def _pdf_of(bitmap: Bitmap, dpi: float) -> bytes:
    """A picture as a page of its own size."""
    wide, high = (one / dpi * MM_PER_INCH for one in (bitmap.width, bitmap.height))
    canvas, buffer = new_canvas(wide, high, "Paxzar")
    canvas.drawImage(ImageReader(bitmap.image()), 0, 0, wide * mm, high * mm)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
