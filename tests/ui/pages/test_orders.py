"""The orders page over a real store: rows of all channels, filters, keys, labels and their refusal, notes, the pane, pulls
that come in between, and what it says when something fails."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.changes import ATTENTION, ORDERS, ChangeReport
from app.contracts import Message, Reject
from app.jobs.runner import Result
from app.model import Money, OrderStatus
from app.store import ConnectionRow, LocalState, StoreBusy
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import NOW, documents, missing_words, order, prepare, pull, texts
from ui.kit import spawner
from ui.pages.orders import OrdersPage
from ui.pages.orders_attention import AttentionDialog, pretty
from ui.pages.orders_documents import RefusalDialog
from ui.pages.orders_frame import sum_up
from ui.pages.orders_model import COLUMNS, OrderFilter, default_sort, path_step, requested, state_chip
from ui.telling import reason_of
from ui.theme import Appearance, metrics
from ui.words import choose

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
NUMBER = [c.key for c in COLUMNS].index("number") + 1
STATE = [c.key for c in COLUMNS].index("local_state") + 1
LATE = order(1, ship_by=NOW - timedelta(hours=2))
TODAY = order(2, ship_by=NOW + timedelta(hours=1))
TOMORROW = order(3)
GONE = order(4, status=OrderStatus.SHIPPED)
CANCELLED = order(5, status=OrderStatus.CANCELLED)
ASKED = order(6, cancel_asked=True)


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        prepare(made)
        yield made
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def filled(desk: Desk, *more: Any) -> ConnectionRow:
    """Six orders of one shop."""
    row = await desk.connection()
    await pull(desk, row, LATE, TODAY, TOMORROW, GONE, CANCELLED, ASKED, *more, tell=False)
    return row


async def opened(desk: Desk, qtbot: Any, request: object = None, width: int = 1400) -> OrdersPage:
    """The page in a window, with its first rows."""
    page = OrdersPage(desk.services)
    desk.show(page, width)
    page.set_inner_width(width)
    desk.services.actions.install(page)
    desk.services.actions.set_scope("orders")
    page.shown(request)
    await until(lambda: page.model.ready and page.header.accessibleName() and page._all_orders >= 0, "first rows")
    await until(lambda: "—" in page.foot.count.text() or page.foot.count.text(), "counts")
    return page


def numbers(page: OrdersPage) -> list[str]:
    """The order numbers on screen, without the shop's part."""
    return [str(int(page.model.row_at(i)[NUMBER].name[4:])) for i in range(page.model.total)]  # type: ignore[index]


async def shows(page: OrdersPage, *wanted: str) -> None:
    await until(lambda: page.model.row_at(0) is not None or not page.model.total)
    await until(lambda: numbers(page) == list(wanted), f"rows {wanted}")


def press(page: OrdersPage, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key in the list, with the window active so that shortcuts count."""
    page.activateWindow()
    page.table.setFocus()
    QApplication.instance().processEvents()
    QTest.keyClick(page.table, key, held)


async def local_state(desk: Desk, order_id: int) -> str:
    stored = await desk.store.orders.get(order_id)
    assert stored is not None
    return stored.local_state


# -- rules -------------------------------------------------------------------------------------------------------
def test_a_filter_never_asks_for_what_its_view_cannot_hold() -> None:
    assert OrderFilter("shipped").with_due("late") == OrderFilter("to_ship", due="late")
    assert OrderFilter("to_ship").with_status("cancelled") == OrderFilter("all", status="cancelled")
    assert OrderFilter("to_ship", due="late", unprinted=True).with_view("cancelled") == OrderFilter("cancelled")
    assert OrderFilter("all", status="shipped").with_unprinted(True) == OrderFilter("all", unprinted=True)
    assert OrderFilter("all", status="shipped").with_view("new") == OrderFilter("new")
    assert OrderFilter("all", cancel_asked=True).with_status("delivered") == OrderFilter("all", status="delivered")
    assert OrderFilter("new").query(NOW).local_states == ("new",)
    assert OrderFilter("all", due="late").query(NOW).to_ship_only
    assert OrderFilter("all", due="late").query(NOW).ship_before == NOW
    assert OrderFilter("new").empty
    assert not OrderFilter("new", connection_id=0).empty


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        ({}, OrderFilter()),
        ({"view": "late"}, OrderFilter(due="late")),
        ({"view": "today", "connection": 3}, OrderFilter("all", connection_id=3, due="today")),
        ({"view": "unprinted"}, OrderFilter(unprinted=True)),
        ({"view": "cancel_asked"}, OrderFilter(cancel_asked=True)),
        ({"view": "shipped"}, OrderFilter("shipped")),
        ({"search": " Işıl "}, OrderFilter("all", search="Işıl")),
        ({"id": 4}, OrderFilter("all")),
        ({"view": "nonsense", "connection": "x", "search": 3}, OrderFilter()),
    ],
)
def test_what_other_pages_ask_for(request_: dict[str, Any], wanted: OrderFilter) -> None:
    assert requested(request_) == wanted


def test_the_state_is_the_channels_where_it_decides(look: Appearance) -> None:
    assert state_chip("open", "picked", False, "").state == "order.picked"
    assert state_chip("open", "picked", True, "").state == "degraded"
    assert state_chip("cancelled", "packed", False, "").state == "order.cancelled"
    assert state_chip("unknown", "new", False, "Verified").text == "Verified"
    assert [path_step("open", s) for s in ("new", "picked", "packed", "shipped")] == [0, 1, 2, 3]
    assert path_step("delivered", "new") == 4
    assert path_step("cancelled", "packed") is None


def test_currencies_are_never_added(look: Appearance) -> None:
    items, total = ([c.key for c in COLUMNS].index(k) + 1 for k in ("items", "total"))

    def row(count: int, amount: str, currency: str) -> list[Any]:
        made: list[Any] = [None] * (len(COLUMNS) + 1)
        made[items], made[total] = count, (Decimal(amount), currency)
        return made

    rows = [row(2, "10.50", "TRY"), row(1, "20.00", "EUR"), row(1, "1.00", "TRY")]
    assert sum_up(rows) == "4 ürün · ₺11,50 · €20,00"


# -- reading -----------------------------------------------------------------------------------------------------
async def test_rows_of_all_channels_with_counts_and_age(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    other = await desk.connection("Mağazam", "woocommerce")
    await pull(desk, other, order(7, total=Money(Decimal("20"), "EUR")), tell=False)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6", "7")  # to ship, what must leave first stands first
    await until(lambda: page.tabs._tabs["all"]._count == 7)
    counts = {view: page.tabs._tabs[view]._count for view in ("to_ship", "new", "shipped", "cancelled")}
    assert counts == {"to_ship": 5, "new": 5, "shipped": 1, "cancelled": 1}
    assert page.model.row_at(4)[1] == ("woocommerce", "Mağazam", "")  # type: ignore[index]
    await until(lambda: ":" in page.header._fact.text())
    assert "Mağazam" in page.header.toolTip()
    page.tabs._tabs["cancelled"].click()
    await shows(page, "5")
    assert page.model.row_at(0)[STATE].state == "order.cancelled"  # type: ignore[index]


async def test_search_sort_and_chips(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    press(page, Key.Key_F, CTRL)
    assert page.filters.search.edit.hasFocus()
    QTest.keyClicks(page.filters.search.edit, "isil 0003")  # folded the Turkish way, and the number's end
    await shows(page, "3")
    page.filters.search.edit.clear()
    await shows(page, "1", "2", "3", "6")
    page.table._sort_by(page.model.section_of("number"))
    await shows(page, "1", "2", "3", "6")
    page.table._sort_by(page.model.section_of("number"))
    await shows(page, "6", "3", "2", "1")
    page.filters.ask(page.filters.filter.with_due("today"))
    await shows(page, "2", "1")  # late ones must leave today too
    assert [chip[0] for chip in page.filters.chips()] == ["due"]
    page.filters.ask(replace(page.filters.filter.with_due("late"), connection_id=row.id))
    await shows(page, "1")
    page.filters.filter_removed.emit("due")
    await shows(page, "6", "3", "2", "1")
    page.filters.ask(page.filters.filter.with_cancel_asked(True))
    await shows(page, "6")
    page.filters.cleared.emit()
    await shows(page, "6", "3", "2", "1")
    assert default_sort(page.filters.filter.view) == ("ship_by", True)


async def test_the_filter_menu_holds_every_question(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    menu = page.filters.menu(page)
    by_words = {action.text(): action for action in menu.actions() if action.text()}
    by_words["Etiketi basılmamış"].trigger()
    await until(lambda: not len(spawner()), "loaded anew")
    await desk.store.orders.set_local((1,), printed=True)
    await shows(page, "1", "2", "3", "6")
    page.changed(ChangeReport(ORDERS))
    await shows(page, "2", "3", "6")
    channels = by_words["Kanal"].menu()
    assert [a.text() for a in channels.actions()] == ["Tümü", "Ana mağaza"]  # type: ignore[union-attr]
    states = by_words["Kanaldaki durum"].menu()
    next(a for a in states.actions() if a.text() == "Kargoda").trigger()  # type: ignore[union-attr]
    await shows(page, "4")
    assert page.tabs.current == "all"


async def test_empty_says_why(desk: Desk, qtbot: Any) -> None:
    page = await opened(desk, qtbot)
    await until(lambda: page.empty.kind == "no_connection")
    asked: list[str] = []
    page.go.connect(lambda name, _request: asked.append(name))
    page.empty.button.click()
    assert asked == ["connections"]
    assert page.pane.order_id is None
    assert not page.print_button.isEnabled()
    assert page.print_button.toolTip()
    await pull(desk, await desk.connection(), GONE)
    await until(lambda: page.empty.kind == "to_ship" and page._all_orders == 1)
    page.empty.button.click()
    await shows(page, "4")
    page.filters.ask(OrderFilter("all", search="yok böyle"))
    await until(lambda: page.model.total == 0 and page.empty.kind == "filtered")


async def test_an_unreadable_store_is_said_and_tried_again(
    desk: Desk, qtbot: Any, errors: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")

    async def broken(*_args: Any, **_more: Any) -> Any:
        raise StoreBusy("store.busy")

    monkeypatch.setattr(desk.store.orders, "count", broken)
    page.filters.ask(OrderFilter("all"))
    await until(lambda: page.trouble.isVisible())
    await until(lambda: errors)
    assert all(isinstance(error, StoreBusy) for _, error in errors)
    errors.clear()
    monkeypatch.undo()
    page.trouble.button(0).click()
    await shows(page, "1", "2", "3", "4", "5", "6")
    assert not page.trouble.isVisible()


# -- keys and doing ----------------------------------------------------------------------------------------------
async def test_ticked_orders_are_packed_and_put_back(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    await desk.store.orders.set_local((2,), state=LocalState.PICKED)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    press(page, Key.Key_Space)
    press(page, Key.Key_Down)
    press(page, Key.Key_Space)
    assert page.print_button.text() == "2 etiketi bas"
    await until(lambda: page.foot.ticked.text() == "2 seçili")
    assert page.foot.sums.text() == "6 ürün · ₺1.739,40"
    press(page, Key.Key_P)
    await until(lambda: len(desk.services.undo._back) == 1)
    assert [await local_state(desk, i) for i in (1, 2, 3)] == ["packed", "packed", "new"]
    await until(lambda: page.model.row_at(0)[STATE].state == "order.packed")  # type: ignore[index]
    assert page.toasts.toasts
    assert await desk.services.undo.undo()
    assert [await local_state(desk, i) for i in (1, 2)] == ["new", "picked"]
    assert await desk.services.undo.redo()
    assert [await local_state(desk, i) for i in (1, 2)] == ["packed", "packed"]
    page.toasts.toasts[-1].action_asked.emit()
    await until(lambda: not desk.services.undo._back)
    assert await local_state(desk, 2) == "picked"


async def test_letters_are_typed_in_the_search(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    press(page, Key.Key_F, CTRL)
    QTest.keyClicks(page.filters.search.edit, "pl")
    await until(lambda: page.model.filter.search == "pl")
    assert not desk.services.undo.can_undo
    assert documents(desk) == []
    QTest.keyClick(page.filters.search.edit, Key.Key_Escape)
    assert page.table.hasFocus()


async def test_what_cannot_be_packed_is_said(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot, {"view": "all"})
    await shows(page, "1", "2", "3", "4", "5", "6")
    page.table.set_current_key(5)
    press(page, Key.Key_P)
    await until(lambda: desk.said)
    assert desk.said[0][0] == "degraded"
    assert "iptal" in desk.said[0][2]
    page.model.tick([0, 3], True)
    press(page, Key.Key_P)
    await until(lambda: page.toasts.toasts)
    assert page.toasts.toasts[0].state == "degraded"
    assert await local_state(desk, 1) == "packed"
    assert await local_state(desk, 4) == "new"


async def test_labels_of_the_ticked_in_the_order_of_the_screen(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    page.model.tick([2, 0], True)
    press(page, Key.Key_P, CTRL)
    await until(lambda: page.toasts.toasts)
    made = documents(desk)
    assert [bool(re.fullmatch(r"etiketler-\d{8}-\d{4}\.pdf", path.name)) for path in made] == [True]
    journal = await desk.store.prints.recent()
    assert [(row.order_id, row.kind, row.path) for row in reversed(journal)] == [
        (1, "label", str(made[0])), (3, "label", str(made[0])),
    ]  # fmt: skip
    assert (await desk.store.orders.get(1)).printed_at is not None  # type: ignore[union-attr]
    seen: list[Path] = []
    page.desk.open_path = lambda path: bool(seen.append(path)) or True
    page.toasts.toasts[0].action_asked.emit()
    await until(lambda: seen == made)
    page.toasts.toasts[0].other_asked.emit()
    await until(lambda: not desk.services.undo._back)
    assert (await desk.store.orders.get(1)).printed_at is None  # type: ignore[union-attr]
    assert made[0].exists()
    press(page, Key.Key_L)  # the current one alone, whatever is ticked
    await until(lambda: len(documents(desk)) == 2)
    assert "etiket-73300001.pdf" in [path.name for path in documents(desk)]


async def test_a_second_print_never_overwrites_and_counts_as_a_copy(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    for count in (1, 2):
        page._print("label", 1)
        await until(lambda n=count: len(documents(desk)) == n)
        await until(lambda n=count: len(page.toasts.toasts) == n)
    assert [path.name for path in documents(desk)] == ["etiket-73300001-2.pdf", "etiket-73300001.pdf"]
    assert [row.copy_no for row in await desk.store.prints.of_order(1)] == [1, 2]
    assert len(desk.services.undo._back) == 1  # the second print did not make it printed, so nothing is to be undone


async def test_a_cancelled_orders_label_is_refused(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot, {"view": "all"})
    await shows(page, "1", "2", "3", "4", "5", "6")
    page.model.tick([0, 4, 5], True)

    page.print_button.click()
    question = await dialog(RefusalDialog)
    assert any("73300005" in text and "iptal etti" in text for text in texts(question))
    assert any("73300006" in text for text in texts(question))
    question.reject()
    await until(lambda: not len(spawner()), "given up")
    assert documents(desk) == []

    page.print_button.click()
    question = await dialog(RefusalDialog)
    assert question.primary.text() == "Diğer 1 etiketi bas"
    question.primary.click()
    await until(lambda: page.toasts.toasts)
    assert [row.order_id for row in await desk.store.prints.recent()] == [1]

    page.table.set_current_key(5)
    page.model.tick_all(False)
    page._print("label", 5)
    question = await dialog(RefusalDialog)
    assert question.primary.isHidden()
    QTest.keyClick(question, Key.Key_Return)  # Enter is not yes here
    await asyncio.sleep(0.05)
    assert len(documents(desk)) == 1
    if question.isVisible():
        question.reject()
    page._print("label", 5)
    question = await dialog(RefusalDialog)
    question.anyway.click()
    await until(lambda: len(documents(desk)) == 2)
    await until(lambda: len(page.toasts.toasts) == 2)


async def test_a_folder_that_cannot_be_written_is_said(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    (desk.store.db.path.parent / "documents").write_text("in the way")
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    failed: list[Any] = []
    desk.services.operations.failed.connect(failed.append)
    page._print("label", 1)
    await until(lambda: failed)
    assert "Klasöre yazılamıyor" in reason_of(failed[0].error)  # as the window says it
    assert desk.said == []
    assert await desk.store.prints.recent() == []
    assert (await desk.store.orders.get(1)).printed_at is None  # type: ignore[union-attr]
    assert not desk.services.undo.can_undo


async def test_labels_into_a_chosen_file(
    desk: Desk, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(desk)
    answers: list[Path | None] = [None, tmp_path / "masa" / "bugün"]

    async def chosen(*_args: Any) -> Path | None:
        return answers.pop(0)

    monkeypatch.setattr("ui.pages.orders_documents.ask_save_file", chosen)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    desk.services.actions.trigger("orders.print_file")
    await until(lambda: len(answers) == 1)
    desk.services.actions.trigger("orders.print_file")
    await until(lambda: page.toasts.toasts)
    assert (tmp_path / "masa" / "bugün.pdf").read_bytes()[:4] == b"%PDF"
    desk.services.actions.trigger("orders.slip")
    await until(lambda: len(documents(desk)) == 1)
    await until(lambda: len(page.toasts.toasts) == 2)
    assert (await desk.store.prints.recent(1))[0].kind == "slip"


async def test_ticks_of_orders_that_left_the_view_are_dropped(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    page.model.tick([0, 1], True)
    await pull(desk, row, replace_status(TODAY))
    await shows(page, "1", "3", "6")
    assert await page.chosen_ids() == [1]
    assert page.model.tick_count == 1


def replace_status(old: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(old, status=OrderStatus.SHIPPED, updated_at=NOW + timedelta(minutes=1))


# -- the pane ----------------------------------------------------------------------------------------------------
async def test_the_pane_shows_the_current_order_in_full(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    await pull(desk, row, replace_status(TODAY), tell=False)
    await desk.store.orders.set_local((1,), state=LocalState.PICKED)
    await desk.store.prints.add(1, "label", str(desk.store.db.path.parent / "documents" / "a.pdf"), "0" * 64)
    page = await opened(desk, qtbot)
    await until(lambda: page.pane.order_id == 1)
    said = " ".join(texts(page.pane))
    for word in ("73300001", "Ana mağaza", "Bambu Banyo Havlusu", "NC-0001", "Haliliye / Şanlıurfa 63050", "Yurtiçi Kargo",
                 "PX000001", "₺869,70", "2 sa önce doldu", "Kargo etiketi", "Toplandı sayıldı"):  # fmt: skip
        assert word in said, word
    assert page.pane.path.at == 1
    seen: list[Path] = []
    page.desk.open_path = lambda path: bool(seen.append(path)) or True
    page.pane.documents[0].click()
    await until(lambda: desk.said)  # the file is not there
    assert seen == []
    page.filters.ask(OrderFilter("shipped"))
    await until(lambda: page.pane.order_id == 2)
    assert "Kanal: Kargoda" in page.pane.history.accessibleName()
    assert not page.pane.packed.isEnabled()
    page.filters.ask(OrderFilter("cancelled"))
    await until(lambda: page.pane.order_id == 5)
    assert page.pane.path.isHidden()
    assert "Paketlemeyin" in " ".join(texts(page.pane))


async def test_walking_moves_the_pane_and_escape_closes_it(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    await until(lambda: page.pane.order_id == 1)
    press(page, Key.Key_Down)
    press(page, Key.Key_Down)
    await until(lambda: page.pane.order_id == 3)
    press(page, Key.Key_Space)
    press(page, Key.Key_Escape)
    assert page.model.tick_count == 0
    assert page.pane.isVisible()
    press(page, Key.Key_Escape)
    assert page.pane.isHidden()
    press(page, Key.Key_Up)
    press(page, Key.Key_Return)
    await until(lambda: page.pane.isVisible() and page.pane.order_id == 2)
    page.pane.close_button.click()
    assert page.pane.isHidden()


async def test_a_note_is_kept_and_never_overwritten_while_typing(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    page = await opened(desk, qtbot)
    await until(lambda: page.pane.order_id == 1)
    page.activateWindow()
    page.pane.note.setFocus()
    QApplication.instance().processEvents()
    QTest.keyClicks(page.pane.note, "hediye paketi")
    await desk.store.orders.set_local((1,), note="başka bilgisayardan")
    await pull(desk, row, order(9))
    await until(lambda: page.model.total == 5)
    await asyncio.sleep(0.3)  # the pane's own burst
    await until(lambda: not len(spawner()), "the pane read it again")
    assert page.pane.note.text() == "hediye paketi"
    QTest.keyClick(page.pane.note, Key.Key_Return)
    await until(lambda: desk.services.undo.can_undo)
    assert (await desk.store.orders.get(1)).note == "hediye paketi"  # type: ignore[union-attr]
    await desk.services.undo.undo()
    assert (await desk.store.orders.get(1)).note == "başka bilgisayardan"  # type: ignore[union-attr]
    page.pane.note.setText("yeni not")
    page.table.set_current_key(3)  # walking on keeps it
    await until(lambda: page.pane.order_id == 3)
    await until(lambda: desk.services.undo.can_undo)
    assert (await desk.store.orders.get(1)).note == "yeni not"  # type: ignore[union-attr]
    assert page.pane.note.text() == ""


async def test_fetch_again_tells_the_outcome(desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    row = await filled(desk)
    asked: list[tuple[str, str]] = []
    results = [
        Result(counts={"changed": 1}),
        Result(counts={"same": 1}),
        Result("failed", message=Message("auth.refused", {"connection": "Ana mağaza"})),
    ]

    async def fetch(connection: ConnectionRow, number: str, asked_by: str = "user") -> Result:
        asked.append((connection.name, number))
        return results.pop(0)

    monkeypatch.setattr(desk.services.engine, "fetch_order", fetch)
    page = await opened(desk, qtbot)
    await until(lambda: page.pane.order_id == 1)
    for count in (1, 2, 3):
        page.pane.again.click()
        await until(lambda n=count: len(desk.said) == n)
    assert asked == [("Ana mağaza", "73300001")] * 3
    assert [state for state, _, _ in desk.said] == ["healthy", "healthy", "unhealthy"]
    assert desk.said[0][2] != desk.said[1][2]
    assert "Anahtar reddedildi" in desk.said[2][2]
    await desk.store.connections.remove(row.id)
    assert await page.work.fetch_again(1) is None
    assert desk.said[3][0] == "degraded"


# -- while things change -----------------------------------------------------------------------------------------
async def test_a_pull_keeps_the_place_and_a_hidden_page_waits(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    page = await opened(desk, qtbot)
    await shows(page, "1", "2", "3", "6")
    page.table.set_current_key(3)
    page.model.tick([2], True)
    await pull(desk, row, order(8, ship_by=NOW - timedelta(hours=5)))
    await shows(page, "8", "1", "2", "3", "6")
    await until(lambda: page.table.current_key() == 3)
    assert page.model.ticks.odd == {3}
    page.hide()
    await pull(desk, row, order(9, ship_by=NOW - timedelta(hours=6)))
    await asyncio.sleep(0.05)
    assert page.model.total == 5
    page.show()
    page.shown()
    await shows(page, "9", "8", "1", "2", "3", "6")


async def test_unreadable_records_are_shown_raw_and_settled(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    broken = Reject("r99", '{"orderNumber":"99","lines":null}', Message("answer.field_missing", {"field": "lines"}))
    await pull(desk, row, LATE, rejects=(broken,), tell=False)
    page = await opened(desk, qtbot)
    await until(lambda: page.attention.isVisible())
    assert "1 sipariş okunamadı" in " ".join(texts(page.attention))
    page.attention.button(0).click()
    shown = await dialog(AttentionDialog)
    assert '"orderNumber": "99"' in shown.raw.toPlainText()
    assert "lines" in shown.why.text()
    assert "Ana mağaza" in shown.records.item(0).text()
    shown.seen_to.click()
    await until(lambda: shown.records.count() == 0)
    assert not shown.seen_to.isEnabled()
    shown.primary.click()
    assert await desk.store.attention.count() == 0
    await until(lambda: page.attention.isHidden())
    assert any(report.table == ATTENTION for report in desk.reports)
    assert pretty("<html>") == "<html>"


async def test_another_page_points_at_an_order(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot, {"id": 4})
    await until(lambda: page.pane.order_id == 4)
    assert page.tabs.current == "all"
    await until(lambda: page.table.current_key() == 4)
    page.shown({"id": 2})
    await until(lambda: page.pane.order_id == 2 and page.table.current_key() == 2)
    page.shown({"view": "late"})
    await shows(page, "1")


# -- reflow and words --------------------------------------------------------------------------------------------
async def test_narrow_windows(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot, width=1000)
    assert page.filters.search.parentWidget() is page.header
    assert page.filters.isHidden()
    page.filters.ask(OrderFilter(due="today"))
    assert page.filters.isVisible()
    page.set_inner_width(1400)
    assert page.filters.search.parentWidget() is page.filters
    page.set_inner_width(880)
    assert page.table.isVisible()
    assert page.pane.isHidden()
    page.open_pane()
    assert page.pane.isVisible()
    assert page.table.isHidden()
    page.activateWindow()
    page.pane.note.setFocus()
    QTest.keyClick(page.pane.note, Key.Key_Escape)
    assert page.table.isVisible()
    assert page.pane.isHidden()


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_no_word_is_missing(desk: Desk, qtbot: Any, language: str) -> None:
    choose(language)
    await filled(desk)
    page = await opened(desk, qtbot, {"view": "all"})
    for order_id in (1, 3, 4, 5, 6):
        page.table.set_current_key(order_id)
        await until(lambda i=order_id: page.pane.order_id == i)
        assert missing_words(page) == []
    for action in desk.services.actions:
        assert "⟦" not in action.label
    for kind in ("no_connection", "filtered", "all", "to_ship", "new", "shipped", "cancelled"):
        page.empty.kind = kind
        wanted = {"no_connection": OrderFilter(), "filtered": OrderFilter(search="x")}.get(kind, OrderFilter(kind))
        page.empty.explain(wanted, 0 if kind == "no_connection" else 1, 0 if kind in ("no_connection", "all") else 5)
        assert page.empty.kind == kind
        assert missing_words(page.empty) == []


async def test_nothing_becomes_a_window_of_its_own(desk: Desk, qtbot: Any, qapp: QApplication) -> None:
    """A part that is shown before it has a parent is a window for a moment, and takes the focus away."""
    seen: list[QObject] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                seen.append(watched)
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    try:
        await filled(desk)
        page = await opened(desk, qtbot, {"view": "all"})
        for order_id in (1, 3, 5):
            page.table.set_current_key(order_id)
            await until(lambda i=order_id: page.pane.order_id == i)
        page.filters.ask(OrderFilter("all", search="yok böyle"))
        await until(lambda: page.model.total == 0)
    finally:
        qapp.removeEventFilter(watch)
    assert seen == [page]


@pytest.mark.parametrize("width", [940, 1366])
async def test_the_longest_number_is_never_cut(desk: Desk, qtbot: Any, width: int) -> None:
    await filled(desk, order(20, number="404-5142886-5000263", ship_by=NOW - timedelta(days=1)))
    page = await opened(desk, qtbot, width=width)
    section = page.model.section_of("number")
    dot = 15 if page.table.isColumnHidden(page.model.section_of("channel")) else 0
    assert bool(dot) == (width < 1100)
    assert page.table.columnWidth(section) >= metrics("body_t").horizontalAdvance("404-5142886-5000263") + 16 + dot
    due = page.model.row_at(0)[page.model.section_of("ship_by")]  # type: ignore[index]
    assert due.urgent
    assert metrics("strong_t").horizontalAdvance(due.text) + 18 + 16 <= page.table.columnWidth(
        page.model.section_of("ship_by")
    )


async def test_a_slow_read_never_brings_the_former_order_back(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    await until(lambda: page.pane.order_id == 1 and not len(spawner()))
    read, may_go = desk.store.orders.get, asyncio.Event()

    begun = asyncio.Event()

    async def slow_for_the_first(order_id: int) -> Any:
        found = await read(order_id)
        if order_id == 1:
            begun.set()
            await may_go.wait()
        return found

    monkeypatch.setattr(desk.store.orders, "get", slow_for_the_first)
    page.changed(ChangeReport(ORDERS, source="pull"))  # the order in the pane is read again ...
    await until(begun.is_set)
    page.table.set_current_key(3)  # ... while the person walks on
    await until(lambda: page.pane.order_id == 3)
    may_go.set()
    await until(lambda: not len(spawner()))
    assert page.pane.order_id == 3
