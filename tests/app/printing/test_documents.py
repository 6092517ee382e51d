"""Labels and slips from stored data: exact millimetres, real text, bars that an independent reader reads."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.units import mm

from app.contracts import Page
from app.formats.barcodes import BarcodeError, fit_code128
from app.formats.words import Words
from app.model import Address, Buyer, Money, Order, OrderLine, OrderStatus, Price
from app.platform.worker import Worker
from app.printing.contents import label_of, slip_of, sort_key
from app.printing.data import LabelData, LabelWords, SlipData, SlipLine, SlipWords
from app.printing.documents import make_document
from app.printing.label import draw_labels
from app.printing.slip import draw_slips
from app.store import Store

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TURKISH = "ŞşĞğİıÖöÜüÇç ₺"


def label(**changes):
    values = {
        "name": "Ayşe Şükrüoğlu", "street": "Gül Sk. No:4", "district": "Çankaya", "city": "Ankara", "postcode": "06420",
        "country": "", "phone": "+905321234567", "order_number": "9000000001", "channel": "Trendyol",
        "code": "7330000000000001",
    }  # fmt: skip
    return LabelData(**{**values, **changes})


def order(number="9000000001", **changes):
    values = {
        "remote_id": f"r{number}", "number": number, "status": OrderStatus.OPEN, "vendor_status": "Created",
        "placed_at": NOW, "updated_at": NOW, "total": Money.of("1249.90", "TRY"),
        "lines": (OrderLine("1", "PX-1", "Seramik Kupa", 2, Price(Money.of("624.95", "TRY")), "8690000000036"),),
        "buyer": Buyer("Ayşe Öz"),
        "ship_to": Address(name="Ayşe Öz", street="Gül Sk. 4/2", district="Konak", city="İzmir", postcode="35000", country="TR"),
    }  # fmt: skip
    return Order(**{**values, **changes})


def pages(data):
    document = pypdfium2.PdfDocument(data)
    return [document[i] for i in range(len(document))]


def text_of(page):
    return " ".join(page.get_textpage().get_text_range().split())


def barcodes(page, dpi=203):
    image = page.render(scale=dpi / 72, grayscale=True).to_numpy()
    return [(c.text, c.format) for c in zxingcpp.read_barcodes(np.ascontiguousarray(image.squeeze()))]


def test_a_label_is_100_by_150_millimetres():
    (page,) = pages(draw_labels([label()], LabelWords()).data)
    width, height = page.get_size()
    assert abs(width / mm - 100) < 0.2
    assert abs(height / mm - 150) < 0.2


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize(
    "code", ["7330000000000001", "9000000001", "#1042", "402-1234567-7654321", "A1B2C3D4E5F6G7H8I9", "1"]
)
def test_the_bars_are_read_by_another_reader(code, dpi):
    (page,) = pages(draw_labels([label(code=code)], LabelWords(), dpi).data)
    assert [text for text, _ in barcodes(page, dpi)] == [code]


def test_letters_come_out_as_they_went_in():
    (page,) = pages(draw_labels([label(name=TURKISH, street="Iğdır Işıklar İnönü", cash_on_delivery="₺1.249,90")], LabelWords()).data)  # fmt: skip
    text = text_of(page)
    for part in (TURKISH, "Iğdır Işıklar İnönü", "₺1.249,90", "Kapıda ödeme", "Çankaya / Ankara"):
        assert part in text


def test_paper_order_is_the_order_given():
    made = pages(draw_labels([label(order_number=str(n), code=str(n)) for n in range(100, 140)], LabelWords()).data)
    assert [text_of(p).split()[-1] for p in made] == [str(n) for n in range(100, 140)]


def test_the_same_labels_are_the_same_bytes():
    assert draw_labels([label()], LabelWords()).data == draw_labels([label()], LabelWords()).data


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(max_size=400), street=st.text(max_size=600), city=st.text(max_size=100),
    code=st.text(max_size=60), items=st.text(max_size=500),
)  # fmt: skip
def test_nothing_that_people_type_breaks_a_label(name, street, city, code, items):
    from app.model import clean

    one = label(
        name=clean(name, 200),
        street=clean(street, 500),
        city=clean(city, 80),
        code=clean(code),
        items=clean(items, 300),
    )
    (page,) = pages(draw_labels([one], LabelWords()).data)
    assert page.get_size() == pytest.approx((100 * mm, 150 * mm), abs=0.5)


def test_bars_are_whole_dots_and_too_long_is_told():
    for dpi in (203, 300):
        fitted = fit_code128("7330000000000001", 92 * mm, dpi)
        dots = fitted.width / (72 / dpi)
        assert math.isclose(dots, round(dots), abs_tol=1e-6)
        assert fitted.dots >= 2
    with pytest.raises(BarcodeError, match="too long"):
        fit_code128("A" * 60, 92 * mm)
    for wrong in ("", "ŞÇ", "a\nb"):
        with pytest.raises(BarcodeError, match="not in Code 128"):
            fit_code128(wrong, 92 * mm)


def test_a_long_slip_goes_on_over_pages_and_loses_no_line():
    lines = tuple(SlipLine(f"PX-{i}", "869", f"Ürün {i} " + "uzun ad " * 12, i + 1, "₺1,00") for i in range(60))
    slip = SlipData("9000000001", "Trendyol", "24 Kasım 2026", "Ayşe Öz", "Gül Sk.", lines, "₺60,00", "Hediye paketi")
    drawn = draw_slips([slip], SlipWords())
    data, count = drawn.data, drawn.pages
    made = pages(data)
    assert len(made) == count > 1
    text = " ".join(text_of(p) for p in made)
    assert all(f"PX-{i} " in text for i in range(60))
    assert "Hediye paketi" in text
    assert f"{sum(range(1, 61))} adet" in text
    assert ("9000000001") in [c for c, _ in barcodes(made[0])]


def test_what_stands_on_a_label_and_a_slip():
    words = Words.load("tr")
    cod = order(cash_on_delivery=True, carrier="Aras", tracking_number="123")
    made = label_of(cod, "Trendyol", "Ben", words, copies=2)
    assert (made.code, made.cash_on_delivery, made.reprint, made.country) == ("123", "₺1.249,90", 2, "")
    assert label_of(order(), "x", "", words).code == "9000000001"
    abroad = order(ship_to=Address(name="A", company="B GmbH", street="s", city="Köln", country="DE"))
    assert label_of(abroad, "x", "", words).country == "DE"
    assert "B GmbH" in label_of(abroad, "x", "", words).name
    slip = slip_of(order(note="not"), "Trendyol", "Ben", words)
    assert (slip.total, slip.lines[0].amount, slip.note) == ("₺1.249,90", "₺1.249,90", "not")
    gone = OrderLine("2", "PX-2", "Şapka", 1, Price(Money(Decimal(1), "TRY")), cancelled=True)
    assert len(slip_of(order(lines=(*order().lines, gone)), "x", "", words).lines) == 1


@pytest.fixture
async def store(tmp_path):
    store = await Store.open(tmp_path / "s.sqlite", now=lambda: NOW)
    await store.accounts.add("a", "trendyol", "live")
    row = await store.connections.add("Mağaza", "trendyol", "a", "live")
    await store.orders.apply_page(row.id, "a", Page(tuple(order(str(9000 + i)) for i in range(5))), now=NOW)
    yield store
    await store.close()


async def test_a_document_is_on_disk_before_the_journal_says_so(store, tmp_path):
    words = Words.load("tr")
    await store.settings.set("sender", "Örnek Ltd.")
    path, count = await make_document(store, [1, 2, 3], "label", tmp_path / "out" / "l.pdf", words)
    assert (len(pages(path)), count) == (3, 3)
    assert "Örnek Ltd." in text_of(pages(path)[0])
    journal = await store.prints.recent()
    assert {(r.order_id, r.kind, r.copy_no) for r in journal} == {(1, "label", 1), (2, "label", 1), (3, "label", 1)}
    assert (await store.orders.get(1)).print_count == 1
    again, _ = await make_document(store, [1], "label", tmp_path / "again.pdf", words)
    assert "Kopya 1" in text_of(pages(again)[0])
    slip, _ = await make_document(store, [1], "slip", tmp_path / "s.pdf", words)
    assert "Sevk fişi" in text_of(pages(slip)[0])


async def test_an_unknown_order_or_folder_writes_nothing(store, tmp_path):
    words = Words.load("en")
    with pytest.raises(KeyError):
        await make_document(store, [1, 99], "label", tmp_path / "l.pdf", words)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError):
        await make_document(store, [1], "label", tmp_path / "file" / "l.pdf", words)
    assert await store.prints.recent() == []


async def test_drawing_runs_in_the_worker_process(store, tmp_path):
    worker = Worker()
    try:
        executor = worker.executor()
        assert isinstance(executor, ProcessPoolExecutor)
        assert worker.executor() is executor
        path, _ = await make_document(store, [1], "label", tmp_path / "l.pdf", Words.load("tr"), executor)
        assert pages(path)
    finally:
        worker.close()
    worker.close()


def test_shelves_are_walked_in_the_turkish_order_and_by_the_value_of_figures():
    walked = ["A-2", "A-10", "B-1", "C-1", "Ç-1", "D-1", "G", "Ğ", "I", "İ", "S", "Ş", "Z"]
    assert sorted([*walked[7:], *walked[:7]], key=sort_key) == walked
    assert sorted(["PX-100", "px-20", "10", "9"], key=sort_key) == ["9", "10", "px-20", "PX-100"]
