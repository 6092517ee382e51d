"""The page that shows whether a printer prints at 100 %: two rulers of known length, a frame, bars of two, three and four dots,
and the letters of Turkish. Also the merchant's logo, made small. Runs in the worker process."""

from __future__ import annotations

import dataclasses
import io

from PIL import Image
from reportlab.lib.units import mm

from app.formats import epl, zpl
from app.formats.barcodes import fit_code128
from app.formats.dots import POINTS_PER_INCH, dots
from app.formats.pdf import BOLD, REGULAR, draw_lines, new_canvas, shorten, wrap
from app.formats.raster import MOST_DOTS, pages
from app.printing.data import Setup
from app.printing.papers import paper_of
from app.printing.trouble import PrintTrouble

FRAME_MM = 2.0
LETTERS = "ĞÜŞİÖÇ ğüşıöç ₺ 1.234,56"
_LOGO_DOTS = (480, 240)


def ruler_mm(wide: float) -> int:
    """The length of the ruler across a paper: what fits, in whole tens."""
    return max(10, min(100, int((wide - 10) // 10) * 10))


def calibration_page(setup: Setup, title: str, hint: str) -> bytes:
    """One page of PDF. Raises PrintTrouble `printer.paper`."""
    paper = paper_of(setup.paper)
    wide, high = paper.width_mm, paper.height_mm
    canvas, buffer = new_canvas(wide, high, title)
    canvas.setLineWidth(POINTS_PER_INCH / setup.dots_per_inch)
    canvas.rect(FRAME_MM * mm, FRAME_MM * mm, (wide - 2 * FRAME_MM) * mm, (high - 2 * FRAME_MM) * mm, stroke=1, fill=0)
    for at in range(ruler_mm(wide) + 1):
        long = 4 if at % 10 == 0 else 2.5 if at % 5 == 0 else 1.5
        canvas.line((5 + at) * mm, (high - 5) * mm, (5 + at) * mm, (high - 5 - long) * mm)
    down = min(100, int((high - 16) // 10) * 10)
    for at in range(down + 1):
        long = 4 if at % 10 == 0 else 2.5 if at % 5 == 0 else 1.5
        canvas.line(4 * mm, (high - 12 - at) * mm, (4 + long) * mm, (high - 12 - at) * mm)
    left, room, y = 12 * mm, (wide - 16) * mm, (high - 13) * mm
    size = 11 if high >= 80 else 6
    canvas.setFont(BOLD, size)
    canvas.drawString(left, y - size, shorten(title, BOLD, size, room))
    y -= size * 1.6
    y = draw_lines(canvas, wrap(hint, REGULAR, size * 0.75, room)[:6], left, y, REGULAR, size * 0.75) - 2 * mm
    canvas.setFont(REGULAR, size)
    canvas.drawString(left, y - size, shorten(LETTERS, REGULAR, size, room))
    y -= size * 1.6
    for count in (2, 3, 4):
        code = fit_code128(f"{count}DOT", 10_000, setup.dots_per_inch)
        code = dataclasses.replace(code, dots=count)  # not the largest that fits
        tall = 10 * mm if high >= 80 else 4 * mm
        if code.width + 2 * code.quiet > room or y - tall < 4 * mm:
            break
        code.draw(canvas, left + code.quiet, y - tall, tall)
        y -= tall + 2 * mm
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def pressed(setup: Setup, title: str, hint: str) -> bytes:
    """The page as the printer takes it, moved as its profile says."""
    page = calibration_page(setup, title, hint)
    if setup.language == "driver":
        return page
    bitmap = next(iter(pages(page, setup.dots_per_inch)))
    bitmap = bitmap.moved(
        dots(setup.right_um / 1000, setup.dots_per_inch), dots(setup.down_um / 1000, setup.dots_per_inch)
    )
    encode = zpl.graphic if setup.language == "zpl" else epl.graphic
    return encode(bitmap.width, bitmap.height, bitmap.rows, cut=setup.cut)


def small_logo(data: bytes) -> bytes:
    """Raises PrintTrouble `printer.logo` for what is no picture, or one too large to be one."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if not 0 < image.width * image.height <= MOST_DOTS:
                raise PrintTrouble("printer.logo")
            flat = image.convert("RGBA")
    except PrintTrouble:
        raise
    except Exception as error:  # Pillow's readers raise whatever they stumble over
        raise PrintTrouble("printer.logo") from error
    flat.thumbnail(_LOGO_DOTS)
    paper = Image.new("RGBA", flat.size, "white")
    paper.alpha_composite(flat)
    out = io.BytesIO()
    paper.convert("L").save(out, "PNG", optimize=True)
    return out.getvalue()
