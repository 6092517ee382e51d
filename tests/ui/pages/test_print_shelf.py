"""Shelf labels from the window: products found and ticked, a PDF with their codes, or a printer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from app.store import Printer
from tests.app.printing.zebra import plugged_in
from tests.ui.pages.desk import Desk, dialog, listing, open_desk, until
from tests.ui.pages.orders_making import documents, prepare
from ui.kit import begin, spawner
from ui.pages.printing_shelf import ShelfDialog, print_shelf
from ui.pages.printing_work import PrintWork
from ui.services import Page
from ui.theme import Appearance


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        prepare(made)
        row = await made.connection()
        await made.pull(row, *(listing(n) for n in range(1, 9)))
        page = Page(made.services)
        made.show(page)
        yield made
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def asked(desk: Desk) -> ShelfDialog:
    work = PrintWork(desk.services, desk.page, desk.page.said.emit)
    begin(print_shelf(desk.page, desk.services, work), "shelf labels")
    shown: ShelfDialog = await dialog(ShelfDialog)
    await until(lambda: shown.model.total == 8, "the products")
    return shown


async def test_ticked_products_become_a_pdf_with_their_codes(desk: Desk) -> None:
    shown = await asked(desk)
    shown.search.edit.setText("NC-0003")
    await until(lambda: shown.model.total == 1 and shown.model.row_at(0), "the one that is looked for")
    shown.model.tick_all(True)
    await until(shown.primary.isEnabled, "a product is chosen")
    shown.count.setValue(2)
    shown.primary.click()
    (path,) = await until(lambda: documents(desk), "the file")
    await until(lambda: path.stat().st_size > 0 and not len(spawner()), "written")
    book = pypdfium2.PdfDocument(path.read_bytes())
    texts = [page.get_textpage().get_text_range() for page in book]
    assert len(texts) == 2
    assert all("8690000000003" in one and "1.249,90" in one and "NC-0003" in one for one in texts)
    assert [round(one / 72 * 25.4) for one in book[0].get_size()] == [60, 40]


async def test_on_a_label_printer(desk: Desk) -> None:
    async with plugged_in() as zebra:
        await desk.store.printers.save(Printer("Zebra", "network", zebra.address, "zpl"))
        shown = await asked(desk)
        await until(lambda: shown.model.row_at(1) is not None, "rows")
        shown.model.tick_all(True)
        await until(shown.primary.isEnabled, "all are chosen")
        shown.primary.click()
        await until(lambda: len(zebra.labels) == 8, "eight labels")
