"""Changing prices in bulk: from ticked or filtered listings over a typed formula to a stored plan; faults that point at a character,
limits, saved formulas, and a loop that is never held up."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.pricing.formula import FormulaError, compile_formula
from app.pricing.guards import Guards
from app.store import ConnectionRow, ProductChange
from tests.ui.pages.desk import Desk, dialog, listing, open_desk, until
from ui.pages.plan_bulk import BulkDialog
from ui.pages.plan_field import FormulaField, typed_name
from ui.pages.plan_preview import read_percent
from ui.pages.plan_questions import NameDialog
from ui.pages.plan_rows import capital
from ui.pages.prices import PricesPage
from ui.tables import Diff, Status
from ui.theme import Appearance
from ui.words import choose

D = Decimal
Key = Qt.Key


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> Any:
    async with open_desk(tmp_path) as made:
        yield made
        assert not errors


async def opened(desk: Desk, *listings: Any, **more: Any) -> tuple[PricesPage, ConnectionRow]:
    row = await desk.connection(**more)
    await desk.pull(row, *listings)
    page = PricesPage(desk.services)
    desk.show(page)
    await until(lambda: page.model.ready and page.table.currentIndex().isValid(), "rows")
    return page, row


async def bulk(page: PricesPage) -> BulkDialog:
    page.change_in_bulk()
    return await dialog(BulkDialog)


async def typed(box: BulkDialog, text: str) -> None:
    """By keyboard, until the preview is whole."""
    box.field.setFocus()
    box.field.selectAll()
    QTest.keyClicks(box.field, text)
    await until(lambda: box.seen is not None and box.seen.preview is not None, "the preview")


def rows(box: BulkDialog) -> list[Any]:
    return [box.model.row_at(at) for at in range(box.model.total)]


GOODS = [listing(1, "100"), listing(2, "200"), listing(3, "300", list_price="320")]


async def test_a_formula_over_ticked_listings_is_previewed_and_becomes_a_plan(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, *GOODS)
    page.model.tick((0, 1), True)
    box = await bulk(page)
    assert "2" in box.text.text()
    assert not box.primary.isEnabled()
    await typed(box, "fiyat * 1,10")
    assert box.state.state == "healthy"
    assert box.figures["ready"].text() == "2"
    assert box.figures["rise"].text().startswith("+%10,0")
    await until(lambda: box.model.total == 2, "the rows")
    assert rows(box)[0][1] == "NC-0001"
    assert rows(box)[0][4] == Diff(D(100), D(110), "TRY")
    assert box.primary.text() == "2 satırlık planı hazırla"
    QTest.keyClick(box.field, Key.Key_Return)
    await until(lambda: page.plans.detail.plan is not None, "the plan")
    assert page.stack.currentWidget() is page.plans
    assert [(one.sku, one.new and one.new.amount) for one in await desk.store.plans.lines(1)] == [
        ("NC-0001", D("110.00")),
        ("NC-0002", D("220.00")),
    ]
    assert await desk.store.outbox.counts() == {}, "nothing is sent by making a plan"


async def test_without_ticks_it_is_all_that_the_filter_shows(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, *GOODS)
    other = await desk.connection("Depo", "hepsiburada")
    await desk.pull(other, listing(9, "50"))
    page._take_request({"connection": other.id})
    await until(lambda: page.model.total == 1)
    box = await bulk(page)
    await typed(box, "price + 1")
    assert box.figures["ready"].text() == "1"
    box.reject()
    await until(lambda: not box.isVisible())


async def test_all_but_some_leaves_those_out(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, *GOODS)
    page.model.tick_all(True)
    page.model.tick((1,), False)
    box = await bulk(page)
    await typed(box, "price + 1")
    await until(lambda: box.model.total == 2)
    assert [row[1] for row in rows(box)] == ["NC-0001", "NC-0003"]
    box.reject()
    await until(lambda: not box.isVisible())


async def test_the_refused_view_means_its_own_listings(desk: Desk, qtbot: Any) -> None:
    from app.contracts import Message, Outcome, OutcomeState
    from app.model import Money
    from tests.ui.pages.desk import NOW

    page, row = await opened(desk, *GOODS)
    await desk.store.listings.want_price(2, Money(D(5), "TRY"))
    taken = await desk.store.outbox.take(row.id, "price", 10, NOW)
    await desk.store.outbox.settle([Outcome(taken[0].key, OutcomeState.REFUSED, Message("item.refused"))], now=NOW)
    page._take_request({"view": "refused"})
    await until(lambda: page.model.total == 1)
    box = await bulk(page)
    await typed(box, "price + 1")
    await until(lambda: [one[1] for one in rows(box)] == ["NC-0002"])
    box.reject()
    await until(lambda: not box.isVisible())


async def test_channels_that_take_no_prices_are_named_and_left_out(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, *GOODS)
    shut = await desk.connection("Kapalı", "n11", switches={"price_sink": False})
    await desk.pull(shut, listing(8, "10"))
    await page._refresh(frozenset({"connections"}))
    box = await bulk(page)
    assert "Kapalı" in box.text.text()
    await typed(box, "price + 1")
    assert box.seen
    assert box.seen.preview
    assert box.seen.preview.totals.looked == 3
    box.reject()
    await until(lambda: not box.isVisible())


@pytest.mark.parametrize(
    ("text", "at", "word"),
    [
        ("fiyat * (1,1", 12, "yarım"),
        ("fiat * 2", 0, "fiyat"),
        ("fiyat / 0", 6, "sıfıra"),
        ("__import__('os')", 11, "karakter"),
    ],
    ids=["open", "name", "zero", "import"],
)
async def test_a_fault_points_at_its_character(desk: Desk, qtbot: Any, text: str, at: int, word: str) -> None:
    with pytest.raises(FormulaError) as raised:
        compile_formula(text)
    page, _ = await opened(desk, *GOODS)
    box = await bulk(page)
    box.field.set_text(text)
    await until(lambda: box.field.fault is not None, "the fault")
    assert raised.value.at == at
    assert box.field.fault == (min(at, len(text) - 1), raised.value.length)
    assert word in box.told.text()
    assert (f"{at + 1}. karakter" in box.told.text()) or at == len(text)
    assert box.state.state == "unhealthy"
    assert not box.primary.isEnabled()
    assert box.field.accessibleDescription() == box.told.text()
    box.field.go_to_fault()
    assert box.field.textCursor().position() == at
    box.grab()
    await typed(box, "fiyat + 1")
    assert box.field.fault is None
    box.reject()
    await until(lambda: not box.isVisible())


async def test_limits_hold_lines_and_a_commission_is_a_share(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, *GOODS)
    await desk.store.products.put([ProductChange("NC-0001", cost=D(90)), ProductChange("NC-0002", cost=D(10))])
    box = await bulk(page)
    await typed(box, "maliyet / (1 - komisyon - 0,10)")
    assert "Komisyon alanı boş" in box.told.text()
    assert box.figures["blocked"].text() == "3"
    box.limits.commission.setText("%20")
    await until(lambda: box.seen is not None and box.seen.preview is not None)
    totals = box.seen.preview.totals
    assert (totals.ready, totals.held, totals.blocked) == (1, 1, 1)
    assert totals.reasons == {"jump": 1, "missing:cost": 1}
    assert "değişiklik çok büyük 1" in box.reasons.text()
    box.shown.chosen.emit("held")
    box.shown.set_value("held")
    await box.model.reload()
    assert [row[-1] for row in rows(box)] == [
        Status("degraded", "Değişiklik çok büyük"),
        Status("order.cancelled", "Maliyet bilinmiyor"),
    ]
    box.limits.jump.setText("")
    await until(lambda: box.seen is not None and box.seen.preview is not None)
    assert box.seen.preview.totals.held == 0
    box.limits.jump.setText("çok")
    await until(lambda: box.limits.jump.property("bad"))
    assert not box.primary.isEnabled()
    box.limits.jump.setText("30")
    await until(lambda: box.seen is not None and box.seen.preview is not None)
    assert not box.limits.keep.isHidden()
    box.limits.keep.click()
    await until(lambda: box.limits.keep.isHidden(), "kept")
    assert await page.plan_work.plans.guards() == Guards(jump_percent=D(30))
    box.reject()
    await until(lambda: not box.isVisible())


async def test_formulas_are_saved_chosen_and_deleted(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, *GOODS)
    box = await bulk(page)
    assert not box._keep.isEnabled()
    await typed(box, "fiyat + 3")
    box._keep.click()
    named = await dialog(NameDialog)
    assert not named.primary.isEnabled()
    named.edit.setText(" Üç   lira ")  # QTest presses ASCII only
    named.primary.click()
    await until(lambda: box._recipes, "the recipe")
    assert [(one.name, one.formula) for one in await desk.store.plans.recipes()] == [("Üç lira", "fiyat + 3")]
    box._take("fiyat + 4")
    await until(lambda: box.seen is not None and box.seen.preview is not None)
    box._keep.click()
    named = await dialog(NameDialog)
    named.edit.setText("üç lira")
    assert "Üç lira" in named.note.text()
    named.primary.click()
    await until(lambda: box._recipes[0].formula == "fiyat + 4", "replaced")
    box._drop("Üç lira")
    await until(lambda: not box._recipes)
    box.reject()
    await until(lambda: not box.isVisible())


async def test_names_are_put_in_where_the_caret_is_and_a_paste_stays_one_line(desk: Desk, qtbot: Any) -> None:
    from PySide6.QtCore import QMimeData

    page, _ = await opened(desk, *GOODS)
    box = await bulk(page)
    box.field.setPlainText(" * 2")
    box.field.moveCursor(box.field.textCursor().MoveOperation.Start)
    next(one for one in box.findChildren(type(box.ready_made)) if one.text() == "fiyat").click()
    assert box.field.text == "fiyat * 2"
    made = QMimeData()
    made.setText("\n+ 1\r\n")
    box.field.moveCursor(box.field.textCursor().MoveOperation.End)
    box.field.insertFromMimeData(made)
    assert "\n" not in box.field.text
    await until(lambda: box.seen is not None and box.seen.preview is not None)
    box.reject()
    await until(lambda: not box.isVisible())


async def test_nothing_changes_means_no_plan(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, *GOODS)
    box = await bulk(page)
    await typed(box, "fiyat")
    assert not box.primary.isEnabled()
    assert "hiçbir fiyat değişmiyor" in box.primary.toolTip()
    box.reject()
    await until(lambda: not box.isVisible())


async def test_the_loop_goes_on_while_ten_thousand_are_previewed(desk: Desk, qtbot: Any) -> None:
    page, row = await opened(desk, listing(1))
    for at in range(10):
        await desk.pull(row, *(listing(n, "250") for n in range(at * 1000 + 1, at * 1000 + 1001)))
    await page.model.reload()
    await until(lambda: page.model.total == 10_000)
    box = await bulk(page)
    stop, worst = asyncio.Event(), 0.0

    async def beat() -> None:
        nonlocal worst
        while not stop.is_set():
            began = time.thread_time()  # this thread's own work: on a busy machine the wall clock measures the others
            await asyncio.sleep(0.001)
            worst = max(worst, time.thread_time() - began)

    beating = asyncio.ensure_future(beat())
    box.field.set_text("round_to(fiyat / 3; 0,90)")  # no quick way: a division that does not come out
    box.preview.now()
    await until(lambda: box.seen is not None and box.seen.preview is not None)
    stop.set()
    await beating
    assert box.seen.preview.totals.held == 10_000
    assert worst < 0.25, "far above a frame: only a whole computation at a stretch takes so long"
    box.reject()
    await until(lambda: not box.isVisible())


async def test_a_newer_text_ends_the_older_preview(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, *GOODS)
    box = await bulk(page)
    for text in ("fiyat + 1", "fiyat + 2", "fiyat + 3"):
        box.field.set_text(text)
        box.preview.now()
        await asyncio.sleep(0)
    await until(lambda: box.seen is not None and box.seen.preview is not None)
    assert box.formula is not None
    assert box.formula.text == "fiyat + 3"
    assert rows(box)[0][4].new == D(103)
    box.reject()
    await until(lambda: not box.isVisible())


def test_words_of_the_field(look: Appearance) -> None:
    assert typed_name("price") == "fiyat"
    assert typed_name("desi") == "desi"
    choose("en")
    assert typed_name("price") == "price"
    assert capital("in stock") == "In stock"
    choose("tr")
    assert capital("indirim") == "İndirim"
    assert capital("ürün") == "Ürün"
    assert capital("") == ""
    field = FormulaField()
    field.set_text("a\nb")
    assert field.text == "a b"
    field.deleteLater()


@pytest.mark.parametrize(("text", "value"), [("", None), ("21", D(21)), ("%21", D(21)), ("21,5 %", D("21.5"))])
def test_percentages(text: str, value: D | None) -> None:
    assert read_percent(text, most=D(100), zero=True) == value


@pytest.mark.parametrize("text", ["abc", "-5", "100", "1e9", "NaN"])
def test_what_is_no_percentage(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        read_percent(text, most=D(100), zero=True)
