"""The shared table model: windows, bounded cache, one answer for one and for all roles, refresh that keeps the place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ui.tables import (
    KEY_ROLE,
    VALUE_ROLE,
    Channel,
    Column,
    Deadline,
    Diff,
    Group,
    Kind,
    Progress,
    Spark,
    Status,
    Strip,
    Tinted,
    TwoLine,
    WindowedTableModel,
    copy_text,
    fixed_rows,
    text_of,
)
from ui.theme import Appearance

COLUMNS = (
    Column("channel", "nav.connections", Kind.CHANNEL),
    Column("name", "nav.orders", Kind.TEXT),
    Column("total", "nav.products", Kind.MONEY),
    Column("state", "nav.health", Kind.STATUS),
    Column("price", "nav.products", Kind.DIFF, editable=True),
)
ROLES = [
    *(int(r) for r in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.TextAlignmentRole)),
    *(int(r) for r in (Qt.ItemDataRole.CheckStateRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.FontRole)),
    VALUE_ROLE,
    KEY_ROLE,
]


class Shop:
    """A table that is too long to keep; counts what it is asked."""

    def __init__(self, size: int) -> None:
        self.keys = list(range(size))
        self.prices: dict[int, Decimal] = {}
        self.asked: list[int] = []
        self.gate: asyncio.Event | None = None

    async def fetch(self, offset: int, limit: int, sort: Any, what: Any) -> list[tuple[Any, ...]]:
        self.asked.append(offset)
        if self.gate is not None:
            await self.gate.wait()
        keys = self.keys if sort is None or sort[1] else self.keys[::-1]
        keys = [k for k in keys if what is None or k % what == 0]
        return [
            (
                k,
                Channel("trendyol", "Trendyol"),
                f"Satır {k}",
                (self.prices.get(k, Decimal(k)), "TRY"),
                Status("order.new"),
                Diff(Decimal(k), Decimal(k + 1)),
            )
            for k in keys[offset : offset + limit]
        ]

    async def count(self, what: Any) -> int:
        return len([k for k in self.keys if what is None or k % what == 0])


class Cell:
    """Stands for a QModelRoleData (a span of several cannot be made in Python)."""

    def __init__(self, role: int) -> None:
        self._role = role
        self.value: Any = "not answered"

    def role(self) -> int:
        return self._role

    def setData(self, value: Any) -> None:
        self.value = value

    def clearData(self) -> None:
        self.value = None


class Counting(WindowedTableModel):
    """Counts what Qt asks."""

    singles = 0
    multis = 0

    def data(self, index: Any, role: int = 0) -> Any:
        self.singles += 1
        return super().data(index, role)

    def multiData(self, index: Any, span: Any) -> None:
        self.multis += 1
        super().multiData(index, span)


Settle = Callable[[], Any]


async def make(shop: Shop, **more: Any) -> WindowedTableModel:
    model = WindowedTableModel(COLUMNS, shop.fetch, shop.count, ticks=True, **more)
    await model.reload()
    return model


async def test_one_call_answers_all_roles_as_the_single_ones_do(look: Appearance, errors: list[Any]) -> None:
    model = await make(Shop(50))
    for row in (0, 7, 49):
        for section in range(model.columnCount()):
            index = model.index(row, section)
            cells = [Cell(role) for role in ROLES]
            model.multiData(index, cells)  # type: ignore[arg-type]
            assert [cell.value for cell in cells] == [model.data(index, role) for role in ROLES]
    assert model.data(model.index(7, 3)) == "₺7,00"
    assert model.data(model.index(7, 4)) == "Yeni"
    assert model.data(model.index(7, 5)) == "7,00, yeni 8,00"
    assert model.data(model.index(7, 2), KEY_ROLE) == 7


async def test_qt_asks_once_for_a_cell(look: Appearance, errors: list[Any]) -> None:
    shop = Shop(50)
    model = Counting(COLUMNS, shop.fetch, shop.count)
    await model.reload()
    option = QStyleOptionViewItem()
    QStyledItemDelegate().initStyleOption(option, model.index(7, 2))
    assert option.text == "₺7,00"
    assert option.displayAlignment & Qt.AlignmentFlag.AlignRight
    assert (model.multis, model.singles) == (1, 0)


async def test_qt_finds_no_fault_with_the_model(look: Appearance, errors: list[Any], settle: Settle) -> None:
    shop = Shop(450)
    model = WindowedTableModel(COLUMNS, shop.fetch, shop.count, ticks=True)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    await model.reload()
    model.row_at(420)
    await settle()
    shop.keys = shop.keys[:300]
    await model.refresh()
    shop.keys += list(range(1000, 1100))
    await model.refresh()
    assert model.rowCount() == 400
    assert tester.model() is model


async def test_windows_come_as_they_are_looked_at_and_the_cache_is_bounded(
    look: Appearance, errors: list[Any], settle: Settle
) -> None:
    shop = Shop(100_000)
    model = await make(shop, block=100, keep=4)
    assert model.rowCount() == 100_000
    assert shop.asked == [0]
    assert model.data(model.index(50_000, 2)) is None
    await settle()
    assert model.data(model.index(50_000, 2)) == "Satır 50000"
    assert shop.asked == [0, 50_000]
    for row in range(0, 100_000, 9_000):
        model.row_at(row)
        await settle()
    assert model.cached_rows <= 400
    assert errors == []


async def test_scrolled_past_windows_are_not_fetched(look: Appearance, errors: list[Any], settle: Settle) -> None:
    shop = Shop(100_000)
    model = await make(shop, block=100, keep=4)
    shop.gate = asyncio.Event()
    for block in range(1, 60):
        model.row_at(block * 100)
    await settle()
    shop.gate.set()
    await settle()
    assert len(shop.asked) <= 1 + 1 + 4
    assert 5_900 in shop.asked


async def test_an_answer_to_an_old_question_is_dropped(look: Appearance, errors: list[Any], settle: Settle) -> None:
    shop = Shop(1_000)
    model = await make(shop)
    shop.gate = asyncio.Event()
    model.row_at(500)
    await settle()
    model.set_filter(2)
    shop.gate.set()
    await settle()
    assert model.rowCount() == 500
    assert model.key_at(1) == 2
    model.row_at(250)
    await settle()
    assert model.key_at(250) == 500


async def test_sorting_loads_anew(look: Appearance, errors: list[Any], settle: Settle) -> None:
    model = await make(Shop(300))
    model.sort(2, Qt.SortOrder.DescendingOrder)
    await settle()
    assert model.sorting == ("name", False)
    assert model.key_at(0) == 299


async def test_refresh_flashes_what_changed_and_keeps_ticks(look: Appearance, errors: list[Any]) -> None:
    shop = Shop(300)
    model = await make(shop)
    model.tick((3, 5), True)
    model.look_at(0, 20)
    shop.prices[5] = Decimal(99)
    shop.keys.insert(0, 7_000)
    await model.refresh()
    assert model.row_of(5) == 6
    assert model.is_ticked(6)
    assert not model.is_ticked(5)
    assert model.flashing(5, 3)
    assert not model.flashing(5, 2)
    assert not model.flashing(4, 3)
    model._calm_down()
    assert not model.flashing(5, 3)


async def test_all_of_the_filter_can_be_ticked_without_loading(look: Appearance, errors: list[Any]) -> None:
    shop = Shop(250)
    model = await make(shop)
    model.tick_all(True)
    assert model.tick_count == 250
    model.tick((0,), False)
    assert model.tick_count == 249
    assert (model.ticks.all, model.ticks.odd) == (True, frozenset({0}))
    rows = await model.ticked_rows()
    assert [r[0] for r in rows] == list(range(1, 250))
    model.set_filter(5)
    assert model.tick_count == 0


async def test_a_failed_window_is_told_and_not_swallowed(look: Appearance, errors: list[Any], settle: Settle) -> None:
    shop = Shop(1_000)
    model = await make(shop)
    told = []
    model.failed.connect(told.append)

    async def broken(*_args: Any) -> list[Any]:
        raise OSError("disk")

    model._fetch = broken
    model.row_at(700)
    await settle()
    assert isinstance(told[0], OSError)
    assert [name for name, _ in errors] == ["table window"]


async def test_headings_are_rows_without_key(look: Appearance, errors: list[Any]) -> None:
    rows = [Group("16:00’ya kadar"), (1, Channel("n11", "N11"), "a", None, None, None)]
    model = WindowedTableModel(COLUMNS, *fixed_rows(rows), ticks=True)
    await model.reload()
    assert model.key_at(0) is None
    assert model.data(model.index(0, 1)) == "16:00’ya kadar"
    model.tick((0, 1), True)
    assert model.tick_count == 1


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.MONEY, (Decimal("869.7"), "TRY"), "₺869,70"),
        (Kind.NUMBER, 1270, "1.270"),
        (Kind.NUMBER, Tinted(Decimal("-39.40"), "down_text"), "−39,40"),
        (Kind.CHANNEL, Channel("n11", "N11", "Nar Çiçeği"), "N11 Nar Çiçeği"),
        (Kind.STATUS, Status("degraded", "Maliyet altı"), "Maliyet altı"),
        (Kind.DIFF, Diff(Decimal("319.9")), "319,90"),
        (Kind.DIFF, Diff(None, note="12 listede farklı"), "12 listede farklı"),
        (Kind.PROGRESS, Progress(72, 1300), "72 / 1.300"),
        (Kind.TWO_LINE, TwoLine("Bambu", "NC-1"), "Bambu NC-1"),
        (Kind.DEADLINE, Deadline("16:00", True), "16:00"),
        (Kind.STRIP, Strip("hhd"), "Son 3 gün, Sağlıklı 2, Aksıyor 1"),
        (Kind.SPARK, Spark((1.0, 2.5)), "2,5"),
        (Kind.TEXT, None, ""),
    ],
)
def test_every_value_can_be_read_aloud(look: Appearance, kind: Kind, value: Any, text: str) -> None:
    assert text_of(kind, value) == text


@pytest.mark.parametrize("evil", ["=1+1", "@x", "+x", "-x", "=a\tb\nc"])
def test_a_copied_cell_is_no_formula(look: Appearance, evil: str) -> None:
    text = copy_text(Kind.TEXT, evil)
    assert text.startswith("'")
    assert "\t" not in text
    assert "\n" not in text
    assert copy_text(Kind.TEXT, "+90 555 000 00 67") == "+90 555 000 00 67"
