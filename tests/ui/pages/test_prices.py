"""Products & Prices over a real store: rows, filters, the numbers that people type, questions, wishes, undo, locks, and a
pull that rewrites a row whose cell is being edited."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.changes import LISTINGS, OUTBOX
from app.contracts import Message, Outcome, OutcomeState
from app.model import Money
from app.store import ConnectionRow, OutboxFilter
from tests.ui.pages.desk import NOW, Desk, dialog, listing, open_desk, until
from ui.kit import spawner
from ui.pages.price_bar import RefusedDialog
from ui.pages.price_questions import ChoiceDialog
from ui.pages.prices import PricesPage
from ui.tables import Diff, Status
from ui.theme import Appearance
from ui.widgets import DialogFrame
from ui.words import choose

D = Decimal
Key = Qt.Key


# -- the page ----------------------------------------------------------------------------------------------------
@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> Any:
    async with open_desk(tmp_path) as made:
        yield made
        assert not errors


async def opened(desk: Desk, qtbot: Any, *listings: Any, **more: Any) -> tuple[PricesPage, ConnectionRow]:
    row = await desk.connection(**more)
    await desk.pull(row, *listings)
    page = PricesPage(desk.services)
    desk.show(page)
    await until(lambda: page.model.ready and page.table.currentIndex().isValid(), "rows")
    return page, row


def cell(page: PricesPage, row: int, column: str) -> Any:
    return page.model.value(row, page.model.section_of(column))


def edit(page: PricesPage, row: int, column: str, text: str, *, keep: bool = True) -> None:
    """By keyboard: to the cell, F2, the text, Enter."""
    page.table.setCurrentIndex(page.model.index(row, page.model.section_of(column)))
    QTest.keyClick(page.table, Key.Key_F2)
    assert page.table.editor is not None
    page.table.editor.setText(text)
    if keep:
        QTest.keyClick(page.table.editor, Key.Key_Return)


async def wish(desk: Desk, number: int = 1) -> Any:
    return await desk.store.listings.get(number)


async def test_rows_show_what_the_channel_has_and_what_is_wanted(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1, list_price="1500"), listing(2, "0.5"), listing(3, None, stock=None))
    assert cell(page, 0, "price") == Diff(D("1249.90"), None, "TRY")
    assert cell(page, 0, "stock") == Diff(D(41), None, "")
    assert cell(page, 0, "list_price").old == 1500
    assert cell(page, 0, "channel")[1] == "Ana mağaza"
    assert cell(page, 0, "state") is None
    assert page.model.index(0, page.model.section_of("stock")).data() == "41"
    assert "3 liste" in page.header._fact.text()
    await desk.store.listings.want_price(1, Money(D("1311.90"), "TRY"))
    await desk.store.listings.want_stock(1, 40)
    page.changed(desk_report())
    await until(lambda: cell(page, 0, "state"), "the wish")
    assert cell(page, 0, "price") == Diff(D("1249.90"), D("1311.90"), "TRY")
    assert cell(page, 0, "stock") == Diff(D(41), D(40), "")
    assert cell(page, 0, "state") == Status("write.queued")


def desk_report() -> Any:
    from app.changes import ChangeReport

    return ChangeReport(LISTINGS, source="test")


async def test_a_typed_price_is_queued_told_and_undone(desk: Desk, qtbot: Any) -> None:
    page, row = await opened(desk, qtbot, listing(1))
    edit(page, 0, "price", "1.311,90")
    await until(lambda: desk.services.undo.can_undo, "the step")
    stored = await wish(desk)
    assert stored.wanted_price == Money(D("1311.90"), "TRY")
    assert stored.price_state == "queued"
    assert desk.said[-1][0] == "healthy"
    assert {r.table for r in desk.reports if r.source == "user"} == {LISTINGS, OUTBOX}
    await until(lambda: page.sending.send.isEnabled(), "the button")
    assert page.sending.send.text() == "1 değişikliği gönder"
    assert "NC-0001" in desk.services.undo.undo_text
    assert await desk.services.undo.undo()
    stored = await wish(desk)
    assert (stored.wanted_price, stored.price_key) == (None, "")
    assert await desk.store.outbox.counts() == {"superseded": 1}
    assert await desk.services.undo.redo()
    assert (await wish(desk)).wanted_price == Money(D("1311.90"), "TRY")
    assert (await desk.store.outbox.query(OutboxFilter(connection_id=row.id)))[0].state == "queued"


async def test_undo_after_it_was_sent_sets_the_old_price_through_the_outbox(desk: Desk, qtbot: Any) -> None:
    page, row = await opened(desk, qtbot, listing(1))
    edit(page, 0, "price", "1300")
    await until(lambda: desk.services.undo.can_undo)
    taken = await desk.store.outbox.take(row.id, "price", 10, NOW)
    await desk.store.outbox.settle([Outcome(taken[0].key, OutcomeState.DONE)], now=NOW)
    assert (await wish(desk)).listing.price == Money(D(1300), "TRY")
    assert await desk.services.undo.undo()
    assert (await wish(desk)).wanted_price == Money(D("1249.90"), "TRY")


async def test_undo_leaves_alone_what_somebody_else_changed(desk: Desk, qtbot: Any) -> None:
    page, row = await opened(desk, qtbot, listing(1))
    edit(page, 0, "price", "1300")
    await until(lambda: desk.services.undo.can_undo)
    taken = await desk.store.outbox.take(row.id, "price", 10, NOW)
    await desk.store.outbox.settle([Outcome(taken[0].key, OutcomeState.DONE)], now=NOW)
    await desk.pull(row, listing(1, "1275"))
    await desk.services.undo.undo()
    stored = await wish(desk)
    assert (stored.listing.price, stored.wanted_price) == (Money(D(1275), "TRY"), None)
    assert desk.said[-1][0] == "degraded"
    assert "1.275,00" in desk.said[-1][2]


async def test_typing_the_channels_own_value_takes_the_wish_back(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1))
    await desk.store.listings.want_price(1, Money(D(1300), "TRY"))
    await page.model.refresh()
    edit(page, 0, "price", "1249,90")
    await until(lambda: desk.services.undo.can_undo)
    assert (await wish(desk)).price_key == ""
    await desk.services.undo.undo()
    assert (await wish(desk)).wanted_price == Money(D(1300), "TRY")


@pytest.mark.parametrize(("choice", "expected"), [("1249.00", "1249.00"), ("1.25", None)])
async def test_an_ambiguous_price_is_asked_about(desk: Desk, qtbot: Any, choice: str, expected: str | None) -> None:
    page, _ = await opened(desk, qtbot, listing(1, "1240"))
    edit(page, 0, "price", "1.249")
    asked = await dialog(ChoiceDialog)
    assert "1.249" in asked.windowTitle()
    assert asked.chosen == "1249.00", "the reading next to the present price is chosen"
    asked.choose(choice)
    asked.primary.click()
    if expected is None:  # 1,25 instead of 1.240: asked again, and not meant
        far = await dialog(DialogFrame)
        assert "1,25" in far.windowTitle()
        far.cancel.click()
        await until(lambda: page.table.editor is not None, "the cell with what was typed")
        assert page.table.editor.text() == "1.249"
        assert (await wish(desk)).wanted_price is None
    else:
        await until(lambda: desk.services.undo.can_undo)
        assert (await wish(desk)).wanted_price == Money(D(expected), "TRY")


async def test_zero_is_asked_about_and_negative_is_refused(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1))
    edit(page, 0, "price", "-5")
    await until(lambda: desk.said and page.table.editor is not None, "the refusal")
    assert desk.said[-1][0] == "unhealthy"
    assert page.table.editor.text() == "-5"
    QTest.keyClick(page.table.editor, Key.Key_Escape)
    edit(page, 0, "price", "0")
    asked = await dialog(DialogFrame)
    assert asked.windowTitle() == "₺0,00 bilerek mi?"
    asked.primary.click()
    await until(lambda: desk.services.undo.can_undo)
    assert (await wish(desk)).wanted_price == Money(D("0.00"), "TRY")
    edit(page, 0, "stock", "0")
    asked = await dialog(DialogFrame)
    assert "Stok 0" in asked.windowTitle()
    asked.reject()
    await until(lambda: page.table.editor is not None)
    assert (await wish(desk)).wanted_stock is None


async def test_a_price_above_the_list_price_asks_to_raise_it(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1, "1249.90", list_price="1299"))
    edit(page, 0, "price", "1310")
    asked = await dialog(DialogFrame)
    assert "1.299,00" in asked.text.text()
    asked.primary.click()
    await until(lambda: desk.services.undo.can_undo)
    stored = await wish(desk)
    assert (stored.wanted_price, stored.wanted_list_price) == (
        Money(D(1310), "TRY").rounded(),
        Money(D("1310.00"), "TRY"),
    )


async def test_stock_is_whole_and_undone(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1))
    edit(page, 0, "stock", "4,5")
    await until(lambda: desk.said and page.table.editor is not None)
    assert "tam sayı" in desk.said[-1][2]
    page.table.editor.setText("40")
    QTest.keyClick(page.table.editor, Key.Key_Return)
    await until(lambda: desk.services.undo.can_undo)
    assert (await wish(desk)).wanted_stock == 40
    await desk.services.undo.undo()
    assert (await wish(desk)).wanted_stock is None


async def test_blank_and_unchanged_texts_change_nothing(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1))
    edit(page, 0, "price", "")
    edit(page, 0, "price", "1.249,90")
    edit(page, 0, "price", "1249,9")
    await until(lambda: not len(spawner()), "what was typed was looked at")
    assert (await wish(desk)).wanted_price is None
    assert not desk.services.undo.can_undo


async def test_a_pull_that_rewrites_the_row_keeps_what_is_typed(desk: Desk, qtbot: Any) -> None:
    page, row = await opened(desk, qtbot, listing(1), listing(2))
    edit(page, 0, "price", "1.311,90", keep=False)
    await desk.pull(row, listing(1, "1199"))
    await until(lambda: cell(page, 0, "price").old == 1199, "the pull on the screen")
    assert page.table.editor is not None
    assert page.table.editor.text() == "1.311,90"
    QTest.keyClick(page.table.editor, Key.Key_Return)
    asked = await dialog(ChoiceDialog)
    text = asked.text.text()
    assert "1.249,90" in text
    assert "1.199,00" in text
    asked.choose("theirs")
    asked.primary.click()
    await until(lambda: not asked.isVisible() and not len(spawner()), "decided")
    assert (await wish(desk)).wanted_price is None


async def test_mine_wins_when_it_is_chosen(desk: Desk, qtbot: Any) -> None:
    page, row = await opened(desk, qtbot, listing(1))
    edit(page, 0, "price", "1.311,90", keep=False)
    await desk.pull(row, listing(1, "1199"))
    await until(lambda: cell(page, 0, "price").old == 1199)
    QTest.keyClick(page.table.editor, Key.Key_Return)
    (await dialog(ChoiceDialog)).primary.click()
    await until(lambda: desk.services.undo.can_undo)
    assert (await wish(desk)).wanted_price == Money(D("1311.90"), "TRY")


async def test_an_untouched_editor_over_a_rewritten_row_queues_nothing(desk: Desk, qtbot: Any) -> None:
    page, row = await opened(desk, qtbot, listing(1))
    page.table.setCurrentIndex(page.model.index(0, page.model.section_of("price")))
    QTest.keyClick(page.table, Key.Key_F2)
    await desk.pull(row, listing(1, "1199"))
    await until(lambda: cell(page, 0, "price").old == 1199)
    assert page.table.editor.text() == "1.249,90"
    QTest.keyClick(page.table.editor, Key.Key_Return)
    await until(lambda: not len(spawner()), "what was typed was looked at")
    assert (await wish(desk)).wanted_price is None


async def test_looking_at_another_window_does_not_take_a_half_typed_price(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1))
    edit(page, 0, "price", "1.2", keep=False)
    away = QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason)
    QApplication.sendEvent(page.table.editor, away)
    assert page.table.editor is not None
    assert page.table.editor.text() == "1.2"
    QApplication.sendEvent(page.table.editor, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    asked = await dialog(DialogFrame)  # 1,20 instead of 1.249,90 is asked about
    asked.reject()
    await until(lambda: page.table.editor is not None, "the cell again")


async def test_going_to_another_field_keeps_the_focus_there_and_the_text_in_the_cell(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1))
    page.activateWindow()
    await until(lambda: page.isActiveWindow())
    edit(page, 0, "price", "ucuz", keep=False)
    page.bar.search.edit.setFocus(Qt.FocusReason.MouseFocusReason)
    await until(lambda: desk.said and page.table.editor is not None, "the refusal")
    assert page.bar.search.edit.hasFocus()
    assert page.table.editor.text() == "ucuz"
    await asyncio.sleep(0.05)
    assert len(desk.said) == 1, "told once, not at every step"
    page.hide()
    page.show()
    assert page.table.editor.text() == "ucuz"


async def test_typing_a_digit_begins_an_edit(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1))
    page.table.setCurrentIndex(page.model.index(0, page.model.section_of("price")))
    QTest.keyClicks(page.table, "9")
    assert page.table.editor.text() == "9"
    QTest.keyClick(page.table.editor, Key.Key_Escape)
    page.table.setCurrentIndex(page.model.index(0, page.model.section_of("title")))
    QTest.keyClicks(page.table, "9")
    assert page.table.editor is None
    QTest.keyClick(page.table, Key.Key_Return)
    assert page.table.begun.column == "price"


@pytest.mark.parametrize(
    ("integration", "switches", "word"),
    [("trendyol", {"price_sink": False}, "kapalı"), ("yurtici_kargo", {}, "fiyat almıyor")],
)
async def test_what_the_channel_does_not_take_is_locked_and_says_why(
    desk: Desk, qtbot: Any, integration: str, switches: dict[str, bool], word: str
) -> None:
    page, _ = await opened(desk, qtbot, listing(1), integration=integration, switches=switches)
    where = page.model.index(0, page.model.section_of("price"))
    assert word in where.data(int(Qt.ItemDataRole.ToolTipRole))
    assert word in where.data(int(Qt.ItemDataRole.AccessibleTextRole))
    reasons: list[str] = []
    page.table.locked.connect(reasons.append)
    page.table.setCurrentIndex(where)
    QTest.keyClick(page.table, Key.Key_F2)
    QTest.keyClicks(page.table, "5")
    assert page.table.editor is None
    assert len(reasons) == 2
    assert word in reasons[0]
    page.grab()


async def test_switching_a_capability_on_unlocks_the_cells(desk: Desk, qtbot: Any) -> None:
    from app.changes import CONNECTIONS, ChangeReport

    page, row = await opened(desk, qtbot, listing(1), listing(2, None), switches={"price_sink": False})
    assert page.model.lock(0, "price")
    assert not page.model.lock(0, "stock")
    await desk.store.connections.set_switch(row.id, "price_sink", True)
    desk.services.changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))
    await until(lambda: not page.model.lock(0, "price"))
    assert "fiyat bildirmedi" in page.model.lock(1, "price"), "a draft has no price to start from"


async def test_views_search_channel_and_sort(desk: Desk, qtbot: Any) -> None:
    page, first = await opened(desk, qtbot, *(listing(n, f"{n * 10}") for n in range(1, 6)))
    second = await desk.connection("Dükkân", "woocommerce")
    await desk.pull(second, listing(9, "90", title="Işıltılı Kırlent"))
    await desk.store.listings.want_price(2, Money(D(21), "TRY"))
    await page._refresh(frozenset({"connections"}))
    assert page.tabs._tabs["waiting"]._count == 1
    page.tabs._tabs["waiting"].click()
    await until(lambda: page.model.total == 1)
    assert page.model.key_at(0) == 2
    page.shown({"search": "ISILTILI"})
    await until(lambda: page.model.total == 1 and page.model.key_at(0) == 6, "the search")
    page.shown({"connection": first.id})
    await until(lambda: page.model.total == 5)
    assert "Ana mağaza" in page.bar._chips.itemAt(0).widget().text()
    page.bar.filter_removed.emit("channel")
    await until(lambda: page.model.total == 6)
    page.model.sort(page.model.section_of("price"), Qt.SortOrder.DescendingOrder)
    await until(lambda: page.model.key_at(0) == 6, "sorted")
    page.shown({"id": 3})
    await until(lambda: page.table.current_key() == 3, "the listing that was asked for")


async def refuse(desk: Desk, row: ConnectionRow, kind: str = "price") -> None:
    taken = await desk.store.outbox.take(row.id, kind, 10, NOW)
    told = Message("item.refused", vendor_text="fiyat tabanın altında")
    await desk.store.outbox.settle([Outcome(t.key, OutcomeState.REFUSED, told) for t in taken], now=NOW)
    desk.services.changes.publish(desk_report())


async def test_refused_lines_say_why_and_can_be_sent_again_or_withdrawn(desk: Desk, qtbot: Any) -> None:
    page, row = await opened(desk, qtbot, listing(1), listing(2), listing(3))
    for number in (1, 2):
        await desk.store.listings.want_price(number, Money(D(1000), "TRY"))
    await refuse(desk, row)
    await until(lambda: page.tabs._tabs["refused"]._count == 2, "the count")
    await until(lambda: page.sending.refused.accessibleName().endswith("2"), "the bar")
    page.shown({"view": "refused"})
    await until(lambda: page.model.total == 2)
    chip = page.model.index(0, page.model.section_of("state"))
    assert "fiyat tabanın altında" in chip.data(int(Qt.ItemDataRole.ToolTipRole))
    page.sending.refused.asked.emit()
    asked = await dialog(RefusedDialog)
    assert "fiyat tabanın altında" in asked.table.as_tsv([asked.model.row_at(0)])
    assert "Karşı taraf" in asked.why.text(), "the whole sentence of the current line"
    asked.model.tick([0], True)
    assert len(asked.picked) == 1
    asked.primary.click()
    await until(lambda: page.model.total == 1, "one is queued again")
    counts = await desk.store.outbox.counts()
    assert counts["queued"] == 1
    page.sending.refused.asked.emit()
    await until(lambda: not asked.isVisible())
    asked = await dialog(RefusedDialog)
    asked._withdraw()
    await until(lambda: page.model.total == 0, "no refused wish is left")
    assert (await desk.store.outbox.counts())["queued"] == 1
    assert page._empty_filter.isVisible()


async def test_send_now_drains_every_connection_and_tells_the_outcome(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.jobs.runner import Result

    page, row = await opened(desk, qtbot, listing(1))
    paused = await desk.connection("Duran", "woocommerce", paused=True)
    await desk.pull(paused, listing(5))
    for number in (1, 2):
        await desk.store.listings.want_price(number, Money(D(1000), "TRY"))
    asked: list[int] = []

    async def send(one: ConnectionRow, asked_by: str = "user") -> Result:
        asked.append(one.id)
        assert not page.sending.send.isEnabled()
        return Result("partly", {"done": 3, "refused": 1})

    monkeypatch.setattr(desk.services.engine, "send", send)
    await page._refresh(frozenset({OUTBOX}))
    page.sending.send.click()
    await until(lambda: any("3 kabul edildi" in said[2] for said in desk.said), "the outcome")
    assert asked == [row.id]
    assert desk.said[-1][0] == "unhealthy"
    assert "1 reddedildi" in desk.said[-1][2]


async def test_freezing_is_told_and_stops_the_button(desk: Desk, qtbot: Any) -> None:
    page, _ = await opened(desk, qtbot, listing(1))
    await desk.store.listings.want_price(1, Money(D(1000), "TRY"))
    page._freeze.click()
    await until(lambda: page._frozen)
    assert not page.sending.send.isEnabled()
    assert "donduruldu" in page.sending.send.toolTip()
    page._freeze.click()
    await until(lambda: page.sending.send.isEnabled())


async def test_an_empty_store_offers_what_comes_next(desk: Desk, qtbot: Any) -> None:
    page = PricesPage(desk.services)
    desk.show(page)
    asked: list[Any] = []
    page.go.connect(lambda name, request: asked.append((name, request)))
    await until(lambda: page.model.ready and page._empty_all.isVisible())
    assert not page.sending.send.isEnabled()
    page._empty_all.findChildren(type(page._freeze))[0].click()
    assert asked == [("connections", {})]


async def test_it_speaks_english_and_reflows(desk: Desk, qtbot: Any) -> None:
    choose("en")
    page, _ = await opened(desk, qtbot, listing(1))
    page.set_inner_width(1000)
    names = [c.key for c in page.table.visible_columns()]
    assert "barcode" not in names
    assert "price" in names
    assert page.sending.send.text() == "Send 0 changes"
    edit(page, 0, "price", "1,311.90")
    await until(lambda: desk.services.undo.can_undo)
    assert (await wish(desk)).wanted_price == Money(D("1311.90"), "TRY")


async def test_a_filter_is_a_value(desk: Desk) -> None:
    from ui.pages.price_rows import PriceFilter

    plain = PriceFilter()
    assert plain.empty
    assert not replace(plain, search="x").empty
    assert replace(plain, view="refused").empty
