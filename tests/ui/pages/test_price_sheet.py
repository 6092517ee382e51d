"""Sheets of prices in the window: columns seen to, doubts asked about, a plan that opens, what was not taken listed, prices written out."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.ui.pages.desk import Desk, dialog, listing, open_desk, until
from ui.pages.price_sheet import PriceSheetDialog
from ui.pages.price_sheet_work import LeftOut
from ui.pages.prices import PricesPage
from ui.theme import Appearance

D = Decimal
GOODS = [listing(1, "100"), listing(2, "200"), listing(3, "300", list_price="320")]


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> Any:
    async with open_desk(tmp_path) as made:
        yield made
        assert not errors


async def opened(desk: Desk) -> PricesPage:
    row = await desk.connection()
    await desk.pull(row, *GOODS)
    page = PricesPage(desk.services)
    desk.show(page)
    await until(lambda: page.model.ready and page.table.currentIndex().isValid(), "rows")
    return page


async def given(desk: Desk, page: PricesPage, path: Path, *rows: str) -> PriceSheetDialog:
    await asyncio.to_thread(path.write_text, "\r\n".join(rows), "utf-8")

    async def choose() -> Path:
        return path

    page.sheet_work.choose = choose  # type: ignore[method-assign]
    desk.services.actions.get("prices.sheet_in").run()
    return await dialog(PriceSheetDialog)


async def test_a_sheet_becomes_a_plan_that_opens(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page = await opened(desk)
    box = await given(
        desk, page, tmp_path / "fiyat.csv", "Stok Kodu;Satış Fiyatı", "NC-0001;110,00", "NC-0002;200,00", "NC-0003;"
    )
    assert box.columns["price"].currentData() == "Satış Fiyatı"
    assert box.primary.text() == "2 satırdan plan yap"
    await until(lambda: box.model.total == 2, "the first rows")
    assert box.model.row_at(0)[2] == "NC-0001"
    QTest.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: page.plans.detail.plan is not None, "the plan")
    assert page.stack.currentWidget() is page.plans
    lines = await desk.store.plans.lines(1)
    assert [(one.sku, one.new and one.new.amount) for one in lines] == [("NC-0001", D("110.00"))]
    assert await desk.store.outbox.counts() == {}, "nothing is sent by making a plan"


async def test_a_doubtful_sign_and_unknown_columns_are_asked_about(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page = await opened(desk)
    box = await given(desk, page, tmp_path / "fiyat.csv", "Kodumuz;Bizim Fiyat", "NC-0001;1.249", "NC-0002;205")
    assert not box.primary.isEnabled()
    box.columns["sku"].setCurrentIndex(box.columns["sku"].findData("Kodumuz"))
    box.columns["price"].setCurrentIndex(box.columns["price"].findData("Bizim Fiyat"))
    await until(
        lambda: box.sheet is not None and [one.code for one in box.sheet.doubts] == ["pricesheet.sign"], "the doubt"
    )
    assert not box.primary.isEnabled()
    box.decimal.setCurrentIndex(box.decimal.findData(","))
    await until(box.primary.isEnabled, "a whole reading")
    box.primary.click()
    await until(lambda: page.plans.detail.plan is not None, "the plan")
    lines = await desk.store.plans.lines(1)
    assert [one.new and one.new.amount for one in lines] == [D("1249.00"), D("205.00")]


async def test_what_was_not_taken_is_listed(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page = await opened(desk)
    rows = ("SKU;Fiyat", "NC-0001;110,00", "NC-0002;fiyat sor", "yok;5,00")
    box = await given(desk, page, tmp_path / "fiyat.csv", *rows)
    assert "fiyat sor" in box.troubles.text()
    box.primary.click()
    left = await dialog(LeftOut)
    text = left.lines.text()
    assert "B3" in text
    assert "yok" in text
    left.reject()
    await until(lambda: not left.isVisible())
    assert len(await desk.store.plans.lines(1)) == 1


async def test_what_is_no_sheet_is_told_and_goes_no_further(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page = await opened(desk)
    box = await given(desk, page, tmp_path / "fiyat.csv", "%PDF-1.7")
    assert not box.primary.isEnabled()
    assert box.told.text()
    box.reject()
    await until(lambda: not box.isVisible())
    assert await desk.store.plans.list() == []


async def test_a_table_in_the_clipboard(desk: Desk, qtbot: Any) -> None:
    page = await opened(desk)
    QGuiApplication.clipboard().setText("bare words")
    desk.services.actions.get("prices.sheet_paste").run()
    await until(lambda: desk.said, "that it is no table")
    QGuiApplication.clipboard().setText("NC-0001\t110,50\nNC-0002\t220,50\n")
    desk.services.actions.get("prices.sheet_paste").run()
    box = await dialog(PriceSheetDialog)
    for field, letter in (("sku", "A"), ("price", "B")):
        box.columns[field].setCurrentIndex(box.columns[field].findData(letter))
    await until(box.primary.isEnabled, "a whole reading")
    box.primary.click()
    await until(lambda: page.plans.detail.plan is not None, "the plan")
    assert len(await desk.store.plans.lines(1)) == 2


async def test_ticked_prices_are_written_out(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    page, path = await opened(desk), tmp_path / "fiyat.csv"

    async def place() -> Path:
        return path

    page.sheet_work.choose_place = place  # type: ignore[method-assign]
    page.model.tick((0, 2), True)
    desk.services.actions.get("prices.sheet_out").run()
    await until(lambda: desk.said, "that it was written")
    text = await asyncio.to_thread(path.read_text, "utf-8-sig")
    assert [line.split(";")[2] for line in text.splitlines()] == ["Stok Kodu", "NC-0001", "NC-0003"]
