"""The dense table by keyboard: ticks, opening, copying, editing that a refresh does not disturb, columns that fall away."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.test_ui_model import COLUMNS, Shop
from ui.tables import Column, DenseTable, Group, Kind, WindowedTableModel, fixed_rows, rank_limit
from ui.theme import COMPACT, Appearance
from ui.widgets import EmptyState

Settle = Callable[[], Any]
Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


async def make(shop: Shop, qtbot: Any, settle: Settle, **more: Any) -> DenseTable:
    model = WindowedTableModel(COLUMNS, shop.fetch, shop.count, ticks=True)
    table = DenseTable(model, "Siparişler", **more)
    qtbot.addWidget(table)
    table.resize(1200, 500)
    table.show()
    await model.reload()
    await settle()
    return table


async def test_keys_tick_open_and_copy(look: Appearance, errors: list[Any], qtbot: Any, settle: Settle) -> None:
    table = await make(Shop(300), qtbot, settle)
    model = table.table_model
    opened: list[Any] = []
    table.opened.connect(opened.append)
    table.setCurrentIndex(model.index(2, 2))
    QTest.keyClick(table, Key.Key_Space)
    QTest.keyClick(table, Key.Key_Down)
    QTest.keyClick(table, Key.Key_Space)
    assert model.ticks.odd == {2, 3}
    QTest.keyClick(table, Key.Key_Return)
    assert opened == [3]
    QTest.keyClick(table, Key.Key_C, CTRL)
    await settle()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[1] == "Siparişler"
    assert [line.split("\t")[1] for line in lines[1:]] == ["Satır 2", "Satır 3"]
    QTest.keyClick(table, Key.Key_A, CTRL)
    assert model.tick_count == 300
    QTest.keyClick(table, Key.Key_A, CTRL)
    assert model.tick_count == 0
    QTest.keyClick(table, Key.Key_C, CTRL)
    assert QApplication.clipboard().text().splitlines()[1].split("\t")[1] == "Satır 3"


async def test_mouse_ticks_and_a_range_with_shift(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    table = await make(Shop(300), qtbot, settle)
    model = table.table_model
    box = table.visualRect(model.index(1, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=box)
    assert model.ticks.odd == {1}
    row = table.visualRect(model.index(4, 2)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, row)
    assert model.ticks.odd == {1, 2, 3, 4}
    assert table.current_key() == 4
    header = table.horizontalHeader()
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=header.viewport().rect().topLeft() + box)
    assert model.ticks.all


async def test_refresh_keeps_the_current_record_and_the_place(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    shop = Shop(1_000)
    table = await make(shop, qtbot, settle)
    model = table.table_model
    table.verticalScrollBar().setValue(table.rowHeight(0) * 40)
    await settle()
    table.setCurrentIndex(model.index(45, 2))
    table.setCurrentIndex(model.index(46, 2))
    chosen: list[Any] = []
    table.current_key_changed.connect(chosen.append)
    y = table.rowViewportPosition(46)
    shop.keys[0:0] = [9_001, 9_002, 9_003]
    await model.refresh()
    await settle()
    assert table.current_key() == 46
    assert table.currentIndex().row() == 49
    assert table.rowViewportPosition(49) == y
    assert chosen == []


async def test_what_is_typed_survives_a_refresh(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    shop = Shop(300)
    table = await make(shop, qtbot, settle)
    model = table.table_model
    edited: list[Any] = []
    table.edited.connect(lambda *args: edited.append(args))
    table.setCurrentIndex(model.index(5, 2))
    QTest.keyClick(table, Key.Key_F2)
    assert table.editor is not None
    assert table.editor.text() == "6,00"
    assert table.editor.accessibleName()
    table.editor.setText("12,5")
    shop.keys.insert(0, 9_001)
    shop.prices[5] = Decimal(77)
    await model.refresh()
    await settle()
    assert table.editor.text() == "12,5"
    assert table.editor.geometry().center().y() == table.visualRect(model.index(6, 5)).center().y()
    QTest.keyClick(table.editor, Key.Key_Return)
    assert edited == [(5, "price", "12,5")]
    assert table.editor is None
    QTest.keyClick(table, Key.Key_F2)
    QTest.keyClick(table.editor, Key.Key_Escape)
    assert table.editor is None
    assert len(edited) == 1


def ranked() -> tuple[Column, ...]:
    return (
        Column("a", "nav.orders", Kind.TEXT, rank=1, width=100),
        Column("b", "nav.orders", Kind.TEXT, rank=2, width=100),
        Column("c", "nav.orders", Kind.TEXT, rank=3, width=100),
        Column("d", "nav.orders", Kind.TEXT, rank=4, width=100),
    )


@pytest.mark.parametrize(
    ("inner", "shown"), [(1440, "abcd"), (1399, "abc"), (1100, "abc"), (1099, "ab"), (900, "ab"), (899, "a")]
)
def test_columns_fall_away_by_rank(look: Appearance, qtbot: Any, inner: int, shown: str) -> None:
    table = DenseTable(WindowedTableModel(ranked(), *fixed_rows([])), "x")
    qtbot.addWidget(table)
    table.resize(1000, 300)
    table.set_inner_width(inner)
    assert "".join(c.key for c in table.visible_columns()) == shown
    assert rank_limit(inner) == len(shown)


def test_columns_fall_away_when_there_is_no_room(look: Appearance, qtbot: Any) -> None:
    table = DenseTable(WindowedTableModel(ranked(), *fixed_rows([]), ticks=True), "x")
    qtbot.addWidget(table)
    table.resize(270, 300)
    table.show()
    table.set_inner_width(1440)
    assert "".join(c.key for c in table.visible_columns()) == "ab"
    wide = sum(table.columnWidth(s) for s in range(5) if not table.isColumnHidden(s))
    assert wide <= table.viewport().width()


async def test_density_and_headings_set_heights(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    table = await make(Shop(5), qtbot, settle)
    assert (table.rowHeight(0), table.horizontalHeader().height()) == (34, 30)
    look.set_density(COMPACT)
    assert table.rowHeight(0) == 28
    rows = [Group("16:00’ya kadar", "1 sa", "degraded", "2 sipariş"), (1, None, "a", None, None, None)]
    model = WindowedTableModel(COLUMNS, *fixed_rows(rows), ticks=True)
    await model.reload()
    grouped = DenseTable(model, "x", density=COMPACT)
    qtbot.addWidget(grouped)
    assert (grouped.rowHeight(0), grouped.rowHeight(1)) == (30, 28)
    assert grouped.columnSpan(0, 0) == model.columnCount()
    grouped.resize(600, 200)
    picture = grouped.grab().toImage()
    inks = {picture.pixelColor(x, 30 + 15).name() for x in range(30, 300)}
    assert len(inks) > 8


async def test_empty_table_says_so(look: Appearance, errors: list[Any], qtbot: Any, settle: Settle) -> None:
    shop = Shop(0)
    table = await make(shop, qtbot, settle)
    empty = EmptyState("receipt", "Bugün çıkması gereken sipariş yok")
    table.set_empty(empty)
    assert empty.isVisible()
    shop.keys = [1]
    await table.table_model.reload()
    assert not empty.isVisible()


async def test_ticked_rows_and_changed_cells_are_painted(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    table = await make(Shop(50), qtbot, settle)
    model = table.table_model
    model.tick((1,), True)
    await settle()
    picture = table.viewport().grab().toImage()

    def colour(row: int, section: int) -> str:
        box = table.visualRect(model.index(row, section))
        return QColor(picture.pixel(box.right() - 2, box.top() + 3)).name().upper()

    assert colour(1, 2) == look.theme.selected
    assert colour(2, 2) == look.theme.surface
    assert colour(2, 5) == look.theme.changed_bg


async def test_another_empty_state_takes_the_place_of_the_first(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    table = await make(Shop(0), qtbot, settle)
    for fact in ("Henüz gönderi yok.", "Bu görünümde gönderi yok."):
        table.set_empty(EmptyState("truck", fact))
        await settle()
    shown = [one._fact.text() for one in table.viewport().findChildren(EmptyState) if one.isVisible()]
    assert shown == ["Bu görünümde gönderi yok."], "one above the other nobody can read either"
