"""Every size of label, decoded by a reader; whole dots; what a printer gets is the page, unscaled; what cannot be printed is said."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.units import mm

from app.contracts import Message
from app.formats import raster
from app.formats.barcodes import BarcodeError, ean13_digit, fit_ean13, is_ean13
from app.formats.dots import dots
from app.model import Label, LabelFormat, clean
from app.printing import drawing
from app.printing.data import CarrierPart, LabelWords, Look, Setup, ShelfData, SizeQuestion, SlipData, SlipLine, Work
from app.printing.label import draw_labels
from app.printing.papers import LABELS, PAPERS, SHELF, paper_of
from app.printing.shelf import draw_shelf
from app.printing.trouble import LabelTrouble, PrintTrouble
from tests.app.printing.making import EAN, decoded, label, pages_of, pdf, png, text_of

CODES = ["7330000000000001", "9000000001", "#1042", "402-1234567-7654321", "A1B2C3D4E5F6G7H8I9"]
ZPL = b"^XA^FO40,40^A0N,40,40^FDKargo^FS^XZ"


def read(image: object) -> list[str]:
    return [one.text for one in zxingcpp.read_barcodes(image)]


# -- papers ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_size_is_exact_and_its_bars_are_read(name, dpi):
    paper = PAPERS[name]
    made = pages_of(draw_labels([label(code=one) for one in CODES], LabelWords(), dpi, paper).data)
    assert len(made) == -(-len(CODES) // paper.cells)
    seen = []
    for page in made:
        width, height = page.get_size()
        assert abs(width / mm - paper.width_mm) < 0.2
        assert abs(height / mm - paper.height_mm) < 0.2
        image = np.ascontiguousarray(page.render(scale=dpi / 72, grayscale=True).to_numpy().squeeze())
        seen += read(image)
    assert sorted(seen) == sorted(CODES)


def test_the_first_free_cell_is_where_the_first_label_stands():
    drawn = draw_labels([label(code=str(100 + n)) for n in range(6)], LabelWords(), 203, PAPERS["a4-4"], Look(), 3)
    assert drawn.pages == 2
    assert [(one.page, one.text) for one in drawn.codes] == [
        (0, "100"),
        (0, "101"),
        *((1, str(n)) for n in range(102, 106)),
    ]
    assert drawn.codes[0].top > 148.5
    assert drawn.codes[0].left < 105 < drawn.codes[1].left


@pytest.mark.parametrize("cell", [0, 5, -1])
def test_a_cell_that_there_is_not(cell):
    with pytest.raises(PrintTrouble) as caught:
        draw_labels([label()], LabelWords(), 203, PAPERS["a4-4"], Look(), cell)
    assert caught.value.key == "printer.cell"


@pytest.mark.parametrize("name", ["", "a3", "10x10", "100x999", "x", "100x", "1e3x100"])
def test_a_paper_that_there_is_not(name):
    with pytest.raises(PrintTrouble) as caught:
        paper_of(name)
    assert caught.value.key == "printer.paper"


def test_a_paper_of_ones_own():
    paper = paper_of("80 × 120")
    assert (paper.width_mm, paper.height_mm, paper.cells) == (80, 120, 1)
    with pytest.raises(PrintTrouble) as caught:
        draw_labels([label()], LabelWords(), 203, paper_of("60x40"))
    assert caught.value.key == "printer.paper_small"


def test_letters_come_out_on_every_size():
    parts = ("ŞşĞğİıÖöÜüÇç", "Iğdır Işıklar İnönü", "₺1.249,90", "www.örnek.com.tr")
    for name in LABELS:
        one = label(name=parts[0], street=parts[1], cash_on_delivery=parts[2], items="2 × Kupa")
        drawn = draw_labels([one], LabelWords(), 203, PAPERS[name], Look(footer=parts[3]))
        text = text_of(pages_of(drawn.data)[0])
        assert all(part in text for part in parts), name


def test_fields_that_are_left_out_are_not_there():
    hidden = Look(hidden=frozenset({"phone", "items", "sender", "channel"}))
    one = label(items="Kupa", sender="Satıcı")
    text = text_of(pages_of(draw_labels([one], LabelWords(), 203, PAPERS["4x6"], hidden).data)[0])
    for word in ("+905321234567", "Kupa", "Satıcı", "Trendyol"):
        assert word not in text
    assert "Satıcı" in text_of(pages_of(draw_labels([one], LabelWords()).data)[0])


def test_a_letter_that_no_font_has_is_a_question_mark():
    text = text_of(pages_of(draw_labels([label(name="Ayşe 😀 مرحبا \ud800")], LabelWords()).data)[0])
    assert "Ayşe ? ????? ?" in text


def test_a_logo_stands_on_it():
    plain = draw_labels([label()], LabelWords()).data
    logo = drawing.logo(png(600, 200))
    with_logo = draw_labels([label()], LabelWords(), 203, PAPERS["100x150"], Look(logo)).data
    first, second = (next(iter(raster.pages(one, 203))).image().convert("L") for one in (plain, with_logo))
    corner = (600, 34, 780, 70)
    assert min(first.crop(corner).tobytes()) == 255
    assert min(second.crop(corner).tobytes()) == 0
    for broken in (b"", b"no picture", png(9000, 9000)):
        with pytest.raises(PrintTrouble, match=r"printer\.logo"):
            drawing.logo(broken)


@settings(max_examples=30)
@given(
    name=st.text(max_size=400), street=st.text(max_size=600), city=st.text(max_size=100), code=st.text(max_size=60),
    paper=st.sampled_from(LABELS), cell=st.integers(1, 2), footer=st.text(max_size=200),
)  # fmt: skip
def test_whatever_people_type_makes_one_page_and_bars_that_read_or_none(name, street, city, code, paper, cell, footer):
    one = label(name=clean(name, 200), street=clean(street, 500), city=clean(city, 80), code=clean(code))
    first = min(cell, PAPERS[paper].cells)
    work = Work("label", Setup("zpl", 203, paper), Look(footer=clean(footer, 120)), first, labels=(one,))
    (unit,) = drawing.press(work).units
    assert unit.code in ("", one.code)
    assert unit.data.startswith(b"^XA^PW")


# -- shelves --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SHELF)
@pytest.mark.parametrize("dpi", [203, 300])
def test_a_shelf_label_has_an_ean(name, dpi):
    drawn = draw_shelf(
        [ShelfData("Seramik Kupa, mavi, çok uzun bir ad " * 3, "PX-1", EAN, "₺149,90", "A-03")], dpi, PAPERS[name]
    )
    (page,) = pages_of(drawn.data)
    width, height = page.get_size()
    assert abs(width / mm - PAPERS[name].width_mm) < 0.2
    assert abs(height / mm - PAPERS[name].height_mm) < 0.2
    (found,) = zxingcpp.read_barcodes(next(iter(raster.pages(drawn.data, dpi))).image().convert("L"))
    assert (found.text, found.format) == (EAN, zxingcpp.BarcodeFormat.EAN13)
    text = text_of(page)
    assert "₺149,90" in text
    assert "A-03 · PX-1" in text


def test_a_code_that_does_not_fit_is_no_barcode():
    drawn = draw_shelf([ShelfData("Kupa", "S", "A-VERY-LONG-SKU-THAT-FITS-NOWHERE-0001")], 203, PAPERS["40x20"])
    assert drawn.codes == ()
    assert drawn.pages == 1


def test_ean13():
    assert ean13_digit("275036569845") == "6"
    assert is_ean13(EAN)
    for wrong in ("8690000000037", "869000000003", "86900000000a6", "٨٦٩٠٠٠٠٠٠٠٠٣٦"):
        assert not is_ean13(wrong)
        with pytest.raises(BarcodeError):
            fit_ean13(wrong, 300)
    fitted = fit_ean13(EAN, 60 * mm, 300)
    assert (fitted.width / (72 / 300)) % fitted.dots == pytest.approx(0, abs=1e-6)
    with pytest.raises(BarcodeError, match="too long"):
        fit_ean13(EAN, 10 * mm)


# -- what a printer gets --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_zpl_is_one_picture_that_reads_and_whose_bars_are_whole_dots(dpi):
    (unit,) = drawing.press(Work("label", Setup("zpl", dpi), labels=(label(),))).units
    image = decoded(unit.data)
    expected = {203: (800, 1200), 300: (1184, 1772), 600: (2368, 3543)}[dpi]
    assert image.size == expected
    assert read(image.convert("L")) == ["7330000000000001"]
    row = np.asarray(image.convert("1"))[dots(150 - 26, dpi)].astype(int)
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate(([1], row, [1])))))
    widths = np.diff(np.concatenate(([0], np.cumsum(runs))))
    assert np.gcd.reduce(widths) >= 2  # every bar and every gap is a multiple of the module


def test_zpl_passes_our_own_filter_byte_for_byte():
    from app.formats.zpl import only_formats

    (unit,) = drawing.press(Work("label", Setup("zpl"), labels=(label(),))).units
    assert only_formats(unit.data) == unit.data


def test_offset_moves_the_picture_by_whole_dots_and_cut_is_asked_for():
    (plain,) = drawing.press(Work("label", Setup("zpl"), labels=(label(),))).units
    (moved,) = drawing.press(
        Work("label", Setup("zpl", right_um=2000, down_um=-1000, cut=True), labels=(label(),))
    ).units
    first, second = decoded(plain.data), decoded(moved.data)
    assert first.crop((0, 8, 784, 1200)).tobytes() == second.crop((16, 0, 800, 1192)).tobytes()
    assert b"^MMC" in moved.data
    assert b"^MMC" not in plain.data


def test_epl_is_the_same_picture_with_white_as_one():
    (zebra,) = drawing.press(Work("label", Setup("zpl"), labels=(label(),))).units
    (eltron,) = drawing.press(Work("label", Setup("epl"), labels=(label(),))).units
    head = b"\nN\nq800\nQ1200,24\nGW0,0,100,1200,"
    assert eltron.data.startswith(head)
    rows = eltron.data[len(head) : len(head) + 100 * 1200]
    assert bytes(255 - one for one in rows) == decoded(zebra.data).tobytes("raw", "1;I")
    assert eltron.data.endswith(b"\nP1\n")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_an_independent_renderer_draws_the_same_picture(tmp_path: Path):
    """zpl-renderer-js, where it is installed beside the tests or named by NODE_PATH."""
    found = subprocess.run(
        ["node", "-e", "import('zpl-renderer-js').then(()=>console.log('yes'),()=>console.log('no'))"],
        capture_output=True,
        text=True,
    )
    if found.stdout.strip() != "yes":
        pytest.skip("needs the npm package zpl-renderer-js")
    (unit,) = drawing.press(Work("label", Setup("zpl"), labels=(label(),))).units
    (tmp_path / "a.zpl").write_bytes(unit.data)
    program = (
        "import('zpl-renderer-js').then(async m=>{const {api}=await m.ready;const fs=require('fs');"
        f"const b=await api.zplToBase64Async(fs.readFileSync({json.dumps(str(tmp_path / 'a.zpl'))},'latin1'),100,150,8);"
        f"fs.writeFileSync({json.dumps(str(tmp_path / 'a.png'))},Buffer.from(b,'base64'))}})"
    )
    subprocess.run(["node", "-e", program], check=True, capture_output=True, timeout=60)
    from PIL import Image

    theirs = (
        Image.open(tmp_path / "a.png")
        .convert("L")
        .crop((0, 0, 800, 1200))
        .point(lambda v: 255 * (v > 127))
        .convert("1")
    )
    assert theirs.tobytes() == decoded(unit.data).tobytes()


def test_a_driver_gets_pdf_and_sheets_are_units():
    labels = tuple(label(code=str(100 + n), order_number=str(n)) for n in range(6))
    made = drawing.press(Work("label", Setup("driver", 300, "a4-4"), first=3, labels=labels))
    assert [(one.of, one.pages) for one in made.units] == [((0, 1), (0,)), ((2, 3, 4, 5), (1,))]
    assert drawing.sheets(made.pdf, [0, 1]) == made.pdf
    (second,) = pages_of(drawing.sheets(made.pdf, [1], 1500, 1000))
    left, bottom, *_ = second.get_mediabox()
    assert left == pytest.approx(-1.5 * mm, abs=0.01)
    assert bottom == pytest.approx(1.0 * mm, abs=0.01)
    assert second.get_size()[0] / mm == pytest.approx(210, abs=0.2)
    assert "102" in text_of(second)


def test_slips_of_several_pages_are_one_unit_each():
    slips = tuple(
        SlipData(
            f"900{n}", "T", "24", "Ayşe", "Gül", tuple(SlipLine(f"S{i}", "", "x", 1, "₺1") for i in range(count)), "₺1"
        )
        for n, count in enumerate((1, 60, 0))
    )
    made = drawing.press(Work("slip", Setup("driver", 300, "a4"), slips=slips))
    assert [one.of for one in made.units] == [(0,), (1,), (2,)]
    assert [len(one.pages) for one in made.units][0::2] == [1, 1]
    assert len(made.units[1].pages) > 1
    with pytest.raises(PrintTrouble, match="needs_driver"):
        drawing.press(Work("slip", Setup("zpl", 203, "a4"), slips=slips))


@pytest.mark.parametrize(("work", "key"), [
    (Work("label", Setup("tspl"), labels=(label(),)), "printer.language"), (Work("nothing", Setup()), "printer.document"),
    (Work("label", Setup(paper="a9"), labels=(label(),)), "printer.paper"),
], ids=["language", "document", "paper"])  # fmt: skip
def test_what_there_is_not_is_said(work, key):
    with pytest.raises(PrintTrouble) as caught:
        drawing.press(work)
    assert caught.value.key == key


def test_bars_that_cannot_be_read_back_stop_all(monkeypatch):
    """As a font, a library or a printer's dpi could break them."""
    from app.printing import press

    monkeypatch.setattr(press.zxingcpp, "read_barcodes", lambda *a, **k: [])
    with pytest.raises(LabelTrouble) as caught:
        drawing.press(Work("label", Setup("zpl"), labels=(label(order_number="5501"),)))
    assert caught.value.reference == "5501"
    assert caught.value.message.code == "printer.unreadable"


def test_quiet_zones_are_what_makes_them_read():
    """The check sees what a scanner sees: bars with their silence painted over are refused."""
    from app.printing import press

    drawn = draw_labels([label()], LabelWords())
    bitmap = next(iter(raster.pages(drawn.data, 203)))
    reader = press._Reader(drawn, 203, ["x"])
    reader.check(bitmap, 0)
    image = bitmap.image()
    code = drawn.codes[0]
    left = dots(code.left, 203)
    image.paste(0, (left, 0, left + 34, bitmap.height))
    with pytest.raises(LabelTrouble):
        reader.check(raster.Bitmap(bitmap.width, bitmap.height, image.tobytes("raw", "1;I")), 0)


# -- the carriers' --------------------------------------------------------------------------------------------------------
def carried(
    *labels: Label, language: str = "zpl", paper: str = "100x150", dpi: int = 203, anyway: bool = False
) -> Work:
    return Work("carrier", Setup(language, dpi, paper), anyway=anyway, parts=(CarrierPart("P1", labels),))


def test_a_carriers_zpl_goes_on_as_it_came():
    (unit,) = drawing.press(carried(Label(LabelFormat.ZPL, ZPL), Label(LabelFormat.ZPL, ZPL))).units
    assert unit.data == (ZPL + b"\n") * 2


@pytest.mark.parametrize("dpi", [203, 300])
def test_a_carriers_pdf_is_rasterised_at_the_printers_dpi_unscaled(dpi):
    (unit,) = drawing.press(carried(Label(LabelFormat.PDF, pdf()), dpi=dpi)).units
    box = decoded(unit.data).convert("L").point(lambda v: 255 - v).getbbox()
    per_mm = 8 if dpi == 203 else 300 / 25.4
    assert box is not None
    assert (box[2] - box[0]) / per_mm == pytest.approx(80, abs=0.6)
    assert (box[3] - box[1]) / per_mm == pytest.approx(120, abs=0.6)


def test_another_size_is_a_question_and_then_placed_at_full_size():
    a4 = Label(LabelFormat.PDF, pdf(210, 297, (90, 140)))
    asked = drawing.press(carried(a4))
    assert asked.units == ()
    assert asked.questions == (SizeQuestion("P1", (210, 297), (90, 140), (100, 150)),)
    (unit,) = drawing.press(carried(a4, anyway=True)).units
    box = decoded(unit.data).convert("L").point(lambda v: 255 - v).getbbox()
    assert box is not None
    assert box[:2] == (0, 0)
    assert (box[2] - box[0]) / 8 == pytest.approx(90, abs=0.6)
    with pytest.raises(LabelTrouble) as caught:
        drawing.press(carried(Label(LabelFormat.PDF, pdf(210, 297, (150, 140))), anyway=True))
    assert caught.value.message.code == "printer.too_large"


def test_two_millimetres_are_not_asked_about():
    assert drawing.press(carried(Label(LabelFormat.PDF, pdf(101.6, 152)))).questions == ()
    assert drawing.press(carried(Label(LabelFormat.PDF, pdf(103, 150)))).questions != ()


def test_a_picture_keeps_its_dots():
    (unit,) = drawing.press(carried(Label(LabelFormat.PNG, png(800, 1200), dpi=203))).units
    box = decoded(unit.data).convert("L").point(lambda v: 255 - v).getbbox()
    assert box == (10, 10, 790, 1190)
    with pytest.raises(LabelTrouble) as caught:
        drawing.press(carried(Label(LabelFormat.PNG, png(800, 1200, dpi=203)), dpi=300))
    assert caught.value.message == Message("printer.other_dpi", {"dpi": "203", "printer": "300"})
    made = drawing.press(carried(Label(LabelFormat.PNG, png(1200, 1800), dpi=300), language="driver", paper="4x6"))
    assert [round(one / mm, 1) for one in pages_of(made.pdf)[0].get_size()] == [101.6, 152.4]


@pytest.mark.parametrize(
    ("one", "told"),
    [(Label(LabelFormat.ZPL, ZPL.replace(b"^FO", b"^JUS^FO", 1)), Message("label.unsafe", {"command": "^JU"})),
     (Label(LabelFormat.ZPL, b"~DYE:X,B,T,4,,ABCD" + ZPL), Message("label.unsafe", {"command": "~DY"})),
     (Label(LabelFormat.ZPL, b"^XA^CC+^XZ"), Message("label.unsafe", {"command": "^CC"})),
     (Label(LabelFormat.ZPL, ZPL[:-3]), Message("label.broken", {"why": "cut"})),
     (Label(LabelFormat.EPL, b"N\nP1\n"), Message("printer.other_language", {"language": "EPL"})),
     (Label(LabelFormat.PDF, pdf()[:200]), Message("label.broken", {"why": "cut"})),
     (Label(LabelFormat.PNG, b"no picture"), Message("label.broken", {"why": "picture"})),
     (Label(LabelFormat.PNG, png(8, 8)[:40]), Message("label.broken", {"why": "picture"}))],
    ids=["settings", "download", "prefix", "cut zpl", "epl", "cut pdf", "no picture", "cut picture"],
)  # fmt: skip
def test_one_bad_label_stops_all_and_is_named(one, told):
    good = CarrierPart("P1", (Label(LabelFormat.ZPL, ZPL),))
    work = Work("carrier", Setup("zpl"), parts=(good, CarrierPart("P2", (one,))))
    with pytest.raises(LabelTrouble) as caught:
        drawing.press(work)
    assert (caught.value.reference, caught.value.message) == ("P2", told)


def test_a_picture_of_65535_squared_is_refused_by_its_head():
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 65535, 65535, 1, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )
    with pytest.raises(LabelTrouble) as caught:
        drawing.press(carried(Label(LabelFormat.PNG, bomb)))
    assert caught.value.message == Message("label.broken", {"why": "large"})


def test_a_parcel_without_any_label_is_said():
    with pytest.raises(LabelTrouble) as caught:
        drawing.press(carried())
    assert caught.value.message.code == "printer.no_label"


@pytest.mark.parametrize("language", ["zpl", "epl", "driver"])
@pytest.mark.parametrize("paper", ["100x150", "60x40"])
def test_the_calibration_page_has_a_ruler_of_known_length(language, paper):
    setup = Setup(language, 203, paper)
    data = drawing.calibration(setup, "Deneme sayfası", "Cetveli ölçün.")
    assert data
    if language == "zpl":
        image = decoded(data)
        row = np.asarray(image)[dots(6, 203.2)]
        black = np.flatnonzero(~row)
        wide = paper_of(paper).width_mm
        length = max(10, min(100, int((wide - 10) // 10) * 10))
        inner = black[(black > dots(4, 203.2)) & (black < dots(wide - 3, 203.2))]
        assert (inner[-1] - inner[0]) / 8 == pytest.approx(length, abs=0.3)
        assert any(one.endswith("DOT") for one in read(image.convert("L")))
